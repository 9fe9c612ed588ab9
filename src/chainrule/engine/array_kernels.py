"""Value and partials of a formula over columns as one program that runs in blocks of rows.

The reverse sweep is written over nodes once for each kind of data, and what it wrote runs beside
the formula itself, block by block (`block_kernels`, loaded when columns first come). Whatever does
not lend itself to this, also where a derivative comes out as NaN that the plain sweep may repair,
is left to the plain way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.compiled import MOST_KERNELS, NOT_FOR_IT, Compiled
from chainrule.engine.numbers import DOUBLES, SINGLES, Numbers

__all__ = [
    "fitting",
    "outputs_in_blocks",
    "value_in_blocks",
    "value_of_known",
    "with_partials_in_blocks",
    "with_partials_of_known",
]

DOUBLE = np.dtype(np.float64)
DTYPES: dict[Numbers, np.dtype[Any]] = {DOUBLES: DOUBLE, SINGLES: np.dtype(np.float32)}

# How nodes are summed to the shape of an operand: told by the language, which has the words.
fitting: list[Any] = []


def outputs_in_blocks(
    compiled: Compiled, numbers: Numbers, inputs: Mapping[str, Any]
) -> tuple[Any, ...] | None:
    """Return all outputs of a program, or None where the plain way is the one to take.

    inputs: in the order of the program's.
    """
    return computed(compiled, numbers, inputs, None)


def value_in_blocks(compiled: Compiled, numbers: Numbers, inputs: Mapping[str, Any]) -> Any:
    """Return the value of a formula, or None where the plain way is the one to take."""
    found = computed(compiled, numbers, inputs, None)
    return None if found is None else found[0]


def with_partials_in_blocks(
    compiled: Compiled, numbers: Numbers, inputs: Mapping[str, Any], names: tuple[str, ...]
) -> tuple[Any, list[Any]] | None:
    """Return the value and the partials by the named variables, or None for the plain way."""
    if any(name not in compiled.program.inputs for name in names):  # a named step
        return None
    found = computed(compiled, numbers, inputs, names)
    return None if found is None else apart(found, inputs, names, DTYPES[numbers])


def value_of_known(compiled: Compiled, values: Any) -> Any:
    """Return the value as `with_partials_of_known` does, or None."""
    found = computed_for_known(compiled, values, None)
    return None if found is None else found[1][0]


def with_partials_of_known(
    compiled: Compiled, values: Any, names: tuple[str, ...]
) -> tuple[Any, list[Any]] | None:
    """Return the value and partials for a dict of floats, and of arrays that came before.

    Arrays of the same shapes in double precision; whatever else it is has to be bound with care.
    """
    found = computed_for_known(compiled, values, names)
    return None if found is None else apart(found[1], found[0], names, DOUBLE)


def computed_for_known(
    compiled: Compiled, values: Any, names: tuple[str, ...] | None
) -> tuple[dict[str, Any], tuple[Any, ...]] | None:
    """Return the inputs and what the kernel for their shapes computes, if there is one."""
    if type(values) is not dict:
        return None
    inputs: dict[str, Any] = {}
    key: list[Any] = [names, DOUBLES]
    for name in compiled.program.inputs:
        value = values.get(name)
        if type(value) is np.ndarray and value.dtype is DOUBLE:
            key.append(value.shape)
        elif type(value) is float:
            value = np.float64(value)
            key.append(())
        else:
            return None
        inputs[name] = value
    kernel = compiled.of_shapes.get(tuple(key))
    if kernel is None or (compiled.program.numbers and len(values) > len(inputs)):
        return None  # what is left over may be meant for a number of that name
    try:
        return inputs, kernel(*inputs.values())
    except NOT_FOR_IT:
        return None


def apart(
    outputs: Sequence[Any], inputs: Mapping[str, Any], names: Sequence[str], dtype: Any
) -> tuple[Any, list[Any]] | None:
    """Return the value and the partials, or None for the plain way."""
    value = outputs[0]
    shape = () if type(value) is np.float64 else np.shape(value)
    looked_at = not shape and value == value  # noqa: PLR0124 - no NaN
    found = []
    for place, name in enumerate(names, start=1):
        partial = outputs[place]
        if looked_at and has_nan(partial):
            return None  # a careful sweep may know better
        wanted = shape or inputs[name].shape
        if not wanted and type(partial) is dtype.type:
            pass
        elif type(partial) is not np.ndarray or partial.shape != wanted:
            partial = np.array(np.broadcast_to(partial, wanted), dtype=dtype)[()]
        found.append(partial)
    return value, found


def computed(
    compiled: Compiled, numbers: Numbers, inputs: Mapping[str, Any], names: tuple[str, ...] | None
) -> tuple[Any, ...] | None:
    """Run the kernel for data of this kind, written where that pays; return its outputs."""
    dtype = DTYPES.get(numbers)
    if dtype is None:
        return None
    rows, shapes = 0, []
    for value in inputs.values():
        if value.dtype != dtype:
            return None
        shapes.append(value.shape)
        rows = max(rows, value.shape[0]) if value.ndim else rows
    key = names, numbers, *shapes
    kernel = compiled.of_shapes.get(key)
    if kernel is None:
        from chainrule.engine.block_kernels import kernel_for  # noqa: PLC0415 - whoever has columns

        kernel = kernel_for(compiled, inputs, rows, names, fitting)
        if kernel is None:
            return None
        known = compiled.of_shapes
        if len(known) >= MOST_KERNELS:
            known.pop(next(iter(known)), None)
        known[key] = kernel
    try:
        outputs: tuple[Any, ...] = kernel(*inputs.values())
    except NOT_FOR_IT:
        return None
    return outputs


def has_nan(partial: Any) -> bool:
    """Tell whether one of these numbers is NaN, in one look."""
    if type(partial) is np.ndarray and partial.ndim:
        if not partial.size:
            return False
        partial = np.minimum.reduce(partial, None)
    return math.isnan(partial)
