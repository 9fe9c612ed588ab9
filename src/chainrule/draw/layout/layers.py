"""Which layer each node goes to: every link leads to a later one, and their sum is least.

An input so comes to stand beside the first of its consumers, not in a column of inputs at the far
end. Imports `links` and the network simplex. Knows nothing of sizes and order within a layer.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.draw.layout.links import Link
from chainrule.draw.layout.simplex import shorten

__all__ = ["layers", "parts"]

# Pivots a node, far more than such graphs take: a bound for those built to take forever.
_PIVOTS = 50


def layers(count: int, links: Sequence[Link]) -> list[int]:
    """Number the layers of a connected graph's nodes from 0, the links spanning least in sum.

    >>> layers(4, [Link(0, 1), Link(1, 2), Link(3, 2)])
    [0, 1, 2, 1]
    """
    weights: dict[tuple[int, int], int] = {}
    for link in links:
        weights[link.tail, link.head] = weights.get((link.tail, link.head), 0) + 1
    edges = [(tail, head, 1, weight) for (tail, head), weight in weights.items()]
    found = shorten(_latest(count, links), edges, pivots=_PIVOTS * count)
    first = min(found, default=0)
    return [number - first for number in found]


def _latest(count: int, links: Sequence[Link]) -> list[int]:
    """Number the layers so that every node comes just before the first of its consumers."""
    tails: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for link in links:
        tails[link.head].append(link.tail)
        waiting[link.tail] += 1
    found = [0] * count
    free = [node for node in range(count) if not waiting[node]]
    for node in free:
        for tail in tails[node]:
            found[tail] = min(found[tail], found[node] - 1)
            waiting[tail] -= 1
            if not waiting[tail]:
                free.append(tail)
    return found


def parts(count: int, links: Sequence[Link]) -> list[list[int]]:
    """List the nodes of each connected part of a graph, in the order of their first nodes.

    >>> parts(4, [Link(0, 2)])
    [[0, 2], [1], [3]]
    """
    near: list[list[int]] = [[] for _ in range(count)]
    for link in links:
        near[link.tail].append(link.head)
        near[link.head].append(link.tail)
    found: list[list[int]] = []
    known = [False] * count
    for start in range(count):
        if known[start]:
            continue
        known[start] = True
        part = [start]
        for node in part:
            for other in near[node]:
                if not known[other]:
                    known[other] = True
                    part.append(other)
        found.append(sorted(part))
    return found
