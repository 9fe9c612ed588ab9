"""Extremes: the larger and the smaller of two, and a number kept between two others.

The slope follows the value, as `choice` says: that of the operand ahead is 1, of the one behind 0,
of each of two that are equal 1/2. Between a NaN and a number nothing is decided: the value is NaN,
and so are the slopes by both. (There PyTorch gives each the whole slope, and JAX none.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.engine.masked import Masked, pick, plus
from chainrule.engine.node import Node
from chainrule.engine.notation import function
from chainrule.engine.properties import commutative
from chainrule.engine.tidy import constant_value
from chainrule.language.composition import composed
from chainrule.language.elements.choice import equal, is_greater, is_less, logical_or, where
from chainrule.language.guarding import GUARD
from chainrule.language.kinds import elementwise, reading

__all__ = ["clip", "clipping", "larger", "maximum", "minimum", "smaller"]


class larger(elementwise):
    """The larger of two, NaN where one is; at a tie each has half the slope.

    Where one is NaN nothing is decided, and both slopes are NaN.
    """

    notation = function("maximum", latex=r"\max")
    properties = commutative
    samples = ((2.0, 3.0), (3.0, -2.0))
    forward = np.maximum
    guard = GUARD
    spell = {
        "python": "({0} if {0} >= {1} or {0} != {0} else {1})",
        "javascript": "Math.max({0}, {1})",
    }

    def partials(y, a, b):
        return lambda: lead(a, b), lambda: lead(b, a)

    def push(tangents, y, a, b):
        return followed(tangents, is_less(a, b), is_greater(a, b), equal(a, b))


class smaller(elementwise):
    """The smaller of two, NaN where one is; at a tie each has half the slope.

    Where one is NaN nothing is decided, and both slopes are NaN.
    """

    notation = function("minimum", latex=r"\min")
    properties = commutative
    samples = ((2.0, 3.0), (3.0, -2.0))
    forward = np.minimum
    guard = GUARD
    spell = {
        "python": "({0} if {0} <= {1} or {0} != {0} else {1})",
        "javascript": "Math.min({0}, {1})",
    }

    def partials(y, a, b):
        return lambda: trail(a, b), lambda: trail(b, a)

    def push(tangents, y, a, b):
        return followed(tangents, is_greater(a, b), is_less(a, b), equal(a, b))


class clipping(composed):
    """x kept between a_min and a_max; the slope is 0 beyond them and 1/2 at each.

    Where one of the three is NaN nothing is decided, and the slopes are NaN.
    """

    notation = function("clip", latex=r"\operatorname{clip}")
    samples = ((2.0, 0.0, 1.0), (0.5, 0.0, 1.0), (-3.0, -1.0, 1.0))
    guard = GUARD

    def meaning(x, a_min, a_max):
        return minimum(maximum(x, a_min), a_max)

    def partials(y, x, a_min, a_max):
        # Where x is not below a constant bound, it is what that bound leaves.
        left = x if is_number(a_min) else maximum(x, a_min)
        return (
            lambda: lead_below(x, a_min, left, a_max),
            lambda: lead_below(a_min, x, maximum(x, a_min), a_max),
            lambda: trail(a_max, maximum(x, a_min)),
        )

    push = None  # that of the meaning writes the inner choice twice


maximum = reading(larger)
minimum = reading(smaller)
clip = reading(clipping)


def lead(a: Any, b: Any) -> Any:
    """Return 1 where a is ahead of b, 0 where it is behind, 1/2 at a tie; else NaN."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return lead_of_arrays(a, b)
    return where(is_less(a, b), 0, share(is_greater(a, b), equal(a, b)))


def lead_of_arrays(a: Any, b: Any) -> Any:
    """Return what `lead` does: sums are several times as fast as branches on numbers at random."""
    found = is_greater(a, b) + equal(a, b) / 2
    undecided = np.isnan(a) | np.isnan(b)
    return np.where(undecided, found.dtype.type(math.nan), found) if undecided.any() else found


def lead_below(a: Any, b: Any, ahead: Any, bound: Any) -> Any:
    """Return the lead of a over b, where the one that is ahead is not beyond a bound."""
    beyond = logical_or(is_less(a, b), is_greater(ahead, bound))
    lower = share(is_greater(a, b), equal(a, b))
    return where(beyond, 0, lower * share(is_less(ahead, bound), equal(ahead, bound)))


def trail(a: Any, b: Any) -> Any:
    """Return 1 where a is behind b, 0 where it is ahead, 1/2 at a tie; else NaN."""
    if isinstance(a, Node) or isinstance(b, Node):
        return where(is_greater(a, b), 0, share(is_less(a, b), equal(a, b)))
    return lead(b, a)


def share(chosen: Any, tied: Any) -> Any:
    """Return the share of an operand that is not left out: NaN where nothing is decided."""
    return where(chosen, 1, where(tied, 0.5, math.nan))


def followed(tangents: Any, left_out: Any, chosen: Any, tied: Any) -> Any:
    """Return the tangent of the first operand, or of the second where the first is left out."""
    halves = [half(tangent) for tangent in tangents if tangent is not None]
    if not halves:
        return None
    first, second = tangents
    middle = halves[0] if len(halves) == 1 else plus(*halves)
    if type(middle) is Masked:
        undecided: Any = Masked(where(tied, middle.value, math.nan), middle.mask, GUARD)
    else:
        undecided = where(tied, middle, math.nan)
    return pick(left_out, second, pick(chosen, first, undecided, GUARD), GUARD)


def half(tangent: Any) -> Any:
    """Return half a tangent, which may be masked."""
    return tangent.times(0.5) if type(tangent) is Masked else tangent / 2


def is_number(bound: Any) -> bool:
    """Tell whether a bound is a constant other than NaN, in a graph."""
    number = constant_value(bound) if isinstance(bound, Node) else None
    return number is not None and not math.isnan(number)
