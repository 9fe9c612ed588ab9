"""How masks are written over nodes.

Stands below the words that it writes, `where` and logic, and looks them up when they are wanted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainrule.engine.node import Node
from chainrule.engine.tidy import constant_value
from chainrule.language.expression import operators

__all__ = ["MASKS", "Masks", "is_sum_of_parts", "without_sign"]


class Masks:
    """Masks as conditions: 1 or 0 where they are written; see `engine.masked.Words`."""

    __slots__ = ()

    def product(self, left: Any, right: Any) -> Any:
        """Write a product in which a zero wins."""
        return operators["weighted"](left, right)

    def only(self, mask: Node, value: Any, otherwise: Any) -> Any:
        """Write the value where the mask holds, else the other one."""
        if type(mask) is operators.loaded("~"):
            return operators["where"](mask.arguments[0], otherwise, value)
        return operators["where"](mask, value, otherwise)

    def both(self, one: Node, other: Node) -> Any:
        """Write where both masks hold."""
        return self.joined("&", "|", one, other)

    def either(self, one: Node, other: Node) -> Any:
        """Write where one of the masks holds, or both; None for everywhere."""
        never: Any = operators["~"]
        if (type(one) is never and one.arguments[0] is other) or (
            type(other) is never and other.arguments[0] is one
        ):
            return None
        return self.joined("|", "&", one, other)

    def joined(self, word: str, dual: str, one: Node, other: Node) -> Any:
        """Join two masks; of two that are denied, the denial stands before the whole.

        What one of them says already is not said again.
        """
        never: Any = operators["~"]
        denied = isinstance(one, never) and isinstance(other, never)
        if denied:
            word, one, other = dual, one.arguments[0], other.arguments[0]
        kind = operators[word]
        whole: Any
        if one is other or (type(one) is kind and other in one.arguments):
            whole = one
        elif type(other) is kind and one in other.arguments:
            whole = other
        else:
            whole = kind(one, other)
        return never(whole) if denied else whole

    def denied(self, mask: Node) -> Any:
        """Write where a mask does not hold."""
        never: Any = operators["~"]
        return mask.arguments[0] if type(mask) is never else never(mask)

    def truth(self, mask: Node) -> Any:
        """Write a mask as 1 and 0, which can be summed."""
        operation: Any = type(mask)
        return mask if operation.gives_truth else operators["not_equal"](mask, 0)


MASKS = Masks()
# As for sums and products: tidying a chain of a million terms stays linear.
MOST_PARTS = 16


def mask_of(item: Any) -> tuple[Any, Any] | None:
    """Return the condition and the factor of (factor where condition, else 0), or None."""
    if type(item) is not operators.loaded("where"):
        return None
    condition, chosen, otherwise = item.arguments
    if constant_value(otherwise) == 0:
        return condition, chosen
    if constant_value(chosen) == 0:
        return MASKS.denied(condition), otherwise
    return None


def without_sign(item: Node) -> Any:
    """Return 0 for a zero with a sign, which matters to sums of numbers; the rest as it is."""
    number = constant_value(item)
    return 0 if number == 0 and math.copysign(1, number) < 0 else item


def is_sum_of_parts(condition: Node, chosen: Node, otherwise: Node) -> bool:
    """Tell whether a choice of a sum or 0 says what the terms say: each is 0 there by itself."""
    found = mask_of(operators["where"](condition, chosen, otherwise))
    if found is None or type(found[1]) is not operators["+"]:
        return False
    allowed = parts(found[0], alternatives)
    for term in parts(found[1], terms):
        own = mask_of(term)
        if own is None or not allowed.issuperset(parts(own[0], alternatives)):
            return False
    return True


def terms(item: Node) -> tuple[Node, ...]:
    """Return the two terms of a sum."""
    return item.arguments if type(item) is operators["+"] else ()


def alternatives(mask: Node) -> tuple[Node, ...]:
    """Return the two masks of which one must hold."""
    never: Any = operators["~"]
    if type(mask) is operators.loaded("|"):
        return mask.arguments
    if isinstance(mask, never) and isinstance(mask.arguments[0], operators["&"]):
        return tuple([never(part) for part in mask.arguments[0].arguments])
    return ()


def parts(whole: Node, of: Callable[[Node], tuple[Node, ...]]) -> frozenset[Node]:
    """Flatten a sum or a mask into its parts; beyond a limit it stays whole."""
    waiting, found = [whole], set()
    while waiting:
        top = waiting.pop()
        inner = of(top)
        waiting.extend(inner)
        if not inner:
            found.add(top)
        if len(waiting) + len(found) > MOST_PARTS:
            return frozenset([whole])
    return frozenset(found)
