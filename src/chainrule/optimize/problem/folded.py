"""A loss over data that stay where they are: folded over blocks of rows as they are read.

May import the dense objective, which each block is one of; it must not know who minimises it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from typing import Any

import numpy as np

from chainrule.engine.compiled import compiled_of
from chainrule.engine.fold import Tree
from chainrule.engine.notation import text
from chainrule.engine.program import Program
from chainrule.errors import SettingError
from chainrule.language.expression import expression
from chainrule.optimize.problem.dense import DenseObjective, bound_inputs, trouble
from chainrule.optimize.problem.objective import Objective, Product
from chainrule.optimize.problem.packing import Packing
from chainrule.optimize.problem.posed import formula_of
from chainrule.optimize.problem.row_mean import Fold, NotByRows, fold_of
from chainrule.optimize.saving.fingerprint import head_of
from chainrule.tables.columns import Floats
from chainrule.tables.sheet import Sheet
from chainrule.tables.source import Source, names_with_rows, source_of

__all__ = ["MOST_HELD", "FoldedObjective", "objective_over"]

MOST_HELD = 2**27  # numbers of a file that are read into memory: a gigabyte
ROWS = 2**17  # of a block: reading it costs more than beginning with it


def objective_over(
    loss: Any, parameters: Mapping[Any, Any], data: Any = None, *, beside: Collection[str] = ()
) -> Objective:
    """Return a loss over data: in memory, or where a file holds more than that, block by block.

    Raises: as both of them.

    >>> x, w = expression("x"), expression("w")
    >>> type(objective_over((x - w) ** 2, {"w": 0.0}, {"x": 2.0})).__name__
    'DenseObjective'
    """
    sheets = [part for part in parts_of(data) if isinstance(part, Sheet) and part.stream]
    if len(sheets) == 1:  # the rows of several are put side by side in memory
        names = set(formula_of(loss).variables) & {*sheets[0].names, *sheets[0].index}
        if (sheets[0].n_rows or 0) * len(names) > MOST_HELD:
            return FoldedObjective(loss, parameters, data, beside=beside)
    return DenseObjective(loss, parameters, data, beside=beside)


def parts_of(data: Any) -> list[Any]:
    """Return data as a list of what holds some of them."""
    return list(data) if isinstance(data, list | tuple) else [data]


class FoldedObjective(Objective):
    """A loss that is a mean or a sum over the rows of a source, which is read anew each time.

    loss, parameters, beside: as of a `DenseObjective`. data: a source, or a list of one and of what
    has no rows. rows: of a block.
    Raises: as a `DenseObjective`; SettingError for a loss that its blocks do not add up to.

    >>> from chainrule import mean
    >>> x, w = expression("x"), expression("w")
    >>> data = {"x": np.array([1.0, 2.0, 6.0])}
    >>> loss = FoldedObjective(mean((x - w) ** 2), {"w": 0.0}, data, rows=2)
    >>> loss.value_and_gradient(loss.start)
    (13.666..., array([-6.]))
    """

    __slots__ = ("_block", "_cut", "_fold", "_names", "_rows", "_source", "n_rows")

    def __init__(
        self,
        loss: expression,
        parameters: Mapping[Any, Any],
        data: Any,
        *,
        beside: Collection[str] = (),
        rows: int = ROWS,
    ) -> None:
        self._source: Source = source_of(data)
        self._rows = rows
        self.expression = formula_of(loss)
        packing = Packing(parameters)
        self._names = [name for name in self.expression.variables if name not in packing.shapes]
        self._cut = names_with_rows(self._source) & set(self._names)
        if not self._cut:
            raise SettingError(
                f"there are no rows to read: {self._text()} has no columns among its data. "
                "Give what it is made of as numbers."
            )
        first = next(self._source.blocks(self._names, rows))
        self._block = DenseObjective(self.expression, parameters, first, beside=beside)
        self.packing, self.start = self._block.packing, self._block.start
        self.moving = self._block.moving
        self._fold = self._fold_of_rows()
        count = self._source.n_rows
        self.n_rows = sum(n for n, _ in self.blocks()) if count is None else count

    def _text(self) -> str:
        return text(compiled_of(self.expression).program, limit=200)

    def _fold_of_rows(self) -> Fold:
        """Return whether the loss is the mean or the sum of its blocks."""
        data = self._block.data
        shapes = {name: np.shape(value) for name, value in data.items()} | self.packing.shapes
        try:
            found = fold_of(self.expression, shapes, self._cut)
            if found in (Fold.MEAN, Fold.SUM):
                return found
            why = "no fold over rows is left in it."
        except NotByRows as reason:
            why = str(reason)
        raise SettingError(
            f"{self._text()} cannot be computed a block of rows at a time: {why} "
            "Read the columns into memory, read_table(path, columns), or write the loss as a mean "
            "over rows."
        )

    @property
    def first(self) -> DenseObjective:
        """The loss over the first block."""
        return self._block

    def blocks(self) -> Iterator[tuple[int, DenseObjective]]:
        """Read the data block by block: the number of rows of each, and the loss over it."""
        for block in self._source.blocks(self._names, self._rows):
            data = {name: as_double(value) for name, value in block.items()}
            yield max(len(data[name]) for name in self._cut), self._block.over(data)

    def weighted(self) -> Iterator[tuple[float, DenseObjective]]:
        """Give the loss over each block with the share that it has in the whole."""
        for count, block in self.blocks():
            yield (count / self.n_rows if self._fold is Fold.MEAN else 1.0), block

    @property
    def n_numbers(self) -> int:
        """How many numbers the data hold."""
        return self.n_rows * len(self._names)

    def value(self, vector: Floats) -> float:
        """Return the loss at a vector (n,)."""
        total = Tree()
        for share, block in self.weighted():
            total.add(share * block.value(vector))
        return float(total.total())

    def value_and_gradient(self, vector: Floats) -> tuple[float, Floats]:
        """Return the loss and its gradient (n,), NaN or infinite where they are."""
        total = Tree()
        for share, block in self.weighted():
            value, gradient = block.value_and_gradient(vector)
            total.add(share * np.append(gradient, value))
        found = total.total()
        return float(found[-1]), found[:-1]

    def curvature(self, vector: Floats) -> Product:
        """Return the Hessian at a vector as a function; each product reads the data once."""

        def product(direction: Floats) -> Floats:
            total = Tree()
            for share, block in self.weighted():
                total.add(share * block.hvp(vector, direction))
            found: Floats = total.total()
            return found

        return product

    def hessian(self, vector: Floats) -> Floats:
        """Return the Hessian at a vector, (n, n) and symmetric, from one reading of the data."""
        total = Tree()
        for share, block in self.weighted():
            total.add(share * block.hessian(vector))
        found: Floats = total.total()
        return found

    def rounding(self, vector: Floats) -> float:
        """Return how far rounding may have moved the loss at a vector, to the first order."""
        return float(sum(share * block.rounding(vector) for share, block in self.weighted()))

    def check_start(self) -> None:
        """Refuse a start where the loss or its gradient is NaN or infinite, see `Objective`."""
        for _, block in self.blocks():
            block.check_start()
        value, gradient = self.value_and_gradient(self.start)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            trouble(f"the loss is {value:.6g} over all rows", "it overflows on the way.")

    def values_at(self, vector: Floats) -> Any:
        """Return what has no rows, with the parameters of a vector (n,), as `eval` takes it."""
        data = self._block.data
        fixed = {name: value for name, value in data.items() if name not in self._cut}
        return [fixed, self.packing.unpack(vector)]

    def inputs_of(self, program: Program) -> dict[str, Any]:
        """Return a value for every variable of a program that has no columns, at the start.

        Raises: UnknownVariable for another.
        """
        return bound_inputs(program, self.values_at(self.start))

    def prints(self) -> dict[str, str]:
        """Return a hash of each number and column of the data, by name: that of it in memory."""
        found = {}
        for name in sorted(self._names):
            whole = None
            for block in self._source.blocks([name], self._rows):
                part = np.ascontiguousarray(as_double(block[name]))
                if whole is None:
                    length = (self.n_rows, *part.shape[1:]) if name in self._cut else part.shape
                    whole = sha256(head_of(part.dtype, length))
                elif name not in self._cut:
                    break
                whole.update(part.tobytes())
            found[name] = "" if whole is None else whole.hexdigest()
        return found


def as_double(value: Any) -> Any:
    """Return a number or an array in double precision."""
    found = np.asarray(value, dtype=np.float64)
    return found if found.ndim else found[()]
