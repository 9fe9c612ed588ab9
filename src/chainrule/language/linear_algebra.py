"""Matrix product, with NumPy's meaning of `@`: vectors, matrices, batches.

The number of axes is not known before there are values, so the cotangents of the two operands are
operations of their own; with the product they are closed under differentiation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.notation import infix
from chainrule.engine.shapes import sum_to_shape
from chainrule.errors import ShapeError
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import reading, structural

__all__ = ["matmul", "matrix_multiplication"]


def both(left: Any, right: Any) -> Any:
    """Return the sum of two tangents, of which either may be absent."""
    if left is None or right is None:
        return right if left is None else left
    return left + right


class matrix_multiplication(structural, operator="@"):
    """Matrix product of two expressions; a vector is a row on the left and a column on the right.

    Shapes: (..., n, k) @ (..., k, m) -> (..., n, m); an axis of a vector is dropped as in NumPy.
    """

    notation = infix("@", precedence=60, spaced=True, latex=r"{0} \, {1}")
    samples = (
        (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5, -1.0, 2.0], [1.5, 0.0, 1.0]])),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, -1.0])),
        (np.array([1.0, 2.0]), np.array([0.5, -1.0])),
    )

    ufunc = np.matmul

    def forward(a, b):
        if not np.ndim(a) or not np.ndim(b):
            raise ShapeError(
                f"@ takes arrays; here the shapes are {np.shape(a)} and {np.shape(b)}. "
                "To multiply by a number, use *."
            )
        if np.shape(a)[-1] != np.shape(b)[-min(2, np.ndim(b))]:
            raise ShapeError(
                f"@ cannot multiply shapes {np.shape(a)} and {np.shape(b)}: the last axis of the "
                "left one must be as long as the last but one of the right one."
            )
        return np.matmul(a, b)

    def pull(g, y, a, b):
        return lambda: left_cotangent(g, b, a), lambda: right_cotangent(g, a, b)

    def push(tangents, y, a, b):
        by_a, by_b = tangents
        return both(
            None if by_a is None else matmul(broadcast_as(by_a, a), b),
            None if by_b is None else matmul(a, broadcast_as(by_b, b)),
        )

    def shape(a, b):
        stands = [np.broadcast_to(np.float64(0.0), item) for item in (a, b)]
        return np.shape(np.matmul(*stands))


class matrix_left_cotangent(structural):
    """What flows into the left operand of a matrix product: g times the right one, transposed."""

    samples = (
        (
            np.array([[1.0, 2.0], [0.5, -1.0]]),
            np.array([[0.5, -1.0], [2.0, 1.5], [0.0, 1.0]]),
            np.ones((2, 3)),
        ),
    )

    def forward(g, b, like):
        rows = np.expand_dims(g, -1) if np.ndim(b) == 1 else g
        columns = np.expand_dims(b, -1) if np.ndim(b) == 1 else b
        if np.ndim(like) == 1:
            rows = np.expand_dims(rows, -2)
        whole = np.matmul(rows, np.swapaxes(columns, -1, -2))
        return sum_to_shape(whole[..., 0, :] if np.ndim(like) == 1 else whole, np.shape(like))

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


class matrix_right_cotangent(structural):
    """What flows into the right operand of a matrix product: the left one, transposed, times g."""

    samples = (
        (
            np.array([[1.0, 2.0], [0.5, -1.0]]),
            np.array([[0.5, -1.0, 1.0], [2.0, 1.5, 0.0]]),
            np.ones((3, 2)),
        ),
    )

    def forward(g, a, like):
        columns = np.expand_dims(g, -1) if np.ndim(like) == 1 else g
        if np.ndim(a) == 1:
            columns = np.expand_dims(columns, -2)
        rows = np.expand_dims(a, -2) if np.ndim(a) == 1 else a
        whole = np.matmul(np.swapaxes(rows, -1, -2), columns)
        return sum_to_shape(whole[..., 0] if np.ndim(like) == 1 else whole, np.shape(like))

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


matmul = reading(matrix_multiplication)
left_cotangent = reading(matrix_left_cotangent)
right_cotangent = reading(matrix_right_cotangent)
