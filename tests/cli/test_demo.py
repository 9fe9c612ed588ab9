"""The demo: what it writes, what it claims, and that it fails when the claim is false."""

import os
import sys

import numpy as np
import pytest
from matplotlib.image import imread

from chainrule.models import load_model
from chainrule.tables import load_penguins


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """One run for people, in a process of its own, and what it left."""
    import subprocess
    from pathlib import Path

    folder = tmp_path_factory.mktemp("demo")
    process = subprocess.run(
        [Path(sys.executable).with_name("chainrule"), "demo"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    return process, folder / "demo-output"


def test_it_ends_well_without_a_terminal(ran):
    process, _ = ran
    assert (0, "") == (process.returncode, process.stderr)
    assert "\x1b" not in process.stdout


def test_it_names_the_source_and_the_licence_of_the_data(ran):
    for words in ("333 Palmer penguins", "PLoS ONE 9(3): e90081", "CC0 1.0", "66 held out"):
        assert words.replace("66", "67") in ran[0].stdout


def test_it_shows_the_loss_as_an_expression_and_a_derivative_of_it(ran):
    assert "mean((body_mass_g - (m0*bill_length_mm + " in ran[0].stdout
    assert "by m2" in ran[0].stdout
    assert "*flipper_length_mm)" in ran[0].stdout


def test_it_says_that_both_answers_agree(ran):
    assert "They agree to 4 digits" in ran[0].stdout


def test_it_writes_a_picture_and_a_model(ran):
    _, folder = ran
    assert ["model.json", "mse.png"] == sorted(path.name for path in folder.iterdir())
    picture = imread(folder / "mse.png")
    assert (630, 1050) == picture.shape[:2]
    # The curves' blue and vermillion, and paper around them.
    for colour in ((0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00), (0xFF, 0xFF, 0xFF)):
        apart = np.abs(picture[..., :3] * 255 - np.array(colour)).max(axis=2)
        assert (apart < 3).sum() > 100


class TestNumbers:
    @pytest.fixture
    def document(self, run, tmp_path):
        ran = run("demo", "--out", tmp_path / "new" / "folder", "--json")
        assert (0, "") == (ran.code, ran.err)
        return ran.document

    def test_the_answers_are_least_squares_of_some_266_rows(self, document):
        answers = document["answers"]
        assert document["agrees"]
        assert 9 + 1 == len(answers)
        for name, pair in answers.items():
            assert pair["least_squares"] == pytest.approx(pair["descent"], rel=5e-5), name
        assert 266 + 67 == document["training_rows"] + document["held_out_rows"]

    def test_the_file_predicts_what_was_shown(self, document):
        model = load_model(document["files"]["model"])
        table = load_penguins()
        features = table.select([name for name in table.names if name != "body_mass_g"])
        expected = model.predict(features)
        for bird in document["predictions"]:
            assert expected[bird["row"]] == pytest.approx(bird["predicted"], rel=1e-12)
            assert table["body_mass_g"][bird["row"]] == bird["observed"]
        residuals = table["body_mass_g"] - expected
        counts = document["training_rows"], document["held_out_rows"]
        errors = [document["answers"][name]["descent"] for name in ("mse_training", "mse_held_out")]
        assert np.average(errors, weights=counts) == pytest.approx(np.mean(residuals**2))

    def test_the_gradient_is_that_of_the_loss(self, document):
        gradient = document["gradient"]
        assert gradient["at_start"] == pytest.approx(gradient["at_start_by_differences"], rel=1e-8)
        table, mass = load_penguins(), "body_mass_g"
        whole = -2 * np.mean(table[mass] * table["flipper_length_mm"])
        assert whole == pytest.approx(gradient["at_start"], rel=0.05)

    def test_the_loss_falls(self, document):
        losses = list(document["loss"].values())
        assert sorted(losses, reverse=True) == losses


def test_it_ends_with_1_when_the_answers_differ(run, tmp_path, monkeypatch):
    monkeypatch.setattr("chainrule.cli.demo.EPOCHS", 200)
    ran = run("demo", "--out", tmp_path)
    assert 1 == ran.code
    assert "They do NOT agree to 4 digits" in ran.out


def test_a_folder_that_cannot_be_made_is_said_in_words(run, tmp_path):
    (tmp_path / "taken").write_text("")
    ran = run("demo", "--out", tmp_path / "taken")
    assert (2, "") == ran[:2]
    assert "taken: File exists" in ran.err


def test_without_matplotlib_the_extra_is_named(run, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    ran = run("demo", "--out", tmp_path)
    assert (3, "") == ran[:2]
    assert 'pip install "chainrule[plot]"' in ran.err
