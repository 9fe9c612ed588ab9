"""Pooling: values and slopes by their definition, in windows with strides and padding."""

import numpy as np
import pytest

import chainrule
from chainrule import (
    avg_pool1d,
    avg_pool2d,
    check_gradient,
    expression,
    max_pool1d,
    max_pool2d,
    parse,
)
from chainrule.errors import OperationError, ShapeError

RANDOM = np.random.default_rng(37)
x = expression("x")


def by_definition(image, fold, fill, size, stride, padding):
    sizes, strides = np.broadcast_to(size, 2), np.broadcast_to(stride or size, 2)
    sides = [(0, 0)] * (image.ndim - 2) + [(side, side) for side in np.broadcast_to(padding, 2)]
    image = np.pad(image, sides, constant_values=fill)
    counts = [
        (have - n) // s + 1 for have, n, s in zip(image.shape[-2:], sizes, strides, strict=True)
    ]
    made = np.zeros((*image.shape[:-2], *counts))
    for place in np.ndindex(*counts):
        begin = np.multiply(place, strides)
        key = tuple([slice(b, b + n) for b, n in zip(begin, sizes, strict=True)])
        made[(..., *place)] = fold(image[(..., *key)], axis=(-2, -1))
    return made


@pytest.mark.parametrize(
    ("size", "stride", "padding"), [(2, None, 0), (3, 2, 1), ((2, 3), (1, 2), (1, 0)), (1, 2, 0)]
)
@pytest.mark.parametrize(
    ("pool", "fold", "fill"), [(max_pool2d, np.max, -np.inf), (avg_pool2d, np.mean, 0.0)]
)
def test_windows_are_folded_as_the_definition_says(pool, fold, fill, size, stride, padding):
    image = RANDOM.normal(size=(2, 3, 5, 6))
    formula = pool(x, size, stride, padding)
    expected = by_definition(image, fold, fill, size, stride, padding)
    assert np.allclose(expected, formula.eval({"x": image}), rtol=1e-14)
    assert expected.shape == type(formula).shape(image.shape, *formula.attributes)
    assert parse(str(formula)) is formula
    assert check_gradient(chainrule.sum(formula**2), {"x": image[:1, :1]}).ok


def test_signals_are_pooled_along_their_last_axis():
    signal = np.array([[1.0, 4.0, 2.0, 3.0, 9.0]])
    assert [[4.0, 3.0]] == max_pool1d(signal, 2).tolist()
    assert [[5.0 / 3, 3.0, 4.0]] == avg_pool1d(signal, 3, 2, 1).tolist()
    slopes = chainrule.sum(max_pool1d(x, 3, 1)).diff({"x": [2.0, 2.0, 1.0]}, "x")
    assert [0.5, 0.5, 0.0] == slopes.tolist()


def test_what_is_no_window_is_refused():
    with pytest.raises(OperationError, match="half of the size at most"):
        max_pool1d(x, 2, padding=2)
    with pytest.raises(OperationError, match="size must be a whole number from 1"):
        avg_pool2d(x, 0)
    with pytest.raises(ShapeError, match="reaches over 4 of 3 elements"):
        avg_pool1d(np.ones(3), 4)
