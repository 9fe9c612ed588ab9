"""Epochs ahead: methods on a quadratic objective, which need its data no more.

Where a step is a sum of gradients, an epoch is one product of a matrix with parameters and
velocities, and hundreds of them are made at once. May import methods and the quadratic form; it
must not know what is written down of the epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.optimize.curvature.spectrum import length
from chainrule.optimize.methods.method import Method, State
from chainrule.optimize.problem.batches import Batches
from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.problem.quadratic_form import (
    MOST_PARAMETERS,
    QuadraticForm,
    quadratic_form,
)
from chainrule.tables.columns import Floats

__all__ = ["Ahead", "Shortcut", "pays"]

FEWEST_EPOCHS = 50
LEAST_WORK = 100_000  # numbers of the data, times the epochs that would read them
MOST_AHEAD = 1_024
# Adaptive methods divide by gradients, so that rounding in a small one grows.
ABOVE_NOISE = 1e4


def pays(
    objective: Objective,
    bounds: Bounds | None,
    method: Method,
    batches: Batches | None,
    n_epochs: int | None,
) -> bool:
    """Tell whether epochs outweigh one pass that makes the data superfluous, if that can be.

    n_epochs: None where nobody knows; then they are not counted on.
    """
    size = objective.packing.size
    if n_epochs is None or bounds is not None or batches is not None:
        return False
    if method.response == "any" or size > MOST_PARAMETERS:
        return False
    work = n_epochs * objective.n_numbers
    return n_epochs >= max(FEWEST_EPOCHS, 3 * size) and work >= LEAST_WORK


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """Epochs made at once, from one on: where each led to.

    Shapes: vectors and gradients (k, n), values (k,).
    """

    first: int
    vectors: Floats
    values: Floats
    gradients: Floats
    _states: Floats
    _before: State
    _change: State

    def point(self, place: int) -> Point:
        """Return where an epoch led to."""
        return Point(self.vectors[place], float(self.values[place]), self.gradients[place])

    def state(self, place: int) -> State:
        """Return the method's state after an epoch."""
        found: State = {}
        size, taken = self.vectors.shape[1], 1
        for key, change in self._change.items():
            if isinstance(change, np.ndarray):
                part = self._states[place, taken * size : (taken + 1) * size]
                found[key] = np.asarray(part, dtype=np.float64)
                taken += 1
            else:
                found[key] = self._before[key] + (place + 1) * change
        return found

    def norms(self) -> Floats:
        """Return the length of each gradient."""
        with np.errstate(all="ignore"):
            squares = np.add.reduce(self.gradients * self.gradients, axis=1)
            found: Floats = np.sqrt(squares)
            for place in np.flatnonzero(~((squares > 1e-280) & (squares < np.inf))):
                found[place] = length(self.gradients[place])
        return found


class Shortcut:
    """A method with a constant or changing rate on the quadratic form of an objective."""

    __slots__ = ("_ahead", "_least", "_matrix", "_method", "_objective", "form")

    def __init__(self, objective: Objective, form: QuadraticForm, method: Method) -> None:
        self._objective = objective
        self._method = method
        self.form = form
        self._least = 0.0 if method.response == "linear" else ABOVE_NOISE * form.noise()
        self._ahead: Ahead | None = None
        self._matrix: tuple[Floats, State] | None = None

    @classmethod
    def of(cls, objective: Objective, start: Point, method: Method) -> Shortcut | None:
        """Return the shortcut of an objective about a start, None where it is not quadratic."""
        form = quadratic_form(objective, start)
        return None if form is None else cls(objective, form, method)

    def at(self, vector: Floats, before: Point) -> Point:
        """Return the point at a vector; before: the one that a step was made from."""
        if self._least and length(before.gradient) <= self._least:
            return Point.at(self._objective, vector)
        with np.errstate(all="ignore"):
            return Point(vector, *self.form.value_and_gradient(vector))

    def ahead(self, point: Point, state: State, epoch: int, rate: float, most: int) -> Ahead | None:
        """Return epochs from one on, `most` at the most; None where they have to be made singly."""
        known = self._ahead
        if known is not None and known.first <= epoch < known.first + len(known.values):
            return known
        if self._method.response != "linear" or state.get("count", 1) == 0:
            return None
        if self._matrix is None:
            self._matrix = self._map(point.vector, state, rate)
        matrix, change = self._matrix
        arrays = [state[key] for key, value in change.items() if isinstance(value, np.ndarray)]
        size, count = len(point.vector), min(most, MOST_AHEAD)
        states = np.empty((count + 1, len(matrix)))
        states[0] = np.concatenate([point.vector, *arrays, [1.0]])
        with np.errstate(all="ignore"):
            for before, after in pairwise(states):
                np.dot(matrix, before, out=after)
            vectors = np.ascontiguousarray(states[1:, :size])
            values, gradients = self.form.values(vectors), self.form.gradients(vectors)
        self._ahead = Ahead(epoch, vectors, values, gradients, states[1:], dict(state), change)
        return self._ahead

    def _map(self, vector: Floats, state: State, rate: float) -> tuple[Floats, State]:
        """Return an epoch as a matrix, and by how much it changes the numbers of a state.

        How the step and each velocity depend on gradient, parameters and velocities is read off the
        method itself: from one update where each of these is 1 for an element of its own.
        """
        arrays = [key for key, value in state.items() if isinstance(value, np.ndarray)]
        unit = np.eye(2 + len(arrays))
        asked: State = {**state, **dict(zip(arrays, unit[2:], strict=True))}
        step, after = self._method.update(unit[0], asked, unit[1], rate)
        change: State = {
            key: after[key] if key in arrays else after[key] - state[key] for key in state
        }
        size, hessian = len(vector), self.form.hessian
        slope = self.form.slope - hessian @ self.form.centre
        rows: list[Any] = []
        for answer in (step, *(after[key] for key in arrays)):
            by_gradient, by_parameter, *by_array = np.asarray(answer).tolist()
            row = [by_gradient * hessian + by_parameter * np.eye(size)]
            row += [weight * np.eye(size) for weight in by_array]
            rows.append([*row, by_gradient * slope[:, np.newaxis]])
        rows[0][0] = rows[0][0] + np.eye(size)
        whole = np.block(rows)
        last = np.zeros((1, whole.shape[1]))
        last[0, -1] = 1.0
        return np.vstack([whole, last]), change
