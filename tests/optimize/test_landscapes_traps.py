"""Where a naive chain rule says NaN, overflows or does not move, and what a landscape says."""

import math

import numpy as np
import pytest

from chainrule import check_gradient, landscapes

ALL = {item.name: item for item in landscapes.catalogue()}
# Where creases are likely: on the axes, the diagonals and between whole numbers.
LATTICE = (-10.0, -5.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0)


@pytest.mark.parametrize("name", [name for name in ALL if name != "keane_bump"])
def test_nowhere_in_the_box_is_the_gradient_nan(name):
    item = ALL[name]
    lows, highs = map(np.array, zip(*item.sides, strict=True))
    corners = [lows, highs, (lows + highs) / 2, np.zeros_like(lows), *item.minimisers]
    diagonals = [np.full(len(lows), level) for level in LATTICE]
    axes = [np.where(np.arange(len(lows)) == 0, level, 0) for level in LATTICE]
    opposite = [level * np.where(np.arange(len(lows)) % 2, -1, 1) for level in LATTICE]
    for at in [*corners, *diagonals, *axes, *opposite]:
        inside = np.clip(at, lows, highs)
        assert not np.isnan(item.value(inside)).any()
        slopes = item.gradient(inside, as_array=True)
        assert not np.isnan(slopes).any()
        assert name.startswith("zdt") or np.isfinite(slopes).all()
        values = dict(zip(item.variables, map(float, inside), strict=True))
        for rule in item.constraints:
            assert not np.isnan(list(rule.left.diff(values).values())).any()


def test_keane_has_no_value_at_the_corner_that_its_box_leaves_out():
    assert math.isnan(landscapes.keane_bump().value((0.0, 0.0)))
    assert not np.isnan(landscapes.keane_bump().gradient((1e-9, 1e-9), as_array=True)).any()


@pytest.mark.parametrize("name", ["ackley", "cross_in_tray", "hoelder_table", "drop_wave"])
def test_the_distance_from_the_origin_has_slope_0_there(name):
    assert {"x": 0.0, "y": 0.0} == ALL[name].gradient((0, 0))


@pytest.mark.parametrize("n", [1, 2, 5])
def test_ackley_is_0_at_its_tip_at_every_size(n):
    item = landscapes.ackley(n)
    assert item.value(item.minimisers[0]) == 0.0
    assert not item.gradient(item.minimisers[0], as_array=True).any()


def test_the_slope_of_ackley_does_not_underflow_beside_its_tip():
    slopes = landscapes.ackley().gradient((1e-200, -1e-200))
    assert slopes["x"] == -slopes["y"] == pytest.approx(2.0)


def test_on_bukins_ridge_no_slope_across_is_followed_but_that_along_is():
    on_the_ridge = (-8.0, 0.01 * 64.0)
    assert {"x": 0.01, "y": 0.0} == landscapes.bukin_n6().gradient(on_the_ridge)
    assert {"x": 0.0, "y": 0.0} == landscapes.bukin_n6().gradient((-10.0, 1.0))


def test_the_creases_of_eggholder_have_the_slope_between_their_sides():
    item = landscapes.eggholder()
    at, step = {"x": 100.0, "y": 53.0}, 1e-9  # where x = y + 47
    assert item.value(at) == pytest.approx(-100 * math.sin(math.sqrt(150)))
    left, right = (item.gradient(at | {"x": 100.0 + side})["x"] for side in (-step, step))
    assert left > 1e6
    assert right < -1e6
    assert math.isfinite(item.gradient(at)["x"])


def test_schwefel_is_flat_where_a_variable_is_0():
    item = landscapes.schwefel()
    assert {"x": 0.0, "y": 0.0} == item.gradient((0, 0))
    assert item.gradient((1e-12, 1e-12))["x"] == pytest.approx(0, abs=1e-5)


def test_the_even_waves_of_schaffer_n4_are_smooth_on_the_diagonal():
    item = landscapes.schaffer_n4()
    check_gradient(item.expression, {"x": 2.0, "y": 2.0}).raise_for_failure()
    across, step = {"x": 2.0, "y": 2.0}, 1e-5
    slopes = [item.gradient(across | {"x": 2.0 + side})["x"] for side in (step, -step)]
    assert (slopes[0] - slopes[1]) / (2 * step) == pytest.approx(
        item.hessian(across)["x"]["x"], rel=1e-6
    )


def test_kursawe_has_slope_0_at_the_cusp_of_its_power():
    first, second = landscapes.kursawe().gradient((0, 0, 0))
    assert {0.0} == {*first.values(), *second.values()}
    assert landscapes.kursawe().gradient((1e-20, 0, 0))[1]["x1"] == pytest.approx(8000)


@pytest.mark.parametrize("at", [(80.0, -50.0), (-40.0, 0.0), (60.0, 60.0)])
def test_easom_is_flat_and_gives_nothing_to_follow(at):
    item = landscapes.easom()
    assert item.value(at) == 0.0
    assert {"x": 0.0, "y": 0.0} == item.gradient(at)


def test_cross_in_tray_needs_double_precision():
    item = landscapes.cross_in_tray()
    at = {"x": 1e-3, "y": 1e-3}
    assert item.value(at) == pytest.approx(-0.0001 * (1e-6 * math.exp(100 - 4.5e-4)) ** 0.1, 1e-4)
    single = {name: np.float32(number) for name, number in at.items()}
    with np.errstate(over="ignore"):
        assert math.isinf(item.value(single))


@pytest.mark.parametrize("name", ["zdt1", "zdt3", "zdt4"])
def test_the_root_of_zdt_is_steep_by_its_first_variable_alone(name):
    item = landscapes.find(name, 3)
    _, slopes = item.gradient((0.0, 0.0, 0.0))
    assert slopes["x1"] == -math.inf
    _, near = item.gradient((1e-16, 0.0, 0.0))
    assert slopes["x2"] == pytest.approx(near["x2"], abs=1e-6)
    check_gradient(item.objectives[1], {"x1": 0.5, "x2": 0.1, "x3": 0.2}).raise_for_failure()


def test_zdt6_is_steep_by_the_others_on_its_pareto_set():
    _, slopes = landscapes.zdt6(3).gradient((0.3, 0.0, 0.0))
    assert slopes["x2"] == slopes["x3"] == math.inf
    assert math.isfinite(slopes["x1"])


def test_the_zigzag_takes_the_slope_on_the_left():
    item = landscapes.schaffer_pair_n2()
    assert [-1, 1, -1] == [item.gradient((x,))[0]["x"] for x in (1.0, 3.0, 4.0)]


def test_simionescus_flower_has_its_rim_on_the_axes_too():
    (rim,) = landscapes.simionescu().constraints
    for x, y in [(1.2, 0.0), (0.0, 1.2), (-1.2, 0.0), (0.0, -1.2)]:
        assert rim.margin({"x": x, "y": y}) == pytest.approx(0, abs=1e-14)
        assert all(map(math.isfinite, rim.left.diff({"x": x, "y": y}).values()))
    assert {"y": 0.0, "x": 0.0} == rim.left.diff({"x": 0.0, "y": 0.0})


def test_townsends_angle_is_taken_from_the_y_axis():
    (outline,) = landscapes.townsend().constraints
    # Down the y axis the heart reaches 2 + 0.5 - 0.25 + 0.125, up it 2 - 0.5 - 0.25 - 0.125.
    assert outline.margin({"x": 0.0, "y": -1.0}) == pytest.approx(2.375**2 - 1)
    assert outline.margin({"x": 0.0, "y": 1.0}) == pytest.approx(1.125**2 - 1)


def test_the_false_basin_of_rosenbrock_with_cubic_and_line_is_there():
    item = landscapes.rosenbrock_cubic_and_line()
    false = {"x": 0.001, "y": 0.003}
    assert item.is_feasible(false, slack=0.01)
    assert item.value(false) == pytest.approx(0.9989, abs=1e-4)


def test_where_the_hessian_has_no_number_the_landscape_says_so():
    for name in ("ackley", "drop_wave", "schwefel"):
        item = ALL[name]
        assert not np.isfinite(item.hessian((0.0, 0.0), as_array=True)).all()
        assert "Hessian" in item.kinks
