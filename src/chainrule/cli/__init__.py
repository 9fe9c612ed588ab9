"""Floor 5: the command line, `chainrule eval|diff|check|fit|predict|demo`.

Stands on typer and rich (extra `cli`), imported only when a command is run. One command a file,
listed in `commands`; `options`, `answering` and `output` hold what they share.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]

MISSING = 3
INTERRUPTED = 130  # 128 + SIGINT, as a shell says it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on these arguments, or the process's own; give the exit code.

    0 done; 1 the answer is no; 2 wrong use or input; 3 a package is missing; 70 an error of
    chainrule's own; 130 interrupted; 141 the reader of the output left.
    """
    try:
        # Here, because typer and rich are optional.
        from chainrule.cli.app import run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in ("rich", "typer"):
            raise
        sys.stderr.write(
            f"error: the command line needs {package}, which is not installed: "
            'pip install "chainrule[cli]"\n'
        )
        return MISSING
    except KeyboardInterrupt:
        return INTERRUPTED
    return run(sys.argv[1:] if arguments is None else list(arguments))
