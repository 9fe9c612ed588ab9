"""Several expressions over the parameters of a loss, as one vector with its Jacobian.

May import the language, the calculus and `FlatLoss`; it must not know what the vector is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.calculus.symbolic import gradient_program
from chainrule.engine.program import flatten
from chainrule.language.columns import Floats
from chainrule.language.expression import expression, lift
from chainrule.language.folds import sum as total
from chainrule.optimize.bound import Bound
from chainrule.optimize.flat_loss import FlatLoss, bound_inputs
from chainrule.optimize.quadratic import fresh

__all__ = ["VectorFunction"]


class VectorFunction:
    """Expressions of any shapes, flattened one after the other to a vector (m,).

    loss: whose parameters they are of. data: what other variables are bound to.
    Raises: UnknownVariable for a variable that nobody gave.

    >>> x, y = expression("x"), expression("y")
    >>> both = VectorFunction([x * y, x - y], FlatLoss(x * y, {"x": 1.0, "y": 2.0}))
    >>> both.value(np.array([3.0, 4.0])), both.jacobian(np.array([3.0, 4.0]))
    (array([12., -1.]), array([[ 4.,  3.], [ 1., -1.]]))
    """

    __slots__ = ("_bound", "_inputs", "_second", "packing", "parts", "shapes", "size")

    def __init__(self, parts: Sequence[expression], loss: FlatLoss) -> None:
        self.parts = tuple(parts)
        self.packing = loss.packing
        program = flatten(list(self.parts))
        values = {**loss.data, **loss.packing.unpack(loss.start)}
        self._inputs = bound_inputs(program, values)
        moving = [name for name in loss.packing.names if name in program.inputs]
        self._bound = Bound(program, self._inputs, moving)
        slots = self._bound.run(self._views(self._bound, loss.start))
        self.shapes = [np.shape(slots[output]) for output in program.outputs]
        self.size = sum(int(np.prod(shape, dtype=int)) for shape in self.shapes)
        self._second: Bound | None = None

    def _views(self, bound: Bound, vector: Floats) -> dict[str, Any]:
        parts = self.packing.views(np.asarray(vector, dtype=np.float64))
        return {name: part for name, part in parts.items() if name in bound.inputs}

    def value(self, vector: Floats) -> Floats:
        """Return the vector (m,) at the parameters (n,)."""
        slots = self._bound.run(self._views(self._bound, vector))
        return np.concatenate([np.ravel(slots[output]) for output in self._bound.program.outputs])

    def jacobian(self, vector: Floats) -> Floats:
        """Return the derivatives (m, n) at the parameters (n,).

        Cost: one forward sweep for each of the n directions, or one for all where every variable is
        a number.
        """
        slots = self._bound.run(self._views(self._bound, vector))
        whole = np.zeros((self.size, len(vector)))
        names = list(self._bound.inputs)
        found = self._bound.jacobian(slots, names)
        if found is not None:
            whole[:, [self.packing.places[name][0] for name in names]] = found
            return whole
        for column, direction in enumerate(np.eye(len(vector))):
            views = self._views(self._bound, direction).items()
            seeds = {name: part for name, part in views if np.any(part)}
            if not seeds:
                continue
            row = 0
            for tangent, shape in zip(self._bound.forth(slots, seeds), self.shapes, strict=True):
                end = row + int(np.prod(shape, dtype=int))
                if tangent is not None:
                    whole[row:end, column] = np.ravel(np.broadcast_to(tangent, shape))
                row = end
        return whole

    def weighted_hessian(self, vector: Floats, weights: Floats) -> Floats:
        """Return the Hessian (n, n), at the parameters (n,), of weights (m,) times the vector.

        Cost: one forward sweep over the gradient for each of the n directions.

        >>> x, y = expression("x"), expression("y")
        >>> both = VectorFunction([x * y, x**3], FlatLoss(x * y, {"x": 1.0, "y": 2.0}))
        >>> both.weighted_hessian(np.array([2.0, 3.0]), np.array([1.0, 0.5]))
        array([[6., 1.],
               [1., 0.]])
        """
        if self._second is None:
            self._second = self._weighted()
        second = self._second
        values = self._views(second, vector)
        start = 0
        for number, shape in enumerate(self.shapes):
            end = start + int(np.prod(shape, dtype=int))
            if (name := self._weight(number)) in second.inputs:
                part = np.asarray(weights, dtype=np.float64)[start:end].reshape(shape)
                values[name] = part if shape else part[()]
            start = end
        slots = second.run(values)
        size = len(vector)
        whole = np.zeros((size, size))
        names = [name for name in self.packing.names if name in second.inputs]
        for row, direction in enumerate(np.eye(size)):
            views = self._views(second, direction).items()
            found = second.forth(slots, {name: part for name, part in views if np.any(part)})[1:]
            for name, part in zip(names, found, strict=True):
                if part is not None:
                    first, end = self.packing.places[name]
                    fitted = np.broadcast_to(part, self.packing.shapes[name])
                    whole[row, first:end] = np.ravel(fitted)
        return (whole + whole.T) / 2

    def _weight(self, number: int) -> str:
        """Name the variable for the weights of a part as no other is named."""
        return fresh(f"weight {number}", self._inputs)

    def _weighted(self) -> Bound:
        """Write the gradient of the weighted sum, for weights that are yet to come."""
        weights = [self._weight(number) for number in range(len(self.parts))]
        terms = [
            total(expression(weight) * part)
            for weight, part in zip(weights, self.parts, strict=True)
        ]
        whole = lift(sum(terms[1:], start=terms[0]))
        moving = [name for name in self.packing.names if name in self._bound.inputs]
        program = gradient_program(whole, moving)
        ones = dict(zip(weights, map(np.ones, self.shapes), strict=True))
        given = {name: one if one.ndim else one[()] for name, one in ones.items()}
        kept = [name for name in (*moving, *weights) if name in program.inputs]
        return Bound(program, {**self._inputs, **given}, kept)
