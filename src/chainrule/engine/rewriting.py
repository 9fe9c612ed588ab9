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

# Beyond this, what a drawn out factor brings back may be lost before: the plain way is taken.
LARGEST_FACTOR = 2.0**200
LEAST_SUM = 2.0**-800

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


def is_exact_product(one: Any, other: Any) -> bool:
    """Tell whether x times both, one by one, is x times their product, bit for bit."""
    sizes = sorted([abs(float(one)), abs(float(other))])
    powers = [math.frexp(size)[0] == 0.5 for size in sizes]
    return sizes[0] >= 1 and any(powers) and sizes[0] * sizes[1] < math.inf


def draw_factors_out(instructions: list[Instruction]) -> list[Instruction]:
    """Return the instructions with factors that are the same for all rows behind the folds."""
    makers = {item.made: item for item in instructions if item.kind == "ufunc"}
    found: list[Instruction] = []
    known: dict[Value, tuple[tuple[Value, ...], int, Value]] = {}

    def drawn(value: Value) -> tuple[tuple[Value, ...], int, Value]:
        """Return factors, a sign and what they stand before."""
        if value not in known:
            known[value] = apart(value)
        return known[value]

    def apart(value: Value) -> tuple[tuple[Value, ...], int, Value]:
        item = makers.get(value)
        if item is None or item.function not in (np.multiply, np.negative):
            return (), 1, value
        if item.function is np.negative:
            factors, sign, base = drawn(item.operands[0])
            return factors, -sign, base
        for one, other in (item.operands, item.operands[::-1]):
            if one.kind == "whole" and one.actual == () and other.kind != "whole":
                factors, sign, base = drawn(other)
                return (*factors, one), sign, base
        left, right = map(drawn, item.operands)
        if left[2] is item.operands[0] and right[2] is item.operands[1]:
            return (), 1, value
        bases = left[2], right[2]
        made = Value("row", value.shape, actual=value.actual, stage=pass_of(bases))
        found.append(Instruction("ufunc", made, bases, np.multiply, in_pass=True))
        return (*left[0], *right[0]), left[1] * right[1], made

    for item in instructions:
        if item.kind != "fold" or item.function not in LINEAR:
            found.append(item)
            continue
        parts = [drawn(operand) for operand in item.operands]
        factors = tuple([factor for part in parts for factor in part[0]])
        sign = math.prod([part[1] for part in parts])
        if not factors and sign > 0:
            found.append(item)
            continue
        bases = [part[2] for part in parts]
        summed = Value("whole", item.made.shape, stage=pass_of(bases))
        fold = Instruction("fold", summed, bases, item.function, item.attributes, in_pass=True)
        found.append(fold)
        item.made.stage = max([summed.stage, *[factor.stage for factor in factors]])
        found.append(Instruction("call", item.made, (summed, *factors), SCALED[sign]))
    return found


def scaled(total: Any, *factors: Any) -> Any:
    """Multiply a sum by the factors that were drawn out of it.

    Raises: FloatingPointError where the sum as it was written may be another one.
    """
    factor = factors[0]
    for more in factors[1:]:
        factor = factor * more
    size = abs(factor)
    if not 1 / LARGEST_FACTOR < size < LARGEST_FACTOR and size != 0:
        raise FloatingPointError("a factor so large or small may bring back what a sum has lost")
    if not np.isfinite(total).all() or ((np.abs(total) < LEAST_SUM) & (total != 0)).any():
        raise FloatingPointError("a sum has left what floats hold")
    return total * factor


def scaled_and_negated(total: Any, *factors: Any) -> Any:
    """Multiply a sum by the factors that were drawn out of it, and by -1.

    Raises: as `scaled`.
    """
    return -scaled(total, *factors) if factors else -total


SCALED = {1: scaled, -1: scaled_and_negated}
