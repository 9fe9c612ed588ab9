"""Solvers that learn the curvature from gradients: BFGS and L-BFGS, and conjugate gradients.

May import `LineSolver`; it must not know what the loss is of.
"""

from __future__ import annotations

from typing import Any, final

import numpy as np

from chainrule.calculus.differences import EPS
from chainrule.optimize.methods.method import State
from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.settings import Range, checked_choice
from chainrule.optimize.solvers.along import Heading, LineSolver, measured, steepest
from chainrule.optimize.solvers.searches import Trial
from chainrule.tables.columns import Floats

__all__ = ["bfgs", "conjugate_gradient", "l_bfgs", "line_search_descent"]

MEMORY = Range(1, 1000, whole=True, example=10)


def is_curved(step: Floats, change: Floats) -> bool:
    """Tell whether a step met curvature that is positive beyond rounding."""
    least = EPS * np.linalg.norm(step) * np.linalg.norm(change)
    return bool(step @ change > least)


@final
class BFGS(LineSolver):
    """Learns the inverse Hessian, a matrix (n, n)."""

    __slots__ = ()

    most_parameters = 3_000

    def init(self, loss: Objective, start: Point, bounds: Bounds | None = None) -> State:
        """Make the state: the identity until there is a step to learn from."""
        del loss, bounds
        self.refuse_size(len(start.vector))
        return {"inverse": np.eye(len(start.vector)), "count": 0, "stalled": 0}

    def heading(self, loss: Objective, point: Point, state: State, free: Any) -> Heading:
        """Head where a parabola with this curvature is least."""
        if not state["count"]:
            return steepest(loss, point, free)
        inverse: Any = state["inverse"]
        if not free.all():
            inverse = inverse_among(inverse, free)
        return Heading(-(inverse @ np.where(free, point.gradient, 0.0)))

    def learned(self, state: State, point: Point, trial: Trial) -> State:
        """Correct the inverse Hessian, unless the step met no positive curvature.

        Source: Nocedal & Wright (2006), equations 6.17, and 6.20 for the first step.
        """
        step = trial.point.vector - point.vector
        change = trial.point.gradient - point.gradient
        if not is_curved(step, change):
            return dict(state)
        inverse: Any = state["inverse"]
        if not state["count"]:
            inverse = np.eye(len(step)) * (step @ change) / (change @ change)
        rho = 1 / (step @ change)
        moved = inverse @ change
        cross = np.outer(step, moved)
        factor = rho * (1 + rho * (change @ moved))
        inverse = inverse - rho * (cross + cross.T) + factor * np.outer(step, step)
        if not np.isfinite(inverse).all():
            return self.forgotten(state)
        return {"inverse": inverse, "count": int(state["count"]) + 1}

    def forgotten(self, state: State) -> State:
        """Start again from the identity."""
        size = np.shape(state["inverse"])[0]
        return {"inverse": np.eye(size), "count": 0, "stalled": state["stalled"]}


def inverse_among(inverse: Floats, free: Any) -> Floats:
    """Return the inverse of the free part of a matrix, given the inverse of the whole."""
    kept = np.zeros_like(inverse)
    across = inverse[np.ix_(free, ~free)]
    fixed = np.linalg.solve(inverse[np.ix_(~free, ~free)], across.T)
    kept[np.ix_(free, free)] = inverse[np.ix_(free, free)] - across @ fixed
    return kept


@final
class LBFGS(LineSolver):
    """Learns the inverse Hessian from the last few steps, two vectors each."""

    __slots__ = ()

    def init(self, loss: Objective, start: Point, bounds: Bounds | None = None) -> State:
        """Make the state: room for the last steps and changes of the gradient."""
        del loss, bounds
        shape = (self.options["memory"], len(start.vector))
        return {"steps": np.zeros(shape), "changes": np.zeros(shape), "count": 0, "stalled": 0}

    def heading(self, loss: Objective, point: Point, state: State, free: Any) -> Heading:
        """Head where a parabola with the curvature of the last steps is least."""
        count = int(state["count"])
        if not count:
            return steepest(loss, point, free)
        steps: Any = np.asarray(state["steps"])[-count:] * free
        changes: Any = np.asarray(state["changes"])[-count:] * free
        pairs = [pair for pair in zip(steps, changes, strict=True) if is_curved(*pair)]
        if not pairs:
            return steepest(loss, point, free)
        return Heading(-two_loops(np.where(free, point.gradient, 0.0), pairs))

    def learned(self, state: State, point: Point, trial: Trial) -> State:
        """Take in the newest step, in place of the oldest; unless it met no positive curvature."""
        step = trial.point.vector - point.vector
        change = trial.point.gradient - point.gradient
        if not is_curved(step, change):
            return dict(state)
        memory = self.options["memory"]
        return {
            "steps": np.vstack([np.asarray(state["steps"])[1:], step]),
            "changes": np.vstack([np.asarray(state["changes"])[1:], change]),
            "count": min(int(state["count"]) + 1, memory),
        }

    def forgotten(self, state: State) -> State:
        """Start again without a memory."""
        empty = np.zeros_like(state["steps"])
        return {"steps": empty, "changes": empty, "count": 0, "stalled": state["stalled"]}


def two_loops(gradient: Floats, pairs: list[tuple[Floats, Floats]]) -> Floats:
    """Multiply a gradient by the inverse Hessian that steps and changes, oldest first, tell of.

    Source: Nocedal & Wright (2006), algorithm 7.4, with the scale of equation 7.20.
    """
    found = gradient.copy()
    weights = []
    for step, change in reversed(pairs):
        weight = (step @ found) / (step @ change)
        found -= weight * change
        weights.append(weight)
    step, change = pairs[-1]
    found *= (step @ change) / (change @ change)
    for (step, change), weight in zip(pairs, reversed(weights), strict=True):
        found += (weight - (change @ found) / (step @ change)) * step
    return found


@final
class ConjugateGradient(LineSolver):
    """Bends each direction by the one before: vectors alone."""

    __slots__ = ()

    def flatter(self) -> float | None:
        """Ask for more than other directions need: Nocedal & Wright (2006), page 34."""
        return 0.1

    def init(self, loss: Objective, start: Point, bounds: Bounds | None = None) -> State:
        """Make the state: no direction yet."""
        del loss, bounds
        nothing = np.zeros(len(start.vector))
        return {"direction": nothing, "gradient": nothing, "stalled": 0}

    def heading(self, loss: Objective, point: Point, state: State, free: Any) -> Heading:
        """Head down, bent by Polak and Ribière's weight, or straight where that does not help.

        Source: Nocedal & Wright (2006), equations 5.44 to 5.46 (PR+), restarts as in 5.52.
        """
        gradient = np.where(free, point.gradient, 0.0)
        before: Any = np.where(free, state["gradient"], 0.0)
        square = float(before @ before)
        if not square or abs(gradient @ before) >= 0.5 * (gradient @ gradient):
            return steepest(loss, point, free)
        weight = max(0.0, float(gradient @ (gradient - before)) / square)
        direction = -gradient + weight * np.where(free, state["direction"], 0.0)
        if not gradient @ direction < 0:
            return steepest(loss, point, free)
        return measured(loss, point, direction)

    def learned(self, state: State, point: Point, trial: Trial) -> State:
        """Keep the gradient and the direction."""
        del state
        direction = (trial.point.vector - point.vector) / trial.length
        return {"direction": direction, "gradient": np.array(point.gradient)}

    def forgotten(self, state: State) -> State:
        """Start again straight down."""
        nothing = np.zeros_like(state["direction"])
        return {**state, "direction": nothing, "gradient": nothing}


@final
class LineSearchDescent(LineSolver):
    """Goes straight down, as far as a line search says."""

    __slots__ = ()

    def flatter(self) -> float | None:
        """Ask for a flatter slope, or for Armijo's rule alone."""
        return None if self.options["search"] == "armijo" else super().flatter()

    def init(self, loss: Objective, start: Point, bounds: Bounds | None = None) -> State:
        """Make the state: nothing is remembered."""
        del loss, start, bounds
        return {"stalled": 0}

    def heading(self, loss: Objective, point: Point, state: State, free: Any) -> Heading:
        """Head straight down."""
        del state
        return steepest(loss, point, free)


def bfgs() -> BFGS:
    """Make the method of Broyden, Fletcher, Goldfarb and Shanno, with exact gradients.

    It learns the curvature from the gradients on its way, so that its last steps are Newton's.
    Source: Nocedal & Wright (2006), algorithm 6.1.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=bfgs())
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return BFGS("bfgs")


def l_bfgs(*, memory: int = 10) -> LBFGS:
    """Make BFGS for many parameters: of all steps, it remembers the last `memory`.

    Source: Liu & Nocedal (1989), On the limited memory BFGS method for large scale optimization,
    Mathematical Programming 45; Nocedal & Wright (2006), algorithm 7.5.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=l_bfgs(memory=5))
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return LBFGS("l-bfgs", {"memory": MEMORY.checked("memory", memory)})


def conjugate_gradient() -> ConjugateGradient:
    """Make the nonlinear method of conjugate gradients, of Polak and Ribière.

    Source: Nocedal & Wright (2006), algorithm 5.4 with equation 5.45.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=conjugate_gradient())
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return ConjugateGradient("conjugate gradient")


def line_search_descent(*, search: str = "wolfe") -> LineSearchDescent:
    """Make gradient descent whose every step is as long as a line search says.

    search: "wolfe" for the strong Wolfe conditions, "armijo" for backtracking.
    Source: Nocedal & Wright (2006), section 3.1.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=line_search_descent(search="armijo"))
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    chosen = checked_choice("search", search, ["wolfe", "armijo"])
    return LineSearchDescent("line search", {"search": chosen})
