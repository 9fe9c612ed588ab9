"""`LineSolver`: solvers that choose a direction, and search along it.

May import the line searches; it must not know how any one of them chooses.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import numpy as np

from chainrule.errors import DerivativeError
from chainrule.optimize.methods.method import State
from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.solvers.searches import (
    FLATTER,
    Line,
    Search,
    Trial,
    backtracking,
    rounding_at,
    strong_wolfe,
)
from chainrule.optimize.solvers.solver import Advance, Solver
from chainrule.tables.columns import Floats

__all__ = ["Heading", "LineSolver", "free_of", "halted", "measured", "settled", "steepest"]

MOST_STALLED = 3  # steps within rounding that leave the gradient as long as it was
BOTTOMLESS = -1e100  # a loss below that is on its way to minus infinity
NEAR_BOUND = 1e-6  # of an element: so near a bound it counts as there, if downhill is beyond


class Heading(NamedTuple):
    """A direction (n,), and what multiple of it to try first."""

    direction: Floats
    first: float = 1.0


class LineSolver(Solver):
    """A solver whose iteration is a direction and a line search along it.

    With bounds, elements at a bound that downhill is beyond stay there. Where the first step would
    cross another bound, the search goes along the path that is bent to stay within; bounds out of
    reach change nothing.
    Source: Nocedal & Wright (2006), chapters 3, 6 and 7; for bounds Bertsekas (1982), Projected
    Newton methods for optimization problems with simple constraints, SIAM Journal on Control and
    Optimization 20.
    """

    __slots__ = ()

    def flatter(self) -> float | None:
        """Return how flat a step leaves the slope, c2 of the Wolfe conditions; None for Armijo's.

        Where a bound is in the way, it is Armijo's in any case.
        """
        return FLATTER

    @abstractmethod
    def heading(self, loss: Objective, point: Point, state: State, free: Any) -> Heading:
        """Choose a direction; what it says of elements that are not `free`, (n,), is not used."""

    def learned(self, state: State, point: Point, trial: Trial) -> State:
        """Return the state after a step from the point to the trial."""
        del point, trial
        return dict(state)

    def forgotten(self, state: State) -> State:
        """Return the state without what led to a direction that failed."""
        return dict(state)

    def advance(
        self, loss: Objective, point: Point, state: State, bounds: Bounds | None = None
    ) -> Advance:
        """Go one iteration further; where the direction fails, try the steepest one instead."""
        reason = halted(loss, point, bounds)
        if reason:
            return Advance(point, state, reason)
        with np.errstate(all="ignore"):
            return self._advanced(loss, point, state, bounds)

    def _advanced(
        self, loss: Objective, point: Point, state: State, bounds: Bounds | None
    ) -> Advance:
        free = free_of(point, bounds)
        line, found = self._searched(loss, point, self.heading(loss, point, state, free), bounds)
        promised = line.slope
        if found.trial is None:
            state = self.forgotten(state)
            line, found = self._searched(loss, point, steepest(loss, point, free), bounds)
        if found.trial is None:
            rounding = rounding_at(loss, point.vector)
            if np.isfinite(promised) and -promised <= 2 * rounding:
                return Advance(point, state, settled(loss, point, bounds, rounding))
            return Advance(point, state, found.reason)
        new = found.trial.point
        if found.reason:
            return Advance(new, state, found.reason)
        longer = np.linalg.norm(new.slope(bounds)) >= np.linalg.norm(point.slope(bounds))
        stalled = int(state["stalled"]) + 1 if line.is_below_rounding(found.trial) and longer else 0
        if stalled == MOST_STALLED or np.array_equal(new.vector, point.vector):
            return Advance(point, state, settled(loss, point, bounds))
        return Advance(new, {**self.learned(state, point, found.trial), "stalled": stalled})

    def _searched(
        self, loss: Objective, point: Point, heading: Heading, bounds: Bounds | None
    ) -> tuple[Line, Search]:
        direction, flatter = heading.direction, self.flatter()
        reach = np.inf
        if bounds is not None:
            free = free_of(point, bounds)
            stuck = np.array_equal(free, bounds.free(point.vector, point.gradient))
            direction = np.where(free, direction, 0.0 if stuck else -point.gradient)
            reach = bounds.reach(point.vector, direction) if stuck else 0.0
        line = Line(loss, point, direction, bounds)
        if not np.isfinite(direction).all():
            return line, Search(None, 0, "the direction is not finite")
        if flatter is None or reach < heading.first:
            return line, backtracking(line, heading.first)
        return line, strong_wolfe(line, heading.first, flatter=flatter, most=reach)


def steepest(loss: Objective, point: Point, free: Any) -> Heading:
    """Head down along the gradient, at first for what the exact curvature says."""
    return measured(loss, point, np.where(free, -point.gradient, 0.0))


def measured(loss: Objective, point: Point, direction: Floats) -> Heading:
    """Head along a direction, at first to where the parabola of the exact curvature is least.

    Where that curvature is not positive, for no more than one unit. Cost: one product of the
    Hessian with a vector. Source: Daniel (1967), The conjugate gradient method for linear and
    nonlinear operator equations, SIAM Journal on Numerical Analysis 4.
    """
    try:
        curvature = float(direction @ loss.hvp(point.vector, direction))
    except DerivativeError:
        # An operation with one derivative and no second is enough for quasi-Newton methods.
        curvature = 0.0
    first = -float(point.gradient @ direction) / curvature if curvature > 0 else np.inf
    if not 0 < first < np.inf:
        first = min(1.0, 1 / max(float(np.abs(direction).sum()), 1e-300))
    return Heading(direction, first)


def free_of(point: Point, bounds: Bounds | None) -> Any:
    """Tell of each element whether it is free to move: not at a bound that downhill is beyond.

    What is nearly at it counts as there, so that steps are not cut to nothing by it.
    """
    if bounds is None:
        return np.ones(len(point.vector), dtype=bool)
    vector, gradient = point.vector, point.gradient
    with np.errstate(all="ignore"):
        left = float(np.linalg.norm(vector - bounds.clip(vector - gradient)))
        near = min(left, NEAR_BOUND) * (1 + np.abs(vector))
        # In whatever unit: so near that going there changes next to nothing of the loss.
        near = np.minimum(near, NEAR_BOUND * abs(point.value) / np.abs(gradient))
    low = (vector - bounds.low <= near) & (gradient > 0)
    high = (bounds.high - vector <= near) & (gradient < 0)
    return ~(low | high)


def halted(loss: Objective, point: Point, bounds: Bounds | None) -> str:
    """Say why there is nowhere to go from a point, or nothing."""
    if not np.isfinite(point.value):
        return f"the loss is {point.value} here: start where it is a number"
    if point.value < BOTTOMLESS:
        return (
            f"the loss falls without end: it is {point.value:.3g} here. It seems to have no "
            "minimum: give bounds, or look at its sign"
        )
    if not np.isfinite(point.gradient).all():
        name = loss.packing.elements[int(np.argmin(np.isfinite(point.gradient)))]
        return (
            f"the derivative of the loss by {name} is not finite here, where the loss is "
            f"{point.value:.6g}: start elsewhere, or try 'nelder-mead'"
        )
    return "" if np.any(point.slope(bounds)) else "converged: the gradient is 0"


def settled(
    loss: Objective, point: Point, bounds: Bounds | None, rounding: float | None = None
) -> str:
    """Say that a point cannot be made better in double precision."""
    if rounding is None:
        rounding = rounding_at(loss, point.vector)
    return (
        f"converged to rounding: the loss {point.value:.6g} is known to {rounding:.1g}, and the "
        f"gradient, {np.linalg.norm(point.slope(bounds)):.1g} long, is not made smaller by a step"
    )
