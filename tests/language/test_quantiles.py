"""Quantiles, and the share that each element has in one."""

import numpy as np
import pytest

from chainrule import expression, gradient, matrix, max, median, min, quantile, sum
from chainrule.errors import OperationError, ShapeError

x = expression("x")
TABLE = np.array([[1.0, -3.0, 2.5, 0.5], [4.0, 0.25, -6.0, 3.0], [2.0, 9.0, -1.0, 7.0]])


@pytest.mark.parametrize("q", [0, 0.1, 1 / 3, 0.5, 0.75, 0.999, 1])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
def test_a_quantile_is_numpys(q, axis):
    assert np.allclose(np.quantile(TABLE, q, axis=axis), quantile(TABLE, q, axis), rtol=1e-15)
    kept = quantile(TABLE, q, axis, keepdims=True)
    assert np.quantile(TABLE, q, axis=axis, keepdims=True).shape == kept.shape


def test_the_ends_and_the_middle_are_smallest_largest_and_median():
    for q, fold in ((0.0, min), (0.5, median), (1.0, max)):
        for build in (fold(x), quantile(x, q)):
            assert fold(TABLE) == build.eval({"x": TABLE})
        assert np.array_equal(
            gradient(fold(x), {"x": TABLE})["x"], gradient(quantile(x, q), {"x": TABLE})["x"]
        )


def test_the_slope_goes_to_the_two_beside_and_equal_ones_share_it():
    slopes = gradient(quantile(x, 0.25), {"x": [5.0, 1.0, 2.0, 2.0]})["x"]
    assert [0.0, 0.25, 0.375, 0.375] == slopes.tolist()
    assert gradient(sum(quantile(x, 0.3, 1)), {"x": TABLE})["x"].sum() == pytest.approx(3.0)


def test_a_nan_leaves_nothing_decided_in_its_row_alone():
    with_nan = np.where(TABLE == 9.0, np.nan, TABLE)
    assert [False, False, True] == np.isnan(quantile(with_nan, 0.3, 1)).tolist()


def test_infinite_elements_do_not_spoil_the_others():
    assert 1.0 == quantile([-np.inf, 1.0, np.inf], 0.5)
    assert np.inf == quantile([1.0, np.inf, np.inf], 0.75)


def test_single_precision_stays_single():
    assert np.float32 == quantile(TABLE.astype(np.float32), 0.3, 0).dtype


def test_the_shape_is_known_before_there_are_values():
    assert (3,) == quantile(matrix("X", 3, "n"), 0.3, 1).shape


@pytest.mark.parametrize("q", [-0.1, 1.5, np.nan])
def test_a_share_that_is_none_is_refused(q):
    with pytest.raises(OperationError, match="quantile's q must be a number between 0 and 1"):
        quantile(x, q)


@pytest.mark.parametrize("q", [True, "half", (0.1, 0.9)])
def test_several_shares_or_what_is_no_number_are_refused(q):
    with pytest.raises(OperationError, match="quantile takes one number as q, not"):
        quantile(x, q)


def test_nothing_has_no_quantile():
    with pytest.raises(ShapeError, match="a quantile of no elements is not a number"):
        quantile(np.zeros((0, 3)), 0.5)
