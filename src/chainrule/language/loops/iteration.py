"""A step repeated a known number of times, carrying states along: the operations behind `scan`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.numbers import FLOATS, Numbers
from chainrule.engine.sizes import fits, in_words
from chainrule.errors import ChainRuleError, ShapeError
from chainrule.language.expression import expression
from chainrule.language.loops.bodies import LoopBody
from chainrule.language.loops.checkpoints import segmented_pull
from chainrule.language.loops.entries import scan_of_entries
from chainrule.language.loops.generated import loop_of_arrays, loop_of_floats
from chainrule.language.loops.loop import (
    LoopOperands,
    _scans,
    applied,
    length_known,
    loop,
    loop_notation,
    parts_of_loop,
)
from chainrule.language.loops.running import Given, Stacks, check_states, elements, starting
from chainrule.language.loops.segments import ROOT

__all__ = ["check_lengths", "iteration", "not_a_sequence", "scan_applied", "scanning"]

SCAN = {
    "body": None,
    "states": 1,
    "sequences": 0,
    "count": None,
    "backwards": False,
    "every": 0,
}


def sampled() -> tuple[LoopBody, LoopBody]:
    """Return two bodies for loops to be tested with: a logistic map, and a decay with outputs."""
    state, other, rate = expression("s"), expression("t"), expression("r")
    logistic = LoopBody(("s", "t", "r"), [rate * state * (1 - state), other + state * rate])
    element = expression("x")
    return logistic, LoopBody(("s", "x", "r"), [state * rate + element, state * element])


LOGISTIC, DECAY = sampled()


class iteration(loop):
    """States carried through a step, a known number of times.

    count: how often, None for as often as the sequences have elements. backwards: from their last
    to their first. every: steps between two checkpoints of the reverse mode, 0 for none, -1 for
    about the square root of the count.
    """

    keywords = SCAN
    notation = loop_notation("iteration", written="scan")
    samples: ClassVar[Any] = (
        (0.25, 1.0, 1.5, {"body": LOGISTIC, "states": 2, "count": 3}),
        (
            *(np.array([0.25, 0.75]), np.array([1.0, 2.0]), np.array([1.5, 0.5])),
            {"body": LOGISTIC, "states": 2, "count": 5, "every": 2},
        ),
    )

    @classmethod
    def checked(cls, operands: LoopOperands, settings: tuple[Any, ...]) -> Given:
        """Return what the loop runs on.

        Raises: ShapeError for sequences of different lengths.
        """
        body: LoopBody = settings[0]
        names = body.names[len(operands.states) :]
        told = [*zip(names, [np.shape(item) for item in operands.sequences], strict=False)]
        check_lengths(told, settings[3])
        given = Given(body, *operands)
        if given.length is None:
            given.length = settings[3]
        return given

    @classmethod
    def lasting(cls, given: Any, settings: tuple[Any, ...], numbers: Any, step: Any) -> Bundle:
        """Run the loop."""
        backwards, count = settings[4], given.length
        states = starting(given, numbers)
        first = len(states)
        outputs = len(given.body.roots) - first
        names, sequences = given.body.names, elements(given, numbers)
        places = range(count - 1, -1, -1) if backwards else range(count)
        if numbers is FLOATS:
            return Bundle(of_floats(given, step, sequences, places, outputs))
        if (found := of_arrays(given, numbers, states, places, step)) is not None:
            return Bundle(found)
        stacks = Stacks(outputs, count, numbers)
        for place in places:
            found = step(*states, *[item[place] for item in sequences])
            check_states(names, states, found)
            states = found[:first]
            if outputs:
                stacks.put(place, found[first:])
        shapes = given.shapes()[first:] if outputs and not count else [()] * outputs
        return Bundle([*states, *stacks.arrays(shapes, backwards=backwards)])

    takes_ragged = True

    def batch(operation, operands, attributes):
        operands, settings = operation.cut((*operands, *attributes))
        return scan_of_entries(operands, settings, operation.shapes_of_step)

    @classmethod
    def with_outputs(cls) -> Any:
        """Return the class of loops that give more than states."""
        return scanning

    @classmethod
    def without_outputs(cls) -> Any:
        """Return the class of loops that give states alone."""
        return iteration

    @classmethod
    def plainly(cls, settings: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the attributes behind the body, without checkpoints."""
        return (*settings[1:5], 0)

    @classmethod
    def is_backwards(cls, settings: tuple[Any, ...]) -> bool:
        """Tell whether the loop goes from the last elements to the first."""
        return bool(settings[4])

    @classmethod
    def count_of(cls, settings: tuple[Any, ...]) -> int | None:
        """Return how often the loop goes round; None where only its sequences can tell."""
        return settings[3]  # type: ignore[no-any-return]  # the attribute

    @classmethod
    def pulled(
        cls, g: Any, y: Any, operands: LoopOperands, settings: tuple[Any, ...], asked: Any
    ) -> tuple[Any, ...]:
        """Return the cotangents of the operands; with checkpoints, segment by segment."""
        if settings[-1]:
            return segmented_pull(cls, g, y, operands, settings, asked)
        return super().pulled(g, y, operands, settings, asked)

    @classmethod
    def shape(cls, *given: Any) -> Bundle:
        """Return the shapes of the final states and of the stacked outputs."""
        shapes, settings = cls.cut(given)
        body, states, count = settings[0], settings[1], settings[3]
        told = [*zip(body.names[states:], shapes.sequences, strict=False)]
        check_lengths(told, count)
        lengths = [shape[0] for shape in shapes.sequences]
        length = length_known(lengths if count is None else [count])
        roots = cls.shapes_of_step(shapes, settings)
        return Bundle([*shapes.states, *[(length, *shape) for shape in roots[states:]]])


def of_arrays(
    given: Given, numbers: Numbers, states: Sequence[Any], places: range, step: Any
) -> Any:
    """Return what a loop over arrays comes to by generated code; None to go step by step."""
    try:
        return loop_of_arrays(given, numbers, states, places, step)
    except ChainRuleError:
        raise
    except ValueError:
        return None  # a step says it in words


def of_floats(
    given: Given, step: Callable[..., Any], sequences: Sequence[Any], places: range, outputs: int
) -> list[Any]:
    """Return what a loop over Python floats comes to: the fastest there is."""
    first = len(given.states)
    lined = [item[:: places.step] for item in sequences]
    found = loop_of_floats(given, lined, len(places))
    if found is not None:
        kept = [np.array(values, np.float64)[:: places.step] for values in found[first:]]
        return [*found[:first], *kept]
    states = starting(given, FLOATS)
    rows = []
    for row in zip(*lined, strict=True) if sequences else [()] * len(places):
        after = step(*states, *row)
        states = after[:first]
        rows.append(after[first:])
    stacked = np.array(rows, np.float64).reshape(len(rows), outputs)
    return [*states, *np.ascontiguousarray(stacked[:: places.step].T)]


class scanning(iteration):
    """States carried through a step, and what the steps give beside them, stacked.

    Its attributes are those of a iteration.
    """

    makes_arrays = True
    notation = loop_notation("scan")
    samples: ClassVar[Any] = (
        (0.5, np.array([1.0, 2.0, 4.0]), 0.75, {"body": DECAY, "sequences": 1}),
        (
            *(np.array([0.5, 1.0]), np.array([[1.0, 2.0], [4.0, 8.0], [3.0, 5.0]]), 0.75),
            {"body": DECAY, "sequences": 1, "backwards": True},
        ),
        (0.5, np.array([1.0, 2.0, 4.0]), 0.75, {"body": DECAY, "sequences": 1, "every": ROOT}),
    )


def not_a_sequence(name: str) -> str:
    """Say that there is nothing to loop over."""
    return (
        f"{name!r} is a number, with no leading axis to loop over. Give an array; "
        "what is the same in every step, the step may use as it is."
    )


def check_lengths(
    sequences: Sequence[tuple[str, Any]], count: Any, loop_name: str = "a scan"
) -> None:
    """Refuse sequences of different lengths.

    Raises: ShapeError with both names and lengths.
    """
    for name, shape in sequences:
        if not shape:
            raise ShapeError(not_a_sequence(name))
    for name, shape in sequences[1:]:
        other, first = sequences[0]
        if not fits(shape[0], first[0]):
            raise ShapeError(
                f"{loop_name} goes over {other!r} and {name!r} together, but {other!r} has "
                f"{first[0]} elements (shape {in_words(first)}) and {name!r} has {shape[0]} "
                f"(shape {in_words(shape)}). Give sequences of one length."
            )
    if sequences and count is not None and not fits(sequences[0][1][0], count):
        raise ShapeError(
            f"a scan of length {count} goes over {sequences[0][0]!r}, which has "
            f"{sequences[0][1][0]} elements. Leave out the length, or give as many elements."
        )


def scan_applied(
    body: LoopBody,
    states: Sequence[Any],
    sequences: Sequence[Any],
    captured: Sequence[Any],
    count: int | None,
    *,
    backwards: bool = False,
    every: int = 0,
) -> tuple[Any, ...]:
    """Return the values of a loop over these operands, on numbers or on nodes."""
    kind = scanning if len(body.roots) > len(states) else iteration
    length = None if sequences else count
    attributes = (body, len(states), len(sequences), length, backwards, every)
    whole = applied(kind, (*states, *sequences, *captured), attributes)
    return parts_of_loop(whole, len(body.roots))


_scans.append(scan_applied)
