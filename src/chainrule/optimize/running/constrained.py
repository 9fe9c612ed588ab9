"""`solve_constrained`: the least value of an expression where constraints hold.

May import the solvers; it must not know of landscapes or models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.language.expression import expression
from chainrule.optimize.problem.bounds import bounds_of
from chainrule.optimize.problem.constraints import FEASIBLE, Margins, margins_of, variables_of
from chainrule.optimize.problem.folded import objective_over
from chainrule.optimize.problem.multipliers import is_stationary, residual_of
from chainrule.optimize.problem.point import Point
from chainrule.optimize.problem.posed import Ground, posed
from chainrule.optimize.settings import Range
from chainrule.optimize.solvers.named import solver_named
from chainrule.optimize.solvers.scipy_solvers import ScipySolver
from chainrule.optimize.solvers.solver import has_converged

__all__ = ["Solution", "solve_constrained"]

MOST_ITERATIONS = 1_000
ITERATIONS = Range(1.0, high_open=True, whole=True, example=MOST_ITERATIONS)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Solution:
    """Where a constrained search ended, and what says that it is a minimum.

    broken: constraint -> by how much it is broken, 0 where it holds. residual: the length of what
    is left of the gradient when the constraints and bounds that bind push back as much as they can;
    0 at a minimum (Karush, Kuhn and Tucker). iterations: of the solver.
    """

    parameters: dict[str, Any]
    loss: float
    success: bool
    message: str
    broken: dict[str, float]
    residual: float
    iterations: int

    @property
    def is_feasible(self) -> bool:
        """Whether every constraint holds, to a millionth."""
        return all(by <= FEASIBLE for by in self.broken.values())

    def __str__(self) -> str:
        listed = ", ".join(f"{name} = {value}" for name, value in self.parameters.items())
        wrong = [f"{text} (by {by:.3g})" for text, by in self.broken.items() if by > FEASIBLE]
        held = f"; broken: {', '.join(wrong)}" if wrong else "; every constraint holds"
        return f"{self.loss:.10g} at {listed} after {self.iterations} iterations{held}"

    def __repr__(self) -> str:
        return f"<Solution {self}>"


def solve_constrained(
    loss: expression | Ground,
    constraints: Any,
    start: Mapping[Any, Any],
    data: Any = None,
    *,
    bounds: Mapping[Any, Any] | None = None,
    method: str = "slsqp",
    n_iterations: int = MOST_ITERATIONS,
) -> Solution:
    """Make a loss small where constraints hold, by SciPy with exact derivatives of all of them.

    loss: an expression, or a landscape, which brings its own constraints. constraints: comparisons
    such as x + y <= 2, or `equal(x, y)`; None for no others. bounds: name -> (low, high), None for
    no bound. method: "slsqp" or "trust-constr". What is found is a local minimum: start from
    several places where there may be others.
    Raises: SettingError for another method; MissingExtra without SciPy; as `Objective` and
    `eval`.
    Source: Nocedal & Wright (2006), chapters 12, 18 and 19.

    >>> x, y = expression("x"), expression("y")
    >>> found = solve_constrained(x**2 + y**2, x + y >= 2, {"x": 3.0, "y": 0.0})
    >>> round(found.parameters["x"], 6), round(found.loss, 6), found.is_feasible
    (1.0, 2.0, True)
    """
    most = int(ITERATIONS.checked("n_iterations", n_iterations))
    given = posed(loss, start, constraints, np.random.default_rng)
    margins = margins_of(given.constraints)
    flat = objective_over(given.loss, given.start, data, beside=variables_of(margins))
    box = bounds_of(bounds, flat.packing)
    solver = solver_named(method)
    if not isinstance(solver, ScipySolver):
        raise SettingError(f"{solver.name} takes no constraints. Take 'slsqp' or 'trust-constr'.")
    solver = solver.under(margins)
    begin = flat.start if box is None else box.clip(flat.start)
    point = Point.at(flat, begin)
    if not point.is_finite:
        flat.start = begin
        flat.check_start()
    state = solver.init(flat, point, box)
    reason, count = "", 0
    while not reason and count < most:
        point, state, reason = solver.advance(flat, point, state, box)
        count += not reason
    reason = reason or f"stopped after {most} iterations, before it had converged"
    residual = residual_of(point, Margins.over(margins, flat), box, begin)
    values = flat.values_at(point.vector)
    broken = {margin.text: margin.broken(values) for margin in margins}
    good = has_converged(reason) and max(broken.values(), default=0.0) <= FEASIBLE
    if good and not is_stationary(residual, point):
        good = False
        reason = (
            f"{reason.removeprefix('converged: ')}, but this is no minimum: {residual:.3g} of the "
            "gradient is pushed back by nothing. Start elsewhere, or take another method"
        )
    where = flat.packing.unpack(point.vector)
    return Solution(where, point.value, good, reason, broken, residual, count)
