"""An edge: its curve, one strand for every path that runs along it, its arrowhead and its label.

Knows one edge at a time, and the curve that the layout gave it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chainrule.draw.computation import GraphEdge
from chainrule.draw.options import EdgeText
from chainrule.draw.picture.cards import ROOM
from chainrule.draw.picture.numbers import brief
from chainrule.draw.picture.text import escaped, short, text_element
from chainrule.draw.picture.widths import cut, plain, width_of
from chainrule.report import pretty

__all__ = ["Label", "draw_edge", "edge_key", "label_of"]

Point = tuple[float, float]

SIZE = 12.0  # of the font, as in the style sheet
WIDEST, WIDEST_PAIR = 170.0, 170.0
HEAD = 9.0  # length of an arrowhead
APART = 4.2  # between the strands of an edge
BESIDE = 2.5  # between a formula and the number after it


@dataclass(frozen=True, slots=True)
class Label:
    """What stands at an edge: the formula of the local derivative, its number, or both.

    is_live: both stand in one place, with room for other numbers, and a page shows one of them.
    """

    formula: str
    number: str
    is_live: bool = False

    @property
    def widths(self) -> tuple[float, float]:
        """Of the formula and of the number."""
        return width_of(self.formula, SIZE), width_of(self.number, SIZE)

    @property
    def size(self) -> tuple[float, float]:
        """The room it takes; (0, 0) for nothing."""
        if not self.formula and not self.number:
            return (0.0, 0.0)
        if self.is_live:
            return math.ceil(max(*self.widths, width_of(ROOM, SIZE))) + 6.0, 17.0
        between = 2 * BESIDE * bool(self.formula and self.number)
        return math.ceil(sum(self.widths) + between) + 6.0, 17.0


def label_of(edge: GraphEdge, edges: EdgeText, *, is_live: bool = False) -> Label:
    """Decide what stands at an edge.

    Formula and number only where they differ and are short together; else the number. A derivative
    that has no formula shows its number, one that has no number its formula. is_live: formula and
    number in one place, of which a page shows one.
    """
    number = "" if edge.local is None else cut(plain(brief(edge.local)), SIZE, WIDEST)
    if edges == "number" and number:
        return Label("", number)
    whole = plain(pretty(edge.formula))
    formula = cut(whole, SIZE, WIDEST)
    if is_live:
        return Label(formula or number, number or formula, is_live=bool(formula or number))
    if not number or (edges == "formula" and formula):
        return Label(formula, "")
    both = Label(f"{whole} =", number)
    if whole in {"", number} or both.size[0] > WIDEST_PAIR:
        return Label("", number)
    return both


def edge_key(edge: GraphEdge) -> str:
    """Return what tells an edge from all others: its ends, and which operand it is."""
    return f"{edge.tail}-{edge.head}-{edge.number}"


def draw_edge(
    edge: GraphEdge,
    route: Sequence[Point],
    label: Label,
    at: Point | None,
    strokes: Sequence[int],
    *,
    is_dim: bool,
    tooltip: str,
) -> Iterator[str]:
    """Write the group of an edge; strokes: the numbers of the paths that run along it."""
    classes = "edge dim" if is_dim else "edge lit" if strokes else "edge"
    yield (
        f'<g class="{classes}" data-edge="{escaped(edge_key(edge))}">'
        f"<title>{escaped(tooltip)}</title>"
    )
    shortened = _pulled_back(route)
    if strokes:
        for place, number in enumerate(strokes):
            offset = (place - (len(strokes) - 1) / 2) * APART
            yield f'<path class="strand p{number + 1}" d="{_curve(_beside(shortened, offset))}"/>'
    else:
        yield f'<path class="wire" d="{_curve(shortened)}"/>'
    head = f"head p{strokes[0] + 1}" if len(strokes) == 1 else "head"
    yield f'<path class="{head}" d="{_head(route, len(strokes))}"/>'
    if at is not None:
        yield from _label(label, at)
    yield "</g>\n"


def _label(label: Label, at: Point) -> Iterator[str]:
    x, y = at
    if label.is_live:
        yield text_element("formula alone", x, y, label.formula, SIZE)
        yield text_element("local alone", x, y, label.number, SIZE)
    elif label.formula and label.number:
        first, second = label.widths
        middle = x + (first - second) / 2
        yield text_element("formula", middle - BESIDE, y, label.formula, SIZE)
        yield text_element("local", middle + BESIDE, y, label.number, SIZE)
    elif label.formula:
        words = "formula alone" if any(map(str.isalpha, label.formula)) else "formula alone upright"
        yield text_element(words, x, y, label.formula, SIZE)
    else:
        yield text_element("local alone", x, y, label.number, SIZE)


def _curve(route: Sequence[Point]) -> str:
    """Write a chain of Bezier curves, with a level stretch as one line."""
    points = [(round(x, 1), round(y, 1)) for x, y in route]
    (x, y), made = points[0], ""
    written = f"M{short(x)} {short(y)}"
    for start in range(1, len(points), 3):
        piece = points[start : start + 3]
        end = piece[-1]
        if all(point[1] == y for point in piece):
            written = written.removesuffix(made)
            made = f"H{short(end[0])}"
        else:
            moves = " ".join(f"{short(px - x)} {short(py - y)}" for px, py in piece)
            made = "c" + moves.replace(" -", "-")
        written += made
        x, y = end
        made = made if made.startswith("H") else ""
    return written


def _direction(start: Point, end: Point) -> Point:
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    return ((end[0] - start[0]) / length, (end[1] - start[1]) / length) if length else (1.0, 0.0)


def _towards_end(route: Sequence[Point]) -> Point:
    """Return the direction in which a curve arrives."""
    before = next((point for point in route[-2::-1] if point != route[-1]), route[0])
    return _direction(before, route[-1])


def _pulled_back(route: Sequence[Point]) -> list[Point]:
    """End a curve inside its arrowhead, coming in as before."""
    along = _towards_end(route)
    x, y = route[-1]
    points = list(route)
    while len(points) > 4 and math.dist(points[-4], (x, y)) < HEAD:
        del points[-3:]
    end = (x - along[0] * HEAD * 0.8, y - along[1] * HEAD * 0.8)
    reach = min(math.dist(points[-2], points[-1]), math.dist(points[-4], end))
    before = (end[0] - along[0] * reach, end[1] - along[1] * reach)
    return [*points[:-2], before, end]


def _beside(route: Sequence[Point], offset: float) -> list[Point]:
    """Shift a curve sideways: joints by their normal, control points with their joint."""
    if not offset:
        return list(route)
    moved = []
    for place, (x, y) in enumerate(route):
        joint = round(place / 3) * 3
        before = route[max(joint - 1, 0)]
        after = route[min(joint + 1, len(route) - 1)]
        along = _direction(before, after)
        moved.append((x - along[1] * offset, y + along[0] * offset))
    return moved


def _head(route: Sequence[Point], strands: int) -> str:
    """Write an arrowhead, wide enough for its strands."""
    half = max(4.0, strands * APART / 2 + 2.4)
    (x, y), along = route[-1], _towards_end(route)
    back = (x - along[0] * HEAD, y - along[1] * HEAD)
    across = (-along[1] * half, along[0] * half)
    wings = [(back[0] + side * across[0], back[1] + side * across[1]) for side in (1, -1)]
    return "M" + "L".join(f"{short(px)} {short(py)}" for px, py in [(x, y), *wings]) + "z"


def tooltip_of(edge: GraphEdge, tail: str, head: str) -> str:
    """Tell all about an edge, with the full names of its ends."""
    told = f"∂{head}/∂{tail}"
    formula = pretty(edge.formula)
    number = "" if edge.local is None else brief(edge.local)
    for item in dict.fromkeys((formula, number)):
        told += f" = {item}" * bool(item)
    if edge.contribution is not None:
        told += f" · flows back: {brief(edge.contribution)}"
    return told
