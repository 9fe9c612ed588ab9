"""How an operation computes on each kind of number, from what its class body says.

The first functions take a class and return a function of numbers; `kinds` asks for them when they
are first wanted. `on_numbers` reads a word of the language over plain numbers: it computes what the
word would build. Knows no operation.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.engine.node import Node
from chainrule.engine.numbers import (
    DOUBLES,
    EXACT,
    FLOATS,
    IEEE,
    NODES,
    SINGLES,
    Numbers,
    computed,
    quiet,
)
from chainrule.errors import OperationError, ShapeError
from chainrule.language.constants import constant
from chainrule.language.values import as_array

__all__ = [
    "built_in",
    "computing_arrays",
    "computing_exactly",
    "computing_floats",
    "computing_scalars",
    "numbers_of",
    "on_numbers",
]


CALL_OF_MATH = re.compile(r"math\.(\w+)\(([^()]*)\)")
OF_OPERATOR: dict[str, Callable[..., Any]] = {
    "{0} + {1}": operator.add,
    "{0} - {1}": operator.sub,
    "{0} * {1}": operator.mul,
    "{0} / {1}": operator.truediv,
    "-{0}": operator.neg,
}


class _ForMpmath:
    """The names that spellings use of `math`, over mpmath's numbers at its precision."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        import mpmath  # noqa: PLC0415  # optional: only whoever passes its numbers needs it

        renamed = {
            "pow": lambda a, b: mpmath.mpmathify(a) ** b,
            "fabs": mpmath.fabs,
            "log2": lambda x: mpmath.log(x, 2),
            # mpmath's own has the complex root of a negative number.
            "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
            "lgamma": lambda x: mpmath.re(mpmath.loggamma(x)),
            "copysign": lambda a, b: abs(a) if b >= 0 else -abs(a),
        }
        return renamed.get(name) or getattr(mpmath, name)


def spelled(cls: Any, namespace: dict[str, Any], *words: str) -> Callable[..., Any] | None:
    """Make a function of the first of these spellings that an operation has."""
    pattern = next((cls.spell[word] for word in words if word in cls.spell), None)
    if pattern is None:
        return None
    most = cls.arity[1] or 1
    plain = built_in(cls, pattern) if namespace["math"] is math else None
    if plain is not None:
        return plain
    names = [f"a{number}" for number in range(most)]
    taken = [*names, "*attributes"] if cls.keywords else names
    # The spelling stands in the operation's class body; it is code of its author's.
    made: Callable[..., Any] = eval(  # noqa: S307
        f"lambda {', '.join(taken)}: {pattern.format(*names)}", namespace
    )
    return made


def built_in(cls: Any, pattern: str) -> Callable[..., Any] | None:
    """Return Python's own function that is all of a spelling: a call of it costs half as much."""
    if cls.keywords:
        return None
    function = OF_OPERATOR.get(pattern)
    if function is None and (found := CALL_OF_MATH.fullmatch(pattern)):
        places = [f"{{{number}}}" for number in range(cls.arity[1] or 1)]
        if found[2].split(", ") == places:
            function = getattr(math, found[1])
    return function


def computing_floats(cls: Any) -> Callable[..., Any]:
    """Compute with Python floats: the Python spelling, else the meaning, else NumPy."""
    made = spelled(cls, {"math": math}, "python")
    if made is not None:
        return made
    if cls.meaning is not None:
        return cls.meaning  # type: ignore[no-any-return]
    through_numpy = computing_arrays(cls)

    def compute(*operands: Any) -> Any:
        with quiet():
            found = np.asarray(through_numpy(*operands))
        return found if found.ndim else found.item()

    return compute


def computing_arrays(cls: Any) -> Callable[..., Any]:
    """Compute with NumPy: what the class says, else the meaning."""
    if cls.forward is not None:
        return cls.forward  # type: ignore[no-any-return]
    if cls.meaning is not None:
        return cls.meaning  # type: ignore[no-any-return]
    raise OperationError(
        f"{cls.__name__} says neither `forward` nor `meaning`, so it has no value. "
        "Add one of them to its class body."
    )


def computing_scalars(cls: Any) -> Callable[..., Any]:
    """Compute with NumPy scalars: what floats come to where they do not raise, else NumPy."""
    on_float = cls.on_float
    on_array = cls.on_array
    count = len(cls.keywords)

    def through_floats(*operands: Any) -> Any:
        cut = len(operands) - count
        return np.float64(on_float(*[float(x) for x in operands[:cut]], *operands[cut:]))

    def through_numpy(*operands: Any) -> Any:
        cut = len(operands) - count
        return on_array(*[np.float64(x) for x in operands[:cut]], *operands[cut:])

    def compute(*operands: Any) -> Any:
        return computed(through_floats, through_numpy, *operands)

    return compute


def computing_exactly(cls: Any) -> Callable[..., Any]:
    """Compute with numbers as themselves: Fraction, Decimal, mpmath."""
    meant = cls.meaning or cls.forward
    plainly = spelled(cls, {"math": math}, "exact", "python") or meant
    precisely = spelled(cls, {"math": _ForMpmath()}, "mpmath", "exact", "python") or meant

    def compute(*operands: Any) -> Any:
        if any(type(x).__module__.startswith("mpmath") for x in operands):
            return precisely(*operands)
        found = plainly(*operands)
        return found.item() if isinstance(found, np.generic) else found

    return compute


def numbers_of(operands: tuple[Any, ...]) -> Numbers:
    """Choose the kind of number in which a meaning is run for these operands."""
    if any(isinstance(item, Node) for item in operands):
        return NODES
    if all(type(item) in (float, int, bool) for item in operands):
        return FLOATS
    if any(isinstance(item, np.ndarray | np.generic | complex) for item in operands):
        if all(isinstance(item, float | int) for item in operands):
            return IEEE
        arrays = [item for item in operands if not isinstance(item, list | tuple)]
        return SINGLES if np.result_type(*arrays) == np.float32 else DOUBLES
    return EXACT


# With these operands, one of them an array, NumPy computes in the precision of the array.
ARRAYS = {np.ndarray, float, int, np.float64}
FLOAT_ONLY = {float}


def on_numbers(cls: Any, operands: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
    """Compute an operation on plain numbers or arrays, as NumPy would on floats."""
    settings = cls.attribute_values(attributes) if cls.keywords else ()
    kinds = set(map(type, operands))
    if kinds == FLOAT_ONLY:  # what a sweep over numbers meets at every step
        return on_floats(cls, operands, settings)
    if kinds <= ARRAYS and np.ndarray in kinds:
        operands = tuple([floating(x) if type(x) is np.ndarray else x for x in operands])
        with quiet():  # what a sweep over columns meets at every step
            try:
                return cls.on_array(*operands, *settings)
            except ValueError as error:
                raise misfit(cls, operands, error) from None
    for operand in operands:
        if isinstance(operand, str | bytes) or operand is None:
            constant(operand)  # raises, with the words for it
    numbers = numbers_of(operands)
    if numbers is FLOATS:
        return on_floats(cls, operands, settings)
    with quiet():
        if numbers is IEEE:
            return cls.on_ieee(*operands, *settings)
        if numbers is not EXACT or any(map(is_column, operands)):
            return on_listed(cls, operands, settings)
    return cls.on_exact(*operands, *settings)


def on_floats(cls: Any, operands: tuple[Any, ...], settings: tuple[Any, ...]) -> Any:
    """Compute an operation on Python's numbers, by IEEE 754 where these raise."""
    return computed(
        lambda *floats: own_float(cls.on_float(*floats, *settings)),
        lambda *floats: beyond_floats(cls, floats, settings),
        *operands,
    )


def own_float(found: Any) -> Any:
    """Return a value as a float: a choice of 0 must not look like the 0 that a rule writes."""
    return float(found) if type(found) is int else found


def beyond_floats(cls: Any, operands: tuple[Any, ...], settings: tuple[Any, ...]) -> Any:
    """Compute by IEEE 754 where floats raise."""
    with quiet():
        found = cls.on_ieee(*operands, *settings)
    return found.item() if isinstance(found, np.generic) else found


def on_listed(cls: Any, operands: tuple[Any, ...], settings: tuple[Any, ...]) -> Any:
    """Compute an operation on lists, columns and whatever else is no plain array of NumPy.

    A rule never meets a list or a column: a number of theirs goes to a user, as a Python float.
    """
    foreign = [is_column(x) for x in operands]
    arrays = [
        as_array(f"an operand of {cls.notation.name or cls.__name__}", x)
        if is_foreign
        else floating(x)
        for x, is_foreign in zip(operands, foreign, strict=True)
    ]
    try:
        found = cls.on_array(*arrays, *settings)
    except ValueError as error:
        raise misfit(cls, arrays, error) from None
    return found.item() if any(foreign) and isinstance(found, np.generic) else found


def is_column(value: Any) -> bool:
    """Tell what NumPy reads as an array, and is none of its own: a list, or a column."""
    if isinstance(value, list | tuple):
        return True
    return hasattr(value, "__array__") and not isinstance(value, np.ndarray | np.generic)


def floating(value: Any) -> Any:
    """Return an array, or a number of NumPy, as floats if it is whole; text is refused."""
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind not in "fcO":
        if value.dtype.kind not in "biu":
            constant(value)  # raises, with the words for it
        return value.astype(np.float64)
    return value


def misfit(cls: Any, operands: Sequence[Any], error: ValueError) -> ValueError:
    """Return the error to raise for what NumPy refuses: of shapes that do not fit, one in words."""
    shapes = [np.shape(operand) for operand in operands]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        if cls.is_elementwise and not isinstance(error, ShapeError):
            return ShapeError(
                f"{cls.notation.name or cls.__name__} cannot pair arrays of shapes "
                f"{' and '.join(map(str, shapes))}. Give arrays of the same shape, or numbers."
            )
    return error
