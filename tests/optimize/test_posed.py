"""What `minimize` is asked for: expressions, landscapes, and constraints besides."""

from __future__ import annotations

import json

import numpy as np
import pytest

from chainrule import equal, expression, landscapes, load_trace, mean, minimize, resume
from chainrule.errors import NameClash, SettingError, ShapeError, ValueTypeError

x, y = expression("x"), expression("y")


def test_a_landscape_is_descended_as_its_expression() -> None:
    valley = landscapes.rosenbrock()
    start = {"x": -1.2, "y": 1.0}
    expected = minimize(valley.expression, start, method="bfgs")
    assert np.array_equal(expected.path, minimize(valley, start, method="bfgs").path)
    assert np.array_equal(expected.path, minimize(valley, (-1.2, 1.0), method="bfgs").path)


def test_a_landscape_starts_by_itself_in_its_box() -> None:
    valley = landscapes.rosenbrock()
    trace = minimize(valley, method="newton", random_state=5)
    assert valley.start(5) == trace[0].parameters
    assert {"x": 0.5, "y": 0.25} == pytest.approx(
        minimize(valley, method="newton", bounds={"x": (0.25, 0.5)}).final.parameters
    )


def test_a_checkpoint_of_a_landscape_goes_on_with_it(tmp_path) -> None:
    disk = landscapes.rosenbrock_disk()
    path = tmp_path / "run.json"
    settings = {"method": "slsqp", "constraints": x <= 0.5}
    whole = minimize(disk, (-1.0, 0.5), **settings)
    minimize(disk, (-1.0, 0.5), n_epochs=3, checkpoint=path, **settings)
    gone_on = resume(path, disk, n_epochs=len(whole) - 1)
    assert np.array_equal(whole.path, gone_on.path)
    assert np.array_equal(whole.broken, gone_on.broken)


@pytest.mark.parametrize(
    ("loss", "start", "kind", "words"),
    [
        (landscapes.rosenbrock, None, ValueTypeError, r"made first: landscapes\.rosenbrock\(\)"),
        (lambda point: point**2, {"x": 1.0}, ValueTypeError, "the Python function <lambda>"),
        (landscapes.rosenbrock(), (1.0,), ShapeError, r"takes 2 numbers \(x, y\)"),
        (landscapes.schaffer_pair_n1(), None, ShapeError, "has 2 objectives"),
        (x**2, None, ValueTypeError, r"x\*\*2 has no start of its own.*variables 'x'"),
    ],
)
def test_what_is_no_loss_or_no_start_is_said(loss, start, kind, words) -> None:
    with pytest.raises(kind, match=words):
        minimize(loss, start)


def test_a_name_among_parameters_and_data_is_said_to_be_in_both() -> None:
    with pytest.raises(NameClash, match="'x' has a start among the parameters, and is in the data"):
        minimize(mean((x - y) ** 2), {"x": 0.0}, {"x": [1.0], "y": [2.0]})


@pytest.mark.parametrize("method", ["slsqp", "trust-constr"])
def test_constraints_are_kept_where_the_loss_alone_would_end_outside(method) -> None:
    trace = minimize(x**2, {"x": 0.0}, constraints=x >= 1, method=method)
    assert "converged" == trace.status
    assert 1.0 == pytest.approx(trace.best.parameters["x"], abs=1e-7)
    assert "Every constraint holds." in trace.message
    # The start has the least loss, and breaks the constraint by 1.
    assert trace.best.epoch > 0
    assert 1.0 == trace[0].broken


def test_a_landscape_brings_its_constraints() -> None:
    dome = landscapes.simionescu()
    trace = minimize(dome, (0.9, -0.8), method="slsqp", bounds=dome.domain)
    assert dome.minimum == pytest.approx(trace.best.loss, abs=1e-6)


def test_constraints_add_to_those_of_the_solver_and_of_the_data() -> None:
    a = expression("a")
    trace = minimize(
        x**2 + y**2 + 0 * a,
        {"x": 0.0, "y": 3.0},
        {"a": 2.0},
        method="slsqp",
        constraints=[equal(x + y, a), "x >= 1.5"],
    )
    assert {"x": 1.5, "y": 0.5} == pytest.approx(trace.best.parameters)


def test_constraints_that_cannot_all_hold_are_named() -> None:
    trace = minimize(x**2, {"x": 0.0}, method="slsqp", constraints=[x >= 1, x <= -1])
    assert "failed" == trace.status
    assert "Broken: x >= 1 (by 1), x <= -1 (by 1)." in trace.message


@pytest.mark.parametrize("method", ["gradient descent", "adam", "bfgs", "nelder-mead"])
def test_methods_that_take_no_constraints_say_which_do(method) -> None:
    with pytest.raises(SettingError, match=f"{method} takes no constraints.*'slsqp' or 'trust-co"):
        minimize(x**2, {"x": 2.0}, method=method, constraints=x >= 1)


def test_what_is_broken_is_saved_logged_and_a_column(tmp_path) -> None:
    log = tmp_path / "log.jsonl"
    trace = minimize(x**2, {"x": 0.0}, method="slsqp", constraints=x >= 1, log=log)
    trace.save(tmp_path / "trace.json")
    read = load_trace(tmp_path / "trace.json")
    assert np.array_equal(trace.broken, read.broken)
    assert trace.best.epoch == read.best.epoch
    assert trace.best.broken == read.best.broken
    assert np.array_equal(trace.broken, trace.to_columns()["broken"])
    assert 1.0 == json.loads(log.read_text().splitlines()[0])["broken"]
