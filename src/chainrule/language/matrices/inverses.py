"""The inverse of a square matrix, and the solution of equations with one.

The rules call the language's own functions, so they hold to every order.
Source: Giles (2008), An extended collection of matrix derivative results for forward and reverse
mode algorithmic differentiation, sections 2.2.3 and 2.3.1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.sizes import broadcast, fits, in_words
from chainrule.errors import ShapeError
from chainrule.language.arrays.transposing import matrix_transpose
from chainrule.language.batches import of_last_axes, size_of
from chainrule.language.composition import Meaning, composed
from chainrule.language.folds import broadcast_as, sum_as
from chainrule.language.kinds import reading, structural
from chainrule.language.matrices.checks import axes_known, exponents, refuse_singular, square_shape
from chainrule.language.matrices.diagonals import tril, triu
from chainrule.language.matrices.linear_algebra import both, matmul
from chainrule.language.matrices.products import outer
from chainrule.language.simplifying.matrix_forms import is_identity

__all__ = [
    "as_columns",
    "as_given",
    "inv",
    "inverse",
    "linear_solution",
    "solve",
    "solve_triangular",
    "triangular_solution",
]


def invert(called: str, a: Any) -> Any:
    """Return the inverses of square matrices.

    Raises: SingularMatrix where no digit would be right, whatever the scale of rows and columns.
    """
    try:
        found = np.linalg.inv(a)
    except np.linalg.LinAlgError:
        refuse_singular(called, a, exactly_singular(a))
        raise
    if found.size:
        rows, columns = exponents(a)
        size = norm_1(np.ldexp(a, -rows - columns))
        bad = size * norm_1(np.ldexp(found, turned(rows + columns))) > 1 / np.finfo(a.dtype).eps
        refuse_singular(called, a, bad)
    return found


def turned(a: Any) -> Any:
    """Transpose matrices."""
    return np.swapaxes(a, -1, -2)


def norm_1(a: Any) -> Any:
    """Return the largest sum of absolute values in a column of each matrix."""
    return np.max(np.sum(np.abs(a), axis=-2), axis=-1)


def exactly_singular(a: Any) -> Any:
    """Tell which matrices of a batch have a pivot of 0."""
    return np.linalg.slogdet(a)[0] == 0


def solved(a: Any, b: Any) -> Any:
    """Solve a x = b for matrices b.

    Raises: SingularMatrix, as `invert`. One more column, of what a random one may be, tells how far
    the matrix may be from a singular one, at the cost of nearly nothing.
    """
    size = a.shape[-1]
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    if not size or 0 in batch:
        return np.zeros((*batch, *b.shape[-2:]), dtype=np.result_type(a, b))
    rows, columns = exponents(a)
    signs = np.where(np.cos(np.arange(size) ** 2) > 0, 1.0, -1.0).astype(a.dtype)
    probe = np.ldexp(signs[:, None], rows)
    wide = np.concatenate(
        [np.broadcast_to(b, (*batch, *b.shape[-2:])), np.broadcast_to(probe, (*batch, size, 1))], -1
    )
    try:
        found = np.linalg.solve(a, wide)
    except np.linalg.LinAlgError:
        refuse_singular("solve", a, exactly_singular(a))
        raise
    grown = np.sum(np.abs(np.ldexp(found[..., -1:], turned(columns))), axis=(-2, -1)) / size
    if np.any(norm_1(np.ldexp(a, -rows - columns)) * grown > 1e-3 / np.finfo(a.dtype).eps):
        invert("solve", a)
    return found[..., :-1]


def equation_shape(called: str, a: Any, b: Any) -> Any:
    """Return the shape of the solution X of A X = B.

    Raises: ShapeError for matrices that do not fit.
    """
    square_shape(called, a)
    if len(b) < 2 or not fits(a[-1], b[-2]):
        raise ShapeError(
            f"{called} cannot divide shape {in_words(b)} by {in_words(a)}: the right-hand side "
            f"needs {a[-1]} rows, one for each row of the matrix. A vector has shape "
            f"({a[-1]},), several stand side by side as ({a[-1]}, k)."
        )
    return (*broadcast(a[:-2], b[:-2]), b[-2], b[-1])


class columns_of(structural):
    """A vector as a matrix of one column where `like` is a vector; else what it was."""

    notation = function("as_columns")
    samples = (
        (np.array([1.0, -2.0]), np.ones(2)),
        (np.array([[1.0, -2.0], [0.5, 3.0]]), np.ones(2)),
        (np.array([[1.0, -2.0]]), np.ones((1, 2))),
    )

    def forward(x, like):
        return np.expand_dims(x, -1) if np.ndim(like) == 1 else x

    def batch(operation, operands, attributes):
        x, like = operands
        whole = x.whole(size_of(operands))
        return np.expand_dims(whole, -1) if like.ndim == 1 else whole

    def pull(g, y, x, like):
        return as_given(g, like), 0

    def push(tangents, y, x, like):
        return 0 if tangents[0] is None else as_columns(broadcast_as(tangents[0], x), like)

    def shape(x, like):
        return (*x, 1) if len(like) == 1 else x

    def simplify(assume_finite, x, like):
        return None if axes_known(like) in (None, (1,)) else x


class given_form(structural):
    """A matrix of one column as a vector where `like` is a vector; else what it was."""

    notation = function("as_given")
    samples = (
        (np.array([[1.0], [-2.0]]), np.ones(2)),
        (np.array([[1.0, -2.0]]), np.ones((1, 2))),
    )

    def forward(x, like):
        return x[..., 0] if np.ndim(like) == 1 else x

    def batch(operation, operands, attributes):
        x, like = operands
        whole = x.whole(size_of(operands))
        return whole[..., 0] if like.ndim == 1 else whole

    def pull(g, y, x, like):
        return as_columns(g, like), 0

    def push(tangents, y, x, like):
        return 0 if tangents[0] is None else as_given(broadcast_as(tangents[0], x), like)

    def shape(x, like):
        return x[:-1] if len(like) == 1 else x

    def simplify(assume_finite, x, like):
        if type(x) is columns_of and axes_known(like, x.arguments[1]) == (1, 1):
            return x.arguments[0]
        return None if axes_known(like) in (None, (1,)) else x


class inverse(structural, operator="inv"):
    """Inverse of a square matrix, or of each of a batch.

    A matrix is refused as singular where no digit of its inverse would be right.
    Shapes: (..., n, n) -> (..., n, n).
    Raises: ShapeError; SingularMatrix, with the condition number.
    Source: Giles (2008), section 2.2.3.

    >>> print(inv([[2.0, 0.0], [0.0, 4.0]]))
    [[0.5  0.  ]
     [0.   0.25]]
    """

    notation = function("inv", latex=r"{0}^{-1}", latex_needs=(81,), latex_precedence=80)
    rule = "inverse"
    samples = (
        (np.array([[1.0, 2.0], [3.0, 4.0]]),),
        (np.array([[[2.0, 1.0], [0.5, -1.0]], [[0.0, 1.0], [-2.0, 0.5]]]),),
        (np.array([[4.0]]),),
    )
    batch = of_last_axes

    def forward(A):
        square_shape("inv", np.shape(A))
        return invert("inv", A)

    def pull(g, y, A):
        turn = matrix_transpose(y)
        return (-(matmul(matmul(turn, g), turn)),)

    def push(tangents, y, A):
        return -(matmul(matmul(y, broadcast_as(tangents[0], A)), y))

    def shape(A):
        return square_shape("inv", A)

    def shape_sources(operands, attributes):
        return operands


class matrix_solution(structural):
    """Solution X of A X = B for matrices B."""

    samples = (
        (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5, -1.0, 2.0], [1.5, 0.25, 1.0]])),
        (np.array([[[2.0, 1.0], [0.5, -1.0]], [[0.0, 1.0], [-2.0, 0.5]]]), np.ones((2, 1))),
    )
    batch = of_last_axes

    def forward(A, B):
        equation_shape("solve", np.shape(A), np.shape(B))
        return solved(A, B)

    def pull(g, y, A, B):
        flow = divided(matrix_transpose(A), g)
        return (
            lambda: sum_as(-matmul(flow, matrix_transpose(y)), A),
            lambda: sum_as(flow, B),
        )

    def push(tangents, y, A, B):
        by_A, by_B = tangents
        change = both(
            None if by_A is None else -matmul(broadcast_as(by_A, A), y),
            None if by_B is None else broadcast_as(by_B, B),
        )
        return divided(A, change)

    def shape(A, B):
        return equation_shape("solve", A, B)

    def simplify(assume_finite, A, B):
        return None if (axes_known(B) or (0,)) < (2,) else solve(A, B)


class linear_solution(composed):
    """Solution x of A x = b, for a vector b or for each column of a matrix.

    b is a vector where it has one axis, as in NumPy 2; else the last two axes are a matrix. Leading
    axes broadcast. A matrix is refused as singular where no digit would be right.
    Shapes: (..., n, n), (n,) -> (..., n); (..., n, n), (..., n, k) -> (..., n, k).
    Raises: ShapeError; SingularMatrix, with the condition number.
    Source: Giles (2008), section 2.3.1.

    >>> print(solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]))
    [1.  0.5]
    """

    notation = function(
        "solve", latex=r"{0}^{-1} \, {1}", latex_needs=(81, 71), latex_precedence=71
    )
    rule = "solution"
    is_elementwise = False
    samples = (
        (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, -1.0])),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5, -1.0, 2.0], [1.5, 0.25, 1.0]])),
        (np.array([[[2.0, 1.0], [0.5, -1.0]], [[0.0, 1.0], [-2.0, 0.5]]]), np.array([1.0, 3.0])),
    )

    def meaning(A, b):
        return as_given(divided(A, as_columns(b, b)), b)

    def pull(g, y, A, b):
        if axes_known(A, b) != (2, 1):
            return Meaning(linear_solution).pull(g, y, A, b)
        flow = solve(matrix_transpose(A), g)
        return lambda: -outer(flow, y), lambda: flow

    def shape(A, b):
        if len(b) != 1:
            return equation_shape("solve", A, b)
        return equation_shape("solve", A, (*b, 1))[:-1]

    def simplify(assume_finite, A, b):
        return inv(A) if axes_known(A, b) == (2, 2) and is_identity(b) else None


TRIANGLE = {"lower": False, "unit_diagonal": False}


class matrix_triangular_solution(structural):
    """Solution X of T X = B for matrices B, where T is a triangle of A."""

    keywords = TRIANGLE
    samples = (
        (np.array([[2.0, 1.0], [3.0, 4.0]]), np.array([[0.5, -1.0, 2.0], [1.5, 0.25, 1.0]])),
        (
            np.array([[[2.0, 1.0], [0.5, -1.0]], [[1.5, 1.0], [-2.0, 0.5]]]),
            np.ones((2, 1)),
            {"lower": True},
        ),
        (
            np.array([[2.0, 1.0], [3.0, 4.0]]),
            np.array([[0.5], [-1.0]]),
            {"lower": True, "unit_diagonal": True},
        ),
    )
    batch = of_last_axes

    def forward(A, B, lower, unit_diagonal):
        equation_shape("solve_triangular", np.shape(A), np.shape(B))
        size = np.shape(A)[-1]
        one = np.eye(size, dtype=bool)
        # LAPACK meets an upper triangle without exchanging rows: it goes by substitution.
        upper = np.triu(A[..., ::-1, ::-1] if lower else A, 1 if unit_diagonal else 0)
        upper = np.where(one, np.ones((), A.dtype), upper) if unit_diagonal else upper
        side = B[..., ::-1, :] if lower else B
        bad = np.any((upper == 0) & one, axis=(-2, -1))
        refuse_singular("solve_triangular", upper, bad)
        found = np.linalg.solve(upper, side)
        return found[..., ::-1, :] if lower else found

    def pull(g, y, A, B, lower, unit_diagonal):
        flow = substituted(matrix_transpose(A), g, lower=not lower, unit_diagonal=unit_diagonal)
        skipped = 1 if unit_diagonal else 0

        def of_matrix():
            whole = -matmul(flow, matrix_transpose(y))
            return sum_as(tril(whole, k=-skipped) if lower else triu(whole, k=skipped), A)

        return of_matrix, lambda: sum_as(flow, B)

    def push(tangents, y, A, B, lower, unit_diagonal):
        by_A, by_B = tangents
        change = None
        if by_A is not None:
            along = broadcast_as(by_A, A)
            skipped = 1 if unit_diagonal else 0
            along = tril(along, k=-skipped) if lower else triu(along, k=skipped)
            change = -matmul(along, y)
        change = both(change, None if by_B is None else broadcast_as(by_B, B))
        return substituted(A, change, lower=lower, unit_diagonal=unit_diagonal)

    def shape(A, B, lower, unit_diagonal):
        return equation_shape("solve_triangular", A, B)

    def simplify(assume_finite, A, B, lower, unit_diagonal):
        if (axes_known(B) or (0,)) < (2,):
            return None
        return solve_triangular(A, B, lower=lower, unit_diagonal=unit_diagonal)


class triangular_solution(composed):
    """Solution x of T x = b, where T is a triangle of A: what A holds elsewhere is not read.

    lower: the lower triangle; else the upper one. unit_diagonal: its diagonal is 1, and not read.
    b: a vector or a matrix, as for `solve`.
    Shapes: (..., n, n), (n,) -> (..., n); (..., n, n), (..., n, k) -> (..., n, k).
    Raises: ShapeError; SingularMatrix for a 0 on the diagonal.
    Source: Giles (2008), section 2.3.1; the signature is SciPy's.

    >>> print(solve_triangular([[2.0, 9.0], [1.0, 4.0]], [2.0, 2.0], lower=True))
    [1.   0.25]
    """

    keywords = TRIANGLE
    notation = function(
        "solve_triangular", keywords=tuple(TRIANGLE), defaults=tuple(TRIANGLE.values())
    )
    rule = "substitution"
    is_elementwise = False
    samples = (
        (np.array([[2.0, 1.0], [3.0, 4.0]]), np.array([0.5, -1.0])),
        (np.array([[2.0, 1.0], [3.0, 4.0]]), np.array([[0.5, -1.0]] * 2), {"lower": True}),
    )

    def meaning(A, b, lower, unit_diagonal):
        sides = as_columns(b, b)
        found = substituted(A, sides, lower=lower, unit_diagonal=unit_diagonal)
        return as_given(found, b)

    def shape(A, b, lower, unit_diagonal):
        return linear_solution.shape(A, b)


as_columns = reading(columns_of)
as_given = reading(given_form)
inv = reading(inverse)
divided = reading(matrix_solution)
solve = reading(linear_solution)
substituted = reading(matrix_triangular_solution)
solve_triangular = reading(triangular_solution)
