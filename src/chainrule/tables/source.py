"""The columns that a user's tables hold, by name: mappings, dataframes, rows, and lists of these.

A dataframe of any library comes by narwhals, and only the columns asked for are read. May import
`columns`; it must not know of programs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np

from chainrule.errors import DataError, NameClash, ValueTypeError
from chainrule.tables.columns import (
    MISSING_NAMES,
    NotNumbers,
    as_floats,
    eager_frame,
    missing_cells,
    series_of,
)

__all__ = [
    "IN_WORDS",
    "column",
    "columns_of",
    "kind_in_words",
    "listed",
    "missing_value",
    "names_of",
    "not_numeric",
    "place_of",
]

# What floors above call values of their own that stand where a number belongs.
IN_WORDS: dict[type, str] = {}


def columns_of(values: Any, names: Collection[str]) -> Mapping[Any, Any]:
    """Return what the values hold for the names, from a table, or a list of tables and mappings.

    Raises: ValueTypeError for what is neither; NameClash for a name that two of a list hold.
    """
    if not isinstance(values, list | tuple):
        return part_of(values, names)
    found: dict[str, Any] = {}
    for part in values:
        held = part_of(part, names, inside=True)
        for name in names:
            if name in held:
                if name in found:
                    raise NameClash(
                        f"{name!r} is in two of the tables and mappings given. Leave it out of "
                        "one of them, or rename it."
                    )
                found[name] = held[name]
    return found


def part_of(values: Any, names: Collection[str], *, inside: bool = False) -> Mapping[Any, Any]:
    """Return a mapping as it is, and what a table holds for the names as arrays.

    inside: whether the values stand in a list.
    """
    if isinstance(values, Mapping):
        return values
    fields = getattr(getattr(values, "dtype", None), "names", None)
    if fields is not None and isinstance(values, np.ndarray | np.void):  # a structured array
        return {name: values[name] for name in names if name in fields}
    frame = None if isinstance(values, list | tuple) else eager_frame(values, "the table", names)
    if frame is not None:
        return frame_columns(frame, names)
    if hasattr(values, "keys"):  # a row of a table, such as a pandas Series with its index
        known = set(values.keys())
        if not known or any(isinstance(name, str) for name in known):
            return {name: values[name] for name in names if name in known}
    kind = f"a list that holds {article(values)}" if inside else type(values).__name__
    raise ValueTypeError(
        "values must be a mapping from names to numbers, a dataframe, or a list of these, "
        f'not {kind}. For instance {{"x": 10}}, or [table, {{"m": 2}}].'
        + " A column alone has no name here: give {'x': column}."
        * (series_of(values) is not None)
    )


def article(value: Any) -> str:
    """Write the type of a value with its article."""
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def frame_columns(frame: Any, names: Collection[str]) -> dict[str, Any]:
    """Return the named columns of a dataframe as arrays; absent names are left out."""
    present = set(frame.columns)
    found = {}
    for name in names:
        if name in present:
            try:
                found[name] = column(f"column {name!r}", frame[name])
            except ValueTypeError as error:
                numeric = [c for c, kind in frame.schema.items() if kind.is_numeric()]
                raise ValueTypeError(f"{error} Numeric columns: {listed(numeric)}.") from None
    return found


def names_of(values: Any) -> list[Any]:
    """List the names that the values do hold, for an error message."""
    if isinstance(values, list | tuple):
        return list(dict.fromkeys(name for part in values for name in names_of(part)))
    fields = getattr(getattr(values, "dtype", None), "names", None)
    if fields is not None:
        return list(fields)
    if hasattr(values, "keys"):
        return list(values.keys())
    if hasattr(values, "collect_schema"):  # asked of a lazy frame, its `columns` warn
        schema = values.collect_schema()
        return list(schema.names() if callable(getattr(schema, "names", None)) else schema)
    if hasattr(values, "schema"):
        return list(values.schema.names)
    return list(getattr(values, "columns", []))


def listed(names: Iterable[Any], most: int = 12) -> str:
    """Write names for a message: 'a', 'b', 'c', and how many more."""
    shown_names = [repr(name) for name in names]
    if not shown_names:
        return "none"
    more = f" and {len(shown_names) - most} more" if len(shown_names) > most else ""
    return ", ".join(shown_names[:most]) + more


def column(called: str, series: Any) -> Any:
    """Return a series of any library as floats, or complex numbers.

    Raises: ValueTypeError for what is not of numbers; DataError for a cell that is missing.
    """
    found = as_floats(series)
    if isinstance(found, NotNumbers):
        if found.kind in ("complex64", "complex128"):
            return series.to_numpy()
        raise not_numeric(called, found, f"row {found.row}")
    gaps = missing_cells(series)
    if gaps is not None:
        raise missing_value(called, gaps)
    return found


def place_of(position: int, shape: tuple[int, ...]) -> str:
    """Name a cell by its row, or by its place in an array of more axes."""
    if len(shape) < 2:
        return f"row {position}"
    place = np.unravel_index(position, shape)
    return f"element ({', '.join(str(part) for part in place)})"


def not_numeric(called: str, found: NotNumbers, place: str) -> ValueTypeError:
    """Build the error for a column that is not of numbers, from the first cell that shows it."""
    kind = f" it is of type {found.kind}, and" if found.kind != "object" else ""
    return ValueTypeError(
        f"{called} is not numeric:{kind} {place} holds {found.shown}, "
        f"{kind_in_words(found.value)}. {found.advice}"
    )


def missing_value(called: str, gaps: Any) -> DataError:
    """Build the error for cells that are missing: where the first one is, and how many."""
    place = place_of(int(np.argmax(gaps)), gaps.shape)
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
