"""Beside which side of its link a label stands, and the room that all vertices need.

A label stands on the outer side of the operands' fan: above the upper ones, below the lower ones.
Imports the ladder and `links`.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.draw.layout.coordinates import Room
from chainrule.draw.layout.ladder import Ladder
from chainrule.draw.layout.links import Link, Point

__all__ = ["label_slope", "room_for", "stands"]

# Between a link and its label, and on the other side of a link.
_BESIDE, _LINE = 4.0, 2.0
# How steep a link may be beside its label, unless more room is free; less, if the label is wide.
_STEEPEST, _RISE = 0.3, 8.0


def room_for(
    ladder: Ladder, sizes: Sequence[Point], links: Sequence[Link], gap: float
) -> tuple[Room, list[int]]:
    """How far every vertex reaches to both sides; and to which side its label does, -1 or 1.

    >>> links = [Link(0, 1, label=(0.0, 0.0))]
    >>> room, sides = room_for(Ladder(2, links, [0, 1]), [(8.0, 6.0)] * 2, links, 4.0)
    >>> room.low, sides
    ([3.0, 3.0], [0, 0])
    """
    place = ladder.places()
    low: list[float] = []
    high: list[float] = []
    sides: list[int] = []
    for vertex, which in enumerate(ladder.carried):
        near = far = sizes[vertex][1] / 2 if vertex < ladder.nodes else _LINE
        side = 0
        if which >= 0:
            before = ladder.before[links[which].head]
            above = sum(place[other] < place[vertex] for other in before)
            side = -1 if 2 * above <= len(before) - 1 else 1
            label = links[which].label
            far = _away(label, label_slope(label)) + label[1] / 2
        low.append(far if side < 0 else near)
        high.append(far if side > 0 else near)
        sides.append(side)
    return Room(ladder, low, high, gap=gap), sides


def stands(at: Point, side: int, label: Point, slope: float) -> Point:
    """The middle of a label beside a link that passes a point with that slope.

    >>> stands((10.0, 20.0), -1, (30.0, 12.0), 0.0)
    (10.0, 10.0)
    """
    return at[0], at[1] + side * _away(label, slope)


def label_slope(label: Point) -> float:
    """How steep a link may be beside its label for which room is kept.

    >>> label_slope((20.0, 12.0)), label_slope((80.0, 12.0))
    (0.3, 0.2)
    """
    return min(_STEEPEST, 2 * _RISE / label[0])


def _away(label: Point, slope: float) -> float:
    return _BESIDE + label[1] / 2 + abs(slope) * label[0] / 2
