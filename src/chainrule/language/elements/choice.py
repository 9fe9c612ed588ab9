"""Choices: comparisons, logic, rounding, and `where`.

One rule holds for the slopes of what chooses between operands: the slope follows the value. An
operand that was not chosen is not there, and neither its value nor the NaN or infinity of its slope
gets into a derivative. An operand that was chosen lets everything through, NaN too: a weight of
zero that was computed, not decided, wins over nothing. What is false of a NaN is false, so `where`
then takes its second branch. `extremes` says what holds where nothing is decided.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.inference import shape_leaves
from chainrule.engine.notation import function, infix, prefix
from chainrule.engine.properties import commutative, idempotent, odd, truth
from chainrule.engine.tidy import constant_value
from chainrule.engine.weights import Cases
from chainrule.language.guarding import is_sum_of_parts, without_sign
from chainrule.language.kinds import elementwise, reading

__all__ = [
    "ceil",
    "choice",
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
    "less",
    "less_equal",
    "less_or_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "not_equal",
    "round",
    "rounding",
    "rounding_down",
    "rounding_up",
    "where",
]


def as_numbers(found: Any, *operands: Any) -> Any:
    """Bring truth values to 1.0 and 0.0 in the precision of the operands, to compute with."""
    kind = np.result_type(*operands)
    return found.astype(kind if kind.kind == "f" else np.float64)


class less(elementwise, operator="<"):
    """Whether a is less than b: 1 or 0 inside a formula; the derivative is 0, at a = b too."""

    algebra = "at most"
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

    algebra = "at most"
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

    algebra = "at least"
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

    algebra = "at least"
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

    algebra = "equality"
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


class inequality(elementwise, operator="not_equal"):
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


class choice(elementwise, operator="where"):
    """a where the condition is true (not 0), else b.

    The operand not chosen, and its slope, may be NaN or infinite there: neither gets through.
    """

    notation = function(
        "where",
        latex=r"\begin{cases} {1} & \text{if } {0} \\ {2} & \text{otherwise} \end{cases}",
    )
    samples = ((1.0, 2.0, 3.0), (0.0, 2.0, 3.0))
    spell = {"python": "({1} if {0} else {2})", "javascript": "({0} !== 0 ? {1} : {2})"}

    def forward(condition, a, b):
        if type(a) in (int, float) and type(b) in (int, float):
            kind = as_numbers(np.asarray(condition), condition).dtype.type
            a, b = kind(a), kind(b)  # two plain numbers must not widen single precision
        return np.where(condition, a, b)[()]

    def weights(y, condition, a, b):
        return Cases((condition, (0, 1, 0)), otherwise=(0, 0, 1))

    def simplify(assume_finite, condition, a, b):
        zero = without_sign(a), without_sign(b)
        if zero != (a, b):
            return choice(condition, *zero)
        if is_sum_of_parts(condition, a, b):
            return a if constant_value(b) == 0 else b
        same = a is b and constant_value(a) is not None
        return a if same and not shape_leaves(condition) else None


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


is_less = reading(less)
is_greater = reading(greater)
is_at_least = greater_equal = reading(greater_or_equal, "greater_equal")
is_at_most = less_equal = reading(less_or_equal, "less_equal")
equal = reading(equality)
not_equal = reading(inequality)
logical_and = reading(conjunction, "logical_and")
logical_or = reading(disjunction, "logical_or")
logical_not = reading(complement, "logical_not")
where = reading(choice)
floor = reading(rounding_down)
ceil = reading(rounding_up)
round = reading(rounding)
