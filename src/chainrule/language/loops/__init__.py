"""Loops that stay loops: `scan`, `fori_loop` and `while_loop`.

A loop is one step of a formula, however often it goes round; its body is a small graph of its own.
"""

from chainrule.language.loops import conditional, iteration, scanning, segments

__all__ = ["conditional", "iteration", "scanning", "segments"]
