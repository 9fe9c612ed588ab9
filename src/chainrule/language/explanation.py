"""A forward and a backward pass laid open, a line a step: what the chain rule did with the numbers.

Everything is taken from the sweep that answers `diff`: the lines are its contributions, in its
order, so that the last line cannot differ from the derivative. Steps without a name get short ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.engine.names import quoted
from chainrule.language.expression import _explainers, expression
from chainrule.language.recorded import Steps, local_formula, recorded
from chainrule.language.values import Values

__all__ = ["BackwardRow", "Explanation", "ForwardRow", "explain"]

SHOWN_ROWS = 40  # of each table; what is left out is counted
SHOWN_NUMBERS = 3  # of an array


@dataclass(frozen=True, slots=True)
class ForwardRow:
    """One step forward: its name, the operation over the names of its operands, and its value.

    operation: empty for a variable, whose value was given.
    """

    step: str
    operation: str
    value: Any


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
        """The local derivative as a formula of the names; empty where it is a matrix."""
        return local_formula(*self.source)


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """A forward and a backward pass; printed, two tables and the derivative.

    output: the name of the last step. value, gradient: what `eval` and `diff` give.
    """

    output: str
    value: Any
    gradient: Any
    forward: tuple[ForwardRow, ...]
    backward: tuple[BackwardRow, ...]

    def __str__(self) -> str:
        forward = [self.forward_cells(row) for row in shown(self.forward)]
        backward = [self.backward_cells(row) for row in shown(self.backward)]
        lines = ["forward", *table(("step", "is", "value"), forward), *left_out(self.forward)]
        lines += ["", "backward"]
        lines += table(("from", "to", "incoming", "local", "contribution", "sum so far"), backward)
        lines += left_out(self.backward)
        return "\n".join([*lines, "", self.conclusion()])

    @staticmethod
    def forward_cells(row: ForwardRow) -> list[str]:
        """Write a row of the forward table."""
        return [quoted(row.step), row.operation or "given", number_text(row.value)]

    def backward_cells(self, row: BackwardRow) -> list[str]:
        """Write a row of the backward table."""
        output, step, operand = (quoted(name) for name in (self.output, row.step, row.operand))
        local = f"d{step}/d{operand}"
        if row.local is not None:
            value = number_text(row.local)
            local += f" = {row.formula}" * (row.formula != value) + f" = {value}"
        return [
            step,
            operand,
            f"d{output}/d{step} = {number_text(row.incoming)}",
            local,
            number_text(row.contribution),
            f"d{output}/d{operand} = {number_text(row.total)}",
        ]

    def conclusion(self) -> str:
        """Write what diff gives."""
        if not isinstance(self.gradient, dict):
            return f"diff = {number_text(self.gradient)}"
        items = list(self.gradient.items())
        parts = [f"{quoted(name)}: {number_text(value)}" for name, value in items[:SHOWN_ROWS]]
        more = [f"... and {len(items) - SHOWN_ROWS} more"] * (len(items) > SHOWN_ROWS)
        return f"diff = {{{', '.join(parts + more)}}}"


def shown(rows: Sequence[Any]) -> Sequence[Any]:
    """Return the rows to print: all, or the first and the last."""
    half = SHOWN_ROWS // 2
    return rows if len(rows) <= SHOWN_ROWS else (*rows[:half], *rows[-half:])


def left_out(rows: Sequence[Any]) -> list[str]:
    """Say how many rows are not printed."""
    more = len(rows) - SHOWN_ROWS
    return [f"  ({more} rows between the first {SHOWN_ROWS // 2} and the last are left out)"] * (
        more > 0
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lay cells out in columns."""
    cells = [head, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return [
        ("  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))).rstrip()
        for row in cells
    ]


def number_text(value: Any) -> str:
    """Write a number to six digits, and an array as its first numbers and its shape."""
    if isinstance(value, np.ndarray) and value.ndim:
        flat = value.ravel()
        first = ", ".join(number_text(item) for item in flat[:SHOWN_NUMBERS])
        more = ", ..." * (flat.size > SHOWN_NUMBERS)
        return f"[{first}{more}] {value.shape}"
    if isinstance(value, np.ndarray | np.generic):
        value = value.item()
    return f"{value:.6g}" if isinstance(value, int | float | complex) else str(value)


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
      from  to  incoming   local          contribution  sum so far
      L     c   dL/dL = 1  dL/dc = e = 5  5             dL/dc = 5
      L     e   dL/dL = 1  dL/de = c = 3  3             dL/de = 3
      e     a   dL/de = 3  de/da = 1      3             dL/da = 3
      e     d   dL/de = 3  de/dd = 1      3             dL/dd = 3
      d     b   dL/dd = 3  dd/db = 2      6             dL/db = 6
    <BLANKLINE>
    diff = {c: 5, a: 3, b: 6}
    """
    found = recorded(root, values, None if wrt is None else [wrt])
    steps = found.steps
    program = steps.program
    given = list(program.inputs.values())
    others = sorted(steps.names.keys() - steps.merged - {*given})
    forward = tuple(
        ForwardRow(steps.names[slot], steps.operation(slot), found.values[slot])
        for slot in [*given, *others]
    )
    names = steps.names
    backward = tuple(
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
    return Explanation(
        names.get(program.outputs[0], "it"),
        found.value,
        found.gradient if wrt is None else found.gradient[wrt],
        forward,
        backward,
    )


_explainers.append(explain)
