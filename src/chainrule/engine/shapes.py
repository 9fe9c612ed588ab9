"""Shapes through a graph; broadcasting, and undoing it, once for all.

No rule of an operation ever sums a cotangent back to its operand's shape: the sweep does, here.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.engine.node import Node
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role

__all__ = ["forget_shapes", "shape_leaves", "shapes_of", "sum_to_shape"]

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


class _Memory(threading.local):
    """The leaves found while a graph is tidied, a thread's own; forgotten with the graph."""

    __slots__ = ("__dict__",)  # where a thread keeps what is its own

    def __init__(self) -> None:
        self.leaves: dict[Node, frozenset[Node]] = {}


_memory = _Memory()


def forget_shapes() -> None:
    """Let go of the nodes that `shape_leaves` remembers."""
    _memory.leaves.clear()


def shape_leaves(root: Node) -> frozenset[Node]:
    """Return the nodes whose shapes, broadcast together, are the shape of this one.

    Before there are values, shapes are unknown, but two nodes with the same leaves have the same
    shape. A number has none; an operation whose shape only it knows is a leaf itself.
    """
    known = _memory.leaves
    stack = [root]
    while stack:
        top = stack[-1]
        operation: Any = type(top)
        if top in known:
            stack.pop()
            continue
        if operation.role is Role.CONSTANT:
            found = frozenset([top] if np.ndim(top.attributes[0]) else [])
        elif operation.role is Role.VARIABLE:
            found = frozenset([top])
        else:
            sources = operation.shape_sources(top.arguments, top.attributes)
            waiting = [source for source in sources or () if source not in known]
            if waiting:
                stack.extend(waiting)
                continue
            if sources is None:
                found = frozenset([top])
            else:
                parts = [known[source] for source in sources]
                largest = max(parts, key=len, default=frozenset())
                whole = largest.union(*parts)
                # Along a chain every node has the leaves of the one before: one set serves all.
                found = largest if len(whole) == len(largest) else whole
        stack.pop()
        known[top] = found
    return known[root]
