"""Arrays made of nothing, as constants; and of the shape of another, known yet or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.engine.node import Node
from chainrule.engine.notation import function
from chainrule.engine.sizes import Shape, fits, in_words
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arrays.rearranging import first_operand
from chainrule.language.arrays.reshaping import broadcast_to
from chainrule.language.arrays.transposing import TABLE
from chainrule.language.batches import of_last_axes
from chainrule.language.constants import constant
from chainrule.language.expression import expression
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import reading, structural
from chainrule.language.regular import MAKERS

__all__ = [
    "arange",
    "array_of_ones",
    "array_of_zeros",
    "eye",
    "full",
    "full_like",
    "identity",
    "identity_like",
    "identity_of_size",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


class array_of_zeros(structural):
    """Zeros in the shape of an array."""

    notation = function("zeros_like", latex="0")
    rule = "constant"
    samples = ((TABLE,), (2.0,))
    shape_sources = first_operand
    batch = of_last_axes

    def forward(x):
        return np.zeros(np.shape(x), dtype=kind_of(x))[()]

    def pull(g, y, x):
        return (0,)

    def push(tangents, y, x):
        return 0

    def shape(shape):
        return shape


class array_of_ones(structural):
    """Ones in the shape of an array."""

    notation = function("ones_like", latex="1")
    rule = "constant"
    samples = ((TABLE,), (2.0,))
    shape_sources = first_operand
    batch = of_last_axes

    def forward(x):
        return np.ones(np.shape(x), dtype=kind_of(x))[()]

    def pull(g, y, x):
        return (0,)

    def push(tangents, y, x):
        return 0

    def shape(shape):
        return shape


class identity_of_size(structural, operator="identity"):
    """The identity of the size of a square matrix; one for each of a batch.

    Shapes: (..., n, n) -> (..., n, n).
    Raises: ShapeError for what is no square matrix.
    """

    notation = function("identity_like")._replace(
        latex_pieces=lambda _count, _attributes: [r"\mathbf{I}"]
    )
    rule = "constant"
    samples = ((TABLE[:, :2],), (np.ones((3, 2, 2)),))
    shape_sources = first_operand
    batch = of_last_axes

    def forward(x):
        shape = square(np.shape(x))
        return np.broadcast_to(np.eye(shape[-1], dtype=kind_of(x)), shape)

    def pull(g, y, x):
        return (0,)

    def push(tangents, y, x):
        return 0

    def shape(shape):
        return square(shape)


def kind_of(x: Any) -> Any:
    """Return the type of number of an array: that of floats for whole numbers."""
    kind = np.asarray(x).dtype
    return kind if kind.kind in "fc" else np.dtype(np.float64)


def square(shape: Shape) -> Shape:
    """Return the shape of a square matrix, or a batch of them.

    Raises: ShapeError for another shape.
    """
    if len(shape) < 2 or not fits(shape[-1], shape[-2]):
        raise ShapeError(
            f"identity_like takes a square matrix; the shape is {in_words(shape)}. "
            "Give it one, or write eye(n) for n rows."
        )
    return shape


zeros_like = reading(array_of_zeros)
ones_like = reading(array_of_ones)
identity_like = reading(identity_of_size)


def full_like(x: Any, fill_value: Any) -> Any:
    """Return a value repeated to the shape of an array.

    >>> full_like([1.0, 2.0], 7.0)
    array([7., 7.])
    """
    return broadcast_as(fill_value, x)


def made(name: str, *given: Any) -> constant:
    """Return an array that follows a rule as a constant.

    Raises: OperationError for what the rule does not take.
    """
    read: Callable[..., Any] = MAKERS[name]
    plain = [tuple(item) if isinstance(item, list) else item for item in given]
    plain = [item.item() if isinstance(item, np.generic) else item for item in plain]
    try:
        return constant(read(plain, {}))
    except (ValueError, OverflowError) as error:
        told = ", ".join(map(repr, given))
        raise OperationError(f"{name}({told}) is no array: {error}.") from None


def zeros(shape: Any) -> constant:
    """Return zeros of a shape, or of one size, as a constant.

    >>> print(zeros((2, 4)), zeros(2))
    zeros((2, 4)) array([0.0, 0.0])
    """
    return made("zeros", shape)


def ones(shape: Any) -> constant:
    """Return ones of a shape, or of one size, as a constant.

    >>> ones(3).eval()
    array([1., 1., 1.])
    """
    return made("ones", shape)


def full(shape: Any, fill_value: Any) -> expression:
    """Return a value repeated to a shape: a number as a constant, an expression as one.

    >>> print(full((2, 4), 0.5), full(3, expression("c")))
    full((2, 4), 0.5) broadcast_to(c, shape=(3,))
    """
    if isinstance(fill_value, Node):
        found: expression = broadcast_to(fill_value, shape=shape)
        return found
    return made("full", shape, fill_value)


def eye(n: int) -> constant:
    """Return the identity of n rows as a constant.

    >>> from chainrule import matrix
    >>> print(matrix("X", 3, 3) - 2 * eye(3))
    X - 2*eye(3)
    """
    return made("eye", n)


def identity(n: int) -> constant:
    """Return the identity of n rows as a constant, as `eye` does.

    >>> identity(3) is eye(3)
    True
    """
    return eye(n)


def arange(start: Any, stop: Any = None, step: Any = 1) -> constant:
    """Return the numbers from 0 or `start` to `stop`, without it, as a constant of floats.

    >>> print(arange(8), arange(4, 0, -2))
    arange(8) array([4.0, 2.0])
    """
    return made("arange", start, stop, step)


def linspace(start: Any, stop: Any, num: int = 50) -> expression:
    """Return `num` numbers in steady steps, both ends among them; the ends may be expressions.

    >>> print(linspace(0.0, 1.0, 11))
    linspace(0.0, 1.0, 11)
    >>> linspace(0.0, expression("b"), 3).diff({"b": 4.0}, "b")
    array([0. , 0.5, 1. ])
    """
    if not isinstance(start, Node) and not isinstance(stop, Node):
        return made("linspace", start, stop, num)
    shares = made("linspace", 0.0, 1.0, num)
    found: expression = start + (stop - start) * shares
    return found
