"""A fit by any method or solver, in batches or not: a run of `minimize`, as a descent's.

May import the optimizers and `descent`; it must not know which coordinates it moves in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.language.expression import expression
from chainrule.models.descent import Run, Trace, Watch
from chainrule.models.settings import RandomState, Rate
from chainrule.optimize.methods.method import Method
from chainrule.optimize.running.run import minimize
from chainrule.optimize.running.trace import Entry
from chainrule.optimize.running.trace import Trace as RunTrace
from chainrule.optimize.solvers.solver import Solver
from chainrule.tables.columns import Floats

__all__ = ["Way", "batch_seed", "optimize"]

_KEPT = "\n  Kept are the parameters of the least loss, and the history."


@dataclass(frozen=True, slots=True)
class Way:
    """How to move: the method, its rate, how many rows at a time, and who shuffles them.

    n_epochs: None until the method converges.
    """

    method: Method | Solver
    rate: Rate
    n_epochs: int | None
    batch_size: int | None
    random_state: RandomState


class Watched:
    """A descent's `watch` as a callback of `minimize`: told of an epoch before its step.

    `minimize` tells of what an epoch led to, which is where the next one begins.
    """

    __slots__ = ("_n_epochs", "_names", "_watch", "last")

    def __init__(self, watch: Watch, names: tuple[str, ...], n_epochs: int | None) -> None:
        self._watch = watch
        self._names = names
        self._n_epochs = n_epochs
        self.last = False

    def begin(self, epoch: int, loss: float, norm: float, parameters: Floats) -> None:
        """Tell that an epoch begins, and keep whether it is to be the last one."""
        self.last = self._watch(epoch, loss, norm, parameters)

    def __call__(self, entry: Entry) -> bool:
        if self.last:
            return True
        if entry.epoch != self._n_epochs:
            vector = np.array([entry.parameters[name] for name in self._names])
            self.begin(entry.epoch, entry.loss, entry.gradient_norm, vector)
        return False


def optimize(
    way: Way,
    loss: expression,
    names: tuple[str, ...],
    start: tuple[float, float, Floats],
    data: Mapping[str, Any],
    watch: Watch | None,
) -> tuple[Run, float]:
    """Minimise a loss by a method; give the run, and the rate of its last epoch, NaN for a solver.

    names: of the parameters; start: the loss, the gradient's norm and the parameters to begin with.
    Raises: SettingError for settings that do not go together; NotANumber for "auto" where the
    curvature is not finite.
    """
    watched = None if watch is None else Watched(watch, names, way.n_epochs)
    if watched is not None:
        watched.begin(0, *start)
    found = minimize(
        loss,
        dict(zip(names, start[2].tolist(), strict=True)),
        dict(data),
        way.method,
        learning_rate=way.rate,
        n_epochs=way.n_epochs,
        batch_size=way.batch_size,
        random_state=batch_seed(way.random_state),
        callback=watched,
    )
    asked = watched is not None and watched.last and found.status == "stopped"
    return run_of(found, names, told=asked or way.n_epochs is not None), float(found.rate[-1])


def run_of(found: RunTrace, names: tuple[str, ...], *, told: bool) -> Run:
    """Return what `minimize` gave back as a descent's run.

    told: whether the words of a descent say all where epochs were done or the callback ended them.
    """
    trace = Trace(len(names))
    parts = found.parameters
    path = np.column_stack([parts[name] for name in names])
    for loss, norm, vector in zip(found.loss, found.gradient_norm, path, strict=True):
        trace.add(float(loss), float(norm), vector)
    status: Any = found.status  # both have the same words
    falls_back = status in ("diverged", "interrupted", "failed")
    kept = trace.best() if falls_back else trace.count - 1
    message = found.message
    words = f"the fit by {found.method} {message[:1].lower()}{message[1:]}"
    if status in ("diverged", "failed"):
        words += _KEPT
    if status == "interrupted" or (told and status in ("finished", "stopped")):
        words = ""
    return Run(status, trace, kept, None, words)


def batch_seed(random_state: RandomState) -> np.random.Generator:
    """Return what shuffles rows, from the seed or generator of a fit; None is 0.

    >>> int(batch_seed(7).integers(100)) == int(batch_seed(7).integers(100))
    True
    """
    if isinstance(random_state, np.random.Generator):
        return random_state
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(int(random_state.randint(2**31 - 1)))
    # Not the seed alone, which drew the start already.
    return np.random.default_rng([int(random_state or 0), 1])
