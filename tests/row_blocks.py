"""A program run over blocks of its rows, as plainly as can be: what passes come to."""

import numpy as np

from chainrule.engine.protocol import Role
from chainrule.engine.rows import COMBINE, Kind
from chainrule.engine.shapes import shapes_of

__all__ = ["in_blocks", "in_one"]


def computed(program, slot, slots, inputs, shapes=()):
    """Compute one step from what is in the slots; of what is not yet, the shape alone is read."""
    operation, attributes = program.operations[slot], program.attributes[slot]
    if operation.role is Role.VARIABLE:
        return inputs[attributes[0]]
    if operation.role is Role.CONSTANT:
        return attributes[0]
    with np.errstate(all="ignore"):
        operands = [
            np.broadcast_to(np.nan, shapes[place]) if slots[place] is None else slots[place]
            for place in program.arguments[slot]
        ]
        return operation.on_array(*operands, *attributes)


def in_one(program, inputs):
    """Compute the outputs from all rows at once."""
    slots = []
    for slot in range(len(program)):
        slots.append(computed(program, slot, slots, inputs))
    return [slots[slot] for slot in program.outputs]


def in_blocks(parts, inputs, rows, ends):
    """Compute the outputs by the passes of a split, a block of rows at a time.

    ends: where the blocks end; the last one is the number of rows.
    """
    program, states = parts.program, parts.rows
    shapes = shapes_of(program, {name: np.shape(inputs[name]) for name in program.inputs})
    slots = [None] * len(program)
    for slot in parts.before:
        slots[slot] = computed(program, slot, slots, inputs, shapes)
    blocks = {}
    for one in parts.passes:
        folds = {}
        for start, end in zip([0, *ends], ends, strict=False):
            cut = {name: x[start:end] if name in rows else x for name, x in inputs.items()}
            sizes = shapes_of(program, {name: np.shape(cut[name]) for name in program.inputs})
            block = list(slots)
            for slot in one.per_row:
                block[slot] = computed(program, slot, block, cut, sizes)
                blocks.setdefault(slot, {})[start] = block[slot]
            for slot in one.folds:
                found = computed(program, slot, block, cut, sizes)
                fold = COMBINE[states[slot].fold]
                folds[slot] = fold(folds[slot], found) if slot in folds else found
        for slot, found in folds.items():
            slots[slot] = found
        for slot in one.rest:
            slots[slot] = computed(program, slot, slots, inputs, shapes)
    return [
        np.concatenate([*blocks[slot].values()], axis=states[slot].axis)
        if states[slot].kind is Kind.ROWS
        else slots[slot]
        for slot in program.outputs
    ]
