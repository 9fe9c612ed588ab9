"""A long program keeps its steps in fewer bytes, and computes the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.random_formulas import random_formula

from chainrule.engine import program as programs
from chainrule.engine import sweep
from chainrule.engine.notation import text
from chainrule.engine.numbers import FLOATS
from chainrule.engine.packed import Packed
from chainrule.engine.program import Program, flatten
from chainrule.engine.targets import interpreter


@given(st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=4).map(tuple)), st.data())
def test_it_is_the_sequence_of_tuples_that_it_was_made_of(tuples, data):
    packed = Packed([slot for slots in tuples for slot in slots], map(len, tuples))
    assert tuples == list(packed)
    assert tuples[::-1] == list(reversed(packed))
    assert len(tuples) == len(packed)
    bounds = st.none() | st.integers(-len(tuples) - 1, len(tuples) + 1)
    part = slice(data.draw(bounds), data.draw(bounds), data.draw(st.sampled_from([None, 1, 2, -1])))
    assert tuples[part] == packed[part]
    for place in range(-len(tuples), len(tuples)):
        assert tuples[place] == packed[place]


def found_for(formula, values):
    """Return the program, anew, and all that it comes to at these values."""
    program = flatten([formula])
    slots = interpreter.run(program, FLOATS, values)
    inputs = frozenset(program.inputs.values())
    slopes = sweep.reverse(program, slots, {program.outputs[0]: 1.0}, inputs)
    tangents = sweep.forward(program, slots, dict.fromkeys(inputs, 1.0))
    return program, (slots, slopes, tangents, text(program, limit=10_000), str(program))


@pytest.mark.parametrize("seed", range(60))
def test_a_long_program_computes_as_a_short_one(seed, monkeypatch):
    formula, values = random_formula(seed)
    short, wanted = found_for(formula, values)
    for module in (programs, interpreter, sweep):
        monkeypatch.setattr(module, "MANY_STEPS", 1)
    packed, found = found_for(formula, values)
    assert (list, Packed) == (type(short.arguments), type(packed.arguments))
    assert short == packed
    assert wanted == found
    again = Program.from_state(short.to_state())
    assert Packed is type(again.arguments)
    assert packed == again
