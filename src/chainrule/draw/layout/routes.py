"""Curves through the layers: straight where they can be, smooth everywhere.

Between two layers a curve only rises or only falls; within a layer it is straight and keeps to a
strip of its own. So it touches no node but its ends and no label, and the order alone decides where
links cross. Imports nothing of ours. Knows stops on a way, never whose way it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Stop", "border", "curve", "slopes"]

Point = tuple[float, float]

# Shorter pieces are left out.
_NEGLIGIBLE = 0.005


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a curve passes a layer: the layer's middle and half thickness, its place and its limit.

    steepest: the most that it may rise or fall per unit there.

    >>> Stop(along=10.0, half=5.0, across=0.0, steepest=1.0).half
    5.0
    """

    along: float
    half: float
    across: float
    steepest: float


def slopes(stops: Sequence[Stop]) -> list[float]:
    """Slope at each stop: towards the next stop at the ends, else the lesser of both sides'.

    A cubic between two stops then only rises or only falls, its slopes at the ends being at most
    three times that of the chord. Source: Fritsch & Carlson (1980), Monotone piecewise cubic
    interpolation.

    >>> slopes([Stop(0.0, 0.0, 0.0, 9.0), Stop(1.0, 0.0, 2.0, 9.0), Stop(2.0, 0.0, 3.0, 9.0)])
    [2.0, 1.0, 1.0]
    """
    chords = [
        (there.across - here.across) / (there.along - here.along) for here, there in pairwise(stops)
    ]
    found = []
    for stop, before, after in zip(stops, chords[:1] + chords, chords + chords[-1:], strict=True):
        slope = 0.0
        if before * after > 0:
            slope = before if abs(before) < abs(after) else after
        found.append(max(-stop.steepest, min(stop.steepest, slope)))
    return found


def border(size: Point, slope: float, *, is_round: bool) -> Point:
    """Where a line of that slope from the middle of a box, or of the ellipse in it, leaves it.

    >>> border((10.0, 6.0), 0.0, is_round=True), border((10.0, 6.0), 1.0, is_round=False)
    ((5.0, 0.0), (3.0, 3.0))
    """
    half, side = size[0] / 2, size[1] / 2
    if slope and half:
        if is_round:
            # The square root is correctly rounded on every machine; hypot and powers are not.
            half *= side / math.sqrt(side * side + slope * slope * half * half)
        else:
            half = min(half, side / abs(slope))
    return half, slope * half


def curve(stops: Sequence[Stop], leave: Point, arrive: Point) -> list[Point]:
    """Chain of cubic Bezier curves through the stops, as 3k + 1 points.

    leave, arrive: where it starts and ends, seen from the first and the last stop.

    >>> stops = [Stop(0.0, 3.0, 0.0, 9.0), Stop(12.0, 3.0, 0.0, 9.0)]
    >>> curve(stops, (3.0, 0.0), (-3.0, 0.0))
    [(3.0, 0.0), (5.0, 0.0), (7.0, 0.0), (9.0, 0.0)]
    """
    slope = slopes(stops)
    points = [(stops[0].along + leave[0], stops[0].across + leave[1])]
    for here, there, first, second in zip(stops, stops[1:], slope, slope[1:], strict=False):
        start = (here.along + here.half, here.across + first * here.half)
        end = (there.along - there.half, there.across - second * there.half)
        _line(points, start)
        third = (end[0] - start[0]) / 3
        points += [
            (start[0] + third, start[1] + first * third),
            (end[0] - third, end[1] - second * third),
            end,
        ]
    _line(points, (stops[-1].along + arrive[0], stops[-1].across + arrive[1]))
    return points


def _line(points: list[Point], end: Point) -> None:
    """Go straight on to a point, if it is not here already."""
    across, down = end[0] - points[-1][0], end[1] - points[-1][1]
    if abs(across) < _NEGLIGIBLE and abs(down) < _NEGLIGIBLE:
        return
    points += [
        (points[-1][0] + across / 3, points[-1][1] + down / 3),
        (end[0] - across / 3, end[1] - down / 3),
        end,
    ]
