"""What a loss and its data are told by, so that a run is not gone on with over others.

May import the engine and NumPy; it must not know what it is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np

from chainrule.engine.compiled import compiled_of
from chainrule.language.expression import expression

__all__ = ["data_prints", "head_of", "loss_print"]


def loss_print(loss: expression) -> str:
    """Return a hash of the steps of a loss, its constants to the bit.

    >>> x = expression("x")
    >>> loss_print(x * 2) == loss_print(x * 2), loss_print(x * 2) == loss_print(x * 2.0)
    (True, False)
    """
    program = compiled_of(loss).program
    found = sha256()
    for operation, arguments, attributes in zip(
        program.operations, program.arguments, program.attributes, strict=True
    ):
        found.update(f"{operation.__name__}{arguments}".encode())
        found.update(written(attributes))
    found.update(repr(program.outputs).encode())
    return found.hexdigest()


def written(attribute: Any) -> bytes:
    """Write an attribute of a step out, arrays in full."""
    if isinstance(attribute, tuple):
        return b"(" + b",".join(map(written, attribute)) + b")"
    if isinstance(attribute, np.ndarray):
        return head_of(attribute.dtype, attribute.shape) + attribute.tobytes()
    return f"{type(attribute).__name__}:{attribute!r}".encode()


def head_of(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Write what an array is, before its numbers.

    >>> head_of(np.dtype(bool), (2, 3))
    b'|b1(2, 3)'
    """
    return f"{dtype.str}{shape}".encode()


def data_prints(data: Mapping[str, Any]) -> dict[str, str]:
    """Return a hash of each number and array, by name.

    >>> data_prints({"x": np.array([1.0])}) == data_prints({"x": np.array([1.0])})
    True
    """
    return {
        name: sha256(written(np.ascontiguousarray(value))).hexdigest()
        for name, value in sorted(data.items())
    }
