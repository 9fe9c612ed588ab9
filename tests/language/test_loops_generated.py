"""Loops as generated code: the same bits as step by step, and what operations say for shapes."""

import numpy as np
import pytest
from tests.words import our_operations

import chainrule as c
from chainrule import expression
from chainrule.calculus.operation_points import points_of, with_axes
from chainrule.engine.bundle import Bundle
from chainrule.errors import EndlessLoop, ShapeError
from chainrule.language.folds import broadcasting
from chainrule.language.loops import conditional, generated, iteration

x, y, k, r = map(expression, "xykr")
CHANCE = np.random.default_rng(11)

LOOPS = {
    "a state alone": c.scan(lambda s, e: (r * s * (1 - s) + e, None), x, k)[0],
    "states that change places": sum(
        c.scan(lambda s, e: ((s[1], s[0] * r + e), s[0]), (x, y), k)[0]
    ),
    "outputs": c.scan(lambda s, e: (c.tanh(s) + e, (s * e, r * s)), x, k)[1][1],
    "an output that is the element": c.scan(lambda s, e: (s * 0.5, e + 0), x, k)[1],
    "a state that stays": sum(c.scan(lambda s, e: ((s[0], s[1] + s[0] * e), None), (x, y), k)[0]),
    "numbers": c.fori_loop(1, 7, lambda i, s: s * r + i, x),
    "a fold within": c.scan(lambda s, e: (s + c.sum(s * e) + c.mean(e), c.sum(s)), x, k)[1],
    "a loop within": c.scan(
        lambda s, e: (c.fori_loop(0, 3, lambda i, t: t * r + e, s), None), x, k
    )[0],
    "products": c.scan(lambda s, e: (s * r + e @ e, s @ s), x, k)[1],
    "joins and selections": c.scan(
        lambda s, e: (c.concatenate([s[1:], e[:1]]) * r, c.stack([s, e])[1, 0]), x, k
    )[1],
    "as long as it holds": c.while_loop(lambda s: c.sum(s * s) < 50, lambda s: s * 1.5 + r, x),
}


def values_for(kind, loop):
    """Return values of a kind; None where the loop does not take such."""
    shape = () if kind == "floats" else (3,)
    values = {
        "x": CHANCE.normal(size=shape) / 4,
        "y": CHANCE.normal(size=shape),
        "k": CHANCE.normal(size=(6, *shape)) / 8,
        "r": CHANCE.uniform(0.5, 1.0, size=shape),
    }
    if kind == "single":
        values = {name: value.astype(np.float32) for name, value in values.items()}
    elif kind == "floats":
        values = {name: value if value.ndim else float(value) for name, value in values.items()}
    return {name: values[name] for name in loop.variables}


def same_bits(one, other):
    one, other = np.asarray(one), np.asarray(other)
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    assert one.tobytes() == other.tobytes()


@pytest.fixture
def _step_by_step(monkeypatch):
    for module in (generated, iteration, conditional):
        for name in ("loop_of_floats", "loop_of_arrays"):
            monkeypatch.setattr(module, name, lambda *_, **__: None, raising=False)


@pytest.mark.parametrize("kind", ["floats", "arrays", "single"])
@pytest.mark.parametrize("name", LOOPS)
def test_the_bits_are_those_of_step_by_step(name, kind, request):
    loop = LOOPS[name]
    if kind == "floats" and name in ("products", "joins and selections"):
        return  # of vectors
    values = values_for(kind, loop)
    total = c.sum(loop * loop)
    quick = loop.eval(values), total.diff(values)
    request.getfixturevalue("_step_by_step")
    same_bits(quick[0], loop.eval(values))
    for variable, slope in total.diff(values).items():
        same_bits(quick[1][variable], slope)


def test_a_loop_of_no_steps_and_of_one():
    loop = LOOPS["outputs"]
    for count in (0, 1):
        for shape in ((), (3,)):
            values = {"x": np.ones(shape), "k": np.ones((count, *shape)), "r": np.ones(shape)}
            assert (count, *shape) == loop.eval(values).shape


def test_what_floats_cannot_goes_on_as_numbers_of_numpy():
    loop = c.scan(lambda s, e: (s / e, s), x, k)[0]
    assert np.isinf(loop.eval({"x": 1.0, "k": np.array([1.0, 0.0, 2.0])}))


def test_a_step_that_does_not_fit_says_so_in_words():
    loop = c.scan(lambda s, e: (s + c.sum(e * r), None), x, k)[0]
    with pytest.raises(ShapeError, match=r"shapes do not fit in .*\(5, 3\)|\(3,\) and .*\(4,\)"):
        loop.eval({"x": np.ones(3), "k": np.ones((5, 3)), "r": np.ones(4)})
    ever = c.while_loop(lambda s: s < 5.0, lambda s: s * 1.0, x, max_steps=10)
    with pytest.raises(EndlessLoop, match="after 10 steps"):
        ever.eval({"x": 2.0})


def test_loops_over_many_shapes_are_not_all_kept():
    loop = LOOPS["outputs"]
    for size in range(1, 3 * generated.MOST_KEPT):
        loop.eval({"x": np.ones(size), "k": np.ones((5, size)), "r": 1.0})
    bodies = [item for node in [loop] for item in node.arguments[0].attributes[:1]]
    assert 0 < len(bodies[0].known["array loops"]) <= generated.MOST_KEPT


def told_for_shapes():
    for name, kind in our_operations().items():
        if kind.is_identity is None and kind.for_shapes is None:
            continue
        for number, sample in enumerate(points_of(kind, kind.samples)):
            for turn, point in enumerate(with_axes(kind, sample)):
                yield pytest.param(kind, point, id=f"{name}-{number}-{turn}")


def shape_of(operand):
    return Bundle(map(np.shape, operand)) if type(operand) is Bundle else np.shape(operand)


@pytest.mark.parametrize("precision", [np.float64, np.float32])
@pytest.mark.parametrize(("kind", "point"), list(told_for_shapes()))
def test_what_an_operation_says_for_shapes_is_what_it_does(kind, point, precision):
    operands = [
        Bundle([np.asarray(part, precision)[()] for part in operand])
        if type(operand) is Bundle
        else np.asarray(operand, precision)[()]
        for operand in point.operands
    ]
    expected = kind.on_array(*operands, *point.attributes)
    shapes = [shape_of(operand) for operand in operands]
    rule = kind.for_shapes and kind.for_shapes(*shapes, *point.attributes)
    several = expected if type(expected) is Bundle else [expected]
    if rule:
        found = rule(*operands)
        for one, other in zip(found if type(found) is Bundle else [found], several, strict=True):
            same_bits(one, other)
    if kind.is_identity and kind.is_identity(*shapes, *point.attributes):
        same_bits(operands[0], expected)


def test_some_operations_do_nothing_at_some_shapes():
    nothing = [
        kind.__name__
        for kind in our_operations().values()
        if kind.is_identity is not None
        for point in points_of(kind, kind.samples)
        if kind.is_identity(*map(shape_of, point.operands), *point.attributes)
    ]
    assert {"summation", "arithmetic_mean"} <= set(nothing)
    assert broadcasting.is_identity((3,), (3,))
    assert not broadcasting.is_identity((1,), (3,))
