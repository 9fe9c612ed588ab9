"""The logarithm of a sum of exponentials: a + log(sum_i exp(x_i - a)) with a = max(x)."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import function
from chainrule import exp, log, max, named, sum, vector  # noqa: A004 - the language's words

x = vector("x", "n")
a = named("a", max(x))
log_sum_exp = a + log(sum(exp(x - a)))


def values(given: Any) -> dict[str, Any]:
    """Return the input as a vector."""
    return {"x": np.array(given["x"])}


FUNCTIONS = {
    "primal": function(log_sum_exp.eval, values),
    "gradient": function(lambda at: log_sum_exp.diff(at, "x"), values),
}
