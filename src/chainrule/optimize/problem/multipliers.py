"""How far a point is from a minimum under constraints, by the multipliers of what binds.

SciPy is needed when this is asked, not before. May import points, bounds and constraints; it must
not know of solvers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import missing_extra
from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.constraints import Margins
from chainrule.optimize.problem.point import Point
from chainrule.tables.columns import Floats

__all__ = ["STATIONARY", "is_stationary", "residual_of", "scipy_optimize"]

STATIONARY = 1e-6  # of the gradient (or of 1) may be left over at a minimum
NEAR = 1e-2  # bounds farther than that bind nothing


def scipy_optimize() -> Any:
    """Return `scipy.optimize`.

    Raises: MissingExtra where SciPy is not installed.
    """
    try:
        from scipy import optimize  # noqa: PLC0415 - optional, and slow to load
    except ImportError as error:
        raise missing_extra("scipy", "scipy", "This solver") from error
    return optimize


def residual_of(
    point: Point, margins: Margins, bounds: Bounds | None, start: Floats | None = None
) -> float:
    """Return how much of the gradient neither constraints nor bounds push back; 0 at a minimum.

    What binds pushes for nothing, what is short of it at a cost: what the push would lower the loss
    by over its margin, as a part of what the loss is and changes over the length of the parameters,
    or of `start`. So the answer does not depend on their unit.
    Source: Nocedal & Wright (2006), theorem 12.1; the multipliers by non-negative least squares,
    Lawson & Hanson (1974), Solving Least Squares Problems, chapter 23.
    """
    inside, spare, equal = margins.pushes(point.vector)
    if bounds is None and len(equal) and not len(inside):
        return left_by(equal, point)
    rows, gaps = [inside, equal, -equal], [np.maximum(spare, 0), np.zeros(2 * len(equal))]
    if bounds is not None:
        size = np.eye(len(point.vector))
        for sign, gap in ((1, point.vector - bounds.low), (-1, bounds.high - point.vector)):
            rows.append(sign * size[gap <= NEAR])
            gaps.append(np.maximum(gap[gap <= NEAR], 0))
    pushes: Floats = np.vstack(rows)
    costs = np.concatenate(gaps)
    if not (point.is_finite and np.isfinite(pushes).all() and np.isfinite(costs).all()):
        return float("nan")
    if not len(pushes):
        return float(np.linalg.norm(point.gradient))
    steepness = float(np.linalg.norm(point.gradient))
    lengths = [float(np.linalg.norm(x)) for x in (point.vector, start) if x is not None]
    scale = abs(point.value) + steepness * max(lengths)
    if scale > 0:
        costs *= max(1.0, steepness / scale)
    wanted = np.concatenate([point.gradient, np.zeros(len(costs))])
    return float(scipy_optimize().nnls(np.vstack([pushes.T, np.diag(costs)]), wanted)[1])


def left_by(equal: Floats, point: Point) -> float:
    """Return how much of the gradient is left by equalities (j, n), which push either way."""
    if not (point.is_finite and np.isfinite(equal).all()):
        return float("nan")
    multipliers = np.linalg.lstsq(equal.T, point.gradient)[0]
    return float(np.linalg.norm(point.gradient - equal.T @ multipliers))


def is_stationary(residual: float, point: Point) -> bool:
    """Tell whether what is left of the gradient is nothing to the eye."""
    return residual <= STATIONARY * (1 + float(np.linalg.norm(point.gradient)))
