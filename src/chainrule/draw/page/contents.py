"""What a page knows of a graph: its numbers in one ledger, its names and formulas as words.

Knows nothing of HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.draw.build import standing_for
from chainrule.draw.computation import ComputationGraph, GraphEdge, GraphNode
from chainrule.draw.page.live import Live
from chainrule.draw.page.parts import Ledger, Number, Parts
from chainrule.draw.picture.widths import plain
from chainrule.draw.picture.wires import edge_key
from chainrule.engine.compiled import compiled_of
from chainrule.engine.notation import ATOM, one_step
from chainrule.engine.order import order
from chainrule.engine.protocol import Role
from chainrule.language.explaining.recorded import Recorded, Steps
from chainrule.language.expression import expression
from chainrule.report import pretty

__all__ = ["Contents", "distinct", "equation", "is_folded", "one", "product", "short_formula"]

LONGEST_NAME, LONGEST_FORMULA = 24, 90
LONGEST_WHOLE = 24  # places of the formula of all
FIRST, LAST = 0xE000, 0xF8FF  # characters without a meaning of their own stand for operands
OPERAND = re.compile(f"([{chr(FIRST)}-{chr(LAST)}])")


def short_name(name: str) -> str:
    """Return a name for a sentence: on one line, and not too long."""
    word = plain(name)
    return word if len(word) <= LONGEST_NAME else word[: LONGEST_NAME - 1].rstrip() + "…"


def short_formula(formula: str) -> str:
    """Return a formula for a sentence."""
    words = plain(pretty(formula))
    return words if len(words) <= LONGEST_FORMULA else words[: LONGEST_FORMULA - 1] + "…"


def distinct(stages: Iterable[Parts]) -> tuple[Parts, ...]:
    """Leave out what is empty, and what repeats the stage before."""
    kept: list[Parts] = []
    for stage in stages:
        if stage and (not kept or list(stage) != list(kept[-1])):
            kept.append(stage)
    return tuple(kept)


def equation(stages: Iterable[Parts]) -> Parts:
    """Join what is equal, leaving out the empty and the repeated."""
    made: list[str | Number] = []
    for stage in distinct(stages):
        made += [" = ", *stage] if made else stage
    return made


class Contents:
    """All texts of a page about one graph, their numbers entered in one ledger."""

    __slots__ = (
        "adjoints",
        "contributions",
        "edges",
        "graph",
        "is_folded",
        "ledger",
        "live",
        "locals",
        "names",
        "nodes",
        "output",
        "root",
        "steps",
        "totals",
        "values",
    )

    def __init__(
        self,
        graph: ComputationGraph,
        root: expression,
        record: Recorded | None,
        live: Live | None,
    ) -> None:
        self.graph = graph
        self.root = root
        self.ledger = Ledger()
        self.live = live
        self.is_folded = is_folded(graph)
        self.steps = Steps(compiled_of(root).program)
        self.names = {node.id: short_name(node.name or node.symbol) for node in graph.nodes}
        self.output = self.names[graph.output]
        flows = () if record is None else record.flows
        self.totals: dict[tuple[int, int] | None, Any] = {
            (flow.slot, flow.number): flow.total for flow in flows
        }
        self.nodes = {node.id: node for node in graph.nodes}
        self.edges = {edge_key(edge): edge for edge in graph.edges}
        self.values = {node.id: self._value(node) for node in graph.nodes}
        self.adjoints = {node.id: self._adjoint(node) for node in graph.nodes}
        self.locals = {key: self._local(edge) for key, edge in self.edges.items()}
        self.contributions = {key: self._contribution(edge) for key, edge in self.edges.items()}

    def _value(self, node: GraphNode) -> Number | None:
        return self.ledger.add(node.value, self.live and self.live.values[slot_of(node)])

    def _adjoint(self, node: GraphNode) -> Number | None:
        return self.ledger.add(
            node.adjoint, self.live and self.live.adjoints.get(slot_of(node), 0.0)
        )

    def _local(self, edge: GraphEdge) -> Number | None:
        return self.ledger.add(edge.local, self.live and self.live.locals.get(edge.place, 0.0))

    def _contribution(self, edge: GraphEdge) -> Number | None:
        node = self.live and self.live.contributions.get(edge.place, 0.0)
        return self.ledger.add(edge.contribution, node)

    # --- words

    def whole(self) -> str:
        """Write the whole formula, without the names of its steps."""
        written: dict[Any, Any] = {}
        for item in order([self.root]):
            operation: Any = type(item)
            arguments = tuple([written[argument] for argument in item.arguments])
            if operation.role is Role.OPERATION:
                written[item] = operation.again(arguments, item.attributes)
            else:
                written[item] = arguments[0] if operation.role is Role.LABEL else item
        return short_formula(written[self.root].to_text(limit=LONGEST_WHOLE))

    def total_by(self, node: str) -> str:
        """Write the derivative of the output by a node."""
        return f"d{self.output}/d{self.names[node]}"

    def symbol(self, edge: GraphEdge) -> str:
        """Write the derivative of a step by one of its operands."""
        return f"∂{self.names[edge.head]}/∂{self.names[edge.tail]}"

    def formula(self, node: GraphNode) -> tuple[Parts, Parts]:
        """Write the operation of a step over the names of its operands, and over their values."""
        if node.kind != "operation" or self.is_folded:
            told = node.formula or (node.symbol if node.kind == "group" else "")
            return ([short_formula(told)] if told else []), []
        slot = slot_of(node)
        shown = standing_for(self.steps)
        operands = [f"n{shown(argument)}" for argument in self.steps.program.arguments[slot]]
        names: list[str | Number] = []
        values: list[str | Number] = []
        pieces = pieces_of(self.steps, slot)
        for place, piece in enumerate(pieces):
            if place % 2 == 0:
                names.append(piece)
                values.append(piece)
                continue
            operand = operands[ord(piece) - FIRST]
            names.append(self.names.get(operand, "…"))  # cut away from the graph
            value = self.values.get(operand)
            if value is None:
                return names, []
            alone = pieces[place - 1].endswith(("(", ", ")) and pieces[place + 1][:1] in {")", ","}
            values.append(Number(value.place, bracketed=not alone))
        return ["".join(map(str, names))], [part for part in values if part != ""]

    def local_stages(self, edge: GraphEdge) -> Parts:
        """Write a local derivative: as a symbol, as a formula, as a number."""
        formula = short_formula(edge.formula)
        local = self.locals[edge_key(edge)]
        is_number = bool(re.fullmatch(r"−?[\d.]+(e−?\d+)?", formula)) and local is not None
        stages = [[self.symbol(edge)], [] if is_number or not formula else [formula]]
        return equation([*stages, one(local)])

    def sum_sign(self, *numbers: Number | None) -> Parts:
        """Return the sign of a sum where the last number is one, made of columns before it."""
        shapes = [np.shape(self.ledger.value_of(item)) for item in numbers if item is not None]
        return ["Σ "] if any(shapes[:-1]) and not shapes[-1] else []


def is_folded(graph: ComputationGraph) -> bool:
    """Tell whether nodes stand for several steps, so that they are no slots of the program."""
    groups = any(node.kind == "group" for node in graph.nodes)
    return groups or any(edge.place is None for edge in graph.edges)


def slot_of(node: GraphNode) -> int:
    """Return the slot of a node of a graph that is not folded."""
    return int(node.id[1:])


def one(number: Number | None, *, bracketed: bool = False) -> Parts:
    """Return the text of one number; nothing where there is none."""
    return [] if number is None else [Number(number.place, bracketed)]


def product(factors: Sequence[Number | None], row: int | None = None) -> Parts:
    """Return the text of a product of numbers; row: of columns, those of one row."""
    made: list[str | Number] = []
    for factor in factors:
        if factor is None:
            return []
        made += [" · "] * bool(made)
        made.append(Number(factor.place, len(factors) > 1, row))
    return made


def pieces_of(steps: Steps, slot: int) -> list[str]:
    """Write an operation for people and split it at its operands.

    Every second piece is one character, which stands for an operand by its number from FIRST.
    """
    operation, attributes = steps.program.operations[slot], steps.program.attributes[slot]
    words = [
        (chr(FIRST + number), ATOM) if isinstance(word, str) else word.literal(word.value, "brief")
        for number, word in enumerate(steps.words(slot))
    ]
    name_alone = operation.role is Role.LABEL
    written = words[0][0] if name_alone else one_step(operation, attributes, words)
    return OPERAND.split(plain(pretty(written)))
