"""The steps of a program on floats as statements of Python.

What is used once stands where it is used, so that a function of a few steps is one expression, as
a person would write it. May import the engine; it does not know what the function is for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from chainrule.engine.numbers import FLOATS
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role

__all__ = ["Statement", "Statements", "sure_floats"]

# Deeper or longer expressions are cut: Python's own compiler recurses over them.
MOST_NESTED = 12
LONGEST = 400
MANY = 200  # statements: behind these the outputs are words
AT_ONCE = 4_000  # steps: writing them takes some 20 ms
MATH = re.compile(r"\bmath\.(\w+)")
PLACE = re.compile(r"\{(\d)\}")
# A spelling that is arithmetic of floats, and of these functions, gives a float.
ARITHMETIC = re.compile(r"[\d.{}()+\-/ ]*(?:\*[\d.{}()+\-/ ]+)*")
FLOAT_FUNCTIONS = re.compile(
    r"math\.(?:a?(?:cos|sin|tan)h?|atan2|cbrt|copysign|erfc?|exp2?|expm1|fabs|fmod|gamma|hypot"
    r"|lgamma|log(?:2|10|1p)?|pow|sqrt)\b"
)


class Stretch(NamedTuple):
    """An expression. mentions: the slots whose local variables stand in it. depth: how nested."""

    text: str
    mentions: tuple[int, ...] = ()
    depth: int = 0

    @property
    def is_word(self) -> bool:
        """Tell whether it needs no brackets."""
        return self.depth == 0


class Statement(NamedTuple):
    """What computes one slot: its lines, and the slots whose local variables they mention."""

    slot: int
    texts: tuple[str, ...]
    mentions: tuple[int, ...]


class Spelling(NamedTuple):
    """How an operation is written: a pattern, or None for a call.

    once: for each operand whether it stands there once. alone: whether it stands in brackets.
    """

    pattern: str | None
    once: tuple[bool, ...]
    alone: bool


class Statements:
    """The statements of a program, the expressions for its outputs, and the names they refer to.

    outputs: the slots to compute. reads: for each input the expression that gives it, a word where
    it is a parameter. checked: whether an input goes through `scalar` unless it is a float.
    named: the places among the outputs of those that must be words.
    """

    __slots__ = (
        "checked",
        "ends",
        "named",
        "namespace",
        "outputs",
        "parts",
        "program",
        "reads",
        "spellings",
        "statements",
        "taken",
    )

    def __init__(
        self,
        program: Program,
        outputs: Sequence[int],
        reads: Sequence[str],
        *,
        checked: bool,
        named: Sequence[int] = (),
    ) -> None:
        self.program = program
        self.checked = checked
        self.reads = dict(zip(program.inputs.values(), reads, strict=True))
        self.taken = {read for read in reads if read.isidentifier()}
        self.namespace: dict[str, Any] = {}
        self.statements: list[Statement] = []
        self.spellings: dict[Any, Spelling] = {}
        self.parts: dict[int, Stretch] = {}
        self.ends = tuple(outputs)
        self.named = tuple(named)
        self.outputs: list[Stretch] = []

    def written(self) -> Iterator[int]:
        """Write all statements, some thousands at a time, then the expressions for the outputs."""
        uses = uses_of(self.program, self.ends)
        for place in self.named:
            uses[self.ends[place]] += 1
        for slot, used in enumerate(uses):
            # An input that nothing needs must be there all the same, and be a number.
            if used or (self.checked and slot in self.reads):
                self.add(slot, once=used == 1)
            if slot % AT_ONCE == AT_ONCE - 1:
                yield AT_ONCE
        is_long = len(self.statements) > MANY
        self.outputs = [
            self.word(slot) if place in self.named or is_long else self.parts[slot]
            for place, slot in enumerate(self.ends)
        ]

    def add(self, slot: int, *, once: bool) -> None:
        """Write a step: as a statement, or where it is used once as a part of another."""
        operation, attributes = self.program.operations[slot], self.program.attributes[slot]
        if operation.role is Role.CONSTANT:
            self.parts[slot] = self.constant(slot, attributes[0])
        elif operation.role is Role.VARIABLE:
            self.parts[slot] = self.variable(slot)
        else:
            self.parts[slot] = self.step(slot, operation, attributes)
            if not once:
                self.word(slot)

    def variable(self, slot: int) -> Stretch:
        """Read an input. That a type is float is the cheapest test; `scalar` takes the others."""
        read = self.reads[slot]
        is_parameter = read.isidentifier()
        word = read if is_parameter else self.free(f"t{slot}")
        texts: tuple[str, ...] = () if is_parameter else (f"{word} = {read}",)
        if self.checked:
            texts = (*texts, f"if {word}.__class__ is not float: {word} = scalar({word})")
        if texts:
            self.statements.append(Statement(slot, texts, ()))
        return Stretch(word, () if is_parameter else (slot,))

    def constant(self, slot: int, value: Any) -> Stretch:
        """Write a constant: a finite number as such, any other by a name."""
        number = FLOATS.constant(value)
        if type(number) is float and math.isfinite(number):
            text = repr(number)
            return Stretch(text if text[0] != "-" else f"({text})")
        word = self.free(f"c{slot}")
        self.namespace[word] = number
        return Stretch(word)

    def step(self, slot: int, operation: Any, attributes: tuple[Any, ...]) -> Stretch:
        """Write what computes a step by its spelling, or else as a call."""
        arguments = self.program.arguments[slot]
        known = self.spellings.get(operation)
        if known is None or len(known.once) != len(arguments):
            known = self.spellings[operation] = self.spelling_of(operation, len(arguments))
        spelling, often, alone = known
        if spelling is None:
            function, settings = self.free(f"f{slot}"), self.free(f"a{slot}")
            self.namespace[function], self.namespace[settings] = operation.on_float, attributes
            places = [f"{{{number}}}" for number in range(len(arguments))]
            spelling = f"{function}({', '.join([*places, f'*{settings}'])})"
        parts, texts, depth, length = self.parts, [], 0, 0
        mentions: tuple[int, ...] = ()
        for argument, once in zip(arguments, often, strict=True):
            part = parts[argument]
            text, inner, nested = part
            if nested and (not once or nested >= MOST_NESTED or length + len(text) > LONGEST):
                text, inner, nested = self.word(argument)
            depth = max(depth, nested)
            length += len(text)
            mentions += inner
            texts.append(f"({text})" if nested and not alone else text)
        return Stretch(spelling.format(*texts), mentions, depth + 1)

    def spelling_of(self, operation: Any, count: int) -> Spelling:
        """Return how an operation of so many operands is spelled."""
        text = operation.spell.get("python")
        if text is None or "attributes" in text:
            return Spelling(None, (True,) * count, alone=False)
        places = PLACE.findall(text)
        often = tuple([places.count(str(number)) == 1 for number in range(count)])
        return Spelling(MATH.sub(self.from_math, text), often, alone=text.endswith("({0})"))

    def from_math(self, found: re.Match[str]) -> str:
        """Let a spelling say `sin` for `math.sin`, which is looked up once and for all."""
        word = self.free(found[1])
        self.namespace[word] = getattr(math, found[1])
        return word

    def free(self, word: str) -> str:
        """Return a name of ours that is no parameter."""
        while word in self.taken:
            word += "_"
        return word

    def word(self, slot: int) -> Stretch:
        """Return a word for a slot, after a statement that gives it where it has none yet."""
        part = self.parts[slot]
        if part.is_word:
            return part
        word = self.free(f"t{slot}")
        self.statements.append(Statement(slot, (f"{word} = {part.text}",), part.mentions))
        self.parts[slot] = Stretch(word, (slot,))
        return self.parts[slot]


def gives_float(operation: Any) -> bool:
    """Tell whether the spelling of an operation gives a float wherever it is given floats."""
    spelling = operation.spell.get("python", "attributes")
    plain = FLOAT_FUNCTIONS.sub("", spelling).replace(",", "+")
    return "{0}" in plain and ARITHMETIC.fullmatch(plain) is not None


def sure_floats(program: Program) -> list[bool]:
    """Tell for every slot whether it holds a float wherever the inputs are floats."""
    sure: list[bool] = []
    known: dict[Any, bool] = {}
    for operation, arguments, attributes in zip(
        program.operations, program.arguments, program.attributes, strict=True
    ):
        if operation.role is Role.CONSTANT:
            found = type(FLOATS.constant(attributes[0])) is float
        elif operation.role is Role.VARIABLE:
            found = True
        else:
            if operation not in known:
                known[operation] = gives_float(operation)
            found = known[operation] and all(sure[slot] for slot in arguments)
        sure.append(found)
    return sure


def uses_of(program: Program, outputs: Sequence[int]) -> list[int]:
    """Count how often the outputs, and the steps that they need, use each slot."""
    uses = [0] * len(program)
    for slot in outputs:
        uses[slot] += 1
    for slot in range(len(program) - 1, -1, -1):
        if uses[slot]:
            for argument in program.arguments[slot]:
                uses[argument] += 1
    return uses
