"""Short names for common small formulas of one element, as NumPy, SciPy and PyTorch have them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.properties import idempotent, odd, truth
from chainrule.language.arithmetic import log, weigh
from chainrule.language.composition import composed
from chainrule.language.elements.choice import (
    as_numbers,
    ceil,
    equal,
    floor,
    is_greater,
    is_less,
    not_equal,
    round,
    where,
)
from chainrule.language.elements.elementary import abs, cos, log1p, sin, sqrt
from chainrule.language.elements.extremes import clip
from chainrule.language.elements.hyperbolic import arctanh
from chainrule.language.kinds import reading

__all__ = [
    "cardinal_sine",
    "clamp",
    "deg2rad",
    "exp2",
    "finite_truth",
    "infinite_truth",
    "interpolation",
    "inverse_square_root",
    "isfinite",
    "isinf",
    "isnan",
    "lerp",
    "log_odds",
    "logit",
    "multiplicative_inverse",
    "nan_truth",
    "power_of_2",
    "rad2deg",
    "reciprocal",
    "rounding_to_zero",
    "rsqrt",
    "second_power",
    "sinc",
    "square",
    "to_degrees",
    "to_radians",
    "trunc",
    "weighted_logarithm",
    "xlogy",
]


class second_power(composed):
    """The square, x*x."""

    notation = function("square")
    samples = ((2.0,), (-1.5,), (0.0,))

    def meaning(x):
        return x * x


class multiplicative_inverse(composed):
    """One divided by x."""

    notation = function("reciprocal")
    properties = odd
    samples = ((2.0,), (-1.5,))

    def meaning(x):
        return 1 / x


class inverse_square_root(composed):
    """One divided by the square root of x."""

    notation = function("rsqrt")
    domain = (0.0, None)
    samples = ((2.0,), (1e-6,), (1e6,))

    def meaning(x):
        return 1 / sqrt(x)


class power_of_2(composed):
    """Two to the power x."""

    notation = function("exp2")
    samples = ((2.0,), (-1.5,), (30.0,))

    def meaning(x):
        return 2**x


class to_radians(composed):
    """An angle of x degrees, in radians."""

    notation = function("deg2rad")
    properties = odd
    samples = ((30.0,), (-200.0,))
    spell = {"mpmath": "math.radians({0})"}

    def meaning(x):
        return x * (math.pi / 180)


class to_degrees(composed):
    """An angle of x radians, in degrees."""

    notation = function("rad2deg")
    properties = odd
    samples = ((0.5,), (-4.0,))
    spell = {"mpmath": "math.degrees({0})"}

    def meaning(x):
        return x * (180 / math.pi)


class interpolation(composed):
    """From a to b in a straight line: a where the weight is 0, b where it is 1."""

    notation = function("lerp")
    samples = ((2.0, 3.0, 0.25), (-1.5, 4.0, 1.5))

    def meaning(a, b, weight):
        return a + weight * (b - a)


class weighted_logarithm(composed):
    """x*log(y), and 0 where x is 0, as entropies need it."""

    notation = function("xlogy")
    samples = ((2.0, 3.0), (-1.5, 0.25), (0.0, 2.0))

    def meaning(x, y):
        return weigh(x, log(y))


class log_odds(composed):
    """Logarithm of the odds of a probability, log(p/(1 - p)): the sigmoid's inverse.

    Exact where the odds are near even too.
    """

    notation = function("logit")
    domain = (0.0, 1.0)
    samples = ((1e-9,), (0.1,), (0.5000001,), (0.6,), (0.999,))
    spell = {"mpmath": "math.log({0} / (1 - {0}))"}

    def meaning(p):
        even = is_less(abs(p - 0.5), 0.25)
        near = 2 * arctanh(2 * where(even, p, 0.5) - 1)
        return where(even, near, log(p) - log1p(-p))

    def partials(y, p):
        return (1 / (p * (1 - p)),)


class rounding_to_zero(composed):
    """x without what follows its decimal point; its derivative is 0, at its steps too."""

    notation = function("trunc")
    properties = idempotent | odd
    samples = ((2.5,), (-1.5,), (0.4,))
    forward = np.trunc

    def meaning(x):
        return where(is_less(x, 0), ceil(x), floor(x))

    def partials(y, x):
        return (0,)


def in_two_parts(x: Any) -> tuple[Any, Any, Any]:
    """Return whether x is near 0, the square of πx where it is, and x where it is not."""
    small = is_less(abs(x), 0.3)
    return small, (math.pi * where(small, x, 0)) ** 2, where(small, 0.5, x)


def half_turns(x: Any) -> tuple[Any, Any]:
    """Return the half turns in an angle of πx, and the sign that they give to sine and cosine.

    They are taken off exactly, so that a large x keeps its digits.
    """
    turns = round(x)
    return turns, 1 - 2 * (turns - 2 * floor(turns / 2))


class cardinal_sine(composed):
    """sin(πx)/(πx), and 1 at 0, as in NumPy; near 0 by its series, which has every derivative.

    Source: DLMF 4.19.1 divided by its argument.
    """

    notation = function("sinc")
    samples = ((0.5,), (-1.3,), (0.0,), (1e-9,), (0.2,), (7.25,))
    spell = {"mpmath": "math.sincpi({0})"}

    def meaning(x):
        small, squared, far = in_two_parts(x)
        series = 1
        for k in range(9, 0, -1):  # at 0.3 what is left out is below 1e-18
            series = 1 - squared * series / (2 * k * (2 * k + 1))
        turns, sign = half_turns(far)
        return where(small, series, sign * sin(math.pi * (far - turns)) / math.pi / far)

    def partials(y, x):
        small, squared, far = in_two_parts(x)
        series = 1
        for k in range(9, 0, -1):
            series = 1 - squared * series / (2 * k * (2 * k + 3))
        turns, sign = half_turns(far)
        falling = (sign * cos(math.pi * (far - turns)) - y) / far
        return (where(small, -(math.pi**2) / 3 * x * series, falling),)


class nan_truth(composed):
    """Whether x is no number (NaN): 1 or 0 inside a formula; the derivative is 0."""

    notation = function("isnan")
    properties = truth
    samples = ((2.0,), (-1.5,))

    def forward(x):
        return as_numbers(np.isnan(x), x)

    def meaning(x):
        return not_equal(x, x)

    def partials(y, x):
        return (0,)


class infinite_truth(composed):
    """Whether x is infinite: 1 or 0 inside a formula; the derivative is 0."""

    notation = function("isinf")
    properties = truth
    samples = ((2.0,), (-1.5,))

    def forward(x):
        return as_numbers(np.isinf(x), x)

    def meaning(x):
        return equal(abs(x), math.inf)

    def partials(y, x):
        return (0,)


class finite_truth(composed):
    """Whether x is a number that is not infinite: 1 or 0 inside a formula; the derivative is 0."""

    notation = function("isfinite")
    properties = truth
    samples = ((2.0,), (-1.5,))

    def forward(x):
        return as_numbers(np.isfinite(x), x)

    def meaning(x):
        return is_greater(math.inf, abs(x))

    def partials(y, x):
        return (0,)


square = reading(second_power)
reciprocal = reading(multiplicative_inverse)
rsqrt = reading(inverse_square_root)
exp2 = reading(power_of_2)
deg2rad = reading(to_radians)
rad2deg = reading(to_degrees)
lerp = reading(interpolation)
xlogy = reading(weighted_logarithm)
logit = reading(log_odds)
trunc = reading(rounding_to_zero)
sinc = reading(cardinal_sine)
isnan = reading(nan_truth)
isinf = reading(infinite_truth)
isfinite = reading(finite_truth)
clamp = clip
