"""What an operation computes on arrays, said in the few words that row blocks are made of.

An operation whose elements are not all treated alike may declare `lower(shapes, numbers,
attributes)`, which returns one of these recipes, or None where it has none for such operands.
An operand is meant by its number, or is a recipe again. shapes: of the operands and, last, of the
value; a size that changes from call to call is a `Size`. numbers: the value of each operand that
is one number known beforehand, else None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, dataclass_transform

__all__ = [
    "Apply",
    "Contract",
    "Count",
    "Expand",
    "Extreme",
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


@dataclass_transform()
class RecipeWords:
    """What a recipe says: fields as they are annotated, a default where one stands.

    Every start loads a dozen of these, and a dataclass or a NamedTuple takes ten times as long.
    """

    __slots__ = ("__dict__",)

    def __init__(self, *given: Any, **by_name: Any) -> None:
        fields = type(self).__annotations__
        said = {**dict(zip(fields, given, strict=False)), **by_name}
        for name in fields:
            if name not in said and not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} lacks {name!r}")
        if len(said) < len(given) + len(by_name) or not said.keys() <= fields.keys():
            raise TypeError(f"{type(self).__name__} takes {', '.join(fields)}, not {said}")
        vars(self).update(said)

    def __repr__(self) -> str:
        said = [f"{name}={getattr(self, name)!r}" for name in type(self).__annotations__]
        return f"{type(self).__name__}({', '.join(said)})"


class Same(RecipeWords):
    """The operand itself."""

    of: Recipe


class Repeat(RecipeWords):
    """The operand repeated to the shape of the value, after axes of length 1 are put in."""

    of: Recipe
    axes: tuple[int, ...] = ()


class Total(RecipeWords):
    """Sum over axes, each counted from 0; keepdims: they stay, with length 1."""

    of: Recipe
    axes: tuple[int, ...]
    keepdims: bool = False


class Extreme(RecipeWords):
    """Largest element along axes, each counted from 0, or the smallest; NaN where one is.

    fold: "max" or "min".
    """

    of: Recipe
    axes: tuple[int, ...]
    fold: str


class Expand(RecipeWords):
    """The operand with axes of length 1 put in, as NumPy's expand_dims does."""

    of: Recipe
    axes: tuple[int, ...]


class Count(RecipeWords):
    """How many elements the operand has along axes, as one number."""

    of: Recipe
    axes: tuple[int, ...]


class Apply(RecipeWords):
    """A function of NumPy's on each element alone, with broadcasting."""

    function: Callable[..., Any]
    operands: tuple[Recipe, ...]
    attributes: tuple[Any, ...] = ()


class Select(RecipeWords):
    """Elements that whole numbers and slices select."""

    of: Recipe
    key: Any


class Place(RecipeWords):
    """Zeros of the shape of the value, to which the operand is added where a key selects."""

    of: Recipe
    key: Any


class Product(RecipeWords):
    """Matrix product, as NumPy's matmul of a matrix with a matrix or a vector."""

    left: Recipe
    right: Recipe


class Contract(RecipeWords):
    """Products of the rows of two arrays, summed over the rows: the first, transposed, @ other."""

    left: Recipe
    right: Recipe


class Square(RecipeWords):
    """How the square of a step follows from another step on the same operands.

    Said in a class body as `square`. beside: the operation of the other step. function: of the
    value of that step and the operands.
    """

    beside: Any
    function: Callable[..., Any]


class Turn(RecipeWords):
    """A matrix transposed."""

    of: Recipe


# The number of an operand, or what is made of operands.
Recipe = (
    int
    | Same
    | Repeat
    | Total
    | Extreme
    | Expand
    | Count
    | Apply
    | Select
    | Place
    | Product
    | Contract
    | Turn
)
