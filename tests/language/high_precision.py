"""The oracle of the accuracy tests: every operation at sixty digits and more, by mpmath.

Values are those of an operation's own exact lane (`spell["mpmath"]` where its formula is not its
definition); derivatives are central differences of them, so no rule is judged by itself.
"""

import math
import random

import mpmath
from mpmath import mp, mpf
from tests.words import our_operations

from chainrule.engine.protocol import Role

EDGES = (
    *(0.0, 5e-324, 1e-310, 2.2250738585072014e-308, 1e-200, 1e-20, 1e-8, 0.1, 0.5, 1.0),
    *(math.nextafter(1, 0), math.nextafter(1, 2), 1.5, math.pi / 2, 2.0, 2.5, 3.0, math.pi),
    *(5.0, 19.0, 30.0, 88.0, 300.0, 709.78, 720.0, 745.0, 746.0, 1e3, 1e8, 1e16, 1e22),
    *(1e154, 1e200, 1.7976931348623157e308),
)
SIGNED_EDGES = tuple(dict.fromkeys([*EDGES, *[-edge for edge in EDGES[1:]]]))
# Every operand takes every edge while the others stay at moderate numbers.
MODERATE = (0.5, 2.0, 3.0, -1.5)
LARGEST = mpf(math.ldexp(1 - 2**-53, 1023)) * 2
SMALLEST_NORMAL = mpf(2) ** -1022
EPSILON = mpf(2) ** -52
# Its steps may be finer than the differences, which then see the slope of a ramp.
STAIRS = ("floor_division",)
FLOATS_ONLY = (ZeroDivisionError, ValueError)  # a pole, in mpmath


def of_numbers():
    """List the operations on each element alone that chainrule itself brings."""
    return [
        operation
        for operation in our_operations().values()
        if operation.role is Role.OPERATION and operation.is_elementwise
    ]


def operands_of(operation):
    """Return how many operands to test: all, or three where any number will do."""
    return operation.arity[1] or 3


def inside(operation, number):
    """Tell whether a number lies in the domain of an operation of one operand."""
    low, high = operation.domain or (None, None)
    return (low is None or number >= low) and (high is None or number <= high)


def points(operation, count):
    """List every edge in the domain, and `count` random points: the same ones at every run."""
    chance = random.Random(operation.__name__)
    operands = operands_of(operation)
    if operands > 1:
        return [*edges_of_several(operands), *random_points(chance, operands, count)]
    bounds = [bound for bound in operation.domain or () if bound is not None]
    near = [math.nextafter(bound, to) for bound in bounds for to in (-math.inf, math.inf)]
    found = [x for x in (*SIGNED_EDGES, -0.0, *bounds, *near) if inside(operation, x)]
    while count:
        x = random_number(chance)
        if bounds and chance.random() < 0.3:
            x = chance.choice(bounds) + 10 ** chance.uniform(-16, 0) * chance.choice((-1, 1))
        if inside(operation, x):
            found.append(x)
            count -= 1
    return [(x,) for x in found]


def random_number(chance):
    """Draw a number of either sign, log-uniform: mostly moderate, sometimes of any size."""
    reach = chance.choice((3, 3, 3, 20, 20, 307))
    return 10 ** chance.uniform(-reach, reach) * chance.choice((-1, 1))


def random_points(chance, operands, count):
    """Draw points of several operands, log-uniform, of one reach each."""
    for _ in range(count):
        reach = chance.choice((1, 1, 3, 20, 200))
        yield tuple(
            10 ** chance.uniform(-reach, reach) * chance.choice((-1, 1)) for _ in range(operands)
        )


def edges_of_several(operands):
    """Give every edge to every operand in turn."""
    for place in range(operands):
        for number, edge in enumerate(SIGNED_EDGES):
            point = [MODERATE[(number + other) % len(MODERATE)] for other in range(operands)]
            point[place] = edge
            yield tuple(point)


def exactly(operation, point):
    """Return the value at mpmath's precision, or None where it is no real number."""
    try:
        found = operation.on_exact(*point, *operation.keywords.values())
    except FLOATS_ONLY:
        return None
    return None if isinstance(found, mpmath.mpc) else mpf(found)


def value(operation, point):
    """Return the value at sixty digits, or None where it is no real number."""
    with mp.workdps(60):
        return exactly(operation, [mpf(x) for x in point])


def wobble(operation, point):
    """Return how far the value moves when each operand moves by a unit in its last place."""
    with mp.workdps(60):
        moved = mpf(0)
        here = exactly(operation, [mpf(x) for x in point])
        for place in range(len(point)):
            other = [mpf(x) for x in point]
            other[place] *= 1 + EPSILON
            there = exactly(operation, other)
            moved += 0 if there is None else abs(there - here)
        return moved


def derivatives(operation, point, place):
    """Return derivatives 1 to 5 by one operand, up to the first that does not exist there.

    Orders of which the two sides differ, at a jump, at a kink or at the edge of the domain, are
    left out and so are those above.
    """
    x = mpf(point[place])
    size = min([abs(mpf(other)) for other in point if other] + [mpf(1)])
    for bound in (operation.domain or ()) if len(point) == 1 else ():
        if bound is not None and x != bound:
            size = min(size, abs(x - bound))
    digits = 160 + (abs(int(mpmath.log10(abs(x)))) if x else 0)
    found = differences(operation, point, place, size, digits)
    if found is None:  # flat to so many digits, as tanh(300) is; or tiny, as sin(1e-300) is
        more = digits + 300 - int(5 * mpmath.log10(size))
        found = differences(operation, point, place, size, more, last=True)
    return found


def differences(operation, point, place, size, digits, *, last=False):
    """Return central differences at so many digits; None where too few are left, unless last."""
    with mp.workdps(digits):
        step = size * mpf(10) ** -20
        at = {}
        for half in range(-5, 6):
            moved = [mpf(x) for x in point]
            moved[place] += half * step / 2
            at[half] = exactly(operation, moved)
        if None in at.values() or (operation.__name__ in STAIRS and at[-5] != at[5]):
            return []
        noise = max(abs(y) for y in at.values()) * mpf(10) ** (6 - digits)
        found = []
        extent = mpf(0)
        for order in range(1, 6):
            total = difference(at, order, order, 2)
            if abs(total) <= noise * mpf(10) ** 20 and not last:
                return None
            if noise < abs(total) <= noise * mpf(10) ** 20:
                return found
            total = mpf(0) if abs(total) <= noise else total
            right, left = difference(at, order, order, 1), difference(at, order, 0, 1)
            extent = max(extent / size, abs(total) / step**order)
            jump = abs(right - left) / (step / 2) ** order
            broad = abs(difference(at, 1, 5, 10) - 5 * difference(at, 1, 1, 2))
            if order == 1 and broad > mpf(10) ** -8 * abs(at[5] - at[-5]) + 100 * noise:
                return found
            if jump > mpf(10) ** -8 * extent and abs(right - left) > 100 * noise:
                return found
            found.append(total / step**order)
        return found


def difference(at, order, first, spacing):
    """Return the difference of an order over places, the first of them and on to the left."""
    return mpmath.fsum(
        (-1) ** k * mpmath.binomial(order, k) * at[first - k * spacing] for k in range(order + 1)
    )
