"""Einstein's sums: einsum("ij,jk->ik", A, B), of any number of operands.

What flows into an operand is such a sum again, of the other operands and what flows in: the sum and
its cotangent are closed under differentiation.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from importlib import import_module
from typing import Any

import numpy as np

from chainrule.engine.notation import ATOM, FACTOR, Notation, Piece
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import reading, structural
from chainrule.language.subscripts import (
    Labels,
    check_count,
    explicit,
    labelled,
    letters_of,
    shape_by,
    sizes_by,
    terms_of,
)

__all__ = ["contracted", "contraction", "einsum", "einsum_as"]

Plan = tuple[list[Labels], Labels, dict[Any, Any]]
Term = tuple[Any, Labels]  # an array, and a label for each of its axes


# --- computing


@lru_cache(maxsize=1024)
def planned(subscripts: str, shapes: tuple[Any, ...], like: Any = None) -> Plan:
    """Return the labels of the operands and of the value, and the size of each label.

    like: the shape of the value, where it is given. Raises: ShapeError for shapes that do not fit.
    """
    labels, output = labelled(
        subscripts, tuple(map(len, shapes)), None if like is None else len(like)
    )
    return labels, output, sizes_by(subscripts, labels, shapes)


@lru_cache(maxsize=256)
def path_of(subscripts: str | None, shapes: tuple[Any, ...]) -> list[tuple[int, ...]]:
    """Return the order in which to contract three operands or more, few at a time.

    The path is opt_einsum's where that is installed, else NumPy's.
    Source: Smith & Gray (2018), opt_einsum, JOSS 3(26), 753.
    """
    if subscripts is None:  # more letters than there are: from the left
        return [(0, 1)] * (len(shapes) - 1)
    stands = [np.broadcast_to(0.0, shape) for shape in shapes]
    try:
        optimized = import_module("opt_einsum").contract_path
    except ImportError:
        way = "optimal" if len(shapes) <= 4 else "greedy"
        return list(np.einsum_path(subscripts, *stands, optimize=way)[0][1:])
    return [tuple(step) for step in optimized(subscripts, *stands)[0]]


def computed(terms: list[Term], wanted: Labels) -> Any:
    """Contract arrays, keeping these labels, in this order; all of them are known."""
    if len(terms) > 2:
        shapes = tuple([np.shape(array) for array, _ in terms])
        path = path_of(letters_of([labels for _, labels in terms], wanted), shapes)
    else:
        path = [tuple(range(len(terms)))]
    waiting = list(terms)
    for step in path:
        together = [waiting.pop(place) for place in sorted(step, reverse=True)][::-1]
        while len(together) > 1:
            left, right = together.pop(0), together.pop(0)
            needed = {*wanted}.union(*[labels for _, labels in waiting + together])
            together.insert(0, pair(left, right, needed))
        waiting.append(together[0])
    array, labels = reduced(waiting[0], {*wanted})
    return np.transpose(array, [labels.index(label) for label in wanted])


def reduced(term: Term, needed: set[Any]) -> Term:
    """Take the diagonal of what is labelled twice, and sum over what is not needed."""
    array, labels = term
    distinct = tuple(dict.fromkeys(labels))
    if len(distinct) < len(labels):
        numbers = [distinct.index(label) for label in labels]
        array = np.einsum(array, numbers, list(range(len(distinct))))
    alone = tuple([place for place, label in enumerate(distinct) if label not in needed])
    if alone:
        array = np.sum(array, axis=alone)
    return array, tuple([label for label in distinct if label in needed])


def pair(left: Term, right: Term, needed: set[Any]) -> Term:
    """Contract two arrays, by a matrix product where there is one in it."""
    left, right = reduced(left, needed | {*right[1]}), reduced(right, needed | {*left[1]})
    left, right = unrepeated(left, right), unrepeated(right, left)
    (a, names_a), (b, names_b) = (
        reduced(left, needed | {*right[1]}),
        reduced(right, needed | {*left[1]}),
    )
    both = [label for label in names_a if label in names_b]
    batch = [label for label in both if label in needed]
    inner = [label for label in both if label not in needed]
    rows = [label for label in names_a if label not in both]
    columns = [label for label in names_b if label not in both]
    names = (*batch, *rows, *columns)
    if not inner:
        first = arranged(a, names_a, [*batch, *rows], len(batch) + len(rows), len(columns))
        second = arranged(b, names_b, [*batch, *columns], len(batch), len(rows))
        return first * second, names
    if batch and not rows and not columns:  # a matrix product would call BLAS once a number
        number = {label: place for place, label in enumerate(both)}
        places = [[number[label] for label in names] for names in (names_a, names_b, batch)]
        return np.einsum(a, places[0], b, places[1], places[2]), names
    sizes = dict(zip(names_a + names_b, np.shape(a) + np.shape(b), strict=True))
    few = [[sizes[label] for label in part] for part in (batch, rows, inner, columns)]
    count = [int(np.prod(part, dtype=np.int64)) for part in few]
    first = arranged(a, names_a, [*batch, *rows, *inner]).reshape(*few[0], count[1], count[2])
    second = arranged(b, names_b, [*batch, *inner, *columns]).reshape(*few[0], count[2], count[3])
    return np.matmul(first, second).reshape((*few[0], *few[1], *few[3])), names


def unrepeated(term: Term, other: Term) -> Term:
    """Drop the axes of length 1 that the other array's longer ones would repeat."""
    array, labels = term
    longer = {label for label, size in zip(other[1], np.shape(other[0]), strict=True) if size != 1}
    sizes = zip(labels, np.shape(array), strict=True)
    dropped = [place for place, (label, size) in enumerate(sizes) if size == 1 and label in longer]
    if not dropped:
        return term
    kept = tuple([label for place, label in enumerate(labels) if place not in dropped])
    return np.squeeze(array, axis=tuple(dropped)), kept


def arranged(array: Any, labels: Labels, wanted: list[Any], at: int = 0, new: int = 0) -> Any:
    """Return an array with its axes in this order, and so many new ones of length 1 put in."""
    turned = np.transpose(array, [labels.index(label) for label in wanted])
    return np.expand_dims(turned, tuple(range(at, at + new))) if new else turned


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


# --- the operations


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
