"""A fit from end to end: coordinates, rate, descent, and the answer in the data's own units.

May import the data floor and the rooms of this one; it must not know of the protocol of models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from chainrule.data.column import Floats
from chainrule.data.table import Table
from chainrule.errors import DataError
from chainrule.models.coordinates import Coordinates, own, standardized, whitened
from chainrule.models.descent import Run, Watch, descend
from chainrule.models.formula import Formula, formula_of, slope_names
from chainrule.models.history import Epoch, History
from chainrule.models.objective import Objective, largest_stable_rate
from chainrule.models.outcome import Outcome, told
from chainrule.models.progress import shown
from chainrule.models.settings import RandomState, start

__all__ = ["Callback", "Plan", "Training", "coordinates_of", "train"]

Callback = Callable[[Epoch], object]
_EPOCHS = 1_000  # where only a rate is given
_SETTLING = 100  # most epochs in whitened coordinates, where two or three are enough


@dataclass(frozen=True, slots=True)
class Plan:
    """What a fit was asked to do, checked; None is what is left to the fit."""

    n_epochs: int | None
    rate: float | None
    reduction: str
    standardize: bool
    random_state: RandomState

    @property
    def converge(self) -> bool:
        """Whether to go on to the minimum, however long it takes."""
        return self.n_epochs is None and self.rate is None

    @property
    def whiten(self) -> bool:
        """Whether to descend in whitened coordinates, where the best rate is known."""
        return self.rate is None and not (self.standardize and self.n_epochs)

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
    MissingExtra for a bar without rich.
    """
    if progress:
        with shown(None if plan.converge else plan.epochs) as advance:
            watched = both(advance, callback)
            return train(plan, formula, table, target, callback=watched)
    coordinates = coordinates_of(plan, table, target.astype(np.float64, copy=False))
    columns = coordinates.columns
    if plan.whiten:  # whitened columns have names of their own
        formula = formula_of([""] * len(columns), None)
    stable = partial(largest_stable_rate, columns, len(target), plan.reduction)
    rate = stable() / 2 if plan.rate is None else plan.rate
    run = descend(
        Objective(formula, columns, coordinates.target, plan.reduction),
        start(plan.random_state, len(columns) + 1),
        rate,
        plan.epochs,
        stable_rate=stable,
        settle=plan.converge,
        watch=None if callback is None else watching(callback, coordinates, len(table.names)),
    )
    return finished(run, coordinates, rate, len(table.names), standardized=plan.standardize)


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
    message = told(
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
