"""Products of arrays by NumPy's other names: dot, inner, outer, tensordot, kron and vdot.

Which axes are multiplied follows from the numbers of axes, which are not known before there are
values. So the cotangents are one operation for all of them, that names the product it belongs to;
with it they are closed under differentiation.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.sizes import Shape, fits, in_words, product
from chainrule.errors import OperationError, ShapeError
from chainrule.language.batches import Slot, size_of
from chainrule.language.folds import axes_of, broadcast_as
from chainrule.language.kinds import plain, reading, structural
from chainrule.language.matrices.contraction import ENTRIES, contracted
from chainrule.language.matrices.linear_algebra import both
from chainrule.language.matrices.pairing import computed
from chainrule.language.simplifying.matrix_forms import (
    kronecker_factor,
    left_factor,
    outer_factor,
    right_factor,
    simpler_outer_product,
)

__all__ = [
    "dot",
    "dot_product",
    "inner",
    "inner_product",
    "kron",
    "kronecker_product",
    "outer",
    "outer_product",
    "tensor_product",
    "tensordot",
    "vdot",
    "vector_dot_product",
]

TABLE = np.array([[1.0, 2.0, -1.0], [3.0, 0.5, 2.0]])
OTHER = np.array([[0.5, -1.0], [1.5, 2.0], [1.0, 0.0]])
ROW = np.array([2.0, -1.0, 0.5])


class ProductPlan(NamedTuple):
    """How two arrays are multiplied.

    subscripts: of both and of the value. left, right, value: their shapes while it is done.
    shape: of the value as it is handed out.
    """

    subscripts: tuple[str, str, str]
    left: Shape
    right: Shape
    value: Shape
    shape: Shape


def pairs_of(kind: Any, left: Shape, right: Shape) -> list[tuple[int, int]]:
    """Return the axes that are multiplied and summed over, one of each operand."""
    first, second = len(left), len(right)
    if not isinstance(kind, str):
        if isinstance(kind, int):
            if not 0 <= kind <= min(first, second):
                raise ShapeError(
                    f"tensordot cannot sum over {kind} axes of shapes {in_words(left)} and "
                    f"{in_words(right)}. Give as many as both have, or pairs: ((0, 1), (1, 0))."
                )
            return list(zip(range(first - kind, first), range(kind), strict=True))
        return list(zip(axes_of(kind[0], first), axes_of(kind[1], second), strict=True))
    if kind in ("outer", "kron") or not first or not second:
        return []
    return [(first - 1, max(second - 2, 0) if kind == "dot" else second - 1)]


def planned(kind: Any, left: Shape, right: Shape) -> ProductPlan:
    """Return how two arrays of these shapes are multiplied.

    kind: the name of the product; of `tensordot`, its axes.
    Raises: ShapeError for axes of different lengths, with both shapes.
    """
    called = kind if isinstance(kind, str) else "tensordot"
    given = f"{called} cannot multiply shapes {in_words(left)} and {in_words(right)}"
    if kind in ("outer", "vdot"):
        left, right = (product(left),), (product(right),)
    if kind == "kron":
        more = len(left) - len(right)
        left, right = (1,) * -more + left, (1,) * more + right
    pairs = pairs_of(kind, left, right)
    rows = ascii_letters[: len(left)]
    columns = list(ascii_letters[len(left) : len(left) + len(right)])
    for one, other in pairs:
        if not fits(left[one], right[other]):
            raise ShapeError(
                f"{given}: axis {one} of the first has {left[one]}, axis {other} of the second "
                f"{right[other]}. What is multiplied and summed must be of one length."
            )
        columns[other] = rows[one]
    if kind == "kron":
        kept = "".join([row + column for row, column in zip(rows, columns, strict=True)])
    else:
        summed = {rows[one] for one, _ in pairs}
        kept = "".join([letter for letter in [*rows, *columns] if letter not in summed])
    sizes = {**dict(zip(columns, right, strict=True)), **dict(zip(rows, left, strict=True))}
    value = tuple([sizes[letter] for letter in kept])
    shape = value
    if kind == "kron":
        shape = tuple([one * other for one, other in zip(left, right, strict=True)])
    return ProductPlan((rows, "".join(columns), kept), left, right, value, shape)


def multiplied(kind: Any, a: Any, b: Any) -> Any:
    """Return the product of two arrays."""
    plan = planned(kind, np.shape(a), np.shape(b))
    one, other, kept = plan.subscripts
    arrays = [np.reshape(a, plan.left), np.reshape(b, plan.right)]
    found = contracted(f"{one},{other}->{kept}", arrays)
    return np.reshape(found, plan.shape)[()]


def contracted_entries(one: Any, other: Any, kept: str) -> Any:
    """Contract two operands of a batch, each given with its letters and the shape to bring it to.

    The axis of the entries comes first; where neither has entries, there is none.
    """
    arrays, labels = [], []
    for operand, letters, shape in (one, other):
        lead = (operand.size,) if operand.is_batch else ()
        arrays.append(np.reshape(operand.value, (*lead, *shape)))
        labels.append((*[ENTRIES] * len(lead), *letters))
    batch = one[0].is_batch or other[0].is_batch
    return computed(list(zip(arrays, labels, strict=True)), (*[ENTRIES] * batch, *kept))


def multiplied_entries(kind: Any, a: Slot, b: Slot) -> Any:
    """Return the products of two arrays of every entry."""
    plan = planned(kind, a.shape, b.shape)
    one, other, kept = plan.subscripts
    found = contracted_entries((a, one, plan.left), (b, other, plan.right), kept)
    return np.reshape(found, (size_of((a, b)), *plan.shape))


def flowing_back(kind: Any, g: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Return what flows into both operands, worked out when asked."""
    return (
        lambda: back(g, b, a, kind=kind, left=True),
        lambda: back(g, a, b, kind=kind, left=False),
    )


def moved(product_of: Any, tangents: Sequence[Any], a: Any, b: Any) -> Any:
    """Return the tangent of a product."""
    by_a, by_b = tangents
    return both(
        None if by_a is None else product_of(broadcast_as(by_a, a), b),
        None if by_b is None else product_of(a, broadcast_as(by_b, b)),
    )


class product_cotangent(structural):
    """What flows into one operand of a product of arrays: the other times what flows in.

    kind: the name of the product; of `tensordot`, its axes. left: into the first operand.
    """

    keywords = {"kind": "dot", "left": True}
    samples = (
        (np.ones((2, 2)), OTHER, TABLE, {"kind": "dot"}),
        (np.ones((6, 3)), TABLE, ROW, {"kind": "outer", "left": False}),
        (np.ones((6, 6)), OTHER, TABLE, {"kind": "kron"}),
        (np.ones((2, 2)), OTHER, TABLE, {"kind": ((1,), (0,))}),
    )
    rows = "sum"

    def forward(g, other, like, kind, left):
        shapes = (np.shape(like), np.shape(other))
        plan = planned(kind, *(shapes if left else shapes[::-1]))
        if np.shape(g) != plan.shape:
            raise ShapeError(
                f"what flows into a product of shape {in_words(plan.shape)} cannot have shape "
                f"{in_words(np.shape(g))}. Give one number for each of its elements."
            )
        one, second, kept = plan.subscripts
        if not left:
            one, second = second, one
        held = np.reshape(other, plan.right if left else plan.left)
        found = contracted(f"{kept},{second}->{one}", [np.reshape(g, plan.value), held])
        return np.reshape(found, np.shape(like))[()]

    def batch(operation, operands, attributes):
        flowing, other, like = operands
        kind, left = attributes
        shapes = (like.shape, other.shape)
        plan = planned(kind, *(shapes if left else shapes[::-1]))
        one, second, kept = plan.subscripts
        if not left:
            one, second = second, one
        held = plan.right if left else plan.left
        found = contracted_entries((flowing, kept, plan.value), (other, second, held), one)
        size = size_of(operands)
        return (
            Slot(found, is_batch=flowing.is_batch or other.is_batch)
            .whole(size)
            .reshape(size, *like.shape)
        )

    def pull(g, y, flowing, other, like, kind, left):
        return (
            lambda: of_kind(kind)(*((g, other) if left else (other, g))),
            lambda: back(flowing, g, other, kind=kind, left=not left),
            0,
        )

    def push(tangents, y, flowing, other, like, kind, left):
        def along(g: Any, b: Any) -> Any:
            return back(g, b, like, kind=kind, left=left)

        return moved(along, tangents[:2], flowing, other)

    def shape_sources(operands, attributes):
        return operands[2:]

    def shape(flowing, other, like, kind, left):
        return like

    def simplify(assume_finite, flowing, other, like, kind, left):
        if kind == "outer":
            return outer_factor(flowing, other, like, left=left)
        if kind == "kron":
            return kronecker_factor(flowing, other, like)
        if kind != "dot":
            return None
        return (left_factor if left else right_factor)(flowing, other, like)


class dot_product(structural):
    """Product of two arrays, as numpy.dot: the last axis of the first by the last but one.

    Of two vectors the sum of products; of matrices, and of a matrix and a vector, what @ is. A
    number multiplies. Of more axes, every row of the first with every column of the second.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """

    rule = "product"
    notation = function("dot", latex=r"{0} \cdot {1}", latex_needs=(60, 61), latex_precedence=60)
    samples = ((TABLE, OTHER), (ROW, ROW[::-1]), (TABLE, ROW), (2.0, ROW), (TABLE, OTHER[None]))
    rows = "sum"

    def forward(a, b):
        return multiplied("dot", a, b)

    def batch(operation, operands, attributes):
        return multiplied_entries("dot", *operands)

    def pull(g, y, a, b):
        return flowing_back("dot", g, a, b)

    def push(tangents, y, a, b):
        return moved(dot, tangents, a, b)

    def shape(a, b):
        return planned("dot", a, b).shape


class inner_product(structural):
    """Product of two arrays, summed over the last axis of both, as numpy.inner.

    >>> inner([[1.0, 2.0], [3.0, 4.0]], [1.0, -1.0])
    array([-1., -1.])
    """

    rule = "product"
    notation = function("inner", latex=r"\left\langle {0}, {1} \right\rangle")
    samples = ((TABLE, TABLE[:1]), (ROW, ROW[::-1]), (TABLE, ROW))
    rows = "sum"

    def forward(a, b):
        return multiplied("inner", a, b)

    def batch(operation, operands, attributes):
        return multiplied_entries("inner", *operands)

    def pull(g, y, a, b):
        return flowing_back("inner", g, a, b)

    def push(tangents, y, a, b):
        return moved(inner, tangents, a, b)

    def shape(a, b):
        return planned("inner", a, b).shape


class outer_product(structural, operator="outer"):
    """Every element of the first times every element of the second: a row an element of the first.

    Shapes: of n and of m elements -> (n, m).

    >>> outer([1.0, 2.0], [3.0, 4.0])
    array([[3., 4.],
           [6., 8.]])
    """

    rule = "product"
    notation = function(
        "outer", latex=r"{0} \, {{1}}^{\top}", latex_needs=(60, 100), latex_precedence=61
    )
    samples = ((ROW, np.array([1.0, 3.0])), (TABLE, ROW))

    def forward(a, b):
        return multiplied("outer", a, b)

    def batch(operation, operands, attributes):
        return multiplied_entries("outer", *operands)

    def pull(g, y, a, b):
        return flowing_back("outer", g, a, b)

    def push(tangents, y, a, b):
        return moved(outer, tangents, a, b)

    def shape(a, b):
        return planned("outer", a, b).shape

    def simplify(assume_finite, a, b):
        return simpler_outer_product(a, b)


class vector_dot_product(structural):
    """Sum of the products of the elements of two arrays, each taken in a row, as numpy.vdot.

    >>> vdot([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]])
    5.0
    """

    rule = "product"
    notation = function("vdot", latex=r"\left\langle {0}, {1} \right\rangle")
    samples = ((ROW, ROW[::-1]), (TABLE, OTHER))
    rows = "sum"

    def forward(a, b):
        return multiplied("vdot", a, b)

    def batch(operation, operands, attributes):
        return multiplied_entries("vdot", *operands)

    def pull(g, y, a, b):
        return flowing_back("vdot", g, a, b)

    def push(tangents, y, a, b):
        return moved(vdot, tangents, a, b)

    def shape_sources(operands, attributes):
        return ()

    def shape(a, b):
        return planned("vdot", a, b).shape


class tensor_product(structural):
    """Product of two arrays, summed over the axes named, as numpy.tensordot.

    axes: how many, the last of the first array with the first of the second; or which of the first,
    and which of the second, in two lists.

    >>> tensordot([[1.0, 2.0], [3.0, 4.0]], [1.0, -1.0], axes=([0], [0]))
    array([-2., -2.])
    """

    keywords = {"axes": 2}
    positional = ("a", "b", "axes")
    rule = "product"
    notation = function("tensordot", keywords=("axes",), defaults=(2,))
    samples = (
        (TABLE, TABLE * 2),
        (TABLE, OTHER, {"axes": 1}),
        (TABLE, OTHER, {"axes": ((0, 1), (1, 0))}),
        (TABLE, ROW, {"axes": 0}),
    )
    rows = "sum"

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the axes: a number, or two tuples of one length."""
        axes = plain(given.get("axes", 2))
        if isinstance(axes, int) and not isinstance(axes, bool):
            return (axes,)
        two = isinstance(axes, tuple) and len(axes) == 2
        pairs = (
            tuple([item if isinstance(item, tuple) else (item,) for item in axes]) if two else ()
        )
        if not two or len(pairs[0]) != len(pairs[1]):
            raise OperationError(
                f"tensordot's axes must be a number, or two lists of one length, not {axes!r}: "
                "tensordot(a, b, axes=([0, 1], [1, 0]))."
            )
        return (pairs,)

    def forward(a, b, axes):
        return multiplied(axes, a, b)

    def batch(operation, operands, attributes):
        return multiplied_entries(attributes[0], *operands)

    def pull(g, y, a, b, axes):
        return flowing_back(axes, g, a, b)

    def push(tangents, y, a, b, axes):
        return moved(of_kind(axes), tangents, a, b)

    def shape(a, b, axes):
        return planned(axes, a, b).shape


class kronecker_product(structural):
    r"""Every element of the first array times the whole second one, block by block, as numpy.kron.

    Shapes: (n, k) and (m, l) -> (n*m, k*l); the shorter shape gets axes of length 1 in front.

    >>> kron([1.0, 10.0], [1.0, 2.0])
    array([ 1.,  2., 10., 20.])
    """

    rule = "product"
    notation = function("kron", latex=r"{0} \otimes {1}", latex_needs=(60, 61), latex_precedence=60)
    samples = ((TABLE, OTHER), (ROW, TABLE), (TABLE, 2.0))

    def forward(a, b):
        return multiplied("kron", a, b)

    def batch(operation, operands, attributes):
        return multiplied_entries("kron", *operands)

    def pull(g, y, a, b):
        return flowing_back("kron", g, a, b)

    def push(tangents, y, a, b):
        return moved(kron, tangents, a, b)

    def shape(a, b):
        return planned("kron", a, b).shape


def of_kind(kind: Any) -> Any:
    """Return the product that has this name, or sums over these axes."""
    if not isinstance(kind, str):
        return lambda a, b: tensordot(a, b, axes=kind)
    return {"dot": dot, "inner": inner, "kron": kron, "outer": outer, "vdot": vdot}[kind]


back = reading(product_cotangent)
dot = reading(dot_product)
inner = reading(inner_product)
outer = reading(outer_product)
vdot = reading(vector_dot_product)
tensordot = reading(tensor_product)
kron = reading(kronecker_product)
