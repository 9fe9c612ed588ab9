"""Which entries of a Jacobian may be other than zero, and the sweeps that this saves.

May import the engine, the language and the sweeps; it must not know how entries are arranged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.calculus.asked import Wrt, names_asked, refuse_array, several
from chainrule.calculus.colouring import used
from chainrule.calculus.compressed import (
    ordering_of,
    swept,
    swept_symmetric,
    symmetric_colours,
)
from chainrule.calculus.pattern import TooFull, pattern_of, scipy_sparse
from chainrule.calculus.reach import size_of
from chainrule.calculus.symbolic import gradient_program
from chainrule.engine.compiled import compiled_of
from chainrule.engine.evaluate import Pass
from chainrule.engine.node import identity_of
from chainrule.engine.program import flatten
from chainrule.errors import DerivativeError, MissingExtra, ShapeError, ValueTypeError
from chainrule.language.compute import pass_at, slot_of, spread
from chainrule.language.expression import lift

__all__ = ["compressed", "compressed_hessian", "sparsity"]

# Finding a pattern takes as long as so many sweeps (measured: 30 to 150).
WORTH_A_SEARCH = 200
# Of a pattern fuller than this the colours are hardly fewer than the columns.
FULLEST = 0.25
# A pattern that lacks entries is found out by one more sweep; what rounding does is far smaller.
ASIDE = 1e-4


def sparsity(e: Any, values: Any, wrt: Wrt = None, *, order: int = 1) -> Any:
    """Return where a Jacobian or a Hessian may have entries, as a sparse matrix of truth values.

    e, wrt: as for `jacobian`; for the Hessian one expression. values: as for `eval`; the pattern
    holds for all values of the variables asked for, at these shapes, the others staying as they
    are. It may hold places that are always zero; it lacks none that is not. order: 1 for the
    Jacobian, 2 for the Hessian.
    Shapes: a row for every element of `e` (of the Hessian: of the variables), a column for every
    element of the variables in the order asked; a SciPy array in rows (CSR).
    Raises: UnknownVariable; as `eval`; MissingExtra where SciPy is not installed.
    Cost: about as much as a hundred sweeps, whatever the number of variables.

    >>> from chainrule import expression
    >>> x = expression("x")
    >>> sparsity(x[1:] * x[:-1], {"x": [1, 2, 3]}).toarray().astype(int)
    array([[1, 1, 0],
           [0, 1, 1]])
    """
    if order not in (1, 2):
        raise ValueTypeError(
            f"order={order!r} has no pattern. Say 1 for the Jacobian, 2 for the Hessian."
        )
    roots = [lift(item) for item in several(e)]
    program = compiled_of(roots[0]).program if len(roots) == 1 else flatten(roots)
    names = names_asked(program, wrt)
    if order == 1:
        at = pass_at(program, values)
        outputs = list(program.outputs)
    else:
        if len(roots) > 1:
            raise DerivativeError(
                f"a Hessian is of one number, but there are {len(roots)} expressions. Ask for one."
            )
        at = pass_at(gradient_program(roots[0], names), values)
        value, *outputs = at.program.outputs
        refuse_array(roots[0], at.shape_of(value), "a Hessian")
    slots = [slot_of(at.program, name) for name in names]
    pattern = pattern_of(at, outputs, slots)
    return pattern if order == 1 else symmetric(pattern)


def symmetric(pattern: Any) -> Any:
    """Return a pattern with its mirror image."""
    made = (pattern + pattern.T).tocsr()
    made.sum_duplicates()
    return made


def compressed(
    at: Pass,
    outputs: Sequence[int],
    names: Sequence[str],
    fewest: Callable[[], int],
    *,
    known: Any,
    sparse: bool,
) -> Any:
    """Return a Jacobian as a sparse matrix by one sweep a colour; None where that does not pay.

    known: a pattern, True to look for one, False for none, or "auto". fewest: tells the number of
    sweeps otherwise. sparse: whether a sparse matrix is what was asked for.
    Raises: ShapeError for a pattern of another shape, DerivativeError for one that lacks entries;
    MissingExtra where SciPy is needed and not installed; ValueTypeError.
    """
    if not is_wanted(at, known, sparse=sparse):
        return None
    distinct = list(dict.fromkeys(outputs))  # an expression that is asked for twice is swept once
    slots = [slot_of(at.program, name) for name in names]
    places = rows_among(at, outputs, distinct)
    if is_pattern(known):
        whole = checked_pattern(known, (counted(at, outputs), counted(at, slots)))
        pattern = whole if places is None else of_distinct(whole, places)
        order = ordering_of(pattern)
    elif sparse or not isinstance(known, str):
        pattern, order = kept(at, distinct, slots, pattern_and_order)
    else:
        sweeps = fewest()
        found = kept_if_worth(at, distinct, slots, sweeps, pattern_and_order)
        if found is None:
            return None
        pattern, order = found
        if order.sweeps > sweeps * FULLEST:
            return None
    found = swept(at, distinct, slots, pattern, order)
    if is_pattern(known):
        refuse_lacking(at, distinct, slots, found)
    return found if places is None else found[places]


def compressed_hessian(
    at: Pass, outputs: list[int], names: Sequence[str], *, known: Any, sparse: bool
) -> Any:
    """Return a Hessian as `compressed` does a Jacobian; it is symmetric, and so are its colours.

    outputs: the partials by the named variables, in the same order.
    """
    if not is_wanted(at, known, sparse=sparse):
        return None
    slots = [slot_of(at.program, name) for name in names]
    count = counted(at, slots)
    if is_pattern(known):
        pattern = symmetric(checked_pattern(known, (count, count)))
        colours, alone = symmetric_colours(pattern)
    elif sparse or not isinstance(known, str):
        pattern, colours, alone = kept(at, outputs, slots, pattern_and_colours)
    else:
        worth = kept_if_worth(at, outputs, slots, count, pattern_and_colours)
        if worth is None:
            return None
        pattern, colours, alone = worth
    if isinstance(known, str) and not sparse and used(colours) > count * FULLEST:
        return None
    found = swept_symmetric(at, outputs, slots, pattern, colours, alone=alone)
    if is_pattern(known):
        refuse_lacking(at, outputs, slots, found)
    return found


def is_pattern(known: Any) -> bool:
    """Tell a pattern from a word on whether to look for one.

    Raises: ValueTypeError for a word that there is not.
    """
    if isinstance(known, str) and known != "auto":
        raise ValueTypeError(
            f"sparsity={known!r} is no choice. Say 'auto', True, False, or give a pattern."
        )
    return not isinstance(known, str | bool)


def is_wanted(at: Pass, known: Any, *, sparse: bool) -> bool:
    """Tell whether sparsity has any use here.

    Raises: ValueTypeError for numbers that a sparse matrix does not hold.
    """
    asked = sparse or is_pattern(known) or known is True
    if at.numbers.is_exact and asked:
        raise ValueTypeError(
            "a sparse matrix holds floats, but these values are fractions, complex numbers or of "
            "another precision. Give floats, or leave out sparse and sparsity."
        )
    return bool(asked or known) and not at.numbers.is_exact


def counted(at: Pass, slots: Sequence[int]) -> int:
    """Count the elements in some slots."""
    return sum(size_of(at.shape_of(slot)) for slot in slots)


def rows_among(at: Pass, outputs: Sequence[int], distinct: Sequence[int]) -> Any:
    """Return for each row its row among those of distinct outputs; None where they are the same."""
    if len(outputs) == len(distinct):
        return None
    start, rows = 0, {}
    for output in distinct:
        count = size_of(at.shape_of(output))
        rows[output] = np.arange(start, start + count)
        start += count
    return np.concatenate([rows[output] for output in outputs])


def of_distinct(pattern: Any, places: Any) -> Any:
    """Return the pattern of distinct outputs from that of all."""
    sparse = scipy_sparse()
    truth = np.ones(len(places), bool)
    rows = int(places.max(initial=-1)) + 1
    to_distinct = sparse.coo_array((truth, (places, np.arange(len(places)))), (rows, len(places)))
    made = (to_distinct.tocsr() @ pattern).tocsr()
    made.sum_duplicates()
    return made


def pattern_and_order(pattern: Any) -> tuple[Any, Any]:
    """Return a pattern with the colours to sweep by."""
    return pattern, ordering_of(pattern)


def pattern_and_colours(pattern: Any) -> tuple[Any, Any, bool]:
    """Return a pattern made symmetric, with its colours; see `symmetric_colours`."""
    whole = symmetric(pattern)
    return (whole, *symmetric_colours(whole))


def kept(
    at: Pass,
    outputs: Sequence[int],
    slots: Sequence[int],
    made: Callable[[Any], Any],
    most: float = math.inf,
) -> Any:
    """Return what is made of the pattern, found once and kept with the program.

    The pattern holds for all values of the variables in `slots`, at these shapes, while the others
    stay as they are. Raises: TooFull for one with more than `most` entries.
    """
    program = at.program
    others = {name: slot for name, slot in program.inputs.items() if slot not in slots}
    shapes = tuple([at.shape_of(slot) for slot in program.inputs.values()])
    same = tuple([identity_of(at.slots[slot]) for slot in others.values()])
    key = (made, most, tuple(outputs), tuple(slots), at.numbers, shapes, same)
    known = program.notes.get(key)
    if known is None:
        try:
            known = made(pattern_of(at, list(outputs), list(slots), most=most))
        except TooFull as error:
            known = TooFull(*error.args)
        program.remember(key, known)
    if isinstance(known, TooFull):
        raise known
    return known


def kept_if_worth(
    at: Pass,
    outputs: Sequence[int],
    slots: Sequence[int],
    sweeps: int,
    made: Callable[[Any], Any],
) -> Any:
    """Do as `kept` where the pattern may save most of the sweeps, and SciPy is there; else None."""
    if sweeps < WORTH_A_SEARCH:
        return None
    most = FULLEST * counted(at, outputs) * counted(at, slots)
    try:
        return kept(at, outputs, slots, made, most)
    except (TooFull, MissingExtra):
        return None


def checked_pattern(known: Any, shape: tuple[int, ...]) -> Any:
    """Return a pattern that the user has given, in rows; every stored entry counts.

    Raises: ShapeError, with both shapes; ValueTypeError.
    """
    sparse = scipy_sparse()
    try:
        made = sparse.csr_array(known)
    except (TypeError, ValueError) as error:
        raise ValueTypeError(
            f"sparsity={type(known).__name__} is no pattern: {error}. Say 'auto', True, False, or "
            "give a matrix of truth values, such as sparsity(e, values)."
        ) from None
    if made.shape != shape:
        raise ShapeError(
            f"the pattern has shape {made.shape}, but the matrix has shape {shape}: a row for "
            "every element of the expression, a column for every element of the variables. "
            "Take it from sparsity(e, values, wrt) with the same wrt."
        )
    made = sparse.csr_array(
        (np.ones(made.nnz, bool), made.indices.copy(), made.indptr.copy()), shape=made.shape
    )
    made.sum_duplicates()
    return made


def refuse_lacking(at: Pass, outputs: list[int], slots: list[int], found: Any) -> None:
    """Refuse a pattern without which a derivative along one direction is another.

    Raises: DerivativeError, naming a row.
    """
    direction = np.random.default_rng(0).uniform(1, 2, found.shape[1]).astype(at.numbers.dtype)
    seeds, start = {}, 0
    for slot in slots:
        shape = at.shape_of(slot)
        count = size_of(shape)
        seeds[slot] = direction[start : start + count].reshape(shape)[()]
        start += count
    tangents = at.jvp(seeds)
    parts = [np.ravel(spread(at, tangents[slot], at.shape_of(slot))) for slot in outputs]
    wanted = np.concatenate([np.zeros(0), *parts])
    with np.errstate(all="ignore"):
        apart = np.abs(found @ direction - wanted)
        wrong = apart > ASIDE * (abs(found) @ direction + np.abs(wanted))
    if wrong.any():
        raise DerivativeError(
            f"the pattern lacks entries: row {int(np.argmax(wrong))} has derivatives where the "
            "pattern has none. Take it from sparsity(e, values, wrt), or leave it out."
        )
