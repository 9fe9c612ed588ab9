"""Every operation against mpmath: at every edge, and at random points of every size.

The operations are walked, not listed: a new one is held to the same bar without a line here.
"""

import math
from functools import cache

import numpy as np
import pytest
from mpmath import mpf
from tests.language import high_precision as oracle

from chainrule import expression

COUNT = 200  # random points an operation
OPERATIONS = oracle.of_numbers()
UNITS = 4  # in the last place
TOLERANCE = {1: 1e-12, 2: 1e-9, 3: 1e-9, 4: 1e-9}

each_operation = pytest.mark.parametrize(
    "operation", OPERATIONS, ids=[operation.__name__ for operation in OPERATIONS]
)


def applied(operation):
    """Apply an operation to variables x0, x1, ..."""
    return operation(*[expression(f"x{n}") for n in range(oracle.operands_of(operation))])


def values_at(point, names=None):
    """Name the numbers of a point."""
    named = {f"x{n}": number for n, number in enumerate(point)}
    return named if names is None else {name: named[name] for name in names}


@cache
def true_values(operation):
    """List the points with their values, where they are real numbers."""
    listed = [(point, oracle.value(operation, point)) for point in oracle.points(operation, COUNT)]
    return [(point, true) for point, true in listed if true is not None]


@cache
def true_derivatives(operation):
    """List (number of the point, point, operand, derivatives): the operands take turns."""
    return [
        (number, point, number % len(point), trues)
        for number, (point, true) in enumerate(true_values(operation))
        if abs(true) <= oracle.LARGEST
        for trues in [oracle.derivatives(operation, point, number % len(point))]
    ]


def is_close_to_value(operation, point, found, true):
    """Tell whether a value is within so many units in the last place of the true one."""
    if abs(true) > oracle.LARGEST:
        return abs(found) >= oracle.LARGEST and (found > 0) == (true > 0)
    if not math.isfinite(found):
        return False
    error = abs(mpf(found) - true)
    if error <= UNITS * mpf(math.ulp(float(true))):
        return True
    if abs(true) < oracle.SMALLEST_NORMAL:
        # A factor of x*sigmoid(x) has lost digits before the product underflows.
        return error <= UNITS * mpf(5e-324) * max(abs(mpf(x)) for x in point)
    # Of several operands, the answer may also be that of operands a unit away: where a sum
    # of exponentials is nearly 1, its logarithm has no more digits than that leaves it.
    return len(point) > 1 and error <= oracle.wobble(operation, point)


def is_close_to_derivative(found, trues, order, point, place):
    """Tell whether a derivative is as near to the true one as its order demands."""
    true = trues[order - 1]
    if abs(true) > oracle.LARGEST or 0 < abs(true) < oracle.SMALLEST_NORMAL:
        return True  # no float holds it to full precision
    largest = max(abs(x) for x in point)
    if not math.isfinite(found):
        # A tidied derivative collects powers, which overflow before they meet a factor of 0.
        return (order > 1 or len(point) > 1) and true == 0 and largest > 1e100
    if abs(found) < oracle.SMALLEST_NORMAL and true == 0:
        return True  # 0 to some hundreds of digits
    error = abs(mpf(found) - true)
    if error <= TOLERANCE[order] * abs(true):
        return True
    # Where it crosses zero, its digits are those that a few units in the last place of x leave.
    beyond = abs(trues[order]) if len(trues) > order else 0
    return error <= 4 * oracle.EPSILON * min(abs(mpf(point[place])), 1) * beyond


def is_moderate(point):
    """Tell whether the fourth power of every operand is a float: slopes of order 4 have such terms.

    Of one operand every size is tested; of several, terms of different sizes meet.
    """
    return len(point) == 1 or all(x == 0 or 1e-60 < abs(x) < 1e60 for x in point)


def described(misses):
    """Show the first few misses."""
    return "\n".join(str(miss) for miss in misses[:5])


@each_operation
def test_a_value_of_floats_is_within_units_in_the_last_place(operation):
    formula = applied(operation)
    misses = []
    for point, true in true_values(operation):
        found = float(formula.eval(values_at(point)))
        if not is_close_to_value(operation, point, found, true):
            misses.append((point, found, float(true)))
    assert not misses, described(misses)


@each_operation
def test_a_value_of_arrays_is_within_units_in_the_last_place(operation):
    formula = applied(operation)
    points = [point for point, _ in true_values(operation)]
    columns = values_at(np.array(points).T.copy())
    found = np.broadcast_to(np.asarray(formula.eval(columns), float), len(points))
    misses = [
        (point, number, float(true))
        for (point, true), number in zip(true_values(operation), found, strict=True)
        if not is_close_to_value(operation, point, float(number), true)
    ]
    assert not misses, described(misses)


@each_operation
def test_derivatives_of_orders_1_to_4_keep_their_digits(operation):
    formula = applied(operation)
    orders = {
        (place, order): formula.derivative(f"x{place}", order)
        for place in range(oracle.operands_of(operation))
        for order in TOLERANCE
    }
    misses = []
    for _, point, place, trues in true_derivatives(operation):
        for order in range(1, min(len(trues), 4) + 1):
            if order > 1 and not is_moderate(point):
                break
            derivative = orders[place, order]
            found = float(derivative.eval(values_at(point, derivative.variables)))
            if not is_close_to_derivative(found, trues, order, point, place):
                misses.append((place, order, point, found, float(trues[order - 1])))
    assert not misses, described(misses)


@each_operation
def test_a_backward_sweep_keeps_its_digits(operation):
    formula = applied(operation)
    misses = []
    for _, point, place, trues in true_derivatives(operation):
        found = formula.diff(values_at(point), f"x{place}")
        if trues and not is_close_to_derivative(found, trues, 1, point, place):
            misses.append((place, point, found, float(trues[0])))
    assert not misses, described(misses)


@each_operation
def test_a_backward_sweep_over_arrays_keeps_its_digits(operation):
    formula = applied(operation)
    columns = values_at(np.array([point for point, _ in true_values(operation)]).T.copy())
    slopes = formula.diff(columns)
    misses = []
    for number, point, place, trues in true_derivatives(operation):
        found = float(slopes[f"x{place}"][number])
        if trues and not is_close_to_derivative(found, trues, 1, point, place):
            misses.append((place, point, found, float(trues[0])))
    assert not misses, described(misses)


@each_operation
def test_forward_and_reverse_agree(operation):
    formula = applied(operation)
    misses = []
    for place in range(oracle.operands_of(operation)):
        forward = formula.derivative(f"x{place}")
        for point, _ in true_values(operation):
            ahead = float(forward.eval(values_at(point, forward.variables)))
            back = float(formula.diff(values_at(point), f"x{place}"))
            same = ahead == back or (math.isnan(ahead) and math.isnan(back))
            # Squares collected by tidying overflow; subnormal numbers have lost digits.
            squared = math.isnan(ahead) and back == 0 and max(map(abs, point)) > 1e150
            if not (same or squared or math.isclose(ahead, back, rel_tol=1e-13, abs_tol=1e-307)):
                misses.append((place, point, ahead, back))
    assert not misses, described(misses)
