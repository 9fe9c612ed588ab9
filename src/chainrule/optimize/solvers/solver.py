"""A solver: a way down that looks at the loss itself, and finds the length of its steps.

Unlike a `Method`, which makes a step of a gradient and a rate, a solver asks for values, gradients
and curvature as often as it needs, so it takes all of the data at each of its steps. May import
`Objective`, the bounds and the states of methods; it must not know any particular solver.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, NamedTuple

from chainrule.errors import SettingError
from chainrule.optimize.methods.method import State, restored_state
from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point

__all__ = ["Advance", "Solver", "has_converged"]


class Advance(NamedTuple):
    """What an iteration of a solver comes to.

    reason: "" where there is more to do, else words that say why there is not; they begin with
    "converged" where that is a success. The point is then the best one found.
    """

    point: Point
    state: State
    reason: str = ""


def has_converged(reason: str) -> bool:
    """Tell whether the reason of an `Advance` is that of a success.

    >>> has_converged("converged: the gradient is 0"), has_converged("no descent direction")
    (True, False)
    """
    return reason.startswith("converged")


class Solver(ABC):
    """A way down from a point: `init` makes its state, `advance` goes one iteration further.

    A state is a dict of floats, ints and float arrays, so that it can be saved; it is handed back,
    never kept and never changed in place. The same loss, point and state give the same bits.
    options: by name, as the solver's maker takes them. most_parameters: beyond so many, the
    matrices that it keeps are too large, and `init` refuses.
    """

    __slots__ = ("_options", "name")

    name: Final[str]
    most_parameters: ClassVar[int | None] = None

    def __init__(self, name: str, options: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self._options = dict(options or {})  # no proxy here: it cannot be copied

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, name):
            raise AttributeError(f"{name!r} of {self!r} cannot be changed: make another one.")
        object.__setattr__(self, name, value)

    @property
    def options(self) -> Mapping[str, Any]:
        """The options by name, read-only."""
        return MappingProxyType(self._options)

    @abstractmethod
    def init(self, loss: Objective, start: Point, bounds: Bounds | None = None) -> State:
        """Make the state before the first iteration.

        start: within the bounds. Raises: SettingError for a loss, or bounds, that this solver
        cannot deal with.
        """

    @abstractmethod
    def advance(
        self, loss: Objective, point: Point, state: State, bounds: Bounds | None = None
    ) -> Advance:
        """Go one iteration further: a point that is no higher, within the bounds, and a state.

        Trouble on the way is a reason, in words, never an error.
        """

    def restored(
        self,
        saved: Mapping[str, Any],
        loss: Objective,
        start: Point,
        bounds: Bounds | None = None,
    ) -> State:
        """Return a state that was saved as JSON or by `np.savez`, with the types it had before.

        Raises: FileFormatError for what is no state of this solver with that many parameters.
        """
        return restored_state(self.name, self.init(loss, start, bounds), saved)

    def to_settings(self) -> dict[str, Any]:
        """Return name and options as JSON can hold them; `solver_from_settings` reads them back."""
        return {"name": self.name, "options": dict(self._options)}

    def refuse_size(self, size: int) -> None:
        """Refuse more parameters than the matrices of this solver are made for.

        Raises: SettingError.
        """
        if self.most_parameters is not None and size > self.most_parameters:
            raise SettingError(
                f"{self.name} keeps a matrix of {size} times {size} numbers for {size} parameters, "
                f"and is meant for at most {self.most_parameters}. Take 'l-bfgs' or 'newton-cg', "
                "which need vectors alone."
            )

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self._options.items())
        return f"{self.name.replace(' ', '_').replace('-', '_')}({options})"
