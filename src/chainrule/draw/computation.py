"""A computation graph as plain values: nodes, edges, paths and distances.

Everything that draws, writes or folds a graph reads these values and nothing else, so that a
picture, a table and a page cannot differ. Knows no expression and no sweep: `build` fills it in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np

from chainrule.engine.paths import paths, ways_to
from chainrule.engine.sizes import in_words
from chainrule.errors import UnknownVariable, ValueTypeError, closest

__all__ = ["BOX", "ComputationGraph", "GraphEdge", "GraphNode", "Path"]

MOST_PATHS = 1_000  # that are listed unless more are asked for
BOX = "⋯"  # the symbol of a group of unlike steps
HEAD = attrgetter("head")


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A variable, or an operation with the constants among its operands.

    id: "n" and a number, the same on every machine. kind: "variable", "constant" (a formula that is
    a number and nothing else), "operation", or "group" (several steps folded into one box).
    name: of the variable or step; steps without one have s1, s2, ... is_named: somebody gave it.
    symbol: what stands in the picture, such as × or sin or □². operation: the class.
    value: going forward; adjoint: the derivative of the output by it, going backward. None where
    there are no values, or no path to what was differentiated by. members: the ids of what a group
    stands for. count: how many alike a group stands for, how many steps a box of unlike ones
    (symbol ⋯) holds, or over how many rows a column runs. shape: of its value, with names of sizes
    where variables declare them; None where it is not known.
    """

    id: str
    kind: str
    name: str
    is_named: bool
    symbol: str
    operation: str = ""
    value: Any = None
    adjoint: Any = None
    count: int = 1
    members: tuple[str, ...] = ()
    shape: tuple[Any, ...] | None = None
    writer: Callable[[str], str] | None = field(default=None, repr=False, compare=False)

    @property
    def formula(self) -> str:
        """The operation over the names of its operands, as text; empty where it is none."""
        return "" if self.writer is None else self.writer("text")

    @property
    def latex(self) -> str:
        """The operation, or the variable, in LaTeX's math mode; empty for a group."""
        return "" if self.writer is None else self.writer("latex")

    @property
    def tally(self) -> str:
        """How much it stands for: "× 1,000", "× 3 rows", "12 steps", "(n, 3)"; empty for one."""
        if self.count == 1:
            return in_words(self.shape) if self.shape else ""
        if self.kind != "group":
            return f"× {self.count:,} rows"
        return f"{self.count:,} steps" if self.symbol == BOX else f"× {self.count:,}"


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """An operand of a step: data runs from tail to head, the derivative from head to tail.

    number: which operand of the head it is. local: the derivative of the head by the tail there.
    formula: of that derivative, over the names of the steps; empty where it is a matrix.
    contribution: what flows back over this edge. on_path: whether the edge lies on a path to what
    was differentiated by. place: slot and operand in the program, None where there is none.
    count: how many edges are drawn as this one.
    """

    tail: str
    head: str
    number: int
    local: Any = None
    contribution: Any = None
    on_path: bool = False
    place: tuple[int, int] | None = None
    writer: Callable[[str], str] | None = field(default=None, repr=False, compare=False)
    count: int = 1

    @property
    def formula(self) -> str:
        """The local derivative as text over the names of the steps; empty where it has none."""
        return "" if self.writer is None else self.writer("text")

    @property
    def latex(self) -> str:
        """The local derivative in LaTeX's math mode; empty where it has none."""
        return "" if self.writer is None else self.writer("latex")


@dataclass(frozen=True, slots=True)
class Path:
    """One way from a node to the output: the edges in the direction of the data.

    contribution: the product of the local derivatives along it, summed over elements where an
    operand was broadcast; None without values.
    """

    edges: tuple[GraphEdge, ...]
    contribution: Any = None

    @property
    def nodes(self) -> tuple[str, ...]:
        """The ids of the nodes on it, first the start."""
        return (self.edges[0].tail, *(edge.head for edge in self.edges)) if self.edges else ()


class ComputationGraph:
    """Nodes and edges of a formula, inputs first; the last step is the output.

    wrt: what was differentiated by, or None for every variable. notes: what a reader should know,
    such as why there are no numbers. along: computes what flows back along the places of a path;
    without it the local derivatives are multiplied.
    """

    __slots__ = (
        "_along",
        "_by_id",
        "_by_name",
        "_into",
        "_out_of",
        "edges",
        "nodes",
        "notes",
        "output",
        "wrt",
    )

    def __init__(
        self,
        nodes: Sequence[GraphNode],
        edges: Sequence[GraphEdge],
        output: str,
        wrt: str | None = None,
        notes: Sequence[str] = (),
        along: Callable[[Sequence[tuple[int, int]]], Any] | None = None,
    ) -> None:
        self.nodes = tuple(nodes)
        self.edges = tuple(edges)
        self.output = output
        self.wrt = wrt
        self.notes = tuple(notes)
        self._along = along
        self._by_id = {node.id: node for node in self.nodes}
        self._by_name = {node.name: node.id for node in self.nodes if node.name}
        self._into: dict[str, list[GraphEdge]] = {node.id: [] for node in self.nodes}
        self._out_of: dict[str, list[GraphEdge]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            self._into[edge.head].append(edge)
            self._out_of[edge.tail].append(edge)

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def has_values(self) -> bool:
        """Whether there are numbers on it."""
        return self._by_id[self.output].value is not None

    def node(self, which: Any) -> GraphNode:
        """Return a node by its name or its id, or by the variable or named step itself.

        Raises: UnknownVariable, naming the nodes that there are.
        """
        name = getattr(which, "name", which)
        found = self._by_id.get(self._by_name.get(name, name)) if isinstance(name, str) else None
        if found is None:
            known = list(self._by_name)
            raise UnknownVariable(
                f"the graph has no node {name!r}. It has: {', '.join(known[:20])}"
                f"{', ...' * (len(known) > 20)}.{closest(str(name), known)}"
            )
        return found

    def into(self, which: Any) -> tuple[GraphEdge, ...]:
        """Return the edges that end in a node: its operands in order."""
        return tuple(self._into[self.node(which).id])

    def out_of(self, which: Any) -> tuple[GraphEdge, ...]:
        """Return the edges that begin in a node: its uses."""
        return tuple(self._out_of[self.node(which).id])

    # --- paths

    def paths(self, start: Any, end: Any = None, *, limit: int = MOST_PATHS) -> tuple[Path, ...]:
        """List the paths along the data from one node to another (the output by default).

        limit: beyond so many there are no more; `count_paths` counts all.
        Raises: UnknownVariable.
        """
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise ValueTypeError(f"limit must be a whole number from 1, not {limit!r}.")
        first, last = self.ends(start, end)
        found: list[Path] = []
        for edges in paths(first, last, self.ways_to(last), self._out_of, HEAD):
            found.append(Path(edges, self.contribution_along(edges)))
            if len(found) == limit:
                break
        return tuple(found)

    def ends(self, start: Any, end: Any) -> tuple[str, str]:
        """Return the ids of the two ends of a path."""
        return self.node(start).id, self.output if end is None else self.node(end).id

    def ways_to(self, target: str) -> dict[str, int]:
        """Count, for every node with a path to the target, its paths there."""
        places = (node.id for node in reversed(self.nodes))
        return ways_to(target, places, self._out_of, HEAD)

    def count_paths(self, start: Any, end: Any = None) -> int:
        """Count the paths along the data from one node to another (the output by default)."""
        first, last = self.ends(start, end)
        return self.ways_to(last).get(first, 0) if first != last else 0

    def contribution_along(self, edges: Sequence[GraphEdge]) -> Any:
        """Return the share of the derivative by a path; None without numbers on all of it."""
        places = [edge.place for edge in edges if edge.place is not None]
        if self._along is not None and len(places) == len(edges) and edges[-1].head == self.output:
            return self._along(places)
        product: Any = None
        for edge in reversed(edges):
            if edge.local is None:
                return None
            product = edge.local if product is None else product * edge.local
            if isinstance(product, np.ndarray) and np.ndim(self._by_id[edge.tail].value) == 0:
                product = product.sum()
        return product

    def distance(self, start: Any, end: Any = None) -> int | None:
        """Count the edges on the shortest path along the data; None where no path leads.

        >>> from chainrule import expression, sin
        >>> x, y, z = expression("x"), expression("y"), expression("z")
        >>> graph = sin((x + y) * z).graph()
        >>> graph.distance("x"), graph.distance("z"), graph.distance("x", "z")
        (3, 2, None)
        """
        first, last = self.ends(start, end)
        reached = {first: 0}
        waiting = deque([first])
        while waiting and last not in reached:
            here = waiting.popleft()
            for edge in self._out_of[here]:
                if edge.head not in reached:
                    reached[edge.head] = reached[here] + 1
                    waiting.append(edge.head)
        return reached.get(last)

    @property
    def depth(self) -> int:
        """The edges on the longest path."""
        longest: dict[str, int] = {}
        for node in self.nodes:
            longest[node.id] = max(
                (longest[edge.tail] + 1 for edge in self._into[node.id]), default=0
            )
        return max(longest.values())
