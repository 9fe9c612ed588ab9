"""Numbers on which operations are tried: of several kinds, since few operations take all.

Knows no operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.node import Node
from chainrule.engine.program import Program
from chainrule.errors import ChainRuleError

__all__ = [
    "REFUSALS",
    "draws",
    "elements_of",
    "positive",
    "signed",
    "sizes_of",
    "whole",
    "whole_numbers",
]

# What an operation raises for operands that it does not take. A user's own may raise any of these.
REFUSALS = (ChainRuleError, ValueError, ArithmeticError, TypeError, LookupError, AttributeError)


def whole_numbers(attribute: Any) -> Iterator[int]:
    """List the whole numbers in an attribute, in the steps of a loop's body too."""
    stack = [attribute]
    while stack:
        top = stack.pop()
        if isinstance(top, bool | str | Node) or top is None:
            continue
        if isinstance(top, int | np.integer):
            yield int(top)
        elif isinstance(top, np.ndarray):
            if top.size and top.dtype.kind in "iu":
                yield int(np.max(np.abs(top)))
        elif isinstance(top, slice):
            stack += [top.start, top.stop, top.step]
        elif isinstance(top, tuple | list | frozenset):
            stack += top
        else:
            program = top if isinstance(top, Program) else getattr(top, "program", None)
            if isinstance(program, Program):
                stack += [tuple(attributes) for attributes in program.attributes]


def sizes_of(shape: Any) -> list[int]:
    """Return the sizes in a shape, or in the shapes of a Bundle."""
    if isinstance(shape, Bundle):
        return [size for part in shape for size in sizes_of(part)]
    return [size for size in shape if size is not None]


def elements_of(shape: Any) -> int:
    """Return the number of elements of a shape, or of those of a Bundle."""
    if isinstance(shape, Bundle):
        return sum(map(elements_of, shape))
    return math.prod(shape)


def draws(operation: Any, shapes: Sequence[Any], values: Sequence[Any]) -> Iterator[list[Any]]:
    """Draw operands of these shapes, of one kind of number after another.

    An operation may take only some: positive numbers, indices, matrices that can be inverted. Its
    own samples show which, and so they come first.
    """
    generator = np.random.default_rng(len(shapes))
    shown = shown_operands(operation, len(shapes))

    def drawn(kind: Callable[..., Any], number: int) -> Any:
        if values[number] is not None:
            return values[number]
        shape = shapes[number]
        sample = shown[number] if number < len(shown) else None
        if isinstance(shape, Bundle):
            return Bundle([kind(part, generator, None) for part in shape])
        return kind(shape, generator, sample)

    count = len(shapes)
    for kind in KINDS:
        yield [drawn(kind, number) for number in range(count)]
    if 1 < count <= 3:
        for odd in range(count):
            for kind in (whole, matrices, triangles):
                yield [drawn(kind if number == odd else signed, number) for number in range(count)]


def shown_operands(operation: Any, count: int) -> list[Any]:
    """Return the operands of a sample of the class body; none where it has none of so many."""
    for sample in getattr(operation, "samples", ()):
        operands = list(sample) if isinstance(sample, tuple) else [sample]
        if operands and isinstance(operands[-1], Mapping):
            operands.pop()
        if len(operands) == count:
            return operands
    return []


def alike(shape: Any, generator: Any, sample: Any) -> Any:
    """Draw numbers such as a sample has: whole ones stay whole, others vary a little."""
    if sample is None or isinstance(sample, Bundle):
        return positive(shape, generator, None)
    numbers = np.resize(np.asarray(sample, float), shape)
    if np.all(numbers == np.round(numbers)):
        numbers = generator.permutation(numbers.ravel()).reshape(shape)
    else:
        numbers = numbers * generator.uniform(0.9, 1.1, shape)
    return numbers if shape else float(numbers)


def signed(shape: Any, generator: Any, _sample: Any) -> Any:
    """Draw numbers of both signs."""
    return generator.normal(size=shape) if shape else float(generator.normal())


def positive(shape: Any, generator: Any, _sample: Any) -> Any:
    """Draw positive numbers, about 1."""
    return generator.uniform(0.5, 2.0, shape) if shape else float(generator.uniform(0.5, 2.0))


def share(shape: Any, generator: Any, _sample: Any) -> Any:
    """Draw numbers between 0 and 1."""
    return generator.uniform(0.05, 0.95, shape) if shape else float(generator.uniform(0.05, 0.95))


def whole(shape: Any, generator: Any, _sample: Any) -> Any:
    """Draw 0 and 1: indices, classes and truths, with many ties."""
    return generator.integers(0, 2, shape).astype(float) if shape else 1.0


def matrices(shape: Any, generator: Any, _sample: Any) -> Any:
    """Draw symmetric positive definite matrices, where the last two axes are as long."""
    if len(shape) < 2 or shape[-1] != shape[-2]:
        return signed(shape, generator, None)
    numbers = generator.normal(size=shape)
    return numbers @ np.swapaxes(numbers, -1, -2) + np.eye(shape[-1])


def triangles(shape: Any, generator: Any, _sample: Any) -> Any:
    """Draw upper triangular matrices that can be inverted, where the last two axes are as long."""
    made = matrices(shape, generator, None)
    square = len(shape) > 1 and shape[-1] == shape[-2]
    return np.triu(made) if square else made


KINDS = (alike, signed, whole, positive, matrices, share, triangles)
