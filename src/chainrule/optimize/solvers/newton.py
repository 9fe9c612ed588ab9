"""Newton's method, by exact Hessians within a trust region, or by Hessian-vector products.

May import `LineSolver` and the trust region; it must not know what the loss is of.
"""

from __future__ import annotations

from typing import Any, NamedTuple, final

import numpy as np

from chainrule.calculus.differences import EPS
from chainrule.optimize.methods.method import State
from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.settings import Range
from chainrule.optimize.solvers.along import (
    MOST_STALLED,
    Heading,
    LineSolver,
    free_of,
    halted,
    settled,
)
from chainrule.optimize.solvers.solver import Advance, Solver
from chainrule.optimize.solvers.trust_region import (
    Proposal,
    along_the_edge,
    descend_within,
    least_within,
)
from chainrule.tables.columns import Floats

__all__ = ["newton", "newton_cg"]

RADIUS = Range(0.0, low_open=True, high_open=True, example=1.0)


class Parabola(NamedTuple):
    """The loss to the second order among the elements that are free, along its main axes."""

    gradient: Floats
    hessian: Floats
    free: Any
    curvatures: Floats
    axes: Floats

    @classmethod
    def of(cls, gradient: Floats, hessian: Floats, free: Any) -> Parabola:
        """Find the main axes of a Hessian (n, n)."""
        curvatures, axes = np.linalg.eigh(hessian[np.ix_(free, free)])
        return cls(gradient, hessian, free, curvatures, axes)

    def change(self, step: Floats) -> float:
        """Return what the parabola makes of a step."""
        return float(self.gradient @ step + step @ (self.hessian @ step) / 2)

    def proposal(self, radius: float, point: Point, bounds: Bounds | None) -> Proposal:
        """Return the best step within a radius, or within bounds too one as good as downhill."""
        step = np.zeros_like(self.gradient)
        slopes = self.axes.T @ self.gradient[self.free]
        step[self.free] = self.axes @ least_within(self.curvatures, slopes, radius)
        if bounds is not None:
            step = along_the_edge(
                step, point, bounds, self.free, lambda *kept: self.best_among(radius, *kept)
            )
            straight = self.downhill(radius, point, bounds)
            step = min(step, straight, key=self.change)
        return Proposal(step, self.change(step), float(np.linalg.norm(step)))

    def best_among(self, radius: float, step: Floats, free: Any) -> Floats | None:
        """Return the best elements of a step among some, within what a radius has left."""
        left = radius * radius - float(step @ step)
        if left <= 0:
            return None
        slopes = (self.gradient + self.hessian @ step)[free]
        curvatures, axes = np.linalg.eigh(self.hessian[np.ix_(free, free)])
        return np.asarray(axes @ least_within(curvatures, axes.T @ slopes, float(np.sqrt(left))))

    def downhill(self, radius: float, point: Point, bounds: Bounds) -> Floats:
        """Return a step along the projected gradient that the parabola likes.

        Source: Conn, Gould & Toint (2000), Trust-Region Methods, algorithm 12.2.2.
        """
        length = radius / max(float(np.linalg.norm(self.gradient)), 1e-300)
        step = np.zeros_like(self.gradient)
        for _ in range(60):
            step = bounds.clip(point.vector - length * self.gradient) - point.vector
            if self.change(step) <= 1e-2 * float(self.gradient @ step):
                break
            length /= 2
        return step


@final
class Newton(Solver):
    """Goes where the parabola of the exact Hessian is least within a trusted radius."""

    __slots__ = ()

    most_parameters = 1_500

    def init(self, loss: Objective, start: Point, bounds: Bounds | None = None) -> State:
        """Make the state: the radius to trust at first."""
        del loss, bounds
        self.refuse_size(len(start.vector))
        return {"radius": float(self.options["radius"]), "stalled": 0}

    def advance(
        self, loss: Objective, point: Point, state: State, bounds: Bounds | None = None
    ) -> Advance:
        """Go one iteration further; off a saddle, along the lowest curvature."""
        reason = halted(loss, point, bounds)
        if reason and np.any(point.slope(bounds)):
            return Advance(point, state, reason)
        hessian = loss.hessian(point.vector)
        if not np.isfinite(hessian).all():
            return Advance(point, state, no_curvature(loss, point, hessian))
        free = free_of(point, bounds)
        if not free.any():
            return cornered(loss, point, state, bounds)
        parabola = Parabola.of(point.gradient, hessian, free)
        if reason and parabola.curvatures[0] >= -EPS * np.abs(parabola.curvatures).max():
            return Advance(point, state, reason + flat_words(loss, parabola))
        found = descend_within(
            loss,
            point,
            float(state["radius"]),
            lambda radius: parabola.proposal(radius, point, bounds),
            bounds,
        )
        return after(loss, point, state, found, bounds)


def cornered(loss: Objective, point: Point, state: State, bounds: Bounds | None) -> Advance:
    """End where every parameter is at a bound that downhill is beyond, or nearly; then go there."""
    reason = "converged: every parameter is at a bound, and downhill is beyond"
    if bounds is None:
        return Advance(point, state, reason)
    ends = np.where(point.gradient > 0, bounds.low, bounds.high)
    corner = Point.at(loss, np.asarray(ends, dtype=np.float64))
    lower = corner.is_finite and corner.value <= point.value
    return Advance(corner if lower else point, state, reason)


def after(
    loss: Objective, point: Point, state: State, found: Any, bounds: Bounds | None
) -> Advance:
    """Say what steps within a radius came to."""
    if found.point is None:
        reason = settled(loss, point, bounds)
        if not found.settled:
            reason = (
                f"no step lowers the loss {point.value:.6g}, not even one of length "
                f"{found.radius:.1g}, though the gradient is "
                f"{np.linalg.norm(point.slope(bounds)):.3g} long. A kink or a jump is near: start "
                "elsewhere, try 'nelder-mead', or check_gradient"
            )
        return Advance(point, state, reason)
    with np.errstate(all="ignore"):  # where a loss falls for ever, its slopes overflow
        longer = np.linalg.norm(found.point.slope(bounds)) >= np.linalg.norm(point.slope(bounds))
    stalled = int(state["stalled"]) + 1 if found.settled and longer else 0
    if stalled == MOST_STALLED:
        return Advance(point, state, settled(loss, point, bounds))
    return Advance(found.point, {**state, "radius": found.radius, "stalled": stalled})


def no_curvature(loss: Objective, point: Point, hessian: Floats) -> str:
    """Say where a Hessian is not finite."""
    row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(hessian)))
    one, other = loss.packing.elements[row], loss.packing.elements[column]
    return (
        f"the second derivative of the loss by {one} and {other} is {hessian[row, column]} here, "
        f"where the loss is {point.value:.6g}. Start elsewhere, or take 'bfgs', which needs "
        "gradients alone"
    )


def flat_words(loss: Objective, parabola: Parabola) -> str:
    """Say that a minimum is not alone, or not known to be one, where the Hessian is singular."""
    lowest = float(parabola.curvatures[0])
    if lowest > EPS * len(parabola.curvatures) * np.abs(parabola.curvatures).max():
        return ""
    names = np.array(loss.packing.elements)[parabola.free]
    along = names[int(np.argmax(np.abs(parabola.axes[:, 0])))]
    return f"; the Hessian is singular there, and flat mostly along {along}"


@final
class NewtonCG(LineSolver):
    """Solves for Newton's direction by products of the Hessian with vectors, as well as needed."""

    __slots__ = ()

    def init(self, loss: Objective, start: Point, bounds: Bounds | None = None) -> State:
        """Make the state: nothing is remembered."""
        del loss, start, bounds
        return {"stalled": 0}

    def heading(self, loss: Objective, point: Point, state: State, free: Any) -> Heading:
        """Head where the parabola is least; where it has no least, on by the size of its curvature.

        Source: Nocedal & Wright (2006), algorithm 7.1; the size for the curvature as in Dauphin
        et al. (2014), Identifying and attacking the saddle point problem in high-dimensional
        non-convex optimization, NeurIPS 27.
        """
        del state
        product = loss.curvature(point.vector)
        gradient = np.where(free, point.gradient, 0.0)
        found = np.zeros_like(gradient)
        left, direction = gradient.copy(), -gradient
        square = float(left @ left)
        enough = min(0.5, square**0.25) * np.sqrt(square)
        for _ in range(2 * len(gradient)):
            bent = np.where(free, product(direction), 0.0)
            curvature = float(direction @ bent)
            if not curvature > EPS * float(direction @ direction):
                if not found.any():
                    return Heading(-gradient)
                # Stopping short of it, one would head straight down, and zigzag in a valley.
                onward = square / -curvature if curvature < 0 else 0.0
                return Heading(found + onward * direction)
            length = square / curvature
            found = found + length * direction
            left = left + length * bent
            before, square = square, float(left @ left)
            if np.sqrt(square) <= enough:
                break
            direction = -left + square / before * direction
        return Heading(found)


def newton(*, radius: float = 1.0) -> Newton:
    """Make Newton's method with exact Hessians, within a trust region so that it descends.

    radius: how far the first step may go. Saddles are left along their lowest curvature.
    Source: Nocedal & Wright (2006), chapter 4; Moré & Sorensen (1983).

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=newton(radius=0.5))
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return Newton("newton", {"radius": RADIUS.checked("radius", radius)})


def newton_cg() -> NewtonCG:
    """Make Newton's method for many parameters: by Hessian-vector products, no matrix.

    Source: Dembo, Eisenstat & Steihaug (1982), Inexact Newton methods, SIAM Journal on Numerical
    Analysis 19; Nocedal & Wright (2006), algorithm 7.1.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=newton_cg())
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return NewtonCG("newton-cg")
