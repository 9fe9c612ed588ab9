"""Documents, and reports: whatever gives one, and is then shown in every form by itself.

Imports the writers; it must not know how any of them writes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.report.html import html
from chainrule.report.latex import latex
from chainrule.report.markdown import markdown
from chainrule.report.notebook import chosen
from chainrule.report.parts import Section
from chainrule.report.plain import plain

__all__ = ["Document", "Remark", "Report"]


class Report(ABC):
    """A value that tells itself by a document: printed, displayed, as a note, paper or page."""

    __slots__ = ()

    @abstractmethod
    def document(self) -> Document:
        """Return the tables, lines and pictures, to be written in any form."""

    def to_text(self) -> str:
        """Return it for a terminal."""
        return plain(self.document().sections)

    def to_markdown(self) -> str:
        """Return it as Markdown, mathematics between dollar signs."""
        return markdown(self.document().sections)

    def to_latex(self) -> str:
        """Return it in LaTeX, for a document that loads amsmath."""
        return latex(self.document().sections)

    def to_html(self) -> str:
        """Return it as HTML that needs nothing else."""
        return html(self.document().sections)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self.to_html()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        page = self.document()
        forms = {
            "text/plain": str(self),
            "text/html": page.to_html(),
            "text/markdown": page.to_markdown(),
            "text/latex": page.to_latex(),
        }
        return chosen(forms, include, exclude)


@dataclass(frozen=True, slots=True)
class Document(Report):
    """Sections one after the other.

    >>> from chainrule.report.sentence import Sentence
    >>> print(Document([Section(lines=[Sentence("{count:,} rows.", count=1_000)])]))
    1,000 rows.
    """

    sections: Sequence[Section]

    def document(self) -> Document:
        """Return it as it is."""
        return self


class Remark(Report):
    """A value that tells itself by one sentence, such as what was found at one place."""

    __slots__ = ()

    @abstractmethod
    def sentence(self) -> str:
        """Return the sentence, made of the fields of the value."""

    def document(self) -> Document:
        """Return the sentence alone."""
        return Document([Section(lines=[self.sentence()])])
