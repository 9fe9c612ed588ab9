"""Differences of a function along a line: the formulas of numerical differentiation.

`along(t)` is the function at x + t, where t is a number or an array of steps, one an element. May
import NumPy alone; it must not know what is differentiated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "EPS",
    "LEAST",
    "Along",
    "Estimate",
    "central",
    "complex_step",
    "extrapolated",
    "forward",
    "power_of_two",
    "remembered",
    "richardson",
    "scale_of",
    "spacing",
    "step_for",
]

Along = Callable[[Any], Any]

EPS = float(np.finfo(np.float64).eps)
LEAST = float(np.finfo(np.float64).smallest_subnormal)  # what is lost where values underflow
# Below any rounding of x, and its square below any derivative; Squire & Trapp (1998) use the same.
COMPLEX_STEP = 1e-20
ROWS = 10  # of the tableau of extrapolation; rounding takes over before the tenth
FIRST = 0.125  # its first step, as a part of the scale of x
SMALLEST = 2.0**-1000
MOST_SHRINKING = 8


@dataclass(frozen=True, slots=True)
class Estimate:
    """A derivative by differences: its value, how far off it may be, and what it took.

    error: None where the formula has no estimate of its own.
    """

    value: Any
    error: Any
    step: Any
    evaluations: int

    def among(self, places: Any) -> Estimate:
        """Return the estimate of some elements."""
        value, error, step = map(np.asarray, (self.value, self.error, self.step))
        return Estimate(value[places], error[places], step[places], self.evaluations)

    def replaced(self, places: Any, other: Estimate) -> Estimate:
        """Return the estimate with other ones at some elements."""
        value, error, step = map(np.array, (self.value, self.error, self.step))
        value[places], error[places], step[places] = other.value, other.error, other.step
        return Estimate(value, error, step, self.evaluations)


def remembered(along: Along) -> Along:
    """Return the same function, which looks up what it was asked for before."""
    known: dict[bytes, Any] = {}

    def recalled(t: Any) -> Any:
        key = np.asarray(t, np.float64).tobytes()
        if key not in known:
            known[key] = along(t)
        return known[key]

    return recalled


def scale_of(x: Any) -> Any:
    """Return over what distance a function of x is taken to change: |x|, but at least 1.

    Source: Dennis & Schnabel (1983), Numerical Methods for Unconstrained Optimization, section 5.4.
    """
    return np.maximum(np.abs(x), 1.0)


def power_of_two(step: Any) -> Any:
    """Return the power of 2 at or below a step, so that adding it to x rounds nothing away."""
    return np.exp2(np.floor(np.log2(np.maximum(step, SMALLEST))))


def step_for(method: str, x: Any) -> Any:
    """Return the step at which truncation and rounding balance, for a function of usual size.

    Rounding costs eps/h; truncation h (forward) or h*h (central). Source: Press et al. (2007),
    Numerical Recipes, 3rd edition, section 5.7.
    """
    if method == "complex":
        return COMPLEX_STEP
    return power_of_two((EPS ** (1 / 2 if method == "forward" else 1 / 3)) * scale_of(x))


def forward(along: Along, step: Any) -> Estimate:
    """Return (f(x + h) - f(x)) / h; off by about h*f''/2, and by eps*f/h through rounding."""
    return Estimate((along(step) - along(0.0)) / step, None, step, 2)


def central(along: Along, step: Any) -> Estimate:
    """Return (f(x + h) - f(x - h)) / 2h; off by about h*h*f'''/6, and by eps*f/h."""
    return Estimate((along(step) - along(-step)) / (2 * step), None, step, 2)


def complex_step(along: Along, step: Any) -> Estimate:
    """Return Im f(x + ih) / h, which subtracts nothing, so that h can be as small as one likes.

    Only for functions that are analytic and compute with complex numbers.
    Source: Squire & Trapp (1998), Using complex variables to estimate derivatives of real
    functions, SIAM Review 40.
    """
    return Estimate(np.imag(along(1j * step)) / step, None, step, 1)


def spacing(x: Any) -> Any:
    """Return how far apart floats lie at x; at 0 nothing is too close."""
    return np.where(np.asarray(x) == 0, 0.0, np.spacing(np.abs(x)))


def extrapolated(
    slope: Callable[[Any], tuple[Any, Any]], start: Any, order: int, finest: Any
) -> tuple[Any, Any, Any]:
    """Return the limit of a slope for h to 0, how far off it may be, and the h it took.

    slope: of a step h, with what rounding does to it; off by a series in h**order. finest: the
    smallest step that x can be moved by. Each row halves the step; of the tableau's entries the one
    that differs least from its neighbours, with what rounding costs at its step, is taken.
    Source: Ridders (1982), Accurate computation of F'(x) and F'(x) F''(x), Advances in Engineering
    Software 4; Press et al. (2007), Numerical Recipes, 3rd edition, section 5.7.
    """
    best: Any = None
    error: Any = None
    taken: Any = None
    above: list[Any] = []
    for row in range(ROWS):
        step = start * 0.5**row
        first, rough = slope(step)
        entries = [np.asarray(first)]
        for column, upper in enumerate(above):
            factor = 2.0 ** (order * (column + 1))
            entry = entries[column] + (entries[column] - upper) / (factor - 1)
            apart = np.maximum(np.abs(entry - entries[column]), np.abs(entry - upper)) + rough
            apart = np.where(np.isfinite(apart) & (step >= finest), apart, np.inf)
            if error is None:
                best, error, taken = entry, apart, np.broadcast_to(step, apart.shape)
            else:
                taken = np.where(apart < error, step, taken)
                best, error = np.where(apart < error, entry, best), np.minimum(apart, error)
            entries.append(entry)
        above = entries
    return best, error, taken


def richardson(along: Along, scale: Any, *, side: int = 0, finest: Any = 0.0) -> Estimate:
    """Return the derivative extrapolated from central differences, with an estimate of its error.

    scale: the distance over which the function changes. side: 1 or -1 uses only points on that
    side of x. finest: how far apart floats lie at x. The first step shrinks until the function is
    finite around x. Values are taken to be right to their last bit, and to the smallest float.
    """
    start = np.asarray(power_of_two(FIRST * np.asarray(scale, dtype=np.float64)))
    with np.errstate(all="ignore"):
        here = np.asarray(along(0.0))
        evaluations = 1
        for _ in range(MOST_SHRINKING):
            near = along(side * start) if side else along(start) + along(-start)
            evaluations += 1 if side else 2
            bad = ~np.isfinite(near) & np.isfinite(here)
            if not bad.any():
                break
            closer = np.maximum(start / 16, finest)
            start = np.where(bad, closer, start) if start.shape == bad.shape else closer

        def slope(h: Any) -> tuple[Any, Any]:
            ends = (along(side * h), here) if side else (along(h), along(-h))
            width = side * h if side else 2 * h
            rounding = EPS * np.maximum(np.abs(ends[0]), np.abs(ends[1])) + LEAST
            return (ends[0] - ends[1]) / width, rounding / h + LEAST

        value, error, step = extrapolated(slope, start, 1 if side else 2, finest)
        value = np.where(np.isfinite(here), value, np.nan)
    evaluations += ROWS * (1 if side else 2)
    return Estimate(value, error, step, evaluations)
