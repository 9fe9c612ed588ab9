"""Whether a loss is quadratic: the one question that only a symbolic library can answer for sure.

May import the language and the calculus; it must not know of values.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from types import NoneType
from typing import Any

from chainrule.calculus.symbolic import gradient_program, symbolic_hvp
from chainrule.engine.compiled import compiled_of
from chainrule.engine.evaluate import is_literal_zero, slopes_of_step
from chainrule.engine.node import Node, intern
from chainrule.engine.program import Program, flatten
from chainrule.engine.protocol import Role
from chainrule.engine.tidy import constant_value, tidy
from chainrule.language.expression import expression, lift

__all__ = ["is_quadratic"]

MOST_STEPS = 3_000  # beyond, writing the second derivative takes seconds


def is_quadratic(loss: expression, parameters: Sequence[str]) -> bool | None:
    """Tell whether the Hessian by the parameters is the same everywhere, from the formula alone.

    Its products with a vector are written as expressions: no parameter may reach them, other than
    by its shape. A step that jumps (a sign, a comparison) may not either, for derivatives do not
    see it. True is a proof; False says that the formula, as tidied, does not show it. None where
    it is too long to be written out.

    >>> x, y = expression("x"), expression("y")
    >>> is_quadratic((2 * x - y) ** 2 + x, ["x", "y"]), is_quadratic(x**2 * y, ["x", "y"])
    (True, False)
    >>> is_quadratic(x**2 * y, ["x"])
    True
    """
    if len(compiled_of(loss).program) > MOST_STEPS:
        return None
    names = list(parameters)
    first = gradient_program(loss, names)
    if reached(first, names) is None:
        return False
    directions = {name: expression(fresh(name, first.inputs)) for name in names}
    second = flatten(list(symbolic_hvp(loss, directions).values()))
    moves = reached(second, names)
    return moves is not None and not any(moves[output] for output in second.outputs)


def fresh(name: str, taken: Collection[str]) -> str:
    """Return a name for a direction that no variable has."""
    made = f"d{name}"
    while made in taken:
        made += "_"
    return made


def reached(program: Program, names: Collection[str]) -> list[bool] | None:
    """Tell for every step whether a named variable reaches it by its values, not its shape alone.

    None where one reaches a step that jumps: that depends on it, and says that its derivative is 0.
    """
    nodes = program.nodes()
    found: list[bool] = []
    for slot, operation in enumerate(program.operations):
        attributes = program.attributes[slot]
        values = [nodes[place] for place in program.arguments[slot]]
        asked = [found[place] for place in program.arguments[slot]]
        if operation.role is Role.VARIABLE:
            found.append(attributes[0] in names)
        elif not any(asked):
            found.append(False)
        elif operation.is_elementwise:
            jumps, moves = moved_by(operation, values, attributes, asked)
            if jumps:
                return None
            found.append(moves)
        else:
            # Any tangent of the right shape will do, for instance the operand itself.
            tangents = [item if on else None for item, on in zip(values, asked, strict=True)]
            pushed: Any = operation.push(tangents, nodes[slot], *values, *attributes)
            found.append(not (pushed is None or is_literal_zero(pushed)))
    return found


def moved_by(
    operation: Any, values: Sequence[Node], attributes: tuple[Any, ...], asked: Sequence[bool]
) -> tuple[bool, bool]:
    """Tell whether a step jumps where an operand moves that is asked for, and whether it moves."""
    constants = tuple([constant_value(value) for value in values])
    if not all(isinstance(value, NoneType | int | float) for value in (*constants, *attributes)):
        return looked_at(operation, constants, attributes, tuple(asked))
    # By kind too: 2 and 2.0 are equal, and their powers are not the same step.
    kinds = tuple([type(value) for value in (*constants, *attributes)])
    return known_of(operation, constants, attributes, tuple(asked), kinds)


@lru_cache(maxsize=4096)
def known_of(
    operation: Any, constants: tuple[Any, ...], attributes: Any, asked: Any, _kinds: Any
) -> tuple[bool, bool]:
    """Answer `moved_by`, once for all steps of a kind: long formulas have few kinds."""
    return looked_at(operation, constants, attributes, asked)


def looked_at(
    operation: Any, constants: Sequence[Any], attributes: Any, asked: Sequence[bool]
) -> tuple[bool, bool]:
    """Answer `moved_by` from the partials of a step, with letters for its operands: short ones."""
    letters: list[Node] = [
        expression(f"operand {number}") if value is None else lift(value)
        for number, value in enumerate(constants)
    ]
    step = intern(operation, tuple(letters), attributes)
    partials = slopes_of_step(operation, step, letters, attributes, asked)
    wanted = [partial for partial, on in zip(partials, asked, strict=True) if on]
    jumps = any(map(is_literal_zero, wanted))
    return jumps, not jumps and any(not is_zero(partial) for partial in wanted)


def is_zero(partial: Any) -> bool:
    """Tell whether a partial comes to 0 wherever it is a number, as that of u**0 by u does."""
    return bool(constant_value(tidy(lift(partial), assume_finite=True)) == 0)
