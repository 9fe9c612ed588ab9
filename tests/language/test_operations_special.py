"""Activations, special functions and losses: their ends, their kinks and what they refuse."""

import math

import mpmath
import numpy as np
import pytest

from chainrule import (
    digamma,
    elu,
    erfc,
    expression,
    gelu,
    leaky_relu,
    linear,
    log,
    loggamma,
    logsumexp,
    mean_absolute_error,
    mean_squared_error,
    normal_cdf,
    polygamma,
    relu,
    selu,
    sigmoid,
    silu,
    softplus,
    swish,
)
from chainrule.errors import OperationError, ShapeError

x, y = expression("x"), expression("y")


class TestActivations:
    def test_a_class_of_the_course_makes_a_node_and_numbers_have_functions(self):
        assert type(sigmoid(x)) is sigmoid
        assert type(relu(0.5)) is relu
        assert softplus(0.0) == math.log(2)

    def test_the_sigmoid_keeps_its_digits_where_they_are_few(self):
        far = sigmoid(x).diff({"x": 30.0}, "x")
        assert far == pytest.approx(9.357622968838425e-14, rel=1e-15)
        assert sigmoid(x).eval({"x": -745.0}) == 5e-324
        assert sigmoid(x).eval({"x": np.array([-800.0, 800.0])}).tolist() == [0.0, 1.0]
        assert sigmoid(x).diff({"x": np.array([-800.0, 800.0])}, "x").tolist() == [0.0, 0.0]

    def test_the_sigmoid_has_a_third_derivative_at_zero(self):
        assert [sigmoid(x).derivative("x", n).eval({"x": 0.0}) for n in (1, 2, 3)] == [
            *(0.25, 0.0, -0.125)
        ]

    def test_softplus_is_a_line_far_out_and_its_slope_the_sigmoid(self):
        assert softplus(x).eval({"x": 800.0}) == 800.0
        assert softplus(x).eval({"x": np.array([-800.0, 800.0])}).tolist() == [0.0, 800.0]
        assert softplus(x).derivative("x") is sigmoid(x)

    @pytest.mark.parametrize(
        ("activation", "slope"),
        [
            (relu(x), 0.0),
            (leaky_relu(x), 0.01),
            (leaky_relu(x, 0.2), 0.2),
            (elu(x), 1.0),
            (elu(x, 0.5), 0.5),
            (selu(x), 1.7580993408473766),
            (silu(x), 0.5),
            (gelu(x), 0.5),
            (linear(x), 1.0),
        ],
        ids=str,
    )
    def test_the_slope_at_zero_is_the_documented_one(self, activation, slope):
        assert activation.diff({"x": 0.0}, "x") == slope
        assert activation.diff({"x": np.zeros(2)}, "x").tolist() == [slope, slope]
        assert activation.derivative("x").eval({"x": 0.0}) == slope

    def test_the_slope_of_leaky_relu_and_the_like_is_an_operand(self):
        assert leaky_relu(x, y).diff({"x": -3.0, "y": 0.1}) == {"x": 0.1, "y": -3.0}
        assert elu(x, y).diff({"x": -1.0, "y": 2.0}, "y") == math.expm1(-1.0)
        assert swish(x, y).diff({"x": 2.0, "y": 0.0}, "y") == 1.0
        assert swish(x, 1.0).eval({"x": 0.7}) == silu(x).eval({"x": 0.7})

    def test_gelu_keeps_its_digits_in_the_tail(self):
        # -30 * Phi(-30), by mpmath in 60 digits.
        assert gelu(x).eval({"x": -30.0}) == pytest.approx(-1.4720141781445141e-196, rel=5e-16)
        assert normal_cdf(-37.5) == pytest.approx(4.605353009581926e-308, rel=1e-15)

    def test_logsumexp_is_stable_far_out_and_with_infinities(self):
        assert logsumexp(800.0, 800.0) == pytest.approx(800 + math.log(2), rel=1e-16)
        assert logsumexp(-800.0, -800.0) == pytest.approx(-800 + math.log(2), rel=1e-16)
        assert logsumexp(-math.inf, -math.inf) == -math.inf
        assert logsumexp(math.inf, 1.0, 2.0) == math.inf
        assert logsumexp(np.array([-math.inf, 1.0]), -math.inf).tolist() == [-math.inf, 1.0]
        assert logsumexp(x, y).diff({"x": -math.inf, "y": 0.0}) == {"x": 0.0, "y": 1.0}

    def test_the_slopes_of_logsumexp_are_shares(self):
        slopes = logsumexp(x, y, 1.0).diff({"x": 2.0, "y": 3.0})
        whole = math.exp(1) + math.exp(2) + math.exp(3)
        assert slopes["x"] == pytest.approx(math.exp(2) / whole, rel=1e-15)
        assert slopes["y"] == pytest.approx(math.exp(3) / whole, rel=1e-15)


class TestSpecialFunctions:
    def test_erfc_keeps_its_digits_in_the_tail(self):
        assert erfc(x).eval({"x": 26.0}) == pytest.approx(5.663192408856143e-296, rel=1e-15)

    def test_log_gamma_vanishes_at_one_and_two_with_all_its_digits(self):
        assert loggamma(1.0) == loggamma(2.0) == 0.0
        assert loggamma(1 + 2.0**-40) == pytest.approx(-0.5772156649 * 2.0**-40, rel=1e-9)
        assert loggamma(0.0) == loggamma(-3.0) == math.inf

    def test_below_zero_the_gamma_functions_are_reflected(self):
        assert loggamma(-2.5) == pytest.approx(math.lgamma(-2.5), rel=1e-15)
        step = 1e-5
        for place in (-0.3, -2.5, -7.25):
            slope = (loggamma(place + step) - loggamma(place - step)) / (2 * step)
            assert digamma(place) == pytest.approx(slope, rel=1e-8)
            for order in (1, 2, 3):
                lower = digamma if order == 1 else self.polygamma_of(order - 1)
                slope = (lower(place + step) - lower(place - step)) / (2 * step)
                assert polygamma(order, place) == pytest.approx(slope, rel=1e-6)

    def polygamma_of(self, order):
        return lambda place: polygamma(order, place)

    @pytest.mark.parametrize(
        ("function", "exact", "places"),
        [
            (
                loggamma,
                lambda value: mpmath.re(mpmath.loggamma(value)),
                [-5e-324, -1e-200, -1e-9, -0.3, -2.457024738, -2.74768, -3.9552942848586, -6.0013],
            ),
            (
                digamma,
                mpmath.digamma,
                [-1e-300, -0.504083008264455, -0.5, -0.51, -1.5734984731623904, -10.7, 1.4616],
            ),
        ],
    )
    def test_near_their_zeros_and_poles_below_0_they_keep_their_digits(
        self, function, exact, places
    ):
        with mpmath.workdps(50):
            wrong = [
                place
                for place in places
                if abs(function(place) - exact(mpmath.mpf(place)))
                > 4 * math.ulp(float(exact(mpmath.mpf(place))))
            ]
        assert [] == wrong
        assert function(np.array(places)).tolist() == [function(place) for place in places]

    def test_log_gamma_is_differentiated_through_polygammas(self):
        fourth = loggamma(x).derivative("x", 4)
        assert str(fourth) == "polygamma(3, x)"
        assert fourth.eval({"x": 1.0}) == pytest.approx(math.pi**4 / 15, rel=1e-15)

    @pytest.mark.parametrize("order", [0, -1, 1.5, True])
    def test_an_order_that_is_none_is_refused(self, order):
        with pytest.raises(OperationError, match="whole number from 1"):
            polygamma(order, x)


class TestLosses:
    def test_the_mean_squared_error_of_numbers_and_of_columns(self):
        assert mean_squared_error([1.0, 2.0], [1.0, 4.0]) == 2.0
        assert mean_squared_error(x, y).eval({"x": [1, 2], "y": [1, 4]}) == 2.0
        assert mean_absolute_error(x, y).eval({"x": [1, 2], "y": [1, 4]}) == 1.0

    def test_the_slope_of_a_line_is_the_courses(self):
        m, b = expression("m"), expression("b")
        rows = {"x": np.array([1.0, 2.0, 4.0]), "y": np.array([3.0, 4.0, 9.0])}
        loss = mean_squared_error(m * x + b, y)
        found = loss.diff({**rows, "m": 2.0, "b": 0.5})
        residuals = 2.0 * rows["x"] + 0.5 - rows["y"]
        assert found["m"] == pytest.approx(np.mean(2 * rows["x"] * residuals))
        assert found["b"] == pytest.approx(np.mean(2 * residuals))
        written = loss.derivative("m").eval({**rows, "m": 2.0, "b": 0.5})
        assert written == pytest.approx(found["m"])

    def test_an_absolute_residual_of_zero_has_no_slope(self):
        found = mean_absolute_error(x, y).diff({"x": [1.0, 2.0], "y": [1.0, 4.0]}, "x")
        assert found.tolist() == [0.0, -0.5]

    @pytest.mark.parametrize("loss", [mean_squared_error, mean_absolute_error])
    def test_a_column_against_a_row_is_refused_with_both_shapes_and_names(self, loss):
        values = {"m": 2.0, "x": np.ones((3, 1)), "y": np.ones(3)}
        formula = loss(expression("m") * x, y)
        for ask in (formula.eval, formula.diff):
            with pytest.raises(ShapeError) as refusal:
                ask(values)
            told = str(refusal.value)
            assert "m*x has shape (3, 1) and y has shape (3,)" in told
            assert ".ravel()" in told

    def test_a_column_against_a_row_is_refused_without_an_expression_too(self):
        with pytest.raises(ShapeError, match="prediction has shape"):
            mean_squared_error(np.ones((3, 1)), np.ones(3))

    def test_one_number_may_predict_all(self):
        found = mean_squared_error(x, y).diff({"x": 2.0, "y": np.array([1.0, 2.0, 6.0])}, "x")
        assert found == pytest.approx(-2.0)

    def test_a_loss_of_a_nan_is_a_nan(self):
        assert math.isnan(mean_squared_error(log(x), y).eval({"x": [-1.0], "y": [1.0]}))
