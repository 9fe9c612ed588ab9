"""Better places within the layers: straight pieces move as a whole to where their links are short.

The cost is a sum of weighted lengths, so the best place of a piece is a weighted median; what is in
its way comes along as long as all of it gains, and a piece is broken where one end gains by leaving
the rest. After Gansner et al. (1993), section 4, who minimise such a sum at once. Imports the
ladder and the room between vertices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from chainrule.draw.layout.coordinates import Room
from chainrule.draw.layout.ladder import Ladder

__all__ = ["straighten"]

# A weight, and places with factors whose sum had best be 0.
Term = tuple[float, tuple[tuple[int, float], ...]]

_MOST_SWEEPS = 30
# Visits of vertices and terms in all: a bound on the work, the same on every machine.
_WORK = 600_000
# Pieces pushed along by one; more gains little and takes long.
_MOST_TOGETHER = 12
_NEGLIGIBLE = 1e-6
# What bends cost: between two dummies, on a main path, elsewhere; and what it costs a node to stand
# beside the middle of equal operands. The last is less than two others', or an operand would leave
# its node to mirror its fellow.
_INNER, _MAIN, _OTHER, _MIDDLE = 8.0, 8.0, 1.0, 1.9
# A small picture is read along its main path; a large one had better be compact.
_SMALL, _MAIN_OF_LARGE = 64, 2.0


def straighten(ladder: Ladder, places: list[float], room: Room, main: Sequence[int]) -> None:
    """Move the vertices within their layers, keeping order and distances, to shorten the links.

    >>> from chainrule.draw.layout.links import Link
    >>> ladder, places = Ladder(2, [Link(0, 1)], [0, 1]), [0.0, 7.0]
    >>> straighten(ladder, places, Room(ladder, [1.0] * 2, [1.0] * 2, gap=1.0), [-1, 0])
    >>> places[1] - places[0]
    0.0
    """
    mender = _Mender(ladder, places, room, main)
    for sweep in range(_MOST_SWEEPS):
        if not mender.sweep(backwards=sweep % 2 == 0) or mender.work > _WORK:
            break


def _terms(ladder: Ladder, main: Sequence[int]) -> list[Term]:
    on_main = [False] * len(main)
    for node in range(ladder.nodes):
        tail, vertex = main[node], node
        while tail >= 0 and not on_main[vertex]:
            on_main[vertex] = True
            tail, vertex = (main[tail], tail) if tail >= ladder.nodes else (-1, tail)
    straight = _MAIN if ladder.nodes <= _SMALL else _MAIN_OF_LARGE
    found: list[Term] = []
    for head, before in enumerate(ladder.before):
        equal = head < ladder.nodes and len(before) > 1 and main[head] < 0
        for tail in before:
            weight = _OTHER
            if tail >= ladder.nodes and head >= ladder.nodes:
                weight = _INNER
            elif main[head] == tail and on_main[head]:
                weight = straight
            found.append((weight, ((head, 1.0), (tail, -1.0))))
        if equal:
            found.append((_MIDDLE, ((head, 1.0), (before[0], -0.5), (before[-1], -0.5))))
    return found


class _Mender:
    """Places, the terms that each takes part in, and the neighbours of each."""

    __slots__ = (
        "distance",
        "ladder",
        "left",
        "places",
        "right",
        "stirred",
        "terms",
        "touching",
        "work",
    )

    def __init__(
        self, ladder: Ladder, places: list[float], room: Room, main: Sequence[int]
    ) -> None:
        self.ladder = ladder
        self.places = places
        self.terms = _terms(ladder, main)
        self.touching: list[list[tuple[int, float]]] = [[] for _ in places]
        for number, (_, factors) in enumerate(self.terms):
            for vertex, factor in factors:
                self.touching[vertex].append((number, factor))
        self.work = 0
        # Whether something changed for a vertex since it was last seen to.
        self.stirred = [True] * len(places)
        self.left = [-1] * len(places)
        self.right = [-1] * len(places)
        # From each vertex to the one at its right.
        self.distance = [0.0] * len(places)
        for layer in ladder.layers:
            for first, second in pairwise(layer):
                self.right[first] = second
                self.left[second] = first
                self.distance[first] = room.between(first, second)

    def sweep(self, *, backwards: bool) -> bool:
        """Move every straight piece and its ends once; tell whether anything moved."""
        blocks, owner = self.blocks()
        moved = False
        order = range(len(blocks))
        for number in reversed(order) if backwards else order:
            if self.work > _WORK:
                break
            if not any(self.stirred[vertex] for vertex in blocks[number]):
                continue
            for vertex in blocks[number]:
                self.stirred[vertex] = False
            moved = self.move(blocks[number], blocks, owner) or moved
            while len(blocks[number]) > 1:
                part = self.part(blocks[number])
                if not part or not self.move(part, blocks, owner):
                    break
                moved = True
                taken = set(part)
                blocks[number] = [vertex for vertex in blocks[number] if vertex not in taken]
                for vertex in part:
                    owner[vertex] = len(blocks)
                blocks.append(part)
        return moved

    def blocks(self) -> tuple[list[list[int]], list[int]]:
        """The straight pieces, vertices joined by segments without a bend; and which is whose."""
        owner = [-1] * len(self.places)
        blocks: list[list[int]] = []
        for start, place in enumerate(self.places):
            if owner[start] >= 0:
                continue
            owner[start] = len(blocks)
            block = [start]
            for vertex in block:
                for near in (self.ladder.before[vertex], self.ladder.after[vertex]):
                    for other in near:
                        if owner[other] < 0 and abs(self.places[other] - place) < _NEGLIGIBLE:
                            owner[other] = len(blocks)
                            block.append(other)
            blocks.append(block)
        return blocks, owner

    def value(self, number: int) -> float:
        """The sum of a term, which had best be 0."""
        found = 0.0
        for vertex, factor in self.terms[number][1]:
            found += factor * self.places[vertex]
        return found

    def part(self, block: Sequence[int]) -> list[int]:
        """The end of a straight piece that gains most by moving without the rest, if any does."""
        block = sorted(block, key=self.ladder.layer.__getitem__)
        most, best = _NEGLIGIBLE, list[int]()
        for path in (block, block[::-1]):
            # What a unit further costs to either side, as the end takes in vertex after vertex.
            right = left = 0.0
            nets: dict[int, float] = {}
            for at, vertex in enumerate(path[:-1]):
                for number, factor in self.touching[vertex]:
                    weight = self.terms[number][0]
                    value = self.value(number)
                    net = nets.get(number, 0.0)
                    nets[number] = net + factor
                    if abs(value) < _NEGLIGIBLE:
                        change = weight * (abs(net + factor) - abs(net))
                        right += change
                        left += change
                    else:
                        change = weight * factor if value > 0 else -weight * factor
                        right += change
                        left -= change
                if max(-right, -left) > most:
                    most, best = max(-right, -left), path[: at + 1]
        return best

    def move(
        self, start: Sequence[int], blocks: Sequence[Sequence[int]], owner: Sequence[int]
    ) -> bool:
        """Move vertices to where they would be, with those in the way; tell whether they moved."""
        group, more = list[int](), list(start)
        inside: set[int] = set()
        nets: dict[int, float] = {}
        before = 0.0
        for _ in range(_MOST_TOGETHER):
            inside.update(more)
            group += more
            self.take(more, nets)
            wanted = self.wanted(nets)
            if abs(wanted) < _NEGLIGIBLE or wanted * before < 0:
                return False
            before = wanted
            free, blocker = self.free(group, inside, to_right=wanted > 0)
            if free > _NEGLIGIBLE:
                step = min(wanted, free) if wanted > 0 else max(wanted, -free)
                for vertex in group:
                    self.places[vertex] += step
                self.stir(group)
                return True
            more = [vertex for vertex in blocks[owner[blocker]] if vertex not in inside]
        return False

    def stir(self, group: Sequence[int]) -> None:
        """Mark the vertices for which it matters that a group has moved."""
        for vertex in group:
            for other in (self.left[vertex], self.right[vertex]):
                if other >= 0:
                    self.stirred[other] = True
            for number, _ in self.touching[vertex]:
                for other, _ in self.terms[number][1]:
                    self.stirred[other] = True

    def take(self, vertices: Sequence[int], nets: dict[int, float]) -> None:
        """Add the factors of some vertices to a group's; a term within the group drops out."""
        for vertex in vertices:
            for number, factor in self.touching[vertex]:
                net = nets.pop(number, 0.0) + factor
                if abs(net) > _NEGLIGIBLE:
                    nets[number] = net
        self.work += len(vertices)

    def wanted(self, nets: Mapping[int, float]) -> float:
        """How far a group would move if nothing were in its way: a weighted median."""
        steps: list[tuple[float, float]] = []
        total = 0.0
        for number, net in nets.items():
            weight = self.terms[number][0] * abs(net)
            steps.append((-self.value(number) / net, weight))
            total += weight
        steps.sort()
        self.work += len(steps)
        seen = 0.0
        for at, (step, weight) in enumerate(steps):
            seen += weight
            if abs(seen - total / 2) < _NEGLIGIBLE and at + 1 < len(steps):
                return (step + steps[at + 1][0]) / 2
            if seen > total / 2:
                return step
        return 0.0

    def free(self, group: Sequence[int], inside: set[int], *, to_right: bool) -> tuple[float, int]:
        """How far a group can move, and which vertex is in its way."""
        least, blocker = float("inf"), -1
        for vertex in group:
            other = self.right[vertex] if to_right else self.left[vertex]
            if other < 0 or other in inside:
                continue
            first, second = (vertex, other) if to_right else (other, vertex)
            free = self.places[second] - self.places[first] - self.distance[first]
            if free < least:
                least, blocker = free, other
        return least, blocker
