"""The target `blocks`: columns in blocks of rows, whose values stay in the cache.

NumPy calls in straight lines over buffers that are reused, forward and backward together; what no
block can do alone runs between the passes over the rows. See engine/lowering for what goes where,
engine/fold for the blocks. The target `arrays` beside it is for a few small arrays of which none
has rows: the same straight lines, where all runs whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.expansion import in_primitives
from chainrule.engine.fold import rows_per_block
from chainrule.engine.instructions import ROWS, Value
from chainrule.engine.lowering import Lowering
from chainrule.engine.numbers import SINGLES, Numbers, quieted
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.sizes import Shape, Size, product
from chainrule.engine.targets.block_writer import BlockWriter
from chainrule.engine.targets.interpreter import numbers_of
from chainrule.engine.targets.target import FLOAT, Kernel, Signature
from chainrule.errors import ChainRuleError

__all__ = ["ARRAYS", "BLOCKS", "BlockKernel", "Blocks", "FixedArrays", "RowBlocks"]

# Writing a kernel takes as long as some calls on short columns.
PAYS_AFTER = 3
MOST_STEPS = 400  # of a formula: writing a kernel for more would hold up the call
PAYS_FOR_FEW = 32  # calls on small arrays, of which each saves walking the steps alone
MOST_NUMBERS = 2**16  # in all steps on small arrays together: more of them are to be let go of
WRITTEN = 2  # columns, to allow for results
BROKEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Blocks(NamedTuple):
    """How a formula goes over rows.

    length: of a block in rows; 0 where it cannot be cut. shape: of the value, which may name the
    number of rows.
    """

    length: int
    shape: Shape


class BlockKernel:
    """A program compiled to run in blocks of rows; an input that has rows tells how many.

    lower: makes the instructions, afresh at each call. length: of a block, in rows. place: of an
    input that has rows; None where none has. Data of one block is folded as NumPy folds a whole
    array; larger data in a fixed tree over the blocks.
    """

    __slots__ = ("compiled", "dtype", "length", "lower", "place")

    def __init__(
        self, lower: Callable[[], Lowering], dtype: Any, length: int, place: int | None = 0
    ) -> None:
        self.lower = lower
        self.dtype = np.dtype(dtype)
        self.length = length
        self.place = place
        self.compiled: dict[bool, tuple[Callable[..., Any], list[tuple[int, Shape]]]] = {}

    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        """Compute the outputs, each of them an array of its own.

        Raises: what NumPy raises for arrays that do not fit; whoever runs the steps has the words.
        """
        rows = 0 if self.place is None else inputs[self.place].shape[0]
        is_one = rows < 2 * self.length
        function, shared = self.compiled.get(is_one) or self.prepare(is_one=is_one)
        found: tuple[Any, ...] = function(rows, self.length, *inputs)
        if not shared:
            return found
        outputs = list(found)
        for place, shape in shared:
            outputs[place] = owned(outputs[place], shape_at(shape, rows), self.dtype)
        return tuple(outputs)

    def prepare(self, *, is_one: bool) -> tuple[Callable[..., Any], list[tuple[int, Shape]]]:
        """Compile the function for one block, or for several.

        Beside it stand the outputs that are no arrays of their own in their whole shape, and their
        shapes: each may be an input, or a smaller array that stands repeated.
        """
        writer = BlockWriter(self.lower(), self.dtype, exact=is_one)
        outputs = writer.lowering.outputs
        shared = [
            (place, item.shape)
            for place, item in enumerate(outputs)
            if item.shape
            and not (
                (item.kind == "row" or item.places) and item.is_exact and outputs.count(item) == 1
            )
        ]
        source = writer.source()
        # Made of names of our own alone: nothing that a user wrote is executed.
        exec(compile(source, "<chainrule>", "exec"), writer.namespace)  # noqa: S102
        made = self.compiled[is_one] = (quieted(writer.namespace["kernel"]), shared)
        return made


class RowBlocks:
    """The target that runs columns in row blocks; a program has its value first, then partials.

    Blocks are as long as those of the value alone, whatever partials go with it: so each choice of
    partials comes out with the same bits.
    """

    __slots__ = ()

    name = "blocks"
    pays_after = PAYS_AFTER

    def supports(self, program: Program, signature: Signature) -> bool:
        """Tell whether the inputs are of one precision, some with rows, and the value goes."""
        return (
            len(program) <= MOST_STEPS
            and is_of_one_precision(signature)
            and self.blocks(program, signature).length > 0
        )

    def blocks(self, program: Program, signature: Signature) -> Blocks:
        """Return how the value goes over rows, worked out once."""
        return program.analysis(blocks_of_value, signature)

    def source(self, program: Program, signature: Signature) -> str:
        """Return the text of the kernel for several blocks."""
        kernel = self.kernel(program, signature, program.outputs, length=1)
        return BlockWriter(kernel.lower(), kernel.dtype, exact=False).source()

    def compile(self, program: Program, signature: Signature, outputs: Sequence[int]) -> Kernel:
        """Return the kernel of these slots, the value first."""
        value = Program(
            program.operations, program.arguments, program.attributes, tuple(outputs[:1])
        )
        length = blocks_of_value(value, signature).length
        return self.kernel(program, signature, outputs, length=length)

    def kernel(
        self, program: Program, signature: Signature, outputs: Sequence[int], *, length: int
    ) -> BlockKernel:
        """Return the kernel of these slots, for blocks of a known length."""
        numbers = numbers_of(signature)
        listed = [place for place, item in enumerate(signature.inputs) if item.has_rows]
        whole = in_primitives(roots_of(program, outputs))
        names = list(program.inputs)
        return BlockKernel(
            lambda: lowered(whole, names, signature, numbers),
            numbers.dtype,
            length,
            listed[0] if listed else None,
        )


class FixedArrays(RowBlocks):
    """The target that runs small arrays of fixed shapes: where walking takes longer than NumPy."""

    __slots__ = ()

    name = "arrays"
    pays_after = PAYS_FOR_FEW

    def supports(self, program: Program, signature: Signature) -> bool:
        """Tell whether the inputs are of one precision, none with rows, and all steps are small."""
        return (
            len(program) <= MOST_STEPS
            and is_of_one_precision(signature, has_rows=False)
            and is_small(program, signature)
        )


BLOCKS = RowBlocks()
ARRAYS = FixedArrays()


def is_of_one_precision(signature: Signature, *, has_rows: bool = True) -> bool:
    """Tell whether some inputs have rows, or none, and all are of double or of single precision."""
    words = {item.dtype for item in signature.inputs if item != FLOAT}
    return any(item.has_rows for item in signature.inputs) == has_rows and any(
        words == {np.dtype(dtype).str} for dtype in (np.float64, np.float32)
    )


def is_small(program: Program, signature: Signature) -> bool:
    """Tell whether all steps together have few numbers, in the precision of the inputs."""
    if not blocks_of_value(program, signature).length:
        return False
    whole = in_primitives(roots_of(program, program.outputs[:1]))
    lowering = lowered(whole, list(program.inputs), signature, numbers_of(signature))
    return bool(sum([product(shape) for shape in lowering.shapes]) <= MOST_NUMBERS)


def blocks_of_value(program: Program, signature: Signature) -> Blocks:
    """Return how the first output of a program goes over rows."""
    numbers = numbers_of(signature)
    if any(is_foreign(value, numbers) for value in constants_of(program)):
        return Blocks(0, ())
    whole = in_primitives(roots_of(program, program.outputs[:1]))
    try:
        lowering = lowered(whole, list(program.inputs), signature, numbers)
        return Blocks(
            rows_per_block(bytes_per_row(lowering, numbers.dtype)), lowering.outputs[0].shape
        )
    except ChainRuleError:
        return Blocks(0, ())
    except BROKEN:
        return Blocks(1, ())  # compiling will tell


def constants_of(program: Program) -> list[Any]:
    """Return the values of the constants."""
    steps = zip(program.operations, program.attributes, strict=True)
    return [attributes[0] for operation, attributes in steps if operation.role is Role.CONSTANT]


def is_foreign(value: Any, numbers: Numbers) -> bool:
    """Tell whether a constant does not stay in the precision of these numbers."""
    if not np.shape(value):
        return isinstance(value, complex | np.complexfloating)
    return numbers is SINGLES or value.dtype.kind == "c"


def roots_of(program: Program, slots: Sequence[int]) -> list[Any]:
    """Return the nodes that some slots of a program stand for."""
    nodes = program.nodes()
    return [nodes[slot] for slot in slots]


def lowered(
    whole: Program, names: Sequence[str], signature: Signature, numbers: Numbers
) -> Lowering:
    """Lower a program for inputs of these types, in the order of the names."""
    shapes = {
        name: tuple([Size(ROWS) if size is None else size for size in item.shape])
        for name, item in zip(names, signature.inputs, strict=True)
    }
    made = Lowering(whole, shapes, numbers.constant, takes_out(np.dtype(numbers.dtype)))
    # Some inputs no step reads any more.
    made.inputs = {name: made.inputs.get(name) or Value("whole", shapes[name]) for name in shapes}
    return made


def takes_out(dtype: np.dtype[Any]) -> Callable[[Any], bool]:
    """Return a test for functions that write their result, of this dtype, to an array."""

    def test(function: Any) -> bool:
        if not isinstance(function, np.ufunc) or function.nout != 1:
            return False
        return f"{dtype.char * function.nin}->{dtype.char}" in function.types

    return test


def shape_at(shape: Shape, rows: int) -> tuple[int, ...]:
    """Return a shape for a number of rows."""
    return tuple([size.at({ROWS: rows}) if isinstance(size, Size) else size for size in shape])


def owned(found: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return what a kernel computed as an array in its whole shape: a copy."""
    return np.array(np.broadcast_to(found, shape), dtype=dtype)


def bytes_per_row(lowering: Lowering, dtype: Any) -> int:
    """Return what a row takes of inputs, and of what is computed of it forward and backward.

    lowering: of the value alone: whatever partials go with it, the blocks are the same.
    """
    writer = BlockWriter(lowering, np.dtype(dtype), exact=True)
    writer.source()
    read = sum([product(item.shape[1:]) for item in lowering.inputs.values() if item.cuts])
    return int(read + 2 * max(writer.widths) + WRITTEN) * int(np.dtype(dtype).itemsize)
