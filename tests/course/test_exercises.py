"""The course's exercises, as a student writes them."""

import builtins
import math
import subprocess
import sys

import pytest

from chainrule import *


class TestTheSlides:
    def test_expressions_and_constants(self):
        x = expression("x")
        two = constant(2)
        two_x = two * x
        assert "multiplication" == type(two_x).__name__
        assert isinstance(two_x, expression)
        assert 20 == two_x.eval({"x": 10})
        assert 2 == two_x.diff({"x": 10}, "x")

    def test_plain_numbers_are_lifted(self):
        x = expression("x")
        assert [20, 20, 100] == [e.eval({"x": 10}) for e in (2 * x, x * 2, x**2)]

    def test_why_values_are_needed(self):
        x = expression("x")
        assert [1, 10] == [(x * x / 2).diff({"x": value}, "x") for value in (1, 10)]
        assert [2, 2] == [(2 * x).diff({"x": value}, "x") for value in (1, 10)]

    def test_backpropagation_by_named_steps(self):
        a, b, c = expression("a"), expression("b"), expression("c")
        d = named("d", 2 * b)
        e = named("e", a + d)
        loss = c * e
        at = {"a": 3, "b": -1, "c": 4}
        assert 4 == loss.eval(at)
        assert {"a": 4, "b": 8, "c": 1} == loss.diff(at)
        assert [4, 4] == [loss.diff(at, step) for step in ("d", "e")]

    def test_one_forward_and_one_backward_step(self):
        a, b, c, d = (expression(name) for name in "abcd")
        loss = (2 * a + b) * (c - d)
        at = {"a": 1, "b": 2, "c": 7, "d": 4}
        assert 12 == loss.eval(at)
        assert {"a": 6, "b": 3, "c": 4, "d": -4} == loss.diff(at)

    def test_the_forward_pass_of_a_line(self):
        m, x, b = expression("m"), expression("x"), expression("b")
        line = m * x + b
        at = {"m": 2, "x": 1, "b": 1}
        assert 3 == line.eval(at)
        assert {"m": 1, "x": 2, "b": 1} == line.diff(at)


class TestExercises:
    def test_a_parabola(self):
        x = expression("x")
        parabola = x**2 + 2 * x + 1
        assert 121 == parabola.eval({"x": 10})
        assert 22 == parabola.diff({"x": 10}, "x")

    def test_a_polynomial_of_two_variables(self):
        x, y = expression("x"), expression("y")
        polynomial = x**3 + 3 * y**2 + 3 * x + 1
        at = {"x": 10, "y": 5}
        assert 1106 == polynomial.eval(at)
        assert {"x": 303, "y": 30} == polynomial.diff(at)

    def test_the_same_written_with_classes(self):
        x, y = expression("x"), expression("y")
        three, one = constant(3), constant(1)
        cube = exponent(x, three)
        squares = multiplication(three, exponent(y, constant(2)))
        polynomial = addition(addition(addition(cube, squares), multiplication(three, x)), one)
        assert 1106 == polynomial.eval({"x": 10, "y": 5})

    @pytest.mark.parametrize("angle", [-2.0, 0.0, 0.5, 100.0])
    def test_the_squares_of_sine_and_cosine(self, angle):
        x = expression("x")
        one = sine(x) ** 2 + cosine(x) ** 2
        assert pytest.approx(1, abs=1e-15) == one.eval({"x": angle})
        assert pytest.approx(0, abs=1e-15) == one.diff({"x": angle}, "x")

    def test_a_power_of_a_variable(self):
        x, y = expression("x"), expression("y")
        power = y**x
        assert 9 == power.eval({"x": 2, "y": 3})
        assert pytest.approx(9.88751059801, abs=1e-11) == power.diff({"x": 2, "y": 3}, "x")
        assert 6 == power.diff({"x": 2, "y": 3}, "y")

    def test_natural_logarithm_and_tangent(self):
        x = expression("x")
        assert pytest.approx(0.25) == natlog(x).diff({"x": 4}, "x")
        assert pytest.approx(1 / math.cos(1) ** 2) == tangent(x).diff({"x": 1}, "x")

    @pytest.mark.parametrize(
        ("activation", "value", "slope"),
        [
            (sigmoid, 1 / (1 + math.exp(-0.7)), math.exp(-0.7) / (1 + math.exp(-0.7)) ** 2),
            (hyperbolic_tan, math.tanh(0.7), 1 - math.tanh(0.7) ** 2),
            (relu, 0.7, 1),
            (leaky_relu, 0.7, 1),
            (linear, 0.7, 1),
        ],
    )
    def test_activations(self, activation, value, slope):
        node = activation(expression("x"))
        assert pytest.approx(value, rel=1e-15) == node.eval({"x": 0.7})
        assert pytest.approx(slope, rel=1e-15) == node.diff({"x": 0.7}, "x")

    def test_the_derivative_of_sigmoid_in_both_forms(self):
        x = expression("x")
        by_output = sigmoid(x) * (1 - sigmoid(x))
        by_exponentials = exp(-x) / (1 + exp(-x)) ** 2
        for form in (by_output, by_exponentials):
            expected = form.eval({"x": 0.3})
            assert pytest.approx(expected, rel=1e-14) == sigmoid(x).diff({"x": 0.3}, "x")

    def test_a_missing_value_is_named(self):
        x, width = expression("x"), expression("width")
        with pytest.raises(KeyError, match=r"no value for 'width'.*Did you mean 'Width'"):
            (x * width).eval({"x": 1, "Width": 2})


def test_a_star_import_shadows_no_builtin():
    program = (
        "import builtins\n"
        "before = dict(vars(builtins))\n"
        "from chainrule import *\n"
        "shadowed = [name for name in before if name in globals() and not name.startswith('__')]\n"
        "assert not shadowed, shadowed\n"
        "assert 6 == sum([1, 2, 3]) and 3 == abs(-3) and 8 == pow(2, 3) and 2 == round(2.4)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert sum is builtins.sum
