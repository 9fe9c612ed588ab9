"""The learning rate explained: its limits are right, and the report says so."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from chainrule import cos, exp, expression, learning_rate_study, matmul, mean, sin, tanh
from chainrule import sum as total
from chainrule.errors import NotANumber, SettingError
from chainrule.models.linear import LinearRegression
from chainrule.optimize.curvature.lanczos import lanczos
from chainrule.optimize.curvature.spectrum import in_words
from chainrule.optimize.curvature.stability import learning_rate_report
from chainrule.optimize.problem.dense import DenseObjective

A, b, c, m, w, x, y = (expression(name) for name in ("A", "b", "c", "m", "w", "x", "y"))
BOWL = total(w * matmul(A, w)) / 2 - total(c * w)


def symmetric(rng: np.random.Generator, eigenvalues: Any) -> Any:
    turned = np.linalg.qr(rng.normal(size=(len(eigenvalues), len(eigenvalues))))[0]
    made = turned * eigenvalues @ turned.T
    return (made + made.T) / 2


def random_quadratic(seed: int) -> tuple[Any, dict[str, Any]]:
    """A Hessian of 1 to 30 dimensions and a condition from 1 to a million, and data for BOWL."""
    rng = np.random.default_rng(seed)
    size = 1 + seed * 29 // 49
    condition = 10 ** rng.uniform(0, 6)
    scale = 10 ** rng.uniform(-3, 3)
    between = condition ** rng.uniform(0, 1, size=size)
    between[[0, -1]] = condition, 1.0
    hessian = symmetric(rng, scale * between)
    return hessian, {"A": hessian, "c": rng.normal(size=size)}


def after(matrix: Any, doublings: int) -> float:
    """The size of a matrix squared again and again: of 2 ** doublings epochs of descent."""
    for _ in range(doublings):
        matrix = matrix @ matrix
        if not np.isfinite(matrix).all():
            return math.inf
    return float(np.abs(matrix).max())


@pytest.mark.parametrize("seed", range(50))
def test_the_stable_limit_parts_what_converges_from_what_diverges(seed: int) -> None:
    hessian, data = random_quadratic(seed)
    size = len(hessian)
    start = {"w": np.random.default_rng(seed + 1000).normal(size=size)}
    report = learning_rate_report(BOWL, start, data)
    assert report.quadratic
    assert report.proven
    limit = report.stable_limit
    assert report.behaviour(0.99 * limit) == "oscillating"
    assert report.behaviour(1.01 * limit) == "diverging"
    assert "converges" in report.explain(0.99 * limit)
    assert "diverges" in report.explain(1.01 * limit)
    # An epoch multiplies the error by I - rate * Hessian: 2**30 of them, enough at a condition of a
    # million, come down to nothing or blow up.
    with np.errstate(over="ignore", invalid="ignore"):
        assert after(np.eye(size) - 0.99 * limit * hessian, 30) < 1e-100
        assert after(np.eye(size) - 1.01 * limit * hessian, 30) == math.inf
    # And as it is run, epoch by epoch: along the steepest direction, and in the loss.
    loss = DenseObjective(BOWL, start, data)
    steepest = np.linalg.eigh(hessian)[1][:, -1]
    for factor, kept in ((0.99, -0.98), (1.01, -1.02)):
        vector, losses, slopes = loss.start, [], []
        for _ in range(101):
            value, gradient = loss.value_and_gradient(vector)
            losses.append(value)
            slopes.append(steepest @ gradient)
            vector = vector - factor * limit * gradient
        assert slopes[-1] / slopes[0] == pytest.approx(kept**100, rel=1e-4)
        if factor < 1:
            assert np.all(np.diff(losses) <= 1e-12 * np.abs(losses).max())


@pytest.mark.parametrize("condition", [1e1, 1e3, 1e6])
def test_lanczos_finds_both_ends_of_a_spectrum(condition: float) -> None:
    rng = np.random.default_rng(int(condition))
    matrix = symmetric(rng, np.geomspace(1, condition, 200))
    expected = np.linalg.eigvalsh(matrix)
    found = lanczos(lambda v: matrix @ v, 200)
    assert found.smallest.value == pytest.approx(expected[0], rel=1e-6)
    assert found.largest.value == pytest.approx(expected[-1], rel=1e-6)
    left = matrix @ found.largest.vector - found.largest.value * found.largest.vector
    assert np.linalg.norm(left) <= found.largest.error + 1e-9 * condition
    again = lanczos(lambda v: matrix @ v, 200)
    assert again.largest.vector.tolist() == found.largest.vector.tolist()


def test_lanczos_stops_early_and_says_how_far_off_it_is() -> None:
    matrix = symmetric(np.random.default_rng(1), np.linspace(1, 1000, 400))
    found = lanczos(lambda v: matrix @ v, 400, most_products=20)
    assert found.products == 20
    assert found.smallest.value > 1
    assert found.smallest.value - 1 <= 10 * found.smallest.error
    same = lanczos(lambda v: 3.0 * v, 400)
    assert same.products == 1
    assert same.largest.value == pytest.approx(3.0, rel=1e-14)


def test_lanczos_takes_over_where_there_are_many_parameters() -> None:
    hessian = symmetric(np.random.default_rng(3), np.linspace(2, 50, 60))
    data = {"A": hessian, "c": np.ones(60)}
    start = {"w": np.zeros(60)}
    whole = learning_rate_report(BOWL, start, data)
    ends = learning_rate_report(BOWL, start, data, most_exact=10)
    assert whole.exact
    assert not ends.exact
    assert ends.stable_limit == pytest.approx(whole.stable_limit, rel=1e-8)
    assert ends.best_rate == pytest.approx(whole.best_rate, rel=1e-6)
    assert ends.epochs(ends.best_rate) >= whole.epochs(whole.best_rate)
    assert "by the Lanczos method" in str(ends)
    assert "in at most" in str(ends)


@pytest.mark.parametrize("rate", [None, 0.05, 0.61])
def test_the_epochs_foretold_are_those_needed(rate: float | None) -> None:
    loss = (x - 1) ** 2 + 0.3 * (y + 2) ** 2 + 0.2 * x * y
    start = {"x": 4.0, "y": 3.0}
    report = learning_rate_report(loss, start)
    flat = DenseObjective(loss, start)
    vector, epochs = flat.start, 0
    while np.linalg.norm(flat.value_and_gradient(vector)[1]) > 1e-6 * report.gradient_norm:
        vector = vector - (rate or report.auto) * flat.value_and_gradient(vector)[1]
        epochs += 1
    assert report.epochs(rate) == epochs


def test_the_limit_is_that_of_linear_regression() -> None:
    rng = np.random.default_rng(2)
    X, target = rng.normal(size=(40, 1)) * 3 + 1, rng.normal(size=40)
    report = learning_rate_report(
        mean((m * x + b - y) ** 2), {"m": 0.0, "b": 0.0}, {"x": X[:, 0], "y": target}
    )
    study = learning_rate_study(
        LinearRegression(20), X, target, [0.9 * report.stable_limit, 1.1 * report.stable_limit]
    )
    assert report.stable_limit == pytest.approx(study.largest_stable_rate, rel=1e-12)
    assert [run.behaviour for run in study.runs] == [
        report.behaviour(run.rate) for run in study.runs
    ]


def test_a_valley_with_a_flat_floor_has_a_limit_and_no_single_minimum() -> None:
    report = learning_rate_report((m - b) ** 2, {"m": 1.0, "b": 0.0})
    assert report.flat
    assert report.condition_number == math.inf
    assert report.stable_limit == pytest.approx(0.5)
    assert report.best_rate == pytest.approx(0.25)
    assert report.epochs(0.25) == 1
    assert "the minimum is no single point" in str(report)


def test_a_saddle_is_called_one() -> None:
    report = learning_rate_report(x**2 - y**2, {"x": 1.0, "y": 1.0})
    assert report.bottomless
    assert report.best_rate is None
    assert math.isnan(report.condition_number)
    assert report.epochs() is None
    assert report.behaviour(0.1) == "diverging"
    text = str(report)
    assert "the loss curves both ways" in text
    assert "descent leaves along y" in text
    assert "falls forever" in text


def test_a_hill_has_no_limit() -> None:
    report = learning_rate_report(cos(x), {"x": 0.5})
    assert report.stable_limit == math.inf
    assert "no direction curves upwards" in report.explain(100.0)
    assert "curves downwards" in str(report)


def test_a_plane_has_no_curvature_and_gets_a_modest_rate() -> None:
    report = learning_rate_report(3 * x + 4 * y, {"x": 100.0, "y": 0.0})
    assert report.stable_limit == math.inf
    assert report.bottomless
    assert report.auto == pytest.approx(0.2)  # a step of 5 * 0.2, a hundredth of 100
    assert "The loss has no curvature here" in str(report)


def test_nothing_moves_at_a_minimum() -> None:
    report = learning_rate_report(x**2 + 3 * y**2, {"x": 0.0, "y": 0.0})
    assert math.isnan(report.along_gradient)
    assert report.epochs() == 0
    assert "the gradient is 0 here" in str(report)


def test_auto_is_the_best_rate_of_a_quadratic_that_is_round_enough() -> None:
    round_enough = learning_rate_report(x**2 + 9 * y**2, {"x": 1.0, "y": 1.0})
    assert round_enough.auto == round_enough.best_rate == pytest.approx(0.1)
    narrow = learning_rate_report(x**2 + 1e4 * y**2, {"x": 1.0, "y": 1.0})
    assert narrow.auto == pytest.approx(narrow.stable_limit / 2)
    assert "swing" in narrow.reason


def test_auto_does_not_leap_from_a_plain() -> None:
    needle = -exp(-(x**2) - y**2)
    report = learning_rate_report(needle, {"x": 3.0, "y": 4.0})
    assert not report.quadratic
    assert report.auto * report.gradient_norm <= 5.0 * (1 + 1e-12)


def test_of_a_loss_that_is_not_quadratic_it_speaks_of_here() -> None:
    report = learning_rate_report((1 - x) ** 2 + 100 * (y - x**2) ** 2, {"x": 1.0, "y": 1.0})
    assert report.largest == pytest.approx(1001.6006392, rel=1e-9)
    assert report.smallest == pytest.approx(0.3993607674876216, rel=1e-9)
    assert "not quadratic" in str(report)
    assert "near here" in str(report)
    assert "curvature may change" in report.reason


def test_a_formula_too_long_to_write_out_is_measured() -> None:
    bowl, hills = x * x, x * x
    for _ in range(1_550):
        bowl, hills = bowl + x * 0.25 - 1, hills + 1e-3 * sin(x) - 1
    assert learning_rate_report(bowl, {"x": 1.0}).quadratic
    assert "looks quadratic" in str(learning_rate_report(bowl, {"x": 1.0}))
    assert not learning_rate_report(hills, {"x": 1.0}).quadratic


def test_curvature_along_the_gradient_is_between_the_ends() -> None:
    rng = np.random.default_rng(4)
    start = {"w": rng.normal(size=(2, 3)), "c": rng.normal(size=3)}
    data = {"A": rng.normal(size=(9, 2)), "y": rng.normal(size=9)}
    loss = mean((matmul(tanh(matmul(A, w)), c) - y) ** 2)
    report = learning_rate_report(loss, start, data)
    flat = DenseObjective(loss, start, data)
    slope = flat.value_and_gradient(flat.start)[1]
    expected = slope @ flat.hessian(flat.start) @ slope / (slope @ slope)
    assert report.along_gradient == pytest.approx(expected, rel=1e-12)
    assert report.smallest <= expected <= report.largest


def test_directions_are_named() -> None:
    names = ["m0", "m1", "m2", "yint"]
    assert in_words(np.array([0.1, 0.99, 0.0, 0.0]), names) == "m1"
    assert in_words(np.array([-0.7, 0.7, 0.0, 0.0]), names) == "0.71 m0 - 0.71 m1"
    assert in_words(np.array([0.5, 0.5, 0.5, -0.5]), names).endswith(" + ...")


@pytest.mark.parametrize("rate", [0, -1.0, math.nan, math.inf, "0.1", True])
def test_a_rate_that_is_none_is_refused(rate: Any) -> None:
    report = learning_rate_report(x**2, {"x": 1.0})
    with pytest.raises(SettingError, match="a learning rate must be positive"):
        report.explain(rate)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_gradients_whose_squares_are_no_numbers_are_measured(scale: float) -> None:
    report = learning_rate_report(scale * x**2, {"x": 1.0})
    assert report.gradient_norm == 2 * scale
    assert report.epochs() == 1
    assert repr(report) == (
        f"<LearningRateReport at x = 1: stable limit {1 / scale:.6g}, auto {0.5 / scale:.6g}>"
    )


def test_where_the_curvature_is_infinite_it_says_by_what() -> None:
    with pytest.raises(NotANumber, match="second derivative of the loss by x is not finite"):
        learning_rate_report(y**2 + x**1.5, {"x": 0.0, "y": 1.0})
