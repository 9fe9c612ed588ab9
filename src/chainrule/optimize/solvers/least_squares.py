"""Gauss-Newton and Levenberg-Marquardt, for losses that are sums or means of squares.

May import residuals and the trust region; it must not know what the residuals are of.
"""

from __future__ import annotations

from typing import Any, NamedTuple, final

import numpy as np

from chainrule.optimize.methods.method import State
from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.problem.reduced import reduced
from chainrule.optimize.problem.residuals import residuals_of
from chainrule.optimize.settings import Range
from chainrule.optimize.solvers.along import Heading, LineSolver, free_of, halted
from chainrule.optimize.solvers.newton import after, cornered
from chainrule.optimize.solvers.solver import Advance, Solver
from chainrule.optimize.solvers.trust_region import (
    Proposal,
    along_the_edge,
    descend_within,
    least_within,
)
from chainrule.tables.columns import Floats

__all__ = ["gauss_newton", "levenberg_marquardt"]

FACTOR = Range(0.0, low_open=True, high_open=True, example=1.0)


@final
class GaussNewton(LineSolver):
    """Goes where the squares would be least if the residuals were straight."""

    __slots__ = ()

    most_parameters = 1_500

    def flatter(self) -> float | None:
        """Backtrack: the step of 1 is the one to take."""
        return None

    def init(self, loss: Objective, start: Point, bounds: Bounds | None = None) -> State:
        """Find the residuals, and make the state: nothing is remembered."""
        del bounds
        self.refuse_size(len(start.vector))
        residuals_of(loss)
        return {"stalled": 0}

    def heading(self, loss: Objective, point: Point, state: State, free: Any) -> Heading:
        """Head for the least squares of what is straight; the shortest way where many are.

        Source: Nocedal & Wright (2006), section 10.3.
        """
        del state
        direction = np.full_like(point.vector, np.nan)
        found = reduced(residuals_of(loss), point.vector)
        if found is not None:
            direction[:] = 0.0
            direction[free] = -np.linalg.lstsq(found[0][:, free], found[1])[0]
        return Heading(direction)


class Squares(NamedTuple):
    """The sum of squares with straight residuals, in scaled steps, along its main axes.

    jacobian, residuals: or what stands for them, see `reduced`.
    """

    jacobian: Floats
    residuals: Floats
    scale: Floats
    free: Any
    curvatures: Floats
    slopes: Floats
    axes: Floats

    @classmethod
    def of(cls, jacobian: Floats, residuals: Floats, scale: Floats, free: Any) -> Squares:
        """Find the main axes of a Jacobian (m, n) with its columns scaled, by singular values."""
        scaled = jacobian[:, free] / scale[free]
        _, lengths, axes = np.linalg.svd(scaled, full_matrices=False)
        slopes = 2 * (axes @ (scaled.T @ residuals))
        return cls(jacobian, residuals, scale, free, 2 * lengths**2, slopes, axes)

    def change(self, step: Floats) -> float:
        """Return what a step changes the sum of squares by, were the residuals straight."""
        moved = self.jacobian @ step
        return float(moved @ (2 * self.residuals + moved))

    def proposal(self, radius: float, point: Point, bounds: Bounds | None) -> Proposal:
        """Return the best step within a radius, in scaled lengths; within bounds, cut at them."""
        step = np.zeros_like(self.scale)
        found = self.axes.T @ least_within(self.curvatures, self.slopes, radius)
        step[self.free] = found / self.scale[self.free]
        if bounds is not None:
            step = along_the_edge(
                step, point, bounds, self.free, lambda *kept: self.best_among(radius, *kept)
            )
            step = min(step, self.downhill(radius, point, bounds), key=self.change)
        return Proposal(step, self.change(step), float(np.linalg.norm(self.scale * step)))

    def best_among(self, radius: float, step: Floats, free: Any) -> Floats | None:
        """Return the best elements of a step among some, within what a radius has left."""
        used = self.scale * step
        left = radius * radius - float(used @ used)
        if left <= 0:
            return None
        moved = self.residuals + self.jacobian @ step
        among = Squares.of(self.jacobian, moved, self.scale, free)
        found = least_within(among.curvatures, among.slopes, float(np.sqrt(left)))
        return np.asarray(among.axes.T @ found / self.scale[free])

    def downhill(self, radius: float, point: Point, bounds: Bounds) -> Floats:
        """Return a step along the projected gradient that lowers the squares, if straight."""
        tilted = point.gradient / self.scale**2
        length = radius / max(float(np.linalg.norm(self.scale * tilted)), 1e-300)
        step = np.zeros_like(tilted)
        for _ in range(60):
            step = bounds.clip(point.vector - length * tilted) - point.vector
            if self.change(step) <= 1e-2 * float(point.gradient @ step):
                break
            length /= 2
        return step


@final
class LevenbergMarquardt(Solver):
    """Gauss-Newton within a trusted radius, measured in units that the residuals give."""

    __slots__ = ()

    most_parameters = 1_500

    def init(self, loss: Objective, start: Point, bounds: Bounds | None = None) -> State:
        """Find the residuals, and make the state: the radius, and the scale of each parameter."""
        del bounds
        self.refuse_size(len(start.vector))
        found = reduced(residuals_of(loss), start.vector)
        scale = np.zeros(len(start.vector)) if found is None else np.linalg.norm(found[0], axis=0)
        length = float(np.linalg.norm(scale * start.vector))
        return {"radius": self.options["factor"] * (length or 1.0), "scale": scale, "stalled": 0}

    def advance(
        self, loss: Objective, point: Point, state: State, bounds: Bounds | None = None
    ) -> Advance:
        """Go one iteration further."""
        reason = halted(loss, point, bounds)
        if reason:
            return Advance(point, state, reason)
        found = reduced(residuals_of(loss), point.vector)
        if found is None:
            return Advance(
                point,
                state,
                f"a residual, or a slope of one, is not finite where the loss is {point.value:.6g},"
                " for instance at the root of a weight. Start elsewhere, or take 'bfgs'",
            )
        jacobian, values = found
        scale = np.maximum(state["scale"], np.linalg.norm(jacobian, axis=0))
        # A parameter that has moved no residual yet is measured as it is.
        units = np.where(scale > 0, scale, 1.0)
        free = free_of(point, bounds)
        if not free.any():
            return cornered(loss, point, state, bounds)
        model = Squares.of(jacobian, values, units, free)
        reached = descend_within(
            loss,
            point,
            float(state["radius"]),
            lambda radius: model.proposal(radius, point, bounds),
            bounds,
        )
        return after(loss, point, {**state, "scale": scale}, reached, bounds)


def gauss_newton() -> GaussNewton:
    """Make the method of Gauss and Newton for sums of squares, with a line search.

    The residuals are found in the formula, their Jacobian is exact.
    Source: Nocedal & Wright (2006), section 10.3.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=gauss_newton())
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return GaussNewton("gauss-newton")


def levenberg_marquardt(*, factor: float = 1.0) -> LevenbergMarquardt:
    """Make the method of Levenberg and Marquardt for sums of squares, as Moré has it.

    factor: the first radius, as a multiple of the scaled start. The residuals are found in the
    formula, their Jacobian is exact.
    Source: Moré (1978), The Levenberg-Marquardt algorithm: implementation and theory, Lecture Notes
    in Mathematics 630; Nocedal & Wright (2006), section 10.3.

    >>> from chainrule import expression, minimize
    >>> x = expression("x")
    >>> run = minimize((x - 2) ** 2, {"x": 0.0}, method=levenberg_marquardt(factor=0.1))
    >>> round(run.best.parameters["x"], 6)
    2.0
    """
    return LevenbergMarquardt("levenberg-marquardt", {"factor": FACTOR.checked("factor", factor)})
