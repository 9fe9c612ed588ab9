"""Documents for a terminal: tables in columns, lines under their titles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chainrule.report.parts import Section

__all__ = ["columns", "plain"]


def plain(sections: Iterable[Section]) -> str:
    """Write sections for a terminal; of a picture, nothing.

    >>> print(plain([Section("squares", ("n", "n*n"), [("3", "9")], align="rr")]))
    squares
      n  n*n
      3    9
    """
    return "\n\n".join("\n".join(lines) for section in sections if (lines := lines_of(section)))


def lines_of(section: Section) -> list[str]:
    """Write a section, indented where it has a title."""
    lines = []
    if section.head:
        texts = [[cell.text for cell in row] for row in section.cells]
        lines = columns([section.head, *texts], section.sides)
    lines += ["  " * line.indent + line.text for line in section.listed]
    lines += [f"({section.note})"] * bool(section.note)
    return [section.title, *[f"  {line}" for line in lines]] if section.title else lines


def columns(rows: Sequence[Sequence[str]], sides: str) -> list[str]:
    """Lay texts out in columns, each at its side, "l" or "r"."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            text.rjust(width) if side == "r" else text.ljust(width)
            for text, width, side in zip(row, widths, sides, strict=True)
        ).rstrip()
        for row in rows
    ]
