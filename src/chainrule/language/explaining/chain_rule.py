"""The chain rule written out: every path from a variable to the output, with the numbers put in.

The share of a path is what flows back along it in the sweep; the shares add up to the derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.compiled import compiled_of
from chainrule.engine.names import latex_name, quoted
from chainrule.engine.notation import FACTOR
from chainrule.engine.paths import paths, ways_to
from chainrule.engine.protocol import Role
from chainrule.language.compute import slot_of
from chainrule.language.explaining.recorded import Flow, Recorded, local_derivative
from chainrule.language.expression import expression
from chainrule.report import Cell, Sentence, figure, joined, number_latex

__all__ = ["ChainRule", "PathShare", "chain_rule", "equation"]

MOST_PATHS = 8  # that are written out for one variable
MOST_FACTORS = 12  # of one path; the middle of a longer one is left out
MOST_ROWS = 4  # that are written out where elements are summed
COUNTED = 10**15  # beyond so many paths the count is "more than"
HEAD = attrgetter("slot")
MIDDLE = "..."


@dataclass(frozen=True, slots=True)
class Factor:
    """One local derivative on a path: its two steps, its formula, and its number."""

    step: str
    operand: str
    formula: expression | None
    local: Any

    def symbol(self, style: str) -> str:
        """Write it as the derivative of a step by its operand."""
        if style == "text":
            return f"∂{quoted(self.step)}/∂{quoted(self.operand)}"
        above, below = latex_name(self.step), latex_name(self.operand)
        return rf"\frac{{\partial {above}}}{{\partial {below}}}"

    def written(self, style: str) -> str:
        """Write its formula as a factor, in brackets where it is a sum or has a sign."""
        if self.formula is None:
            return self.symbol(style)
        program = compiled_of(self.formula).program
        operation = program.operations[program.outputs[0]]
        if style == "text":
            found = self.formula.to_text(limit=12)
        else:
            found = self.formula.to_latex(limit=12)
        loose = operation.role is Role.OPERATION and operation.notation.precedence < FACTOR
        return in_brackets(found, style) if loose or found.startswith("-") else found

    def number(self, style: str, row: int | None = None) -> str:
        """Write its number as a factor; row: of a column, the one of that row."""
        value = self.local
        if row is not None and np.shape(value):
            value = value[row]
        return signed(number(value, style), style)


@dataclass(frozen=True, slots=True)
class PathShare:
    """One path from a variable to the output, and what flows back along it.

    steps: names from the output to the variable. factors: in the same order.
    """

    steps: tuple[str, ...]
    factors: tuple[Factor, ...]
    share: Any

    def line(self, left: str, style: str) -> str:
        """Write the product of the local derivatives: as symbols, as formulas, as numbers."""
        symbols = self.product([factor.symbol(style) for factor in self.factors], style, "")
        formulas = self.product([factor.written(style) for factor in self.factors], style)
        total = number(self.share, style)
        return equation([left, symbols, formulas, self.numbers(style), total])

    def product(self, words: Sequence[str], style: str, latex_times: str = r" \cdot ") -> str:
        """Join factors; the middle of a long product is left out."""
        if len(words) > MOST_FACTORS:
            half = MOST_FACTORS // 2
            middle = MIDDLE if style == "text" else r"\dots"
            words = [*words[:half], middle, *words[-half:]]
        return joined(words, " · " if style == "text" else latex_times)

    def numbers(self, style: str) -> str:
        """Write the product of the numbers; of columns that are summed, row by row if few."""
        locals_ = [factor.local for factor in self.factors]
        if any(value is None for value in locals_):
            return ""
        rows = rows_of(*locals_)
        if rows is None or np.shape(self.share) or rows > MOST_ROWS:
            found = self.product([factor.number(style) for factor in self.factors], style)
            summed = rows is not None and not np.shape(self.share)
            if not summed:
                return found
            return joined(["Σ" if style == "text" else r"\sum", found])
        products = (
            self.product([factor.number(style, row) for factor in self.factors], style)
            for row in range(rows)
        )
        return joined(products, " + ")


@dataclass(frozen=True, slots=True)
class ChainRule:
    """The derivative of the output by one variable, as the sum over its paths.

    count: of all paths; paths: the first of them.
    """

    output: str
    variable: str
    total: Any
    paths: tuple[PathShare, ...]
    count: int

    def left(self, style: str) -> str:
        """Write the derivative itself."""
        if style == "text":
            return f"d{quoted(self.output)}/d{quoted(self.variable)}"
        return rf"\frac{{d{latex_name(self.output)}}}{{d{latex_name(self.variable)}}}"

    def lines(self) -> list[Cell]:
        """Write one line for one path; for several, a line each and their sum."""
        if self.count <= 1:
            return [Cell(self.only_line("text"), self.only_line("latex"))]
        said = "{left}, over {count} paths:"
        if self.count >= COUNTED:
            said = "{left}, over more than {count:.0e} paths:"
        head = Cell(Sentence(said, left=self.left("text"), count=min(self.count, COUNTED)))
        lines = [
            Cell(path.line("", "text"), path.line("", "latex"), indent=1) for path in self.paths
        ]
        if more := self.count - len(self.paths):
            count = more if self.count < COUNTED else "many"
            lines.append(Cell(Sentence("... and {count} more paths", count=count), indent=1))
        last = Cell(self.sum_of_shares("text"), self.sum_of_shares("latex"), indent=1)
        return [head, *lines, last]

    def only_line(self, style: str) -> str:
        """Write the only path; where there is none, the derivative that no path leads to."""
        left = self.left(style)
        if self.paths:
            return self.paths[0].line(left, style)
        return joined([left, number(self.total, style)], " = ")

    def sum_of_shares(self, style: str) -> str:
        """Write the sum of the shares of all paths."""
        shares = [signed(number(path.share, style), style) for path in self.paths]
        if self.count > len(self.paths):
            shares.append(MIDDLE if style == "text" else r"\dots")
        return joined([self.left(style), joined(shares, " + "), number(self.total, style)], " = ")


def number(value: Any, style: str) -> str:
    """Write a number or an array."""
    return figure(value).text if style == "text" else number_latex(value)


def equation(stages: Sequence[str]) -> str:
    """Join what is equal, leaving out the empty and the repeated."""
    kept: list[str] = []
    for stage in stages:
        if stage and (not kept or stage != kept[-1]):
            kept.append(stage)
    return joined(kept, " = ")


def signed(number: str, style: str) -> str:
    """Put a negative number in brackets, to stand after a plus."""
    return in_brackets(number, style) if number.startswith("-") else number


def in_brackets(word: str, style: str) -> str:
    """Put a word in brackets."""
    return Sentence("({word})" if style == "text" else r"\left({word}\right)", word=word)


def chain_rule(record: Recorded, variable: str, total: Any) -> ChainRule:
    """Write out the derivative by a variable or step along every path that the sweep took.

    total: the derivative, as `diff` gives it.
    """
    steps = record.steps
    program = steps.program
    start = slot_of(program, variable)
    last = program.outputs[0]
    out_of: dict[int, list[Flow]] = {}
    for flow in record.flows:
        out_of.setdefault(flow.operand, []).append(flow)
    ways = ways_to(last, range(last, -1, -1), out_of, HEAD, most=COUNTED)
    found = []
    for way in islice(paths(start, last, ways, out_of, HEAD), MOST_PATHS):
        shown = [flow for flow in reversed(way) if flow.slot not in steps.merged]
        names = [steps.names[last], *(steps.names[flow.operand] for flow in shown)]
        found.append(
            PathShare(
                tuple(names),
                tuple(factor_of(record, flow) for flow in shortened(shown)),
                record.along([(flow.slot, flow.number) for flow in way]),
            )
        )
    count = ways.get(start, 0) if start != last else 0
    return ChainRule(steps.names.get(last, "it"), variable, total, tuple(found), count)


def shortened(flows: list[Flow]) -> list[Flow]:
    """Return the flows of a path that are written: of a very long one, some more than needed."""
    return flows if len(flows) <= MOST_FACTORS else [*flows[:MOST_FACTORS], *flows[-MOST_FACTORS:]]


def factor_of(record: Recorded, flow: Flow) -> Factor:
    """Return what is written for one edge of a path."""
    names = record.steps.names
    formula = local_derivative(record.steps, flow.slot, flow.number)
    return Factor(names[flow.slot], names[flow.operand], formula, flow.local)


def rows_of(*values: Any) -> int | None:
    """Return the number of rows that columns among the values share.

    None where there is no column, where columns differ, or where there are more axes.
    """
    shapes = {np.shape(value) for value in values if type(value) is not Bundle} - {()}
    if len(shapes) != 1:
        return None
    (shape,) = shapes
    return int(shape[0]) if len(shape) == 1 else None
