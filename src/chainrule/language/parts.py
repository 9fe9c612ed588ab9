"""One of the several values of an operation: a factor of a matrix, a state of a loop.

An operation with several values is a `structural` one whose `forward` gives a `Bundle`, and whose
`pull` and `push` take Bundles, with None where nothing flows. Nobody but `part` ever sees one. Its
class body names the values, in `parts`: a tuple, or a rule of its operands and attributes.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.node import Node
from chainrule.engine.notation import ATOM, Notation, function, latex_name
from chainrule.language.kinds import structural

__all__ = ["names_of", "part", "parts_of"]


# How a value without a name is written.
by_number = function("part", keywords=("number", "count", "name"), defaults=(0, 1, ""))


def named_part(name: str) -> str:
    """Write which of several values: svd(A).U, or split(x, sections=3)[0] where they have numbers.

    >>> named_part("U"), named_part("0")
    ('.U', '[0]')
    """
    return f"[{name}]" if name.isdigit() else f".{name}"


class part(structural):
    """One of the values of an operation that has several, by its number and name."""

    algebra = "part"
    rule = "one of several"
    takes_ragged = True
    keywords = {"number": 0, "count": 1, "name": ""}
    samples = (
        (Bundle((np.array([1.0, 2.0]), np.array([[0.5], [3.0]]))), {"number": 1, "count": 2}),
        (Bundle((2.0, np.array([1.0, 2.0]))), {"number": 0, "count": 2}),
    )
    notation = Notation(
        precedence=ATOM,
        pieces=lambda count, attributes: (
            [(0, ATOM), named_part(attributes[2])]
            if attributes[2]
            else by_number.pieces(count, attributes)
        ),
        latex_pieces=lambda _count, attributes: [
            "{",
            (0, ATOM),
            "}_{",
            attributes[2] if attributes[2].isdigit() else latex_name(attributes[2]),
            "}",
        ],
        latex_precedence=ATOM,
        name="part",
        operands=1,
        keywords=("number", "count", "name"),
    )

    def forward(whole, number, count, name):
        return whole[number]

    def for_shapes(shapes, number, count, name):
        return itemgetter(number)

    def batch(operation, operands, attributes):
        return operands[0].value[attributes[0]]

    on_float = on_ieee = on_exact = staticmethod(forward)  # it is of the lane's kind already

    def pull(g, y, whole, number, count, name):
        return (Bundle.of_one(g, number, count),)

    def push(tangents, y, whole, number, count, name):
        along = tangents[0][number]
        return 0 if along is None else along

    def shape(shapes, number, count, name):
        return shapes[number]

    def rows(below, shapes, number, count, name):
        return below[0].parts[number]


def parts_of(whole: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the values of an operation one by one: nodes of a node, else what it has computed."""
    if not isinstance(whole, Node):
        return tuple([x.item() if isinstance(x, np.float64) else x for x in whole])
    count = len(names)
    return tuple(
        [part(whole, number=place, count=count, name=name) for place, name in enumerate(names)]
    )


def names_of(whole: Any) -> tuple[str, ...]:
    """Return the names of the values of a node, in order; none where it has one value only."""
    kind: Any = type(whole)
    names = getattr(kind, "parts", ())
    return tuple(names(*whole.arguments, *whole.attributes) if callable(names) else names)
