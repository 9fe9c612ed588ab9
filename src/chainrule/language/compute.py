"""Values and derivatives of an expression on numbers: bind, evaluate, hand to the user.

The numeric half of `eval` and `diff`. Knows how names bind and how answers are shaped; what
runs and sweeps is the engine's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from chainrule.engine.array_kernels import (
    value_in_blocks,
    value_of_known,
    with_partials_in_blocks,
    with_partials_of_known,
)
from chainrule.engine.compiled import Compiled
from chainrule.engine.evaluate import Evaluator, Pass
from chainrule.engine.notation import text
from chainrule.engine.numbers import FLOATS
from chainrule.engine.program import Program
from chainrule.errors import (
    DerivativeError,
    ShapeError,
    UnknownVariable,
    closest,
)
from chainrule.language.binding import bind
from chainrule.language.not_finite import (
    Backward,
    blame_tangent,
    blame_value,
    check_on_nan,
    is_finite,
)
from chainrule.language.values import listed, result, scalar

__all__ = [
    "derivative_by",
    "gradient",
    "partials_checked",
    "pass_at",
    "slot_of",
    "spread",
    "value",
    "value_and_gradient",
]

# What generated code raises for values that it was not made for; the interpreter then decides.
NOT_PLAIN = (ArithmeticError, ValueError, LookupError, TypeError)


def evaluator_at(program: Program, values: Any) -> Evaluator:
    """Bind the variables of a program to what a user passes as values."""
    return Evaluator(program, *bind(program, values))


def pass_at(program: Program, values: Any) -> Pass:
    """Run a program at what a user passes as values."""
    return evaluator_at(program, values).run()


def value(compiled: Compiled, values: Any, on_nan: str) -> Any:
    """Return the value of an expression; see `expression.eval`."""
    if on_nan != "ignore":
        return value_checked(compiled.program, values, on_nan)
    known = value_of_known(compiled, values) if compiled.of_shapes else None
    if known is not None:
        return finished(compiled.program, known)
    evaluator, found = evaluator_at(compiled.program, values), None
    if evaluator.numbers is FLOATS:
        if compiled.is_used:
            compiled.count_value(scalar)
        compiled.is_used = True
    elif evaluator.numbers.is_array:
        found = value_in_blocks(compiled, evaluator.numbers, evaluator.inputs)
    if found is None:
        found = own(evaluator.outputs()[0], evaluator.inputs)
    return finished(compiled.program, found)


def finished(program: Program, found: Any) -> Any:
    """Hand a value to the user; the value of a comparison is a truth value."""
    if program.operations[program.outputs[0]].gives_truth:
        return found != 0 if isinstance(found, np.ndarray) and found.ndim else bool(found)
    return found if type(found) is float else result(found)


def own(found: Any, inputs: Mapping[str, Any]) -> Any:
    """Return a value that is nobody else's: a copy of an array where it is, or sees, an input."""
    if not isinstance(found, np.ndarray):
        return found
    shared = any(np.may_share_memory(found, value) for value in inputs.values())
    return found.copy() if shared or not found.flags.writeable else found


def value_checked(program: Program, values: Any, on_nan: str) -> Any:
    """Return the value, or raise for the first step whose value is NaN or infinite."""
    check_on_nan(on_nan)
    evaluator = evaluator_at(program, values)
    found = evaluator.run()
    found.go_beyond()
    if not (found.numbers.is_exact or np.all(np.isfinite(found.output))):
        blame_value(found.program, found.slots)
    # What arose on the way did no harm.
    return finished(found.program, own(found.output, evaluator.inputs))


def spread(found: Pass, derivative: Any, shape: tuple[int, ...]) -> Any:
    """Bring a derivative (None is zero) to a shape, as a number or an array of its own."""
    if derivative is None:
        derivative = 0.0
    if not shape and not np.shape(derivative):
        return result(derivative)
    derivative = np.asarray(derivative)  # what has no derivative says so here
    kind = found.numbers.dtype
    kind = kind if kind is np.float32 else np.result_type(derivative, kind)
    # Always a copy: partials of several variables may be one array, or the caller's own.
    return np.array(np.broadcast_to(derivative, shape), dtype=kind)


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


def gradient(compiled: Compiled, values: Any, on_nan: str = "ignore") -> dict[str, Any]:
    """Return every first partial as a dict; see `expression.diff`."""
    if on_nan != "ignore":
        return partials_checked(compiled, values, list(compiled.program.inputs), on_nan)
    return value_and_gradient(compiled, values)[1]


def value_and_gradient(
    compiled: Compiled, values: Any, names: Sequence[str] | None = None
) -> tuple[Any, dict[str, Any]]:
    """Return the value and the first partials, from one forward and one backward pass.

    names: of the variables and named steps wanted; otherwise every variable.
    """
    program = compiled.program
    asked = tuple(program.inputs) if names is None else tuple(names)
    known = with_partials_of_known(compiled, values, asked) if compiled.of_shapes else None
    if known is None:
        for name in asked:
            slot_of(program, name)
        evaluator = evaluator_at(program, values)
        known = in_blocks(compiled, evaluator, asked)
    if known is not None:
        partials = {}
        for place, name in enumerate(asked):
            partials[name] = result(known[1][place])
        return finished(program, known[0]), partials
    found = counted(compiled, evaluator)
    return finished(program, found.slots[program.outputs[0]]), partials_of(found, asked)


def in_blocks(
    compiled: Compiled, evaluator: Evaluator, names: tuple[str, ...]
) -> tuple[Any, list[Any]] | None:
    """Return the value and the partials of arrays in blocks, or None for the plain way."""
    if not evaluator.numbers.is_array:
        return None
    return with_partials_in_blocks(compiled, evaluator.numbers, evaluator.inputs, names)


def counted(compiled: Compiled, evaluator: Evaluator) -> Pass:
    """Run forward, towards a gradient; of plain numbers, count it."""
    found = evaluator.run()
    if found.numbers is FLOATS:
        if compiled.is_used:
            compiled.count_gradient(scalar)
        compiled.is_used = True
    return found


def partials_of(found: Pass, names: Sequence[str], record: Any = None) -> dict[str, Any]:
    """Return the partials by the named variables after a forward pass.

    A scalar output: each has the shape of its variable. Otherwise each has the output's shape, and
    is the derivative of each element. record: is told every contribution of the reverse sweep.
    """
    program = found.program
    slots = [slot_of(program, name) for name in names]
    if found.numbers is FLOATS:  # numbers all: nothing to bring to a shape
        adjoints = found.vjp({program.outputs[0]: 1.0}, slots, record)
        return {n: float(adjoints.get(slot, 0.0)) for n, slot in zip(names, slots, strict=True)}
    seeds = {program.outputs[0]: 1}
    shape = found.shape_of(program.outputs[0])
    if shape == ():
        shapes = [np.shape(found.slots[slot]) for slot in slots]
        adjoints = found.vjp(seeds, slots, record, last=True)
        return {
            name: spread(found, adjoints.get(slot), own)
            for name, slot, own in zip(names, slots, shapes, strict=True)
        }
    if program.is_elementwise():
        adjoints = found.vjp(seeds, slots, record, fit=False)
        return {
            name: spread(found, adjoints.get(slot), shape)
            for name, slot in zip(names, slots, strict=True)
        }
    return {name: derivative_of_elements(found, name) for name in names}


def partials_checked(
    compiled: Compiled, values: Any, names: Sequence[str], on_nan: str = "raise"
) -> dict[str, Any]:
    """Return the partials by the named variables, unless one is NaN or infinite.

    Raises: NotANumber for where that began, going backward.
    """
    check_on_nan(on_nan)
    program = compiled.program
    partials = partials_of(pass_at(program, values), names)
    wrong = next((name for name in names if not is_finite(partials[name])), None)
    if wrong is not None:  # what arose on the way may have done no harm
        blame_derivative(pass_at(program, values), wrong)
    return partials


def blame_derivative(found: Pass, name: str) -> NoReturn:
    """Raise for the step where the derivative by a variable became NaN or infinite."""
    program = found.program
    found.go_beyond()
    slot = slot_of(program, name)
    is_array = np.shape(found.output) != ()
    if is_array and not program.is_elementwise():
        blame_tangent(program, found.slots, found.tangents({slot: 1}), name)
    backward = Backward(program, found.slots)
    found.vjp({program.outputs[0]: 1}, [slot], backward.record, fit=not is_array)
    backward.blame(slot)


def derivative_by(compiled: Compiled, values: Any, name: str, on_nan: str = "ignore") -> Any:
    """Return the derivative by one variable; see `expression.diff`."""
    if on_nan != "ignore":
        return partials_checked(compiled, values, [name], on_nan)[name]
    known = with_partials_of_known(compiled, values, (name,)) if compiled.of_shapes else None
    if known is None:
        slot_of(compiled.program, name)
        evaluator = evaluator_at(compiled.program, values)
        known = in_blocks(compiled, evaluator, (name,))
    if known is not None:
        return result(known[1][0])
    return partials_of(counted(compiled, evaluator), [name])[name]


def derivative_of_elements(found: Pass, name: str) -> Any:
    """Return the derivative of every element of a non-scalar output by one variable.

    Raises: DerivativeError unless the variable is a number or the path from it is elementwise.
    """
    program = found.program
    slot = slot_of(program, name)
    shape = np.shape(found.slots[slot])
    if shape != () and not elementwise_path(program, slot):
        raise DerivativeError(
            f"{text(program, limit=200)} has shape {np.shape(found.output)} and is not elementwise "
            f"in {name!r}, which has shape {shape}: its derivative is a matrix. "
            f"Ask for jacobian(e, values, {name!r})."
        )
    tangent = found.jvp({slot: 1})[program.outputs[0]]
    return spread(found, tangent, np.shape(found.output))


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
