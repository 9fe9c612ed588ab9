"""Steps of bounded length: where a parabola is least within a ball, and how far to trust it.

May import points; it must not know where the parabola comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule.calculus.differences import EPS
from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.solvers.searches import DOUBTFUL, rounding_at
from chainrule.tables.columns import Floats

__all__ = ["Proposal", "Within", "along_the_edge", "descend_within", "least_within"]

MOST_TRIALS = 80
MOST_ROOTS = 100
MOST_EDGES = 20  # rounds of parameters that meet their bounds


class Proposal(NamedTuple):
    """A step (n,), what the model makes of its change (below 0), and its length as measured."""

    step: Floats
    change: float
    length: float


class Within(NamedTuple):
    """What came of trying steps: the new point or None, the next radius, what rounding blurs.

    settled: whether the loss could not be told from that before.
    """

    point: Point | None
    radius: float
    settled: bool = False


def descend_within(
    loss: Objective,
    start: Point,
    radius: float,
    propose: Callable[[float], Proposal],
    bounds: Bounds | None = None,
) -> Within:
    """Try the proposals of ever smaller radii until one lowers the loss as its model says.

    Where the change is within the rounding of the loss, the mean of the slopes at both ends stands
    for it. Source: Nocedal & Wright (2006), algorithm 4.1; Conn, Gould & Toint (2000), Trust-Region
    Methods, section 17.4.2.
    """
    rounding = None
    for _ in range(MOST_TRIALS):
        proposal = propose(radius)
        vector: Floats = start.vector + proposal.step
        if bounds is not None:
            vector = bounds.clip(vector)
        if not proposal.change < 0 or np.array_equal(vector, start.vector):
            return Within(None, radius, settled=True)
        point = Point.at(loss, vector)
        if not point.is_finite:
            radius = 0.25 * proposal.length
            continue
        change = point.value - start.value
        if rounding is None and abs(change) <= DOUBTFUL * (1 + abs(start.value)):
            rounding = rounding_at(loss, start.vector)
        blurred = rounding is not None and abs(change) <= rounding
        if blurred:
            change = float((start.gradient + point.gradient) @ (vector - start.vector)) / 2
        ratio = change / proposal.change
        if ratio < 0.25:
            smaller = 0.25 * proposal.length
        elif ratio > 0.75 and proposal.length > 0.99 * radius:
            smaller = 2 * radius
        else:
            smaller = radius
        radius = smaller
        if ratio > 1e-4:
            return Within(point, radius, settled=blurred)
    return Within(None, radius)


def along_the_edge(
    step: Floats,
    start: Point,
    bounds: Bounds,
    free: Any,
    best_among: Callable[[Floats, Any], Floats | None],
) -> Floats:
    """Return a step whose elements beyond the bounds end there, and the others fit to them.

    Cut off alone, a step along a narrow valley would leave it. free: what may move, (n,).
    best_among: given a step that is 0 among what is free still, and what is, the best elements
    there; None where the radius is used up.
    Source: Conn, Gould & Toint (1988), Global convergence of a class of trust region algorithms for
    optimization with simple bounds, SIAM Journal on Numerical Analysis 25.
    """
    for _ in range(MOST_EDGES):
        kept = bounds.clip(start.vector + step) - start.vector
        met = (start.vector + step < bounds.low) | (start.vector + step > bounds.high)
        if not met.any():
            return kept
        free = free & ~met
        step = np.where(free, 0.0, kept)
        found = best_among(step, free) if free.any() else None
        if found is None:
            break
        step[free] = found
    return bounds.clip(start.vector + step) - start.vector


def least_within(curvatures: Floats, slopes: Floats, radius: float) -> Floats:
    """Return where slopes·p + curvatures·p²/2 is least among the p (n,) no longer than the radius.

    curvatures: the eigenvalues of a Hessian, of any sign; slopes: the gradient along their vectors.
    Source: Moré & Sorensen (1983), Computing a trust region step, SIAM Journal on Scientific and
    Statistical Computing 4; Nocedal & Wright (2006), section 4.3, with its hard case.

    >>> least_within(np.array([2.0, 4.0]), np.array([-2.0, 4.0]), 9.0)
    array([ 1., -1.])
    >>> least_within(np.array([-1.0, 1.0]), np.array([0.0, 0.0]), 3.0)
    array([3., 0.])
    """
    least = float(np.min(curvatures))
    size = float(np.abs(curvatures).max())
    if least > EPS * size:
        whole = -slopes / curvatures
        if np.linalg.norm(whole) <= radius:
            return whole
    length = float(np.linalg.norm(slopes))
    low = max(0.0, -least)
    # Along the lowest curvature, or flat: no slope to speak of is there in the hard case.
    bottom = curvatures + low <= 4 * EPS * size
    tiny = 4 * EPS * length
    if np.linalg.norm(slopes[bottom]) <= tiny:
        step = np.zeros_like(slopes)
        step[~bottom] -= slopes[~bottom] / (curvatures[~bottom] + low)
        left = radius * radius - float(step @ step)
        if left >= 0:
            if least < -EPS * size:
                downhill = int(np.argmin(curvatures))
                sign = -1.0 if slopes[downhill] > 0 else 1.0
                step[downhill] = sign * np.sqrt(left)
            return step
    return on_the_rim(curvatures, slopes, radius, low)


def on_the_rim(curvatures: Floats, slopes: Floats, radius: float, low: float) -> Floats:
    """Return the step of this length, by the root of 1/|p| - 1/radius in the shift.

    Source: Nocedal & Wright (2006), algorithm 4.3, kept between bounds of the shift.
    """
    # Counted from the lowest shift that there may be, where all of its digits are needed.
    raised = curvatures + low
    bottom, top = 0.0, float(np.linalg.norm(slopes)) / radius
    shift = top
    step = np.zeros_like(slopes)
    length = 0.0
    for _ in range(MOST_ROOTS):
        below = raised + shift
        step = -slopes / below
        length = float(np.linalg.norm(step))
        if abs(length - radius) <= 1e-10 * radius or top - bottom <= EPS * top:
            break
        if length > radius:
            bottom = shift
        else:
            top = shift
        bend = float(step @ (step / below))
        shift = shift + (length / radius - 1) * length * length / bend
        if not bottom < shift < top:
            shift = (bottom + top) / 2
    return step * min(1.0, radius / length)
