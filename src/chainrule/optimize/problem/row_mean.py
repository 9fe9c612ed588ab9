"""Whether a loss is a mean over rows, so that the mean over some of them is a sample of it.

Read from the rows of its steps; what is worked out from folds is tried: a sum of sums, or a mean
of means, of two parts of the rows has to be that of both. Must not know how rows are drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import numpy as np

from chainrule.engine.compiled import compiled_of
from chainrule.engine.cuts import agree
from chainrule.engine.notation import text
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.row_passes import with_folds_written_out
from chainrule.engine.rows import Kind, reason_of, rows_of
from chainrule.engine.shapes import shapes_of
from chainrule.engine.sizes import Shape
from chainrule.engine.trials import REFUSALS, positive, signed, whole
from chainrule.errors import SettingError
from chainrule.language.expression import expression

__all__ = ["Fold", "NotByRows", "fold_of", "refuse_unless_mean_of_rows"]

# How large the sums and means are that are tried: what is bent at some size is bent at one of them.
SIZES = (1.0, 1e-3, 30.0, 1e5, 1e12)
ROWS = (3.0, 5.0)  # of the two parts


class Fold(Enum):
    """What a value without rows has to do with them."""

    FIXED = "what has no rows"
    SUM = "a sum over rows"
    COUNT = "a number of rows"
    MEAN = "a mean over rows"


FOLDS = {"sum": Fold.SUM, "count": Fold.COUNT}  # others are no part of a mean


class NotByRows(Exception):
    """Why a loss is no mean over rows, in words."""


def refuse_unless_mean_of_rows(
    loss: expression, shapes: Mapping[str, Shape], rows: Collection[str]
) -> None:
    """Refuse a loss that is no mean over the rows of some of its variables.

    It may be a sum of such means and of terms without rows, each times what has no rows. shapes: of
    all variables. rows: those with a row along their first axis, all equally many.
    Raises: SettingError, in words.

    >>> from chainrule import mean, sqrt
    >>> x, w = expression("x"), expression("w")
    >>> shapes = {"x": (9,), "w": ()}
    >>> refuse_unless_mean_of_rows(mean((x - w) ** 2) + 0.1 * w**2, shapes, {"x"})
    >>> refuse_unless_mean_of_rows(sqrt(mean((x - w) ** 2)), shapes, {"x"})
    Traceback (most recent call last):
    chainrule.errors.SettingError: sqrt(mean((x - w)**2)) cannot be cut into batches of rows: the
    sqrt of a mean over rows is not the mean of what its batches come to. ...
    """
    try:
        refuse_output(fold_of(loss, shapes, rows))
    except NotByRows as reason:
        raise SettingError(
            f"{text(compiled_of(loss).program, limit=200)} cannot be cut into batches of rows: "
            f"{reason} Leave batch_size out, or write the loss as a mean over rows."
        ) from None


def fold_of(loss: expression, shapes: Mapping[str, Shape], rows: Collection[str]) -> Fold | None:
    """Return which fold a loss is of the rows of some of its variables, None of one that has rows.

    Raises: NotByRows for one that is none, in words.

    >>> from chainrule import mean
    >>> fold_of(mean(expression("x") ** 2), {"x": (9,)}, {"x"})
    <Fold.MEAN: 'a mean over rows'>
    """
    program = with_folds_written_out(compiled_of(loss).program, shapes, rows)
    return folds_of(program, shapes, rows)[program.outputs[0]]


def refuse_output(fold: Fold | None) -> None:
    """Refuse a loss that is another thing than a mean of rows."""
    if fold is Fold.SUM:
        raise NotByRows(
            "it is a sum over rows, of which a batch's sum is but a part. Write mean(...) for "
            "sum(...)."
        )
    if fold is not Fold.MEAN:
        raise NotByRows("no mean over rows is left in it.")


def folds_of(
    program: Program, shapes: Mapping[str, Shape], rows: Collection[str]
) -> list[Fold | None]:
    """Return of every slot what fold of rows it is, None of one that has rows.

    Raises: NotByRows for a step that mixes rows, brings a fold back to them, or is no mean or sum.
    """
    states = rows_of(program, shapes, rows)
    places = shapes_of(program, shapes)
    found: list[Fold | None] = []
    for slot, state in enumerate(states):
        below = [found[argument] for argument in program.arguments[slot]]
        if state.kind is Kind.FIXED:
            found.append(Fold.FIXED)
        elif state.kind is Kind.MIXED:
            raise NotByRows(f"{reason_of(program, states, slot)}.")
        elif state.kind is Kind.ROWS:
            refuse_folds_among_rows(below)
            found.append(None)
        elif state.fold:
            refuse_folds_among_rows(below)
            if state.fold not in FOLDS:
                step = text(program, slot, limit=100)
                raise NotByRows(f"{word_of(program, slot)} takes the rows together, in {step}.")
            found.append(FOLDS[state.fold])
        else:
            found.append(fold_of_folds(program, slot, below, places))
    return found


def refuse_folds_among_rows(below: Sequence[Fold | None]) -> None:
    """Refuse a step over rows that takes a fold of them too."""
    for fold in below:
        if fold is not None and fold is not Fold.FIXED:
            raise NotByRows(
                f"it brings {fold.value} back to each row, and a batch does not know it."
            )


def fold_of_folds(
    program: Program, slot: int, below: Sequence[Fold | None], places: Sequence[Shape]
) -> Fold:
    """Return what fold of rows a step over folds of them is.

    Raises: NotByRows where it is neither the mean nor the sum of what it is for two parts of them.
    """
    arguments = program.arguments[slot]
    operation, attributes = program.operations[slot], program.attributes[slot]
    values = [
        program.attributes[place][0] if program.operations[place].role is Role.CONSTANT else None
        for place in arguments
    ]
    left = {Fold.MEAN, Fold.SUM}
    tried = False
    for parts in parts_drawn(below, [places[place] for place in arguments], values):
        try:
            with np.errstate(all="ignore"):
                one, other, both = (operation.on_array(*part, *attributes) for part in parts)
        except REFUSALS:
            continue
        if not all(np.all(np.isfinite(item)) for item in (one, other, both)):
            continue
        tried = True
        first, second = ROWS
        scale = np.abs(one) + np.abs(other)
        if not agree(both, (first * one + second * other) / (first + second), scale):
            left.discard(Fold.MEAN)
        if not agree(both, one + other, scale):
            left.discard(Fold.SUM)
        if not left:
            break
    if not tried or not left:
        odd = next(fold for fold in below if fold is not None and fold is not Fold.FIXED)
        raise NotByRows(
            f"the {word_of(program, slot)} of {odd.value} is not the mean of what its batches "
            "come to."
        )
    if Fold.MEAN in left:
        return Fold.MEAN
    return Fold.COUNT if set(below) <= {Fold.COUNT, Fold.FIXED} else Fold.SUM


def word_of(program: Program, slot: int) -> str:
    """Return what the operation of a step is called."""
    operation = program.operations[slot]
    return str(operation.notation.name or operation.__name__)


def parts_drawn(
    below: Sequence[Fold | None], shapes: Sequence[Shape], values: Sequence[Any]
) -> Iterator[list[list[Any]]]:
    """Draw operands as two parts of the rows have them, and as both have them together."""
    generator = np.random.default_rng(len(below))
    first, second = ROWS
    for size in SIZES:
        for fixed in (signed, positive, whole):
            for signs in (signed, positive):
                parts: list[list[Any]] = [[], [], []]
                for fold, shape, value in zip(below, shapes, values, strict=True):
                    one, other = (size * signs(shape, generator, None) for _ in parts[:2])
                    both = one + other
                    if fold is Fold.FIXED:
                        one = fixed(shape, generator, None) if value is None else value
                        other = both = one
                    elif fold is Fold.MEAN:
                        both = (first * one + second * other) / (first + second)
                    elif fold is Fold.COUNT:
                        each = float(generator.integers(1, 5))
                        one, other, both = (
                            each * rows * np.ones(shape)[()]
                            for rows in (first, second, first + second)
                        )
                    for part, operand in zip(parts, (one, other, both), strict=True):
                        part.append(operand)
                yield parts
