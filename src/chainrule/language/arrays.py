"""Statistics of the elements of an array: mean and variance."""

from __future__ import annotations

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.tidy import constant_value
from chainrule.language.composition import composed
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

__all__ = ["arithmetic_mean", "mean", "var", "variance"]


class arithmetic_mean(composed):
    """Mean of all elements, or along an axis: their sum divided by their number.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    Without an axis, (n, 1) against (n,) inside of it is refused, since it would be n by n: write
    y[:, 0] to go row by row, x[None, :] where every pair is meant.
    """

    notation = function(
        "mean", latex=r"\operatorname{mean}", keywords=("axis", "keepdims"), defaults=(None, False)
    )
    keywords = FOLD
    rule = "linear"
    samples = ((np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), (2.0,))
    is_elementwise = False
    shape_sources = number_if_folded_whole

    def forward(x, axis, keepdims):
        return np.mean(x, axis=axes_of(axis, np.ndim(x)), keepdims=keepdims)

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


class variance(composed):
    """Mean of the squared deviations from the mean (divided by n), in the square of the unit.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    """

    notation = function(
        "var",
        latex=r"\operatorname{var}",
        keywords=("axis", "keepdims"),
        defaults=(None, False),
    )
    keywords = FOLD
    samples = ((np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]]),), (np.array([2.0, 2.5]),))
    is_elementwise = False
    shape_sources = number_if_folded_whole

    def forward(x, axis, keepdims):
        return np.var(x, axis=axes_of(axis, np.ndim(x)), keepdims=keepdims)

    def meaning(x, axis, keepdims):
        deviation = x - mean(x, axis=axis, keepdims=True)
        return mean(deviation * deviation, axis=axis, keepdims=keepdims)


mean = reading(arithmetic_mean)
var = reading(variance)
