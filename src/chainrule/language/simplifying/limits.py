"""Limits where a quotient is 0/0: what a derivative may be simplified to, which nobody has written.

x/x is 1 there, where the chain rule has multiplied by x and by 1/x. May import the factors; what a
user writes is not simplified so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.engine.node import Node
from chainrule.engine.tidy import constant_value
from chainrule.language.expression import lift, operators
from chainrule.language.simplifying.factors import (
    MOST_PARTS,
    collected,
    factors_of,
    over,
    power_of,
    raised_to,
    simpler_product,
    simpler_quotient,
)

__all__ = ["limit_of_product", "limit_of_quotient"]


def limit_of_quotient(a: Any, b: Any) -> Any:
    """Simplify a quotient, or cancel a power below the line that stands above it: x*y/x is y."""
    simpler = simpler_quotient(False, a, b)  # noqa: FBT003 - the order of every `simplify`
    return cancelled_below(a, b) if simpler is None else simpler


def cancelled_below(a: Any, b: Any) -> Any:
    """Cancel a power below the line against one above it; None where there is none."""
    lines: list[Any] = []
    while type(a) is operators["/"] and len(lines) < MOST_PARTS:
        lines.append(a.arguments[1])
        a = a.arguments[0]
    flat = factors_of(a)
    base, below = power_of(b)
    if flat is None or constant_value(base) is not None:
        return None
    sign, factors = flat
    for place, factor in enumerate(factors):
        common, above = power_of(factor)
        if common is base:
            kept = [raised_to(base, above - below)] if above > below else []
            made = collected(sign, [*factors[:place], *kept, *factors[place + 1 :]])
            if below > above:
                made = over(made, raised_to(base, below - above))
            while lines:
                made = over(made, lines.pop())
            return made
    return None


def limit_of_product(a: Any, b: Any) -> Any:
    """Simplify a product, or cancel a factor against the line of a quotient: x*(y/x) is y."""
    made = simpler_product(False, a, b)  # noqa: FBT003 - the order of every `simplify`
    flat = None if made is None else factors_of(a, b)
    if flat is None or (type(made) is operators["*"] and made.arguments != (a, b)):
        return made
    cancelled = cancelled_beside(*flat)
    return made if cancelled is None else cancelled


def cancelled_beside(sign: int, factors: Sequence[Any]) -> Any:
    """Cancel a factor against the line of a quotient beside it; None where there is none."""
    for place, factor in enumerate(factors):
        if type(factor) is not operators["/"]:
            continue
        base, below = power_of(factor.arguments[1])
        for other, beside in enumerate(factors):
            common, above = power_of(beside)
            if other == place or common is not base or constant_value(base) is not None:
                continue
            kept = list(factors)
            kept[place] = lift(factor.arguments[0])
            if below > above:
                kept[place] = over(kept[place], raised_to(base, below - above))
            kept[other : other + 1] = [raised_to(base, above - below)] if above > below else []
            return collected(*resigned(sign, kept))
    return None


def resigned(sign: int, factors: Sequence[Node]) -> tuple[int, list[Node]]:
    """Flatten factors once more, where one of them has become a product."""
    flat = factors_of(*factors)
    return (sign, list(factors)) if flat is None else (sign * flat[0], flat[1])
