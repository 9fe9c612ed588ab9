"""The same fit at several learning rates: which converge, oscillate, diverge."""

import numpy as np
import pytest

from chainrule.draw.curves import loss_curve
from chainrule.errors import DataError
from chainrule.models import LinearRegression, SettingError, learning_rate_study

NUMBERS = np.random.default_rng(6)
MATRIX = NUMBERS.normal(size=(40, 2)) * [1.0, 4.0]
TARGET = MATRIX @ [2.0, -1.0] + 3 + NUMBERS.normal(size=40)


def study(**settings):
    stable = LinearRegression(**settings).largest_stable_rate(MATRIX, TARGET)
    rates = [0.3 * stable, 0.9 * stable, 1.2 * stable]
    return learning_rate_study(LinearRegression(400, **settings), MATRIX, TARGET, rates)


@pytest.mark.parametrize("settings", [{}, {"standardize": True}, {"reduction": "sum"}])
def test_the_largest_stable_rate_divides_those_that_end_from_those_that_do_not(settings):
    found = study(**settings)
    behaviours = [run.behaviour for run in found.runs]
    assert ["converging", "oscillating", "diverging"] == behaviours
    assert ["finished", "finished", "diverged"] == [run.outcome.status for run in found.runs]
    limit = found.runs[2].outcome.largest_stable_rate
    assert pytest.approx(limit, rel=1e-12) == found.largest_stable_rate


def test_beyond_half_of_it_steps_overshoot_in_the_steepest_direction():
    for run in study().runs[:2]:
        slopes = run.history.parameters[:40, 1]
        turns = np.count_nonzero(np.diff(np.sign(np.diff(slopes))))
        assert (turns > 20) == (run.behaviour == "oscillating")


def test_its_curves_are_drawn_in_one_call():
    found = study()
    axes = loss_curve(found.losses, ax=pytest.importorskip("matplotlib.figure").Figure().subplots())
    labels = [line.get_label() for line in axes.get_lines()]
    assert [f"{run.rate:g}" for run in found.runs] == labels
    assert [401, 401] == [len(loss) for loss in found.losses.values()][:2]


def test_prints_as_a_table():
    found = study()
    lines = str(found).splitlines()
    assert 1 + 3 + 1 == len(lines)
    assert f"{found.largest_stable_rate:.6g}" in lines[-1]


def test_leaves_the_model_as_it_is():
    model = LinearRegression(5, 0.1)
    learning_rate_study(model, MATRIX, TARGET, [0.01])
    assert (0.1, False) == (model.learning_rate, hasattr(model, "coef_"))


def test_refuses_no_rates_and_bad_ones():
    with pytest.raises(DataError, match="no rates to study"):
        learning_rate_study(LinearRegression(5), MATRIX, TARGET, [])
    with pytest.raises(SettingError, match="not -1"):
        learning_rate_study(LinearRegression(5), MATRIX, TARGET, [-1])
