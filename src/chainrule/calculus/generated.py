"""Generated code for Hessians, Jacobians and products of small formulas of numbers.

As for values and gradients, calls are counted, and code is generated once that has paid off: the
same sweeps, in the same order, written down once by sweeping over nodes. May import the engine and
the language; whatever it does not serve it leaves to the sweeps over numbers, by returning None.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from chainrule.calculus.symbolic import fresh_directions, gradient_program
from chainrule.engine.compiled import Building, Compiled, compiled_of
from chainrule.engine.evaluate import Pass
from chainrule.engine.expansion import expanded
from chainrule.engine.gradient import partials_on_nodes
from chainrule.engine.kernels import Form, function_pieces, tuple_of
from chainrule.engine.node import Node
from chainrule.engine.numbers import NODES
from chainrule.engine.program import Program, flatten
from chainrule.language.compute import NOT_PLAIN
from chainrule.language.expression import lift
from chainrule.language.values import scalar

__all__ = ["hessian_rows", "hvp_parts", "jacobian_rows", "jvp_value", "vjp_parts"]

# Steps times variables: beyond this, code of every entry is slow to generate, and gains little.
MOST_WORK = 10_000


def hessian_rows(root: Node, values: Any, names: Sequence[str]) -> Any:
    """Return the rows of the Hessian by some variables, as tuples."""
    program = compiled_of(root).program

    def build() -> Building:
        gradient = gradient_program(lift(root), list(names))
        nodes = gradient.nodes()
        columns = []
        for name in names:
            columns.append(tangents_of(gradient, nodes, {name: 1}, gradient.outputs[1:]))
            yield len(gradient)
        # Both triangles could be had, and may differ in their last digits; the upper one is kept.
        count = range(len(names))
        entries = [columns[max(i, j)][min(i, j)] for i in count for j in count]
        return (yield from written(entries, len(names), program))

    return answer([root], ("hessian", *names), names, build, values)


def jacobian_rows(roots: Sequence[Node], values: Any, names: Sequence[str]) -> Any:
    """Return the rows of the Jacobian of some numbers by some variables, as tuples."""

    def build() -> Building:
        program = flatten(roots)
        nodes = program.nodes()
        slots = [program.inputs[name] for name in names]
        if len(set(program.outputs)) < len(names):
            rows = yield from rows_on_nodes(program, nodes, slots)
        else:
            columns = []
            for name in names:
                columns.append(tangents_of(program, nodes, {name: 1}, program.outputs))
                yield len(program)
            rows = [list(row) for row in zip(*columns, strict=True)]
        return (yield from written([item for row in rows for item in row], len(names), program))

    others = tuple([weakref.ref(root) for root in roots[1:]])
    return answer(roots, ("jacobian", others, *names), names, build, values)


def jvp_value(root: Node, values: Any, tangents: Any) -> Any:
    """Return the derivative along a direction."""
    names = list(tangents) if type(tangents) is dict else []
    program = compiled_of(root).program

    def build() -> Building:
        seeds = fresh_directions(program, names)
        nodes = program.nodes()
        entries = tangents_of(program, nodes, seeds, program.outputs)
        yield len(program)
        return (yield from written(entries, 1, program, seeds))

    found = answer([root], ("jvp", *names), names, build, values, tangents)
    return None if found is None else found[0][0]


def vjp_parts(root: Node, values: Any, cotangent: Any, names: Sequence[str]) -> Any:
    """Return a number times the gradient, as a dict by name."""
    program = compiled_of(root).program

    def build() -> Building:
        seed = fresh_directions(program, ["cotangent"])
        slots = [program.inputs[name] for name in names]
        seeds = {program.outputs[0]: seed["cotangent"]}
        entries = yield from partials_on_nodes(program, program.nodes(), seeds, slots)
        return (yield from written(entries, len(names), program, seed))

    given = {"cotangent": cotangent}
    found = answer([root], ("vjp", *names), names, build, values, given)
    return None if found is None else dict(zip(names, found[0], strict=True))


def hvp_parts(root: Node, values: Any, vector: Any) -> Any:
    """Return the Hessian times a vector, as a dict by name."""
    names = list(vector) if type(vector) is dict else []
    program = compiled_of(root).program

    def build() -> Building:
        gradient = gradient_program(lift(root), names)
        seeds = fresh_directions(program, names)
        entries = tangents_of(gradient, gradient.nodes(), seeds, gradient.outputs[1:])
        yield len(gradient)
        return (yield from written(entries, len(names), program, seeds))

    found = answer([root], ("hvp", *names), names, build, values, vector)
    return None if found is None else dict(zip(names, found[0], strict=True))


def rows_on_nodes(program: Program, nodes: Sequence[Node], slots: Sequence[int]) -> Building:
    """Return for each output the list of its partials as nodes."""
    rows = {}
    for number, output in enumerate(program.outputs):
        rows[number] = yield from partials_on_nodes(program, nodes, {output: 1}, slots)
        yield len(program)
    return list(rows.values())


def tangents_of(
    program: Program, nodes: Sequence[Node], seeds: Mapping[str, Any], outputs: Iterable[int]
) -> list[Node]:
    """Return the tangents of some slots as nodes."""
    # What the gradient does not contain any more, it does not depend on.
    known = {program.inputs[name]: seed for name, seed in seeds.items() if name in program.inputs}
    tangents = Pass(program, NODES, {}, list(nodes)).tangents(known)
    return [lift(0.0 if tangents[slot] is None else tangents[slot]) for slot in outputs]


def written(
    entries: Sequence[Node], width: int, program: Program, seeds: Mapping[str, Any] | None = None
) -> Building:
    """Compile a function of values, and of what goes along, that returns rows of entries.

    seeds: the variables that stand for what goes along, by the names under which it is given.
    """
    made = expanded(list(entries))
    yield len(made)
    given = {variable.name: name for name, variable in (seeds or {}).items()}
    reads = [
        f"along[{given[name]!r}]" if name in given else f"values[{name!r}]" for name in made.inputs
    ]

    def result(words: Sequence[str]) -> str:
        starts = range(0, len(words), width)
        return tuple_of([tuple_of(words[start : start + width]) for start in starts])

    # All that a sweep over numbers would look at, whether the entries need it or not.
    asked = [f"values[{name!r}]" for name in program.inputs]
    asked += [f"along[{name!r}]" for name in given.values()]
    checks = [f"if {read}.__class__ is not float: scalar({read})" for read in asked]
    opening = ["if values.__class__ is not dict: raise TypeError", *checks]
    form = Form("values, along", reads, "values, along", result, opening)
    return (yield from function_pieces(made, made.outputs, form, {"scalar": scalar}))


def answer(
    roots: Sequence[Node],
    outputs: tuple[Any, ...],
    names: Sequence[str],
    build: Callable[[], Building],
    values: Any,
    along: Any = None,
) -> Any:
    """Return what generated code gives; None where there is none yet, or it does not apply."""
    known: list[Compiled] = [compiled_of(root) for root in roots]
    length = sum([len(item.program) for item in known])
    if type(values) is not dict or not names or length * len(names) > MOST_WORK:
        return None
    for item in known:
        if not item.can_be_generated():
            return None
    inputs = {name for item in known for name in item.program.inputs}
    if not inputs.issuperset(names):  # a named step, or a name that there is not
        return None
    kernel = known[0].of_floats(outputs, build)
    if kernel is None:
        return None
    try:
        return kernel(values, along)
    except NOT_PLAIN:
        return None
