"""Folding: a graph too large to be seen, drawn with groups of its nodes, and unfolded again.

Sums of many terms become one step, like parts one part with its count, chains of a pattern their
first and last repeat, named steps boxes; what is then too large becomes boxes by depth. A group is
a node that lists its members, so that a folded graph and the graph it came from give any graph
in between.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any

from chainrule.draw.computation import ComputationGraph, GraphEdge, GraphNode
from chainrule.draw.folding.alike import repeats, trees
from chainrule.draw.folding.boxes import by_depth, named_boxes
from chainrule.draw.folding.chains import chains
from chainrule.draw.folding.groups import contracted, group_of
from chainrule.draw.folding.sketch import Block, Sketch, sketch_of
from chainrule.errors import ValueTypeError
from chainrule.language.kinds import operations

__all__ = ["FEWEST", "LIMIT", "folded", "unfolded"]

LIMIT = 120  # nodes of a picture, unless asked otherwise
FEWEST = 8  # nodes that a graph can be folded to, whatever it is

Parts = tuple[list[GraphNode], list[GraphEdge], str]


def is_associative(key: Hashable) -> bool:
    """Tell whether the steps of this key may be taken in any grouping, as sums."""
    operation = key[1] if isinstance(key, tuple) and len(key) > 1 else None
    found = operations().get(operation) if isinstance(operation, str) else None
    return found is not None and found.properties.associative


STAGES: Sequence[Callable[[Sketch, int], Sketch]] = (
    partial(trees, is_associative=is_associative),
    repeats,
    chains,
    repeats,
    chains,
    named_boxes,
    repeats,
    partial(repeats, is_blurred=True),
    partial(chains, is_blurred=True),
    partial(repeats, is_blurred=True),
    by_depth,
)


def folded(graph: ComputationGraph, whole: ComputationGraph, limit: int) -> Parts | None:
    """Fold a graph to at most so many nodes; None where it has no more.

    graph: some folding of the whole. Returns the nodes, the edges and the id of the output.
    Raises: ValueTypeError for a limit that is none.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < FEWEST:
        raise ValueTypeError(f"limit must be a whole number of nodes from {FEWEST}, not {limit!r}.")
    if len(graph) <= limit:
        return None
    sketch = sketch_of(graph)
    idle: dict[Callable[[Sketch, int], Sketch], Sketch] = {}
    for stage in STAGES:
        if idle.get(stage) is sketch:  # it has found nothing to merge here
            continue
        found = stage(sketch, limit)
        if found is sketch:
            idle[stage] = sketch
        sketch = found
        if len(sketch) <= limit:
            break
    groups = [node_of(graph, block) for block in sketch.blocks]
    return contracted(whole, [node for node in groups if node.members])


def node_of(graph: ComputationGraph, block: Block) -> GraphNode:
    """Return the node of a block: a node of the graph, or a group of several."""
    return graph.nodes[block.members[0]] if len(block.members) == 1 else group_of(graph, block)


def unfolded(graph: ComputationGraph, whole: ComputationGraph, which: Any) -> Parts | None:
    """Give the members of a group of a folding of the whole back; None if no group is left.

    which: the group, or a node of the whole, by name or id.
    Raises: UnknownVariable for what is neither.
    """
    groups = [node for node in graph.nodes if node.members]
    name = getattr(which, "name", which)
    if not any(name in (node.name, node.id) for node in groups):
        name = whole.node(which).id
    left = [node for node in groups if name not in (node.name, node.id, *node.members)]
    return contracted(whole, left) if left else None
