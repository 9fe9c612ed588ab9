"""The saddle point of |x|^2 - |y|^2: the least, over x, of the largest over y, both by descent.

The descent over x differentiates through the one over y. The letters of a function say by which
mode the outer descent differentiates, and by which the inner one does.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np

from benchmarks.gradbench.descent import SLOPES, argmin
from benchmarks.gradbench.protocol import function
from chainrule import concatenate, expression, sum, vector  # noqa: A004 - the language's word

start = vector("start", 2)


def height(x: expression, y: expression) -> expression:
    """Return |x|^2 - |y|^2."""
    return sum(x**2) - sum(y**2)


@cache
def saddle_point(outer: str, inner: str) -> expression:
    """Return x and y of the saddle, with one mode within another."""

    def highest(x: expression, mode: str) -> expression:
        return argmin(lambda y: -height(x, y), start, SLOPES[mode], 2)

    x = argmin(lambda x: height(x, highest(x, inner)), start, SLOPES[outer], 2)
    return concatenate([x, highest(x, outer)])


def values(given: Any) -> dict[str, Any]:
    """Return where both descents start."""
    return {"start": np.array(given["start"])}


def run(outer: str, inner: str, at: dict[str, Any]) -> Any:
    """Return the saddle point."""
    return saddle_point(outer, inner).eval(at)


FUNCTIONS = {
    outer + inner: function(partial(run, outer, inner), values) for outer in "fr" for inner in "fr"
}
