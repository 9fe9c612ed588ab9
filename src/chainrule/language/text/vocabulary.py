"""The words that formulas are written in: every operation by the names it is called by."""

from __future__ import annotations

from typing import Any

from chainrule.engine.protocol import Role
from chainrule.language.expression import operators
from chainrule.language.kinds import operations, readings

__all__ = ["functions"]


def functions() -> dict[str, Any]:
    """Return every operation by the names of its functions, and by the name of its class.

    >>> functions()["sin"] is functions()["sine"]
    True
    """
    known = {name: kind for name, kind in operations().items() if kind.role is Role.OPERATION}
    found: dict[str, Any] = {}
    for operation in known.values():
        found.setdefault(operation.notation.name, operation)
    found.pop("", None)
    return {**readings(), **known, **found}


operators["functions"] = functions  # for the advice on a method that there is not
