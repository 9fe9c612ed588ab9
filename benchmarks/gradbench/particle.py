"""A charged particle flies past two charges; w is sought for which it meets the axis at the origin.

The charges are at (10, 0) and (10, 10 - w), the potential is the sum of 1/|x - c|, and the force
its negative gradient. Euler's steps of 0.1 from (0, 8) with velocity (0.75, 0) go on while y > 0;
the last one is shortened to end at y = 0. E(w) is the square of x there, minimised by descent.
The letters of a function say by which mode the descent differentiates, and by which the force does.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np

from benchmarks.gradbench.descent import SLOPES, Slope, argmin
from benchmarks.gradbench.protocol import function
from chainrule import concatenate, constant, expression, norm, vector, while_loop

STEP = 0.1


def potential(x: expression, w: expression) -> expression:
    """Return the potential of both charges at x."""
    other = concatenate([np.array([10.0]), 10 - w])
    return 1 / norm(x - other) + 1 / norm(x - np.array([10.0, 0.0]))


def energy(w: expression, slope: Slope) -> expression:
    """Return the square of where the particle meets the axis."""

    def step(state: Any) -> Any:
        x, v = state
        return x + STEP * v, v - STEP * slope(potential(x, w), x, 2)

    def above(state: Any) -> expression:
        x, v = state
        return (x + STEP * v)[1] > 0

    start = constant(np.array([0.0, 8.0])), constant(np.array([0.75, 0.0]))
    x, v = while_loop(above, step, start)
    end = x - x[1] / v[1] * v
    return end[0] ** 2


@cache
def best(outer: str, inner: str) -> expression:
    """Return the w that the descent ends at, with one mode within another."""
    return argmin(lambda w: energy(w, SLOPES[inner]), vector("w", 1), SLOPES[outer], 1)


def values(given: Any) -> dict[str, Any]:
    """Return where w starts, as a vector of one element."""
    return {"w": np.array([given["w"]])}


def run(outer: str, inner: str, at: dict[str, Any]) -> float:
    """Return w as a number."""
    return float(best(outer, inner).eval(at)[0])


FUNCTIONS = {
    outer + inner: function(partial(run, outer, inner), values) for outer in "fr" for inner in "fr"
}
