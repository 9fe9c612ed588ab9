"""Constraints: comparisons of expressions, brought to margins that must not become negative.

May import the language and `VectorFunction`; it must not know of solvers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from chainrule.engine.tidy import constant_value
from chainrule.errors import ValueTypeError
from chainrule.language.expression import expression, lift
from chainrule.language.text.parse import parse
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.vector_function import VectorFunction
from chainrule.tables.columns import Floats

__all__ = ["Margin", "Margins", "margins_of", "variables_of"]

FEASIBLE = 1e-6  # a constraint broken by no more than that counts as held
SAMPLES = 4  # points at which constraints are compared
DEPENDENT = 1e-9  # of a constraint: less of its own than that is rounding


@dataclass(frozen=True, slots=True)
class Margin:
    """How far within a constraint a place is: negative where it is broken, or not 0 if it is equal.

    constraint: as it was given.
    """

    inside: expression
    is_equality: bool
    constraint: Any = field(compare=False)

    @property
    def text(self) -> str:
        """The constraint as it was written."""
        return str(self.constraint)

    @property
    def formula(self) -> str:
        """The constraint as a formula of the margin, which reads back to the last bit."""
        return f"equal({self.inside}, 0)" if self.is_equality else f"{self.inside} >= 0"

    def broken(self, values: Mapping[str, Any]) -> float:
        """Return by how much the constraint is broken at some values, 0 where it holds."""
        margin = np.asarray(self.inside.eval(values), dtype=np.float64)
        by = np.abs(margin) if self.is_equality else -margin
        return float(max(0.0, np.max(by, initial=0.0)))


def margins_of(constraints: Any) -> tuple[Margin, ...]:
    """Return the margins of constraints: comparisons such as x + y <= 2, or `equal(x, y)`.

    A formula as text will do. What has `inside`, an expression that is to stay 0 or more, is taken
    too, as the constraints of
    landscapes. Strict comparisons count as the others, for a solver can come as near as it likes.
    Raises: ValueTypeError for what is no constraint; ParseError for text that is no formula.

    >>> x, y = expression("x"), expression("y")
    >>> [str(margin.inside) for margin in margins_of([x + y <= 2, x**2 >= y])]
    ['2 - (x + y)', 'x**2 - y']
    """
    listed = constraints
    if isinstance(constraints, expression | str) or not isinstance(constraints, Iterable):
        listed = [constraints]
    return tuple(margin_of(item) for item in listed)


def margin_of(item: Any) -> Margin:
    """Return the margin of one constraint.

    Raises: ValueTypeError, ParseError.
    """
    if isinstance(item, Margin):
        return item
    if isinstance(item, str):
        item = parse(item)
    algebra = getattr(item, "algebra", "")
    if algebra in ("at most", "at least", "equality"):
        left, right = item.arguments
        high, low = (right, left) if algebra == "at most" else (left, right)
        # So that a formula reads back as it was: f >= 0 has the margin f.
        inside = high if constant_value(low) == 0 else high - low
        return Margin(lift(inside), algebra == "equality", item)
    inside = getattr(item, "inside", None)
    if isinstance(inside, expression):
        return Margin(inside, is_equality=False, constraint=item)
    hint = " A comparison of numbers is a truth value, not a constraint."
    raise ValueTypeError(
        f"a constraint must be a comparison, such as x + y <= 2 or equal(x, y), not "
        f"{item!r:.80}.{hint if isinstance(item, bool | np.bool_) else ''}"
    )


def variables_of(margins: Iterable[Margin]) -> frozenset[str]:
    """Return the names of all variables of some constraints."""
    return frozenset(name for margin in margins for name in margin.inside.variables)


KNOWN: WeakKeyDictionary[Objective, dict[Any, Margins]] = WeakKeyDictionary()


class Margins:
    """The margins of all constraints as vectors, inequalities and equalities apart.

    Raises: UnknownVariable for a variable that is neither a parameter nor in the data.
    """

    __slots__ = ("equal", "inside")

    def __init__(self, margins: Iterable[Margin], loss: Objective) -> None:
        listed = list(margins)
        apart = [[m.inside for m in listed if m.is_equality == wanted] for wanted in (False, True)]
        self.inside, self.equal = (
            VectorFunction(parts, loss) if parts else None for parts in apart
        )

    @classmethod
    def over(cls, margins: Iterable[Margin], loss: Objective) -> Margins:
        """Return the margins over the parameters of a loss, made once for it."""
        listed = tuple(margins)
        known = KNOWN.setdefault(loss, {})
        key = tuple([(margin.inside, margin.is_equality) for margin in listed])
        if key not in known:
            known[key] = cls(listed, loss)
        return known[key]

    def broken(self, vector: Floats) -> float:
        """Return by how much the worst of the constraints is broken, 0 where all hold."""
        worst = 0.0
        if self.inside is not None:
            worst = float(np.max(-self.inside.value(vector), initial=worst))
        if self.equal is not None:
            worst = float(np.max(np.abs(self.equal.value(vector)), initial=worst))
        return worst + 0.0  # no negative zero

    def independent(self, loss: Objective) -> Any:
        """Return the places among the equalities of those that say something of their own.

        One that is a sum of multiples of others, such as the same one twice, holds where they do,
        and takes solvers off the way. Seen from the values and slopes at a few points.
        """
        assert self.equal is not None  # noqa: S101 - asked where there are some
        rng = np.random.default_rng(0)
        width = 1 + np.abs(loss.start)
        points = [loss.start + width * rng.uniform(-1, 1, len(width)) * k for k in range(SAMPLES)]
        seen = []
        with np.errstate(all="ignore"):
            for point in points:
                slopes = self.equal.jacobian(point)
                told = np.column_stack([self.equal.value(point), slopes])
                if np.isfinite(told).all():
                    seen.append(told)
        rows = np.hstack(seen) if seen else np.eye(self.equal.size)
        kept: list[int] = []
        found = np.zeros((0, rows.shape[1]))
        for place, row in enumerate(rows):
            length = float(np.linalg.norm(row))
            left = row / (length or 1.0)
            for _ in range(2):  # twice is enough: Kahan, in Parlett (1998), section 6.9
                left = left - found.T @ (found @ left)
            if np.linalg.norm(left) > DEPENDENT:
                kept.append(place)
                found = np.vstack([found, left / np.linalg.norm(left)])
        return np.array(kept, dtype=int)

    def pushes(self, vector: Floats) -> tuple[Floats, Floats, Floats]:
        """Return slopes (k, n) and margins (k,) of inequalities; slopes (j, n) of equalities."""
        inside: Floats = np.zeros((0, len(vector)))
        equal: Floats = inside
        spare: Floats = np.zeros(0)
        if self.inside is not None:
            spare, inside = self.inside.value(vector), self.inside.jacobian(vector)
        if self.equal is not None:
            equal = self.equal.jacobian(vector)
        return inside, spare, equal
