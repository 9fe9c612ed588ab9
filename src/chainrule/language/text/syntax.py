"""The order of a formula: what may follow what, and its cutting into flat pieces for `ast`.

Brackets are cut from the inside out: each becomes a placeholder in what is around it, so no nesting
is too deep for Python's parser, and no name means anything to it. Knows no graph.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NoReturn

from chainrule.errors import ParseError
from chainrule.language.literals import NUMBERS
from chainrule.language.text.quoting import FOREIGN, Token, refuse, tokens_of

__all__ = ["Cutter", "Group", "Piece"]

# Python's parser recurses over operations in a row: longer rows are handed to it in parts, which
# is the same, since they group to the left. Of signs and powers, which group to the right, what
# follows so many is set in brackets of our own.
ROW = 300
TOWER = 300

# What a row of each binary operator may be cut at: a lower level binds less tightly.
_LEVEL = {"|": 0, "&": 1, "+": 2, "-": 2, "*": 3, "/": 3, "//": 3, "%": 3, "@": 3}
_COMPARISONS = ("<", "<=", ">", ">=")
LEFT_OUT = "'...' stands for parts left out of a long text; to_text(limit=...) writes them all"
_CLOSING = {"(": ")", "[": "]"}
_WORDS = ("True", "False", "None")


@dataclass(slots=True)
class Group:
    """What has been read between two brackets so far, as source for Python's parser."""

    opening: Token | None = None
    callee: Token | None = None
    subject: Any = None  # what square brackets behind it select from
    source: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)  # where each piece of source stands in the text
    begins: list[int] = field(default_factory=lambda: [0] * 4)  # of the rows now read, by level
    counts: list[int] = field(default_factory=lambda: [0] * 4)
    tower: int = 0
    compared: bool = False
    ours: bool = False  # no bracket of the text, but set behind many signs or powers

    def put(self, source: str, start: int, *, touching: bool) -> None:
        """Add a piece of source."""
        self.source.append(source if touching else " " + source)
        self.starts.append(start)

    def slicing(self) -> bool:
        """Tell whether a slice has been read that may end here, such as the `1:` of x[1:, 0]."""
        return self.subject is not None and self.source[-1:] == [":"]

    def begin(self, level: int) -> None:
        """Let new rows begin here for every level that binds more tightly than this one."""
        for number in range(level + 1, 4):
            self.begins[number], self.counts[number] = len(self.source), 0
        self.tower = 0


@dataclass(slots=True)
class Piece:
    """A piece of the text as Python's parser sees it, and the way back to the text."""

    tree: ast.expr
    offsets: list[int]
    starts: list[int]

    def at(self, found: ast.AST) -> int:
        """Return the place in the text where what was parsed begins."""
        place = bisect_right(self.offsets, found.col_offset) - 1  # type: ignore[attr-defined]
        return self.starts[max(place, 0)]


class Cutter(ABC):
    """Walks over the tokens of a text once, keeping a stack of open brackets."""

    __slots__ = ("groups", "items", "text", "tokens")

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.groups = [Group()]
        self.items: list[Any] = []  # what the placeholders stand for: names, and meanings

    @abstractmethod
    def meaning(self, piece: Piece, callee: Token | None) -> Any:
        """Return what a piece stands for: the inside of brackets, a call, or the whole text."""

    def cut(self) -> Any:
        """Return the meaning of the whole text."""
        wanted = True  # an operand, not an operator
        place = 0
        while self.tokens[place].kind != "end":
            token = self.tokens[place]
            within = token.kind == "part" or token.text in ("**", "[")
            if not wanted and not (within and token.kind in ("operator", "part")):
                self.close_ours()
            if token.kind == "operator" and token.text in (")", "]"):
                self.close(place, wanted=wanted)
                wanted = False
            elif wanted and not (token.text == "," and self.groups[-1].slicing()):
                wanted = self.operand(place)
                place += token.kind == "name" and wanted  # a call: its bracket has been taken
            else:
                wanted = self.operator(place)
            place += 1
        if not wanted:
            self.close_ours()
        opening = self.groups[-1].opening
        if opening is not None and not self.groups[-1].ours:
            self.refuse(opening.start, f"{opening.text!r} is never closed")
        if wanted:
            self.missing(place)
        return self.meaning(self.piece(self.groups[0], 0, "(", ")"), None)

    @abstractmethod
    def part_of(self, subject: Piece, token: Token) -> Any:
        """Return the one of several values that has this name."""

    @abstractmethod
    def selection(self, subject: Piece, piece: Piece) -> Any:
        """Return what square brackets select from what stands before them."""

    def refuse(self, start: int, words: str) -> NoReturn:
        """Raise the error for a place of the text, counted from 0."""
        refuse(self.text, start, words)

    # --- what may follow what

    def operand(self, place: int) -> bool:
        """Take a token where an operand is wanted; tell whether one still is."""
        token, group = self.tokens[place], self.groups[-1]
        following = self.tokens[place + 1]
        if token.kind == "operator":
            if token.text in _CLOSING:
                self.groups.append(Group(token))
            elif token.text in ("-", "+", "~"):
                group.put(token.text, token.start, touching=token.touching)
                self.count_tower(place)
            elif token.text == ":" and group.subject is not None:
                group.put(":", token.start, touching=True)
            elif token.text == "...":
                if group.opening is None:
                    self.refuse(token.start, LEFT_OUT)
                group.put("...", token.start, touching=token.touching)
                return False
            else:
                self.missing(place)
            return True
        if following.kind == "operator" and following.text == "(":
            if token.kind == "name" and token.text not in (*_WORDS, *NUMBERS):
                self.groups.append(Group(following, token))
                return True
            self.refuse(
                following.start,
                f"{token} is not a function: a product is written {token.text}*(...)",
            )
        if token.kind == "part":
            self.refuse(token.start, FOREIGN["."])
        if token.kind == "string" and group.callee is None:
            self.refuse(
                token.start,
                f"text in quotes is not allowed: the variable is {token.text[1:-1]}, without",
            )
        if token.kind in ("number", "string") or (token.kind == "name" and token.text in _WORDS):
            group.put(token.text, token.start, touching=token.touching)
        else:
            self.stand_for(group, token, token)
        return False

    def operator(self, place: int) -> bool:
        """Take a token where an operator is wanted; an operand is wanted after it."""
        token, group = self.tokens[place], self.groups[-1]
        symbol = token.text
        if token.kind == "part":
            self.stand_for(group, self.part_of(self.taken(group), token), token)
            return False
        if symbol == "[" and token.kind == "operator":
            self.groups.append(Group(token, subject=self.taken(group)))
            return True
        if token.kind != "operator" or symbol in ("~", "(", "..."):
            self.misplaced(place)
        if symbol in (":=", "=", ",", ":"):
            self.divide(token, group)
        elif symbol == "**":
            pass
        elif symbol in _COMPARISONS:
            if group.compared:
                self.refuse(
                    token.start,
                    "comparisons do not chain here: write (a < b) & (b < c), with brackets",
                )
            group.compared = True
        else:
            level = _LEVEL[symbol]
            group.counts[level] += 1
            if group.counts[level] > ROW:
                self.collapse(group, level)
        group.put(symbol, token.start, touching=token.touching or symbol == ":")
        if symbol == "**":
            self.count_tower(place)
        else:
            group.begin(_LEVEL.get(symbol, -1))
        return True

    def divide(self, token: Token, group: Group) -> None:
        """Check what divides the parts of a bracket: a comma, a keyword's = or a step's := ."""
        alone = len(group.source) - group.begins[0] == 1
        item = self.items[-1] if self.items and alone else None
        is_name = isinstance(item, Token) and item.start == group.starts[-1]
        group.compared = False
        if token.text == ",":
            if group.opening is None:
                self.refuse(token.start, "',' is not allowed here: one formula at a time")
        elif token.text == ":":
            if group.subject is None:
                self.refuse(token.start, "':' is allowed only between square brackets, x[1:3]")
        elif token.text == "=":
            if group.callee is None or not is_name:
                self.refuse(
                    token.start,
                    "'=' is not allowed here: give only the right-hand side of an equation; "
                    "a step is named (d := 2*b), and equal(a, b) asks for equality",
                )
        elif (
            group.opening is None
            or group.callee
            or group.opening.text == "["
            or (not is_name or len(group.source) != 1)
        ):
            self.refuse(
                token.start,
                "':=' is not allowed here: a step is a name in brackets of its own, (d := 2*b)",
            )

    def count_tower(self, place: int) -> None:
        """Set what follows many signs and powers in brackets of our own."""
        group, token, following = self.groups[-1], self.tokens[place], self.tokens[place + 1]
        group.tower += 1
        # A sign stays with its number: -2 is one, and -(2) is not.
        is_number = following.kind == "number" or following.text in NUMBERS
        if group.tower > TOWER and (token.text == "**" or not is_number):
            self.groups.append(Group(token, ours=True))

    def close_ours(self) -> None:
        """Close the brackets of our own."""
        while self.groups[-1].ours:
            group = self.groups.pop()
            item = self.meaning(self.piece(group, 0, "(", ")"), None)
            self.stand_for(self.groups[-1], item, self.tokens[-1])

    def close(self, place: int, *, wanted: bool) -> None:
        """Take a closing bracket: what stands in it becomes one operand of what is around it."""
        token, group = self.tokens[place], self.groups[-1]
        if group.ours:
            self.missing(place)
        if group.opening is None:
            self.refuse(token.start, f"{token.text!r} closes nothing")
        if _CLOSING[group.opening.text] != token.text:
            self.refuse(
                token.start,
                f"{token.text!r} closes {group.opening.text!r} of column {group.opening.start + 1}",
            )
        if wanted and group.source and not (group.source[-1].strip() == "," or group.slicing()):
            self.missing(place)
        if (
            wanted
            and not group.source
            and group.callee is None
            and (group.opening.text == "(" or group.subject is not None)
            and not (group.opening.text == "(" and self.begins_argument(self.groups[-2]))
        ):
            self.missing(place)
        self.groups.pop()
        before = "v" if group.callee is not None or group.subject is not None else ""
        piece = self.piece(group, 0, before + group.opening.text, token.text)
        if group.subject is not None:
            item = self.selection(group.subject, piece)
        else:
            item = self.meaning(piece, group.callee)
        self.stand_for(self.groups[-1], item, group.callee or group.opening)

    def begins_argument(self, group: Group) -> bool:
        """Tell whether an argument of a call begins here: () is then a tuple without numbers."""
        before = group.source[-1].strip() if group.source else ","
        return group.callee is not None and before in ("=", ",")

    def missing(self, place: int) -> NoReturn:
        """Refuse a place where an operand is missing."""
        token = self.tokens[place]
        if place == 0:
            if token.kind == "end":
                raise ParseError("there is no formula: the text is empty. For instance 2*x.", 1)
            bars = ": |x| is written abs(x)" if token.text == "|" else ""
            self.refuse(token.start, f"an operand is missing before {token}{bars}")
        before = self.tokens[place - 1]
        where = "at the end" if token.kind == "end" else f"before {token}"
        self.refuse(token.start, f"an operand is missing {where}, after {before}")

    def misplaced(self, place: int) -> NoReturn:
        """Refuse an operand where an operator is wanted."""
        token, before = self.tokens[place], self.tokens[place - 1]
        if token.text == "[" and token.kind == "operator":
            self.refuse(
                token.start,
                "subscripts are not allowed: give each part a name of its own",
            )
        if token.kind == "string":
            self.refuse(token.start, "text in quotes is not allowed")
        self.refuse(
            token.start,
            f"an operator is missing between {before} and {token}: a product is written with *",
        )

    # --- from source to Python's tree

    def stand_for(self, group: Group, item: Any, token: Token) -> None:
        """Put a placeholder for an item into the source."""
        self.items.append(item)
        group.put(f"v{len(self.items) - 1}", token.start, touching=token.touching)

    def taken(self, group: Group) -> Piece:
        """Take back the operand that was read last."""
        subject = self.piece(group, len(group.source) - 1, "(", ")")
        group.source.pop()
        group.starts.pop()
        return subject

    def collapse(self, group: Group, level: int) -> None:
        """Read a long row so far, and let a placeholder stand for it."""
        begin = group.begins[level]
        item = self.meaning(self.piece(group, begin, "(", ")"), None)
        start = group.starts[begin]
        del group.source[begin:], group.starts[begin:]
        self.items.append(item)
        group.put(f"v{len(self.items) - 1}", start, touching=False)
        group.counts[level] = 1
        for number in range(level + 1, 4):
            group.begins[number], group.counts[number] = begin, 0

    def piece(self, group: Group, begin: int, before: str, after: str) -> Piece:
        """Give source to Python's parser."""
        source = group.source[begin:]
        lengths = [len(before), *map(len, source)]
        offsets = list(accumulate(lengths))[:-1]
        # A piece's own place is behind the space that is written before it.
        offsets = [at + text.startswith(" ") for at, text in zip(offsets, source, strict=True)]
        starts = group.starts[begin:]
        try:
            tree = ast.parse(f"{before}{''.join(source)}{after}", mode="eval").body
        except SyntaxError as error:
            place = bisect_right(offsets, (error.offset or 1) - 1) - 1
            start = starts[max(place, 0)] if starts else len(self.text)
            self.refuse(start, "this is not how Python writes an expression")
        except (RecursionError, MemoryError):
            start = starts[0] if starts else 0
            self.refuse(start, "too many operations in a row from here: use brackets")
        first = group.opening.start if group.opening else 0
        return Piece(tree, [0, *offsets], [first, *starts])
