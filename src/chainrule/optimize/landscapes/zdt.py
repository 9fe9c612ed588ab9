"""The functions of Zitzler, Deb and Thiele: two objectives, whose Pareto sets are known.

Each is a curve of the first variable, lifted by how far the others are from 0. May import the
language and `Landscape`; it must not know how anything is descended on.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.language.arithmetic import weigh
from chainrule.language.elements.elementary import cos, exp, sin, sqrt
from chainrule.language.expression import expression
from chainrule.optimize.landscapes.landscape import Landscape, Side
from chainrule.optimize.landscapes.pieces import PI, names_of, size, total, variables

__all__ = ["zdt1", "zdt2", "zdt3", "zdt4", "zdt6"]

UNIT = (0.0, 1.0)
WHOLE = (UNIT,)
# Between the ends of each of them the curve of ZDT3 is lower than all before.
FALLS = (
    (0.0, 0.08300153492691163),
    (0.18222872802939977, 0.2577623633878302),
    (0.4093136748086568, 0.4538821040888302),
    (0.6183967944392658, 0.6525117038046625),
    (0.8233317983266327, 0.8518328654364139),
)
STEEP = "at x1 = 0 the second objective's slope by x1 is -infinity"
SOURCE = (
    "Zitzler, Deb & Thiele (2000), Comparison of multiobjective evolutionary algorithms: empirical "
    "results, Evolutionary Computation 8"
)


def root_curve(f1: Any, g: Any) -> Any:
    """Return g (1 - sqrt(f1/g)); by g its slope at f1 = 0 is 1.

    A zero wins in `weigh`, where the slope of the root is infinity times the 0 of f1.
    """
    return weigh(g, 1 - sqrt(f1 / g))


def zdt1(n: int = 30) -> Landscape:
    """A convex front."""
    n = size(n, "zdt1", least=2)
    f1, *others = variables(n)
    g = 1 + 9 / (n - 1) * total(others)
    front = 1 - sqrt(expression("f1"))
    return zdt("zdt1", (f1, root_curve(f1, g)), front, "convex front", kinks=STEEP)


def zdt2(n: int = 30) -> Landscape:
    """A front that is not convex: no weighted sum of the objectives finds its middle."""
    n = size(n, "zdt2", least=2)
    f1, *others = variables(n)
    g = 1 + 9 / (n - 1) * total(others)
    front = 1 - expression("f1") ** 2
    return zdt("zdt2", (f1, g * (1 - (f1 / g) ** 2)), front, "front that is not convex")


def zdt3(n: int = 30) -> Landscape:
    """A front in five pieces."""
    n = size(n, "zdt3", least=2)
    f1, *others = variables(n)
    g = 1 + 9 / (n - 1) * total(others)
    alone = expression("f1")
    return zdt(
        "zdt3",
        (f1, weigh(g, 1 - sqrt(f1 / g) - f1 / g * sin(10 * PI * f1))),
        1 - sqrt(alone) - alone * sin(10 * PI * alone),
        "front in five pieces",
        along=FALLS,
        kinks=STEEP,
    )


def zdt4(n: int = 10) -> Landscape:
    """Many local fronts above the one that is lowest: waves in all variables but the first."""
    n = size(n, "zdt4", least=2)
    f1, *others = variables(n)
    g = 1 + 10 * (n - 1) + total(x**2 - 10 * cos(4 * PI * x) for x in others)
    return zdt(
        "zdt4",
        (f1, root_curve(f1, g)),
        1 - sqrt(expression("f1")),
        "many local fronts",
        others=(-5.0, 5.0),
        kinks=STEEP,
    )


def zdt6(n: int = 10) -> Landscape:
    """A front that is not convex, with points crowded at one end and thin towards it."""
    n = size(n, "zdt6", least=2)
    x1, *others = variables(n)
    f1 = 1 - exp(-4 * x1) * sin(6 * PI * x1) ** 6
    g = 1 + 9 * (total(others) / (n - 1)) ** 0.25
    # The slope of f1 is 0 where tan(6 pi x1) = 9 pi; at the first such place f1 is least.
    turn = math.atan(9 * math.pi)
    least = turn / (6 * math.pi)
    return zdt(
        "zdt6",
        (f1, g * (1 - (f1 / g) ** 2)),
        1 - expression("f1") ** 2,
        "front that is not convex, unevenly filled",
        ideal=(1 - math.exp(-4 * least) * math.sin(turn) ** 6, None),
        minimisers=((least, *(0.0,) * (n - 1)),),
        kinks="where all variables but the first are 0, on the Pareto set, the second objective's "
        "slopes by them are infinite",
    )


def zdt(
    name: str,
    objectives: tuple[expression, expression],
    front: expression,
    category: str,
    *,
    along: tuple[Side, ...] = WHOLE,
    others: Side = UNIT,
    **known: Any,
) -> Landscape:
    """Return a function of this family.

    along: between which values of the first variable the Pareto set lies; the others are 0 there.
    others: the bounds of all variables but the first.
    """
    n = len(objectives[1].variables)
    rest = (0.0,) * (n - 1)
    return Landscape(
        name=name,
        title=name.upper(),
        objectives=objectives,
        variables=names_of(n),
        sides=(UNIT, *(others,) * (n - 1)),
        pieces=tuple(((begin, *rest), (end, *rest)) for begin, end in along),
        front=front,
        sizes="2 or more",
        category=category,
        reference=SOURCE,
        **known,
    )
