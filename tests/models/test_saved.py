"""A model on disk: readable, inert, and refused if anything in it is amiss."""

import json
import os
import stat
import warnings

import numpy as np
import pytest

from chainrule import LinearRegression, load_model, parse
from chainrule.errors import FileFormatError, NotFitted
from chainrule.models import DivergenceWarning
from chainrule.tables import load_penguins

PENGUINS = load_penguins()
TABLE = PENGUINS.select([name for name in PENGUINS.names if name != "body_mass_g"])
TARGET = PENGUINS.select(["body_mass_g"])


@pytest.fixture(scope="module")
def model():
    return LinearRegression(200, 0.1, standardize=True, random_state=3).fit(TABLE, TARGET)


@pytest.fixture
def file(model, tmp_path):
    path = tmp_path / "model.json"
    model.save(path)
    return path


class TestRoundTrip:
    def test_predicts_to_the_last_bit_what_the_saved_model_did(self, model, file):
        assert np.array_equal(model.predict(TABLE), load_model(file).predict(TABLE))

    def test_keeps_what_was_learned_and_how(self, model, file):
        loaded = load_model(file)
        assert model.get_params() == loaded.get_params()
        assert (model.mx, model.yint) == (loaded.mx, loaded.yint)
        assert (model.outcome_, model.n_iter_) == (loaded.outcome_, loaded.n_iter_)
        assert model.learning_rate_ == loaded.learning_rate_
        assert list(TABLE.names) == list(loaded.feature_names_in_)
        assert model.loss_expression is loaded.loss_expression
        assert str(model.summary()) == str(loaded.summary())

    def test_saves_again_to_the_same_bytes(self, file, tmp_path):
        load_model(file).save(tmp_path / "again.json")
        assert file.read_bytes() == (tmp_path / "again.json").read_bytes()

    def test_without_names_it_stays_without(self, tmp_path):
        LinearRegression().fit([[1.0, 2.0], [2.0, 5.0], [0.0, 1.0]], [3.0, 5.0, 1.0]).save(
            tmp_path / "model.json"
        )
        loaded = load_model(tmp_path / "model.json")
        assert not hasattr(loaded, "feature_names_in_")
        assert (1,) == loaded.predict([[4.0, 4.0]]).shape

    def test_names_of_any_kind_come_back(self, tmp_path):
        names = ["m0", "petal length (cm)", "größe `π`\n", "", "yint", "__class__"]
        columns = dict(zip(names, np.random.default_rng(0).normal(size=(6, 9)), strict=True))
        model = LinearRegression().fit(columns, np.arange(9.0))
        model.save(tmp_path / "model.json")
        loaded = load_model(tmp_path / "model.json")
        assert names == list(loaded.feature_names_in_)
        assert np.array_equal(model.predict(columns), loaded.predict(columns))

    def test_a_model_of_many_columns_is_written_whole(self, tmp_path):
        matrix = np.random.default_rng(0).normal(size=(20, 4000))
        model = LinearRegression().fit(matrix, matrix[:, 0])
        model.save(tmp_path / "model.json")
        assert np.array_equal(
            model.predict(matrix), load_model(tmp_path / "model.json").predict(matrix)
        )

    def test_a_model_that_diverged_has_its_best_parameters_saved(self, tmp_path):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DivergenceWarning)
            model = LinearRegression(9, 1e300, random_state=np.random.default_rng(1))
            model.fit(TABLE, TARGET)
        model.save(tmp_path / "model.json")
        loaded = load_model(tmp_path / "model.json")
        assert loaded.outcome_.diverged
        assert loaded.random_state is None

    def test_numbers_of_numpy_as_settings_are_saved(self, tmp_path):
        model = LinearRegression(np.int64(3), np.float64(0.1), random_state=np.int32(5))
        model.fit([[1.0], [2.0]], [1.0, 2.0]).save(tmp_path / "model.json")
        assert (3, 0.1, 5) == (
            (loaded := load_model(tmp_path / "model.json")).n_epochs,
            loaded.learning_rate,
            loaded.random_state,
        )

    def test_the_history_is_not_kept_and_it_says_so(self, file):
        with pytest.raises(NotFitted, match="a saved model holds no history"):
            load_model(file).history


class TestFile:
    def test_is_readable(self, model, file):
        document = json.loads(file.read_text(encoding="utf-8"))
        assert "chainrule model" == document["format"]
        assert str(model.prediction_expression) == document["formula"]
        assert model.parameters == document["parameters"]
        assert list(TABLE.names) == [column["name"] for column in document["columns"]]
        assert TABLE["year"].min() == document["columns"][-1]["least"]
        assert "body_mass_g" == document["target"]["name"]
        assert 333 == document["rows"]

    def test_check_values_are_predictions_of_the_formula(self, file):
        document = json.loads(file.read_text(encoding="utf-8"))
        formula = parse(document["formula"])
        for check in document["checks"]:
            values = dict(zip(TABLE.names, check["row"], strict=True)) | document["parameters"]
            assert check["prediction"] == formula.eval(values)

    def test_is_replaced_whole_or_not_at_all(self, model, file, monkeypatch):
        before = file.read_bytes()

        def fail(_):
            raise OSError("no space left")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="no space left"):
            model.save(file)
        assert before == file.read_bytes()
        assert [file] == list(file.parent.iterdir())

    def test_has_the_permissions_of_any_new_file(self, file):
        (file.parent / "other").write_text("")
        modes = {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
        assert 1 == len(modes)

    def test_what_a_link_points_to_is_replaced(self, model, file, tmp_path):
        link = tmp_path / "link.json"
        link.symlink_to(file)
        model.save(link)
        assert link.is_symlink()

    def test_a_model_that_is_not_fitted_is_not_saved(self, tmp_path):
        with pytest.raises(NotFitted, match="has not been fitted"):
            LinearRegression().save(tmp_path / "model.json")
        assert [] == list(tmp_path.iterdir())

    def test_a_file_that_is_not_there_is_an_os_error(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            load_model(tmp_path / "none.json")


def change(*path, to):
    """Return a change of a document: the entry at a path is replaced, or deleted for `del`."""

    def apply(document):
        owner = document
        for step in path[:-1]:
            owner = owner[step]
        if to is del_:
            del owner[path[-1]]
        else:
            owner[path[-1]] = to(owner[path[-1]]) if callable(to) else to
        return document

    return apply


def del_():
    pass


def swap_names(document):
    first, second = document["columns"][:2]
    first["name"], second["name"] = second["name"], first["name"]
    return document


AMISS = {
    "no object": (lambda _: [1, 2], "does not say that its format is"),
    "another format": (change("format", to="other"), "does not say that its format is"),
    "a newer version": (change("version", to=2), "version 2, and this chainrule reads version 1"),
    "a version that is true": (change("version", to=True), "of version True"),
    "another model": (change("model", to="Forest"), "holds a 'Forest'"),
    "no formula": (change("formula", to=del_), "it has no 'formula'"),
    "a formula that does not parse": (change("formula", to="m0*"), "its formula cannot be read"),
    "a hostile formula": (
        change("formula", to="__import__('os').system('true')"),
        "its formula cannot be read",
    ),
    "another formula": (
        change("formula", to=lambda text: text.replace("+", "-", 1)),
        "its columns make",
    ),
    "a slope changed": (change("parameters", "m2", to=lambda m: m * (1 + 1e-9)), "predict"),
    "an intercept changed": (change("parameters", "yint", to=lambda b: b + 0.001), "predict"),
    "a slope that is text": (change("parameters", "m0", to="12"), "'m0' is '12', which is no"),
    "a slope that is true": (change("parameters", "m0", to=True), "'m0' is True"),
    "a slope of many digits": (change("parameters", "m0", to=10**400), "no finite number"),
    "a slope missing": (change("parameters", "m0", to=del_), "not those of its formula: ['m0']"),
    "a slope too many": (change("parameters", to=lambda p: {**p, "m9": 1.0}), "['m9']"),
    "slopes as a list": (change("parameters", to=[1.0]), "'parameters' is [1.0], which is no dict"),
    "names of columns swapped": (swap_names, "its columns make"),
    "a column renamed": (change("columns", 0, "name", to="wingspan"), "its columns make"),
    "a column twice": (change("columns", 0, "name", to="year"), "two of one name"),
    "no columns": (change("columns", to=[]), "its columns are none"),
    "a column without a name": (change("columns", 0, to=3), "it has no 'name'"),
    "a reach that is text": (change("columns", 0, "most", to="far"), "'most' is 'far'"),
    "no check values": (change("checks", to=[]), "no check values"),
    "a check value changed": (change("checks", 1, "prediction", to=1.5), "for check 1"),
    "a check row cut": (change("checks", 1, "row", to=[1.0]), "check 1 has 1 values for 7"),
    "a check row of text": (change("checks", 0, "row", 0, to="x"), "'row' is 'x'"),
    "no rows": (change("rows", to=0), "fitted to 0 rows"),
    "an unknown outcome": (change("outcome", "status", to="great"), "'great'"),
    "an unknown reduction": (change("settings", "reduction", to="max"), "reduction must be"),
    "epochs that are text": (change("settings", "n_epochs", to="many"), "n_epochs must be"),
}


@pytest.mark.parametrize("case", AMISS)
def test_a_file_that_was_changed_is_refused(file, case):
    tamper, words = AMISS[case]
    document = tamper(json.loads(file.read_text(encoding="utf-8")))
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(FileFormatError) as caught:
        load_model(file)
    assert words in str(caught.value)
    assert "model.json" in str(caught.value)


RUINED = {
    "empty": (b"", "it is empty"),
    "no text": (b"\xff\xfe\x00", "not UTF-8"),
    "no JSON": (b"m0 = 5", "no whole JSON: Expecting value, in line 1, column 1"),
    "a number that is none": (b'{"format": NaN}', "NaN is no number"),
    "a name twice": (b'{"format": 1, "format": 2}', "a name stands twice"),
    "too deep": (b"[" * 200_000, "no JSON that a model would be saved as"),
    "too many digits": (b"1" * 5000, "no JSON that a model would be saved as"),
}


@pytest.mark.parametrize("case", RUINED)
def test_a_file_that_is_ruined_is_refused(tmp_path, case):
    content, words = RUINED[case]
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with pytest.raises(FileFormatError) as caught:
        load_model(path)
    assert words in str(caught.value)
    assert "Save it again" in str(caught.value)


def test_a_file_that_is_cut_short_anywhere_is_refused(file):
    content = file.read_bytes().rstrip()
    for length in range(0, len(content), 37):
        file.write_bytes(content[:length])
        with pytest.raises(FileFormatError, match=r"it is empty|no whole JSON"):
            load_model(file)


def test_parameters_moved_where_three_rows_cannot_see_are_refused(tmp_path):
    rng = np.random.default_rng(3)
    table = rng.normal(size=(40, 7))
    model = LinearRegression().fit(table, table @ np.arange(7.0) + 1)
    path = tmp_path / "model.json"
    model.save(path)
    document = json.loads(path.read_text(encoding="utf-8"))
    rows = np.array([[*check["row"], 1.0] for check in document["checks"]])
    unseen = np.linalg.svd(rows[:3])[2][-1]
    for name, change in zip(document["parameters"], unseen, strict=True):
        document["parameters"][name] += float(change)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(FileFormatError, match="predict"):
        load_model(path)
