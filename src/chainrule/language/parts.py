"""One of the several values of an operation: a factor of a matrix, a state of a loop.

An operation with several values is a `structural` one whose `forward` gives a `Bundle`, and whose
`pull` and `push` take Bundles, with None where nothing flows. Nobody but `part` ever sees one.
"""

from __future__ import annotations

from typing import Any

from chainrule.engine.bundle import Bundle
from chainrule.engine.node import Node
from chainrule.engine.notation import ATOM, Notation, latex_name
from chainrule.language.kinds import structural

__all__ = ["part", "parts_of"]


class part(structural):
    """One of the values of an operation that has several, by its number and name."""

    keywords = {"number": 0, "count": 1, "name": ""}
    samples = ()
    notation = Notation(
        precedence=ATOM,
        pieces=lambda _count, attributes: [(0, ATOM), f".{attributes[2]}"],
        latex_pieces=lambda _count, attributes: [
            "{",
            (0, ATOM),
            "}_{",
            latex_name(attributes[2]),
            "}",
        ],
        latex_precedence=ATOM,
        operands=1,
        keywords=("number", "count", "name"),
    )

    def forward(whole, number, count, name):
        return whole[number]

    def pull(g, y, whole, number, count, name):
        return (Bundle.of_one(g, number, count),)

    def push(tangents, y, whole, number, count, name):
        along = tangents[0][number]
        return 0 if along is None else along

    def shape(shapes, number, count, name):
        return shapes[number]


def parts_of(whole: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the values of an operation one by one: nodes of a node, else what it has computed."""
    if not isinstance(whole, Node):
        return tuple(whole)
    count = len(names)
    return tuple(
        [part(whole, number=place, count=count, name=name) for place, name in enumerate(names)]
    )
