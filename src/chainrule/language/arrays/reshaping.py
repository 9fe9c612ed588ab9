"""The same elements in another shape: axes merged, added, dropped or repeated."""

from __future__ import annotations

from operator import methodcaller
from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.sizes import UNKNOWN, Shape, fits, in_words, product
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arrays.transposing import CUBE, TABLE, whole_numbers
from chainrule.language.batches import broadcast_entries, reshaped_entries, size_of
from chainrule.language.composition import composed
from chainrule.language.expression import operators
from chainrule.language.folds import axes_of, broadcast_as, repeated_to, second_operand, sum_as
from chainrule.language.kinds import reading, structural

__all__ = [
    "axis_insertion",
    "axis_removal",
    "broadcast_to",
    "broadcasting_to",
    "expand_dims",
    "flatten",
    "flattening",
    "ravel",
    "reshape",
    "reshape_as",
    "reshaping",
    "reshaping_as",
    "squeeze",
    "unsqueeze",
]


def reshape_to(shape: Shape, wanted: Shape) -> Any:
    """Return a function that brings arrays of one shape to another; None for numbers."""
    return methodcaller("reshape", wanted) if shape else None


class reshaping(structural):
    """The elements of an array, in their order, in another shape; the last axis runs first.

    shape: the sizes of the axes, or one size; -1 stands for what the others leave.
    Raises: ShapeError where the number of elements does not fit.
    """

    keywords = {"shape": (-1,)}
    positional = ("x", "shape")
    makes_arrays = True
    notation = function("reshape", keywords=("shape",), defaults=(None,))
    rule = "reshape"
    samples = (
        (TABLE, {"shape": (3, 2)}),
        (CUBE, {"shape": (4, -1)}),
        (2.0, {"shape": (1, 1)}),
        (TABLE[:1, :1], {"shape": ()}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the sizes, checked."""
        sizes = whole_numbers("reshape's shape", given.get("shape", -1), least=-1)
        sizes = sizes if isinstance(sizes, tuple) else (sizes,)
        if sizes.count(-1) > 1:
            raise OperationError(f"reshape's shape {sizes} leaves more than one size open.")
        return (sizes,)

    def forward(x, shape):
        return np.reshape(x, reshaped(np.shape(x), shape))

    def for_shapes(have, shape):
        return reshape_to(have, reshaped(have, shape))

    def batch(operation, operands, attributes):
        (x,) = operands
        return reshaped_entries(x, reshaped(x.shape, *attributes))

    def pull(g, y, x, shape):
        return (reshape_as(g, x),)

    def push(tangents, y, x, shape):
        return reshape(broadcast_as(tangents[0], x), shape=shape)

    def shape(have, shape):
        return reshaped(have, shape)


def reshaped(shape: Shape, wanted: tuple[int, ...]) -> Shape:
    """Return the shape that a reshaping gives, what was left open worked out.

    Raises: ShapeError with both shapes.
    """
    total = product(shape)
    given = product([size for size in wanted if size != -1])
    rest = total // given if -1 in wanted and given else 1
    if not fits(rest * given, total) or (-1 in wanted and not given):
        raise ShapeError(
            f"shape {in_words(shape)} has {total} elements, which do not fit into shape "
            f"{in_words(wanted)}. The sizes must multiply to as many; -1 stands for what the "
            "others leave."
        )
    return tuple([rest if size == -1 else size for size in wanted])


class reshaping_as(structural):
    """The elements of an array in the shape of another."""

    notation = function("reshape_as")
    rule = "reshape"
    samples = ((TABLE, np.ones((3, 2))), (TABLE, np.ones(6)), (np.ones((1, 1)), 2.0))

    def forward(value, like):
        return np.reshape(value, reshaped(np.shape(value), np.shape(like)))

    def for_shapes(shape, like):
        reshape = reshape_to(shape, like)
        return reshape and (lambda value, _: reshape(value))

    def batch(operation, operands, attributes):
        value, like = operands
        return value.whole(size_of(operands)).reshape(size_of(operands), *like.shape)

    def pull(g, y, value, like):
        return reshape_as(g, value), 0

    def push(tangents, y, value, like):
        return 0 if tangents[0] is None else reshape_as(broadcast_as(tangents[0], value), like)

    shape_sources = second_operand

    def shape(shape, like):
        return reshaped(shape, like)


class flattening(composed):
    """All elements of an array in a row; the last axis runs first.

    Shapes: (...) -> (n,).
    """

    notation = function("ravel")
    makes_arrays = True
    rule = "reshape"
    samples = ((TABLE,), (CUBE,), (2.0,))

    def meaning(x):
        return reshape(x, shape=(-1,))


class axis_removal(structural):
    """An array without its axes of length 1, or without those named.

    axis: an axis, several, or None for all of length 1.
    Raises: ShapeError for an axis of another length.
    """

    keywords = {"axis": None}
    positional = ("x", "axis")
    notation = function("squeeze", keywords=("axis",), defaults=(None,))
    rule = "reshape"
    samples = (
        (TABLE[None],),
        (TABLE[:, None, :], {"axis": 1}),
        (np.ones((1, 2, 1)), {"axis": (0, -1)}),
        (2.0,),
    )

    def forward(x, axis):
        return np.reshape(x, squeezed(np.shape(x), axis))

    def for_shapes(shape, axis):
        return reshape_to(shape, squeezed(shape, axis))

    def batch(operation, operands, attributes):
        (x,) = operands
        return reshaped_entries(x, squeezed(x.shape, *attributes))

    def pull(g, y, x, axis):
        return (reshape_as(g, x) if axis is None else expand_dims(g, axis=axis),)

    def push(tangents, y, x, axis):
        return squeeze(broadcast_as(tangents[0], x), axis=axis)

    def shape(shape, axis):
        return squeezed(shape, axis)


def squeezed(shape: Shape, axis: Any) -> Shape:
    """Return a shape without axes of length 1.

    Raises: ShapeError for an axis of another length; ValueError where nobody knows which have it.
    """
    if axis is None:
        if UNKNOWN in shape:
            raise ValueError(shape)
        return tuple([size for size in shape if size != 1])
    axes = axes_of(axis, len(shape))
    for place in axes:
        if not fits(shape[place], 1):
            raise ShapeError(
                f"axis {place} of shape {in_words(shape)} has size {shape[place]}, and only an "
                "axis of size 1 can be dropped. To take one element of it, write x[0]."
            )
    return tuple([size for place, size in enumerate(shape) if place not in axes])


class axis_insertion(structural):
    """An array with new axes of length 1, at the places that they have in the result.

    axis: a place, or several.
    Raises: ShapeError for a place that the result does not have.
    """

    keywords = {"axis": 0}
    positional = ("x", "axis")
    makes_arrays = True
    notation = function("expand_dims", keywords=("axis",), defaults=(None,))
    rule = "reshape"
    samples = (
        (TABLE, {"axis": 1}),
        (TABLE, {"axis": (0, -1)}),
        (2.0, {"axis": 0}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the places, checked."""
        return (whole_numbers("expand_dims's axis", given.get("axis", 0)),)

    def forward(x, axis):
        return np.reshape(x, expanded(np.shape(x), axis))

    def for_shapes(shape, axis):
        return reshape_to(shape, expanded(shape, axis))

    def batch(operation, operands, attributes):
        (x,) = operands
        return reshaped_entries(x, expanded(x.shape, *attributes))

    def pull(g, y, x, axis):
        return (squeeze(g, axis=axis),)

    def push(tangents, y, x, axis):
        return expand_dims(broadcast_as(tangents[0], x), axis=axis)

    def shape(shape, axis):
        return expanded(shape, axis)


def expanded(shape: Shape, axis: Any) -> Shape:
    """Return a shape with new axes of length 1."""
    count = len(axis) if isinstance(axis, tuple) else 1
    axes = axes_of(axis, len(shape) + count)
    rest = iter(shape)
    return tuple([1 if place in axes else next(rest) for place in range(len(shape) + count)])


class broadcasting_to(structural):
    """An array repeated to a shape by NumPy's rules: along new axes, and along those of length 1.

    shape: the sizes of the axes, or one size.
    Raises: ShapeError where it does not fit.
    """

    keywords = {"shape": ()}
    positional = ("x", "shape")
    makes_arrays = True
    notation = function("broadcast_to", keywords=("shape",), defaults=(None,))
    rule = "sum"
    samples = (
        (TABLE, {"shape": (2, 2, 3)}),
        (TABLE[:, :1], {"shape": (2, 4)}),
        (2.0, {"shape": (3,)}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the sizes, checked."""
        sizes = whole_numbers("broadcast_to's shape", given.get("shape", ()), least=0)
        return (sizes if isinstance(sizes, tuple) else (sizes,),)

    def forward(x, shape):
        return np.broadcast_to(x, repeated_to(np.shape(x), shape))

    def batch(operation, operands, attributes):
        (x,) = operands
        return broadcast_entries(x, *attributes)

    def pull(g, y, x, shape):
        return (sum_as(g, x),)

    def push(tangents, y, x, shape):
        return broadcast_to(broadcast_as(tangents[0], x), shape=shape)

    def shape(have, shape):
        return repeated_to(have, shape)


reshape = reading(reshaping)
reshape_as = reading(reshaping_as)
ravel = flatten = reading(flattening)
squeeze = reading(axis_removal)
expand_dims = unsqueeze = reading(axis_insertion)
broadcast_to = reading(broadcasting_to)
operators.fill({"reshape": reshape, "ravel": ravel, "squeeze": squeeze})
