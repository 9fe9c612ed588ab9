"""Solvers reach known minima, within bounds, say why they stop, and go on where they were saved."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import optimize
from tests.optimize.descents import run

from chainrule import abs as absolute
from chainrule import exp, expression, log, matmul, mean
from chainrule import sum as total
from chainrule.errors import FileFormatError, SettingError
from chainrule.optimize import landscapes
from chainrule.optimize.methods.method import plain_state
from chainrule.optimize.problem.bounds import bounds_of
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.solvers import (
    SOLVERS,
    as_optimizer,
    bfgs,
    l_bfgs,
    newton,
    optimizer_from_settings,
    solver_named,
)
from chainrule.optimize.solvers.solver import has_converged

w, x, y, A = (expression(name) for name in ("w", "x", "y", "A"))
SMOOTH = [item for item in landscapes.catalogue().only("one objective") if item.slope == "smooth"]
# Where the basin of the minimum is a small part of the box.
NARROW = {
    "bohachevsky",
    "drop_wave",
    "easom",
    "griewank",
    "levi_n13",
    "schaffer_n2",
    "schaffer_n4",
}
OWN = ["newton", "newton-cg", "bfgs", "l-bfgs", "conjugate gradient", "line search"]
BOXED = [*OWN, "l-bfgs-b", "tnc", "slsqp", "trust-constr"]


def near_minimum(landscape, seed):
    rng = np.random.default_rng(seed)
    width = np.array([high - low for low, high in landscape.sides])
    reach = 0.0005 if landscape.name in NARROW else 0.02
    start = np.array(landscape.minimisers[0]) + reach * width * rng.uniform(-1, 1, len(width))
    return DenseObjective(landscape.expression, dict(zip(landscape.variables, start, strict=True)))


def rosenbrock(x0=-1.2, y0=1.0):
    return DenseObjective((1 - x) ** 2 + 100 * (y - x**2) ** 2, {"x": x0, "y": y0})


def logistic():
    rng = np.random.default_rng(3)
    data = {"A": rng.normal(size=(40, 5)), "y": rng.choice([-1.0, 1.0], 40)}
    loss = mean(log(1 + exp(-y * matmul(A, w)))) + 0.01 * total(w**2)
    return DenseObjective(loss, {"w": np.zeros(5)}, data)


@pytest.mark.parametrize("name", ["newton", "bfgs", "l-bfgs"])
@pytest.mark.parametrize("landscape", SMOOTH, ids=lambda item: item.name)
def test_every_smooth_landscape_is_minimised_from_within_its_basin(landscape, name) -> None:
    for seed in range(2):
        point, reason = run(solver_named(name), near_minimum(landscape, seed))
        assert not reason or has_converged(reason)
        assert landscape.minimum == pytest.approx(point.value, abs=1e-6)
        assert np.linalg.norm(point.gradient) < 1e-6


@pytest.mark.parametrize("name", ["conjugate gradient", "newton-cg", "bfgs", "l-bfgs", "newton"])
def test_solvers_agree_with_scipy(name) -> None:
    loss = logistic()
    theirs = optimize.minimize(
        loss.value_and_gradient, loss.start, jac=True, method="BFGS", options={"gtol": 1e-10}
    )
    point, _ = run(solver_named(name), loss, tolerance=1e-10)
    assert theirs.x == pytest.approx(point.vector, abs=1e-8)
    assert theirs.fun == pytest.approx(point.value, abs=1e-14)


def test_the_long_valley_is_followed_from_the_classic_start() -> None:
    for name in ("newton", "newton-cg", "bfgs", "l-bfgs", "conjugate gradient"):
        point, reason = run(solver_named(name), rosenbrock(), most=120)
        assert reason == ""
        assert [1.0, 1.0] == pytest.approx(point.vector, abs=1e-6)


def test_no_iteration_goes_up() -> None:
    for name in OWN:
        loss = rosenbrock()
        solver = solver_named(name)
        point = Point.at(loss, loss.start)
        state = solver.init(loss, point)
        for _ in range(15):
            new, state, _ = solver.advance(loss, point, state)
            assert new.value <= point.value
            point = new


def test_newton_takes_one_step_on_a_parabola_and_leaves_a_saddle() -> None:
    bowl = DenseObjective(x**2 + 3 * y**2 - x * y, {"x": 0.3, "y": -0.2})
    point, _ = run(newton(), bowl, most=1)
    assert np.linalg.norm(point.gradient) < 1e-12
    saddle = DenseObjective(x**2 + y**4 - y**2, {"x": 0.0, "y": 0.0})
    off = newton().advance(saddle, Point.at(saddle, saddle.start), {"radius": 1.0, "stalled": 0})
    assert off.point.value < 0
    point, _ = run(newton(), DenseObjective(x**2 + y**4 - y**2, {"x": 1.0, "y": 0.1}))
    assert -0.25 == pytest.approx(point.value)


@pytest.mark.parametrize("name", BOXED)
def test_bounds_are_kept_on_the_way_and_met_at_the_end(name) -> None:
    loss = rosenbrock(0.2, 0.4)
    box = bounds_of({"x": (0.1, 0.5), "y": (0.3, None)}, loss.packing)
    solver = solver_named(name)
    point = Point.at(loss, loss.start)
    state = solver.init(loss, point, box)
    for _ in range(200):
        point, state, reason = solver.advance(loss, point, state, box)
        assert box.holds(point.vector)
        if reason or np.linalg.norm(point.slope(box)) < 1e-9:
            break
    # On the edge x = 0.5 the valley is lowest at y = 0.3, above its floor at 0.25.
    assert [0.5, 0.3] == pytest.approx(point.vector, abs=1e-6)


@pytest.mark.parametrize("name", [name for name in SOLVERS if name != "trust-constr"])
def test_a_saved_state_goes_on_to_the_same_bits(name) -> None:
    loss = rosenbrock()
    solver = solver_named(name)
    point = Point.at(loss, loss.start)
    state = solver.init(loss, point)
    for _ in range(4):
        point, state, _ = solver.advance(loss, point, state)
    text = json.dumps({"state": plain_state(state), "vector": point.vector.tolist()})
    for _ in range(4):
        point, state, _ = solver.advance(loss, point, state)

    read = json.loads(text)
    again = optimizer_from_settings(json.loads(json.dumps(solver.to_settings())))
    fresh = rosenbrock()
    start = Point.at(fresh, np.array(read["vector"]))
    resumed = again.restored(read["state"], fresh, start)
    for _ in range(4):
        start, resumed, _ = again.advance(fresh, start, resumed)
    assert point.vector.tobytes() == start.vector.tobytes()
    assert plain_state(state) == plain_state(resumed)


def test_a_state_of_another_size_is_refused() -> None:
    loss = rosenbrock()
    state = bfgs().init(loss, Point.at(loss, loss.start))
    other = logistic()
    with pytest.raises(FileFormatError, match=r"shape \(2, 2\) under 'inverse'"):
        bfgs().restored(state, other, Point.at(other, other.start))


def test_reasons_to_stop_are_said_in_words() -> None:
    _, reason = run(bfgs(), DenseObjective(absolute(x) + x / 3, {"x": 0.7}))
    assert "the line search found no lower point" in reason
    assert "nelder-mead" in reason
    _, reason = run(newton(), DenseObjective(x**2 + y, {"x": 0.0, "y": 0.0}), tolerance=-1, most=3)
    assert reason == "too many iterations"
    loss = DenseObjective(x**2, {"x": 0.0})
    for name in OWN:
        _, reason = run(solver_named(name), loss, tolerance=-1)
        assert reason.startswith("converged: the gradient is 0")
    _, reason = run(newton(), DenseObjective((x + y) ** 2, {"x": 1.0, "y": 2.0}), tolerance=-1)
    assert "the Hessian is singular" in reason
    _, reason = run(bfgs(), DenseObjective(log(x), {"x": -1.0}), tolerance=-1)
    assert reason == "the loss is nan here: start where it is a number"


def test_what_rounding_hides_is_convergence_not_failure() -> None:
    steep = DenseObjective(1e6 + 3 * (x - 0.1) ** 2 + (y - x) ** 4, {"x": 0.7, "y": 0.3})
    for name in ("newton", "bfgs", "l-bfgs"):
        point, reason = run(solver_named(name), steep, tolerance=-1)
        assert has_converged(reason), reason
        assert 0.1 == pytest.approx(point.vector[0], abs=1e-6)


def test_nan_beyond_a_cliff_only_shortens_the_step() -> None:
    loss = DenseObjective(x - log(x), {"x": 30.0})
    for name in ("newton", "bfgs", "l-bfgs", "conjugate gradient", "line search"):
        point, _ = run(solver_named(name), loss)
        assert 1.0 == pytest.approx(point.vector[0], abs=1e-6)


def test_names_lead_to_solvers_and_methods_alike() -> None:
    assert repr(as_optimizer("L-BFGS", memory=4)) == "l_bfgs(memory=4)"
    assert as_optimizer("lm").name == "levenberg-marquardt"
    assert as_optimizer("adam").name == "adam"
    ready = l_bfgs()
    assert as_optimizer(ready) is ready
    with pytest.raises(SettingError, match="Did you mean 'bfgs'") as caught:
        as_optimizer("bfsg")
    assert "Methods: " in str(caught.value)
    assert "Solvers: 'bfgs', " in str(caught.value)
    with pytest.raises(SettingError, match=r"has no option 'memry'\. Did you mean 'memory'"):
        as_optimizer("l-bfgs", memry=3)
    with pytest.raises(SettingError, match="memory must be a whole number, 1 or more"):
        l_bfgs(memory=0)


def test_matrices_too_large_to_keep_are_refused() -> None:
    loss = DenseObjective(total(w**2), {"w": np.ones(2_000)})
    with pytest.raises(SettingError, match=r"meant for at most 1500\. Take 'l-bfgs'"):
        newton().init(loss, Point.at(loss, loss.start))
    for name in ("l-bfgs", "newton-cg", "conjugate gradient"):
        point, _ = run(solver_named(name), loss, most=5)
        assert point.value < 1e-12
