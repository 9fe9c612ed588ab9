"""Instructions over rows that come to the same with fewer of them.

Signs are carried to where an addition or a product takes them up, and constants that are multiplied
one after the other become one where that is exact: the bits stay. Of what is only summed over
the rows, factors that are the same for all rows are drawn out of the sum, which moves its last
bits: what is drawn out follows from the summed formula alone, not from what else is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.engine.instructions import Instruction, Value, pass_of

__all__ = ["draw_factors_out", "with_signs_carried"]

LINEAR = ("sum", "contract")  # folds that factors can be drawn out of
Signed = tuple[int, Value]  # 1 or -1, and a value


def with_signs_carried(
    instructions: Sequence[Instruction], number: Callable[[int], Any]
) -> list[Instruction]:
    """Return the instructions with as few changes of sign and constant factors as will do.

    number: makes a constant of the precision.
    """
    carrier = Carrier(number(2))
    for item in instructions:
        carrier.take(item)
    return carrier.found


class Carrier:
    """Instructions rewritten one by one, and what is known of the values so far.

    two: the number. signs: of a value that is another one with its sign changed, that one. factors:
    of one that is a constant times another one, both.
    """

    __slots__ = ("factors", "found", "signs", "two")

    def __init__(self, two: Any) -> None:
        self.two = two
        self.found: list[Instruction] = []
        self.signs: dict[Value, Value] = {}
        self.factors: dict[Value, tuple[Any, Value]] = {}

    def take(self, item: Instruction) -> None:
        """Add an instruction as it is, or what comes to the same."""
        rule = CARRIED.get(item.function) if item.kind == "ufunc" else None
        if rule is None:
            self.found.append(item)
        else:
            rule(self, item, *map(self.signed, item.operands))

    def signed(self, value: Value) -> Signed:
        """Return a sign and what it stands before."""
        known = self.signs.get(value)
        return (1, value) if known is None else (-1, known)

    def add(self, item: Instruction, function: Any, operands: Sequence[Value], sign: int) -> None:
        """Add a function of operands, with a sign, in place of an instruction."""
        made = item.made
        if sign < 0:
            made = Value("row", made.shape, actual=made.actual, stage=made.stage)
        self.found.append(Instruction("ufunc", made, operands, function, in_pass=True))
        if sign < 0:
            self.negate(item.made, made)

    def negate(self, made: Value, of: Value) -> None:
        """Let a value be another one with its sign changed, written down for whoever reads it."""
        self.signs[made] = of
        self.found.append(Instruction("ufunc", made, (of,), np.negative, in_pass=True))

    def negative(self, item: Instruction, operand: Signed) -> None:
        """Change a sign: of a constant times something, that of the constant."""
        sign, value = operand
        known = self.factors.get(value)
        if sign > 0 and known is not None:
            self.scale(item, -known[0], known[1])
        elif sign > 0:
            self.negate(item.made, value)
        else:
            self.found.append(item)

    def multiply(self, item: Instruction, one: Signed, other: Signed) -> None:
        """Multiply: the sign goes in front, or into a constant."""
        sign = one[0] * other[0]
        left, right = one[1], other[1]
        for factor, value in ((left, right), (right, left)):
            number = factor.number
            if number is not None and np.ndim(number) == 0 and value.number is None:
                number = number if sign > 0 else -number
                before, base = self.factors.get(value, (None, value))
                if before is not None and is_exact_product(number, before):
                    self.scale(item, number * before, base)
                else:
                    self.scale(item, number, value)
                return
        self.add(item, np.multiply, (left, right), sign)

    def scale(self, item: Instruction, number: Any, value: Value) -> None:
        """Add a constant times a value in place of an instruction."""
        constant = Value("whole", (), number=number)
        self.factors[item.made] = number, value
        self.add(item, np.multiply, (constant, value), 1)

    def divide(self, item: Instruction, one: Signed, other: Signed) -> None:
        """Divide: the sign goes in front."""
        self.add(item, np.divide, (one[1], other[1]), one[0] * other[0])

    def plus(self, item: Instruction, one: Signed, other: Signed) -> None:
        """Add, or subtract what has a sign."""
        (sign, left), (sign_of_other, right) = one, other
        if sign_of_other > 0 > sign:
            self.add(item, np.subtract, (right, left), 1)
        elif sign_of_other < 0:  # before both, a sign in front would turn a zero that they come to
            self.add(item, np.subtract, (item.operands[0], right), 1)
        else:
            self.add(item, np.add, (left, right), 1)
            if left is right:
                self.factors[item.made] = self.two, left

    def minus(self, item: Instruction, one: Signed, other: Signed) -> None:
        """Subtract, or add what has a sign."""
        (sign, left), (sign_of_other, right) = one, other
        if sign_of_other > 0:
            self.found.append(item)
        elif sign > 0:
            self.add(item, np.add, (left, right), 1)
        else:
            self.add(item, np.subtract, (right, left), 1)


CARRIED: dict[Any, Callable[..., None]] = {
    np.negative: Carrier.negative,
    np.multiply: Carrier.multiply,
    np.divide: Carrier.divide,
    np.add: Carrier.plus,
    np.subtract: Carrier.minus,
}


def is_exact_product(number: Any, before: Any) -> bool:
    """Tell whether number * (before * x) is (number * before) * x for every x, bit for bit.

    It is where `before` doubles x some times over, which loses nothing, not even next to 0; and
    where what overflows on the way overflows in the end.
    """
    doubles = before >= 1 and math.frexp(float(before))[0] == 0.5
    with np.errstate(all="ignore"):
        return bool(doubles and abs(number) >= 1 and np.isfinite(number * before))


def draw_factors_out(
    instructions: Sequence[Instruction], number: Callable[[int], Any]
) -> list[Instruction]:
    """Return the instructions with factors that are the same for all rows behind the folds.

    number: makes a constant of the precision.
    """
    drawer = Drawer(instructions, number)
    for item in instructions:
        drawer.take(item)
    return drawer.found


class Drawer:
    """Instructions rewritten one by one, and what is known of the products among them.

    summed: the values of which a fold is a sum, and what these are products of. apart: of such a
    value, the factor that is the same for all rows, None for none, and what it stands before.
    """

    __slots__ = ("apart", "found", "minus_one", "summed")

    def __init__(self, instructions: Sequence[Instruction], number: Callable[[int], Any]) -> None:
        self.found: list[Instruction] = []
        self.apart: dict[Value, tuple[Value | None, Value]] = {}
        self.minus_one = Value("whole", (), number=number(-1))
        self.summed: set[Value] = set()
        for item in reversed(instructions):
            if is_linear(item) or (item.made in self.summed and is_product(item)):
                self.summed.update(item.operands)

    def take(self, item: Instruction) -> None:
        """Add an instruction, and what it is a product of; behind a fold, the factor."""
        if is_linear(item):
            self.fold(item)
            return
        self.found.append(item)
        if item.made in self.summed and is_product(item):
            self.apart[item.made] = self.product(item)

    def parts(self, value: Value) -> tuple[Value | None, Value]:
        """Return a factor and what it stands before."""
        return self.apart.get(value, (None, value))

    def product(self, item: Instruction) -> tuple[Value | None, Value]:
        """Return the factor of a product, and the product of the rest."""
        if item.function is np.negative:
            factor, base = self.parts(item.operands[0])
            return self.times(factor, self.minus_one), base
        for one, other in (item.operands, item.operands[::-1]):
            if one.kind == "whole" and one.actual == () and other.kind != "whole":
                factor, base = self.parts(other)
                return self.times(factor, one), base
        (left, first), (right, second) = map(self.parts, item.operands)
        if left is None and right is None:
            return None, item.made
        bases = first, second
        made = Value("row", item.made.shape, actual=item.made.actual, stage=pass_of(bases))
        self.found.append(Instruction("ufunc", made, bases, np.multiply, in_pass=True))
        return self.times(left, right), made

    def times(self, one: Value | None, other: Value | None) -> Value | None:
        """Multiply two factors: once, however often the product is used."""
        if one is None or other is None:
            return one if other is None else other
        made = Value("whole", (), stage=max(one.stage, other.stage))
        self.found.append(Instruction("call", made, (one, other), np.multiply))
        return made

    def fold(self, item: Instruction) -> None:
        """Add a fold over what is left without factors, and the factor behind it."""
        parts = [self.parts(operand) for operand in item.operands]
        factor = None
        for drawn, _ in parts:
            factor = self.times(factor, drawn)
        if factor is None:
            self.found.append(item)
            return
        bases = [base for _, base in parts]
        summed = Value("whole", item.made.shape, stage=pass_of(bases))
        kind, attributes = item.function, item.attributes
        self.found.append(Instruction("fold", summed, bases, kind, attributes, in_pass=True))
        item.made.stage = max(summed.stage, factor.stage)
        self.found.append(Instruction("call", item.made, (summed, factor), scaled))


def is_linear(item: Instruction) -> bool:
    """Tell a fold that factors can be drawn out of."""
    return item.kind == "fold" and item.function in LINEAR


def is_product(item: Instruction) -> bool:
    """Tell a product, or a change of sign, of rows."""
    return item.kind == "ufunc" and item.function in (np.multiply, np.negative)


def scaled(total: Any, factor: Any) -> Any:
    """Multiply a sum by the factor that was drawn out of it.

    Raises: FloatingPointError where the sum as it was written may be another one: because it has
    left what floats hold on a way that the factor would have kept it from.
    """
    size, most = abs(factor), np.finfo(np.asarray(total).dtype).maxexp
    largest, least = 2.0 ** (most // 5), 2.0 ** (-4 * most // 5)
    if not 1 / largest < size < largest and size != 0:
        raise FloatingPointError("a factor so large or small may bring back what a sum has lost")
    if not np.isfinite(total).all() or (size > 1 and (np.abs(total) < least).any()):
        raise FloatingPointError("a sum has left what floats hold")
    return total * factor
