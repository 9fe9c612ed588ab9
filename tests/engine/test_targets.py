"""Each target against the protocol, with a language of three operations."""

import math

import numpy as np
import pytest
from tests.engine.toy import letter, number, plus, product, toy, wave

from chainrule.engine import gradient
from chainrule.engine.gradient import gradient_program
from chainrule.engine.numbers import DOUBLES, FLOATS
from chainrule.engine.program import flatten
from chainrule.engine.targets import source
from chainrule.engine.targets.blocks import BLOCKS
from chainrule.engine.targets.interpreter import INTERPRETER, evaluate
from chainrule.engine.targets.javascript import JAVASCRIPT
from chainrule.engine.targets.source import (
    PYTHON,
    by_mapping,
    float_function,
    float_step,
    function_pieces,
)
from chainrule.engine.targets.target import (
    FLOAT,
    Compiler,
    InputType,
    PiecewiseCompiler,
    Signature,
    signature_of,
)


def ladder(length):
    """Return a graph in which steps are used near and far, and by several others."""
    x, y = letter("x"), letter("y")
    rungs = [plus(x, product(y, 2))]
    for place in range(length):
        far = rungs[place * 7 % len(rungs)]
        rungs.append(plus(wave(product(rungs[-1], y)), product(far, x)))
    return flatten([plus(rungs[-1], rungs[len(rungs) // 2]), rungs[3], x, number(2.5)])


VALUES = {"x": 0.7, "y": -1.3}
TWO_FLOATS = Signature((FLOAT, FLOAT))
RUNNING = [INTERPRETER, PYTHON]


@pytest.mark.parametrize("target", RUNNING, ids=lambda target: target.name)
def test_a_target_that_runs_gives_the_outputs_asked_for(target):
    program = ladder(9)
    assert isinstance(target, Compiler)
    assert target.supports(program, TWO_FLOATS)
    inputs = [VALUES[name] for name in program.inputs]
    kernel = target.compile(program, TWO_FLOATS, program.outputs)
    assert evaluate(program, FLOATS, VALUES) == list(kernel(*inputs))
    some = program.outputs[1:3]
    assert kernel(*inputs)[1:3] == target.compile(program, TWO_FLOATS, some)(*inputs)


@pytest.mark.parametrize("target", [*RUNNING, BLOCKS], ids=lambda target: target.name)
def test_a_kernel_of_arrays_takes_any_length(target):
    program = ladder(9)
    columns = {name: np.linspace(-1.0, value, 5) for name, value in VALUES.items()}
    signature = signature_of({name: columns[name] for name in program.inputs})
    assert (None,) == signature.inputs[0].shape
    assert isinstance(target, Compiler)
    assert target.supports(program, signature)
    kernel = target.compile(program, signature, program.outputs)
    for rows in (5, 3):
        cut = {name: column[:rows] for name, column in columns.items()}
        found = kernel(*[cut[name] for name in program.inputs])
        for one, other in zip(evaluate(program, DOUBLES, cut), found, strict=True):
            assert np.array_equal(one, other)


def test_blocks_serve_columns_of_one_precision():
    program = flatten([plus(letter("x"), wave(letter("y")))])
    column, number_of_it = InputType("<f8", (None,)), InputType("<f8")
    single = InputType("<f4", (None,))
    assert BLOCKS.supports(program, Signature((column, column)))
    assert BLOCKS.supports(program, Signature((column, FLOAT)))
    assert BLOCKS.supports(program, Signature((single, single)))
    assert "fold(" in BLOCKS.source(program, Signature((column, number_of_it)))
    for others in (
        TWO_FLOATS,
        Signature((number_of_it, number_of_it)),
        Signature((single, column)),
        Signature((InputType("<c16", (None,)), FLOAT)),
        Signature((InputType("<f8", (7,)), FLOAT)),
    ):
        assert not BLOCKS.supports(program, others)


def test_only_source_is_made_in_pieces():
    assert isinstance(PYTHON, PiecewiseCompiler)
    assert not isinstance(INTERPRETER, PiecewiseCompiler)
    assert not isinstance(JAVASCRIPT, Compiler)


def test_every_target_has_a_text():
    program = flatten([plus(letter("x"), wave(letter("y")))])
    assert "sin(" in PYTHON.source(program, TWO_FLOATS)
    assert str(program) == INTERPRETER.source(program, TWO_FLOATS)
    rows = Signature((InputType("<f8", (None,)), FLOAT))
    if JAVASCRIPT.supports(program, rows):
        assert "map(" in JAVASCRIPT.source(program, rows)
    matrix = Signature((InputType("<f8", (2, 2)), FLOAT))
    assert not JAVASCRIPT.supports(program, matrix)


def test_the_text_for_floats_runs_by_itself():
    program = ladder(5)
    namespace = {}
    exec(PYTHON.source(program, TWO_FLOATS), namespace)  # noqa: S102 - what is tested
    inputs = [VALUES[name] for name in program.inputs]
    assert evaluate(program, FLOATS, VALUES) == list(namespace["compute"](*inputs))


class TestPieces:
    @pytest.fixture(autouse=True)
    def short_pieces(self, monkeypatch):
        monkeypatch.setattr(source, "PIECE", 4)
        monkeypatch.setattr(gradient, "STRETCH", 7)

    @pytest.mark.parametrize("length", [4, 9, 40])
    def test_have_the_bits_of_the_whole(self, length):
        program = ladder(length)
        inputs = [VALUES[name] for name in program.inputs]
        found = PYTHON.compile(program, TWO_FLOATS, program.outputs)(*inputs)
        assert evaluate(program, FLOATS, VALUES) == list(found)
        assert found == float_step(program, list(program.inputs))(*inputs)

    @pytest.mark.parametrize("length", [4, 9, 40])
    def test_of_a_gradient_have_the_bits_of_one_sweep(self, length, monkeypatch):
        program = flatten([program_root(ladder(length))])
        cut = gradient_program(program)
        monkeypatch.setattr(gradient, "STRETCH", 10**9)
        assert gradient_program(program) == cut
        found = float_function(cut, list(program.inputs), float)(VALUES)
        value, *partials = evaluate(cut, FLOATS, VALUES)
        assert found == (value, dict(zip(program.inputs, partials, strict=True)))
        partials = float_function(cut, list(program.inputs), float, with_value=False)(VALUES)
        assert found[1] == partials

    def test_are_many(self):
        program = ladder(40)
        pieces = function_pieces(program, program.outputs, by_mapping(program, list("abc")))
        assert 10 < len(list(pieces))


def program_root(program):
    """Return the node of the first output."""
    return program.nodes()[program.outputs[0]]


def test_a_deep_chain_is_cut_into_statements():
    step = letter("x")
    for _ in range(3_000):
        step = wave(plus(step, 1))
    program = flatten([step])
    value = float_function(program, None, float)({"x": 0.5})
    assert evaluate(program, FLOATS, {"x": 0.5}) == [value]


def test_what_is_not_finite_is_kept():
    program = flatten([plus(letter("x"), number(math.inf)), product(letter("x"), number(-0.0))])
    assert (math.inf, -0.0) == PYTHON.compile(program, Signature((FLOAT,)), program.outputs)(1.0)


def test_an_input_that_nothing_needs_is_looked_at_all_the_same():
    program = flatten([product(number(2.0), number(3.0)), letter("x")])
    compute = float_function(program, None, float)
    assert 6.0 == compute({"x": 1.0})
    with pytest.raises(KeyError):
        compute({})
    with pytest.raises(ValueError, match="text"):
        compute({"x": "text"})


def test_steps_without_a_spelling_are_called():
    class twice(toy):
        __slots__ = ()
        on_float = staticmethod(lambda x, times: x * times)
        spell = {}

        def __new__(cls, x, times):
            return cls.again((x,), (times,))

    program = flatten([plus(twice(letter("x"), 3.0), 1)])
    assert 7.0 == float_function(program, None, float)({"x": 2.0})


def test_a_signature_leaves_the_number_of_rows_open():
    column, weights = np.ones((50, 3)), np.ones(3)
    found = signature_of({"X": column, "w": weights, "b": 1.0}, rows={"X"})
    assert found == signature_of({"X": column[:9], "w": weights, "b": 2.0}, rows={"X"})
    assert ((None, 3), (3,), ()) == tuple(item.shape for item in found.inputs)
    assert found != signature_of({"X": column[:1], "w": weights, "b": 2.0}, rows={"X"})
    assert found != signature_of({"X": column, "w": weights.astype(np.float32), "b": 2.0}, ["X"])
    assert found != signature_of({"X": column, "w": weights, "b": np.float64(2.0)}, rows={"X"})
    assert {found: 1}[found] == 1
