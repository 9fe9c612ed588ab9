"""Folds over the elements of an array: sum and count; and spreading them back.

A cotangent that flows into a fold is spread to the shape of what was folded; a tangent is spread
before it is folded, since an operand may have been broadcast.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.node import Node
from chainrule.engine.notation import function
from chainrule.engine.order import order
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import sum_to_shape
from chainrule.engine.tidy import constant_value
from chainrule.errors import OperationError, ShapeError
from chainrule.language.kinds import reading, structural

__all__ = [
    "FOLD",
    "broadcast_as",
    "broadcasting",
    "count",
    "counting",
    "fitted",
    "spread",
    "sum",
    "sum_as",
    "summation",
    "summation_as",
]

FOLD = {"axis": None, "keepdims": False}


def folded_shape(shape: tuple[int, ...], axis: Any, keepdims: Any) -> tuple[int, ...]:
    """Return the shape that folding leaves.

    Raises: ShapeError for an axis that the shape does not have.
    """
    axes = axes_of(axis, len(shape))
    if keepdims:
        return tuple(1 if place in axes else size for place, size in enumerate(shape))
    return tuple(size for place, size in enumerate(shape) if place not in axes)


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return the axes meant by an axis, a tuple of them, or None for all."""
    if axis is None:
        return tuple(range(ndim))
    listed = axis if isinstance(axis, tuple) else (axis,)
    for item in listed:
        if isinstance(item, bool) or not isinstance(item, int):
            raise OperationError(f"axis must be a whole number or several, not {item!r}.")
        if not -ndim <= item < ndim:
            raise ShapeError(
                f"axis {item} is out of range for an array of {ndim} "
                f"{'axis' if ndim == 1 else 'axes'}. Count from 0, or from the end with -1."
            )
    return tuple(item % ndim for item in listed)


def unfolded(value: Any, like: Any, axis: Any, keepdims: Any) -> Any:
    """Put back the axes that a fold took, with length 1, so that broadcasting lines up."""
    if axis is None or keepdims or np.ndim(like) == np.ndim(value):
        return value
    return np.expand_dims(value, axes_of(axis, np.ndim(like)))


def same_leaves(value: Node, like: Node) -> bool:
    """Tell whether a value surely has the shape of another: both elementwise, over its leaves."""
    leaves: list[set[Node]] = []
    for root in (value, like):
        listed = order([root])
        if not all(type(item).is_elementwise for item in listed):  # type: ignore[attr-defined]
            return False
        leaves.append({item for item in listed if not item.arguments and shaped(item)})
    return leaves[1] <= leaves[0]


def shaped(leaf: Any) -> bool:
    """Tell whether a leaf may have a shape: a variable, or a constant array."""
    return type(leaf).role is Role.VARIABLE or np.ndim(leaf.attributes[0]) > 0


class broadcasting(structural):
    """A value repeated to the shape of another."""

    notation = function("broadcast_as")
    samples = ((2.0, np.array([1.0, 2.0, 3.0])),)

    def forward(value, like):
        return np.broadcast_to(value, np.shape(like))

    def pull(g, y, value, like):
        return sum_as(g, value), 0

    def push(tangents, y, value, like):
        return 0 if tangents[0] is None else broadcast_as(tangents[0], like)

    def shape(shape, like):
        return like

    def simplify(assume_finite, value, like):
        return value if same_leaves(value, like) else None


class summation_as(structural):
    """A value summed down to the shape of an operand that was broadcast into it."""

    notation = function("sum_as")
    samples = ((np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 2.0])),)

    def forward(value, like):
        return sum_to_shape(value, np.shape(like))

    def pull(g, y, value, like):
        return broadcast_as(g, value), 0

    def push(tangents, y, value, like):
        return 0 if tangents[0] is None else sum_as(broadcast_as(tangents[0], value), like)

    def shape(shape, like):
        return like

    def simplify(assume_finite, value, like):
        if type(value) is summation_as:
            return (
                sum_as(value.arguments[0], like) if same_leaves(value.arguments[1], like) else None
            )
        return value if same_leaves(like, value) else None


class spread_fold(structural):
    """What flows into a fold, spread over what was folded along `axis`."""

    keywords = FOLD
    samples = ((2.0, np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])),)

    def forward(value, like, axis, keepdims):
        return np.broadcast_to(unfolded(value, like, axis, keepdims), np.shape(like))

    def pull(g, y, value, like, axis, keepdims):
        return sum(g, axis=axis, keepdims=keepdims), 0

    def push(tangents, y, value, like, axis, keepdims):
        return 0 if tangents[0] is None else spread(tangents[0], like, axis=axis, keepdims=keepdims)

    def shape(shape, like, axis, keepdims):
        return like

    def simplify(assume_finite, value, like, axis, keepdims):
        return broadcast_as(value, like) if axis is None and not keepdims else None


class summation(structural):
    """Sum over all elements, or along an axis.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    """

    notation = function("sum", latex=r"\sum", keywords=("axis", "keepdims"), defaults=(None, False))
    keywords = FOLD
    samples = ((np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), (2.0,))
    forward = staticmethod(lambda x, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims))

    def pull(g, y, x, axis, keepdims):
        return (spread(g, x, axis=axis, keepdims=keepdims),)

    def push(tangents, y, x, axis, keepdims):
        return sum(broadcast_as(tangents[0], x), axis=axis, keepdims=keepdims)

    def shape(shape, axis, keepdims):
        return folded_shape(shape, axis, keepdims)

    def simplify(assume_finite, x, axis, keepdims):
        if type(x) is broadcasting and axis is None and constant_value(x.arguments[0]) is not None:
            return x.arguments[0] * count(x.arguments[1])
        return None


class counting(structural):
    """Number of elements, in all or along an axis; its derivative is 0."""

    notation = function("count", keywords=("axis", "keepdims"), defaults=(None, False))
    keywords = FOLD
    samples = ((np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), (2.0,))

    def forward(x, axis, keepdims):
        return np.sum(np.ones(np.shape(x)), axis=axis, keepdims=keepdims)

    def pull(g, y, x, axis, keepdims):
        return (0,)

    def push(tangents, y, x, axis, keepdims):
        return 0

    def shape(shape, axis, keepdims):
        return folded_shape(shape, axis, keepdims)


sum = reading(summation)  # NumPy's name; a star import leaves Python's alone
count = reading(counting)
broadcast_as = reading(broadcasting)
sum_as = reading(summation_as)
spread = reading(spread_fold)


def fitted(contribution: Any, operand: Any) -> Any:
    """Bring a contribution to its operand's shape, on numbers or on nodes."""
    if isinstance(contribution, Node) or isinstance(operand, Node):
        return sum_as(contribution, operand)
    return sum_to_shape(contribution, np.shape(operand))
