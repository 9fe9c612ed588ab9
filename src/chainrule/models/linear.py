"""Linear regression, trained by gradient descent on its loss as an expression.

May import all of its floor and those below.
"""

from __future__ import annotations

import html
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import NotFitted
from chainrule.language.expression import expression
from chainrule.models.coordinates import largest_stable_rate
from chainrule.models.estimator import Estimator, conversion_warning, r_squared
from chainrule.models.formula import Formula, formula_of, slope_names
from chainrule.models.history import History
from chainrule.models.observed import observed
from chainrule.models.outcome import DivergenceError, DivergenceWarning, FitOutcome
from chainrule.models.report import summary
from chainrule.models.settings import (
    RandomState,
    Rate,
    batched,
    checked_choice,
    checked_epochs,
    checked_rate,
    either,
    from_json,
    to_json,
)
from chainrule.models.stored import Stored, write_stored
from chainrule.models.training import Callback, FitPlan, coordinates_of, rate_report, train
from chainrule.optimize.curvature.stability import LearningRateReport
from chainrule.optimize.methods.method import Method
from chainrule.optimize.running.checkpoint import Checkpoint
from chainrule.optimize.solvers import as_optimizer
from chainrule.optimize.solvers.solver import Solver
from chainrule.report import Document
from chainrule.tables.columns import Floats
from chainrule.tables.table import Table, as_table, rows_of

__all__ = ["LinearRegression"]


class LinearRegression(Estimator):
    """Slopes m0, m1, ... and an intercept yint, found by gradient descent on the squared residuals.

    n_epochs, learning_rate: of `fit`, unless given there. With a rate alone there are 1,000 epochs.
    Without a rate, the columns are whitened for the descent (made orthogonal, of mean square 1), so
    that half of the largest stable rate leads to least squares at once, whatever the data's scale;
    without epochs too, the fit goes on until the gradient is at rounding level. Where columns
    depend on each other, it then finds the shortest slopes.
    reduction: "mean", or "sum" for gradients summed over the rows; the loss likewise.
    learning_rate is also a schedule, or "auto": from the curvature at the start. method: a name of
    `minimize`'s, a method or a solver. batch_size: rows at a time, shuffled by `random_state`.
    Methods other than gradient descent by one rate on all rows begin in the data's own coordinates,
    or standardized ones, with `minimize`'s rates; without epochs and a rate of your own they go on
    until they converge, in batches for 1,000 epochs.
    standardize: descend on columns and target of mean 0 and deviation 1, which the rate then refers
    to; slopes, intercept, losses and history come in the data's own units all the same. With epochs
    alone, the rate is half of the largest stable one.
    random_state: None starts from zeros; a seed or a generator from standard normal numbers.
    start: the parameters to start from instead, {"m0": ..., "yint": ...} in the data's units; those
    left out are 0.
    on_divergence: "warn", "raise" or "ignore"; "continue" takes all epochs, so that one can watch.

    Learned: coef_, intercept_, n_features_in_, feature_names_in_ (if all columns have text for a
    name), n_iter_, learning_rate_ (the last epoch's; NaN for a solver), history_, outcome_.
    Source: course deck A, "Overview of Linear Regression Code".

    >>> model = LinearRegression().fit([[1.0], [2.0], [3.0]], [3.0, 5.0, 7.0])
    >>> model.mx, model.yint
    ({'m0': 2.0}, 1.0)
    >>> model.predict([[10.0]])
    array([21.])
    >>> round(LinearRegression(method="newton").fit([[1.0], [2.0]], [3.0, 5.0]).yint, 6)
    1.0
    """

    __slots__ = ()

    # What `fit` learns; nothing of it is there before.
    coef_: Floats
    intercept_: float
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]
    n_iter_: int
    learning_rate_: float
    history_: History
    outcome_: FitOutcome

    def __init__(
        self,
        n_epochs: int | None = None,
        learning_rate: Rate = None,
        *,
        method: str | Method | Solver = "gradient descent",
        batch_size: int | None = None,
        reduction: Literal["mean", "sum"] = "mean",
        standardize: bool = False,
        random_state: RandomState = None,
        on_divergence: Literal["warn", "raise", "ignore", "continue"] = "warn",
        start: Mapping[str, float] | None = None,
    ) -> None:
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.method = method
        self.batch_size = batch_size
        self.reduction = reduction
        self.standardize = standardize
        self.random_state = random_state
        self.on_divergence = on_divergence
        self.start = start

    def fit(
        self,
        X: Any = None,
        y: Any = None,
        n_epochs: int | None = None,
        learning_rate: Rate = None,
        *,
        method: str | Method | Solver | None = None,
        batch_size: int | None = None,
        callback: Callback | None = None,
        progress: bool = False,
        checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
        X_fit: Any = None,
        y_fit: Any = None,
    ) -> Self:
        """Learn slopes and intercept from a table X and a column y; return the model.

        n_epochs, learning_rate, method, batch_size: in place of those of the constructor. X_fit,
        y_fit: the course's names of X and y. callback: is given an `Epoch` as each epoch begins,
        those of `history`, counted from 0 (a method that is to converge tells of its end too); if
        it answers true, that epoch is the last. progress: show a bar (needs rich). Ctrl-C ends the
        fit with the best parameters so far. checkpoint: a path, or a `Checkpoint`, to save the fit
        to as it goes; killed, and called again with the same data and settings, it goes on from
        there and ends with the same numbers.
        Shapes: X (n, k), y (n,), or (n, 1) with a warning.
        Raises: DataError, DataTypeError, ShapeError for data that cannot be used; SettingError,
        ValueTypeError for settings. Warns: DivergenceWarning, see `on_divergence`.
        Cost: an epoch is one forward and one reverse sweep over the rows.

        >>> course = LinearRegression().fit([[1.0], [2.0]], [3.0, 5.0], 500, 0.1)
        >>> len(course.history), round(course.yint, 6)
        (500, 1.0)
        """
        plan = self._plan(n_epochs, learning_rate, method, batch_size)
        X = either(X, X_fit, "X")
        y = either(y, y_fit, "y")
        table, target_name, target = rows_of(X, y)
        if isinstance(y, np.ndarray | list | tuple) and np.ndim(y) == 2:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected. "
                "Please change the shape of y to (n_samples,), for example using ravel().",
                conversion_warning(),
                stacklevel=2,
            )
        formula = formula_of(table.names, target_name)
        found = train(
            plan,
            formula,
            table,
            target,
            callback=callback,
            progress=progress,
            checkpoint=checkpoint,
        )
        self._put(
            table.names if table.named else None,
            formula,
            found.parameters,
            n_iter_=len(found.history),
            learning_rate_=found.rate,
            history_=found.history,
            observed_=observed(table.columns, target),
            outcome_=found.outcome,
        )
        self._tell(found.outcome)
        return self

    def predict(self, X_pred: Any) -> Floats:
        """Return the prediction for every row: the formula `prediction_expression`, evaluated.

        Shapes: (n, k) -> (n,).
        Raises: NotFitted; DataError for columns other than those of the fit; as `fit` for the data.
        """
        self._learned("formula_")
        return self._predicted(as_table(X_pred, called="X"))

    def _predicted(self, table: Table) -> Floats:
        """Evaluate the formula over the columns of a table."""
        formula = self._learned("formula_")
        self._check_features(table, "X")
        values: dict[str, Any] = {
            name: column.astype(np.float64, copy=False)
            for name, column in zip(formula.columns, table.columns, strict=True)
        }
        found: Floats = formula.prediction.eval({**values, **self.parameters})
        return found

    def score(self, X: Any, y: Any) -> float:
        """Return R², the share of the target's variance that the prediction explains.

        1 is perfect, 0 is no better than the mean. Raises: as `predict`; DataError.

        >>> model = LinearRegression().fit([[1.0], [2.0], [3.0]], [3.0, 5.0, 7.0])
        >>> model.score([[4.0], [5.0]], [9.0, 11.0])
        1.0
        """
        self._learned("formula_")
        table, _, target = rows_of(X, y)
        return r_squared(target, self._predicted(table))

    def largest_stable_rate(self, X: Any, y: Any) -> float:
        """Return the learning rate beyond which a fit to these data diverges.

        It is 2 divided by the largest curvature of the loss, in the coordinates that `standardize`
        asks for; half of it is where steps begin to overshoot. Raises: as `fit`.

        >>> LinearRegression().largest_stable_rate([[-1.0], [1.0]], [0.0, 1.0])
        1.0
        """
        plan = replace(self._plan(), rate=1.0)  # as with a rate of the user's own
        table, _, target = rows_of(X, y)
        columns = coordinates_of(plan, table, target).columns
        return largest_stable_rate(columns, len(target), plan.reduction)

    def learning_rate_report(self, X: Any, y: Any) -> LearningRateReport:
        """Explain the learning rates of gradient descent on these data, where a fit starts.

        It holds in the coordinates that `standardize` asks for, which a rate refers to too.
        Raises: as `fit`; NotANumber where the loss is not finite.

        >>> print(LinearRegression().learning_rate_report([[-2.0], [2.0]], [0.0, 1.0]).explain(0.3))
        Rate 0.3 is above the stable limit 0.25 along m0: each epoch multiplies the distance from
        the minimum there by -1.4, so descent diverges. Try 0.2.
        """
        plan = replace(self._plan(), rate=1.0)
        table, name, target = rows_of(X, y)
        return rate_report(plan, formula_of(table.names, name), table, target)

    @property
    def mx(self) -> dict[str, float]:
        """The slopes, by the course's names "m0", "m1", ..., in the order of the columns.

        Always these names, whatever the columns are called; `parameters` has those of the formula.
        """
        slopes = self._learned("coef_").tolist()
        return dict(zip(slope_names(len(slopes)), slopes, strict=True))

    @property
    def yint(self) -> float:
        """The intercept."""
        return float(self._learned("intercept_"))

    @property
    def parameters(self) -> dict[str, float]:
        """Slopes and intercept by their names in the expressions: what these take beside a table.

        They are those of `mx` and "yint"; where a column or the target has such a name, the
        parameter gets underscores after its own.

        >>> table = {"m0": [1.0, 2.0, 4.0]}
        >>> model = LinearRegression().fit(table, [3.0, 5.0, 9.0])
        >>> print(model.prediction_expression, list(model.mx), list(model.parameters))
        m0_*m0 + yint ['m0'] ['m0_', 'yint']
        >>> model.prediction_expression.eval([table, model.parameters])
        array([3., 5., 9.])
        """
        formula = self._learned("formula_")
        return dict(zip(formula.parameters, [*self.mx.values(), self.yint], strict=True))

    @property
    def prediction_expression(self) -> expression:
        """The formula m0*x0 + m1*x1 + ... + yint, with the columns' names as variables.

        Columns without a name are called x0, x1, ... by their places; see also `parameters`.

        >>> table = {"width": [1.0, 2.0], "height": [1.0, 3.0]}
        >>> print(LinearRegression().fit(table, [1.0, 2.0]).prediction_expression)
        m0*width + m1*height + yint
        """
        found: expression = self._learned("formula_").prediction
        return found

    @property
    def loss_expression(self) -> expression:
        """The loss that the fit descends on, over columns, target and parameters.

        The target is called by its own name, or y, with underscores where a column has that name.

        >>> loss = LinearRegression().fit([[1.0], [2.0]], [3.0, 5.0]).loss_expression
        >>> print(loss)
        mean((y - (m0*x0 + yint))**2)
        >>> print(loss.derivative("m0"))
        mean(-2*(y - (m0*x0 + yint))*x0)
        """
        found: expression = self._learned("formula_").loss(self.reduction)
        return found

    @property
    def history(self) -> History:
        """Loss, gradient norm and parameters at each epoch.

        Raises: NotFitted before `fit`, and for a model that was loaded from a file.
        """
        self._learned("coef_")
        found: History | None = vars(self).get("history_")
        if found is None:
            raise NotFitted("a saved model holds no history: fit it again to have one.")
        return found

    def summary(self) -> Document:
        """Return the slopes by column, the intercept, the error and R² of the fit.

        It prints as text, shows as tables in a notebook, and writes itself as Markdown and LaTeX.

        >>> table = {"width": [1.0, 2.0, 4.0]}
        >>> print(LinearRegression().fit(table, [3.0, 5.0, 9.5]).summary())
        Linear regression of y on 1 column, 3 rows
              column         slope
        m0    width        2.17857
        yint                  0.75
        <BLANKLINE>
        Mean squared error: 0.00595238, its root 0.0771517
        R²: 0.999194
        How it ended: the gradient came down to rounding level after 3 epochs.
        """
        return summary(
            self._learned("formula_"),
            self.parameters,
            self._learned("observed_"),
            self._learned("outcome_"),
            vars(self).get("history_"),
            self.reduction,
        )

    def _repr_html_(self) -> str:
        if not self.__sklearn_is_fitted__():
            return f"<pre>{html.escape(repr(self))}</pre>"
        return self.summary().to_html()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file as JSON that a person can read; `load_model` reads it.

        It holds the formula, the parameters, the reach of each column, the settings (a generator
        for `random_state` is left out), how the fit ended, and check values; the history is left
        out. Raises: NotFitted; DataError for parameters that are not finite; SettingError for a
        method or schedule made of your own code; OSError.
        """
        formula = self._learned("formula_")
        names = vars(self).get("feature_names_in_")
        plan = self._plan()
        seed = self.random_state if isinstance(self.random_state, int | np.integer) else None
        settings = {
            **self.get_params(),
            "n_epochs": plan.n_epochs,
            "learning_rate": to_json(plan.rate),
            "method": to_json(self.method),
            "batch_size": plan.batch_size,
            "random_state": None if seed is None else int(seed),
            "start": self.start and {name: float(value) for name, value in self.start.items()},
        }
        write_stored(
            path,
            Stored(
                type(self).__name__,
                formula,
                formula.columns if names is None else tuple(names),
                names is not None,
                (*self._learned("coef_").tolist(), self.yint),
                settings,
                self._learned("learning_rate_"),
                self._learned("observed_"),
                self._learned("outcome_"),
            ),
        )

    @classmethod
    def restored(cls, stored: Stored) -> Self:
        """Build a fitted model from what a file holds of it; see `load_model`."""
        settings = cls._settings()
        found = {name: stored.settings.get(name, settings[name]) for name in settings}
        model = cls(**{name: from_json(name, value) for name, value in found.items()})
        model._plan()
        model._put(
            stored.names if stored.named else None,
            stored.formula,
            np.array(stored.parameters),
            n_iter_=stored.outcome.epoch,
            learning_rate_=stored.rate,
            observed_=stored.seen,
            outcome_=stored.outcome,
        )
        return model

    def _plan(
        self,
        n_epochs: int | None = None,
        learning_rate: Rate = None,
        method: str | Method | Solver | None = None,
        batch_size: int | None = None,
    ) -> FitPlan:
        """Check the settings, and put those of `fit` before those of the constructor."""
        checked_choice("reduction", self.reduction, ["mean", "sum"])
        checked_choice("standardize", self.standardize, [True, False])
        checked_choice("on_divergence", self.on_divergence, ["warn", "raise", "ignore", "continue"])
        return FitPlan(
            checked_epochs(self.n_epochs if n_epochs is None else n_epochs),
            checked_rate(self.learning_rate if learning_rate is None else learning_rate),
            self.reduction,
            self.standardize,
            self.random_state,
            as_optimizer(self.method if method is None else method),
            batched(self.batch_size if batch_size is None else batch_size, self.reduction),
            self.on_divergence == "continue",
            self.start,
        )

    def _put(
        self, names: Sequence[str] | None, formula: Formula, parameters: Floats, **others: Any
    ) -> None:
        """Put what was learned in the place of all that was known before."""
        known = vars(self)
        for name in [name for name in known if name.endswith("_")]:
            del known[name]
        known["coef_"] = parameters[:-1].copy()
        known["intercept_"] = float(parameters[-1])
        known["n_features_in_"] = len(formula.columns)
        if names is not None:
            known["feature_names_in_"] = np.array(names, dtype=object)
        known["formula_"] = formula
        known.update(others)

    def _tell(self, outcome: FitOutcome) -> None:
        """Warn of a fit that diverged, or raise, as was asked for."""
        if not outcome.diverged or self.on_divergence in ("ignore", "continue"):
            return
        if self.on_divergence == "raise":
            raise DivergenceError(outcome.message)
        warnings.warn(outcome.message, DivergenceWarning, stacklevel=3)
