"""The card of a node: symbol and name, its value in a round chip, its gradient in a pointed one.

Knows one node at a time, and nothing of where it stands.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.draw.computation import GraphNode
from chainrule.draw.picture.numbers import brief, is_finite
from chainrule.draw.picture.text import escaped, short, text_element
from chainrule.draw.picture.widths import cut, plain, width_of
from chainrule.report import pretty

__all__ = ["CHIP", "ROOM", "Card", "card_of", "chip"]

PAD = 8.0
ROW = 24.0  # of symbol and name
CHIP = 20.0  # height of a chip
GAP = 5.0
NUMBER, SYMBOL, NAME, SMALL = 12.0, 16.0, 14.0, 11.0  # font sizes, as in the style sheet
ARROW = 32.0  # what a chip needs besides its number: ends and the arrow
WIDEST_NAME, WIDEST_SYMBOL, WIDEST_NUMBER = 170.0, 120.0, 190.0
ROOM = "−0.6667"  # that any number of four digits fits into, unless it has an exponent
STACK = 5.0  # by how much the cards behind show


@dataclass(frozen=True, slots=True)
class Card:
    """What a node shows, and the room that takes."""

    node: GraphNode
    symbol: str
    name: str
    value: str | None
    adjoint: str | None
    chip_width: float
    width: float
    height: float
    is_wide: bool

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, with the cards behind for a stack."""
        more = STACK if is_stack(self.node) else 0.0
        return self.width + more, self.height + more


def is_stack(node: GraphNode) -> bool:
    """Whether the node stands for several."""
    return node.count > 1


def name_size(node: GraphNode) -> float:
    """The font size of the node's name."""
    return NAME if node.is_named else SMALL


def card_of(node: GraphNode, *, is_wide: bool, is_live: bool = False) -> Card:
    """Decide what a node shows.

    is_wide: its chips side by side instead of one below the other. is_live: with room for other
    numbers, which a page puts in.
    """
    name = cut(plain(node.name), name_size(node), WIDEST_NAME, bold=node.is_named)
    symbol = "" if node.kind == "variable" else cut(plain(node.symbol), SYMBOL, WIDEST_SYMBOL)
    if node.kind == "constant":
        name = ""
    value, adjoint = _number(node.value), _number(node.adjoint)
    shown = (value is not None) + (adjoint is not None)
    room = width_of(ROOM, NUMBER) if is_live else 0.0
    chip_width = math.ceil(max(room, *map(_number_width, (node.value, node.adjoint)))) + ARROW
    if is_wide:
        below, rows = shown * (chip_width + GAP) - GAP, min(shown, 1)
    else:
        below, rows = (chip_width if shown else 0.0), shown
    head = sum(_head_widths(node, symbol, name))
    return Card(
        node,
        symbol,
        name,
        value,
        adjoint,
        chip_width,
        math.ceil(max(head, below, ROW) / 2) * 2 + 2 * PAD,
        2 * PAD - 2 * (not shown) + ROW + rows * (GAP + CHIP),
        is_wide,
    )


def _number(value: object) -> str | None:
    return None if value is None else cut(plain(brief(value)), NUMBER, WIDEST_NUMBER)


def _number_width(value: object) -> float:
    written = _number(value)
    return width_of(written, NUMBER, bold=not is_finite(value)) if written else 0.0


def _badge_width(symbol: str) -> float:
    return max(ROW, math.ceil(width_of(symbol, SYMBOL)) + 12.0) if symbol else 0.0


def _head_widths(node: GraphNode, symbol: str, name: str) -> list[float]:
    """Return the widths of symbol, name and tally; before the latter two a gap where one is due."""
    widths = [_badge_width(symbol), width_of(name, name_size(node), bold=node.is_named)]
    widths.append(width_of(node.tally, SMALL))
    for place in (1, 2):
        if widths[place] and any(widths[:place]):
            widths[place] += GAP + 2
    return widths


def chip(kind: str, x: float, y: float, width: float, *, is_upright: bool) -> str:
    """Write a chip and the arrow in it, by its middle; kind: "forward" or "backward".

    Forward has round ends; backward is cut like a banner that points where it flies. The arrow
    points along the data or against it, which runs down where `is_upright`.
    """
    left, half = x - width / 2, CHIP / 2
    if kind == "forward":
        outline = (
            f"M{short(left + half)} {short(y - half)}h{short(width - CHIP)}"
            f"a{half:g} {half:g} 0 0 1 0 {CHIP:g}h{short(CHIP - width)}"
            f"a{half:g} {half:g} 0 0 1 0-{CHIP:g}z"
        )
    else:
        outline = (
            f"M{short(left)} {short(y)}l7-{half:g}h{short(width - 7)}l-5 {half:g} 5 {half:g}"
            f"h{short(7 - width)}z"
        )
    start, middle = short(left + 7), short(y)
    if is_upright:
        start = short(left + 11)
        arrow = f"M{start} {short(y - 4)}v8" + (
            "m-3-3 3 3 3-3" if kind == "forward" else "m-3-5 3-3 3 3"
        )
    else:
        arrow = f"M{start} {middle}h8" + ("m-3-3 3 3-3 3" if kind == "forward" else "m-5-3-3 3 3 3")
    return outline + arrow


def draw_card(card: Card, x: float, y: float, classes: str, tooltip: str) -> Iterator[str]:
    """Write the group of a node with its middle there."""
    node = card.node
    if is_stack(node):
        x, y = x - STACK / 2, y + STACK / 2
    yield (
        f'<g class="{classes}" data-node="{escaped(node.id)}" '
        f'transform="translate({short(x)},{short(y)})"><title>{escaped(tooltip)}</title>'
    )
    yield from _outline(card)
    top = -card.height / 2 + PAD - (card.value is None and card.adjoint is None)
    yield from _head(card, top + ROW / 2)
    yield from _chips(card, top + ROW + GAP + CHIP / 2)
    yield "</g>\n"


def _outline(card: Card) -> Iterator[str]:
    width, height = card.width, card.height
    corner = 8.0 if card.node.kind != "variable" else min(height / 2, 16.0)
    place = f'width="{short(width)}" height="{short(height)}" rx="{short(corner)}"'
    offsets = (STACK, STACK / 2, 0.0) if is_stack(card.node) else (0.0,)
    for by in offsets:
        corner_at = f'x="{short(by - width / 2)}" y="{short(-by - height / 2)}"'
        yield f'<rect class="card" {corner_at} {place}/>'


def _head(card: Card, y: float) -> Iterator[str]:
    badge, name, tally = _head_widths(card.node, card.symbol, card.name)
    left = -(badge + name + tally) / 2
    if card.symbol:
        yield (
            f'<rect class="badge" x="{short(left)}" y="{short(y - ROW / 2)}" '
            f'width="{short(badge)}" height="{ROW:g}" rx="6"/>'
        )
        yield text_element("symbol", left + badge / 2, y, card.symbol, SYMBOL)
    if card.name:
        middle = left + badge + (name + (GAP + 2) * bool(card.symbol)) / 2
        yield text_element("name", middle, y, card.name, name_size(card.node))
    if card.node.tally:
        middle = left + badge + name + (tally + (GAP + 2) * bool(badge or name)) / 2
        yield text_element("tally", middle, y, card.node.tally, SMALL)


def _chips(card: Card, y: float) -> Iterator[str]:
    numbers = (
        ("forward", "value", card.value, card.node.value),
        ("backward", "adjoint", card.adjoint, card.node.adjoint),
    )
    shown = [item for item in numbers if item[2] is not None]
    step = card.chip_width + GAP
    for place, (kind, role, written, number) in enumerate(shown):
        x = (place - (len(shown) - 1) / 2) * step if card.is_wide else 0.0
        across = y if card.is_wide else y + place * (CHIP + GAP)
        marks = kind if is_finite(number) else f"{kind} alarm"
        outline = chip(kind, x, across, card.chip_width, is_upright=card.is_wide)
        yield f'<path class="{marks}" d="{outline}"/>'
        yield text_element(role, x + 6, across, written or "", NUMBER)


def tooltip_of(node: GraphNode, output: str) -> str:
    """Tell all about a node, with its full name."""
    told = node.name
    if node.formula:
        told += f" = {pretty(node.formula)}"
    lines = [told]
    if node.value is not None:
        lines.append(f"value: {brief(node.value)}")
    if node.adjoint is not None:
        lines.append(f"gradient ∂{output}/∂{node.name} = {brief(node.adjoint)}")
    if is_stack(node):
        lines.append(f"{node.count:,} {'steps' if node.kind == 'group' else 'rows'}")
    return " · ".join(lines)
