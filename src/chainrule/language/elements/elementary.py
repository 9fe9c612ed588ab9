"""Elementary functions: exponentials, logarithms, roots and circular functions.

Formulas of derivatives: DLMF chapter 4 (dlmf.nist.gov), by the number in each docstring.
"""

from __future__ import annotations

import math

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.properties import odd
from chainrule.engine.tidy import constant_value
from chainrule.language.arithmetic import absolute, exponent
from chainrule.language.kinds import elementwise, reading

__all__ = [
    "abs",
    "arccos",
    "arcsin",
    "arctan",
    "arctan2",
    "cbrt",
    "cos",
    "cosine",
    "cube_root",
    "exp",
    "expm1",
    "exponential",
    "exponential_minus_1",
    "hypot",
    "hypotenuse",
    "inverse_cosine",
    "inverse_sine",
    "inverse_tangent",
    "inverse_tangent_2",
    "log1p",
    "log2",
    "log10",
    "logarithm_2",
    "logarithm_10",
    "natlog_1_plus",
    "pow",
    "sin",
    "sine",
    "sqrt",
    "square_root",
    "tan",
    "tangent",
]

LN2 = math.log(2)
LN10 = math.log(10)


class exponential(elementwise):
    """e to the power x. Source: DLMF 4.2.19, derivative 4.7.7."""

    notation = function("exp", latex="e^{{0}}", latex_precedence=80)
    samples = ((-745.0,), (-1.0,), (0.0,), (1.0,), (709.0,))
    forward = np.exp
    spell = {"python": "math.exp({0})", "javascript": "Math.exp({0})"}

    def partials(y, x):
        return (y,)

    def simplify(assume_finite, x):
        return 1 if constant_value(x) == 0 else None


class exponential_minus_1(elementwise):
    """e to the power x, minus 1, exact near 0. Source: DLMF 4.2.19."""

    notation = function("expm1")
    samples = ((-40.0,), (-1e-10,), (0.0,), (1.0,), (700.0,))
    forward = np.expm1
    spell = {"python": "math.expm1({0})", "javascript": "Math.expm1({0})"}

    def partials(y, x):
        return (exp(x),)


class logarithm_2(elementwise):
    """Logarithm to the base 2."""

    notation = function("log2", latex=r"\log_2")
    samples = ((0.5,), (1.0,), (1e300,))
    domain = (0.0, None)
    forward = np.log2
    spell = {"python": "math.log2({0})", "javascript": "Math.log2({0})"}

    def partials(y, x):
        return (1 / (x * LN2),)


class logarithm_10(elementwise):
    """Logarithm to the base 10."""

    notation = function("log10", latex=r"\log_{10}")
    samples = ((0.5,), (1.0,), (1e300,))
    domain = (0.0, None)
    forward = np.log10
    spell = {"python": "math.log10({0})", "javascript": "Math.log10({0})"}

    def partials(y, x):
        return (1 / (x * LN10),)


class natlog_1_plus(elementwise):
    """Natural logarithm of 1 + x, exact near 0. Source: DLMF 4.6.1."""

    notation = function("log1p")
    samples = ((-0.5,), (1e-10,), (0.0,), (1e300,))
    domain = (-1.0, None)
    forward = np.log1p
    spell = {"python": "math.log1p({0})", "javascript": "Math.log1p({0})"}

    def partials(y, x):
        return (1 / (1 + x),)


class square_root(elementwise):
    """The root whose square is x; its slope at 0 is infinite, below 0 it is NaN."""

    notation = function("sqrt", latex=r"\sqrt{{0}}")
    samples = ((0.25,), (2.0,), (1e300,))
    domain = (0.0, None)
    forward = np.sqrt
    spell = {"python": "math.sqrt({0})", "javascript": "Math.sqrt({0})"}

    def partials(y, x):
        return (0.5 / y,)

    def textbook(y, x):
        return (1 / (2 * y),)


class cube_root(elementwise):
    """The real root whose cube is x, negative for negative x; its slope at 0 is infinite."""

    notation = function("cbrt", latex=r"\sqrt[3]{{0}}")
    properties = odd
    samples = ((0.25,), (-2.0,), (1e300,))
    kinks = (0.0,)
    forward = np.cbrt
    spell = {"python": "math.cbrt({0})", "javascript": "Math.cbrt({0})"}

    def partials(y, x):
        return (1 / (3 * y * y),)


class sine(elementwise):
    """Sine of an angle in radians. Source: DLMF 4.14.1, derivative 4.20.1."""

    notation = function("sin", latex=r"\sin")
    properties = odd
    samples = ((-30.0,), (-1.0,), (0.0,), (1e-8,), (3.0,))
    forward = np.sin
    spell = {"python": "math.sin({0})", "javascript": "Math.sin({0})"}

    def partials(y, x):
        return (cos(x),)


class cosine(elementwise):
    """Cosine of an angle in radians. Source: DLMF 4.14.2, derivative 4.20.2."""

    notation = function("cos", latex=r"\cos")
    samples = ((-30.0,), (-1.0,), (0.0,), (1e-8,), (3.0,))
    forward = np.cos
    spell = {"python": "math.cos({0})", "javascript": "Math.cos({0})"}

    def partials(y, x):
        return (-sin(x),)


class tangent(elementwise):
    """Tangent of an angle in radians. Source: DLMF 4.14.4, derivative 4.20.3."""

    notation = function("tan", latex=r"\tan")
    properties = odd
    samples = ((-1.0,), (0.0,), (1e-8,), (1.5,))
    forward = np.tan
    spell = {"python": "math.tan({0})", "javascript": "Math.tan({0})"}

    def partials(y, x):
        return (1 + y * y,)


class inverse_sine(elementwise):
    """The angle in [-pi/2, pi/2] whose sine is x. Source: DLMF 4.24.7."""

    notation = function("arcsin", latex=r"\arcsin")
    properties = odd
    samples = ((-0.9,), (0.0,), (0.5,))
    domain = (-1.0, 1.0)
    forward = np.arcsin
    spell = {"python": "math.asin({0})", "javascript": "Math.asin({0})"}

    def partials(y, x):
        return (1 / sqrt((1 - x) * (1 + x)),)

    def textbook(y, x):
        return (1 / sqrt(1 - x**2),)


class inverse_cosine(elementwise):
    """The angle in [0, pi] whose cosine is x. Source: DLMF 4.24.8."""

    notation = function("arccos", latex=r"\arccos")
    samples = ((-0.9,), (0.0,), (0.5,))
    domain = (-1.0, 1.0)
    forward = np.arccos
    spell = {"python": "math.acos({0})", "javascript": "Math.acos({0})"}

    def partials(y, x):
        return (-1 / sqrt((1 - x) * (1 + x)),)

    def textbook(y, x):
        return (-1 / sqrt(1 - x**2),)


class inverse_tangent(elementwise):
    """The angle in (-pi/2, pi/2) whose tangent is x. Source: DLMF 4.24.9."""

    notation = function("arctan", latex=r"\arctan")
    properties = odd
    samples = ((-30.0,), (0.0,), (0.5,), (1e200,))
    forward = np.arctan
    spell = {"python": "math.atan({0})", "javascript": "Math.atan({0})"}

    def partials(y, x):
        # 1/(1 + x*x), whose own slopes would overflow and underflow on the way from x = 1e54 on.
        near = 1 / hypot(1, x)
        return (near * near,)

    def textbook(y, x):
        return (1 / (1 + x**2),)


class inverse_tangent_2(elementwise):
    """The angle in (-pi, pi] of the point (x, y), given as arctan2(y, x)."""

    notation = function("arctan2", latex=r"\operatorname{arctan2}")
    samples = ((1.0, 2.0), (-1.0, -2.0), (1e-200, -1e-200))
    forward = np.arctan2
    spell = {"python": "math.atan2({0}, {1})", "javascript": "Math.atan2({0}, {1})"}

    def partials(angle, y, x):
        # Divided twice: y*y + x*x would underflow near the origin and overflow far away.
        radius = hypot(y, x)
        return x / radius / radius, -(y / radius) / radius

    def textbook(angle, y, x):
        return x / (x**2 + y**2), -y / (x**2 + y**2)


class hypotenuse(elementwise):
    """Length of the vector (a, b) without overflow; its slope at the origin is taken as 0."""

    notation = function("hypot")
    samples = ((3.0, 4.0), (-1.0, 1e-200), (1e200, 1e200))
    kinks = ((0.0, 0.0),)
    ufunc = np.hypot
    spell = {"python": "math.hypot({0}, {1})", "javascript": "Math.hypot({0}, {1})"}

    def partials(y, a, b):
        return direction(a, b), direction(b, a)

    def textbook(y, a, b):
        return a / y, b / y

    def forward(a, b):
        if np.iscomplexobj(a) or np.iscomplexobj(b):
            return np.sqrt(np.multiply(a, a) + np.multiply(b, b))
        return np.hypot(a, b)


class direction_cosine(elementwise):
    """a / hypot(a, b), and 0 at the origin, which has no direction."""

    notation = function("direction", latex=r"\frac{{0}}{\left\|{0}, {1}\right\|}")
    samples = ((3.0, 4.0), (-1.0, 2.0))
    kinks = ((0.0, 0.0),)
    spell = {
        "python": "({0} / math.hypot({0}, {1}) if {0} else 0.0)",
        "javascript": "({0} === 0 ? 0 : {0} / Math.hypot({0}, {1}))",
    }

    def forward(a, b):
        return np.where(np.equal(a, 0), 0, np.divide(a, hypot(a, b)))[()]

    def partials(y, a, b):
        # Not (1 - y*y) / length, which has lost every digit where b is small.
        across, length = direction(b, a), hypot(a, b)
        return across * across / length, -(y * across / length)


abs = reading(absolute)
pow = reading(exponent)
exp = reading(exponential)
expm1 = reading(exponential_minus_1)
log2 = reading(logarithm_2)
log10 = reading(logarithm_10)
log1p = reading(natlog_1_plus)
sqrt = reading(square_root)
cbrt = reading(cube_root)
sin = reading(sine)
cos = reading(cosine)
tan = reading(tangent)
arcsin = reading(inverse_sine)
arccos = reading(inverse_cosine)
arctan = reading(inverse_tangent)
arctan2 = reading(inverse_tangent_2)
hypot = reading(hypotenuse)
direction = reading(direction_cosine)
