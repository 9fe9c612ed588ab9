"""How far rounding inside an expression reaches: into its value, and into its derivatives.

May import the sweeps; it must not know what the answer is compared with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.calculus.differences import EPS, LEAST
from chainrule.engine.bundle import Bundle
from chainrule.engine.compiled import NOT_FOR_IT, Compiled
from chainrule.engine.evaluate import Contribution, Pass, written
from chainrule.engine.program import Program, flatten
from chainrule.engine.shapes import sum_to_shape
from chainrule.language.compute import pass_at, slot_of
from chainrule.language.expression import lift
from chainrule.language.folds import fitted
from chainrule.language.folds import sum as total

__all__ = ["Conditioning", "conditioning", "rounding_program"]


@dataclass(frozen=True, slots=True)
class Conditioning:
    """What rounding may do, to the first order.

    rounding: of the value, when every step inside loses half of a last bit, or what lies below the
    smallest float. natural: name -> how large its derivative would be, did no terms cancel.
    """

    rounding: Any
    natural: dict[str, Any]


def conditioning(program: Program, point: Any, names: list[str]) -> Conditioning:
    """Return how rounding spreads, from one reverse sweep.

    Along it go the derivatives, and beside them what they would be without signs.
    Source: Higham (2002), Accuracy and Stability of Numerical Algorithms, 2nd edition, section 3.3.
    """
    at = pass_at(program, point)
    slots = {name: slot_of(program, name) for name in names}
    root = program.outputs[0]
    shape = np.shape(at.output)
    one = np.ones(shape) if shape else 1.0
    sizes: dict[int, Any] = {root: one}
    adjoints: dict[int, Any] = {root: one}
    with np.errstate(all="ignore"):
        for slot, number, _, partial, cotangent in recorded(at, list(slots.values()), one):
            argument = program.arguments[slot][number]
            before = adjoints.get(argument)
            adjoints[argument] = cotangent if before is None else before + cotangent
            if type(cotangent) is Bundle:
                continue  # whose parts are no factors of anything
            size = np.abs(cotangent) if partial is None else sizes[slot] * np.abs(partial)
            size = sum_to_shape(np.nan_to_num(size), np.shape(at.slots[argument]))
            sizes[argument] = sizes.get(argument, 0.0) + size
        rounding: Any = 0.0
        for slot, adjoint in adjoints.items():
            if not program.arguments[slot]:
                continue  # what is given is exact
            for flow, value in parts_beside(adjoint, at.slots[slot]):
                lost = np.abs(flow) * (EPS * np.abs(value) + LEAST)
                lost = np.nan_to_num(lost, posinf=0.0, neginf=0.0)
                rounding = rounding + (lost if np.shape(lost) == shape else np.sum(lost))
    return Conditioning(rounding, {name: sizes.get(slot, 0.0) for name, slot in slots.items()})


def rounding_program(program: Program, names: tuple[str, ...]) -> Compiled | None:
    """Write what `conditioning` says of the rounding of a number as a program of its own.

    So it runs in blocks of rows, and keeps no step of a long column. NaN where a slope is infinite,
    which `conditioning` knows to leave out. None where a step has several values, or no rule.
    """
    nodes = program.nodes()
    moves = program.depends_on([slot_of(program, name) for name in names])
    steps = [slot for slot, on_path in enumerate(moves) if on_path and program.arguments[slot]]
    leaves = [slot_of(program, name) for name in names]
    try:
        found = written(program, fitted).vjp({program.outputs[0]: 1}, [*steps, *leaves])
    except NOT_FOR_IT:
        return None
    terms: list[Any] = []
    for slot in steps:
        flow = found.get(slot)
        if type(flow) is Bundle:
            return None
        if flow is not None:
            terms.append(total(abs(lift(flow)) * (EPS * abs(lift(nodes[slot])) + LEAST)))
    return Compiled(flatten([lift(sum(terms[1:], start=terms[0]))])) if terms else None


def parts_beside(adjoint: Any, value: Any) -> list[tuple[Any, Any]]:
    """Return what flows beside its value; of a step with several, one by one."""
    if type(adjoint) is not Bundle:
        return [(adjoint, value)]
    pairs = zip(adjoint, value, strict=True)
    return [(flow, part) for flow, part in pairs if flow is not None]


def recorded(at: Pass, wanted: list[int], seed: Any) -> list[Contribution]:
    """Return every contribution of a reverse sweep."""
    steps: list[Contribution] = []
    numbers = at.numbers
    at.vjp({at.program.outputs[0]: seed}, wanted, steps.append)
    if at.numbers is not numbers:  # Python floats raised on the way, and the sweep began again
        steps.clear()
        at.vjp({at.program.outputs[0]: seed}, wanted, steps.append)
    return steps
