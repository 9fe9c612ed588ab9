"""The cut law: whether an operation leaves rows apart, found by trying it.

f leaves rows apart if f(rows of X) equals the rows of f(X). It is tried on random inputs, for
several cuts, at a number of rows that none of its attributes contains, so that no index and no
size among them can coincide with it. That it folds rows an operation has to declare; along which
axes it does is tried too: the folds of two parts make the fold of both. Knows no operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.node import identity_of
from chainrule.engine.trials import REFUSALS, draws, elements_of, sizes_of, whole_numbers

__all__ = ["COMBINE", "CutTrial", "Mixed", "agree", "place_by_cuts", "read_for_shape"]

FEWEST_ROWS = 7  # that are tried: enough for cuts of several lengths
FEW_ROWS, MOST_CUTS = 64, 8  # lengths of cuts that are tried because an operand has this size
MOST_ELEMENTS = 1 << 22  # of all operands together, in a trial
MANY_ELEMENTS = 1 << 16  # of operands for which few trials do
FEW_TRIALS, MOST_TRIALS = 2, 9
MOST_KNOWN = 1024  # findings that are kept
LARGE = 32  # sizes above are made smaller
LARGEST_INDEX = 1 << 16
AGREE = 1e-12  # of the largest element: sums in another order, as a matrix product has them

Axis = Any  # of the rows: an int, None where there are none; of a Bundle a tuple of them
Place = Any  # an axis, or the word of a fold; of a Bundle a tuple of them
_known: dict[Any, Any] = {}

# How the folds of two parts of the rows make the fold of both.
COMBINE: Mapping[str, Callable[[Any, Any], Any]] = {
    "sum": np.add,
    "count": np.add,
    "max": np.maximum,
    "min": np.minimum,
    "log-sum-exp": np.logaddexp,
    "product": np.multiply,
    "same": lambda some, _others: some,
}
SAME = "same"  # of one of several values: whatever the rows, as the counter of a loop is


class Mixed(str):
    """Why an operation does not leave rows apart, in words; empty where there is no more to say."""

    __slots__ = ()


class CutTrial(NamedTuple):
    """An operation on operands of which some have rows.

    shapes: of the operands. axes: along which their rows lie, counted from 0. values: of operands
    that are constant, None for others. Of a Bundle shapes and axes are several. fold: the word of
    the fold that the operation declares, or none.
    """

    operation: Any
    attributes: tuple[Any, ...]
    shapes: Sequence[Any]
    axes: Sequence[Axis]
    values: Sequence[Any]
    fold: str = ""


def place_by_cuts(step: CutTrial) -> Place | Mixed:
    """Return where the rows of the value lie, or that the operation mixes them.

    That is an axis, or where rows are folded the word of the fold; of several values a tuple.
    """
    return kept(tried, step)


def kept(find: Callable[[CutTrial], Any], step: CutTrial) -> Any:
    """Return what is found of an operation, tried once for the same attributes and shapes."""
    constants = [None if value is None else identity_of(value) for value in step.values]
    shapes = without_rows(step.shapes, step.axes)
    key = (find, step.operation, identity_of(step.attributes), shapes, *step.axes, *constants)
    found = _known.get(key)
    if found is None:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        found = _known[key] = find(step)
    return found


def read_for_shape(step: CutTrial) -> frozenset[int]:
    """Return the numbers of the operands that an operation reads for their shapes alone.

    Its value is then the same, bit for bit, whatever numbers are in them: NaN too.
    """
    return frozenset() if step.operation.is_elementwise else kept(replaced, step)


def replaced(step: CutTrial) -> frozenset[int]:
    """Find the operands whose numbers can be replaced."""
    step = shrunk(step)
    shapes = grown(step)[1]
    left = {
        number
        for number, shape in enumerate(shapes)
        if step.values[number] is None and not isinstance(shape, Bundle)
    }
    if sum(map(elements_of, shapes)) > MOST_ELEMENTS:
        return frozenset()
    count = 0
    for operands in draws(step.operation, shapes, step.values):
        try:
            whole = value_of(step, operands)
        except REFUSALS:
            continue
        count += 1
        left = {number for number in left if is_unread(step, operands, number, whole)}
        if count == FEW_TRIALS or not left:
            break
    return frozenset(left if count else ())


def is_unread(step: CutTrial, operands: list[Any], number: int, whole: Any) -> bool:
    """Tell whether the value is the same with other numbers in one operand."""
    shape = np.shape(operands[number])
    steady = np.random.default_rng(number).normal(size=shape)
    others = [steady, steady * 1e300, np.zeros(shape), np.ones(shape), np.full(shape, np.nan)]
    for other in others:
        try:
            found = value_of(step, [*operands[:number], other[()], *operands[number + 1 :]])
        except REFUSALS:
            return False
        pairs = zip(parts_of(whole), parts_of(found), strict=True)
        if not all(np.array_equal(one, two, equal_nan=True) for one, two in pairs):
            return False
    return True


def value_of(step: CutTrial, operands: Sequence[Any]) -> Any:
    """Compute an operation on these operands."""
    with np.errstate(all="ignore"):
        return step.operation.on_array(*operands, *step.attributes)


def without_rows(shapes: Sequence[Any], axes: Sequence[Axis]) -> tuple[Any, ...]:
    """Return shapes with None for the number of rows."""
    return tuple([with_rows(shape, axis, None) for shape, axis in zip(shapes, axes, strict=True)])


def with_rows(shape: Any, axis: Axis, rows: Any) -> Any:
    """Return a shape with another number of rows."""
    if isinstance(shape, Bundle):
        parts = axis if isinstance(axis, tuple) else [None] * len(shape)
        return Bundle([with_rows(part, at, rows) for part, at in zip(shape, parts, strict=True)])
    if axis is None:
        return shape
    return (*shape[:axis], rows, *shape[axis + 1 :])


def numbers_in(step: CutTrial) -> set[int]:
    """Return the whole numbers in attributes and constants, among which an index or size may be.

    A large constant is no index: that of an array beyond it is refused.
    """
    numbers = {abs(number) for part in step.attributes for number in whole_numbers(part)}
    for value in step.values:
        if value is not None and np.size(value) and np.asarray(value).dtype.kind in "biuf":
            largest = float(np.max(np.abs(value)))
            numbers |= {int(largest)} if largest <= LARGEST_INDEX else set()
    return numbers


def shrunk(step: CutTrial) -> CutTrial:
    """Return it with large sizes made small, but distinct, in their order, and no others' equal.

    What the law says does not depend on how large an operand is otherwise.
    """
    fixed = numbers_in(step) | {size for value in step.values for size in np.shape(value)}
    sizes = {size for shape in without_rows(step.shapes, step.axes) for size in sizes_of(shape)}
    large = sorted(size for size in sizes - fixed if size > LARGE)
    smaller: dict[int, int] = {}
    free = LARGE
    for size in large:
        free += 1
        while free in fixed:
            free += 1
        smaller[size] = free

    def made(shape: Any) -> Any:
        if isinstance(shape, Bundle):
            return Bundle(map(made, shape))
        return tuple([smaller.get(size, size) for size in shape])

    return step._replace(shapes=[made(shape) for shape in step.shapes])


def grown(step: CutTrial) -> tuple[int, list[Any], list[int]]:
    """Return with how many rows to try, the shapes then, and lengths of cuts to try.

    As many rows as an operand has elements is a case of its own, so such cuts are tried.
    """
    numbers = numbers_in(step)
    sizes = {size for shape in without_rows(step.shapes, step.axes) for size in sizes_of(shape)}
    meeting = {size for size in sizes | numbers if 0 < size <= FEW_ROWS}
    rows = 1 + max([FEWEST_ROWS - 1, *numbers, *meeting])
    while rows in sizes:
        rows += 1
    pairs = zip(step.shapes, step.axes, strict=True)
    shapes = [with_rows(shape, axis, rows) for shape, axis in pairs]
    return rows, shapes, sorted(meeting)[:MOST_CUTS]


def tried(step: CutTrial) -> Place | Mixed:
    """Try the law, as `place_by_cuts` says."""
    rows, shapes, meeting = grown(step)
    elements = sum(map(elements_of, shapes))
    small = shrunk(step)
    if list(small.shapes) != list(step.shapes):
        found = tried(small)
        if not (isinstance(found, Mixed) and found):
            return found
    if elements > MOST_ELEMENTS:
        return Mixed(f"it could not be tried, for that takes {elements:,} numbers")
    law = Law(step, rows, meeting)
    refused = "it had no value for any of the numbers that were tried"
    enough = FEW_TRIALS if elements > MANY_ELEMENTS else MOST_TRIALS
    for operands in draws(step.operation, shapes, step.values):
        try:
            whole = value_of(step, operands)
        except REFUSALS as error:
            refused = str(error).partition("\n")[0]
            continue
        if not mostly_finite(whole):
            continue
        if not law.holds(operands, whole):
            return Mixed()
        if law.trials == enough:
            break
    if not law.trials:
        return Mixed(f"it could not be tried with {rows} rows: {refused.rstrip('.')}")
    return law.place()


class Law:
    """An operation tried on inputs of so many rows, and what is left of where its rows may lie.

    For each part of the value these are axes, and the words of folds: the one that is declared, and
    of several values that a part is the same whatever the rows. lengths: of some of the cuts.
    """

    __slots__ = ("cuts", "left", "step", "trials")

    def __init__(self, step: CutTrial, rows: int, lengths: Sequence[int]) -> None:
        self.step = step
        places = np.arange(rows)
        shuffled = np.random.default_rng(rows).permutation(rows)
        half = rows // 2
        self.cuts = [places[:half], places[half:], places[2:3], shuffled[: half + 1], shuffled]
        self.cuts[-1:-1] = [shuffled[-length:] for length in lengths]
        self.left: Any = None
        self.trials = 0

    def of_rows(self, operands: Sequence[Any], cut: Any) -> list[Any]:
        """Compute the operation on these rows alone."""
        pairs = zip(operands, self.step.axes, strict=True)
        taken = [rows_taken(operand, axis, cut) for operand, axis in pairs]
        return parts_of(value_of(self.step, taken))

    def holds(self, operands: Sequence[Any], whole: Any) -> bool:
        """Tell whether the law holds for these operands in any of the places that are left."""
        self.trials += 1
        parts = parts_of(whole)
        rows = self.cuts[-1].size
        if self.left is None:
            words = [self.step.fold] if self.step.fold else []
            words += [SAME] if isinstance(whole, Bundle) else []
            found = [
                [axis for axis, size in enumerate(np.shape(part)) if size == rows] + words
                for part in parts
            ]
            self.left = Bundle(found) if isinstance(whole, Bundle) else found
        for cut in self.cuts:
            if not all(self.left):
                return False
            try:
                some = self.of_rows(operands, cut)
                others = some
                if cut.size < rows and any(self.step.fold in places for places in self.left):
                    rest = np.ones(rows, bool)
                    rest[cut] = False
                    others = self.of_rows(operands, np.flatnonzero(rest))
            except REFUSALS:
                return False
            for places, part, one, other in zip(self.left, parts, some, others, strict=True):
                places[:] = [
                    place
                    for place in places
                    if (
                        folds_to(part, place, one, other if cut.size < rows else None)
                        if isinstance(place, str)
                        else agree(np.take(part, cut, axis=place), one)
                    )
                ]
        return all(self.left)

    def place(self) -> Place:
        """Return where the rows of the value lie; of a Bundle a tuple of places."""
        first = [places[0] for places in self.left]
        return tuple(first) if isinstance(self.left, Bundle) else first[0]


def folds_to(whole: Any, fold: str, some: Any, others: Any) -> bool:
    """Tell whether the folds of some rows and of the others make that of all."""
    if others is None or fold == SAME:
        return agree(whole, some, np.abs(some))
    if np.shape(some) != np.shape(whole) or np.shape(others) != np.shape(whole):
        return False
    with np.errstate(all="ignore"):
        return agree(whole, COMBINE[fold](some, others), np.abs(some) + np.abs(others))


def parts_of(value: Any) -> list[Any]:
    """Return the values of a Bundle, or the one."""
    return list(value) if isinstance(value, Bundle) else [value]


def rows_taken(operand: Any, axis: Axis, cut: Any) -> Any:
    """Return an operand with these rows alone."""
    if isinstance(operand, Bundle):
        parts = axis if isinstance(axis, tuple) else [None] * len(operand)
        return Bundle(
            [rows_taken(part, place, cut) for part, place in zip(operand, parts, strict=True)]
        )
    return operand if axis is None else np.take(operand, cut, axis=axis)


def agree(one: Any, other: Any, scale: Any = 0.0) -> bool:
    """Tell whether two arrays are the same but for rounding. scale: of what they are sums of."""
    left, right = np.asarray(one), np.asarray(other)
    if left.shape != right.shape:
        return False
    if object in (left.dtype, right.dtype):
        return bool(np.all(left == right))
    with np.errstate(all="ignore"):
        sizes = [np.abs(item[np.isfinite(item)]) for item in (left, np.asarray(scale))]
        largest = max([float(np.max(item)) for item in sizes if item.size], default=0.0)
        near = np.abs(left - right) <= AGREE * largest
        return bool(np.all(near | (left == right) | (np.isnan(left) & np.isnan(right))))


def mostly_finite(value: Any) -> bool:
    """Tell whether at least half of the numbers are finite: others cannot tell rows apart."""
    return all(2 * np.sum(np.isfinite(part)) >= np.size(part) for part in parts_of(value))
