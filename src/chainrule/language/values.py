"""What a user passes as values, brought to the numbers that a program runs on.

A mapping from names to numbers, arrays or columns, any dataframe, or a list of these: columns bind
by name. Chooses the kind of number: floats, arrays, single precision, or exact ones. Knows no
operation.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from numbers import Number as AnyNumber
from typing import Any

import numpy as np

from chainrule.engine.node import Node
from chainrule.errors import ShapeError, ValueTypeError
from chainrule.tables.columns import (
    NotNumbers,
    as_floats,
    eager_frame,
    missing_cells,
    series_of,
)
from chainrule.tables.refusal import IN_WORDS, kind_in_words, listed, missing_value, not_numbers
from chainrule.tables.source import column

__all__ = ["Values", "as_number", "listed", "result", "scalar"]

IN_WORDS[Node] = "an expression and not a number"
WANTED = "Give a number, an array or a numeric column."
Values = Any  # Mapping[str, Any], a dataframe, or a list of these; see `bind`


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
        return as_array(f"the value of {name!r}", value)
    if not isinstance(value, bool) and (
        isinstance(value, AnyNumber) or hasattr(value, "_mpf_") or hasattr(value, "_mpc_")
    ):
        return value
    called = f"the value of {name!r}"
    if is_single(value):
        raise no_number(called, value)
    return as_array(called, value)


def no_number(called: str, value: Any) -> ValueTypeError:
    """Build the error for a value that is one thing, and no number."""
    advice = WANTED
    if isinstance(value, Node):
        advice = "Evaluate it first."
    elif isinstance(value, bool | np.bool_):
        advice = f"Give {int(value)}, if a number is meant."
    return ValueTypeError(f"{called} is {shown(value)}, {kind_in_words(value)}. {advice}")


def is_single(value: Any) -> bool:
    """Tell what is one thing, or a bag of things without an order, from an array-like."""
    if isinstance(value, str | bytes | Mapping | set | frozenset | Node | np.generic):
        return True
    return not (np.iterable(value) or hasattr(value, "__array__"))


def shown(value: Any) -> str:
    """Write a value for a message, shortened."""
    return str(value) if isinstance(value, Node) else reprlib.repr(value)


def as_array(called: str, value: Any) -> Any:
    """Return an array-like as floats (float32 and complex are kept); a 0-d one as a number.

    Raises: ValueTypeError for what is not of numbers, ShapeError for rows of different lengths,
    DataError for a cell that is missing.
    """
    if not isinstance(value, list | tuple | range | np.ndarray | np.generic):
        series = series_of(value)
        if series is not None:
            return column(called, series)
        frame = eager_frame(value, called)
        if frame is not None:
            parts = [column(f"column {c!r} of {called}", frame[c]) for c in frame.columns]
            return np.column_stack(parts) if parts else np.zeros(frame.shape)
    try:
        array = np.asanyarray(value)
    except ValueError:
        raise ShapeError(
            f"{called} is not a rectangular array: its rows differ in length. "
            "Give rows of one length."
        ) from None
    if array.dtype.kind in "US":
        # As objects, so that what is text can be told from the numbers beside it.
        array = np.array(value, dtype=object)
    if array.ndim == 0 and array.dtype.kind in "bO":
        raise no_number(called, array.item())
    return floats(called, array, value)


def floats(called: str, array: Any, given: Any) -> Any:
    """Return an array of any kind as floats, or complex numbers.

    given: what the array was made from, which may know of missing cells.
    """
    found = np.asarray(array)
    if found.dtype.kind not in "biufc":
        flat = as_floats(found.ravel()) if found.size else np.zeros(0)
        if isinstance(flat, NotNumbers):
            raise not_numbers(called, [(None, flat)], shape=found.shape)
        found = flat.reshape(found.shape)
    elif found.dtype.kind != "c" and found.dtype != np.float32:
        with np.errstate(all="ignore"):  # half and long double compute in double too
            found = found.astype(np.float64, copy=False)
    gaps = missing_cells(given if hasattr(given, "null_count") else array)
    if gaps is not None:
        raise missing_value(called, gaps)
    if found.ndim == 0:
        return found[()] if found.dtype == np.float32 else found.item()
    return found


def result(value: Any) -> Any:
    """Hand a computed number to the user: a scalar as a Python float or complex."""
    kind = type(value)
    if kind is float:
        return value
    if kind is np.float64:
        return float(value)
    if isinstance(value, np.ndarray):
        return value if value.ndim else result(value[()])
    if isinstance(value, np.generic):
        value = value.item()
    return float(value) if type(value) in (int, bool) else value
