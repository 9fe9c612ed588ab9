"""Fails when importing chainrule, or touching any of its public names, loads an optional library.

A student who asks for `sin(x)` must not wait for pandas, nor need it. Imports inside functions are
seen by no static check, so a fresh interpreter is asked what it has loaded.
"""

from __future__ import annotations

import subprocess
import sys

OPTIONAL = (
    "anywidget",
    "dask",
    "distributed",
    "llvmlite",
    "matplotlib",
    "pandas",
    "polars",
    "pyarrow",
    "rich",
    "scipy",
    "sklearn",
    "starlette",
    "typer",
    "uvicorn",
)

# Two moments, since names may be imported only when they are first asked for.
PROBE = """
import sys
import chainrule
after_import = [name for name in {optional!r} if name in sys.modules]
for name in chainrule.__all__:
    getattr(chainrule, name)
after_names = [name for name in {optional!r} if name in sys.modules]
if after_import:
    print("`import chainrule` loads:", *after_import)
elif after_names:
    print("touching the public names of chainrule loads:", *after_names)
"""


def main() -> int:
    """Print what was loaded; the exit code says if there was anything."""
    probe = PROBE.format(optional=OPTIONAL)
    # -I: neither the current folder nor the user's own start-up files have a say.
    run = subprocess.run(
        [sys.executable, "-I", "-c", probe], capture_output=True, text=True, check=False
    )
    print(run.stdout + run.stderr, end="")
    return 1 if run.returncode or run.stdout else 0


if __name__ == "__main__":
    sys.exit(main())
