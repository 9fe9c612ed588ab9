"""The one place that imports pyarrow, which is optional and heavy.

May import the errors; it must not know what is read with it.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any
from weakref import WeakSet

from chainrule.errors import DataError, missing_extra

__all__ = ["arrow", "is_numeric", "stream_of", "table_of"]

# What pyarrow says of a reader at its end is that it has no rows.
READ: WeakSet[Any] = WeakSet()


def arrow(module: str = "pyarrow", what: str = "A Parquet, Feather or Arrow file") -> ModuleType:
    """Import a module of pyarrow. what: needs it.

    Raises: MissingExtra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise missing_extra("pyarrow", "data", what) from error


def stream_of(source: Any) -> Any:  # pyarrow ships no types
    """Return a reader of record batches from whatever answers `__arrow_c_stream__`.

    Raises: DataError for one that can be read once, and has been; MissingExtra.
    """
    reader = arrow(what="A stream in Arrow's form").RecordBatchReader
    if isinstance(source, reader):
        if source in READ:
            raise twice(source)
        READ.add(source)
    try:
        return reader.from_stream(source)
    except arrow().ArrowInvalid as error:
        raise twice(source) from error


def twice(source: Any) -> DataError:
    """Build the error for a stream that is asked for its rows again."""
    return DataError(
        f"the {type(source).__name__} has been read already, and cannot be read twice.\n"
        "  Give what can: a table of all its rows (read_all of pyarrow's), or the file."
    )


def table_of(batches: Any) -> Any:
    """Return record batches as one table."""
    return arrow().Table.from_batches(batches)


def is_numeric(kind: Any) -> bool:
    """Tell a type of pyarrow's for numbers or truth values."""
    types = arrow("pyarrow.types")
    tests = (types.is_integer, types.is_floating, types.is_decimal, types.is_boolean)
    return any(test(kind) for test in tests)
