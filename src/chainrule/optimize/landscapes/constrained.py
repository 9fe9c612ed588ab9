"""Landscapes with constraints, one objective each.

May import the language and `Landscape`; it must not know how anything is descended on.
"""

from __future__ import annotations

import math

from chainrule.language.arithmetic import absolute
from chainrule.language.elements.choice import equal, where
from chainrule.language.elements.elementary import arctan2, cos, exp, sin, sqrt
from chainrule.language.expression import expression
from chainrule.language.kinds import named
from chainrule.optimize.landscapes.basins import six_hump_camel
from chainrule.optimize.landscapes.constraint import Constraint
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
    "gomez_levy",
    "keane_bump",
    "mishra_bird",
    "rosenbrock_cubic_and_line",
    "rosenbrock_disk",
    "simionescu",
    "townsend",
]


def rosenbrock_cubic_and_line() -> Landscape:
    """Rosenbrock's valley between a cubic and a line; both pass through the minimum.

    There is a second basin near (0, 0), of value 1.
    """
    x, y = variables(2)
    return Landscape(
        name="rosenbrock_cubic_and_line",
        title="Rosenbrock, cubic and line",
        objectives=((1 - x) ** 2 + 100 * (y - x**2) ** 2,),
        constraints=(
            Constraint((x - 1) ** 3 - y + 1, "<=", 0),
            Constraint(x + y - 2, "<=", 0),
        ),
        variables=names_of(2),
        sides=((-1.5, 1.5), (-0.5, 2.5)),
        minimum=0.0,
        minimisers=((1.0, 1.0),),
        slope="smooth",
        sizes="2",
        category="curved valley, both constraints active",
        reference="Simionescu & Beale (2002), New concepts in graphic visualization of objective "
        "functions",
    )


def rosenbrock_disk() -> Landscape:
    """Rosenbrock's valley in a disk, with the minimum on its rim."""
    x, y = variables(2)
    return Landscape(
        name="rosenbrock_disk",
        title="Rosenbrock, disk",
        objectives=((1 - x) ** 2 + 100 * (y - x**2) ** 2,),
        constraints=(Constraint(x**2 + y**2, "<=", 2),),
        variables=names_of(2),
        sides=((-1.5, 1.5),) * 2,
        minimum=0.0,
        minimisers=((1.0, 1.0),),
        slope="smooth",
        sizes="2",
        category="curved valley, constraint active",
        reference="The MathWorks, Solve a constrained nonlinear problem",
    )


def mishra_bird() -> Landscape:
    """The shape of a bird's wings, seen in a disk."""
    x, y = variables(2)
    return Landscape(
        name="mishra_bird",
        title="Mishra's bird",
        objectives=(
            sin(y) * exp((1 - cos(x)) ** 2) + cos(x) * exp((1 - sin(y)) ** 2) + (x - y) ** 2,
        ),
        constraints=(Constraint((x + 5) ** 2 + (y + 5) ** 2, "<", 25),),
        variables=names_of(2),
        sides=((-10.0, 0.0), (-6.5, 0.0)),
        minimum=-106.76453674926468,
        minimisers=((-3.1302468034546562, -1.5821421769300335),),
        slope="smooth",
        sizes="2",
        category="several local minima, constraint inactive",
        reference="Mishra (2006), Some new test functions for global optimization and performance "
        "of repulsive particle swarm method",
    )


def angle(x: expression, y: expression) -> expression:
    """Return the angle from the y axis as a step named t, 0 at the origin, and so is its slope."""
    return named("t", where(equal(squares((x, y)), 0), 0, arctan2(x, y)))


def townsend() -> Landscape:
    """Waves inside the outline of a heart; the minimum is on the outline."""
    x, y = variables(2)
    t = angle(x, y)
    across = 2 * cos(t) - 0.5 * cos(2 * t) - 0.25 * cos(3 * t) - 0.125 * cos(4 * t)
    outline = across**2 + (2 * sin(t)) ** 2
    return Landscape(
        name="townsend",
        title="Townsend (modified)",
        objectives=(-(cos((x - 0.1) * y) ** 2) - x * sin(3 * x + y),),
        constraints=(Constraint(x**2 + y**2 - outline, "<", 0),),
        variables=names_of(2),
        sides=((-2.25, 2.25), (-2.5, 1.75)),
        minimum=-2.0239883623257624,
        minimisers=((2.0052927155540172, 1.1944528838793893),),
        slope="edge",
        kinks="the outline, told by an angle, has no slope at the origin: the constraint's is "
        "taken as 0 there",
        sizes="2",
        category="waves, constraint active",
        reference="Townsend (2014), Constrained optimization in Chebfun",
    )


def keane_bump(n: int = 2) -> Landscape:
    """Bumps that are lowest where a product is just large enough.

    The minimum is known for two variables.
    """
    n = size(n, "keane_bump", least=2)
    xs = variables(n)
    fourth = total(cos(x) ** 4 for x in xs)
    squared = product(cos(x) ** 2 for x in xs)
    length = sqrt(total(scaled(place, x**2) for place, x in enumerate(xs, 1)))
    known = n == 2
    return Landscape(
        name="keane_bump",
        title="Keane's bump",
        objectives=(-absolute((fourth - 2 * squared) / length),),
        constraints=(
            Constraint(0.75 - product(xs), "<", 0),
            Constraint(total(xs) - 7.5 * n, "<", 0),
        ),
        variables=names_of(n),
        sides=((0.0, 10.0),) * n,
        minimum=-0.3649797458706566 if known else None,
        minimisers=((1.600860437285313, 0.4684980542537647),) if known else (),
        slope="edge" if known else "",
        kinks="the box is open: at the origin the value is NaN; where the numerator is 0 the slope "
        "is taken as 0",
        sizes="2 or more",
        category="many local minima, constraint active",
        reference="Keane (1994), Experiences with optimizers in structural design",
    )


def gomez_levy() -> Landscape:
    """The six-hump camel on islands; of its two lowest minima one is on land."""
    x, y = variables(2)
    camel = six_hump_camel()
    return Landscape(
        name="gomez_levy",
        title="Gomez-Levy (modified)",
        objectives=(4 * x**2 - 2.1 * x**4 + x**6 / 3 + x * y - 4 * y**2 + 4 * y**4,),
        constraints=(Constraint(-sin(4 * PI * x) + 2 * sin(2 * PI * y) ** 2, "<=", 1.5),),
        variables=names_of(2),
        sides=((-1.0, 0.75), (-1.0, 1.0)),
        minimum=camel.minimum,
        minimisers=camel.minimisers[:1],
        slope="smooth",
        sizes="2",
        category="islands, constraint inactive",
        reference="Gomez & Levy (1982), The tunnelling method for solving the constrained global "
        "optimization problem with several non-connected feasible regions",
    )


def simionescu() -> Landscape:
    """A saddle inside the outline of a flower.

    Its outline is usually printed with arctan(x/y), which has no value at y = 0; a fraction of a
    turn more or less changes no value of cos(8 t), so arctan2 serves everywhere.
    """
    x, y = variables(2)
    radius = 1 + 0.2 * cos(8 * angle(x, y))
    least = 0.6 * math.sqrt(2)  # on the flower's rim of radius 1.2
    return Landscape(
        name="simionescu",
        title="Simionescu",
        objectives=(0.1 * x * y,),
        constraints=(Constraint(squares((x, y)) - radius**2, "<=", 0),),
        variables=names_of(2),
        sides=((-1.25, 1.25),) * 2,
        minimum=-0.072,
        minimisers=((least, -least), (-least, least)),
        slope="edge",
        kinks="the outline, told by an angle, has no slope at the origin: the constraint's is "
        "taken as 0 there",
        sizes="2",
        category="saddle, constraint active",
        reference="Simionescu (2014), Computer-Aided Graphing and Simulation Tools for AutoCAD "
        "Users",
    )
