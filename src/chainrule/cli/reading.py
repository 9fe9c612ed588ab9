"""The options with which a command that takes data reads its file."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from chainrule.cli.output import warn
from chainrule.tables.files import read_sheet
from chainrule.tables.sheet import Sheet
from chainrule.tables.table import Table

__all__ = ["AS_IT_IS", "OPTIONS", "Reading"]

PANEL = "Reading the file"
# Name -> the kind of its value, what stands for it in help, and what it says.
_HELP: dict[str, tuple[Any, str, str]] = {
    "separator": (str | None, "CHAR", "Between cells of text; , ; tab and | are found out."),
    "decimal": (str, "CHAR", "The decimal point of text: . or ,"),
    "thousands": (str | None, "CHAR", "What groups the digits of numbers in text."),
    "na": (list[str] | None, "WORD", "A word for a missing value, such as ?. Repeat it."),
    "encoding": (str, "NAME", "Of text: utf-8, latin-1, utf-16, ..."),
    "comment": (str | None, "START", "How lines begin that are none of the table."),
    "skip": (str, "LINES", "Lines that are none of it: 2, the first two, or 2-2, the second."),
    "missing": (str, "refuse|drop", "What to do with rows that lack a number."),
}


class Reading(NamedTuple):
    """How to read a file: the settings of `read_table`."""

    separator: str | None = None
    decimal: str = "."
    thousands: str | None = None
    na: Sequence[str] | None = None
    encoding: str = "utf-8"
    comment: str | None = None
    skip: str = "0"
    missing: str = "refuse"

    def sheet(self, path: Path) -> Sheet:
        """Read what columns a file has.

        Raises: as `read_sheet`.
        """
        separator = "\t" if self.separator in ("\\t", "tab") else self.separator
        settings = self._asdict() | {"separator": separator, "na": self.na or ()}
        del settings["missing"]
        return read_sheet(path, **settings)

    def table(self, sheet: Sheet, names: Sequence[str] | None = None) -> Table:
        """Select columns, and tell how many rows were dropped.

        Raises: as `Sheet.select`.
        """
        found = sheet.select(names, missing=self.missing)
        if found.n_dropped:
            total = found.n_rows + found.n_dropped
            rows = "row" if total == 1 else "rows"
            warn(f"dropped {found.n_dropped:,} of {total:,} {rows} that lack a number.")
        return found


AS_IT_IS = Reading()
# As parameters of a command, in place of one that is called `reading`.
OPTIONS = [
    inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=Reading._field_defaults[name],
        annotation=Annotated[
            kind,
            typer.Option(
                f"--{name}",
                metavar=metavar,
                help=text,
                rich_help_panel=PANEL,
                show_default=name in ("decimal", "encoding", "missing"),
            ),
        ],
    )
    for name, (kind, metavar, text) in _HELP.items()
]
