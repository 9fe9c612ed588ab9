"""What each step of a program has to do with the rows of its data.

The rows are those of some variables, along their first axes. A cell `rows` of an operation's class
body wins; elementwise operations and shapes say most; for the rest the cut law decides, see
`engine/cuts`. A composed operation that mixes rows is looked at through its meaning. Knows no
operation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from chainrule.engine.cuts import COMBINE, CutTrial, Mixed, place_by_cuts, read_for_shape
from chainrule.engine.node import Node
from chainrule.engine.notation import text
from chainrule.engine.order import order
from chainrule.engine.program import Program, flatten
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import shapes_of
from chainrule.engine.sizes import Shape
from chainrule.errors import ShapeError

__all__ = ["COMBINE", "FIXED", "Kind", "Rows", "reason_of", "rows_of"]


class Kind(Enum):
    """What a value has to do with the rows."""

    FIXED = "the same whatever the rows"
    ROWS = "an element or more for each row"
    FOLDED = "worked out from folds over the rows"
    MIXED = "rows mixed with one another"


@dataclass(frozen=True, slots=True)
class Rows:
    """What the value of a step has to do with the rows.

    axis: along which rows lie, counted from 0. fold: of a step that folds rows, its word in
    COMBINE; empty for what is worked out from folds. stage: how many passes over the rows come
    before it: a fold over rows of stage 0 has stage 1, and so has what is worked out from it; a
    count has stage 0, for shapes tell it. reason, slot: why rows are mixed, and by which step.
    parts: of several values, each of them. hidden: whether the meaning of the step folds rows.
    """

    kind: Kind
    axis: int = 0
    fold: str = ""
    stage: int = 0
    reason: str = ""
    slot: int = -1
    operand: int = -1
    parts: tuple[Rows, ...] = ()
    hidden: bool = False

    @property
    def row_axis(self) -> int | None:
        """The axis of the rows; None where there are none."""
        return self.axis if self.kind is Kind.ROWS else None


FIXED = Rows(Kind.FIXED)


def rows_of(program: Program, shapes: Mapping[str, Shape], rows: Collection[str]) -> list[Rows]:
    """Return for every slot what it has to do with the rows.

    shapes: of all variables, by name. rows: the names of those whose first axis is that of the
    rows. Where the rows of a step are mixed, those of all that is computed from it are too.
    Raises: ShapeError for variables of different numbers of rows, or none.
    """
    refuse_uneven(shapes, [name for name in program.inputs if name in rows])
    places = shapes_of(program, shapes)
    nodes: list[Node] = []
    found: list[Rows] = []
    steps = zip(program.operations, program.arguments, program.attributes, strict=True)
    for slot, (operation, arguments, attributes) in enumerate(steps):
        if operation.role is Role.VARIABLE:
            found.append(Rows(Kind.ROWS) if attributes[0] in rows else FIXED)
            continue
        below = [found[argument] for argument in arguments]
        told = without_operation(operation, below)
        if told is None:

            def operands(arguments: tuple[int, ...] = arguments) -> list[Node]:
                nodes.extend(program.nodes() if not nodes else ())
                return [nodes[argument] for argument in arguments]

            values = [constant_of(program, argument) for argument in arguments]
            step = Step(operation, attributes, below, [places[a] for a in arguments], values)
            told = step.rows(places[slot], operands)
        if told.kind is Kind.MIXED and told.slot < 0:
            told = replace(told, slot=slot)
        found.append(told)
    return found


def reason_of(program: Program, found: Sequence[Rows], slot: int) -> str:
    """Say which step mixes the rows of a slot that is MIXED, and why."""
    state = found[slot]
    words = state.reason
    if state.operand >= 0:
        blamed = program.arguments[state.slot][state.operand]
        words = f"{text(program, blamed, limit=100)} {words}"
    return f"{words}, in {text(program, state.slot, limit=100)}"


def refuse_uneven(shapes: Mapping[str, Shape], names: Sequence[str]) -> None:
    """Refuse variables that have no rows, or not as many as the first."""
    for name in names:
        first = shapes[names[0]]
        if not shapes[name] or not first or shapes[name][0] != first[0]:
            raise ShapeError(
                f"{name!r} has shape {shapes[name]} where {names[0]!r} has shape {first}: data "
                "with rows must have as many along the first axis."
            )


def constant_of(program: Program, slot: int) -> Any:
    """Return the value of a constant; None for another step."""
    constant = program.operations[slot].role is Role.CONSTANT
    return program.attributes[slot][0] if constant else None


def without_operation(operation: Any, below: Sequence[Rows]) -> Rows | None:
    """Return the rows of a step that follow from its operands alone, else None."""
    if all(state.kind is Kind.FIXED for state in below):
        return FIXED
    for state in below:
        if state.kind is Kind.MIXED:
            return state
    if operation.role is Role.LABEL:
        return replace(below[0], fold="", hidden=False)
    return None


@dataclass(frozen=True, slots=True)
class Step:
    """An operation over operands of which some have rows. values: of constants, else None."""

    operation: Any
    attributes: tuple[Any, ...]
    below: Sequence[Rows]
    shapes: Sequence[Any]
    values: Sequence[Any]

    def rows(self, shape: Any, operands: Callable[[], list[Node]]) -> Rows:
        """Return what its value, of this shape, has to do with the rows."""
        if all(state.kind is not Kind.ROWS for state in self.below):
            return self.after_folds()
        if self.operation.is_elementwise:
            return self.side_by_side(len(shape))
        cell = getattr(self.operation, "rows", None)
        said = cell(self.below, self.shapes, *self.attributes) if callable(cell) else None
        if said is None:
            said = place_by_cuts(self.trial(cell if isinstance(cell, str) else ""))
        if isinstance(said, Mixed) and self.operation.meaning is not None:
            return self.by_meaning(operands())
        return self.told(said)

    def after_folds(self) -> Rows:
        """Return the rows of a step over folds, where it has no rows to take."""
        unread = read_for_shape(self.trial())
        if all(
            number in unread or state.kind is Kind.FIXED for number, state in enumerate(self.below)
        ):
            return FIXED
        return Rows(Kind.FOLDED, stage=self.stage())

    def stage(self) -> int:
        """Return how many passes over the rows come before: none for operands' shapes alone."""
        most = max(state.stage for state in self.below)
        if not most:
            return 0
        unread = read_for_shape(self.trial())
        stages = [s.stage for number, s in enumerate(self.below) if number not in unread]
        return max(stages, default=0)

    def trial(self, fold: str = "") -> CutTrial:
        """Return what is tried of it. fold: the word of the fold that it declares."""
        axes = [axis for axis, _ in self.laid()]
        return CutTrial(self.operation, self.attributes, self.shapes, axes, self.values, fold)

    def told(self, said: Any) -> Rows:
        """Return what a cell or the law has said.

        An axis, the word of a fold, False for mixed rows, the Rows themselves, or of several
        values one of these each.
        """
        stage = self.stage()
        if isinstance(said, tuple):
            parts = tuple([self.told(part) for part in said])
            mixed = [part for part in parts if part.kind is Kind.MIXED]
            return mixed[0] if mixed else Rows(Kind.ROWS, stage=stage, parts=parts)
        if said is False or isinstance(said, Mixed):
            return self.mixed(said or Mixed())
        if isinstance(said, str):
            return Rows(Kind.FOLDED, fold=said, stage=0 if said == "count" else stage + 1)
        return said if isinstance(said, Rows) else Rows(Kind.ROWS, axis=said, stage=stage)

    def mixed(self, law: Mixed) -> Rows:
        """Return that rows are mixed, and why."""
        rows = next((shape[at] for at, shape in self.laid() if isinstance(at, int)), 0)
        if law:
            for number, (at, shape) in enumerate(self.laid()):
                if at is None and rows > 1 and rows in shape:
                    return unsaid(number, shape)
        word = self.operation.notation.name or self.operation.__name__
        words = getattr(self.operation, "mixing", "") or f"{word} takes the rows together"
        return Rows(Kind.MIXED, reason=f"{words} ({law})" if law else words)

    def laid(self) -> list[tuple[Any, Any]]:
        """Return the axis of the rows and the shape of each operand; of a Bundle several."""
        axes = [
            tuple([part.row_axis for part in state.parts]) if state.parts else state.row_axis
            for state in self.below
        ]
        return list(zip(axes, self.shapes, strict=True))

    def side_by_side(self, ndim: int) -> Rows:
        """Return the rows of an operation on elements, which lie side by side."""
        places = {at - len(shape) for at, shape in self.laid() if at is not None}
        axis = min(places)
        if len(places) > 1:
            return Rows(
                Kind.MIXED,
                reason="the rows of one operand lie along an axis of another that is none of rows",
            )
        for number, (at, shape) in enumerate(self.laid()):
            if at is None and len(shape) >= -axis and shape[axis] > 1:
                return unsaid(number, shape)
        return Rows(Kind.ROWS, axis=ndim + axis, stage=self.stage())

    def by_meaning(self, operands: list[Node]) -> Rows:
        """Return the rows of what the operation means, step by step."""
        operation = self.operation
        meant = operation.lift(operation.meaning(*operands, *self.attributes))
        known = dict(zip(operands, self.below, strict=True))
        shapes = dict(zip(operands, self.shapes, strict=True))
        folds = False
        for item in order([meant], known=known):
            known[item], shapes[item] = self.of_node(item, known, shapes)
            folds = folds or known[item].hidden or bool(known[item].fold)
        found = known[meant]
        return found if found.kind is Kind.MIXED else replace(found, fold="", hidden=folds)

    def of_node(
        self, item: Node, known: Mapping[Node, Rows], shapes: Mapping[Node, Any]
    ) -> tuple[Rows, Any]:
        """Return the rows and the shape of a node of the meaning."""
        operation: Any = type(item)
        if operation.role is Role.CONSTANT:
            return FIXED, np.shape(item.attributes[0])
        below = [known[argument] for argument in item.arguments]
        sizes = [shapes[argument] for argument in item.arguments]
        shape = operation.shape(*sizes, *item.attributes)
        told = without_operation(operation, below)
        if told is None:
            values = [
                argument.attributes[0]
                if type(argument).role is Role.CONSTANT  # type: ignore[attr-defined]  # a class
                else None
                for argument in item.arguments
            ]
            step = Step(operation, item.attributes, below, sizes, values)
            told = step.rows(shape, lambda: list(item.arguments))
        if told.operand >= 0:  # of a step that the program does not have
            blamed = text(flatten([item.arguments[told.operand]]), limit=100)
            told = replace(told, reason=f"{blamed} {told.reason}", operand=-1)
        return told, shape


def unsaid(number: int, shape: Any) -> Rows:
    """Return that an operand has an element for each row, and nobody said that it has rows."""
    words = f"has shape {shape}, an element for each row, but is not among the data that have rows"
    return Rows(Kind.MIXED, reason=words, operand=number)
