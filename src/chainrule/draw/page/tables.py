"""The tables of both passes and the chain rules as HTML: all of a page for who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.draw.page.contents import Contents
from chainrule.draw.page.parts import Parts, as_html
from chainrule.draw.page.rules import Rule, Share
from chainrule.draw.page.walk import WalkLine
from chainrule.draw.picture.text import escaped

__all__ = ["backward", "forward", "rules"]

FORWARD = ("step", "is", "with numbers", "value")
BACKWARD = ("from", "to", "flows in", "local derivative", "flows on", "sum so far", "rule")


def forward(contents: Contents, walk: Sequence[WalkLine]) -> str:
    """Write the table of the forward pass."""
    return table(contents, "Forward pass", FORWARD, walk, "forward")


def backward(contents: Contents, walk: Sequence[WalkLine]) -> str:
    """Write the table of the backward pass; empty where there is none."""
    return table(contents, "Backward pass", BACKWARD, walk, "backward")


def table(
    contents: Contents, caption: str, head: Sequence[str], walk: Sequence[WalkLine], phase: str
) -> str:
    """Write the lines of one pass as a table; each row knows its place in the walk."""
    rows = [
        row(contents, number, line.cells)
        for number, line in enumerate(walk, 1)
        if line.phase == phase and line.cells
    ]
    if not rows:
        return ""
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{caption}">\n'
        f'<table class="{phase}"><caption>{caption}</caption>\n'
        f"<thead><tr>{columns}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody></table></div>\n"
    )


def row(contents: Contents, number: int, cells: Sequence[Parts]) -> str:
    """Write one row; its first cell is its heading."""
    first, *others = [as_html(cell, contents.ledger) for cell in cells]
    rest = "".join(f"<td>{cell}</td>" for cell in others)
    return f'<tr data-line="{number}"><th scope="row">{first}</th>{rest}</tr>\n'


def rules(contents: Contents, chains: Sequence[Rule]) -> str:
    """Write the chain rule of every variable, a list of its paths and their sum."""
    return "".join(rule(contents, chain) for chain in chains)


def rule(contents: Contents, chain: Rule) -> str:
    """Write one chain rule."""
    paths = "".join(
        f'<li data-path="{number}"><span>{stages(contents, share)}</span></li>\n'
        for number, share in enumerate(chain.shares, 1)
    )
    more = chain.count - len(chain.shares)
    left_out = f"<p>and {more:,} more path{'s' * (more > 1)}</p>\n" if more else ""
    many = f"{chain.count:,} path{'s' * (chain.count > 1)}"
    return (
        f'<section class="rule" data-rule="{escaped(chain.node)}">\n'
        f"<h3>{escaped(chain.left)} <small>over {many}</small></h3>\n"
        f'<ol class="paths">\n{paths}</ol>\n{left_out}'
        f'<p class="sum">{as_html(chain.total, contents.ledger)}</p>\n</section>\n'
    )


def stages(contents: Contents, share: Share) -> str:
    """Write what is equal, a line each."""
    written = [as_html(stage, contents.ledger) for stage in share.stages]
    lines = [word if not place else f"= {word}" for place, word in enumerate(written)]
    return " ".join(f'<span class="line">{line}</span>' for line in lines)
