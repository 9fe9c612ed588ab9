"""Kinks of a loss: places where its slope jumps, which no smooth step gets past.

Found by the gradient, which changes as much over a step a thousand times as short; named by the
step of the formula that turns there. May import the objective; it must not know who walks there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.compiled import compiled_of
from chainrule.engine.evaluate import slopes_of_step
from chainrule.engine.notation import text
from chainrule.errors import ChainRuleError
from chainrule.language.expression import lift
from chainrule.optimize.problem.objective import Objective
from chainrule.tables.columns import Floats

__all__ = ["kink_beside"]

REACH = 1e-6  # of 1 and the parameters: how far a kink is looked for
HALVINGS = 20
ABRUPT = 0.25  # of a change, left over a millionth of the way: what is smooth leaves a millionth
ALIKE = 20  # times: a jump so much longer or shorter than the gradient is another matter
APART = 1e-3  # of two slopes: as far as they are apart where a step turns


def kink_beside(loss: Objective, vector: Floats, gradient: Floats) -> str:
    """Return what turns the slope of a loss close to a vector (n,), "" where nothing does.

    gradient: there. It is looked for both ways along it.

    >>> from chainrule import abs, expression
    >>> from chainrule.optimize.problem.dense import DenseObjective
    >>> loss = DenseObjective(abs(expression("x") - 1), {"x": 1.0})
    >>> kink_beside(loss, np.array([1 - 1e-13]), np.array([-1.0]))
    'abs(x - 1)'
    >>> kink_beside(loss, np.array([0.5]), np.array([-1.0]))
    ''
    """
    with np.errstate(all="ignore"):
        size = float(np.linalg.norm(gradient))
        if not 0 < size < np.inf:
            return ""
        way = -gradient / size * REACH * (1 + float(np.linalg.norm(vector)))
        found = turning(loss, vector - way, vector + way, size)
        return "" if found is None else step_between(loss, *found)


def turning(
    loss: Objective, low: Floats, high: Floats, size: float
) -> tuple[Floats, Floats] | None:
    """Return two places close together between which the gradient jumps, None if it does not."""
    below, above = loss.value_and_gradient(low)[1], loss.value_and_gradient(high)[1]
    whole = float(np.linalg.norm(above - below))
    if not size / ALIKE < whole < size * ALIKE:
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if np.array_equal(middle, low) or np.array_equal(middle, high):
            break
        slope = loss.value_and_gradient(middle)[1]
        if np.linalg.norm(slope - below) >= np.linalg.norm(above - slope):
            high, above = middle, slope
        else:
            low, below = middle, slope
    left = float(np.linalg.norm(above - below))
    return (low, high) if left > ABRUPT * whole else None


def step_between(loss: Objective, low: Floats, high: Floats) -> str:
    """Name the step of a formula that turns between two places close together.

    It is the first whose local derivative, or whose value, is another one there.
    """
    program = compiled_of(loss.expression).program
    nodes = program.nodes()
    try:
        sides = [[lift(node).eval(loss.values_at(at)) for node in nodes] for at in (low, high)]
    except ChainRuleError:  # data that are read block by block
        return "the formula"
    for slot, operation in enumerate(program.operations):
        places = program.arguments[slot]
        if operation.is_elementwise and places:
            known: list[list[Any]] = []
            for values in sides:
                operands = [values[place] for place in places]
                settings, asked = program.attributes[slot], [True] * len(places)
                slopes = slopes_of_step(operation, values[slot], operands, settings, asked)
                known.append([values[slot], *[0.0 if slope is None else slope for slope in slopes]])
            if any(map(differ, *known)):
                return text(program, slot, limit=100)
    return "the formula"


def differ(one: Any, other: Any) -> bool:
    """Tell whether some element is another one, by more than so short a way can change."""
    one, other = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    change = np.abs(one - other)
    return bool(np.any(change > APART * (1 + np.abs(one) + np.abs(other))))
