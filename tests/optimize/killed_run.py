"""Runs that are killed and gone on with, told apart by name; as a script, one of them.

As a script: begins or resumes the run of a name with a checkpoint, and says each epoch aloud.
"""

from __future__ import annotations

import os
import sys

import numpy as np

from chainrule import Checkpoint, EarlyStopping, expression, matmul, mean, minimize, resume, tanh
from chainrule.optimize.schedules import CosineAnnealingLR

m, w, y, X, x = (expression(name) for name in ("m", "w", "y", "X", "x"))
RNG = np.random.default_rng(8)
DATA = {"X": RNG.normal(size=(40, 3))}
DATA["y"] = np.tanh(DATA["X"] @ [1.0, -2.0, 0.5]) + 0.1 * RNG.normal(size=40)
HELD_OUT = {"X": RNG.normal(size=(20, 3)), "y": RNG.normal(size=20)}
NETWORK = mean((m * tanh(matmul(X, w)) - y) ** 2)
START = {"m": 1.0, "w": np.array([0.1, 0.2, 0.3])}
VALLEY = (1 - x) ** 2 + 100 * (m - x**2) ** 2

# Loss, start, data, and what `minimize` is asked for; what `resume` has to be given again.
RUNS = {
    "adam in batches": (
        NETWORK,
        START,
        DATA,
        {
            "method": "adam",
            "learning_rate": CosineAnnealingLR(0.05, T_max=60),
            "batch_size": 7,
            "random_state": 5,
            "n_epochs": 60,
            "validation": HELD_OUT,
            "early_stopping": EarlyStopping(patience=50),
        },
        {"validation": HELD_OUT},
    ),
    "clipped nesterov": (
        NETWORK,
        START,
        DATA,
        {
            "method": "nesterov",
            "clip": 0.3,
            "bounds": {"m": (0.5, 1.2)},
            "batch_size": 16,
            "random_state": np.random.Generator(np.random.MT19937(3)),
            "n_epochs": 60,
            "keep_path": False,
        },
        {},
    ),
    "a solver": (VALLEY, {"x": -1.2, "m": 1.0}, None, {"method": "l-bfgs", "tolerance": 0.0}, {}),
}


def main(name: str, path: str) -> None:
    """Run to the end, or until killed."""
    loss, start, data, options, again = RUNS[name]

    def say(entry: object) -> None:
        print(entry.epoch, flush=True)

    where = Checkpoint(path, every_epochs=1)
    if os.path.exists(path):  # noqa: PTH110 - as a script would
        resume(path, loss, data, callback=say, checkpoint=where, **again)
    else:
        minimize(loss, start, data, callback=say, checkpoint=where, **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
