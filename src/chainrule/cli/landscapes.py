"""`chainrule landscapes`: the test functions, and one of them in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from chainrule.cli.answering import Answer
from chainrule.cli.output import number, printable, table
from chainrule.optimize.landscapes import Landscape, catalogue, find

__all__ = ["landscapes"]

SHOWN = 3  # variables that are listed

Name = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="One of them, or else all.", show_default=False),
]
Size = Annotated[
    int | None,
    typer.Option("--n", help="How many variables, where it comes in sizes.", show_default=False),
]


def landscapes(name: Name = None, *, n: Size = None) -> Answer:
    """List the test functions for optimisation, or tell all of one.

    Examples:
      chainrule landscapes
      chainrule landscapes rosenbrock --n 3
    """
    if name is None:
        columns = catalogue().to_columns()
        return Answer({"landscapes": columns}, show_all)
    found = find(name, n)
    return Answer(document_of(found), lambda console: show_one(console, found))


def document_of(found: Landscape) -> dict[str, Any]:
    """Return a test function as data."""
    return {
        "name": found.name,
        "title": found.title,
        "group": found.group,
        "objectives": [str(objective) for objective in found.objectives],
        "constraints": [str(constraint) for constraint in found.constraints],
        "variables": list(found.variables),
        "box": {name: list(side) for name, side in found.box.items()},
        "minimum": found.minimum,
        "minima": found.minima,
        "slope": found.slope,
        "kinks": found.kinks,
        "category": found.category,
        "reference": found.reference,
    }


def show_all(console: Console) -> None:
    """Print a line a function."""
    found = table(
        ("name", "left"), ("variables", "left"), ("minimum", "right"), ("what it is", "left")
    )
    for item in catalogue():
        minimum = "" if item.minimum is None else number(item.minimum)
        found.add_row(item.name, listed(item.variables), minimum, Text(item.category))
    console.print(found)


def listed(names: Sequence[str]) -> str:
    """Write names in a row, the middle of a long one as dots.

    >>> listed(["x", "y"]), listed(["x1", "x2", "x3", "x4"])
    ('x, y', 'x1, ..., x4')
    """
    return ", ".join(names) if len(names) <= SHOWN else f"{names[0]}, ..., {names[-1]}"


def show_one(console: Console, found: Landscape) -> None:
    """Print what is known of one function."""
    document = document_of(found)
    facts = table(("", "left"), (found.title, "left"))
    for fact in ("objectives", "constraints", "variables", "minimum", "minima", "slope", "kinks"):
        value = document[fact]
        lines = "\n".join(map(words_of, value)) if isinstance(value, list) else words_of(value)
        if lines:
            facts.add_row(fact, Text(printable(lines)))
    box = [
        f"{name} from {words_of(low)} to {words_of(high)}"
        for name, (low, high) in document["box"].items()
    ]
    facts.add_row("box", Text("\n".join(box)))
    for fact in ("category", "reference"):
        facts.add_row(fact, Text(printable(words_of(document[fact]))))
    console.print(facts)


def words_of(value: Any) -> str:
    """Write a fact for people."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name} = {number(float(item))}" for name, item in value.items())
    return number(value) if isinstance(value, float) else str(value)
