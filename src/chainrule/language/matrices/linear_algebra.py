"""Matrix product, with NumPy's meaning of `@`: vectors, matrices, batches.

The number of axes is not known before there are values, so the cotangents of the two operands are
operations of their own; with the product they are closed under differentiation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.notation import ATOM, FACTOR, Piece, infix
from chainrule.engine.recipes import Apply, Contract, Expand, Product, Turn
from chainrule.engine.shapes import sum_to_shape
from chainrule.engine.sizes import Shape, broadcast, fits, in_words
from chainrule.errors import ShapeError
from chainrule.language.batches import Slot, size_of, summed_entries
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import reading, structural
from chainrule.language.simplifying.matrix_forms import (
    left_factor,
    right_factor,
    simpler_matrix_product,
)

__all__ = ["matmul", "matrix_multiplication"]


def both(left: Any, right: Any) -> Any:
    """Return the sum of two tangents, of which either may be absent."""
    if left is None or right is None:
        return right if left is None else left
    return left + right


def product_shape(left: Shape, right: Shape) -> Shape:
    """Return the shape of a matrix product.

    Raises: ShapeError for numbers, and for sizes that do not fit, with the axis.
    """
    shapes = f"shapes {in_words(left)} and {in_words(right)}"
    if not left or not right:
        raise ShapeError(f"@ takes arrays; here are {shapes}. To multiply by a number, use *.")
    row = -min(2, len(right))
    if not fits(left[-1], right[row]):
        raise ShapeError(
            f"@ cannot multiply {shapes}: the last axis of the left one has {left[-1]}, "
            f"the {'last but one' if row == -2 else 'only'} axis of the right one {right[row]}. "
            "Make them the same; to turn a matrix over, swap its axes."
        )
    try:
        batch = broadcast(left[:-2], right[:-2])
    except ShapeError as error:
        raise ShapeError(f"@ cannot multiply {shapes}, a batch of matrices: {error}") from None
    return (*batch, *left[-2:-1], *(right[-1:] if len(right) > 1 else ()))


def vector_first(axes: tuple[int, ...]) -> list[Piece] | None:
    r"""Write a vector on the left as the row that it is: x^{\top} A."""
    if axes[0] != 1:
        return None
    return ["{", (0, ATOM), r"}^{\top} ", (1, FACTOR + 1)]


def product_of_entries(left: tuple[Any, bool], right: tuple[Any, bool]) -> Any:
    """Multiply the matrices of all entries; each side with whether it is a batch."""
    sides = [Slot(value, is_batch=is_batch) for value, is_batch in (left, right)]
    ndim = max([side.ndim for side in sides])
    return np.matmul(*[side.lined_up(ndim) for side in sides])


class matrix_multiplication(structural, operator="@"):
    """Matrix product of two expressions; a vector is a row on the left and a column on the right.

    Shapes: (..., n, k) @ (..., k, m) -> (..., n, m); an axis of a vector is dropped as in NumPy.
    """

    algebra = "matrix product"
    notation = infix(
        "@", precedence=60, spaced=True, latex=r"{0} \, {1}", latex_precedence=FACTOR + 1
    )._replace(
        latex_of_axes=vector_first,
    )
    rule = "matrix product"
    samples = (
        (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5, -1.0, 2.0], [1.5, 0.0, 1.0]])),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, -1.0])),
        (np.array([1.0, 2.0]), np.array([0.5, -1.0])),
        (np.ones((2, 1, 2)), np.array([[[0.5, -1.0, 2.0], [1.5, 0.0, 1.0]]])),
    )
    rows = "sum"

    ufunc = np.matmul

    def forward(a, b):
        try:
            return np.matmul(a, b)
        except ValueError:
            product_shape(np.shape(a), np.shape(b))  # raises, with words
            raise

    def batch(operation, operands, attributes):
        left, right = operands
        rows = left.value[..., None, :] if left.ndim == 1 else left.value
        columns = right.value[..., None] if right.ndim == 1 else right.value
        found = product_of_entries((rows, left.is_batch), (columns, right.is_batch))
        found = found[..., 0] if right.ndim == 1 else found
        if left.ndim == 1:
            found = found[..., 0] if right.ndim == 1 else found[..., 0, :]
        return found

    def lower(shapes, numbers, attributes):
        if len(shapes[0]) == len(shapes[1]) == 1:
            return Contract(0, 1)
        return Product(0, 1)

    def pull(g, y, a, b):
        return lambda: left_cotangent(g, b, a), lambda: right_cotangent(g, a, b)

    def push(tangents, y, a, b):
        by_a, by_b = tangents
        return both(
            None if by_a is None else matmul(broadcast_as(by_a, a), b),
            None if by_b is None else matmul(a, broadcast_as(by_b, b)),
        )

    def shape(a, b):
        return product_shape(a, b)

    def simplify(assume_finite, a, b):
        return simpler_matrix_product(a, b)


class matrix_left_cotangent(structural):
    """What flows into the left operand of a matrix product: g times the right one, transposed."""

    samples = (
        (
            np.array([[1.0, 2.0], [0.5, -1.0]]),
            np.array([[0.5, -1.0], [2.0, 1.5], [0.0, 1.0]]),
            np.ones((2, 3)),
        ),
    )
    rows = "sum"

    def forward(g, b, like):
        rows = np.expand_dims(g, -1) if np.ndim(b) == 1 else g
        columns = np.expand_dims(b, -1) if np.ndim(b) == 1 else b
        if np.ndim(like) == 1:
            rows = np.expand_dims(rows, -2)
        whole = np.matmul(rows, np.swapaxes(columns, -1, -2))
        return sum_to_shape(whole[..., 0, :] if np.ndim(like) == 1 else whole, np.shape(like))

    def batch(operation, operands, attributes):
        flowing, right, like = operands
        rows, columns = flowing.value, right.value
        if right.ndim == 1:
            rows, columns = np.expand_dims(rows, -1), np.expand_dims(columns, -1)
        if like.ndim == 1:
            rows = np.expand_dims(rows, -2)
        turned = np.swapaxes(columns, -1, -2)
        found = product_of_entries((rows, flowing.is_batch), (turned, right.is_batch))
        found = found[..., 0, :] if like.ndim == 1 else found
        whole = Slot(found, is_batch=flowing.is_batch or right.is_batch).whole(size_of(operands))
        return summed_entries(Slot(whole, is_batch=True), like.shape)

    def lower(shapes, numbers, attributes):
        flowing, right, like, _ = shapes
        if len(like) == 1 and len(right) == 1:
            return Apply(np.multiply, (0, 1))
        if len(like) == 2 and len(right) == 1 and len(flowing) == 1:
            return Apply(np.multiply, (Expand(0, (1,)), 1))
        return Product(0, Turn(1)) if len(like) == len(right) == 2 else None

    def pull(g, y, flowing, b, like):
        return lambda: matmul(g, b), lambda: right_cotangent(flowing, g, b), 0

    def push(tangents, y, flowing, b, like):
        by_flowing, by_b, _ = tangents
        return both(
            None
            if by_flowing is None
            else left_cotangent(broadcast_as(by_flowing, flowing), b, like),
            None if by_b is None else left_cotangent(flowing, broadcast_as(by_b, b), like),
        )

    def shape_sources(operands, attributes):
        return operands[2:]

    def shape(flowing, b, like):
        return like

    def simplify(assume_finite, flowing, b, like):
        return left_factor(flowing, b, like)


class matrix_right_cotangent(structural):
    """What flows into the right operand of a matrix product: the left one, transposed, times g."""

    samples = (
        (
            np.array([[1.0, 2.0], [0.5, -1.0]]),
            np.array([[0.5, -1.0, 1.0], [2.0, 1.5, 0.0]]),
            np.ones((3, 2)),
        ),
    )
    rows = "sum"

    def forward(g, a, like):
        columns = np.expand_dims(g, -1) if np.ndim(like) == 1 else g
        if np.ndim(a) == 1:
            columns = np.expand_dims(columns, -2)
        rows = np.expand_dims(a, -2) if np.ndim(a) == 1 else a
        whole = np.matmul(np.swapaxes(rows, -1, -2), columns)
        return sum_to_shape(whole[..., 0] if np.ndim(like) == 1 else whole, np.shape(like))

    def batch(operation, operands, attributes):
        flowing, left, like = operands
        rows, columns = left.value, flowing.value
        if like.ndim == 1:
            columns = np.expand_dims(columns, -1)
        if left.ndim == 1:
            rows, columns = np.expand_dims(rows, -2), np.expand_dims(columns, -2)
        turned = np.swapaxes(rows, -1, -2)
        found = product_of_entries((turned, left.is_batch), (columns, flowing.is_batch))
        found = found[..., 0] if like.ndim == 1 else found
        whole = Slot(found, is_batch=flowing.is_batch or left.is_batch).whole(size_of(operands))
        return summed_entries(Slot(whole, is_batch=True), like.shape)

    def lower(shapes, numbers, attributes):
        _, left, like, _ = shapes
        if len(left) == len(like) == 1:
            return Apply(np.multiply, (0, 1))
        return Contract(1, 0) if len(left) == 2 else None

    def pull(g, y, flowing, a, like):
        return lambda: matmul(a, g), lambda: left_cotangent(flowing, g, a), 0

    def push(tangents, y, flowing, a, like):
        by_flowing, by_a, _ = tangents
        return both(
            None
            if by_flowing is None
            else right_cotangent(broadcast_as(by_flowing, flowing), a, like),
            None if by_a is None else right_cotangent(flowing, broadcast_as(by_a, a), like),
        )

    def shape_sources(operands, attributes):
        return operands[2:]

    def shape(flowing, a, like):
        return like

    def simplify(assume_finite, flowing, a, like):
        return right_factor(flowing, a, like)


matmul = reading(matrix_multiplication)
left_cotangent = reading(matrix_left_cotangent)
right_cotangent = reading(matrix_right_cotangent)
