"""What the settings of methods and schedules may be: one table, looked at when they are made.

May import the errors; it must not know what a setting is for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from types import MappingProxyType
from typing import Any

import numpy as np

from chainrule.errors import SettingError, closest

__all__ = ["RANGES", "Range", "checked", "checked_choice", "checked_setting", "nearest_first"]


@dataclass(frozen=True, slots=True)
class Range:
    """An interval of numbers, in words where it is not met.

    >>> Range(0.0, 1.0, high_open=True, example=0.9).words
    '0 or more and below 1'
    """

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    whole: bool = False
    example: float = 1.0

    def __contains__(self, number: float) -> bool:
        over = self.low < number if self.low_open else self.low <= number
        under = number < self.high if self.high_open else number <= self.high
        return over and under

    @property
    def words(self) -> str:
        """The interval as a condition: 'positive and finite', '0 or more and below 1'."""
        bounds = []
        if self.low_open and self.low == 0:
            bounds.append("positive")
        elif self.low > -math.inf:
            bounds.append(f"above {self.low:g}" if self.low_open else f"{self.low:g} or more")
        if self.high < math.inf:
            bounds.append(f"below {self.high:g}" if self.high_open else f"at most {self.high:g}")
        elif self.high_open and not self.whole:
            bounds.append("finite")
        return " and ".join(bounds)

    def checked(self, name: str, value: object) -> float:
        """Return the value as a float, or as an int where whole numbers are asked for.

        Raises: SettingError that names the setting, its value and the range.

        >>> Range(0.0, 1.0, high_open=True, example=0.9).checked("alpha", 1)
        Traceback (most recent call last):
        chainrule.errors.SettingError: alpha must be 0 or more and below 1, not 1. For instance 0.9.
        """
        number = _as_float(value)
        fractional = self.whole and not (math.isfinite(number) and number == int(number))
        if number not in self or fractional:
            kind = "a whole number, " if self.whole else ""
            raise SettingError(
                f"{name} must be {kind}{self.words}, not {_shown(value)}. "
                f"For instance {self.example:g}."
            )
        # Through int where it can be: a float has no room for the last digits of a large one.
        return int(value) if self.whole else number  # type: ignore[call-overload]


def _as_float(value: object) -> float:
    """The value as a float; NaN, which no range holds, for what is no number."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _shown(value: object) -> str:
    """A value as a message quotes it: NumPy's floats as plain ones, and no more than a line."""
    try:
        text = repr(value.item() if isinstance(value, np.generic) else value)
    except ValueError:
        # Python writes no integer of more than some thousand digits.
        text = "a number too long to write"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _share(example: float) -> Range:
    return Range(0.0, 1.0, high_open=True, example=example)


def _from_zero(example: float) -> Range:
    return Range(0.0, high_open=True, example=example)


def _positive(example: float) -> Range:
    return Range(0.0, low_open=True, high_open=True, example=example)


def _count(example: float) -> Range:
    return Range(1.0, high_open=True, whole=True, example=example)


# A name means the same in every method and schedule that has it.
RANGES: Mapping[str, Range] = MappingProxyType(
    {
        # Methods. Zero is a rate: schedules end there.
        "rate": _from_zero(0.01),
        "betas[0]": _share(0.9),
        "betas[1]": _share(0.999),
        "alpha": _share(0.99),
        # Momentum 1 loses nothing and never comes to rest, which is worth a look; beyond it, a
        # flat landscape is left at a growing speed.
        "momentum": Range(0.0, 1.0, example=0.9),
        "dampening": Range(0.0, 1.0, example=0.0),
        "eps": _from_zero(1e-8),
        "lr_decay": _from_zero(0.01),
        "momentum_decay": _from_zero(0.004),
        "weight_decay": _from_zero(0.01),
        "initial_accumulator_value": _from_zero(0.1),
        "clip_value": _positive(1.0),
        "max_norm": _positive(1.0),
        "norm_type": Range(1.0, example=2.0),
        # Schedules.
        "T_0": _count(10),
        "T_max": _count(100),
        "T_mult": _count(2),
        "decay": _from_zero(0.01),
        "div_factor": Range(1.0, high_open=True, example=25.0),
        "end_factor": _from_zero(1.0),
        "epoch": _from_zero(0),
        "eta_min": _from_zero(0.0),
        "factor": _from_zero(0.5),
        "final_div_factor": Range(1.0, high_open=True, example=1e4),
        "gamma": _positive(0.1),
        "max_lr": _from_zero(0.1),
        "milestone": _count(30),
        "pct_start": Range(0.0, 1.0, example=0.3),
        "power": _positive(1.0),
        "start_factor": _from_zero(0.1),
        "step_size": _count(30),
        "total_iters": Range(0.0, high_open=True, whole=True, example=5),
        "total_steps": _count(100),
    }
)


def checked_setting(name: str, value: object) -> Any:
    """Return the value of a setting that `RANGES` knows, as a float or an int.

    Raises: SettingError that names the setting, its value and the range.

    >>> checked_setting("rate", -0.1)
    Traceback (most recent call last):
    chainrule.errors.SettingError: rate must be 0 or more and finite, not -0.1. For instance 0.01.
    """
    return RANGES[name].checked(name, value)


def checked(**options: object) -> dict[str, Any]:
    """Return the options of a method: numbers in their ranges, `betas` as a pair, flags as bools.

    Raises: SettingError that names the first that cannot be.

    >>> checked(betas=[1, 0.9], amsgrad=True)
    Traceback (most recent call last):
    chainrule.errors.SettingError: betas[0] must be 0 or more and below 1, not 1. For instance 0.9.
    """
    return {name: _option(name, value) for name, value in options.items()}


def _option(name: str, value: object) -> Any:
    if name in RANGES:
        return checked_setting(name, value)
    if name == "betas":
        if not isinstance(value, Sequence | np.ndarray) or len(value) != 2:
            raise SettingError(
                f"betas must be two numbers, 0 or more and below 1, not {_shown(value)}. "
                "For instance (0.9, 0.999)."
            )
        return tuple(checked_setting(f"betas[{place}]", beta) for place, beta in enumerate(value))
    if not isinstance(value, bool | np.bool_):
        raise SettingError(f"{name} must be True or False, not {_shown(value)}.")
    return bool(value)


def checked_choice(name: str, value: object, choices: Sequence[str]) -> str:
    """Return one of several words.

    Raises: SettingError that lists them, the closest first.

    >>> checked_choice("anneal_strategy", "line", ["cos", "linear"])
    Traceback (most recent call last):
    chainrule.errors.SettingError: anneal_strategy must be 'linear' or 'cos', not 'line'. ...
    """
    if isinstance(value, str) and value in choices:
        return value
    ordered = nearest_first(value, choices) if isinstance(value, str) else list(choices)
    hint = closest(value, choices) if isinstance(value, str) else ""
    *others, last = map(repr, ordered)
    raise SettingError(f"{name} must be {', '.join(others)} or {last}, not {_shown(value)}.{hint}")


def nearest_first(word: str, words: Sequence[str]) -> list[str]:
    """Sort words by how much they resemble one, ties in their own order.

    >>> nearest_first("adamm", ["lion", "nadam", "adam"])
    ['adam', 'nadam', 'lion']
    """
    wanted = word.casefold()
    return sorted(words, key=lambda other: -_likeness(wanted, other.casefold()))


def _likeness(one: str, other: str) -> float:
    # Loading difflib costs milliseconds, and only a mistake needs it.
    from difflib import SequenceMatcher  # noqa: PLC0415

    return SequenceMatcher(None, one, other).ratio()
