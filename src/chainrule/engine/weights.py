"""Weights: how much of the value of a choice comes from which operand, as class bodies state it.

An operation that chooses says `weights` instead of `partials`: one an operand, 0, a half or 1, in
cases that exclude each other. The local derivatives, the masks of what flows and the tangent that
is picked all follow from them. Knows no operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from chainrule.engine.masked import (
    NOTHING_FLOWS,
    Masked,
    denied,
    either,
    pick,
    plus,
    times,
    words_of,
)
from chainrule.engine.node import Node
from chainrule.engine.protocol import Number

__all__ = ["Cases", "partials_from"]

# A condition, and the weight of each operand where it holds.
Case = tuple[Any, Sequence[Number]]


class Cases:
    """The weights of the operands, case by case; the literal 0 says that nothing flows.

    cases: conditions that exclude each other, with a weight an operand; over arrays they are true
    or false, or 1 and 0 in the precision of the operands. otherwise: the weights where none of them
    holds; without them nothing is decided there, and every weight is NaN.
    A weight that is no literal, as the slope of a leaky ramp, flows where it is 0 too.

    >>> larger = Cases((1.0 < 2.0, (0, 1)), (1.0 > 2.0, (1, 0)), (1.0 == 2.0, (0.5, 0.5)))
    >>> [weight().only(0.0) for weight in larger]
    [0.0, 1]
    """

    __slots__ = ("cases", "count", "otherwise")

    def __init__(self, *cases: Case, otherwise: Sequence[Number] | None = None) -> None:
        self.cases = cases
        self.otherwise = otherwise
        self.count = len(cases[0][1])

    def __iter__(self) -> Iterator[Callable[[], Number]]:
        """Give the weights as functions, called only where one is asked for."""
        for number in range(self.count):
            yield put_off(self, number)

    def __getitem__(self, number: int) -> Number:
        """Return the weight of an operand, masked where it is left out; 0 where it always is."""
        conditions = [case[0] for case in self.cases]
        own = [case[1][number] for case in self.cases]
        last = math.nan if self.otherwise is None else self.otherwise[number]
        if is_zero(last) and all(map(is_zero, own)):
            return 0
        if any(isinstance(condition, Node) for condition in conditions):
            return written(conditions, own, last)
        if any(isinstance(item, np.ndarray) for item in conditions):
            return over_arrays(conditions, own, last)
        chosen = last
        for condition, weight in zip(conditions, own, strict=True):
            if condition:
                chosen = weight
                break
        return NOTHING_FLOWS if is_zero(chosen) else Masked(chosen, None)

    def along(self, tangents: Sequence[Number]) -> Number:
        """Return the tangent of the value, picked from those of the operands; None is nothing."""
        if self.otherwise is None:
            found: Number = math.nan
        else:
            found = shared(self.otherwise, tangents)
        for condition, own in reversed(self.cases):
            found = pick(truth_of(condition), shared(own, tangents), found)
        return found

    @property
    def picks(self) -> bool:
        """Whether every weight is a plain number, so that a tangent can be picked."""
        rows = [case[1] for case in self.cases]
        rows += [] if self.otherwise is None else [self.otherwise]
        return all(type(weight) in (int, float) for row in rows for weight in row)


def put_off(cases: Cases, number: int) -> Callable[[], Number]:
    """Return the weight of an operand as a function."""
    return lambda: cases[number]


def is_zero(weight: Number) -> bool:
    """Tell the zero that a case states from a weight that happens to be 0."""
    return type(weight) is int and weight == 0


def truth_of(condition: Any) -> Any:
    """Return a condition over arrays as truth values; another as it is."""
    known = not isinstance(condition, np.ndarray) or condition.dtype == np.bool_
    return condition if known else condition != 0


def shared(own: Sequence[Number], tangents: Sequence[Number]) -> Number:
    """Return the tangents by their weights, added up; None where nothing flows."""
    total: Number = None
    for weight, tangent in zip(own, tangents, strict=True):
        if tangent is None or is_zero(weight):
            continue
        if weight == 0.5 and type(tangent) is not Masked:
            part = tangent / 2
        else:
            part = tangent.times(weight) if type(tangent) is Masked else times(weight, tangent)
        total = part if total is None else plus(total, part)
    return total


def written(conditions: Sequence[Any], own: Sequence[Number], last: Number) -> Masked:
    """Write the weight of an operand over nodes: the mask from the cases that leave it out."""
    taken = [place for place, weight in enumerate(own) if not is_zero(weight)]
    mask: Any = None
    if is_zero(last):
        mask = any_of([conditions[place] for place in taken])
        last = own[taken.pop()]
    elif len(taken) < len(own):
        left_out = [conditions[place] for place, weight in enumerate(own) if is_zero(weight)]
        mask = denied(any_of(left_out))
    for place in reversed(taken):
        condition = conditions[place]
        last = words_of(condition).only(condition, own[place], last)
    return Masked(last, mask)


def any_of(masks: Sequence[Any]) -> Any:
    """Return where one of several masks holds."""
    whole = masks[0]
    for mask in masks[1:]:
        whole = either(whole, mask)
    return whole


def over_arrays(conditions: Sequence[Any], own: Sequence[Number], last: Number) -> Masked:
    """Return the weight of an operand over arrays.

    One that is the same for every element that flows stays a number: to multiply by 1 costs
    nothing.
    """
    masks = [truth_of(condition) for condition in conditions]
    pairs = list(zip(masks, own, strict=True))
    taken = [pair for pair in pairs if not is_zero(pair[1])]
    left_out = [mask for mask, weight in pairs if is_zero(weight)]
    if is_zero(last):
        flowing = any_of([mask for mask, _ in taken])
        last = taken.pop()[1]
    else:
        flowing = denied(any_of(left_out)) if left_out else None
    pieces: list[tuple[Any, Number]] = []
    rest = flowing
    for mask, weight in taken:
        pieces.append((mask, weight))
        rest = denied(mask) if rest is None else rest & denied(mask)
        if not rest.any():
            break
    else:
        pieces.append((rest, last))
    kind = next((item.dtype for item in conditions if isinstance(item, np.ndarray)), None)
    value = pieces[0][1] if len(pieces) == 1 else assembled(pieces, kind)
    if flowing is None or flowing.all():
        return Masked(value, None)
    return Masked(value, flowing) if flowing.any() else NOTHING_FLOWS


def assembled(pieces: Sequence[tuple[Any, Number]], kind: Any) -> Any:
    """Return one array of the weights, each where it holds; anything elsewhere.

    kind: the precision of the operands, which a plain number must not widen.
    """
    number = kind.type if kind is not None and kind.kind == "f" else np.float64
    weights = [number(weight) if type(weight) in (int, float) else weight for _, weight in pieces]
    value = weights[-1]
    for (mask, _), weight in zip(reversed(pieces[:-1]), reversed(weights[:-1]), strict=True):
        value = np.where(mask, weight, value)
    return value


def partials_from(weights: Callable[..., Any]) -> Callable[..., Sequence[Number]]:
    """Return the rule of the local derivatives that follows from that of the weights."""

    def partials(y: Number, *operands: Any) -> list[Number]:
        def plain(weight: Number) -> Number:
            return unmasked(weight() if type(weight) is FunctionType else weight, y)

        return [
            (lambda weight=weight: plain(weight)) if type(weight) is FunctionType else plain(weight)
            for weight in weights(y, *operands)
        ]

    return partials


def unmasked(weight: Number, value: Number) -> Number:
    """Return a weight as a local derivative. value: that of the operation."""
    if type(weight) is not Masked:
        return weight
    if isinstance(weight.mask, np.ndarray) and not isinstance(weight.value, np.ndarray):
        kind = value.dtype.type if isinstance(value, np.ndarray) else np.float64
        return np.where(weight.mask, kind(weight.value), kind(0))
    return weight.only(0 if isinstance(weight.mask, Node) else 0.0)
