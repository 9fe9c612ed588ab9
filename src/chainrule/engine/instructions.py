"""What a lowered program is made of: values that go by rows or not, and what makes them.

Knows no operation; `lowering` says how a program becomes these, `schedule` in which order they run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chainrule.engine.sizes import UNKNOWN, Shape, Size
from chainrule.errors import ChainRuleError

__all__ = ["ROWS", "CannotLower", "Instruction", "Value", "has_rows", "is_fixed", "pass_of"]

ROWS = "rows"  # the name of the size that changes from call to call


class CannotLower(ChainRuleError):
    """A program that cannot be brought to row blocks; whoever asked runs it as it is."""


class Value:
    """What a step computes, or an input.

    kind: "row", "full" or "whole". shape: as the program has it. actual: the shape that is held,
    of which `shape` is the repetition. stage: the pass that computes it, or after which it is
    there. number: its value, where that is known beforehand. base: whose memory it is a view of.
    places: for zeros to which something is added at keys, how often so far.
    """

    __slots__ = ("actual", "base", "kind", "name", "number", "places", "shape", "stage", "stored")

    def __init__(
        self, kind: str, shape: Shape, *, actual: Any = None, stage: int = 0, number: Any = None
    ) -> None:
        self.kind = kind
        self.shape = shape
        self.actual = shape if actual is None else actual
        self.stage = stage
        self.number = number
        self.name = ""
        self.base: Value = self
        self.places = 0
        self.stored = False

    @property
    def is_exact(self) -> bool:
        """Tell whether it is held in the shape that the program says."""
        return bool(self.actual == self.shape)

    @property
    def cuts(self) -> bool:
        """Tell whether a pass has it row by row."""
        return self.kind != "whole"


class Instruction:
    """One thing to do: what kind, what it makes, of what, by which function.

    kind: in a pass "ufunc", "call", "reduce", "matmul", "fill", "expand", "same", "place", or
    "fold", which makes a whole value; between passes "call", "select", "zeros", "window", "count",
    "repeat", "expand", "same", "put". in_pass: whether it runs for every block, in the pass whose
    number is `stage`; otherwise it runs after that pass.
    """

    __slots__ = ("attributes", "function", "in_pass", "kind", "made", "operands", "stage")

    def __init__(
        self,
        kind: str,
        made: Value,
        operands: Sequence[Value],
        function: Any = None,
        attributes: tuple[Any, ...] = (),
        *,
        in_pass: bool = False,
    ) -> None:
        self.kind = kind
        self.made = made
        self.operands = tuple(operands)
        self.function = function
        self.attributes = attributes
        self.in_pass = in_pass
        self.stage = made.stage


def has_rows(shape: Shape) -> bool:
    """Tell whether the leading axis, and no other, is one of rows."""
    return (
        bool(shape)
        and isinstance(shape[0], Size)
        and shape[0] is not UNKNOWN
        and not any(isinstance(size, Size) for size in shape[1:])
    )


def is_fixed(shape: Shape) -> bool:
    """Tell whether no axis changes from call to call."""
    return not any(isinstance(size, Size) for size in shape)


def pass_of(operands: Iterable[Value]) -> int:
    """Return the first pass in which all operands are there."""
    return max([1, *(item.stage if item.kind == "row" else item.stage + 1 for item in operands)])
