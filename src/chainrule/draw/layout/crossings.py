"""The order within each layer: few crossings first, then operands in their order.

Sweeps of barycentres and medians from several starts, each followed by exchanges of neighbours:
Sugiyama, Tagawa & Toda (1981); Gansner et al. (1993), section 3. Imports the ladder. Knows nothing
of sizes.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from itertools import pairwise

from chainrule.draw.layout.ladder import Ladder

__all__ = ["arrange", "count_crossings"]

# Crossings, and pairs of operands that arrive in the wrong order.
Cost = tuple[int, int]

# Visits of vertices and segments in all, and those for turning operands back: bounds on the work
# that, unlike seconds, are the same on every machine.
_WORK = 600_000
_TURNING_WORK = 30_000
_MOST_STARTS = 200
# Starts and sweeps in a row that may bring nothing.
_STARTS_PATIENCE = 32
_SWEEPS_PATIENCE = 4
_MOST_SWEEPS = 24
# Starts that walk the graph come first: both ways, by operands or not, by barycentre or median.
_WALKS = 8
# How many places a start disturbed at random may move a vertex.
_JOLTS = (2.0, 4.0, 8.0, 1000.0)


def inversions(positions: Iterable[int]) -> int:
    """Count the pairs that stand in descending order.

    Source: Barth, Jünger & Mutzel (2002), Simple and efficient bilayer cross counting. Insertion by
    bisection is, in Python, faster than their accumulator tree.
    """
    seen: list[int] = []
    found = 0
    for position in positions:
        found += len(seen) - bisect_right(seen, position)
        insort(seen, position)
    return found


def count_crossings(ladder: Ladder) -> int:
    """Count the crossings between all layers in their present order.

    >>> from chainrule.draw.layout.links import Link
    >>> count_crossings(Ladder(4, [Link(0, 3), Link(1, 2)], [0, 0, 1, 1]))
    1
    """
    place = ladder.places()
    return sum(
        inversions(
            at for vertex in layer for at in sorted([place[u] for u in ladder.before[vertex]])
        )
        for layer in ladder.layers
    )


def _cost(ladder: Ladder) -> Cost:
    place = ladder.places()
    turned = sum(
        inversions([place[tail] for tail in before])
        for before in ladder.before[: ladder.nodes]
        if len(before) > 1
    )
    return count_crossings(ladder), turned


def arrange(ladder: Ladder) -> Cost:
    """Order the layers for few crossings; tell how many are left, and pairs of operands turned.

    >>> from chainrule.draw.layout.links import Link
    >>> arrange(Ladder(4, [Link(0, 3), Link(1, 2)], [0, 0, 1, 1]))
    (0, 0)
    """
    best = ladder.layers
    least: Cost | None = None
    work = stale = 0
    for start in range(_MOST_STARTS):
        if start < _WALKS:
            ladder.layers = _walked(ladder, backwards=start % 2 == 0)
        else:
            ladder.layers = _disturbed(best, start)
        work += _improve(ladder, start, _WORK - work)
        cost = _cost(ladder)
        stale += 1
        if least is None or cost < least:
            least, best = cost, [list(layer) for layer in ladder.layers]
            stale = 0
        if least == (0, 0) or work >= _WORK or stale == _STARTS_PATIENCE:
            break
    ladder.layers = best
    return _turn_back(ladder, least or (0, 0))


def _walked(ladder: Ladder, *, backwards: bool) -> list[list[int]]:
    """Order of a depth-first walk over the operands; a tree comes out without a crossing."""
    near, far = (ladder.before, ladder.after) if backwards else (ladder.after, ladder.before)
    layers: list[list[int]] = [[] for _ in ladder.layers]
    known = [False] * len(near)
    for root in range(len(near)):
        if far[root]:
            continue
        stack = [root]
        while stack:
            vertex = stack.pop()
            if not known[vertex]:
                known[vertex] = True
                layers[ladder.layer[vertex]].append(vertex)
                stack.extend(reversed(near[vertex]))
    return layers


def _disturbed(layers: Sequence[Sequence[int]], number: int) -> list[list[int]]:
    """Order at random, yet near the one given, the same for the same number."""
    # Numerical Recipes' generator: that of the standard library may change between versions.
    state = 2_654_435_761 * number % (1 << 32)
    jolt = _JOLTS[number % len(_JOLTS)] / (1 << 32)
    found = []
    for layer in layers:
        keyed = []
        for at, vertex in enumerate(layer):
            state = (1_664_525 * state + 1_013_904_223) % (1 << 32)
            keyed.append((at + state * jolt, vertex))
        found.append([vertex for _, vertex in sorted(keyed)])
    return found


def _improve(ladder: Ladder, start: int, most: int) -> int:
    """Sweep back and forth while that helps, exchanging neighbours; return the work."""
    place = ladder.places()
    best = [list(layer) for layer in ladder.layers]
    least = _cost(ladder)
    size = ladder.size
    work = 2 * size
    ports = _ports(ladder) if start % 4 < 2 else [0.0] * len(place)
    stale = 0
    for sweep in range(_MOST_SWEEPS):
        if least == (0, 0) or stale == _SWEEPS_PATIENCE or work >= most:
            break
        backwards = (sweep + start) % 2 == 0
        _sweep(ladder, place, ports, backwards=backwards, median=start % 8 > 3)
        work += size * (4 + _exchange(ladder, place, rounds=2))
        cost = _cost(ladder)
        stale += 1
        if cost < least:
            least, best = cost, [list(layer) for layer in ladder.layers]
            stale = 0
    ladder.layers = best
    return work + size * _exchange(ladder, ladder.places(), rounds=20)


def _ports(ladder: Ladder) -> list[float]:
    """How far beside the middle of its heads each vertex arrives as an operand, on the mean."""
    ports = [0.0] * len(ladder.after)
    for before in ladder.before:
        for operand, vertex in enumerate(before):
            ports[vertex] += ((operand + 0.5) / len(before) - 0.5) / len(ladder.after[vertex])
    return ports


def _sweep(
    ladder: Ladder, place: list[int], ports: Sequence[float], *, backwards: bool, median: bool
) -> None:
    """Sort each layer by where its neighbours stand in the one just sorted."""
    near = ladder.after if backwards else ladder.before
    for layer in reversed(ladder.layers) if backwards else ladder.layers:
        keys: dict[int, tuple[float, float]] = {}
        for vertex in layer:
            spots = [place[other] for other in near[vertex]]
            if spots:
                middle = _median(spots) if median else sum(spots) / len(spots)
                # The operands of one node tie, and come in their order.
                keys[vertex] = (middle, ports[vertex] if backwards else 0.0)
        # Who has no neighbour there keeps its place.
        movers = iter(sorted(keys, key=keys.__getitem__))
        layer[:] = [next(movers) if vertex in keys else vertex for vertex in layer]
        for spot, vertex in enumerate(layer):
            place[vertex] = spot


def _median(spots: list[int]) -> float:
    """Weighted median of Gansner et al. (1993), section 3."""
    spots.sort()
    half = len(spots) // 2
    if len(spots) % 2:
        return spots[half]
    left, right = spots[half - 1] - spots[0], spots[-1] - spots[half]
    if left + right == 0:
        return (spots[half - 1] + spots[half]) / 2
    return (spots[half - 1] * right + spots[half] * left) / (left + right)


def _exchange(ladder: Ladder, place: list[int], *, rounds: int) -> int:
    """Exchange neighbours while that saves crossings, or turns operands back; count the rounds."""
    for done in range(rounds):
        gained = [_exchange_in(ladder, layer, place) for layer in ladder.layers if len(layer) > 1]
        if not any(gained):
            return done + 1
    return rounds


def _exchange_in(ladder: Ladder, layer: list[int], place: list[int]) -> bool:
    gained = False
    tails = [sorted([place[u] for u in ladder.before[v]]) for v in layer]
    heads = [sorted([place[u] for u in ladder.after[v]]) for v in layer]
    for at in range(len(layer) - 1):
        after = at + 1
        here, there = layer[at], layer[after]
        saved = (
            _crossed(tails[at], tails[after])
            - _crossed(tails[after], tails[at])
            + _crossed(heads[at], heads[after])
            - _crossed(heads[after], heads[at])
        )
        if saved > 0 or (saved == 0 and _turned(ladder, here, there) > 0):
            layer[at], layer[after] = there, here
            place[here], place[there] = after, at
            tails[at], tails[after] = tails[after], tails[at]
            heads[at], heads[after] = heads[after], heads[at]
            gained = True
    return gained


def _crossed(first: Sequence[int], second: Sequence[int]) -> int:
    """Count the crossings of one vertex' segments with those of the vertex after it."""
    found = 0
    for spot in second:
        for other in first:
            if other > spot:
                found += 1
    return found


def _turned(ladder: Ladder, here: int, there: int) -> int:
    """How many more heads have these two for operands in the wrong order than in the right one."""
    found = 0
    for head in ladder.after[here]:
        before = ladder.before[head]
        if len(before) > 1 and there in before:
            found += 1 if before.index(here) > before.index(there) else -1
    return found


def _turn_back(ladder: Ladder, cost: Cost) -> Cost:
    """Exchange all that leads to one operand alone with all that leads to the next, if it pays."""
    tries = max(_TURNING_WORK // ladder.size, 2)
    for before in ladder.before[: ladder.nodes]:
        for first, second in pairwise(before):
            if cost[1] == 0 or tries == 0:
                return cost
            place = ladder.places()
            if place[first] <= place[second]:
                continue
            tries -= 1
            kept = ladder.layers
            ladder.layers = _with_first_before(ladder, first, second)
            _exchange(ladder, ladder.places(), rounds=4)
            found = _cost(ladder)
            if found < cost:
                cost = found
            else:
                ladder.layers = kept
    return cost


def _with_first_before(ladder: Ladder, first: int, second: int) -> list[list[int]]:
    """Layers in which all that leads to `first` alone comes before all that leads to `second`."""
    earlier, later = _leading_to(ladder, first), _leading_to(ladder, second)
    layers = []
    for layer in ladder.layers:
        alone = [(vertex in earlier) != (vertex in later) for vertex in layer]
        movers = [vertex for vertex, moves in zip(layer, alone, strict=True) if moves]
        movers.sort(key=later.__contains__)
        turn = iter(movers)
        layers.append(
            [next(turn) if moves else vertex for vertex, moves in zip(layer, alone, strict=True)]
        )
    return layers


def _leading_to(ladder: Ladder, vertex: int) -> set[int]:
    found = {vertex}
    stack = [vertex]
    while stack:
        for tail in ladder.before[stack.pop()]:
            if tail not in found:
                found.add(tail)
                stack.append(tail)
    return found
