"""A method of descent as two pure functions: what it starts from, and how it steps.

The idea of the pair, and of composing pairs in a chain, is Optax's. May import NumPy, the table of
settings and the errors; it must not know any particular method, nor the loop that calls it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, final, get_args

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import FileFormatError, SettingError, ShapeError, closest
from chainrule.optimize.settings import checked_setting

__all__ = [
    "ChainLink",
    "Method",
    "Place",
    "State",
    "Transform",
    "Vector",
    "array_in",
    "count_in",
    "number_in",
    "plain_state",
    "restored_state",
]

Vector: TypeAlias = NDArray[np.float64]
State: TypeAlias = dict[str, "float | int | Vector"]
Start: TypeAlias = Callable[..., State]
Update: TypeAlias = Callable[..., tuple[Vector, State]]


class ChainLink(ABC):
    """One link of a chain: `init` makes its state, `update` maps a vector and a state to new ones.

    Vectors are flat and of float64, shape (n,). A state is a dict of floats, ints and such vectors,
    so it can be saved; it is handed back, never kept and never changed in place.
    """

    __slots__ = ("_init", "_options", "_update", "name")

    name: Final[str]

    def __init__(
        self, name: str, init: Start, update: Update, options: Mapping[str, Any] | None = None
    ) -> None:
        self.name = name
        self._options = dict(options or {})
        self._init = init
        self._update = update

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, name):
            raise AttributeError(f"{name!r} of {self!r} cannot be changed: make another one.")
        object.__setattr__(self, name, value)

    @property
    def options(self) -> Mapping[str, Any]:
        """The options by name, read-only."""
        return MappingProxyType(self._options)

    def init(self, parameters: Vector) -> State:
        """Make the state before the first step.

        Shapes: (n,).
        Raises: ShapeError for parameters that are no flat vector.
        """
        return self._init(_flat("parameters", parameters), **self._options)

    def update(
        self, gradient: Vector, state: State, parameters: Vector, rate: float
    ) -> tuple[Vector, State]:
        """Map the gradient at the parameters to what is to be added to them, and to the next state.

        Nothing warns: what overflows becomes infinite or NaN, as IEEE 754 has it.
        Shapes: (n,), (n,) -> (n,).
        Raises: ShapeError for vectors that do not fit; SettingError for a rate that is negative,
        infinite or NaN.
        """
        rate = checked_setting("rate", rate)
        gradient = _flat("gradient", gradient)
        parameters = _flat("parameters", parameters)
        if gradient.shape != parameters.shape:
            raise ShapeError(
                f"{self.name}: the gradient has shape {gradient.shape}, the parameters have shape "
                f"{parameters.shape}.\n  Give one slope for each parameter, both as flat vectors."
            )
        with np.errstate(all="ignore"):
            return self._update(gradient, state, parameters, rate, **self._options)

    def restored(self, saved: Mapping[str, Any], parameters: Vector) -> State:
        """Return a state that was saved as JSON or by `np.savez`, with the types it had before.

        Shapes: (n,).
        Raises: FileFormatError for what is no state of this method with that many parameters.
        """
        return restored_state(self.name, self.init(parameters), saved)

    def to_settings(self) -> dict[str, Any]:
        """Return name and options as JSON can hold them; `method_from_settings` reads them back."""
        options = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in self._options.items()
        }
        return {"name": self.name, "options": options}

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self._options.items())
        return f"{self.name.replace(' ', '_')}({options})"

    @property
    @abstractmethod
    def parts(self) -> tuple[ChainLink, ...]:
        """The links, if this is a chain; else itself alone."""


Response: TypeAlias = Literal["linear", "smooth", "any"]
_RESPONSES = get_args(Response)


@final
class Method(ChainLink):
    """A method of descent: its `update` turns a gradient into a step, to be added.

    `options` are handed to both functions by keyword. `default_rate` is the learning rate where
    none is given; PyTorch's for its methods. `response` says how steps answer to gradients:
    "linear" where they are the rate times a sum of them, element by element, so that the curvature
    bounds the rate; "smooth" where gradients that differ little make steps that differ little;
    "any" otherwise.

    >>> import numpy as np
    >>> def init(parameters):
    ...     return {"count": 0}
    >>> def update(gradient, state, parameters, rate):
    ...     count = state["count"] + 1
    ...     return -rate / count * gradient, {"count": count}
    >>> mine = Method("mine", init, update)
    >>> parameters = np.array([3.0, 4.0])
    >>> state = mine.init(parameters)
    >>> mine.update(2 * parameters, state, parameters, 0.5)
    (array([-3., -4.]), {'count': 1})
    """

    __slots__ = ("_parts", "default_rate", "response")

    def __init__(
        self,
        name: str,
        init: Start,
        update: Update,
        options: Mapping[str, Any] | None = None,
        *,
        default_rate: float = 1e-3,
        response: Response = "any",
        parts: tuple[ChainLink, ...] = (),
    ) -> None:
        super().__init__(name, init, update, options)
        if response not in _RESPONSES:
            raise SettingError(
                f"response must be one of {_RESPONSES}, not {response!r}."
                f"{closest(str(response), _RESPONSES)}"
            )
        self.response: Final[Response] = response
        self.default_rate: Final[float] = checked_setting("rate", default_rate)
        self._parts = parts

    @property
    def parts(self) -> tuple[ChainLink, ...]:
        """The links, if this is a chain; else itself alone."""
        return self._parts or (self,)

    def to_settings(self) -> dict[str, Any]:
        """Return name and options as JSON can hold them; `method_from_settings` reads them back.

        >>> from chainrule.optimize.methods import adamw
        >>> adamw(eps=0.001).to_settings()["options"]
        {'betas': [0.9, 0.999], 'eps': 0.001, 'weight_decay': 0.01, 'amsgrad': False}
        """
        if not self._parts:
            return super().to_settings()
        return {"name": "chain", "parts": [part.to_settings() for part in self._parts]}

    def __repr__(self) -> str:
        if not self._parts:
            return super().__repr__()
        return f"chain({', '.join(map(repr, self._parts))})"


# Where a transform may stand: before the method it sees gradients, after it steps.
Place: TypeAlias = Literal["before", "after", "anywhere"]
_PLACES = get_args(Place)


@final
class Transform(ChainLink):
    """What changes a gradient before a method sees it, or a step after; `chain` puts it there."""

    __slots__ = ("place",)

    def __init__(
        self,
        name: str,
        init: Start,
        update: Update,
        options: Mapping[str, Any] | None = None,
        *,
        place: Place = "anywhere",
    ) -> None:
        super().__init__(name, init, update, options)
        if place not in _PLACES:
            raise SettingError(
                f"place must be one of {_PLACES}, not {place!r}.{closest(str(place), _PLACES)}"
            )
        self.place: Final[Place] = place

    @property
    def parts(self) -> tuple[ChainLink, ...]:
        """Itself alone."""
        return (self,)


def plain_state(state: State) -> dict[str, Any]:
    """Return a state as JSON can hold it, without the loss of a bit.

    >>> import numpy as np
    >>> plain_state({"count": 3, "mean": np.array([0.1, -0.0])})
    {'count': 3, 'mean': [0.1, -0.0]}
    """
    return {
        key: value.tolist() if isinstance(value, np.ndarray) else value
        for key, value in state.items()
    }


def array_in(state: State, key: str, like: Vector) -> Vector:
    """Return a vector of a state, also where JSON has made a list of it.

    Raises: SettingError where there is none; ShapeError unless it is as long as another vector.
    """
    found: Vector = np.asarray(_entry(state, key), dtype=np.float64)
    if found.shape != like.shape:
        raise ShapeError(
            f"the state has shape {found.shape} under {key!r}, the parameters have shape "
            f"{like.shape}.\n  A state goes with the parameters that it was made for."
        )
    return found


def number_in(state: State, key: str) -> float:
    """Return a number of a state, also where a file has made an array of it.

    Raises: SettingError where there is none.

    >>> import numpy as np
    >>> number_in({"product": np.array(0.5)}, "product")
    0.5
    """
    return float(_entry(state, key))


def count_in(state: State) -> int:
    """Return the number of steps that a state has seen, also where a file made an array of it.

    Raises: SettingError where it tells none.
    """
    return int(_entry(state, "count"))


def _entry(state: State, key: str) -> Any:
    try:
        return state[key]
    except KeyError:
        raise SettingError(
            f"the state lacks {key!r}. Found: {list(state)}.\n"
            "  The first is what the method's init returns, each next one what its update returns."
        ) from None


def _flat(name: str, values: Vector) -> Vector:
    vector: Vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1:
        raise ShapeError(
            f"the {name} must be a flat vector, not of shape {vector.shape}.\n"
            "  Flatten it: array.ravel()."
        )
    return vector


def restored_state(name: str, fresh: State, saved: Mapping[str, Any]) -> State:
    """Return a saved state with the types and shapes of a fresh one.

    name: of what the state belongs to. Raises: FileFormatError for what does not fit.

    >>> restored_state("mine", {"count": 0}, {"count": 2.0})
    {'count': 2}
    """
    if not isinstance(saved, Mapping):
        raise FileFormatError(
            f"the state of {name} must be a mapping, not a {type(saved).__name__}."
        )
    found = list(saved)
    for key in sorted({*fresh} ^ {*found}, key=str):
        fault = "lacks" if key in fresh else "has an unknown"
        raise FileFormatError(
            f"the state of {name} {fault} {key!r}. Found: {found}; needed: {[*fresh]}.\n"
            "  Go on with the method and options that it was saved with, or start afresh."
        )
    return {key: _like(name, key, value, saved[key]) for key, value in fresh.items()}


def _like(method: str, key: str, fresh: float | Vector, saved: object) -> float | Vector:
    """A saved entry of a state, as what stands there in a fresh one."""
    try:
        found = np.asarray(saved)
    except ValueError:
        # Lists of several lengths.
        found = np.asarray(None)
    if found.dtype.kind not in "iuf":
        raise FileFormatError(
            f"the state of {method} holds no numbers under {key!r}: {saved!r:.60}."
        )
    if found.shape != np.shape(fresh):
        raise FileFormatError(
            f"the state of {method} has shape {found.shape} under {key!r}, where the parameters "
            f"need {np.shape(fresh)}.\n  Go on with the parameters that it was saved with."
        )
    if isinstance(fresh, np.ndarray):
        # A copy: what was read stays the reader's.
        return found.astype(np.float64)
    number = float(found)
    if not isinstance(fresh, int):
        return number
    if not (math.isfinite(number) and number == int(number) and number >= 0):
        raise FileFormatError(
            f"the state of {method} needs a whole number from 0 under {key!r}, not {number!r}."
        )
    return int(number)
