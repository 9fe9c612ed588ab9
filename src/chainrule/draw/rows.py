"""A loss over a table, drawn with the nodes of every row instead of one node for a column.

Each column becomes a node a row, with its own value and derivative; a sum or mean over the rows is
reached by an edge from each. Knows of an operation whether it takes rows one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.draw.build import GraphWriter
from chainrule.draw.computation import ComputationGraph, GraphEdge, GraphNode
from chainrule.engine.names import latex_name, quoted
from chainrule.errors import ShapeError, ValueTypeError
from chainrule.language.explaining.recorded import Steps
from chainrule.language.kinds import operations

__all__ = ["ROWS", "row_by_row"]

ROWS = 8  # that are drawn, unless asked otherwise
BETWEEN = "⋮"
FEWEST = 3  # the first, the last, and what stands for those between


class RowPart:
    """One row of a table, or all those between the first rows and the last."""

    __slots__ = ("count", "index", "label", "steps")

    def __init__(self, start: int, stop: int, steps: Steps, columns: Mapping[int, str]) -> None:
        self.count = stop - start
        self.index: int | slice = start if self.count == 1 else slice(start, stop)
        self.label = f"{start}" if self.count == 1 else f"{start}…{stop - 1}"
        self.steps = copy(steps)
        self.steps.names = steps.names | {
            slot: f"{name}[{self.label}]" for slot, name in columns.items()
        }

    def of(self, numbers: Any) -> Any:
        """Return the number of this row; what all rows share as it is."""
        if np.ndim(numbers) == 0:
            return numbers
        found = numbers[self.index]
        return found if self.count > 1 else found.item()

    def id_of(self, node: str) -> str:
        """Return the id of the node of a column in this row."""
        return f"{node}r{self.label.partition('…')[0]}"


class RowWriter:
    """Writes a formula in one row: x[0] for the column x, in LaTeX with the row as an index."""

    __slots__ = ("columns", "part", "write")

    def __init__(self, over: GraphWriter, part: RowPart, columns: Mapping[int, str]) -> None:
        self.write = GraphWriter(over.write, part.steps, *over.place)
        self.part = part
        self.columns = columns

    def __call__(self, style: str) -> str:
        """Write it in a style: "text" or "latex"."""
        written, row = self.write(style), self.part.label
        slot = self.write.place[0]
        for place in {slot, *self.part.steps.program.arguments[slot]} & self.columns.keys():
            name = self.columns[place]
            if style == "latex":
                base = latex_name(name)
                base = f"{{{base}}}" if "_" in base else base
                written = written.replace(latex_name(f"{name}[{row}]"), f"{base}_{{{row}}}")
            else:
                written = written.replace(quoted(f"{name}[{row}]"), f"{quoted(name)}[{row}]")
        return written


class RowStack:
    """The columns of a graph, and the rows that are drawn of them."""

    __slots__ = ("columns", "count", "named", "parts")

    def __init__(self, graph: ComputationGraph, limit: int) -> None:
        self.columns = {node.id: node for node in graph.nodes if np.ndim(node.value)}
        self.count = rows_in(graph, list(self.columns.values()))
        steps = next(
            node.writer for node in graph.nodes if isinstance(node.writer, GraphWriter)
        ).steps
        self.named = {
            slot: name
            for slot, name in steps.names.items()
            if f"n{steps.program.arguments[slot][0] if slot in steps.merged else slot}"
            in self.columns
        }
        ends = [*range(self.count), self.count]
        if self.count > limit:
            ends = [*range(limit - 1), self.count - 1, self.count]
        self.parts = [RowPart(*pair, steps, self.named) for pair in pairwise(ends)]

    def nodes_of(self, node: GraphNode) -> Iterator[GraphNode]:
        """Yield the nodes of a column, one a row that is drawn."""
        for part in self.parts:
            is_row = part.count == 1
            yield replace(
                node,
                id=part.id_of(node.id),
                kind=node.kind if is_row else "group",
                name=f"{node.name}[{part.label}]",
                symbol=(f"{node.name}[{part.label}]" if node.kind == "variable" else node.symbol)
                if is_row
                else BETWEEN,
                value=part.of(node.value),
                adjoint=part.of(node.adjoint),
                count=part.count,
                shape=None,
                writer=self.writer(node.writer, part) if is_row else None,
            )

    def edges_of(self, edge: GraphEdge, adjoint: Any) -> Iterator[GraphEdge]:
        """Yield the edges of an edge between columns, or between a column and a number.

        adjoint: of the head.
        """
        comes, goes = edge.tail in self.columns, edge.head in self.columns
        for number, part in enumerate(self.parts):
            contribution = part.of(edge.contribution)
            if goes and not comes and edge.local is not None and adjoint is not None:
                contribution = np.sum(part.of(adjoint) * part.of(edge.local)).item()
            yield replace(
                edge,
                tail=part.id_of(edge.tail) if comes else edge.tail,
                head=part.id_of(edge.head) if goes else edge.head,
                number=edge.number if goes else edge.number * len(self.parts) + number,
                local=part.of(edge.local),
                contribution=contribution,
                place=None,  # in the program it is an edge between columns
                writer=self.writer(edge.writer, part) if goes and part.count == 1 else edge.writer,
                count=part.count,
            )

    def writer(self, writer: Any, part: RowPart) -> Any:
        """Return what writes a formula in a row."""
        return RowWriter(writer, part, self.named) if isinstance(writer, GraphWriter) else writer


def rows_in(graph: ComputationGraph, columns: Sequence[GraphNode]) -> int:
    """Return over how many rows the columns of a graph run.

    Raises: ShapeError where its arrays are no columns of one table, or are not taken row by row.
    """
    asked = "The rows cannot be drawn one by one"
    if not columns:
        given = "its values are single numbers" if graph.has_values else "it has no values"
        raise ShapeError(
            f"{asked}: the graph has no columns, for {given}. Give columns of a table."
        )
    count = np.size(columns[0].value)
    for node in columns:
        shape = np.shape(node.value)
        if shape != (count,):
            raise ShapeError(
                f"{asked}: {columns[0].name!r} has shape {np.shape(columns[0].value)}, and "
                f"{node.name!r} has {shape}. Every array must be a column of the same table."
            )
        operation = operations().get(node.operation)
        if node.kind == "operation" and operation is not None and not operation.is_elementwise:
            raise ShapeError(
                f"{asked}: {node.name!r} = {node.formula} does not take each row by itself. "
                "Draw the columns, or only what comes before it."
            )
    if np.ndim(graph.node(graph.output).value):
        raise ShapeError(
            f"{asked}: the output {graph.node(graph.output).name!r} has {count} rows itself. Draw "
            "its mean or its sum, or one of its rows."
        )
    return count


def row_by_row(
    graph: ComputationGraph, limit: int
) -> tuple[list[GraphNode], list[GraphEdge], list[str]]:
    """Return the nodes, the edges and the notes of a graph with nodes for at most so many rows.

    Raises: ShapeError where there are no rows; ValueTypeError for a limit that is none.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < FEWEST:
        raise ValueTypeError(f"limit must be a whole number of rows from {FEWEST}, not {limit!r}.")
    rows = RowStack(graph, limit)
    nodes: list[GraphNode] = []
    edges: list[GraphEdge] = []
    for node in graph.nodes:
        nodes.extend(rows.nodes_of(node) if node.id in rows.columns else [node])
    for edge in graph.edges:
        if edge.tail in rows.columns or edge.head in rows.columns:
            edges.extend(rows.edges_of(edge, graph.node(edge.head).adjoint))
        else:
            edges.append(replace(edge, place=None))
    notes = list(graph.notes)
    if rows.count > limit:
        notes.append(f"{BETWEEN} stands for {rows.count - limit + 1:,} of {rows.count:,} rows.")
    return nodes, edges, notes
