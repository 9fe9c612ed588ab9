"""The text of a formula cut into tokens, each known by its place; what is no token is refused.

Only names, numbers, operators, brackets and names in backticks pass: a whitelist of characters,
before anything is parsed. Errors name the character, its column, and what to write in its place.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import NamedTuple, NoReturn

from chainrule.engine.names import ESCAPES, RESERVED, is_plain, lookalike
from chainrule.errors import ParseError

__all__ = ["Token", "refuse", "tokens_of"]

SHOWN = 60  # characters of the text that an error shows

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n\f]+)
  | (?P<number>
        0[xXoObB][0-9a-zA-Z_]*
      | (?:[0-9][0-9_]*(?:\.(?!m?T\b)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?[jJ]?
    )
  | (?P<part>\.[^\W\d]\w*)
  | (?P<name>[^\W\d](?:\w|[^\x00-\x7f])*)
  | (?P<quoted>`(?:[^`\\]|\\.)*`)
  | (?P<string>'[A-Za-z0-9_.,>+\- ]*'|"[A-Za-z0-9_.,>+\- ]*")
  | (?P<operator>\*\*|//|:=|<=|>=|\.\.\.|[-+*/%@&|~<>=(),\[\]:])
    """,
    re.VERBOSE | re.DOTALL,
)
# Numbers as Python writes them: an underscore only between digits, no leading zero.
_DIGITS = r"[0-9](?:_?[0-9])*"
_NUMBER = re.compile(
    rf"""
    0[xX](?:_?[0-9a-fA-F])+ | 0[oO](?:_?[0-7])+ | 0[bB](?:_?[01])+
  | (?:{_DIGITS}\.(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?[jJ]?
  | {_DIGITS}[eE][+-]?{_DIGITS}[jJ]?
  | {_DIGITS}[jJ]
  | 0(?:_?0)* | [1-9](?:_?[0-9])*
    """,
    re.VERBOSE,
)
_SPACES = " \t\r\n\f"

# What else people write, longest first, and what to write here.
FOREIGN = {
    "**=": "an assignment is not a formula",
    "<<": "there is no '<<'",
    ">>": "there is no '>>'",
    "==": "there is no '==': write equal(a, b)",
    "!=": "there is no '!=': write not_equal(a, b)",
    "->": "there is no '->': a loop is built in Python, by scan, fori_loop or while_loop",
    "^": "there is no '^': a power is written **",
    "&&": "there is no '&&': write &",
    "||": "there is no '||': write |, and abs(x) for |x|",
    "!": "there is no '!': write ~(a > 0) for not, exp(loggamma(n + 1)) for a factorial",
    "?": "there is no '?': write where(condition, a, b)",
    ".": "attributes are not allowed: a formula is made of names, numbers and functions",
    ";": "';' is not allowed: one formula at a time",
    "{": "curly brackets are not allowed: group with ( and )",
    "}": "curly brackets are not allowed: group with ( and )",
    "#": "comments are not allowed",
    "\\": "a backslash is not allowed: lines need not be joined",
    "$": "'$' is not allowed: a name with other characters is written in backticks",
    "'": "text in quotes is not allowed: a name with spaces is written in `backticks`",
    '"': "text in quotes is not allowed: a name with spaces is written in `backticks`",
    "`": "a name in backticks is not closed",
}
INSTEAD = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": "*", "·": "*", "⋅": "*", "∙": "*",
    "∗": "*", "÷": "/", "∕": "/", "⁄": "/", "≤": "<=", "≥": ">=", "≠": "not_equal(a, b)",
    "√": "sqrt(x)", "∞": "inf", "²": "**2", "³": "**3", "∧": "&", "∨": "|", "¬": "~", "∑": "sum(x)",
    "‘": "`", "’": "`", "“": "`", "”": "`", "´": "`",
}  # fmt: skip
WORDS = {
    "and": "there is no 'and': write (a > 0) & (b > 0)",
    "or": "there is no 'or': write (a > 0) | (b > 0)",
    "not": "there is no 'not': write ~(a > 0)",
    "if": "there is no 'if': write where(condition, a, b)",
    "else": "there is no 'else': write where(condition, a, b)",
    "is": "there is no 'is': write equal(a, b)",
    "in": "there is no 'in': write (a <= x) & (x <= b), or equal(x, a) | equal(x, b)",
    "for": "comprehensions are not allowed: sum(x) adds over a whole column",
    "lambda": "lambdas are not allowed: a formula is itself a function of its variables",
}


class Token(NamedTuple):
    """A piece of the text: what it is, what it says, and where it starts, from 0.

    kind: "name", "quoted" (its text without backticks), "number", "string", "operator", "part" (one
    of several values, as in .Q) or "end".
    touching: no space stands before it.
    """

    kind: str
    text: str
    start: int
    touching: bool

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= SHOWN else self.text[:SHOWN] + "..."
        return "the end" if self.kind == "end" else repr(shown)


def refuse(text: str, start: int, words: str) -> NoReturn:
    """Raise the error for a place of the text (from 0), with the line and a caret under it.

    Raises: ParseError.
    """
    begin = text.rfind("\n", 0, start) + 1
    end = text.find("\n", start)
    line = text[begin : len(text) if end < 0 else end]
    place = start - begin
    cut = max(0, place - SHOWN // 2)
    shown = line[cut : cut + SHOWN]
    before, after = "..." * (cut > 0), "..." * (cut + SHOWN < len(line))
    printable = "".join(c if c.isprintable() else ("\ufffd", " ")[c in _SPACES] for c in shown)
    pad = " " * (len(before) + sum(width(c) for c in printable[: place - cut]))
    if len(words) > 6 * SHOWN:  # somebody's very long name is in it
        words = f"{words[: 3 * SHOWN]}...{words[-2 * SHOWN :]}"
    raise ParseError(
        f"{words} (column {start + 1}).\n  {before}{printable}{after}\n  {pad}^", start + 1
    )


def width(character: str) -> int:
    """Count the columns that a character takes in a terminal."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def tokens_of(text: str) -> list[Token]:
    """Cut the text into tokens; the last one is the end.

    Raises: ParseError for the first character that no formula holds.
    """
    found: list[Token] = []
    place, touching = 0, True
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or foreign_at(text, place):
            refuse(text, place, stranger(text, place))
        kind, piece = str(match.lastgroup), match.group()
        if kind == "space":
            touching = False
        else:
            if kind == "name":
                check_name(text, place, piece)
            elif kind == "number":
                check_number(text, place, piece)
            elif kind == "quoted":
                piece = unquoted(text, place, piece)
            found.append(Token(kind, piece, place, touching))
            touching = True
        place = match.end()
    found.append(Token("end", "", len(text.rstrip(_SPACES)), touching=False))
    return found


def foreign_at(text: str, place: int) -> bool:
    """Tell whether two characters, each of them allowed, make an operator that is not."""
    return text[place : place + 2] in ("&&", "||", "<<", ">>", "==", "->")


def stranger(text: str, place: int) -> str:
    """Say what to write in place of a character that no formula holds."""
    for written, words in FOREIGN.items():
        if text.startswith(written, place):
            return words
    character = text[place]
    called = unicodedata.name(character, f"character U+{ord(character):04X}")
    shown = f"{character!r} ({called})" if character.isprintable() else called
    instead = INSTEAD.get(character)
    if instead is None:
        normal = unicodedata.normalize("NFKC", character)
        instead = normal if normal != character and normal.isascii() else None
    if instead is not None:
        hint = f"write {instead!r}" if instead.strip() else "write a plain space"
        return f"{shown} is not allowed: {hint}"
    return f"{shown} is not allowed: a name with other characters is written in `backticks`"


def check_name(text: str, start: int, name: str) -> None:
    """Refuse a bare name that Python would not read, or would read as another.

    Raises: ParseError.
    """
    if not name.isidentifier():
        bad = next(n for n in range(len(name)) if not name[: n + 1].isidentifier())
        refuse(text, start + bad, stranger(text, start + bad))
    if "·" in name:
        dot = start + name.index("·")
        refuse(text, dot, stranger(text, dot))
    if name == "π":
        refuse(text, start, "'π' is not allowed bare: write pi for the number, `π` for a name")
    if name in ("True", "False", "None") or name in RESERVED:
        return
    if text[start + len(name) : start + len(name) + 1] in ("'", '"'):
        refuse(text, start, "text in quotes is not allowed, with or without a letter before it")
    if name in WORDS:
        refuse(text, start, WORDS[name])
    if is_plain(name):
        return
    quoted = f"`{name}`"
    alike = lookalike(name)
    if alike:
        refuse(
            text,
            start,
            f"{name!r} looks like {alike!r} and is another name: "
            f"write {alike}, or {quoted} if it is meant",
        )
    if name.startswith("__"):
        refuse(text, start, f"names such as {name!r} are Python's own: write {quoted} for a column")
    normal = unicodedata.normalize("NFKC", name)
    if normal != name:
        refuse(text, start, f"Python reads {name!r} as {normal!r}: write that, or {quoted}")
    refuse(text, start, f"{name!r} is a word of Python: write {quoted} for a variable of that name")


def check_number(text: str, start: int, number: str) -> None:
    """Refuse a number that Python would not read, and one that runs into a name.

    Raises: ParseError.
    """
    end = start + len(number)
    if _NUMBER.fullmatch(number) is None:
        refuse(
            text,
            start,
            f"{Token('number', number, 0, touching=True)} is not a number: "
            "digits may be grouped by single underscores, and whole numbers start with 1 to 9",
        )
    following = text[end : end + 1]
    if following.isalpha() or following in ("_", "`"):
        refuse(
            text,
            end,
            f"an operator is missing after {number[:SHOWN]}: a product is {number[:SHOWN]}*...",
        )
    digits = sys.get_int_max_str_digits()
    if digits and len(number) > digits and number.replace("_", "").isdigit():
        refuse(
            text,
            start,
            f"a whole number of {len(number)} digits is too long: "
            f"at most {digits}, or write it in hexadecimal",
        )


def unquoted(text: str, start: int, piece: str) -> str:
    """Return the name that stands in backticks.

    Raises: ParseError for no name at all, or an escape that is none.
    """

    def meant(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] in "xuU" and len(code) > 1:
            number = int(code[1:], 16)
            if number <= sys.maxunicode:
                return chr(number)
        elif code in ESCAPES:
            return ESCAPES[code]
        refuse(
            text,
            start + 1 + match.start(),
            f"\\{code} is no escape in a name: "
            r"write \\ for a backslash, \` for a backtick",
        )

    name = re.sub(
        r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)",
        meant,
        piece[1:-1],
        flags=re.DOTALL,
    )
    if not name:
        refuse(text, start, "there is no name between these backticks")
    return name
