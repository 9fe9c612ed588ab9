"""Hyperbolic functions and their inverses.

Formulas of derivatives: DLMF chapter 4 (dlmf.nist.gov), by the number in each docstring.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.properties import even, odd
from chainrule.engine.recipes import Square
from chainrule.language.elements.elementary import hypot, sqrt
from chainrule.language.kinds import elementwise, reading

__all__ = [
    "arccosh",
    "arcsinh",
    "arctanh",
    "cosh",
    "hyperbolic_cosine",
    "hyperbolic_secant",
    "hyperbolic_sine",
    "hyperbolic_tan",
    "inverse_hyperbolic_cosine",
    "inverse_hyperbolic_sine",
    "inverse_hyperbolic_tan",
    "sech",
    "sinh",
    "tanh",
]


class hyperbolic_sine(elementwise):
    """Hyperbolic sine. Source: DLMF 4.28.1, derivative 4.34.1."""

    notation = function("sinh", latex=r"\sinh")
    properties = odd
    samples = ((-30.0,), (0.0,), (1e-8,), (1.0,))
    forward = np.sinh
    spell = {"python": "math.sinh({0})", "javascript": "Math.sinh({0})"}

    def partials(y, x):
        return (cosh(x),)


class hyperbolic_cosine(elementwise):
    """Hyperbolic cosine. Source: DLMF 4.28.2, derivative 4.34.2."""

    notation = function("cosh", latex=r"\cosh")
    samples = ((-30.0,), (0.0,), (1e-8,), (1.0,))
    forward = np.cosh
    spell = {"python": "math.cosh({0})", "javascript": "Math.cosh({0})"}

    def partials(y, x):
        return (sinh(x),)


STEEP = 1 / 64  # six bits of a difference from 1 are lost where it is less


def slope_of_tanh(y: Any, x: Any) -> Any:
    """Return sech(x)**2: of columns by the value y, where that keeps its digits.

    1 - y*y has lost every digit at x = 19.
    """
    if type(y) is not np.ndarray or y.dtype.kind != "f" or np.shape(x) != y.shape:
        return sech(x) * sech(x)
    slope = np.multiply(y, y)
    np.subtract(1, slope, out=slope)
    near_one = slope < STEEP
    if near_one.any():
        small = sech(x[near_one])
        slope[near_one] = small * small
    return slope


class hyperbolic_tan(elementwise):
    """Hyperbolic tangent. Source: DLMF 4.28.4, derivative 4.34.3."""

    notation = function("tanh", latex=r"\tanh")
    properties = odd
    samples = ((-30.0,), (-1.0,), (0.0,), (1e-8,), (19.0,))
    forward = np.tanh
    spell = {"python": "math.tanh({0})", "javascript": "Math.tanh({0})"}

    def partials(y, x):
        return (slope_of_tanh(y, x),)

    def textbook(y, x):
        return (1 - y**2,)


class hyperbolic_secant(elementwise):
    """1/cosh(x), without overflow. Source: DLMF 4.28.6, derivative 4.34.5."""

    notation = function("sech", latex=r"\operatorname{sech}")
    properties = even
    samples = ((-30.0,), (-1.0,), (0.0,), (1e-8,), (740.0,))
    square = Square(hyperbolic_tan, slope_of_tanh)
    spell = {
        # Where cosh overflows it raises, and `forward` serves.
        "python": "1.0 / math.cosh({0})",
        "mpmath": "math.sech({0})",
        "javascript": "2 * Math.exp(-Math.abs({0})) / (1 + Math.exp(-2 * Math.abs({0})))",
    }

    def forward(x):
        # Not -abs(x), for the same formula then holds of complex numbers.
        small = np.exp(np.where(np.greater_equal(x, 0), -x, x))
        return 2 * small / (1 + small * small)

    def partials(y, x):
        return (-y * tanh(x),)


class inverse_hyperbolic_sine(elementwise):
    """Inverse of the hyperbolic sine. Source: DLMF 4.38.5."""

    notation = function("arcsinh", latex=r"\operatorname{arsinh}")
    properties = odd
    samples = ((-30.0,), (0.0,), (1e-8,), (1e200,))
    forward = np.arcsinh
    spell = {"python": "math.asinh({0})", "javascript": "Math.asinh({0})"}

    def partials(y, x):
        return (1 / hypot(x, 1),)

    def textbook(y, x):
        return (1 / sqrt(x**2 + 1),)


class inverse_hyperbolic_cosine(elementwise):
    """Inverse of the hyperbolic cosine, from 1 on. Source: DLMF 4.38.6."""

    notation = function("arccosh", latex=r"\operatorname{arcosh}")
    samples = ((1.5,), (30.0,), (1e200,))
    domain = (1.0, None)
    forward = np.arccosh
    spell = {"python": "math.acosh({0})", "javascript": "Math.acosh({0})"}

    def partials(y, x):
        return (1 / (sqrt(x - 1) * sqrt(x + 1)),)

    def textbook(y, x):
        return (1 / sqrt(x**2 - 1),)


class inverse_hyperbolic_tan(elementwise):
    """Inverse of the hyperbolic tangent, between -1 and 1. Source: DLMF 4.38.7."""

    notation = function("arctanh", latex=r"\operatorname{artanh}")
    properties = odd
    samples = ((-0.9,), (0.0,), (1e-8,), (0.5,))
    domain = (-1.0, 1.0)
    forward = np.arctanh
    spell = {"python": "math.atanh({0})", "javascript": "Math.atanh({0})"}

    def partials(y, x):
        return (1 / ((1 - x) * (1 + x)),)

    def textbook(y, x):
        return (1 / (1 - x**2),)


sinh = reading(hyperbolic_sine)
cosh = reading(hyperbolic_cosine)
tanh = reading(hyperbolic_tan)
sech = reading(hyperbolic_secant)
arcsinh = reading(inverse_hyperbolic_sine)
arccosh = reading(inverse_hyperbolic_cosine)
arctanh = reading(inverse_hyperbolic_tan)
