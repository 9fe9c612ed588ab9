"""One document in every form."""

from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pytest

from chainrule.report.document import Document, Remark, Report
from chainrule.report.parts import Cell, Picture, Section, figure
from chainrule.report.sentence import Sentence

PICTURE = Picture('<svg xmlns="http://www.w3.org/2000/svg"/>', "a curve")
TABLE = Section(
    "what & why",
    ("name", "a|b"),
    [("x_1", figure(1.5e-7)), (Cell("x**2", "x^{2}"), figure(12, ","))],
    note="2 more are left out",
    align="lr",
)
LIST = Section("steps", lines=["first", Cell("x*y", r"x \cdot y", indent=1)])
PROSE = Section(lines=[Sentence("{count} <rows>.", count=3), "100 %"], picture=PICTURE)
LAST = Section(lines=[Cell("done")], strong=True)
DOCUMENT = Document([TABLE, LIST, PROSE, LAST])


def test_in_a_terminal():
    assert str(DOCUMENT) == (
        "what & why\n  name      a|b\n  x_1   1.5e-07\n  x**2       12\n  (2 more are left out)\n"
        "\nsteps\n  first\n    x*y\n\n3 <rows>.\n100 %\n\ndone"
    )


def test_in_markdown():
    assert DOCUMENT.to_markdown() == (
        "#### what & why\n\n| name | a\\|b |\n| --- | ---: |\n"
        "| x\\_1 | $1.5 \\cdot 10^{-7}$ |\n| $x^{2}$ | 12 |\n\n*2 more are left out*\n\n"
        "#### steps\n\n- first\n  - $x \\cdot y$\n\n"
        "*a curve*\n\n3 \\<rows\\>.\n\n100 %\n\n**done**\n"
    )


def test_in_latex():
    found = DOCUMENT.to_latex()
    assert r"\paragraph{what \& why}" in found
    assert "\\begin{tabular}{lr}\nname & a|b \\\\ \\hline\n" in found
    assert r"x\_1 & $1.5 \cdot 10^{-7}$ \\" in found
    assert r"\noindent 100 \%" in found
    assert r"\item \quad $x \cdot y$" in found


def test_in_html():
    found = DOCUMENT.to_html()
    page = ET.fromstring(found)  # noqa: S314 - our own text
    assert ["what & why"] == [item.text for item in page.iter("caption")]
    assert [None, "r"] == [item.get("class") for item in page.iter("th")]
    assert "3 <rows>." in [item.text for item in page.iter("p")]
    assert "x²" in found
    assert PICTURE.svg in found


def test_a_notebook_gets_every_form():
    bundle = DOCUMENT._repr_mimebundle_()
    assert {"text/plain", "text/html", "text/markdown", "text/latex"} == set(bundle)
    assert DOCUMENT._repr_html_() == bundle["text/html"]
    assert set(DOCUMENT._repr_mimebundle_(exclude=["text/html"])) == set(bundle) - {"text/html"}


@dataclass(frozen=True, slots=True)
class Ended(Remark):
    """How something ended."""

    epoch: int
    loss: float

    def sentence(self):
        said = "after {epoch:,} epochs the loss is {loss:.3g}."
        return Sentence(said, epoch=self.epoch, loss=self.loss)


def test_an_outcome_is_a_value_with_a_sentence_made_of_its_fields():
    ended = Ended(1_200, 2 / 3)
    assert "after 1,200 epochs the loss is 0.667." == str(ended) == ended.sentence()
    assert {"epoch": 1_200, "loss": 2 / 3} == ended.sentence().fields
    assert "<p>after 1,200 epochs" in ended.to_html()


def test_a_report_has_to_give_a_document():
    for kind in (Report, Remark):
        with pytest.raises(TypeError, match="abstract method"):
            kind()
