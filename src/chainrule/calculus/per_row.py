"""What each row of a table contributes to a gradient: rows by variables, the names kept.

May import the language, and narwhals inside functions; it must not know the data floor, nor any
dataframe library by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.calculus.passes import Wrt, names_asked
from chainrule.engine.notation import text
from chainrule.engine.plan import plan_of
from chainrule.engine.program import Program
from chainrule.errors import DerivativeError, NameClash, ShapeError, ValueTypeError
from chainrule.language.compute import elementwise_path, slot_of
from chainrule.language.expression import expression, lift, name_of
from chainrule.language.values import as_number, bind, frame_columns, listed, names_of

__all__ = ["per_row_gradients"]


def per_row_gradients(
    e: expression, values: Any, parameters: Mapping[Any, Any] | None = None, wrt: Wrt = None
) -> Any:
    """Return the gradient row by row: a table with a row for every row, a column for every name.

    An expression of one number a row gives each row's own derivatives. A loss, folded over the
    rows by `sum` or `mean`, gives each row's share: the rows of the table sum to the gradient.
    values: columns by name, and numbers where it is a mapping; or a dataframe.
    parameters: numbers by name, for what a dataframe does not hold.
    wrt: the columns of the answer; otherwise every variable that is a number.
    Returns a dataframe of the library of `values`, with its index; for a mapping, a dict of arrays.
    Raises: DerivativeError where a row's share is not defined; ShapeError; as `eval`.

    >>> m, x, b, y = (expression(name) for name in "mxby")
    >>> rows = {"x": [1.0, 2.0], "y": [3.0, 4.0]}
    >>> per_row_gradients((m * x + b - y) ** 2, rows, {"m": 1.0, "b": 0.0})
    {'m': array([-4., -8.]), 'b': array([-4., -4.])}
    """
    root = lift(e)
    program = plan_of(root).program
    columns = together(program, values, parameters)
    rows = row_count(program, columns)
    if wrt is None:
        names = [name for name in program.inputs if np.ndim(columns[name]) == 0]
    else:
        names = names_asked(program, wrt)
    shape = np.shape(root.eval(columns))
    if shape == ():
        table = shares(root, columns, names, rows)
    else:
        table = {name: derivative_of_rows(root, columns, name, shape, rows) for name in names}
    return table if isinstance(values, Mapping) else as_frame(values, table)


def together(program: Program, values: Any, parameters: Any) -> dict[str, Any]:
    """Return a number or a column for every variable, from the table and the parameters.

    Raises: NameClash for a name that both give; UnknownVariable, ValueTypeError.
    """
    given = values if isinstance(values, Mapping) else frame_columns(values, program.inputs)
    numbers = {name_of(key): value for key, value in (parameters or {}).items()}
    both = [name for name in numbers if name in names_of(values)]
    if both:
        raise NameClash(
            f"{listed(both)} is both a column of the table and a parameter. "
            "Leave one of them out, or rename it."
        )
    for name, value in numbers.items():
        if np.ndim(as_number(name, value)):
            raise ValueTypeError(
                f"parameter {name!r} has shape {np.shape(value)}. Give a number; "
                "columns belong to the table."
            )
    return bind(program, {**given, **numbers})[1]


def row_count(program: Program, columns: Mapping[str, Any]) -> int:
    """Return the number of rows that all columns have.

    Raises: ShapeError where there is no column, or one of several axes or of another length.
    """
    shapes = {name: np.shape(column) for name, column in columns.items() if np.ndim(column)}
    if not shapes:
        raise ShapeError(
            f"{text(program, limit=200)} got numbers only, so there are no rows. "
            "Give a column for at least one of its variables, or ask for gradient(e, values)."
        )
    (first, shape), *others = shapes.items()
    for name, other in [(first, shape), *others]:
        if len(other) != 1 or other != shape:
            raise ShapeError(
                f"column {name!r} has shape {other} where {first!r} has shape {shape}. "
                "A table by rows needs columns of one axis and the same length."
            )
    return len(columns[first])


def shares(
    root: expression, columns: Mapping[str, Any], names: list[str], rows: int
) -> dict[str, Any]:
    """Return each row's share of the gradient of a number folded over the rows.

    A variable that is a number is given as a column of copies, so that each row has its own.
    Raises: DerivativeError where the variable is used beyond the fold too.
    """
    found: dict[str, Any] = {}
    whole = root.eval(columns)
    for name in names:
        own = {**columns, name: np.array(np.broadcast_to(columns[name], (rows,)))}
        value = root.eval(own)
        # As much as the order of additions may change it.
        if np.shape(value) != () or not np.isclose(value, whole, rtol=1e-9, equal_nan=True):
            raise DerivativeError(
                f"{root.to_text(limit=200)} uses {name!r} outside of what is folded over the rows, "
                "so a part of its gradient belongs to no row. Leave that part out, or leave "
                f"{name!r} out of wrt."
            )
        found[name] = root.diff(own, name)
    return found


def derivative_of_rows(
    root: expression, columns: Mapping[str, Any], name: str, shape: tuple[int, ...], rows: int
) -> Any:
    """Return the derivative of each row of an expression of one number a row.

    Raises: DerivativeError where the expression is something else.
    """
    program = plan_of(root).program
    if shape != (rows,) or not elementwise_path(program, slot_of(program, name)):
        raise DerivativeError(
            f"{root.to_text(limit=200)} has shape {shape} for {rows} rows and is not one number a "
            f"row in {name!r}. Give an expression of each row, or a sum or mean over the rows."
        )
    return root.diff(dict(columns), name)


def as_frame(values: Any, table: dict[str, Any]) -> Any:
    """Return columns as a dataframe of the same library, with the same index if there is one."""
    import narwhals as nw  # noqa: PLC0415  # a third of `import chainrule`, and dicts need none

    frame = nw.from_native(values, eager_only=True)
    made = nw.from_dict(table, backend=frame.implementation).to_native()
    index = nw.maybe_get_index(frame)
    if index is not None:
        made.index = index
    return made
