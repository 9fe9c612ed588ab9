"""`composed`: an operation said with others, and the rules that follow from its meaning."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from chainrule.engine.evaluate import Evaluator, Pass
from chainrule.engine.masked import Masked
from chainrule.engine.node import identity_of
from chainrule.engine.numbers import DOUBLES, FLOATS, IEEE, NODES, RAISING, Nodes
from chainrule.engine.program import Program, flatten
from chainrule.engine.shapes import shapes_of
from chainrule.engine.weights import partials_from
from chainrule.language.binding import holds_arrays
from chainrule.language.expression import expression
from chainrule.language.folds import fitted
from chainrule.language.kinds import Lazy, operation
from chainrule.language.numeric import numbers_of

__all__ = ["composed"]

WRITTEN = Nodes(fitted)
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
    takes_masks = Lazy(
        lambda cls: (cls.pull, cls.push) == (cls.understood.pull, cls.understood.push)
    )

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

    def opened(self, operands: tuple[Any, ...]) -> tuple[list[Any], Pass]:
        """Return the slots of the operands, and the pass over the meaning at these.

        Floats that raise are left to the sweep of which this is a step.
        """
        count = len(operands) - len(self.operation.keywords)
        program = self.over(count, tuple(operands[count:]))
        numbers: Any = numbers_of(operands[:count])
        inputs = {f"operand {n}": value for n, value in enumerate(operands[:count])}
        if numbers in (FLOATS, IEEE) and holds_arrays(program):
            numbers, inputs = DOUBLES, {name: np.float64(x) for name, x in inputs.items()}
        elif numbers is FLOATS:
            numbers = RAISING
        elif numbers is NODES and not program.is_elementwise():
            numbers = WRITTEN
        return program.notes["operands"], Evaluator(program, numbers, inputs).run()

    def partials(self, y: Any, *operands: Any) -> tuple[Any, ...]:
        """Return the local derivatives of an elementwise meaning."""
        del y
        return self.swept(1, operands, fit=False)

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
        places, meant = self.opened(operands)
        wanted = [place for place in places if place is not None]
        found = meant.vjp({meant.program.outputs[0]: 1}, wanted, fit=False, masked=True)
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
        return self.swept(g, operands, fit=True)

    def swept(self, seed: Any, operands: tuple[Any, ...], *, fit: bool) -> tuple[Any, ...]:
        """Return what flows back to each operand, 0 for no dependence."""
        places, meant = self.opened(operands)
        wanted = [place for place in places if place is not None]
        seeds = {meant.program.outputs[0]: seed}
        found = meant.vjp(seeds, wanted, fit=fit, computed=True)
        return tuple([0 if place is None else found.get(place, 0) for place in places])

    def push(self, tangents: list[Any], y: Any, *operands: Any) -> Any:
        """Return the tangent of the whole."""
        del y
        places, meant = self.opened(operands)
        seeds = {
            place: tangent
            for place, tangent in zip(places, tangents, strict=True)
            if place is not None and tangent is not None
        }
        return meant.jvp(seeds, computed=True)[meant.program.outputs[0]]
