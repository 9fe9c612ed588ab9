"""Which operand each node goes straight on from: the one with the longest way behind it.

So the main path of a formula is a straight line with the other operands to its sides, and operands
that are alike stand to both sides of their node. Imports the ladder. Knows no coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.draw.layout.ladder import Ladder
from chainrule.draw.layout.links import Link

__all__ = ["spine"]


def spine(ladder: Ladder, links: Sequence[Link]) -> list[int]:
    """The vertex before each that it goes straight on from; -1 for an input, and among equals.

    >>> links = [Link(0, 1), Link(1, 3), Link(2, 3)]
    >>> spine(Ladder(4, links, [0, 1, 1, 2]), links)
    [-1, 0, -1, 1]
    """
    operands: list[list[tuple[int, int]]] = [[] for _ in range(ladder.nodes)]
    for link, chain in zip(links, ladder.chains, strict=True):
        operands[link.head].append((link.tail, chain[-2]))
    depth = [0] * ladder.nodes
    found = [before[0] if before else -1 for before in ladder.before]
    for layer in ladder.layers:
        for node in layer:
            if node >= ladder.nodes or not operands[node]:
                continue
            deepest = max(depth[tail] for tail, _ in operands[node])
            depth[node] = deepest + 1
            equals = [pair for pair in operands[node] if depth[pair[0]] == deepest]
            # Among equals, one that nobody else uses: what others use stands between them all.
            alone = [pair for pair in equals if len(ladder.after[pair[0]]) == 1] or equals
            found[node] = alone[0][1] if len(alone) == 1 else -1
    return found
