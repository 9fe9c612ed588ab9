"""Tables of numbers: from dataframes, arrays and files to checked columns, and back.

Each name is loaded when it is first asked for: a value is bound without a reader of files. May
import NumPy, narwhals, pyarrow and the errors; knows no formula.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.tables.files import read_sheet, read_table, write_table
    from chainrule.tables.frames import Origin
    from chainrule.tables.penguins import load_penguins
    from chainrule.tables.sheet import Sheet
    from chainrule.tables.table import (
        Table,
        as_column,
        as_table,
        check_names,
        check_same_rows,
        like,
    )

__all__ = [
    "Origin",
    "Sheet",
    "Table",
    "as_column",
    "as_table",
    "check_names",
    "check_same_rows",
    "like",
    "load_penguins",
    "read_sheet",
    "read_table",
    "write_table",
]

# Module -> the names of it that are found here.
_HOMES = {
    "files": "read_sheet read_table write_table",
    "frames": "Origin",
    "penguins": "load_penguins",
    "sheet": "Sheet",
    "table": "Table as_column as_table check_names check_same_rows like",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'chainrule.tables' has no attribute {name!r}")
    found = getattr(import_module(f"chainrule.tables.{_HOME[name]}"), name)
    globals()[name] = found
    return found
