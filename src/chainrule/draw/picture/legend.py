"""The lines below a picture: what the chips mean, what each path adds, and the notes.

Knows what is shown, not where.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.draw.picture.cards import chip
from chainrule.draw.picture.text import short, text_element
from chainrule.draw.picture.widths import cut, plain, width_of

__all__ = ["Legend", "wrapped"]

SIZE = 12.0  # of the font, as in the style sheet
LINE = 24.0
SAMPLE = 44.0  # of a stroke
KEY = 30.0  # width of a chip without a number
BETWEEN = 22.0
WIDEST = 640.0  # that a legend makes a picture


@dataclass(frozen=True, slots=True)
class Legend:
    """What stands below a picture.

    keys: (kind, words), the kind "forward", "backward" or "" for words alone. paths: a line for
    each path with a stroke; summary: what they add up to. notes: what a reader should know.
    """

    keys: tuple[tuple[str, str], ...] = ()
    paths: tuple[str, ...] = ()
    summary: str = ""
    notes: tuple[str, ...] = ()
    is_upright: bool = False

    @property
    def wanted(self) -> float:
        """The width in which no line of keys and paths breaks or is cut, within reason."""
        lines = [SAMPLE + 10 + width_of(line, SIZE) for line in (*self.paths, self.summary) if line]
        keys = sum(_key_width(*key) + BETWEEN for key in self.keys)
        return min(max([*lines, keys - BETWEEN]), WIDEST)

    def draw(self, left: float, top: float, width: float) -> tuple[list[str], float]:
        """Write the legend into a width; return its elements and its height."""
        made: list[str] = []
        foot = top
        for row in self._rows(width):
            x = left
            for kind, words in row:
                made += self._key(kind, words, x, foot + LINE / 2)
                x += _key_width(kind, words) + BETWEEN
            foot += LINE
        for number, line in enumerate(self.paths):
            middle = foot + LINE / 2
            sample = f"M{short(left)} {short(middle)}h{SAMPLE:g}"
            made.append(f'<path class="strand p{number + 1}" d="{sample}"/>')
            made.append(_line(left + SAMPLE + 10, middle, line, width - SAMPLE - 10))
            foot += LINE
        if self.summary:
            indent = SAMPLE + 10 if self.paths else 0.0
            made.append(_line(left + indent, foot + LINE / 2, self.summary, width - indent))
            foot += LINE
        for note in self.notes:
            for line in wrapped(note, width):
                made.append(_line(left, foot + LINE / 2, line, width, "start muted"))
                foot += LINE - 6
        return made, foot - top

    def _rows(self, width: float) -> Iterator[list[tuple[str, str]]]:
        """Break the keys into rows."""
        row: list[tuple[str, str]] = []
        used = 0.0
        for key in self.keys:
            more = _key_width(*key)
            if row and used + more > width:
                yield row
                row, used = [], 0.0
            row.append(key)
            used += more + BETWEEN
        if row:
            yield row

    def _key(self, kind: str, words: str, x: float, y: float) -> list[str]:
        shape = []
        if kind:
            outline = chip(kind, x + KEY / 2, y, KEY, is_upright=self.is_upright)
            shape = [f'<path class="{kind}" d="{outline}"/>']
            x += KEY + 7
        return [*shape, text_element("start muted", x, y, words, SIZE)]


def _key_width(kind: str, words: str) -> float:
    return (KEY + 7 if kind else 0.0) + width_of(words, SIZE)


def _line(x: float, y: float, text: str, most: float, kind: str = "start") -> str:
    return text_element(kind, x, y, cut(plain(text), SIZE, most), SIZE)


def wrapped(text: str, most: float) -> Iterator[str]:
    """Break a text into lines of a width, at spaces and where it breaks itself."""
    for paragraph in text.splitlines():
        line = ""
        for word in plain(paragraph).split():
            longer = f"{line} {word}" if line else word
            if line and width_of(longer, SIZE) > most:
                yield line
                line = word
            else:
                line = longer
        if line:
            yield line
