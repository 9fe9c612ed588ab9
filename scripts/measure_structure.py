"""Measures how much code there is, how far a call travels through it, and what an import loads.

Three tables: statements a package; functions, files and switches a trip; modules and processor time
an import. A switch is a call of a function of ours out of another file of ours: so many times a
reader who follows the call has to turn to another file. Each trip and each import runs in a process
of its own, for what a call finds prepared by an earlier one is skipped.

Usage: python scripts/measure_structure.py [PACKAGE_FOLDER]
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

PACKAGE = Path("src/chainrule")


class Trip(NamedTuple):
    """A call to be followed: what stands before it, not followed, and the call."""

    name: str
    before: str
    call: str


FORMULA = """\
import chainrule as cr
x, y, z = cr.expression("x"), cr.expression("y"), cr.expression("z")
formula, at = cr.sin((x + y) * z), {"x": 1.0, "y": 2.0, "z": 3.0}
"""

# The names of a call are looked up before it: finding a name's module is a matter of imports.
LINE = """\
import chainrule as cr
m, b, x, y = (cr.expression(name) for name in "mbxy")
loss, start = cr.mean((y - m * x - b) ** 2), {"m": 0.0, "b": 0.0}
data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 7.0]}
minimize = cr.minimize
"""

MODEL = """\
from chainrule.models import LinearRegression
X, y = [[1.0], [2.0], [3.0]], [3.0, 5.0, 7.0]
model = LinearRegression()
"""

TRIPS = (
    Trip("eval of sin((x + y)*z)", FORMULA, "formula.eval(at)"),
    Trip("diff of sin((x + y)*z)", FORMULA, "formula.diff(at)"),
    Trip("minimize, 3 epochs", LINE, "minimize(loss, start, data, learning_rate=0.1, n_epochs=3)"),
    Trip("LinearRegression().fit", MODEL, "model.fit(X, y)"),
)

IMPORTS = {
    "import chainrule": "import chainrule",
    "first gradient": FORMULA + "formula.diff(at)",
    "star import": "from chainrule import *",
}

# NumPy is there before the clock starts: its time is not ours.
CLOCK = """
import sys, time
import numpy
start = time.process_time()
exec({statements!r}, {{}})
spent = time.process_time() - start
ours = [name for name in sys.modules if name.partition(".")[0] == "chainrule"]
print(spent, len(ours))
"""

REPETITIONS = 7


def statements_in(tree: ast.AST) -> int:
    """Count the statements of a syntax tree; docstrings are none."""
    nodes = list(ast.walk(tree))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = sum(
        isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
        for node in nodes
    )
    return sum(isinstance(node, ast.stmt) for node in nodes) - docstrings


def statements_by_package(root: Path) -> dict[str, int]:
    """Count the statements of each package in a folder; the folder's own modules are one more."""
    counts: Counter[str] = Counter()
    for path in sorted(root.rglob("*.py")):
        first, *rest = path.relative_to(root).parts
        tree = ast.parse(path.read_text(encoding="utf-8"))
        counts[first if rest else root.name] += statements_in(tree)
    return dict(sorted(counts.items()))


class Travel(NamedTuple):
    """What a call went through: calls of functions, different ones, their files, switches."""

    calls: int
    functions: int
    files: int
    switches: int


class Profiler:
    """Follows calls of the functions below a folder, and of those that they generate.

    Comprehensions, generator expressions and lambdas are functions; bodies of modules and classes
    are none. A generator is called again each time that it goes on.
    """

    def __init__(self, root: Path) -> None:
        self.root = f"{root.resolve()}/"
        self.calls = self.switches = 0
        self.functions: set[CodeType] = set()

    def is_ours(self, frame: FrameType) -> bool:
        """Tell whether a frame is a call of a function of ours.

        A generated function has no file, and its globals are no module's: `<string>` alone would
        mean the methods of dataclasses and named tuples too, which Python generates.
        """
        code = frame.f_code
        if not code.co_flags & inspect.CO_OPTIMIZED:
            return False
        generated = code.co_filename.startswith("<") and "__name__" not in frame.f_globals
        return generated or code.co_filename.startswith(self.root)

    def caller(self, frame: FrameType) -> FrameType | None:
        """Return the innermost frame of ours that a frame was called from, through whatever."""
        outer = frame.f_back
        while outer is not None and not self.is_ours(outer):
            outer = outer.f_back
        return outer

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Count an event, as `sys.setprofile` tells of it."""
        if event != "call" or not self.is_ours(frame):
            return
        self.calls += 1
        self.functions.add(frame.f_code)
        caller = self.caller(frame)
        if caller is not None and caller.f_code.co_filename != frame.f_code.co_filename:
            self.switches += 1

    def follow(self, before: str, call: str) -> Travel:
        """Run statements, then follow a call."""
        names: dict[str, Any] = {"__name__": "trip"}
        exec(compile(before, "trip", "exec"), names)  # noqa: S102 - the trips are written above
        code = compile(call, "trip", "eval")
        sys.setprofile(self)
        try:
            eval(code, names)  # noqa: S307 - the same
        finally:
            sys.setprofile(None)
        files = {function.co_filename for function in self.functions}
        return Travel(self.calls, len(self.functions), len(files), self.switches)


def output_of(*arguments: str, **environment: str) -> str:
    """Run Python anew with arguments, and variables for its environment; return what it prints."""
    run = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(run.stderr)
    return run.stdout


def traveled(root: Path, trip: Trip) -> Travel:
    """Follow a trip in a process of its own."""
    return Travel(*json.loads(output_of(__file__, str(root), "--trip", trip.name)))


def imported(statements: str) -> tuple[int, float]:
    """Run statements in fresh processes; return our modules, and the least milliseconds.

    Bytecode is kept between the processes whatever the environment says of it, or most of the time
    would be the compiler's.
    """
    code = CLOCK.format(statements=statements)
    with tempfile.TemporaryDirectory() as cache:
        kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}
        runs = [output_of("-c", code, **kept).split() for _ in range(1 + REPETITIONS)]
    return int(runs[0][1]), 1000 * min(float(spent) for spent, _ in runs)


def table(heads: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    """Lay rows out below their heads, the first column to the left, numbers to the right."""
    cells = [heads, *(tuple(map(str, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for first, *rest in cells:
        numbers = (text.rjust(width) for text, width in zip(rest, widths[1:], strict=True))
        lines.append("  ".join((first.ljust(widths[0]), *numbers)))
    return "\n".join(lines) + "\n"


def main(folder: str = str(PACKAGE), option: str = "", name: str = "") -> int:
    """Print the three tables; with `--trip NAME`, the numbers of that trip alone."""
    root = Path(folder)
    if option == "--trip":
        trip = next(trip for trip in TRIPS if trip.name == name)
        print(json.dumps(Profiler(root).follow(trip.before, trip.call)))
        return 0
    counts = statements_by_package(root)
    print(table(("package", "statements"), [*counts.items(), ("total", sum(counts.values()))]))
    trips = [(trip.name, *traveled(root, trip)) for trip in TRIPS]
    print(table(("trip", "calls", "functions", "files", "switches"), trips))
    imports = [(title, *imported(statements)) for title, statements in IMPORTS.items()]
    rows = [(title, modules, f"{spent:.1f}") for title, modules, spent in imports]
    print(table(("import", "modules", "ms beyond NumPy"), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
