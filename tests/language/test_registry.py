"""A word is found wherever it is asked for, and is loaded no sooner."""

import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule.language
from chainrule.language import registry

ROOT = Path(__file__).parents[2]
BEGIN = """
import pickle, sys
import numpy as np
import chainrule as cr
from chainrule.language.registry import operations, operators, array_functions, ufuncs, words
x, y = cr.expression("x"), cr.expression("y")
"""
LOAD_ALL = "len(operations), len(operators), len(array_functions), len(ufuncs), len(words)\n"


def fresh(code):
    """Run code in a process of its own, and return what it prints."""
    ran = subprocess.run(
        [sys.executable, "-c", BEGIN + code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert not ran.returncode, ran.stderr
    return ran.stdout


def test_the_table_of_homes_is_what_the_class_bodies_say():
    script = ROOT / "scripts" / "write_homes.py"
    ran = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert (0, "") == (ran.returncode, ran.stdout), ran.stdout + ran.stderr


class TestTheFirstGradient:
    def test_loads_what_it_needs(self):
        code = """
ours = lambda: [name for name in sys.modules if name.partition(".")[0] == "chainrule"]
print(cr.sin((x + y)*y).diff({"x": 1.0, "y": 2.0}))
print(len(ours()))
rooms = {name.split(".")[2] for name in ours() if name.startswith("chainrule.language.")}
print(rooms & {"arrays", "convolving", "explaining", "loops", "losses", "matrices", "text"})
below = {"engine", "errors", "language", "tables"}
print({name.split(".")[1] for name in ours() if "." in name} - below)
"""
        _, count, rooms, floors = fresh(code).splitlines()
        assert int(count) <= 80
        assert (rooms, floors) == ("set()", "set()")

    def test_importing_the_package_loads_no_other_module(self):
        code = "import sys, chainrule; print([m for m in sys.modules if 'chainrule.' in m])"
        assert "[]" == subprocess.check_output([sys.executable, "-c", code], text=True).strip()


CODE = {
    "a selection": "print(x[0], x[1:].sum().diff({'x': [1.0, 2.0]}))",
    "a matrix product": "print((x @ y).diff({'x': [1.0, 2.0], 'y': [3.0, 4.0]}))",
    "a remainder": "print(x % 2, x // 2, (x % 2).diff({'x': 5.0}))",
    "comparisons": "print(x < y, (x <= 1) & ~(y > 2) | (x >= 3))",
    "rounding": "print(round(x), np.ceil(x), np.trunc(x))",
    "a transpose": "print(x.T, x.mT, x.reshape(2, -1), x.sum(axis=0), x.mean())",
    "a method of arrays": "print(x.max(axis=0), x.cumsum())",
    "ufuncs": "print(np.exp(x), np.square(x), np.maximum(x, y), np.isnan(x), np.float64(2) * x)",
    "functions of arrays": "print(np.concatenate([x, y]), np.where(x < y, x, y), np.stack([x, y]))",
    "functions of matrices": "print(np.linalg.inv(x), np.linalg.norm(x), np.einsum('ij->ji', x))",
    "text": "print(cr.parse('logsumexp(x) + mean(x, axis=0) + svd(A).S[0] + relu(y)'))",
    "the name of a class": "print(cr.parse('shares_of_exponentials(x)'))",
    "another reading": "print(cr.parse('mod(x, y) + logical_not(x)'))",
    "an explanation": "print((x * y).explain({'x': 2.0, 'y': 3.0}))",
    "a derivative": "print((x*cr.tanh(x*y)/(1 + x**2)).derivative('x', 2))",
    "a derivative by a matrix": """
X, w = cr.matrix("X", "n", 3), cr.vector("w", 3)
print(((X @ w) @ (X @ w)).derivative("w"))
""",
    "what is no method": """
for name in ("softmax", "evla", "det"):
    try:
        getattr(x, name)
    except AttributeError as error:
        print(error)
""",
    "what is no function": """
for text in ("sotfmax(x)", "power(x)"):
    try:
        cr.parse(text)
    except cr.errors.ParseError as error:
        print(error)
""",
    "what NumPy alone has": """
for build in (lambda: np.fft.fft(x), lambda: np.spacing(x), lambda: np.add.reduce(x)):
    try:
        build()
    except cr.errors.OperationError as error:
        print(error)
""",
    "numbers": "print(cr.where([True, False], 1.0, 2.0), cr.softmax([1.0, 2.0]))",
    "columns": "print((x * y).value_and_diff({'x': np.arange(100.0), 'y': 2.0})[1]['y'].sum())",
    "many columns": "print((x * y).eval({'x': np.ones(200_000), 'y': np.ones(200_000)}).sum())",
    "short columns": """
for _ in range(50):
    found = (cr.exp(x) * y).value_and_diff({"x": np.arange(3.0), "y": 2.0})
print(found)
""",
    "a fold of columns": "print(cr.mean(x * y).value_and_diff({'x': np.arange(99.0), 'y': 2.0}))",
    "a norm of columns": "print(cr.norm(x * y).value_and_diff({'x': np.arange(99.0), 'y': 2.0}))",
    "a product of matrices": """
for _ in range(50):
    found = cr.sum(x @ y).value_and_diff({"x": np.ones((3, 2)), "y": np.ones(2)})
print(found)
""",
    "a loop": "print(cr.fori_loop(0, 3, lambda i, s: s * x, 1.0).diff({'x': 2.0}))",
}


@pytest.mark.parametrize("code", CODE.values(), ids=CODE)
def test_it_makes_no_difference_what_is_loaded(code):
    code = "import chainrule.errors\n" + code
    found = fresh(code)
    assert found.strip()
    assert found == fresh(LOAD_ALL + code)


def test_a_pickle_is_read_where_nothing_is_loaded():
    saved = fresh("print(pickle.dumps(cr.softmax(x)[0] + cr.trace(y @ y)).hex())")
    code = f"print(pickle.loads(bytes.fromhex({saved.strip()!r})))"
    assert fresh(code) == fresh("print(cr.softmax(x)[0] + cr.trace(y @ y))")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is copied for each module")
def test_every_module_can_be_loaded_first():
    names = [
        found.name
        for found in pkgutil.walk_packages(chainrule.language.__path__, "chainrule.language.")
    ]
    code = f"""
import importlib, os, sys
import numpy
for name in {names!r}:
    child = os.fork()
    if not child:
        try:
            importlib.import_module(name)
        except BaseException as error:
            print(name, repr(error), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""
    assert len(names) > 80
    assert "" == subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT)


OWN = """
from chainrule.language.kinds import elementwise
from chainrule.engine.notation import function, infix
class {name}(elementwise{operator}):
    '''My own.'''
    samples = ((1.0, 2.0),)
    {notation}
    forward = {forward}
    def partials(y, a, b):
        return b, a
print({shown})
"""
OF_A_USER = {
    "an operator": {
        "name": "mine",
        "operator": ", operator='@'",
        "notation": "",
        "forward": "lambda a, b: a * b",
        "shown": "type(x @ y).__module__, type(x @ y).__name__",
    },
    "a class": {
        "name": "matrix_multiplication",
        "operator": "",
        "notation": "",
        "forward": "lambda a, b: a * b",
        "shown": "type(cr.parse('matrix_multiplication(x, y)')).__module__, (x @ y), "
        "operations['matrix_multiplication'].__module__",
    },
    "a word": {
        "name": "mine",
        "operator": "",
        "notation": "notation = function('logaddexp')",
        "forward": "lambda a, b: a * b",
        "shown": "type(cr.parse('logaddexp(x, y)')), type(cr.parse('mine(x, y)'))",
    },
    "a word of a class that is replaced": {
        "name": "log_of_sum",
        "operator": "",
        "notation": "notation = function('logaddexp')",
        "forward": "lambda a, b: a * b",
        "shown": "type(cr.parse('logaddexp(x, y)')), type(cr.parse('log_of_sum(x, y)'))",
    },
    "a function of NumPy's": {
        "name": "mine",
        "operator": "",
        "notation": "",
        "forward": "np.logaddexp",
        "shown": "type(np.logaddexp(x, y))",
    },
}


@pytest.mark.parametrize("own", OF_A_USER.values(), ids=OF_A_USER)
def test_what_a_user_defines_counts_whenever_ours_is_loaded(own):
    code = OWN.format(**own)
    again = LOAD_ALL + f"print({own['shown']})\n"
    found = fresh(code + again)
    first, second = found.splitlines()
    assert first == second
    assert found == fresh(LOAD_ALL + code + again)


def test_a_users_operation_reads_back_whatever_ours_is_called():
    """Its name may be the word of another class, or a class's own."""
    code = """
from chainrule.language import registry
for word in sorted({*registry.words, *registry.readings, *registry.operations}):
    own = type(word, (elementwise,), {
        "samples": ((1.0,),),
        "forward": lambda a: a * 3,
        "partials": lambda y, a: (3.0,),
    })
    read = cr.parse(str(own(x)))
    if type(read) is not own or read is not own(x) or 6.0 != read.eval({"x": 2.0}):
        print(word, read, type(read).__module__)
print("compared")
"""
    assert "compared\n" == fresh(OWN.partition("class")[0] + code)


class TestRegistry:
    def test_asking_loads_one_module_and_counting_all(self):
        code = """
print(operators.loaded("@"), "chainrule.language.matrices.linear_algebra" in sys.modules)
print("@" in operators, "chainrule.language.matrices.linear_algebra" in sys.modules)
print("chainrule.language.losses.classes" in sys.modules, operators.get("@@", 7))
print(len(operations) == len(list(operations)) == len({**operations}) == len(dict(operations)))
print("chainrule.language.losses.classes" in sys.modules)
"""
        assert fresh(code).split("\n")[:5] == [
            "None False",
            "True True",
            "False 7",
            "True",
            "True",
        ]

    @pytest.mark.parametrize(
        "table", ["operations", "words", "readings", "operators", "ufuncs", "array_functions"]
    )
    def test_holds_what_the_table_of_homes_names_and_nothing_else(self, table):
        code = f"""
from chainrule.language import registry
found = registry.{table}
print({{found.name_of(key) for key in found}} ^ found.homes.keys(), len(found) > 5)
"""
        assert fresh(code) == "set() True\n"

    def test_the_order_is_the_same_whatever_was_loaded_first(self):
        shown = "print(list(operations), list(words), list(operators))"
        assert fresh(shown) == fresh("x @ y, cr.softmax, cr.mean\n" + shown)

    def test_what_is_missing_is_a_key_error(self):
        with pytest.raises(KeyError, match="@@"):
            registry.operators["@@"]
