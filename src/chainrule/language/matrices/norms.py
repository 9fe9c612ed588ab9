"""Norms of vectors and matrices, with NumPy's meaning of `ord` and `axis`.

Where a norm has no slope, the one taken is 0: of the zero vector, and along an element that is 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.node import Node
from chainrule.engine.notation import Piece, function
from chainrule.engine.sizes import in_words
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arrays.reductions import max, min
from chainrule.language.arrays.reshaping import expand_dims, reshape_as
from chainrule.language.arrays.transposing import moveaxis
from chainrule.language.batches import reshaped_entries
from chainrule.language.composition import composed
from chainrule.language.elements.choice import equal, not_equal, where
from chainrule.language.elements.elementary import abs
from chainrule.language.folds import (
    FOLD,
    axes_of,
    broadcast_as,
    count,
    folded_shape,
    number_if_folded_whole,
    spread,
    sum,
)
from chainrule.language.kinds import reading, structural
from chainrule.language.matrices.spectra import svdvals

__all__ = [
    "columns",
    "euclidean_length",
    "length",
    "norm",
    "unit",
    "unit_vector",
    "vector_norm",
    "view_as_columns",
]

TABLE = np.array([[1.0, -3.0, 2.5], [4.0, 0.5, -6.0]])
MATRIX_ORDERS = (1, -1, 2, -2, math.inf, -math.inf)


class euclidean_length(structural, operator="length"):
    """Root of the sum of squares of all elements, or along axes, without overflow.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    Its slope is the vector of length 1 in the same direction; of the zero vector it is taken as 0.
    """

    notation = function("length", keywords=("axis", "keepdims"), defaults=(None, False))
    keywords = FOLD
    positional = ("x", "axis")
    rule = "direction"
    samples = ((TABLE,), (np.array([3.0, 4.0]),), (2.0,), (np.array([3e200, 4e200]),))
    shape_sources = number_if_folded_whole

    def forward(x, axis, keepdims):
        x = np.asarray(x)
        axes = axes_of(axis, x.ndim)
        found = np.sqrt(np.sum(x * x, axis=axes, keepdims=True))
        limits = np.finfo(x.dtype)
        unsafe = (found < math.sqrt(limits.tiny) / limits.eps) | np.isinf(found)
        if np.any(unsafe):  # squares have overflowed, or lost their digits
            top = np.max(np.abs(x), axis=axes, keepdims=True, initial=0)
            scale = np.where(unsafe & (top > 0) & np.isfinite(top), top, np.ones_like(top))
            found = scale * np.sqrt(np.sum((x / scale) ** 2, axis=axes, keepdims=True))
        return (found if keepdims else np.squeeze(found, axis=axes))[()]

    def pull(g, y, x, axis, keepdims):
        flowing = spread(g, x, axis=axis, keepdims=keepdims)
        return (flowing * pointing(y, x, axis, keepdims),)

    def push(tangents, y, x, axis, keepdims):
        along = broadcast_as(tangents[0], x) * pointing(y, x, axis, keepdims)
        return sum(along, axis=axis, keepdims=keepdims)

    def shape(shape, axis, keepdims):
        return folded_shape(shape, axis, keepdims)


class unit_vector(composed, operator="unit"):
    """A vector divided by its length, so that 1 is left of it; 0 where the length is 0.

    axis: an axis, several, or None for all: along which the vectors lie.

    >>> print(unit([3.0, 4.0]))
    [0.6 0.8]
    """

    notation = function(
        "unit",
        latex=r"\frac{{0}}{\left\lVert {0} \right\rVert}",
        latex_needs=(0,),
        latex_precedence=75,
        keywords=("axis",),
        defaults=(None,),
    )
    keywords = {"axis": None}
    positional = ("x", "axis")
    rule = "direction"
    is_elementwise = False
    samples = ((TABLE,), (np.array([3.0, 4.0]),), (TABLE, {"axis": 1}))

    def meaning(x, axis):
        return divided(length(x, axis=axis), x, axis, keepdims=False)

    def shape_sources(operands, attributes):
        return operands

    def shape(shape, axis):
        axes_of(axis, len(shape))
        return shape


def pointing(y: Any, x: Any, axis: Any, keepdims: Any) -> Any:
    """Return a vector divided by its length, in numbers without working that out again."""
    if isinstance(x, Node):
        return unit(x, axis=axis)
    return divided(y, x, axis, keepdims=keepdims)


def divided(y: Any, x: Any, axis: Any, *, keepdims: bool) -> Any:
    """Return a vector divided by its length y, 0 where that is 0."""
    size = spread(y, x, axis=axis, keepdims=keepdims)
    return where(equal(size, 0), 0, x / size)


class view_as_columns(structural):
    """A matrix as it is, and a vector as a matrix of one column.

    vectors: whether a matrix is refused. Raises: ShapeError for any other number of axes.
    """

    keywords = {"vectors": False}
    makes_arrays = True
    samples = ((TABLE,), (TABLE[0], {"vectors": True}))

    def forward(x, vectors):
        return np.reshape(x, as_columns(np.shape(x), vectors))

    def batch(operation, operands, attributes):
        (x,) = operands
        return reshaped_entries(x, as_columns(x.shape, *attributes))

    def pull(g, y, x, vectors):
        return (reshape_as(g, x),)

    def push(tangents, y, x, vectors):
        return columns(broadcast_as(tangents[0], x), vectors=vectors)

    def shape(shape, vectors):
        return as_columns(shape, vectors)


def as_columns(shape: Any, vectors: Any) -> Any:
    """Return the shape of a matrix, or that of a vector as one column.

    Raises: ShapeError for an array that is neither.
    """
    if len(shape) == 1:
        return (*shape, 1)
    if len(shape) != 2 or vectors:
        wanted = "a vector" if vectors else "a vector or a matrix"
        raise ShapeError(
            f"norm with this ord takes {wanted}, not an array of shape {in_words(shape)}. Say with "
            "axis= along which axis, or pair of axes, the norms are to be taken."
        )
    return shape


def pieces_of(_count: int, attributes: Sequence[Any]) -> list[Piece]:
    """Write the norm between bars, with its order."""
    order = attributes[0]
    below = "" if order is None else rf"_{{{order}}}".replace("inf", r"\infty")
    return [r"\left\lVert ", (0, 0), rf" \right\rVert{below}"]


class vector_norm(composed, operator="norm"):
    """Norm of a vector or a matrix, as in NumPy's numpy.linalg.norm; its slope at 0 is 0.

    ord: None for the root of the sum of squares (of a matrix, Frobenius's, "fro"). Of a vector:
    1 sums sizes, inf and -inf are the largest and smallest size, 0 counts what is not 0, any other
    number p is the p-norm. Of a matrix: 1 is the largest sum of sizes in a column, inf that in a
    row, 2 the largest singular value; with a minus sign the smallest.
    axis: an axis for vectors, two for matrices (without ord any number), or None for the whole.
    keepdims: keep the axes with length 1.
    Raises: ShapeError for an array that is no vector or matrix; OperationError for another ord.

    >>> norm([3.0, 4.0]), norm([3.0, -4.0], 1), norm([[3.0, 0.0], [0.0, -4.0]], 2)
    (5.0, 7.0, 4.0)
    """

    notation = function(
        "norm", keywords=("ord", "axis", "keepdims"), defaults=(None, None, False)
    )._replace(
        latex_pieces=pieces_of,
    )
    keywords = {"ord": None, "axis": None, "keepdims": False}
    worded = ("ord",)
    positional = ("x", "ord", "axis")
    rule = "norm"
    is_elementwise = False
    samples = (
        (TABLE,),
        (TABLE, {"ord": 1}),
        (TABLE[0], {"ord": math.inf}),
        (TABLE, {"ord": 2, "axis": (0, 1), "keepdims": True}),
        (TABLE, {"ord": 3, "axis": 1}),
        (TABLE, {"ord": -math.inf, "axis": (1, 0)}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, ord and axis checked."""
        order, axis, keepdims = super().attribute_values(given)
        if isinstance(axis, tuple) and len(axis) == 1:
            axis = axis[0]
        if order == "fro":
            order = None
        number = isinstance(order, int | float) and not isinstance(order, bool | np.bool_)
        if order is not None and (not number or math.isnan(order)):
            raise OperationError(
                f"norm's ord must be a number, inf, -inf or 'fro', not {order!r}. The nuclear norm "
                "is the sum of the singular values: sum(svdvals(A))."
            )
        if isinstance(axis, tuple) and len(axis) != 2 and order is not None:
            raise OperationError(
                f"norm with ord={order!r} takes one axis, two, or None for the whole, not {axis!r}."
            )
        if axis is None and order in (-1, -2):
            raise OperationError(
                f"norm with ord={order} of a vector is another than of a matrix. Say which: axis=0 "
                "for a vector, axis=(0, 1) for a matrix."
            )
        return order, axis, keepdims

    def shape_sources(operands, attributes):
        return () if attributes[1] is None and not attributes[2] else None

    def meaning(x, ord, axis, keepdims):
        if ord is None:
            return length(x, axis=axis, keepdims=keepdims)
        if isinstance(axis, tuple):
            return of_matrices(x, ord, axis, keepdims=keepdims)
        if axis is not None:
            return of_vectors(x, ord, axis, keepdims=keepdims)
        if ord in MATRIX_ORDERS:
            whole = of_matrices(columns(x), ord, (0, 1), keepdims=False)
        else:
            whole = of_vectors(columns(x, vectors=True), ord, (0, 1), keepdims=False)
        return reshape_as(whole, count(x, keepdims=True)) if keepdims else whole


def of_vectors(x: Any, order: Any, axis: Any, *, keepdims: bool) -> Any:
    """Return the norms of vectors along an axis."""
    fold = {"axis": axis, "keepdims": keepdims}
    sizes = abs(x)
    if order in (math.inf, -math.inf):
        return (max if order > 0 else min)(sizes, **fold)
    if order == 0:
        return sum(not_equal(x, 0), **fold)
    if order == 1:
        return sum(sizes, **fold)
    if order == 2:
        return length(x, **fold)
    if order < 0:
        return sum(sizes**order, **fold) ** (1 / order)
    total = sum(where(equal(sizes, 0), 0, sizes**order), **fold)
    return where(equal(total, 0), 0, total ** (1 / order))


def of_matrices(x: Any, order: Any, axes: tuple[int, int], *, keepdims: bool) -> Any:
    """Return the norms of matrices over two axes.

    Raises: ShapeError for an order that only vectors have.
    """
    if order not in MATRIX_ORDERS:
        raise ShapeError(
            f"norm with ord={order!r} is of vectors, along one axis; of matrices ord must be 1, "
            "-1, 2, -2, inf, -inf or 'fro'."
        )
    fold = max if order > 0 else min
    if order in (2, -2):
        values = svdvals(moveaxis(x, axes, (-2, -1)))
        found = fold(values, axis=-1)
        found = where(equal(found, 0), 0, found)  # of no direction, as the length of no vector
        return expand_dims(found, axis=axes) if keepdims else found
    along, across = axes if order in (1, -1) else axes[::-1]
    sums = sum(abs(x), axis=along, keepdims=True)
    found = fold(sums, axis=across, keepdims=True)
    return found if keepdims else sum(found, axis=axes)  # over one element: drops the axes


length = reading(euclidean_length)
columns = reading(view_as_columns)
norm = reading(vector_norm)
unit = reading(unit_vector)
