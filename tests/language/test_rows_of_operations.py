"""What the operations have to do with rows: what the cut law finds, against cuts of our own."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from tests.words import our_operations

import chainrule as cr
from chainrule import expression
from chainrule.calculus.operation_points import points_of
from chainrule.engine.bundle import Bundle
from chainrule.engine.compiled import compiled_of
from chainrule.engine.cuts import CutTrial, Mixed, place_by_cuts
from chainrule.engine.rows import COMBINE, Kind, reason_of, rows_of

STRUCTURAL = [kind for kind in our_operations().values() if not kind.is_elementwise]
BY_NAME = {kind.__name__: kind for kind in STRUCTURAL}
LEAST_FOUND = 100  # classes that leave rows apart on a sample of theirs
ROWS = 19  # of our own cuts: a number that no sample has, and that the law does not try
DRAWS = 5


def shape_of(value):
    return Bundle(map(shape_of, value)) if isinstance(value, Bundle) else np.shape(value)


def axes_of(value):
    """List where rows may lie in an operand: nowhere, or along an axis."""
    if isinstance(value, Bundle):
        along = tuple(0 if np.ndim(part) else None for part in value)
        return [None, along] if any(part == 0 for part in along) else [None]
    return [None, *range(np.ndim(value))]


@cache
def findings(kind):
    """List what the law says of an operation on its samples, for rows along any axes."""
    fold = kind.rows if isinstance(kind.rows, str) else ""
    found = []
    for point in points_of(kind, kind.samples):
        shapes = [shape_of(value) for value in point.operands]
        for axes in product(*map(axes_of, point.operands)):
            if any(axis is not None for axis in axes):
                trial = CutTrial(kind, point.attributes, shapes, axes, [None] * len(axes), fold)
                found.append((point, axes, place_by_cuts(trial)))
    return found


def leaves_rows(place):
    places = place if isinstance(place, tuple) else (place,)
    return not isinstance(place, Mixed) and any(isinstance(part, int) for part in places)


def grown(value, axis, draw, generator):
    """Return an operand like one of a sample, with our number of rows and other numbers."""
    if isinstance(value, Bundle):
        along = axis or [None] * len(value)
        return Bundle(
            grown(part, at, draw, generator) for part, at in zip(value, along, strict=True)
        )
    shape = list(np.shape(value))
    if axis is not None:
        shape[axis] = ROWS
    if draw == 0 and np.all(value == np.round(value)):
        return generator.choice(np.ravel(value), shape) if shape else value
    if draw == 1:
        return generator.uniform(0.2, 0.9, shape)[()]
    if draw == 2:
        return generator.normal(size=shape)[()]
    if draw == 3:
        return generator.integers(0, 2, shape).astype(float)[()]
    made = generator.uniform(0.1, 1.0, shape)
    if len(shape) > 1 and shape[-1] == shape[-2]:
        made = made + np.swapaxes(made, -1, -2) + 2 * shape[-1] * np.eye(shape[-1])
    return made[()]


def taken(value, axis, cut):
    if isinstance(value, Bundle):
        along = axis or [None] * len(value)
        return Bundle(taken(part, at, cut) for part, at in zip(value, along, strict=True))
    return value if axis is None else np.take(value, cut, axis)


def values_of(kind, operands, attributes):
    with np.errstate(all="ignore"):
        found = kind.on_array(*operands, *attributes)
    return list(found) if isinstance(found, Bundle) else [found]


def cuts_of_our_own(generator):
    yield from ([row] for row in (0, ROWS // 2, ROWS - 1))
    yield from ([*range(start, start + 4)] for start in (0, 5, ROWS - 4))
    for length in (2, 3, 5, 11, ROWS - 1):
        yield generator.permutation(ROWS)[:length]


def check(kind, point, axes, place):
    """Hold the law's word to cuts of our own; tell for how many draws it has a value."""
    places = place if isinstance(place, tuple) else (place,)
    generator = np.random.default_rng(11)
    count = 0
    for draw in range(DRAWS):
        operands = [
            grown(value, axis, draw, generator)
            for value, axis in zip(point.operands, axes, strict=True)
        ]
        try:
            whole = values_of(kind, operands, point.attributes)
        except (ValueError, IndexError):
            continue
        if not all(np.all(np.isfinite(part)) for part in whole):
            continue
        count += 1
        for cut in cuts_of_our_own(generator):
            rest = np.setdiff1d(np.arange(ROWS), cut)
            pairs = list(zip(operands, axes, strict=True))
            some = values_of(kind, [taken(x, axis, cut) for x, axis in pairs], point.attributes)
            for at, part, one in zip(places, whole, some, strict=True):
                expected = part
                if isinstance(at, str):
                    number = places.index(at)
                    others = [taken(x, axis, rest) for x, axis in pairs]
                    other = values_of(kind, others, point.attributes)[number]
                    one = COMBINE[at](one, other)  # noqa: PLW2901 - of both parts
                else:
                    expected = np.take(part, cut, at)
                size = max(1.0, float(np.max(np.abs(part), initial=0.0)))
                np.testing.assert_allclose(one, expected, rtol=1e-9, atol=1e-11 * size)
    return count


def test_the_law_finds_that_most_operations_leave_rows_apart():
    found = [kind for kind in STRUCTURAL if any(leaves_rows(at) for *_, at in findings(kind))]
    assert len(found) >= LEAST_FOUND


@pytest.mark.parametrize("name", BY_NAME)
def test_what_the_law_finds_holds_for_other_cuts_rows_and_numbers(name):
    kind = BY_NAME[name]
    told = [finding for finding in findings(kind) if not isinstance(finding[2], Mixed)]
    counts = [check(kind, *finding) for finding in told]
    assert not told or any(counts), "none of its findings could be checked"


def test_every_fold_that_is_declared_is_found_on_some_sample():
    for kind in STRUCTURAL:
        if isinstance(kind.rows, str):
            places = [at if isinstance(at, tuple) else (at,) for *_, at in findings(kind)]
            assert any(kind.rows in several for several in places), kind


X, x, w, A, S, T, k = (expression(name) for name in ["X", "x", "w", "A", "S", "T", "k"])
SHAPES = {"X": (10, 3), "x": (10,), "w": (3,), "A": (3, 2), "S": (3, 3), "T": (10, 3, 3)}
SHAPES["k"] = (10,)


def state_of(root):
    program = compiled_of(root).program
    shapes = {name: SHAPES[name] for name in program.inputs}
    states = rows_of(program, shapes, {"X", "x", "T", "k"})
    return program, states, states[program.outputs[0]]


@pytest.mark.parametrize(
    "root",
    [
        cr.sort(x),
        cr.sort(X, axis=0),
        cr.argsort(X, axis=0),
        cr.argmax(X, axis=0),
        cr.cumsum(x),
        cr.cumsum(X, axis=0),
        cr.cumprod(X, axis=0),
        cr.flip(x),
        cr.flip(X, 0),
        cr.roll(x, 1),
        cr.roll(X, 10, axis=0),
        cr.softmax(x),
        cr.softmax(X, axis=0),
        cr.log_softmax(X, axis=0),
        cr.take(x, k),
        cr.take(x, [0, 3]),
        x[:9],
        x[::-1],
        x[[*range(10)]],
        x[-10:],
        X[1:, 0],
        cr.tril(X),
        cr.triu(X),
        cr.diag(x),
        cr.outer(x, x),
        cr.median(x),
        cr.quantile(x, 0.3),
        cr.norm(X),
        cr.prod(X[:, 0] * cr.softmax(x)),
        cr.repeat(x, 2),
        cr.tile(x, 3),
        cr.pad(x, 1),
        cr.concatenate([x, x]),
        cr.concatenate([x, w]),
        cr.reshape(X, -1),
        cr.reshape(X, (10, 3)),
        cr.ravel(X),
        X.T @ cr.sort(X, axis=0),
        cr.pinv(X),
        cr.svdvals(X),
        cr.qr(X)[0],
        cr.convolve(x, w),
        cr.take_along_axis(X, X * 0, axis=0),
        cr.scan(lambda s, at: (s * 0.5 + at, s), 0.0, x)[1],
        cr.while_loop(
            lambda r: cr.sum(abs(r * r - x)) > 1e-9, lambda r: (r + x / r) / 2, cr.ones_like(x)
        ),
    ],
    ids=str,
)
def test_no_operation_that_mixes_rows_is_said_to_leave_them_apart(root):
    program, states, state = state_of(root)
    assert state.kind is Kind.MIXED
    assert ", in " in reason_of(program, states, program.outputs[0])


@pytest.mark.parametrize(
    ("root", "axis"),
    [
        (cr.sort(X, axis=1), 0),
        (cr.cumsum(X.T, axis=0), 1),
        (cr.argmax(X, axis=1), 0),
        (cr.sign(x), 0),
        (x > 0, 0),
        (cr.clip(x, 10, 20), 0),
        (cr.maximum(x, 0 * x), 0),
        (cr.one_hot(k, 12), 0),
        (cr.take(w, k), 0),
        (cr.take_along_axis(X, k[:, None], axis=1), 0),
        (cr.einsum("ij,jk->ki", X, A), 1),
        (T @ w, 0),
        (cr.inv(T), 0),
        (cr.solve(S, X.T), 1),
        (cr.eigh(T)[1], 0),
        (cr.qr(T)[1], 0),
        (cr.expm(T), 0),
        (cr.tril(T), 0),
        (X[:, None, :] - S, 0),
        (cr.swapaxes(T, 0, 2), 2),
        (cr.stack([x, 2 * x], axis=1), 0),
        (cr.stack([x, 2 * x], axis=0), 1),
        (cr.reshape(X, (-1, 3, 1)), 0),
        (cr.std(X, axis=1), 0),
        (cr.layer_norm(X), 0),
        (cr.norm(X, axis=1), 0),
        (cr.quantile(X, 0.3, axis=1), 0),
        (cr.vmap(lambda row: cr.sum(row * w))(X), 0),
        (cr.scan(lambda s, at: (s * 0.5 + at, s), x, w)[1], 1),
        (cr.fori_loop(0, 3, lambda i, s: s * 0.5 + x, x), 0),
        (cr.zeros_like(X), 0),
    ],
    ids=str,
)
def test_rows_stay_apart_through_any_operation_along_other_axes(root, axis):
    state = state_of(root)[2]
    assert (Kind.ROWS, axis, 0) == (state.kind, state.axis, state.stage)


@pytest.mark.parametrize(
    ("root", "fold", "stage"),
    [
        (cr.sum(x), "sum", 1),
        (cr.sum(X, axis=0), "sum", 1),
        (cr.sum(X), "sum", 1),
        (cr.count(X), "count", 0),
        (cr.max(x), "max", 1),
        (cr.min(X, axis=0), "min", 1),
        (cr.any(x > 0), "max", 1),
        (cr.all(x > 0), "min", 1),
        (cr.logsumexp(x), "log-sum-exp", 1),
        (cr.prod(x), "product", 1),
        (x @ X, "sum", 1),
        (X.T @ X, "sum", 1),
        (cr.dot(x, x), "sum", 1),
        (cr.vdot(X, X), "sum", 1),
        (cr.inner(X.T, X.T), "sum", 1),
        (cr.tensordot(X, X, axes=([0], [0])), "sum", 1),
        (cr.einsum("ij,ik->jk", X, X), "sum", 1),
        (cr.mean(x), "", 1),
        (cr.var(x), "", 2),
        (cr.std(X, axis=0), "", 2),
        (cr.count_nonzero(x), "", 1),
        (cr.cov(X.T), "", 2),
        (cr.mean_squared_error(X @ w, x), "", 1),
        (cr.max(x - cr.mean(x)), "max", 2),
    ],
    ids=str,
)
def test_folds_over_rows_are_told_by_their_word_and_pass(root, fold, stage):
    state = state_of(root)[2]
    assert (Kind.FOLDED, fold, stage) == (state.kind, state.fold, state.stage)
    assert "" == state.reason


def test_large_operands_and_numbers_are_tried_at_other_sizes():
    wide, weights = expression("wide"), expression("weights")
    shapes = {"wide": (10**6, 3000), "weights": (3000, 3000)}
    years = cr.constant(np.array([[2024.0, 1e9, -3e12]]))
    for root, kind in [
        (wide @ weights, Kind.ROWS),
        (wide.T @ wide, Kind.FOLDED),
        (cr.softmax(wide, axis=1), Kind.ROWS),
        (cr.norm(wide @ weights, axis=1), Kind.ROWS),
        (cr.concatenate([wide, wide @ weights], axis=1), Kind.ROWS),
        (cr.concatenate([wide, weights], axis=0), Kind.MIXED),
        (wide[:, :2000], Kind.ROWS),
        (wide[:2000], Kind.MIXED),
        (wide[:300_000, 0], Kind.MIXED),
        (cr.flip(wide, 0), Kind.MIXED),
        (cr.matmul(wide[:, :3], years.T), Kind.ROWS),
    ]:
        program = compiled_of(root).program
        found = rows_of(program, {name: shapes[name] for name in program.inputs}, {"wide"})
        assert kind is found[program.outputs[0]].kind, root
