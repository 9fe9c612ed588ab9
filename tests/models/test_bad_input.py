"""What bad input gets: a class of error, and words that help."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from chainrule import LinearRegression
from chainrule.errors import (
    ChainRuleError,
    DataError,
    DataTypeError,
    NotFitted,
    ShapeError,
    ValueTypeError,
)
from chainrule.models import DivergenceWarning, SettingError

GOOD = pd.DataFrame({"width": [1.0, 2.0, 4.0, 5.0], "height": [3.0, 1.0, 0.0, 2.0]})
MASS = pd.Series([1.0, 2.0, 3.0, 5.0], name="mass")


def fit(table=GOOD, target=MASS, *arguments, **settings):
    return LinearRegression(**settings).fit(table, target, *arguments)


def changed(column, row, value):
    table = GOOD.astype(object) if isinstance(value, str) else GOOD.copy()
    table.loc[row, column] = value
    return table


# What is asked, the class of the error (and a builtin that it is), and words in its message.
TABLE = {
    "no rows": (lambda: fit(GOOD[:0], MASS[:0]), DataError, ValueError, ["0 sample(s)"]),
    "no columns": (lambda: fit(GOOD[[]]), DataError, ValueError, ["0 feature(s)"]),
    "no target": (lambda: fit(target=None), DataError, ValueError, ["the target y is None"]),
    "no table": (lambda: fit(None), DataTypeError, TypeError, ["X is of type NoneType"]),
    "NaN in X": (
        lambda: fit(changed("height", 2, np.nan)), DataError, ValueError,
        ["X contains NaN", "row 2", "'height'"],
    ),
    "infinity in X": (
        lambda: fit(changed("width", 3, np.inf)), DataError, ValueError,
        ["X contains infinity", "row 3", "'width'"],
    ),
    "null in X": (
        lambda: fit(pl.DataFrame({"width": [1.0, None], "height": [1.0, 2.0]}), [1, 2]),
        DataError, ValueError, ["null", "row 1", "'width'"],
    ),
    "NaN in y": (
        lambda: fit(target=[1.0, np.nan, 3.0, 4.0]), DataError, ValueError,
        ["y contains NaN", "row 1"],
    ),
    "infinity in y": (
        lambda: fit(target=[1.0, 2.0, -np.inf, 4.0]), DataError, ValueError,
        ["y contains infinity", "row 2", "-infinity"],
    ),
    "text in X": (
        lambda: fit(changed("height", 1, "tall")), DataTypeError, TypeError,
        ["'height'", "row 1", "'tall'", "Columns that are numbers: 'width'"],
    ),
    "text in y": (
        lambda: fit(target=["a", "b", "c", "d"]), DataTypeError, TypeError, ["y", "'a'"],
    ),
    "one column as X": (
        lambda: fit(GOOD["width"]), ShapeError, ValueError, ["Expected 2D array", "reshape(-1, 1)"],
    ),
    "two columns as y": (
        lambda: fit(target=GOOD), ShapeError, ValueError, ["1d array", "(4, 2)"],
    ),
    "other numbers of rows": (
        lambda: fit(target=[1.0, 2.0]), DataError, ValueError, ["X has 4 rows, y has 2"],
    ),
    "a column twice": (
        lambda: fit(GOOD[["width", "width"]]), DataError, ValueError, ["duplicate", "'width'"],
    ),
    "X by both names": (
        lambda: LinearRegression().fit(GOOD, MASS, X_fit=GOOD), ValueTypeError, TypeError,
        ["both X and X_fit"],
    ),
    "a negative rate": (
        lambda: fit(GOOD, MASS, 10, -0.1), SettingError, ValueError,
        ["learning_rate must be positive and finite, not -0.1"],
    ),
    "a rate of zero": (
        lambda: fit(learning_rate=0), SettingError, ValueError, ["positive", "not 0"],
    ),
    "a rate of NaN": (
        lambda: fit(GOOD, MASS, 10, np.nan), SettingError, ValueError, ["not nan"],
    ),
    "an infinite rate": (
        lambda: fit(GOOD, MASS, 10, np.inf), SettingError, ValueError, ["finite, not inf"],
    ),
    "a rate that is true": (
        lambda: fit(GOOD, MASS, 10, True), ValueTypeError, TypeError, ["a number, not True"],
    ),
    "a rate that is text": (
        lambda: fit(learning_rate="0.1"), ValueTypeError, TypeError, ["'auto', not '0.1'"],
    ),
    "no epochs": (
        lambda: fit(GOOD, MASS, 0, 0.1), SettingError, ValueError,
        ["n_epochs must be a whole number from 1, not 0"],
    ),
    "less than no epochs": (
        lambda: fit(n_epochs=-5), SettingError, ValueError, ["from 1, not -5"],
    ),
    "half an epoch": (
        lambda: fit(GOOD, MASS, 2.5, 0.1), SettingError, ValueError,
        ["whole number from 1, not 2.5"],
    ),
    "epochs of NaN": (
        lambda: fit(GOOD, MASS, np.nan, 0.1), SettingError, ValueError, ["whole number", "nan"],
    ),
    "epochs that are true": (
        lambda: fit(GOOD, MASS, True, 0.1), ValueTypeError, TypeError, ["not True"],
    ),
    "epochs that are text": (
        lambda: fit(GOOD, MASS, "ten", 0.1), ValueTypeError, TypeError, ["not 'ten'"],
    ),
    "an unknown reduction": (
        lambda: fit(reduction="men"), SettingError, ValueError,
        ["reduction must be 'mean' or 'sum', not 'men'", "Did you mean 'mean'?"],
    ),
    "standardize that is no truth value": (
        lambda: fit(standardize="no"), SettingError, ValueError, ["True or False, not 'no'"],
    ),
    "an unknown answer to divergence": (
        lambda: fit(on_divergence="cry"), SettingError, ValueError, ["'ignore' or 'continue'"],
    ),
    "a seed that is text": (
        lambda: fit(random_state="lucky"), ValueTypeError, TypeError, ["'lucky'"],
    ),
    "a seed that is negative": (
        lambda: fit(random_state=-1), SettingError, ValueError, ["cannot be negative: -1"],
    ),
    "an unknown setting": (
        lambda: LinearRegression().set_params(n_epoch=3), SettingError, ValueError,
        ["no setting 'n_epoch'", "Did you mean 'n_epochs'?"],
    ),
    "predict before fit": (
        lambda: LinearRegression().predict(GOOD), NotFitted, ValueError,
        ["LinearRegression has not been fitted", "Call fit(X, y)"],
    ),
    "score before fit": (
        lambda: LinearRegression().score(GOOD, MASS), NotFitted, AttributeError,
        ["not been fitted"],
    ),
    "slopes before fit": (
        lambda: LinearRegression().mx, NotFitted, AttributeError, ["not been fitted"],
    ),
    "history before fit": (
        lambda: LinearRegression().history, NotFitted, AttributeError, ["not been fitted"],
    ),
    "predict with a column missing": (
        lambda: fit().predict(GOOD[["width"]]), DataError, ValueError,
        ["seen at fit time, yet now missing", "- height"],
    ),
    "predict with a column misspelt": (
        lambda: fit().predict(GOOD.rename(columns={"width": "widht"})), DataError, ValueError,
        ["unseen at fit time", "- widht", "- width", "Did you mean 'widht'?"],
    ),
    "predict with a column too many": (
        lambda: fit().predict(GOOD.assign(depth=1.0)), DataError, ValueError,
        ["unseen at fit time", "- depth", "X[['width', 'height']]"],
    ),
    "predict with columns in another order": (
        lambda: fit().predict(GOOD[["height", "width"]]), DataError, ValueError,
        ["in the same order as they were in fit", "X[['width', 'height']]"],
    ),
    "predict with other numbers of columns": (
        lambda: fit().predict(np.ones((2, 5))), DataError, ValueError,
        ["X has 5 features", "expecting 2 features"],
    ),
    "predict with NaN": (
        lambda: fit().predict(changed("width", 0, np.nan)), DataError, ValueError,
        ["row 0", "'width'"],
    ),
    "predict with one row as a list": (
        lambda: fit().predict([1.0, 2.0]), ShapeError, ValueError, ["reshape(1, -1)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_is_refused_in_words(case):
    ask, error, builtin, words = TABLE[case]
    with pytest.raises(error) as caught:
        ask()
    assert isinstance(caught.value, builtin)
    assert isinstance(caught.value, ChainRuleError)
    for word in words:
        assert word in str(caught.value)


def test_a_rate_so_large_that_it_diverges_is_warned_of():
    with pytest.warns(DivergenceWarning) as caught:
        model = fit(GOOD, MASS, 100, 5.0)
    for word in ("diverged at epoch", "The largest stable rate is", "Kept are the best parameters"):
        assert word in str(caught[0].message)
    assert model.outcome_.diverged


def test_settings_are_stored_untouched_and_checked_only_by_fit():
    settings = {"n_epochs": -1, "learning_rate": "x", "reduction": 3, "on_divergence": None}
    model = LinearRegression(**settings)
    assert settings == {name: model.get_params()[name] for name in settings}


def test_a_whole_number_of_epochs_may_be_written_as_a_float():
    assert 1000 == len(fit(GOOD, MASS, 1e3, 0.01).history)


def test_a_refused_fit_leaves_what_was_learned_before():
    model = fit()
    before = model.mx
    with pytest.raises(DataError):
        model.fit(GOOD, [1.0, 2.0])
    assert before == model.mx
