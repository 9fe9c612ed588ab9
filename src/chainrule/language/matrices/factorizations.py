"""Triangular factors of matrices: Cholesky's of a positive definite one, and QR.

Source: Murray (2016), Differentiation of the Cholesky decomposition, arXiv:1602.07527; Walter &
Lehmann (2012), Algorithmic differentiation of linear algebra functions with application in optimum
experimental design, section 3; Seeger et al. (2017), Auto-differentiating linear algebra,
arXiv:1710.08717.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.inference import shape_of
from chainrule.engine.node import Node
from chainrule.engine.notation import function
from chainrule.engine.sizes import UNKNOWN, Size
from chainrule.errors import NotPositiveDefinite, ShapeError
from chainrule.language.arrays.transposing import matrix_transpose
from chainrule.language.batches import of_last_axes
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import reading, structural
from chainrule.language.matrices.checks import matrix_shape, of_finite, square_shape, where_in_batch
from chainrule.language.matrices.diagonals import tril, triu
from chainrule.language.matrices.inverses import substituted
from chainrule.language.matrices.linear_algebra import both, matmul
from chainrule.language.parts import parts_of

__all__ = ["QRResult", "cholesky", "cholesky_factor", "orthogonal_triangular", "qr", "symmetric"]


def symmetric(a: Any) -> Any:
    """Return the symmetric part of a matrix."""
    return (a + matrix_transpose(a)) / 2


def half_of_lower(a: Any) -> Any:
    """Return the lower triangle of a matrix with half of its diagonal."""
    return (tril(a) + tril(a, k=-1)) / 2


def lower_factor(a: Any) -> Any:
    """Return the lower factors of positive definite matrices.

    Raises: NotPositiveDefinite, with the smallest eigenvalue.
    """
    try:
        return np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        least = np.linalg.eigvalsh(a)[..., 0]
        bad = least <= np.max(np.abs(a), axis=(-2, -1)) * a.shape[-1] * np.finfo(a.dtype).eps
        if not np.any(bad):
            bad = least == np.min(least)
        raise NotPositiveDefinite(
            f"cholesky of a matrix{where_in_batch(bad)} that is not positive definite: its "
            f"smallest eigenvalue is {float(np.ravel(least)[np.argmax(np.ravel(bad))]):.3g}, and "
            "each must be above 0. Add a ridge, A + 1e-6*I, or factor with eigh."
        ) from None


class cholesky_factor(structural):
    """Triangular factor L of a positive definite matrix A = L L^T, with a positive diagonal.

    The matrix is taken to be symmetric: of any other, it is the factor of the symmetric part
    (A + A^T)/2, so that the slopes by A are symmetric too.
    upper: give L^T, for which A = U^T U.
    Shapes: (..., n, n) -> (..., n, n).
    Raises: ShapeError; NotPositiveDefinite, with the smallest eigenvalue.
    Source: Murray (2016), equations 8 and 10.

    >>> print(cholesky([[4.0, 2.0], [2.0, 5.0]]))
    [[2. 0.]
     [1. 2.]]
    """

    keywords = {"upper": False}
    notation = function("cholesky", keywords=("upper",), defaults=(False,))
    rule = "Cholesky"
    samples = (
        (np.array([[4.0, 1.0], [1.0, 3.0]]),),
        (np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.5], [0.5, -0.5, 2.0]]), {"upper": True}),
        (np.array([[[4.0, 1.0], [1.0, 3.0]], [[2.0, -0.5], [-0.5, 5.0]]]),),
    )
    batch = of_last_axes

    def forward(A, upper):
        square_shape("cholesky", np.shape(A))
        found = of_finite(lower_factor, (A + np.swapaxes(A, -1, -2)) / 2)
        return np.swapaxes(found, -1, -2) if upper else found

    def pull(g, y, A, upper):
        factor, flow = (matrix_transpose(y), matrix_transpose(g)) if upper else (y, g)
        turn = matrix_transpose(factor)
        inner = half_of_lower(matmul(turn, flow))
        # L^-T inner L^-1, by two substitutions
        left = substituted(turn, inner, lower=False)
        whole = matrix_transpose(substituted(turn, matrix_transpose(left), lower=False))
        return (symmetric(whole),)

    def push(tangents, y, A, upper):
        along = symmetric(broadcast_as(tangents[0], A))
        factor = matrix_transpose(y) if upper else y
        left = substituted(factor, along, lower=True)
        inner = substituted(factor, matrix_transpose(left), lower=True)
        found = matmul(factor, half_of_lower(inner))
        return matrix_transpose(found) if upper else found

    def shape(A, upper):
        return square_shape("cholesky", A)

    def shape_sources(operands, attributes):
        return operands


class QRResult(NamedTuple):
    """Factors Q and R of a matrix, as NumPy returns them."""

    Q: Any
    R: Any


def with_upper_mirrored(a: Any) -> Any:
    """Return a symmetric matrix with the upper triangle of this one."""
    return triu(a) + matrix_transpose(triu(a, k=1))


def with_lower_folded(a: Any) -> Any:
    """Return the upper triangle of a matrix, to which the transposed lower one is added."""
    return triu(a) + matrix_transpose(tril(a, k=-1))


def wide_enough(x: Any, like: Any) -> None:
    """Refuse a matrix with fewer columns than another one.

    Raises: ShapeError.
    """
    if np.shape(x)[-1] < np.shape(like)[-1]:
        raise ShapeError(
            f"a matrix of shape {np.shape(x)} has fewer columns than one of {np.shape(like)}, so "
            "it cannot be cut there. Give a wider one."
        )


class columns_until(structural):
    """As many columns of a matrix, from the first, as another one has."""

    samples = ((np.array([[2.0, 1.0, 0.5], [0.5, -1.0, 3.0]]), np.ones((2, 2))),)
    batch = of_last_axes

    def forward(x, like):
        wide_enough(x, like)
        return x[..., : np.shape(like)[-1]]

    def pull(g, y, x, like):
        return beside(g, 0 * behind(x, like)), 0

    def push(tangents, y, x, like):
        return 0 if tangents[0] is None else until(broadcast_as(tangents[0], x), like)

    def shape(x, like):
        return (*x[:-1], like[-1])


class columns_behind(structural):
    """The columns of a matrix behind as many as another one has."""

    samples = ((np.array([[2.0, 1.0, 0.5], [0.5, -1.0, 3.0]]), np.ones((2, 2))),)
    batch = of_last_axes

    def forward(x, like):
        wide_enough(x, like)
        return x[..., np.shape(like)[-1] :]

    def pull(g, y, x, like):
        return beside(0 * until(x, like), g), 0

    def push(tangents, y, x, like):
        return 0 if tangents[0] is None else behind(broadcast_as(tangents[0], x), like)

    def shape(x, like):
        return (*x[:-1], x[-1] - like[-1])


class side_by_side(structural):
    """Two matrices beside each other."""

    samples = ((np.array([[2.0, 1.0], [0.5, -1.0]]), np.array([[0.5], [3.0]])),)
    batch = of_last_axes

    def forward(first, second):
        return np.concatenate([first, second], axis=-1)

    def pull(g, y, first, second):
        return lambda: until(g, first), lambda: behind(g, first)

    def push(tangents, y, first, second):
        by_first, by_second = tangents
        return beside(
            0 * first if by_first is None else broadcast_as(by_first, first),
            0 * second if by_second is None else broadcast_as(by_second, second),
        )

    def shape(first, second):
        return (*first[:-1], first[-1] + second[-1])


def is_wide(A: Any) -> bool:
    """Tell whether a matrix may have more columns than rows: a node, unless its shape is known."""
    shape = shape_of(A) if isinstance(A, Node) else np.shape(A)
    if shape is None or UNKNOWN in shape[-2:]:
        return True
    rows, columns = shape[-2:]
    named = isinstance(rows, Size) or isinstance(columns, Size)
    return bool(rows != columns if named else rows < columns)


def pulled_tall(flows: tuple[Any, Any], Q: Any, R: Any) -> Any:
    """Return what flows into a matrix with independent columns from its factors."""
    by_Q, by_R = flows
    inner = both(
        None if by_R is None else matmul(by_R, matrix_transpose(R)),
        None if by_Q is None else -matmul(matrix_transpose(Q), by_Q),
    )
    whole = both(by_Q, matmul(Q, with_upper_mirrored(inner)))
    return matrix_transpose(substituted(R, matrix_transpose(whole)))


def pushed_tall(along: Any, Q: Any, R: Any) -> tuple[Any, Any]:
    """Return how the factors of a matrix with independent columns change with it."""
    turned = substituted(matrix_transpose(R), matrix_transpose(along), lower=True)
    scaled = matrix_transpose(turned)  # dA R^-1
    inner = with_lower_folded(matmul(matrix_transpose(Q), scaled))
    return scaled - matmul(Q, inner), matmul(inner, R)


class orthogonal_triangular(structural):
    """Factors of a matrix: Q with orthonormal columns, R upper triangular.

    Shapes: (..., m, n) -> (..., m, k) and (..., k, n), k the smaller of m and n.
    """

    parts = QRResult._fields
    notation = function("qr", latex=r"\operatorname{qr}")
    rule = "QR"
    samples = (
        (np.array([[2.0, 1.0], [0.5, -1.0], [1.5, 3.0]]),),
        (np.array([[2.0, 1.0], [0.5, -1.0]]),),
        (np.array([[2.0, 0.5, 1.5], [1.0, -1.0, 3.0]]),),
        (np.array([[[2.0, 1.0], [0.5, -1.0]], [[1.0, 2.0], [3.0, -1.0]]]),),
    )
    batch = of_last_axes

    def forward(A):
        matrix_shape("qr", np.shape(A))
        return Bundle(np.linalg.qr(A))

    def pull(g, y, A):
        by_Q, by_R = g
        Q, R = parts_of(y, QRResult._fields)
        if not is_wide(A):
            return (pulled_tall((by_Q, by_R), Q, R),)
        # A = [A1 A2]: Q and R1 are the factors of A1, and R2 = Q^T A2.
        first, second = None, None
        if by_R is not None:
            first, second = until(by_R, Q), behind(by_R, Q)
            by_Q = both(by_Q, matmul(behind(A, Q), matrix_transpose(second)))
        left = pulled_tall((by_Q, first), Q, until(R, Q))
        return (beside(left, 0 * behind(A, Q) if second is None else matmul(Q, second)),)

    def push(tangents, y, A):
        Q, R = parts_of(y, QRResult._fields)
        along = broadcast_as(tangents[0], A)
        if not is_wide(A):
            return Bundle(pushed_tall(along, Q, R))
        change, first = pushed_tall(until(along, Q), Q, until(R, Q))
        rest = matmul(matrix_transpose(change), behind(A, Q))
        rest = rest + matmul(matrix_transpose(Q), behind(along, Q))
        return Bundle((change, beside(first, rest)))

    def shape(A):
        *batch, rows, columns = matrix_shape("qr", A)
        known = not isinstance(rows, Size) and not isinstance(columns, Size)
        inner = min(rows, columns) if known else columns if rows == columns else UNKNOWN
        return Bundle(((*batch, rows, inner), (*batch, inner, columns)))


until = reading(columns_until)
behind = reading(columns_behind)
beside = reading(side_by_side)
cholesky = reading(cholesky_factor)
factored = reading(orthogonal_triangular)


def qr(A: Any) -> QRResult:
    """Return factors A = Q R: Q with orthonormal columns, R upper triangular.

    The signs are LAPACK's. The slopes need the first k columns to be independent.
    Shapes: (..., m, n) -> (..., m, k) and (..., k, n), k the smaller of m and n.
    Raises: ShapeError; for the slope where these columns depend on each other, SingularMatrix.
    Source: Walter & Lehmann (2012), section 3.

    >>> Q, R = qr([[3.0, 2.0], [4.0, 1.0]])
    >>> print(abs(R))
    [[5. 2.]
     [0. 1.]]
    """
    return QRResult(*parts_of(factored(A), QRResult._fields))
