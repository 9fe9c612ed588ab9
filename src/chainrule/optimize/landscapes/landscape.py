"""`Landscape`: a function to descend on, and what is known of it.

May import the language and the calculus; it must not know of any one function, nor how they are
descended on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from chainrule.calculus.derivatives import hessian
from chainrule.errors import SettingError, ShapeError, ValueTypeError
from chainrule.language.expression import expression
from chainrule.optimize.landscapes.constraint import Constraint

__all__ = ["Landscape", "Point", "Side"]

Point = tuple[float, ...]
Side = tuple[float, float]
Formula: TypeAlias = expression  # inside the class, `expression` is its property
MOST_NAMED = 4  # variables listed one by one


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Landscape:
    """One function or several to make small, each an expression, and what is known of them.

    name: the function of `landscapes` that makes it. sizes: the numbers of variables it can have.
    variables: x for one, x and y for two, x1, x2, ... for more. sides: the box that the minimum is
    the least of, a pair a variable; unbounded: the function is meant for all numbers.
    minimum: the least value, None where there is none or it is not known.
    slope: at the minimum "smooth" (the gradient is 0), "kink" (none is defined) or "edge" (on
    the edge of what is allowed, where the slope need not be 0); "" where no minimum is known.
    kinks: in words, where the gradient or the Hessian is a convention, infinite or NaN.
    ideal: the least value of each of several objectives, None where it is not known.
    pieces: the known Pareto set, straight pieces from a point to a point. front: over the set, the
    second objective as an expression of the first, "f1".

    >>> from chainrule import landscapes
    >>> valley = landscapes.rosenbrock()
    >>> valley
    <Landscape rosenbrock(x, y): minimum 0 at (1, 1)>
    >>> print(valley.expression)
    100*(y - x**2)**2 + (1 - x)**2
    >>> valley.minima
    [{'x': 1.0, 'y': 1.0}]
    >>> valley.value({"x": 0, "y": 2}), valley.gradient({"x": 0, "y": 2})
    (401.0, {'x': -2.0, 'y': 400.0})
    """

    name: str
    title: str
    objectives: tuple[Formula, ...]
    variables: tuple[str, ...]
    sides: tuple[Side, ...]
    reference: str
    category: str = ""
    sizes: str = ""
    unbounded: bool = False
    minimum: float | None = None
    minimisers: tuple[Point, ...] = ()
    slope: str = ""
    kinks: str = ""
    constraints: tuple[Constraint, ...] = ()
    ideal: tuple[float | None, ...] = ()
    pieces: tuple[tuple[Point, Point], ...] = ()
    front: Formula | None = None

    @property
    def expression(self) -> Formula:
        """The only objective.

        Raises: ShapeError where there are several: take `objectives`.
        """
        if len(self.objectives) == 1:
            return self.objectives[0]
        raise ShapeError(
            f"{self.name} has {len(self.objectives)} objectives, so no single expression. "
            "Take .objectives, or weigh them into one: 0.5*f1 + 0.5*f2."
        )

    @property
    def group(self) -> str:
        """What kind of a problem it is: one objective, constrained, or several objectives."""
        if len(self.objectives) > 1:
            return "several objectives"
        return "constrained" if self.constraints else "one objective"

    @property
    def domain(self) -> dict[str, Side | None]:
        """The bounds of each variable; None where it may be any number."""
        return {name: None if self.unbounded else side for name, side in self.box.items()}

    @property
    def box(self) -> dict[str, Side]:
        """The lowest and the highest value of each variable in the box that was searched."""
        return dict(zip(self.variables, self.sides, strict=True))

    @property
    def minima(self) -> list[dict[str, float]]:
        """Every known point of the least value; of several objectives, a point for each in order.

        Beyond them, there may be others of the same value outside the box.
        """
        return [self._named(point) for point in self.minimisers]

    def value(self, point: Any) -> Any:
        """Return the value at a point: a float, or a tuple with one for each of several objectives.

        point: a mapping from names to numbers or arrays, or the numbers in the order of the
        variables. Raises: as `eval`; ShapeError where the numbers are too few or too many.
        """
        values = self._values(point)
        return self._of_each(lambda objective: objective.eval(values))

    def gradient(self, point: Any, *, as_array: bool = False) -> Any:
        """Return the partials at a point as a dict by name; of several objectives, a tuple of them.

        point: as for `value`. as_array: an array instead, in the order of the variables.
        Shapes: (n,) for n variables; (k, n), the Jacobian, for k objectives.
        """
        values = self._values(point)

        def partials(objective: Formula) -> Any:
            found = objective.diff(values)
            listed = {name: found.get(name, 0.0) for name in self.variables}
            return np.array(list(listed.values())) if as_array else listed

        found = self._of_each(partials)
        return np.array(found) if as_array else found

    def hessian(self, point: Any, *, as_array: bool = False) -> Any:
        """Return the second partials at a point, a dict of dicts; of several objectives, a tuple.

        point: as for `value`, of numbers. as_array: an array instead.
        Shapes: (n, n) for n variables; (k, n, n) for k objectives.
        """
        values = self._values(point)

        def seconds(objective: Formula) -> Any:
            found = hessian(objective, values)
            rows = {
                row: {column: found.get(row, {}).get(column, 0.0) for column in self.variables}
                for row in self.variables
            }
            return np.array([list(row.values()) for row in rows.values()]) if as_array else rows

        found = self._of_each(seconds)
        return np.array(found) if as_array else found

    def is_feasible(self, point: Any, *, slack: float = 0.0) -> bool:
        """Tell whether a point is in the domain and every constraint holds, or nearly so.

        point: as for `value`, of numbers. slack: by how much each of them may be broken.

        >>> from chainrule import landscapes
        >>> landscapes.rosenbrock_disk().is_feasible((1, 1.2))
        False
        """
        values = self._values(point)
        within = all(
            side is None or side[0] - slack <= values[name] <= side[1] + slack
            for name, side in self.domain.items()
        )
        return within and all(rule.holds(values, slack=slack) for rule in self.constraints)

    def start(self, seed: int | np.random.Generator) -> dict[str, float]:
        """Return a random point of the box, the same for the same seed.

        Raises: ValueTypeError for what is no seed; SettingError for a negative one.

        >>> from chainrule import landscapes
        >>> valley = landscapes.rosenbrock()
        >>> valley.start(1) == valley.start(1) != valley.start(2)
        True
        """
        if not isinstance(seed, np.random.Generator):
            if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
                raise ValueTypeError(
                    f"a start needs a seed, not {seed!r}. Give a whole number from 0, or a NumPy "
                    "generator."
                )
            if seed < 0:
                raise SettingError(f"a seed cannot be negative: {seed}. Give 0 or more.")
            seed = np.random.default_rng(int(seed))
        lows, highs = zip(*self.sides, strict=True)
        return self._named(tuple(seed.uniform(lows, highs).tolist()))

    def pareto_set(self, count: int = 20) -> list[dict[str, float]]:
        """Return points of the known Pareto set, so many on each of its pieces, ends included.

        Empty where the set is not known. Where there are several pieces, an end may be a limit that
        a point of another piece dominates.
        Raises: SettingError for less than 2.

        >>> from chainrule import landscapes
        >>> landscapes.schaffer_pair_n1().pareto_set(3)
        [{'x': 0.0}, {'x': 1.0}, {'x': 2.0}]
        """
        if count < 2:
            raise SettingError(
                f"a piece has two ends, so count={count} is too few. Give 2 or more."
            )
        return [
            self._named(tuple(point))
            for begin, end in self.pieces
            for point in np.linspace(begin, end, count).tolist()
        ]

    def to_latex(self) -> str:
        r"""Return the objectives and the constraints in LaTeX's math mode, a line each.

        >>> from chainrule import landscapes
        >>> print(landscapes.saddle().to_latex())
        f(x, y) = x^{2} - y^{2}
        """
        names = self._shortened([expression(name).to_latex() for name in self.variables], r"\dots")
        several = len(self.objectives) > 1
        lines = [
            f"f{f'_{place}' * several}({', '.join(names)}) = {objective.to_latex()}"
            for place, objective in enumerate(self.objectives, 1)
        ]
        lines += [rf"\text{{subject to }} {rule.to_latex()}" for rule in self.constraints]
        if len(lines) == 1:
            return lines[0]
        return r"\begin{aligned} & " + r" \\ & ".join(lines) + r" \end{aligned}"

    def __repr__(self) -> str:
        head = f"{self.name}({', '.join(self._shortened(self.variables))})"
        if len(self.objectives) > 1:
            return f"<Landscape {head}: {len(self.objectives)} objectives>"
        if self.minimum is None:
            return f"<Landscape {head}>"
        first = ", ".join(self._shortened([f"{part:g}" for part in self.minimisers[0]]))
        others = len(self.minimisers) - 1
        more = f" and {others} more" if others else ""
        return f"<Landscape {head}: minimum {self.minimum:.7g} at ({first}){more}>"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.to_latex()}$"

    @staticmethod
    def _shortened(words: Any, dots: str = "...") -> list[str]:
        listed = list(words)
        return listed if len(listed) <= MOST_NAMED else [listed[0], dots, listed[-1]]

    def _named(self, point: Point) -> dict[str, float]:
        return dict(zip(self.variables, map(float, point), strict=True))

    def _of_each(self, ask: Callable[[Formula], Any]) -> Any:
        found = tuple(map(ask, self.objectives))
        return found[0] if len(found) == 1 else found

    def _values(self, point: Any) -> Any:
        """Return a point by name.

        Raises: ShapeError where it has not one entry a variable.
        """
        if isinstance(point, Mapping) or not isinstance(point, list | tuple | np.ndarray):
            return point
        count = len(point) if np.ndim(point) else 1
        if np.ndim(point) == 0 or count != len(self.variables):
            names = ", ".join(self._shortened(self.variables))
            raise ShapeError(
                f"{self.name} takes {len(self.variables)} numbers ({names}), but the point has "
                f"{count}. Give one a variable, or a dict by name."
            )
        return dict(zip(self.variables, point, strict=True))
