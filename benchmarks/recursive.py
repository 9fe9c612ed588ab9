"""The recursive style in which differentiation is first taught, as a peer to measure against.

One class an operation; `eval` and `diff` call themselves on the operands, and a gradient is one
`diff` a variable. Faithful, not clever: it is what a student writes in the first week.
"""

from __future__ import annotations

import math


def lift(value):
    return value if isinstance(value, Expression) else Constant(value)


class Expression:
    """A variable; the base of every expression."""

    def __init__(self, name):
        self.name = name

    def eval(self, values):
        return values[self.name]

    def diff(self, values, name):
        del values
        return 1 if name == self.name else 0

    def __add__(self, other):
        return Addition(self, lift(other))

    def __radd__(self, other):
        return Addition(lift(other), self)

    def __sub__(self, other):
        return Subtraction(self, lift(other))

    def __rsub__(self, other):
        return Subtraction(lift(other), self)

    def __mul__(self, other):
        return Multiplication(self, lift(other))

    def __rmul__(self, other):
        return Multiplication(lift(other), self)

    def __neg__(self):
        return Multiplication(Constant(-1), self)


class Constant(Expression):
    def __init__(self, value):
        self.value = value

    def eval(self, values):
        del values
        return self.value

    def diff(self, values, name):
        del values, name
        return 0


class Binary(Expression):
    def __init__(self, left, right):
        self.left = left
        self.right = right


class Addition(Binary):
    def eval(self, values):
        return self.left.eval(values) + self.right.eval(values)

    def diff(self, values, name):
        return self.left.diff(values, name) + self.right.diff(values, name)


class Subtraction(Binary):
    def eval(self, values):
        return self.left.eval(values) - self.right.eval(values)

    def diff(self, values, name):
        return self.left.diff(values, name) - self.right.diff(values, name)


class Multiplication(Binary):
    def eval(self, values):
        return self.left.eval(values) * self.right.eval(values)

    def diff(self, values, name):
        left, right = self.left, self.right
        return left.diff(values, name) * right.eval(values) + left.eval(values) * right.diff(
            values, name
        )


class Unary(Expression):
    def __init__(self, inner):
        self.inner = inner


class Sine(Unary):
    def eval(self, values):
        return math.sin(self.inner.eval(values))

    def diff(self, values, name):
        return math.cos(self.inner.eval(values)) * self.inner.diff(values, name)


class Exponential(Unary):
    def eval(self, values):
        return math.exp(self.inner.eval(values))

    def diff(self, values, name):
        return math.exp(self.inner.eval(values)) * self.inner.diff(values, name)


class NaturalLogarithm(Unary):
    def eval(self, values):
        return math.log(self.inner.eval(values))

    def diff(self, values, name):
        return self.inner.diff(values, name) / self.inner.eval(values)


class HyperbolicTangent(Unary):
    def eval(self, values):
        return math.tanh(self.inner.eval(values))

    def diff(self, values, name):
        return (1 - math.tanh(self.inner.eval(values)) ** 2) * self.inner.diff(values, name)


# The names under which a formula asks for them.
sin = Sine
exp = Exponential
log = NaturalLogarithm
tanh = HyperbolicTangent
