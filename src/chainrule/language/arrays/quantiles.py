"""Quantiles of all elements, or along an axis, and the share that each element has in one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.errors import OperationError
from chainrule.language.arrays.averages import folded_axes
from chainrule.language.arrays.reductions import chosen, first_operand
from chainrule.language.batches import fold_of_entries
from chainrule.language.folds import (
    axes_of,
    folded_shape,
    number_if_folded_whole,
    spread,
    sum,
)
from chainrule.language.kinds import reading, structural

__all__ = ["interpolated_quantile", "quantile", "quantile_shares", "shares_of_quantile"]

QUANTILE = {"axis": None, "keepdims": False, "q": 0.5}
TABLE = np.array([[1.0, -3.0, 2.5, 0.5], [4.0, 0.25, -6.0, 3.0]])
SAMPLES = (
    (TABLE, {"q": 0.3}),
    (TABLE, {"q": 0.9, "axis": 1}),
    (TABLE[0], {"q": 0.0}),
    (TABLE[:, :1], {"q": 1.0, "axis": 0}),
)


def share_wanted(called: str, q: Any) -> float:
    """Return the share of the elements that are to be below a quantile.

    Raises: OperationError for what is no number between 0 and 1.
    """
    if not 0 <= q <= 1:
        raise OperationError(f"{called}'s q must be a number between 0 and 1, not {q!r}.")
    return float(q)


def neighbours(x: Any, axes: tuple[int, ...], q: float) -> tuple[Any, Any, float]:
    """Return the elements before and after a quantile, and how far it is on the way between."""
    count = math.prod([x.shape[place] for place in axes])
    rest = tuple([place for place in range(x.ndim) if place not in axes])
    rows = np.sort(np.transpose(x, rest + axes).reshape(*[x.shape[at] for at in rest], count))
    place = (count - 1) * q
    before = min(math.floor(place), max(count - 2, 0))
    kept = [1 if at in axes else size for at, size in enumerate(x.shape)]
    undecided = np.isnan(rows[..., -1])
    found = [
        np.where(undecided, np.nan, rows[..., at]).astype(x.dtype).reshape(kept)
        for at in (before, min(before + 1, count - 1))
    ]
    return found[0], found[1], place - before


class interpolated_quantile(structural):
    """The number below which a share q of the elements lies, between two of them by interpolation.

    q: from 0, the smallest, over 0.5, the median, to 1, the largest. axis: an axis, several, or
    None for all. keepdims: keep the folded axes with length 1. As NumPy's and PyTorch's "linear";
    NaN where an element is. Elements that are equal share the slope.
    Raises: ShapeError of no elements; OperationError for another q.
    Source: Hyndman & Fan (1996), Sample quantiles in statistical packages, definition 7.

    >>> quantile([1.0, 2.0, 4.0], 0.75)
    3.0
    """

    notation = function("quantile", keywords=("axis", "keepdims", "q"), defaults=(None, False, 0.5))
    keywords = QUANTILE
    positional = ("x", "q", "axis")
    rule = "quantile"
    samples = SAMPLES
    shape_sources = number_if_folded_whole

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, q checked."""
        axis, keepdims, q = super().attribute_values(given)
        return axis, keepdims, share_wanted("quantile", q)

    def forward(x, axis, keepdims, q):
        x = np.asarray(x)
        axes = folded_axes("a quantile", x, axis, least=1)
        before, after, way = neighbours(x, axes, q)
        if way in (0.0, 1.0):  # where the other one may be infinite
            found = after if way else before
        else:
            found = np.where(before == after, before, (1 - way) * before + way * after)
        return (found if keepdims else np.squeeze(found, axis=axes))[()]

    def pull(g, y, x, axis, keepdims, q):
        flowing = spread(g, x, axis=axis, keepdims=keepdims)
        return (chosen(flowing, shares_of_quantile(x, axis=axis, q=q)),)

    def push(tangents, y, x, axis, keepdims, q):
        share = shares_of_quantile(x, axis=axis, q=q)
        return sum(chosen(tangents[0], share), axis=axis, keepdims=keepdims)

    def shape(shape, axis, keepdims, q):
        return folded_shape(shape, axis, keepdims)


class quantile_shares(structural):
    """For each element its share in a quantile; the derivative is 0: no element changes places."""

    notation = function("shares_of_quantile", keywords=("axis", "q"), defaults=(None, 0.5))
    keywords = {"axis": None, "q": 0.5}
    samples = SAMPLES
    shape_sources = first_operand
    batch = fold_of_entries

    def forward(x, axis, q):
        x = np.asarray(x)
        axes = axes_of(axis, x.ndim)
        before, after, way = neighbours(x, axes, q)
        found = np.zeros_like(x)
        for value, weight in ((before, 1 - way), (after, way)):
            equal = np.equal(x, value)
            many = np.maximum(np.sum(equal, axis=axes, keepdims=True), 1)
            found += weight * np.where(np.isnan(value), np.nan, equal / many).astype(x.dtype)
        return found

    def pull(g, y, x, axis, q):
        return (0,)

    def push(tangents, y, x, axis, q):
        return 0

    def shape(shape, axis, q):
        axes_of(axis, len(shape))
        return shape


quantile = reading(interpolated_quantile)
shares_of_quantile = reading(quantile_shares)
