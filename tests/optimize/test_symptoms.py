"""What a run shows of itself, from real descents: diverging, swinging, standing still, crawling."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from chainrule import cos, exp, expression, hypot, mean, minimize
from chainrule.errors import SettingError, ShapeError
from chainrule.optimize.curvature.stability import learning_rate_report
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.running.symptoms import diagnose

x, y = expression("x"), expression("y")
BOWL, START = 2 * x**2 + 0.5 * y**2 + 7, {"x": 1.0, "y": 1.0}


def descended(loss: expression, start: dict[str, Any], rate: float, epochs: int) -> Any:
    flat = DenseObjective(loss, start)
    vector, losses, norms = flat.start, [], []
    for _ in range(epochs + 1):
        value, gradient = flat.value_and_gradient(vector)
        losses.append(value)
        norms.append(float(np.linalg.norm(gradient)))
        vector = vector - rate * gradient
    return losses, norms


def kinds(*arguments: Any, **options: Any) -> list[str]:
    return [symptom.kind for symptom in diagnose(*arguments, **options)]


def test_a_healthy_run_shows_nothing() -> None:
    assert kinds(*descended(BOWL, START, 0.2, 30), rate=0.2) == []
    assert kinds([3.0]) == []


def test_divergence_names_the_limit_the_direction_and_a_rate_to_try() -> None:
    report = learning_rate_report(BOWL, START)
    losses, norms = descended(BOWL, START, 0.6, 8)
    (symptom,) = diagnose(losses, norms, rate=0.6, report=report)
    assert symptom.kind == "divergence"
    assert str(symptom) == (
        f"the loss grew 8 epochs in a row from epoch 0, from 9.5 to {losses[-1]:.6g}: rate 0.6 is "
        "above the stable limit 0.5 along x; try 0.4."
    )


def test_growth_is_counted_from_where_it_began() -> None:
    losses = [9.0, 5.0, 3.0, 2.0, *(2 + 0.1 * 2.0**k for k in range(6))]
    (symptom,) = diagnose(losses, first=100)
    assert symptom.since == 103
    assert "6 epochs in a row from epoch 103" in symptom.message


def test_without_a_report_the_limit_is_estimated_from_the_growth() -> None:
    losses, norms = descended(BOWL, START, 0.7, 15)
    for known in (norms, None):
        (symptom,) = diagnose(losses, known, rate=0.7)
        assert "above the stable limit, which by this growth is about 0.5; try 0.2" in str(symptom)


def test_below_a_limit_taken_elsewhere_the_curvature_is_larger_here() -> None:
    report = learning_rate_report(BOWL, START)
    (symptom,) = diagnose([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], rate=0.1, report=report)
    assert "the curvature is larger here; try 0.025" in symptom.message


def test_a_loss_that_is_no_number_any_more_is_divergence() -> None:
    with np.errstate(all="ignore"):
        losses, norms = descended(x**4, {"x": 3.0}, 1.0, 12)
    (symptom,) = diagnose(losses, norms, rate=1.0)
    assert symptom.kind == "divergence"
    assert "the loss became inf at epoch" in symptom.message or "nan" in symptom.message
    (symptom,) = diagnose([math.nan, 1.0])
    assert "is nan before the first step: start where it is a number" in symptom.message


def test_four_rises_are_not_yet_divergence_and_rounding_is_none() -> None:
    assert kinds([5.0, 1.0, 1.1, 1.2, 1.3, 1.4]) == []
    assert kinds([9.0, *(1.0 + k * 1e-15 for k in range(7))]) == []


def test_swinging_is_recognised_and_shrinking_swings_are_told_of() -> None:
    wave = cos(3 * x) + 0.01 * x**2
    losses, norms = descended(wave, {"x": 0.9}, 0.3, 40)
    report = learning_rate_report(wave, {"x": math.pi / 3})
    symptom = diagnose(losses, norms, rate=0.3, report=report)[0]
    assert symptom.kind == "oscillation"
    assert "up and down" in symptom.message
    assert "above the stable limit 0.221729 at x = 1.0472, where" in symptom.message
    assert "try 0.1" in symptom.message
    noisy = 1 + 0.2 * np.random.default_rng(0).normal(size=60)
    assert kinds(noisy, rate=0.1) == ["oscillation"]


def test_swings_are_explained_by_the_curvature_where_they_happen() -> None:
    # Curvature 6 x - 4 is 2 at the minimum x = 1 and 26 at the start: a limit of 1, not of 0.077.
    run = minimize(x**3 - 2 * x**2 + x, {"x": 1.3}, learning_rate=0.98, n_epochs=60)
    assert "rate 0.98 is above half of the stable limit" in run.message
    quoted = float(re.search(r"stable limit ([0-9.]+) at x = ", run.message)[1])
    assert abs(quoted - 1) < 0.02
    high = x**4 - 3 * x**2 + x
    swung = minimize(high, {"x": 0.1}, learning_rate=0.16, n_epochs=80)
    late = float(swung.path[-2:].mean())
    report = learning_rate_report(high, {"x": late})
    assert f"stable limit {report.stable_limit:.6g} at x = {late:.6g}" in swung.message
    # It comes no nearer, so there is no pace to speak of.
    assert "progress" not in swung.message.lower()


def test_across_the_tip_of_a_cone_no_curvature_is_to_blame() -> None:
    run = minimize(hypot(x, y), {"x": -1.5, "y": 3.5}, learning_rate=1.8, n_epochs=60)
    assert "the loss goes up and down" in run.message.lower()
    assert "try 0.9, or let the rate fall from epoch to epoch" in run.message
    assert "limit" not in run.message


def test_a_rate_that_swings_is_not_the_one_to_try() -> None:
    narrow = x**2 + 100 * y**2
    report = learning_rate_report(narrow, {"x": 1.0, "y": 1.0})
    assert report.auto == report.best_rate > report.stable_limit / 2
    run = minimize(narrow, {"x": 1.0, "y": 1.0}, learning_rate=0.0099, n_epochs=40)
    assert "y overshoots" in run.message
    assert "above half of the stable limit 0.01, where" in run.message
    assert "try 0.005" in run.message


def test_a_loss_that_fell_below_every_number_is_not_blamed_on_the_rate() -> None:
    (symptom,) = diagnose([1.0, -5.0, -1e9, -math.inf], rate=0.5)
    assert "the loss became -inf at epoch 3: it has no least value this way." == symptom.message


def test_a_parameter_that_overshoots_is_named_though_the_loss_falls() -> None:
    path = np.array([[(1 - 0.45 * 4) ** k, (1 - 0.45) ** k] for k in range(20)])
    losses = 2 * path[:, 0] ** 2 + 0.5 * path[:, 1] ** 2 + 7
    report = learning_rate_report(BOWL, START)
    shown = diagnose(losses, rate=0.45, report=report, parameters=path, names=["x", "y"])
    assert [symptom.kind for symptom in shown] == ["oscillation"]
    assert shown[0].since == 9
    assert "x overshoots: its step turned back in each of the last 10 epochs" in str(shown[0])
    assert "0.8 times the one before" in str(shown[0])
    assert "above half of the stable limit 0.5" in str(shown[0])
    calm = np.array([[0.5**k, 0.9**k] for k in range(20)])
    assert kinds(losses, rate=0.1, parameters=calm, names=["x", "y"]) == []


def test_a_plain_is_told_from_a_minimum() -> None:
    plain = descended(-exp(-(x**2) - y**2), {"x": 9.0, "y": 9.0}, 0.1, 50)
    (symptom,) = diagnose(*plain, rate=0.1)
    assert symptom.kind == "plateau"
    assert "since the start" in symptom.message
    arrived = descended(BOWL, START, 0.4, 60)
    (symptom,) = diagnose(*arrived, rate=0.4)
    assert symptom.kind == "rest"
    assert "it has arrived" in symptom.message
    turning = [10.0, *[3.0] * 20]
    (symptom,) = diagnose(turning, [5.0, *[2.0] * 20])
    assert symptom.kind == "plateau"
    assert "still 0.4 of its largest" in symptom.message


def test_crawling_is_blamed_on_the_rate_or_on_the_valley() -> None:
    report = learning_rate_report(BOWL, START)
    (symptom,) = diagnose(*descended(BOWL, START, 1e-4, 40), rate=1e-4, report=report)
    assert symptom.kind == "slowness"
    assert "far below the stable limit 0.5; try 0.4" in symptom.message
    narrow = 5e4 * x**2 + 0.5 * y**2
    report = learning_rate_report(narrow, {"x": 1e-5, "y": 1.0})
    run = descended(narrow, {"x": 1e-5, "y": 1.0}, report.auto, 60)
    (symptom,) = diagnose(*run, rate=report.auto, report=report)
    assert "the condition number is 1e+05" in symptom.message
    assert "momentum" in symptom.message
    # y keeps 1 - 1e-5 an epoch, so a millionth is some 1.4 million epochs away.
    assert "1,400,000 more epochs" in symptom.message


def test_words_do_without_a_rate() -> None:
    (symptom,) = diagnose([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    assert symptom.message.endswith("from 1 to 32: use a smaller rate.")


def test_a_trace_is_read_as_it_is() -> None:
    trace = minimize(BOWL, START, learning_rate=0.4, n_epochs=60, tolerance=0)
    assert diagnose(trace, rate=0.4) == diagnose(trace.loss, trace.gradient_norm, rate=0.4) != ()


def test_bad_columns_are_refused() -> None:
    with pytest.raises(SettingError, match=r"a column of numbers.*but are 'up and down'"):
        diagnose("up and down")
    with pytest.raises(ShapeError, match="2 losses and 1 norms"):
        diagnose([1.0, 2.0], [1.0])
    with pytest.raises(ShapeError, match="1 losses and 0 names"):
        diagnose([1.0], parameters=np.ones((1, 2)))
    with pytest.raises(SettingError, match=r"shape \(0,\)"):
        diagnose([])
    with pytest.raises(SettingError, match="a learning rate must be positive"):
        diagnose([1.0], rate=-1)


def test_it_reads_a_fit_of_rows() -> None:
    m, data = expression("m"), {"x": np.array([1.0, 2.0, 3.0]), "y": np.array([2.0, 4.0, 6.1])}
    loss = mean((m * x - y) ** 2)
    flat = DenseObjective(loss, {"m": 0.0}, data)
    report = learning_rate_report(loss, {"m": 0.0}, data)
    vector, losses = flat.start, []
    for _ in range(9):
        value, gradient = flat.value_and_gradient(vector)
        losses.append(value)
        vector = vector - 1.05 * report.stable_limit * gradient
    (symptom,) = diagnose(losses, rate=1.05 * report.stable_limit, report=report)
    assert "along m" in symptom.message
