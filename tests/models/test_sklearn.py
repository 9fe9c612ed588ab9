"""The model answers scikit-learn's protocol, and needs no scikit-learn for it."""

import subprocess
import sys
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_regressor
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.linear_model import LinearRegression as Peer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted

from chainrule import LinearRegression
from chainrule.errors import NotFitted

NUMBERS = np.random.default_rng(8)
MATRIX = NUMBERS.normal(size=(80, 3)) * [1, 10, 100]
TARGET = MATRIX @ [1.0, 0.2, 0.03] + NUMBERS.normal(size=80)


with warnings.catch_warnings():
    # The checks say that our base class is not theirs, and go on.
    warnings.filterwarnings("ignore", message="Estimator .* does not inherit from")
    every_check = parametrize_with_checks(
        [
            LinearRegression(),
            LinearRegression(500, standardize=True),
            LinearRegression(reduction="sum"),
        ]
    )


@every_check
def test_passes_every_check_of_scikit_learn(estimator, check):
    check(estimator)


def test_agrees_with_scikit_learn_s():
    ours, theirs = LinearRegression().fit(MATRIX, TARGET), Peer().fit(MATRIX, TARGET)
    assert np.allclose(theirs.coef_, ours.coef_, rtol=1e-12)
    assert pytest.approx(theirs.intercept_, rel=1e-12) == ours.intercept_
    assert pytest.approx(theirs.score(MATRIX, TARGET), rel=1e-12) == ours.score(MATRIX, TARGET)


def test_works_in_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), LinearRegression(300, 0.3))
    pipeline.fit(MATRIX, TARGET)
    assert np.allclose(Peer().fit(MATRIX, TARGET).predict(MATRIX), pipeline.predict(MATRIX))
    assert "LinearRegression" in pipeline._repr_html_()
    assert "LinearRegression(n_epochs=300, learning_rate=0.3)" in repr(pipeline)


def test_is_searched_over_and_cross_validated():
    search = GridSearchCV(
        LinearRegression(50, standardize=True), {"learning_rate": [0.001, 0.3]}, cv=3
    )
    search.fit(MATRIX, TARGET)
    assert {"learning_rate": 0.3} == search.best_params_
    ours = cross_val_score(LinearRegression(), MATRIX, TARGET, cv=4)
    assert np.allclose(cross_val_score(Peer(), MATRIX, TARGET, cv=4), ours)


def test_is_cloned_unfitted_with_its_settings_untouched():
    generator = np.random.RandomState(0)
    model = LinearRegression(n_epochs=-5, learning_rate="fast", random_state=7)
    copy = clone(model.set_params(standardize=1))
    assert model.get_params() == copy.get_params()
    assert generator is LinearRegression(random_state=generator).random_state
    with pytest.raises(NotFitted):
        copy.predict(MATRIX)


def test_goes_through_joblib(tmp_path):
    model = LinearRegression().fit(MATRIX, TARGET)
    joblib.dump(model, tmp_path / "model")
    back = joblib.load(tmp_path / "model")
    assert np.array_equal(model.predict(MATRIX), back.predict(MATRIX))
    models = joblib.Parallel(n_jobs=2, prefer="threads")(
        joblib.delayed(LinearRegression().fit)(MATRIX, TARGET) for _ in range(4)
    )
    assert [model.mx] * 4 == [one.mx for one in models]


def test_tells_what_it_is_and_whether_it_is_fitted():
    model = LinearRegression()
    assert is_regressor(model)
    with pytest.raises(NotFittedError):
        check_is_fitted(model)
    check_is_fitted(model.fit(MATRIX, TARGET))


def test_before_fit_it_raises_an_error_of_both_libraries():
    with pytest.raises(NotFittedError) as caught:
        LinearRegression().predict(MATRIX)
    assert isinstance(caught.value, NotFitted)


def test_a_target_with_a_second_axis_is_warned_of_in_scikit_learn_s_class():
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed"):
        model = LinearRegression().fit(MATRIX, TARGET[:, np.newaxis])
    assert LinearRegression().fit(MATRIX, TARGET).mx == model.mx
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a frame of one column says itself that it is a column
        LinearRegression().fit(MATRIX, pd.DataFrame({"mass": TARGET}))


ALONE = """
import sys, warnings
import chainrule
from chainrule import LinearRegression
model = LinearRegression()
assert "LinearRegression(n_epochs=3)" == repr(model.set_params(n_epochs=3))
try:
    model.mx
except chainrule.errors.NotFitted as error:
    assert "Call fit(X, y) first" in str(error)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model.fit([[1.0], [2.0]], [[1.0], [2.0]]).predict([[3.0]])
assert "DataConversionWarning" == caught[0].category.__name__
assert not {"sklearn", "pandas", "scipy", "rich"} & set(sys.modules), sorted(sys.modules)
"""


def test_needs_no_scikit_learn():
    subprocess.run([sys.executable, "-c", ALONE], check=True)
