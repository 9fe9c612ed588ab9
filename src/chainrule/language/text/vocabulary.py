"""The words that formulas are written in: every operation by the names it is called by."""

from __future__ import annotations

from typing import Any

from chainrule.language import registry

__all__ = ["functions"]


def functions() -> dict[str, Any]:
    """Return every operation by the names of its functions, and by the name of its class.

    >>> functions()["sin"] is functions()["sine"]
    True
    """
    names = [*registry.readings, *registry.operations, *registry.words]
    found = {name: registry.called(name) for name in names}
    return {name: kind for name, kind in found.items() if kind is not None}
