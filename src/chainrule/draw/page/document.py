"""The HTML of a page, put together from its parts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from chainrule.draw.computation import ComputationGraph
from chainrule.draw.page import tables
from chainrule.draw.page.contents import Contents, short_formula
from chainrule.draw.page.rules import Rule
from chainrule.draw.page.sheet import sheet
from chainrule.draw.page.walk import WalkLine
from chainrule.draw.picture import svg
from chainrule.draw.picture.text import escaped
from chainrule.engine.sources import literal

__all__ = ["asset", "digest", "document"]

WIDEST_BESIDE = 860.0  # a wider picture stands above the inputs
SMALLEST = 0.7  # of its size, to which a picture may shrink before it is scrolled
SCRIPTS = ("digits", "numbers", "picture", "walk", "chain", "inputs", "theme", "start")


def document(
    contents: Contents,
    walk: Sequence[WalkLine],
    chains: Sequence[Rule],
    notes: Sequence[str],
    data: dict[str, Any],
    live: str,
) -> str:
    """Put the page together."""
    graph = contents.graph
    title = contents.whole()
    if title != contents.output:
        title = short_formula(f"{contents.output} = {title}")
    script = "\n".join(
        [
            '"use strict";',
            "(() => {",
            f"const data = {literal(data)};",
            f"let live = {live};",
            *(asset(f"{name}.js") for name in SCRIPTS),
            "})();",
        ]
    )
    whole = ComputationGraph(graph.nodes, graph.edges, graph.output)  # paths are lit by the script
    picture = svg(whole, legend=False, is_live=True)
    scope = re.search(r'class="(g\w+)"', picture)
    size = re.search(r' width="([\d.]+)"', picture)
    width = float(size[1]) if size else 0.0
    picture = picture.replace("max-width:100%", f"min-width:{SMALLEST * width:.0f}px", 1)
    words = {
        "title": escaped(title),
        "policy": f"'sha256-{digest(script)}'",
        "style": sheet(scope[1] if scope else "") + asset("page.css"),
        "script": script,
        "picture": picture,
        "layout": "wide" if width > WIDEST_BESIDE else "beside",
        "notes": "".join(f"<p class=note>{escaped(note)}</p>" for note in notes if note),
        "forward": tables.forward(contents, walk),
        "backward": tables.backward(contents, walk),
        "rules": tables.rules(contents, chains),
        "output": escaped(contents.output),
        "unless_fixed": "" if chains else " hidden",
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: words[match[1]], asset("page.html"))


def asset(name: str, package: str = __package__) -> str:
    """Read a file that belongs to a page, without indentation and comments of a line."""
    lines = files(package).joinpath(name).read_text(encoding="utf-8").splitlines()
    kept = [line.strip() for line in lines]
    return "\n".join(line for line in kept if line and not line.startswith("//")) + "\n"


def digest(script: str) -> str:
    """Return the hash by which a page's policy lets this script run, and no other."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
