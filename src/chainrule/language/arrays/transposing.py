"""The axes of an array in another order; what flows back is put in the order it came in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.notation import ATOM, Notation, Piece, function, setting
from chainrule.engine.properties import involution
from chainrule.engine.sizes import Shape, Size, in_words
from chainrule.errors import OperationError, ShapeError
from chainrule.language.batches import along_axes, of_last_axes
from chainrule.language.expression import operators
from chainrule.language.folds import axes_of, axis_of, broadcast_as
from chainrule.language.kinds import plain, reading, structural
from chainrule.language.simplifying.matrix_forms import axes_of_each, simpler_transpose

__all__ = [
    "axis_move",
    "axis_swap",
    "matrix_transpose",
    "matrix_transposition",
    "moveaxis",
    "permute",
    "swapaxes",
    "transpose",
    "transposition",
    "whole_numbers",
]

CUBE = np.arange(24.0).reshape(2, 3, 4) / 8
TABLE = np.array([[1.0, -2.0, 3.0], [4.0, 0.5, 6.0]])


def whole_numbers(called: str, given: Any, *, least: int | None = None) -> Any:
    """Return a whole number, or a tuple of them, plain.

    Raises: OperationError for anything else, in words.
    """
    found = plain(given)
    for item in found if isinstance(found, tuple) else (found,):
        if isinstance(item, Size):
            raise OperationError(
                f"{called} must be of numbers, and {item} in {given!r} is known with values only. "
                "Write -1 for it, or take the shape of an expression: reshape_as(x, like), "
                "broadcast_as(x, like)."
            )
        if type(item) is not int:
            raise OperationError(f"{called} must be a whole number or several, not {given!r}.")
        if abs(item) >= 2**63:
            raise OperationError(f"{called} is {given!r}, beyond the size of any array.")
        if least is not None and item < least:
            raise OperationError(f"{called} must be {least} or more, not {item}, in {given!r}.")
    return found


def in_order(shape: Shape, order: Sequence[int]) -> Shape:
    """Return a shape with its axes in another order."""
    return tuple([shape[place] for place in order])


def pieces_of(_count: int, attributes: Sequence[Any]) -> list[Piece]:
    """Write x.T, or the order of the axes."""
    if attributes[0] is None:
        return [(0, ATOM), ".T"]
    return ["transpose(", (0, 0), f", axes={setting(attributes[0])})"]


def latex_pieces_of(_count: int, attributes: Sequence[Any]) -> list[Piece]:
    """Write the order of the axes with the sign of a transpose."""
    order = ""
    if attributes[0] is not None:
        order = rf" \left({', '.join(map(str, attributes[0]))}\right)"
    return [(0, 81), rf"^{{\top{order}}}"]


class transposition(structural, operator=".T"):
    """An array with its axes in another order; reversed, unless `axes` says which comes where.

    axes: a permutation of the axes; None reverses them, which turns a matrix over. Of a batch of
    matrices, `matrix_transpose` turns each over.
    Shapes: (n, m) -> (m, n).
    Raises: ShapeError for axes that are no permutation of those that there are.
    """

    keywords = {"axes": None}
    positional = ("x", "axes")
    advice = "To exchange two axes, write swapaxes(x, 0, 1)."
    rule = "transpose"
    samples = ((TABLE,), (CUBE,), (CUBE, {"axes": (1, 2, 0)}), (CUBE, {"axes": (0, -1, 1)}))

    notation = Notation(
        precedence=ATOM,
        pieces=pieces_of,
        latex_pieces=latex_pieces_of,
        latex_precedence=80,
        name="transpose",
        operands=1,
        keywords=("axes",),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the order of the axes, checked as far as it can be."""
        axes = given.get("axes")
        if axes is None:
            return (None,)
        axes = whole_numbers("axes", axes)
        axes = axes if isinstance(axes, tuple) else (axes,)
        axes_of(axes, len(axes))  # a permutation
        return (axes,)

    def forward(x, axes):
        shape = np.shape(x)
        return np.transpose(x, None if axes is None else order_of(axes, shape))

    def batch(operation, operands, attributes):
        (x,) = operands
        (axes,) = attributes
        order = tuple(range(x.ndim))[::-1] if axes is None else order_of(axes, x.shape)
        return np.transpose(x.value, (0, *[place + 1 for place in order]))

    def pull(g, y, x, axes):
        return (transpose(g, axes=inverse(axes)),)

    def push(tangents, y, x, axes):
        return transpose(broadcast_as(tangents[0], x), axes=axes)

    def shape(shape, axes):
        return shape[::-1] if axes is None else in_order(shape, order_of(axes, shape))

    def simplify(assume_finite, x, axes):
        if axes is None:
            return simpler_transpose(x)
        inner = x.attributes[0] if type(x) is transposition else None
        if inner is None or len(axes) != len(inner):
            return None
        made = in_order(axes_of(inner, len(inner)), axes_of(axes, len(axes)))
        whole = made == tuple(range(len(made)))
        return x.arguments[0] if whole else transpose(x.arguments[0], axes=made)


def order_of(axes: tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    """Return a permutation of the axes of a shape.

    Raises: ShapeError where it is none.
    """
    if len(axes) != len(shape):
        raise ShapeError(
            f"axes={axes} orders {len(axes)} axes, but the shape is {in_words(shape)}. "
            f"Give {len(shape)}, each axis once."
        )
    return axes_of(axes, len(axes))


def inverse(axes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Return the order that undoes an order of axes."""
    if axes is None:
        return None
    ordered = axes_of(axes, len(axes))
    return tuple([ordered.index(place) for place in range(len(axes))])


class matrix_transposition(structural, operator=".mT"):
    """Each matrix of a batch turned over: the last two axes exchanged.

    Shapes: (..., n, m) -> (..., m, n).
    Raises: ShapeError for a number or a vector.
    """

    rule = "transpose"
    properties = involution
    samples = ((TABLE,), (CUBE,))
    notation = Notation(
        precedence=ATOM,
        pieces=lambda _count, _attributes: [(0, ATOM), ".mT"],
        latex_pieces=lambda _count, _attributes: [(0, 81), r"^{\top}"],
        latex_precedence=80,
        name="matrix_transpose",
        operands=1,
    )
    batch = of_last_axes

    def forward(x):
        turned_over(np.shape(x))
        return np.swapaxes(x, -1, -2)

    def pull(g, y, x):
        return (matrix_transpose(g),)

    def push(tangents, y, x):
        return matrix_transpose(broadcast_as(tangents[0], x))

    def shape(shape):
        return turned_over(shape)

    def simplify(assume_finite, x):
        return transpose(x) if axes_of_each(x) == (2,) else None


def turned_over(shape: Shape) -> Shape:
    """Exchange the last two sizes.

    Raises: ShapeError where there are fewer.
    """
    if len(shape) < 2:
        raise ShapeError(
            f"matrix_transpose needs two axes or more; the shape is {in_words(shape)}. "
            "Add an axis: x[:, None] is a column, x[None, :] a row."
        )
    return (*shape[:-2], shape[-1], shape[-2])


class axis_swap(structural):
    """An array with two of its axes exchanged.

    Raises: ShapeError for an axis that it does not have.
    """

    keywords = {"axis1": 0, "axis2": 1}
    positional = ("x", "axis1", "axis2")
    notation = function("swapaxes", keywords=("axis1", "axis2"), defaults=(None, None))
    rule = "transpose"
    samples = ((TABLE, {"axis1": 0, "axis2": 1}), (CUBE, {"axis1": -1, "axis2": 0}))
    batch = along_axes

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the two axes, checked."""
        words = super().attribute_values(given)
        return tuple([whole_numbers("swapaxes's axes", word) for word in words])

    def forward(x, axis1, axis2):
        return np.transpose(x, swapped(np.ndim(x), axis1, axis2))

    def pull(g, y, x, axis1, axis2):
        return (swapaxes(g, axis1=axis1, axis2=axis2),)

    def push(tangents, y, x, axis1, axis2):
        return swapaxes(broadcast_as(tangents[0], x), axis1=axis1, axis2=axis2)

    def shape(shape, axis1, axis2):
        return in_order(shape, swapped(len(shape), axis1, axis2))


def swapped(ndim: int, axis1: int, axis2: int) -> list[int]:
    """Return the order of so many axes with two exchanged."""
    first, second = axis_of(axis1, ndim), axis_of(axis2, ndim)
    order = list(range(ndim))
    order[first], order[second] = second, first
    return order


class axis_move(structural):
    """An array with axes moved to other places; the others stay in their order.

    source, destination: an axis, or as many of one as of the other.
    Raises: ShapeError for an axis that it does not have.
    """

    keywords = {"source": 0, "destination": -1}
    positional = ("x", "source", "destination")
    notation = function("moveaxis", keywords=("source", "destination"), defaults=(None, None))
    rule = "transpose"
    samples = (
        (CUBE, {"source": 0, "destination": -1}),
        (CUBE, {"source": (2, 0), "destination": (0, 1)}),
    )
    batch = along_axes

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the axes and their places, as many of one as of the other."""
        source, destination = [
            whole_numbers(f"moveaxis's {word}", value)
            for word, value in zip(cls.keywords, super().attribute_values(given), strict=True)
        ]
        if np.size(source) != np.size(destination):
            raise OperationError(
                f"moveaxis moves axes {source!r} to {destination!r}: give as many places as axes."
            )
        return source, destination

    def forward(x, source, destination):
        return np.transpose(x, moved(np.ndim(x), source, destination))

    def pull(g, y, x, source, destination):
        return (moveaxis(g, source=destination, destination=source),)

    def push(tangents, y, x, source, destination):
        return moveaxis(broadcast_as(tangents[0], x), source=source, destination=destination)

    def shape(shape, source, destination):
        return in_order(shape, moved(len(shape), source, destination))


def moved(ndim: int, source: Any, destination: Any) -> list[int]:
    """Return the order of so many axes with some of them moved."""
    whence, whither = axes_of(source, ndim), axes_of(destination, ndim)
    order = [place for place in range(ndim) if place not in whence]
    for place, axis in sorted(zip(whither, whence, strict=True)):
        order.insert(place, axis)
    return order


transpose = permute = reading(transposition)
matrix_transpose = reading(matrix_transposition)
swapaxes = reading(axis_swap)
moveaxis = reading(axis_move)
operators["transpose"], operators["swapaxes"] = transpose, swapaxes
