"""How a fit begins, is saved as it goes, and is watched where it diverges."""

from __future__ import annotations

import numpy as np
import pytest
from tests.optimize.test_checkpoint import Killed

from chainrule import Checkpoint, LinearRegression, load_model
from chainrule.errors import FileFormatError, SettingError, UnknownVariable, ValueTypeError

NUMBERS = np.random.default_rng(11)
MATRIX = NUMBERS.normal(size=(60, 2)) * [1.0, 20.0] + [3.0, -50.0]
TARGET = MATRIX @ [2.0, -0.5] + 3 + 0.1 * NUMBERS.normal(size=60)
START = {"m0": 1.0, "m1": -2.0, "yint": 30.0}


class TestStart:
    @pytest.mark.parametrize(
        "settings",
        [
            {"n_epochs": 3, "learning_rate": 1e-5},
            {"n_epochs": 3, "learning_rate": 1e-2, "standardize": True},
            {"n_epochs": 3},
            {"method": "bfgs"},
            {"method": "adam", "n_epochs": 3, "standardize": True},
            {"n_epochs": 2, "learning_rate": 1e-5, "batch_size": 7},
            {"n_epochs": 2, "learning_rate": 1e-6, "reduction": "sum"},
        ],
    )
    def test_is_in_the_units_of_the_data(self, settings):
        model = LinearRegression(start=START, **settings).fit(MATRIX, TARGET)
        begun = model.history[0]
        assert pytest.approx(START, rel=1e-9) == begun.parameters
        residuals = MATRIX @ [1.0, -2.0] + 30 - TARGET
        share = 1 if settings.get("reduction") == "sum" else 1 / 60
        assert pytest.approx(share * residuals @ residuals, rel=1e-9) == begun.loss

    def test_what_is_left_out_is_0(self):
        model = LinearRegression(2, 1e-5, start={"yint": 5}).fit(MATRIX, TARGET)
        assert {"m0": 0.0, "m1": 0.0, "yint": 5.0} == model.history[0].parameters

    def test_does_not_matter_in_the_end(self):
        near = LinearRegression(start=START).fit(MATRIX, TARGET)
        far = LinearRegression().fit(MATRIX, TARGET)
        assert pytest.approx(far.mx, rel=1e-10) == near.mx

    def test_is_kept_with_the_model(self, tmp_path):
        LinearRegression(start=START).fit(MATRIX, TARGET).save(tmp_path / "model.json")
        assert START == load_model(tmp_path / "model.json").start

    @pytest.mark.parametrize(
        ("start", "error", "words"),
        [
            ({"m2": 1.0}, UnknownVariable, "no parameter 'm2'"),
            ({"slope": 1.0}, UnknownVariable, "The parameters: 'm0', 'm1', 'yint'"),
            ([1.0, 2.0, 3.0], ValueTypeError, "start must be a mapping"),
            ({"m0": float("nan")}, SettingError, "start: m0 is nan"),
            ({"m0": "one"}, ValueTypeError, "'m0'"),
        ],
    )
    def test_what_is_none_is_refused(self, start, error, words):
        with pytest.raises(error) as caught:
            LinearRegression(start=start).fit(MATRIX, TARGET)
        assert words in str(caught.value)


RUNS = {
    "plain": {"n_epochs": 40, "learning_rate": 1e-5},
    "standardized": {"n_epochs": 400, "learning_rate": 0.1, "standardize": True},
    "momentum": {"n_epochs": 60, "learning_rate": 1e-5, "method": "momentum"},
    "batches": {"n_epochs": 30, "learning_rate": 1e-5, "batch_size": 8, "random_state": 5},
    "solver": {"method": "l-bfgs"},
    "left to itself": {},
}


class TestCheckpoint:
    @pytest.mark.parametrize("name", [*RUNS])
    @pytest.mark.parametrize("epoch", [1, 4, 19])
    def test_killed_at_any_epoch_and_run_again_it_ends_alike(self, name, epoch, tmp_path):
        def kill(record):
            if record.epoch == epoch:
                raise Killed

        whole = LinearRegression(**RUNS[name]).fit(MATRIX, TARGET)
        place = Checkpoint(tmp_path / "fit.json", every_epochs=1)
        model = LinearRegression(**RUNS[name])
        try:
            model.fit(MATRIX, TARGET, callback=kill, checkpoint=place)
        except Killed:
            model.fit(MATRIX, TARGET, checkpoint=place)
        assert np.array_equal(whole.coef_, model.coef_)
        assert whole.intercept_ == model.intercept_
        assert np.array_equal(whole.history.loss, model.history.loss)
        assert np.array_equal(whole.history.parameters, model.history.parameters)
        assert whole.outcome_ == model.outcome_

    def test_one_that_has_ended_begins_anew(self, tmp_path):
        path = tmp_path / "fit.json"
        first = LinearRegression(20, 1e-5).fit(MATRIX, TARGET, checkpoint=path)
        again = LinearRegression(30, 1e-5).fit(MATRIX, TARGET, checkpoint=path)
        assert (20, 30) == (len(first.history), len(again.history))

    def test_other_data_and_other_settings_are_refused(self, tmp_path):
        path = tmp_path / "fit.json"

        def kill(record):
            if record.epoch == 3:
                raise Killed

        with pytest.raises(Killed):
            LinearRegression(20, 1e-5).fit(
                MATRIX, TARGET, callback=kill, checkpoint=Checkpoint(path, every_epochs=1)
            )
        with pytest.raises(FileFormatError, match="the data are not those"):
            LinearRegression(20, 1e-5).fit(MATRIX, TARGET + 1, checkpoint=path)
        with pytest.raises(FileFormatError, match="it is of another loss"):
            LinearRegression(20, 1e-5).fit(MATRIX[:, :1], TARGET, checkpoint=path)
        for settings, word in (((30, 1e-5), "plan"), ((20, 1e-6), "rates")):
            with pytest.raises(SettingError, match=f"another {word}"):
                LinearRegression(*settings).fit(MATRIX, TARGET, checkpoint=path)
        with pytest.raises(SettingError, match="another method"):
            LinearRegression(20, 1e-5, method="momentum").fit(MATRIX, TARGET, checkpoint=path)
        with pytest.raises(SettingError, match="there is no folder"):
            LinearRegression(20).fit(MATRIX, TARGET, checkpoint=tmp_path / "none" / "fit.json")


@pytest.mark.parametrize("method", ["gradient descent", "momentum", "adam"])
def test_a_fit_that_diverges_is_watched_to_its_last_epoch_on_request(method):
    rate = 1e3 if method == "adam" else 1.0
    settings = {"method": method, "on_divergence": "continue"}
    model = LinearRegression(300, rate, **settings).fit(MATRIX, TARGET)
    assert 300 == len(model.history)
    if method != "adam":
        assert model.outcome_.diverged
        assert not np.isfinite(model.history.final.loss)
        assert model.outcome_.loss == model.history.loss[0]
        assert {**model.mx, "yint": model.yint} == model.history[0].parameters
