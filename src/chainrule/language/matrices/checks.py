"""What the operations of linear algebra share: which matrices they take, and which they refuse.

May import the errors and NumPy; it knows no operation. A batch is an array of matrices, which are
its last two axes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.engine.inference import shape_of
from chainrule.engine.node import Node
from chainrule.engine.sizes import Shape, fits, in_words
from chainrule.errors import ShapeError, SingularMatrix

__all__ = [
    "axes_known",
    "condition_number",
    "exponents",
    "matrix_shape",
    "of_finite",
    "refuse_singular",
    "square_shape",
    "where_in_batch",
]

INSTEAD = (
    "Use lstsq for a least-squares solution, pinv for the pseudo-inverse, or add a ridge, "
    "A + 1e-6*I."
)


LEAST = -(10**6)  # below the exponent of any float
KNOWN = 1e15  # condition numbers from here on, near 1/eps, are mostly rounding errors


def matrix_shape(called: str, shape: Shape) -> Shape:
    """Return a shape that has the axes of a matrix at its end.

    Raises: ShapeError for fewer than two axes.
    """
    if len(shape) < 2:
        raise ShapeError(
            f"{called} takes a matrix, or a batch of them with shape (..., m, n); here the shape "
            f"is {in_words(shape)}. Add an axis: x[None, :] is a row, x[:, None] a column."
        )
    return shape


def square_shape(called: str, shape: Shape) -> Shape:
    """Return a shape whose last two axes are of one size.

    Raises: ShapeError for any other.
    """
    if len(shape) < 2 or not fits(shape[-1], shape[-2]):
        raise ShapeError(
            f"{called} takes a square matrix, or a batch of them with shape (..., n, n); here the "
            f"shape is {in_words(shape)}. Of a matrix with more rows than columns, A.T @ A is "
            "square."
        )
    return shape


def where_in_batch(bad: Any) -> str:
    """Say which matrix of a batch is the first one meant; nothing of a single one.

    >>> where_in_batch(np.array([False, True])), where_in_batch(np.True_)
    (' at [1] of the batch', '')
    """
    if not np.ndim(bad):
        return ""
    place = np.unravel_index(int(np.argmax(np.ravel(bad))), np.shape(bad))
    return f" at [{', '.join(map(str, map(int, place)))}] of the batch"


def first_of(matrices: Any, bad: Any) -> Any:
    """Return the first of the matrices meant."""
    *batch, rows, columns = np.shape(matrices)
    flat = np.reshape(matrices, (math.prod(batch), rows, columns))
    return flat[int(np.argmax(np.ravel(bad)))]


def condition_number(matrix: Any) -> float:
    """Return the largest singular value of a matrix divided by the smallest."""
    values = np.linalg.svd(matrix.astype(np.float64), compute_uv=False)
    return float(values[0] / values[-1]) if values[-1] else float("inf")


def in_digits_that_hold(condition: float) -> str:
    """Return a condition number as text, without digits that are rounding errors.

    The smallest singular value is known to within about eps times the largest one (Golub & Van
    Loan, 2013, section 8.6): near 1/eps, every processor finds other digits.

    >>> in_digits_that_hold(2.5e16), in_digits_that_hold(float("inf")), in_digits_that_hold(3e8)
    ('over 1e+15', 'over 1e+15', '3e+08')
    """
    return f"{condition:.2g}" if condition < KNOWN else f"over {KNOWN:.0g}"


def refuse_singular(called: str, matrices: Any, bad: Any, *, instead: str = INSTEAD) -> None:
    """Refuse matrices of which some are singular.

    Raises: SingularMatrix, with the place of the first one in its batch and its condition number.
    """
    if np.any(bad):
        worst = condition_number(first_of(matrices, bad))
        raise SingularMatrix(
            f"{called} of a singular matrix{where_in_batch(bad)}: its condition number is "
            f"{in_digits_that_hold(worst)}, so no digit of the result would be right. {instead}"
        )


def exponents(a: Any) -> Any:
    """Return, for each element, which power of 2 brings the largest in its row and column near 1.

    A matrix that is only badly scaled, diag(1e-30, 1), is not near a singular one. To be taken off
    with ldexp: the powers themselves could overflow.
    """
    zero = a == 0
    found = np.where(zero, LEAST, np.frexp(a)[1])
    rows = np.max(found, axis=-1, keepdims=True, initial=LEAST)
    rows = np.where(rows == LEAST, 0, rows)
    columns = np.max(np.where(zero, LEAST, found - rows), axis=-2, keepdims=True, initial=LEAST)
    return rows, np.where(columns == LEAST, 0, columns)


def axes_known(*operands: Any) -> tuple[int, ...] | None:
    """Return how many axes each operand has; None where a node's shape is not known."""
    shapes = [shape_of(x) if isinstance(x, Node) else np.shape(x) for x in operands]
    return None if None in shapes else tuple(map(len, shapes))


def of_finite(compute: Callable[[Any], Any], a: Any) -> Any:
    """Compute what LAPACK gives of each finite matrix; of one with NaN or infinity, NaN.

    Some of its routines would raise, and not say why.
    """
    bad = ~np.all(np.isfinite(a), axis=(-2, -1))
    if not np.any(bad):
        return compute(a)
    unit = np.eye(np.shape(a)[-2], np.shape(a)[-1], dtype=a.dtype)
    found = compute(np.where(bad[..., None, None], unit, a))

    def marked(value: Any) -> Any:
        extra = (None,) * (np.ndim(value) - np.ndim(bad))
        return np.where(bad[(..., *extra)], np.nan, value)

    return tuple(map(marked, found)) if isinstance(found, tuple) else marked(found)
