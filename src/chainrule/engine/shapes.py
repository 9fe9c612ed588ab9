"""Shapes through a graph; broadcasting, and undoing it, once for all.

No rule of an operation ever sums a cotangent back to its operand's shape: the sweep does, here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.sizes import UNKNOWN, Shape, Size, broadcast
from chainrule.errors import OperationError, ShapeError

__all__ = [
    "NOT_KNOWN",
    "declared_shapes",
    "declared_sizes",
    "repeated_as",
    "shape_of_step",
    "shapes_of",
    "sum_to_shape",
]

FEW = 64  # elements that are copied sooner than looked at in another shape
NOT_KNOWN = False  # stands for a shape that was looked for in vain
# What a rule raises that cannot compute with names: a user's own, written for numbers.
_CANNOT_TELL = (TypeError, AttributeError, ValueError, IndexError, KeyError)


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
    return value if np.shape(value) == shape else repeated_as(value, shape)


def repeated_as(value: Any, shape: Shape) -> Any:
    """Repeat a value to a shape, as NumPy's broadcast_to; a few elements are copied: faster."""
    if type(value) is np.ndarray and value.shape == shape:
        return value
    if math.prod(shape) > FEW or getattr(value, "ndim", 0) > len(shape):
        return np.broadcast_to(value, shape)
    made = np.empty(shape, value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype)
    made[...] = value
    return made


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


def declared_sizes(shape: Iterable[Any]) -> Shape:
    """Return a declared shape with its names as sizes; None is a size that is not known."""
    return tuple(
        [
            Size(size) if isinstance(size, str) else UNKNOWN if size is None else size
            for size in shape
        ]
    )


def shape_of_step(
    operation: Any, arguments: Sequence[Any], attributes: Sequence[Any], shapes: Sequence[Any]
) -> Any:
    """Return the shape of a step before there are values, or NOT_KNOWN.

    shapes: those of the arguments, or NOT_KNOWN each. Of an operation with several values it is a
    Bundle of theirs.
    Raises: ShapeError for arguments that fit under no values; OperationError for attributes that
    mean nothing.
    """
    if operation.role is Role.VARIABLE:
        return declared_sizes(attributes[1]) if len(attributes) > 1 else NOT_KNOWN
    if operation.role is Role.CONSTANT:
        return np.shape(attributes[0])
    if any(shape is NOT_KNOWN for shape in shapes):
        sources = operation.shape_sources(arguments, attributes)
        if sources is None:
            return NOT_KNOWN
        known = [shapes[arguments.index(source)] for source in sources]
        return NOT_KNOWN if any(shape is NOT_KNOWN for shape in known) else broadcast(*known)
    try:
        return operation.shape(*shapes, *attributes)
    except (ShapeError, OperationError):
        raise
    except _CANNOT_TELL:
        return NOT_KNOWN


def declared_shapes(program: Program) -> list[Any]:
    """Return the shape of every slot as far as the variables declare theirs, else NOT_KNOWN."""
    known: list[Any] | None = program.notes.get("declared_shapes")
    if known is None:
        known = []
        steps = zip(program.operations, program.arguments, program.attributes, strict=True)
        for operation, arguments, attributes in steps:
            shapes = [known[argument] for argument in arguments]
            known.append(shape_of_step(operation, arguments, attributes, shapes))
        program.notes["declared_shapes"] = known
    return known
