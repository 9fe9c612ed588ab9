"""The curve of a loss: what its axes say, and what it does with numbers that cannot be drawn."""

import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from chainrule import exp, expression, find_rate, sin, step_size_study
from chainrule.draw.curves import loss_curve, plot_rates, plot_step_size_study, write_loss_curve
from chainrule.errors import FileFormatError, MissingExtra, ShapeError


@pytest.fixture
def ax():
    return Figure().subplots()


def test_it_draws_on_the_axes_given_and_returns_them(ax):
    assert ax is loss_curve({"training": [4.0, 2.0], "held out": [5.0, 3.0]}, ax=ax)
    np.testing.assert_array_equal([0, 1], ax.lines[0].get_xdata())
    np.testing.assert_array_equal([4.0, 2.0], ax.lines[0].get_ydata())


def test_axes_are_labelled_with_the_unit_and_the_scale_is_logarithmic(ax):
    loss_curve({"training": [4.0, 2.0]}, unit="g²", ax=ax)
    assert "Epoch" == ax.get_xlabel()
    assert "Mean squared error (g²)" == ax.get_ylabel()
    assert "log" == ax.get_yscale()


def test_curves_differ_in_colour_and_in_dashes_and_are_named(ax):
    loss_curve({"training": [4.0], "held out": [5.0]}, reference=("least squares", 1.0), ax=ax)
    lines = ax.get_lines()
    assert 3 == len({line.get_color() for line in lines})
    assert 3 == len({str(line._dash_pattern) for line in lines})
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert ["training", "held out", "least squares"] == names


def test_curves_named_by_rates_say_so(ax):
    assert (
        "Learning rate"
        == loss_curve({0.1: [2, 1], 0.2: [2, 3]}, ax=ax).get_legend().get_title().get_text()
    )
    named = loss_curve({0.1: [2, 1], 0.2: [2, 3]}, legend="step", ax=ax)
    assert "step" == named.get_legend().get_title().get_text()
    assert "" == loss_curve({"a": [2, 1], "b": [2, 3]}, ax=ax).get_legend().get_title().get_text()


def test_a_search_for_a_rate_is_a_curve_with_the_rate_suggested(ax):
    found = find_rate(expression("x") ** 2, {"x": 1.0})
    assert plot_rates(found, quantity="Loss", ax=ax) is ax
    assert found.losses.tolist() == ax.lines[0].get_ydata().tolist()
    assert [found.suggested] * 2 == ax.lines[1].get_xdata()
    assert ("Learning rate", "Loss", "log") == (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale())


def test_one_curve_needs_no_legend(ax):
    assert loss_curve({"training": [4.0]}, ax=ax).get_legend() is None


def test_a_fit_that_diverged_is_drawn_as_far_as_it_is_finite(ax, tmp_path):
    loss_curve({"training": [1.0, 1e200, 1e300, np.inf, np.nan]}, ax=ax)
    np.testing.assert_array_equal([1.0, 1e200, np.nan, np.nan, np.nan], ax.lines[0].get_ydata())
    write_loss_curve(tmp_path / "diverged.png", {"training": [1e-300, 1.0, 1e240, 1e300, np.inf]})


def test_the_first_epochs_can_be_stretched(ax):
    loss_curve({"training": [4.0, 2.0, 1.0]}, log_epochs=True, ax=ax)
    assert "symlog" == ax.get_xscale()
    assert 0 == ax.get_xlim()[0]


def test_a_name_with_dollars_is_no_mathematics(tmp_path, ax):
    loss_curve({"$a$": [4.0], "$\\b": [2.0]}, quantity="error in $x_{$", ax=ax)
    write_loss_curve(tmp_path / "dollars.png", {"$a$": [4.0], "$\\b$": [2.0]}, title="$\\frac$")


@pytest.mark.parametrize("losses", [[0.0, 0.0], [np.nan]])
def test_without_a_positive_loss_the_scale_is_linear(tmp_path, ax, losses):
    assert "linear" == loss_curve({"training": losses}, ax=ax).get_yscale()
    write_loss_curve(tmp_path / "flat.png", {"training": losses})


@pytest.mark.parametrize("losses", [[], [[1.0, 2.0]], 3.0])
def test_losses_that_are_no_curve_are_refused(ax, losses):
    with pytest.raises(ShapeError, match=r"'training' have shape"):
        loss_curve({"training": losses}, ax=ax)


def test_a_picture_is_written_with_its_title(tmp_path):
    path = tmp_path / "curve.png"
    write_loss_curve(path, {"training": [9.0, 3.0, 1.0]}, title="Training", unit="g²")
    picture = imread(path)
    assert (630, 1050) == picture.shape[:2]
    assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 20


def test_another_kind_of_file_is_refused_by_name(tmp_path):
    with pytest.raises(FileFormatError, match=r"'\.doc', which is no picture.\n.*'\.png'"):
        write_loss_curve(tmp_path / "curve.doc", {"training": [1.0]})


def test_without_axes_a_new_figure_is_made():
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("agg")
    before = plt.get_fignums()
    loss_curve({"training": [1.0]})
    assert len(before) + 1 == len(plt.get_fignums())
    plt.close("all")


@pytest.mark.parametrize(
    "draw",
    [
        lambda folder: loss_curve({"training": [1.0]}),
        lambda folder: write_loss_curve(folder / "curve.png", {"training": [1.0]}),
    ],
    ids=["axes", "file"],
)
def test_without_matplotlib_the_extra_is_named(monkeypatch, tmp_path, draw):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=r'pip install "chainrule\[plot\]"'):
        draw(tmp_path)


def test_a_study_of_the_step_is_two_branches_with_the_best_step_marked(ax, tmp_path):
    study = step_size_study(sin(expression("x")), {"x": 1.0})
    assert ax is plot_step_size_study(study, ax=ax)
    for line, (method, errors) in zip(ax.lines, study.errors.items(), strict=True):
        assert f"{method}, best at {study.best[method]:.0e}" == line.get_label()
        assert [study.steps.index(study.best[method])] == line.get_markevery()
        np.testing.assert_array_equal(np.maximum(errors, 2.0**-53), line.get_ydata())
    ax.figure.savefig(tmp_path / "steps.png")


def test_errors_that_have_no_logarithm_or_are_too_large_are_drawn_as_they_can_be(ax, tmp_path):
    study = step_size_study(exp(expression("$x")), {"$x": 709.7})
    plot_step_size_study(study, ax=ax)
    ax.figure.savefig(tmp_path / "large.png")
    flat = plot_step_size_study(step_size_study(lambda x: x, 0.0), ax=Figure().subplots())
    assert all(line.get_ydata()[0] > 0 for line in flat.lines)
