"""Value and partials of a formula over columns as one program that runs in blocks of rows.

The reverse sweep is written over nodes once for each kind of data, and what it wrote runs beside
the formula itself, block by block. Whatever does not lend itself to this, also where a derivative
comes out as NaN that the plain sweep may repair, is left to the plain way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.evaluate import written
from chainrule.engine.expansion import in_primitives
from chainrule.engine.fold import rows_per_block
from chainrule.engine.lowering import ROWS, CannotLower, Lowering, Value
from chainrule.engine.numbers import DOUBLES, SINGLES, Numbers, quiet
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.sizes import Shape, Size
from chainrule.engine.targets.blocks import BlockKernel, bytes_per_row, takes_out
from chainrule.errors import ChainRuleError

__all__ = [
    "fitting",
    "value_in_blocks",
    "with_partials_in_blocks",
    "with_partials_of_known",
]

# Numbers below which walking the steps costs less than what a kernel saves.
FEWEST_ROWS = 64
# Writing a kernel takes as long as some calls on short columns. On long ones, of several blocks, it
# is written at once: so each call on the same data gives the same bits.
PAYS_AFTER = 2
MOST_STEPS = 400  # of a formula: writing a kernel for more would hold up the call
MOST_KERNELS = 16
# What a kernel raises for values that it was not made for: whoever runs the steps has the words.
NOT_FOR_IT = (ChainRuleError, ArithmeticError, ValueError, TypeError, LookupError, AttributeError)
DOUBLE = np.dtype(np.float64)
DTYPES: dict[Numbers, np.dtype[Any]] = {DOUBLES: DOUBLE, SINGLES: np.dtype(np.float32)}


# How nodes are summed to the shape of an operand: told by the language, which has the words.
fitting: list[Any] = []


class Entry:
    """What is known of a formula for one kind of data: how often it came, and its kernel.

    length: of a block in rows; 0 before it is known, -1 where there is no kernel. shape: of the
    value, which may name the number of rows.
    """

    __slots__ = ("calls", "kernel", "length", "shape")

    def __init__(self) -> None:
        self.calls = 0
        self.kernel: BlockKernel | None = None
        self.length = 0
        self.shape: Shape = ()


def value_in_blocks(program: Program, numbers: Numbers, inputs: Mapping[str, Any]) -> Any:
    """Return the value of a formula, or None where the plain way is the one to take."""
    found = computed(program, numbers, inputs, None)
    if found is None:
        return None
    entry, rows, (value,) = found
    kernel: Any = entry.kernel
    return value if kernel.fresh[0] else owned(value, shape_at(entry.shape, rows), DTYPES[numbers])


def with_partials_in_blocks(
    program: Program, numbers: Numbers, inputs: Mapping[str, Any], names: tuple[str, ...]
) -> tuple[Any, list[Any]] | None:
    """Return the value and the partials by the named variables, or None for the plain way."""
    if any(name not in program.inputs for name in names):  # a named step
        return None
    found = computed(program, numbers, inputs, names)
    return None if found is None else apart(*found, inputs, names, DTYPES[numbers])


def with_partials_of_known(
    program: Program, values: Any, names: tuple[str, ...]
) -> tuple[Any, list[Any]] | None:
    """Return the value and partials for a dict of floats, and of arrays that came before.

    Arrays of the same shapes in double precision; whatever else it is has to be bound with care.
    """
    known = program.notes.get("known shapes")
    if known is None or type(values) is not dict:
        return None
    inputs: dict[str, Any] = {}
    shapes: list[Any] = []
    for name in program.inputs:
        value = values.get(name)
        if type(value) is np.ndarray and value.dtype is DOUBLE:
            shapes.append(value.shape)
        elif type(value) is float:
            value = np.float64(value)
            shapes.append(None)
        else:
            return None
        inputs[name] = value
    entry, rows = known.get((names, *shapes), (None, 0))
    if entry is None:
        return None
    try:
        outputs = outputs_of(entry, rows, inputs)
    except NOT_FOR_IT:
        return None
    return apart(entry, rows, outputs, inputs, names, DOUBLE)


def apart(
    entry: Entry,
    rows: int,
    outputs: Sequence[Any],
    inputs: Mapping[str, Any],
    names: Sequence[str],
    dtype: Any,
) -> tuple[Any, list[Any]] | None:
    """Return the value and the partials, each the user's own, or None for the plain way."""
    kernel: Any = entry.kernel
    value, *partials = outputs
    shape = None
    if entry.shape:
        shape = shape_at(entry.shape, rows)
        value = value if kernel.fresh[0] else owned(value, shape, dtype)
    elif value == value:  # noqa: PLR0124 - no NaN
        for partial in partials:
            if has_nan(partial):
                return None  # a careful sweep may know better
    pairs = zip(names, partials, kernel.fresh[1:], strict=True)
    return value, [
        partial if fresh else owned(partial, inputs[name].shape if shape is None else shape, dtype)
        for name, partial, fresh in pairs
    ]


def computed(
    program: Program, numbers: Numbers, inputs: Mapping[str, Any], names: tuple[str, ...] | None
) -> tuple[Entry, int, tuple[Any, ...]] | None:
    """Run the kernel for data of this kind, written where that pays; return its outputs."""
    dtype = DTYPES.get(numbers)
    if dtype is None or len(program) > MOST_STEPS:
        return None
    rows, shapes = 0, []
    for value in inputs.values():
        if value.dtype != dtype:
            return None
        shapes.append(value.shape)
        rows = max(rows, value.shape[0]) if value.ndim else rows
    if rows < FEWEST_ROWS:
        return None
    kinds = tuple([(ROWS, *item[1:]) if item and item[0] == rows else item for item in shapes])
    entry = noted(program, "kernels", (names, numbers, kinds), Entry)
    try:
        if entry.kernel is None:
            compile_where_due(entry, program, rows, names, kinds, numbers)
        if entry.kernel is None:
            return None
        found = entry, rows, outputs_of(entry, rows, inputs)
    except NOT_FOR_IT:
        return None
    if numbers is DOUBLES:
        key = names, *[item or None for item in shapes]
        noted(program, "known shapes", key, lambda: (entry, rows))
    return found


def noted(program: Program, kind: str, key: Any, make: Callable[[], Any]) -> Any:
    """Return what a program has noted under a key, forgetting the oldest of many."""
    notes = program.notes.setdefault(kind, {})
    known = notes.get(key)
    if known is None:
        if len(notes) >= MOST_KERNELS:
            notes.pop(next(iter(notes)), None)
        known = notes[key] = make()
    return known


def outputs_of(entry: Entry, rows: int, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
    """Run a kernel."""
    kernel: Any = entry.kernel
    with quiet():
        found: tuple[Any, ...] = kernel(rows, list(inputs.values()))
    return found


def compile_where_due(
    entry: Entry,
    program: Program,
    rows: int,
    names: tuple[str, ...] | None,
    kinds: tuple[Any, ...],
    numbers: Numbers,
) -> None:
    """Give an entry its kernel, once its calls pay for it and unless there can be none."""
    length, entry.length = entry.length, -1  # unless it turns out to go
    if length < 0:
        return
    if length == 0:
        length = block_length(program, entry, rows, kinds, numbers)
    entry.calls += 1
    if rows >= 2 * length or entry.calls > PAYS_AFTER:
        entry.kernel = write(program, entry, names, kinds, numbers, length)
    entry.length = length


def shape_at(shape: Shape, rows: int) -> tuple[int, ...]:
    """Return a shape for a number of rows."""
    return tuple([size.at({ROWS: rows}) if isinstance(size, Size) else size for size in shape])


def block_length(
    program: Program, entry: Entry, rows: int, kinds: tuple[Any, ...], numbers: Numbers
) -> int:
    """Return the rows of a block, the same for the value alone and with any partials."""
    for operation, attributes in zip(program.operations, program.attributes, strict=True):
        if operation.role is not Role.CONSTANT:
            continue
        number = attributes[0]
        shape = np.shape(number)
        if isinstance(number, complex | np.complexfloating) or (
            shape and (numbers is SINGLES or shape[0] == rows or number.dtype.kind == "c")
        ):
            raise CannotLower("a constant is no number, or a column")
    lowering = lowered(in_primitives(roots_of(program)), program, kinds, numbers)
    entry.shape = lowering.outputs[0].shape
    return rows_per_block(bytes_per_row(lowering, DTYPES[numbers]))


def write(
    program: Program,
    entry: Entry,
    names: tuple[str, ...] | None,
    kinds: tuple[Any, ...],
    numbers: Numbers,
    length: int,
) -> BlockKernel:
    """Write the kernel of the value, and of the partials by names."""
    roots = roots_of(program)
    if names is not None:
        if entry.shape and not program.is_elementwise():
            raise CannotLower("its derivative is a matrix, or found by a forward sweep")
        slots = [program.inputs[name] for name in names]
        fit = None if entry.shape else fitting[0]
        found = written(program, fit).vjp({program.outputs[0]: 1}, slots)
        lift = type(roots[0]).lift
        roots += [lift(found.get(slot, 0.0)) for slot in slots]
    whole = in_primitives(roots)
    return BlockKernel(lambda: lowered(whole, program, kinds, numbers), DTYPES[numbers], length)


def lowered(whole: Program, program: Program, kinds: tuple[Any, ...], numbers: Numbers) -> Lowering:
    """Lower a program for inputs of these shapes."""
    shapes = {
        name: tuple([Size(ROWS) if size == ROWS else size for size in shape])
        for name, shape in zip(program.inputs, kinds, strict=True)
    }
    made = Lowering(whole, shapes, numbers.constant, takes_out(DTYPES[numbers]))
    made.inputs = {name: made.inputs.get(name) or unused(shapes[name]) for name in shapes}
    return made


def unused(shape: Any) -> Any:
    """Return an input that no step reads any more."""
    return Value("whole", shape)


def roots_of(program: Program) -> list[Any]:
    """Return the nodes that a program computes."""
    nodes = program.nodes()
    return [nodes[slot] for slot in program.outputs]


def has_nan(partial: Any) -> bool:
    """Tell whether one of these numbers is NaN, in one look."""
    if type(partial) is np.ndarray and partial.ndim:
        if not partial.size:
            return False
        partial = np.minimum.reduce(partial, None)
    return math.isnan(partial)


def owned(found: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return what a kernel computed as a number, or as an array in its whole shape: a copy."""
    return np.array(np.broadcast_to(found, shape), dtype=dtype) if shape else found
