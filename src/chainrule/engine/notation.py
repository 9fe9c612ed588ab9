"""Text and LaTeX of a program, with least brackets, from what each operation says of itself.

A notation is a small value in the class body; this module only knows how to nest them. Text reads
back to the same graph; beyond a limit it is abbreviated, so a graph of any size prints.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.engine.node import identity_of
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role

__all__ = [
    "ATOM",
    "Notation",
    "Piece",
    "function",
    "infix",
    "latex",
    "prefix",
    "quoted",
    "setting",
    "text",
]

ATOM = 100  # binds tighter than any operator
UNARY = 70  # a sign
LIMIT = 5_000  # places in the written tree; beyond it the text is abbreviated
ABBREVIATED = 60  # places that an abbreviated text still shows
ELLIPSIS = {"text": "...", "latex": r"\dots"}

# A piece is a literal string, or the number of an operand and the least precedence it needs there.
Piece = str | tuple[int, int]


@dataclass(frozen=True, slots=True)
class Notation:
    """How an operation is written: its pieces as text and as LaTeX, and how tightly it binds.

    operator, name: what a parser recognises it by; one of them is empty.
    pieces, latex_pieces: from the number of operands and the attributes to the pieces.
    """

    precedence: int
    pieces: Callable[[int, Sequence[Any]], list[Piece]]
    latex_pieces: Callable[[int, Sequence[Any]], list[Piece]]
    latex_precedence: int
    operator: str = ""
    name: str = ""
    operands: int | None = None
    keywords: tuple[str, ...] = ()


def template(pattern: str, needs: Sequence[int]) -> Callable[[int, Sequence[Any]], list[Piece]]:
    """Cut "{0} + {1}" into pieces, each operand with the precedence that it needs."""
    pieces: list[Piece] = []
    for number, part in enumerate(re.split(r"\{(\d)\}", pattern)):
        if number % 2:
            pieces.append((int(part), needs[int(part)]))
        elif part:
            pieces.append(part)
    return lambda _count, _attributes: pieces


def infix(
    operator: str,
    *,
    precedence: int,
    latex: str | None = None,
    spaced: bool = False,
    right: bool = False,
    apart: bool = False,
    latex_needs: tuple[int, int] | None = None,
    latex_precedence: int | None = None,
) -> Notation:
    """Write a operator b.

    right: groups to the right, as `**` does. apart: never groups; a < b < c would be read as both.
    """
    # The exponent of ** may carry a sign without brackets, as in Python's own grammar.
    needs = (precedence + 1, UNARY) if right else (precedence + apart, precedence + 1)
    space = " " if spaced else ""
    return Notation(
        precedence=precedence,
        pieces=template(f"{{0}}{space}{operator}{space}{{1}}", needs),
        latex_pieces=template(latex or f"{{0}} {operator} {{1}}", latex_needs or needs),
        latex_precedence=precedence if latex_precedence is None else latex_precedence,
        operator=operator,
        operands=2,
    )


def prefix(operator: str, *, precedence: int = UNARY, latex: str | None = None) -> Notation:
    """Write operator a."""
    needs = (precedence,)
    return Notation(
        precedence=precedence,
        pieces=template(f"{operator}{{0}}", needs),
        latex_pieces=template(latex or f"{operator}{{0}}", needs),
        latex_precedence=precedence,
        operator=operator,
        operands=1,
    )


def function(
    name: str,
    *,
    latex: str | None = None,
    keywords: tuple[str, ...] = (),
    defaults: tuple[Any, ...] = (),
) -> Notation:
    r"""Write name(a, b, keyword=attribute); a keyword at its default is left out.

    latex: a command such as `\sin`, or a pattern with places such as `\sqrt{{0}}`.
    """

    def pieces(count: int, attributes: Sequence[Any]) -> list[Piece]:
        listed = listing(count)
        for word, value, default in zip(keywords, attributes, defaults, strict=True):
            if identity_of(value) != identity_of(default):
                listed.append(f", {word}={setting(value)}")
        return [f"{name}(", *listed, ")"]

    if latex and "{0}" in latex:
        latex_pieces = template(latex, (0,) * 9)
    else:
        command = latex or rf"\operatorname{{{name.replace('_', chr(92) + '_')}}}"

        def latex_pieces(count: int, attributes: Sequence[Any]) -> list[Piece]:
            del attributes
            return [rf"{command}\left(", *listing(count), r"\right)"]

    return Notation(ATOM, pieces, latex_pieces, ATOM, name=name, keywords=keywords)


def setting(value: Any) -> str:
    """Write an attribute, such as an axis or a key.

    >>> setting((0, slice(1, None), ...))
    '(0, slice(1, None, None), ...)'
    """
    if isinstance(value, tuple):
        return f"({', '.join(map(setting, value))}{',' * (len(value) == 1)})"
    if isinstance(value, np.ndarray):
        natural = value.size and value.dtype.name in ("bool", "int64")
        kind = "" if natural else f", dtype={value.dtype.name!r}"
        shape = "" if value.size or value.ndim == 1 else f", shape={value.shape}"
        return f"array({value.tolist() if value.size else []}{kind}{shape})"
    return "..." if value is Ellipsis else repr(value)


def listing(count: int) -> list[Piece]:
    """Pieces of "a, b, c"."""
    listed: list[Piece] = []
    for number in range(count):
        if number:
            listed.append(", ")
        listed.append((number, 0))
    return listed


def quoted(name: str) -> str:
    """Write a name as the language reads it: bare where it is an identifier, else in backticks.

    >>> quoted("x1"), quoted("petal length (cm)")
    ('x1', '`petal length (cm)`')
    """
    return name if is_plain(name) else "`" + "".join(map(escape, name)) + "`"


RESERVED = frozenset({"inf", "nan", "pi"})  # names that the language reads as numbers
ESCAPES = {"\\": "\\", "`": "`", "n": "\n", "t": "\t", "r": "\r"}
_ESCAPED = {character: "\\" + code for code, character in ESCAPES.items()}
# Letters of other alphabets that print like one of ours; a name of these alone would be misread.
_ALIKE = str.maketrans(
    "АВЕКМНОРСТУХЅІЈаеорсухѕіјһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοı",
    "ABEKMHOPCTYXSIJaeopcyxsijhdqwABEZHIKMNOPTYXoi",
)


def lookalike(name: str) -> str:
    """Return the ASCII name that this one would be taken for, if it is another.

    >>> lookalike("\N{CYRILLIC SMALL LETTER HA}1"), lookalike("\N{GREEK SMALL LETTER ALPHA}")
    ('x1', '')
    """
    alike = unicodedata.normalize("NFKC", name).translate(_ALIKE)
    return alike if alike != name and alike.isascii() else ""


def is_plain(name: str) -> bool:
    """Tell whether a name stands in a formula bare: an identifier, read as itself and no other."""
    if not name.isidentifier() or keyword.iskeyword(name) or name in RESERVED:
        return False
    if name.startswith("__"):
        return False
    # Python reads identifiers in their compatibility form (NFKC).
    return name.isascii() or (unicodedata.normalize("NFKC", name) == name and not lookalike(name))


def escape(character: str) -> str:
    """Write a character as it stands in backticks."""
    if character in _ESCAPED:
        return _ESCAPED[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\U{code:08x}"


def latex_name(name: str) -> str:
    """Write a variable's name in LaTeX: one letter in italics, longer ones upright, all escaped."""
    escapes = {"\\": r"\backslash ", "^": r"\hat{} ", "~": r"\tilde{} "}
    escaped = "".join(escapes.get(c, "\\" + c if c in "#$%&_{}" else c) for c in name)
    stem = name.rstrip("0123456789")
    if len(stem) == 1 and stem.isalpha():
        digits = name[1:]
        return f"{stem}_{{{digits}}}" if digits else stem
    return rf"\mathrm{{{escaped}}}"


def text(program: Program, slot: int | None = None, *, limit: int = LIMIT) -> str:
    """Write the formula of a slot (the first output by default) as text that reads back."""
    return write(program, program.outputs[0] if slot is None else slot, "text", limit)


def latex(program: Program, slot: int | None = None, *, limit: int = LIMIT) -> str:
    """Write the formula of a slot (the first output by default) in LaTeX's math mode."""
    return write(program, program.outputs[0] if slot is None else slot, "latex", limit)


def tree_size(program: Program, slot: int, limit: int) -> int:
    """Count the places that the written-out tree under a slot has, up to limit + 1."""
    sizes: list[int] = []
    for arguments in program.arguments[: slot + 1]:
        size = 1
        for argument in arguments:
            size += sizes[argument]
        sizes.append(min(size, limit + 1))
    return sizes[slot]


def shown_places(program: Program, slot: int, limit: int) -> dict[int, list[int]]:
    """Choose the places of the written tree to show, the nearest to the root first.

    A place is an occurrence of a slot, numbered in the order chosen; returns the operands' places
    of each place that is written out. Place 0 is the root.
    """
    whole = tree_size(program, slot, limit) <= limit
    slots = [slot]
    children: dict[int, list[int]] = {}
    place = 0
    while place < len(slots):
        arguments = program.arguments[slots[place]]
        if whole or len(slots) + len(arguments) <= ABBREVIATED:
            children[place] = list(range(len(slots), len(slots) + len(arguments)))
            slots.extend(arguments)
        place += 1
    return children


def write(program: Program, root: int, style: str, limit: int) -> str:
    """Write a slot, left to right, with an explicit stack."""
    children = shown_places(program, root, limit)
    written: list[str] = []
    labelled: set[int] = set()
    stack: list[Any] = [(root, 0, 0)]
    while stack:
        top = stack.pop()
        if isinstance(top, str):
            written.append(top)
            continue
        slot, place, least = top
        operation = program.operations[slot]
        attributes = program.attributes[slot]
        if operation.role is Role.VARIABLE:
            written.append(quoted(attributes[0]) if style == "text" else latex_name(attributes[0]))
            continue
        if operation.role is Role.CONSTANT:
            literal, precedence = operation.literal(attributes[0], style)
            written.append(literal if precedence >= least else f"({literal})")
            continue
        if operation.role is Role.LABEL and slot in labelled:
            written.append(quoted(attributes[0]) if style == "text" else latex_name(attributes[0]))
            continue
        if place not in children:
            written.append(ELLIPSIS[style])
            continue
        if operation.role is Role.LABEL:
            labelled.add(slot)
        notation = operation.notation
        operands = program.arguments[slot]
        if style == "text":
            precedence = notation.precedence
            pieces = notation.pieces(len(operands), attributes)
        else:
            precedence = notation.latex_precedence
            pieces = notation.latex_pieces(len(operands), attributes)
        opening, closing = ("(", ")") if style == "text" else (r"\left(", r"\right)")
        if precedence < least:
            written.append(opening)
            stack.append(closing)
        for piece in reversed(pieces):
            if isinstance(piece, str):
                stack.append(piece)
            else:
                number, need = piece
                if notation.operands == 1 and notation.operator and (
                    program.operations[operands[number]].role is Role.CONSTANT
                ):
                    need = ATOM + 1  # -(2) stays apart from the number -2
                stack.append((operands[number], children[place][number], need))
    return "".join(written)
