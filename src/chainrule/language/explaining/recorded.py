"""A sweep written down: the value and the adjoint of every step, and what flows over every edge.

What an explanation tells and a picture shows is read from here, and nothing is computed twice: it
is the sweep that answers `diff`, told contribution by contribution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from types import FunctionType
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.compiled import compiled_of
from chainrule.engine.evaluate import Contribution, Pass
from chainrule.engine.notation import ATOM, latex, latex_name, one_step, quoted, text
from chainrule.engine.program import Program, flatten
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import NOT_KNOWN, declared_shapes
from chainrule.engine.sizes import Size
from chainrule.engine.tidy import tidy
from chainrule.errors import DerivativeError
from chainrule.language.compute import finished, partials_of, pass_at, slot_of
from chainrule.language.constants import constant
from chainrule.language.expression import expression, operators
from chainrule.language.folds import broadcasting
from chainrule.language.simplifying.factors import spine_of
from chainrule.language.values import Values

__all__ = ["Flow", "Recorded", "Steps", "local_formula", "matrix_valued", "recorded"]

SHOWN_PLACES = 12  # of the formula of a local derivative
FLOWING = "\N{WHITE SQUARE}"  # stands for what flows into a step


class Steps:
    """The names of the steps of a program; a named step is one with what it names.

    names: slot -> name; steps without one get s1, s2, ... where these are free.
    merged: the slots of names that stand for their operation.
    shapes: of every slot, as far as they are known: from values, or from what variables declare.
    """

    __slots__ = ("merged", "names", "program", "shapes")

    def __init__(self, program: Program, values: Sequence[Any] | None = None) -> None:
        self.program = program
        self.shapes = declared_shapes(program) if values is None else list(map(shape_at, values))
        self.names: dict[int, str] = {slot: name for name, slot in program.inputs.items()}
        self.names |= {slot: name for name, slot in program.labels.items()}
        self.merged = set(self.named_operations())
        for label in self.merged:
            self.names[program.arguments[label][0]] = self.names[label]
        taken = {*program.inputs, *program.labels}
        fresh = (name for number in count(1) if (name := f"s{number}") not in taken)
        for slot, operation in enumerate(program.operations):
            if operation.role is not Role.CONSTANT and slot not in self.names:
                self.names[slot] = next(fresh)

    def named_operations(self) -> Iterator[int]:
        """Find the names of operations that nothing else uses."""
        uses = [0] * len(self.program)
        for arguments in self.program.arguments:
            for slot in arguments:
                uses[slot] += 1
        for label in self.program.labels.values():
            (slot,) = self.program.arguments[label]
            if self.program.operations[slot].role is Role.OPERATION and uses[slot] == 1:
                yield label

    def words(self, slot: int) -> list[Any]:
        """Return the operands of a step: their names, or constants."""
        return [
            constant(self.program.attributes[argument][0])
            if self.program.operations[argument].role is Role.CONSTANT
            else self.names[argument]
            for argument in self.program.arguments[slot]
        ]

    def operation(self, slot: int, style: str = "text") -> str:
        """Write the operation of a step over the names of its operands; empty for a leaf."""
        operation, attributes = self.program.operations[slot], self.program.attributes[slot]
        if operation.role in (Role.VARIABLE, Role.CONSTANT):
            return ""
        if style == "latex":
            operands = [expression.lift(named_or_number(word)) for word in self.words(slot)]
            if operation.role is Role.LABEL:
                return str(operands[0].to_latex())
            made = operation.again(tuple(operands), attributes)
            return latex(flatten([made]), limit=SHOWN_PLACES)
        words = [
            (quoted(word), ATOM) if isinstance(word, str) else word.literal(word.value, "brief")
            for word in self.words(slot)
        ]
        if operation.role is Role.LABEL:
            return words[0][0]
        return one_step(operation, attributes, words)

    def rule(self, slot: int) -> str:
        """Name the rule that gives the local derivatives of a step.

        An operation may say it: `rule`, a word, or a function of which operands are constants.
        """
        operation = self.program.operations[slot]
        rule = getattr(operation, "rule", None)
        if callable(rule):
            return str(rule(*[not isinstance(word, str) for word in self.words(slot)]))
        if operation.role is Role.LABEL:
            return "name"
        return rule or f"derivative of {operation.notation.name or operation.__name__}"


def shape_at(value: Any) -> Any:
    """Return the shape of a value; of several in one slot, a Bundle of theirs."""
    return Bundle(map(np.shape, value)) if type(value) is Bundle else np.shape(value)


def named_or_number(word: Any) -> Any:
    """Return the variable of a name; a constant as it is."""
    return expression(word) if isinstance(word, str) else word


@dataclass(frozen=True, slots=True)
class Flow:
    """What flows back over one edge, from a step to one of its operands.

    slot, number: the step, and which of its operands; operand: the slot of that operand.
    incoming: derivative of the output by the step. local: of the step by the operand; None where
    that is a matrix. contribution: what flows on. total: the sum of what has reached the operand
    so far, the derivative of the output by it once its last flow has come.
    """

    slot: int
    number: int
    operand: int
    incoming: Any
    local: Any
    contribution: Any
    total: Any


@dataclass(frozen=True, slots=True)
class Recorded:
    """One forward and one backward pass of an expression at the values.

    at: the forward pass. flows: in the order of the backward one. gradient: what `diff` gives.
    notes: why there is no backward pass, where there is none.
    """

    steps: Steps
    at: Pass
    value: Any
    gradient: dict[str, Any]
    flows: tuple[Flow, ...] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> Sequence[Any]:
        """The value of every slot."""
        return self.at.slots

    def adjoints(self) -> dict[int, Any]:
        """Return the derivative of the output by every slot that the sweep has reached."""
        if self.notes:
            return {}
        found: dict[int, Any] = {self.steps.program.outputs[0]: 1.0}
        for flow in self.flows:
            found[flow.operand] = flow.total
        return found

    def along(self, places: Sequence[tuple[int, int]]) -> Any:
        """Return what flows back along one path: its share of the derivative.

        places: the step and the number of its operand, edge by edge in the direction of the data.
        """
        return self.at.along(places, fit=np.shape(self.at.output) == ())


class Recorder:
    """Collects the contributions of a reverse sweep."""

    __slots__ = ("at", "flows", "last", "steps", "totals")

    def __init__(self, steps: Steps, at: Pass) -> None:
        self.steps = steps
        self.at = at
        self.flows: list[Flow] = []
        self.totals: dict[int, Any] = {}
        self.last = (1, 0)

    def __call__(self, contribution: Contribution) -> None:
        """Take what flows over one edge."""
        slot, number, *numbers = contribution
        if not self.at.numbers.is_exact:  # rules write 1 and -1 as whole numbers
            numbers = [float(item) if type(item) is int else item for item in numbers]
        incoming, local, flowing = numbers
        program = self.steps.program
        place = (-slot, number)
        if self.last[0] <= 0 and place <= self.last:  # floats raised, and the sweep began again
            self.flows, self.totals = [], {}
        self.last = place
        operand = program.arguments[slot][number]
        before = self.totals.get(operand)
        total = self.totals[operand] = flowing if before is None else before + flowing
        if local is None:
            local = slope_of_number(self.at, slot, number)
        self.flows.append(Flow(slot, number, operand, incoming, local, flowing, total))


def slope_of_number(at: Pass, slot: int, number: int) -> Any:
    """Return the derivative of a step that is a number by an array, of the array's shape.

    None for a step that is an array, or several values: its derivative is a matrix.
    """
    operands = [at.slots[argument] for argument in at.program.arguments[slot]]
    if Bundle in map(type, [at.slots[slot], *operands]) or np.shape(at.slots[slot]) != ():
        return None
    found = at.pulled(slot, number, 1.0)
    return 0.0 if found is None else found


def local_derivative(steps: Steps, slot: int, number: int) -> expression | None:
    """Return the derivative of a step by one of its operands, over the names of the steps.

    Written as a textbook does, where the operation says how.
    Of a fold, it is that of each element. None where the derivative is a matrix.
    """
    program = steps.program
    operation, attributes = program.operations[slot], program.attributes[slot]
    operands = [named_or_number(word) for word in steps.words(slot)]
    name = expression(steps.names[slot])
    if operation.is_elementwise:
        rule = operation.textbook or operation.partials
        found = rule(name, *operands, *attributes)[number]
    elif operation.shape_sources(operands, attributes) == ():
        found = operation.pull(1, name, *operands, *attributes)[number]
    else:
        return None
    found = found() if type(found) is FunctionType else found
    found = expression.lift(tidy(expression.lift(found)))
    found = found.arguments[0] if isinstance(found, broadcasting) else found
    return sign_in_front(found)


def sign_in_front(found: Any) -> expression:
    """Give the sign of a product or quotient to its first factor: -a/b instead of -(a/b)."""
    if type(found) is not operators["negate"]:
        return found  # type: ignore[no-any-return]
    first, spine = spine_of(found.arguments[0])
    made: Any = -first
    while spine:
        product = spine.pop()
        made = type(product)(made, product.arguments[1])
    return made  # type: ignore[no-any-return]


def local_formula(steps: Steps, slot: int, number: int, style: str = "text") -> str:
    """Write the derivative of a step by one of its operands.

    Where that is a matrix, what its transpose makes of what flows in, which stands as a box: of
    X @ w by w it is X.T @ □, in words "times X.T from the left".
    """
    found = local_derivative(steps, slot, number)
    if found is None:
        return jacobian_rule(steps, slot, number, style)
    write = text if style == "text" else latex
    return write(compiled_of(found).program, limit=SHOWN_PLACES)


def jacobian_rule(steps: Steps, slot: int, number: int, style: str) -> str:
    """Write what a step gives back to one of its operands, of what flows into it.

    Empty where the step has several values, or its rule no formula over the names.
    """
    program = steps.program
    operation, attributes = program.operations[slot], program.attributes[slot]
    arguments = program.arguments[slot]
    shapes = [steps.shapes[place] for place in (slot, *arguments)]
    if NOT_KNOWN in shapes or any(type(shape) is Bundle for shape in shapes):
        return ""
    whole, *own = [tuple(None if isinstance(n, Size) else n for n in shape) for shape in shapes]
    operands = [
        word if isinstance(word, constant) else expression(word, shape=shape)
        for word, shape in zip(steps.words(slot), own, strict=True)
    ]
    flowing = expression(FLOWING, shape=whole)
    name = expression(steps.names[slot], shape=whole)
    found = operation.pull(flowing, name, *operands, *attributes)[number]
    found = found() if type(found) is FunctionType else found
    made = expression.lift(tidy(expression.lift(found)))
    write = text if style == "text" else latex
    product = type(made) is operators.loaded("@") and flowing in made.arguments
    if product and style == "text":
        side = "left" if flowing is made.arguments[1] else "right"
        factor = made.arguments[0 if side == "left" else 1]
        return f"times {text(compiled_of(factor).program, limit=SHOWN_PLACES)} from the {side}"
    told = getattr(made, "told", None)
    if told is not None and made.arguments[0] is flowing and style == "text":
        return str(told(*made.attributes))
    shown = write(compiled_of(made).program, limit=SHOWN_PLACES)
    shown = shown.replace(rf"\mathbf{{{latex_name(FLOWING)}}}", r"\square")
    return shown.replace(quoted(FLOWING), FLOWING)


def matrix_valued(at: Pass) -> bool:
    """Tell whether derivatives of the output are matrices, so that no number flows on an edge."""
    return np.shape(at.output) != () and not at.program.is_elementwise()


def recorded(
    root: expression,
    values: Values,
    names: Sequence[str] | None = None,
    *,
    matrices: bool = False,
) -> Recorded:
    """Run both passes of an expression at the values, and write them down.

    names: of variables or steps, to sweep back to these alone; None for all variables.
    matrices: where derivatives are matrices, do without the backward pass and note why.
    Raises: as `diff`; DerivativeError for an array whose elements are not treated alike.
    """
    program = compiled_of(root).program
    names = list(program.inputs) if names is None else list(names)
    for name in names:
        slot_of(program, name)  # raises for an unknown one, before anything is computed
    at = pass_at(program, {} if values is None else values)
    steps = Steps(program, at.slots)
    if matrix_valued(at):
        error = (
            f"{text(program, limit=200)} has shape {np.shape(at.output)}, and its elements are "
            "not treated alike: its derivatives are matrices, and no single number flows along an "
            "edge. Explain its sum, or one of its elements."
        )
        if not matrices:
            raise DerivativeError(error)
        return Recorded(steps, at, finished(program, at.output), {}, (), (error,))
    recorder = Recorder(steps, at)
    gradient = partials_of(at, names, recorder)
    return Recorded(steps, at, finished(program, at.output), gradient, tuple(recorder.flows))
