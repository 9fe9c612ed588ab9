"""A computation graph as an SVG picture: self-contained, the same bytes on every machine.

Cards for nodes, a chip for the value going forward and one for the gradient going backward, the
local derivatives on the edges. Reads a ComputationGraph; knows no expression.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from typing import get_args

from chainrule.draw.computation import ComputationGraph, GraphEdge, Path
from chainrule.draw.layout import Link, layout
from chainrule.draw.options import Direction, EdgeText, Theme
from chainrule.draw.picture import cards, wires
from chainrule.draw.picture.description import describe, headline
from chainrule.draw.picture.legend import Legend
from chainrule.draw.picture.lit import Lit, brief_name, lit_paths
from chainrule.draw.picture.text import escaped, short, text_element
from chainrule.draw.picture.theme import style_sheet
from chainrule.draw.picture.widths import cut, plain
from chainrule.draw.picture.wires import Label
from chainrule.errors import ValueTypeError

__all__ = ["svg"]

MARGIN = 20.0
HEADING = 18.0  # font size
NARROWEST = 240.0


def svg(
    graph: ComputationGraph,
    *,
    theme: Theme = "auto",
    direction: Direction = "right",
    edges: EdgeText = "both",
    paths: Path | Sequence[Path] | None = None,
    title: str = "",
    legend: bool = True,
    is_live: bool = False,
) -> str:
    """Draw a graph; the options are those of `Graph.to_svg`.

    is_live: for a page, which puts other numbers into the chips and shows one text at each edge.

    Every node is a group `g.node[data-node]` with its id, and in it the texts `.name`, `.symbol`,
    `.value` and `.adjoint`; every edge a group `g.edge[data-edge]` with "tail-head-number", and in
    it the texts `.formula` and `.local`. Each group has a `title` that tells all of it.
    Raises: ValueTypeError for an option that there is not.
    """
    _check("theme", theme, get_args(Theme))
    _check("direction", direction, get_args(Direction))
    _check("edges", edges, get_args(EdgeText))
    lit = lit_paths(graph, paths)
    body, width, height = _body(graph, direction, edges, lit, title, legend=legend, is_live=is_live)
    told = escaped(describe(graph, lit))
    name = escaped(title or headline(graph))
    scope = f"g{hashlib.sha256(f'{theme}{name}{told}{body}'.encode()).hexdigest()[:10]}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{scope}" role="img" '
        f'aria-labelledby="{scope}-title {scope}-desc" width="{short(width)}" '
        f'height="{short(height)}" viewBox="0 0 {short(width)} {short(height)}" '
        f'style="max-width:100%;height:auto">\n<title id="{scope}-title">{name}</title>\n'
        f'<desc id="{scope}-desc">{told}</desc>\n'
        f"<style>{style_sheet(theme, scope, max(len(lit.lines), bool(lit.strokes)))}</style>\n"
        f'<rect class="paper" width="100%" height="100%" rx="8"/>\n{body}</svg>\n'
    )


def _check(option: str, given: object, known: Sequence[str]) -> None:
    if given not in known:
        raise ValueTypeError(
            f"{option} must be {', '.join(map(repr, known[:-1]))} or {known[-1]!r}, not {given!r}."
        )


def _body(
    graph: ComputationGraph,
    direction: Direction,
    edges: EdgeText,
    lit: Lit,
    title: str,
    *,
    legend: bool,
    is_live: bool,
) -> tuple[str, float, float]:
    """Write all that is drawn; return it with the width and the height of the picture."""
    is_down = direction == "down"
    drawn = [cards.card_of(node, is_wide=is_down, is_live=is_live) for node in graph.nodes]
    labels = [wires.label_of(edge, edges, is_live=is_live) for edge in graph.edges]
    place = {node.id: number for number, node in enumerate(graph.nodes)}
    links = [
        Link(place[edge.tail], place[edge.head], label.size)
        for edge, label in zip(graph.edges, labels, strict=True)
    ]
    made = layout([card.size for card in drawn], links, direction=direction)
    below = _legend(graph, labels, lit, is_down=is_down) if legend else Legend()
    width = max(made.width, below.wanted, NARROWEST if legend else 0.0)
    top = MARGIN + (HEADING + 16 if title else 0)
    # A group of its own moves the graph, so that the coordinates of the layout stay small.
    left = MARGIN + (width - made.width) / 2
    parts = [f'<g transform="translate({short(left)},{short(top)})">\n']
    for number, edge in enumerate(graph.edges):
        parts += _edge(graph, edge, made.routes[number], labels[number], made.labels[number], lit)
    for card, centre in zip(drawn, made.centres, strict=True):
        parts += _node(graph, card, centre, lit)
    parts.append("</g>\n")
    foot = top + made.height
    if legend:
        lines, height = below.draw(MARGIN, foot + 14, width)
        if lines:
            parts.append(f'<g class="legend">{"".join(lines)}</g>\n')
            foot += 14 + height
    if title:
        heading = cut(plain(title), HEADING, width, bold=True)
        parts.append(text_element("heading", MARGIN, MARGIN + HEADING / 2, heading, HEADING))
    # Whole numbers: a renderer would round them, and then scale.
    return "".join(parts), math.ceil(width + 2 * MARGIN), math.ceil(foot + MARGIN)


def _edge(
    graph: ComputationGraph,
    edge: GraphEdge,
    route: Sequence[tuple[float, float]],
    label: Label,
    at: tuple[float, float] | None,
    lit: Lit,
) -> Iterator[str]:
    strokes = lit.along(edge)
    tooltip = wires.tooltip_of(edge, graph.node(edge.tail).name, graph.node(edge.head).name)
    is_dim = lit.dim and not strokes
    return wires.draw_edge(edge, route, label, at, strokes, is_dim=is_dim, tooltip=tooltip)


def _node(
    graph: ComputationGraph, card: cards.Card, centre: tuple[float, float], lit: Lit
) -> Iterator[str]:
    node = card.node
    classes = ["node", node.kind, "named" if node.is_named else "unnamed"]
    if node.id == graph.output:
        classes.append("output")
    if graph.wrt is not None and node.name == graph.wrt:
        classes.append("asked")
    if lit.dim and node.id not in lit.nodes:
        classes.append("dim")
    tooltip = cards.tooltip_of(node, graph.node(graph.output).name)
    return cards.draw_card(card, *centre, " ".join(classes), tooltip)


def _legend(graph: ComputationGraph, labels: Sequence[Label], lit: Lit, *, is_down: bool) -> Legend:
    output = brief_name(graph.node(graph.output))
    keys = []
    if graph.has_values:
        keys.append(("forward", "value"))
    if any(node.adjoint is not None for node in graph.nodes):
        keys.append(("backward", f"gradient of {output}"))
    if any(label.formula or label.number for label in labels):
        keys.append(("", "at an arrow: local derivative"))
    return Legend(tuple(keys), lit.lines, lit.summary, graph.notes, is_upright=is_down)
