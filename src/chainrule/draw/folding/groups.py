"""Groups of nodes as nodes of a graph, and the edges between what is then left of it.

A group of steps that ends in one step has the value and the derivative of that step, and on each
edge into it the derivative of the whole group, by the chain rule within it. A group of like nodes
side by side has theirs as arrays, as a column has those of its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.draw.computation import BOX, ComputationGraph, GraphEdge, GraphNode
from chainrule.draw.folding.sketch import Block, arranged

__all__ = ["contracted", "group_of"]


def is_number(value: Any) -> bool:
    """Tell whether a value is a single number."""
    return value is not None and np.ndim(value) == 0


def numbers(values: Sequence[Any]) -> Any:
    """Return single numbers as one array, or the only one as it is; None where there are others."""
    if len(values) == 1:
        return values[0]
    return np.array(values) if values and all(map(is_number, values)) else None


def group_of(graph: ComputationGraph, block: Block) -> GraphNode:
    """Make the node of a group of nodes of a graph."""
    members = [graph.nodes[place] for place in block.members]
    inside = {node.id for node in members}
    exits = [
        node
        for node in members
        if node.id == graph.output or any(edge.head not in inside for edge in graph.out_of(node.id))
    ]
    names = [node.name for node in exits]
    if len(names) > 1:
        is_pair = len(names) == 2
        names = [", ".join(names) if is_pair else f"{names[0]} … {names[-1]}"]
        names *= block.kind == "stack"
    return GraphNode(
        f"g{members[-1].id.removeprefix('n')}",
        "group",
        names[0] if names else "",
        bool(names) and all(node.is_named for node in exits),
        block.symbol,
        members[-1].operation,
        numbers([node.value for node in exits]),
        numbers([node.adjoint for node in exits]),
        block.count,
        tuple(item for node in members for item in node.members or (node.id,)),
    )


class FoldedGroup:
    """A group while edges are joined: the ranks of its members, the edges into them, its exits."""

    __slots__ = ("_slopes", "exits", "node", "own", "rank")

    def __init__(self, node: GraphNode) -> None:
        self.node = node
        self.rank = {member: rank for rank, member in enumerate(node.members)}
        self.own: list[GraphEdge] = []
        self.exits: set[str] = set()
        self._slopes: dict[str, Any] | None = None

    @property
    def is_stack(self) -> bool:
        """Whether it holds like nodes side by side."""
        return len(self.exits) == len(self.rank) and self.node.symbol != BOX

    @property
    def has_one_exit(self) -> bool:
        """Whether all that it gives is the value of one step."""
        return len(self.exits) == 1

    def slopes(self) -> dict[str, Any]:
        """Return the derivative of the group by each node that leads into it, where it has one."""
        if self._slopes is None:
            self._slopes = self._sweep() if self.has_one_exit else {}
        return self._slopes

    def _sweep(self) -> dict[str, Any]:
        flow: dict[str, Any] = dict.fromkeys(self.exits, 1.0)
        for edge in reversed(self.own):
            if edge.head not in flow:
                continue
            if not is_number(edge.local):
                return {}
            flow[edge.tail] = flow.get(edge.tail, 0.0) + flow[edge.head] * edge.local
        return flow


def contracted(
    graph: ComputationGraph, groups: Iterable[GraphNode]
) -> tuple[list[GraphNode], list[GraphEdge], str]:
    """Return the nodes and the edges of a graph in which groups stand for their members.

    And the id of the output.
    """
    home: dict[str, FoldedGroup] = {}
    for node in groups:
        group = FoldedGroup(node)
        home.update(dict.fromkeys(node.members, group))
    if graph.output in home:
        home[graph.output].exits.add(graph.output)
    for edge in graph.edges:
        tail, head = home.get(edge.tail), home.get(edge.head)
        if head is not None:
            head.own.append(edge)
        if tail is not None and tail is not head:
            tail.exits.add(edge.tail)
    nodes = in_order(graph, home)
    output = home[graph.output].node.id if graph.output in home else graph.output
    return nodes, joined(graph, home, nodes), output


def in_order(graph: ComputationGraph, home: Mapping[str, FoldedGroup]) -> list[GraphNode]:
    """List the nodes that are left, operands first."""
    place: dict[str, int] = {}
    nodes: list[GraphNode] = []
    for node in graph.nodes:
        group = home.get(node.id)
        shown = node if group is None else group.node
        if shown.id not in place:
            place[shown.id] = len(nodes)
            nodes.append(shown)
        place[node.id] = place[shown.id]
    operands: list[set[int]] = [set() for _ in nodes]
    for edge in graph.edges:
        if place[edge.tail] != place[edge.head]:
            operands[place[edge.head]].add(place[edge.tail])
    return [nodes[number] for number in arranged(operands)]


def joined(
    graph: ComputationGraph, home: Mapping[str, FoldedGroup], nodes: Sequence[GraphNode]
) -> list[GraphEdge]:
    """Join the edges with the same ends, operand by operand where the head tells them apart."""
    bundles: dict[tuple[str, str, int | None], list[GraphEdge]] = {}
    for edge in graph.edges:
        tail, head = home.get(edge.tail), home.get(edge.head)
        if tail is not None and tail is head:
            continue
        is_told = head.is_stack if head is not None else tail is None or tail.has_one_exit
        ends = (
            edge.tail if tail is None else tail.node.id,
            edge.head if head is None else head.node.id,
        )
        bundles.setdefault((*ends, edge.number if is_told else None), []).append(edge)
    found: dict[str, list[GraphEdge]] = {node.id: [] for node in nodes}
    for (tail_id, head_id, _), edges in bundles.items():
        tail, head = home.get(edges[0].tail), home.get(edges[0].head)
        into = found[head_id]
        if tail is None and head is None:
            into.append(edges[0])
            continue
        is_same = len(edges) == 1 and head is None
        is_counted = head is None or head.is_stack
        into.append(
            GraphEdge(
                tail_id,
                head_id,
                edges[0].number if is_counted else len(into),
                local_of(edges, tail, head),
                flowing(edges, tail),
                any(edge.on_path for edge in edges),
                edges[0].place if is_same else None,
                edges[0].writer if is_same else None,
                sum(edge.count for edge in edges),
            )
        )
    return [edge for edges in found.values() for edge in edges]


def local_of(edges: Sequence[GraphEdge], tail: FoldedGroup | None, head: FoldedGroup | None) -> Any:
    """Return the derivative of the head by the tail of joined edges, None where there is none."""
    is_plain = tail is None or tail.has_one_exit
    if head is None or head.is_stack:
        if is_plain and head is None:
            return edges[0].local
        return side_by_side(edges, [edge.local for edge in edges], tail, head)
    slopes = head.slopes()
    if is_plain:
        return slopes.get(edges[0].tail)
    members = list(tail.rank) if tail is not None and tail.is_stack else []
    return numbers([slopes.get(member) for member in members])


def side_by_side(
    edges: Sequence[GraphEdge],
    found: Sequence[Any],
    tail: FoldedGroup | None,
    head: FoldedGroup | None,
) -> Any:
    """Return numbers of edges between like nodes, in the order of these.

    None unless there is one edge for each of them.
    """
    orders = []
    for group, ends in (
        (tail, [edge.tail for edge in edges]),
        (head, [edge.head for edge in edges]),
    ):
        if group is None or group.has_one_exit:
            continue
        ranks = [group.rank[end] for end in ends]
        if not group.is_stack or sorted(ranks) != list(range(len(group.rank))):
            return None
        orders.append(ranks)
    if any(order != orders[0] for order in orders):
        return None
    by_rank = dict(zip(orders[0], found, strict=True))
    return numbers([by_rank[rank] for rank in range(len(edges))])


def flowing(edges: Sequence[GraphEdge], tail: FoldedGroup | None) -> Any:
    """Return what flows back over joined edges: to one node the sum, to like ones each its own."""
    found = [edge.contribution for edge in edges]
    if tail is not None and not tail.has_one_exit:
        return side_by_side(edges, found, tail, None)
    if len(found) > 1 and not all(map(is_number, found)):
        return None
    return sum(found[1:], found[0])
