"""Like factors: the simplest form of a product and of a quotient.

What is written here computes the same as before, to a few roundings and short of overflow, and NaN
and infinity stay what they were. Finds the operations by their symbols, so that their class bodies
can call.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from chainrule.engine.inference import shape_leaves
from chainrule.engine.node import Node
from chainrule.engine.protocol import Role
from chainrule.engine.tidy import LARGEST_FOLDED, MOST_POWER, constant_value
from chainrule.language.constants import constant
from chainrule.language.expression import lift, operators
from chainrule.language.simplifying.matrix_forms import simpler_slope_of_log, without_lengths

__all__ = [
    "MOST_PARTS",
    "collected",
    "factors_of",
    "leading_number",
    "over",
    "power_of",
    "raised_to",
    "simpler_product",
    "simpler_quotient",
    "times_number",
    "with_other_sign",
]

# A flat view of a product or a sum is taken over so many parts, so that tidying a chain of a
# million terms stays linear.
MOST_PARTS = 16
# A number goes through so many lines into a quotient: of what it goes into, nothing stays shared.
MOST_LINES = 4
# c/x/x is c/x**2 for such a number c: where x**2 then over- or underflows, c/x/x all but does.
LEAST_ABOVE = 1 / 8


# --- factors


def factors_of(*items: Node) -> tuple[int, list[Node]] | None:
    """Flatten products, signs and all, into a sign and factors; None beyond the limit."""
    multiplication, negation = operators["*"], operators["negate"]
    sign = 1
    parts: list[Node] = []
    stack = list(reversed(items))
    while stack:
        top = stack.pop()
        if type(top) is multiplication:
            stack.extend(reversed(top.arguments))
        elif type(top) is negation:
            sign = -sign
            stack.append(top.arguments[0])
        else:
            parts.append(top)
        if len(parts) + len(stack) > MOST_PARTS:
            return None
    return sign, parts


def simpler_product(assume_finite: Any, a: Any, b: Any) -> Any:
    """Order a product: its number first, signs in it, equal factors as powers, one quotient."""
    flat = factors_of(a, b)
    if flat is None:
        return None
    whole = without_lengths(flat[1])
    if whole is not None:
        return collected(flat[0], whole)
    if is_simple(flat[1], a, b):
        return None
    if assume_finite and any(constant_value(factor) == 0 for factor in flat[1]):
        return 0
    return collected(*flat, merge=bool(assume_finite))


def is_simple(parts: Sequence[Any], a: Any, b: Any) -> bool:
    """Tell at a glance that a product has its simplest form, as most have."""
    negation = operators["negate"]
    kinds = set(map(type, parts))
    if not kinds.isdisjoint((operators["/"], operators["**"], operators.loaded("spread"))):
        return False
    if len(set(parts)) < len(parts):
        return False
    if constant in kinds:  # one number may stand: a whole one in front, a fraction anywhere
        numbers = [part for part in parts if type(part) is constant]
        value = constant_value(numbers[0])
        in_place = type(value) is float or numbers[0] is parts[0]
        if len(numbers) > 1 or value == 0 or not in_place:
            return False
    return type(b) is not operators["*"] and type(a) is not negation and type(b) is not negation


def collected(number: Any, factors: Sequence[Node], *, merge: bool = False, depth: int = 0) -> Any:
    """Write a product of a number and factors; one factor alone, as a power.

    x*x is x**2, but y*x*x stays: x**2 overflows from 1e154 on, whatever y would have made of it.
    merge: let it be y*x**2 all the same. depth: of the quotients that the number has gone into.
    """
    if operators.loaded("spread") in map(type, factors):
        factors = without_spreads(factors)
    number, rest = without_numbers(number, factors)
    if operators["**"] in map(type, rest):
        rest = [factor for factor in rest if not is_plain_one(factor, rest)]
    rest = merged(rest) if merge else powered(rest)
    if len(rest) > 1 and is_reciprocal(rest[0]) and not is_reciprocal(rest[1]):
        rest[:2] = [rest[1], rest[0]]
    first = type(rest[0]) if rest else None
    if first is operators["/"] and abs(number) != 1 and depth < MOST_LINES:
        rest[0], number = scaled(number, rest[0], depth + 1), 1
    product: Any = number if abs(number) != 1 else None
    for factor in rest:
        if product is None:
            product = factor
        elif is_reciprocal(factor):
            product = over_line_of(product, factor)
        else:
            product = product * factor
    if product is None:
        return number
    return -product if number == -1 else product


def without_numbers(number: Any, factors: Sequence[Any]) -> tuple[Any, list[Any]]:
    """Multiply up the numbers among factors, as far as that is exact; a fraction alone stays."""
    rest: list[Any] = []
    broken: list[int] = []  # the places of floats, and of quotients of floats
    for factor in factors:
        value, left = number_in(factor)
        if type(value) is int and 0 < abs(number * value) < LARGEST_FOLDED:
            number *= value
            rest += [] if left is None else [left]
        else:
            broken += [len(rest)] if type(value) is float else []
            rest.append(factor)
    if broken and (abs(number) != 1 or len(broken) > 1):
        for place in reversed(broken):
            value, left = number_in(rest[place])
            together = exact_product(number, value)
            if together is not None:
                number = together
                rest[place : place + 1] = [] if left is None else [left]
    return number, rest


def number_in(factor: Any) -> tuple[Any, Any]:
    """Return the number that a factor is, or stands above its line, and what else it is."""
    if type(factor) is not operators["/"]:
        return constant_value(factor), None
    below: list[Any] = []
    while type(factor) is operators["/"] and len(below) < MOST_LINES:
        below.append(factor.arguments[1])
        factor = factor.arguments[0]
    value = constant_value(factor)
    if value is None:
        return None, None
    left: Any = 1
    while below:
        left = left / below.pop()
    return value, left


def exact_product(left: Any, right: Any) -> Any:
    """Return the product of two numbers where no digit is lost, whole where it is; else None."""
    product = float(left) * right
    if not 1 / LARGEST_FOLDED < abs(product) < LARGEST_FOLDED:
        return None
    from fractions import Fraction  # noqa: PLC0415 - few formulas fold, and it takes long to load

    if Fraction(product) != Fraction(left) * Fraction(right):
        return None
    return int(product) if product.is_integer() else product


def power_of(factor: Any) -> tuple[Any, int]:
    """Return the base and the whole positive exponent of a factor, which has 1 if none."""
    if type(factor) is operators["**"]:
        raised = constant_value(factor.arguments[1])
        if type(raised) is int and raised > 0:
            return factor.arguments[0], raised
    return factor, 1


def raised_to(base: Any, power: int) -> Any:
    """Write a whole power."""
    return base if power == 1 else base**power


def powered(rest: list[Any]) -> list[Any]:
    """Write factors that are all powers of one base as one power."""
    base, total = power_of(rest[0]) if len(rest) > 1 else (None, 0)
    if base is None or constant_value(base) is not None or is_reciprocal(base):
        return rest  # reciprocals go below one line, one by one
    for factor in rest[1:]:
        other, count = power_of(factor)
        if other is not base:
            return rest
        total += count
    return [base**total] if total <= MOST_POWER else rest


def merged(rest: list[Any]) -> list[Any]:
    """Write the powers of each base as one, where the first of them stands."""
    totals: dict[Any, int] = {}
    for factor in rest:
        base, count = power_of(factor)
        totals[base] = totals.get(base, 0) + count
    if max(totals.values(), default=0) > MOST_POWER:
        return rest
    return [raised_to(base, total) for base, total in totals.items()]


def is_plain_one(factor: Any, rest: Sequence[Any]) -> bool:
    """Tell whether a factor is some x**0, a one for every element that the others have too."""
    if type(factor) is not operators["**"] or constant_value(factor.arguments[1]) != 0:
        return False
    others = frozenset().union(*[shape_leaves(item) for item in rest if item is not factor])
    return shape_leaves(factor) <= others


def without_spreads(factors: Sequence[Any]) -> list[Any]:
    """Take what is spread to a shape that the other factors have anyway as it is."""
    kept = list(factors)
    for place, factor in enumerate(kept):
        if type(factor) is operators.loaded("spread"):
            others = kept[:place] + kept[place + 1 :]
            leaves = frozenset().union(*map(shape_leaves, others))
            if shape_leaves(factor.arguments[1]) <= leaves:
                kept[place] = factor.arguments[0]
    return kept


def is_reciprocal(item: Any) -> bool:
    """Tell whether a node is 1 over something, or over several things one after the other."""
    first = item
    for _ in range(MOST_PARTS):
        if type(first) is not operators["/"]:
            break
        first = first.arguments[0]
    return first is not item and constant_value(first) == 1


def over_line_of(above: Any, reciprocal: Any) -> Any:
    """Multiply by a reciprocal: y*(1/u/v) is y/u/v, which overflows less.

    What was 1/x/x goes below y as it was: x**2 would overflow, whatever y had made of it.
    """
    below: list[Any] = []
    while type(reciprocal) is operators["/"]:
        base, count = power_of(reciprocal.arguments[1])
        apart = is_leaf(base) and count <= MOST_PARTS
        below += [base] * count if apart else [reciprocal.arguments[1]]
        reciprocal = reciprocal.arguments[0]
    while below:
        above = over(above, below.pop())
    return above


def is_leaf(item: Any) -> bool:
    """Tell whether a node is a variable or a named step."""
    return type(item).role in (Role.VARIABLE, Role.LABEL)


# --- quotients


def simpler_quotient(assume_finite: Any, a: Any, b: Any) -> Any:
    """Take signs out of a quotient, reduce its whole numbers, and write c/x/x as c/x**2."""
    negation = operators["negate"]
    if constant_value(a) == 0 and assume_finite:
        return 0
    if type(b) is operators.loaded("det"):
        return simpler_slope_of_log(a, b)
    if type(a) is negation:
        return -over(a.arguments[0], b)
    if type(b) is negation:
        return -over(a, b.arguments[0])
    below = constant_value(b)
    if type(below) is int and below > 1:
        return reduced(a, below)
    return one_power_below(a, b) if type(a) is operators["/"] and below is None else None


def one_power_below(a: Any, b: Any) -> Any:
    """Write c/x/x as c/x**2 for a number c and a variable x; None for anything else."""
    above = constant_value(a.arguments[0])
    base, count = power_of(b)
    before, already = power_of(a.arguments[1])
    if above is None or base is not before or not is_leaf(base) or count + already > MOST_POWER:
        return None
    plain = LEAST_ABOVE <= abs(above) <= LARGEST_FOLDED
    return a.arguments[0] / base ** (count + already) if plain else None


def reduced(a: Any, below: int) -> Any:
    """Divide by a whole number in lowest terms; None where it is already."""
    if type(a) is operators["/"]:
        before = constant_value(a.arguments[1])
        if type(before) is int and 1 < before * below < LARGEST_FOLDED:
            return over(a.arguments[0], lift(before * below))
        return None
    number, rest = leading_number(a)
    common = math.gcd(number, below) if type(number) is int and rest is not None else 1
    if common == 1:
        return None
    above = times_number(number // common, rest)
    return above if below == common else above / (below // common)


def over(a: Any, b: Any) -> Any:
    """Write a quotient in its simplest form."""
    a, b = lift(a), lift(b)
    if constant_value(b) == 1:
        return a
    simpler = simpler_quotient(False, a, b)  # noqa: FBT003 - the order of every `simplify`
    return a / b if simpler is None else simpler


def scaled(number: Any, quotient: Any, depth: int) -> Any:
    """Multiply a quotient by a number, in its numerator."""
    below: list[Any] = []
    above = quotient
    while type(above) is operators["/"] and len(below) < MOST_LINES:
        below.append(above.arguments[1])
        above = above.arguments[0]
    if type(above) is operators["/"]:
        return number * quotient
    made = times_number(number, above, depth)
    while below:
        made = over(made, below.pop())
    return made


def times_number(number: Any, item: Any, depth: int = 0) -> Any:
    """Multiply by a number, in its simplest form."""
    flat = factors_of(lift(item))
    return number * item if flat is None else collected(number * flat[0], flat[1], depth=depth)


# --- leading numbers and signs


def spine_of(item: Any) -> tuple[Any, list[Any]]:
    """Return the leftmost part of products and quotients, and what these are, outermost first."""
    kinds = (operators["*"], operators["/"])
    spine: list[Any] = []
    while type(item) in kinds and len(spine) < MOST_PARTS:
        spine.append(item)
        item = item.arguments[0]
    return item, spine


def leading_number(item: Any) -> tuple[Any, Any]:
    """Return the whole number that a term begins with and what it multiplies: 2*x/y is 2 and x/y.

    Without one it is 1; of a number alone the rest is None.
    """
    first, spine = spine_of(item)
    number = constant_value(first)
    if type(number) is not int:
        return 1, item
    if not spine:
        return number, None
    last = spine.pop()
    rest = last.arguments[1] if type(last) is operators["*"] else 1 / last.arguments[1]
    while spine:
        last = spine.pop()
        rest = type(last)(rest, last.arguments[1])
    return number, rest


def with_other_sign(item: Any, *, only_negative: bool = False) -> Any:
    """Return minus a term that is a negation or begins with a number; None for any other."""
    if type(item) is operators["negate"]:
        return item.arguments[0]
    first, spine = spine_of(item)
    number = constant_value(first)
    if number is None or not (number < 0 or (number > 0 and not only_negative)):
        return None
    made: Any = lift(-number)
    while spine:
        last = spine.pop()
        whole = number == -1 and type(last) is operators["*"]
        made = last.arguments[1] if whole else type(last)(made, last.arguments[1])
        number = None
    return made
