"""What a notebook shows of a run: the loss over the epochs as a small picture, and a table.

Drawn as SVG text, so that it needs no plotting library, survives export and works offline. Colours
are those of the page around it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from chainrule.report import Document, Picture, Section, Sentence, figure
from chainrule.tables.columns import Floats

__all__ = ["history", "history_html", "loss_picture"]

WIDTH, HEIGHT, MARGIN = 360, 120, 8
MOST_POINTS = 200  # of the curve
SHOWN_EPOCHS = 8  # of the table, the first and the last


def loss_picture(losses: Sequence[float] | Floats) -> Picture | None:
    """Draw losses over epochs as SVG, on a logarithmic scale; None where none can be drawn.

    Losses of 0, NaN and infinity have no place on the scale, and leave a gap.
    """
    step = max(1, math.ceil(len(losses) / MOST_POINTS))
    places = [*range(0, len(losses), step)]
    if places and places[-1] != len(losses) - 1:
        places.append(len(losses) - 1)
    drawn = [(place, math.log10(losses[place])) for place in places if 0 < losses[place] < math.inf]
    if len(drawn) < 2:
        return None
    low, high = min(height for _, height in drawn), max(height for _, height in drawn)
    wide = (WIDTH - 2 * MARGIN) / max(len(losses) - 1, 1)
    tall = (HEIGHT - 2 * MARGIN) / (high - low or 1.0)
    points = " ".join(
        f"{MARGIN + wide * place:.1f},{HEIGHT - MARGIN - tall * (height - low):.1f}"
        for place, height in drawn
    )
    words = Sentence(
        "Loss over {count:,} epochs: from {first:.6g} to {last:.6g}",
        count=len(losses),
        first=losses[0],
        last=losses[-1],
    )
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(words)}" '
        f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"<title>{escape(words)}, logarithmic</title>"
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" fill="none" '
        'stroke="currentColor" stroke-opacity="0.25"/>'
        f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>'
    )
    return Picture(drawing, words)


def history(columns: Sequence[tuple[str, Any]], picture: Picture | None = None) -> Section:
    """Return the first and the last epochs of a run as a table, under a picture of it.

    columns: headings, each with an entry an epoch, its number first; what is NaN is left blank.
    """
    count = len(columns[0][1])
    half = SHOWN_EPOCHS // 2
    places = range(count) if count <= SHOWN_EPOCHS else [*range(half), *range(count - half, count)]
    rows = [
        [
            "" if math.isnan(column[place]) else figure(column[place], written)
            for (_, column), written in zip(columns, ("d", *[""] * len(columns)), strict=False)
        ]
        for place in places
    ]
    if count > SHOWN_EPOCHS:
        rows.insert(half, ["…"] * len(columns))
    head = tuple(name for name, _ in columns)
    return Section(head=head, rows=rows, align="r" * len(head), picture=picture)


def history_html(columns: Mapping[str, Any]) -> str:
    """Show the epochs of a run: the curve of the loss, and the first and the last epochs.

    columns: by their headings, "epoch" and "loss" among them, an entry an epoch.
    """
    return Document([history([*columns.items()], loss_picture(columns["loss"]))]).to_html()
