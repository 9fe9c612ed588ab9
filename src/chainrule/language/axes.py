"""Axes by number, counted from the first or from the last: checked, and counted from the first."""

from __future__ import annotations

from typing import Any

from chainrule.errors import OperationError, ShapeError

__all__ = ["axes_of", "axis_of"]


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return the axes meant by an axis, a tuple of them, or None for all."""
    if axis is None:
        return tuple(range(ndim))
    listed = axis if isinstance(axis, tuple) else (axis,)
    for item in listed:
        if isinstance(item, bool) or not isinstance(item, int):
            raise OperationError(f"axis must be a whole number or several, not {item!r}.")
        if not -ndim <= item < ndim:
            raise ShapeError(
                f"axis {item} is out of range for an array of {ndim} "
                f"{'axis' if ndim == 1 else 'axes'}. Count from 0, or from the end with -1."
            )
    found = tuple(item % ndim for item in listed)
    for item in found:
        if found.count(item) > 1:
            raise ShapeError(f"axis {item} is named twice, in {axis}. Name each axis once.")
    return found


def axis_of(axis: Any, ndim: int) -> int:
    """Return one axis, counted from 0.

    Raises: OperationError or ShapeError for what is none.
    """
    if axis is None or isinstance(axis, tuple):
        raise OperationError(f"axis must be one whole number, not {axis}.")
    return axes_of(axis, ndim)[0]
