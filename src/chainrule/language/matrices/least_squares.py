"""Least-squares solutions of equations, and the pseudo-inverse.

Source: Golub & Pereyra (1973), The differentiation of pseudo-inverses and nonlinear least squares
problems whose variables separate, SIAM Journal on Numerical Analysis 10.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.sizes import Size, broadcast, fits, in_words
from chainrule.errors import DerivativeError, ShapeError, SingularMatrix
from chainrule.language.arrays.transposing import matrix_transpose
from chainrule.language.batches import of_last_axes
from chainrule.language.composition import composed
from chainrule.language.folds import broadcast_as, sum_as
from chainrule.language.kinds import reading, structural
from chainrule.language.matrices.checks import axes_known, matrix_shape, of_finite, where_in_batch
from chainrule.language.matrices.inverses import as_columns, as_given
from chainrule.language.matrices.linear_algebra import both, matmul
from chainrule.language.matrices.norms import euclidean_length

__all__ = ["least_squares_solution", "lstsq", "pinv", "pseudo_inverse"]

TALL = np.array([[2.0, 1.0], [0.5, -1.0], [1.5, 3.0]])
TALL_BATCH = np.stack([TALL, TALL[::-1] + np.array([[0.0, 1.0]])])


def tall_shape(a: Any) -> Any:
    """Return the shape of a matrix with at least as many rows as columns.

    Raises: ShapeError.
    """
    matrix_shape("lstsq", a)
    sizes = any(isinstance(size, Size) for size in a[-2:])
    if not sizes and a[-2] < a[-1]:
        raise ShapeError(
            f"lstsq needs as many equations as unknowns at least; here the shape is {in_words(a)}. "
            "For the shortest of the many solutions, multiply by pinv(A)."
        )
    return a


def sides_shape(a: Any, b: Any) -> Any:
    """Return the shape of the least-squares solution X of A X = B.

    Raises: ShapeError for matrices that do not fit.
    """
    tall_shape(a)
    if len(b) < 2 or not fits(a[-2], b[-2]):
        raise ShapeError(
            f"lstsq cannot fit shape {in_words(b)} by {in_words(a)}: the right-hand side needs "
            f"{a[-2]} rows, one for each row of the matrix."
        )
    return (*broadcast(a[:-2], b[:-2]), a[-1], b[-1])


def orthogonal_factors(a: Any) -> tuple[Any, Any, Any]:
    """Return Q and R of a matrix with its columns brought to length 1, and their lengths.

    Raises: SingularMatrix for columns that depend on each other, with the rank.
    """
    lengths = euclidean_length.forward(a, -2, keepdims=True)
    q, r = np.linalg.qr(a / np.where(lengths > 0, lengths, 1))
    least = a.shape[-2] * np.finfo(a.dtype).eps
    values = of_finite(lambda x: np.linalg.svd(x, compute_uv=False), r)
    ranks = np.sum(values > least * np.max(values, axis=-1, keepdims=True, initial=0), axis=-1)
    bad = (ranks < a.shape[-1]) & ~np.any(np.isnan(values), axis=-1)
    if np.any(bad):
        found = int(np.ravel(ranks)[np.argmax(np.ravel(bad))])
        raise SingularMatrix(
            f"lstsq by a matrix{where_in_batch(bad)} of rank {found} with {a.shape[-1]} columns: "
            "some are combinations of others, so there are many solutions. Leave such columns "
            "out, multiply by pinv(A) for the shortest solution, or add a ridge."
        )
    return q, r, np.swapaxes(lengths, -1, -2)


class matrix_least_squares(structural):
    """Least-squares solution X of A X = B for matrices B."""

    samples = (
        (TALL, np.array([[0.5, -1.0], [1.5, 0.25], [2.0, 1.0]])),
        (TALL_BATCH, np.array([[0.5], [1.5], [2.0]])),
    )
    batch = of_last_axes

    def forward(A, B):
        sides_shape(np.shape(A), np.shape(B))
        q, r, lengths = orthogonal_factors(A)
        return np.linalg.solve(r, np.matmul(np.swapaxes(q, -1, -2), B)) / lengths

    def pull(g, y, A, B):
        back = normal_solution(A, g)  # (A^T A)^-1 g
        fitted = matmul(A, back)

        def of_matrix():
            misfit = B - matmul(A, y)
            ahead = matmul(misfit, matrix_transpose(back))
            return sum_as(ahead - matmul(fitted, matrix_transpose(y)), A)

        return of_matrix, lambda: sum_as(fitted, B)

    def push(tangents, y, A, B):
        by_A, by_B = tangents
        change = None if by_B is None else broadcast_as(by_B, B)
        if by_A is None:
            return fitted_by(A, change)
        along = broadcast_as(by_A, A)
        change = both(change, -matmul(along, y))
        misfit = B - matmul(A, y)
        return fitted_by(A, change) + normal_solution(A, matmul(matrix_transpose(along), misfit))

    def shape(A, B):
        return sides_shape(A, B)

    def simplify(assume_finite, A, B):
        return None if (axes_known(B) or (0,)) < (2,) else lstsq(A, B)


class normal_equations_solution(structural):
    """Solution X of A^T A X = B, by the factors of A: its square is not formed."""

    notation = function("normal_solution")
    samples = (
        (TALL, np.array([[0.5, -1.0], [1.5, 0.25]])),
        (TALL_BATCH, np.array([[0.5], [1.5]])),
    )
    batch = of_last_axes

    def forward(A, B):
        sides_shape((*np.shape(A)[:-2], *np.shape(A)[-1:] * 2), np.shape(B))
        _, r, lengths = orthogonal_factors(A)
        half = np.linalg.solve(np.swapaxes(r, -1, -2), B / lengths)
        return np.linalg.solve(r, half) / lengths

    def pull(g, y, A, B):
        back = normal_solution(A, g)

        def of_matrix():
            one = matmul(matmul(A, y), matrix_transpose(back))
            other = matmul(matmul(A, back), matrix_transpose(y))
            return sum_as(-(one + other), A)

        return of_matrix, lambda: sum_as(back, B)

    def push(tangents, y, A, B):
        by_A, by_B = tangents
        change = None if by_B is None else broadcast_as(by_B, B)
        if by_A is not None:
            along = broadcast_as(by_A, A)
            one = matmul(matrix_transpose(along), matmul(A, y))
            other = matmul(matrix_transpose(A), matmul(along, y))
            change = both(change, -(one + other))
        return normal_solution(A, change)

    def shape(A, B):
        return sides_shape((*tall_shape(A)[:-2], A[-1], A[-1]), B)


class least_squares_solution(composed):
    """Solution x that brings A x nearest to b, for a vector b or for each column of a matrix.

    A has independent columns, at least as many rows, and is factored with its columns scaled.
    Unlike NumPy's, it returns the solution alone. b is a vector where it has one axis; else the
    last two axes are a matrix. Leading axes broadcast.
    Shapes: (..., m, n), (m,) -> (..., n); (..., m, n), (..., m, k) -> (..., n, k).
    Raises: ShapeError, also for m < n; SingularMatrix, with the rank.
    Source: Golub & Pereyra (1973), section 4.

    >>> print(lstsq([[1.0], [1.0]], [1.0, 3.0]))
    [2.]
    """

    notation = function("lstsq")
    rule = "least squares"
    is_elementwise = False
    samples = (
        (TALL, np.array([0.5, 1.5, 2.0])),
        (TALL, np.array([[0.5, -1.0], [1.5, 0.25], [2.0, 1.0]])),
        (TALL_BATCH, np.array([0.5, 1.5, 2.0])),
    )

    def meaning(A, b):
        return as_given(fitted_by(A, as_columns(b, b)), b)

    def shape(A, b):
        if len(b) != 1:
            return sides_shape(A, b)
        return sides_shape(A, (*b, 1))[:-1]


class pseudo_inverse(structural):
    """Pseudo-inverse of a matrix, of any rank: pinv(A) @ b is the shortest least-squares solution.

    rtol: singular values below this part of the largest count as 0; the larger size times the
    spacing of floats at 1, unless given. Its slope exists where the rank is full: next to a matrix
    of less, ranks differ and the pseudo-inverse jumps.
    Shapes: (..., m, n) -> (..., n, m).
    Raises: ShapeError; DerivativeError for the slope where the rank is not full.
    Source: Golub & Pereyra (1973), equation 4.12.

    >>> print(pinv([[2.0], [0.0]]))
    [[0.5 0. ]]
    """

    keywords = {"rtol": None}
    notation = function(
        "pinv",
        latex=r"\operatorname{pinv}",
        keywords=("rtol",),
        defaults=(None,),
    )
    rule = "pseudo-inverse"
    samples = (
        (TALL,),
        (TALL.T,),
        (np.array([[1.0, 2.0], [3.0, 4.0]]),),
        (TALL_BATCH,),
    )
    batch = of_last_axes

    def forward(A, rtol):
        matrix_shape("pinv", np.shape(A))
        least = max(A.shape[-2:]) * np.finfo(A.dtype).eps if rtol is None else rtol
        if not A.size:
            return np.zeros((*A.shape[:-2], A.shape[-1], A.shape[-2]), dtype=A.dtype)

        def of_each(a: Any) -> Any:
            u, s, vh = np.linalg.svd(a, full_matrices=False)
            kept = s > least * s[..., :1]
            back = np.where(kept, 1 / np.where(kept, s, 1), 0)
            return np.matmul(np.swapaxes(vh, -1, -2) * back[..., None, :], np.swapaxes(u, -1, -2))

        bad = ~np.all(np.isfinite(A), axis=(-2, -1))
        found = of_each(np.where(bad[..., None, None], 0, A).astype(A.dtype))
        return np.where(bad[..., None, None], np.nan, found)

    def pull(g, y, A, rtol):
        y = of_full_rank(y, A)
        turn = matrix_transpose(y)
        flow = matrix_transpose(g)
        whole = -matmul(matmul(turn, g), turn)
        ahead = matmul(flow, matmul(y, turn))
        whole = whole + (ahead - matmul(A, matmul(y, ahead)))
        behind = matmul(matmul(turn, y), flow)
        return (whole + (behind - matmul(matmul(behind, y), A)),)

    def push(tangents, y, A, rtol):
        y = of_full_rank(y, A)
        turn = matrix_transpose(y)
        along = broadcast_as(tangents[0], A)
        back = matrix_transpose(along)
        whole = -matmul(matmul(y, along), y)
        ahead = matmul(matmul(y, turn), back)
        whole = whole + (ahead - matmul(matmul(ahead, A), y))
        behind = matmul(back, matmul(turn, y))
        return whole + (behind - matmul(y, matmul(A, behind)))

    def shape(A, rtol):
        *batch, rows, columns = matrix_shape("pinv", A)
        return (*batch, columns, rows)


class of_full_rank_only(structural):
    """A pseudo-inverse as it is, where the matrix has full rank; else there is no slope.

    The rank is the trace of the product of the two.
    """

    notation = function("of_full_rank")
    samples = ((np.linalg.pinv(TALL), TALL),)
    batch = of_last_axes

    def forward(y, A):
        ranks = np.rint(np.sum(A * np.swapaxes(y, -1, -2), axis=(-2, -1)))
        bad = np.isfinite(ranks) & (ranks < min(np.shape(A)[-2:]))
        if np.any(bad):
            found = int(np.ravel(ranks)[np.argmax(np.ravel(bad))])
            raise DerivativeError(
                f"pinv has no slope by a matrix{where_in_batch(bad)} of shape {np.shape(A)} and "
                f"rank {found}: next to it the rank differs, and pinv jumps. Add a ridge, or "
                "factor the matrix into two of full rank."
            )
        return y

    def pull(g, y, inverse, A):
        return g, 0

    def push(tangents, y, inverse, A):
        return 0 if tangents[0] is None else broadcast_as(tangents[0], inverse)

    def shape(y, A):
        return y


fitted_by = reading(matrix_least_squares)
normal_solution = reading(normal_equations_solution)
lstsq = reading(least_squares_solution)
pinv = reading(pseudo_inverse)
of_full_rank = reading(of_full_rank_only)
