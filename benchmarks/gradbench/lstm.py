"""Layers of a diagonal LSTM over a sequence of characters, each a vector of b bits.

For each layer, with weights W, B of 4b numbers and states h, c:
forget = s(a W0 + B0), into = s(h W1 + B1), out = s(a W2 + B2), change = tanh(h W3 + B3),
c' = c forget + into change, h' = out tanh(c'), and a = h' goes into the next layer. a begins as
x_t e0; the prediction is y = a e1 + e2, and the loss
-1/((C-1) b) sum_t sum_i x_(t+1),i (y_i - log(2 + sum exp y)). What a step does not need the last
one for is done for all characters at once, and the four gates of a layer by one tanh, since
s(z) = (1 + tanh(z/2))/2.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import function
from chainrule import (
    exp,
    expression,
    log,
    matrix,
    reshape,
    scan,
    stack,
    sum,  # noqa: A004 - the language's word
    tanh,
)

PARAMETERS = ("main_params", "extra_params")
# What tanh is given and gives, for the gates forget, into, out and change: the first two, then the
# other two, each with a column for a and one for h.
HALVES = np.array([[[0.5], [0.5]], [[0.5], [1.0]]])
BEGINS = np.array([[[0.5], [0.5]], [[0.5], [0.0]]])


@cache
def loss(layers: int, bits: int, characters: int) -> expression:
    """Return the loss for so many layers, bits and characters."""
    sequence = matrix("sequence", characters, bits)
    main, extra = matrix("main_params", 2 * layers, 4 * bits), matrix("extra_params", 3, bits)
    state = matrix("state", 2 * layers, bits)

    def gates(row: int) -> expression:
        return HALVES * reshape(main[row], (2, 2, bits))

    weights = [(gates(2 * layer), gates(2 * layer + 1)) for layer in range(layers)]

    def step(states: list[Any], a: expression) -> tuple[list[Any], expression]:
        after = []
        for (h, c), (W, B) in zip(states, weights, strict=True):
            found = BEGINS + HALVES * tanh(W * stack([a, h]) + B)
            kept = c * found[0, 0] + found[0, 1] * found[1, 1]
            a = found[1, 0] * tanh(kept)
            after.append((a, kept))
        return after, a

    states = [(state[2 * layer], state[2 * layer + 1]) for layer in range(layers)]
    _, last = scan(step, states, sequence[:-1] * extra[0])
    y = last * extra[1] + extra[2]
    terms = sequence[1:] * (y - log(2 + sum(exp(y), axis=1))[:, None])
    return -sum(terms) / ((characters - 1) * bits)


def values(given: Any) -> tuple[expression, dict[str, Any]]:
    """Return the loss for these sizes, and its parameters, states and characters."""
    names = (*PARAMETERS, "state", "sequence")
    at = {name: np.array(given[name], dtype=float) for name in names}
    characters, bits = at["sequence"].shape
    return loss(at["main_params"].shape[0] // 2, bits, characters), at


def slopes(at: Any) -> Any:
    """Return the gradient by all parameters in a row."""
    found = at[0].diff(at[1])
    return np.concatenate([found[name].ravel() for name in PARAMETERS])


FUNCTIONS = {
    "objective": function(lambda at: at[0].eval(at[1]), values),
    "jacobian": function(slopes, values),
}
