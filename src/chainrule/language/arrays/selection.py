"""`e[...]`: elements and slices of an array, and putting them back."""

from __future__ import annotations

import math
from operator import index, itemgetter
from types import EllipsisType
from typing import Any, NoReturn

import numpy as np

from chainrule.engine.notation import ATOM, Notation, setting
from chainrule.engine.program import frozen
from chainrule.engine.recipes import Place, Select
from chainrule.engine.sizes import Shape, fits, in_words, length_of
from chainrule.errors import ShapeError, ValueTypeError
from chainrule.language.arrays.indices import added_at
from chainrule.language.batches import Slot, in_a_row, size_of
from chainrule.language.expression import expression, operators
from chainrule.language.folds import broadcast_as, second_operand
from chainrule.language.kinds import reading, structural
from chainrule.language.parts import names_of, parts_of

__all__ = ["item"]

TABLE = np.array([[1.0, -2.0, 3.0], [4.0, 0.5, 6.0]])


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
        key = listed(key)
    if isinstance(key, np.ndarray) and key.dtype.kind in "biu":
        return frozen(key if key.dtype.kind != "u" else key.astype(np.int64))
    if isinstance(key, slice):
        try:
            ends = (key.start, key.stop, key.step)
            return slice(*[None if end is None else index(end) for end in ends])
        except TypeError:
            raise ValueTypeError(
                f"[{written(key)}] is no slice of whole numbers. Where it starts and ends cannot "
                "depend on values."
            ) from None
    if isinstance(key, np.integer):
        return int(key)
    if key is None or (isinstance(key, int | EllipsisType) and not isinstance(key, bool)):
        return key
    raise ValueTypeError(
        f"{key!r} cannot select elements. Use whole numbers, slices, ..., None, or arrays of them."
    )


def listed(key: list[Any]) -> Any:
    """Return a list in a key as an array.

    Raises: ValueTypeError for rows of different lengths; ShapeError for an index that is too large
    for any array.
    """
    try:
        found = np.array(key, dtype=None if key else int)
    except ValueError:
        raise ValueTypeError(
            f"{key!r} cannot select elements: its rows differ in length. Give rows of one length."
        ) from None
    if found.dtype.kind in "Ou":
        for number in found.ravel().tolist():
            if type(number) is int and abs(number) > np.iinfo(np.intp).max:
                raise ShapeError(f"index {number} is out of range for any array, beyond 2**63.")
    return found


def selected_shape(shape: Shape, key: Any) -> Shape:
    """Return the shape of what a key selects from an array of a shape, by NumPy's rules.

    Raises: ShapeError for an index out of range, with the axis and its size, and for a key that
    does not fit.
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    used = [axes_used(part) for part in parts]
    open_places = [place for place, part in enumerate(parts) if part is ...]
    if sum(used) > len(shape):
        refuse(shape, key, f"it selects from {sum(used)} axes of {len(shape)}")
    if len(open_places) > 1:
        refuse(shape, key, "it has ... more than once")
    if not open_places:
        parts.append(...)
    many = any(isinstance(part, np.ndarray) for part in parts)
    open_axes = [slice(None)] * (len(shape) - sum(used))
    kept: list[Any] = []
    listed: list[tuple[int, ...]] = []  # shapes of the arrays, which broadcast together
    whither = after = None  # where their axes go, and whether anything stands between them
    place = 0
    for part in parts:
        if isinstance(part, np.ndarray) or (many and isinstance(part, int)):
            whither = len(kept) if whither is None else 0 if after else whither
            after = False
            listed.append(array_shape(shape, place, part, key))
            place += axes_used(part)
            continue
        after = True
        if part is None:
            kept.append(1)
        elif isinstance(part, int):
            check_range(shape, place, part, key)
            place += 1
        else:
            for cut in open_axes if part is ... else [part]:
                kept.append(length_of(cut, shape[place]))
                place += 1
    if whither is not None:
        try:
            kept[whither:whither] = np.broadcast_shapes(*listed)
        except ValueError:
            refuse(shape, key, f"its arrays select {' and '.join(map(str, listed))} elements")
    return tuple(kept)


def axes_used(part: Any) -> int:
    """Count the axes that a part of a key selects from."""
    if part is None or part is ...:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype.kind == "b" else 1


def array_shape(shape: Shape, place: int, part: Any, key: Any) -> tuple[int, ...]:
    """Return the shape that an array in a key selects.

    Raises: ShapeError for a mask of another shape, and for an index out of range.
    """
    if isinstance(part, int):
        check_range(shape, place, part, key)
        return ()
    if part.dtype.kind == "b":
        have = shape[place : place + part.ndim]
        if not all(map(fits, part.shape, have)):
            refuse(shape, key, f"the mask has shape {part.shape}, what it is for {in_words(have)}")
        return (int(np.count_nonzero(part)),)
    if part.size:
        check_range(shape, place, int(part.min()), key)
        check_range(shape, place, int(part.max()), key)
    return tuple(part.shape)


def check_range(shape: Shape, place: int, number: int, key: Any) -> None:
    """Refuse an index out of range."""
    size = shape[place]
    if isinstance(size, int) and not -size <= number < size:
        refuse(shape, key, f"index {number} is out of range for axis {place} with size {size}")


def refuse(shape: Shape, key: Any, words: str) -> NoReturn:
    """Raise the error for a key that does not fit."""
    raise ShapeError(
        f"[{written(key)}] does not fit an array of shape {in_words(shape)}: {words}. "
        "Count from 0, or from the end with -1."
    )


def plain_key(key: Any) -> tuple[Any, ...] | None:
    """Return a key of a batch that selects from every entry; None where arrays are in it."""
    parts = key if isinstance(key, tuple) else (key,)
    plain = all(part is None or isinstance(part, int | slice | EllipsisType) for part in parts)
    return (slice(None), *parts) if plain else None


def places_of(shape: Shape, key: Any) -> Any:
    """Return the places, counted in the order of rows, that a key selects from an array."""
    return np.arange(math.prod(shape)).reshape(shape)[key]


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
    rule = "selection"
    samples = (
        (np.array([1.0, 2.0, 3.0]),),
        (TABLE, {"key": (None, slice(None, None, -2), 1)}),
        (TABLE, {"key": (np.array([0, -1, 0]), np.array([2, 0, 2]))}),
        (TABLE, {"key": np.array([[True, False, True], [False, False, True]])}),
        (TABLE[None], {"key": (0, slice(1, None), np.array([[0], [2]]))}),
    )
    mixing = "it selects among the rows"

    def forward(x, key):
        try:
            return np.asarray(x)[key]
        except (IndexError, ValueError) as error:
            selected_shape(np.shape(x), key)  # raises, with words
            refuse(np.shape(x), key, str(error))

    def for_shapes(shape, key):
        return itemgetter(key) if shape else None

    def batch(operation, operands, attributes):
        (x,) = operands
        (key,) = attributes
        plain = plain_key(key)
        if plain is not None:
            return x.value[plain]
        places = places_of(x.shape, key)
        return np.take(in_a_row(x), places, axis=1)

    def lower(shapes, numbers, attributes):
        return Select(0, attributes[0])

    def pull(g, y, x, key):
        return (placed(g, x, key=key),)

    def push(tangents, y, x, key):
        return item_of(broadcast_as(tangents[0], x), key=key)

    def shape(shape, key):
        return selected_shape(shape, key)


class placement(structural):
    """A value put at selected places of an array of zeros; places named twice add up."""

    keywords = {"key": ...}
    shape_sources = second_operand
    samples = (
        (np.array([1.0, 2.0, 3.0]), np.zeros(3)),
        (TABLE[:, 0], np.zeros((2, 2)), {"key": (slice(None), -1)}),
        (TABLE[0], np.zeros(4), {"key": np.array([1, 3, 1])}),
    )

    def forward(value, like, key):
        made = np.zeros(np.shape(like), dtype=np.result_type(np.asarray(value), np.float32))
        if plain_key(key) is None:
            np.add.at(made, key, value)
        else:  # no place is named twice
            made[key] = value
        return made

    def for_shapes(shape, like, key):
        def put(value, _):
            made = np.zeros(like, dtype=getattr(value, "dtype", np.float64))
            made[key] = value
            return made

        return None if plain_key(key) is None else put

    def batch(operation, operands, attributes):
        value, like = operands
        (key,) = attributes
        size = size_of(operands)
        whole = Slot(value.whole(size), is_batch=True)
        plain = plain_key(key)
        kind = np.result_type(whole.value, np.float32)
        if plain is not None:
            made = np.zeros((size, *like.shape), dtype=kind)
            chosen = made[plain]
            chosen[...] = whole.lined_up(chosen.ndim - 1)
            return made
        places = places_of(like.shape, key)
        count = math.prod(like.shape)
        flat = np.arange(size).reshape(-1, 1) * count + places.ravel()
        shape = (size, *places.shape)
        return added_at(
            flat,
            np.broadcast_to(whole.lined_up(places.ndim), shape).reshape(size, -1),
            (size, *like.shape),
        )

    def lower(shapes, numbers, attributes):
        return Place(0, attributes[0])

    def told(key):
        return f"put back at [{written(key)}]"

    def pull(g, y, value, like, key):
        return item_of(g, key=key), 0

    def push(tangents, y, value, like, key):
        return 0 if tangents[0] is None else placed(tangents[0], like, key=key)

    def shape(shape, like, key):
        return like


item_of = reading(item)
placed = reading(placement)


def select(array: expression, key: Any) -> Any:
    """Build the selection that square brackets mean.

    An expression in the key counts along its axis. Of an operation with several values, a number
    selects one.
    """
    names = names_of(array)
    if names and type(key) is int:
        return one_of(array, names, key)
    parts = key if isinstance(key, tuple) else (key,)
    places = [place for place, part in enumerate(parts) if isinstance(part, expression)]
    if not places:
        return item(array, key=checked(key))
    for place in places:
        if parts[place].gives_truth:
            raise ValueTypeError(
                f"{parts[place]} is a condition: how many elements it selects, only values tell. "
                f"where({parts[place]}, {array}, 0) keeps them all; a mask of NumPy's selects."
            )
    others = [part for part in parts if not isinstance(part, expression)]
    whole = all(isinstance(part, slice) and part == slice(None) for part in others)
    if len(places) > 1 or not whole:
        raise ValueTypeError(
            "an expression selects along one axis, with only whole axes beside it: x[i], x[:, i]. "
            "Select in two steps: x[1:][i]."
        )
    return operators["take"](array, parts[places[0]], axis=places[0])


def one_of(whole: expression, names: tuple[str, ...], key: int) -> Any:
    """Return one of several values by its number.

    Raises: ShapeError for a number that none has.
    """
    values = parts_of(whole, names)
    if not -len(values) <= key < len(values):
        raise ShapeError(
            f"{whole} has {len(values)} values, and [{written(key)}] is none of them. "
            "Count from 0, or from the end with -1."
        )
    return values[key]


operators["[]"] = select
