"""Formulas as text with the signs of mathematics instead of a keyboard's, to be read by people."""

from __future__ import annotations

import re

__all__ = ["pretty"]

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def pretty(formula: str) -> str:
    """Write a formula with the signs of mathematics: · for a product, raised powers, −.

    Names in backticks stay as they are, without the backticks. It no longer reads back.

    >>> pretty("2*x**2 - m*`a*b`")
    '2·x² − m·a*b'
    """
    parts = re.split(r"(`(?:[^`\\]|\\.)*`)", formula)
    return "".join(part[1:-1] if number % 2 else signs(part) for number, part in enumerate(parts))


def signs(formula: str) -> str:
    """Replace the signs of a formula without quoted names."""
    found = re.sub(
        r"\*\*(-?\d{1,3})(?![\d.\w]|\*\*)", lambda match: match[1].translate(_RAISED), formula
    )
    found = found.replace("**", "^").replace("*", "·").replace("<=", "≤").replace(">=", "≥")
    # A minus in 1e-5 belongs to the number; everywhere else it is a sign.
    return re.sub(r"(?<![\de])-|(?<=\d)-(?=\d|\s|\w)|(?<![\d.])e-", minus, found)


def minus(match: re.Match[str]) -> str:
    """Replace one minus."""
    return match[0].replace("-", "−")
