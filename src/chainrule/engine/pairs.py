"""Two arrays of n numbers that a fold would pair n by n, though nobody asked for every pair.

By broadcasting, (n, 1) against (n,) is (n, n). Where that is then folded to one number, nothing is
left to show it, and a loss is quietly another one. Found from shapes alone, once for each choice of
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from chainrule.engine.notation import text
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import shapes_of
from chainrule.engine.sizes import Shape
from chainrule.errors import ShapeError

__all__ = ["check_pairs"]

_MOST_KEPT = 64  # choices of shapes that a program remembers


def check_pairs(program: Program, inputs: Mapping[str, Any]) -> None:
    """Refuse a fold to one number over (n, 1) against (n,), n > 1, for inputs of these shapes.

    It is meant where one of them is brought to its shape by an index, `x[:, None]` or `y[None, :]`,
    where another operand has n columns anyway, and where the fold names its axes.
    Raises: ShapeError with both operands and shapes.
    """
    if program.is_elementwise():  # there is no fold
        return
    good: set[tuple[Shape, ...]] | None = program.notes.get("pairs")
    if good is None:
        good = program.notes["pairs"] = set()
    key = tuple([np.shape(value) for value in inputs.values()])
    if key in good:
        return
    for fold in suspects(program, dict(zip(inputs, key, strict=True))):
        raise refusal(program, *fold)
    if len(good) >= _MOST_KEPT:
        good.clear()
    good.add(key)


Pair = tuple[int, int, int, int]  # the fold, the operand (n, 1), the operand (n,), and n


def suspects(program: Program, inputs: Mapping[str, Shape]) -> Iterator[Pair]:
    """Find the folds to one number whose operand pairs what it should not."""
    folds = [slot for slot in range(len(program)) if folds_whole(program, slot)]
    if not folds:
        return
    try:
        shapes = shapes_of(program, inputs)
    except (ValueError, AttributeError):
        return  # shapes that do not fit, or an operation that says none: running it tells better
    flat = {shape[0] for shape in shapes if len(shape) == 1}
    if not any(is_column(shape) and shape[0] in flat for shape in shapes):
        return
    for fold in folds:
        found = paired(program, shapes, sources(program, program.arguments[fold]))
        if found is not None:
            yield fold, *found


def folds_whole(program: Program, slot: int) -> bool:
    """Tell whether a step folds all elements of its operand to one number."""
    operation, arguments = program.operations[slot], program.arguments[slot]
    return (
        operation.role is Role.OPERATION
        and not operation.is_elementwise
        and len(arguments) == 1
        and operation.shape_sources(arguments, program.attributes[slot]) == ()
    )


def is_column(shape: Shape) -> bool:
    """Tell whether a shape is (n, 1) with n > 1."""
    # Only an int tells: how often a loop goes round, no shape says.
    return len(shape) == 2 and shape[1] == 1 and isinstance(shape[0], int) and shape[0] > 1


def sources(program: Program, slots: Iterable[int]) -> list[int]:
    """Return the slots whose shapes, broadcast together, are those of the given ones."""
    found, seen, waiting = [], set(), list(slots)
    while waiting:
        slot = waiting.pop()
        if slot in seen:
            continue
        seen.add(slot)
        operation = program.operations[slot]
        below = None
        if operation.role not in (Role.VARIABLE, Role.CONSTANT):
            below = operation.shape_sources(program.arguments[slot], program.attributes[slot])
        if below is None:
            found.append(slot)
        else:
            waiting += below
    return sorted(found)


def paired(program: Program, shapes: list[Shape], leaves: list[int]) -> tuple[int, int, int] | None:
    """Return a (n, 1) and a (n,) among the leaves, and n; None where there are none."""
    wide = {shapes[slot][-1] for slot in leaves if len(shapes[slot]) > 1}
    rows = {shapes[slot][0]: slot for slot in reversed(leaves) if len(shapes[slot]) == 1}
    for slot in leaves:
        if not is_column(shapes[slot]) or program.operations[slot].makes_arrays:
            continue
        size = shapes[slot][0]
        if size in rows and size not in wide:
            return slot, rows[size], size
    return None


def refusal(program: Program, fold: int, column: int, row: int, size: int) -> ShapeError:
    """Build the error for two operands that are paired, with what to write instead."""
    first, second = [text(program, slot, limit=200) for slot in (column, row)]
    a, b = [
        name if program.operations[slot].role is Role.VARIABLE else f"({name})"
        for name, slot in ((first, column), (second, row))
    ]
    return ShapeError(
        f"{text(program, fold, limit=200)} would fold all pairs of {first}, of shape ({size}, 1), "
        f"and {second}, of shape ({size},): {size * size} numbers instead of {size}. "
        f"Row by row, write {a}[:, 0], or give it with .ravel(). If all pairs are meant, write "
        f"{b}[None, :]."
    )
