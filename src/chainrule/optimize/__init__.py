"""Floor 3: descending to a minimum, by many methods, and why it went as it did."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    # Loaded when asked for: who descends on a loss of his own needs none of the sixty formulas.
    if name == "landscapes":
        return import_module("chainrule.optimize.landscapes")
    raise AttributeError(f"module 'chainrule.optimize' has no attribute {name!r}")
