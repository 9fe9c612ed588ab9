"""Choices: comparisons, logic, the larger and the smaller of two, rounding, and `where`.

What chooses between operands declares a `guard`, so that the operand not chosen puts neither its
value nor the NaN or infinity of its slope into a derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.node import Node
from chainrule.engine.notation import function, infix, prefix
from chainrule.engine.properties import commutative, idempotent, odd, truth
from chainrule.engine.shapes import shape_leaves
from chainrule.engine.sweep import times
from chainrule.engine.tidy import constant_value
from chainrule.language.arithmetic import weigh, zero_wins
from chainrule.language.composition import composed
from chainrule.language.kinds import elementwise, reading

__all__ = [
    "ceil",
    "choice",
    "clip",
    "clipping",
    "complement",
    "conjunction",
    "disjunction",
    "equal",
    "equality",
    "floor",
    "greater",
    "greater_equal",
    "greater_or_equal",
    "inequality",
    "larger",
    "less",
    "less_equal",
    "less_or_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "maximum",
    "minimum",
    "not_equal",
    "round",
    "rounding",
    "rounding_down",
    "rounding_up",
    "smaller",
    "where",
]


def as_numbers(found: Any, *operands: Any) -> Any:
    """Bring truth values to 1.0 and 0.0 in the precision of the operands, to compute with."""
    kind = np.result_type(*operands)
    return found.astype(kind if kind.kind == "f" else np.float64)


class less(elementwise, operator="<"):
    """Whether a is less than b: 1 or 0 inside a formula; the derivative is 0, at a = b too."""

    notation = infix("<", precedence=40, apart=True, spaced=True)
    properties = truth
    samples = ((2.0, 3.0), (3.0, 2.0))
    ufunc = np.less
    spell = {
        "python": "(1.0 if {0} < {1} else 0.0)",
        "exact": "int({0} < {1})",
        "javascript": "({0} < {1} ? 1 : 0)",
    }

    def forward(a, b):
        return as_numbers(np.less(a, b), a, b)

    def partials(y, a, b):
        return 0, 0


class less_or_equal(elementwise, operator="<="):
    """Whether a is at most b: 1 or 0 inside a formula; the derivative is 0, at a = b too."""

    notation = infix("<=", precedence=40, apart=True, latex=r"{0} \leq {1}", spaced=True)
    properties = truth
    samples = ((2.0, 3.0), (3.0, 2.0))
    ufunc = np.less_equal
    spell = {
        "python": "(1.0 if {0} <= {1} else 0.0)",
        "exact": "int({0} <= {1})",
        "javascript": "({0} <= {1} ? 1 : 0)",
    }

    def forward(a, b):
        return as_numbers(np.less_equal(a, b), a, b)

    def partials(y, a, b):
        return 0, 0


class greater(elementwise, operator=">"):
    """Whether a is greater than b: 1 or 0 inside a formula; the derivative is 0, at a = b too."""

    notation = infix(">", precedence=40, apart=True, spaced=True)
    properties = truth
    samples = ((2.0, 3.0), (3.0, 2.0))
    ufunc = np.greater
    spell = {
        "python": "(1.0 if {0} > {1} else 0.0)",
        "exact": "int({0} > {1})",
        "javascript": "({0} > {1} ? 1 : 0)",
    }

    def forward(a, b):
        return as_numbers(np.greater(a, b), a, b)

    def partials(y, a, b):
        return 0, 0


class greater_or_equal(elementwise, operator=">="):
    """Whether a is at least b: 1 or 0 inside a formula; the derivative is 0, at a = b too."""

    notation = infix(">=", precedence=40, apart=True, latex=r"{0} \geq {1}", spaced=True)
    properties = truth
    samples = ((2.0, 3.0), (3.0, 2.0))
    ufunc = np.greater_equal
    spell = {
        "python": "(1.0 if {0} >= {1} else 0.0)",
        "exact": "int({0} >= {1})",
        "javascript": "({0} >= {1} ? 1 : 0)",
    }

    def forward(a, b):
        return as_numbers(np.greater_equal(a, b), a, b)

    def partials(y, a, b):
        return 0, 0


class equality(elementwise):
    """Whether a equals b: 1 or 0 inside a formula; the derivative is 0 everywhere.

    A function, `equal(a, b)`: `==` asks whether two expressions are the same graph.
    """

    notation = function("equal", latex=r"\left[{0} = {1}\right]")
    properties = truth | commutative
    samples = ((2.0, 3.0), (3.0, 3.0))
    ufunc = np.equal
    spell = {
        "python": "(1.0 if {0} == {1} else 0.0)",
        "exact": "int({0} == {1})",
        "javascript": "({0} === {1} ? 1 : 0)",
    }

    def forward(a, b):
        return as_numbers(np.equal(a, b), a, b)

    def partials(y, a, b):
        return 0, 0


class inequality(elementwise):
    """Whether a differs from b: 1 or 0 inside a formula; the derivative is 0 everywhere."""

    notation = function("not_equal", latex=r"\left[{0} \neq {1}\right]")
    properties = truth | commutative
    samples = ((2.0, 3.0), (3.0, 3.0))
    ufunc = np.not_equal
    spell = {
        "python": "(1.0 if {0} != {1} else 0.0)",
        "exact": "int({0} != {1})",
        "javascript": "({0} !== {1} ? 1 : 0)",
    }

    def forward(a, b):
        return as_numbers(np.not_equal(a, b), a, b)

    def partials(y, a, b):
        return 0, 0


class conjunction(elementwise, operator="&"):
    """Whether both a and b are true, that is not 0; the derivative is 0."""

    notation = infix("&", precedence=46, latex=r"{0} \wedge {1}", spaced=True)
    properties = truth
    samples = ((1.0, 0.0), (1.0, 1.0))
    ufunc = np.logical_and
    spell = {
        "python": "(1.0 if {0} and {1} else 0.0)",
        "exact": "int(bool({0} and {1}))",
        "javascript": "({0} !== 0 && {1} !== 0 ? 1 : 0)",
    }

    def forward(a, b):
        return as_numbers(np.logical_and(a, b), a, b)

    def partials(y, a, b):
        return 0, 0


class disjunction(elementwise, operator="|"):
    """Whether a or b, or both, are true, that is not 0; the derivative is 0."""

    notation = infix("|", precedence=44, latex=r"{0} \vee {1}", spaced=True)
    properties = truth
    samples = ((1.0, 0.0), (0.0, 0.0))
    ufunc = np.logical_or
    spell = {
        "python": "(1.0 if {0} or {1} else 0.0)",
        "exact": "int(bool({0} or {1}))",
        "javascript": "({0} !== 0 || {1} !== 0 ? 1 : 0)",
    }

    def forward(a, b):
        return as_numbers(np.logical_or(a, b), a, b)

    def partials(y, a, b):
        return 0, 0


class complement(elementwise, operator="~"):
    """Whether x is false, that is 0; the derivative is 0."""

    notation = prefix("~", latex=r"\neg {0}")
    properties = truth
    samples = ((1.0,), (0.0,))
    ufunc = np.logical_not
    spell = {
        "python": "(0.0 if {0} else 1.0)",
        "exact": "int(not {0})",
        "javascript": "({0} === 0 ? 1 : 0)",
    }

    def forward(x):
        return as_numbers(np.logical_not(x), x)

    def partials(y, x):
        return (0,)


def guarded(weight: Any, value: Any) -> Any:
    """Multiply at a choice or below it: a zero on either side wins, whatever the other is.

    On nodes the condition is handed on: (g where c, else 0) * v is g*v where c, else 0.
    """
    if type(weight) is int or type(value) is int:
        return zero_wins(weight, value)
    first, second = mask_of(weight), mask_of(value)
    if first is None and second is None:
        return weigh(weight, value)
    condition, factor = first or (None, weight)
    other, factor_of_value = second or (None, value)
    if condition is not None and other is not None:
        condition = conjunction(condition, other)
    return choice(other if condition is None else condition, times(factor, factor_of_value), 0)


def mask_of(item: Any) -> tuple[Any, Any] | None:
    """Return the condition and the factor of (factor where condition, else 0), or None."""
    if type(item) is not choice:
        return None
    condition, taken, otherwise = item.arguments
    if constant_value(otherwise) == 0:
        return condition, unwrapped(taken)
    if constant_value(taken) == 0:
        return complement(condition), unwrapped(otherwise)
    return None


def unwrapped(item: Node) -> Any:
    """Return 1 or -1 as the literal, which costs nothing to multiply by; the rest as it is."""
    number = constant_value(item)
    return number if type(number) is int and abs(number) == 1 else item


class choice(elementwise):
    """a where the condition is true (not 0), else b.

    The operand not chosen, and its slope, may be NaN or infinite there: neither gets through.
    """

    notation = function(
        "where",
        latex=r"\begin{cases} {1} & \text{if } {0} \\ {2} & \text{otherwise} \end{cases}",
    )
    samples = ((1.0, 2.0, 3.0), (0.0, 2.0, 3.0))
    guard = guarded
    spell = {"python": "({1} if {0} else {2})", "javascript": "({0} !== 0 ? {1} : {2})"}

    def forward(condition, a, b):
        if type(a) in (int, float) and type(b) in (int, float):
            kind = as_numbers(np.asarray(condition), condition).dtype.type
            a, b = kind(a), kind(b)  # two plain numbers must not widen single precision
        return np.where(condition, a, b)[()]

    def partials(y, condition, a, b):
        return 0, lambda: where(condition, 1, 0), lambda: where(condition, 0, 1)

    def push(tangents, y, condition, a, b):
        _, along_a, along_b = tangents
        if along_a is None and along_b is None:
            return None
        along_a = 0 if along_a is None else along_a
        return where(condition, along_a, 0 if along_b is None else along_b)

    def simplify(assume_finite, condition, a, b):
        same = a is b and constant_value(a) is not None
        return a if same and not shape_leaves(condition) else None


class larger(elementwise):
    """The larger of two, NaN where one is; at a tie each has half the slope."""

    notation = function("maximum", latex=r"\max")
    properties = commutative
    samples = ((2.0, 3.0), (3.0, -2.0))
    forward = np.maximum
    guard = guarded
    spell = {
        "python": "({0} if {0} >= {1} or {0} != {0} else {1})",
        "javascript": "Math.max({0}, {1})",
    }

    def partials(y, a, b):
        return lambda: lead(a, b), lambda: lead(b, a)


class smaller(elementwise):
    """The smaller of two, NaN where one is; at a tie each has half the slope."""

    notation = function("minimum", latex=r"\min")
    properties = commutative
    samples = ((2.0, 3.0), (3.0, -2.0))
    forward = np.minimum
    guard = guarded
    spell = {
        "python": "({0} if {0} <= {1} or {0} != {0} else {1})",
        "javascript": "Math.min({0}, {1})",
    }

    def partials(y, a, b):
        return lambda: lead(b, a), lambda: lead(a, b)


class clipping(composed):
    """x kept between a_min and a_max; the slope is 0 beyond them and 1/2 at each."""

    notation = function("clip", latex=r"\operatorname{clip}")
    samples = ((2.0, 0.0, 1.0), (0.5, 0.0, 1.0), (-3.0, -1.0, 1.0))
    guard = guarded

    def meaning(x, a_min, a_max):
        return minimum(maximum(x, a_min), a_max)


class rounding_down(elementwise):
    """The largest whole number that is at most x; its derivative is 0, at its steps too."""

    notation = function("floor", latex=r"\left\lfloor {0} \right\rfloor")
    properties = idempotent
    samples = ((2.5,), (-1.5,))
    forward = np.floor
    # copysign: the floor of -0.0 is -0.0, as NumPy has it.
    spell = {
        "python": "math.copysign(math.floor({0}), {0})",
        "exact": "math.floor({0})",
        "javascript": "Math.floor({0})",
    }

    def partials(y, x):
        return (0,)


class rounding_up(elementwise):
    """The smallest whole number that is at least x; its derivative is 0, at its steps too."""

    notation = function("ceil", latex=r"\left\lceil {0} \right\rceil")
    properties = idempotent
    samples = ((2.5,), (-1.5,))
    forward = np.ceil
    spell = {
        "python": "math.copysign(math.ceil({0}), {0})",
        "exact": "math.ceil({0})",
        "javascript": "Math.ceil({0})",
    }

    def partials(y, x):
        return (0,)


class rounding(elementwise):
    """The nearest whole number, halves to the even one; its derivative is 0, at its steps too."""

    notation = function("round", latex=r"\operatorname{round}")
    properties = idempotent | odd
    samples = ((2.5,), (-1.5,), (0.4,))
    forward = np.rint
    spell = {
        "python": "math.copysign(round({0}), {0})",
        "exact": "round({0})",
        # Beyond 2**52 every number is whole; adding it rounds the others, halves to even.
        "javascript": "(Math.abs({0}) < 4503599627370496 ? "
        "{0} + Math.sign({0}) * 4503599627370496 - Math.sign({0}) * 4503599627370496 : {0})",
    }

    def partials(y, x):
        return (0,)


is_greater = reading(greater)
is_at_least = greater_equal = reading(greater_or_equal, "greater_equal")
less_equal = reading(less_or_equal, "less_equal")
equal = reading(equality)
not_equal = reading(inequality)
logical_and = reading(conjunction, "logical_and")
logical_or = reading(disjunction, "logical_or")
logical_not = reading(complement, "logical_not")
where = reading(choice)
maximum = reading(larger)
minimum = reading(smaller)
clip = reading(clipping)
floor = reading(rounding_down)
ceil = reading(rounding_up)
round = reading(rounding)


def lead(a: Any, b: Any) -> Any:
    """Return 1 where a is ahead of b, 0 where it is behind, and 1/2 at a tie."""
    return where(is_at_least(a, b), where(is_greater(a, b), 1, 0.5), 0)
