"""The cut law: whether an operation leaves rows apart, found by trying it.

f leaves rows apart if f(rows of X) equals the rows of f(X). It is tried on random inputs, for
several cuts, at a number of rows that none of its attributes contains, so that no index and no
size among them can coincide with it. That it folds rows an operation has to declare; along which
axes it does is tried too: the folds of two parts make the fold of both. Knows no operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.node import Node, identity_of
from chainrule.engine.program import Program
from chainrule.errors import ChainRuleError

__all__ = [
    "COMBINE",
    "REFUSALS",
    "Mixed",
    "Trial",
    "agree",
    "place_by_cuts",
    "positive",
    "signed",
    "whole",
]

FEWEST_ROWS = 7  # that are tried: enough for cuts of several lengths
FEW_ROWS, MOST_CUTS = 64, 8  # lengths of cuts that are tried because an operand has this size
MOST_ELEMENTS = 1 << 22  # of all operands together, in a trial
MANY_ELEMENTS = 1 << 16  # of operands for which few trials do
FEW_TRIALS, MOST_TRIALS = 2, 9
MOST_KNOWN = 1024  # findings that are kept
AGREE = 1e-12  # of the largest element: sums in another order, as a matrix product has them
# What an operation raises for operands that it does not take. A user's own may raise any of these.
REFUSALS = (ChainRuleError, ValueError, ArithmeticError, TypeError, LookupError, AttributeError)

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


class Trial(NamedTuple):
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


def place_by_cuts(step: Trial) -> Place | Mixed:
    """Return where the rows of the value lie, or that the operation mixes them.

    That is an axis, or where rows are folded the word of the fold; of several values a tuple.
    """
    constants = [None if value is None else identity_of(value) for value in step.values]
    shapes = without_rows(step.shapes, step.axes)
    key = (step.operation, identity_of(step.attributes), shapes, *step.axes, *constants)
    found = _known.get(key)
    if found is None:
        found = tried(step)
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[key] = found
    return found


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


def tried(step: Trial) -> Place | Mixed:
    """Try the law, as `place_by_cuts` says."""
    operation, shapes, axes = step.operation, step.shapes, step.axes
    numbers = {
        number for part in (*step.attributes, *step.values) for number in whole_numbers(part)
    }
    sizes = {size for shape in without_rows(shapes, axes) for size in sizes_of(shape)}
    # As many rows as an operand has elements is a case of its own, so such cuts are tried too.
    meeting = {size for size in {*sizes, *map(abs, numbers)} if 0 < size <= FEW_ROWS}
    rows = 1 + max([FEWEST_ROWS - 1, *map(abs, numbers), *meeting])
    while rows in sizes:
        rows += 1
    grown = [with_rows(shape, axis, rows) for shape, axis in zip(shapes, axes, strict=True)]
    elements = sum(map(elements_of, grown))
    if elements > MOST_ELEMENTS:
        return Mixed(f"it could not be tried, for that takes {elements:,} numbers")
    law = Law(step, rows, sorted(meeting)[:MOST_CUTS])
    refused = "it had no value for any of the numbers that were tried"
    enough = FEW_TRIALS if elements > MANY_ELEMENTS else MOST_TRIALS
    for operands in draws(operation, grown, step.values):
        try:
            whole = law.value(operands)
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

    def __init__(self, step: Trial, rows: int, lengths: Sequence[int]) -> None:
        self.step = step
        places = np.arange(rows)
        shuffled = np.random.default_rng(rows).permutation(rows)
        half = rows // 2
        self.cuts = [places[:half], places[half:], places[2:3], shuffled[: half + 1], shuffled]
        self.cuts[-1:-1] = [shuffled[-length:] for length in lengths]
        self.left: Any = None
        self.trials = 0

    def value(self, operands: Sequence[Any]) -> Any:
        """Compute the operation."""
        with np.errstate(all="ignore"):
            return self.step.operation.on_array(*operands, *self.step.attributes)

    def of_rows(self, operands: Sequence[Any], cut: Any) -> list[Any]:
        """Compute the operation on these rows alone."""
        pairs = zip(operands, self.step.axes, strict=True)
        return parts_of(self.value([rows_taken(operand, axis, cut) for operand, axis in pairs]))

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
                if self.step.fold and cut.size < rows:
                    others = self.of_rows(operands, np.setdiff1d(np.arange(rows), cut))
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


# --- the inputs


def whole_numbers(attribute: Any) -> Iterator[int]:
    """List the whole numbers in an attribute, in the steps of a loop's body too."""
    stack = [attribute]
    while stack:
        top = stack.pop()
        if isinstance(top, bool | str | Node) or top is None:
            continue
        if isinstance(top, int | np.integer):
            yield int(top)
        elif isinstance(top, float | np.floating):
            if math.isfinite(top) and top == int(top):
                yield int(top)
        elif isinstance(top, np.ndarray):
            if top.size and top.dtype.kind in "iuf" and np.all(top == np.round(top)):
                yield int(np.max(np.abs(top)))
        elif isinstance(top, slice):
            stack += [top.start, top.stop, top.step]
        elif isinstance(top, tuple | list | frozenset):
            stack += top
        else:
            program = top if isinstance(top, Program) else getattr(top, "program", None)
            if isinstance(program, Program):
                stack += [tuple(attributes) for attributes in program.attributes]


def sizes_of(shape: Any) -> list[int]:
    """Return the sizes in a shape, or in the shapes of a Bundle."""
    if isinstance(shape, Bundle):
        return [size for part in shape for size in sizes_of(part)]
    return [size for size in shape if size is not None]


def elements_of(shape: Any) -> int:
    """Return the number of elements of a shape, or of those of a Bundle."""
    if isinstance(shape, Bundle):
        return sum(map(elements_of, shape))
    return math.prod(shape)


def draws(operation: Any, shapes: Sequence[Any], values: Sequence[Any]) -> Iterator[list[Any]]:
    """Draw operands of these shapes, of one kind of number after another.

    An operation may take only some: positive numbers, indices, matrices that can be inverted. Its
    own samples show which, and so they come first.
    """
    generator = np.random.default_rng(len(shapes))
    shown = shown_operands(operation, len(shapes))

    def drawn(kind: Callable[..., Any], number: int) -> Any:
        if values[number] is not None:
            return values[number]
        shape = shapes[number]
        sample = shown[number] if number < len(shown) else None
        if isinstance(shape, Bundle):
            return Bundle([kind(part, generator, None) for part in shape])
        return kind(shape, generator, sample)

    count = len(shapes)
    for kind in KINDS:
        yield [drawn(kind, number) for number in range(count)]
    if 1 < count <= 3:
        for odd in range(count):
            for kind in (whole, matrices, triangles):
                yield [drawn(kind if number == odd else signed, number) for number in range(count)]


def shown_operands(operation: Any, count: int) -> list[Any]:
    """Return the operands of a sample of the class body; none where it has none of so many."""
    for sample in getattr(operation, "samples", ()):
        operands = list(sample) if isinstance(sample, tuple) else [sample]
        if operands and isinstance(operands[-1], Mapping):
            operands.pop()
        if len(operands) == count:
            return operands
    return []


def alike(shape: Any, generator: Any, sample: Any) -> Any:
    """Draw numbers such as a sample has: whole ones stay whole, others vary a little."""
    if sample is None or isinstance(sample, Bundle):
        return positive(shape, generator, None)
    numbers = np.resize(np.asarray(sample, float), shape)
    if np.all(numbers == np.round(numbers)):
        numbers = generator.permutation(numbers.ravel()).reshape(shape)
    else:
        numbers = numbers * generator.uniform(0.9, 1.1, shape)
    return numbers if shape else float(numbers)


def signed(shape: Any, generator: Any, _sample: Any) -> Any:
    """Draw numbers of both signs."""
    return generator.normal(size=shape) if shape else float(generator.normal())


def positive(shape: Any, generator: Any, _sample: Any) -> Any:
    """Draw positive numbers, about 1."""
    return generator.uniform(0.5, 2.0, shape) if shape else float(generator.uniform(0.5, 2.0))


def share(shape: Any, generator: Any, _sample: Any) -> Any:
    """Draw numbers between 0 and 1."""
    return generator.uniform(0.05, 0.95, shape) if shape else float(generator.uniform(0.05, 0.95))


def whole(shape: Any, generator: Any, _sample: Any) -> Any:
    """Draw 0 and 1: indices, classes and truths, with many ties."""
    return generator.integers(0, 2, shape).astype(float) if shape else 1.0


def matrices(shape: Any, generator: Any, _sample: Any) -> Any:
    """Draw symmetric positive definite matrices, where the last two axes are as long."""
    if len(shape) < 2 or shape[-1] != shape[-2]:
        return signed(shape, generator, None)
    numbers = generator.normal(size=shape)
    return numbers @ np.swapaxes(numbers, -1, -2) + np.eye(shape[-1])


def triangles(shape: Any, generator: Any, _sample: Any) -> Any:
    """Draw upper triangular matrices that can be inverted, where the last two axes are as long."""
    made = matrices(shape, generator, None)
    square = len(shape) > 1 and shape[-1] == shape[-2]
    return np.triu(made) if square else made


KINDS = (alike, signed, whole, positive, matrices, share, triangles)
