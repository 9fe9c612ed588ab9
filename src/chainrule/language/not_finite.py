"""Where a NaN or an infinity came from: the step of a forward or backward pass, with its numbers.

May import the engine; it must not know how values are bound or handed back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.evaluate import Contribution
from chainrule.engine.notation import text
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.errors import NotANumber, ValueTypeError
from chainrule.language.values import result

__all__ = ["Backward", "blame_tangent", "blame_value", "check_on_nan", "is_finite"]

ADVICE = "Change the values, or leave on_nan at 'ignore'."


def check_on_nan(on_nan: str) -> None:
    """Refuse a word that is neither of the two.

    Raises: ValueTypeError.
    """
    if on_nan not in ("ignore", "raise"):
        raise ValueTypeError(f"on_nan must be 'ignore' or 'raise', not {on_nan!r}.")


def is_finite(found: Any) -> bool:
    """Tell whether a number, or every element of an array, is neither NaN nor infinite."""
    if type(found) is Bundle:  # whoever takes a part of it is told
        return True
    try:
        return bool(np.all(np.isfinite(found)))
    except TypeError:  # an exact number, or none at all
        return True


def first_place(found: Any) -> tuple[int, ...]:
    """Return the place of the first element that is NaN or infinite; () in a number."""
    good = np.isfinite(found)
    return tuple(map(int, np.unravel_index(int(np.argmin(np.ravel(good))), np.shape(good))))


def at(found: Any, place: tuple[int, ...]) -> Any:
    """Return the element of a value at a place of a possibly larger shape."""
    shape = np.shape(found)
    if not shape:
        return result(found)
    own = place[len(place) - len(shape) :]
    return result(found[tuple(0 if n == 1 else p for n, p in zip(shape, own, strict=True))])


def row_of(found: Any) -> str:
    """Say in which row of an array the first number is that is NaN or infinite."""
    if not np.ndim(found):
        return ""
    return f" in row {int(np.argmin(np.ravel(np.isfinite(found))))}"


def operands_told(
    program: Program, slots: Sequence[Any], slot: int, place: tuple[int, ...] | None
) -> str:
    """Write the values of the operands of a step, at one place of it; constants need no telling.

    place: None where the step has no elements of its own to speak of; numbers alone are told then.
    """
    told = [
        f"{text(program, argument, limit=200)} = {at(slots[argument], place or ())}"
        for argument in dict.fromkeys(program.arguments[slot])
        if program.operations[argument].role is not Role.CONSTANT
        and np.ndim(slots[argument]) <= len(place or ())
    ]
    return ", ".join(told)


def blame_value(program: Program, slots: Sequence[Any]) -> None:
    """Raise for the first step whose value is NaN or infinite, if there is one.

    Raises: NotANumber, with the step, its row and its operands.
    """
    for slot, found in enumerate(slots):
        if is_finite(found):
            continue
        told = operands_told(program, slots, slot, first_place(found))
        because = f", where {told}" if told else ", as given" * (not program.arguments[slot])
        raise NotANumber(
            f"{text(program, slot, limit=200)}{step_around(program, slot)} is "
            f"{at(found, first_place(found))}{row_of(found)}{because}. {ADVICE}"
        )


def step_around(program: Program, slot: int) -> str:
    """Say which named step a slot is, or stands in; nothing where there is none."""
    after = program.depends_on([slot])
    around = [(place, name) for name, place in program.labels.items() if after[place]]
    if not around or not program.arguments[slot]:
        return ""
    place, name = min(around)
    return f", {'' if program.arguments[place][0] == slot else 'in '}the step {name!r},"


class Backward:
    """The contributions of a reverse sweep that are NaN or infinite, as the sweep tells of them."""

    __slots__ = ("bad", "program", "slots")

    def __init__(self, program: Program, slots: Sequence[Any]) -> None:
        self.program = program
        self.slots = slots
        self.bad: dict[int, list[Contribution]] = {}

    def record(self, told: Contribution) -> None:
        """Take note of a contribution."""
        slot, number, _flowing, _partial, cotangent = told
        if not is_finite(cotangent):
            self.bad.setdefault(self.program.arguments[slot][number], []).append(told)

    def blame(self, reached: int) -> NoReturn:
        """Go up from a slot whose adjoint is NaN or infinite to where the trouble began.

        Raises: NotANumber, with the step, the operand and the numbers.
        """
        while reached in self.bad:
            told = self.bad[reached][0]
            if is_finite(told[2]):
                raise NotANumber(f"{self.origin(told)} {ADVICE}")
            reached = told[0]
        raise NotANumber(
            f"the contributions to the derivative by {text(self.program, reached, limit=200)} are "
            f"finite, but their sum is not. {ADVICE}"
        )

    def origin(self, told: Contribution) -> str:
        """Say what became NaN or infinite at a step into which a finite number flowed."""
        slot, number, flowing, partial, cotangent = told
        step = text(self.program, slot, limit=200)
        operand = text(self.program, self.program.arguments[slot][number], limit=200)
        if partial is None or is_finite(partial):
            place = first_place(cotangent)
            operands = operands_told(self.program, self.slots, slot, None)
            numbers = f", where {operands}" if operands else ""
            if partial is not None and not (np.ndim(flowing) or np.ndim(partial)):
                numbers = f": {result(flowing):.4g} flowing in, times {result(partial):.4g}"
            return (
                f"what flows back through {step} to {operand} is "
                f"{at(cotangent, place)}{row_of(cotangent)}{numbers}."
            )
        place = first_place(partial)
        operands = operands_told(self.program, self.slots, slot, place)
        return (
            f"the derivative of {step} by {operand} is {at(partial, place)}{row_of(partial)}"
            f"{f', where {operands}' if operands else ''}."
        )


def blame_tangent(
    program: Program, slots: Sequence[Any], tangents: Sequence[Any], name: str
) -> NoReturn:
    """Go back from the output of a forward sweep to the step where its tangent went wrong.

    Raises: NotANumber, with the step, its row and its operands.
    """
    reached = program.outputs[0]
    while True:
        before = [slot for slot in program.arguments[reached] if not is_finite(tangents[slot])]
        if not before:
            break
        reached = before[0]
    found = tangents[reached]
    place = first_place(found)
    told = operands_told(program, slots, reached, place)
    raise NotANumber(
        f"the derivative of {text(program, reached, limit=200)} by {name} is "
        f"{at(found, place)}{row_of(found)}{f', where {told}' if told else ''}. {ADVICE}"
    )
