"""Layered layout of graphs without cycles, in pure Python: the same picture on every machine.

Imports the errors alone, no package besides. Knows sizes and links, never what is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from chainrule.draw.layout.links import Layout, LayoutError, Link, Point, check

__all__ = ["Layout", "LayoutError", "Link", "layout"]


def layout(
    sizes: Sequence[tuple[float, float]],
    links: Sequence[Link],
    *,
    direction: Literal["right", "down"] = "right",
    layer_gap: float = 48.0,
    node_gap: float = 24.0,
) -> Layout:
    """Place nodes of these widths and heights in layers, every link from one to a later one.

    The order of the links into a node is the order of its operands: the first arrives above the
    second (left of it, if the direction is down) wherever that costs no crossing.
    Raises: LayoutError for a cycle, or an end or a size that is none.

    >>> made = layout([(20, 20), (20, 20)], [Link(0, 1)], layer_gap=30)
    >>> made.centres, made.width, made.height
    (((10.0, 10.0), (60.0, 10.0)), 70.0, 20.0)
    """
    check(sizes, links)
    layer = [0] * len(sizes)
    for _ in sizes:
        for link in links:
            layer[link.head] = max(layer[link.head], layer[link.tail] + 1)
    turned = [size if direction == "right" else size[::-1] for size in sizes]
    count = max(layer, default=-1) + 1
    thickness = [
        max(turned[node][0] for node in range(len(sizes)) if layer[node] == at)
        for at in range(count)
    ]
    filled = [0.0] * count
    places: list[Point] = []
    for node, size in enumerate(turned):
        at = layer[node]
        start = 0.0
        for earlier in thickness[:at]:
            start += earlier + layer_gap
        places.append((start + thickness[at] / 2, filled[at] + size[1] / 2))
        filled[at] += size[1] + node_gap
    routes = []
    labels: list[Point | None] = []
    for link in links:
        (x0, y0), (x3, y3) = places[link.tail], places[link.head]
        x0 += turned[link.tail][0] / 2
        x3 -= turned[link.head][0] / 2
        middle = (x0 + x3) / 2
        routes.append(((x0, y0), (middle, y0), (middle, y3), (x3, y3)))
        labels.append((middle, (y0 + y3) / 2) if link.is_labelled else None)
    long = float(sum(thickness)) + layer_gap * (count - 1) if count else 0.0
    wide = max(filled, default=node_gap) - node_gap
    made = Layout(tuple(places), tuple(routes), tuple(labels), long, wide)
    if direction == "right":
        return made
    return Layout(
        tuple((x, y) for y, x in made.centres),
        tuple(tuple((x, y) for y, x in route) for route in routes),
        tuple(None if at is None else at[::-1] for at in labels),
        wide,
        long,
    )
