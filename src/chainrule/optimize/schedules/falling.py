"""Learning rates that stay, fall in steps, or fall steadily.

May import `schedule` and the settings; it must not know what descends.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from chainrule.errors import SettingError
from chainrule.optimize.schedules.schedule import Schedule, share
from chainrule.optimize.settings import checked_setting

__all__ = [
    "ConstantLR",
    "ConstantRate",
    "ExponentialLR",
    "InverseTimeLR",
    "LinearLR",
    "MultiStepLR",
    "PolynomialLR",
    "StepLR",
]


@final
@dataclass(frozen=True, slots=True)
class ConstantRate(Schedule):
    """The same rate in every epoch.

    >>> ConstantRate(0.1)(1000)
    0.1
    """

    rate: float

    def at(self, epoch: float) -> float:  # noqa: ARG002 - all schedules are asked alike
        """The rate."""
        return self.rate


@final
@dataclass(frozen=True, slots=True)
class ConstantLR(Schedule):
    """A part of the rate for the first `total_iters` epochs, then all of it.

    >>> schedule = ConstantLR(0.3, factor=0.5, total_iters=2)
    >>> [schedule(epoch) for epoch in range(4)]
    [0.15, 0.15, 0.3, 0.3]
    """

    rate: float
    factor: float = 1 / 3
    total_iters: int = 5

    def at(self, epoch: float) -> float:
        """The rate, times the factor before `total_iters`."""
        return self.rate * (self.factor if epoch < self.total_iters else 1.0)


@final
@dataclass(frozen=True, slots=True)
class StepLR(Schedule):
    """A rate that is multiplied by `gamma` every `step_size` epochs.

    >>> schedule = StepLR(0.5, step_size=2, gamma=0.5)
    >>> [schedule(epoch) for epoch in range(5)]
    [0.5, 0.5, 0.25, 0.25, 0.125]
    """

    rate: float
    step_size: int
    gamma: float = 0.1

    def at(self, epoch: float) -> float:
        """The rate after so many whole steps."""
        return self.rate * math.pow(self.gamma, epoch // self.step_size)


@final
@dataclass(frozen=True, slots=True)
class MultiStepLR(Schedule):
    """A rate that is multiplied by `gamma` at each milestone, twice where it stands there twice.

    >>> schedule = MultiStepLR(0.5, milestones=(1, 4), gamma=0.5)
    >>> [schedule(epoch) for epoch in range(5)]
    [0.5, 0.25, 0.25, 0.25, 0.125]
    """

    rate: float
    milestones: tuple[int, ...]
    gamma: float = 0.1

    def __post_init__(self) -> None:
        """Check the options, and sort the milestones.

        Raises: SettingError that names the setting, its value and the range.
        """
        # Not super(): a dataclass with slots is made anew, and the name in here is the old one.
        Schedule.__post_init__(self)
        if not isinstance(self.milestones, Iterable):
            raise SettingError(
                f"milestones must be several epochs, not {self.milestones!r}. "
                "For instance (30, 80)."
            )
        whole = sorted(checked_setting("milestone", epoch) for epoch in self.milestones)
        object.__setattr__(self, "milestones", tuple(whole))

    def at(self, epoch: float) -> float:
        """The rate after the milestones passed so far."""
        return self.rate * math.pow(self.gamma, bisect_right(self.milestones, epoch))


@final
@dataclass(frozen=True, slots=True)
class ExponentialLR(Schedule):
    """A rate that is multiplied by `gamma` in every epoch.

    >>> ExponentialLR(1.0, gamma=0.5)(3)
    0.125
    """

    rate: float
    gamma: float

    def at(self, epoch: float) -> float:
        """The rate, times gamma to the epoch."""
        return self.rate * math.pow(self.gamma, epoch)


@final
@dataclass(frozen=True, slots=True)
class InverseTimeLR(Schedule):
    """A rate that falls as 1/t: rate / (1 + decay · epoch).

    Slow enough for the steps to go as far as they must, fast enough for noise to average out.
    Source: Robbins & Monro (1951), eq. 26.

    >>> schedule = InverseTimeLR(1.0, decay=1.0)
    >>> [schedule(epoch) for epoch in (0, 1, 3)]
    [1.0, 0.5, 0.25]
    """

    rate: float
    decay: float

    def at(self, epoch: float) -> float:
        """The rate over 1 + decay · epoch."""
        return self.rate / (1 + self.decay * epoch)


@final
@dataclass(frozen=True, slots=True)
class PolynomialLR(Schedule):
    """A rate that falls to 0 over `total_iters` epochs, linearly where `power` is 1.

    >>> schedule = PolynomialLR(1.0, total_iters=4, power=2.0)
    >>> [schedule(epoch) for epoch in range(5)]
    [1.0, 0.5625, 0.25, 0.0625, 0.0]
    """

    rate: float
    total_iters: int = 5
    power: float = 1.0

    def at(self, epoch: float) -> float:
        """The rate, times what is left of the way to the power."""
        return self.rate * math.pow(1 - share(epoch, self.total_iters), self.power)


@final
@dataclass(frozen=True, slots=True)
class LinearLR(Schedule):
    """A rate whose factor goes from `start_factor` to `end_factor` over `total_iters` epochs.

    >>> schedule = LinearLR(1.0, start_factor=0.5, total_iters=4)
    >>> [schedule(epoch) for epoch in range(6)]
    [0.5, 0.625, 0.75, 0.875, 1.0, 1.0]
    """

    rate: float
    start_factor: float = 1 / 3
    end_factor: float = 1.0
    total_iters: int = 5

    def at(self, epoch: float) -> float:
        """The rate, times the factor on the straight line."""
        change = self.end_factor - self.start_factor
        return self.rate * (self.start_factor + change * share(epoch, self.total_iters))
