"""Composed operations written out until every step is one that a target can spell.

A target reads an operation's spelling from its class body. Where there is none, the operation's
meaning stands in, down to the primitive operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.engine.node import Node
from chainrule.engine.order import order
from chainrule.engine.program import Program, flatten
from chainrule.engine.protocol import Role

__all__ = ["expanded", "in_primitives"]


def expanded(roots: Sequence[Node], target: str = "python") -> Program:
    """Flatten with every step that the target cannot spell replaced by its meaning.

    target: the word under which class bodies keep its spellings.
    """
    return written_out(roots, lambda operation: target in operation.spell)


def in_primitives(roots: Sequence[Node]) -> Program:
    """Flatten with every step that NumPy computes by its meaning replaced by this meaning."""
    return written_out(roots, lambda operation: operation.forward is not None)


def written_out(roots: Sequence[Node], stays: Callable[[Any], bool]) -> Program:
    """Flatten with every step that has a meaning and does not stay replaced by this meaning."""
    program = flatten(roots)
    if all(item.meaning is None or stays(item) for item in set(program.operations)):
        return program
    written: dict[Node, Node] = {}
    write(roots, written, stays)
    return flatten([written[root] for root in roots])


def write(roots: Sequence[Node], written: dict[Node, Node], stays: Callable[[Any], bool]) -> None:
    """Write out the nodes under the roots that are not written yet; deep as meanings nest."""
    for item in order(roots, known=written):
        operation: Any = type(item)
        arguments = tuple([written[argument] for argument in item.arguments])
        if operation.role is Role.VARIABLE or operation.role is Role.CONSTANT:
            written[item] = item
        elif operation.meaning is not None and not stays(operation):
            meant = operation.lift(operation.meaning(*arguments, *item.attributes))
            inside: dict[Node, Node] = dict(zip(arguments, arguments, strict=True))
            write([meant], inside, stays)
            written[item] = inside[meant]
        else:
            written[item] = operation.again(arguments, item.attributes)
