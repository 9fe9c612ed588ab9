"""Arithmetic: the operations behind `+ - * / **`, a sign and `abs`.

The natural logarithm stands here too, since the slope of a power by its exponent needs it.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from chainrule.engine.inference import shape_leaves
from chainrule.engine.masked import zero_wins
from chainrule.engine.notation import ATOM, FACTOR, TIMES, Piece, function, infix, prefix
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
from chainrule.engine.recipes import Apply, Same
from chainrule.engine.tidy import constant_value
from chainrule.language.kinds import elementwise, reading
from chainrule.language.simplifying.factors import (
    simpler_product,
    simpler_quotient,
    with_other_sign,
)
from chainrule.language.simplifying.limits import limit_of_product, limit_of_quotient
from chainrule.language.simplifying.terms import simpler_sum

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


class addition(elementwise, operator="+"):
    """Sum of two expressions, elementwise."""

    algebra = "sum"
    notation = infix("+", precedence=50, spaced=True)
    properties = commutative | associative | neutral(0) | folds(operator.add)
    rule = "sum"
    samples = ((2.0, 3.0), (-1.5, 0.0), (1e16, 1.0))
    forward = np.add
    spell = {"python": "{0} + {1}", "javascript": "{0} + {1}"}

    def partials(y, a, b):
        return 1, 1

    def simplify(assume_finite, a, b):
        return simpler_sum(assume_finite, 1, a, b)

    def limit(a, b):
        return simpler_sum(True, 1, a, b)  # noqa: FBT003 - the order of every `simplify`


class subtraction(elementwise, operator="-"):
    """Difference of two expressions, elementwise."""

    algebra = "difference"
    notation = infix("-", precedence=50, spaced=True)
    properties = neutral(0) | folds(operator.sub)
    rule = "difference"
    samples = ((2.0, 3.0), (-1.5, 0.0), (1e16, 1.0))
    forward = np.subtract
    spell = {"python": "{0} - {1}", "javascript": "{0} - {1}"}

    def partials(y, a, b):
        return 1, -1

    def simplify(assume_finite, a, b):
        if constant_value(a) == 0:
            return -b
        return simpler_sum(assume_finite, -1, a, b)

    def limit(a, b):
        return -b if constant_value(a) == 0 else simpler_sum(True, -1, a, b)  # noqa: FBT003 - as above


class negation(elementwise, operator="negate"):
    """The same with the other sign."""

    algebra = "negation"
    notation = prefix("-")
    properties = involution | odd | folds(operator.neg)
    rule = "constant factor"
    samples = ((2.0,), (-1.5,), (0.0,))
    forward = np.negative
    spell = {"python": "-{0}", "javascript": "-{0}"}

    def partials(y, x):
        return (-1,)

    def simplify(assume_finite, x):
        return with_other_sign(x)


def by_elements(axes: tuple[int, ...]) -> list[Piece] | None:
    r"""Write the product of two arrays as \odot: beside matrices it is none of theirs."""
    return [(0, FACTOR), r" \odot ", (1, FACTOR + 1)] if all(axes) else None


def power_by_elements(axes: tuple[int, ...]) -> list[Piece] | None:
    r"""Write the power of an array as ^{\circ 2}: beside matrices it is none of theirs."""
    return [(0, ATOM), r"^{\circ ", (1, 0), "}"] if axes[0] else None


class multiplication(elementwise, operator="*"):
    """Product of two expressions, elementwise.

    Source: course deck A, "Autodiff Review: Combining Expressions".
    """

    algebra = "product"
    notation = infix("*", precedence=60, latex=f"{{0}}{TIMES}{{1}}")._replace(
        latex_of_axes=by_elements
    )
    properties = commutative | associative | neutral(1) | folds(operator.mul)
    samples = ((2.0, 3.0), (-1.5, 0.0), (1e200, 1e-200))
    forward = np.multiply
    spell = {"python": "{0} * {1}", "javascript": "{0} * {1}"}

    def rule(a_is_constant, b_is_constant):
        return "constant factor" if a_is_constant or b_is_constant else "product"

    def partials(y, a, b):
        return b, a

    def simplify(assume_finite, a, b):
        return simpler_product(assume_finite, a, b)

    limit = limit_of_product


class division(elementwise, operator="/"):
    """Quotient of two expressions, elementwise; by zero it is infinite or NaN, as in IEEE 754."""

    algebra = "quotient"
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

    def textbook(y, a, b):
        return 1 / b, -a / b**2

    def simplify(assume_finite, a, b):
        return simpler_quotient(assume_finite, a, b)

    limit = limit_of_quotient


class exponent(elementwise, operator="**"):
    """Power, elementwise: a ** b.

    The slope by the base is exact at zero and negative bases; that by the exponent takes the
    logarithm of the base, only where it is asked for. Source: DLMF 4.2.26.
    """

    algebra = "power"
    notation = infix(
        "**", precedence=80, right=True, latex="{0}^{{1}}", latex_needs=(81, 0)
    )._replace(
        latex_of_axes=power_by_elements,
    )
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
        if getattr(b, "size", 1) == 1 and b == 0.5 and found.dtype.kind == "f":
            # NumPy takes the square root, which at -inf and -0.0 is not IEEE 754's pow.
            return np.where(np.isneginf(a), np.inf, found + 0.0)[()]
        return found

    def lower(shapes, numbers, attributes):
        if numbers[1] == 1:
            return Same(0)
        return Apply(np.multiply, (0, 0)) if numbers[1] == 2 else None

    def rule(a_is_constant, b_is_constant):
        if b_is_constant:
            return "power"
        return "exponential" if a_is_constant else "power and exponential"

    def partials(y, a, b):
        return weigh(b, a ** (b - 1)), lambda: weigh(y, log(a))

    def textbook(y, a, b):
        return b * a ** (b - 1), y * log(a)

    def simplify(assume_finite, a, b):
        if shape_leaves(a) | shape_leaves(b):
            return None  # a column of ones is not the number 1
        # As IEEE 754's pow, whatever the other operand.
        return 1 if constant_value(b) == 0 or constant_value(a) == 1 else None

    def limit(a, b):
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


class weighted(elementwise, operator="weighted"):
    """A product in which a zero wins: a*b, and 0 where one of them is 0, whatever the other is.

    The power rule needs it: the slope of x**0 is 0 at x = 0 too, where 0 * 0**-1 would be NaN.
    """

    notation = function(
        "weighted", latex=r"{0} \cdot {1}", latex_precedence=60, latex_needs=(60, 61)
    )
    properties = commutative
    samples = ((2.0, 3.0), (-1.5, 0.0))
    spell = {
        "python": "({0} * {1} if {0} and {1} else 0.0)",
        "javascript": "({0} === 0 || {1} === 0 ? 0 : {0} * {1})",
    }

    forward = zero_wins

    def lower(shapes, numbers, attributes):
        known = [number for number in numbers if number is not None]
        plain = any(number != 0 and math.isfinite(number) for number in known)
        return Apply(np.multiply, (0, 1)) if plain else None

    def weights(y, a, b):
        return b, a

    def simplify(assume_finite, a, b):
        if 0 in (constant_value(a), constant_value(b)):
            return 0
        return a * b if assume_finite or is_finite(a) or is_finite(b) else None


def is_finite(item: Any) -> bool:
    """Tell whether a node is a finite number, or the logarithm of one."""
    number = constant_value(item)
    if number is None and type(item) is natlog:
        number = constant_value(item.arguments[0])
        return number is not None and 0 < number < math.inf
    return number is not None and abs(number) < math.inf


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
