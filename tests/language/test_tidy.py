"""Simplification keeps values, and reads like a textbook."""

import math

import numpy as np
import pytest

from chainrule import (
    constant,
    cos,
    exp,
    expression,
    log,
    mean,
    negation,
    sin,
    sqrt,
    sum,
    tanh,
)

x, y, z, m, b = (expression(name) for name in ("x", "y", "z", "m", "b"))


@pytest.mark.parametrize(
    ("written", "tidied"),
    [
        (x * 1, "x"),
        (1 * x, "x"),
        (x + 0, "x"),
        (x - 0, "x"),
        (0 - x, "-x"),
        (x / 1, "x"),
        (x**1, "x"),
        (x**0, "x**0"),  # of a column, ones: not the number 1
        (negation(negation(x)), "x"),
        (abs(abs(x)), "abs(x)"),
        (constant(2) * 3 + x, "6 + x"),
        (constant(6) / 3 * x, "2*x"),
        (constant(1) / 3 * x, "x/3"),
        (2 * x + 3 * x, "5*x"),
        (x + x, "2*x"),
        (x + y + x, "2*x + y"),
        (x * x, "x**2"),
        (x**2 * x, "x**3"),
        (x * 2 * y * 3, "6*x*y"),
        (x * -y, "-(x*y)"),
        (x - -y, "x + y"),
        (x + -y, "x - y"),
        (x * 3, "3*x"),
        (cos(x) * (1 / y), "cos(x)/y"),
        (constant(9) ** 9 ** constant(9), "9**387420489"),
        (sin(constant(1)), "sin(1)"),
    ],
)
def test_a_formula_is_simplified(written, tidied):
    assert tidied == str(written.tidy())


@pytest.mark.parametrize(
    ("written", "finite"),
    [(0 * x, "0"), (x - x, "0"), (3 * x - 2 * x, "x"), (x * 0 + y, "y"), (0 / x, "0")],
)
def test_what_nan_or_infinity_could_tell_is_kept_unless_told_otherwise(written, finite):
    kept = written.tidy()
    for value in (math.inf, math.nan, -math.inf):
        values = {"x": value, "y": 1.0}
        assert str(written.eval(values)) == str(kept.eval(values))
    assert finite == str(written.tidy(assume_finite=True))


def test_building_never_rewrites():
    assert "2*3 + 0*x" == str(constant(2) * 3 + 0 * x)


def test_folding_keeps_integers_exact_and_floats_only_where_exact():
    assert "1000000000000000000000000000000*x" == str((constant(10**30) * x).tidy())
    assert "10**20*x" == str((constant(10) ** 20 * x).tidy())
    assert "0.1 + 0.2 + x" == str((constant(0.1) + constant(0.2) + x).tidy())


def test_shared_parts_stay_shared():
    part = sin(x * y)
    tidied = (part * part + exp(part)).tidy()
    assert 1 == str(sorted({type(n).__name__ for n in nodes_of(tidied)})).count("'sine'")


def nodes_of(root):
    found, stack = set(), [root]
    while stack:
        top = stack.pop()
        found.add(top)
        stack.extend(top.arguments)
    return found


@pytest.mark.parametrize(
    ("formula", "name", "slope"),
    [
        (sin((x + y) * z), "x", "cos((x + y)*z)*z"),
        (x**3, "x", "3*x**2"),
        (x**2 + 2 * x + 1, "x", "2*x + 2"),
        (2 * x, "x", "2"),
        (m * x + b, "b", "1"),
        (log(x) * y, "x", "y/x"),
        (exp(-x), "x", "-exp(-x)"),
        (1 / x, "x", "-1/x**2"),
        (sqrt(x), "x", "0.5/sqrt(x)"),
        (2.5 * x**2, "x", "5*x"),
        (0.1 * x**3, "x", "3*0.1*x**2"),  # 0.3 is not their product
        (x**2 / 2, "x", "x"),
        (x**4 - 2 * x + 1, "x", "4*x**3 - 2"),
        (sin(x) * cos(x), "x", "cos(x)**2 - sin(x)**2"),
        (exp(-x) * sin(x), "x", "exp(-x)*cos(x) - sin(x)*exp(-x)"),
        (log(1 + exp(x)), "x", "exp(x)/(1 + exp(x))"),
        (sqrt(1 + x**2), "x", "x/sqrt(1 + x**2)"),
        (x / (1 + x**2), "x", "1/(1 + x**2) - 2*x/(1 + x**2)/(1 + x**2)*x"),
        (2**x, "x", "2**x*log(2)"),
        (x * log(x), "x", "log(x) + 1"),
        (x**2 * log(x), "x", "2*log(x)*x + x"),
        (x / x + log(x), "x", "1/x"),
        (mean((y - (m * x + b)) ** 2), "m", "mean(-2*(y - (m*x + b))*x)"),
        (mean((y - (m * x + b)) ** 2), "b", "mean(-2*(y - (m*x + b)))"),
    ],
)
def test_a_derivative_reads_like_a_textbook(formula, name, slope):
    assert slope == str(formula.derivative(name))


@pytest.mark.parametrize(
    ("formula", "slope"),
    [
        (1 / x, "2/x**3"),
        (x**3, "6*x"),
        (exp(-(x**2)), "4*x*exp(-x**2)*x - 2*exp(-x**2)"),
        (x * log(x), "1/x"),
        (sin(x) * cos(x), "-4*cos(x)*sin(x)"),
        (exp(-x) * sin(x), "-2*cos(x)*exp(-x)"),
        (x**0.5, "-0.25*x**-1.5"),
        (sqrt(x), "-0.25/sqrt(x)/sqrt(x)/sqrt(x)"),
        (log(x) ** 2, "2/x**2 - 2*log(x)/x/x"),
    ],
)
def test_a_second_derivative_reads_like_a_textbook(formula, slope):
    assert slope == str(formula.derivative("x", 2))


def test_what_was_written_is_not_cancelled_but_in_derivatives():
    assert "x*y/x" == str((x * y / x).tidy())
    assert "y" == str((x * y / x).tidy(assume_finite=True))
    assert "x*exp(-x)*x" == str((x * exp(-x) * x).tidy())
    assert "x**2*exp(-x)" == str((x * exp(-x) * x).tidy(assume_finite=True))
    # A fold would count a column of ones that has become the number 1 as one.
    assert "sum(x/x)" == str(sum(x / x).tidy(assume_finite=True))


def test_a_quotient_that_is_multiplied_keeps_clear_of_overflow():
    slope = (y * (1 / x)).derivative("x")
    assert "-(y/x/x)" == str(slope)
    assert -1e-120 == pytest.approx(slope.eval({"x": 1e160, "y": 1e200}), rel=1e-15)


def test_a_derivative_by_what_it_no_longer_contains_is_zero():
    assert "0" == str((2 * x).derivative("x", 2))
    assert "0" == str((x**3).derivative("x", 5))


def test_tidying_keeps_the_value_of_a_derivative():
    formula = sin(x * y) * exp(-x) + log(x) * tanh(y)
    slope = formula.derivative("x").derivative("y").derivative("x")
    at = {"x": 0.7, "y": 1.9}
    h = 1e-4
    second = formula.derivative("x").derivative("y")
    numerical = (second.eval(at | {"x": at["x"] + h}) - second.eval(at | {"x": at["x"] - h})) / (
        2 * h
    )
    assert pytest.approx(numerical, rel=1e-6) == slope.eval(at)


def test_tidying_works_on_columns_too():
    column = np.linspace(-2.0, 2.0, 9)
    formula = (x + x) * 3 - -y * x * x
    assert np.allclose(
        formula.eval({"x": column, "y": 0.5}),
        formula.tidy().eval({"x": column, "y": 0.5}),
        rtol=1e-15,
    )
