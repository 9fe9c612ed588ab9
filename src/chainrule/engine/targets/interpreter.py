"""Run a program step by step: any kind of number, any array size, no warm-up.

A lane is a kind of number with its own way to compute: Python floats through the C library,
arrays through NumPy, exact numbers as themselves. Scalars start in the float lane; where it raises
(a division by zero, an overflow), the same program is run on NumPy scalars, which follow IEEE 754.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np

from chainrule.engine.notation import text
from chainrule.engine.program import Program
from chainrule.engine.protocol import Number, Role
from chainrule.errors import ChainRuleError, ShapeError

__all__ = ["FLOAT_TROUBLE", "Lane", "evaluate", "run"]

# What Python's own float arithmetic raises where IEEE 754 has an infinity or a NaN.
FLOAT_TROUBLE = (ArithmeticError, ValueError)


class Lane(Enum):
    """A kind of number, and the field of an operation that computes with it."""

    FLOAT = "on_float"
    IEEE = "on_ieee"
    ARRAY = "on_array"
    ARRAY32 = "on_array32"  # NumPy too, with constants and scalars kept in single precision
    EXACT = "on_exact"
    NODES = "on_nodes"


_FIELD = {lane: "on_array" if lane is Lane.ARRAY32 else lane.value for lane in Lane}
_CONSTANT = {Lane.IEEE: np.float64, Lane.ARRAY: np.float64, Lane.ARRAY32: np.float32}

# Slots, functions, arguments and attributes: four lists, a third of the memory of one of tuples.
Steps = tuple[list[int], list[Any], list[tuple[int, ...]], list[tuple[Any, ...]]]


def prepare(program: Program, lane: Lane) -> tuple[list[Number], Steps]:
    """Return the slots with the constants filled in, and the steps that compute the others."""
    known: tuple[list[Number], Steps] | None = program.notes.get(lane)
    if known is None:
        slots: list[Number] = [None] * len(program)
        steps: Steps = ([], [], [], [])
        for slot, operation in enumerate(program.operations):
            attributes = program.attributes[slot]
            if operation.role is Role.CONSTANT:
                slots[slot] = as_constant(attributes[0], lane)
            elif operation.role is not Role.VARIABLE:
                compute = getattr(operation, _FIELD[lane])
                steps[0].append(slot)
                steps[1].append(compute)
                steps[2].append(program.arguments[slot])
                steps[3].append(attributes)
        known = program.notes[lane] = (slots, steps)
    return known


def as_constant(value: Any, lane: Lane) -> Number:
    """Bring a constant to the kind of number that a lane computes with."""
    if (
        lane is Lane.EXACT
        or lane is Lane.NODES
        or isinstance(value, np.ndarray | complex | np.complexfloating)
    ):
        return value
    try:
        number = float(value)
    except OverflowError:  # an integer beyond the largest float rounds to infinity, as in IEEE 754
        number = float("inf") if value > 0 else float("-inf")
    if lane is Lane.FLOAT:
        return number
    with np.errstate(all="ignore"):  # beyond single precision it is infinite there
        return _CONSTANT[lane](number)


def run(program: Program, lane: Lane, inputs: Mapping[str, Number]) -> list[Number]:
    """Compute every slot; `inputs` holds a number for every variable, already of the lane's kind.

    Raises: ShapeError where arrays do not fit, naming the sub-expression and both shapes.
    """
    filled, steps = prepare(program, lane)
    slots = filled.copy()
    if lane is Lane.EXACT and any(type(value) is Fraction for value in inputs.values()):
        # Python's 1/3 is a float: whole numbers among fractions are fractions too.
        slots = [Fraction(value) if type(value) is int else value for value in slots]
    for name, slot in program.inputs.items():
        slots[slot] = inputs[name]
    if lane is Lane.FLOAT or lane is Lane.EXACT:
        for slot, compute, arguments, attributes in zip(*steps, strict=True):
            slots[slot] = compute(*[slots[argument] for argument in arguments], *attributes)
        return slots
    with np.errstate(all="ignore"):
        for slot, compute, arguments, attributes in zip(*steps, strict=True):
            values = [slots[argument] for argument in arguments]
            try:
                slots[slot] = compute(*values, *attributes)
            except ValueError as error:
                raise shape_trouble(program, slot, values, error) from None
    return slots


def evaluate(program: Program, lane: Lane, inputs: Mapping[str, Number]) -> list[Number]:
    """Compute the outputs, letting go of every array once nobody needs it."""
    if lane is Lane.FLOAT or lane is Lane.EXACT or lane is Lane.IEEE:
        slots = run(program, lane, inputs)
        return [slots[slot] for slot in program.outputs]
    filled, steps = prepare(program, lane)
    slots = filled.copy()
    for name, slot in program.inputs.items():
        slots[slot] = inputs[name]
    last_uses = program.last_uses()
    with np.errstate(all="ignore"):
        for slot, compute, arguments, attributes in zip(*steps, strict=True):
            values = [slots[argument] for argument in arguments]
            try:
                slots[slot] = compute(*values, *attributes)
            except ValueError as error:
                raise shape_trouble(program, slot, values, error) from None
            for finished in last_uses[slot]:
                slots[finished] = None
    return [slots[slot] for slot in program.outputs]


def shape_trouble(
    program: Program, slot: int, values: list[Number], error: ValueError
) -> ValueError:
    """Say which sub-expression met which shapes, or which matrix it is that an operation refuses.

    Any other ValueError is passed on as it is.
    """
    shapes = [np.shape(value) for value in values]
    told = " and ".join(
        f"{text(program, argument, limit=200)} has shape {shape}"
        for argument, shape in zip(program.arguments[slot], shapes, strict=True)
    )
    if isinstance(error, ChainRuleError):  # what the operation itself refuses
        return type(error)(f"{error}\nIn {text(program, slot, limit=200)}: {told}.")
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return ShapeError(
            f"shapes do not fit in {text(program, slot)}: {told}. "
            "Give arrays of the same length, or numbers."
        )
    return error
