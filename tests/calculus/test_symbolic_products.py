"""Products with a Jacobian or a Hessian, written as expressions."""

import numpy as np
import pytest
from tests.random_formulas import random_formula

import chainrule as c
from chainrule import exp, expression, named, parse, sin
from chainrule.calculus.derivatives import hvp, jvp, vjp
from chainrule.errors import DerivativeError, UnknownVariable, ValueTypeError

w, x, y = (expression(name) for name in "wxy")
ARRAYS = [
    ("tanh(w @ x)", {"w": (2, 3), "x": (3,)}),
    ("mean((y - (m*x + b))**2)", {"m": (), "b": (), "x": (4,), "y": (4,)}),
    ("sum(w*exp(x), axis=0)*w", {"w": (), "x": (3, 2)}),
    ("sin(w)*x + w/2", {"w": (3, 1), "x": (2,)}),
    ("sum(w*x*x) + mean(w)", {"w": (2, 1), "x": (3,)}),
    ("where(x > 0, w*x, x*x) - w", {"w": (), "x": (4,)}),
]


def drawn(seed, shapes):
    generator = np.random.default_rng(seed)
    return {name: generator.normal(size=shape) for name, shape in shapes.items()}


def close(left, right, size=1.0):
    return np.allclose(left, np.broadcast_to(right, np.shape(left)), 1e-9, 1e-10 * size)


def at(answer, values):
    return {name: entry.eval(values) for name, entry in answer.items()}


@pytest.mark.parametrize("seed", range(25))
def test_written_for_numbers_they_have_the_values_of_the_numeric_reading(seed):
    formula, values = random_formula(seed)
    direction = drawn(seed, dict.fromkeys(values, ()))
    moved = {f"d{name}": part for name, part in direction.items()}
    numeric = hvp(formula, values, direction)
    size = max(1.0, *map(abs, numeric.values()))
    assert close(jvp(formula, values, direction), jvp(formula).eval(values | moved))
    found = at(hvp(formula), values | moved)
    assert all(close(numeric[name], found[name], size) for name in values)
    weighed = at(vjp(formula, cotangent=3 * expression("g")), values | {"g": 0.5})
    expected = vjp(formula, values, 1.5)
    assert all(close(expected[name], weighed[name]) for name in values)


@pytest.mark.parametrize(("formula", "shapes"), ARRAYS)
def test_written_for_arrays_they_have_the_values_of_the_numeric_reading(formula, shapes):
    e = parse(formula)
    values, direction = drawn(1, shapes), drawn(2, shapes)
    moved = {f"d{name}": part for name, part in direction.items()}
    assert close(jvp(e, values, direction), jvp(e).eval(values | moved))
    weight = np.cos(np.arange(np.size(e.eval(values)))).reshape(np.shape(e.eval(values)))
    expected = vjp(e, values, weight)
    found = at(vjp(e, cotangent=expression("g")), values | {"g": weight})
    assert {k: np.shape(v) for k, v in values.items()} == {k: np.shape(v) for k, v in found.items()}
    assert all(close(expected[name], found[name]) for name in values)
    total = c.sum(e)
    expected, found = hvp(total, values, direction), at(hvp(total), values | moved)
    assert all(close(expected[name], found[name]) for name in values)


@pytest.mark.parametrize(("formula", "shapes"), ARRAYS)
def test_what_is_written_reads_back(formula, shapes):
    e = parse(formula)
    written = [jvp(e), *vjp(e, cotangent=expression("g")).values(), *hvp(c.sum(e)).values()]
    assert written == [parse(str(entry)) for entry in written]
    assert 1 + 2 * len(shapes) == len(written)


def test_a_number_for_a_direction_stands_for_all_elements():
    values = {"w": np.ones((2, 3)), "x": np.array([1.0, 0.5, -1.0])}
    e = w @ x
    assert close(jvp(e, values, {"x": 2}), jvp(e, tangents={"x": 2}).eval(values))
    expected = vjp(e, values, 2.0)
    found = at(vjp(e, cotangent=2), values)
    assert all(close(expected[name], found[name]) for name in values)


def test_a_direction_may_be_an_expression():
    assert "-(cos(x)*x)" == str(jvp(sin(x), tangents={x: -x}))
    assert {"x": "y*exp(x)*x**2"} == {
        name: str(entry) for name, entry in hvp(exp(x) * y, vector={"x": x**2}).items()
    }
    assert {"y": "exp(x)"} == {k: str(v) for k, v in vjp(exp(x) * y, wrt="y").items()}


def test_what_a_direction_does_not_name_stays_put():
    assert "y" == str(jvp(x * y, tangents={"x": 1}))
    assert "0" == str(jvp(x * y, tangents={}))
    assert {"x": "0"} == {k: str(v) for k, v in hvp(x * y, vector={"x": 1}).items()}


def test_fresh_directions_clash_with_no_name_of_the_expression():
    dx, dy = expression("dx"), named("dy", 2 * x)
    assert "y*dx_ + x*dy_ + ((dy := 2*x)*ddx + 2*dx*dx_)" == str(jvp(x * y + dx * dy))
    spaced = expression("petal length")
    assert "2*`petal length`*`dpetal length`" == str(jvp(spaced**2))


def test_a_direction_that_is_none_is_refused_by_name():
    with pytest.raises(UnknownVariable, match=r"the tangent names 'v'.*does not contain"):
        jvp(w * x, tangents={"v": 1})
    with pytest.raises(UnknownVariable, match=r"the vector is a list, without names"):
        hvp(w * x, vector=[1.0])
    with pytest.raises(ValueTypeError, match="no tangents to go along"):
        jvp(w * x, {"w": 1, "x": 2})
    with pytest.raises(ValueTypeError, match="no vector to go along"):
        hvp(w * x, {"w": 1, "x": 2})


A, B, X = c.matrix("A", "n", "n"), c.matrix("B", "n", "n"), c.matrix("X", "m", "n")
a, v, u = c.vector("a", "n"), c.vector("v", "n"), c.vector("u", "m")
k = expression("k", shape=())
SHAPES = {"A": (3, 3), "B": (3, 3), "X": (4, 3), "a": (3,), "v": (3,), "u": (4,)}
JACOBIANS = [
    (A @ v, "A"),
    (v @ A, "A.T"),
    (X @ v - u, "X"),
    (B @ c.tanh(A @ v + a), "B @ diag(sech(A @ v + a)**2) @ A"),
    (v * a, "diag(a)"),
    (a * (v @ v), "2*outer(a, v)"),
    (named("step", A @ v) * 2, "2*A"),
    (c.softmax(v), "diag(softmax(v)) - outer(softmax(v), softmax(v))"),
    (v - a, "identity_like(outer(v, v))"),
    (c.sign(v) + A @ v, "A"),
]
HESSIANS = [
    (v @ A @ v + a @ v, "A + A.T"),
    (c.sum((X @ v - u) ** 2), "2*(X.T @ X)"),
    (c.mean((X @ v - u) ** 2), "2*(X.T @ X)/count(u)"),
    (v @ v, "2*identity_like(outer(v, v))"),
    (exp(a @ v), "exp(a @ v)*outer(a, a)"),
    (c.sum(exp(A @ v)), "A.T @ diag(exp(A @ v)) @ A"),
    (c.sum(v**3), "6*diag(v)"),
    (c.logsumexp(v), "diag(softmax(v)) - outer(softmax(v), softmax(v))"),
]


@pytest.mark.parametrize(("formula", "expected"), JACOBIANS, ids=str)
def test_a_jacobian_by_a_vector_is_written_with_matrices(formula, expected):
    found = c.jacobian(formula, wrt="v")
    values = drawn(3, {name: SHAPES[name] for name in formula.variables})
    assert expected == str(found)
    np.testing.assert_allclose(found.eval(values), c.jacobian(formula, values, "v"), atol=1e-12)


@pytest.mark.parametrize(("formula", "expected"), HESSIANS, ids=str)
def test_a_hessian_by_a_vector_is_written_with_matrices(formula, expected):
    found = c.hessian(formula, wrt="v")["v"]["v"]
    values = drawn(3, {name: SHAPES[name] for name in formula.variables})
    numbers = c.hessian(formula, values, "v")["v"]["v"]
    assert expected == str(found)
    np.testing.assert_allclose(found.eval(values), numbers, atol=1e-11)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (
            lambda: c.jacobian(A @ v),
            "A @ v has shape .n,. and 'A' has shape .n, n.: its derivative",
        ),
        (lambda: c.jacobian(c.cumsum(v), wrt="v"), "its derivative has the axes of both"),
        (lambda: c.gradient(A @ v), "a gradient is of one number, but A @ v has shape .n,"),
        (lambda: c.hessian(c.det(A)), "cofactors.A. has shape .n, n. and 'A' has shape .n, n."),
    ],
)
def test_what_has_the_axes_of_two_arrays_and_is_no_matrix_is_refused(ask, words):
    with pytest.raises(DerivativeError, match=words):
        ask()


def test_an_array_has_a_derivative_by_a_number_and_a_number_by_an_array():
    second = c.hessian(k**2 * (v @ v), wrt=["k", "v"])
    assert "A @ v" == str(c.jacobian(A @ v * k, wrt="k"))
    assert "2*(v @ v)" == str(second["k"]["k"])
    assert ["4*k*v", "4*v*k"] == [str(second["k"]["v"]), str(second["v"]["k"])]
    assert "(A + A.T) @ v" == str(c.gradient(v @ A @ v, wrt="v")["v"])
