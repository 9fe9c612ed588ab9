"""Derivative masks, for operations whose value comes from one operand or another.

A choice decides, element by element, how much of its value comes from which operand. What flows to
or from an operand left out is not a zero but nothing: no slope on its way, infinite or undefined,
can do any harm. A zero that was computed is a number like any other: times infinity it is NaN. So
the decision is carried along, beside the numbers, as a mask; of a number alone it is decided at
once. `weights` says how a class body states the decision. Over nodes the class of a node knows the
words, in `masks`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.inference import shape_leaves
from chainrule.engine.node import Node
from chainrule.engine.protocol import Number

__all__ = [
    "NOTHING_FLOWS",
    "Masked",
    "Words",
    "absorbing",
    "arriving",
    "both",
    "carried",
    "denied",
    "either",
    "fitted_flow",
    "is_nothing",
    "over",
    "pick",
    "plus",
    "seeded",
    "settled",
    "taken",
    "times",
    "weighed",
    "words_of",
    "zero_wins",
]

# What is not taken adds nothing: v + -0.0 is v, the sign of a zero included.
NOTHING = -0.0


def times(left: Number, right: Number) -> Number:
    """Multiply; the literals 1 and -1, which rules write for themselves, cost no operation."""
    if type(left) is int:
        if left == 1:
            return right
        if left == -1:
            return -right
    if type(right) is int:
        if right == 1:
            return left
        if right == -1:
            return -left
    return left * right


def zero_wins(a: Any, b: Any) -> Any:
    """Multiply arrays; a product is 0 where one factor is 0, whatever the other is."""
    product = np.multiply(a, b)
    wrong = np.isnan(product)
    if not np.any(wrong):  # the usual case, at the price of one look
        return product
    zero = np.equal(a, 0) | np.equal(b, 0)
    return np.where(wrong & zero, np.zeros_like(product), product)[()]


def absorbing(left: Number, right: Number) -> Number:
    """Multiply numbers, arrays or nodes; a product is 0 where one factor is 0."""
    if type(left) is int or type(right) is int:
        return times(left, right)
    for item in (left, right):
        if isinstance(item, Node):
            return words_of(item).product(left, right)
    if isinstance(left, np.ndarray | np.generic) or isinstance(right, np.ndarray | np.generic):
        return zero_wins(left, right)
    return left * right if left and right else 0.0


class Words(Protocol):
    """What says over nodes what masks say over arrays; a class of nodes has them as `masks`."""

    def product(self, left: Any, right: Any) -> Any:
        """Write a product in which a zero wins."""

    def only(self, mask: Any, value: Any, otherwise: Any) -> Any:
        """Write the value where the mask holds, else the other one."""

    def both(self, one: Any, other: Any) -> Any:
        """Write where both masks hold."""

    def either(self, one: Any, other: Any) -> Any:
        """Write where one of the masks holds, or both; None for everywhere."""

    def denied(self, mask: Any) -> Any:
        """Write where a mask does not hold."""

    def truth(self, mask: Any) -> Any:
        """Write a mask as 1 and 0, which can be summed."""


def words_of(item: Node) -> Words:
    """Return the words for masks of the language that a node belongs to."""
    words: Words = type(item).masks  # type: ignore[attr-defined]  # an operation's class
    return words


class Masked:
    """A derivative that flows where a mask holds; elsewhere there is none.

    mask: an array of truth values, a node, False for nowhere, or None for everywhere. value: right
    where the mask holds. cover: the mask outside of which the value may be anything; where the
    cover holds and the mask does not, the value is 0 already. wins: whether it has come through a
    product in which a zero wins, so that a zero wins below too.
    """

    __slots__ = ("cover", "mask", "value", "wins")

    def __init__(
        self,
        value: Number,
        mask: Any,
        cover: Any = ...,
        wins: bool = False,  # noqa: FBT001, FBT002 - made once an edge of a choice
    ) -> None:
        self.value = value
        self.mask = mask
        self.cover = mask if cover is ... else cover
        self.wins = wins

    def times(self, factor: Number) -> Masked:
        """Carry it over a step."""
        product = absorbing if self.wins else times
        return Masked(product(self.value, factor), self.mask, wins=self.wins)

    def only(self, otherwise: float) -> Number:
        """Return the value where it flows, else the number given."""
        cover, value = self.cover, self.value
        if cover is None:
            return value
        if cover is False:
            return np.zeros_like(value) + otherwise if isinstance(value, np.ndarray) else otherwise
        if isinstance(cover, Node):
            return words_of(cover).only(cover, value, otherwise)
        return selected(cover, np.asarray(value), otherwise)

    def moved(self, pull: Callable[[Number], Number], value: Number) -> Masked:
        """Return what arrives where a step has moved it, folded it, or repeated it.

        value: what the step makes of this one, settled. A NaN shows how far what was taken reaches:
        it comes through every sum and product, also with zero.
        """
        if self.mask is None:
            return Masked(value, None, wins=self.wins)
        tracer = pull(Masked(self.value * np.nan, self.mask).only(0.0))
        # A NaN counts as true.
        reached = tracer if isinstance(tracer, Node) else np.isnan(tracer)
        return Masked(value, reached, wins=self.wins)

    def fitted(
        self, operand: Number, fit: Callable[[Number, Number], Number], *, last: bool
    ) -> Number:
        """Return it in the shape of an operand: there where any part of a sum was taken."""
        mask = self.mask
        if isinstance(operand, Node):
            whole = settled(self)
            same = shape_leaves(whole) == shape_leaves(operand)
        else:
            shapes = np.shape(self.value), np.shape(mask if isinstance(mask, np.ndarray) else 0)
            same = np.broadcast_shapes(*shapes) == np.shape(operand)
        if same:
            return self
        whole = settled(self)
        value = fit(whole, operand)
        settles = mask is False or mask is None
        if settles or (isinstance(mask, Node) and not shape_leaves(mask)):
            return Masked(value, mask, wins=self.wins)
        if last:
            return value
        if isinstance(mask, Node):
            return Masked(value, fit(words_of(mask).truth(mask), operand), wins=self.wins)
        counted = fit(np.broadcast_to(mask, np.shape(whole)).astype(float), operand)
        return Masked(value, counted > 0, wins=self.wins)


def selected(mask: Any, value: Any, otherwise: float) -> Any:
    """Return the value where an array of truth values holds, else zero, of either sign."""
    bits = {np.dtype(np.float64): np.int64, np.dtype(np.float32): np.int32}.get(value.dtype)
    if bits is None or mask.shape != value.shape or math.copysign(1, otherwise) < 0:
        return np.where(mask, value, value.dtype.type(otherwise))
    # By its bits: several times as fast as branches that cannot be foreseen.
    return (value.view(bits) & -mask.astype(bits)).view(value.dtype)


def seeded(seed: Number) -> Number:
    """Return what flows from a seed, masked where it is 0: from there nothing flows."""
    if not isinstance(seed, np.ndarray):
        return seed
    moves = seed != 0
    if moves.all():
        return seed
    return Masked(seed, moves if moves.any() else False)


def carried(
    push: Callable[[Sequence[Number]], Number], found: Number, tangents: Sequence[Number]
) -> Number:
    """Return what a step carries forward, masked where no operand's tangent reaches.

    found: what it makes of the tangents, settled; None is a tangent off the path. As in
    `Masked.moved`, a NaN shows how far what was taken reaches.
    """
    tracers = [
        None
        if item is None
        else Masked(item.value * math.nan, item.mask).only(0.0)
        if type(item) is Masked
        else item * math.nan
        for item in tangents
    ]
    reached = np.isnan(push(tracers))
    if np.all(reached):
        return found
    return Masked(found, reached if np.any(reached) else False)


def arriving(
    pull: Callable[[Number, int], Number],
    flowing: Number,
    found: list[Number],
    numbers: Iterable[int],
) -> list[Number]:
    """Return what a step passes on, masked where nothing of what flows in arrives at an operand.

    pull: what it makes of something else that flows in, of one operand. found: of what does, by
    operand; changed for these numbers. As in `Masked.moved`, a NaN shows how far it reaches.
    """
    parts = flowing if type(flowing) is Bundle else [flowing]
    traced = [None if part is None else part * math.nan for part in parts]
    tracer = Bundle(traced) if type(flowing) is Bundle else traced[0]
    for number in numbers:
        if found[number] is None or type(found[number]) is Bundle:
            continue
        told = pull(tracer, number)
        if isinstance(told, Node):  # a NaN counts as true
            found[number] = Masked(found[number], told)
            continue
        reached = np.isnan(told)
        if not np.all(reached):
            found[number] = Masked(found[number], reached if np.any(reached) else False)
    return found


def settled(flow: Number) -> Number:
    """Return what flows as a number, an array or a node: zero where nothing does."""
    return flow.only(0) if type(flow) is Masked else flow


def is_nothing(flow: Number) -> bool:
    """Tell whether nothing flows at all."""
    return type(flow) is Masked and flow.mask is False


def taken(flowing: Number, weight: Number) -> Number:
    """Return what flows over an edge of a choice.

    weight: masked; or a factor whose zero wins, here and below.
    """
    if type(weight) is Masked:
        return over(flowing, weight)
    masked = type(flowing) is Masked
    value = absorbing(flowing.value if masked else flowing, weight)
    return Masked(value, flowing.mask if masked else None, wins=True)


def weighed(weight: Number, tangent: Number) -> Number:
    """Return the part of a tangent that comes through a choice; as `taken`, the weight first."""
    if type(tangent) is not Masked:
        if type(weight) is not Masked:
            return Masked(absorbing(weight, tangent), None, wins=True)
        if weight.mask is None and not weight.wins:
            return times(weight.value, tangent)
    return taken(tangent, weight)


def over(flowing: Number, weight: Masked) -> Number:
    """Return a derivative carried over a masked weight: it flows where both masks hold."""
    masked = type(flowing) is Masked
    wins = weight.wins or (masked and flowing.wins)
    product = absorbing if wins else times
    value = product(flowing.value if masked else flowing, weight.value)
    if masked:
        return Masked(value, both(weight.mask, flowing.mask), wins=wins)
    return value if weight.mask is None and not wins else Masked(value, weight.mask, wins=wins)


def within(mask: Any, flow: Number) -> Masked:
    """Let something flow only where a mask holds too."""
    if type(flow) is not Masked:
        return Masked(flow, mask)
    return Masked(flow.value, both(mask, flow.mask), both(mask, flow.cover), flow.wins)


def both(one: Any, other: Any) -> Any:
    """Return where both masks hold."""
    if one is None or other is None:
        return other if one is None else one
    if one is False or other is False:
        return False
    return words_of(one).both(one, other) if isinstance(one, Node) else one & other


def either(one: Any, other: Any) -> Any:
    """Return where one of two masks holds, or both; None for everywhere."""
    if one is None or other is None:
        return None
    if one is False or other is False:
        return other if one is False else one
    return words_of(one).either(one, other) if isinstance(one, Node) else one | other


def denied(mask: Any) -> Any:
    """Return where a mask, of truth values or a node, does not hold."""
    return words_of(mask).denied(mask) if isinstance(mask, Node) else ~mask


def plus(one: Number, other: Number) -> Number:
    """Add two flows, of which one or both may be masked."""
    if is_nothing(one) or is_nothing(other):
        return other if is_nothing(one) else one
    wins = any(type(item) is Masked and item.wins for item in (one, other))
    if any(type(item) is not Masked or item.mask is None for item in (one, other)):
        left, right = [
            item.only(NOTHING) if type(item) is Masked else item for item in (one, other)
        ]
        return Masked(left + right, None, wins=True) if wins else left + right
    if one.mask is other.mask and one.cover is other.cover:
        return Masked(one.value + other.value, one.mask, one.cover, wins)
    union = either(one.mask, other.mask)
    if union is None:
        whole = words_of(one.mask).only(one.mask, one.value, other.value)
        return Masked(whole, None, wins=True) if wins else whole
    return Masked(one.only(NOTHING) + other.only(NOTHING), union, wins=wins)


def pick(condition: Any, first: Number, second: Number) -> Number:
    """Return the first tangent where a condition is true, else the second; None is nothing."""
    if first is None and second is None:
        return None
    if not isinstance(condition, Node | np.ndarray):
        return first if condition else second
    if isinstance(condition, np.ndarray):
        first, second = [np.float64(x) if type(x) in (int, float) else x for x in (first, second)]
    opposite = denied(condition)
    if first is None or second is None:
        return within(opposite, second) if first is None else within(condition, first)
    whole: Any = words_of(condition).only if isinstance(condition, Node) else np.where
    value = whole(condition, settled(first), settled(second))
    if type(first) is not Masked and type(second) is not Masked:
        return value
    masks = [
        both(mask, flow.mask) if type(flow) is Masked else mask
        for mask, flow in ((condition, first), (opposite, second))
    ]
    union = either(*masks)
    return value if union is None else Masked(value, union, None)


def fitted_flow(
    flow: Number, operand: Number, fit: Callable[[Number, Number], Number], *, last: bool
) -> Number:
    """Bring what flows to the shape of the operand it belongs to.

    last: whether nothing lies below the operand, so that where it was taken no longer matters.
    """
    if type(flow) is Masked:
        return flow.fitted(operand, fit, last=last)
    return flow if type(flow) is Bundle else fit(flow, operand)


# Of an operand that was left out altogether.
NOTHING_FLOWS = Masked(0.0, False)  # noqa: FBT003 - nowhere
