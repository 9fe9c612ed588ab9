"""Separated text (CSV, TSV) with the standard library alone, and what is wrong with a bad one.

May import NumPy, `errors` and `refusal`; it must not know of pyarrow or of tables.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import FileFormatError
from chainrule.tables import refusal
from chainrule.tables.dialect import Dialect, option
from chainrule.tables.text import Lines

__all__ = ["NULLS", "TRUTHS", "check_header", "check_records", "read_separated", "write_separated"]

# The words for "missing" that pandas, polars and pyarrow agree on; NaN is a number, and stays one.
NULLS = ("", "#N/A", "N/A", "n/a", "NA", "<NA>", "NULL", "null", "None")
TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_CHUNK = 65_536  # rows turned into Python objects at a time when writing


def read_separated(path: Path, dialect: Dialect) -> list[tuple[str, NDArray[Any]]]:
    """Read the columns: floats where every cell is a number, else text, None where it is missing.

    dialect: of which the separator is known.
    Raises: FileFormatError that names the line.
    """
    records = _records(path, dialect)
    header = next(records)
    rows = list(records)
    cells = zip(*rows, strict=True) if rows else [()] * len(header)
    return [(name, _column(column, dialect)) for name, column in zip(header, cells, strict=True)]


def check_records(path: Path, dialect: Dialect) -> None:
    """Read the file to its end for nothing but the errors in it.

    Raises: FileFormatError that names the line.
    """
    for _ in _records(path, dialect):
        pass


def check_header(path: Path, names: Sequence[str], separator: str) -> None:
    """Check that the names of several columns are not run together.

    Raises: FileFormatError.
    """
    if len(names) == 1:
        likely = next((c for c in ",;\t|" if c != separator and c in names[0]), None)
        if likely is not None:
            raise FileFormatError(
                f"{path.name} was read as separated by {separator!r} and has one column, "
                f"{names[0]!r}.\n  Pass {option('separator', likely)}."
            )


def write_separated(path: Path, columns: Mapping[str, NDArray[Any]], separator: str) -> None:
    """Write the columns under a line of their names; floats in the shortest form that is exact."""
    n_rows = len(next(iter(columns.values())))
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter=separator, lineterminator="\n")
        writer.writerow(columns)
        for start in range(0, n_rows, _CHUNK):
            chunk = (column[start : start + _CHUNK].tolist() for column in columns.values())
            writer.writerows(zip(*chunk, strict=True))


def _records(path: Path, dialect: Dialect) -> Iterator[list[str]]:
    """Yield the header and every record, all of one length, without empty lines."""
    header: list[str] = []
    lines = Lines(path, dialect)
    named = 0  # the line of the header
    reader = csv.reader(lines, delimiter=dialect.separator, strict=True)
    try:
        for record in filter(None, reader):
            if not header:
                check_header(path, record, dialect.separator)
                header, named = record, lines.number
            if len(record) != len(header):
                raise FileFormatError(_ragged(path, (named, lines.number), record, header))
            yield record
    except csv.Error as error:
        message = f"line {lines.number} of {path.name} is malformed: {error}."
        raise FileFormatError(message) from error
    if not header:
        raise FileFormatError(f"{path.name} is empty.\n  Its first line should name the columns.")


def _ragged(
    path: Path, lines: tuple[int, int], record: Sequence[str], header: Sequence[str]
) -> str:
    """Say which record has another length than the header; lines: of the header and the record."""
    named, line = lines
    title = (
        f" If line {named} is no header but a title, pass {option('skip', named)}."
        if len(record) > len(header)
        else ""
    )
    return (
        f"line {line} of {path.name} has {len(record)} values where the header names "
        f"{len(header)} column{'s' * (len(header) != 1)}: {refusal.listed(record)}.\n"
        f"  Add what is missing, or quote a value that contains the separator.{title}"
    )


def _column(texts: Sequence[str], dialect: Dialect) -> NDArray[Any]:
    """Read a column as truth values, as numbers, or as the text it is; None where it is missing."""
    nulls = {*NULLS, *dialect.na}
    present = [None if text in nulls else text for text in texts]
    holed = None in present
    for read in (TRUTHS.__getitem__, dialect.number):
        try:
            values = [None if text is None else read(text) for text in present]
        except (KeyError, ValueError):
            continue
        return np.array(values, dtype=object if holed else None)
    return np.array(present, dtype=object)
