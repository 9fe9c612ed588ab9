"""The target `interpreter`: any kind of number, any array size, step by step, no warm-up."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from chainrule.engine.notation import text
from chainrule.engine.numbers import DOUBLES, FLOATS, SINGLES, Numbers, quiet
from chainrule.engine.program import MANY_STEPS, Program
from chainrule.engine.protocol import Number, Role
from chainrule.engine.targets.target import Kernel, Signature
from chainrule.errors import ChainRuleError, ShapeError

__all__ = [
    "INTERPRETER",
    "Interpreter",
    "Steps",
    "evaluate",
    "filled",
    "prepare",
    "run",
    "some_of",
    "taken",
]

# Columns, not tuples: a long program takes a tenth of the memory. Slots, functions, and twice what
# they take: of one operand its slot and ALONE, of two their slots; else where the arguments and the
# attributes stand in the last list, and MORE.
Steps = tuple[
    MutableSequence[int],
    list[Any],
    MutableSequence[int],
    MutableSequence[int],
    list[tuple[tuple[int, ...], tuple[Any, ...]]],
]
ALONE, MORE = -1, -2


def prepare(program: Program, numbers: Numbers) -> tuple[list[Number], Steps]:
    """Return the slots with the constants filled in, and the steps that compute the others."""
    known: tuple[list[Number], Steps] | None = program.notes.get(numbers)
    if known is None:
        slots: list[Number] = [None] * len(program.operations)
        steps = no_steps(len(slots))
        columns = program.operations, program.arguments, program.attributes
        for slot, (operation, arguments, attributes) in enumerate(zip(*columns, strict=True)):
            if operation.role is Role.CONSTANT:
                slots[slot] = numbers.constant(attributes[0])
            elif operation.role is not Role.VARIABLE:
                steps[0].append(slot)
                steps[1].append(getattr(operation, numbers.field))
                count = 0 if attributes else len(arguments)
                if count not in {1, 2}:
                    steps[4].append((arguments, attributes))
                steps[2].append(arguments[0] if count in {1, 2} else len(steps[4]) - 1)
                steps[3].append(ALONE if count == 1 else arguments[1] if count == 2 else MORE)
        known = program.notes[numbers] = (slots, steps)
    return known


def no_steps(length: int) -> Steps:
    """Return columns for steps, compact ones for a long program."""
    if length < MANY_STEPS:
        return [], [], [], [], []
    return array("i"), [], array("i"), array("i"), []


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
        more = steps[4]
        for slot, compute, left, right in zip(*steps[:4], strict=True):
            # Written out for one operand and two: building a list of them costs as much again.
            if right >= 0:
                slots[slot] = compute(slots[left], slots[right])
            elif right == ALONE:
                slots[slot] = compute(slots[left])
            else:
                arguments, attributes = more[left]
                slots[slot] = compute(*[slots[argument] for argument in arguments], *attributes)
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


def some_of(steps: Steps, wanted: Callable[[int], bool]) -> Steps:
    """Return the steps of which the slots are wanted."""
    slots, functions, left, right, more = steps
    places = [place for place, slot in enumerate(slots) if wanted(slot)]
    return (
        [slots[place] for place in places],
        [functions[place] for place in places],
        [left[place] for place in places],
        [right[place] for place in places],
        more,
    )


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
