"""The learning rate by experiment: the same descent at several rates, and a search for a good one.

May import what runs a descent; it must not know how curves are drawn.
"""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.language.expression import expression
from chainrule.optimize.methods import as_method
from chainrule.optimize.methods.method import Vector
from chainrule.optimize.problem.folded import objective_over
from chainrule.optimize.running.checkpoint import Checkpoint
from chainrule.optimize.running.run import minimize
from chainrule.optimize.running.stopping import EPOCHS
from chainrule.optimize.running.trace import Trace
from chainrule.optimize.settings import Range
from chainrule.optimize.solvers import SOLVERS
from chainrule.report import Cell, Document, Remark, Report, Section, Sentence, figure
from chainrule.tables.columns import Floats

__all__ = ["RateSearch", "Sweep", "find_rate", "sweep"]

RATE = Range(0.0, low_open=True, high_open=True, example=0.01)
FEWEST_STEPS = 10  # with fewer, no rate that lowers the loss means that none was tried
EXPLODED = 4.0  # times the least loss so far: a rate search has seen enough
SMOOTHING = 0.7  # of the losses of a rate search, so that one lucky step does not decide


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sweep(Report):
    """The same descent at several rates; printed, the loss of each after some epochs.

    runs: rate -> trace, each over the largest number of epochs. epochs: at which the table looks.
    """

    runs: Mapping[float, Trace]
    epochs: tuple[int, ...]

    @property
    def losses(self) -> dict[str, Floats]:
        """The loss at each epoch by rate, as curves are drawn from."""
        return {f"{rate:g}": trace.loss for rate, trace in self.runs.items()}

    def loss(self, rate: float, epoch: int) -> float:
        """The loss after so many epochs at a rate; a run that ended stays as it ended."""
        losses = self.runs[rate].loss
        return float(losses[min(epoch, len(losses) - 1)])

    @property
    def best(self) -> float:
        """The rate of the least loss after all epochs, among those that did not diverge.

        Raises: SettingError where every run diverged.
        """
        good = [rate for rate, trace in self.runs.items() if trace.status != "diverged"]
        if not good:
            raise SettingError(
                f"every run diverged, the smallest rate {min(self.runs):g} too. Try smaller rates."
            )
        return min(good, key=lambda rate: (self.loss(rate, self.epochs[-1]), rate))

    def to_columns(self) -> dict[str, list[Any]]:
        """Return the table as columns by name: a row for each rate and number of epochs."""
        pairs = [(rate, epoch) for rate in self.runs for epoch in self.epochs]
        return {
            "rate": [rate for rate, _ in pairs],
            "epochs": [epoch for _, epoch in pairs],
            "loss": [self.loss(rate, epoch) for rate, epoch in pairs],
            "status": [self.runs[rate].status for rate, _ in pairs],
        }

    def document(self) -> Document:
        """Return the table: a row a rate, a column a number of epochs."""
        heads = [Sentence("after {epochs:,}", epochs=epoch) for epoch in self.epochs]
        rows = [
            (
                figure(rate),
                *[figure(self.loss(rate, epoch)) for epoch in self.epochs],
                Cell(trace.status),
            )
            for rate, trace in self.runs.items()
        ]
        align = "r" * (1 + len(heads)) + "l"
        return Document([Section(head=("rate", *heads, "status"), rows=rows, align=align)])

    def __repr__(self) -> str:
        return f"<Sweep of {len(self.runs)} rates over {self.epochs[-1]:,} epochs>"


def sweep(
    loss: expression,
    start: Mapping[Any, Any],
    data: Any = None,
    method: Any = "gradient descent",
    *,
    rates: Iterable[float],
    epochs: int | Iterable[int] = 100,
    **options: Any,
) -> Sweep:
    """Run the same descent at several learning rates, and compare the loss after some epochs.

    rates: above 0. epochs: how many to take, or several numbers to compare at. options: as for
    `minimize`; every run shuffles alike, and a log or a checkpoint that is a path becomes one a
    rate: run.json is run-0.1.json for 0.1. A run that diverges is a result, and ends early.
    Raises: SettingError for no rates, or for rates and epochs that are none; as `minimize`.
    Source: course deck B, "HW".

    >>> x = expression("x")
    >>> print(sweep(x**2, {"x": 1.0}, rates=[0.1, 0.4, 1.1], epochs=[10, 100]))
            rate      after 10     after 100  status
             0.1     0.0115292   4.14952e-20  finished
             0.4   1.04858e-14  1.60694e-140  finished
             1.1        38.3376     ...  diverged
    """
    for instead, ours in (("n_epochs", "epochs=[100, 1000]"), ("learning_rate", "rates=[0.1]")):
        if instead in options:
            raise SettingError(f"a sweep takes several, so not {instead}=. Say {ours}.")
    if not isinstance(rates, Iterable):
        raise SettingError(f"rates must be numbers in a row, not {rates!r}. Say rates=[0.01, 0.1].")
    chosen = [RATE.checked("rate", rate) for rate in rates]
    if not chosen:
        raise SettingError("there are no rates to compare. Give some: rates=[0.001, 0.01, 0.1].")
    counts = list(epochs) if isinstance(epochs, Iterable) else [epochs]
    wanted = sorted({int(EPOCHS.checked("epochs", count)) for count in counts})
    if not wanted:
        raise SettingError("there are no numbers of epochs to compare at. Give one: epochs=100.")
    shuffles = options.pop("random_state", None)
    records = {name: options.pop(name) for name in ("log", "checkpoint") if name in options}
    runs = {
        rate: minimize(
            loss,
            start,
            data,
            method,
            learning_rate=rate,
            n_epochs=wanted[-1],
            # A generator goes on from where it is: every run takes the same turns.
            random_state=copy.deepcopy(shuffles),
            **{name: record_of(rate, given) for name, given in records.items()},
            **options,
        )
        for rate in chosen
    }
    return Sweep(runs, tuple(wanted))


def record_of(rate: float, given: Any) -> Any:
    """Return where the run at a rate is recorded: of a path, one of its own."""
    if isinstance(given, Checkpoint):
        return replace(given, path=record_of(rate, given.path))
    if not isinstance(given, str | os.PathLike):
        return given
    path = Path(given)
    return path.with_name(f"{path.stem}-{rate!r}{path.suffix}")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RateSearch(Remark):
    """What happened as the rate grew from step to step, and the rate that it suggests.

    rates, losses: of each step, the loss after it. steepest: the rate at which the loss fell
    fastest for each tenfold of the rate. suggested: a third of the rate of the least loss, or the
    steepest one where that is smaller.
    """

    rates: Floats
    losses: Floats
    steepest: float
    suggested: float

    @property
    def least(self) -> float:
        """The rate of the least loss."""
        return float(self.rates[int(np.argmin(self.losses))])

    def sentence(self) -> Sentence:
        """Say which rates did what, and which one to try."""
        return Sentence(
            "The loss fell fastest at rate {steepest:.3g} and was least at {least:.3g}; try "
            "{suggested:.3g}.",
            steepest=self.steepest,
            least=self.least,
            suggested=self.suggested,
        )

    def __repr__(self) -> str:
        return f"<RateSearch over {len(self.rates)} steps: try {self.suggested:.3g}>"


def find_rate(
    loss: expression,
    start: Mapping[Any, Any],
    data: Any = None,
    method: Any = "gradient descent",
    *,
    low: float = 1e-7,
    high: float = 10.0,
    n_steps: int = 100,
) -> RateSearch:
    """Raise the learning rate from step to step until the loss explodes, and suggest one.

    low, high: the first and the last rate; in between they grow by a constant factor.
    Raises: SettingError for rates or a number of steps that are none, or where no rate lowers the
    loss; as `minimize`.
    Source: Smith (2017), Cyclical Learning Rates for Training Neural Networks, section 3.3.

    >>> x = expression("x")
    >>> find_rate(x**2, {"x": 1.0})
    <RateSearch over ... steps: try ...>
    """
    first, last = (RATE.checked("rate", rate) for rate in (low, high))
    count = int(EPOCHS.checked("n_steps", n_steps))
    if not first < last or count < 2:
        raise SettingError(
            f"low={low!r}, high={high!r} and n_steps={n_steps!r} span no rates. "
            "Give low below high, and 2 steps or more."
        )
    flat = objective_over(loss, start, data)
    flat.check_start()
    if isinstance(method, str) and method in SOLVERS:
        raise SettingError(
            f"{method!r} finds its own steps, so there is no rate to search for. "
            "Run it with minimize, or search for that of another method."
        )
    rule = as_method(method)
    vector: Vector = flat.start.astype(np.float64)
    state = rule.init(vector)
    best, slope = flat.value_and_gradient(vector)
    if not slope.any():
        raise SettingError("the gradient is 0 at the start, where no rate moves. Start elsewhere.")
    begun, rates, losses = best, [], []
    for rate in np.geomspace(first, last, count).tolist():
        move, state = rule.update(slope.astype(np.float64), state, vector, rate)
        vector = vector + move
        reached, slope = flat.value_and_gradient(vector)
        if not (
            math.isfinite(reached) and reached <= begun + EXPLODED * max(begun - best, abs(begun))
        ):
            break
        best = min(best, reached)
        rates.append(rate)
        losses.append(reached)
    return suggestion(np.array(rates), np.array(losses), begun, (first, last), count)


def suggestion(
    rates: Floats, losses: Floats, begun: float, span: tuple[float, float], count: int
) -> RateSearch:
    """Read a rate off the losses of a rate search.

    count: how many steps were asked for. Raises: SettingError where the loss never fell.
    """
    if count < FEWEST_STEPS and (len(rates) < 2 or losses.min() >= begun):
        raise SettingError(
            f"{count} steps from {span[0]:g} to {span[1]:g} are too few to tell: one rate is "
            f"{(span[1] / span[0]) ** (1 / (count - 1)):.3g} times the one before. Take more, such "
            "as n_steps=100."
        )
    if len(rates) < 2 or losses.min() >= begun:
        raise SettingError(
            f"no rate from {span[0]:g} to {span[1]:g} lowers the loss from {begun:.6g}. "
            "Give a smaller low, or another start."
        )
    smooth = losses.copy()
    for place in range(1, len(smooth)):
        smooth[place] = SMOOTHING * smooth[place - 1] + (1 - SMOOTHING) * smooth[place]
    slopes = np.gradient(smooth, np.log10(rates))
    least = int(np.argmin(losses))
    steepest = float(rates[int(np.argmin(slopes[: least + 1]))])
    return RateSearch(rates, losses, steepest, min(steepest, float(rates[least]) / 3))
