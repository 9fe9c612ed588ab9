"""What a picture shows, told in words: for those who hear it, and where it cannot be shown.

Knows the graph alone, nothing of the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.draw.computation import ComputationGraph, GraphNode
from chainrule.draw.picture.lit import Lit
from chainrule.draw.picture.numbers import brief
from chainrule.report import pretty

__all__ = ["describe", "headline"]

TOLD = 30  # nodes, of each sort


def headline(graph: ComputationGraph) -> str:
    """Name the picture."""
    output = graph.node(graph.output)
    if output.kind == "operation" and output.formula:
        return f"Computation graph of {output.name} = {pretty(output.formula)}"
    return f"Computation graph of {output.name or output.symbol}"


def describe(graph: ComputationGraph, lit: Lit) -> str:
    """Tell the graph: its inputs, its steps in order, the derivatives and the paths."""
    output = graph.node(graph.output).name
    inputs = [node for node in graph.nodes if node.kind == "variable"]
    steps = [node for node in graph.nodes if node.kind != "variable"]
    sizes = f"{len(graph.nodes):,} nodes and {len(graph.edges):,} edges"
    told = [f"{sizes}; data runs from the inputs to {output or 'the output'}."]
    if inputs:
        told.append(f"Inputs: {_list([_with_value(node, node.name) for node in inputs])}.")
    if steps:
        told.append(f"Steps: {_list([_step(node) for node in steps])}.")
    swept = [node for node in graph.nodes if node.adjoint is not None and node.id != graph.output]
    if swept:
        found = [f"by {node.name} {brief(node.adjoint)}" for node in reversed(swept)]
        told.append(f"Derivatives of {output}: {_list(found)}.")
    sums = [*lit.lines, lit.summary] if lit.summary else lit.lines
    if sums:
        told.append(f"Paths: {'; '.join(sums)}.")
    return " ".join([*told, *graph.notes])


def _step(node: GraphNode) -> str:
    formula = pretty(node.formula) if node.formula else node.symbol
    named = f"{node.name} = {formula}" if node.name else formula
    many = f" ({node.count:,} steps)" if node.kind == "group" else ""
    return _with_value(node, named) + many


def _with_value(node: GraphNode, told: str) -> str:
    return told if node.value is None else f"{told} = {brief(node.value)}"


def _list(items: Sequence[str]) -> str:
    left_out = len(items) - TOLD
    return "; ".join(items[:TOLD]) + (f"; and {left_out:,} more" if left_out > 0 else "")
