"""Text and LaTeX of a program, with least brackets, from what each operation says of itself.

A notation is a small value in the class body; this module only knows how to nest them. Text reads
back to the same graph; beyond a limit it is abbreviated, so a graph of any size prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.attributes import below_the_name, setting
from chainrule.engine.names import latex_name, quoted
from chainrule.engine.node import identity_of
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.shapes import NOT_KNOWN, declared_shapes

__all__ = [
    "ATOM",
    "TIMES",
    "Notation",
    "Piece",
    "function",
    "infix",
    "latex",
    "latex_name",
    "one_step",
    "prefix",
    "quoted",
    "setting",
    "text",
]

ATOM = 100  # binds tighter than any operator
UNARY = 70  # a sign
FACTOR = 60  # what a product is made of
LIMIT = 5_000  # places in the written tree; beyond it the text is abbreviated
ABBREVIATED = 60  # places that an abbreviated text still shows
MOST_COUNTED = 2**31 - 1  # a tree whose parts are shared has more places than anyone counts
ELLIPSIS = {"text": "...", "latex": r"\dots"}
TIMES = "\N{INVISIBLE TIMES}"  # in a pattern: a dot between factors only where they need one
OPENING = ("{", "(", "[", "|", ",")  # after which a sign needs no brackets

# A piece is a literal string, or the number of an operand and the least precedence it needs there.
Piece = str | tuple[int, int]


class Notation(NamedTuple):
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
    # Of operands whose numbers of axes are known, where a textbook writes vectors in another way.
    latex_of_axes: Callable[[tuple[int, ...]], list[Piece] | None] | None = None


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
    latex: a pattern; TIMES between its places becomes a dot only where factors need one.
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
    # In print -x*y needs no brackets, whichever way it groups.
    return Notation(
        precedence=precedence,
        pieces=template(f"{operator}{{0}}", (precedence,)),
        latex_pieces=template(latex or f"{operator}{{0}}", (FACTOR,)),
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
    latex_precedence: int = ATOM,
    latex_needs: tuple[int, ...] = (0,) * 9,
) -> Notation:
    r"""Write name(a, b, keyword=attribute); a keyword at its default is left out.

    latex: a command such as `\sin`, or a pattern with places such as `\sqrt{{0}}`. latex_needs:
    how tightly each operand of the pattern must bind to go without brackets.
    """

    def pieces(count: int, attributes: Sequence[Any]) -> list[Piece]:
        listed = listing(count)
        for word, value, default in zip(keywords, attributes, defaults, strict=True):
            if identity_of(value) != identity_of(default):
                listed.append(f", {word}={setting(value)}")
        return [f"{name}(", *listed, ")"]

    if latex and "{0}" in latex:
        latex_pieces = template(latex, latex_needs)
    else:
        command = latex or rf"\operatorname{{{name.replace('_', chr(92) + '_')}}}"

        def latex_pieces(count: int, attributes: Sequence[Any]) -> list[Piece]:
            below = below_the_name(keywords, attributes, defaults)
            return [rf"{command}{below}\left(", *listing(count), r"\right)"]

    return Notation(ATOM, pieces, latex_pieces, latex_precedence, name=name, keywords=keywords)


def listing(count: int) -> list[Piece]:
    """Pieces of "a, b, c"."""
    listed: list[Piece] = []
    for number in range(count):
        if number:
            listed.append(", ")
        listed.append((number, 0))
    return listed


def text(program: Program, slot: int | None = None, *, limit: int = LIMIT) -> str:
    """Write the formula of a slot (the first output by default) as text that reads back."""
    return write(program, program.outputs[0] if slot is None else slot, "text", limit)


def latex(program: Program, slot: int | None = None, *, limit: int = LIMIT) -> str:
    """Write the formula of a slot (the first output by default) in LaTeX's math mode."""
    return write(program, program.outputs[0] if slot is None else slot, "latex", limit)


def sizes_of(program: Program, root: int, limit: int) -> tuple[int, int]:
    """Count the places, and the elements of arrays, of the written tree, as far as the limit.

    A named step is written out once, and counts as one place wherever else it stands.
    """
    known_places, known_elements = program.analysis(written_sizes)
    places, elements = int(known_places[root]), int(known_elements[root])
    if not program.labels:
        return places, elements
    found, stack = {root}, [root]
    while stack and places <= limit:
        for argument in program.arguments[stack.pop()]:
            if argument not in found:
                found.add(argument)
                stack.append(argument)
                if program.operations[argument].role is Role.LABEL:
                    places += int(known_places[argument])
                    elements += int(known_elements[argument])
    return places, elements


def written_sizes(program: Program) -> tuple[Any, Any]:
    """Count for every slot the places and the elements of its tree, without those of steps in it.

    Many texts of one program, of each step that is reported, then cost no more than what they show.
    """
    places: list[int] = []
    elements: list[int] = []
    for slot, arguments in enumerate(program.arguments):
        place, element = 1, 0
        operation = program.operations[slot]
        if operation.role is Role.CONSTANT:
            element = int(np.size(program.attributes[slot][0]))
        for argument in arguments:
            step = program.operations[argument].role is Role.LABEL
            place += 1 if step else places[argument]
            element += 0 if step else elements[argument]
        places.append(min(place, MOST_COUNTED))
        elements.append(min(element, MOST_COUNTED))
    return np.array(places, np.int32), np.array(elements, np.int32)


class Places:
    """The occurrences of slots in the written tree that are to be shown, the root first.

    slots: the slot of each place. children: the operands' places of each place that is written out;
    they come after it. A named step is written out once.
    """

    __slots__ = ("brief", "children", "program", "slots", "written_steps")

    def __init__(self, program: Program, root: int, limit: int) -> None:
        self.program = program
        self.slots = [root]
        self.children: dict[int, list[int]] = {}
        places, elements = sizes_of(program, root, limit)
        self.brief = places + elements > limit
        self.written_steps: set[int] = set()
        if places <= limit:
            stack = [0]
            while stack:  # in the order of the text, so that a step is written where it comes first
                stack.extend(reversed(self.open(stack.pop())))
        else:
            place = 0
            while place < len(self.slots):  # the nearest to the root first
                if len(self.slots) + len(program.arguments[self.slots[place]]) <= ABBREVIATED:
                    self.open(place)
                place += 1

    def open(self, place: int) -> list[int]:
        """Let a place be written out, unless it is a step that stands elsewhere already."""
        slot = self.slots[place]
        if self.program.operations[slot].role is Role.LABEL:
            if slot in self.written_steps:
                return []
            self.written_steps.add(slot)
        arguments = self.program.arguments[slot]
        made = list(range(len(self.slots), len(self.slots) + len(arguments)))
        self.children[place] = made
        self.slots.extend(arguments)
        return made


class TextPart(NamedTuple):
    """What one place is written with: literal strings, and the numbers of other places.

    first, last: in LaTeX, the kinds of its ends, which say whether a product needs a dot.
    """

    pieces: list[str | int]
    precedence: int
    first: str = "other"
    last: str = "other"


def write(program: Program, root: int, style: str, limit: int) -> str:
    """Write a slot: choose the places, then the pieces of each from the leaves up."""
    places = Places(program, root, limit)
    parts: list[TextPart] = [None] * len(places.slots)  # type: ignore[list-item]  # filled from the end
    for place in range(len(places.slots) - 1, -1, -1):
        parts[place] = part_of(places, place, parts, style)
    written: list[str] = []
    stack: list[str | int] = [0]
    while stack:
        top = stack.pop()
        if isinstance(top, str):
            written.append(top)
        else:
            stack.extend(reversed(parts[top].pieces))
    return "".join(written)


def part_of(places: Places, place: int, parts: list[TextPart], style: str) -> TextPart:
    """Return what a place is written with, the places under it being known."""
    program, slot = places.program, places.slots[place]
    operation, attributes = program.operations[slot], program.attributes[slot]
    operands = places.children.get(place)
    if operation.role is Role.CONSTANT:
        brief = "brief" if places.brief and style == "text" else style
        literal, precedence = operation.literal(attributes[0], brief)
        return TextPart([literal], precedence, *ends_of_number(literal))
    if operation.role is Role.VARIABLE or (operation.role is Role.LABEL and operands is None):
        if style == "text":
            return TextPart([quoted(attributes[0])], ATOM)
        name = latex_name(attributes[0])
        if operation.role is Role.VARIABLE and any(attributes[1:]):  # an array
            name = rf"\mathbf{{{name}}}"
        kind = "word" if name.startswith(r"\mathrm") else "letter"
        return TextPart([name], ATOM, kind, kind)
    if operands is None:
        return TextPart([ELLIPSIS[style]], ATOM)
    if style == "text":
        pieces = operation.notation.pieces(len(operands), attributes)
        return nested(places, pieces, operation.notation, operands, parts)
    pieces = latex_pieces_of(program, slot)
    raised = raised_function(places, pieces, operands, parts)
    return raised or nested_latex(places, pieces, operation.notation, operands, parts)


def latex_pieces_of(program: Program, slot: int) -> list[Piece]:
    """Return the pieces of a step in LaTeX, for vectors those of a textbook."""
    notation, arguments = program.operations[slot].notation, program.arguments[slot]
    if notation.latex_of_axes is not None and program.declared:
        shapes = [declared_shapes(program)[argument] for argument in arguments]
        if NOT_KNOWN not in shapes:
            axes = [
                -1 if is_row(program, argument, program.operations[slot]) else len(shape)
                for argument, shape in zip(arguments, shapes, strict=True)
            ]
            of_axes = notation.latex_of_axes(tuple(axes))
            if of_axes is not None:
                return list(of_axes)
    pieces: list[Piece] = notation.latex_pieces(len(arguments), program.attributes[slot])
    return pieces


def is_row(program: Program, slot: int, operation: Any) -> bool:
    """Tell a vector that the same operation makes of one and a matrix: it stands there as a row."""
    if program.operations[slot] is not operation:
        return False
    shapes = declared_shapes(program)
    operands = [shapes[argument] for argument in program.arguments[slot]]
    return NOT_KNOWN not in operands and [*map(len, operands), len(shapes[slot])] == [1, 2, 1]


def one_step(operation: Any, attributes: Sequence[Any], words: Sequence[tuple[str, int]]) -> str:
    """Write one operation over operands already written, each with how tightly it binds."""
    notation = operation.notation
    written = []
    for piece in notation.pieces(len(words), attributes):
        if isinstance(piece, str):
            written.append(piece)
        else:
            word, precedence = words[piece[0]]
            written.append(word if precedence >= piece[1] else f"({word})")
    return "".join(written)


def is_signed_literal(places: Places, notation: Notation, operand: int) -> bool:
    """Tell a sign before a constant, as in -(2), which is not the number -2."""
    return (
        notation.operands == 1
        and bool(notation.operator)
        and places.program.operations[places.slots[operand]].role is Role.CONSTANT
    )


def nested(
    places: Places,
    pieces: list[Piece],
    notation: Notation,
    operands: list[int],
    parts: list[TextPart],
) -> TextPart:
    """Put operands into their pieces of text, in brackets where they bind too loosely."""
    made: list[str | int] = []
    for piece in pieces:
        if isinstance(piece, str):
            made.append(piece)
            continue
        operand = operands[piece[0]]
        bare = parts[operand].precedence >= piece[1]
        if bare and not is_signed_literal(places, notation, operand):
            made.append(operand)
        else:
            made += ["(", operand, ")"]
    return TextPart(made, notation.precedence)


def nested_latex(
    places: Places,
    pieces: list[Piece],
    notation: Notation,
    operands: list[int],
    parts: list[TextPart],
) -> TextPart:
    """Put operands into their pieces of LaTeX; a sign inside a formula gets brackets too."""
    made: list[str | int] = []
    ends: list[tuple[str, str]] = []  # the first and last kind of every piece
    for number, piece in enumerate(pieces):
        if isinstance(piece, str):
            made.append(piece)
            ends.append(ends_of_literal(piece))
            continue
        operand = operands[piece[0]]
        part = parts[operand]
        before = pieces[number - 1] if number else "{"
        after_operator = isinstance(before, str) and not before.rstrip().endswith(OPENING)
        if (
            part.precedence < piece[1]
            or (after_operator and part.first == "sign")
            or is_signed_literal(places, notation, operand)
        ):
            made += [r"\left(", operand, r"\right)"]
            ends.append(("bracket", "bracket"))
        else:
            made.append(operand)
            ends.append((part.first, part.last))
    if pieces[1:2] == [TIMES]:
        made[made.index(TIMES)] = product_sign(ends[0][1], ends[2][0])
    return TextPart(made, notation.latex_precedence, ends[0][0], ends[-1][1])


def raised_function(
    places: Places, pieces: list[Piece], operands: list[int], parts: list[TextPart]
) -> TextPart | None:
    r"""Write the power of a function as \sin^{2}\left(x\right), for whole powers from 2 on."""
    if len(pieces) != 4 or pieces[1] != "^{":
        return None
    program = places.program
    base, power = operands
    if program.operations[places.slots[power]].role is not Role.CONSTANT:
        return None
    count = program.attributes[places.slots[power]][0]
    head = parts[base].pieces[0]
    if type(count) is not int or count < 2 or not isinstance(head, str):
        return None
    if len(parts[base].pieces) != 3 or not re.fullmatch(r"\\[a-z]+\\left\(", head):
        return None
    command = head.removesuffix(r"\left(")
    made = [f"{command}^{{", power, r"}\left(", *parts[base].pieces[1:]]
    return TextPart(made, parts[base].precedence, "command", "bracket")


def ends_of_number(literal: str) -> tuple[str, str]:
    """Tell how a number begins and ends in LaTeX."""
    if literal.startswith(r"\left"):
        return "bracket", "bracket"
    if literal.startswith(r"\mathrm"):
        return "word", "word"
    body = literal.removeprefix("-")
    kind = "fraction" if body.startswith(r"\frac") else "digit"
    kind = "letter" if body in (r"\pi", r"\infty") else kind
    return ("sign" if literal.startswith("-") else kind), kind


def ends_of_literal(piece: str) -> tuple[str, str]:
    """Tell how a literal piece begins and ends."""
    first = "other"
    if piece.startswith("-"):
        first = "sign"
    elif piece.startswith(r"\frac"):
        first = "fraction"
    elif piece.startswith("\\"):
        first = "command"
    return first, "bracket" if piece.endswith(r"\right)") else "other"


def product_sign(left: str, right: str) -> str:
    """Choose what stands between two factors: a dot only where they would run together."""
    if right in ("digit", "sign") or (left == "digit" and right == "fraction"):
        return r" \cdot "
    if left == "digit" and right == "word":
        return r" \, "
    return r" \cdot " if "word" in (left, right) else " "
