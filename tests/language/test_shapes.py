"""Variables with shapes: what fits is known when an expression is built, the rest when bound."""

import pickle

import numpy as np
import pytest

import chainrule
from chainrule import expression, gradient, matrix, mean, named, sin, vector
from chainrule.engine.node import intern
from chainrule.engine.sizes import UNKNOWN, Size
from chainrule.errors import DerivativeError, NameClash, ShapeError, ValueTypeError

X, w, y = matrix("X", "n", 3), vector("w", 3), vector("y", "n")
n = Size("n")


def test_a_variable_says_its_shape():
    assert (n, 3) == X.shape
    assert 2 == X.ndim
    assert (UNKNOWN,) == vector("v").shape
    assert (UNKNOWN, UNKNOWN) == matrix("M").shape
    assert () == expression("s", shape=()).shape
    assert expression("x").shape is None
    assert expression("x").ndim is None
    assert (4,) == expression("x", shape=4).shape
    assert ("n", 2) == expression("x", shape=["n", np.int64(2)]).attributes[1]


def test_shapes_follow_through_an_expression():
    residual = X @ w - y
    assert (n,) == residual.shape
    assert () == mean(residual**2).shape
    assert (n - 1,) == residual[1:].shape
    assert (n, 3) == (X - X[0]).shape
    assert (n, 1) == y[:, None].shape
    assert (n,) == sin(chainrule.sum(X, axis=1)).shape
    assert (3,) == (2 * w + 1).shape


def test_what_nobody_declared_is_not_known_but_a_fold_is_a_number():
    x = expression("x")
    assert (X @ x).shape is None
    assert () == (chainrule.sum(x) * expression("s", shape=())).shape
    assert (n, 3) == (chainrule.sum(x) * X).shape


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: X @ y, r"\(n, 3\) and \(n,\).*\nIn X @ y: X has shape \(n, 3\) and y has"),
        (lambda: y + w, r"along axis -1 one has n, the other 3.*\nIn y \+ w: y has shape \(n,\)"),
        (lambda: y * vector("z", "m"), r"one has n, the other m"),
        (lambda: y[1:] - y, r"one has n - 1, the other n"),
        (lambda: w + np.ones(4), r"one has 3, the other 4"),
        (lambda: X @ expression("s", shape=()), r"takes arrays"),
    ],
)
def test_shapes_that_cannot_fit_are_refused_where_they_are_built(build, words):
    with pytest.raises(ShapeError, match=words):
        build()


def test_a_named_size_is_one_size_throughout():
    residual = X @ w - y
    values = {"X": np.ones((4, 3)), "w": np.ones(3), "y": np.zeros(4)}
    assert np.array_equal([3.0] * 4, residual.eval(values))
    with pytest.raises(ShapeError, match=r"size 'n' is 4 in 'X', of shape \(4, 3\), but 5 in 'y'"):
        residual.eval(values | {"y": np.zeros(5)})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            np.ones((4, 2)),
            r"declared with shape \(n, 3\), but its value has shape \(4, 2\): axis 1",
        ),
        (np.ones(3), r"of 2 axes, but its value has shape \(3,\)"),
        (2.0, r"of 2 axes, but its value has shape \(\)"),
    ],
)
def test_a_value_of_another_shape_is_refused(value, words):
    with pytest.raises(ShapeError, match=words):
        (2 * X).eval({"X": value})


def test_a_number_that_is_one_may_not_be_an_array():
    s = expression("s", shape=())
    assert 6.0 == (3 * s).eval({"s": 2})
    with pytest.raises(ShapeError, match=r"'s' is declared with shape \(\), of 0 axes"):
        (3 * s).eval({"s": [1.0, 2.0]})


def test_hot_code_still_holds_values_to_their_shapes():
    doubled = 2 * vector("v", 2)
    for _ in range(40):
        assert np.array_equal([2.0, 4.0], doubled.eval({"v": [1, 2]}))
    with pytest.raises(ShapeError, match="of 1 axis"):
        doubled.eval({"v": 1.0})


def test_a_size_left_open_may_not_be_one_that_is_repeated():
    u, v = vector("u"), vector("v")
    assert np.array_equal([3.0, 8.0], (u * v).eval({"u": [1, 2], "v": [3, 4]}))
    with pytest.raises(ShapeError, match=r"\(1,\) would be repeated to \(2,\) in u\*v"):
        (u * v).eval({"u": [1], "v": [3, 4]})


def test_one_name_is_one_variable():
    with pytest.raises(NameClash, match="'w' stands in this expression for variables of two shap"):
        (w * expression("w")).eval({"w": 1.0})


@pytest.mark.parametrize("shape", [("n", -1), "2n", (1.5,), object(), ("n", True, "")])
def test_what_is_no_shape_is_refused(shape):
    with pytest.raises(ValueTypeError, match="the shape of 'x' is"):
        expression("x", shape=shape)


def test_a_matrix_has_two_sizes():
    assert matrix("X", "n", 3) is matrix("X", ("n", 3))
    with pytest.raises(ValueTypeError, match="two sizes, not 1"):
        matrix("X", "n")


def test_copies_keep_the_shape():
    assert pickle.loads(pickle.dumps(X @ w)) is X @ w


def test_shapes_are_no_part_of_how_a_derivative_computes():
    loose = [expression(name) for name in "Xwy"]
    values = {
        name: np.random.default_rng(3).normal(size=s)
        for name, s in (("X", (5, 3)), ("w", 3), ("y", 5))
    }
    declared = gradient(mean((X @ w - y) ** 2))
    free = gradient(mean((loose[0] @ loose[1] - loose[2]) ** 2))
    for name in "Xwy":
        assert np.allclose(free[name].eval(values), declared[name].eval(values), rtol=1e-13)


def test_a_derivative_with_the_axes_of_both_points_to_the_jacobian():
    with pytest.raises(DerivativeError, match=r"\(n,\) and 'w' has shape \(3,\).*jacobian"):
        (X @ w).derivative("w")
    assert "2*w" == str((w**2).derivative("w"))


def test_a_rule_that_cannot_compute_with_names_leaves_the_shape_open():
    class cut(chainrule.structural):
        samples = ((np.ones(3),),)

        def forward(x):
            return x[:2]

        def pull(g, y, x):
            return (0,)

        def push(tangents, y, x):
            return 0

        def shape(shape):
            return (range(shape[0])[2],)

    assert cut(y).shape is None
    assert intern(cut, (w,)).shape == (2,)


def test_a_variable_may_declare_the_shape_of_another():
    X = matrix("X", "n", None)
    assert [("n", None), ("n",)] == [
        expression("Y", shape=X.shape).attributes[1],
        expression("y", shape=X.shape[0]).attributes[1],
    ]


def test_a_square_matrix_says_which_axes_disagree():
    with pytest.raises(ShapeError, match="axis 0 and axis 1"):
        matrix("A", "n", "n").eval({"A": np.ones((2, 3))})


def test_the_derivative_by_a_named_step_has_its_shape():
    step = named("r", matrix("X", "n", 3) @ vector("w", 3))
    loss = chainrule.sum(step**2)
    values = {"X": np.eye(3), "w": np.arange(3.0)}
    assert ((Size("n"),), [0.0, 2.0, 4.0]) == (
        loss.derivative("r").shape,
        loss.derivative("r").eval(values).tolist(),
    )
