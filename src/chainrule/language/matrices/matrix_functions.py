"""Whole powers of a matrix, and its exponential.

Source: Higham (2008), Functions of Matrices, chapters 3 and 10; Al-Mohy & Higham (2009), A new
scaling and squaring algorithm for the matrix exponential, SIAM Journal on Matrix Analysis 31.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.engine.notation import ATOM, Notation, function
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arrays.making import identity_like
from chainrule.language.arrays.transposing import matrix_transpose
from chainrule.language.batches import of_last_axes
from chainrule.language.composition import composed
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import reading, structural
from chainrule.language.matrices.checks import square_shape
from chainrule.language.matrices.inverses import inv, invert
from chainrule.language.matrices.linear_algebra import matmul
from chainrule.language.simplifying.matrix_forms import axes_of_each, is_identity

__all__ = [
    "expm",
    "expm_frechet",
    "frechet_derivative",
    "matrix_exp",
    "matrix_exponential",
    "matrix_power",
    "power_of_matrix",
]

TURN = np.array([[0.0, 1.0], [-2.0, 0.5]])
BATCH = np.array([[[0.1, 0.2], [-0.3, 0.05]], [[1.0, -2.0], [0.5, 3.0]]])
# Up to these norms a Pade approximant of each degree is right to the last bit of double precision.
# Source: Al-Mohy & Higham (2009), table 3.1; for 13, Higham (2005), table 2.3.
BOUNDS = {
    3: 1.495585217958292e-2,
    5: 2.539398330063230e-1,
    7: 9.504178996162932e-1,
    9: 2.097847961257068,
    13: 4.25,
}


class power_of_matrix(composed):
    """Whole power of a square matrix: products of it, or of its inverse, with itself.

    n: the exponent; 0 gives the identity.
    Shapes: (..., n, n) -> (..., n, n).
    Raises: ShapeError; OperationError for an exponent that is no whole number; SingularMatrix for a
    negative power of a matrix that has no inverse.
    Source: Higham (2008), section 4.1.

    >>> print(matrix_power([[1.0, 1.0], [0.0, 1.0]], 3))
    [[1. 3.]
     [0. 1.]]
    """

    keywords = {"n": 1}
    positional = ("A", "n")
    notation = Notation(
        precedence=ATOM,
        pieces=lambda _count, attributes: ["matrix_power(", (0, 0), f", n={attributes[0]})"],
        latex_pieces=lambda _count, attributes: [(0, 81), f"^{{{attributes[0]}}}"],
        latex_precedence=80,
        name="matrix_power",
        operands=1,
        keywords=("n",),
    )
    rule = "matrix power"
    is_elementwise = False
    samples = (
        (np.array([[1.0, 2.0], [3.0, 4.0]]), {"n": 3}),
        (BATCH, {"n": -2}),
        (BATCH, {"n": 0}),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), {"n": 1}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the exponent, checked."""
        (exponent,) = super().attribute_values(given)
        if type(exponent) is not int:
            raise OperationError(
                f"matrix_power's n must be a whole number, not {exponent!r}. "
                "For the exponential of a matrix write expm(A)."
            )
        return (exponent,)

    def forward(A, n):
        square_shape("matrix_power", np.shape(A))
        base = A if n >= 0 else invert("matrix_power", A)
        return np.linalg.matrix_power(base, abs(n))

    def meaning(A, n):
        if n == 0:
            return identity_like(A)
        factor = inv(A) if n < 0 else A
        found = None
        for digit in reversed(f"{abs(n):b}"):
            if digit == "1":
                found = factor if found is None else matmul(found, factor)
            factor = matmul(factor, factor)
        return found

    def shape(A, n):
        return square_shape("matrix_power", A)

    def shape_sources(operands, attributes):
        return operands


# --- the exponential


def coefficients(degree: int) -> list[float]:
    """Return the coefficients of the numerator of the Pade approximant [m/m] of exp, whole."""
    whole = math.factorial
    return [
        float(whole(2 * degree - j) // (whole(degree - j) * whole(j))) for j in range(degree + 1)
    ]


def pade(a: Any, degree: int) -> Any:
    """Return the Pade approximant [m/m] of the exponential of matrices.

    Source: Higham (2005), equation 2.12: the odd and the even part share the powers of a^2.
    """
    b = coefficients(degree)
    unit = np.eye(a.shape[-1], dtype=a.dtype)
    square = a @ a
    even, odd = b[0] * unit, b[1] * unit
    if degree == 13:
        fourth = square @ square
        sixth = fourth @ square
        odd = odd + b[3] * square + b[5] * fourth + b[7] * sixth
        odd = odd + sixth @ (b[9] * square + b[11] * fourth + b[13] * sixth)
        even = even + b[2] * square + b[4] * fourth + b[6] * sixth
        even = even + sixth @ (b[8] * square + b[10] * fourth + b[12] * sixth)
    else:
        power = square
        for j in range(2, degree, 2):
            even, odd = even + b[j] * power, odd + b[j + 1] * power
            power = power @ square
    odd = a @ odd
    return np.linalg.solve(even - odd, even + odd)


def norm_1(a: Any) -> Any:
    """Return the largest sum of absolute values in a column of each matrix."""
    return np.max(np.sum(np.abs(a), axis=-2), axis=-1, initial=0)


def plans(a: Any) -> tuple[Any, Any]:
    """Return the degree for each matrix, and by which power of 2 to scale it.

    Norms of powers, rather than powers of the norm, keep what is far from normal from being scaled
    too much. Source: Al-Mohy & Higham (2009), algorithm 5.1, with norms instead of estimates.
    """
    fourth = np.linalg.matrix_power(a, 4)
    sixth = np.linalg.matrix_power(a, 6)
    root_4, root_6 = norm_1(fourth) ** (1 / 4), norm_1(sixth) ** (1 / 6)
    root_8 = norm_1(fourth @ fourth) ** (1 / 8)
    root_10 = norm_1(fourth @ sixth) ** (1 / 10)
    low, middle = np.maximum(root_4, root_6), np.maximum(root_6, root_8)
    high = np.minimum(middle, np.maximum(root_8, root_10))
    degrees = np.full(low.shape, 13)
    for degree, size in ((9, middle), (7, middle), (5, low), (3, low)):
        fits = size <= BOUNDS[degree]
        degrees = np.where(fits & (excess(a, degree) == 0), degree, degrees)
    scales = np.ceil(np.log2(np.maximum(high / BOUNDS[13], 1)))
    scaled = a * 2.0 ** -scales[..., None, None]
    return degrees, (scales + excess(scaled, 13)).astype(int)


def excess(a: Any, degree: int) -> Any:
    """Return how often a matrix is to be halved still, lest rounding in its powers show.

    Source: Al-Mohy & Higham (2009), equation 5.1, the function l.
    """
    size = norm_1(a)
    row = np.ones((*a.shape[:-2], 1, a.shape[-1]))
    for _ in range(2 * degree + 1):  # sums of the columns of |a|^(2m + 1), without that power
        row = row @ np.abs(a)
    grown = np.max(row, axis=(-2, -1))
    weight = 1 / (math.comb(2 * degree, degree) * math.factorial(2 * degree + 1))
    alpha = weight * grown / np.where(size > 0, size, 1)
    least = np.finfo(np.float64).eps / 2
    halvings = np.ceil(np.log2(np.maximum(alpha / least, 1)) / (2 * degree))
    return np.where(size > 0, halvings, 0)


def exponentials(a: Any) -> Any:
    """Return the exponentials of a list of finite matrices in double precision."""
    # What is very large is halved first, so that its powers do not overflow.
    halved = np.maximum(np.ceil(np.log2(np.maximum(norm_1(a), 1))) - 20, 0).astype(int)
    degrees, scales = plans(a * 2.0 ** -halved[:, None, None])
    scales = scales + halved
    found = np.empty_like(a)
    for degree in BOUNDS:
        chosen = degrees == degree
        if not np.any(chosen):
            continue
        some = a[chosen]
        if degree != 13:
            found[chosen] = pade(some, degree)
            continue
        times = scales[chosen]
        made = pade(some * 2.0 ** -times[:, None, None], degree)
        for done in range(int(np.max(times))):
            again = times > done
            made[again] = made[again] @ made[again]
        found[chosen] = made
    return found


def exponential_of(a: Any) -> Any:
    """Return the exponentials of matrices; NaN of what is not finite."""
    flat = np.reshape(a, (math.prod(a.shape[:-2]), *a.shape[-2:])).astype(np.float64)
    found = np.full_like(flat, np.nan)
    with np.errstate(all="ignore"):
        good = np.all(np.isfinite(flat), axis=(-2, -1)) & np.isfinite(norm_1(flat))
        if a.shape[-1] and np.any(good):
            found[good] = exponentials(flat[good])
        return np.reshape(found, a.shape).astype(a.dtype)


class matrix_exponential(structural):
    """Exponential of a square matrix, the sum of A^k/k!; not that of each element.

    By scaling and squaring, to about the last digit for what is not far from normal.
    Shapes: (..., n, n) -> (..., n, n).
    Raises: ShapeError.
    Source: Al-Mohy & Higham (2009), algorithm 5.1; its derivative, Higham (2008), section 3.1.

    >>> print(expm([[0.0, 2.0], [0.0, 0.0]]))
    [[1. 2.]
     [0. 1.]]
    """

    notation = function("expm", latex=r"e^{{0}}", latex_precedence=80)
    rule = "Fréchet derivative"
    samples = ((TURN,), (BATCH,), (np.array([[3.0, -7.0], [2.0, 1.0]]),))
    batch = of_last_axes

    def forward(A):
        square_shape("expm", np.shape(A))
        return exponential_of(A)

    def pull(g, y, A):
        return (expm_frechet(matrix_transpose(A), g),)

    def push(tangents, y, A):
        return expm_frechet(A, broadcast_as(tangents[0], A))

    def shape(A):
        return square_shape("expm", A)

    def shape_sources(operands, attributes):
        return operands


class matrix_block(structural):
    """One of the four blocks of a matrix of twice the size."""

    keywords = {"row": 0, "column": 0}
    samples = (
        (np.arange(16.0).reshape(4, 4), {"row": 0, "column": 1}),
        (np.arange(8.0).reshape(2, 2, 2), {"row": 1, "column": 1}),
    )
    batch = of_last_axes

    def forward(whole, row, column):
        if np.ndim(whole) < 2 or np.shape(whole)[-1] % 2 or np.shape(whole)[-2] % 2:
            raise ShapeError(f"a matrix of shape {np.shape(whole)} cannot be cut into four.")
        high, wide = np.shape(whole)[-2] // 2, np.shape(whole)[-1] // 2
        rows = slice(row * high, (row + 1) * high)
        return whole[..., rows, column * wide : (column + 1) * wide]

    def pull(g, y, whole, row, column):
        return (as_block(g, row=row, column=column),)

    def push(tangents, y, whole, row, column):
        return block_of(broadcast_as(tangents[0], whole), row=row, column=column)

    def shape(whole, row, column):
        return (*whole[:-2], whole[-2] // 2, whole[-1] // 2)


class block_placement(structural):
    """A matrix as one of the four blocks of another one, of which the others are 0."""

    keywords = {"row": 0, "column": 0}
    samples = (
        (TURN, {"row": 0, "column": 1}),
        (BATCH, {"row": 1, "column": 1}),
    )
    batch = of_last_axes

    def forward(part, row, column):
        high, wide = np.shape(part)[-2:]
        whole = np.zeros((*np.shape(part)[:-2], 2 * high, 2 * wide), dtype=part.dtype)
        rows = slice(row * high, (row + 1) * high)
        whole[..., rows, column * wide : (column + 1) * wide] = part
        return whole

    def pull(g, y, part, row, column):
        return (block_of(g, row=row, column=column),)

    def push(tangents, y, part, row, column):
        return as_block(broadcast_as(tangents[0], part), row=row, column=column)

    def shape(part, row, column):
        return (*part[:-2], 2 * part[-2], 2 * part[-1])


class frechet_derivative(composed):
    """Derivative of the exponential of A along a direction E: what is linear in E of expm(A + E).

    Shapes: (..., n, n), (..., n, n) -> (..., n, n).
    Raises: ShapeError.
    Source: Higham (2008), equation 3.16: a block of the exponential of a matrix of twice the size.

    >>> print(expm_frechet([[0.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [3.0, 4.0]]))
    [[1. 2.]
     [3. 4.]]
    """

    notation = function("expm_frechet")
    is_elementwise = False
    samples = ((TURN, np.array([[0.5, -1.0], [2.0, 0.25]])), (BATCH, BATCH[::-1] * 2))

    def meaning(A, E):
        whole = as_block(A, row=0, column=0) + as_block(A, row=1, column=1)
        return block_of(expm(whole + as_block(E, row=0, column=1)), row=0, column=1)

    def forward(A, E):
        square_shape("expm_frechet", np.shape(A))
        if np.shape(A) != np.shape(E):
            raise ShapeError(
                f"expm_frechet of shape {np.shape(A)} along {np.shape(E)}: the direction needs the "
                "shape of the matrix."
            )
        # Linear in the direction: brought to the size of the matrix, it does not coarsen the steps.
        size = np.asarray(norm_1(E) / np.maximum(norm_1(A), 1e-3))[..., None, None]
        size = np.where(size > 0, size, 1).astype(E.dtype)
        wide = A.shape[-1]
        whole = np.zeros((*A.shape[:-2], 2 * wide, 2 * wide), dtype=np.result_type(A, E))
        whole[..., :wide, :wide] = whole[..., wide:, wide:] = A
        whole[..., :wide, wide:] = E / size
        return exponential_of(whole)[..., :wide, wide:] * size

    def shape(A, E):
        return square_shape("expm_frechet", A)

    def simplify(assume_finite, A, E):  # along what commutes with the matrix, to multiply is enough
        return expm(A) if axes_of_each(A, E) == (2, 2) and is_identity(E) else None


matrix_power = reading(power_of_matrix)
expm = reading(matrix_exponential)
matrix_exp = expm  # PyTorch's name
block_of = reading(matrix_block)
as_block = reading(block_placement)
expm_frechet = reading(frechet_derivative)
