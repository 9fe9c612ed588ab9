"""The command as a shell sees it: streams, colours, signals, encodings, what is not installed."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import chainrule
from chainrule.cli import main
from chainrule.cli.app import app

COMMANDS = ["eval", "diff", "check", "fit", "predict", "demo"]
ENTRY = Path(sys.executable).with_name("chainrule")


class TestHelp:
    def test_the_version_is_the_package_s(self, shell):
        assert (0, f"chainrule {chainrule.__version__}\n", "") == shell("--version")

    def test_it_is_a_module_too(self, tmp_path):
        ran = subprocess.run(
            [sys.executable, "-m", "chainrule", "eval", "2*3"],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
        )
        assert "6.0\n" == ran.stdout

    @pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
    def test_help_lists_every_command_and_exit_code(self, run, arguments):
        ran = run(*arguments)
        assert (0, "") == (ran.code, ran.err)
        for word in (*COMMANDS, "Examples:", "Exit codes", "130", "--version", "NaN"):
            assert word in ran.out

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_command_has_examples_and_the_common_options(self, command):
        ran = CliRunner().invoke(app, [command, "--help"])
        assert 0 == ran.exit_code
        for word in (f"  chainrule {command}", "--json", "--debug"):
            assert word in ran.output

    def test_examples_in_help_keep_to_their_lines(self, run):
        lines = [line.strip() for line in run("eval", "--help").out.splitlines()]
        assert 'chainrule eval "sin((x + y)*z)" --at x=1 --at y=2 --at z=3' in lines


class TestStreams:
    def test_diagnostics_go_to_stderr_and_the_answer_to_stdout(self, shell):
        ran = shell("eval", "x", "--at", "x=1,y=2")
        assert (0, "1.0\n") == ran[:2]
        assert "warning: x has no variable 'y'. Its variables: x.\n" == ran.err

    def test_an_error_with_json_is_json_too(self, shell):
        ran = shell("eval", "x", "--json")
        assert 2 == ran.code
        assert {"kind", "message", "code"} == json.loads(ran.out)["error"].keys()
        assert "error: no value for 'x'" in ran.err

    def test_debug_shows_the_traceback(self, capsys):
        assert 2 == main(["eval", "x", "--debug"])
        assert "Traceback" in capsys.readouterr().err

    def test_a_name_that_the_encoding_lacks_is_escaped(self, shell):
        ran = shell("diff", "ß*2 + α", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
        assert (0, "\\xdf    2\n\\u03b1  1\n") == ran[:2] or (0, "\\xdf  2\n\\u03b1  1\n") == ran[
            :2
        ]

    def test_a_reader_that_leaves_is_no_error(self, tmp_path):
        rows = tmp_path / "rows.csv"
        rows.write_text("x\n" + "1.5\n" * 200_000)
        with subprocess.Popen(
            [ENTRY, "eval", "x", "--data", rows], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert b"1.5\n" == process.stdout.readline()
            process.stdout.close()
            assert b"" == process.stderr.read()
        assert 141 == process.returncode

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
    def test_a_full_disk_is_said_in_words(self):
        with Path("/dev/full").open("w") as full:
            ran = subprocess.run(
                [ENTRY, "eval", "2"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        assert 2 == ran.returncode
        assert ran.stderr.startswith("error: ")
        assert "Traceback" not in ran.stderr


class TestColours:
    def on_a_terminal(self, *arguments, **environment):
        """Run with a terminal for stdout and stderr; give what it was sent."""
        ours, theirs = pty.openpty()
        plain = {name: os.environ[name] for name in os.environ if name != "NO_COLOR"}
        process = subprocess.Popen(
            [ENTRY, *arguments],
            stdout=theirs,
            stderr=theirs,
            env={**plain, "TERM": "xterm-256color", **environment},
        )
        os.close(theirs)
        found = b""
        try:
            while chunk := os.read(ours, 4096):
                found += chunk
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        process.wait()
        return found.decode()

    def test_a_terminal_gets_colours(self):
        assert "\x1b[" in self.on_a_terminal("diff", "x*y")
        assert "\x1b[" in self.on_a_terminal("eval", "x")

    @pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
    def test_unless_it_asks_for_none(self, environment):
        for arguments in (["diff", "x*y"], ["eval", "x"]):
            assert "\x1b[3" not in self.on_a_terminal(*arguments, **environment)

    def test_a_pipe_gets_none(self, shell):
        for arguments in (["diff", "x*y"], ["eval", "x"], ["--help"], ["eval", "--bogus"]):
            ran = shell(*arguments)
            assert "\x1b" not in ran.out + ran.err


class TestSignals:
    def test_an_interrupt_ends_with_130_and_a_word(self, run, monkeypatch):
        def interrupted(text):
            raise KeyboardInterrupt

        monkeypatch.setattr("chainrule.cli.eval.parse", interrupted)
        assert (130, "", "interrupted\n") == run("eval", "x")


class TestTrouble:
    @pytest.mark.parametrize(
        ("error", "code", "words"),
        [
            (ZeroDivisionError("by nothing"), 70, "ZeroDivisionError inside chainrule: by nothing"),
            (MemoryError(), 2, "not enough memory"),
            (PermissionError(13, "Permission denied", "f.csv"), 2, "f.csv: Permission denied"),
            (BrokenPipeError(), 141, ""),
        ],
    )
    def test_what_nobody_foresaw_has_words_and_a_code_too(
        self, capfd, monkeypatch, error, code, words
    ):
        def failing(text):
            raise error

        kept = os.dup(1)  # after a broken pipe nothing more is written to stdout
        monkeypatch.setattr("chainrule.cli.eval.parse", failing)
        assert code == main(["eval", "x"])
        os.dup2(kept, 1)
        os.close(kept)
        out, err = capfd.readouterr()
        assert "" == out
        assert words in err
        assert "Traceback" not in err


class TestMissingPackages:
    @pytest.mark.parametrize("package", ["typer", "rich"])
    def test_the_extra_is_named_in_one_line(self, package):
        hidden = f"import sys; sys.modules[{package!r}] = None; import chainrule.cli as c; "
        ran = subprocess.run(
            [sys.executable, "-c", hidden + "sys.exit(c.main(['eval', '2']))"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (3, "") == (ran.returncode, ran.stdout)
        expected = (
            f"error: the command line needs {package}, which is not installed: "
            'pip install "chainrule[cli]"\n'
        )
        assert expected == ran.stderr


@pytest.fixture
def empty_folder(monkeypatch, tmp_path):
    """What junk may name is not there."""
    monkeypatch.chdir(tmp_path)


junk = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            *COMMANDS,
            "x",
            "x*y",
            "-x",
            "--",
            "--at",
            "x=1",
            "x=[1,2]",
            "--json",
            "--wrt",
            "--help",
            "--data",
            "--order",
            "2",
            "--symbolic",
            "--version",
            "--epochs",
            "--target",
            "--rate",
            "--out",
            "--test-fraction",
            "1e400",
            "=",
            "`",
            "\\",
        ]
    ),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(arguments=st.lists(junk, max_size=7), command=st.sampled_from(COMMANDS[:-1]))
def test_no_arguments_whatever_lead_to_a_traceback(capsys, empty_folder, arguments, command):
    code = main([command, *arguments])
    err = capsys.readouterr().err
    assert "Traceback" not in err or "--debug" in arguments
    assert code in (0, 1, 2)
    if code == 2 and "--json" not in arguments:
        assert err.startswith(("error: ", "warning: "))
