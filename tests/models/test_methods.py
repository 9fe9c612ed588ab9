"""Linear regression by other methods than plain gradient descent: batches, schedules, solvers."""

import copy
import pickle

import numpy as np
import pytest

from chainrule import LinearRegression, load_model
from chainrule.errors import SettingError, ValueTypeError
from chainrule.models import DivergenceWarning, learning_rate_study
from chainrule.optimize.methods import gradient_descent, momentum
from chainrule.optimize.methods.transforms import chain, clip_by_norm
from chainrule.optimize.schedules import LambdaLR, StepLR
from chainrule.optimize.solvers import solver_named

NUMBERS = np.random.default_rng(5)
MATRIX = NUMBERS.normal(size=(40, 2)) * [1.0, 3.0] + [0.0, 2.0]
TARGET = MATRIX @ [2.0, -1.0] + 3 + 0.1 * NUMBERS.normal(size=40)
LEAST = np.linalg.lstsq(np.column_stack([MATRIX, np.ones(40)]), TARGET, rcond=None)[0]


def fitted(*arguments, **settings):
    return LinearRegression(*arguments, **settings).fit(MATRIX, TARGET)


def found(model):
    return [*model.coef_, model.intercept_]


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "newton"},
        {"method": "l-bfgs", "reduction": "sum", "random_state": 3},
        {"method": "levenberg-marquardt", "standardize": True},
        {"method": "momentum", "standardize": True},
        {"method": "adam", "learning_rate": 0.1, "n_epochs": 1500},
        {"learning_rate": "auto", "standardize": True},
        {"learning_rate": StepLR(0.05, step_size=1000, gamma=0.5), "n_epochs": 2000},
    ],
)
def test_every_way_down_leads_to_least_squares(settings):
    model = fitted(**settings)
    assert pytest.approx(LEAST, rel=1e-4) == found(model)
    assert model.outcome_.status in ("converged", "finished")
    assert model.n_iter_ == len(model.history)
    # The history is in the data's units, and counted from the start.
    residuals = TARGET - model.predict(MATRIX)
    squares = residuals @ residuals / (1 if settings.get("reduction") == "sum" else 40)
    assert pytest.approx(squares) == model.history.final.loss


@pytest.mark.parametrize("standardize", [False, True])
def test_a_method_without_its_options_steps_as_the_plain_descent_does(standardize):
    settings = {"n_epochs": 20, "learning_rate": 0.05, "standardize": standardize}
    plain = fitted(**settings)
    # Clipping at what no gradient reaches changes nothing but the way through the code.
    other = fitted(**settings, method=chain(clip_by_norm(1e9), gradient_descent()))
    assert pytest.approx(plain.history.parameters, rel=1e-12) == other.history.parameters
    assert pytest.approx(plain.history.loss, rel=1e-12) == other.history.loss
    assert pytest.approx(plain.history.gradient_norm, rel=1e-12) == other.history.gradient_norm
    assert plain.outcome_.message == other.outcome_.message


def test_batches_are_shuffled_by_the_random_state():
    first, same, other = (
        fitted(5, 0.01, batch_size=8, random_state=seed).history.parameters for seed in (1, 1, 2)
    )
    assert np.array_equal(first, same)
    assert not np.array_equal(first[1:] - first[0], other[1:] - other[0])
    again = LinearRegression().fit(MATRIX, TARGET, 5, 0.01, method="sgd", batch_size=8)
    assert (5, 3) == again.history.parameters.shape


def test_a_batch_of_all_rows_is_no_batch():
    whole = fitted(10, 0.02, batch_size=40).history.parameters
    assert pytest.approx(fitted(10, 0.02).history.parameters, rel=1e-12) == whole


def test_a_schedule_sets_the_rate_of_each_epoch():
    model = fitted(3, StepLR(0.04, step_size=2, gamma=0.5))
    assert 0.02 == model.learning_rate_
    assert np.isnan(fitted(method="newton").learning_rate_)


def test_divergence_is_warned_of_and_keeps_the_best():
    model = LinearRegression(200, 5.0, method="momentum")
    with pytest.warns(DivergenceWarning, match="the fit by momentum diverged at epoch"):
        model.fit(MATRIX, TARGET)
    assert model.outcome_.loss == np.nanmin(model.history.loss)
    assert [0.0, 0.0, 0.0] == found(model)
    with pytest.warns(DivergenceWarning, match="too large to be squared"):
        LinearRegression(9, 0.1, method="adam").fit([[1.0], [2.0]], [1e200, -1e200])
    # In whitened coordinates, where there is nothing to square that is too large.
    steady = LinearRegression(method="adam").fit([[1.0], [2.0]], [1e200, -1e200])
    assert steady.coef_ == pytest.approx([-2e200], rel=1e-6)


def test_a_callback_is_told_of_each_epoch_of_the_history_and_may_end_it():
    told = []
    model = LinearRegression(9, method="adam")
    model.fit(MATRIX, TARGET, callback=lambda epoch: told.append(epoch) or epoch.epoch == 3)
    assert list(model.history) == told
    assert ("stopped", 4) == (model.outcome_.status, model.n_iter_)
    told.clear()
    model.fit(MATRIX, TARGET, callback=told.append)
    assert list(model.history) == told
    assert 9 == len(told)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"method": "adm"}, "no method is called 'adm'. Did you mean 'adam'"),
        ({"method": "newton", "learning_rate": 0.1}, "learning_rate is for methods that step"),
        ({"method": "newton", "batch_size": 4}, "batch_size is for methods that step"),
        ({"batch_size": 41}, "batch_size is 41, but there are 40 rows"),
        ({"batch_size": 0}, "batch_size must be a whole number"),
        ({"batch_size": 4, "reduction": "sum"}, "batch_size=4 goes with reduction='mean'"),
        ({"method": "adam", "learning_rate": "auto"}, "no curvature bounds its rate"),
    ],
)
def test_what_cannot_be_done_is_said(settings, words):
    with pytest.raises(SettingError) as caught:
        fitted(**settings)
    assert words in str(caught.value)


def test_a_rate_in_words_is_refused():
    with pytest.raises(ValueTypeError, match="a number, a schedule or 'auto', not 'fast'"):
        fitted(learning_rate="fast")


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "newton"},
        {"method": chain(clip_by_norm(1.0), momentum()), "learning_rate": StepLR(0.1, 3)},
        {"batch_size": 8, "learning_rate": "auto"},
    ],
)
def test_a_saved_model_keeps_its_method(settings, tmp_path):
    model = fitted(5, **settings)
    model.save(tmp_path / "model.json")
    loaded = load_model(tmp_path / "model.json")
    assert repr(model) == repr(loaded)
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "model.json").read_bytes() == (tmp_path / "again.json").read_bytes()
    assert np.array_equal(loaded.predict(MATRIX), model.predict(MATRIX))


def test_a_model_with_a_method_of_its_own_can_be_copied():
    for method in (momentum(0.5), solver_named("newton")):
        model = LinearRegression(method=method)
        assert repr(model) == repr(copy.deepcopy(model)) == repr(pickle.loads(pickle.dumps(model)))


def test_code_of_ones_own_is_not_saved(tmp_path):
    model = fitted(3, LambdaLR(0.01, lambda epoch: 1 / (1 + epoch)))
    with pytest.raises(SettingError):
        model.save(tmp_path / "model.json")


@pytest.mark.parametrize("standardize", [False, True])
def test_the_report_tells_of_the_models_own_coordinates(standardize):
    model = LinearRegression(standardize=standardize)
    report = model.learning_rate_report(MATRIX, TARGET)
    assert pytest.approx(model.largest_stable_rate(MATRIX, TARGET)) == report.stable_limit
    assert ["m0", "m1", "yint"] == list(report.at)


def test_a_study_of_rates_tells_other_methods_by_their_losses():
    study = learning_rate_study(LinearRegression(60, method="momentum"), MATRIX, TARGET, [1e-4, 1])
    assert ["converging", "diverging"] == [run.behaviour for run in study.runs]
    assert "of gradient descent on all rows" in str(study)
