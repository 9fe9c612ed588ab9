"""`parse`: an expression from text, in Python's own syntax, by a whitelist; nothing is evaluated.

The text is cut into tokens, and at its brackets into flat pieces, innermost first. Each piece goes
through `ast.parse` with its names and inner brackets replaced by placeholders, so no nesting is too
deep for Python's parser, and no name means anything to it. Of what comes back, only the few classes
of `ast` nodes named here become nodes of a graph.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NoReturn

from chainrule import language
from chainrule.errors import ChainRuleError, ParseError, ValueTypeError, closest
from chainrule.language.constants import constant
from chainrule.language.expression import expression, operators
from chainrule.language.kinds import named, operations
from chainrule.language.literals import NUMBERS, READERS
from chainrule.language.quoting import Token, refuse, tokens_of

__all__ = ["LIMIT", "parse"]

LIMIT = 100_000  # characters
# Python's parser recurses over operations in a row: longer rows are handed to it in parts, which
# is the same, since they group to the left. Signs and powers group to the right and are limited.
ROW = 300
TOWER = 300

# What a row of each binary operator may be cut at: a lower level binds less tightly.
_LEVEL = {"|": 0, "&": 1, "+": 2, "-": 2, "*": 3, "/": 3, "@": 3}
_COMPARISONS = ("<", "<=", ">", ">=")
_BINARY = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@",
    ast.BitAnd: "&", ast.BitOr: "|", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_UNARY = {ast.USub: "negate", ast.Invert: "~"}
_CLOSING = {"(": ")", "[": "]"}
_WORDS = ("True", "False", "None")

# Names from elsewhere, and what they are called here.
_ELSEWHERE = {
    "ln": "log", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "pow": "a**b", "power": "a**b",
    "fabs": "abs", "average": "mean", "max": "maximum", "min": "minimum", "square": "x**2",
    "named": "(name := step)", "constant": "the number alone", "expression": "the name alone",
}  # fmt: skip


def parse(text: str, *, limit: int = LIMIT) -> expression:
    """Return the expression that a text in Python's syntax writes; nothing in it is evaluated.

    Names are variables, or functions before a bracket; `pi`, `inf` and `nan` are numbers; other
    names stand in backticks; (d := 2*b) names a step, which `d` means from there on.
    limit: most characters. Raises: ParseError, with the `column`, counted from 1.

    >>> parse("sin((x + y)*z)").diff({"x": 1, "y": 2, "z": 0}, "z")
    3.0
    >>> print(parse("9**9**9"), "|", parse("`petal length (cm)` / 2").variables)
    9**9**9 | ('petal length (cm)',)
    >>> parse("1 + 2x")
    Traceback (most recent call last):
    chainrule.errors.ParseError: an operator is missing after 2: a product is 2*... (column 6).
      1 + 2x
           ^
    """
    if not isinstance(text, str):
        raise ValueTypeError(f"parse reads text, not {type(text).__name__}: parse('2*x').")
    if len(text) > limit:
        raise ParseError(
            f"the text has {len(text)} characters, and at most {limit} are read. "
            "Give a larger limit=, or build the expression with operators."
        )
    return Reader(text).read()


@dataclass(slots=True)
class Group:
    """What has been read between two brackets so far, as source for Python's parser."""

    opening: Token | None = None
    callee: Token | None = None
    source: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)  # where each piece of source stands in the text
    begins: list[int] = field(default_factory=lambda: [0] * 4)  # of the rows now read, by level
    counts: list[int] = field(default_factory=lambda: [0] * 4)
    tower: int = 0
    compared: bool = False

    def put(self, source: str, start: int, *, touching: bool) -> None:
        """Add a piece of source."""
        self.source.append(source if touching else " " + source)
        self.starts.append(start)

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


class Reader:
    """Reads one text, keeping stacks of its own."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.groups = [Group()]
        # What the placeholders stand for: a name, a part of the graph, or a list of numbers.
        self.items: list[Token | expression | list[Any] | tuple[Any, ...]] = []
        self.steps: dict[str, tuple[int, expression]] = {}
        self.variables: dict[str, int] = {}
        self.functions: dict[str, Any] = {}

    def read(self) -> expression:
        """Return the expression of the whole text."""
        wanted = True  # an operand, not an operator
        place = 0
        while self.tokens[place].kind != "end":
            token = self.tokens[place]
            if token.kind == "operator" and token.text in (")", "]"):
                self.close(place, wanted=wanted)
                wanted = False
            elif wanted:
                wanted = self.operand(place)
                place += token.kind == "name" and wanted  # a call: its bracket has been taken
            else:
                wanted = self.operator(place)
            place += 1
        opening = self.groups[-1].opening
        if opening is not None:
            refuse(self.text, opening.start, f"{opening.text!r} is never closed")
        if wanted:
            self.missing(place)
        found = self.node_of(self.piece(self.groups[0], 0, "(", ")"))
        for name in self.steps.keys() & self.variables.keys():
            refuse(
                self.text,
                self.variables[name],
                f"{name!r} stands here before or inside the step that it names below: "
                "give the step another name",
            )
        return found

    # --- what may follow what

    def operand(self, place: int) -> bool:
        """Take a token where an operand is wanted; tell whether one still is."""
        token, group = self.tokens[place], self.groups[-1]
        following = self.tokens[place + 1]
        if token.kind == "operator":
            if token.text in _CLOSING:
                self.groups.append(Group(token))
            elif token.text in ("-", "+", "~"):
                self.count_tower(group, token)
                group.put(token.text, token.start, touching=token.touching)
            else:
                self.missing(place)
            return True
        if following.kind == "operator" and following.text == "(":
            if token.kind == "name" and token.text not in (*_WORDS, *NUMBERS):
                self.groups.append(Group(following, token))
                return True
            refuse(
                self.text,
                following.start,
                f"{token} is not a function: a product is written {token.text}*(...)",
            )
        if token.kind == "string" and group.callee is None:
            refuse(
                self.text,
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
        if token.kind != "operator" or symbol in ("~", "(", "["):
            self.misplaced(place)
        if symbol in (":=", "=", ","):
            self.divide(token, group)
        elif symbol == "**":
            self.count_tower(group, token)
        elif symbol in _COMPARISONS:
            if group.compared:
                refuse(
                    self.text,
                    token.start,
                    "comparisons do not chain here: write (a < b) & (b < c), with brackets",
                )
            group.compared = True
        else:
            level = _LEVEL[symbol]
            group.counts[level] += 1
            if group.counts[level] > ROW:
                self.collapse(group, level)
        group.put(symbol, token.start, touching=token.touching)
        if symbol != "**":
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
                refuse(self.text, token.start, "',' is not allowed here: one formula at a time")
        elif token.text == "=":
            if group.callee is None or not is_name:
                refuse(
                    self.text,
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
            refuse(
                self.text,
                token.start,
                "':=' is not allowed here: a step is a name in brackets of its own, (d := 2*b)",
            )

    def count_tower(self, group: Group, token: Token) -> None:
        """Refuse more signs and powers in a row than Python's parser can be trusted with."""
        group.tower += 1
        if group.tower > TOWER:
            refuse(
                self.text,
                token.start,
                f"more than {TOWER} signs or powers in a row: set some of them in brackets",
            )

    def close(self, place: int, *, wanted: bool) -> None:
        """Take a closing bracket: what stands in it becomes one operand of what is around it."""
        token, group = self.tokens[place], self.groups[-1]
        if group.opening is None:
            refuse(self.text, token.start, f"{token.text!r} closes nothing")
        if _CLOSING[group.opening.text] != token.text:
            refuse(
                self.text,
                token.start,
                f"{token.text!r} closes {group.opening.text!r} of column {group.opening.start + 1}",
            )
        if wanted and group.source and not group.source[-1].endswith(","):
            self.missing(place)
        if wanted and not group.source and not group.callee and group.opening.text == "(":
            self.missing(place)
        self.groups.pop()
        piece = self.piece(group, 0, "v" * bool(group.callee) + group.opening.text, token.text)
        item: Any
        if group.callee is not None:
            item = self.call(group.callee, piece)
        elif isinstance(piece.tree, ast.List | ast.Tuple):
            values = [self.literal(element, piece) for element in piece.tree.elts]
            item = values if token.text == "]" else tuple(values)
        else:
            item = self.node_of(piece)
        self.stand_for(self.groups[-1], item, group.callee or group.opening)

    def missing(self, place: int) -> NoReturn:
        """Refuse a place where an operand is missing."""
        token = self.tokens[place]
        if place == 0:
            if token.kind == "end":
                raise ParseError("there is no formula: the text is empty. For instance 2*x.", 1)
            refuse(self.text, token.start, f"an operand is missing before {token}")
        before = self.tokens[place - 1]
        where = "at the end" if token.kind == "end" else f"before {token}"
        refuse(self.text, token.start, f"an operand is missing {where}, after {before}")

    def misplaced(self, place: int) -> NoReturn:
        """Refuse an operand where an operator is wanted."""
        token, before = self.tokens[place], self.tokens[place - 1]
        if token.text == "[" and token.kind == "operator":
            refuse(
                self.text,
                token.start,
                "subscripts are not allowed: give each part a name of its own",
            )
        if token.kind == "string":
            refuse(self.text, token.start, "text in quotes is not allowed")
        refuse(
            self.text,
            token.start,
            f"an operator is missing between {before} and {token}: a product is written with *",
        )

    # --- from source to Python's tree

    def stand_for(self, group: Group, item: Any, token: Token) -> None:
        """Put a placeholder for an item into the source."""
        self.items.append(item)
        group.put(f"v{len(self.items) - 1}", token.start, touching=token.touching)

    def collapse(self, group: Group, level: int) -> None:
        """Read a long row so far, and let a placeholder stand for it."""
        begin = group.begins[level]
        item = self.node_of(self.piece(group, begin, "(", ")"))
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
            refuse(self.text, start, "this is not how Python writes an expression")
        except (RecursionError, MemoryError):
            start = starts[0] if starts else 0
            refuse(self.text, start, "too many operations in a row from here: use brackets")
        first = group.opening.start if group.opening else 0
        return Piece(tree, [0, *offsets], [first, *starts])

    # --- from Python's tree to the graph

    def node_of(self, piece: Piece, tree: ast.expr | None = None) -> expression:
        """Return the graph of a tree, or of a part of it."""
        work: list[Any] = [tree or piece.tree]
        made: list[expression] = []
        while work:
            top = work.pop()
            if isinstance(top, Token):  # the name of the step just made
                made.append(self.step(top, made.pop()))
            elif isinstance(top, tuple):
                symbol, count, start = top
                operands = made[-count:]
                del made[-count:]
                made.append(self.build(operators.get(symbol), symbol, start, operands))
            elif isinstance(top, ast.Constant | ast.Name):
                made.append(self.leaf(top, piece))
            elif isinstance(top, ast.UnaryOp):
                number = signed(top, self.number)
                if number is not None:
                    made.append(constant(number))
                    continue
                if not isinstance(top.op, ast.UAdd):
                    work.append((_UNARY[type(top.op)], 1, piece.at(top)))
                work.append(top.operand)
            elif isinstance(top, ast.BinOp) and type(top.op) in _BINARY:
                work += [(_BINARY[type(top.op)], 2, piece.at(top)), top.right, top.left]
            elif isinstance(top, ast.Compare) and len(top.ops) == 1:
                symbol = _BINARY[type(top.ops[0])]
                work += [(symbol, 2, piece.at(top)), top.comparators[0], top.left]
            elif isinstance(top, ast.NamedExpr):
                work += [self.items[int(top.target.id[1:])], top.value]
            else:
                refuse(self.text, piece.at(top), f"{type(top).__name__} is not allowed here")
        return made[0]

    def leaf(self, tree: ast.Constant | ast.Name, piece: Piece) -> expression:
        """Return the constant, variable, step or part that stands at a leaf."""
        start = piece.at(tree)
        if isinstance(tree, ast.Constant):
            if not isinstance(tree.value, int | float | complex):
                refuse(self.text, start, f"{tree.value!r} is not a number")
            return constant(tree.value)
        item = self.items[int(tree.id[1:])]
        if isinstance(item, expression):
            return item
        if not isinstance(item, Token):
            refuse(self.text, start, "several numbers in brackets are written array([1.0, 2.0])")
        number = self.number(tree)
        if number is not None:
            return constant(number)
        defined = self.steps.get(item.text)
        if defined is not None and defined[0] < item.start:
            return defined[1]
        self.variables.setdefault(item.text, item.start)
        return expression(item.text)

    def number(self, tree: ast.expr) -> Any:
        """Return the number that a literal, or a name such as pi, stands for; else None."""
        if isinstance(tree, ast.Constant) and type(tree.value) in (int, float, complex):
            return tree.value
        item = self.items[int(tree.id[1:])] if isinstance(tree, ast.Name) else None
        if isinstance(item, Token) and item.kind == "name":
            return NUMBERS.get(item.text)
        return None

    def step(self, name: Token, node: expression) -> expression:
        """Name a step, for the names that follow it."""
        made = named(name.text, node)
        defined = self.steps.setdefault(name.text, (name.start, made))
        if defined[1] is not made:
            refuse(
                self.text,
                name.start,
                f"{name.text!r} names another step in column {defined[0] + 1} already",
            )
        return made

    def build(
        self, operation: Any, called: str, start: int, operands: list[expression], **attributes: Any
    ) -> expression:
        """Build a node, or say why the operation refuses."""
        if operation is None:
            refuse(self.text, start, f"there is no operation {called!r} here")
        try:
            made: expression = operation(*operands, **attributes)
        except ChainRuleError as error:
            refuse(self.text, start, str(error).rstrip("."))
        return made

    # --- functions

    def call(self, callee: Token, piece: Piece) -> expression:
        """Return the graph of a call: an operation's, or a number of a type of its own."""
        tree = piece.tree
        name, start = callee.text, callee.start
        if not isinstance(tree, ast.Call):
            refuse(self.text, start, "this is not how Python writes a call")
        options: dict[str, Any] = {}
        for keyword in tree.keywords:
            item = self.items[int((keyword.arg or "v0")[1:])]
            if not isinstance(item, Token) or item.text in options:
                refuse(self.text, piece.at(keyword), "a keyword stands here twice")
            options[item.text] = self.literal(keyword.value, piece)
        if name in READERS:
            values = [self.literal(argument, piece) for argument in tree.args]
            try:
                return constant(READERS[name](values, options))
            except (ValueError, TypeError, ArithmeticError) as error:
                refuse(self.text, start, f"{name}(...) is not a number: {error}")
        operation = self.function(name, start)
        least, most = operation.arity
        count = len(tree.args)
        if count < least or (most is not None and count > most):
            refuse(self.text, start, f"{name} takes {in_words(least, most)}, not {count}")
        for word, value in options.items():
            default = operation.keywords.get(word)
            if isinstance(value, str) and not isinstance(default, str):
                refuse(self.text, start, f"{name} takes a number as {word}, not {value!r}")
        operands = [self.node_of(piece, argument) for argument in tree.args]
        return self.build(operation, name, start, operands, **options)

    def function(self, name: str, start: int) -> Any:
        """Return the operation of a function's name, or of its class's."""
        if not self.functions:
            self.functions = functions()
        found = self.functions.get(name)
        if found is None:
            elsewhere = _ELSEWHERE.get(name)
            hint = f" Write {elsewhere}." if elsewhere else closest(name, self.functions)
            product = f" A product is written {name}*(...)." if not hint else ""
            refuse(self.text, start, f"there is no function {name!r}.{hint or product}".rstrip("."))
        return found

    def literal(self, tree: ast.expr, piece: Piece) -> Any:
        """Return a plain value: a number, a truth value, None, text, or several of them."""
        if isinstance(tree, ast.Constant):
            return tree.value
        number = signed(tree, self.number) if isinstance(tree, ast.UnaryOp) else self.number(tree)
        if number is not None:
            return number
        item = self.items[int(tree.id[1:])] if isinstance(tree, ast.Name) else None
        if isinstance(item, constant):
            return item.value
        if isinstance(item, list | tuple):
            return item
        return refuse(self.text, piece.at(tree), "only numbers may stand here, not a formula")


def signed(tree: ast.UnaryOp, number_of: Any) -> Any:
    """Return the number that a sign and a literal that touches it make; else None."""
    if tree.operand.col_offset != tree.col_offset + 1:
        return None
    number = number_of(tree.operand)
    if number is None or isinstance(tree.op, ast.Invert):
        return None
    return -number if isinstance(tree.op, ast.USub) else number


def functions() -> dict[str, Any]:
    """Return every operation by the name it is written with, and by the name of its class."""
    for module in pkgutil.iter_modules(language.__path__, f"{language.__name__}."):
        importlib.import_module(module.name)  # an operation exists once its module is loaded
    known = operations()
    found: dict[str, Any] = {}
    for operation in known.values():
        found.setdefault(operation.notation.name, operation)
    found.pop("", None)
    return {**known, **found}


def in_words(least: int, most: int | None) -> str:
    """Say how many operands an operation takes."""
    if most is None:
        return f"{least} operand{'s' * (least != 1)} or more"
    if least != most:
        return f"{least} to {most} operands"
    return f"{least} operand{'s' * (least != 1)}"
