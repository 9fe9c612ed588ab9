"""One connected part of a graph, from sizes and links to points.

Works along the layers (u) and across them (v), whichever way they run on the page. Imports the
steps of the layout, each in a module of its own. Knows nothing of other parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from chainrule.draw.layout.coordinates import Room, coordinates
from chainrule.draw.layout.crossings import arrange
from chainrule.draw.layout.labels import label_slope, room_for, stands
from chainrule.draw.layout.ladder import Ladder
from chainrule.draw.layout.layers import layers
from chainrule.draw.layout.links import Link, Point
from chainrule.draw.layout.routes import Stop, border, curve, slopes
from chainrule.draw.layout.spine import spine
from chainrule.draw.layout.straighten import straighten

__all__ = ["GraphPart", "place"]

# The share of the gap to its neighbour that a link may use to leave or enter a node at a slope; of
# two neighbours, each has this much.
_STRIP = 0.2
# Of links within layers without thickness, and of links on their way anywhere.
_STEEPEST = 1.5
_EASING = 3


@dataclass(frozen=True, slots=True)
class GraphPart:
    """Points of one part, as in a Layout, wherever they happen to lie.

    >>> GraphPart([(0.0, 0.0)], [], []).centres
    [(0.0, 0.0)]
    """

    centres: list[Point]
    routes: list[list[Point]]
    labels: list[Point | None]


def place(
    sizes: Sequence[Point],
    links: Sequence[Link],
    is_round: Sequence[bool],
    *,
    layer_gap: float,
    node_gap: float,
) -> GraphPart:
    """Lay out one connected part, its layers from left to right.

    >>> made = place([(4.0, 4.0)] * 2, [Link(0, 1)], [False] * 2, layer_gap=6.0, node_gap=3.0)
    >>> made.centres, made.routes
    ([(2.0, 0.0), (12.0, 0.0)], [[(4.0, 0.0), (6.0, 0.0), (8.0, 0.0), (10.0, 0.0)]])
    """
    ladder = Ladder(len(sizes), links, layers(len(sizes), links))
    arrange(ladder)
    room, sides = room_for(ladder, sizes, links, node_gap)
    main = spine(ladder, links)
    across = coordinates(ladder, room, main)
    straighten(ladder, across, room, main)
    along, half = _columns(ladder, sizes, links, layer_gap)
    _ease(ladder, across, along, room)
    steepest = _steepest(ladder, across, half, room, links)
    routes: list[list[Point]] = []
    labels: list[Point | None] = []
    for link, chain in zip(links, ladder.chains, strict=True):
        stops = [
            Stop(along[ladder.layer[v]], half[ladder.layer[v]], across[v], steepest[v])
            for v in chain
        ]
        slope = slopes(stops)
        leave = border(sizes[link.tail], slope[0], is_round=is_round[link.tail])
        arrive = border(sizes[link.head], slope[-1], is_round=is_round[link.head])
        routes.append(curve(stops, leave, (-arrive[0], -arrive[1])))
        labels.append(None)
        for vertex, stop, steep in zip(chain, stops, slope, strict=True):
            if sides[vertex]:
                labels[-1] = stands((stop.along, stop.across), sides[vertex], link.label, steep)
    centres = [(along[ladder.layer[node]], across[node]) for node in range(len(sizes))]
    return GraphPart(centres, routes, labels)


def _steepest(
    ladder: Ladder,
    across: Sequence[float],
    half: Sequence[float],
    room: Room,
    links: Sequence[Link],
) -> list[float]:
    """How steep a link may be at each vertex without leaving what room it has."""
    found = [_STEEPEST] * len(across)
    for layer, thick in zip(ladder.layers, half, strict=True):
        if not thick:
            continue
        # What is free beyond the least distance belongs to both neighbours alike.
        free = [
            (across[second] - across[first] - room.between(first, second)) / 2
            for first, second in pairwise(layer)
        ]
        ends = [float("inf")]
        for vertex, before, after in zip(layer, ends + free, free + ends, strict=True):
            carried = ladder.carried[vertex]
            more = max(0.0, min(before, after, _STEEPEST * thick)) / thick
            if carried >= 0:
                found[vertex] = label_slope(links[carried].label) + more
            else:
                own = min(room.low[vertex], room.high[vertex]) + _STRIP * room.gap
                found[vertex] = own / thick + more
            if vertex >= ladder.nodes:
                found[vertex] = min(found[vertex], _STEEPEST)
    return found


def _columns(
    ladder: Ladder, sizes: Sequence[Point], links: Sequence[Link], gap: float
) -> tuple[list[float], list[float]]:
    """Middle and half the thickness of each layer; beside labels, half the gap will do."""
    along: list[float] = []
    half: list[float] = []
    end, after_nodes = 0.0, False
    for layer in ladder.layers:
        nodes = [vertex for vertex in layer if vertex < ladder.nodes]
        carried = [ladder.carried[vertex] for vertex in layer if ladder.carried[vertex] >= 0]
        thick = max(
            [sizes[node][0] for node in nodes] + [links[which].label[0] for which in carried],
            default=0.0,
        )
        if along:
            end += gap if nodes and after_nodes else gap / 2
        along.append(end + thick / 2)
        half.append(thick / 2)
        end += thick
        after_nodes = bool(nodes)
    return along, half


def _ease(ladder: Ladder, across: list[float], along: Sequence[float], room: Room) -> None:
    """Move the first and last dummy of each link towards the line between its neighbours."""
    place = ladder.places()
    for _ in range(_EASING):
        for chain in ladder.chains:
            for at in sorted({1, len(chain) - 2}) if len(chain) > 2 else ():
                vertex = chain[at]
                layer = ladder.layers[ladder.layer[vertex]]
                u0, u, u1 = (along[ladder.layer[v]] for v in chain[at - 1 : at + 2])
                v0, v1 = across[chain[at - 1]], across[chain[at + 1]]
                wanted = v0 + (v1 - v0) * ((u - u0) / (u1 - u0))
                spot = place[vertex]
                if spot + 1 < len(layer):
                    after = layer[spot + 1]
                    wanted = min(wanted, across[after] - room.between(vertex, after))
                if spot:
                    before = layer[spot - 1]
                    wanted = max(wanted, across[before] + room.between(before, vertex))
                across[vertex] = wanted
