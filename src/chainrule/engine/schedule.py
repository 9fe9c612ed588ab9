"""The order in which lowered instructions run: what is not needed goes, the rest finds its pass.

Additions of zeros with something placed into them are merged, so that the derivatives of several
slices of one array add into one array. What only a later pass needs is computed there, block by
block, rather than stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.engine.instructions import Instruction, Value
from chainrule.engine.lowering import Lowering
from chainrule.engine.rewriting import draw_factors_out, with_signs_carried

__all__ = ["scheduled"]


def scheduled(
    lowering: Lowering, number: Callable[[int], Any], *, exact: bool
) -> list[Instruction]:
    """Return the instructions in the order they run, and mark the values that have to be stored.

    number: makes a constant of the precision. exact: folds give the bits of NumPy's own; otherwise
    a sum of products is left to BLAS.
    """
    outputs = lowering.outputs
    written = with_signs_carried(lowering.instructions, number)
    if not exact:
        contract(written)
        written = draw_factors_out(written, number)
    instructions = merged(needed(written, outputs), outputs)
    sink(instructions, outputs)
    for value in outputs:
        value.stored = value.stored or value.kind == "row"
    for instruction in instructions:
        for operand in instruction.operands:
            outside = not instruction.in_pass or instruction.stage != operand.stage
            operand.stored = operand.stored or (operand.kind == "row" and outside)
    return sorted(instructions, key=moment)


def moment(instruction: Instruction) -> int:
    """Return when an instruction runs: in its pass, or after it."""
    return 2 * instruction.stage + (not instruction.in_pass)


def needed(instructions: Sequence[Instruction], outputs: Iterable[Value]) -> list[Instruction]:
    """Leave out what no output depends on."""
    wanted = set(outputs)
    kept = []
    for instruction in reversed(instructions):
        if instruction.made in wanted:
            wanted.update(instruction.operands)
            kept.append(instruction)
    return kept[::-1]


def contract(instructions: Sequence[Instruction]) -> None:
    """Turn sums of the products of two columns into one fold each."""
    products = {
        item.made: item.operands
        for item in instructions
        if item.function is np.multiply and item.in_pass
    }
    for item in instructions:
        factors = products.get(item.operands[0]) if item.function == "sum" else None
        if factors and all(len(part.actual) == 1 and part.cuts for part in factors):
            item.operands, item.function, item.attributes = factors, "contract", ()


def merged(instructions: list[Instruction], outputs: list[Value]) -> list[Instruction]:
    """Let sums of placed values be placed into one array."""
    uses: dict[Value, int] = {}
    for value in outputs:
        uses[value] = uses.get(value, 0) + 1
    for instruction in instructions:
        if instruction.kind not in ("place", "window"):
            for operand in instruction.operands:
                uses[operand] = uses.get(operand, 0) + 1
    for instruction in list(instructions):
        if instruction.function is not np.add or len(instruction.operands) != 2:
            continue
        one, other = instruction.operands
        if one is other or not (one.places and other.places) or uses[one] + uses[other] > 2:
            continue
        keep, single = (one, other) if other.places == 1 else (other, one)
        if not in_order(instructions, keep, single):
            continue
        keep.places += single.places
        keep.stage = max(keep.stage, single.stage)
        zeros = next(i for i in instructions if i.kind == "zeros" and i.made is single)
        instructions.remove(zeros)
        instructions.remove(instruction)
        for item in instructions:
            if item.made is single:
                item.made = keep
            replaced = {single: keep, instruction.made: keep}
            item.operands = tuple([replaced.get(part, part) for part in item.operands])
        outputs[:] = [keep if value is instruction.made else value for value in outputs]
        uses[keep] = uses.get(instruction.made, 1)
        # The zeros come first, before anything is placed into them.
        first = next(i for i in instructions if i.kind == "zeros" and i.made is keep)
        instructions.remove(first)
        instructions.insert(0, first)
    return instructions


def in_order(instructions: Sequence[Instruction], keep: Value, single: Value) -> bool:
    """Tell whether adding one more to what is kept gives the bits of the sum as it is written."""
    if single.places != 1:
        return False
    if keep.places == 1:  # of two terms the order does not matter
        return True
    places = [
        (moment(i), n, i.made) for n, i in enumerate(instructions) if i.kind in ("place", "put")
    ]
    last = max(place[:2] for place in places if place[2] is keep)
    return last < min(place[:2] for place in places if place[2] is single)


def sink(instructions: Sequence[Instruction], outputs: Sequence[Value]) -> None:
    """Compute in a later pass what no earlier one needs."""
    first_use: dict[Value, int] = dict.fromkeys(outputs, -1)
    for instruction in reversed(instructions):
        made = instruction.made
        wanted = first_use.get(made, -1)
        if instruction.in_pass and made.kind == "row" and wanted > instruction.stage:
            instruction.stage = made.stage = wanted
        for operand in instruction.operands:
            # Outside of a pass it is wanted at once; -1 keeps it where it is.
            use = instruction.stage if instruction.in_pass else -1
            known = first_use.get(operand)
            first_use[operand] = use if known is None else min(known, use)
