"""Line searches end where their conditions hold, whatever the loss does along the way."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import cos, exp, expression, log, sin
from chainrule.optimize.problem.bounds import Bounds
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.solvers.searches import Line, backtracking, strong_wolfe
from chainrule.optimize.solvers.trust_region import least_within

x, y = expression("x"), expression("y")
LOSSES = {
    "power": x**6,
    "wavy": sin(5 * x) + x**2,
    "plateau": -x / (x**2 + 2),
    "cliff": x - log(x),
    "far": exp(-x) + x / 1000,
    "flat": cos(x / 50),
}


def line_from(loss, start, direction, bounds=None):
    flat = DenseObjective(loss, start)
    return Line(flat, Point.at(flat, flat.start), np.asarray(direction, dtype=float), bounds)


@pytest.mark.parametrize("first", [1e-4, 1.0, 30.0])
@pytest.mark.parametrize("name", LOSSES)
def test_both_wolfe_conditions_hold(name, first) -> None:
    line = line_from(LOSSES[name], {"x": 0.3}, [0.0])
    line.direction = -np.sign(line.start.gradient)
    for flatter in (0.9, 0.1):
        found = strong_wolfe(line, first, flatter=flatter)
        change = found.trial.point.value - line.start.value
        assert change <= 1e-4 * found.trial.length * line.slope
        assert abs(found.trial.point.gradient @ line.direction) <= -flatter * line.slope


def test_backtracking_stops_at_the_first_step_that_is_low_enough() -> None:
    line = line_from(x**2, {"x": 1.0}, [-1.0])
    assert backtracking(line, 1.0).evaluations == 1
    far = backtracking(line, 1e6)
    assert far.trial.change < 0
    assert far.evaluations < 12
    cliff = line_from(x - log(x), {"x": 3.0}, [-1.0])
    assert 0 < backtracking(cliff, 50.0).trial.point.vector[0] < 3


def test_a_path_bends_at_the_bounds() -> None:
    box = Bounds(np.array([0.5, -np.inf]), np.array([np.inf, np.inf]))
    line = line_from(x**2 + y**2, {"x": 1.0, "y": 1.0}, [-1.0, -1.0], box)
    assert [0.5, 0.0] == backtracking(line).trial.point.vector.tolist()


def test_a_direction_that_leads_up_is_said_to() -> None:
    for search in (backtracking, strong_wolfe):
        found = search(line_from(x**2, {"x": 1.0}, [1.0]))
        assert found.trial is None
        assert found.reason.startswith("no descent direction: along it, the loss has slope 2")


def test_the_best_step_in_a_ball_is_found_for_any_curvature() -> None:
    rng = np.random.default_rng(0)
    angles = np.linspace(0, 2 * np.pi, 2_001)
    for _ in range(40):
        curvatures = rng.choice([-2.0, -1e-3, 0.0, 1e-3, 1.0, 50.0], 2)
        slopes = rng.choice([-1.0, -1e-9, 0.0, 1e-6, 2.0], 2)
        radius = rng.choice([1e-3, 0.5, 40.0])
        step = least_within(curvatures, slopes, radius)
        assert np.linalg.norm(step) <= radius * (1 + 1e-12)

        def model(one, two, slopes=slopes, curvatures=curvatures):
            straight = slopes[0] * one + slopes[1] * two
            return straight + (curvatures[0] * one**2 + curvatures[1] * two**2) / 2

        reaches = np.concatenate([[0.0], radius * np.linspace(0.001, 1, 40)])
        grid = [model(r * np.cos(angles), r * np.sin(angles)).min() for r in reaches]
        scale = abs(slopes).sum() * radius + abs(curvatures).sum() * radius**2
        assert model(*step) <= min(grid) + 1e-5 * scale
