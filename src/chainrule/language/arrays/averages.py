"""Statistics of the elements of an array: mean and variance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.recipes import Apply, Count, Total
from chainrule.engine.tidy import constant_value
from chainrule.errors import OperationError, ShapeError
from chainrule.language.composition import composed
from chainrule.language.expression import operators
from chainrule.language.folds import (
    FOLD,
    axes_of,
    broadcast_as,
    count,
    number_if_folded_whole,
    spread,
    sum,
)
from chainrule.language.kinds import reading

__all__ = [
    "arithmetic_mean",
    "mean",
    "var",
    "variance",
    "with_ddof",
]


def folded_axes(called: str, x: Any, axis: Any, *, least: int) -> tuple[int, ...]:
    """Return the axes to fold over.

    Raises: ShapeError where there are fewer elements along them than a number takes.
    """
    axes = axes_of(axis, np.ndim(x))
    found = math.prod([np.shape(x)[place] for place in axes])
    if found < least:
        needed = "one element" if least == 1 else f"{least} elements"
        raise ShapeError(
            f"{called} of {found or 'no'} element{'s' * (found != 1)} is not a number. "
            f"It needs {needed} at least; the shape is {np.shape(x)}."
        )
    return axes


class arithmetic_mean(composed):
    """Mean of all elements, or along an axis: their sum divided by their number.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    Without an axis, (n, 1) against (n,) inside of it is refused, since it would be n by n: write
    y[:, 0] to go row by row, x[None, :] where every pair is meant.
    Raises: ShapeError of no elements.
    """

    algebra = "mean"
    notation = function(
        "mean", latex=r"\operatorname{mean}", keywords=("axis", "keepdims"), defaults=(None, False)
    )
    keywords = FOLD
    rule = "mean"
    samples = ((np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), (2.0,))
    is_elementwise = False
    shape_sources = number_if_folded_whole

    def forward(x, axis, keepdims):
        return np.mean(x, axis=folded_axes("the mean", x, axis, least=1), keepdims=keepdims)

    def is_identity(shape, axis, keepdims):
        return shape == () and axis is None

    def lower(shapes, numbers, attributes):
        axes = axes_of(attributes[0], len(shapes[0]))
        return Apply(np.divide, (Total(0, axes, attributes[1]), Count(0, axes)))

    def meaning(x, axis, keepdims):
        total = sum(x, axis=axis, keepdims=keepdims)
        return total / count(x, axis=axis, keepdims=keepdims)

    def pull(g, y, x, axis, keepdims):
        share = g / count(x, axis=axis, keepdims=keepdims)
        return (spread(share, x, axis=axis, keepdims=keepdims),)

    def push(tangents, y, x, axis, keepdims):
        if axis is None and not keepdims:
            return mean(tangents[0])  # repeating every element alike leaves the mean what it is
        return mean(broadcast_as(tangents[0], x), axis=axis, keepdims=keepdims)

    def simplify(assume_finite, x, axis, keepdims):
        return x if axis is None and constant_value(x) is not None else None


def with_ddof(called: str, attributes: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return attributes of which the last is ddof, checked.

    Raises: OperationError for what is no whole number from 0.
    """
    ddof = attributes[-1]
    if type(ddof) is not int or ddof < 0:
        raise OperationError(f"{called}'s ddof must be a whole number from 0, not {ddof!r}.")
    return attributes


class variance(composed):
    """Sum of the squared deviations from the mean, divided by n - ddof, in the square of the unit.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    ddof: what is taken from n, 0 as in NumPy; 1 estimates the variance that a sample comes from.
    Raises: ShapeError of ddof elements or fewer.
    """

    notation = function(
        "var",
        latex=r"\operatorname{var}",
        keywords=("axis", "keepdims", "ddof"),
        defaults=(None, False, 0),
    )
    keywords = {**FOLD, "ddof": 0}
    samples = ((np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]]),), (np.array([2.0, 2.5]),))
    is_elementwise = False
    shape_sources = number_if_folded_whole

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, ddof checked."""
        return with_ddof("var", super().attribute_values(given))

    def forward(x, axis, keepdims, ddof):
        axes = folded_axes("the variance", x, axis, least=ddof + 1)
        return np.var(x, axis=axes, keepdims=keepdims, ddof=ddof)

    def meaning(x, axis, keepdims, ddof):
        deviation = x - mean(x, axis=axis, keepdims=True)
        if ddof == 0:
            return mean(deviation * deviation, axis=axis, keepdims=keepdims)
        total = sum(deviation * deviation, axis=axis, keepdims=keepdims)
        return total / (count(x, axis=axis, keepdims=keepdims) - ddof)


mean = reading(arithmetic_mean)
var = reading(variance)
operators["mean"] = mean
