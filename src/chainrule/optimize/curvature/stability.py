"""The learning rate explained: which rates are stable at a point, which is best, and why.

May import the objective and its curvatures; it must not know how a descent is run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.language.expression import expression
from chainrule.optimize.curvature.dynamics import DescentDynamics, checked_rate
from chainrule.optimize.curvature.spectrum import (
    MOST_EXACT,
    Spectrum,
    curvature_at,
    in_words,
    length,
    spectrum,
)
from chainrule.optimize.curvature.wording import place, sentences, told_rate
from chainrule.optimize.problem.folded import objective_over
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.quadratic import is_quadratic
from chainrule.optimize.problem.quadratic_form import constant_hessian
from chainrule.report import Document, Report, Section, Sentence
from chainrule.tables.columns import Floats

__all__ = ["LearningRateReport", "learning_rate_report", "report_of"]

# Beyond it the best constant rate lies so close to the stable limit that steps along the steepest
# direction swing for hundreds of epochs; half of the limit loses no more than a factor of two.
MOST_BALANCED = 100


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LearningRateReport(DescentDynamics, Report):
    """The learning rates of gradient descent at a point, as numbers and as sentences.

    >>> x, y = expression("x"), expression("y")
    >>> report = learning_rate_report(x**2 + 2 * y**2, {"x": 3.0, "y": 1.0})
    >>> report.stable_limit, report.best_rate, report.condition_number, report.steepest
    (0.5, 0.333..., 2.0, 'y')
    """

    def explain(self, rate: float) -> Sentence:
        """Say what a rate does, with the numbers, and which one to try.

        >>> print(learning_rate_report(expression("x") ** 2, {"x": 1.0}).explain(1.1))
        Rate 1.1 is above the stable limit 1 along x: each epoch multiplies the distance from the
        minimum there by -1.2, so descent diverges. Try 0.5.
        """
        return told_rate(self, checked_rate(rate))

    def document(self) -> Document:
        """Return the sentences, whose fields are the numbers in them."""
        return Document([Section(lines=sentences(self))])

    def __repr__(self) -> str:
        facts = f"stable limit {self.stable_limit:.6g}, auto {self.auto:.6g}"
        return f"<LearningRateReport at {place(self.at)}: {facts}>"


def learning_rate_report(
    loss: expression,
    parameters: Mapping[Any, Any],
    data: Any = None,
    *,
    most_exact: int = MOST_EXACT,
    seed: int = 0,
) -> LearningRateReport:
    """Explain the learning rates of gradient descent at a point, from the curvature of the loss.

    loss: an expression of one number. parameters: by name, where to look; numbers or arrays.
    data: what `eval` takes for the other variables. most_exact: up to so many numbers among the
    parameters all eigenvalues of the Hessian are found; beyond, the two extreme ones, by the
    Lanczos method from a vector made with `seed`.
    Raises: UnknownVariable, ShapeError, ValueTypeError for what cannot be descended on; NotANumber
    where the loss or a derivative is NaN or infinite, naming the step.

    >>> from chainrule import mean
    >>> m, b, x, y = (expression(name) for name in ("m", "b", "x", "y"))
    >>> data = {"x": [-1.0, 0.0, 1.0, 2.0], "y": [-1.0, 1.0, 3.0, 5.5]}
    >>> print(learning_rate_report(mean((m * x + b - y) ** 2), {"m": 0.0, "b": 0.0}, data))
    Learning rate at m = 0, b = 0, where the loss is 10.3125 and its gradient 8.62047 long.
    The loss is quadratic: its curvature is the same everywhere.
    The curvature is from 1.38197 (along 0.85 b - 0.53 m) to 3.61803 (along 0.85 m + 0.53 b), and
    3.6148 along the gradient: condition number 2.61803.
    Stable limit: 0.552786, 2 divided by the largest curvature. Beyond it descent diverges along
    0.85 m + 0.53 b.
    Best constant rate: 0.4, which brings the gradient down to a millionth in 18 epochs.
    learning_rate="auto" takes 0.4: the loss is quadratic, so the best constant rate here is so
    everywhere.
    """
    flat = objective_over(loss, parameters, data)
    flat.check_start()
    return report_of(flat, flat.start, most_exact=most_exact, seed=seed)


def report_of(
    loss: Objective, vector: Floats, *, most_exact: int = MOST_EXACT, seed: int = 0
) -> LearningRateReport:
    """Explain the learning rates of an objective at a vector (n,); see `learning_rate_report`.

    >>> from chainrule.optimize.problem.dense import DenseObjective
    >>> loss = DenseObjective(expression("x") ** 4, {"x": 1.0})
    >>> report_of(loss, np.array([2.0])).largest
    48.0
    """
    value, slope = loss.value_and_gradient(vector)
    norm = length(slope)
    found = spectrum(loss, vector, most_exact=most_exact, seed=seed)
    along = math.nan
    if norm > 0:
        unit = slope / norm
        along = float(unit @ curvature_at(loss, vector)(unit))
    elements = loss.packing.elements
    squares = constant_hessian(loss) is not None
    proof = True if squares else is_quadratic(loss.expression, loss.packing.names)
    quadratic = looks_quadratic(loss, vector, slope, seed) if proof is None else proof
    auto, reason = chosen(found, slope, vector, quadratic=quadratic)
    return LearningRateReport(
        at=loss.packing.unpack(vector),
        loss=value,
        gradient_norm=norm,
        along_gradient=along,
        smallest=found.smallest,
        largest=found.largest,
        steepest=in_words(found.vectors[:, -1], elements),
        flattest=in_words(found.vectors[:, 0], elements),
        exact=found.complete,
        quadratic=quadratic,
        proven=proof is not None,
        auto=auto,
        reason=reason,
        _spectrum=found,
        _weights=found.vectors.T @ slope,
    )


def chosen(found: Spectrum, slope: Floats, vector: Floats, *, quadratic: bool) -> tuple[float, str]:
    """Choose a constant rate, and say why it is this one."""
    steepest = max(abs(found.smallest), abs(found.largest))
    if steepest <= found.rounding or steepest == 0:
        return without_curvature(slope, vector)
    half = 1 / (steepest + max(found.errors))
    if found.smallest < -found.rounding:
        reason = "1 divided by the largest curvature of either sign, so that no step leaps"
    elif not quadratic:
        reason = "half of the stable limit, where no direction overshoots; the curvature may change"
    elif not found.complete:
        reason = "half of the stable limit, where no direction overshoots"
    else:
        least = float(found.values[found.values > found.rounding][0])
        if found.largest <= MOST_BALANCED * least:
            best = 2 / (least + found.largest)
            return best, "the loss is quadratic, so the best constant rate here is so everywhere"
        reason = (
            "half of the stable limit, where no direction overshoots; the best constant rate is "
            "hardly below the limit, and would swing for long"
        )
    norm = length(slope)
    if not quadratic and half * norm > room(vector):
        return room(vector) / norm, (
            "the curvature is so small here that a step by it would leap beyond what is known; "
            "the first step is as long as the way from 0 to here, or 1"
        )
    return half, reason


def without_curvature(slope: Floats, vector: Floats) -> tuple[float, str]:
    """Choose a rate where the loss is a plane."""
    norm = length(slope)
    if norm == 0:
        return 1.0, "there is neither slope nor curvature here, so any rate does the same"
    return 0.01 * room(vector) / norm, (
        "there is no curvature to go by, so the first step is a hundredth of the way from 0 to "
        "here, or 0.01"
    )


def room(vector: Floats) -> float:
    """Return how far a step may go into the unknown: as far as it is from 0, or 1."""
    return max(1.0, length(vector))


def looks_quadratic(loss: Objective, vector: Floats, slope: Floats, seed: int) -> bool:
    """Tell by numbers whether the curvature is the same at two points, and in between."""
    step = np.random.default_rng(seed).standard_normal(len(vector)) * (1 + np.abs(vector))
    here, there = loss.hvp(vector, step), loss.hvp(vector + step, step)
    change = loss.value_and_gradient(vector + step)[1] - slope
    least = 1e-9 * length(here)
    return length(there - here) <= least and length(change - here) <= least
