"""Diagonals of matrices, what stands on one side of them, and the trace.

What flows into a diagonal is put back on it, what flows into a triangle is cut to it: with these,
each is closed under differentiation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.inference import shape_of
from chainrule.engine.notation import function
from chainrule.engine.sizes import UNKNOWN, Shape, fits, in_words
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arrays.making import identity_like
from chainrule.language.batches import Slot, along_axes, of_last_axes, shifted, size_of, zeros_of
from chainrule.language.composition import composed
from chainrule.language.folds import axes_of, broadcast_as, second_operand, spread_fold, sum
from chainrule.language.kinds import reading, structural

__all__ = [
    "diag",
    "diagonal",
    "diagonal_matrix",
    "diagonal_part",
    "lower_triangle",
    "matrix_trace",
    "placed_on_diagonal",
    "trace",
    "tril",
    "triu",
    "upper_triangle",
]

ALONG = {"offset": 0, "axis1": 0, "axis2": 1}
SQUARE = np.array([[1.0, 2.0], [3.0, 4.0]])
BATCH = np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])


def whole(called: str, name: str, value: Any) -> int:
    """Return an attribute that counts diagonals.

    Raises: OperationError for what is no whole number.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise OperationError(
            f"{called}'s {name} must be a whole number, not {value!r}: 0 is the main diagonal, "
            "1 the one above it, -1 the one below."
        )
    if abs(int(value)) >= 2**31:  # NumPy keeps it in an int of C
        raise OperationError(f"{called}'s {name} is {value}, beyond any diagonal.")
    return int(value)


def diagonal_length(rows: Any, columns: Any, offset: int) -> Any:
    """Return how many elements a diagonal has.

    >>> diagonal_length(2, 3, 1), diagonal_length(2, 3, -2)
    (2, 0)
    """
    rows, columns = rows + min(offset, 0), columns - max(offset, 0)
    more = rows - columns
    if not isinstance(more, int):
        return UNKNOWN
    shorter = columns if more > 0 else rows
    return max(shorter, 0) if isinstance(shorter, int) else shorter


def on_diagonal(array: Any, offset: int, axes: tuple[int, ...]) -> tuple[Any, Any]:
    """Return a view of an array with the two axes last, and the key of a diagonal in it."""
    turned = np.moveaxis(array, axes, (-2, -1))
    length = diagonal_length(turned.shape[-2], turned.shape[-1], offset)
    places = np.arange(length)
    return turned, (..., places + max(-offset, 0), places + max(offset, 0))


class diagonal_part(structural):
    """Elements on a diagonal of a matrix, or of each matrix of a batch, as the last axis.

    offset: 0 the main diagonal, above it from 1, below it from -1. axis1, axis2: of the matrices.

    >>> diagonal([[1.0, 2.0], [3.0, 4.0]])
    array([1., 4.])
    """

    keywords = ALONG
    positional = ("x", *ALONG)
    rule = "diagonal"
    notation = function(
        "diagonal",
        latex=r"\operatorname{diag}",
        keywords=tuple(ALONG),
        defaults=tuple(ALONG.values()),
    )
    samples = (
        (SQUARE,),
        (BATCH, {"offset": 1, "axis1": -2, "axis2": -1}),
        (BATCH, {"offset": -1, "axis1": 2, "axis2": 0}),
    )
    batch = along_axes

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, offset checked."""
        offset, *axes = super().attribute_values(given)
        return whole("diagonal", "offset", offset), *axes

    def forward(x, offset, axis1, axis2):
        return np.diagonal(x, offset, *axes_of((axis1, axis2), np.ndim(x)))

    def pull(g, y, x, offset, axis1, axis2):
        return (placed_on_diagonal(g, x, offset=offset, axis1=axis1, axis2=axis2),)

    def push(tangents, y, x, offset, axis1, axis2):
        return diagonal(broadcast_as(tangents[0], x), offset, axis1, axis2)

    def shape(shape, offset, axis1, axis2):
        axes = axes_of((axis1, axis2), len(shape))
        kept = [size for axis, size in enumerate(shape) if axis not in axes]
        return (*kept, diagonal_length(shape[axes[0]], shape[axes[1]], offset))


class diagonal_placement(structural):
    """Values put on a diagonal of zeros, in the shape of the second operand."""

    keywords = ALONG
    notation = function("placed_on_diagonal", keywords=tuple(ALONG), defaults=tuple(ALONG.values()))
    shape_sources = second_operand
    samples = (
        (np.array([1.0, 2.0]), SQUARE),
        (np.array([[1.0, 2.0]]), BATCH, {"offset": 1, "axis1": -2, "axis2": -1}),
    )

    def forward(value, like, offset, axis1, axis2):
        made = np.zeros(np.shape(like), dtype=np.asarray(value).dtype)
        view, key = on_diagonal(made, offset, axes_of((axis1, axis2), np.ndim(like)))
        view[key] = value
        return made

    def batch(operation, operands, attributes):
        value, like = operands
        offset, *axes = attributes
        size = size_of(operands)
        first, second = shifted(tuple(axes), like.ndim)
        lined = Slot(value.whole(size), is_batch=True).lined_up(like.ndim - 1)
        return operation.on_array(lined, zeros_of(like, size), offset, first, second)

    def pull(g, y, value, like, offset, axis1, axis2):
        return diagonal(g, offset, axis1, axis2), 0

    def push(tangents, y, value, like, offset, axis1, axis2):
        if tangents[0] is None:
            return 0
        moving = broadcast_as(tangents[0], value)
        return placed_on_diagonal(moving, like, offset=offset, axis1=axis1, axis2=axis2)

    def shape(shape, like, offset, axis1, axis2):
        return like

    def simplify(assume_finite, value, like, offset, axis1, axis2):
        if type(value) is not spread_fold or offset or {axis1, axis2} != {0, 1}:
            return None
        number, shape = value.arguments[0], shape_of(like)
        square = shape is not None and len(shape) == 2 and fits(shape[0], shape[1])
        return number * identity_like(like) if square and shape_of(number) == () else None


class matrix_trace(composed, operator="trace"):
    """Sum of the elements on a diagonal of a matrix, or of each matrix of a batch.

    offset: 0 the main diagonal, above it from 1, below it from -1. axis1, axis2: of the matrices.

    >>> trace([[1.0, 2.0], [3.0, 4.0]])
    5.0
    """

    keywords = ALONG
    positional = ("x", *ALONG)
    rule = "trace"
    notation = function(
        "trace",
        latex=r"\operatorname{tr}",
        keywords=tuple(ALONG),
        defaults=tuple(ALONG.values()),
    )
    is_elementwise = False
    samples = diagonal_part.samples

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, offset checked."""
        offset, *axes = super().attribute_values(given)
        return whole("trace", "offset", offset), *axes

    def meaning(x, offset, axis1, axis2):
        return sum(diagonal(x, offset, axis1, axis2), axis=-1)


def diag_shape(shape: Shape, k: int) -> Shape:
    """Return the shape that `diag` makes.

    Raises: ShapeError for what is neither a vector nor a matrix.
    """
    if len(shape) not in (1, 2):
        raise ShapeError(
            f"diag takes a vector, to make a matrix, or a matrix, for its diagonal; here the shape "
            f"is {in_words(shape)}. For a batch of matrices, write diagonal(x, axis1=-2, axis2=-1)."
        )
    if len(shape) == 2:
        return (diagonal_length(shape[0], shape[1], k),)
    return (shape[0] + abs(k),) * 2


class diagonal_matrix(structural):
    """Matrix with a vector on its diagonal; of a matrix, the vector on its diagonal.

    k: 0 the main diagonal, above it from 1, below it from -1.

    >>> diag([1.0, 2.0])
    array([[1., 0.],
           [0., 2.]])
    """

    keywords = {"k": 0}
    positional = ("x", "k")
    rule = "diagonal"
    notation = function("diag", latex=r"\operatorname{diag}", keywords=("k",), defaults=(0,))
    samples = (
        (np.array([1.0, 2.0]),),
        (np.array([1.0, 2.0]), {"k": -1}),
        (BATCH[0],),
        (BATCH[0], {"k": 1}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, k checked."""
        return (whole("diag", "k", *super().attribute_values(given)),)

    def forward(x, k):
        diag_shape(np.shape(x), k)
        return np.diag(x, k)

    def batch(operation, operands, attributes):
        (x,) = operands
        (k,) = attributes
        if x.ndim == 2:
            return np.diagonal(x.value, k, 1, 2)
        shape = diag_shape(x.shape, k)
        like = np.broadcast_to(0.0, (x.size, *shape))
        return diagonal_placement.forward(x.value, like, k, 1, 2)

    def pull(g, y, x, k):
        return (back_on_diagonal(g, x, k=k),)

    def push(tangents, y, x, k):
        return diag(broadcast_as(tangents[0], x), k)

    def shape(shape, k):
        return diag_shape(shape, k)


class diagonal_matrix_cotangent(structural):
    """What flows into the operand of `diag`: the diagonal for a vector, a matrix for a matrix."""

    keywords = {"k": 0}
    notation = function("back_on_diagonal", keywords=("k",), defaults=(0,))
    shape_sources = second_operand
    samples = ((SQUARE, np.array([1.0, 2.0])), (np.array([1.0, 2.0]), BATCH[0], {"k": 1}))

    def forward(g, like, k):
        if np.ndim(like) == 1:
            return np.diagonal(g, k)
        return diagonal_placement.forward(g, like, k, 0, 1)

    def batch(operation, operands, attributes):
        flowing, like = operands
        (k,) = attributes
        whole = flowing.whole(size_of(operands))
        if like.ndim == 1:
            return np.diagonal(whole, k, 1, 2)
        return diagonal_placement.forward(whole, zeros_of(like, len(whole)), k, 1, 2)

    def pull(g, y, flowing, like, k):
        return diag(g, k), 0

    def push(tangents, y, flowing, like, k):
        if tangents[0] is None:
            return 0
        return back_on_diagonal(broadcast_as(tangents[0], flowing), like, k=k)

    def shape(flowing, like, k):
        return like


def matrices(called: str, shape: Shape) -> Shape:
    """Return the shape of a matrix, or of a batch of them.

    Raises: ShapeError for less.
    """
    if len(shape) < 2:
        raise ShapeError(
            f"{called} takes a matrix, or a batch of them in the last two axes; here the shape is "
            f"{in_words(shape)}. A vector has no triangle: make a matrix of it first."
        )
    return shape


class lower_triangle(structural):
    """Matrix with zeros above a diagonal; the last two axes are those of the matrices.

    k: 0 keeps the main diagonal, 1 also the one above it, -1 not even the main one.

    >>> tril([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 0.],
           [3., 4.]])
    """

    keywords = {"k": 0}
    positional = ("x", "k")
    rule = "triangle"
    notation = function("tril", keywords=("k",), defaults=(0,))
    samples = ((SQUARE,), (BATCH, {"k": -1}))
    batch = of_last_axes

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, k checked."""
        return (whole("tril", "k", *super().attribute_values(given)),)

    def forward(x, k):
        matrices("tril", np.shape(x))
        return np.tril(x, k)

    def pull(g, y, x, k):
        return (tril(g, k),)

    def push(tangents, y, x, k):
        return tril(broadcast_as(tangents[0], x), k)

    def shape_sources(operands, attributes):
        return operands

    def shape(shape, k):
        return matrices("tril", shape)


class upper_triangle(structural):
    """Matrix with zeros below a diagonal; the last two axes are those of the matrices.

    k: 0 keeps the main diagonal, -1 also the one below it, 1 not even the main one.

    >>> triu([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2.],
           [0., 4.]])
    """

    keywords = {"k": 0}
    positional = ("x", "k")
    rule = "triangle"
    notation = function("triu", keywords=("k",), defaults=(0,))
    samples = ((SQUARE,), (BATCH, {"k": 1}))
    batch = of_last_axes

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, k checked."""
        return (whole("triu", "k", *super().attribute_values(given)),)

    def forward(x, k):
        matrices("triu", np.shape(x))
        return np.triu(x, k)

    def pull(g, y, x, k):
        return (triu(g, k),)

    def push(tangents, y, x, k):
        return triu(broadcast_as(tangents[0], x), k)

    def shape_sources(operands, attributes):
        return operands

    def shape(shape, k):
        return matrices("triu", shape)


diagonal = reading(diagonal_part)
placed_on_diagonal = reading(diagonal_placement)
trace = reading(matrix_trace)
diag = reading(diagonal_matrix)
back_on_diagonal = reading(diagonal_matrix_cotangent)
tril = reading(lower_triangle)
triu = reading(upper_triangle)
