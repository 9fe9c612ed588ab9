"""The ends of a symmetric matrix's spectrum, from its products with vectors alone.

May import NumPy; it must not know what the matrix is of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.calculus.differences import EPS
from chainrule.tables.columns import Floats

__all__ = ["End", "Ends", "lanczos"]

MOST_PRODUCTS = 300  # the basis is kept, and made orthogonal again, at a cost of n times its square


@dataclass(frozen=True, slots=True, eq=False)
class End:
    """An eigenvalue at one end, its vector (n,) of length 1, and how far off it can be.

    error: the length of A v - value v; there is an eigenvalue within so much of `value`.
    """

    value: float
    vector: Floats
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """The smallest and the largest eigenvalue, and what they cost in products."""

    smallest: End
    largest: End
    products: int


def lanczos(
    product: Callable[[Floats], Floats],
    size: int,
    *,
    tolerance: float = 1e-8,
    most_products: int = MOST_PRODUCTS,
    seed: int = 0,
) -> Ends:
    """Find the smallest and the largest eigenvalue of a symmetric matrix by the Lanczos method.

    product: a vector (size,) in, the matrix times it out. tolerance: both errors are brought below
    so much of their eigenvalue, or below rounding of the largest, unless `most_products` come
    first. seed: of the vector to start from.
    Cost: one product a step; the basis is kept, and orthogonalised in full, twice.
    Source: Parlett (1998), The Symmetric Eigenvalue Problem, chapter 13; twice is enough: Giraud,
    Langou, Rozloznik & van den Eshof (2005), Numerische Mathematik 101.

    >>> found = lanczos(lambda v: v * np.array([1.0, 2.0, 5.0]), 3)
    >>> round(found.smallest.value, 12), round(found.largest.value, 12), found.products
    (1.0, 5.0, 3)
    """
    steps = min(size, most_products)
    basis = np.empty((steps, size))
    diagonal: list[float] = []
    beside: list[float] = []
    vector: Floats = np.random.default_rng(seed).standard_normal(size)
    vector = vector / np.linalg.norm(vector)
    check = 0
    for step in range(steps):
        basis[step] = vector
        known = basis[: step + 1]
        reached = np.array(product(vector), dtype=np.float64)
        diagonal.append(float(vector @ reached))
        for _ in range(2):
            reached -= known.T @ (known @ reached)
        left = float(np.linalg.norm(reached))
        beside.append(left)
        scale = max(map(abs, diagonal + beside))
        # What is left is rounding: the vectors so far are closed under the matrix.
        closed = left <= 10 * size * EPS * scale
        if closed or step + 1 == steps or step >= check:
            # Solving costs the cube of the steps: seldom enough to stay below the products.
            check = step + max(4, step // 5)
            ends = ends_of(known, diagonal, beside)
            rounding = 10 * EPS * scale
            if closed or all(
                end.error <= max(tolerance * abs(end.value), rounding)
                for end in (ends.smallest, ends.largest)
            ):
                return ends
        vector = reached / left if left else reached
    return ends


def ends_of(basis: Floats, diagonal: list[float], beside: list[float]) -> Ends:
    """Return the ends of the matrix as seen from the vectors so far."""
    small = np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
    values, vectors = np.linalg.eigh(small)
    # A basis of the whole space leaves out nothing but rounding.
    left = beside[-1] if len(basis) < basis.shape[1] else 0.0
    least, most = (
        End(
            float(values[place]),
            vectors[:, place] @ basis,
            abs(left * float(vectors[-1, place])),
        )
        for place in (0, -1)
    )
    return Ends(least, most, len(basis))
