"""Every number of a page as JavaScript: what the sweep of `diff` does, done once on nodes.

The sweep that writes derivative graphs is told contribution by contribution, so that each value,
local derivative, contribution, running sum and share of a path is one output of one program. That
program is written as a function of the inputs, which a page calls while a slider moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.compiled import compiled_of
from chainrule.engine.evaluate import Contribution, written
from chainrule.engine.program import Program, flatten
from chainrule.engine.shapes import shapes_of
from chainrule.engine.sizes import Shape
from chainrule.engine.sources import javascript
from chainrule.errors import ChainRuleError
from chainrule.language.compute import slot_of
from chainrule.language.explaining.recorded import recorded
from chainrule.language.expression import expression
from chainrule.language.folds import fitted

__all__ = ["Live", "starting_values"]

Place = tuple[int, int]
# Tried in this order: one variable apart from the others, all alike, and then each its own.
STARTS = (1.0, 0.5, 2.0, 0.25, 3.0, 0.1, -1.0, 10.0)
MOST_TRIED = 12  # variables that are tried one by one


class Live:
    """The nodes of all numbers of both passes over a program.

    shapes: of the inputs that are columns. wrt: what is differentiated by, or None for every
    variable.
    values: of every slot. locals, contributions, totals: of every place (a step and the number of
    its operand) that the sweep reaches. adjoints: of every slot that it reaches.
    """

    __slots__ = (
        "adjoints",
        "at",
        "contributions",
        "is_number",
        "locals",
        "program",
        "shapes",
        "totals",
        "values",
    )

    def __init__(self, program: Program, shapes: Mapping[str, Shape], wrt: str | None) -> None:
        self.program = program
        self.shapes = dict(shapes)
        self.locals: dict[Place | None, Any] = {}
        self.contributions: dict[Place | None, Any] = {}
        self.totals: dict[Place | None, Any] = {}
        output = program.outputs[0]
        self.adjoints: dict[int, Any] = {output: 1.0}
        known = shapes_of(program, {name: tuple(shapes.get(name, ())) for name in program.inputs})
        self.is_number = [shape == () for shape in known]
        # As in the sweep on numbers: between numbers, there is nothing to bring to a shape.
        fit = fitted if self.is_number[output] and not all(self.is_number) else None
        self.at = written(program, fit)
        self.values: list[Any] = self.at.slots
        names = list(program.inputs) if wrt is None else [wrt]
        wanted = [slot_of(program, name) for name in names]
        self.at.vjp({output: 1}, wanted, self._record)

    def _record(self, told: Contribution) -> None:
        slot, number, _, local, contribution = told
        place, operand = (slot, number), self.program.arguments[slot][number]
        if local is None and self.is_number[slot]:
            local = self.at.pulled(slot, number, 1.0)
        if local is not None:
            self.locals[place] = local
        self.contributions[place] = contribution
        before = self.adjoints.get(operand)
        total = contribution if before is None else before + contribution
        self.totals[place] = self.adjoints[operand] = total

    def share(self, places: Sequence[Place]) -> Any:
        """Return what flows back along a path, given in the direction of the data."""
        return self.at.along(places)

    def written(self, nodes: Sequence[Any]) -> str:
        """Write the function from the list of inputs to the list of these numbers.

        Raises: as `javascript`.
        """
        roots = [expression.lift(item) for item in nodes]
        return javascript(flatten(roots), names=list(self.program.inputs), shapes=self.shapes)


def starting_values(root: expression) -> dict[str, float] | None:
    """Choose a number for every variable, 1 wherever all of both passes is finite there.

    None where numbers will not do, as for a formula that needs arrays.
    """
    names = list(compiled_of(root).program.inputs)
    ones = dict.fromkeys(names, STARTS[0])
    single = [{**ones, name: start} for name in names[:MOST_TRIED] for start in STARTS[1:]]
    alike = [dict.fromkeys(names, start) for start in STARTS[1:]]
    apart = [
        {name: STARTS[(place + turn) % len(STARTS)] for place, name in enumerate(names)}
        for turn in range(len(STARTS))
    ]
    evaluated = None
    for values in (ones, *single, *alike, *apart):
        try:
            found = recorded(root, values, matrices=True)
        except ChainRuleError:
            continue
        numbers = [*found.values, *(flow.total for flow in found.flows)]
        if all(bool(np.all(np.isfinite(number))) for number in numbers):
            return values
        evaluated = evaluated or values
    return evaluated
