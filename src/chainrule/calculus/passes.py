"""Sweeps from any output of a program, and the questions about names and shapes that go with them.

May import the language; it must not know which derivative it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.notation import text
from chainrule.engine.plan import plan_of
from chainrule.engine.program import Program
from chainrule.engine.sweep import forward, reverse
from chainrule.engine.targets.interpreter import FLOAT_TROUBLE, Lane
from chainrule.errors import DerivativeError, ShapeError, UnknownVariable, ValueTypeError, closest
from chainrule.language.compute import Sweep, has_nan, leaves_out, slot_of
from chainrule.language.expression import expression, name_of
from chainrule.language.values import as_number, listed

__all__ = [
    "Passes",
    "Wrt",
    "are_numbers",
    "names_asked",
    "one_hot",
    "parts_of",
    "refuse_array",
    "seeds_of",
    "several",
]

Wrt = Any  # a name, a variable or a named step, several of them, or None for every variable


class Passes(Sweep):
    """One evaluation of a program, ready to be swept back from any output, and forth to all."""

    __slots__ = ()

    def shape_of(self, slot: int) -> tuple[int, ...]:
        """Return the shape of what a slot holds; an exact number has none."""
        return () if self.lane is Lane.EXACT else np.shape(self.slots[slot])

    def back(self, seeds: Mapping[int, Any], wanted: Collection[int]) -> dict[int, Any]:
        """Return the adjoints of the wanted slots, each of the shape of its slot.

        seeds: slot -> its adjoint, for the outputs to sweep back from; from a 0 nothing flows.
        """
        seeds = {slot: seed for slot, seed in seeds.items() if np.ndim(seed) or seed != 0}
        if self.lane in (Lane.ARRAY, Lane.ARRAY32):
            return self.reverse_arrays(seeds, wanted)
        found: dict[int, Any] = self.in_lane(
            lambda: reverse(self.program, self.slots, seeds, wanted)
        )
        return found

    def forth(self, seeds: Mapping[int, Any], *, ends: bool = False) -> list[Any]:
        """Return the tangent of every slot, None where no path leads.

        ends: only those of the outputs are wanted. Where a seed is 0 nothing moves; only where a
        tangent is NaN, the sweep looks at that.
        """
        program = self.program
        found: list[Any] = self.in_lane(lambda: forward(program, self.slots, seeds, release=ends))
        if any(map(leaves_out, seeds.values())) and any(has_nan(found[x]) for x in program.outputs):
            found = self.in_lane(
                lambda: forward(program, self.slots, seeds, release=ends, careful=True)
            )
        return found

    def in_lane(self, sweep: Callable[[], Any]) -> Any:
        """Return what a sweep gives, going over to the lane that never raises where it has to."""
        if self.lane is Lane.EXACT:
            return sweep()
        if self.lane is Lane.FLOAT:
            try:
                return sweep()
            except FLOAT_TROUBLE:
                self.leave_floats()
        with np.errstate(all="ignore"):
            return sweep()


def names_asked(program: Program, wrt: Wrt) -> list[str]:
    """Return the names meant by `wrt`, each of which the program contains; None means all.

    Raises: UnknownVariable, naming those that there are.
    """
    if wrt is None:
        return list(program.inputs)
    several = isinstance(wrt, Iterable) and not isinstance(wrt, str | expression)
    names = [name_of(item) for item in (wrt if several else [wrt])]
    for name in names:
        slot_of(program, name)
    return list(dict.fromkeys(names))


def are_numbers(passes: Passes) -> bool:
    """Tell whether every slot holds one float: of numbers some operations make arrays."""
    return passes.lane in (Lane.FLOAT, Lane.IEEE) and passes.program.is_elementwise()


def several(e: Any) -> list[Any]:
    """Return the expressions that were asked for, one or several, in order.

    Raises: ValueTypeError where there are none.
    """
    if not isinstance(e, Mapping | list | tuple):
        return [e]
    found = list(e.values()) if isinstance(e, Mapping) else list(e)
    if not found:
        raise ValueTypeError(
            "there is no expression to differentiate: the list is empty. Give at least one."
        )
    return found


def one_hot(shape: tuple[int, ...], place: int, lane: Lane) -> Any:
    """Return zeros with a 1 at one place, counted along the flat array; a number is 1."""
    if shape == ():
        return 1
    made = np.zeros(shape, dtype=np.float32 if lane is Lane.ARRAY32 else np.float64)
    made.flat[place] = 1
    return made


def refuse_array(e: expression, shape: Sequence[int], what: str) -> None:
    """Refuse an expression whose value is not one number, and point to what takes it.

    Raises: DerivativeError.
    """
    if tuple(shape) != ():
        raise DerivativeError(
            f"{what} is of one number, but {text(plan_of(e).program, limit=200)} has shape "
            f"{tuple(shape)}. Ask for jacobian(e, values), or fold it with sum or mean first."
        )


def seeds_of(passes: Passes, given: Any, what: str) -> dict[int, Any]:
    """Return slot -> tangent for a mapping from names to numbers or arrays.

    Raises: UnknownVariable for a name that is not in the expression, ValueTypeError for what is
    no number, ShapeError for a shape that is not the variable's.
    """
    seeds: dict[int, Any] = {}
    for name, value in parts_of(passes.program, given, what).items():
        slot = slot_of(passes.program, name)
        seed = fitting(as_number(name, value), passes.shape_of(slot), name, what)
        if np.any(seed != 0):  # what does not move is on no path
            seeds[slot] = seed
    return seeds


def parts_of(program: Program, given: Any, what: str) -> dict[str, Any]:
    """Return the parts of a direction by name, each of which the program contains.

    Raises: UnknownVariable for one that it does not, and for what has no names.
    """
    if not isinstance(given, Mapping):
        raise UnknownVariable(
            f"the {what} is a {type(given).__name__}, without names. Give a mapping from variables "
            f"to numbers, such as {{{next(iter(program.inputs), 'x')!r}: 1.0}}."
        )
    known = [*program.inputs, *program.labels]
    parts: dict[str, Any] = {}
    for key, value in given.items():
        name = name_of(key)
        if name not in known:
            raise UnknownVariable(
                f"the {what} names {name!r}, which {text(program, limit=200)} does not "
                f"contain. Its variables: {listed(known)}.{closest(name, known)}"
            )
        parts[name] = value
    return parts


def fitting(value: Any, shape: tuple[int, ...], name: str, what: str) -> Any:
    """Return a direction as an array of its variable's shape; a number stands for all elements.

    Raises: ShapeError, with both shapes.
    """
    have = np.shape(value)
    if have not in ((), shape):
        raise ShapeError(
            f"the {what} for {name} has shape {have}, but {name} has shape {shape}. "
            "Give an array of the same shape, or a number for all elements."
        )
    return value if have == shape else np.full(shape, value)
