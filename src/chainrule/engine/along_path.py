"""What flows back along one path alone: its share of a derivative.

By the same rules as a sweep, which adds up what all paths bring.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.engine.masked import fitted_flow, settled
from chainrule.engine.program import Program
from chainrule.engine.protocol import Number
from chainrule.engine.sweep import contribution, factors_of, pulled

__all__ = ["along"]


def along(
    program: Program,
    slots: Sequence[Number],
    places: Sequence[tuple[int, int]],
    fit: Callable[[Number, Number], Number] | None = None,
) -> Number:
    """Return what flows back along one path when 1 flows in: its share of the derivative.

    places: the step and the number of its operand, edge by edge in the direction of the data.
    slots, fit: as for `reverse`.
    """
    flowing: Number = 1.0
    for slot, number in reversed(places):
        operation, attributes = program.operations[slot], program.attributes[slot]
        arguments = [slots[argument] for argument in program.arguments[slot]]
        argument = program.arguments[slot][number]
        if operation.is_elementwise:
            asked = [place == number for place in range(len(arguments))]
            factors = factors_of(operation, slots[slot], arguments, attributes, asked)
            factor = factors[number]
        else:
            step = operation, slots[slot], arguments, attributes
            factor = pulled(step, flowing, [(number, argument)], program, careful=False)[number]
            factor = 0.0 if factor is None else factor
        flowing = contribution(operation, number, flowing, factor)[1]
        if flowing is None:  # the rule says that it does not depend on this operand
            return 0.0
        if fit is not None:
            last = not program.arguments[argument]
            flowing = fitted_flow(flowing, arguments[number], fit, last=last)
    return settled(flowing)
