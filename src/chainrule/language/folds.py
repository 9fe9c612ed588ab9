"""Folds over the elements of an array: sum and count; and spreading them back.

A cotangent that flows into a fold is spread to the shape of what was folded; a tangent is spread
before it is folded, since an operand may have been broadcast.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.engine.array_kernels import fitting
from chainrule.engine.inference import declarations, shape_leaves, shape_of
from chainrule.engine.node import Node
from chainrule.engine.notation import function
from chainrule.engine.order import order
from chainrule.engine.protocol import Role
from chainrule.engine.recipes import Count, Expand, Recipe, Repeat, Same, Total
from chainrule.engine.shapes import repeated_as, sum_to_shape
from chainrule.engine.sizes import UNKNOWN, Shape, broadcast, fits, in_words
from chainrule.engine.tidy import constant_value
from chainrule.errors import ShapeError
from chainrule.language.arithmetic import division
from chainrule.language.axes import axes_of, axis_of
from chainrule.language.batches import Slot, broadcast_entries, shifted, size_of, summed_entries
from chainrule.language.expression import operators
from chainrule.language.helpers import folds_in_javascript
from chainrule.language.kinds import reading, structural
from chainrule.language.simplifying.factors import collected, factors_of

__all__ = [
    "FOLD",
    "axes_of",
    "axis_of",
    "broadcast_as",
    "broadcasting",
    "count",
    "counting",
    "fitted",
    "lined_up",
    "spread",
    "sum",
    "sum_as",
    "summation",
    "summation_as",
]

FOLD = {"axis": None, "keepdims": False}
EXACT_IN_SINGLE = 2**24  # whole numbers up to this one are exact in single precision


def folded_shape(shape: Shape, axis: Any, keepdims: Any) -> Shape:
    """Return the shape that folding leaves.

    Raises: ShapeError for an axis that the shape does not have.
    """
    axes = axes_of(axis, len(shape))
    if keepdims:
        return tuple(1 if place in axes else size for place, size in enumerate(shape))
    return tuple(size for place, size in enumerate(shape) if place not in axes)


def repeated_to(shape: Shape, wanted: Shape) -> Shape:
    """Return the shape wanted.

    Raises: ShapeError where an array of the other cannot be repeated to it.
    """
    pairs = zip(reversed(shape), reversed(wanted), strict=False)
    if len(shape) > len(wanted) or not all(size == 1 or fits(size, to) for size, to in pairs):
        raise ShapeError(
            f"shape {in_words(shape)} cannot be repeated to shape {in_words(wanted)}: counted "
            "from the last, each of its axes must have the same size there, or size 1."
        )
    return wanted


def unfolded(value: Any, like: Any, axis: Any, keepdims: Any) -> Any:
    """Put back the axes that a fold took, with length 1, so that broadcasting lines up."""
    if axis is None or keepdims or np.ndim(like) == np.ndim(value):
        return value
    return np.expand_dims(value, axes_of(axis, np.ndim(like)))


def lined_up(fold: Recipe, axes: tuple[int, ...]) -> Recipe:
    """Return the recipe of a fold with its axes put back, where broadcasting needs them."""
    leading = sorted(axes) == list(range(len(axes)))
    return fold if leading else Expand(fold, axes)


def summed_axes(have: Shape, shape: Shape) -> tuple[int, ...]:
    """Return the axes over which a value is summed to the shape of an operand."""
    extra = len(have) - len(shape)
    stretched = [
        place
        for place, size in enumerate(have)
        if place >= extra and shape[place - extra] == 1 and size != 1
    ]
    return (*range(extra), *stretched)


def second_operand(operands: Any, attributes: Any) -> Any:  # noqa: ARG001 - a rule's signature
    """Name the operand that gives an operation its shape: the one to look like."""
    return operands[1:2]


def number_if_folded_whole(operands: Any, attributes: Any) -> Any:  # noqa: ARG001 - a rule's signature
    """Say that a fold over all axes is a number; of another, only the fold knows the shape."""
    return () if attributes[0] is None and not attributes[1] else None


class broadcasting(structural, operator="spread"):
    """A value repeated to the shape of another."""

    notation = function("broadcast_as")
    samples = ((2.0, np.array([1.0, 2.0, 3.0])),)
    spell = {"javascript": "broadcastAs({0}, {1})"}
    helpers = {"javascript": folds_in_javascript}

    def forward(value, like):
        try:
            return repeated_as(value, np.shape(like))
        except ValueError:
            repeated_to(np.shape(value), np.shape(like))  # raises, with words
            raise

    def is_identity(shape, like):
        return shape == like

    def batch(operation, operands, attributes):
        value, like = operands
        size = size_of(operands)
        return broadcast_entries(Slot(value.whole(size), is_batch=True), like.shape)

    def lower(shapes, numbers, attributes):
        return Repeat(0)

    def pull(g, y, value, like):
        return sum_as(g, value), 0

    def push(tangents, y, value, like):
        return 0 if tangents[0] is None else broadcast_as(tangents[0], like)

    def shape(shape, like):
        return repeated_to(shape, like)

    shape_sources = second_operand

    def simplify(assume_finite, value, like):
        return value if shape_leaves(like) <= shape_leaves(value) else None


class summation_as(structural):
    """A value summed down to the shape of an operand that was broadcast into it."""

    notation = function("sum_as")
    samples = ((np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 2.0])),)
    spell = {"javascript": "sumAs({0}, {1})"}
    helpers = {"javascript": folds_in_javascript}
    rows = "sum"

    def forward(value, like):
        try:
            return sum_to_shape(value, np.shape(like))
        except ValueError:
            repeated_to(np.shape(like), np.shape(value))  # raises, with words
            raise

    def is_identity(shape, like):
        return shape == like

    def for_shapes(shape, like):
        extra = len(shape) - len(like)
        kept = zip(shape[extra:], like, strict=True) if extra >= 0 else ()
        sizes = list(kept)
        if extra < 0 or any(want not in {1, have} for have, want in sizes):
            return None  # it is repeated
        axes = [extra + n for n, (have, want) in enumerate(sizes) if want == 1 != have]
        folded = (*range(extra), *axes)
        return lambda value, _: np.add.reduce(value, axis=folded).reshape(like)

    def batch(operation, operands, attributes):
        value, like = operands
        return summed_entries(Slot(value.whole(size_of(operands)), is_batch=True), like.shape)

    def lower(shapes, numbers, attributes):
        have, _, shape = shapes
        axes = summed_axes(have, shape)
        if len(have) <= len(shape) and not axes:
            return Same(0) if have == shape else Repeat(0)
        if len(have) > len(shape) and any(axis >= len(have) - len(shape) for axis in axes):
            return None
        return Total(0, axes, keepdims=len(have) == len(shape))

    def pull(g, y, value, like):
        return broadcast_as(g, value), 0

    def push(tangents, y, value, like):
        return 0 if tangents[0] is None else sum_as(broadcast_as(tangents[0], value), like)

    def shape(shape, like):
        broadcast(shape, like)  # raises; an axis of one element stands for all of an operand's
        return like

    shape_sources = second_operand

    def simplify(assume_finite, value, like):
        leaves = shape_leaves(like)
        if shape_leaves(value) == leaves:
            return value
        return merged_sum(value, like, leaves)


def merged_sum(value: Node, like: Node, leaves: frozenset[Node]) -> Any:
    """Merge the sums and spreads inside a sum, and take out of it what is a number.

    sum_as(sum_as(a, r)*b, x) is sum_as(a*b, x) where b and x vary within r; a factor spread to a
    shape that the others have anyway need not be spread.
    """
    flat = factors_of(value)
    if flat is None:
        return None
    number, waiting = flat
    outside: list[Any] = []
    below: list[Any] = []
    inside: list[Any] = []
    changed = False
    while waiting:
        factor = waiting.pop()
        others = frozenset().union(*[shape_leaves(item) for item in waiting + inside])
        inner = None
        if type(factor) is broadcasting and shape_leaves(factor.arguments[1]) <= others:
            inner = factor.arguments[0]
        elif type(factor) is summation_as:
            around = shape_leaves(factor.arguments[1])
            inner = factor.arguments[0] if others | leaves <= around else None
        elif type(factor) is division and not shape_leaves(factor.arguments[1]):
            inner = factor.arguments[0]
            below.insert(0, factor.arguments[1])
        if inner is not None:
            sign, parts = factors_of(inner) or (1, [inner])
            number *= sign
            waiting += parts
        elif not shape_leaves(factor) and constant_value(factor) is None:
            outside.insert(0, factor)
        else:
            inside.insert(0, factor)
            continue
        changed = True
    if not changed or not inside:
        return None
    total = sum_as(collected(number, inside), like)
    total = total * collected(1, outside) if outside else total
    return total / collected(1, below) if below else total


class spread_fold(structural):
    """What flows into a fold, spread over what was folded along `axis`."""

    keywords = FOLD
    samples = ((2.0, np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])),)
    spell = {"javascript": "broadcastAs({0}, {1})"}
    helpers = {"javascript": folds_in_javascript}

    def forward(value, like, axis, keepdims):
        return repeated_as(unfolded(value, like, axis, keepdims), np.shape(like))

    def is_identity(shape, like, axis, keepdims):
        return shape == like

    def batch(operation, operands, attributes):
        value, like = operands
        axis, keepdims = attributes
        whole = value.whole(size_of(operands))
        if axis is not None and not keepdims and value.ndim != like.ndim:
            axes = shifted(axis, like.ndim)
            whole = np.expand_dims(whole, axes)
        return broadcast_entries(Slot(whole, is_batch=True), like.shape)

    def lower(shapes, numbers, attributes):
        value, like, _ = shapes
        axis, keepdims = attributes
        if axis is None or keepdims or len(value) == len(like):
            return Repeat(0)
        return Repeat(0, axes_of(axis, len(like)))

    def told(axis, keepdims):
        return "spread over all elements" if axis is None else f"spread along axis {axis}"

    def pull(g, y, value, like, axis, keepdims):
        return sum(g, axis=axis, keepdims=keepdims), 0

    def push(tangents, y, value, like, axis, keepdims):
        return 0 if tangents[0] is None else spread(tangents[0], like, axis=axis, keepdims=keepdims)

    def shape(shape, like, axis, keepdims):
        return like

    shape_sources = second_operand

    def simplify(assume_finite, value, like, axis, keepdims):
        return broadcast_as(value, like) if axis is None and not keepdims else None


class summation(structural):
    """Sum over all elements, or along an axis.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    Without an axis, (n, 1) against (n,) inside of it is refused, since it would be n by n: write
    y[:, 0] to go row by row, x[None, :] where every pair is meant.
    """

    algebra = "total"
    notation = function("sum", latex=r"\sum", keywords=("axis", "keepdims"), defaults=(None, False))
    keywords = FOLD
    rule = "sum"
    samples = ((np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), (2.0,))
    spell = {"javascript": "sum({0}, {1}, {2})"}
    helpers = {"javascript": folds_in_javascript}
    rows = "sum"

    def forward(x, axis, keepdims):
        return np.sum(x, axis=axes_of(axis, np.ndim(x)), keepdims=keepdims)

    def is_identity(shape, axis, keepdims):
        return shape == () and axis is None

    def for_shapes(shape, axis, keepdims):
        axes = axes_of(axis, len(shape))
        return lambda x: np.add.reduce(x, axis=axes, keepdims=keepdims)

    def lower(shapes, numbers, attributes):
        return Total(0, axes_of(attributes[0], len(shapes[0])), attributes[1])

    def pull(g, y, x, axis, keepdims):
        return (spread(g, x, axis=axis, keepdims=keepdims),)

    def push(tangents, y, x, axis, keepdims):
        return sum(broadcast_as(tangents[0], x), axis=axis, keepdims=keepdims)

    shape_sources = number_if_folded_whole

    def shape(shape, axis, keepdims):
        return folded_shape(shape, axis, keepdims)

    def simplify(assume_finite, x, axis, keepdims):
        if type(x) is broadcasting and axis is None and constant_value(x.arguments[0]) is not None:
            return x.arguments[0] * count(x.arguments[1])
        return None


class counting(structural):
    """Number of elements, in all or along an axis; its derivative is 0."""

    algebra = "count"
    notation = function("count", keywords=("axis", "keepdims"), defaults=(None, False))
    keywords = FOLD
    samples = ((np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), (2.0,))
    spell = {"javascript": "count({0}, {1}, {2})"}
    helpers = {"javascript": folds_in_javascript}
    rows = "count"

    def forward(x, axis, keepdims):
        shape = np.shape(x)
        number = float(math.prod([shape[place] for place in axes_of(axis, len(shape))]))
        folded = folded_shape(shape, axis, keepdims)
        if not folded:
            return number  # Python's own, which leaves single precision what it is
        single = getattr(x, "dtype", None) == np.float32 and number <= EXACT_IN_SINGLE
        return np.full(folded, number, dtype=np.float32 if single else np.float64)

    def lower(shapes, numbers, attributes):
        return Count(0, axes_of(attributes[0], len(shapes[0]))) if shapes[1] == () else None

    def pull(g, y, x, axis, keepdims):
        return (0,)

    def push(tangents, y, x, axis, keepdims):
        return 0

    shape_sources = number_if_folded_whole

    def shape(shape, axis, keepdims):
        return folded_shape(shape, axis, keepdims)

    def simplify(assume_finite, x, axis, keepdims):
        return simpler_count(x) if axis is None and not keepdims else None


def simpler_count(x: Node) -> Any:
    """Count the elements of a declared shape: a number, or those of a variable that has it too."""
    shape = shape_of(x) if declarations else None
    if shape is None:
        return None
    if all(isinstance(size, int) for size in shape):
        return math.prod(shape)
    if UNKNOWN in shape or not x.arguments:
        return None
    for item in reversed(order([x])):  # the last term: in X @ w - y it is y
        operation: Any = type(item)
        if operation.role is Role.VARIABLE and shape_of(item) == shape:
            return count(item)
    return None


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


operators["sum"] = sum
fitting.append(fitted)
