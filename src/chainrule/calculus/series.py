"""`taylor`: the polynomial that agrees with an expression at a point, to an order.

May import the language; it must not know any operation by name.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.engine.compiled import compiled_of
from chainrule.engine.node import Node
from chainrule.engine.protocol import Role
from chainrule.engine.tidy import tidy
from chainrule.errors import DerivativeError, UnknownVariable, ValueTypeError, closest
from chainrule.language.expression import expression, lift, name_of
from chainrule.language.values import as_number, listed

__all__ = ["taylor"]


def taylor(e: expression, wrt: Any, about: float = 0, order: int = 3) -> expression:
    """Return the Taylor polynomial of an expression in one variable, about a point.

    wrt: the variable, a number. about: where the polynomial and its derivatives are those of the
    expression. order: its degree. Other variables stay as they are, in the coefficients.
    Raises: UnknownVariable; DerivativeError where a derivative is not finite there.
    Cost: each order differentiates the one before as an expression, so orders are small.
    Source: DLMF 1.4.35.

    >>> from chainrule import cos, exp
    >>> x = expression("x")
    >>> print(taylor(cos(x), x, order=4))
    1 - x**2/2 + x**4/24
    >>> print(taylor(exp(x), x, about=1, order=1).eval({"x": 1}))
    2.718281828459045
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 0:
        raise ValueTypeError(f"order must be a whole number from 0, not {order!r}.")
    name = name_of(wrt)
    point = as_number("about", about)
    away = expression(name) if point == 0 else expression(name) - point
    derived = lift(e)
    if name not in derived.variables:
        raise UnknownVariable(
            f"{derived.to_text(limit=200)} has no variable {name!r}. "
            f"Its variables: {listed(derived.variables)}.{closest(name, derived.variables)}"
        )
    total: Any = None
    for degree in range(order + 1):
        slope = at_point(derived, name, point)
        number = plain_value(slope, degree, point)
        if number is not None and number < 0 and total is not None:
            total = total - term(-number, away, degree)
        elif number != 0:
            part = term(slope if number is None else number, away, degree)
            total = part if total is None else total + part
        if name not in derived.variables:
            break  # all that follow are 0
        derived = derived.derivative(name)
    return lift(0 if total is None else total)


def at_point(root: expression, name: str, point: Any) -> expression:
    """Return an expression with a number in place of a variable, and names of steps left out."""
    program = compiled_of(root).program
    made: list[Node] = []
    for operation, arguments, attributes in zip(
        program.operations, program.arguments, program.attributes, strict=True
    ):
        own = tuple([made[argument] for argument in arguments])
        if operation.role is Role.VARIABLE and attributes[0] == name:
            made.append(lift(point))
        elif operation.role is Role.LABEL:  # two orders would give one name to two steps
            made.append(own[0])
        else:
            made.append(operation.again(own, attributes))
    return lift(tidy(made[program.outputs[0]]))


def plain_value(slope: expression, degree: int, point: Any) -> float | int | None:
    """Return a derivative as a number, whole where it is; None while it holds variables.

    Raises: DerivativeError where it is not finite.
    """
    if slope.variables:
        return None
    number = slope.eval()
    if not math.isfinite(number):
        raise DerivativeError(
            f"the derivative of order {degree} at {point} is {number}, so there is no Taylor "
            "polynomial about it. Choose another point, or a lower order."
        )
    return int(number) if abs(number) < 2**53 and number == int(number) else float(number)


def term(slope: Any, away: expression, degree: int) -> Any:
    """Write slope * away**degree / degree!, in lowest terms where the slope is whole."""
    if degree == 0:
        return slope
    power = away if degree == 1 else away**degree
    below = math.factorial(degree)
    if isinstance(slope, float):
        return slope / below * power
    if isinstance(slope, int):
        common = math.gcd(slope, below)
        slope, below = slope // common, below // common
        if slope == -1:
            power, slope = -power, 1
    above = power if isinstance(slope, int) and slope == 1 else slope * power
    return above if below == 1 else above / below
