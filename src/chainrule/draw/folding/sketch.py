"""A graph in few words while it is folded: blocks of nodes, which may be merged into larger blocks.

Imports the values of a graph alone. A merge takes a sketch to a coarser one, which has no cycle
either; so no choice of merges to undo can make one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from chainrule.draw.computation import ComputationGraph

__all__ = ["Block", "Sketch", "arranged", "least_size", "merged", "sketch_of", "without_numbers"]

_NUMBER = re.compile(r"(?<![\w.])−?\d[\d.,]*(?:e[+−-]?\d+)?|⁻?[⁰¹²³⁴-⁹]+")


@dataclass(frozen=True, slots=True)
class Block:
    """A node, or several that may be drawn as one.

    kind: "variable", "step", "stack" (alike blocks side by side), "tree" (of one associative
    operation), "chain" (a repeated pattern) or "box" (any steps). members: places of nodes in the
    graph. key: what blocks that are alike share. is_leaf: of variables alone. is_kept: drawn by
    itself in every picture.
    """

    kind: str
    members: tuple[int, ...]
    key: Hashable
    symbol: str
    count: int = 1
    is_leaf: bool = False
    is_named: bool = False
    is_kept: bool = False


class Sketch:
    """Blocks in the order of the data, with their operands and uses as (number, other block).

    The number of an operand is 0 in blocks that do not tell their operands apart.
    """

    __slots__ = ("blocks", "operands", "output", "uses")

    def __init__(
        self, blocks: Sequence[Block], operands: Sequence[Iterable[tuple[int, int]]], output: int
    ) -> None:
        self.blocks = blocks
        self.operands = [sorted(set(found)) for found in operands]
        self.output = output
        self.uses: list[list[tuple[int, int]]] = [[] for _ in blocks]
        for head, found in enumerate(self.operands):
            for number, tail in found:
                self.uses[tail].append((number, head))

    def __len__(self) -> int:
        return len(self.blocks)

    def users(self, place: int) -> set[int]:
        """Return the blocks that use one."""
        return {head for _, head in self.uses[place]}


def sketch_of(graph: ComputationGraph) -> Sketch:
    """Sketch a graph, a block a node; what it was differentiated by and the output are kept."""
    place = {node.id: number for number, node in enumerate(graph.nodes)}
    kept = {graph.output}
    blocks = []
    for number, node in enumerate(graph.nodes):
        is_leaf = node.kind == "variable" or (node.kind == "group" and not graph.into(node.id))
        blocks.append(
            Block(
                "variable" if is_leaf else "step",
                (number,),
                (node.kind, node.operation, node.count),
                "" if is_leaf else node.symbol,
                node.count,
                is_leaf,
                node.is_named and not is_leaf,
                node.id in kept or node.name == graph.wrt,
            )
        )
    operands: list[list[tuple[int, int]]] = [[] for _ in blocks]
    for edge in graph.edges:
        operands[place[edge.head]].append((edge.number, place[edge.tail]))
    return Sketch(blocks, operands, place[graph.output])


def arranged(operands: Sequence[Iterable[int]]) -> list[int]:
    """Order places so that operands come first, and else as they are numbered.

    Places that lie on a cycle are left out.
    """
    waiting = [0] * len(operands)
    uses: list[list[int]] = [[] for _ in operands]
    for head, tails in enumerate(operands):
        distinct = set(tails)
        waiting[head] = len(distinct)
        for tail in distinct:
            uses[tail].append(head)
    free = [place for place, count in enumerate(waiting) if not count]
    heapify(free)
    order = []
    while free:
        place = heappop(free)
        order.append(place)
        for head in uses[place]:
            waiting[head] -= 1
            if not waiting[head]:
                heappush(free, head)
    return order


def merged(
    sketch: Sketch, home: Sequence[int], make: Callable[[int, Sequence[Block]], Block]
) -> Sketch:
    """Merge the blocks that have the same home into the block that is made of them."""
    if len(set(home)) == len(home):
        return sketch
    parts: dict[int, list[int]] = {}
    for place, at in enumerate(home):
        parts.setdefault(at, []).append(place)
    number = {at: place for place, at in enumerate(parts)}
    blocks: list[Block] = []
    operands: list[set[tuple[int, int]]] = []
    for at, places in parts.items():
        if len(places) == 1:
            block = sketch.blocks[places[0]]
        else:
            block = make(at, [sketch.blocks[place] for place in places])
        tells_apart = block.kind in ("step", "stack")
        blocks.append(block)
        operands.append(
            {
                (which * tells_apart, number[home[tail]])
                for place in places
                for which, tail in sketch.operands[place]
                if home[tail] != at
            }
        )
    order = arranged([[tail for _, tail in found] for found in operands])
    moved = {old: new for new, old in enumerate(order)}
    return Sketch(
        [blocks[old] for old in order],
        [[(which, moved[tail]) for which, tail in operands[old]] for old in order],
        moved[number[home[sketch.output]]],
    )


def least_size(sizes: Iterable[int], total: int, limit: int) -> int:
    """Return from which size on groups are to be merged, so that few blocks remain.

    No smaller than needed to come from `total` down to `limit`; where nothing does, the smallest.
    """
    size = 2
    for size, many in sorted(Counter(sizes).items(), reverse=True):
        total -= (size - 1) * many
        if total <= limit:
            break
    return size


def without_numbers(symbol: str) -> str:
    """Write c for the constants in a symbol.

    >>> without_numbers("0.5·□ − 3"), without_numbers("□²"), without_numbers("log10")
    ('c·□ − c', '□ᶜ', 'log10')
    """
    return _NUMBER.sub(lambda found: "ᶜ" if found[0][-1] in "⁰¹²³⁴⁵⁶⁷⁸⁹" else "c", symbol)
