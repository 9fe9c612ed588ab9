"""What a check, or a difference, is asked with: looked at once, at the door.

May import the errors; it must not know what is differentiated.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from chainrule.errors import SettingError, closest
from chainrule.language.values import listed

__all__ = ["checked_method", "checked_step", "checked_tolerance"]


def checked_tolerance(tolerance: Any) -> float:
    """Return a tolerance as a float.

    Raises: SettingError unless it is a number between 0 and 1.

    >>> checked_tolerance(2)
    Traceback (most recent call last):
    chainrule.errors.SettingError: tolerance must lie between 0 and 1, not 2. For instance 1e-6.
    """
    if not (is_number(tolerance) and 0 < tolerance < 1):
        raise SettingError(
            f"tolerance must lie between 0 and 1, not {tolerance!r}. For instance 1e-6."
        )
    return float(tolerance)


def checked_step(step: Any) -> float | None:
    """Return a step as a float, or None where it is left to the method.

    Raises: SettingError unless it is a positive number.
    """
    if step is None:
        return None
    if not (is_number(step) and 0 < step < math.inf):
        raise SettingError(
            f"step must be a positive number, not {step!r}. "
            "Leave it out, and it balances truncation against rounding."
        )
    return float(step)


def checked_method(method: Any, methods: tuple[str, ...]) -> str:
    """Return the name of a method.

    Raises: SettingError that lists them.
    """
    if not isinstance(method, str) or method not in methods:
        hint = closest(method, methods) if isinstance(method, str) else ""
        raise SettingError(f"method must be one of {listed(methods)}, not {method!r}.{hint}")
    return method


def is_number(value: Any) -> bool:
    """Tell a real number; a truth value is none."""
    return isinstance(value, Real) and not isinstance(value, bool)
