"""Arrays joined into one, along an axis that they have or a new one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from chainrule.engine.attributes import below_the_name
from chainrule.engine.bundle import Bundle
from chainrule.engine.notation import ATOM, Notation, Piece, function, listing, setting
from chainrule.engine.sizes import UNKNOWN, Shape, fits, in_words
from chainrule.errors import ShapeError
from chainrule.language.arrays.making import zeros_like
from chainrule.language.arrays.reshaping import expand_dims, reshape_as
from chainrule.language.arrays.transposing import CUBE, TABLE
from chainrule.language.batches import all_entries, reshaped_entries, size_of
from chainrule.language.composition import composed
from chainrule.language.folds import axis_of, broadcast_as
from chainrule.language.kinds import reading, structural
from chainrule.language.parts import parts_of

__all__ = [
    "cat",
    "concatenate",
    "concatenation",
    "filled",
    "hstack",
    "numbered",
    "stack",
    "stacking",
    "stacking_of_columns",
    "stacking_of_rows",
    "vstack",
]

AXIS = {"axis": 0}
JOIN = {"axis": 0, "vectors": False}


def of_a_list(name: str, keywords: tuple[str, ...] = (), defaults: tuple[Any, ...] = ()) -> Any:
    """Write name([a, b], keyword=attribute); a keyword at its default is left out."""

    def pieces(count: int, attributes: Sequence[Any]) -> list[Piece]:
        words = zip(keywords, attributes, defaults, strict=True)
        settings = [f", {word}={setting(value)}" for word, value, usual in words if value != usual]
        return [f"{name}([", *listing(count), "]", *settings, ")"]

    def latex_pieces(count: int, attributes: Sequence[Any]) -> list[Piece]:
        below = below_the_name(keywords, attributes, defaults)
        return [rf"\operatorname{{{name}}}{below}\left(", *listing(count), r"\right)"]

    return Notation(ATOM, pieces, latex_pieces, ATOM, name=name, keywords=keywords)


def numbered(count: int) -> tuple[str, ...]:
    """Name so many values by their numbers."""
    return tuple(map(str, range(count)))


def place_of(axis: int, ndim: int, vectors: Any) -> int:
    """Return the axis to join along, counted from the first; of vectors, their only one if so said.

    Raises: ShapeError for an axis that is out of range.
    """
    if vectors and ndim == 1:
        return 0
    return axis_of(axis, ndim)


def joined_shape(shapes: Sequence[Shape], axis: int, vectors: Any) -> Shape:
    """Return the shape of arrays joined along an axis.

    Raises: ShapeError for numbers, and where another axis differs, with both shapes.
    """
    first = shapes[0]
    if () in shapes:
        raise ShapeError(
            "concatenate joins arrays along an axis, and a number has none. "
            "To make a vector of numbers, write stack([a, b])."
        )
    place = place_of(axis, len(first), vectors)
    made = list(first)
    for shape in shapes[1:]:
        if len(shape) != len(first):
            raise ShapeError(
                f"shapes {in_words(first)} and {in_words(shape)} cannot be joined: they have "
                f"{len(first)} and {len(shape)} axes. Give each as many; x[None] adds one."
            )
        for at, size in enumerate(shape):
            if at == place:
                made[at] = made[at] + size
            elif not fits(made[at], size):
                raise ShapeError(
                    f"shapes {in_words(first)} and {in_words(shape)} cannot be joined along axis "
                    f"{place}: along axis {at} one has {made[at]}, the other {size}. "
                    "All but the joined axis must be the same."
                )
            elif made[at] is UNKNOWN:
                made[at] = size
    return tuple(made)


def filled(parts: Any, like: Any) -> list[Any]:
    """Return parts with zeros in place of those that nothing has flowed to."""
    pairs = zip(parts, like, strict=True)
    return [
        zeros_like(other) if part is None else broadcast_as(part, other) for part, other in pairs
    ]


class concatenation(structural):
    """Arrays joined along an axis that they have; see `stack` for a new one.

    arrays: a list of arrays or expressions. axis: the axis that grows; the others must agree.
    Shapes: (n, k), (m, k) -> (n + m, k).
    Raises: ShapeError where they do not fit, with both shapes.

    >>> print(concatenate([[1.0, 2.0], [3.0]]))
    [1. 2. 3.]
    """

    keywords = JOIN
    listed = True
    notation = of_a_list("concatenate", ("axis", "vectors"), (0, False))
    rule = "split"
    samples = (
        (TABLE, TABLE[:1]),
        (TABLE[:, :2], TABLE, TABLE[:, :1], {"axis": 1}),
        (CUBE, CUBE, {"axis": -1}),
        (TABLE[0],),
    )

    def forward(*arrays):
        *operands, axis, vectors = arrays
        joined_shape([np.shape(x) for x in operands], axis, vectors)
        return np.concatenate(operands, place_of(axis, np.ndim(operands[0]), vectors))

    def for_shapes(*arrays):
        *shapes, axis, vectors = arrays
        place = place_of(axis, len(shapes[0]), vectors)
        return lambda *operands: np.concatenate(operands, place)

    def batch(operation, operands, attributes):
        axis, vectors = attributes
        place = place_of(axis, operands[0].ndim, vectors)
        return np.concatenate(all_entries(operands), place + 1)

    def pull(g, y, *arrays):
        *operands, axis, vectors = arrays
        cut = cut_as(g, *operands, axis=axis, vectors=vectors)
        return parts_of(cut, numbered(len(operands)))

    def push(tangents, y, *arrays):
        *operands, axis, vectors = arrays
        return joined(*filled(tangents, operands), axis=axis, vectors=vectors)

    def shape(*arrays):
        *shapes, axis, vectors = arrays
        return joined_shape(shapes, axis, vectors)


class separation(structural):
    """An array cut into pieces along an axis, each as long there as one of the arrays after it."""

    keywords = JOIN
    notation = function("cut_as", keywords=("axis", "vectors"), defaults=(0, False))
    rule = "concatenate"
    samples = (
        (TABLE, np.ones((1, 3)), np.ones((1, 3))),
        (TABLE, TABLE[:, :1], TABLE[:, 1:], {"axis": 1}),
    )

    def parts(*arrays):
        _, *likes, _, _ = arrays
        return numbered(len(likes))

    def forward(*arrays):
        value, *likes, axis, vectors = arrays
        shapes = [np.shape(like) for like in likes]
        check_whole(np.shape(value), joined_shape(shapes, axis, vectors))
        place = place_of(axis, np.ndim(value), vectors)
        ends = list(accumulate([shape[place] for shape in shapes], initial=0))
        return Bundle([along(value, place, *ends) for ends in pairwise(ends)])

    def for_shapes(*arrays):
        value, *likes, axis, vectors = arrays
        place = place_of(axis, len(value), vectors)
        ends = accumulate([shape[place] for shape in likes], initial=0)
        keys = [(slice(None),) * place + (slice(*between),) for between in pairwise(ends)]
        return lambda whole, *_: Bundle([whole[key] for key in keys])

    def batch(operation, operands, attributes):
        value, *likes = operands
        axis, vectors = attributes
        place = place_of(axis, value.ndim, vectors)
        ends = list(accumulate([like.shape[place] for like in likes], initial=0))
        whole = value.whole(size_of(operands))
        return Bundle([along(whole, place + 1, *between) for between in pairwise(ends)])

    def pull(g, y, *arrays):
        _, *likes, axis, vectors = arrays
        return joined(*filled(g, likes), axis=axis, vectors=vectors), *([0] * len(likes))

    def push(tangents, y, *arrays):
        value, *likes, axis, vectors = arrays
        if tangents[0] is None:
            return Bundle([None] * len(likes))
        cut = cut_as(broadcast_as(tangents[0], value), *likes, axis=axis, vectors=vectors)
        return Bundle(parts_of(cut, numbered(len(likes))))

    def shape(*arrays):
        value, *likes, axis, vectors = arrays
        check_whole(value, joined_shape(likes, axis, vectors))
        return Bundle(likes)


def check_whole(shape: Shape, wanted: Shape) -> None:
    """Refuse to cut an array into pieces that do not make it up.

    Raises: ShapeError.
    """
    if len(shape) != len(wanted) or not all(map(fits, shape, wanted)):
        raise ShapeError(
            f"the pieces have shape {in_words(wanted)} together, and the array {in_words(shape)}. "
            "They must make it up."
        )


def along(value: Any, place: int, start: int, stop: int) -> Any:
    """Return a slice along one axis."""
    return np.asarray(value)[(slice(None),) * place + (slice(start, stop),)]


class stacking(composed):
    """Arrays of one shape along a new axis; numbers become a vector.

    arrays: a list of arrays, numbers or expressions. axis: the place of the new axis.
    Shapes: (n,), (n,) -> (2, n).
    Raises: ShapeError for different shapes.

    >>> from chainrule import expression
    >>> a, b = expression("a"), expression("b")
    >>> stack([a, b, a * b]).eval({"a": 2, "b": 3})
    array([2., 3., 6.])
    """

    keywords = AXIS
    listed = True
    makes_arrays = True
    notation = of_a_list("stack", ("axis",), (0,))
    rule = "selection"
    samples = ((TABLE, -TABLE), (TABLE[0], TABLE[1], {"axis": 1}), (2.0, 3.0), (CUBE, {"axis": -1}))

    def meaning(*arrays):
        *operands, axis = arrays
        return joined(*[expand_dims(x, axis=axis) for x in operands], axis=axis)

    def forward(*arrays):
        *operands, axis = arrays
        stacked([np.shape(x) for x in operands], axis)
        return np.stack(operands, axis)

    def for_shapes(*arrays):
        *shapes, axis = arrays
        place = axis_of(axis, len(shapes[0]) + 1)
        one = (*shapes[0][:place], 1, *shapes[0][place:])
        if not shapes[0]:
            return None
        return lambda *operands: np.concatenate([x.reshape(one) for x in operands], place)

    def shape(*arrays):
        *shapes, axis = arrays
        return stacked(shapes, axis)


def stacked(shapes: Sequence[Shape], axis: int) -> Shape:
    """Return the shape of arrays stacked along a new axis.

    Raises: ShapeError for different shapes.
    """
    made = list(shapes[0])
    for shape in shapes[1:]:
        if len(shape) != len(made) or not all(map(fits, shape, made)):
            raise ShapeError(
                f"shapes {in_words(shapes[0])} and {in_words(shape)} cannot be stacked. Give "
                "arrays of one shape; concatenate joins along an axis that they have."
            )
        made = [size if one is UNKNOWN else one for one, size in zip(made, shape, strict=True)]
    place = axis_of(axis, len(made) + 1)
    return (*made[:place], len(shapes), *made[place:])


class more_axes(structural):
    """An array with at least so many axes: new ones of length 1 come first."""

    keywords = {"count": 1}
    makes_arrays = True
    rule = "reshape"
    samples = ((2.0, {"count": 2}), (TABLE[0], {"count": 2}), (TABLE, {"count": 1}))

    def forward(x, count):
        return np.reshape(x, raised(np.shape(x), count))

    def batch(operation, operands, attributes):
        (x,) = operands
        return reshaped_entries(x, raised(x.shape, *attributes))

    def pull(g, y, x, count):
        return (reshape_as(g, x),)

    def push(tangents, y, x, count):
        return with_axes(broadcast_as(tangents[0], x), count=count)

    def shape(shape, count):
        return raised(shape, count)


def raised(shape: Shape, count: int) -> Shape:
    """Return a shape of at least so many axes."""
    return (1,) * (count - len(shape)) + tuple(shape)


class stacking_of_columns(composed):
    """Arrays joined along their second axis, and vectors along their only one.

    Shapes: (n,), (m,) -> (n + m,); (k, n), (k, m) -> (k, n + m).
    Raises: ShapeError where they do not fit.
    """

    listed = True
    makes_arrays = True
    notation = of_a_list("hstack")
    rule = "split"
    samples = ((TABLE, TABLE[:, :1]), (TABLE[0], TABLE[1][:2]), (2.0, 3.0))

    def meaning(*arrays):
        return joined(*[with_axes(x, count=1) for x in arrays], axis=1, vectors=True)


class stacking_of_rows(composed):
    """Arrays joined along their first axis; vectors are rows.

    Shapes: (n,), (n,) -> (2, n); (n, k), (m, k) -> (n + m, k).
    Raises: ShapeError where they do not fit.
    """

    listed = True
    makes_arrays = True
    notation = of_a_list("vstack")
    rule = "split"
    samples = ((TABLE, TABLE[:1]), (TABLE[0], TABLE[1]), (TABLE, TABLE[0]))

    def meaning(*arrays):
        return joined(*[with_axes(x, count=2) for x in arrays])


concatenate = cat = joined = reading(concatenation)
cut_as = reading(separation)
stack = reading(stacking)
with_axes = reading(more_axes)
hstack = reading(stacking_of_columns)
vstack = reading(stacking_of_rows)
