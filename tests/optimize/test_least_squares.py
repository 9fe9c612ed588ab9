"""Residuals are found in the formula of a loss, and least squares are solved by them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize
from tests.optimize.descents import run

from chainrule import exp, expression, matmul, mean, mean_squared_error, named, var
from chainrule import sum as total
from chainrule.errors import SettingError
from chainrule.optimize import landscapes
from chainrule.optimize.problem.bounds import bounds_of
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.problem.reduced import reduced
from chainrule.optimize.problem.residuals import residuals_of
from chainrule.optimize.solvers import bfgs, gauss_newton, levenberg_marquardt

a, b, c, k, m, w, x, y, A = (
    expression(name) for name in ("a", "b", "c", "k", "m", "w", "x", "y", "A")
)
RNG = np.random.default_rng(11)
DATA = {
    "x": np.linspace(0.0, 3.0, 9),
    "y": RNG.normal(size=9),
    "k": RNG.uniform(0.5, 2.0, 9),
    "A": RNG.normal(size=(9, 3)),
}
START = {"a": 0.7, "b": -0.4, "w": np.array([0.3, -0.2, 0.9])}
SQUARES = ["beale", "booth", "colville", "dixon_price", "himmelblau", "levi_n13", "levy"]
SQUARES = [*SQUARES, "powell_singular", "rosenbrock", "sphere", "sum_squares", "zakharov"]

SUMS = {
    "mean": mean((a * x + b - y) ** 2),
    "sum": total((a * exp(b * x) - y) ** 2) / 2,
    "product": mean((a * x - y) * (a * x - y)),
    "meaning": mean_squared_error(a * x + b, y),
    "variance": var(a * x + b * y),
    "weights": mean(k * (a * x - y) ** 2 / 3),
    "ridge": mean((matmul(A, w) - y) ** 2) + 0.1 * total(w**2),
    "dot": matmul(w, w) + (a - 1) ** 4,
    "named": named("error", mean(named("square", (a * x - y) ** 2))) - 3.0,
    "broadcast": mean((a * x - y) ** 2 + b**2) + total(a**2 + x * b**2),
    "axes": mean(total((A * w) ** 2, axis=1)),
    "one plus": (a - 1) ** 2 * (1 + b**2),
    "divided": total((a * x - y) ** 2) / (1 + b**2) ** 2,
}


@pytest.mark.parametrize("name", SUMS)
def test_squares_of_residuals_add_up_to_the_loss(name) -> None:
    used = {key: value for key, value in START.items() if key in SUMS[name].variables}
    loss = DenseObjective(SUMS[name], used, DATA)
    found = residuals_of(loss)
    values, jacobian = found.value(loss.start), found.jacobian(loss.start)
    value, gradient = loss.value_and_gradient(loss.start)
    offset = -3.0 if name == "named" else 0.0
    assert value == pytest.approx(values @ values + offset, rel=1e-12)
    assert gradient == pytest.approx(2 * jacobian.T @ values, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (mean(a * x - y), "there is no square in"),
        ((a - 1) ** 2 + exp(b), "no square in exp(b)"),
        (a**4 - 2 * b**2, "the square of b is in it with the weight -2"),
        (mean((a * x - y) ** 3), "there is no square in (a*x - y)**3"),
    ],
)
def test_what_is_no_sum_of_squares_is_named(loss, words) -> None:
    flat = DenseObjective(loss, {n: 1.0 for n in ("a", "b") if n in loss.variables}, DATA)
    with pytest.raises(SettingError) as caught:
        gauss_newton().init(flat, Point.at(flat, flat.start))
    assert words in str(caught.value)
    assert "'bfgs'" in str(caught.value)


@pytest.mark.parametrize("name", SQUARES)
def test_landscapes_that_are_sums_of_squares_are_solved(name) -> None:
    landscape = landscapes.find(name)
    if name == "colville":
        # Its cross term hides the squares.
        flat = DenseObjective(landscape.expression, landscape.start(0))
        with pytest.raises(SettingError, match="no square in 19"):
            residuals_of(flat)
        return
    reach = 0.002 if name == "levi_n13" else 0.05
    width = np.array([high - low for low, high in landscape.sides])
    start = np.array(landscape.minimisers[0]) + reach * width * RNG.uniform(-1, 1, len(width))
    loss = DenseObjective(landscape.expression, dict(zip(landscape.variables, start, strict=True)))
    for solver in (levenberg_marquardt(), gauss_newton()):
        point, reason = run(solver, loss)
        assert reason == ""
        assert 0.0 == pytest.approx(point.value, abs=1e-12)
        assert np.linalg.norm(point.gradient) < 1e-6


def test_a_curve_is_fitted_as_by_minpack_and_by_bfgs() -> None:
    data = {"x": DATA["x"], "y": 2.0 * np.exp(-1.3 * DATA["x"]) + 0.05 * DATA["y"]}
    loss = DenseObjective(mean((a * exp(b * x) - y) ** 2), {"a": 1.0, "b": 0.0}, data)
    theirs, _ = optimize.curve_fit(
        lambda t, p, q: p * np.exp(q * t), data["x"], data["y"], [1.0, 0.0]
    )
    for solver in (levenberg_marquardt(), gauss_newton(), bfgs()):
        point, _ = run(solver, loss, tolerance=1e-11)
        assert theirs == pytest.approx(point.vector, abs=1e-6)


def test_units_of_parameters_do_not_matter_to_levenberg_and_marquardt() -> None:
    data = {"x": DATA["x"], "y": 2.0 * np.exp(-1.3 * DATA["x"])}
    plain = DenseObjective(mean((a * exp(b * x) - y) ** 2), {"a": 1.0, "b": 0.5}, data)
    tiny = DenseObjective(mean((a * 1e6 * exp(b * x) - y) ** 2), {"a": 1e-6, "b": 0.5}, data)
    one, _ = run(levenberg_marquardt(), plain, tolerance=1e-9)
    other, _ = run(levenberg_marquardt(), tiny, tolerance=1e-3)
    assert one.vector * [1e-6, 1] == pytest.approx(other.vector, rel=1e-8)


def test_a_singular_jacobian_and_bounds_are_no_obstacle() -> None:
    loss = DenseObjective(mean((a * x + b * x - y) ** 2), {"a": 0.0, "b": 0.0}, DATA)
    for solver in (levenberg_marquardt(), gauss_newton()):
        point, _ = run(solver, loss)
        assert point.vector[0] == pytest.approx(point.vector[1])
    line = DenseObjective(mean((a * x + b - y) ** 2), {"a": 0.2, "b": 0.1}, DATA)
    box = bounds_of({"a": (0.15, 1.0), "b": (0.05, 1.0)}, line.packing)
    theirs = optimize.lsq_linear(
        np.stack([DATA["x"], np.ones(9)], axis=1), DATA["y"], ([0.15, 0.05], [1.0, 1.0])
    )
    for solver in (levenberg_marquardt(), gauss_newton()):
        point, _ = run(solver, line, bounds=box)
        assert theirs.x == pytest.approx(point.vector, abs=1e-6)


MANY = np.random.default_rng(4).uniform(0.1, 2.0, (60_000, 3))
TALL = {
    "curve": (mean((a * exp(-b * x) + c - y) ** 2), {"a": 1.3, "b": 0.7, "c": 0.1}),
    "matrix": (mean((exp(matmul(A, w)) * b - y) ** 2), {"w": [0.3, -0.2, 0.1], "b": 0.8}),
    "ridge": (mean((matmul(A, w) - y) ** 2) + 0.1 * total(w**2), {"w": [0.3, -0.2, 0.1]}),
    "mixed rows": (var(a * x + b * y), {"a": 0.4, "b": 0.3}),
}


@pytest.mark.parametrize("name", TALL)
@pytest.mark.parametrize("rows", [70, 60_000])
def test_jacobians_are_written_and_agree_with_differences(name, rows) -> None:
    data = {"x": MANY[:rows, 0], "y": MANY[:rows, 1], "A": MANY[:rows]}
    loss = DenseObjective(*TALL[name], data)
    found = residuals_of(loss)
    assert found.written
    jacobian = found.jacobian(loss.start)
    for column, direction in enumerate(np.eye(loss.packing.size)):
        ahead, behind = (found.value(loss.start + s * 1e-6 * direction) for s in (1, -1))
        assert np.allclose((ahead - behind) / 2e-6, jacobian[:, column], rtol=1e-5, atol=1e-8)
    assert np.allclose(found.swept(loss.start), jacobian, rtol=1e-12, atol=1e-15)
    matrix, values = reduced(found, loss.start)
    assert len(matrix) <= loss.packing.size + 1
    assert matrix.T @ matrix == pytest.approx(jacobian.T @ jacobian, rel=1e-11)
    assert matrix.T @ values == pytest.approx(jacobian.T @ found.value(loss.start), rel=1e-10)


def test_nearly_dependent_columns_are_solved_by_orthogonal_transformations() -> None:
    data = {"x": MANY[:, 0] + 1000.0, "y": MANY[:, 1]}
    loss = DenseObjective(
        mean((a + b * x + c * x**2 - y) ** 2), {"a": 0.0, "b": 0.0, "c": 0.0}, data
    )
    found = residuals_of(loss)
    matrix, values = reduced(found, loss.start)
    jacobian, told = found.jacobian(loss.start), found.value(loss.start)
    lengths = np.linalg.norm(jacobian, axis=0)
    assert np.linalg.cond(jacobian / lengths) > 1e7
    theirs = np.linalg.lstsq(jacobian / lengths, told)[0] / lengths
    ours = np.linalg.lstsq(matrix / lengths, values)[0] / lengths
    assert theirs == pytest.approx(ours, rel=1e-6)
    seen = np.linalg.svd(jacobian / lengths, compute_uv=False)
    assert seen == pytest.approx(np.linalg.svd(matrix / lengths, compute_uv=False), rel=1e-6)


def test_residuals_of_numbers_that_raise_are_swept() -> None:
    loss = DenseObjective((a**0.5 * b) ** 2 + (1 / b) ** 2, {"a": 0.0, "b": 2.0})
    found = residuals_of(loss)
    assert found.value(np.array([4.0, 0.0])) == pytest.approx([0.0, np.inf])
    jacobian = found.jacobian(np.array([4.0, 0.0]))
    assert jacobian[0] == pytest.approx([0.0, 2.0])
    assert jacobian[1, 1] == -np.inf
    assert reduced(found, np.array([4.0, 0.0])) is None


def test_residuals_are_found_once_for_data_of_the_same_shapes() -> None:
    one, other = (DenseObjective(SUMS["mean"], {"a": 1.0, "b": 0.0}, DATA) for _ in range(2))
    assert residuals_of(one).written is residuals_of(other).written
    weighted = DenseObjective(SUMS["weights"], {"a": 1.0}, DATA)
    assert len(residuals_of(weighted).written) == 1
    worse = DenseObjective(SUMS["weights"], {"a": 1.0}, {**DATA, "k": -DATA["k"]})
    with pytest.raises(SettingError, match="with the weight -"):
        residuals_of(worse)
