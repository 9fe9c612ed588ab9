"""The reverse mode of a loop that stores the states of every so many steps only."""

from __future__ import annotations

import math
from typing import Any

from chainrule.engine.bundle import Bundle
from chainrule.language.loops.bodies import LoopBody
from chainrule.language.loops.derived import LoopLayout
from chainrule.language.loops.loop import (
    LoopOperands,
    _scans,
    applied,
    formed,
    parts_of_loop,
    zeros_like,
)
from chainrule.language.loops.segments import join, segments

__all__ = ["segmented_pull"]


def segmented_pull(
    cls: Any, g: Any, y: Any, operands: LoopOperands, settings: tuple[Any, ...], asked: Any
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


def segment_body(body: LoopBody, layout: LoopLayout, step: int) -> LoopBody:
    """Return the body of the loop of loops: one inner loop over a segment."""
    own = body.variables()
    first, after = layout.states, layout.states + layout.sequences
    # Not the body itself: it keeps what is made here, and a pool of nodes keeps every body.
    inner = LoopBody(body.names, body.roots)
    parts = _scans[0](
        inner, own[:first], own[first:after], own[after:], None if layout.sequences else step
    )
    return LoopBody(body.names, parts)
