"""The columns of a file: what it has is known at once, and what is selected must be numbers.

A source of columns, see `Source`. May import its neighbours in this floor; it must not know how a
kind of file is read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import ChainRuleError, DataError, SettingError
from chainrule.tables import refusal
from chainrule.tables.columns import Floats, NotNumbers, as_floats
from chainrule.tables.source import Held, rebatched
from chainrule.tables.table import Table, as_table, check_names, checked_columns

__all__ = ["Sheet"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sheet:
    """The columns of a file; only those that are selected must be numbers.

    `names` are all columns in the file's order, `numeric` those whose type is one of numbers or
    truth values. Made by `read_sheet`.

    >>> from tempfile import TemporaryDirectory
    >>> from chainrule.tables import read_sheet, write_table
    >>> with TemporaryDirectory() as folder:
    ...     write_table(f"{folder}/houses.csv", {"size": [50.0, 80.0], "town": ["Ulm", "Bern"]})
    ...     houses = read_sheet(f"{folder}/houses.csv")
    >>> houses
    Sheet(houses.csv: 'size', 'town')
    >>> houses.numeric
    ('size',)
    """

    path: Path
    names: tuple[str, ...]
    numeric: tuple[str, ...]
    # Columns by their places in the file.
    fetch: Callable[[Sequence[int]], Sequence[tuple[str, Any]]]
    # What keeps a column of text from being one of numbers, where it looks like one.
    doubt: Callable[[int], ChainRuleError | None] = lambda _place: None
    # The index that pandas wrote beside the columns: none of the table unless it is asked for.
    index: tuple[str, ...] = ()
    n_rows: int | None = None
    # So many rows of columns by their places, at a time; None where all are in memory anyway.
    stream: Callable[[Sequence[int], int], Iterator[Mapping[str, Any]]] | None = None

    def __repr__(self) -> str:
        return f"Sheet({self.path.name}: {refusal.listed(self.names)})"

    def select(self, names: Sequence[str] | None = None, *, missing: str = "refuse") -> Table:
        """Give these columns, or all, as a table of numbers, checked as by `as_table`.

        missing: "refuse" rows that lack a number, or "drop" them; `n_dropped` of the table tells.
        Raises: DataError for a column that the file lacks or has twice, DataTypeError for text.
        """
        chosen = self._chosen(names)
        called = self.path.name
        found = self.fetch(self._places(chosen))
        if missing == "drop":
            return without_missing(found, called)
        if missing != "refuse":
            raise SettingError(f"missing is 'refuse' or 'drop', not {missing!r}.")
        return as_table(dict(found), called=called)

    def columns(self, names: Collection[str]) -> dict[str, Floats]:
        """Give those of these columns that are there, whole.

        Raises: as `select`.
        """
        chosen = self._among(names)
        return self.select(chosen).mapping() if chosen else {}

    def blocks(self, names: Collection[str], rows: int) -> Iterator[Mapping[str, Floats]]:
        """Give so many rows of those columns that are there at a time; Parquet and Arrow from disk.

        Raises: as `select`, once the rows come that it is about.

        >>> from tempfile import TemporaryDirectory
        >>> from chainrule.tables import read_sheet, write_table
        >>> with TemporaryDirectory() as folder:
        ...     write_table(f"{folder}/houses.parquet", {"size": [50.0, 80.0, 65.0]})
        ...     houses = read_sheet(f"{folder}/houses.parquet")
        ...     [block["size"].tolist() for block in houses.blocks(["size"], 2)]
        [[50.0, 80.0], [65.0]]
        """
        chosen = self._among(names)
        if self.stream is None or not chosen:
            yield from Held(self.columns(chosen)).blocks(chosen, rows)
            return
        yield from rebatched(self._checked(chosen, self.stream(self._places(chosen), rows)), rows)

    def _checked(
        self, names: Sequence[str], parts: Iterator[Mapping[str, Any]]
    ) -> Iterator[dict[str, Floats]]:
        first = 0
        for part in parts:
            found = checked_columns(names, [part[n] for n in names], self.path.name, first=first)
            yield dict(zip(names, found, strict=True))
            first += len(found[0])

    def _among(self, names: Collection[str]) -> list[str]:
        there = {*self.names, *self.index}
        return [name for name in names if name in there]

    def _chosen(self, names: Sequence[str] | None) -> tuple[str, ...]:
        wanted = self.names if names is None else names
        return (wanted,) if isinstance(wanted, str) else tuple(wanted)

    def _places(self, chosen: Sequence[str]) -> list[int]:
        """Return the places of columns in the file, once they are known to be numbers."""
        called = self.path.name
        check_names(chosen, (*self.names, *self.index), called=called)
        asked = set(chosen)
        refusal.check_unique([name for name in self.names if name in asked], called)
        if "" in asked:
            raise DataError(
                f"column {self.names.index('')} of {called} has no name.\n"
                f"  Name it in the first line, or select columns by name. If it is the index that "
                f"pandas wrote: to_csv(path, index=False)."
            )
        places = {name: place for place, name in enumerate((*self.names, *self.index))}
        found = [places[name] for name in chosen]
        self.check_text(found)
        return found

    def check_left_out(self, names: Sequence[str]) -> None:
        """Check that columns which are left out, because they are text, do not hold numbers.

        Raises: DataTypeError that names the first cell that is none, and what to do about it.
        """
        left = set(names)
        self.check_text([place for place, name in enumerate(self.names) if name in left])

    def check_text(self, places: Sequence[int]) -> None:
        """Raise for the first of some columns that is text and looks like numbers."""
        for place in places:
            error = self.doubt(place)
            if error is not None:
                raise error


def without_missing(columns: Sequence[tuple[str, Any]], called: str) -> Table:
    """Return the table of the rows in which no number is missing."""
    floats = {name: as_floats(column) for name, column in columns}
    numbers = {name: x for name, x in floats.items() if not isinstance(x, NotNumbers)}
    bad = np.logical_or.reduce([np.isnan(x) for x in numbers.values()], axis=0)
    if len(numbers) < len(floats) or not np.any(bad):  # of text, `as_table` has the words
        return as_table(dict(columns), called=called)
    kept = {name: x[~bad] for name, x in numbers.items()}
    table = as_table(kept, called=f"{called} without its rows that lack a number")
    return replace(table, n_dropped=int(np.count_nonzero(bad)))
