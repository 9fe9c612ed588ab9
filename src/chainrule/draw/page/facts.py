"""What the page tells of one node or one edge when a reader picks it.

Knows what a page says of a graph, nothing of HTML.
"""

from __future__ import annotations

from chainrule.draw.computation import GraphEdge, GraphNode
from chainrule.draw.page.contents import Contents, equation, one, product
from chainrule.draw.page.parts import Parts
from chainrule.draw.picture.widths import plain
from chainrule.draw.picture.wires import edge_key

__all__ = ["Fact", "of_edge", "of_node"]

Fact = tuple[str, Parts]


def of_node(contents: Contents, node: GraphNode) -> tuple[str, list[Fact]]:
    """Return the heading of a node, and what there is to tell: a label and a text each."""
    names, value = contents.names, contents.values[node.id]
    adjoint = contents.adjoints[node.id]
    formula, numbers = contents.formula(node)
    distance = contents.graph.distance(node.id)
    told: list[Fact] = []
    if node.kind != "variable":
        told.append(("formula", equation([[names[node.id]], formula])))
    if value is not None:
        told.append(("value", equation([numbers, [value]])))
    if adjoint is not None:
        told.append(("gradient", equation([[contents.total_by(node.id)], [adjoint]])))
    if node.tally:
        told.append(("stands for", [node.tally.removeprefix("× ")]))
    if distance:
        told.append((f"to {contents.output}", [f"{distance} edge{'s' * (distance > 1)}"]))
    kind = {"variable": "Input", "constant": "Number", "group": "Steps"}.get(node.kind, "Step")
    return f"{kind} {plain(node.name or node.symbol)}", told


def of_edge(contents: Contents, edge: GraphEdge) -> tuple[str, list[Fact]]:
    """Return the heading of an edge, and what there is to tell: a label and a text each."""
    key = edge_key(edge)
    incoming, local = contents.adjoints[edge.head], contents.locals[key]
    contribution = contents.contributions[key]
    heading = f"Edge from {contents.names[edge.tail]} to {contents.names[edge.head]}"
    if not edge.on_path:
        asked = contents.graph.wrt or "an input"
        return heading, [("derivative", [f"none flows here: no path to {plain(asked)}"])]
    told: list[Fact] = [("local derivative", contents.local_stages(edge))]
    if edge.place is not None:
        told.append(("rule", [contents.steps.rule(edge.place[0])]))
    if incoming is not None:
        told.append(("flows in", equation([[contents.total_by(edge.head)], [incoming]])))
    if contribution is not None:
        symbols = [f"{contents.total_by(edge.head)} · {contents.symbol(edge)}"]
        sign = contents.sum_sign(incoming, local, contribution)
        numbers = product([incoming, local])
        times = [*sign, *numbers] if numbers else []
        told.append(("flows on", equation([symbols, times, one(contribution)])))
    return heading, told
