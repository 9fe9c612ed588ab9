"""`constant`: a number, or an array of numbers, in an expression."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np

from chainrule.engine.node import intern
from chainrule.engine.program import frozen
from chainrule.engine.protocol import Role
from chainrule.errors import ValueTypeError
from chainrule.language.expression import expression, operators
from chainrule.language.literals import write

__all__ = ["constant"]


class constant(expression):
    """A number, or an array of numbers, in an expression.

    value: any number or array; text, None and objects are refused.
    Source: course deck A, "Autodiff Review: Constant".

    >>> (constant(2) * expression("x")).eval({"x": 10})
    20.0
    """

    __slots__ = ()

    role = Role.CONSTANT

    def __new__(cls, value: Any) -> constant:  # noqa: PYI034 - a pooled node
        if isinstance(value, expression):
            raise ValueTypeError(f"{value} is an expression already: use it as it is.")
        if type(value) in (int, float):
            return intern(cls, (), (value,))
        return intern(cls, (), (cls.checked(value),))

    @staticmethod
    def checked(value: Any) -> Any:
        """Return a number as it is, and an array as a read-only copy."""
        if isinstance(value, str):
            raise ValueTypeError(
                f"{value!r} is text, not a number. A variable is expression({value!r}); "
                f"a formula is parse({value!r})."
            )
        if isinstance(value, np.generic) and value.dtype.kind in "biufc":
            return value
        if isinstance(value, Number | bool) or hasattr(value, "_mpf_") or hasattr(value, "_mpc_"):
            return value
        if value is not None and not isinstance(value, bytes | set | dict):
            array = np.array(value)
            if array.dtype.kind in "biufc":
                return frozen(array)
        raise ValueTypeError(
            f"{value!r} is a {type(value).__name__}, not a number. Give a number or an array."
        )

    @property
    def value(self) -> Any:
        """The number, as it was given."""
        return self.attributes[0]

    def __repr__(self) -> str:
        try:
            return f"constant({self.value!r})"
        except ValueError:  # an integer of more digits than Python writes in tens
            return f"constant({self.value:#x})"

    literal = staticmethod(write)


operators["constant"] = constant  # what a number becomes
