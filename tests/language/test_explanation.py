"""Explanations: the two passes of the course's slide, and the very numbers of diff."""

from fractions import Fraction

import numpy as np
import pytest
from tests.random_formulas import random_formula

import chainrule
from chainrule import (
    constant,
    elementwise,
    expression,
    mean,
    named,
    operations,
    parse,
    relu,
    sin,
    sum,
)
from chainrule.errors import DerivativeError, UnknownVariable

a, b, c, x, y = (expression(name) for name in "abcxy")

SLIDE = """\
forward
  step  is     value
  c     given  3
  a     given  1
  b     given  2
  d     2*b    4
  e     a + d  5
  L     c*e    15

backward
  from  to  incoming   local          contribution  sum so far  rule
  L     c   dL/dL = 1  ∂L/∂c = e = 5  5             dL/dc = 5   product
  L     e   dL/dL = 1  ∂L/∂e = c = 3  3             dL/de = 3   product
  e     a   dL/de = 3  ∂e/∂a = 1      3             dL/da = 3   sum
  e     d   dL/de = 3  ∂e/∂d = 1      3             dL/dd = 3   sum
  d     b   dL/dd = 3  ∂d/∂b = 2      6             dL/db = 6   constant factor

chain rule
  dL/dc = ∂L/∂c = e = 5
  dL/da = ∂L/∂e · ∂e/∂a = c · 1 = 3 · 1 = 3
  dL/db = ∂L/∂e · ∂e/∂d · ∂d/∂b = c · 1 · 2 = 3 · 1 · 2 = 6

diff = {c: 5, a: 3, b: 6}"""


def slide():
    d = named("d", 2 * b)
    e = named("e", a + d)
    return named("L", c * e)


def test_the_course_example_reads_as_on_the_slide():
    assert SLIDE == str(slide().explain({"a": 1, "b": 2, "c": 3}))


def test_the_rows_carry_the_same_as_values():
    told = slide().explain({"a": 1, "b": 2, "c": 3})
    assert 15.0 == told.value
    assert {"c": 5.0, "a": 3.0, "b": 6.0} == told.gradient
    assert ("d", "2*b", 4.0) == (
        told.forward[3].step,
        told.forward[3].operation,
        told.forward[3].value,
    )
    last = told.backward[-1]
    assert ("d", "b", "2") == (last.step, last.operand, last.formula)
    assert (3.0, 2.0, 6.0, 6.0) == (last.incoming, last.local, last.contribution, last.total)


def test_one_derivative_follows_only_its_paths():
    told = slide().explain({"a": 1, "b": 2, "c": 3}, "b")
    assert [("L", "e"), ("e", "d"), ("d", "b")] == [
        (row.step, row.operand) for row in told.backward
    ]
    assert 6.0 == told.gradient
    assert str(told).endswith("\ndiff = 6")


def test_a_step_can_be_what_to_differentiate_by():
    told = slide().explain({"a": 1, "b": 2, "c": 3}, "d")
    assert 3.0 == told.gradient
    assert "d" == told.backward[-1].operand


def test_what_has_no_variable_has_no_backward_pass():
    told = parse("2*3 + 1").explain({})
    assert ["forward", ""] == [section.title for section in told.document().sections]
    assert {} == told.gradient
    assert "it    given  5" in str(constant(5).explain({}))


@pytest.mark.parametrize("word", sorted(name for name, op in operations().items() if op.textbook))
def test_a_derivative_as_a_textbook_writes_it_is_the_same_number(word):
    found = operations()[word]
    points = ([0.6, 0.3], [1.6, 0.3])  # inside all domains, one or the other
    operands = next(p for p in points if np.isfinite(found(*p[: found.arity[1]]).eval({})))
    names = "ab"[: found.arity[1]]
    told = found(*map(expression, names)).explain(dict(zip(names, operands, strict=False)))
    values = {row.step: row.value for row in told.forward}
    for row in told.backward:
        assert row.local == pytest.approx(parse(row.formula).eval(values), rel=1e-14)


def test_steps_without_a_name_get_names_that_are_free():
    told = parse("s1*s2 + (s4 := 2*s1)").explain({"s1": 1, "s2": 2})
    assert ["s1", "s2", "s3", "s4", "s5"] == [row.step for row in told.forward]
    assert ["", "", "s1*s2", "2*s1", "s3 + s4"] == [row.operation for row in told.forward]


def test_a_named_step_that_also_stands_unnamed_keeps_both_apart():
    told = parse("(d := 2*x)*x + 2*x").explain({"x": 3})
    assert ("d", "s1") == (told.forward[2].step, told.forward[2].operation)
    assert {"x": 14.0} == told.gradient


def test_contributions_over_several_paths_add_up_in_the_sum_so_far():
    told = (sin(x) * x).explain({"x": 2.0})
    into_x = [row for row in told.backward if row.operand == "x"]
    assert 2 == len(into_x)
    assert into_x[0].contribution + into_x[1].contribution == into_x[1].total
    assert told.gradient["x"] == into_x[1].total


def test_arrays_are_shown_by_their_shape_and_first_numbers():
    told = mean((y - (a * x + b)) ** 2).explain(
        {"x": np.arange(100.0), "y": np.ones(100), "a": 2.0, "b": 1.0}
    )
    assert "[0, 2, 4, ...] (100,)" in str(told)
    assert max(map(len, str(told).splitlines())) < 250
    assert told.gradient["a"] == told.backward[-2].total


def test_a_column_is_explained_element_by_element():
    told = (x * y).explain({"x": [1.0, 2.0], "y": 3.0})
    np.testing.assert_array_equal([3.0, 3.0], told.gradient["x"])
    np.testing.assert_array_equal([1.0, 2.0], told.gradient["y"])


def test_fractions_stay_fractions():
    told = (x**2 / 3).explain({"x": Fraction(1, 3)})
    assert Fraction(2, 9) == told.gradient["x"]
    assert "∂s1/∂x = 2*x = 2/3" in str(told)


def test_where_floats_raise_the_passes_are_still_those_of_diff():
    told = (x / y).explain({"x": 1.0, "y": 0.0})
    assert {"x": np.inf, "y": -np.inf} == told.gradient
    assert 2 == len(told.backward)


def test_a_sweep_that_starts_again_is_told_once():
    class hard(elementwise):
        """x, with a slope that floats cannot compute."""

        forward = np.positive
        spell = {"python": "{0}"}

        def partials(y, x):
            return (1 / (x - x),)

    told = sin(hard(x) + relu(x)).explain({"x": 1.0})
    assert len(told.backward) == len({(row.step, row.operand) for row in told.backward})
    assert np.isinf(told.gradient["x"])


def test_what_has_a_matrix_for_a_derivative_says_so():
    with pytest.raises(DerivativeError, match="Explain its sum"):
        (x - mean(x)).explain({"x": [1.0, 2.0]})


def test_an_unknown_name_is_refused_before_anything_runs():
    with pytest.raises(UnknownVariable, match="does not contain 'q'"):
        (x * y).explain({"x": 1.0}, "q")


@pytest.mark.parametrize("text", ["x", "3", "(d := x)", "(d := 3)", "(d := (e := 2*x))"])
def test_the_smallest_expressions_have_explanations(text):
    e = parse(text)
    told = e.explain({"x": 2.0})
    assert e.diff({"x": 2.0}) == told.gradient
    assert e.eval({"x": 2.0}) == told.value
    assert str(told).startswith("forward\n")


def test_twenty_thousand_steps_are_explained_and_abbreviated():
    chain = x
    for _ in range(10_000):
        chain = chain * 1.00001 + x
    told = chain.explain({"x": 1.0})
    text = str(told)
    assert 20_001 == len(told.forward)
    assert len(text.splitlines()) < 120
    assert "(29960 rows" in text
    assert chain.diff({"x": 1.0}) == told.gradient


def test_a_thousand_random_formulas_are_explained_by_the_numbers_of_diff():
    for seed in range(1_000):
        e, values = random_formula(seed)
        told = e.explain(values)
        assert e.eval(values) == told.value, seed
        assert e.diff(values) == told.gradient, seed
        totals = {row.operand: row.total for row in told.backward}
        for name, slope in told.gradient.items():
            assert slope == totals.get(name, 1.0 if e is expression(name) else 0.0), seed


def test_a_matrix_tells_what_it_does_to_what_flows_in():
    A, v = expression("A"), expression("v")
    values = {"A": np.eye(2), "v": np.ones(2)}
    explained = sum(A @ v @ A).explain(values)
    formulas = {(row.step, row.operand): row.formula for row in explained.backward}
    assert "times A from the left" == formulas["s2", "s1"]
    assert "times A.T from the left" == formulas["s1", "v"]
    assert "∂s1/∂v: times A.T from the left" in str(explained)
    assert r"\partial v}:\ \mathbf{A}^{\top} \, \square" in explained.to_latex()


def test_what_flows_back_through_arrays_is_told_in_words():
    x = expression("x")
    steps = [(x[:, 0], "put back at [:, 0]"), (chainrule.sum(x, axis=0), "spread along axis 0")]
    steps.append((x[expression("i")], "added up where they were taken along axis 0"))
    for step, words in steps:
        rows = chainrule.sum(step).explain({"x": np.eye(2), "i": [0, 1]}).backward
        assert words == rows[-1].formula
