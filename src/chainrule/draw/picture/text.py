"""Elements of SVG as text: numbers in short, and names that can be anything, escaped.

Whatever a user has named passes through here, and through nothing else.
"""

from __future__ import annotations

from chainrule.draw.picture.widths import is_bounded, plain, width_of

__all__ = ["escaped", "short", "text_element"]

CAP_HEIGHT = 0.36  # half of it, of the font size: from the middle of a line of text to its foot


def escaped(text: str) -> str:
    """Return text as it stands in XML, in an element or in an attribute.

    >>> escaped('<a b="c">&')
    '&lt;a b=&quot;c&quot;&gt;&amp;'
    """
    found = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return found.replace('"', "&quot;")


def short(number: float) -> str:
    """Write a coordinate with at most one decimal, the same on every machine.

    >>> short(2.0), short(-0.04), short(12.34)
    ('2', '0', '12.3')
    """
    written = f"{number:.1f}"
    written = written.removesuffix(".0")
    return "0" if written == "-0" else written


def text_element(kind: str, x: float, y: float, text: str, size: float) -> str:
    """Write a line of text with its middle at a height; kind: its class.

    A text of characters of unforeseeable width is made to fit what is reserved for it.
    """
    fit = "" if is_bounded(text) else _fit(text, size, bold=kind == "name")
    foot = short(y + CAP_HEIGHT * size)
    return f'<text class="{kind}" x="{short(x)}" y="{foot}"{fit}>{escaped(text)}</text>'


def _fit(text: str, size: float, *, bold: bool) -> str:
    width = short(width_of(plain(text), size, bold=bold))
    return f' textLength="{width}" lengthAdjust="spacingAndGlyphs"'
