"""Documents as Markdown, with mathematics between dollar signs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from chainrule.report.parts import Cell, Section

__all__ = ["markdown"]

_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|$^])")


def markdown(sections: Iterable[Section]) -> str:
    r"""Write sections as Markdown; of a picture, its words.

    >>> print(markdown([Section(lines=["2*x is", Cell("x**2", "x^{2}")])]), end="")
    2\*x is
    <BLANKLINE>
    $x^{2}$
    """
    return "\n\n".join(block for section in sections for block in blocks_of(section)) + "\n"


def blocks_of(section: Section) -> Iterator[str]:
    """Write a section, block by block."""
    if section.title:
        yield f"#### {escaped(section.title)}"
    if section.picture:
        yield f"*{escaped(section.picture.words)}*"
    if section.head:
        rules = ["---" if side == "l" else "---:" for side in section.sides]
        rows = [map(escaped, section.head), rules, *[map(written, row) for row in section.cells]]
        yield "\n".join(f"| {' | '.join(row)} |" for row in rows)
    lines = [written(line) for line in section.listed]
    if section.strong:
        yield from (f"**{line}**" for line in lines)
    elif section.title and lines:
        cells = zip(section.listed, lines, strict=True)
        yield "\n".join(f"{'  ' * cell.indent}- {line}" for cell, line in cells)
    else:
        yield from lines
    if section.note:
        yield f"*{escaped(section.note)}*"


def written(cell: Cell) -> str:
    """Write a cell; a bar would end it."""
    return f"${cell.math}$".replace("|", r"\vert ") if cell.math else escaped(cell.text)


def escaped(words: str) -> str:
    """Write words so that Markdown takes no sign of theirs for its own."""
    return _SIGNS.sub(r"\\\1", words)
