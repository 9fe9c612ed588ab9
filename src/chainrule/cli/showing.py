"""Documents for a terminal in colours, as wide as it is."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from chainrule.cli.output import printable, table
from chainrule.report import Document, Section

__all__ = ["show_document"]


def show_document(console: Console, document: Document) -> None:
    """Print the tables and the lines of a document."""
    for place, section in enumerate(document.sections, start=1):
        show_section(console, section)
        if section.lines and place < len(document.sections):
            console.print()


def show_section(console: Console, section: Section) -> None:
    """Print a table, and the lines of a section."""
    title = printable(section.title)
    if section.head:
        sides = {"l": "left", "r": "right"}
        heads = zip(map(printable, section.head), section.sides, strict=True)
        found = table(*[(word, sides[side]) for word, side in heads], title=title)
        for row in section.cells:
            found.add_row(*[Text(printable(cell.text)) for cell in row])
        console.print(found)
    elif title:
        console.print(Text(title, "italic"))
    for line in section.listed:
        indent = "  " * (line.indent + bool(title and not section.head))
        console.print(
            Text(indent + printable(line.text), "bold" if section.strong else ""), soft_wrap=True
        )
    if section.note:
        console.print(Text(f"({section.note})"), soft_wrap=True)
