"""Columns in row blocks against the plain way: walking the steps, then sweeping them back."""

import math
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.strategies import expressions

import chainrule as cr
from chainrule.engine import array_kernels, block_kernels, compiled
from chainrule.engine.compiled import compiled_of
from chainrule.engine.fold import Tree, blocks_of
from chainrule.engine.program import flatten
from chainrule.engine.recipes import Repeat, Total
from chainrule.engine.targets import blocks
from chainrule.engine.targets.target import signature_of
from chainrule.errors import ChainRuleError, KernelWarning, ShapeError, UnknownVariable
from chainrule.language.expression import expression
from chainrule.language.kinds import operations

BLOCK = 64
EPS = np.finfo(float).eps
x, y, a, b = (expression(name) for name in "xyab")


@pytest.fixture
def at_once(monkeypatch):
    """Write every kernel for small arrays at the first call, and none for blocks."""
    monkeypatch.setattr(blocks.FixedArrays, "pays_after", 0)
    monkeypatch.setattr(block_kernels, "FEWEST_ROWS", sys.maxsize)


@pytest.fixture
def short_blocks(monkeypatch):
    """Write every kernel at the first call, for blocks of 64 rows."""
    monkeypatch.setattr(blocks.RowBlocks, "pays_after", 0)
    monkeypatch.setattr(block_kernels, "FEWEST_ROWS", 2)
    monkeypatch.setattr(blocks, "rows_per_block", lambda _bytes: BLOCK)


def plainly(ask):
    """Ask without kernels."""
    with pytest.MonkeyPatch.context() as here:
        for kernels_run in ("computed", "computed_for_known"):
            here.setattr(array_kernels, kernels_run, lambda *_asked: None)
        return ask()


def forget(e):
    """Let go of what is known of an expression: other tests have asked, with other blocks."""
    known = compiled_of(e)
    for kept in (known.entries, known.of_shapes, known.program.notes):
        kept.clear()


def kernels(e, target="blocks"):
    """Count the kernels of an expression."""
    entries = compiled_of(e).entries.items()
    return sum(key[0][0] == target and entry.kernel is not None for key, entry in entries)


def in_both_ways(e, values, wrt=None):
    """Return value and partials the plain way, and by kernels, which must have been written."""
    forget(e)
    expected = plainly(lambda: e.value_and_diff(values, wrt=wrt))
    assert kernels(e) == 0
    found = e.value_and_diff(values, wrt=wrt)
    assert kernels(e) == 1
    again = e.value_and_diff(values, wrt=wrt)
    np.testing.assert_array_equal(found[0], again[0])
    return expected, found


def assert_same_bits(expected, actual):
    assert type(expected) is type(actual)
    assert np.shape(expected) == np.shape(actual)
    np.testing.assert_array_equal(expected, actual)
    if isinstance(expected, np.ndarray):
        assert expected.dtype == actual.dtype


def columns(rows, seed=0):
    random = np.random.default_rng(seed)
    return {"x": random.uniform(0.5, 2, rows), "y": random.uniform(-1, 1, rows), "a": 1.5, "b": 0.7}


ELEMENTWISE = cr.sin(x * y) * cr.exp(-x) + cr.log(x) * cr.tanh(a * y) + b * x**2 - x**3 / y
LOSS = cr.mean((a * cr.exp(-b * x) - y) ** 2)
VALLEY = cr.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
LENGTHS = (2, 63, 64, 65, 127, 128, 129, 130, 191, 192, 193, 1000)


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("rows", LENGTHS)
def test_elementwise_results_have_the_same_bits_at_every_length(rows):
    expected, actual = in_both_ways(ELEMENTWISE, columns(rows))
    assert_same_bits(expected[0], actual[0])
    for name, partial in expected[1].items():
        assert_same_bits(partial, actual[1][name])
    forget(ELEMENTWISE)
    assert_same_bits(expected[0], ELEMENTWISE.eval(columns(rows)))


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("rows", LENGTHS)
def test_a_fold_and_its_partials_agree_within_rounding_of_the_terms(rows):
    values = columns(rows)
    expected, actual = in_both_ways(LOSS, values)
    terms = (a * cr.exp(-b * x) - y) ** 2
    assert actual[0] == pytest.approx(expected[0], rel=8 * EPS)
    for name in "xy":  # nothing is summed
        assert_same_bits(expected[1][name], actual[1][name])
    for name in "ab":
        largest = np.sum(np.abs(terms.diff(values, name))) / rows
        assert abs(expected[1][name] - actual[1][name]) <= 8 * EPS * largest


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("rows", LENGTHS)
def test_slices_of_one_array_add_into_one_gradient(rows):
    values = {"x": np.random.default_rng(1).uniform(-1, 1, rows)}
    expected, actual = in_both_ways(VALLEY, values)
    assert actual[0] == pytest.approx(expected[0], rel=8 * EPS)
    assert_same_bits(expected[1]["x"], actual[1]["x"])
    three = cr.sum(x[2:] * x[1:-1] * x[:-2]) if rows > 2 else cr.sum(x[1:] * x[:-1])
    expected, actual = in_both_ways(three, values)
    np.testing.assert_allclose(actual[1]["x"], expected[1]["x"], rtol=0, atol=16 * EPS)


X, w, t = cr.matrix("X", "n", "k"), cr.vector("w", "k"), cr.vector("t", "n")
W, v = cr.matrix("W", "k", "h"), cr.vector("v", "h")
REGRESSION = cr.mean((X @ w + b - t) ** 2)
NETWORK = cr.mean((cr.tanh(X @ W + v[None, :]) @ v - t) ** 2)


def table(rows, order="C"):
    random = np.random.default_rng(rows)
    return {
        "X": np.asarray(random.standard_normal((rows, 5)), order=order),
        "t": random.standard_normal(rows),
        "w": random.standard_normal(5),
        "b": 0.3,
        "W": random.standard_normal((5, 3)),
        "v": random.standard_normal(3),
    }


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("rows", LENGTHS[1:])
@pytest.mark.parametrize("e", [REGRESSION, NETWORK], ids=["regression", "network"])
def test_losses_over_a_matrix_agree_whatever_its_order(e, rows, order):
    expected, actual = in_both_ways(e, table(rows, order))
    assert actual[0] == pytest.approx(expected[0], rel=64 * EPS)
    for name, partial in expected[1].items():
        largest = np.max(np.abs(partial))
        np.testing.assert_allclose(actual[1][name], partial, rtol=0, atol=256 * EPS * largest)


@pytest.mark.usefixtures("short_blocks")
def test_a_fold_that_needs_another_takes_two_passes():
    spread = cr.sum((x - cr.mean(x)) ** 2 * y) / cr.std(x)
    softmax = cr.log(cr.sum(cr.exp(x - cr.max(x)))) * cr.sum(x * y)
    for e in (spread, softmax):
        expected, actual = in_both_ways(e, {k: columns(500)[k] for k in "xy"})
        assert actual[0] == pytest.approx(expected[0], rel=64 * EPS)
        for name in "xy":
            largest = np.max(np.abs(expected[1][name]))
            np.testing.assert_allclose(
                actual[1][name], expected[1][name], rtol=0, atol=256 * EPS * largest
            )


def runs_in_passes(e, values):
    """Tell whether all that has rows is computed in passes over them."""
    signature = signature_of(values, [name for name, value in values.items() if np.ndim(value)])
    kernel = blocks.BLOCKS.compile(flatten([e]), signature, flatten([e]).outputs)
    return all(
        item.in_pass or not any(operand.cuts for operand in item.operands)
        for item in kernel.lower().instructions
    )


EXTREMES = [
    cr.max(x),
    cr.min(x * y),
    cr.max(-3 * x * a),
    cr.min(-(x * y)) * cr.max(a * x) - cr.max(y),
]


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("rows", LENGTHS)
@pytest.mark.parametrize("e", EXTREMES, ids=str)
def test_extremes_and_what_flows_into_them_have_the_same_bits(e, rows):
    values = {name: columns(rows)[name] for name in e.variables}
    tied = {name: np.round(value * 4) / 4 for name, value in values.items()}  # in exact steps
    for known in (values, tied):
        assert runs_in_passes(e, known)
        expected, actual = in_both_ways(e, known)
        assert expected[0] == actual[0]
        for name, partial in expected[1].items():
            if name in "xy":
                assert_same_bits(partial, actual[1][name])
            else:  # summed over the rows
                assert actual[1][name] == pytest.approx(partial, rel=16 * EPS)


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("rows", [64, 300])
def test_slopes_of_an_extreme_are_shared_by_ties_in_all_blocks(rows):
    column = np.arange(rows) % 50.0
    for e, extreme in ((cr.max(x), 49.0), (cr.min(x), 0.0)):
        forget(e)
        value, partials = e.value_and_diff({"x": column})
        share = 1 / np.count_nonzero(column == extreme)
        assert kernels(e) == 1
        assert value == extreme
        np.testing.assert_array_equal(np.where(column == extreme, share, 0), partials["x"])


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", [0, 100, 299])
def test_what_is_not_finite_goes_through_folds_as_it_does_anyway(special, where):
    column = columns(300)["x"]
    column[where] = special
    for e in (cr.max(x), cr.min(x), cr.logsumexp(x), cr.sum(cr.softmax(x) * x)):
        expected = plainly(lambda e=e: e.value_and_diff({"x": column}))
        forget(e)
        actual = e.value_and_diff({"x": column})
        np.testing.assert_allclose(actual[0], expected[0], rtol=1e-14)
        np.testing.assert_allclose(actual[1]["x"], expected[1]["x"], rtol=1e-14)


FOLDS_ALONG = [
    fold(cr.matrix("X", "n", "k"), axis=axis, **keywords)
    for fold in (cr.max, cr.min, cr.logsumexp, cr.softmax, cr.log_softmax)
    for axis in (None, 0, 1, -1, (0, 1), (1, 0))
    for keywords in ([{}] if "softmax" in fold.__name__ else [{}, {"keepdims": True}])
]


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("rows", [2, 64, 127, 128, 200])
@pytest.mark.parametrize("e", FOLDS_ALONG, ids=str)
def test_folds_along_each_axis_agree(e, rows):
    values = {"X": 5 * table(rows)["X"]}
    assert runs_in_passes(e, values)
    forget(e)
    expected = plainly(lambda: e.eval(values))
    actual = e.eval(values)
    assert kernels(e) == 1
    assert type(expected) is type(actual)
    assert np.shape(expected) == np.shape(actual)
    by_row = any(words in str(e) for words in ("axis=1", "axis=-1"))
    if rows < 2 * BLOCK or by_row or str(e).startswith(("max(", "min(")):
        assert_same_bits(expected, actual)
    np.testing.assert_allclose(actual, expected, rtol=64 * EPS, atol=64 * EPS)
    loss = cr.sum(cr.sin(e) * e)
    expected, actual = in_both_ways(loss, values)
    np.testing.assert_allclose(actual[0], expected[0], rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(actual[1]["X"], expected[1]["X"], rtol=1e-12, atol=1e-13)


@pytest.mark.usefixtures("short_blocks")
def test_the_logarithm_of_a_sum_of_exponentials_is_that_of_exact_sums():
    for rows in (100, 1000):
        column = np.random.default_rng(rows).uniform(-5, 5, rows)
        exact = math.fsum(map(math.exp, column))
        for top in (0.0, 800.0, -800.0):  # where exponentials leave what floats hold
            e = cr.logsumexp(x + top)
            forget(e)
            value, partials = e.value_and_diff({"x": column})
            assert kernels(e) == 1
            assert value == pytest.approx(top + math.log(exact), rel=8 * EPS)
            # What the sum with 800 has rounded away, a share does not have.
            rounding = 2 * EPS * max(abs(top), 8)
            np.testing.assert_allclose(partials["x"], np.exp(column) / exact, rtol=rounding)


@pytest.mark.usefixtures("short_blocks")
def test_what_mixes_rows_runs_whole_between_passes():
    for e in (
        cr.sum(cr.cumsum(x * y) ** 2),
        cr.sum(cr.sort(x * y) * x),
        cr.sum((x * y)[::-1] * cr.exp(x)),
        cr.cumsum(x)[-1] * cr.sum(y),
        cr.sum(cr.where(x > 1, x * y, y) * cr.flip(x)),
    ):
        expected, actual = in_both_ways(e, {k: columns(300)[k] for k in "xy"})
        assert actual[0] == pytest.approx(expected[0], rel=64 * EPS)
        for name in "xy":
            largest = np.max(np.abs(expected[1][name]))
            np.testing.assert_allclose(
                actual[1][name], expected[1][name], rtol=0, atol=256 * EPS * largest
            )


@pytest.mark.usefixtures("short_blocks")
def test_single_precision_stays_single():
    values = {name: np.float32(value) for name, value in columns(300).items()}
    for e in (ELEMENTWISE, LOSS, VALLEY):
        known = {name: values[name] for name in e.variables}
        expected, actual = in_both_ways(e, known)
        for name, partial in expected[1].items():
            assert np.asarray(actual[1][name]).dtype == np.asarray(partial).dtype
            largest = np.max(np.abs(partial))
            np.testing.assert_allclose(actual[1][name], partial, rtol=0, atol=3e-6 * largest)


@pytest.mark.usefixtures("short_blocks")
def test_columns_with_gaps_and_columns_that_nobody_may_write():
    rows = 300
    wide = np.random.default_rng(3).uniform(0.5, 2, (rows, 6))
    values = {"x": wide[:, 1], "y": wide[::-1, 4], "a": 1.5, "b": 0.7}
    wide.setflags(write=False)
    for e in (ELEMENTWISE, LOSS):
        expected, actual = in_both_ways(e, values)
        np.testing.assert_allclose(actual[0], expected[0], rtol=8 * EPS)
        for name in "xy":
            assert_same_bits(expected[1][name], actual[1][name])


@pytest.mark.usefixtures("short_blocks")
def test_results_are_arrays_of_the_users_own():
    values = columns(200)
    before = {name: np.copy(value) for name, value in values.items()}
    for e in (x + 0 * y, cr.sum(x * y), x * 1, cr.sum(x + y), x + y, cr.mean(a * x + b)):
        forget(e)
        known = {name: values[name] for name in e.variables}
        answers = [e.value_and_diff(known) for _ in range(3)]
        arrays = [
            item
            for value, partials in answers
            for item in (value, *partials.values())
            if isinstance(item, np.ndarray)
        ]
        for place, array in enumerate(arrays):
            assert array.flags.writeable
            assert not any(np.shares_memory(array, other) for other in arrays[place + 1 :])
            array[...] = -7.0
        for name, value in before.items():
            np.testing.assert_array_equal(value, values[name])
        fresh = plainly(lambda e=e, known=known: e.value_and_diff(known))
        for partial, other in zip(
            fresh[1].values(), e.value_and_diff(known)[1].values(), strict=True
        ):
            np.testing.assert_allclose(other, partial, rtol=64 * EPS)


@pytest.mark.usefixtures("short_blocks")
def test_only_the_partials_asked_for_come_back_in_the_order_asked():
    values = table(300)
    expected, actual = in_both_ways(REGRESSION, values, wrt=["b", "w"])
    assert list(actual[1]) == ["b", "w"]
    assert list(expected[1]) == ["b", "w"]
    everything = REGRESSION.value_and_diff(values)[1]
    np.testing.assert_allclose(everything["w"], actual[1]["w"], rtol=64 * EPS)
    alone = REGRESSION.value_and_diff(values, wrt="b")[1]
    assert list(alone) == ["b"]
    with pytest.raises(UnknownVariable, match="does not contain 'q'"):
        REGRESSION.value_and_diff(values, wrt=["b", "q"])


@pytest.mark.usefixtures("short_blocks")
def test_a_named_step_can_be_asked_for_too():
    e = cr.sum(cr.named("d", x * y) ** 2)
    values = {k: columns(200)[k] for k in "xy"}
    found = e.value_and_diff(values, wrt=["d", "x"])[1]
    np.testing.assert_allclose(found["d"], 2 * values["x"] * values["y"])


@pytest.mark.usefixtures("short_blocks")
def test_a_kernel_that_cannot_be_written_says_so_once(monkeypatch):
    e = cr.sum(cr.sin(x) * y) + 1
    forget(e)
    values = {k: columns(300)[k] for k in "xy"}

    def broken(*_given, **_named):
        raise NameError("no such name")

    expected = plainly(lambda: e.value_and_diff(values))
    with monkeypatch.context() as here:
        here.setattr(blocks.BlockKernel, "prepare", broken)
        with pytest.warns(KernelWarning, match=r"no blocks code could be made .*no such name"):
            first = e.value_and_diff(values)
        second = e.value_and_diff(values)
    for found in (first, second):
        assert found[0] == expected[0]
        np.testing.assert_array_equal(found[1]["x"], expected[1]["x"])
    assert kernels(e) == 0


@pytest.mark.usefixtures("short_blocks")
def test_kernels_of_a_formula_are_few_and_serve_every_length():
    e = cr.sum(X * a) + b
    forget(e)
    for width in range(1, 21):
        for rows in (70, 80):
            values = {"X": np.ones((rows, width)), "a": 2.0, "b": 1.0}
            assert e.value_and_diff(values)[0] == 2 * rows * width + 1
    assert kernels(e) == compiled.MOST_KERNELS
    assert len(compiled_of(e).of_shapes) <= compiled.MOST_KERNELS
    forget(e)
    for rows in range(70, 120):
        e.value_and_diff({"X": np.ones((rows, 3)), "a": 2.0, "b": 1.0})
    assert kernels(e) == 1


@pytest.mark.usefixtures("short_blocks")
def test_a_constant_as_long_as_the_columns_is_left_to_the_plain_way():
    e = cr.mean((x @ np.linspace(0, 1, 70)) ** 2)
    forget(e)
    for rows in (300, 70, 300, 70):  # after a kernel for other lengths is there, too
        values = {"x": np.random.default_rng(rows).uniform(-1, 1, (rows, 70))}
        expected = plainly(lambda values=values: e.value_and_diff(values))
        found = e.value_and_diff(values)
        assert found[0] == pytest.approx(expected[0], rel=1e-13)
        np.testing.assert_allclose(found[1]["x"], expected[1]["x"], atol=1e-14)
    assert kernels(e) == 1


@pytest.mark.usefixtures("short_blocks")
def test_bad_data_is_told_in_the_same_words():
    e = cr.mean((x - y) ** 2)
    good = {"x": np.ones(300), "y": np.zeros(300)}
    forget(e)
    for _ in range(3):
        e.value_and_diff(good)
    for bad in (
        {"x": np.ones(300), "y": np.zeros(299)},
        {"x": np.ones((300, 1)), "y": np.zeros(300)},
        {"x": np.ones(300)},
        {"x": np.ones(300), "y": np.array(["a"] * 300)},
        {"x": np.zeros(0), "y": np.zeros(0)},
    ):
        with pytest.raises(ChainRuleError) as plain:
            plainly(lambda bad=bad: e.value_and_diff(bad))
        with pytest.raises(type(plain.value)) as told:
            e.value_and_diff(bad)
        assert str(plain.value) == str(told.value)


@pytest.mark.usefixtures("short_blocks")
def test_too_few_rows_for_a_slice_are_told_in_the_same_words():
    e = cr.mean(x[70:] * x[:-70])
    forget(e)
    e.value_and_diff({"x": np.ones(300)})
    with pytest.raises(ShapeError) as told:
        e.value_and_diff({"x": np.ones(69)})
    with pytest.raises(ShapeError) as plain:
        plainly(lambda: e.value_and_diff({"x": np.ones(69)}))
    assert str(plain.value) == str(told.value)


@pytest.mark.usefixtures("short_blocks")
def test_a_declared_length_is_held_to_after_a_kernel_is_there():
    z = expression("z", shape=(300,))
    e = cr.sum(z**2)
    e.value_and_diff({"z": np.ones(300)})
    with pytest.raises(ShapeError, match="declared"):
        e.value_and_diff({"z": np.ones(299)})


@pytest.mark.usefixtures("short_blocks")
def test_a_nan_that_a_careful_sweep_repairs_is_repaired():
    # 0 times the infinite slope of the root at 0: x[0] is left out of the sum.
    e = cr.sum(cr.sqrt(x)[1:])
    values = {"x": np.arange(300.0)}
    expected = plainly(lambda: e.value_and_diff(values))
    forget(e)
    actual = e.value_and_diff(values)
    assert not np.isnan(expected[1]["x"]).any()
    np.testing.assert_array_equal(expected[1]["x"], actual[1]["x"])


@pytest.mark.usefixtures("short_blocks")
def test_nan_and_infinity_in_data_go_where_they_go_anyway():
    values = columns(300)
    values["x"][7], values["y"][150] = np.nan, np.inf
    for e in (ELEMENTWISE, LOSS):
        expected = plainly(lambda e=e: e.value_and_diff(values))
        forget(e)
        actual = e.value_and_diff(values)
        np.testing.assert_array_equal(expected[0], actual[0])
        for name, partial in expected[1].items():
            np.testing.assert_array_equal(partial, actual[1][name])


def sample_columns(operation, rows):
    """Return variables, their columns and the attributes, for an operation's samples of numbers."""
    listed = [
        tuple([item for item in sample if not isinstance(item, dict)])
        for sample in operation.samples
        if not any(isinstance(item, dict) for item in sample)
    ]
    width = max([len(sample) for sample in listed], default=0)
    listed = [sample for sample in listed if len(sample) == width]
    if not width or any(np.ndim(item) or isinstance(item, complex) for s in listed for item in s):
        return None
    cells = np.array([listed[row % len(listed)] for row in range(rows)], dtype=float)
    cells *= 1 + 1e-3 * np.random.default_rng(0).uniform(-1, 1, cells.shape) * (cells < 0.9)
    return {f"v{place}": np.ascontiguousarray(cells[:, place]) for place in range(width)}


ELEMENTS = sorted(
    name
    for name, operation in operations().items()
    if operation.is_elementwise and operation.__module__.startswith("chainrule") and name != "named"
)


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("name", ELEMENTS)
def test_every_elementwise_operation_has_the_same_bits_in_blocks(name):
    operation = operations()[name]
    values = sample_columns(operation, 300)
    if values is None:
        pytest.skip("its samples are not numbers")
    e = operation(*[expression(name) for name in values])
    forget(e)
    expected = plainly(lambda: e.eval(values))
    actual = e.eval(values)
    assert kernels(e) == 1
    assert_same_bits(expected, actual)
    try:
        partials = plainly(lambda: e.value_and_diff(values))[1]
    except ChainRuleError as error:
        with pytest.raises(type(error)):
            e.value_and_diff(values)
        return
    for known, partial in partials.items():
        found = e.value_and_diff(values)[1][known]
        np.testing.assert_allclose(found, partial, rtol=4 * EPS)


def used_twice(made):
    """Return a formula that needs a value again after arithmetic that may take its memory."""
    return made * -made + cr.exp(-cr.abs(made)) - made


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("name", ELEMENTS)
def test_what_an_operation_hands_on_is_not_written_over(name):
    operation = operations()[name]
    values = sample_columns(operation, 300)
    if values is None:
        pytest.skip("its samples are not numbers")
    e = used_twice(operation(*[expression(name) * 1.0 for name in values]))
    forget(e)
    assert_same_bits(plainly(lambda: e.eval(values)), e.eval(values))


class handed_on(cr.elementwise):
    """Its operand, the very same array."""

    samples = ((2.0,), (-1.0,))

    def forward(x):
        return x

    def partials(y, x):
        return (1,)


class seen_through(cr.structural):
    """Its operand, seen through two views."""

    samples = ((np.array([2.0, 1.0]),),)

    def forward(x):
        return np.asarray(x)[::-1][::-1]

    def pull(g, y, x):
        return (cr.reading(seen_through)(g),)

    def push(tangents, y, x):
        return cr.reading(seen_through)(tangents[0])

    def shape(x):
        return x


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("operation", [handed_on, seen_through])
@pytest.mark.parametrize("rows", [65, 300])
def test_an_own_operation_may_return_its_operand(operation, rows):
    values = columns(rows)
    once = operation(x * y + a)
    for e in (used_twice(once), used_twice(operation(once * 2.0)) * once, once - operation(-once)):
        forget(e)
        assert_same_bits(plainly(lambda e=e: e.eval(values)), e.eval(values))
    loss = cr.sum(used_twice(once))
    expected, actual = in_both_ways(loss, values)
    assert actual[0] == pytest.approx(expected[0], rel=1e-13)
    for known, partial in expected[1].items():
        np.testing.assert_allclose(actual[1][known], partial, rtol=1e-13, atol=1e-13)


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("rows", [65, 300])
@pytest.mark.parametrize(
    "loss",
    [
        cr.binary_cross_entropy_with_logits,
        cr.mean_squared_error,
        cr.mean_absolute_error,
        cr.huber_loss,
    ],
)
def test_losses_of_a_matrix_and_weights_agree(loss, rows):
    random = np.random.default_rng(2)
    values = {
        "X": random.normal(size=(rows, 3)),
        "t": random.integers(0, 2, rows).astype(float),
        "w": random.normal(size=3),
        "b": 0.3,
    }
    prediction = cr.matrix("X", "n", "k") @ cr.vector("w", "k") + expression("b", shape=())
    e = loss(prediction, cr.vector("t", "n"))
    expected, actual = in_both_ways(e, values, ["w", "b"])
    assert actual[0] == pytest.approx(expected[0], rel=1e-13)
    for known, partial in expected[1].items():
        np.testing.assert_allclose(actual[1][known], partial, rtol=1e-12, atol=1e-13)


STRUCTURAL = sorted(
    name
    for name, operation in operations().items()
    if not operation.is_elementwise and operation.__module__.startswith("chainrule")
)


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("name", STRUCTURAL)
def test_every_operation_on_arrays_agrees_where_rows_are_many(name):
    """Over its samples, each taken alone, whose leading axis then counts as rows."""
    operation = operations()[name]
    for sample in operation.samples:
        attributes = sample[-1] if isinstance(sample[-1], dict) else {}
        given = sample[: len(sample) - isinstance(sample[-1], dict)]
        if any(
            isinstance(item, tuple) or np.asarray(item).dtype.kind not in "fiu" for item in given
        ):
            continue
        values = {f"v{place}": np.asarray(item, float) for place, item in enumerate(given)}
        try:
            made = operation(*[expression(name) * 1.0 for name in values], **attributes)
            e = cr.sum(used_twice(made)) if not isinstance(made, tuple) else None
            expected = plainly(lambda e=e, values=values: e.value_and_diff(values))
        except (ChainRuleError, AttributeError, TypeError, ValueError):
            continue
        forget(e)
        for _ in range(2):
            actual = e.value_and_diff(values)
            np.testing.assert_allclose(actual[0], expected[0], rtol=1e-13, atol=1e-13)
            for known, partial in expected[1].items():
                np.testing.assert_allclose(actual[1][known], partial, rtol=1e-12, atol=1e-12)


def sampled(operation):
    """List formulas of an operation and values for them, from its samples of numbers."""
    if getattr(operation, "parts", None):  # of several values, of which none is an array
        return
    if operation.is_elementwise:
        values = sample_columns(operation, 3)
        if values is not None:
            yield operation(*[expression(name) for name in values]), values
        return
    for sample in operation.samples:
        attributes = sample[-1] if isinstance(sample[-1], dict) else {}
        given = sample[: len(sample) - isinstance(sample[-1], dict)]
        if any(isinstance(item, tuple) for item in given):
            continue
        if any(np.asarray(item).dtype.kind not in "fiu" for item in given):
            continue
        values = {f"v{place}": np.asarray(item, float) for place, item in enumerate(given)}
        try:
            made = operation(*[expression(name) * 1.0 for name in values], **attributes)
        except (ChainRuleError, AttributeError, TypeError, ValueError):
            continue
        if not isinstance(made, tuple) and values:
            yield made, values


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("name", sorted({*ELEMENTS, *STRUCTURAL}))
def test_every_operation_has_the_same_bits_on_small_arrays(name):
    for made, values in sampled(operations()[name]):
        for e in (made, used_twice(made), cr.sum(used_twice(made))):
            try:
                expected = plainly(lambda e=e, values=values: e.eval(values))
            except (ChainRuleError, TypeError) as error:
                with pytest.raises(type(error)):
                    e.eval(values)
                continue
            forget(e)
            for _ in range(2):
                assert_same_bits(expected, e.eval(values))
            assert kernels(e, "arrays") == 1 or name not in ELEMENTS
        try:
            expected = plainly(lambda e=e, values=values: e.value_and_diff(values))
        except (ChainRuleError, TypeError) as error:
            with pytest.raises(type(error)):
                e.value_and_diff(values)
            continue
        for _ in range(2):
            actual = e.value_and_diff(values)
            assert_same_bits(expected[0], actual[0])
            for known, partial in expected[1].items():
                assert type(partial) is type(actual[1][known])
                np.testing.assert_allclose(actual[1][known], partial, rtol=1e-13, atol=1e-13)


SMALL = {
    "X": np.array([[1.0, 2.0], [3.0, -4.0], [0.5, 0.25]]),
    "w": np.array([0.3, -0.2]),
    "t": np.array([1.0, 2.0, 3.0]),
    "b": 0.7,
}


def test_small_arrays_get_a_kernel_once_it_has_paid_off():
    e = cr.mean((X @ w + b - t) ** 2) + cr.sum(cr.sin(w))
    forget(e)
    expected = plainly(lambda: e.value_and_diff(SMALL, wrt=["w", "b"]))
    for _ in range(blocks.PAYS_FOR_FEW - 1):
        e.value_and_diff(SMALL, wrt=["w", "b"])
    assert kernels(e, "arrays") == 0
    for _ in range(3):
        actual = e.value_and_diff(SMALL, wrt=["w", "b"])
        assert kernels(e, "arrays") == 1
        assert actual[0] == expected[0]
        np.testing.assert_allclose(actual[1]["w"], expected[1]["w"], rtol=8 * EPS)
        assert actual[1]["b"] == pytest.approx(expected[1]["b"], rel=8 * EPS)
    other = {**SMALL, "X": SMALL["X"][:2], "t": SMALL["t"][:2]}
    assert e.value_and_diff(other)[0] == plainly(lambda: e.eval(other))


@pytest.mark.usefixtures("at_once")
def test_results_on_small_arrays_are_arrays_of_the_users_own():
    for e in (w + 0, w * 1, w[:], X.T, cr.sum(w), cr.sum(X * w), w, cr.sum(w[:1] + w[1:])):
        values = {name: np.copy(SMALL[name]) for name in e.variables}
        for _ in range(3):
            found = e.eval(values)
            if isinstance(found, np.ndarray):
                assert found.flags.writeable
                found[...] = -7.0
            if not np.shape(found):
                for partial in e.value_and_diff(values)[1].values():
                    assert partial.flags.writeable
                    partial[...] = -7.0
        for name, value in values.items():
            np.testing.assert_array_equal(value, SMALL[name])


@pytest.mark.usefixtures("at_once")
def test_arrays_that_are_not_small_are_left_to_the_plain_way():
    width = int(np.sqrt(blocks.MOST_NUMBERS)) + 1
    e = cr.sum(cr.cumsum(X.T @ X, axis=0))
    forget(e)
    e.value_and_diff({"X": np.ones((2, width))})
    assert kernels(e, "arrays") == 0
    e.value_and_diff({"X": np.ones((2, 3))})
    assert kernels(e, "arrays") == 1


@pytest.mark.usefixtures("at_once")
def test_bad_small_arrays_are_told_in_the_same_words():
    e = cr.sum(cr.solve(cr.matrix("A", "k", "k"), w) * w)
    good = {"A": np.eye(2), "w": np.ones(2)}
    for _ in range(3):
        e.value_and_diff(good)
    assert kernels(e, "arrays") == 1
    for bad in (
        {"A": np.zeros((2, 2)), "w": np.ones(2)},
        {"A": np.eye(2), "w": np.ones(3)},
        {"A": np.eye(2)},
        {"A": np.eye(2), "w": ["a", "b"]},
    ):
        with pytest.raises(ChainRuleError) as plain:
            plainly(lambda bad=bad: e.value_and_diff(bad))
        with pytest.raises(type(plain.value)) as told:
            e.value_and_diff(bad)
        assert str(plain.value) == str(told.value)


FLOWING = [
    operation
    for name, operation in operations().items()
    if name in ELEMENTS and sample_columns(operation, 2) and not operation.keywords
]


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data())
def test_random_programs_over_columns_agree(data):
    e = data.draw(expressions(words=FLOWING, most_steps=12))
    rows = data.draw(st.sampled_from([3, 64, 65, 130, 200]))
    random = np.random.default_rng(data.draw(st.integers(0, 1000)))
    values = {
        name: random.uniform(-2, 2, rows) if place % 2 == 0 else float(random.uniform(0.5, 2))
        for place, name in enumerate(sorted(e.variables))
    }
    with pytest.MonkeyPatch.context() as here:
        here.setattr(blocks.RowBlocks, "pays_after", 0)
        here.setattr(blocks.FixedArrays, "pays_after", 0)
        here.setattr(blocks, "rows_per_block", lambda _bytes: BLOCK)
        for asked in (e, cr.sum(e)):
            forget(asked)
            try:
                expected = plainly(lambda asked=asked: asked.value_and_diff(values))
            except (ChainRuleError, TypeError) as error:
                with pytest.raises(type(error)):
                    asked.value_and_diff(values)
                continue
            actual = asked.value_and_diff(values)
            compare(expected[0], actual[0], e, values)
            for name, partial in expected[1].items():
                compare(partial, actual[1][name], e, values, name)


def compare(expected, actual, e, values, name=None):
    """Compare to rounding: of the elements, or of the magnitudes that are summed."""
    if np.shape(expected):
        np.testing.assert_allclose(actual, expected, rtol=16 * EPS, atol=1e-300)
        return
    terms = plainly(lambda: e.eval(values) if name is None else e.diff(values, name))
    with np.errstate(all="ignore"):
        magnitude = np.sum(np.abs(terms)) if np.all(np.isfinite(terms)) else np.inf
    if np.isfinite(magnitude):
        assert abs(expected - actual) <= 64 * EPS * magnitude + 1e-300
    else:
        np.testing.assert_array_equal(np.isnan(expected), np.isnan(actual))


def test_blocks_cover_all_rows_in_order_and_end_with_the_remainder():
    for rows in (1, 63, 64, 65, 127, 128, 129, 1000):
        listed = list(blocks_of(rows, 64))
        assert listed[0][0] == 0
        assert listed[-1][1] == rows
        assert all(before[1] == after[0] for before, after in pairwise(listed))
        assert all(start % 64 == 0 for start, _ in listed)
        assert all(stop - start < 128 for start, stop in listed)


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=40))
def test_a_tree_adds_every_term_once(terms):
    scalar, vector = Tree(), Tree()
    for term in terms:
        scalar.add(float(term))
        vector.add(np.full(3, float(term)))
    assert scalar.total() == sum(terms)
    np.testing.assert_array_equal(vector.total(), np.full(3, float(sum(terms))))


@given(st.lists(st.floats(width=32), min_size=1, max_size=40))
def test_a_tree_of_extremes_has_the_extreme_of_all_terms_or_nan(terms):
    for word, extreme in (("max", max), ("min", min)):
        scalar, vector = Tree(word), Tree(word)
        for term in terms:
            scalar.add(np.float64(term))
            vector.add(np.full(3, term))
        expected = np.nan if np.isnan(terms).any() else extreme(terms)
        np.testing.assert_array_equal(scalar.total(), expected)
        np.testing.assert_array_equal(vector.total(), np.full(3, expected))


def test_a_tree_is_fixed_by_the_number_of_terms():
    terms = list(np.random.default_rng(0).standard_normal(7))
    total = Tree()
    for term in terms:
        total.add(term)
    c = terms
    assert total.total() == ((c[0] + c[1]) + (c[2] + c[3])) + ((c[4] + c[5]) + c[6])


def test_long_columns_give_the_same_bits_at_every_call():
    values = columns(60_000)
    e = cr.mean((a * cr.exp(-b * x) - y + 0.0) ** 2)
    first, second = e.value_and_diff(values), e.value_and_diff(values)
    assert kernels(e) == 1
    assert first[0] == second[0] == e.eval(values)
    assert first[1]["a"] == second[1]["a"] == e.value_and_diff(values, wrt=["a"])[1]["a"]


@pytest.mark.usefixtures("short_blocks")
def test_a_gradient_as_one_vector_has_the_order_asked():
    values = table(200)
    by_name = cr.gradient(REGRESSION, values, ["b", "w"])
    whole = cr.gradient(REGRESSION, values, ["b", "w"], as_array=True)
    np.testing.assert_array_equal([by_name["b"], *by_name["w"]], whole)
    matrix = cr.gradient(cr.sum(X**2), {"X": np.asfortranarray(values["X"])}, as_array=True)
    np.testing.assert_array_equal(2 * values["X"].ravel(order="C"), matrix)
    with pytest.raises(cr.errors.ValueTypeError, match="no values"):
        cr.gradient(REGRESSION, as_array=True)


def test_a_recipe_says_its_fields_and_nothing_else():
    assert repr(Total(0, (1,))) == "Total(of=0, axes=(1,), keepdims=False)"
    assert Repeat(of=Total(0, (), keepdims=True)).of.keepdims is True
    assert Repeat(1).axes == ()
    with pytest.raises(TypeError, match="Total lacks 'axes'"):
        Total(0)
    for fields, named in [((0, (), 2), {}), ((0, ()), {"of": 1}), ((0,), {"axis": 1})]:
        with pytest.raises(TypeError, match="Repeat takes of, axes, not "):
            Repeat(*fields, **named)
