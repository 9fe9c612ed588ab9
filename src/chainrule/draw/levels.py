"""Where contour lines go: evenly spaced values, or evenly spaced powers for a huge range.

May import NumPy and `errors`; matplotlib only inside a function.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.errors import NotANumber, SettingError
from chainrule.tables.columns import Floats

__all__ = ["Levels", "drawable", "levels_of"]

# Beyond, matplotlib's own arithmetic overflows.
LARGEST = 1e250
# The middle nine tenths of the values, highest above lowest: 23 for a round bowl in a square.
HUGE_RANGE = 30.0
MOST_LINES = 15
LADDERS: tuple[tuple[float, ...], ...] = ((1, 2, 5), (1, 3), (1,))


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Values to draw lines at, rising. is_log: they are evenly spaced powers above the base."""

    values: Floats
    is_log: bool
    base: float


def drawable(heights: Floats) -> Floats:
    """Return heights with NaN for what is not finite or too large to draw."""
    return np.where(np.abs(heights) < LARGEST, heights, np.nan)


def levels_of(
    heights: Floats,
    wanted: int | Sequence[float] | None = None,
    *,
    log: bool | None = None,
    minimum: float | None = None,
    huge: float = HUGE_RANGE,
) -> Levels:
    """Choose the levels of a grid of heights, NaN where there are none.

    wanted: about how many, or the levels themselves. log: None decides by the range of the heights.
    minimum: the least value of all, where it is known; powers are counted from it. huge: how many
    times the low values the high ones are, for the range to decide so.
    Raises: SettingError for levels that do not rise; NotANumber where no height is finite.

    >>> levels_of(np.geomspace(3.0, 1e6, 1000), 8, minimum=0.0).values.tolist()
    [10.0, 100.0, 1000.0, 10000.0, 100000.0, 1000000.0]
    >>> levels_of(np.linspace(0.0, 10.0, 1000), 5).values.tolist()
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    found = heights[np.isfinite(heights)]
    if not found.size:
        raise NotANumber(
            "the function has no finite value in this box, so there is nothing to draw. "
            "Give another box."
        )
    least, highest = float(found.min()), float(found.max())
    base = least if minimum is None else min(least, minimum)
    above = found[found > base] - base
    if log is None:
        low, high = np.quantile(above, (0.05, 0.95)) if above.size else (1.0, 1.0)
        log = bool(high > huge * low)
    if wanted is not None and not isinstance(wanted, int):
        return Levels(given(wanted), log, base)
    count = MOST_LINES if wanted is None else wanted
    if count < 2:
        raise SettingError(f"levels={count} is too few to tell heights by. Give 2 or more.")
    if least == highest:
        return Levels(np.array([least - 0.5, least + 0.5]), is_log=False, base=base)
    if log:
        bottom = max(float(np.quantile(above, 0.005)), 1e-14 * float(above.max()))
        return Levels(powers(bottom, highest - base, count) + base, is_log=True, base=base)
    return Levels(even(found, count), is_log=False, base=base)


def given(wanted: Sequence[float]) -> Floats:
    """Return levels that a user chose.

    Raises: SettingError unless there are two or more, rising.
    """
    values = np.asarray(wanted, dtype=np.float64)
    if values.ndim != 1 or values.size < 2 or not np.all(np.diff(values) > 0):
        raise SettingError(f"levels must be two or more rising numbers, not {wanted!r}.")
    return values


def even(found: Floats, count: int) -> Floats:
    """Return round levels over the heights; those of a pole are left out."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - an extra

    low, high = float(found.min()), float(found.max())
    inner = np.quantile(found, (0.1, 0.9))
    if high - low > HUGE_RANGE * (inner[1] - inner[0]) > 0:
        low, high = (float(end) for end in inner)
    return np.asarray(MaxNLocator(count).tick_values(low, high), dtype=np.float64)


def powers(low: float, high: float, count: int) -> Floats:
    """Return round numbers from low to high, each a like multiple of the one before.

    >>> powers(0.09, 11.0, 20)
    array([ 0.1, 0.2, 0.5, 1. , 2. , 5. , 10. , 20. ])
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for ladder in LADDERS:
        steps = np.array(
            [rung * 10.0**power for power in range(first, last + 1) for rung in ladder]
        )
        kept = steps[np.searchsorted(steps, low) : np.searchsorted(steps, high) + 1]
        if len(kept) <= count:
            return kept if len(kept) > 1 else np.array([low, 10 * high])
    return kept[:: math.ceil(len(kept) / count)]
