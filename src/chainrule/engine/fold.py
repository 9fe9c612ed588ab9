"""Rows in blocks, and what is folded over them in a fixed tree.

Where a block begins follows from the program and the number of rows alone, never from the machine
or the number of threads: a multiple of 64 rows, the remainder joined to the last block. Partial
results of blocks are joined as the leaves of a binary tree over the number of the block, so that
the same bits come out in whatever order the blocks were computed, and rounding grows with the
height of the tree only. Knows no program: a kernel is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

__all__ = [
    "REDUCTIONS",
    "ROWS_ALIGNED",
    "WORKING_SET",
    "Buffers",
    "Tree",
    "blocks_of",
    "fold",
    "rows_per_block",
]

# How NumPy folds an array, by the word of the fold, and joins the folds of two parts of it.
REDUCTIONS: dict[str, np.ufunc] = {"sum": np.add, "max": np.maximum, "min": np.minimum}

# Bytes that a block of rows with all that is computed of it may take: half of the second-level
# cache of small machines. The same everywhere, since block boundaries decide the last bits of sums.
WORKING_SET = 256 * 1024
ROWS_ALIGNED = 64  # rows: eight cache lines of double precision, and no vector is cut
FEWEST_ROWS = 128  # below, calling NumPy costs more than a row that leaves the cache


def rows_per_block(bytes_per_row: int) -> int:
    """Return the length of a block for rows that take so many bytes.

    >>> rows_per_block(80), rows_per_block(100_000)
    (3264, 128)
    """
    fitting = WORKING_SET // max(bytes_per_row, 1) // ROWS_ALIGNED * ROWS_ALIGNED
    return max(fitting, FEWEST_ROWS)


def blocks_of(rows: int, length: int) -> Iterator[tuple[int, int]]:
    """List where blocks of rows begin and end; the last one takes the remainder too.

    >>> list(blocks_of(300, 128))
    [(0, 128), (128, 300)]
    """
    last = max(rows // length, 1) - 1
    for number in range(last):
        yield number * length, (number + 1) * length
    yield last * length, rows


class Tree:
    """A fold whose terms are joined pairwise, as the leaves of a binary tree from left to right.

    word: of the fold, in REDUCTIONS.

    >>> sum_of_all, largest = Tree(), Tree("max")
    >>> for term in (1.0, 3.0, 2.0):
    ...     sum_of_all.add(term)
    ...     largest.add(term)
    >>> float(sum_of_all.total()), float(largest.total())
    (6.0, 3.0)
    """

    __slots__ = ("join", "parts", "terms")

    def __init__(self, word: str = "sum") -> None:
        self.join = REDUCTIONS[word]
        self.parts: list[Any] = []  # folds of 2**k terms each, of falling k
        self.terms = 0

    def add(self, term: Any) -> None:
        """Add the next term, which may be written to afterwards."""
        number = self.terms
        while number & 1:
            term = joined(self.join, self.parts.pop(), term)
            number >>= 1
        self.parts.append(term)
        self.terms += 1

    def total(self) -> Any:
        """Return the fold of all terms so far; it takes no more."""
        total = self.parts.pop()
        while self.parts:
            total = joined(self.join, self.parts.pop(), total)
        return total


def joined(join: np.ufunc, one: Any, other: Any) -> Any:
    """Join the folds of two parts, in place where they are arrays."""
    if isinstance(one, np.ndarray) and one.ndim:
        return join(one, other, out=one)
    return join(one, other)


class Buffers:
    """Arrays to compute a block in, kept from call to call; each call has a set of its own.

    shapes: of each buffer, without its rows.
    """

    __slots__ = ("dtype", "idle", "shapes")

    def __init__(self, shapes: Sequence[tuple[int, ...]], dtype: Any) -> None:
        self.shapes = shapes
        self.dtype = dtype
        self.idle: list[tuple[int, list[Any]]] = []  # appending and popping are atomic

    def take(self, rows: int) -> list[Any]:
        """Return a set of so many rows, which nobody else uses until it is given back."""
        try:
            kept, buffers = self.idle.pop()
        except IndexError:
            kept = -1
        if kept == rows:
            return buffers
        return [np.empty((rows, *shape), dtype=self.dtype) for shape in self.shapes]

    def give_back(self, rows: int, buffers: list[Any]) -> None:
        """Keep a set for the next call, unless another one is kept already."""
        if not self.idle:
            self.idle.append((rows, buffers))


def fold(
    body: Callable[..., Sequence[Any]],
    rows: int,
    length: int,
    columns: Sequence[Any],
    fixed: Sequence[Any],
    buffers: Buffers,
    *,
    words: Sequence[str],
) -> Sequence[Any]:
    """Run a body over blocks of rows; return what it folds, joined in a fixed tree.

    body: takes the block's rows of each column, what is the same for all blocks, and the buffers;
    writes elementwise results into columns, and returns what it folds. A single block returns it
    as it is. words: of what it folds, each in REDUCTIONS.
    """
    if rows < 2 * length:
        taken = buffers.take(rows)
        found = body(*columns, *fixed, *taken)
        buffers.give_back(rows, taken)
        return found
    last = length + rows % length
    taken = buffers.take(last)
    regular = [buffer[:length] for buffer in taken]
    totals = [Tree(word) for word in words]
    for start, stop in blocks_of(rows, length):
        block = [column[start:stop] for column in columns]
        found = body(*block, *fixed, *(regular if stop - start == length else taken))
        for total, part in zip(totals, found, strict=True):
            total.add(part)
    buffers.give_back(last, taken)
    return [total.total() for total in totals]
