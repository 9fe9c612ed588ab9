"""Comparisons, logic, the larger of two, rounding, and `where`: what is not chosen is not there."""

import math

import mpmath
import numpy as np
import pytest

from chainrule import (
    ceil,
    clip,
    constant,
    equal,
    exp,
    expression,
    floor,
    log,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    not_equal,
    parse,
    sin,
    sqrt,
    where,
)
from chainrule.engine import sweep
from chainrule.engine.compiled import compiled_of
from chainrule.engine.sweep import reverse
from chainrule.language.expression import lift

x, y = expression("x"), expression("y")


class TestComparisons:
    def test_a_comparison_is_true_or_false(self):
        assert (x < 2).eval({"x": 1.0}) is True
        assert (x >= 2).eval({"x": np.array([1.0, 2.0])}).tolist() == [False, True]

    def test_inside_a_formula_true_is_one(self):
        inside = (x > 1) * x + (x > 2) + (x > 3)
        assert inside.eval({"x": 2.5}) == 3.5
        assert inside.eval({"x": np.array([0.5, 4.0])}).tolist() == [0.0, 6.0]

    def test_numbers_are_compared_from_both_sides(self):
        assert (2 < x) is (x > 2)
        assert (2 >= x) is (x <= 2)

    def test_equality_is_a_function_for_two_signs_ask_for_the_graph(self):
        assert equal(x, 2).eval({"x": 2.0}) is True
        assert not_equal(x, 2).eval({"x": 2.0}) is False
        assert (x == 2) is False

    def test_logic_is_by_operator_and_by_function(self):
        assert ((x > 0) & (x < 1)) is logical_and(x > 0, x < 1)
        assert ((x > 0) | (x < 1)) is logical_or(x > 0, x < 1)
        assert ~(x > 0) is logical_not(x > 0)
        inside = (x > 0) & ~(x > 1) | equal(x, 5)
        assert inside.eval({"x": np.array([-1.0, 0.5, 2.0, 5.0])}).tolist() == [
            *(False, True, False, True)
        ]

    def test_logic_of_plain_numbers(self):
        assert logical_and(1.0, 0.0) == 0.0
        assert logical_or(np.array([0.0, 2.0]), 0.0).tolist() == [0.0, 1.0]

    @pytest.mark.parametrize(
        "text",
        [
            "(x < y) < 2",
            "x < (y < 2)",
            "(x < y) & (y < 2) | ~(x > 3)",
            "x + 1 <= y*2",
            "(x > 0) + (y > 0)",
            "where(x > 0, y, -y)",
        ],
    )
    def test_brackets_are_written_where_python_would_read_otherwise(self, text):
        assert str(parse(text)) == text

    def test_slopes_are_zero(self):
        for formula in (x < y, x <= y, x > y, x >= y, equal(x, y), not_equal(x, y), x & y, x | y):
            assert formula.diff({"x": 2.0, "y": 2.0}) == {"x": 0.0, "y": 0.0}


class TestTies:
    @pytest.mark.parametrize("larger_of", [maximum, minimum])
    def test_at_a_tie_each_has_half_the_slope(self, larger_of):
        assert larger_of(x, y).diff({"x": 2.0, "y": 2.0}) == {"x": 0.5, "y": 0.5}

    def test_the_slope_goes_with_the_one_that_is_chosen(self):
        values = {"x": np.array([1.0, 2.0, 3.0]), "y": 2.0}
        assert maximum(x, y).diff(values, "x").tolist() == [0.0, 0.5, 1.0]
        assert minimum(x, y).diff(values, "x").tolist() == [1.0, 0.5, 0.0]

    def test_a_clipped_number_has_half_a_slope_at_the_bounds(self):
        values = {"x": np.array([-1.0, 0.0, 0.5, 1.0, 2.0])}
        clipped = clip(x, 0, 1)
        assert clipped.eval(values).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
        assert clipped.diff(values, "x").tolist() == [0.0, 0.5, 1.0, 0.5, 0.0]

    def test_the_middle_of_two_slopes_is_that_of_abs_at_zero(self):
        assert abs(x).diff({"x": 0.0}, "x") == 0.0

    def test_a_nan_is_kept(self):
        for pair in ((math.nan, 1.0), (1.0, math.nan)):
            assert math.isnan(maximum(*pair))
            assert math.isnan(minimum(x, y).eval({"x": pair[0], "y": pair[1]}))


class TestRounding:
    def test_halves_go_to_the_even_number(self):
        rounded = parse("round(x)")
        assert [rounded.eval({"x": v}) for v in (0.5, 1.5, 2.5, -0.5, -1.5)] == [0, 2, 2, 0, -2]
        assert rounded.eval({"x": np.array([0.5, 1.5, 2.5])}).tolist() == [0.0, 2.0, 2.0]

    @pytest.mark.parametrize(
        "number", [2.5, -2.5, 0.3, -0.3, -0.0, 1e300, -1e300, 4503599627370497.5]
    )
    def test_floats_and_arrays_round_alike_to_the_sign_of_zero(self, number):
        for text in ("floor(x)", "ceil(x)", "round(x)"):
            formula = parse(text)
            alone = formula.eval({"x": number})
            among = formula.eval({"x": np.array([number])})[0]
            assert (alone, math.copysign(1, alone)) == (among, math.copysign(1, among))

    def test_infinity_and_nan_go_through(self):
        assert floor(x).eval({"x": math.inf}) == math.inf
        assert math.isnan(ceil(x).eval({"x": math.nan}))

    def test_slopes_are_zero_at_the_steps_too(self):
        assert floor(x).diff({"x": 2.0}, "x") == 0.0
        assert ceil(x).diff({"x": np.array([1.0, 1.5])}, "x").tolist() == [0.0, 0.0]


def backward_graph(formula):
    """Return the derivative by x as the expression that a backward sweep writes."""
    program = compiled_of(formula).program
    nodes = program.nodes()
    slot = program.inputs["x"]
    return lift(reverse(program, nodes, {program.outputs[0]: 1}, [slot]).get(slot, 0))


GUARDED = {
    "log": (where(x > 0, log(x), 0), lambda v: 1 / v if v > 0 else 0.0),
    "sqrt": (where(x > 0, sqrt(x), 0), lambda v: 0.5 / math.sqrt(v) if v > 0 else 0.0),
    "turned": (where(x <= 0, 0, sqrt(x)), lambda v: 0.5 / math.sqrt(v) if v > 0 else 0.0),
    "quotient": (
        where(not_equal(x, 0), sin(x) / x, 1),
        lambda v: (v * math.cos(v) - math.sin(v)) / v**2 if v else 0.0,
    ),
    "chain": (
        where(x > 0, exp(sqrt(x) * log(x)), x),
        lambda v: (
            math.exp(math.sqrt(v) * math.log(v)) * (math.log(v) / 2 + 1) / math.sqrt(v)
            if v > 0
            else 1.0
        ),
    ),
    "nested": (
        where(x > 0, where(x < 2, log(x), 1 / (x - 2)), -x),
        lambda v: -1.0 if v <= 0 else 1 / v if v < 2 else -1 / (v - 2) ** 2 if v > 2 else -math.inf,
    ),
    "maximum": (
        maximum(log(x), 0),
        lambda v: 1 / v if v > 1 else 0.0 if v >= 0 else math.nan,
    ),
    "clip": (
        clip(log(x), -10, 10),
        lambda v: 1 / v if v > math.exp(-10) else 0.0 if v >= 0 else math.nan,
    ),
    "scaled": (3 * where(x > 0, log(x), 0) * y, lambda v: 6 / v if v > 0 else 0.0),
    "shared": (
        where(x > 0, log(x), 0) + where(x > 0, log(x) ** 2, 0),
        lambda v: (1 + 2 * math.log(v)) / v if v > 0 else 0.0,
    ),
}
PLACES = (0.0, -0.0, -1.0, -5.0, 0.5, 3.0)


@pytest.mark.parametrize(("formula", "slope"), GUARDED.values(), ids=GUARDED)
class TestTheBranchNotTaken:
    def values(self, formula, place):
        return {name: place if name == "x" else 2.0 for name in formula.variables}

    def test_is_not_in_a_backward_sweep_over_floats(self, formula, slope):
        for place in PLACES:
            found = formula.diff(self.values(formula, place), "x")
            assert found == pytest.approx(slope(place), rel=1e-12, nan_ok=True)

    def test_is_not_in_generated_code(self, formula, slope):
        for _ in range(40):
            formula.diff(self.values(formula, 0.5))
        for place in PLACES:
            found = formula.diff(self.values(formula, place))
            assert found["x"] == pytest.approx(slope(place), rel=1e-12, nan_ok=True)

    def test_is_not_in_a_backward_sweep_over_arrays(self, formula, slope):
        found = formula.diff(self.values(formula, np.array(PLACES)), "x")
        assert found == pytest.approx([slope(place) for place in PLACES], rel=1e-12, nan_ok=True)

    def test_is_not_in_a_forward_sweep(self, formula, slope):
        wide = formula + 0 * expression("wide")
        for place in PLACES:
            values = {**self.values(formula, place), "wide": np.zeros(2)}
            found = wide.diff(values, "x")  # a number moves a column: this sweep goes forward
            assert found == pytest.approx([slope(place)] * 2, rel=1e-12, nan_ok=True)

    def test_is_not_in_the_derivative(self, formula, slope):
        derivative = formula.derivative("x")
        for place in PLACES:
            found = derivative.eval(self.values(derivative, place))
            assert found == pytest.approx(slope(place), rel=1e-12, nan_ok=True)
        found = derivative.eval(self.values(derivative, np.array(PLACES)))
        assert found == pytest.approx([slope(place) for place in PLACES], rel=1e-12, nan_ok=True)

    def test_is_not_in_the_graph_of_a_backward_sweep(self, formula, slope):
        graph = backward_graph(formula)
        for place in PLACES:
            found = graph.eval(self.values(graph, place))
            assert found == pytest.approx(slope(place), rel=1e-12, nan_ok=True)

    def test_is_not_in_the_second_derivative(self, formula, slope):
        second = formula.derivative("x", 2)
        backward = backward_graph(formula.derivative("x"))
        if not second.variables:
            return
        for place in (0.0, -1.0, 0.5, 3.0):
            if math.isnan(slope(place)):
                continue
            if slope(place) == 0.0:
                assert second.eval(self.values(second, place)) == 0.0
                assert backward.eval(self.values(backward, place)) == 0.0
            else:
                near = (slope(place + 1e-6) - slope(place - 1e-6)) / 2e-6 if place else 0.0
                assert second.eval(self.values(second, place)) == pytest.approx(near, rel=1e-6)


class TestWhere:
    def test_the_derivative_reads_like_the_formula(self):
        assert str(where(x > 0, log(x), 0).derivative("x")) == "where(x > 0, 1/x, 0)"
        assert str(backward_graph(where(x > 0, log(x), 0))) == "where(x > 0, 1/x, 0)"

    def test_takes_plain_numbers_and_arrays(self):
        assert where(True, 1.0, 2.0) == 1.0
        assert where(np.array([True, False]), 1.0, np.array([5.0, 6.0])).tolist() == [1.0, 6.0]

    def test_an_array_may_be_the_condition(self):
        formula = where(constant(np.array([True, False])), x, -x)
        assert formula.eval({"x": np.array([1.0, 2.0])}).tolist() == [1.0, -2.0]

    def test_high_precision_goes_through(self):
        formula = where(x > 0, log(x), x)
        with mpmath.workdps(40):
            assert formula.diff({"x": mpmath.mpf(3)}, "x") == 1 / mpmath.mpf(3)

    def test_a_long_chain_of_choices_is_differentiated(self):
        formula = lift(0)
        for number in range(2000):
            formula = where(x < number, log(x - number + 1), formula)
        assert formula.diff({"x": 0.5}, "x") == pytest.approx(1 / (0.5 - 1999 + 1))
        assert len(compiled_of(backward_graph(formula)).program) < 60_000

    def test_a_formula_without_a_choice_is_swept_without_masks(self, monkeypatch):
        monkeypatch.setattr(sweep, "plus", None)
        monkeypatch.setattr(sweep, "taken", None)
        assert (sin(x) * y + exp(x) * y).diff({"x": 0.0, "y": 2.0}, "x") == 4.0
