"""Each step of an expression alone: its local derivative against differences of its own value.

May import the engine and what compares numbers; it must not know any operation by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from chainrule.calculus.comparison import Comparison, Verdict, compare, compare_each, shown
from chainrule.calculus.differences import Along
from chainrule.calculus.several import views_of
from chainrule.engine.bundle import Bundle
from chainrule.engine.compiled import compiled_of
from chainrule.engine.evaluate import Pass, slopes_of_step
from chainrule.engine.node import identity_of
from chainrule.engine.notation import text
from chainrule.engine.numbers import computed, quiet
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import sum_to_shape
from chainrule.language.compute import pass_at, slot_of
from chainrule.language.expression import expression
from chainrule.report import Remark, Sentence, joined

__all__ = ["StepCheck", "check_local", "check_pull", "check_steps", "weights"]

MOST_ELEMENTS = 64

# Of each operand by its number: how its derivative compares, and the values of all operands there.
Compared = dict[int, tuple[Comparison, tuple[float, ...]]]


@dataclass(frozen=True, slots=True, repr=False)
class StepCheck(Remark):
    """A step whose local derivative by one operand was compared with differences.

    step: as it is written, with its name if it has one. operand: counted from 1. at: the values of
    the operands there; empty for a step that is not elementwise.
    """

    step: str
    operation: str
    operand: int
    operand_text: str
    at: tuple[float, ...]
    comparison: Comparison

    def __repr__(self) -> str:
        return f"StepCheck({self})"

    def sentence(self) -> Sentence:
        """Say what the step takes for its derivative, and what differences give."""
        found = self.comparison
        there = joined([Sentence("{value:g}", value=value) for value in self.at], ", ")
        fields = {
            "step": self.step,
            "operation": self.operation,
            "by": Sentence("operand {n} ({text})", n=self.operand, text=self.operand_text),
            "there": Sentence(" at ({values})", values=there) if self.at else "",
        }
        if found.verdict is Verdict.KINK:
            return Sentence(
                "step {step} ({operation}): the slope by {by}{there} is {left:g} on the left and "
                "{right:g} on the right; {analytic:g} is taken",
                **fields,
                **found.fields(),
            )
        return Sentence(
            "step {step} ({operation}): {what} by {by}{there} is {taken}, numerically {numerical}",
            **fields,
            what="local derivative" if self.at else "pull, along one direction,",
            taken=shown(found.analytic, found.numerical),
            numerical=shown(found.numerical, found.analytic),
        )


def check_steps(
    root: expression, point: dict[str, Any], names: list[str], tolerance: float
) -> list[StepCheck]:
    """Compare the local derivatives of every step on a path from the named variables.

    Returns what differs or has a kink, in the order of evaluation. Cost: some thirty evaluations of
    each step, some hundreds where it does not agree at first; of those on numbers together.
    """
    program = compiled_of(root).program
    at = pass_at(program, point)
    on_path = program.depends_on([slot_of(program, name) for name in names])
    asked = {
        slot: tuple([on_path[argument] for argument in program.arguments[slot]])
        for slot, operation in enumerate(program.operations)
        if on_path[slot] and operation.role is Role.OPERATION
    }
    together = numbers_together(at, asked, tolerance)
    labels = reversed(program.labels.items())
    named = {program.arguments[label][0]: name for name, label in labels}  # the first one stays
    found: list[StepCheck] = []
    for slot, wanted in asked.items():
        known = together.get(slot)
        compared = check_step(at, slot, wanted, tolerance) if known is None else [known]
        for number, (comparison, place) in [pair for each in compared for pair in each.items()]:
            if comparison.verdict in (Verdict.DIFFERS, Verdict.KINK):
                formula = text(program, slot, limit=60)
                found.append(
                    StepCheck(
                        f"{named[slot]} = {formula}" if slot in named else formula,
                        program.operations[slot].__name__,
                        number + 1,
                        text(program, program.arguments[slot][number], limit=60),
                        place,
                        comparison,
                    )
                )
    return found


def check_step(at: Pass, slot: int, asked: tuple[bool, ...], tolerance: float) -> list[Compared]:
    """Compare the local derivatives of one step, of each of its values."""
    program = at.program
    operation = program.operations[slot]
    values = [at.slots[argument] for argument in program.arguments[slot]]
    if any(type(value) is Bundle for value in values):
        return []  # it takes one of several values, which are checked where they arise
    check = check_local if operation.is_elementwise else check_pull
    return [
        check(view, value, values, program.attributes[slot], asked, tolerance)
        for view, value in views_of(operation, at.slots[slot], values)
    ]


def numbers_together(
    at: Pass, asked: Mapping[int, tuple[bool, ...]], tolerance: float
) -> dict[int, Compared]:
    """Compare the local derivatives of the elementwise steps on numbers.

    Numbers that one operation was given at many steps are compared as one array.
    """
    program = at.program
    alike: dict[Any, list[int]] = {}
    for slot, wanted in asked.items():
        operation = program.operations[slot]
        values = [at.slots[argument] for argument in program.arguments[slot]]
        if operation.is_elementwise and all(is_number(x) for x in (at.slots[slot], *values)):
            key = (operation, identity_of(program.attributes[slot]), wanted)
            alike.setdefault(key, []).append(slot)
    found: dict[int, Compared] = {}
    for (operation, _, wanted), slots in alike.items():
        found.update(check_numbers(at, operation, slots, wanted, tolerance))
    return found


def is_number(value: Any) -> bool:
    """Tell a real number without axes, as most steps of a large formula of numbers have it."""
    return isinstance(value, float)


def check_numbers(
    at: Pass, operation: Any, slots: Sequence[int], asked: tuple[bool, ...], tolerance: float
) -> dict[int, Compared]:
    """Compare the partials of the steps of one operation on numbers, operand by operand."""
    program = at.program
    attributes = program.attributes[slots[0]]
    given = [[at.slots[argument] for argument in program.arguments[slot]] for slot in slots]
    slopes = [
        slopes_of_step(operation, at.slots[slot], values, attributes, asked)
        for slot, values in zip(slots, given, strict=True)
    ]
    operands = list(np.array(given, np.float64).T)
    places = [tuple(map(float, values)) for values in given]
    found: dict[int, Compared] = {slot: {} for slot in slots}
    for number, wanted in enumerate(asked):
        if not wanted:
            continue

        def moving(some: Any, number: int = number) -> Along:
            return varying(operation, [item[some] for item in operands], attributes, number)

        partials = np.array([step[number] for step in slopes], np.float64)
        each = compare_each(moving, operands[number], partials, tolerance)
        for slot, comparison, place in zip(slots, each, places, strict=True):
            found[slot][number] = comparison, place
    return found


def check_local(
    operation: Any,
    value: Any,
    operands: list[Any],
    attributes: tuple[Any, ...],
    asked: Sequence[bool],
    tolerance: float,
) -> Compared:
    """Compare the partials of an elementwise step with differences, operand by operand.

    Returns number of the operand -> comparison at its worst element, and the operands there.
    """
    partials = slopes_of_step(operation, value, operands, attributes, asked)
    shape = np.shape(value)
    size = int(np.prod(shape, dtype=int))
    places = np.unique(np.linspace(0, size - 1, min(size, MOST_ELEMENTS)).astype(int))
    flat = [picked(operand, shape, places) for operand in operands]
    found: Compared = {}
    for number, wanted in enumerate(asked):
        if wanted:
            along = varying(operation, flat, attributes, number)
            slopes = picked(partials[number], shape, places)
            comparison = compare(along, flat[number], slopes, tolerance)
            at = tuple(float(item[comparison.place]) for item in flat) if size else ()
            found[number] = comparison, at
    return found


def picked(value: Any, shape: tuple[int, ...], places: Any) -> Any:
    """Return some elements of a value that is broadcast to a shape, in double precision."""
    return np.broadcast_to(np.asarray(value, dtype=np.float64), shape).ravel()[places]


def varying(operation: Any, operands: list[Any], attributes: tuple[Any, ...], number: int) -> Along:
    """Return an operation's value on arrays as a function of a step in one operand."""

    def along(t: Any) -> Any:
        moved = [item + t if place == number else item for place, item in enumerate(operands)]
        return operation.on_array(*moved, *attributes)

    return along


def check_pull(
    operation: Any,
    value: Any,
    operands: list[Any],
    attributes: tuple[Any, ...],
    asked: Sequence[bool],
    tolerance: float,
) -> Compared:
    """Compare the pull of a step that is not elementwise with differences along a direction.

    For weights u of the value and a direction v of the operand, u times the change of the value
    along v must be pull(u) times v.
    """
    seed = weights(np.shape(value), 1)

    def pulled(*numbers: Any) -> Any:
        return operation.pull(seed, value, *numbers, *attributes)

    def pulled_beyond(*numbers: Any) -> Any:
        return pulled(*[np.float64(x) if type(x) is float else x for x in numbers])

    with quiet():
        cotangents = computed(pulled, pulled_beyond, *operands)
    found: Compared = {}
    for number, wanted in enumerate(asked):
        if not wanted:
            continue
        direction = weights(np.shape(operands[number]), 2)
        cotangent = cotangents[number]
        cotangent = cotangent() if isinstance(cotangent, FunctionType) else cotangent
        slope = np.sum(sum_to_shape(cotangent, np.shape(direction)) * direction)

        def along(t: Any, number: int = number, direction: Any = direction) -> Any:
            moved = list(operands)
            moved[number] = operands[number] + t * direction
            try:
                return np.sum(seed * operation.on_array(*moved, *attributes))
            except ValueError:  # beyond where it has a value
                return np.nan

        scale = np.max(np.abs(operands[number]), initial=0.0)
        found[number] = compare(along, scale, slope, tolerance), ()
    return found


def weights(shape: tuple[int, ...], number: int) -> Any:
    """Return weights of mixed sign and size, the same at every call; another set a number."""
    size = int(np.prod(shape, dtype=int))
    made = np.cos(number + (1 + number) * np.arange(size)) + 0.25
    return made.reshape(shape) if shape else float(made[0])
