"""The bodies of the loops that differentiate a loop: the sweeps of one step, written down.

A reverse body carries the adjoints of the states from a step to the one before; a forward body
carries the tangents beside the states. Each is made once for each choice of what flows in and what
is asked, and kept on the body that it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from chainrule.engine.evaluate import written
from chainrule.engine.program import flatten
from chainrule.engine.tidy import tidy_all
from chainrule.language.expression import expression
from chainrule.language.folds import broadcast_as, fitted
from chainrule.language.loops.bodies import LoopBody, fresh_names

__all__ = ["Forward", "LoopLayout", "Reverse", "forward_of", "reverse_of", "with_states"]


class LoopLayout(NamedTuple):
    """How many states, sequences and outputs beside the states a body has; the rest is handed in.

    A body may have one root more: the condition under which another step is taken.
    """

    states: int
    sequences: int
    outputs: int


class Reverse(NamedTuple):
    """The reverse body, and which variable of the step each of its own stands for.

    carried: states with an adjoint. summed: what is handed in, by variable, whose cotangents are
    added up. history: states that the body needs as they came into the step. sequences, flowing:
    the sequences it reads, and the outputs whose cotangents it reads. captured: what it needs of
    what is handed in. stacked: sequences that get a cotangent.
    Its variables are those of carried, summed, history, sequences, flowing and captured; its roots
    those of carried, summed and stacked.
    """

    body: LoopBody
    carried: list[int]
    summed: list[int]
    history: list[int]
    sequences: list[int]
    flowing: list[int]
    captured: list[int]
    stacked: list[int]


class Forward(NamedTuple):
    """The forward body, the states that have a tangent, and the outputs that have one.

    Its variables are those of the body, each kind followed by the tangents of its kind.
    """

    body: LoopBody
    states: list[int]
    outputs: list[int]


def influence(body: LoopBody, layout: LoopLayout) -> list[set[int]]:
    """Return for each variable the numbers of the roots that depend on it."""
    found = []
    for slot in body.places():
        after = body.program.depends_on([slot]) if slot is not None else []
        outputs = enumerate(body.program.outputs[: layout.states + layout.outputs])
        found.append({number for number, root in outputs if slot is not None and after[root]})
    return found


def growing(start: Iterable[int], step: Callable[[int], Iterable[int]]) -> set[int]:
    """Return what is reached from the start when a step is taken again and again."""
    found, waiting = set(start), list(start)
    while waiting:
        fresh = set(step(waiting.pop())) - found
        found |= fresh
        waiting += fresh
    return found


def reverse_of(
    body: LoopBody, layout: LoopLayout, flowing: Sequence[bool], asked: Sequence[bool]
) -> Reverse:
    """Return the reverse body of a step.

    flowing: which of the final states and outputs something flows into. asked: for each variable,
    whether its cotangent is wanted.
    """
    key = ("reverse", layout, tuple(flowing), tuple(asked))
    return body.once(key, lambda: reverse_made(body, layout, flowing, asked))  # type: ignore[no-any-return]


def paths_back(
    body: LoopBody, layout: LoopLayout, flowing: Sequence[bool], asked: Sequence[bool]
) -> tuple[list[int], list[int]]:
    """Return the states that carry an adjoint, and the outputs whose cotangent reaches one.

    A state carries one if something flows into it, and it depends on what is asked.
    """
    first = layout.states
    reaches = influence(body, layout)
    wanted = [number for number, yes in enumerate(asked) if yes]
    moved = {root for number in wanted for root in reaches[number] if root < first}
    moving = growing(
        moved | {number for number in wanted if number < first},
        lambda state: {root for root in reaches[state] if root < first},
    )
    states = range(first)
    seeded = growing(
        [s for s in states if flowing[s] or any(r >= first and flowing[r] for r in reaches[s])],
        lambda state: [other for other in states if state in reaches[other]],
    )
    live = {root for number in [*wanted, *moving] for root in reaches[number]}
    outputs = range(first, first + layout.outputs)
    return sorted(moving & seeded), [r for r in outputs if flowing[r] and r in live]


def adjoints_of_step(
    body: LoopBody, adjoints: Mapping[int, Any], targets: Iterable[int]
) -> dict[int, Any]:
    """Return what the roots' adjoints come to at some of the variables of a step."""
    program = body.program
    seeds: dict[int, Any] = {}
    for root, adjoint in adjoints.items():
        slot = program.outputs[root]
        seeds[slot] = seeds[slot] + adjoint if slot in seeds else adjoint
    places = body.places()
    slots: dict[int, Any] = {n: places[n] for n in targets if places[n] is not None}
    found = written(program, fitted).vjp(seeds, list(slots.values()))
    return {number: found[place] for number, place in slots.items() if place in found}


def simplified(body: LoopBody, roots: Sequence[Any]) -> list[Any]:
    """Tidy what a sweep wrote; not where steps have names, which are to stay what they name."""
    made = [expression.lift(root) for root in roots]
    return made if body.program.labels else tidy_all(made)


def reverse_made(
    body: LoopBody, layout: LoopLayout, flowing: Sequence[bool], asked: Sequence[bool]
) -> Reverse:
    """Write the reverse sweep of one step."""
    first, after = layout.states, layout.states + layout.sequences
    carried, outputs = paths_back(body, layout, flowing, asked)
    names = fresh_names(
        [f"g_{body.names[s]}" for s in carried] + [f"g_out_{r - first + 1}" for r in outputs],
        body.names,
    )
    adjoints = dict(zip([*carried, *outputs], map(expression, names), strict=True))
    wanted = [number for number, yes in enumerate(asked) if yes]
    got = adjoints_of_step(body, adjoints, dict.fromkeys([*carried, *wanted]))
    summed = [number for number in wanted if number >= after and number in got]
    stacked = [number for number in wanted if first <= number < after and number in got]
    totals = fresh_names([f"sum_{body.names[n]}" for n in summed], [*body.names, *names])
    roots = [got[s] if s in got else broadcast_as(0.0, adjoints[s]) for s in carried]
    roots += [expression(name) + got[n] for name, n in zip(totals, summed, strict=True)]
    roots += [got[n] for n in stacked]
    roots = simplified(body, roots)
    used = flatten([expression.lift(root) for root in roots]).inputs if roots else {}
    parts = [
        [n for n in range(low, high) if body.names[n] in used]
        for low, high in ((0, first), (first, after), (after, len(body.names)))
    ]
    read = [root for root in outputs if adjoints[root].name in used]
    own = [
        *[adjoints[s].name for s in carried],
        *totals,
        *[body.names[n] for n in [*parts[0], *parts[1]]],
        *[adjoints[root].name for root in read],
        *[body.names[n] for n in parts[2]],
    ]
    return Reverse(
        LoopBody(own, roots), carried, summed, parts[0], parts[1], read, parts[2], stacked
    )


def forward_of(body: LoopBody, layout: LoopLayout, given: Sequence[bool]) -> Forward:
    """Return the forward body of a step; given: which of the variables have a tangent."""
    key = ("forward", layout, tuple(given))
    return body.once(key, lambda: forward_made(body, layout, given))  # type: ignore[no-any-return]


def forward_made(body: LoopBody, layout: LoopLayout, given: Sequence[bool]) -> Forward:
    """Write the forward sweep of one step."""
    first, after = layout.states, layout.states + layout.sequences
    reaches = influence(body, layout)
    moving = growing(
        {n for n in range(first) if given[n]}
        | {r for n, yes in enumerate(given) if yes for r in reaches[n] if r < first},
        lambda state: {root for root in reaches[state] if root < first},
    )
    active = [n for n in range(len(body.names)) if n in moving or (n >= first and given[n])]
    named = fresh_names([f"d_{body.names[n]}" for n in active], body.names)
    tangents = dict(zip(active, map(expression, named), strict=True))
    program, places = body.program, body.places()
    seeds = {places[n]: tangent for n, tangent in tangents.items() if places[n] is not None}
    along = written(program).jvp(seeds)  # type: ignore[arg-type]  # none is None
    ends = [along[slot] for slot in program.outputs]
    states = sorted(moving)
    outputs = [r for r in range(first, first + layout.outputs) if ends[r] is not None]
    moved = [
        broadcast_as(0.0 if ends[r] is None else ends[r], body.roots[r])
        for r in [*states, *outputs]
    ]
    count = len(states)
    moved = simplified(body, moved)
    roots = [*body.roots[:first], *moved[:count], *moved[count:]]
    roots += body.roots[first + layout.outputs :]  # the condition
    own: list[str] = []
    for low, high in ((0, first), (first, after), (after, len(body.names))):
        own += body.names[low:high]
        own += [tangents[n].name for n in active if low <= n < high]
    return Forward(LoopBody(own, roots), states, outputs)


def with_states(body: LoopBody, layout: LoopLayout, kept: Sequence[int]) -> LoopBody:
    """Return the body that gives, beside the new states, some states as they came into the step."""

    def make() -> LoopBody:
        own = body.variables()
        condition = body.roots[layout.states + layout.outputs :]
        roots = [*body.roots[: layout.states], *[own[n] for n in kept], *condition]
        return LoopBody(body.names, roots)

    return body.once(("history", layout, tuple(kept)), make)  # type: ignore[no-any-return]
