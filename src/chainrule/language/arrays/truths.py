"""Folds of truths: whether any element is true, that is not 0, whether all are, and how many."""

from __future__ import annotations

import numpy as np

from chainrule.engine.properties import truth
from chainrule.language.arrays.reductions import folding
from chainrule.language.composition import composed
from chainrule.language.elements.choice import as_numbers, not_equal
from chainrule.language.folds import FOLD, axes_of, folded_shape, number_if_folded_whole, sum
from chainrule.language.kinds import reading, structural

__all__ = [
    "all",
    "any",
    "count_nonzero",
    "counting_nonzero",
    "truth_of_all",
    "truth_of_any",
]


class truth_of_any(structural):
    """Whether any element is true, that is not 0, of all or along an axis; the derivative is 0.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    """

    notation = folding("any", r"\bigvee")
    keywords = FOLD
    positional = ("x", "axis")
    properties = truth
    samples = ((np.array([[1.0, 0.0], [0.0, 0.0]]),), (0.0,))
    shape_sources = number_if_folded_whole
    rows = "max"

    def forward(x, axis, keepdims):
        return as_numbers(np.any(x, axis=axes_of(axis, np.ndim(x)), keepdims=keepdims), x)

    def pull(g, y, x, axis, keepdims):
        return (0,)

    def push(tangents, y, x, axis, keepdims):
        return 0

    def shape(shape, axis, keepdims):
        return folded_shape(shape, axis, keepdims)


class truth_of_all(structural):
    """Whether every element is true, that is not 0, of all or along an axis; the derivative is 0.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    """

    notation = folding("all", r"\bigwedge")
    keywords = FOLD
    positional = ("x", "axis")
    properties = truth
    samples = ((np.array([[1.0, 0.0], [2.0, 3.0]]),), (1.0,))
    shape_sources = number_if_folded_whole
    rows = "min"

    def forward(x, axis, keepdims):
        return as_numbers(np.all(x, axis=axes_of(axis, np.ndim(x)), keepdims=keepdims), x)

    def pull(g, y, x, axis, keepdims):
        return (0,)

    def push(tangents, y, x, axis, keepdims):
        return 0

    def shape(shape, axis, keepdims):
        return folded_shape(shape, axis, keepdims)


class counting_nonzero(composed):
    """Number of elements that are not 0, of all or along an axis; its derivative is 0.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    """

    notation = folding("count_nonzero", r"\#")
    keywords = FOLD
    positional = ("x", "axis")
    samples = ((np.array([[1.0, 0.0], [2.0, 3.0]]),), (0.0,))
    is_elementwise = False
    shape_sources = number_if_folded_whole

    def meaning(x, axis, keepdims):
        return sum(not_equal(x, 0), axis=axis, keepdims=keepdims)


any = reading(truth_of_any)
all = reading(truth_of_all)
count_nonzero = reading(counting_nonzero)
