"""Whether a derivative agrees with differences of values, element by element, and if not, why.

May import `numerical`; it must not know where the derivative and the values come from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from chainrule.calculus.differences import (
    EPS,
    FIRST,
    LEAST,
    Along,
    Estimate,
    power_of_two,
    remembered,
    richardson,
    scale_of,
    spacing,
)
from chainrule.calculus.numerical import TINY, extrapolated_along
from chainrule.calculus.one_sided import CLOSER, VAGUE, Sides, bend, close_to, sides
from chainrule.report import Sentence

__all__ = ["Comparison", "Verdict", "compare", "compare_each", "shown"]


class Verdict(Enum):
    """How a derivative compares with differences of values."""

    AGREES = "agrees"
    DIFFERS = "differs"
    KINK = "kink"  # the slopes on the two sides differ, or one side is outside of the domain
    UNDECIDED = "undecided"  # differences are too rough here to tell, or there is no value


@dataclass(frozen=True, slots=True)
class Comparison:
    """A derivative beside its numerical estimate, at the element that is the most telling.

    place: the index of that element; () for a number. left, right: the slopes on either side,
    where the verdict is a kink. reason: why nothing is decided there, in words. open: at how many
    elements of all nothing is decided: kinks are among them.
    """

    verdict: Verdict
    analytic: float
    numerical: float
    error: float
    place: tuple[int, ...] = ()
    left: float | None = None
    right: float | None = None
    reason: str = ""
    open: int = 0

    @property
    def difference(self) -> float:
        """How far apart the two are, relative to the larger one."""
        apart = abs(self.analytic - self.numerical)
        if not np.isfinite(apart):
            return 0.0 if self.verdict is Verdict.AGREES else float("inf")
        largest = max(abs(self.analytic), abs(self.numerical))
        return apart / largest if largest else 0.0

    @property
    def decided(self) -> bool:
        """Whether differences can tell, here, a right derivative from a wrong one."""
        return self.verdict in (Verdict.AGREES, Verdict.DIFFERS)

    def fields(self) -> dict[str, Any]:
        """Return what sentences say of it, by name."""
        names = ("analytic", "numerical", "error", "left", "right", "reason")
        return {"verdict": self.verdict.value} | {name: getattr(self, name) for name in names}

    def __repr__(self) -> str:
        return (
            f"Comparison({self.verdict.value}: {self.analytic:.10g}, "
            f"numerically {self.numerical:.10g} within {self.error:.0e})"
        )


# A value that is flat but for steps, as floor is, looks like a slope from afar. So many floats on
# either side tell, unless they or those beside the value lie farther apart than the steps are long.
NEIGHBOURS = 8
SPARSE, HUGE = 1 / 16, 1.0
# Down to which steps an estimate has to hold, before a derivative is called wrong.
MOST_LEVELS, FACTOR = 160, 8
# As a part of x: what does not change over it is as flat as one can see.
FLAT = 2.0**-10
NO_ELEMENT = Comparison(Verdict.UNDECIDED, np.nan, np.nan, np.inf, reason="it has no elements")
# The verdicts from the least to the most telling.
ORDER = (Verdict.AGREES, Verdict.UNDECIDED, Verdict.KINK, Verdict.DIFFERS)


def compare(
    along: Along,
    x: Any,
    analytic: Any,
    tolerance: float,
    *,
    rounding: Any = 0.0,
    natural: Any = 0.0,
) -> Comparison:
    """Compare a derivative with differences of the function of x + t at t = 0.

    along: gives a number or an array; analytic: the derivative of each of its elements.
    rounding: of the values, beyond their last bit: what the steps inside lose. natural: how large
    the derivative would be, did no terms of it cancel; beside it, what rounding leaves of 0 is 0.
    Where they disagree, differences are taken once more with smaller steps, then on each side.
    """
    if np.ndim(x) == np.ndim(analytic) == 0:  # the looks share most of their points
        along = remembered(along)
    with np.errstate(all="ignore"):
        slopes, best, good, bent = first_look(along, x, analytic, tolerance, rounding, natural)
        if slopes.size == 0:
            return NO_ELEMENT
        if not good.all():
            best = closer(along, x, best, rounding)
            good = agreeing(slopes, best, tolerance, natural)
        if good.all() and not bent.any():
            place = furthest(slopes, best.value, np.ones(slopes.shape, dtype=bool))
            return agreed(slopes, best, place)
        return judged(along, x, slopes, (best, good, bent, rounding), tolerance).worst()


def first_look(
    along: Along, x: Any, analytic: Any, tolerance: float, rounding: Any, natural: Any
) -> tuple[Any, Estimate, Any, Any]:
    """Return the slopes beside an estimate of them, where they agree with it, and where it bends.

    What agrees and does not bend needs no closer look.
    """
    best = extrapolated_along(along, x)
    slopes = np.asarray(analytic, np.float64)
    slopes = np.broadcast_to(slopes, np.broadcast_shapes(slopes.shape, np.shape(best.value)))
    bent = bend(along, x, rounding) > 0
    return slopes, best, agreeing(slopes, best, tolerance, natural), bent


def compare_each(
    moving: Callable[[Any], Along],
    x: Any,
    analytic: Any,
    tolerance: float,
    *,
    rounding: float = 0.0,
    natural: Any = 0.0,
) -> list[Comparison]:
    """Compare many derivatives at once, each of a number by a number, as `compare` does alone.

    moving: gives the function of x + t for some of the places in x, an array of them; what is clear
    is not looked at again.
    """
    slopes, natural = (
        np.broadcast_to(np.asarray(item, np.float64), np.shape(x)) for item in (analytic, natural)
    )
    along = moving(np.arange(len(x)))
    with np.errstate(all="ignore"):
        slopes, best, good, bent = first_look(along, x, slopes, tolerance, rounding, natural)
        unsure = np.flatnonzero(~good)
        if unsure.size:
            near = closer(moving(unsure), x[unsure], best.among(unsure), rounding)
            best = best.replaced(unsure, near)
            good[unsure] = agreeing(slopes[unsure], near, tolerance, natural[unsure])
        found = [agreed(slopes, best, (place,)) for place in range(len(x))]
        rest = np.flatnonzero(~good | bent)
        if rest.size:
            looked = best.among(rest), good[rest], bent[rest], rounding
            told = judged(moving(rest), x[rest], slopes[rest], looked, tolerance)
            for number, place in enumerate(rest.tolist()):
                found[place] = told.comparison((number,))
    return [replace(comparison, place=()) for comparison in found]


def agreed(slopes: Any, best: Estimate, place: tuple[int, ...]) -> Comparison:
    """Return that one element agrees with its estimate."""
    numbers = float(slopes[place]), at(best.value, place), at(best.error, place)
    return Comparison(Verdict.AGREES, *numbers, place)


def at(values: Any, place: tuple[int, ...]) -> float:
    """Return the element at a place, of what may be one number for all."""
    return float(np.asarray(values)[place if np.ndim(values) else ()])


def agreeing(slopes: Any, found: Estimate, tolerance: float, natural: Any) -> Any:
    """Tell for each element whether a derivative agrees with an estimate that is fit to tell."""
    values, errors = found.value, found.error
    largest = np.maximum(np.abs(slopes), np.abs(values))
    near = np.abs(slopes - values) <= tolerance * largest + 10 * errors
    sure = np.isfinite(largest) & (errors <= VAGUE * largest)
    # A slope of zero is told by an estimate that is nothing but noise; so is what rounding left of
    # terms that cancel.
    noise = np.abs(values) <= 10 * errors
    nothing = (slopes == 0) & noise & (errors <= tolerance)
    left_over = (np.abs(slopes) <= 16 * EPS * natural) & (errors <= tolerance * natural)
    return near & (sure | nothing | (left_over & noise))


def closer(along: Along, x: Any, best: Estimate, rounding: Any) -> Estimate:
    """Look with smaller steps: where these are fit to tell and say otherwise, they are believed."""
    value, error, step = best.value, best.error, best.step
    unsure = error + rounding / step
    scales = [(scale_of(x) * part, True) for part in CLOSER]
    small = close_to(x) < 1
    if np.any(small):
        scales += [(close_to(x) * part, small) for part in CLOSER]
    for scale, another in scales:
        near = richardson(along, scale, finest=spacing(x))
        doubt = near.error + rounding / near.step
        largest = np.fmax(np.abs(near.value), np.abs(value))
        fit = np.isfinite(near.value) & (doubt <= VAGUE * largest)
        otherwise = ~(np.abs(near.value - value) <= 10 * (doubt + unsure))
        take = another & ((fit & otherwise) | (doubt < unsure) | np.isnan(unsure))
        value, error = np.where(take, near.value, value), np.where(take, near.error, error)
        step, unsure = np.where(take, near.step, step), np.where(take, doubt, unsure)
    return Estimate(value, error, step, best.evaluations)


def furthest(slopes: Any, values: Any, among: Any) -> tuple[int, ...]:
    """Return the index of the element that is furthest off, among some."""
    largest = np.maximum(np.abs(slopes), np.abs(values))
    apart = np.abs(slopes - values) / np.where(largest > 0, largest, 1.0)
    apart = np.where(among, np.where(np.isnan(apart), np.inf, apart), -1.0)
    return tuple(int(part) for part in np.unravel_index(int(np.argmax(apart)), slopes.shape))


def judged(
    along: Along, x: Any, slopes: Any, found: tuple[Estimate, Any, Any, Any], tolerance: float
) -> Judged:
    """Say of every element why its derivative does not agree.

    found: the best estimate, where it agrees, where the function bends, and the values' rounding.
    """
    best, good, bent, rounding = found
    # Floats lie apart, so what is called f(x) is f of some number beside x.
    blur = rounding + EPS * np.abs(np.nan_to_num(x * slopes, posinf=0.0, neginf=0.0))
    values, here = np.broadcast_to(best.value, slopes.shape), np.asarray(along(0.0))
    beside = sides(along, x, tolerance, blur)
    errors = best.error + blur / best.step
    largest = np.maximum(np.where(np.isfinite(slopes), np.abs(slopes), 0.0), np.abs(values))
    fit = np.isfinite(values) & (errors <= VAGUE * largest)
    off = ~(np.abs(slopes - values) <= tolerance * largest + 10 * errors)
    off &= fit & ~((slopes == 0) & level(along, x, here, values))
    if off.any():
        off &= ~unfollowed(along, x, here, best.step) & two_sided(along, x, best, blur)
        off &= ~contradicted(along, x, best, largest, rounding)
    unsettled = beside.kinked | (bent & ~beside.smooth)
    kinds = np.select(
        [beside.kinked & (bent | ~good), good & ~unsettled, off & ~unsettled],
        [ORDER.index(kind) for kind in (Verdict.KINK, Verdict.AGREES, Verdict.DIFFERS)],
        ORDER.index(Verdict.UNDECIDED),
    )
    spot = Spot(here, x, best.step, blur, np.broadcast_to(bent, slopes.shape))
    return Judged(kinds, slopes, values, best.error, errors, beside, spot)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of every element. kinds: verdicts, by their place in ORDER.

    error: of the estimates alone; doubt: with what rounding does to them.
    """

    kinds: Any
    slopes: Any
    values: Any
    error: Any
    doubt: Any
    beside: Sides
    spot: Spot

    def worst(self) -> Comparison:
        """Return the most telling element, and at how many nothing is decided."""
        worst = int(self.kinds.max())
        place = furthest(self.slopes, self.values, self.kinds == worst)
        undecided = int(np.sum((self.kinds > 0) & (self.kinds < ORDER.index(Verdict.DIFFERS))))
        return replace(self.comparison(place), open=undecided)

    def comparison(self, place: tuple[int, ...]) -> Comparison:
        """Return what was found of one element."""
        verdict = ORDER[int(self.kinds[place])]
        error = self.error if verdict is Verdict.AGREES else self.doubt
        slope, value = float(self.slopes[place]), float(self.values[place])
        made = verdict, slope, value, at(error, place), place
        undecided = int(verdict in (Verdict.UNDECIDED, Verdict.KINK))
        if verdict is Verdict.KINK:
            sides_there = at(self.beside.left, place), at(self.beside.right, place)
            return Comparison(*made, *sides_there, open=undecided)
        reason = why(slope, value, self.spot.at(place)) if verdict is Verdict.UNDECIDED else ""
        return Comparison(*made, reason=reason, open=undecided)


@dataclass(frozen=True, slots=True)
class Spot:
    """Values, the numbers they are varied by, the steps, what rounding does, where there is a bend.

    Of all elements, or of one.
    """

    value: Any
    x: Any
    step: Any
    blur: Any
    bent: Any

    def at(self, place: tuple[int, ...]) -> Spot:
        """Return one element."""
        value, x, step, blur = (
            at(item, place) for item in (self.value, self.x, self.step, self.blur)
        )
        return Spot(value, x, step, blur, bool(self.bent[place]))


def two_sided(along: Along, x: Any, best: Estimate, blur: Any) -> Any:
    """Tell where each side alone gives the slope that both together do, at the same steps.

    Otherwise there is a bend within reach of these steps, and between x and the bend nothing is
    known.
    """
    scale = fitting(best.step, x) * 2**5 / FIRST
    alike = np.isfinite(best.value)
    for side in (-1, 1):
        alone = richardson(along, scale, side=side, finest=spacing(x))
        doubt = best.error + alone.error + blur / alone.step
        largest = np.maximum(np.abs(alone.value), np.abs(best.value))
        alike &= np.abs(alone.value - best.value) <= VAGUE * largest + 10 * doubt
        alike &= doubt <= 10 * VAGUE * largest
    return alike


def unfollowed(along: Along, x: Any, here: Any, step: Any) -> Any:
    """Tell where neighbouring floats have values as far apart as points a thousand times farther.

    Differences then say nothing, however well they agree with each other.
    """
    finest = np.maximum(spacing(x), power_of_two(0.0))
    step = fitting(step, x)
    near, far = (
        np.fmax(np.abs(along(size) - here), np.abs(along(-size) - here)) for size in (finest, step)
    )
    # What is not much more than rounding says nothing either.
    return (near > 0.01 * far) & (far > 1e-6 * np.abs(here)) & (step > 1000 * finest)


def fitting(step: Any, x: Any) -> Any:
    """Return steps of x's shape: of one number that moves all elements, the largest."""
    return step if np.shape(step) == np.shape(x) else np.max(step)


def level(along: Along, x: Any, here: Any, numerical: Any) -> Any:
    """Tell where nothing speaks against a slope of zero, whatever the value does farther away."""
    near = power_of_two(FLAT * close_to(x))
    flat = (along(near) == here) & (along(-near) == here)
    next_to = NEIGHBOURS * np.maximum(spacing(x), power_of_two(0.0))
    stair = (along(next_to) == here) | (along(-next_to) == here)
    stair &= np.abs(numerical) * next_to >= NEIGHBOURS / 2 * np.spacing(np.abs(here))
    return flat | stair | (spacing(x) >= SPARSE) | (np.spacing(np.abs(here)) >= HUGE)


def contradicted(along: Along, x: Any, best: Estimate, largest: Any, rounding: Any) -> Any:
    """Tell where smaller steps, one after the other, do not give the slope that an estimate claims.

    What swings, steps or bends within reach of the larger steps agrees with itself by chance, or
    because it has the same phase at all of them.
    """
    value, step = best.value, fitting(best.step, x)
    found = np.zeros(np.shape(largest), dtype=bool)
    for _ in range(MOST_LEVELS):
        step = step / FACTOR
        ends = along(step), along(-step)
        most = np.maximum(np.abs(ends[0]), np.abs(ends[1]))
        noise = (2 * EPS * most + rounding + LEAST + EPS * np.abs(x * value)) / step
        tells = (step >= spacing(x)) & (noise <= VAGUE * largest)
        if not np.any(tells):
            break
        slope = (ends[0] - ends[1]) / (2 * step)
        alike = 0.1 * np.maximum(np.abs(slope), np.abs(value)) + 10 * (noise + best.error)
        found |= tells & ~(np.abs(slope - value) <= alike)
    return found


def why(slope: float, numerical: float, spot: Spot) -> str:
    """Say why nothing is decided between a derivative and its estimate."""
    here, apart = abs(spot.value), float(spacing(spot.x))
    lost = LEAST / spot.step
    reasons = (
        (np.isnan(here), "there is no value here: it is nan"),
        (
            np.isinf(here),
            Sentence("the value here is {value:g}: a pole, or an overflow", value=spot.value),
        ),
        (
            not np.isfinite(slope),
            Sentence(
                "the derivative here is {slope:g}, which no difference of values comes up to",
                slope=slope,
            ),
        ),
        (
            not np.isfinite(numerical),
            "the values beside this point are not finite: they overflow, or do not exist",
        ),
        (
            lost > VAGUE * abs(slope) > 0 or 0 < max(abs(slope), here) < TINY / EPS,
            "the values beside this point underflow: they are too close to the smallest float",
        ),
        (
            spot.bent and apart < SPARSE,
            "the slopes on the two sides do not settle: a kink, or an edge of the domain",
        ),
        (
            spot.blur > 10 * EPS * (here + abs(spot.x * slope)),
            "rounding or underflow inside hides so small a change: differences are noise",
        ),
        (
            apart * abs(slope) > 1e-4 * max(here, TINY) or (slope == 0 and apart >= SPARSE),
            Sentence(
                "floats near {x:g} lie {apart:.2g} apart, too far for the values to be followed",
                x=spot.x,
                apart=apart,
            ),
        ),
        (slope == 0, "the value is flat here as far as one can see, or changes in steps"),
        (
            here > 0,
            Sentence("the value, {value:g}, rounds so small a slope away", value=spot.value),
        ),
    )
    return next((words for holds, words in reasons if holds), "differences do not settle")


def shown(number: float, other: float = 0.0) -> Sentence:
    """Write a number with the digits in which it differs from another one, and a few more.

    >>> shown(3.0, 2.0), shown(2.0000001, 2.0)
    ('3.0', '2.0000001')
    """
    for digits in (6, 9, 12):
        written = f"{number:.{digits}g}"
        if written != f"{other:.{digits}g}" and abs(float(written) - number) <= 0.1 * abs(
            number - other
        ):
            whole = ".0" * written.lstrip("-").isdigit()
            return Sentence(f"{{number:.{digits}g}}{whole}", number=number)
    return Sentence("{number!r}", number=float(number))
