"""Values and gradients by passes over blocks of rows, against all rows at once."""

import numpy as np
import pytest
from tests.row_blocks import in_blocks, in_one

import chainrule as cr
from chainrule import expression
from chainrule.calculus.symbolic import gradient_program
from chainrule.engine.compiled import compiled_of
from chainrule.engine.row_passes import split
from chainrule.engine.rows import Kind

X, x, y, w, b, A, k = (expression(name) for name in "XxywbAk")
RNG = np.random.default_rng(8)
INPUTS = {
    "X": RNG.normal(size=(23, 3)),
    "x": RNG.normal(size=23),
    "y": RNG.normal(size=23),
    "k": RNG.integers(0, 2, 23).astype(float),
    "w": RNG.normal(size=3),
    "A": RNG.normal(size=(3, 2)),
    "b": 0.7,
}
ROWS = {"X", "x", "y", "k"}
ENDS = [[23], [8, 16, 23], [1, 2, 22, 23]]


def inputs_of(program):
    inputs = {name: INPUTS[name] for name in program.inputs}
    return inputs, {name: np.shape(value) for name, value in inputs.items()}


# Each with the number of passes that the value takes, and the value with its gradient.
LOSSES = [
    (cr.mean((X @ w + b - y) ** 2), 1, 1),
    (cr.sum((X @ w + b - y) ** 2) / 7 + 0.1 * cr.sum(w * w), 1, 1),
    (cr.mean(cr.log1p(cr.exp(-y * (X @ w)))), 1, 1),
    (cr.cross_entropy(X @ A, k), 1, 1),
    (cr.mean(cr.tanh(X @ A) @ cr.constant(np.array([1.0, -2.0]))), 1, 1),
    (cr.mean(cr.take(w, k) * x), 1, 1),
    (cr.mean(cr.max(X * w, axis=1)), 1, 1),
    (cr.mean(cr.norm(X * w, axis=1) * cr.sort(X * b, axis=1)[:, 1]), 1, 1),
    (cr.mean(cr.where(x > 0, x * b, cr.abs(x - b))), 1, 1),
    (cr.einsum("i,ij,j->", y, X, w), 1, 1),
    (cr.mean(cr.vmap(lambda row: cr.sum(row * w) ** 2)(X)), 1, 1),
    (cr.mean(X * w, axis=0) @ w, 1, 1),
    (cr.sqrt(cr.mean((x * b - y) ** 2)), 1, 2),
    (cr.var(x * b), 2, 3),
    (cr.mean((x * b - cr.mean(x * b)) ** 2) / cr.var(y), 2, 4),
    (cr.std(X * w, axis=0) @ w, 2, 4),
    (cr.max(x) * b + cr.min(y * y) + cr.prod(1 + 0.1 * x), 1, 1),
    (cr.logsumexp(x) * b + cr.count_nonzero(x > 0), 1, 1),
    (cr.any(x > 1) * b + cr.all(x > 1), 1, 1),
]


@pytest.mark.parametrize(("loss", "passes", "with_gradient"), LOSSES, ids=str)
@pytest.mark.parametrize("ends", ENDS, ids=str)
def test_losses_and_gradients_by_blocks_are_those_of_all_rows(loss, passes, with_gradient, ends):
    names = [name for name in compiled_of(loss).program.inputs if name not in ROWS]
    for program, count in [
        (compiled_of(loss).program, passes),
        (gradient_program(loss, names), with_gradient),
    ]:
        inputs, shapes = inputs_of(program)
        parts = split(program, shapes, ROWS)
        assert () == parts.mixed
        assert len(parts.passes) <= count
        found = in_blocks(parts, inputs, ROWS, ends)
        for one, other in zip(found, in_one(program, inputs), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("ends", ENDS, ids=str)
def test_gradients_by_columns_are_computed_per_row(ends):
    program = gradient_program(cr.mean((X @ w + cr.exp(x) * b - y) ** 2), ["X", "x", "w"])
    inputs, shapes = inputs_of(program)
    parts = split(program, shapes, ROWS)
    kinds = [parts.rows[slot].kind for slot in parts.program.outputs]
    assert [Kind.FOLDED, Kind.ROWS, Kind.ROWS, Kind.FOLDED] == kinds
    assert 1 == len(parts.passes)
    for one, other in zip(
        in_blocks(parts, inputs, ROWS, ends), in_one(program, inputs), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def test_a_loop_over_rows_and_a_counter_takes_one_pass():
    program = compiled_of(cr.mean(cr.fori_loop(0, 3, lambda i, s: s * b + x * i, x))).program
    inputs, shapes = inputs_of(program)
    parts = split(program, shapes, ROWS)
    assert 1 == len(parts.passes)
    np.testing.assert_allclose(
        in_blocks(parts, inputs, ROWS, [10, 23]), in_one(program, inputs), rtol=1e-12
    )


def test_a_standardised_column_takes_passes_for_mean_and_spread():
    program = compiled_of((x - cr.mean(x)) / cr.std(x)).program
    inputs, shapes = inputs_of(program)
    parts = split(program, shapes, ROWS)
    assert 3 == len(parts.passes)
    assert () == parts.passes[-1].folds
    (found,) = in_blocks(parts, inputs, ROWS, [10, 23])
    np.testing.assert_allclose(found, in_one(program, inputs)[0], rtol=1e-12)
