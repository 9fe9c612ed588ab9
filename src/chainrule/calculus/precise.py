"""Values and derivatives of one operation in as many digits as it takes, where mpmath is installed.

The only module of the calculus that knows mpmath, which it does without where it is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import ChainRuleError

__all__ = ["precise_derivative", "precise_value"]

# Tried in turn: the last tells a slope of 1e-300 beside a value of 1 from none.
DIGITS = (60, 240, 960)
# A slope below the smallest float is none.
NOTHING = -330
# What an operation raises that does not compute with mpmath's numbers.
NOT_PRECISE = (TypeError, AttributeError, ValueError, ArithmeticError, ChainRuleError)


def precise_value(operation: Any, operands: tuple[float, ...], attributes: Any) -> float | None:
    """Return an operation's value computed in 60 digits and rounded once; None where it cannot."""
    return computed(lambda mpmath: float(value_at(mpmath, operation, operands, attributes)), 60)


def computed(compute: Callable[[Any], float | None], digits: int) -> float | None:
    """Return what a computation gives with so many digits, or None where it cannot be done."""
    try:
        import mpmath  # noqa: PLC0415  # optional
    except ImportError:
        return None
    with mpmath.workdps(digits), np.errstate(all="ignore"):
        try:
            return compute(mpmath)
        except NOT_PRECISE:
            return None


def value_at(mpmath: Any, operation: Any, operands: Any, attributes: Any) -> Any:
    """Return an operation's value in the precision at hand.

    Raises: TypeError for a value that is not real, or not precise.
    """
    found = operation.on_exact(*[mpmath.mpf(operand) for operand in operands], *attributes)
    if isinstance(found, int) and not isinstance(found, bool):
        found = mpmath.mpf(found)
    if not isinstance(found, mpmath.mpf):
        raise TypeError(f"{operation.__name__} gave {found!r}")
    return found


def precise_derivative(
    operation: Any, operands: tuple[float, ...], attributes: Any, number: int
) -> float | None:
    """Return the slope by one operand, right to the last digits of a float; None where unsure.

    A central difference in many digits, with a step a third of them below x: truncation and
    rounding are then both beyond the digits asked for. Two steps must agree.
    """
    for digits in DIGITS:
        found = computed(
            lambda mpmath, digits=digits: slope(  # type: ignore[misc]  # the digits of this turn
                mpmath, operation, operands, attributes, number, digits
            ),
            digits,
        )
        if found is not None:
            return found
    return None


def slope(
    mpmath: Any, operation: Any, operands: Any, attributes: Any, number: int, digits: int
) -> float | None:
    """Return a central difference, or None where two steps disagree or drown in rounding."""
    x = mpmath.mpf(operands[number])
    slopes = []
    for part in (1, 16):
        step = (abs(x) or mpmath.mpf(1)) * mpmath.mpf(10) ** -(digits // 3) / part
        ends = []
        for moved in (x + step, x - step):
            point = [moved if place == number else item for place, item in enumerate(operands)]
            ends.append(value_at(mpmath, operation, point, attributes))
        slopes.append((ends[0] - ends[1]) / (2 * step))
    largest = max(abs(item) for item in slopes)
    rounding = max(abs(end) for end in ends) * mpmath.mpf(10) ** -digits / step
    if abs(slopes[0] - slopes[1]) > mpmath.mpf(10) ** -14 * largest:
        return None
    if largest < mpmath.mpf(10) ** 16 * rounding and rounding > mpmath.mpf(10) ** NOTHING:
        return None
    return float(slopes[1])
