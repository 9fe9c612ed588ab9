"""The program of a value and its partials, written by the reverse sweep over nodes.

The operations are those of the sweep on numbers, in the same order. May import the engine.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import Any

from chainrule.engine.expansion import expanded
from chainrule.engine.node import Node
from chainrule.engine.program import Program
from chainrule.engine.sweep import reverse

__all__ = ["gradient_pieces", "gradient_program", "partials_on_nodes"]

# The steps of one stretch of a sweep over nodes, which takes some 50 ms.
STRETCH = 2_000


def gradient_program(program: Program) -> Program:
    """Return the program of the value and of the partial by every input, for scalar inputs."""
    pieces = gradient_pieces(program)
    while True:
        try:
            next(pieces)
        except StopIteration as finished:
            made: Program = finished.value
            return made


def gradient_pieces(program: Program) -> Generator[int, None, Program]:
    """Do as `gradient_program`, in pieces between which a caller may do something else.

    Yields the number of steps that each piece was about.
    """
    made = program.nodes()
    yield len(program)
    slots = list(program.inputs.values())
    output = program.outputs[0]
    partials = yield from partials_on_nodes(program, made, {output: 1}, slots)
    written = expanded([made[output], *partials])
    yield len(written)
    return written


def partials_on_nodes(
    program: Program, nodes: Sequence[Node], seeds: dict[int, Any], wanted: Iterable[int]
) -> Generator[int, None, list[Any]]:
    """Return the adjoints of the wanted slots as nodes, swept a stretch of steps at a time.

    seeds: slot -> its adjoint, a node or a literal.
    """
    wanted = list(wanted)
    lift = type(nodes[program.outputs[0]]).lift  # type: ignore[attr-defined]  # an operation's class
    # Where a step chooses, what flows carries masks, and those a sweep must see to its end.
    whole = any(getattr(operation, "guard", None) for operation in set(program.operations))
    # A step that is wanted itself stands within a stretch.
    whole = whole or any(program.arguments[slot] for slot in wanted)
    if whole or len(program) <= STRETCH:
        found = reverse(program, list(nodes), seeds, wanted)
    else:
        found = dict(seeds)
        needed = program.depends_on(wanted)
        for stop in range(len(program), 0, -STRETCH):
            sweep_stretch(program, nodes, range(max(0, stop - STRETCH), stop), found, needed)
            yield STRETCH
    return [lift(found.get(slot, 0.0)) for slot in wanted]


def sweep_stretch(
    program: Program,
    nodes: Sequence[Node],
    steps: range,
    adjoints: dict[int, Any],
    needed: Sequence[bool],
) -> None:
    """Sweep back over some steps: take their adjoints, and bring those of what they stand on.

    The steps become a program of their own, in which what they stand on are leaves. Each adjoint is
    added up in the order of one sweep over all: later steps come first.
    """
    arguments = {argument for slot in steps for argument in program.arguments[slot]}
    below = sorted([slot for slot in arguments if slot < steps.start])
    listed = [*below, *steps]
    place = {slot: number for number, slot in enumerate(listed)}
    part = Program(
        [program.operations[slot] for slot in listed],
        [
            tuple([place[argument] for argument in program.arguments[slot]])
            if slot in steps
            else ()
            for slot in listed
        ],
        [program.attributes[slot] for slot in listed],
        tuple([place[slot] for slot in listed]),
    )
    leaves = [slot for slot in listed if needed[slot] and not part.arguments[place[slot]]]
    seeds = {place[slot]: adjoints[slot] for slot in listed if slot in adjoints}
    found = reverse(part, [nodes[slot] for slot in listed], seeds, [place[s] for s in leaves])
    for slot in leaves:
        adjoint = found.get(place[slot])
        if adjoint is not None:
            adjoints[slot] = adjoint
    for slot in steps:
        if program.arguments[slot]:
            adjoints.pop(slot, None)
