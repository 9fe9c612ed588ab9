"""What the door of the floor of tables says to a table that it does not let in.

Every function builds one error: what was asked, what was found, what to do. May import NumPy,
`errors` and `columns`; it must not know how a table is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import ChainRuleError, DataError, DataTypeError, ShapeError
from chainrule.tables import columns
from chainrule.tables.columns import MISSING_NAMES, NotNumbers, Trouble

__all__ = [
    "IN_WORDS",
    "check_unique",
    "empty",
    "kind_in_words",
    "listed",
    "missing_value",
    "mixed_names",
    "not_finite",
    "not_numbers",
    "not_one_column",
    "one_dimensional",
    "other_dimensions",
    "place_of",
    "repeated_names",
    "sparse",
    "uneven",
]

SHOWN = 12  # names written out before "and 3 more"
# What floors above call values of their own that stand where a number belongs.
IN_WORDS: dict[type, str] = {}


def listed(names: Iterable[object]) -> str:
    """Write names for a message, the first twelve of them; "none" where there are none.

    >>> listed(["a", "b"])
    "'a', 'b'"
    >>> listed(range(15))
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more'
    """
    written = [repr(name) for name in names]
    rest = f" and {len(written) - SHOWN} more" if len(written) > SHOWN else ""
    return ", ".join(written[:SHOWN]) + rest if written else "none"


def empty(called: str, shape: tuple[int, ...]) -> DataError:
    """Build the error for data without rows or without columns."""
    what = "feature" if shape[0] else "sample"
    remedy = "Was everything filtered out?" if what == "sample" else "Give it at least one column."
    return DataError(
        f"Found {called} with 0 {what}(s) (shape={shape}) while a minimum of 1 is required.\n"
        f"  {remedy}"
    )


def one_dimensional(called: str, shape: tuple[int, ...], kind: str) -> ShapeError:
    """Build the error for one column, or one number, where a table belongs."""
    found = "1D" if shape else "scalar"
    array = called if kind == "ndarray" else f"np.asarray({called})"
    return ShapeError(
        f"Expected 2D array, got {found} array instead: "
        f"{called} is of type {kind} and shape {shape}.\n"
        f"  Reshape your data: {array}.reshape(-1, 1) if it is one column, "
        f"{array}.reshape(1, -1) if it is one row."
    )


def other_dimensions(called: str, shape: tuple[int, ...]) -> ShapeError:
    """Build the error for an array of three or more dimensions."""
    return ShapeError(
        f"Found {called} with dim {len(shape)} (shape={shape}), while dim <= 2 is required.\n"
        f"  A table has rows and columns: {called}.reshape(len({called}), -1) makes it one."
    )


def uneven(called: str, lengths: Sequence[tuple[object, int]], what: str) -> ShapeError:
    """Build the error for rows, or columns, of unequal length."""
    (first, length) = lengths[0]
    other, differs = next(pair for pair in lengths if pair[1] != length)
    return ShapeError(
        f"The {what}s of {called} differ in length: "
        f"{what} {first!r} has {length} values, {what} {other!r} has {differs}.\n"
        f"  Give every {what} the same number of values."
    )


def not_one_column(called: str, shape: tuple[int, ...]) -> ShapeError:
    """Build the error for what should be one column and is not."""
    return ShapeError(
        f"{called} should be a 1d array, got an array of shape {shape} instead.\n"
        f"  Pass one column, with one number a row."
    )


def repeated_names(called: str, names: Sequence[object]) -> DataError:
    """Build the error for columns that share a name."""
    return columns.repeated_names(called, listed(names))


def check_unique(names: Iterable[object], called: str) -> None:
    """Check that no name is there twice."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise repeated_names(called, repeated)


def mixed_names(called: str, labels: Iterable[object]) -> DataTypeError:
    """Build the error for column names of which only some are text."""
    types = sorted({type(label).__qualname__ for label in labels})
    return DataTypeError(
        "Feature names are only supported if all input features have string names, but "
        f"{called} has {types} as feature name / column name types.\n"
        f"  Make them all text: {called}.columns = {called}.columns.astype(str)"
    )


def sparse(called: str, kind: str) -> DataTypeError:
    """Build the error for a sparse matrix."""
    return DataTypeError(
        f"Sparse data is not supported: {called} is a {kind}.\n"
        f"  Make it dense, if memory allows: {called}.toarray()"
    )


def not_numbers(
    called: str,
    refused: Sequence[tuple[object, NotNumbers]],
    numeric: Iterable[object] = (),
    shape: tuple[int, ...] = (),
) -> ChainRuleError:
    """Build the error for columns that are not numbers: the first in full, the others by name.

    numeric: columns that are numbers. shape: of what was looked through, where it is no column.
    """
    label, column = refused[0]
    place = called if label is None else f"column {label!r} of {called}"
    where = place_of(column.row, shape)
    if column.kind.startswith("complex"):
        return DataError(
            f"Complex data not supported: {place} holds {column.shown} in {where}.\n"
            f"  Split it into real numbers, such as its real and imaginary parts."
        )
    others = f" Not numbers either: {listed(name for name, _ in refused[1:])}." * (len(refused) > 1)
    usable = listed(numeric)
    usable = "" if usable == "none" else f" Columns that are numbers: {usable}."
    return DataTypeError(
        f"{place} is of type {column.kind}, not of numbers: {where} holds {column.shown}, "
        f"{kind_in_words(column.value)}{column.reason}.\n  {column.advice}{others}{usable}"
    )


def not_finite(
    called: str, found: Sequence[tuple[object, Trouble]], n_cells: int | None
) -> DataError:
    """Build the error for cells that are missing, NaN or infinite: the first one, and how many.

    n_cells: in all; None where more are still to be read.
    """
    label, first = min(found, key=lambda pair: pair[1].row)
    total = sum(trouble.cells for _, trouble in found)
    column = "" if label is None else f", column {label!r}"
    head = {"null": "null (a missing value, NaN)", "NaN": "NaN"}.get(first.word, "infinity")
    shares = ", ".join(f"{trouble.cells} in {name!r}" for name, trouble in found[:SHOWN])
    counts = f" ({shares})" * (len(found) > 1)
    verb = "is" if total == 1 else "are"
    among = f"{total} of {n_cells} cells"
    if n_cells is None:
        among = f"{total} cell{'s' * (total != 1)} so far"
    return DataError(
        f"Input {called} contains {head}: row {first.row}{column}: {first.word} "
        f"(rows count from 0).\n"
        f"  {among} {verb} NaN, null or infinite{counts}. "
        f"Drop such rows, or fill the cells in, and pass {called} again."
    )


def place_of(position: int, shape: tuple[int, ...]) -> str:
    """Name a cell by its row, or by its place in an array of more axes."""
    if len(shape) < 2:
        return f"row {position}"
    place = np.unravel_index(position, shape)
    return f"element ({', '.join(str(part) for part in place)})"


def missing_value(called: str, gaps: Any, first: int = 0) -> DataError:
    """Build the error for cells that are missing: where the first one is, and how many.

    first: the number of the first row.
    """
    place = place_of(first + int(np.argmax(gaps)), gaps.shape)
    count = int(np.count_nonzero(gaps))
    return DataError(
        f"{called} has a null (a missing value) in {place}, counted from 0; "
        f"{count} of {gaps.size} {'is' if count == 1 else 'are'} missing. "
        "Drop such rows, or fill them in. Where NaN is meant, give float('nan')."
    )


def kind_in_words(value: Any) -> str:
    """Say what kind of thing a value is, as a reader would."""
    if value is None:
        return "which is nothing"
    if type(value).__name__ in MISSING_NAMES:
        return "a missing value"
    if isinstance(value, str | bytes):
        return "which is text"
    if isinstance(value, bool | np.bool_):
        return "a truth value"
    for kind, words in IN_WORDS.items():
        if isinstance(value, kind):
            return words
    return f"of type {type(value).__name__}"
