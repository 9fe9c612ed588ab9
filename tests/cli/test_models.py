"""`fit` and `predict`: from a file to a saved model, and from the model back to numbers."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from chainrule.models import LinearRegression
from chainrule.tables import load_penguins, read_table, write_table

ENTRY = Path(sys.executable).with_name("chainrule")


@pytest.fixture
def line(tmp_path):
    """A table of y = 3*x - 2*w + 5, without noise."""
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=40), rng.normal(size=40)
    path = tmp_path / "line.csv"
    write_table(path, {"x": x, "w": w, "kind": ["a", "b"] * 20, "y": 3 * x - 2 * w + 5})
    return path


class TestFit:
    def test_slopes_and_intercept_come_in_the_data_s_units(self, run, line):
        ran = run("fit", line, "--target", "y", "--epochs", 2000, "--rate", 0.1, "--json")
        found = ran.document
        assert (0, "finished", 2000) == (ran.code, found["outcome"], found["epochs"])
        assert {"x": 3.0, "w": -2.0} == pytest.approx(found["slopes"])
        assert 5.0 == pytest.approx(found["intercept"])
        assert {"rows": 40, "mse": 0.0, "r2": 1.0} == pytest.approx(found["training"])
        assert found["held_out"] is None
        assert "warning: left out, for they are not numbers: 'kind'.\n" == ran.err

    def test_without_a_rate_it_converges_whatever_the_scale(self, run, tmp_path):
        path = tmp_path / "wide.csv"
        x = np.linspace(0, 1, 30)
        write_table(path, {"large": 1e6 * x, "small": 1e-3 * x**2, "y": 7 + x})
        found = run("fit", path, "--target", "y", "--json").document
        assert "converged" == found["outcome"]
        assert {"large": 1e-6, "small": 0.0} == pytest.approx(found["slopes"], abs=1e-9)

    def test_the_answer_is_that_of_least_squares_with_standardised_features(self, run, tmp_path):
        path = tmp_path / "penguins.parquet"
        table = load_penguins()
        write_table(path, table)
        options = ["--target", "body_mass_g", "--epochs", 1000, "--rate", 0.2, "--standardize"]
        found = run("fit", path, *options, "--json").document
        names = [name for name in table.names if name != "body_mass_g"]
        matrix = np.column_stack([table.select(names).matrix(), np.ones(table.n_rows)])
        exact = np.linalg.lstsq(matrix, table["body_mass_g"], rcond=None)[0]
        learned = [*found["slopes"].values(), found["intercept"]]
        assert exact == pytest.approx(np.array(learned), rel=1e-5)

    def test_people_get_tables(self, run, line):
        ran = run("fit", line, "--target", "y", "--features", "x,w", "--test-fraction", 0.25)
        assert (0, "") == (ran.code, ran.err)
        words = [row.split() for row in ran.out.splitlines()]
        for row in (["x", "3"], ["w", "-2"], ["intercept", "5"]):
            assert row in words
        assert ["rows", "number", "MSE", "R²"] in words
        assert ["30", "10"] == [row[-3] for row in words if row[:1] in (["training"], ["held"])]

    def test_features_are_those_named_in_their_order(self, run, line):
        ran = run("fit", line, "--target", "y", "--features", "w", "--features", "x,w", "--json")
        assert ["w", "x"] == list(ran.document["slopes"])
        assert "" == ran.err

    def test_held_out_rows_are_drawn_by_the_seed(self, run, line):
        def held(seed):
            options = ["--features", "x", "--test-fraction", 0.2, "--seed", seed, "--json"]
            return run("fit", line, "--target", "y", *options).document

        one = held(1)
        assert (32, 8) == (one["training"]["rows"], one["held_out"]["rows"])
        assert one == held(1)
        assert one["slopes"] != held(2)["slopes"]

    def test_the_curve_is_drawn(self, run, line):
        picture = line.with_name("mse.png")
        options = ["--test-fraction", 0.2, "--epochs", 30, "--rate", 0.1, "--plot", picture]
        ran = run("fit", line, "--target", "y", *options)
        assert f"plot written to {picture}\n" in ran.out
        assert imread(picture).std() > 0.01

    def test_a_constant_target_has_no_r2(self, run, tmp_path):
        path = tmp_path / "flat.csv"
        write_table(path, {"x": [1.0, 2.0, 3.0], "y": [4.0, 4.0, 4.0]})
        assert run("fit", path, "--target", "y", "--json").document["training"]["r2"] is None
        assert " -" in run("fit", path, "--target", "y").out


class TestDivergence:
    def test_it_ends_with_1_names_a_stable_rate_and_writes_no_model(self, run, houses):
        model, picture = houses.with_name("model.json"), houses.with_name("mse.png")
        options = ["--features", "size", "--epochs", 1000, "--rate", 0.01]
        ran = run("fit", houses, "--target", "price", *options, "--out", model, "--plot", picture)
        assert 1 == ran.code
        assert "the fit diverged at epoch" in ran.out
        assert "--standardize" in ran.out
        assert not model.exists()
        assert picture.exists()

    def test_the_rate_that_it_names_is_stable(self, run, houses):
        def fit(rate):
            options = ["--features", "size", "--epochs", 500, "--rate", rate, "--json"]
            return run("fit", houses, "--target", "price", *options)

        ran = fit(0.01)
        assert (1, "diverged", None) == (
            ran.code,
            ran.document["outcome"],
            ran.document["model"],
        )
        stable = ran.document["largest_stable_rate"]
        assert 0 == fit(0.99 * stable).code
        assert 1 == fit(1.05 * stable).code


class TestPredict:
    @pytest.mark.parametrize("suffix", [".csv", ".parquet"])
    def test_a_saved_model_predicts_as_the_fit_did(self, run, line, suffix):
        model, data = line.with_name("model.json"), line.with_name(f"new{suffix}")
        ran = run("fit", line, "--target", "y", "--features", "x,w", "--out", model, "--json")
        assert str(model) == ran.document["model"]
        write_table(data, {"other": [0.0, 0.0], "w": [1.0, 0.0], "x": [0.0, 2.0]})
        ran = run("predict", model, data, "--json")
        assert (0, "") == (ran.code, ran.err)
        assert [3.0, 11.0] == pytest.approx(ran.document["predictions"])
        assert "y" == ran.document["target"]
        plain = run("predict", model, data)
        assert ran.document["predictions"] == [float(word) for word in plain.out.split()]

    def test_predictions_are_written_beside_their_columns(self, run, line):
        model, out = line.with_name("model.json"), line.with_name("out.csv")
        run("fit", line, "--target", "y", "--features", "x,w", "--out", model)
        ran = run("predict", model, line, "--out", out)
        assert (0, f"40 predictions of y written to {out}\n", "") == ran
        written = read_table(out)
        assert ("x", "w", "predicted_y") == written.names
        np.testing.assert_allclose(read_table(line, ["y"])["y"], written["predicted_y"])

    def test_the_model_is_json_that_a_person_can_read(self, run, line):
        model = line.with_name("model.json")
        run("fit", line, "--target", "y", "--features", "x", "--out", model)
        assert "m0*x + yint" in model.read_text()
        assert isinstance(json.loads(model.read_text()), dict)

    @pytest.mark.parametrize(
        ("harm", "words"),
        [
            (lambda text: text[: len(text) // 2], ["model.json"]),
            (lambda text: "", ["model.json"]),
            (lambda text: "{}", ["model.json"]),
            (lambda text: "[" * 100_000, ["model.json"]),
            (lambda text: text.replace("m0*x", "m0*x*2"), ["model.json"]),
            (lambda text: text.replace("m0*x", "__import__('os')"), ["model.json"]),
        ],
    )
    def test_a_file_that_was_harmed_is_refused(self, run, line, harm, words):
        model = line.with_name("model.json")
        run("fit", line, "--target", "y", "--features", "x", "--out", model)
        model.write_text(harm(model.read_text()))
        ran = run("predict", model, line)
        assert (2, "") == ran[:2]
        assert ran.err.startswith("error: ")
        assert [] == [word for word in words if word not in ran.err]

    def test_tampered_numbers_are_refused(self, run, line):
        model = line.with_name("model.json")
        run("fit", line, "--target", "y", "--features", "x", "--out", model)
        document = json.loads(model.read_text())
        document["parameters"]["m0"] += 0.5
        model.write_text(json.dumps(document))
        assert (2, "") == run("predict", model, line)[:2]

    def test_a_model_without_names_takes_the_columns_in_their_order(self, run, tmp_path):
        model, data = tmp_path / "model.json", tmp_path / "new.csv"
        LinearRegression().fit([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [3.0, 2.0, 4.0]).save(model)
        write_table(data, {"p": [2.0], "q": [1.0]})
        assert [5.0] == pytest.approx(run("predict", model, data, "--json").document["predictions"])
        write_table(data, {"p": [2.0]})
        ran = run("predict", model, data)
        assert (2, "") == ran[:2]
        assert "2 columns without names, and new.csv has 1" in ran.err

    def test_other_columns_are_refused(self, run, line, houses):
        model = line.with_name("model.json")
        run("fit", line, "--target", "y", "--features", "x,w", "--out", model)
        ran = run("predict", model, houses)
        assert 2 == ran.code
        assert "houses.csv has no columns 'x', 'w'" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fit"], ["Missing argument", "DATA"]),
        (["fit", "{line}"], ["Missing option", "--target"]),
        (["fit", "{line}", "--target", "why"], ["no column 'why'", "'y'"]),
        (["fit", "{line}", "--target", "kind"], ["'kind'", "not of numbers"]),
        (["fit", "{line}", "--target", "y", "--features", "x,kind"], ["'kind'", "not of numbers"]),
        (["fit", "{line}", "--target", "y", "--features", "x,v"], ["no column 'v'"]),
        (["fit", "{line}", "--target", "y", "--features", "y"], ["target and a feature"]),
        (["fit", "{line}", "--target", "y", "--rate", "-0.1"], ["--rate -0.1", "--rate 0.01"]),
        (["fit", "{line}", "--target", "y", "--rate", "nan"], ["--rate nan"]),
        (["fit", "{line}", "--target", "y", "--rate", "fast"], ["--rate"]),
        (["fit", "{line}", "--target", "y", "--epochs", "0"], ["--epochs"]),
        (["fit", "{line}", "--target", "y", "--epochs", "2.5"], ["--epochs"]),
        (["fit", "{line}", "--target", "y", "--test-fraction", "1"], ["--test-fraction 1"]),
        (["fit", "{line}", "--target", "y", "--test-fraction", "0.001"], ["0 to test"]),
        (["fit", "{line}", "--target", "y", "--seed", "-1"], ["--seed"]),
        (["fit", "{line}", "--target", "y", "--out", "no/model.json"], ["no folder 'no'"]),
        (["fit", "{line}", "--target", "y", "--plot", "mse.doc"], ["'.doc'", "'.png'"]),
        (["fit", "nowhere.csv", "--target", "y"], ["no file 'nowhere.csv'"]),
        (["fit", "{gaps}", "--target", "y"], ["row 1", "'x'"]),
        (["fit", "{words}", "--target", "y"], ["no column of numbers besides 'y'"]),
        (["fit", "{empty}", "--target", "y"], ["empty.csv", "no rows"]),
        (["predict", "{line}", "{line}"], ["line.csv"]),
        (["predict", "nothing.json", "{line}"], ["nothing.json"]),
        (["predict", "{line}", "{line}", "--out", "no/out.csv"], ["no folder 'no'"]),
        (["predict", "."], ["Missing argument", "DATA"]),
        (["predict", ".", "{line}"], []),
    ],
)
def test_bad_input_is_refused_with_words(run, tmp_path, line, arguments, words):
    (tmp_path / "gaps.csv").write_text("x,y\n1,2\n,3\n")
    (tmp_path / "words.csv").write_text("town,y\nUlm,2\nBern,3\n")
    (tmp_path / "empty.csv").write_text("x,y\n")
    names = {path.stem: path for path in tmp_path.iterdir()}
    ran = run(*[argument.format(**names) for argument in arguments])
    assert (2, "") == ran[:2]
    assert "error: " in ran.err
    assert [] == [word for word in words if word not in ran.err]


def test_what_cannot_be_written_is_said_in_words(run, line):
    ran = run("fit", line, "--target", "y", "--features", "x", "--out", line.parent)
    assert (2, "") == ran[:2]
    assert str(line.parent) in ran.err


def test_an_interrupt_ends_a_long_fit_with_130_and_keeps_the_model(line):
    model = line.with_name("model.json")
    ours, theirs = pty.openpty()  # a terminal for stderr, so that progress tells when it has begun
    options = ["--features", "x", "--epochs", "1000000000", "--rate", "1e-9", "--out", model]
    process = subprocess.Popen(
        [ENTRY, "fit", line, "--target", "y", *options],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    seen = b""
    while not re.search(rb"loss \d", seen):
        seen += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=60)[0]
    os.close(ours)
    assert 130 == process.returncode
    assert b"Traceback" not in seen
    assert "interrupted" in out
    assert "m0*x + yint" in model.read_text()
