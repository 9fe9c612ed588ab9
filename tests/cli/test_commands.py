"""The list of commands agrees with the commands, and a page of help loads none of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from chainrule.cli import commands
from chainrule.cli.app import app
from chainrule.cli.commands import COMMANDS, FormulaCommand, loaded


def ran(*words, **environment):
    """Run Python in a process of its own."""
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "100", **environment},
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_what_the_command_says_of_itself(name):
    first, *_ = (loaded(name).help or "").split("\n\n")
    assert COMMANDS[name].summary == " ".join(first.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_what_may_begin_with_a_minus_is_a_formula(name):
    command = loaded(name)
    takes = any(option.metavar == "FORMULA" for option in command.params)
    # `descend` reads the name of a test function in the same place.
    assert isinstance(command, FormulaCommand) is (takes or name == "descend")
    assert isinstance(command, FormulaCommand) is COMMANDS[name].takes_formula


def test_every_module_with_an_answer_is_listed():
    files = Path(commands.__file__).parent.glob("*.py")
    assert set(COMMANDS) == {file.stem for file in files if ") -> Answer:" in file.read_text()}


def test_help_loads_neither_numpy_nor_a_command():
    script = (
        "import json, sys; from chainrule.cli import main; main(['--help']); "
        "print(json.dumps(sorted(sys.modules)))"
    )
    modules = set(json.loads(ran("-c", script).stdout.splitlines()[-1]))
    assert "chainrule.cli.commands" in modules
    assert not {"numpy", "chainrule.language", "chainrule.engine"} & modules
    assert not {f"chainrule.cli.{name}" for name in COMMANDS} & modules


def test_help_shows_what_it_shows_of_loaded_commands():
    whole = get_command(app)
    for name in COMMANDS:
        whole.commands[name] = loaded(name)
    context = whole.make_context("chainrule", [], resilient_parsing=True)
    shown = ran("-m", "chainrule", "--help").stdout
    for name, command in whole.commands.items():
        assert name in whole.list_commands(context)
        first, *_ = command.help.split("\n\n")
        for word in first.split():
            assert word in shown


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("chainrule de", {"descend", "demo"}),
        ("chainrule eval --d", {"--data", "--debug", "--decimal"}),
        ("chainrule fit --targ", {"--target"}),
    ],
)
def test_shells_complete_commands_and_their_options(words, expected):
    found = ran(
        "-m",
        "chainrule",
        _CHAINRULE_COMPLETE="complete_bash",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split()) - 1),
    )
    assert expected == set(found.stdout.split()), found.stderr


def test_a_misspelt_command_is_told_the_one_meant():
    found = ran("-m", "chainrule", "evl")
    assert found.returncode == 2
    assert "eval" in found.stderr
