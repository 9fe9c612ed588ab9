"""How far a point is from a minimum under constraints, by the multipliers of what binds.

SciPy is needed when this is asked, not before. May import points, bounds and constraints; it must
not know of solvers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import missing_extra
from chainrule.language.columns import Floats
from chainrule.optimize.bounds import Bounds
from chainrule.optimize.constraints import Margins
from chainrule.optimize.solver import Point

__all__ = ["STATIONARY", "is_stationary", "left_over", "residual_of", "scipy_optimize"]

STATIONARY = 1e-6  # of the gradient (or of 1) may be left over at a minimum
BINDING = 1e-6  # a margin as small as that counts as used up


def scipy_optimize() -> Any:
    """Return `scipy.optimize`.

    Raises: MissingExtra where SciPy is not installed.
    """
    try:
        from scipy import optimize  # noqa: PLC0415 - optional, and slow to load
    except ImportError as error:
        raise missing_extra("scipy", "scipy", "This solver") from error
    return optimize


def residual_of(point: Point, margins: Margins, bounds: Bounds | None) -> float:
    """Return how much of the gradient nothing that binds can push back."""
    return left_over(point, margins, bounds)[0]


def left_over(point: Point, margins: Margins, bounds: Bounds | None) -> tuple[float, float]:
    """Return what is left of the gradient, and how much lower the loss is where all binds exactly.

    Both are 0 at a minimum: the second is the largest multiplier times its margin.
    Source: Nocedal & Wright (2006), theorem 12.1; the multipliers by non-negative least squares,
    Lawson & Hanson (1974), Solving Least Squares Problems, chapter 23.
    """
    inside, equal, spare = margins.active(point.vector, BINDING)
    rows, gaps = [inside, equal, -equal], [spare, np.zeros(2 * len(equal))]
    if bounds is not None:
        size = np.eye(len(point.vector))
        for sign, gap in ((1, point.vector - bounds.low), (-1, bounds.high - point.vector)):
            rows.append(sign * size[gap <= BINDING])
            gaps.append(gap[gap <= BINDING])
    pushes: Floats = np.vstack(rows)
    if not point.is_finite or not np.isfinite(pushes).all():
        return float("nan"), float("nan")
    if not len(pushes):
        return float(np.linalg.norm(point.gradient)), 0.0
    multipliers, left = scipy_optimize().nnls(pushes.T, point.gradient)
    spared = np.maximum(np.concatenate(gaps), 0) * multipliers
    return float(left), float(np.max(spared, initial=0.0))


def is_stationary(residual: float, point: Point) -> bool:
    """Tell whether what is left of the gradient is nothing to the eye."""
    return residual <= STATIONARY * (1 + float(np.linalg.norm(point.gradient)))
