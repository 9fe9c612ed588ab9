"""Special functions: the error function and the normal distribution, log-gamma and its slopes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.engine.notation import ATOM, Notation, function
from chainrule.engine.properties import odd
from chainrule.errors import OperationError, ValueTypeError
from chainrule.language.elements.elementary import exp
from chainrule.language.gamma import digamma_value, log_gamma_value, polygamma_value
from chainrule.language.helpers import special_in_javascript
from chainrule.language.kinds import elementwise, reading

__all__ = [
    "complementary_error_function",
    "digamma",
    "digamma_function",
    "erf",
    "erfc",
    "error_function",
    "log_gamma",
    "loggamma",
    "normal_cdf",
    "normal_share",
    "polygamma",
    "polygamma_function",
]

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
ROOT_HALF = math.sqrt(0.5)
ROOT_HALF_REST = 4.833646656726458e-17  # what that float has too much
ROOT_TWO_PI = math.sqrt(2 * math.pi)


def on_doubles(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Make a forward of a function of doubles: single precision comes back single.

    Raises: ValueTypeError for complex numbers.
    """

    def forward(x: Any, *attributes: Any) -> Any:
        kind = np.asarray(x).dtype
        if kind.kind == "c":
            raise ValueTypeError(f"{x!r} is complex: this function takes real numbers only.")
        found = compute(np.asarray(x, np.float64), *attributes)
        return np.asarray(found, np.float32 if kind == np.float32 else np.float64)[()]

    return forward


def by_element(compute: Callable[[float], float]) -> Callable[..., Any]:
    """Make a forward of a function of floats, for which NumPy has no loop of its own.

    The C library's functions are within a few units in the last place; SciPy's lose hundreds in
    the tails, where they square before they exponentiate.
    """
    return on_doubles(np.frompyfunc(compute, 1, 1))


def share_below(x: float) -> float:
    """Return the share of a standard normal distribution below x, also where it is tiny.

    The rounding of x/sqrt(2) would cost 450 units in the last place at x = -30: it is worked out
    exactly (source: Dekker (1971), section 5) and put right to first order.
    """
    z = -x * ROOT_HALF
    if not 1.0 < z < 28.0:
        return 0.5 * math.erfc(z)
    first, second = high_half(-x), high_half(ROOT_HALF)
    rest = (first * second - z) + first * (ROOT_HALF - second) + (-x - first) * second
    rest += (-x - first) * (ROOT_HALF - second) + x * ROOT_HALF_REST
    return 0.5 * (math.erfc(z) - rest * TWO_OVER_ROOT_PI * math.exp(-z * z))


def high_half(x: float) -> float:
    """Return the upper half of the bits of a float, so that products of halves are exact."""
    shifted = 134217729.0 * x  # 2**27 + 1
    return shifted - (shifted - x)


class error_function(elementwise):
    """Share of a normal distribution: 2/sqrt(pi) times the integral of exp(-t*t) from 0 to x.

    Source: DLMF 7.2.1, derivative 7.10.1.
    """

    notation = function("erf", latex=r"\operatorname{erf}")
    properties = odd
    samples = ((-6.0,), (0.0,), (1e-8,), (0.5,), (3.0,))
    forward = staticmethod(by_element(math.erf))
    spell = {"python": "math.erf({0})", "javascript": "erf({0})"}
    helpers = {"javascript": special_in_javascript}

    def partials(y, x):
        return (TWO_OVER_ROOT_PI * exp(-x * x),)


class complementary_error_function(elementwise):
    """1 - erf(x), exact where that is tiny. Source: DLMF 7.2.2, derivative 7.10.1."""

    notation = function("erfc", latex=r"\operatorname{erfc}")
    samples = ((-6.0,), (0.0,), (1e-8,), (0.5,), (26.0,))
    forward = staticmethod(by_element(math.erfc))
    # mpmath cannot square a larger number; it is 0 or 2 to ten thousand digits there.
    spell = {
        "python": "math.erfc({0})",
        "mpmath": "math.erfc(max(-math.mpf(10**5), min(math.mpf(10**5), {0})))",
        "javascript": "erfc({0})",
    }
    helpers = {"javascript": special_in_javascript}

    def partials(y, x):
        return (-TWO_OVER_ROOT_PI * exp(-x * x),)


class normal_share(elementwise):
    """Share of a standard normal distribution below x, exact where that is tiny.

    Source: DLMF 7.18.12 with erfc, 7.2.2.
    """

    notation = function("normal_cdf", latex=r"\Phi")
    samples = ((-37.0,), (-1.0,), (0.0,), (2.0,))
    forward = staticmethod(by_element(share_below))
    on_float = staticmethod(share_below)
    spell = {
        "mpmath": "math.erfc(-max(-math.mpf(10**5), min(math.mpf(10**5), {0}))/math.sqrt(2))/2",
        "javascript": "normalShare({0})",
    }
    helpers = {"javascript": special_in_javascript}

    def partials(y, x):
        return (exp(-x * x / 2) / ROOT_TWO_PI,)


class log_gamma(elementwise):
    """Logarithm of the absolute value of the gamma function; infinite at 0, -1, -2, ...

    Every digit counts from -7 up; near a zero below, those of the two terms whose difference it is.
    Source: DLMF 5.2.1, derivative 5.2.2.
    """

    notation = function("loggamma", latex=r"\ln\Gamma")
    samples = ((0.5,), (1.0,), (1.5,), (30.0,), (1e300,))
    domain = (0.0, None)
    forward = staticmethod(on_doubles(log_gamma_value))
    spell = {"mpmath": "math.re(math.loggamma({0}))", "javascript": "logGamma({0})"}
    helpers = {"javascript": special_in_javascript}

    def partials(y, x):
        return (digamma(x),)


class digamma_function(elementwise):
    """Slope of the logarithm of the gamma function.

    Every digit counts from -12 up; near a zero below, those of two terms whose difference it is.
    Source: DLMF 5.2.2.
    """

    notation = function("digamma", latex=r"\psi")
    samples = ((0.5,), (1.0,), (1.5,), (30.0,), (1e300,))
    domain = (0.0, None)
    forward = staticmethod(on_doubles(digamma_value))
    spell = {"mpmath": "math.digamma({0})", "javascript": "digamma({0})"}
    helpers = {"javascript": special_in_javascript}

    def partials(y, x):
        return (polygamma(1, x),)


class polygamma_function(elementwise):
    """Derivative of digamma, n times, in SciPy's order; n = 1 is trigamma. Source: DLMF 5.15.

    Raises: OperationError for an n that is not a whole number from 1.

    >>> round(polygamma(1, 1.0), 12) == round(math.pi**2 / 6, 12)
    True
    """

    keywords = {"n": 1}
    positional = ("n", "x")
    notation = Notation(
        precedence=ATOM,
        pieces=lambda _count, attributes: [f"polygamma({attributes[0]}, ", (0, 0), ")"],
        latex_pieces=lambda _count, attributes: [
            rf"\psi^{{({attributes[0]})}}\left(",
            (0, 0),
            r"\right)",
        ],
        latex_precedence=ATOM,
        name="polygamma",
        operands=1,
        keywords=("n",),
    )
    samples = ((0.5,), (1.0,), (1.5,), (30.0,))
    domain = (0.0, None)
    forward = staticmethod(on_doubles(polygamma_value))
    spell = {"mpmath": "math.psi(attributes[0], {0})", "javascript": "polygamma({0}, {1})"}
    helpers = {"javascript": special_in_javascript}

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return n, checked."""
        (n,) = super().attribute_values(given)
        if type(n) is not int or n < 1:
            raise OperationError(
                f"the n of polygamma(n, x) must be a whole number from 1, not {n!r}. "
                "With 0 it is digamma(x)."
            )
        return (n,)

    def partials(y, x, n):
        return (polygamma(n + 1, x),)


erf = reading(error_function)
erfc = reading(complementary_error_function)
normal_cdf = reading(normal_share)
loggamma = reading(log_gamma)
digamma = reading(digamma_function)
polygamma = reading(polygamma_function)
