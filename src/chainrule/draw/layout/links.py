"""What a layout is asked and what it answers: links between nodes, and where everything goes.

Imports the errors alone. Knows nodes by their numbers and sizes, never what they stand for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chainrule.errors import ChainRuleError

__all__ = ["Layout", "LayoutError", "Link", "Point", "check"]

Point = tuple[float, float]


class LayoutError(ChainRuleError, ValueError):
    """A graph that has no layered layout: a cycle, an unknown node, a size that is none.

    >>> issubclass(LayoutError, ValueError)
    True
    """


@dataclass(frozen=True, slots=True)
class Link:
    """A link along the data, from a node to one that uses it.

    label: width and height of what is written beside it, (0, 0) for nothing.

    >>> Link(0, 2, label=(30, 12)).head
    2
    """

    tail: int
    head: int
    label: tuple[float, float] = (0, 0)

    @property
    def is_labelled(self) -> bool:
        """Whether something is written beside it."""
        return self.label[0] > 0 and self.label[1] > 0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything goes, between (0, 0) and (width, height), y downwards.

    centres: of the nodes. labels: centres of the links' labels, None where there is none.
    routes: of the links, each a smooth chain of cubic Bezier curves as 3k + 1 points: an end on the
    tail's border, two control points, a joint, two control points, ..., the end on the head's
    border. An arrowhead points from the last control point to the last point.
    """

    centres: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    labels: tuple[Point | None, ...]
    width: float
    height: float


def check(
    sizes: Sequence[tuple[float, float]],
    links: Sequence[Link],
    *,
    direction: str = "right",
    gaps: tuple[float, float] = (1.0, 1.0),
    rounded: Sequence[bool] | None = None,
) -> None:
    """Check that sizes are sizes and that links lead to nodes, without a cycle.

    Raises: LayoutError that names the node, the link or the option.

    >>> check([(9, 9)], [Link(0, 1)])
    Traceback (most recent call last):
    ...
    chainrule.draw.layout.links.LayoutError: link 0 (0 -> 1) ends at node 1, but there is 1 node...
    """
    if direction not in {"right", "down"}:
        raise LayoutError(f"no direction {direction!r}. Choose 'right' or 'down'.")
    if not all(math.isfinite(gap) and gap > 0 for gap in gaps):
        raise LayoutError(f"gaps of {gaps[0]} and {gaps[1]}. Give numbers above 0, finite.")
    if rounded is not None and len(rounded) != len(sizes):
        raise LayoutError(
            f"rounded tells of {len(rounded)} nodes, sizes of {len(sizes)}. Give one for each node."
        )
    for node, size in enumerate(sizes):
        if not all(math.isfinite(side) and side >= 0 for side in size):
            raise LayoutError(
                f"node {node} has size {size}. Give a width and a height, 0 or more, finite."
            )
    for number, link in enumerate(links):
        for end in (link.tail, link.head):
            if not 0 <= end < len(sizes):
                raise LayoutError(
                    f"link {number} ({link.tail} -> {link.head}) ends at node {end}, but there "
                    f"{'is 1 node' if len(sizes) == 1 else f'are {len(sizes)} nodes'}, "
                    "numbered from 0. Give each node a size."
                )
        if not all(math.isfinite(side) and side >= 0 for side in link.label):
            raise LayoutError(
                f"link {number} ({link.tail} -> {link.head}) has a label of size {link.label}. "
                "Give a width and a height, 0 or more, finite; (0, 0) for no label."
            )
    rest = _in_cycles(len(sizes), links)
    if rest:
        raise LayoutError(
            "the links run in a circle through nodes "
            f"{', '.join(map(str, rest[:5]))}{', ...' if len(rest) > 5 else ''}. "
            "Only graphs without cycles have layers: remove or turn a link."
        )


def _in_cycles(count: int, links: Sequence[Link]) -> list[int]:
    """List the nodes that never become free when nodes without a link into them are taken away."""
    waiting = [0] * count
    heads: list[list[int]] = [[] for _ in range(count)]
    for link in links:
        waiting[link.head] += 1
        heads[link.tail].append(link.head)
    free = [node for node in range(count) if not waiting[node]]
    for node in free:
        for head in heads[node]:
            waiting[head] -= 1
            if not waiting[head]:
                free.append(head)
    return [node for node in range(count) if waiting[node]]
