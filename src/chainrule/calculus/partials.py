"""The partials of one number by name: a dict that a notebook shows as a table."""

from __future__ import annotations

from typing import Any

from chainrule.engine.names import latex_name, quoted
from chainrule.language.expression import expression
from chainrule.report import Cell, Document, Report, Section, Sentence, figure

__all__ = ["Partials"]

SHOWN = 40  # partials; the rest is counted


class Partials(dict[str, Any], Report):
    """What `gradient` gives: name -> partial, a number, an array or an expression.

    It is a dict in every way; only a notebook shows it as a table.

    >>> found = Partials(x=2.0)
    >>> found == {"x": 2.0}, "<table>" in found._repr_mimebundle_()["text/html"]
    (True, True)
    """

    __slots__ = ()

    __str__ = dict.__repr__

    def document(self) -> Document:
        """Return the partials as a table."""
        rows = [row_of(item) for item in [*self.items()][:SHOWN]]
        more = len(self) - SHOWN
        note = Sentence("{more} more are left out", more=more) if more > 0 else ""
        return Document([Section("gradient", ("by", "partial"), rows, note=note)])


def row_of(item: tuple[str, Any]) -> tuple[Cell, Cell]:
    """Write one partial."""
    name, partial = item
    if isinstance(partial, expression):
        cell = Cell(partial.to_text(limit=200), partial.to_latex(limit=200))
    else:
        cell = figure(partial)
    return Cell(quoted(name), latex_name(name)), cell
