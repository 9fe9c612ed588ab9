"""A formula for every entry of a leading axis."""

import pickle

import numpy as np
import pytest

import chainrule as c
from chainrule import expression, gradient, hessian, vmap
from chainrule.engine.numbers import DOUBLES
from chainrule.errors import ShapeError, UnknownVariable, ValueTypeError
from chainrule.language.batches import Slot
from chainrule.language.loops import batching

x, w, A = expression("x"), expression("w"), expression("A")
CHANCE = np.random.default_rng(3)
VALUES = {
    "x": CHANCE.normal(size=(5, 3)),
    "w": CHANCE.normal(size=3),
    "A": CHANCE.normal(size=(3, 3)),
}
AT_ONCE = [
    c.sum(w * x) ** 2,
    c.sum(c.sin(x) @ A),
    x @ (A @ x),
    A @ x,
    (A * x[:, None]) @ A,
    c.mean(x * w) + x[0] * x[1:],
    x[:, None] * x[None, :],
    c.sum(x[:, None] * A, axis=0, keepdims=True),
    c.var(x) * w,
    (A * x).T,
    c.count(x) * c.exp(w[0]) + x,
    c.where(x > 0, x * w, 0.0),
    c.mean_squared_error(x, w) * x,
    c.softplus(x) + c.softmax(x * w),
]
ONE_BY_ONE = [
    c.sum(x[[0, 2, 2]] * w),
    c.scan(lambda s, k: (s * k + c.sum(w), s), 1.0, x)[0],
    c.sum(c.scan(lambda s, k: (s * k, s), 1.0, x)[1]) * w[0],
]


def values_of(formula):
    return {name: VALUES[name] for name in formula.variables}


def slopes(formula, values, name):
    """Return the gradient by central differences."""
    found = np.zeros(np.shape(values[name]))
    for place in np.ndindex(found.shape):
        ends = []
        for sign in (1, -1):
            moved = values[name].copy()
            moved[place] += sign * 1e-6
            ends.append(formula.eval({**values, name: moved}))
        found[place] = (ends[0] - ends[1]) / 2e-6
    return found


@pytest.mark.parametrize("formula", [*AT_ONCE, *ONE_BY_ONE], ids=str)
class TestEveryEntry:
    def test_has_the_value_that_it_has_alone(self, formula):
        mapped = vmap(formula, over="x")
        values = values_of(mapped)
        alone = [formula.eval({**values, "x": row}) for row in VALUES["x"]]
        assert np.allclose(mapped.eval(values), alone, rtol=1e-13)

    def test_has_derivatives_of_every_order(self, formula):
        mapped = vmap(formula, over="x")
        values = values_of(mapped)
        total = c.sum(mapped * c.sin(mapped))
        written, found = gradient(total), total.diff(values)
        for name, slope in found.items():
            truth = slopes(total, values, name)
            assert np.allclose(slope, truth, atol=1e-6 * (1 + np.abs(truth).max()))
            assert np.allclose(written[name].eval(values), slope, rtol=1e-11)
        along = gradient(c.sum(written["x"]), values)["x"]
        whole = hessian(total, values)["x"]["x"].reshape(15, 15)
        assert np.allclose(whole.sum(axis=0), along.ravel(), atol=1e-9 * (1 + np.abs(whole).max()))

    def test_may_be_none(self, formula):
        mapped = vmap(formula, over="x")
        values = {**values_of(mapped), "x": np.zeros((0, 3))}
        assert 0 == len(mapped.eval(values))
        assert (0, 3) == c.sum(mapped).diff(values)["x"].shape


@pytest.mark.parametrize("formula", AT_ONCE, ids=str)
def test_what_takes_a_batch_at_once_has_no_loop_in_python(formula, monkeypatch):
    def refuse(*_):
        raise AssertionError(formula)

    monkeypatch.setattr(batching, "entry_by_entry", refuse)
    mapped = vmap(formula, over="x")
    mapped.eval(values_of(mapped))
    c.sum(mapped * mapped).diff(values_of(mapped))


def test_several_variables_have_entries_together():
    pairs = vmap(c.sum(x * w), over=["x", w])
    both = {"x": VALUES["x"], "w": VALUES["x"] + 1}
    assert np.allclose(np.sum(both["x"] * both["w"], axis=1), pairs.eval(both))
    with pytest.raises(ShapeError, match=r"'x' has 5 elements .* 'w' has 4"):
        pairs.eval({"x": np.ones((5, 3)), "w": np.ones((4, 3))})


def test_a_function_is_mapped_over_its_parameters():
    def energy(state, weight):
        return {"kinetic": weight * state["v"] @ state["v"] / 2, "place": state["x"]}

    over_states = vmap(energy, over="state")({"v": x, "x": w}, 2.0)
    values = {"x": VALUES["x"], "w": np.arange(5.0)}
    kinetic = np.sum(VALUES["x"] ** 2, axis=1)
    assert np.allclose(kinetic, over_states["kinetic"].eval(values))
    assert np.allclose(np.arange(5.0), over_states["place"].eval(values))
    everything = vmap(lambda a, b: a - b)(x, w)
    assert [1.0, 2.0] == everything.eval({"x": [3, 5], "w": [2, 3]}).tolist()


def test_a_map_in_a_map_is_one_over_pairs():
    table = vmap(lambda a: vmap(lambda b: c.exp(-((a - b) ** 2)))(w))(x)
    values = {"x": np.arange(4.0), "w": np.arange(3.0)}
    truth = np.exp(-((np.arange(4.0)[:, None] - np.arange(3.0)) ** 2))
    assert np.allclose(truth, table.eval(values))
    assert np.allclose(slopes(c.sum(table), values, "x"), c.sum(table).diff(values, "x"), atol=1e-8)


def test_sums_over_many_entries_are_taken_block_by_block():
    mapped = vmap(c.sum((A @ x) ** 2), over="x")
    values = {"x": CHANCE.normal(size=(2500, 3)), "A": VALUES["A"]}
    truth = 2 * VALUES["A"] @ values["x"].T @ values["x"]
    assert np.allclose(truth, c.sum(mapped).diff(values, "A"), rtol=1e-11)


def test_single_precision_stays_and_a_map_is_pickled_as_itself():
    mapped = vmap(c.sum(x * x) / 3, over="x")
    assert np.float32 == mapped.eval({"x": np.ones((2, 3), np.float32)}).dtype
    assert pickle.loads(pickle.dumps(mapped)) is mapped
    assert "vmap(x -> sum(x*x)/3; x).outputs" == str(mapped)


def test_declared_shapes_get_a_leading_axis():
    row = c.vector("row", 3)
    mapped = vmap(c.sum(row * w), over=row)
    assert [3.0, 0.0] == mapped.eval({"row": [[1, 1, 1], [0, 0, 0]], "w": np.ones(3)}).tolist()
    with pytest.raises(ShapeError, match="declared"):
        mapped.eval({"row": np.ones((2, 4)), "w": np.ones(3)})


def test_refusals():
    with pytest.raises(ValueTypeError, match="not told over what"):
        vmap(x * w)
    with pytest.raises(UnknownVariable, match="does not contain 'y'"):
        vmap(x * w, over="y")
    with pytest.raises(UnknownVariable, match="step of the formula"):
        vmap(c.named("d", x) * w, over="d")
    with pytest.raises(UnknownVariable, match=r"map over 'z'.*'a'"):
        vmap(lambda a: a, over="z")
    with pytest.raises(ValueTypeError, match="expression or a function"):
        vmap(3.0)
    with pytest.raises(ValueTypeError, match="returns no expression"):
        vmap(lambda a: None)(x)
    with pytest.raises(ShapeError, match="no leading axis"):
        vmap(x * 2, over="x").eval({"x": 3.0})
    ragged = Slot([np.ones(1), np.ones(2)], is_batch=True)
    with pytest.raises(ShapeError, match=r"different shapes, \(1,\) and \(2,\)"):
        ragged.whole(2)
    with pytest.raises(ShapeError, match=r"x has shape \(3,\) and w has shape \(4,\)"):
        vmap(x * w, over="x").eval({"x": np.ones((2, 3)), "w": np.ones(4)})


def test_a_step_of_a_batch_of_nothing_keeps_its_shape():
    program = c.language.expression.compiled_of(x[[0, 1]]).program
    inputs = {"x": Slot(np.zeros((0, 3)), is_batch=True)}
    (found,) = batching.run_batch(program, DOUBLES, inputs, 0)
    assert (0, 2) == found.shape
