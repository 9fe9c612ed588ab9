"""What a page stands on: a graph with numbers, and what recomputes them, or why nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.draw import build
from chainrule.draw.computation import ComputationGraph
from chainrule.draw.page.contents import is_folded
from chainrule.draw.page.live import Live, starting_values
from chainrule.engine.compiled import compiled_of
from chainrule.errors import ChainRuleError
from chainrule.language.explaining.recorded import Recorded
from chainrule.language.expression import expression

__all__ = ["recomputed", "with_numbers"]

MOST_NODES = 400  # that are recomputed while a slider moves
MOST_ELEMENTS = 4_000  # of all columns, which the page has to carry
CHOSEN = "No values were given, so these were chosen. Move a slider, or enter your own."


def with_numbers(
    graph: ComputationGraph, root: expression, values: Any
) -> tuple[ComputationGraph, Any, str]:
    """Return the graph with numbers, chosen ones if there are none, and a note that says so."""
    if graph.has_values or is_folded(graph):
        return graph, values, ""
    chosen = starting_values(root)
    if chosen is None:
        return graph, None, "There are no numbers, for the formula needs arrays: give values."
    record, steps, notes = build.numbers_for(root, chosen, graph.wrt)
    on_path = build.steps_on_paths(steps.program, graph.wrt)
    kept = {node.id for node in graph.nodes}
    filled = ComputationGraph(
        [node for node in build.nodes_of(steps, record, on_path) if node.id in kept],
        [
            edge
            for edge in build.edges_of(steps, record, on_path)
            if edge.tail in kept and edge.head in kept
        ],
        graph.output,
        graph.wrt,
        (*graph.notes, *notes),
        None if record is None or record.notes else record.along,
    )
    return filled, chosen, CHOSEN


def recomputed(
    graph: ComputationGraph, root: expression, record: Recorded | None
) -> tuple[Live | None, str]:
    """Return what recomputes the numbers in the page; else None and why the numbers are fixed."""
    if record is None:
        return None, ""
    program = compiled_of(root).program
    given = {name: record.values[slot] for name, slot in program.inputs.items()}
    reason = hindrance(graph, record, list(given.values()))
    if reason:
        return None, f"The numbers are fixed: {reason}"
    try:
        return Live(program, {name: np.shape(given[name]) for name in given}, graph.wrt), ""
    except (ChainRuleError, ValueError) as error:
        return None, f"The numbers are fixed: {error}"


def hindrance(graph: ComputationGraph, record: Recorded, given: Sequence[Any]) -> str:
    """Say why the numbers cannot be recomputed in a page; empty where they can."""
    if is_folded(graph):
        return (
            "steps are folded into one. Unfold them for sliders."
            if any(node.members for node in graph.nodes)
            else "the rows stand one by one. The page of the whole columns has sliders."
        )
    if len(graph) > MOST_NODES:
        return f"{len(graph):,} nodes are more than {MOST_NODES}."
    if record.notes:
        return record.notes[0]
    elements = sum(np.size(value) for value in given)
    if elements > MOST_ELEMENTS:
        return f"{elements:,} given numbers are more than a page should carry."
    if any(np.iscomplexobj(value) for value in given):
        return "they are complex."
    return ""
