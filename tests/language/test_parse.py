"""Text becomes a graph: Python's syntax, a column for every error, and nothing is evaluated."""

import ast
import math
import sys
import threading
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import constants, expressions, names
from tests.words import our_operations

from chainrule import constant, elementwise, expression, named, operations, parse, sin, where
from chainrule import sum as total
from chainrule.errors import ParseError, UnknownVariable, ValueTypeError
from chainrule.language.expression import operators
from chainrule.language.text import syntax

x, y, z = expression("x"), expression("y"), expression("z")
b = expression("b")

MEANT = {
    "x": x,
    "2*x": 2 * x,
    "x + y*z": x + y * z,
    "(x + y)*z": (x + y) * z,
    "x - y - z": (x - y) - z,
    "x/y*z": (x / y) * z,
    "x**y**z": x ** (y**z),
    "-x**2": -(x**2),
    "(-x)**2": (-x) ** 2,
    "2**-1": constant(2) ** -1,
    "2**-x": 2 ** (-x),
    "-x*y": (-x) * y,
    "+x": x,
    "-2": constant(-2),
    "-(2)": -constant(2),
    "- 2": -constant(2),
    "--2": -constant(-2),
    "-2**2": -(constant(2) ** 2),
    "(-2)**2": constant(-2) ** 2,
    "x - -2": x - -2,
    "1_000": constant(1000),
    "0x1F": constant(31),
    ".5e1": constant(5.0),
    "2j": constant(2j),
    "complex(1.0, -2.0)": constant(1 - 2j),
    "True": constant(True),
    "-inf": constant(-math.inf),
    "2*pi": constant(2) * math.pi,
    "Fraction(1, 3)": constant(Fraction(1, 3)),
    "Decimal('0.10')": constant(Decimal("0.10")),
    "float32(0.1)": constant(np.float32(0.1)),
    "array([1.0, -inf])": constant([1.0, -math.inf]),
    "array([[1, 2], [3, 4]])": constant([[1, 2], [3, 4]]),
    "array([1.0], dtype='float32')": constant(np.array([1.0], dtype=np.float32)),
    "array([], shape=(0, 3), dtype='float64')": constant(np.empty((0, 3))),
    "x < y": x < y,
    "(x < y) & (y >= z)": (x < y) & (y >= z),
    "~(x < y) | (x > z)": ~(x < y) | (x > z),
    "sin(x)": sin(x),
    "sine(x)": sin(x),
    "sin (\n  x\n)": sin(x),
    "multiplication(x, y)": x * y,
    "where(x < 0, -x, x)": where(x < 0, -x, x),
    "sum(x, axis=0, keepdims=True)": total(x, axis=0, keepdims=True),
    "sum(x, axis=(0, -1),)": total(x, axis=(0, -1)),
    "sin*sum": expression("sin") * expression("sum"),
    "x[0]": x[0],
    "x[1:, ..., None][array([0, 2])]": x[1:, ..., None][np.array([0, 2])],
    "-x[-1]**2": -(x[-1] ** 2),
    "`petal length (cm)` / 2": expression("petal length (cm)") / 2,
    r"`a \` b \\ c` + `lambda`": expression("a ` b \\ c") + expression("lambda"),
    "größe + Δx": expression("größe") + expression("Δx"),
    "`х`": expression("х"),
    "(d := 2*b)": named("d", 2 * b),
    "(d := 2*b) + d": named("d", 2 * b) + named("d", 2 * b),
    "x*((`my step` := sin(y)) - `my step`)": x
    * (named("my step", sin(y)) - named("my step", sin(y))),
    "9**9**9": constant(9) ** (constant(9) ** 9),
}


@pytest.mark.parametrize("text", MEANT)
def test_a_text_means_its_graph(text):
    assert MEANT[text] is parse(text)


# The text, the column of the mistake, and words that the message must have.
REFUSED = [
    ("", 1, "the text is empty"),
    ("  \n ", 1, "the text is empty"),
    ("x +", 4, "an operand is missing at the end, after '+'"),
    ("* x", 1, "an operand is missing before '*'"),
    ("x * / y", 5, "an operand is missing before '/', after '*'"),
    ("x y", 3, "an operator is missing between 'x' and 'y'"),
    ("2x", 2, "a product is 2*..."),
    ("2(x)", 2, "a product is written 2*(...)"),
    ("x(2)", 1, "there is no function 'x'. A product is written x*(...)"),
    ("(x)(y)", 4, "an operator is missing between ')' and '('"),
    ("(x", 1, "'(' is never closed"),
    ("sin(x", 4, "'(' is never closed"),
    ("x)", 2, "')' closes nothing"),
    ("sin(x]", 6, "']' closes '(' of column 4"),
    ("()", 2, "an operand is missing"),
    ("x, y", 2, "one formula at a time"),
    ("x^2", 2, "a power is written **"),
    ("50%", 4, "an operand is missing at the end, after '%'"),
    ("2 + x·y", 6, "write '*'"),
    ("2*π*r", 3, "write pi for the number, `π` for a name"),
    ("x√y", 2, "write 'sqrt(x)'"),
    ("2 + |x|", 5, "an operand is missing before '|'"),
    ("|x|", 1, "|x| is written abs(x)"),
    ("x || y", 3, "write |"),
    ("x && y", 3, "write &"),
    ("x in y", 3, "(a <= x) & (x <= b)"),
    ("n!", 2, "exp(loggamma(n + 1))"),
    ("x << 1", 3, "there is no '<<'"),
    ("x == y", 3, "equal(a, b)"),
    ("x != y", 3, "not_equal(a, b)"),
    ("y = 2*x", 3, "only the right-hand side"),
    ("x < y < z", 7, "(a < b) & (b < c)"),
    ("x < y & y < z", 11, "comparisons do not chain"),
    ("x and y", 3, "&"),
    ("x or y", 3, "|"),
    ("not x", 1, "~"),
    ("x if y else z", 3, "where(condition, a, b)"),
    ("x is y", 3, "equal"),
    ("lambda x: x", 1, "lambdas are not allowed"),
    ("sum(i for i in x)", 7, "comprehensions are not allowed"),
    ("x.real", 2, "attributes are not allowed"),
    ("x[y]", 3, "only numbers may stand here"),
    ("x[]", 3, "an operand is missing"),
    ("x[1:2:3:4]", 8, "not how Python writes"),
    ("x:1", 2, "only between square brackets"),
    ("[1, 2]", 1, "array([1.0, 2.0])"),
    ("(1, 2)", 1, "array([1.0, 2.0])"),
    ("array([x])", 8, "only numbers may stand here"),
    ("array([[1], [2, 3]])", 1, "array(...) is not a number"),
    ("array([1], dtype='object')", 1, "does not take the dtype 'object'"),
    ("int8(300)", 1, "int8(...) is not a number"),
    ("Fraction(1, 0)", 1, "Fraction(1, 0)"),
    ("{x}", 1, "curly brackets"),
    ("'x'", 1, "the variable is x"),
    ("f'{x}'", 1, "text in quotes is not allowed"),
    ("x; y", 2, "one formula at a time"),
    ("x # y", 3, "comments are not allowed"),
    ("x \\\n + y", 3, "a backslash is not allowed"),
    ("sni(x)", 1, "Did you mean 'sin'?"),
    ("ln(x)", 1, "Write log"),
    ("sin(x, y)", 1, "sin takes 1 operand, not 2"),
    ("sin()", 1, "sin takes 1 operand, not 0"),
    ("where(x)", 1, "where takes 3 operands, not 1"),
    ("logsumexp()", 1, "logsumexp takes 1 operand or more, not 0"),
    (
        "x + sum(y, axes=0)",
        5,
        "has no parameter 'axes': sum(x, *, axis=None, keepdims=False). Did you mean 'axis'",
    ),
    ("sum(x, axis='a')", 1, "a number as axis"),
    ("sum(x, axis=y)", 13, "only numbers may stand here"),
    ("sum(x, axis=0, axis=1)", 16, "twice"),
    ("sum(axis=0, x)", 13, "not how Python writes"),
    ("sin(*x)", 5, "an operand is missing before '*'"),
    ("sin(**x)", 5, "an operand is missing before '**'"),
    ("`sin`(x)", 6, "is not a function"),
    ("True(x)", 5, "is not a function"),
    ("None", 1, "None is not a number"),
    ("...", 1, "to_text(limit=...)"),
    ("sin(...)", 5, "to_text(limit=...)"),
    ("d := 2", 3, "brackets of its own"),
    ("sin(d := 2)", 7, "brackets of its own"),
    ("(2 := d)", 4, "brackets of its own"),
    ("(x + d := 2)", 8, "brackets of its own"),
    ("d + (d := 2*b)", 1, "give the step another name"),
    ("(d := d + 1)", 7, "give the step another name"),
    ("(d := x) + (d := y)", 13, "names another step"),
    ("1__0", 1, "is not a number"),
    ("007", 1, "is not a number"),
    ("0b12", 1, "is not a number"),
    ("1.5.2", 4, "an operator is missing"),
    ("9" * 5000, 1, "too long"),
    ("lambda", 1, "lambdas are not allowed"),
    ("class + 1", 1, "`class`"),
    ("1 + __class__", 5, "Python's own"),
    ("`x", 1, "not closed"),
    ("``", 1, "no name between"),
    (r"`\q`", 2, "no escape"),
    ("x − y", 3, "MINUS SIGN"),
    ("x×y", 2, "write '*'"),
    ("x²", 2, "write '**2'"),
    ("1 + х", 5, "looks like 'x'"),
    ("𝑥 + 1", 1, "looks like 'x'"),
    ("１ + x", 1, "FULLWIDTH DIGIT ONE"),
    ("x\u202ey", 2, "RIGHT-TO-LEFT OVERRIDE"),
    ("x\u200b", 2, "ZERO WIDTH SPACE"),
    ("\ufeffx", 1, "ZERO WIDTH NO-BREAK SPACE"),
    ("x\u00a0+ y", 2, "write a plain space"),
    ("x\0", 2, "U+0000"),
    ("x + \ud800", 5, "U+D800"),
]


@pytest.mark.parametrize(("text", "column", "words"), REFUSED)
def test_a_mistake_is_named_with_its_column(text, column, words):
    with pytest.raises(ParseError) as raised:
        parse(text)
    assert column == raised.value.column
    assert words in str(raised.value)


def test_the_line_is_shown_with_a_caret_under_the_mistake():
    with pytest.raises(ParseError) as raised:
        parse("x +\n  sin(y z) +\n1")
    assert ["    sin(y z) +", "          ^"] == str(raised.value).splitlines()[1:]


def test_a_wide_character_moves_the_caret_by_two():
    with pytest.raises(ParseError) as raised:
        parse("高さ + ?")
    assert ["  高さ + ?", "         ^"] == str(raised.value).splitlines()[1:]


def test_a_long_line_is_shown_around_the_mistake():
    with pytest.raises(ParseError) as raised:
        parse("x + " * 1000 + "?" + " + x" * 1000)
    message = str(raised.value)
    assert len(message) < 300
    line, caret = message.splitlines()[1:]
    assert "?" == line[len(caret) - 1]


@pytest.mark.parametrize("given", [None, 2, b"x", x, ["x"]])
def test_only_text_is_parsed(given):
    with pytest.raises(ValueTypeError, match="parse reads text"):
        parse(given)


HOSTILE = [
    "__import__('os').system('touch hacked')",
    "().__class__.__bases__[0].__subclasses__()",
    "eval('1')",
    "exec(x)",
    "open(`/etc/passwd`)",
    "breakpoint()",
    "print(x)",
    "(lambda: 0)()",
    "[a for a in x]",
    "{**x}",
    "f'{x!r}'",
    "x.__globals__",
    "getattr(x, `y`)",
    "(x := exec)(1)",
    "`__import__`(x)",
    "Decimal('x')",
    "array([1], dtype='U99')",
    "array([[[1]]], shape=(9, 9))",
    "array([], shape=(0, 9999999999999999999999))",
    "slice(1)",
    "sum(x, axis=slice(1))",
    "(" * 100_000,
    "[" * 100_000,
    ")" * 100_000,
    "-" * 100_000,
    "~-" * 40_000,
    "x**" * 30_000,
    "(" + "-" * 1000 + ")",
    "x" * 10**6,
    "1" * 99_999,
    "`" * 99_999,
    "\\" * 99_999,
    "x\0" * 1000,
    "\u202e" * 1000,
    "f(" * 1000,
    "a" * 99_999 + "(",
    "'" * 99_999,
    "." * 99_999,
    "1e" * 40_000,
    "_" * 99_999 + "!",
]


@pytest.fixture
def watched():
    """Events of Python's own audit that would mean that something was run."""
    seen = []
    armed = [True]

    def listen(event, arguments):
        if armed[0] and event in ("exec", "import", "open", "os.system", "subprocess.Popen"):
            seen.append((event, arguments))

    parse("sin(x) + array([1.0])")  # whatever Python loads for a first parse is loaded
    sys.addaudithook(listen)
    yield seen
    armed[0] = False


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_hostile_text_is_refused_and_runs_nothing(text, watched):
    with pytest.raises(ParseError) as raised:
        parse(text)
    assert len(str(raised.value)) < 1000
    assert [] == watched


LARGE = {
    "nested brackets": ("(" * 40_000 + "x" + ")" * 40_000, 1),
    "nested calls": ("sin(" * 10_000 + "x" + ")" * 10_000, 10_001),
    "a long sum": ("+".join(["x"] * 50_000), 50_000),
    "a long product": ("*".join(["x"] * 50_000), 50_000),
    "a long alternative": ("|".join(["x"] * 20_000), 20_000),
    "sums of products": ("+".join(["x*y*x"] * 10_000), 10_003),
    "Horner's scheme": ("(" * 9_000 + "x" + "*x + y)" * 9_000, 18_002),
    "a tower": ("x**" * 20_000 + "x", 20_001),
    "a tower of signs": ("2**-" * 3_000 + "(2)", 6_001),
    "a tower of numbers": ("9**-" * 20_000 + "9", 40_001),
    "signs": ("~-" * 30_000 + "x", 60_001),
    "a huge power": ("9**" * 50 + "9", 51),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_formula_is_an_ordinary_input(name):
    """Also where the stack is small: nothing recurses as deep as the formula."""
    text, size = LARGE[name]
    found = []
    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=lambda: found.append(parse(text)))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert size == len(expression.__reduce__(found[0])[1][0][1])


def test_the_length_is_limited_before_anything_is_read():
    with pytest.raises(ParseError, match="5 characters, and at most 4"):
        parse("x + 1", limit=4)
    assert x + 1 is parse("x + 1", limit=5)


@given(expressions())
def test_every_text_reads_back_to_the_same_graph(e):
    assert e is parse(e.to_text(limit=10_000), limit=10**6)


@given(constants())
def test_every_number_reads_back_to_the_same_bits(e):
    assert e is parse(str(e))


@given(names())
def test_every_name_reads_back(name):
    assert expression(name) is parse(str(expression(name)))
    assert named(name, sin(expression(name + "_"))) is parse(
        str(named(name, sin(expression(name + "_"))))
    )


@pytest.mark.parametrize("name", our_operations())
def test_every_operation_is_known_by_its_word_and_by_its_class(name):
    operation = operations()[name]
    if operation is named or getattr(operation, "unread", ""):
        return
    count = operation.arity[1] or 2
    settings = {}
    if operation.positional[:1] == ("subscripts",):  # without them it says nothing
        *sample, settings = operation.samples[0]
        count = len(sample)
    operands = [expression(f"x{number}") for number in range(count)]
    node = operation(*operands, **settings)
    words = [*map(repr, settings.values()), *map(str, operands)]
    assert node is parse(str(node))
    assert node is parse(f"{name}({', '.join(words)})")


def test_an_operation_of_the_user_is_known_too():
    class twice_as_much(elementwise):
        """Twice x."""

        samples = ((1.0,),)
        forward = staticmethod(lambda x: 2 * x)

        def partials(y, x):
            return (2,)

    assert twice_as_much(x) is parse("twice_as_much(x)")


def as_python_reads(text):
    """Build the graph of a text of names, numbers and operators straight from Python's tree."""
    symbols = {
        ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.BitAnd: "&",
        ast.BitOr: "|", ast.USub: "negate", ast.Invert: "~", ast.Lt: "<", ast.GtE: ">=",
    }  # fmt: skip

    def graph(tree):
        match tree:
            case ast.BinOp():
                return operators[symbols[type(tree.op)]](graph(tree.left), graph(tree.right))
            case ast.UnaryOp():
                return operators[symbols[type(tree.op)]](graph(tree.operand))
            case ast.Compare():
                (right,) = tree.comparators
                return operators[symbols[type(tree.ops[0])]](graph(tree.left), graph(right))
            case ast.Name():
                return expression(tree.id)
        raise AssertionError(ast.dump(tree))

    return graph(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize("row", [1, 2, 300])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["", "", "-", "~", "--", "-~-"]),
            st.sampled_from(["x", "y", "(x + y)", "(x*y | z)", "(-x)"]),
            st.sampled_from(["+", " - ", "*", "/", "**", "**", "**-", "&", "|", "< z -"]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_rows_group_as_python_groups_them(row, rows):
    """Long rows and towers reach Python's parser in parts; how long a part is must not show."""
    text = "".join(sign + operand + operator for sign, operand, operator in rows) + "x"
    if text.count("<") > 1:
        text = text.replace("<", "+")
    before = syntax.ROW, syntax.TOWER
    syntax.ROW = syntax.TOWER = row
    try:
        assert as_python_reads(text) is parse(text)
    finally:
        syntax.ROW, syntax.TOWER = before


@pytest.mark.parametrize("name", ["π", "a·b"])
def test_a_name_that_looks_like_mathematics_stands_in_backticks(name):
    assert f"2*`{name}`" == str(2 * expression(name))
    assert 2 * expression(name) is parse(f"2*`{name}`")


def test_variables_of_a_text_may_declare_shapes():
    read = parse("(X @ w)[0]", shapes={"X": ("n", 3), "w": 3})
    assert ((), ("n", 3)) == (read.shape, read.arguments[0].arguments[0].attributes[1])
    with pytest.raises(UnknownVariable, match=r"shape for 'W'.*Did you mean 'w'"):
        parse("X @ w", shapes={"W": 3})


def test_attributes_that_are_words_are_read():
    text = "conv1d(x, w, padding='same')"
    assert (text, parse("norm(x)")) == (str(parse(text)), parse("norm(x, ord='fro')"))


def test_the_largest_of_two_is_told_from_the_largest_along_an_axis():
    assert "max(x, axis=0)" == str(parse("max(x, 0)"))
    with pytest.raises(ParseError, match="max takes one operand, along an axis: of two, write max"):
        parse("max(x, y)")
