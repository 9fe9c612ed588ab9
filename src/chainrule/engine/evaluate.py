"""One way from a program to numbers: run it, sweep it back, sweep it forth.

An `Evaluator` holds a program bound to inputs, of which some move; each `run` is a `Pass`, which
answers for values, vector-Jacobian and Jacobian-vector products. Here alone, floats go over to IEEE
754, shapes are fitted, 0 times infinity is repaired, and memory is let go. Over nodes the same
pass writes derivatives. It must not know where the inputs came from, nor what is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from chainrule.engine import sweep
from chainrule.engine.along_path import along
from chainrule.engine.masked import Masked, seeded
from chainrule.engine.numbers import FLOAT_TROUBLE, NODES, Nodes, Numbers, computed, quiet
from chainrule.engine.program import Program
from chainrule.engine.protocol import Number
from chainrule.engine.shapes import sum_to_shape
from chainrule.engine.sweep import Contribution
from chainrule.engine.targets.interpreter import (
    Steps,
    evaluate,
    filled,
    prepare,
    run,
    some_of,
    taken,
)

__all__ = [
    "Contribution",
    "Evaluator",
    "Pass",
    "factors_of_step",
    "has_nan",
    "is_literal_zero",
    "slopes_of_step",
    "written",
]

Found = TypeVar("Found")

MOST_AT_ONCE = 2_000_000  # numbers that are kept at once where several sweeps go in one

is_literal_zero = sweep.is_literal_zero


class Evaluator:
    """A program on numbers of one kind, of which some inputs move and the others stay.

    inputs: a number of the kind for every variable. moving: the names of those that `run` brings
    anew, in the same shapes; what does not depend on them is computed once.

    >>> from chainrule import expression
    >>> from chainrule.engine.numbers import FLOATS
    >>> from chainrule.engine.program import flatten
    >>> x, y = expression("x"), expression("y")
    >>> evaluator = Evaluator(flatten([x * y]), FLOATS, {"x": 2.0, "y": 3.0}, moving=["y"])
    >>> evaluator.run({"y": 10.0}).output
    20.0
    """

    __slots__ = ("_stays", "_steps", "inputs", "moving", "numbers", "program")

    def __init__(
        self,
        program: Program,
        numbers: Numbers,
        inputs: Mapping[str, Number],
        moving: Collection[str] = (),
    ) -> None:
        self.program = program
        self.numbers = numbers
        self.inputs = inputs
        self.moving: dict[str, int] = {name: program.inputs[name] for name in moving}
        self._stays: list[Number] | None = None
        self._steps: Steps | None = None

    def run(self, moved: Mapping[str, Number] | None = None) -> Pass:
        """Compute every slot at these values of what moves; floats that raise go over to IEEE 754.

        Raises: ShapeError where arrays do not fit, naming the sub-expression and both shapes.
        """
        inputs = {**self.inputs, **moved} if moved else self.inputs
        if self.moving and self.numbers.beyond is None:
            return Pass(self.program, self.numbers, inputs, self._moved(inputs), self)
        try:
            slots = run(self.program, self.numbers, inputs)
        except FLOAT_TROUBLE:
            if self.numbers.beyond is None:
                raise
            made = Pass(self.program, self.numbers, inputs, [])
            made.go_beyond()
            return made
        return Pass(self.program, self.numbers, inputs, slots)

    def outputs(self, moved: Mapping[str, Number] | None = None) -> list[Number]:
        """Compute the outputs alone, letting go of every array once nobody needs it.

        Raises: as `run`.
        """
        inputs = {**self.inputs, **moved} if moved else self.inputs
        numbers = self.numbers
        if self.moving and numbers.beyond is None:
            slots = self._moved(inputs)
            return [slots[slot] for slot in self.program.outputs]
        try:
            return evaluate(self.program, numbers, inputs)
        except FLOAT_TROUBLE:
            if numbers.beyond is None:
                raise
            return evaluate(self.program, numbers.beyond, numbers.beyond.brought(inputs))

    def _moved(self, inputs: Mapping[str, Number]) -> list[Number]:
        """Return every slot that matters, of which only those that move are computed."""
        program = self.program
        if self._stays is None or self._steps is None:
            self._stays, self._steps = self._split()
        slots = self._stays.copy()
        for name, slot in self.moving.items():
            slots[slot] = inputs[name]
        return taken(program, self.numbers, slots, self._steps)

    def _split(self) -> tuple[list[Number], Steps]:
        """Return the slots that stay, with their values, and the steps that move."""
        program, numbers = self.program, self.numbers
        moves = program.depends_on(self.moving.values())
        steps = prepare(program, numbers)[1]
        slots = filled(program, numbers, self.inputs)
        taken(program, numbers, slots, some_of(steps, lambda slot: not moves[slot]))
        moving = some_of(steps, moves.__getitem__)
        # Of what stays, only what a moving step takes is worth its memory.
        kept = {slot for moved in moving[0] for slot in program.arguments[moved]}
        kept.update(program.outputs)
        return [
            found if slot in kept and not moves[slot] else None for slot, found in enumerate(slots)
        ], moving


class Pass:
    """The value of every slot, ready to be swept back or forth as often as needed.

    numbers: the kind that it came to, which may be another than it began with.
    """

    __slots__ = ("_evaluator", "inputs", "numbers", "program", "slots")

    def __init__(
        self,
        program: Program,
        numbers: Numbers,
        inputs: Mapping[str, Number],
        slots: list[Number],
        evaluator: Evaluator | None = None,
    ) -> None:
        self.program = program
        self.numbers = numbers
        self.inputs = inputs
        self.slots = slots
        self._evaluator = evaluator

    @property
    def output(self) -> Number:
        """The value of the first output."""
        return self.slots[self.program.outputs[0]]

    def shape_of(self, slot: int) -> tuple[int, ...]:
        """Return the shape of what a slot holds; an exact number has none."""
        return self.numbers.shape_of(self.slots[slot])

    def is_of_numbers(self) -> bool:
        """Tell whether every slot holds one float: of numbers some operations make arrays."""
        return self.numbers.is_scalar and self.program.is_elementwise()

    def vjp(
        self,
        seeds: Mapping[int, Number],
        wanted: Collection[int],
        record: Callable[[Contribution], None] | None = None,
        *,
        fit: bool = True,
        last: bool = False,
        careful: bool = False,
        masked: bool = False,
        computed: bool = False,
    ) -> dict[int, Number]:
        """Return the adjoints of the wanted slots that any path reaches, in the shapes of these.

        seeds: slot -> its adjoint; where it is 0, or masked, nothing flows. record: is told every
        contribution; once more from the start, where floats raise on the way. fit: bring
        contributions to the shapes of the slots. last: no sweep will follow, so arrays may be let
        go on the way. careful: over nodes, write where a step leaves elements out; over arrays
        that is seen to where it matters. masked: hand out what arrives with its masks, where an
        operand may have been left out. computed: the seeds were computed, so that their zeros are
        numbers like any other.
        """
        if not computed:
            seeds = {slot: seed for slot, seed in seeds.items() if not is_zero(seed)}
        if self.numbers.is_array and fit:
            release = last and record is None
            return self._vjp_of_arrays(seeds, wanted, record, release=release, computed=computed)
        fitted = self.numbers.fitted if isinstance(self.numbers, Nodes) and fit else None

        options: dict[str, Any] = {"record": record, "careful": careful, "masked": masked}

        def swept() -> dict[int, Number]:
            return sweep.reverse(self.program, self.slots, seeds, wanted, fit=fitted, **options)

        return self._sure(swept)

    def _vjp_of_arrays(
        self,
        seeds: Mapping[int, Number],
        wanted: Collection[int],
        record: Callable[[Contribution], None] | None,
        *,
        release: bool,
        computed: bool,
    ) -> dict[int, Number]:
        """Sweep arrays back.

        Only where an adjoint is NaN, the sweep looks at what the steps, or the seeds, leave out: 0
        times an infinite slope below that is no NaN.
        """
        program, slots = self.program, self.slots
        settings: dict[str, Any] = {"fit": self.numbers.fit, "record": record}
        with quiet():
            chosen = {slot: seed if computed else seeded(seed) for slot, seed in seeds.items()}
            defined = not any(has_nan(moving(slots[slot], seed)) for slot, seed in chosen.items())
            found = sweep.reverse(program, slots, seeds, wanted, release=release, **settings)
            chooses = not program.is_elementwise() or Masked in map(type, chosen.values())
            steep = defined and chooses and record is None
            if steep and any(map(has_nan, found.values())):
                if release:
                    self.slots = self._again()
                found = sweep.reverse(program, self.slots, chosen, wanted, careful=True, **settings)
        return found

    def jvp(self, seeds: Mapping[int, Number], *, computed: bool = False) -> dict[int, Number]:
        """Return the tangents of the outputs, None where no path leads; slot -> tangent.

        computed: as for `vjp`.
        """
        tangents = self._tangents(seeds, release=True, computed=computed)
        return {slot: tangents[slot] for slot in self.program.outputs}

    def tangents(self, seeds: Mapping[int, Number]) -> list[Number]:
        """Return the tangent of every slot, None where no path leads."""
        return self._tangents(seeds, release=False)

    def tangents_along(self, slots: Sequence[int]) -> list[Number]:
        """Return tangents where 1 goes in at the first of some slots, which depend on it.

        slots: all that do, in their order, see `dependency.reached_from`; no other is visited.
        """
        seeds = {slots[0]: 1}
        return self._sure(lambda: sweep.forward(self.program, self.slots, seeds, along=slots))

    def _tangents(
        self, seeds: Mapping[int, Number], *, release: bool, computed: bool = False
    ) -> list[Number]:
        """Sweep forth; only where a tangent is NaN, look where a seed says nothing moves."""
        program = self.program
        chosen = {slot: seed if computed else seeded(seed) for slot, seed in seeds.items()}
        masked = Masked in map(type, chosen.values())

        def swept(seeds: Mapping[int, Number], *, careful: bool) -> list[Number]:
            options: dict[str, Any] = {"release": release, "careful": careful}
            return self._sure(lambda: sweep.forward(program, self.slots, seeds, **options))

        found = swept(seeds, careful=False)
        if masked and any(has_nan(found[slot]) for slot in program.outputs):
            found = swept(chosen, careful=True)
        return found

    def local_derivatives(self, slot: int, asked: Sequence[bool]) -> list[Number]:
        """Return the local derivative of an elementwise step by each operand asked for, else None.

        A literal 0 among them says that there is no dependence.
        """
        program = self.program

        def derived() -> list[Number]:
            operands = [self.slots[argument] for argument in program.arguments[slot]]
            operation, attributes = program.operations[slot], program.attributes[slot]
            return sweep.local_derivatives(operation, self.slots[slot], operands, attributes, asked)

        return self._sure(derived)

    def pulled(self, slot: int, number: int, flowing: Number) -> Number:
        """Return what flows on to one operand of a step that is not elementwise."""
        program = self.program
        operands = [self.slots[argument] for argument in program.arguments[slot]]
        step = program.operations[slot], flowing, self.slots[slot], operands
        with self.numbers.context():
            return sweep.pull(*step, program.attributes[slot], [number])[number]

    def along(self, places: Sequence[tuple[int, int]], *, fit: bool = True) -> Number:
        """Return what flows back along one path when 1 flows in: its share of the derivative.

        places: the step and the number of its operand, edge by edge in the direction of the data.
        """
        fitted = self.numbers.fitted if isinstance(self.numbers, Nodes) else sum_of_array
        with self.numbers.context():
            return along(self.program, self.slots, places, fitted if fit else None)

    def many(
        self,
        sources: Sequence[int],
        targets: Sequence[int],
        *,
        forth: bool,
    ) -> Any:
        """Return the derivatives of a program of numbers alone, many sweeps in one.

        Instead of a tangent, or a cotangent, an array of them goes along.
        sources: the slots to sweep from; targets: those to read.
        Shapes: a row a target, a column a source. None where that cannot be, or where a NaN arose:
        a sweep of its own does not carry the zeros of others over infinite slopes.
        """
        width = min(len(sources), MOST_AT_ONCE // len(self.program))
        if width < min(2, len(sources)) or not (self.is_of_numbers() or self._is_of_doubles()):
            return None
        whole = np.zeros((len(targets), len(sources)))
        ends = set(targets) <= set(self.program.outputs)
        for start in range(0, len(sources), width or 1):
            chunk = sources[start : start + width]
            seeds = dict(zip(chunk, np.eye(len(chunk)), strict=True))
            with quiet():
                found: Any = (
                    dict(enumerate(self._tangents(seeds, release=ends)))
                    if forth
                    else self.vjp(seeds, targets, fit=False)
                )
            for row, target in zip(whole, targets, strict=True):
                arrived = found.get(target)
                if arrived is not None:
                    row[start : start + width] = arrived
        return None if np.isnan(whole).any() else whole

    def _is_of_doubles(self) -> bool:
        """Tell whether arrays were possible, and every slot holds one float all the same."""
        return self.program.is_elementwise() and all(
            value is None or type(value) is np.float64 for value in self.slots
        )

    def _sure(self, swept: Callable[[], Found]) -> Found:
        """Return what a sweep gives, going over to numbers that never raise where it has to."""
        if self.numbers.beyond is not None:
            try:
                return swept()
            except FLOAT_TROUBLE:
                self.go_beyond()
        with self.numbers.context():
            return swept()

    def go_beyond(self) -> None:
        """Go over to the kind of number that never raises, if this is one that does."""
        if self.numbers.beyond is not None:
            self.numbers = self.numbers.beyond
            self.inputs = self.numbers.brought(self.inputs)
            self.slots = run(self.program, self.numbers, self.inputs)

    def _again(self) -> list[Number]:
        """Compute every slot anew, after a sweep has let them go."""
        if self._evaluator is not None:
            return self._evaluator._moved(self.inputs)
        return run(self.program, self.numbers, self.inputs)


def written(program: Program, fit: Callable[[Number, Number], Number] | None = None) -> Pass:
    """Return the pass of a program over its own nodes, whose sweeps write derivatives.

    fit: writes how a contribution is brought to the shape of its operand; None between numbers.

    >>> from chainrule import expression
    >>> from chainrule.engine.program import flatten
    >>> program = flatten([expression("x") * expression("y")])
    >>> print(written(program).vjp({2: 1}, [0])[0])
    y
    """
    return Pass(program, Nodes(fit) if fit else NODES, {}, list(program.nodes()))


def slopes_of_step(
    operation: Any,
    value: Number,
    operands: Sequence[Number],
    attributes: Sequence[Any],
    asked: Sequence[bool],
) -> list[Number]:
    """Return the local derivative of a step that stands alone by each operand asked for, else None.

    A literal 0 among them says that there is no dependence.
    """

    def slopes(*numbers: Number) -> list[Number]:
        return sweep.local_derivatives(operation, numbers[0], numbers[1:], attributes, asked)

    with quiet():
        return computed(
            slopes, lambda *numbers: slopes(*map(np.float64, numbers)), value, *operands
        )


def factors_of_step(
    operation: Any,
    value: Number,
    operands: Sequence[Number],
    attributes: Sequence[Any],
    asked: Sequence[bool],
) -> list[Number]:
    """Return what a sweep multiplies by at a step: the weights of a choice, else the slopes."""
    return sweep.factors_of(operation, value, operands, attributes, asked)


def is_zero(seed: Number) -> bool:
    """Tell a number that is 0."""
    return isinstance(seed, float | int | np.number) and seed == 0


def moving(value: Number, seed: Number) -> Number:
    """Return the elements of a value from which, or to which, anything flows."""
    if type(seed) is not Masked:
        return value
    return value[seed.mask] if isinstance(seed.mask, np.ndarray) else None


def has_nan(adjoint: Number) -> bool:
    """Tell whether an adjoint has an element that is NaN."""
    known = isinstance(adjoint, float | np.generic | np.ndarray)
    return known and bool(np.isnan(adjoint).any())


def sum_of_array(flowing: Number, operand: Number) -> Number:
    """Sum an array that flows to an operand to its shape."""
    return sum_to_shape(flowing, np.shape(operand)) if isinstance(flowing, np.ndarray) else flowing
