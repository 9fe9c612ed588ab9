"""The scripts in examples/ learn what they say, from real data."""

import runpy
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    ("script", "n_epochs", "least_accuracy", "most_loss"),
    [
        ("logistic_regression", 40, 0.94, 0.0933),
        ("softmax_regression", 6, 0.93, 0.36),
        ("two_layers", 6, 0.95, 0.14),
    ],
)
def test_an_example_learns_from_its_rows_what_holds_for_others(
    script, n_epochs, least_accuracy, most_loss, tmp_path, capsys
):
    train = runpy.run_path(str(EXAMPLES / f"{script}.py"))["train"]
    accuracy, trace = train(n_epochs=n_epochs, out=tmp_path)
    told = capsys.readouterr().out
    assert accuracy >= least_accuracy
    assert n_epochs == trace.final.epoch
    assert trace.final.loss <= most_loss
    assert np.all(np.diff(trace.loss[:4]) < 0)
    assert "agrees with differences of the loss" in told
    assert f"{accuracy:.3f}" in told
    assert (tmp_path / f"{script}.svg").read_text().startswith("<svg")


def test_every_example_is_told_of_and_tested():
    scripts = {path.stem for path in EXAMPLES.glob("*.py")}
    page = (EXAMPLES / "README.md").read_text()
    assert scripts == {"logistic_regression", "softmax_regression", "two_layers"}
    assert all(f"({script}.py)" in page for script in scripts)
