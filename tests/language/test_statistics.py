"""Covariance, correlation and the normalisation of a layer."""

import numpy as np
import pytest

from chainrule import corrcoef, cov, expression, layer_norm, matrix
from chainrule.errors import OperationError, ShapeError

ROWS = np.array([[1.0, 2.0, 4.0, 0.5], [0.5, -1.0, 3.0, 2.0], [7.0, 7.5, -2.0, 0.0]])


@pytest.mark.parametrize("ddof", [0, 1, 2])
def test_the_covariance_is_numpys(ddof):
    assert np.allclose(np.cov(ROWS, ddof=ddof), cov(ROWS, ddof=ddof), rtol=1e-14, atol=1e-15)


def test_the_correlation_is_numpys():
    assert np.allclose(np.corrcoef(ROWS), corrcoef(ROWS), rtol=1e-14, atol=1e-15)


def test_a_correlation_does_not_overflow_where_a_covariance_does():
    assert np.allclose(corrcoef(ROWS), corrcoef(ROWS * 1e200), rtol=1e-14, atol=1e-15)


def test_a_batch_of_tables_gives_a_batch_of_covariances():
    both = np.array([ROWS, ROWS[::-1] ** 2])
    assert np.array_equal(np.array([cov(both[0]), cov(both[1])]), cov(both))


def test_a_constant_row_has_no_correlation_and_a_layer_of_equal_numbers_becomes_0():
    with np.errstate(invalid="ignore"):
        assert np.isnan(corrcoef([[1.0, 1.0], [2.0, 3.0]])[0]).all()
    assert layer_norm([5.0, 5.0]).tolist() == [0.0, 0.0]


def test_the_covariance_knows_its_shape_before_there_are_values():
    size, other = cov(matrix("X", 4, "n")).shape
    assert (4, 4) == (size, other)


def test_a_vector_is_told_that_it_has_no_rows():
    with pytest.raises(ShapeError, match="matrix"):
        cov([1.0, 2.0, 3.0])


def test_one_observation_has_no_covariance():
    with pytest.raises(ShapeError, match="the covariance of 1 element is not a number"):
        cov(expression("x")).eval({"x": ROWS[:, :1]})


@pytest.mark.parametrize("ddof", [-1, 0.5, True, None])
def test_a_ddof_that_is_no_count_is_refused(ddof):
    with pytest.raises(OperationError, match=r"cov's ddof must be a whole number from 0"):
        cov(expression("x"), ddof=ddof)
