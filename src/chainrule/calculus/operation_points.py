"""The points at which an operation is checked: its samples, and arrays of every kind made of them.

May import NumPy and the errors; it must not know what is checked there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.protocol import Role
from chainrule.errors import OperationError

__all__ = ["TrialPoint", "layouts", "points_of", "regrown", "resized", "with_axes"]


@dataclass(frozen=True, slots=True)
class TrialPoint:
    """Operands and attributes of one use of an operation."""

    operands: tuple[Any, ...]
    attributes: tuple[Any, ...]

    def __str__(self) -> str:
        told = []
        for item in self.operands:
            text = np.array2string(np.asarray(item), separator=", ", threshold=6)
            told.append(repr(float(item)) if np.ndim(item) == 0 else " ".join(text.split()))
        return f"({', '.join([*told, *[repr(value) for value in self.attributes]])})"


def points_of(operation: Any, samples: Any) -> list[TrialPoint]:
    """Return a point for every sample: a tuple of operands, then a mapping of keywords if need be.

    Raises: OperationError for a sample with the wrong number of operands, or of no numbers.
    """
    if not isinstance(samples, Iterable) or isinstance(samples, str):
        raise OperationError(
            f"the samples of {operation.__name__} are {samples!r}. Give a list of tuples of "
            "operands, such as [(2.0, 3.0)]."
        )
    found = []
    for sample in samples:
        operands = sample if isinstance(sample, tuple) else (sample,)
        keywords = dict(operation.keywords)
        if operation.role is Role.LABEL:
            keywords["name"] = "step"
        if operands and isinstance(operands[-1], Mapping):
            keywords |= operands[-1]
            operands = operands[:-1]
        least, most = operation.arity
        if most is not None and len(operands) < most:
            defaults = operation.defaults
            operands += defaults[max(0, len(defaults) - most + len(operands)) :]
        if len(operands) < least or (most is not None and len(operands) > most):
            raise OperationError(
                f"a sample of {operation.__name__} has {len(operands)} operands, {sample!r}, but "
                f"it takes {least if least == most else f'{least} or more'}. "
                "Write each sample as a tuple of operands."
            )
        try:
            brought = [as_floats(operand) for operand in operands]
        except (TypeError, ValueError) as error:
            raise OperationError(
                f"a sample of {operation.__name__}, {sample!r}, is not made of numbers: {error}. "
                "Write each sample as a tuple of numbers or arrays."
            ) from None
        found.append(TrialPoint(tuple(brought), tuple(keywords.values())))
    return found


def as_floats(operand: Any) -> Any:
    """Return an operand as a float or an array of floats; of several values, each of them."""
    if type(operand) is Bundle:
        return Bundle(map(as_floats, operand))
    return float(operand) if np.ndim(operand) == 0 else np.asarray(operand, float)


def with_axes(operation: Any, point: TrialPoint) -> Iterator[TrialPoint]:
    """List a point with every axis it can be folded along, where the operation is a fold.

    These are called `axis` and `keepdims` throughout the language, as in NumPy.
    """
    names = list(operation.keywords)
    if not {"axis", "keepdims"} <= set(names) or len(point.operands) != 1:
        yield point
        return
    most = max((np.ndim(operand) for operand in point.operands), default=0)
    several = [tuple(range(most))] if most > 1 else []
    for axis, keepdims in product([None, *range(most), -1, *several], [False, True]):
        if axis == -1 and not most:
            continue
        given = dict(zip(names, point.attributes, strict=True))
        given |= {"axis": axis, "keepdims": keepdims}
        yield TrialPoint(point.operands, tuple(given.values()))


def resized(point: TrialPoint) -> Iterator[tuple[str, TrialPoint]]:
    """List a point with arrays of other sizes: each length of its axes becomes 0, then 1.

    Axes of one length stay of one length, since operands have to fit each other. Whether an
    operation takes the new shapes is for it to say.
    """
    lengths = {length for operand in point.operands for length in np.shape(operand)}
    for length, (called, size) in product(
        sorted(lengths), [("an empty array", 0), ("one element", 1)]
    ):
        if length == size:
            continue
        operands = []
        for operand in point.operands:
            made = operand
            for axis, have in enumerate(np.shape(operand)):
                if have == length:
                    made = np.take(made, np.arange(size), axis=axis)
            operands.append(made)
        yield called, TrialPoint(tuple(operands), point.attributes)


def regrown(point: TrialPoint) -> TrialPoint | None:
    """Return a point with arrays of sizes drawn at random, the same at every run; None for none.

    Axes of one length stay of one length. A square matrix keeps what it is: its leading block, or
    itself and a diagonal beside it. Other arrays go on from their beginning, a little changed so
    that no two elements are alike; whole numbers, which may be indices, are left as they are.
    """
    lengths = sorted({length for operand in point.operands for length in np.shape(operand)} - {0})
    if not lengths:
        return None
    draws = np.random.default_rng([len(point.operands), *lengths])
    sizes = {length: 1 if length == 1 else int(draws.integers(3, 7)) for length in lengths}
    made = [resized_to(x, sizes, draws) for x in point.operands]
    return TrialPoint(tuple(made), point.attributes)


def resized_to(operand: Any, sizes: Mapping[int, int], draws: np.random.Generator) -> Any:
    """Return an array whose axes have other sizes, given by their lengths."""
    shape = np.shape(operand)
    if not shape or 0 in shape:
        return operand
    if len(shape) > 1 and shape[-1] == shape[-2]:
        size, kept = sizes[shape[-1]], min(sizes[shape[-1]], shape[-1])
        made = np.zeros((*shape[:-2], size, size))
        made[..., range(size), range(size)] = 2 + np.arange(size)
        made[..., :kept, :kept] = operand[..., :kept, :kept]
        shape, operand = shape[:-2], made
    for axis, length in enumerate(shape):
        operand = np.take(operand, np.arange(sizes[length]) % length, axis=axis)
    if len(shape) < np.ndim(operand) or np.all(operand == np.round(operand)):
        return operand
    return operand * draws.uniform(0.75, 1.25, operand.shape)


def layouts(point: TrialPoint) -> Iterator[tuple[str, TrialPoint]]:
    """List a point with the same arrays laid out in memory in other ways."""
    if not any(np.ndim(operand) for operand in point.operands):
        return
    strided = [np.repeat(x, 2, axis=-1)[..., ::2] if np.ndim(x) else x for x in point.operands]
    yield "arrays with gaps", TrialPoint(tuple(strided), point.attributes)
    turned = [np.asfortranarray(x) if np.ndim(x) else x for x in point.operands]
    yield "arrays by columns", TrialPoint(tuple(turned), point.attributes)
    frozen = [np.array(x) if np.ndim(x) else x for x in point.operands]
    for item in frozen:
        if isinstance(item, np.ndarray):
            item.flags.writeable = False
    yield "read-only arrays", TrialPoint(tuple(frozen), point.attributes)
