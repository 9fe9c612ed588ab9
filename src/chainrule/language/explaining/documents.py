"""Tables and lines that are written once and read as text, Markdown, LaTeX or HTML.

A cell says how it reads in text and in mathematics; each form takes what suits it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from chainrule.engine.pretty import pretty

__all__ = ["Cell", "Document", "Section"]

# Legible on light and dark alike: colours are those of the page around it.
STYLE = (
    "<style>.chainrule-told table{border-collapse:collapse;margin:.4em 0 1em}"
    ".chainrule-told th,.chainrule-told td{border-bottom:1px solid color-mix(in srgb,"
    "currentColor 25%,transparent);padding:.15em .8em;text-align:left}"
    ".chainrule-told caption{text-align:left;font-weight:bold}</style>"
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|$])")
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "{}$&#_%"},
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table, or alone on a line: text, and mathematics where it is a formula.

    math: LaTeX for math mode; empty where it is plain words. indent: of a line under another.
    """

    text: str
    math: str = ""
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A title over a table or over lines; note: what a reader should know of what is left out."""

    title: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    lines: tuple[Cell, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """Sections, and a last line."""

    sections: tuple[Section, ...]
    conclusion: Cell

    def to_text(self) -> str:
        """Write for a terminal, in columns."""
        blocks = ["\n".join(text_lines(section)) for section in self.sections]
        return "\n\n".join([*blocks, self.conclusion.text])

    def to_markdown(self) -> str:
        """Write as Markdown, with mathematics between dollar signs."""
        blocks = ["\n".join(markdown_lines(section)) for section in self.sections]
        return "\n\n".join([*blocks, f"**{markdown(self.conclusion)}**"]) + "\n"

    def to_latex(self) -> str:
        """Write as LaTeX, for a document that loads amsmath."""
        blocks = ["\n".join(latex_lines(section)) for section in self.sections]
        return "\n\n".join([*blocks, rf"\noindent {latex(self.conclusion)}"]) + "\n"

    def to_html(self) -> str:
        """Write as HTML that needs nothing else."""
        blocks = "".join("".join(html_lines(section)) for section in self.sections)
        words = escape(pretty(self.conclusion.text))
        last = f"<p><strong>{words}</strong></p>" * bool(words)
        return f'<div class="chainrule-told">{STYLE}{blocks}{last}</div>'


def columns(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lay cells out in columns."""
    cells = [head, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return [
        ("  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))).rstrip()
        for row in cells
    ]


def text_lines(section: Section) -> list[str]:
    """Write a section for a terminal."""
    lines = [section.title]
    if section.head:
        lines += columns(section.head, [[cell.text for cell in row] for row in section.rows])
    lines += [f"  {'  ' * line.indent}{line.text}" for line in section.lines]
    return [*lines, *[f"  ({section.note})"] * bool(section.note)]


def markdown(cell: Cell) -> str:
    """Write a cell of Markdown; a bar would end it."""
    if not cell.math:
        return _MARKDOWN.sub(r"\\\1", cell.text)
    return f"${cell.math}$".replace("|", r"\vert ")


def markdown_lines(section: Section) -> list[str]:
    """Write a section as Markdown."""
    lines = [f"#### {section.title}", ""]
    if section.head:
        lines += [f"| {' | '.join(section.head)} |", "|" + "---|" * len(section.head)]
        lines += [f"| {' | '.join(map(markdown, row))} |" for row in section.rows]
    lines += [f"{'  ' * line.indent}- {markdown(line)}" for line in section.lines]
    return [*lines, *["", f"*{section.note}*"] * bool(section.note)]


def latex(cell: Cell) -> str:
    """Write a cell of a LaTeX table."""
    if cell.math:
        return f"${cell.math}$"
    return "".join(_LATEX.get(character, character) for character in cell.text)


def latex_lines(section: Section) -> list[str]:
    """Write a section as LaTeX."""
    lines = [rf"\paragraph{{{section.title}}}", ""]
    if section.head:
        lines += [rf"\begin{{tabular}}{{{'l' * len(section.head)}}}"]
        lines += [" & ".join(section.head) + r" \\ \hline"]
        lines += [" & ".join(map(latex, row)) + r" \\" for row in section.rows]
        lines += [r"\end{tabular}"]
    if section.lines:
        lines += [r"\begin{itemize}"]
        lines += [r"  \item " + r"\quad " * line.indent + latex(line) for line in section.lines]
        lines += [r"\end{itemize}"]
    return [*lines, *[rf"\emph{{{latex(Cell(section.note))}}}"] * bool(section.note)]


def html(cell: Cell) -> str:
    """Write a cell of HTML, its formula in the signs of mathematics."""
    return escape(pretty(cell.text) if cell.math else cell.text)


def html_lines(section: Section) -> list[str]:
    """Write a section as HTML."""
    title = escape(section.title)
    made = []
    if section.head:
        head = "".join(f'<th scope="col">{escape(word)}</th>' for word in section.head)
        rows = "".join(
            f"<tr>{''.join(f'<td>{html(cell)}</td>' for cell in row)}</tr>" for row in section.rows
        )
        made.append(
            f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
    if section.lines:
        lines = "".join(
            f'<li style="margin-left:{1.5 * line.indent:g}em">{html(line)}</li>'
            for line in section.lines
        )
        made.append(f"<p><strong>{title}</strong></p><ul>{lines}</ul>")
    return [*made, *[f"<p><em>{escape(section.note)}</em></p>"] * bool(section.note)]
