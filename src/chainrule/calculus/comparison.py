"""Whether a derivative agrees with differences of values, element by element, and if not, why.

May import `numerical`; it must not know where the derivative and the values come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from chainrule.calculus.differences import EPS, Along, richardson, scale_of
from chainrule.calculus.numerical import TINY, derivative_along

__all__ = ["Comparison", "Verdict", "compare", "shown"]

# Scales of the second look, as parts of the first: for what is close to a kink or a pole.
CLOSER = (2.0**-10, 2.0**-20, 2.0**-30)
# An estimate this far off, relative to what it estimates, decides nothing.
VAGUE = 1e-2
# A step so small that only a jump changes the value, and one at which a bend still shows.
JUMP = 2.0**-40
SMALL = 2.0**-26


class Verdict(Enum):
    """How a derivative compares with differences of values."""

    AGREES = "agrees"
    DIFFERS = "differs"
    KINK = "kink"  # the slopes on the two sides differ, or one side is outside of the domain
    UNDECIDED = "undecided"  # differences are too rough here to tell


@dataclass(frozen=True, slots=True)
class Comparison:
    """A derivative beside its numerical estimate, at the element where they differ most.

    place: the index of that element; () for a number. left, right: the slopes on either side,
    where the verdict is a kink.
    """

    verdict: Verdict
    analytic: float
    numerical: float
    error: float
    place: tuple[int, ...] = ()
    left: float | None = None
    right: float | None = None

    @property
    def difference(self) -> float:
        """How far apart the two are, relative to the larger one."""
        apart = abs(self.analytic - self.numerical)
        if not np.isfinite(apart):
            return 0.0 if self.verdict is Verdict.AGREES else float("inf")
        largest = max(abs(self.analytic), abs(self.numerical))
        return apart / largest if largest else 0.0


def compare(
    along: Along, x: Any, analytic: Any, tolerance: float, *, look_for_kinks: bool = False
) -> Comparison:
    """Compare a derivative with differences of the function of x + t at t = 0.

    along: gives a number or an array; analytic: the derivative of each of its elements.
    look_for_kinks: report one even where the derivative agrees, as at the middle of abs.
    Where they disagree, differences are taken once more with smaller steps, then on each side.
    """
    with np.errstate(all="ignore"):
        first = derivative_along(along, x, "richardson")
        slopes = np.asarray(analytic, dtype=np.float64)
        slopes, values = np.broadcast_arrays(slopes, np.asarray(first.value))
        if slopes.size == 0:
            return Comparison(Verdict.AGREES, 0.0, 0.0, 0.0)
        errors = np.broadcast_to(np.asarray(first.error), slopes.shape)
        good = agreeing(slopes, values, errors, tolerance)
        if not good.all():
            for part in CLOSER:
                near = richardson(along, scale_of(x) * part)
                also = agreeing(slopes, near.value, near.error, tolerance)
                values = np.where(also & ~good, near.value, values)
                errors = np.where(also & ~good, near.error, errors)
                good = good | also
        place = worst_place(slopes, values, good)
        found = (float(slopes[place]), float(values[place]), float(errors[place]))
        if good.all():
            kink = kinked(along, x, tolerance) if look_for_kinks else None
            if kink is None:
                return Comparison(Verdict.AGREES, *found, place)
            place, left, right = kink
            found = (float(slopes[place]), float(values[place]), float(errors[place]))
            return Comparison(Verdict.KINK, *found, place, left, right)
        return judged(along, x, found, place, tolerance)


def agreeing(slopes: Any, values: Any, errors: Any, tolerance: float) -> Any:
    """Tell for each element whether a derivative agrees with an estimate that is fit to tell."""
    largest = np.maximum(np.abs(slopes), np.abs(values))
    sure = np.isfinite(largest) & (errors <= VAGUE * largest + TINY)
    near = np.abs(slopes - values) <= tolerance * largest + 10 * errors + TINY
    # A slope of zero is told by an estimate that is nothing but noise.
    nothing = (slopes == 0) & (np.abs(values) <= 10 * errors) & (errors <= tolerance)
    return (near & sure) | nothing | (slopes == values)


def worst_place(slopes: Any, values: Any, good: Any) -> tuple[int, ...]:
    """Return the index of the element that is furthest off, of those that do not agree first."""
    largest = np.maximum(np.abs(slopes), np.abs(values))
    apart = np.abs(slopes - values) / np.where(largest > 0, largest, 1.0)
    apart = np.where(np.isnan(apart), np.inf, apart) + np.where(good, 0.0, 4.0)
    return tuple(int(part) for part in np.unravel_index(int(np.argmax(apart)), slopes.shape))


def judged(
    along: Along,
    x: Any,
    found: tuple[float, float, float],
    place: tuple[int, ...],
    tolerance: float,
) -> Comparison:
    """Say why a derivative does not agree, from the slopes on the two sides."""
    analytic, value, error = found
    left, right = sides(along, x, place, tolerance)
    if left is not None:
        return Comparison(Verdict.KINK, analytic, value, error, place, left, right)
    largest = max(abs(analytic) if np.isfinite(analytic) else 0.0, abs(value))
    if not np.isfinite(value) or not error <= VAGUE * largest:
        return Comparison(Verdict.UNDECIDED, analytic, value, error, place)
    return Comparison(Verdict.DIFFERS, analytic, value, error, place)


def close_to(x: Any) -> Any:
    """Return the distance over which to look beside x: relative, but for 0."""
    return np.where(np.asarray(x) == 0, 1.0, np.abs(x))


def sides(
    along: Along, x: Any, place: tuple[int, ...], tolerance: float
) -> tuple[float, float] | tuple[None, None]:
    """Return the slopes on the left and on the right of an element, where they surely differ.

    A jump counts as an infinite slope, what lies outside of the domain as NaN.
    """

    def element(made: Any) -> float:
        return float(np.asarray(made)[place if np.shape(made) else ()])

    here = element(along(0.0))
    if not np.isfinite(here):
        return None, None
    near = JUMP * close_to(x)
    jumps = [here - element(along(-near)), element(along(near)) - here]
    large = [abs(jump) > 1e-4 * max(1.0, abs(here)) for jump in jumps]
    if any(large):
        left, right = [
            float(np.copysign(np.inf, jump)) if high else jump / element(near)
            for jump, high in zip(jumps, large, strict=True)
        ]
        return left, right
    # From the closest steps outwards: the first that are fit to tell decide.
    for part in (*reversed(CLOSER), 1.0):
        made = [richardson(along, close_to(x) * part, side=side) for side in (-1, 1)]
        left, right = [element(item.value) for item in made]
        if np.isnan(left) != np.isnan(right):
            return left, right
        error = sum(element(item.error) for item in made)
        largest = max(abs(left), abs(right))
        if error <= VAGUE * largest:
            different = abs(left - right) > tolerance * largest + 10 * error
            return (left, right) if different else (None, None)
    return None, None


def kinked(along: Along, x: Any, tolerance: float) -> tuple[tuple[int, ...], float, float] | None:
    """Return the first element with a kink, and the slopes on its sides.

    Elements are picked by one small difference on each side; what looks like a kink is then
    measured.
    """
    step = SMALL * close_to(x)
    here = np.asarray(along(0.0))
    right, left = (along(step) - here) / step, (here - along(-step)) / step
    largest = np.maximum(np.abs(left), np.abs(right))
    off = np.abs(right - left) > 1e-3 * largest + 100 * EPS * np.abs(here) / step
    for place in np.argwhere(np.isfinite(here) & (off | (np.isnan(left) != np.isnan(right))))[:1]:
        index = tuple(int(part) for part in place)
        low, high = sides(along, x, index, tolerance)
        if low is not None and high is not None:
            return index, low, high
    return None


def shown(number: float, other: float = 0.0) -> str:
    """Write a number with the digits in which it differs from another one, and a few more.

    >>> shown(3.0, 2.0), shown(2.0000001, 2.0)
    ('3.0', '2.0000001')
    """
    for digits in (6, 9, 12):
        written = f"{number:.{digits}g}"
        if written != f"{other:.{digits}g}" and abs(float(written) - number) <= 0.1 * abs(
            number - other
        ):
            return written if not written.lstrip("-").isdigit() else f"{written}.0"
    return repr(float(number))
