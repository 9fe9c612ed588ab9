"""A page inside a notebook: a frame of its own, whose content travels with the notebook."""

from __future__ import annotations

from html import escape

__all__ = ["framed"]

HEIGHT = 620  # pixels
PRINTED = (
    "<style>@media not print{.chainrule-page>svg{display:none}}"
    "@media print{.chainrule-page>iframe{display:none}}</style>"
)


def framed(page: str, title: str, picture: str = "") -> str:
    """Put a page into a frame that runs its script and reaches nothing else.

    It survives the export of a notebook, and works offline. picture: in SVG, printed instead,
    for browsers leave such frames empty on paper.

    >>> framed("<p>", "a < b", "<svg></svg>")  # doctest: +ELLIPSIS
    '<div ...<svg></svg><iframe srcdoc="&lt;p&gt;" title="a &lt; b" loading="lazy" ...></div>'
    """
    return (
        f'<div class="chainrule-page">{PRINTED * bool(picture)}{picture}'
        f'<iframe srcdoc="{escape(page)}" title="{escape(title)}" loading="lazy" '
        f'sandbox="allow-scripts" style="width:100%;height:{HEIGHT}px;border:0"></iframe></div>'
    )
