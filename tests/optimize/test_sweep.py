"""The learning rate by experiment: several rates side by side, and a search for a good one."""

import numpy as np
import pytest

from chainrule import expression, find_rate, landscapes, mean, plot_rates, sweep
from chainrule.errors import SettingError

x, y, m, b = (expression(name) for name in "xymb")
DATA = {"x": np.linspace(-1, 1, 40), "y": np.linspace(-2, 4, 40)}
LOSS = mean((m * x + b - y) ** 2)
START = {"m": 0.0, "b": 0.0}


def test_each_rate_is_run_and_compared_at_each_number_of_epochs():
    found = sweep(LOSS, START, DATA, rates=[0.01, 0.1, 1.5], epochs=[10, 50])
    columns = found.to_columns()
    assert [0.01, 0.01, 0.1, 0.1, 1.5, 1.5] == columns["rate"]
    assert [10, 50] * 3 == columns["epochs"]
    assert columns["loss"][0] > columns["loss"][1] > columns["loss"][3]
    assert ["finished", "finished", "diverged"] == columns["status"][::2]
    assert 0.1 == found.best


def test_the_losses_are_those_of_the_runs_and_can_be_drawn():
    found = sweep(LOSS, START, DATA, rates=[0.1, 0.4], epochs=20)
    assert found.runs[0.1].loss[20] == found.loss(0.1, 20) == found.losses["0.1"][-1]
    pyplot = pytest.importorskip("matplotlib.figure")
    axes = plot_rates(found.losses, [5, 20], ax=pyplot.Figure().subplots())
    assert "Learning rate" == axes.get_xlabel()


def test_a_table_names_every_rate():
    lines = str(sweep(LOSS, START, DATA, rates=[0.01, 0.1], epochs=[1, 1_000])).splitlines()
    assert ["rate", "after", "1", "after", "1,000", "status"] == lines[0].split()
    assert 3 == len(lines)


def test_methods_and_options_are_those_of_minimize():
    found = sweep(LOSS, START, DATA, "adam", rates=[0.05], epochs=30, batch_size=8, random_state=1)
    assert "adam in batches of 8 rows" == found.runs[0.05].method


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rates": []}, "there are no rates"),
        ({"rates": [0.1], "epochs": []}, "no numbers of epochs"),
        ({"rates": [0.1, -1]}, "rate must be positive and finite, not -1"),
        ({"rates": [float("nan")]}, "rate must be positive"),
        ({"rates": [0.1], "epochs": 1.5}, "epochs must be a whole number"),
        ({"rates": [0.1], "epochs": [1.5]}, "epochs must be a whole number"),
        ({"rates": 0.1}, r"Say rates=\[0.01, 0.1\]"),
        ({"rates": [0.1], "n_epochs": 5}, "so not n_epochs="),
        ({"rates": [0.1], "learning_rate": 5}, "so not learning_rate="),
    ],
)
def test_what_is_no_rate_and_no_epoch_is_refused(options, words):
    with pytest.raises(SettingError, match=words):
        sweep(LOSS, START, DATA, **options)


def test_where_every_run_diverged_there_is_no_best_rate():
    found = sweep(x**2, {"x": 1.0}, rates=[2.0, 3.0], epochs=50)
    with pytest.raises(SettingError, match="every run diverged, the smallest rate 2 too"):
        _ = found.best


@pytest.mark.parametrize("method", ["gradient descent", "adam", "momentum"])
def test_the_suggested_rate_lowers_the_loss(method):
    found = find_rate(LOSS, START, DATA, method)
    run = sweep(LOSS, START, DATA, method, rates=[found.suggested], epochs=200)
    start = run.runs[found.suggested].loss[0]
    assert run.loss(found.suggested, 200) < 0.1 * start
    assert "try" in str(found)


def test_the_suggestion_is_below_the_rate_that_explodes():
    bowl = 5 * x**2 + y**2  # stable below 0.2
    found = find_rate(bowl, {"x": 1.0, "y": 1.0})
    assert 0.001 < found.suggested < 0.2
    assert found.rates[-1] < 10


def test_a_rate_is_found_on_a_valley():
    valley = landscapes.rosenbrock()
    found = find_rate(valley.expression, {"x": -1.0, "y": 1.0})
    run = sweep(valley.expression, {"x": -1.0, "y": 1.0}, rates=[found.suggested], epochs=50)
    assert "diverged" != run.runs[found.suggested].status


def test_where_no_rate_lowers_the_loss_it_is_said():
    with pytest.raises(SettingError, match="the gradient is 0 at the start"):
        find_rate(x**2, {"x": 0.0})
    with pytest.raises(SettingError, match="lowers the loss from 1"):
        find_rate(x**2, {"x": 1.0}, low=2.0)
    with pytest.raises(SettingError, match="'newton' finds its own steps"):
        find_rate(x**2, {"x": 1.0}, method="newton")
    with pytest.raises(SettingError, match="span no rates"):
        find_rate(x**2, {"x": 1.0}, low=1.0, high=0.1)
