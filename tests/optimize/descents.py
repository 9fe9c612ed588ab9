"""Runs of a solver, an iteration at a time, as the loop makes them."""

from __future__ import annotations

import numpy as np

from chainrule.optimize.problem.point import Point


def run(solver, loss, *, bounds=None, most=500, tolerance=1e-8):
    """Advance until the gradient is as short as that, or there is a reason to stop."""
    point = Point.at(loss, loss.start)
    state = solver.init(loss, point, bounds)
    for _ in range(most):
        if np.linalg.norm(point.slope(bounds)) < tolerance:
            return point, ""
        point, state, reason = solver.advance(loss, point, state, bounds)
        if reason:
            return point, reason
    return point, "too many iterations"
