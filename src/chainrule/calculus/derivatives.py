"""Gradients, Jacobians, Hessians and their products with vectors, at a point or as expressions.

May import the engine and the language; it must not know of tables of data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from chainrule.calculus.entries import matrix, rows_of, size_of
from chainrule.calculus.passes import (
    Passes,
    Wrt,
    fitting,
    names_asked,
    refuse_array,
    seeds_of,
)
from chainrule.engine.plan import plan_of
from chainrule.engine.program import Program, flatten
from chainrule.engine.sweep import forward, reverse
from chainrule.engine.tidy import tidy_all
from chainrule.errors import ValueTypeError
from chainrule.language.compute import slot_of
from chainrule.language.expression import expression, lift
from chainrule.language.folds import fitted
from chainrule.language.values import as_number, result

__all__ = ["gradient", "hessian", "hvp", "jacobian", "jvp", "vjp"]

NO_VALUES = (
    "as_array=True is for numbers, and there are no values. "
    "Leave it out to get the entries as expressions."
)


def gradient(e: expression, values: Any = None, wrt: Wrt = None) -> dict[str, Any]:
    """Return the partial of one number by every variable, as a dict by name.

    values: as for `eval`; without them the partials are expressions, tidied. Where every step is
    elementwise they are written for variables that are numbers; below a `sum` or `mean` they are
    right for arrays too, and say `sum_as(..., x)` where a part is summed to the shape of x.
    wrt: a name or several, of variables or named steps; otherwise every variable.
    Shapes: () by a variable of any shape -> that shape.
    Raises: DerivativeError for an expression that is not one number; UnknownVariable.
    Cost: one reverse sweep: a small multiple of one evaluation, whatever the number of variables.

    >>> x, y = expression("x"), expression("y")
    >>> gradient(x**2 * y, {"x": 3, "y": 2})
    {'x': 12.0, 'y': 9.0}
    >>> print(gradient(x**2 * y)["x"])
    2*y*x
    """
    root = lift(e)
    program = plan_of(root).program
    names = names_asked(program, wrt)
    if values is None:
        return symbolic_gradient(root, names)
    if wrt is None:
        value, partials = root.value_and_diff(values)
        refuse_array(root, np.shape(value), "a gradient")
        return dict(partials)
    passes = Passes(program, values)
    refuse_array(root, passes.shape_of(program.outputs[0]), "a gradient")
    slots = [slot_of(program, name) for name in names]
    found = passes.back(program.outputs[0], 1, slots)
    return {
        name: passes.spread(found.get(slot), passes.shape_of(slot))
        for name, slot in zip(names, slots, strict=True)
    }


def tidied(items: Iterable[Any]) -> list[expression]:
    """Return what a sweep over nodes wrote (None is zero), as tidy expressions."""
    return [lift(made) for made in tidy_all([lift(0 if x is None else x) for x in items])]


def swept_gradient(root: expression, names: Iterable[str]) -> list[expression]:
    """Return the partials of one number as expressions, from one reverse sweep over the nodes."""
    program = plan_of(root).program
    slots = [slot_of(program, name) for name in names]
    fit = None if program.is_elementwise() else fitted
    found = reverse(program, program.nodes(), {program.outputs[0]: 1}, slots, fit=fit)
    return [lift(found.get(slot, 0)) for slot in slots]


def symbolic_gradient(root: expression, names: list[str]) -> dict[str, expression]:
    """Return the partials of one number as tidy expressions by name."""
    return dict(zip(names, tidied(swept_gradient(root, names)), strict=True))


def jacobian(e: Any, values: Any = None, wrt: Wrt = None, *, as_array: bool = False) -> Any:
    """Return the derivatives of every element by every element, arranged as they were asked for.

    e: an expression, or a list or a mapping of several; the answer is a list or a dict likewise.
    wrt: one name gives its derivative alone; several, or None for every variable, give a dict.
    values: as for `eval`; without them the entries are expressions, as in `gradient`.
    as_array: one matrix instead, a row for every element of `e`, a column for every element of the
    variables, in the order asked.
    Shapes: each entry has the shape of the expression followed by that of the variable.
    Raises: UnknownVariable for a name that no expression contains; as `eval`.
    Cost: forward or reverse sweeps, whichever are fewer; one for a variable in which the expression
    is elementwise.

    >>> r, t = expression("r"), expression("t")
    >>> jacobian([r * t, r + t], {"r": 2, "t": 3})
    [{'r': 3.0, 't': 2.0}, {'r': 1.0, 't': 1.0}]
    >>> jacobian([r * t, r + t], {"r": 2, "t": 3}, as_array=True)
    array([[3., 2.],
           [1., 1.]])
    >>> jacobian(r * expression("x"), {"r": 2, "x": [5, 6]}, "x")
    array([[2., 0.],
           [0., 2.]])
    """
    roots = [lift(item) for item in several(e)]
    program = plan_of(roots[0]).program if len(roots) == 1 else flatten(roots)
    names = names_asked(program, wrt)
    if values is not None:
        passes = Passes(program, values)
        rows = rows_of(passes, program.outputs, names)
        if as_array:
            return matrix(passes, program.outputs, rows, names)
    elif as_array:
        raise ValueTypeError(NO_VALUES)
    else:
        rows = [symbolic_row(root, names) for root in roots]
    alone = isinstance(wrt, str | expression)
    entries = [row[names[0]] if alone else row for row in rows]
    if isinstance(e, Mapping):
        return dict(zip(e, entries, strict=True))
    return entries if isinstance(e, list | tuple) else entries[0]


def several(e: Any) -> list[Any]:
    """Return the expressions that were asked for, one or several, in order.

    Raises: ValueTypeError where there are none.
    """
    if not isinstance(e, Mapping | list | tuple):
        return [e]
    found = list(e.values()) if isinstance(e, Mapping) else list(e)
    if not found:
        raise ValueTypeError(
            "there is no expression to differentiate: the list is empty. Give at least one."
        )
    return found


def symbolic_row(root: expression, names: Iterable[str]) -> dict[str, Any]:
    """Return the derivatives of one expression; by what it does not contain they are 0."""
    program = plan_of(root).program
    found = symbolic_gradient(root, [name for name in names if contains(program, name)])
    return {name: found.get(name, lift(0)) for name in names}


def contains(program: Program, name: str) -> bool:
    """Tell whether a program has a variable or a named step of this name."""
    return name in program.inputs or name in program.labels


def hessian(e: expression, values: Any = None, wrt: Wrt = None, *, as_array: bool = False) -> Any:
    """Return the second partials of one number: a dict of dicts by name, symmetric.

    values: as for `eval`; without them the entries are expressions, tidied, for variables that are
    numbers (or columns below a `sum` or `mean`, for the Hessian by the numbers).
    wrt: the variables of its rows and columns; one or several names, otherwise every variable.
    as_array: one matrix instead, a row and a column for every element of the variables in order.
    Shapes: the entry of x and y has the shape of x followed by that of y.
    Raises: as `gradient`.
    Cost: forward sweeps over the reverse sweep, one for every element of the variables.

    >>> x, y = expression("x"), expression("y")
    >>> hessian(x**2 * y, {"x": 3, "y": 2})
    {'x': {'x': 4.0, 'y': 6.0}, 'y': {'x': 6.0, 'y': 0.0}}
    >>> print(hessian(x**2 * y)["x"]["y"])
    2*x
    """
    root = lift(e)
    names = names_asked(plan_of(root).program, wrt)
    if values is None:
        if as_array:
            raise ValueTypeError(NO_VALUES)
        return symbolic_hessian(root, names)
    passes = Passes(gradient_program(root, names), values)
    value, *partials = passes.program.outputs
    refuse_array(root, passes.shape_of(value), "a Hessian")
    rows = rows_of(passes, partials, names)
    whole = matrix(passes, partials, rows, names)
    # Both triangles were computed, and may differ in their last digits.
    whole = np.triu(whole) + np.triu(whole, 1).T
    return whole if as_array else blocks_of(passes, whole, names)


def blocks_of(passes: Passes, whole: Any, names: list[str]) -> dict[str, dict[str, Any]]:
    """Cut a matrix over all elements of the variables into an entry for every two of them."""
    shapes = [passes.shape_of(slot_of(passes.program, name)) for name in names]
    ends = [0, *accumulate(size_of(shape) for shape in shapes)]
    parts = list(zip(names, shapes, pairwise(ends), strict=True))
    return {
        row: {
            column: result(whole[top:bottom, left:right].reshape(high + wide))
            for column, wide, (left, right) in parts
        }
        for row, high, (top, bottom) in parts
    }


def gradient_program(root: expression, names: list[str]) -> Program:
    """Return the program of an expression and of its partials by the named variables, kept."""
    notes = plan_of(root).program.notes
    key = ("gradient", *names)
    made: Program | None = notes.get(key)
    if made is None:
        # Not tidied: nobody reads it, and a tidied step would clash with the named step it was.
        made = notes[key] = flatten([root, *swept_gradient(root, names)])
    return made


def symbolic_hessian(root: expression, names: list[str]) -> dict[str, dict[str, expression]]:
    """Return the second partials as expressions, from a forward sweep over the first ones."""
    if plan_of(root).program.is_elementwise():
        firsts = symbolic_gradient(root, names)
    else:  # forward over forward: what is a number needs no `sum_as` to its shape
        firsts = {name: root.derivative(name) for name in names}
    program = flatten(list(firsts.values()))
    nodes = program.nodes()
    found: dict[str, dict[str, expression]] = {name: {} for name in names}
    for place, column in enumerate(names):
        seeds = {slot_of(program, column): 1} if contains(program, column) else {}
        tangents = forward(program, nodes, seeds)
        above = tidied([tangents[output] for output in program.outputs[: place + 1]])
        for row, entry in zip(names, above, strict=False):
            found[row][column] = found[column][row] = entry
    return {row: {column: found[row][column] for column in names} for row in names}


def jvp(e: expression, values: Any, tangents: Mapping[str, Any]) -> Any:
    """Return the derivative along a direction: the Jacobian times a vector (forward mode).

    tangents: by name, the direction's part for each variable; what is not named stays put.
    Shapes: a tangent has the shape of its variable (a number stands for all its elements); the
    answer that of the expression.
    Raises: as `eval`; UnknownVariable, ShapeError for a tangent that does not fit.
    Cost: one forward sweep.

    >>> x, y = expression("x"), expression("y")
    >>> jvp(x * y, {"x": 2, "y": 3}, {"x": 1, "y": 10})
    23.0
    """
    program = plan_of(lift(e)).program
    passes = Passes(program, values)
    (output,) = program.outputs
    along = passes.forth(seeds_of(passes, tangents, "tangent"))[output]
    return passes.spread(along, passes.shape_of(output))


def vjp(e: expression, values: Any, cotangent: Any = 1.0, wrt: Wrt = None) -> dict[str, Any]:
    """Return a vector times the Jacobian, as a dict by name (reverse mode).

    cotangent: the weight of each element of the expression; a number stands for all of them.
    Shapes: the cotangent has the shape of the expression; each entry that of its variable.
    Raises: as `eval`; ShapeError for a cotangent that does not fit.
    Cost: one reverse sweep, whatever the number of variables.

    >>> w, x = expression("w"), expression("x")
    >>> vjp(w * x, {"w": 2, "x": [5, 6]}, [1, 10])
    {'w': 65.0, 'x': array([ 2., 20.])}
    """
    program = plan_of(lift(e)).program
    names = names_asked(program, wrt)
    passes = Passes(program, values)
    (output,) = program.outputs
    seed = fitting(
        as_number("cotangent", cotangent), passes.shape_of(output), "the expression", "cotangent"
    )
    slots = {name: slot_of(program, name) for name in names}
    found = passes.back(output, seed, list(slots.values()))
    return {
        name: passes.spread(found.get(slot), passes.shape_of(slot)) for name, slot in slots.items()
    }


def hvp(e: expression, values: Any, vector: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Hessian times a vector, as a dict by name, without forming the Hessian.

    vector: by name, its part for each variable; these variables are the Hessian's rows and columns.
    Shapes: each part, given or returned, has the shape of its variable.
    Raises: as `gradient` and `jvp`.
    Cost: a forward sweep over the reverse sweep: a small multiple of one gradient.
    Source: Pearlmutter (1994), Fast exact multiplication by the Hessian, Neural Computation 6.

    >>> x, y = expression("x"), expression("y")
    >>> hvp(x**2 * y, {"x": 3, "y": 2}, {"x": 1, "y": 10})
    {'x': 64.0, 'y': 6.0}
    """
    root = lift(e)
    names = names_asked(plan_of(root).program, list(vector))
    passes = Passes(gradient_program(root, names), values)
    value, *partials = passes.program.outputs
    refuse_array(root, passes.shape_of(value), "a Hessian")
    along = passes.forth(seeds_of(passes, vector, "vector"))
    shapes = [passes.shape_of(slot_of(passes.program, name)) for name in names]
    return {
        name: passes.spread(along[output], shape)
        for name, output, shape in zip(names, partials, shapes, strict=True)
    }
