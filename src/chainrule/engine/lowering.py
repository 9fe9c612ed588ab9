"""A program of array steps brought to what runs in row blocks: instructions in passes over rows.

Each value is of one of three kinds: `row`, computed block by block inside a pass; `full`, an array
with an element a row, which every pass can cut; `whole`, everything else. A fold over the rows
makes a whole value, so what needs it goes into the next pass. Steps that no recipe cuts into rows
run whole, between passes. Knows no operation: recipes come from class bodies, see engine/recipes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.fold import REDUCTIONS
from chainrule.engine.instructions import (
    CannotLower,
    Instruction,
    Value,
    has_rows,
    is_fixed,
    pass_of,
)
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.recipes import (
    Apply,
    Contract,
    Count,
    Expand,
    Extreme,
    Place,
    Product,
    Repeat,
    Same,
    Select,
    Total,
    Turn,
)
from chainrule.engine.shapes import shapes_of
from chainrule.engine.sizes import UNKNOWN, Shape, Size, broadcast, product

__all__ = ["Lowering"]


class Lowering:
    """The instructions of a program, for inputs of given shapes.

    constant: turns a constant into the number that arrays compute with. is_ufunc: tells of a
    function whether it takes an array to write its result to.
    Raises: CannotLower.
    """

    __slots__ = (
        "inputs",
        "instructions",
        "is_ufunc",
        "known",
        "outputs",
        "program",
        "shapes",
        "values",
    )

    def __init__(
        self,
        program: Program,
        shapes: Mapping[str, Shape],
        constant: Callable[[Any], Any],
        is_ufunc: Callable[[Any], bool],
    ) -> None:
        self.program = program
        self.is_ufunc = is_ufunc
        self.instructions: list[Instruction] = []
        self.known: dict[Any, Value] = {}  # by what it is made of: nothing is computed twice
        self.values: list[Value] = []
        self.inputs: dict[str, Value] = {}
        try:
            self.shapes = shapes_of(program, shapes)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise CannotLower("a rule of shapes takes whole numbers alone") from error
        if any(UNKNOWN in shape for shape in self.shapes if type(shape) is tuple):
            raise CannotLower("the shape of a step depends on values")
        for slot, operation in enumerate(program.operations):
            attributes = program.attributes[slot]
            shape = self.shapes[slot]
            if operation.role is Role.VARIABLE:
                value = Value("full" if has_rows(shape) else "whole", shape)
                self.inputs[attributes[0]] = value
            elif operation.role is Role.CONSTANT:
                value = Value("whole", shape, number=constant(attributes[0]))
            else:
                value = self.step(slot, operation, attributes)
            self.values.append(value)
        self.outputs = [self.values[slot] for slot in program.outputs]

    def step(self, slot: int, operation: Any, attributes: tuple[Any, ...]) -> Value:
        """Lower one step: by its recipe, element by element, or whole."""
        operands = [self.values[argument] for argument in self.program.arguments[slot]]
        shape = self.shapes[slot]
        found = self.squared(slot, operation)
        rule = getattr(operation, "lower", None)
        if found is not None:
            return found
        if operation.role is Role.LABEL:
            found = operands[0]
        elif rule is not None:
            shapes = [*(operand.shape for operand in operands), shape]
            numbers = [None if np.ndim(item.number) else item.number for item in operands]
            recipe = rule(shapes, numbers, attributes)
            found = None if recipe is None else self.made(recipe, operands, shape)
        if found is None and operation.is_elementwise:
            found = self.applied(operation.on_array, operands, attributes, operation)
        if found is not None and found.shape == shape:
            return found
        return self.called(operation.on_array, operands, attributes, shape)

    def squared(self, slot: int, operation: Any) -> Value | None:
        """Take the square of a step from what is there beside it."""
        program, arguments = self.program, self.program.arguments[slot]
        if operation.on_array is not np.multiply or arguments[0] != arguments[1]:
            return None
        known = getattr(program.operations[arguments[0]], "square", None)
        if known is None:
            return None
        below = program.arguments[arguments[0]]
        for other in range(len(self.values)):
            if program.operations[other] is known.beside and program.arguments[other] == below:
                operands = [self.values[place] for place in (other, *below)]
                return self.applied(known.function, operands)
        return None

    # --- recipes; each returns None where it does not go by rows

    def made(self, recipe: Any, operands: Sequence[Value], shape: Shape | None) -> Value | None:
        """Lower a recipe; shape: of the value, where it is the recipe of a step."""
        if type(recipe) is int:
            return operands[recipe]
        if shape is None and isinstance(recipe, Repeat | Select | Place):
            return None
        inner: list[Value] = []
        for part in parts_of(recipe):
            found = self.made(part, operands, None)
            if found is None:
                return None
            inner.append(found)
        return RULES[type(recipe)](self, recipe, inner, shape)

    def applied(
        self,
        function: Any,
        operands: Sequence[Any],
        attributes: tuple[Any, ...] = (),
        operation: Any = None,
    ) -> Value | None:
        """Compute element by element."""
        shape = broadcast(*[operand.shape for operand in operands])
        same = neutral_operand(operation, operands)
        if same is not None and same.shape == shape:
            return same
        if all(operand.number is not None for operand in operands):
            with np.errstate(all="ignore"):
                number = function(*[operand.number for operand in operands], *attributes)
            return Value("whole", shape, actual=np.shape(number), number=number)
        cut = [item for item in operands if item.cuts]
        actual = broadcast(*[operand.actual for operand in operands])
        if not cut:
            return self.add("call", operands, function, attributes, shape, actual)
        ends = [item for item in operands if not item.cuts]
        lined_up = all(
            len(item.actual) == len(actual) and item.actual[0] == actual[0] for item in cut
        )
        if not (has_rows(shape) and lined_up and all(is_fixed(item.actual) for item in ends)):
            return None
        if any(len(item.actual) == len(actual) and item.actual[0] != 1 for item in ends):
            return None
        kind = "ufunc" if not attributes and self.is_ufunc(function) else "call"
        alike = operation is not None and operation.properties.commutative
        return self.add_row(
            kind, operands, function, attributes, shape, actual, commutes=alike and kind == "ufunc"
        )

    def repeated(self, value: Value, axes: tuple[int, ...], shape: Shape) -> Value | None:
        """Take a value as repeated: it is held as it is."""
        if value.shape == shape:
            return value
        if axes and value.actual:
            if any(place == 0 for place in axes) and value.cuts:
                return None
            actual = list(value.actual)
            missing = len(value.shape) - len(actual)
            for place in sorted(axes):
                actual.insert(max(place - missing, 0), 1)
            made = self.add_view("expand", value, tuple(sorted(axes)), shape, tuple(actual))
        else:
            made = Value(
                value.kind, shape, actual=value.actual, stage=value.stage, number=value.number
            )
            if value.number is None:
                made.base = value.base
                in_pass = value.kind == "row"
                self.instructions.append(Instruction("same", made, (value,), in_pass=in_pass))
        if made.cuts and (len(made.actual) != len(shape) or not has_rows(made.actual)):
            return None
        return made

    def reduced(
        self, value: Value, axes: tuple[int, ...], word: str, *, keepdims: bool = False
    ) -> Value | None:
        """Reduce along axes, as a word says: over the rows it is a fold."""
        shape = tuple(
            [
                1 if place in axes else size
                for place, size in enumerate(value.shape)
                if keepdims or place not in axes
            ]
        )
        if not axes:
            return value
        if not has_rows(value.shape):
            if value.cuts or not (value.is_exact and is_fixed(value.shape)):
                return None
            attributes = (axes, None, None, keepdims)
            return self.add("call", (value,), REDUCTIONS[word].reduce, attributes, shape, shape)
        rows = self.as_row(value)
        if 0 in axes:
            return self.add_fold((rows,), word, (axes, keepdims), shape)
        return self.add_row("reduce", (rows,), word, (axes, keepdims), shape, shape)

    def count(self, value: Value, axes: tuple[int, ...]) -> Value:
        """Count elements along axes."""
        size = product([value.shape[place] for place in axes])
        if isinstance(size, Size):
            return self.add("count", (), None, (size,), (), ())
        return Value("whole", (), number=float(size))

    def selected(self, value: Value, key: Any, shape: Shape) -> Value | None:
        """Select elements of what is there whole."""
        if not value.is_exact or not is_basic(key):
            return None
        return self.add("select", (value,), None, (key,), shape, shape, full=has_rows(shape))

    def placed(self, value: Value, key: Any, shape: Shape) -> Value | None:
        """Add a value into zeros where a key selects."""
        if not is_basic(key) or not has_rows(shape):
            return None
        cut = value.cuts
        if cut and not (has_rows(value.shape) and value.is_exact):
            return None
        zeros = Value("full", shape)
        self.instructions.append(Instruction("zeros", zeros, (), None, (shape,)))
        zeros.places = 1
        if not cut:
            zeros.stage = value.stage
            self.instructions.append(Instruction("put", zeros, (value,), None, (key,)))
            return zeros
        made = Value("full", value.shape)
        self.instructions.append(Instruction("window", made, (zeros,), None, (key,)))
        zeros.stage = pass_of((value,))
        self.instructions.append(Instruction("place", zeros, (made, value), in_pass=True))
        return zeros

    def expanded(self, value: Value, axes: tuple[int, ...]) -> Value | None:
        """Put in axes of length 1."""
        if not value.is_exact:
            return None
        shape = list(value.shape)
        for place in sorted(axes):
            shape.insert(place, 1)
        return self.repeated(value, axes, tuple(shape))

    def turned(self, value: Value) -> Value | None:
        """Transpose a matrix that is there whole."""
        if value.cuts or not value.is_exact or len(value.shape) != 2:
            return None
        shape = value.shape[::-1]
        return self.add("call", (value,), np.transpose, (), shape, shape)

    def product(self, left: Value, right: Value) -> Value | None:
        """Multiply rows by a matrix or a vector that is the same for all rows."""
        if not (len(left.shape) == 2 and has_rows(left.shape)):
            return None
        if right.cuts or not right.is_exact or not is_fixed(right.shape) or not right.shape:
            return None
        if left.shape[-1] != right.shape[0] or len(right.shape) > 2:
            return None
        shape = (left.shape[0], *right.shape[1:])
        return self.add_row("matmul", (self.as_row(left), right), np.matmul, (), shape, shape)

    def contracted(self, left: Value, right: Value) -> Value | None:
        """Sum the products of the rows of two arrays."""
        if not (has_rows(left.shape) and has_rows(right.shape)):
            return None
        if left.shape[0] != right.shape[0] or max(len(left.shape), len(right.shape)) > 2:
            return None
        shape = (*left.shape[1:], *right.shape[1:])
        return self.add_fold((self.as_row(left), self.as_row(right)), "contract", (), shape)

    # --- instructions

    def called(
        self, function: Any, operands: Sequence[Value], attributes: tuple[Any, ...], shape: Shape
    ) -> Value:
        """Run a step whole, on operands in their whole shape."""
        if type(shape) is not tuple or any(type(item.shape) is not tuple for item in operands):
            raise CannotLower("a step has several values")
        exact = [
            item
            if item.is_exact
            else self.add("repeat", (item,), None, (item.shape,), item.shape, item.shape)
            for item in operands
        ]
        return self.add("call", exact, function, attributes, shape, shape, full=has_rows(shape))

    def as_row(self, value: Value) -> Value:
        """Return a value row by row in its whole shape."""
        if value.cuts and value.is_exact:
            return value
        return self.add_row("fill", (value,), None, (), value.shape, value.shape)

    def add(
        self,
        kind: str,
        operands: Sequence[Value],
        function: Any,
        attributes: tuple[Any, ...],
        shape: Shape,
        actual: Shape,
        *,
        full: bool = False,
    ) -> Value:
        """Add an instruction that runs between passes."""
        stage = max([operand.stage for operand in operands], default=0)
        made = Value("full" if full else "whole", shape, actual=actual, stage=stage)
        return self.once(Instruction(kind, made, operands, function, attributes))

    def add_row(
        self,
        kind: str,
        operands: Sequence[Value],
        function: Any,
        attributes: tuple[Any, ...],
        shape: Shape,
        actual: Shape,
        *,
        commutes: bool = False,
    ) -> Value:
        """Add an instruction that runs for every block."""
        made = Value("row", shape, actual=actual, stage=pass_of(operands))
        instruction = Instruction(kind, made, operands, function, attributes, in_pass=True)
        return self.once(instruction, commutes=commutes)

    def add_view(
        self, kind: str, value: Value, axes: tuple[int, ...], shape: Shape, actual: Shape
    ) -> Value:
        """Add another look at the same memory."""
        made = Value(value.kind, shape, actual=actual, stage=value.stage)
        made.base = value.base
        in_pass = value.kind == "row"
        return self.once(Instruction(kind, made, (value,), None, axes, in_pass=in_pass))

    def add_fold(
        self, operands: tuple[Value, ...], kind: str, attributes: tuple[Any, ...], shape: Shape
    ) -> Value:
        """Add a fold over the rows, whose value is there after the pass."""
        made = Value("whole", shape, stage=pass_of(operands))
        return self.once(Instruction("fold", made, operands, kind, attributes, in_pass=True))

    def once(self, instruction: Instruction, *, commutes: bool = False) -> Value:
        """Add an instruction unless there is the same already; return what it makes."""
        places = [id(operand) for operand in instruction.operands]
        if commutes:
            places.sort()
        key: Any = (
            instruction.kind,
            tuple(places),
            instruction.function,
            instruction.attributes,
            instruction.made.shape if instruction.kind in ("fill", "repeat") else None,
        )
        try:
            known = self.known.get(key)
        except TypeError:  # an attribute that cannot be a key
            known, key = None, id(instruction)
        if known is None:
            known = self.known[key] = instruction.made
            self.instructions.append(instruction)
        return known


def parts_of(recipe: Any) -> Sequence[Any]:
    """Return what a recipe is made of."""
    if isinstance(recipe, Apply):
        return recipe.operands
    if isinstance(recipe, Product | Contract):
        return recipe.left, recipe.right
    return (recipe.of,)


Rule = Callable[[Lowering, Any, list[Value], Any], Value | None]
# How each recipe is lowered: of the recipe, what its parts became, and the shape of the step.
RULES: dict[type, Rule] = {
    Same: lambda _to, _recipe, parts, _shape: parts[0],
    Repeat: lambda to, recipe, parts, shape: to.repeated(parts[0], recipe.axes, shape),
    Total: lambda to, recipe, parts, _: to.reduced(
        parts[0], recipe.axes, "sum", keepdims=recipe.keepdims
    ),
    Extreme: lambda to, recipe, parts, _: to.reduced(parts[0], recipe.axes, recipe.fold),
    Expand: lambda to, recipe, parts, _: to.expanded(parts[0], recipe.axes),
    Count: lambda to, recipe, parts, _: to.count(parts[0], recipe.axes),
    Apply: lambda to, recipe, parts, _: to.applied(recipe.function, parts, recipe.attributes),
    Select: lambda to, recipe, parts, shape: to.selected(parts[0], recipe.key, shape),
    Place: lambda to, recipe, parts, shape: to.placed(parts[0], recipe.key, shape),
    Product: lambda to, _recipe, parts, _shape: to.product(*parts),
    Contract: lambda to, _recipe, parts, _shape: to.contracted(*parts),
    Turn: lambda to, _recipe, parts, _shape: to.turned(*parts),
}


def is_basic(key: Any) -> bool:
    """Tell whether a key is made of whole numbers, slices, ... and None."""
    parts = key if type(key) is tuple else (key,)
    return all(part is None or part is ... or type(part) in (int, slice) for part in parts)


def neutral_operand(operation: Any, operands: Sequence[Value]) -> Value | None:
    """Return the operand that an operation leaves as it is, because the other is neutral."""
    if operation is None or len(operands) != 2:
        return None
    one, other = operands
    known = operation.properties.neutral
    if known is None or known == 0:  # a zero of the other sign would be lost
        return None
    if is_number(other, known):
        return one
    return other if operation.properties.commutative and is_number(one, known) else None


def is_number(value: Value, number: float) -> bool:
    """Tell whether a value is this number, known beforehand."""
    return value.number is not None and np.ndim(value.number) == 0 and value.number == number
