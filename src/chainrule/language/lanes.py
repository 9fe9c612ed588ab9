"""How an operation computes on each kind of number, from what its class body says.

Each function here takes a class and returns a function of numbers; `kinds` asks for them when they
are first wanted. Knows no operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.engine.node import Node
from chainrule.engine.targets.interpreter import FLOAT_TROUBLE, Lane
from chainrule.errors import OperationError

__all__ = ["array_lane", "exact_lane", "float_lane", "ieee_lane", "lane_of_numbers"]


class _ForMpmath:
    """The names that spellings use of `math`, over mpmath's numbers at its precision."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        import mpmath  # noqa: PLC0415  # optional: only whoever passes its numbers needs it

        renamed = {
            "pow": lambda a, b: mpmath.mpmathify(a) ** b,
            "fabs": mpmath.fabs,
            "log2": lambda x: mpmath.log(x, 2),
            # mpmath's own has the complex root of a negative number.
            "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
            "lgamma": lambda x: mpmath.re(mpmath.loggamma(x)),
            "copysign": lambda a, b: abs(a) if b >= 0 else -abs(a),
        }
        return renamed.get(name) or getattr(mpmath, name)


def spelled(cls: Any, namespace: dict[str, Any], *words: str) -> Callable[..., Any] | None:
    """Make a function of the first of these spellings that an operation has."""
    pattern = next((cls.spell[word] for word in words if word in cls.spell), None)
    if pattern is None:
        return None
    most = cls.arity[1] or 1
    names = [f"a{number}" for number in range(most)]
    # The spelling stands in the operation's class body; it is code of its author's.
    made: Callable[..., Any] = eval(  # noqa: S307
        f"lambda {', '.join(names)}, *attributes: {pattern.format(*names)}", namespace
    )
    return made


def float_lane(cls: Any) -> Callable[..., Any]:
    """Compute with Python floats: the Python spelling, else the meaning, else NumPy."""
    made = spelled(cls, {"math": math}, "python")
    if made is not None:
        return made
    if cls.meaning is not None:
        return cls.meaning  # type: ignore[no-any-return]
    through_numpy = array_lane(cls)

    def compute(*operands: Any) -> Any:
        with np.errstate(all="ignore"):
            found = np.asarray(through_numpy(*operands))
        return found if found.ndim else found.item()

    return compute


def array_lane(cls: Any) -> Callable[..., Any]:
    """Compute with NumPy: what the class says, else the meaning."""
    if cls.forward is not None:
        return cls.forward  # type: ignore[no-any-return]
    if cls.meaning is not None:
        return cls.meaning  # type: ignore[no-any-return]
    raise OperationError(
        f"{cls.__name__} says neither `forward` nor `meaning`, so it has no value. "
        "Add one of them to its class body."
    )


def ieee_lane(cls: Any) -> Callable[..., Any]:
    """Compute with NumPy scalars: the float lane's answer where it has one, else NumPy's."""
    on_float = cls.on_float
    on_array = cls.on_array
    count = len(cls.keywords)

    def compute(*operands: Any) -> Any:
        cut = len(operands) - count
        try:
            return np.float64(on_float(*[float(x) for x in operands[:cut]], *operands[cut:]))
        except FLOAT_TROUBLE:
            return on_array(*[np.float64(x) for x in operands[:cut]], *operands[cut:])

    return compute


def exact_lane(cls: Any) -> Callable[..., Any]:
    """Compute with numbers as themselves: Fraction, Decimal, mpmath."""
    meant = cls.meaning or cls.forward
    plainly = spelled(cls, {"math": math}, "exact", "python") or meant
    precisely = spelled(cls, {"math": _ForMpmath()}, "mpmath", "exact", "python") or meant

    def compute(*operands: Any) -> Any:
        if any(type(x).__module__.startswith("mpmath") for x in operands):
            return precisely(*operands)
        found = plainly(*operands)
        return found.item() if isinstance(found, np.generic) else found

    return compute


def lane_of_numbers(operands: tuple[Any, ...]) -> Lane:
    """Choose the lane in which a meaning is run for these operands."""
    if any(isinstance(item, Node) for item in operands):
        return Lane.NODES
    if all(type(item) in (float, int, bool) for item in operands):
        return Lane.FLOAT
    if any(isinstance(item, np.ndarray | np.generic | complex) for item in operands):
        if all(isinstance(item, float | int) for item in operands):
            return Lane.IEEE
        arrays = [item for item in operands if not isinstance(item, list | tuple)]
        return Lane.ARRAY32 if np.result_type(*arrays) == np.float32 else Lane.ARRAY
    return Lane.EXACT
