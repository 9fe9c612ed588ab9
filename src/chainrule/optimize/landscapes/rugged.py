"""Landscapes with many local minima: waves on a bowl, ripples, a needle.

May import the language and `Landscape`; it must not know how anything is descended on.
"""

from __future__ import annotations

import math
from functools import reduce

from chainrule.language.arithmetic import absolute, weigh
from chainrule.language.constants import constant
from chainrule.language.elements.elementary import cos, exp, hypot, sin, sqrt
from chainrule.optimize.landscapes.landscape import Landscape
from chainrule.optimize.landscapes.pieces import (
    PI,
    names_of,
    product,
    scaled,
    size,
    squares,
    total,
    variables,
)

__all__ = [
    "ackley",
    "bohachevsky",
    "drop_wave",
    "easom",
    "griewank",
    "levi_n13",
    "levy",
    "michalewicz",
    "rastrigin",
    "schaffer_n2",
    "schaffer_n4",
    "schwefel",
]

# Where each term of Michalewicz's sum is least: it is separable, so the first n serve for n.
MICHALEWICZ_MINIMISERS = (
    2.2029055201726093,
    math.pi / 2,
    1.2849915705529245,
    1.9230584698663629,
    1.7204697725658413,
    math.pi / 2,
    1.454413971362379,
    1.7560865209450263,
    1.6557174168210291,
    math.pi / 2,
)
MICHALEWICZ_DEPTHS = (
    0.8013034100985525,
    1.0,
    0.9590912698960059,
    0.9384624184720834,
    0.9888010806215044,
    1.0,
    0.9932271353558816,
    0.9828720362722106,
    0.9963943649251029,
    1.0,
)


def rastrigin(n: int = 2) -> Landscape:
    """A bowl with waves: a local minimum near every point of whole numbers."""
    n = size(n, "rastrigin")
    terms = [x**2 - 10 * cos(2 * PI * x) for x in variables(n)]
    return Landscape(
        name="rastrigin",
        title="Rastrigin",
        objectives=(10 * n + total(terms),),
        variables=names_of(n),
        sides=((-5.12, 5.12),) * n,
        minimum=0.0,
        minimisers=((0.0,) * n,),
        slope="smooth",
        sizes="any",
        category="many local minima, separable",
        reference="Rastrigin (1974), Systems of Extremal Control; Muhlenbein, Schomisch & Born "
        "(1991), The parallel genetic algorithm as function optimizer",
    )


def ackley(n: int = 2) -> Landscape:
    """A nearly flat plain of waves with one deep hole, which ends in a point."""
    n = size(n, "ackley")
    xs = variables(n)
    # Not the root of the mean square: near the origin that underflows, and its slope is infinite.
    far = reduce(hypot, xs) / sqrt(constant(n)) if n > 1 else absolute(xs[0])
    waves = 1 / n * total(cos(2 * PI * x) for x in xs)
    return Landscape(
        name="ackley",
        title="Ackley",
        objectives=(-20 * exp(-0.2 * far) - exp(waves) + math.e + 20,),
        variables=names_of(n),
        sides=((-5.0, 5.0),) * n,
        minimum=0.0,
        minimisers=((0.0,) * n,),
        slope="kink",
        kinks="the origin is the tip of a cone: the gradient there is taken as 0, and no Hessian "
        "is finite",
        sizes="any",
        category="many local minima",
        reference="Ackley (1987), A Connectionist Machine for Genetic Hillclimbing",
    )


def levi_n13() -> Landscape:
    """A bowl with waves of three lengths."""
    x, y = variables(2)
    return Landscape(
        name="levi_n13",
        title="Levi N.13",
        objectives=(
            sin(3 * PI * x) ** 2
            + (x - 1) ** 2 * (1 + sin(3 * PI * y) ** 2)
            + (y - 1) ** 2 * (1 + sin(2 * PI * y) ** 2),
        ),
        variables=names_of(2),
        sides=((-10.0, 10.0),) * 2,
        minimum=0.0,
        minimisers=((1.0, 1.0),),
        slope="smooth",
        sizes="2",
        category="many local minima",
        reference="Levy & Montalvo (1985), The tunneling algorithm for the global minimization of "
        "functions, SIAM Journal on Scientific and Statistical Computing 6",
    )


def levy(n: int = 2) -> Landscape:
    """A bowl with waves, in any number of variables."""
    n = size(n, "levy")
    *inner, last = steps = [(x - 1) / 4 for x in variables(n)]
    return Landscape(
        name="levy",
        title="Levy",
        objectives=(
            total(
                [
                    sin(PI * (1 + steps[0])) ** 2,
                    *[step**2 * (1 + 10 * sin(PI * (1 + step) + 1) ** 2) for step in inner],
                    last**2 * (1 + sin(2 * PI * (1 + last)) ** 2),
                ]
            ),
        ),
        variables=names_of(n),
        sides=((-10.0, 10.0),) * n,
        minimum=0.0,
        minimisers=((1.0,) * n,),
        slope="smooth",
        sizes="any",
        category="many local minima",
        reference="Levy & Montalvo (1985), The tunneling algorithm for the global minimization of "
        "functions, SIAM Journal on Scientific and Statistical Computing 6",
    )


def griewank(n: int = 2) -> Landscape:
    """A wide bowl with small waves that a product ties together."""
    n = size(n, "griewank")
    xs = variables(n)
    waves = [cos(x if place == 1 else x / sqrt(constant(place))) for place, x in enumerate(xs, 1)]
    return Landscape(
        name="griewank",
        title="Griewank",
        objectives=(1 + squares(xs) / 4000 - product(waves),),
        variables=names_of(n),
        sides=((-600.0, 600.0),) * n,
        unbounded=True,
        minimum=0.0,
        minimisers=((0.0,) * n,),
        slope="smooth",
        sizes="any",
        category="many local minima, product term",
        reference="Griewank (1981), Generalized descent for global optimization, Journal of "
        "Optimization Theory and Applications 34",
    )


def easom() -> Landscape:
    """A needle in a plain: value and gradient are 0 but for a small part of the box.

    From most starts gradient descent does not move, since there is nothing to follow.
    """
    x, y = variables(2)
    return Landscape(
        name="easom",
        title="Easom",
        objectives=(-cos(x) * cos(y) * exp(-((x - PI) ** 2 + (y - PI) ** 2)),),
        variables=names_of(2),
        sides=((-100.0, 100.0),) * 2,
        minimum=-1.0,
        minimisers=((math.pi, math.pi),),
        slope="smooth",
        sizes="2",
        category="needle in a plain",
        reference="Easom (1990), A survey of global optimization techniques, University of "
        "Louisville",
    )


def schaffer_n2() -> Landscape:
    """Ripples along the lines on which x squared less y squared is the same."""
    x, y = variables(2)
    return Landscape(
        name="schaffer_n2",
        title="Schaffer N.2",
        objectives=(0.5 + (sin(x**2 - y**2) ** 2 - 0.5) / (1 + 0.001 * (x**2 + y**2)) ** 2,),
        variables=names_of(2),
        sides=((-100.0, 100.0),) * 2,
        minimum=0.0,
        minimisers=((0.0, 0.0),),
        slope="smooth",
        sizes="2",
        category="ripples",
        reference="Jamil & Yang (2013), A literature survey of benchmark functions for global "
        "optimisation problems",
    )


def schaffer_n4() -> Landscape:
    """Ripples with four equal minima on the axes.

    Usually printed with the absolute value of x² - y² inside the sine. Since cos(sin u) is even,
    it changes no value; left out, the Hessian is right on the diagonals too.
    """
    x, y = variables(2)
    distance = 1.2531318314637332
    return Landscape(
        name="schaffer_n4",
        title="Schaffer N.4",
        objectives=(0.5 + (cos(sin(x**2 - y**2)) ** 2 - 0.5) / (1 + 0.001 * (x**2 + y**2)) ** 2,),
        variables=names_of(2),
        sides=((-100.0, 100.0),) * 2,
        minimum=0.29257863203598056,
        minimisers=((0.0, distance), (0.0, -distance), (distance, 0.0), (-distance, 0.0)),
        slope="smooth",
        sizes="2",
        category="ripples, four equal minima",
        reference="Jamil & Yang (2013), A literature survey of benchmark functions for global "
        "optimisation problems",
    )


def schwefel(n: int = 2) -> Landscape:
    """Waves that grow outward; the lowest minimum is near a corner, far from the next best."""
    n = size(n, "schwefel")
    # A zero wins in `weigh`: at 0 the slope is 0, where the root's infinite slope is times 0.
    waves = [weigh(x, sin(sqrt(absolute(x)))) for x in variables(n)]
    return Landscape(
        name="schwefel",
        title="Schwefel",
        objectives=(418.9828872724338 * n - total(waves),),
        variables=names_of(n),
        sides=((-500.0, 500.0),) * n,
        minimum=0.0,
        minimisers=((420.96874635998205,) * n,),
        slope="smooth",
        kinks="where a variable is 0 the gradient is right, and no Hessian is finite",
        sizes="any",
        category="many local minima, separable",
        reference="Schwefel (1981), Numerical Optimization of Computer Models",
    )


def michalewicz(n: int = 2) -> Landscape:
    """Narrow valleys that cross in a plain: n! local minima, and little hint where they are.

    The minimum is known for n up to 10.
    """
    n = size(n, "michalewicz")
    waves = [
        sin(x) * sin(scaled(place, x**2) / PI) ** 20 for place, x in enumerate(variables(n), 1)
    ]
    known = n <= len(MICHALEWICZ_MINIMISERS)
    return Landscape(
        name="michalewicz",
        title="Michalewicz",
        objectives=(-total(waves),),
        variables=names_of(n),
        sides=((0.0, math.pi),) * n,
        minimum=-math.fsum(MICHALEWICZ_DEPTHS[:n]) if known else None,
        minimisers=(MICHALEWICZ_MINIMISERS[:n],) if known else (),
        slope="smooth" if known else "",
        sizes="any",
        category="narrow valleys, n! local minima, separable",
        reference="Michalewicz (1992), Genetic Algorithms + Data Structures = Evolution Programs",
    )


def drop_wave() -> Landscape:
    """Rings of waves round a drop, lowest where it fell."""
    x, y = variables(2)
    return Landscape(
        name="drop_wave",
        title="Drop-wave",
        objectives=(-(1 + cos(12 * hypot(x, y))) / (0.5 * (x**2 + y**2) + 2),),
        variables=names_of(2),
        sides=((-5.12, 5.12),) * 2,
        minimum=-1.0,
        minimisers=((0.0, 0.0),),
        slope="smooth",
        kinks="at the origin the gradient is right; the Hessian comes out as NaN, since the "
        "distance from the origin has a kink there that the cosine smooths",
        sizes="2",
        category="rings of local minima",
        reference="Molga & Smutnicki (2005), Test functions for optimization needs",
    )


def bohachevsky() -> Landscape:
    """A bowl with two small waves: Bohachevsky's first function."""
    x, y = variables(2)
    return Landscape(
        name="bohachevsky",
        title="Bohachevsky 1",
        objectives=(x**2 + 2 * y**2 - 0.3 * cos(3 * PI * x) - 0.4 * cos(4 * PI * y) + 0.7,),
        variables=names_of(2),
        sides=((-100.0, 100.0),) * 2,
        minimum=0.0,
        minimisers=((0.0, 0.0),),
        slope="smooth",
        sizes="2",
        category="bowl with waves",
        reference="Bohachevsky, Johnson & Stein (1986), Generalized simulated annealing for "
        "function optimization, Technometrics 28",
    )
