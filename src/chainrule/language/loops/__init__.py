"""Loops that stay loops: `scan`, `fori_loop`, `while_loop`, and `vmap` over entries.

A loop is one step of a formula, however often it goes round; its body is a small graph of its own.
"""

from chainrule.language.loops import conditional, iteration, mapping, scanning, segments

__all__ = ["conditional", "iteration", "mapping", "scanning", "segments"]
