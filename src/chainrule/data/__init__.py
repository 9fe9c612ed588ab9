"""Tables of numbers: from dataframes, arrays and files to checked columns, and back.

May import NumPy, narwhals and the floors below; it must not know of models.
"""

from chainrule.data.files import Sheet, read_sheet, read_table, write_table
from chainrule.data.frames import Origin
from chainrule.data.penguins import load_penguins
from chainrule.data.table import (
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
