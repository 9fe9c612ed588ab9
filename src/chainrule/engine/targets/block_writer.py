"""The source of a kernel in row blocks, from the instructions of a lowered program.

One function runs what no block can do alone, and calls `fold` for each pass over the rows, with a
body whose lines are NumPy calls over buffers that are reused; of one block these lines are its own.
Knows no formula and no operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.engine.fold import REDUCTIONS, Buffers, fold
from chainrule.engine.instructions import ROWS, Instruction, Value
from chainrule.engine.lowering import Lowering
from chainrule.engine.schedule import scheduled
from chainrule.engine.sizes import Shape, Size, product

__all__ = ["BlockWriter"]


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


class BlockWriter:
    """The source of one kernel, and the names that it uses.

    exact: for data of one block; see `scheduled`.
    """

    __slots__ = (
        "bodies",
        "dtype",
        "exact",
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
        self.exact = exact
        self.namespace: dict[str, Any] = {
            "fold": fold,
            "empty": np.empty,
            "zeros": np.zeros,
            "broadcast_to": np.broadcast_to,
            "asarray": np.asarray,
            "expand_dims": np.expand_dims,
            "copyto": np.copyto,
            **{f"reduce_{word}": join.reduce for word, join in REDUCTIONS.items()},
            "add": np.add,
            "dot": np.dot,
            "matmul": np.matmul,
            "dtype": dtype,
        }
        self.bodies: list[str] = []
        self.lines: list[str] = []
        self.widths = [0]  # of the buffers of each pass, in numbers a row
        self.named = 0
        self.instructions = scheduled(lowering, dtype.type, exact=exact)
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
        body = BlockBody(self, members)
        lines = body.lines()
        number = len(self.bodies)
        columns, fixed = list(body.columns), body.fixed
        stored = [value for value in body.stored if value.kind == "row"]
        self.lines += [
            f"    {self.name(value)} = empty({shape_text(value.actual)}, dtype)" for value in stored
        ]
        parameters = [f"{self.name(value)}_" for value in [*columns, *fixed]]
        arguments = [*[self.name(value) for value in columns], *fixed.values()]
        buffers = [f"b{place}" for place in range(len(body.buffers))]
        self.widths.append(sum([product(shape) for shape in body.buffers]))
        self.namespace[f"buffers{number}"] = Buffers(body.buffers, self.dtype)
        size = size_text(space)
        if self.exact:  # one block: as `fold` does, without the calls
            given = zip(parameters, arguments, strict=True)
            self.lines += [f"    {name} = {text}" for name, text in given]
            if buffers:
                taken = f"    taken = {', '.join(buffers)}, = buffers{number}.take({size})"
                back = f"    buffers{number}.give_back({size}, taken)"
                lines = [taken, *lines, back]
            self.lines += lines
            self.lines += [
                f"    {self.name(value)} = {part}"
                for value, part in zip(body.folded, body.folds, strict=True)
            ]
            self.bodies.append("")
            return
        head = f"def body{number}({', '.join([*parameters, *buffers])}):"
        ends = f"    return ({''.join([f'{part}, ' for part in body.folds])})"
        self.bodies.append("\n".join([head, *lines, ends]))
        cut = "".join([f"{text}, " for text in arguments[: len(columns)]])
        whole = "".join([f"{text}, " for text in arguments[len(columns) :]])
        totals = "".join([f"{self.name(value)}, " for value in body.folded])
        to = f"{totals}= " if totals else ""
        rest = f"({cut}), ({whole}), buffers{number}, words={tuple(body.words)!r}"
        self.lines.append(f"    {to}fold(body{number}, {size}, length, {rest})")


class BlockBody:
    """The lines of one pass over the rows.

    columns: values that are cut. fixed: the same for all blocks, and how each is handed in: one
    number as an array without axes, which costs ufuncs less than a scalar, unless something else
    than a ufunc takes it too. stored: written to, row by row.
    folded: made by folds, each of which has a word in REDUCTIONS. buffers: the shape of a row of
    each.
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
        "scalars",
        "stored",
        "taken",
        "words",
        "writer",
    )

    def __init__(self, writer: BlockWriter, members: list[Instruction]) -> None:
        self.writer = writer
        self.members = members
        self.columns: dict[Value, None] = {}
        self.fixed: dict[Value, str] = {}
        self.scalars = {
            operand for item in members if item.kind != "ufunc" for operand in item.operands
        }
        self.stored: dict[Value, None] = {}
        self.folded: list[Value] = []
        self.folds: list[str] = []
        self.words: list[str] = []
        self.buffers: list[Shape] = []
        self.free: dict[Shape, list[int]] = {}
        self.held: dict[Value, str] = {}  # local names by what owns the memory
        self.taken: dict[Value, int] = {}  # buffers by what owns them
        self.owned: dict[Value, str] = {}  # local names of arrays that a function has made
        self.last_use = {
            operand.base: place for place, item in enumerate(members) for operand in item.operands
        }
        for item in reversed(members):
            ends = self.last_use.get(item.made.base)
            if item.kind == "call" and ends is not None:
                # What a function returns may be an operand, or see into it.
                for operand in item.operands:
                    self.last_use[operand.base] = max(self.last_use[operand.base], ends)

    def lines(self) -> list[str]:
        """Write the body."""
        found = []
        for place, item in enumerate(self.members):
            found.append(f"    {self.line(item, place)}")
            self.release(place)
            done = [self.owned.pop(base) for base in self.ending(self.owned, place)]
            if done:
                found.append(f"    del {', '.join(done)}")
        return [line for line in found if line.strip()]

    def read(self, value: Value) -> str:
        """Return the name of an operand inside of the body."""
        if value in self.held:
            return self.held[value]
        name = self.writer.name(value)
        is_number = value.actual == () and value not in self.scalars
        if value.number is not None:
            if is_number:
                name = f"{name}_"
                self.writer.namespace[name] = np.asarray(value.number)
            return name
        if value.cuts:
            self.columns[value] = None
        else:
            self.fixed[value] = f"asarray({name})" if is_number else name
        return f"{name}_"

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

    def ending(self, known: dict[Value, Any], place: int) -> list[Value]:
        """List the memory among the known that nobody reads after a place."""
        return [base for base in known if self.last_use.get(base) == place]

    def release(self, place: int) -> None:
        """Give back the buffers that nobody reads after a place."""
        for base in self.ending(self.taken, place):
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
            self.release(place)
            function = self.writer.bind(item.function)
            return f"{function}({', '.join(operands)}, out={self.target(item.made)})"
        target = self.target(item.made)
        if item.kind == "reduce":
            axes, keepdims = item.attributes
            return f"reduce_{item.function}({operands[0]}, {axes!r}, None, {target}, {keepdims!r})"
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
        self.words.append("sum" if item.function == "contract" else item.function)
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
            return f"reduce_{item.function}({self.read(operand)}, None)"
        return f"reduce_{item.function}({self.read(operand)}, {axes!r}, None, None, {keepdims!r})"


def space_of(instruction: Instruction) -> Any:
    """Return the number of rows that an instruction in a pass goes over."""
    if instruction.kind == "place":
        return instruction.operands[1].actual[0]
    if instruction.kind == "fold":
        return instruction.operands[0].actual[0]
    return instruction.made.actual[0]
