"""The target `javascript`: a program as text, so that a page recomputes while a slider moves.

The text is one function expression that needs nothing around it: no module, no library, no network.
What an operation is in JavaScript stands in its class body, `spell["javascript"]`; functions that
the spelling calls and `Math` lacks stand in the text that `helpers["javascript"]()` returns.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.engine.expansion import expanded
from chainrule.engine.notation import text
from chainrule.engine.numbers import FLOATS
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import shapes_of
from chainrule.engine.sizes import Shape
from chainrule.engine.targets.target import Signature
from chainrule.errors import (
    ChainRuleError,
    OperationError,
    ShapeError,
    UnknownVariable,
    ValueTypeError,
)

__all__ = ["JAVASCRIPT", "JavaScript", "javascript", "literal"]

TARGET = "javascript"
# A column of one element stands beside columns of any length, as in NumPy.
MAP = """function map(f, ...columns) {
  const length = columns.reduce((known, x) => (x.length === 1 ? known : x.length), 1);
  return Array.from({ length }, (_, i) => f(...columns.map((x) => x[x.length === 1 ? 0 : i])));
}"""
WORD = re.compile(r"(?<![.\w$])[A-Za-z_$][\w$]*")  # not the name of a method
DEFINITION = re.compile(r"^(?:function|const) (\w+)", re.MULTILINE)
# What would end an HTML script, or a line of JavaScript, in the middle of a string.
UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
ANY_LENGTH = 1_009
LARGEST_WHOLE = 2**53  # whole numbers up to here are written without an exponent


def javascript(
    program: Program,
    *,
    names: Sequence[str] | None = None,
    shapes: Mapping[str, Shape] | None = None,
) -> str:
    """Write the program as a function of the list of its inputs that returns its outputs' list.

    names: the order in which the inputs come; that of `program.inputs` if not given. shapes: those
    of the inputs that are columns; the others are numbers. Numbers are doubles; a column is an
    array of them, and steps over columns are done element by element.
    The text may stand in an HTML script: no name gets out of its quotes.
    Raises: OperationError for an operation without JavaScript, as matrix products and selections
    are; ShapeError for more than one axis; ValueTypeError for complex constants; UnknownVariable
    for an input that `names` lacks. All of them are ChainRuleErrors.

    >>> from chainrule import expression, sin
    >>> from chainrule.engine.program import flatten
    >>> x, y = expression("x"), expression("y")
    >>> print(javascript(flatten([x * y, sin(x * y)])))
    function (inputs) {
      "use strict";
      const s0 = inputs[0]; // "x"
      const s1 = inputs[1]; // "y"
      const s2 = s0 * s1;
      const s3 = Math.sin(s2);
      return [s2, s3];
    }
    """
    order = list(program.inputs if names is None else names)
    made = program.nodes()
    whole = expanded([made[slot] for slot in program.outputs], TARGET)
    check_spelled(whole)
    known = shapes_of_numbers_and_columns(whole, shapes or {})
    library = Library()
    words, lines = [""] * len(whole), []
    for slot, operation in enumerate(whole.operations):
        attributes, arguments = whole.attributes[slot], whole.arguments[slot]
        if operation.role is Role.LABEL:
            words[slot] = words[arguments[0]]
            continue
        if operation.role is Role.CONSTANT and not known[slot]:
            words[slot] = bracketed(literal(doubles(attributes[0])))
            continue
        words[slot] = f"s{slot}"
        if operation.role is Role.VARIABLE:
            lines.append(f"const s{slot} = {input_of(attributes[0], order)}")
        elif operation.role is Role.CONSTANT:
            lines.append(f"const s{slot} = {literal(doubles(attributes[0]))};")
        else:
            lines.append(f"const s{slot} = {step(whole, slot, words, known)};")
            library.provide(operation, mapped=operation.is_elementwise and bool(known[slot]))
    lines.append(f"return [{', '.join([words[slot] for slot in whole.outputs])}];")
    body = "\n".join(['"use strict";', *library.text(), *lines])
    return "function (inputs) {\n" + re.sub("^", "  ", body, flags=re.MULTILINE) + "\n}"


def literal(value: Any) -> str:
    r"""Write a value as JavaScript that may stand in an HTML script.

    value: None, a truth value, text, any real number (as the nearest double), a list, a tuple, an
    array, or a dict by text. Raises: ValueTypeError for anything else.

    >>> print(literal({"</script>": [1, -0.0, float("inf")]}))
    {"\u003c/script\u003e": [1, -0, Infinity]}
    """
    if value is None or isinstance(value, bool | np.bool_):
        return "null" if value is None else str(bool(value)).lower()
    if isinstance(value, str):
        # In ASCII, so that the page's encoding and the two line ends of Unicode are no matter.
        return re.sub("[<>&]", lambda found: UNSAFE[found[0]], json.dumps(value))
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return f"[{', '.join([literal(item) for item in value])}]"
    if isinstance(value, dict):
        return "{" + ", ".join([f"{key_of(key)}: {literal(value[key])}" for key in value]) + "}"
    try:
        return number_text(float(FLOATS.constant(value)))
    except (TypeError, ValueError):
        raise ValueTypeError(
            f"{value!r} is a {type(value).__name__}, which JavaScript does not have. "
            "Give text, real numbers, or lists of them."
        ) from None


def doubles(constant: Any) -> Any:
    """Bring truth values to numbers; what is no real number is left for `literal` to refuse."""
    if isinstance(constant, np.ndarray) and constant.dtype.kind != "c":
        return constant.astype(np.float64)
    return float(constant) if isinstance(constant, bool | np.bool_) else constant


def key_of(key: Any) -> str:
    """Write a key of an object; plain `"__proto__": x` would set what the object inherits from."""
    if not isinstance(key, str):
        raise ValueTypeError(f"the key {key!r} is not text. Use text for every key.")
    return '["__proto__"]' if key == "__proto__" else literal(key)


def number_text(number: float) -> str:
    """Write a double so that it reads back to the same bits, and a NaN as any."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "-0" if math.copysign(1.0, number) < 0 else "0"
    return str(int(number)) if number.is_integer() and abs(number) < LARGEST_WHOLE else repr(number)


def bracketed(number: str) -> str:
    """Bracket a negative number: --2 would be no number."""
    return f"({number})" if number.startswith("-") else number


def input_of(name: str, order: Sequence[str]) -> str:
    """Write how an input is read, and its name for whoever reads the text."""
    if name not in order:
        raise UnknownVariable(
            f"the program has an input {name!r}, which `names` lacks. "
            f"Given: {', '.join(map(repr, order)) or 'none'}."
        )
    return f"inputs[{order.index(name)}]; // {literal(name)}"


def check_spelled(program: Program) -> None:
    """Refuse a program with a step that has neither JavaScript nor a meaning that has."""
    for operation in dict.fromkeys(program.operations):
        if operation.role is Role.OPERATION and TARGET not in operation.spell:
            raise OperationError(
                f"{operation.__name__} has no JavaScript. Evaluate in Python instead, or give its "
                f'class body a spelling, such as spell = {{"{TARGET}": "Math.sin({{0}})"}}.'
            )


def shapes_of_numbers_and_columns(program: Program, shapes: Mapping[str, Shape]) -> list[Shape]:
    """Work out the shape of every slot, and refuse more than one axis."""
    try:
        known = shapes_of(program, {name: tuple(shapes.get(name, ())) for name in program.inputs})
    except ValueError as error:
        told = ", ".join(f"{name!r} {shapes.get(name, ())}" for name in program.inputs)
        raise ShapeError(f"shapes do not fit ({error}). The inputs' shapes: {told}.") from None
    for slot, shape in enumerate(known):
        if len(shape) > 1:
            raise ShapeError(
                f"{text(program, slot, limit=200)} has shape {shape}, and JavaScript is written "
                "for numbers and columns only. Evaluate in Python instead."
            )
    return known


def step(program: Program, slot: int, words: Sequence[str], shapes: Sequence[Shape]) -> str:
    """Write the right side of a step: its spelling, over columns element by element."""
    operation, arguments = program.operations[slot], program.arguments[slot]
    settings = [bracketed(literal(attribute)) for attribute in program.attributes[slot]]
    pattern = operation.spell[TARGET]
    if not (operation.is_elementwise and shapes[slot]):
        return str(pattern.format(*[words[argument] for argument in arguments], *settings))
    columns = [argument for argument in dict.fromkeys(arguments) if shapes[argument]]
    operands = [f"x{item}" if shapes[item] else words[item] for item in arguments]
    parameters = ", ".join([f"x{column}" for column in columns])
    given = ", ".join([words[column] for column in columns])
    return f"map(({parameters}) => {pattern.format(*operands, *settings)}, {given})"


class Library:
    """The functions that the steps so far call, with the functions that these call."""

    __slots__ = ("called", "known", "operations")

    def __init__(self) -> None:
        self.known = {"map": MAP}
        self.called: set[str] = set()
        self.operations: set[Any] = set()

    def provide(self, operation: Any, *, mapped: bool) -> None:
        """Add what a step of this operation calls."""
        if mapped:
            self.called.add("map")
        if operation in self.operations:
            return
        self.operations.add(operation)
        # A toy language need not know the word.
        source = getattr(operation, "helpers", {}).get(TARGET)
        for name, definition in definitions(source()).items() if source else ():
            if self.known.setdefault(name, definition) != definition:
                raise OperationError(
                    f"{operation.__name__} brings a JavaScript function {name!r}, and another "
                    "operation brings a different one. Rename one of them."
                )
        waiting = [operation.spell[TARGET]]
        while waiting:
            calls = set(WORD.findall(waiting.pop())) & self.known.keys()
            waiting += [self.known[name] for name in calls - self.called]
            self.called |= calls

    def text(self) -> list[str]:
        """List the definitions of what is called, in the order in which they became known."""
        return [definition for name, definition in self.known.items() if name in self.called]


def definitions(source: str) -> dict[str, str]:
    """Split a text into its functions and constants by name, leaving out comments between them."""
    starts = [*DEFINITION.finditer(source)]
    ends = [found.start() for found in starts[1:]] + [len(source)]
    return {
        found[1]: re.sub(r"^//.*\n?", "", source[found.start() : end], flags=re.MULTILINE).strip()
        for found, end in zip(starts, ends, strict=True)
    }


class JavaScript:
    """The target that writes JavaScript, of numbers and of columns; it does not run here."""

    __slots__ = ()

    name = TARGET

    def supports(self, program: Program, signature: Signature) -> bool:
        """Tell whether every step has JavaScript, and no input has more than one axis."""
        try:
            self.source(program, signature)
        except ChainRuleError:
            return False
        return True

    def source(self, program: Program, signature: Signature) -> str:
        """Return the text of one function; see `javascript`."""
        # Columns may have any length; one that is no other's stands for it.
        shapes = {
            name: tuple([ANY_LENGTH if size is None else size for size in item.shape])
            for name, item in zip(program.inputs, signature.inputs, strict=True)
        }
        return javascript(program, shapes=shapes)


JAVASCRIPT = JavaScript()
