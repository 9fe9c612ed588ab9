"""What keeps a column of floats from being fitted: cells that are missing or not finite.

May import NumPy and the language's reading of columns; it must not know of tables or files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.language.columns import MISSING_NAMES, Floats, Raw

__all__ = ["Floats", "Trouble", "trouble"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """How many cells of a column are missing or not finite; where and what the first one is.

    >>> trouble(np.array([1.0, np.inf]), np.array([1.0, np.inf]))
    Trouble(count=1, row=1, word='infinity')
    """

    count: int
    row: int
    word: str


def trouble(floats: Floats, raw: Raw) -> Trouble | None:
    """Find the cells that are missing or not finite; None if there are none.

    >>> trouble(np.array([1.0, 2.0]), np.array([1.0, 2.0])) is None
    True
    """
    with np.errstate(over="ignore", invalid="ignore"):
        # One number instead of a mask of n: a sum is finite only if every cell is.
        if np.isfinite(floats.sum()):
            return None
    bad = np.isfinite(floats)
    np.logical_not(bad, out=bad)
    count = int(np.count_nonzero(bad))
    if count == 0:
        return None
    row = int(np.argmax(bad))
    return Trouble(count, row, _word(floats[row], raw[row]))


def _word(number: np.floating, cell: object) -> str:
    """Name a cell that is missing or not finite, as its own library would."""
    if type(cell).__name__ in MISSING_NAMES or cell is np.ma.masked:
        return "null"
    if np.isnan(number):
        return "NaN"
    if isinstance(cell, float | np.floating) and not np.isfinite(cell):
        return "infinity" if number > 0 else "-infinity"
    return f"{cell!r}, which is infinity to a float64"
