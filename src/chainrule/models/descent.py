"""Gradient descent with one rate: the loop, what it remembers, and when it ends.

May import NumPy and `outcome`; it must not know what the loss is of, nor who watches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.models.outcome import Status
from chainrule.tables.columns import Floats

__all__ = ["Run", "Trace", "descend"]

# With a stable rate the loss of a quadratic never rises: this is far beyond any rounding.
_EXPLODED = 1e6

Objective = Callable[[Floats], tuple[float, Floats]]
Watch = Callable[[int, float, float, Floats], bool]


class Trace:
    """Loss, gradient norm and parameters after each epoch; grows as it is written to."""

    __slots__ = ("_losses", "_norms", "_parameters", "count")

    def __init__(self, n_parameters: int) -> None:
        self.count = 0
        self._losses = np.empty(64)
        self._norms = np.empty(64)
        self._parameters = np.empty((64, n_parameters))

    def add(self, loss: float, norm: float, parameters: Floats) -> None:
        """Write down an epoch."""
        place = self.count
        if place == len(self._losses):
            self._losses = np.concatenate([self._losses, np.empty(place)])
            self._norms = np.concatenate([self._norms, np.empty(place)])
            room = np.empty((place, self._parameters.shape[1]))
            self._parameters = np.concatenate([self._parameters, room])
        self._losses[place] = loss
        self._norms[place] = norm
        self._parameters[place] = parameters
        self.count = place + 1

    def cut(self, count: int) -> None:
        """Forget all but the first entries."""
        self.count = min(count, self.count)

    @property
    def losses(self) -> Floats:
        """The losses written so far."""
        return self._losses[: self.count]

    @property
    def norms(self) -> Floats:
        """The gradient norms written so far."""
        return self._norms[: self.count]

    @property
    def parameters(self) -> Floats:
        """The parameters written so far, a row an epoch."""
        return self._parameters[: self.count]

    def best(self) -> int:
        """The epoch of the least loss that is a number; the start if none is."""
        comparable = np.where(np.isfinite(self.losses), self.losses, np.inf)
        return int(np.argmin(comparable))


@dataclass(frozen=True, slots=True)
class Run:
    """How a descent ended: its trace, and the epoch whose parameters to keep.

    words: how it ended, where that takes more than the status; empty else.
    """

    status: Status
    trace: Trace
    kept: int
    stable_rate: float | None
    words: str = ""


def descend(
    objective: Objective,
    start: Floats,
    rate: float,
    n_epochs: int,
    *,
    stable_rate: Callable[[], float],
    settle: bool = False,
    watch: Watch | None = None,
) -> Run:
    """Take steps against the gradient: parameters minus rate times gradient, once an epoch.

    settle: stop once a step no longer halves the gradient, which is then rounding. stable_rate:
    asked where the loss has risen. watch: told of each epoch as its gradient is taken, before its
    step, counted from 0; true makes it the last one.
    Source: course deck B, "Gradient Descent Learning Rate".
    """
    trace = Trace(len(start))
    status: Status = "interrupted"
    try:
        status = steps(
            objective, start, rate, n_epochs, trace, stable_rate=stable_rate, settle=settle,
            watch=watch,
        )  # fmt: skip
    except KeyboardInterrupt:
        if trace.count == 0:  # nothing to keep yet
            raise
    best = trace.best()
    last = trace.count - 1
    if status == "converged":
        trace.cut(max(2, int(np.argmin(trace.norms)) + 1))
        return Run(status, trace, trace.count - 1, None)
    if status == "finished" and trace.losses[-1] > trace.losses[best] and rate > stable_rate():
        status = "diverged"  # rising, though the epochs ended before it exploded
    if status == "diverged":
        return Run(status, trace, best, stable_rate())
    return Run(status, trace, best if status == "interrupted" else last, None)


def steps(
    objective: Objective,
    start: Floats,
    rate: float,
    n_epochs: int,
    trace: Trace,
    *,
    stable_rate: Callable[[], float],
    settle: bool,
    watch: Watch | None,
) -> Status:
    """Run the loop of `descend`, writing to the trace, and say how it ended."""
    parameters = start
    loss, gradient = objective(parameters)
    norm = length(gradient)
    trace.add(loss, norm, parameters)
    ceiling = _EXPLODED * loss
    if not np.isfinite(loss):
        return "diverged"
    for epoch in range(n_epochs):
        last = watch is not None and watch(epoch, loss, norm, parameters)
        before = norm
        with np.errstate(all="ignore"):  # beyond the largest float the loss says so
            parameters = parameters - rate * gradient
        loss, gradient = objective(parameters)
        norm = length(gradient)
        trace.add(loss, norm, parameters)
        if not np.isfinite(loss) or (loss > ceiling and rate > stable_rate()):
            return "diverged"
        if last:
            return "stopped"
        if settle and (norm == 0 or (epoch > 0 and norm > before / 2)):
            return "converged"
    return "finished"


def length(gradient: Floats) -> float:
    """Return the Euclidean norm, infinite where its square is."""
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(gradient))
