"""Every operation in JavaScript against Python's arrays: values, and slopes as a page has them.

The operations are walked, not listed: a new one is held to the same bar without a line here.
"""

import itertools
import math

import numpy as np
import pytest
from tests.node import answers, needs_node
from tests.random_formulas import elementwise_words, random_formula
from tests.words import our_operations

from chainrule import count, expression, mean, mean_squared_error, named, sum, var
from chainrule.engine.compiled import compiled_of
from chainrule.engine.gradient import gradient_program
from chainrule.engine.numbers import DOUBLES, FLOATS
from chainrule.engine.program import flatten
from chainrule.engine.protocol import Role
from chainrule.engine.sweep import reverse
from chainrule.engine.targets.interpreter import evaluate
from chainrule.engine.targets.javascript import javascript
from chainrule.errors import OperationError
from chainrule.language.folds import fitted
from chainrule.language.kinds import operations

TOLERANCE = 1e-12
SMALLEST = 1e-300  # below, doubles have fewer digits
FORMULAS = 200
ONE = (-math.inf, -1e300, -30.0, -2.5, -1.5, -1.0, -0.5, -1e-9, 0.0)
ONE = (*ONE, *(-x for x in ONE if x), 1.25, 1.75, 2.0, 3.5, 9.75, 12.0, math.nan)
TWO = (-math.inf, -2.0, -1.0, 0.0, 0.5, 1.0, 3.0, math.inf, math.nan)
THREE = (-1.5, 0.0, 1.0, math.inf, math.nan)

OURS = our_operations().values()
WORDS = elementwise_words()
# Of these the axes of an array are the point; they are written for numbers and columns only.
MATRICES = [
    "matrix_multiplication",
    "matrix_left_cotangent",
    "matrix_right_cotangent",
    "item",
    "placement",
]


def test_every_operation_on_elements_has_javascript():
    without = [
        item.__name__
        for item in OURS
        if item.role is Role.OPERATION and item.meaning is None and "javascript" not in item.spell
    ]
    assert not [name for name in without if operations()[name].is_elementwise]
    assert set(MATRICES) <= set(without)


@pytest.mark.parametrize("name", MATRICES)
def test_what_needs_more_axes_is_refused_by_name(name):
    item = operations()[name]
    operands = [expression(f"x{place}") for place, _ in enumerate(item.samples[0])]
    with pytest.raises(OperationError, match=f"{name} has no JavaScript"):
        javascript(flatten([item(*operands)]))


def operands_of(word):
    """Count the operands of an operation, three of one that takes any number."""
    return word.arity[1] or 3


def applied(word, names):
    """Apply an operation to variables, with its usual attributes."""
    return word.of((*map(expression, names), *word.keywords.values()))


def points(word):
    """List points to compute at: the samples, and what is special to many operations."""
    number = operands_of(word)
    edges = itertools.product({1: ONE, 2: TWO}.get(number, THREE), repeat=number)
    filled = [(*sample, *word.defaults)[:number] for sample in word.samples]
    return [point for point in [*filled, *edges] if len(point) == number]


def with_slopes(root):
    """Return the program of an expression and of its slopes, for inputs of any shape."""
    program = compiled_of(root).program
    nodes = program.nodes()
    wanted = list(program.inputs.values())
    found = reverse(program, nodes, {program.outputs[0]: 1}, wanted, fit=fitted)
    return flatten([root, *[root.lift(found.get(slot, 0.0)) for slot in wanted]])


def in_python(program, values):
    """Compute a program on arrays."""
    arrays = {name: np.asarray(value, float) for name, value in values.items()}
    return evaluate(program, DOUBLES, arrays)


class Cases:
    """Programs with their inputs, and what Python and JavaScript make of them."""

    def __init__(self):
        self.pairs, self.expected, self.found = {}, {}, {}

    def add_points(self, key, program, places):
        """Compute at each point, with numbers and then with columns of all of them."""
        names = list(program.inputs)
        columns = dict(zip(names, map(list, zip(*places, strict=True)), strict=True))
        count = len(places)
        whole = [np.broadcast_to(x, count).tolist() for x in in_python(program, columns)]
        self.expected[key] = list(zip(*whole, strict=True))
        self.pairs[key] = javascript(program), [list(place) for place in places]
        self.add_columns((key, "columns"), program, columns)

    def add_columns(self, key, program, values):
        """Compute with inputs of any shape."""
        shapes = {name: np.shape(value) for name, value in values.items()}
        written = javascript(program, names=list(values), shapes=shapes)
        self.pairs[key] = written, [list(values.values())]
        self.expected[key] = [[np.asarray(x).tolist() for x in in_python(program, values)]]

    def run(self, folder):
        """Run all JavaScript at once."""
        self.found = dict(zip(self.pairs, answers(self.pairs.values(), folder), strict=True))

    def misses(self, key):
        """List the points at which the two differ."""
        pairs = zip(self.pairs[key][1], self.expected[key], self.found[key], strict=True)
        return [
            f"{at}: {wanted} in Python, {got} in JavaScript"
            for at, wanted, got in pairs
            if not is_close(wanted, got)
        ]


def is_close(wanted, got):
    """Compare numbers, NaN with NaN, and lists item by item."""
    if isinstance(wanted, list | tuple):
        same = isinstance(got, list) and len(wanted) == len(got)
        return same and all(map(is_close, wanted, got))
    if isinstance(got, list):
        return False
    if math.isnan(wanted) or math.isnan(got):
        return math.isnan(wanted) and math.isnan(got)
    return math.isclose(wanted, got, rel_tol=TOLERANCE, abs_tol=SMALLEST)


def tables():
    """Give names to programs over columns with their values."""
    x, y, m, b = map(expression, "xymb")
    line = m * x + b
    column = [1.0, 2.0, 4.0], [3.5, -1.0, 2.0]
    values = {"m": 2.0, "b": 1.0, "x": column[0], "y": column[1]}
    told = named("residuals", y - line)
    return {
        "squares": (mean((y - line) ** 2), values),
        "losses": (mean_squared_error(line, y), values),
        "a named step": (mean(told * told), values),
        "variance": (var(x) * b, {"b": 2.0, "x": column[0]}),
        "one row": (mean((y - line) ** 2), {**values, "x": [2.0], "y": [1.0]}),
        "one row beside three": (sum(x * y), {"x": [2.0], "y": column[1]}),
        "folds": (sum(x, axis=0) / count(x) + sum(x, keepdims=True) * b, values),
        "numbers": (sum(x * m) / count(x) + var(b), {"m": 2.0, "b": 1.0, "x": 3.0}),
        "no row": (sum(x * m), {"m": 2.0, "x": []}),
    }


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    made = Cases()
    for word in WORDS:
        names = [f"x{place}" for place in range(operands_of(word))]
        program = gradient_program(compiled_of(applied(word, names)).program)
        made.add_points(word, program, points(word))
    for seed in range(FORMULAS):
        formula, values = random_formula(seed)
        program = gradient_program(compiled_of(formula).program)
        place = [values[name] for name in program.inputs]
        made.pairs[seed] = javascript(program), [place]
        made.expected[seed] = [evaluate(program, FLOATS, values)]
    for name, (formula, values) in tables().items():
        given = {known: value for known, value in values.items() if known in formula.variables}
        made.add_columns(name, with_slopes(formula), given)
    made.run(tmp_path_factory.mktemp("node"))
    return made


@needs_node
class TestJavaScriptAgreesWithPython:
    @pytest.mark.parametrize("word", WORDS, ids=lambda word: word.__name__)
    def test_on_every_operation_and_its_slopes(self, cases, word):
        assert not cases.misses(word)[:5]
        assert not cases.misses((word, "columns"))

    def test_on_random_formulas_and_their_gradients(self, cases):
        missed = {seed: cases.misses(seed) for seed in range(FORMULAS)}
        assert not {seed: misses for seed, misses in missed.items() if misses}

    @pytest.mark.parametrize("name", tables())
    def test_on_tables_and_their_gradients(self, cases, name):
        assert not cases.misses(name)
