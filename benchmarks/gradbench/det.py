"""The determinant of a matrix by expansion along its first row, recursively.

Minors of the same rows and columns are the same expression, so that of the l! products of the
definition 2**l * l stay.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import function
from chainrule import expression, matrix

A = matrix("A", "l", "l")


def minor(row: int, columns: tuple[int, ...]) -> expression:
    """Return the determinant of the rows from `row` on, and of these columns."""
    if not columns:
        return expression.lift(1)
    total = None
    for place, column in enumerate(columns):
        rest = columns[:place] + columns[place + 1 :]
        term = A[row, column] * minor(row + 1, rest) if rest else A[row, column]
        total = term if total is None else total - term if place % 2 else total + term
    return total


minor = cache(minor)


@cache
def determinant(size: int) -> expression:
    """Return the determinant of a matrix of this size."""
    return minor(0, tuple(range(size)))


def values(given: Any) -> tuple[expression, dict[str, Any]]:
    """Return the expansion and the matrix, which comes as its rows one after the other."""
    size = given["ell"]
    return determinant(size), {"A": np.array(given["A"]).reshape(size, size)}


FUNCTIONS = {
    "primal": function(lambda at: at[0].eval(at[1]), values),
    "gradient": function(lambda at: at[0].diff(at[1], "A").ravel(), values),
}
