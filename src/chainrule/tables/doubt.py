"""Columns of text that hold numbers all but a few cells: which cell, and what to do about it.

May import the errors and the dialect; it must not know how a table is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from chainrule.errors import DataTypeError
from chainrule.tables.dialect import Dialect, option

__all__ = ["mostly_numbers"]

SAMPLE = 1_000  # cells that are looked at before all are
# What a person would take for a number, whatever its signs.
LIKE_A_NUMBER = re.compile(
    r"\s*[(]?\s*[+\-\u2212]?\s*[$\u20ac\u00a3\u00a5]?\s*[.,]?\d[\d.,'\u2019\u00a0\u202f ]*"
    r"(?:[eE][+\-]?\d+)?\s*[%)$\u20ac\u00a3\u00a5]?\s*"
)
GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?P<mark>[,.'\u2019\u00a0\u202f ])\d{3})+(?P<rest>[.,]\d+)?")


def mostly_numbers(
    name: str, cells: Sequence[str | None], dialect: Dialect, called: str
) -> DataTypeError | None:
    """Return the error for a column of which half the cells or more are numbers; else None.

    cells: the texts, None where one is missing. called: the file.
    """
    sample = list(islice((cell for cell in cells if cell is not None), SAMPLE))
    alike = sum(LIKE_A_NUMBER.fullmatch(cell) is not None for cell in sample)
    if not sample or 2 * alike < len(sample):
        return None
    wrong = [
        (row, cell)
        for row, cell in enumerate(cells)
        if cell is not None and not is_number(cell, dialect)
    ]
    if not wrong:
        return None
    row, cell = wrong[0]
    more = f", and {len(wrong) - 1} more like it" if len(wrong) > 1 else ""
    return DataTypeError(
        f"column {name!r} of {called} holds numbers, but row {row} (rows count from 0) holds "
        f"{cell!r}{more}.\n  {advice(row, cell, len(wrong) == 1)}"
    )


def is_number(cell: str, dialect: Dialect) -> bool:
    """Tell whether a cell reads as a number."""
    try:
        dialect.number(cell)
    except ValueError:
        return False
    return True


def advice(row: int, cell: str, is_only: bool) -> str:  # noqa: FBT001 - one call, one line above
    """Say what to do about the cell."""
    bare = cell.strip()
    grouped = GROUPED.fullmatch(bare)
    if grouped is not None:
        point = (grouped["rest"] or ".")[0]
        decimal = f"{option('decimal', ',')} and " if point == "," else ""
        return f"If that groups the digits, pass {decimal}{option('thousands', grouped['mark'])}."
    if re.fullmatch(r"[+-]?\d*,\d+", bare):
        return f"If the comma is the decimal point, pass {option('decimal', ',')}."
    if "\u2212" in bare:
        return "Its minus is the sign U+2212: replace it by the plain one, '-'."
    if LIKE_A_NUMBER.fullmatch(bare):
        return "Take signs and units away from the numbers first, or leave the column out."
    units = (
        " If it is a unit below the header, leave its line out, for instance "
        f"{option('skip', '2-2')}."
        if row == 0 and is_only
        else ""
    )
    return f"If it stands for a missing value, pass {option('na', [cell])}.{units}"
