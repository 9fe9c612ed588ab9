"""Kernels in row blocks take fewer steps than the formula, and come to the same."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.language.test_blocks import (
    BLOCK,
    assert_same_bits,
    forget,
    in_both_ways,
    plainly,
    short_blocks,  # noqa: F401 - a fixture
)

import chainrule as cr
from chainrule.engine import block_kernels, rewriting
from chainrule.engine.compiled import compiled_of
from chainrule.engine.targets import blocks
from chainrule.language.expression import expression

x, y, a, b = (expression(name) for name in "xyab")
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 5e-324, -2e-308, 1.7e308, -1e300, np.inf, -np.inf, np.nan]
NUMBERS = [2, -2, 0.5, -0.5, 4, 100, -100, 0.1, 1, -1, 3, 2.5, -1.1, 1e200, 1e-200, -1024, 0]


def steps(count):
    """Random sums, products and changes of sign, many of them by constants."""
    return st.lists(
        st.tuples(
            st.sampled_from(["neg", "add", "sub", "mul", "div", "times", "plus", "over"]),
            st.integers(0, 9),
            st.integers(0, 9),
            st.sampled_from(NUMBERS),
        ),
        min_size=2,
        max_size=count,
    )


def built(plan, leaves):
    made = list(leaves)
    for word, one, other, number in plan:
        left, right = made[-1 - one % len(made)], made[-1 - other % len(made)]
        made.append(
            {
                "neg": lambda left=left: -left,
                "add": lambda left=left, right=right: left + right,
                "sub": lambda left=left, right=right: left - right,
                "mul": lambda left=left, right=right: left * right,
                "div": lambda left=left, right=right: left / right,
                "times": lambda left=left, number=number: number * left,
                "plus": lambda left=left, number=number: left + number,
                "over": lambda left=left, number=number: number / left,
            }[word]()
        )
    return made[-1]


@pytest.mark.usefixtures("short_blocks")
@given(steps(14))
@settings(max_examples=150)
def test_signs_and_constants_move_without_a_bit(plan):
    """Also over zeros of both signs, numbers without an inverse, infinities and NaN."""
    e = built(plan, [x, y])
    if set(e.variables) != {"x", "y"}:
        return
    pairs = np.array(list(itertools.product(EDGES, repeat=2)))
    forget(e)
    values = {"x": pairs[:, 0], "y": pairs[:, 1]}
    expected, found = plainly(lambda: e.eval(values)), e.eval(values)
    assert_same_bits(expected, found)
    zero = expected == 0
    assert_same_bits(np.signbit(expected[zero]), np.signbit(found[zero]))
    # Twice an overflow is an overflow, whatever is multiplied first.
    expected, found = plainly(lambda: e.diff(values)), e.diff(values)
    for name in "xy":
        assert_same_bits(expected[name], found[name])


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize("outer", NUMBERS)
def test_constants_are_joined_where_no_number_tells(outer):
    """Beside 0 too: 4*(2.5*x) rounds before it doubles."""
    numbers = np.array([sign * k * 5e-324 for k in range(1, 9) for sign in (1, -1)] + EDGES)
    for inner in NUMBERS:
        e = outer * (inner * x) + y
        values = {"x": numbers, "y": np.zeros(len(numbers))}
        forget(e)
        assert_same_bits(plainly(lambda e=e, values=values: e.eval(values)), e.eval(values))


@pytest.mark.usefixtures("short_blocks")
@given(steps(8), st.integers(2, 5 * BLOCK))
@settings(max_examples=60)
def test_what_is_drawn_out_of_sums_is_put_back(plan, rows):
    loss = cr.mean((a * built(plan, [x, y]) * (-b) - y) * (b * x - a * y)) * a
    random = np.random.default_rng(rows)
    values = {"x": random.uniform(0.5, 2, rows), "y": random.uniform(-1, 1, rows), "a": 1.5, "b": 7}
    forget(loss)
    expected = plainly(lambda: loss.value_and_diff(values, wrt=["a", "b"]))
    found = loss.value_and_diff(values, wrt=["a", "b"])
    size = plainly(lambda: cr.sum(cr.abs(built(plan, [x, y]))).eval(values))
    if np.isfinite(expected[0]) and np.isfinite(size):
        close = {"rel": 1e-9, "abs": 1e-12 * (1 + size) * 100}
        assert found[0] == pytest.approx(expected[0], **close)
        for name in "ab":
            assert found[1][name] == pytest.approx(expected[1][name], **close)
    # Each partial has the same bits whatever else is asked for, a column's among them.
    for asked in (["a"], ["b", "x"], ["y", "a"], ["x"]):
        if set(asked) <= set(loss.variables):
            alone = loss.value_and_diff(values, wrt=asked)
            assert_same_bits(found[0], alone[0])
            for name in {"a", "b"} & set(asked):
                assert_same_bits(found[1][name], alone[1][name])


@pytest.mark.usefixtures("short_blocks")
@pytest.mark.parametrize(("factor", "column"), [(1e300, 1e-300), (1e-300, 1e300), (1e200, 1e-160)])
def test_a_factor_that_saves_a_sum_from_overflow_stays_in_it(factor, column):
    rows = 4 * BLOCK
    values = {"x": np.full(rows, column), "y": np.full(rows, column), "a": factor, "b": 2.0}
    e = cr.sum(a * (x * y) * b)
    forget(e)
    expected = plainly(lambda: e.value_and_diff(values, wrt=["a", "b"]))
    found = e.value_and_diff(values, wrt=["a", "b"])
    assert found[0] == pytest.approx(expected[0], rel=1e-13, abs=0)
    assert found[1]["b"] == pytest.approx(expected[1]["b"], rel=1e-13, abs=0)


def test_a_factor_of_zero_leaves_a_zero():
    assert 0.0 == rewriting.scaled(np.float64(3.0), 0.0)
    for kind in (np.float32, np.float64):
        least, largest = np.finfo(kind).tiny, np.finfo(kind).max
        assert 0.0 == rewriting.scaled(kind(0.0), kind(0.5))
        for total, factor in (
            (kind(np.inf), kind(0.0)),
            (np.array([1.0, least], kind), kind(2.0)),
            (kind(0.0), kind(2.0)),  # terms that underflow are a sum of 0
            (kind(1.0), kind(largest)),
            (kind(1.0), kind(least)),
        ):
            with pytest.raises(FloatingPointError):
                rewriting.scaled(total, factor)


@pytest.mark.usefixtures("short_blocks")
def test_small_columns_in_single_precision_keep_their_sum():
    rows = 4 * BLOCK
    column = np.full(rows, 1e-25, np.float32)
    e = cr.sum(a * (x * y))
    values = {"x": column, "y": column, "a": np.float32(1e20)}
    forget(e)
    expected, found = plainly(lambda: e.diff(values)), e.diff(values)
    for name in "xya":
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5)


@pytest.mark.usefixtures("short_blocks")
def test_products_of_products_take_as_many_steps_as_they_are_written_with():
    """A factor that is in a product twice over is multiplied once, and no depth is too deep."""
    rows = 3 * BLOCK
    values = {"x": np.linspace(0.9, 1.1, rows), "y": np.ones(rows), "a": 1.0}
    squared, long = a * x, a * x
    for _ in range(40):
        squared = squared * squared * (1 / (1 + y * y))
    for _ in range(180):
        long = long * y
    for e in (cr.sum(squared), cr.sum(long)):
        forget(e)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = e.eval(values)
        assert found == pytest.approx(plainly(lambda e=e: e.eval(values)), rel=1e-9)


@pytest.mark.usefixtures("short_blocks")
def test_a_loss_takes_its_factors_out_of_the_pass():
    """What is multiplied row by row is what differs from row to row."""
    rows = 3 * BLOCK
    loss = cr.mean((a * cr.exp(-b * x) - y) ** 2)
    values = {"x": np.linspace(0, 1, rows), "y": np.ones(rows), "a": 1.5, "b": 0.7}
    in_both_ways(loss, values, wrt=["a", "b"])
    (entry,) = [
        entry
        for key, entry in compiled_of(loss).entries.items()
        if key[0][0] == blocks.BLOCKS.name and entry.kernel is not None
    ]
    writer = blocks.BlockWriter(entry.kernel.lower(), np.dtype(float), exact=False)
    multiplied = [
        item
        for item in writer.instructions
        if item.in_pass and item.kind == "ufunc" and item.function is np.multiply
    ]
    # -b*x, a*exp(...), and the residual times exp(...).
    assert len(multiplied) == 3
    assert block_kernels.FEWEST_ROWS == 2
