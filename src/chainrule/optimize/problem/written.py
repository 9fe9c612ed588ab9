"""Vectors of expressions with their derivatives by parameters, written down once as programs.

A step of a solver then runs one program for the values and all columns together, which share what
they have in common, over as many rows at a time as stay in the cache. What cannot be written is
left to sweeps. May import the language and the calculus; it must not know what the vectors are for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from chainrule.calculus.symbolic import symbolic_gradient
from chainrule.engine.array_kernels import outputs_in_blocks
from chainrule.engine.compiled import NOT_FOR_IT, Compiled
from chainrule.engine.evaluate import Evaluator, written
from chainrule.engine.expansion import expanded
from chainrule.engine.fold import ROWS_ALIGNED, blocks_of, rows_per_block
from chainrule.engine.kernels import float_step
from chainrule.engine.node import Node
from chainrule.engine.numbers import DOUBLES
from chainrule.engine.program import Program, flatten
from chainrule.engine.protocol import Role
from chainrule.engine.rows import Kind, rows_of
from chainrule.engine.shapes import shapes_of
from chainrule.engine.tidy import constant_value, tidy, tidy_tangents
from chainrule.errors import ShapeError
from chainrule.language.arrays.making import identity_like
from chainrule.language.expression import lift
from chainrule.language.matrices.products import outer
from chainrule.tables.columns import Floats

__all__ = ["ArrayPart", "NumberPart", "written_parts"]

Shape = tuple[int, ...]
Places = Mapping[str, tuple[int, int]]

MOST_COLUMNS = 100  # of numbers that mix rows: one sweep over nodes each
MOST_STEPS = 10_000  # of a program of numbers: generating more holds up the first call
COLUMN = 2  # bytes of a number in a block: a quarter, for calls cost more than the second cache
ROOM = 3  # columns in a block beside the derivatives


class NotWritten(Exception):
    """A step whose derivative by a vector is no column for each of its elements."""


class NumberPart:
    """Numbers with those of their partials that are not 0 everywhere, as generated functions.

    rows, columns: the place of each partial in the Jacobian.
    """

    __slots__ = ("_both", "_values", "columns", "count", "names", "rows")

    def __init__(self, parts: Sequence[Any], places: Places, moving: Sequence[str]) -> None:
        entries: list[Node] = []
        rows, columns = [], []
        wanted = set(moving)
        for row, part in enumerate(parts):
            names = [name for name in flatten([part]).inputs if name in wanted]
            for name, entry in symbolic_gradient(lift(part), names).items():
                if constant_value(entry) != 0:
                    entries.append(entry)
                    rows.append(row)
                    columns.append(places[name][0])
        self.rows, self.columns = np.array(rows, dtype=int), np.array(columns, dtype=int)
        self.count = len(parts)
        self.names = list(flatten(list(parts)).inputs)
        self._values = float_step(expanded(list(parts)), self.names)
        self._both = float_step(expanded([*parts, *entries]), self.names)

    def values(self, inputs: Mapping[str, Any]) -> Floats | None:
        """Return the numbers (m,), or None where floats raise."""
        return self._computed(self._values, inputs)

    def entries(self, inputs: Mapping[str, Any]) -> Floats | None:
        """Return the partials at `rows` and `columns`, or None where floats raise."""
        found = self._computed(self._both, inputs)
        return None if found is None else found[self.count :]

    def blocks(self, inputs: Mapping[str, Any], size: int) -> Iterator[Floats]:
        """Compute the Jacobian and the numbers as one block, (size + 1, m).

        NaN where floats raise.
        """
        found = self._computed(self._both, inputs)
        made = np.zeros((size + 1, self.count))
        if found is None:
            made.fill(np.nan)
        else:
            made[self.columns, self.rows] = found[self.count :]
            made[size] = found[: self.count]
        yield made

    def _computed(
        self, function: Callable[..., Sequence[float]], inputs: Mapping[str, Any]
    ) -> Floats | None:
        try:
            return np.array(function(*[float(inputs[name]) for name in self.names]))
        except NOT_FOR_IT:
            return None


class ArrayPart:
    """An array with its partials by what moves, as one program.

    shape: of the array. columns: the places of each partial in the vector of parameters; of several
    they lie along its last axis.
    """

    __slots__ = ("_cut", "columns", "compiled", "names", "shape")

    def __init__(self, root: Any, places: Places, moving: Sequence[str], shapes: Any) -> None:
        # Tidy as the partials are, so that they share their steps.
        program = flatten([tidy(root)])
        root = program.nodes()[-1]
        names = [name for name in program.inputs if name in moving]
        partials = partials_row_by_row(program, names, shapes)
        if partials is None:
            if sum(not shapes[name] for name in names) > MOST_COLUMNS:
                raise NotWritten
            partials = [partial_by(program, name, shapes) for name in names]
        self.columns = tuple([places[name] for name in names])
        self.compiled = Compiled(flatten([root, *partials]))
        self.shape: Shape = shapes_of(program, {n: shapes[n] for n in program.inputs})[-1]
        self.names = frozenset(moving)
        self._cut: tuple[str, ...] | None = None

    def blocks(self, inputs: Mapping[str, Any], size: int) -> Iterator[Floats]:
        """Compute the Jacobian and the values, (size + 1, rows), some rows at a time.

        The same memory comes each time. Raises: as `eval`.
        """
        given = {name: inputs[name] for name in self.compiled.program.inputs}
        rows = self.shape[0]
        length = rows_per_block(COLUMN * (len(self.compiled.program.outputs) + ROOM))
        # Each block looks at every input before it computes anything.
        length = max(length, ROWS_ALIGNED * (len(given) // ROWS_ALIGNED))
        names = self._cuttable(given) if rows >= 2 * length else ()
        buffer: Floats = np.zeros((size + 1, 0))
        for start, stop in blocks_of(rows, length) if names else [(0, rows)]:
            some = {n: value[start:stop] if n in names else value for n, value in given.items()}
            shape = (stop - start, *self.shape[1:])
            count = math.prod(shape)
            if buffer.shape[1] != count:
                buffer = np.zeros((size + 1, count))
            self._fill(buffer, some, shape)
            yield buffer

    def _fill(self, buffer: Floats, inputs: dict[str, Any], shape: Shape) -> None:
        """Compute some rows, of this shape."""
        found: Sequence[Any] | None = outputs_in_blocks(self.compiled, DOUBLES, inputs)
        if found is None:
            found = Evaluator(self.compiled.program, DOUBLES, inputs).outputs()
        buffer[-1].reshape(shape)[...] = found[0]
        for (first, end), partial in zip(self.columns, found[1:], strict=True):
            if end - first > 1 or np.ndim(partial) > len(shape):
                buffer[first:end].reshape(end - first, *shape)[...] = np.moveaxis(partial, -1, 0)
            else:
                buffer[first].reshape(shape)[...] = partial

    def _cuttable(self, inputs: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the data that may be given some rows at a time; none where rows are mixed."""
        if self._cut is None:
            names = [
                name
                for name, value in inputs.items()
                if name not in self.names and np.ndim(value) and len(value) == self.shape[0]
            ]
            shapes = {name: np.shape(value) for name, value in inputs.items()}
            self._cut = tuple(names) if self._stays_apart(names, shapes) else ()
        return self._cut

    def _stays_apart(self, names: Sequence[str], shapes: Mapping[str, Shape]) -> bool:
        program = self.compiled.program
        try:
            found = rows_of(program, shapes, names)
        except ShapeError:
            return False
        places = shapes_of(program, shapes)
        value, *partials = program.outputs

        def goes(slot: int) -> bool:
            state = found[slot]
            return state.kind is Kind.ROWS and not state.stage and state.row_axis == 0

        return goes(value) and all(goes(slot) or places[slot] == () for slot in partials)


def partials_row_by_row(
    program: Program, names: Sequence[str], shapes: Mapping[str, Shape]
) -> list[Any] | None:
    """Return the derivatives of each element of an array by numbers, from one reverse sweep.

    None where elements are not treated alike: there what comes back is summed over rows.
    """
    if not program.is_elementwise() or any(shapes[name] for name in names):
        return None
    slots = [program.inputs[name] for name in names]
    found = written(program).vjp({program.outputs[0]: 1}, slots)
    return [lift(0 if found[slot] is None else found[slot]) for slot in slots]


def partial_by(program: Program, name: str, shapes: Mapping[str, Shape]) -> Any:
    """Return the derivative of an array by a number, or by a vector: its elements come last.

    Raises: NotWritten, ChainRuleError where it cannot be written.
    """
    slot = program.inputs[name]
    if shapes[name] == ():
        tangent = tidy_tangents(program, {slot: 1})[program.outputs[0]]
        return lift(0 if tangent is None else tangent)
    nodes = program.nodes()
    places = shapes_of(program, {name: shapes[name] for name in program.inputs})
    found: list[Any] = [None] * len(nodes)
    for place, item in enumerate(nodes):
        below = [found[argument] for argument in program.arguments[place]]
        if place == slot:
            found[place] = (
                identity_like(outer(item, item)) if len(shapes[name]) == 1 else NotWritten
            )
        elif any(part is not None for part in below):
            operands = [places[argument] for argument in program.arguments[place]]
            found[place] = through_step(item, below, operands, places[place])
    return lift(found[program.outputs[0]])


def through_step(item: Any, below: Sequence[Any], operands: Sequence[Shape], shape: Shape) -> Any:
    """Return the derivative of a step by a vector, whose elements come last.

    below: those of its operands, None where there is no dependence. Raises: NotWritten.
    """
    operation: Any = type(item)
    if any(part is NotWritten for part in below):
        raise NotWritten
    if operation.role is Role.LABEL:
        return below[0]
    if operation.algebra == "matrix product" and below[0] is None and len(operands[0]) == 2:
        matrix = item.arguments[0]
        # What multiplies the vector itself is its derivative.
        known = type(item.arguments[1]).role is Role.VARIABLE
        return matrix if known else matrix @ below[1]
    if not operation.is_elementwise:
        raise NotWritten
    total: Any = None
    slopes = operation.partials(item, *item.arguments, *item.attributes)
    for operand, slope, inner in zip(operands, slopes, below, strict=True):
        if inner is None:
            continue
        if operand != shape:
            raise NotWritten
        slope = lift(slope() if callable(slope) else slope)  # noqa: PLW2901 - asked for by now
        number = constant_value(slope)
        if number == 0:
            continue
        if number == 1:
            part = inner
        else:
            part = -inner if number == -1 else np.expand_dims(slope, -1) * inner
        total = part if total is None else total + part
    return total


def written_parts(
    program: Program, moving: tuple[str, ...], shapes: tuple[tuple[str, Shape], ...], places: Any
) -> tuple[tuple[Any, NumberPart | ArrayPart], ...] | None:
    """Return the outputs of a program with their derivatives, written, and each one's rows.

    moving: the names of what moves. shapes: of all variables. places: of each parameter in their
    vector, as items. None where sweeps are needed. Worked out once, see `Program.analysis`.
    """
    nodes, known, by_name = program.nodes(), dict(shapes), dict(places)
    every = shapes_of(program, known)
    whole = [every[slot] for slot in program.outputs]
    ends = [0, *accumulate(map(math.prod, whole))]
    scalars = [place for place, shape in enumerate(whole) if not shape]
    roots = [nodes[slot] for slot in program.outputs]
    made: list[tuple[Any, NumberPart | ArrayPart]] = []
    try:
        if scalars:
            some = [roots[place] for place in scalars]
            only = flatten(some)
            if len(only) > MOST_STEPS or any(map(known.get, only.inputs)):
                return None
            rows = np.array([ends[place] for place in scalars])
            made.append((rows, NumberPart(some, by_name, moving)))
        for place, (start, end) in enumerate(pairwise(ends)):
            if whole[place]:
                part = ArrayPart(roots[place], by_name, moving, known)
                made.append((slice(start, end), part))
    except (NotWritten, *NOT_FOR_IT):
        return None
    return tuple(made)
