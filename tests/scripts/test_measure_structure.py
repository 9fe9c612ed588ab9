"""What scripts/measure_structure.py counts, on packages small enough to count by hand."""

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "measure_structure.py"

UPPER = '''\
"""Calls the file below."""

from sample import lower


def alone(x):
    """Stays here."""
    return local(x)


def local(x):
    return x


def across(x):
    return lower.twice(x) + local(x)


def through_python(xs):
    return sorted(xs, key=lower.negative)


def through_generated(x):
    add = eval("lambda a: a + 1", {})
    return add(x)


def resumed():
    return sum(lower.numbers())


def late():
    from sample import later

    return later.VALUE


def raised(x):
    try:
        lower.fails(x)
    except ValueError:
        return local(x)
'''

LOWER = """\
def twice(x):
    return once(x) + once(x)


def once(x):
    return x


def negative(x):
    return -x


def numbers():
    yield 1
    yield 2


def fails(x):
    raise ValueError(x)
"""

LATER = """\
from dataclasses import dataclass


@dataclass
class Point:
    x: int


VALUE = Point(1).x
"""


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("measure_structure", SCRIPT)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "sample"
    folder.mkdir()
    texts = {"__init__": "", "upper": UPPER, "lower": LOWER, "later": LATER}
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "sample"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ('"""Doc."""', 0),
        ('"""Doc."""\n"""No docstring, but a statement."""', 1),
        ('def f():\n    """Doc."""', 1),
        ('def f():\n    """Doc."""\n    return 1', 2),
        ('class A:\n    """Doc."""\n    x = 1\n    async def f(self):\n        """Doc."""', 3),
        ("if a:\n    b = 1\nelif c:\n    d = 2\nelse:\n    e = 3", 5),
        ("a = 1; b = 2", 2),
        ("a = (\n    1 +\n    2\n)", 1),
        ("x = [i for i in y if i]", 1),
    ],
)
def test_statements_are_counted_and_docstrings_are_not(script, text, count):
    assert count == script.statements_in(ast.parse(text))


def test_statements_are_counted_by_package_at_any_depth(script, tmp_path):
    for path, text in {
        "top.py": "a = 1",
        "one/a.py": "b = 1\nc = 2",
        "one/in/b.py": "d = 1",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "one" / "notes.txt").write_text("no code", encoding="utf-8")
    assert {tmp_path.name: 1, "one": 3} == script.statements_by_package(tmp_path)


@pytest.mark.parametrize(
    ("call", "counts"),
    [
        ("len([1])", (0, 0, 0, 0)),
        ("upper.local(1)", (1, 1, 1, 0)),  # the call itself comes from no file of ours
        ("upper.alone(1)", (2, 2, 1, 0)),
        ("upper.across(1)", (5, 4, 2, 1)),  # twice calls once, in its own file
        ("upper.through_python([3, 1, 2])", (4, 2, 2, 3)),  # sorted, in between, is none of ours
        ("upper.through_generated(1)", (2, 2, 2, 1)),
        ("upper.resumed()", (4, 2, 2, 3)),  # begun, and gone on with twice
        ("upper.late()", (1, 1, 1, 0)),  # bodies of modules and classes are no calls
        ("upper.raised(1)", (3, 3, 2, 1)),  # a frame left by an error is left
        ("[upper.local(i) for i in (1, 2)]", (2, 1, 1, 0)),
    ],
)
def test_a_trip_counts_calls_functions_files_and_switches(script, package, call, counts):
    assert counts == script.Profiler(package).follow("from sample import upper", call)


def test_what_stands_before_a_trip_is_not_followed(script, package):
    before = "from sample import upper\nupper.across(1)"
    assert script.Travel(1, 1, 1, 0) == script.Profiler(package).follow(before, "upper.local(1)")


def test_following_ends_with_the_call_even_if_it_fails(script, package):
    profiler = script.Profiler(package)
    with pytest.raises(ValueError, match=r"^1$"):
        profiler.follow("from sample import lower", "lower.fails(1)")
    assert sys.getprofile() is None


def test_every_trip_of_chainrule_arrives(script):
    root = SCRIPT.parents[1] / "src" / "chainrule"
    for trip in script.TRIPS:
        found = script.traveled(root, trip)
        assert found.calls > found.functions >= found.files > 1, trip.name
        assert found.calls > found.switches > 0, trip.name


def test_tables_stand_in_columns(script):
    rows = [("a", 1), ("long", 200)]
    assert "name    n\na       1\nlong  200\n" == script.table(("name", "n"), rows)
