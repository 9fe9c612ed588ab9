"""What stands inside a node of a picture: an operation's sign, its name, or a short formula."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.engine.node import identity_of
from chainrule.engine.notation import ATOM, one_step
from chainrule.engine.protocol import Role
from chainrule.report import pretty

__all__ = ["EMPTY", "on_one_line", "symbol_of"]

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


def symbol_of(operation: Any, attributes: Sequence[Any], words: Sequence[Any]) -> str:
    """Return the symbol of an operation: its sign, its name, or a formula with empty places.

    words: the operands, None for one that is a node of its own, else a constant.

    >>> from chainrule import constant, exponent, multiplication, sine, summation
    >>> symbol_of(multiplication, (), [None, None]), symbol_of(sine, (), [None])
    ('×', 'sin')
    >>> symbol_of(multiplication, (), [constant(2), None])
    '2·□'
    >>> symbol_of(exponent, (), [None, constant(2)])
    '□²'
    >>> symbol_of(summation, (None, False), [None]), symbol_of(summation, (0, False), [None])
    ('sum', 'sum(□, axis=0)')
    """
    if operation.role is Role.LABEL:
        return "="
    notation = operation.notation
    usual = identity_of(tuple(attributes)) == identity_of(tuple(operation.keywords.values()))
    if usual and all(word is None for word in words):
        if notation.operator in _SIGNS:
            return _SIGNS[notation.operator]
        return str(notation.name or notation.operator or operation.__name__)
    written = [
        (EMPTY, ATOM) if word is None else word.literal(word.value, "brief") for word in words
    ]
    return pretty(one_step(operation, attributes, written))


def on_one_line(word: str, most: int) -> str:
    r"""Cut a long name or formula, without line breaks and without what moves a cursor.

    >>> on_one_line("a\nb\x1b[31m", 4)
    'a b…'
    """
    shown = "".join(character if character.isprintable() else " " for character in word)
    words = " ".join(shown.split())
    return words if len(words) <= most else words[: most - 1] + "…"
