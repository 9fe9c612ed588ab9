"""Diagonals, triangles and the trace: values as in NumPy, derivatives, shapes and refusals."""

import numpy as np
import pytest

import chainrule
from chainrule import (
    check_gradient,
    check_operation,
    diag,
    diagonal,
    expression,
    matrix,
    trace,
    tril,
    triu,
)
from chainrule.engine.sizes import UNKNOWN, Size
from chainrule.errors import OperationError, ShapeError
from chainrule.language.matrices import diagonals

RANDOM = np.random.default_rng(3)
x = expression("x")
OPERATIONS = [
    diagonals.diagonal_part,
    diagonals.diagonal_placement,
    diagonals.matrix_trace,
    diagonals.diagonal_matrix,
    diagonals.diagonal_matrix_cotangent,
    diagonals.lower_triangle,
    diagonals.upper_triangle,
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_each_says_one_thing_of_itself(operation):
    report = check_operation(operation)
    assert report.ok, str(report)


@pytest.mark.parametrize("offset", [0, 2, -1, 5])
@pytest.mark.parametrize("axes", [(0, 1), (1, 0), (-1, -3)])
def test_diagonals_and_traces_are_numpys(offset, axes):
    values = RANDOM.normal(size=(3, 4, 2))
    for ours, numpys in ((diagonal, np.diagonal), (trace, np.trace)):
        formula = ours(x, offset, *axes)
        expected = numpys(values, offset, *axes)
        assert np.allclose(expected, formula.eval({"x": values}), rtol=1e-15)
        assert expected.shape == type(formula).shape((3, 4, 2), offset, *axes)
        assert check_gradient(chainrule.sum(formula**2), {"x": values}).ok


@pytest.mark.parametrize("k", [0, 1, -2])
@pytest.mark.parametrize("shape", [(3,), (3, 4), (0,)])
def test_diag_makes_a_matrix_of_a_vector_and_takes_one_from_a_matrix(k, shape):
    values = RANDOM.normal(size=shape)
    formula = diag(x, k=k)
    assert np.array_equal(np.diag(values, k), formula.eval({"x": values}))
    assert np.diag(values, k).shape == type(formula).shape(shape, k)
    assert check_gradient(chainrule.sum(formula**3), {"x": values}).ok or not values.size


@pytest.mark.parametrize("k", [0, 1, -1])
def test_triangles_are_numpys_and_cut_off_what_is_not_finite(k):
    values = RANDOM.normal(size=(2, 3, 4))
    values[0, 0, 2], values[1, 2, 0] = np.nan, np.inf
    assert np.array_equal(np.tril(values, k), tril(x, k).eval({"x": values}), equal_nan=True)
    assert np.array_equal(np.triu(values, k), triu(x, k).eval({"x": values}), equal_nan=True)
    slopes = chainrule.sum(tril(x, k)).diff({"x": values}, "x")
    assert np.array_equal(np.tril(np.ones_like(values), k), slopes)


def test_the_slope_of_a_trace_is_the_identity():
    assert np.array_equal(np.eye(3), trace(x).diff({"x": RANDOM.normal(size=(3, 3))}, "x"))
    assert r"\operatorname{tr}\left(x\right)" == trace(x).to_latex()
    assert np.trace(x) is trace(x)


def test_slopes_of_traces_are_those_of_a_textbook():
    A, X, S = matrix("A", "n", "m"), matrix("X", "m", "n"), matrix("S", "n", "n")
    assert "A.T" == str(trace(A @ X).derivative("X"))
    assert "2*X" == str(trace(X.T @ X).derivative("X"))
    assert "identity_like(S)" == str(trace(S).derivative("S"))
    assert "2*S.T" == str(trace(S @ S).derivative("S"))


def test_lengths_of_diagonals_are_known_before_there_are_values():
    n, shape = Size("n"), diagonals.diagonal_part.shape
    assert (n,) == shape((n, n), 0, 0, 1)
    assert (5, n - 2) == shape((n, 5, n), 2, 0, 2)
    assert (n - 1,) == shape((n, n + 3), -1, 0, 1)
    assert (UNKNOWN,) == shape((n, 3), 0, 0, 1)
    assert (n + 2, n + 2) == diagonals.diagonal_matrix.shape((n,), -2)


def test_what_has_no_diagonal_is_refused():
    with pytest.raises(ShapeError, match="axis 1 is out of range for an array of 1 axis"):
        trace(np.ones(3))
    with pytest.raises(ShapeError, match=r"diag takes a vector.*\(2, 2, 2\)"):
        diag(x).eval({"x": np.ones((2, 2, 2))})
    with pytest.raises(ShapeError, match=r"tril takes a matrix.*\(3,\)"):
        tril(np.ones(3))
    with pytest.raises(OperationError, match="whole number"):
        diagonal(x, 0.5)
