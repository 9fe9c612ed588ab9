"""What each row of a table contributes to a gradient: rows by variables, the names kept.

May import the language, and narwhals inside functions; it must not know any dataframe library by
name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.calculus.asked import Wrt, names_asked
from chainrule.engine.compiled import compiled_of
from chainrule.engine.notation import text
from chainrule.engine.program import Program
from chainrule.engine.rows import Kind, reason_of, rows_of
from chainrule.errors import DerivativeError, ShapeError, UnknownVariable
from chainrule.language.binding import bind
from chainrule.language.compute import elementwise_path, slot_of
from chainrule.language.expression import expression, lift
from chainrule.language.folds import sum as total
from chainrule.tables.columns import eager_frame

__all__ = ["per_row_gradients"]


def per_row_gradients(e: expression, values: Any, wrt: Wrt = None) -> Any:
    """Return the gradient row by row: a table with a row for every row, a column for every name.

    An expression of one number a row gives each row's own derivatives. A loss, folded over the
    rows by `sum` or `mean`, gives each row's share: the rows of the table sum to the gradient.
    values: as for `eval`, such as `[table, {"m": 1.0}]` for a dataframe and numbers beside it.
    wrt: a name or several, the columns of the answer; otherwise every variable that is a number, or
    where all are columns, every variable.
    Returns a dataframe of the library of the first table in `values`, with its index; a dict of
    arrays where there is none.
    Raises: DerivativeError where a row's share is not defined; ShapeError; as `eval`.

    >>> m, x, b, y = (expression(name) for name in "mxby")
    >>> rows = {"x": [1.0, 2.0], "y": [3.0, 4.0]}
    >>> per_row_gradients((m * x + b - y) ** 2, [rows, {"m": 1.0, "b": 0.0}], ["m", "b"])
    {'m': array([-4., -8.]), 'b': array([-4., -4.])}
    """
    root = lift(e)
    program = compiled_of(root).program
    if isinstance(wrt, Mapping):
        raise UnknownVariable(
            "wrt takes names, and got a mapping. Give numbers together with the table: "
            "per_row_gradients(e, [table, numbers])."
        )
    names = names_asked(program, wrt)
    columns = bind(program, values)[1]
    rows = row_count(program, columns)
    if wrt is None:
        names = [name for name in names if np.ndim(columns[name]) == 0] or names
    shape = np.shape(root.eval(columns))
    if shape == ():
        table = shares(root, columns, names, rows)
    else:
        table = {name: derivative_of_rows(root, columns, name, shape, rows) for name in names}
    return in_the_form_of(values, table)


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

    Rows that are left apart, by whatever operation, do not depend on one another: the derivative of
    their sum has that of each row, for a variable that is a number too where each has its own.
    Raises: DerivativeError where the expression is something else.
    """
    program = compiled_of(root).program
    if shape == (rows,) and elementwise_path(program, slot_of(program, name)):
        return root.diff(dict(columns), name)
    own = {**columns, name: np.array(np.broadcast_to(columns[name], (rows,)))}
    mixed = why_mixed(program, own) if shape == (rows,) else ""
    if shape != (rows,) or mixed is not None:
        raise DerivativeError(
            f"{root.to_text(limit=200)} has shape {shape} for {rows} rows and is not one number a "
            f"row in {name!r}{f': {mixed}' if mixed else ''}. "
            "Give an expression of each row, or a sum or mean over the rows."
        )
    return total(root).diff(own, name)


def why_mixed(program: Program, columns: Mapping[str, Any]) -> str | None:
    """Say why the rows of columns do not stay apart, each a number; None where they do."""
    shapes = {name: np.shape(column) for name, column in columns.items()}
    output = program.outputs[0]
    try:
        found = rows_of(program, shapes, [name for name, shape in shapes.items() if shape])
    except ValueError as error:  # shapes that fit a number only
        return str(error).rstrip(".")
    state = found[output]
    if state.kind is Kind.MIXED:
        return reason_of(program, found, output)
    if state.kind is not Kind.ROWS or state.stage:
        return "a fold over all rows goes into it"
    return None


def in_the_form_of(values: Any, table: dict[str, Any]) -> Any:
    """Return columns as a dataframe of the library of the first one given, with its index."""
    for part in values if isinstance(values, list | tuple) else [values]:
        if isinstance(part, Mapping):
            continue
        frame = eager_frame(part, "the table", [])
        if frame is None:
            continue
        import narwhals as nw  # noqa: PLC0415  # a third of `import chainrule`, and dicts need none

        made = nw.from_dict(table, backend=frame.implementation).to_native()
        index = nw.maybe_get_index(frame)
        if index is not None:
            made.index = index
        return made
    return table
