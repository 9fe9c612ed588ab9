"""An array cut into several along an axis; what flows back is joined again."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.node import Node
from chainrule.engine.notation import function
from chainrule.engine.sizes import UNKNOWN, Shape, Size, fits, in_words, length_of
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arrays.joining import concatenate, filled, numbered
from chainrule.language.arrays.transposing import TABLE, whole_numbers
from chainrule.language.batches import along_axes
from chainrule.language.folds import axis_of, broadcast_as
from chainrule.language.kinds import reading, structural
from chainrule.language.parts import names_of, parts_of

__all__ = ["array_split", "split", "splitting", "unbind", "unstack"]


class splitting(structural):
    """An array cut along an axis into equal pieces, or before given places.

    sections: how many pieces, or the places where new ones begin. axis: the axis to cut.
    uneven: let the first pieces be longer by one, where it does not go without remainder.
    Raises: ShapeError where it does not.
    """

    keywords = {"sections": 2, "axis": 0, "uneven": False}
    positional = ("x", "sections", "axis")
    notation = function("split", keywords=("sections", "axis", "uneven"), defaults=(None, 0, False))
    rule = "concatenate"
    samples = (
        (TABLE, {"sections": 3, "axis": 1}),
        (TABLE, {"sections": (1, 2), "axis": -1}),
        (TABLE, {"sections": 2, "axis": 1, "uneven": True}),
        (TABLE[0], {"sections": 1}),
    )
    batch = along_axes

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the sections, checked, and the axis."""
        sections, axis, uneven = super().attribute_values(given)
        if isinstance(sections, np.ndarray):
            sections = sections.tolist()
        sections = whole_numbers("split's sections", sections)
        if isinstance(sections, int) and sections < 1:
            raise OperationError(f"split's sections must be 1 or more, not {sections}.")
        return sections, axis, uneven

    def parts(x, sections, axis, uneven):
        return numbered(sections if isinstance(sections, int) else len(sections) + 1)

    def forward(x, sections, axis, uneven):
        cut_shapes(np.shape(x), sections, axis, uneven)
        cut = np.array_split if uneven else np.split
        return Bundle(cut(np.asarray(x), sections, axis))

    def pull(g, y, x, sections, axis, uneven):
        names = splitting.parts(x, sections, axis, uneven)
        return (concatenate(*filled(g, parts_of(y, names)), axis=axis),)

    def push(tangents, y, x, sections, axis, uneven):
        return Bundle(pieces(broadcast_as(tangents[0], x), sections, axis, uneven))

    def shape(shape, sections, axis, uneven):
        return Bundle(cut_shapes(shape, sections, axis, uneven))


def cut_shapes(shape: Shape, sections: Any, axis: int, uneven: Any) -> list[Shape]:
    """Return the shapes of the pieces of an array that is split.

    Raises: ShapeError where it does not go without remainder.
    """
    place = axis_of(axis, len(shape))
    size = shape[place]
    if isinstance(sections, tuple):
        ends = [slice(start, stop) for start, stop in pairwise([0, *sections, None])]
        sizes = [length_of(cut, size) for cut in ends]
    elif isinstance(size, Size):
        sizes = [UNKNOWN if uneven else size // sections] * sections
    elif size % sections and not uneven:
        raise ShapeError(
            f"axis {place} of shape {in_words(shape)} has size {size}, which is not cut into "
            f"{sections} equal pieces. Give the places to cut at, or write array_split."
        )
    else:
        sizes = [size // sections + (number < size % sections) for number in range(sections)]
    return [(*shape[:place], piece, *shape[place + 1 :]) for piece in sizes]


split_whole = reading(splitting)


def pieces(x: Any, sections: Any, axis: int, uneven: Any) -> tuple[Any, ...]:
    """Return the pieces of an array one by one: nodes of a node, else arrays."""
    whole = split_whole(x, sections=sections, axis=axis, uneven=uneven)
    return parts_of(whole, names_of(whole))


def split(x: Any, sections: Any, axis: int = 0) -> tuple[Any, ...]:
    """Return the pieces of an array cut along an axis, as a tuple.

    sections: how many equal pieces, or the places where new ones begin, [2, 5] for x[:2], x[2:5]
    and x[5:].
    Raises: ShapeError where it does not go without remainder.

    >>> from chainrule import expression
    >>> first, second = split(expression("x"), 2)
    >>> print(first - second, (first - second).eval({"x": [5.0, 6.0, 1.0, 2.0]}))
    split(x, sections=2)[0] - split(x, sections=2)[1] [4. 4.]
    """
    return pieces(x, sections, axis, uneven=False)


def array_split(x: Any, sections: Any, axis: int = 0) -> tuple[Any, ...]:
    """Return the pieces of an array cut along an axis, the first of them longer by one if need be.

    >>> [len(piece) for piece in array_split([1.0, 2.0, 3.0, 4.0, 5.0], 3)]
    [2, 2, 1]
    """
    return pieces(x, sections, axis, uneven=True)


def unstack(x: Any, axis: int = 0, count: int | None = None) -> tuple[Any, ...]:
    """Return the elements along an axis one by one, as a tuple: x[0], x[1] and so on.

    count: how many there are; it need not be said where the shape is known.
    Raises: ShapeError where nobody knows how many there are.

    >>> from chainrule import vector
    >>> a, b, c = unstack(vector("v", 3))
    >>> print(a * b - c)
    v[0]*v[1] - v[2]
    """
    shape = x.shape if isinstance(x, Node) else np.shape(x)  # type: ignore[attr-defined]  # an expression
    place = axis
    if shape is not None:
        place = axis_of(axis, len(shape))
        count = shape[place] if count is None else count
        if not fits(shape[place], count):
            raise ShapeError(
                f"axis {axis} has {shape[place]} elements, not {count}: {in_words(shape)}."
            )
    if not isinstance(count, int):
        raise ShapeError(
            f"how many elements {x} has along axis {axis} is not known before there are values. "
            "Say so, unstack(x, count=3), or give the variable a shape."
        )
    before, after = (slice(None),) * max(place, 0), (slice(None),) * (-place - 1)
    keys = [(*before, number) if place >= 0 else (..., number, *after) for number in range(count)]
    array: Any = x if isinstance(x, Node) else np.asarray(x)
    return tuple([array[key[0] if len(key) == 1 else key] for key in keys])


unbind = unstack
