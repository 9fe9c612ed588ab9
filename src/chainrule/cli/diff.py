"""`chainrule diff`: partial derivatives of a formula, as numbers or as formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.text import Text

from chainrule.cli.answering import Answer
from chainrule.cli.options import At, Data, Formula, listed, read_at, values_for
from chainrule.cli.output import printable, rows, write_lines
from chainrule.cli.reading import AS_IT_IS, Reading
from chainrule.errors import ValueTypeError
from chainrule.language.expression import expression
from chainrule.language.text.parse import parse

__all__ = ["differentiate"]

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME", help="Variables to differentiate by, or else all.", show_default=False
    ),
]
Wrt = Annotated[
    list[str] | None,
    typer.Option("--wrt", metavar="NAME", help="The same as NAME.", show_default=False),
]
Order = Annotated[int, typer.Option("--order", help="Differentiate so many times.", min=1, max=20)]
Symbolic = Annotated[bool, typer.Option("--symbolic", help="Print the derivative as a formula.")]


def differentiate(
    formula: Formula,
    names: Names = None,
    *,
    at: At = None,
    data: Data = None,
    wrt: Wrt = None,
    order: Order = 1,
    symbolic: Symbolic = False,
    reading: Reading = AS_IT_IS,
) -> Answer:
    """Print partial derivatives of a formula: numbers where values are given, else formulas.

    One NAME prints its derivative alone, several a line each. With --data and
    no NAME, the derivatives are by the names that --at gives, or by all columns.

    Examples:
      chainrule diff "sin((x + y)*z)" --at x=1 --at y=2 --at z=3
      chainrule diff "sin((x + y)*z)" x
      chainrule diff "x**y" --wrt y --order 2 --at x=2,y=3
      chainrule diff "mean((y - (m*x + b))**2)" --data data.csv --at m=2,b=1
    """
    asked = parse(formula)
    chosen = list(dict.fromkeys([*listed(names), *listed(wrt)]))
    alone = len(chosen) == 1
    written = symbolic or (not at and data is None and bool(asked.variables))
    if written and (at or data):
        raise ValueTypeError(
            "--symbolic prints a formula, which needs no values.\n"
            "  Leave out --at and --data, or --symbolic."
        )
    if not chosen:
        chosen = (list(read_at(at)) if data else []) or list(asked.variables)
        chosen = [name for name in chosen if name in asked.variables] or list(asked.variables)
    document: dict[str, Any] = {"formula": str(asked)} | ({"order": order} if order > 1 else {})
    if written:
        found: Mapping[str, Any] = {name: asked.derivative(name, order) for name in chosen}
        document["derivatives"] = {name: str(derivative) for name, derivative in found.items()}
    else:
        values = values_for(asked, at, data, reading)
        found = numbers(asked, values, chosen, order)
        document |= {"value": asked.eval(values), "derivatives": found}

    def show(console: Console) -> None:
        if not found:
            write_lines(console, [f"{asked} has no variables to differentiate by."])
        elif alone:
            write_lines(console, rows(found[chosen[0]]))
        else:
            show_all(console, found)

    return Answer(document, show)


def numbers(
    asked: expression, values: Mapping[str, Any], names: list[str], order: int
) -> dict[str, Any]:
    """Return derivatives at values; the first ones all come from one backward sweep."""
    if order > 1:
        return {name: asked.derivative(name, order).eval(values) for name in names}
    if len(names) == 1:
        return {names[0]: asked.diff(values, names[0])}
    if set(names) <= set(asked.variables):
        every = asked.diff(values)
        return {name: every[name] for name in names}
    return {name: asked.diff(values, name) for name in names}


def show_all(console: Console, found: Mapping[str, Any]) -> None:
    """Print a line a name; columns side by side, a line a row, separated by tabs."""
    names = [printable(name) for name in found]
    columns = [item for item in found.values() if isinstance(item, np.ndarray)]
    if columns and len(columns) == len(found) and len({item.shape for item in columns}) == 1:
        cells = zip(*(item.ravel().tolist() for item in columns), strict=True)
        write_lines(console, ["\t".join(names)])
        write_lines(console, ("\t".join(map(str, row)) for row in cells))
        return
    width = max(map(len, names), default=0)
    for name, item in zip(names, found.values(), strict=True):
        line = " ".join(rows(item))
        console.print(Text.assemble((name.ljust(width), "cyan"), "  ", line), soft_wrap=True)
