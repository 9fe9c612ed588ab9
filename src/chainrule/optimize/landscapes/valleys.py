"""Landscapes with one way down: bowls, plates, curved and flat valleys, a saddle.

May import the language and `Landscape`; it must not know how anything is descended on.
"""

from __future__ import annotations

from itertools import pairwise

from chainrule.optimize.landscapes.landscape import Landscape
from chainrule.optimize.landscapes.pieces import names_of, scaled, size, squares, total, variables

__all__ = [
    "beale",
    "booth",
    "colville",
    "dixon_price",
    "goldstein_price",
    "matyas",
    "powell_singular",
    "rosenbrock",
    "saddle",
    "sphere",
    "sum_squares",
    "trid",
    "zakharov",
]


def sphere(n: int = 2) -> Landscape:
    """Sum of squares: a round bowl, the easiest of all.

    >>> sphere(3)
    <Landscape sphere(x1, x2, x3): minimum 0 at (0, 0, 0)>
    """
    n = size(n, "sphere")
    return Landscape(
        name="sphere",
        title="Sphere",
        objectives=(squares(variables(n)),),
        variables=names_of(n),
        sides=((-10.0, 10.0),) * n,
        unbounded=True,
        minimum=0.0,
        minimisers=((0.0,) * n,),
        slope="smooth",
        sizes="any",
        category="bowl, convex, separable",
        reference="De Jong (1975), An analysis of the behavior of a class of genetic adaptive "
        "systems, function F1",
    )


def sum_squares(n: int = 2) -> Landscape:
    """Sum of squares with weights 1, 2, ..., n: a bowl stretched into an ellipse."""
    n = size(n, "sum_squares")
    terms = [scaled(place, x**2) for place, x in enumerate(variables(n), 1)]
    return Landscape(
        name="sum_squares",
        title="Sum squares",
        objectives=(total(terms),),
        variables=names_of(n),
        sides=((-10.0, 10.0),) * n,
        minimum=0.0,
        minimisers=((0.0,) * n,),
        slope="smooth",
        sizes="any",
        category="bowl, convex, separable",
        reference="Jamil & Yang (2013), A literature survey of benchmark functions for global "
        "optimisation problems",
    )


def rosenbrock(n: int = 2) -> Landscape:
    """Curved valley, flat along its floor and steep across: easy to enter, slow to walk.

    From four variables on it has a second, higher local minimum near (-1, 1, ..., 1).
    """
    n = size(n, "rosenbrock", least=2)
    xs = variables(n)
    steps = [100 * (after - x**2) ** 2 + (1 - x) ** 2 for x, after in pairwise(xs)]
    return Landscape(
        name="rosenbrock",
        title="Rosenbrock",
        objectives=(total(steps),),
        variables=names_of(n),
        sides=((-5.0, 5.0),) * n,
        unbounded=True,
        minimum=0.0,
        minimisers=((1.0,) * n,),
        slope="smooth",
        sizes="2 or more",
        category="curved valley",
        reference="Rosenbrock (1960), An automatic method for finding the greatest or least value "
        "of a function, The Computer Journal 3",
    )


def beale() -> Landscape:
    """Flat valleys between steep peaks at the corners of the box."""
    x, y = variables(2)
    return Landscape(
        name="beale",
        title="Beale",
        objectives=(
            (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2,
        ),
        variables=names_of(2),
        sides=((-4.5, 4.5),) * 2,
        minimum=0.0,
        minimisers=((3.0, 0.5),),
        slope="smooth",
        sizes="2",
        category="flat valleys, peaks at the corners",
        reference="Beale (1958), On an iterative method for finding a local minimum of a function "
        "of more than one variable, Princeton University",
    )


def goldstein_price() -> Landscape:
    """Several local minima, and values from 3 to a million in one small box."""
    x, y = variables(2)
    near = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    far = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return Landscape(
        name="goldstein_price",
        title="Goldstein-Price",
        objectives=((1 + (x + y + 1) ** 2 * near) * (30 + (2 * x - 3 * y) ** 2 * far),),
        variables=names_of(2),
        sides=((-2.0, 2.0),) * 2,
        minimum=3.0,
        minimisers=((0.0, -1.0),),
        slope="smooth",
        sizes="2",
        category="several local minima, huge range",
        reference="Goldstein & Price (1971), On descent from local minima, Mathematics of "
        "Computation 25",
    )


def booth() -> Landscape:
    """A plate: a quadratic with contours that are slanted ellipses."""
    x, y = variables(2)
    return Landscape(
        name="booth",
        title="Booth",
        objectives=((x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,),
        variables=names_of(2),
        sides=((-10.0, 10.0),) * 2,
        minimum=0.0,
        minimisers=((1.0, 3.0),),
        slope="smooth",
        sizes="2",
        category="plate, convex quadratic",
        reference="Jamil & Yang (2013), A literature survey of benchmark functions for global "
        "optimisation problems",
    )


def matyas() -> Landscape:
    """A plate: a quadratic 25 times as steep across as along."""
    x, y = variables(2)
    return Landscape(
        name="matyas",
        title="Matyas",
        objectives=(0.26 * (x**2 + y**2) - 0.48 * x * y,),
        variables=names_of(2),
        sides=((-10.0, 10.0),) * 2,
        minimum=0.0,
        minimisers=((0.0, 0.0),),
        slope="smooth",
        sizes="2",
        category="plate, convex quadratic",
        reference="Matyas (1965), Random optimization, Automation and Remote Control 26",
    )


def zakharov(n: int = 2) -> Landscape:
    """A plate whose one steep direction grows with the fourth power."""
    n = size(n, "zakharov")
    xs = variables(n)
    slant = total(0.5 * place * x for place, x in enumerate(xs, 1))
    return Landscape(
        name="zakharov",
        title="Zakharov",
        objectives=(squares(xs) + slant**2 + slant**4,),
        variables=names_of(n),
        sides=((-5.0, 10.0),) * n,
        minimum=0.0,
        minimisers=((0.0,) * n,),
        slope="smooth",
        sizes="any",
        category="plate, convex",
        reference="Jamil & Yang (2013), A literature survey of benchmark functions for global "
        "optimisation problems",
    )


def dixon_price(n: int = 2) -> Landscape:
    """Valley in which each variable is tied to twice the square of the next.

    The last variable enters by its square alone, so from two on there are two equal minima.
    """
    n = size(n, "dixon_price")
    xs = variables(n)
    ties = [place * (2 * x**2 - before) ** 2 for place, (before, x) in enumerate(pairwise(xs), 2)]
    first = tuple(2.0 ** -(1 - 2.0 ** (1 - place)) for place in range(1, n + 1))
    return Landscape(
        name="dixon_price",
        title="Dixon-Price",
        objectives=(total([(xs[0] - 1) ** 2, *ties]),),
        variables=names_of(n),
        sides=((-10.0, 10.0),) * n,
        minimum=0.0,
        minimisers=(first, (*first[:-1], -first[-1])) if n > 1 else (first,),
        slope="smooth",
        sizes="any",
        category="curved valley",
        reference="Dixon & Price (1989), Truncated Newton method for sparse unconstrained "
        "optimization using automatic differentiation, Journal of Optimization Theory and "
        "Applications 60",
    )


def trid(n: int = 2) -> Landscape:
    """A convex quadratic whose Hessian is tridiagonal, and whose minimum is far from 0."""
    n = size(n, "trid", least=2)
    xs = variables(n)
    neighbours = [after * x for x, after in pairwise(xs)]
    return Landscape(
        name="trid",
        title="Trid",
        objectives=(squares([x - 1 for x in xs]) - total(neighbours),),
        variables=names_of(n),
        sides=((-float(n * n), float(n * n)),) * n,
        minimum=-n * (n + 4) * (n - 1) / 6,
        minimisers=(tuple(float(place * (n + 1 - place)) for place in range(1, n + 1)),),
        slope="smooth",
        sizes="2 or more",
        category="bowl, convex quadratic",
        reference="Adorio & Diliman (2005), MVF: multivariate test functions library in C",
    )


def powell_singular() -> Landscape:
    """A valley so flat at its minimum that the Hessian there is singular."""
    a, b, c, d = variables(4)
    return Landscape(
        name="powell_singular",
        title="Powell singular",
        objectives=((a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4,),
        variables=names_of(4),
        sides=((-4.0, 5.0),) * 4,
        minimum=0.0,
        minimisers=((0.0,) * 4,),
        slope="smooth",
        sizes="4",
        category="valley, convex, Hessian singular at the minimum",
        reference="Powell (1962), An iterative method for finding stationary values of a function "
        "of several variables, The Computer Journal 5",
    )


def colville() -> Landscape:
    """Two Rosenbrock valleys tied together, in four variables."""
    a, b, c, d = variables(4)
    return Landscape(
        name="colville",
        title="Colville",
        objectives=(
            100 * (a**2 - b) ** 2
            + (a - 1) ** 2
            + (c - 1) ** 2
            + 90 * (c**2 - d) ** 2
            + 10.1 * ((b - 1) ** 2 + (d - 1) ** 2)
            + 19.8 * (b - 1) * (d - 1),
        ),
        variables=names_of(4),
        sides=((-10.0, 10.0),) * 4,
        minimum=0.0,
        minimisers=((1.0,) * 4,),
        slope="smooth",
        sizes="4",
        category="curved valley",
        reference="Colville (1968), A comparative study of nonlinear programming codes, IBM",
    )


def saddle() -> Landscape:
    """A saddle: the gradient is 0 at (0, 0), which is no minimum; down along y, up along x."""
    x, y = variables(2)
    return Landscape(
        name="saddle",
        title="Saddle",
        objectives=(x**2 - y**2,),
        variables=names_of(2),
        sides=((-2.0, 2.0),) * 2,
        minimum=-4.0,
        minimisers=((0.0, 2.0), (0.0, -2.0)),
        slope="edge",
        sizes="2",
        category="saddle, no minimum inside the box",
        reference="Nocedal & Wright (2006), Numerical Optimization, section 2.1",
    )
