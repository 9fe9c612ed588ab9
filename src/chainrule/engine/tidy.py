"""Simplification that never changes a value, from what the operations declare.

Constants fold where the result is exact; neutral elements, double signs and repeated operations go;
what else an operation knows of itself stands in `simplify` in its class body. Values agree to
rounding, and NaN and infinity stay what they were, unless `assume_finite` says that there are none.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from chainrule.engine.node import Node
from chainrule.engine.order import order
from chainrule.engine.protocol import Role

__all__ = ["constant_value", "tidy"]

LARGEST_FOLDED = 10**15  # integers below are exact as floats, and short enough to read
MOST_REWRITES = 50  # a rule that undoes another must not loop for ever


def tidy(root: Node, *, assume_finite: bool = False) -> Node:
    """Return a simplified graph with the same value; shared parts stay shared."""
    done: dict[Node, Node] = {}
    for item in order([root]):
        operation: Any = type(item)
        if operation.role is Role.VARIABLE or operation.role is Role.CONSTANT:
            done[item] = item
            continue
        arguments = tuple([done[argument] for argument in item.arguments])
        made: Node = (
            item
            if arguments == item.arguments
            else operation.again(arguments, item.attributes)
        )
        for _ in range(MOST_REWRITES):
            simpler = step(made, assume_finite=assume_finite)
            if simpler is None:
                break
            made = simpler
        done[item] = made
    return done[root]


def step(item: Node, *, assume_finite: bool) -> Node | None:
    """Apply the first rule that simplifies this node, whose arguments are tidy already."""
    operation: Any = type(item)
    if operation.role is not Role.OPERATION:
        return None
    arguments = item.arguments
    folded = fold(operation, item)
    if folded is not None:
        return folded
    properties = operation.properties
    if len(arguments) == 1:
        (inner,) = arguments
        if properties.involution and type(inner) is operation:
            return inner.arguments[0]
        if properties.idempotent and type(inner) is operation:
            return inner
    elif len(arguments) == 2:
        left, right = arguments
        if properties.neutral is not None and constant_value(right) == properties.neutral:
            return left
        neutral_left = properties.neutral_left
        if neutral_left is None and properties.commutative:
            neutral_left = properties.neutral
        if neutral_left is not None and constant_value(left) == neutral_left:
            return right
    if operation.simplify is not None:
        simpler = operation.simplify(assume_finite, *arguments, *item.attributes)
        if simpler is not None:
            lifted: Node = operation.lift(simpler)
            return None if lifted is item else lifted
    return None


def constant_value(item: Node) -> Any:
    """Return the plain number that a node is, or None."""
    operation: Any = type(item)
    if operation.role is Role.CONSTANT and type(item.attributes[0]) in (int, float):
        return item.attributes[0]
    return None


def fold(operation: Any, item: Node) -> Node | None:
    """Return the constant that an operation on constants comes to, where that is exact."""
    exact = operation.properties.exact
    if exact is None or not item.arguments:
        return None
    values = [constant_value(argument) for argument in item.arguments]
    if None in values:
        return None
    try:
        fractions = [Fraction(value) for value in values]
        if operation.properties.grows and abs(fractions[1]) > 64:
            return None
        true = exact(*fractions)
    except (ArithmeticError, ValueError):  # infinity, NaN, a division by zero
        return None
    if not isinstance(true, Fraction | int) or abs(true) > LARGEST_FOLDED:
        return None
    whole = all(type(value) is int for value in values)
    if whole and true == int(true):
        return operation.lift(int(true))  # type: ignore[no-any-return]  # lift gives nodes
    if not whole and Fraction(float(true)) == true:
        return operation.lift(float(true))  # type: ignore[no-any-return]  # lift gives nodes
    return None
