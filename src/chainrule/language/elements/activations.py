"""Activations: what a neuron does to its weighted sum.

The course's names are classes, so calling one makes a node: `sigmoid`, `relu`, `leaky_relu`,
`linear`. The others follow NumPy's way, a class named by a noun and a function of two readings. A
rule that wants one of the course's names on numbers too uses `sigmoid_of`, `relu_of`,
`leaky_relu_of`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.node import Node
from chainrule.engine.notation import function
from chainrule.engine.properties import commutative
from chainrule.engine.tidy import constant_value
from chainrule.engine.weights import Cases
from chainrule.language.composition import composed
from chainrule.language.elements.choice import is_at_least, is_at_most, is_greater, where
from chainrule.language.elements.elementary import exp, expm1, log1p
from chainrule.language.elements.extremes import maximum
from chainrule.language.elements.hyperbolic import sech
from chainrule.language.elements.special import normal_cdf
from chainrule.language.kinds import elementwise, reading

__all__ = [
    "elu",
    "exponential_linear",
    "gaussian_linear",
    "gelu",
    "leaky_relu",
    "leaky_relu_of",
    "linear",
    "log_of_sum",
    "logaddexp",
    "relu",
    "relu_of",
    "scaled_exponential_linear",
    "selu",
    "sigmoid",
    "sigmoid_linear",
    "sigmoid_of",
    "silu",
    "smooth_relu",
    "softplus",
    "swish",
    "swish_linear",
]

# Source: Klambauer et al. (2017), Self-Normalizing Neural Networks, section 2 and its code.
SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717


class sigmoid(composed):
    """Logistic function, 1/(1 + exp(-x)), without overflow; its slope keeps every digit.

    Not y*(1 - y), which has lost three digits at x = 30. Source: course deck B, homework.
    """

    notation = function("sigmoid", latex=r"\sigma")
    samples = ((-800.0,), (-30.0,), (0.0,), (1e-8,), (30.0,), (800.0,))
    spell = {
        "python": "(1.0 / (1.0 + math.exp(-{0})) if {0} >= 0.0 "
        "else math.exp({0}) / (1.0 + math.exp({0})))",
        "mpmath": "1 / (1 + math.exp(-{0}))",
    }

    def meaning(x):
        # Not exp(-abs(x)), for the same formula then holds of complex numbers.
        small = exp(where(is_at_least(x, 0), -x, x))
        return where(is_at_least(x, 0), 1, small) / (1 + small)

    def partials(y, x):
        half = sech(x / 2) / 2
        return (half * half,)

    def textbook(y, x):
        return (y * (1 - y),)


class relu(elementwise):
    """x where it is positive, else 0; its slope at 0 is taken as 0."""

    notation = function("relu")
    samples = ((2.0,), (-1.5,))
    kinks = (0.0,)
    spell = {"python": "({0} if {0} > 0 or {0} != {0} else 0.0)", "javascript": "Math.max({0}, 0)"}

    def forward(x):
        return np.maximum(x, 0)

    def weights(y, x):
        return Cases((is_at_most(x, 0), (0,)), otherwise=(1,))


class leaky_relu(composed):
    """x where it is positive, else slope*x; its slope at 0 is taken as that of the left."""

    notation = function("leaky_relu")
    samples = ((2.0, 0.01), (-1.5, 0.2))
    kinks = ((0.0, None),)
    spell = {"python": "({0} if {0} > 0 else {1} * {0})"}

    def meaning(x, slope=0.01):
        return where(is_greater(x, 0), x, slope * x)

    def weights(y, x, slope):
        if is_zero(slope):
            return Cases((is_at_most(x, 0), (0, x)), otherwise=(1, 0))
        return Cases((is_greater(x, 0), (1, 0)), otherwise=(slope, x))


class linear(elementwise):
    """The same, unchanged: the activation of a regression."""

    notation = function("linear")
    samples = ((2.0,), (-1.5,))
    forward = np.positive
    spell = {"python": "{0}", "javascript": "{0}"}

    def partials(y, x):
        return (1,)

    def simplify(assume_finite, x):
        return x


class smooth_relu(composed):
    """Softplus, log(1 + exp(x)), without overflow; its slope is the sigmoid."""

    notation = function("softplus")
    samples = ((-800.0,), (-30.0,), (0.0,), (30.0,), (800.0,))

    spell = {"mpmath": "math.log1p(math.exp({0}))"}

    def meaning(x):
        return maximum(x, 0) + log1p(exp(where(is_at_least(x, 0), -x, x)))

    def partials(y, x):
        return (sigmoid_of(x),)


class exponential_linear(composed):
    """ELU: x where it is positive, else alpha*(exp(x) - 1); its slope at 0 is that of the left.

    Source: Clevert, Unterthiner & Hochreiter (2016), equation 16.
    """

    notation = function("elu")
    samples = ((2.0, 1.0), (-1.5, 0.5), (-1e-9, 1.0))
    kinks = ((0.0, None),)
    spell = {"python": "({0} if {0} > 0 else {1} * math.expm1({0}))"}

    def meaning(x, alpha=1.0):
        return where(is_greater(x, 0), x, alpha * expm1(x))

    def weights(y, x, alpha):
        return Cases((is_greater(x, 0), (1, 0)), otherwise=(alpha * exp(x), expm1(x)))


class scaled_exponential_linear(composed):
    """SELU: ELU with the two numbers that keep mean 0 and variance 1 from layer to layer.

    Its slope at 0 is that of the left. Source: Klambauer et al. (2017), equation 2.
    """

    notation = function("selu")
    samples = ((2.0,), (-1.5,), (-1e-9,))
    kinks = (0.0,)

    def meaning(x):
        return SELU_SCALE * elu(x, SELU_ALPHA)


class gaussian_linear(composed):
    """GELU, exact: x times the share of a normal distribution below x.

    Source: Hendrycks & Gimpel (2016), section 2.
    """

    notation = function("gelu")
    samples = ((-30.0,), (-1.0,), (0.0,), (2.0,))

    def meaning(x):
        return x * normal_cdf(x)


class sigmoid_linear(composed):
    """SiLU: x*sigmoid(x). Source: Hendrycks & Gimpel (2016), section 4."""

    notation = function("silu")
    samples = ((-30.0,), (-1.0,), (0.0,), (2.0,))

    spell = {"mpmath": "{0} / (1 + math.exp(-{0}))"}

    def meaning(x):
        return x * sigmoid_of(x)

    def textbook(y, x):
        return (sigmoid_of(x) + y * (1 - sigmoid_of(x)),)


class swish_linear(composed):
    """Swish: x*sigmoid(beta*x). Source: Ramachandran, Zoph & Le (2017), section 3."""

    notation = function("swish")
    samples = ((-30.0, 1.0), (-1.0, 0.5), (0.0, 1.0), (2.0, 2.0))

    spell = {"mpmath": "{0} / (1 + math.exp(-{1} * {0}))"}

    def meaning(x, beta=1.0):
        return x * sigmoid_of(beta * x)

    def textbook(y, x, beta):
        share = sigmoid_of(beta * x)
        return share + beta * y * (1 - share), x * y * (1 - share)


class log_of_sum(elementwise):
    """log(exp(a) + exp(b)) without overflow, with infinities too."""

    notation = function("logaddexp")
    properties = commutative
    samples = ((-800.0, -801.0), (1.0, 2.0), (800.0, -800.0))
    forward = np.logaddexp
    spell = {
        "python": "({0} if {0} == {1} == math.inf or {0} == {1} == -math.inf else "
        "max({0}, {1}) + math.log1p(math.exp(-math.fabs({0} - {1}))))",
        "mpmath": "max({0}, {1}) + math.log1p(math.exp(-abs({0} - {1})))",
        "javascript": "({0} === {1} && Math.abs({0}) === Infinity ? {0} : "
        "Math.max({0}, {1}) + Math.log1p(Math.exp(-Math.abs({0} - {1}))))",
    }

    def partials(y, a, b):
        return sigmoid_of(a - b), sigmoid_of(b - a)


def is_zero(slope: Any) -> bool:
    """Tell whether a slope is the number 0, over nodes a constant."""
    number = constant_value(slope) if isinstance(slope, Node) else slope
    return not isinstance(number, np.ndarray) and bool(number == 0)


sigmoid_of = reading(sigmoid)
relu_of = reading(relu)
leaky_relu_of = reading(leaky_relu)
softplus = reading(smooth_relu)
elu = reading(exponential_linear)
selu = reading(scaled_exponential_linear)
gelu = reading(gaussian_linear)
silu = reading(sigmoid_linear)
swish = reading(swish_linear)
logaddexp = reading(log_of_sum)
