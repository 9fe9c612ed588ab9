"""`scan` and `fori_loop`: a step repeated a known number of times, carrying states along.

The reverse mode runs over the states that came into the steps, stored by a second run; with
checkpoints, only those of some steps are, and the others are worked out again when they are needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import index
from typing import Any, ClassVar

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.inference import shape_of
from chainrule.engine.sizes import UNKNOWN, fits, in_words
from chainrule.engine.targets.interpreter import Lane
from chainrule.errors import SettingError, ShapeError, ValueTypeError
from chainrule.language.expression import as_number, expression, lift
from chainrule.language.loops.bodies import Body, called, closed, stand_in, word_for
from chainrule.language.loops.derived import Layout
from chainrule.language.loops.loop import (
    Operands,
    _scans,
    applied,
    formed,
    length_known,
    loop,
    loop_notation,
    parts_of_loop,
    zeros_like,
)
from chainrule.language.loops.running import Given, Stacks, check_states, elements, starting
from chainrule.language.loops.segments import ROOT, join, segments
from chainrule.language.loops.structures import (
    leaves_in_order,
    leaves_of,
    like,
    names_of_leaves,
)

__all__ = ["fori_loop", "iteration", "scan", "scan_applied", "scanning"]

SCAN = {
    "body": None,
    "states": 1,
    "sequences": 0,
    "count": None,
    "backwards": False,
    "every": 0,
}


def sampled() -> tuple[Body, Body]:
    """Return two bodies for loops to be tested with: a logistic map, and a decay with outputs."""
    state, other, rate = expression("s"), expression("t"), expression("r")
    logistic = Body(("s", "t", "r"), [rate * state * (1 - state), other + state * rate])
    element = expression("x")
    return logistic, Body(("s", "x", "r"), [state * rate + element, state * element])


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
    def checked(cls, operands: Operands, settings: tuple[Any, ...]) -> Given:
        """Return what the loop runs on.

        Raises: ShapeError for sequences of different lengths.
        """
        body: Body = settings[0]
        names = body.names[len(operands.states) :]
        told = [*zip(names, [np.shape(item) for item in operands.sequences], strict=False)]
        check_lengths(told, settings[3])
        given = Given(body, *operands)
        if given.length is None:
            given.length = settings[3]
        return given

    @classmethod
    def lasting(cls, given: Any, settings: tuple[Any, ...], lane: Any, step: Any) -> Bundle:
        """Run the loop."""
        backwards, count = settings[4], given.length
        states = starting(given, lane)
        first = len(states)
        outputs = len(given.body.roots) - first
        stacks = Stacks(outputs, count, lane)
        names, sequences = given.body.names, elements(given, lane)
        places = range(count - 1, -1, -1) if backwards else range(count)
        if lane is Lane.FLOAT and not sequences and not outputs:
            for _ in places:
                states = step(*states)
            return Bundle(states)
        for place in places:
            found = step(*states, *[item[place] for item in sequences])
            if lane is not Lane.FLOAT:
                check_states(names, states, found)
            states = found[:first]
            if outputs:
                stacks.put(place, found[first:])
        shapes = given.shapes()[first:] if outputs and not count else [()] * outputs
        return Bundle([*states, *stacks.arrays(shapes, backwards=backwards)])

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
        cls, g: Any, y: Any, operands: Operands, settings: tuple[Any, ...], asked: Any
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


def check_lengths(sequences: Sequence[tuple[str, Any]], count: Any) -> None:
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
                f"a scan goes over {other!r} and {name!r} together, but {other!r} has "
                f"{first[0]} elements (shape {in_words(first)}) and {name!r} has {shape[0]} "
                f"(shape {in_words(shape)}). Give sequences of one length."
            )
    if sequences and count is not None and not fits(sequences[0][1][0], count):
        raise ShapeError(
            f"a scan of length {count} goes over {sequences[0][0]!r}, which has "
            f"{sequences[0][1][0]} elements. Leave out the length, or give as many elements."
        )


def scan_applied(
    body: Body,
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


def segmented_pull(
    cls: Any, g: Any, y: Any, operands: Operands, settings: tuple[Any, ...], asked: Any
) -> tuple[Any, ...]:
    """Return the cotangents of a loop that stores the states of every so many steps only.

    The loop is taken for a short one over the first steps, followed by a loop of loops, all of one
    length: the states between these are stored, and those within when they are needed.
    Source: Griewank & Walther (2008), Evaluating Derivatives, section 12.2.
    """
    body, states, count, every = settings[0], settings[1], settings[3], settings[5]
    layout = cls.layout(*settings[:3])
    g = formed(g, y)
    wanted = [asked is None or number in asked for number in range(len(body.names))]
    step = 0
    if not operands.sequences:
        step = every if every > 0 else max(1, math.isqrt(count))
    cut = [segments(item, every=step or every) for item in operands.sequences]
    heads, tails = [item[0] for item in cut], [item[1] for item in cut]
    flows = [None if part is None else segments(part, every=step or every) for part in g[states:]]
    rest, turns = (count % step, count // step) if step else (None, None)
    head = (*operands.states, *heads, *operands.captured)
    middle = operands.states
    if rest != 0:
        attributes = (body, states, settings[2], rest, False, 0)
        middle = parts_of_loop(applied(cls, head, attributes), len(body.roots))[:states]
    inner = body.once(("segment", layout, step), lambda: segment_body(body, layout, step))
    over = (*middle, *tails, *operands.captured)
    tail_flows = Bundle([*g[:states], *[None if x is None else x[1] for x in flows]])
    attributes = (inner, states, settings[2], turns, False, 0)
    through = [rest != 0 or yes for yes in wanted[:states]] + wanted[states:]
    numbers = [number for number, yes in enumerate(through) if yes]
    found = list(cls.pull(tail_flows, None, *over, *attributes, asked=numbers))
    if rest == 0:
        return tuple(found)
    into = [None if type(part) is int else part for part in found[:states]]
    head_flows = Bundle([*into, *[None if x is None else x[0] for x in flows]])
    attributes = (body, states, settings[2], rest, False, 0)
    numbers = [number for number, yes in enumerate(wanted) if yes]
    first = cls.pull(head_flows, None, *head, *attributes, asked=numbers)
    after = states + settings[2]
    for number, part in enumerate(first):
        if number < states:
            found[number] = part
        elif number < after:
            like_it = heads[number - states], tails[number - states]
            found[number] = joined(part, found[number], like_it, step or every)
        else:
            found[number] = found[number] + part
    return tuple(found)


def joined(head: Any, tail: Any, like_them: tuple[Any, Any], every: int) -> Any:
    """Put the cotangents of both parts of a sequence together; 0 where there are none."""
    if type(head) is int and type(tail) is int:
        return 0
    head, tail = [
        zeros_like(other) if type(part) is int else part
        for part, other in zip((head, tail), like_them, strict=True)
    ]
    return join(head, tail, every=every)


def segment_body(body: Body, layout: Layout, step: int) -> Body:
    """Return the body of the loop of loops: one inner loop over a segment."""
    own = body.variables()
    first, after = layout.states, layout.states + layout.sequences
    parts = scan_applied(
        body, own[:first], own[first:after], own[after:], None if layout.sequences else step
    )
    return Body(body.names, parts)


def checkpoints(checkpoint: Any) -> int:
    """Return what `checkpoint` says: 0 for none, -1 for about a square root of the count.

    Raises: SettingError.
    """
    if isinstance(checkpoint, bool) or checkpoint is None:
        return ROOT if checkpoint else 0
    if isinstance(checkpoint, int) and checkpoint >= 1:
        return checkpoint
    raise SettingError(
        f"checkpoint is {checkpoint!r}. Give True for about as many checkpoints as steps between "
        "them, a whole number from 1 for one after so many steps, or False for none."
    )


def counted(length: Any, what: str = "length") -> int:
    """Return a number of steps.

    Raises: SettingError for what is none.
    """
    try:
        found = index(length) if not isinstance(length, bool) else -1
    except TypeError:
        found = -1
    if found < 0:
        raise SettingError(f"the {what} is {length!r}. Give a whole number of steps, from 0.")
    return found


def scan(
    step: Callable[[Any, Any], Any],
    initial: Any,
    xs: Any = None,
    length: int | None = None,
    *,
    checkpoint: bool | int = False,
) -> tuple[Any, Any]:
    """Return the final state of a loop, and what its steps gave, stacked.

    step: a function called once, with expressions for the state and for one element of xs (None
    without xs); it returns the new state and an output, or None for none. It may use any other
    expression; what does not change from step to step is computed once, before the loop.
    initial: the first state; it, xs and the outputs are expressions, or tuples, lists or dicts of
    them. xs: arrays whose leading axis is looped over. length: the number of steps, without xs.
    checkpoint: of how many steps the reverse mode stores the state: of all, with True of about the
    square root of them (the others are computed again), with k of every k-th.
    Shapes: a state keeps its shape; outputs get a leading axis.
    Raises: ShapeError, also when evaluated; ValueTypeError, SettingError.

    >>> from chainrule import expression
    >>> a, xs = expression("a"), expression("xs")
    >>> last, sums = scan(lambda s, x: (a * s + x, s), 0.0, xs)
    >>> print(last.eval({"a": 2, "xs": [3, 4, 5]}), sums.eval({"a": 2, "xs": [3, 4, 5]}))
    25.0 [ 0.  3. 10.]
    >>> last.diff({"a": 2, "xs": [3, 4, 5]})["a"]
    16.0
    >>> print(last)
    scan((s, x) -> (a*s + x, s); 0.0, xs).s
    """
    states = [lift(leaf) for leaf in leaves_of(initial)]
    sequences = [lift(leaf) for leaf in leaves_of(xs)]
    if length is None and not sequences:
        raise ValueTypeError(
            "scan has nothing to count its steps by. Give xs, or length= for a number of steps."
        )
    count = None if length is None else counted(length)
    for sequence in sequences:
        if shape_of(sequence) == ():
            raise ShapeError(not_a_sequence(str(sequence)))
    words = word_for(step, 0, "state"), word_for(step, 1, "x")
    names = [*names_of_leaves(initial, words[0]), *names_of_leaves(xs, words[1])]
    own = [stand_in(name, state) for name, state in zip(names, states, strict=False)]
    own += [element_of(n, xs) for n, xs in zip(names[len(states) :], sequences, strict=True)]
    found = called(step, like(initial, own[: len(states)]), like(xs, own[len(states) :]))
    if not isinstance(found, tuple) or len(found) != 2:
        raise ValueTypeError(
            f"the step of a scan returns two things, the new state and an output (None for none), "
            f"not {found!r}. For a state alone, there is fori_loop."
        )
    after, outputs = found
    news = leaves_in_order(after, initial, "the state")
    roots = [as_number(lift(leaf)) for leaf in [*news, *leaves_of(outputs)]]
    body, captured = closed(names, own, roots)
    if sequences and count is not None:
        check_count(sequences, count)
    ends = built(body, states, sequences, captured, count, every=checkpoints(checkpoint))
    return like(initial, ends[: len(states)]), like(outputs, ends[len(states) :])


def built(
    body: Body,
    states: Sequence[Any],
    sequences: Sequence[Any],
    captured: Sequence[Any],
    count: int | None,
    *,
    every: int,
) -> tuple[Any, ...]:
    """Return the values of a new loop, as nodes."""
    kind = scanning if len(body.roots) > len(states) else iteration
    attributes = (body, len(states), len(sequences), count, False, every)
    return parts_of_loop(kind.of((*states, *sequences, *captured, *attributes)), len(body.roots))


def check_count(sequences: Sequence[Any], count: int) -> None:
    """Refuse a length that differs from a sequence whose length is known."""
    for sequence in sequences:
        shape = shape_of(sequence)
        if shape is not None:
            check_lengths([(str(sequence), shape)], count)


def element_of(name: str, sequence: expression) -> Any:
    """Return the variable that stands for an element of a sequence."""
    shape = shape_of(sequence)
    if shape is None or not shape:
        return stand_in(name)
    return stand_in(name, sequence[0] if shape[0] is UNKNOWN or shape[0] != 0 else None)


def fori_loop(
    lower: int,
    upper: int,
    step: Callable[[Any, Any], Any],
    initial: Any,
    *,
    checkpoint: Any = False,
) -> Any:
    """Return the state after a loop over the whole numbers from lower to before upper.

    step: a function called once, with expressions for the number and for the state; it returns the
    new state. initial, checkpoint: as for `scan`.
    Raises: as `scan`.

    >>> from chainrule import expression
    >>> x = expression("x")
    >>> factorial = fori_loop(1, 6, lambda i, product: product * i, x)
    >>> print(factorial.eval({"x": 1}), factorial.diff({"x": 1}, "x"))
    120.0 120.0
    """
    first, end = whole(lower, "lower"), whole(upper, "upper")
    states = [lift(leaf) for leaf in leaves_of(initial)]
    names = names_of_leaves(initial, word_for(step, 1, "state"))
    turn = word_for(step, 0, "i")
    own = [stand_in(name, state) for name, state in zip(names, states, strict=True)]
    at = stand_in(turn, lift(0))
    after = called(step, at, like(initial, own))
    roots = [as_number(lift(x)) for x in leaves_in_order(after, initial, "the state")]
    body, captured = closed([*names, turn], [*own, at], [*roots, at + 1])
    every, count = checkpoints(checkpoint), max(0, end - first)
    if not states:
        return like(initial, [])
    ends = built(body, [*states, lift(first)], (), captured, count, every=every)
    return like(initial, ends[: len(states)])


def whole(value: Any, name: str) -> int:
    """Return a bound of a loop.

    Raises: SettingError for what is no whole number.
    """
    try:
        return index(value)
    except TypeError:
        raise SettingError(
            f"{name} is {value!r}. Give a whole number: a loop's count is known when it is built."
        ) from None
