"""Derivatives as expressions: gradients, Hessians, and their products with directions.

May import the engine and the language; it must not know of values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chainrule.calculus.asked import parts_of
from chainrule.calculus.by_vector import jacobian_by_vector
from chainrule.engine.compiled import compiled_of
from chainrule.engine.dependency import reached_from
from chainrule.engine.evaluate import written
from chainrule.engine.notation import text
from chainrule.engine.program import Program, flatten
from chainrule.engine.shapes import declared_shapes, declared_sizes
from chainrule.engine.sizes import in_words
from chainrule.engine.tidy import constant_value, tidy_all, tidy_tangents
from chainrule.errors import DerivativeError
from chainrule.language.compute import elementwise_path, slot_of
from chainrule.language.expression import as_number, expression, lift
from chainrule.language.folds import broadcast_as, fitted

__all__ = [
    "gradient_program",
    "symbolic_gradient",
    "symbolic_hessian",
    "symbolic_hvp",
    "symbolic_jvp",
    "symbolic_row",
    "symbolic_vjp",
]


def tidied(items: Iterable[Any], *, limits: bool) -> list[expression]:
    """Return what a sweep over nodes wrote (None is zero), as tidy expressions.

    limits: what was differentiated is elementwise, see `tidy_all`.
    """
    entries = [lift(0 if item is None else item) for item in items]
    return [lift(made) for made in tidy_all(entries, limits=limits)]


def swept_gradient(
    root: expression, names: Iterable[str], *, careful: bool = False
) -> list[expression]:
    """Return the partials of one number as expressions, from one reverse sweep over the nodes.

    careful: write where a step leaves elements out, instead of multiplying by 0.
    """
    program = compiled_of(root).program
    slots = [slot_of(program, name) for name in names]
    fit = None if program.is_elementwise() else fitted
    seeds = {program.outputs[0]: 1}
    found = written(program, fit).vjp(seeds, slots, careful=careful)
    return [lift(found.get(slot, 0)) for slot in slots]


def symbolic_gradient(root: expression, names: list[str]) -> dict[str, expression]:
    """Return the partials of one number as tidy expressions by name."""
    limits = compiled_of(root).program.is_elementwise()
    return dict(zip(names, tidied(swept_gradient(root, names), limits=limits), strict=True))


def derivative_by_array(root: expression, name: str) -> expression:
    """Return the derivative by a variable that declares itself an array, as a tidy expression.

    Of a number, its gradient; of an array that is elementwise in it, that of each element.
    Raises: DerivativeError where it has the axes of both.
    """
    program = compiled_of(root).program
    if not root.shape:  # a number, or it says nothing else
        return symbolic_gradient(root, [name])[name]
    slot = slot_of(program, name)
    if not elementwise_path(program, slot):
        raise DerivativeError(has_axes_of_both(root, name))
    tangent = tidy_tangents(program, {slot: 1})[program.outputs[0]]
    return as_number(lift(0 if tangent is None else tangent))


def has_axes_of_both(root: expression, name: str) -> str:
    """Say that the derivative of an array by another is too large to be written as one."""
    program = compiled_of(root).program
    shape = declared_shapes(program)[slot_of(program, name)]
    return (
        f"{text(program, limit=200)} has shape {in_words(root.shape)} and {name!r} has shape "
        f"{in_words(shape)}: its derivative has the axes of both. "
        f"Ask for jacobian(e, values, {name!r}), or take the derivative of one number."
    )


def gradient_program(root: expression, names: list[str], *, careful: bool = False) -> Program:
    """Return the program of an expression and of its partials, kept while few others are.

    careful: as for `swept_gradient`, so that second derivatives see what was left out.
    """
    program = compiled_of(root).program
    key = ("careful gradient" if careful else "gradient", *names)
    made: Program | None = program.notes.get(key)
    if made is None:
        partials = swept_gradient(root, names, careful=careful)
        if not program.is_elementwise():  # no path leads there, but each has its variable's shape
            nodes = program.nodes()
            partials = [
                partial
                if constant_value(partial) != 0
                else broadcast_as(0, nodes[slot_of(program, name)])
                for name, partial in zip(names, partials, strict=True)
            ]
        # Not tidied: nobody reads it, and a tidied step would clash with the named step it was.
        made = flatten([root, *partials])
        program.remember(key, made)
    return made


def symbolic_hessian(root: expression, names: list[str]) -> dict[str, dict[str, expression]]:
    """Return the second partials as expressions, from a forward sweep over the first ones.

    Raises: DerivativeError for a variable that declares itself an array, where the entry is no
    matrix.
    """
    program = compiled_of(root).program
    if any(program.declared.get(name) for name in names):
        firsts = symbolic_gradient(root, names)
        rows = {name: symbolic_row(first, names) for name, first in firsts.items()}
        return {name: dict(zip(names, row.values(), strict=True)) for name, row in rows.items()}
    elementwise = program.is_elementwise()
    if elementwise:
        firsts = symbolic_gradient(root, names)
    else:  # forward over forward: what is a number needs no `sum_as` to its shape
        firsts = {name: root.derivative(name) for name in names}
    return hessian_of_firsts(firsts, limits=elementwise)


def hessian_of_firsts(
    firsts: dict[str, expression], *, limits: bool
) -> dict[str, dict[str, expression]]:
    """Return the second partials by numbers; each column costs what depends on its variable.

    limits: see `tidied`.
    """
    program = flatten(list(firsts.values()))
    firsts_written = written(program)
    rows: dict[int, list[tuple[int, str]]] = {}  # slot -> the firsts that it is
    for number, (name, slot) in enumerate(zip(firsts, program.outputs, strict=True)):
        rows.setdefault(slot, []).append((number, name))
    zero = lift(0)
    found = {name: dict.fromkeys(firsts, zero) for name in firsts}
    for place, column in enumerate(firsts):
        if not contains(program, column):
            continue
        slots = reached_from(program, [slot_of(program, column)])
        tangents = firsts_written.tangents_along(slots)
        above = {
            row: tangents[slot]
            for slot in slots
            for number, row in rows.get(slot, ())
            if number <= place and tangents[slot] is not None
        }
        for row, entry in zip(above, tidied(above.values(), limits=limits), strict=True):
            found[row][column] = found[column][row] = entry
    return found


def symbolic_row(root: expression, names: Iterable[str]) -> dict[str, Any]:
    """Return the derivatives of one expression; by what it does not contain they are 0.

    Raises: DerivativeError for an array by a variable that declares itself one, unless both are
    vectors and the entry is made of matrices.
    """
    program = compiled_of(root).program
    known = [name for name in names if contains(program, name)]
    if root.shape:
        found = {name: derivative_of_array(root, name) for name in known}
    else:
        found = symbolic_gradient(root, known)
    return {name: found.get(name, lift(0)) for name in names}


def derivative_of_array(root: expression, name: str) -> expression:
    """Return the derivative of an array by a number, or of a vector by a vector."""
    declared = compiled_of(root).program.declared.get(name)
    if not declared:
        return root.derivative(name)
    vectors = len(root.shape) == len(declared_sizes(declared)) == 1
    found = jacobian_by_vector(root, name) if vectors else None
    if found is None:
        raise DerivativeError(has_axes_of_both(root, name))
    return tidied([found], limits=False)[0]


def contains(program: Program, name: str) -> bool:
    """Tell whether a program has a variable or a named step of this name."""
    return name in program.inputs or name in program.labels


def fresh_directions(program: Program, names: Iterable[str]) -> dict[str, expression]:
    """Return a new variable for every name: dx for x, with underscores behind it where taken."""
    taken = {*program.inputs, *program.labels}
    made: dict[str, expression] = {}
    for name in names:
        fresh = f"d{name}"
        while fresh in taken:
            fresh += "_"
        taken.add(fresh)
        made[name] = expression(fresh, shape=program.declared.get(name))
    return made


def direction(program: Program, given: Mapping[Any, Any] | None, what: str) -> dict[str, Any]:
    """Return the parts of a direction by name; without one, a fresh variable for every variable."""
    if given is None:
        return fresh_directions(program, program.inputs)
    return {name: lift(part) for name, part in parts_of(program, given, what).items()}


def moving(program: Program, seeds: Mapping[str, Any]) -> dict[int, Any]:
    """Return slot -> tangent of what moves: a variable of tangent 0 does not."""
    return {slot_of(program, name): dx for name, dx in seeds.items() if constant_value(dx) != 0}


def symbolic_jvp(root: expression, tangents: Mapping[Any, Any] | None) -> expression:
    """Return the derivative along a direction as a tidy expression, from one forward sweep."""
    program = compiled_of(root).program
    seeds = direction(program, tangents, "tangent")
    found = tidy_tangents(program, moving(program, seeds))
    along = found[program.outputs[0]]
    return as_number(lift(0 if along is None else along))


def symbolic_vjp(root: expression, cotangent: Any, names: list[str]) -> dict[str, expression]:
    """Return a weight times the Jacobian as tidy expressions, from one reverse sweep."""
    program = compiled_of(root).program
    seed = lift(cotangent)
    if seed.variables or not program.is_elementwise():
        fit: Any = fitted
        seed = seed if seed.variables else broadcast_as(seed, root)
    else:
        fit = None
    slots = [slot_of(program, name) for name in names]
    found = written(program, fit).vjp({program.outputs[0]: seed}, slots)
    entries = tidied([found.get(slot) for slot in slots], limits=fit is None)
    return dict(zip(names, entries, strict=True))


def symbolic_hvp(root: expression, vector: Mapping[Any, Any] | None) -> dict[str, expression]:
    """Return the Hessian times a vector as tidy expressions: forward over the reverse sweep."""
    seeds = direction(compiled_of(root).program, vector, "vector")
    program = gradient_program(root, list(seeds))
    found = tidy_tangents(program, moving(program, seeds))
    along = [found[output] for output in program.outputs[1:]]
    return {name: lift(0 if x is None else x) for name, x in zip(seeds, along, strict=True)}
