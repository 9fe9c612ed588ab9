"""How a function that answers becomes a command, and its errors words and an exit code.

A command returns an `Answer`, which is shown to people or written as JSON.
"""

from __future__ import annotations

import functools
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from chainrule.cli.commands import with_examples
from chainrule.cli.output import (
    BROKEN_PIPE,
    BUG,
    DONE,
    INTERRUPTED,
    MISSING,
    WRONG_INPUT,
    abandon,
    console,
    refuse,
    write_json,
)
from chainrule.cli.reading import OPTIONS, Reading
from chainrule.errors import ChainRuleError, MissingExtra

__all__ = ["Answer", "command", "complain", "deliver"]

_JSON = inspect.Parameter(
    "json_wanted",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[
        bool, typer.Option("--json", help="Print one JSON value and nothing else.")
    ],
)
_DEBUG = inspect.Parameter(
    "debug",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")],
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found: a document for `--json`, a way to show it, an exit code."""

    document: Mapping[str, Any]
    show: Callable[[Console], None]
    code: int = DONE


def command(answer: Callable[..., Answer]) -> Callable[..., NoReturn]:
    """Make a command of a function that gives an answer: it prints, and ends with an exit code.

    Adds the options --json and --debug; and for a `reading`, those with which a file is read.
    """
    signature = inspect.signature(answer, eval_str=True)
    own = [item for item in signature.parameters.values() if item.name != "reading"]
    reads = len(own) < len(signature.parameters)

    @functools.wraps(answer)
    def run(*, json_wanted: bool, debug: bool, **given: Any) -> NoReturn:
        if reads:
            settings = {option.name: given.pop(option.name) for option in OPTIONS}
            given["reading"] = Reading(**settings)
        ask = functools.partial(answer, **given)
        raise typer.Exit(deliver(ask, json_wanted=json_wanted, debug=debug))

    parameters = [*own, *(OPTIONS if reads else ()), _JSON, _DEBUG]
    with_examples(run)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def deliver(question: Callable[[], Answer], *, json_wanted: bool, debug: bool) -> int:
    """Ask for an answer and print it; return the exit code, whatever happens."""
    try:
        answer = question()
        if json_wanted:
            write_json(answer.document)
        else:
            answer.show(console())
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        abandon(sys.stdout)
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the last door before the shell: no traceback leaves
        if debug:
            traceback.print_exc()
        return complain(error, json_wanted=json_wanted)
    return answer.code


def complain(error: BaseException, *, json_wanted: bool) -> int:
    """Print an error in words, and as JSON if that was asked for; return its exit code."""
    words, code = described(error)
    return refuse(type(error).__name__, words, code, json_wanted=json_wanted)


def described(error: BaseException) -> tuple[str, int]:
    """Say what went wrong, and which exit code that is."""
    if isinstance(error, MissingExtra):
        return str(error), MISSING
    if isinstance(error, ChainRuleError):
        return str(error), WRONG_INPUT
    if isinstance(error, OSError):
        reason = f"{error.filename}: {error.strerror}" if error.strerror else str(error)
        return reason, WRONG_INPUT
    if isinstance(error, MemoryError):
        return "there is not enough memory for this.", WRONG_INPUT
    words = (
        f"{type(error).__name__} inside chainrule: {error}\n"
        "  This is a mistake of ours. The same command with --debug shows where it happened."
    )
    return words, BUG
