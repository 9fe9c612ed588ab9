"""A quadratic objective as what one pass over the data leaves of it.

Of a sum of squared residuals, which are lines in the parameters, that is R of a QR of their
Jacobian and of themselves: the Gram matrix would lose half of the digits. Of another quadratic it
is the Hessian, and value and slope at one point. May import objectives and residuals; it must not
know who descends on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from chainrule.calculus.differences import EPS
from chainrule.calculus.symbolic import symbolic_jvp
from chainrule.engine.program import Program, flatten
from chainrule.errors import SettingError
from chainrule.language.expression import expression
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.problem.quadratic import fresh, is_quadratic, reached
from chainrule.optimize.problem.reduced import by_qr, listed, normal_matrix
from chainrule.optimize.problem.residuals import Residuals, residuals_of
from chainrule.tables.columns import Floats

__all__ = ["QuadraticForm", "constant_hessian", "quadratic_form"]

MOST_PARAMETERS = 1_024  # beyond, their square outweighs the data
HESSIANS: WeakKeyDictionary[Objective, Floats | None] = WeakKeyDictionary()
LONGEST = 30_000  # steps whose first derivative is written
ROUNDING = 1e-13  # of a sum over rows


@dataclass(frozen=True, slots=True, eq=False)
class QuadraticForm:
    """A quadratic function of a vector (n,), about a centre.

    triangle: R (m, n + 1) of the residuals' Jacobian and of themselves at the centre, so that the
    function is |R (vector - centre, 1)|² + rest; None of what is no sum of squares. There it is
    value + slope · d + d · hessian d / 2.

    >>> from chainrule.optimize.problem.dense import DenseObjective
    >>> x, y = expression("x"), expression("y")
    >>> objective = DenseObjective(x**2 + x * y, {"x": 1.0, "y": 2.0})
    >>> form = quadratic_form(objective, Point.at(objective, objective.start))
    >>> form.values(np.array([[3.0, 1.0]])), form.gradients(np.array([[3.0, 1.0]]))
    (array([12.]), array([[7., 3.]]))
    """

    centre: Floats
    value: float
    slope: Floats
    hessian: Floats
    triangle: Floats | None = None
    rest: float = 0.0

    def values(self, path: Floats) -> Floats:
        """Return the function at every row of a path: (k, n) -> (k,)."""
        away = path - self.centre
        if self.triangle is None:
            bent = summed(away, self.hessian)
            found: Floats = self.value + np.add.reduce(away * (self.slope + bent / 2), axis=1)
            return found
        residuals = self._residuals(away, self.triangle)
        return np.asarray(np.add.reduce(residuals * residuals, axis=1) + self.rest)

    def gradients(self, path: Floats) -> Floats:
        """Return the gradient at every row of a path: (k, n) -> (k, n)."""
        away = path - self.centre
        if self.triangle is None:
            return self.slope + summed(away, self.hessian)
        residuals = self._residuals(away, self.triangle)
        return 2.0 * summed(residuals, np.ascontiguousarray(self.triangle[:, :-1].T))

    def _residuals(self, away: Floats, triangle: Floats) -> Floats:
        return summed(away, np.ascontiguousarray(triangle[:, :-1])) + triangle[:, -1]

    def value_and_gradient(self, vector: Floats) -> tuple[float, Floats]:
        """Return the function and its gradient (n,) at a vector (n,)."""
        away = vector - self.centre
        if self.triangle is None:
            slope = self.slope + np.dot(self.hessian, away)
            return self.value + float(np.dot(away, self.slope + slope)) / 2, slope
        inner, last = self.triangle[:, :-1], self.triangle[:, -1]
        residuals = np.dot(inner, away) + last
        return float(np.dot(residuals, residuals)) + self.rest, 2.0 * np.dot(residuals, inner)

    def noise(self) -> float:
        """Return how long a gradient can be that is nothing but rounding."""
        if self.triangle is None:
            scale = np.linalg.norm(self.slope) + np.linalg.norm(self.hessian)
        else:
            scale = 2 * np.linalg.norm(self.triangle[:, :-1]) * np.linalg.norm(self.triangle[:, -1])
        return float(EPS * scale)


def summed(rows: Floats, matrix: Floats) -> Floats:
    """Return rows (k, n) times the transpose of a matrix (m, n).

    Not by BLAS, whose answer for a row may depend on how many rows there are.
    """
    return np.asarray(np.einsum("ki,mi->km", rows, matrix, optimize=False))


def quadratic_form(objective: Objective, centre: Point) -> QuadraticForm | None:
    """Return an objective as a quadratic form about a point; None where it is none, for all we see.

    Cost: one pass over the data for a sum of squares, otherwise one for each parameter.
    """
    size = objective.packing.size
    if size > MOST_PARAMETERS:
        return None
    residuals = squares_of_lines(objective)
    with np.errstate(all="ignore"):
        if residuals is not None:
            form = form_of_squares(residuals, centre)
        elif is_quadratic(objective.expression, objective.packing.names):
            hessian = objective.hessian(centre.vector)
            form = QuadraticForm(centre.vector, centre.value, centre.gradient, hessian)
        else:
            return None
    if not np.isfinite(form.hessian).all() or not np.isfinite(form.slope).all():
        return None
    if residuals is not None:
        HESSIANS[objective] = form.hessian
    return form


def constant_hessian(objective: Objective) -> Floats | None:
    """Return the Hessian (n, n) of a sum of squares of lines, the same everywhere; None of others.

    Cost: one pass over the data, once for an objective.

    >>> from chainrule import mean
    >>> from chainrule.optimize.problem.dense import DenseObjective
    >>> m, x, y = expression("m"), expression("x"), expression("y")
    >>> data = {"x": [1.0, 2.0], "y": [2.0, 4.0]}
    >>> constant_hessian(DenseObjective(mean((m * x - y) ** 2), {"m": 0.0}, data))
    array([[5.]])
    """
    if objective not in HESSIANS:
        HESSIANS[objective] = computed_hessian(objective)
    return HESSIANS[objective]


def computed_hessian(objective: Objective) -> Floats | None:
    """Compute it anew."""
    if objective.packing.size > MOST_PARAMETERS or not objective.n_numbers:
        return None
    residuals = squares_of_lines(objective)
    if residuals is None:
        return None
    with np.errstate(all="ignore"):
        found = 2.0 * normal_matrix(residuals, objective.start)[:-1, :-1]
    return found if np.isfinite(found).all() else None


def squares_of_lines(objective: Objective) -> Residuals | None:
    """Return residuals that are lines in the parameters; None where a loss has no such."""
    try:
        residuals = residuals_of(objective)
    except SettingError:
        return None
    return residuals if residuals.program.analysis(are_lines, objective.moving) else None


def are_lines(program: Program, names: tuple[str, ...]) -> bool:
    """Tell whether no derivative of the outputs by some of the variables contains one of these."""
    moving = [name for name in names if name in program.inputs]
    if len(program) > LONGEST or reached(program, moving) is None:
        return False
    nodes: list[Any] = program.nodes()
    directions = {name: expression(fresh(name, program.inputs)) for name in moving}
    slopes = []
    for slot in program.outputs:
        along = {name: directions[name] for name in nodes[slot].variables if name in directions}
        if along:
            slopes.append(symbolic_jvp(nodes[slot], along))
    pushed = flatten(slopes)
    moves = reached(pushed, moving)
    return moves is not None and not any(moves[slot] for slot in pushed.outputs)


def form_of_squares(residuals: Residuals, centre: Point) -> QuadraticForm:
    """Return the form of a sum of squared residuals, from a blocked QR.

    Source: Golub & Van Loan (2013), Matrix Computations, section 5.2; Demmel, Grigori, Hoemmen &
    Langou (2012), Communication-optimal parallel and sequential QR, section 5.
    """
    inner, last = by_qr(listed(residuals, centre.vector))
    rest = centre.value - float(np.add.reduce(last * last))
    if abs(rest) <= ROUNDING * abs(centre.value):
        rest = 0.0
    triangle = np.column_stack([inner, last])
    hessian = 2.0 * (inner.T @ inner)
    return QuadraticForm(centre.vector, centre.value, centre.gradient, hessian, triangle, rest)
