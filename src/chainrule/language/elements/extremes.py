"""Extremes: the larger and the smaller of two, and a number kept between two others.

The slope follows the value, as `choice` says: that of the operand ahead is 1, of the one behind 0,
of each of two that are equal 1/2. Between a NaN and a number nothing is decided: the value is NaN,
and so are the slopes by both. (There PyTorch gives each the whole slope, and JAX none.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.engine.masked import Masked, both, times
from chainrule.engine.node import Node
from chainrule.engine.notation import function
from chainrule.engine.properties import commutative
from chainrule.engine.tidy import constant_value
from chainrule.engine.weights import Cases
from chainrule.language.composition import composed
from chainrule.language.elements.choice import equal, is_greater, is_less
from chainrule.language.kinds import elementwise, reading

__all__ = ["clip", "clipping", "larger", "lead", "maximum", "minimum", "smaller", "trail"]


class larger(elementwise):
    """The larger of two, NaN where one is; at a tie each has half the slope.

    Where one is NaN nothing is decided, and both slopes are NaN.
    """

    notation = function("maximum", latex=r"\max")
    properties = commutative
    samples = ((2.0, 3.0), (3.0, -2.0))
    forward = np.maximum
    spell = {
        "python": "({0} if {0} >= {1} or {0} != {0} else {1})",
        "javascript": "Math.max({0}, {1})",
    }

    def weights(y, a, b):
        return first_of(is_greater(a, b), is_less(a, b), equal(a, b))


class smaller(elementwise):
    """The smaller of two, NaN where one is; at a tie each has half the slope.

    Where one is NaN nothing is decided, and both slopes are NaN.
    """

    notation = function("minimum", latex=r"\min")
    properties = commutative
    samples = ((2.0, 3.0), (3.0, -2.0))
    forward = np.minimum
    spell = {
        "python": "({0} if {0} <= {1} or {0} != {0} else {1})",
        "javascript": "Math.min({0}, {1})",
    }

    def weights(y, a, b):
        return first_of(is_less(a, b), is_greater(a, b), equal(a, b))


class clipping(composed):
    """x kept between a_min and a_max; the slope is 0 beyond them and 1/2 at each.

    Where one of the three is NaN nothing is decided, and the slopes are NaN.
    """

    notation = function("clip", latex=r"\operatorname{clip}")
    samples = ((2.0, 0.0, 1.0), (0.5, 0.0, 1.0), (-3.0, -1.0, 1.0))

    def meaning(x, a_min, a_max):
        return minimum(maximum(x, a_min), a_max)

    def weights(y, x, a_min, a_max):
        raised = maximum(x, a_min)
        # Where x is not below a constant bound, it is what that bound leaves.
        left = x if isinstance(x, Node) and is_number(a_min) else raised
        lower, upper = larger.weights(y, x, a_min), smaller.weights(y, raised, a_max)
        return (
            lambda: within_both(lower[0], smaller.weights(y, left, a_max)[0]),
            lambda: within_both(lower[1], upper[0]),
            lambda: upper[1],
        )


maximum = reading(larger)
minimum = reading(smaller)
clip = reading(clipping)


def first_of(chosen: Any, left_out: Any, tied: Any) -> Cases:
    """Return the weights of two operands; undecided where none of these cases holds."""
    return Cases((left_out, (0, 1)), (chosen, (1, 0)), (tied, (0.5, 0.5)))


def lead(a: Any, b: Any) -> Any:
    """Return the weight of a in the larger of two arrays, or nodes: 1, 0, a half or NaN."""
    return of_each(larger.partials(a, a, b)[0](), a)


def trail(a: Any, b: Any) -> Any:
    """Return the weight of a in the smaller of two arrays, or nodes: 1, 0, a half or NaN."""
    return of_each(smaller.partials(a, a, b)[0](), a)


def of_each(weight: Any, like: Any) -> Any:
    """Return a weight as an array; one that is the same for all elements is a number till then."""
    alone = isinstance(like, np.ndarray) and not np.ndim(weight)
    return np.full_like(like, weight) if alone else weight


def within_both(lower: Masked, upper: Masked) -> Masked:
    """Return the weight of what has to come through two choices."""
    return Masked(times(lower.value, upper.value), both(lower.mask, upper.mask))


def is_number(bound: Any) -> bool:
    """Tell whether a bound of a graph is a constant other than NaN."""
    number = constant_value(bound) if isinstance(bound, Node) else bound
    return isinstance(number, float | int) and not math.isnan(number)
