"""Convolution and correlation of two vectors, as NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.sizes import UNKNOWN, Shape, in_words
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arrays.selection import item_of
from chainrule.language.batches import all_entries
from chainrule.language.composition import composed
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import reading, structural
from chainrule.language.matrices.linear_algebra import both

__all__ = [
    "convolve",
    "correlate",
    "vector_convolution",
    "vector_correlation",
]

MODES = ("full", "same", "valid")
# NumPy correlates a shorter vector with a longer one by turning both round, so that of an even
# number it keeps the other middle. Seen from the second vector that is TURNED_SECOND.
TURNED, TURNED_SECOND = "same turned", "same turned second"
SIGNAL = np.array([1.0, 2.0, -1.0, 0.5])


def checked_mode(called: str, mode: Any) -> tuple[str]:
    """Return the mode as an attribute.

    Raises: OperationError for an unknown one.
    """
    if mode not in MODES and not (called == "convolve" and mode == TURNED):
        raise OperationError(f"{called}'s mode must be 'full', 'same' or 'valid', not {mode!r}.")
    return (mode,)


def convolved_shape(left: Shape, right: Shape, mode: str) -> Shape:
    """Return the shape of the convolution of two vectors.

    Raises: ShapeError for what is none, or has no elements.
    """
    if len(left) != 1 or len(right) != 1 or left[0] == 0 or right[0] == 0:
        raise ShapeError(
            f"a convolution takes two vectors of one element at least; here the shapes are "
            f"{in_words(left)} and {in_words(right)}. Channels by kernels are conv1d and conv2d."
        )
    (one,), (other,) = left, right
    if mode == "full":
        return (one + other - 1,)
    more = one - other
    if not isinstance(more, int):
        if isinstance(one, int) == isinstance(other, int):
            return (UNKNOWN,)
        # What has a name is taken to be as long as the kernel, which has a number.
        one, other = (other, one) if isinstance(one, int) else (one, other)
    elif more < 0:
        one, other = other, one
    return (one - other + 1 if mode == "valid" else one,)


def beginning(mode: str, first: int, second: int) -> int:
    """Return the first element that is kept of all the n + m - 1."""
    least = min(first, second) - 1
    if mode == TURNED and second > first:
        return least - least // 2
    return {"full": 0, "valid": least}.get(mode, least // 2)


def from_second(mode: str) -> str:
    """Return what a mode is called when the two vectors change places."""
    return {TURNED: TURNED_SECOND, TURNED_SECOND: TURNED}.get(mode, mode)


def convolved_entries(a: Any, v: Any) -> Any:
    """Convolve the rows of two arrays, one by one, in full."""
    long, short = (a, v) if a.shape[1] >= v.shape[1] else (v, a)
    wide = long.shape[1]
    made = np.zeros((len(long), wide + short.shape[1] - 1), dtype=np.result_type(a, v))
    for place in range(short.shape[1]):
        made[:, place : place + wide] += long * short[:, place, None]
    return made


class vector_convolution(structural):
    """Convolution of two vectors: the coefficients of the product of two polynomials.

    mode: "full", all n + m - 1 elements; "same", the middle ones, as many as the longer has;
    "valid", those to which every element of the shorter one contributes.

    >>> convolve([1.0, 2.0], [1.0, 3.0])
    array([1., 5., 6.])
    """

    keywords = {"mode": "full"}
    positional = ("a", "v", "mode")
    rule = "product"
    notation = function(
        "convolve",
        latex=r"{0} * {1}",
        latex_needs=(60, 61),
        latex_precedence=60,
        keywords=("mode",),
        defaults=("full",),
    )
    samples = (
        (SIGNAL, np.array([1.0, -1.0, 2.0])),
        (SIGNAL[:2], np.array([1.0, -1.0, 2.0, 0.5, 1.0]), {"mode": "same"}),
        (SIGNAL, np.array([1.0, 3.0]), {"mode": "valid"}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the mode, checked."""
        return checked_mode("convolve", *super().attribute_values(given))

    def forward(a, v, mode):
        (count,) = convolved_shape(np.shape(a), np.shape(v), mode)
        if mode != TURNED:
            return np.convolve(a, v, mode)
        begin = beginning(mode, np.size(a), np.size(v))
        return np.convolve(a, v)[begin : begin + count]

    def batch(operation, operands, attributes):
        a, v = operands
        (mode,) = attributes
        (count,) = convolved_shape(a.shape, v.shape, mode)
        begin = beginning(mode, *a.shape, *v.shape)
        return convolved_entries(*all_entries(operands))[:, begin : begin + count]

    def pull(g, y, a, v, mode):
        return (
            lambda: convolved_back(g, v, a, mode=mode),
            lambda: convolved_back(g, a, v, mode=from_second(mode)),
        )

    def push(tangents, y, a, v, mode):
        by_a, by_v = tangents
        return both(
            None if by_a is None else convolve(broadcast_as(by_a, a), v, mode),
            None if by_v is None else convolve(a, broadcast_as(by_v, v), mode),
        )

    def shape(a, v, mode):
        return convolved_shape(a, v, mode)


class vector_convolution_cotangent(structural):
    """What flows into one of two convolved vectors: what flows in, correlated with the other."""

    keywords = {"mode": "full"}
    notation = function("convolved_back", keywords=("mode",), defaults=("full",))
    samples = (
        (np.array([1.0, 2.0, 0.5, -1.0, 3.0]), np.array([1.0, -1.0]), SIGNAL),
        (np.array([1.0, 2.0, 0.5, -1.0]), np.array([1.0, -1.0]), SIGNAL, {"mode": "same"}),
    )

    def forward(g, other, like, mode):
        (wanted,) = convolved_shape(np.shape(like), np.shape(other), mode)
        if np.shape(g) != (wanted,):
            raise ShapeError(
                f"what flows into {wanted} elements cannot have shape {np.shape(g)}. "
                "Give one number for each of them."
            )
        lengths = np.size(like), np.size(other)
        if mode == TURNED_SECOND:
            begin = beginning(TURNED, *lengths[::-1])
        else:
            begin = beginning(mode, *lengths)
        whole = np.zeros(np.size(like) + np.size(other) - 1, dtype=np.asarray(g).dtype)
        whole[begin : begin + wanted] = g
        return np.correlate(whole, other, "valid")

    def batch(operation, operands, attributes):
        _, other, like = operands
        (mode,) = attributes
        lengths = *like.shape, *other.shape
        turned = mode == TURNED_SECOND
        begin = beginning(TURNED, *lengths[::-1]) if turned else beginning(mode, *lengths)
        g, by, _ = all_entries(operands)
        whole = np.zeros((len(g), sum(lengths) - 1), dtype=g.dtype)
        whole[:, begin : begin + g.shape[1]] = g
        kept = slice(lengths[1] - 1, sum(lengths) - 1)
        return convolved_entries(whole, by[:, ::-1])[:, kept]

    def pull(g, y, flowing, other, like, mode):
        second = mode == TURNED_SECOND
        return (
            lambda: convolve(other, g, TURNED) if second else convolve(g, other, mode),
            lambda: convolved_back(flowing, g, other, mode=from_second(mode)),
            0,
        )

    def push(tangents, y, flowing, other, like, mode):
        by_g, by_other, _ = tangents
        return both(
            None
            if by_g is None
            else convolved_back(broadcast_as(by_g, flowing), other, like, mode=mode),
            None
            if by_other is None
            else convolved_back(flowing, broadcast_as(by_other, other), like, mode=mode),
        )

    def shape_sources(operands, attributes):
        return operands[2:]

    def shape(flowing, other, like, mode):
        return like


class vector_correlation(composed):
    """Correlation of two vectors: sums of products as the second slides along the first.

    mode: "valid" where it lies wholly within; "same", as many sums as the longer has elements;
    "full", wherever they overlap.

    >>> correlate([1.0, 2.0, 3.0], [0.0, 1.0])
    array([2., 3.])
    """

    keywords = {"mode": "valid"}
    positional = ("a", "v", "mode")
    rule = "product"
    notation = function(
        "correlate",
        latex=r"{0} \star {1}",
        latex_needs=(60, 61),
        latex_precedence=60,
        keywords=("mode",),
        defaults=("valid",),
    )
    is_elementwise = False
    samples = (
        (SIGNAL, np.array([1.0, -1.0, 2.0])),
        (SIGNAL, np.array([1.0, 3.0]), {"mode": "same"}),
        (SIGNAL, np.array([1.0, 3.0]), {"mode": "full"}),
        (SIGNAL[:2], SIGNAL, {"mode": "same"}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the mode, checked."""
        return checked_mode("correlate", *super().attribute_values(given))

    def meaning(a, v, mode):
        turned = item_of(v, key=slice(None, None, -1))
        return convolve(a, turned, TURNED if mode == "same" else mode)


convolve = reading(vector_convolution)
convolved_back = reading(vector_convolution_cotangent)
correlate = reading(vector_correlation)
