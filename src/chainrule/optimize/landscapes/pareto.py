"""Landscapes with several objectives, none of which can be made smaller alone in the end.

May import the language and `Landscape`; it must not know how anything is descended on.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from chainrule.language.arithmetic import absolute, weigh
from chainrule.language.elements.choice import less_equal, where
from chainrule.language.elements.elementary import cos, exp, hypot, log1p, sin, sqrt
from chainrule.language.expression import expression
from chainrule.optimize.landscapes.constraint import Constraint
from chainrule.optimize.landscapes.landscape import Landscape
from chainrule.optimize.landscapes.pieces import names_of, size, squares, total, variables

__all__ = [
    "binh_korn",
    "chankong_haimes",
    "constr_ex",
    "ctp1",
    "fonseca_fleming",
    "function_4",
    "kursawe",
    "osyczka_kundu",
    "poloni",
    "schaffer_pair_n1",
    "schaffer_pair_n2",
    "viennet",
]


def binh_korn() -> Landscape:
    """Two bowls, with a disk to stay in and one to stay out of."""
    x, y = variables(2)
    f1 = expression("f1")
    return Landscape(
        name="binh_korn",
        title="Binh-Korn",
        objectives=(4 * x**2 + 4 * y**2, (x - 5) ** 2 + (y - 5) ** 2),
        constraints=(
            Constraint((x - 5) ** 2 + y**2, "<=", 25),
            Constraint((x - 8) ** 2 + (y + 3) ** 2, ">=", 7.7),
        ),
        variables=names_of(2),
        sides=((0.0, 5.0), (0.0, 3.0)),
        ideal=(0.0, 4.0),
        minimisers=((0.0, 0.0), (5.0, 3.0)),
        pieces=(((0.0, 0.0), (3.0, 3.0)), ((3.0, 3.0), (5.0, 3.0))),
        front=where(
            less_equal(f1, 72), 2 * (sqrt(f1 / 8) - 5) ** 2, (sqrt(f1 / 4 - 9) - 5) ** 2 + 4
        ),
        sizes="2",
        category="convex front",
        reference="Binh & Korn (1997), MOBES: a multiobjective evolution strategy for constrained "
        "optimization problems",
    )


def chankong_haimes() -> Landscape:
    """A bowl against a trough, between a circle and a line.

    Of the Pareto set, the part with x = -2.5 is known here.
    """
    x, y = variables(2)
    on_circle = (-4.840977370874673, 14.197356729147836)
    return Landscape(
        name="chankong_haimes",
        title="Chankong-Haimes",
        objectives=(2 + (x - 2) ** 2 + (y - 1) ** 2, 9 * x - (y - 1) ** 2),
        constraints=(
            Constraint(x**2 + y**2, "<=", 225),
            Constraint(x - 3 * y + 10, "<=", 0),
        ),
        variables=names_of(2),
        sides=((-20.0, 20.0),) * 2,
        ideal=(10.1, -217.73902097425574),
        minimisers=((1.1, 3.7), on_circle),
        pieces=(((-2.5, 2.5), (-2.5, math.sqrt(225 - 2.5**2))),),
        front=-0.25 - expression("f1"),
        sizes="2",
        category="straight front",
        reference="Chankong & Haimes (1983), Multiobjective Decision Making",
    )


def fonseca_fleming(n: int = 2) -> Landscape:
    """Two holes of bell shape, on either side of the origin."""
    n = size(n, "fonseca_fleming")
    xs = variables(n)
    off = 1 / math.sqrt(n)
    alone = expression("f1")
    return Landscape(
        name="fonseca_fleming",
        title="Fonseca-Fleming",
        objectives=(
            1 - exp(-squares([x - off for x in xs])),
            1 - exp(-squares([x + off for x in xs])),
        ),
        variables=names_of(n),
        sides=((-4.0, 4.0),) * n,
        ideal=(0.0, 0.0),
        minimisers=((off,) * n, (-off,) * n),
        pieces=(((-off,) * n, (off,) * n),),
        front=1 - exp(-((2 - sqrt(-log1p(-alone))) ** 2)),
        sizes="any",
        category="front that is not convex",
        reference="Fonseca & Fleming (1995), An overview of evolutionary algorithms in "
        "multiobjective optimization, Evolutionary Computation 3",
    )


def function_4() -> Landscape:
    """A parabola against a plane, known as test function 4.

    Its three constraints are lines that the box does not reach.
    """
    x, y = variables(2)
    return Landscape(
        name="function_4",
        title="Test function 4",
        objectives=(x**2 - y, -0.5 * x - y - 1),
        constraints=(
            Constraint(6.5 - x / 6 - y, ">=", 0),
            Constraint(7.5 - 0.5 * x - y, ">=", 0),
            Constraint(30 - 5 * x - y, ">=", 0),
        ),
        variables=names_of(2),
        sides=((-7.0, 4.0),) * 2,
        ideal=(-4.0, -7.0),
        minimisers=((0.0, 4.0), (4.0, 4.0)),
        sizes="2",
        category="front on the edge of the box",
        reference="Binh (1999), A multiobjective evolutionary algorithm: the study cases",
    )


def kursawe() -> Landscape:
    """A front in pieces, from cones and waves in three variables."""
    xs = variables(3)
    cones = [exp(-0.2 * hypot(x, after)) for x, after in pairwise(xs)]
    # A zero wins in `weigh`: at 0 the slope of the power is 0, not infinity times 0.
    cusps = weigh(1, total(absolute(x) ** 0.8 for x in xs))
    return Landscape(
        name="kursawe",
        title="Kursawe",
        objectives=(-10 * total(cones), cusps + 5 * total(sin(x**3) for x in xs)),
        variables=names_of(3),
        sides=((-5.0, 5.0),) * 3,
        ideal=(-20.0, None),
        minimisers=((0.0,) * 3,),
        kinks="where two neighbours are 0 the first objective has the tip of a cone, where one "
        "variable is 0 the second has a cusp: the slope is taken as 0",
        sizes="3",
        category="front in pieces",
        reference="Kursawe (1991), A variant of evolution strategies for vector optimization",
    )


def schaffer_pair_n1(half_width: float = 10.0) -> Landscape:
    """Two parabolas in one variable: Schaffer's first pair of objectives.

    half_width: the box reaches from minus to plus this, 10 to 1e5 in the literature.
    """
    (x,) = variables(1)
    return Landscape(
        name="schaffer_pair_n1",
        title="Schaffer N.1 (two objectives)",
        objectives=(x**2, (x - 2) ** 2),
        variables=names_of(1),
        sides=((-float(half_width), float(half_width)),),
        ideal=(0.0, 0.0),
        minimisers=((0.0,), (2.0,)),
        pieces=(((0.0,), (2.0,)),),
        front=(sqrt(expression("f1")) - 2) ** 2,
        sizes="1",
        category="convex front",
        reference="Schaffer (1985), Multiple objective optimization with vector evaluated genetic "
        "algorithms",
    )


def schaffer_pair_n2() -> Landscape:
    """A zigzag against a parabola, in one variable: Schaffer's second pair of objectives."""
    (x,) = variables(1)
    f1 = expression("f1")
    falling = where(less_equal(x, 4), 4 - x, x - 4)
    return Landscape(
        name="schaffer_pair_n2",
        title="Schaffer N.2 (two objectives)",
        objectives=(
            where(less_equal(x, 1), -x, where(less_equal(x, 3), x - 2, falling)),
            (x - 5) ** 2,
        ),
        variables=names_of(1),
        sides=((-5.0, 10.0),),
        ideal=(-1.0, 0.0),
        minimisers=((1.0,), (5.0,)),
        pieces=(((1.0,), (2.0,)), ((4.0,), (5.0,))),
        front=where(less_equal(0, f1), (f1 - 1) ** 2, (f1 - 3) ** 2),
        kinks="at x = 1, 3 and 4 the first objective's slope is that on the left",
        sizes="1",
        category="front in two pieces",
        reference="Schaffer (1985), Multiple objective optimization with vector evaluated genetic "
        "algorithms",
    )


def poloni() -> Landscape:
    """Waves against a bowl; the front is in two pieces."""
    x, y = variables(2)

    def first(one: Any, two: Any) -> Any:
        return 0.5 * sin(one) - 2 * cos(one) + sin(two) - 1.5 * cos(two)

    def second(one: Any, two: Any) -> Any:
        return 1.5 * sin(one) - cos(one) + 2 * sin(two) - 0.5 * cos(two)

    return Landscape(
        name="poloni",
        title="Poloni",
        objectives=(
            1 + (first(1, 2) - first(x, y)) ** 2 + (second(1, 2) - second(x, y)) ** 2,
            (x + 3) ** 2 + (y + 1) ** 2,
        ),
        variables=names_of(2),
        sides=((-math.pi, math.pi),) * 2,
        ideal=(1.0, 0.0),
        minimisers=((1.0, 2.0), (-3.0, -1.0)),
        sizes="2",
        category="front in two pieces",
        reference="Poloni, Giurgevich, Onesti & Pediroda (2000), Hybridization of a "
        "multi-objective genetic algorithm, a neural network and a classical optimizer, Computer "
        "Methods in Applied Mechanics and Engineering 186",
    )


def osyczka_kundu() -> Landscape:
    """Two quadratics in six variables, under six constraints."""
    x1, x2, x3, x4, x5, x6 = variables(6)
    pulled = 25 * (x1 - 2) ** 2 + squares([x2 - 2, x3 - 1, x4 - 4, x5 - 1])
    return Landscape(
        name="osyczka_kundu",
        title="Osyczka-Kundu",
        objectives=(-pulled, squares([x1, x2, x3, x4, x5, x6])),
        constraints=(
            Constraint(x1 + x2 - 2, ">=", 0),
            Constraint(6 - x1 - x2, ">=", 0),
            Constraint(2 - x2 + x1, ">=", 0),
            Constraint(2 - x1 + 3 * x2, ">=", 0),
            Constraint(4 - (x3 - 3) ** 2 - x4, ">=", 0),
            Constraint((x5 - 3) ** 2 + x6 - 4, ">=", 0),
        ),
        variables=names_of(6),
        sides=((0.0, 10.0), (0.0, 10.0), (1.0, 5.0), (0.0, 6.0), (1.0, 5.0), (0.0, 10.0)),
        ideal=(-274.0, 4.0),
        minimisers=((5.0, 1.0, 5.0, 0.0, 5.0, 0.0), (1.0, 1.0, 1.0, 0.0, 1.0, 0.0)),
        sizes="6",
        category="front along the constraints",
        reference="Osyczka & Kundu (1995), A new method to solve generalized multicriteria "
        "optimization problems using the simple genetic algorithm, Structural Optimization 10",
    )


def ctp1() -> Landscape:
    """A smooth front that two constraints cut away from below."""
    x, y = variables(2)
    second = (1 + y) * exp(-x / (1 + y))
    return Landscape(
        name="ctp1",
        title="CTP1",
        objectives=(x, second),
        constraints=(
            Constraint(second / (0.858 * exp(-0.541 * x)), ">=", 1),
            Constraint(second / (0.728 * exp(-0.295 * x)), ">=", 1),
        ),
        variables=names_of(2),
        sides=((0.0, 1.0),) * 2,
        ideal=(0.0, 0.728 * math.exp(-0.295)),
        minimisers=((0.0, 0.0), (1.0, 0.22562844294064005)),
        sizes="2",
        category="front along the constraints",
        reference="Deb, Pratap & Meyarivan (2001), Constrained test problems for multi-objective "
        "evolutionary optimization",
    )


def constr_ex() -> Landscape:
    """A hyperbola, cut by a line."""
    x, y = variables(2)
    f1 = expression("f1")
    return Landscape(
        name="constr_ex",
        title="Constr-Ex",
        objectives=(x, (1 + y) / x),
        constraints=(
            Constraint(y + 9 * x, ">=", 6),
            Constraint(-y + 9 * x, ">=", 1),
        ),
        variables=names_of(2),
        sides=((0.1, 1.0), (0.0, 5.0)),
        ideal=(7 / 18, 1.0),
        minimisers=((7 / 18, 2.5), (1.0, 0.0)),
        pieces=(((7 / 18, 2.5), (2 / 3, 0.0)), ((2 / 3, 0.0), (1.0, 0.0))),
        front=where(less_equal(f1, 2 / 3), (7 - 9 * f1) / f1, 1 / f1),
        sizes="2",
        category="convex front, in part along a constraint",
        reference="Deb (2001), Multi-Objective Optimization Using Evolutionary Algorithms",
    )


def viennet() -> Landscape:
    """Three objectives in two variables: rings, a slanted bowl and a dimple."""
    x, y = variables(2)
    around = x**2 + y**2
    return Landscape(
        name="viennet",
        title="Viennet",
        objectives=(
            0.5 * around + sin(around),
            (3 * x - 2 * y + 4) ** 2 / 8 + (x - y + 1) ** 2 / 27 + 15,
            1 / (around + 1) - 1.1 * exp(-around),
        ),
        variables=names_of(2),
        sides=((-3.0, 3.0),) * 2,
        ideal=(0.0, 15.0, -0.1),
        minimisers=((0.0, 0.0), (-2.0, -1.0), (0.0, 0.0)),
        sizes="2",
        category="three objectives",
        reference="Viennet, Fonteix & Marc (1996), Multicriteria optimization using a genetic "
        "algorithm for determining a Pareto set, International Journal of Systems Science 27",
    )
