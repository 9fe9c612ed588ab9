"""Loops in a batch: a step is taken for all entries at once, as long as an entry goes on.

Entries may go round in different numbers of steps, those of a loop with a condition or over what
such a loop has stacked. What these stack is then of different lengths, and is a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.language.batches import Slot, size_of
from chainrule.language.loops.batching import numbers_of_entries, run_batch
from chainrule.language.loops.bodies import LoopBody
from chainrule.language.loops.loop import LoopOperands
from chainrule.language.loops.running import check_states

__all__ = ["Active", "StackedEntries", "scan_of_entries"]


class Active:
    """The entries that still go on: their states, and a step of a body for them alone.

    places: which of all entries they are.
    """

    __slots__ = ("body", "captured", "numbers", "places", "size", "states")

    def __init__(self, body: LoopBody, operands: LoopOperands) -> None:
        slots = [*operands.states, *operands.sequences, *operands.captured]
        self.body = body
        self.size = size_of(slots)
        self.numbers = numbers_of_entries([slot for slot in slots if not slot.is_ragged])
        self.states = [np.array(slot.whole(self.size)) for slot in operands.states]
        self.captured = list(operands.captured)
        self.places: Any = np.arange(self.size)

    def of(self, slot: Slot) -> Slot:
        """Return an operand for the entries that go on."""
        if not slot.is_batch or len(self.places) == self.size:
            return slot
        return Slot(slot.value[self.places], is_batch=True)

    def step(self, elements: Sequence[Slot]) -> list[Any]:
        """Return what one step gives; elements: of the sequences."""
        states = [Slot(state, is_batch=True) for state in self.states]
        given = [*states, *elements, *self.captured]
        inputs = dict(zip(self.body.names, map(self.of, given), strict=True))
        return run_batch(self.body.program, self.numbers, inputs, len(self.places))

    def take(self, found: Sequence[Any], goes_on: Any = None) -> list[Any]:
        """Take new states; goes_on: which of the entries did a step, None for all.

        Returns what the step has given these entries beside the states.
        Raises: ShapeError, ValueTypeError for a state of another shape or kind.
        """
        first = len(self.states)
        before = [self.of(Slot(state, is_batch=True)).value for state in self.states]
        check_states(self.body.names, before, found[:first])
        if goes_on is not None and not np.all(goes_on):
            self.places = self.places[goes_on]
            found = [value[goes_on] for value in found]
        if len(self.places) == self.size:
            self.states = list(found[:first])
        else:
            self.states = [np.array(state) for state in self.states]
            for state, new in zip(self.states, found, strict=False):
                state[self.places] = new
        return list(found[first:])


class StackedEntries:
    """What the steps of a batch give beside the states."""

    __slots__ = ("counts", "size", "steps")

    def __init__(self, size: int) -> None:
        self.size = size
        self.counts = np.zeros(size, dtype=int)
        self.steps: list[tuple[int, Any, list[Any]]] = []

    def put(self, place: int, places: Any, values: list[Any]) -> None:
        """Keep what a step, the one of this number, gave some entries."""
        self.steps.append((place, places, values))
        self.counts[places] += 1

    def values(self, shapes: Sequence[Any]) -> list[Any]:
        """Return the values of all entries, a list where they differ in length.

        shapes: of one step of one entry, for when there was none.
        """
        most = int(np.max(self.counts, initial=0))
        found = []
        for number, shape in enumerate(shapes):
            told = [values[number] for _, _, values in self.steps]
            kind = np.result_type(*told) if told else np.dtype(np.float64)
            inner = told[0].shape[1:] if told else tuple(shape)
            table = np.zeros((self.size, most, *inner), dtype=kind)
            for place, places, values in self.steps:
                table[places, place] = values[number]
            alike = not self.size or np.all(self.counts == most)
            found.append(
                table if alike else [table[n, :count] for n, count in enumerate(self.counts)]
            )
        return found


def padded(slot: Slot) -> Slot:
    """Return a sequence with the steps first; of entries of different lengths, zeros fill up."""
    if not slot.is_batch:
        return slot
    if not slot.is_ragged:
        return Slot(np.moveaxis(slot.value, 1, 0), is_batch=True)
    lengths = list(map(len, slot.value))
    kind = np.result_type(*slot.value)
    made = np.zeros((max(lengths), len(lengths), *slot.value[0].shape[1:]), dtype=kind)
    for number, entry in enumerate(slot.value):
        made[: lengths[number], number] = entry
    return Slot(made, is_batch=True)


def lengths_of(sequences: Sequence[Slot], size: int) -> Any:
    """Return how many elements each entry has; None where sequences of one entry differ."""
    each = [
        np.array(list(map(len, slot.value)) if slot.is_ragged else [slot.shape[0]] * size)
        for slot in sequences
    ]
    return each[0] if all(np.array_equal(each[0], other) for other in each) else None


def scan_of_entries(
    operands: LoopOperands, settings: tuple[Any, ...], shapes_of_step: Any
) -> Bundle | None:
    """Run a loop over sequences, or a known number of times, for all entries of a batch.

    shapes_of_step: a function that foretells the shapes of what a step gives an entry.
    """
    body, backwards = settings[0], settings[4]
    active = Active(body, operands)
    outputs = len(body.roots) - len(active.states)
    lengths = lengths_of(operands.sequences, active.size) if operands.sequences else None
    if lengths is None and operands.sequences:
        return None  # an entry says it better
    count: int = settings[3] if lengths is None else int(np.max(lengths, initial=0))
    if lengths is not None and not active.size:
        count = operands.sequences[0].shape[0]
    differ = lengths is not None and bool(np.any(lengths != count))
    sequences = [padded(slot) for slot in operands.sequences]
    stacks = StackedEntries(active.size)
    for place in range(count - 1, -1, -1) if backwards else range(count):
        if lengths is not None and differ:
            active.places = np.flatnonzero(lengths > place)
        elements = [Slot(item.value[place], is_batch=item.is_batch) for item in sequences]
        stacks.put(place, active.places, active.take(active.step(elements)))
    stacks.counts[...] = count if lengths is None else lengths
    shapes: Sequence[Any] = [()] * outputs
    if outputs and not stacks.steps:
        entry = LoopOperands(*[tuple([slot.shape for slot in group]) for group in operands])
        shapes = shapes_of_step(entry, settings)[len(active.states) :]
    return Bundle([*active.states, *stacks.values(shapes)])
