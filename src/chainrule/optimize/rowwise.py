"""Whether a loss is a mean over rows, so that the mean over some of them is a sample of it.

Found from the formula and the shapes alone, before anything is computed. May import the language;
it must not know how rows are drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import EllipsisType
from typing import Any

from chainrule.engine.compiled import compiled_of
from chainrule.engine.expansion import expanded
from chainrule.engine.notation import text
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import shapes_of
from chainrule.engine.sizes import Shape
from chainrule.errors import SettingError
from chainrule.language.arithmetic import (
    addition,
    division,
    multiplication,
    negation,
    subtraction,
)
from chainrule.language.arrays.selection import item
from chainrule.language.arrays.softmaxes import (
    log_of_shares,
    log_sum_exp_along,
    shares_of_exponentials,
)
from chainrule.language.expression import expression
from chainrule.language.folds import axes_of, counting, summation
from chainrule.language.losses.classes import shares_of_classes
from chainrule.language.matrices.linear_algebra import matrix_multiplication

__all__ = ["refuse_unless_mean_of_rows"]

WHOLE = slice(None)
# Each takes the axes that it works along, and may have a word on keeping them.
ALONG_AXES = (shares_of_exponentials, log_of_shares, log_sum_exp_along)


class Kind(Enum):
    """What a step has to do with the rows."""

    FIXED = "the same whatever the rows"
    ROWS = "an element or more for each row"
    SUM = "a sum over rows"
    COUNT = "a number of rows"
    MEAN = "a mean over rows"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the program: its kind, and for rows the axis they lie along, from the end."""

    kind: Kind
    axis: int = 0


FIXED = Step(Kind.FIXED)


class NotByRows(Exception):
    """Why a step mixes rows, in words."""


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
    program = expanded([loss])
    places = shapes_of(program, shapes)
    steps: list[Step] = []
    try:
        for slot, operation in enumerate(program.operations):
            arguments = program.arguments[slot]
            if operation.role is Role.VARIABLE:
                named = program.attributes[slot][0] in rows
                steps.append(Step(Kind.ROWS, -len(places[slot])) if named else FIXED)
                continue
            below = [steps[argument] for argument in arguments]
            sizes = [places[argument] for argument in arguments]
            steps.append(step_of(program, slot, below, sizes))
        refuse_output(steps[program.outputs[0]].kind)
    except NotByRows as reason:
        raise SettingError(
            f"{text(compiled_of(loss).program, limit=200)} cannot be cut into batches of rows: "
            f"{reason} Leave batch_size out, or write the loss as a mean over rows."
        ) from None


def refuse_output(kind: Kind) -> None:
    """Refuse a loss that is another thing than a mean of rows."""
    if kind is Kind.SUM:
        raise NotByRows(
            "it is a sum over rows, of which a batch's sum is but a part. Write mean(...) for "
            "sum(...)."
        )
    if kind is not Kind.MEAN:
        raise NotByRows("no mean over rows is left in it.")


def step_of(program: Program, slot: int, below: Sequence[Step], sizes: Sequence[Shape]) -> Step:
    """Return what a step has to do with the rows, from what its operands have."""
    operation, attributes = program.operations[slot], program.attributes[slot]
    if all(step is FIXED for step in below):
        return FIXED
    if operation.role is Role.LABEL:
        return below[0]
    if operation is summation or operation is counting:
        return folded(operation, below[0], sizes[0], attributes)
    kinds = {step.kind for step in below}
    if kinds <= {Kind.FIXED, Kind.ROWS}:
        return by_row(program, slot, below, sizes)
    odd = next(step.kind for step in below if step.kind not in (Kind.ROWS, Kind.FIXED))
    if Kind.ROWS in kinds:
        raise NotByRows(f"it brings {odd.value} back to each row, and a batch does not know it.")
    kind = odd if operation is item else KINDS.get((operation, *[step.kind for step in below]))
    if kind is None:
        word = operation.notation.name or operation.__name__
        raise NotByRows(f"the {word} of {odd.value} is not the mean of what its batches come to.")
    return Step(kind)


def by_row(program: Program, slot: int, below: Sequence[Step], sizes: Sequence[Shape]) -> Step:
    """Return the rows of a step over rows, where it leaves them apart."""
    operation = program.operations[slot]
    if operation.is_elementwise:
        return side_by_side(program, slot, below, sizes)
    if operation is item:
        return selected(below[0], sizes[0], program.attributes[slot][0])
    if operation is matrix_multiplication:
        return multiplied(below, sizes)
    if operation is shares_of_classes:
        return classes_of(below, sizes)
    if operation in ALONG_AXES:
        return along_axes(program, slot, below[0], sizes[0])
    raise NotByRows(f"{operation.notation.name or operation.__name__} takes the rows together.")


# What sums and products of folds come to; all else is no mean.
KINDS: Mapping[tuple[Any, ...], Kind] = {
    **{(negation, kind): kind for kind in Kind},
    **{(operation, Kind.MEAN, Kind.MEAN): Kind.MEAN for operation in (addition, subtraction)},
    **{(operation, Kind.MEAN, Kind.FIXED): Kind.MEAN for operation in (addition, subtraction)},
    **{(operation, Kind.FIXED, Kind.MEAN): Kind.MEAN for operation in (addition, subtraction)},
    **{(operation, Kind.SUM, Kind.SUM): Kind.SUM for operation in (addition, subtraction)},
    **{(multiplication, kind, Kind.FIXED): kind for kind in Kind},
    **{(multiplication, Kind.FIXED, kind): kind for kind in Kind},
    **{(division, kind, Kind.FIXED): kind for kind in Kind},
    (division, Kind.SUM, Kind.COUNT): Kind.MEAN,
}


def folded(operation: Any, below: Step, size: Shape, attributes: tuple[Any, ...]) -> Step:
    """Return what a sum or a count along an axis has to do with the rows."""
    axis, keepdims = attributes
    if below.kind is not Kind.ROWS:
        return FIXED if operation is counting else below
    axes = axes_of(axis, len(size))
    place = len(size) + below.axis
    if place in axes:
        return Step(Kind.COUNT if operation is counting else Kind.SUM)
    if operation is counting:
        return FIXED
    return below if keepdims else Step(Kind.ROWS, below.axis + sum(other > place for other in axes))


def side_by_side(
    program: Program, slot: int, below: Sequence[Step], sizes: Sequence[Shape]
) -> Step:
    """Return the rows of an operation on elements, where they lie side by side."""
    rows = [step for step in below if step is not FIXED]
    if any(step.axis != rows[0].axis for step in rows):
        raise NotByRows(
            f"in {text(program, slot, limit=100)} the rows of one operand lie along an axis of "
            "another that is none of rows."
        )
    axis = rows[0].axis
    for step, size, argument in zip(below, sizes, program.arguments[slot], strict=True):
        if step is FIXED and len(size) >= -axis and size[axis] > 1:
            raise NotByRows(
                f"{text(program, argument, limit=100)} has shape {size}, an element for each row, "
                "but is not among the data that have rows."
            )
    return rows[0]


def classes_of(below: Sequence[Step], sizes: Sequence[Shape]) -> Step:
    """Return the rows of the shares of classes, each named by its row of the target."""
    (target, logits), (given, wanted) = below, sizes
    behind = len(wanted) - len(given)  # axes of classes that an index does without
    if FIXED in below or target.axis - behind != logits.axis or logits.axis == -1:
        raise NotByRows("the classes and what predicts them do not lie row by row.")
    return logits


def along_axes(program: Program, slot: int, below: Step, size: Shape) -> Step:
    """Return the rows of what works along other axes, such as a softmax over the classes."""
    operation, (axis, *keepdims) = program.operations[slot], program.attributes[slot]
    axes = axes_of(axis, len(size))
    place = len(size) + below.axis
    if place in axes:
        raise NotByRows(f"{operation.notation.name} takes the rows together.")
    gone = sum(other > place for other in axes) if keepdims == [False] else 0
    return Step(Kind.ROWS, below.axis + gone)


def selected(below: Step, size: Shape, key: Any) -> Step:
    """Return the rows of a selection that leaves them alone: `x[:, 0]`, `x[:, None]`, `x[..., 0]`.

    Rows lie along the first axis, unless a selection has put another before them.
    """
    parts = key if isinstance(key, tuple) else (key,)
    after = [part for part in parts if not isinstance(part, EllipsisType)]
    plain = all(part is None or isinstance(part, int | slice) for part in after)
    first = len(size) + below.axis == 0
    taken = sum(part is not None for part in after)
    if first and plain and isinstance(parts[0], EllipsisType) and taken < len(size):
        removed = tuple(after)
    elif first and plain and isinstance(parts[0], slice) and parts[0] == WHOLE:
        removed = parts[1:]
    else:
        raise NotByRows("it selects among the rows.")
    change = sum(isinstance(part, int) for part in removed) - sum(part is None for part in removed)
    return Step(Kind.ROWS, below.axis + change)


def multiplied(below: Sequence[Step], sizes: Sequence[Shape]) -> Step:
    """Return the rows of a matrix product: of rows with a matrix, or of two columns, a sum."""
    (left, right), (wide, tall) = below, sizes
    if right is FIXED and len(wide) > 1 and left.axis == -len(wide) and len(tall) <= 2:
        return Step(Kind.ROWS, left.axis + (len(tall) == 1))
    if len(wide) == len(tall) == 1 and FIXED not in below:
        return Step(Kind.SUM)
    raise NotByRows("a matrix product in it takes the rows together.")
