"""What is to be made small, as those see it who do so: a function of one flat vector.

May import the language and the packing; it must not know where data lie.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.engine.program import Program
from chainrule.language.expression import expression
from chainrule.optimize.problem.packing import Packing
from chainrule.tables.columns import Floats

__all__ = ["Objective", "Product"]

Product = Callable[[Floats], Floats]


class Objective(ABC):
    """A loss over data as a function of its parameters, flattened to a vector (n,).

    expression: the loss. packing: of the parameters. start: their vector. moving: the names of
    those that the loss contains.
    """

    __slots__ = ("__weakref__", "expression", "moving", "packing", "start")

    expression: expression
    packing: Packing
    start: Floats
    moving: tuple[str, ...]

    @property
    @abstractmethod
    def n_numbers(self) -> int:
        """How many numbers the data hold."""

    @abstractmethod
    def value(self, vector: Floats) -> float:
        """Return the loss at a vector (n,)."""

    @abstractmethod
    def value_and_gradient(self, vector: Floats) -> tuple[float, Floats]:
        """Return the loss and its gradient (n,), NaN or infinite where they are."""

    @abstractmethod
    def curvature(self, vector: Floats) -> Product:
        """Return the Hessian at a vector as a function: a direction (n,) in, the product (n,) out.

        Source: Pearlmutter (1994), Fast exact multiplication by the Hessian, Neural Computation 6.
        """

    @abstractmethod
    def hessian(self, vector: Floats) -> Floats:
        """Return the Hessian at a vector, (n, n) and symmetric."""

    @abstractmethod
    def rounding(self, vector: Floats) -> float:
        """Return how far rounding may have moved the loss at a vector, to the first order."""

    @abstractmethod
    def check_start(self) -> None:
        """Refuse a start where the loss or its gradient is NaN or infinite.

        Raises: NotANumber, with the step where that began.
        """

    @abstractmethod
    def values_at(self, vector: Floats) -> Any:
        """Return what was given, with the parameters of a vector (n,), as `eval` takes it."""

    @abstractmethod
    def inputs_of(self, program: Program) -> dict[str, Any]:
        """Return a value for every variable of a program, at the start, as the loss takes it.

        Raises: UnknownVariable for one that nobody gave.
        """

    @abstractmethod
    def prints(self) -> dict[str, str]:
        """Return a hash of each number and column of the data, by name."""

    def hvp(self, vector: Floats, direction: Floats) -> Floats:
        """Return the Hessian at a vector times a direction (n,); see `curvature` for several."""
        return self.curvature(vector)(direction)

    def joined(self, parts: list[Any]) -> Floats:
        """Join a part for every parameter in the loss (None is zero) to a vector (n,)."""
        flat = np.zeros(self.packing.size)
        for part, name in zip(parts, self.moving, strict=True):
            if part is None:
                continue
            start, end = self.packing.places[name]
            if not self.packing.shapes[name]:
                flat[start] = part
            else:
                flat[start:end] = np.ravel(np.broadcast_to(part, self.packing.shapes[name]))
        return flat
