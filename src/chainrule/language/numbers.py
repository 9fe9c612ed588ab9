"""An operation read over plain numbers: how a word of the language computes what it would build.

Chooses the lane for the operands of one call. Knows no operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.targets.interpreter import FLOAT_TROUBLE, Lane
from chainrule.errors import ShapeError
from chainrule.language.constants import constant
from chainrule.language.lanes import lane_of_numbers
from chainrule.language.values import as_array

__all__ = ["on_numbers"]

# With these operands, one of them an array, NumPy computes in the precision of the array.
ARRAYS = {np.ndarray, float, int, np.float64}


def on_numbers(cls: Any, operands: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
    """Compute an operation on plain numbers or arrays, as NumPy would on floats."""
    settings = cls.attribute_values(attributes) if cls.keywords else ()
    if {type(operand) for operand in operands} <= ARRAYS and np.ndarray in map(type, operands):
        operands = tuple([floating(x) if type(x) is np.ndarray else x for x in operands])
        with np.errstate(all="ignore"):  # what a sweep over columns meets at every step
            try:
                return cls.on_array(*operands, *settings)
            except ValueError as error:
                raise misfit(cls, operands, error) from None
    for operand in operands:
        if isinstance(operand, str | bytes) or operand is None:
            constant(operand)  # raises, with the words for it
    lane = lane_of_numbers(operands)
    if lane is Lane.FLOAT:
        try:
            found = cls.on_float(*operands, *settings)
            # A choice among whole numbers, say of 0, must not look like the 0 that a rule writes.
            return float(found) if type(found) is int else found
        except FLOAT_TROUBLE:
            with np.errstate(all="ignore"):
                found = cls.on_ieee(*operands, *settings)
            return found.item() if isinstance(found, np.generic) else found
    with np.errstate(all="ignore"):
        if lane is Lane.IEEE:
            return cls.on_ieee(*operands, *settings)
        if lane is not Lane.EXACT or any(map(is_column, operands)):
            return on_listed(cls, operands, settings)
    return cls.on_exact(*operands, *settings)


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
