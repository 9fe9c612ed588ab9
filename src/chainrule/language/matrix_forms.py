"""The textbook's form of products of matrices: what is left when the shapes are known.

Where nothing is known of shapes, the cotangents of a product stay operations of their own; of
vectors and matrices they are products with a transpose. Numbers stand before a product, the
identity goes, and a transpose stands at the single matrices. Finds the operations by their symbols,
so that their class bodies can call.
Source: Petersen & Pedersen (2012), The Matrix Cookbook, section 2.
"""

from __future__ import annotations

from typing import Any

from chainrule.engine.inference import shape_of
from chainrule.engine.node import Node
from chainrule.language.expression import operators

__all__ = [
    "axes_of_each",
    "left_factor",
    "right_factor",
    "simpler_matrix_product",
    "simpler_outer_product",
    "simpler_transpose",
    "with_common_factor",
]


def axes_of_each(*items: Node) -> tuple[int, ...] | None:
    """Return the number of axes of each; None where one is not known, or is not of a matrix."""
    found = []
    for item in items:
        shape = shape_of(item)
        if shape is None or len(shape) > 2:
            return None
        found.append(len(shape))
    return tuple(found)


def left_factor(g: Any, b: Any, like: Node) -> Any:
    """Return what flows into the left operand of like @ b; None where shapes are not known."""
    match axes_of_each(like, b):
        case (2, 2):
            return g @ transposed(b)
        case (2, 1):
            return operators["outer"](as_column(g), as_column(b))
        case (1, 2):
            return b @ g
        case (1, 1):
            return g * as_column(b)
    return None


def right_factor(g: Any, a: Any, like: Node) -> Any:
    """Return what flows into the right operand of a @ like; None where shapes are not known."""
    match axes_of_each(a, like):
        case (2, 2) | (2, 1):
            return transposed(a) @ g
        case (1, 2):
            return operators["outer"](as_column(a), as_column(g))
        case (1, 1):
            return g * as_column(a)
    return None


def as_column(item: Node) -> Any:
    """Return a vector times a matrix as the matrix, transposed, times the vector."""
    if type(item) is operators["@"] and axes_of_each(*item.arguments) == (1, 2):
        left, right = item.arguments
        return transposed(right) @ left
    return item


def transposed(item: Node) -> Any:
    """Return the transpose of a matrix, without a second one where it is one already."""
    simpler = simpler_transpose(item)
    return operators[".T"](item) if simpler is None else simpler


def without_numbers(item: Node) -> tuple[list[tuple[Any, Node | None]], Node]:
    """Take the numbers out of an array that they multiply or divide.

    Returns the operations that put them back, outermost first, each with its number; and the rest.
    """
    times, over, negate = operators["*"], operators["/"], operators["negate"]
    taken: list[tuple[Any, Node | None]] = []
    while True:
        operation: Any = type(item)
        if operation is negate:
            taken.append((negate, None))
            item = item.arguments[0]
            continue
        if operation is not times and operation is not over:
            return taken, item
        number, rest = item.arguments
        if operation is over or shape_of(number) != ():
            number, rest = rest, number
        if shape_of(number) != () or shape_of(rest) == ():
            return taken, item
        taken.append((operation, number))
        item = rest


def put_back(taken: list[tuple[Any, Node | None]], item: Any) -> Any:
    """Multiply and divide by the numbers that were taken out."""
    for operation, number in reversed(taken):
        if number is None:
            item = -item
        else:
            item = item / number if operation is operators["/"] else number * item
    return item


def is_identity(item: Node) -> bool:
    """Tell an identity matrix."""
    return type(item) is operators.get("identity")


def simpler_matrix_product(a: Node, b: Node) -> Any:
    """Simplify a product of matrices: numbers come first, the identity goes; None if it is simple.

    Only where the axes are known: an identity may stand for a batch of them.
    """
    if axes_of_each(a, b) is None:
        return None
    if is_identity(a):
        return b
    if is_identity(b):
        return a
    return with_number_before(a, b, operators["@"])


def simpler_outer_product(a: Node, b: Node) -> Any:
    """Put a number before an outer product; None where there is none."""
    return with_number_before(a, b, operators["outer"])


def with_number_before(a: Node, b: Node, product: Any) -> Any:
    """Put the numbers that are in two factors before their product; None where there are none."""
    (first, left), (second, right) = without_numbers(a), without_numbers(b)
    return put_back(first + second, product(left, right)) if first or second else None


def simpler_transpose(item: Node) -> Any:
    """Return the transpose of a matrix that is itself made of matrices; None where it is not."""
    operation: Any = type(item)
    if operation is operators[".T"] and item.attributes == (None,):
        return item.arguments[0]
    if axes_of_each(item) != (2,):
        return None
    taken, rest = without_numbers(item)
    if taken:
        return put_back(taken, transposed(rest))
    if operation is operators["@"] and axes_of_each(*item.arguments) == (2, 2):
        left, right = item.arguments
        return transposed(right) @ transposed(left)
    if operation is operators["outer"]:
        return operators["outer"](*item.arguments[::-1])
    return item if is_identity(item) else None


def with_common_factor(a: Node, b: Node) -> Any:
    """Write A @ x + A.T @ x as (A + A.T) @ x, and likewise from the right; else None."""
    if not type(a) is type(b) is operators["@"]:
        return None
    if axes_of_each(*a.arguments, *b.arguments) is None:
        return None
    for common, other in ((1, 0), (0, 1)):
        left: Any = a.arguments[other]
        right: Any = b.arguments[other]
        if a.arguments[common] is not b.arguments[common] or transposed(left) is not right:
            continue
        total = left + right if type(left) is not operators[".T"] else right + left
        return total @ a.arguments[1] if common else a.arguments[0] @ total
    return None
