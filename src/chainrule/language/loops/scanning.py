"""`scan` and `fori_loop`: a step repeated a known number of times, carrying states along.

The reverse mode runs over the states that came into the steps, stored by a second run; with
checkpoints, only those of some steps are, and the others are worked out again when they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

from chainrule.engine.inference import shape_of
from chainrule.engine.sizes import UNKNOWN
from chainrule.errors import SettingError, ShapeError, ValueTypeError
from chainrule.language.expression import as_number, expression, lift
from chainrule.language.loops.bodies import LoopBody, called, closed, stand_in, word_for
from chainrule.language.loops.iteration import (
    check_lengths,
    iteration,
    not_a_sequence,
    scanning,
)
from chainrule.language.loops.loop import parts_of_loop
from chainrule.language.loops.segments import ROOT
from chainrule.language.loops.structures import (
    leaves_in_order,
    leaves_of,
    like,
    names_of_leaves,
)

__all__ = ["fori_loop", "scan"]


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
    body: LoopBody,
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
