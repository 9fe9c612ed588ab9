"""Sizes of axes before there are values: numbers, names such as n, and what follows from them.

A shape is a tuple of sizes. Rules of operations compute with sizes as with integers (+, -, *, //),
and ask `fits` and `broadcast` where they would compare: a size may be one that nobody knows yet.
Two different names are two different sizes: what works only where they happen to agree is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from chainrule.errors import ShapeError

__all__ = ["UNKNOWN", "Shape", "Size", "broadcast", "fits", "in_words", "length_of", "product"]

Monomial = tuple[str, ...]  # the names in a product, sorted; () is 1


class Size:
    """A size that has a name, or a polynomial of such with whole coefficients: n, 2*n + 1, m*n.

    Arithmetic gives an int where no name is left.

    >>> n = Size("n")
    >>> n + n, n - n, (n + 1) * 3, (2 * n) // 2
    (2*n, 0, 3*n + 3, n)
    """

    __slots__ = ("terms",)
    terms: dict[Monomial, int]

    def __init__(self, name: str) -> None:
        self.terms = {(name,): 1}

    @classmethod
    def of(cls, terms: dict[Monomial, int]) -> Any:
        """Return the size of these terms; an int where it names nothing."""
        kept = {monomial: factor for monomial, factor in sorted(terms.items()) if factor}
        if not kept.keys() - {()}:
            return kept.get((), 0)
        made = object.__new__(cls)
        made.terms = kept
        return made

    def __add__(self, other: Any) -> Any:
        if other is UNKNOWN:
            return UNKNOWN
        terms = dict(self.terms)
        for monomial, factor in terms_of(other).items():
            terms[monomial] = terms.get(monomial, 0) + factor
        return Size.of(terms)

    __radd__ = __add__

    def __neg__(self) -> Any:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        return self + other * -1

    def __rsub__(self, other: Any) -> Any:
        return self * -1 + other

    def __mul__(self, other: Any) -> Any:
        if other is UNKNOWN:
            return UNKNOWN
        terms: dict[Monomial, int] = {}
        for left, factor in self.terms.items():
            for right, times in terms_of(other).items():
                monomial = tuple(sorted(left + right))
                terms[monomial] = terms.get(monomial, 0) + factor * times
        return Size.of(terms)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        """Divide where it goes without remainder whatever the names stand for; else UNKNOWN."""
        divisors = terms_of(other) if other is not UNKNOWN else {}
        if len(divisors) != 1:
            return 1 if self == other else UNKNOWN
        ((below, by),) = divisors.items()
        terms: dict[Monomial, int] = {}
        for monomial, factor in self.terms.items():
            rest = without(monomial, below)
            if rest is None or not by or factor % by:
                return UNKNOWN
            terms[rest] = factor // by
        return Size.of(terms)

    def __rfloordiv__(self, other: Any) -> Any:
        return UNKNOWN if other else 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __repr__(self) -> str:
        constant_last = sorted(self.terms.items(), key=lambda term: not term[0])
        parts = ["*".join([str(k)] * (k != 1 or not m) + list(m)) for m, k in constant_last]
        return " + ".join(parts).replace("+ -", "- ").replace("-1*", "-")

    def names(self) -> set[str]:
        """Return the names in it."""
        return {name for monomial in self.terms for name in monomial}

    def at(self, sizes: dict[str, int]) -> int:
        """Return the number that it is for these sizes by name."""
        return sum(
            factor * math.prod([sizes[name] for name in monomial])
            for monomial, factor in self.terms.items()
        )


class _Unknown(Size):
    """The size that only values can tell: how many a mask selects."""

    __slots__ = ()

    def __init__(self) -> None:
        self.terms = {}

    def _itself(self, _other: Any = None) -> Any:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __neg__ = _itself
    __mul__ = __rmul__ = __floordiv__ = __rfloordiv__ = _itself

    def __eq__(self, other: object) -> bool:
        return other is self

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "?"

    def __reduce__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
Shape = tuple[Any, ...]  # of int | Size


def terms_of(size: Any) -> dict[Monomial, int]:
    """Return a size as a polynomial."""
    return size.terms if isinstance(size, Size) else {(): int(size)}


def without(monomial: Monomial, factors: Monomial) -> Monomial | None:
    """Divide a product of names by another; None where it does not go."""
    left = list(monomial)
    for name in factors:
        if name not in left:
            return None
        left.remove(name)
    return tuple(left)


def fits(one: Any, other: Any) -> bool:
    """Tell whether two sizes are the same, as far as anybody can tell.

    >>> fits(3, 3), fits(Size("n"), 3), fits(Size("n"), UNKNOWN)
    (True, False, True)
    """
    return one is UNKNOWN or other is UNKNOWN or bool(one == other)


def broadcast(*shapes: Shape) -> Shape:
    """Return the shape that arrays of these shapes have together, by NumPy's rules.

    Raises: ShapeError for sizes that do not fit, with the axis.

    >>> broadcast((Size("n"), 1), (3,), ())
    (n, 3)
    """
    first = shapes[0] if shapes else ()
    if all(shape == first for shape in shapes):
        return first
    ndim = max([len(shape) for shape in shapes])
    made: list[Any] = [1] * ndim
    for shape in shapes:
        for place, size in enumerate(shape, ndim - len(shape)):
            have = made[place]
            if size is UNKNOWN and have != 1:
                continue
            if have is UNKNOWN or (isinstance(have, int) and have == 1):
                made[place] = size if size != 1 else have
            elif size not in (have, 1):
                raise ShapeError(
                    f"shapes {' and '.join(map(in_words, shapes))} do not fit: along axis "
                    f"{place - ndim} one has {have}, the other {size}. "
                    "Give them the same size there, or size 1 to repeat."
                )
    return tuple(made)


def product(shape: Iterable[Any]) -> Any:
    """Return the number of elements of a shape: an int, or a Size."""
    found: Any = 1
    for size in shape:
        found = found * size
    return found


def length_of(key: slice, size: Any) -> Any:
    """Return how many elements a slice takes of an axis; UNKNOWN where the names hide it.

    >>> length_of(slice(1, None), Size("n")), length_of(slice(None, None, 2), 5)
    (n - 1, 3)
    """
    if not isinstance(size, Size):
        return len(range(*key.indices(size)))
    start, stop, step = key.start, key.stop, key.step
    if step not in (None, 1, -1) or size is UNKNOWN:
        return UNKNOWN
    if step == -1:
        return size if start is None and stop is None else UNKNOWN
    # n is taken to be as long as the slice asks: x[1:] of n has n - 1, x[:5] may have fewer.
    if (start or 0) < 0 or (stop is not None and stop >= 0):
        return -start if start is not None and start < 0 and stop is None else UNKNOWN
    return size - (start or 0) + (stop or 0)


def in_words(shape: Shape) -> str:
    """Write a shape as people do: (n, 3).

    >>> in_words((Size("n"),)), in_words((2, 3))
    ('(n,)', '(2, 3)')
    """
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
