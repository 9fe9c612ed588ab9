"""Where a Jacobian may have entries: patterns carried forward through a program, step by step.

A pattern is a sparse matrix of truth values (SciPy, in rows), a row an element of a slot, a column
an element of the variables. An elementwise step joins the rows of its operands; through any other
the patterns go as `reach` finds; of scalars, a set of columns each serves. Nothing that may be
there is left out; what is zero at these values only is there too.
May import the engine and SciPy, where it is installed; it must not know of colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from chainrule.calculus.reach import Reach, parts, reach_of, size_of
from chainrule.engine.bundle import Bundle
from chainrule.engine.evaluate import Pass, is_literal_zero
from chainrule.errors import missing_extra

__all__ = ["TooFull", "pattern_of", "scipy_sparse"]


class TooFull(Exception):
    """There are more entries than the caller has use for."""


def scipy_sparse() -> Any:
    """Return `scipy.sparse`.

    Raises: MissingExtra where SciPy is not installed.
    """
    try:
        from scipy import sparse  # noqa: PLC0415 - optional, and slow to load
    except ImportError as error:
        raise missing_extra("scipy", "scipy", "A sparse matrix") from error
    return sparse


def pattern_of(
    at: Pass, outputs: Iterable[int], slots: Iterable[int], *, most: float = float("inf")
) -> Any:
    """Return the pattern of the derivatives of the outputs by the elements of some slots.

    Shapes: a row for every element of the outputs in order, a column for one of the slots.
    Raises: TooFull where a step has more than `most` entries.
    """
    sparse = scipy_sparse()
    outputs, slots = list(outputs), list(slots)
    if at.numbers.is_exact or at.is_of_numbers():
        bands = carried_sets(at, outputs, slots)
    else:
        with at.numbers.context():
            bands = PatternArrays(at, slots, most).carried(outputs)
    width = sum(size_of(at.shape_of(slot)) for slot in slots)
    made = sparse.vstack([sparse.csr_array((0, width), dtype=bool), *bands], format="csr")
    made.sum_duplicates()
    return made


def carried_sets(at: Pass, outputs: list[int], slots: list[int]) -> list[Any]:
    """Carry a set of columns a slot, where every slot is one number."""
    program = at.program
    found: list[frozenset[int]] = [frozenset()] * len(program)
    own = {slot: frozenset([column]) for column, slot in enumerate(slots)}
    last_uses = program.last_uses()
    for slot, on_path in enumerate(program.depends_on(slots)):
        if on_path:
            arriving = [found[argument] for argument in leading(at, slot, found)]
            largest = max(arriving, key=len, default=frozenset())
            whole = largest.union(own.get(slot, ()), *arriving)
            found[slot] = largest if len(whole) == len(largest) else whole
        for finished in last_uses[slot]:
            found[finished] = frozenset()
    sparse = scipy_sparse()
    rows = [sorted(found[output]) for output in outputs]
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.array([column for row in rows for column in row], np.int64)
    truth = np.ones(len(columns), bool)
    return [sparse.csr_array((truth, columns, ends), shape=(len(rows), len(slots)))]


def leading(at: Pass, slot: int, found: Any) -> list[int]:
    """List the operands that a step depends on and that have a pattern.

    The literal 0 among the local derivatives says that there is no dependence.
    """
    program = at.program
    operation, arguments = program.operations[slot], program.arguments[slot]
    asked = [bool(found[argument]) for argument in arguments]
    if not any(asked) or not operation.is_elementwise:
        return [argument for argument, wanted in zip(arguments, asked, strict=True) if wanted]
    slopes = at.local_derivatives(slot, asked)
    return [
        argument
        for argument, wanted, slope in zip(arguments, asked, slopes, strict=True)
        if wanted and not is_literal_zero(slope)
    ]


class PatternArrays:
    """The patterns of the slots of a program on arrays; None where there is nothing."""

    __slots__ = ("at", "most", "patterns", "slots", "sparse", "width")

    def __init__(self, at: Pass, slots: list[int], most: float) -> None:
        self.at = at
        self.slots = slots
        self.most = most
        self.sparse = scipy_sparse()
        self.width = sum(size_of(at.shape_of(slot)) for slot in slots)
        self.patterns: list[Any] = [None] * len(at.program)

    def carried(self, outputs: list[int]) -> list[Any]:
        """Return the patterns of the outputs."""
        program, patterns = self.at.program, self.patterns
        own = self.own_patterns()
        last_uses = program.last_uses()
        for slot, on_path in enumerate(program.depends_on(self.slots)):
            if on_path:
                with np.errstate(all="ignore"):
                    patterns[slot] = self.joined(own.get(slot), self.arriving(slot))
                self.refuse_full(patterns[slot])
            for finished in last_uses[slot]:
                patterns[finished] = None
        return [
            self.nothing(size_of(self.at.shape_of(output)))
            if patterns[output] is None
            else patterns[output]
            for output in outputs
        ]

    def nothing(self, rows: int) -> Any:
        """Return a pattern without entries."""
        return self.sparse.csr_array((rows, self.width), dtype=bool)

    def own_patterns(self) -> Mapping[int, Any]:
        """Return for each slot asked for the columns of its own elements."""
        made, start = {}, 0
        for slot in self.slots:
            count = size_of(self.at.shape_of(slot))
            columns = np.arange(start, start + count)
            made[slot] = self.chosen(np.arange(count), columns, (count, self.width))
            start += count
        return made

    def chosen(self, rows: Any, columns: Any, shape: tuple[int, int]) -> Any:
        """Return the sparse matrix that is true at some places."""
        truth = np.ones(len(rows), bool)
        return self.sparse.coo_array((truth, (rows, columns)), shape=shape).tocsr()

    def joined(self, one: Any, other: Any) -> Any:
        """Return the entries of either pattern, of which one may be missing, or the same."""
        if one is None or other is None:
            return other if one is None else one
        # What was computed from the same elements is the rule, and adding costs far more.
        same = one is other or (
            np.array_equal(one.indptr, other.indptr) and np.array_equal(one.indices, other.indices)
        )
        return one if same else one + other

    def refuse_full(self, pattern: Any, entries: int = 0) -> None:
        """Stop where there are more entries than the caller has use for."""
        several = pattern if isinstance(pattern, Bundle) else [pattern]
        if max([entries, *[part.nnz for part in several if part is not None]]) > self.most:
            raise TooFull

    def arriving(self, slot: int) -> Any:
        """Return the pattern that a step makes of those of its operands."""
        program = self.at.program
        operation, patterns = program.operations[slot], self.patterns
        found: Any = None
        if operation.is_elementwise:
            known = [pattern is not None for pattern in patterns]
            for argument in leading(self.at, slot, known):
                found = self.joined(found, self.broadcast(argument, slot))
            return found
        if operation.algebra == "part":
            (argument,) = program.arguments[slot]
            whole = patterns[argument]
            return None if whole is None else whole[program.attributes[slot][0]]
        for number, argument in enumerate(program.arguments[slot]):
            if patterns[argument] is not None:
                made = self.through(slot, number)
                if isinstance(made, Bundle):
                    both = zip(found or made, made, strict=True)
                    found = Bundle([self.joined(*pair) for pair in both])
                else:
                    found = self.joined(found, made)
        return found

    def broadcast(self, argument: int, slot: int) -> Any:
        """Return the pattern of an operand with its rows repeated as its elements are."""
        shape, whole = self.at.shape_of(argument), self.at.shape_of(slot)
        pattern = self.patterns[argument]
        if shape == whole:
            return pattern
        places = np.arange(size_of(shape)).reshape(shape)
        return pattern[np.broadcast_to(places, whole).ravel()]

    def through(self, slot: int, number: int) -> Any:
        """Return the pattern of a step that is not elementwise, by one of its operands."""
        program = self.at.program
        arguments, operation = program.arguments[slot], program.operations[slot]
        value = self.at.slots[slot]
        operands = [self.at.slots[argument] for argument in arguments]
        moving = [self.patterns[argument] is not None for argument in arguments]
        attributes = program.attributes[slot]
        reached = reach_of(operation, number, value, operands, attributes, moving)
        pattern = self.patterns[arguments[number]]
        shapes = [np.shape(part) for part in parts(value)]
        if reached is None:
            made = [self.everything(pattern, size_of(shape)) for shape in shapes]
        else:
            made = [
                self.led(reach, size_of(shape), pattern)
                for reach, shape in zip(reached, shapes, strict=True)
            ]
        return Bundle(made) if isinstance(value, Bundle) else made[0]

    def led(self, reach: Reach, rows: int, pattern: Any) -> Any:
        """Return a pattern whose rows are those of the elements that reach each."""
        self.refuse_full(None, reach.most())
        reached, reaching = reach.pairs()
        if np.array_equal(reached, np.arange(rows)):  # it moves or repeats elements
            return pattern[reaching]
        return self.chosen(reached, reaching, (rows, pattern.shape[0])) @ pattern

    def everything(self, pattern: Any, rows: int) -> Any:
        """Return the pattern of a value that depends on all that any operand's element does."""
        several = pattern if isinstance(pattern, Bundle) else [pattern]
        columns = np.unique(np.concatenate([item.indices for item in several if item is not None]))
        self.refuse_full(None, rows * len(columns))
        ends = np.arange(rows + 1) * len(columns)
        truth = np.ones(rows * len(columns), bool)
        wide = np.tile(columns, rows)
        return self.sparse.csr_array((truth, wide, ends), shape=(rows, self.width))
