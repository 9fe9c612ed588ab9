"""Which library a dataframe came from.

Frames and series of every library are wrapped by narwhals, imported only inside functions, because
it costs more than the rest of `import chainrule` together. It must not know of tables, nor of any
dataframe library by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import narwhals as nw

__all__ = ["Origin", "origin_of"]

Origin: TypeAlias = Literal["pandas", "polars", "pyarrow", "numpy", "mapping"]


def origin_of(frame: nw.DataFrame[Any]) -> Origin:
    """Name the kind of library a frame came from; those in the manner of pandas count as pandas."""
    if frame.implementation.is_polars():
        return "polars"
    return "pyarrow" if frame.implementation.is_pyarrow() else "pandas"
