"""Values and derivatives of an expression on numbers: bind, choose a lane, sweep.

The numeric half of `eval` and `diff`. A scalar runs on Python floats; where those raise, the same
program runs again on NumPy scalars, which have infinities and NaNs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from chainrule.engine.notation import text
from chainrule.engine.plan import Plan
from chainrule.engine.program import Program
from chainrule.engine.shapes import sum_to_shape
from chainrule.engine.sweep import forward, reverse
from chainrule.engine.targets.interpreter import FLOAT_TROUBLE, Lane, evaluate, run
from chainrule.errors import (
    DerivativeError,
    ShapeError,
    UnknownVariable,
    closest,
)
from chainrule.language.not_finite import (
    Backward,
    blame_tangent,
    blame_value,
    check_on_nan,
    is_finite,
)
from chainrule.language.values import bind, listed, result, scalar

__all__ = [
    "Sweep",
    "derivative_by",
    "gradient",
    "has_nan",
    "leaves_out",
    "partials_checked",
    "slot_of",
    "value",
    "value_and_gradient",
]

# What generated code raises for values that it was not made for; the interpreter then decides.
NOT_PLAIN = (*FLOAT_TROUBLE, LookupError, TypeError)


def value(plan: Plan, values: Any, on_nan: str) -> Any:
    """Return the value of an expression; see `expression.eval`."""
    check_on_nan(on_nan)
    lane, inputs = bind(plan.program, values)
    if on_nan == "raise":
        return result_checked(plan.program, lane, inputs)
    if lane is Lane.FLOAT:
        plan.count_value(scalar)
        try:
            found = evaluate(plan.program, lane, inputs)[0]
        except FLOAT_TROUBLE:
            found = evaluate(plan.program, *as_ieee(inputs))[0]
    else:
        found = evaluate(plan.program, lane, inputs)[0]
    return finished(plan.program, own(found, inputs))


def finished(program: Program, found: Any) -> Any:
    """Hand a value to the user; the value of a comparison is a truth value."""
    if program.operations[program.outputs[0]].gives_truth:
        return found != 0 if isinstance(found, np.ndarray) and found.ndim else bool(found)
    return result(found)


def own(found: Any, inputs: dict[str, Any]) -> Any:
    """Return a value that is nobody else's: a copy of an array where it is, or sees, an input."""
    if not isinstance(found, np.ndarray):
        return found
    shared = any(np.may_share_memory(found, value) for value in inputs.values())
    return found.copy() if shared or not found.flags.writeable else found


def as_ieee(inputs: dict[str, Any]) -> tuple[Lane, dict[str, Any]]:
    """Bring floats to the lane that never raises."""
    return Lane.IEEE, {name: np.float64(number) for name, number in inputs.items()}


def result_checked(program: Program, lane: Lane, inputs: dict[str, Any]) -> Any:
    """Return the value, or raise for the first step whose value is NaN or infinite."""
    slots = run(program, *as_ieee(inputs)) if lane is Lane.FLOAT else run(program, lane, inputs)
    output = slots[program.outputs[0]]
    if lane is Lane.EXACT or np.all(np.isfinite(output)):
        return finished(program, own(output, inputs))  # what arose on the way did no harm
    blame_value(program, slots)
    return finished(program, output)


class Sweep:
    """The slots of one forward pass, ready to be swept back or forth as often as needed."""

    __slots__ = ("inputs", "lane", "program", "slots")

    def __init__(self, program: Program, values: Any) -> None:
        self.program = program
        self.lane, self.inputs = bind(program, values)
        if self.lane is Lane.FLOAT:
            try:
                self.slots = run(program, self.lane, self.inputs)
            except FLOAT_TROUBLE:
                self.leave_floats()
        else:
            self.slots = run(program, self.lane, self.inputs)

    @property
    def output(self) -> Any:
        """The value of the first output."""
        return self.slots[self.program.outputs[0]]

    def reverse(
        self,
        wanted: Sequence[int],
        seed: Any = 1,
        *,
        fit: bool = True,
        record: Any = None,
        last: bool = False,
    ) -> dict[int, Any]:
        """Return the adjoints of the wanted slots.

        fit: sum them to the shapes of the slots. last: no sweep will follow, so arrays may be let
        go on the way; unless `record` is told of them.
        """
        seeds = {self.program.outputs[0]: seed}
        if self.lane is Lane.EXACT:
            return reverse(self.program, self.slots, seeds, wanted, record=record)
        if self.lane is Lane.FLOAT:
            try:
                return reverse(self.program, self.slots, seeds, wanted, record=record)
            except FLOAT_TROUBLE:
                self.leave_floats()
        if self.lane is Lane.IEEE or not fit:
            with np.errstate(all="ignore"):
                return reverse(self.program, self.slots, seeds, wanted, record=record)
        return self.reverse_arrays(seeds, wanted, record=record, last=last)

    def reverse_arrays(
        self,
        seeds: Mapping[int, Any],
        wanted: Collection[int],
        *,
        record: Any = None,
        last: bool = False,
    ) -> dict[int, Any]:
        """Return the adjoints of the wanted slots, each of the shape of its slot.

        Only where one is NaN, the sweep looks at what the steps, or the seeds, leave out: 0 times
        an infinite slope below that is no NaN.
        """
        program, slots, release = self.program, self.slots, last and record is None
        with np.errstate(all="ignore"):
            settings: dict[str, Any] = {"fit": to_shape_of, "record": record}
            defined = not any(has_nan(moving(slots[slot], seed)) for slot, seed in seeds.items())
            found = reverse(program, slots, seeds, wanted, release=release, **settings)
            chooses = not program.is_elementwise() or any(map(leaves_out, seeds.values()))
            steep = defined and chooses and record is None
            if steep and any(has_nan(adjoint) for adjoint in found.values()):
                self.slots = run(program, self.lane, self.inputs) if release else slots
                found = reverse(program, self.slots, seeds, wanted, careful=True, **settings)
        return found

    def forward(self, seeds: dict[int, Any]) -> Any:
        """Return the tangent of the output, or None where no path leads from the seeds."""
        if self.lane is Lane.EXACT:
            return forward(self.program, self.slots, seeds)[self.program.outputs[0]]
        if self.lane is Lane.FLOAT:
            try:
                return forward(self.program, self.slots, seeds)[self.program.outputs[0]]
            except FLOAT_TROUBLE:
                self.leave_floats()
        with np.errstate(all="ignore"):
            return forward(self.program, self.slots, seeds)[self.program.outputs[0]]

    def leave_floats(self) -> None:
        """Go over to the lane that never raises."""
        self.lane, self.inputs = as_ieee(self.inputs)
        self.slots = run(self.program, self.lane, self.inputs)

    def spread(self, found: Any, shape: tuple[int, ...]) -> Any:
        """Bring a derivative (None is zero) to a shape, as a number or an array of its own."""
        if found is None:
            found = 0.0
        if not shape and not np.shape(found):
            return result(found)
        found = np.asarray(found)  # what has no derivative says so here
        kind = np.float32 if self.lane is Lane.ARRAY32 else np.result_type(found, np.float64)
        # Always a copy: partials of several variables may be one array, or the caller's own.
        return np.array(np.broadcast_to(found, shape), dtype=kind)


def has_nan(adjoint: Any) -> bool:
    """Tell whether an adjoint has an element that is NaN."""
    known = isinstance(adjoint, float | np.generic | np.ndarray)
    return known and bool(np.isnan(adjoint).any())


def leaves_out(seed: Any) -> bool:
    """Tell whether a seed is an array with zeros: there nothing flows."""
    return isinstance(seed, np.ndarray) and not bool(seed.all())


def moving(value: Any, seed: Any) -> Any:
    """Return the elements of a value from which, or to which, anything flows."""
    return value[seed != 0] if leaves_out(seed) else value


def to_shape_of(contribution: Any, operand: Any) -> Any:
    """Sum a contribution to the shape of the operand it flows to."""
    return sum_to_shape(contribution, np.shape(operand))


def slot_of(program: Program, name: Any) -> int:
    """Return the slot of a variable or named step.

    Raises: UnknownVariable, naming those that there are.
    """
    slot = program.inputs.get(name, program.labels.get(name))
    if slot is None:
        known = [*program.inputs, *program.labels]
        raise UnknownVariable(
            f"{text(program, limit=200)} does not contain {name!r}. "
            f"Its variables: {listed(known)}.{closest(str(name), known)}"
        )
    return slot


def gradient(plan: Plan, values: Any, on_nan: str = "ignore") -> dict[str, Any]:
    """Return every first partial as a dict; see `expression.diff`."""
    check_on_nan(on_nan)
    if on_nan == "raise":
        return partials_checked(plan, values, list(plan.program.inputs))
    return value_and_gradient(plan, values)[1]


def value_and_gradient(plan: Plan, values: Any) -> tuple[Any, dict[str, Any]]:
    """Return the value and every first partial, from one forward and one backward pass."""
    sweep = Sweep(plan.program, values)
    if sweep.lane is Lane.FLOAT:
        plan.count_gradient(scalar)
    return finished(plan.program, sweep.output), partials_of(sweep, list(plan.program.inputs))


def partials_of(sweep: Sweep, names: Sequence[str], record: Any = None) -> dict[str, Any]:
    """Return the partials by the named variables after a forward pass.

    A scalar output: each has the shape of its variable. Otherwise each has the output's shape, and
    is the derivative of each element. record: is told every contribution of the reverse sweep.
    """
    program = sweep.program
    slots = [slot_of(program, name) for name in names]
    if sweep.lane is Lane.FLOAT:  # numbers all: nothing to bring to a shape
        found = sweep.reverse(slots, record=record)
        pairs = zip(names, slots, strict=True)
        return {name: float(found.get(slot, 0.0)) for name, slot in pairs}
    shape = np.shape(sweep.output) if sweep.lane is not Lane.EXACT else ()
    if shape == ():
        shapes = [np.shape(sweep.slots[slot]) for slot in slots]
        found = sweep.reverse(slots, record=record, last=True)
        return {
            name: sweep.spread(found.get(slot), own)
            for name, slot, own in zip(names, slots, shapes, strict=True)
        }
    if program.is_elementwise():
        found = sweep.reverse(slots, fit=False, record=record, last=True)
        return {
            name: sweep.spread(found.get(slot), shape)
            for name, slot in zip(names, slots, strict=True)
        }
    return {name: derivative_of_elements(sweep, name) for name in names}


def partials_checked(plan: Plan, values: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the partials by the named variables, unless one is NaN or infinite.

    Raises: NotANumber for where that began, going backward.
    """
    program = plan.program
    found = partials_of(Sweep(program, values), names)
    wrong = next((name for name in names if not is_finite(found[name])), None)
    if wrong is not None:  # what arose on the way may have done no harm
        blame_derivative(Sweep(program, values), wrong)
    return found


def blame_derivative(sweep: Sweep, name: str) -> NoReturn:
    """Raise for the step where the derivative by a variable became NaN or infinite."""
    program = sweep.program
    if sweep.lane is Lane.FLOAT:
        sweep.leave_floats()
    slot = slot_of(program, name)
    if np.shape(sweep.output) and not program.is_elementwise():
        with np.errstate(all="ignore"):
            tangents = forward(program, sweep.slots, {slot: 1})
        blame_tangent(program, sweep.slots, tangents, name)
    backward = Backward(program, sweep.slots)
    sweep.reverse([slot], fit=not np.shape(sweep.output), record=backward.record)
    backward.blame(slot)


def derivative_by(plan: Plan, values: Any, name: str, on_nan: str = "ignore") -> Any:
    """Return the derivative by one variable; see `expression.diff`."""
    check_on_nan(on_nan)
    if on_nan == "raise":
        return partials_checked(plan, values, [name])[name]
    sweep = Sweep(plan.program, values)
    if sweep.lane is Lane.FLOAT:
        plan.count_gradient(scalar)
    return partials_of(sweep, [name])[name]


def derivative_of_elements(sweep: Sweep, name: str) -> Any:
    """Return the derivative of every element of a non-scalar output by one variable.

    Raises: DerivativeError unless the variable is a number or the path from it is elementwise.
    """
    program = sweep.program
    slot = slot_of(program, name)
    shape = np.shape(sweep.slots[slot])
    if shape != () and not elementwise_path(program, slot):
        raise DerivativeError(
            f"{text(program, limit=200)} has shape {np.shape(sweep.output)} and is not elementwise "
            f"in {name!r}, which has shape {shape}: its derivative is a matrix. "
            f"Ask for jacobian(e, values, {name!r})."
        )
    tangent = sweep.forward({slot: 1})
    return sweep.spread(tangent, np.shape(sweep.output))


def elementwise_path(program: Program, slot: int) -> bool:
    """Tell whether every step on a path from a slot to the output is elementwise."""
    after = program.depends_on([slot])
    return all(
        operation.is_elementwise
        for operation, on_path in zip(program.operations, after, strict=True)
        if on_path
    )


def same_shape(left: Any, right: Any, names: tuple[str, str]) -> None:
    """Refuse two arrays of different shapes, where broadcasting would be a mistake."""
    shapes = np.shape(left), np.shape(right)
    if shapes[0] != shapes[1] and () not in shapes:
        raise ShapeError(
            f"{names[0]} has shape {shapes[0]} and {names[1]} has shape {shapes[1]}. "
            "They must be the same: use .ravel() on the one with a second axis."
        )
