"""What the tests of the command line share: to run it here, and to run it as a user does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from chainrule.cli import main


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def document(self):
        """What --json printed: exactly one value, on one line."""
        assert 1 == self.out.count("\n")
        return json.loads(self.out)


@pytest.fixture
def run(capsys):
    """Run a command in this process; every run ends without a traceback."""

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        ran = Ran(code, *capsys.readouterr())
        assert "Traceback" not in ran.err
        return ran

    return call


@pytest.fixture
def shell(tmp_path):
    """Run the installed command in a process of its own, in an empty folder."""
    entry = Path(sys.executable).with_name("chainrule")

    def call(*arguments, **environment):
        ran = subprocess.run(
            [entry, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "PYTHONWARNINGS": "error", **environment},
        )
        assert "Traceback" not in ran.stderr
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    return call


@pytest.fixture
def houses(tmp_path):
    """A table of three rows, one of its columns text."""
    path = tmp_path / "houses.csv"
    path.write_text("size,rooms,town,price\n50,2,Ulm,100\n80,3,Bern,161\n100,5,Ulm,199\n")
    return path
