"""Sorting: NumPy's values, slopes that go where the elements came from, places without slopes."""

import math

import numpy as np
import pytest

import chainrule
from chainrule import argsort, expression, gradient, hvp, jvp, parse, sort, topk
from chainrule.errors import DerivativeError, OperationError, ShapeError

x = expression("x")
TABLE = np.array([[1.0, 3.0, 2.5, -1.0], [4.0, -0.5, 6.0, 5.0]])
WEIGHTS = np.array([1.0, 2.0, 4.0, 8.0])


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_values_are_numpys(axis):
    assert np.array_equal(np.sort(TABLE, axis=axis), sort(x, axis=axis).eval({"x": TABLE}))
    assert np.array_equal(np.argsort(TABLE, axis=axis), argsort(TABLE, axis=axis))
    backward = np.flip(np.sort(TABLE, axis=axis), -1 if axis is None else axis)
    assert np.array_equal(backward, sort(TABLE, axis, descending=True))


def test_slopes_go_where_the_elements_came_from():
    loss = chainrule.sum(sort(x) * WEIGHTS)
    expected = np.zeros_like(TABLE)
    np.put_along_axis(expected, np.argsort(TABLE), np.broadcast_to(WEIGHTS, (2, 4)), 1)
    assert np.array_equal(expected, gradient(loss, {"x": TABLE})["x"])
    assert np.sum(expected) == jvp(loss, {"x": TABLE}, {"x": np.ones((2, 4))})
    curved = chainrule.sum(sort(x, axis=None) ** 3)
    assert np.allclose(6 * TABLE, hvp(curved, {"x": TABLE}, {"x": np.ones((2, 4))})["x"])
    assert np.allclose(3 * TABLE**2, curved.diff({"x": TABLE}, "x"))


def test_equal_elements_keep_their_order_and_nan_comes_last():
    tied = np.array([2.0, 1.0, 2.0, 1.0])
    assert [1.0, 3.0, 0.0, 2.0] == argsort(tied).tolist()
    assert [0.0, 2.0, 1.0, 3.0] == argsort(tied, descending=True).tolist()
    assert [4.0, 1.0, 8.0, 2.0] == gradient(chainrule.sum(sort(x) * WEIGHTS), {"x": tied})[
        "x"
    ].tolist()
    for descending in (False, True):
        assert np.isnan(sort(np.array([1.0, math.nan, 0.0]), descending=descending)[2])


class TestTopK:
    def test_values_and_places(self):
        values, indices = topk(TABLE, 2)
        assert [[3.0, 2.5], [6.0, 5.0]] == values.tolist()
        assert [[1.0, 2.0], [2.0, 3.0]] == indices.tolist()
        found = topk(x, 1, axis=0, largest=False)
        assert [[1.0, -0.5, 2.5, -1.0]] == found.values.eval({"x": TABLE}).tolist()

    def test_slopes_go_to_the_chosen(self):
        loss = chainrule.sum(topk(x, 2).values ** 2)
        slopes = gradient(loss, {"x": TABLE})["x"]
        assert [[0.0, 6.0, 5.0, 0.0], [0.0, 0.0, 12.0, 10.0]] == slopes.tolist()
        second = hvp(loss, {"x": TABLE}, {"x": np.ones((2, 4))})["x"]
        assert [[0.0, 2.0, 2.0, 0.0], [0.0, 0.0, 2.0, 2.0]] == second.tolist()

    def test_its_parts_read_back(self):
        values = topk(x, 2, axis=0).values
        assert "topk(x, k=2, axis=0).values" == str(values)
        assert values is parse(str(values))

    def test_more_than_there_are_is_refused(self):
        with pytest.raises(ShapeError, match=r"k=5 .* axis -1 of shape \(2, 4\).* only 4"):
            topk(TABLE, 5)
        with pytest.raises(ShapeError, match="only 3"):
            topk(expression("X", shape=("n", 3)), 4)
        with pytest.raises(OperationError, match=r"a whole number from 0, not 1\.5"):
            topk(x, 1.5)


@pytest.mark.parametrize("formula", [argsort(x) * x, topk(x, 2).indices ** 2])
def test_a_derivative_through_places_is_refused(formula):
    for ask in (
        lambda: gradient(chainrule.sum(formula), {"x": TABLE}),
        lambda: jvp(formula, {"x": TABLE}, {"x": np.ones((2, 4))}),
    ):
        with pytest.raises(DerivativeError, match="has no derivative: it gives places"):
            ask()


def test_numpys_functions_build_them_and_single_precision_stays():
    assert np.sort(x, axis=0) is sort(x, axis=0)
    assert np.argsort(x) is argsort(x)
    assert np.float32 == sort(TABLE.astype(np.float32)).dtype
    assert (0,) == sort(np.zeros(0)).shape
    with pytest.raises(ShapeError, match="axis -1 is out of range for an array of 0 axes"):
        sort(2.0)
