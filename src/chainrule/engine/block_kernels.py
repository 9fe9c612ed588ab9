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
from chainrule.engine.targets.blocks import BLOCKS, constants_of
from chainrule.engine.targets.target import Signature, signature_of

__all__ = ["kernel_for"]


def kernel_for(
    compiled: Compiled,
    inputs: Mapping[str, Any],
    rows: int,
    names: tuple[str, ...] | None,
    fit: Any,
) -> Any:
    """Return the kernel for inputs of which some have rows; None as long as there is none.

    fit: sums nodes to the shape of an operand.
    On data of several blocks it is written at once: so each call gives the same bits.
    """
    program = compiled.program
    with_rows = [name for name, value in inputs.items() if value.ndim and len(value) == rows]
    signature = signature_of(inputs, with_rows)
    # A constant as long as the columns is one of them.
    if not BLOCKS.supports(program, signature) or rows in program.analysis(lengths_of_constants):
        return None
    several = rows >= 2 * BLOCKS.blocks(program, signature).length
    return compiled.kernel(
        (BLOCKS.name, names),
        signature,
        lambda: building(program, signature, names, fit, is_one=not several),
        target=BLOCKS,
        asked=several,
    )


def lengths_of_constants(program: Program) -> frozenset[int]:
    """Return the leading lengths of the constants."""
    return frozenset([np.shape(value)[0] for value in constants_of(program) if np.shape(value)])


def building(
    program: Program, signature: Signature, names: tuple[str, ...] | None, fit: Any, *, is_one: bool
) -> Building:
    """Write the kernel of the value, and of the partials by names."""
    yield len(program)
    length, shape = BLOCKS.blocks(program, signature)
    both = program if names is None else with_partials(program, names, shape, fit)
    kernel = BLOCKS.kernel(both, signature, both.outputs, length=length)
    kernel.prepare(is_one=is_one)
    return kernel


def with_partials(program: Program, names: Sequence[str], shape: Any, fit: Any) -> Program:
    """Return the program of the value, of this shape, and of the partials by names.

    Raises: CannotLower where the sweep cannot be written over nodes.
    """
    if shape and not program.is_elementwise():
        raise CannotLower("its derivative is a matrix, or found by a forward sweep")
    root = program.nodes()[program.outputs[0]]
    slots = [program.inputs[name] for name in names]
    try:
        found = written(program, None if shape else fit).vjp({program.outputs[0]: 1}, slots)
    except NOT_FOR_IT as error:  # a rule of a user's own, say, that takes numbers alone
        raise CannotLower("its derivative cannot be written") from error
    lift = type(root).lift  # type: ignore[attr-defined]  # a class of the language
    return flatten([root, *[lift(found.get(slot, 0.0)) for slot in slots]])
