"""Methods with one rate for all parameters: gradient descent, momentum, Nesterov's, and Lion.

Arithmetic runs in PyTorch's order, so that trajectories agree to rounding, and into arrays that
the answer needs anyway: a step allocates little more than what it hands back.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from chainrule.errors import SettingError
from chainrule.optimize.methods.method import Method, State, Vector, array_in, count_in
from chainrule.optimize.methods.transforms import decayed, shrunk
from chainrule.optimize.settings import checked

__all__ = ["gradient_descent", "lion", "momentum", "nesterov"]


def gradient_descent(
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    *,
    nesterov: bool = False,
) -> Method:
    """Gradient descent: the step is -rate · gradient; PyTorch's SGD, whatever the batch.

    With momentum the gradient gives way to a velocity, momentum · velocity + (1 - dampening) ·
    gradient, which begins as the first gradient, undampened.
    Raises: SettingError for a setting out of its range; or for `nesterov` without momentum, or with
    dampening.
    Source: Cauchy (1847); Robbins & Monro (1951) for gradients of samples.

    >>> import numpy as np
    >>> method = gradient_descent()
    >>> parameters = np.array([1.0, -2.0])
    >>> method.update(2 * parameters, method.init(parameters), parameters, 0.25)
    (array([-0.5,  1. ]), {})
    """
    options = checked(
        momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov
    )
    if options["nesterov"] and (options["momentum"] == 0 or options["dampening"] != 0):
        raise SettingError(
            "nesterov needs a momentum above 0 and dampening 0, not "
            f"momentum={options['momentum']!r} and dampening={options['dampening']!r}."
        )
    return Method("gradient descent", _start, _move, options, default_rate=1e-3, response="linear")


def momentum(momentum: float = 0.9, dampening: float = 0.0, weight_decay: float = 0.0) -> Method:
    """Gradient descent with momentum, the heavy ball: the velocity outlives its gradient.

    Source: Polyak (1964), eq. 9, in the form of Sutskever et al. (2013) that PyTorch has: the rate
    multiplies the velocity, so that a change of rate acts at once.

    >>> import numpy as np
    >>> method = momentum(0.5)
    >>> parameters, gradient = np.zeros(1), np.ones(1)
    >>> step, state = method.update(gradient, method.init(parameters), parameters, 0.1)
    >>> method.update(gradient, state, parameters, 0.1)[0]
    array([-0.15])
    """
    options = checked(momentum=momentum, dampening=dampening, weight_decay=weight_decay)
    return Method("momentum", _start, _move, options, default_rate=1e-3, response="linear")


def nesterov(momentum: float = 0.9, weight_decay: float = 0.0) -> Method:
    """Nesterov's accelerated gradient: a heavy ball that looks ahead along its velocity.

    Source: Nesterov (1983), in the form of Sutskever et al. (2013), section 2, with the parameters
    already moved ahead, as PyTorch has it. Momentum 0 is gradient descent.

    >>> import numpy as np
    >>> method = nesterov(0.5)
    >>> parameters = np.zeros(1)
    >>> method.update(np.ones(1), method.init(parameters), parameters, 0.1)[0]
    array([-0.15])
    """
    options = checked(momentum=momentum, weight_decay=weight_decay)
    return Method(
        "nesterov",
        _start,
        partial(_move, nesterov=True),
        options,
        default_rate=1e-3,
        response="linear",
    )


def lion(betas: tuple[float, float] = (0.9, 0.99), weight_decay: float = 0.0) -> Method:
    """Lion: every parameter moves by the rate, in the direction of a mean of gradients.

    Weight decay is decoupled. A parameter whose mean gradient is exactly 0 stays where it is.
    Source: Chen et al. (2023), arXiv:2302.06675, algorithm 2. Its rate is a third to a tenth of
    Adam's.

    >>> import numpy as np
    >>> method = lion()
    >>> parameters = np.zeros(3)
    >>> method.update(np.array([5.0, -1e-9, 0.0]), method.init(parameters), parameters, 0.5)[0]
    array([-0.5,  0.5,  0. ])
    """
    options = checked(betas=betas, weight_decay=weight_decay)
    return Method("lion", _start_lion, _move_lion, options, default_rate=1e-4)


def _start(parameters: Vector, *, momentum: float, **_options: float) -> State:
    if momentum == 0:
        return {}
    return {"count": 0, "velocity": np.zeros_like(parameters)}


def _move(
    gradient: Vector,
    state: State,
    parameters: Vector,
    rate: float,
    *,
    momentum: float,
    weight_decay: float,
    dampening: float = 0.0,
    nesterov: bool = False,
) -> tuple[Vector, State]:
    slope = decayed(gradient, parameters, weight_decay)
    if momentum == 0:
        return slope * -rate, {}
    count = count_in(state)
    if count == 0:
        velocity = slope.copy()
    else:
        velocity = array_in(state, "velocity", gradient) * momentum
        velocity += slope if dampening == 0 else slope * (1 - dampening)
    following: State = {"count": count + 1, "velocity": velocity}
    if not nesterov:
        return velocity * -rate, following
    step = velocity * momentum
    step += slope
    step *= -rate
    return step, following


def _start_lion(parameters: Vector, **_options: float) -> State:
    return {"mean": np.zeros_like(parameters)}


def _move_lion(
    gradient: Vector,
    state: State,
    parameters: Vector,
    rate: float,
    *,
    betas: tuple[float, float],
    weight_decay: float,
) -> tuple[Vector, State]:
    old = array_in(state, "mean", gradient)
    mean = gradient * (1 - betas[1])
    step = old * betas[1]
    mean += step
    np.multiply(old, betas[0], out=step)
    step += gradient * (1 - betas[0])
    np.sign(step, out=step)
    step *= -rate
    return shrunk(step, parameters, rate * weight_decay), {"mean": mean}
