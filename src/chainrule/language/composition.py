"""`composed`: an operation said with others, and the rules that follow from its meaning."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from chainrule.engine.masked import Masked
from chainrule.engine.node import identity_of
from chainrule.engine.program import Program, flatten
from chainrule.engine.shapes import shapes_of
from chainrule.engine.sweep import forward, reverse
from chainrule.engine.targets.interpreter import Lane, run
from chainrule.engine.weights import partials_from
from chainrule.language.expression import expression
from chainrule.language.folds import fitted
from chainrule.language.kinds import Lazy, operation
from chainrule.language.lanes import lane_of_numbers
from chainrule.language.values import holds_arrays

__all__ = ["composed"]

# So many programs an operation keeps: an attribute may be another number at every call.
MOST_MEANINGS = 32


class composed(operation, abstract=True):
    """An operation said with others: say `meaning`; refine any other field.

    meaning(*operands, *attributes) uses operators and the language's functions. `partials` must be
    refined where the meaning passes through a kink that the whole does not have.

    >>> class cubed(composed):
    ...     samples = ((2.0,),)
    ...
    ...     def meaning(x):
    ...         return x * x * x
    >>> cubed(expression("x")).diff({"x": 2}, "x")
    12.0
    """

    __slots__ = ()

    understood = Lazy(lambda cls: Meaning(cls))  # noqa: PLW0108 - it stands below
    is_elementwise = Lazy(lambda cls: bool(cls.understood.program.is_elementwise()))
    weights = Lazy(lambda cls: cls.understood.inherited_weights())
    partials = Lazy(
        lambda cls: (
            cls.understood.partials
            if cls.weights in (None, cls.understood.weights)
            else partials_from(cls.weights)
        )
    )
    pull = Lazy(lambda cls: cls.understood.pull)
    push = Lazy(lambda cls: cls.understood.push)

    @classmethod
    def shape(cls, *shapes: Any) -> Any:
        """Work out the shape from the meaning, computing nothing."""
        cut = len(shapes) - len(cls.keywords)
        program = cls.understood.over(cut, tuple(shapes[cut:]))
        inputs = {f"operand {number}": shape for number, shape in enumerate(shapes[:cut])}
        return shapes_of(program, inputs)[program.outputs[0]]


class Meaning:
    """A composed operation's meaning as a program, and the rules that follow from it."""

    __slots__ = ("known", "operation", "program", "recent")

    def __init__(self, cls: Any) -> None:
        self.operation = cls
        self.known: dict[Any, Program] = {}
        self.recent: deque[Any] = deque()
        self.program: Program = self.over(
            cls.arity[0] if cls.arity[1] is None else cls.arity[1], ()
        )

    def over(self, count: int, attributes: tuple[Any, ...]) -> Program:
        """Return the program of the meaning of so many operands, kept while few others are."""
        key = count, identity_of(attributes)
        made = self.known.get(key)
        if made is None:
            made = self.known[key] = self.flattened(count, attributes)
            self.recent.append(key)
            if len(self.recent) > MOST_MEANINGS:
                self.known.pop(self.recent.popleft(), None)
        return made

    def flattened(self, count: int, attributes: tuple[Any, ...]) -> Program:
        """Flatten the meaning of so many operands."""
        names = [f"operand {number}" for number in range(count)]
        leaves = [expression(name) for name in names]
        attributes = attributes or tuple(self.operation.keywords.values())
        root = expression.lift(self.operation.meaning(*leaves, *attributes))
        program = flatten([root])
        program.notes["operands"] = [program.inputs.get(name) for name in names]
        return program

    def opened(self, operands: tuple[Any, ...]) -> tuple[Any, list[Any], list[Any]]:
        """Return the program, the slots of the operands, and the value of every slot."""
        count = len(operands) - len(self.operation.keywords)
        program = self.over(count, tuple(operands[count:]))
        lane = lane_of_numbers(operands[:count])
        inputs = {f"operand {n}": value for n, value in enumerate(operands[:count])}
        if lane in (Lane.FLOAT, Lane.IEEE) and holds_arrays(program):
            lane, inputs = Lane.ARRAY, {name: np.float64(x) for name, x in inputs.items()}
        return program, program.notes["operands"], run(program, lane, inputs)

    def partials(self, y: Any, *operands: Any) -> tuple[Any, ...]:
        """Return the local derivatives of an elementwise meaning."""
        del y
        program, places, slots = self.opened(operands)
        wanted = [place for place in places if place is not None]
        found = reverse(program, slots, {program.outputs[0]: 1}, wanted)
        return tuple([0 if place is None else found.get(place, 0) for place in places])

    def inherited_weights(self) -> Any:
        """Return the weights, where the meaning of each element chooses; else None.

        A class body that refines `partials` speaks for itself.
        """
        cls = self.operation
        own = [up for up in cls.__mro__ if issubclass(up, composed) and up is not composed]
        inferred = vars(composed)["partials"].made_for
        refined = any("partials" in vars(up) and up not in inferred for up in own)
        chooses = any(operation.weights is not None for operation in self.program.operations)
        return self.weights if cls.is_elementwise and chooses and not refined else None

    def weights(self, y: Any, *operands: Any) -> tuple[Any, ...]:
        """Return the local derivatives of an elementwise meaning, masked where it chose others."""
        del y
        program, places, slots = self.opened(operands)
        wanted = [place for place in places if place is not None]
        found = reverse(program, slots, {program.outputs[0]: 1}, wanted, masked=True)
        flows = [None if place is None else found.get(place) for place in places]
        return tuple(
            [
                0 if flow is None else flow if type(flow) is Masked else Masked(flow, None)
                for flow in flows
            ]
        )

    def pull(self, g: Any, y: Any, *operands: Any) -> tuple[Any, ...]:
        """Return the cotangents of the operands."""
        del y
        program, places, slots = self.opened(operands)
        wanted = [place for place in places if place is not None]
        found = reverse(program, slots, {program.outputs[0]: g}, wanted, fit=fitted)
        return tuple([0 if place is None else found.get(place, 0) for place in places])

    def push(self, tangents: list[Any], y: Any, *operands: Any) -> Any:
        """Return the tangent of the whole."""
        del y
        program, places, slots = self.opened(operands)
        seeds = {
            place: tangent
            for place, tangent in zip(places, tangents, strict=True)
            if place is not None and tangent is not None
        }
        return forward(program, slots, seeds)[program.outputs[0]]
