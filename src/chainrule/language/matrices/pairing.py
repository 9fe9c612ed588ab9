"""Contracting labelled arrays two at a time, by a matrix product of BLAS where there is one in it.

What is to be done follows from labels and shapes alone, and is kept for the next call. Imports
NumPy and the subscripts; it must not know operations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from chainrule.language.matrices.subscripts import Labels, letters_of

__all__ = ["Term", "computed"]

Term = tuple[Any, Labels]  # an array, and a label for each of its axes


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
    waiting = list(terms)
    for step in path_through(waiting, wanted):
        together = [waiting.pop(place) for place in sorted(step, reverse=True)][::-1]
        while len(together) > 1:
            left, right = together.pop(0), together.pop(0)
            needed = frozenset(wanted).union(*[labels for _, labels in waiting + together])
            together.insert(0, pair(left, right, needed))
        waiting.append(together[0])
    array, labels = waiting[0]
    return arranged(array, alone(labels, wanted))


def path_through(terms: list[Term], wanted: Labels) -> list[tuple[int, ...]]:
    """Return the order in which to contract."""
    if len(terms) <= 2:
        return [tuple(range(len(terms)))]
    shapes = tuple([np.shape(array) for array, _ in terms])
    return path_of(letters_of([labels for _, labels in terms], wanted), shapes)


class Side(NamedTuple):
    """What is done to an array before it is multiplied; None or () where nothing is.

    diagonal: the number of each axis' label, where one stands twice. summed: axes then summed over.
    order: of the axes then left. shape: at last.
    """

    diagonal: list[int] | None
    summed: tuple[int, ...]
    order: tuple[int, ...] | None
    shape: tuple[int, ...] | None = None


class Pairing(NamedTuple):
    """How two arrays are contracted.

    multiply: the product of two arrays so arranged. shape: that the result then takes, if another.
    labels: of its axes.
    """

    left: Side
    right: Side
    multiply: Callable[[Any, Any], Any]
    shape: tuple[int, ...] | None
    labels: Labels


def side_of(labels: Labels, used: Labels, wanted: Sequence[Any], shape: Any = None) -> Side:
    """Return how to get the wanted labels, in this order, of those that are not summed over."""
    distinct = tuple(dict.fromkeys(labels))
    twice = [distinct.index(label) for label in labels] if len(distinct) < len(labels) else None
    summed = tuple([place for place, label in enumerate(distinct) if label not in used])
    left = [label for label in distinct if label in used]
    order = tuple([left.index(label) for label in wanted])
    return Side(twice, summed, order if order != tuple(range(len(left))) else None, shape)


@lru_cache(maxsize=1024)
def alone(labels: Labels, wanted: Labels) -> Side:
    """Return how to get the wanted labels of one array."""
    return side_of(labels, wanted, wanted)


def arranged(array: Any, side: Side) -> Any:
    """Do to an array what comes before it is multiplied."""
    if side.diagonal is not None:
        array = np.einsum(array, side.diagonal, list(range(max(side.diagonal) + 1)))
    if side.summed:
        array = np.sum(array, axis=side.summed)
    if side.order is not None:
        array = np.transpose(array, side.order)
    return array if side.shape is None else np.reshape(array, side.shape)


def pair(left: Term, right: Term, needed: frozenset[Any]) -> Term:
    """Contract two arrays, by a matrix product where there is one in it."""
    (a, names_a), (b, names_b) = left, right
    done = paired(names_a, np.shape(a), names_b, np.shape(b), needed)
    found = done.multiply(arranged(a, done.left), arranged(b, done.right))
    return (found if done.shape is None else found.reshape(done.shape)), done.labels


@lru_cache(maxsize=1024)
def paired(
    names_a: Labels, shape_a: Any, names_b: Labels, shape_b: Any, needed: frozenset[Any]
) -> Pairing:
    """Return how to contract arrays of these labels and shapes, keeping what is needed."""
    size_a, size_b = (
        dict(zip(*pair, strict=True)) for pair in ((names_a, shape_a), (names_b, shape_b))
    )
    # An axis of length 1 goes where the other array's is longer and would repeat it.
    in_a = [label for label, size in size_a.items() if size != 1 or size_b.get(label, 1) == 1]
    in_b = [label for label, size in size_b.items() if size != 1 or size_a.get(label, 1) == 1]
    both = [label for label in in_a if label in in_b]
    batch = [label for label in both if label in needed]
    inner = [label for label in both if label not in needed]
    rows = [label for label in in_a if label in needed and label not in both]
    columns = [label for label in in_b if label in needed and label not in both]
    sizes = {label: size_a[label] for label in in_a} | {label: size_b[label] for label in in_b}
    few = [[sizes[label] for label in part] for part in (batch, rows, inner, columns)]
    labels = (*batch, *rows, *columns)
    multiply: Callable[[Any, Any], Any] = np.matmul
    shape: Any = (*few[0], *few[1], *few[3])
    if not inner:
        multiply = np.multiply
        shapes: Any = (*few[0], *few[1], *[1] * len(columns)), (*few[0], *[1] * len(rows), *few[3])
        shape = None
    elif batch and not rows and not columns:  # a matrix product would call BLAS once a number
        multiply = sums_of_products(len(both), len(batch))
        shapes = ((*few[0], *few[2]),) * 2
        shape = None
    else:
        count = [math.prod(part) for part in few]
        shapes = (*few[0], count[1], count[2]), (*few[0], count[2], count[3])
    orders = ([*batch, *rows, *inner], [*batch, *inner, *columns])
    sides = []
    for names, own, kept, order, wanted in zip(
        (names_a, names_b), (size_a, size_b), (in_a, in_b), orders, shapes, strict=True
    ):
        dropped = [label for label in own if label not in kept]
        sides.append(side_of(names, (*order, *dropped), [*order, *dropped], wanted))
    return Pairing(sides[0], sides[1], multiply, shape, labels)


@lru_cache
def sums_of_products(count: int, kept: int) -> Callable[[Any, Any], Any]:
    """Return the product of arrays of so many axes, summed over all but the first few."""
    every, first = list(range(count)), list(range(kept))
    return lambda a, b: np.einsum(a, every, b, every, first)
