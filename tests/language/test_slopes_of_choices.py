"""The slope follows the value: one meaning of a choice, however its derivative is read."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from chainrule import (
    amax,
    clip,
    constant,
    cummax,
    equal,
    expression,
    gradient,
    jvp,
    log,
    maximum,
    mean,
    median,
    minimum,
    norm,
    split,
    sqrt,
    sum,
    topk,
    where,
)
from chainrule.engine.compiled import Compiled
from chainrule.engine.gradient import gradient_program
from chainrule.engine.numbers import DOUBLES, FLOAT_TROUBLE, IEEE
from chainrule.engine.program import flatten
from chainrule.engine.sweep import forward, reverse
from chainrule.engine.targets.interpreter import run
from chainrule.engine.targets.source import float_function
from chainrule.language.compute import value_and_gradient
from chainrule.language.expression import lift
from chainrule.language.values import scalar

x, y, w = expression("x"), expression("y"), expression("w")
NAN = math.nan

SPECIAL = (NAN, math.inf, -math.inf, 0.0, -0.0, 1.0, -2.0, 1e308)
LEAVES = some.sampled_from([x, y, constant(0.0), constant(1.0), constant(-2.0)])


def steps(inner):
    """Build a step over smaller formulas: a choice more often than not."""
    conditions = some.builds(
        lambda build, a, b: build(a, b),
        some.sampled_from([equal, lambda a, b: a < b, lambda a, b: a >= b, lambda a, _: a]),
        inner,
        inner,
    )
    arithmetic = some.sampled_from(
        [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b]
    )
    return some.one_of(
        some.builds(lambda build, a, b: build(a, b), arithmetic, inner, inner),
        some.builds(log, inner),
        some.builds(sqrt, inner),
        some.builds(where, conditions, inner, inner),
        some.builds(maximum, inner, inner),
        some.builds(minimum, inner, inner),
        some.builds(clip, inner, inner, inner),
    )


FORMULAS = some.recursive(LEAVES, steps, max_leaves=5)
PLACES = some.fixed_dictionaries({"x": some.sampled_from(SPECIAL), "y": some.sampled_from(SPECIAL)})


def bits(number):
    """Return a number so that NaN equals NaN, and 0.0 is not -0.0."""
    return "nan" if math.isnan(number) else (number, math.copysign(1.0, number))


def by_generated_code(formula, place):
    names = list(formula.variables)
    compute = float_function(gradient_program(flatten([formula])), names, scalar)
    return compute(place)[1]


def by_arrays(formula, place):
    columns = {name: np.array([number, 0.5]) for name, number in place.items()}
    found = value_and_gradient(Compiled(flatten([formula])), columns)[1]
    return {name: float(column[0]) for name, column in found.items()}


def same_values(formula, place):
    """Tell whether arrays have the values of floats: NumPy varies at maximum(0.0, -0.0)."""
    program = flatten([formula])
    kinds = {IEEE: np.float64, DOUBLES: lambda number: np.array([number, 0.5])}
    alone, among = [
        run(program, numbers, {name: kind(place[name]) for name in formula.variables})
        for numbers, kind in kinds.items()
    ]
    pairs = zip(alone, among, strict=True)
    return all(bits(float(one)) == bits(np.ravel(other)[0]) for one, other in pairs)


class TestTheFourReadings:
    @given(FORMULAS, PLACES)
    def test_agree_to_the_sign_of_zero_on_numbers(self, formula, place):
        place = {name: place[name] for name in formula.variables}
        slopes = value_and_gradient(Compiled(flatten([formula])), place)[1]
        wanted = {name: bits(slope) for name, slope in slopes.items()}
        try:
            generated = by_generated_code(formula, place)
        except FLOAT_TROUBLE:  # the interpreter then answers
            generated = slopes
        assert {name: bits(slope) for name, slope in generated.items()} == wanted
        if place and same_values(formula, place):
            found = by_arrays(formula, place)
            assert {name: bits(slope) for name, slope in found.items()} == wanted

    @given(FORMULAS, PLACES)
    def test_are_those_of_the_expression_where_no_step_is_infinite(self, formula, place):
        # As the rules write it: what simplifying makes of it is told elsewhere.
        place = {name: place[name] for name in formula.variables}
        program = flatten([formula])
        inputs = {name: np.float64(number) for name, number in place.items()}
        assume(not np.any(np.isinf(np.array(run(program, IEEE, inputs)))))
        slopes = value_and_gradient(Compiled(program), place)[1]
        assume(not any(math.isinf(slope) or abs(slope) > 1e300 for slope in slopes.values()))
        nodes, output = program.nodes(), program.outputs[0]
        for name, slope in slopes.items():
            slot = program.inputs[name]
            along = forward(program, nodes, {slot: 1})[output]
            back = reverse(program, nodes, {output: 1}, [slot]).get(slot)
            for found in (along, back):
                written = lift(0 if found is None else found)
                assert written.eval(place) == pytest.approx(slope, rel=1e-9, nan_ok=True)


class TestWhatIsNotDecided:
    """Between a NaN and a number nothing is decided: value and slopes are NaN."""

    @pytest.mark.parametrize("chosen", [maximum, minimum])
    @pytest.mark.parametrize("place", [{"x": NAN, "y": 1.0}, {"x": 1.0, "y": NAN}])
    def test_both_slopes_are_nan(self, chosen, place):
        assert chosen(x, y).diff(place) == pytest.approx({"x": NAN, "y": NAN}, nan_ok=True)

    def test_a_clipped_nan_has_no_slope(self):
        assert math.isnan(clip(x, 0, 1).diff({"x": NAN}, "x"))
        assert math.isnan(clip(x, 0, 1).derivative("x").eval({"x": NAN}))

    def test_infinite_operands_that_are_equal_are_a_tie(self):
        at_infinity = {"x": math.inf, "y": math.inf}
        assert maximum(x, y).diff(at_infinity) == {"x": 0.5, "y": 0.5}
        assert maximum(x, y).derivative("x").eval(at_infinity) == 0.5

    def test_a_condition_that_is_false_of_a_nan_takes_the_second_branch(self):
        formula = where(x > 0, log(x), y * y)
        assert formula.diff({"x": NAN, "y": 3.0}) == {"x": 0.0, "y": 6.0}


class TestTheNaNOfTheData:
    def test_a_missing_number_of_a_row_is_not_left_out_of_the_slope(self):
        rows = {"x": np.array([1.0, NAN, 2.0]), "y": np.array([1.0, 2.0, 3.0]), "w": 0.5}
        loss = mean((y - maximum(x * w, 0)) ** 2)
        for slope in (
            loss.diff(rows, "w"),
            loss.derivative("w").eval(rows),
            gradient(loss, rows)["w"],
        ):
            assert math.isnan(slope)

    def test_a_lower_bound_of_a_logarithm_does_not_hide_it(self):
        formula = maximum(y * log(w), -1e9)
        assert math.isnan(formula.diff({"y": 2.0, "w": NAN}, "w"))
        assert math.isnan(formula.diff({"y": np.array([2.0, 1.0]), "w": NAN}, "w")[0])

    def test_on_the_branch_taken_zero_times_infinity_is_nan(self):
        formula = where(x >= 0, 0 * log(x), 0)
        for place in (0.0, np.array([0.0, -1.0])):
            assert np.isnan(formula.diff({"x": place}, "x")).tolist() in (True, [True, False])


class TestWhatLiesBehindAChoice:
    def test_an_infinite_slope_above_what_was_not_taken_does_no_harm(self):
        formula = sqrt(maximum(x, 0))
        assert formula.diff({"x": -1.0}, "x") == 0.0
        assert formula.derivative("x").eval({"x": -1.0}) == 0.0
        assert formula.diff({"x": np.array([-1.0, 4.0])}, "x").tolist() == [0.0, 0.25]
        assert jvp(formula, {"x": np.array([-1.0, 4.0])}, {"x": 1.0}).tolist() == [0.0, 0.25]

    def test_a_mask_follows_what_was_broadcast_and_summed(self):
        # sqrt(w) at 0 has an infinite slope; no row takes it, then one does.
        loss = sum(where(x > 0, x * sqrt(w), 1))
        none, one = {"x": np.array([-1.0, -2.0]), "w": 0.0}, {"x": np.array([-1.0, 2.0]), "w": 0.0}
        assert loss.diff(none, "w") == 0.0
        assert loss.diff(one, "w") == math.inf

    def test_a_mask_follows_a_matrix_product(self):
        rows = {"x": np.array([[1.0, 2.0], [3.0, 4.0]]), "w": np.array([0.0, 1.0])}
        product = x @ sqrt(w)
        loss = sum(where(product < 0, product, 1))
        assert loss.diff(rows, "w").tolist() == [0.0, 0.0]
        assert loss.diff({**rows, "x": -rows["x"]}, "w").tolist() == [-math.inf, -3.0]

    def test_single_precision_is_kept(self):
        column = np.array([-1.0, 4.0], dtype=np.float32)
        for formula in (maximum(x, 0) * x, where(x > 0, sqrt(x), 0), clip(x, 0, 1) * x):
            assert formula.diff({"x": column}, "x").dtype == np.float32

    def test_the_recorded_flows_tell_of_what_was_not_taken(self):
        told = maximum(x, y).explain({"x": 1.0, "y": 2.0})
        assert [row.contribution for row in told.backward] == [0.0, 1.0]

    def test_what_a_quotient_of_nothing_decided_is_not_decided_anew(self):
        formula = where(x / x > x, y, x + x)
        at_zero = {"x": 0.0, "y": 1.0}
        slopes = formula.derivative("x"), gradient(formula)["x"]
        assert [2.0, 2.0] == [slope.eval(at_zero) for slope in slopes]
        assert formula.diff(at_zero, "x") == 2.0

    def test_a_mask_says_nothing_twice(self):
        slope = gradient(where(~(x > 0), x * x / x, y) + maximum(x, y))["x"]
        assert str(slope).startswith("where((x < y) & (x > 0), 0, ")


class TestForwardBehindAFold:
    @pytest.mark.parametrize("fold", [sum, mean])
    def test_what_was_not_taken_stays_nothing(self, fold):
        e = log(x) * fold(where(y < 1, 1, y))
        values = {"x": 0.0, "y": 0.5}
        assert 0.0 == gradient(e, values)["y"]
        assert 0.0 == jvp(e, values, {"y": 1.0})

    def test_rows_that_were_taken_come_through(self):
        e = log(x) * sum(where(y < 1, 1, y))
        values = {"x": 0.0, "y": [0.5, 2.0]}
        assert -math.inf == gradient(e, values)["y"][1]
        assert -math.inf == jvp(e, values, {"y": [0.0, 1.0]})
        assert 0.0 == jvp(e, {"x": 0.0, "y": [0.5, 0.25]}, {"y": [1.0, 1.0]})


class TestWhatIsLeftOut:
    """Below what a fold or brackets leave out an infinite slope does no harm."""

    STEEP = np.array([4.0, 0.0, 9.0, 0.0])

    @pytest.mark.parametrize(
        ("build", "expected"),
        [
            (amax, [0, 0, 1 / 6, 0]),
            (lambda root: amax(root.reshape(2, 2) @ np.ones(2)), [0, 0, 1 / 6, math.inf]),
            (lambda root: norm(root, math.inf), [0, 0, 1 / 6, 0]),
            (lambda root: root[0] + root[-2], [1 / 4, 0, 1 / 6, 0]),
            (lambda root: sum(root[[0, 2, 2]]), [1 / 4, 0, 1 / 3, 0]),
            (lambda root: sum(topk(root, 2).values), [1 / 4, 0, 1 / 6, 0]),
            (lambda root: cummax(root)[-1], [0, 0, 1 / 6, 0]),
            (lambda root: median(root[:3]), [1 / 4, 0, 0, 0]),
            (lambda root: split(root, [1])[0][0], [1 / 4, 0, 0, 0]),
            (lambda root: sum(where(x > 0, root, 0)) * root[0], [7 / 4, 0, 1 / 3, 0]),
        ],
    )
    def test_it_has_no_slope(self, build, expected):
        formula, values = build(sqrt(x)), {"x": self.STEEP}
        np.testing.assert_allclose(expected, formula.diff(values, "x"))
        np.testing.assert_allclose(expected, gradient(formula, values)["x"])
        if max(expected) < math.inf:
            along = [jvp(formula, values, {"x": row}) for row in np.eye(4)]
            np.testing.assert_allclose(expected, along)

    def test_a_zero_that_was_computed_is_a_number_like_any_other(self):
        product = (sqrt(x)[1] * 0.0).diff({"x": np.array([1.0, 0.0])}, "x")
        np.testing.assert_array_equal([0.0, NAN], product)
