"""One HTML page about a graph: the picture, both passes step by step, sliders; needs nothing else.

Everything is in the text: no network, no fonts or scripts from elsewhere. Without scripts the
picture, the tables and the chain rules still stand there. The numbers that a slider moves are
computed by JavaScript that is written from the expression, never by hand.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from chainrule.draw import build
from chainrule.draw.computation import ComputationGraph
from chainrule.draw.page.basis import recomputed, with_numbers
from chainrule.draw.page.contents import Contents
from chainrule.draw.page.document import document
from chainrule.draw.page.rules import rules
from chainrule.draw.page.script import inputs_of, told
from chainrule.draw.page.walk import backward, forward
from chainrule.errors import ChainRuleError, FileFormatError
from chainrule.language.expression import expression

__all__ = ["page", "write_page"]


def page(graph: ComputationGraph, root: expression, values: Any) -> str:
    """Write the page about the graph of an expression at the values.

    values: those of the graph; None for the page to choose numbers. The same graph gives the same
    bytes.
    """
    graph, values, note = with_numbers(graph, root, values)
    record = build.numbers_for(root, values, graph.wrt)[0] if graph.has_values else None
    live, reason = recomputed(graph, root, record)
    contents = Contents(graph, root, record, live)
    walk = [*forward(contents), *backward(contents)]
    chains = rules(contents)
    script = "null"
    if live is not None:
        try:
            script = live.written(contents.ledger.nodes)
        except ChainRuleError as error:
            reason = f"The numbers are fixed: {error}"
    data = told(contents, walk, chains)
    data["inputs"] = inputs_of(contents, record) if script != "null" else []
    notes = [*graph.notes, note, reason]
    return document(contents, walk, chains, list(dict.fromkeys(filter(None, notes))), data, script)


def write_page(text: str, path: str | os.PathLike[str]) -> None:
    """Write a page into a file, with the same bytes on every system.

    Raises: FileFormatError for another extension.
    """
    target = Path(path)
    if target.suffix.lower() not in {".html", ".htm"}:
        raise FileFormatError(
            f"{target.name!r} has the extension {target.suffix!r}; to_html writes '.html' alone. "
            "For '.png' call to_png, for '.svg' write the text that to_svg gives."
        )
    target.write_bytes(text.encode())
