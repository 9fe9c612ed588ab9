"""Shapes through a graph; broadcasting, and undoing it, once for all.

No rule of an operation ever sums a cotangent back to its operand's shape: the sweep does, here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.engine.program import Program
from chainrule.engine.protocol import Role

__all__ = ["shapes_of", "sum_to_shape"]

Shape = tuple[int, ...]


def sum_to_shape(value: Any, shape: Shape) -> Any:
    """Sum a value over the axes along which an operand of the given shape was broadcast.

    A value of smaller shape is repeated, so that the result always has the operand's shape.

    >>> sum_to_shape(np.ones((3, 2)), (2,))
    array([3., 3.])
    """
    have = np.shape(value)
    if have == shape:
        return value
    extra = len(have) - len(shape)
    if extra > 0:
        value = np.sum(value, axis=tuple(range(extra)))
        have = have[extra:]
    stretched = tuple(
        axis
        for axis, (got, want) in enumerate(
            zip(have, shape[-len(have) or len(shape) :], strict=True)
        )
        if want == 1 and got != 1
    )
    if stretched:
        value = np.sum(value, axis=stretched, keepdims=True)
    return value if np.shape(value) == shape else np.broadcast_to(value, shape)


def shapes_of(program: Program, inputs: Mapping[str, Shape]) -> list[Shape]:
    """Work out the shape of every slot from the shapes of the inputs, computing nothing.

    Raises: ValueError from the operation whose arguments do not fit.
    """
    shapes: list[Shape] = []
    for operation, arguments, attributes in zip(
        program.operations, program.arguments, program.attributes, strict=True
    ):
        if operation.role is Role.VARIABLE:
            shapes.append(inputs[attributes[0]])
        elif operation.role is Role.CONSTANT:
            shapes.append(np.shape(attributes[0]))
        else:
            shapes.append(operation.shape(*[shapes[slot] for slot in arguments], *attributes))
    return shapes
