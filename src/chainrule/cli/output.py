"""What a command answers, and how it reaches people, scripts and shells.

Text, tables and JSON, and the exit codes. Diagnostics go to stderr, so that stdout holds the answer
alone. Imports nothing of ours, nor NumPy: a page of help needs neither.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = [
    "BROKEN_PIPE",
    "BUG",
    "DONE",
    "INTERRUPTED",
    "MISSING",
    "NO",
    "UNDECIDED",
    "WRONG_INPUT",
    "abandon",
    "as_json",
    "console",
    "number",
    "printable",
    "refuse",
    "rows",
    "table",
    "warn",
    "write_json",
    "write_lines",
]

DONE, NO, WRONG_INPUT, MISSING, UNDECIDED = 0, 1, 2, 3, 4
BUG = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED, BROKEN_PIPE = 130, 141  # 128 + SIGINT, 128 + SIGPIPE

_UNBOUNDED = 100_000  # columns; a pipe has no width to wrap to
_DIGITS = 6  # significant ones in tables for people


class Page(Console):
    """A console that leaves it to `deliver` what happens when the reader of the output leaves."""

    def on_broken_pipe(self) -> None:
        """Pass the error on, where Rich would end the process with code 1."""
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """Make a console that styles only for terminals, and wraps only to their width.

    Text is printed as it is: brackets in a column's name are no markup.
    """
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _UNBOUNDED
    return Page(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def abandon(stream: TextIO) -> None:
    """Let the interpreter flush, at its exit, a stream whose reader has left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def refuse(kind: str, words: str, code: int = WRONG_INPUT, *, json_wanted: bool) -> int:
    """Print an error on stderr, and as JSON if that was asked for; return its exit code."""
    say("error", words, "bold red")
    if json_wanted:
        write_json({"error": {"kind": kind, "message": words, "code": code}})
    return code


def warn(words: str) -> None:
    """Print a warning on stderr."""
    say("warning", words, "bold yellow")


def say(label: str, words: str, style: str) -> None:
    """Print a diagnostic on stderr, unwrapped: a caret under a formula keeps its place."""
    text = Text.assemble((f"{label}:", style), " ", printable(words))
    console(stderr=True).print(text, soft_wrap=True)


def write_json(document: Mapping[str, Any]) -> None:
    """Write one JSON value on stdout: on one line, or indented where a person looks."""
    indent = 2 if sys.stdout.isatty() else None
    sys.stdout.write(json.dumps(as_json(document), allow_nan=False, indent=indent) + "\n")


def as_json(value: Any) -> Any:
    """Return a value as JSON knows it.

    JSON has no NaN and no infinity: they are the strings "NaN", "Infinity" and "-Infinity", which
    Python's `float` and JavaScript's `Number` read. A complex number has `real` and `imag`.

    >>> import numpy as np
    >>> as_json({"a": np.array([1.0, np.nan]), "b": -math.inf})
    {'a': [1.0, 'NaN'], 'b': '-Infinity'}
    """
    if hasattr(value, "tolist"):  # an array, or a number of NumPy's
        value = value.tolist()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        words = {math.inf: "Infinity", -math.inf: "-Infinity"}
        return "NaN" if math.isnan(value) else words.get(value, value)
    if isinstance(value, complex):
        return {"real": as_json(value.real), "imag": as_json(value.imag)}
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return str(value)


def number(value: float) -> str:
    """Write a number for a table, to six digits.

    >>> number(1234567.891), number(0.25), number(1e-9)
    ('1.23457e+06', '0.25', '1e-09')
    """
    return f"{value:.{_DIGITS}g}"


def printable(text: str) -> str:
    r"""Write characters that would move a terminal's cursor, or colour it, as escapes.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text
    )


def write_lines(console: Console, lines: Iterable[str]) -> None:
    """Print plain lines, as fast as they come, past all styling."""
    console.file.writelines(f"{line}\n" for line in lines)


def rows(value: Any) -> Iterable[str]:
    """Write a number, or an array a line a row, to the last bit.

    >>> import numpy as np
    >>> list(rows(np.array([[1.0, 2.5], [3.0, 4.0]])))
    ['1.0 2.5', '3.0 4.0']
    """
    if not hasattr(value, "tolist"):
        return [str(value)]
    lines = value.reshape(-1, value.shape[-1] if value.ndim > 1 else 1)
    return (" ".join(map(str, line)) for line in lines.tolist())


def table(*columns: tuple[str, str], title: str = "") -> Table:
    """Start a table; each column is a heading and "left" or "right"."""
    found = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for place, (heading, side) in enumerate(columns):
        found.add_column(
            Text(heading),
            justify="right" if side == "right" else "left",
            overflow="fold",
            style="" if place else "cyan",
        )
    return found
