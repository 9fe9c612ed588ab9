"""What every loop shares: its operands, its derivatives, its shape and how it is written.

The derivative of a loop is another loop, so that derivatives of any order are loops too, and no
graph grows with the number of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.node import Node
from chainrule.engine.notation import ATOM, Notation, Piece
from chainrule.engine.shapes import shapes_of
from chainrule.engine.sizes import UNKNOWN, fits, in_words
from chainrule.errors import OperationError, ShapeError
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import structural
from chainrule.language.loops.bodies import LoopBody
from chainrule.language.loops.derived import (
    LoopLayout,
    Reverse,
    forward_of,
    reverse_of,
    with_states,
)
from chainrule.language.loops.running import is_exact, repeated, shape_change, zero_of
from chainrule.language.parts import names_of, parts_of

__all__ = [
    "LoopOperands",
    "applied",
    "formed",
    "length_known",
    "loop",
    "loop_notation",
    "parts_of_loop",
    "zeros_like",
]

# Filled by the module of the loop that every loop is differentiated by: a scan.
_scans: list[Callable[..., tuple[Any, ...]]] = []


class LoopOperands(NamedTuple):
    """The operands of a loop, sorted."""

    states: tuple[Any, ...]
    sequences: tuple[Any, ...]
    captured: tuple[Any, ...]


def loop_notation(name: str, *, written: str = "", conditions: int = 0) -> Notation:
    """Write name(s, x -> body; initial states, sequences).

    written: another name in formulas, where the name is not what a user calls.
    """

    def inside(count: int, attributes: Sequence[Any], style: str) -> list[Piece]:
        body, states, sequences = attributes[:3]
        changing = states + sequences
        told = body.written(changing, range(len(body.roots) - conditions), style)
        for number in range(min(changing, count)):
            told += [", " if number else "; ", (number, 0)]
        return told  # type: ignore[no-any-return]  # the body is an attribute

    called = written or name

    def latex_pieces(count: int, attributes: Sequence[Any]) -> list[Piece]:
        word = called.replace("_", r"\_")
        told = inside(count, attributes, "latex")
        return [rf"\operatorname{{{word}}}\left(", *told, r"\right)"]

    return Notation(
        ATOM,
        lambda count, attributes: [f"{called}(", *inside(count, attributes, "text"), ")"],
        latex_pieces,
        ATOM,
        name=name,
        keywords=("body", "states", "sequences"),
    )


def applied(cls: Any, operands: Sequence[Any], attributes: Sequence[Any]) -> Any:
    """Apply a loop to operands: nodes make a node, numbers are computed with."""
    if any(isinstance(operand, Node) for operand in operands):
        return cls.of((*operands, *attributes))
    if all(type(operand) in (float, int) for operand in operands):
        return cls.on_float(*operands, *attributes)
    return cls.on_array(*operands, *attributes)


def parts_of_loop(whole: Any, count: int) -> tuple[Any, ...]:
    """Return the values of a loop one by one, on numbers or on nodes."""
    if isinstance(whole, Node):
        return parts_of(whole, names_of(whole))
    return tuple(whole)[:count]


def zeros_like(item: Any) -> Any:
    """Return zeros of the shape of an operand, on numbers or on nodes."""
    return broadcast_as(0.0, item) if isinstance(item, Node) else zero_of(item)


def spread(flow: Any, like: Any) -> Any:
    """Bring what flows in to the shape and kind of what it flows into: 1 may stand for many."""
    if isinstance(like, Node):
        number = not isinstance(flow, Node) or not flow.arguments
        return broadcast_as(flow, like) if number else flow
    if is_exact(like):
        return flow
    if type(like) is float:
        return float(flow) if isinstance(flow, int | np.integer) else flow
    whole = np.asarray(flow)
    if whole.dtype.kind in "iub":
        whole = whole.astype(np.result_type(like, np.float32))
    return np.broadcast_to(whole, np.shape(like))


class loop(structural, abstract=True):
    """A body applied again and again: how a loop runs is said by the classes below.

    Operands: the initial states, the sequences, what is handed in to every step. The first
    attributes of each: the body, the number of states, and the number of sequences.
    """

    __slots__ = ()

    # Its text shows the body as a function, which a formula cannot say.
    unread = "a loop is built in Python, by scan, fori_loop, while_loop or vmap"
    rule = "step by step"
    asks = True  # `pull` is told which cotangents are wanted
    conditions: ClassVar[int] = 0  # how many roots of the body say whether to go on
    # Each kind of loop says: on what it runs, once its sequences fit; how; how often it goes round,
    # None where only a run or its sequences can tell; and which class of such loops gives more than
    # states, which states alone.
    checked: ClassVar[Callable[..., Any]]
    lasting: ClassVar[Callable[..., Bundle]]
    count_of: ClassVar[Callable[..., int | None]]
    with_outputs: ClassVar[Callable[[], Any]]
    without_outputs: ClassVar[Callable[[], Any]]

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes.

        Raises: OperationError for a loop without a body.
        """
        if not isinstance(given.get("body"), LoopBody):
            raise OperationError(f"{cls.notation.name} has no body: {cls.unread}.")
        return super().attribute_values(given)

    @classmethod
    def layout(cls, body: LoopBody, states: int, sequences: int) -> LoopLayout:
        """Return how the variables and roots of a body are divided."""
        return LoopLayout(states, sequences, len(body.roots) - states - cls.conditions)

    @classmethod
    def cut(cls, given: Sequence[Any]) -> tuple[LoopOperands, tuple[Any, ...]]:
        """Divide what a rule is handed into operands and attributes."""
        count = len(given) - len(cls.keywords)
        settings = tuple(given[count:])
        first, after = settings[1], settings[1] + settings[2]
        states, sequences = tuple(given[:first]), tuple(given[first:after])
        return LoopOperands(states, sequences, tuple(given[after:count])), settings

    @classmethod
    def parts(cls, *given: Any) -> tuple[str, ...]:
        """Return the names of its values: the states, then the outputs."""
        settings = given[len(given) - len(cls.keywords) :]
        layout = cls.layout(*settings[:3])
        names = settings[0].names[: layout.states]
        if layout.outputs == 1:
            return (*names, "outputs")
        return (*names, *[f"outputs_{number}" for number in range(1, layout.outputs + 1)])

    @classmethod
    def computed(cls, operands: Sequence[Any], *, raising: bool) -> Bundle:
        """Run the loop on numbers."""
        sorted_operands, settings = cls.cut(operands)
        given = cls.checked(sorted_operands, settings)
        return repeated(
            given,
            lambda own, numbers, step: cls.lasting(own, settings, numbers, step),
            raising=raising,
        )

    @classmethod
    def forward(cls, *given: Any) -> Any:
        """Run the loop on numbers that never raise."""
        return cls.computed(given, raising=False)

    @classmethod
    def on_array(cls, *given: Any) -> Any:
        """Run the loop on arrays, or numbers of NumPy."""
        return cls.computed(given, raising=False)

    on_ieee = on_exact = on_array

    @classmethod
    def on_float(cls, *given: Any) -> Any:
        """Run the loop on Python floats."""
        return cls.computed(given, raising=True)

    @classmethod
    def pull(cls, g: Any, y: Any, *given: Any, asked: Any = None) -> tuple[Any, ...]:
        """Return the cotangents of the operands: those of a loop that goes backwards."""
        operands, settings = cls.cut(given)
        return cls.pulled(g, y, operands, settings, asked)

    @classmethod
    def pulled(
        cls, g: Any, y: Any, operands: LoopOperands, settings: tuple[Any, ...], asked: Any
    ) -> tuple[Any, ...]:
        """Return the cotangents of the operands; y is looked at for its shapes only."""
        body = settings[0]
        layout = cls.layout(*settings[:3])
        wanted = [asked is None or number in asked for number in range(len(body.names))]
        flowing = [part is not None for part in g]
        plan = reverse_of(body, layout, flowing, wanted)
        found: list[Any] = [0] * len(body.names)
        if not plan.body.roots:
            return tuple(found)
        seeds = formed(g, y)
        back = cls.backwards(plan, seeds, operands, settings)
        numbers = [*plan.carried, *plan.summed, *plan.stacked]
        for number, part in zip(numbers, back, strict=True):
            found[number] = part
        return tuple(found)

    @classmethod
    def backwards(
        cls, plan: Reverse, seeds: Sequence[Any], operands: LoopOperands, settings: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Run a reverse body over the states that the loop went through, last step first."""
        every = (*operands.states, *operands.sequences, *operands.captured)
        states = [zeros_like(every[n]) if seeds[n] is None else seeds[n] for n in plan.carried] + [
            zeros_like(every[n]) for n in plan.summed
        ]
        sequences = [
            *cls.history(plan, operands, settings),
            *[every[n] for n in plan.sequences],
            *[seeds[n] for n in plan.flowing],
        ]
        body, count = plan.body, cls.count_of(settings)
        if not sequences and count is None:  # its length is all that is wanted of it
            sequences = cls.any_sequence(operands, settings)
            names = list(body.names)
            names[len(states) : len(states)] = ["length_of"]
            body = plan.body.once("with length", lambda: LoopBody(names, plan.body.roots))
        captured = [every[n] for n in plan.captured]
        way = not cls.is_backwards(settings)
        return _scans[0](body, states, sequences, captured, count, backwards=way)

    @classmethod
    def history(
        cls, plan: Reverse, operands: LoopOperands, settings: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Return the states that a reverse body needs, as they came into each step."""
        if not plan.history:
            return ()
        return cls.stacked_states(plan.history, operands, settings)

    @classmethod
    def stacked_states(
        cls, kept: Sequence[int], operands: LoopOperands, settings: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Run the loop again, keeping the states that came into each step."""
        layout = cls.layout(*settings[:3])
        body = with_states(settings[0], layout, kept)
        every = (*operands.states, *operands.sequences, *operands.captured)
        whole = applied(cls.with_outputs(), every, (body, *cls.plainly(settings)))
        return parts_of_loop(whole, layout.states + len(kept))[layout.states :]

    @classmethod
    def push(cls, tangents: Any, _y: Any, *given: Any) -> Any:
        """Return the tangents of the values: those of a loop that carries both."""
        operands, settings = cls.cut(given)
        body, layout = settings[0], cls.layout(*settings[:3])
        plan = forward_of(body, layout, [tangent is not None for tangent in tangents])
        if not plan.states and not plan.outputs:
            return 0
        every = (*operands.states, *operands.sequences, *operands.captured)
        first, after = layout.states, layout.states + layout.sequences
        flows = [
            broadcast_as(tangent, operand) if tangent is not None else None
            for tangent, operand in zip(tangents, every, strict=True)
        ]
        states = [zeros_like(every[n]) if flows[n] is None else flows[n] for n in plan.states]
        sequences = [flow for flow in flows[first:after] if flow is not None]
        captured = [flow for flow in flows[after:] if flow is not None]
        over = (
            *(*operands.states, *states),
            *(*operands.sequences, *sequences),
            *(*operands.captured, *captured),
        )
        counts = first + len(states), layout.sequences + len(sequences)
        kind = cls.with_outputs() if plan.outputs else cls.without_outputs()
        whole = applied(kind, over, (plan.body, *counts, *cls.further(settings, plan.outputs)))
        moved = parts_of_loop(whole, counts[0] + len(plan.outputs))
        found: list[Any] = [None] * (first + layout.outputs)
        for number, part in zip(plan.states, moved[first:], strict=False):
            found[number] = part
        for number, part in zip(plan.outputs, moved[counts[0] :], strict=True):
            found[number] = part
        return Bundle(found)

    # --- what differs between loops

    @classmethod
    def plainly(cls, settings: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the attributes behind the body, without what is of use to derivatives only."""
        return settings[1:]

    @classmethod
    def further(cls, settings: tuple[Any, ...], outputs: Sequence[int]) -> tuple[Any, ...]:
        """Return the last attributes of a loop with tangents, of which it gives these outputs."""
        del outputs
        return settings[3:]

    @classmethod
    def is_backwards(cls, settings: tuple[Any, ...]) -> bool:
        """Tell whether the loop goes from the last elements to the first."""
        del settings
        return False

    @classmethod
    def any_sequence(cls, operands: LoopOperands, settings: tuple[Any, ...]) -> list[Any]:
        """Return one sequence that is as long as the loop goes round."""
        del settings
        return list(operands.sequences[:1])

    @classmethod
    def shapes_of_step(cls, shapes: LoopOperands, settings: tuple[Any, ...]) -> list[Any]:
        """Return the shapes of what a step gives.

        Raises: ShapeError for a state that changes its shape.
        """
        body: LoopBody = settings[0]
        inside = [*shapes.states, *[shape[1:] for shape in shapes.sequences], *shapes.captured]
        found = shapes_of(body.program, dict(zip(body.names, inside, strict=True)))
        roots = [found[slot] for slot in body.program.outputs]
        for name, old, new in zip(body.names, shapes.states, roots, strict=False):
            if len(old) != len(new) or not all(map(fits, old, new)):
                raise ShapeError(shape_change(name, in_words(old), in_words(new)))
        return roots


def needs_form(part: Any) -> bool:
    """Tell what flows in as a number that may stand for a whole array, or as whole numbers."""
    if part is None:
        return False
    if isinstance(part, Node):
        return not part.arguments
    return not isinstance(part, np.ndarray) or part.dtype.kind in "iub"


def formed(g: Sequence[Any], y: Any) -> list[Any]:
    """Bring what flows in to the shapes and kinds of the values; y is None where it has them."""
    if y is None or not any(map(needs_form, g)):
        return list(g)
    ends = parts_of_loop(y, len(g))
    return [
        spread(part, end) if needs_form(part) else part for part, end in zip(g, ends, strict=True)
    ]


def length_known(lengths: Sequence[Any]) -> Any:
    """Return the first of these lengths that is a number, else the first; UNKNOWN of none."""
    numbers = [size for size in lengths if isinstance(size, int)]
    return next(iter([*numbers, *lengths]), UNKNOWN)
