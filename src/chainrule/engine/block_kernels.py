"""Kernels for columns, written for a formula, some of its partials and the shapes of its inputs.

Only `array_kernels` asks for them, which knows what to do where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.compiled import NOT_FOR_IT, Building, Compiled
from chainrule.engine.evaluate import written
from chainrule.engine.instructions import CannotLower
from chainrule.engine.program import Program, flatten
from chainrule.engine.targets.blocks import ARRAYS, BLOCKS, RowBlocks, constants_of
from chainrule.engine.targets.target import Signature, signature_of

__all__ = ["kernel_for"]

# Rows below which a kernel for blocks of them saves little: one for fixed shapes has to pay.
FEWEST_ROWS = 64


def kernel_for(
    compiled: Compiled,
    inputs: Mapping[str, Any],
    rows: int,
    names: tuple[str, ...] | None,
    fitting: Sequence[Any],
) -> Any:
    """Return the kernel for inputs in rows, or in fixed shapes; None as long as there is none.

    fitting: holds what sums nodes to the shape of an operand, once anything sums.
    On data of several blocks it is written at once: so each call gives the same bits.
    """
    program = compiled.program
    target, signature = target_for(program, inputs, rows)
    several = target is BLOCKS and rows >= 2 * BLOCKS.blocks(program, signature).length
    return compiled.kernel(
        (target.name, names),
        signature,
        lambda: building(target, program, signature, (names, fitting), is_one=not several),
        target=target,
        asked=several,
    )


def target_for(
    program: Program, inputs: Mapping[str, Any], rows: int
) -> tuple[RowBlocks, Signature]:
    """Return the target that inputs are for, some of which have rows, and their signature there."""
    # A constant as long as the columns is one of them.
    if rows >= FEWEST_ROWS and rows not in program.analysis(lengths_of_constants):
        with_rows = [name for name, value in inputs.items() if value.ndim and len(value) == rows]
        signature = signature_of(inputs, with_rows)
        if BLOCKS.supports(program, signature):
            return BLOCKS, signature
    return ARRAYS, signature_of(inputs, ())


def lengths_of_constants(program: Program) -> frozenset[int]:
    """Return the leading lengths of the constants."""
    return frozenset([np.shape(value)[0] for value in constants_of(program) if np.shape(value)])


def building(
    target: RowBlocks,
    program: Program,
    signature: Signature,
    partials: tuple[tuple[str, ...] | None, Sequence[Any]],
    *,
    is_one: bool,
) -> Building:
    """Write the kernel of the value, and of the partials by names.

    partials: the names, None for none, and how nodes are summed to the shape of an operand.
    Raises: CannotLower where the target does not take the program.
    """
    yield len(program)
    if not target.supports(program, signature):  # most small arrays are never seen again
        raise CannotLower("it has too many steps, or one that no kernel takes")
    length, shape = target.blocks(program, signature)
    names, fitting = partials
    both = program if names is None else with_partials(program, names, shape, fitting)
    kernel = target.kernel(both, signature, both.outputs, length=length)
    kernel.prepare(is_one=is_one)
    return kernel


def with_partials(
    program: Program, names: Sequence[str], shape: Any, fitting: Sequence[Any]
) -> Program:
    """Return the program of the value, of this shape, and of the partials by names.

    Raises: CannotLower where the sweep cannot be written over nodes.
    """
    if shape and not program.is_elementwise():
        raise CannotLower("its derivative is a matrix, or found by a forward sweep")
    root = program.nodes()[program.outputs[0]]
    slots = [program.inputs[name] for name in names]
    try:
        found = written(program, None if shape else fitting[0]).vjp({program.outputs[0]: 1}, slots)
    except NOT_FOR_IT as error:  # a rule of a user's own, say, that takes numbers alone
        raise CannotLower("its derivative cannot be written") from error
    lift = type(root).lift  # type: ignore[attr-defined]  # a class of the language
    return flatten([root, *[lift(found.get(slot, 0.0)) for slot in slots]])
