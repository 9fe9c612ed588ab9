"""The target `interpreter`: any kind of number, any array size, step by step, no warm-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.notation import text
from chainrule.engine.numbers import DOUBLES, FLOATS, SINGLES, Numbers, quiet
from chainrule.engine.program import Program
from chainrule.engine.protocol import Number, Role
from chainrule.engine.targets.target import Kernel, Signature
from chainrule.errors import ChainRuleError, ShapeError

__all__ = ["INTERPRETER", "Interpreter", "Steps", "evaluate", "prepare", "run", "taken"]

# Four lists, a third of the memory of one of tuples: slots, functions, and twice what they take.
# Of one operand its slot and None, of two their slots; else the arguments and the attributes.
Steps = tuple[list[int], list[Any], list[Any], list[Any]]


def prepare(program: Program, numbers: Numbers) -> tuple[list[Number], Steps]:
    """Return the slots with the constants filled in, and the steps that compute the others."""
    known: tuple[list[Number], Steps] | None = program.notes.get(numbers)
    if known is None:
        slots: list[Number] = [None] * len(program.operations)
        steps: Steps = ([], [], [], [])
        for slot, operation in enumerate(program.operations):
            attributes = program.attributes[slot]
            if operation.role is Role.CONSTANT:
                slots[slot] = numbers.constant(attributes[0])
            elif operation.role is not Role.VARIABLE:
                steps[0].append(slot)
                steps[1].append(getattr(operation, numbers.field))
                arguments = program.arguments[slot]
                count = 0 if attributes else len(arguments)
                steps[2].append(arguments if count not in {1, 2} else arguments[0])
                steps[3].append(None if count == 1 else arguments[1] if count == 2 else attributes)
        known = program.notes[numbers] = (slots, steps)
    return known


def filled(program: Program, numbers: Numbers, inputs: Mapping[str, Number]) -> list[Number]:
    """Return the slots with constants and inputs filled in."""
    slots = prepare(program, numbers)[0].copy()
    if numbers.is_exact:
        slots = numbers.beside(slots, inputs)
    for name, slot in program.inputs.items():
        slots[slot] = inputs[name]
    return slots


def taken(
    program: Program, numbers: Numbers, slots: list[Number], steps: Steps, *, release: bool = False
) -> list[Number]:
    """Take these steps, in place; every slot that they read is filled in.

    release: let go of every value once nobody needs it; those of the outputs stay.
    Raises: ShapeError where arrays do not fit, naming the sub-expression and both shapes; what
    floats raise.
    """
    if not numbers.is_numpy:
        for slot, compute, left, right in zip(*steps, strict=True):
            # Written out for one operand and two: building a list of them costs as much again.
            if right is None:
                slots[slot] = compute(slots[left])
            elif right.__class__ is int:
                slots[slot] = compute(slots[left], slots[right])
            else:
                slots[slot] = compute(*[slots[argument] for argument in left], *right)
        return slots
    finished = program.last_uses() if release else None
    with quiet():
        for slot, compute in zip(*steps[:2], strict=True):
            values = [slots[argument] for argument in program.arguments[slot]]
            try:
                slots[slot] = compute(*values, *program.attributes[slot])
            except ValueError as error:
                raise shape_trouble(program, slot, values, error) from None
            for done in finished[slot] if finished else ():
                slots[done] = None
    return slots


def run(program: Program, numbers: Numbers, inputs: Mapping[str, Number]) -> list[Number]:
    """Compute every slot; `inputs` holds a number of the kind for every variable.

    Raises: as `taken`.
    """
    slots = filled(program, numbers, inputs)
    return taken(program, numbers, slots, prepare(program, numbers)[1])


def evaluate(program: Program, numbers: Numbers, inputs: Mapping[str, Number]) -> list[Number]:
    """Compute the outputs, letting go of every array once nobody needs it."""
    slots = filled(program, numbers, inputs)
    steps = prepare(program, numbers)[1]
    taken(program, numbers, slots, steps, release=numbers.is_array)
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


class Interpreter:
    """The target that serves every program and every signature, at once."""

    __slots__ = ()

    name = "interpreter"
    pays_after = 0

    def supports(self, program: Program, signature: Signature) -> bool:
        """Tell that it does, whatever the types of the inputs."""
        return len(signature.inputs) == len(program.inputs)

    def source(self, program: Program, signature: Signature) -> str:
        """Return the steps, one a line."""
        del signature
        return str(program)

    def compile(self, program: Program, signature: Signature, outputs: Sequence[int]) -> Kernel:
        """Return a function of the inputs that runs the steps."""
        wanted = tuple(outputs)
        if wanted != program.outputs:
            program = Program(program.operations, program.arguments, program.attributes, wanted)
        numbers, names = numbers_of(signature), list(program.inputs)

        def compute(*inputs: Number) -> tuple[Number, ...]:
            return tuple(evaluate(program, numbers, dict(zip(names, inputs, strict=True))))

        return compute


INTERPRETER = Interpreter()


def numbers_of(signature: Signature) -> Numbers:
    """Return the kind of number for inputs of these types."""
    if signature.is_floats:
        return FLOATS
    single = all(item.dtype == "<f4" for item in signature.inputs if item.shape)
    some = any(item.dtype == "<f4" for item in signature.inputs)
    return SINGLES if single and some else DOUBLES
