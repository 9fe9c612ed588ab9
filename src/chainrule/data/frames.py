"""Dataframes and series of every library, wrapped by narwhals.

May import `refusal`; narwhals only inside functions, because it costs more than the rest of
`import chainrule` together. It must not know of tables, nor of any dataframe library by name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from chainrule.data import refusal

if TYPE_CHECKING:
    import narwhals as nw

__all__ = ["Origin", "frame_of", "origin_of", "series_of"]

Origin: TypeAlias = Literal["pandas", "polars", "pyarrow", "numpy", "mapping"]


def frame_of(source: object, called: str) -> nw.DataFrame[Any] | None:
    """Wrap a frame of any library, collected if it was lazy; None for what is no frame."""
    if isinstance(source, list | tuple):
        return None
    import narwhals as nw  # noqa: PLC0415
    from narwhals.exceptions import DuplicateError  # noqa: PLC0415

    try:
        frame = nw.from_native(source, allow_series=True, pass_through=True)
    except DuplicateError as error:
        names = re.findall(r"^- '(.*)' \d+ times$", str(error), flags=re.MULTILINE)
        raise refusal.repeated_names(called, names) from error
    if isinstance(frame, nw.LazyFrame):
        return frame.collect()
    if isinstance(frame, nw.DataFrame):
        return frame
    if not isinstance(frame, nw.Series) and hasattr(type(source), "__arrow_c_stream__"):
        return nw.from_arrow(frame, backend="pyarrow")  # a record batch, a stream of them, ...
    return None


def series_of(source: object) -> nw.Series[Any] | None:
    """Wrap a series of any library; None for what is no series."""
    if isinstance(source, list | tuple | np.ndarray):
        return None
    import narwhals as nw  # noqa: PLC0415

    series = nw.from_native(source, allow_series=True, pass_through=True)
    return series if isinstance(series, nw.Series) else None


def origin_of(frame: nw.DataFrame[Any]) -> Origin:
    """Name the kind of library a frame came from; those in the manner of pandas count as pandas."""
    if frame.implementation.is_polars():
        return "polars"
    return "pyarrow" if frame.implementation.is_pyarrow() else "pandas"
