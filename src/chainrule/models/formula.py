"""The formula of a linear model and of its loss, as expressions over columns.

Built once from names, never from rows. May import the language; it must not know of data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from chainrule.language.arrays.averages import mean
from chainrule.language.expression import expression
from chainrule.language.folds import sum as total

__all__ = ["Formula", "formula_of", "slope_names"]


@dataclass(frozen=True, slots=True)
class Formula:
    """The variables of a linear model: its columns, its target, its slopes and its intercept.

    >>> formula = formula_of(["width", "height"], "price")
    >>> print(formula.prediction)
    m0*width + m1*height + yint
    """

    columns: tuple[str, ...]
    target: str
    slopes: tuple[str, ...]
    intercept: str

    @property
    def parameters(self) -> tuple[str, ...]:
        """The variables that a fit moves: the slopes in the order of the columns, the intercept.

        >>> formula_of(["width"], "price").parameters
        ('m0', 'yint')
        """
        return (*self.slopes, self.intercept)

    @property
    def prediction(self) -> expression:
        """The sum of slope times column, plus the intercept.

        Source: course deck A, "Linear Regression Code: fit() TODOs".
        """
        return prediction_of(self)

    def loss(self, reduction: str) -> expression:
        """The squared residuals of the prediction, their mean or their sum over the rows.

        Source: course deck B, "Loss function".

        >>> print(formula_of(["x"], "y").loss("mean"))
        mean((y - (m0*x + yint))**2)
        """
        return loss_of(self, reduction)


@lru_cache(maxsize=64)
def prediction_of(formula: Formula) -> expression:
    """Write the prediction of a formula, the same one again: it keeps what is known of it."""
    found: expression | None = None
    for slope, column in zip(formula.slopes, formula.columns, strict=True):
        term = expression(slope) * expression(column)
        found = term if found is None else found + term
    intercept = expression(formula.intercept)
    return intercept if found is None else found + intercept


@lru_cache(maxsize=64)
def loss_of(formula: Formula, reduction: str) -> expression:
    """Write the loss of a formula, the same one again."""
    squares = (expression(formula.target) - formula.prediction) ** 2
    found: expression = mean(squares) if reduction == "mean" else total(squares)
    return found


def formula_of(columns: Sequence[str], target: str | None) -> Formula:
    """Name the variables of a model so that none clashes with another.

    A column keeps its name. A target, a slope or the intercept whose name a column has already gets
    underscores after it; a column without a name is called by its place.

    >>> formula_of(["m0", "y"], "y")
    Formula(columns=('m0', 'y'), target='y_', slopes=('m0_', 'm1'), intercept='yint')
    """
    return named(tuple(columns), target)


@lru_cache(maxsize=64)
def named(columns: tuple[str, ...], target: str | None) -> Formula:
    """Return the formula of these columns: the same one again, with all that is known of it."""
    taken = {name for name in columns if name}
    variables = tuple(name or free(f"x{place}", taken) for place, name in enumerate(columns))
    outcome = free(target or "y", taken)
    slopes = tuple(free(name, taken) for name in slope_names(len(columns)))
    return Formula(variables, outcome, slopes, free("yint", taken))


def slope_names(count: int) -> tuple[str, ...]:
    """Return the course's names of so many slopes.

    >>> slope_names(2)
    ('m0', 'm1')
    """
    return tuple(f"m{place}" for place in range(count))


def free(name: str, taken: set[str]) -> str:
    """Return a name that is not taken, with underscores if need be, and take it."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name
