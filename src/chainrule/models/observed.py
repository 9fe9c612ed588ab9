"""What a model keeps of the data that it was fitted to: how far each column reaches.

May import NumPy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.tables.columns import Floats

__all__ = ["Extent", "Observed", "observed"]


@dataclass(frozen=True, slots=True)
class Extent:
    """The least, the mean and the largest value of a column."""

    least: float
    mean: float
    most: float


@dataclass(frozen=True, slots=True)
class Observed:
    """How many rows a model has seen, the reach of each column and of the target.

    deviation: the target's standard deviation, in its unit.
    """

    n_rows: int
    columns: tuple[Extent, ...]
    target: Extent
    deviation: float


def observed(columns: Sequence[Floats], target: Floats) -> Observed:
    """Look through columns and a target, each of shape (n,).

    >>> observed([np.array([1.0, 3.0])], np.array([0.0, 4.0])).target
    Extent(least=0.0, mean=2.0, most=4.0)
    """
    wide = target.astype(np.float64, copy=False)
    reached = reach(wide)
    peak = max(abs(reached.least), abs(reached.most)) or 1.0
    deviation = float(np.std(wide / peak)) * peak if reached.least < reached.most else 0.0
    return Observed(len(target), tuple(map(reach, columns)), reached, deviation)


def reach(column: Floats) -> Extent:
    """Return the reach of a column."""
    least, most = float(column.min()), float(column.max())
    # Divided before they are added: the sum of the largest floats overflows.
    peak = max(abs(least), abs(most)) or 1.0
    mean = float(np.mean(column / peak, dtype=np.float64)) * peak
    return Extent(least, min(max(mean, least), most), most)
