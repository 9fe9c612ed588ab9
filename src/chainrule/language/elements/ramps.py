"""More activations that are ramps: cut off, bent or smooth, as PyTorch has them."""

from __future__ import annotations

from chainrule.engine.notation import function
from chainrule.engine.weights import Cases
from chainrule.language.composition import composed
from chainrule.language.elements.activations import softplus
from chainrule.language.elements.choice import equal, is_greater, is_less
from chainrule.language.elements.elementary import abs
from chainrule.language.elements.extremes import clip
from chainrule.language.elements.hyperbolic import tanh
from chainrule.language.kinds import reading

__all__ = [
    "cut_ramp",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "log_of_sigmoid",
    "logsigmoid",
    "mish",
    "mish_linear",
    "piecewise_sigmoid",
    "piecewise_swish",
    "piecewise_tanh",
    "relu6",
    "softsign",
    "softsign_ramp",
]


class piecewise_tanh(composed):
    """x kept between least and most, -1 and 1 unless said; its slope at each is 1/2."""

    notation = function("hardtanh")
    samples = ((2.0, -1.0, 1.0), (0.5, -1.0, 1.0), (-3.0, -2.0, 0.5))

    def meaning(x, least=-1.0, most=1.0):
        return clip(x, least, most)


class cut_ramp(composed):
    """x kept between 0 and 6; its slope at each is 1/2.

    Source: Howard et al. (2017), MobileNets.
    """

    notation = function("relu6")
    samples = ((2.0,), (-1.5,), (7.0,))
    kinks = (0.0, 6.0)

    def meaning(x):
        return clip(x, 0, 6)


class piecewise_sigmoid(composed):
    """The line x/6 + 1/2 kept between 0 and 1; its slope where it is cut off is 1/12."""

    notation = function("hardsigmoid")
    samples = ((2.0,), (-1.5,), (4.0,), (-5.0,))
    kinks = (-3.0, 3.0)

    def meaning(x):
        return clip(x + 3, 0, 6) / 6


class piecewise_swish(composed):
    """x times its hardsigmoid; its slope at -3 and 3 is the middle of those beside.

    Source: Howard et al. (2019), MobileNetV3, section 5.2.
    """

    notation = function("hardswish")
    samples = ((2.0,), (-1.5,), (4.0,), (-5.0,))
    kinks = (-3.0, 3.0)

    def meaning(x):
        return x * hardsigmoid(x)

    def weights(y, x):
        edges = (equal(x, -3), (-0.25,)), (equal(x, 3), (1.25,))
        return Cases(
            (is_less(x, -3), (0,)), (is_greater(x, 3), (1,)), *edges, otherwise=(x / 3 + 0.5,)
        )


class softsign_ramp(composed):
    """x/(1 + |x|): like tanh, but slower to its limits."""

    notation = function("softsign")
    samples = ((2.0,), (-1.5,), (30.0,))

    def meaning(x):
        return x / (1 + abs(x))

    def partials(y, x):
        whole = 1 + abs(x)
        return (1 / (whole * whole),)


class mish_linear(composed):
    """x*tanh(softplus(x)). Source: Misra (2019), equation 1."""

    notation = function("mish")
    samples = ((-30.0,), (-1.0,), (0.0,), (2.0,))

    def meaning(x):
        return x * tanh(softplus(x))


class log_of_sigmoid(composed):
    """Logarithm of the sigmoid, without overflow and exact where the sigmoid is near 1."""

    notation = function("logsigmoid")
    samples = ((-800.0,), (-30.0,), (0.0,), (30.0,), (800.0,))
    spell = {"mpmath": "-math.log1p(math.exp(-{0}))"}

    def meaning(x):
        return -softplus(-x)


hardtanh = reading(piecewise_tanh)
relu6 = reading(cut_ramp)
hardsigmoid = reading(piecewise_sigmoid)
hardswish = reading(piecewise_swish)
softsign = reading(softsign_ramp)
mish = reading(mish_linear)
logsigmoid = reading(log_of_sigmoid)
