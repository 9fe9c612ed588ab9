"""The partials of one number by name: a dict that a notebook shows as a table."""

from __future__ import annotations

from typing import Any

from chainrule.engine.names import latex_name, quoted
from chainrule.language.explaining.documents import Cell, Document, Section
from chainrule.language.expression import chosen, expression
from chainrule.language.numerals import number_latex, number_text

__all__ = ["Partials"]

SHOWN = 40  # partials; the rest is counted


class Partials(dict[str, Any]):
    """What `gradient` gives: name -> partial, a number, an array or an expression.

    It is a dict in every way; only a notebook shows it as a table.

    >>> found = Partials(x=2.0)
    >>> found == {"x": 2.0}, "<table>" in found._repr_mimebundle_()["text/html"]
    (True, True)
    """

    __slots__ = ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        rows = tuple(map(row_of, [*self.items()][:SHOWN]))
        more = len(self) - SHOWN
        note = f"{more} more are left out" * (more > 0)
        section = Section("gradient", ("by", "partial"), rows, note=note)
        page = Document((section,), Cell("")).to_html()
        return chosen({"text/plain": repr(self), "text/html": page}, include, exclude)


def row_of(item: tuple[str, Any]) -> tuple[Cell, Cell]:
    """Write one partial."""
    name, partial = item
    if isinstance(partial, expression):
        cell = Cell(partial.to_text(limit=200), partial.to_latex(limit=200))
    else:
        cell = Cell(number_text(partial), number_latex(partial))
    return Cell(quoted(name), latex_name(name)), cell
