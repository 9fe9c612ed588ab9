"""Loops as generated code: of floats, and of arrays once a first step has told their shapes.

Knows how to keep what was generated, by the shapes that it is for; not which loop asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.engine.expansion import expanded, in_primitives
from chainrule.engine.kernels import Variables, array_loop, float_loop
from chainrule.engine.numbers import DOUBLES, SINGLES, Numbers
from chainrule.engine.program import flatten
from chainrule.engine.shapes import shapes_of
from chainrule.language.loops.bodies import LoopBody
from chainrule.language.loops.running import MOST_STEPS, Given, check_states, specialised

__all__ = ["loop_of_arrays", "loop_of_floats"]

MOST_KEPT = 16  # loops over arrays, for different shapes
FEWEST_TURNS = 4  # for which it pays to generate code
_Loop = Callable[..., Any] | None


def variables_of(given: Given) -> Variables:
    """Return the variables of a body by kind."""
    names, first = given.body.names, len(given.states)
    after = first + len(given.sequences)
    return Variables(names[:first], names[first:after], names[after:])


def loop_of_floats(
    given: Given, sequences: Sequence[Any], most: int, *, conditional: bool = False
) -> list[Any] | None:
    """Return the last states and a list for each output; None where no code is to be had.

    sequences: in the order in which they are gone over. With a condition it is None too where that
    still holds after so many steps. Raises: ArithmeticError, ValueError, as Python's floats do.
    """
    body, variables = given.body, variables_of(given)

    def make() -> tuple[_Loop]:
        program = expanded(specialised(body, [()] * len(body.names)))
        if len(program) > MOST_STEPS:
            return (None,)
        return (float_loop(program, variables, conditional=conditional),)

    (compute,) = body.once(("float loop", len(given.states), len(sequences), conditional), make)
    if compute is None:
        return None
    numbers = map(float, [*given.states, *given.captured])
    found: list[Any] | None = compute(*numbers, *sequences, most)
    return found


def loop_of_arrays(
    given: Given, numbers: Numbers, states: Sequence[Any], places: range, step: Any
) -> Any:
    """Return the last states and an array for each output; None where no code is to be had.

    places: of the steps, in their order. step: a function that takes one step.
    Raises: ValueError where arrays do not fit, without words.
    """
    plain = numbers is DOUBLES or numbers is SINGLES
    values = [*states, *given.sequences, *given.captured]
    if not plain or len(places) < FEWEST_TURNS or any(map(np.iscomplexobj, values)):
        return None
    first = len(states)
    elements = [item[places[0]] for item in given.sequences]
    found = step(*states, *elements)
    check_states(given.body.names, states, found)
    compute = array_loop_for(given, numbers, [*found[:first], *elements, *given.captured])
    if compute is None:
        return None
    stores = [
        np.empty((len(places), *np.shape(value)), np.asarray(value).dtype)
        for value in found[first:]
    ]
    for store, value in zip(stores, found[first:], strict=True):
        store[places[0]] = value
    rest = [item[:: places.step][1:] for item in given.sequences]
    ends = compute(*found[:first], *given.captured, *rest, places[1:], *stores)
    check_states(given.body.names, found[:first], ends)
    return [*ends, *stores]


def array_loop_for(given: Given, numbers: Numbers, values: Sequence[Any]) -> _Loop:
    """Return the function for numbers of these shapes, generated when first wanted."""
    body = given.body
    kept: dict[Any, _Loop] = body.once("array loops", dict)
    shapes = tuple(map(np.shape, values))
    key = numbers, len(given.states), len(given.sequences), shapes
    if key not in kept:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        written = in_primitives(body.roots)
        meant = LoopBody(body.names, [written.nodes()[slot] for slot in written.outputs])
        program = flatten(specialised(meant, shapes))
        known = shapes_of(program, dict(zip(body.names, shapes, strict=True)))
        kept[key] = (
            array_loop(program, variables_of(given), numbers, known)
            if len(program) <= MOST_STEPS
            else None
        )
    return kept[key]
