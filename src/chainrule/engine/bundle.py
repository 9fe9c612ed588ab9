"""Several values of one operation in one slot: the factors of a matrix, the states of a loop.

An operation with several values computes a `Bundle`; whoever wants one of them takes it by number.
What flows back into such a slot is a Bundle too, with None where nothing does, and so is a tangent
and a shape. Bundles add part by part, so that the sweeps need not know of them.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Bundle"]


class Bundle(tuple[Any, ...]):
    """Several values in one slot; None is a part that nothing has flowed to.

    >>> Bundle((1.0, None)) + Bundle((2.0, None))
    Bundle(3.0, None)
    """

    __slots__ = ()

    def __add__(self, other: Any) -> Bundle:
        def joined(left: Any, right: Any) -> Any:
            if left is None or right is None:
                return right if left is None else left
            return left + right

        return Bundle(map(joined, self, other))

    def __repr__(self) -> str:
        return f"Bundle({', '.join(map(repr, self))})"

    @classmethod
    def of_one(cls, part: Any, number: int, count: int) -> Bundle:
        """Return what flows where it flows to one part only."""
        return cls([part if place == number else None for place in range(count)])
