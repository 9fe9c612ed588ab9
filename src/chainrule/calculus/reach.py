"""Which elements of a step's value depend on which elements of an operand.

No operation is known by name: its own `push` is asked, with NaN in place of tangents, since a NaN
comes through every sum and product, also with zero. One question a bit of the coordinates of an
element tells the bits of the coordinates of all elements that are reached; what answers to both
values of a bit may depend on elements with either. So the answer is exact for what moves, repeats
or folds elements along whole axes, batch by batch, and otherwise holds too much, never too little.
May import the engine; it must not know of expressions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.errors import ChainRuleError, ShapeError

__all__ = ["Reach", "reach_of"]

Truth = np.ndarray[Any, np.dtype[np.bool_]]
# What an operation may raise at values that are not its user's.
TROUBLE = (ChainRuleError, ArithmeticError, ValueError, IndexError)


class Reach:
    """For each element of a value, the coordinates of the operand's elements that reach it.

    shape: that of the operand. starts: where counting begins along each axis. high, low: for each
    bit of each axis, one truth value an element: whether it is reached by elements whose coordinate
    has this bit, and by those that lack it. some: whether it is reached at all. within: the same,
    counted from elsewhere.
    """

    __slots__ = ("high", "low", "shape", "some", "starts", "within")

    def __init__(
        self, shape: tuple[int, ...], starts: tuple[int, ...], high: Truth, low: Truth, some: Truth
    ) -> None:
        self.shape = shape
        self.starts = starts
        self.high = high
        self.low = low
        self.some = some
        self.within: Reach | None = None

    def bands(self) -> bool:
        """Tell whether an element is reached by some along an axis, and not by all."""
        both = self.high & self.low
        axes = np.array([axis for axis, _ in bits_of(self.shape, self.starts)], int)
        several = [both[axes == axis] for axis in range(len(self.shape))]
        return any(bool((part.any(axis=0) & ~part.all(axis=0)).any()) for part in several)

    def most(self) -> int:
        """Return how many pairs there can be, before any is listed."""
        counted = np.ones(len(self.some), float)
        both = self.high & self.low
        axes = np.array([axis for axis, _ in bits_of(self.shape, self.starts)], int)
        for axis, length in enumerate(self.shape):
            counted *= np.minimum(2.0 ** both[axes == axis].sum(axis=0), length)
        return int(counted[self.some].sum())

    def pairs(self) -> tuple[Any, Any]:
        """Return the numbers of the elements of the value, and of those of the operand."""
        rows, columns = self.own_pairs()
        if self.within is None:
            return rows, columns
        count = size_of(self.shape)
        others, places = self.within.own_pairs()
        met = np.intersect1d(rows * count + columns, others * count + places, assume_unique=True)
        return met // count, met % count

    def own_pairs(self) -> tuple[Any, Any]:
        """Return the pairs that the answers do not exclude."""
        rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        found = np.flatnonzero(self.some)
        fixed = np.zeros((len(self.shape), len(found)), np.int64)
        free = np.zeros_like(fixed)
        for place, (axis, bit) in enumerate(bits_of(self.shape, self.starts)):
            high, low = self.high[place, found], self.low[place, found]
            free[axis] |= (high & low).astype(np.int64) << bit
            fixed[axis] |= (high & ~low).astype(np.int64) << bit
        for chosen in alike(free):
            which, reaching = self.elements(fixed[:, chosen], free[:, chosen[0]])
            rows.append(found[chosen[which]])
            columns.append(reaching)
        return np.concatenate(rows), np.concatenate(columns)

    def elements(self, fixed: Any, kind: Any) -> tuple[Any, Any]:
        """Return which of some elements, and the operand's elements that reach it.

        fixed: a column of coordinates each, without the bits that may be either. kind: these bits.
        """
        which = np.arange(fixed.shape[1])
        flat = np.zeros(fixed.shape[1], np.int64)
        for axis, length in enumerate(self.shape):
            places = fixed[axis][which][:, None] | combinations(int(kind[axis]))[None, :]
            places = places - self.starts[axis]
            inside = (places >= 0) & (places < length)
            which = np.broadcast_to(which[:, None], places.shape)[inside]
            flat = (flat[:, None] * length + places)[inside]
        return which, flat


def alike(columns: Any) -> list[Any]:
    """Return the numbers of the columns of a matrix, those of the same columns together."""
    if (columns == columns[:, :1]).all():  # as in most operations
        return [np.arange(columns.shape[1])] if columns.shape[1] else []
    _, kind_of = np.unique(columns, axis=1, return_inverse=True)
    order = np.argsort(kind_of.ravel(), kind="stable")
    return np.split(order, np.cumsum(np.bincount(kind_of.ravel()))[:-1])


def combinations(mask: int) -> Any:
    """Return every number that has no bits but those of a mask.

    >>> combinations(0b101).tolist()
    [0, 1, 4, 5]
    """
    found = np.zeros(1, np.int64)
    for bit in range(mask.bit_length()):
        if mask >> bit & 1:
            found = np.concatenate([found, found | 1 << bit])
    return found


def bits_of(shape: tuple[int, ...], starts: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """List the bits of the coordinates of an element, axis by axis."""
    for axis, (length, start) in enumerate(zip(shape, starts, strict=True)):
        for bit in range((max(length - 1, 0) + start).bit_length()):
            yield axis, bit


def aside(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return where else to begin counting: what lies on both sides of 1000 and 0111 does not there.

    The bits of the start are 0 and 1 by turns, so that no power of two comes near another one.
    """
    return tuple([((1 << max(length - 1, 0).bit_length()) - 1) // 3 for length in shape])


def holds_bit(shape: tuple[int, ...], starts: tuple[int, ...], axis: int, bit: int) -> Truth:
    """Tell for every element of an array whether its coordinate has a bit."""
    places = np.arange(starts[axis], starts[axis] + shape[axis])
    found: Truth = (places >> bit & 1).astype(bool)
    return found.reshape([-1 if place == axis else 1 for place in range(len(shape))])


def reach_of(
    operation: Any,
    number: int,
    value: Any,
    operands: list[Any],
    attributes: tuple[Any, ...],
    moving: list[bool],
) -> list[Reach] | None:
    """Return how one operand reaches each value of a step, None where only everything is safe.

    moving: which operands may take other values; where what is reached depends on these (a largest
    element, a rank), whole axes are taken to reach.
    """
    if operation.push is None or any(isinstance(operand, Bundle) for operand in operands):
        return None
    if getattr(operation, "conditions", 0):  # a loop may run for very long at other values
        return None
    try:
        first = Probe(operation, number, value, operands, attributes)
        start = tuple([0] * len(first.shape))
        high, low = first.answers(start, inverted=False), first.answers(start, inverted=True)
        some = first.reached(np.ones(first.shape, bool))
        others = list(other_answers(first, operation, number, operands, attributes, moving))
    except TROUBLE:
        return None
    found = []
    for part in range(len(some)):
        reach = Reach(first.shape, start, high[part].copy(), low[part], some[part])
        for answers, reached in others:
            widened(reach, high[part], answers[part], reached[part])
        found.append(reach)
    if not others and any(reach.bands() for reach in found):
        elsewhere = aside(first.shape)
        high, low = (first.answers(elsewhere, inverted=inverted) for inverted in (False, True))
        for part, reach in enumerate(found):
            reach.within = Reach(first.shape, elsewhere, high[part], low[part], some[part])
    return found


def widened(reach: Reach, here: Truth, there: Truth, some: Truth) -> None:
    """Let whole axes reach where the answers at other values are not those at the first ones."""
    reach.some = reach.some | some
    differs = {
        axis
        for place, (axis, _) in enumerate(bits_of(reach.shape, reach.starts))
        if not np.array_equal(here[place], there[place])
    }
    for place, (axis, _) in enumerate(bits_of(reach.shape, reach.starts)):
        if axis in differs:
            reach.high[place] = reach.low[place] = reach.some


class Probe:
    """The `push` of a step at some values, asked with NaN which elements are reached."""

    __slots__ = ("ask", "shape", "sizes")

    def __init__(
        self,
        operation: Any,
        number: int,
        value: Any,
        operands: list[Any],
        attributes: tuple[Any, ...],
    ) -> None:
        self.shape = np.shape(operands[number])
        self.sizes = [np.shape(part) for part in parts(value)]

        def ask(tangent: Any) -> Any:
            tangents = [tangent if place == number else None for place in range(len(operands))]
            with np.errstate(all="ignore"):
                return operation.push(tangents, value, *operands, *attributes)

        self.ask: Callable[[Any], Any] = ask

    def reached(self, mask: Truth) -> list[Truth]:
        """Tell for every element of each value whether it depends on the elements of a mask."""
        seed = np.where(np.broadcast_to(mask, self.shape), np.nan, 0.0)
        answer = self.ask(seed)
        several = answer if isinstance(answer, Bundle) else [answer] * len(self.sizes)
        return [
            np.broadcast_to(np.isnan(0.0 if is_none(part) else part), shape).ravel()
            for part, shape in zip(several, self.sizes, strict=True)
        ]

    def along(self, direction: Any) -> tuple[Any, ...]:
        """Return the tangent of each value along some direction."""
        return parts(self.ask(direction))

    def answers(self, starts: tuple[int, ...], *, inverted: bool) -> list[Truth]:
        """Return for each value a row a bit: what the elements with the bit reach, or without."""
        asked = [
            self.reached(holds_bit(self.shape, starts, axis, bit) ^ inverted)
            for axis, bit in bits_of(self.shape, starts)
        ]
        return [
            np.array([answer[part] for answer in asked], bool).reshape(len(asked), size_of(shape))
            for part, shape in enumerate(self.sizes)
        ]


def is_none(tangent: Any) -> bool:
    """Tell whether nothing flows, or what flows is no number, which whoever needs one is told."""
    return tangent is None or getattr(tangent, "__array_ufunc__", ...) is None


def size_of(shape: tuple[int, ...]) -> int:
    """Count the elements of an array of this shape."""
    return math.prod(shape)


def parts(value: Any) -> tuple[Any, ...]:
    """Return the values of a step, of which most have one."""
    return tuple(value) if isinstance(value, Bundle) else (value,)


def other_answers(
    first: Probe,
    operation: Any,
    number: int,
    operands: list[Any],
    attributes: tuple[Any, ...],
    moving: list[bool],
) -> Iterator[tuple[list[Truth], list[Truth]]]:
    """List the answers at values in other orders, as far as the operation is defined there.

    Two opposite orders move every extreme and every rank but the middle, which a shift moves. An
    operation that takes a direction drawn at random to the same tangent is linear: it would answer
    as before.
    """
    start = tuple([0] * len(first.shape))
    direction = np.random.default_rng(1).standard_normal(first.shape)
    expected = first.along(direction)
    for change in changes():
        drawn = [change(x) if moves else x for x, moves in zip(operands, moving, strict=True)]
        try:
            with np.errstate(all="ignore"):
                value = operation.on_array(*drawn, *attributes)
            if not all(np.all(np.isfinite(part)) for part in parts(value)):
                continue
            probe = Probe(operation, number, value, drawn, attributes)
            if all(map(are_same, expected, probe.along(direction))):
                continue
            answers = probe.answers(start, inverted=False)
            reached = probe.reached(np.ones(probe.shape, bool))
        except TROUBLE:
            continue
        if probe.sizes != first.sizes:
            raise ShapeError("the values decide on the shape: nothing is known of others.")
        yield answers, reached


def are_same(one: Any, other: Any) -> bool:
    """Tell whether two tangents are the same, None among them, bit for bit."""
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other, equal_nan=True)


def changes() -> list[Callable[[Any], Any]]:
    """List ways to take other values for an operand of the same shape and precision."""

    def drawn(sign: float, shift: int, operand: Any) -> Any:
        draws = np.random.default_rng(0)
        values = sign * np.roll(draws.standard_normal(np.size(operand)), shift)
        return values.reshape(np.shape(operand)).astype(np.asarray(operand).dtype)[()]

    return [partial(drawn, sign, shift) for sign, shift in product((1.0, -1.0), (0, 1))]
