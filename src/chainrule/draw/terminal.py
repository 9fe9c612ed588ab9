"""A computation graph in a terminal: a line a step, the output first, rails to its operands.

As a version control system draws its history: a step stands in a rail, and its operands are reached
by the rails that leave it downward, so that a step used twice is drawn once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chainrule.draw.computation import ComputationGraph, GraphEdge, GraphNode
from chainrule.draw.symbols import on_one_line
from chainrule.engine.sizes import in_words
from chainrule.report import number_text, pretty

__all__ = ["terminal"]

MOST_LETTERS = 60  # of a name or a formula
# What a rail looks like, by whether it goes on upward, downward, to the left and to the right.
RAILS = {
    (True, True, False, False): "│",
    (False, False, True, True): "─",
    (True, True, False, True): "├",
    (True, True, True, False): "┤",
    (False, True, True, False): "╮",
    (False, True, False, True): "╭",
    (True, False, True, False): "╯",
    (True, False, False, True): "╰",
    (False, True, True, True): "┬",
    (True, False, True, True): "┴",
    (True, True, True, True): "┼",
}
DOTS = {"variable": "○", "constant": "○", "group": "◉", "operation": "●"}


class Rails:
    """The rails that are open: in each the id of the node that it leads to, or None."""

    __slots__ = ("awaited",)

    def __init__(self) -> None:
        self.awaited: list[str | None] = []

    def take(self, wanted: str, beside: int = 0) -> int:
        """Return the rail that leads to a node, opening one if there is none."""
        if wanted in self.awaited:
            return self.awaited.index(wanted)
        for rail in range(beside, len(self.awaited)):
            if self.awaited[rail] is None:
                self.awaited[rail] = wanted
                return rail
        self.awaited.append(wanted)
        return len(self.awaited) - 1

    def drawn(self, at: int | None = None, dot: str = "") -> str:
        """Draw the open rails, one with a dot."""
        signs = [
            dot if rail == at else "│" if awaited else " "
            for rail, awaited in enumerate(self.awaited)
        ]
        return " ".join(signs).rstrip()

    def branch(self, at: int, operands: Sequence[str]) -> str:
        """Lead the rail of a step on to its operands, and draw how; empty where it is straight."""
        before = [awaited is not None for awaited in self.awaited]
        self.awaited[at] = None
        joined = {self.take(operand, at) for operand in operands}
        while self.awaited and self.awaited[-1] is None:
            self.awaited.pop()
        if joined <= {at}:
            return ""
        before += [False] * (len(self.awaited) - len(before))
        after = [awaited is not None for awaited in self.awaited]
        after += [False] * (len(before) - len(after))
        return self.row(before, after, joined | {at})

    @staticmethod
    def row(before: Sequence[bool], after: Sequence[bool], joined: set[int]) -> str:
        """Draw a line that joins some rails; the others pass."""
        first, last = min(joined), max(joined)
        drawn = []
        for rail, (up, down) in enumerate(zip(before, after, strict=True)):
            inside = first <= rail <= last
            if rail in joined:
                drawn.append(RAILS[(up, down, rail > first, rail < last)])
            else:
                drawn.append("│" if up else "─" if inside else " ")
            drawn.append("─" if inside and rail < last else " ")
        return "".join(drawn).rstrip()


def shortened(word: str) -> str:
    """Cut a long name or formula, on one line."""
    return on_one_line(word, MOST_LETTERS)


def node_words(node: GraphNode) -> str:
    """Write a node: its name and what it is."""
    if node.kind == "group":
        parts = (shortened(node.name), shortened(node.symbol))
        return f"{' = '.join(part for part in parts if part)} ({node.tally})"
    name = shortened(node.name)
    is_step = node.kind == "operation" and bool(node.formula)
    words = " = ".join(part for part in (name, shortened(pretty(node.formula))) if part)
    shape = f"  {in_words(node.shape)}" if node.shape and node.value is None else ""
    return (words if is_step else name or node.symbol) + shape


def numbers_of(node: GraphNode) -> tuple[str, str]:
    """Write the value and the adjoint of a node."""
    value = "" if node.value is None else f"→ {number_text(node.value)}"
    adjoint = "" if node.adjoint is None else f"← {number_text(node.adjoint)}"
    return value, adjoint


def local_words(graph: ComputationGraph, edges: Iterable[GraphEdge]) -> str:
    """Write the local derivatives on the edges into a step."""
    told = []
    for edge in edges:
        if not edge.on_path:
            continue
        head, tail = graph.node(edge.head).name, graph.node(edge.tail).name
        number = "" if edge.local is None else number_text(edge.local)
        formula = "" if edge.formula == number else shortened(pretty(edge.formula))
        stages = (f"∂{shortened(head)}/∂{shortened(tail)}", formula, number)
        told.append(" = ".join(stage for stage in stages if stage))
    return ",  ".join(told)


def lines_of(graph: ComputationGraph) -> Iterator[tuple[str, str, str, str]]:
    """Yield the lines: the rails, the words, the value and the adjoint."""
    rails = Rails()
    for node in reversed(graph.nodes):
        at = rails.take(node.id)
        yield (rails.drawn(at, DOTS[node.kind]), node_words(node), *numbers_of(node))
        edges = graph.into(node.id)
        branch = rails.branch(at, [edge.tail for edge in edges])
        told = local_words(graph, edges)
        if branch or told:
            yield (branch or rails.drawn(), "  " + told if told else "", "", "")


def terminal(graph: ComputationGraph) -> str:
    """Draw a computation graph in Unicode: a line a step, the output first.

    Beside each step its value (→) and its adjoint (←); under it the local derivatives by its
    operands. A filled dot is an operation, an open one a variable.
    """
    lines = list(lines_of(graph))
    steps = [line for line in lines if not line[1].startswith("  ")]
    rails_width = max(len(line[0]) for line in lines)
    widths = [max(len(line[place]) for line in steps) for place in (1, 2)]
    written = []
    for rails, words, value, adjoint in lines:
        cells = [rails.ljust(rails_width), words]
        if value or adjoint:
            cells[1:] = [words.ljust(widths[0]), value.ljust(widths[1]), adjoint]
        written.append("  ".join(cells).rstrip())
    return "\n".join([*written, *graph.notes])
