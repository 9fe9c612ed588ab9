"""Running sums, products, extremes and logarithms of sums along an axis.

All are of one kind: a value follows from the one before and the next element, so a small change in
it is y'[k] = decay[k]*y'[k - 1] + share[k]*x'[k]. That recurrence, and the same one backward, are
an operation too: derivatives of every order come out of it, and no rule divides by an element.
"""

from __future__ import annotations

import math
from operator import mul
from typing import Any

import numpy as np

from chainrule.engine.node import Node
from chainrule.engine.notation import function
from chainrule.engine.sizes import broadcast, product
from chainrule.language.arithmetic import weigh
from chainrule.language.arrays.reshaping import ravel, reshape_as
from chainrule.language.batches import along_axes, along_axis_or_row
from chainrule.language.elements.choice import equal, where
from chainrule.language.elements.elementary import exp
from chainrule.language.elements.extremes import lead, trail
from chainrule.language.folds import axis_of, broadcast_as
from chainrule.language.kinds import reading, structural

__all__ = [
    "chosen",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "linear_recurrence",
    "logcumsumexp",
    "place_shift",
    "recurrence",
    "running_log_sum_exp",
    "running_maximum",
    "running_minimum",
    "running_product",
    "running_sum",
    "shifted",
]

ALONG = {"axis": None, "reverse": False}
LONG_STEP = 256  # so many elements a step hide the cost of a call
TABLE = np.array([[1.5, -2.0, 0.5, 3.0], [0.25, 4.0, -1.0, 2.0]])
WITH_ZEROS = np.array([[1.5, 0.0, 0.5, 3.0], [0.0, 4.0, 0.0, 2.0]])
SAMPLES = (
    (TABLE,),
    (TABLE, {"axis": 1}),
    (TABLE, {"axis": 0, "reverse": True}),
    (TABLE[0], {"axis": -1}),
    (2.0,),
)


def running(called: str) -> Any:
    """Return the notation of a running fold."""
    return function(called, keywords=("axis", "reverse"), defaults=(None, False))


def source_along(operands: Any, attributes: Any) -> Any:
    """Name the operand that gives an operation its shape, unless its elements are put in a row."""
    return None if attributes[0] is None else operands


def shape_along(shape: Any, axis: Any) -> Any:
    """Return the shape of a running fold: that of the operand, or all elements in a row."""
    return (product(shape),) if axis is None else same_along(shape, axis)


def same_along(shape: Any, axis: Any) -> Any:
    """Return a shape that has this axis.

    Raises: ShapeError where it has not.
    """
    axis_of(axis, len(shape))
    return shape


def accumulated(rule: np.ufunc, x: Any, axis: Any, reverse: Any) -> Any:
    """Fold step by step with a function of NumPy."""
    lined = np.ravel(x) if axis is None else np.asarray(x)
    place = axis_of(0 if axis is None else axis, lined.ndim)
    if reverse:
        return np.flip(folded_on(rule, np.flip(lined, place), place), place)
    return folded_on(rule, lined, place)


def folded_on(rule: np.ufunc, x: Any, place: int) -> Any:
    """Return what `accumulate` does; where steps are long, slice by slice, which is faster."""
    if x.ndim < 2 or x.size < LONG_STEP * x.shape[place]:
        return rule.accumulate(x, axis=place)
    made = np.array(x, order="C")
    steps = np.moveaxis(made, place, 0)
    for number in range(1, len(steps)):
        rule(steps[number - 1], steps[number], out=steps[number])
    return made


def in_a_row(x: Any, axis: Any) -> Any:
    """Return the elements as the fold takes them."""
    return ravel(x) if axis is None else x


def chosen(one: Any, other: Any) -> Any:
    """Return what flows to or from elements times their shares: nothing where the share is 0.

    Over nodes it is written as a product, which reads well.
    """
    nodes = isinstance(one, Node) or isinstance(other, Node)
    return one * other if nodes else weigh(one, other)


def flowing_back(
    g: Any, x: Any, slopes: tuple[Any, Any], axis: Any, reverse: Any, times: Any = mul
) -> Any:
    """Return what flows into the operand of a running fold, given its decay and its share."""
    decay, share = slopes
    place, back = (0 if axis is None else axis), not reverse
    after = recurrence(shifted(decay, axis=place, back=back), g, axis=place, back=back)
    found = times(share, after)
    return reshape_as(found, x) if axis is None else found


def flowing_on(
    tangent: Any, x: Any, slopes: tuple[Any, Any], axis: Any, reverse: Any, times: Any = mul
) -> Any:
    """Return the tangent of a running fold, given its decay and its share."""
    decay, share = slopes
    along = in_a_row(broadcast_as(tangent, x), axis)
    return recurrence(decay, times(share, along), axis=0 if axis is None else axis, back=reverse)


def before(y: Any, axis: Any, reverse: Any, fill: float) -> Any:
    """Return the value before each element; `fill` before the first."""
    return shifted(y, axis=0 if axis is None else axis, back=reverse, fill=fill)


class place_shift(structural):
    """Elements moved on by one place along an axis; the freed place takes the number `fill`.

    back: move them toward the first place instead.
    """

    keywords = {"axis": 0, "back": False, "fill": 0.0}
    samples = ((TABLE,), (TABLE, {"axis": 1, "back": True}), (TABLE[0], {"axis": -1, "fill": 2.0}))
    batch = along_axes

    def forward(x, axis, back, fill):
        moved = np.moveaxis(np.asarray(x), axis_of(axis, np.ndim(x)), 0)
        made = np.full_like(moved, fill)
        made[slice(None, -1) if back else slice(1, None)] = (
            moved[1:] if back else moved[: max(len(moved) - 1, 0)]
        )
        return np.moveaxis(made, 0, axis)

    def pull(g, y, x, axis, back, fill):
        return (shifted(g, axis=axis, back=not back),)

    def push(tangents, y, x, axis, back, fill):
        return shifted(broadcast_as(tangents[0], x), axis=axis, back=back)

    def shape_sources(operands, attributes):
        return operands

    def shape(shape, axis, back, fill):
        return same_along(shape, axis)


class linear_recurrence(structural):
    """Values that follow from the one before: h[k] = factors[k]*h[k - 1] + terms[k] along an axis.

    h begins with terms[0]. back: each follows from the one after it, and h ends with the last term.
    """

    keywords = {"axis": 0, "back": False}
    samples = (
        (TABLE, WITH_ZEROS),
        (TABLE, WITH_ZEROS, {"axis": 1, "back": True}),
        (TABLE[0], WITH_ZEROS[0], {"axis": -1}),
    )
    batch = along_axes

    def forward(factors, terms, axis, back):
        arrays = np.broadcast_arrays(factors, terms)
        place = axis_of(axis, arrays[0].ndim)
        by, plus = [np.moveaxis(item, place, 0) for item in arrays]
        steps = slice(None, None, -1 if back else 1)
        made = np.moveaxis(recurred(by[steps], plus[steps])[steps], 0, place)
        return made.astype(np.result_type(factors, terms), copy=False)

    def pull(g, y, factors, terms, axis, back):
        after = recurrence(shifted(factors, axis=axis, back=not back), g, axis=axis, back=not back)
        return lambda: after * shifted(y, axis=axis, back=back), after

    def push(tangents, y, factors, terms, axis, back):
        by_factors, along = tangents
        if by_factors is not None:
            more = broadcast_as(by_factors, factors) * shifted(y, axis=axis, back=back)
            along = more if along is None else more + along
        return recurrence(factors, broadcast_as(along, y), axis=axis, back=back)

    def shape_sources(operands, attributes):
        return operands

    def shape(factors, terms, axis, back):
        return same_along(broadcast(factors, terms), axis)


def recurred(factors: Any, terms: Any) -> Any:
    """Run a recurrence along the first axis."""
    if terms.size != len(terms):
        made = np.array(terms, dtype=np.result_type(factors, terms))
        for place in range(1, len(made)):
            made[place] += factors[place] * made[place - 1]
        return made
    # One row of numbers: Python's floats are ten times as fast as arrays of one element.
    value, listed = 0.0, list[float]()
    for factor, term in zip(factors.ravel().tolist(), terms.ravel().tolist(), strict=True):
        value = factor * value + term if listed else term
        listed.append(value)
    return np.reshape(np.array(listed, dtype=float), terms.shape)


class running_sum(structural):
    """Sums of the elements up to each place, along an axis, or of all in a row.

    axis: an axis, or None for all elements in a row, as in NumPy. reverse: from the last place on.
    """

    notation = running("cumsum")
    keywords = ALONG
    makes_arrays = True
    positional = ("x", "axis")
    rule = "running sum"
    samples = SAMPLES
    shape_sources = source_along
    batch = along_axis_or_row

    def forward(x, axis, reverse):
        return accumulated(np.add, x, axis, reverse)

    def pull(g, y, x, axis, reverse):
        found = cumsum(g, axis=0 if axis is None else axis, reverse=not reverse)
        return (reshape_as(found, x) if axis is None else found,)

    def push(tangents, y, x, axis, reverse):
        return cumsum(broadcast_as(tangents[0], x), axis=axis, reverse=reverse)

    def shape(shape, axis, reverse):
        return shape_along(shape, axis)


class running_product(structural):
    """Products of the elements up to each place; its slopes are right where elements are 0 too.

    axis: an axis, or None for all elements in a row, as in NumPy. reverse: from the last place on.
    """

    notation = running("cumprod")
    keywords = ALONG
    makes_arrays = True
    positional = ("x", "axis")
    rule = "running product"
    samples = (*SAMPLES, (WITH_ZEROS, {"axis": 1}), (WITH_ZEROS, {"reverse": True}))
    shape_sources = source_along
    batch = along_axis_or_row

    def forward(x, axis, reverse):
        return accumulated(np.multiply, x, axis, reverse)

    def pull(g, y, x, axis, reverse):
        slopes = in_a_row(x, axis), before(y, axis, reverse, 1.0)
        return (flowing_back(g, x, slopes, axis, reverse),)

    def push(tangents, y, x, axis, reverse):
        slopes = in_a_row(x, axis), before(y, axis, reverse, 1.0)
        return flowing_on(tangents[0], x, slopes, axis, reverse)

    def shape(shape, axis, reverse):
        return shape_along(shape, axis)


class running_log_sum_exp(structural):
    """Logarithms of the sums of exponentials up to each place, without overflow.

    While all are -inf, so is the value, and the slope is taken as 0.
    axis: an axis, or None for all elements in a row. reverse: from the last place on.
    """

    notation = running("logcumsumexp")
    keywords = ALONG
    makes_arrays = True
    positional = ("x", "axis")
    rule = "running log-sum-exp"
    samples = (*SAMPLES, (np.array([800.0, 799.0, 801.0]),))
    shape_sources = source_along
    batch = along_axis_or_row

    def forward(x, axis, reverse):
        return accumulated(np.logaddexp, x, axis, reverse)

    def pull(g, y, x, axis, reverse):
        return (flowing_back(g, x, shares_so_far(y, x, axis, reverse), axis, reverse),)

    def push(tangents, y, x, axis, reverse):
        return flowing_on(tangents[0], x, shares_so_far(y, x, axis, reverse), axis, reverse)

    def shape(shape, axis, reverse):
        return shape_along(shape, axis)


def shares_so_far(y: Any, x: Any, axis: Any, reverse: Any) -> tuple[Any, Any]:
    """Return the share of what came before in each sum of exponentials, and that of the element."""
    nothing = equal(y, -math.inf)
    parts = before(y, axis, reverse, -math.inf), in_a_row(x, axis)
    decay, share = [where(nothing, 0, exp(part - y)) for part in parts]
    return decay, share


class running_maximum(structural):
    """The largest element up to each place; at a tie old and new have half the slope each.

    So it is of `maximum`, taken step by step. Once one is NaN, values and slopes are NaN.
    axis: an axis, or None for all elements in a row. reverse: from the last place on.
    """

    notation = running("cummax")
    keywords = ALONG
    makes_arrays = True
    positional = ("x", "axis")
    rule = "running maximum"
    samples = SAMPLES
    shape_sources = source_along
    batch = along_axis_or_row

    def forward(x, axis, reverse):
        return accumulated(np.maximum, x, axis, reverse)

    def pull(g, y, x, axis, reverse):
        share = lead(in_a_row(x, axis), before(y, axis, reverse, -math.inf))
        return (flowing_back(g, x, (1 - share, share), axis, reverse, chosen),)

    def push(tangents, y, x, axis, reverse):
        share = lead(in_a_row(x, axis), before(y, axis, reverse, -math.inf))
        return flowing_on(tangents[0], x, (1 - share, share), axis, reverse, chosen)

    def shape(shape, axis, reverse):
        return shape_along(shape, axis)


class running_minimum(structural):
    """The smallest element up to each place; at a tie old and new have half the slope each.

    So it is of `minimum`, taken step by step. Once one is NaN, values and slopes are NaN.
    axis: an axis, or None for all elements in a row. reverse: from the last place on.
    """

    notation = running("cummin")
    keywords = ALONG
    makes_arrays = True
    positional = ("x", "axis")
    rule = "running minimum"
    samples = SAMPLES
    shape_sources = source_along
    batch = along_axis_or_row

    def forward(x, axis, reverse):
        return accumulated(np.minimum, x, axis, reverse)

    def pull(g, y, x, axis, reverse):
        share = trail(in_a_row(x, axis), before(y, axis, reverse, math.inf))
        return (flowing_back(g, x, (1 - share, share), axis, reverse, chosen),)

    def push(tangents, y, x, axis, reverse):
        share = trail(in_a_row(x, axis), before(y, axis, reverse, math.inf))
        return flowing_on(tangents[0], x, (1 - share, share), axis, reverse, chosen)

    def shape(shape, axis, reverse):
        return shape_along(shape, axis)


shifted = reading(place_shift)
recurrence = reading(linear_recurrence)
cumsum = reading(running_sum)
cumprod = reading(running_product)
logcumsumexp = reading(running_log_sum_exp)
cummax = reading(running_maximum)
cummin = reading(running_minimum)
