"""What has been worked out about one formula: its program, and kernels once it is hot.

Calls are counted for each choice of outputs and each signature. The interpreter serves the first
ones; when the time already spent would have paid for compiling, a kernel is compiled, a long one in
pieces over several calls, so that no call waits for all of it. Kept on the node, never part of its
identity: it goes when the formula goes. Two threads may warm one formula; one of them compiles.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Generator, Hashable
from typing import Any

from chainrule.engine.expansion import expanded
from chainrule.engine.gradient import gradient_pieces
from chainrule.engine.node import Node, set_compiled
from chainrule.engine.notation import text
from chainrule.engine.program import Program, flatten
from chainrule.engine.targets.source import (
    PYTHON,
    by_mapping,
    function_pieces,
)
from chainrule.engine.targets.target import Compiler, Kernel, Signature
from chainrule.errors import ChainRuleError, KernelWarning

__all__ = ["MOST_KERNELS", "NOT_FOR_IT", "STEPS_A_CALL", "Building", "Compiled", "compiled_of"]

# Kernels of one formula: the one that was used longest ago goes.
MOST_KERNELS = 16
VALUE, GRADIENT = "value", "gradient"
UNSEEN = (VALUE, GRADIENT)
# The steps that one call deals with while a kernel is made: each takes some 10 microseconds.
STEPS_A_CALL = 4_000
# Up to so many steps partials without the value have a function of their own.
SHORT = 500
# What comes of a spelling or a rule that will not do, or of a text that is too deep for Python.
BROKEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    NameError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)
# What a kernel raises for values that it was not made for: whoever runs the steps has the words.
NOT_FOR_IT = (ChainRuleError, ArithmeticError, ValueError, TypeError, LookupError, AttributeError)

# Makes a kernel in pieces, and yields the number of steps that each was about.
Building = Generator[int, None, Any]


class Entrance:
    """One kernel, or how far it has got.

    calls: how many there were before it was made.
    """

    __slots__ = ("calls", "failed", "kernel", "lock", "pieces")

    def __init__(self) -> None:
        self.calls = 0
        self.failed = False
        self.kernel: Any = None
        self.lock = threading.Lock()
        self.pieces: Building | None = None


class Compiled:
    """A program and the kernels made from it so far.

    value, gradients, values_and_gradients: functions of a dict of numbers, for calls that have no
    time to look for them; None until they have paid off. of_shapes: kernels of arrays, for calls
    with the same shapes as before. is_used: whether numbers have met it before: most formulas are
    asked once, and the first call does not count.
    """

    __slots__ = (
        "entries",
        "gradients",
        "is_used",
        "lock",
        "of_shapes",
        "program",
        "value",
        "values_and_gradients",
    )

    def __init__(self, program: Program) -> None:
        self.program = program
        self.entries: dict[tuple[Hashable, Signature], Entrance] = {}
        self.of_shapes: dict[Any, Kernel] = {}
        self.is_used = False
        self.lock = threading.Lock()
        self.value: Callable[[Any], Any] | None = None
        self.gradients: Callable[[Any], dict[str, float]] | None = None
        self.values_and_gradients: Callable[[Any], tuple[Any, dict[str, float]]] | None = None

    def kernel(
        self,
        outputs: Hashable,
        signature: Signature,
        build: Callable[[], Building],
        *,
        target: Compiler = PYTHON,
        asked: bool = False,
        steps: float = STEPS_A_CALL,
    ) -> Any:
        """Return the kernel for some outputs and a signature; None as long as there is none.

        Counts the call then, and does some of the building where that has paid off.
        outputs: says which they are. build: begins to make the kernel. asked: whether somebody asks
        for fast code, so that it need not pay. steps: how many to deal with in this call.
        """
        entry = self.entry((outputs, signature))
        if entry.kernel is None and not entry.failed:
            entry.calls += 1
            pays = asked or entry.calls >= target.pays_after
            if pays and entry.lock.acquire(blocking=False):
                try:
                    self.build_on(entry, target, build, steps)
                finally:
                    entry.lock.release()
        return entry.kernel

    def entry(self, key: tuple[Hashable, Signature]) -> Entrance:
        """Return what there is for a key, as the one used last."""
        with self.lock:
            found = self.entries.pop(key, None) or Entrance()
            self.entries[key] = found
            if len(self.entries) > MOST_KERNELS:
                # Those that are called without asking here are never seen to be used.
                del self.entries[next(old for old in self.entries if old[0] not in UNSEEN)]
                self.of_shapes.clear()
            return found

    def build_on(
        self, entry: Entrance, target: Compiler, build: Callable[[], Building], steps: float
    ) -> None:
        """Deal with so many steps of the building, and with what cannot be put down."""
        if entry.kernel is not None or entry.failed:  # another thread was faster
            return
        try:
            entry.pieces = entry.pieces or build()
            while steps > 0:
                steps -= next(entry.pieces)
        except StopIteration as finished:
            entry.pieces, entry.kernel = None, finished.value
        except ChainRuleError:  # it is none for the target, or whoever interprets it has the words
            entry.pieces, entry.failed = None, True
        except BROKEN as error:
            entry.pieces, entry.failed = None, True
            warnings.warn(
                f"no {target.name} code could be made for {text(self.program, limit=200)}: "
                f"{type(error).__name__}: {error}. It is interpreted instead, with the same "
                "answers. Look at the spelling and the derivative of the operations in it.",
                KernelWarning,
                stacklevel=2,
            )

    def count_value(self, scalar: Callable[[Any], float]) -> None:
        """Count an evaluation on plain numbers; generate the function when that has paid off."""
        if self.value is None and self.can_be_generated():
            self.value = self.of_floats(VALUE, lambda: value_pieces(self.program, scalar))

    def count_gradient(self, scalar: Callable[[Any], float]) -> None:
        """Count a gradient on plain numbers; generate the functions when that has paid off."""
        if self.values_and_gradients is None and self.can_be_generated():
            both = self.of_floats(GRADIENT, lambda: gradients_pieces(self.program, scalar))
            if both is not None:
                self.gradients, self.values_and_gradients = both

    def of_floats(
        self,
        outputs: Hashable,
        build: Callable[[], Building],
        *,
        asked: bool = False,
        steps: float = STEPS_A_CALL,
    ) -> Any:
        """Return what was made for inputs that are all numbers, as `kernel` does."""
        floats = self.program.analysis(Signature.of_floats)
        return self.kernel(outputs, floats, build, asked=asked, steps=steps)

    def can_be_generated(self) -> bool:
        """Tell whether the program is short and treats every operand as one number."""
        return PYTHON.supports(self.program, self.program.analysis(Signature.of_floats))


def compiled_of(root: Node) -> Compiled:
    """Return what has been worked out about a formula: at the first call, its program."""
    known: Compiled | None = root.compiled
    if known is None:
        known = Compiled(flatten([root]))
        set_compiled(root, known)
    return known


def value_pieces(program: Program, scalar: Callable[[Any], float]) -> Building:
    """Make a function of a dict that returns the value."""
    made = program.nodes()
    written = expanded([made[slot] for slot in program.outputs])
    yield len(written)
    form = by_mapping(written, None)
    return (yield from function_pieces(written, written.outputs, form, {"scalar": scalar}))


def gradients_pieces(program: Program, scalar: Callable[[Any], float]) -> Building:
    """Make the functions of a dict that return all partials, and the value with them."""
    names, given = list(program.inputs), {"scalar": scalar}
    written = yield from gradient_pieces(program)
    form = by_mapping(written, names)
    both = yield from function_pieces(written, written.outputs, form, given)
    if len(written) > SHORT:
        return (lambda values: both(values)[1]), both
    form = by_mapping(written, names, with_value=False)
    return (yield from function_pieces(written, written.outputs[1:], form, given)), both
