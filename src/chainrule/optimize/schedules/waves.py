"""Learning rates along a cosine: down once, down again and again, up and down.

May import `schedule` and the settings; it must not know what descends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import final

from chainrule.errors import SettingError
from chainrule.optimize.schedules.schedule import Schedule
from chainrule.optimize.settings import checked_choice

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts", "OneCycleLR"]


@final
@dataclass(frozen=True, slots=True)
class CosineAnnealingLR(Schedule):
    """A rate that swings as a cosine, down to `eta_min` at epoch `T_max`, and up again after it.

    Source: Loshchilov & Hutter (2017), eq. 5, without restarts.

    >>> schedule = CosineAnnealingLR(1.0, T_max=2)
    >>> [schedule(epoch) for epoch in range(5)]
    [1.0, 0.5, 0.0, 0.5, 1.0]
    """

    rate: float
    T_max: int
    eta_min: float = 0.0

    def at(self, epoch: float) -> float:
        """The rate on the cosine."""
        # The remainder first: the cosine of a large argument has lost digits of its phase.
        return _cosine(self.rate, self.eta_min, (epoch % (2 * self.T_max)) / self.T_max)


@final
@dataclass(frozen=True, slots=True)
class CosineAnnealingWarmRestarts(Schedule):
    """A rate that falls as a cosine from `rate` to `eta_min`, again and again.

    The first fall takes `T_0` epochs, each one after it `T_mult` times the one before.
    Source: Loshchilov & Hutter (2017), eq. 5.

    >>> schedule = CosineAnnealingWarmRestarts(1.0, T_0=2, T_mult=2)
    >>> [round(schedule(epoch), 3) for epoch in range(7)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """

    rate: float
    T_0: int
    T_mult: int = 1
    eta_min: float = 0.0

    def at(self, epoch: float) -> float:
        """The rate on the cosine since the last restart."""
        length = self.T_0
        if self.T_mult == 1:
            epoch %= length
        while epoch >= length:
            epoch -= length
            length *= self.T_mult
        return _cosine(self.rate, self.eta_min, epoch / length)


@final
@dataclass(frozen=True, slots=True)
class OneCycleLR(Schedule):
    """A rate that rises from max_lr / `div_factor` to `max_lr` and falls to next to nothing.

    It rises over the share `pct_start` of `total_steps` epochs and ends at the first rate over
    `final_div_factor`; with `three_phase` it falls to the first rate as fast as it rose, then on to
    the last. `anneal_strategy` is "cos" or "linear". After its last step the rate stays.
    Source: Smith & Topin (2018), arXiv:1708.07120, section 3.

    >>> schedule = OneCycleLR(1.0, total_steps=5, pct_start=0.6, anneal_strategy="linear")
    >>> [round(schedule(epoch), 6) for epoch in range(6)]
    [0.04, 0.52, 1.0, 0.500002, 4e-06, 4e-06]
    """

    max_lr: float
    total_steps: int
    pct_start: float = 0.3
    anneal_strategy: str = "cos"
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    three_phase: bool = False

    def __post_init__(self) -> None:
        """Check the options.

        Raises: SettingError that names the setting, its value and the range.
        """
        Schedule.__post_init__(self)
        checked_choice("anneal_strategy", self.anneal_strategy, ("cos", "linear"))
        if not isinstance(self.three_phase, bool):
            raise SettingError(f"three_phase must be True or False, not {self.three_phase!r}.")
        if self.three_phase and self.pct_start > 0.5:
            raise SettingError(
                f"pct_start must be at most 0.5 with three_phase, not {self.pct_start!r}: "
                "the rate falls for as long as it rose. For instance 0.3."
            )

    def at(self, epoch: float) -> float:
        """The rate on the way between the two corners around an epoch."""
        first = self.max_lr / self.div_factor
        last = self.total_steps - 1
        top = self.pct_start * self.total_steps - 1
        corners = [(0.0, first), (top, self.max_lr), (last, first / self.final_div_factor)]
        if self.three_phase:
            corners.insert(2, (2 * top, first))
        for (begin, high), (end, low) in pairwise(corners):
            if epoch <= end and begin < end:
                part = (epoch - begin) / (end - begin)
                if self.anneal_strategy == "cos":
                    return _cosine(high, low, part)
                return high + (low - high) * part
        return corners[-1][1]


def _cosine(high: float, low: float, share: float) -> float:
    """The way from one rate (share 0) to another (share 1), slow at both ends."""
    return low + (high - low) * (1 + math.cos(math.pi * share)) / 2
