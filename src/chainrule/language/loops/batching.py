"""Run a body for every entry of a batch at once: no Python loop over the entries.

An elementwise step takes a whole batch once the entries' axes are lined up; so do folds, products
of matrices and selections, each by a rule of its own. A step without a rule is taken entry by
entry, and it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import EllipsisType
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.numbers import Numbers
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import sum_to_shape
from chainrule.engine.targets.interpreter import shape_trouble
from chainrule.errors import OperationError, ShapeError
from chainrule.language.arrays.selection import item, placement
from chainrule.language.arrays.softmaxes import log_of_shares, shares_of_exponentials
from chainrule.language.arrays.transposing import matrix_transposition, transposition
from chainrule.language.composition import composed
from chainrule.language.folds import FOLD, axes_of, broadcasting, spread_fold, summation_as
from chainrule.language.matrices.linear_algebra import (
    matrix_left_cotangent,
    matrix_multiplication,
    matrix_right_cotangent,
)
from chainrule.language.parts import part

__all__ = ["Slot", "run_batch"]


class Slot:
    """What a step comes to: one value for all entries, or a batch of them along a first axis.

    Entries of different shapes, such as the states of loops that end when they like, are a list.
    """

    __slots__ = ("is_batch", "value")

    def __init__(self, value: Any, *, is_batch: bool) -> None:
        self.value = value
        self.is_batch = is_batch

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an entry."""
        return tuple(np.shape(self.value)[self.is_batch :])

    @property
    def ndim(self) -> int:
        """The number of axes of an entry."""
        return len(self.shape)

    @property
    def is_ragged(self) -> bool:
        """Whether the entries have different shapes."""
        several = self.value if type(self.value) is Bundle else [self.value]
        return any(type(values) is list for values in several)

    def lined_up(self, ndim: int) -> Any:
        """Return the value, its entries having so many axes at least."""
        if not self.is_batch or self.ndim >= ndim:
            return self.value
        size = len(self.value)
        return self.value.reshape(size, *[1] * (ndim - self.ndim), *self.shape)

    def entry(self, number: int) -> Any:
        """Return an entry."""
        if not self.is_batch:
            return self.value
        if type(self.value) is Bundle:
            return Bundle([values[number] for values in self.value])
        return self.value[number]

    def whole(self, size: int) -> Any:
        """Return it as a batch of so many entries.

        Raises: ShapeError for entries of different shapes.
        """
        if self.is_ragged:
            shapes = sorted({str(np.shape(entry)) for entry in self.value})
            raise ShapeError(
                f"the answers of vmap have different shapes, {' and '.join(shapes)}, and cannot "
                "be stacked. Give every entry an answer of one shape."
            )
        if self.is_batch:
            return self.value
        return np.broadcast_to(self.value, (size, *np.shape(self.value)))


Rule = Callable[..., Any]  # (compute, operands, attributes) -> Slot, or None where it cannot


def of_elements(compute: Any, operands: Sequence[Slot], attributes: Sequence[Any]) -> Slot:
    """Take an elementwise step."""
    ndim = max(operand.ndim for operand in operands)
    size = next(len(operand.value) for operand in operands if operand.is_batch)
    # Every array gets the axis, also for a step that refuses arrays of different shapes.
    whole = [
        Slot(operand.whole(size), is_batch=True) if operand.ndim else operand
        for operand in operands
    ]
    return Slot(compute(*[item.lined_up(ndim) for item in whole], *attributes), is_batch=True)


def of_fold(compute: Any, operands: Sequence[Slot], attributes: Sequence[Any]) -> Slot:
    """Fold along axes of the entries; the axis is the first attribute."""
    (folded,) = operands
    axes = tuple([axis + 1 for axis in axes_of(attributes[0], folded.ndim)])
    axis = axes[0] if isinstance(attributes[0], int) else axes
    return Slot(compute(folded.value, axis, *attributes[1:]), is_batch=True)


def is_fold(operation: Any) -> bool:
    """Tell whether an operation folds one array along an axis, or all of it."""
    return tuple(operation.keywords)[:2] == tuple(FOLD) and operation.arity == (1, 1)


def of_broadcasting(_compute: Any, operands: Sequence[Slot], _attributes: Any) -> Slot:
    """Repeat the entries to the shape of others."""
    value, like = operands
    if not value.is_batch:
        return Slot(np.broadcast_to(value.value, like.shape), is_batch=False)
    lined = value.lined_up(like.ndim)
    return Slot(np.broadcast_to(lined, (len(lined), *like.shape)), is_batch=True)


def of_summation_as(_compute: Any, operands: Sequence[Slot], _attributes: Any) -> Slot:
    """Sum the entries down to the shape of others."""
    value, like = operands
    if not value.is_batch:
        return Slot(sum_to_shape(value.value, like.shape), is_batch=False)
    extra = value.ndim - like.ndim
    summed = np.sum(value.value, axis=tuple(range(1, extra + 1))) if extra > 0 else value.value
    lined = Slot(summed, is_batch=True).lined_up(like.ndim)
    return Slot(sum_to_shape(lined, (len(lined), *like.shape)), is_batch=True)


def of_spread(_compute: Any, operands: Sequence[Slot], attributes: Sequence[Any]) -> Slot:
    """Spread what flows into folds of the entries."""
    value, like = operands
    axis, keepdims = attributes
    spread = value.value
    if axis is not None and not keepdims and value.ndim != like.ndim:
        axes = [place + value.is_batch for place in axes_of(axis, like.ndim)]
        spread = np.expand_dims(spread, tuple(axes))
    return of_broadcasting(None, [Slot(spread, is_batch=value.is_batch), like], ())


def of_matrices(_compute: Any, operands: Sequence[Slot], _attributes: Any) -> Slot | None:
    """Multiply matrices and vectors of the entries."""
    left, right = operands
    if not left.ndim or not right.ndim:
        return None
    rows = left.value[..., None, :] if left.ndim == 1 else left.value
    columns = right.value[..., None] if right.ndim == 1 else right.value
    sides = Slot(rows, is_batch=left.is_batch), Slot(columns, is_batch=right.is_batch)
    ndim = max(side.ndim for side in sides)
    found = np.matmul(*[side.lined_up(ndim) for side in sides])
    found = found[..., 0] if right.ndim == 1 else found
    if left.ndim == 1:
        found = found[..., 0] if right.ndim == 1 else found[..., 0, :]
    return Slot(found, is_batch=True)


def of_left_cotangent(_compute: Any, operands: Sequence[Slot], _attributes: Any) -> Slot | None:
    """Return what flows into the left one of two matrices or vectors."""
    flowing, right, like = operands
    if max(operand.ndim for operand in operands) > 2 or not (flowing.is_batch or right.is_batch):
        return None
    rows, columns = flowing.value, right.value
    if right.ndim == 1:
        rows, columns = np.expand_dims(rows, -1), np.expand_dims(columns, -1)
    if like.ndim == 1:
        rows = np.expand_dims(rows, -2)
    whole = np.matmul(rows, np.swapaxes(columns, -1, -2))
    return Slot(whole[..., 0, :] if like.ndim == 1 else whole, is_batch=True)


def of_right_cotangent(_compute: Any, operands: Sequence[Slot], _attributes: Any) -> Slot | None:
    """Return what flows into the right one of two matrices or vectors."""
    flowing, left, like = operands
    if max(operand.ndim for operand in operands) > 2 or not (flowing.is_batch or left.is_batch):
        return None
    rows, columns = left.value, flowing.value
    if like.ndim == 1:
        columns = np.expand_dims(columns, -1)
    if left.ndim == 1:
        rows, columns = np.expand_dims(rows, -2), np.expand_dims(columns, -2)
    whole = np.matmul(np.swapaxes(rows, -1, -2), columns)
    return Slot(whole[..., 0] if like.ndim == 1 else whole, is_batch=True)


def plain_key(key: Any) -> tuple[Any, ...] | None:
    """Return a key of a batch that selects from every entry; None where lists are in it."""
    parts = key if isinstance(key, tuple) else (key,)
    plain = all(part is None or isinstance(part, int | slice | EllipsisType) for part in parts)
    return (slice(None), *parts) if plain else None


def of_selection(compute: Any, operands: Sequence[Slot], attributes: Sequence[Any]) -> Slot | None:
    """Select from the entries."""
    key = plain_key(attributes[0])
    return None if key is None else Slot(compute(operands[0].value, key), is_batch=True)


def of_placement(compute: Any, operands: Sequence[Slot], attributes: Sequence[Any]) -> Slot | None:
    """Place what was selected from the entries."""
    value, like = operands
    key = plain_key(attributes[0])
    if key is None or not value.is_batch:
        return None
    whole = np.broadcast_to(0.0, (len(value.value), *like.shape))
    return Slot(compute(value.value, whole, key), is_batch=True)


def of_transposition(compute: Any, operands: Sequence[Slot], attributes: Any) -> Slot:
    """Put the axes of the entries in another order."""
    (turned,) = operands
    ndim = turned.ndim
    axes = range(ndim)[::-1] if attributes[0] is None else axes_of(attributes[0], ndim)
    return Slot(compute(turned.value, (0, *[axis + 1 for axis in axes])), is_batch=True)


def of_last_axes(compute: Any, operands: Sequence[Slot], attributes: Sequence[Any]) -> Slot:
    """Take a step that knows batches itself."""
    return Slot(compute(operands[0].value, *attributes), is_batch=True)


RULES: Mapping[Any, Rule] = {
    shares_of_exponentials: of_fold,
    log_of_shares: of_fold,
    broadcasting: of_broadcasting,
    summation_as: of_summation_as,
    spread_fold: of_spread,
    matrix_multiplication: of_matrices,
    matrix_left_cotangent: of_left_cotangent,
    matrix_right_cotangent: of_right_cotangent,
    matrix_transposition: of_last_axes,
    transposition: of_transposition,
    item: of_selection,
    placement: of_placement,
    part: of_last_axes,
}


def entry_by_entry(
    compute: Any, operands: Sequence[Slot], attributes: Sequence[Any], size: int
) -> Slot:
    """Take a step for each entry in turn."""
    # Of no entries there is no shape to be seen: what one of zeros comes to, has it.
    sized = [padded(operand) if not size else operand for operand in operands]
    found = [
        compute(*[operand.entry(number) for operand in sized], *attributes)
        for number in range(max(size, 1))
    ]
    if type(found[0]) is Bundle:
        parts = zip(*found, strict=True)
        return Slot(Bundle([stacked(several, size) for several in parts]), is_batch=True)
    return Slot(stacked(found, size), is_batch=True)


def stacked(entries: Sequence[Any], size: int) -> Any:
    """Return the first so many entries along an axis; a list of them, where shapes differ."""
    alike = len({np.shape(entry) for entry in entries}) == 1
    return np.stack(entries)[:size] if alike else list(entries)


def padded(operand: Slot) -> Slot:
    """Return a batch of one entry of zeros instead of none."""
    if not operand.is_batch:
        return operand
    if type(operand.value) is Bundle:
        values: Any = Bundle([np.zeros((1, *part.shape[1:])) for part in operand.value])
    else:
        values = np.zeros((1, *operand.shape))
    return Slot(values, is_batch=True)


def run_batch(
    program: Program, numbers: Numbers, inputs: Mapping[str, Slot], size: int
) -> list[Any]:
    """Return the outputs for every entry, stacked along a first axis.

    Raises: ShapeError where arrays do not fit, naming the sub-expression.
    """
    slots: list[Any] = [None] * len(program)
    last_uses = program.last_uses()
    with np.errstate(all="ignore"):
        for place, operation in enumerate(program.operations):
            attributes = program.attributes[place]
            if operation.role is Role.VARIABLE:
                slots[place] = inputs[attributes[0]]
                continue
            if operation.role is Role.CONSTANT:
                slots[place] = Slot(numbers.constant(attributes[0]), is_batch=False)
                continue
            operands = [slots[argument] for argument in program.arguments[place]]
            try:
                slots[place] = step_of_batch((operation, attributes), operands, numbers, size)
            except ValueError as error:
                values = [operand.entry(0) if size else operand.value for operand in operands]
                raise shape_trouble(program, place, values, error) from None
            for finished in last_uses[place]:
                slots[finished] = None
    return [slots[place].whole(size) for place in program.outputs]


def step_of_batch(
    step: tuple[Any, Sequence[Any]], operands: Sequence[Slot], numbers: Numbers, size: int
) -> Slot:
    """Take one step, an operation with its attributes, for every entry."""
    operation, attributes = step
    compute = operation.on_array
    if not any(operand.is_batch for operand in operands):
        values = [operand.value for operand in operands]
        return Slot(compute(*values, *attributes), is_batch=False)
    rule = RULES.get(operation, of_fold if is_fold(operation) else None)
    found = None
    try:
        if any(operand.is_ragged for operand in operands):
            pass
        elif operation.is_elementwise:
            found = of_elements(compute, operands, attributes)
        elif rule is not None:
            found = rule(compute, operands, attributes)
        elif issubclass(operation, composed):
            found = by_meaning(step, operands, numbers, size)
    except (ShapeError, OperationError):
        pass  # what is wrong, if anything, the entries tell better
    return entry_by_entry(compute, operands, attributes, size) if found is None else found


def by_meaning(
    step: tuple[Any, Sequence[Any]], operands: Sequence[Slot], numbers: Numbers, size: int
) -> Slot:
    """Take the steps that an operation is composed of."""
    operation, attributes = step
    program = operation.understood.over(len(operands), tuple(attributes))
    inputs = {f"operand {number}": operand for number, operand in enumerate(operands)}
    (found,) = run_batch(program, numbers, inputs, size)
    return Slot(found, is_batch=True)
