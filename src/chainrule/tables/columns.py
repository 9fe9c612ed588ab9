"""One column of numbers, from whatever holds it to an array of floats, or the reason why not.

Reads NumPy arrays and narwhals series one at a time, so that nothing larger than a column is ever
built on the way. May import NumPy; narwhals only inside a function, to keep `import chainrule`
light, and no dataframe library by name. It must not know of expressions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from math import isinf, isnan
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeGuard

import numpy as np

from chainrule.errors import DataError
from chainrule.tables.arrow import stream_of

if TYPE_CHECKING:
    import narwhals as nw
    from numpy.typing import NDArray

__all__ = [
    "MISSING_NAMES",
    "Floats",
    "NotNumbers",
    "Raw",
    "Trouble",
    "as_floats",
    "eager_frame",
    "frame_of",
    "missing_cells",
    "repeated_names",
    "series_of",
    "trouble",
]

Floats: TypeAlias = "NDArray[np.floating]"
# Any: the elements of a raw column are what this module finds out.
Raw: TypeAlias = "NDArray[Any] | nw.Series[Any]"

MISSING_NAMES = {"NoneType", "NAType", "NaTType"}  # by name, because pandas is never imported here
_TIMES = {"Date", "Datetime", "Time", "Duration", "datetime64", "timedelta64"}
_LONGEST = 60
_NO_FLOAT = (str, bytes, np.complexfloating, np.datetime64, np.timedelta64, np.ndarray, np.void)


class NotNumbers(NamedTuple):
    """Why a column is not one of numbers: its type, and the first cell that shows it.

    >>> as_floats(np.array([1.5, "tall"], dtype=object))
    NotNumbers(kind='object', row=1, value='tall')
    """

    kind: str
    row: int
    value: object

    @property
    def advice(self) -> str:
        """What the reader can do about it, one sentence."""
        if self.kind.startswith("Sparse"):
            return "Make it dense, if memory allows: frame.sparse.to_dense()"
        if self._is_time():
            return "Turn dates and times into a number first, such as days since a start."
        if _overflows(self.value):
            return "It is beyond the largest float: rescale the column."
        if not isinstance(self.value, str):
            return "Turn it into one number a row, or leave it out."
        if _reads_as_number(self.value):
            return "Its text reads as numbers: convert it, for example with .astype(float)."
        return "Encode it as numbers, for example one 0/1 column a category, or leave it out."

    @property
    def shown(self) -> str:
        """The cell as Python writes it, shortened."""
        if isinstance(self.value, int) and _overflows(self.value):
            return f"an integer of {self.value.bit_length()} bits"
        text = " ".join(repr(self.value).split())  # a polars series is a picture of many lines
        return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."

    @property
    def reason(self) -> str:
        """What Python says when asked to read the cell as a number; nothing where that is plain."""
        if isinstance(self.value, str) or self._is_time():
            return ""
        try:
            float(self.value)  # type: ignore[arg-type]  # the refusal of a wrong type is the point
        except (TypeError, ValueError, OverflowError) as error:
            return f" ({error})"
        return ""

    def _is_time(self) -> bool:
        return self.kind in _TIMES or isinstance(self.value, date | timedelta)


def as_floats(raw: Raw) -> Floats | NotNumbers:
    """Convert a column to a contiguous float64 array (float32 is kept), or say why it cannot be.

    A contiguous float column is passed on without a copy; missing values come out as NaN.

    >>> as_floats(np.array([True, False]))
    array([1., 0.])
    """
    if isinstance(raw, np.ndarray):
        return _from_array(raw)
    return _from_series(raw)


def missing_cells(raw: Any) -> NDArray[np.bool_] | None:
    """Tell which cells are missing: masked, None, or null to their library; None where none is.

    A NaN among floats is a number as far as IEEE 754 is concerned, and is not missing.

    >>> missing_cells(np.array([1.0, None], dtype=object))
    array([False,  True])
    """
    if isinstance(raw, np.ma.MaskedArray):
        found = np.ma.getmaskarray(raw)
    elif isinstance(raw, np.ndarray):
        if raw.dtype.kind != "O":
            return None
        flags = [type(value).__name__ in MISSING_NAMES for value in raw.ravel().tolist()]
        found = np.array(flags, dtype=bool).reshape(raw.shape)
    elif hasattr(raw, "to_native"):
        if isinstance(getattr(raw.to_native(), "dtype", None), np.dtype):
            return missing_cells(raw.to_numpy())  # where NaN is not told from missing
        found = raw.is_null().to_numpy() if raw.null_count() else np.zeros(0, dtype=bool)
    elif isinstance(getattr(raw, "null_count", None), int) and raw.null_count:
        found = np.asarray(raw.is_null())  # an array in Arrow's form
    else:
        return None
    return found if found.any() else None


def series_of(source: object) -> nw.Series[Any] | None:
    """Wrap a series of any library; None for what is no series."""
    if isinstance(source, list | tuple | np.ndarray):
        return None
    import narwhals as nw  # noqa: PLC0415

    series = nw.from_native(source, allow_series=True, pass_through=True)
    return series if isinstance(series, nw.Series) else None


def frame_of(source: object, called: str) -> nw.DataFrame[Any] | nw.LazyFrame[Any] | None:
    """Wrap a frame of any library, a lazy one too; None for what is no frame.

    Raises: DataError for columns that share a name.
    """
    if isinstance(source, list | tuple | np.ndarray):
        return None
    import narwhals as nw  # noqa: PLC0415

    try:
        frame = nw.from_native(source, allow_series=True, pass_through=True)
    except nw.exceptions.DuplicateError as error:
        repeated = re.findall(r"^- '(.*)' \d+ times$", str(error), flags=re.MULTILINE)
        raise repeated_names(called, ", ".join(map(repr, repeated))) from error
    return frame if isinstance(frame, nw.DataFrame | nw.LazyFrame) else None


def eager_frame(
    source: object, called: str, names: Collection[str] | None = None
) -> nw.DataFrame[Any] | None:
    """Wrap a frame of any library, or a stream in Arrow's form; None for what is neither.

    A lazy one is collected, of the names only those columns that it has.
    Raises: DataError for columns that share a name.
    """
    frame: Any = frame_of(source, called)
    if frame is None and hasattr(type(source), "__arrow_c_stream__") and series_of(source) is None:
        frame = frame_of(stream_of(source).read_all(), called)
    if not hasattr(frame, "collect"):
        return frame  # type: ignore[no-any-return]
    if names is not None:
        present = set(frame.collect_schema().names())
        frame = frame.select([name for name in names if name in present])
    return frame.collect()  # type: ignore[no-any-return]


def repeated_names(called: str, names: str) -> DataError:
    """Build the error for columns that share a name; the names as they are to be shown."""
    return DataError(
        f"{called} has duplicate column names: {names}.\n"
        f"  Rename them, so that every column can be told by its name."
    )


class Trouble(NamedTuple):
    """How many cells of a column are missing or not finite; where and what the first one is.

    >>> trouble(np.array([1.0, np.inf]), np.array([1.0, np.inf]))
    Trouble(cells=1, row=1, word='infinity')
    """

    cells: int
    row: int
    word: str


def trouble(floats: Floats, raw: Raw) -> Trouble | None:
    """Find the cells that are missing or not finite; None if there are none.

    >>> trouble(np.array([1.0, 2.0]), np.array([1.0, 2.0])) is None
    True
    """
    with np.errstate(over="ignore", invalid="ignore"):
        # One number instead of a mask of n: a sum is finite only if every cell is.
        if np.isfinite(floats.sum()):
            return None
    bad = np.isfinite(floats)
    np.logical_not(bad, out=bad)
    count = int(np.count_nonzero(bad))
    if count == 0:
        return None
    row = int(np.argmax(bad))
    return Trouble(count, row, _word(floats[row], raw[row]))


def _word(number: np.floating, cell: object) -> str:
    """Name a cell that is missing or not finite, as its own library would."""
    if type(cell).__name__ in MISSING_NAMES or cell is np.ma.masked:
        return "null"
    if np.isnan(number):
        return "NaN"
    if isinstance(cell, float | np.floating) and not np.isfinite(cell):
        return "infinity" if number > 0 else "-infinity"
    return f"{cell!r}, which is infinity to a float64"


def _from_array(raw: NDArray[Any]) -> Floats | NotNumbers:
    """Convert a 1-D array."""
    if isinstance(raw, np.ma.MaskedArray):
        raw = _unmasked(raw)
    kind = raw.dtype.kind
    if kind == "O":
        return _from_objects(raw)
    if kind in "biuf":
        small = kind == "f" and raw.dtype.itemsize == np.dtype(np.float32).itemsize
        with np.errstate(over="ignore"):  # a long double that overflows is reported as infinite
            return np.ascontiguousarray(raw, dtype=np.float32 if small else np.float64)
    if kind in "US":
        return _offender(raw.tolist(), "str" if kind == "U" else "bytes")
    return NotNumbers(raw.dtype.type.__name__, 0, raw[0].item() if kind == "c" else raw[0])


def _unmasked(raw: np.ma.MaskedArray[Any, Any]) -> NDArray[Any]:
    """Fill the masked cells with NaN, which the door then reports as missing."""
    if not np.ma.is_masked(raw) or raw.dtype.kind not in "biuf":
        return np.asarray(raw)
    return np.where(np.ma.getmaskarray(raw), np.nan, np.ma.getdata(raw))


def _from_objects(values: NDArray[Any]) -> Floats | NotNumbers:
    """Convert a 1-D array of Python objects, which may be any kinds of real number."""
    kinds = set(map(type, values))
    absent = {kind for kind in kinds if kind.__name__ in MISSING_NAMES}
    refused = {kind for kind in kinds - absent if not _is_real(kind)}
    if refused:
        if all(issubclass(kind, str) for kind in kinds - absent):
            return _offender(values, "object")
        row, value = next((r, v) for r, v in enumerate(values) if type(v) in refused)
        is_complex = isinstance(value, complex | np.complexfloating)
        return NotNumbers("complex" if is_complex else "object", row, value)
    present = (np.nan if type(value) in absent else value for value in values)
    try:
        found = np.fromiter(present, dtype=np.float64, count=len(values))
    except OverflowError:
        row, value = next((r, v) for r, v in enumerate(values) if _overflows(v))
        return NotNumbers("object", row, value)
    for row in np.flatnonzero(np.isinf(found)).tolist():
        if _overflows(values[row]):
            return NotNumbers("object", row, values[row])
    return found


def _from_series(series: nw.Series[Any]) -> Floats | NotNumbers:
    """Convert a narwhals series, never through an array of Python objects unless it holds them."""
    # Here, because narwhals costs more than the rest of `import chainrule` together.
    import narwhals as nw  # noqa: PLC0415

    kind = type(series.dtype).__name__
    wide = kind in {"Decimal", "Int128", "UInt128"}
    if wide or (kind == "Boolean" and series.null_count() > 0):
        return _from_array(series.cast(nw.Float64()).to_numpy())
    if series.dtype.is_numeric() or kind in {"Boolean", "Object"}:
        return _from_array(series.to_numpy())
    if series.null_count() == len(series):
        return np.full(len(series), np.nan)
    if kind != "Unknown":
        return _offender(series, kind)
    native = str(series.to_native().dtype)
    if native.startswith("Sparse"):
        return NotNumbers(native, 0, series[0])
    return _from_array(series.to_numpy())


def _offender(values: Iterable[object], kind: str) -> NotNumbers:
    """Find the first cell that does not read as a number, or else the first that is not missing."""
    first: NotNumbers | None = None
    for row, value in enumerate(values):
        if type(value).__name__ in MISSING_NAMES or (isinstance(value, float) and isnan(value)):
            continue
        found = NotNumbers(kind, row, value)
        if not (isinstance(value, str) and _reads_as_number(value)):
            return found
        first = first or found
    return first or NotNumbers(kind, 0, None)


def _is_real(kind: type) -> TypeGuard[type[float]]:
    """Whether objects of this type are real numbers: they say so with `__float__`."""
    return hasattr(kind, "__float__") and not issubclass(kind, _NO_FLOAT)


def _overflows(value: object) -> bool:
    """Whether a number that is finite lies beyond the largest float."""
    if not _is_real(type(value)) or isinstance(value, float | np.floating):
        return False
    try:
        number = float(value)  # type: ignore[arg-type]  # it has just been asked
    except OverflowError:
        return True
    return isinf(number) and bool(value != number)  # a Decimal becomes infinite without an error


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
