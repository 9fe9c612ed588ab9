"""What a constant rate does where the curvature is known: limits, the best rate, epochs needed.

May import the curvatures; it must not know how it is told in words, nor what the loss is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.calculus.settings import checked_tolerance
from chainrule.optimize.curvature.spectrum import Spectrum, length
from chainrule.optimize.settings import Range
from chainrule.tables.columns import Floats

__all__ = ["DescentDynamics", "checked_rate"]

POSITIVE = Range(0.0, low_open=True, high_open=True, example=0.01)


@dataclass(frozen=True, slots=True, eq=False)
class DescentDynamics:
    """What gradient descent with a constant rate does at a point, from the loss's curvature.

    at: the parameters. along_gradient: the curvature g'Hg / g'g, NaN where the gradient is 0.
    smallest, largest: the extreme curvatures, eigenvalues of the Hessian H. exact: whether all its
    eigenvalues were found, or these two, by Lanczos. steepest: the direction of the largest.
    quadratic: whether H is the same everywhere, so that all this holds from any start; proven:
    whether the formula says so, or numbers at two points. auto: the rate that learning_rate="auto"
    takes; reason: why.
    Source: Nocedal & Wright (2006), Numerical Optimization, section 3.3; Goodfellow, Bengio &
    Courville (2016), Deep Learning, section 4.3.1.

    >>> from chainrule import expression
    >>> from chainrule.optimize.curvature.stability import learning_rate_report
    >>> x, y = expression("x"), expression("y")
    >>> report = learning_rate_report(x**2 + 2 * y**2, {"x": 3.0, "y": 1.0})
    >>> report.stable_limit, report.best_rate, report.condition_number, report.steepest
    (0.5, 0.333..., 2.0, 'y')
    """

    at: dict[str, Any]
    loss: float
    gradient_norm: float
    along_gradient: float
    smallest: float
    largest: float
    steepest: str
    flattest: str
    exact: bool
    quadratic: bool
    proven: bool
    auto: float
    reason: str
    _spectrum: Spectrum = field(repr=False)
    _weights: Floats = field(repr=False)  # the gradient along each eigenvector

    @property
    def stable_limit(self) -> float:
        """Two divided by the largest curvature: beyond it, descent diverges; inf where none is up.

        >>> from chainrule import expression
        >>> from chainrule.optimize.curvature.stability import learning_rate_report
        >>> learning_rate_report(3 * expression("x") ** 2, {"x": 1.0}).stable_limit
        0.333...
        """
        return 2 / self.largest if self.largest > self._spectrum.rounding else math.inf

    @property
    def flat(self) -> bool:
        """Whether the curvature of some direction is 0, to rounding, and that of none below.

        >>> from chainrule import expression
        >>> from chainrule.optimize.curvature.stability import learning_rate_report
        >>> m, b = expression("m"), expression("b")
        >>> learning_rate_report((m - b) ** 2, {"m": 1.0, "b": 0.0}).flat
        True
        """
        return abs(self.smallest) <= self._spectrum.rounding

    @property
    def convex(self) -> bool:
        """Whether no direction curves downwards here.

        >>> from chainrule import expression
        >>> from chainrule.optimize.curvature.stability import learning_rate_report
        >>> learning_rate_report(expression("x") ** 3, {"x": -1.0}).convex
        False
        """
        return self.smallest >= -self._spectrum.rounding

    @property
    def _least(self) -> float:
        """The smallest curvature upwards, NaN where it is unknown or there is none."""
        upwards = self._spectrum.values[self._spectrum.values > self._spectrum.rounding]
        known = self.exact or not self.flat
        return float(upwards[0]) if len(upwards) and known else math.nan

    @property
    def best_rate(self) -> float | None:
        """Two divided by the sum of the extreme curvatures: the fastest constant rate.

        Directions without curvature, in which nothing moves, do not count. None where some
        direction curves downwards, or none upwards.

        >>> from chainrule import expression
        >>> from chainrule.optimize.curvature.stability import learning_rate_report
        >>> learning_rate_report(3 * expression("x") ** 2, {"x": 1.0}).best_rate
        0.166...
        """
        best = 2 / (self._least + self.largest) if self.convex else math.nan
        return None if math.isnan(best) else best

    @property
    def condition_number(self) -> float:
        """The largest curvature divided by the smallest; inf where that is 0, NaN where below.

        >>> from chainrule import expression
        >>> from chainrule.optimize.curvature.stability import learning_rate_report
        >>> x, y = expression("x"), expression("y")
        >>> learning_rate_report(x**2 + 100 * y**2, {"x": 1.0, "y": 1.0}).condition_number
        100.0
        """
        if not self.convex:
            return math.nan
        return math.inf if self.flat else self.largest / self.smallest

    @property
    def bottomless(self) -> bool:
        """Whether the loss falls forever: quadratic, and somewhere downhill without curving up.

        >>> from chainrule import expression
        >>> from chainrule.optimize.curvature.stability import learning_rate_report
        >>> learning_rate_report(expression("x") * 3, {"x": 1.0}).bottomless
        True
        """
        if not self.quadratic:
            return False
        if not self.convex:
            return True
        flat = np.abs(self._spectrum.values) <= self._spectrum.rounding
        drift = length(self._weights[flat])
        return self.exact and drift > 1e-9 * self.gradient_norm

    def curvature_along(self, direction: Floats) -> float:
        """Return the curvature in a direction (n,); NaN for no direction, or by Lanczos.

        >>> from chainrule import expression
        >>> from chainrule.optimize.curvature.stability import learning_rate_report
        >>> x, y = expression("x"), expression("y")
        >>> report = learning_rate_report(x**2 + 3 * y**2, {"x": 1.0, "y": 1.0})
        >>> report.curvature_along(np.array([1.0, 1.0]))
        4.0
        """
        size = length(direction)
        if not self.exact or not 0 < size < math.inf:
            return math.nan
        return float(self._spectrum.values @ (self._spectrum.vectors.T @ (direction / size)) ** 2)

    def behaviour(self, rate: float) -> str:
        """Say in a word what a rate does: "converging", "oscillating" or "diverging".

        Beyond half of the stable limit steps overshoot along the steepest direction, each time
        less; beyond the limit each time more.
        Raises: SettingError unless the rate is a positive number.

        >>> from chainrule import expression
        >>> from chainrule.optimize.curvature.stability import learning_rate_report
        >>> report = learning_rate_report(expression("x") ** 2, {"x": 1.0})
        >>> [report.behaviour(rate) for rate in (0.3, 0.9, 1.1)]
        ['converging', 'oscillating', 'diverging']
        """
        rate = checked_rate(rate)
        if rate > self.stable_limit or self.bottomless:
            return "diverging"
        return "oscillating" if rate > self.stable_limit / 2 else "converging"

    def epochs(self, rate: float | None = None, tolerance: float = 1e-6) -> int | None:
        """Return how many epochs bring the gradient's norm down to a part `tolerance` of it.

        rate: otherwise `auto`. Exact for a quadratic loss whose eigenvalues are all known; with the
        two extreme ones, an upper bound. Of another loss: if its curvature stayed what it is here.
        None where the gradient does not come down at this rate, or the smallest curvature is
        unknown.
        Raises: SettingError for a rate that is not positive, or a tolerance not between 0 and 1.

        >>> from chainrule import expression
        >>> from chainrule.optimize.curvature.stability import learning_rate_report
        >>> learning_rate_report(expression("x") ** 2, {"x": 8.0}).epochs(0.25, tolerance=0.125)
        3
        """
        rate = self.auto if rate is None else checked_rate(rate)
        tolerance = checked_tolerance(tolerance)
        if self.gradient_norm == 0:
            return 0
        if not self.exact:
            kept = max(abs(1 - rate * self.largest), abs(1 - rate * self.smallest))
            if self.flat or not self.convex or kept >= 1:
                return None
            return epochs_for(np.array([kept]), np.ones(1), tolerance)
        moved = np.abs(self._weights) > 1e-12 * self.gradient_norm
        kept = np.abs(1 - rate * self._spectrum.values)[moved]
        flat = np.abs(self._spectrum.values)[moved] <= self._spectrum.rounding
        if np.any(kept >= 1) or np.any(flat):
            return None
        return epochs_for(kept, self._weights[moved] / self.gradient_norm, tolerance)


def epochs_for(kept: Floats, weights: Floats, tolerance: float) -> int:
    """Return the least k for which the weights, times the factors kept k times, are short enough.

    Shapes: (n,), (n,). The factors lie in [0, 1); the weights have length 1.
    """

    def length(epochs: int) -> float:
        return float(np.linalg.norm(weights * kept**epochs))

    worst = float(kept.max())
    high = 1 if worst == 0 else max(1, math.ceil(math.log(tolerance) / math.log(worst)) + 1)
    low = 0
    while low < high:
        middle = (low + high) // 2
        if length(middle) <= tolerance * (1 + 1e-12):  # a power comes out within rounding
            high = middle
        else:
            low = middle + 1
    return low


def checked_rate(rate: Any) -> float:
    """Return a learning rate as a float.

    Raises: SettingError unless it is a positive number.
    """
    return POSITIVE.checked("a learning rate", rate)
