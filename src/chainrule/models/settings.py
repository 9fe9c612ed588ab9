"""The settings of a fit, checked when it begins and not before.

May import NumPy and `errors`; it must not know which model they belong to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import TypeAlias

import numpy as np

from chainrule.data.column import Floats
from chainrule.errors import SettingError, ValueTypeError, closest

__all__ = [
    "RandomState",
    "checked_choice",
    "checked_epochs",
    "checked_rate",
    "start",
]

RandomState: TypeAlias = "int | np.random.Generator | np.random.RandomState | None"


def checked_rate(rate: object) -> float | None:
    """Return a learning rate as a float, or None where it is left to the fit.

    Raises: ValueTypeError for what is no number; SettingError unless it is positive and finite.

    >>> checked_rate(-0.1)
    Traceback (most recent call last):
    chainrule.errors.SettingError: learning_rate must be positive and finite, not -0.1.
      For instance 0.01; or leave it out, and one that is stable is chosen.
    """
    if rate is None:
        return None
    hint = "For instance 0.01; or leave it out, and one that is stable is chosen."
    if isinstance(rate, bool | np.bool_) or not isinstance(rate, Real):
        raise ValueTypeError(f"learning_rate must be a number, not {rate!r}.\n  {hint}")
    number = float(rate)
    if not math.isfinite(number) or number <= 0:
        raise SettingError(f"learning_rate must be positive and finite, not {rate!r}.\n  {hint}")
    return number


def checked_epochs(n_epochs: object) -> int | None:
    """Return a number of epochs as an int, or None where it is left to the fit; 1e3 is 1000.

    Raises: ValueTypeError for what is no number; SettingError unless it is whole and positive.

    >>> checked_epochs(2.5)
    Traceback (most recent call last):
    chainrule.errors.SettingError: n_epochs must be a whole number from 1, not 2.5.
      For instance 1000; or leave it out together with learning_rate, and the fit converges.
    """
    if n_epochs is None:
        return None
    hint = "For instance 1000; or leave it out together with learning_rate, and the fit converges."
    if isinstance(n_epochs, bool) or not isinstance(
        n_epochs, int | np.integer | float | np.floating
    ):
        raise ValueTypeError(f"n_epochs must be a whole number, not {n_epochs!r}.\n  {hint}")
    if not math.isfinite(n_epochs) or n_epochs < 1 or n_epochs != int(n_epochs):
        raise SettingError(f"n_epochs must be a whole number from 1, not {n_epochs!r}.\n  {hint}")
    return int(n_epochs)


def checked_choice(setting: str, value: object, choices: Sequence[object]) -> None:
    """Check that a setting is one of its choices.

    Raises: SettingError that lists them.

    >>> checked_choice("reduction", "mena", ["mean", "sum"])
    Traceback (most recent call last):
    chainrule.errors.SettingError: reduction must be 'mean' or 'sum', not 'mena'. ...
    """
    # By type too: 1 equals True.
    if any(type(value) is type(choice) and value == choice for choice in choices):
        return
    *others, last = map(repr, choices)
    words = [choice for choice in choices if isinstance(choice, str)]
    hint = closest(value, words) if isinstance(value, str) else ""
    raise SettingError(f"{setting} must be {', '.join(others)} or {last}, not {value!r}.{hint}")


def start(random_state: RandomState, count: int) -> Floats:
    """Return the parameters to start from: zeros, or standard normal ones from a seed or generator.

    Raises: ValueTypeError for what is no seed; SettingError for a negative one.

    >>> start(None, 2)
    array([0., 0.])
    """
    if random_state is None:
        return np.zeros(count)
    if isinstance(random_state, np.random.Generator | np.random.RandomState):
        return random_state.standard_normal(count)
    hint = "Give a whole number from 0, a NumPy generator, or None to start from zeros."
    whole = isinstance(random_state, int | np.integer)
    if isinstance(random_state, bool) or not whole:
        raise ValueTypeError(f"random_state cannot be {random_state!r}.\n  {hint}")
    if random_state < 0:
        raise SettingError(f"random_state cannot be negative: {random_state}.\n  {hint}")
    return np.random.default_rng(int(random_state)).standard_normal(count)
