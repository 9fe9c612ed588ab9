"""The rows of a loss, a few at a time: mini-batches, drawn by a generator.

May import the objective and the engine; it must not know which method moves the parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.calculus.symbolic import gradient_program
from chainrule.engine.compiled import compiled_of
from chainrule.engine.evaluate import Evaluator, has_nan
from chainrule.engine.numbers import DOUBLES
from chainrule.errors import SettingError
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.row_mean import refuse_unless_mean_of_rows
from chainrule.tables.columns import Floats

__all__ = ["Batches", "row_count"]

MOST_STEPS = 3_000  # of a loss whose gradient is written out


def row_count(loss: DenseObjective) -> int:
    """Return the number of rows of the data: the length of the longest array along its first axis.

    Raises: SettingError where no variable has rows.

    >>> from chainrule import expression, mean
    >>> x, w = expression("x"), expression("w")
    >>> row_count(DenseObjective(mean((x - w) ** 2), {"w": 0.0}, {"x": [1.0, 2.0, 3.0]}))
    3
    """
    lengths = [len(value) for value in loss.data.values() if np.ndim(value)]
    if not lengths:
        raise SettingError(
            "there are no rows to take in batches: the loss has no columns among its data. "
            "Leave batch_size out."
        )
    return max(lengths)


class Batches:
    """The rows of a loss that is a mean over them, `size` at a time.

    Rows are those of the arrays as long as the longest; others are the same in every batch. The
    last batch of an epoch is smaller where the size does not divide the number of rows.
    Raises: SettingError for more rows than there are, or a loss that is no mean over rows.

    >>> from chainrule import expression, mean
    >>> x, w = expression("x"), expression("w")
    >>> loss = DenseObjective(mean((x - w) ** 2), {"w": 0.0}, {"x": [1.0, 2.0, 6.0]})
    >>> batches = Batches(loss, 2)
    >>> batches.gradient(loss.start, np.array([0, 2]))
    array([-7.])
    """

    __slots__ = ("_fixed", "_loss", "_program", "_wanted", "_written", "n_rows", "rows", "size")

    def __init__(self, loss: DenseObjective, size: int) -> None:
        self.n_rows = row_count(loss)
        self.size = size
        if size > self.n_rows:
            raise SettingError(
                f"batch_size is {size}, but there are {self.n_rows} rows. "
                f"Give a whole number from 1 to {self.n_rows}."
            )
        data = loss.data
        self.rows: dict[str, Any] = {
            name: value
            for name, value in data.items()
            if np.ndim(value) and len(value) == self.n_rows
        }
        shapes = {name: np.shape(value) for name, value in data.items()} | loss.packing.shapes
        refuse_unless_mean_of_rows(loss.expression, shapes, self.rows)
        self._fixed = {name: value for name, value in data.items() if name not in self.rows}
        self._loss = loss
        program = compiled_of(loss.expression).program
        self._program = program
        self._wanted = [program.inputs[name] for name in loss.packing.names]
        self._written = None
        if len(program) <= MOST_STEPS:
            self._written = gradient_program(loss.expression, loss.packing.names)

    def draw(self, generator: np.random.Generator) -> Iterator[NDArray[np.intp]]:
        """Shuffle the rows, and give the places of each batch of an epoch."""
        order = generator.permutation(self.n_rows)
        for start in range(0, self.n_rows, self.size):
            yield order[start : start + self.size]

    def taken(self, places: NDArray[np.intp]) -> dict[str, Any]:
        """Return the data with these rows alone."""
        return self._fixed | {name: column[places] for name, column in self.rows.items()}

    def over(self, places: NDArray[np.intp]) -> DenseObjective:
        """Return the loss over these rows."""
        return self._loss.rows(places)

    def gradient(self, vector: Floats, places: NDArray[np.intp]) -> Floats:
        """Return the gradient (n,) of the mean over these rows.

        Cost: one reverse sweep over them, written out beforehand where that is short: for a few
        rows it is the steps that count, and a sweep finds them anew each time.
        """
        inputs = self.taken(places) | self._loss.packing.views(vector)
        if self._written is not None:
            found = Evaluator(self._written, DOUBLES, inputs).outputs()[1:]
            # What is written out has no repair of 0 times an infinite slope; a sweep has.
            if not any(map(has_nan, found)):
                return self._loss.joined(found)
        at = Evaluator(self._program, DOUBLES, inputs).run()
        swept = at.vjp({self._program.outputs[0]: 1}, self._wanted, last=True)
        return self._loss.joined([swept.get(slot) for slot in self._wanted])
