import math

import numpy as np
import pytest
from tests.engine.toy import letter, number, plus, product, toy, wave

from chainrule.engine.compiled import compiled_of
from chainrule.engine.gradient import gradient_program
from chainrule.engine.numbers import DOUBLES, FLOATS
from chainrule.engine.program import flatten
from chainrule.engine.shapes import sum_to_shape
from chainrule.engine.sweep import forward, reverse, times
from chainrule.engine.targets.interpreter import evaluate, run
from chainrule.engine.targets.source import PAYS_AFTER, by_mapping, float_function, source_text
from chainrule.engine.tidy import tidy
from chainrule.errors import DerivativeError


@pytest.fixture
def program():
    x, y = letter("x"), letter("y")
    return flatten([plus(product(x, y), wave(product(x, x)))])


VALUES = {"x": 0.7, "y": -1.3}
BY_X = -1.3 + 2 * 0.7 * math.cos(0.7 * 0.7)


def test_reverse_gives_every_partial_in_one_sweep(program):
    slots = run(program, FLOATS, VALUES)
    found = reverse(program, slots, {program.outputs[0]: 1}, list(program.inputs.values()))
    assert pytest.approx(BY_X, rel=1e-15) == found[program.inputs["x"]]
    assert 0.7 == found[program.inputs["y"]]


def test_forward_agrees_with_reverse(program):
    slots = run(program, FLOATS, VALUES)
    tangents = forward(program, slots, {program.inputs["x"]: 1})
    assert pytest.approx(BY_X, rel=1e-15) == tangents[program.outputs[0]]


def test_a_sweep_visits_only_the_paths_to_what_is_wanted(program):
    seen = []
    slots = run(program, FLOATS, VALUES)
    reverse(program, slots, {program.outputs[0]: 1}, [program.inputs["y"]], record=seen.append)
    assert 2 == len(seen)


def test_the_record_holds_what_flowed(program):
    seen = []
    slots = run(program, FLOATS, VALUES)
    found = reverse(
        program, slots, {program.outputs[0]: 1}, [program.inputs["x"]], record=seen.append
    )
    into_x = [
        flowed
        for step, operand, _, _, flowed in seen
        if program.arguments[step][operand] == program.inputs["x"]
    ]
    assert pytest.approx(found[program.inputs["x"]], rel=1e-15) == sum(into_x)


def test_the_sweep_over_nodes_does_the_same_operations(program):
    graph = gradient_program(program)
    value, by_x, by_y = evaluate(graph, FLOATS, VALUES)
    slots = run(program, FLOATS, VALUES)
    found = reverse(program, slots, {program.outputs[0]: 1}, list(program.inputs.values()))
    names = program.inputs
    assert (value, by_x, by_y) == (
        slots[program.outputs[0]],
        found[names["x"]],
        found[names["y"]],
    )


def test_generated_code_gives_the_same_bits(program):
    graph = gradient_program(program)
    compute = float_function(graph, ["x", "y"], float)
    value, by_x, by_y = evaluate(graph, FLOATS, VALUES)
    assert (value, {"x": by_x, "y": by_y}) == compute(VALUES)


def test_generated_code_holds_no_text_of_the_users():
    hostile = letter('"]; import os; x["')
    program = flatten([plus(hostile, 1)])
    source = source_text(program, program.outputs, by_mapping(program, None))
    assert repr('"]; import os; x["') in source
    compute = float_function(flatten([plus(hostile, 1)]), None, float)
    assert 3.0 == compute({'"]; import os; x["': 2.0})


def test_an_operation_without_a_derivative_is_named():
    class mute(toy):
        __slots__ = ()
        on_float = staticmethod(abs)

        def __new__(cls, x):
            return cls.again((x,), ())

    program = flatten([mute(letter("x"))])
    with pytest.raises(DerivativeError, match="mute declares no derivative"):
        reverse(program, [1.0, 1.0], {1: 1}, [0])
    with pytest.raises(DerivativeError, match="mute declares no derivative"):
        forward(program, [1.0, 1.0], {0: 1})


@pytest.mark.parametrize(("left", "right", "product_"), [(1, 5.0, 5.0), (5.0, 1, 5.0), (2, 3, 6)])
def test_a_literal_one_costs_no_operation(left, right, product_):
    assert product_ == times(left, right)


def test_a_literal_minus_one_keeps_the_sign_of_zero():
    assert -1.0 == math.copysign(1.0, times(-1, 0.0))


def test_tidy_folds_and_drops_what_declares_itself_neutral():
    x = letter("x")
    assert x is tidy(product(plus(x, 0), 1))
    assert number(7) is tidy(plus(number(3), product(2, 2)))
    assert product(x, 0) is tidy(product(x, plus(0, 0)))


def test_tidy_folds_floats_only_where_that_is_exact():
    assert number(0.75) is tidy(plus(number(0.5), number(0.25)))
    tenths = plus(number(0.1), number(0.2))
    assert tenths is tidy(tenths)


def test_a_plan_generates_code_once_it_has_paid_off():
    plan = compiled_of(plus(letter("hot"), 1))
    for _ in range(PAYS_AFTER):
        assert plan.value is None
        plan.count_value(float)
    assert 3.0 == plan.value({"hot": 2.0})


def test_fitting_sums_a_broadcast_operand_back():
    program = flatten([product(letter("m"), letter("x"))])
    slots = run(program, DOUBLES, {"m": np.float64(2.0), "x": np.arange(3.0)})
    found = reverse(
        program,
        slots,
        {program.outputs[0]: np.ones(3)},
        [program.inputs["m"]],
        fit=lambda part, like: sum_to_shape(part, np.shape(like)),
    )
    assert 3.0 == found[program.inputs["m"]]
