"""Which library a dataframe came from.

Frames and series of every library are wrapped by narwhals, imported only inside functions, because
it costs more than the rest of `import chainrule` together. It must not know of tables, nor of any
dataframe library by name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import narwhals as nw

__all__ = ["Origin", "index_of_pandas", "origin_of"]

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
