"""`vector` and `matrix`: variables that say how many axes they have."""

from __future__ import annotations

from typing import Any

from chainrule.errors import ValueTypeError
from chainrule.language.expression import expression

__all__ = ["matrix", "vector"]


def vector(name: str, size: Any = None) -> expression:
    """Return a variable for a vector, an array of one axis.

    size: a number; a name such as "n", which is one size throughout an expression; None for any.
    Raises: ValueTypeError; ShapeError, once it stands where it cannot fit.

    >>> w = vector("w")
    >>> print((w @ w).shape, vector("v", "n").shape)
    () (n,)
    """
    return expression(name, shape=(size,))


def matrix(name: str, *sizes: Any) -> expression:
    """Return a variable for a matrix, an array of two axes.

    sizes: the number of rows and of columns, each a number, a name such as "n", or None for any.
    Raises: ValueTypeError for another number of sizes; ShapeError, once it cannot fit.

    >>> X, w = matrix("X", "n", 3), vector("w", 3)
    >>> (X @ w).shape
    (n,)
    >>> w + vector("v", 4)
    Traceback (most recent call last):
    chainrule.errors.ShapeError: shapes (3,) and (4,) do not fit: along axis -1 one has 3, \
the other 4. Give them the same size there, or size 1 to repeat.
    In w + v: w has shape (3,) and v has shape (4,).
    """
    if len(sizes) == 1 and isinstance(sizes[0], tuple | list):
        sizes = tuple(sizes[0])
    if len(sizes) not in (0, 2):
        raise ValueTypeError(
            f"a matrix has two sizes, not {len(sizes)}: matrix({name!r}, 'n', 3), or "
            f"matrix({name!r}, 'n', 'n') for a square one."
        )
    return expression(name, shape=sizes or (None, None))
