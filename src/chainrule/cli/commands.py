"""The commands by name, each loaded when it is asked for: a page of help needs none of them.

What a command says of itself in the list stands here; a test compares it with the command.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

__all__ = ["COMMANDS", "Commands", "FormulaCommand", "loaded", "with_examples"]

Result = TypeVar("Result")


class Command(NamedTuple):
    """Of the module of the same name: the function, what it does, whether it takes a formula."""

    function: str
    summary: str
    takes_formula: bool = False


COMMANDS = {
    "eval": Command("evaluate", "Print the value of a formula.", takes_formula=True),
    "diff": Command(
        "differentiate",
        "Print partial derivatives of a formula: numbers where values are given, else formulas.",
        takes_formula=True,
    ),
    "check": Command(
        "check",
        "Compare the derivatives of a formula with differences of its values.",
        takes_formula=True,
    ),
    "explain": Command(
        "explain",
        "Print the forward pass, the backward pass, and the chain rule with the numbers put in.",
        takes_formula=True,
    ),
    "draw": Command(
        "draw",
        "Draw the computation graph of a formula: both passes, if there are values.",
        takes_formula=True,
    ),
    "fit": Command("fit", "Fit a linear regression to the columns of a file, by gradient descent."),
    "predict": Command(
        "predict",
        "Predict the target of a saved model for the rows of a file, one a line.",
    ),
    "sweep": Command(
        "sweep",
        "Fit a linear regression at several learning rates, and show the error after some epochs.",
    ),
    "descend": Command(
        "descend",
        "Minimise a formula, or a test function, and say what happened on the way.",
        takes_formula=True,
    ),
    "landscapes": Command(
        "landscapes", "List the test functions for optimisation, or tell all of one."
    ),
    "demo": Command(
        "demo",
        "Fit a linear regression to 333 penguins, and compare it with least squares.",
    ),
}


class Commands(TyperGroup):
    """A group whose commands are names and summaries until one is called, or completed."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the arguments begin with, and load it."""
        if args and args[0] in COMMANDS:
            self.commands[args[0]] = loaded(args[0])
        return super().resolve_command(ctx, args)


def loaded(name: str) -> Any:
    """Return a command with its options."""
    entry = COMMANDS[name]
    answer = getattr(import_module(f"chainrule.cli.{name}"), entry.function)
    command = import_module("chainrule.cli.answering").command
    alone = typer.Typer(
        add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich"
    )
    kind = FormulaCommand if entry.takes_formula else TyperCommand
    alone.command(name, cls=kind)(command(answer))
    return get_command(alone)


def with_examples(function: Callable[..., Result]) -> Callable[..., Result]:
    """Keep the lines of the examples in a docstring apart, where help runs others together."""
    text = inspect.getdoc(function) or ""
    # A backspace alone on its line asks for that.
    function.__doc__ = text.replace("\n\nExamples:\n", "\n\n\b\nExamples:\n")
    return function


class FormulaCommand(TyperCommand):
    """A command with a formula, which may begin with a minus."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; what begins with one minus is a formula, for no option does.

        A space before it keeps it from being taken for options, and means nothing in a formula.
        """
        end = args.index("--") if "--" in args else len(args)
        spaced = [
            f" {word}"
            if word.startswith("-") and word not in ("-", "-h") and word[1] != "-"
            else word
            for word in args[:end]
        ]
        return super().parse_args(ctx, spaced + args[end:])
