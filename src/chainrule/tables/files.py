"""Tables in files: CSV, TSV, Parquet, Feather and Arrow, read by column and written exactly.

Stands on pyarrow (extra `data`), and on `separated` for CSV where pyarrow is missing. May import
NumPy, `errors` and its neighbours in this floor; it must not know of models or of the command line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chainrule.errors import DataError, FileFormatError, MissingExtra, closest, missing_extra
from chainrule.tables import refusal
from chainrule.tables.columns import NotNumbers, as_floats
from chainrule.tables.separated import (
    NULLS,
    TRUTHS,
    check_header,
    check_records,
    read_separated,
    write_separated,
)
from chainrule.tables.table import Table, as_table, check_names

__all__ = ["Sheet", "read_sheet", "read_table", "write_table"]

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_ARROW = (".feather", ".arrow")
_KNOWN = (*_SEPARATORS, ".parquet", *_ARROW)
_LARGEST_BLOCK = 2**31 - 1  # pyarrow counts the bytes of a block in 32 bits


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sheet:
    """The columns of a file; only those that are selected must be numbers.

    `names` are all columns in the file's order, `numeric` those whose type is one of numbers or
    truth values. Made by `read_sheet`.

    >>> from tempfile import TemporaryDirectory
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
    fetch: Callable[[Sequence[str]], object]

    def __repr__(self) -> str:
        return f"Sheet({self.path.name}: {refusal.listed(self.names)})"

    def select(self, names: Sequence[str] | None = None) -> Table:
        """Give these columns, or all, as a table of numbers, checked as by `as_table`.

        Raises: DataError for a column that the file lacks, DataTypeError for one of text.
        """
        wanted = self.names if names is None else names
        chosen = (wanted,) if isinstance(wanted, str) else tuple(wanted)
        check_names(chosen, self.names, called=self.path.name)
        if "" in chosen:
            raise DataError(
                f"column {self.names.index('')} of {self.path.name} has no name.\n"
                f"  Name it in the first line, or select columns by name. If it is the index that "
                f"pandas wrote: to_csv(path, index=False)."
            )
        return as_table(self.fetch(chosen), called=self.path.name)


def read_table(
    path: str | os.PathLike[str],
    columns: Sequence[str] | None = None,
    *,
    separator: str | None = None,
) -> Table:
    """Read columns of numbers from a file: these, in this order, or all of them.

    Known are .csv, .tsv, .parquet, .feather and .arrow; `separator` is for CSV that uses another.
    Raises: FileNotFoundError, FileFormatError, MissingExtra, and as `as_table`.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_table(f"{folder}/houses.csv", {"size": [50.0, 80.0], "town": ["Ulm", "Bern"]})
    ...     read_table(f"{folder}/houses.csv", ["size"])
    Table(2 rows, 1 column: 'size')
    """
    return read_sheet(path, separator=separator).select(columns)


def read_sheet(path: str | os.PathLike[str], *, separator: str | None = None) -> Sheet:
    """Read what columns a file has; those of Parquet, Feather and Arrow only when selected.

    Raises: FileNotFoundError with the names near by; FileFormatError for a file that is empty, has
    no rows, has lines of unequal length, or is not what its extension says; MissingExtra.

    >>> read_sheet("nowhere/houses.csv")
    Traceback (most recent call last):
    FileNotFoundError: there is no file 'nowhere/houses.csv': there is no folder 'nowhere'.
    """
    path = Path(path)
    _check_file(path)
    suffix = _known_suffix(path)
    if suffix in _SEPARATORS:
        return _sheet_of_text(path, separator or _SEPARATORS[suffix])
    arrow = _arrow("pyarrow")
    try:
        if suffix == ".parquet":
            file = _arrow("pyarrow.parquet").ParquetFile(path, memory_map=True)
            return _sheet_of_schema(
                path, file.schema_arrow, lambda names: file.read(columns=list(names))
            )
        table = _open_arrow(path)
    except (arrow.ArrowInvalid, OSError) as error:
        raise FileFormatError(
            f"{path.name} cannot be read as a {suffix} file: {error}.\n"
            f"  Was it cut short, or given the wrong extension?"
        ) from error
    return _sheet_of_schema(path, table.schema, lambda names: table.select(list(names)))


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
    suffix = _known_suffix(path)
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
    table = _arrow("pyarrow").table(dict(arrays))
    if suffix == ".parquet":
        _arrow("pyarrow.parquet").write_table(table, path)
        return
    with _arrow("pyarrow.ipc").new_file(path, table.schema) as file:
        file.write_table(table)


def _arrow(module: str) -> ModuleType:
    """Import a module of pyarrow: the one place that does, because it is optional and heavy."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise missing_extra("pyarrow", "data", "A Parquet, Feather or Arrow file") from error


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


def _known_suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in _KNOWN:
        raise FileFormatError(
            f"{path.name!r} has the extension {path.suffix!r}.\n"
            f"  Known are {refusal.listed(_KNOWN)}."
        )
    return suffix


def _sheet_of_schema(
    path: Path,
    # Any: pyarrow ships no types.
    schema: Any,
    fetch: Callable[[Sequence[str]], object],
) -> Sheet:
    """Describe a file by a schema of pyarrow's."""
    types = _arrow("pyarrow.types")
    numbers = (types.is_integer, types.is_floating, types.is_decimal, types.is_boolean)
    refusal.check_unique(schema.names, path.name)
    numeric = tuple(field.name for field in schema if any(test(field.type) for test in numbers))
    return Sheet(path, tuple(schema.names), numeric, fetch)


def _open_arrow(path: Path) -> Any:  # pyarrow ships no types
    """Map an Arrow file into memory, in the format for files or the one for streams."""
    arrow, ipc = _arrow("pyarrow"), _arrow("pyarrow.ipc")
    try:
        return ipc.open_file(arrow.memory_map(str(path))).read_all()
    except arrow.ArrowInvalid:
        return ipc.open_stream(arrow.memory_map(str(path))).read_all()


def _sheet_of_text(path: Path, separator: str) -> Sheet:
    """Read separated text with pyarrow, or where it is missing with the standard library."""
    try:
        table = _arrow_of_text(path, separator)
    except MissingExtra:
        columns = read_separated(path, separator)
        n_rows = len(next(iter(columns.values())))
        numeric = tuple(
            name for name, raw in columns.items() if not isinstance(as_floats(raw), NotNumbers)
        )
        sheet = Sheet(path, tuple(columns), numeric, lambda names: {n: columns[n] for n in names})
    else:
        n_rows = table.num_rows
        check_header(path, table.column_names, separator)
        sheet = _sheet_of_schema(path, table.schema, lambda names: table.select(list(names)))
    if n_rows == 0:
        raise FileFormatError(
            f"{path.name} has a header, {refusal.listed(sheet.names)}, but no rows.\n"
            f"  Was everything filtered out?"
        )
    return sheet


def _arrow_of_text(path: Path, separator: str) -> Any:  # pyarrow ships no types
    """Read separated text into a pyarrow table."""
    arrow, csv = _arrow("pyarrow"), _arrow("pyarrow.csv")
    types = _arrow("pyarrow.types")
    words = {
        "null_values": NULLS,
        "strings_can_be_null": True,
        "true_values": [word for word, truth in TRUTHS.items() if truth],
        "false_values": [word for word, truth in TRUTHS.items() if not truth],
    }
    parse = csv.ParseOptions(delimiter=separator)
    try:
        with csv.open_csv(path, None, parse, csv.ConvertOptions(**words)) as start:
            schema = start.schema
        # pyarrow takes the types from the first megabyte: whole numbers there may be followed by
        # fractions, and nothing by something.
        floats = {
            field.name: arrow.float64()
            for field in schema
            if types.is_integer(field.type) or types.is_null(field.type)
        }
        return csv.read_csv(path, None, parse, csv.ConvertOptions(column_types=floats, **words))
    except (arrow.ArrowInvalid, UnicodeDecodeError):
        check_records(path, separator)
    # The records are sound, so a type changed on the way: as one block, types come from all of it.
    block = min(path.stat().st_size + 1, _LARGEST_BLOCK)
    try:
        return csv.read_csv(
            path,
            csv.ReadOptions(block_size=block),
            csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            csv.ConvertOptions(**words),
        )
    except arrow.ArrowInvalid as error:
        raise FileFormatError(f"{path.name} cannot be read: {error}.") from error
