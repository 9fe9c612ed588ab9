"""Fits over their data, residuals, ways over a loss, rates, and what moves."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from chainrule import (
    LinearRegression,
    expression,
    learning_rate_study,
    matmul,
    mean,
    minimize,
    sigmoid,
)
from chainrule.draw.animations import animate_fit, animate_race, write_animation
from chainrule.draw.curves import loss_curve, plot_rates
from chainrule.draw.regressions import plot_fit, plot_parameter_path, plot_residuals
from chainrule.errors import FileFormatError, SettingError, ShapeError, UnknownVariable

m, b, w, x, y = (expression(name) for name in "mbwxy")
TABLE = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 2.5, 5.5, 7.0]})
LOSS = mean((y - (m * x + b)) ** 2)


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.fixture(scope="module")
def trace():
    return minimize(LOSS, {"m": 0.0, "b": 0.0}, TABLE, learning_rate=0.1, n_epochs=20)


@pytest.fixture(scope="module")
def model():
    return LinearRegression(20, 0.1).fit(TABLE[["x"]], TABLE["y"])


def test_a_fit_is_drawn_with_its_residuals(ax, model):
    line = model.parameters
    plot_fit(model.prediction_expression, TABLE, "y", line, units={"y": "€"}, ax=ax)
    data, fitted = ax.lines
    np.testing.assert_array_equal(TABLE, data.get_xydata())
    across, up = fitted.get_data()
    np.testing.assert_allclose(model.predict(across[:, None]), up)
    bars = ax.collections[0].get_segments()
    assert [[1.0, 2.5], [1.0, line["m0"] + line["yint"]]] == bars[1].tolist()
    assert ("x", "y (€)") == (ax.get_xlabel(), ax.get_ylabel())


def test_other_columns_are_held(ax):
    plot_fit(m * x + y, TABLE, [1, 2, 3, 4], {"m": 2.0}, at={"y": 5.0}, ax=ax)
    across, up = ax.lines[1].get_data()
    np.testing.assert_allclose(2 * across + 5, up)
    assert not ax.collections


def test_residuals_are_drawn_against_what_was_fitted(ax):
    plot_residuals([1.0, 3.0], [2.0, 1.0], ax=ax)
    assert [[2.0, -1.0], [1.0, 2.0]] == ax.lines[0].get_xydata().tolist()
    assert [0, 0] == list(ax.lines[1].get_ydata())
    assert "± root mean square, 1.581" == ax.get_legend().get_texts()[0].get_text()


def test_a_history_and_a_trace_lead_the_same_way_over_the_loss(ax, model, trace):
    plot_parameter_path(LOSS, TABLE, trace, along=("m", "b"), ax=ax)
    other = Figure().subplots()
    plot_parameter_path(model.loss_expression, TABLE, model.history, ax=other)
    ours, theirs = (
        next(line for line in drawn.lines if "20 epochs" in line.get_label()).get_xydata()
        for drawn in (ax, other)
    )
    np.testing.assert_allclose(ours, theirs)
    assert ("m", "b", "m0", "yint") == (
        *(ax.get_xlabel(), ax.get_ylabel()),
        *(other.get_xlabel(), other.get_ylabel()),
    )


def test_a_loss_is_drawn_at_its_own_values_quadratic_or_not():
    from chainrule.draw.sections import section_of

    points = np.array([0.0, 1.5]), np.array([2.0, -1.0])
    for loss in (LOSS, mean((y - sigmoid(m * x + b)) ** 2)):
        section = section_of(loss, 2, data=TABLE, box={"m": (-1, 1), "b": (-1, 1)})
        for place, (slope, start) in enumerate(zip(*points, strict=True)):
            values = [TABLE, {"m": slope, "b": start}]
            assert pytest.approx(loss.eval(values), rel=1e-12) == section.values(*points)[place]
            by_slope, by_start = (column[place] for column in section.slopes(*points))
            assert pytest.approx(loss.diff(values, "m"), rel=1e-12) == by_slope
            assert pytest.approx(loss.diff(values, "b"), rel=1e-12) == by_start


def test_elements_of_an_array_can_be_drawn_along(ax):
    rows = np.eye(3)
    loss = mean((y - matmul(x, w)) ** 2)
    data = {"x": rows, "y": np.array([1.0, 2.0, 3.0])}
    trace = minimize(loss, {"w": np.zeros(3)}, data, learning_rate=0.1, n_epochs=5)
    plot_parameter_path(loss, data, trace, along=("w[0]", "w[2]"), arrows=0, ax=ax)
    assert ("w[0]", "w[2]") == (ax.get_xlabel(), ax.get_ylabel())
    held = trace.best.parameters["w"][1]
    assert f"at w[1] = {held:.4g}" in ax.get_title(loc="left")


def test_a_loss_curve_takes_traces_histories_and_studies(ax, model, trace):
    loss_curve({"trace": trace, "history": model.history}, ax=ax)
    ours, theirs = (line.get_ydata() for line in ax.lines)
    assert 21 == len(ours) == len(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    alone = loss_curve(trace, ax=Figure().subplots())
    np.testing.assert_array_equal(trace.loss, alone.lines[0].get_ydata())


def test_a_diverging_curve_leaves_the_others_room(ax):
    loss_curve({0.1: [8.0, 4.0], 9: [8.0, 1e60]}, legend="Learning rate", ax=ax)
    assert 8e6 == ax.get_ylim()[1]
    assert "Learning rate" == ax.get_legend().get_title().get_text()


def test_losses_below_zero_are_not_hidden_by_a_logarithm(ax):
    assert "linear" == loss_curve([1.0, -1.0], ax=ax).get_yscale()
    above = loss_curve([1.0, -1.0], above=-1.0, ax=Figure().subplots())
    assert ("log", "Mean squared error − -1") == (above.get_yscale(), above.get_ylabel())


def test_a_study_of_rates_is_drawn_by_rate_and_epochs(ax):
    study = learning_rate_study(LinearRegression(20), TABLE[["x"]], TABLE["y"], [0.3, 0.01, 0.1])
    plot_rates(study, [2, 20], ax=ax)
    early, late, diverged, stable = ax.lines
    assert [0.01, 0.1, 0.3] == early.get_xdata().tolist()
    assert study.losses["0.1"][2] == early.get_ydata()[1]
    assert study.losses["0.1"][20] == late.get_ydata()[1]
    assert [0.3] == diverged.get_xdata().tolist()
    assert study.largest_stable_rate == stable.get_xdata()[0]


def test_a_line_moves_over_its_data(ax, trace, tmp_path):
    moving = animate_fit(m * x + b, TABLE, "y", trace, epochs=[0, 5, 20], theme="dark", ax=ax)
    write_animation(tmp_path / "fit.gif", moving)
    with Image.open(tmp_path / "fit.gif") as picture:
        assert 3 == picture.n_frames
    across, up = ax.lines[1].get_data()
    last = trace.final.parameters
    np.testing.assert_allclose(last["m"] * across + last["b"], up)
    assert f"Epoch 20, loss {trace.loss[20]:.4g}" == ax.get_title(loc="left")


def test_a_page_plays_without_a_network(ax, tmp_path):
    runs = {"slow": [[1.0, 1.0], [0.9, 0.9]], "fast": [[1.0, 1.0], [0.5, 0.0], [0.0, 0.0]]}
    moving = animate_race(x**2 + y**2, runs, arrows=0, points=11, ax=ax)
    write_animation(tmp_path / "race.html", moving)
    page = (tmp_path / "race.html").read_text(encoding="utf-8")
    assert not re.findall(r"https?://(?!www\.w3\.org)", page)
    assert not re.findall(r"<link|class=\"fa", page)
    assert 3 == page.count("data:image/png")
    slow = next(line for line in ax.lines if line.get_label() == "slow")
    assert [0.9, 0.9] == slow.get_xydata()[-1].tolist()
    assert moving._repr_html_().count("▶") == 1


BAD = [
    (lambda ax: plot_fit(m * x + y, TABLE, "y", {"m": 1}, ax=ax), SettingError, "at={'y': 0.0}"),
    (lambda ax: plot_fit(m * x, TABLE, [1], {"m": 1}, ax=ax), ShapeError, "(4,), but the target"),
    (lambda ax: plot_fit(m * x, TABLE, "z", {"m": 1}, ax=ax), UnknownVariable, "'z'"),
    (lambda ax: plot_fit(m * x, TABLE, "y", {"m": 1}, along="z", ax=ax), UnknownVariable, "'z'"),
    (lambda ax: plot_residuals([1, 2], [1], ax=ax), ShapeError, "(2,), but"),
    (lambda ax: animate_fit(m * x, TABLE, "y", {"q": [1]}, ax=ax), UnknownVariable, "'q'"),
    (lambda ax: animate_fit(m * x, TABLE, "y", {"m": [1]}, frames=1), SettingError, "frames=1"),
    (lambda ax: animate_fit(m * x, TABLE, "y", {"m": [1]}, epochs=[1]), SettingError, "0 to 0"),
    (lambda ax: write_animation("a.mp4", None), FileFormatError, "'.gif' or '.html'"),
    (lambda ax: plot_rates({"fast": [1.0]}, ax=ax), SettingError, "no learning rate"),
    (lambda ax: loss_curve({1: [1.0], "1": [2.0]}, ax=ax), SettingError, "two curves"),
    (lambda ax: plot_parameter_path(LOSS, TABLE, {"m": [0]}, ax=ax), UnknownVariable, "'b'"),
]


@pytest.mark.parametrize(("draw", "error", "words"), BAD)
def test_what_cannot_be_drawn_is_said_in_words(ax, draw, error, words):
    with pytest.raises(error, match=re.escape(words)):
        draw(ax)
