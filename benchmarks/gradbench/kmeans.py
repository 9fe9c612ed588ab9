"""The cost of k centroids, and the direction of Newton's method towards a lower one.

f(C) = sum_i min_j |P_i - C_j|**2. The direction is J/H element by element: the Hessian is diagonal,
so that its product with a vector of ones is its diagonal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import function
from chainrule import gradient, hvp, matrix, min, sum  # noqa: A004 - the language's words

P, C = matrix("P", "n", "d"), matrix("C", "k", "d")
distances = sum((P[:, None, :] - C[None, :, :]) ** 2, axis=2)
cost = sum(min(distances, axis=1))


def values(given: Any) -> dict[str, Any]:
    """Return the points and the centroids."""
    return {"P": np.array(given["points"]), "C": np.array(given["centroids"])}


def direction(at: dict[str, Any]) -> Any:
    """Return the gradient divided by the diagonal of the Hessian."""
    slope = gradient(cost, at, "C")["C"]
    return slope / hvp(cost, at, {"C": np.ones_like(at["C"])})["C"]


FUNCTIONS = {"cost": function(cost.eval, values), "dir": function(direction, values)}
