"""Write a loop over a program as Python source: the steps stand in the loop, no call between them.

It does the interpreter's operations in the interpreter's order, step for step, and gives the same
bits. Of floats it raises where Python's float arithmetic does; its caller then takes another way.
Knows no operation, and not which loop asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from chainrule.engine.numbers import Numbers
from chainrule.engine.program import Program
from chainrule.engine.targets.source import array_lines, execute
from chainrule.engine.targets.statements import Statements

__all__ = ["Variables", "array_loop", "float_loop"]


class Variables(NamedTuple):
    """The variables of a step, by kind: what it carries, what it goes over, what stays.

    The first outputs of the program are the new states; the others are what is stacked, and where
    there is a condition, it is the last one.
    """

    states: Sequence[str]
    sequences: Sequence[str]
    captured: Sequence[str]


class Written(NamedTuple):
    """What both kinds of loop are written with: the words for variables, and for outputs."""

    states: list[str]
    sequences: list[str]
    captured: list[str]
    outputs: list[str]
    update: str  # of the states, a line


def written(program: Program, variables: Variables, roots: Sequence[str]) -> Written:
    """Return the words for the variables and the outputs of a program.

    roots: the words for all its outputs.
    """
    words: list[list[str]] = []
    number = 0
    for names in variables:
        words.append([])
        for name in names:
            slot = program.inputs.get(name)
            words[-1].append(f"u{number}" if slot is None else f"t{slot}")
            number += 1
    states, sequences, captured = words
    pairs = [(a, b) for a, b in zip(states, roots, strict=False) if a != b]
    update = f"{', '.join([a for a, _ in pairs])} = {', '.join([b for _, b in pairs])}"
    others = list(roots[len(states) :])
    return Written(states, sequences, captured, others, update if pairs else "pass")


def float_loop(program: Program, variables: Variables, *, conditional: bool) -> Callable[..., Any]:
    """Return a function of floats that loops: the last states, then a list for each output.

    Its parameters: the states, what stays, a list for each sequence, and how often at most. With a
    condition it returns None where that still holds after so many steps.
    """
    ends = program.outputs
    reads = [f"t{slot}" for slot in program.inputs.values()]
    steps = Statements(program, ends, reads, checked=False, named=range(len(ends)))
    for _ in steps.written():
        pass  # all of it, in one go
    told = written(program, variables, [part.text for part in steps.outputs])
    lists = [f"x{number}" for number in range(len(told.sequences))]
    outputs = told.outputs[:-1] if conditional else told.outputs
    lines = [f"def compute({', '.join([*told.states, *told.captured, *lists, 'most'])}):"]
    lines += [f"    o{n} = []; p{n} = o{n}.append" for n in range(len(outputs))]
    if lists:
        lines.append(f"    for {', '.join(told.sequences)}, in zip({', '.join(lists)}):")
    else:
        lines.append(f"    for place in range(most{' + 1' * conditional}):")
    lines += [f"        {text}" for item in steps.statements for text in item.texts]
    if conditional:
        lines.append(f"        if not {told.outputs[-1]}: break")
        lines.append("        if place == most: return None")
    lines += [f"        p{number}({output})" for number, output in enumerate(outputs)]
    lines.append(f"        {told.update}")
    found = [*told.states, *[f"o{number}" for number in range(len(outputs))]]
    lines.append(f"    return [{', '.join(found)}]")
    return compiled(lines, steps.namespace)


def array_loop(
    program: Program, variables: Variables, numbers: Numbers, shapes: Sequence[Any]
) -> Callable[..., Any]:
    """Return a function of arrays that loops, puts each output into its store, and returns states.

    Its parameters: the states, what stays, the sequences in the order in which they are gone over,
    the places of the steps in the stores, and a store for each output. shapes: of every slot.
    """
    namespace: dict[str, Any] = {}
    told = written(program, variables, [f"t{slot}" for slot in program.outputs])
    lists = [f"x{number}" for number in range(len(told.sequences))]
    stores = [f"o{number}" for number in range(len(told.outputs))]
    given = [*told.states, *told.captured, *lists, "places", *stores]
    lines = [f"def compute({', '.join(given)}):"]
    if lists:
        turns = ", ".join(["place", *told.sequences])
        lines.append(f"    for {turns} in zip({', '.join(['places', *lists])}):")
    else:
        lines.append("    for place in places:")
    kept = [program.inputs[name] for name in variables.captured if name in program.inputs]
    needed = [*program.outputs, *kept]
    lines += [
        f"        {line}"
        for line in array_lines(program, numbers, namespace, needed, shapes=shapes)
    ]
    lines += [
        f"        {store}[place] = {output}"
        for store, output in zip(stores, told.outputs, strict=True)
    ]
    lines += [f"        {told.update}", f"    return [{', '.join(told.states)}]"]
    return compiled(lines, namespace)


def compiled(lines: Sequence[str], namespace: dict[str, Any]) -> Callable[..., Any]:
    """Make a function of its source."""
    execute("\n".join(lines) + "\n", namespace)
    made: Callable[..., Any] = namespace["compute"]
    return made
