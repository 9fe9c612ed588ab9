"""Arithmetic: the operations behind `+ - * / **`, a sign and `abs`.

The natural logarithm stands here too, since the slope of a power by its exponent needs it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.masked import settled, times
from chainrule.engine.node import Node
from chainrule.engine.notation import TIMES, function, infix, prefix
from chainrule.engine.properties import (
    associative,
    commutative,
    even,
    folds,
    idempotent,
    involution,
    neutral,
    odd,
)
from chainrule.engine.shapes import shape_leaves
from chainrule.engine.tidy import LARGEST_FOLDED, MOST_POWER, constant_value
from chainrule.language.guarding import Masks
from chainrule.language.kinds import elementwise, reading

__all__ = [
    "absolute",
    "addition",
    "division",
    "exponent",
    "log",
    "multiplication",
    "natlog",
    "negation",
    "sign",
    "signum",
    "subtraction",
    "weigh",
    "weighted",
]

# A flat view of a sum or a product is taken over so many parts, so that tidying a chain of a
# million terms stays linear.
MOST_PARTS = 16


class addition(elementwise, operator="+"):
    """Sum of two expressions, elementwise."""

    notation = infix("+", precedence=50, spaced=True)
    properties = commutative | associative | neutral(0) | folds(operator.add)
    rule = "sum"
    samples = ((2.0, 3.0), (-1.5, 0.0), (1e16, 1.0))
    forward = np.add
    spell = {"python": "{0} + {1}", "javascript": "{0} + {1}"}

    def partials(y, a, b):
        return 1, 1

    def simplify(assume_finite, a, b):
        return like_terms(assume_finite, addition, a, b)


class subtraction(elementwise, operator="-"):
    """Difference of two expressions, elementwise."""

    notation = infix("-", precedence=50, spaced=True)
    properties = neutral(0) | folds(operator.sub)
    rule = "difference"
    samples = ((2.0, 3.0), (-1.5, 0.0), (1e16, 1.0))
    forward = np.subtract
    spell = {"python": "{0} - {1}", "javascript": "{0} - {1}"}

    def partials(y, a, b):
        return 1, -1

    def simplify(assume_finite, a, b):
        if type(b) is negation:
            return a + b.arguments[0]
        if constant_value(a) == 0:
            return -b
        return like_terms(assume_finite, subtraction, a, b)


class negation(elementwise, operator="negate"):
    """The same with the other sign."""

    notation = prefix("-")
    properties = involution | odd | folds(operator.neg)
    rule = "constant factor"
    samples = ((2.0,), (-1.5,), (0.0,))
    forward = np.negative
    spell = {"python": "-{0}", "javascript": "-{0}"}

    def partials(y, x):
        return (-1,)

    def simplify(assume_finite, x):
        if type(x) is multiplication and constant_value(x.arguments[0]) is not None:
            return -constant_value(x.arguments[0]) * x.arguments[1]
        return None


class multiplication(elementwise, operator="*"):
    """Product of two expressions, elementwise.

    Source: course deck A, "Autodiff Review: Combining Expressions".
    """

    notation = infix("*", precedence=60, latex=f"{{0}}{TIMES}{{1}}")
    properties = commutative | associative | neutral(1) | folds(operator.mul)
    samples = ((2.0, 3.0), (-1.5, 0.0), (1e200, 1e-200))
    forward = np.multiply
    spell = {"python": "{0} * {1}", "javascript": "{0} * {1}"}

    def rule(a_is_constant, b_is_constant):
        return "constant factor" if a_is_constant or b_is_constant else "product"

    def partials(y, a, b):
        return b, a

    def simplify(assume_finite, a, b):
        if type(b) is division and constant_value(b.arguments[0]) == 1:
            return a / b.arguments[1]
        return like_factors(assume_finite, a, b)


class division(elementwise, operator="/"):
    """Quotient of two expressions, elementwise; by zero it is infinite or NaN, as in IEEE 754."""

    notation = infix(
        "/", precedence=60, latex=r"\frac{{0}}{{1}}", latex_needs=(0, 0), latex_precedence=75
    )
    properties = neutral(1) | folds(operator.truediv)
    samples = ((2.0, 3.0), (0.0, -1.5), (1e200, 1e-100))
    forward = np.divide
    spell = {"python": "{0} / {1}", "javascript": "{0} / {1}"}

    def rule(a_is_constant, b_is_constant):
        if b_is_constant:
            return "constant factor"
        return "reciprocal" if a_is_constant else "quotient"

    def partials(y, a, b):
        return 1 / b, -y / b

    def simplify(assume_finite, a, b):
        if constant_value(a) == 0 and assume_finite:
            return 0
        if type(a) is negation:
            return -(a.arguments[0] / b)
        return None


class exponent(elementwise, operator="**"):
    """Power, elementwise: a ** b.

    The slope by the base is exact at zero and negative bases; that by the exponent takes the
    logarithm of the base, only where it is asked for. Source: DLMF 4.2.26.
    """

    notation = infix("**", precedence=80, right=True, latex="{0}^{{1}}", latex_needs=(81, 0))
    properties = neutral(1) | folds(operator.pow, grows=True)
    samples = ((2.0, 3.0), (-1.5, 2.0), (0.0, 2.0), (0.5, -1.5), (9.0, 0.5))
    kinks = ((0.0, None),)
    ufunc = np.power
    spell = {
        "python": "math.pow({0}, {1})",
        "exact": "{0} ** {1}",
        # 1 to any power is 1, and so is -1 to an infinite one; JavaScript alone says NaN.
        "javascript": "({0} === 1 || ({0} === -1 && Math.abs({1}) === Infinity) "
        "? 1 : Math.pow({0}, {1}))",
    }

    def forward(a, b):
        found = np.power(a, b)
        if np.size(b) == 1 and b == 0.5 and found.dtype.kind == "f":
            # NumPy takes the square root, which at -inf and -0.0 is not IEEE 754's pow.
            return np.where(np.isneginf(a), np.inf, found + 0.0)[()]
        return found

    def rule(a_is_constant, b_is_constant):
        if b_is_constant:
            return "power"
        return "exponential" if a_is_constant else "power and exponential"

    def partials(y, a, b):
        return weigh(b, a ** (b - 1)), lambda: weigh(y, log(a))

    def simplify(assume_finite, a, b):
        if shape_leaves(a) | shape_leaves(b):
            return None  # a column of ones is not the number 1
        # As IEEE 754's pow, whatever the other operand.
        return 1 if constant_value(b) == 0 or constant_value(a) == 1 else None


class absolute(elementwise, operator="abs"):
    """Distance from zero; its slope at 0 is taken as 0, the middle of -1 and 1."""

    notation = function("abs", latex=r"\left|{0}\right|")
    properties = idempotent | even | folds(abs)
    samples = ((2.0,), (-1.5,), (1e-300,))
    kinks = (0.0,)
    forward = np.absolute
    spell = {"python": "math.fabs({0})", "exact": "abs({0})", "javascript": "Math.abs({0})"}

    def partials(y, x):
        return (signum(x),)


class sign(elementwise):
    """-1, 0 or 1; its derivative is 0, at 0 too."""

    notation = function("sign")
    properties = idempotent | odd
    samples = ((2.0,), (-1.5,))
    kinks = (0.0,)
    forward = np.sign
    spell = {
        "python": "({0} if {0} == 0 or {0} != {0} else math.copysign(1.0, {0}))",
        "exact": "({0} > 0) - ({0} < 0)",
        "javascript": "Math.sign({0})",
    }

    def partials(y, x):
        return (0,)


def zero_wins(w: Any, v: Any) -> Any:
    """Multiply as `weighted` does; the sweeps use it at that operation and below it."""
    return times(w, v) if type(w) is int or type(v) is int else weigh(w, v)


class weighted(elementwise):
    """A product in which a zero wins: a*b, and 0 where one of them is 0, whatever the other is.

    The power rule needs it: the slope of x**0 is 0 at x = 0 too, where 0 * 0**-1 would be NaN.
    """

    notation = function("weighted", latex=r"{0} \cdot {1}", latex_precedence=60)
    properties = commutative
    samples = ((2.0, 3.0), (-1.5, 0.0))
    guard = Masks(zero_wins)
    spell = {
        "python": "({0} * {1} if {0} and {1} else 0.0)",
        "javascript": "({0} === 0 || {1} === 0 ? 0 : {0} * {1})",
    }

    def forward(a, b):
        product = np.multiply(a, b)
        wrong = np.isnan(product)
        if not np.any(wrong):  # the usual case, at the price of one look
            return product
        zero = np.equal(a, 0) | np.equal(b, 0)
        return np.where(wrong & zero, np.zeros_like(product), product)[()]

    def partials(y, a, b):
        return b, a

    def push(tangents, y, a, b):
        pairs = zip((b, a), tangents, strict=True)
        parts = [weigh(factor, settled(along)) for factor, along in pairs if along is not None]
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]

    def simplify(assume_finite, a, b):
        known = [number for number in (constant_value(a), constant_value(b)) if number is not None]
        if 0 in known:
            return 0
        finite = [number for number in known if abs(number) < math.inf]
        return a * b if assume_finite or finite else None


class natlog(elementwise):
    """Natural logarithm; minus infinity at 0, NaN below. Source: DLMF 4.2, derivative 4.7.1."""

    notation = function("log", latex=r"\ln")
    advice = "To another base: log2(x), log10(x), or log(x)/log(base)."
    samples = ((0.5,), (1.0,), (1e300,), (5e-324,))
    domain = (0.0, None)
    forward = np.log
    spell = {"python": "math.log({0})", "javascript": "Math.log({0})"}

    def partials(y, x):
        return (1 / x,)

    def simplify(assume_finite, x):
        return 0 if constant_value(x) == 1 else None


log = reading(natlog)
weigh = reading(weighted)
signum = reading(sign)


def factors_of(*items: Node) -> tuple[int, list[Node]] | None:
    """Flatten products, signs and all, into a sign and factors; None beyond the limit."""
    sign_ = 1
    parts: list[Node] = []
    stack = list(reversed(items))
    while stack:
        top = stack.pop()
        if type(top) is multiplication:
            stack.extend(reversed(top.arguments))
        elif type(top) is negation:
            sign_ = -sign_
            stack.append(top.arguments[0])
        else:
            parts.append(top)
        if len(parts) + len(stack) > MOST_PARTS:
            return None
    return sign_, parts


def terms_of(item: Node) -> list[tuple[Any, Node]] | None:
    """Flatten a sum into (coefficient, rest); a plain number is (number, None)."""
    terms: list[tuple[Any, Node]] = []
    stack: list[tuple[int, Any]] = [(1, item)]
    while stack:
        sign_, top = stack.pop()
        kind = type(top)
        if kind is addition or kind is subtraction:
            stack.append((sign_ if kind is addition else -sign_, top.arguments[1]))
            stack.append((sign_, top.arguments[0]))
        elif kind is negation:
            stack.append((-sign_, top.arguments[0]))
        elif kind is multiplication and type(constant_value(top.arguments[0])) is int:
            terms.append((sign_ * constant_value(top.arguments[0]), top.arguments[1]))
        else:
            terms.append((sign_, top))
        if len(terms) + len(stack) > MOST_PARTS:
            return None
    return terms


def like_terms(assume_finite: Any, kind: Any, a: Any, b: Any) -> Any:
    """Collect like terms: 2*x + 3*x is 5*x. x - x is left alone: infinity minus itself is NaN."""
    if type(b) is negation and kind is addition:
        return a - b.arguments[0]
    left, right = terms_of(a), terms_of(b)
    if left is None or right is None or len(left) + len(right) > MOST_PARTS:
        return None
    if kind is subtraction:
        right = [(-count, rest) for count, rest in right]
    collected: dict[Node, int] = {}
    number, numbers = 0, 0
    for count, rest in left + right:
        value = constant_value(rest)
        if type(value) is int:
            number, numbers = number + count * value, numbers + 1
        elif rest not in collected:
            collected[rest] = count
        # The sum of two large floats may overflow where the terms in their order do not.
        elif type(value) is not float and (assume_finite or collected[rest] * count > 0):
            collected[rest] += count
        else:
            return None
    if len(collected) + (numbers > 0) == len(left) + len(right):
        return None  # nothing was alike
    return sum_of(collected, number)


def sum_of(counts: dict[Node, int], number: int) -> Any:
    """Write a sum of terms with their counts, then a number."""
    total: Any = None
    for term, count in counts.items():
        rest: Any = term
        part = rest if abs(count) == 1 else abs(count) * rest
        if count == 0:
            continue
        if total is None:
            total = part if count > 0 else (-part if count == -1 else count * rest)
        else:
            total = total + part if count > 0 else total - part
    if total is None:
        return number
    if number == 0:
        return total
    return total + number if number > 0 else total - -number


def like_factors(assume_finite: Any, a: Any, b: Any) -> Any:
    """Order a product: its number first, signs in it, equal factors as powers."""
    flat = factors_of(a, b)
    if flat is None:
        return None
    if assume_finite and any(constant_value(factor) == 0 for factor in flat[1]):
        return 0
    return collected(*flat)


def collected(number: int, factors: Sequence[Node]) -> Any:
    """Write a product of a whole number and factors; one factor alone, as a power.

    x*x is x**2, but y*x*x stays: x**2 overflows from 1e154 on, whatever y would have made of it.
    """
    rest: list[Any] = []
    for factor in factors:
        value = constant_value(factor)
        if type(value) is int and abs(number * value) < LARGEST_FOLDED:
            number *= value
        else:
            rest.append(factor)
    powers = [power_of(factor) for factor in rest]
    alone = len({base for base, _ in powers}) == 1
    total = sum(count for _, count in powers)
    if len(rest) > 1 and alone and total <= MOST_POWER and constant_value(powers[0][0]) is None:
        rest = [powers[0][0] ** total]
    product: Any = number if abs(number) != 1 else None
    for factor in rest:
        product = factor if product is None else product * factor
    if product is None:
        return number
    return -product if number == -1 else product


def power_of(factor: Any) -> tuple[Any, int]:
    """Return the base and the whole positive exponent of a factor, which has 1 if none."""
    if type(factor) is exponent:
        raised = constant_value(factor.arguments[1])
        if type(raised) is int and raised > 0:
            return factor.arguments[0], raised
    return factor, 1
