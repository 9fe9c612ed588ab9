"""The textbook's form of products of matrices: what is left when the shapes are known.

Where nothing is known of shapes, the cotangents of a product stay operations of their own; of
vectors and matrices they are products with a transpose. Numbers stand before a product, the
identity goes, and a transpose stands at the single matrices. Finds the operations by their symbols,
so that their class bodies can call.
Source: Petersen & Pedersen (2012), The Matrix Cookbook, section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.engine.inference import shape_of
from chainrule.engine.node import Node
from chainrule.engine.sizes import UNKNOWN
from chainrule.language.expression import operators

__all__ = [
    "axes_of_each",
    "is_identity",
    "kronecker_factor",
    "left_factor",
    "outer_factor",
    "put_back",
    "right_factor",
    "simpler_matrix_product",
    "simpler_outer_product",
    "simpler_slope_of_log",
    "simpler_transpose",
    "with_common_factor",
    "without_lengths",
    "without_numbers",
]

# Longer products keep the brackets that they have: to move them costs as many steps again.
MOST_FACTORS = 8


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
            return multiplied(g, transposed(b))
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
            return multiplied(transposed(a), g)
        case (1, 2):
            return operators["outer"](as_column(a), as_column(g))
        case (1, 1):
            return g * as_column(a)
    return None


def outer_factor(g: Any, other: Any, like: Node, *, left: bool) -> Any:
    """Return what flows into a factor of an outer product of vectors; None for other shapes."""
    if axes_of_each(g, other, like) != (2, 1, 1):
        return None
    return multiplied(g if left else transposed(g), other)


def kronecker_factor(g: Node, other: Node, like: Node) -> Any:
    """Return what flows from the trace of a Kronecker product into a factor; None from elsewhere.

    The trace of a product is the product of the traces.
    """
    if is_identity(g) and square_size(other) is not None and square_size(like) is not None:
        return operators["trace"](other) * operators["identity"](like)
    return None


def as_column(item: Node) -> Any:
    """Return a vector times a matrix as the matrix, transposed, times the vector."""
    if type(item) is operators.loaded("@") and axes_of_each(*item.arguments) == (1, 2):
        left, right = item.arguments
        return transposed(right) @ as_column(left)
    return item


def multiplied(a: Any, b: Any) -> Any:
    """Return a product of two matrices, or of a matrix and a vector, in its simplest form."""
    simpler = simpler_matrix_product(a, b)
    return a @ b if simpler is None else simpler


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
    return type(item) is operators.loaded("identity")


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
    simpler = with_number_before(a, b, operators["@"])
    if simpler is not None:
        return simpler
    column = as_column(b)
    return a @ column if column is not b else without_brackets(a, b)


def without_brackets(a: Node, b: Node) -> Any:
    """Write A @ (B @ C) as A @ B @ C where all are square, so that the work is the same; or None.

    Elsewhere the brackets say in which order a product is cheap.
    """
    size = square_size(a)
    factors: list[Node] = []
    while type(b) is operators.loaded("@") and len(factors) < MOST_FACTORS:
        b, last = b.arguments
        factors.append(last)
    factors.append(b)
    if size is None or len(factors) == 1 or any(square_size(item) != size for item in factors):
        return None
    product: Any = a
    for factor in reversed(factors):
        product = product @ factor
    return product


def square_size(item: Node) -> Any:
    """Return the number of rows of a square matrix; None for anything else."""
    shape = shape_of(item)
    square = shape is not None and len(shape) == 2 and shape[0] is not UNKNOWN
    return shape[0] if square and shape[0] == shape[1] else None


def simpler_outer_product(a: Node, b: Node) -> Any:
    """Put a number before an outer product; None where there is none."""
    return with_number_before(a, b, operators["outer"])


def with_number_before(a: Node, b: Node, product: Any) -> Any:
    """Put the numbers that are in two factors before their product; None where there are none."""
    (first, left), (second, right) = without_numbers(a), without_numbers(b)
    if not first and not second:
        return None
    rest = multiplied(left, right) if product is operators.loaded("@") else product(left, right)
    return put_back(first + second, rest)


def simpler_transpose(item: Node) -> Any:
    """Return the transpose of a matrix that is itself made of matrices; None where it is not."""
    operation: Any = type(item)
    if operation is operators.loaded(".T") and item.attributes == (None,):
        return item.arguments[0]
    if axes_of_each(item) != (2,):
        return None
    taken, rest = without_numbers(item)
    if taken:
        return put_back(taken, transposed(rest))
    if operation is operators.loaded("@") and axes_of_each(*item.arguments) == (2, 2):
        left, right = item.arguments
        return multiplied(transposed(right), transposed(left))
    if operation is operators.loaded("outer"):
        return operators["outer"](*item.arguments[::-1])
    return item if is_symmetric(item) else None


def is_symmetric(item: Node) -> bool:
    """Tell an identity, and the inverse or cofactors of what is its own transpose: X.T @ X."""
    operation: Any = type(item)
    if operation not in (operators.loaded("inv"), operators.loaded("cofactors")):
        return is_identity(item)
    return transposed(item.arguments[0]) is item.arguments[0]


def simpler_slope_of_log(above: Node, below: Node) -> Any:
    """Write the cofactors of a matrix over its determinant as its inverse, transposed; else None.

    Beside being the textbook's form, it is finite where the determinant overflows.
    """
    if type(below) is not operators.loaded("det") or axes_of_each(*below.arguments) != (2,):
        return None
    taken, rest = without_numbers(above)
    if type(rest) is not operators.loaded("cofactors") or rest.arguments != below.arguments:
        return None
    return put_back(taken, transposed(operators["inv"](*below.arguments)))


def with_common_factor(a: Node, b: Node) -> Any:
    """Write A @ x + A.T @ x as (A + A.T) @ x, and likewise from the right; else None.

    Numbers before both, and what multiplies both from one side, come along.
    """
    (before, left), (same, right) = without_numbers(a), without_numbers(b)
    if before != same:
        return None
    twice: Any = left
    total = 2 * twice if left is right else common_factor(left, right)
    return None if total is None else put_back(before, total)


def common_factor(a: Node, b: Node, depth: int = 0) -> Any:
    """Return the sum of two products as one; None where they have no such factor in common."""
    if not type(a) is type(b) is operators.loaded("@") or depth == MOST_FACTORS:
        return None
    if axes_of_each(*a.arguments, *b.arguments) is None:
        return None
    for common, other in ((1, 0), (0, 1)):
        left: Any = a.arguments[other]
        right: Any = b.arguments[other]
        if a.arguments[common] is not b.arguments[common]:
            continue
        if transposed(left) is right:
            total = left + right if type(left) is not operators.loaded(".T") else right + left
        else:
            total = common_factor(left, right, depth + 1)
        if total is not None:
            return multiplied(*((total, a.arguments[1]) if common else (a.arguments[0], total)))
    return None


def without_lengths(factors: Sequence[Node]) -> list[Any] | None:
    """Multiply a length with the unit vector in its direction: norm(x)*unit(x) is x.

    Also where a matrix stands before the vector. None where there are none.
    """
    for place, factor in enumerate(factors):
        before = None
        if type(factor) is operators.loaded("@"):
            before, factor = factor.arguments  # noqa: PLW2901 - the vector in it
        if type(factor) is not operators.loaded("unit") or factor.attributes != (None,):
            continue
        (vector,) = factor.arguments
        for other, size in enumerate(factors):
            if is_length_of(vector, size):
                whole: Any = vector if before is None else multiplied(before, vector)
                kept: list[Any] = [*factors[:place], whole, *factors[place + 1 :]]
                return kept[:other] + kept[other + 1 :]
    return None


def is_length_of(vector: Node, item: Node) -> bool:
    """Tell the length of a vector, or Frobenius's norm of a matrix, as one number."""
    operation: Any = type(item)
    plain = {
        operators.loaded("length"): (None, False),
        operators.loaded("norm"): (None, None, False),
    }
    return item.arguments == (vector,) and item.attributes == plain.get(operation)
