"""Shapes before there are values: of a node, from those that its variables declare.

Worked out once a node, by the `shape` rules of the operations, and kept there. A shape that nobody
declared is unknown, and so is what depends on it, unless a fold makes it a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from chainrule.engine.node import Node, set_sizes
from chainrule.engine.notation import text
from chainrule.engine.plan import plan_of
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import shape_leaves, shapes_of
from chainrule.engine.sizes import UNKNOWN, Shape, Size, broadcast, fits, in_words
from chainrule.errors import ShapeError

__all__ = ["bind_sizes", "check_declared", "declarations", "same_shape", "shape_of", "sizes_of"]

# Not empty once a variable has declared its shape: until then there is nothing to work out.
declarations: list[bool] = []
NOT_KNOWN = False  # kept on a node whose shape was looked for in vain
# What a rule raises that cannot compute with names: a user's own, written for numbers.
_CANNOT_TELL = (TypeError, AttributeError, ValueError, IndexError, KeyError)


def sizes_of(shape: Iterable[Any]) -> Shape:
    """Return a declared shape with its names as sizes; None is a size that is not known."""
    return tuple(
        [
            Size(size) if isinstance(size, str) else UNKNOWN if size is None else size
            for size in shape
        ]
    )


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
    operation: Any = type(item)
    if operation.role is Role.VARIABLE:
        return sizes_of(item.attributes[1]) if len(item.attributes) > 1 else NOT_KNOWN
    if operation.role is Role.CONSTANT:
        return np.shape(item.attributes[0])
    shapes = [argument.sizes for argument in item.arguments]
    if any(shape is NOT_KNOWN for shape in shapes):
        sources = operation.shape_sources(item.arguments, item.attributes)
        if sources is None or any(source.sizes is NOT_KNOWN for source in sources):
            return NOT_KNOWN
        return broadcast(*[source.sizes for source in sources])
    try:
        return operation.shape(*shapes, *item.attributes)
    except ShapeError as error:
        raise refusal(item, error) from None
    except _CANNOT_TELL:
        return NOT_KNOWN


def refusal(item: Node, error: ShapeError) -> ShapeError:
    """Say in which expression shapes do not fit, and of which operands."""
    told = " and ".join(
        f"{text(plan_of(argument).program, limit=200)} has shape {in_words(argument.sizes)}"
        for argument in dict.fromkeys(item.arguments)
        if type(argument).role is not Role.CONSTANT or argument.sizes  # type: ignore[attr-defined]  # an operation's class
    )
    return ShapeError(f"{error}\nIn {text(plan_of(item).program, limit=200)}: {told}.")


def same_shape(one: Node, other: Node) -> bool:
    """Tell whether two nodes are sure to have the same shape, one being broadcast to the other.

    A size that nobody has declared is taken to be no 1 that is repeated: `check_declared` holds
    the values to it.
    """
    if shape_leaves(one) == shape_leaves(other):
        return True
    left, right = shape_of(one), shape_of(other)
    if left is None or right is None or len(left) != len(right):
        return False
    pairs = zip(left, right, strict=True)
    return all(fits(a, b) and (a == 1) == (b == 1) for a, b in pairs)


def bind_sizes(program: Program, shapes: Mapping[str, Shape]) -> dict[str, int]:
    """Return the number that each named size stands for, given the shapes of the values.

    Raises: ShapeError where a value has another shape than declared, or a name two sizes.
    """
    bound: dict[str, tuple[int, str]] = {}
    for name, declared in program.declared.items():
        have = shapes[name]
        if len(have) != len(declared):
            raise ShapeError(
                f"{name!r} is declared with shape {in_words(sizes_of(declared))}, of "
                f"{len(declared)} {'axis' if len(declared) == 1 else 'axes'}, but its value has "
                f"shape {have}. Give an array of {len(declared)}."
            )
        for axis, (size, found) in enumerate(zip(declared, have, strict=True)):
            if isinstance(size, str):
                before, owner = bound.setdefault(size, (found, name))
                if before != found:
                    raise ShapeError(
                        f"the size {size!r} is {before} in {owner!r}, of shape {shapes[owner]}, "
                        f"but {found} in {name!r}, of shape {have}. Give arrays that agree."
                    )
            elif size is not None and size != found:
                raise ShapeError(
                    f"{name!r} is declared with shape {in_words(sizes_of(declared))}, but its "
                    f"value has shape {have}: axis {axis} has {found}, not {size}."
                )
    return {name: size for name, (size, _) in bound.items()}


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
    nodes = program.nodes()
    try:
        found = shapes_of(program, shapes)
    except (ValueError, AttributeError, TypeError):
        return  # running it tells better
    for slot, operation in enumerate(program.operations):
        if not operation.is_elementwise:
            continue
        for argument in program.arguments[slot]:
            declared = shape_of(nodes[argument])
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
