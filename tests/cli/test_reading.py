"""Every command with data reads a file as it is written, when it is told how."""

import inspect

import pytest

from chainrule.cli.commands import COMMANDS, loaded
from chainrule.cli.reading import OPTIONS, Reading
from chainrule.tables import read_sheet

TEXT = "Report\nx;y\nm;kg\n# first half\n1.000,5;2\n?;3\n2.000,5;4\n3.000,5;6\n"
SETTINGS = ["--decimal", ",", "--thousands", ".", "--comment", "#", "--skip", "1,3-3"]
DROPPED = ["--na", "?", "--missing", "drop"]


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "told.csv"
    path.write_text(TEXT)
    return path


def commands_with_data():
    """List the commands that take a file with data, by their parameters."""
    return [
        name
        for name in COMMANDS
        if any(item.name in ("data", "DATA") for item in loaded(name).params)
    ]


ARGUMENTS = {
    "eval": ["sum(x) + 0*sum(y)", "--data"],
    "diff": ["mean(m*x - y)", "m", "--at", "m=2", "--data"],
    "check": ["mean(m*x - y)", "m", "--at", "m=2", "--data"],
    "explain": ["mean(m*x - y)", "m", "--at", "m=2", "--data"],
    "draw": ["mean(m*x - y)", "--wrt", "m", "--at", "m=2", "--data"],
    "fit": ["--target", "y"],
    "sweep": ["--target", "y", "--rates", "1e-8", "--epochs", "2"],
    "descend": ["mean((m*x - y)**2)", "--start", "m=0", "--rate", "1e-8", "--data"],
}


def test_every_command_with_data_is_tried_here():
    assert {*ARGUMENTS, "predict"} == set(commands_with_data())


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_options_are_those_of_the_reader(name, run, data):
    ran = run(name, *ARGUMENTS[name], data, *SETTINGS, *DROPPED, "--json")
    assert 0 == ran.code, ran.err
    assert "warning: dropped 1 of 4 rows that lack a number." in ran.err
    ran = run(name, *ARGUMENTS[name], data, *SETTINGS, "--na", "?")
    assert 2 == ran.code
    assert "row 1, column 'x': null" in ran.err or "row 1" in ran.err


def test_a_model_predicts_from_such_a_file(run, data, tmp_path):
    model = tmp_path / "model.json"
    fitted = run("fit", data, "--target", "y", *SETTINGS, *DROPPED, "--out", model)
    assert 0 == fitted.code, fitted.err
    ran = run("predict", model, data, *SETTINGS, *DROPPED, "--json")
    assert [2, 4, 6] == pytest.approx(ran.document["predictions"])


def test_a_column_of_numbers_is_not_left_out_in_silence(run, tmp_path):
    path = tmp_path / "holes.csv"
    path.write_text("x,w,y\n1,1,2\n?,2,3\n2.5,4,5\n")
    ran = run("fit", path, "--target", "y")
    assert 2 == ran.code
    assert "column 'x' of holes.csv holds numbers, but row 1" in ran.err
    assert "--na '?'" in ran.err
    assert 0 == run("fit", path, "--target", "y", "--features", "w").code


def test_the_settings_are_those_of_python():
    settings = [*inspect.signature(read_sheet).parameters][1:]
    assert [*settings, "missing"] == list(Reading._fields) == [item.name for item in OPTIONS]


def test_a_setting_that_means_nothing_is_told_in_words(run, data):
    ran = run("eval", "sum(x)", "--data", data, "--skip", "two")
    assert 2 == ran.code
    assert "skip: 'two' is neither" in ran.err
