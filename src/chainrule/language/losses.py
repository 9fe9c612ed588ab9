"""Losses: how far a prediction is from its target, as one number to make small."""

from __future__ import annotations

import numpy as np

from chainrule.engine.notation import function
from chainrule.language.arrays import mean
from chainrule.language.composition import composed
from chainrule.language.compute import same_shape
from chainrule.language.elementary import abs
from chainrule.language.kinds import elementwise, reading

__all__ = [
    "deviation",
    "mean_absolute_error",
    "mean_of_absolute_errors",
    "mean_of_squared_errors",
    "mean_squared_error",
    "residual",
]


class residual(elementwise):
    """Prediction minus target, one element each: arrays of different shapes are refused.

    Otherwise (n, 1) against (n,) would silently become n by n.
    """

    notation = function("residual")
    samples = ((2.0, 3.0), (-1.5, 0.0))
    spell = {"python": "{0} - {1}", "javascript": "{0} - {1}"}

    def forward(prediction, target):
        same_shape(prediction, target, ("the prediction", "the target"))
        return np.subtract(prediction, target)

    def partials(y, prediction, target):
        return 1, -1


class mean_of_squared_errors(composed):
    """Mean of the squared residuals, in the square of the target's unit.

    Shapes: (n,), (n,) -> (). Raises: ShapeError if the shapes differ.
    Source: course deck A, "Mean Squared Error"; Hastie, Tibshirani & Friedman (2009), equation
    2.3, divided by n.
    """

    notation = function("mean_squared_error", latex=r"\operatorname{MSE}")
    samples = ((np.array([1.0, 2.0]), np.array([1.0, 4.0])), (2.0, 3.0))

    def meaning(prediction, target):
        difference = deviation(prediction, target)
        return mean(difference * difference)


class mean_of_absolute_errors(composed):
    """Mean of the absolute residuals, in the target's unit; where one is 0 so is its slope.

    Shapes: (n,), (n,) -> (). Raises: ShapeError if the shapes differ.
    """

    notation = function("mean_absolute_error", latex=r"\operatorname{MAE}")
    samples = ((np.array([1.0, 2.0]), np.array([1.5, 4.0])), (2.0, 3.0))

    def meaning(prediction, target):
        return mean(abs(deviation(prediction, target)))


deviation = reading(residual)
mean_squared_error = reading(mean_of_squared_errors)
mean_absolute_error = reading(mean_of_absolute_errors)
