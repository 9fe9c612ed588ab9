"""Separated text read by pyarrow: its types, its null words, its digits in groups.

May import pyarrow, the errors and its neighbours in this floor; it must not know what is done with
the columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chainrule.errors import FileFormatError
from chainrule.tables.arrow import arrow, is_numeric
from chainrule.tables.dialect import Dialect
from chainrule.tables.separated import NULLS, TRUTHS, check_header, check_records
from chainrule.tables.text import Lines

__all__ = ["arrow_of_text", "columns_in"]

LARGEST_BLOCK = 2**31 - 1  # pyarrow counts the bytes of a block in 32 bits


def columns_in(
    table: Any, path: Path, dialect: Dialect
) -> tuple[list[tuple[str, Any]], list[bool]]:
    """Return the columns of a table of pyarrow's by name, and which are numbers."""
    check_header(path, table.column_names, dialect.separator)
    columns = list(zip(table.column_names, table.columns, strict=True))
    if dialect.thousands or dialect.decimal != ".":
        columns = [(name, regrouped(column, dialect)) for name, column in columns]
    return columns, [is_numeric(column.type) for _, column in columns]


def regrouped(column: Any, dialect: Dialect) -> Any:
    """Return a column of text as numbers, if all its cells are once their digits are ungrouped."""
    if not arrow("pyarrow.types").is_string(column.type):
        return column
    try:
        numbers = [None if cell is None else dialect.number(cell) for cell in column.to_pylist()]
    except ValueError:
        return column
    pa = arrow()
    return pa.chunked_array([pa.array(numbers, pa.float64())])


def arrow_of_text(path: Path, dialect: Dialect) -> Any:  # pyarrow ships no types
    """Read separated text into a pyarrow table."""
    pa, csv = arrow(), arrow("pyarrow.csv")
    types = arrow("pyarrow.types")
    words = {
        "null_values": [*NULLS, *dialect.na],
        "strings_can_be_null": True,
        "true_values": [word for word, truth in TRUTHS.items() if truth],
        "false_values": [word for word, truth in TRUTHS.items() if not truth],
        "decimal_point": dialect.decimal,
    }
    source, settings = source_of_text(path, dialect)
    parse = csv.ParseOptions(delimiter=dialect.separator)

    def read(**types_of: Any) -> Any:
        options = csv.ReadOptions(**settings), parse, csv.ConvertOptions(**types_of, **words)
        return csv.read_csv(source(), *options)

    def read_as_floats() -> Any:
        # pyarrow takes the types from the first megabyte: whole numbers there may be followed by
        # fractions, and nothing by something.
        options = csv.ReadOptions(**settings), parse, csv.ConvertOptions(**words)
        with csv.open_csv(source(), *options) as start:
            schema = start.schema
        names = Counter(schema.names)
        unsure = [f for f in schema if types.is_integer(f.type) or types.is_null(f.type)]
        floats = {field.name: pa.float64() for field in unsure if names[field.name] == 1}
        return read(column_types=floats)

    for attempt in (read, read_as_floats):
        try:
            table = attempt()
            if not any(types.is_binary(kind) for kind in set(table.schema.types)):
                return table
            break  # bytes that are no UTF-8
        except (pa.ArrowInvalid, UnicodeDecodeError, OSError):
            pass
    check_records(path, dialect)
    # The records are sound, so a type changed on the way: as one block, types come from all of it.
    block = min(sum(len(line.encode()) for line in Lines(path, dialect)) + 1, LARGEST_BLOCK)
    try:
        return csv.read_csv(
            source(),
            csv.ReadOptions(block_size=block, **settings),
            csv.ParseOptions(delimiter=dialect.separator, newlines_in_values=True),
            csv.ConvertOptions(**words),
        )
    except pa.ArrowInvalid as error:
        raise FileFormatError(f"{path.name} cannot be read: {error}.") from error


def source_of_text(path: Path, dialect: Dialect) -> tuple[Callable[[], Any], dict[str, Any]]:
    """Return what pyarrow reads, anew at each call, and how: the file, or the lines that count."""
    if dialect.top is not None:
        encoding = {} if dialect.encoding == "utf-8" else {"encoding": dialect.encoding}
        return lambda: path, {"skip_rows": dialect.top, **encoding}
    text = "".join(Lines(path, dialect)).encode()
    return lambda: arrow().BufferReader(text), {}
