"""What a linear regression learns, step by step and in the end."""

import pickle
import threading

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.models.exact import learned, relative_error

from chainrule import LinearRegression
from chainrule.calculus.derivatives import gradient
from chainrule.errors import DataError, MissingExtra, NameClash, NotFitted
from chainrule.models import DivergenceWarning, Epoch
from chainrule.tables import load_penguins


def some_data(rows=60, columns=3, seed=1):
    numbers = np.random.default_rng(seed)
    matrix = numbers.normal(size=(rows, columns))
    return matrix, matrix @ np.arange(1.0, columns + 1) - 4 + numbers.normal(size=rows)


def by_hand(matrix, target, epochs, rate, start=None, *, summed=False):
    """Return the parameters and losses of gradient descent, written with NumPy alone."""
    design = np.column_stack([matrix, np.ones(len(matrix))])
    parameters = np.zeros(design.shape[1]) if start is None else start
    steps, losses = [parameters], []
    for _ in range(epochs):
        residual = design @ parameters - target
        share = 1 if summed else 1 / len(target)
        losses.append(share * residual @ residual)
        parameters = parameters - rate * share * 2 * design.T @ residual
        steps.append(parameters)
    return np.array(steps), np.array(losses)


class TestTheCoursesFit:
    def test_takes_epochs_and_rate_by_position_and_returns_the_model(self):
        matrix, target = some_data()
        model = LinearRegression()
        assert model is model.fit(matrix, target, 250, 0.05)
        assert 250 == len(model.history)
        assert 250 == model.n_iter_
        assert 0.05 == model.learning_rate_

    def test_takes_the_courses_argument_names(self):
        matrix, target = some_data()
        named = LinearRegression().fit(X_fit=matrix, y_fit=target, n_epochs=20, learning_rate=0.1)
        assert LinearRegression().fit(matrix, target, 20, 0.1).mx == named.mx

    def test_arguments_of_fit_go_before_those_of_the_constructor(self):
        matrix, target = some_data()
        model = LinearRegression(7, 0.5).fit(matrix, target, 20, 0.1)
        assert (20, 0.1) == (len(model.history), model.learning_rate_)
        assert (7, 0.5) == (model.n_epochs, model.learning_rate)

    @pytest.mark.parametrize("columns", [1, 2, 10])
    def test_slopes_are_a_dict_of_floats_and_the_intercept_is_a_float(self, columns):
        matrix, target = some_data(columns=columns)
        model = LinearRegression().fit(matrix, target, 100, 0.05)
        assert [f"m{place}" for place in range(columns)] == list(model.mx)
        assert {float} == {type(value) for value in [*model.mx.values(), model.yint]}

    def test_is_gradient_descent_step_by_step(self):
        matrix, target = some_data()
        steps, losses = by_hand(matrix, target, 50, 0.07)
        model = LinearRegression().fit(matrix, target, 50, 0.07)
        assert np.allclose(steps[:-1], model.history.parameters, rtol=1e-12, atol=1e-13)
        assert np.allclose(losses, model.history.loss, rtol=1e-12)
        assert np.allclose(steps[-1], learned(model), rtol=1e-12, atol=1e-13)

    def test_sums_over_rows_when_asked(self):
        matrix, target = some_data()
        steps, losses = by_hand(matrix, target, 30, 0.001, summed=True)
        model = LinearRegression(reduction="sum").fit(matrix, target, 30, 0.001)
        assert np.allclose(steps[-1], learned(model), rtol=1e-12)
        assert np.allclose(losses, model.history.loss, rtol=1e-12)

    def test_the_course_s_sum_diverges_where_the_mean_does_not(self):
        matrix, target = some_data(rows=150)
        assert not LinearRegression().fit(matrix, target, 200, 0.01).outcome_.diverged
        with pytest.warns(DivergenceWarning, match="diverged at epoch"):
            LinearRegression(reduction="sum").fit(matrix, target, 200, 0.01)

    def test_a_rate_alone_takes_a_thousand_epochs(self):
        assert 1000 == len(LinearRegression().fit(*some_data(), learning_rate=0.01).history)

    def test_epochs_alone_are_counted_exactly_and_lead_to_least_squares(self):
        matrix, target = some_data()
        model = LinearRegression(12).fit(matrix, target)
        assert 12 == len(model.history)
        assert "finished" == model.outcome_.status
        assert relative_error(model, matrix, target) < 1e-12

    def test_fitting_again_forgets_the_names_of_before(self):
        matrix, target = some_data(columns=1)
        model = LinearRegression().fit({"width": matrix[:, 0]}, target)
        model.fit(matrix, target)
        assert not hasattr(model, "feature_names_in_")


class TestExpressions:
    def test_the_prediction_is_a_formula_over_the_columns(self):
        penguins = load_penguins()
        table = penguins.select(["flipper_length_mm", "bill_depth_mm"])
        model = LinearRegression().fit(table, penguins["body_mass_g"])
        assert "m0*flipper_length_mm + m1*bill_depth_mm + yint" == str(model.prediction_expression)
        values = table.mapping() | model.parameters
        assert np.array_equal(model.prediction_expression.eval(values), model.predict(table))

    def test_the_loss_prints_and_differentiates_as_on_the_slide(self):
        model = LinearRegression().fit({"x": [1.0, 2.0, 4.0]}, pd.Series([2.0, 3.0, 7.0], name="y"))
        loss = model.loss_expression
        assert "mean((y - (m0*x + yint))**2)" == str(loss)
        assert "mean(-2*(y - (m0*x + yint))*x)" == str(loss.derivative("m0"))
        assert "mean(-2*(y - (m0*x + yint)))" == str(loss.derivative("yint"))

    def test_the_loss_of_a_sum_is_a_sum(self):
        model = LinearRegression(reduction="sum").fit([[1.0], [2.0]], [2.0, 3.0])
        assert "sum((y - (m0*x0 + yint))**2)" == str(model.loss_expression)

    def test_loss_and_gradient_of_the_history_are_those_of_the_expression(self):
        matrix, target = some_data()
        model = LinearRegression().fit(matrix, target, 5, 0.1)
        columns = {f"x{place}": column for place, column in enumerate(matrix.T)}
        for epoch in [*model.history, model.history.final]:
            values = {**columns, "y": target, **epoch.parameters}
            assert pytest.approx(epoch.loss, rel=1e-15) == model.loss_expression.eval(values)
            partials = gradient(model.loss_expression, values, list(epoch.parameters))
            norm = np.linalg.norm(list(partials.values()))
            assert pytest.approx(epoch.gradient_norm, rel=1e-14) == norm

    def test_columns_with_the_names_of_parameters_keep_them(self):
        matrix, target = some_data()
        names = ["m0", "yint", "price per m²"]
        table = dict(zip(names, matrix.T, strict=True))
        model = LinearRegression().fit(table, pd.Series(target, name="m0"))
        formula = str(model.prediction_expression)
        assert "m0__*m0 + m1*yint + m2*`price per m²` + yint_" == formula
        assert str(model.loss_expression).startswith("mean((m0_ - (m0__*m0")
        assert ["m0", "m1", "m2"] == list(model.mx)
        assert np.array_equal(
            LinearRegression().fit(matrix, target).predict(matrix), model.predict(table)
        )

    def test_parameters_and_columns_of_any_names_are_told_apart(self):
        matrix, target = some_data(columns=5)
        names = ["m1", "m0", "yint", "a b", ""]
        table = dict(zip(names, matrix.T, strict=True))
        model = LinearRegression().fit(table, pd.Series(target, name="yint"))
        slopes = LinearRegression().fit(matrix, target).mx
        assert slopes == model.mx
        assert ["m0_", "m1_", "m2", "m3", "m4", "yint__"] == list(model.parameters)
        assert [*slopes.values(), model.yint] == list(model.parameters.values())
        values = [pd.DataFrame(table).rename(columns={"": "x4"}), model.parameters]
        assert np.array_equal(model.predict(table), model.prediction_expression.eval(values))
        loss = model.loss_expression.eval([*values, {"yint_": target}])
        assert pytest.approx(model.history.final.loss, rel=1e-12) == loss
        with pytest.raises(NameClash, match="'m1' is in two of the tables"):
            model.prediction_expression.eval([*values, model.mx])

    def test_the_loss_is_one_expression_whatever_the_number_of_rows(self):
        few, many = (LinearRegression().fit(*some_data(rows=rows), 1, 0.1) for rows in (5, 5000))
        assert few.loss_expression is many.loss_expression


class TestHistory:
    def model(self):
        return LinearRegression().fit(*some_data(), 40, 0.1)

    def test_begins_at_the_start_and_ends_before_the_last_step(self):
        model = self.model()
        assert {"m0": 0.0, "m1": 0.0, "m2": 0.0, "yint": 0.0} == model.history[0].parameters
        assert 39 == model.history[-1].epoch
        assert 40 == model.history.final.epoch
        assert {**model.mx, "yint": model.yint} == model.history.final.parameters

    def test_comes_as_columns_for_any_dataframe(self):
        frame = pd.DataFrame(self.model().history.to_columns())
        assert ["epoch", "loss", "gradient_norm", "m0", "m1", "m2", "yint"] == list(frame.columns)
        assert list(range(40)) == list(frame["epoch"])
        assert frame["loss"].is_monotonic_decreasing

    def test_is_a_sequence_of_epochs(self):
        history = self.model().history
        assert history[3:5] == [history[3], history[4]]
        assert [*history][7] == history[7]
        assert isinstance(history[0], Epoch)
        with pytest.raises(IndexError):
            history[40]

    def test_cannot_be_changed_also_after_pickling(self):
        for history in (self.model().history, pickle.loads(pickle.dumps(self.model().history))):
            with pytest.raises(ValueError, match="read-only"):
                history.loss[0] = 0
            with pytest.raises(AttributeError, match="immutable"):
                history.names = ()

    def test_takes_eight_bytes_a_number(self):
        history = LinearRegression().fit(*some_data(rows=5), 10_000, 0.01).history
        numbers = history.loss.nbytes + history.gradient_norm.nbytes + history.parameters.nbytes
        assert 10_000 * 8 * (2 + 4) == numbers
        # Its trace knows the rate, the seconds and the number of each epoch besides.
        assert len(pickle.dumps(history)) < numbers + 10_000 * 8 * 3 + 2_000


class TestStandardizing:
    def test_converges_where_the_data_as_they_are_diverge(self):
        penguins = load_penguins()
        table = penguins.select([name for name in penguins.names if name != "body_mass_g"])
        target = penguins["body_mass_g"]
        model = LinearRegression(2000, 0.15, standardize=True).fit(table, target)
        assert relative_error(model, table.matrix(), target) < 1e-6
        with pytest.warns(DivergenceWarning):
            LinearRegression(2000, 0.15).fit(table, target)

    def test_gives_loss_and_parameters_in_the_data_s_own_units(self):
        matrix, target = some_data()
        matrix = matrix * [1e-3, 1.0, 1e4] + 100
        model = LinearRegression(20, 0.2, standardize=True).fit(matrix, 1e3 * target)
        for epoch in [model.history[0], model.history[10], model.history.final]:
            *slopes, intercept = epoch.parameters.values()
            residual = matrix @ slopes + intercept - 1e3 * target
            assert pytest.approx(epoch.loss, rel=1e-10) == np.mean(residual**2)

    def test_starts_at_the_mean_of_the_target(self):
        model = LinearRegression(1, 0.1, standardize=True).fit([[1.0], [2.0], [3.0]], [1, 5, 6])
        assert {"m0": 0.0, "yint": 4.0} == pytest.approx(model.history[0].parameters)

    def test_chooses_a_rate_for_epochs_alone(self):
        matrix, target = some_data()
        model = LinearRegression(500, standardize=True).fit(matrix * [1, 1e3, 1e-3], target)
        assert 0.2 < model.learning_rate_ < 0.5
        assert relative_error(model, matrix * [1, 1e3, 1e-3], target) < 1e-9


class TestRandomState:
    def starts(self, state):
        model = LinearRegression(1, 0.1, random_state=state).fit(*some_data())
        return list(model.history[0].parameters.values())

    def test_none_starts_from_zeros(self):
        assert [0.0] * 4 == self.starts(None)

    def test_a_seed_starts_from_the_same_numbers_each_time(self):
        assert self.starts(3) == self.starts(3)
        assert self.starts(3) != self.starts(4)
        assert list(np.random.default_rng(3).standard_normal(4)) == self.starts(3)

    def test_generators_old_and_new_are_drawn_from(self):
        assert self.starts(3) == self.starts(np.random.default_rng(3))
        old = np.random.RandomState(3)
        assert list(np.random.RandomState(3).standard_normal(4)) == self.starts(old)

    def test_the_start_does_not_matter_in_the_end(self):
        matrix, target = some_data()
        model = LinearRegression(random_state=5).fit(matrix, target)
        assert relative_error(model, matrix, target) < 1e-13


class TestCallbacks:
    def test_is_given_the_epochs_of_the_history(self):
        seen = []
        model = LinearRegression().fit(*some_data(), 6, 0.1, callback=seen.append)
        assert [0, 1, 2, 3, 4, 5] == [epoch.epoch for epoch in seen]
        assert [*model.history] == seen
        assert 6 == model.history.final.epoch == model.n_iter_

    @pytest.mark.parametrize("standardize", [False, True])
    def test_stops_the_fit_by_answering_true(self, standardize):
        model = LinearRegression(standardize=standardize)
        model.fit(*some_data(), 100, 0.1, callback=lambda epoch: epoch.epoch == 3)
        assert "stopped" == model.outcome_.status
        assert (4, 4) == (len(model.history), model.outcome_.epoch)
        assert {**model.mx, "yint": model.yint} == model.history.final.parameters

    def test_answers_other_than_true_do_not_stop_it(self):
        model = LinearRegression().fit(*some_data(), 9, 0.1, callback=lambda epoch: epoch)
        assert "finished" == model.outcome_.status

    def test_an_error_in_it_reaches_the_caller_and_leaves_the_model_as_it_was(self):
        model = LinearRegression()
        with pytest.raises(ZeroDivisionError):
            model.fit(*some_data(), 9, 0.1, callback=lambda epoch: 1 / 0)
        with pytest.raises(NotFitted):
            model.mx


class TestProgress:
    def test_shows_a_bar_on_stderr_and_changes_nothing(self, capsys):
        matrix, target = some_data()
        shown = LinearRegression().fit(matrix, target, 30, 0.1, progress=True)
        printed = capsys.readouterr()
        assert "30/30" in printed.err
        assert "" == printed.out
        assert LinearRegression().fit(matrix, target, 30, 0.1).mx == shown.mx

    def test_passes_epochs_on_to_the_callback(self, capsys):
        model = LinearRegression().fit(
            *some_data(), callback=lambda epoch: epoch.epoch == 1, progress=True
        )
        assert "stopped" == model.outcome_.status

    def test_without_rich_says_what_to_install(self, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "rich.console", None)
        with pytest.raises(MissingExtra, match=r'pip install "chainrule\[cli\]"'):
            LinearRegression().fit(*some_data(), 30, 0.1, progress=True)


TABLES = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "polars, lazy": pl.LazyFrame,
    "pyarrow": pa.table,
    "dict": dict,
    "array": lambda columns: np.column_stack(list(columns.values())),
    "lists": lambda columns: np.column_stack(list(columns.values())).tolist(),
}


class TestTables:
    @pytest.mark.parametrize("kind", TABLES)
    @pytest.mark.parametrize("arguments", [(), (50, 0.05)])
    def test_the_same_fit_from_every_kind_of_table(self, kind, arguments):
        matrix, target = some_data()
        columns = {"width": matrix[:, 0], "height": matrix[:, 1], "depth": matrix[:, 2]}
        model = LinearRegression().fit(TABLES[kind](columns), target, *arguments)
        assert LinearRegression().fit(matrix, target, *arguments).mx == model.mx
        assert matrix.shape[:1] == model.predict(TABLES[kind](columns)).shape
        named = kind not in ("array", "lists")
        assert named == hasattr(model, "feature_names_in_")

    def test_the_target_comes_as_a_series_of_any_library_and_gives_its_name(self):
        matrix, target = some_data()
        for series in (pd.Series(target, name="mass"), pl.Series("mass", target)):
            model = LinearRegression().fit(matrix, series)
            assert "mass" in model.loss_expression.variables

    def test_single_precision_is_fitted_in_double(self):
        matrix, target = some_data()
        single = matrix.astype(np.float32)
        model = LinearRegression().fit(single, target.astype(np.float32))
        assert relative_error(model, single, target.astype(np.float32)) < 1e-12
        assert np.float64 == model.predict(single).dtype

    def test_a_table_without_variation_predicts_the_mean(self):
        model = LinearRegression().fit(np.full((4, 2), 7.0), [1.0, 2.0, 3.0, 4.0])
        assert ({"m0": 0.0, "m1": 0.0}, 2.5) == (model.mx, model.yint)

    def test_eight_threads_fit_at_once(self):
        matrix, target = some_data()
        expected = LinearRegression().fit(matrix, target, 100, 0.05).mx
        found = []

        def work():
            found.extend(LinearRegression().fit(matrix, target, 100, 0.05).mx for _ in range(3))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [expected] * 24 == found


class TestScoreAndReport:
    def test_score_is_the_share_of_variance_explained(self):
        matrix, target = some_data()
        model = LinearRegression().fit(matrix, target)
        residual = target - model.predict(matrix)
        expected = 1 - residual.var() / target.var()
        assert pytest.approx(expected, rel=1e-12) == model.score(matrix, target)

    def test_score_of_a_constant_target_is_one_or_zero(self):
        model = LinearRegression().fit([[1.0], [2.0]], [3.0, 3.0])
        assert 1.0 == model.score([[5.0], [6.0]], [3.0, 3.0])
        assert 0.0 == model.score([[5.0], [6.0]], [4.0, 4.0])

    def test_score_checks_that_rows_fit(self):
        with pytest.raises(DataError, match="X has 2 rows, y has 3"):
            LinearRegression().fit([[1.0], [2.0]], [3.0, 4.0]).score([[1.0], [2.0]], [1, 2, 3])

    def test_summary_names_columns_errors_and_outcome(self):
        matrix, target = some_data()
        model = LinearRegression().fit(dict(zip("abc", matrix.T, strict=True)), target)
        text = str(model.summary())
        for column, slope in zip("abc", model.mx.values(), strict=True):
            assert f"{column}" in text
            assert f"{slope:.6g}" in text
        assert f"{model.yint:.6g}" in text
        assert f"{model.score(dict(zip('abc', matrix.T, strict=True)), target):.6g}" in text
        assert model.outcome_.message in text
        assert "<caption>Linear regression of y on 3 columns, 60 rows" in model._repr_html_()

    def test_names_in_html_are_escaped(self):
        model = LinearRegression().fit({"<script>": [1.0, 2.0]}, [1.0, 2.0])
        assert "<script>" not in model._repr_html_()

    def test_a_model_pickles_with_all_that_it_learned(self):
        matrix, target = some_data()
        model = LinearRegression(30, 0.1).fit(matrix, target)
        back = pickle.loads(pickle.dumps(model))
        assert np.array_equal(model.predict(matrix), back.predict(matrix))
        assert [*model.history] == [*back.history]
        assert model.loss_expression is back.loss_expression
