"""Einstein's sums: einsum("ij,jk->ik", A, B), of any number of operands.

What flows into an operand is such a sum again, of the other operands and what flows in: the sum and
its cotangent are closed under differentiation.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from typing import Any

import numpy as np

from chainrule.engine.notation import ATOM, FACTOR, Notation, Piece
from chainrule.language.batches import Slot, size_of, zeros_of
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import reading, structural
from chainrule.language.matrices.pairing import Term, computed
from chainrule.language.matrices.subscripts import (
    Labels,
    check_count,
    explicit,
    labelled,
    shape_by,
    sizes_by,
    terms_of,
)

__all__ = ["contracted", "contraction", "einsum", "einsum_as"]

ENTRIES = 0  # the label of the axis of a batch: no letter, and no axis under an ellipsis
Plan = tuple[list[Labels], Labels, dict[Any, Any]]


@lru_cache(maxsize=1024)
def planned(subscripts: str, shapes: tuple[Any, ...], like: Any = None) -> Plan:
    """Return the labels of the operands and of the value, and the size of each label.

    like: the shape of the value, where it is given. Raises: ShapeError for shapes that do not fit.
    """
    labels, output = labelled(
        subscripts, tuple(map(len, shapes)), None if like is None else len(like)
    )
    return labels, output, sizes_by(subscripts, labels, shapes)


def contracted(subscripts: str, arrays: list[Any]) -> Any:
    """Return the sum that explicit subscripts mean.

    Raises: ShapeError for shapes that do not fit them.
    """
    labels, output, _ = planned(subscripts, tuple(map(np.shape, arrays)))
    return computed(list(zip(arrays, labels, strict=True)), output)[()]


def placed_like(terms: list[Term], output: Labels, sizes: dict[Any, Any], like: Any) -> Any:
    """Contract arrays to a given shape: sum, repeat and put on diagonals as it takes."""
    target = dict(zip(output, np.shape(like), strict=True))
    kept = tuple([label for label in target if label in sizes and target[label] != 1])
    found = computed(terms, kept)
    shape = [sizes[label] if label in kept else 1 for label in target]
    spread = np.broadcast_to(np.reshape(found, shape), tuple(target.values()))
    if len(target) == len(output):
        return spread
    made = np.zeros(np.shape(like), dtype=np.asarray(found).dtype)
    numbers = [list(target).index(label) for label in output]
    np.einsum(made, numbers, list(range(len(target))))[...] = spread
    return made


def into(number: int, g: Any, operands: Sequence[Any], subscripts: str) -> Any:
    """Return what flows into one operand: the sum of the others times what flows in."""
    terms, output = terms_of(subscripts)
    others = [operand for place, operand in enumerate(operands) if place != number]
    named = [term for place, term in enumerate(terms) if place != number]
    back = f"{','.join([*named, output])}->{terms[number]}"
    return einsum_as(back, *others, g, operands[number])


def cotangents(g: Any, operands: Sequence[Any], subscripts: str) -> list[Any]:
    """Return what flows into each operand, worked out when asked."""
    return [lambda n=n: into(n, g, operands, subscripts) for n in range(len(operands))]


def tangent(tangents: Sequence[Any], operands: Sequence[Any], sum_with: Any) -> Any:
    """Return the sum of what each operand's tangent gives in its place."""
    moved = []
    for number, along in enumerate(tangents):
        if along is not None:
            moving = broadcast_as(along, operands[number])
            moved.append(sum_with([*operands[:number], moving, *operands[number + 1 :]]))
    return reduce(lambda left, right: left + right, moved) if moved else 0


def subscripts_first(count: int, attributes: Sequence[Any], name: str = "einsum") -> list[Piece]:
    """Write einsum('ij,jk->ik', A, B)."""
    pieces: list[Piece] = [f"{name}({attributes[0]!r}"]
    for number in range(count):
        pieces += [", ", (number, 0)]
    return [*pieces, ")"]


def sum_over_indices(count: int, attributes: Sequence[Any]) -> list[Piece]:
    r"""Write \sum_{j} {A}_{i j} \, {B}_{j k}."""
    terms, output = terms_of(attributes[0])
    named = "".join(terms).replace(".", "")
    summed = [letter for letter in dict.fromkeys(named) if letter not in output]
    pieces: list[Piece] = [rf"\sum_{{{' '.join(summed)}}} "] if summed else []
    for number, term in enumerate(terms[:count]):
        below = " ".join(term.replace("...", "~")).replace("~", r"\dots")
        pieces += [r" \, "] * (number > 0)
        pieces += ["{", (number, ATOM), "}", rf"_{{{below}}}" if below else ""]
    return pieces


def terms_of_entries(operands: Sequence[Slot], labels: Sequence[Labels]) -> list[Term]:
    """Return operands with a label for each axis, and one more where they are batches."""
    return [
        (operand.value, (ENTRIES, *named) if operand.is_batch else named)
        for operand, named in zip(operands, labels, strict=True)
    ]


class contraction(structural):
    """Sum of products of the elements whose indices carry the same letters: Einstein's notation.

    subscripts: a letter for each axis of each operand, "ij,jk->ik"; what stands behind -> is kept,
    the rest is summed. Without ->, the letters that stand once are kept, in their alphabet's order.
    A letter twice in one operand takes its diagonal; '...' stands for any axes, broadcast, and
    summed where the output has none. Many operands are contracted in a good order.
    Raises: OperationError for subscripts that cannot be read, ShapeError for shapes unlike them.

    >>> einsum("ij,j", [[1.0, 2.0], [3.0, 4.0]], [1.0, -1.0])
    array([-1., -1.])
    """

    keywords = {"subscripts": ""}
    positional = ("subscripts",)
    rule = "product"
    notation = Notation(
        precedence=ATOM,
        pieces=subscripts_first,
        latex_pieces=sum_over_indices,
        latex_precedence=FACTOR - 1,
        name="einsum",
        keywords=("subscripts",),
    )
    samples = (
        (np.array([[1.0, 2.0]]), np.array([[3.0, -1.0, 0.5], [1.5, 2.0, 1.0]]),
         {"subscripts": "ij,jk->ik"}),
        (np.array([[1.0, 2.0], [3.0, -1.0]]), {"subscripts": "ii->"}),
        (np.array([[1.0, 2.0], [3.0, -1.0]]), {"subscripts": "ii->i"}),
        (np.array([[1.0, 2.0, 0.5], [3.0, -1.0, 2.0]]), np.array([2.0, 0.5, -1.0]),
         np.array([1.0, -2.0]), {"subscripts": "ij,j,i->"}),
        (np.array([[[1.0, 2.0]], [[3.0, -1.0]]]), np.array([[1.0, 0.5], [2.0, 1.0], [0.0, 1.0]]),
         {"subscripts": "i...j,...j->...i"}),
        (np.array([[1.0, 2.0], [3.0, -1.0]]), 2.0, {"subscripts": "ij,->j"}),
    )  # fmt: skip
    rows = "sum"

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the subscripts with their output."""
        return (explicit(given["subscripts"]),)

    @classmethod
    def built(cls, operands: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
        """Build a node, the number of operands checked."""
        check_count(explicit(attributes["subscripts"]), len(operands))
        return super().built(operands, attributes)

    def forward(*operands):
        *arrays, subscripts = operands
        return contracted(subscripts, arrays)

    def batch(operation, operands, attributes):
        (subscripts,) = attributes
        labels, output, _ = planned(subscripts, tuple([x.shape for x in operands]))
        return computed(terms_of_entries(operands, labels), (ENTRIES, *output))

    def pull(g, y, *operands):
        return tuple(cotangents(g, operands[:-1], operands[-1]))

    def push(tangents, y, *operands):
        return tangent(tangents, operands[:-1], lambda moved: einsum(operands[-1], *moved))

    def shape(*shapes):
        return shape_by(shapes[-1], shapes[:-1])


class contraction_as(structural):
    """What flows into one operand of an Einstein sum: the sum of the others, in that one's shape.

    The last operand gives the shape. A letter that no other operand has repeats the sum along its
    axis, a letter twice in the output puts it on a diagonal.
    """

    keywords = {"subscripts": ""}
    positional = ("subscripts",)
    notation = Notation(
        precedence=ATOM,
        pieces=lambda count, attributes: subscripts_first(count, attributes, "einsum_as"),
        latex_pieces=lambda count, attributes: sum_over_indices(count - 1, attributes),
        latex_precedence=FACTOR - 1,
        name="einsum_as",
        keywords=("subscripts",),
    )
    samples = (
        (np.array([[1.0, 2.0, 0.5], [0.5, 1.0, -1.0]]),
         np.array([[3.0, -1.0], [2.0, 0.5], [1.0, 1.0]]), np.ones((2, 2)),
         {"subscripts": "ij,jk->ik"}),
        (2.0, np.ones((2, 2)), {"subscripts": "->ii"}),
        (np.array([1.0, -2.0]), np.ones((2, 3)), {"subscripts": "i->ij"}),
        (np.array([[1.0, -2.0], [0.5, 3.0]]), np.ones((2, 1)), {"subscripts": "...->..."}),
    )  # fmt: skip
    rows = "sum"

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the subscripts without spaces."""
        return (explicit(given["subscripts"], free=True),)

    @classmethod
    def built(cls, operands: tuple[Any, ...], attributes: dict[str, Any]) -> Any:
        """Build a node, the number of operands checked."""
        check_count(explicit(attributes["subscripts"], free=True), len(operands) - 1)
        return super().built(operands, attributes)

    def forward(*operands):
        *arrays, like, subscripts = operands
        shapes = tuple(map(np.shape, arrays))
        labels, output, sizes = planned(subscripts, shapes, np.shape(like))
        return placed_like(list(zip(arrays, labels, strict=True)), output, sizes, like)[()]

    def batch(operation, operands, attributes):
        *arrays, like = operands
        (subscripts,) = attributes
        size = size_of(operands)
        labels, output, sizes = planned(subscripts, tuple([x.shape for x in arrays]), like.shape)
        if any(x.is_batch for x in arrays):
            sizes = {**sizes, ENTRIES: size}
        terms = terms_of_entries(arrays, labels)
        return placed_like(terms, (ENTRIES, *output), sizes, zeros_of(like, size))

    def pull(g, y, *operands):
        return (*cotangents(g, operands[:-2], operands[-1]), 0)

    def push(tangents, y, *operands):
        *inputs, like, subscripts = operands
        return tangent(tangents[:-1], inputs, lambda moved: einsum_as(subscripts, *moved, like))

    def shape_sources(operands, attributes):
        return operands[-1:]

    def shape(*shapes):
        return shapes[-2]


einsum = reading(contraction)
einsum_as = reading(contraction_as)
