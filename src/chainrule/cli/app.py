"""The application: its commands, its version, and what it says of wrong use."""

from __future__ import annotations

import io
import sys
import warnings
from typing import Annotated

import typer
from typer.main import get_command

import chainrule
from chainrule.cli import output
from chainrule.cli.commands import COMMANDS, Commands, with_examples

__all__ = ["app", "run"]

EPILOG = """
Exit codes: 0 done; 1 the answer is no (a derivative is wrong, a fit diverged);
2 wrong use or input; 3 a package is missing; 4 a check could decide nothing;
70 a mistake of chainrule's own; 130 interrupted; 141 the reader of the output left.

With --json, stdout holds one JSON value; NaN and infinity are the strings
"NaN", "Infinity" and "-Infinity"; an error is {"error": {"kind", "message",
"code"}}. Diagnostics and progress go to stderr.
"""

app = typer.Typer(
    name="chainrule",
    cls=Commands,
    epilog=EPILOG,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)


def usage_error() -> type[Exception]:
    """Find the root of what the reader of options raises; typer keeps the class to itself."""
    for kind in typer.BadParameter.__mro__:
        if kind.__name__ == "ClickException" and issubclass(kind, Exception):
            return kind
    return typer.BadParameter


USAGE_ERROR = usage_error()


def show_version(wanted: bool) -> None:  # noqa: FBT001 - the signature of an option's callback
    """Print the version and leave."""
    if wanted:
        typer.echo(f"chainrule {chainrule.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
@with_examples
def start(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool,
        typer.Option("--version", help="Print the version.", callback=show_version, is_eager=True),
    ] = False,
) -> None:
    """Formulas with named variables: evaluate, differentiate, draw, descend, fit.

    Examples:
      chainrule eval "sin((x + y)*z)" --at x=1 --at y=2 --at z=3
      chainrule diff "sin((x + y)*z)" x
      chainrule explain "c*(a + 2*b)" b --at a=1,b=2,c=3
      chainrule draw "c*(a + 2*b)" --at a=1,b=2,c=3 --out page.html
      chainrule fit data.csv --target y --epochs 1000 --rate 0.01 --out model.json
      chainrule predict model.json data.csv
      chainrule sweep data.csv --target y --rates 0.001,0.01,0.1 --plot out.png
      chainrule descend rosenbrock --method adam --rate 0.01 --html page.html
      chainrule demo
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def later() -> None:
    """Stand for a command in the list; the command itself takes its place when it is called."""


for name, entry in COMMANDS.items():
    app.command(name, help=entry.summary)(later)


def run(arguments: list[str]) -> int:
    """Run the application on these arguments; give the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks is shown as an escape.
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: output.warn(str(message))
            code = get_command(app).main(arguments, prog_name="chainrule", standalone_mode=False)
        sys.stdout.flush()
    except USAGE_ERROR as error:
        return misused(error, arguments)
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("interrupted\n")
        return output.INTERRUPTED
    except BrokenPipeError:
        output.abandon(sys.stdout)
        return output.BROKEN_PIPE
    return code if isinstance(code, int) else output.DONE


def misused(error: Exception, arguments: list[str]) -> int:
    """Say what is wrong with the arguments, and where help is."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "chainrule"
    words = f"{error.format_message()}\n  See: {path} --help"  # type: ignore[attr-defined]
    return output.refuse("UsageError", words, json_wanted="--json" in arguments)
