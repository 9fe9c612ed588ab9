"""What a derivative is asked by and along: names, directions and their shapes.

May import the language; it must not know which derivative it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.compiled import compiled_of
from chainrule.engine.evaluate import Pass
from chainrule.engine.notation import text
from chainrule.engine.numbers import Numbers
from chainrule.engine.program import Program
from chainrule.errors import DerivativeError, ShapeError, UnknownVariable, ValueTypeError, closest
from chainrule.language.compute import slot_of
from chainrule.language.expression import expression, name_of
from chainrule.language.values import as_number, listed

__all__ = [
    "Wrt",
    "fitting",
    "names_asked",
    "one_hot",
    "parts_of",
    "refuse_array",
    "seeds_of",
    "several",
]

Wrt = Any  # a name, a variable or a named step, several of them, or None for every variable


def names_asked(program: Program, wrt: Wrt) -> list[str]:
    """Return the names meant by `wrt`, each of which the program contains; None means all.

    Raises: UnknownVariable, naming those that there are.
    """
    if wrt is None:
        return list(program.inputs)
    several = isinstance(wrt, Iterable) and not isinstance(wrt, str | expression)
    names = [name_of(item) for item in (wrt if several else [wrt])]
    for name in names:
        slot_of(program, name)
    return list(dict.fromkeys(names))


def several(e: Any) -> list[Any]:
    """Return the expressions that were asked for, one or several, in order.

    Raises: ValueTypeError where there are none.
    """
    if not isinstance(e, Mapping | list | tuple):
        return [e]
    found = list(e.values()) if isinstance(e, Mapping) else list(e)
    if not found:
        raise ValueTypeError(
            "there is no expression to differentiate: the list is empty. Give at least one."
        )
    return found


def one_hot(shape: tuple[int, ...], place: int, numbers: Numbers) -> Any:
    """Return zeros with a 1 at one place, counted along the flat array; a number is 1."""
    if shape == ():
        return 1
    made = np.zeros(shape, dtype=numbers.dtype)
    made.flat[place] = 1
    return made


def refuse_array(e: expression, shape: Sequence[int], what: str) -> None:
    """Refuse an expression whose value is not one number, and point to what takes it.

    Raises: DerivativeError.
    """
    if tuple(shape) != ():
        raise DerivativeError(
            f"{what} is of one number, but {text(compiled_of(e).program, limit=200)} has shape "
            f"{tuple(shape)}. Ask for jacobian(e, values), or fold it with sum or mean first."
        )


def seeds_of(found: Pass, given: Any, what: str) -> dict[int, Any]:
    """Return slot -> tangent for a mapping from names to numbers or arrays.

    Raises: UnknownVariable for a name that is not in the expression, ValueTypeError for what is
    no number, ShapeError for a shape that is not the variable's.
    """
    seeds: dict[int, Any] = {}
    for name, value in parts_of(found.program, given, what).items():
        slot = slot_of(found.program, name)
        seed = fitting(as_number(name, value), found.shape_of(slot), name, what)
        if np.any(seed != 0):  # what does not move is on no path
            seeds[slot] = seed
    return seeds


def parts_of(program: Program, given: Any, what: str) -> dict[str, Any]:
    """Return the parts of a direction by name, each of which the program contains.

    Raises: UnknownVariable for one that it does not, and for what has no names.
    """
    if not isinstance(given, Mapping):
        raise UnknownVariable(
            f"the {what} is a {type(given).__name__}, without names. Give a mapping from variables "
            f"to numbers, such as {{{next(iter(program.inputs), 'x')!r}: 1.0}}."
        )
    known = [*program.inputs, *program.labels]
    parts: dict[str, Any] = {}
    for key, value in given.items():
        name = name_of(key)
        if name not in known:
            raise UnknownVariable(
                f"the {what} names {name!r}, which {text(program, limit=200)} does not "
                f"contain. Its variables: {listed(known)}.{closest(name, known)}"
            )
        parts[name] = value
    return parts


def fitting(value: Any, shape: tuple[int, ...], name: str, what: str) -> Any:
    """Return a direction as an array of its variable's shape; a number stands for all elements.

    Raises: ShapeError, with both shapes.
    """
    have = np.shape(value)
    if have not in ((), shape):
        raise ShapeError(
            f"the {what} for {name} has shape {have}, but {name} has shape {shape}. "
            "Give an array of the same shape, or a number for all elements."
        )
    return value if have == shape else np.full(shape, value)
