"""How an operation takes a batch: all entries of `vmap` at once, along an axis before their own.

A class body says so in `batch`, with a rule from here or one of its own. A rule takes the
operation, its operands as Slots and its attributes, and returns the values of all entries along a
first axis, or None where it cannot. That the operands fit has been checked by `shape` before.
Knows no operation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.shapes import sum_to_shape
from chainrule.errors import ShapeError
from chainrule.language.axes import axes_of

__all__ = [
    "Slot",
    "aligned",
    "all_entries",
    "along_axes",
    "along_axis_or_row",
    "broadcast_entries",
    "fold_of_entries",
    "in_a_row",
    "of_last_axes",
    "reshaped_entries",
    "shifted",
    "size_of",
    "summed_entries",
    "zeros_of",
]

# What the attributes are called that name axes.
AXES = frozenset(("axis", "axis1", "axis2", "source", "destination"))


class Slot:
    """What a step comes to: one value for all entries, or a batch of them along a first axis.

    Entries of different shapes, such as the states of loops that end when they like, are a list.
    """

    __slots__ = ("is_batch", "value")

    def __init__(self, value: Any, *, is_batch: bool) -> None:
        self.value = value
        self.is_batch = is_batch

    @property
    def shape(self) -> Any:
        """The shape of an entry; of several values a Bundle of shapes."""
        if type(self.value) is Bundle:
            return Bundle([tuple(np.shape(part)[self.is_batch :]) for part in self.value])
        return tuple(np.shape(self.value)[self.is_batch :])

    @property
    def ndim(self) -> int:
        """The number of axes of an entry."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many entries a batch has."""
        return len(self.value[0] if type(self.value) is Bundle else self.value)

    @property
    def is_ragged(self) -> bool:
        """Whether the entries have different shapes."""
        several = self.value if type(self.value) is Bundle else [self.value]
        return any(type(values) is list for values in several)

    def lined_up(self, ndim: int) -> Any:
        """Return the value, its entries having so many axes at least."""
        if not self.is_batch or self.ndim >= ndim:
            return self.value
        size = len(self.value)
        return self.value.reshape(size, *[1] * (ndim - self.ndim), *self.shape)

    def entry(self, number: int) -> Any:
        """Return an entry."""
        if not self.is_batch:
            return self.value
        if type(self.value) is Bundle:
            return Bundle([values[number] for values in self.value])
        return self.value[number]

    def whole(self, size: int) -> Any:
        """Return it as a batch of so many entries.

        Raises: ShapeError for entries of different shapes.
        """
        if self.is_ragged:
            shapes = sorted({str(np.shape(entry)) for entry in self.value})
            raise ShapeError(
                f"the answers of vmap have different shapes, {' and '.join(shapes)}, and cannot "
                "be stacked. Give every entry an answer of one shape."
            )
        if self.is_batch:
            return self.value
        if type(self.value) is Bundle:
            return Bundle([np.broadcast_to(part, (size, *np.shape(part))) for part in self.value])
        return np.broadcast_to(self.value, (size, *np.shape(self.value)))


def size_of(operands: Sequence[Slot]) -> int:
    """Return how many entries there are; one operand at least is a batch."""
    return next(operand.size for operand in operands if operand.is_batch)


def all_entries(operands: Sequence[Slot]) -> list[Any]:
    """Return every operand as a batch."""
    size = size_of(operands)
    return [operand.whole(size) for operand in operands]


def aligned(operands: Sequence[Slot], ndim: int = 0) -> list[Any]:
    """Return every operand as a batch, their entries having as many axes as the one with most."""
    most = max([ndim, *[operand.ndim for operand in operands]])
    return [Slot(whole, is_batch=True).lined_up(most) for whole in all_entries(operands)]


def shifted(axis: Any, ndim: int) -> Any:
    """Return axes of entries, one or several, counted from the first axis of a batch."""
    places = axes_of(axis, ndim)
    return places[0] + 1 if isinstance(axis, int) else tuple([place + 1 for place in places])


def in_a_row(operand: Slot) -> Any:
    """Return a batch with the elements of each entry in a row."""
    return operand.value.reshape(len(operand.value), math.prod(operand.shape))


def reshaped_entries(operand: Slot, shape: Sequence[int]) -> Any:
    """Return a batch with its entries in another shape."""
    return operand.value.reshape(len(operand.value), *shape)


def zeros_of(operand: Slot, size: int) -> Any:
    """Return zeros in the shape of a batch, of which only the shape is looked at."""
    return np.broadcast_to(0.0, (size, *operand.shape))


def broadcast_entries(operand: Slot, shape: Sequence[int]) -> Any:
    """Repeat the entries of a batch to a shape."""
    lined = operand.lined_up(len(shape))
    return np.broadcast_to(lined, (len(lined), *shape))


def summed_entries(operand: Slot, shape: Sequence[int]) -> Any:
    """Sum the entries of a batch down to a shape that was broadcast to theirs."""
    extra = operand.ndim - len(shape)
    value = operand.value
    summed = np.sum(value, axis=tuple(range(1, extra + 1))) if extra > 0 else value
    lined = Slot(summed, is_batch=True).lined_up(len(shape))
    return sum_to_shape(lined, (len(lined), *shape))


# --- rules


def of_last_axes(operation: Any, operands: Sequence[Slot], attributes: Sequence[Any]) -> Any:
    """Take an operation on the last axes, which takes any axes before them: linear algebra."""
    return operation.on_array(*aligned(operands), *attributes)


def along_axes(operation: Any, operands: Sequence[Slot], attributes: Sequence[Any]) -> Any:
    """Take an operation along axes that its attributes name; None stands for all axes."""
    arrays = aligned(operands)
    ndim = arrays[0].ndim - 1
    moved = [
        (shifted(tuple(range(ndim)) if value is None else value, ndim) if name in AXES else value)
        for name, value in zip(operation.keywords, attributes, strict=True)
    ]
    return operation.on_array(*arrays, *moved)


def along_axis_or_row(operation: Any, operands: Sequence[Slot], attributes: Sequence[Any]) -> Any:
    """Take an operation of one operand along its axis; None puts the elements in a row."""
    (operand,) = operands
    settings = dict(zip(operation.keywords, attributes, strict=True))
    if settings["axis"] is not None:
        return along_axes(operation, operands, attributes)
    settings["axis"] = 1
    return operation.on_array(in_a_row(operand), *settings.values())


def fold_of_entries(operation: Any, operands: Sequence[Slot], attributes: Sequence[Any]) -> Any:
    """Fold one operand along axes of the entries; the axis is the first attribute."""
    (folded,) = operands
    axis = attributes[0]
    axes = shifted(tuple(range(folded.ndim)) if axis is None else axis, folded.ndim)
    return operation.on_array(folded.value, axes, *attributes[1:])
