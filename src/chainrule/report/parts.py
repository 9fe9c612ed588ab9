"""What documents are made of: cells, pictures and sections of tables and lines.

Wherever a text stands it may be a `Sentence`, whose numbers can be reached. May import these; it
must not know in which form a part is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.report.numerals import number_latex
from chainrule.report.sentence import Sentence, joined

__all__ = ["Cell", "Picture", "Section", "equation", "figure", "joined_cells"]


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table, or alone on a line: text, and mathematics where it is a formula.

    math: LaTeX for math mode; empty where it is plain words. indent: of a line under another.
    """

    text: str
    math: str = ""
    indent: int = 0

    @classmethod
    def of(cls, found: Cell | str) -> Cell:
        """Return a cell as it is, and words as a cell."""
        return found if isinstance(found, Cell) else cls(found)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as SVG, and what it shows in words, for where there are no pictures."""

    svg: str
    words: str


@dataclass(frozen=True, slots=True)
class Section:
    """A title over a picture, a table and lines; what is empty is left out.

    Under a title, lines are a list; without one, paragraphs. align: "l" or "r" for each column;
    empty where all stand at the left. note: what a reader should know of what is left out.
    strong: whether the lines are what the document comes to.
    """

    title: str = ""
    head: tuple[str, ...] = ()
    rows: Sequence[Sequence[Cell | str]] = ()
    lines: Sequence[Cell | str] = ()
    note: str = ""
    align: str = ""
    picture: Picture | None = None
    strong: bool = False

    @property
    def sides(self) -> str:
        """The side that each column stands at."""
        return self.align or "l" * len(self.head)

    @property
    def cells(self) -> list[list[Cell]]:
        """The rows of the table."""
        return [[Cell.of(found) for found in row] for row in self.rows]

    @property
    def listed(self) -> list[Cell]:
        """The lines."""
        return [Cell.of(line) for line in self.lines]


def figure(value: Any, written: str = "") -> Cell:
    r"""Return a number or an array as a cell; written: its format, otherwise as people read it.

    >>> (
    ...     figure(1.5e-7).text,
    ...     figure(1.5e-7).math == r"1.5 \cdot 10^{-7}",
    ...     figure(0.25, ".1%").text,
    ... )
    ('1.5e-07', True, '25.0%')
    """
    if written:
        return Cell(Sentence(f"{{value:{written}}}", value=value))
    return Cell(Sentence("{value!n}", value=value), number_latex(value))


def joined_cells(cells: Sequence[Cell], text: str, math: str, indent: int = 0) -> Cell:
    r"""Join formulas with a sign, as it is in text and in mathematics.

    >>> joined_cells([Cell("a", "a"), figure(2.0)], " * ", r" \cdot ")
    Cell(text='a * 2', math='a \\cdot 2', indent=0)
    """
    return Cell(
        joined([cell.text for cell in cells], text), math.join(cell.math for cell in cells), indent
    )


def equation(stages: Sequence[Cell], indent: int = 0) -> Cell:
    """Join what is equal, leaving out the empty and the repeated.

    >>> equation([Cell("y", "y"), figure(2.0), figure(2.0)]).text
    'y = 2'
    """
    kept: list[Cell] = []
    for stage in stages:
        if stage.text and not (kept and stage.text == kept[-1].text):
            kept.append(stage)
    return joined_cells(kept, " = ", " = ", indent)
