"""Run a body for every entry of a batch at once: no Python loop over the entries.

How an operation takes a batch is said by its class body, or follows from its kind: what is
elementwise takes a whole batch once the entries' axes are lined up, a fold goes along its axes, and
a composed operation takes the steps of its meaning. What has no rule is taken entry by entry, it
alone, and a warning names it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.kernels import shape_trouble
from chainrule.engine.numbers import DOUBLES, SINGLES, Numbers
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.errors import ChainRuleError, PerformanceWarning
from chainrule.language.batches import Slot, fold_of_entries
from chainrule.language.composition import composed
from chainrule.language.folds import FOLD

__all__ = ["numbers_of_entries", "run_batch"]

# The operations of which a warning has told that they go entry by entry.
_told: set[Any] = set()


def of_elements(operation: Any, operands: Sequence[Slot], attributes: Sequence[Any]) -> Any:
    """Take an elementwise step."""
    ndim = max(operand.ndim for operand in operands)
    size = next(len(operand.value) for operand in operands if operand.is_batch)
    # Every array gets the axis, also for a step that refuses arrays of different shapes.
    whole = [
        Slot(operand.whole(size), is_batch=True) if operand.ndim else operand
        for operand in operands
    ]
    return operation.on_array(*[item.lined_up(ndim) for item in whole], *attributes)


def is_fold(operation: Any) -> bool:
    """Tell whether an operation folds one array along an axis, or all of it."""
    return tuple(operation.keywords)[:2] == tuple(FOLD) and operation.arity == (1, 1)


def batch_rule(operation: Any) -> Any:
    """Return how a structural operation takes a batch; None where nobody knows."""
    if operation.batch is not None:
        return operation.batch
    return fold_of_entries if is_fold(operation) else None


def entry_by_entry(
    operation: Any, operands: Sequence[Slot], attributes: Sequence[Any], size: int
) -> Slot:
    """Take a step for each entry in turn."""
    # Of no entries there is no shape to be seen: what one of zeros comes to, has it.
    sized = [padded(operand) if not size else operand for operand in operands]
    found = [
        operation.on_array(*[operand.entry(number) for operand in sized], *attributes)
        for number in range(max(size, 1))
    ]
    if type(found[0]) is Bundle:
        parts = zip(*found, strict=True)
        return Slot(Bundle([stacked(several, size) for several in parts]), is_batch=True)
    return Slot(stacked(found, size), is_batch=True)


def stacked(entries: Sequence[Any], size: int) -> Any:
    """Return the first so many entries along an axis; a list of them, where shapes differ."""
    alike = len({np.shape(entry) for entry in entries}) == 1
    return np.stack(entries)[:size] if alike else list(entries)


def padded(operand: Slot) -> Slot:
    """Return a batch of one entry of zeros instead of none."""
    if not operand.is_batch:
        return operand
    if type(operand.value) is Bundle:
        values: Any = Bundle([np.zeros((1, *part.shape[1:])) for part in operand.value])
    else:
        values = np.zeros((1, *operand.shape))
    return Slot(values, is_batch=True)


def numbers_of_entries(slots: Sequence[Slot]) -> Numbers:
    """Choose the kind of numbers to compute with in a batch."""
    single = np.result_type(*[slot.value for slot in slots]) == np.float32
    return SINGLES if single else DOUBLES


def run_batch(
    program: Program, numbers: Numbers, inputs: Mapping[str, Slot], size: int
) -> list[Any]:
    """Return the outputs for every entry, stacked along a first axis.

    Raises: ShapeError where arrays do not fit, naming the sub-expression.
    """
    slots: list[Any] = [None] * len(program)
    last_uses = program.last_uses()
    with np.errstate(all="ignore"):
        for place, operation in enumerate(program.operations):
            attributes = program.attributes[place]
            if operation.role is Role.VARIABLE:
                slots[place] = inputs[attributes[0]]
                continue
            if operation.role is Role.CONSTANT:
                slots[place] = Slot(numbers.constant(attributes[0]), is_batch=False)
                continue
            operands = [slots[argument] for argument in program.arguments[place]]
            try:
                slots[place] = step_of_batch((operation, attributes), operands, numbers, size)
            except ValueError as error:
                values = [operand.entry(0) if size else operand.value for operand in operands]
                raise shape_trouble(program, place, values, error) from None
            for finished in last_uses[place]:
                slots[finished] = None
    return [slots[place].whole(size) for place in program.outputs]


def step_of_batch(
    step: tuple[Any, Sequence[Any]], operands: Sequence[Slot], numbers: Numbers, size: int
) -> Slot:
    """Take one step, an operation with its attributes, for every entry."""
    operation, attributes = step
    if not any(operand.is_batch for operand in operands):
        values = [operand.value for operand in operands]
        return Slot(operation.on_array(*values, *attributes), is_batch=False)
    if operation.takes_ragged or not any(operand.is_ragged for operand in operands):
        try:
            found = at_once(step, operands, numbers, size)
        except (ChainRuleError, ValueError, IndexError):
            # What is wrong, if anything, the entries tell better.
            return entry_by_entry(operation, operands, attributes, size)
        if found is not None:
            return Slot(found, is_batch=True)
    warn_of(operation, ragged=batch_rule(operation) is not None)
    return entry_by_entry(operation, operands, attributes, size)


def at_once(
    step: tuple[Any, Sequence[Any]], operands: Sequence[Slot], numbers: Numbers, size: int
) -> Any:
    """Take a step for all entries at once; None where nobody knows how."""
    operation, attributes = step
    if operation.is_elementwise:
        return of_elements(operation, operands, attributes)
    rule = batch_rule(operation)
    if rule is not None:
        if not any(operand.is_ragged for operand in operands):
            operation.shape(*[operand.shape for operand in operands], *attributes)  # do they fit?
        return rule(operation, operands, attributes)
    if issubclass(operation, composed):
        return by_meaning(step, operands, numbers, size)
    return None


def warn_of(operation: Any, *, ragged: bool) -> None:
    """Tell, once an operation, that it is taken entry by entry."""
    if operation in _told:
        return
    _told.add(operation)
    called = operation.notation.name or operation.__name__
    why = (
        "its entries differ in shape, as those of loops that end when they like. Loop a fixed "
        "number of times, with fori_loop, where that is enough."
        if ragged or operation.is_elementwise
        else "there is no rule for all entries at once. An operation of your own gets one by "
        "`batch` in its class body, such as batch = of_last_axes."
    )
    message = f"vmap takes {called} entry by entry, as slowly as a loop in Python: {why}"
    warnings.warn(message, PerformanceWarning, stacklevel=2)


def by_meaning(
    step: tuple[Any, Sequence[Any]], operands: Sequence[Slot], numbers: Numbers, size: int
) -> Any:
    """Take the steps that an operation is composed of."""
    operation, attributes = step
    program = operation.understood.over(len(operands), tuple(attributes))
    inputs = {f"operand {number}": operand for number, operand in enumerate(operands)}
    (found,) = run_batch(program, numbers, inputs, size)
    return found
