"""Documents as HTML that needs nothing else, legible on light and dark: colours are the page's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from chainrule.report.parts import Cell, Section
from chainrule.report.pretty import pretty

__all__ = ["html"]

STYLE = (
    "<style>.chainrule-told table{border-collapse:collapse;margin:.4em 0 1em}"
    ".chainrule-told th,.chainrule-told td{border-bottom:1px solid color-mix(in srgb,"
    "currentColor 25%,transparent);padding:.15em .8em;text-align:left}"
    ".chainrule-told .r{text-align:right}"
    ".chainrule-told caption{text-align:left;font-weight:bold}</style>"
)


def html(sections: Iterable[Section]) -> str:
    """Write sections as HTML, formulas in the signs of mathematics.

    >>> "<td>x²</td>" in html([Section(head=("is",), rows=[(Cell("x**2", "x^{2}"),)])])
    True
    """
    blocks = "".join(block for section in sections for block in blocks_of(section))
    return f'<div class="chainrule-told">{STYLE}{blocks}</div>'


def blocks_of(section: Section) -> Iterator[str]:
    """Write a section, element by element."""
    title = escape(section.title)
    if title and not section.head:
        yield f"<p><strong>{title}</strong></p>"
    if section.picture:
        yield section.picture.svg
    if section.head:
        caption = f"<caption>{title}</caption>" * bool(title)
        head = row_of("th", [*map(Cell.of, section.head)], section.sides, ' scope="col"')
        rows = "".join(row_of("td", row, section.sides) for row in section.cells)
        yield f"<table>{caption}<thead>{head}</thead><tbody>{rows}</tbody></table>"
    lines = [(1.5 * cell.indent, written(cell)) for cell in section.listed]
    if section.strong:
        yield from (f"<p><strong>{line}</strong></p>" for _, line in lines)
    elif title and lines:
        items = [f'<li style="margin-left:{indent:g}em">{line}</li>' for indent, line in lines]
        yield f"<ul>{''.join(items)}</ul>"
    else:
        yield from (f"<p>{line}</p>" for _, line in lines)
    if section.note:
        yield f"<p><em>{escape(section.note)}</em></p>"


def row_of(tag: str, cells: Sequence[Cell], sides: str, more: str = "") -> str:
    """Write a row of a table."""
    classes = {"l": "", "r": ' class="r"'}
    made = [
        f"<{tag}{more}{classes[side]}>{written(cell)}</{tag}>"
        for cell, side in zip(cells, sides, strict=True)
    ]
    return f"<tr>{''.join(made)}</tr>"


def written(cell: Cell) -> str:
    """Write a cell, its formula in the signs of mathematics."""
    return escape(pretty(cell.text) if cell.math else cell.text)
