"""Layered layout of graphs without cycles, in pure Python: the same picture on every machine.

The steps are those of Sugiyama, Tagawa & Toda (1981), each a module: layers, crossings, coordinates
(mended by `straighten`), routes. Imports the errors alone, and no package. Knows sizes and links,
never what is drawn. Wherever an order matters, lists are walked, never sets; floats are added by
`+=`, since `sum` rounds otherwise from Python 3.12 on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from chainrule.draw.layout.layers import parts
from chainrule.draw.layout.links import Layout, LayoutError, Link, Point, check
from chainrule.draw.layout.part import GraphPart, place

__all__ = ["Layout", "LayoutError", "Link", "layout"]


def layout(
    sizes: Sequence[tuple[float, float]],
    links: Sequence[Link],
    *,
    direction: Literal["right", "down"] = "right",
    layer_gap: float = 48.0,
    node_gap: float = 24.0,
    rounded: Sequence[bool] | None = None,
) -> Layout:
    """Place nodes of these widths and heights in layers, every link from one to a later one.

    The order of the links into a node is the order of its operands: the first arrives above the
    second (left of it, if the direction is down) wherever that costs no crossing.
    rounded: which nodes are drawn as the ellipse in their box, on which links are then to end.
    Raises: LayoutError for a cycle, or for an end, a size, a gap or a direction that is none.

    >>> made = layout([(20, 20), (20, 20)], [Link(0, 1)], layer_gap=30)
    >>> made.centres, made.width, made.height
    (((10.0, 10.0), (60.0, 10.0)), 70.0, 20.0)
    """
    check(sizes, links, direction=direction, gaps=(layer_gap, node_gap), rounded=rounded)
    is_round = [False] * len(sizes) if rounded is None else rounded
    to_right = direction == "right"
    boxes = [(float(w), float(h)) if to_right else (float(h), float(w)) for w, h in sizes]
    if not to_right:
        links = [Link(link.tail, link.head, link.label[::-1]) for link in links]
    page = _Page(len(sizes), len(links), to_right=to_right)
    number, member = [0] * len(sizes), [0] * len(sizes)
    found = parts(len(sizes), links)
    for which, nodes in enumerate(found):
        for at, node in enumerate(nodes):
            number[node], member[node] = at, which
    theirs: list[list[int]] = [[] for _ in found]
    for at, link in enumerate(links):
        theirs[member[link.tail]].append(at)
    for nodes, own in zip(found, theirs, strict=True):
        inner = [
            Link(number[links[at].tail], number[links[at].head], links[at].label) for at in own
        ]
        made = place(
            [boxes[node] for node in nodes],
            inner,
            [is_round[node] for node in nodes],
            layer_gap=layer_gap,
            node_gap=node_gap,
        )
        page.put(made, nodes, own, [boxes[node] for node in nodes], inner)
        page.used += node_gap
    page.used -= node_gap if found else 0.0
    return page.done()


class _Page:
    """Parts one after another across the layers."""

    __slots__ = ("centres", "labels", "reached", "routes", "to_right", "used")

    def __init__(self, nodes: int, links: int, *, to_right: bool) -> None:
        self.centres: list[Point] = [(0.0, 0.0)] * nodes
        self.routes: list[tuple[Point, ...]] = [()] * links
        self.labels: list[Point | None] = [None] * links
        self.to_right = to_right
        self.used = 0.0
        self.reached = 0.0

    def put(
        self,
        made: GraphPart,
        nodes: Sequence[int],
        own: Sequence[int],
        boxes: Sequence[Point],
        links: Sequence[Link],
    ) -> None:
        """Put a part after those already here."""
        pairs = list(zip(made.centres, boxes, strict=True))
        pairs += [
            (at, link.label) for at, link in zip(made.labels, links, strict=True) if at is not None
        ]
        pairs += [(point, (0.0, 0.0)) for route in made.routes for point in route]
        first = min(v - box[1] / 2 for (_, v), box in pairs)
        last = max(v + box[1] / 2 for (_, v), box in pairs)
        self.reached = max(self.reached, *(u + box[0] / 2 for (u, _), box in pairs))
        shift = self.used - first
        for node, centre in zip(nodes, made.centres, strict=True):
            self.centres[node] = self.point(centre, shift)
        for number, route, label in zip(own, made.routes, made.labels, strict=True):
            self.routes[number] = tuple([self.point(point, shift) for point in route])
            self.labels[number] = None if label is None else self.point(label, shift)
        self.used += last - first

    def point(self, at: Point, shift: float) -> Point:
        """A point of the page, rounded; adding 0 makes -0.0 the 0.0 that it looks like."""
        along, across = round(at[0], 2) + 0.0, round(at[1] + shift, 2) + 0.0
        return (along, across) if self.to_right else (across, along)

    def done(self) -> Layout:
        """The whole page, with its width and height."""
        width, height = self.point((self.reached, self.used), 0.0)
        return Layout(tuple(self.centres), tuple(self.routes), tuple(self.labels), width, height)
