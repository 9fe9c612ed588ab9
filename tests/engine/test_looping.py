"""Loops as generated code, in a toy language: the bits are those of a loop over the interpreter."""

import numpy as np
import pytest
from tests.engine.toy import letter, number, wave

from chainrule.engine.numbers import DOUBLES, RAISING
from chainrule.engine.program import flatten
from chainrule.engine.targets.interpreter import evaluate
from chainrule.engine.targets.looping import Variables, array_loop, float_loop

s, t, x, c = map(letter, "stxc")
# The states change places, an output is an element as it came, and one is a constant.
PROGRAM = flatten([t * wave(s) + x, s, x, s * c + number(2.0), number(3.0)])
VARIABLES = Variables(["s", "t"], ["x", "unused"], ["c"])


def step_by_step(numbers, states, sequences, captured):
    kept = []
    for row in zip(*sequences, strict=True):
        inputs = dict(zip("stxc", (*states, row[0], *captured), strict=True))
        found = evaluate(PROGRAM, numbers, inputs)
        states, outputs = found[:2], found[2:]
        kept.append(outputs)
    return states, [list(values) for values in zip(*kept, strict=True)]


def test_floats_loop_as_the_interpreter_steps():
    xs, unused = [0.1, -0.7, 2.5], [0.0] * 3
    ends, outputs = step_by_step(RAISING, [0.3, 1.25], [xs, unused], [1.5])
    found = float_loop(PROGRAM, VARIABLES, conditional=False)(0.3, 1.25, 1.5, xs, unused, 3)
    assert [*ends, *outputs] == found


def test_arrays_loop_into_stores_and_keep_what_stays():
    chance = np.random.default_rng(2)
    states, captured = list(chance.normal(size=(2, 4))), [chance.normal(size=4)]
    xs, unused = chance.normal(size=(2, 5, 4))
    ends, outputs = step_by_step(DOUBLES, states, [xs, unused], captured)
    shapes = [(4,)] * len(PROGRAM)
    stores = [np.empty((5, 4)), np.empty((5, 4)), np.empty(5)]
    loop = array_loop(PROGRAM, VARIABLES, DOUBLES, shapes)
    found = loop(*states, *captured, xs, unused, range(5), *stores)
    for one, other in zip([*ends, *outputs], [*found, *stores], strict=True):
        assert np.array_equal(one, other)
    again = loop(*states, *captured, xs[::-1], unused, range(4, -1, -1), *stores)
    assert not np.array_equal(found[0], again[0])
    assert np.array_equal(xs, stores[0])


def test_a_condition_ends_a_loop_and_a_loop_that_goes_on_tells():
    program = flatten([s + c, s, s + number(-5.0) * c])
    loop = float_loop(program, Variables(["s"], [], ["c"]), conditional=True)
    assert [5.0, [0.0, 1.0, 2.0, 3.0, 4.0]] == loop(0.0, 1.0, 100)
    assert [5.0, [0.0, 1.0, 2.0, 3.0, 4.0]] == loop(0.0, 1.0, 5)
    assert loop(0.0, 1.0, 4) is None


def test_a_loop_without_sequences_goes_round_as_often_as_asked():
    loop = float_loop(flatten([s * c]), Variables(["s"], [], ["c"]), conditional=False)
    assert [8.0] == loop(1.0, 2.0, 3)
    assert [1.0] == loop(1.0, 2.0, 0)


def test_what_floats_raise_comes_through():
    loop = float_loop(flatten([s * wave(s)]), Variables(["s"], [], []), conditional=False)
    with pytest.raises(ValueError, match="domain"):
        loop(float("inf"), 1)
