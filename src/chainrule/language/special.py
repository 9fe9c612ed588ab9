"""Special functions: the error function and its complement, log-gamma and its derivatives."""

from __future__ import annotations

import math

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.properties import odd
from chainrule.language.elementary import exp
from chainrule.language.kinds import elementwise, reading

__all__ = [
    "complementary_error_function",
    "erf",
    "erfc",
    "error_function",
]

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


class error_function(elementwise):
    """Share of a normal distribution: 2/sqrt(pi) times the integral of exp(-t*t) from 0 to x.

    Source: DLMF 7.2.1, derivative 7.10.1.
    """

    notation = function("erf", latex=r"\operatorname{erf}")
    properties = odd
    samples = ((-6.0,), (0.0,), (1e-8,), (0.5,), (3.0,))
    forward = staticmethod(np.vectorize(math.erf, otypes=[float]))
    spell = {"python": "math.erf({0})"}

    def partials(y, x):
        return (TWO_OVER_ROOT_PI * exp(-x * x),)


class complementary_error_function(elementwise):
    """1 - erf(x), exact where that is tiny. Source: DLMF 7.2.2, derivative 7.10.1."""

    notation = function("erfc", latex=r"\operatorname{erfc}")
    samples = ((-6.0,), (0.0,), (1e-8,), (0.5,), (26.0,))
    forward = staticmethod(np.vectorize(math.erfc, otypes=[float]))
    spell = {"python": "math.erfc({0})"}

    def partials(y, x):
        return (-TWO_OVER_ROOT_PI * exp(-x * x),)


erf = reading(error_function)
erfc = reading(complementary_error_function)
