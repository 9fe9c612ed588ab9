"""Names bound to numbers: what a user passes as values becomes one number for each variable.

A mapping from names, or from variables, to numbers, arrays or columns, any dataframe, or a list of
these: columns bind by name. Chooses the kind of number: floats, arrays, single precision, or exact
ones. Knows no operation.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.engine.inference import check_declared
from chainrule.engine.names import NUMBERS
from chainrule.engine.node import Node
from chainrule.engine.notation import text
from chainrule.engine.numbers import DOUBLES, EXACT, FLOATS, SINGLES, Numbers
from chainrule.engine.pairs import check_pairs
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.errors import NameClash, UnknownVariable, ValueTypeError, closest
from chainrule.language.values import as_number
from chainrule.tables.frames import warn_of_order
from chainrule.tables.refusal import listed
from chainrule.tables.source import columns_of, names_of

__all__ = ["bind", "holds_arrays"]


def missing(program: Program, name: str, values: Any) -> UnknownVariable:
    """Build the error for a variable that the values lack."""
    given = names_of(values)
    absent = [other for other in program.inputs if other not in given]
    also = f" (also missing: {listed(n for n in absent if n != name)})" if len(absent) > 1 else ""
    meant = closest(name, [other for other in given if isinstance(other, str)])
    return UnknownVariable(
        f"no value for {name!r} in {text(program, limit=200)}{also}. Given: {listed(given)}.{meant}"
    )


def by_names(values: Any) -> Any:
    """Return values whose keys are names; themselves, where no key is an expression.

    Raises: ValueTypeError for a key that is no variable; NameClash for one that is there by name
    too.
    """
    if isinstance(values, list | tuple):
        named = [by_names(part) for part in values]
        return values if all(map(operator.is_, named, values)) else named
    if not isinstance(values, Mapping) or not any(isinstance(key, Node) for key in values):
        return values
    found: dict[Any, Any] = {}
    for key, value in values.items():
        name = key
        if isinstance(key, Node):
            operation: Any = type(key)
            if operation.role not in (Role.VARIABLE, Role.LABEL):
                raise ValueTypeError(
                    f"{key} has been given a value, and is no variable. Give one to each of its "
                    "variables, by name or as a key."
                )
            name = key.attributes[0]
        if name in found:
            raise NameClash(f"{name!r} is given twice, by name and as a variable. Give it once.")
        found[name] = value
    return found


def check_constants(program: Program, values: Any) -> None:
    """Refuse values for a name that a formula has as a number, such as a column called pi.

    Raises: NameClash that tells how to say either.
    """
    given = set(names_of(values))
    for name in sorted(program.numbers - program.inputs.keys()):
        if name in given:
            raise NameClash(
                f"{name!r} is the number {NUMBERS[name]:.6g} in {text(program, limit=200)}, and "
                f"the values hold something of that name. Where that is meant, write `{name}` in "
                f"backticks in the formula, or expression({name!r}); where the number is meant, "
                "leave the other out of the values."
            )


def bind(program: Program, values: Any) -> tuple[Numbers, dict[str, Any]]:
    """Return the kind of number to compute with and one of it for every variable.

    Raises: UnknownVariable, ValueTypeError, DataError, NameClash; ShapeError, also where a fold
    would pair (n, 1) with (n,). Warns: RowOrderWarning.
    """
    columns = values if isinstance(values, Mapping) else columns_of(values, program.inputs)
    found: dict[str, Any] = {}
    kinds = set()
    foreign: dict[str, Any] = {}
    for name in program.inputs:
        try:
            value = columns[name]
        except KeyError:
            named = by_names(values)
            if named is values:
                raise missing(program, name, values) from None
            return bind(program, named)
        kind = type(value)
        if kind is not float:
            if kind is not np.ndarray:
                foreign[name] = value
            value = as_number(name, value)
        found[name] = value
        kinds.add(type(value))
    if program.numbers:
        check_constants(program, values)
    if len(foreign) > 1:
        warn_of_order({f"the values of {name!r}": value for name, value in foreign.items()})
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
        from fractions import Fraction  # noqa: PLC0415 - loaded where there is one

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
