"""Several expressions over the parameters of a loss, as one vector with its Jacobian.

May import the language, the calculus and `Objective`; it must not know what the vector is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.calculus.symbolic import gradient_program
from chainrule.engine.evaluate import Evaluator
from chainrule.engine.numbers import DOUBLES
from chainrule.engine.program import Program, flatten
from chainrule.engine.shapes import shapes_of
from chainrule.language.expression import expression, lift
from chainrule.language.folds import sum as total
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.quadratic import fresh
from chainrule.optimize.problem.written import NumberPart, written_parts
from chainrule.tables.columns import Floats

__all__ = ["VectorFunction"]

# The same constraints go with run after run, and what is written of them with their program.
flattened = lru_cache(maxsize=32)(flatten)
MANY = 1_000  # derivatives: fewer are no work
SPARSE = 8  # times as many as are not 0


class VectorFunction:
    """Expressions of any shapes, flattened one after the other to a vector (m,).

    loss: whose parameters they are of. data: what other variables are bound to.
    Raises: UnknownVariable for a variable that nobody gave.

    >>> from chainrule.optimize.problem.dense import DenseObjective
    >>> x, y = expression("x"), expression("y")
    >>> both = VectorFunction([x * y, x - y], DenseObjective(x * y, {"x": 1.0, "y": 2.0}))
    >>> both.value(np.array([3.0, 4.0])), both.jacobian(np.array([3.0, 4.0]))
    (array([12., -1.]), array([[ 4.,  3.], [ 1., -1.]]))
    """

    __slots__ = (
        "__weakref__",
        "_evaluator",
        "_inputs",
        "_second",
        "packing",
        "program",
        "shapes",
        "size",
        "written",
    )

    def __init__(self, parts: Sequence[expression] | Program, loss: Objective) -> None:
        self.packing = loss.packing
        program = parts if isinstance(parts, Program) else flattened(tuple(parts))
        self.program = program
        self._inputs = loss.inputs_of(program)
        moving = [name for name in loss.packing.names if name in program.inputs]
        self._evaluator = Evaluator(program, DOUBLES, self._inputs, moving)
        every = shapes_of(program, {name: np.shape(x) for name, x in self._inputs.items()})
        self.shapes = [every[slot] for slot in program.outputs]
        self.size = sum(int(np.prod(shape, dtype=int)) for shape in self.shapes)
        self._second: Evaluator | None = None
        self.written = program.analysis(
            written_parts,
            tuple(moving),
            tuple([(name, np.shape(value)) for name, value in self._inputs.items()]),
            tuple(self.packing.places.items()),
        )

    def _at(self, vector: Floats) -> dict[str, Any]:
        return {**self._inputs, **self._views(self._evaluator, vector)}

    def _views(self, evaluator: Evaluator, vector: Floats) -> dict[str, Any]:
        parts = self.packing.views(np.asarray(vector, dtype=np.float64))
        return {name: part for name, part in parts.items() if name in evaluator.moving}

    def value(self, vector: Floats) -> Floats:
        """Return the vector (m,) at the parameters (n,)."""
        if self.written and len(self.written) == 1 and isinstance(self.written[0][1], NumberPart):
            found = self.written[0][1].values(self._at(vector))
            if found is not None:
                return found
        values = self._evaluator.outputs(self._views(self._evaluator, vector))
        return np.concatenate([np.ravel(value) for value in values])

    def jacobian(self, vector: Floats) -> Floats:
        """Return the derivatives (m, n) at the parameters (n,).

        Cost: one evaluation of what was written for all columns together; where nothing could be,
        or it is NaN, one forward sweep for each of the n directions.
        """
        whole: Floats = np.empty((self.size, len(vector)))
        for rows, blocks in self.blocks(vector):
            start = rows.start if isinstance(rows, slice) else 0
            for block in blocks:
                end = start + block.shape[1]
                whole[slice(start, end) if isinstance(rows, slice) else rows] = block[:-1].T
                start = end
        return self.swept(vector) if np.isnan(whole).any() else whole

    @property
    def is_sparse(self) -> bool:
        """Whether most derivatives are 0 everywhere, and many enough that it matters."""
        if not self.written or not all(isinstance(part, NumberPart) for _, part in self.written):
            return False
        entries = sum([len(part.rows) for _, part in self.written if isinstance(part, NumberPart)])
        whole = self.size * self.packing.size
        return whole >= MANY and SPARSE * entries <= whole

    def sparse_jacobian(self, vector: Floats) -> Any:
        """Return the derivatives (m, n) as a sparse array of SciPy's, where `is_sparse`.

        Cost: one evaluation of the entries that are not 0 everywhere.
        """
        from scipy.sparse import csr_array  # noqa: PLC0415 - whoever asks has SciPy

        inputs = self._at(vector)
        shape = (self.size, self.packing.size)
        ((places, part),) = self.written or ()
        found = part.entries(inputs) if isinstance(part, NumberPart) else None
        if found is None or not isinstance(part, NumberPart):
            return csr_array(self.swept(vector))
        return csr_array((found, (places[part.rows], part.columns)), shape=shape)

    def blocks(self, vector: Floats) -> Iterator[tuple[Any, Iterator[Floats]]]:
        """Compute derivatives and values at the parameters (n,), in blocks of some rows.

        Each block is (n + 1, rows): a row for each parameter, and the values; it is overwritten by
        the next one. They come with the places of their rows.
        """
        inputs = self._at(vector)
        for rows, part in self.written or ():
            yield rows, part.blocks(inputs, len(vector))
        if not self.written:
            yield slice(0, self.size), iter([self.swept_block(vector)])

    def swept_block(self, vector: Floats) -> Floats:
        """Compute derivatives and values as one block, by sweeps."""
        return np.vstack([self.swept(vector).T, self.value(vector)])

    def swept(self, vector: Floats) -> Floats:
        """Compute the derivatives (m, n) by sweeps."""
        evaluator = self._evaluator
        at = evaluator.run(self._views(evaluator, vector))
        whole = np.zeros((self.size, len(vector)))
        found = at.many(list(evaluator.moving.values()), at.program.outputs, forth=True)
        if found is not None:
            whole[:, [self.packing.places[name][0] for name in evaluator.moving]] = found
            return whole
        for column, direction in enumerate(np.eye(len(vector))):
            seeds = seeds_along(evaluator, self._views(evaluator, direction))
            if not seeds:
                continue
            tangents, row = at.jvp(seeds), 0
            for output, shape in zip(at.program.outputs, self.shapes, strict=True):
                end = row + int(np.prod(shape, dtype=int))
                if tangents[output] is not None:
                    whole[row:end, column] = np.ravel(np.broadcast_to(tangents[output], shape))
                row = end
        return whole

    def weighted_hessian(self, vector: Floats, weights: Floats) -> Floats:
        """Return the Hessian (n, n), at the parameters (n,), of weights (m,) times the vector.

        Cost: one forward sweep over the gradient for each of the n directions.

        >>> from chainrule.optimize.problem.dense import DenseObjective
        >>> x, y = expression("x"), expression("y")
        >>> both = VectorFunction([x * y, x**3], DenseObjective(x * y, {"x": 1.0, "y": 2.0}))
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
            if (name := self._weight(number)) in second.moving:
                part = np.asarray(weights, dtype=np.float64)[start:end].reshape(shape)
                values[name] = part if shape else part[()]
            start = end
        at = second.run(values)
        size = len(vector)
        whole = np.zeros((size, size))
        names = [name for name in self.packing.names if name in second.moving]
        found = at.many([second.moving[name] for name in names], at.program.outputs[1:], forth=True)
        if found is not None:
            places = [self.packing.places[name][0] for name in names]
            whole[np.ix_(places, places)] = found
            return (whole + whole.T) / 2
        for row, direction in enumerate(np.eye(size)):
            pushed = at.jvp(seeds_along(second, self._views(second, direction)))
            for name, output in zip(names, at.program.outputs[1:], strict=True):
                if pushed[output] is not None:
                    first, end = self.packing.places[name]
                    fitted = np.broadcast_to(pushed[output], self.packing.shapes[name])
                    whole[row, first:end] = np.ravel(fitted)
        return (whole + whole.T) / 2

    def _weight(self, number: int) -> str:
        """Name the variable for the weights of a part as no other is named."""
        return fresh(f"weight {number}", self._inputs)

    def _weighted(self) -> Evaluator:
        """Write the gradient of the weighted sum, for weights that are yet to come."""
        program = self._evaluator.program
        nodes = program.nodes()
        weights = [self._weight(number) for number in range(len(program.outputs))]
        terms = [
            expression(weight) * nodes[slot]
            for weight, slot in zip(weights, program.outputs, strict=True)
        ]
        terms = [
            total(term) if shape else term for term, shape in zip(terms, self.shapes, strict=True)
        ]
        whole = lift(sum(terms[1:], start=terms[0]))
        moving = [name for name in self.packing.names if name in self._evaluator.moving]
        program = gradient_program(whole, moving)
        ones = dict(zip(weights, map(np.ones, self.shapes), strict=True))
        given = {name: one if one.ndim else one[()] for name, one in ones.items()}
        kept = [name for name in (*moving, *weights) if name in program.inputs]
        return Evaluator(program, DOUBLES, {**self._inputs, **given}, kept)


def seeds_along(evaluator: Evaluator, direction: Mapping[str, Any]) -> dict[int, Any]:
    """Return slot -> tangent for the parts of a direction that are not zero."""
    return {evaluator.moving[name]: part for name, part in direction.items() if np.any(part)}
