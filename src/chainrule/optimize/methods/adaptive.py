"""Methods with a rate for each parameter, from the squares of its past gradients.

Arithmetic runs in PyTorch's order, so that trajectories agree to rounding, and into arrays that
the answer needs anyway: a step allocates little more than what it hands back. In one thing they
differ: with `eps` 0, a parameter that has never had a slope stays, where PyTorch divides 0 by 0.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from chainrule.optimize.methods.method import Method, State, Vector, array_in, count_in, number_in
from chainrule.optimize.methods.transforms import decayed, shrunk
from chainrule.optimize.settings import checked

__all__ = ["adagrad", "adam", "adamw", "amsgrad", "nadam", "rmsprop"]


def adagrad(
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    eps: float = 1e-10,
) -> Method:
    """AdaGrad: each slope is divided by the root of the sum of its squares so far.

    `lr_decay` makes the rate fall as 1 / (1 + lr_decay · steps).
    Source: Duchi, Hazan & Singer (2011), JMLR 12, figure 1 with diagonal matrices.

    >>> import numpy as np
    >>> method = adagrad()
    >>> parameters = np.zeros(2)
    >>> method.update(np.array([100.0, -0.01]), method.init(parameters), parameters, 0.1)[0]
    array([-0.1,  0.1])
    """
    options = checked(
        lr_decay=lr_decay,
        weight_decay=weight_decay,
        initial_accumulator_value=initial_accumulator_value,
        eps=eps,
    )
    return Method(
        "adagrad", _start_adagrad, _move_adagrad, options, default_rate=1e-2, response="smooth"
    )


def rmsprop(
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    *,
    centered: bool = False,
) -> Method:
    """RMSProp: each slope is divided by the root of the moving mean of its squares.

    `centered` divides by the standard deviation instead; where rounding would make its square
    negative, it is taken for 0.
    Source: Tieleman & Hinton (2012), lecture 6.5; centred: Graves (2013), arXiv:1308.0850, eq. 38.

    >>> import numpy as np
    >>> method = rmsprop(alpha=0.75)
    >>> parameters = np.zeros(2)
    >>> method.update(np.array([100.0, -0.01]), method.init(parameters), parameters, 0.1)[0]
    array([-0.2     ,  0.199...])
    """
    options = checked(
        alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered
    )
    # Near a minimum its steps swing, and magnify what gradients differ by.
    return Method("rmsprop", _start_rmsprop, _move_rmsprop, options, default_rate=1e-2)


def adam(
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    *,
    amsgrad: bool = False,
) -> Method:
    """Adam: the moving mean of the gradients over the root of the moving mean of their squares.

    Source: Kingma & Ba (2015), algorithm 1; for `amsgrad` see the method of that name.

    >>> import numpy as np
    >>> method = adam()
    >>> parameters = np.zeros(2)
    >>> method.update(np.array([100.0, -0.01]), method.init(parameters), parameters, 0.1)[0]
    array([-0.1     ,  0.099...])
    """
    options = checked(betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad)
    return Method("adam", _start_adam, _move_adam, options, default_rate=1e-3, response="smooth")


def adamw(
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
    *,
    amsgrad: bool = False,
) -> Method:
    """Adam with weight decay decoupled: parameters shrink by rate · weight_decay in each step.

    Source: Loshchilov & Hutter (2019), algorithm 2.

    >>> import numpy as np
    >>> method = adamw(weight_decay=0.5)
    >>> parameters = np.array([10.0])
    >>> method.update(np.zeros(1), method.init(parameters), parameters, 0.1)[0]
    array([-0.5])
    """
    options = checked(betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad)
    return Method("adamw", _start_adam, _move_adamw, options, default_rate=1e-3, response="smooth")


def amsgrad(
    betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0.0
) -> Method:
    """Adam whose divisor never falls: the largest mean of squares so far stands for the last one.

    Source: Reddi, Kale & Kumar (2018), algorithm 2, with Adam's corrections of the means kept, as
    in PyTorch's `Adam(amsgrad=True)`.

    >>> amsgrad()
    amsgrad(betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0)
    """
    options = checked(betas=betas, eps=eps, weight_decay=weight_decay)
    start, move = partial(_start_adam, amsgrad=True), partial(_move_adam, amsgrad=True)
    return Method("amsgrad", start, move, options, default_rate=1e-3, response="smooth")


def nadam(
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum_decay: float = 4e-3,
    *,
    decoupled_weight_decay: bool = False,
) -> Method:
    """Adam with Nesterov's look ahead: the next step's momentum is already in this one.

    Source: Dozat (2016), algorithm 2, with the schedule of momenta of its section 3.

    >>> nadam(momentum_decay=0.01).default_rate
    0.002
    """
    options = checked(
        betas=betas,
        eps=eps,
        weight_decay=weight_decay,
        momentum_decay=momentum_decay,
        decoupled_weight_decay=decoupled_weight_decay,
    )
    # It swings as rmsprop does.
    return Method("nadam", _start_nadam, _move_nadam, options, default_rate=2e-3)


def _blend(old: Vector, new: Vector, weight: float) -> Vector:
    """The mean of old and new, new weighted so; rounded as PyTorch's `lerp` rounds."""
    mean = new - old
    if weight < 0.5:
        mean *= weight
        mean += old
    else:
        mean *= weight - 1
        mean += new
    return mean


def _mean_square(old: Vector, slope: Vector, beta: float) -> tuple[Vector, Vector]:
    """The moving mean of squares, and an array of that shape that is free to be written to."""
    square = slope * (1 - beta)
    square *= slope
    spare = old * beta
    square += spare
    return square, spare


def _divide(slope: Vector, divisor: Vector, eps: float) -> Vector:
    """Write the quotient over the divisor; 0 over 0 is 0."""
    if eps == 0:
        return np.divide(slope, divisor, out=divisor, where=divisor != 0)
    return np.divide(slope, divisor, out=divisor)


def _start_adagrad(
    parameters: Vector, *, initial_accumulator_value: float, **_options: float
) -> State:
    return {"count": 0, "sum": np.full_like(parameters, initial_accumulator_value)}


def _move_adagrad(
    gradient: Vector,
    state: State,
    parameters: Vector,
    rate: float,
    *,
    lr_decay: float,
    weight_decay: float,
    eps: float,
    **_options: float,
) -> tuple[Vector, State]:
    slope = decayed(gradient, parameters, weight_decay)
    count = count_in(state)
    total = slope * slope
    total += array_in(state, "sum", gradient)
    step = np.sqrt(total)
    step += eps
    _divide(slope, step, eps)
    step *= -rate / (1 + count * lr_decay)
    return step, {"count": count + 1, "sum": total}


def _start_rmsprop(
    parameters: Vector, *, momentum: float, centered: bool, **_options: float
) -> State:
    keys = ["square", *(["mean"] if centered else []), *(["velocity"] if momentum > 0 else [])]
    return {key: np.zeros_like(parameters) for key in keys}


def _move_rmsprop(
    gradient: Vector,
    state: State,
    parameters: Vector,
    rate: float,
    *,
    alpha: float,
    eps: float,
    weight_decay: float,
    momentum: float,
    centered: bool,
) -> tuple[Vector, State]:
    slope = decayed(gradient, parameters, weight_decay)
    square, step = _mean_square(array_in(state, "square", gradient), slope, alpha)
    following: State = {"square": square}
    if centered:
        mean = _blend(array_in(state, "mean", gradient), slope, 1 - alpha)
        following["mean"] = mean
        np.multiply(mean, mean, out=step)
        np.subtract(square, step, out=step)
        # A slope that stays the same has no variance, and rounding may leave less than none.
        np.maximum(step, 0.0, out=step)
        np.sqrt(step, out=step)
    else:
        np.sqrt(square, out=step)
    step += eps
    _divide(slope, step, eps)
    if momentum > 0:
        velocity = array_in(state, "velocity", gradient) * momentum
        velocity += step
        following["velocity"] = velocity
        np.multiply(velocity, -rate, out=step)
    else:
        step *= -rate
    return step, following


def _start_adam(parameters: Vector, *, amsgrad: bool, **_options: float) -> State:
    keys = ("mean", "square", "largest") if amsgrad else ("mean", "square")
    return {"count": 0, **{key: np.zeros_like(parameters) for key in keys}}


def _move_adam(
    gradient: Vector,
    state: State,
    parameters: Vector,
    rate: float,
    *,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    amsgrad: bool,
) -> tuple[Vector, State]:
    slope = decayed(gradient, parameters, weight_decay)
    count = count_in(state) + 1
    mean = _blend(array_in(state, "mean", gradient), slope, 1 - betas[0])
    square, step = _mean_square(array_in(state, "square", gradient), slope, betas[1])
    following: State = {"count": count, "mean": mean, "square": square}
    if amsgrad:
        square = np.maximum(array_in(state, "largest", gradient), square)
        following["largest"] = square
    np.sqrt(square, out=step)
    step /= (1 - betas[1] ** count) ** 0.5
    step += eps
    _divide(mean, step, eps)
    step *= -rate / (1 - betas[0] ** count)
    return step, following


def _move_adamw(
    gradient: Vector,
    state: State,
    parameters: Vector,
    rate: float,
    *,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    amsgrad: bool,
) -> tuple[Vector, State]:
    step, following = _move_adam(
        gradient, state, parameters, rate, betas=betas, eps=eps, weight_decay=0.0, amsgrad=amsgrad
    )
    return shrunk(step, parameters, rate * weight_decay), following


def _start_nadam(parameters: Vector, **_options: float) -> State:
    return {
        "count": 0,
        "product": 1.0,
        "mean": np.zeros_like(parameters),
        "square": np.zeros_like(parameters),
    }


def _move_nadam(
    gradient: Vector,
    state: State,
    parameters: Vector,
    rate: float,
    *,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    momentum_decay: float,
    decoupled_weight_decay: bool,
) -> tuple[Vector, State]:
    slope = decayed(gradient, parameters, 0.0 if decoupled_weight_decay else weight_decay)
    count = count_in(state) + 1
    now, ahead = (
        betas[0] * (1 - 0.5 * 0.96 ** (steps * momentum_decay)) for steps in (count, count + 1)
    )
    product = number_in(state, "product") * now
    mean = _blend(array_in(state, "mean", gradient), slope, 1 - betas[0])
    square, divisor = _mean_square(array_in(state, "square", gradient), slope, betas[1])
    np.divide(square, 1 - betas[1] ** count, out=divisor)
    np.sqrt(divisor, out=divisor)
    divisor += eps
    step = slope * ((1 - now) / (1 - product))
    step += mean * (ahead / (1 - product * ahead))
    step = _divide(step, divisor, eps)
    step *= -rate
    following: State = {"count": count, "product": product, "mean": mean, "square": square}
    return shrunk(step, parameters, rate * weight_decay * decoupled_weight_decay), following
