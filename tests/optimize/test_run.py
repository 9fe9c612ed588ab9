"""Runs from start to end: what they return, when they stop, what they refuse."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pandas as pd
import pytest

from chainrule import EarlyStopping, exp, expression, log, matmul, mean, minimize, sqrt
from chainrule.errors import (
    NotANumber,
    SettingError,
    ShapeError,
    UnknownVariable,
    ValueTypeError,
)
from chainrule.optimize.methods import METHODS, adam, gradient_descent, method_named
from chainrule.optimize.methods.method import Method
from chainrule.optimize.methods.transforms import chain, clip_by_norm, clip_by_value
from chainrule.optimize.schedules import ExponentialLR
from chainrule.optimize.solvers import SOLVERS

b, m, w, x, y, X = (expression(name) for name in ("b", "m", "w", "x", "y", "X"))
RNG = np.random.default_rng(11)
TABLE = {"X": RNG.normal(size=(60, 2))}
TABLE["y"] = TABLE["X"] @ [2.0, -1.0] + 0.5 + 0.1 * RNG.normal(size=60)
PLANE = mean((matmul(X, w) + b - y) ** 2)
ORIGIN = {"w": np.zeros(2), "b": 0.0}
BOWL = x**2 + 10 * y**2
CORNER = {"x": 3.0, "y": 1.0}
VALLEY = (1 - x) ** 2 + 100 * (y - x**2) ** 2


def least_squares() -> np.ndarray:
    design = np.column_stack([TABLE["X"], np.ones(60)])
    return np.linalg.lstsq(design, TABLE["y"], rcond=None)[0]


def test_gradient_descent_is_parameters_minus_rate_times_gradient() -> None:
    trace = minimize(BOWL, CORNER, learning_rate=0.03, n_epochs=3)
    place = np.array([3.0, 1.0])
    for entry in trace:
        assert {"x": place[0], "y": place[1]} == entry.parameters
        assert entry.gradient_norm == pytest.approx(np.hypot(2 * place[0], 20 * place[1]))
        place = place - 0.03 * np.array([2 * place[0], 20 * place[1]])
    assert len(trace) == 4
    np.testing.assert_array_equal([np.nan, 0.03, 0.03, 0.03], trace.rate)


@pytest.mark.parametrize("name", [*METHODS])
def test_the_loop_takes_the_steps_of_each_method(name: str) -> None:
    method = method_named(name)
    trace = minimize(BOWL, CORNER, method=name, learning_rate=ExponentialLR(0.1, 0.9), n_epochs=4)
    place, state = np.array([3.0, 1.0]), method.init(np.array([3.0, 1.0]))
    for epoch in range(4):
        slope = np.array([2 * place[0], 20 * place[1]])
        step, state = method.update(slope, state, place, 0.1 * 0.9**epoch)
        place = place + step
    assert {"x": place[0], "y": place[1]} == trace.final.parameters


@pytest.mark.parametrize("name", [*SOLVERS])
def test_every_solver_finds_the_floor_of_the_valley(name: str) -> None:
    pytest.importorskip("scipy")
    n_epochs = 30 if name == "line search" else None
    trace = minimize(VALLEY, {"x": -1.2, "y": 1.0}, method=name, n_epochs=n_epochs)
    if name == "line search":
        assert (trace.status, len(trace)) == ("finished", 31)
        assert (np.diff(trace.loss) <= 0).all()
    else:
        assert trace.status == "converged"
        assert trace.best.parameters == pytest.approx({"x": 1.0, "y": 1.0}, abs=1e-6)


def test_left_alone_a_fit_converges_to_least_squares() -> None:
    trace = minimize(PLANE, ORIGIN, TABLE)
    found = trace.final.parameters
    assert trace.status == "converged"
    np.testing.assert_allclose([*found["w"], found["b"]], least_squares(), rtol=1e-7)


def test_columns_of_a_frame_bind_by_name() -> None:
    frame = pd.DataFrame({"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.0], "label": list("abc")})
    trace = minimize(mean((m * x + b - y) ** 2), {"m": 0.0, "b": 0.0}, frame)
    assert trace.final.parameters == pytest.approx({"m": 2.0, "b": 1.0}, abs=1e-7)


@pytest.mark.parametrize("size", [1, 7, 60])
def test_batches_of_any_size_come_near_least_squares(size: int) -> None:
    trace = minimize(PLANE, ORIGIN, TABLE, batch_size=size, n_epochs=30, random_state=3)
    found = trace.final.parameters
    np.testing.assert_allclose([*found["w"], found["b"]], least_squares(), atol=0.05)


def test_a_batch_of_all_rows_is_the_whole() -> None:
    whole, all_rows = (
        minimize(PLANE, ORIGIN, TABLE, batch_size=size, n_epochs=5) for size in (None, 60)
    )
    np.testing.assert_array_equal(whole.path, all_rows.path)


def test_a_seed_gives_the_same_run_and_another_seed_another() -> None:
    paths = [
        minimize(PLANE, ORIGIN, TABLE, "adam", n_epochs=3, batch_size=8, random_state=seed).path
        for seed in (None, 0, np.random.default_rng(0), 1)
    ]
    np.testing.assert_array_equal(paths[0], paths[1])
    np.testing.assert_array_equal(paths[0], paths[2])
    assert (paths[0][1:] != paths[3][1:]).any()


def test_bounds_hold_at_every_epoch_and_are_named_where_they_bind() -> None:
    for method in ("gradient descent", "adam", "l-bfgs"):
        trace = minimize(BOWL, CORNER, method=method, bounds={"x": (1, None)}, n_epochs=None)
        assert trace.parameters["x"].min() == 1.0
        assert "Held by a bound: x = 1." in trace.message
        assert trace.final.gradient_norm < 1e-6


def test_clipping_and_decay_are_those_of_a_chain() -> None:
    options = {"learning_rate": 0.1, "n_epochs": 5}
    chained = chain(clip_by_norm(0.5), adam(weight_decay=0.01))
    expected = minimize(BOWL, CORNER, method=chained, **options)
    actual = minimize(BOWL, CORNER, method="adam", clip=0.5, weight_decay=0.01, **options)
    np.testing.assert_array_equal(expected.path, actual.path)
    by_value = minimize(BOWL, CORNER, clip=clip_by_value(0.5), **options)
    assert by_value[1].parameters == {"x": 3.0 - 0.05, "y": 1.0 - 0.05}


def test_the_tolerance_ends_a_run() -> None:
    trace = minimize(BOWL, CORNER, learning_rate=0.05, tolerance=1e-3, n_epochs=1000)
    assert trace.status == "converged"
    assert trace.gradient_norm[-1] <= 1e-3 < trace.gradient_norm[-2]
    assert "within the tolerance 0.001" in trace.message


def test_a_run_that_only_rounding_moves_has_converged() -> None:
    trace = minimize(BOWL, CORNER, learning_rate=0.05, tolerance=0.0)
    assert trace.status == "converged"
    noisy = minimize(mean(1e9 * (x - y) ** 2) + 1, {"x": 0.1}, {"y": [0.3, 0.7]}, tolerance=0.0)
    assert noisy.status == "converged"
    assert noisy.final.parameters == pytest.approx({"x": 0.5}, rel=1e-12)


def test_steps_that_turn_on_the_spot_are_stopped() -> None:
    trace = minimize(abs(x), {"x": 0.25}, learning_rate=0.1)
    assert trace.status == "stopped"
    assert "neither the loss nor the gradient has become smaller in 100 epochs" in trace.message


def test_a_run_that_never_converges_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.optimize.running.stopping.MOST_EPOCHS", 50)
    trace = minimize(VALLEY, {"x": -1.2, "y": 1.0})
    assert (trace.status, len(trace)) == ("finished", 51)
    assert re.search("did 50 epochs: the gradient is still .* long, not within", str(trace))


def test_a_callback_sees_every_epoch_and_can_stop() -> None:
    seen = []
    trace = minimize(
        BOWL, CORNER, n_epochs=10, callback=lambda e: seen.append(e.epoch) or e.epoch == 4
    )
    assert [1, 2, 3, 4] == seen
    assert (trace.status, len(trace)) == ("stopped", 5)
    assert "the callback asked for it" in trace.message


def test_early_stopping_keeps_the_best_on_the_data_held_out() -> None:
    features = RNG.normal(size=(12, 8))
    target = features[:, 0] + RNG.normal(size=12)
    held_out = {"X": RNG.normal(size=(40, 8)), "y": RNG.normal(size=40)}
    trace = minimize(
        mean((matmul(X, w) - y) ** 2),
        {"w": np.zeros(8)},
        {"X": features, "y": target},
        early_stopping=EarlyStopping(patience=4, min_delta=1e-3),
        validation=held_out,
        n_epochs=500,
    )
    assert trace.status == "stopped"
    assert trace.best.validation_loss == trace.validation_loss.min()
    assert trace.best.epoch <= len(trace) - 1 - 4
    assert (np.diff(trace.loss) < 0).all()
    assert "no improvement of more than 0.001 for 4 epochs" in trace.message


def test_a_rate_too_large_is_told_with_the_stable_limit() -> None:
    trace = minimize(BOWL, CORNER, learning_rate=0.2, n_epochs=10_000)
    assert trace.status == "diverged"
    assert len(trace) < 100
    assert "rate 0.2 is above the stable limit 0.1 along y; try 0.09" in trace.message
    assert trace.best.epoch == 0
    slowly = minimize(BOWL, CORNER, learning_rate=0.101, n_epochs=30)
    assert slowly.status == "diverged"


@pytest.mark.parametrize("method", ["gradient descent", "momentum", "adam"])
def test_a_run_that_meets_nan_keeps_the_best(method: str) -> None:
    trace = minimize(sqrt(x), {"x": 3.0}, method=method, learning_rate=1.1, n_epochs=100)
    assert trace.status == "diverged"
    assert f"The loss became nan at epoch {len(trace) - 1}" in trace.message
    assert np.isnan(trace.final.loss)
    assert trace.best.loss == np.nanmin(trace.loss)
    assert f"The best parameters are those of epoch {trace.best.epoch}" in trace.message


def test_a_loss_without_a_least_value_is_said_to_have_none() -> None:
    trace = minimize(-(x**2), {"x": 1.0}, learning_rate=3.0)
    assert trace.status == "diverged"
    assert "it has no least value in this direction" in trace.message
    assert "too large" not in trace.message


def test_an_interrupt_keeps_everything() -> None:
    def interrupt(entry: object) -> None:
        if entry.epoch == 3:
            raise KeyboardInterrupt

    trace = minimize(BOWL, CORNER, method="adam", n_epochs=100, callback=interrupt)
    assert (trace.status, len(trace)) == ("interrupted", 4)
    whole = minimize(BOWL, CORNER, method="adam", n_epochs=3)
    np.testing.assert_array_equal(whole.path, trace.path)


def test_an_interrupt_within_an_epoch_keeps_the_epochs_before() -> None:
    calls = []

    def update(gradient, state, parameters, rate):
        calls.append(1)
        if len(calls) == 10:
            raise KeyboardInterrupt
        return -rate * gradient, {}

    mine = Method("mine", lambda parameters: {}, update)
    trace = minimize(PLANE, ORIGIN, TABLE, mine, learning_rate=0.1, batch_size=15, n_epochs=9)
    assert (trace.status, len(trace)) == ("interrupted", 3)
    assert np.isfinite(trace.loss).all()


def test_a_log_holds_a_line_an_epoch_and_the_end(tmp_path) -> None:
    file = tmp_path / "run.jsonl"
    stream = io.StringIO()
    trace = minimize(BOWL, CORNER, learning_rate=0.2, n_epochs=3, log=file)
    minimize(BOWL, CORNER, learning_rate=0.2, n_epochs=3, log=stream)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [0, 1, 2, 3] == [line["epoch"] for line in lines[:-1]]
    assert lines[0]["rate"] is None
    assert lines[2]["loss"] == trace.loss[2]
    assert lines[2]["parameters"] == trace[2].parameters
    assert lines[-1] == {"status": trace.status, "message": trace.message}
    assert len(lines) == len(stream.getvalue().splitlines())


def test_a_bar_shows_on_request(capsys) -> None:
    pytest.importorskip("rich")
    minimize(BOWL, CORNER, n_epochs=30, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "30/30" in shown.err


def test_a_path_that_is_not_kept_leaves_start_best_and_end() -> None:
    options = {"learning_rate": 0.09, "n_epochs": 20}
    whole = minimize(BOWL - x, CORNER, method="momentum", **options)
    lean = minimize(BOWL - x, CORNER, method="momentum", keep_path=False, **options)
    assert {0, whole.best.epoch, 20} == {*lean.kept.tolist()}
    assert whole.best.parameters == lean.best.parameters
    assert whole.final.parameters == lean.final.parameters
    if 1 not in lean.kept:
        assert lean[1].parameters == {}


def test_auto_is_refused_where_no_curvature_bounds_the_rate() -> None:
    with pytest.raises(SettingError, match=r"adam scales each slope itself.* for 0\.001"):
        minimize(BOWL, CORNER, method="adam", learning_rate="auto")
    trace = minimize(PLANE, ORIGIN, TABLE, "nesterov", batch_size=6, n_epochs=40)
    assert trace.loss[-1] < 0.05 * trace.loss[0]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"start": {"x": 0.0, "z": 1.0}}, UnknownVariable, "does not contain the parameter 'z'"),
        ({"start": {"x": 0.0}}, UnknownVariable, "no value for 'y'"),
        ({"start": {"x": "3", "y": 1.0}}, ValueTypeError, "'3', which is text"),
        ({"start": {"x": [1.0, 2.0], "y": 1.0}}, ShapeError, r"shape \(2,\).* mean\("),
        ({"loss": log(x) + y}, NotANumber, r"nan at the start: log\(x\) is nan, where x = -1"),
        ({"loss": exp(-800 * x) * y}, NotANumber, "at the start"),
        ({"bounds": {"x": (0, 1)}}, SettingError, r"x starts at -1, outside .* \(0, 1\)"),
        ({"bounds": {"q": (0, 1)}}, UnknownVariable, "no parameter 'q' to bound"),
        ({"method": "adma"}, SettingError, "no method is called 'adma'. Did you mean 'adam'"),
        ({"method": 3}, SettingError, "must be a name"),
        ({"learning_rate": -0.1}, SettingError, "rate must be .*, not -0.1"),
        ({"learning_rate": float("nan")}, SettingError, "rate must be .*, not nan"),
        ({"learning_rate": "fast"}, SettingError, "a number, a schedule or 'auto', not 'fast'"),
        ({"learning_rate": True}, SettingError, "not True"),
        ({"n_epochs": 2.5}, SettingError, "n_epochs must be a whole number, 1 or more, not 2.5"),
        ({"n_epochs": 0}, SettingError, "n_epochs .* not 0"),
        ({"batch_size": 2}, SettingError, "no rows to take in batches"),
        ({"batch_size": 0}, SettingError, "batch_size .* not 0"),
        ({"tolerance": -1.0}, SettingError, "tolerance must be .*, not -1.0"),
        ({"early_stopping": 0}, SettingError, "early_stopping must be .*, not 0"),
        ({"early_stopping": "soon"}, ValueTypeError, "an EarlyStopping, not 'soon'"),
        ({"random_state": -1}, SettingError, "random_state cannot be negative"),
        ({"random_state": "x"}, ValueTypeError, "random_state cannot be 'x'"),
        ({"method": "bfgs", "learning_rate": 0.1}, SettingError, "learning_rate is for methods"),
        ({"method": "bfgs", "batch_size": 3}, SettingError, "from all rows. Leave batch_size out"),
        ({"method": adam(), "weight_decay": 0.1}, SettingError, "has its options already"),
        ({"log": 3}, ValueTypeError, "log must be a path or a text stream"),
        ({"checkpoint": 3}, SettingError, "checkpoint must be a path"),
        ({"checkpoint": "/no/such/run.json"}, SettingError, "there is no folder /no/such"),
        ({"data": "adam"}, ValueTypeError, "data is the text 'adam'.* method='adam'"),
        (
            {"start": {"y": 1.0}, "data": {"x": 1.0}, "validation": {}},
            UnknownVariable,
            "validation: no value for 'x'",
        ),
    ],
)
def test_what_cannot_be_run_is_refused(change, error, words) -> None:
    call = {"loss": x**2 + y, "start": {"x": -1.0, "y": 1.0}} | change
    with pytest.raises(error) as refused:
        minimize(**call)
    assert re.search(words, str(refused.value).replace("\n", " "))


def test_a_step_of_a_wrong_shape_is_refused() -> None:
    wrong = Method("wrong", lambda p: {}, lambda g, s, p, r: (g[:, None], s))
    with pytest.raises(ShapeError, match="the step of wrong has shape"):
        minimize(BOWL, CORNER, method=wrong, learning_rate=0.1, n_epochs=1)


def test_a_method_object_and_its_name_are_the_same() -> None:
    named = minimize(BOWL, CORNER, n_epochs=4)
    made = minimize(BOWL, CORNER, method=gradient_descent(), n_epochs=4)
    np.testing.assert_array_equal(named.path, made.path)
