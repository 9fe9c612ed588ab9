"""`check_gradient`: derivatives against differences of values, and which step is to blame.

May import the language and what compares numbers; it must not know any operation by name.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.calculus.asked import Wrt, names_asked
from chainrule.calculus.comparison import (
    NO_ELEMENT,
    ORDER,
    Comparison,
    Verdict,
    compare,
    compare_each,
)
from chainrule.calculus.conditioning import Conditioning, conditioning
from chainrule.calculus.derivatives import jacobian
from chainrule.calculus.differences import Along, remembered
from chainrule.calculus.numerical import Subject, moving
from chainrule.calculus.quiet import quiet
from chainrule.calculus.settings import checked_tolerance
from chainrule.calculus.steps import StepCheck, check_steps
from chainrule.engine.compiled import compiled_of
from chainrule.errors import ChainRuleError, DerivativeError
from chainrule.language.expression import expression, lift
from chainrule.report import Document, Remark, Report, Section, Sentence, joined

__all__ = ["GradientReport", "PartialCheck", "check_gradient"]

MOST_ELEMENTS = 64
# From how many steps times variables on partials are compared together, and so many at once.
MANY_STEPS = 10_000
MOST_TOGETHER = 128


@dataclass(frozen=True, slots=True, repr=False)
class PartialCheck(Remark):
    """A partial beside its numerical estimate, at the element that is the most telling.

    place: the index in the variable, () for a number. of: how many elements the partial has;
    checked: how many of them were compared; undecided: at how many of these nothing could be told.
    """

    variable: str
    place: tuple[int, ...]
    comparison: Comparison
    checked: int
    of: int
    undecided: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the partial."""
        return self.comparison.verdict is not Verdict.DIFFERS

    @property
    def decided(self) -> bool:
        """Whether it was found right or wrong, at one element at least."""
        return not self.ok or self.undecided < self.checked

    def __repr__(self) -> str:
        return f"PartialCheck({self})"

    def sentence(self) -> Sentence:
        """Say what the partial is, what differences give, and how the two compare."""
        found = self.comparison
        said = "by {variable}{place}: "
        if self.checked:
            said += "{analytic:.10g}, numerically {numerical:.10g} (within {error:.0e}): "
        said += "{verdict}"
        if found.verdict is Verdict.KINK:
            said += ", the slope is {left:g} on the left and {right:g} on the right"
        if found.reason:
            said += ", {reason}"
        if self.checked < self.of:
            said += " ({checked} of {of} elements)"
        if self.undecided > 0 and self.checked > 1:
            said += " (nothing is decided at {undecided} of {checked})"
        return Sentence(
            said,
            variable=self.variable,
            place=list(self.place) or "",
            checked=self.checked,
            of=self.of,
            undecided=self.undecided,
            **found.fields(),
        )


@dataclass(frozen=True, slots=True, repr=False)
class GradientReport(Report):
    """What `check_gradient` found; prints as a text, and is true to its `ok`.

    partials: the most telling element of each variable. culprits: the steps whose local derivative
    is wrong. kinks: the steps that are not smooth here. tolerance: relative.
    """

    formula: str
    partials: tuple[PartialCheck, ...]
    culprits: tuple[StepCheck, ...]
    kinks: tuple[StepCheck, ...]
    tolerance: float

    @property
    def verdict(self) -> Verdict:
        """DIFFERS if any partial or step is wrong, UNDECIDED if nothing was decided, or AGREES."""
        if self.culprits or not all(partial.ok for partial in self.partials):
            return Verdict.DIFFERS
        decided = any(partial.decided for partial in self.partials)
        return Verdict.AGREES if decided else Verdict.UNDECIDED

    @property
    def ok(self) -> bool:
        """Whether something was decided, and nothing is wrong.

        At a kink, where there is no value, or where rounding or underflow hides the slope, nothing
        is decided. Beside partials that agree, such a one is no failure; `undecided` lists it.
        """
        return self.verdict is Verdict.AGREES

    @property
    def undecided(self) -> tuple[PartialCheck, ...]:
        """The partials of which, at no element, anything could be decided."""
        return tuple(partial for partial in self.partials if not partial.decided)

    @property
    def worst(self) -> PartialCheck | None:
        """The partial that is furthest off, those that fail first; None without variables."""
        return max(
            self.partials,
            key=lambda item: (not item.ok, item.decided, item.comparison.difference),
            default=None,
        )

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<GradientReport: {self.summary()}>"

    def summary(self) -> Sentence:
        """Say in a line what was checked, and what came of it.

        >>> check_gradient(expression("x") ** 2, {"x": 1e-300}).summary()
        'gradient of x**2: undecided'
        """
        told = {Verdict.AGREES: "ok", Verdict.DIFFERS: "WRONG"}.get(self.verdict, "undecided")
        open_ = [partial.variable for partial in self.undecided]
        beside = f", but undecided by {', '.join(open_)}" if self.ok and open_ else ""
        said = "gradient of {formula}: {told}{beside}"
        return Sentence(said, formula=self.formula, told=told, beside=beside)

    def document(self) -> Document:
        """Return a line a partial, and a line a step that is wrong or not smooth."""
        lines: list[str] = [partial.sentence() for partial in self.partials]
        lines += [joined(["wrong:", step.sentence()]) for step in self.culprits]
        lines += [joined(["not smooth:", step.sentence()]) for step in self.kinks]
        if self.verdict is Verdict.UNDECIDED:
            lines.append(
                "nothing is decided, so this is no pass: choose a point where the value is "
                "finite and smooth"
                if self.partials
                else "there is no variable to differentiate by, so nothing is decided"
            )
        if self.verdict is Verdict.DIFFERS and not self.culprits:
            lines.append("every step's local derivative is right: look at how they are combined")
        return Document([Section(self.summary(), lines=lines)])

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
    step's local derivative is compared with differences of that step alone.
    A partial agrees, differs, or is undecided: at a kink (abs at 0, a tie of maximum, the edge of a
    domain), where there is no value, or where no difference can be trusted (overflow, underflow,
    rounding); the report says which. It is ok if something was decided and nothing is wrong.
    Raises: as `diff`; DerivativeError for an operation without a derivative, or a tolerance that is
    not between 0 and 1.

    >>> x, y = expression("x"), expression("y")
    >>> report = check_gradient(x * y, {"x": 2.0, "y": 3.0})
    >>> report.ok
    True
    >>> print(report.worst.variable, report.worst.comparison.analytic)
    x 3.0
    >>> print(check_gradient(abs(x), {"x": 0.0}).summary())
    gradient of abs(x): undecided
    """
    tolerance = checked_tolerance(tolerance)
    root = lift(e)
    with quiet():
        subject = Subject(root, values)
        program = compiled_of(root).program
        names = names_asked(program, wrt)
        for name in names:
            subject.name_asked(name)
        spread = conditioning(program, subject.point, names)
        known = partials_together(root, subject, names, tolerance, spread)
        partials = tuple(
            known.get(name) or check_partial(root, subject, name, tolerance, spread)
            for name in names
        )
        steps = check_steps(root, subject.point, names, tolerance)
    return GradientReport(
        root.to_text(limit=60),
        partials,
        tuple(step for step in steps if step.comparison.verdict is Verdict.DIFFERS),
        tuple(step for step in steps if step.comparison.verdict is Verdict.KINK),
        tolerance,
    )


def check_partial(
    root: expression, subject: Subject, name: str, tolerance: float, spread: Conditioning
) -> PartialCheck:
    """Compare the derivative by one variable, element by element where it is an array."""
    here = subject.point[name]
    natural = np.asarray(spread.natural[name])
    rounding = spread.rounding
    if np.ndim(here) == 0 or subject.is_elementwise(name):
        analytic = root.diff(subject.point, name)
        found = compare(
            lambda t: subject.at(name, here + t),
            here,
            analytic,
            tolerance,
            rounding=rounding,
            natural=natural,
        )
        size = int(np.size(analytic))
        return PartialCheck(name, found.place, found, size, size, found.open)
    analytic = np.asarray(jacobian(root, subject.point, name))
    rows = analytic.reshape((*analytic.shape[: analytic.ndim - here.ndim], -1))
    places = some_of(here.size)
    worst: PartialCheck | None = None
    undecided = 0
    for place in places:
        found = compare(
            moving(subject, name, place),
            here.flat[place],
            rows[..., place],
            tolerance,
            rounding=rounding,
            natural=natural.flat[place] if natural.ndim else natural,
        )
        undecided += not found.decided
        index = tuple(int(part) for part in np.unravel_index(place, here.shape))
        made = PartialCheck(name, index, found, len(places), here.size)
        if worst is None or rank(made) > rank(worst):
            worst = made
    if worst is None:  # an empty array
        return PartialCheck(name, (), NO_ELEMENT, 0, 0)
    return replace(worst, undecided=undecided)


def partials_together(
    root: expression, subject: Subject, names: list[str], tolerance: float, spread: Conditioning
) -> dict[str, PartialCheck]:
    """Check the partials of a large formula by numbers.

    The formula is computed on arrays, in each element of which another variable is moved; its
    partials are those of one sweep.
    """
    program = compiled_of(root).program
    numbers = all(type(value) is float for value in subject.point.values())
    if not numbers or not program.is_elementwise() or len(program) * len(names) < MANY_STEPS:
        return {}
    found: dict[str, PartialCheck] = {}
    partials = root.value_and_diff(subject.point, names)[1]
    for first in range(0, len(names), MOST_TOGETHER):
        some = names[first : first + MOST_TOGETHER]
        here = np.array([subject.point[name] for name in some])
        try:
            each = compare_each(
                moving_each(subject, some),
                here,
                [partials[name] for name in some],
                tolerance,
                rounding=spread.rounding,
                natural=[spread.natural[name] for name in some],
            )
        except (ChainRuleError, ArithmeticError, ValueError):
            continue  # an operation of the user's may take numbers alone, or these alone
        for name, comparison in zip(some, each, strict=True):
            found[name] = PartialCheck(name, (), comparison, 1, 1, comparison.open)
    return found


def moving_each(subject: Subject, names: list[str]) -> Callable[[Any], Along]:
    """Return, for some places in names, the function of a step in one of these, one an element."""
    here = np.array([subject.point[name] for name in names])

    @functools.cache
    def moving_some(*places: int) -> Along:
        some = here[[*places]]
        still = np.repeat(some[:, None], len(places), axis=1)

        def along(t: Any) -> Any:
            moved = still.copy()
            np.fill_diagonal(moved, some + t)
            columns = dict(zip([names[place] for place in places], moved, strict=True))
            return np.broadcast_to(subject.call({**subject.point, **columns}), some.shape)

        return remembered(along)  # the looks share most of their points

    return lambda places: moving_some(*places.tolist())


def rank(item: PartialCheck) -> tuple[int, float]:
    """Order partials from the least to the most telling."""
    return ORDER.index(item.comparison.verdict), item.comparison.difference


def some_of(size: int) -> list[int]:
    """Return the places of all elements, or of some spread evenly over a large array."""
    if size <= MOST_ELEMENTS:
        return list(range(size))
    return [int(place) for place in np.linspace(0, size - 1, MOST_ELEMENTS)]
