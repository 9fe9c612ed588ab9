"""The door to the targets that write text for elsewhere: a program as JavaScript, for pages.

Apart from `kernels`, so that whoever computes need not load what writes.
"""

from __future__ import annotations

from chainrule.engine.targets.javascript import javascript, literal

__all__ = ["javascript", "literal"]
