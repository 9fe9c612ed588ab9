"""Line searches: how far to go along a direction, from a few looks at the loss.

May import points and bounds; it must not know where directions come from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.tables.columns import Floats

__all__ = ["Line", "Search", "Trial", "backtracking", "strong_wolfe"]

ENOUGH = 1e-4  # of the decrease that the slope promises: Nocedal & Wright (2006), page 33
FLATTER = 0.9  # the slope that may be left, for quasi-Newton directions: the same, page 34
MOST_DOUBLINGS = 60
MOST_HALVINGS = 60
MOST_ZOOMS = 40
# Below so much of the loss (or of 1), a change is looked at for being rounding: a reverse sweep.
DOUBTFUL = 1e-9


class Trial(NamedTuple):
    """A place along a line: how far, the point, what the loss changes by, and its slope there.

    change: infinite where the loss or its gradient is not finite. linear: what the slope at the
    start makes of the change.
    """

    length: float
    point: Point
    change: float
    slope: float
    linear: float


class Search(NamedTuple):
    """What a line search came to: the trial taken, or None; and why there is no going on."""

    trial: Trial | None
    evaluations: int
    reason: str = ""


@dataclass(slots=True)
class Line:
    """The loss from a point along a direction (n,), within bounds along the bent projected path.

    Where a change of the loss is within its rounding, the mean of the slopes at both ends stands
    for it, which cancels nothing. Source: Hager & Zhang (2005), A new conjugate gradient method
    with guaranteed descent and an efficient line search, SIAM Journal on Optimization 16, section
    4.1, the approximate Wolfe conditions.
    """

    loss: Objective
    start: Point
    direction: Floats
    bounds: Bounds | None = None
    evaluations: int = 0
    rounding: float | None = None

    @property
    def slope(self) -> float:
        """The slope of the loss at the start, along the direction."""
        return float(self.start.gradient @ self.direction)

    @property
    def origin(self) -> Trial:
        """The start as a trial."""
        return Trial(0.0, self.start, 0.0, self.slope, 0.0)

    def at(self, length: float) -> Trial:
        """Look at the loss so many directions away."""
        with np.errstate(all="ignore"):
            vector = self.start.vector + length * self.direction
            if self.bounds is not None:
                vector = self.bounds.clip(vector)
            self.evaluations += 1
            point = Point.at(self.loss, vector)
            if not point.is_finite:
                return Trial(length, point, math.inf, math.nan, math.nan)
            step = vector - self.start.vector
            linear = float(self.start.gradient @ step)
            return Trial(
                length,
                point,
                self._change(point, step),
                float(point.gradient @ self.direction),
                linear,
            )

    def _change(self, point: Point, step: Floats) -> float:
        change = point.value - self.start.value
        if self.rounding is None and abs(change) <= DOUBTFUL * (1 + abs(self.start.value)):
            self.rounding = rounding_at(self.loss, self.start.vector)
        if self.rounding is not None and abs(change) <= self.rounding:
            return float((self.start.gradient + point.gradient) @ step) / 2
        return change

    def is_below_rounding(self, trial: Trial) -> bool:
        """Tell whether the loss at a trial cannot be told from that at the start."""
        change = abs(trial.point.value - self.start.value)
        return self.rounding is not None and change <= self.rounding


def rounding_at(loss: Objective, vector: Floats) -> float:
    """Return the rounding of the loss, of both values that a difference has."""
    found = 2 * loss.rounding(vector)
    return found if math.isfinite(found) else 0.0


def backtracking(
    line: Line, first: float = 1.0, *, shrink: float = 0.5, enough: float = ENOUGH
) -> Search:
    """Shorten a step until the loss falls by enough of what the slope promises (Armijo's rule).

    shrink: by what a step is multiplied at the least; a parabola or cubic through what is known
    says whether by more. Cost: at most 60 gradients, nearly always one or two.
    Source: Nocedal & Wright (2006), algorithm 3.1 and page 58.

    >>> from chainrule.optimize.problem.dense import DenseObjective
    >>> from chainrule import expression
    >>> loss = DenseObjective(expression("x") ** 2, {"x": 1.0})
    >>> line = Line(loss, Point.at(loss, np.ones(1)), np.array([-8.0]))
    >>> backtracking(line).trial.point.vector
    array([0.])
    """
    if not line.slope < 0:
        return Search(None, 0, no_descent(line))
    length = first
    origin = line.origin
    for _ in range(MOST_HALVINGS):
        trial = line.at(length)
        if is_lower(trial, enough):
            return Search(trial, line.evaluations)
        if np.array_equal(trial.point.vector, line.start.vector):
            break
        length = between(origin, trial, low=0.1 * length, high=shrink * length)
    return Search(None, line.evaluations, found_nothing(line, first, length))


def strong_wolfe(
    line: Line,
    first: float = 1.0,
    *,
    enough: float = ENOUGH,
    flatter: float = FLATTER,
    most: float = math.inf,
) -> Search:
    """Find a step after which the loss is lower by enough, and the slope flatter by enough.

    enough, flatter: the constants c1 < c2 of both conditions. most: the longest step there may be,
    no shorter than the first. Where no step meets the second condition, the lowest that meets the
    first is taken. A loss that is NaN or infinite counts as high.
    Cost: at most 100 gradients, nearly always one to three.
    Source: Nocedal & Wright (2006), algorithms 3.5 and 3.6, with cubic interpolation (3.59).

    >>> from chainrule.optimize.problem.dense import DenseObjective
    >>> from chainrule import expression
    >>> loss = DenseObjective(expression("x") ** 4, {"x": 1.0})
    >>> line = Line(loss, Point.at(loss, np.ones(1)), np.array([-4.0]))
    >>> found = strong_wolfe(line, flatter=0.1)
    >>> found.trial.change < 0, abs(found.trial.slope) <= 0.1 * 16
    (True, True)
    """
    if not line.slope < 0:
        return Search(None, 0, no_descent(line))
    last, length = line.origin, first
    for count in range(MOST_DOUBLINGS):
        trial = line.at(length)
        if not is_lower(trial, enough) or (count and trial.change >= last.change):
            return zoomed(line, last, trial, first, enough, flatter)
        if abs(trial.slope) <= -flatter * line.slope:
            return Search(trial, line.evaluations)
        if trial.slope >= 0:
            return zoomed(line, trial, last, first, enough, flatter)
        if length >= most:
            return Search(trial, line.evaluations)
        last, length = trial, min(2 * length, most)
    return Search(last, line.evaluations, found_no_floor(line, last))


def zoomed(
    line: Line, low: Trial, high: Trial, first: float, enough: float, flatter: float
) -> Search:
    """Narrow an interval with a step of both conditions in it; `low` is the lower of its ends."""
    smallest = 0.0
    for _ in range(MOST_ZOOMS):
        width = high.length - low.length
        ends = sorted((low.length + 0.1 * width, high.length - 0.1 * width))
        trial = line.at(between(low, high, low=ends[0], high=ends[1]))
        smallest = min(smallest, trial.length) if smallest else trial.length
        if not is_lower(trial, enough) or trial.change >= low.change:
            high = trial
        else:
            if abs(trial.slope) <= -flatter * line.slope:
                return Search(trial, line.evaluations)
            if trial.slope * width >= 0:
                high = low
            low = trial
        if np.array_equal(low.point.vector, high.point.vector):
            break
    if low.length > 0:
        return Search(low, line.evaluations)
    return Search(None, line.evaluations, found_nothing(line, first, smallest))


def is_lower(trial: Trial, enough: float) -> bool:
    """Tell whether the loss falls by enough of what the slope promises."""
    return trial.linear < 0 and trial.change <= enough * trial.linear


def between(one: Trial, other: Trial, *, low: float, high: float) -> float:
    """Return where the cubic through two trials is least, or the middle, kept within an interval.

    Source: Nocedal & Wright (2006), equation 3.59.
    """
    middle = (low + high) / 2
    gap = other.length - one.length
    if not (math.isfinite(one.change) and math.isfinite(other.change) and gap):
        return middle
    tilt = one.slope + other.slope - 3 * (other.change - one.change) / gap
    square = tilt * tilt - one.slope * other.slope
    if not 0 <= square < math.inf:
        return middle
    root = math.copysign(math.sqrt(square), gap)
    below = other.slope - one.slope + 2 * root
    if below == 0:
        return middle
    found = other.length - gap * (other.slope + root - tilt) / below
    return min(max(found, low), high) if math.isfinite(found) else middle


def no_descent(line: Line) -> str:
    """Say that a direction does not lead down."""
    return (
        f"no descent direction: along it, the loss has slope {line.slope:.3g}, where the gradient "
        f"is {np.linalg.norm(line.start.gradient):.3g} long"
    )


def found_no_floor(line: Line, last: Trial) -> str:
    """Say that the loss falls along a line for as far as one looks."""
    return (
        f"the loss falls without end: from {line.start.value:.6g} to {last.point.value:.6g} within "
        f"{last.length * float(np.linalg.norm(line.direction)):.3g} along a line, and on. It seems "
        "to have no minimum there: give bounds, or look at its sign"
    )


def found_nothing(line: Line, first: float, last: float) -> str:
    """Say that no step along a line was lower."""
    reach = float(np.linalg.norm(line.direction))
    return (
        f"the line search found no lower point: the loss {line.start.value:.6g} has slope "
        f"{line.slope:.3g} along the direction, but steps of length {first * reach:.3g} down to "
        f"{last * reach:.3g} did not lower it enough. A kink or a jump is near, or the gradient "
        "is lost in rounding: start elsewhere, try 'nelder-mead', or check_gradient"
    )
