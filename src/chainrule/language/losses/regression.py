"""Losses of regression: how far a prediction is from its target, as one number to make small.

`reduction` says how the losses of the rows become one: their "mean", their "sum", or "none" to keep
one each, as in PyTorch. Shapes that differ are refused, since (n, 1) against (n,) would be n by n.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from chainrule.engine.inference import shape_of
from chainrule.engine.notation import function
from chainrule.engine.sizes import UNKNOWN, broadcast, fits, in_words
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arithmetic import log, weigh
from chainrule.language.arrays.averages import mean
from chainrule.language.composition import composed
from chainrule.language.compute import same_shape
from chainrule.language.elements.choice import less_equal, where
from chainrule.language.elements.elementary import abs, exp, log1p
from chainrule.language.elements.extremes import maximum
from chainrule.language.elements.hyperbolic import sinh, tanh
from chainrule.language.folds import sum
from chainrule.language.kinds import elementwise, reading

__all__ = [
    "deviation",
    "huber_error",
    "huber_loss",
    "log_cosh",
    "log_cosh_error",
    "log_cosh_loss",
    "log_of_cosh",
    "loss",
    "mean_absolute_error",
    "mean_of_absolute_errors",
    "mean_of_squared_errors",
    "mean_squared_error",
    "paired",
    "poisson_error",
    "poisson_loss",
    "quantile_error",
    "quantile_loss",
    "reduced",
    "residual",
    "with_its_target",
]

REDUCTIONS = ("mean", "sum", "none")
LOG_2 = 0.6931471805599453
ROWS = (np.array([1.0, 2.0, -0.5]), np.array([1.5, 4.0, -0.25]))
NAMES = ("the prediction", "the target")


def one_each(prediction: Any, target: Any) -> Any:
    """Return the shape of a loss of each row.

    Raises: ShapeError for sizes that differ, before there are values.
    """
    pairs = list(zip(prediction, target, strict=False))
    differ = len(prediction) != len(target) or not all(fits(a, b) for a, b in pairs)
    if prediction != () and target != () and differ:
        raise ShapeError(
            f"{NAMES[0]} has shape {in_words(prediction)} and {NAMES[1]} has shape "
            f"{in_words(target)}. They must be the same: use .ravel() on the one with a second "
            "axis."
        )
    return broadcast(prediction, target)


def of_one_shape(prediction: Any, target: Any) -> bool:
    """Tell arrays of the same declared shape: nothing needs to be refused any more."""
    shape = shape_of(prediction)
    return bool(shape) and UNKNOWN not in shape and shape == shape_of(target)


class residual(elementwise):
    """Prediction minus target, one element each: arrays of different shapes are refused.

    Otherwise (n, 1) against (n,) would silently become n by n.
    """

    notation = function("residual")
    samples = ((2.0, 3.0), (-1.5, 0.0))
    spell = {"python": "{0} - {1}", "javascript": "{0} - {1}"}

    def forward(prediction, target):
        same_shape(prediction, target, NAMES)
        return np.subtract(prediction, target)

    def partials(y, prediction, target):
        return 1, -1

    def shape(prediction, target):
        return one_each(prediction, target)

    def simplify(assume_finite, prediction, target):
        return prediction - target if of_one_shape(prediction, target) else None


class with_its_target(elementwise):
    """The prediction, one for each target: arrays of different shapes are refused."""

    notation = function("paired")
    samples = ((2.0, 3.0), (-1.5, 0.0))
    spell = {"python": "{0}", "javascript": "{0}"}

    def forward(prediction, target):
        same_shape(prediction, target, NAMES)
        return np.broadcast_to(
            prediction, np.broadcast_shapes(*map(np.shape, (prediction, target)))
        )

    def partials(y, prediction, target):
        return 1, 0

    def shape(prediction, target):
        return one_each(prediction, target)

    def simplify(assume_finite, prediction, target):
        return prediction if of_one_shape(prediction, target) else None


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


def reduced(losses: Any, reduction: str) -> Any:
    """Return the mean or the sum of the losses of the rows, or these themselves."""
    if reduction == "none":
        return losses
    return mean(losses) if reduction == "mean" else sum(losses)


class loss(composed, abstract=True):
    """A loss with a `reduction`, its first attribute; its settings that are numbers are checked.

    positive: the names of attributes that must be larger than 0.
    """

    __slots__ = ()

    keywords = {"reduction": "mean"}
    is_elementwise = False
    positive: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, checked.

        Raises: OperationError for another reduction, or a setting out of range.
        """
        found = super().attribute_values(given)
        if found[0] not in REDUCTIONS:
            raise OperationError(
                f"{cls.notation.name}'s reduction must be 'mean', 'sum' or 'none', not "
                f"{found[0]!r}."
            )
        for name, value in zip(cls.keywords, found, strict=True):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if name in cls.positive and not (number and value > 0):
                raise OperationError(
                    f"{cls.notation.name}'s {name} must be a number above 0, not {value!r}."
                )
        return found

    def shape_sources(operands, attributes):
        return () if attributes[0] != "none" else None


def written(name: str, **more: Any) -> Any:
    """Return the notation of a loss."""
    keywords = ("reduction", *more)
    return function(name, keywords=keywords, defaults=("mean", *more.values()))


class huber_error(loss):
    """Half the squared residual up to delta, beyond it a line of slope delta: outliers pull less.

    reduction: "mean", "sum" or "none". delta: where the line begins, above 0.
    Shapes: (n,), (n,) -> (). Raises: ShapeError if the shapes differ.
    Source: Huber (1964), Robust estimation of a location parameter, section 1.
    """

    notation = written("huber_loss", delta=1.0)
    keywords = {"reduction": "mean", "delta": 1.0}
    positive = ("delta",)
    positional = ("prediction", "target", "delta")
    rule = "Huber loss"
    samples = (ROWS, (*ROWS, {"delta": 0.3, "reduction": "sum"}), (2.0, 3.5))

    def meaning(prediction, target, reduction, delta):
        difference = deviation(prediction, target)
        size = abs(difference)
        inside, beyond = difference * difference / 2, delta * (size - delta / 2)
        return reduced(where(less_equal(size, delta), inside, beyond), reduction)


class log_of_cosh(composed):
    """Logarithm of the hyperbolic cosine, without overflow; its slope is tanh(x).

    Exact near 0 too, where it is x**2/2.
    """

    notation = function("log_cosh")
    samples = ((-800.0,), (-0.5,), (1e-9,), (0.0,), (2.0,))
    spell = {"mpmath": "math.log1p(2 * math.sinh({0} / 2) ** 2)"}

    def meaning(x):
        size = abs(x)
        root = sinh(where(less_equal(size, 1), x, 0))
        far = size + log1p(exp(-2 * size)) - LOG_2
        return where(less_equal(size, 1), log1p(root * root) / 2, far)

    def partials(y, x):
        return (tanh(x),)


class log_cosh_error(loss):
    """Logarithm of the hyperbolic cosine of the residual: squared near 0, absolute far out.

    reduction: "mean", "sum" or "none". Shapes: (n,), (n,) -> ().
    Raises: ShapeError if the shapes differ.
    """

    notation = written("log_cosh_loss")
    rule = "log-cosh loss"
    samples = (ROWS, (*ROWS, {"reduction": "none"}), (2.0, 3.5))

    def meaning(prediction, target, reduction):
        return reduced(log_cosh(deviation(prediction, target)), reduction)


class quantile_error(loss):
    """Pinball loss: the residual weighed by q where the target is above, by 1 - q where below.

    What makes it smallest is the q-quantile of the target; at 1/2 it is half the absolute error.
    Where prediction and target are equal, its slope is the mean of those beside.
    reduction: "mean", "sum" or "none". quantile: between 0 and 1. Shapes: (n,), (n,) -> ().
    Raises: ShapeError if the shapes differ.
    Source: Koenker & Bassett (1978), Regression quantiles, equation 1.3.
    """

    notation = written("quantile_loss", quantile=0.5)
    keywords = {"reduction": "mean", "quantile": 0.5}
    positional = ("prediction", "target", "quantile")
    rule = "pinball loss"
    samples = (ROWS, (*ROWS, {"quantile": 0.9, "reduction": "sum"}), (2.0, 3.5))

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, the quantile checked."""
        reduction, quantile = super().attribute_values(given)
        if not (isinstance(quantile, int | float) and 0 <= quantile <= 1):
            raise OperationError(
                f"quantile_loss's quantile must be a number between 0 and 1, not {quantile!r}."
            )
        return reduction, quantile

    def meaning(prediction, target, reduction, quantile):
        difference = -deviation(prediction, target)
        errors = maximum(quantile * difference, (quantile - 1) * difference)
        return reduced(errors, reduction)


class poisson_error(loss):
    """Negative log-likelihood of counts, without what does not depend on the prediction.

    reduction: "mean", "sum" or "none". log_rate: whether the prediction is the logarithm of the
    rate, which may be any number, or the rate itself, which must be above 0 (PyTorch then adds
    1e-8 to it; here nothing is added, and a count of 0 takes no logarithm).
    Shapes: (n,), (n,) -> (). Raises: ShapeError if the shapes differ.
    Source: McCullagh & Nelder (1989), Generalized linear models, section 6.2.
    """

    notation = written("poisson_loss", log_rate=True)
    keywords = {"reduction": "mean", "log_rate": True}
    rule = "Poisson loss"
    samples = (
        (ROWS[0], np.array([1.0, 4.0, 0.0])),
        (np.array([0.5, 2.0]), np.array([0.0, 3.0]), {"log_rate": False, "reduction": "sum"}),
        (2.0, 3.0),
    )

    def meaning(prediction, target, reduction, log_rate):
        each = paired(prediction, target)
        if log_rate:
            return reduced(exp(each) - target * each, reduction)
        return reduced(each - weigh(target, log(each)), reduction)


deviation = reading(residual)
paired = reading(with_its_target)
log_cosh = reading(log_of_cosh)
mean_squared_error = reading(mean_of_squared_errors)
mean_absolute_error = reading(mean_of_absolute_errors)
huber_loss = reading(huber_error)
log_cosh_loss = reading(log_cosh_error)
quantile_loss = reading(quantile_error)
poisson_loss = reading(poisson_error)
