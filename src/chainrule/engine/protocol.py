"""What the engine asks of a node and of an operation's class.

This is the whole contract between floor 1 and the words of floor 2: the engine's own tests run it
with a toy language of three operations. It imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar, Protocol

__all__ = ["Number", "Operation", "Role"]

# A value in a slot: a float, an array, a Fraction, an mpmath number, or a node when a rule is
# read over nodes. No static type covers them; the operations themselves refuse what they cannot.
type_of_number = Any
Number = type_of_number


class Role(Enum):
    """What a class of nodes is to the engine."""

    VARIABLE = "variable"  # a leaf bound by name: attributes == (name,), or (name, shape)
    CONSTANT = "constant"  # a leaf that holds its value: attributes == (value,)
    LABEL = "label"  # a name for its one argument: attributes == (name,)
    OPERATION = "operation"  # anything that computes


class Operation(Protocol):
    """A class of nodes, as the engine reads it.

    Rules take the operation's value `y` (or the derivative flowing in, `g`), its arguments and its
    attributes, in this order, and are read twice: over numbers they compute, over nodes they write
    the derivative graph.
    """

    role: ClassVar[Role]
    is_elementwise: ClassVar[bool]
    gives_truth: ClassVar[bool]  # its value is true or false: 1 or 0 inside a formula
    notation: ClassVar[Any]
    properties: ClassVar[Any]
    kinks: ClassVar[tuple[float, ...]]
    spell: ClassVar[Mapping[str, str]]
    # For each target the text of the functions that the spelling calls; absent for most.
    helpers: ClassVar[Mapping[str, Callable[[], str]]]
    meaning: ClassVar[Callable[..., Any] | None]

    # Elementwise: one local derivative an operand; a callable entry is asked for only when needed.
    partials: ClassVar[Callable[..., tuple[Number, ...]] | None]
    # Otherwise: `pull(g, y, *arguments, *attributes)`, one cotangent an operand, and
    # `push(tangents, y, *arguments, *attributes)`, where a tangent is None off the path.
    pull: ClassVar[Callable[..., tuple[Number, ...]] | None]
    push: ClassVar[Callable[..., Number] | None]
    # `shape(*shapes, *attributes)`, for shapes whose sizes may be names, see engine/sizes.py.
    shape: ClassVar[Callable[..., tuple[Any, ...]]]
    # `shape_sources(arguments, attributes)`: the arguments whose shapes, broadcast, are its own;
    # none for a number; None where only the operation knows.
    shape_sources: ClassVar[Callable[..., Sequence[Any] | None]]
    # What it does with rows, see engine/rows.py: the word of a fold, where it folds them along some
    # axes; or `rows(below, shapes, *attributes)`, which tells from what its arguments do. None
    # where trying it will tell. `mixing`: why it mixes rows, in words.
    rows: ClassVar[str | Callable[..., Any] | None]
    mixing: ClassVar[str]
    # An elementwise operation that chooses among its operands says, instead of `partials`, how much
    # of its value comes from which: see engine/weights.py. Absent or None everywhere else.
    weights: ClassVar[Callable[..., Any] | None]
    # Whether `pull` and `push` take masked flows too, being sweeps over a meaning; absent for most.
    takes_masks: ClassVar[bool]
    # How masks are written over nodes, the same for all: see `Words` in engine/masked.py.
    masks: ClassVar[Any]

    # `for_shapes(*shapes, *attributes)`: a function of arrays of these shapes, nothing left to
    # check; None for `on_array` with the attributes.
    for_shapes: ClassVar[Any]

    on_float: ClassVar[Callable[..., float]]  # Python floats; may raise ArithmeticError, ValueError
    on_array: ClassVar[Callable[..., Any]]  # NumPy values; IEEE 754 results, never raises for them
    on_exact: ClassVar[Callable[..., Any]]  # Fraction, mpmath, complex: computed as themselves
    on_nodes: ClassVar[Callable[..., Any]]  # nodes in, a node out
