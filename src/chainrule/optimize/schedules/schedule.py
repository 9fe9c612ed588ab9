"""What a schedule is: a learning rate for each epoch, as a value.

May import the settings and the errors; it must not know any particular schedule.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any

from chainrule.errors import SettingError
from chainrule.optimize.settings import RANGES, checked_setting

__all__ = ["Schedule", "share"]


@dataclass(frozen=True, slots=True)
class Schedule(ABC):
    """A learning rate for each epoch, counted from 0; immutable, equal where its options are.

    A schedule of your own is a dataclass with a method `at`, or a `LambdaLR`.
    """

    def __post_init__(self) -> None:
        """Check what the table of settings knows, and keep it as floats and ints.

        Raises: SettingError that names the setting, its value and the range.
        """
        for setting in fields(self):
            if setting.name in RANGES:
                value = checked_setting(setting.name, getattr(self, setting.name))
                object.__setattr__(self, setting.name, value)

    def __call__(self, epoch: float) -> float:
        """Return the rate of an epoch.

        Raises: SettingError for an epoch below 0, or so far on that the rate is too large to write.
        """
        number = checked_setting("epoch", epoch)
        try:
            rate = self.at(number)
        except OverflowError:
            rate = math.inf
        if rate == math.inf:
            raise SettingError(
                f"{self!r} has grown beyond every float by epoch {epoch!r}.\n"
                "  Take fewer epochs, or a gamma nearer to 1."
            )
        return rate

    @abstractmethod
    def at(self, epoch: float) -> float:
        """The rate of an epoch that has been checked."""

    def to_state(self) -> dict[str, Any]:
        """Return name and options as JSON can hold them; `schedule_from_state` reads them back.

        >>> from chainrule.optimize.schedules import StepLR
        >>> StepLR(0.1, step_size=30).to_state()
        {'name': 'StepLR', 'rate': 0.1, 'step_size': 30, 'gamma': 0.1}
        """
        values = {setting.name: getattr(self, setting.name) for setting in fields(self)}
        return {"name": type(self).__name__} | {
            name: _plain(value) for name, value in values.items()
        }


def _plain(value: Any) -> Any:
    if isinstance(value, Schedule):
        return value.to_state()
    return list(value) if isinstance(value, tuple) else value


def share(epoch: float, total: int) -> float:
    """How much of the way is behind, from 0 to 1; all of it where there is none."""
    return min(epoch / total, 1.0) if total > 0 else 1.0
