"""Columns that one sweep serves: those that share no row have one colour.

A sweep that is seeded at all columns of a colour gives, in each row, the one entry that is there.
Colours are given greedily, the first that is free; which ones are taken is kept as the bits of one
whole number a row, so that a row full of entries costs no more than its length.
Sources: Curtis, Powell & Reid (1974), On the estimation of sparse Jacobian matrices; Coleman & Moré
(1984), Estimation of sparse Hessian matrices and graph coloring problems; Gebremedhin, Manne &
Pothen (2005), What color is your Jacobian?, SIAM Review 47.
May import NumPy; it is handed SciPy's sparse matrices and must not know where they come from.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Colours", "column_colours", "star_colours", "used"]

Colours = np.ndarray[Any, np.dtype[np.int64]]


def column_colours(pattern: Any) -> Colours:
    """Return a colour for every column, such that no row has entries in two columns of a colour.

    pattern: a sparse matrix in rows (CSR). Tries the columns as they stand, which is best for
    bands, and the fullest first where that took more colours than the fullest row has entries.

    >>> from scipy.sparse import csr_array
    >>> column_colours(csr_array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]])).tolist()
    [0, 1, 0, 1]
    """
    by_column = pattern.tocsc()
    count = pattern.shape[1]
    fewest = int(np.diff(pattern.indptr).max(initial=0))
    found = first_fit(by_column, range(count), pattern.shape[0])
    if used(found) <= max(fewest, 1):
        return found
    fullest = np.argsort(-np.diff(by_column.indptr), kind="stable").tolist()
    other = first_fit(by_column, fullest, pattern.shape[0])
    return other if used(other) < used(found) else found


def used(colours: Colours) -> int:
    """Count the colours."""
    return int(colours.max(initial=-1)) + 1


def first_fit(by_column: Any, order: Any, rows: int) -> Colours:
    """Give each column, in an order, the first colour that no row of it has."""
    ends, entries = by_column.indptr.tolist(), by_column.indices.tolist()
    taken = [0] * rows
    colours = np.zeros(by_column.shape[1], np.int64)
    for column in order:
        mine = entries[ends[column] : ends[column + 1]]
        forbidden = 0
        for row in mine:
            forbidden |= taken[row]
        bit = ~forbidden & (forbidden + 1)  # the lowest bit that is not set
        for row in mine:
            taken[row] |= bit
        colours[column] = bit.bit_length() - 1
    return colours


def star_colours(pattern: Any) -> Colours:
    """Return colours of a symmetric matrix, of which each entry stands alone in one of two places.

    Two columns of one colour may share a row if that row's own colour comes before theirs: the
    entry is then read from its mirror image. A variable that goes with all others, as a shared
    parameter does, so costs one colour and not all. An entry of row i and column j is found in the
    row of the later colour, by the sweep of the earlier one.
    Source: Gebremedhin, Manne & Pothen (2005), restricted star colouring, section 4.

    >>> from scipy.sparse import csr_array
    >>> star_colours(
    ...     csr_array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]])
    ... ).tolist()
    [0, 1, 1, 1]
    """
    fullest = np.argsort(-np.diff(pattern.indptr), kind="stable").tolist()
    found = [star_fit(pattern, order) for order in (range(pattern.shape[0]), fullest)]
    return min(found, key=used)


def star_fit(pattern: Any, order: Any) -> Colours:
    """Give each row and its column, in an order, the first colour that is allowed."""
    ends, entries = pattern.indptr.tolist(), pattern.indices.tolist()
    around = [0] * pattern.shape[0]  # the colours of the neighbours
    bits = [0] * pattern.shape[0]  # its own colour, as a bit; 0 before it has one
    for place in order:
        mine = entries[ends[place] : ends[place + 1]]
        forbidden = 0
        for other in mine:
            bit = bits[other]
            # Below its own colour, what lies around it would be read through it.
            forbidden |= bit | (around[other] & (bit - 1)) if bit else around[other]
        bit = ~forbidden & (forbidden + 1)
        bits[place] = bit
        for other in mine:
            if other != place:
                around[other] |= bit
    return np.array([bit.bit_length() - 1 for bit in bits], np.int64)
