"""Elements of an array turned around, shifted and repeated.

Each has a partner that takes back what flows out of it: a repeated element gets the sum.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.sizes import Shape, fits, in_words, product
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arrays.transposing import CUBE, TABLE, whole_numbers
from chainrule.language.batches import (
    along_axes,
    along_axis_or_row,
    in_a_row,
    reshaped_entries,
    shifted,
    size_of,
)
from chainrule.language.folds import axes_of, broadcast_as, second_operand
from chainrule.language.kinds import reading, structural

__all__ = [
    "flip",
    "flipping",
    "repeat",
    "repetition",
    "repetition_sum",
    "roll",
    "rolling",
    "tile",
    "tiling",
    "tiling_sum",
]

ROW = np.array([1.0, -2.0, 3.0])


def first_operand(operands: Any, attributes: Any) -> Any:  # noqa: ARG001 - a rule's signature
    """Say that an operation keeps the shape of its operand."""
    return operands[:1]


class flipping(structural):
    """An array in reverse order along an axis, several, or all.

    Raises: ShapeError for an axis that it does not have.
    """

    keywords = {"axis": None}
    positional = ("x", "axis")
    notation = function("flip", keywords=("axis",), defaults=(None,))
    rule = "flip"
    samples = ((TABLE,), (TABLE, {"axis": 1}), (CUBE, {"axis": (0, -1)}))
    batch = along_axes

    def forward(x, axis):
        return np.flip(x, axes_of(axis, np.ndim(x)))

    def pull(g, y, x, axis):
        return (flip(g, axis=axis),)

    def push(tangents, y, x, axis):
        return flip(broadcast_as(tangents[0], x), axis=axis)

    shape_sources = first_operand

    def shape(shape, axis):
        axes_of(axis, len(shape))
        return shape

    def simplify(assume_finite, x, axis):
        again = type(x) is flipping and x.attributes == (axis,)
        return x.arguments[0] if again else None


class rolling(structural):
    """An array shifted along an axis; what leaves at one end comes back at the other.

    shift: places, to the right where positive; several for several axes. axis: None shifts the
    elements in a row, whatever the shape.
    Raises: ShapeError for an axis that it does not have.
    """

    keywords = {"shift": 0, "axis": None}
    positional = ("x", "shift", "axis")
    notation = function("roll", keywords=("shift", "axis"), defaults=(None, None))
    rule = "roll"
    samples = (
        (ROW, {"shift": 1}),
        (TABLE, {"shift": 4}),
        (TABLE, {"shift": -1, "axis": 1}),
        (CUBE, {"shift": (1, 2), "axis": (0, -1)}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the shifts and axes, checked."""
        shift, axis = super().attribute_values(given)
        shift = whole_numbers("roll's shift", shift)
        if isinstance(shift, tuple) and (not isinstance(axis, tuple) or len(axis) != len(shift)):
            raise OperationError(f"roll by {shift} needs as many axes, not axis={axis!r}.")
        return shift, axis

    def forward(x, shift, axis):
        return np.roll(x, shift, None if axis is None else axes_of(axis, np.ndim(x)))

    def batch(operation, operands, attributes):
        (x,) = operands
        shift, axis = attributes
        if axis is None:
            return np.roll(in_a_row(x), shift, 1).reshape(x.value.shape)
        return np.roll(x.value, shift, shifted(axis, x.ndim))

    def pull(g, y, x, shift, axis):
        return (roll(g, shift=opposite(shift), axis=axis),)

    def push(tangents, y, x, shift, axis):
        return roll(broadcast_as(tangents[0], x), shift=shift, axis=axis)

    shape_sources = first_operand

    def shape(shape, shift, axis):
        axes_of(axis, len(shape))
        return shape


def opposite(shift: Any) -> Any:
    """Return the shift back."""
    return tuple([-item for item in shift]) if isinstance(shift, tuple) else -shift


class tiling(structural):
    """An array laid side by side so many times along each axis.

    reps: a number for the last axis, or one for each; new axes come first.
    """

    keywords = {"reps": (1,)}
    positional = ("x", "reps")
    makes_arrays = True
    notation = function("tile", keywords=("reps",), defaults=(None,))
    rule = "sum"
    samples = (
        (ROW, {"reps": (2,)}),
        (TABLE, {"reps": (3, 1, 2)}),
        (CUBE, {"reps": (2,)}),
        (2.0, {"reps": (3,)}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the numbers of times, checked."""
        reps = whole_numbers("tile's reps", given.get("reps", 1), least=0)
        return (reps if isinstance(reps, tuple) else (reps,),)

    def forward(x, reps):
        return np.tile(x, reps)

    def batch(operation, operands, attributes):
        (x,) = operands
        times, sizes = tiles(x.shape, *attributes)
        return np.tile(reshaped_entries(x, sizes), (1, *times))

    def pull(g, y, x, reps):
        return (sum_of_tiles(g, x, reps=reps),)

    def push(tangents, y, x, reps):
        return tile(broadcast_as(tangents[0], x), reps=reps)

    def shape(shape, reps):
        times, sizes = tiles(shape, reps)
        return tuple([many * size for many, size in zip(times, sizes, strict=True)])


class tiling_sum(structural):
    """The sum of the tiles of an array that was laid out of copies of another."""

    keywords = {"reps": (1,)}
    rule = "tile"
    samples = (
        (np.arange(6.0), ROW, {"reps": (2,)}),
        (np.arange(24.0).reshape(3, 4, 2), np.ones((2, 2)), {"reps": (3, 2, 1)}),
    )

    def forward(value, like, reps):
        times, sizes = tiles(np.shape(like), reps)
        check_copies(np.shape(value), tiling.shape(np.shape(like), reps), np.shape(like))
        paired = [size for pair in zip(times, sizes, strict=True) for size in pair]
        copies = np.reshape(value, paired)
        return np.reshape(np.sum(copies, axis=tuple(range(0, len(paired), 2))), np.shape(like))

    def batch(operation, operands, attributes):
        value, like = operands
        times, sizes = tiles(like.shape, *attributes)
        size = size_of(operands)
        paired = [count for pair in zip(times, sizes, strict=True) for count in pair]
        copies = value.whole(size).reshape(size, *paired)
        summed = np.sum(copies, axis=tuple(range(1, len(paired) + 1, 2)))
        return summed.reshape(size, *like.shape)

    def pull(g, y, value, like, reps):
        return tile(g, reps=reps), 0

    def push(tangents, y, value, like, reps):
        return along_value(tangents, value, like, sum_of_tiles, reps=reps)

    shape_sources = second_operand

    def shape(shape, like, reps):
        check_copies(shape, tiling.shape(like, reps), like)
        return like


def tiles(shape: Shape, reps: tuple[int, ...]) -> tuple[list[Any], list[Any]]:
    """Return how often each axis is repeated and its size, new axes first."""
    count = max(len(shape), len(reps))
    return [1] * (count - len(reps)) + [*reps], [1] * (count - len(shape)) + [*shape]


def check_copies(shape: Shape, wanted: Shape, like: Shape) -> None:
    """Refuse a sum over copies of what has another shape than the copies.

    Raises: ShapeError.
    """
    if len(shape) != len(wanted) or not all(map(fits, shape, wanted)):
        raise ShapeError(
            f"copies of an array of shape {in_words(like)} have shape {in_words(wanted)} here, "
            f"not {in_words(shape)}. Give the sum an array of that shape."
        )


def along_value(tangents: Any, value: Any, like: Any, again: Any, **attributes: Any) -> Any:
    """Push a tangent through what is linear in its value, and knows of the other the shape."""
    if tangents[0] is None:
        return 0
    return again(broadcast_as(tangents[0], value), like, **attributes)


class repetition(structural):
    """Each element of an array so many times in a row.

    repeats: a number, or one for each element along the axis. axis: None takes the elements in a
    row, whatever the shape.
    Raises: ShapeError where there are not as many repeats as elements.
    """

    keywords = {"repeats": 1, "axis": None}
    positional = ("x", "repeats", "axis")
    makes_arrays = True
    notation = function("repeat", keywords=("repeats", "axis"), defaults=(None, None))
    rule = "sum"
    samples = (
        (ROW, {"repeats": 2}),
        (TABLE, {"repeats": 3}),
        (TABLE, {"repeats": (2, 0, 1), "axis": 1}),
        (CUBE, {"repeats": 2, "axis": -2}),
    )
    batch = along_axis_or_row

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the repeats, checked, and the axis."""
        repeats, axis = super().attribute_values(given)
        if isinstance(repeats, np.ndarray):
            repeats = repeats.tolist()
        return whole_numbers("repeat's repeats", repeats, least=0), axis

    def forward(x, repeats, axis):
        repeated(np.shape(x), repeats, axis)
        return np.repeat(x, repeats, axis)

    def pull(g, y, x, repeats, axis):
        return (sum_of_repeats(g, x, repeats=repeats, axis=axis),)

    def push(tangents, y, x, repeats, axis):
        return repeat(broadcast_as(tangents[0], x), repeats=repeats, axis=axis)

    def shape(shape, repeats, axis):
        return repeated(shape, repeats, axis)


def repeated(shape: Shape, repeats: Any, axis: Any) -> Shape:
    """Return the shape of an array whose elements are repeated.

    Raises: ShapeError where there are not as many repeats as elements.
    """
    if axis is None:
        shape, axis = (product(shape),), 0
    (place,) = axes_of(axis, len(shape))
    size = shape[place]
    if isinstance(repeats, tuple) and len(repeats) == 1:
        (repeats,) = repeats
    if isinstance(repeats, tuple):
        if not fits(len(repeats), size):
            raise ShapeError(
                f"{len(repeats)} repeats do not fit axis {place} of shape {in_words(shape)}, "
                f"which has {size} elements. Give one for each, or one for all."
            )
        size = sum(repeats)
    else:
        size = size * repeats
    return (*shape[:place], size, *shape[place + 1 :])


class repetition_sum(structural):
    """The sum of the repeats of each element of another array."""

    keywords = {"repeats": 1, "axis": None}
    rule = "repeat"
    samples = (
        (np.arange(6.0), ROW, {"repeats": 2}),
        (np.arange(6.0).reshape(2, 3), np.ones((2, 3)), {"repeats": (2, 0, 1), "axis": 1}),
    )

    def forward(value, like, repeats, axis):
        shape = np.shape(like)
        check_copies(np.shape(value), repeated(shape, repeats, axis), shape)
        flat = axis is None
        place = 0 if flat else axes_of(axis, len(shape))[0]
        sizes = (np.size(like),) if flat else shape
        numbers = np.repeat(np.arange(sizes[place]), repeats)
        made = np.zeros(sizes, dtype=np.asarray(value).dtype)
        np.add.at(np.moveaxis(made, place, 0), numbers, np.moveaxis(value, place, 0))
        return np.reshape(made, shape)

    def batch(operation, operands, attributes):
        value, like = operands
        repeats, axis = attributes
        size = size_of(operands)
        shape = (math.prod(like.shape),) if axis is None else like.shape
        place = shifted(0 if axis is None else axis, len(shape))
        whole = value.whole(size)
        found = operation.on_array(whole, np.broadcast_to(0.0, (size, *shape)), repeats, place)
        return found.reshape(size, *like.shape)

    def pull(g, y, value, like, repeats, axis):
        return repeat(g, repeats=repeats, axis=axis), 0

    def push(tangents, y, value, like, repeats, axis):
        return along_value(tangents, value, like, sum_of_repeats, repeats=repeats, axis=axis)

    shape_sources = second_operand

    def shape(shape, like, repeats, axis):
        check_copies(shape, repeated(like, repeats, axis), like)
        return like


flip = reading(flipping)
roll = reading(rolling)
tile = reading(tiling)
sum_of_tiles = reading(tiling_sum)
repeat = reading(repetition)
sum_of_repeats = reading(repetition_sum)
