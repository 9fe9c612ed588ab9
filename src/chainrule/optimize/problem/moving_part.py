"""The part of a formula that its parameters reach: what they do not reach is computed once.

May import the language; it must not know what the formula is for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from chainrule.engine.compiled import Compiled, compiled_of
from chainrule.engine.evaluate import Evaluator
from chainrule.engine.node import Node
from chainrule.engine.numbers import DOUBLES
from chainrule.engine.program import Program, flatten
from chainrule.engine.protocol import Role
from chainrule.language.expression import expression, lift

__all__ = ["moving_part"]


def moving_part(
    compiled: Compiled, moving: Collection[str], inputs: Mapping[str, Any]
) -> tuple[Compiled, dict[str, Any]]:
    """Return the formula with variables for all that stays, and the values of its variables.

    inputs: of every variable, arrays and numbers in double precision; what moves stays among them.

    >>> import numpy as np
    >>> a, x = expression("a"), expression("x")
    >>> data = {"a": np.float64(2.0), "x": np.array([1.0, 4.0])}
    >>> short, values = moving_part(compiled_of(a * (x**2 + x)), ["a"], data)
    >>> list(values), values["step 4"]
    (['a', 'step 4'], array([ 2., 20.]))
    """
    program = compiled.program
    root, held = program.analysis(parted, tuple(moving))
    if not held:
        return compiled, dict(inputs)
    staying = [program.nodes()[slot] for slot in held.values()]
    computed = Evaluator(flatten(staying), DOUBLES, inputs)
    values = dict(zip(held, map(in_doubles, computed.outputs()), strict=True))
    short = compiled_of(root)
    return short, {name: values.get(name, inputs.get(name)) for name in short.program.inputs}


def in_doubles(value: Any) -> Any:
    """Return a number or an array in double precision, as a kernel takes it."""
    return np.asarray(value, dtype=np.float64) if np.ndim(value) else np.float64(value)


def parted(program: Program, moving: tuple[str, ...]) -> tuple[Any, dict[str, int]]:
    """Return the root of what moves, and name -> slot of the steps that stand still beneath it."""
    moves = program.depends_on([program.inputs[name] for name in moving])
    nodes = program.nodes()
    held: dict[str, int] = {}
    written: dict[int, Node] = {}
    for slot, operation in enumerate(program.operations):
        if operation.role in (Role.VARIABLE, Role.CONSTANT):
            written[slot] = nodes[slot]
        if not moves[slot] or slot in written:
            continue
        arguments = []
        for place in program.arguments[slot]:
            if place not in written:
                name = f"step {place}"
                while name in program.inputs:
                    name += "_"
                held[name] = place
                written[place] = expression(name)
            arguments.append(written[place])
        written[slot] = operation.again(tuple(arguments), program.attributes[slot])
    root = program.outputs[0]
    if root not in written:  # nothing moves it
        return lift(nodes[root]), {}
    return written[root], held
