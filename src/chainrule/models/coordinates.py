"""Coordinates to descend in: the data's own, standardized ones, or whitened ones.

A change of coordinates turns long narrow valleys of the loss into round bowls, and gives every
answer back in the data's own units. May import NumPy and the packing of parameters; it must not
know of expressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from chainrule.models.formula import slope_names
from chainrule.optimize.problem.packing import Packing
from chainrule.tables.columns import Floats

__all__ = ["LinearCoordinates", "largest_stable_rate", "own", "standardized", "whitened"]

_COMPARABLE = 1e-6  # the least ratio of scales that costs no more than six of the digits


@dataclass(frozen=True, slots=True, eq=False)
class LinearCoordinates:
    """Columns and a target to descend on, and the way back to slopes and an intercept.

    slopes: None where they are the descent's own, a factor each, or a matrix (k, r) of what the
    descent's parameters do to them. The data's target is `offset + unit * target`, and `centre` is
    what its columns have beyond these.
    """

    columns: tuple[Floats, ...]
    target: Floats
    slopes: Floats | None = None
    centre: Floats | None = None
    offset: float = 0.0
    unit: float = 1.0
    packing: Packing = field(default_factory=lambda: Packing({"yint": 0.0}))

    def inner(self, parameters: Floats) -> Floats:
        """Return what the descent's parameters are where those in the data's units are these.

        The nearest, where not all can be. Shapes: (k + 1,) -> (r + 1,).
        """
        if self.slopes is None or self.centre is None:
            return parameters
        slopes = parameters[:-1]
        shifted = (parameters[-1] - self.offset + slopes @ self.centre) / self.unit
        if self.slopes.ndim == 1:
            return np.append(slopes / self.slopes, shifted)
        return np.append(np.linalg.lstsq(self.slopes, slopes, rcond=None)[0], shifted)

    def parameters(self, found: Floats) -> Floats:
        """Return slopes and intercept in the data's units.

        Shapes: (..., r + 1) -> (..., k + 1), the intercept last.
        """
        if self.slopes is None or self.centre is None:
            return found
        inner = found[..., :-1]
        with np.errstate(all="ignore"):  # a descent that diverges ends in infinities
            slopes = inner * self.slopes if self.slopes.ndim == 1 else inner @ self.slopes.T
            intercept = self.offset + self.unit * found[..., -1] - slopes @ self.centre
        return np.concatenate([slopes, intercept[..., np.newaxis]], axis=-1)

    def losses(self, found: Floats) -> Floats:
        """Return losses in the square of the target's unit."""
        if self.slopes is None:
            return found
        with np.errstate(over="ignore"):
            return np.asarray(found * self.unit * self.unit)


def own(columns: Sequence[Floats], target: Floats) -> LinearCoordinates:
    """Keep the data as they are."""
    return LinearCoordinates(tuple(columns), target, packing=packing_of(len(columns)))


def packing_of(n_columns: int) -> Packing:
    """Return the parameters of a model of so many columns, by the course's names."""
    return Packing(dict.fromkeys((*slope_names(n_columns), "yint"), 0.0))


def standardized(columns: Sequence[Floats], target: Floats) -> tuple[LinearCoordinates, Floats]:
    """Shift and scale every column and the target to mean 0 and standard deviation 1.

    A column that is constant becomes 0, so that its slope stays where it starts. Returns also what
    a slope of 1 is in the data's units, for each column: infinite where no float is large enough.
    """
    bare = [standard(column) for column in columns]
    outcome, offset, unit = standard(target)
    spreads = np.array([spread for _, _, spread in bare])
    with np.errstate(over="ignore", divide="ignore"):
        slopes = unit / spreads
    centre = np.array([centre for _, centre, _ in bare])
    shifted = tuple(column for column, _, _ in bare)
    packing = packing_of(len(bare))
    return LinearCoordinates(shifted, outcome, slopes, centre, offset, unit, packing), slopes


def standard(column: Floats) -> tuple[Floats, float, float]:
    """Return a column shifted to mean 0 and scaled to deviation 1, and both amounts."""
    if column.max() == column.min():  # the mean may differ from it in the last digit
        return np.zeros_like(column), float(column[0]), 1.0
    peak = float(np.abs(column).max())  # so that no sum of squares overflows
    shifted = column / peak
    centre = float(shifted.mean())
    shifted -= centre
    rest = float(shifted.mean())  # the first mean was rounded
    shifted -= rest
    spread = float(np.sqrt(np.mean(shifted * shifted)))
    shifted /= spread
    return shifted, (centre + rest) * peak, spread * peak


def whitened(base: LinearCoordinates, units: Floats) -> LinearCoordinates:
    """Replace standardized columns by as many orthogonal ones as they are worth, of mean square 1.

    Then the loss curves alike in every direction, and a step of half the largest stable rate leads
    to its minimum. Where columns depend on each other, slopes are the shortest ones, in the data's
    units, of all that predict alike. units: the slopes of the standardized columns, each in the
    data's units.
    Source: Golub & Van Loan (2013), Matrix Computations, sections 5.3.5 and 5.5.
    """
    matrix = np.column_stack(base.columns)
    n_rows, n_columns = matrix.shape
    orthonormal, triangle = np.linalg.qr(matrix)
    left, sizes, right = np.linalg.svd(triangle, full_matrices=False)
    smallest = sizes[0] * np.finfo(np.float64).eps * max(n_rows, n_columns)
    rank = int(np.count_nonzero(sizes > smallest))
    white = orthonormal @ left[:, :rank] * np.sqrt(n_rows)
    slopes = right[:rank].T / sizes[:rank] * np.sqrt(n_rows)
    if rank < n_columns:
        slopes = shortest(slopes, right[:rank], units)
    slopes = slopes * units[:, np.newaxis]
    return replace(base, columns=tuple(np.ascontiguousarray(white.T)), slopes=slopes)


def shortest(slopes: Floats, seen: Floats, units: Floats) -> Floats:
    """Move slopes by what changes no prediction, so that in the data's units they are shortest.

    seen: the directions of slopes that predictions depend on, as rows, orthonormal.
    """
    weights = (units / units.max())[:, np.newaxis]
    if weights.min() > _COMPARABLE:
        # Cheap where there are many columns: the shortest are combinations of what is seen.
        weighed, triangle = np.linalg.qr(seen.T / weights)
        moved: Floats = weighed @ np.linalg.solve(triangle.T, seen @ slopes) / weights
        return moved + seen.T @ (seen @ (slopes - moved))
    unseen = np.linalg.qr(seen.T, mode="complete")[0][:, len(seen) :]
    along = np.linalg.lstsq(weights * unseen, weights * slopes, rcond=None)[0]
    # Only what lies along `unseen` is moved, so rounding in `along` harms no prediction.
    return np.asarray(slopes - unseen @ along)


def largest_stable_rate(columns: Sequence[Floats], n_rows: int, reduction: str) -> float:
    """Return the learning rate beyond which descent on the squared residuals diverges.

    It is 2 divided by the largest curvature: the largest eigenvalue of the loss's Hessian, which
    for the mean is 2/n times the products of the columns, and of a column of ones for the
    intercept. Shapes: k columns of shape (n,).
    Source: Nocedal & Wright (2006), Numerical Optimization, section 3.3.
    """
    # Scaled first: the squares of columns beyond 1e154 overflow.
    largest = max([1.0, *[float(np.abs(column).max()) for column in columns]])
    scaled = np.vstack([*columns, np.ones(n_rows)]) / largest
    products = scaled @ scaled.T if len(scaled) <= n_rows else scaled.T @ scaled
    curvature = float(np.linalg.eigvalsh(products)[-1])
    return (1.0 if reduction == "sum" else n_rows) / curvature / largest / largest
