"""`check_gradient`: derivatives against differences of values, and which step is to blame.

May import the language and what compares numbers; it must not know any operation by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.calculus.comparison import Comparison, Verdict, compare
from chainrule.calculus.derivatives import jacobian
from chainrule.calculus.numerical import Subject, moving
from chainrule.calculus.passes import Wrt, names_asked
from chainrule.calculus.steps import StepCheck, check_steps
from chainrule.engine.plan import plan_of
from chainrule.errors import DerivativeError
from chainrule.language.expression import expression, lift

__all__ = ["GradientReport", "PartialCheck", "check_gradient"]

MOST_ELEMENTS = 64


@dataclass(frozen=True, slots=True)
class PartialCheck:
    """A partial beside its numerical estimate, at the element where they differ most.

    place: the index in the variable, () for a number. of: how many elements the variable has;
    checked: how many of them were compared.
    """

    variable: str
    place: tuple[int, ...]
    comparison: Comparison
    checked: int
    of: int

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the partial."""
        return self.comparison.verdict is not Verdict.DIFFERS

    def __str__(self) -> str:
        found = self.comparison
        where = f"[{', '.join(map(str, self.place))}]" if self.place else ""
        line = (
            f"by {self.variable}{where}: {found.analytic:.10g}, numerically "
            f"{found.numerical:.10g} (within {found.error:.0e}): {found.verdict.value}"
        )
        if found.verdict is Verdict.KINK:
            line += f", the slope is {found.left:g} on the left and {found.right:g} on the right"
        return line + (f" ({self.checked} of {self.of} elements)" if self.checked < self.of else "")


@dataclass(frozen=True, slots=True)
class GradientReport:
    """What `check_gradient` found; prints as a text, and is true to its `ok`.

    partials: the worst element of each variable. culprits: the steps whose local derivative is
    wrong. kinks: the steps that are not smooth here. tolerance: relative.
    """

    formula: str
    partials: tuple[PartialCheck, ...]
    culprits: tuple[StepCheck, ...]
    kinks: tuple[StepCheck, ...]
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether no partial and no step differs; a kink or an undecided partial is no failure."""
        return not self.culprits and all(partial.ok for partial in self.partials)

    @property
    def worst(self) -> PartialCheck | None:
        """The partial that is furthest off, those that fail first; None without variables."""
        return max(
            self.partials, key=lambda item: (not item.ok, item.comparison.difference), default=None
        )

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        lines = [f"gradient of {self.formula}: {'ok' if self.ok else 'WRONG'}"]
        lines += [f"  {partial}" for partial in self.partials]
        lines += [f"  wrong: {step}" for step in self.culprits]
        lines += [f"  not smooth: {step}" for step in self.kinks]
        if not self.ok and not self.culprits:
            lines.append("  every step's local derivative is right: look at how they are combined")
        return "\n".join(lines)

    def raise_for_failure(self) -> None:
        """Raise DerivativeError with the whole report, unless it is ok."""
        if not self.ok:
            raise DerivativeError(str(self))


def check_gradient(
    e: expression, values: Any, wrt: Wrt = None, *, tolerance: float = 1e-6
) -> GradientReport:
    """Compare every partial with differences of values, and name the step that is wrong.

    values: as for `eval`, computed in double precision. wrt: one or several variables.
    tolerance: relative; what rounding costs the differences is allowed on top.
    Of a large array, 64 elements are compared, and the report says so. The graph is walked: each
    step's local derivative is compared with differences of that step alone. Kinks (abs at 0, a tie
    of maximum, the edge of a domain) are reported, and are no failure.
    Raises: as `diff`; DerivativeError for an operation without a derivative.

    >>> x, y = expression("x"), expression("y")
    >>> report = check_gradient(x * y, {"x": 2.0, "y": 3.0})
    >>> report.ok
    True
    >>> print(report.worst.variable, report.worst.comparison.analytic)
    x 3.0
    """
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance must lie between 0 and 1, not {tolerance!r}.")
    root = lift(e)
    subject = Subject(root, values)
    names = names_asked(plan_of(root).program, wrt)
    for name in names:
        subject.name_asked(name)
    partials = tuple(check_partial(root, subject, name, tolerance) for name in names)
    steps = check_steps(root, subject.point, names, tolerance)
    return GradientReport(
        root.to_text(limit=60),
        partials,
        tuple(step for step in steps if step.comparison.verdict is Verdict.DIFFERS),
        tuple(step for step in steps if step.comparison.verdict is Verdict.KINK),
        tolerance,
    )


def check_partial(root: expression, subject: Subject, name: str, tolerance: float) -> PartialCheck:
    """Compare the derivative by one variable, element by element where it is an array."""
    here = subject.point[name]
    if np.ndim(here) == 0 or subject.is_elementwise(name):
        analytic = root.diff(subject.point, name)
        found = compare(lambda t: subject.at(name, here + t), here, analytic, tolerance)
        size = int(np.size(analytic))
        return PartialCheck(name, found.place, found, size, size)
    analytic = np.asarray(jacobian(root, subject.point, name))
    rows = analytic.reshape((*analytic.shape[: analytic.ndim - here.ndim], -1))
    places = some_of(here.size)
    worst: PartialCheck | None = None
    for place in places:
        found = compare(moving(subject, name, place), here.flat[place], rows[..., place], tolerance)
        index = tuple(int(part) for part in np.unravel_index(place, here.shape))
        made = PartialCheck(name, index, found, len(places), here.size)
        if worst is None or rank(made) > rank(worst):
            worst = made
    if worst is None:  # an empty array
        return PartialCheck(name, (), Comparison(Verdict.AGREES, 0.0, 0.0, 0.0), 0, 0)
    return worst


def rank(item: PartialCheck) -> tuple[int, float]:
    """Order partials from the least to the most telling."""
    order = (Verdict.AGREES, Verdict.UNDECIDED, Verdict.KINK, Verdict.DIFFERS)
    return order.index(item.comparison.verdict), item.comparison.difference


def some_of(size: int) -> list[int]:
    """Return the places of all elements, or of some spread evenly over a large array."""
    if size <= MOST_ELEMENTS:
        return list(range(size))
    return [int(place) for place in np.linspace(0, size - 1, MOST_ELEMENTS)]
