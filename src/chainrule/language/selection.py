"""`e[...]`: elements and slices of an array, and putting them back."""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np

from chainrule.engine.notation import ATOM, Notation, setting
from chainrule.engine.program import frozen
from chainrule.errors import ShapeError, ValueTypeError
from chainrule.language.expression import expression, operators
from chainrule.language.folds import broadcast_as, second_operand
from chainrule.language.kinds import reading, structural

__all__ = ["item"]


def written(key: Any) -> str:
    """Write a key as it stands between square brackets.

    >>> written((0, slice(1, None), None))
    '0, 1:, None'
    """
    if isinstance(key, tuple):
        return ", ".join(written(part) for part in key) + ("," if len(key) == 1 else "")
    if isinstance(key, slice):
        ends = ["" if end is None else repr(end) for end in (key.start, key.stop, key.step)]
        return ":".join(ends if key.step is not None else ends[:2])
    if key is Ellipsis:
        return "..."
    if isinstance(key, np.ndarray):
        return setting(key)
    return repr(key)


def checked(key: Any) -> Any:
    """Return a key of plain parts.

    Raises: ValueTypeError for what cannot select elements.
    """
    if isinstance(key, tuple):
        return tuple([checked(part) for part in key])
    if isinstance(key, list):
        key = np.array(key)
    if isinstance(key, np.ndarray) and key.dtype.kind in "bi":
        return frozen(key)
    if isinstance(key, np.integer):
        return int(key)
    if key is None or (isinstance(key, int | slice | EllipsisType) and not isinstance(key, bool)):
        return key
    raise ValueTypeError(
        f"{key!r} cannot select elements. Use whole numbers, slices, ..., None, or arrays of them."
    )


class item(structural):
    """Elements of an array, selected as in NumPy; elements selected twice count twice."""

    keywords = {"key": ...}
    makes_arrays = True
    notation = Notation(
        precedence=ATOM,
        pieces=lambda _count, attributes: [(0, ATOM), f"[{written(attributes[0])}]"],
        latex_pieces=lambda _count, attributes: [
            "{",
            (0, ATOM),
            rf"}}_{{{written(attributes[0]).replace('_', chr(92) + '_')}}}",
        ],
        latex_precedence=ATOM,
        name="item",
        operands=1,
    )
    samples = ((np.array([1.0, 2.0, 3.0]),),)

    def forward(x, key):
        try:
            return np.asarray(x)[key]
        except IndexError as error:
            raise ShapeError(
                f"[{written(key)}] does not fit an array of shape {np.shape(x)}: {error}. "
                "Count from 0, or from the end with -1."
            ) from None

    def pull(g, y, x, key):
        return (placed(g, x, key=key),)

    def push(tangents, y, x, key):
        return item_of(broadcast_as(tangents[0], x), key=key)

    def shape(shape, key):
        return np.shape(np.broadcast_to(np.float64(0.0), shape)[key])


class placement(structural):
    """A value put at selected places of an array of zeros; places named twice add up."""

    keywords = {"key": ...}
    shape_sources = second_operand
    samples = ((np.array([1.0, 2.0, 3.0]), np.zeros(3)),)

    def forward(value, like, key):
        made = np.zeros(np.shape(like), dtype=np.result_type(np.asarray(value), np.float32))
        np.add.at(made, key, value)
        return made

    def pull(g, y, value, like, key):
        return item_of(g, key=key), 0

    def push(tangents, y, value, like, key):
        return 0 if tangents[0] is None else placed(tangents[0], like, key=key)

    def shape(shape, like, key):
        return like


item_of = reading(item)
placed = reading(placement)


def select(array: expression, key: Any) -> Any:
    """Build the selection that square brackets mean."""
    return item(array, key=checked(key))


operators["[]"] = select
