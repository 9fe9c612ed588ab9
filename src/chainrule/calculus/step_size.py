"""The V curve: how the error of a difference depends on its step, and which step is best.

May import `numerical`; drawing the curve is for a floor above.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.calculus.differences import EPS, Along, scale_of
from chainrule.calculus.numerical import Subject, derivative_along
from chainrule.calculus.quiet import quiet
from chainrule.errors import DerivativeError, ShapeError
from chainrule.language.expression import expression
from chainrule.report import Cell, Document, Report, Section, Sentence, figure, joined

__all__ = ["StepSizeStudy", "step_size_study"]

STEPS = tuple(10.0**-power for power in range(1, 17))
METHODS = ("forward", "central", "complex")
# What a method loses to a step that is too large, and to one that is too small.
_WORDS = {
    "forward": ("h", "the square root of the machine precision", EPS ** (1 / 2)),
    "central": ("h squared", "the cube root of the machine precision", EPS ** (1 / 3)),
    "complex": ("h squared", "", 0.0),
}


@dataclass(frozen=True, slots=True, repr=False)
class StepSizeStudy(Report):
    """The error of numerical differentiation against its step, method by method.

    variable, at, exact: what is differentiated by, its value, and the derivative compared with.
    steps: from large to small. errors: method -> absolute error at each step.
    best: method -> the step of the least error. reasons: why there, a sentence a method.
    """

    variable: str
    at: float
    exact: float
    steps: tuple[float, ...]
    errors: Mapping[str, tuple[float, ...]]
    best: Mapping[str, float]
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why the steps are the best, in words."""
        return joined(self.reasons, "\n")

    def to_columns(self) -> dict[str, list[float]]:
        """Return the steps and each method's errors as columns, for a dataframe or a picture."""
        return {"step": list(self.steps)} | {name: list(row) for name, row in self.errors.items()}

    def __repr__(self) -> str:
        best = ", ".join(f"{method} best at {step:.0e}" for method, step in self.best.items())
        return f"<StepSizeStudy by {self.variable} at {self.at:g}: {best}>"

    def document(self) -> Document:
        """Return a row a step, the least error of each method starred, and the reasons."""
        title = Sentence(
            "derivative by {variable} at {at:g}: {exact!r}",
            variable=self.variable,
            at=self.at,
            exact=self.exact,
        )
        rows: list[list[Cell | str]] = []
        for step, *errors in zip(self.steps, *self.errors.values(), strict=True):
            row = [
                Sentence("{error:.2e}{star}", error=error, star="*" if step == best else " ")
                for error, best in zip(errors, self.best.values(), strict=True)
            ]
            rows.append([figure(step, ".0e"), *row])
        head = ("step", *(f"{name} error" for name in self.errors))
        align = "l" + "r" * len(self.errors)
        return Document([Section(title, head, rows, lines=self.reasons, align=align)])


def step_size_study(f: Any, values: Any, wrt: Any = None) -> StepSizeStudy:
    """Return the error of forward, central and complex differences for steps from 0.1 to 1e-16.

    f, values: as for `numerical_derivative`; wrt: a variable that is a number (needed where there
    are several). The derivative compared with is an expression's own; that of a function is
    extrapolated, and so known to fewer digits. Where f is not analytic, or does not compute
    with complex numbers, "complex" is left out, and the reason says so.
    Raises: UnknownVariable; ShapeError for a variable or a value that is an array; DerivativeError
    where the derivative is not finite.
    Source: course deck B, analytic against numerical differentiation; Press et al. (2007),
    Numerical Recipes, 3rd edition, section 5.7.

    >>> study = step_size_study(expression("x") ** 3, {"x": 2.0})
    >>> study.best["forward"], study.best["central"]
    (1e-08, 1e-05)
    """
    with quiet():
        return studied(f, Subject(f, values), wrt)


def studied(f: Any, subject: Subject, wrt: Any) -> StepSizeStudy:
    """Take the differences of a study, and say what they show."""
    name = subject.name_asked(wrt if wrt is not None else only(subject))
    here = subject.point[name]
    value = subject.call(subject.point)
    if np.ndim(here) or np.ndim(value):
        raise ShapeError(
            f"a study of the step is of one number by one number, but {name!r} has shape "
            f"{np.shape(here)} and the value has shape {np.shape(value)}. "
            "Pick one element, or fold the value with sum or mean."
        )

    def along(t: Any) -> Any:
        return subject.at(name, here + t)

    if isinstance(f, expression):
        exact = float(f.diff({**subject.point}, name))
    else:
        exact = float(derivative_along(along, here, "richardson").value)
    if not math.isfinite(exact):
        raise DerivativeError(
            f"the derivative by {name} at {here} is {exact}, so no difference can be compared with "
            "it. Choose a point where it is finite."
        )
    errors = {}
    trouble = ""
    for method in METHODS:
        try:
            errors[method] = tuple(errors_of(along, here, method, exact))
        except DerivativeError as error:
            trouble = f"complex: left out. {error}"
    best = {method: least(row) for method, row in errors.items()}
    reasons = [said(method, best[method], errors[method], here) for method in errors]
    reasons += [trouble] * bool(trouble)
    return StepSizeStudy(name, here, exact, STEPS, errors, best, tuple(reasons))


def only(subject: Subject) -> str:
    """Return the name of the only variable.

    Raises: ShapeError where there are several.
    """
    if len(subject.point) != 1:
        raise ShapeError(
            f"a study of the step is by one variable, and there are {len(subject.point)}: "
            f"{', '.join(map(repr, subject.point))}. Name one as the third argument."
        )
    return next(iter(subject.point))


def errors_of(along: Along, here: float, method: str, exact: float) -> list[float]:
    """Return the absolute error at each step."""
    found = []
    for step in STEPS:
        value = float(derivative_along(along, here, method, step).value)
        found.append(abs(value - exact) if math.isfinite(value) else math.inf)
    return found


def least(row: tuple[float, ...]) -> float:
    """Return the step of the least error: of equal ones the largest."""
    low = min(row)
    places = [place for place, error in enumerate(row) if error == low]
    return STEPS[places[0]]


def said(method: str, best: float, row: tuple[float, ...], here: float) -> str:
    """Say where a method is best, and what limits it on either side."""
    order, root, balance = _WORDS[method]
    then = (
        ". Above it truncation rules, which grows with {order}; below it rounding, which grows as "
        "eps/h, since nearly equal values are subtracted. They balance near {balance:.0e}, {root} "
        "times the scale of x."
    )
    if method == "complex":
        then = (
            ", and as good below: nothing is subtracted, so there is no rounding to fear, and "
            "truncation vanishes with {order}."
        )
    elif min(row) == row[0]:
        then = (
            ", the largest step: truncation is nothing here, and rounding grows as eps/h when the "
            "step shrinks."
        )
    return Sentence(
        "{method}: best at {best:.0e}" + then,
        method=method,
        best=best,
        order=order,
        root=root,
        balance=balance * float(scale_of(here)),
    )
