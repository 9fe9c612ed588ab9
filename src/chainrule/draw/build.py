"""A computation graph from an expression: its steps, with the numbers of the sweep of `diff`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from chainrule.draw.computation import GraphEdge, GraphNode
from chainrule.draw.symbols import symbol_of
from chainrule.engine.names import latex_name
from chainrule.engine.plan import plan_of
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.errors import UnknownVariable
from chainrule.language.compute import slot_of
from chainrule.language.constants import constant
from chainrule.language.expression import expression
from chainrule.language.recorded import Recorded, Steps, local_formula, recorded

__all__ = ["edges_of", "nodes_of", "numbers_for", "steps_on_paths"]


def numbers_for(
    root: expression, values: Any, wrt: str | None
) -> tuple[Recorded | None, Steps, tuple[str, ...]]:
    """Run the sweep that a picture shows, if there are values for it.

    Returns the record, the names of the steps, and notes: why there are no numbers.
    Raises: UnknownVariable for `wrt`; as `eval` for values that do not serve.
    """
    program = plan_of(root).program
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
    made = []
    for slot in shown_slots(steps):
        operation, attributes = program.operations[slot], program.attributes[slot]
        kind, symbol, formula = "operation", "", ""
        name = steps.names.get(slot, "")
        if operation.role is Role.VARIABLE:
            kind, symbol = "variable", name
        elif operation.role is Role.CONSTANT:
            kind, symbol = "constant", constant(attributes[0]).to_text()
        else:
            formula = steps.operation(slot)
            words = [None if isinstance(word, str) else word for word in steps.words(slot)]
            symbol = symbol_of(operation, attributes, words)
        made.append(
            GraphNode(
                f"n{slot}",
                kind,
                name,
                name in program.inputs or name in program.labels,
                symbol,
                formula,
                operation.__name__,
                None if record is None else record.values[slot],
                adjoints.get(slot, nothing if on_path[slot] else None),
                writer=partial(latex_of, steps, slot),
            )
        )
    return made


def latex_of(steps: Steps, slot: int) -> str:
    """Write a node in LaTeX: the operation over the names of its operands, or what it is."""
    operation, attributes = steps.program.operations[slot], steps.program.attributes[slot]
    if operation.role is Role.VARIABLE:
        return latex_name(steps.names[slot])
    if operation.role is Role.CONSTANT:
        return constant(attributes[0]).to_latex()
    return steps.operation(slot, "latex")


def edges_of(steps: Steps, record: Recorded | None, on_path: Sequence[bool]) -> list[GraphEdge]:
    """Make the edges, one an operand that is no constant, in the order of the operands."""
    program = steps.program
    flows = {} if record is None else {(flow.slot, flow.number): flow for flow in record.flows}
    swept = record is not None and not record.notes
    shown = standing_for(steps)

    def formula(slot: int, number: int, style: str) -> str:
        return local_formula(steps, slot, number, style)

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
                    formula if on_path[argument] else None,
                )
            )
    return made


def output_of(steps: Steps) -> str:
    """Return the id of the node of the output."""
    return f"n{standing_for(steps)(steps.program.outputs[0])}"
