"""A computation graph from an expression: its steps, with the numbers of the sweep of `diff`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.draw.computation import GraphEdge, GraphNode
from chainrule.draw.symbols import symbol_of
from chainrule.engine.bundle import Bundle
from chainrule.engine.compiled import compiled_of
from chainrule.engine.names import latex_name
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import NOT_KNOWN
from chainrule.errors import UnknownVariable
from chainrule.language.compute import slot_of
from chainrule.language.constants import constant
from chainrule.language.explaining.recorded import Recorded, Steps, local_formula, recorded
from chainrule.language.expression import expression

__all__ = ["GraphWriter", "edges_of", "nodes_of", "numbers_for", "steps_on_paths"]

KINDS = {Role.VARIABLE: "variable", Role.CONSTANT: "constant"}


class GraphWriter:
    """Writes a step, or its derivative by one operand, over the names of the steps, when asked."""

    __slots__ = ("place", "steps", "write")

    def __init__(self, write: Callable[..., str], steps: Steps, *place: int) -> None:
        self.write = write
        self.steps = steps
        self.place = place

    def __call__(self, style: str) -> str:
        """Write it in a style: "text" or "latex"."""
        return self.write(self.steps, *self.place, style)


def numbers_for(
    root: expression, values: Any, wrt: str | None
) -> tuple[Recorded | None, Steps, tuple[str, ...]]:
    """Run the sweep that a picture shows, if there are values for it.

    Returns the record, the names of the steps, and notes: why there are no numbers.
    Raises: UnknownVariable for `wrt`; as `eval` for values that do not serve.
    """
    program = compiled_of(root).program
    if wrt is not None:
        slot_of(program, wrt)
    steps = Steps(program)
    if values is None and program.inputs:
        return None, steps, ()
    try:
        found = recorded(root, values, None if wrt is None else [wrt], matrices=True)
    except UnknownVariable as error:
        return None, steps, (f"No numbers: {error}",)
    return found, found.steps, found.notes


def steps_on_paths(program: Program, wrt: str | None) -> list[bool]:
    """Tell for every slot whether a derivative flows through it: it depends on what is asked."""
    wanted = program.inputs.values() if wrt is None else [slot_of(program, wrt)]
    return program.depends_on(wanted)


def shown_slots(steps: Steps) -> list[int]:
    """List the slots that get a node: all but constants inside a step, and merged names."""
    program = steps.program
    return [
        slot
        for slot, operation in enumerate(program.operations)
        if slot not in steps.merged
        and (operation.role is not Role.CONSTANT or slot == program.outputs[0])
    ]


def standing_for(steps: Steps) -> Callable[[int], int]:
    """Return the function from a slot to the one whose node shows it."""
    arguments = steps.program.arguments
    return lambda slot: arguments[slot][0] if slot in steps.merged else slot


def nodes_of(steps: Steps, record: Recorded | None, on_path: Sequence[bool]) -> list[GraphNode]:
    """Make the nodes, operands before the steps that use them."""
    program = steps.program
    adjoints = {} if record is None else record.adjoints()
    nothing = 0.0 if adjoints else None  # what the sweep has not reached does not matter
    rows = 1 if record is None else rows_of(record.values)
    symbol = symbols(steps)
    given = {*program.inputs, *program.labels}
    made = []
    for slot in shown_slots(steps):
        operation = program.operations[slot]
        name = steps.names.get(slot, "")
        value = None if record is None else record.values[slot]
        made.append(
            GraphNode(
                f"n{slot}",
                KINDS.get(operation.role, "operation"),
                name,
                name in given,
                symbol(slot),
                operation.__name__,
                value,
                adjoints.get(slot, nothing if on_path[slot] else None),
                rows if isinstance(value, np.ndarray) and value.ndim == 1 else 1,
                shape=shape_at(steps, slot),
                writer=GraphWriter(formula_of, steps, slot),
            )
        )
    return made


def shape_at(steps: Steps, slot: int) -> tuple[Any, ...] | None:
    """Return the shape of a slot; None where it is not known, or there are several values."""
    shape = steps.shapes[slot]
    return None if shape is NOT_KNOWN or type(shape) is Bundle else tuple(shape)


def rows_of(values: Iterable[Any]) -> int:
    """Return over how many rows the columns among values run, 1 if not all arrays are columns."""
    shapes = {value.shape for value in values if isinstance(value, np.ndarray) and value.ndim}
    lengths = {shape[0] if len(shape) == 1 else 1 for shape in shapes}
    return lengths.pop() if len(lengths) == 1 else 1


def symbols(steps: Steps) -> Callable[[int], str]:
    """Return the function from a slot to the symbol of its node; like steps are written once."""
    program = steps.program
    operations, arguments = program.operations, program.arguments
    constants = {slot: slot for slot, item in enumerate(operations) if item.role is Role.CONSTANT}
    known: dict[tuple[Any, ...], str] = {}

    def symbol(slot: int) -> str:
        operation, attributes = operations[slot], program.attributes[slot]
        if operation.role is Role.VARIABLE:
            return steps.names[slot]
        if operation.role is Role.CONSTANT:
            return constant(attributes[0]).to_text()
        key = (operation, *(constants.get(item) for item in arguments[slot]))
        found = None if attributes else known.get(key)
        if found is None:
            words = [None if isinstance(word, str) else word for word in steps.words(slot)]
            found = symbol_of(operation, attributes, words)
            if not attributes:
                known[key] = found
        return found

    return symbol


def formula_of(steps: Steps, slot: int, style: str) -> str:
    """Write a node: the operation over the names of its operands; in LaTeX a leaf too."""
    operation, attributes = steps.program.operations[slot], steps.program.attributes[slot]
    if operation.role in KINDS and style == "text":
        return ""
    if operation.role is Role.VARIABLE:
        return latex_name(steps.names[slot])
    if operation.role is Role.CONSTANT:
        return constant(attributes[0]).to_latex()
    return steps.operation(slot, style)


def edges_of(steps: Steps, record: Recorded | None, on_path: Sequence[bool]) -> list[GraphEdge]:
    """Make the edges, one an operand that is no constant, in the order of the operands."""
    program = steps.program
    flows = {} if record is None else {(flow.slot, flow.number): flow for flow in record.flows}
    swept = record is not None and not record.notes
    shown = standing_for(steps)

    made = []
    for slot in shown_slots(steps):
        for number, argument in enumerate(program.arguments[slot]):
            if program.operations[argument].role is Role.CONSTANT:
                continue
            flow = flows.get((slot, number))
            nothing = 0.0 if swept and on_path[argument] else None
            made.append(
                GraphEdge(
                    f"n{shown(argument)}",
                    f"n{slot}",
                    number,
                    nothing if flow is None else flow.local,
                    nothing if flow is None else flow.contribution,
                    on_path[argument],
                    (slot, number),
                    GraphWriter(local_formula, steps, slot, number) if on_path[argument] else None,
                )
            )
    return made


def output_of(steps: Steps) -> str:
    """Return the id of the node of the output."""
    return f"n{standing_for(steps)(steps.program.outputs[0])}"
