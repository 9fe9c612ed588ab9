"""Columns of finite floats by name, from whatever table, array or dict the user has.

Everything is checked once, at this door; behind it nobody asks again. May import NumPy, `errors`,
`column`, `frames` and `refusal`; narwhals only inside a function, to keep `import chainrule` light,
and no dataframe library by name. It must not know of expressions, models or files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError, DataTypeError, ShapeError, closest
from chainrule.tables import refusal
from chainrule.tables.columns import (
    Floats,
    NotNumbers,
    Raw,
    as_floats,
    eager_frame,
    series_of,
    trouble,
)
from chainrule.tables.frames import Origin, index_of_pandas, origin_of, warn_of_order

__all__ = [
    "Table",
    "as_column",
    "as_table",
    "check_names",
    "check_same_rows",
    "checked_columns",
    "like",
    "rows_of",
]

_PLANE = 2  # dimensions of a table


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table:
    """Columns of finite floats, each with a name; made by `as_table`, which checks them.

    Shapes: k columns of shape (n,), contiguous and read-only. `named` tells whether the names are
    the user's or were made up ("x0", "x1", ...); `origin` is the kind of thing it came from.

    >>> as_table({"width": [1, 2], "height": [3.0, 4.5]})
    Table(2 rows, 2 columns: 'width', 'height')
    """

    names: tuple[str, ...]
    columns: tuple[Floats, ...]
    origin: Origin
    named: bool
    n_dropped: int = 0  # rows that a reader left out, because a number was missing in them
    places: dict[str, int] = field(init=False)  # name -> its place among the columns

    def __post_init__(self) -> None:
        places = {name: place for place, name in enumerate(self.names)}
        object.__setattr__(self, "places", places)

    @property
    def n_rows(self) -> int:
        """Number of rows, at least one.

        >>> as_table([[1, 2], [3, 4], [5, 6]]).n_rows
        3
        """
        return len(self.columns[0])

    def __getitem__(self, name: str) -> Floats:
        """Give the column of that name, of shape (n,).

        >>> as_table({"width": [1, 2]})["width"]
        array([1., 2.])
        """
        if name not in self.places:
            check_names([name], self.names)
        return self.columns[self.places[name]]

    def keys(self) -> tuple[str, ...]:
        """Give the names, as a mapping does: a table is what `eval` takes, and `{**table}` a dict.

        >>> from chainrule import expression
        >>> expression("width").eval(as_table({"width": [1, 2]}))
        array([1., 2.])
        """
        return self.names

    def __repr__(self) -> str:
        rows = f"{self.n_rows:,} row" + "s" * (self.n_rows != 1)
        columns = f"{len(self.names)} column" + "s" * (len(self.names) != 1)
        return f"Table({rows}, {columns}: {refusal.listed(self.names)})"

    def matrix(self) -> Floats:
        """Copy the columns into one array of shape (n, k), columns contiguous (Fortran order).

        >>> as_table({"width": [1, 2], "height": [3, 4]}).matrix()
        array([[1., 3.],
               [2., 4.]])
        """
        shape = (self.n_rows, len(self.columns))
        matrix = np.empty(shape, dtype=np.result_type(*self.columns), order="F")
        for index, column in enumerate(self.columns):
            matrix[:, index] = column
        return matrix

    def mapping(self) -> dict[str, Floats]:
        """Give the columns as a dict from name to array, without a copy.

        >>> as_table([[1, 2]]).mapping()
        {'x0': array([1.]), 'x1': array([2.])}
        """
        return dict(zip(self.names, self.columns, strict=True))

    def select(self, names: Sequence[str]) -> Table:
        """Give the table of these columns, in this order, without a copy.

        Raises: DataError if the table lacks one, naming it and what it may have been meant to be.

        >>> as_table({"width": [1, 2], "height": [3, 4]}).select(["height"])
        Table(2 rows, 1 column: 'height')
        """
        chosen = (names,) if isinstance(names, str) else tuple(names)
        check_names(chosen, self.names)
        refusal.check_unique(chosen, "the selection")
        if not chosen:
            raise refusal.empty("the selection", (self.n_rows, 0))
        columns = self.mapping()
        return Table(chosen, tuple(columns[name] for name in chosen), self.origin, self.named)


def as_table(source: object, *, called: str = "X") -> Table:
    """Read a table of numbers from a dataframe, a 2-D array, nested lists or a dict of columns.

    Takes pandas, polars (lazy too), pyarrow and every other frame that narwhals knows; `called` is
    what messages call it. Truth values count as 0 and 1. A contiguous float column is not copied.
    Raises: DataTypeError for what is no table, or a column that is not numbers; ShapeError for
    wrong dimensions; DataError for no rows, no columns, NaN, infinity, null or repeated names.

    >>> as_table([[1, 2], [3, 4]]).names
    ('x0', 'x1')
    >>> as_table({"size": [50.0, float("nan")]})
    Traceback (most recent call last):
    chainrule.errors.DataError: Input X contains NaN: row 1, column 'size': NaN (rows count from 0).
      1 of 2 cells is NaN, null or infinite. Drop such rows, or fill the cells in, and pass X again.
    """
    if isinstance(source, Table):
        return source
    _refuse_sparse(source, called)
    if isinstance(source, np.ndarray):
        return _from_array(source, called)
    if isinstance(source, Mapping):
        return _from_columns(source, "mapping", called)
    frame = eager_frame(source, called)
    if frame is None:
        if (series := series_of(source)) is not None:
            raise refusal.one_dimensional(called, series.shape, type(source).__name__)
        return _from_array(_array(source, called), called, kind=type(source).__name__)
    if frame.implementation.is_pyarrow():  # pandas may have written its index among the columns
        index = index_of_pandas(frame.to_native().schema)
        frame = frame.drop(index) if len(index) < len(frame.columns) else frame
    return _build(frame.columns, list(frame.iter_columns()), frame.shape, origin_of(frame), called)


def as_column(source: object, *, called: str = "y") -> tuple[str | None, Floats]:
    """Read one column of numbers, and its name if it has one: the target of a fit, or weights.

    Takes a series, a 1-D array or list, and a frame, an array or a dict of one column.
    Shapes: (n,) or (n, 1) -> (n,). Raises: as `as_table`.

    >>> as_column({"price": [1, 2]})
    ('price', array([1., 2.]))
    >>> as_column([1, 2])
    (None, array([1., 2.]))
    """
    if source is None:
        message = f"fit requires {called} to be passed, but the target {called} is None."
        raise DataError(message)
    _refuse_sparse(source, called)
    name, raw = _single(source, called)
    if len(raw) == 0:
        raise refusal.empty(called, (0,))
    floats = checked_columns([name], [raw], called)[0]
    # pyarrow's series have an empty name.
    return (name if isinstance(name, str) and name else None), floats


def check_same_rows(table: Table, column: Floats, *, called: tuple[str, str] = ("X", "y")) -> None:
    """Check that a table and a column have the same number of rows.

    Raises: DataError with both counts.

    >>> check_same_rows(as_table([[1], [2]]), np.array([1.0, 2.0, 3.0]))
    Traceback (most recent call last):
    chainrule.errors.DataError: Found inconsistent numbers of samples: X has 2 rows, y has 3.
      Row i of X belongs to element i of y: pass both with the same rows.
    """
    if table.n_rows != len(column):
        left, right = called
        raise DataError(
            f"Found inconsistent numbers of samples: {left} has {table.n_rows} rows, "
            f"{right} has {len(column)}.\n"
            f"  Row i of {left} belongs to element i of {right}: pass both with the same rows."
        )


def rows_of(X: object, y: object) -> tuple[Table, str | None, Floats]:
    """Return the columns of X, and the name and the numbers of y, row by row beside them.

    Raises: as `as_table`, `as_column` and `check_same_rows`. Warns: RowOrderWarning where both
    have an index with the same labels in another order.

    >>> rows_of([[1.0], [2.0]], [3.0, 4.0])
    (Table(2 rows, 1 column: 'x0'), None, array([3., 4.]))
    """
    table = as_table(X, called="X")
    name, column = as_column(y, called="y")
    check_same_rows(table, column)
    warn_of_order({"X": X, "y": y})
    return table, name, column


def check_names(names: Sequence[str], found: Sequence[str], *, called: str = "the table") -> None:
    """Check that all the names are among those found.

    Raises: DataError that names the missing and the unexpected columns, with suggestions.

    >>> check_names(["widht"], ["width", "height"])
    Traceback (most recent call last):
    chainrule.errors.DataError: the table has no column 'widht'. Did you mean 'width'?
      It has: 'width', 'height'.
    """
    there, asked = set(found), set(names)
    missing = [name for name in names if name not in there]
    if not missing:
        return
    unexpected = [name for name in found if name not in asked]
    suggestions = "".join(dict.fromkeys(closest(name, unexpected) for name in missing))
    columns = "column" if len(missing) == 1 else "columns"
    others = 0 < len(unexpected) < len(found)
    extra = f" Not asked for: {refusal.listed(unexpected)}." * others
    raise DataError(
        f"{called} has no {columns} {refusal.listed(missing)}.{suggestions}\n"
        f"  It has: {refusal.listed(found)}.{extra}"
    )


def like(native: object, columns: Mapping[str, NDArray[Any]]) -> object:
    """Put columns into a frame of the same library as `native`, or a dict if that was no frame.

    A pandas index is kept where the number of rows is the same.

    >>> like([[1, 2]], {"slope": np.array([0.5])})
    {'slope': array([0.5])}
    """
    plain = isinstance(native, Table | Mapping | np.ndarray)
    frame = None if plain else eager_frame(native, "the frame")
    if frame is None:
        return dict(columns)
    # Here, because narwhals costs more than the rest of `import chainrule` together.
    import narwhals as nw  # noqa: PLC0415

    made = nw.from_dict(dict(columns), backend=frame.implementation).to_native()
    index = nw.maybe_get_index(frame)
    if index is not None and len(index) == len(made):
        made.index = index
    return made


def _refuse_sparse(source: object, called: str) -> None:
    """Refuse every library's sparse matrix: its class, unlike that of a frame, has `nnz`."""
    if hasattr(type(source), "nnz"):
        raise refusal.sparse(called, type(source).__name__)


def _array(source: object, called: str) -> NDArray[Any]:
    """Read lists, or whatever answers `__array__`; mixed cells stay the objects they are."""
    try:
        array = np.asarray(source)
    except ValueError as error:
        if not isinstance(source, Sequence):
            raise
        lengths = [
            (row, len(cells)) for row, cells in enumerate(source) if isinstance(cells, Sized)
        ]
        if len({length for _, length in lengths}) > 1:
            raise refusal.uneven(called, lengths, "row") from error
        message = f"{called} is not rows of numbers: {error}\n  Give every row one number a column."
        raise ShapeError(message) from error
    if array.dtype.kind in "US" and not isinstance(source, str | bytes):
        return np.array(source, dtype=object)  # else NumPy makes text of the numbers beside text
    if array.ndim == 0 and array.dtype.kind in "OUS":
        raise DataTypeError(
            f"{called} is of type {type(source).__name__}, which is no data.\n"
            f"  Pass a dataframe, an array, lists of numbers or a dict of columns; "
            f"a file is read with read_table(path)."
        )
    return array


def _from_array(array: NDArray[Any], called: str, *, kind: str = "ndarray") -> Table:
    """Build a table from an array of two dimensions, or a structured one."""
    if array.dtype.names:
        return _from_columns({n: array[n] for n in array.dtype.names}, "numpy", called)
    if array.ndim < _PLANE:
        raise refusal.one_dimensional(called, array.shape, kind)
    if array.ndim > _PLANE:
        raise refusal.other_dimensions(called, array.shape)
    if array.dtype.kind in "biuf" and not np.ma.isMaskedArray(array):
        small = array.dtype == np.float32
        with np.errstate(over="ignore"):  # a long double that overflows is reported as infinite
            # At once, because picking columns out of a row-major matrix one by one is slower.
            array = np.asarray(array, dtype=np.float32 if small else np.float64, order="F")
    n_columns = array.shape[1]
    raws = [array[:, index] for index in range(n_columns)]
    return _build(range(n_columns), raws, array.shape, "numpy", called)


def _from_columns(columns: Mapping[Any, object], origin: Origin, called: str) -> Table:
    """Build a table from columns by name."""
    raws = [_raw(column, f"column {label!r} of {called}") for label, column in columns.items()]
    lengths = [(label, len(raw)) for label, raw in zip(columns, raws, strict=True)]
    if len({length for _, length in lengths}) > 1:
        raise refusal.uneven(called, lengths, "column")
    shape = (len(raws[0]) if raws else 0, len(raws))
    return _build(list(columns), raws, shape, origin, called)


def _raw(column: object, called: str) -> Raw:
    """Read one column of a mapping, which has one dimension."""
    series = series_of(column)
    if series is not None:
        return series
    array = column if isinstance(column, np.ndarray) else _array(column, called)
    if array.ndim != 1:
        raise ShapeError(
            f"{called} has shape {array.shape}; a column has one dimension.\n"
            f"  Give it one number a row, for example with .ravel()."
        )
    return array


def _single(source: object, called: str) -> tuple[object, Raw]:
    """Find the only column of a series, frame, array or dict, and its name if there is one."""
    if isinstance(source, Table):
        source = source.mapping()
    series = series_of(source)
    if series is not None:
        return series.name, series
    if isinstance(source, Mapping):
        columns = [(label, _raw(column, called)) for label, column in source.items()]
        shape = (len(columns[0][1]) if columns else 0, len(columns))
    elif not isinstance(source, np.ndarray) and (frame := eager_frame(source, called)) is not None:
        columns = [(label, frame[label]) for label in frame.columns]
        shape = frame.shape
    else:
        array = source if isinstance(source, np.ndarray) else _array(source, called)
        columns = [(None, array)] if array.ndim == 1 else []
        if array.ndim == _PLANE:
            columns = [(None, column) for column in array.T]
        shape = array.shape
    if len(columns) != 1:
        raise refusal.not_one_column(called, shape)
    return columns[0]


def _build(
    labels: Sequence[object],
    raws: Sequence[Raw],
    shape: tuple[int, ...],
    origin: Origin,
    called: str,
) -> Table:
    """Check names and cells, and put the table together."""
    if 0 in shape:
        raise refusal.empty(called, shape)
    refusal.check_unique(labels, called)
    named = all(isinstance(label, str) for label in labels)
    if not named and any(isinstance(label, str) for label in labels):
        raise refusal.mixed_names(called, labels)
    names = labels if named else [f"x{index}" for index in range(len(labels))]
    columns = checked_columns(labels, raws, called)
    return Table(tuple(map(str, names)), columns, origin, named)


def checked_columns(
    labels: Sequence[object], raws: Sequence[Raw], called: str, *, first: int | None = None
) -> tuple[Floats, ...]:
    """Convert all columns to floats, read-only.

    first: the number of the first row, where these are but some of the rows.
    Raises: DataTypeError for columns that are not numbers, DataError for cells that are not finite.
    """
    pairs = [(label, as_floats(raw)) for label, raw in zip(labels, raws, strict=True)]
    start = first or 0
    refused = [(n, x._replace(row=x.row + start)) for n, x in pairs if isinstance(x, NotNumbers)]
    columns = [(label, column) for label, column in pairs if not isinstance(column, NotNumbers)]
    if refused:
        raise refusal.not_numbers(called, refused, [label for label, _ in columns])
    troubles = [
        (label, found._replace(row=found.row + start))
        for (label, column), raw in zip(columns, raws, strict=True)
        if (found := trouble(column, raw)) is not None
    ]
    if troubles:
        cells = len(raws[0]) * len(raws) if first is None else None
        raise refusal.not_finite(called, troubles, cells)
    views = tuple(column.view() for _, column in columns)
    for view in views:
        view.flags.writeable = False  # of the view: the user's own array stays as it was
    return views
