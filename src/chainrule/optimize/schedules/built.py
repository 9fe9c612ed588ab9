"""Learning rates built from what the caller brings: another schedule, or a function.

May import `schedule`, the constant rate and the settings; it must not know what descends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any, final

from chainrule.errors import SettingError
from chainrule.optimize.schedules.falling import ConstantRate
from chainrule.optimize.schedules.schedule import Schedule, share
from chainrule.optimize.settings import checked_setting

__all__ = ["LambdaLR", "WarmUp", "as_schedule"]


@final
@dataclass(frozen=True, slots=True)
class WarmUp(Schedule):
    """A schedule that begins after `total_iters` epochs, in which the rate rises to its first one.

    PyTorch says it with a `LinearLR` and the schedule in a `SequentialLR`.
    Source: Goyal et al. (2017), arXiv:1706.02677, section 2.2.

    >>> from chainrule.optimize.schedules import StepLR
    >>> schedule = WarmUp(StepLR(1.0, step_size=2, gamma=0.5), total_iters=2, start_factor=0.5)
    >>> [schedule(epoch) for epoch in range(6)]
    [0.5, 0.75, 1.0, 1.0, 0.5, 0.5]
    """

    schedule: Schedule
    total_iters: int = 5
    start_factor: float = 1 / 3

    def __post_init__(self) -> None:
        """Check the options; a number stands for a constant rate.

        Raises: SettingError that names the setting, its value and the range.
        """
        Schedule.__post_init__(self)
        object.__setattr__(self, "schedule", as_schedule(self.schedule))
        if isinstance(self.schedule, WarmUp):
            raise SettingError(
                f"{self.schedule!r} is warmed up already.\n"
                "  Give WarmUp the schedule within, and one total_iters for both."
            )

    def at(self, epoch: float) -> float:
        """The rate on the straight line, then that of the schedule, whose epochs start there."""
        if epoch >= self.total_iters:
            return self.schedule(epoch - self.total_iters)
        done = share(epoch, self.total_iters)
        return self.schedule(0) * (self.start_factor + (1 - self.start_factor) * done)


@final
@dataclass(frozen=True, slots=True)
class LambdaLR(Schedule):
    """The rate times a function of the epoch that is yours; it cannot be saved.

    >>> LambdaLR(0.5, lambda epoch: 1 / (1 + epoch))(4)
    0.1
    """

    rate: float
    lr_lambda: Callable[[float], float]

    def __post_init__(self) -> None:
        """Check the options.

        Raises: SettingError that names the setting, its value and the range.
        """
        Schedule.__post_init__(self)
        if not callable(self.lr_lambda):
            raise SettingError(
                f"lr_lambda must be a function of the epoch, not {self.lr_lambda!r}. "
                "For instance lambda epoch: 0.95**epoch."
            )

    def at(self, epoch: float) -> float:
        """The rate, times what the function says.

        Raises: SettingError where it says a negative number, NaN, or no number.
        """
        factor: float = checked_setting("factor", self.lr_lambda(epoch))
        return self.rate * factor

    def to_state(self) -> dict[str, Any]:
        """Refuse: a function is code, and a file of ours holds none.

        Raises: SettingError.
        """
        raise SettingError(
            f"{self!r} cannot be saved: it calls a function, and no code is saved.\n"
            "  Use a schedule with a name, or go on with the same function given again."
        )


def as_schedule(rate: object) -> Schedule:
    """Return a schedule as it is, or a number as a constant rate.

    Raises: SettingError for what is neither.

    >>> as_schedule(0.1)
    ConstantRate(rate=0.1)
    """
    if isinstance(rate, Schedule):
        return rate
    if isinstance(rate, Real):
        return ConstantRate(checked_setting("rate", rate))
    hint = "LambdaLR(0.1, function)" if callable(rate) else "StepLR(0.1, step_size=30)"
    raise SettingError(
        f"the rate must be a number or a schedule, not {rate!r}. For instance {hint}."
    )
