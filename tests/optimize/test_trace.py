"""What a run gives back: sequence, arrays, columns, words, file."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chainrule import Trace, expression, load_trace, matmul, mean, minimize
from chainrule import sum as total
from chainrule.errors import FileFormatError
from chainrule.optimize.saving.archive import write_document

x, w, y, loss = (expression(name) for name in ("x", "w", "y", "loss"))
START = {"w": np.array([[1.0, 2.0], [3.0, 4.0]]), "x": 5.0}


def run(**options) -> Trace:
    return minimize(total(w * w) + x**2, START, learning_rate=0.25, n_epochs=3, **options)


def test_it_is_a_sequence_of_entries_and_arrays_of_them() -> None:
    trace = run()
    assert len(trace) == 4
    assert [0, 1, 2, 3] == [entry.epoch for entry in trace]
    assert trace.parameters["w"].shape == (4, 2, 2)
    assert trace.parameters["x"].tolist() == [5.0, 2.5, 1.25, 0.625]
    np.testing.assert_array_equal(START["w"] / 4, trace[2].parameters["w"])
    assert trace[-1].loss == trace.final.loss == trace.loss[3]
    assert [1, 3] == [entry.epoch for entry in trace[1::2]]
    assert (np.diff(trace.seconds) > 0).all()
    with pytest.raises(IndexError):
        trace[4]


def test_its_arrays_cannot_be_written_to() -> None:
    trace = run()
    for values in (trace.loss, trace.path, trace.parameters["w"]):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1


def test_it_becomes_a_dataframe() -> None:
    frame = pd.DataFrame(run().to_columns())
    names = ["w[0, 0]", "w[0, 1]", "w[1, 0]", "w[1, 1]", "x"]
    assert ["epoch", "loss", "gradient_norm", "rate", "seconds", *names] == list(frame.columns)
    assert frame["x"].tolist() == [5.0, 2.5, 1.25, 0.625]


def test_a_parameter_called_loss_does_not_hide_the_loss() -> None:
    columns = minimize(loss**2 + 1, {"loss": 3.0}, n_epochs=2).to_columns()
    assert columns["loss"][0] == 10.0
    assert columns["loss (parameter)"][0] == 3.0


def test_it_says_how_it_went() -> None:
    trace = run()
    assert str(trace).startswith("gradient descent did 3 epochs. One step of Newton's method")
    assert repr(trace) == "<Trace gradient descent, finished after 3 epochs: loss 55 -> 0.859375>"
    shown = trace._repr_html_()
    assert "<svg" in shown
    assert "gradient_norm" in shown


@pytest.mark.parametrize("keep_path", [True, False])
def test_it_comes_back_from_a_file_to_the_bit(*, keep_path: bool, tmp_path: Path) -> None:
    data = {"x": [1.0, 2.0, 4.0]}
    trace = minimize(
        mean((x - y) ** 2),
        {"y": 0.0},
        data,
        "adam",
        n_epochs=5,
        keep_path=keep_path,
        validation=data,
    )
    trace.save(tmp_path / "run.json")
    for found in (load_trace(tmp_path / "run.json"), pickle.loads(pickle.dumps(trace))):
        for name in ("loss", "gradient_norm", "rate", "seconds", "kept", "path", "validation_loss"):
            np.testing.assert_array_equal(getattr(trace, name), getattr(found, name))
        assert (trace.shapes, str(trace)) == (found.shapes, str(found))
        assert found.best == trace.best


def test_a_file_that_is_no_trace_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    run().save(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FileFormatError, match=r"run\.json is refused: its end is missing"):
        load_trace(path)
    write_document(path, {"format": "chainrule trace", "version": 1, "shapes": {"x": ["1"]}})
    with pytest.raises(FileFormatError, match="refused"):
        load_trace(path)
    column = np.zeros(3)
    figures = dict.fromkeys(("loss", "gradient_norm", "rate", "seconds"), column)
    document = {"format": "chainrule trace", "version": 1, "shapes": {"x": [2]}, **figures}
    document |= {"kept": np.arange(3), "path": np.zeros((3, 2)), "validation_loss": None}
    document |= {"status": "finished", "method": "", "message": ""}
    write_document(path, document)
    assert len(load_trace(path)) == 3
    for change in (
        {"kept": np.array([0, 2, 1])},
        {"rate": np.zeros(2)},
        {"status": "well"},
        {"path": np.zeros((3, 1))},
        {"shapes": {"x": 2}},
        {"shapes": {"x": [-2]}},
        {"validation_loss": np.zeros(1)},
        {"message": 3},
    ):
        write_document(path, document | change)
        with pytest.raises(FileFormatError, match=r"run\.json is refused: (its|the shape)"):
            load_trace(path)


def test_many_parameters_stay_out_of_the_columns() -> None:
    wide = minimize(mean(matmul(w, w)), {"w": np.ones(1001)}, n_epochs=1, learning_rate=0.1)
    assert [*wide.to_columns()] == ["epoch", "loss", "gradient_norm", "rate", "seconds"]
