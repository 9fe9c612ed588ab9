"""Which steps of a program depend on which: on what goes in, and for what comes out.

Knows no operation, and no values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from chainrule.engine.program import Program

__all__ = ["moved_by", "needed_for", "reached_from"]


def moved_by(program: Program, names: Collection[str]) -> list[bool]:
    """Tell for every slot whether it depends on one of the named variables.

    The others stay as they are when these move. A name that is not in the program moves nothing.
    """
    return program.depends_on([slot for name, slot in program.inputs.items() if name in names])


def needed_for(
    program: Program, slots: Iterable[int], through: Callable[[int], bool] | None = None
) -> list[int]:
    """List the slots that are computed for the given ones, these among them, in their order.

    through: which slots are wanted; what comes before others is then not looked at.
    """
    return walked(program.arguments, slots, through)


def reached_from(program: Program, slots: Iterable[int]) -> list[int]:
    """List the slots that depend on the given ones, these among them, in their order.

    As `program.depends_on` tells, but at the price of those slots alone: for many questions about
    few slots each.
    """
    return walked(program.analysis(uses), slots)


def uses(program: Program) -> list[list[int]]:
    """List for every slot those that take it."""
    found: list[list[int]] = [[] for _ in program.operations]
    for slot, arguments in enumerate(program.arguments):
        for argument in arguments:
            found[argument].append(slot)
    return found


def walked(
    edges: Sequence[Sequence[int]],
    slots: Iterable[int],
    through: Callable[[int], bool] | None = None,
) -> list[int]:
    """List the slots that edges lead to, those that they start from among them, in their order."""
    reached: set[int] = set()
    stack = list(slots)
    while stack:
        slot = stack.pop()
        if slot not in reached and (through is None or through(slot)):
            reached.add(slot)
            stack += edges[slot]
    return sorted(reached)
