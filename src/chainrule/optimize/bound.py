"""A program whose data stays while its parameters move: swept as often as needed, bound once.

Steps that no parameter reaches are computed once. May import the engine; it must not know what
the program is of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.program import Program
from chainrule.engine.shapes import sum_to_shape
from chainrule.engine.sweep import forward, reverse
from chainrule.engine.targets.interpreter import Lane, prepare, run
from chainrule.language.compute import has_nan, leaves_out

__all__ = ["Bound"]

MOST_AT_ONCE = 256  # directions of a sweep: every step keeps a float for each


class Bound:
    """A program on NumPy numbers, of which some inputs move and the others stay.

    inputs: a number or an array for every variable of the program, in double precision; those that
    move must keep their shapes.
    """

    __slots__ = ("_all_numbers", "_fixed", "_steps", "inputs", "program")

    def __init__(
        self, program: Program, inputs: Mapping[str, Any], moving: Collection[str]
    ) -> None:
        self.program = program
        self.inputs = {name: program.inputs[name] for name in moving}
        given = [inputs[name] for name in program.inputs]
        self._all_numbers = program.is_elementwise() and not any(map(np.ndim, given))
        slots = run(program, Lane.ARRAY, inputs)
        moves = program.depends_on(self.inputs.values())
        steps = zip(*prepare(program, Lane.ARRAY)[1], strict=True)
        self._steps = [step for step in steps if moves[step[0]]]
        # Of what stays, only what a moving step takes is worth its memory.
        kept = {slot for _, _, arguments, _ in self._steps for slot in arguments}
        kept |= set(program.outputs)
        self._fixed = [
            found if slot in kept and not moves[slot] else None for slot, found in enumerate(slots)
        ]

    def run(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the value of every slot that matters, at these values of what moves."""
        slots = self._fixed.copy()
        for name, slot in self.inputs.items():
            slots[slot] = values[name]
        with np.errstate(all="ignore"):
            for slot, compute, arguments, attributes in self._steps:
                slots[slot] = compute(*[slots[argument] for argument in arguments], *attributes)
        return slots

    def back(self, slots: list[Any]) -> dict[int, Any]:
        """Return the adjoints of what moves, from the first output; the slots are used up."""
        output = self.program.outputs[0]
        wanted = list(self.inputs.values())
        values = {name: slots[slot] for name, slot in self.inputs.items()}
        suspect = not self.program.is_elementwise() and not has_nan(slots[output])
        with np.errstate(all="ignore"):
            found = reverse(self.program, slots, {output: 1}, wanted, release=True, fit=to_shape_of)
            if not suspect or not any(map(has_nan, found.values())):
                return found
            again = self.run(values)  # see `Sweep.reverse_arrays`
            return reverse(self.program, again, {output: 1}, wanted, careful=True, fit=to_shape_of)

    def forth(self, slots: Sequence[Any], seeds: Mapping[str, Any]) -> list[Any]:
        """Return the tangents of the outputs along a direction, None where no path leads."""
        placed = {self.inputs[name]: seed for name, seed in seeds.items()}
        with np.errstate(all="ignore"):
            tangents = forward(self.program, slots, placed)
            nan = any(has_nan(tangents[output]) for output in self.program.outputs)
            if nan and any(map(leaves_out, placed.values())):  # see `Passes.forth`
                tangents = forward(self.program, slots, placed, careful=True)
        return [tangents[output] for output in self.program.outputs]

    def jacobian(self, slots: Sequence[Any], names: Sequence[str]) -> Any:
        """Return the derivatives of the outputs (m,) by what moves, a column each of these numbers.

        A sweep for many of them at once, with a vector of tangents at every step. None where it is
        no program of numbers alone, or where a zero tangent met an infinite slope: sweep along
        each direction then.
        """
        if not self._all_numbers:
            return None
        count = len(names)
        found = np.zeros((len(self.program.outputs), count))
        for start in range(0, count, MOST_AT_ONCE):
            columns = np.eye(count)[:, start : start + MOST_AT_ONCE]
            seeds = dict(zip(names, columns, strict=True))
            for row, tangent in zip(found, self.forth(slots, seeds), strict=True):
                if tangent is not None:
                    row[start : start + MOST_AT_ONCE] = tangent
        return found if np.isfinite(found).all() else None


def to_shape_of(contribution: Any, operand: Any) -> Any:
    """Sum a contribution to the shape of the operand it flows to."""
    return sum_to_shape(contribution, np.shape(operand))
