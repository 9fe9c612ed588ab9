"""A Jacobian by one sweep a colour: all columns that share no row at once, or all such rows.

May import the engine, patterns and colours; it must not know how entries are handed to the user.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from chainrule.calculus.colouring import Colours, column_colours, star_colours, used
from chainrule.calculus.pattern import scipy_sparse
from chainrule.calculus.reach import size_of
from chainrule.engine.evaluate import Pass
from chainrule.language.compute import spread

__all__ = ["Ordering", "ordering_of", "swept", "swept_symmetric", "symmetric_colours"]


class Ordering:
    """The colours to sweep: of the columns for sweeps forward, of the rows for sweeps back."""

    __slots__ = ("colours", "forward")

    def __init__(self, colours: Colours, *, forward: bool) -> None:
        self.colours = colours
        self.forward = forward

    @property
    def sweeps(self) -> int:
        """Return how many sweeps it takes."""
        return used(self.colours)


def ordering_of(pattern: Any) -> Ordering:
    """Return the colours of columns or of rows, whichever are fewer.

    No colouring of the columns can have fewer colours than the fullest row has entries.
    """
    least_columns = int(np.diff(pattern.indptr).max(initial=0))
    least_rows = int(np.bincount(pattern.indices).max(initial=0))
    forward = least_columns <= least_rows
    first = coloured(pattern, forward=forward)
    if first.sweeps <= (least_rows if forward else least_columns):
        return first
    return min(first, coloured(pattern, forward=not forward), key=lambda found: found.sweeps)


def coloured(pattern: Any, *, forward: bool) -> Ordering:
    """Return the colours for one direction."""
    return Ordering(column_colours(pattern if forward else pattern.T.tocsr()), forward=forward)


def symmetric_colours(pattern: Any) -> tuple[Colours, bool]:
    """Return colours for a symmetric matrix, and whether each entry is alone in its own row.

    The other colours, of which each entry is alone there or in its mirror image's, may be fewer.
    """
    plain, star = column_colours(pattern), star_colours(pattern)
    return (star, False) if used(star) < used(plain) else (plain, True)


def swept(
    at: Pass, outputs: Sequence[int], slots: Sequence[int], pattern: Any, order: Ordering
) -> Any:
    """Return the Jacobian as a sparse matrix with the entries of a pattern."""
    rows = np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr))
    columns = pattern.indices
    if order.forward:
        sources, targets, seeded, read = slots, outputs, columns, rows
        sweep: Callable[[Mapping[int, Any]], Sequence[Any] | Mapping[int, Any]] = at.jvp
    else:
        sources, targets, seeded, read = outputs, slots, rows, columns

        def sweep(seeds: Mapping[int, Any]) -> dict[int, Any]:
            found = at.vjp(seeds, list(slots))
            return {slot: found.get(slot) for slot in slots}

    places = order.colours[seeded]
    entries = np.zeros(len(columns), at.numbers.dtype)
    for chosen, vector in along_colours(at, sources, targets, order.colours, places, sweep):
        entries[chosen] = vector[read[chosen]]
    return sparse_matrix(entries, pattern)


def swept_symmetric(
    at: Pass,
    outputs: Sequence[int],
    slots: Sequence[int],
    pattern: Any,
    colours: Colours,
    *,
    alone: bool,
) -> Any:
    """Return a symmetric Jacobian, such as a Hessian, with the entries of a symmetric pattern.

    alone: whether each entry is alone in its row among the columns of its colour. Of the two
    triangles, which may differ in their last digits, one is kept.
    """
    rows = np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr))
    columns = pattern.indices
    first, second = np.minimum(rows, columns), np.maximum(rows, columns)
    if not alone:  # read in the row of the later colour
        turned = colours[first] < colours[second]
        first, second = np.where(turned, second, first), np.where(turned, first, second)
    entries = np.zeros(len(columns), at.numbers.dtype)
    places = colours[second]
    for chosen, vector in along_colours(at, slots, outputs, colours, places, at.jvp):
        entries[chosen] = vector[first[chosen]]
    return sparse_matrix(entries, pattern)


def sparse_matrix(entries: Any, pattern: Any) -> Any:
    """Return entries in the places of a pattern."""
    parts = entries, pattern.indices.copy(), pattern.indptr.copy()
    return scipy_sparse().csr_array(parts, shape=pattern.shape)


def along_colours(
    at: Pass,
    sources: Sequence[int],
    targets: Sequence[int],
    colours: Colours,
    places: Any,
    sweep: Callable[[Mapping[int, Any]], Any],
) -> Iterable[tuple[Any, Any]]:
    """Sweep from the elements of each colour; give the entries it is for, and all it has found.

    places: the colour of each entry.
    """
    shapes = [at.shape_of(slot) for slot in sources]
    parts = list(pairwise(accumulate(map(size_of, shapes), initial=0)))
    by_colour = np.argsort(places, kind="stable")
    ends = np.searchsorted(places[by_colour], np.arange(used(colours) + 1))
    for colour, (start, end) in enumerate(pairwise(ends)):
        if start == end:
            continue
        seeds = {}
        for slot, shape, (left, right) in zip(sources, shapes, parts, strict=True):
            chosen = colours[left:right] == colour
            if chosen.any():
                seeds[slot] = chosen.astype(at.numbers.dtype).reshape(shape) if shape else 1
        found = sweep(seeds)
        whole = [np.ravel(spread(at, found[slot], at.shape_of(slot))) for slot in targets]
        yield by_colour[start:end], np.concatenate(whole)
