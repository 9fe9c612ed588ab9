"""Array programs in blocks of rows: NumPy calls in straight lines, over buffers that are reused.

A block's values, forward and backward, stay in the cache; what no block can do alone runs between
the passes over the rows. See engine/lowering for what goes where, engine/fold for the blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.engine.fold import Buffers, fold
from chainrule.engine.lowering import ROWS, Instruction, Lowering, Value
from chainrule.engine.schedule import scheduled
from chainrule.engine.sizes import Shape, Size, product

WRITTEN = 2  # columns, to allow for results

__all__ = ["BlockKernel", "bytes_per_row", "takes_out"]


def takes_out(dtype: np.dtype[Any]) -> Callable[[Any], bool]:
    """Return a test for functions that write their result, of this dtype, to an array."""

    def test(function: Any) -> bool:
        if not isinstance(function, np.ufunc) or function.nout != 1:
            return False
        return f"{dtype.char * function.nin}->{dtype.char}" in function.types

    return test


def size_text(size: Any) -> str:
    """Write a size as Python computes it from the number of rows."""
    if not isinstance(size, Size):
        return str(size)
    terms = [
        " * ".join([str(factor), *[ROWS] * len(names)]) for names, factor in size.terms.items()
    ]
    return f"({' + '.join(terms)})"


def shape_text(shape: Shape) -> str:
    """Write a shape."""
    return f"({''.join([f'{size_text(size)}, ' for size in shape])})"


class Writer:
    """The source of one kernel, and the names that it uses.

    exact: see `scheduled`.
    """

    __slots__ = (
        "bodies",
        "dtype",
        "instructions",
        "lines",
        "lowering",
        "named",
        "namespace",
        "widths",
    )

    def __init__(self, lowering: Lowering, dtype: np.dtype[Any], *, exact: bool) -> None:
        self.lowering = lowering
        self.dtype = dtype
        self.namespace: dict[str, Any] = {
            "fold": fold,
            "empty": np.empty,
            "zeros": np.zeros,
            "broadcast_to": np.broadcast_to,
            "expand_dims": np.expand_dims,
            "copyto": np.copyto,
            "total": np.add.reduce,
            "add": np.add,
            "dot": np.dot,
            "matmul": np.matmul,
            "dtype": dtype,
        }
        self.bodies: list[str] = []
        self.lines: list[str] = []
        self.widths = [0]  # of the buffers of each pass, in numbers a row
        self.named = 0
        self.instructions = scheduled(lowering, exact=exact)
        for value in lowering.inputs.values():
            self.name(value)

    def name(self, value: Value) -> str:
        """Return the name of a value outside of passes."""
        if not value.name:
            value.name = f"t{self.named}"
            self.named += 1
            if value.number is not None:
                self.namespace[value.name] = value.number
        return value.name

    def bind(self, item: Any, prefix: str = "f") -> str:
        """Give a name to a function or an attribute."""
        name = f"{prefix}{len(self.namespace)}"
        self.namespace[name] = item
        return name

    def source(self) -> str:
        """Write everything."""
        given = [self.name(value) for value in self.lowering.inputs.values()]
        self.lines = [f"def kernel(rows, length{''.join([f', {name}' for name in given])}):"]
        done: set[tuple[int, Any]] = set()
        for instruction in self.instructions:
            if not instruction.in_pass:
                self.lines.append(f"    {self.whole_line(instruction)}")
                continue
            key = instruction.stage, space_of(instruction)
            if key not in done:
                done.add(key)
                if key[1] != Size(ROWS):  # empty: whoever runs it whole has the words
                    self.lines.append(f"    if {size_text(key[1])} < 1: raise ValueError")
                members = [
                    item
                    for item in self.instructions
                    if item.in_pass and (item.stage, space_of(item)) == key
                ]
                self.write_pass(members, key[1])
        outputs = "".join([f"{self.name(value)}, " for value in self.lowering.outputs])
        self.lines.append(f"    return ({outputs})")
        return "\n".join([*self.bodies, *self.lines]) + "\n"

    # --- between passes

    def whole_line(self, item: Instruction) -> str:
        """Write an instruction that runs between passes."""
        operands = [self.name(operand) for operand in item.operands]
        made = self.name(item.made)
        if item.kind == "put":
            return f"{made}[{self.bind(item.attributes[0], 'k')}] += {operands[0]}"
        return f"{made} = {self.whole_text(item, operands)}"

    def whole_text(self, item: Instruction, operands: list[str]) -> str:
        """Write what an instruction between passes computes."""
        texts: dict[str, Callable[[], str]] = {
            "zeros": lambda: f"zeros({shape_text(item.attributes[0])}, dtype)",
            "count": lambda: f"float({size_text(item.attributes[0])})",
            "repeat": lambda: f"broadcast_to({operands[0]}, {shape_text(item.attributes[0])})",
            "select": lambda: f"{operands[0]}[{self.bind(item.attributes[0], 'k')}]",
            "window": lambda: f"{operands[0]}[{self.bind(item.attributes[0], 'k')}]",
            "same": lambda: operands[0],
            "expand": lambda: f"expand_dims({operands[0]}, {item.attributes!r})",
            "call": lambda: self.call(item, operands),
        }
        return texts[item.kind]()

    def call(self, item: Instruction, operands: list[str]) -> str:
        """Write the call of a function on operands and attributes."""
        attributes = [self.bind(attribute, "a") for attribute in item.attributes]
        return f"{self.bind(item.function)}({', '.join([*operands, *attributes])})"

    # --- passes

    def write_pass(self, members: list[Instruction], space: Any) -> None:
        """Write the body of a pass, and its call."""
        body = Body(self, members)
        lines = body.lines()
        number = len(self.bodies)
        columns, fixed = list(body.columns), list(body.fixed)
        stored = [value for value in body.stored if value.kind == "row"]
        self.lines += [
            f"    {self.name(value)} = empty({shape_text(value.actual)}, dtype)" for value in stored
        ]
        parameters = [
            *[f"{self.name(value)}_" for value in columns],
            *map(self.name, fixed),
            *[f"b{place}" for place in range(len(body.buffers))],
        ]
        self.bodies.append("\n".join([f"def body{number}({', '.join(parameters)}):", *lines]))
        self.widths.append(sum([product(shape) for shape in body.buffers]))
        self.namespace[f"buffers{number}"] = Buffers(body.buffers, self.dtype)
        totals = "".join([f"{self.name(value)}, " for value in body.folded])
        call = (
            f"fold(body{number}, {size_text(space)}, length, "
            f"({''.join([f'{self.name(value)}, ' for value in columns])}), "
            f"({''.join([f'{self.name(value)}, ' for value in fixed])}), buffers{number})"
        )
        self.lines.append(f"    {totals}= {call}" if totals else f"    {call}")


class Body:
    """The lines of one pass over the rows.

    columns: values that are cut. fixed: the same for all blocks. stored: written to, row by row.
    folded: made by folds. buffers: the shape of a row of each.
    """

    __slots__ = (
        "buffers",
        "columns",
        "fixed",
        "folded",
        "folds",
        "free",
        "held",
        "last_use",
        "members",
        "owned",
        "stored",
        "taken",
        "writer",
    )

    def __init__(self, writer: Writer, members: list[Instruction]) -> None:
        self.writer = writer
        self.members = members
        self.columns: dict[Value, None] = {}
        self.fixed: dict[Value, None] = {}
        self.stored: dict[Value, None] = {}
        self.folded: list[Value] = []
        self.folds: list[str] = []
        self.buffers: list[Shape] = []
        self.free: dict[Shape, list[int]] = {}
        self.held: dict[Value, str] = {}  # local names by what owns the memory
        self.taken: dict[Value, int] = {}  # buffers by what owns them
        self.owned: dict[Value, str] = {}  # local names of arrays that a function has made
        self.last_use = {
            operand.base: place for place, item in enumerate(members) for operand in item.operands
        }

    def lines(self) -> list[str]:
        """Write the body."""
        found = []
        for place, item in enumerate(self.members):
            found.append(f"    {self.line(item, place)}")
            self.release(item, place)
            done = [
                self.owned.pop(operand.base)
                for operand in dict.fromkeys(item.operands)
                if self.last_use[operand.base] == place and operand.base in self.owned
            ]
            if done:
                found.append(f"    del {', '.join(done)}")
        found = [line for line in found if line.strip()]
        found.append(f"    return ({''.join([f'{part}, ' for part in self.folds])})")
        return found

    def read(self, value: Value) -> str:
        """Return the name of an operand inside of the body."""
        if value in self.held:
            return self.held[value]
        name = self.writer.name(value)
        if value.number is not None:
            return name
        if value.cuts:
            self.columns[value] = None
            return f"{name}_"
        self.fixed[value] = None
        return name

    def target(self, value: Value) -> str:
        """Return where a value is written to: what is stored, or a buffer."""
        if value.stored:
            self.stored[value] = self.columns[value] = None
            return f"{self.writer.name(value)}_"
        shape = value.actual[1:]
        idle = self.free.get(shape)
        if idle:
            number = idle.pop()
        else:
            number = len(self.buffers)
            self.buffers.append(shape)
        self.taken[value.base] = number
        self.held[value] = f"b{number}"
        return f"b{number}"

    def release(self, item: Instruction, place: int) -> None:
        """Give back the buffers that nobody reads after a place."""
        for operand in item.operands:
            base = operand.base
            if self.last_use.get(base) == place and base in self.taken:
                number = self.taken.pop(base)
                self.free.setdefault(self.buffers[number], []).append(number)

    def line(self, item: Instruction, place: int) -> str:
        """Write one instruction."""
        if item.kind == "fold":
            return self.fold_line(item)
        operands = [self.read(operand) for operand in item.operands]
        if item.kind == "place":
            return f"add({operands[0]}, {operands[1]}, out={operands[0]})"
        if item.kind in ("same", "expand", "call"):
            return self.array_line(item, operands, f"r{place}")
        if item.kind == "ufunc":  # may write over an operand that nobody reads any more
            self.release(item, place)
            function = self.writer.bind(item.function)
            return f"{function}({', '.join(operands)}, out={self.target(item.made)})"
        target = self.target(item.made)
        if item.kind == "reduce":
            axes, keepdims = item.attributes
            return f"total({operands[0]}, {axes!r}, None, {target}, {keepdims!r})"
        product = f"matmul({', '.join(operands)}, out={target})"
        return product if item.kind == "matmul" else f"copyto({target}, {operands[0]})"

    def array_line(self, item: Instruction, operands: list[str], local: str) -> str:
        """Write an instruction that makes an array by itself: a view, or what a call returns."""
        found = operands[0]
        if item.kind == "expand":
            found = f"expand_dims({found}, {item.attributes!r})"
        elif item.kind == "call":
            found = self.writer.call(item, operands)
        if item.made.stored:
            return f"copyto({self.target(item.made)}, {found})"
        self.held[item.made] = local
        if item.kind == "call":
            self.owned[item.made.base] = local
        return f"{local} = {found}"

    def fold_line(self, item: Instruction) -> str:
        """Write a fold of the block's rows."""
        self.folded.append(item.made)
        part = f"s{len(self.folds)}"
        self.folds.append(part)
        return f"{part} = {self.fold_text(item)}"

    def fold_text(self, item: Instruction) -> str:
        """Write what a block adds to a fold."""
        if item.function == "contract":
            left, right = [self.read(operand) for operand in item.operands]
            ranks = tuple([len(operand.shape) for operand in item.operands])
            if ranks == (1, 1):
                return f"dot({left}, {right})"
            return f"matmul({left}.T, {right})"
        axes, keepdims = item.attributes
        (operand,) = item.operands
        if len(operand.shape) == 1 and not keepdims:
            return f"total({self.read(operand)})"
        return f"total({self.read(operand)}, {axes!r}, None, None, {keepdims!r})"


def space_of(instruction: Instruction) -> Any:
    """Return the number of rows that an instruction in a pass goes over."""
    if instruction.kind == "place":
        return instruction.operands[1].actual[0]
    if instruction.kind == "fold":
        return instruction.operands[0].actual[0]
    return instruction.made.actual[0]


class BlockKernel:
    """A program compiled to run in blocks of rows.

    lower: makes the instructions, afresh at each call. length: of a block, in rows. Data of one
    block is folded as NumPy folds a whole array; larger data in a fixed tree over the blocks.
    fresh: for each output, whether it is an array of its own in its whole shape.
    """

    __slots__ = ("compiled", "dtype", "fresh", "length", "lower")

    def __init__(self, lower: Callable[[], Lowering], dtype: Any, length: int) -> None:
        self.lower = lower
        self.dtype = np.dtype(dtype)
        self.length = length
        self.compiled: dict[bool, Callable[..., tuple[Any, ...]]] = {}
        self.fresh: tuple[bool, ...] = ()

    def __call__(self, rows: int, inputs: Sequence[Any]) -> tuple[Any, ...]:
        """Compute the outputs; each may be an input, or a smaller array that stands repeated."""
        is_one = rows < 2 * self.length
        function = self.compiled.get(is_one)
        if function is None:
            function = self.compiled[is_one] = self.compile(is_one)
        return function(rows, self.length, *inputs)

    def compile(self, exact: bool) -> Callable[..., tuple[Any, ...]]:  # noqa: FBT001 - a key
        """Compile the function for one block, or for several."""
        source, namespace = self.source(exact=exact)
        # Made of names of our own alone: nothing that a user wrote is executed.
        exec(compile(source, "<chainrule>", "exec"), namespace)  # noqa: S102
        made: Callable[..., tuple[Any, ...]] = namespace["kernel"]
        return made

    def source(self, *, exact: bool = False) -> tuple[str, dict[str, Any]]:
        """Return the source of `kernel(rows, length, *inputs)`, and the globals that it needs."""
        writer = Writer(self.lower(), self.dtype, exact=exact)
        outputs = writer.lowering.outputs
        self.fresh = tuple(
            [
                (item.kind == "row" or item.places > 0)
                and item.is_exact
                and outputs.count(item) == 1
                for item in outputs
            ]
        )
        return writer.source(), writer.namespace


def bytes_per_row(lowering: Lowering, dtype: Any) -> int:
    """Return what a row takes of inputs, and of what is computed of it forward and backward.

    lowering: of the value alone: whatever partials go with it, the blocks are the same.
    """
    writer = Writer(lowering, np.dtype(dtype), exact=True)
    writer.source()
    read = sum([product(item.shape[1:]) for item in lowering.inputs.values() if item.cuts])
    return int(read + 2 * max(writer.widths) + WRITTEN) * int(np.dtype(dtype).itemsize)
