"""Least squares in small: a square matrix that stands for a tall Jacobian, and its residuals.

May import vectors of expressions; it must not know what is solved with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

import numpy as np

from chainrule.optimize.problem.residuals import Residuals
from chainrule.tables.columns import Floats

__all__ = ["by_qr", "listed", "normal_matrix", "reduced"]

# Of the eigenvalues of the normal matrix, columns scaled to length 1: the least to the largest.
# Above it the normal equations keep half of the digits of a step, which the next one mends.
WELL_CONDITIONED = 1e-8
# The latest point of each: what begins a run is asked for again in its first step.
LATEST: WeakKeyDictionary[Residuals, tuple[Floats, tuple[Floats, Floats] | None]] = (
    WeakKeyDictionary()
)
LEAST, MOST = 1e-200, 1e200  # squares between which nothing has under- or overflown


def reduced(residuals: Residuals, vector: Floats) -> tuple[Floats, Floats] | None:
    """Return a matrix (k, n) and a vector (k,), no taller than n + 1, for a Jacobian and residuals.

    The squares of matrix @ step + vector add up to those of the Jacobian @ step + residuals but for
    what no step changes. From the normal matrix, in one pass over blocks of rows, where that is
    accurate enough; by QR of the blocks where it is not. None where something is not finite.
    Source: Björck (1996), Numerical Methods for Least Squares Problems, sections 2.2 and 2.4.

    >>> from chainrule import expression
    >>> from chainrule.optimize.problem.dense import DenseObjective
    >>> from chainrule.optimize.problem.vector_function import VectorFunction
    >>> a, b = expression("a"), expression("b")
    >>> loss = DenseObjective(a * b, {"a": 1.0, "b": 2.0})
    >>> matrix, values = reduced(VectorFunction([3 * a, 4 * a, b - 7], loss), loss.start)
    >>> matrix.T @ matrix, matrix.T @ values
    (array([[25.,  0.], [ 0.,  1.]]), array([25., -5.]))
    """
    known = LATEST.get(residuals)
    if known is None or not np.array_equal(known[0], vector):
        known = LATEST[residuals] = np.array(vector), computed(residuals, vector)
    return known[1]


def computed(residuals: Residuals, vector: Floats) -> tuple[Floats, Floats] | None:
    """Compute them anew; None where something is not finite."""
    with np.errstate(all="ignore"):
        normal = normal_matrix(residuals, vector)
        if np.isfinite(normal).all():
            found = by_normal_matrix(normal)
            return by_qr(listed(residuals, vector)) if found is None else found
        found = by_qr(listed(residuals, vector))
        if not np.isfinite(found[0]).all() or not np.isfinite(found[1]).all():
            found = by_qr(iter([residuals.swept_block(vector)]))
    finite = np.isfinite(found[0]).all() and np.isfinite(found[1]).all()
    return found if finite else None


def normal_matrix(residuals: Residuals, vector: Floats) -> Floats:
    """Return the products of the columns of the Jacobian and, last, the residuals: (n + 1, n + 1).

    Cost: one pass over blocks of rows.
    """
    size = len(vector)
    normal: Floats = np.zeros((size + 1, size + 1))
    for block in listed(residuals, vector):
        normal += block @ block.T
    return normal


def listed(residuals: Residuals, vector: Floats) -> Iterator[Floats]:
    """Go through the blocks of all parts."""
    for _, blocks in residuals.blocks(vector):
        yield from blocks


def by_normal_matrix(normal: Floats) -> tuple[Floats, Floats] | None:
    """Return a root of the normal matrix; None where it would have lost too many digits.

    normal: of the columns of the Jacobian, and last of the residuals.
    """
    squares = np.diag(normal)[:-1]
    if not (squares.min() > LEAST and squares.max() < MOST):
        return None
    lengths = np.sqrt(squares)
    scaled = normal[:-1, :-1] / np.outer(lengths, lengths)
    values, axes = np.linalg.eigh(scaled)
    if values[0] < WELL_CONDITIONED * values[-1]:
        return None
    roots = np.sqrt(values)
    return roots[:, None] * axes.T * lengths, axes.T @ (normal[:-1, -1] / lengths) / roots


def by_qr(blocks: Iterator[Floats]) -> tuple[Floats, Floats]:
    """Return the triangle that orthogonal transformations make of block after block."""
    triangle: Floats = np.zeros((0, 0))
    for block in blocks:
        tall = np.vstack([triangle, block.T]) if len(triangle) else block.T
        triangle = np.asarray(np.linalg.qr(tall, mode="r"))
    return triangle[:, :-1], triangle[:, -1]
