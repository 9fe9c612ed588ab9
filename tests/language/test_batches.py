"""Every operation in a batch: vmapped over three different inputs it is what it is of each alone.

Value, reverse and forward derivatives; with every operand a batch, and with one of them. What has
no rule for a batch is taken entry by entry, and a warning names it.
"""

import numpy as np
import pytest
from tests.words import our_operations

import chainrule as c
from chainrule import expression, jvp, vmap
from chainrule.calculus.operation_points import points_of
from chainrule.calculus.several import views_of
from chainrule.engine.bundle import Bundle
from chainrule.errors import ChainRuleError, DataError, DerivativeError, PerformanceWarning
from chainrule.language.batches import of_last_axes
from chainrule.language.kinds import reading, structural
from chainrule.language.loops import batching

ENTRIES = 3
OURS = {name: kind for name, kind in our_operations().items() if not kind.is_elementwise}


def takes_a_batch(kind):
    """Tell whether an operation has a rule for a batch, or a meaning whose steps have."""
    return batching.batch_rule(kind) is not None or kind.meaning is not None


def points():
    for name, kind in OURS.items():
        for number, point in enumerate(points_of(kind, kind.samples)):
            if not any(type(operand) is Bundle for operand in point.operands):
                yield pytest.param(kind, point, id=f"{name}-{number}")


def entries_of(kind, point):
    """Return different inputs of the shapes of a sample, stacked."""
    chance = np.random.default_rng(len(point.operands))
    scaled = [
        np.stack([np.asarray(x) * chance.uniform(0.9, 1.1, np.shape(x)) for _ in range(ENTRIES)])
        for x in point.operands
    ]
    try:
        for number in range(ENTRIES):
            kind.on_array(*[batch[number] for batch in scaled], *point.attributes)
    except DataError:  # indices must stay whole: these change places
        return [
            np.stack([np.reshape(np.roll(x, n), np.shape(x)) for n in range(ENTRIES)])
            if np.all(np.equal(np.round(x), x))
            else batch
            for x, batch in zip(point.operands, scaled, strict=True)
        ]
    return scaled


@np.errstate(all="ignore")
def cases(kind, point):
    """List each value of an operation as a formula, with inputs for a batch of it."""
    batches = entries_of(kind, point)
    names = [f"x{number}" for number in range(len(batches))]
    value = kind.on_array(*[batch[0] for batch in batches], *point.attributes)
    found = []
    for view, part in views_of(kind, value, point.operands):
        formula = view.of((*map(expression, names), *point.attributes))
        found.append((formula, dict(zip(names, batches, strict=True)), np.shape(part)))
    return found


def alone(values, over):
    """List the inputs of each entry."""
    return [
        {name: value[number] if name in over else value for name, value in values.items()}
        for number in range(ENTRIES)
    ]


def choices(batches):
    """List which names have entries, with the inputs: all, and each alone."""
    yield list(batches), batches
    if len(batches) > 1:
        for name in batches:
            yield [name], {n: batch if n == name else batch[0] for n, batch in batches.items()}


def near(actual, expected):
    expected = np.asarray(expected)
    assert expected.shape == np.shape(actual)
    scale = np.max(np.abs(expected), initial=1.0, where=np.isfinite(expected))
    assert np.allclose(actual, expected, rtol=1e-9, atol=1e-10 * scale, equal_nan=True)


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch):
    monkeypatch.setattr(batching, "_told", set())


@pytest.fixture
def _at_once(monkeypatch):
    def refuse(operation, *_):
        raise AssertionError(f"{operation.__name__} is taken entry by entry")

    monkeypatch.setattr(batching, "entry_by_entry", refuse)


def refuses(compute, *given):
    """Return the class of the error that a derivative is refused with, or None."""
    try:
        compute(*given)
    except DerivativeError as error:
        return type(error)
    return None


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize(("kind", "point"), list(points()))
class TestAtOnce:
    def test_the_values_are_those_of_each_entry(self, kind, point):
        for formula, batches, _ in cases(kind, point):
            for over, values in choices(batches):
                expected = [formula.eval(entry) for entry in alone(values, over)]
                near(vmap(formula, over=over).eval(values), expected)

    def test_the_gradients_are_those_of_each_entry(self, kind, point):
        for formula, batches, shape in cases(kind, point):
            weights = np.cos(np.arange(ENTRIES * np.prod(shape, dtype=int)))
            weights = weights.reshape(ENTRIES, *shape)
            weight = expression("weight")
            single = c.sum(weight * formula)
            for over, values in choices(batches):
                total = c.sum(weight * vmap(formula, over=over))
                entries = [
                    {**entry, "weight": weights[number]}
                    for number, entry in enumerate(alone(values, over))
                ]
                told = refuses(single.diff, entries[0])
                if told is not None:
                    with pytest.raises(told):
                        total.diff({**values, "weight": weights})
                    continue
                found = total.diff({**values, "weight": weights})
                expected = [single.diff(entry) for entry in entries]
                for name in values:
                    slopes = [slope[name] for slope in expected]
                    near(found[name], slopes if name in over else np.sum(slopes, axis=0))

    def test_the_tangents_are_those_of_each_entry(self, kind, point):
        for formula, batches, _ in cases(kind, point):
            for over, values in choices(batches):
                tangents = {name: np.sin(1 + np.asarray(x)) for name, x in values.items()}
                pairs = list(zip(alone(values, over), alone(tangents, over), strict=True))
                told = refuses(jvp, formula, *pairs[0])
                if told is not None:
                    with pytest.raises(told):
                        jvp(vmap(formula, over=over), values, tangents)
                    continue
                expected = [jvp(formula, *pair) for pair in pairs]
                near(jvp(vmap(formula, over=over), values, tangents), expected)


def test_no_operation_of_ours_goes_entry_by_entry():
    slow = [name for name, kind in OURS.items() if not takes_a_batch(kind)]
    assert [] == slow


class turned_round(structural):
    """A vector the other way round: an operation of a user's own, without a rule."""

    samples = ((np.array([1.0, 2.0]),),)

    def forward(x):
        return x[..., ::-1]

    def pull(g, y, x):
        return (reading(turned_round)(g),)

    def push(tangents, y, x):
        return reading(turned_round)(tangents[0])

    def shape(shape):
        return shape


class turned_at_once(turned_round):
    """The same with a rule."""

    batch = of_last_axes


def test_an_operation_of_a_users_own_says_how_it_takes_a_batch(monkeypatch):
    x = expression("x")
    rows = np.arange(6.0).reshape(3, 2)
    with pytest.warns(PerformanceWarning, match="turned_round entry by entry"):
        slow = vmap(turned_round(x), over="x").eval({"x": rows})
    monkeypatch.setattr(batching, "entry_by_entry", None)
    assert np.array_equal(rows[:, ::-1], slow)
    assert np.array_equal(slow, vmap(turned_at_once(x), over="x").eval({"x": rows}))


@pytest.mark.parametrize(
    ("formula", "values"),
    [
        (c.det(expression("x")), np.ones((3, 3))),
        (c.inv(expression("x")), np.zeros((2, 3, 3))),
        (c.sort(expression("x"), axis=1), np.ones((3, 3))),
        (c.cumsum(expression("x"), axis=-2), np.ones((3, 3))),
        (c.take(expression("x"), [3]), np.ones((3, 3))),
        (expression("x")[[3]], np.ones((3, 3))),
        (c.concatenate([expression("x"), np.ones(2)], axis=1), np.ones((3, 3))),
        (c.reshape(expression("x"), shape=(2, 2)), np.ones((4, 3))),
        (c.einsum("ij->j", expression("x")), np.ones((4, 3))),
        (c.solve(expression("x"), np.ones(2)), np.ones((4, 3))),
    ],
    ids=str,
)
def test_what_an_entry_refuses_is_refused_in_the_same_words(formula, values):
    """A batch of vectors is no matrix, and an axis of the batch none of an entry's."""
    with pytest.raises(ChainRuleError) as single:
        formula.eval({"x": values[0]})
    with pytest.raises(type(single.value)) as mapped:
        vmap(formula, over="x").eval({"x": values})
    assert str(single.value).partition("\nIn ")[0] in str(mapped.value)
