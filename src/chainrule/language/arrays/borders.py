"""A border of a number around an array, put on and taken off; each is the pull of the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.sizes import Shape, in_words
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arrays.transposing import CUBE, TABLE, whole_numbers
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import plain, reading, structural

__all__ = ["crop", "cropping", "pad", "padding"]


class padding(structural):
    """An array in a border of a number, as numpy.pad makes it.

    pad_width: a number of elements for every side, (before, after) for every axis, or one such
    pair for each axis. constant_values: the number, 0 unless given.
    Raises: ShapeError where there are not as many pairs as axes.
    """

    keywords = {"pad_width": 0, "constant_values": 0}
    positional = ("x", "pad_width")
    notation = function("pad", keywords=("pad_width", "constant_values"), defaults=(None, 0))
    rule = "crop"
    samples = (
        (TABLE[0], {"pad_width": (1, 2)}),
        (TABLE, {"pad_width": ((0, 1), (2, 0)), "constant_values": 5.0}),
        (CUBE, {"pad_width": 1}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the widths and the number, checked."""
        width, value = super().attribute_values(given)
        if type(value) not in (int, float):
            raise OperationError(f"pad's constant_values must be one number, not {value!r}.")
        return plain_width(width), value

    def forward(x, pad_width, constant_values):
        pairs = widths(pad_width, np.shape(x))
        return np.pad(x, pairs, constant_values=constant_values) if pairs else np.asarray(x)

    def batch(operation, operands, attributes):
        (x,) = operands
        pad_width, *rest = attributes
        return operation.on_array(x.value, ((0, 0), *widths(pad_width, x.shape)), *rest)

    def pull(g, y, x, pad_width, constant_values):
        return (crop(g, pad_width=pad_width),)

    def push(tangents, y, x, pad_width, constant_values):
        return pad(broadcast_as(tangents[0], x), pad_width=pad_width)

    def shape(shape, pad_width, constant_values):
        pairs = widths(pad_width, shape)
        return tuple([low + size + high for (low, high), size in zip(pairs, shape, strict=True)])


def plain_width(given: Any) -> Any:
    """Return a width, a pair of them, or several pairs, plain.

    Raises: OperationError for anything else.
    """
    width = plain(given.tolist() if isinstance(given, np.ndarray) else given)
    if isinstance(width, tuple) and width and all(isinstance(pair, tuple) for pair in width):
        if any(len(pair) != 2 for pair in width):
            raise OperationError(f"pad_width must be of pairs (before, after), not {given!r}.")
        return tuple([whole_numbers("pad_width", pair, least=0) for pair in width])
    width = whole_numbers("pad_width", width, least=0)
    if isinstance(width, tuple) and len(width) not in (1, 2):
        raise OperationError(f"pad_width must be of pairs (before, after), not {given!r}.")
    return width


def widths(pad_width: Any, shape: Shape) -> list[Any]:
    """Return how much comes before and after, for each axis.

    Raises: ShapeError where there are not as many pairs as axes.
    """
    if isinstance(pad_width, int):
        return [(pad_width, pad_width)] * len(shape)
    if isinstance(pad_width[0], int):
        return [(pad_width[0], pad_width[-1])] * len(shape)
    if len(pad_width) == 1:
        return [*pad_width] * len(shape)
    if len(pad_width) != len(shape):
        raise ShapeError(
            f"pad_width {pad_width} is for {len(pad_width)} axes, but the shape is "
            f"{in_words(shape)}. Give a pair (before, after) for each axis, or one for all."
        )
    return [*pad_width]


class cropping(structural):
    """An array without its border.

    pad_width: as for `pad`, of which this takes off what it added.
    Raises: ShapeError where the border is wider than the array.
    """

    keywords = {"pad_width": 0}
    positional = ("x", "pad_width")
    notation = function("crop", keywords=("pad_width",), defaults=(None,))
    rule = "pad"
    samples = ((np.arange(5.0), {"pad_width": (1, 2)}), (TABLE, {"pad_width": ((1, 0), (0, 1))}))

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the widths, checked."""
        return (plain_width(given.get("pad_width", 0)),)

    def forward(x, pad_width):
        shape = np.shape(x)
        kept = cropped(shape, pad_width)
        pairs = widths(pad_width, shape)
        places = zip(pairs, kept, strict=True)
        return np.asarray(x)[tuple([slice(low, low + size) for (low, _), size in places])]

    def batch(operation, operands, attributes):
        (x,) = operands
        pad_width, *rest = attributes
        return operation.on_array(x.value, ((0, 0), *widths(pad_width, x.shape)), *rest)

    def pull(g, y, x, pad_width):
        return (pad(g, pad_width=pad_width),)

    def push(tangents, y, x, pad_width):
        return crop(broadcast_as(tangents[0], x), pad_width=pad_width)

    def shape(shape, pad_width):
        return cropped(shape, pad_width)


def cropped(shape: Shape, pad_width: Any) -> Shape:
    """Return the shape without a border.

    Raises: ShapeError where nothing would be left of the border itself.
    """
    pairs = widths(pad_width, shape)
    kept = tuple([size - low - high for (low, high), size in zip(pairs, shape, strict=True)])
    if any(isinstance(size, int) and size < 0 for size in kept):
        raise ShapeError(
            f"shape {in_words(shape)} has no border of {pad_width} to take off. "
            "Take off less than there is along each axis."
        )
    return kept


pad = reading(padding)
crop = reading(cropping)
