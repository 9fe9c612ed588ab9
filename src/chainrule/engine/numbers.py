"""Kinds of number: how a step computes, what a constant becomes, what to do when floats raise.

A scalar starts on Python floats, through the C library; where these raise (a division by zero, an
overflow), the same steps go over to NumPy's scalars, which follow IEEE 754. Arrays compute through
NumPy in double or in single precision; exact numbers and nodes compute as themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import numpy as np

from chainrule.engine.protocol import Number
from chainrule.engine.shapes import sum_to_shape

__all__ = [
    "DOUBLES",
    "EXACT",
    "FLOATS",
    "FLOAT_TROUBLE",
    "IEEE",
    "NODES",
    "RAISING",
    "SINGLES",
    "Arrays",
    "Nodes",
    "Numbers",
    "Scalars",
    "computed",
    "float_first",
    "quiet",
    "quieted",
]

Found = TypeVar("Found")

# What Python's own float arithmetic raises where IEEE 754 has an infinity or a NaN.
FLOAT_TROUBLE = (ArithmeticError, ValueError)
_NOTHING: Any = object()  # stands where an operand is missing


def quiet() -> AbstractContextManager[Any]:
    """Return a context in which NumPy tells of no infinity and no NaN: they are values."""
    return np.errstate(all="ignore")


def quieted(compute: Callable[..., Found]) -> Callable[..., Found]:
    """Return a function that runs within `quiet`, entered at half the cost."""
    within: Callable[[Callable[..., Found]], Callable[..., Found]] = np.errstate(all="ignore")
    return within(compute)


def computed(
    compute: Callable[..., Found], instead: Callable[..., Found], *operands: Number
) -> Found:
    """Return what floats come to, or where they raise, what the other function makes of them."""
    try:
        return compute(*operands)
    except FLOAT_TROUBLE:
        return instead(*operands)


def float_first(operation: Any, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """Return the shortest way from one float to a value: rules call it at every step of a sweep.

    otherwise: takes whatever is not one float, or makes it raise.
    """

    def apply(operand: Any = _NOTHING, *more: Any) -> Any:
        if operand.__class__ is float and not more:
            try:
                return operation.on_float(operand)
            except FLOAT_TROUBLE:
                pass
        return otherwise() if operand is _NOTHING else otherwise(operand, *more)

    return apply


class Numbers:
    """A kind of number, which computes as itself unless a subclass says otherwise.

    field: of an operation, the function that computes with these. dtype: of arrays made for them.
    beyond: the kind to go over to where computing raises, if it does. is_exact: whether numbers
    are kept as they are.
    """

    __slots__ = ("beyond", "dtype", "field", "name")
    is_exact = False
    is_scalar = False  # every slot holds one float, unless an operation makes arrays of them
    is_array = False  # slots hold arrays, whose shapes a sweep has to mind
    is_numpy = False  # NumPy computes, and tells of infinities and NaNs unless it is asked not to

    def __init__(
        self, name: str, field: str, dtype: Any = np.float64, beyond: Numbers | None = None
    ) -> None:
        self.name = name
        self.field = field
        self.dtype = dtype
        self.beyond = beyond

    def __repr__(self) -> str:
        return self.name

    def constant(self, value: Any) -> Number:
        """Return what a constant becomes."""
        return value

    def beside(self, slots: list[Number], inputs: Mapping[str, Number]) -> list[Number]:
        """Return the slots with constants as they have to be beside these inputs."""
        del inputs
        return slots

    def brought(self, inputs: Mapping[str, Number]) -> dict[str, Number]:
        """Bring the inputs of a kind that raises to this one."""
        return dict(inputs)

    def shape_of(self, value: Number) -> tuple[int, ...]:
        """Return the shape of a value."""
        del value
        return ()

    def context(self) -> AbstractContextManager[Any]:
        """Return the context in which steps compute."""
        return quiet() if self.is_numpy else nullcontext()

    def fit(self, contribution: Number, operand: Number) -> Number:
        """Bring what flows to an operand to its shape."""
        del operand
        return contribution


class Exact(Numbers):
    """Fractions, complex numbers, mpmath's: each computes as itself, at its own precision."""

    __slots__ = ()
    is_exact = True

    def beside(self, slots: list[Number], inputs: Mapping[str, Number]) -> list[Number]:
        """Return whole numbers as fractions beside fractions: Python's 1/3 is a float."""
        from fractions import Fraction  # noqa: PLC0415 - loaded where there is one

        if any(type(value) is Fraction for value in inputs.values()):
            return [Fraction(value) if type(value) is int else value for value in slots]
        return slots


class Floats(Numbers):
    """Python's floats, which raise where IEEE 754 has an infinity or a NaN."""

    __slots__ = ()
    is_scalar = True

    def shape_of(self, value: Number) -> tuple[int, ...]:
        """Return the shape of a value: of floats too some operations make arrays."""
        return np.shape(value)

    def constant(self, value: Any) -> Number:
        """Return a constant as a float; an integer beyond the largest float is infinite."""
        if isinstance(value, np.ndarray | complex | np.complexfloating):
            return value
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")


class Arrays(Floats):
    """Arrays of NumPy, and its scalars beside them, with infinities and NaNs."""

    __slots__ = ()
    is_scalar = False
    is_array = True
    is_numpy = True

    def constant(self, value: Any) -> Number:
        """Return a constant as a scalar of the precision, infinite beyond it."""
        if isinstance(value, np.ndarray | complex | np.complexfloating):
            return value
        with quiet():
            return self.dtype(super().constant(value))

    def brought(self, inputs: Mapping[str, Number]) -> dict[str, Number]:
        """Return floats as NumPy's."""
        return {name: np.float64(number) for name, number in inputs.items()}

    def fit(self, contribution: Number, operand: Number) -> Number:
        """Sum what flows to an operand to its shape."""
        return sum_to_shape(contribution, np.shape(operand))


class Scalars(Arrays):
    """NumPy's scalars in place of Python's floats: the same values, and no step raises."""

    __slots__ = ()
    is_scalar = True
    is_array = False

    def fit(self, contribution: Number, operand: Number) -> Number:
        """Leave it: of numbers alone there is nothing to sum."""
        del operand
        return contribution


class Nodes(Numbers):
    """Nodes: computing with them writes the graph of what would be computed.

    fit: writes how a contribution is brought to the shape of its operand; None for numbers alone.
    """

    __slots__ = ("fitted",)

    def __init__(self, fit: Callable[[Number, Number], Number] | None = None) -> None:
        super().__init__("nodes", "on_nodes")
        self.fitted = fit


IEEE = Scalars("IEEE scalars", "on_ieee")
FLOATS = Floats("floats", "on_float", beyond=IEEE)
# For whoever goes over by itself: an outer pass, say, of which this one is a step.
RAISING = Floats("floats that raise", "on_float")
DOUBLES = Arrays("arrays", "on_array")
SINGLES = Arrays("arrays in single precision", "on_array", np.float32)
EXACT = Exact("exact numbers", "on_exact")
NODES = Nodes()
