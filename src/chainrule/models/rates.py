"""What a learning rate does: the same fit at several rates, side by side.

May import all of this floor; it must not know how curves are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import DataError
from chainrule.models.history import History
from chainrule.models.linear import LinearRegression
from chainrule.models.outcome import FitOutcome
from chainrule.models.settings import is_plain
from chainrule.optimize.solvers import as_optimizer
from chainrule.report import Document, Report, Section, Sentence, figure
from chainrule.tables.columns import Floats

__all__ = ["RateRun", "RateStudy", "learning_rate_study"]


@dataclass(frozen=True, slots=True, eq=False)
class RateRun:
    """A fit at one learning rate: its history, how it ended, and what the rate did.

    behaviour: "converging", "oscillating" (beyond half of the largest stable rate, where steps
    overshoot in the steepest direction, less each time) or "diverging" (beyond it). For a method
    other than plain gradient descent the losses tell: "oscillating" where one is above the last.
    """

    rate: float
    behaviour: str
    history: History
    outcome: FitOutcome


@dataclass(frozen=True, slots=True, eq=False)
class RateStudy(Report):
    """The same fit at several learning rates; prints as a table.

    largest_stable_rate: of gradient descent, 2 divided by the largest curvature of the loss.
    plain: whether the runs are of gradient descent on all rows, which this limit is for.
    """

    runs: tuple[RateRun, ...]
    largest_stable_rate: float
    plain: bool = True

    @property
    def losses(self) -> dict[str, Floats]:
        """The loss at each epoch, the last one's end included, by rate: as curves are drawn from.

        >>> study = learning_rate_study(LinearRegression(3), [[1.0], [2.0]], [1, 2], [0.1])
        >>> {name: loss.shape for name, loss in study.losses.items()}
        {'0.1': (4,)}
        """
        return {
            f"{run.rate:g}": np.append(run.history.loss, run.history.final.loss)
            for run in self.runs
        }

    def document(self) -> Document:
        """Return a row a run, and the largest stable rate."""
        rows = [
            (
                figure(run.rate),
                figure(len(run.history), ","),
                figure(run.history.final.loss),
                run.behaviour,
            )
            for run in self.runs
        ]
        head = ("rate", "epochs", "loss", "behaviour")
        return Document([Section(head=head, rows=rows, align="rrrl", lines=[self.limit()])])

    def limit(self) -> Sentence:
        """Say which rate is the largest stable one."""
        return Sentence(
            "The largest stable rate{whose} is {rate:.6g}.",
            whose="" if self.plain else " of gradient descent on all rows",
            rate=self.largest_stable_rate,
        )


def learning_rate_study(
    model: LinearRegression, X: Any, y: Any, rates: Iterable[float]
) -> RateStudy:
    """Fit copies of a model at each of several learning rates; the model itself stays as it is.

    Source: course deck A, "Gradient Descent Review: Oscillation"; course deck B, "HW".
    Raises: as `fit`; DataError for no rates. A rate that diverges is a result, and not warned of.

    >>> X, y = [[-1.0], [0.0], [1.0], [2.0]], [-1.0, 1.0, 3.0, 5.5]
    >>> print(learning_rate_study(LinearRegression(50), X, y, [0.1, 0.5, 0.7]))
            rate    epochs          loss  behaviour
             0.1        50       0.01875  converging
             0.5        50       0.01875  oscillating
             0.7        20   2.68135e+08  diverging
    The largest stable rate is 0.552786.
    """
    given = tuple(rates)
    if not given:
        raise DataError("there are no rates to study. Give some, for instance [0.001, 0.01, 0.1].")
    stable = model.largest_stable_rate(X, y)
    plain = is_plain(as_optimizer(model.method), model.batch_size)
    runs = []
    for rate in given:
        settings = {**model.get_params(), "learning_rate": rate, "on_divergence": "ignore"}
        fitted = type(model)(**settings).fit(X, y)
        history, outcome = fitted.history, fitted.outcome_
        word = behaviour(rate, stable) if plain else behaved(history, outcome)
        runs.append(RateRun(float(rate), word, history, outcome))
    return RateStudy(tuple(runs), stable, plain)


def behaviour(rate: float, stable: float) -> str:
    """Say in a word what a rate does, given the largest stable one."""
    if rate > stable:
        return "diverging"
    return "oscillating" if rate > stable / 2 else "converging"


def behaved(history: History, outcome: FitOutcome) -> str:
    """Say in a word what the losses of a fit did; what is within rounding is no rise."""
    if outcome.diverged:
        return "diverging"
    losses = np.append(history.loss, history.final.loss)
    rounding = 1e-12 * float(losses[0])
    return "oscillating" if np.any(np.diff(losses) > rounding) else "converging"
