"""Norms: NumPy's values for every order and axis, slopes against differences, 0 at the corner."""

import math

import numpy as np
import pytest
from tests.language.test_linear_algebra import central

import chainrule
from chainrule import expression, gradient, jvp, norm, parse
from chainrule.errors import OperationError, ShapeError

x = expression("x")
TABLE = np.array([[1.0, -3.0, 2.5], [4.0, 0.5, -6.0]])
CUBE = np.sin(1.0 + np.arange(24.0)).reshape(2, 3, 4)
INF = math.inf


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    ("values", "order", "axis"),
    [
        (CUBE, None, None),
        *[(TABLE[0], order, None) for order in (1, 2, 3, 0.5, 0, INF, -INF)],
        *[(TABLE, order, None) for order in (1, 2, INF, -INF, "fro")],
        *[(CUBE, order, 1) for order in (None, 1, 2, -1, -2, 2.5, INF, -INF)],
        *[(CUBE, order, (2, 0)) for order in (None, "fro", 1, -1, 2, -2, INF, -INF)],
    ],
)
def test_value_and_slopes_are_right_for_every_order(values, order, axis, keepdims):
    formula = norm(x, order, axis, keepdims=keepdims)
    expected = np.linalg.norm(values, order, axis, keepdims=keepdims)
    found = formula.eval({"x": values})
    assert np.shape(expected) == np.shape(found)
    assert np.allclose(expected, found, rtol=1e-14)
    assert formula is parse(str(formula))
    if not keepdims:
        loss = chainrule.sum(formula**2)
        slopes = loss.diff({"x": values}, "x")
        assert np.allclose(central(loss, {"x": values}, "x"), slopes, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("order", [None, 1, 2, 3, INF])
def test_the_slope_at_the_zero_vector_is_zero(order):
    zero = {"x": np.zeros(3)}
    assert [0.0, 0.0, 0.0] == gradient(norm(x, order), zero)["x"].tolist()
    rows = {"x": np.array([[0.0, 0.0], [3.0, 4.0]])}
    slopes = gradient(chainrule.sum(norm(x, order, axis=1)), rows)["x"]
    assert [0.0, 0.0] == slopes[0].tolist()
    assert np.all(np.isfinite(slopes))
    assert 0.0 == jvp(norm(x, order), zero, {"x": np.ones(3)})


def test_the_euclidean_one_neither_overflows_nor_loses_digits():
    for scale in (1e200, 1e-200, 1.0):
        at = {"x": scale * np.array([3.0, 4.0])}
        assert 5 * scale == pytest.approx(norm(x).eval(at), rel=1e-15)
        assert [0.6, 0.8] == pytest.approx(gradient(norm(x), at)["x"].tolist(), rel=1e-15)
    assert INF == norm(np.array([1.0, INF]))
    assert np.isnan(norm(np.array([1.0, math.nan])))
    assert np.float32 == norm(TABLE.astype(np.float32), axis=1).dtype
    assert 5e30 == pytest.approx(float(norm(np.array([3e30, 4e30], np.float32))), rel=1e-6)


def test_what_is_neither_vector_nor_matrix_is_refused():
    with pytest.raises(ShapeError, match=r"a vector or a matrix, not .* \(2, 3, 4\).*axis="):
        norm(x, 1).eval({"x": CUBE})
    with pytest.raises(ShapeError, match=r"takes a vector, not an array of shape \(2, 3\)"):
        norm(x, 3).eval({"x": TABLE})
    with pytest.raises(ShapeError, match="ord=3 is of vectors, along one axis"):
        norm(TABLE, 3, (0, 1))


def test_an_order_that_is_none_is_refused():
    with pytest.raises(OperationError, match=r"not 'nuc'.*sum\(svdvals\(A\)\)"):
        norm(x, "nuc")
    with pytest.raises(OperationError, match="ord=-1 of a vector is another than of a matrix"):
        norm(x, -1)
    with pytest.raises(OperationError, match="one axis, two, or None"):
        norm(x, 1, (0, 1, 2))


def test_it_is_written_as_in_a_textbook_and_numpys_function_builds_it():
    assert r"\left\lVert x \right\rVert_{1}" == norm(x, 1).to_latex()
    assert r"_{\infty}" in norm(x, INF).to_latex()
    assert np.linalg.norm(x, 1, axis=0) is norm(x, 1, axis=0)
