"""Which library a dataframe came from.

Frames and series of every library are wrapped by narwhals, imported only inside functions, because
it costs more than the rest of `import chainrule` together. It must not know of tables, nor of any
dataframe library by name.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from chainrule.errors import RowOrderWarning

if TYPE_CHECKING:
    import narwhals as nw

__all__ = ["Origin", "in_another_order", "index_of_pandas", "origin_of", "warn_of_order"]

Origin: TypeAlias = Literal["pandas", "polars", "pyarrow", "numpy", "mapping"]


def origin_of(frame: nw.DataFrame[Any]) -> Origin:
    """Name the kind of library a frame came from; those in the manner of pandas count as pandas."""
    if frame.implementation.is_polars():
        return "polars"
    return "pyarrow" if frame.implementation.is_pyarrow() else "pandas"


def index_of_pandas(schema: Any) -> list[str]:
    """Name the columns of an Arrow schema in which pandas wrote the index of a frame.

    schema: of pyarrow, which pandas left a note in.
    """
    note = (schema.metadata or {}).get(b"pandas")
    if note is None:
        return []
    try:
        written = json.loads(note).get("index_columns", [])
    except (ValueError, AttributeError):  # whoever wrote it, it was not pandas
        return []
    # A plain range stands there as a dict of its ends, and in no column.
    return [name for name in written if isinstance(name, str) and name in schema.names]


def in_another_order(one: Any, other: Any) -> bool:
    """Tell whether two frames or series have the same labels in their index, ordered otherwise.

    one, other: of a library that has an index, as pandas; of others there is none to compare.
    """
    left: Any = getattr(one, "index", None)
    right: Any = getattr(other, "index", None)
    if not (hasattr(left, "equals") and hasattr(right, "equals")) or len(left) != len(right):
        return False
    if left.equals(right) or not (left.is_unique and right.is_unique):
        return False
    return bool(left.isin(right).all())


def warn_of_order(columns: Mapping[str, Any]) -> None:
    """Warn where two of what is named here hold the same labels in another order.

    Warns: RowOrderWarning.
    """
    if len(columns) < 2:
        return
    (first, one), *others = columns.items()
    for name, other in others:
        if in_another_order(one, other):
            warnings.warn(
                f"{first} and {name} have the same labels in their index, in another order. Rows "
                "belong together by their place: if that is not meant, align them first, for "
                "instance with .reindex of one by the index of the other.",
                RowOrderWarning,
                stacklevel=depth_of_caller(),
            )
            return


def depth_of_caller() -> int:
    """Return how far above whoever warns the code stands that is not ours."""
    frame, depth = sys._getframe(2), 2  # noqa: SLF001 - warnings count frames, and tell none
    while frame.f_back is not None and is_ours(frame):
        frame, depth = frame.f_back, depth + 1
    return depth


def is_ours(frame: Any) -> bool:
    """Tell a call of a function of this library."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] == "chainrule"
