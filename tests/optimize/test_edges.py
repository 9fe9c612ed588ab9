"""Solvers at the edges of a box, and where there is no bottom."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import expression, landscapes, minimize, sqrt
from chainrule import sum as total

x, y = expression("x"), expression("y")


@pytest.mark.parametrize("name", ["newton", "levenberg-marquardt", "newton-cg", "bfgs", "l-bfgs"])
@pytest.mark.parametrize("seed", [1, 18, 19])
def test_a_valley_that_runs_into_a_bound_is_followed_to_its_end(name, seed) -> None:
    valley = landscapes.beale()
    trace = minimize(
        valley.expression,
        valley.start(seed),
        method=name,
        bounds=valley.box,
        n_epochs=120,
        tolerance=1e-6,
    )
    assert "converged" == trace.status
    assert min(abs(trace.final.loss - 0.7620696508923166), abs(trace.final.loss)) < 1e-9


@pytest.mark.parametrize("name", ["newton", "levenberg-marquardt", "gauss-newton", "l-bfgs"])
def test_a_minimum_in_a_corner_is_reached_exactly(name) -> None:
    loss = (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2
    bounds = {"x": (-10.0, 0.0), "y": (-10.0, 0.0)}
    trace = minimize(loss, {"x": -1e-7, "y": -8.0}, method=name, bounds=bounds, n_epochs=50)
    assert {"x": 0.0, "y": 0.0} == trace.final.parameters


@pytest.mark.parametrize("name", ["bfgs", "l-bfgs", "conjugate gradient", "newton-cg"])
def test_bounds_out_of_reach_change_no_step(name) -> None:
    start = {"x": -1.2, "y": 1.0}
    loss = landscapes.rosenbrock().expression
    free = minimize(loss, start, method=name, n_epochs=20)
    far = {"x": (-1e9, 1e9), "y": (-1e9, 1e9)}
    assert np.array_equal(
        free.path, minimize(loss, start, method=name, bounds=far, n_epochs=20).path
    )


def test_newton_by_products_goes_on_where_the_parabola_has_no_least() -> None:
    valley = landscapes.rosenbrock()
    trace = minimize(valley.expression, valley.start(8), method="newton-cg", n_epochs=100)
    assert trace.final.loss < 1e-20


@pytest.mark.parametrize("name", ["bfgs", "l-bfgs", "newton", "newton-cg", "line search"])
@pytest.mark.parametrize("loss", [x, -(x**2)])
def test_a_loss_without_a_floor_is_said_to_fall_without_end(name, loss) -> None:
    trace = minimize(loss, {"x": 1.0}, method=name, n_epochs=1000)
    assert "failed" == trace.status
    assert "falls without end" in trace.message


def test_a_slope_that_is_infinite_below_what_is_left_out_does_not_stop_a_descent() -> None:
    """At the start sqrt has no slope at the element that the brackets leave out."""
    loss = total((x - 2) ** 2) + sqrt(x)[1]
    trace = minimize(loss, {"x": np.array([0.0, 3.0])}, method="bfgs", tolerance=1e-8)
    assert "converged" == trace.status
    first, second = trace.final.parameters["x"]
    assert abs(first - 2) < 1e-7
    assert abs(2 * (second - 2) + 0.5 / second**0.5) < 1e-6
