"""Numerical differentiation of expressions and of ordinary functions, by four methods.

May import the language for binding values; it must never ask an expression for its derivative,
since it is what derivatives are checked against.
"""

from __future__ import annotations

import inspect
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
    spacing,
    step_for,
)
from chainrule.calculus.one_sided import BEND_EVALUATIONS, bend
from chainrule.calculus.quiet import quiet
from chainrule.calculus.settings import checked_method, checked_step
from chainrule.engine.compiled import compiled_of
from chainrule.errors import (
    ChainRuleError,
    DerivativeError,
    UnknownVariable,
    ValueTypeError,
    closest,
)
from chainrule.language.binding import bind
from chainrule.language.compute import elementwise_path, slot_of
from chainrule.language.expression import expression, name_of
from chainrule.language.values import as_number, listed

__all__ = ["METHODS", "NumericalDerivative", "Subject", "derivative_along", "numerical_derivative"]

TINY = float(np.finfo(np.float64).tiny)
METHODS = ("forward", "central", "complex", "richardson")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        within = f" within {self.error:.0e}" if isinstance(self.error, float) else ""
        return f"NumericalDerivative({self.value!r}{within}, {self.method})"


class Subject:
    """A function of named numbers: an expression at its values, or a function of ours to call."""

    __slots__ = ("call", "expression", "point")

    def __init__(self, f: Any, values: Any) -> None:
        self.expression: expression | None = f if isinstance(f, expression) else None
        self.call: Callable[[dict[str, Any]], Any]
        if isinstance(f, expression):
            bound = bind(compiled_of(f).program, {} if values is None else values)[1]
            self.call = lambda point: number_of(f, f.eval(point))
        elif not callable(f):
            raise ValueTypeError(
                f"{f!r} is neither an expression nor a function. Give an expression, a function of "
                "named numbers such as lambda x, y: x*y, or one of a single number."
            )
        elif isinstance(values, Mapping):
            bound = {str(name): as_number(str(name), value) for name, value in values.items()}
            refuse_names(f, bound)
            self.call = lambda point: number_of(f, f(**point))
        else:
            bound = {"x": as_number("x", values)}
            self.call = lambda point: number_of(f, f(point["x"]))
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
        except ChainRuleError:  # shapes that do not fit, for one, do not fit anywhere
            raise
        except (ArithmeticError, ValueError):
            return math.nan

    def is_elementwise(self, name: str) -> bool:
        """Tell whether each element of the value depends on its own element of an array alone."""
        if self.expression is None or not np.ndim(self.point[name]):
            return False
        program = compiled_of(self.expression).program
        whole = np.shape(self.call(self.point))
        return whole != () and elementwise_path(program, slot_of(program, name))


def refuse_names(f: Callable[..., Any], values: Mapping[str, Any]) -> None:
    """Refuse values that a function does not take by these names.

    Raises: UnknownVariable, with the function's own signature.
    """
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):  # one of C's may not tell
        return
    try:
        signature.bind(**values)
    except TypeError as error:
        raise UnknownVariable(
            f"the function takes {signature}, and was given {listed(values)}: {error}. "
            "Name the values as the function does, or give one number to a function of one."
        ) from None


def number_of(f: Any, value: Any) -> Any:
    """Return what a function gave: lists as arrays, truth values as 0 and 1.

    Raises: ValueTypeError for what is no number.
    """
    if isinstance(value, float | complex):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        if array.dtype.kind == "O" and array.ndim == 0 and hasattr(value, "__float__"):
            return float(value)
        raise ValueTypeError(
            f"the function {getattr(f, '__name__', f)!s} gives {value!r}, which is no number, so "
            "there is nothing to differentiate. Return a number or an array."
        )
    return array.astype(np.float64) if array.dtype.kind in "biu" else array[()]


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
    analytic functions), or "richardson" (extrapolated, with an estimate of its error, which at a
    kink is half of what lies between the slopes on the two sides).
    step: the distance of the points; for "richardson" the first. Otherwise it balances truncation
    against rounding.
    Shapes: as `diff` where the expression is elementwise; otherwise that of the value followed by
    that of the variable.
    Returns a NumericalDerivative, which computes as its value.
    Raises: UnknownVariable; DerivativeError where "complex" meets what is not analytic;
    ValueTypeError for what gives no number; SettingError for a method or a step that is none.
    Source: Press et al. (2007), Numerical Recipes, 3rd edition, section 5.7.

    >>> x, y = expression("x"), expression("y")
    >>> round(numerical_derivative(y**x, {"x": 2, "y": 3}, "x"), 6)
    9.887511
    >>> numerical_derivative(lambda x: x**3, 2.0, method="complex").value
    12.0
    """
    method, step = checked_method(method, METHODS), checked_step(step)
    with quiet():  # what is not a number is NaN, in the answer too
        subject = Subject(f, values)
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
        taken = made.step if np.ndim(here) else smallest(made.step)
        return NumericalDerivative(
            plain(made.value), plain(made.error), plain(taken), method, made.evaluations
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
        np.array([smallest(part.step) for part in parts]).reshape(np.shape(here)),
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

    At a kink, differences on both sides may agree with each other and with nothing else: half of
    what lies between the slopes on the two sides is added to the error of "richardson".
    Raises: DerivativeError where "complex" meets what is not analytic.
    """
    if method == "complex":
        return complex_checked(along, x, step)
    if method == "richardson":
        found = extrapolated_along(along, x, step)
        error = found.error + bend(along, x) / 2
        return Estimate(found.value, error, found.step, found.evaluations + BEND_EVALUATIONS)
    formula = forward if method == "forward" else central
    evaluations = 0
    for scale in scales_of(x, step):
        size = step if step is not None else step_for(method, x) * (scale / scale_of(x))
        found = formula(along, size)
        evaluations += found.evaluations
        if np.all(np.isfinite(found.value)):
            break
    return replace(found, evaluations=evaluations)


def extrapolated_along(along: Along, x: Any, step: float | None = None) -> Estimate:
    """Return the derivative by "richardson", of several scales element by element the surer one."""
    best: Estimate | None = None
    for scale in scales_of(x, step):
        found = richardson(along, scale if step is None else step / FIRST, finest=spacing(x))
        best = found if best is None else surer(best, found)
        if np.all(best.error <= 1e-8 * np.abs(best.value)):
            break
    assert best is not None  # noqa: S101 - there is at least one scale
    return best


def scales_of(x: Any, step: float | None) -> list[Any]:
    """List over what distances to look: near the edge of a domain, or a pole at 0, over |x| too."""
    if step is not None or np.all((np.abs(x) >= 1) | (np.asarray(x) == 0)):
        return [scale_of(x) if step is None else step]
    return [scale_of(x), np.where(np.asarray(x) == 0, 1.0, np.abs(x))]


def surer(one: Estimate, two: Estimate) -> Estimate:
    """Return, element by element, the estimate with the smaller error relative to its value."""
    far, near = (item.error / (np.abs(item.value) + TINY) for item in (one, two))
    take = (near < far) | np.isnan(far)
    return Estimate(
        np.where(take, two.value, one.value),
        np.where(take, two.error, one.error),
        np.where(take, two.step, one.step),
        one.evaluations + two.evaluations,
    )


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


def smallest(step: Any) -> float:
    """Return the smallest of the steps that the elements of a value took."""
    return float(np.min(step, initial=np.inf))


def plain(value: Any) -> Any:
    """Return a number without axes as a Python float, and an array as it is."""
    return value if value is None or np.ndim(value) else float(value)
