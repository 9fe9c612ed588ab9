"""Indices as values: whole numbers in range, the places they name, and values added up there.

Values bind as floats; here they become whole numbers, or the error says which one is none. Knows
no operation.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.engine.sizes import UNKNOWN, Shape, fits, in_words
from chainrule.errors import DataError, ShapeError

__all__ = [
    "MOST",
    "added_at",
    "along",
    "check_values",
    "places_along",
    "whole_indices",
]

MOST = 2.0**53  # from here on a float no longer tells neighbouring whole numbers apart


def whole_indices(indices: Any, size: int, where: str) -> Any:
    """Return indices as whole numbers from 0, those from the end counted from the start.

    where: the axis, for a message. Raises: DataError for what is not whole, ShapeError for
    what is out of range; each names the first such index and its place.
    """
    given = np.asarray(indices)
    if given.dtype.kind not in "biuf":
        given = np.asarray(given, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        beyond = ~((given >= -size) & (given < size))
        if given.dtype.kind == "f":
            broken = (given != np.floor(given)) | (np.abs(given) >= MOST) | ~np.isfinite(given)
            if np.any(broken):
                index, place = first_of(given, broken)
                raise DataError(
                    f"indices must be whole numbers below 2**53, exact as floats; the one{place} "
                    f"is {index}, {where}. Round them, or bind an array of integers."
                )
    if np.any(beyond):
        index, place = first_of(given, beyond)
        count = f"from 0 to {size - 1}, or from -{size} to -1 from the end" if size else "nothing"
        raise ShapeError(f"index {int(index)}{place} is out of range {where}. Take {count}.")
    found = given.astype(np.intp)
    return np.where(found < 0, found + size, found) if np.any(found < 0) else found


def first_of(given: Any, wrong: Any) -> tuple[Any, str]:
    """Return the first wrong index, and its place in words."""
    if not given.ndim:
        return given[()], ""
    place = tuple(np.argwhere(wrong)[0].tolist())
    return given[place], f" at {place[0] if len(place) == 1 else place}"


def along(shape: Shape, axis: int | None) -> str:
    """Say where indices point: along axis 0 of size 3, of an array of shape (3, 2)."""
    if axis is None:
        return f"of the {math.prod(shape)} elements of an array of shape {in_words(shape)}"
    return f"along axis {axis} of size {shape[axis]}, of an array of shape {in_words(shape)}"


def added_at(flat: Any, values: Any, shape: tuple[int, ...]) -> Any:
    """Add values at places of zeros, counted in the order of rows.

    NumPy adds fast where there is one row of indices: 100,000 rows of ten take 3 ms, by a key of
    several axes 13 ms; numpy.bincount is as fast, but knows double precision only.
    """
    values = np.asarray(values)
    made = np.zeros(math.prod(shape), dtype=np.result_type(values, np.float32))
    np.add.at(made, np.ravel(flat), np.ravel(np.broadcast_to(values, np.shape(flat))))
    return made.reshape(shape)


def check_values(called: str, values: Shape, places: Shape) -> None:
    """Raise ShapeError where values do not fit the places that they are added at."""
    extra = len(places) - len(values)
    if extra < 0 or not all(
        fits(have, want) or (isinstance(have, int) and have == 1)
        for have, want in zip(values, places[extra:], strict=True)
    ):
        raise ShapeError(
            f"{called}: values of shape {in_words(values)} do not fit the places that the indices "
            f"name, {in_words(places)}. Give one value for each of them, or one number for all."
        )


def places_along(shape: Shape, indices: Shape, axis: int) -> Shape:
    """Return the shape that indices along an axis, row by row, take from an array.

    Raises: ShapeError for other axes that do not fit.
    """
    if len(shape) != len(indices):
        raise ShapeError(
            f"indices along an axis have as many axes as the array: here their shape is "
            f"{in_words(indices)}, that of the array {in_words(shape)}. "
            "To take the same ones of every row, write take(x, indices, axis=...)."
        )
    made = []
    for place, (have, count) in enumerate(zip(shape, indices, strict=True)):
        if place == axis:
            made.append(count)
        elif fits(have, count) or (isinstance(count, int) and count == 1):
            made.append(count if have is UNKNOWN else have)
        elif isinstance(have, int) and have == 1:
            made.append(count)
        else:
            raise ShapeError(
                f"indices of shape {in_words(indices)} do not fit an array of shape "
                f"{in_words(shape)}: along axis {place} one has {count}, the other {have}. "
                f"Only along axis {axis}, where they point, may the two differ."
            )
    return tuple(made)
