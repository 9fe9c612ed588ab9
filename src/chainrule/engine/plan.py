"""What has been worked out about one expression: its program, and faster forms once it is hot.

Calls are counted. The interpreter serves the first ones; when the time already spent would have
paid for generating code, the code is generated. Kept on the node, never part of its identity; two
threads may build the same plan twice, and either result serves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.engine.expansion import expanded
from chainrule.engine.node import Node, set_plan
from chainrule.engine.program import Program, flatten
from chainrule.engine.sweep import reverse
from chainrule.engine.targets.source import float_function

__all__ = ["Plan", "gradient_program", "plan_of"]

# Generating code takes as long as interpreting each step about thirty times (measured: 25 to 40).
PAYS_AFTER = 30
# Beyond this many steps a generated function is slow to compile and gains little.
MOST_STEPS = 3_000


class Plan:
    """A program and the functions made from it so far."""

    __slots__ = ("calls", "gradient_calls", "gradients", "program", "value", "values_and_gradients")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.calls = 0
        self.gradient_calls = 0
        self.value: Callable[[Any], float] | None = None
        self.gradients: Callable[[Any], dict[str, float]] | None = None
        self.values_and_gradients: Callable[[Any], tuple[float, dict[str, float]]] | None = None

    def count_value(self, scalar: Callable[[Any], float]) -> None:
        """Count an evaluation on plain numbers; generate the function when that has paid off."""
        self.calls += 1
        if self.calls >= PAYS_AFTER and self.value is None and self.can_be_generated():
            (root,) = roots_of(self.program)
            self.value = float_function(expanded([root]), None, scalar)

    def count_gradient(self, scalar: Callable[[Any], float]) -> None:
        """Count a gradient on plain numbers; generate the functions when that has paid off."""
        self.gradient_calls += 1
        paid = self.gradient_calls >= PAYS_AFTER and self.gradients is None
        if paid and self.can_be_generated():
            names = list(self.program.inputs)
            made = gradient_program(self.program)
            self.gradients = float_function(made, names, scalar, with_value=False)
            self.values_and_gradients = float_function(made, names, scalar)

    def can_be_generated(self) -> bool:
        """Tell whether the program is short and treats every operand as one number."""
        short = len(self.program) <= MOST_STEPS
        return short and self.program.is_elementwise() and not any(self.program.declared.values())


def plan_of(root: Node) -> Plan:
    """Return the plan of an expression, made at the first call."""
    known: Plan | None = root.plan
    if known is None:
        known = Plan(flatten([root]))
        set_plan(root, known)
    return known


def roots_of(program: Program) -> list[Node]:
    """Return the nodes that a program computes."""
    made = program.nodes()
    return [made[slot] for slot in program.outputs]


def gradient_program(program: Program) -> Program:
    """Return the program of the value and of the partial by every input, for scalar inputs.

    The reverse sweep is run on nodes, so the operations are those of the sweep on numbers.
    """
    made = program.nodes()
    slots = list(program.inputs.values())
    found = reverse(program, made, {program.outputs[0]: 1}, slots)
    lift = type(made[program.outputs[0]]).lift  # type: ignore[attr-defined]  # an operation's class
    partials = [lift(found.get(slot, 0.0)) for slot in slots]
    return expanded([made[program.outputs[0]], *partials])
