"""A leading axis cut into segments of one length, with what is left over in front; and put back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.notation import function
from chainrule.engine.sizes import UNKNOWN
from chainrule.language.batches import all_entries
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import reading, structural
from chainrule.language.parts import parts_of

__all__ = ["ROOT", "join", "segments"]

ROOT = -1  # as the length of a segment: about the square root of all


def length_of_segment(size: int, every: int) -> int:
    """Return how many elements a segment has."""
    return every if every > 0 else max(1, math.isqrt(size))


class segmentation(structural):
    """The elements in front that fill no segment, and the segments, with an axis more.

    every: the length of a segment; -1 for about the square root of the number of elements.
    """

    keywords = {"every": ROOT}
    parts = ("rest", "whole")
    notation = function("segments", keywords=("every",), defaults=(ROOT,))
    makes_arrays = True
    samples = (
        (np.array([1.0, 2.0, 4.0, 8.0, 16.0]),),
        (np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), {"every": 2}),
    )

    def forward(x, every):
        step = length_of_segment(len(x), every)
        rest = len(x) % step
        return Bundle((x[:rest], x[rest:].reshape(len(x) // step, step, *x.shape[1:])))

    def batch(operation, operands, attributes):
        (x,) = operands
        count, *inner = x.shape
        step = length_of_segment(count, *attributes)
        rest = count % step
        whole = x.value[:, rest:].reshape(x.size, count // step, step, *inner)
        return Bundle((x.value[:, :rest], whole))

    def pull(g, y, x, every):
        rest, whole = [
            broadcast_as(0.0, end) if flow is None else flow
            for flow, end in zip(g, parts_of(y, ("rest", "whole")), strict=True)
        ]
        return (join(rest, whole, every=every),)

    def push(tangents, y, x, every):
        along = divided(broadcast_as(tangents[0], x), every=every)
        return Bundle(parts_of(along, ("rest", "whole")))

    def shape(shape, every):
        size, inner = shape[0], shape[1:]
        if not isinstance(size, int):
            return Bundle(((UNKNOWN, *inner), (UNKNOWN, every if every > 0 else UNKNOWN, *inner)))
        step = length_of_segment(size, every)
        return Bundle(((size % step, *inner), (size // step, step, *inner)))


class segment_joining(structural):
    """Elements in front and segments put together again along one axis."""

    keywords = {"every": ROOT}
    notation = function("join_segments", keywords=("every",), defaults=(ROOT,))
    samples = ((np.array([1.0]), np.array([[2.0, 3.0], [4.0, 5.0]])),)

    def forward(rest, whole, every):
        turns, step, *inner = whole.shape
        return np.concatenate([rest, whole.reshape(turns * step, *inner)])

    def batch(operation, operands, attributes):
        rest, whole = all_entries(operands)
        size, turns, step, *inner = whole.shape
        return np.concatenate([rest, whole.reshape(size, turns * step, *inner)], axis=1)

    def pull(g, y, rest, whole, every):
        return segments(g, every=every)

    def push(tangents, y, rest, whole, every):
        moved = [
            broadcast_as(0.0 if flow is None else flow, end)
            for flow, end in zip(tangents, (rest, whole), strict=True)
        ]
        return join(*moved, every=every)

    def shape(rest, whole, every):
        return (rest[0] + whole[0] * whole[1], *rest[1:])


divided = reading(segmentation)
join = reading(segment_joining)


def segments(x: Any, *, every: int) -> tuple[Any, Any]:
    """Return what fills no segment, and the segments, on numbers or on nodes."""
    rest, whole = parts_of(divided(x, every=every), ("rest", "whole"))
    return rest, whole
