"""What a notebook asks for when it shows a value: the forms of it, by their media types."""

from __future__ import annotations

from typing import Any

__all__ = ["chosen"]


def chosen(bundle: dict[str, str], include: Any = None, exclude: Any = None) -> dict[str, str]:
    """Keep what a notebook asks for of the forms in which something can be shown.

    >>> chosen({"text/plain": "x", "text/html": "<i>x</i>"}, include=["text/plain"])
    {'text/plain': 'x'}
    """
    wanted = set(include or bundle) - set(exclude or ())
    return {kind: form for kind, form in bundle.items() if kind in wanted}
