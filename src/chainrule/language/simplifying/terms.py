"""Like terms: the simplest form of a sum and of a difference.

As with products, values keep to a few roundings, and NaN and infinity stay what they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.engine.inference import shape_of
from chainrule.engine.node import Node
from chainrule.engine.tidy import constant_value
from chainrule.language.expression import operators
from chainrule.language.simplifying.factors import (
    MOST_PARTS,
    leading_number,
    times_number,
    with_other_sign,
)
from chainrule.language.simplifying.matrix_forms import with_common_factor

__all__ = ["simpler_sum"]


def terms_of(item: Node) -> list[tuple[Any, Any]] | None:
    """Flatten a sum into (coefficient, rest); of a plain number the rest is None."""
    addition, subtraction, negation = operators["+"], operators["-"], operators["negate"]
    terms: list[tuple[Any, Any]] = []
    stack: list[tuple[int, Any]] = [(1, item)]
    while stack:
        sign, top = stack.pop()
        kind = type(top)
        if kind is addition or kind is subtraction:
            stack.append((sign if kind is addition else -sign, top.arguments[1]))
            stack.append((sign, top.arguments[0]))
        elif kind is negation:
            stack.append((-sign, top.arguments[0]))
        else:
            count, rest = leading_number(top)
            terms.append((sign * count, rest))
        if len(terms) + len(stack) > MOST_PARTS:
            return None
    return terms


def simpler_sum(assume_finite: Any, sign: int, a: Any, b: Any) -> Any:
    """Simplify a + b (sign 1) or a - b (sign -1): signs first, then like terms."""
    opposite = with_other_sign(b, only_negative=True)
    if opposite is not None:
        return a - opposite if sign > 0 else a + opposite
    if sign > 0 and type(a) is operators["negate"]:
        return b - a.arguments[0]
    if a is b and sign > 0 and shape_of(a):  # two of an array are kept whole: 2*(X @ w - y)
        return 2 * a
    found = like_terms(assume_finite, sign, a, b)
    return with_common_factors(a, b) if found is None and sign > 0 else found


def with_common_factors(total: Any, last: Any) -> Any:
    """Add a product of matrices to a term of a sum that has a factor in common; None without."""
    if operators.loaded("@") not in (type(last), type(without_line(last))):
        return None
    later: list[tuple[Any, Any]] = []
    while type(total) in (operators["+"], operators["-"]) and len(later) < MOST_PARTS:
        later.append((type(total), total.arguments[1]))
        if type(total) is operators["+"]:
            found = with_common_factor(total.arguments[1], last)
            if found is not None:
                later[-1] = (type(total), found)
                total = total.arguments[0]
                break
        total = total.arguments[0]
    else:
        total = with_common_factor(total, last)
    while total is not None and later:
        operation, term = later.pop()
        total = operation(total, term)
    return total


def without_line(item: Any) -> Any:
    """Return what stands in a quotient or product after its numbers, at a glance."""
    for _ in range(MOST_PARTS):
        if type(item) is operators["/"]:
            item = item.arguments[0]
        elif type(item) is operators["*"]:
            item = item.arguments[1]
        elif type(item) is operators["negate"]:
            item = item.arguments[0]
        else:
            break
    return item


def like_terms(assume_finite: Any, sign: int, a: Any, b: Any) -> Any:
    """Collect like terms: 2*x + 3*x is 5*x. x - x is left alone: infinity minus itself is NaN."""
    sums = (operators["+"], operators["-"], operators["negate"])
    if constant_value(b) is not None and type(a) not in sums and constant_value(a) is None:
        return None
    left, right = terms_of(a), terms_of(b)
    if left is None or right is None or len(left) + len(right) > MOST_PARTS:
        return None
    counts: dict[Any, int] = {}
    terms: dict[Any, Any] = {}
    number, numbers = 0, 0
    for count, rest in left + [(sign * count, rest) for count, rest in right]:
        if rest is None:
            number, numbers = number + count, numbers + 1
            continue
        key = likeness(rest)
        if key not in counts:
            counts[key], terms[key] = count, rest
        # The sum of two large floats may overflow where the terms in their order do not.
        elif type(constant_value(rest)) is not float and (assume_finite or counts[key] * count > 0):
            counts[key] += count
        else:
            return None
    if len(counts) + (numbers > 0) == len(left) + len(right):
        return None  # nothing was alike
    return sum_of([(count, terms[key]) for key, count in counts.items()], number)


def likeness(rest: Any) -> Any:
    """Return what two like terms have in common: x*y and y*x are alike, to the last bit."""
    if type(rest) is operators["*"] and type(rest.arguments[0]) is not operators["*"]:
        return frozenset(rest.arguments)
    return rest


def sum_of(terms: Sequence[tuple[int, Any]], number: int) -> Any:
    """Write a sum of terms with their counts, then a number."""
    total: Any = None
    for count, rest in terms:
        if count == 0:
            continue
        if total is None:
            total = times_number(count, rest)
        else:
            part = times_number(abs(count), rest)
            total = total + part if count > 0 else total - part
    if total is None:
        return number
    if number == 0:
        return total
    return total + number if number > 0 else total - -number
