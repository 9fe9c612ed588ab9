"""Documents in LaTeX, for a paper that loads amsmath."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chainrule.report.parts import Cell, Section

__all__ = ["latex"]

_SIGNS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "∂": r"$\partial$",
    "²": "$^2$",
    "·": r"$\cdot$",
    "×": r"$\times$",
    "…": r"\dots{}",
    **{character: f"\\{character}" for character in "{}$&#_%"},
}


def latex(sections: Iterable[Section]) -> str:
    r"""Write sections in LaTeX; of a picture, its words.

    >>> print(latex([Section("half & half", lines=[Cell("x/2", r"\frac{x}{2}")])]), end="")
    \paragraph{half \& half}
    <BLANKLINE>
    \begin{itemize}
      \item $\frac{x}{2}$
    \end{itemize}
    """
    return "\n\n".join(block for section in sections for block in blocks_of(section)) + "\n"


def blocks_of(section: Section) -> Iterator[str]:
    """Write a section, paragraph by paragraph."""
    if section.title:
        yield rf"\paragraph{{{escaped(section.title)}}}"
    if section.picture:
        yield rf"\emph{{{escaped(section.picture.words)}}}"
    if section.head:
        head = " & ".join(map(escaped, section.head)) + r" \\ \hline"
        rows = [" & ".join(map(written, row)) + r" \\" for row in section.cells]
        begin = rf"\begin{{tabular}}{{{section.sides}}}"
        yield "\n".join([begin, head, *rows, r"\end{tabular}"])
    if section.title and section.lines:
        lines = [r"  \item " + r"\quad " * cell.indent + written(cell) for cell in section.listed]
        yield "\n".join([r"\begin{itemize}", *lines, r"\end{itemize}"])
    else:
        yield from (rf"\noindent {written(cell)}" for cell in section.listed)
    if section.note:
        yield rf"\emph{{{escaped(section.note)}}}"


def written(cell: Cell) -> str:
    """Write a cell."""
    return f"${cell.math}$" if cell.math else escaped(cell.text)


def escaped(words: str) -> str:
    """Write words so that LaTeX takes no sign of theirs for its own."""
    return "".join(_SIGNS.get(character, character) for character in words)
