"""Run a body step by step on numbers: floats by generated code, others by the interpreter.

Knows how to choose the kind of numbers and how to stack what steps give; it must not know which
loop asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.evaluate import Evaluator
from chainrule.engine.expansion import expanded, in_primitives
from chainrule.engine.kernels import array_step, float_step
from chainrule.engine.node import Node
from chainrule.engine.numbers import (
    DOUBLES,
    EXACT,
    FLOATS,
    IEEE,
    RAISING,
    SINGLES,
    Numbers,
    computed,
)
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import shapes_of
from chainrule.errors import ShapeError, ValueTypeError
from chainrule.language.binding import holds_arrays
from chainrule.language.loops.bodies import LoopBody

__all__ = ["Given", "Stacks", "repeated", "step_function", "zero_of"]

# Python source beyond so many steps compiles slowly and gains little.
MOST_STEPS = 3_000
PLAIN = (float, int, np.float64)


class Given:
    """What a loop runs on: its body, and numbers for the states, sequences and what is handed in.

    length: how often it goes round, where a sequence says so; None where none does.
    """

    __slots__ = ("body", "captured", "length", "sequences", "states")

    def __init__(
        self,
        body: LoopBody,
        states: Sequence[Any],
        sequences: Sequence[Any],
        captured: Sequence[Any],
    ) -> None:
        self.body = body
        self.states = list(states)
        self.sequences = list(sequences)
        self.captured = list(captured)
        self.length = len(sequences[0]) if sequences else None

    def numbers(self) -> Numbers:
        """Choose the kind of numbers to compute with."""
        numbers = [*self.states, *self.captured]
        if any(is_exact(item) for item in [*numbers, *self.sequences]):
            return EXACT
        plain = all(type(item) in PLAIN or is_plain_array(item) for item in numbers)
        listed = all(item.ndim == 1 and item.dtype == np.float64 for item in self.sequences)
        if plain and listed and not holds_arrays(self.body.program):
            return FLOATS
        kinds = [item for item in [*numbers, *self.sequences] if hasattr(item, "dtype")]
        single = kinds and all(item.dtype == np.float32 for item in kinds)
        return SINGLES if single else DOUBLES

    def inputs(self) -> dict[str, Any]:
        """Return by name what stays the same from step to step."""
        first = len(self.states) + len(self.sequences)
        return dict(zip(self.body.names[first:], self.captured, strict=True))

    def shapes(self) -> list[Any]:
        """Return the shapes of what one step gives, computing nothing."""
        program = self.body.program
        inside = [np.shape(item) for item in self.states]
        inside += [np.shape(item)[1:] for item in self.sequences]
        inside += [np.shape(item) for item in self.captured]
        found = shapes_of(program, dict(zip(self.body.names, inside, strict=True)))
        return [found[slot] for slot in program.outputs]


def is_plain_array(item: Any) -> bool:
    """Tell an array of no axes, which is a float."""
    return isinstance(item, np.ndarray) and not item.ndim and item.dtype == np.float64


def is_exact(item: Any) -> bool:
    """Tell a number that computes as itself, such as a Fraction, or an array of such."""
    if isinstance(item, np.ndarray | np.generic):
        return item.dtype == object
    return not isinstance(item, float | int | complex)


def zero_of(item: Any) -> Any:
    """Return a zero of the shape and kind of a number."""
    if isinstance(item, np.ndarray):
        return np.zeros(item.shape, item.dtype)
    return type(item)(0)


def specialised(body: LoopBody, shapes: Sequence[Any]) -> list[Node]:
    """Return the roots without what does nothing to operands of these shapes; one a variable."""
    program = body.program
    known = shapes_of(program, dict(zip(body.names, shapes, strict=True)))
    made: list[Any] = program.nodes()
    for slot, kind in enumerate(program.operations):
        arguments = program.arguments[slot]
        if not arguments:
            continue
        attributes = program.attributes[slot]
        rule = kind.is_identity if kind.role is Role.OPERATION else None
        if rule is not None and rule(*[known[place] for place in arguments], *attributes):
            made[slot] = made[arguments[0]]
        else:
            made[slot] = kind.again(tuple([made[place] for place in arguments]), attributes)
    return [made[slot] for slot in program.outputs]


def float_body(body: LoopBody) -> Callable[..., Any]:
    """Return a function of floats, by position, that gives a tuple of what the roots come to."""

    def make() -> Callable[..., Any]:
        program = expanded(specialised(body, [()] * len(body.names)))
        if len(program) <= MOST_STEPS:
            return float_step(program, body.names)
        names = body.names

        def interpreted(*numbers: float) -> list[Any]:
            inputs = dict(zip(names, numbers, strict=True))
            return Evaluator(program, RAISING, inputs).outputs()

        return interpreted

    return body.once("float", make)  # type: ignore[no-any-return]


def step_function(given: Given, numbers: Numbers) -> Callable[..., Any]:
    """Return the step as a function of the states and of the elements of the sequences."""
    if numbers is FLOATS:
        compute = float_body(given.body)
        fixed = [float(item) for item in given.captured]
        return lambda *changing: compute(*changing, *fixed)
    inputs = given.inputs()
    names = given.body.names[: len(given.states) + len(given.sequences)]
    program: Program = given.body.program

    def step(*changing: Any) -> Any:
        moved = dict(zip(names, changing, strict=True))
        return Evaluator(program, numbers, {**inputs, **moved}).outputs()

    if numbers not in (DOUBLES, SINGLES):
        return step
    compute = array_body(given.body, numbers)

    def generated(*changing: Any) -> Any:
        try:
            return compute(*changing, *given.captured)
        except ValueError:
            return step(*changing)  # raises, in the words of the body

    return generated


def array_body(body: LoopBody, numbers: Numbers) -> Callable[..., Any]:
    """Return a function of arrays, as `float_body` does of floats."""

    def make() -> Callable[..., Any]:
        program = in_primitives(body.roots)
        if len(program) <= MOST_STEPS:
            return array_step(program, body.names, numbers)
        names = body.names
        return lambda *arrays: Evaluator(
            program, numbers, dict(zip(names, arrays, strict=True))
        ).outputs()

    return body.once(numbers, make)  # type: ignore[no-any-return]


class Stacks:
    """What a step gives beside the states, collected step by step.

    length: how many steps there will be; None where nobody knows, and the store grows.
    """

    __slots__ = ("length", "single", "stored")

    def __init__(self, count: int, length: int | None, numbers: Numbers) -> None:
        self.length = length
        self.single = numbers is SINGLES
        self.stored: list[Any] = [[] for _ in range(count)]

    def put(self, place: int, values: Sequence[Any]) -> None:
        """Keep what a step gave."""
        for number, value in enumerate(values):
            store = self.stored[number]
            if type(value) is float or self.length is None or is_exact(value):
                if type(store) is list:
                    store.append(value)
                    continue
            elif type(store) is list:
                kind = np.asarray(value).dtype
                store = self.stored[number] = np.empty((self.length, *np.shape(value)), kind)
            if np.iscomplexobj(value) and not np.iscomplexobj(store):
                store = self.stored[number] = store.astype(np.complex128)
            store[place] = value

    def arrays(self, shapes: Sequence[Any], *, backwards: bool) -> list[Any]:
        """Return one array for each value; shapes: of one step, for when there was none."""
        made = []
        kind = np.float32 if self.single else np.float64
        for store, shape in zip(self.stored, shapes, strict=True):
            if type(store) is not list:
                made.append(store)
            elif not store:
                made.append(np.zeros((0, *shape), kind))
            else:
                made.append(np.array(store)[::-1] if backwards else np.array(store))
        return made


def repeated(
    given: Given,
    loop: Callable[[Given, Numbers, Callable[..., Any]], Bundle],
    *,
    raising: bool = False,
) -> Bundle:
    """Run a loop on numbers of the kind of its own; where floats raise, on numbers that do not.

    raising: leave that to the caller, for whom numbers are Python's own floats.
    """
    numbers = given.numbers()
    if numbers is not FLOATS:
        with np.errstate(all="ignore"):
            return loop(given, numbers, step_function(given, numbers))

    def looped(kind: Numbers) -> Bundle:
        return loop(given, kind, step_function(given, kind))

    if raising:
        return looped(numbers)
    found = computed(lambda: looped(numbers), lambda: looped(IEEE))
    return Bundle([np.float64(x) if type(x) in PLAIN else x for x in found])


def starting(given: Given, numbers: Numbers) -> list[Any]:
    """Return the initial states as numbers of the kind."""
    if numbers is FLOATS:
        return [float(item) for item in given.states]
    if numbers is IEEE:
        return [np.float64(item) for item in given.states]
    if numbers is EXACT:
        return given.states
    plain: Any = np.float32 if numbers is SINGLES else np.float64
    if any(map(np.iscomplexobj, [*given.states, *given.sequences, *given.captured])):
        return [np.asarray(item, np.complex128)[()] for item in given.states]
    return [plain(item) if type(item) in (float, int) else item for item in given.states]


def elements(given: Given, numbers: Numbers) -> list[Any]:
    """Return the sequences as lists, or arrays, of numbers of the kind."""
    return [item.tolist() if numbers is FLOATS else item for item in given.sequences]


def check_states(names: Sequence[str], before: Sequence[Any], after: Sequence[Any]) -> None:
    """Refuse a state that a step gives in another shape or kind.

    Raises: ShapeError, ValueTypeError, naming the state.
    """
    for name, old, new in zip(names, before, after, strict=False):
        arrays = type(old) is np.ndarray and type(new) is np.ndarray
        if arrays and old.shape == new.shape and old.dtype == new.dtype:
            continue
        if np.shape(old) != np.shape(new):
            raise ShapeError(shape_change(name, np.shape(old), np.shape(new)))
        if np.iscomplexobj(new) and not np.iscomplexobj(old):
            raise ValueTypeError(
                f"the state {name!r} is real and becomes complex in a step. "
                "Start the loop with a complex number."
            )


def shape_change(name: str, old: Any, new: Any) -> str:
    """Say that a state changes its shape."""
    return (
        f"the state {name!r} has shape {old} and becomes {new} in a step: a loop carries states "
        "of one shape. Start it with a value of the shape that the step gives."
    )
