"""Which steps of a program depend on which: on what goes in, and for what comes out.

Knows no operation, and no values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from chainrule.engine.program import Program

__all__ = ["moved_by", "needed_for"]


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
    reached: set[int] = set()
    stack = list(slots)
    while stack:
        slot = stack.pop()
        if slot not in reached and (through is None or through(slot)):
            reached.add(slot)
            stack += program.arguments[slot]
    return sorted(reached)
