"""A fit from end to end: coordinates, rate, descent, and the answer in the data's own units.

May import the floor of tables, the optimizers and the rooms of this one; it must not know of the
protocol of models.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import numpy as np

from chainrule.errors import DataError, NotANumber
from chainrule.models.coordinates import Coordinates, own, standardized, whitened
from chainrule.models.descent import Run, Trace, Watch, descend, length
from chainrule.models.formula import Formula, formula_of, slope_names
from chainrule.models.history import Epoch, History
from chainrule.models.objective import Objective, largest_stable_rate
from chainrule.models.optimizing import Way, optimize
from chainrule.models.outcome import Outcome, told
from chainrule.models.progress import shown
from chainrule.models.settings import RandomState, Rate, is_plain, start
from chainrule.optimize.curvature.stability import LearningRateReport, report_of
from chainrule.optimize.methods.method import Method
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.solvers.solver import Solver
from chainrule.tables.columns import Floats
from chainrule.tables.table import Table

__all__ = ["Callback", "Plan", "Training", "coordinates_of", "rate_report", "train"]

Callback = Callable[[Epoch], object]
_EPOCHS = 1_000  # where only a rate is given
_SETTLING = 100  # most epochs in whitened coordinates, where two or three are enough


@dataclass(frozen=True, slots=True)
class Plan:
    """What a fit was asked to do, checked; None is what is left to the fit."""

    n_epochs: int | None
    rate: Rate
    reduction: str
    standardize: bool
    random_state: RandomState
    method: Method | Solver
    batch_size: int | None = None

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
        """Whether to descend in whitened coordinates, where the best rate is known."""
        return self.plain and self.rate is None and not (self.standardize and self.n_epochs)

    @property
    def epochs(self) -> int:
        """The most epochs to take."""
        return self.n_epochs or (_SETTLING if self.converge else _EPOCHS)


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What a fit found: slopes and intercept (k + 1,), the rate, the history, and how it ended."""

    parameters: Floats
    rate: float
    history: History
    outcome: Outcome


def train(
    plan: Plan,
    formula: Formula,
    table: Table,
    target: Floats,
    *,
    callback: Callback | None = None,
    progress: bool = False,
) -> Training:
    """Descend on the loss of a formula over a table.

    Shapes: the target (n,). Raises: DataError where a slope is beyond the largest float;
    SettingError for settings that do not go together; MissingExtra for a bar without rich.
    """
    if progress:
        with shown(None if plan.converge else plan.epochs) as advance:
            watched = both(advance, callback)
            return train(plan, formula, table, target, callback=watched)
    coordinates = coordinates_of(plan, table, target.astype(np.float64, copy=False))
    columns = coordinates.columns
    if plan.whiten:  # whitened columns have names of their own
        formula = formula_of([""] * len(columns), None)
    objective = Objective(formula, columns, coordinates.target, plan.reduction)
    begin = start(plan.random_state, len(columns) + 1)
    watch = None if callback is None else watching(callback, coordinates, len(table.names))
    if plan.plain:
        stable = partial(largest_stable_rate, columns, len(target), plan.reduction)
        rate = plan.rate if isinstance(plan.rate, float) else stable() / 2
        settle = plan.converge
        run = descend(
            objective, begin, rate, plan.epochs, stable_rate=stable, settle=settle, watch=watch
        )
    else:
        run, rate = optimized(plan, formula, coordinates, objective, begin, watch)
    return finished(run, coordinates, rate, len(table.names), standardized=plan.standardize)


def optimized(
    plan: Plan,
    formula: Formula,
    coordinates: Coordinates,
    objective: Objective,
    begin: Floats,
    watch: Watch | None,
) -> tuple[Run, float]:
    """Move by the method of a plan; give the run and its last rate."""
    loss, gradient = objective(begin)
    norm = length(gradient)
    n_epochs = None if plan.converge else plan.epochs
    way = Way(plan.method, plan.rate, n_epochs, plan.batch_size, plan.random_state)
    try:
        return optimize(
            way,
            formula.loss(plan.reduction),
            formula.parameters,
            (loss, norm, begin),
            bound(formula, coordinates),
            watch,
        )
    except NotANumber:
        if np.isfinite(loss) and np.isfinite(norm):
            raise
    trace = Trace(len(begin))
    trace.add(loss, norm, begin)
    return Run("diverged", trace, 0, None), float("nan")


def bound(formula: Formula, coordinates: Coordinates) -> dict[str, Floats]:
    """Return columns and target by their names in the formula."""
    columns = zip(formula.columns, coordinates.columns, strict=True)
    return {**dict(columns), formula.target: coordinates.target}


def rate_report(plan: Plan, formula: Formula, table: Table, target: Floats) -> LearningRateReport:
    """Explain the learning rates of gradient descent where a fit starts.

    Raises: NotANumber where the loss or its curvature is not finite; DataError as `train`.
    """
    coordinates = coordinates_of(plan, table, target.astype(np.float64, copy=False))
    # A generator is left as it is, for the fit.
    begin = start(deepcopy(plan.random_state), len(formula.parameters))
    named = dict(zip(formula.parameters, begin.tolist(), strict=True))
    flat = DenseObjective(formula.loss(plan.reduction), named, bound(formula, coordinates))
    flat.check_start()
    return report_of(flat, flat.start)


def coordinates_of(plan: Plan, table: Table, target: Floats) -> Coordinates:
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


def names_of(n_columns: int) -> tuple[str, ...]:
    """Name slopes and intercept as the course does."""
    return (*slope_names(n_columns), "yint")


def watching(callback: Callback, coordinates: Coordinates, n_columns: int) -> Watch:
    """Make a callback of a user's into one of the descent's."""
    names = names_of(n_columns)

    def watch(epoch: int, loss: float, norm: float, found: Floats) -> bool:
        values = coordinates.parameters(found).tolist()
        record = Epoch(
            epoch,
            float(coordinates.losses(np.float64(loss))),
            norm,
            dict(zip(names, values, strict=True)),
        )
        answer = callback(record)
        return isinstance(answer, bool | np.bool_) and bool(answer)

    return watch


def both(advance: Callable[[Epoch], None], callback: Callback | None) -> Callback:
    """Make one callback of the bar's and the user's."""

    def watch(epoch: Epoch) -> object:
        advance(epoch)
        return None if callback is None else callback(epoch)

    return watch


def finished(
    run: Run, coordinates: Coordinates, rate: float, n_columns: int, *, standardized: bool
) -> Training:
    """Bring what a descent found to the data's own units."""
    trace = run.trace
    parameters = coordinates.parameters(trace.parameters)
    losses = np.asarray(coordinates.losses(trace.losses))
    history = History(names_of(n_columns), losses, trace.norms, parameters)
    told_losses = (float(losses[0]), float(losses[run.kept]), float(losses[-1]))
    message = words_of(run, standardized=standardized) or told(
        run.status,
        len(history),
        told_losses,
        run.kept,
        rate,
        run.stable_rate,
        standardized=standardized,
    )
    outcome = Outcome(run.status, len(history), told_losses[1], message, run.stable_rate)
    return Training(parameters[run.kept], rate, history, outcome)


def words_of(run: Run, *, standardized: bool) -> str:
    """Return a run's own words, which quote figures of the coordinates that it went through."""
    if not run.words or not standardized:
        return run.words
    return f"in standardized coordinates, {run.words}"
