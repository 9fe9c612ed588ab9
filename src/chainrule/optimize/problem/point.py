"""A place on the way down: parameters, the loss there, and its gradient.

May import the objective and the bounds; it must not know who goes there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.objective import Objective
from chainrule.tables.columns import Floats

__all__ = ["Point"]


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A place: the vector of the parameters (n,), the loss there, and its gradient (n,).

    >>> from chainrule.optimize.problem.dense import DenseObjective
    >>> from chainrule import expression
    >>> Point.at(DenseObjective(expression("x") ** 2, {"x": 3.0}), np.array([3.0]))
    Point(vector=array([3.]), value=9.0, gradient=array([6.]))
    """

    vector: Floats
    value: float
    gradient: Floats

    @classmethod
    def at(cls, loss: Objective, vector: Floats) -> Point:
        """Compute the loss and its gradient at a vector, which is kept as it is."""
        value, gradient = loss.value_and_gradient(vector)
        return cls(vector, value, gradient)

    @property
    def is_finite(self) -> bool:
        """Whether the loss and every slope are numbers, neither infinite nor NaN."""
        return bool(np.isfinite(self.value) and np.isfinite(self.gradient).all())

    def slope(self, bounds: Bounds | None = None) -> Floats:
        """Return the gradient without what points out of the bounds: 0 at a minimum within them."""
        return self.gradient if bounds is None else bounds.projected(self.vector, self.gradient)
