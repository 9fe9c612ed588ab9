"""The entries of a Jacobian as numbers, by as few sweeps as will do.

May import the engine and `at`; it must not know how the entries are handed to the user.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from chainrule.calculus.asked import one_hot
from chainrule.calculus.reach import size_of
from chainrule.engine.evaluate import Pass
from chainrule.engine.program import Program
from chainrule.language.compute import slot_of, spread
from chainrule.language.values import result

__all__ = ["cut", "matrix", "rows_of", "sweeps_needed"]

Shape = tuple[int, ...]


def rows_of(at: Pass, outputs: Iterable[int], names: Iterable[str]) -> list[dict[str, Any]]:
    """Return for each output a dict of its derivatives by the named variables, as numbers."""
    outputs = list(outputs)
    slots = {name: slot_of(at.program, name) for name in names}
    direct, backwards, onwards = counts(at, outputs, slots)
    if backwards < onwards:
        found = swept_back(at, outputs, slots)
    else:
        rest = {name: slot for name, slot in slots.items() if name not in direct}
        found = swept_forth(at, outputs, rest)
        found.update(swept_once(at, outputs, {name: slots[name] for name in direct}))
    return [{name: found[output, name] for name in slots} for output in outputs]


def sweeps_needed(at: Pass, outputs: Iterable[int], names: Iterable[str]) -> int:
    """Count the sweeps that `rows_of` takes."""
    slots = {name: slot_of(at.program, name) for name in names}
    _, backwards, onwards = counts(at, list(outputs), slots)
    return min(backwards, onwards)


def counts(
    at: Pass, outputs: list[int], slots: Mapping[str, int]
) -> tuple[frozenset[str], int, int]:
    """Return the variables for which one sweep does, and how many sweeps go back, or forth.

    Of less than a sweep a variable there is no need to look for the first, nor among numbers.
    """
    backwards = sum(size_of(at.shape_of(output)) for output in outputs)
    if backwards < len(slots):
        return frozenset(), backwards, len(slots)
    if at.is_of_numbers():
        return frozenset(), backwards, len(slots)
    program = at.program
    direct = {name for name in slots if elementwise_between(program, slots[name], outputs)}
    swept = [size_of(at.shape_of(slot)) for name, slot in slots.items() if name not in direct]
    return frozenset(direct), backwards, len(direct) + sum(swept)


def swept_once(
    at: Pass, outputs: list[int], slots: Mapping[str, int]
) -> dict[tuple[int, str], Any]:
    """Return the entries by one forward sweep for every variable, elementwise in the outputs."""
    found: dict[tuple[int, str], Any] = {}
    for name, slot in slots.items():
        tangents = at.jvp({slot: 1})
        for output in outputs:
            whole, own = at.shape_of(output), at.shape_of(slot)
            if tangents[output] is None:  # no path: they need not even broadcast
                found[output, name] = spread(at, None, whole + own)
            else:
                found[output, name] = scattered(spread(at, tangents[output], whole), own)
    return found


def elementwise_between(program: Program, slot: int, outputs: Iterable[int]) -> bool:
    """Tell whether every step on a path from a slot to one of the outputs is elementwise."""
    after = program.depends_on([slot])
    needed = [False] * len(program)
    for output in outputs:
        needed[output] = True
    for step in range(len(program) - 1, -1, -1):
        if needed[step]:
            if after[step] and not program.operations[step].is_elementwise:
                return False
            for argument in program.arguments[step]:
                needed[argument] = True
    return True


def scattered(entry: Any, shape: Shape) -> Any:
    """Return the Jacobian of an elementwise expression from the derivative of each element.

    shape: that of the variable, which was broadcast to the shape of the expression.
    """
    if shape == ():
        return entry
    whole = np.shape(entry)
    places = np.broadcast_to(np.arange(size_of(shape)).reshape(shape), whole).ravel()
    made = np.zeros((size_of(whole), size_of(shape)), dtype=np.asarray(entry).dtype)
    made[np.arange(size_of(whole)), places] = np.ravel(entry)
    return made.reshape(whole + shape)


def swept_together(
    at: Pass, outputs: list[int], slots: Mapping[str, int], *, forth: bool
) -> dict[tuple[int, str], Any] | None:
    """Return the entries of a program of numbers alone, many sweeps in one.

    None where that cannot be, or where a NaN arose.
    """
    sources = list(slots.values()) if forth else list(dict.fromkeys(outputs))
    targets = list(dict.fromkeys(outputs)) if forth else list(slots.values())
    whole = at.many(sources, targets, forth=forth) if len(sources) > 1 else None
    if whole is None:
        return None
    # A row an output.
    rows = (
        dict(zip(targets, whole, strict=True))
        if forth
        else dict(zip(sources, whole.T, strict=True))
    )
    return {
        (output, name): entry
        for output in outputs
        for name, entry in zip(slots, rows[output].tolist(), strict=True)
    }


def swept_back(
    at: Pass, outputs: list[int], slots: Mapping[str, int]
) -> dict[tuple[int, str], Any]:
    """Return the entries by one reverse sweep for every element of the outputs."""
    together = swept_together(at, outputs, slots, forth=False)
    if together is not None:
        return together
    found: dict[tuple[int, str], Any] = {}
    for output in outputs:
        shape = at.shape_of(output)
        rows = [
            at.vjp({output: one_hot(shape, place, at.numbers)}, list(slots.values()))
            for place in range(size_of(shape))
        ]
        for name, slot in slots.items():
            own = at.shape_of(slot)
            parts = [spread(at, row.get(slot), own) for row in rows]
            found[output, name] = stacked(at, parts, shape + own, along=0)
    return found


def swept_forth(
    at: Pass, outputs: list[int], slots: Mapping[str, int]
) -> dict[tuple[int, str], Any]:
    """Return the entries by one forward sweep for every element of the variables."""
    together = swept_together(at, outputs, slots, forth=True)
    if together is not None:
        return together
    found: dict[tuple[int, str], Any] = {}
    for name, slot in slots.items():
        own = at.shape_of(slot)
        columns = [at.jvp({slot: one_hot(own, place, at.numbers)}) for place in range(size_of(own))]
        for output in outputs:
            shape = at.shape_of(output)
            parts = [spread(at, column[output], shape) for column in columns]
            found[output, name] = stacked(at, parts, shape + own, along=len(shape))
    return found


def stacked(at: Pass, parts: list[Any], shape: Shape, *, along: int) -> Any:
    """Join the parts of an entry along the axes of what was swept over, at axis `along`."""
    if shape == ():
        return parts[0]
    if not parts:
        return np.zeros(shape, dtype=at.numbers.dtype)
    return np.stack(parts, axis=along).reshape(shape)


def matrix(
    at: Pass, outputs: Iterable[int], rows: list[dict[str, Any]], names: Iterable[str]
) -> Any:
    """Return the entries as one matrix: a row an element of the outputs, a column one of names."""
    names = list(names)
    if at.is_of_numbers():
        return np.array([[row[name] for name in names] for row in rows], float)
    slots = {name: slot_of(at.program, name) for name in names}
    columns = {name: size_of(at.shape_of(slot)) for name, slot in slots.items()}
    # Beside arrays in single precision a number alone stands for itself.
    kind = np.float32 if at.numbers.dtype is np.float32 else None
    bands = []
    for output, row in zip(outputs, rows, strict=True):
        count = size_of(at.shape_of(output))
        blocks = [
            np.reshape(np.asarray(row[name], dtype=kind), (count, columns[name]))
            for name in columns
        ]
        bands.append(np.hstack(blocks) if blocks else np.zeros((count, 0), dtype=kind))
    return np.vstack(bands) if bands else np.zeros((0, sum(columns.values())), dtype=kind)


def cut(at: Pass, outputs: Iterable[int], names: Iterable[str], whole: Any) -> list[dict[str, Any]]:
    """Cut a matrix over all elements into a dict of entries for each output."""
    names, outputs = list(names), list(outputs)
    if at.is_of_numbers():
        return [dict(zip(names, row, strict=True)) for row in whole.tolist()]
    wide = [at.shape_of(slot_of(at.program, name)) for name in names]
    high = [at.shape_of(output) for output in outputs]
    columns = list(zip(names, wide, pairwise(ends_of(wide)), strict=True))
    return [
        {
            name: result(whole[top:bottom, left:right].reshape(tall + broad))
            for name, broad, (left, right) in columns
        }
        for tall, (top, bottom) in zip(high, pairwise(ends_of(high)), strict=True)
    ]


def ends_of(shapes: Iterable[Shape]) -> list[int]:
    """Return where arrays of these shapes begin and end in one after the other."""
    return list(accumulate(map(size_of, shapes), initial=0))
