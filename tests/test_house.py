"""What the floors may know of each other, beyond what imports tell: read from the source itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule
from chainrule.language.kinds import operations

ROOT = Path(chainrule.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
OPERATIONS = {
    name for name, kind in operations().items() if kind.__module__.startswith("chainrule")
}


def floor_of(path):
    return path.relative_to(ROOT).parts[0]


def words_of(tree):
    """Return what a module calls the operations that it has imported."""
    return {
        alias.asname or alias.name
        for statement in ast.walk(tree)
        if isinstance(statement, ast.ImportFrom)
        if (statement.module or "").startswith("chainrule.language")
        for alias in statement.names
        if alias.name in OPERATIONS
    }


def names_in(*trees):
    return {item.id for tree in trees for item in ast.walk(tree) if isinstance(item, ast.Name)}


def chosen_by(statement):
    """Return the names that a comparison, an isinstance or a table chooses by."""
    if isinstance(statement, ast.Compare):
        return names_in(statement.left, *statement.comparators)
    if isinstance(statement, ast.Call) and getattr(statement.func, "id", "") == "isinstance":
        return names_in(*statement.args[1:])
    if isinstance(statement, ast.Dict):
        return names_in(*filter(None, statement.keys))
    if isinstance(statement, ast.MatchClass):
        return names_in(statement.cls)
    return set()


def dispatches(tree):
    words = words_of(tree)
    return [item.lineno for item in ast.walk(tree) if chosen_by(item) & words]


def test_the_search_for_dispatches_finds_them():
    found = dispatches(
        ast.parse(
            "from chainrule.language.arithmetic import addition as plus, division\n"
            "kind is plus\n"
            "isinstance(node, (int, division))\n"
            "{plus: 1}\n"
            "kind in (division,)\n"
            "plus(1, 2)\n"
        )
    )
    assert [2, 3, 4, 5] == sorted(found)


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if floor_of(path) != "language"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_only_the_language_tells_operations_apart(path):
    assert dispatches(ast.parse(path.read_text("utf-8"))) == []


def test_only_the_engine_catches_what_floats_raise():
    caught = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if floor_of(path) != "engine"
        for item in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(item, ast.ExceptHandler) and item.type is not None
        if "FLOAT_TROUBLE" in names_in(item.type)
    ]
    assert caught == []


FIRST_GRADIENT = """
import sys
import numpy
before = set(sys.modules)
import chainrule as cr
x, y, z = cr.expression("x"), cr.expression("y"), cr.expression("z")
cr.sin((x + y) * z).diff({"x": 1.0, "y": 2.0, "z": 3.0})
print(*sorted(set(sys.modules) - before))
"""


def test_a_first_gradient_of_numbers_loads_nothing_for_columns_fractions_or_spelling():
    run = subprocess.run(
        [sys.executable, "-c", FIRST_GRADIENT], capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert "chainrule.engine.sweep" in loaded
    assert len([name for name in loaded if name.partition(".")[0] == "chainrule"]) <= 80
    for name in ("block_kernels", "lowering", "schedule", "fold", "rows", "targets.blocks"):
        assert f"chainrule.engine.{name}" not in loaded
    assert not {"dataclasses", "difflib", "fractions", "decimal"} & loaded


def test_no_two_classes_have_one_name() -> None:
    homes: dict[str, list[str]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    # What scikit-learn calls so is also what ours is, wherever it is installed.
    twice = {name: where for name, where in homes.items() if len(where) > 1 and name != "NotFitted"}
    assert twice == {}
