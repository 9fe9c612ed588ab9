"""A forward and a backward pass laid open, a line a step: what the chain rule did with the numbers.

Everything is taken from the sweep that answers `diff`: the lines are its contributions, in its
order, so that the last line cannot differ from the derivative. Steps without a name get short ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chainrule.engine.names import latex_name, quoted
from chainrule.language.explaining.chain_rule import ChainRule, chain_rule, slope_cell
from chainrule.language.explaining.recorded import Recorded, Steps, local_formula, recorded
from chainrule.language.expression import expression, operators
from chainrule.language.values import Values
from chainrule.report import (
    Cell,
    Document,
    Report,
    Section,
    Sentence,
    equation,
    figure,
    joined_cells,
)

__all__ = ["BackwardRow", "Explanation", "ForwardRow", "explain"]

SHOWN_ROWS = 40  # of each table; what is left out is counted
SHOWN_VARIABLES = 12  # whose chain rule is written out


@dataclass(frozen=True, slots=True)
class ForwardRow:
    """One step forward: its name, the operation over the names of its operands, and its value.

    operation: empty for a variable, whose value was given.
    """

    step: str
    operation: str
    value: Any
    source: tuple[Steps, int] = field(repr=False, compare=False)

    def cells(self) -> tuple[Cell, ...]:
        """Write a row of the forward table."""
        steps, slot = self.source
        operation = Cell("given")
        if self.operation:
            operation = Cell(self.operation, steps.operation(slot, "latex"))
        return Cell(quoted(self.step), latex_name(self.step)), operation, figure(self.value)


@dataclass(frozen=True, slots=True)
class BackwardRow:
    """One edge backward: what flows from a step to one of its operands.

    incoming: derivative of the output by the step. local: of the step by the operand; None where
    that is a matrix. contribution: what flows on. total: the sum of what has reached the
    operand so far, the derivative of the output by it once the last row for it has come.
    """

    step: str
    operand: str
    incoming: Any
    local: Any
    contribution: Any
    total: Any
    source: tuple[Steps, int, int] = field(repr=False, compare=False)

    @property
    def formula(self) -> str:
        """The local derivative over the names; of a matrix, what it does to what flows in."""
        return local_formula(*self.source)

    @property
    def rule(self) -> str:
        """The name of the rule that gives the local derivative, such as product rule."""
        steps, slot, _ = self.source
        return steps.rule(slot)

    def cells(self, output: str) -> tuple[Cell, ...]:
        """Write a row of the backward table."""
        return (
            Cell(quoted(self.step), latex_name(self.step)),
            Cell(quoted(self.operand), latex_name(self.operand)),
            total_cell(output, self.step, self.incoming),
            self.local_cell(),
            figure(self.contribution),
            total_cell(output, self.operand, self.total),
            Cell(self.rule),
        )

    def local_cell(self) -> Cell:
        """Write the local derivative: as a symbol, as a formula, as a number."""
        symbol = slope_cell(self.step, self.operand, "∂", r"\partial ")
        formula = Cell(self.formula, local_formula(*self.source, "latex"))
        if self.local is None:  # a matrix: what it does to what flows in
            return joined_cells([symbol, formula] if formula.text else [symbol], ": ", r":\ ")
        return equation([symbol, formula, figure(self.local)])


@dataclass(frozen=True, slots=True, eq=False)
class Explanation(Report):
    """A forward and a backward pass, and the chain rule written out; printed, tables and lines.

    output: the name of the last step. value, gradient: what `eval` and `diff` give.
    In a notebook it shows as tables; `to_text`, `to_markdown`, `to_latex` and `to_html` give it for
    a terminal, a note, a paper and a page.
    """

    output: str
    value: Any
    gradient: Any
    forward: tuple[ForwardRow, ...]
    backward: tuple[BackwardRow, ...]
    wrt: str | None
    record: Recorded = field(repr=False)

    def chain_rules(self) -> tuple[ChainRule, ...]:
        """Return the derivative by each variable, or by the one asked for, path by path."""
        totals = self.gradient if self.wrt is None else {self.wrt: self.gradient}
        names = list(totals)[:SHOWN_VARIABLES]
        return tuple(chain_rule(self.record, name, totals[name]) for name in names)

    def document(self) -> Document:
        """Return the tables and lines, to be written in any form."""
        forward = Section(
            "forward",
            ("step", "is", "value"),
            tuple(row.cells() for row in shown(self.forward)),
            note=left_out(self.forward),
        )
        head = ("from", "to", "incoming", "local", "contribution", "sum so far", "rule")
        backward = Section(
            "backward",
            head,
            tuple(row.cells(self.output) for row in shown(self.backward)),
            note=left_out(self.backward),
        )
        rules = self.chain_rules()
        lines = tuple(line for rule in rules for line in rule.lines())
        more = (len(self.gradient) if self.wrt is None else 1) - len(rules)
        said = "the first {count} variables; {more} more are left out"
        note = Sentence(said, count=len(rules), more=more) if more else ""
        written = [Section("chain rule", lines=lines, note=note)] * bool(lines)
        last = Section(lines=[self.conclusion()], strong=True)
        return Document([forward, *[backward] * bool(self.backward), *written, last])

    def conclusion(self) -> Cell:
        """Write what diff gives."""
        left = Cell("diff", r"\mathrm{diff}")
        if not isinstance(self.gradient, dict):
            return equation([left, figure(self.gradient)])
        items = list(self.gradient.items())
        parts = [
            joined_cells([Cell(quoted(name), latex_name(name)), figure(value)], ": ", ": ")
            for name, value in items[:SHOWN_ROWS]
        ]
        if more := len(items) - len(parts):
            parts.append(Cell(Sentence("... and {more} more", more=more), r"\dots"))
        listed = joined_cells(parts, ", ", r",\; ")
        inside = Sentence("{{{listed}}}", listed=listed.text)
        return equation([left, Cell(inside, rf"\left\{{{listed.math}\right\}}")])


def total_cell(output: str, step: str, value: Any) -> Cell:
    """Write the derivative of the output by a step."""
    return joined_cells([slope_cell(output, step), figure(value)], " = ", " = ")


def shown(rows: Sequence[Any]) -> Sequence[Any]:
    """Return the rows to print: all, or the first and the last."""
    half = SHOWN_ROWS // 2
    return rows if len(rows) <= SHOWN_ROWS else (*rows[:half], *rows[-half:])


def left_out(rows: Sequence[Any]) -> str:
    """Say how many rows are not printed."""
    if len(rows) <= SHOWN_ROWS:
        return ""
    said = "{more} rows between the first {half} and the last are left out"
    return Sentence(said, more=len(rows) - SHOWN_ROWS, half=SHOWN_ROWS // 2)


def explain(root: expression, values: Values, wrt: str | None = None) -> Explanation:
    """Return the forward and the backward pass of an expression at the values.

    wrt: the name of a variable or a step, for its derivative alone; None for all variables.
    Raises: as `diff`; DerivativeError for an array whose elements are not treated alike.

    >>> from chainrule import named
    >>> a, b, c = expression("a"), expression("b"), expression("c")
    >>> d = named("d", 2 * b)
    >>> e = named("e", a + d)
    >>> print(explain(named("L", c * e), {"a": 1, "b": 2, "c": 3}))
    forward
      step  is     value
      c     given  3
      a     given  1
      b     given  2
      d     2*b    4
      e     a + d  5
      L     c*e    15
    <BLANKLINE>
    backward
      from  to  incoming   local          contribution  sum so far  rule
      L     c   dL/dL = 1  ∂L/∂c = e = 5  5             dL/dc = 5   product
      L     e   dL/dL = 1  ∂L/∂e = c = 3  3             dL/de = 3   product
      e     a   dL/de = 3  ∂e/∂a = 1      3             dL/da = 3   sum
      e     d   dL/de = 3  ∂e/∂d = 1      3             dL/dd = 3   sum
      d     b   dL/dd = 3  ∂d/∂b = 2      6             dL/db = 6   constant factor
    <BLANKLINE>
    chain rule
      dL/dc = ∂L/∂c = e = 5
      dL/da = ∂L/∂e · ∂e/∂a = c · 1 = 3 · 1 = 3
      dL/db = ∂L/∂e · ∂e/∂d · ∂d/∂b = c · 1 · 2 = 3 · 1 · 2 = 6
    <BLANKLINE>
    diff = {c: 5, a: 3, b: 6}
    """
    found = recorded(root, values, None if wrt is None else [wrt])
    steps = found.steps
    program = steps.program
    given = list(program.inputs.values())
    names = {program.outputs[0]: "it", **steps.names}  # a constant alone has no name
    others = sorted(names.keys() - steps.merged - {*given})
    return Explanation(
        names[program.outputs[0]],
        found.value,
        found.gradient if wrt is None else found.gradient[wrt],
        tuple(
            ForwardRow(names[slot], steps.operation(slot), found.values[slot], (steps, slot))
            for slot in [*given, *others]
        ),
        backward_rows(found, names),
        wrt,
        found,
    )


def backward_rows(found: Recorded, names: Mapping[int, str]) -> tuple[BackwardRow, ...]:
    """Tell each edge of a sweep; that from a name to its operation is no step."""
    steps = found.steps
    return tuple(
        BackwardRow(
            names[flow.slot],
            names[flow.operand],
            flow.incoming,
            flow.local,
            flow.contribution,
            flow.total,
            (steps, flow.slot, flow.number),
        )
        for flow in found.flows
        if flow.slot not in steps.merged
    )


operators["explain"] = explain
