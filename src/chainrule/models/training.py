"""A fit from end to end: coordinates, rate, a run of the optimiser, and how it ended in words.

May import the floor of tables, the optimiser and the rooms of this one; it must not know of the
protocol of models.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import DataError
from chainrule.models.coordinates import (
    LinearCoordinates,
    largest_stable_rate,
    own,
    standardized,
    whitened,
)
from chainrule.models.formula import Formula, formula_of
from chainrule.models.history import Epoch, History, epoch_of
from chainrule.models.outcome import FitOutcome, told
from chainrule.models.settings import RandomState, Rate, batch_seed, given_start, is_plain, start
from chainrule.optimize.curvature.stability import LearningRateReport, report_of
from chainrule.optimize.methods.method import Method
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.running.checkpoint import as_checkpoint, refuse_overwriting
from chainrule.optimize.running.resume import unfinished
from chainrule.optimize.running.run import Plan as RunPlan
from chainrule.optimize.running.run import Run, Watching, begun, carried_out, way_of
from chainrule.optimize.running.trace import Entry, Trace
from chainrule.optimize.solvers.solver import Solver
from chainrule.report import Sentence
from chainrule.tables.columns import Floats
from chainrule.tables.table import Table

__all__ = ["Callback", "FitPlan", "Training", "coordinates_of", "rate_report", "train"]

Callback = Callable[[Epoch], object]
_EPOCHS = 1_000  # where only a rate is given
_SETTLING = 100  # most epochs in whitened coordinates, where two or three are enough
_KEPT = "\n  Kept are the parameters of the least loss, and the history."


@dataclass(frozen=True, slots=True)
class FitPlan:
    """What a fit was asked to do, checked; None is what is left to the fit."""

    n_epochs: int | None
    rate: Rate
    reduction: str
    standardize: bool
    random_state: RandomState
    method: Method | Solver
    batch_size: int | None = None
    watch_divergence: bool = False
    start: Any = None

    @property
    def plain(self) -> bool:
        """Whether this is gradient descent on all rows with one rate, and nothing else."""
        return is_plain(self.method, self.batch_size) and isinstance(self.rate, float | None)

    @property
    def converge(self) -> bool:
        """Whether to go on to the minimum, however long it takes; batches never rest there."""
        return self.n_epochs is None and self.rate in (None, "auto") and self.batch_size is None

    @property
    def whiten(self) -> bool:
        """Whether to descend in whitened coordinates, where rates need not be known.

        Not where coordinates are chosen, epochs asked for, or weights decay in the data's units.
        """
        if self.rate is not None or (self.standardize and self.n_epochs):
            return False
        steps = isinstance(self.method, Method) and not self.method.options.get("weight_decay")
        return self.plain or (self.converge and steps)

    def of_run(self) -> RunPlan:
        """Return when the run ends."""
        settle = self.converge and self.plain
        n_epochs = self.n_epochs or (None if self.converge else _EPOCHS)
        return RunPlan(
            _SETTLING if settle else n_epochs,
            self.batch_size,
            settle=settle,
            watch_divergence=self.watch_divergence,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What a fit found: slopes and intercept (k + 1,), the rate, the history, and how it ended."""

    parameters: Floats
    rate: float
    history: History
    outcome: FitOutcome


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """The problem of a fit: the loss over the columns, and the coordinates that it is posed in."""

    plan: FitPlan
    coordinates: LinearCoordinates
    objective: DenseObjective

    def stable_rate(self) -> float:
        """Return the largest stable rate of plain descent."""
        columns, target = self.coordinates.columns, self.coordinates.target
        return largest_stable_rate(columns, len(target), self.plan.reduction)


def posed(plan: FitPlan, formula: Formula, table: Table, target: Floats) -> Regression:
    """Bind the loss of a formula to a table, in the coordinates of a plan."""
    coordinates = coordinates_of(plan, table, target.astype(np.float64, copy=False))
    columns = coordinates.columns
    if plan.whiten:  # whitened columns have names of their own
        formula = formula_of([""] * len(columns), None)
    given = given_start(plan.start, coordinates.packing)
    if given is None:
        begin = start(plan.random_state, len(columns) + 1)
    else:
        begin = coordinates.inner(given)
    data = {**dict(zip(formula.columns, columns, strict=True)), formula.target: coordinates.target}
    named = dict(zip(formula.parameters, begin.tolist(), strict=True))
    return Regression(plan, coordinates, DenseObjective(formula.loss(plan.reduction), named, data))


def train(
    plan: FitPlan,
    formula: Formula,
    table: Table,
    target: Floats,
    *,
    callback: Callback | None = None,
    progress: bool = False,
    checkpoint: Any = None,
) -> Training:
    """Descend on the loss of a formula over a table.

    Shapes: the target (n,). Raises: DataError where a slope is beyond the largest float;
    SettingError for settings that do not go together; MissingExtra for a bar without rich.
    """
    problem = posed(plan, formula, table, target)
    place = as_checkpoint(checkpoint)
    run = run_of(problem)
    begun_before = None if place is None else unfinished(place.path, run)
    before = None if callback is None else beginning(callback)
    watching = Watching(progress=progress, checkpoint=place, before=before)
    if begun_before is not None:
        run = begun_before
    elif place is not None:
        refuse_overwriting(place.path)
    trace = carried_out(run, watching, resumed=begun_before is not None)
    return finished(problem, run, trace)


def run_of(problem: Regression) -> Run:
    """Return the run of a problem, at its start."""
    plan, objective = problem.plan, problem.objective
    rate = plan.rate
    if plan.plain and rate is None:
        rate = problem.stable_rate() / 2
    begin = Point.at(objective, objective.start)
    if not begin.is_finite:
        rate = 1.0 if rate == "auto" else rate  # of no use: the run ends where it begins
    ending = plan.of_run()
    options = {
        "learning_rate": rate,
        "clip": None,
        "batch_size": plan.batch_size,
        "n_epochs": None if ending.settle else ending.n_epochs,
    }
    way, note = way_of(objective, None, plan.method, options, batch_seed(plan.random_state))
    return begun(way, ending, begin, note, coordinates=problem.coordinates)


def beginning(callback: Callback) -> Callable[[Entry], object]:
    """Make a callback of epochs that begin into one that is told of entries."""

    def told_of(entry: Entry) -> object:
        return callback(epoch_of(entry))

    return told_of


def rate_report(
    plan: FitPlan, formula: Formula, table: Table, target: Floats
) -> LearningRateReport:
    """Explain the learning rates of gradient descent where a fit starts.

    Raises: NotANumber where the loss or its curvature is not finite; DataError as `train`.
    """
    # A generator is left as it is, for the fit.
    plan = deepcopy(plan)
    objective = posed(plan, formula, table, target).objective
    objective.check_start()
    return report_of(objective, objective.start)


def coordinates_of(plan: FitPlan, table: Table, target: Floats) -> LinearCoordinates:
    """Choose the coordinates to descend in."""
    columns = tuple(column.astype(np.float64, copy=False) for column in table.columns)
    if not (plan.whiten or plan.standardize):
        return own(columns, target)
    base, units = standardized(columns, target)
    if not np.isfinite(units).all():
        name = table.names[int(np.argmin(np.isfinite(units)))]
        raise DataError(
            f"column {name!r} of X varies so little that its slope is beyond the largest float: "
            f"its values lie within {np.ptp(table[name]):.6g} of each other.\n"
            "  Give it in another unit."
        )
    return whitened(base, units) if plan.whiten else base


def finished(problem: Regression, run: Run, trace: Trace) -> Training:
    """Say how a run ended, and which parameters are kept of it."""
    plan = problem.plan
    history = History(trace)
    status: Any = trace.status  # both have the same words
    epochs = len(history)
    rate = float(trace.rate[-1]) if epochs else run.way.rate(0)
    stable = None
    if plan.plain and (status == "diverged" or trace.loss[-1] > trace.loss[run.record.best]):
        stable = problem.stable_rate()
        if status == "finished" and rate > stable:
            status = "diverged"  # rising, though the epochs ended before it exploded
    falls_back = status in ("diverged", "interrupted", "failed")
    kept = run.record.best if falls_back else epochs
    losses = tuple(trace.loss[[0, kept, -1]].tolist())
    asked = plan.plain or plan.n_epochs is not None or status == "interrupted" or not epochs
    if asked and (plan.plain or status not in ("converged", "failed", "diverged") or not epochs):
        message = told(status, epochs, losses, kept, rate, stable, standardized=plan.standardize)
        history = History(trace.in_words(message))
    else:
        where = "in standardized coordinates, " if plan.standardize else ""
        message = Sentence(
            "{where}the fit by {method} {words!l}{kept}",
            where="in whitened coordinates, " if plan.whiten else where,
            method=trace.method,
            words=trace.message,
            kept=_KEPT * falls_back,
        )
    outcome = FitOutcome(
        status, epochs, losses[1], message, stable if status == "diverged" else None
    )
    return Training(np.array(trace.path[kept]), rate, history, outcome)
