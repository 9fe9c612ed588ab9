"""`chainrule check`: derivatives of a formula against differences of its values."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from chainrule.calculus.check import GradientReport, PartialCheck, check_gradient
from chainrule.calculus.comparison import Verdict
from chainrule.calculus.steps import StepCheck
from chainrule.cli.answering import Answer
from chainrule.cli.diff import Names, Wrt
from chainrule.cli.options import At, Data, Formula, listed, values_for
from chainrule.cli.output import DONE, NO, UNDECIDED, printable
from chainrule.cli.reading import AS_IT_IS, Reading
from chainrule.errors import ValueTypeError
from chainrule.language.text.parse import parse

__all__ = ["check"]

Tolerance = Annotated[
    float, typer.Option("--tolerance", help="Largest relative error, between 0 and 1.")
]
CODES = {Verdict.AGREES: DONE, Verdict.DIFFERS: NO, Verdict.UNDECIDED: UNDECIDED}
STYLES = {
    Verdict.AGREES: "bold green",
    Verdict.DIFFERS: "bold red",
    Verdict.UNDECIDED: "bold yellow",
}


def check(
    formula: Formula,
    names: Names = None,
    *,
    at: At = None,
    data: Data = None,
    wrt: Wrt = None,
    tolerance: Tolerance = 1e-6,
    reading: Reading = AS_IT_IS,
) -> Answer:
    """Compare the derivatives of a formula with differences of its values.

    Names the step whose local derivative is wrong, if one is. A partial is
    undecided at a kink, such as that of abs at 0, where there is no value, and
    where overflow, underflow or rounding leaves nothing to compare.

    Exit codes: 0 something was decided and nothing is wrong; 1 a derivative is
    wrong; 4 nothing could be decided here.

    Examples:
      chainrule check "sin(x*y)*exp(-x)" --at x=0.5,y=2
      chainrule check "mean((y - (m*x + b))**2)" m b --data data.csv --at m=2,b=1
    """
    if not 0 < tolerance < 1:
        raise ValueTypeError(
            f"--tolerance {tolerance} is not between 0 and 1.\n  For instance --tolerance 1e-6."
        )
    asked = parse(formula)
    values = values_for(asked, at, data, reading)
    chosen = list(dict.fromkeys([*listed(names), *listed(wrt)]))
    report = check_gradient(asked, values, chosen or None, tolerance=tolerance)

    def show(console: Console) -> None:
        head, *lines = printable(str(report)).splitlines()
        title = Text(head)
        title.stylize(STYLES[report.verdict], len(printable(f"gradient of {report.formula}: ")))
        console.print(title, soft_wrap=True)
        for line in lines:
            console.print(line, soft_wrap=True)

    return Answer(document_of(str(asked), report), show, CODES[report.verdict])


def document_of(formula: str, report: GradientReport) -> dict[str, Any]:
    """Return a report as a document for JSON."""
    return {
        "formula": formula,
        "ok": report.ok,
        "verdict": report.verdict.value,
        "tolerance": report.tolerance,
        "partials": [partial_of(partial) for partial in report.partials],
        "culprits": [step_of(step) for step in report.culprits],
        "kinks": [step_of(step) for step in report.kinks],
    }


def partial_of(partial: PartialCheck) -> dict[str, Any]:
    """Return the comparison of one partial as a document."""
    found = partial.comparison
    return {
        "variable": partial.variable,
        "place": partial.place,
        "analytic": found.analytic,
        "numerical": found.numerical,
        "error": found.error,
        "verdict": found.verdict.value,
        "reason": found.reason,
        "left": found.left,
        "right": found.right,
        "checked": partial.checked,
        "undecided": partial.undecided,
    }


def step_of(step: StepCheck) -> dict[str, Any]:
    """Return the comparison of one step's local derivative as a document."""
    found = step.comparison
    return {
        "step": step.step,
        "operation": step.operation,
        "operand": step.operand,
        "at": step.at,
        "analytic": found.analytic,
        "numerical": found.numerical,
    }
