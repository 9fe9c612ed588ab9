"""`chainrule explain`: both passes through a formula, and the chain rule written out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from chainrule.cli.answering import Answer
from chainrule.cli.options import At, Data, Formula, check_folder, values_for
from chainrule.cli.output import printable
from chainrule.cli.reading import AS_IT_IS, Reading
from chainrule.cli.showing import show_document
from chainrule.errors import FileFormatError
from chainrule.language.explaining.explanation import Explanation
from chainrule.language.explaining.explanation import explain as told_of
from chainrule.language.text.parse import parse
from chainrule.report import Report

__all__ = ["explain"]

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME", help="The variable to differentiate by, or else all.", show_default=False
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Write it as .md, .tex, .html or .txt.",
        show_default=False,
    ),
]
FORMS = {
    ".md": Report.to_markdown,
    ".tex": Report.to_latex,
    ".html": Report.to_html,
    ".txt": Report.to_text,
}


def explain(
    formula: Formula,
    name: Name = None,
    *,
    at: At = None,
    data: Data = None,
    out: Out = None,
    reading: Reading = AS_IT_IS,
) -> Answer:
    """Print the forward pass, the backward pass, and the chain rule with the numbers put in.

    Examples:
      chainrule explain "c*(e := a + (d := 2*b))" --at a=1,b=2,c=3
      chainrule explain "sin((x + y)*z)" x --at x=1,y=2,z=3 --out steps.md
    """
    asked = parse(formula)
    if out is not None and out.suffix.lower() not in FORMS:
        raise FileFormatError(
            f"{out}: it is written as one of {', '.join(FORMS)}. Name such a file."
        )
    check_folder(out)
    told = told_of(asked, values_for(asked, at, data, reading), name)
    document = told.document()
    if out is not None:
        out.write_text(FORMS[out.suffix.lower()](document) + "\n", encoding="utf-8")

    def show(console: Console) -> None:
        if out is not None:
            console.print(printable(str(out)), soft_wrap=True)
            return
        show_document(console, document)

    return Answer(as_document(str(asked), told), show)


def as_document(formula: str, told: Explanation) -> dict[str, Any]:
    """Return the two passes and the paths as data."""
    return {
        "formula": formula,
        "value": told.value,
        "gradient": told.gradient,
        "forward": [
            {"step": row.step, "operation": row.operation, "value": row.value}
            for row in told.forward
        ],
        "backward": [
            {
                "step": row.step,
                "operand": row.operand,
                "incoming": row.incoming,
                "local": row.local,
                "formula": row.formula,
                "contribution": row.contribution,
                "total": row.total,
                "rule": row.rule,
            }
            for row in told.backward
        ],
        "paths": {
            rule.variable: [
                {"steps": list(path.steps), "contribution": path.share} for path in rule.paths
            ]
            for rule in told.chain_rules()
        },
    }
