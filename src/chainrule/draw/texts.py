"""A computation graph in the languages of other tools: DOT, Mermaid, TikZ, JSON and networkx.

Names may hold anything: each language has its own escape, and what it cannot hold is written out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.draw.computation import BOX, ComputationGraph, GraphEdge, GraphNode
from chainrule.draw.layout import Link, layout
from chainrule.draw.symbols import on_one_line
from chainrule.engine.names import latex_name
from chainrule.engine.sizes import in_words
from chainrule.errors import missing_extra
from chainrule.report import number_latex, number_text, pretty

__all__ = ["dot", "json_text", "mermaid", "networkx_graph", "tikz"]

MOST_LETTERS = 40  # of a name in a picture
_MERMAID = {character: f"#{ord(character)};" for character in '"#<>&`\\{}[]()|;'}
# A TikZ picture is laid out in these units, of which so many are a centimetre.
UNITS_PER_CM = 28.0


def short(word: str) -> str:
    """Cut a long name, and bring it to one line."""
    return on_one_line(word, MOST_LETTERS)


def title_of(node: GraphNode) -> str:
    """Write what a node is: its name, and the formula of a step."""
    if node.kind in ("variable", "constant"):
        return short(node.symbol)
    formula = node.formula if node.kind != "group" else ""
    words = (short(node.name), short(pretty(formula) if formula else node.symbol))
    tally = f" ({node.tally})" if node.kind == "group" else ""
    if node.shape and node.value is None:
        tally = f" {in_words(node.shape)}"
    return " = ".join(word for word in words if word) + tally


def lines_of(node: GraphNode) -> list[str]:
    """Write the lines in a node: what it is, its value, its adjoint."""
    lines = [title_of(node)]
    if node.value is not None:
        lines.append(f"→ {number_text(node.value)}")
    if node.adjoint is not None:
        lines.append(f"← {number_text(node.adjoint)}")
    return lines


def label_of(edge: GraphEdge) -> str:
    """Write the local derivative on an edge: as a formula, and as a number."""
    if not edge.on_path:
        return ""
    number = "" if edge.local is None else number_text(edge.local)
    formula = "" if edge.formula == number else short(pretty(edge.formula))
    return " = ".join(part for part in (formula, number) if part)


# --- DOT


def dot_text(lines: list[str]) -> str:
    """Quote lines for DOT, where a backslash escapes and & begins an entity."""
    escaped = [
        line.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for line in lines
    ]
    return '"' + "\\n".join(escaped) + '"'


def dot(graph: ComputationGraph) -> str:
    """Write a computation graph in DOT, the language of Graphviz."""
    lines = ["digraph {", "  rankdir=LR;", '  node [shape=box, style=rounded, fontname="sans"];']
    lines.append('  edge [fontname="sans"];')
    for node in graph.nodes:
        shape = "" if node.kind == "operation" else ", shape=ellipse"
        lines.append(f"  {node.id} [label={dot_text(lines_of(node))}{shape}];")
    for edge in graph.edges:
        style = "" if edge.on_path or graph.wrt is None else ", color=gray"
        lines.append(f"  {edge.tail} -> {edge.head} [label={dot_text([label_of(edge)])}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


# --- Mermaid


def mermaid_text(lines: list[str]) -> str:
    """Quote lines for Mermaid, which knows characters by their numbers."""
    escaped = ["".join(_MERMAID.get(c, c) for c in line) for line in lines]
    return '"' + "<br/>".join(escaped) + '"'


def mermaid(graph: ComputationGraph) -> str:
    """Write a computation graph as a Mermaid flowchart, which Markdown pages draw."""
    lines = ["flowchart LR"]
    for node in graph.nodes:
        left, right = ("[", "]") if node.kind == "operation" else ("([", "])")
        lines.append(f"  {node.id}{left}{mermaid_text(lines_of(node))}{right}")
    for edge in graph.edges:
        label = label_of(edge)
        between = f"-->|{mermaid_text([label])}|" if label else "-->"
        lines.append(f"  {edge.tail} {between} {edge.head}")
    return "\n".join(lines) + "\n"


# --- TikZ


def tikz_title(node: GraphNode) -> str:
    """Write what a node is in LaTeX."""
    if node.kind == "group":
        return f"{node.count} steps" if node.symbol == BOX else rf"$\times\,{node.count}$"
    return f"${node.latex}$" if node.latex else f"${latex_name(node.name)}$"


def tikz_node(node: GraphNode, x: float, y: float) -> str:
    """Write a node with its value above and its adjoint below."""
    labels = ""
    if node.value is not None:
        labels += rf", label={{[value]above:$\rightarrow {number_latex(node.value, 4)}$}}"
    if node.adjoint is not None:
        labels += rf", label={{[adjoint]below:$\leftarrow {number_latex(node.adjoint, 4)}$}}"
    style = "step" if node.kind in ("operation", "group") else "input"
    return rf"  \node[{style}{labels}] ({node.id}) at ({x:.2f}, {y:.2f}) {{{tikz_title(node)}}};"


def tikz_edge(edge: GraphEdge, bend: str) -> str:
    """Write an edge with its local derivative."""
    label = ""
    if edge.on_path:
        number = "" if edge.local is None else number_latex(edge.local, 4)
        formula = "" if edge.formula == number else edge.latex
        words = " = ".join(part for part in (formula, number) if part)
        label = f" node[local] {{${words}$}}" if words else ""
    return rf"  \draw[->] ({edge.tail}) to{bend}{label} ({edge.head});"


def tikz(graph: ComputationGraph) -> str:
    r"""Write a computation graph as a TikZ picture; it needs \usepackage{tikz, amsmath}."""
    sizes = [(30.0 + 7.0 * len(title_of(node)), 60.0) for node in graph.nodes]
    number = {node.id: place for place, node in enumerate(graph.nodes)}
    links = [
        Link(number[edge.tail], number[edge.head], (20.0 + 7.0 * len(label_of(edge)), 16.0))
        for edge in graph.edges
    ]
    placed = layout(sizes, links)
    lines = [
        r"\begin{tikzpicture}[",
        r"  step/.style={draw, rounded corners, minimum size=7mm},",
        r"  input/.style={draw, circle, minimum size=7mm},",
        r"  value/.style={font=\small, text=blue!70!black},",
        r"  adjoint/.style={font=\small\itshape, text=red!70!black},",
        r"  local/.style={font=\scriptsize, fill=white, inner sep=1pt, midway},",
        "]",
    ]
    for node, (x, y) in zip(graph.nodes, placed.centres, strict=True):
        lines.append(tikz_node(node, x / UNITS_PER_CM, (placed.height - y) / UNITS_PER_CM))
    drawn: dict[tuple[str, str], int] = {}
    for edge in graph.edges:
        again = drawn.get((edge.tail, edge.head), 0)
        drawn[edge.tail, edge.head] = again + 1
        twins = sum((e.tail, e.head) == (edge.tail, edge.head) for e in graph.into(edge.head))
        bend = "" if twins == 1 else ("[bend left]" if again == 0 else "[bend right]")
        lines.append(tikz_edge(edge, bend))
    return "\n".join([*lines, r"\end{tikzpicture}"]) + "\n"


# --- data


def plain(value: Any) -> Any:
    """Return a number as JSON knows it; NaN and infinity are strings."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def node_data(node: GraphNode) -> dict[str, Any]:
    """Return what a node holds, by its names."""
    return {
        "kind": node.kind,
        "name": node.name,
        "symbol": node.symbol,
        "formula": node.formula,
        "operation": node.operation,
        "value": plain(node.value),
        "adjoint": plain(node.adjoint),
        "count": node.count,
        "shape": None if node.shape is None else [plain(size) for size in node.shape],
    }


def edge_data(edge: GraphEdge) -> dict[str, Any]:
    """Return what an edge holds, by its names."""
    return {
        "number": edge.number,
        "local": plain(edge.local),
        "formula": edge.formula,
        "contribution": plain(edge.contribution),
    }


def json_text(graph: ComputationGraph) -> str:
    """Write a computation graph as JSON: nodes and edges with all their numbers."""
    document: Mapping[str, Any] = {
        "nodes": [{"id": node.id, **node_data(node)} for node in graph.nodes],
        "edges": [
            {"tail": edge.tail, "head": edge.head, **edge_data(edge)} for edge in graph.edges
        ],
        "output": graph.output,
        "wrt": graph.wrt,
        "notes": list(graph.notes),
    }
    return json.dumps(document, allow_nan=False, indent=1)


def networkx_graph(graph: ComputationGraph) -> Any:
    """Return a computation graph as a `networkx.MultiDiGraph`, its numbers as attributes.

    Raises: MissingExtra when networkx is not installed.
    """
    try:
        import networkx as nx  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise missing_extra("networkx", "networkx", "A networkx graph") from error
    made = nx.MultiDiGraph(output=graph.output, wrt=graph.wrt)
    for node in graph.nodes:
        made.add_node(node.id, **node_data(node) | {"value": node.value, "adjoint": node.adjoint})
    for edge in graph.edges:
        numbers = {"local": edge.local, "contribution": edge.contribution}
        made.add_edge(edge.tail, edge.head, **edge_data(edge) | numbers)
    return made
