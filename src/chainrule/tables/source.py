"""Where columns come from: a mapping, a dataframe, an Arrow stream, or a list of these.

Each answers the same questions, see `Source`; a file does so too, see `open_table`. A dataframe of
any library comes by narwhals, and only the columns asked for are read. May import its neighbours in
this floor; it must not know of programs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from chainrule.errors import NameClash, ValueTypeError
from chainrule.tables.arrow import stream_of, table_of
from chainrule.tables.columns import NotNumbers, as_floats, frame_of, missing_cells, series_of
from chainrule.tables.refusal import missing_value, not_numbers

__all__ = [
    "Framed",
    "Held",
    "Listed",
    "Source",
    "Streamed",
    "columns_of",
    "names_of",
    "names_with_rows",
    "rebatched",
    "source_of",
]


class Source(Protocol):
    """What holds columns by name, and gives them whole or some rows at a time."""

    @property
    def names(self) -> Sequence[Any]:
        """The names of what it holds, in its order."""

    @property
    def n_rows(self) -> int | None:
        """The number of rows; None where that is not known before they are read."""

    def columns(self, names: Collection[str]) -> Mapping[Any, Any]:
        """Return what it holds of these names, whole; others may be there too."""

    def blocks(self, names: Collection[str], rows: int) -> Iterator[Mapping[Any, Any]]:
        """Give so many rows of these names at a time, fewer in the last block.

        What has no rows is the same in each.
        """


class Held:
    """Columns and numbers in a mapping, which is given as it is.

    Rows are those of the longest array.

    >>> values = Held({"x": [1.0, 2.0, 3.0], "m": 2.0})
    >>> values.n_rows, [block["x"].tolist() for block in values.blocks(["x", "m"], 2)]
    (3, [[1.0, 2.0], [3.0]])
    """

    __slots__ = ("mapping",)

    def __init__(self, mapping: Mapping[Any, Any]) -> None:
        self.mapping = mapping

    @property
    def names(self) -> Sequence[Any]:
        """Its keys."""
        return tuple(self.mapping)

    @property
    def n_rows(self) -> int | None:
        """The length of the longest array along its first axis."""
        shapes = [np.shape(value) for value in self.mapping.values()]
        return max((shape[0] for shape in shapes if shape), default=None)

    def columns(self, names: Collection[str]) -> Mapping[Any, Any]:
        """Return the mapping."""
        del names
        return self.mapping

    def blocks(self, names: Collection[str], rows: int) -> Iterator[Mapping[Any, Any]]:
        """Give so many rows at a time."""
        count = self.n_rows or 0
        found = {name: self.mapping[name] for name in names if name in self.mapping}
        arrays = {name: np.asarray(value) for name, value in found.items()}
        cut = [name for name, array in arrays.items() if array.ndim and len(array) == count]
        for first in range(0, count, rows):
            yield found | {name: arrays[name][first : first + rows] for name in cut}


class Framed:
    """The columns of a dataframe of any library; a lazy one is collected as far as it is asked for.

    frame: as narwhals wraps it.
    """

    __slots__ = ("frame",)

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    @property
    def names(self) -> Sequence[Any]:
        """The names of its columns."""
        return tuple(self.frame.collect_schema().names())

    @property
    def n_rows(self) -> int | None:
        """The number of its rows; a lazy one does not know it."""
        return len(self.frame) if self._is_eager else None

    @property
    def _is_eager(self) -> bool:
        return hasattr(self.frame, "to_native") and hasattr(self.frame, "iter_columns")

    def columns(self, names: Collection[str]) -> Mapping[Any, Any]:
        """Return the named columns as arrays; absent names are left out."""
        frame = self._only(names)
        return numbers_in(frame if self._is_eager else frame.collect())

    def _only(self, names: Collection[str]) -> Any:
        present = set(self.names)
        return self.frame.select([name for name in names if name in present])

    def blocks(self, names: Collection[str], rows: int) -> Iterator[Mapping[Any, Any]]:
        """Give so many rows at a time."""
        frame = self._only(names)
        frame = frame if self._is_eager else frame.collect()
        for first in range(0, len(frame), rows):
            yield numbers_in(frame[first : first + rows], first)


class Streamed:
    """The columns of a stream in Arrow's form, which may be there to be read once.

    stream: whatever answers `__arrow_c_stream__`.
    """

    __slots__ = ("stream",)

    n_rows = None

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    @property
    def names(self) -> Sequence[Any]:
        """The names of its columns."""
        schema: Any = getattr(self.stream, "schema", None)
        return tuple((schema if hasattr(schema, "names") else stream_of(self.stream).schema).names)

    def columns(self, names: Collection[str]) -> Mapping[Any, Any]:
        """Read the named columns to the end; absent names are left out."""
        table = stream_of(self.stream).read_all()
        return numbers_in(frame_of(table.select(self._chosen(names, table.schema)), "the stream"))

    def blocks(self, names: Collection[str], rows: int) -> Iterator[Mapping[Any, Any]]:
        """Read so many rows at a time."""
        return rebatched(self._parts(names), rows)

    @staticmethod
    def _chosen(names: Collection[str], schema: Any) -> list[str]:
        return [name for name in names if name in schema.names]

    def _parts(self, names: Collection[str]) -> Iterator[dict[str, Any]]:
        reader = stream_of(self.stream)
        chosen = self._chosen(names, reader.schema)
        first = 0
        for batch in reader:
            part = table_of([batch]).select(chosen)
            yield numbers_in(frame_of(part, "the stream"), first)
            first += len(batch)


class Listed:
    """Tables and mappings of which each holds some of the names."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Source]) -> None:
        self.parts = parts

    @property
    def names(self) -> Sequence[Any]:
        """The names of all, each once."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.names))

    @property
    def n_rows(self) -> int | None:
        """The number of rows of the longest."""
        return max((n for part in self.parts if (n := part.n_rows) is not None), default=None)

    def columns(self, names: Collection[str]) -> Mapping[Any, Any]:
        """Return what the parts hold of these names.

        Raises: NameClash for a name that two of them hold.
        """
        found: dict[str, Any] = {}
        for part in self.parts:
            held = part.columns(names)
            for name in names:
                if name in held:
                    if name in found:
                        raise NameClash(
                            f"{name!r} is in two of the tables and mappings given. Leave it out of "
                            "one of them, or rename it."
                        )
                    found[name] = held[name]
        return found

    def blocks(self, names: Collection[str], rows: int) -> Iterator[Mapping[Any, Any]]:
        """Give so many rows at a time; of what is read from one place, as it is read."""
        read = [part for part in self.parts if not isinstance(part, Held)]
        tall = names_with_rows(self)
        apart = [part for part in self.parts if isinstance(part, Held)]
        if len(read) != 1 or any(tall & set(part.names) for part in apart):
            yield from Held(self.columns(names)).blocks(names, rows)
            return
        fixed = Listed(apart).columns(names)
        for block in read[0].blocks(names, rows):
            yield {**fixed, **block}


def source_of(values: Any) -> Source:
    """Return what a user gives as values as a source of columns.

    Raises: ValueTypeError for what holds none.

    >>> source_of([{"x": [1.0, 2.0]}, {"m": 2.0}]).names
    ('x', 'm')
    """
    if isinstance(values, list | tuple):
        return Listed([part_of(part, inside=True) for part in values])
    return part_of(values)


def part_of(values: Any, *, inside: bool = False) -> Source:
    """Return the source that one thing is; inside: whether it stands in a list."""
    if isinstance(values, Mapping):
        return Held(values)
    fields = getattr(getattr(values, "dtype", None), "names", None)
    if fields is not None and isinstance(values, np.ndarray | np.void):  # a structured array
        return Held({name: values[name] for name in fields})
    if all(hasattr(type(values), name) for name in ("names", "n_rows", "columns", "blocks")):
        found: Source = values
        return found
    frame = None if isinstance(values, list | tuple) else frame_of(values, "the table")
    if frame is not None:
        return Framed(frame)
    if hasattr(type(values), "__arrow_c_stream__") and series_of(values) is None:
        return Streamed(values)
    if hasattr(values, "keys"):  # a row of a table, such as a pandas Series with its index
        known = list(values.keys())
        if not known or any(isinstance(name, str) for name in known):
            return Held({name: values[name] for name in known})
    kind = f"a list that holds {article(values)}" if inside else type(values).__name__
    raise ValueTypeError(
        "values must be a mapping from names to numbers, a dataframe, or a list of these, "
        f'not {kind}. For instance {{"x": 10}}, or [table, {{"m": 2}}].'
        + " A column alone has no name here: give {'x': column}."
        * (series_of(values) is not None)
    )


def names_with_rows(source: Source) -> set[Any]:
    """Return the names of what has a row in each block; the rest is the same in all.

    >>> names_with_rows(source_of([{"x": [1.0, 2.0, 3.0]}, {"w": [1.0, 2.0], "m": 2.0}]))
    {'x'}
    """
    if isinstance(source, Listed):
        count = source.n_rows
        tall = [part for part in source.parts if part.n_rows in (count, None)]
        return {name for part in tall for name in names_with_rows(part)}
    if isinstance(source, Held):
        arrays = {name: np.shape(value) for name, value in source.mapping.items()}
        return {name for name, shape in arrays.items() if shape[:1] == (source.n_rows,)}
    return set(source.names)


def columns_of(values: Any, names: Collection[str]) -> Mapping[Any, Any]:
    """Return what the values hold for the names, from a table, or a list of tables and mappings.

    Raises: ValueTypeError for what is neither; NameClash for a name that two of a list hold.
    """
    return source_of(values).columns(names)


def names_of(values: Any) -> Sequence[Any]:
    """List the names that the values do hold."""
    return source_of(values).names


def article(value: Any) -> str:
    """Write the type of a value with its article."""
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def numbers_in(frame: Any, first: int = 0) -> dict[str, Any]:
    """Return the columns of a dataframe as arrays. first: the number of its first row."""
    numeric = [name for name, kind in frame.schema.items() if kind.is_numeric()]
    return {name: column(f"column {name!r}", frame[name], numeric, first) for name in frame.columns}


def column(called: str, series: Any, numeric: Sequence[str] = (), first: int = 0) -> Any:
    """Return a series of any library as floats, or complex numbers.

    called: in messages. numeric: the columns beside it that are numbers. first: the number of its
    first row. Raises: DataTypeError for what is not of numbers; DataError for a missing cell.
    """
    found = as_floats(series)
    if isinstance(found, NotNumbers):
        if found.kind in ("complex64", "complex128"):
            return series.to_numpy()
        wrong = found._replace(row=found.row + first)
        raise not_numbers(called, [(None, wrong)], numeric)
    gaps = missing_cells(series)
    if gaps is not None:
        raise missing_value(called, gaps, first)
    return found


def rebatched(parts: Iterator[Mapping[str, Any]], rows: int) -> Iterator[dict[str, Any]]:
    """Cut columns that come in parts of any length into blocks of so many rows.

    >>> parts = [{"x": np.arange(3.0)}, {"x": np.arange(3.0, 5.0)}]
    >>> [block["x"].tolist() for block in rebatched(iter(parts), 2)]
    [[0.0, 1.0], [2.0, 3.0], [4.0]]
    """
    kept: list[Mapping[str, Any]] = []
    count = 0
    for part in parts:
        length = len(next(iter(part.values()))) if part else 0
        kept.append(part)
        count += length
        if count < rows:
            continue
        whole = joined(kept)
        for first in range(0, count - rows + 1, rows):
            yield {name: array[first : first + rows] for name, array in whole.items()}
        rest = count % rows
        kept = [{name: array[count - rest :] for name, array in whole.items()}] if rest else []
        count = rest
    if count:
        yield joined(kept)


def joined(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Put the rows of parts one below the other."""
    if len(parts) == 1:
        return dict(parts[0])
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
