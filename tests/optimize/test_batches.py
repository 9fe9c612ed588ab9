"""Rows a few at a time: which losses can be cut, and that the parts make the whole."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import (
    abs as absolute,
)
from chainrule import (
    cbrt,
    concatenate,
    constant,
    count,
    cross_entropy,
    cumsum,
    det,
    einsum,
    exp,
    expression,
    flip,
    log,
    log1p,
    logsumexp,
    matmul,
    maximum,
    mean,
    mean_squared_error,
    median,
    named,
    norm,
    reshape,
    softmax,
    sort,
    sqrt,
    stack,
    std,
    structural,
    take,
    tanh,
    transpose,
    tril,
    var,
    vmap,
    where,
)
from chainrule import max as largest
from chainrule import sum as total
from chainrule.engine.compiled import compiled_of
from chainrule.errors import SettingError
from chainrule.optimize.problem.batches import Batches
from chainrule.optimize.problem.dense import DenseObjective


class smallest_gap(structural):
    """Distance between neighbours along the last axis, the smallest: a user's own operation."""

    samples = ((np.array([[1.0, 2.0, 4.0], [0.0, 3.0, 5.0]]),),)

    def forward(x):
        return np.min(np.abs(np.diff(x, axis=-1)), axis=-1)

    def pull(g, y, x):
        gaps = np.diff(x, axis=-1)
        chosen = (np.abs(gaps) == y[..., None]) * np.sign(gaps) * g[..., None]
        return (np.pad(chosen, ((0, 0), (1, 0))) - np.pad(chosen, ((0, 0), (0, 1))),)

    def push(tangents, y, x):
        raise NotImplementedError

    def shape(x):
        return x[:-1]


X, x, y, v, w, b, A, c, k = (expression(name) for name in "XxyvwbAck")
RNG = np.random.default_rng(4)
DATA = {"X": RNG.normal(size=(10, 3)), "x": RNG.normal(size=10), "y": RNG.normal(size=10)}
DATA |= {"c": np.array([2.0, 3.0, 4.0]), "k": np.arange(10.0) % 2}
START = {"w": [0.5, -1.0, 2.0], "b": 0.25, "A": RNG.normal(size=(3, 2)), "v": RNG.normal(size=10)}


def over(loss: expression) -> DenseObjective:
    used = compiled_of(loss).program.inputs
    start = {name: value for name, value in START.items() if name in used}
    return DenseObjective(loss, start, DATA)


@pytest.mark.parametrize(
    "loss",
    [
        mean_squared_error(matmul(X, w) + b, y),
        mean((matmul(X, w) + b - y) ** 2) + 0.1 * total(w * w),
        2 * mean(absolute(x - b)) - mean(x * b) / 3,
        total((x - b) ** 2) / count(y),
        mean(log1p(exp(-y * matmul(X, w)))),
        mean(total(tanh(matmul(X, A)), axis=1) * y),
        total(mean(X * w * c, axis=0)),
        mean((X[:, 0] * w[0] + X[..., 1] * w[1] - y) ** 2),
        mean(x[:, None] * w),
        -named("misfit", mean(where(x > 0, x * b, b))),
        matmul(x * b, y) / count(x),
        mean(largest(X * w, axis=1) * b),
        mean(norm(X * w + b, axis=1)),
        mean(sort(X * w, axis=1)[:, 0]) + mean(cumsum(X * w, axis=-1)),
        mean(einsum("ij,jk->ik", X, A) ** 2),
        einsum("i,ij,j->", y, X, w) / count(x),
        mean(concatenate([X * w, matmul(X, A)], axis=1) ** 2),
        mean(stack([x * b, y], axis=1)[:, 0] * b),
        mean(matmul(transpose(transpose(X * w)), A)),
        mean(reshape(X * w, (-1, 3, 1)) ** 2),
        mean(median(X * w, axis=1) * (x > 0)),
        mean(std(X * w, axis=1)),
        mean(take(w, k) * x),
        mean(vmap(lambda row: total(row * w))(X) * b),
        where(b > 0, mean(x * b), -mean(x)),
        mean(det(X[:, :, None] * w + constant(np.eye(3)))),
        mean(X * w, axis=0)[1] * b,
        cross_entropy(matmul(X, A), k),
        mean(logsumexp(matmul(X, A), axis=1) * y),
        mean(total(softmax(X * w, axis=-1) * c, axis=-1)),
    ],
    ids=str,
)
def test_the_gradients_of_batches_have_that_of_the_whole_as_their_mean(loss: expression) -> None:
    flat = over(loss)
    batches = Batches(flat, 5)
    parts = [batches.gradient(flat.start, rows) for rows in batches.draw(np.random.default_rng(1))]
    whole = flat.value_and_gradient(flat.start)[1]
    np.testing.assert_allclose(np.mean(parts, axis=0), whole, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (total((x - b) ** 2), "it is a sum over rows, .* Write mean"),
        (matmul(x * b, x * b), "it is a sum over rows"),
        (sqrt(mean((x - b) ** 2)), "the sqrt of a mean over rows is not the mean"),
        (mean(x * b) * mean(y * b), "multiplication of a mean over rows"),
        (mean((x * b - mean(x)) ** 2), "it brings a mean over rows back to each row"),
        (var(x * b), "back to each row"),
        (mean(x * v), r"v has shape \(10,\), an element for each row"),
        (mean(x * b + constant(np.arange(10.0))), r"shape \(10,\), an element for each row"),
        (mean(x[1:] * b), "it selects among the rows"),
        (mean(softmax(X * w, axis=0)), "softmax takes the rows together"),
        (mean(logsumexp(x * b) * y), "logsumexp takes the rows together"),
        (cross_entropy(x * b, 3), "the classes and what predicts them do not lie row by row"),
        (mean(matmul(y, X) * w), "it is a sum over rows"),
        (mean(matmul(x * b, v)), r"v has shape \(10,\), an element for each row"),
        (mean(flip(x) * b), r"flip takes the rows together.*, in flip\(x\)"),
        (mean(cumsum(X * w, axis=0)), r"cumsum takes the rows together, in cumsum\(X\*w, axis=0\)"),
        (mean(sort(x * b)), r"sort takes the rows together, in sort\(x\*b\)"),
        (mean(x * b) + largest(x * b), r"max takes the rows together, in max\(x\*b\)"),
        (maximum(mean(x * b), -1e6), "maximum of a mean over rows is not the mean"),
        (abs(mean(x * b)), "abs of a mean over rows is not the mean"),
        (mean(x * b) + total(x * b), "addition of a mean over rows is not the mean"),
        (mean(x * b) + count(x), "addition of a mean over rows is not the mean"),
        (mean(x > 0) * (mean(x * b) > 0), "greater of a mean over rows is not the mean"),
        (mean(take(x, k) * b), "take takes the rows together"),
        (mean(smallest_gap(transpose(X * w))), "smallest_gap takes the rows together"),
        (mean(tril(matmul(X, A)) * b), "tril takes the rows together"),
        (mean(std(X * w, axis=0)), "back to each row"),
        (
            mean(reshape(x, (5, 2)) * b),
            r"reshape takes the rows together \(it could not be tried with 7 rows: .*in reshape",
        ),
        (b * count(x), "no mean over rows is left"),
    ],
)
def test_a_loss_that_is_no_mean_over_rows_is_refused(loss: expression, words: str) -> None:
    with pytest.raises(SettingError, match=rf"(?s)cannot be cut into batches of rows: .*{words}"):
        Batches(over(loss), 2)


def test_a_users_own_operation_that_leaves_rows_apart_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "chainrule.optimize.problem.batches.MOST_STEPS", 0
    )  # its pull is of numbers
    flat = over(mean(smallest_gap(X * w) * b))
    batches = Batches(flat, 5)
    parts = [batches.gradient(flat.start, rows) for rows in batches.draw(np.random.default_rng(1))]
    whole = flat.value_and_gradient(flat.start)[1]
    np.testing.assert_allclose(np.mean(parts, axis=0), whole, rtol=1e-12, atol=1e-14)


def test_a_long_loss_is_swept_for_each_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    flat = over(mean((matmul(tanh(X), w) + b - y) ** 2))
    written = Batches(flat, 4)
    monkeypatch.setattr("chainrule.optimize.problem.batches.MOST_STEPS", 0)
    rows = np.array([1, 5, 8])
    expected = written.gradient(flat.start, rows)
    np.testing.assert_allclose(Batches(flat, 4).gradient(flat.start, rows), expected, rtol=1e-14)


def test_rows_against_columns_are_refused_where_there_are_as_many() -> None:
    square = DenseObjective(mean(X * w + x), {"w": [1.0, 2.0]}, {"X": np.eye(2), "x": [1.0, 2.0]})
    with pytest.raises(SettingError, match="rows of one operand lie along an axis of another"):
        Batches(square, 1)


def test_an_epoch_takes_every_row_once_in_an_order_of_its_own() -> None:
    batches = Batches(over(mean((x - b) ** 2)), 4)
    generator = np.random.default_rng(7)
    first, second = ([part.tolist() for part in batches.draw(generator)] for _ in range(2))
    assert [4, 4, 2] == [len(part) for part in first]
    assert [*range(10)] == sorted(row for part in first for row in part)
    assert first != second


def test_batches_need_rows_and_no_more_than_there_are() -> None:
    with pytest.raises(SettingError, match="batch_size is 11, but there are 10 rows"):
        Batches(over(mean((x - b) ** 2)), 11)
    with pytest.raises(SettingError, match="there are no rows to take in batches"):
        Batches(DenseObjective(b**2, {"b": 1.0}), 1)


@pytest.mark.parametrize("most_steps", [3_000, 0])
@pytest.mark.parametrize(
    "chosen",
    [
        lambda rows: rows[:, 0],
        lambda rows: rows[..., 0],
        lambda rows: rows[:, :1][:, 0],
        lambda rows: total(rows[:, :1], axis=1),
    ],
)
@pytest.mark.parametrize("steep", [sqrt, log, lambda rows: 1 / rows, cbrt])
def test_a_column_that_was_left_out_has_no_slope(most_steps, chosen, steep, monkeypatch):
    # The slope of what is left out is infinite; the gradient written out, and that which is swept.
    monkeypatch.setattr("chainrule.optimize.problem.batches.MOST_STEPS", most_steps)
    values = {"X": RNG.uniform(1, 2, (8, 2))}
    loss = DenseObjective(
        mean((chosen(steep(X * w)) - 1) ** 2), {"w": np.array([0.5, 0.0])}, values
    )
    batches = Batches(loss, 4)
    for places in batches.draw(np.random.default_rng(0)):
        found = batches.gradient(loss.start, places)
        wanted = loss.expression.diff({"X": values["X"][places], "w": loss.start}, "w")
        assert found[1] == 0.0
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_a_missing_number_is_in_the_gradient_of_its_batch():
    values = {"X": np.array([[1.0, 2.0], [np.nan, 1.0], [3.0, 1.0]])}
    loss = DenseObjective(mean(sqrt(X * w)[:, 0] ** 2), {"w": np.array([0.5, 0.0])}, values)
    batches = Batches(loss, 1)
    assert np.isnan(batches.gradient(loss.start, np.array([1]))).any()
    assert np.isfinite(batches.gradient(loss.start, np.array([0]))).all()
