"""`chainrule eval`: the value of a formula."""

from __future__ import annotations

from rich.console import Console

from chainrule.cli.answering import Answer
from chainrule.cli.options import At, Data, Formula, values_for
from chainrule.cli.output import rows, write_lines
from chainrule.cli.reading import AS_IT_IS, Reading
from chainrule.language.text.parse import parse

__all__ = ["evaluate"]


def evaluate(
    formula: Formula, *, at: At = None, data: Data = None, reading: Reading = AS_IT_IS
) -> Answer:
    """Print the value of a formula.

    With --data, the columns that it names are used: one value a row, or one
    number where it sums or averages over rows. A value from --at goes before a
    column of that name.

    Examples:
      chainrule eval "sin((x + y)*z)" --at x=1 --at y=2 --at z=3
      chainrule eval "x**2 + 2*x + 1" --at "x=[1,2,3]"
      chainrule eval "mean((y - (m*x + b))**2)" --data data.csv --at m=2,b=1
    """
    asked = parse(formula)
    value = asked.eval(values_for(asked, at, data, reading))

    def show(console: Console) -> None:
        write_lines(console, rows(value))

    return Answer({"formula": str(asked), "value": value}, show)
