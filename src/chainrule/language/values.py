"""What a user passes as values, brought to the numbers that a program runs on.

A mapping from names to numbers, arrays or columns, any dataframe, or a list of these: columns bind
by name. Chooses the kind of number: floats, arrays, single precision, or exact ones. Knows no
operation.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from fractions import Fraction
from numbers import Number as AnyNumber
from typing import Any

import numpy as np

from chainrule.engine.inference import check_declared
from chainrule.engine.node import Node
from chainrule.engine.notation import text
from chainrule.engine.numbers import DOUBLES, EXACT, FLOATS, SINGLES, Numbers
from chainrule.engine.pairs import check_pairs
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.errors import ShapeError, UnknownVariable, ValueTypeError, closest
from chainrule.tables.columns import (
    NotNumbers,
    as_floats,
    eager_frame,
    missing_cells,
    series_of,
)
from chainrule.tables.source import (
    IN_WORDS,
    column,
    columns_of,
    kind_in_words,
    listed,
    missing_value,
    names_of,
    not_numeric,
    place_of,
)

__all__ = ["Values", "as_number", "bind", "listed", "result", "scalar"]

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
            raise not_numeric(called, flat, place_of(flat.row, found.shape))
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


def missing(program: Program, name: str, values: Any) -> UnknownVariable:
    """Build the error for a variable that the values lack."""
    given = names_of(values)
    absent = [other for other in program.inputs if other not in given]
    also = f" (also missing: {listed(n for n in absent if n != name)})" if len(absent) > 1 else ""
    meant = closest(name, [other for other in given if isinstance(other, str)])
    return UnknownVariable(
        f"no value for {name!r} in {text(program, limit=200)}{also}. Given: {listed(given)}.{meant}"
    )


def bind(program: Program, values: Any) -> tuple[Numbers, dict[str, Any]]:
    """Return the kind of number to compute with and one of it for every variable.

    Raises: UnknownVariable, ValueTypeError, DataError, NameClash; ShapeError, also where a fold
    would pair (n, 1) with (n,).
    """
    columns = values if isinstance(values, Mapping) else columns_of(values, program.inputs)
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
    numbers, brought = kind_of_numbers(found, kinds)
    if numbers is FLOATS and holds_arrays(program):
        numbers, brought = DOUBLES, {name: np.float64(value) for name, value in brought.items()}
    if numbers is DOUBLES or numbers is SINGLES:
        check_pairs(program, brought)
    if program.declared:
        check_declared(program, brought)
    return numbers, brought


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


def kind_of_numbers(found: dict[str, Any], kinds: set[type]) -> tuple[Numbers, dict[str, Any]]:
    """Choose the kind of number for what is bound, and bring all to it."""
    if kinds <= {float, int}:
        return FLOATS, {name: to_float(name, value) for name, value in found.items()}
    if not kinds & {np.ndarray, np.float32, complex}:
        if Fraction in kinds:
            found = {n: Fraction(v) if type(v) is int else v for n, v in found.items()}
        return EXACT, found
    arrays = [value for value in found.values() if isinstance(value, np.ndarray | np.float32)]
    single = bool(arrays) and all(value.dtype == np.float32 for value in arrays)
    plain = np.float32 if single and complex not in kinds else np.float64
    with np.errstate(all="ignore"):  # a float beyond single precision is infinite there
        brought = {
            name: value
            if isinstance(value, np.ndarray)
            else (
                np.complex128(value) if isinstance(value, complex) else plain(to_float(name, value))
            )
            for name, value in found.items()
        }
    return (SINGLES if plain is np.float32 else DOUBLES), brought


def to_float(name: str, value: Any) -> float:
    """Return a number as a float.

    Raises: ValueTypeError where a finite number is beyond the largest float.
    """
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if math.isinf(found) and value not in (math.inf, -math.inf):
        raise ValueTypeError(
            f"the value of {name!r} is {large(value)}, beyond the largest float, 1.8e308. "
            "Give it in another unit, or give every number as a Fraction."
        )
    return found


def large(value: Any) -> str:
    """Write a number that is too long to write out."""
    if isinstance(value, int):
        return f"an integer of {value.bit_length()} bits"
    return f"a {type(value).__name__}"


def result(value: Any) -> Any:
    """Hand a computed number to the user: a scalar as a Python float or complex."""
    if type(value) is float:
        return value
    if isinstance(value, np.ndarray):
        return value if value.ndim else result(value[()])
    if isinstance(value, np.generic):
        value = value.item()
    return float(value) if type(value) in (int, bool) else value
