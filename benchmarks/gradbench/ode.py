"""y_0' = x_0, y_i' = x_i y_(i-1), from y(0) = 0 to t = 2 by s steps of Runge and Kutta's method.

The gradient is that of the last component.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import function
from chainrule import concatenate, expression, fori_loop, ones, vector, zeros_like

END = 2.0
x = vector("x", "n")


def slope(y: expression) -> expression:
    """Return y' at y: each component times the one before it, the first as it is."""
    return x * concatenate([ones(1), y[:-1]])


@cache
def solution(steps: int) -> expression:
    """Return y at the end of the interval."""
    h = END / steps

    def step(_number: Any, y: expression) -> expression:
        k1 = slope(y)
        k2 = slope(y + h / 2 * k1)
        k3 = slope(y + h / 2 * k2)
        k4 = slope(y + h * k3)
        return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    return fori_loop(0, steps, step, zeros_like(x))


def values(given: Any) -> tuple[expression, dict[str, Any]]:
    """Return the solution for this number of steps, and x."""
    return solution(given["s"]), {"x": np.array(given["x"])}


FUNCTIONS = {
    "primal": function(lambda at: at[0].eval(at[1]), values),
    "gradient": function(lambda at: at[0][-1].diff(at[1], "x"), values),
}
