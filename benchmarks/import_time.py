"""Import time: what a library costs to import once NumPy is there.

Each number is taken inside a fresh process, after `import numpy`, so that starting Python and
loading NumPy are no part of it; the processes take turns, after one round that leaves bytecode and
the disk's cache behind. `import chainrule` loads names when they are first used, so a star import,
to which the others are compared, and a first gradient are measured too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from benchmarks.harness import (
    FOREIGN_SETTINGS,
    OURS,
    ROOT,
    Effort,
    Section,
    Spread,
    Target,
    ratio_table,
)

PEERS = ("torch", "jax", "sympy")
MOST_MILLISECONDS = 60.0
STAR = "chainrule, star import"
FIRST_GRADIENT = """\
import chainrule
x, y, z = (chainrule.expression(name) for name in "xyz")
result = chainrule.sin((x + y) * z).diff({"x": 1.0, "y": 0.5, "z": 2.0})"""
# A second import reads bytecode, unless Python was told not to keep any.
LEFT_OUT = {*FOREIGN_SETTINGS, "PYTHONDONTWRITEBYTECODE"}
PROBE = """\
import json, sys, time
import numpy
start = time.perf_counter()
exec({statement!r})
taken = time.perf_counter() - start
print(json.dumps([taken, sorted(sys.modules)]))
"""


def statements(effort):
    found = {
        OURS: "import chainrule",
        STAR: "from chainrule import *",
        "chainrule, to the first gradient": FIRST_GRADIENT,
    }
    return found | {peer: f"import {peer}" for peer in PEERS if effort.has(peer)}


def once(statement):
    """Return the seconds that a statement takes in a fresh process, and what is loaded then."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(statement=statement)],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key not in LEFT_OUT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{statement!r}: {done.stderr}"
    seconds, modules = json.loads(done.stdout.splitlines()[-1])
    return seconds, modules


def run(**options):
    effort = Effort(**options)
    asked = statements(effort)
    for statement in asked.values():
        _, modules = once(statement)
        heavy = {"pandas", "sklearn", "matplotlib", "llvmlite"}.intersection(modules)
        assert not heavy or "chainrule" not in statement, f"{statement!r} loads {sorted(heavy)}"
    found = {name: [] for name in asked}
    for _ in range(effort.rounds):
        for name, statement in asked.items():
            found[name].append(once(statement)[0])
    targets = [
        Target(
            f"{name}, beyond NumPy", MOST_MILLISECONDS, Spread.of(found[name]).median * 1e3, "ms"
        )
        for name in (OURS, STAR)
    ]
    return Section([ratio_table("Beyond NumPy", found, STAR)], targets, PEERS)
