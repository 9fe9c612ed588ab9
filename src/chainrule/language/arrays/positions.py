"""Where in an array something stands: the places of its largest and smallest elements.

A place has no derivative. Asking for one is refused, backward when something flows into it, forward
when somebody computes with its tangent: what only compares a place, or selects by it, may be
differentiated by everything else. Places are whole numbers, as floats.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from chainrule.engine.notation import function
from chainrule.errors import DerivativeError, ShapeError
from chainrule.language.batches import Slot, in_a_row, shifted
from chainrule.language.folds import FOLD, axes_of, folded_shape, number_if_folded_whole
from chainrule.language.kinds import reading, structural

__all__ = [
    "NoTangent",
    "argmax",
    "argmin",
    "no_derivative",
    "place_of_largest",
    "place_of_smallest",
]

TABLE = np.array([[1.0, 3.0, 2.0], [4.0, 0.5, 6.0]])


def no_derivative(called: str, instead: str) -> DerivativeError:
    """Build the error for the derivative of a place."""
    return DerivativeError(
        f"{called} has no derivative: it gives places, which jump. {instead} "
        "To leave it out of a derivative, compare it or select by it only."
    )


class NoTangent:
    """The tangent of a place: there is none, and whoever computes with it is told.

    >>> NoTangent("argmax", "Use max for the largest value.") * 2
    Traceback (most recent call last):
    chainrule.errors.DerivativeError: argmax has no derivative: it gives places, which jump. Use \
max for the largest value. To leave it out of a derivative, compare it or select by it only.
    """

    __slots__ = ("called", "instead")
    __array_ufunc__ = None

    def __init__(self, called: str, instead: str) -> None:
        self.called = called
        self.instead = instead

    def refuse(self, *_operands: Any, **_options: Any) -> NoReturn:
        """Raise the error."""
        raise no_derivative(self.called, self.instead)

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = refuse
    __truediv__ = __rtruediv__ = __neg__ = __array__ = __float__ = refuse


def place(rule: Any, called: str, x: Any, axis: Any, keepdims: Any) -> Any:
    """Return the place of an extreme, as a float.

    Raises: ShapeError where there is nothing to choose from.
    """
    axes = axes_of(axis, np.ndim(x))
    if axis is not None and len(axes) != 1:
        raise ShapeError(f"{called} takes one axis, or None for all, not {axis!r}.")
    if 0 in [np.shape(x)[item] for item in axes]:
        raise ShapeError(
            f"{called} of no elements has no place. It needs one element at least; the shape is "
            f"{np.shape(x)}."
        )
    found = rule(x, axis=None if axis is None else axes[0], keepdims=keepdims)
    return np.asarray(found, dtype=float)[()]


def shape_of_places(shape: Any, axis: Any, keepdims: Any) -> Any:
    """Return the shape of the places along one axis, or all."""
    if isinstance(axis, tuple) and len(axis) != 1:
        raise ShapeError(f"a place takes one axis, or None for all, not {axis!r}.")
    return folded_shape(shape, axis, keepdims)


def places_of_entries(operation: Any, x: Slot, axis: Any, keepdims: Any) -> Any:
    """Return the places of an extreme in all entries of a batch."""
    if axis is not None:
        return operation.on_array(x.value, shifted(axis, x.ndim), keepdims)
    found = operation.on_array(in_a_row(x), 1, keepdims=False)
    return found.reshape(-1, *[1] * x.ndim) if keepdims else found


class place_of_largest(structural):
    """Place of the largest element, the first of several; of all elements counted in a row.

    axis: an axis, or None for all. keepdims: keep the folded axes with length 1.
    Raises: ShapeError of no elements; DerivativeError where a derivative is to flow through it.
    """

    notation = function(
        "argmax",
        latex=r"\operatorname{arg\,max}",
        keywords=("axis", "keepdims"),
        defaults=(None, False),
    )
    keywords = FOLD
    positional = ("x", "axis")
    samples = ((TABLE,), (2.0,))
    shape_sources = number_if_folded_whole

    def forward(x, axis, keepdims):
        return place(np.argmax, "argmax", x, axis, keepdims)

    def batch(operation, operands, attributes):
        return places_of_entries(operation, operands[0], *attributes)

    def pull(g, y, x, axis, keepdims):
        raise no_derivative("argmax", "For the largest value use max.")

    def push(tangents, y, x, axis, keepdims):
        return NoTangent("argmax", "For the largest value use max.")

    def shape(shape, axis, keepdims):
        return shape_of_places(shape, axis, keepdims)


class place_of_smallest(structural):
    """Place of the smallest element, the first of several; of all elements counted in a row.

    axis: an axis, or None for all. keepdims: keep the folded axes with length 1.
    Raises: ShapeError of no elements; DerivativeError where a derivative is to flow through it.
    """

    notation = function(
        "argmin",
        latex=r"\operatorname{arg\,min}",
        keywords=("axis", "keepdims"),
        defaults=(None, False),
    )
    keywords = FOLD
    positional = ("x", "axis")
    samples = ((TABLE,), (2.0,))
    shape_sources = number_if_folded_whole

    def forward(x, axis, keepdims):
        return place(np.argmin, "argmin", x, axis, keepdims)

    def batch(operation, operands, attributes):
        return places_of_entries(operation, operands[0], *attributes)

    def pull(g, y, x, axis, keepdims):
        raise no_derivative("argmin", "For the smallest value use min.")

    def push(tangents, y, x, axis, keepdims):
        return NoTangent("argmin", "For the smallest value use min.")

    def shape(shape, axis, keepdims):
        return shape_of_places(shape, axis, keepdims)


argmax = reading(place_of_largest)
argmin = reading(place_of_smallest)
