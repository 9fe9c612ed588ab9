"""Numerical differentiation of expressions and of ordinary functions, by four methods.

May import the language for binding values; it must never ask an expression for its derivative,
since it is what derivatives are checked against.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from chainrule.calculus.differences import (
    EPS,
    FIRST,
    Along,
    Estimate,
    central,
    complex_step,
    forward,
    richardson,
    scale_of,
    step_for,
)
from chainrule.engine.plan import plan_of
from chainrule.errors import DerivativeError, UnknownVariable, ValueTypeError, closest
from chainrule.language.compute import elementwise_path, slot_of
from chainrule.language.expression import expression, name_of
from chainrule.language.values import as_number, bind, listed

__all__ = ["METHODS", "NumericalDerivative", "Subject", "derivative_along", "numerical_derivative"]

TINY = float(np.finfo(np.float64).tiny)
METHODS = ("forward", "central", "complex", "richardson")


@dataclass(frozen=True, slots=True, eq=False)
class NumericalDerivative(NDArrayOperatorsMixin):
    """A derivative by differences, with how it came about; computes and prints as its value.

    value: a float, or an array. error: how far off it may be, by the method's own estimate; only
    "richardson" has one. step: the (smallest) distance between points. evaluations: calls made.

    >>> slope = numerical_derivative(math.sin, 0.0)
    >>> f"{slope:.6f}", slope.method, slope.evaluations
    ('1.000000', 'central', 2)
    """

    value: Any
    error: Any
    step: Any
    method: str
    evaluations: int

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:  # noqa: FBT001 - NumPy's
        return np.array(self.value, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Compute with the value; the answer is an ordinary number or array."""
        plain = [item.value if isinstance(item, NumericalDerivative) else item for item in inputs]
        found = getattr(ufunc, method)(*plain, **options)
        return found.item() if isinstance(found, np.generic) else found

    def __float__(self) -> float:
        return float(self.value)

    def __round__(self, digits: int | None = None) -> Any:
        return (
            np.round(self.value, digits or 0) if np.ndim(self.value) else round(self.value, digits)
        )

    def __format__(self, pattern: str) -> str:
        return format(self.value, pattern)

    def __str__(self) -> str:
        return str(self.value)


class Subject:
    """A function of named numbers: an expression at its values, or a function of ours to call."""

    __slots__ = ("call", "expression", "point")

    def __init__(self, f: Any, values: Any) -> None:
        self.expression: expression | None = f if isinstance(f, expression) else None
        self.call: Callable[[dict[str, Any]], Any]
        if isinstance(f, expression):
            bound = bind(plan_of(f).program, {} if values is None else values)[1]
            self.call = f.eval
        elif not callable(f):
            raise ValueTypeError(
                f"{f!r} is neither an expression nor a function. Give an expression, a function of "
                "named numbers such as lambda x, y: x*y, or one of a single number."
            )
        elif isinstance(values, Mapping):
            bound = {str(name): as_number(str(name), value) for name, value in values.items()}
            self.call = lambda point: f(**point)
        else:
            bound = {"x": as_number("x", values)}
            self.call = lambda point: f(point["x"])
        self.point = {name: in_double(name, value) for name, value in bound.items()}

    def name_asked(self, wrt: Any) -> str:
        """Return the name of the variable asked for.

        Raises: UnknownVariable, naming those that there are.
        """
        name = name_of(wrt)
        if name not in self.point:
            what = "the function" if self.expression is None else self.expression.to_text(limit=200)
            raise UnknownVariable(
                f"cannot vary {name!r}: it is not a variable of {what}. "
                f"Variables: {listed(self.point)}.{closest(name, self.point)}"
            )
        return name

    def at(self, name: str, value: Any) -> Any:
        """Return the value with one variable changed; beyond the domain it is NaN."""
        try:
            return self.call({**self.point, name: value})
        except (ArithmeticError, ValueError):
            return math.nan

    def is_elementwise(self, name: str) -> bool:
        """Tell whether each element of the value depends on its own element of an array alone."""
        if self.expression is None or not np.ndim(self.point[name]):
            return False
        program = plan_of(self.expression).program
        whole = np.shape(self.call(self.point))
        return whole != () and elementwise_path(program, slot_of(program, name))


def in_double(name: str, value: Any) -> Any:
    """Return a real number or array in double precision.

    Raises: ValueTypeError for complex numbers.
    """
    if isinstance(value, complex | np.complexfloating) or (
        isinstance(value, np.ndarray) and value.dtype.kind == "c"
    ):
        raise ValueTypeError(
            f"the value of {name!r} is complex, and differences are taken along real numbers. "
            "Give a real number."
        )
    return value.astype(np.float64) if isinstance(value, np.ndarray) else float(value)


def numerical_derivative(
    f: Any, values: Any, wrt: Any = None, *, method: str = "central", step: float | None = None
) -> Any:
    """Return the derivative by differences of values; no rule of differentiation is used.

    f: an expression; or a function, called with the values as keywords, or with one number.
    values: as for `eval`; or the one number. wrt: the variable; without it, a dict by name.
    method: "forward", "central", "complex" (one evaluation at x + ih: exact to rounding, for
    analytic functions), or "richardson" (extrapolated, with an estimate of its error).
    step: the distance of the points; for "richardson" the first. Otherwise it balances truncation
    against rounding.
    Shapes: as `diff` where the expression is elementwise; otherwise that of the value followed by
    that of the variable.
    Returns a NumericalDerivative, which computes as its value.
    Raises: UnknownVariable; DerivativeError where "complex" meets what is not analytic; ValueError.
    Source: Press et al. (2007), Numerical Recipes, 3rd edition, section 5.7.

    >>> x, y = expression("x"), expression("y")
    >>> round(numerical_derivative(y**x, {"x": 2, "y": 3}, "x"), 6)
    9.887511
    >>> numerical_derivative(lambda x: x**3, 2.0, method="complex").value
    12.0
    """
    if method not in METHODS:
        hint = closest(str(method), METHODS)
        raise ValueError(f"method must be one of {listed(METHODS)}, not {method!r}.{hint}")
    if step is not None and not (isinstance(step, int | float) and 0 < step < math.inf):
        raise ValueError(f"step must be a positive number, not {step!r}.")
    subject = Subject(f, values)
    with np.errstate(all="ignore"):  # what is not a number is NaN, in the answer too
        if wrt is not None:
            return by_variable(subject, subject.name_asked(wrt), method, step)
        found = {name: by_variable(subject, name, method, step) for name in subject.point}
    return found if isinstance(values, Mapping) or subject.expression is not None else found["x"]


def by_variable(
    subject: Subject, name: str, method: str, step: float | None
) -> NumericalDerivative:
    """Return the derivative by one variable, element by element where it is an array."""
    here = subject.point[name]
    if np.ndim(here) == 0 or subject.is_elementwise(name):
        made = derivative_along(lambda t: subject.at(name, here + t), here, method, step)
        return NumericalDerivative(
            plain(made.value), plain(made.error), plain(made.step), method, made.evaluations
        )
    parts = []
    for place in range(np.size(here)):
        x = here.flat[place]
        parts.append(derivative_along(moving(subject, name, place), x, method, step))
    shape = np.shape(parts[0].value if parts else subject.call(subject.point)) + np.shape(here)

    def joined(field: str) -> Any:
        listed_ = [getattr(part, field) for part in parts]
        return np.stack(listed_, axis=-1).reshape(shape) if parts else np.zeros(shape)

    return NumericalDerivative(
        joined("value"),
        joined("error") if method == "richardson" else None,
        np.array([part.step for part in parts]).reshape(np.shape(here)),
        method,
        sum(part.evaluations for part in parts),
    )


def moving(subject: Subject, name: str, place: int) -> Along:
    """Return the function of a step in one element of an array."""
    here = subject.point[name]

    def along(t: Any) -> Any:
        moved = here.astype(np.result_type(here, t))
        moved.flat[place] += t
        return subject.at(name, moved)

    return along


def derivative_along(along: Along, x: Any, method: str, step: float | None = None) -> Estimate:
    """Return the derivative at t = 0 of a function of x + t, by one of the methods.

    Raises: DerivativeError where "complex" meets what is not analytic.
    """
    if method == "complex":
        return complex_checked(along, x, step)
    scales = [step] if step is not None else [scale_of(x), np.abs(x)]
    best: Estimate | None = None
    evaluations = 0
    for scale in scales:
        if method == "richardson":
            found = richardson(along, scale if step is None else step / FIRST)
            settled = np.all(found.error <= 1e-8 * np.abs(found.value))
        else:
            size = step if step is not None else step_for(method, x) * (scale / scale_of(x))
            found = (forward if method == "forward" else central)(along, size)
            settled = np.all(np.isfinite(found.value))
        evaluations += found.evaluations
        if best is None or better(found, best):
            best = found
        # A smaller scale helps near the edge of a domain, near 0 of 1/x, or beside a kink.
        if settled or np.all((np.abs(x) >= 1) | (np.asarray(x) == 0)):
            break
    assert best is not None  # noqa: S101 - there is at least one scale
    return Estimate(best.value, best.error, best.step, evaluations)


def better(found: Estimate, best: Estimate) -> bool:
    """Tell whether a second estimate is to be preferred."""
    if found.error is None:
        return bool(np.all(np.isfinite(found.value)))
    far, near = (item.error / (np.abs(item.value) + TINY) for item in (best, found))
    return bool(np.all(np.isnan(far)) or np.sum(near) < np.sum(far))


def complex_checked(along: Along, x: Any, step: float | None) -> Estimate:
    """Return the derivative by a complex step, refusing what is not analytic.

    A step such as abs drops the imaginary part, or makes another one of it, without an error: a
    central difference, which needs no complex numbers, must agree to 3 digits.
    """
    try:
        usual = complex_step(along, step_for("complex", x))
    except TypeError as error:
        raise DerivativeError(
            f"method 'complex' met a step that does not compute with complex numbers: {error}. "
            "Use method='richardson'."
        ) from None
    real = central(along, step_for("central", x))
    here = along(0.0)
    rounding = 100 * EPS * np.abs(here) / step_for("central", x)
    largest = np.maximum(np.abs(usual.value), np.abs(real.value))
    off = np.abs(usual.value - real.value) > 1e-3 * largest + rounding
    if np.any(off & np.isfinite(real.value)):
        raise DerivativeError(
            f"method 'complex' gives {plain(usual.value)} where a central difference gives "
            f"{plain(real.value)}: some step is not analytic (abs, maximum, a comparison, ...), or "
            "the function changes very fast here. Use method='richardson'."
        )
    found = usual if step is None else complex_step(along, step)
    # A logarithm of -1 is a complex number, but no real one.
    found = replace(found, value=np.where(np.isfinite(here), found.value, np.nan))
    return Estimate(found.value, None, found.step, 5 if found is not usual else 4)


def plain(value: Any) -> Any:
    """Return a number without axes as a Python float, and an array as it is."""
    return value if value is None or np.ndim(value) else float(value)
