"""The entries of a Jacobian as numbers, by as few sweeps as will do.

May import the engine and `passes`; it must not know how the entries are handed to the user.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from chainrule.calculus.passes import Passes, are_numbers, one_hot
from chainrule.calculus.reach import size_of
from chainrule.engine.program import Program
from chainrule.engine.targets.interpreter import Lane
from chainrule.language.compute import slot_of
from chainrule.language.values import result

__all__ = ["cut", "matrix", "rows_of", "sweeps_needed"]

Shape = tuple[int, ...]

# So many numbers are kept at once where several sweeps go in one.
MOST_AT_ONCE = 2_000_000


def rows_of(passes: Passes, outputs: Iterable[int], names: Iterable[str]) -> list[dict[str, Any]]:
    """Return for each output a dict of its derivatives by the named variables, as numbers."""
    outputs = list(outputs)
    slots = {name: slot_of(passes.program, name) for name in names}
    direct, backwards, onwards = counts(passes, outputs, slots)
    if backwards < onwards:
        found = swept_back(passes, outputs, slots)
    else:
        rest = {name: slot for name, slot in slots.items() if name not in direct}
        found = swept_forth(passes, outputs, rest)
        found.update(swept_once(passes, outputs, {name: slots[name] for name in direct}))
    return [{name: found[output, name] for name in slots} for output in outputs]


def sweeps_needed(passes: Passes, outputs: Iterable[int], names: Iterable[str]) -> int:
    """Count the sweeps that `rows_of` takes."""
    slots = {name: slot_of(passes.program, name) for name in names}
    _, backwards, onwards = counts(passes, list(outputs), slots)
    return min(backwards, onwards)


def counts(
    passes: Passes, outputs: list[int], slots: Mapping[str, int]
) -> tuple[frozenset[str], int, int]:
    """Return the variables for which one sweep does, and how many sweeps go back, or forth.

    Of less than a sweep a variable there is no need to look for the first, nor among numbers.
    """
    backwards = sum(size_of(passes.shape_of(output)) for output in outputs)
    if backwards < len(slots):
        return frozenset(), backwards, len(slots)
    if are_numbers(passes):
        return frozenset(), backwards, len(slots)
    program = passes.program
    direct = {name for name in slots if elementwise_between(program, slots[name], outputs)}
    swept = [size_of(passes.shape_of(slot)) for name, slot in slots.items() if name not in direct]
    return frozenset(direct), backwards, len(direct) + sum(swept)


def swept_once(
    passes: Passes, outputs: list[int], slots: Mapping[str, int]
) -> dict[tuple[int, str], Any]:
    """Return the entries by one forward sweep for every variable, elementwise in the outputs."""
    found: dict[tuple[int, str], Any] = {}
    for name, slot in slots.items():
        tangents = passes.forth({slot: 1})
        for output in outputs:
            whole, own = passes.shape_of(output), passes.shape_of(slot)
            if tangents[output] is None:  # no path: they need not even broadcast
                found[output, name] = passes.spread(None, whole + own)
            else:
                found[output, name] = scattered(passes.spread(tangents[output], whole), own)
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
    passes: Passes, outputs: list[int], slots: Mapping[str, int], *, forth: bool
) -> dict[tuple[int, str], Any] | None:
    """Return the entries of a program of numbers alone, many sweeps in one.

    Instead of a tangent, or a cotangent, an array of them goes along. None where that cannot be, or
    where a NaN arose: a sweep of its own does not carry the zeros of others over infinite slopes.
    """
    program = passes.program
    sources = list(slots.values()) if forth else list(dict.fromkeys(outputs))
    width = min(len(sources), MOST_AT_ONCE // len(program))
    if not are_numbers(passes) or width < 2:
        return None
    wanted = list(slots.values())
    entries: dict[tuple[int, int], Any] = {}
    for start in range(0, len(sources), width):
        chunk = sources[start : start + width]
        seeds = dict(zip(chunk, np.eye(len(chunk)), strict=True))
        with np.errstate(all="ignore"):
            found: Any = passes.forth(seeds) if forth else passes.back(seeds, wanted)
        for target in outputs if forth else wanted:
            arrived = found[target] if forth else found.get(target)
            vector = passes.spread(arrived, (len(chunk),))
            if np.isnan(vector).any():
                return None
            for source, entry in zip(chunk, vector.tolist(), strict=True):
                entries[(target, source) if forth else (source, target)] = entry
    return {(output, name): entries[output, slots[name]] for output in outputs for name in slots}


def swept_back(
    passes: Passes, outputs: list[int], slots: Mapping[str, int]
) -> dict[tuple[int, str], Any]:
    """Return the entries by one reverse sweep for every element of the outputs."""
    together = swept_together(passes, outputs, slots, forth=False)
    if together is not None:
        return together
    found: dict[tuple[int, str], Any] = {}
    for output in outputs:
        shape = passes.shape_of(output)
        rows = [
            passes.back({output: one_hot(shape, place, passes.lane)}, list(slots.values()))
            for place in range(size_of(shape))
        ]
        for name, slot in slots.items():
            own = passes.shape_of(slot)
            parts = [passes.spread(row.get(slot), own) for row in rows]
            found[output, name] = stacked(passes, parts, shape + own, along=0)
    return found


def swept_forth(
    passes: Passes, outputs: list[int], slots: Mapping[str, int]
) -> dict[tuple[int, str], Any]:
    """Return the entries by one forward sweep for every element of the variables."""
    together = swept_together(passes, outputs, slots, forth=True)
    if together is not None:
        return together
    found: dict[tuple[int, str], Any] = {}
    for name, slot in slots.items():
        own = passes.shape_of(slot)
        columns = [
            passes.forth({slot: one_hot(own, place, passes.lane)}) for place in range(size_of(own))
        ]
        for output in outputs:
            shape = passes.shape_of(output)
            parts = [passes.spread(column[output], shape) for column in columns]
            found[output, name] = stacked(passes, parts, shape + own, along=len(shape))
    return found


def stacked(passes: Passes, parts: list[Any], shape: Shape, *, along: int) -> Any:
    """Join the parts of an entry along the axes of what was swept over, at axis `along`."""
    if shape == ():
        return parts[0]
    if not parts:
        return np.zeros(shape, dtype=np.float32 if passes.lane is Lane.ARRAY32 else np.float64)
    return np.stack(parts, axis=along).reshape(shape)


def matrix(
    passes: Passes, outputs: Iterable[int], rows: list[dict[str, Any]], names: Iterable[str]
) -> Any:
    """Return the entries as one matrix: a row an element of the outputs, a column one of names."""
    names = list(names)
    if are_numbers(passes):
        return np.array([[row[name] for name in names] for row in rows], float)
    slots = {name: slot_of(passes.program, name) for name in names}
    columns = {name: size_of(passes.shape_of(slot)) for name, slot in slots.items()}
    # Beside arrays in single precision a number alone stands for itself.
    kind = np.float32 if passes.lane is Lane.ARRAY32 else None
    bands = []
    for output, row in zip(outputs, rows, strict=True):
        count = size_of(passes.shape_of(output))
        blocks = [
            np.reshape(np.asarray(row[name], dtype=kind), (count, columns[name]))
            for name in columns
        ]
        bands.append(np.hstack(blocks) if blocks else np.zeros((count, 0), dtype=kind))
    return np.vstack(bands) if bands else np.zeros((0, sum(columns.values())), dtype=kind)


def cut(
    passes: Passes, outputs: Iterable[int], names: Iterable[str], whole: Any
) -> list[dict[str, Any]]:
    """Cut a matrix over all elements into a dict of entries for each output."""
    names, outputs = list(names), list(outputs)
    if are_numbers(passes):
        return [dict(zip(names, row, strict=True)) for row in whole.tolist()]
    wide = [passes.shape_of(slot_of(passes.program, name)) for name in names]
    high = [passes.shape_of(output) for output in outputs]
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
