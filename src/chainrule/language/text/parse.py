"""`parse`: an expression from text, in Python's own syntax, by a whitelist; nothing is evaluated.

`quoting` cuts the text into tokens, `syntax` into flat pieces for `ast.parse`, innermost brackets
first. Of what `ast` makes of them, only the few classes named here become nodes of a graph.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import EllipsisType
from typing import Any

import numpy as np

from chainrule.errors import (
    ChainRuleError,
    OperationError,
    ParseError,
    UnknownVariable,
    ValueTypeError,
    closest,
)
from chainrule.language.calling import bind
from chainrule.language.constants import constant
from chainrule.language.expression import expression, operators
from chainrule.language.kinds import named
from chainrule.language.literals import NUMBERS, READERS
from chainrule.language.parts import names_of, parts_of
from chainrule.language.registry import called
from chainrule.language.text.quoting import FOREIGN, Token
from chainrule.language.text.syntax import LEFT_OUT, Cutter, Piece
from chainrule.language.text.vocabulary import functions

__all__ = ["LIMIT", "parse"]

LIMIT = 100_000  # characters
_BINARY = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//",
    ast.Mod: "%", ast.Pow: "**", ast.MatMult: "@",
    ast.BitAnd: "&", ast.BitOr: "|", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
KEYS = (slice, EllipsisType, np.ndarray, list)  # what only a selection takes
_UNARY = {ast.USub: "negate", ast.Invert: "~"}

# Names from elsewhere, and what they are called here.
ELSEWHERE = {
    "ln": "log", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "pow": "a**b", "power": "a**b",
    "max": "maximum", "min": "minimum", "fabs": "abs", "average": "mean", "square": "x**2",
    "named": "(name := step)", "constant": "the number alone", "expression": "the name alone",
}  # fmt: skip


def parse(text: str, *, shapes: Mapping[str, Any] | None = None, limit: int = LIMIT) -> expression:
    """Return the expression that a text in Python's syntax writes; nothing in it is evaluated.

    Names are variables, or functions before a bracket; `pi`, `inf` and `nan` are numbers; other
    names stand in backticks; (d := 2*b) names a step, which `d` means from there on.
    shapes: by name, the shapes that variables declare, as in `expression(name, shape=...)`.
    limit: most characters. Raises: ParseError, with the `column`, counted from 1; UnknownVariable
    for a shape of what is no variable of the text.

    >>> parse("sin((x + y)*z)").diff({"x": 1, "y": 2, "z": 0}, "z")
    3.0
    >>> print(parse("9**9**9"), "|", parse("`petal length (cm)` / 2").variables)
    9**9**9 | ('petal length (cm)',)
    >>> parse("X @ w", shapes={"X": ("n", 3), "w": 3}).shape
    (n,)
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
    reader = Reader(text, shapes or {})
    found = reader.read()
    for name in shapes or {}:
        if name not in reader.variables:
            raise UnknownVariable(
                f"there is a shape for {name!r}, which is no variable of {text[:200]}."
                + closest(name, reader.variables)
            )
    return found


class Several(list[Any]):
    """Formulas in a list, such as those that stack([a, b]) takes.

    error: what is wrong with them where only numbers may stand.
    """

    __slots__ = ("error",)

    def __init__(self, nodes: list[Any], error: ParseError) -> None:
        super().__init__(nodes)
        self.error = error


class Reader(Cutter):
    """Reads one text: builds the graph of each piece, remembering the steps that it names."""

    __slots__ = ("shapes", "steps", "variables")

    def __init__(self, text: str, shapes: Mapping[str, Any]) -> None:
        super().__init__(text)
        self.shapes = shapes
        self.steps: dict[str, tuple[int, expression]] = {}
        self.variables: dict[str, int] = {}

    def read(self) -> expression:
        """Return the expression of the whole text."""
        found: expression = self.cut()
        for name in self.steps.keys() & self.variables.keys():
            self.refuse(
                self.variables[name],
                f"{name!r} stands here before or inside the step that it names below: "
                "give the step another name",
            )
        return found

    def meaning(self, piece: Piece, callee: Token | None) -> Any:
        """Return the graph of a piece, or the numbers that it lists."""
        if callee is not None:
            return self.call(callee, piece)
        if isinstance(piece.tree, ast.List | ast.Tuple):
            try:
                values = [self.literal(element, piece) for element in piece.tree.elts]
            except ParseError as error:
                return self.several(piece, piece.tree.elts, error)
            return values if isinstance(piece.tree, ast.List) else tuple(values)
        return self.node_of(piece)

    def several(self, piece: Piece, elements: list[ast.expr], error: ParseError) -> Several:
        """Return formulas in a list, for a call that takes such; elsewhere they are an error."""
        try:
            return Several([self.node_of(piece, element) for element in elements], error)
        except ParseError:
            raise error from None

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
                self.refuse(piece.at(top), f"{type(top).__name__} is not allowed here")
        return made[0]

    def leaf(self, tree: ast.Constant | ast.Name, piece: Piece) -> expression:
        """Return the constant, variable, step or part that stands at a leaf."""
        start = piece.at(tree)
        if isinstance(tree, ast.Constant):
            if tree.value is ...:
                self.refuse(start, LEFT_OUT)
            if not isinstance(tree.value, int | float | complex):
                self.refuse(start, f"{tree.value!r} is not a number")
            return constant(tree.value)
        item = self.items[int(tree.id[1:])]
        if isinstance(item, expression):
            return item
        if not isinstance(item, Token):
            self.refuse(start, "several numbers in brackets are written array([1.0, 2.0])")
        number = self.number(tree)
        if number is not None:
            return constant(number)
        defined = self.steps.get(item.text)
        if defined is not None and defined[0] < item.start:
            return defined[1]
        self.variables.setdefault(item.text, item.start)
        return expression(item.text, shape=self.shapes.get(item.text))

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
            self.refuse(
                name.start,
                f"{name.text!r} names another step in column {defined[0] + 1} already",
            )
        return made

    def build(
        self, operation: Any, called: str, start: int, operands: list[Any], **attributes: Any
    ) -> expression:
        """Build a node, or say why the operation refuses."""
        if operation is None:
            self.refuse(start, f"there is no operation {called!r} here")
        try:
            made: expression = operation(*operands, **attributes)
        except ChainRuleError as error:
            self.refuse(start, str(error).rstrip("."))
        return made

    # --- functions

    def part_of(self, subject: Piece, token: Token) -> expression:
        """Return the graph of one of several values, svd(A).U, or of an array turned over, A.T."""
        whole = self.node_of(subject)
        names = names_of(whole)
        name = token.text[1:]
        if name not in names and token.text in operators:
            return self.build(operators[token.text], token.text, token.start, [whole])
        if not names:
            self.refuse(token.start, FOREIGN["."])
        if name not in names:
            self.refuse(token.start, f"{name!r} is none of its values: {', '.join(names)}")
        return parts_of(whole, names)[names.index(name)]  # type: ignore[no-any-return]  # a part

    def selection(self, subject: Piece, piece: Piece) -> expression:
        """Return the graph of what square brackets select."""
        if not isinstance(piece.tree, ast.Subscript):
            self.refuse(piece.starts[0], "this is not how Python selects elements")
        keys = piece.tree.slice
        if isinstance(keys, ast.Tuple):
            key: Any = tuple([self.literal(element, piece) for element in keys.elts])
        else:
            key = self.literal(keys, piece)
        return self.build(operators.get("[]"), "[]", piece.starts[0], [self.node_of(subject), key])

    def call(self, callee: Token, piece: Piece) -> Any:
        """Return the graph of a call: an operation's, or a number of a type of its own."""
        tree = piece.tree
        name, start = callee.text, callee.start
        if not isinstance(tree, ast.Call):
            self.refuse(start, "this is not how Python writes a call")
        given: dict[str, ast.expr] = {}
        for keyword in tree.keywords:
            item = self.items[int((keyword.arg or "v0")[1:])]
            if not isinstance(item, Token) or item.text in given:
                self.refuse(piece.at(keyword), "a keyword stands here twice")
            given[item.text] = keyword.value
        if name == "slice":
            return slice(*[self.literal(argument, piece) for argument in tree.args[:3]])
        if name in READERS:
            values = [self.literal(argument, piece) for argument in tree.args]
            options = {word: self.literal(value, piece) for word, value in given.items()}
            try:
                return constant(READERS[name](values, options))
            except (ValueError, TypeError, ArithmeticError) as error:
                self.refuse(start, f"{name}(...) is not a number: {error}")
        operation = self.function(name, start)
        first = self.listed(tree.args[0]) if operation.listed and tree.args else None
        arguments = tree.args if first is None else [first, *tree.args[1:]]
        try:
            trees, settings = bind(operation, tuple(arguments), given)
        except OperationError as error:
            self.refuse(start, str(error).rstrip("."))
        options = {word: self.setting(name, value, piece) for word, value in settings.items()}
        for word, value in options.items():
            default = operation.keywords.get(word)
            wordless = not isinstance(default, str) and word not in operation.worded
            strange = isinstance(value, str) and wordless
            if strange or (isinstance(value, KEYS) and default is not ...):
                self.refuse(start, f"{name} takes a number as {word}, not {value!r}")
        operands = [self.node_of(piece, t) if isinstance(t, ast.expr) else t for t in trees]
        return self.build(operation, name, start, operands, **options)

    def listed(self, tree: ast.expr) -> Any:
        """Return the operands in a list; None for what is no list."""
        item = self.items[int(tree.id[1:])] if isinstance(tree, ast.Name) else None
        return item if isinstance(item, list) else None

    def function(self, name: str, start: int) -> Any:
        """Return the operation of a function's name, or of its class's."""
        found = called(name)
        if found is None:
            elsewhere = ELSEWHERE.get(name)
            hint = f" Write {elsewhere}." if elsewhere else closest(name, functions())
            product = f" A product is written {name}*(...)." if not hint else ""
            self.refuse(start, f"there is no function {name!r}.{hint or product}".rstrip("."))
        return found

    def setting(self, name: str, tree: ast.expr, piece: Piece) -> Any:
        """Return the value of a setting; a formula there is taken for a second operand."""
        try:
            return self.literal(tree, piece)
        except ParseError:
            if name not in ELSEWHERE:
                raise
            self.refuse(
                piece.at(tree),
                f"{name} takes one operand, along an axis: of two, write {ELSEWHERE[name]}",
            )

    def literal(self, tree: ast.expr, piece: Piece) -> Any:
        """Return a plain value: a number, a truth value, None, text, or several of them."""
        if isinstance(tree, ast.Constant):
            return tree.value
        if isinstance(tree, ast.Slice):
            ends = (tree.lower, tree.upper, tree.step)
            return slice(*[None if end is None else self.literal(end, piece) for end in ends])
        number = signed(tree, self.number) if isinstance(tree, ast.UnaryOp) else self.number(tree)
        if number is not None:
            return number
        item = self.items[int(tree.id[1:])] if isinstance(tree, ast.Name) else None
        if isinstance(item, constant):
            return item.value
        if isinstance(item, Several):
            raise item.error
        if isinstance(item, list | tuple | slice) and not isinstance(item, Token):
            return item
        return self.refuse(piece.at(tree), "only numbers may stand here, not a formula")


def signed(tree: ast.UnaryOp, number_of: Any) -> Any:
    """Return the number that a sign and a literal that touches it make; else None."""
    if tree.operand.col_offset != tree.col_offset + 1:
        return None
    number = number_of(tree.operand)
    if number is None or isinstance(tree.op, ast.Invert):
        return None
    return -number if isinstance(tree.op, ast.USub) else number
