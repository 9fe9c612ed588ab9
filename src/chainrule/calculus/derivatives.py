"""Gradients, Jacobians, Hessians and their products with vectors, at a point or as expressions.

May import the engine and the language; it must not know of tables of data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.calculus.asked import (
    Wrt,
    fitting,
    names_asked,
    refuse_array,
    seeds_of,
    several,
)
from chainrule.calculus.entries import cut, matrix, rows_of, sweeps_needed
from chainrule.calculus.generated import (
    hessian_rows,
    hvp_parts,
    jacobian_rows,
    jvp_value,
    vjp_parts,
)
from chainrule.calculus.partials import Partials
from chainrule.calculus.sparsity import compressed, compressed_hessian
from chainrule.calculus.symbolic import (
    gradient_program,
    symbolic_gradient,
    symbolic_hessian,
    symbolic_hvp,
    symbolic_jvp,
    symbolic_row,
    symbolic_vjp,
)
from chainrule.engine.compiled import compiled_of
from chainrule.engine.evaluate import Pass, has_nan
from chainrule.engine.program import flatten
from chainrule.errors import ValueTypeError
from chainrule.language.compute import partials_checked, pass_at, slot_of, spread
from chainrule.language.expression import expression, lift
from chainrule.language.not_finite import check_on_nan
from chainrule.language.values import as_number

__all__ = ["gradient", "hessian", "hvp", "jacobian", "jvp", "vjp"]

NO_VALUES = (
    "as_array=True is for numbers, and there are no values; so is sparse=True. "
    "Leave them out to get the entries as expressions."
)


def gradient(
    e: expression,
    values: Any = None,
    wrt: Wrt = None,
    *,
    as_array: bool = False,
    on_nan: str = "ignore",
) -> Any:
    """Return the partial of one number by every variable: a dict by name, in a notebook a table.

    values: as for `eval`; without them the partials are expressions, tidied. Where every step is
    elementwise they are written for variables that are numbers; below a `sum` or `mean` they are
    right for arrays too, and say `sum_as(..., x)` where a part is summed to the shape of x.
    wrt: a name or several, of variables or named steps, in the order of the answer; otherwise every
    variable. as_array: one array instead, with the partials in this order, each raveled in C order.
    on_nan: "raise" names the step, going backward, where a derivative became NaN or infinite.
    Shapes: () by a variable of any shape -> that shape.
    Raises: DerivativeError for an expression that is not one number; UnknownVariable; NotANumber.
    Cost: one reverse sweep: a small multiple of one evaluation, whatever the number of variables.

    >>> x, y = expression("x"), expression("y")
    >>> gradient(x**2 * y, {"x": 3, "y": 2})
    {'x': 12.0, 'y': 9.0}
    >>> print(gradient(x**2 * y)["x"])
    2*y*x
    >>> gradient(x**2 * y, {"x": 3, "y": 2}, ["y", "x"], as_array=True)
    array([ 9., 12.])
    """
    if not as_array:
        return partials_at(e, values, wrt, on_nan)
    if values is None:
        raise ValueTypeError(NO_VALUES)
    parts = [np.ravel(partial) for partial in partials_at(e, values, wrt, on_nan).values()]
    return np.concatenate(parts) if parts else np.zeros(0)


def partials_at(e: expression, values: Any, wrt: Wrt, on_nan: str) -> Partials:
    """Return the partials of one number, by name; see `gradient`."""
    root = lift(e)
    program = compiled_of(root).program
    names = names_asked(program, wrt)
    if values is None:
        refuse_array(root, root.shape or (), "a gradient")
        return Partials(symbolic_gradient(root, names))
    if on_nan == "ignore" and (wrt is None or root.ndim == 0):
        value, partials = root.value_and_diff(values, wrt=names)
        refuse_array(root, np.shape(value), "a gradient")
        return Partials(partials)
    at = pass_at(program, values)
    refuse_array(root, at.shape_of(program.outputs[0]), "a gradient")
    if on_nan != "ignore":
        check_on_nan(on_nan)
        return Partials(partials_checked(compiled_of(root), values, names))
    slots = [slot_of(program, name) for name in names]
    found = at.vjp({program.outputs[0]: 1}, slots)
    return Partials(
        (name, spread(at, found.get(slot), at.shape_of(slot)))
        for name, slot in zip(names, slots, strict=True)
    )


def jacobian(
    e: Any,
    values: Any = None,
    wrt: Wrt = None,
    *,
    as_array: bool = False,
    sparse: bool = False,
    sparsity: Any = "auto",
) -> Any:
    """Return the derivatives of every element by every element, arranged as they were asked for.

    e: an expression, or a list or a mapping of several; the answer is a list or a dict likewise.
    wrt: one name gives its derivative alone; several, or None for every variable, give a dict.
    values: as for `eval`; without them the entries are expressions, as in `gradient`; that of a
    vector by a vector, where both have declared shapes, is written with matrices.
    as_array: one matrix instead, a row for every element of `e`, a column for every element of the
    variables, in the order asked. sparse: this matrix as one of SciPy's, in rows (CSR).
    sparsity: where the matrix may have entries, as `sparsity(e, values, wrt)` gives it, so that
    columns, or rows, that do not meet share a sweep. Found out by default where that promises to
    pay; always, or never, with True or False.
    Shapes: each entry has the shape of the expression followed by that of the variable.
    Raises: UnknownVariable for a name that no expression contains; as `eval`; ShapeError for a
    pattern of another shape, DerivativeError for one that lacks entries.
    Cost: forward or reverse sweeps, whichever are fewer; one for a variable in which the expression
    is elementwise. Of a sparse one: a sweep a colour, three for a matrix with three diagonals.

    >>> r, t = expression("r"), expression("t")
    >>> jacobian([r * t, r + t], {"r": 2, "t": 3})
    [{'r': 3.0, 't': 2.0}, {'r': 1.0, 't': 1.0}]
    >>> jacobian([r * t, r + t], {"r": 2, "t": 3}, as_array=True)
    array([[3., 2.],
           [1., 1.]])
    >>> jacobian(r * expression("x"), {"r": 2, "x": [5, 6]}, "x")
    array([[2., 0.],
           [0., 2.]])
    >>> x = expression("x")
    >>> jacobian(x[1:] - x[:-1], {"x": np.arange(5000.0)}, sparse=True).nnz
    9998
    """
    roots = [lift(item) for item in several(e)]
    program = compiled_of(roots[0]).program if len(roots) == 1 else flatten(roots)
    names = names_asked(program, wrt)
    whole = as_array or sparse
    if values is None:
        if whole:
            raise ValueTypeError(NO_VALUES)
        rows = [symbolic_row(root, names) for root in roots]
    elif not sparse and is_auto(sparsity) and (made := jacobian_rows(roots, values, names)):
        if whole:
            return np.array(made)
        rows = [dict(zip(names, row, strict=True)) for row in made]
    else:
        rows = jacobian_at(pass_at(program, values), names, sparsity, whole=whole, sparse=sparse)
    if whole:
        return rows
    alone = isinstance(wrt, str | expression)
    entries = [row[names[0]] if alone else row for row in rows]
    if isinstance(e, Mapping):
        return dict(zip(e, entries, strict=True))
    return entries if isinstance(e, list | tuple) else entries[0]


def jacobian_at(at: Pass, names: list[str], pattern: Any, *, whole: bool, sparse: bool) -> Any:
    """Return a dict by name for each output; or all in one matrix, whole, which may be sparse."""
    outputs = at.program.outputs

    def fewest() -> int:
        return sweeps_needed(at, outputs, names)

    found = compressed(at, outputs, names, fewest, known=pattern, sparse=sparse)
    if found is None:
        rows = rows_of(at, outputs, names)
        return matrix(at, outputs, rows, names) if whole else rows
    if whole:
        return found if sparse else found.toarray()
    return cut(at, outputs, names, found.toarray())


def hessian(
    e: expression,
    values: Any = None,
    wrt: Wrt = None,
    *,
    as_array: bool = False,
    sparse: bool = False,
    sparsity: Any = "auto",
) -> Any:
    """Return the second partials of one number: a dict of dicts by name, symmetric.

    values: as for `eval`; without them the entries are expressions, tidied, for variables that are
    numbers (or columns below a `sum` or `mean`, for the Hessian by the numbers), or vectors that
    have declared their shape: there an entry is written with matrices.
    wrt: the variables of its rows and columns; one or several names, otherwise every variable.
    as_array: one matrix instead, a row and a column for every element of the variables in order.
    sparse: this matrix as one of SciPy's, in rows (CSR). sparsity: as for `jacobian`; the pattern
    is that of `sparsity(e, values, wrt, order=2)`.
    Shapes: the entry of x and y has the shape of x followed by that of y.
    Raises: as `gradient` and `jacobian`.
    Cost: forward sweeps over the reverse sweep, one for every element of the variables; where it is
    sparse one a colour, two for a diagonal with one full row and column.

    >>> x, y = expression("x"), expression("y")
    >>> hessian(x**2 * y, {"x": 3, "y": 2})
    {'x': {'x': 4.0, 'y': 6.0}, 'y': {'x': 6.0, 'y': 0.0}}
    >>> print(hessian(x**2 * y)["x"]["y"])
    2*x
    >>> A, v = expression("A", shape=("n", "n")), expression("v", shape=("n",))
    >>> print(hessian(v @ A @ v, wrt="v")["v"]["v"])
    A + A.T
    """
    root = lift(e)
    names = names_asked(compiled_of(root).program, wrt)
    if values is None:
        if as_array or sparse:
            raise ValueTypeError(NO_VALUES)
        return symbolic_hessian(root, names)
    if not sparse and is_auto(sparsity) and (made := hessian_rows(root, values, names)):
        if as_array:
            return np.array(made)
        rows = [dict(zip(names, row, strict=True)) for row in made]
        return dict(zip(names, rows, strict=True))
    at, whole = hessian_at(root, values, names, sparsity, sparse=sparse)
    if poisoned(root, whole.data if sparse else whole):
        at, whole = hessian_at(root, values, names, sparsity, sparse=sparse, careful=True)
    if as_array or sparse:
        return whole
    partials = at.program.outputs[1:]
    return dict(zip(names, cut(at, partials, names, whole), strict=True))


def hessian_at(
    root: expression,
    values: Any,
    names: list[str],
    pattern: Any,
    *,
    sparse: bool,
    careful: bool = False,
) -> tuple[Pass, Any]:
    """Return the Hessian as one matrix, which may be sparse, and the pass that it was made from.

    careful: of a gradient written so that what was left out does no harm.
    """
    at = pass_at(gradient_program(root, names, careful=careful), values)
    value, *partials = at.program.outputs
    refuse_array(root, at.shape_of(value), "a Hessian")
    found = compressed_hessian(at, partials, names, known=pattern, sparse=sparse)
    if sparse:
        return at, found
    if found is not None:
        return at, found.toarray()
    whole = matrix(at, partials, rows_of(at, partials, names), names)
    # Both triangles were computed, and may differ in their last digits.
    return at, np.triu(whole) + np.triu(whole, 1).T


def poisoned(root: expression, *found: Any) -> bool:
    """Tell whether a NaN among second derivatives may be of elements that a step left out.

    A gradient multiplies them by 0; below that an infinite slope makes a NaN.
    """
    return not compiled_of(root).program.is_elementwise() and any(map(has_nan, found))


def is_auto(sparsity: Any) -> bool:
    """Tell whether it is left to us to look for a pattern; one that is given need not compare."""
    return isinstance(sparsity, str) and sparsity == "auto"


def jvp(e: expression, values: Any = None, tangents: Mapping[str, Any] | None = None) -> Any:
    """Return the derivative along a direction: the Jacobian times a vector (forward mode).

    values: as for `eval`; without them the answer is an expression, tidied: a number where it is
    the same for all elements.
    tangents: by name, the direction's part for each variable; what is not named stays put. Without
    values they may be expressions, and by default are variables of their own, dx for x.
    Shapes: a tangent has the shape of its variable (a number stands for all its elements); the
    answer that of the expression.
    Raises: as `eval`; UnknownVariable, ShapeError for a tangent that does not fit.
    Cost: one forward sweep.

    >>> x, y = expression("x"), expression("y")
    >>> jvp(x * y, {"x": 2, "y": 3}, {"x": 1, "y": 10})
    23.0
    >>> print(jvp(x * y), "|", jvp(x * y, tangents={"x": 1, "y": -x}))
    y*dx + x*dy | y - x**2
    """
    root = lift(e)
    if values is None:
        return symbolic_jvp(root, tangents)
    known = jvp_value(root, values, tangents)
    if known is not None:
        return known
    program = compiled_of(root).program
    at = pass_at(program, values)
    (output,) = program.outputs
    seeds = seeds_of(at, given("tangents", tangents), "tangent")
    along = at.jvp(seeds)[output]
    return spread(at, along, at.shape_of(output))


def given(name: str, direction: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return a direction at values, which nobody can choose but the caller.

    Raises: ValueTypeError where there is none.
    """
    if direction is None:
        raise ValueTypeError(
            f"there are values, but no {name} to go along. Give a number for each variable that "
            f"moves: {name}={{'x': 1.0}}; or leave out the values to get an expression."
        )
    return direction


def vjp(e: expression, values: Any = None, cotangent: Any = 1.0, wrt: Wrt = None) -> dict[str, Any]:
    """Return a vector times the Jacobian, as a dict by name (reverse mode).

    values: as for `eval`; without them the entries are expressions, tidied, as in `gradient`.
    cotangent: the weight of each element of the expression; a number stands for all of them.
    Without values it may be an expression of the same shape: the entries are then right for arrays
    of any shapes, and say `sum_as(..., x)` where a part is summed to the shape of x.
    Shapes: the cotangent has the shape of the expression; each entry that of its variable.
    Raises: as `eval`; ShapeError for a cotangent that does not fit.
    Cost: one reverse sweep, whatever the number of variables.

    >>> w, x = expression("w"), expression("x")
    >>> vjp(w * x, {"w": 2, "x": [5, 6]}, [1, 10])
    {'w': 65.0, 'x': array([ 2., 20.])}
    >>> print(vjp(w * x, cotangent=expression("g"))["w"])
    sum_as(g*x, w)
    """
    root = lift(e)
    program = compiled_of(root).program
    names = names_asked(program, wrt)
    if values is None:
        return symbolic_vjp(root, cotangent, names)
    known: dict[str, Any] | None = vjp_parts(root, values, cotangent, names)
    if known is not None:
        return known
    at = pass_at(program, values)
    (output,) = program.outputs
    seed = fitting(
        as_number("cotangent", cotangent), at.shape_of(output), "the expression", "cotangent"
    )
    slots = {name: slot_of(program, name) for name in names}
    found = at.vjp({output: seed}, list(slots.values()))
    return {name: spread(at, found.get(slot), at.shape_of(slot)) for name, slot in slots.items()}


def hvp(
    e: expression, values: Any = None, vector: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the Hessian times a vector, as a dict by name, without forming the Hessian.

    values: as for `eval`; without them the entries are expressions, tidied, as in `gradient`: a
    number where they are the same for all elements.
    vector: by name, its part for each variable; these variables are the Hessian's rows and columns.
    Without values the parts may be expressions, and by default are variables, dx for x.
    Shapes: each part, given or returned, has the shape of its variable.
    Raises: as `gradient` and `jvp`.
    Cost: a forward sweep over the reverse sweep: a small multiple of one gradient.
    Source: Pearlmutter (1994), Fast exact multiplication by the Hessian, Neural Computation 6.

    >>> x, y = expression("x"), expression("y")
    >>> hvp(x**2 * y, {"x": 3, "y": 2}, {"x": 1, "y": 10})
    {'x': 64.0, 'y': 6.0}
    >>> print(hvp(x**2 * y)["y"])
    2*x*dx
    """
    root = lift(e)
    if values is None:
        return symbolic_hvp(root, vector)
    known: dict[str, Any] | None = hvp_parts(root, values, vector)
    if known is not None:
        return known
    vector = given("vector", vector)
    names = names_asked(compiled_of(root).program, list(vector))
    found = hvp_at(root, values, names, vector)
    if poisoned(root, *found.values()):
        found = hvp_at(root, values, names, vector, careful=True)
    return found


def hvp_at(
    root: expression,
    values: Any,
    names: list[str],
    vector: Mapping[str, Any],
    *,
    careful: bool = False,
) -> dict[str, Any]:
    """Return the Hessian times a vector by name; careful: as for `hessian_at`."""
    at = pass_at(gradient_program(root, names, careful=careful), values)
    value, *partials = at.program.outputs
    refuse_array(root, at.shape_of(value), "a Hessian")
    along = at.jvp(seeds_of(at, vector, "vector"))
    shapes = [at.shape_of(slot_of(at.program, name)) for name in names]
    return {
        name: spread(at, along[output], shape)
        for name, output, shape in zip(names, partials, shapes, strict=True)
    }
