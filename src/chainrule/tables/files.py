"""Tables in files: CSV, TSV, Parquet, Feather and Arrow, read by column and written exactly.

Stands on pyarrow (extra `data`), and on `separated` for CSV where pyarrow is missing. May import
NumPy, `errors` and its neighbours in this floor; it must not know of models or of the command line.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chainrule.errors import (
    ChainRuleError,
    DataError,
    FileFormatError,
    MissingExtra,
    SettingError,
    closest,
    missing_extra,
)
from chainrule.tables import refusal
from chainrule.tables.columns import NotNumbers, as_floats, series_of
from chainrule.tables.dialect import PLAIN, Dialect, dialect_of
from chainrule.tables.doubt import mostly_numbers
from chainrule.tables.frames import index_of_pandas
from chainrule.tables.separated import (
    NULLS,
    TRUTHS,
    check_header,
    check_records,
    read_separated,
    write_separated,
)
from chainrule.tables.table import Table, as_table, check_names
from chainrule.tables.text import PACKED, Lines, separator_in

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
    # Columns by their places in the file.
    fetch: Callable[[Sequence[int]], Sequence[tuple[str, Any]]]
    # What keeps a column of text from being one of numbers, where it looks like one.
    doubt: Callable[[int], ChainRuleError | None] = lambda _place: None
    # The index that pandas wrote beside the columns: none of the table unless it is asked for.
    index: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Sheet({self.path.name}: {refusal.listed(self.names)})"

    def select(self, names: Sequence[str] | None = None, *, missing: str = "refuse") -> Table:
        """Give these columns, or all, as a table of numbers, checked as by `as_table`.

        missing: "refuse" rows that lack a number, or "drop" them; `n_dropped` of the table tells.
        Raises: DataError for a column that the file lacks or has twice, DataTypeError for text.
        """
        wanted = self.names if names is None else names
        chosen = (wanted,) if isinstance(wanted, str) else tuple(wanted)
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
        self.check_text([places[name] for name in chosen])
        found = self.fetch([places[name] for name in chosen])
        if missing == "drop":
            return without_missing(found, called)
        if missing != "refuse":
            raise SettingError(f"missing is 'refuse' or 'drop', not {missing!r}.")
        return as_table(dict(found), called=called)

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
    arrow = _arrow("pyarrow")
    try:
        if suffix == ".parquet":
            file = _arrow("pyarrow.parquet").ParquetFile(path, memory_map=True)
            schema = file.schema_arrow

            def fetch(names: Sequence[str]) -> Any:
                return file.read(columns=list(names))

            return _sheet_of_schema(path, schema, fetch)
        table = _open_arrow(path)
    except (arrow.ArrowInvalid, OSError) as error:
        raise FileFormatError(
            f"{path.name} cannot be read as a {suffix} file: {error}.\n"
            f"  Was it cut short, or given the wrong extension?"
        ) from error
    return _sheet_of_schema(path, table.schema, lambda names: table.select(list(names)))


def _sheet_of_schema(
    path: Path,
    # Any: pyarrow ships no types.
    schema: Any,
    read: Callable[[Sequence[str]], Any],
) -> Sheet:
    """Describe a file by a schema of pyarrow's. read: a table of the named columns."""
    refusal.check_unique(schema.names, path.name)
    index = index_of_pandas(schema)
    names = tuple([name for name in schema.names if name not in index])
    ordered = (*names, *index)

    def fetch(places: Sequence[int]) -> list[tuple[str, Any]]:
        chosen = [ordered[place] for place in places]
        table = read(chosen)
        return [(name, series_of(table[name])) for name in chosen]

    numeric = tuple([field.name for field in schema if _is_numeric(field.type)])
    return Sheet(
        path, names, tuple([n for n in numeric if n not in index]), fetch, index=tuple(index)
    )


def _is_numeric(kind: Any) -> bool:
    """Tell a type of pyarrow's for numbers or truth values."""
    types = _arrow("pyarrow.types")
    tests = (types.is_integer, types.is_floating, types.is_decimal, types.is_boolean)
    return any(test(kind) for test in tests)


def _open_arrow(path: Path) -> Any:  # pyarrow ships no types
    """Map an Arrow file into memory, in the format for files or the one for streams."""
    arrow, ipc = _arrow("pyarrow"), _arrow("pyarrow.ipc")
    try:
        return ipc.open_file(arrow.memory_map(str(path))).read_all()
    except arrow.ArrowInvalid:
        return ipc.open_stream(arrow.memory_map(str(path))).read_all()


def _sheet_of_text(path: Path, dialect: Dialect) -> Sheet:
    """Read separated text with pyarrow, or where it is missing with the standard library."""
    columns: list[tuple[str, Any]]
    try:
        columns, numeric = _columns_of_arrow(_arrow_of_text(path, dialect), path, dialect)
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
    )


def raw_of(column: Any) -> Any:
    """Return a column as `as_table` takes it: numbers that are all there as an array."""
    if isinstance(column, np.ndarray):
        return column
    whole = column.null_count == 0 and _is_numeric(column.type)
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


def _columns_of_arrow(
    table: Any, path: Path, dialect: Dialect
) -> tuple[list[tuple[str, Any]], list[bool]]:
    """Return the columns of a table of pyarrow's by name, and which are numbers."""
    check_header(path, table.column_names, dialect.separator)
    columns = list(zip(table.column_names, table.columns, strict=True))
    if dialect.thousands or dialect.decimal != ".":
        columns = [(name, _regrouped(column, dialect)) for name, column in columns]
    return columns, [_is_numeric(column.type) for _, column in columns]


def _regrouped(column: Any, dialect: Dialect) -> Any:
    """Return a column of text as numbers, if all its cells are once their digits are ungrouped."""
    if not _arrow("pyarrow.types").is_string(column.type):
        return column
    try:
        numbers = [None if cell is None else dialect.number(cell) for cell in column.to_pylist()]
    except ValueError:
        return column
    arrow = _arrow("pyarrow")
    return arrow.chunked_array([arrow.array(numbers, arrow.float64())])


def _arrow_of_text(path: Path, dialect: Dialect) -> Any:  # pyarrow ships no types
    """Read separated text into a pyarrow table."""
    arrow, csv = _arrow("pyarrow"), _arrow("pyarrow.csv")
    types = _arrow("pyarrow.types")
    words = {
        "null_values": [*NULLS, *dialect.na],
        "strings_can_be_null": True,
        "true_values": [word for word, truth in TRUTHS.items() if truth],
        "false_values": [word for word, truth in TRUTHS.items() if not truth],
        "decimal_point": dialect.decimal,
    }
    source, settings = _source_of_text(path, dialect)
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
        floats = {field.name: arrow.float64() for field in unsure if names[field.name] == 1}
        return read(column_types=floats)

    for attempt in (read, read_as_floats):
        try:
            table = attempt()
            if not any(types.is_binary(kind) for kind in set(table.schema.types)):
                return table
            break  # bytes that are no UTF-8
        except (arrow.ArrowInvalid, UnicodeDecodeError, OSError):
            pass
    check_records(path, dialect)
    # The records are sound, so a type changed on the way: as one block, types come from all of it.
    block = min(sum(len(line.encode()) for line in Lines(path, dialect)) + 1, _LARGEST_BLOCK)
    try:
        return csv.read_csv(
            source(),
            csv.ReadOptions(block_size=block, **settings),
            csv.ParseOptions(delimiter=dialect.separator, newlines_in_values=True),
            csv.ConvertOptions(**words),
        )
    except arrow.ArrowInvalid as error:
        raise FileFormatError(f"{path.name} cannot be read: {error}.") from error


def _source_of_text(path: Path, dialect: Dialect) -> tuple[Callable[[], Any], dict[str, Any]]:
    """Return what pyarrow reads, anew at each call, and how: the file, or the lines that count."""
    if dialect.top is not None:
        encoding = {} if dialect.encoding == "utf-8" else {"encoding": dialect.encoding}
        return lambda: path, {"skip_rows": dialect.top, **encoding}
    text = "".join(Lines(path, dialect)).encode()
    return lambda: _arrow("pyarrow").BufferReader(text), {}
