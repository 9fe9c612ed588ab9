"""What stands inside a node, and formulas with the signs of mathematics instead of a keyboard's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from chainrule.engine.notation import ATOM, one_step
from chainrule.engine.protocol import Role

__all__ = ["EMPTY", "pretty", "symbol_of"]

EMPTY = "□"  # where an operand goes
_SIGNS = {
    "+": "+",
    "-": "−",
    "*": "×",
    "/": "÷",
    "**": "^",
    "@": "@",
    "<=": "≤",
    ">=": "≥",
    "&": "∧",
    "|": "∨",
    "~": "¬",
}
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def symbol_of(operation: Any, attributes: Sequence[Any], words: Sequence[Any]) -> str:
    """Return the symbol of an operation: its sign, its name, or a formula with empty places.

    words: the operands, None for one that is a node of its own, else a constant.

    >>> from chainrule import constant, multiplication, sine, exponent
    >>> symbol_of(multiplication, (), [None, None]), symbol_of(sine, (), [None])
    ('×', 'sin')
    >>> symbol_of(multiplication, (), [constant(2), None])
    '2·□'
    >>> symbol_of(exponent, (), [None, constant(2)])
    '□²'
    """
    if operation.role is Role.LABEL:
        return "="
    notation = operation.notation
    if all(word is None for word in words) and not any(attributes):
        if notation.operator in _SIGNS:
            return _SIGNS[notation.operator]
        return str(notation.name or notation.operator or operation.__name__)
    written = [
        (EMPTY, ATOM) if word is None else word.literal(word.value, "brief") for word in words
    ]
    return pretty(one_step(operation, attributes, written))


def pretty(formula: str) -> str:
    """Write a formula with the signs of mathematics: · for a product, raised powers, −.

    Names in backticks stay as they are.

    >>> pretty("2*x**2 - m*`a*b`")
    '2·x² − m·a*b'
    """
    parts = re.split(r"(`(?:[^`\\]|\\.)*`)", formula)
    return "".join(part[1:-1] if number % 2 else signs(part) for number, part in enumerate(parts))


def signs(formula: str) -> str:
    """Replace the signs of a formula without quoted names."""
    found = re.sub(
        r"\*\*(-?\d{1,3})(?![\d.\w*])", lambda match: match[1].translate(_RAISED), formula
    )
    found = found.replace("**", "^").replace("*", "·").replace("<=", "≤").replace(">=", "≥")
    # A minus in 1e-5 belongs to the number; everywhere else it is a sign.
    return re.sub(r"(?<![\de])-|(?<=\d)-(?=\d|\s|\w)|(?<![\d.])e-", minus, found)


def minus(match: re.Match[str]) -> str:
    """Replace one minus."""
    return match[0].replace("-", "−")
