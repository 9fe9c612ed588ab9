"""What a user passes as values, brought to the numbers that a program runs on.

A mapping from names to numbers, arrays or columns, or any dataframe: columns bind by name. Chooses
the lane: Python floats, arrays, single precision, or numbers that compute as themselves. Knows no
operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from numbers import Number as AnyNumber
from typing import Any

import numpy as np

from chainrule.engine.notation import text
from chainrule.engine.program import Program
from chainrule.engine.targets.interpreter import Lane
from chainrule.errors import ShapeError, UnknownVariable, ValueTypeError, closest

__all__ = ["as_number", "bind", "result", "scalar"]

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
    if value is None or isinstance(value, str | bytes | bool | np.bool_):
        raise ValueTypeError(
            f"the value of {name!r} is {value!r}, {kind_in_words(value)}. "
            "Give a number, an array or a numeric column."
        )
    if isinstance(value, np.generic):
        return as_array(name, value)
    if isinstance(value, AnyNumber) or hasattr(value, "_mpf_") or hasattr(value, "_mpc_"):
        return value
    return as_array(name, value)


def kind_in_words(value: Any) -> str:
    """Say what kind of thing a value is, as a reader would."""
    if value is None:
        return "which is nothing"
    if isinstance(value, str | bytes):
        return "which is text"
    return "a truth value"


def as_array(name: str, value: Any) -> Any:
    """Return an array-like as floats (float32 and complex are kept); a 0-d one as a number."""
    if isinstance(value, Mapping | set | frozenset):
        raise ValueTypeError(
            f"the value of {name!r} is a {type(value).__name__}. "
            "Give a number, an array or a numeric column."
        )
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ShapeError(f"the value of {name!r} is not a rectangular array: {error}") from None
    if array.dtype == object:
        array = floats_of_objects(name, array)
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    if array.dtype.kind not in "fc":
        raise ValueTypeError(
            f"the value of {name!r} is not numeric: it has dtype {array.dtype}. "
            "Give a number, an array or a numeric column."
        )
    if array.ndim == 0:
        return array[()] if array.dtype == np.float32 else array.item()
    return array


def floats_of_objects(name: str, array: Any) -> Any:
    """Return an object array as floats; the first element that is no number is named."""
    flat = array.ravel()
    for place, item in enumerate(flat):
        if isinstance(item, str | bytes | bool) or not (
            item is None or isinstance(item, AnyNumber) or hasattr(item, "__float__")
        ):
            raise ValueTypeError(
                f"the value of {name!r} is not numeric: row {place} holds {item!r}. "
                "Give numbers only."
            )
    numbers = [float("nan") if item is None else float(item) for item in flat]
    return np.array(numbers, dtype=np.float64).reshape(array.shape)


def frame_columns(frame: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return the named columns of a dataframe as arrays; absent names are left out.

    Raises: ValueTypeError for what is neither a mapping nor a dataframe, and for a column that
    is not numeric.
    """
    import narwhals as nw  # noqa: PLC0415  # a third of `import chainrule`, and dicts need none

    try:
        table = nw.from_native(frame, eager_only=True)
    except TypeError:
        raise ValueTypeError(
            f"values must be a mapping from names to numbers, or a dataframe, "
            f'not {type(frame).__name__}. For instance {{"x": 10}}.'
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


def names_of(values: Any) -> list[str]:
    """List the names that the values do hold, for an error message."""
    if isinstance(values, Mapping):
        return [name for name in values if isinstance(name, str)]
    # pyarrow says column_names; its `columns` are the data.
    columns: Any = getattr(values, "column_names", None) or getattr(values, "columns", ())
    return [name for name in columns if isinstance(name, str)]


def listed(names: Iterable[str], most: int = 12) -> str:
    """Write names for a message: 'a', 'b', 'c', and how many more."""
    shown = [repr(name) for name in names]
    if not shown:
        return "none"
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def missing(program: Program, name: str, values: Any) -> UnknownVariable:
    """Build the error for a variable that the values lack."""
    given = names_of(values)
    others = [other for other in program.inputs if other not in given]
    also = f" (also missing: {listed(n for n in others if n != name)})" if len(others) > 1 else ""
    return UnknownVariable(
        f"no value for {name!r} in {text(program, limit=200)}{also}. "
        f"Given: {listed(given)}.{closest(name, given)}"
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
    return lane_of(found, kinds)


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
