"""Contours, surfaces, curves and races: what is drawn, and what is said where nothing can be."""

import sys

import numpy as np
import pytest
from matplotlib import colors, rc_context
from matplotlib.figure import Figure

from chainrule import expression, log, minimize
from chainrule.draw.contours import plot_contour, plot_race
from chainrule.draw.curves import plot_rates
from chainrule.draw.levels import levels_of
from chainrule.draw.paper import DARK, LIGHT
from chainrule.draw.slopes import plot_curve
from chainrule.draw.surfaces import plot_surface
from chainrule.errors import (
    MissingExtra,
    NotANumber,
    SettingError,
    ShapeError,
    UnknownVariable,
    ValueTypeError,
)
from chainrule.optimize import landscapes

x, y, z = (expression(name) for name in "xyz")
SQUARE = {"x": (-2.0, 2.0), "y": (-1.0, 1.0)}
PATH = {"x": [1.5, 0.5, 0.0], "y": [0.5, 0.25, 0.0]}


@pytest.fixture
def ax():
    return Figure(layout="constrained").subplots()


@pytest.fixture
def solid():
    return Figure().add_subplot(projection="3d")


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def line(ax, label):
    return next(line for line in ax.lines if line.get_label().startswith(label))


def contrast(one, other):
    def luminance(colour):
        parts = np.array(colors.to_rgb(colour))
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_contours_fill_the_box_and_name_the_axes_with_their_units(ax):
    units = {"x": "m", "y": "$"}
    drawn = plot_contour(x**2 + y, box=SQUARE, units=units, quantity="Cost", unit="€", ax=ax)
    assert ax is drawn
    assert (-2, 2, -1, 1) == (*ax.get_xlim(), *ax.get_ylim())
    assert ("x (m)", r"y (\$)", "x**2 + y") == (
        ax.get_xlabel(),
        ax.get_ylabel(),
        ax.get_title(loc="left"),
    )
    assert "Cost (€)" == ax.figure.axes[1].get_ylabel()


def test_a_trace_is_drawn_from_its_start_to_its_end(ax):
    valley = landscapes.himmelblau()
    trace = minimize(valley.expression, {"x": 0.0, "y": 0.0}, learning_rate=0.01, n_epochs=30)
    plot_contour(valley, trace, ax=ax)
    np.testing.assert_array_equal(trace.path, line(ax, "gradient descent").get_xydata())
    assert ["minima", "gradient descent, 30 epochs"] == legend(ax)
    assert valley.box == {"x": ax.get_xlim(), "y": ax.get_ylim()}


def test_of_a_trace_without_its_path_the_picture_says_so(ax):
    start = {"x": 1.0, "y": 1.0}
    trace = minimize(x**2 + 3 * y**2, start, learning_rate=0.1, n_epochs=30, keep_path=False)
    plot_contour(x**2 + 3 * y**2, trace, ax=ax)
    assert ["gradient descent, 30 epochs, of which 2 points are known"] == legend(ax)


@pytest.mark.parametrize(
    "path",
    [PATH, np.column_stack([PATH["x"], PATH["y"]]), {x: PATH["x"], y: PATH["y"], "z": [0] * 3}],
)
def test_a_path_is_a_dict_or_an_array(ax, path):
    plot_contour(x * y, path, ax=ax)
    np.testing.assert_array_equal(PATH["x"], line(ax, "path").get_xdata())
    assert (-0.375, 1.875) == ax.get_xlim()


def test_only_the_minima_in_the_box_are_marked(ax):
    plot_contour(landscapes.himmelblau(), box={"x": (0, 5), "y": (0, 5)}, ax=ax)
    np.testing.assert_array_equal([[3.0, 2.0]], line(ax, "minimum").get_xydata())


def test_arrows_point_downhill_and_are_of_one_length(ax):
    plot_contour(3 * x + 4 * y, box={"x": (-1, 1), "y": (-1, 1)}, arrows=4, ax=ax)
    (arrows,) = (artist for artist in ax.collections if hasattr(artist, "U"))
    assert 16 == len(arrows.U)
    np.testing.assert_allclose(-0.6, arrows.U)
    np.testing.assert_allclose(-0.8, arrows.V)


def test_what_is_not_finite_stays_blank(ax):
    plot_contour(log(x) + 1 / y, PATH, box=SQUARE, ax=ax)
    for filled in ax.collections[0].get_paths():
        assert not len(filled.vertices) or filled.vertices[:, 0].min() >= 0


def test_a_path_that_explodes_is_drawn_as_it_leaves(ax, tmp_path):
    path = {"x": [0.0, 1.0, 1e200, np.inf, np.nan], "y": [0.0, -1.0, 1e300, 0.0, 0.0]}
    plot_contour(x * y, path, box=SQUARE, ax=ax)
    ax.figure.savefig(tmp_path / "left.png", dpi=40)
    assert (-2, 2) == ax.get_xlim()


def test_a_huge_range_gets_levels_at_even_powers():
    grid = landscapes.goldstein_price().value(
        dict(zip("xy", np.meshgrid(*[np.linspace(-2, 2, 81)] * 2), strict=True))
    )
    chosen = levels_of(grid, minimum=3.0)
    assert chosen.is_log
    assert (33.0, 103.0) == tuple(chosen.values[:2])
    assert not levels_of(np.linspace(-1, 1, 50)).is_log
    assert not levels_of(grid, log=False).is_log


@pytest.mark.parametrize("heights", [np.full(9, 2.0), np.array([-1e249, 0, 1e249]), np.eye(2)])
def test_levels_rise_whatever_the_heights(heights):
    for is_log in (None, True, False):
        assert np.all(np.diff(levels_of(heights, log=is_log).values) > 0)


def test_what_breaks_a_constraint_is_hatched(ax, tmp_path):
    plot_contour(landscapes.rosenbrock_disk(), ax=ax)
    assert any("////" in artist.hatches for artist in ax.collections if hasattr(artist, "hatches"))
    ax.figure.savefig(tmp_path / "disk.png", dpi=40)


def test_other_variables_are_held_at_numbers_or_where_the_trace_was_best(ax):
    valley = landscapes.rosenbrock(3)
    path = {name: [0.0, 0.5, 0.75] for name in valley.variables}
    plot_contour(valley, path, along=("x3", "x1"), arrows=0, ax=ax)
    assert ("x3", "x1") == (ax.get_xlabel(), ax.get_ylabel())
    assert "Rosenbrock, at x2 = 0.75" == ax.get_title(loc="left")
    plot_contour(x * y * z, box=SQUARE, at={z: 2}, ax=ax)
    assert "x*y*z, at z = 2" == ax.get_title(loc="left")


def test_a_race_has_a_line_of_its_own_for_each(ax):
    runs = {"slow": [[1.0, 1.0], [0.9, 0.9]], "fast": [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]}
    plot_race(x**2 + y**2, runs, box=SQUARE, theme="dark", ax=ax)
    assert ["slow: 1.62 after 1 epoch", "fast: 0 after 2 epochs"] == legend(ax)
    slow, fast = line(ax, "slow"), line(ax, "fast")
    assert (slow.get_color(), slow.get_linestyle()) != (fast.get_color(), fast.get_linestyle())


def test_a_legend_covers_neither_a_path_nor_a_minimum(ax):
    ax.figure.set_size_inches(7.0, 4.2)
    names = ("gradient descent", "momentum", "adam")
    runs = {name: {"x": [0.0, 2.0, 3.0], "y": [-0.5, 0.8, 2.0]} for name in names}
    plot_race(landscapes.himmelblau(), runs, ax=ax)
    ax.figure.canvas.draw()
    covered = ax.get_legend().get_window_extent()
    points = np.concatenate(
        [line.get_transform().transform(line.get_xydata()) for line in ax.lines]
    )
    assert not covered.count_contains(points)


def test_a_legend_of_rates_leaves_every_point_to_be_seen(ax):
    ax.figure.set_size_inches(7.0, 4.2)
    runs = {
        0.001: [10, 5.0, 0.03],
        0.01: [10, 0.03, 0.02],
        0.1: [10, 0.02, 0.02],
        0.6: [10, 90, 900],
    }
    plot_rates(runs, [1, 2], stable=0.5528, ax=ax)
    ax.figure.canvas.draw()
    covered = ax.get_legend().get_window_extent()
    for line in ax.lines:
        if line.get_marker() != "None":
            points = line.get_transform().transform(line.get_xydata())
            assert not covered.count_contains(points[np.isfinite(points).all(axis=1)])


def test_the_walls_behind_a_surface_are_dark_in_a_dark_style():
    with rc_context({"axes.facecolor": "black", "figure.facecolor": "black"}):
        axes = Figure().add_subplot(projection="3d")
        plot_surface(x**2 + y**2, box=SQUARE, ax=axes)
        assert colors.to_rgb(DARK.ground) == axes.xaxis.pane.get_facecolor()[:3]


def test_a_surface_carries_the_path_and_leaves_out_what_is_outside(solid, tmp_path):
    path = {"x": [3.0, 1.0, 0.0], "y": [0.0, 0.5, 0.0]}
    assert solid is plot_surface(x**2 + y**2, path, box=SQUARE, points=21, ax=solid)
    np.testing.assert_array_equal([np.nan, 1.25, 0.0], line(solid, "path").get_data_3d()[2])
    assert ("x", "y", "Value") == (solid.get_xlabel(), solid.get_ylabel(), solid.get_zlabel())
    solid.figure.savefig(tmp_path / "surface.png", dpi=40)


def test_arrows_on_a_surface_are_tangent_to_it_and_point_down(solid):
    path = {"x": [1.0, 0.5], "y": [0.5, 0.25]}
    plot_surface(100 * x**2 + y, path, box=SQUARE, log=False, points=21, arrows=2, ax=solid)
    arrows = [line for line in solid.lines if line.get_gid() == "arrow"]
    for arrow, place in zip(arrows, [1.0, 0.5], strict=True):
        along, across, down = np.diff(np.array(arrow.get_data_3d())[:, :2]).ravel()
        assert down < 0
        assert pytest.approx(down) == 200 * place * along + across


def test_a_surface_of_a_huge_range_is_drawn_in_powers(solid):
    plot_surface(landscapes.goldstein_price(), points=31, theme="dark", ax=solid)
    assert "Value − 3" == solid.get_zlabel()
    assert "100" == solid.zaxis.get_major_formatter()(2.0)


def test_tangents_touch_the_curve_with_its_slope(ax):
    plot_curve(x**2, [3.0, -1.5, 0.5], tangents=[0, 1], theme="dark", ax=ax)
    tangents = ax.lines[2:4]
    for tangent, place in zip(tangents, [3.0, -1.5], strict=True):
        (left, right), (low, high) = tangent.get_data()
        assert pytest.approx(2 * place) == (high - low) / (right - left)
        assert pytest.approx(place**2) == (high + low) / 2
    assert ["0", "1"] == [text.get_text() for text in ax.texts]


def test_a_pole_is_cut_off_and_not_joined(ax):
    plot_curve(1 / x, box={"x": (-1, 1.1)}, ax=ax)
    heights = ax.lines[0].get_ydata()
    assert 1 == np.count_nonzero(np.isnan(heights))
    assert ax.get_ylim()[1] < 50 < np.nanmax(heights)


@pytest.mark.parametrize("paper", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_curves_stand_out_from_the_ground(paper):
    assert contrast(paper.ink, paper.ground) >= 7
    assert contrast(paper.quiet, paper.ground) >= 4.5
    for colour in paper.curves:
        assert contrast(colour, paper.ground) >= 3
    assert 16 == len(set(paper.styles(40)))


def test_a_theme_colours_all_that_frames_the_axes(ax):
    plot_contour(x * y, PATH, theme="dark", ax=ax)
    bar = ax.figure.axes[1]
    words = [ax.xaxis.label, ax.yaxis.label, ax._left_title, bar.yaxis.label]
    words += [*ax.get_xticklabels(), *bar.get_yticklabels(), *ax.get_legend().get_texts()]
    assert {DARK.ink} == {word.get_color() for word in words}
    assert colors.to_rgba(DARK.ground) == ax.figure.get_facecolor() == ax.get_facecolor()


def test_by_itself_a_plot_takes_the_colours_that_the_style_needs():
    with rc_context({"axes.facecolor": "black", "figure.facecolor": "black"}):
        ax = plot_curve(x**2, box={"x": (0, 1)}, ax=Figure().subplots())
    assert DARK.curves[0] == ax.lines[0].get_color()
    assert (0, 0, 0, 1) == ax.get_facecolor()


BAD = [
    (lambda ax: plot_contour(x + y + z, box=SQUARE, ax=ax), SettingError, r"at=\{'z': 0.0\}"),
    (lambda ax: plot_contour(x**2, ax=ax), SettingError, "1 variable .* See plot_curve"),
    (lambda ax: plot_curve(x * y, ax=ax), SettingError, "2 variables .* at="),
    (lambda ax: plot_contour(x * y, ax=ax), SettingError, r"Give box=\{'x': \(-2, 2\)"),
    (lambda ax: plot_contour(x * y, box={"x": (1, 1)}, ax=ax), SettingError, "lower number"),
    (lambda ax: plot_contour(x * y, box={"x": 1}, ax=ax), SettingError, "Give two numbers"),
    (lambda ax: plot_contour(x * y, box={"X": (0, 1)}, ax=ax), UnknownVariable, "mean 'x'"),
    (lambda ax: plot_contour(x * y, {"x": [1], "z": [2]}, ax=ax), UnknownVariable, "has no .*'y'"),
    (lambda ax: plot_contour(x * y, {"x": [1], "y": []}, ax=ax), ShapeError, "'x' 1, 'y' 0"),
    (lambda ax: plot_contour(x * y, [[1, 2, 3]], ax=ax), ShapeError, r"shape \(1, 3\)"),
    (lambda ax: plot_contour(x * y, "path", ax=ax), ValueTypeError, "str is no path"),
    (lambda ax: plot_contour("x*y", ax=ax), ValueTypeError, "no function to draw"),
    (lambda ax: plot_contour(landscapes.binh_korn(), ax=ax), ShapeError, "2 objectives"),
    (lambda ax: plot_contour(log(-1 - x**2) * y, box=SQUARE, ax=ax), NotANumber, "no finite"),
    (lambda ax: plot_contour(x * y, box=SQUARE, levels=[2, 1], ax=ax), SettingError, "rising"),
    (lambda ax: plot_contour(x * y, box=SQUARE, theme="drak", ax=ax), SettingError, "mean 'dark'"),
    (lambda ax: plot_contour(x * y, box=SQUARE, points=1, ax=ax), SettingError, "points=1"),
    (lambda ax: plot_race(x * y, {}, ax=ax), SettingError, "traces by name"),
    (lambda ax: plot_race(x * y, {"a": PATH}, boxes=1, ax=ax), SettingError, "mean 'box'"),
    (lambda ax: plot_surface(x * y, box=SQUARE, ax=ax), SettingError, 'projection="3d"'),
    (lambda ax: plot_curve(x**2, [1, 2], tangents=[7], ax=ax), SettingError, "epoch 7"),
]


@pytest.mark.parametrize(("draw", "error", "words"), BAD)
def test_what_cannot_be_drawn_is_said_in_words(ax, draw, error, words):
    with pytest.raises(error, match=words):
        draw(ax)


@pytest.mark.parametrize("draw", [plot_contour, plot_surface])
def test_without_matplotlib_the_extra_is_named(monkeypatch, draw):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=r"chainrule\[plot\]"):
        draw(x * y, box=SQUARE)
