"""What an operation computes on arrays, said in the few words that row blocks are made of.

An operation whose elements are not all treated alike may declare `lower(shapes, numbers,
attributes)`, which returns one of these recipes, or None where it has none for such operands.
An operand is meant by its number, or is a recipe again. shapes: of the operands and, last, of the
value; a size that changes from call to call is a `Size`. numbers: the value of each operand that
is one number known beforehand, else None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = [
    "Apply",
    "Column",
    "Contract",
    "Count",
    "Place",
    "Product",
    "Recipe",
    "Repeat",
    "Same",
    "Select",
    "Square",
    "Total",
    "Turn",
]


class Same(NamedTuple):
    """The operand itself."""

    of: Recipe


class Repeat(NamedTuple):
    """The operand repeated to the shape of the value, after axes of length 1 are put in."""

    of: Recipe
    axes: tuple[int, ...] = ()


class Total(NamedTuple):
    """Sum over axes, each counted from 0; keepdims: they stay, with length 1."""

    of: Recipe
    axes: tuple[int, ...]
    keepdims: bool = False


class Count(NamedTuple):
    """How many elements the operand has along axes, as one number."""

    of: Recipe
    axes: tuple[int, ...]


class Apply(NamedTuple):
    """A function of NumPy's on each element alone, with broadcasting."""

    function: Callable[..., Any]
    operands: tuple[Recipe, ...]
    attributes: tuple[Any, ...] = ()


class Select(NamedTuple):
    """Elements that whole numbers and slices select."""

    of: Recipe
    key: Any


class Place(NamedTuple):
    """Zeros of the shape of the value, to which the operand is added where a key selects."""

    of: Recipe
    key: Any


class Product(NamedTuple):
    """Matrix product, as NumPy's matmul of a matrix with a matrix or a vector."""

    left: Recipe
    right: Recipe


class Contract(NamedTuple):
    """Products of the rows of two arrays, summed over the rows: the first, transposed, @ other."""

    left: Recipe
    right: Recipe


class Column(NamedTuple):
    """A vector as a matrix of one column."""

    of: Recipe


class Square(NamedTuple):
    """How the square of a step follows from another step on the same operands.

    Said in a class body as `square`. beside: the operation of the other step. function: of the
    value of that step and the operands.
    """

    beside: Any
    function: Callable[..., Any]


class Turn(NamedTuple):
    """A matrix transposed."""

    of: Recipe


# The number of an operand, or what is made of operands.
Recipe = (
    int
    | Same
    | Repeat
    | Total
    | Count
    | Apply
    | Select
    | Place
    | Product
    | Contract
    | Column
    | Turn
)
