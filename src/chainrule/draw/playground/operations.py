"""The operations of the language as a table of JavaScript: values, slopes, and slopes of slopes.

Each function is written from the class body of its operation, as every other page's; so a formula
that a reader types is computed by the same rules as in Python. Knows no operation by name.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from chainrule.engine.evaluate import factors_of_step, is_literal_zero, slopes_of_step
from chainrule.engine.masked import Masked
from chainrule.engine.program import flatten
from chainrule.engine.protocol import Role
from chainrule.engine.sources import javascript, literal
from chainrule.engine.tidy import constant_value
from chainrule.errors import OperationError
from chainrule.language.calling import signature_of, usage
from chainrule.language.expression import expression
from chainrule.language.kinds import operations
from chainrule.language.text.vocabulary import functions

__all__ = ["called", "known_operations", "table", "without_javascript"]

LETTERS = "abc"  # what the operands are called inside a function


@cache
def known_operations() -> dict[str, Any]:
    """Return the operations that the page computes: those on so many numbers, and nothing else.

    One that takes any number of operands, or a setting, would need a function for each.
    """
    return {name: kind for name, kind in sorted(operations().items()) if fits(kind)}


def fits(kind: Any) -> bool:
    """Tell whether an operation of ours can stand in the table."""
    if kind.role is not Role.OPERATION or not kind.__module__.startswith("chainrule."):
        return False
    counted = kind.arity[1] is not None and kind.arity[1] <= len(LETTERS)
    if not (kind.is_elementwise and counted) or kind.keywords or kind.partials is None:
        return False
    try:
        javascript(flatten([applied(kind)]))
    except OperationError:
        return False
    return True


def applied(kind: Any) -> Any:
    """Return an operation over letters."""
    return kind.of(tuple(map(expression, LETTERS[: kind.arity[1]])))


def called() -> dict[str, str]:
    """Return for every name that calls an operation of the table the name of its class."""
    named = {kind: name for name, kind in known_operations().items()}
    return {name: named[kind] for name, kind in functions().items() if kind in named}


def without_javascript() -> list[str]:
    """List the names of functions that Python knows and the page does not."""
    return sorted(functions().keys() - called().keys())


def table() -> str:
    """Write the table as an object of JavaScript, by the names of the classes."""
    entries = [f"{literal(name)}: {entry(name, kind)}" for name, kind in known_operations().items()]
    return "{\n" + ",\n".join(entries) + "\n}"


def entry(name: str, kind: Any) -> str:
    """Write one operation.

    value, slopes, bends: functions of the list of operands. bends: the derivatives of the slopes,
    one operand after the other. none, level: which slopes and which bends a rule calls 0, so that
    nothing flows there. guard: "choice" where a slope of 0 says the same of a number, "zero wins"
    where 0 times infinity is 0.
    """
    count = kind.arity[1]
    letters = list(map(expression, LETTERS[:count]))
    value = applied(kind)
    partials = slopes_of_step(kind, value, letters, (), [True] * count)
    slopes = [expression.lift(partial) for partial in partials]
    bends = [slope_of(slope, letter) for slope in slopes for letter in LETTERS[:count]]
    about = {
        "called": str(kind.notation.name or name),
        "usage": usage(kind),
        "advice": kind.advice,
        "least": kind.arity[0],
        "operands": list(signature_of(kind).parameters),
        "defaults": list(kind.defaults),
        "guard": guard_of(kind),
        "none": [is_literal_zero(partial) for partial in partials],
        "level": [constant_value(bend) == 0 for bend in bends],
    }
    written = {"value": [value], "slopes": slopes, "bends": bends}
    made = [f"{name}: {function(roots, count)}" for name, roots in written.items()]
    return "{" + ", ".join([literal(about)[1:-1], *made]) + "}"


def slope_of(formula: Any, letter: str) -> Any:
    """Return the derivative of a formula by one of its letters, also where that is not in it."""
    within = letter in formula.variables
    return formula.derivative(letter) if within else expression.lift(0)


def guard_of(kind: Any) -> str:
    """Name what an operation that chooses does with a slope of zero."""
    if kind.weights is None:
        return ""
    letters = list(map(expression, LETTERS[: kind.arity[1]]))
    weights = factors_of_step(kind, applied(kind), letters, (), [True] * len(letters))
    chooses = any(type(weight) is Masked and weight.mask is not None for weight in weights)
    return "choice" if chooses else "zero wins"


def function(roots: list[Any], count: int) -> str:
    """Write a function without what only a reader wants: indentation and names."""
    text = javascript(flatten(roots), names=list(LETTERS[:count]))
    kept = [re.sub(r'; // ".*"$', ";", line.strip()) for line in text.splitlines()]
    return "\n".join(line for line in kept if line != '"use strict";')
