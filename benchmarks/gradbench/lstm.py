"""Layers of a diagonal LSTM over a sequence of characters, each a vector of b bits.

For each layer, with weights W, B of 4b numbers and states h, c:
forget = s(a W0 + B0), into = s(h W1 + B1), out = s(a W2 + B2), change = tanh(h W3 + B3),
c' = c forget + into change, h' = out tanh(c'), and a = h' goes into the next layer. a begins as
x_t e0; the prediction is y = a e1 + e2, and the loss
-1/((C-1) b) sum_t sum_i x_(t+1),i (y_i - log(2 + sum exp y)).
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
    scan,
    sigmoid,
    stack,
    sum,  # noqa: A004 - the language's word
    tanh,
)

PARAMETERS = ("main_params", "extra_params")


@cache
def loss(layers: int, bits: int, characters: int) -> expression:
    """Return the loss for so many layers, bits and characters."""
    sequence = matrix("sequence", characters, bits)
    main, extra = matrix("main_params", 2 * layers, 4 * bits), matrix("extra_params", 3, bits)
    state = matrix("state", 2 * layers, bits)

    def gates(row: int) -> list[expression]:
        return [main[row, bits * gate : bits * (gate + 1)] for gate in range(4)]

    weights = [(gates(2 * layer), gates(2 * layer + 1)) for layer in range(layers)]

    def step(states: expression, both: Any) -> tuple[expression, expression]:
        character, following = both
        a = character * extra[0]
        after = []
        for layer, (W, B) in enumerate(weights):
            h, c = states[2 * layer], states[2 * layer + 1]
            forget, out = sigmoid(a * W[0] + B[0]), sigmoid(a * W[2] + B[2])
            into, change = sigmoid(h * W[1] + B[1]), tanh(h * W[3] + B[3])
            c = c * forget + into * change
            a = out * tanh(c)
            after += [a, c]
        y = a * extra[1] + extra[2]
        return stack(after), sum(following * (y - log(2 + sum(exp(y)))))

    _, terms = scan(step, state, (sequence[:-1], sequence[1:]))
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
