"""Slopes on the two sides of a point: where they differ there is a kink, a jump or an edge.

May import the differences; it must not know what is differentiated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.calculus.differences import (
    EPS,
    LEAST,
    Along,
    power_of_two,
    richardson,
    spacing,
)

__all__ = ["BEND_EVALUATIONS", "CLOSER", "VAGUE", "Sides", "bend", "close_to", "sides"]

# Scales of a closer look, as parts of the first: for what is close to a kink or a pole.
CLOSER = (2.0**-8, 2.0**-16, 2.0**-24, 2.0**-32, 2.0**-40)
# An estimate this far off, relative to what it estimates, decides nothing.
VAGUE = 1e-2
# A step at which a bend shows, and one 16 times as small at which only a kink still does.
SMALL, SMALLER = 2.0**-26, 2.0**-30
BEND_EVALUATIONS = 5
# A step so small that only a jump changes the value, and the nearest floats to see it there.
JUMP = 2.0**-40
NEIGHBOURS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Sides:
    """The slopes on the two sides, element by element.

    kinked: they surely differ. smooth: they surely agree. Neither: they could not be told. A jump
    counts as an infinite slope, what lies outside of the domain as NaN.
    """

    left: Any
    right: Any
    kinked: Any
    smooth: Any


def close_to(x: Any) -> Any:
    """Return the distance over which to look beside x: relative, but for 0."""
    return np.where(np.asarray(x) == 0, 1.0, np.abs(x))


def bend(along: Along, x: Any, rounding: Any = 0.0) -> Any:
    """Return how far apart simple differences on the two sides are; 0 where they are to meet.

    They meet where a step 16 times as small brings them closer together by half, at least. At the
    edge of a domain they are infinitely far apart. rounding: of the values, beyond their last bit.
    """
    with np.errstate(all="ignore"):
        here = np.asarray(along(0.0))
        gaps, largest = [], []
        for part in (SMALL, SMALLER):
            step = power_of_two(part * close_to(x))
            ends = along(step), along(-step)
            right, left = (ends[0] - here) / step, (here - ends[1]) / step
            most = np.maximum(np.abs(here), np.fmax(np.abs(ends[0]), np.abs(ends[1])))
            noise = 100 * (EPS * most + rounding + LEAST) / step
            gap = np.abs(right - left)
            gap = np.where(np.isnan(left) != np.isnan(right), np.inf, gap)
            gaps.append(gap)
            largest.append(1e-3 * np.fmax(np.abs(left), np.abs(right)) + noise)
        stays = (gaps[1] == np.inf) | (gaps[1] >= 0.5 * gaps[0])
        apart = (gaps[0] > largest[0]) & (gaps[1] > largest[1]) | (gaps[1] == np.inf)
        return np.where(np.isfinite(here) & stays & apart, gaps[1], 0.0)


def sides(along: Along, x: Any, tolerance: float, rounding: Any = 0.0) -> Sides:
    """Return the slopes on the left and on the right of every element, and what they tell.

    From the closest steps outwards: the first that are fit to tell decide. rounding: of the values,
    beyond their last bit.
    """
    with np.errstate(all="ignore"):
        here = np.asarray(along(0.0))
        left, right, jumps = jumps_at(along, x, here, rounding)
        kinked, pending = jumps, np.isfinite(here) & ~jumps
        smooth = np.zeros_like(pending)
        for part in (*reversed(CLOSER), 1.0):
            if not pending.any():
                break
            low, high = (
                richardson(along, close_to(x) * part, side=side, finest=spacing(x))
                for side in (-1, 1)
            )
            error = low.error + high.error + rounding / low.step + rounding / high.step
            largest = np.fmax(np.abs(low.value), np.abs(high.value))
            edge = pending & (np.isnan(low.value) != np.isnan(high.value))
            fit = pending & ~edge & (error <= VAGUE * largest)
            apart = np.abs(low.value - high.value) > tolerance * largest + 10 * error
            told = edge | fit
            left, right = np.where(told, low.value, left), np.where(told, high.value, right)
            kinked, smooth = kinked | edge | (fit & apart), smooth | (fit & ~apart)
            pending = pending & ~told
    return Sides(left, right, kinked, smooth)


def jumps_at(along: Along, x: Any, here: Any, rounding: Any) -> tuple[Any, Any, Any]:
    """Return the slopes on both sides where the value jumps on one of them, and where it does.

    What jumps has changed as much at the very next float as a little further on; what is merely
    steep, or changes faster than floats follow each other, has not.
    """
    near = power_of_two(JUMP * close_to(x))
    finest = np.where(spacing(x) > 0, spacing(x), power_of_two(0.0))
    slopes, found = [], np.zeros(here.shape, dtype=bool)
    for side in (-1, 1):
        far = np.asarray(along(side * near))
        high = np.abs(far - here) > 1e-4 * np.fmax(np.abs(far), np.abs(here)) + 100 * rounding
        for count in NEIGHBOURS:
            beside = np.asarray(along(side * count * finest))
            high = high & (np.abs(far - beside) <= 1e-3 * np.abs(far - here))
        rise = side * (far - here)
        slopes.append(np.where(high, np.copysign(np.inf, rise), rise / near))
        found = found | (high & np.isfinite(here))
    return slopes[0], slopes[1], found
