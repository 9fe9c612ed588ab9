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
from chainrule.report import Cell, Sentence, equation, figure, joined_cells

__all__ = ["ChainRule", "PathShare", "chain_rule", "slope_cell"]

MOST_PATHS = 8  # that are written out for one variable
MOST_FACTORS = 12  # of one path; the middle of a longer one is left out
MOST_ROWS = 4  # that are written out where elements are summed
COUNTED = 10**15  # beyond so many paths the count is "more than"
HEAD = attrgetter("slot")
MIDDLE = Cell("...", r"\dots")


@dataclass(frozen=True, slots=True)
class Factor:
    """One local derivative on a path: its two steps, its formula, and its number."""

    step: str
    operand: str
    formula: expression | None
    local: Any

    def symbol(self) -> Cell:
        """Write it as the derivative of a step by its operand."""
        return slope_cell(self.step, self.operand, "∂", r"\partial ")

    def written(self) -> Cell:
        """Write its formula as a factor, in brackets where it is a sum or has a sign."""
        if self.formula is None:
            return self.symbol()
        program = compiled_of(self.formula).program
        operation = program.operations[program.outputs[0]]
        found = Cell(self.formula.to_text(limit=12), self.formula.to_latex(limit=12))
        loose = operation.role is Role.OPERATION and operation.notation.precedence < FACTOR
        return in_brackets(found) if loose else signed(found)

    def number(self, row: int | None = None) -> Cell:
        """Write its number as a factor; row: of a column, the one of that row."""
        value = self.local
        if row is not None and np.shape(value):
            value = value[row]
        return signed(figure(value))


@dataclass(frozen=True, slots=True)
class PathShare:
    """One path from a variable to the output, and what flows back along it.

    steps: names from the output to the variable. factors: in the same order.
    """

    steps: tuple[str, ...]
    factors: tuple[Factor, ...]
    share: Any

    def stages(self) -> list[Cell]:
        """Write the product of the local derivatives: as symbols, as formulas, as numbers."""
        return [
            product([factor.symbol() for factor in self.factors], ""),
            product([factor.written() for factor in self.factors]),
            self.numbers(),
            figure(self.share),
        ]

    def numbers(self) -> Cell:
        """Write the product of the numbers; of columns that are summed, row by row if few."""
        locals_ = [factor.local for factor in self.factors]
        if any(value is None for value in locals_):
            return Cell("")
        rows = rows_of(*locals_)
        if rows is None or np.shape(self.share) or rows > MOST_ROWS:
            found = product([factor.number() for factor in self.factors])
            summed = rows is not None and not np.shape(self.share)
            return joined_cells([Cell("Σ", r"\sum"), found], " ", " ") if summed else found
        products = [product([factor.number(row) for factor in self.factors]) for row in range(rows)]
        return joined_cells(products, " + ", " + ")


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

    def lines(self) -> list[Cell]:
        """Write one line for one path; for several, a line each and their sum."""
        left = slope_cell(self.output, self.variable)
        if self.count <= 1:  # without a path, the derivative that none leads to
            stages = self.paths[0].stages() if self.paths else [figure(self.total)]
            return [equation([left, *stages])]
        said = "{left}, over {count} paths:"
        if self.count >= COUNTED:
            said = "{left}, over more than {count:.0e} paths:"
        lines = [Cell(Sentence(said, left=left.text, count=min(self.count, COUNTED)))]
        lines += [equation(path.stages(), indent=1) for path in self.paths]
        shares = [signed(figure(path.share)) for path in self.paths]
        if more := self.count - len(self.paths):
            count = more if self.count < COUNTED else "many"
            lines.append(Cell(Sentence("... and {count} more paths", count=count), indent=1))
            shares.append(MIDDLE)
        stages = [left, joined_cells(shares, " + ", " + "), figure(self.total)]
        return [*lines, joined_cells(stages, " = ", " = ", indent=1)]


def slope_cell(above: str, below: str, text: str = "d", math: str = "d") -> Cell:
    """Write a derivative by the names of two steps; text, math: the sign of it."""
    return Cell(
        f"{text}{quoted(above)}/{text}{quoted(below)}",
        rf"\frac{{{math}{latex_name(above)}}}{{{math}{latex_name(below)}}}",
    )


def product(factors: Sequence[Cell], times: str = r" \cdot ") -> Cell:
    """Join factors; the middle of a long product is left out."""
    if len(factors) > MOST_FACTORS:
        half = MOST_FACTORS // 2
        factors = [*factors[:half], MIDDLE, *factors[-half:]]
    return joined_cells(factors, " · ", times)


def signed(found: Cell) -> Cell:
    """Put what has a sign in brackets, to stand after another."""
    return in_brackets(found) if found.text.startswith("-") else found


def in_brackets(found: Cell) -> Cell:
    """Put a formula in brackets."""
    return Cell(Sentence("({inner})", inner=found.text), rf"\left({found.math}\right)")


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
