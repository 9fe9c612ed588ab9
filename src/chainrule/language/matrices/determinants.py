"""Determinants of square matrices, and their logarithms, which neither overflow nor underflow.

Source: Giles (2008), An extended collection of matrix derivative results, section 2.2.4; Petersen &
Pedersen (2012), The Matrix Cookbook, section 2.1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.notation import function
from chainrule.language.arrays.selection import item_of
from chainrule.language.arrays.transposing import matrix_transpose
from chainrule.language.batches import of_last_axes
from chainrule.language.composition import Meaning, composed
from chainrule.language.folds import broadcast_as, sum
from chainrule.language.kinds import reading, structural
from chainrule.language.matrices.checks import axes_known, of_finite, square_shape
from chainrule.language.matrices.inverses import inv
from chainrule.language.matrices.linear_algebra import both, matmul
from chainrule.language.parts import parts_of

__all__ = [
    "SlogdetResult",
    "cofactors",
    "det",
    "determinant",
    "log_determinant",
    "logdet",
    "sign_and_log_determinant",
    "slogdet",
]

SAMPLES = (
    (np.array([[1.0, 2.0], [3.0, 4.0]]),),
    (np.array([[[2.0, 1.0], [0.5, -1.0]], [[0.0, 1.0], [-2.0, 0.5]]]),),
    (np.array([[4.0, 1.0, 0.5], [-1.0, 2.0, 0.25], [1.0, 0.0, -3.0]]),),
)


def per_matrix(number: Any) -> Any:
    """Give a number for each matrix two more axes, to multiply it by; a number needs none."""
    if axes_known(number) == (0,):
        return number
    return item_of(number, key=(..., None, None))


def inner(a: Any, b: Any) -> Any:
    """Return the sum of the products of the elements of each two matrices."""
    return sum(a * b, axis=(-2, -1))


def rotations(a: Any) -> tuple[Any, Any, Any, Any]:
    """Return the singular value decomposition, and the sign that U and V give the determinant."""
    u, s, vh = of_finite(lambda x: tuple(np.linalg.svd(x)), a)
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vh))
    return u, s, vh, np.asarray(sign)[..., None, None]


def without_one(s: Any) -> Any:
    """Return, for each number of the last axis, the product of the others."""
    ones = np.ones((*s.shape[:-1], 1), dtype=s.dtype)
    before = np.concatenate([ones, np.cumprod(s, axis=-1)], axis=-1)[..., : s.shape[-1]]
    after = np.cumprod(np.concatenate([ones, s[..., ::-1]], axis=-1), axis=-1)
    return before * after[..., : s.shape[-1]][..., ::-1]


class determinant(structural, operator="det"):
    """Determinant of a square matrix, or of each of a batch.

    Its slopes are the cofactors, also where the matrix is singular.
    Shapes: (..., n, n) -> (...).
    Raises: ShapeError.
    Source: Giles (2008), section 2.2.4.

    >>> det([[2.0, 1.0], [0.0, 4.0]])
    8.0
    """

    notation = function("det", latex=r"\det")
    rule = "cofactors"
    samples = (*SAMPLES, (np.array([[1.0, 2.0], [2.0, 4.0]]),))
    batch = of_last_axes

    def forward(A):
        square_shape("det", np.shape(A))
        return np.linalg.det(A)

    def pull(g, y, A):
        return (per_matrix(g) * cofactors(A),)

    def push(tangents, y, A):
        return inner(cofactors(A), broadcast_as(tangents[0], A))

    def shape(A):
        return square_shape("det", A)[:-2]


class cofactor_matrix(structural, operator="cofactors"):
    """Cofactors of a square matrix: the slope of its determinant by each element.

    Where there is an inverse, the determinant times its transpose; else too it is well defined.
    Shapes: (..., n, n) -> (..., n, n).
    Source: Magnus & Neudecker (2019), Matrix Differential Calculus, section 8.3.

    >>> print(cofactors([[1.0, 2.0], [3.0, 4.0]]))
    [[ 4. -3.]
     [-2.  1.]]
    """

    notation = function("cofactors", latex=r"\operatorname{cof}")
    samples = SAMPLES
    batch = of_last_axes

    def forward(A):
        square_shape("cofactors", np.shape(A))
        u, s, vh, sign = rotations(A)
        return sign * np.matmul(u * without_one(s)[..., None, :], vh)

    def pull(g, y, A):
        return (cofactor_change(A, g),)

    def push(tangents, y, A):
        return cofactor_change(A, broadcast_as(tangents[0], A))

    def shape(A):
        return square_shape("cofactors", A)

    def shape_sources(operands, attributes):
        return operands


class cofactor_derivative(composed):
    """Derivative of the cofactors of A along a direction of A; symmetric, so also its own adjoint.

    Its own derivative by A, the third of the determinant, needs an inverse.
    """

    notation = function("cofactor_change")
    is_elementwise = False
    samples = (
        (SAMPLES[2][0], np.array([[0.5, -1.0, 1.0], [2.0, 0.25, 0.0], [1.0, -1.0, 0.5]])),
        (
            np.stack([SAMPLES[2][0], SAMPLES[2][0].T + 1.0]),
            np.cos(np.arange(18.0)).reshape(2, 3, 3),
        ),
    )

    def meaning(A, direction):
        turn = matrix_transpose(inv(A))
        along = per_matrix(inner(turn, direction))
        change = along * turn - matmul(matmul(turn, matrix_transpose(direction)), turn)
        return per_matrix(det(A)) * change

    def forward(A, direction):
        u, s, vh, sign = rotations(A)
        turned = np.swapaxes(u, -1, -2) @ direction @ np.swapaxes(vh, -1, -2)
        on_axis = np.diagonal(turned, axis1=-2, axis2=-1)
        rows = []
        for place in range(s.shape[-1]):
            others = s.copy()
            others[..., place] = 1
            rest = without_one(others)  # of all but this one and each
            rest[..., place] = 0
            row = -rest * turned[..., :, place]
            row[..., place] = np.sum(rest * on_axis, axis=-1)
            rows.append(row)
        inside = np.stack(rows, axis=-2) if rows else np.zeros_like(turned)
        return sign * (u @ inside @ vh)

    def pull(g, y, A, direction):
        return (
            lambda: Meaning(cofactor_derivative).pull(g, y, A, direction)[0],
            lambda: cofactor_change(A, g),
        )

    def push(tangents, y, A, direction):
        by_A, by_direction = tangents
        third = [None if by_A is None else broadcast_as(by_A, A), None]
        return both(
            None if by_A is None else Meaning(cofactor_derivative).push(third, y, A, direction),
            None
            if by_direction is None
            else cofactor_change(A, broadcast_as(by_direction, direction)),
        )

    def shape(A, direction):
        return A


class SlogdetResult(NamedTuple):
    """Sign and logarithm of the absolute value of a determinant, as NumPy returns them."""

    sign: Any
    logabsdet: Any


class sign_and_log_determinant(structural):
    """Sign of a determinant, and the logarithm of its absolute value.

    Shapes: (..., n, n) -> (...) and (...).
    """

    parts = SlogdetResult._fields
    notation = function("slogdet")
    rule = "transposed inverse"
    samples = SAMPLES
    batch = of_last_axes

    def forward(A):
        square_shape("slogdet", np.shape(A))
        return Bundle(np.linalg.slogdet(A))

    def pull(g, y, A):
        flow = g[1]
        return (0 if flow is None else per_matrix(flow) * matrix_transpose(inv(A)),)

    def push(tangents, y, A):
        along = inner(matrix_transpose(inv(A)), broadcast_as(tangents[0], A))
        return Bundle((None, along))

    def shape(A):
        return Bundle((square_shape("slogdet", A)[:-2],) * 2)


class log_determinant(structural):
    """Logarithm of the determinant; NaN where that is negative, -infinity where it is 0.

    Shapes: (..., n, n) -> (...).
    Raises: ShapeError; its slope by a singular matrix, SingularMatrix.
    Source: Petersen & Pedersen (2012), equation 57.

    >>> logdet([[1.0, 0.0], [0.0, 1.0]])
    0.0
    """

    notation = function("logdet", latex=r"\log\det")
    rule = "transposed inverse"
    samples = (
        (np.array([[1.0, -2.0], [3.0, 4.0]]),),
        (np.array([[[2.0, 1.0], [0.5, 1.0]], [[0.0, 1.0], [-2.0, 0.5]]]),),
    )
    batch = of_last_axes

    def forward(A):
        square_shape("logdet", np.shape(A))
        sign, size = np.linalg.slogdet(A)
        return np.where(sign < 0, np.nan, size)[()]

    def pull(g, y, A):
        return (per_matrix(g) * matrix_transpose(inv(A)),)

    def push(tangents, y, A):
        return inner(matrix_transpose(inv(A)), broadcast_as(tangents[0], A))

    def shape(A):
        return square_shape("logdet", A)[:-2]


det = reading(determinant)
cofactors = reading(cofactor_matrix)
cofactor_change = reading(cofactor_derivative)
logdet = reading(log_determinant)
both_of = reading(sign_and_log_determinant)


def slogdet(A: Any) -> SlogdetResult:
    """Return the sign of the determinant and the logarithm of its absolute value.

    The sign has slope 0. Of a singular matrix they are 0 and -infinity, without a slope.
    Shapes: (..., n, n) -> (...) and (...).
    Raises: ShapeError.

    >>> slogdet([[0.0, 1.0], [1.0, 0.0]])
    SlogdetResult(sign=-1.0, logabsdet=0.0)
    """
    return SlogdetResult(*parts_of(both_of(A), SlogdetResult._fields))
