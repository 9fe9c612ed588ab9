"""What flows where a choice was made: there where an operand was taken, nothing elsewhere.

A choice decides, element by element, which operand its value comes from. What flows to or from the
others is not a zero but nothing: no slope on its way, infinite or undefined, can do any harm. A
zero that was computed is a number like any other: times infinity it is NaN. So the decision is
carried along, beside the numbers, as a mask; of a number alone it is decided at once. Over nodes
the guard of the choice knows the words.
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
    "Guard",
    "Masked",
    "arriving",
    "carried",
    "fitted_flow",
    "is_nothing",
    "pick",
    "plus",
    "settled",
    "taken",
    "times",
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


class Guard(Protocol):
    """The words that say over nodes what masks say over arrays.

    product: how to multiply below, instead of a mask; None where there is a choice.
    """

    @property
    def product(self) -> Callable[[Number, Number], Number] | None:
        """Return how to multiply below an operation in which a zero wins."""

    def split(self, partial: Any) -> tuple[Any, Any]:
        """Return where a partial is not zero, and the partial there; None for everywhere."""

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


class Plain:
    """The guard of masks over arrays alone, for which there is nothing to write."""

    __slots__ = ()
    product = None


PLAIN: Any = Plain()


class Masked:
    """A derivative that flows where a mask holds; elsewhere there is none.

    mask: an array of truth values, a node, False for nowhere, or None for everywhere. value: right
    where the mask holds. cover: the mask outside of which the value may be anything; where the
    cover holds and the mask does not, the value is 0 already. guard: of what it has come through.
    """

    __slots__ = ("cover", "guard", "mask", "value")

    def __init__(self, value: Number, mask: Any, guard: Guard, cover: Any = ...) -> None:
        self.value = value
        self.mask = mask
        self.guard = guard
        self.cover = mask if cover is ... else cover

    def times(self, factor: Number) -> Masked:
        """Carry it over a step."""
        return Masked((self.guard.product or times)(self.value, factor), self.mask, self.guard)

    def only(self, otherwise: float) -> Number:
        """Return the value where it flows, else the number given."""
        cover, value = self.cover, self.value
        if cover is None:
            return value
        if cover is False:
            return np.zeros_like(value) + otherwise if isinstance(value, np.ndarray) else otherwise
        if isinstance(cover, Node):
            return self.guard.only(cover, value, otherwise)
        return selected(cover, np.asarray(value), otherwise)

    def moved(self, pull: Callable[[Number], Number], value: Number) -> Masked:
        """Return what arrives where a step has moved it, folded it, or repeated it.

        value: what the step makes of this one, settled. A NaN shows how far what was taken reaches:
        it comes through every sum and product, also with zero.
        """
        if self.mask is None:
            return Masked(value, None, self.guard)
        tracer = pull(Masked(self.value * np.nan, self.mask, self.guard).only(0.0))
        # A NaN counts as true.
        return Masked(value, tracer if isinstance(tracer, Node) else np.isnan(tracer), self.guard)

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
            return Masked(value, mask, self.guard)
        if last:
            return value
        if isinstance(mask, Node):
            return Masked(value, fit(self.guard.truth(mask), operand), self.guard)
        counted = fit(np.broadcast_to(mask, np.shape(whole)).astype(float), operand)
        return Masked(value, counted > 0, self.guard)


def selected(mask: Any, value: Any, otherwise: float) -> Any:
    """Return the value where an array of truth values holds, else zero, of either sign."""
    bits = {np.dtype(np.float64): np.int64, np.dtype(np.float32): np.int32}.get(value.dtype)
    if bits is None or mask.shape != value.shape or math.copysign(1, otherwise) < 0:
        return np.where(mask, value, value.dtype.type(otherwise))
    # By its bits: several times as fast as branches that cannot be foreseen.
    return (value.view(bits) & -mask.astype(bits)).view(value.dtype)


def carried(
    push: Callable[[Sequence[Number]], Number], found: Number, tangents: Sequence[Number]
) -> Number:
    """Return what a step carries forward, masked where no operand's tangent that was taken reaches.

    found: what it makes of the tangents, settled; None is a tangent off the path. As in
    `Masked.moved`, a NaN shows how far what was taken reaches.
    """
    masked = [item for item in tangents if item is not None]
    if any(type(item) is not Masked for item in masked):
        return found
    tracers = [
        None if item is None else Masked(item.value * math.nan, item.mask, item.guard).only(0.0)
        for item in tangents
    ]
    reached = np.isnan(push(tracers))
    if isinstance(reached, np.ndarray):
        return Masked(found, reached, masked[0].guard)
    return found if reached else Masked(found, False, masked[0].guard)  # noqa: FBT003 - nowhere


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
        reached = np.isnan(pull(tracer, number))
        if not np.all(reached):
            found[number] = Masked(found[number], reached if np.any(reached) else False, PLAIN)
    return found


def settled(flow: Number) -> Number:
    """Return what flows as a number, an array or a node: zero where nothing does."""
    return flow.only(0) if type(flow) is Masked else flow


def is_nothing(flow: Number) -> bool:
    """Tell whether nothing flows at all."""
    return type(flow) is Masked and flow.mask is False


def taken(flowing: Number, partial: Number, guard: Guard) -> Number:
    """Return what flows over an edge of a choice: where the partial is 0, it was not taken."""
    masked = type(flowing) is Masked
    if guard.product is not None:
        value = guard.product(flowing.value if masked else flowing, partial)
        return Masked(value, flowing.mask if masked else None, guard)
    inner, factor = split(partial, guard)
    if not masked:
        value = times(flowing, factor)
        return value if inner is None else Masked(value, inner, guard)
    flow = flowing.times(factor)
    return flow if inner is None else within(inner, flow, guard)


def split(partial: Number, guard: Guard) -> tuple[Any, Number]:
    """Return where an operand was taken, None for everywhere, False for nowhere; and its slope."""
    if isinstance(partial, Node):
        return guard.split(partial)
    found = partial != 0  # so is NaN: what is undecided is not left out
    if not isinstance(found, np.ndarray):
        return (None if found else False), partial
    if found.all():
        return None, partial
    return (found if found.any() else False), partial


def within(mask: Any, flow: Number, guard: Guard) -> Masked:
    """Let something flow only where a mask holds too."""
    if type(flow) is not Masked:
        return Masked(flow, mask, guard)
    cover = both(mask, flow.cover, guard)
    return Masked(flow.value, both(mask, flow.mask, guard), flow.guard, cover)


def both(one: Any, other: Any, guard: Guard) -> Any:
    """Return where both masks hold."""
    if one is None or other is None:
        return other if one is None else one
    if one is False or other is False:
        return False
    return guard.both(one, other) if isinstance(one, Node) else one & other


def plus(one: Number, other: Number) -> Number:
    """Add two flows, of which one or both may be masked."""
    if is_nothing(one) or is_nothing(other):
        return other if is_nothing(one) else one
    flows = [item for item in (one, other) if type(item) is Masked]
    weighing = [item.guard for item in flows if item.guard.product is not None]
    if any(type(item) is not Masked or item.mask is None for item in (one, other)):
        left, right = [
            item.only(NOTHING) if type(item) is Masked else item for item in (one, other)
        ]
        return Masked(left + right, None, weighing[0]) if weighing else left + right
    guard: Guard = weighing[0] if weighing else one.guard
    if one.mask is other.mask and one.cover is other.cover:
        return Masked(one.value + other.value, one.mask, guard, one.cover)
    masks = one.mask, other.mask
    union = guard.either(*masks) if isinstance(one.mask, Node) else masks[0] | masks[1]
    if union is None:
        whole = guard.only(one.mask, one.value, other.value)
        return Masked(whole, None, guard) if weighing else whole
    return Masked(one.only(NOTHING) + other.only(NOTHING), union, guard)


def pick(condition: Any, first: Number, second: Number, guard: Guard) -> Number:
    """Return the first tangent where a condition is true, else the second; None is nothing."""
    if first is None and second is None:
        return None
    if not isinstance(condition, Node | np.ndarray):
        return first if condition else second
    if isinstance(condition, Node):
        denied = guard.denied(condition)
    else:
        kind = condition.dtype.type if condition.dtype.kind == "f" else np.float64
        first, second = [kind(x) if type(x) in (int, float) else x for x in (first, second)]
        condition = condition != 0
        denied = ~condition
    if first is None or second is None:
        return within(denied, second, guard) if first is None else within(condition, first, guard)
    whole = guard.only if isinstance(condition, Node) else np.where
    value = whole(condition, settled(first), settled(second))
    if type(first) is not Masked and type(second) is not Masked:
        return value
    masks = [
        both(mask, flow.mask, guard) if type(flow) is Masked else mask
        for mask, flow in ((condition, first), (denied, second))
    ]
    union = guard.either(*masks) if isinstance(condition, Node) else masks[0] | masks[1]
    return value if union is None else Masked(value, union, guard, None)


def fitted_flow(
    flow: Number, operand: Number, fit: Callable[[Number, Number], Number], *, last: bool
) -> Number:
    """Bring what flows to the shape of the operand it belongs to.

    last: whether nothing lies below the operand, so that where it was taken no longer matters.
    """
    if type(flow) is Masked:
        return flow.fitted(operand, fit, last=last)
    return flow if type(flow) is Bundle else fit(flow, operand)
