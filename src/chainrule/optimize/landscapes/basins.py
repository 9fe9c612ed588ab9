"""Landscapes with a few basins: smooth, with two to ten minima or so.

Where the minimisers have no closed form, they are roots of the gradient, found to 40 digits.

May import the language and `Landscape`; it must not know how anything is descended on.
"""

from __future__ import annotations

import math

from chainrule.errors import SettingError
from chainrule.language.elements.elementary import cos, exp, sin
from chainrule.optimize.landscapes.landscape import Landscape, Point
from chainrule.optimize.landscapes.pieces import PI, names_of, scaled, size, total, variables

__all__ = [
    "branin",
    "forrester",
    "gramacy_lee",
    "hartmann_3",
    "hartmann_6",
    "himmelblau",
    "mccormick",
    "shekel",
    "six_hump_camel",
    "styblinski_tang",
    "three_hump_camel",
]

SHEKEL_CENTRES = (
    (4, 4, 4, 4),
    (1, 1, 1, 1),
    (8, 8, 8, 8),
    (6, 6, 6, 6),
    (3, 7, 3, 7),
    (2, 9, 2, 9),
    (5, 5, 3, 3),
    (8, 1, 8, 1),
    (6, 2, 6, 2),
    (7, 3.6, 7, 3.6),
)
SHEKEL_WIDTHS = (0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5)
# By the number of holes: the least value and where it is.
SHEKEL_MINIMA: dict[int, tuple[float, Point]] = {
    5: (-10.153199679058227, (4.000037152819676, 4.00013327659156) * 2),
    7: (
        -10.40294056681866,
        (4.000572916185823, 4.000689366185305, 3.9994897088591506, 3.9996061588586316),
    ),
    10: (
        -10.536409816692043,
        (4.000746531592046, 4.000592934138532, 3.9996633980403224, 3.9995098005868077),
    ),
}
HARTMANN_HEIGHTS = (1, 1.2, 3, 3.2)
HARTMANN_3 = ((3, 10, 30), (0.1, 10, 35), (3, 10, 30), (0.1, 10, 35))
HARTMANN_3_CENTRES = (
    (0.3689, 0.1170, 0.2673),
    (0.4699, 0.4387, 0.7470),
    (0.1091, 0.8732, 0.5547),
    (0.0381, 0.5743, 0.8828),
)
HARTMANN_6 = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
HARTMANN_6_CENTRES = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)
HARTMANN_3_LEAST = (
    -3.8627797873326624,
    (0.11458887665506895, 0.5556488946169301, 0.8525469846866774),
)
HARTMANN_6_LEAST = (
    -3.3223680114155147,
    (
        0.20168951100670543,
        0.15001069182345797,
        0.476873974221897,
        0.2753324304940561,
        0.31165161660011326,
        0.6573005340656204,
    ),
)


def himmelblau() -> Landscape:
    """Four equal minima round a hill: which one is found depends on the start."""
    x, y = variables(2)
    return Landscape(
        name="himmelblau",
        title="Himmelblau",
        objectives=((x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,),
        variables=names_of(2),
        sides=((-5.0, 5.0),) * 2,
        minimum=0.0,
        minimisers=(
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.2831859912861696),
            (3.5844283403304917, -1.8481265269644036),
        ),
        slope="smooth",
        sizes="2",
        category="four equal minima",
        reference="Himmelblau (1972), Applied Nonlinear Programming",
    )


def three_hump_camel() -> Landscape:
    """A valley with three local minima, the lowest in the middle."""
    x, y = variables(2)
    return Landscape(
        name="three_hump_camel",
        title="Three-hump camel",
        objectives=(2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2,),
        variables=names_of(2),
        sides=((-5.0, 5.0),) * 2,
        minimum=0.0,
        minimisers=((0.0, 0.0),),
        slope="smooth",
        sizes="2",
        category="valley, three local minima",
        reference="Dixon & Szego (1975), Towards Global Optimisation",
    )


def six_hump_camel() -> Landscape:
    """Six local minima in three pairs, two of them lowest."""
    x, y = variables(2)
    a, b = 0.08984201310031806, 0.7126564030207396
    return Landscape(
        name="six_hump_camel",
        title="Six-hump camel",
        objectives=((4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (-4 + 4 * y**2) * y**2,),
        variables=names_of(2),
        sides=((-3.0, 3.0), (-2.0, 2.0)),
        minimum=-1.0316284534898774,
        minimisers=((a, -b), (-a, b)),
        slope="smooth",
        sizes="2",
        category="six local minima, two of them lowest",
        reference="Dixon & Szego (1978), Towards Global Optimisation 2",
    )


def branin() -> Landscape:
    """Three equal minima in a row."""
    x, y = variables(2)
    curve = y - 5.1 / (4 * PI**2) * x**2 + 5 / PI * x - 6
    return Landscape(
        name="branin",
        title="Branin",
        objectives=(curve**2 + 10 * (1 - 1 / (8 * PI)) * cos(x) + 10,),
        variables=names_of(2),
        sides=((-5.0, 10.0), (0.0, 15.0)),
        # The curve is 0 where cos x is -1.
        minimum=10 / (8 * math.pi),
        minimisers=((-math.pi, 12.275), (math.pi, 2.275), (3 * math.pi, 2.475)),
        slope="smooth",
        sizes="2",
        category="three equal minima",
        reference="Branin (1972), Widely convergent method for finding multiple solutions of "
        "simultaneous nonlinear equations, IBM Journal of Research and Development 16",
    )


def mccormick() -> Landscape:
    """A plate bent by a sine."""
    x, y = variables(2)
    # cos(x + y) = -1/2 and x - y = 1.
    least = (0.5 - math.pi / 3, -0.5 - math.pi / 3)
    return Landscape(
        name="mccormick",
        title="McCormick",
        objectives=(sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1,),
        variables=names_of(2),
        sides=((-1.5, 4.0), (-3.0, 4.0)),
        minimum=-math.sqrt(3) / 2 - math.pi / 3,
        minimisers=(least,),
        slope="smooth",
        sizes="2",
        category="plate",
        reference="Jamil & Yang (2013), A literature survey of benchmark functions for global "
        "optimisation problems",
    )


def styblinski_tang(n: int = 2) -> Landscape:
    """Two minima along each axis, so 2 to the power n in all; one is the lowest."""
    n = size(n, "styblinski_tang")
    terms = [x**4 - 16 * x**2 + 5 * x for x in variables(n)]
    return Landscape(
        name="styblinski_tang",
        title="Styblinski-Tang",
        objectives=(0.5 * total(terms),),
        variables=names_of(n),
        sides=((-5.0, 5.0),) * n,
        minimum=-39.16616570377141 * n,
        minimisers=((-2.903534027771177,) * n,),
        slope="smooth",
        sizes="any",
        category="2^n local minima, separable",
        reference="Styblinski & Tang (1990), Experiments in nonconvex optimization, Neural "
        "Networks 3",
    )


def shekel(m: int = 10) -> Landscape:
    """Foxholes: m narrow holes of different depths in a plain, in four variables.

    m: how many, 5, 7 or 10. The sum is often printed without the minus, as a maximum.
    Raises: SettingError for another number.
    """
    if isinstance(m, bool) or m not in SHEKEL_MINIMA:
        raise SettingError(f"shekel has m = 5, 7 or 10 holes, not {m!r}. Give one of these.")
    xs = variables(4)
    holes = [
        1 / (width + total((x - centre) ** 2 for x, centre in zip(xs, centres, strict=True)))
        for width, centres in zip(SHEKEL_WIDTHS[:m], SHEKEL_CENTRES, strict=False)
    ]
    minimum, least = SHEKEL_MINIMA[m]
    return Landscape(
        name="shekel",
        title="Shekel",
        objectives=(-total(holes),),
        variables=names_of(4),
        sides=((0.0, 10.0),) * 4,
        minimum=minimum,
        minimisers=(least,),
        slope="smooth",
        sizes="4",
        category="foxholes",
        reference="Shekel (1971), Test functions for multimodal search techniques, Fifth Annual "
        "Princeton Conference on Information Science and Systems",
    )


def hartmann_3() -> Landscape:
    """Four wells of bell shape in three variables."""
    return hartmann("hartmann_3", HARTMANN_3, HARTMANN_3_CENTRES, HARTMANN_3_LEAST)


def hartmann_6() -> Landscape:
    """Four wells of bell shape in six variables."""
    return hartmann("hartmann_6", HARTMANN_6, HARTMANN_6_CENTRES, HARTMANN_6_LEAST)


def hartmann(
    name: str,
    steepness: tuple[Point, ...],
    centres: tuple[Point, ...],
    known: tuple[float, Point],
) -> Landscape:
    """Return the wells of given steepness along each axis and centres."""
    minimum, least = known
    n = len(least)
    xs = variables(n)
    wells = [
        scaled(
            height,
            exp(-total(a * (x - p) ** 2 for a, x, p in zip(row, xs, centre, strict=True))),
        )
        for height, row, centre in zip(HARTMANN_HEIGHTS, steepness, centres, strict=True)
    ]
    return Landscape(
        name=name,
        title=f"Hartmann {n}-D",
        objectives=(-total(wells),),
        variables=names_of(n),
        sides=((0.0, 1.0),) * n,
        minimum=minimum,
        minimisers=(least,),
        slope="smooth",
        sizes=str(n),
        category="four wells",
        reference="Hartman (1973), Some experiments in global optimization, Naval Postgraduate "
        "School",
    )


def forrester() -> Landscape:
    """A curve in one variable with a local and a global minimum."""
    (x,) = variables(1)
    return Landscape(
        name="forrester",
        title="Forrester",
        objectives=((6 * x - 2) ** 2 * sin(12 * x - 4),),
        variables=names_of(1),
        sides=((0.0, 1.0),),
        minimum=-6.0207400557670825,
        minimisers=((0.7572487578418559,),),
        slope="smooth",
        sizes="1",
        category="curve, two local minima",
        reference="Forrester, Sobester & Keane (2008), Engineering Design via Surrogate Modelling",
    )


def gramacy_lee() -> Landscape:
    """A curve in one variable whose waves grow towards its pole at 0."""
    (x,) = variables(1)
    return Landscape(
        name="gramacy_lee",
        title="Gramacy-Lee",
        objectives=(sin(10 * PI * x) / (2 * x) + (x - 1) ** 4,),
        variables=names_of(1),
        sides=((0.5, 2.5),),
        minimum=-0.8690111349894998,
        minimisers=((0.5485634445276052,),),
        slope="smooth",
        sizes="1",
        category="curve, many local minima",
        reference="Gramacy & Lee (2012), Cases for the nugget in modeling computer experiments, "
        "Statistics and Computing 22",
    )
