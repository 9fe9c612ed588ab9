"""A graph flattened to steps and slots: the waist of the hourglass.

Everything that runs, prints or exports goes through one flat `Program`. Step i computes slot i from
earlier slots, so every algorithm over a graph is a loop. A program holds no node: it can outlive
its graph, and a node can keep its program without a cycle.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import chain
from typing import Any, TypeVar

import numpy as np

from chainrule.engine.names import NUMBERS
from chainrule.engine.node import Node, identity_of, intern
from chainrule.engine.order import order
from chainrule.engine.packed import Packed
from chainrule.engine.protocol import Role
from chainrule.engine.sizes import Shape
from chainrule.errors import NameClash

__all__ = ["MANY_STEPS", "Program", "flatten", "frozen"]

Found = TypeVar("Found")

# For so many choices of variables a program keeps what it has worked out: a gradient by each of
# a thousand variables in turn must not keep a thousand lists.
MOST_CHOICES = 8
# A step takes some 250 bytes in lists of what it takes, is made of and hands on: longer programs
# keep it in fewer, or work it out again.
MANY_STEPS = 50_000
NAMES_OF_NUMBERS = {number: name for name, number in NUMBERS.items()}


class Program:
    """Steps in order: for each an operation, the slots of its arguments, and its attributes.

    numbers: the names, such as pi, of those constants that formulas have a name for.
    """

    __slots__ = (
        "arguments",
        "attributes",
        "declared",
        "inputs",
        "labels",
        "notes",
        "numbers",
        "operations",
        "outputs",
        "recent",
    )

    def __init__(
        self,
        operations: Sequence[Any],
        arguments: Sequence[tuple[int, ...]],
        attributes: Sequence[tuple[Any, ...]],
        outputs: tuple[int, ...],
    ) -> None:
        self.operations = operations
        self.arguments = arguments
        self.attributes = attributes
        self.outputs = outputs
        self.inputs: dict[str, int] = {}
        self.declared: dict[str, Shape] = {}  # the shapes of variables that say theirs
        self.labels: dict[str, int] = {}
        self.recent: deque[Any] = deque()
        self.numbers: set[str] = set()
        self.notes: dict[Any, Any] = {}  # what algorithms have worked out about this program
        for slot, operation in enumerate(operations):
            role = operation.role
            if role is Role.VARIABLE:
                self._add_input(slot, *attributes[slot])
            elif role is Role.LABEL:
                self._add_label(attributes[slot][0], slot)
            elif role is Role.CONSTANT and type(attributes[slot][0]) is float:
                self._note_number(attributes[slot][0])
        clashing = self.inputs.keys() & self.labels.keys()
        if clashing:
            name = min(clashing)
            raise NameClash(
                f"{name!r} names both a variable and a step of this expression. "
                "Give the step another name."
            )

    def _note_number(self, number: float) -> None:
        name = NAMES_OF_NUMBERS.get(number, "" if number == number else "nan")  # noqa: PLR0124
        if name:
            self.numbers.add(name)

    def _add_input(self, slot: int, name: str, shape: Shape | None = None) -> None:
        if name in self.inputs:
            raise NameClash(
                f"{name!r} stands in this expression for variables of two shapes. "
                "Declare its shape once, and use that variable throughout."
            )
        self.inputs[name] = slot
        if shape is not None:
            self.declared[name] = shape

    def _add_label(self, name: str, slot: int) -> None:
        if name in self.labels:
            raise NameClash(
                f"{name!r} names two different steps of this expression. "
                "Give each step a name of its own."
            )
        self.labels[name] = slot

    def __len__(self) -> int:
        return len(self.operations)

    def __eq__(self, other: object) -> bool:
        """Tell whether both have the same steps with the same attributes, bit for bit."""
        if not isinstance(other, Program):
            return NotImplemented
        return (
            list(self.operations) == list(other.operations)
            and list(self.arguments) == list(other.arguments)
            and self.outputs == other.outputs
            and identity_of(tuple(self.attributes)) == identity_of(tuple(other.attributes))
        )

    __hash__ = None  # type: ignore[assignment]  # compared by content, and large

    def __str__(self) -> str:
        """One line a step, such as `%2 = multiplication %0 %1`."""
        lines = []
        for slot, operation in enumerate(self.operations):
            words = [f"%{slot} =", operation.__name__]
            words += [f"%{argument}" for argument in self.arguments[slot]]
            words += [repr(attribute) for attribute in self.attributes[slot]]
            lines.append(" ".join(words))
        lines.append("-> " + " ".join(f"%{slot}" for slot in self.outputs))
        return "\n".join(lines)

    def nodes(self) -> list[Node]:
        """Rebuild the node of every step; interning gives back the same nodes while they live."""
        made: list[Node] = []
        for operation, arguments, attributes in zip(
            self.operations, self.arguments, self.attributes, strict=True
        ):
            made.append(intern(operation, tuple([made[slot] for slot in arguments]), attributes))
        return made

    def is_elementwise(self) -> bool:
        """Tell whether every step treats elements alike, so that the whole does."""
        known = self.notes.get("is_elementwise")
        if known is None:
            known = all(operation.is_elementwise for operation in set(self.operations))
            self.notes["is_elementwise"] = known
        return bool(known)

    def depends_on(self, slots: Iterable[int]) -> list[bool]:
        """Tell for every slot whether it depends on one of the given ones (or is one)."""
        wanted = frozenset(slots)
        known: list[bool] | None = self.notes.get(wanted)
        if known is None:
            known = [slot in wanted for slot in range(len(self))]
            for slot, arguments in enumerate(self.arguments):
                if not known[slot]:
                    for argument in arguments:
                        if known[argument]:
                            known[slot] = True
                            break
            self.remember(wanted, known)
        return known

    def analysis(self, function: Callable[..., Found], *key: Hashable) -> Found:
        """Return `function(program, *key)`, worked out once and kept with the program.

        What is worked out for a key is kept for the latest few keys only.
        """
        place = (function, *key)
        known: Found | None = self.notes.get(place)
        if known is None:
            known = function(self, *key)
            if key:
                self.remember(place, known)
            else:
                self.notes[place] = known
        return known

    def remember(self, key: Any, found: Any) -> None:
        """Note what was worked out for one choice of slots, forgetting the oldest of many."""
        self.notes[key] = found
        self.recent.append(key)
        if len(self.recent) > MOST_CHOICES:
            self.notes.pop(self.recent.popleft(), None)

    def last_uses(self) -> list[tuple[int, ...]]:
        """List for every step the slots that nobody needs after it."""
        known: list[tuple[int, ...]] | None = self.notes.get("last_uses")
        if known is None:
            kept = set(self.outputs)
            seen = set(kept)
            known = [()] * len(self)
            for slot in range(len(self) - 1, -1, -1):
                fresh = {a for a in self.arguments[slot] if a not in seen}
                if fresh:
                    seen |= fresh
                    known[slot] = tuple(fresh)
            self.notes["last_uses"] = known
        return known

    def to_state(self) -> tuple[Any, ...]:
        """Return the flat pickle form: no node, no recursion, a few bytes a step."""
        classes = list(dict.fromkeys(self.operations))
        index = {operation: number for number, operation in enumerate(classes)}
        return (
            classes,
            array("l", [index[operation] for operation in self.operations]),
            array("l", [len(arguments) for arguments in self.arguments]),
            array("q", [slot for arguments in self.arguments for slot in arguments]),
            {slot: values for slot, values in enumerate(self.attributes) if values},
            self.outputs,
        )

    @classmethod
    def from_state(cls, state: tuple[Any, ...]) -> Program:
        """Build the program again from what `to_state` gave."""
        classes, numbers, counts, flat, attributes, outputs = state
        arguments = Packed(flat, counts)
        return cls(
            [classes[number] for number in numbers],
            list(arguments) if len(numbers) < MANY_STEPS else arguments,
            [tuple(map(frozen, attributes.get(slot, ()))) for slot in range(len(numbers))],
            tuple(outputs),
        )


def frozen(attribute: Any) -> Any:
    """Return an attribute that nobody can change: a pickle brings arrays back writeable."""
    if isinstance(attribute, np.ndarray):
        return np.frombuffer(attribute.tobytes(), attribute.dtype).reshape(attribute.shape)
    return attribute


def flatten(roots: Sequence[Node]) -> Program:
    """Flatten the graph under the roots: one step a node, arguments first, roots as outputs."""
    listed = order(roots)
    slots = {listed_node: slot for slot, listed_node in enumerate(listed)}
    arguments: Sequence[tuple[int, ...]]
    if len(listed) < MANY_STEPS:
        arguments = [tuple([slots[argument] for argument in item.arguments]) for item in listed]
    else:
        taken = [item.arguments for item in listed]
        arguments = Packed(map(slots.__getitem__, chain.from_iterable(taken)), map(len, taken))
    return Program(
        [type(listed_node) for listed_node in listed],
        arguments,
        [listed_node.attributes for listed_node in listed],
        tuple([slots[root] for root in roots]),
    )
