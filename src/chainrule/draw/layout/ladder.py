"""A layered graph whose segments all lead from one layer to the next.

A link that passes through layers gets a dummy vertex in each. A labelled one has a dummy as large
as its label, in a layer for labels before the link's head: room kept as for a node, as in Gansner
et al. (1993), section 5.2. Imports `links`. Knows sizes, yet no coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from chainrule.draw.layout.links import Link

__all__ = ["Ladder"]


class Ladder:
    """Vertices in layers: the nodes, numbered as given, then the dummies.

    layers: the vertices of each, in order. layer: of each vertex. before: its neighbours in the
    layer before, in the order of operands; after: those in the layer after. chains: the vertices
    of each link, from tail to head. carried: the link whose label a vertex stands for, or -1.

    >>> ladder = Ladder(2, [Link(0, 1, label=(9, 9)), Link(0, 1)], [0, 1])
    >>> ladder.layers, ladder.chains
    ([[0], [2, 3], [1]], [[0, 2, 1], [0, 3, 1]])
    """

    __slots__ = ("after", "before", "carried", "chains", "layer", "layers", "nodes", "size")

    def __init__(self, nodes: int, links: Sequence[Link], layer: Sequence[int]) -> None:
        self.nodes = nodes
        number = _numbered(links, layer)
        self.layer = [number[2 * at] for at in layer]
        self.layers: list[list[int]] = [[] for _ in number]
        for node, at in enumerate(self.layer):
            self.layers[at].append(node)
        self.before: list[list[int]] = [[] for _ in range(nodes)]
        self.after: list[list[int]] = [[] for _ in range(nodes)]
        self.carried = [-1] * nodes
        self.chains: list[list[int]] = []
        for which, link in enumerate(links):
            room = number.get(2 * layer[link.head] - 1) if link.is_labelled else None
            dummies = [
                self._dummy(at, which if at == room else -1)
                for at in range(self.layer[link.tail] + 1, self.layer[link.head])
            ]
            chain = [link.tail, *dummies, link.head]
            for tail, head in pairwise(chain):
                self.after[tail].append(head)
                self.before[head].append(tail)
            self.chains.append(chain)
        # How many vertices and segments there are.
        self.size = len(self.layer) + sum(map(len, self.before))

    def _dummy(self, at: int, carried: int) -> int:
        number = len(self.layer)
        self.layer.append(at)
        self.layers[at].append(number)
        self.before.append([])
        self.after.append([])
        self.carried.append(carried)
        return number

    def places(self) -> list[int]:
        """Where each vertex stands in its layer, from 0."""
        found = [0] * len(self.layer)
        for layer in self.layers:
            for at, vertex in enumerate(layer):
                found[vertex] = at
        return found


def _numbered(links: Sequence[Link], layer: Sequence[int]) -> dict[int, int]:
    """Number the layers anew; layer i is found at 2i, and one for labels before it at 2i - 1.

    Links between the same two nodes get such a layer too, if they would coincide without a dummy.
    """
    places = {2 * at for at in layer}
    direct: set[tuple[int, int]] = set()
    for link in links:
        ends = (link.tail, link.head)
        if link.is_labelled or ends in direct:
            places.add(2 * layer[link.head] - 1)
        if layer[link.head] - layer[link.tail] == 1:
            direct.add(ends)
    return {place: number for number, place in enumerate(sorted(places))}
