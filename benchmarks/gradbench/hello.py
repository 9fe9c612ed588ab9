"""square(x) = x**2, and double(x), its derivative."""

from __future__ import annotations

from benchmarks.gradbench.protocol import function
from chainrule import expression

x = expression("x")
square = x**2

FUNCTIONS = {
    "square": function(lambda given: square.eval({"x": given})),
    "double": function(lambda given: square.diff({"x": given}, "x")),
}
