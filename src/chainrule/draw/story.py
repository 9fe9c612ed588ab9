"""Where a NaN or an infinity came from: the step, the row and the column of the data, both ways.

Read off the sweep that answers `diff`: nothing is computed again, so the story is that of the
answer. What arose on a branch that was not taken, and did no harm, is not told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.draw.graph import Graph, graph
from chainrule.engine.names import quoted
from chainrule.engine.protocol import Role
from chainrule.language.explaining.recorded import Flow, Recorded, local_formula, recorded
from chainrule.language.expression import expression, name_of
from chainrule.report import (
    Cell,
    Document,
    Picture,
    Remark,
    Report,
    Section,
    Sentence,
    joined,
)

__all__ = ["FaultySpot", "NanStory", "nan_story"]


@dataclass(frozen=True, slots=True)
class FaultySpot(Remark):
    """One place where a number stopped being finite.

    step: the name of the step; operand: going backward, the operand whose derivative it is.
    formula: of the step, or of the local derivative. value: the NaN or infinity. row: of the data,
    from 0; None where there are no rows. given: what the step was computed from, there.
    data: the variables that it depends on, with their values in that row.
    """

    step: str
    operand: str
    formula: str
    value: float
    row: int | None
    given: Mapping[str, Any]
    data: Mapping[str, Any]

    def sentence(self) -> Sentence:
        """Say what is not finite, and from which numbers it came."""
        said = "{name} = {formula} is {value!n}{where}{given}{there}"
        if not self.formula:
            said = "{name} is {value!n}{where}, as given"
        name = quoted(self.step)
        return Sentence(
            said,
            name=f"∂{name}/∂{quoted(self.operand)}" if self.operand else name,
            formula=self.formula,
            value=self.value,
            where="" if self.row is None else Sentence(" in row {row}", row=self.row),
            given=listing(", where ", self.given),
            there=listing("; there ", self.more_data()),
        )

    def more_data(self) -> dict[str, Any]:
        """Return the data that is not already told as an operand."""
        return {name: value for name, value in self.data.items() if name not in self.given}


def listing(before: str, values: Mapping[str, Any]) -> str:
    """Write names with their values."""
    told = [
        Sentence("{name} = {value!n}", name=quoted(name), value=value)
        for name, value in values.items()
    ]
    return joined([before, joined(told, ", ")], "") if told else ""


@dataclass(frozen=True, slots=True, eq=False)
class NanStory(Report):
    """Where NaN and infinity came from; printed, a few sentences; displayed, the picture of it.

    forward, backward: the first trouble going each way, or None. affected: the variables whose
    derivative is not finite. graph: cut down to the way from the data to the trouble and onward.
    """

    value: Any
    forward: FaultySpot | None
    backward: FaultySpot | None
    affected: tuple[str, ...]
    graph: Graph

    @property
    def is_finite(self) -> bool:
        """Whether there is nothing to tell: the value and every derivative are finite."""
        return self.forward is None and not self.affected

    def document(self) -> Document:
        """Return what happened going each way, and the picture of it."""
        lines: list[Cell | str] = []
        if self.is_finite:
            lines.append("The value and every derivative are finite.")
        if self.forward is not None:
            lines.append(Sentence("Going forward: {it}.", it=self.forward.sentence()))
            lines.append(
                Cell(Sentence("It makes the value {value!n}.", value=self.value), indent=1)
            )
        if self.backward is not None:
            lines.append(Sentence("Going backward: {it}.", it=self.backward.sentence()))
        elif self.affected:
            lines.append("Going backward: a sum of finite contributions is too large.")
        if self.affected:
            several = "derivatives" if len(self.affected) > 1 else "derivative"
            names = ", ".join(map(quoted, self.affected))
            lines.append(Cell(f"The {several} by {names} cannot be finite.", indent=1))
        picture = Picture(self.graph.to_svg(), "The way of the numbers that are not finite.")
        return Document([Section(lines=lines), Section(picture=picture)])


def is_bad(value: Any) -> Any:
    """Tell where a value is NaN or infinite; of what NumPy does not know, nowhere."""
    try:
        return ~np.isfinite(value)
    except TypeError:  # an exact number
        return np.False_


def any_bad(value: Any) -> bool:
    """Tell whether any element of a value is NaN or infinite."""
    return value is not None and bool(np.any(is_bad(value)))


def first_place(bad: Any) -> tuple[int, ...]:
    """Return the first place that is true."""
    flat = int(np.argmax(np.ravel(bad)))
    return (
        tuple(int(place) for place in np.unravel_index(flat, np.shape(bad)))
        if np.shape(bad)
        else ()
    )


def at_place(value: Any, place: tuple[int, ...]) -> Any:
    """Return the element of a value at a place of what it was broadcast to.

    What does not line up with the place, as under a fold, is returned whole.
    """
    shape = np.shape(value)
    own = place[len(place) - len(shape) :]
    if len(shape) > len(place) or any(i >= n != 1 for n, i in zip(shape, own, strict=True)):
        return value
    return (
        value[tuple(0 if n == 1 else i for n, i in zip(shape, own, strict=True))] if own else value
    )


class Detective:
    """Follows a NaN or an infinity through one record."""

    __slots__ = ("names", "program", "record")

    def __init__(self, record: Recorded) -> None:
        self.record = record
        self.program = record.steps.program
        self.names = record.steps.names

    def forward(self) -> int | None:
        """Return the first step, of those that spoil the output, that is not finite itself."""
        values = self.record.values
        last = self.program.outputs[0]
        if not any_bad(values[last]):
            return None
        spoilt = {last}
        for slot in range(last, -1, -1):
            if slot in spoilt:
                spoilt.update(a for a in self.program.arguments[slot] if any_bad(values[a]))
        found = min(spoilt)
        # The name of a step is told as its operation.
        return self.program.arguments[found][0] if found in self.record.steps.merged else found

    def backward(self, affected: Sequence[str]) -> Flow | None:
        """Return the first edge that spoils a derivative although what flows in is finite."""
        program = self.program
        spoilt = {program.inputs.get(name, program.labels.get(name)) for name in affected}
        found = None
        for flow in reversed(self.record.flows):
            if flow.operand in spoilt and any_bad(flow.contribution):
                if any_bad(flow.incoming):
                    spoilt.add(flow.slot)
                elif flow.slot not in self.record.steps.merged:
                    found = flow
        return found

    def told(self, slot: int, place: tuple[int, ...]) -> dict[str, Any]:
        """Return the operands of a step, with their values at a place."""
        return {
            self.names[a]: at_place(self.record.values[a], place)
            for a in self.program.arguments[slot]
            if self.program.operations[a].role is not Role.CONSTANT
        }

    def data(self, slot: int, place: tuple[int, ...]) -> dict[str, Any]:
        """Return the variables that a step depends on, with their values at a place."""
        return {
            name: at_place(self.record.values[given], place)
            for name, given in self.program.inputs.items()
            if self.program.depends_on([given])[slot]
        }

    def forward_trouble(self, slot: int) -> FaultySpot:
        """Tell of a step."""
        value = self.record.values[slot]
        place = first_place(is_bad(value))
        formula = self.record.steps.operation(slot)
        return FaultySpot(
            self.names.get(slot, formula),
            "",
            formula,
            at_place(value, place),
            place[0] if place else None,
            self.told(slot, place),
            self.data(slot, place) if formula else {},
        )

    def backward_trouble(self, flow: Flow) -> FaultySpot:
        """Tell of an edge: its local derivative, or the product with what flows in."""
        culprit = flow.local if any_bad(flow.local) else flow.contribution
        place = first_place(is_bad(culprit))
        formula = local_formula(self.record.steps, flow.slot, flow.number)
        if culprit is flow.contribution:
            what = formula or "its derivative"
            formula = Sentence("{what} times {flowing!n}", what=what, flowing=flow.incoming)
        return FaultySpot(
            self.names[flow.slot],
            self.names[flow.operand],
            formula,
            at_place(culprit, place),
            place[0] if place else None,
            self.told(flow.slot, place),
            self.data(flow.slot, place),
        )

    def ways(self, slots: Sequence[int]) -> set[int]:
        """Return the steps from the data to some slots, and from these to the output."""
        before = set(slots)
        for slot in range(max(slots, default=-1), -1, -1):
            if slot in before:
                before.update(self.program.arguments[slot])
        onward = self.program.depends_on(slots)
        return before | {slot for slot, later in enumerate(onward) if later}


def nan_story(root: expression, values: Any, wrt: str | expression | None = None) -> NanStory:
    """Tell where a NaN or an infinity first arose: going forward, and going backward.

    values: as for `eval`. wrt: follow the derivative by this variable alone; None for all.
    Raises: as `diff`.

    >>> from chainrule import log, mean
    >>> m, price = expression("m"), expression("price")
    >>> print(nan_story(mean(m * log(price)), {"m": 2.0, "price": [3.0, 0.0, 1.0]}, "m"))
    Going forward: s1 = log(price) is -inf in row 1, where price = 0.
      It makes the value -inf.
    Going backward: ∂s2/∂m = s1 is -inf in row 1, where m = 2, s1 = -inf; there price = 0.
      The derivative by m cannot be finite.
    """
    name = None if wrt is None else name_of(wrt)
    record = recorded(root, values, None if name is None else [name], matrices=True)
    detective = Detective(record)
    affected = tuple(item for item, slope in record.gradient.items() if any_bad(slope))
    slot, flow = detective.forward(), detective.backward(affected)
    whole = graph(root, values, name)
    culprits = ([] if slot is None else [slot]) + ([] if flow is None else [flow.slot])
    shown = {f"n{other}" for other in detective.ways(culprits)}
    return NanStory(
        record.value,
        None if slot is None else detective.forward_trouble(slot),
        None if flow is None else detective.backward_trouble(flow),
        affected,
        whole.only(node.id for node in whole.nodes if node.id in shown) if shown else whole,
    )
