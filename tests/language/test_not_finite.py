"""on_nan="raise": where a derivative became NaN or infinite, with the numbers that made it so."""

import pytest

from chainrule import exp, expression, gradient, log, sin, sqrt, sum, where
from chainrule.errors import NotANumber, ValueTypeError

w, x, y = (expression(name) for name in "wxy")


@pytest.mark.parametrize(
    ("formula", "values", "wrt", "words"),
    [
        (
            sqrt(x) * y,
            {"x": 0, "y": 2},
            "x",
            "the derivative of sqrt(x) by x is inf, where x = 0.0.",
        ),
        (
            sin(log(x * y)),
            {"x": 3, "y": 0},
            "y",
            "the derivative of sin(log(x*y)) by log(x*y) is nan, where log(x*y) = -inf.",
        ),
        (
            exp(x) * exp(y),
            {"x": 400, "y": 400},
            "y",
            "what flows back through exp(y) to y is inf: 5.221e+173 flowing in, times 5.221e+173.",
        ),
        (
            sum(sqrt(x) * w),
            {"x": [1.0, 0.0], "w": 2.0},
            "x",
            "the derivative of sqrt(x) by x is inf in row 1, where x = 0.0.",
        ),
        (
            sum(x) * sqrt(y) + x,
            {"x": [1.0, 2.0], "y": 0.0},
            "y",
            "the derivative of sqrt(y) by y is inf, where y = 0.0.",
        ),
        (
            1e308 * x + 1e308 * sin(x),
            {"x": 0.0},
            "x",
            "the contributions to the derivative by x are finite, but their sum is not.",
        ),
    ],
)
def test_the_step_where_a_derivative_went_wrong_is_named(formula, values, wrt, words):
    with pytest.raises(NotANumber) as raised:
        formula.diff(values, wrt, on_nan="raise")
    assert f"{words} Change the values, or leave on_nan at 'ignore'." == str(raised.value)


def test_what_did_no_harm_is_not_reported():
    safe = where(x > 0, log(x), x)
    assert {"x": 1.0} == safe.diff({"x": 0.0}, on_nan="raise")
    assert {"x": 2e200} == gradient(x * x, {"x": 1e200}, on_nan="raise")


def test_a_gradient_names_the_step_too_also_once_it_is_generated_code():
    formula = sqrt(x) * y
    for _ in range(40):
        formula.diff({"x": 1.0, "y": 1.0})
    for wrt in (None, "x"):
        with pytest.raises(NotANumber, match=r"the derivative of sqrt\(x\) by x is inf"):
            gradient(formula, {"x": 0.0, "y": 2.0}, wrt, on_nan="raise")
        with pytest.raises(NotANumber, match=r"the derivative of sqrt\(x\) by x is inf"):
            formula.diff({"x": 0.0, "y": 2.0}, wrt, on_nan="raise")


def test_on_nan_is_one_of_two_words():
    with pytest.raises(ValueTypeError, match="on_nan must be 'ignore' or 'raise', not 'maybe'"):
        x.diff({"x": 1.0}, on_nan="maybe")
    with pytest.raises(ValueTypeError, match="on_nan must be 'ignore' or 'raise', not 'maybe'"):
        gradient(x, {"x": 1.0}, on_nan="maybe")
