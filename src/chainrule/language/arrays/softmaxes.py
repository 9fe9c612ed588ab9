"""Shares of exponentials along an axis, and logarithms of their sums, without overflow.

`logsumexp` of one operand folds its elements, as in SciPy; of several it works across them, element
by element, as `logaddexp` does. What has no number has no slope: all of -inf, or two of inf, have
shares of NaN, as in PyTorch.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.node import Node
from chainrule.engine.notation import function
from chainrule.engine.recipes import Apply, Expand, Extreme, Recipe, Total
from chainrule.errors import OperationError
from chainrule.language.batches import fold_of_entries
from chainrule.language.composition import composed
from chainrule.language.elements.activations import logaddexp
from chainrule.language.elements.elementary import exp
from chainrule.language.folds import (
    FOLD,
    axes_of,
    broadcast_as,
    folded_shape,
    lined_up,
    number_if_folded_whole,
    spread,
    sum,
)
from chainrule.language.kinds import reading, structural

__all__ = [
    "log_of_shares",
    "log_softmax",
    "log_sum_exp",
    "log_sum_exp_along",
    "logsumexp",
    "shares_of_exponentials",
    "softmax",
]

SAMPLES = ((np.array([[1.0, -2.0, 0.5], [800.0, 799.0, -3.0]]),), (np.array([2.0, -1.0]),), (2.0,))


def first_operand(operands: Any, attributes: Any) -> Any:  # noqa: ARG001 - a rule's signature
    """Name the operand that gives an operation its shape: the only one."""
    return operands[:1]


def shifted(x: Any, axes: tuple[int, ...]) -> tuple[Any, Any]:
    """Return the elements less the largest of them, and the largest, 0 where that is infinite."""
    top = finite_or_0(np.max(x, axis=axes, keepdims=True, initial=-np.inf))
    return x - top, top


def finite_or_0(top: Any) -> Any:
    """Return numbers, 0 for those that are infinite or NaN."""
    return np.where(np.isfinite(top), top, np.zeros_like(top))


class Parts(NamedTuple):
    """Recipes of what `shifted` returns, of its exponentials, and of their sum.

    total, top: without the axes that are folded.
    """

    moved: Recipe
    part: Recipe
    total: Recipe
    top: Recipe


def parts_of(axes: tuple[int, ...]) -> Parts:
    """Return the recipes for elements along axes, in which equal parts are computed once."""
    top = Apply(finite_or_0, (Extreme(0, axes, "max"),))
    moved = Apply(np.subtract, (0, lined_up(top, axes)))
    part = Apply(np.exp, (moved,))
    return Parts(moved, part, Total(part, axes), top)


class shares_of_exponentials(structural):
    """Share of each element's exponential in the sum of all, or of those along an axis: softmax.

    axis: an axis, several, or None for all, as in SciPy: of a table of one row an observation,
    axis=1 gives each row shares that sum to 1.
    Source: Goodfellow, Bengio & Courville (2016), Deep Learning, equation 6.29.
    """

    algebra = "shares"
    notation = function("softmax", keywords=("axis",), defaults=(None,))
    keywords = {"axis": None}
    positional = ("x", "axis")
    rule = "softmax"
    samples = (*SAMPLES, (SAMPLES[0][0], {"axis": 1}), (SAMPLES[0][0], {"axis": (0, 1)}))
    shape_sources = first_operand
    batch = fold_of_entries

    def forward(x, axis):
        x = np.asarray(x)
        axes = axes_of(axis, x.ndim)
        part = np.exp(shifted(x, axes)[0])
        return part / np.sum(part, axis=axes, keepdims=True)

    def lower(shapes, numbers, attributes):
        axes = axes_of(attributes[0], len(shapes[0]))
        parts = parts_of(axes)
        return Apply(np.divide, (parts.part, lined_up(parts.total, axes)))

    def pull(g, y, x, axis):
        return (y * (g - sum(g * y, axis=axis, keepdims=axis is not None)),)

    def push(tangents, y, x, axis):
        along = broadcast_as(tangents[0], x)
        return y * (along - sum(along * y, axis=axis, keepdims=True))

    def shape(shape, axis):
        axes_of(axis, len(shape))
        return shape


class log_of_shares(structural):
    """Logarithm of the softmax, of all elements or along an axis, exact where a share is tiny.

    axis: an axis, several, or None for all.
    """

    notation = function("log_softmax", keywords=("axis",), defaults=(None,))
    keywords = {"axis": None}
    positional = ("x", "axis")
    rule = "log-softmax"
    samples = (*SAMPLES, (SAMPLES[0][0], {"axis": -1}))
    shape_sources = first_operand
    batch = fold_of_entries

    def forward(x, axis):
        x = np.asarray(x)
        axes = axes_of(axis, x.ndim)
        moved, _ = shifted(x, axes)
        return moved - np.log(np.sum(np.exp(moved), axis=axes, keepdims=True))

    def lower(shapes, numbers, attributes):
        axes = axes_of(attributes[0], len(shapes[0]))
        parts = parts_of(axes)
        return Apply(np.subtract, (parts.moved, lined_up(Apply(np.log, (parts.total,)), axes)))

    def pull(g, y, x, axis):
        shares = softmax(x, axis=axis) if isinstance(x, Node) else exp(y)
        return (g - shares * sum(g, axis=axis, keepdims=axis is not None),)

    def push(tangents, y, x, axis):
        along = broadcast_as(tangents[0], x)
        return along - sum(along * exp(y), axis=axis, keepdims=True)

    def shape(shape, axis):
        axes_of(axis, len(shape))
        return shape


class log_sum_exp_along(structural):
    """Logarithm of the sum of the exponentials of all elements, or along an axis.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    Its slopes are the shares of the exponentials in their sum (softmax); of no elements it is -inf.
    """

    notation = function("logsumexp", keywords=("axis", "keepdims"), defaults=(None, False))
    keywords = FOLD
    positional = ("x", "axis")
    rule = "log-sum-exp"
    samples = SAMPLES
    shape_sources = number_if_folded_whole
    rows = "log-sum-exp"

    def forward(x, axis, keepdims):
        x = np.asarray(x)
        axes = axes_of(axis, x.ndim)
        moved, top = shifted(x, axes)
        total = np.log(np.sum(np.exp(moved), axis=axes, keepdims=True)) + top
        return (total if keepdims else np.squeeze(total, axis=axes))[()]

    def lower(shapes, numbers, attributes):
        axis, keepdims = attributes
        axes = axes_of(axis, len(shapes[0]))
        parts = parts_of(axes)
        found = Apply(np.add, (Apply(np.log, (parts.total,)), parts.top))
        return Expand(found, axes) if keepdims else found

    def pull(g, y, x, axis, keepdims):
        def over(value: Any) -> Any:
            return spread(value, x, axis=axis, keepdims=keepdims)

        return (over(g) * (softmax(x, axis=axis) if isinstance(x, Node) else exp(x - over(y))),)

    def push(tangents, y, x, axis, keepdims):
        share = exp(x - spread(y, x, axis=axis, keepdims=keepdims))
        return sum(share * tangents[0], axis=axis, keepdims=keepdims)

    def shape(shape, axis, keepdims):
        return folded_shape(shape, axis, keepdims)


# Below the fold of one operand: the word is that of the class declared last.
class log_sum_exp(composed):
    """Logarithm of the sum of the exponentials, without overflow.

    Of one operand: of all its elements, or of those along an axis, as in SciPy. Of several: across
    them, element by element. Its slopes are the shares of the exponentials in their sum (softmax).
    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    """

    notation = function("logsumexp", keywords=("axis", "keepdims"), defaults=(None, False))
    keywords = FOLD
    is_elementwise = True  # a node of one operand is the fold below
    samples = ((-800.0, -801.0), (1.0, 2.0, 3.0), (800.0, -800.0))

    @classmethod
    def built(cls, operands: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
        """Build a node: of one operand, the fold."""
        if len(operands) == 1:
            return log_sum_exp_along.built(operands, attributes)
        across(cls.attribute_values(attributes))
        return super().built(operands, attributes)

    def meaning(*operands):
        *items, axis, keepdims = operands
        if len(items) == 1:
            return log_total(items[0], axis=axis, keepdims=keepdims)
        across((axis, keepdims))
        total = items[0]
        for item in items[1:]:
            total = logaddexp(total, item)
        return total


def across(attributes: tuple[Any, ...]) -> None:
    """Refuse an axis where there are several operands."""
    if attributes != (None, False):
        raise OperationError(
            "logsumexp works across several operands, element by element, so axis and keepdims are "
            "for one alone: logsumexp(x, axis=0), or stack the operands first."
        )


softmax = reading(shares_of_exponentials)
log_softmax = reading(log_of_shares)
log_total = reading(log_sum_exp_along)
logsumexp = reading(log_sum_exp)
