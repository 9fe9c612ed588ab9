"""Eigenvalues of symmetric matrices, singular values of any, and the vectors that go with them.

Slopes of vectors divide by the gaps between values, and are infinite or NaN where two are equal:
there the vectors may be turned into each other. Slopes of the values alone never do.
Source: Giles (2008), An extended collection of matrix derivative results, section 3.1; Seeger et
al. (2017), Auto-differentiating linear algebra, arXiv:1710.08717, sections 3.3 and 3.5.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.inference import shape_of
from chainrule.engine.node import Node
from chainrule.engine.notation import function
from chainrule.engine.sizes import UNKNOWN, Size
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arrays.selection import item_of
from chainrule.language.arrays.transposing import matrix_transpose
from chainrule.language.batches import of_last_axes
from chainrule.language.composition import composed
from chainrule.language.folds import broadcast_as, sum
from chainrule.language.kinds import reading, structural
from chainrule.language.matrices.checks import axes_known, matrix_shape, of_finite, square_shape
from chainrule.language.matrices.factorizations import symmetric
from chainrule.language.matrices.linear_algebra import both, matmul
from chainrule.language.parts import parts_of

__all__ = [
    "EighResult",
    "SVDResult",
    "cond",
    "condition_number",
    "eigh",
    "eigvalsh",
    "matrix_rank",
    "rank_of_matrix",
    "singular_value_decomposition",
    "singular_values",
    "svd",
    "svdvals",
    "symmetric_eigen_decomposition",
    "symmetric_eigenvalues",
]

SYMMETRIC = (
    (np.array([[2.0, 1.0], [1.0, -1.0]]),),
    (np.array([[4.0, 1.0, 0.5], [1.0, 1.0, -0.5], [0.5, -0.5, -2.0]]),),
    (np.array([[[4.0, 1.0], [1.0, 3.0]], [[2.0, -0.5], [-0.5, 5.0]]]),),
)
ANY = (
    (np.array([[2.0, 1.0], [0.5, -1.0], [1.5, 3.0]]),),
    (np.array([[2.0, 0.5, 1.5], [1.0, -1.0, 3.0]]),),
    (np.array([[[2.0, 1.0], [0.5, -1.0]], [[1.0, 2.0], [3.0, -1.0]]]),),
)


def scaled_columns(matrix: Any, factors: Any) -> Any:
    """Multiply each column of a matrix by a number of its own."""
    if axes_known(factors) == (1,):
        return matrix * factors
    return matrix * item_of(factors, key=(..., None, slice(None)))


def along_columns(left: Any, right: Any) -> Any:
    """Return the inner products of the columns of two matrices, each with its own."""
    return sum(left * right, axis=-2)


class reciprocal_gap(structural):
    """Matrix of 1/(w[j] - w[i]), with 0 on the diagonal."""

    notation = function("reciprocal_gaps")
    samples = ((np.array([1.0, 2.5, -1.0]),), (np.array([[1.0, 3.0], [0.5, -2.0]]),))
    batch = of_last_axes

    def forward(w):
        gaps = w[..., None, :] - w[..., :, None]
        with np.errstate(divide="ignore"):
            return np.where(np.eye(w.shape[-1], dtype=bool), 0.0, 1 / gaps).astype(gaps.dtype)

    def pull(g, y, w):
        flow = g * (y * y)
        return (sum(flow, axis=-1) - sum(flow, axis=-2),)

    def push(tangents, y, w):
        along = broadcast_as(tangents[0], w)
        rows = item_of(along, key=(..., slice(None), None))
        columns = item_of(along, key=(..., None, slice(None)))
        return (y * y) * (rows - columns)

    def shape(w):
        return (*w, w[-1])


class EighResult(NamedTuple):
    """Eigenvalues, ascending, and eigenvectors in columns, as NumPy returns them."""

    eigenvalues: Any
    eigenvectors: Any


def halves(A: Any) -> Any:
    """Return the symmetric part of matrices of numbers."""
    return (A + np.swapaxes(A, -1, -2)) / 2


class symmetric_eigen_decomposition(structural):
    """Eigenvalues and eigenvectors of a symmetric matrix.

    Shapes: (..., n, n) -> (..., n) and (..., n, n).
    """

    parts = EighResult._fields
    notation = function("eigh")
    rule = "eigenvectors"
    samples = SYMMETRIC
    batch = of_last_axes

    def forward(A):
        square_shape("eigh", np.shape(A))
        return Bundle(of_finite(lambda x: tuple(np.linalg.eigh(x)), halves(A)))

    def pull(g, y, A):
        by_values, by_vectors = g
        values, vectors = parts_of(y, EighResult._fields)
        turn = matrix_transpose(vectors)
        whole = None if by_values is None else matmul(scaled_columns(vectors, by_values), turn)
        if by_vectors is not None:
            inner = reciprocal_gaps(values) * matmul(turn, by_vectors)
            whole = both(whole, matmul(vectors, matmul(inner, turn)))
        return (symmetric(whole),)

    def push(tangents, y, A):
        values, vectors = parts_of(y, EighResult._fields)
        along = symmetric(broadcast_as(tangents[0], A))
        moved = matmul(along, vectors)
        inner = matmul(matrix_transpose(vectors), moved)
        change = matmul(vectors, reciprocal_gaps(values) * inner)
        return Bundle((along_columns(vectors, moved), change))

    def shape(A):
        square_shape("eigh", A)
        return Bundle((A[:-1], A))


class symmetric_eigenvalues(composed):
    """Eigenvalues of a symmetric matrix, ascending.

    Of any other matrix, those of its symmetric part (A + A^T)/2, as for `eigh`. Where eigenvalues
    are equal, the slopes of what treats them alike, such as their sum, are right.
    Shapes: (..., n, n) -> (..., n).
    Raises: ShapeError.
    Source: Giles (2008), section 3.1.

    >>> print(eigvalsh([[2.0, 1.0], [1.0, 2.0]]))
    [1. 3.]
    """

    notation = function("eigvalsh")
    rule = "eigenvectors"
    is_elementwise = False
    samples = SYMMETRIC

    def forward(A):
        square_shape("eigvalsh", np.shape(A))
        return of_finite(np.linalg.eigvalsh, halves(A))

    def meaning(A):
        return eigh(A).eigenvalues

    def shape(A):
        return square_shape("eigvalsh", A)[:-1]


class SVDResult(NamedTuple):
    """U, the singular values S, descending, and Vh, as NumPy and PyTorch return them."""

    U: Any
    S: Any
    Vh: Any


def without_span(vectors: Any, matrix: Any) -> Any:
    """Return what of each column of a matrix is orthogonal to orthonormal columns.

    That is nothing where these are a basis.
    """
    shape = shape_of(vectors) if isinstance(vectors, Node) else np.shape(vectors)
    if shape is not None and shape[-1] is not UNKNOWN and shape[-1] == shape[-2]:
        return None
    return matrix - matmul(vectors, matmul(matrix_transpose(vectors), matrix))


class singular_value_decomposition(structural):
    """Singular values of a matrix, and its singular vectors on both sides.

    Shapes: (..., m, n) -> (..., m, k), (..., k) and (..., k, n), k the smaller of m and n.
    """

    parts = SVDResult._fields
    notation = function("svd")
    rule = "singular vectors"
    samples = ANY
    batch = of_last_axes

    def forward(A):
        matrix_shape("svd", np.shape(A))
        return Bundle(of_finite(lambda x: tuple(np.linalg.svd(x, full_matrices=False)), A))

    def pull(g, y, A):
        by_U, by_S, by_Vh = g
        U, S, Vh = parts_of(y, SVDResult._fields)
        whole = None if by_S is None else matmul(scaled_columns(U, by_S), Vh)
        if by_U is not None:
            flow = matmul(matrix_transpose(U), by_U)
            inner = reciprocal_gaps(S * S) * (flow - matrix_transpose(flow))
            whole = both(whole, matmul(matmul(U, scaled_columns(inner, S)), Vh))
            outside = without_span(U, by_U)
            if outside is not None:
                whole = both(whole, matmul(scaled_columns(outside, 1 / S), Vh))
        if by_Vh is not None:
            flow = matmul(Vh, matrix_transpose(by_Vh))
            inner = reciprocal_gaps(S * S) * (flow - matrix_transpose(flow))
            whole = both(whole, matmul(scaled_columns(U, S), matmul(inner, Vh)))
            outside = without_span(matrix_transpose(Vh), matrix_transpose(by_Vh))
            if outside is not None:
                back = matrix_transpose(scaled_columns(outside, 1 / S))
                whole = both(whole, matmul(U, back))
        return (whole,)

    def push(tangents, y, A):
        U, S, Vh = parts_of(y, SVDResult._fields)
        along = broadcast_as(tangents[0], A)
        left, right = matrix_transpose(U), matrix_transpose(Vh)
        moved, back = matmul(along, right), matmul(matrix_transpose(along), U)
        inner = matmul(left, moved)
        turned = matrix_transpose(inner)
        gaps = reciprocal_gaps(S * S)
        by_right = scaled_columns(inner, S)
        by_left = scaled_columns(turned, S)
        change_U = matmul(U, gaps * (by_right + matrix_transpose(by_right)))
        change_V = matmul(right, gaps * (matrix_transpose(by_left) + by_left))
        outside = without_span(U, moved)
        change_U = both(change_U, None if outside is None else scaled_columns(outside, 1 / S))
        outside = without_span(right, back)
        change_V = both(change_V, None if outside is None else scaled_columns(outside, 1 / S))
        return Bundle((change_U, along_columns(U, moved), matrix_transpose(change_V)))

    def shape(A):
        *batch, rows, columns = matrix_shape("svd", A)
        inner = smaller(rows, columns)
        return Bundle(((*batch, rows, inner), (*batch, inner), (*batch, inner, columns)))


def smaller(rows: Any, columns: Any) -> Any:
    """Return the smaller of two sizes, as far as anybody can tell."""
    if isinstance(rows, Size) or isinstance(columns, Size):
        return columns if rows == columns else UNKNOWN
    return min(rows, columns)


class singular_values(structural):
    """Singular values of a matrix, descending.

    Where some are equal, the slopes of what treats them alike, such as their sum, are right.
    Shapes: (..., m, n) -> (..., k), k the smaller of m and n.
    Raises: ShapeError.
    Source: Giles (2008), section 3.2.

    >>> print(svdvals([[0.0, 2.0], [3.0, 0.0]]))
    [3. 2.]
    """

    notation = function("svdvals")
    rule = "singular vectors"
    samples = ANY
    batch = of_last_axes

    def forward(A):
        matrix_shape("svdvals", np.shape(A))
        return of_finite(lambda x: np.linalg.svd(x, compute_uv=False), A)

    def pull(g, y, A):
        U, _, Vh = svd(A)
        return (matmul(scaled_columns(U, g), Vh),)

    def push(tangents, y, A):
        U, _, Vh = svd(A)
        return along_columns(U, matmul(broadcast_as(tangents[0], A), matrix_transpose(Vh)))

    def shape(A):
        *batch, rows, columns = matrix_shape("svdvals", A)
        return (*batch, smaller(rows, columns))


class condition_number(composed):
    """Condition number of a matrix: its largest singular value divided by the smallest.

    Shapes: (..., m, n) -> (...).
    Raises: ShapeError, also for a matrix without elements.

    >>> cond([[4.0, 0.0], [0.0, 2.0]])
    2.0
    """

    notation = function("cond", latex=r"\kappa")
    is_elementwise = False
    samples = ANY

    def meaning(A):
        values = svdvals(A)
        return item_of(values, key=(..., 0)) / item_of(values, key=(..., -1))

    def shape(A):
        if 0 in matrix_shape("cond", A)[-2:]:
            raise ShapeError("a matrix without elements has no condition number. Give it some.")
        return A[:-2]


class rank_of_matrix(structural):
    """Rank of a matrix: how many singular values are not 0 to rounding; its slope is 0.

    rtol: what counts as 0, relative to the largest; the larger size times the spacing of floats
    at 1, unless given.
    Shapes: (..., m, n) -> (...).
    Raises: ShapeError.

    >>> matrix_rank([[1.0, 2.0], [2.0, 4.0]])
    1.0
    """

    keywords = {"rtol": None}
    notation = function(
        "matrix_rank", latex=r"\operatorname{rank}", keywords=("rtol",), defaults=(None,)
    )
    samples = (*ANY, (np.array([[1.0, 2.0], [2.0, 4.0]]),))
    batch = of_last_axes

    def forward(A, rtol):
        matrix_shape("matrix_rank", np.shape(A))
        values = of_finite(lambda x: np.linalg.svd(x, compute_uv=False), A)
        least = max(A.shape[-2:]) * np.finfo(A.dtype).eps if rtol is None else rtol
        bound = least * np.max(values, axis=-1, keepdims=True, initial=0)
        whole = np.sum(values > bound, axis=-1).astype(A.dtype)
        return np.where(np.any(np.isnan(values), axis=-1), np.nan, whole)[()]

    def pull(g, y, A, rtol):
        return (0,)

    def push(tangents, y, A, rtol):
        return 0

    def shape(A, rtol):
        return matrix_shape("matrix_rank", A)[:-2]


reciprocal_gaps = reading(reciprocal_gap)
eigen = reading(symmetric_eigen_decomposition)
eigvalsh = reading(symmetric_eigenvalues)
decomposed = reading(singular_value_decomposition)
svdvals = reading(singular_values)
cond = reading(condition_number)
matrix_rank = reading(rank_of_matrix)


def eigh(A: Any) -> EighResult:
    """Return the eigenvalues, ascending, and eigenvectors, in columns, of a symmetric matrix.

    Of any other matrix, those of its symmetric part (A + A^T)/2, so that slopes are symmetric too.
    The signs of the vectors are LAPACK's. Where eigenvalues are equal their vectors have no slope,
    and it comes out infinite or NaN; that of the eigenvalues stays right.
    Shapes: (..., n, n) -> (..., n) and (..., n, n).
    Raises: ShapeError.
    Source: Giles (2008), section 3.1.

    >>> print(eigh([[2.0, 0.0], [0.0, 1.0]]).eigenvalues)
    [1. 2.]
    """
    return EighResult(*parts_of(eigen(A), EighResult._fields))


def svd(A: Any, *, full_matrices: bool = False) -> SVDResult:
    """Return the singular value decomposition A = U diag(S) Vh, S descending.

    The signs of the vectors are LAPACK's. Where singular values are equal, or 0 beside a matrix
    that is not square, the vectors have no slope, and it comes out infinite or NaN; that of the
    values stays right.
    full_matrices: only False, unlike in NumPy: what else it would give has no slope.
    Shapes: (..., m, n) -> (..., m, k), (..., k) and (..., k, n), k the smaller of m and n.
    Raises: ShapeError; OperationError for full matrices.
    Source: Seeger et al. (2017), section 3.5.

    >>> print(svd([[0.0, 2.0], [3.0, 0.0]]).S)
    [3. 2.]
    """
    if full_matrices:
        raise OperationError(
            "svd gives full_matrices=False only: the vectors beyond are any basis of what is left, "
            "which has no slope. Leave it out."
        )
    return SVDResult(*parts_of(decomposed(A), SVDResult._fields))
