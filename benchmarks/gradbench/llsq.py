"""Least squares of a polynomial with m coefficients against the sign function at n points.

y(x) = 1/2 sum_i (sign(t_i) - sum_j x_j t_i**j)**2, with t_i = -1 + 2 i/(n - 1).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import function
from chainrule import scan, sign, sum, vector, zeros_like  # noqa: A004 - the language's words

x, t = vector("x", "m"), vector("t", "n")
polynomial, _ = scan(lambda total, x_j: (total * t + x_j, None), zeros_like(t), x[::-1])  # Horner
objective = sum((sign(t) - polynomial) ** 2) / 2


def values(given: Any) -> dict[str, Any]:
    """Return the coefficients and the points."""
    return {"x": np.array(given["x"]), "t": np.linspace(-1.0, 1.0, given["n"])}


FUNCTIONS = {
    "primal": function(objective.eval, values),
    "gradient": function(lambda at: objective.diff(at, "x"), values),
}
