"""Jacobians of vectors by vectors in matrix notation: A of A @ x, and diag(p) @ A of what follows.

Built going forward, step by step, from the Jacobians of the operands. May import the engine and the
language; it must not know of values.
Source: Magnus & Neudecker (2019), Matrix Differential Calculus, chapter 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.engine.compiled import compiled_of
from chainrule.engine.evaluate import written
from chainrule.engine.protocol import Role
from chainrule.engine.tidy import constant_value, tidy
from chainrule.language.arrays.making import identity_like
from chainrule.language.arrays.transposing import transpose
from chainrule.language.compute import slot_of
from chainrule.language.expression import expression, lift
from chainrule.language.folds import broadcast_as, fitted
from chainrule.language.matrices.diagonals import diag
from chainrule.language.matrices.products import outer
from chainrule.language.simplifying.matrix_forms import put_back, without_numbers

__all__ = ["jacobian_by_vector"]


class NoRule(Exception):
    """A step whose Jacobian is no product of matrices."""


def jacobian_by_vector(root: expression, name: str) -> expression | None:
    """Return the Jacobian of a vector by a vector, before it is tidied.

    Shapes: (m,) by (n,) -> (m, n). None where it is no product of matrices, or a step has no rule.
    Cost: a step for each, and a reverse sweep for each number that depends on the vector.
    """
    program = compiled_of(root).program
    nodes, wanted = program.nodes(), slot_of(program, name)
    found: list[Any] = [None] * len(nodes)
    for slot, item in enumerate(nodes):
        below = [found[argument] for argument in program.arguments[slot]]
        if slot == wanted:
            found[slot] = identity_like(outer(item, item))
        elif any(part is not None for part in below):
            try:
                found[slot] = by_step(item, below, nodes[wanted])
            except NoRule as reason:
                found[slot] = reason  # a number further on may do without it
    last = found[program.outputs[0]]
    return None if last is None or isinstance(last, NoRule) else lift(last)


def by_step(item: Any, below: Sequence[Any], wanted: Any) -> Any:
    """Return the Jacobian of a step, or the gradient of a number; None where it is 0.

    Raises: NoRule.
    """
    operation: Any = type(item)
    shape = item.shape
    if shape == ():
        program = compiled_of(item).program
        slot = slot_of(program, wanted.attributes[0])
        flows = written(program, fitted).vjp({program.outputs[0]: 1}, [slot])
        return flows.get(slot)
    if shape is None or len(shape) != 1 or any(isinstance(part, NoRule) for part in below):
        raise NoRule
    if operation.role is Role.LABEL:
        return below[0]
    if operation.algebra == "matrix product":
        return of_product(*item.arguments, *below)
    if operation.algebra == "shares":
        return (diag(item) - outer(item, item)) @ below[0]
    if not operation.is_elementwise:
        raise NoRule
    total: Any = None
    partials = operation.partials(item, *item.arguments, *item.attributes)
    for operand, slope, inner in zip(item.arguments, partials, below, strict=True):
        if inner is None:
            continue
        slope = lift(slope() if callable(slope) else slope)  # noqa: PLW2901 - asked for by now
        if constant_value(slope) == 0:
            continue
        part = of_elements(item, operand, slope, inner)
        total = part if total is None else total + part
    return total


def of_product(a: Any, b: Any, by_a: Any, by_b: Any) -> Any:
    """Return the Jacobian of a matrix times a vector, of which the vector alone may depend."""
    matrix, inner = (a, by_b) if by_a is None else (transpose(b), by_a)
    if (by_a is not None and by_b is not None) or len(matrix.shape or ()) != 2:
        raise NoRule
    return matrix @ inner


def of_elements(item: Any, operand: Any, slope: Any, inner: Any) -> Any:
    """Return what an operand gives to the Jacobian of an operation on each element."""
    if operand.shape == ():
        return outer(broadcast_as(slope, item), inner)
    if operand.shape != item.shape:
        raise NoRule
    if slope.shape == ():
        one = constant_value(slope)
        return inner if one == 1 else -inner if one == -1 else slope * inner
    numbers, elements = without_numbers(tidy(slope))
    return put_back(numbers, diag(elements) @ inner)
