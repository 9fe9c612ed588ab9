"""Elements in order: sorted along an axis, their order, and the few largest or smallest.

Equal elements keep the order in which they stand, also descending, and each keeps its own slope;
NaN comes last. Orders are places, which have no derivative: see `positions`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.notation import function
from chainrule.engine.sizes import Size, in_words
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arrays.cumulative import in_a_row, shape_along, source_along
from chainrule.language.arrays.gathering import added_along, take_along_axis
from chainrule.language.arrays.positions import NoTangent, no_derivative
from chainrule.language.arrays.reshaping import reshape_as
from chainrule.language.batches import along_axes, along_axis_or_row
from chainrule.language.folds import axis_of, broadcast_as
from chainrule.language.kinds import reading, structural
from chainrule.language.parts import parts_of

__all__ = [
    "TopKResult",
    "argsort",
    "few_largest",
    "order_of_elements",
    "ordering",
    "sort",
    "topk",
]

ORDER = {"axis": -1, "descending": False}
TABLE = np.array([[1.0, 3.0, 2.5, -1.0], [4.0, -0.5, 6.0, 5.0]])
SAMPLES = (
    (TABLE,),
    (TABLE, {"axis": 0, "descending": True}),
    (TABLE, {"axis": None}),
    (TABLE[0],),
)


def order_along(x: Any, axis: Any, descending: Any) -> tuple[Any, Any, int]:
    """Return the elements as they are sorted, their order, and the axis."""
    lined = np.ravel(x) if axis is None else np.asarray(x)
    place = axis_of(0 if axis is None else axis, lined.ndim)
    return lined, np.argsort(-lined if descending else lined, axis=place, kind="stable"), place


class ordering(structural):
    """The elements in order along an axis, smallest first, NaN last.

    axis: an axis, or None for all elements in a row, as in NumPy. descending: largest first.
    """

    notation = function("sort", keywords=("axis", "descending"), defaults=(-1, False))
    keywords = ORDER
    makes_arrays = True
    positional = ("x", "axis")
    rule = "sort"
    samples = SAMPLES
    shape_sources = source_along
    batch = along_axis_or_row

    def forward(x, axis, descending):
        return np.take_along_axis(*order_along(x, axis, descending))

    def pull(g, y, x, axis, descending):
        order = argsort(x, axis=axis, descending=descending)
        place = 0 if axis is None else axis
        found = added_along(g, order, in_a_row(x, axis), axis=place)
        return (reshape_as(found, x) if axis is None else found,)

    def push(tangents, y, x, axis, descending):
        order = argsort(x, axis=axis, descending=descending)
        along = in_a_row(broadcast_as(tangents[0], x), axis)
        return take_along_axis(along, order, axis=0 if axis is None else axis)

    def shape(shape, axis, descending):
        return shape_along(shape, axis)


class order_of_elements(structural):
    """The places of the elements in their order along an axis: what sorts them.

    axis: an axis, or None for all elements in a row, as in NumPy. descending: largest first.
    Raises: DerivativeError where a derivative is to flow through it.
    """

    notation = function("argsort", keywords=("axis", "descending"), defaults=(-1, False))
    keywords = ORDER
    makes_arrays = True
    positional = ("x", "axis")
    samples = SAMPLES
    shape_sources = source_along
    batch = along_axis_or_row

    def forward(x, axis, descending):
        return order_along(x, axis, descending)[1].astype(float)

    def pull(g, y, x, axis, descending):
        raise no_derivative("argsort", "For the elements in order use sort.")

    def push(tangents, y, x, axis, descending):
        return NoTangent("argsort", "For the elements in order use sort.")

    def shape(shape, axis, descending):
        return shape_along(shape, axis)


class TopKResult(NamedTuple):
    """The few largest elements, and their places, as PyTorch returns them."""

    values: Any
    indices: Any


class few_largest(structural):
    """The k largest elements along an axis, largest first, and their places."""

    parts = TopKResult._fields
    keywords = {"k": 1, "axis": -1, "largest": True}
    positional = ("x", "k", "axis")
    notation = function("topk", keywords=("k", "axis", "largest"), defaults=(None, -1, True))
    rule = "selection"
    samples = (
        (TABLE, {"k": 2}),
        (TABLE, {"k": 1, "axis": 0, "largest": False}),
        (TABLE[0], {"k": 3}),
    )
    batch = along_axes

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, k checked."""
        k, axis, largest = super().attribute_values(given)
        if type(k) is not int or k < 0:
            raise OperationError(f"topk's k must be a whole number from 0, not {k!r}: topk(x, 3).")
        return k, axis, largest

    def forward(x, k, axis, largest):
        few_of(np.shape(x), k, axis)
        lined, order, place = order_along(x, axis, largest)
        places = np.take(order, np.arange(k), axis=place)
        return Bundle((np.take_along_axis(lined, places, place), places.astype(float)))

    def pull(g, y, x, k, axis, largest):
        flow, through = g
        if through is not None:
            raise no_derivative("topk.indices", "For the largest elements use its values.")
        places = parts_of(y, few_largest.parts)[1]
        return (0 if flow is None else added_along(flow, places, x, axis=axis),)

    def push(tangents, y, x, k, axis, largest):
        places = parts_of(y, few_largest.parts)[1]
        along = take_along_axis(broadcast_as(tangents[0], x), places, axis=axis)
        none = NoTangent("topk.indices", "For the largest elements use its values.")
        return Bundle((along, none))

    def shape(shape, k, axis, largest):
        return Bundle((few_of(shape, k, axis),) * 2)


def few_of(shape: Any, k: int, axis: Any) -> Any:
    """Return the shape of k elements along an axis.

    Raises: ShapeError where there are fewer.
    """
    if axis is None:
        raise OperationError("topk takes one axis: topk(x.ravel(), k) for all elements in a row.")
    place = axis_of(axis, len(shape))
    if not isinstance(shape[place], Size) and k > shape[place]:
        raise ShapeError(
            f"topk of k={k} elements along axis {axis} of shape {in_words(shape)}: there are only "
            f"{shape[place]}."
        )
    return (*shape[:place], k, *shape[place + 1 :])


sort = reading(ordering)
argsort = reading(order_of_elements)
few = reading(few_largest)


def topk(x: Any, k: int, axis: int = -1, *, largest: bool = True) -> TopKResult:
    """Return the k largest elements along an axis, largest first, and their places.

    largest: False for the smallest, smallest first. The places have no derivative.
    Shapes: (..., n) -> (..., k) and (..., k). Raises: ShapeError where n is less than k.

    >>> topk([1.0, 5.0, 3.0], 2)
    TopKResult(values=array([5., 3.]), indices=array([1., 2.]))
    """
    return TopKResult(*parts_of(few(x, k=k, axis=axis, largest=largest), TopKResult._fields))
