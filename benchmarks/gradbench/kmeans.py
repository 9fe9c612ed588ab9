"""The cost of k centroids, and the direction of Newton's method towards a lower one.

f(C) = sum_i min_j |P_i - C_j|**2. Of the squared distances |P_i|**2 - 2 P_i C_j + |C_j|**2 the
first part is the same for all centroids, and the second is a product of matrices. The direction is
J/H element by element: the Hessian is diagonal, so that its product with ones is its diagonal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import function
from chainrule import gradient, hvp, matrix, min, ones_like, sum  # noqa: A004 - the language's words

P, C = matrix("P", "n", "d"), matrix("C", "k", "d")
nearest = min(sum(C * C, axis=1)[:, None] - (2 * C) @ P.T, axis=0)
cost = sum(P * P) + sum(nearest)
direction = gradient(cost, wrt="C")["C"] / hvp(cost, vector={"C": ones_like(C)})["C"]


def values(given: Any) -> dict[str, Any]:
    """Return the points and the centroids."""
    return {"P": np.array(given["points"]), "C": np.array(given["centroids"])}


FUNCTIONS = {"cost": function(cost.eval, values), "dir": function(direction.eval, values)}
