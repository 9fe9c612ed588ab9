"""Log-gamma and its derivatives on floats and arrays, to a few units in the last place.

Near its zeros a function is a product with the zeros as factors, so that no digit is lost there;
farther out it is the asymptotic series; in between, the recurrence. Imports NumPy alone.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

__all__ = ["digamma_value", "log_gamma_value", "polygamma_value"]

# log|Gamma(x)| / ((x - 1)*(x - 2)) for x from 0.5 to 3, in powers of (x - 1.25)/(x + 1.25).
# Interpolated at Chebyshev nodes in 60 digits; the remainder is below 3e-18.
LOG_GAMMA = (
    0.5241164609163369,
    -0.4613959610920403,
    0.12963990161427716,
    -0.15859622433230447,
    0.08634870698252313,
    -0.09697900090983153,
    0.06438030156206069,
    -0.06988500284248095,
    0.05124965451370745,
    -0.05462679093842667,
    0.04255003456673576,
    -0.04483674794495614,
    0.036371502095835964,
    -0.03802490482520912,
    0.031727868068766506,
    -0.032965473442753676,
    0.028463754013981768,
    -0.02954615194975998,
    0.023276160998053224,
    -0.023502172341167853,
    0.032732500710969954,
    -0.035359487810361016,
    -0.00764827436374464,
    0.011220558799843407,
    0.06403243136707476,
    -0.06848979044183257,
)

# digamma(x) / (x - its zero) for x from 1 to 3, in powers of (x - 1.75)/(x + 1.75), likewise.
DIGAMMA = (
    0.8581832171262995,
    -1.1418911975383699,
    0.7828301910241495,
    -0.8204429354174382,
    0.7710375694588606,
    -0.7927003027921694,
    0.7752412651344738,
    -0.7871800371873788,
    0.7778907242426403,
    -0.7851333450675166,
    0.7792720371166253,
    -0.7841122913412608,
    0.7800722434556853,
    -0.7830937930392753,
    0.780016097014599,
    -0.7898920367129632,
    0.7889467460779096,
    -0.7130246687756592,
    0.7029469221931829,
    -1.1701282665494224,
    1.1906897008121629,
)
# The zero of digamma, and what its float lacks.
ZERO, ZERO_REST = 1.4616321449683622, 9.549995429965697e-17

# Floats nearest to the zeros below 0, and what the functions are there. By mpmath in 60 digits.
DIGAMMA_ZEROS = (
    (-0.5040830082644554, 7.289763902976895e-17),
    (-1.5734984731623904, 1.5649788481838454e-16),
    (-2.6107208684441447, -1.0720275936410002e-15),
    (-3.635293366436901, -6.354883894064686e-16),
    (-4.653237761743142, 3.1533529982387494e-15),
    (-5.6671624415568855, 4.1867794464524804e-17),
    (-6.678418213073427, -4.72682938045534e-15),
    (-7.687788325031626, 1.9153452498708634e-15),
    (-8.695764163816401, 4.825794938582724e-15),
    (-9.702672540001863, 4.939256869086382e-15),
    (-10.708740838254144, 9.822169913611686e-15),
    (-11.714133061228955, -1.3802039605351374e-14),
)
LOG_GAMMA_ZEROS = (
    (-2.4570247382208006, 5.619192358950097e-17),
    (-2.7476826467274127, 1.733509244024501e-16),
    (-3.14358088834998, 1.6978655906121085e-15),
    (-3.955294284858598, -4.14382750757705e-16),
    (-4.039361839740537, -5.664578074060335e-15),
    (-4.991544640560048, 1.7683619350849613e-14),
    (-5.0082181683225935, 5.4188509265538106e-15),
    (-5.998607480080875, -2.3721063667118474e-13),
    (-6.001385294453155, -4.6433836942838004e-14),
    (-6.999801507890638, 5.313011065735902e-14),
)
TERMS = 42  # of a series about a zero, over two fifths of the way to the next pole

# Bernoulli numbers B2, B4, ..., B24. Source: DLMF table 24.2.1.
BERNOULLI = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
    854513 / 138,
    -236364091 / 2730,
)
FAR = 10.0  # from here on eight terms of the asymptotic series reach the last place


def polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    """Evaluate a polynomial, lowest coefficient first, by Horner's rule."""
    total = np.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


def log_gamma_value(x: Any) -> Any:
    """Return log|Gamma(x)|; infinite at 0 and the negative integers.

    Every digit counts from -7 up, near the zeros too; near those below, the digits of the two
    larger terms whose difference it is.
    Source: DLMF 5.11.1 far out, 5.5.1 in between, 5.5.3 below 0.
    """
    x = np.asarray(x, np.float64)
    with np.errstate(all="ignore"):
        size = np.abs(x)
        small = size < 0.5
        near = np.where(small, x + 1, np.minimum(size, FAR))
        product = np.ones_like(near)
        for _ in range(7):
            high = near >= 3
            near = np.where(high, near - 1, near)
            product = np.where(high, product * near, product)
        shape = polynomial(LOG_GAMMA, (near - 1.25) / (near + 1.25))
        found = np.where(small, x, near - 1) * (near - 2) * shape + np.log(product)
        found = np.where(small, found - np.log(size), found)
        found = np.where(size >= FAR, log_gamma_far(size), found)
        mirrored = math.log(math.pi) - np.log(np.abs(size * sine_of_pi_times(size))) - found
        found = np.where(x <= -0.5, mirrored, found)
        return beside_zeros(x, found, LOG_GAMMA_ZEROS, 0)[()]


def beside_zeros(x: Any, found: Any, zeros: tuple[tuple[float, float], ...], first: int) -> Any:
    """Put in the series about the nearest zero where two larger terms would cancel.

    first: which derivative of digamma, 0 for itself, is the slope of what was found.
    """
    if not np.any(x < 0):
        return found
    for zero, there in zeros:
        away = x - zero
        close = np.abs(away) < 0.4 * abs(zero - round(zero))
        if np.any(close):
            away = np.where(close, away, 0.0)
            found = np.where(close, there + away * polynomial(series(zero, first), away), found)
    return found


@cache
def series(zero: float, first: int) -> tuple[float, ...]:
    """Return the coefficients of the Taylor series about a zero, without the first."""
    slopes = [float(digamma_value(zero))] if first == 0 else []
    slopes += [float(polygamma_value(zero, order)) for order in range(1, TERMS)]
    return tuple([slope / math.factorial(k) for k, slope in enumerate(slopes, start=1)])


def log_gamma_far(x: Any) -> Any:
    """Return log Gamma(x) by its asymptotic series, from x = FAR on."""
    inverse = 1 / x
    terms = tuple([b / (2 * k * (2 * k - 1)) for k, b in enumerate(BERNOULLI[:8], start=1)])
    rest = polynomial(terms, inverse * inverse) * inverse
    return (x - 0.5) * (np.log(x) - 1) + ((math.log(2 * math.pi) - 1) / 2 + rest)


def sine_of_pi_times(x: Any) -> Any:
    """Return sin(pi*x), which is exactly 0 at integers: the period is taken off before pi."""
    turn = np.round(x)
    return np.where(turn % 2 == 0, 1.0, -1.0) * np.sin(math.pi * (x - turn))


def digamma_value(x: Any) -> Any:
    """Return the derivative of log Gamma(x); NaN at the negative integers.

    Every digit counts from -12 up, near the zeros too; near those below, the digits of the two
    larger terms whose difference it is.
    Source: DLMF 5.11.2 far out, 5.5.2 in between, 5.5.4 below 0.
    """
    x = np.asarray(x, np.float64)
    with np.errstate(all="ignore"):
        up = np.where(x < 0, 1 - x, x)
        near = np.where(up < 1, up + 1, np.minimum(up, FAR))
        total = np.where(up < 1, -1 / up, 0.0)
        for _ in range(7):
            high = near >= 3
            near = np.where(high, near - 1, near)
            total = np.where(high, total + 1 / near, total)
        shape = polynomial(DIGAMMA, (near - 1.75) / (near + 1.75))
        found = total + ((near - ZERO) - ZERO_REST) * shape
        inverse = 1 / up
        terms = tuple([b / (2 * k) for k, b in enumerate(BERNOULLI[:8], start=1)])
        square = inverse * inverse
        far = np.log(up) - (0.5 * inverse + polynomial(terms, square) * square)
        found = np.where(up >= FAR, far, found)
        turned = x - np.round(x)
        mirrored = np.where(turned == 0, np.nan, found - math.pi / np.tan(math.pi * turned))
        return beside_zeros(x, np.where(x < 0, mirrored, found), DIGAMMA_ZEROS, 1)[()]


def polygamma_value(x: Any, order: int) -> Any:
    """Return derivative number `order` (from 1) of digamma; infinite or NaN at its poles.

    Source: DLMF 5.15.1 as a sum, continued by Euler-Maclaurin (5.15.8); 5.15.6 below 0.
    """
    x = np.asarray(x, np.float64)
    with np.errstate(all="ignore"):
        up = np.where(x < 0, 1 - x, x)
        last = order + 12  # the series that continues the sum is exact to the last place from here
        base = np.where(up < last, up + last, up)
        inverse = 1 / base
        square = inverse * inverse
        weights = []
        for k, bernoulli in enumerate(BERNOULLI, start=1):
            # (2k + order - 1)! / ((2k)! order!)
            rising = math.prod(range(order + 1, order + 2 * k)) / math.factorial(2 * k)
            weights.append(bernoulli * rising)
        tail = 1 / order + inverse / 2 + square * polynomial(tuple(weights), square)
        total = tail * base ** -float(order)
        for step in range(last - 1, -1, -1):
            total = np.where(up < last, total + (up + step) ** (-order - 1.0), total)
        sign = 1.0 if order % 2 else -1.0
        found = sign * float(math.factorial(order)) * total
        turned = x - np.round(x)
        mirrored = -sign * found - math.pi * cotangent_derivative(turned, order)
        mirrored = np.where(turned == 0, math.inf if order % 2 else math.nan, mirrored)
        return np.where(x < 0, mirrored, found)[()]


def cotangent_derivative(x: Any, order: int) -> Any:
    """Return derivative number `order` of cot(pi*x), a polynomial in the cotangent."""
    powers = [0, 1]  # c, then -(1 + c*c) times the derivative, and so on
    for _ in range(order):
        slope = [k * power for k, power in enumerate(powers)][1:]
        powers = [
            -(slope[k] if k < len(slope) else 0) - (slope[k - 2] if k >= 2 else 0)
            for k in range(len(slope) + 2)
        ]
    cotangent = 1 / np.tan(math.pi * x)
    return math.pi**order * polynomial(tuple([float(power) for power in powers]), cotangent)
