"""Forward and reverse sweeps over a program, on numbers or on nodes.

One function a direction: fed numbers it is automatic differentiation, fed nodes it writes the
derivative graph, with the same operations in the same order. What a picture shows on an edge is the
`partial` that flows here. Source: Griewank & Walther (2008), Evaluating Derivatives, chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import FunctionType
from typing import Any

from chainrule.engine.program import Program
from chainrule.engine.protocol import Number
from chainrule.errors import DerivativeError

__all__ = ["Contribution", "forward", "local_derivatives", "reverse", "times"]

# (step, operand number, derivative flowing in, local derivative, what flows on)
Contribution = tuple[int, int, Number, Number, Number]


def times(left: Number, right: Number) -> Number:
    """Multiply; the literals 1 and -1, which rules write for themselves, cost no operation."""
    if type(left) is int:
        if left == 1:
            return right
        if left == -1:
            return -right
    if type(right) is int:
        if right == 1:
            return left
        if right == -1:
            return -left
    return left * right


def local_derivatives(
    operation: Any,
    value: Number,
    arguments: Sequence[Number],
    attributes: Sequence[Any],
    asked: Sequence[bool],
) -> list[Number]:
    """Return the local derivative of an elementwise step by each operand asked for, else None."""
    rule = operation.partials
    if rule is None:
        raise DerivativeError(
            f"{operation.__name__} declares no derivative. "
            "Add `partials` to its class body, or keep the variable out of its arguments."
        )
    found: list[Number] = []
    for wanted, partial in zip(asked, rule(value, *arguments, *attributes), strict=True):
        if not wanted:
            found.append(None)
        elif type(partial) is FunctionType:  # put off by the rule until somebody asks
            found.append(partial())
        elif partial is None:
            raise DerivativeError(
                f"{operation.__name__} has no derivative by its operand {len(found) + 1}. "
                "Ask for another variable."
            )
        else:
            found.append(partial)
    return found


def is_literal_zero(value: Number) -> bool:
    """Tell the zero that a rule writes ("no dependence") from a zero that was computed."""
    return type(value) is int and value == 0


def reverse(
    program: Program,
    slots: Sequence[Number],
    seeds: Mapping[int, Number],
    wanted: Collection[int],
    *,
    fit: Callable[[Number, Number], Number] | None = None,
    record: Callable[[Contribution], None] | None = None,
) -> dict[int, Number]:
    """Carry adjoints from the seeded slots back to the wanted ones, over the paths between only.

    slots: the value of every slot (numbers, or nodes). seeds: slot -> adjoint. fit: brings a
    contribution to the shape of the operand it belongs to. record: is told every contribution.
    Returns the adjoint of each wanted slot that any path reaches. Cost: one visit a step, so a
    small multiple of one evaluation, whatever the number of variables.
    """
    needed = program.depends_on(wanted)
    guards = program.guards()
    kept = frozenset(wanted)
    adjoints: list[Number] = [None] * len(program)
    found: dict[int, Number] = {}
    for slot, seed in seeds.items():
        adjoints[slot] = seed
    for slot in range(max(seeds, default=-1), -1, -1):
        flowing = adjoints[slot]
        if flowing is None or not needed[slot]:
            continue
        adjoints[slot] = None  # nothing above flows in any more: let the memory go
        if slot in kept:
            found[slot] = flowing
        arguments = program.arguments[slot]
        asked = [needed[argument] for argument in arguments]
        if True not in asked:
            continue
        operation = program.operations[slot]
        values = [slots[argument] for argument in arguments]
        attributes = program.attributes[slot]
        if operation.is_elementwise:
            locals_ = local_derivatives(operation, slots[slot], values, attributes, asked)
            product = times if guards is None else guards[slot] or times
            cotangents = [
                None if partial is None or is_literal_zero(partial) else product(flowing, partial)
                for partial in locals_
            ]
        else:
            locals_ = [None] * len(arguments)
            cotangents = pull(operation, flowing, slots[slot], values, attributes, asked)
        for number, cotangent in enumerate(cotangents):
            if cotangent is None:
                continue
            argument = arguments[number]
            if fit is not None:
                cotangent = fit(cotangent, slots[argument])  # noqa: PLW2901  # the same, fitted
            before = adjoints[argument]
            adjoints[argument] = cotangent if before is None else before + cotangent
            if record is not None:
                record((slot, number, flowing, locals_[number], cotangent))
    return found


def pull(
    operation: Any,
    flowing: Number,
    value: Number,
    arguments: Sequence[Number],
    attributes: Sequence[Any],
    asked: Sequence[bool],
) -> list[Number]:
    """Return the cotangent of each operand asked for of a step that is not elementwise."""
    if operation.pull is None:
        raise DerivativeError(
            f"{operation.__name__} declares no derivative. "
            "Add `pull` and `push` to its class body, or keep the variable out of its arguments."
        )
    found: list[Number] = []
    cotangents = operation.pull(flowing, value, *arguments, *attributes)
    for wanted, cotangent in zip(asked, cotangents, strict=True):
        if not wanted:
            found.append(None)
        elif type(cotangent) is FunctionType:
            found.append(cotangent())
        else:
            found.append(None if is_literal_zero(cotangent) else cotangent)
    return found


def forward(
    program: Program,
    slots: Sequence[Number],
    seeds: Mapping[int, Number],
) -> list[Number]:
    """Carry tangents from the seeded slots to every slot that depends on them.

    Returns a tangent a slot, None where no path leads. Cost: one visit a step.
    """
    needed = program.depends_on(seeds)
    guards = program.guards()
    tangents: list[Number] = [None] * len(program)
    for slot, seed in seeds.items():
        tangents[slot] = seed
    for slot, on_path in enumerate(needed):
        if not on_path or slot in seeds:
            continue
        arguments = program.arguments[slot]
        flowing = [tangents[argument] for argument in arguments]
        asked = [tangent is not None for tangent in flowing]
        if True not in asked:
            continue
        operation = program.operations[slot]
        values = [slots[argument] for argument in arguments]
        attributes = program.attributes[slot]
        product = times if guards is None else getattr(operation, "guard", None) or times
        if not operation.is_elementwise or (product is not times and operation.push is not None):
            if operation.push is None:
                pull(operation, None, None, values, attributes, asked)  # raises, naming it
            pushed = operation.push(flowing, slots[slot], *values, *attributes)
            tangents[slot] = None if is_literal_zero(pushed) else pushed
            continue
        total: Number = None
        for tangent, partial in zip(
            flowing,
            local_derivatives(operation, slots[slot], values, attributes, asked),
            strict=True,
        ):
            if tangent is None or is_literal_zero(partial):
                continue
            part = product(partial, tangent)
            total = part if total is None else total + part
        tangents[slot] = total
    return tangents
