"""First places within the layers: long links straight, nodes in the middle of their operands.

Source: Brandes & Köpf (2001), Fast and simple horizontal coordinate assignment, with blocks placed
as a whole, so that the flaw told of in Brandes, Walter & Zink (2020) cannot arise. Imports the
ladder. Knows nothing of where the layers themselves lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from chainrule.draw.layout.ladder import Ladder

__all__ = ["Room", "coordinates"]


class Room:
    """How far each vertex reaches before and after its place, and how far apart two must be.

    >>> ladder = Ladder(2, [], [0, 0])
    >>> Room(ladder, [5.0, 5.0], [5.0, 5.0], gap=10.0).between(0, 1)
    20.0
    """

    __slots__ = ("gap", "high", "low", "nodes")

    def __init__(
        self, ladder: Ladder, low: Sequence[float], high: Sequence[float], *, gap: float
    ) -> None:
        self.nodes = ladder.nodes
        self.low = low
        self.high = high
        self.gap = gap

    def between(self, first: int, second: int) -> float:
        """The least distance of neighbours; half the gap will do where one is not a node."""
        gap = self.gap if first < self.nodes and second < self.nodes else self.gap / 2
        return self.high[first] + gap + self.low[second]

    def mirrored(self) -> Room:
        """The same, looked at from the other side."""
        turned = Room.__new__(Room)
        turned.nodes, turned.gap = self.nodes, self.gap
        turned.low, turned.high = self.high, self.low
        return turned


def coordinates(ladder: Ladder, room: Room, main: Sequence[int]) -> list[float]:
    """Place every vertex within its layer.

    main: the vertex before each that it would go straight on from, or -1 for the middle of all.

    >>> from chainrule.draw.layout.links import Link
    >>> ladder = Ladder(3, [Link(0, 2), Link(1, 2)], [0, 0, 1])
    >>> coordinates(ladder, Room(ladder, [5.0] * 3, [5.0] * 3, gap=10.0), [-1] * 3)
    [0.0, 20.0, 10.0]
    """
    crossed = _crossed(ladder)
    follows = _followers(main)
    found = []
    for backwards in (False, True):
        near, chosen, back = (
            (ladder.after, follows, main) if backwards else (ladder.before, main, follows)
        )
        layers = ladder.layers[::-1] if backwards else ladder.layers
        for mirrored in (False, True):
            turned = [layer[::-1] for layer in layers] if mirrored else layers
            root = _aligned(turned, near, chosen, back, crossed)
            places = _compact(turned, root, room.mirrored() if mirrored else room)
            found.append([-place for place in places] if mirrored else places)
    return _balanced(found, room)


def _followers(main: Sequence[int]) -> list[int]:
    """The vertex after each that goes straight on from it, where there is just one."""
    found = [-1] * len(main)
    for vertex, before in enumerate(main):
        if before >= 0:
            found[before] = vertex if found[before] == -1 else -2
    return [max(vertex, -1) for vertex in found]


def _crossed(ladder: Ladder) -> set[tuple[int, int]]:
    """Segments that cross one between two dummies, which is to stay straight; (before, after)."""
    found: set[tuple[int, int]] = set()
    nodes = ladder.nodes
    place = ladder.places()
    for upper, lower in zip(ladder.layers, ladder.layers[1:], strict=False):
        left = scanned = 0
        for at, vertex in enumerate(lower):
            is_inner = vertex >= nodes and ladder.before[vertex][0] >= nodes
            if not is_inner and at < len(lower) - 1:
                continue
            right = place[ladder.before[vertex][0]] if is_inner else len(upper)
            for other in lower[scanned : at + 1]:
                for tail in ladder.before[other]:
                    if (tail < nodes or other < nodes) and not left <= place[tail] <= right:
                        found.add((tail, other))
            scanned = at + 1
            left = right
    return found


def _aligned(
    layers: Sequence[Sequence[int]],
    near: Sequence[Sequence[int]],
    chosen: Sequence[int],
    back: Sequence[int],
    crossed: set[tuple[int, int]],
) -> list[int]:
    """Chain vertices into straight blocks; return the first vertex of each one's block."""
    root = list(range(len(near)))
    place = [0] * len(near)
    for layer in layers:
        last = -1
        for at, vertex in enumerate(layer):
            place[vertex] = at
            if chosen[vertex] >= 0:
                wanted = [chosen[vertex]]
            else:
                spots = sorted(near[vertex], key=place.__getitem__)
                wanted = spots[(len(spots) - 1) // 2 : len(spots) // 2 + 1]
            for other in wanted:
                if (
                    place[other] > last
                    and back[other] in {-1, vertex}
                    and (other, vertex) not in crossed
                    and (vertex, other) not in crossed
                ):
                    root[vertex] = root[other]
                    last = place[other]
                    break
    return root


def _compact(layers: Sequence[Sequence[int]], root: Sequence[int], room: Room) -> list[float]:
    """Place the blocks as far left as they go, then each as far right as its neighbours let it."""
    after: dict[int, list[tuple[int, float]]] = {}
    waiting = [0] * len(root)
    for layer in layers:
        for first, second in pairwise(layer):
            distance = room.between(first, second)
            after.setdefault(root[first], []).append((root[second], distance))
            waiting[root[second]] += 1
    free = [vertex for vertex, top in enumerate(root) if vertex == top and not waiting[vertex]]
    places = [0.0] * len(root)
    for block in free:
        for other, distance in after.get(block, ()):
            places[other] = max(places[other], places[block] + distance)
            waiting[other] -= 1
            if not waiting[other]:
                free.append(other)
    for block in reversed(free):
        if block in after:
            places[block] = min(places[other] - distance for other, distance in after[block])
    return [places[top] for top in root]


def _balanced(found: Sequence[Sequence[float]], room: Room) -> list[float]:
    """Average of the middle two of the four, brought into line with the narrowest."""
    starts = [min(p - a for p, a in zip(places, room.low, strict=True)) for places in found]
    ends = [max(p + b for p, b in zip(places, room.high, strict=True)) for places in found]
    narrow = min(range(len(found)), key=lambda which: ends[which] - starts[which])
    moved = []
    for which, places in enumerate(found):
        shift = ends[narrow] - ends[which] if which % 2 else starts[narrow] - starts[which]
        moved.append([place + shift for place in places])
    balanced = []
    for four in zip(*moved, strict=True):
        _, second, third, _ = sorted(four)
        balanced.append((second + third) / 2)
    return balanced
