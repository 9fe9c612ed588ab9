"""The inverse of the error function, which makes quantiles of normal numbers."""

from __future__ import annotations

import math
from typing import Any

from chainrule.engine.notation import function
from chainrule.engine.properties import odd
from chainrule.language.arithmetic import log
from chainrule.language.composition import composed
from chainrule.language.elements.choice import is_less, where
from chainrule.language.elements.elementary import abs, exp, log1p, sqrt
from chainrule.language.elements.special import erf, erfc
from chainrule.language.kinds import reading

__all__ = ["erfinv", "inverse_error_function"]

# Source: Giles (2010), Approximating the erfinv function, table 5, central region: seven digits.
CENTRE = (
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941,
)


def polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    """Return the value of a polynomial, highest power first."""
    total = coefficients[0]
    for number in coefficients[1:]:
        total = total * x + number
    return total


class inverse_error_function(composed):
    """The number whose error function is x: infinite at -1 and 1, NaN beyond.

    Begins with a polynomial, or in the tails with the asymptotic form; three of Halley's steps give
    all digits, since erfc keeps those of the tails.
    Source: DLMF 7.17.1, 7.17.5; derivative from DLMF 7.2.1.
    """

    notation = function("erfinv", latex=r"\operatorname{erf}^{-1}")
    properties = odd
    domain = (-1.0, 1.0)
    samples = ((0.25,), (-0.999,))
    spell = {"mpmath": "math.erfinv({0})"}

    def meaning(x):
        size = abs(x)
        inside = where(is_less(size, 1), size, 0)
        depth = -log1p(-inside * inside)
        central = is_less(depth, 5)
        near = polynomial(CENTRE, where(central, depth, 0) - 2.5)
        rarity = -log(1 - where(central, 0.999, inside))
        far = sqrt(rarity - log(math.pi * rarity) / 2)
        found = where(central, near * inside, far)
        small = is_less(inside, 0.5)
        for _ in range(3):
            excess = where(small, erf(found) - inside, (1 - inside) - erfc(found))
            step = excess * exp(found * found) * (math.sqrt(math.pi) / 2)
            found = found - step / (1 + step * found)
        signed = where(is_less(x, 0), -found, found)
        return where(is_less(size, 1), signed, x / sqrt(1 - size))

    def partials(y, x):
        return (exp(y * y) * (math.sqrt(math.pi) / 2),)


erfinv = reading(inverse_error_function)
