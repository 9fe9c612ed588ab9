"""A loss over a table as a formula of its parameters alone, which a page can compute.

A quadratic loss becomes a bowl, whatever the number of rows; another is written out row by row.
Knows nothing of pages.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from chainrule.engine.order import order
from chainrule.engine.protocol import Role
from chainrule.errors import OperationError, ShapeError
from chainrule.language.constants import constant
from chainrule.language.expression import expression, lift
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.quadratic import is_quadratic
from chainrule.tables import as_table
from chainrule.tables.columns import eager_frame

__all__ = ["Bowl", "as_bowl", "columns_of", "row_by_row"]

DIGITS = 12  # of the numbers that a bowl is written with
ROUNDING = 1e-10  # of the terms that a slope is a sum of: below it, it is 0
WHOLE = (None, 0, -1, (0,), (-1,))  # the axes that are all that a column has
MOST = 2  # parameters of a bowl
LARGEST_WHOLE = 1e15

Term = tuple[float, tuple[expression, ...]]  # a factor, and what it multiplies


@dataclass(frozen=True, slots=True)
class Bowl:
    """A quadratic formula of one or two parameters, and its middle: where it is least, if it is."""

    formula: expression
    middle: dict[str, float]


def columns_of(formula: expression, data: Any) -> dict[str, Any]:
    """Return the columns of a table that a formula names, checked; others may be of any kind."""
    if isinstance(data, Mapping):
        found: Any = data
    else:
        frame = eager_frame(data, "data", formula.variables)
        found = as_table(data, called="data").mapping() if frame is None else frame
    given = list(found) if isinstance(found, Mapping) else found.columns
    named = {name: found[name] for name in formula.variables if name in given}
    return dict(as_table(named, called="data").mapping()) if named else {}


def as_bowl(formula: expression, columns: Mapping[str, Any]) -> Bowl | None:
    """Return a loss that is quadratic in its one or two parameters, written about its middle.

    Exact but for the rounding of its numbers, which have 12 digits. None where it is not quadratic,
    or a sum overflows.

    >>> from chainrule import mean
    >>> m, x = expression("m"), expression("x")
    >>> print(as_bowl(mean((m * x - 2) ** 2), {"x": np.array([1.0, 2.0, 3.0])}).formula)
    0.571428571429 + 4.66666666667*(m - 0.857142857143)**2
    """
    names = [name for name in sorted(formula.variables) if name not in columns]
    if not 1 <= len(names) <= MOST or not is_quadratic(formula, names):
        return None
    loss = DenseObjective(formula, dict.fromkeys(names, 0.0), columns)
    origin = np.zeros(len(names))
    slope = loss.value_and_gradient(origin)[1]
    curvature = loss.hessian(origin)
    if not np.isfinite([*slope, *curvature.ravel()]).all():
        return None
    middle = np.array([rounded(part) for part in -np.linalg.pinv(curvature) @ slope])
    value, left = loss.value_and_gradient(middle)
    size = np.abs(curvature) @ np.abs(middle) + np.abs(slope)
    left = np.where(np.abs(left) <= ROUNDING * size, 0.0, left)
    steps = [
        expression(name) if part == 0 else shifted(expression(name), -part)
        for name, part in zip(names, middle.tolist(), strict=True)
    ]
    terms: list[Term] = [(float(left[at]), (step,)) for at, step in enumerate(steps)]
    terms += [(float(curvature[at, at]) / 2, (step**2,)) for at, step in enumerate(steps)]
    if len(names) == MOST:
        terms.append((float(curvature[0, 1]), (steps[0], steps[1])))
    made = None if rounded(value) == 0 else lift(neat(rounded(value)))
    for factor, term in terms:
        made = added(made, rounded(factor), term)
    whole = made if made is not None else 0 * steps[0]
    return Bowl(whole, dict(zip(names, middle.tolist(), strict=True)))


def rounded(number: Any) -> float:
    """Round to the digits that a bowl is written with."""
    return float(f"{float(number):.{DIGITS}g}")


def shifted(term: expression, by: float) -> expression:
    """Return a term plus a number, with the sign that the number has."""
    moved: expression = term + neat(by) if by > 0 else term - neat(-by)
    return moved


def neat(number: float) -> float | int:
    """Return a whole number as one, which is written without a point."""
    return int(number) if number.is_integer() and abs(number) < LARGEST_WHOLE else number


def added(made: Any, factor: float, product: tuple[expression, ...]) -> Any:
    """Return a sum and a multiple of a product, with the sign that the factor has."""
    if factor == 0:
        return made
    first, *others = product
    part = first if abs(factor) == 1 else neat(abs(factor)) * first
    for other in others:
        part = part * other
    if made is None:
        return part if factor > 0 else -part
    return made + part if factor > 0 else made - part


def row_by_row(formula: expression, columns: Mapping[str, Any]) -> expression:
    """Return a loss with every row of its columns written out as numbers.

    Raises: OperationError for an operation that neither takes rows by themselves nor adds them up;
    ShapeError where what comes out is no single number.

    >>> from chainrule import mean
    >>> m, x = expression("m"), expression("x")
    >>> print(row_by_row(mean((m * x - 2) ** 2), {"x": np.array([1.0, 3.0])}))
    ((m*1 - 2)**2 + (m*3 - 2)**2)/2
    """
    written: dict[Any, Any] = {}
    for name, column in columns.items():
        written[expression(name)] = [constant(neat(number)) for number in column.tolist()]
    write(formula, written)
    found = written[formula]
    if isinstance(found, list):
        raise ShapeError(
            f"the loss {formula.to_text(limit=200)} has shape ({len(found)},), and only one number "
            f"can be made smaller. Did you mean mean({formula.to_text(limit=200)})?"
        )
    whole: expression = found
    return whole


def write(root: Any, written: dict[Any, Any]) -> None:
    """Write out what lies under a node, each as a node or as a list of one a row."""
    for item in order([root], known=written):
        operation: Any = type(item)
        below = [written[argument] for argument in item.arguments]
        many = {len(part) for part in below if isinstance(part, list)}
        if operation.role is not Role.OPERATION:
            written[item] = item
        elif not many:
            written[item] = operation.again(tuple(below), item.attributes)
        elif operation.is_elementwise:
            rows = range(max(many))
            chosen = [tuple([of_row(part, row) for part in below]) for row in rows]
            written[item] = [operation.again(each, item.attributes) for each in chosen]
        elif operation.algebra in ("total", "count") and item.attributes[0] in WHOLE:
            written[item] = folded(operation, below[0])
        elif operation.meaning is not None:
            meant = operation.lift(operation.meaning(*item.arguments, *item.attributes))
            write(meant, written)
            written[item] = written[meant]
        else:
            raise OperationError(
                f"{operation.__name__} in {root.to_text(limit=200)} mixes the rows of a table, "
                "and a page computes with numbers alone. Write the loss with steps that take each "
                "row by itself, and a mean or sum over them."
            )


def of_row(part: Any, row: int) -> Any:
    """Return what stands in a row: that of a column, or what is the same in all."""
    return part[row] if isinstance(part, list) else part


def folded(operation: Any, terms: list[Any]) -> Any:
    """Return the sum of what stands in the rows, or their number."""
    return constant(len(terms)) if operation.algebra == "count" else reduce(operator.add, terms)
