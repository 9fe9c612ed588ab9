"""Gradient descent as an expression, to be differentiated in its turn; and slopes by either mode.

Rate 1e-5; a step is taken where the objective falls; after ten such the rate is doubled, and halved
where it does not fall. It ends where the gradient, or the step, is no longer than 1e-5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule import expression, gradient, jvp, norm, stack, where, while_loop

PRECISION = 1e-5
TAKEN_BEFORE_DOUBLING = 10
Slope = Callable[[expression, expression, int], expression]


def by_reverse(root: expression, x: expression, size: int) -> expression:
    """Return the gradient by a vector from one reverse sweep."""
    del size
    return gradient(root, wrt=x.name)[x.name]


def by_forward(root: expression, x: expression, size: int) -> expression:
    """Return the gradient by a vector of this size from a forward sweep for each element."""
    return stack([jvp(root, tangents={x.name: unit}) for unit in np.eye(size)])


SLOPES: dict[str, Slope] = {"f": by_forward, "r": by_reverse}


def argmin(
    objective: Callable[[Any], expression], start: Any, slope: Slope, size: int
) -> expression:
    """Return where the descent from a start ends."""

    def step(state: Any) -> Any:
        x, rate, taken, _ = state
        value = objective(x)
        descent = slope(value, x, size)
        to = x - rate * descent
        ends = (norm(descent) <= PRECISION) | (norm(to - x) <= PRECISION)
        doubles = taken >= TAKEN_BEFORE_DOUBLING
        moves = ~ends & ~doubles & (objective(to) < value)
        return (
            where(moves, to, x),
            where(doubles, 2 * rate, where(moves, rate, rate / 2)),
            where(moves, taken + 1, 0),
            1 * ends,
        )

    found = while_loop(lambda state: state[3] < 1, step, (start, PRECISION, 0.0, 0.0))
    return found[0]  # type: ignore[no-any-return]
