"""The cross product of vectors of three elements."""

from __future__ import annotations

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.sizes import Shape, broadcast, fits, in_words
from chainrule.errors import ShapeError
from chainrule.language.batches import along_axes
from chainrule.language.folds import axis_of, broadcast_as, sum_as
from chainrule.language.kinds import reading, structural
from chainrule.language.matrices.linear_algebra import both

__all__ = ["cross", "cross_product"]

ROW = np.array([2.0, -1.0, 0.5])


def cross_shape(left: Shape, right: Shape, axis: int) -> Shape:
    """Return the shape of the cross product.

    Raises: ShapeError for vectors of another length than 3, and for batches that do not fit.
    """
    shapes = f"shapes {in_words(left)} and {in_words(right)}"
    for shape in (left, right):
        size = shape[axis_of(axis, len(shape))]
        if not fits(size, 3):
            raise ShapeError(
                f"cross takes vectors of 3 elements along axis {axis}; here are {shapes}, of "
                f"{size}. Of two elements, x[0]*y[1] - x[1]*y[0] is the third."
            )
    if axis >= 0 and len(left) != len(right):
        raise ShapeError(
            f"cross of {shapes} along axis {axis}: with different numbers of axes it is not the "
            "same one in both. Count it from the end: axis=-1."
        )
    return broadcast(left, right)


class cross_product(structural):
    """Cross product of vectors of three elements, or of such along an axis.

    >>> cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    array([0., 0., 1.])
    """

    keywords = {"axis": -1}
    rule = "product"
    notation = function(
        "cross",
        latex=r"{0} \times {1}",
        latex_needs=(60, 61),
        latex_precedence=60,
        keywords=("axis",),
        defaults=(-1,),
    )
    samples = (
        (ROW, ROW[::-1]),
        (np.array([[1.0, 2.0, -1.0], [3.0, 0.5, 2.0]]), ROW),
        (
            np.array([[1.0], [3.0], [0.5]]),
            np.array([[1.0, 2.0], [0.5, 4.0], [3.0, 3.0]]),
            {"axis": 0},
        ),
    )
    batch = along_axes

    def forward(a, b, axis):
        cross_shape(np.shape(a), np.shape(b), axis)
        return np.cross(a, b, axis=axis)

    def pull(g, y, a, b, axis):
        return (
            lambda: sum_as(cross(b, g, axis=axis), a),
            lambda: sum_as(cross(g, a, axis=axis), b),
        )

    def push(tangents, y, a, b, axis):
        by_a, by_b = tangents
        return both(
            None if by_a is None else cross(broadcast_as(by_a, a), b, axis=axis),
            None if by_b is None else cross(a, broadcast_as(by_b, b), axis=axis),
        )

    def shape(a, b, axis):
        return cross_shape(a, b, axis)


cross = reading(cross_product)
