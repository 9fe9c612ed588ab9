"""What can be shown, as values: sentences with their numbers, tables, pictures, documents of them.

A terminal, a notebook, Markdown, LaTeX and HTML are writers of the one document. May import NumPy
and the errors; knows no formula, no table of data and no run.
"""

from chainrule.report.document import Document, Remark, Report
from chainrule.report.notebook import chosen
from chainrule.report.numerals import DIGITS, number_latex, number_text
from chainrule.report.parts import Cell, Picture, Section, equation, figure, joined_cells
from chainrule.report.pretty import pretty
from chainrule.report.sentence import Sentence, counted, joined

__all__ = [
    "DIGITS",
    "Cell",
    "Document",
    "Picture",
    "Remark",
    "Report",
    "Section",
    "Sentence",
    "chosen",
    "counted",
    "equation",
    "figure",
    "joined",
    "joined_cells",
    "number_latex",
    "number_text",
    "pretty",
]
