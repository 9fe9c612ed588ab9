"""Landscapes with creases: absolute values and roots, where no slope is defined.

The slope at a crease is the middle of those on its two sides, which is 0 where they are opposite,
were they infinite too. May import the language and `Landscape`; it must not know how anything is
descended on.
"""

from __future__ import annotations

from itertools import product as pairs

from chainrule.language.arithmetic import absolute, weigh
from chainrule.language.elements.elementary import cos, exp, hypot, sin, sqrt
from chainrule.optimize.landscapes.landscape import Landscape
from chainrule.optimize.landscapes.pieces import PI, names_of, variables

__all__ = ["bukin_n6", "cross_in_tray", "eggholder", "hoelder_table"]


def bukin_n6() -> Landscape:
    """A crease along a parabola, so sharp that the slope beside it is without bound.

    The minimum lies on the crease; searches end on it, short of the minimum.
    """
    x, y = variables(2)
    # A zero wins in `weigh`: on the crease, infinity times the 0 between up and down is 0.
    across = weigh(100, sqrt(absolute(y - 0.01 * x**2)))
    return Landscape(
        name="bukin_n6",
        title="Bukin N.6",
        objectives=(across + 0.01 * absolute(x + 10),),
        variables=names_of(2),
        sides=((-15.0, -5.0), (-3.0, 3.0)),
        minimum=0.0,
        minimisers=((-10.0, 1.0),),
        slope="kink",
        kinks="on the parabola y = 0.01 x² the slope across it, infinite on both sides, is taken "
        "as 0; at x = -10 that of the second term too",
        sizes="2",
        category="ridge, non-smooth",
        reference="Bukin (1997), New minimization strategy for non-smooth functions, Budker "
        "Institute of Nuclear Physics",
    )


def cross_in_tray() -> Landscape:
    """A tray with a cross in it: four equal minima, and kinks on a grid of lines.

    Inside is a number up to 3e43: fine in double precision, infinite in single precision.
    """
    x, y = variables(2)
    inner = sin(x) * sin(y) * exp(absolute(100 - hypot(x, y) / PI))
    return Landscape(
        name="cross_in_tray",
        title="Cross-in-tray",
        objectives=(-0.0001 * (absolute(inner) + 1) ** 0.1,),
        variables=names_of(2),
        sides=((-10.0, 10.0),) * 2,
        minimum=-2.062611870822738,
        minimisers=tuple(pairs((1.3494066171539107, -1.3494066171539107), repeat=2)),
        slope="smooth",
        kinks="where x or y is a multiple of pi, the slope is taken as 0, the middle of two that "
        "are opposite and huge",
        sizes="2",
        category="four equal minima, kinks on the axes",
        reference="Mishra (2006), Some new test functions for global optimization and performance "
        "of repulsive particle swarm method",
    )


def eggholder() -> Landscape:
    """Rugged, and lowest on the edge of the box."""
    x, y = variables(2)
    raised = y + 47
    # A zero wins in `weigh`: in a crease, infinity times the 0 between up and down is 0.
    first = weigh(raised, sin(sqrt(absolute(x / 2 + raised))))
    second = weigh(x, sin(sqrt(absolute(x - raised))))
    return Landscape(
        name="eggholder",
        title="Eggholder",
        objectives=(-first - second,),
        variables=names_of(2),
        sides=((-512.0, 512.0),) * 2,
        minimum=-959.6406627208509,
        minimisers=((512.0, 404.2318051137578),),
        slope="edge",
        kinks="on the lines x/2 + y + 47 = 0 and x = y + 47, the infinite slopes of the roots are "
        "taken as 0, the middle of those on the two sides",
        sizes="2",
        category="rugged, minimum on the edge of the box",
        reference="Whitley, Rana, Dzubera & Mathias (1996), Evaluating evolutionary algorithms, "
        "Artificial Intelligence 85",
    )


def hoelder_table() -> Landscape:
    """A table with four legs: equal minima near its corners, and kinks between waves."""
    x, y = variables(2)
    inner = sin(x) * cos(y) * exp(absolute(1 - hypot(x, y) / PI))
    return Landscape(
        name="hoelder_table",
        title="Hoelder table",
        objectives=(-absolute(inner),),
        variables=names_of(2),
        sides=((-10.0, 10.0),) * 2,
        minimum=-19.208502567886736,
        minimisers=tuple(
            pairs((8.055023475736563, -8.055023475736563), (9.664590019241272, -9.664590019241272))
        ),
        slope="smooth",
        kinks="where sin x or cos y is 0, on the circle of radius pi and at the origin, the slope "
        "is the middle of those on the two sides",
        sizes="2",
        category="four equal minima, kinks",
        reference="Mishra (2006), Some new test functions for global optimization and performance "
        "of repulsive particle swarm method",
    )
