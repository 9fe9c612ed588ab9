"""Options that commands share.

Reads `--at` and `--data` into values for a formula.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from chainrule.cli.output import warn
from chainrule.cli.reading import AS_IT_IS, Reading
from chainrule.errors import ParseError, UnknownVariable, ValueTypeError, closest
from chainrule.language.expression import expression
from chainrule.language.text.parse import parse

__all__ = [
    "At",
    "Data",
    "Formula",
    "check_folder",
    "listed",
    "values_for",
]

Formula = Annotated[
    str,
    typer.Argument(
        help="For instance 'sin((x + y)*z)': in quotes, as shells want.",
        metavar="FORMULA",
        show_default=False,
    ),
]
At = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="NAME=VALUE",
        help="Value of a variable: x=1, or x=1,y=pi/2, or x=[1,2,3]. Repeat it for others.",
        show_default=False,
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FILE",
        help="Columns of a .csv, .tsv, .parquet, .feather or .arrow file bind by name.",
        show_default=False,
    ),
]


def check_folder(path: Path | None) -> None:
    """Check, before any work is done, that there is a folder for a file to be written.

    Raises: FileNotFoundError.
    """
    if path is not None and not path.parent.is_dir():
        raise FileNotFoundError(
            f"{str(path)!r} cannot be written: there is no folder {str(path.parent)!r}."
        )


def listed(words: Sequence[str] | None) -> list[str]:
    """Split repeated and comma-separated names; one in backticks may hold anything.

    >>> listed(["a, b", "`c, d`"])
    ['a', 'b', 'c, d']
    """
    names = [name.strip() for word in words or () for name in pieces(word)]
    return [name.strip("`") for name in names if name]


def pieces(text: str) -> list[str]:
    """Split text at commas that are in no bracket and no backticks.

    >>> pieces("x=[1, 2], `a,b`=max(1, 2)")
    ['x=[1, 2]', ' `a,b`=max(1, 2)']
    """
    found, begin, depth, quoted = [], 0, 0, False
    for place, char in enumerate(text):
        if char == "`":
            quoted = not quoted
        elif not quoted:
            depth += (char in "([") - (char in ")]")
            if char == "," and depth <= 0:
                found.append(text[begin:place])
                begin = place + 1
    return [*found, text[begin:]]


def values_for(
    formula: expression,
    at: Sequence[str] | None,
    data: Path | None = None,
    reading: Reading = AS_IT_IS,
) -> dict[str, Any]:
    """Return a value for every variable of a formula, from `--at` and the columns of a file.

    Raises: UnknownVariable for one that has none; ValueTypeError for what is no number.
    """
    given = read_at(at)
    values, names = dict(given), formula.variables
    missing = [name for name in names if name not in values]
    if data is not None and missing:
        sheet = reading.sheet(data)
        columns = [name for name in missing if name in sheet.names]
        if columns:
            values |= reading.table(sheet, columns).mapping()
        missing = [name for name in missing if name not in columns]
        known = f" Columns of {data.name}: {', '.join(map(repr, sheet.names))}."
        hint = closest(missing[0], sheet.names) if missing else ""
    else:
        known = f" Given: {', '.join(map(repr, values))}." if values else ""
        hint = closest(missing[0], values) if missing else ""
    if missing:
        options = " ".join(f"--at {shell_word(name)}=VALUE" for name in missing[:4])
        raise UnknownVariable(
            f"no value for {', '.join(map(repr, missing))} in {formula.to_text(limit=200)}."
            f"{known}{hint}\n  Give it: {options}"
        )
    for name in given:
        if name not in names:
            known = f"Its variables: {', '.join(names)}." if names else "It has no variables."
            hint = closest(name, names)
            warn(f"{formula.to_text(limit=200)} has no variable {name!r}. {known}{hint}")
    return values


def shell_word(name: str) -> str:
    """Write a name as an option's value can hold it."""
    return name if name.isidentifier() else f"'`{name}`'"


def read_at(given: Sequence[str] | None) -> dict[str, Any]:
    """Read values such as "x=1,y=pi/2" or "x=[1, 2, 3]".

    Raises: ValueTypeError for what is not NAME=VALUE, a name given twice, or what is no number.

    >>> read_at(["x=1,y=2*3", "z=[1, 2]"])
    {'x': 1.0, 'y': 6.0, 'z': array([1., 2.])}
    """
    values: dict[str, Any] = {}
    for item in (piece for text in given or () for piece in pieces(text)):
        name, separator, written = divided(item)
        if not separator or not name:
            raise ValueTypeError(
                f"--at {item.strip()!r} is not NAME=VALUE.\n"
                "  For instance --at x=1 --at y=2, or several numbers: --at 'x=[1,2,3]'."
            )
        if name in values:
            raise ValueTypeError(f"--at gives {name!r} twice. Give one value for each name.")
        values[name] = read_value(name, written)
    return values


def divided(item: str) -> tuple[str, str, str]:
    """Cut NAME=VALUE in three; a name in backticks may hold anything."""
    item = item.strip()
    if item.startswith("`") and "`" in item[1:]:
        end = item.index("`", 1)
        rest = item[end + 1 :].lstrip()
        return item[1:end], rest[:1] if rest.startswith("=") else "", rest[1:].strip()
    name, separator, written = item.partition("=")
    return name.strip(), separator, written.strip()


def read_value(name: str, written: str) -> Any:
    """Read a number, an arithmetic expression without variables, or numbers in brackets."""
    try:
        return float(written)
    except ValueError:
        pass
    if written.startswith("["):
        try:
            return np.asarray(json.loads(written), dtype=np.float64)
        except (ValueError, TypeError, RecursionError):
            raise ValueTypeError(
                f"--at {name}={written[:60]} is not numbers in brackets.\n"
                f"  For instance --at '{name}=[1, 2.5, 3]'."
            ) from None
    try:
        found = parse(written)
    except ParseError as error:
        raise ParseError(f"--at {name}={written[:60]}: {error}", error.column) from None
    if found.variables:
        raise ValueTypeError(
            f"--at {name}={written[:60]} is not a number: {found.variables[0]!r} has no value.\n"
            f"  For instance --at {name}=0.5, or --at {name}=pi/2."
        )
    return found.eval()
