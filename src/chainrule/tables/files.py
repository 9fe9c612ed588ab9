"""Tables in files: CSV, TSV, Parquet, Feather and Arrow, read by column and written exactly.

Stands on pyarrow (extra `data`), and on `separated` for CSV where pyarrow is missing. May import
NumPy, `errors` and its neighbours in this floor; it must not know of models or of the command line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chainrule.errors import (
    ChainRuleError,
    FileFormatError,
    MissingExtra,
    SettingError,
    closest,
)
from chainrule.tables import refusal
from chainrule.tables.arrow import arrow, is_numeric, table_of
from chainrule.tables.arrow_text import arrow_of_text, columns_in
from chainrule.tables.columns import NotNumbers, as_floats, series_of
from chainrule.tables.dialect import PLAIN, Dialect, dialect_of
from chainrule.tables.doubt import mostly_numbers
from chainrule.tables.frames import index_of_pandas
from chainrule.tables.separated import read_separated, write_separated
from chainrule.tables.sheet import Sheet
from chainrule.tables.table import Table
from chainrule.tables.text import PACKED, separator_in

__all__ = ["read_sheet", "read_table", "write_table"]

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_ARROW = (".feather", ".arrow")
_KNOWN = (*_SEPARATORS, ".parquet", *_ARROW)


def read_table(
    path: str | os.PathLike[str],
    columns: Sequence[str] | None = None,
    *,
    missing: str = "refuse",
    **settings: Any,
) -> Table:
    """Read columns of numbers from a file: these, in this order, or all of them.

    Known are .csv, .tsv, .parquet, .feather and .arrow; text may be packed, as .csv.gz. missing:
    "refuse" rows that lack a number, or "drop" them. settings: of text, as for `read_sheet`.
    Raises: FileNotFoundError, FileFormatError, MissingExtra, SettingError, and as `as_table`.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_table(f"{folder}/houses.csv", {"size": [50.0, 80.0], "town": ["Ulm", "Bern"]})
    ...     read_table(f"{folder}/houses.csv", ["size"])
    Table(2 rows, 1 column: 'size')
    """
    return read_sheet(path, **settings).select(columns, missing=missing)


def read_sheet(
    path: str | os.PathLike[str],
    *,
    separator: str | None = None,
    decimal: str = ".",
    thousands: str | None = None,
    na: str | Iterable[str] = (),
    encoding: str = "utf-8",
    comment: str | None = None,
    skip: int | str | Iterable[int] = 0,
) -> Sheet:
    """Read what columns a file has; those of Parquet, Feather and Arrow only when selected.

    The rest is for text. separator: between cells; commas, semicolons, tabs and bars are found out.
    decimal, thousands: the point of numbers, and what groups their digits. na: words for a missing
    value, beside NA, null and their like. comment: how lines begin that are none of the table.
    skip: so many lines at the top are none of it, or the lines of these numbers, from 1.
    Raises: FileNotFoundError with the names near by; FileFormatError for a file that is empty, has
    no rows, has lines of unequal length, or is not what its extension says; SettingError;
    MissingExtra.

    >>> read_sheet("nowhere/houses.csv")
    Traceback (most recent call last):
    FileNotFoundError: there is no file 'nowhere/houses.csv': there is no folder 'nowhere'.
    """
    dialect = dialect_of(
        separator=separator,
        decimal=decimal,
        thousands=thousands,
        na=na,
        encoding=encoding,
        comment=comment,
        skip=skip,
    )
    path = Path(path)
    _check_file(path)
    suffix = _known_suffix(path)
    if suffix in _SEPARATORS:
        if not dialect.separator:
            found = separator_in(path, dialect, _SEPARATORS[suffix])
            dialect = dialect._replace(separator=found)
        return _sheet_of_text(path, dialect)
    if dialect != PLAIN:
        raise SettingError(
            f"{path.name} is no text: a {suffix} file has no separator, no encoding and no lines.\n"
            "  Leave these settings out."
        )
    return _sheet_of_arrow(path, suffix)


def write_table(path: str | os.PathLike[str], columns: Table | Mapping[str, ArrayLike]) -> None:
    """Write columns of one length to a file, of the kind that its extension says.

    Floats come back with the same bits from every format.
    Raises: FileFormatError for an unknown extension; ShapeError for unequal lengths; MissingExtra.

    >>> write_table("houses.doc", {"size": [50.0]})
    Traceback (most recent call last):
    chainrule.errors.FileFormatError: 'houses.doc' has the extension '.doc'.
      Known are '.csv', '.tsv', '.parquet', '.feather', '.arrow'.
    """
    path = Path(path)
    suffix = _known_suffix(path, to_write=True)
    given = columns.mapping() if isinstance(columns, Table) else columns
    arrays = {name: np.asarray(column) for name, column in given.items()}
    lengths = [(name, len(column)) for name, column in arrays.items()]
    if not lengths:
        raise refusal.empty("columns", (0, 0))
    if len({length for _, length in lengths}) > 1:
        raise refusal.uneven("the table", lengths, "column")
    # Beside the file first: it may still be mapped into memory as the source of these columns.
    part = path.with_name(f"{path.name}.part")
    try:
        _write(part, suffix, arrays)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write(path: Path, suffix: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a file of the kind that the extension stands for."""
    if suffix in _SEPARATORS:
        write_separated(path, arrays, _SEPARATORS[suffix])
        return
    table = arrow().table(dict(arrays))
    if suffix == ".parquet":
        arrow("pyarrow.parquet").write_table(table, path)
        return
    with arrow("pyarrow.ipc").new_file(path, table.schema) as file:
        file.write_table(table)


def _check_file(path: Path) -> None:
    """Check that there is a file, with something in it."""
    if path.is_dir():
        raise FileFormatError(f"{str(path)!r} is a folder.\n  Name a file in it.")
    if not path.exists():
        if not path.parent.is_dir():
            message = f"there is no file {str(path)!r}: there is no folder {str(path.parent)!r}."
            raise FileNotFoundError(message)
        near = sorted(item.name for item in path.parent.iterdir() if item.suffix in _KNOWN)
        found = f"\n  Tables in that folder: {refusal.listed(near)}." if near else ""
        suggestion = closest(path.name, near)
        raise FileNotFoundError(f"there is no file {str(path)!r}.{suggestion}{found}")
    if path.stat().st_size == 0:
        raise FileFormatError(f"{path.name} is empty.\n  Write the table to it again.")


def _known_suffix(path: Path, *, to_write: bool = False) -> str:
    """Return the extension that says what a file is; of a packed one to read, that below."""
    suffix = path.suffix.lower()
    if suffix in PACKED and not to_write:
        below = Path(path.stem).suffix.lower()
        if below in _SEPARATORS:
            return below
    if suffix not in _KNOWN:
        packed = f"; text may be packed: {refusal.listed(f'.csv{end}' for end in PACKED)}"
        raise FileFormatError(
            f"{path.name!r} has the extension {path.suffix!r}.\n"
            f"  Known are {refusal.listed(_KNOWN)}{packed * (not to_write)}."
        )
    return suffix


def _sheet_of_arrow(path: Path, suffix: str) -> Sheet:
    """Describe a file that says its types: Parquet, Feather, Arrow.

    Raises: FileFormatError for one that is none.
    """
    pa = arrow()
    try:
        if suffix == ".parquet":
            file = arrow("pyarrow.parquet").ParquetFile(path, memory_map=True)
            schema = file.schema_arrow

            def cut(names: Sequence[str], rows: int) -> Iterator[Any]:
                batches = file.iter_batches(rows, columns=list(names))
                return (table_of([batch]) for batch in batches)

            return _sheet_of_schema(
                path,
                schema,
                lambda names: file.read(columns=list(names)),
                cut,
                file.metadata.num_rows,
            )
        table = _open_arrow(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise FileFormatError(
            f"{path.name} cannot be read as a {suffix} file: {error}.\n"
            f"  Was it cut short, or given the wrong extension?"
        ) from error

    def slices(names: Sequence[str], rows: int) -> Iterator[Any]:
        chosen = table.select(list(names))
        return (chosen.slice(first, rows) for first in range(0, len(table), rows))

    return _sheet_of_schema(
        path, table.schema, lambda names: table.select(list(names)), slices, len(table)
    )


def _sheet_of_schema(
    path: Path,
    # Any: pyarrow ships no types.
    schema: Any,
    read: Callable[[Sequence[str]], Any],
    cut: Callable[[Sequence[str], int], Iterator[Any]],
    n_rows: int,
) -> Sheet:
    """Describe a file by a schema of pyarrow's.

    read: a table of the named columns. cut: tables of so many rows of these.
    """
    refusal.check_unique(schema.names, path.name)
    index = index_of_pandas(schema)
    names = tuple([name for name in schema.names if name not in index])
    ordered = (*names, *index)

    def fetch(places: Sequence[int]) -> list[tuple[str, Any]]:
        chosen = [ordered[place] for place in places]
        table = read(chosen)
        return [(name, series_of(table[name])) for name in chosen]

    def stream(places: Sequence[int], rows: int) -> Iterator[dict[str, Any]]:
        chosen = [ordered[place] for place in places]
        for table in cut(chosen, rows):
            yield {name: series_of(table[name]) for name in chosen}

    numeric = tuple([field.name for field in schema if is_numeric(field.type)])
    return Sheet(
        path,
        names,
        tuple([name for name in numeric if name not in index]),
        fetch,
        index=tuple(index),
        n_rows=n_rows,
        stream=stream,
    )


def _open_arrow(path: Path) -> Any:  # pyarrow ships no types
    """Map an Arrow file into memory, in the format for files or the one for streams."""
    pa, ipc = arrow(), arrow("pyarrow.ipc")
    try:
        return ipc.open_file(pa.memory_map(str(path))).read_all()
    except pa.ArrowInvalid:
        return ipc.open_stream(pa.memory_map(str(path))).read_all()


def _sheet_of_text(path: Path, dialect: Dialect) -> Sheet:
    """Read separated text with pyarrow, or where it is missing with the standard library."""
    columns: list[tuple[str, Any]]
    try:
        columns, numeric = columns_in(arrow_of_text(path, dialect), path, dialect)
    except MissingExtra:
        columns = list(read_separated(path, dialect))
        numeric = [not isinstance(as_floats(raw), NotNumbers) for _, raw in columns]
    while len(columns) > 1 and not columns[-1][0].strip() and is_blank(columns[-1][1]):
        columns.pop()  # separators at the ends of lines, and nothing behind them
    names = tuple([name for name, _ in columns])
    if len(columns[0][1]) == 0:
        raise FileFormatError(
            f"{path.name} has a header, {refusal.listed(names)}, but no rows.\n"
            f"  Was everything filtered out?"
        )

    def doubt(place: int) -> ChainRuleError | None:
        if numeric[place]:
            return None
        cells = cells_of(columns[place][1])
        return mostly_numbers(names[place], cells, dialect, path.name)

    return Sheet(
        path,
        names,
        tuple([name for name, is_number in zip(names, numeric, strict=False) if is_number]),
        lambda places: [(names[place], raw_of(columns[place][1])) for place in places],
        doubt,
        n_rows=len(columns[0][1]),
    )


def raw_of(column: Any) -> Any:
    """Return a column as `as_table` takes it: numbers that are all there as an array."""
    if isinstance(column, np.ndarray):
        return column
    whole = column.null_count == 0 and is_numeric(column.type)
    return column.to_numpy() if whole else series_of(column)


def is_blank(column: Any) -> bool:
    """Tell whether no cell holds anything."""
    if isinstance(column, np.ndarray):
        return column.dtype == object and all(cell is None for cell in column)
    return bool(column.null_count == len(column))


def cells_of(column: Any) -> list[str | None]:
    """Return the texts of a column, None where one is missing."""
    found = column.tolist() if isinstance(column, np.ndarray) else column.to_pylist()
    return [None if cell is None else str(cell) for cell in found]
