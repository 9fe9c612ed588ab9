"""Shapes before there are values: of a node, from those that its variables declare.

Worked out once a node, by the `shape` rules of the operations, and kept there. A shape that nobody
declared is unknown, and so is what depends on it, unless a fold makes it a number.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.engine.node import Node, set_sizes
from chainrule.engine.notation import text
from chainrule.engine.program import Program, flatten
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import (
    NOT_KNOWN,
    declared_shapes,
    declared_sizes,
    shape_of_step,
    shapes_of,
)
from chainrule.engine.sizes import UNKNOWN, Shape, in_words
from chainrule.errors import ShapeError

__all__ = [
    "bind_sizes",
    "check_declared",
    "declarations",
    "forget_shapes",
    "shape_leaves",
    "shape_of",
]

# Not empty once a variable has declared its shape: until then there is nothing to work out.
declarations: list[bool] = []


def shape_of(root: Node) -> Any:
    """Return the shape of a node as a tuple of sizes; None where it is not known.

    Of an operation with several values it is a Bundle of theirs.
    Raises: ShapeError for operands that fit under no values, with their shapes.
    """
    if root.sizes is None:
        stack = [root]
        while stack:
            top = stack[-1]
            waiting = [item for item in top.arguments if item.sizes is None]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            if top.sizes is None:
                set_sizes(top, worked_out(top))
    return None if root.sizes is NOT_KNOWN else root.sizes


def worked_out(item: Node) -> Any:
    """Return the shape of a node whose arguments' shapes have been worked out."""
    shapes = [argument.sizes for argument in item.arguments]
    try:
        return shape_of_step(type(item), item.arguments, item.attributes, shapes)
    except ShapeError as error:
        raise refusal(item, error) from None


def refusal(item: Node, error: ShapeError) -> ShapeError:
    """Say in which expression shapes do not fit, and of which operands."""
    told = " and ".join(
        f"{text(flatten([argument]), limit=200)} has shape {in_words(argument.sizes)}"
        for argument in dict.fromkeys(item.arguments)
        if type(argument).role is not Role.CONSTANT or argument.sizes  # type: ignore[attr-defined]  # an operation's class
    )
    where = f"In {text(flatten([item]), limit=200)}"
    return ShapeError(f"{error}\n{where}: {told}." if told else f"{error}\n{where}.")


class _Memory(threading.local):
    """The leaves found while a graph is tidied, a thread's own; forgotten with the graph."""

    __slots__ = ("__dict__",)  # where a thread keeps what is its own

    def __init__(self) -> None:
        self.leaves: dict[Node, frozenset[Any]] = {}


_memory = _Memory()


def forget_shapes() -> None:
    """Let go of the nodes that `shape_leaves` remembers."""
    _memory.leaves.clear()


def shape_leaves(root: Node) -> frozenset[Any]:
    """Return the nodes whose shapes, broadcast together, are the shape of this one.

    Before there are values, shapes may be unknown, but two nodes with the same leaves have the same
    shape. A number has none; an operation whose shape only it knows is a leaf itself. In place of
    a node whose shape is known stand its axes: so many of them, and the size of each.
    """
    known = _memory.leaves
    stack = [root]
    while stack:
        top = stack[-1]
        operation: Any = type(top)
        if top in known:
            stack.pop()
            continue
        declared = shape_of(top) if declarations else None
        if declared is not None:
            found = axes_of_shape(declared)
        elif operation.role is Role.CONSTANT:
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


def axes_of_shape(shape: Shape) -> frozenset[Any]:
    """Return a shape as a set, so that of shapes broadcast together it is the union.

    A size that nobody has declared is taken to be no 1 that is repeated: `check_declared` holds
    the values to it.
    """
    sized = [(place - len(shape), size) for place, size in enumerate(shape) if size != 1]
    return frozenset([*sized, len(shape)] if shape else [])


def bind_sizes(program: Program, shapes: Mapping[str, Shape]) -> dict[str, int]:
    """Return the number that each named size stands for, given the shapes of the values.

    Raises: ShapeError where a value has another shape than declared, or a name two sizes.
    """
    bound: dict[str, tuple[int, str, int]] = {}
    for name, declared in program.declared.items():
        have = shapes[name]
        if len(have) != len(declared):
            raise ShapeError(
                f"{name!r} is declared with shape {in_words(declared_sizes(declared))}, of "
                f"{len(declared)} {'axis' if len(declared) == 1 else 'axes'}, but its value has "
                f"shape {have}. Give {f'an array of {len(declared)}' if declared else 'a number'}."
            )
        for axis, (size, found) in enumerate(zip(declared, have, strict=True)):
            if isinstance(size, str):
                before, owner, place = bound.setdefault(size, (found, name, axis))
                if before != found:
                    raise ShapeError(
                        f"the size {size!r} is {before} in {owner!r}, of shape {shapes[owner]}, "
                        f"but {found} in {name!r}, of shape {have}: axis {place} and axis {axis}. "
                        "Give arrays that agree."
                    )
            elif size is not None and size != found:
                raise ShapeError(
                    f"{name!r} is declared with shape {in_words(declared_sizes(declared))}, but "
                    f"its value has shape {have}: axis {axis} has {found}, not {size}."
                )
    return {name: size for name, (size, *_) in bound.items()}


def check_declared(program: Program, values: Mapping[str, Any]) -> None:
    """Hold values to the shapes that their variables declare.

    Raises: ShapeError; also where a declared axis of unknown size turns out to be 1 and would be
    repeated, on which what was simplified does not count.
    """
    if not program.declared:
        return
    shapes = {name: np.shape(value) for name, value in values.items()}
    bind_sizes(program, shapes)
    if not any(None in shape for shape in program.declared.values()):
        return
    said = declared_shapes(program)
    try:
        found = shapes_of(program, shapes)
    except (ValueError, AttributeError, TypeError):
        return  # running it tells better
    for slot, operation in enumerate(program.operations):
        if not operation.is_elementwise:
            continue
        for argument in program.arguments[slot]:
            declared = said[argument]
            if declared and repeats(declared, found[argument], found[slot]):
                raise ShapeError(
                    f"{text(program, argument, limit=200)} is declared with shape "
                    f"{in_words(declared)}, and {found[argument]} would be repeated to "
                    f"{found[slot]} in {text(program, slot, limit=200)}. Declare the size 1 where "
                    "one element is meant for all."
                )


def repeats(declared: Shape, have: Shape, whole: Shape) -> bool:
    """Tell whether an axis of unknown size has one element that is repeated."""
    places = zip(reversed(declared), reversed(have), reversed(whole), strict=False)
    return any(size is UNKNOWN and one == 1 and many != 1 for size, one, many in places)
