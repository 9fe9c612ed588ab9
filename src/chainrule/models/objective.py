"""A loss over columns as a function of its parameters: its value, its gradient, its curvature.

The expression is bound to the columns once; each call is one forward and one reverse sweep of the
engine. May import the language and `formula`; it must not know where the columns came from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.engine.compiled import compiled_of
from chainrule.engine.evaluate import Evaluator
from chainrule.language.binding import bind
from chainrule.language.compute import slot_of
from chainrule.models.formula import Formula
from chainrule.tables.columns import Floats

__all__ = ["Objective", "largest_stable_rate"]


class Objective:
    """The loss of a formula over a table, and its gradient by the parameters.

    Shapes: a column a name, each (n,); parameters and gradient (k + 1,), the intercept last.
    Cost of a call: one reverse sweep, a small multiple of one evaluation of the loss.
    """

    __slots__ = ("_evaluator", "_names", "_slots")

    def __init__(
        self, formula: Formula, columns: Sequence[Floats], target: Floats, reduction: str
    ) -> None:
        program = compiled_of(formula.loss(reduction)).program
        values = dict(zip(formula.columns, columns, strict=True))
        values[formula.target] = target
        start = dict.fromkeys(formula.parameters, 0.0)
        self._names = formula.parameters
        numbers, inputs = bind(program, {**values, **start})
        self._evaluator = Evaluator(program, numbers, inputs, moving=self._names)
        self._slots = [slot_of(program, name) for name in formula.parameters]

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        """Return the loss and its gradient at these parameters."""
        found = self._evaluator.run(dict(zip(self._names, parameters, strict=True)))
        loss = float(found.output)
        adjoints = found.vjp({found.program.outputs[0]: 1}, self._slots, last=True)
        return loss, np.array([adjoints[slot] for slot in self._slots])


def largest_stable_rate(columns: Sequence[Floats], n_rows: int, reduction: str) -> float:
    """Return the learning rate beyond which descent on the squared residuals diverges.

    It is 2 divided by the largest curvature: the largest eigenvalue of the loss's Hessian, which
    for the mean is 2/n times the products of the columns, and of a column of ones for the
    intercept. Shapes: k columns of shape (n,).
    Source: Nocedal & Wright (2006), Numerical Optimization, section 3.3.
    """
    # Scaled first: the squares of columns beyond 1e154 overflow.
    largest = max([1.0, *[float(np.abs(column).max()) for column in columns]])
    scaled = np.vstack([*columns, np.ones(n_rows)]) / largest
    products = scaled @ scaled.T if len(scaled) <= n_rows else scaled.T @ scaled
    curvature = float(np.linalg.eigvalsh(products)[-1])
    return (1.0 if reduction == "sum" else n_rows) / curvature / largest / largest
