"""Algebraic properties that an operation may declare, for simplification to read.

Combined with `|`: `commutative | associative | neutral(1)`. Knows no operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = [
    "NOTHING",
    "Properties",
    "associative",
    "commutative",
    "even",
    "folds",
    "idempotent",
    "involution",
    "neutral",
    "odd",
    "truth",
]


class Properties(NamedTuple):
    """What is known of an operation f.

    commutative: f(a, b) is f(b, a). associative: f(f(a, b), c) is f(a, f(b, c)).
    neutral: f(a, neutral) is a, bit for bit. neutral_left: f(neutral, a) is a too.
    idempotent: f(f(a)) is f(a). involution: f(f(a)) is a. odd: f(-a) is -f(a).
    even: f(-a) is f(a). truth: the value is true or false, 1 or 0.
    exact: the same function of fractions, for folding constants. grows: its right operand is an
    exponent, which must stay small for folding.
    """

    commutative: bool = False
    associative: bool = False
    neutral: float | None = None
    neutral_left: float | None = None
    idempotent: bool = False
    involution: bool = False
    odd: bool = False
    even: bool = False
    truth: bool = False
    exact: Callable[..., Any] | None = None
    grows: bool = False

    def __or__(self, other: Properties) -> Properties:
        """Return what both say together."""
        pairs = zip(self, other, NOTHING, strict=True)
        return Properties._make(mine if said == none else said for mine, said, none in pairs)


NOTHING = Properties()
commutative = Properties(commutative=True)
associative = Properties(associative=True)
idempotent = Properties(idempotent=True)
involution = Properties(involution=True)
odd = Properties(odd=True)
even = Properties(even=True)
truth = Properties(truth=True)


def neutral(right: float, *, left: float | None = None) -> Properties:
    """Declare a neutral right operand, and a neutral left one where it differs or exists."""
    return Properties(neutral=right, neutral_left=left)


def folds(exact: Callable[..., Any], *, grows: bool = False) -> Properties:
    """Declare that constants fold through this function of fractions where it is exact."""
    return Properties(exact=exact, grows=grows)
