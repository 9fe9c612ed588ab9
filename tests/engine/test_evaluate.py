"""The one way from a program to numbers, with the toy language."""

import math

import numpy as np
import pytest
from tests.engine.toy import letter, plus, product, wave

from chainrule.engine.evaluate import Evaluator, written
from chainrule.engine.numbers import DOUBLES, FLOATS, IEEE, RAISING, SINGLES
from chainrule.engine.program import flatten
from chainrule.errors import ShapeError

x, y = letter("x"), letter("y")
SLOPE = plus(product(x, y), wave(product(x, x)))
AT = {"x": 0.7, "y": -1.3}
BY_X = -1.3 + 2 * 0.7 * math.cos(0.7 * 0.7)


class steep(wave):
    """Raises where Python's square root does, with a slope that is infinite at 0."""

    __slots__ = ()
    spell = {}
    on_float = staticmethod(math.sqrt)
    on_array = staticmethod(np.sqrt)

    @staticmethod
    def partials(y, x):
        return (0.5 / y,)


def evaluator(root, numbers, inputs, moving=()):
    return Evaluator(flatten([root]), numbers, inputs, moving)


def test_a_pass_goes_back_and_forth():
    found = evaluator(SLOPE, FLOATS, AT).run()
    (output,) = found.program.outputs
    by_x, by_y = found.program.inputs.values()
    back = found.vjp({output: 1.0}, [by_x, by_y])
    assert pytest.approx(BY_X, rel=1e-15) == back[by_x] == found.jvp({by_x: 1.0})[output]
    assert 0.7 == back[by_y]


@pytest.mark.parametrize("numbers", [FLOATS, DOUBLES], ids=repr)
def test_what_stays_is_computed_once(monkeypatch, numbers):
    calls = []

    def counted(angle):
        calls.append(angle)
        return np.sin(angle)

    monkeypatch.setattr(wave, "on_array", staticmethod(counted))
    made = evaluator(product(wave(x), y), numbers, {"x": np.float64(0.5), "y": np.float64(0)}, "y")
    values = [made.run({"y": np.float64(number)}).output for number in (1.0, 2.0, 3.0)]
    assert [math.sin(0.5) * number for number in (1, 2, 3)] == pytest.approx(values)
    assert ([] if numbers is FLOATS else [0.5]) == calls


def test_moving_and_fixed_agree_to_the_bit():
    columns = {"x": np.linspace(-2, 2, 50), "y": np.linspace(0, 1, 50)}
    moving = evaluator(SLOPE, DOUBLES, columns, ["y"])
    for scale in (1.0, -3.0):
        moved = {"y": scale * columns["y"]}
        plain = evaluator(SLOPE, DOUBLES, {**columns, **moved})
        np.testing.assert_array_equal(plain.run().output, moving.run(moved).output)
        np.testing.assert_array_equal(plain.outputs()[0], moving.outputs(moved)[0])


def test_floats_that_raise_go_over_to_ieee_in_values_and_in_sweeps():
    root = evaluator(steep(x), FLOATS, {"x": -1.0})
    found = root.run()
    assert found.numbers is IEEE
    assert math.isnan(found.output)
    assert math.isnan(root.outputs()[0])
    at_zero = evaluator(steep(x), FLOATS, {"x": 0.0}).run()
    assert at_zero.numbers is FLOATS
    (output,) = at_zero.program.outputs
    assert math.inf == at_zero.vjp({output: 1.0}, [0])[0]
    assert at_zero.numbers is IEEE


def test_floats_may_be_asked_to_raise():
    with pytest.raises(ValueError, match="math domain error"):
        evaluator(steep(x), RAISING, {"x": -1.0}).run()


def test_nothing_flows_from_a_seed_of_zero():
    found = evaluator(steep(x), DOUBLES, {"x": np.array([0.0, 4.0])}).run()
    (output,) = found.program.outputs
    back = found.vjp({output: np.array([0.0, 1.0])}, [0])[0]
    forth = found.jvp({0: np.array([0.0, 1.0])})[output]
    assert [0.0, 0.25] == back.tolist() == forth.tolist()


def test_a_contribution_has_the_shape_of_its_operand():
    found = evaluator(product(x, y), DOUBLES, {"x": np.arange(3.0), "y": np.float64(2)}).run()
    back = found.vjp({found.program.outputs[0]: np.ones(3)}, found.program.inputs.values())
    by_x, by_y = (back[slot] for slot in found.program.inputs.values())
    assert [2.0, 2.0, 2.0] == by_x.tolist()
    assert 3.0 == by_y


def test_arrays_may_be_let_go_and_are_computed_again_where_they_are_needed():
    found = evaluator(product(steep(x), y), DOUBLES, {"x": np.zeros(2), "y": np.zeros(2)}).run()
    (output,) = found.program.outputs
    back = found.vjp({output: np.array([0.0, 1.0])}, [0], last=True)[0]
    assert 0.0 == back[0]
    assert math.isnan(back[1])  # a zero that was computed is a number


def test_single_precision_stays_single():
    found = evaluator(SLOPE, SINGLES, {name: np.float32(value) for name, value in AT.items()}).run()
    assert isinstance(found.output, np.float32)


def test_many_sweeps_go_in_one():
    program = flatten([product(x, y), wave(x), plus(x, y)])
    found = Evaluator(program, FLOATS, AT).run()
    slots, outputs = list(program.inputs.values()), list(program.outputs)
    expected = [[-1.3, 0.7], [math.sin(0.7 + math.pi / 2), 0.0], [1.0, 1.0]]
    np.testing.assert_allclose(found.many(slots, outputs, forth=True), expected, rtol=1e-15)
    np.testing.assert_allclose(found.many(outputs, slots, forth=False), np.transpose(expected))


def test_there_is_no_matrix_of_many_where_a_slot_holds_an_array():
    found = evaluator(product(x, y), DOUBLES, {"x": np.ones(3), "y": np.float64(2)}).run()
    assert found.many([0, 1], [2], forth=True) is None


def test_shapes_that_do_not_fit_are_named_when_they_move_too():
    made = evaluator(product(x, y), DOUBLES, {"x": np.ones(3), "y": np.ones(3)}, ["y"])
    with pytest.raises(ShapeError, match=r"x has shape \(3,\) and y has shape \(2,\)"):
        made.run({"y": np.ones(2)})


def test_a_pass_over_nodes_writes_the_derivative():
    at = written(flatten([SLOPE]))
    (output,) = at.program.outputs
    by_y = at.vjp({output: 1}, [at.program.inputs["y"]])[at.program.inputs["y"]]
    assert by_y is x
