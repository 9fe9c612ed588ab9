"""The door to the targets that run here, for floors above: functions made of programs.

Who writes a kernel of a form of its own, or loops over a body, comes through here, so that the
targets behind it can change. It must not know what a kernel is for.
"""

from __future__ import annotations

from chainrule.engine.targets.interpreter import shape_trouble
from chainrule.engine.targets.looping import Variables, array_loop, float_loop
from chainrule.engine.targets.source import (
    Form,
    array_step,
    float_step,
    function_pieces,
    tuple_of,
)

__all__ = [
    "Form",
    "Variables",
    "array_loop",
    "array_step",
    "float_loop",
    "float_step",
    "function_pieces",
    "shape_trouble",
    "tuple_of",
]
