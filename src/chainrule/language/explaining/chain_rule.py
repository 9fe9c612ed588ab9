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

from chainrule.engine.compiled import compiled_of
from chainrule.engine.names import latex_name, quoted
from chainrule.engine.notation import FACTOR
from chainrule.engine.paths import paths, ways_to
from chainrule.engine.protocol import Role
from chainrule.language.compute import slot_of
from chainrule.language.explaining.documents import Cell
from chainrule.language.explaining.recorded import Flow, Recorded, local_derivative
from chainrule.language.expression import expression
from chainrule.language.numerals import number_latex, number_text, rows_of

__all__ = ["ChainRule", "PathShare", "chain_rule"]

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
        found = number_text(value) if style == "text" else number_latex(value)
        return in_brackets(found, style) if found.startswith("-") else found


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
        total = number_text(self.share) if style == "text" else number_latex(self.share)
        stages = [left] if left else []
        for stage in (symbols, formulas, self.numbers(style), total):
            if stage and (not stages or stage != stages[-1]):
                stages.append(stage)
        return " = ".join(stages)

    def product(self, words: Sequence[str], style: str, latex_times: str = r" \cdot ") -> str:
        """Join factors; the middle of a long product is left out."""
        if len(words) > MOST_FACTORS:
            half = MOST_FACTORS // 2
            middle = MIDDLE if style == "text" else r"\dots"
            words = [*words[:half], middle, *words[-half:]]
        return (" · " if style == "text" else latex_times).join(words)

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
            return f"Σ {found}" if style == "text" else rf"\sum {found}"
        return " + ".join(
            self.product([factor.number(style, row) for factor in self.factors], style)
            for row in range(rows)
        )


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
        if self.count == 0:
            words = (f"{self.left('text')} = {number_text(self.total)}", self.zero_latex())
            return [Cell(*words)]
        if self.count == 1:
            (only,) = self.paths
            return [
                Cell(only.line(self.left("text"), "text"), only.line(self.left("latex"), "latex"))
            ]
        many = f"{self.count}" if self.count < COUNTED else f"more than {COUNTED:.0e}"
        head = Cell(f"{self.left('text')}, over {many} paths:", "")
        lines = [
            Cell(path.line("", "text"), path.line("", "latex"), indent=1) for path in self.paths
        ]
        more = self.count - len(self.paths)
        if more:
            lines.append(
                Cell(f"... and {more if self.count < COUNTED else 'many'} more paths", indent=1)
            )
        return [head, *lines, self.sum_line()]

    def zero_latex(self) -> str:
        """Write a derivative that no path leads to."""
        return f"{self.left('latex')} = {number_latex(self.total)}"

    def sum_line(self) -> Cell:
        """Write the sum of the shares of all paths."""
        written = []
        for style, write in (("text", number_text), ("latex", number_latex)):
            shares = [signed(write(path.share), style) for path in self.paths]
            if self.count > len(self.paths):
                shares.append(MIDDLE if style == "text" else r"\dots")
            written.append(f"{self.left(style)} = {' + '.join(shares)} = {write(self.total)}")
        text, math = written
        return Cell(text, math, indent=1)


def signed(number: str, style: str) -> str:
    """Put a negative number in brackets, to stand after a plus."""
    return in_brackets(number, style) if number.startswith("-") else number


def in_brackets(word: str, style: str) -> str:
    """Put a word in brackets."""
    return f"({word})" if style == "text" else rf"\left({word}\right)"


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
