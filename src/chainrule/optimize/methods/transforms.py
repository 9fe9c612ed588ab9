"""What stands before or after a method: clipping and weight decay, and the chain that joins them.

May import `method` and the settings; it must not know any particular method.
"""

from __future__ import annotations

from functools import partial
from itertools import chain as joined
from typing import TypeAlias

import numpy as np

from chainrule.errors import SettingError
from chainrule.optimize.methods.method import ChainLink, Method, State, Transform, Vector
from chainrule.optimize.settings import checked

__all__ = [
    "chain",
    "clip_by_norm",
    "clip_by_value",
    "coupled_weight_decay",
    "decayed",
    "decoupled_weight_decay",
    "shrunk",
]

Answer: TypeAlias = tuple[Vector, State]


def clip_by_norm(max_norm: float = 1.0, norm_type: float = 2.0, eps: float = 0.0) -> Transform:
    """Shorten a vector that is longer than `max_norm`, without turning it.

    `norm_type` is the p of the p-norm, `math.inf` for the largest entry. PyTorch adds 1e-6 to the
    norm before it divides, which leaves the vector a little too short: `eps=1e-6` does the same.
    A vector that is not finite has no length to be cut to, and passes as it is.
    Source: Pascanu, Mikolov & Bengio (2013), algorithm 1.

    >>> import numpy as np
    >>> from chainrule.optimize.methods import gradient_descent
    >>> method = chain(clip_by_norm(1.0), gradient_descent())
    >>> parameters = np.zeros(2)
    >>> method.update(np.array([30.0, 40.0]), method.init(parameters), parameters, 0.1)[0]
    array([-0.06, -0.08])
    """
    options = checked(max_norm=max_norm, norm_type=norm_type, eps=eps)
    return Transform("clip by norm", _stateless, _clip_by_norm, options)


def clip_by_value(clip_value: float = 1.0) -> Transform:
    """Bound every entry of a vector to between -`clip_value` and `clip_value`.

    >>> import numpy as np
    >>> clip_by_value(1.0).update(np.array([0.5, -3.0]), {}, np.zeros(2), 0.1)
    (array([ 0.5, -1. ]), {})
    """
    return Transform("clip by value", _stateless, _clip_by_value, checked(clip_value=clip_value))


def coupled_weight_decay(weight_decay: float = 0.01) -> Transform:
    """Add to the gradient that of weight_decay/2 · |parameters|²: ridge regression's penalty.

    A method with a `weight_decay` of its own does it so, unless it says that it decouples.

    >>> import numpy as np
    >>> coupled_weight_decay(0.1).update(np.array([1.0]), {}, np.array([5.0]), 0.1)
    (array([1.5]), {})
    """
    options = checked(weight_decay=weight_decay)
    return Transform("coupled weight decay", _stateless, _couple, options, place="before")


def decoupled_weight_decay(weight_decay: float = 0.01) -> Transform:
    """Shrink the parameters by rate · weight_decay in each step, whatever the method makes of it.

    Source: Loshchilov & Hutter (2019), algorithm 2.

    >>> import numpy as np
    >>> decoupled_weight_decay(0.1).update(np.array([1.0]), {}, np.array([5.0]), 0.1)
    (array([0.95]), {})
    """
    options = checked(weight_decay=weight_decay)
    return Transform("decoupled weight decay", _stateless, _decouple, options, place="after")


def chain(*parts: ChainLink) -> Method:
    """Join transforms and one method, in the order in which a gradient passes through them.

    What stands before the method changes the gradient, what stands after it the step: so a clip
    bounds the one or the other. The state holds each part's, its keys led by the part's place.
    Raises: SettingError unless there is one method and each transform stands where it works.

    >>> from chainrule.optimize.methods import adam
    >>> method = chain(clip_by_norm(1.0), adam(), decoupled_weight_decay(0.01))
    >>> [str(key) for key in method.init([0.0, 0.0])]
    ['1.count', '1.mean', '1.square']
    """
    links = tuple(joined.from_iterable(_links(part) for part in parts))
    methods = [place for place, link in enumerate(links) if isinstance(link, Method)]
    if len(methods) != 1:
        found = ", ".join(link.name for link in links) or "nothing"
        raise SettingError(
            f"a chain needs one method that turns a gradient into a step, not {len(methods)}. "
            f"Found: {found}.\n  For instance chain(clip_by_norm(1.0), adam())."
        )
    middle = methods[0]
    for place, link in enumerate(links):
        wrong = "after" if place < middle else "before"
        if isinstance(link, Transform) and link.place == wrong:
            raise SettingError(
                f"{link.name} must stand {wrong} {links[middle].name} in a chain: "
                f"it works on the {'step' if wrong == 'after' else 'gradient'}."
            )
    method = links[middle]
    rate = method.default_rate if isinstance(method, Method) else 0.0
    return Method(
        " + ".join(link.name for link in links),
        partial(_start_links, links),
        partial(_pass_on, links),
        default_rate=rate,
        parts=links,
    )


def _links(part: ChainLink) -> tuple[ChainLink, ...]:
    if not isinstance(part, ChainLink):
        raise SettingError(
            f"a chain is made of methods and transforms, not of {part!r:.60}.\n"
            "  For instance chain(clip_by_norm(1.0), adam())."
        )
    return part.parts


def _start_links(links: tuple[ChainLink, ...], parameters: Vector) -> State:
    return {
        f"{place}.{key}": value
        for place, link in enumerate(links)
        for key, value in link.init(parameters).items()
    }


def _pass_on(
    links: tuple[ChainLink, ...], vector: Vector, state: State, parameters: Vector, rate: float
) -> Answer:
    following: State = {}
    for place, link in enumerate(links):
        lead = f"{place}."
        own = {key[len(lead) :]: value for key, value in state.items() if key.startswith(lead)}
        vector, own = link.update(vector, own, parameters, rate)
        following.update((lead + key, value) for key, value in own.items())
    return vector, following


def _stateless(_parameters: Vector, **_options: float) -> State:
    return {}


def _clip_by_norm(
    vector: Vector,
    state: State,
    _parameters: Vector,
    _rate: float,
    *,
    max_norm: float,
    norm_type: float,
    eps: float,
) -> Answer:
    norm = _norm(vector, norm_type)
    if not (norm + eps > max_norm and np.isfinite(norm)):
        return vector, state
    return vector * (max_norm / (norm + eps)), state


def _norm(vector: Vector, order: float) -> float:
    """The p-norm, which overflows only where it is itself too large.

    Not `np.linalg.norm`: BLAS may add in another order with another number of threads.
    """
    sizes = np.abs(vector)
    largest = float(np.max(sizes, initial=0.0))
    if order == np.inf or largest == 0 or not np.isfinite(largest):
        return largest
    # A power of two: dividing by it rounds nothing.
    unit = float(np.ldexp(1.0, int(np.frexp(largest)[1]) - 1))
    sizes /= unit
    if order == 2:
        return unit * float(np.sqrt(np.sum(np.square(sizes, out=sizes))))
    return unit * float(np.sum(np.power(sizes, order, out=sizes)) ** (1 / order))


def _clip_by_value(
    vector: Vector, state: State, _parameters: Vector, _rate: float, *, clip_value: float
) -> Answer:
    return np.clip(vector, -clip_value, clip_value), state


def _couple(
    gradient: Vector, state: State, parameters: Vector, _rate: float, *, weight_decay: float
) -> Answer:
    return decayed(gradient, parameters, weight_decay), state


def _decouple(
    step: Vector, state: State, parameters: Vector, rate: float, *, weight_decay: float
) -> Answer:
    return shrunk(step, parameters, rate * weight_decay), state


def decayed(gradient: Vector, parameters: Vector, weight_decay: float) -> Vector:
    """Return the gradient with that of the penalty added; the same object where there is none."""
    if weight_decay == 0:
        return gradient
    answer = parameters * weight_decay
    answer += gradient
    return answer


def shrunk(step: Vector, parameters: Vector, share: float) -> Vector:
    """Return the step with a share of the parameters taken off; the same object where it is 0."""
    if share == 0:
        return step
    answer = parameters * -share
    answer += step
    return answer
