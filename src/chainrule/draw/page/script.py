"""What the script of a page knows: numbers, lines, facts, paths and inputs, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.draw.page import facts
from chainrule.draw.page.contents import Contents
from chainrule.draw.page.parts import Number, as_data
from chainrule.draw.page.rules import Rule
from chainrule.draw.page.walk import WalkLine
from chainrule.draw.picture.widths import plain
from chainrule.language.explaining.recorded import Recorded

__all__ = ["inputs_of", "told"]


def told(contents: Contents, walk: Sequence[WalkLine], chains: Sequence[Rule]) -> dict[str, Any]:
    """Return what the page's script needs to know."""
    nodes = {}
    for key, node in contents.nodes.items():
        heading, known = facts.of_node(contents, node)
        nodes[key] = {
            "heading": heading,
            "facts": as_pairs(known),
            "value": place_of(contents.values[key]),
            "adjoint": place_of(contents.adjoints[key]),
        }
    edges = {}
    for key, edge in contents.edges.items():
        heading, known = facts.of_edge(contents, edge)
        edges[key] = {
            "heading": heading,
            "facts": as_pairs(known),
            "tail": edge.tail,
            "head": edge.head,
            "local": place_of(contents.locals[key]),
        }
    asked = [node.id for node in contents.graph.nodes if node.name == contents.graph.wrt]
    return {
        "wrt": asked[0] if asked else None,
        "numbers": contents.ledger.data(),
        "nodes": nodes,
        "edges": edges,
        "walk": [
            {
                "says": as_data(line.says),
                "node": line.node,
                "edge": line.edge,
                "number": place_of(line.number),
                "phase": line.phase,
            }
            for line in walk
        ],
        "rules": [
            {
                "node": chain.node,
                "name": plain(chain.name),
                "paths": [{"edges": share.edges, "nodes": share.nodes} for share in chain.shares],
            }
            for chain in chains
        ],
    }


def as_pairs(known: Sequence[facts.Fact]) -> list[list[Any]]:
    """Return facts for the page's script."""
    return [[label, as_data(parts)] for label, parts in known]


def place_of(number: Number | None) -> int | None:
    """Return the place of a number in the ledger."""
    return None if number is None else number.place


def inputs_of(contents: Contents, record: Recorded | None) -> list[dict[str, Any]]:
    """List the inputs in the order of the program, with the numbers that the page starts from."""
    if record is None:
        return []
    return [
        {
            "name": plain(name),
            "node": f"n{slot}",
            "value": np.asarray(record.values[slot], dtype=float),
        }
        for name, slot in contents.steps.program.inputs.items()
    ]
