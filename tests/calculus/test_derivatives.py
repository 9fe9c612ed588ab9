"""Gradients, Jacobians, Hessians and products, against SymPy, each other and differences."""

import itertools
import math
import tracemalloc
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.random_formulas import random_formula

import chainrule as c
from chainrule import cos, exp, expression, log, maximum, named, parse, sin, tanh
from chainrule.calculus.derivatives import gradient, hessian, hvp, jacobian, jvp, vjp
from chainrule.calculus.numerical import numerical_derivative
from chainrule.calculus.symbolic import hessian_of_firsts, symbolic_gradient, tidied
from chainrule.engine import sweep
from chainrule.engine.evaluate import written
from chainrule.engine.program import flatten
from chainrule.errors import DerivativeError, ShapeError, UnknownVariable, ValueTypeError

w, x, y, z = (expression(name) for name in "wxyz")
POINT = {"x": 0.7, "y": 1.3, "z": -0.4}
FORMULAS = [
    "sin((x + y)*z)",
    "x**3 + 3*y**2 + 3*x + 1 + z",
    "exp(-x*x)*log(y)/cosh(z)",
    "tanh(x*y)*z**2 - x/y",
    "arctan(x/y)*sqrt(y + exp(z))",
]


def close(left, right, tolerance=1e-12):
    return np.allclose(left, right, rtol=tolerance, atol=tolerance)


def symbols_of(formula):
    names = {"arctan": sympy.atan}
    return sympy.sympify(formula, locals=names), sympy.symbols("x y z")


def at_point(item):
    return float(item.evalf(30, subs=POINT))


# --- gradient


def test_the_courses_power_has_the_courses_slope():
    slope = gradient(y**x, {"x": 2, "y": 3}, "x")["x"]
    assert round(slope, 11) == 9.88751059801
    assert math.isclose(slope, float(9 * mpmath.log(3)), rel_tol=1e-15)


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_gradient_is_what_sympy_says(formula):
    theirs, symbols = symbols_of(formula)
    expected = {str(s): at_point(sympy.diff(theirs, s)) for s in symbols}
    found = gradient(parse(formula), POINT)
    assert expected.keys() == found.keys()
    assert all(close(expected[name], found[name]) for name in expected)


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_symbolic_gradient_has_the_values_of_the_numeric_one(formula):
    e = parse(formula)
    expected = gradient(e, POINT)
    found = {name: partial.eval(POINT) for name, partial in gradient(e).items()}
    assert expected.keys() == found.keys()
    assert all(close(expected[name], found[name]) for name in expected)


def test_a_symbolic_gradient_of_numbers_prints_clean():
    found = gradient(sin((x + y) * z))
    assert ["cos((x + y)*z)*z", "cos((x + y)*z)*z", "cos((x + y)*z)*(x + y)"] == [
        str(found[name]) for name in "xyz"
    ]


def test_a_symbolic_gradient_is_right_for_array_variables_below_a_fold():
    e = c.sum(w * x * x) + c.mean(w)
    values = {"w": np.array([[1.0], [2.0]]), "x": np.array([0.5, -1.0, 2.0])}
    expected = gradient(e, values)
    for name, partial in gradient(e).items():
        assert np.shape(values[name]) == np.shape(partial.eval(values))
        assert close(expected[name], partial.eval(values))


def test_a_gradient_has_the_shape_of_each_variable():
    values = {"w": 2.0, "x": np.array([1.0, 2.0, 3.0])}
    found = gradient(c.mean((w * x) ** 2), values)
    assert close(found["w"], np.mean(2 * 2.0 * values["x"] ** 2))
    assert close(found["x"], 2 * 4.0 * values["x"] / 3)


def test_a_gradient_by_chosen_names_holds_these_alone():
    d = named("d", 2 * y)
    e = x * (z + d)
    values = {"x": 3, "y": 2, "z": 1}
    assert {"d": 3.0, "x": 5.0} == gradient(e, values, ["d", x])
    assert {"y": 6.0} == gradient(e, values, "y")


def test_a_gradient_of_fractions_is_exact():
    found = gradient(x**2 / y, {"x": Fraction(1, 3), "y": Fraction(2, 7)})
    assert {"x": Fraction(7, 3), "y": Fraction(-49, 36)} == found


def test_a_gradient_of_mpmath_numbers_keeps_their_digits():
    with mpmath.workdps(50):
        value = mpmath.mpf(2) / 3
        found = gradient(sin(x), {"x": value})["x"]
        assert abs(found - mpmath.cos(value)) < mpmath.mpf(10) ** -49


def test_a_sum_over_a_number_passes_its_cotangent_once():
    assert {"x": 20.0} == gradient(5 * c.sum(x * x), {"x": 2.0})


def test_the_gradient_of_a_column_points_to_the_jacobian():
    with pytest.raises(DerivativeError, match=r"x\*y has shape \(2,\).*jacobian\(e, values\)"):
        gradient(x * y, {"x": [1, 2], "y": 3})
    with pytest.raises(DerivativeError, match=r"jacobian"):
        gradient(x * y, {"x": [1, 2], "y": 3}, "y")


def test_an_unknown_name_is_refused_with_a_suggestion():
    width = expression("width")
    with pytest.raises(UnknownVariable, match=r"does not contain 'widht'.*Did you mean 'width'"):
        gradient(width * x, {"width": 1, "x": 2}, "widht")
    with pytest.raises(UnknownVariable, match="no value for 'x'"):
        gradient(width * x, {"width": 1})


def test_the_gradient_of_a_hundred_thousand_variables_is_one_sweep():
    leaves = [expression(f"v{number}") for number in range(100_000)]
    total = leaves[0]
    for leaf in leaves[1:]:
        total = total + 2 * leaf
    found = jacobian(total, {leaf.name: 1.0 for leaf in leaves})
    assert 1.0 == found["v0"]
    assert {2.0} == set(list(found.values())[1:])


# --- jacobian


def test_a_jacobian_is_arranged_as_it_was_asked_for():
    r, t = expression("r"), expression("t")
    values = {"r": 2.0, "t": 0.5}
    polar = {"x": r * cos(t), "y": r * sin(t)}
    found = jacobian(polar, values)
    assert ["x", "y"] == list(found)
    assert close(found["y"]["t"], 2 * math.cos(0.5))
    assert isinstance(jacobian(list(polar.values()), values), list)
    assert {"r", "t"} == set(jacobian(polar["x"], values))
    assert close(jacobian(polar["x"], values, "r"), math.cos(0.5))
    assert close(np.linalg.det(jacobian(polar, values, as_array=True)), 2.0)


def test_a_jacobian_of_what_lacks_a_variable_is_zero_there():
    values = {"x": [1.0, 2.0], "y": 3.0}
    found = jacobian([x * x, y * y], values)
    assert close(found[1]["x"], np.zeros(2))
    assert close(found[0]["y"], np.zeros(2))
    assert (3, 3) == jacobian([x * x, y * y], values, as_array=True).shape
    assert 0.0 == jacobian([x, y])[1]["x"].eval({})


def test_a_symbolic_jacobian_holds_expressions_by_name():
    found = jacobian([x * y, x + y], wrt=["x", "y"])
    assert [{"x": "y", "y": "x"}, {"x": "1", "y": "1"}] == [
        {name: str(entry) for name, entry in row.items()} for row in found
    ]


@pytest.mark.parametrize(
    ("formula", "values", "name"),
    [
        ("x*y", {"x": np.array([1.0, 2.0, 3.0]), "y": 2.0}, "x"),
        ("x*y", {"x": np.array([1.0, 2.0, 3.0]), "y": 2.0}, "y"),
        ("sin(x)*y", {"x": np.array([[1.0], [2.0]]), "y": np.array([1.0, 2.0, 3.0])}, "x"),
        ("sin(x)*y", {"x": np.array([[1.0], [2.0]]), "y": np.array([1.0, 2.0, 3.0])}, "y"),
        ("sum(x*x, axis=0)*y", {"x": np.arange(6.0).reshape(3, 2), "y": np.ones(2)}, "x"),
        ("mean(x)*x", {"x": np.array([1.0, 2.0, 4.0])}, "x"),
        ("sum(x*y)", {"x": np.array([1.0, 2.0, 5.0]), "y": np.array([[3.0], [4.0]])}, "y"),
        ("x @ y", {"x": np.arange(6.0).reshape(2, 3), "y": np.array([1.0, 0.5, 2.0])}, "x"),
        ("x @ y", {"x": np.arange(6.0).reshape(2, 3), "y": np.array([1.0, 0.5, 2.0])}, "y"),
    ],
)
def test_a_jacobian_has_both_shapes_and_the_values_of_differences(formula, values, name):
    e = parse(formula)
    found = jacobian(e, values, name)
    assert np.shape(e.eval(values)) + np.shape(values[name]) == np.shape(found)

    def function(**given):
        return e.eval(given)

    wanted = numerical_derivative(function, values, name, method="richardson")
    assert close(found, wanted.value, 1e-8)


@pytest.mark.parametrize(
    ("shape", "most"),
    [((2, 50), 2), ((50, 2), 2)],
)
def test_a_jacobian_takes_forward_or_reverse_whichever_is_shorter(monkeypatch, shape, most):
    rows, columns = shape
    sweeps = []
    for name in ("reverse", "forward"):
        original = getattr(sweep, name)

        def counted(*arguments, original=original, name=name, **settings):
            sweeps.append(name)
            return original(*arguments, **settings)

        monkeypatch.setattr(sweep, name, counted)
    matrix = np.arange(100.0).reshape(shape)
    found = jacobian(w @ x, {"w": matrix, "x": np.ones(columns)}, "x")
    assert close(found, matrix)
    assert len(sweeps) == most
    assert {"reverse" if rows < columns else "forward"} == set(sweeps)


def test_a_jacobian_of_an_elementwise_column_takes_one_sweep(monkeypatch):
    sweeps = []
    original = sweep.forward
    monkeypatch.setattr(
        sweep, "forward", lambda *given, **told: sweeps.append(1) or original(*given, **told)
    )
    column = np.linspace(0, 1, 200)
    found = jacobian(sin(x), {"x": column}, "x")
    assert close(found, np.diag(np.cos(column)))
    assert [1] == sweeps


def test_a_jacobian_keeps_single_precision():
    found = jacobian(x * x, {"x": np.ones(2, dtype=np.float32)}, "x")
    assert np.float32 == found.dtype


def test_a_jacobian_by_an_empty_array_is_empty():
    assert (0, 0) == jacobian(2 * x, {"x": np.zeros(0)}, "x").shape
    assert (2, 0) == jacobian(w + c.sum(x), {"w": np.ones(2), "x": np.zeros(0)}, "x").shape


def test_a_jacobian_of_nothing_is_refused():
    with pytest.raises(ValueTypeError, match="the list is empty"):
        jacobian([], {})
    with pytest.raises(ValueTypeError, match="as_array=True is for numbers"):
        jacobian(x, as_array=True)


# --- hessian


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_hessian_is_what_sympy_says_and_symmetric(formula):
    theirs, symbols = symbols_of(formula)
    expected = [[at_point(sympy.diff(theirs, a, b)) for b in symbols] for a in symbols]
    found = hessian(parse(formula), POINT, ["x", "y", "z"], as_array=True)
    assert close(expected, found, 1e-11)
    assert np.array_equal(found, found.T)


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_symbolic_hessian_has_the_values_of_the_numeric_one(formula):
    e = parse(formula)
    expected = hessian(e, POINT)
    found = hessian(e)
    for row in expected:
        for column in expected:
            assert close(expected[row][column], found[row][column].eval(POINT), 1e-11)
            assert found[row][column] is found[column][row]


@pytest.mark.parametrize("seed", range(40))
def test_a_symbolic_hessian_is_what_a_sweep_over_everything_writes(seed):
    """Each column visits what depends on its variable alone, and writes the same."""
    e, _ = random_formula(seed)
    names = [*e.variables, "unheard_of"]
    firsts = symbolic_gradient(e, list(e.variables)) | {"unheard_of": c.constant(0)}
    program = flatten(list(firsts.values()))
    found = hessian_of_firsts(firsts, limits=True)
    for place, column in enumerate(names):
        seeds = {program.inputs[column]: 1} if column in program.inputs else {}
        tangents = written(program).jvp(seeds)
        wanted = tidied([tangents[slot] for slot in program.outputs[: place + 1]], limits=True)
        for row, entry in zip(names, wanted, strict=False):
            assert entry is found[row][column] is found[column][row]
    assert [names] * len(names) == [list(row) for row in found.values()]


def test_the_work_of_a_symbolic_hessian_grows_with_its_entries_that_are_not_zero(monkeypatch):
    def chain(length):
        v = [expression(f"v{number}") for number in range(length)]
        return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(v))

    visited = []
    local = sweep.elementwise_tangent

    def counting(*step):
        visited.append(step)
        return local(*step)

    monkeypatch.setattr(sweep, "elementwise_tangent", counting)
    counts = []
    for length in (20, 200):
        visited.clear()
        hessian(chain(length))
        counts.append(len(visited))
    assert 20 < counts[0]
    assert counts[1] < 11 * counts[0]


def test_a_hessian_by_arrays_has_both_shapes_in_each_entry():
    values = {"w": np.array([1.0, -2.0]), "x": 3.0}
    e = c.sum(w**3 * x) + x**2
    found = hessian(e, values)
    assert close(found["w"]["w"], np.diag(6 * values["w"] * 3.0))
    assert close(found["w"]["x"], 3 * values["w"] ** 2)
    assert close(found["x"]["w"], 3 * values["w"] ** 2)
    assert 2.0 == found["x"]["x"]
    assert (3, 3) == hessian(e, values, as_array=True).shape


def test_a_hessian_has_zeros_by_a_column_that_is_only_counted():
    values = {"x": 3.0, "w": np.array([1.0, -2.0])}
    whole = hessian(x**2 / c.count(expression("w")), values, as_array=True)
    assert [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]] == whole.tolist()


def test_a_hessian_without_variables_is_empty():
    assert {} == hessian(c.constant(2), {})
    assert (0, 0) == hessian(c.constant(2), {}, as_array=True).shape


def test_the_hessian_of_the_courses_loss_does_not_depend_on_its_parameters():
    m, b = expression("m"), expression("b")
    loss = c.mean((m * x + b - y) ** 2)
    found = hessian(loss, wrt=[m, b])
    assert ["mean(2*x**2)", "mean(2*x)", "mean(2*x)", "2"] == [
        str(found[row][column]) for row in "mb" for column in "mb"
    ]


def test_a_hessian_goes_through_named_steps():
    d = named("d", 1 * x)
    e = d * d * x
    assert {"x": {"x": 18.0}} == hessian(e, {"x": 3})
    assert 6.0 == hessian(e, {"x": 3}, "d")["d"]["d"]
    assert 18.0 == hessian(e)["x"]["x"].eval({"x": 3})


def test_a_hessian_at_a_floats_trouble_follows_ieee_754():
    with np.errstate(all="raise"):
        found = hessian(1 / x, {"x": 0.0})
    assert math.isinf(found["x"]["x"])


def test_the_hessian_of_a_column_is_refused():
    with pytest.raises(DerivativeError, match="a Hessian is of one number"):
        hessian(x * x, {"x": [1, 2]})
    with pytest.raises(ValueTypeError, match="as_array=True is for numbers"):
        hessian(x * x, as_array=True)


# --- products


def test_products_are_those_of_the_jacobian():
    values = {"w": np.arange(6.0).reshape(2, 3), "x": np.array([1.0, 0.5, -1.0])}
    e = tanh(w @ x)
    matrix = jacobian(e, values, as_array=True)
    tangents = {"w": np.cos(np.arange(6.0)).reshape(2, 3), "x": np.array([0.1, -0.2, 0.3])}
    flat = np.concatenate([tangents["w"].ravel(), tangents["x"]])
    assert close(jvp(e, values, tangents), matrix @ flat)
    weight = np.array([0.3, -2.0])
    found = vjp(e, values, weight)
    assert close(np.concatenate([found["w"].ravel(), found["x"]]), weight @ matrix)


def test_a_number_stands_for_all_elements_of_a_tangent_or_cotangent():
    values = {"x": np.array([1.0, 2.0])}
    assert close(jvp(x * x, values, {"x": 1}), [2.0, 4.0])
    assert close(vjp(x * x, values)["x"], [2.0, 4.0])
    assert 0.0 == jvp(x * y, {"x": 1, "y": 2}, {})


def test_a_direction_that_does_not_fit_is_refused_with_both_shapes():
    values = {"w": 1.0, "x": [1.0, 2.0]}
    with pytest.raises(ShapeError, match=r"tangent for x has shape \(3,\), but x has shape \(2,\)"):
        jvp(w * x, values, {"x": [1, 2, 3]})
    with pytest.raises(ShapeError, match=r"cotangent .* has shape \(3,\)"):
        vjp(w * x, values, [1, 2, 3])
    with pytest.raises(UnknownVariable, match=r"the tangent names 'v'.*does not contain"):
        jvp(w * x, values, {"v": 1})
    with pytest.raises(UnknownVariable, match=r"without names\. Give a mapping"):
        jvp(w * x, values, [1.0])


def test_hvp_is_the_hessian_times_the_vector():
    values = {"w": np.array([0.5, -1.0, 2.0]), "x": 1.5}
    e = c.sum(exp(w * x)) * c.mean(w * w)
    vector = {"w": np.array([1.0, 0.5, -0.25]), "x": 2.0}
    whole = hessian(e, values, ["w", "x"], as_array=True)
    found = hvp(e, values, vector)
    assert close(np.append(found["w"], found["x"]), whole @ np.append(vector["w"], 2.0))


def test_hvp_takes_the_variables_of_its_vector_for_the_hessians():
    values = {"x": 2.0, "y": 3.0}
    assert {"x": 6.0} == hvp(x**2 * y, values, {"x": 1})


# --- properties over random expressions

SAFE = st.floats(-2, 2, allow_nan=False).map(lambda number: round(number, 3))


@st.composite
def smooth_expressions(draw):
    made = [x, y, z]
    for _ in range(draw(st.integers(1, 8))):
        left, right = draw(st.sampled_from(made)), draw(st.sampled_from(made))
        kind = draw(st.sampled_from(["+", "*", "-", "sin", "tanh", "exp", "/", "log"]))
        made.append(
            {
                "+": lambda a, b: a + b,
                "*": lambda a, b: a * b,
                "-": lambda a, b: a - 2 * b,
                "/": lambda a, b: a / (2 + b * b),
                "sin": lambda a, b: sin(a),
                "tanh": lambda a, b: tanh(a),
                "exp": lambda a, b: exp(-a * a),
                "log": lambda a, b: log(1 + a * a),
            }[kind](left, right)
        )
    return made[-1] + 0 * (x + y + z)


@settings(max_examples=60, deadline=None)
@given(smooth_expressions(), SAFE, SAFE, SAFE)
def test_forward_and_reverse_agree_and_second_order_is_consistent(e, a, b, d):
    values = {"x": a, "y": b, "z": d}
    backwards = gradient(e, values)
    onwards = {name: jvp(e, values, {name: 1}) for name in values}
    assert all(
        math.isclose(backwards[name], onwards[name], rel_tol=1e-12, abs_tol=1e-12)
        for name in values
    )
    whole = hessian(e, values, ["x", "y", "z"], as_array=True)
    found = hvp(e, values, {"x": 1.0, "y": -0.5, "z": 0.25})
    size = 1e-11 * max(1.0, np.abs(whole).max())
    assert np.allclose(whole @ [1.0, -0.5, 0.25], list(found.values()), atol=size, rtol=1e-10)


@settings(max_examples=40, deadline=None)
@given(smooth_expressions(), st.lists(SAFE, min_size=3, max_size=3), SAFE)
def test_a_jacobian_of_columns_is_the_same_row_by_row(e, column, b):
    values = {"x": np.array(column), "y": b, "z": 0.3}
    whole = np.broadcast_to(e.eval(values), (3,))
    found = jacobian(c.sum(x) * 0 + e, values)
    for row in range(3):
        alone = gradient(e, {**values, "x": column[row]})
        assert close(found["x"][row], alone["x"] * np.eye(3)[row], 1e-11)
        assert close(found["y"][row], alone["y"], 1e-11)
        assert close(whole[row], e.eval({**values, "x": column[row]}))


def test_a_tie_of_maximum_is_shared_by_both_directions():
    values = {"x": 1.0, "y": 1.0}
    assert {"x": 0.5, "y": 0.5} == gradient(maximum(x, y), values)
    assert 0.5 == jvp(maximum(x, y), values, {"x": 1})


@pytest.mark.parametrize("direction", ["back", "forth"])
def test_memory_stays_near_what_the_steps_gave(direction):
    steps, matrix = 40, np.full((64, 64), 1e-2)
    product = A = expression("A")
    for _ in range(steps):
        product = product @ A
    formula, values = c.sum(product), {"A": matrix}
    ways = {"back": lambda: formula.diff(values), "forth": lambda: jvp(formula, values, values)}
    ways[direction]()  # what is worked out once
    tracemalloc.start()
    ways[direction]()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (steps + 8) * matrix.nbytes
