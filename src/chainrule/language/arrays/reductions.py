"""Folds of a whole array, or along an axis: product, extremes, median and spread.

The slopes of what chooses among elements follow the value, as `extremes` says of two: those that
are equally far ahead share the slope evenly (as in PyTorch's amax), and where a NaN leaves nothing
decided every slope is NaN.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.recipes import Apply, Expand, Extreme, Recipe, Total
from chainrule.errors import OperationError
from chainrule.language.arrays.averages import folded_axes, var, with_ddof
from chainrule.language.arrays.cumulative import chosen, cumprod, shifted
from chainrule.language.arrays.reshaping import reshape_as
from chainrule.language.batches import fold_of_entries
from chainrule.language.composition import composed
from chainrule.language.elements.choice import equal, where
from chainrule.language.elements.elementary import sqrt
from chainrule.language.folds import (
    FOLD,
    axes_of,
    broadcast_as,
    folded_shape,
    lined_up,
    number_if_folded_whole,
    spread,
    sum,
)
from chainrule.language.kinds import reading, structural

__all__ = [
    "amax",
    "amin",
    "chosen",
    "chosen_shares",
    "largest",
    "max",
    "median",
    "middle",
    "min",
    "prod",
    "product",
    "product_of_others",
    "products_of_others",
    "shares_of_chosen",
    "smallest",
    "standard_deviation",
    "std",
]

TABLE = np.array([[1.0, 3.0, 2.5], [4.0, -0.5, 6.0]])
WITH_ZEROS = np.array([[1.5, 0.0, 0.5], [0.0, 4.0, 0.0]])
SAMPLES = ((TABLE,), (2.0,))


def folding(called: str, latex: str) -> Any:
    """Return the notation of a fold."""
    return function(called, latex=latex, keywords=("axis", "keepdims"), defaults=(None, False))


def first_operand(operands: Any, attributes: Any) -> Any:  # noqa: ARG001 - a rule's signature
    """Name the operand that gives an operation its shape: the only one."""
    return operands


class product(structural):
    """Product of all elements, or along an axis; its slopes are right where elements are 0 too.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    """

    notation = folding("prod", r"\prod")
    keywords = FOLD
    positional = ("x", "axis")
    rule = "product"
    samples = (*SAMPLES, (WITH_ZEROS,))
    shape_sources = number_if_folded_whole
    rows = "product"

    def forward(x, axis, keepdims):
        return np.prod(x, axis=axes_of(axis, np.ndim(x)), keepdims=keepdims)

    def pull(g, y, x, axis, keepdims):
        return (spread(g, x, axis=axis, keepdims=keepdims) * product_of_others(x, axis=axis),)

    def push(tangents, y, x, axis, keepdims):
        along = broadcast_as(tangents[0], x) * product_of_others(x, axis=axis)
        return sum(along, axis=axis, keepdims=keepdims)

    def shape(shape, axis, keepdims):
        return folded_shape(shape, axis, keepdims)


class products_of_others(composed):
    """For each element the product of all others, or of the others along the axes: no division."""

    notation = function("product_of_others", keywords=("axis",), defaults=(None,))
    keywords = {"axis": None}
    samples = ((TABLE,), (WITH_ZEROS, {"axis": 1}), (WITH_ZEROS, {"axis": (0, 1)}), (2.0,))
    is_elementwise = False
    shape_sources = first_operand

    def meaning(x, axis):
        if isinstance(axis, tuple):
            found = broadcast_as(1.0, x)
            for number, place in enumerate(axis):
                within = prod(x, axis=axis[:number], keepdims=True) if number else x
                found = found * product_of_others(within, axis=place)
            return found
        place = 0 if axis is None else axis
        ahead = shifted(cumprod(x, axis=axis), axis=place, fill=1.0)
        behind = shifted(cumprod(x, axis=axis, reverse=True), axis=place, back=True, fill=1.0)
        return reshape_as(ahead * behind, x) if axis is None else ahead * behind


class chosen_shares(structural):
    """For each element its share in what a fold chooses: 0, or 1 among those that are equal to it.

    which: "largest", "smallest", or "middle", which has two values where the number is even. All
    shares are NaN where one element is. The derivative is 0: elements do not change places.
    """

    keywords = {"axis": None, "which": "largest"}
    notation = function("chosen_shares", keywords=("axis", "which"), defaults=(None, "largest"))
    samples = ((TABLE,), (TABLE, {"axis": 1, "which": "middle"}), (2.0, {"which": "smallest"}))
    shape_sources = first_operand
    batch = fold_of_entries

    def forward(x, axis, which):
        x = np.asarray(x)
        axes = axes_of(axis, x.ndim)
        if not x.size:
            return x
        if which != "middle":
            value = (np.max if which == "largest" else np.min)(x, axis=axes, keepdims=True)
            hit = x == value
            many = np.sum(hit, axis=axes, keepdims=True)
            found = hit.astype(x.dtype)
            return found[()] if np.all(many == 1) else (found / many.astype(x.dtype))[()]
        found = np.zeros_like(x)
        for value in middle_values(x, axes):
            hit = (x == value).astype(x.dtype)
            found += hit / np.sum(hit, axis=axes, keepdims=True) / 2
        return found[()]

    def lower(shapes, numbers, attributes):
        axis, which = attributes
        word = {"largest": "max", "smallest": "min"}.get(which)
        if word is None:
            return None
        axes = axes_of(axis, len(shapes[0]))
        hit = Apply(equal_elements, (0, lined_up(Extreme(0, axes, word), axes)))
        return Apply(np.divide, (hit, lined_up(Total(hit, axes), axes)))

    def pull(g, y, x, axis, which):
        return (0,)

    def push(tangents, y, x, axis, which):
        return 0

    def shape(shape, axis, which):
        axes_of(axis, len(shape))
        return shape


def equal_elements(one: Any, other: Any) -> Any:
    """Return 1 where elements are equal and 0 elsewhere, in their precision."""
    return (one == other).astype(one.dtype)


def extreme_recipe(shape: Any, attributes: tuple[Any, ...], word: str) -> Recipe:
    """Return the recipe of the largest or smallest element along an axis."""
    axis, keepdims = attributes
    axes = axes_of(axis, len(shape))
    found = Extreme(0, axes, word)
    return Expand(found, axes) if keepdims else found


def middle_values(x: Any, axes: tuple[int, ...]) -> Any:
    """Return the two values in the middle, with the folded axes of length 1; NaN where one is."""
    count = math.prod([x.shape[place] for place in axes])
    rest = tuple([place for place in range(x.ndim) if place not in axes])
    rows = np.sort(np.transpose(x, rest + axes).reshape(*[x.shape[place] for place in rest], count))
    undecided = np.isnan(rows[..., -1:])
    both = [np.where(undecided, np.nan, rows[..., [at]]) for at in ((count - 1) // 2, count // 2)]
    kept = [1 if place in axes else size for place, size in enumerate(x.shape)]
    return np.stack([value.reshape(kept) for value in both]).astype(x.dtype)


def extreme_along(attributes: tuple[Any, ...], of_two: str) -> tuple[Any, ...]:
    """Return axis and keepdims.

    Raises: OperationError for an axis that is no number: a second operand.
    """
    axis = attributes[0]
    for item in axis if isinstance(axis, tuple) else (axis,):
        if item is not None and type(item) is not int:
            raise OperationError(
                f"axis must be a whole number or several, not {item!r}. "
                f"Between two operands, write {of_two}(a, b)."
            )
    return attributes


class largest(structural):
    """Largest element of all, or along an axis, NaN where one is; ties share the slope evenly.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    Raises: ShapeError of no elements.
    """

    notation = folding("max", r"\max")
    keywords = FOLD
    positional = ("x", "axis")
    rule = "largest"
    samples = SAMPLES
    shape_sources = number_if_folded_whole
    rows = "max"

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, the axis checked."""
        return extreme_along(super().attribute_values(given), "maximum")

    def forward(x, axis, keepdims):
        return np.max(x, axis=folded_axes("the maximum", x, axis, least=1), keepdims=keepdims)

    def lower(shapes, numbers, attributes):
        return extreme_recipe(shapes[0], attributes, "max")

    def pull(g, y, x, axis, keepdims):
        flowing = spread(g, x, axis=axis, keepdims=keepdims)
        return (chosen(shares_of_chosen(x, axis=axis, which="largest"), flowing),)

    def push(tangents, y, x, axis, keepdims):
        share = shares_of_chosen(x, axis=axis, which="largest")
        return sum(chosen(share, tangents[0]), axis=axis, keepdims=keepdims)

    def shape(shape, axis, keepdims):
        return folded_shape(shape, axis, keepdims)


class smallest(structural):
    """Smallest element of all, or along an axis, NaN where one is; ties share the slope evenly.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    Raises: ShapeError of no elements.
    """

    notation = folding("min", r"\min")
    keywords = FOLD
    positional = ("x", "axis")
    rule = "smallest"
    samples = SAMPLES
    shape_sources = number_if_folded_whole
    rows = "min"

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, the axis checked."""
        return extreme_along(super().attribute_values(given), "minimum")

    def forward(x, axis, keepdims):
        return np.min(x, axis=folded_axes("the minimum", x, axis, least=1), keepdims=keepdims)

    def lower(shapes, numbers, attributes):
        return extreme_recipe(shapes[0], attributes, "min")

    def pull(g, y, x, axis, keepdims):
        flowing = spread(g, x, axis=axis, keepdims=keepdims)
        return (chosen(shares_of_chosen(x, axis=axis, which="smallest"), flowing),)

    def push(tangents, y, x, axis, keepdims):
        share = shares_of_chosen(x, axis=axis, which="smallest")
        return sum(chosen(share, tangents[0]), axis=axis, keepdims=keepdims)

    def shape(shape, axis, keepdims):
        return folded_shape(shape, axis, keepdims)


class middle(structural):
    """Median of all elements, or along an axis: the middle one, or the mean of the middle two.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    NaN where an element is. The middle ones share the slope, and what is equal to one its share.
    Raises: ShapeError of no elements.
    """

    notation = folding("median", r"\operatorname{median}")
    keywords = FOLD
    positional = ("x", "axis")
    rule = "median"
    samples = (*SAMPLES, (TABLE[:, :1],))
    shape_sources = number_if_folded_whole

    def forward(x, axis, keepdims):
        x = np.asarray(x)
        axes = folded_axes("the median", x, axis, least=1)
        low, high = middle_values(x, axes)
        found = np.where(low == high, low, (low + high) / 2)
        return (found if keepdims else np.squeeze(found, axis=axes))[()]

    def pull(g, y, x, axis, keepdims):
        flowing = spread(g, x, axis=axis, keepdims=keepdims)
        return (chosen(shares_of_chosen(x, axis=axis, which="middle"), flowing),)

    def push(tangents, y, x, axis, keepdims):
        share = shares_of_chosen(x, axis=axis, which="middle")
        return sum(chosen(share, tangents[0]), axis=axis, keepdims=keepdims)

    def shape(shape, axis, keepdims):
        return folded_shape(shape, axis, keepdims)


class standard_deviation(composed):
    """Root of the variance, in the unit of the elements; where all are equal its slope is 0.

    axis: an axis, several, or None for all. keepdims: keep the folded axes with length 1.
    ddof: what is taken from n, 0 as in NumPy; 1 as in PyTorch.
    Raises: ShapeError of ddof elements or fewer.
    """

    notation = function(
        "std",
        latex=r"\operatorname{std}",
        keywords=("axis", "keepdims", "ddof"),
        defaults=(None, False, 0),
    )
    keywords = {**FOLD, "ddof": 0}
    positional = ("x", "axis")
    rule = "standard deviation"
    samples = ((TABLE,), (np.array([2.0, 2.5]),), (TABLE, {"axis": 1, "ddof": 1}))
    is_elementwise = False
    shape_sources = number_if_folded_whole

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, ddof checked."""
        return with_ddof("std", super().attribute_values(given))

    def forward(x, axis, keepdims, ddof):
        axes = folded_axes("the standard deviation", x, axis, least=ddof + 1)
        return np.std(x, axis=axes, keepdims=keepdims, ddof=ddof)

    def meaning(x, axis, keepdims, ddof):
        square = var(x, axis=axis, keepdims=keepdims, ddof=ddof)
        return where(equal(square, 0), 0, sqrt(square))


shares_of_chosen = reading(chosen_shares)
product_of_others = reading(products_of_others)
prod = reading(product)
amax = max = reading(largest)
amin = min = reading(smallest)
median = reading(middle)
std = reading(standard_deviation)
