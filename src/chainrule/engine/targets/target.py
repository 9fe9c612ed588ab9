"""What a target is: a way to write a program down, and where it runs here, to call it.

A target is one file or folder of this package against the protocols here: arrays row by row, the
source of a Python function, the text of a page. It is told a `Signature`, the types of the inputs,
and never the inputs themselves, so that one kernel serves every call of that signature. It may
import the engine; it knows no formula and no operation.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from chainrule.engine.program import Program

__all__ = [
    "FLOAT",
    "Compiler",
    "InputType",
    "Kernel",
    "PiecewiseCompiler",
    "Signature",
    "Target",
    "signature_of",
]

# Lengths that broadcasting and folds treat unlike all others stand in a signature as they are.
FEW_ROWS = 1


class InputType(NamedTuple):
    """The type of one input: a number type and a shape.

    dtype: "float" for a Python float, otherwise NumPy's word for it, such as "<f8" or "<c16".
    shape: the length of each axis; None for a row axis, whose length varies from call to call.
    """

    dtype: str
    shape: tuple[int | None, ...] = ()

    @property
    def has_rows(self) -> bool:
        """Tell whether its leading axis is that of the rows."""
        return bool(self.shape) and self.shape[0] is None


FLOAT = InputType("float")


class Signature(NamedTuple):
    """The types of all inputs of a program, in the order of `program.inputs`: a key to kernels.

    >>> signature_of({"x": np.ones(1000), "m": 2.0}).inputs
    (InputType(dtype='<f8', shape=(None,)), InputType(dtype='float', shape=()))
    """

    inputs: tuple[InputType, ...]

    @property
    def is_floats(self) -> bool:
        """Tell whether every input is a Python float."""
        return all(item is FLOAT or item == FLOAT for item in self.inputs)

    @classmethod
    def of_floats(cls, program: Program) -> Signature:
        """Return the signature under which every input of a program is a Python float."""
        return cls((FLOAT,) * len(program.inputs))


def signature_of(inputs: Mapping[str, Any], rows: Collection[str] | None = None) -> Signature:
    """Return the signature of inputs, given in the order of `program.inputs`.

    rows: the names of those whose leading axis is that of the rows. Without it, where all arrays
    have the same leading length, it is that of the rows; otherwise every axis is exact.
    """
    arrays = {name: value for name, value in inputs.items() if getattr(value, "ndim", 0)}
    if rows is None:
        lengths = {len(value) for value in arrays.values()}
        rows = arrays if len(lengths) == 1 else ()
    return Signature(
        tuple([type_of(value, has_rows=name in rows) for name, value in inputs.items()])
    )


def type_of(value: Any, *, has_rows: bool) -> InputType:
    """Return the type of one input."""
    if type(value) is float:
        return FLOAT
    if not isinstance(value, np.ndarray | np.generic):
        return InputType(type(value).__name__)
    shape: tuple[int, ...] = value.shape
    varies = has_rows and shape[0] > FEW_ROWS
    return InputType(value.dtype.str, (None, *shape[1:]) if varies else shape)


class Kernel(Protocol):
    """A compiled program: the inputs by position, a tuple of the outputs.

    Raises: what its target says; a kernel of floats raises where Python's float arithmetic does,
    and whoever calls it then takes the interpreter.
    """

    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs; the inputs come in the order of `program.inputs`."""


class Target(Protocol):
    """A form in which a program can be written."""

    @property
    def name(self) -> str:
        """Return the word for it, such as "python"."""

    def supports(self, program: Program, signature: Signature) -> bool:
        """Tell whether it can write this program for inputs of these types."""

    def source(self, program: Program, signature: Signature) -> str:
        """Return the text of the program, for people to read or for a compiler."""


@runtime_checkable
class Compiler(Target, Protocol):
    """A target that runs here."""

    @property
    def pays_after(self) -> int:
        """Return how many calls of one signature pay for compiling: its break-even point."""

    def compile(self, program: Program, signature: Signature, outputs: Sequence[int]) -> Kernel:
        """Return the kernel that computes these slots; most often `program.outputs`."""


@runtime_checkable
class PiecewiseCompiler(Compiler, Protocol):
    """A target that can put compiling down and take it up again: no call has to wait for all."""

    def pieces(
        self, program: Program, signature: Signature, outputs: Sequence[int]
    ) -> Generator[int, None, Kernel]:
        """Compile in pieces, none of which takes longer than some 50 ms; return the kernel.

        Yields the number of steps that each piece was about: what a caller can take at once.
        """
