"""The lines of both passes: what is said at each step, what is lit, and what appears.

Knows what a page says of a graph, nothing of HTML.
"""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.draw.computation import GraphEdge, GraphNode
from chainrule.draw.page.contents import Contents, equation, one, product
from chainrule.draw.page.parts import Number, Parts
from chainrule.draw.picture.wires import edge_key

__all__ = ["WalkLine", "backward", "forward"]

MOST_ANSWERS = 8  # derivatives in the last line


@dataclass(frozen=True, slots=True)
class WalkLine:
    """One step of a walk: what is said, what is lit, and which number appears where.

    phase: "forward", "backward", or "done" for the answer. cells: the same as a row of a table.
    node: whose value (forward) or derivative (backward) appears; edge: along which it flows, going
    backward. number: what appears.
    """

    phase: str
    says: Parts
    cells: tuple[Parts, ...]
    node: str
    edge: str = ""
    number: Number | None = None


def forward(contents: Contents) -> list[WalkLine]:
    """Return the lines of the forward pass, what is given first."""
    given = [node for node in contents.graph.nodes if node.kind == "variable"]
    return [
        _forward(contents, node)
        for node in (*given, *(node for node in contents.graph.nodes if node.kind != "variable"))
    ]


def _forward(contents: Contents, node: GraphNode) -> WalkLine:
    name, value = contents.names[node.id], contents.values[node.id]
    found = one(value)
    if node.kind == "variable":
        says = [*equation([[name], found]), ", given"]
        return WalkLine("forward", says, ([name], ["given"], [], found), node.id, number=value)
    formula, numbers = contents.formula(node)
    written = equation([[name], formula, numbers, found])
    return WalkLine("forward", written, ([name], formula, numbers, found), node.id, number=value)


def backward(contents: Contents) -> list[WalkLine]:
    """Return the lines of the backward pass, in the order of the sweep."""
    position = {node.id: place for place, node in enumerate(contents.graph.nodes)}
    reached = [edge for edge in contents.graph.edges if is_reached(contents, edge)]
    if not reached:
        return []
    reached.sort(key=lambda edge: (-position[edge.head], edge.number))
    left = dict.fromkeys(contents.nodes, 0)
    for edge in reached:
        left[edge.tail] += 1
    uses = dict(left)
    start = contents.adjoints[contents.graph.output]
    total = contents.total_by(contents.graph.output)
    says = [*equation([[total], one(start)]), ": the way back starts at the output"]
    lines = [WalkLine("backward", says, (), contents.graph.output, number=start)]
    for edge in reached:
        left[edge.tail] -= 1
        lines.append(_backward(contents, edge, uses[edge.tail], left[edge.tail]))
    return [*lines, WalkLine("done", answer(contents), (), "")]


def answer(contents: Contents) -> Parts:
    """Write the derivatives by the variables, or by what was asked for."""
    nodes = [
        node
        for node in contents.graph.nodes
        if (
            node.kind == "variable"
            if contents.graph.wrt is None
            else node.name == contents.graph.wrt
        )
    ]
    made: list[str | Number] = []
    for node in nodes[:MOST_ANSWERS]:
        if contents.adjoints[node.id] is not None:
            made += [", " if made else "Done: "]
            made += equation([[contents.total_by(node.id)], one(contents.adjoints[node.id])])
    return [*made, ", …"] if len(nodes) > MOST_ANSWERS else made


def is_reached(contents: Contents, edge: GraphEdge) -> bool:
    """Whether the sweep has told of this edge."""
    if edge.contribution is None:
        return False
    return edge.place in contents.totals if not contents.is_folded else edge.on_path


def _backward(contents: Contents, edge: GraphEdge, uses: int, left: int) -> WalkLine:
    key, tail = edge_key(edge), edge.tail
    incoming, local = contents.adjoints[edge.head], contents.locals[key]
    contribution = contents.contributions[key]
    total = contents.ledger.add(
        contents.totals.get(edge.place), contents.live and contents.live.totals.get(edge.place, 0.0)
    )
    total = total or contents.adjoints[tail]
    numbers = product([incoming, local])
    sign = contents.sum_sign(incoming, local, contribution)
    times = [*sign, *numbers] if numbers else []
    flows = [f"{contents.total_by(edge.head)} · {contents.symbol(edge)}"]
    says = [f"{contents.total_by(tail)} += ", *equation([flows, times, one(contribution)])]
    if uses > 1:
        more = f"; {left} more to come" if left else ": all of it"
        says += [". Sum so far ", *one(total), more]
    cells = (
        [contents.names[edge.head]],
        [contents.names[tail]],
        equation([[contents.total_by(edge.head)], one(incoming)]),
        contents.local_stages(edge),
        one(contribution),
        equation([[contents.total_by(tail)], one(total)]),
        [] if edge.place is None else [contents.steps.rule(edge.place[0])],
    )
    return WalkLine("backward", says, cells, tail, key, total)
