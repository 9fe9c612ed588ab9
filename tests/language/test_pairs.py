"""A fold to one number never pairs (n, 1) with (n,), unless somebody has asked for every pair."""

import numpy as np
import pytest

from chainrule import expression, mean, named, sum, var
from chainrule.errors import ShapeError

m, w, x, y = (expression(name) for name in "mwxy")
X = expression("X")
ROWS = np.array([1.0, 2.0, 4.0])
COLUMN = ROWS[:, None] + 1
SQUARE = np.arange(9.0).reshape(3, 3)

PAIRED = {
    "a loss": (mean((y - m * x) ** 2), {"m": 2.0, "x": ROWS, "y": COLUMN}, "of y, of shape (3, 1)"),
    "the other way round": (sum(y - x), {"x": COLUMN, "y": ROWS}, "of x, of shape (3, 1)"),
    "a variance": (var(y - x), {"x": ROWS, "y": COLUMN}, "and x, of shape (3,)"),
    "a named step": (mean(named("r", y - x) ** 2), {"x": ROWS, "y": COLUMN}, "r := y - x"),
    "a part of a formula": (m + 2 * mean(y * x), {"m": 1, "x": ROWS, "y": COLUMN}, "mean(y*x)"),
    "a matrix product": (
        mean((y - X @ w) ** 2),
        {"y": ROWS, "X": SQUARE, "w": COLUMN},
        "of X @ w, of shape (3, 1), and y, of shape (3,): 9 numbers instead of 3. Row by row",
    ),
    "a constant": (mean(x - COLUMN), {"x": ROWS}, "and x, of shape (3,)"),
    "a selected column": (mean(X[:, 0] - y), {"X": SQUARE, "y": COLUMN}, "(X[:, 0])[None, :]"),
    "single precision": (
        sum(y - x),
        {"x": ROWS.astype(np.float32), "y": COLUMN.astype(np.float32)},
        "all pairs of y",
    ),
}


@pytest.mark.parametrize("name", PAIRED)
def test_pairs_that_nobody_asked_for_are_refused(name):
    e, values, words = PAIRED[name]
    for ask in (e.eval, e.diff, e.eval):
        with pytest.raises(ShapeError) as raised:
            ask(values)
        assert words in str(raised.value)
        assert "[:, 0], or give it with .ravel()" in str(raised.value)


# An expression, its values, and the same in NumPy.
FREE = {
    "other lengths": (sum(y - x), {"x": ROWS[:2], "y": COLUMN}, np.sum(COLUMN - ROWS[:2])),
    "one row": (sum(y - x), {"x": ROWS[:1], "y": COLUMN[:1]}, 1.0),
    "both by columns": (sum(y - x), {"x": COLUMN, "y": COLUMN}, 0.0),
    "two axes each": (sum(y * x), {"x": COLUMN.T, "y": COLUMN}, COLUMN.sum() ** 2),
    "a new axis for the one": (sum(y[:, None] * x), {"x": ROWS, "y": ROWS}, ROWS.sum() ** 2),
    "a new axis for the other": (
        sum(y * x[None, :]),
        {"x": ROWS, "y": COLUMN},
        COLUMN.sum() * ROWS.sum(),
    ),
    "row by row": (sum(y[:, 0] - x), {"x": ROWS, "y": COLUMN}, 3.0),
    "axes by name": (
        sum(y * x, axis=(0, 1)),
        {"x": ROWS, "y": COLUMN},
        COLUMN.sum() * ROWS.sum(),
    ),
    "nothing folded": (y - x, {"x": ROWS, "y": COLUMN}, COLUMN - ROWS),
    "folded apart": (sum(y) - sum(x), {"x": ROWS, "y": COLUMN}, 3.0),
    "a matrix centred both ways": (
        mean((X - mean(X, axis=1, keepdims=True) - mean(X, axis=0)) ** 2),
        {"X": SQUARE},
        np.mean((SQUARE - SQUARE.mean(axis=1, keepdims=True) - SQUARE.mean(axis=0)) ** 2),
    ),
}


@pytest.mark.parametrize("name", FREE)
def test_pairs_that_are_meant_are_folded(name):
    e, values, expected = FREE[name]
    np.testing.assert_allclose(e.eval(values), expected, rtol=1e-15)


def test_shapes_that_fit_once_are_not_taken_for_others():
    loss = mean((y - x) ** 2)
    for _ in range(3):
        assert loss.eval({"x": ROWS, "y": ROWS}) == 0
        with pytest.raises(ShapeError, match="all pairs of y"):
            loss.eval({"x": ROWS, "y": COLUMN})
