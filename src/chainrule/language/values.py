"""What a user passes as values, brought to the numbers that a program runs on.

A mapping from names to numbers, arrays or columns, or any dataframe: columns bind by name. Chooses
the lane: Python floats, arrays, single precision, or numbers that compute as themselves. Knows no
operation.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from numbers import Number as AnyNumber
from typing import Any

import numpy as np

from chainrule.engine.node import Node
from chainrule.engine.notation import text
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.targets.interpreter import Lane
from chainrule.errors import DataError, ShapeError, UnknownVariable, ValueTypeError, closest

__all__ = ["as_number", "bind", "result", "scalar"]

WANTED = "Give a number, an array or a numeric column."
Values = Any  # Mapping[str, Any] or a dataframe; see `bind`


def scalar(value: Any) -> float:
    """Return a plain number as a Python float; whatever else it is raises TypeError.

    The first door of generated code: what it refuses goes through `bind`.
    """
    kind = type(value)
    if kind is int or kind is np.float64 or (issubclass(kind, np.integer)):
        return float(value)
    if kind is float:
        return value  # type: ignore[no-any-return]  # its type has just been seen
    raise TypeError(kind)


def as_number(name: str, value: Any) -> Any:
    """Return a value as a float, an array or a number that computes as itself.

    Raises: ValueTypeError for text, None, a truth value, or objects that are no numbers.
    """
    kind = type(value)
    if kind is float or kind is np.float32 or kind is complex:
        return value
    if kind is int:
        return value
    if isinstance(value, np.float64 | np.integer):
        return float(value)
    if isinstance(value, np.generic) and value.dtype.kind in "fc":
        return as_array(name, value)
    if not isinstance(value, bool) and (
        isinstance(value, AnyNumber) or hasattr(value, "_mpf_") or hasattr(value, "_mpc_")
    ):
        return value
    if is_single(value):
        raise ValueTypeError(
            f"the value of {name!r} is {shown(value)}, {kind_in_words(value)}. "
            f"{'Evaluate it first.' if isinstance(value, Node) else WANTED}"
        )
    return as_array(name, value)


def is_single(value: Any) -> bool:
    """Tell what is one thing, or a bag of things without an order, from an array-like."""
    if isinstance(value, str | bytes | Mapping | set | frozenset | Node | np.generic):
        return True
    return not (np.iterable(value) or hasattr(value, "__array__"))


def shown(value: Any) -> str:
    """Write a value for a message, shortened."""
    return str(value) if isinstance(value, Node) else reprlib.repr(value)


def kind_in_words(value: Any) -> str:
    """Say what kind of thing a value is, as a reader would."""
    if value is None:
        return "which is nothing"
    if isinstance(value, str | bytes):
        return "which is text"
    if isinstance(value, bool | np.bool_):
        return "a truth value"
    if isinstance(value, Node):
        return "an expression and not a number"
    return f"of type {type(value).__name__}"


def as_array(name: str, value: Any) -> Any:
    """Return an array-like as floats (float32 and complex are kept); a 0-d one as a number.

    What is masked is missing, and becomes NaN.
    """
    if isinstance(value, np.ma.MaskedArray):
        value = np.where(np.ma.getmaskarray(value), np.nan, value.data)
    try:
        array = np.asarray(value)
    except ValueError:
        raise ShapeError(
            f"the value of {name!r} is not a rectangular array: its rows differ in length. "
            "Give rows of one length."
        ) from None
    if array.dtype.kind in "OUS":
        # As objects, so that what is text can be told from the numbers beside it.
        array = floats_of_objects(name, np.asarray(value, dtype=object))
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    if array.dtype.kind not in "fc":
        raise ValueTypeError(
            f"the value of {name!r} is not numeric: it has dtype {array.dtype}. {WANTED}"
        )
    if array.dtype.kind == "f" and array.dtype != np.float32:
        array = array.astype(np.float64, copy=False)  # half and long double compute in double too
    if array.ndim == 0:
        return array[()] if array.dtype == np.float32 else array.item()
    return array


def floats_of_objects(name: str, array: Any) -> Any:
    """Return an object array as floats, None as NaN; the first element that is none is named."""
    flat = array.ravel().tolist()
    for place, item in enumerate(flat):
        missing_one = item is None and array.ndim > 0
        number = isinstance(item, AnyNumber) or hasattr(item, "__float__")
        if not (missing_one or number) or isinstance(item, bool):
            where = f"row {place} holds" if array.ndim == 1 else "it holds"
            raise ValueTypeError(
                f"the value of {name!r} is not numeric: {where} {shown(item)}, "
                f"{kind_in_words(item)}. Give numbers only."
            )
    numbers = [float("nan") if item is None else to_float(item) for item in flat]
    return np.array(numbers, dtype=np.float64).reshape(array.shape)


def frame_columns(frame: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return the named columns of a dataframe as arrays; absent names are left out.

    Raises: ValueTypeError for what is neither a mapping nor a dataframe, and for a column that
    is not numeric.
    """
    import narwhals as nw  # noqa: PLC0415  # a third of `import chainrule`, and dicts need none

    try:
        table = nw.from_native(frame, eager_only=True)
    except nw.exceptions.DuplicateError:
        columns = list(frame.columns)
        twice = next(column for column in columns if columns.count(column) > 1)
        raise DataError(
            f"two columns have the name {twice!r}. Give each column a name of its own."
        ) from None
    except TypeError:
        if hasattr(frame, "keys"):  # a row of a table, such as a pandas Series with its index
            known = set(frame.keys())
            return {name: frame[name] for name in names if name in known}
        lazy = " Call its .collect() first." if hasattr(frame, "collect") else ""
        raise ValueTypeError(
            f"values must be a mapping from names to numbers, or a dataframe, "
            f'not {type(frame).__name__}. For instance {{"x": 10}}.{lazy}'
        ) from None
    present = set(table.columns)
    found = {}
    for name in names:
        if name not in present:
            continue
        column = table.get_column(name)
        if not (column.dtype.is_numeric() or column.dtype == nw.Boolean):
            numeric = [c for c in table.columns if table.get_column(c).dtype.is_numeric()]
            raise ValueTypeError(
                f"column {name!r} is not numeric: it has type {column.dtype}. "
                f"Numeric columns: {listed(numeric)}."
            )
        found[name] = column.to_numpy()
    return found


def names_of(values: Any) -> list[Any]:
    """List the names that the values do hold, for an error message."""
    # pyarrow says column_names; its `columns` are the data.
    for called in ("column_names", "columns", "keys"):
        found = getattr(values, called, None)
        if found is not None:
            return list(found() if callable(found) else found)
    return []


def listed(names: Iterable[Any], most: int = 12) -> str:
    """Write names for a message: 'a', 'b', 'c', and how many more."""
    shown_names = [repr(name) for name in names]
    if not shown_names:
        return "none"
    more = f" and {len(shown_names) - most} more" if len(shown_names) > most else ""
    return ", ".join(shown_names[:most]) + more


def missing(program: Program, name: str, values: Any) -> UnknownVariable:
    """Build the error for a variable that the values lack."""
    given = names_of(values)
    absent = [other for other in program.inputs if other not in given]
    also = f" (also missing: {listed(n for n in absent if n != name)})" if len(absent) > 1 else ""
    meant = closest(name, [other for other in given if isinstance(other, str)])
    return UnknownVariable(
        f"no value for {name!r} in {text(program, limit=200)}{also}. Given: {listed(given)}.{meant}"
    )


def bind(program: Program, values: Any) -> tuple[Lane, dict[str, Any]]:
    """Return the lane to compute in and a number of its kind for every variable.

    Raises: UnknownVariable, ValueTypeError, ShapeError.
    """
    columns = values if isinstance(values, Mapping) else frame_columns(values, program.inputs)
    found: dict[str, Any] = {}
    kinds = set()
    for name in program.inputs:
        try:
            value = columns[name]
        except KeyError:
            raise missing(program, name, values) from None
        if type(value) is not float:
            value = as_number(name, value)
        found[name] = value
        kinds.add(type(value))
    lane, brought = lane_of(found, kinds)
    if lane is Lane.FLOAT and holds_arrays(program):
        return Lane.ARRAY, {name: np.float64(value) for name, value in brought.items()}
    return lane, brought


def holds_arrays(program: Program) -> bool:
    """Tell whether arrays or complex numbers arise even from floats, so that these will not do."""
    known = program.notes.get("holds_arrays")
    if known is None:
        known = any(
            operation.makes_arrays
            or (
                operation.role is Role.CONSTANT
                and isinstance(attributes[0], np.ndarray | complex | np.complexfloating)
            )
            for operation, attributes in zip(program.operations, program.attributes, strict=True)
        )
        program.notes["holds_arrays"] = known
    return bool(known)


def lane_of(found: dict[str, Any], kinds: set[type]) -> tuple[Lane, dict[str, Any]]:
    """Choose the lane for the kinds of numbers bound, and bring all to it."""
    if kinds <= {float, int}:
        return Lane.FLOAT, {name: to_float(value) for name, value in found.items()}
    if not kinds & {np.ndarray, np.float32, complex}:
        if Fraction in kinds:
            found = {n: Fraction(v) if type(v) is int else v for n, v in found.items()}
        return Lane.EXACT, found
    arrays = [value for value in found.values() if isinstance(value, np.ndarray | np.float32)]
    single = bool(arrays) and all(value.dtype == np.float32 for value in arrays)
    plain = np.float32 if single and complex not in kinds else np.float64
    brought = {
        name: value
        if isinstance(value, np.ndarray)
        else (np.complex128(value) if isinstance(value, complex) else plain(to_float(value)))
        for name, value in found.items()
    }
    return (Lane.ARRAY32 if plain is np.float32 else Lane.ARRAY), brought


def to_float(value: Any) -> float:
    """Return a number as a float; beyond the largest one it is infinite, as in IEEE 754."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def result(value: Any) -> Any:
    """Hand a computed number to the user: a scalar as a Python float or complex."""
    if type(value) is float:
        return value
    if isinstance(value, np.ndarray):
        return value if value.ndim else result(value[()])
    if isinstance(value, np.generic):
        value = value.item()
    return float(value) if type(value) in (int, bool) else value
