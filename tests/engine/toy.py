"""A toy language of three operations, for testing the engine without the real words."""

import math

import numpy as np

from chainrule.engine.node import Node, intern
from chainrule.engine.notation import ATOM, function, infix
from chainrule.engine.properties import NOTHING, associative, commutative, folds, neutral
from chainrule.engine.protocol import Role
from chainrule.engine.sizes import broadcast


class toy(Node):
    __slots__ = ()
    role = Role.OPERATION
    is_elementwise = True
    gives_truth = False
    properties = NOTHING
    spell = {}
    meaning = partials = pull = push = simplify = limit = notation = None
    shape = staticmethod(broadcast)

    @staticmethod
    def lift(value):
        return value if isinstance(value, Node) else number(value)

    @classmethod
    def again(cls, arguments, attributes):
        return intern(cls, arguments, attributes)

    def __add__(self, other):
        return plus(self, other)

    def __radd__(self, other):
        return plus(other, self)

    def __mul__(self, other):
        return product(self, other)

    def __rmul__(self, other):
        return product(other, self)

    def __neg__(self):
        return product(-1, self)

    def __init_subclass__(cls):
        cls.on_ieee = cls.on_exact = cls.__dict__.get("on_array")
        cls.on_nodes = cls


class letter(toy):
    __slots__ = ()
    role = Role.VARIABLE

    def __new__(cls, name):
        return intern(cls, (), (name,))


class number(toy):
    __slots__ = ()
    role = Role.CONSTANT

    def __new__(cls, value):
        return intern(cls, (), (value,))

    @staticmethod
    def literal(value, style):
        del style
        return repr(value), ATOM if value >= 0 else 70


class binary(toy):
    __slots__ = ()

    def __new__(cls, left, right):
        return intern(cls, (toy.lift(left), toy.lift(right)))


class plus(binary):
    __slots__ = ()
    notation = infix("+", precedence=50, spaced=True)
    properties = commutative | associative | neutral(0) | folds(lambda a, b: a + b)
    spell = {"python": "{0} + {1}", "javascript": "{0} + {1}"}
    on_float = staticmethod(lambda a, b: a + b)
    on_array = staticmethod(np.add)
    partials = staticmethod(lambda y, a, b: (1, 1))


class product(binary):
    __slots__ = ()
    notation = infix("*", precedence=60)
    properties = commutative | associative | neutral(1) | folds(lambda a, b: a * b)
    spell = {"python": "{0} * {1}", "javascript": "{0} * {1}"}
    on_float = staticmethod(lambda a, b: a * b)
    on_array = staticmethod(np.multiply)
    partials = staticmethod(lambda y, a, b: (b, a))


class wave(toy):
    __slots__ = ()
    notation = function("wave", latex=r"\sin")
    spell = {"python": "math.sin({0})", "javascript": "Math.sin({0})"}
    on_float = staticmethod(math.sin)
    on_array = staticmethod(np.sin)

    def __new__(cls, angle):
        return intern(cls, (toy.lift(angle),))

    @staticmethod
    def partials(y, x):
        if isinstance(x, Node):
            return (wave(x + math.pi / 2),)
        return (math.sin(x + math.pi / 2) if isinstance(x, float) else np.sin(x + math.pi / 2),)
