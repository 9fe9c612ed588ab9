"""`chainrule draw`: the computation graph of a formula, in the terminal or in a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from chainrule.cli.answering import Answer
from chainrule.cli.options import At, Data, Formula, check_folder, values_for
from chainrule.cli.output import printable, warn, write_lines
from chainrule.cli.reading import AS_IT_IS, Reading
from chainrule.draw.graph import Graph, graph
from chainrule.errors import FileFormatError, UnknownVariable
from chainrule.language.expression import expression
from chainrule.language.text.parse import parse

__all__ = ["draw"]

Wrt = Annotated[
    str | None,
    typer.Option(
        "--wrt", metavar="NAME", help="Light up the paths from this variable.", show_default=False
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Write the picture: .html (a page to play with), .svg, .png, .txt, .json, .dot, "
        ".mmd (Mermaid) or .tex (TikZ).",
        show_default=False,
    ),
]
# Each kind of file, and what the graph writes into it.
WRITERS: dict[str, Callable[[Graph], str]] = {
    ".html": lambda graph: graph.to_html(),
    ".svg": lambda graph: graph.to_svg(),
    ".txt": lambda graph: graph.to_text() + "\n",
    ".json": lambda graph: graph.to_json() + "\n",
    ".dot": lambda graph: graph.to_dot(),
    ".mmd": lambda graph: graph.to_mermaid(),
    ".tex": lambda graph: graph.to_tikz(),
}


def draw(
    formula: Formula,
    *,
    at: At = None,
    data: Data = None,
    wrt: Wrt = None,
    out: Out = None,
    reading: Reading = AS_IT_IS,
) -> Answer:
    """Draw the computation graph of a formula: both passes, if there are values.

    Without --out it is drawn in the terminal: the output first, the value of
    each step (→), its derivative (←), and the local derivatives in between.

    Examples:
      chainrule draw "c*(a + 2*b)" --at a=1,b=2,c=3
      chainrule draw "c*(e := a + (d := 2*b))" --at a=1,b=2,c=3 --out page.html
      chainrule draw "sin((x + y)*z)" --out graph.svg
      chainrule draw "mean((y - (m*x + b))**2)" --data data.csv --at m=2,b=1 --wrt m
    """
    asked = parse(formula)
    check_kind(out)
    check_folder(out)
    found = graph(asked, values_if_any(asked, at, data, reading), wrt)
    document = {"formula": str(asked), **json.loads(found.to_json())}
    if out is None:
        return Answer(document, lambda console: show(console, found))
    write(found, out)
    for note in found.notes:
        warn(note)

    def tell(console: Console) -> None:
        console.print(f"{printable(str(out))}: {len(found)} nodes", soft_wrap=True)

    return Answer(document | {"out": str(out)}, tell)


def values_if_any(
    asked: expression, at: list[str] | None, data: Path | None, reading: Reading
) -> Any:
    """Return the values, or None for a picture without numbers, saying what lacks."""
    if not at and data is None:
        return None
    try:
        return values_for(asked, at, data, reading)
    except UnknownVariable as error:
        warn(f"a picture without numbers: {error}")
        return None


def show(console: Console, found: Graph) -> None:
    """Draw in the terminal."""
    write_lines(console, printable(found.to_text()).splitlines())


def check_kind(out: Path | None) -> None:
    """Refuse a file of a kind that nothing is written for, before any work.

    Raises: FileFormatError, naming those that there are.
    """
    if out is not None and out.suffix.lower() not in (*WRITERS, ".png"):
        kinds = ", ".join([*WRITERS, ".png"])
        raise FileFormatError(f"{out}: a picture is written as one of {kinds}. Name such a file.")


def write(found: Graph, out: Path) -> None:
    """Write the graph as the kind of file that the name says."""
    kind = out.suffix.lower()
    if kind == ".png":
        found.to_png(out)
    else:
        out.write_text(WRITERS[kind](found), encoding="utf-8")
