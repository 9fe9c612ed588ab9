"""Least squares of a polynomial with m coefficients against the sign function at n points.

y(x) = 1/2 sum_i (sign(t_i) - sum_j x_j t_i**j)**2, with t_i = -1 + 2 i/(n - 1). The powers are
running products, a row each.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import function
from chainrule import (
    broadcast_to,
    cumprod,
    expression,
    sign,
    sum,  # noqa: A004 - the language's word
    vector,
)


@cache
def objective(m: int, n: int) -> expression:
    """Return the objective for so many coefficients and points."""
    x, t = vector("x", m), vector("t", n)
    powers = cumprod(broadcast_to(t, shape=(m - 1, n)), axis=0)
    return sum((sign(t) - x[0] - x[1:] @ powers) ** 2) / 2


def values(given: Any) -> tuple[expression, dict[str, Any]]:
    """Return the objective for these sizes, its coefficients and its points."""
    x, n = np.array(given["x"]), given["n"]
    return objective(len(x), n), {"x": x, "t": np.linspace(-1.0, 1.0, n)}


FUNCTIONS = {
    "primal": function(lambda at: at[0].eval(at[1]), values),
    "gradient": function(lambda at: at[0].diff(at[1], "x"), values),
}
