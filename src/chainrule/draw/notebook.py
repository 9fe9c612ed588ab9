"""What a notebook shows of an expression without being asked: its formula and its graph."""

from __future__ import annotations

from html import escape
from typing import Any

from chainrule.draw.graph import graph
from chainrule.engine.compiled import compiled_of
from chainrule.language.expression import expression
from chainrule.report import chosen, pretty

__all__ = ["expression_bundle"]

MOST_STEPS = 60  # of an expression that is drawn under its formula


def expression_bundle(root: expression, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """Show an expression: its formula, and under it its graph where that is small enough to read.

    The picture is SVG, which survives every export; what shows no HTML gets LaTeX or text.
    """
    formula = escape(pretty(root.to_text(limit=200)))
    shown = f'<p style="font-size:1.15em"><code>{formula}</code></p>'
    if 1 < len(compiled_of(root).program) <= MOST_STEPS:
        shown += graph(root).to_svg()
    latex = rf"$\displaystyle {root.to_latex()}$"
    found = {"text/plain": repr(root), "text/latex": latex, "text/html": f"<div>{shown}</div>"}
    return chosen(found, include, exclude)
