"""Elements taken by indices that may be computed, and values added at such places.

Indices are an operand: an array, a list or an expression; nothing flows into them. What flows into
the array is added up at the places it was taken from, so that each is closed under differentiation.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.errors import OperationError
from chainrule.language.arrays.indices import (
    MOST,
    added_at,
    along,
    check_values,
    places_along,
    whole_indices,
)
from chainrule.language.batches import Slot, along_axes, of_last_axes, size_of
from chainrule.language.composition import composed
from chainrule.language.expression import operators
from chainrule.language.folds import axis_of, broadcast_as, sum_as
from chainrule.language.kinds import reading, structural

__all__ = [
    "added_along",
    "addition_along_axis",
    "addition_at_taken",
    "gather",
    "index_add",
    "indexed_addition",
    "indicator",
    "one_hot",
    "scatter_add",
    "scattered_addition",
    "selection_along_axis",
    "selection_by_index",
    "take",
    "take_along_axis",
    "taken_back",
]

NUMBERS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


class selection_by_index(structural):
    """Elements, rows or slices along an axis, by their indices; one taken twice counts twice.

    indices: whole numbers of any shape, which takes the place of the axis; below 0 from the end.
    axis: None for the elements of the array in a row. Nothing flows into the indices.
    Raises: ShapeError for an index out of range, DataError for one that is not whole.

    >>> take([10.0, 20.0, 30.0], [2, 0, 0])
    array([30., 10., 10.])
    """

    keywords = {"axis": None}
    positional = ("x", "indices", "axis")
    rule = "selection"
    notation = function("take", keywords=("axis",), defaults=(None,))
    samples = (
        (NUMBERS, np.array([5.0, 0.0, 0.0])),
        (NUMBERS, np.array([[0.0, 1.0], [-1.0, 0.0]]), {"axis": 0}),
        (NUMBERS, 1.0, {"axis": -1}),
    )

    def forward(x, indices, axis):
        if axis is None:
            found = whole_indices(indices, np.size(x), along(np.shape(x), None))
            return np.ravel(x)[found]
        axis = axis_of(axis, np.ndim(x))
        found = whole_indices(indices, np.shape(x)[axis], along(np.shape(x), axis))
        return np.take(x, found, axis=axis)

    def batch(operation, operands, attributes):
        x, indices = operands
        (axis,) = attributes
        shape = x.shape
        place = 0 if axis is None else axis_of(axis, x.ndim)
        count = math.prod(shape) if axis is None else shape[place]
        before, after = ((), ()) if axis is None else (shape[:place], shape[place + 1 :])
        found = whole_indices(indices.value, count, along(shape, axis))
        size = size_of(operands)
        rows = x.whole(size).reshape(size, math.prod(before), count, math.prod(after))
        if indices.is_batch:
            taken = np.take_along_axis(rows, found.reshape(size, 1, -1, 1), axis=2)
        else:
            taken = np.take(rows, found.ravel(), axis=2)
        return taken.reshape(size, *before, *indices.shape, *after)

    def pull(g, y, x, indices, axis):
        return taken_back(g, indices, x, axis=axis), 0

    def push(tangents, y, x, indices, axis):
        return 0 if tangents[0] is None else take(broadcast_as(tangents[0], x), indices, axis=axis)

    def shape(shape, indices, axis):
        if axis is None:
            return indices
        axis = axis_of(axis, len(shape))
        return (*shape[:axis], *indices, *shape[axis + 1 :])


def places_taken(shape: Any, found: Any, axis: int) -> Any:
    """Return the places, counted in the order of rows, of what is taken along an axis.

    found: whole numbers along the last axis, which becomes three: before, along and behind `axis`.
    """
    behind = math.prod(shape[axis + 1 :])
    ahead = np.arange(math.prod(shape[:axis])).reshape(-1, 1, 1) * (shape[axis] * behind)
    return ahead + found[..., None, :, None] * behind + np.arange(behind)


def rows_apart(places: Any, count: int) -> Any:
    """Return places in each row of a table of so many columns, counted through the whole table."""
    return places + np.arange(len(places)).reshape(-1, 1) * count


class addition_at_taken(structural):
    """Values added up at the places that `take` takes them from, in an array of zeros."""

    keywords = {"axis": None}
    notation = function("taken_back", keywords=("axis",), defaults=(None,))
    samples = (
        (np.array([1.0, 2.0, 4.0]), np.array([5.0, 0.0, 0.0]), NUMBERS),
        (np.array([[1.0, 2.0, 4.0]]), np.array([-1.0]), NUMBERS, {"axis": 0}),
        (np.array([1.0, 2.0]), 1.0, NUMBERS, {"axis": -1}),
    )
    rows = "sum"

    def forward(values, indices, like, axis):
        shape = np.shape(like)
        if axis is None:
            return added_at(
                whole_indices(indices, np.size(like), along(shape, None)), values, shape
            )
        axis = axis_of(axis, len(shape))
        found = whole_indices(indices, shape[axis], along(shape, axis))
        flat = places_taken(shape, found.ravel(), axis)
        target = (*shape[:axis], *found.shape, *shape[axis + 1 :])
        check_values("index_add", np.shape(values), target)
        return added_at(flat.reshape(target), values, shape)

    def batch(operation, operands, attributes):
        values, indices, like = operands
        (axis,) = attributes
        shape, size = like.shape, size_of(operands)
        if axis is None:
            found = whole_indices(indices.whole(size), math.prod(shape), along(shape, None))
            flat = rows_apart(found.reshape(size, -1), math.prod(shape))
            target = indices.shape
        else:
            place = axis_of(axis, len(shape))
            found = whole_indices(indices.whole(size), shape[place], along(shape, place))
            flat = places_taken(shape, found.reshape(size, -1), place)
            flat = rows_apart(flat.reshape(size, -1), math.prod(shape))
            target = (*shape[:place], *indices.shape, *shape[place + 1 :])
        check_values("index_add", values.shape, target)
        lined = Slot(values.whole(size), is_batch=True).lined_up(len(target))
        return added_at(flat.reshape(size, *target), lined, (size, *shape))

    def told(axis):
        return "added up where they were taken" + f" along axis {axis}" * (axis is not None)

    def pull(g, y, values, indices, like, axis):
        return sum_as(take(g, indices, axis=axis), values), 0, 0

    def push(tangents, y, values, indices, like, axis):
        if tangents[0] is None:
            return 0
        return taken_back(broadcast_as(tangents[0], values), indices, like, axis=axis)

    def shape_sources(operands, attributes):
        return operands[2:]

    def shape(values, indices, like, axis):
        return like


class selection_along_axis(structural):
    """Elements along an axis by indices, row by row: those of each row by its own indices.

    indices: whole numbers in as many axes as the array has; an axis of length 1 is repeated.
    Raises: ShapeError for an index out of range, DataError for one that is not whole.

    >>> take_along_axis([[1.0, 2.0], [3.0, 4.0]], [[1], [0]], axis=1)
    array([[2.],
           [3.]])
    """

    keywords = {"axis": -1}
    positional = ("x", "indices", "axis")
    rule = "selection"
    notation = function("take_along_axis", keywords=("axis",), defaults=(-1,))
    samples = (
        (NUMBERS, np.array([[2.0, 0.0], [1.0, 1.0]])),
        (NUMBERS, np.array([[1.0, 0.0, -1.0]]), {"axis": 0}),
        (NUMBERS, np.array([[1.0, 1.0]])),
    )
    batch = along_axes

    def forward(x, indices, axis):
        axis = axis_of(axis, np.ndim(x))
        places_along(np.shape(x), np.shape(indices), axis)
        found = whole_indices(indices, np.shape(x)[axis], along(np.shape(x), axis))
        return np.take_along_axis(np.asarray(x), found, axis)

    def pull(g, y, x, indices, axis):
        return added_along(g, indices, x, axis=axis), 0

    def push(tangents, y, x, indices, axis):
        if tangents[0] is None:
            return 0
        return take_along_axis(broadcast_as(tangents[0], x), indices, axis=axis)

    def shape(shape, indices, axis):
        return places_along(shape, indices, axis_of(axis, len(shape)))


class addition_along_axis(structural):
    """Values added up at the places that `take_along_axis` takes them from, in zeros."""

    keywords = {"axis": -1}
    notation = function("added_along", keywords=("axis",), defaults=(-1,))
    samples = (
        (np.array([[1.0, 2.0], [4.0, 8.0]]), np.array([[2.0, 0.0], [1.0, 1.0]]), NUMBERS),
        (2.0, np.array([[1.0, 0.0, -1.0]]), NUMBERS, {"axis": 0}),
    )
    rows = "sum"
    batch = along_axes

    def forward(values, indices, like, axis):
        shape = np.shape(like)
        axis = axis_of(axis, len(shape))
        places = places_along(shape, np.shape(indices), axis)
        check_values("scatter_add", np.shape(values), places)
        found = whole_indices(indices, shape[axis], along(shape, axis))
        flat = np.zeros(places, dtype=np.intp)
        for place, size in enumerate(shape):
            step = math.prod(shape[place + 1 :])
            own = np.arange(size).reshape((-1, *(1,) * (len(shape) - place - 1)))
            flat += step * (found if place == axis else own)
        return added_at(flat, values, shape)

    def pull(g, y, values, indices, like, axis):
        return sum_as(take_along_axis(g, indices, axis=axis), values), 0, 0

    def push(tangents, y, values, indices, like, axis):
        if tangents[0] is None:
            return 0
        return added_along(broadcast_as(tangents[0], values), indices, like, axis=axis)

    def shape_sources(operands, attributes):
        return operands[2:]

    def shape(values, indices, like, axis):
        return like


class scattered_addition(composed):
    """An array with values added at places that indices name along an axis, row by row.

    indices: as for `take_along_axis`; a place named twice gets both values. values: one for each
    index, or one number for all.

    >>> scatter_add([0.0, 0.0, 0.0], [2, 0, 2], [1.0, 2.0, 4.0])
    array([2., 0., 5.])
    """

    keywords = {"axis": -1}
    positional = ("x", "indices", "values", "axis")
    rule = "sum"
    notation = function("scatter_add", keywords=("axis",), defaults=(-1,))
    is_elementwise = False
    samples = (
        (NUMBERS, np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([[1.0, 2.0], [4.0, 8.0]])),
        (NUMBERS, np.array([[1.0, 0.0, -1.0]]), 2.0, {"axis": 0}),
    )

    def shape_sources(operands, attributes):
        return operands[:1]

    def meaning(x, indices, values, axis):
        return x + added_along(values, indices, x, axis=axis)


class indexed_addition(composed):
    """An array with values, rows or slices added at places along an axis, by their indices.

    indices: as for `take`; a place named twice gets both. values: of the shape that `take` gives.

    >>> index_add([[0.0, 0.0], [0.0, 0.0]], [1, 1], [[1.0, 2.0], [4.0, 8.0]])
    array([[ 0.,  0.],
           [ 5., 10.]])
    """

    keywords = {"axis": 0}
    positional = ("x", "indices", "values", "axis")
    rule = "sum"
    notation = function("index_add", keywords=("axis",), defaults=(0,))
    is_elementwise = False
    samples = (
        (NUMBERS, np.array([1.0, 1.0]), np.array([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0]])),
        (NUMBERS, np.array([0.0]), 2.0, {"axis": 1}),
    )

    def shape_sources(operands, attributes):
        return operands[:1]

    def meaning(x, indices, values, axis):
        return x + taken_back(values, indices, x, axis=axis)


class indicator(structural):
    """Rows of zeros with a 1 where the index says: one row for each index, as the last axis.

    count: the length of a row. Nothing flows into the indices.
    Raises: ShapeError for an index beyond the count, DataError for one that is not whole.

    >>> one_hot([1, 0], 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """

    keywords = {"count": 1}
    positional = ("indices", "count")
    notation = function("one_hot", keywords=("count",), defaults=(None,))
    samples = ((np.array([1.0, 0.0]), {"count": 3}), (2.0, {"count": 3}))
    batch = of_last_axes

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, the count checked."""
        (length,) = super().attribute_values(given)
        if type(length) is not int or not 0 <= length < MOST:
            raise OperationError(
                f"one_hot's count is the length of a row, a whole number from 0, not {length!r}: "
                "one_hot(indices, 10)."
            )
        return (length,)

    def forward(indices, count):
        found = whole_indices(indices, count, f"in a row of {count}")
        kind = np.result_type(np.asarray(indices), np.float32)
        return np.equal(found[..., None], np.arange(count)).astype(kind)

    def pull(g, y, indices, count):
        return (0,)

    def push(tangents, y, indices, count):
        return 0

    def shape(indices, count):
        return (*indices, count)


take = reading(selection_by_index)
operators["take"] = take  # what x[i] means
taken_back = reading(addition_at_taken)
take_along_axis = gather = reading(selection_along_axis)
added_along = reading(addition_along_axis)
scatter_add = reading(scattered_addition)
index_add = reading(indexed_addition)
one_hot = reading(indicator)
