"""Epochs that need no data any more are the epochs of the plain descent."""

from __future__ import annotations

import pickle
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.optimize.test_checkpoint import Killed, assert_same_bits

import chainrule as cr
from chainrule import LinearRegression, expression, mean, minimize, resume
from chainrule.optimize.methods import METHODS
from chainrule.optimize.methods.method import Method
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.problem.quadratic_form import quadratic_form
from chainrule.optimize.running import shortcut
from chainrule.optimize.running.ways import Descent

LINEAR = [name for name, maker in METHODS.items() if maker().response == "linear"]
SMOOTH = [name for name, maker in METHODS.items() if maker().response == "smooth"]

# NIST StRD, Longley (1967): columns nearly dependent, and its certified coefficients.
LONGLEY = np.loadtxt(
    StringIO("""
60323  83.0 234289 2356 1590 107608 1947
61122  88.5 259426 2325 1456 108632 1948
60171  88.2 258054 3682 1616 109773 1949
61187  89.5 284599 3351 1650 110929 1950
63221  96.2 328975 2099 3099 112075 1951
63639  98.1 346999 1932 3594 113270 1952
64989  99.0 365385 1870 3547 115094 1953
63761 100.0 363112 3578 3350 116219 1954
66019 101.2 397469 2904 3048 117388 1955
67857 104.6 419180 2822 2857 118734 1956
68169 108.4 442769 2936 2798 120445 1957
66513 110.8 444546 4681 2637 121950 1958
68655 112.6 482704 3813 2552 123366 1959
69564 114.2 502601 3931 2514 125368 1960
69331 115.7 518173 4806 2572 127852 1961
70551 116.9 554894 4007 2827 130081 1962
""")
)
CERTIFIED = [
    15.0618722713733,
    -0.0358191792925910,
    -2.02022980381683,
    -1.03322686717359,
    -0.0511041056535807,
    1829.15146461355,
    -3482258.63459582,
]


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the shortcut also where it does not pay."""
    monkeypatch.setattr(shortcut, "FEWEST_EPOCHS", 1)
    monkeypatch.setattr(shortcut, "LEAST_WORK", 0)


def both(monkeypatch: pytest.MonkeyPatch, run):
    """Return what a run gives by the shortcut, and without it."""
    short = run()
    with monkeypatch.context() as patch:
        patch.setattr(shortcut, "LEAST_WORK", float("inf"))
        plain = run()
    return short, plain


def table(rows: int, columns: int, noise: float = 0.1, seed: int = 0):
    numbers = np.random.default_rng(seed)
    matrix = numbers.normal(size=(rows, columns)) * np.logspace(0, 1, columns) + 0.5
    return matrix, matrix @ np.arange(1.0, columns + 1) - 2 + noise * numbers.normal(size=rows)


def assert_same_epochs(short, plain, target, within=1e-10):
    """Check parameters to 1e-10 of the largest, and losses to what rounding leaves of them."""
    assert short.status == plain.status
    largest = np.abs(plain.path).max()
    assert np.abs(short.path - plain.path).max() <= within * largest
    square = float(np.mean(target**2))
    allowed = 1e-10 * plain.loss + 1e-14 * np.sqrt(plain.loss * square) + 1e-28 * square
    assert np.all(np.abs(short.loss - plain.loss) <= allowed)
    norms = np.abs(short.gradient_norm - plain.gradient_norm)
    assert norms.max() <= 1e-10 * plain.gradient_norm.max()


def trace(model):
    return model.history.trace


@pytest.mark.parametrize("method", [*LINEAR, *SMOOTH])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_epochs_are_the_same(method, reduction, monkeypatch):
    matrix, target = table(400, 3)
    rate = LinearRegression(reduction=reduction).largest_stable_rate(matrix, target) / 4
    model = LinearRegression(700, rate, method=method, reduction=reduction, random_state=2)
    short, plain = both(monkeypatch, lambda: trace(model.fit(matrix, target)))
    if reduction == "sum":
        target = target * np.sqrt(len(target))
    assert_same_epochs(short, plain, target)


@pytest.mark.parametrize("method", LINEAR)
def test_the_digits_of_a_loss_of_little_noise_are_kept(method, monkeypatch):
    matrix, target = table(300, 3, noise=1e-7)
    rate = LinearRegression().largest_stable_rate(matrix, target) / 3
    model = LinearRegression(4_000, rate, method=method)
    short, plain = both(monkeypatch, lambda: trace(model.fit(matrix, target)))
    assert plain.loss[-1] < 1e-13
    assert_same_epochs(short, plain, target)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("method", LINEAR)
def test_longley_standardized_epoch_by_epoch(method, monkeypatch):
    matrix, target = LONGLEY[:, 1:], LONGLEY[:, 0]
    design = np.column_stack([matrix, np.ones(16)])
    assert np.allclose(np.linalg.lstsq(design, target, rcond=None)[0], CERTIFIED, rtol=1e-6)
    model = LinearRegression(4_000, 0.1, method=method, standardize=True)
    short, plain = both(monkeypatch, lambda: trace(model.fit(matrix, target)))
    assert_same_epochs(short, plain, target)


@pytest.mark.parametrize("options", [{"weight_decay": 0.3}, {"momentum": 0.7, "dampening": 0.2}])
def test_options_of_a_method_are_its_own(options, monkeypatch):
    matrix, target = table(200, 2)
    method = cr.optimize.gradient_descent(**options)
    rate = LinearRegression().largest_stable_rate(matrix, target) / 5
    model = LinearRegression(300, rate, method=method)
    short, plain = both(monkeypatch, lambda: trace(model.fit(matrix, target)))
    assert_same_epochs(short, plain, target)


def test_a_schedule_changes_the_rate_there_too(monkeypatch):
    matrix, target = table(200, 2)
    rate = LinearRegression().largest_stable_rate(matrix, target) / 3
    model = LinearRegression(300, cr.optimize.StepLR(rate, 50, 0.5), method="momentum")
    short, plain = both(monkeypatch, lambda: trace(model.fit(matrix, target)))
    assert_same_epochs(short, plain, target)
    assert np.array_equal(short.rate, plain.rate, equal_nan=True)


def array_parameters():
    X, w, y, b = (expression(name) for name in "Xwyb")
    matrix, target = table(150, 4)
    loss = mean((X @ w + b - y) ** 2) + 0.1 * cr.sum(w**2)
    return loss, {"w": np.ones(4), "b": 1.0}, {"X": matrix, "y": target}


def weighted():
    m, x, y, s = (expression(name) for name in "mxys")
    numbers = np.random.default_rng(3)
    x_, y_ = numbers.normal(size=90), numbers.normal(size=90)
    data = {"x": x_, "y": y_, "s": numbers.uniform(1, 2, 90)}
    return cr.sum(((y - m * cr.log(x**2 + 1)) / s) ** 2) / 90 + 7, {"m": 0.5}, data


def no_sum_of_squares():
    u, v, x = expression("u"), expression("v"), expression("x")
    data = {"x": np.linspace(0.5, 2, 80)}
    return mean(3 * u**2 + u * v * x + 2 * v**2 - x * u + 1), {"u": 2.0, "v": -1.0}, data


PROBLEMS = [array_parameters, weighted, no_sum_of_squares]


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("method", LINEAR)
def test_other_quadratic_losses(problem, method, monkeypatch):
    loss, start, data = problem()
    options = {"method": method, "learning_rate": 0.004, "n_epochs": 400}
    short, plain = both(monkeypatch, lambda: minimize(loss, start, data, **options))
    assert np.abs(short.path - plain.path).max() <= 1e-10 * np.abs(plain.path).max()
    assert np.allclose(short.loss, plain.loss, rtol=1e-12, atol=1e-14)
    assert short.status == plain.status


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 40), st.floats(-6, 3))
@settings(max_examples=40, deadline=None)
def test_the_form_is_the_objective(seed, columns, rows, order):
    numbers = np.random.default_rng(seed)
    X, w, y = expression("X"), expression("w"), expression("y")
    matrix = numbers.normal(size=(rows, columns)) * 10.0 ** (order * numbers.uniform(size=columns))
    data = {"X": matrix, "y": numbers.normal(size=rows)}
    objective = DenseObjective(mean((y - X @ w) ** 2), {"w": numbers.normal(size=columns)}, data)
    form = quadratic_form(objective, Point.at(objective, objective.start))
    path = numbers.normal(size=(5, columns))
    expected = [objective.value_and_gradient(row) for row in path]
    assert np.allclose([value for value, _ in expected], form.values(path), rtol=1e-11)
    scale = max(np.abs(gradient).max() for _, gradient in expected)
    for (_, gradient), found in zip(expected, form.gradients(path), strict=True):
        assert np.allclose(gradient, found, rtol=0, atol=1e-11 * scale)


def short_way(loss, start, data, method="gradient descent"):
    """Return the shortcut that a loss has, None where it has none."""
    objective = DenseObjective(loss, start, data)
    point = Point.at(objective, objective.start)
    return shortcut.Shortcut.of(objective, point, METHODS[method]())


@pytest.mark.parametrize(
    "loss",
    [
        mean((cr.exp(expression("m") * expression("x")) - expression("y")) ** 2),
        mean(cr.abs(expression("m") * expression("x") - expression("y"))),
        mean((cr.abs(expression("m")) * expression("x")) ** 2),
        mean((expression("m") * expression("x")) ** 4),
        mean(cr.relu(expression("m") * expression("x")) ** 2),
        mean((cr.sign(expression("m")) * expression("x")) ** 2),
    ],
    ids=str,
)
def test_what_is_not_quadratic_has_none(loss):
    x_ = np.linspace(-1, 2, 50)
    data = {"x": x_, "y": 2 * x_}
    kept = {name: data[name] for name in data if name in loss.variables}
    assert short_way(loss, {"m": 0.3}, kept) is None


def test_a_method_of_ones_own_is_asked_at_every_epoch():
    seen = []

    def update(gradient, state, parameters, rate):
        seen.append(float(gradient[0]))
        return -rate * gradient, state

    method = Method("mine", lambda parameters: {}, update)
    loss, start, data = weighted()
    minimize(loss, start, data, method, learning_rate=0.1, n_epochs=2000)
    assert len(seen) == 2000
    assert not any(METHODS[name]().response == "linear" for name in ("lion", "rmsprop", "nadam"))


def test_bounds_and_batches_take_the_plain_way():
    loss, start, data = array_parameters()
    for options in ({"bounds": {"b": (0, None)}}, {"batch_size": 10}):
        objective = DenseObjective(loss, start, data)
        way, _ = cr.optimize.running.run.way_of(
            objective, None, METHODS["momentum"](), {"n_epochs": 5000, "learning_rate": 0.1,
            "clip": None, "batch_size": options.get("batch_size")}, np.random.default_rng(0)
        )  # fmt: skip
        assert isinstance(way, Descent)
        assert way.is_short == ("bounds" in options)
        trace = minimize(loss, start, data, learning_rate=0.003, n_epochs=200, **options)
        assert trace.status == "finished"


@pytest.mark.parametrize("method", ["gradient descent", "momentum", "adam"])
@pytest.mark.parametrize("epoch", [1, 57, 1_030])
def test_a_run_that_was_killed_goes_on_to_the_same_bits(method, epoch, tmp_path: Path):
    loss, start, data = array_parameters()
    options = {"method": method, "learning_rate": 0.003, "n_epochs": 1_100}
    whole = minimize(loss, start, data, **options)

    def kill(entry):
        if entry.epoch == epoch:
            raise Killed

    path = tmp_path / "run.json"
    checkpoint = cr.Checkpoint(path, every_epochs=1)
    with pytest.raises(Killed):
        minimize(loss, start, data, callback=kill, checkpoint=checkpoint, **options)
    assert_same_bits(whole, resume(path, loss, data))


def test_whoever_watches_changes_nothing():
    loss, start, data = array_parameters()
    options = {"method": "nesterov", "learning_rate": 0.003, "n_epochs": 1_500}
    seen = []
    watched = minimize(loss, start, data, callback=seen.append, **options)
    alone = minimize(loss, start, data, **options)
    assert_same_bits(alone, watched)
    assert [entry.loss for entry in seen] == alone.loss[1:].tolist()
    assert [entry.parameters["b"] for entry in seen] == alone.parameters["b"][1:].tolist()
    assert_same_bits(alone, pickle.loads(pickle.dumps(alone)))
    stopped = minimize(loss, start, data, callback=lambda entry: entry.epoch == 900, **options)
    assert ("stopped", 901) == (stopped.status, len(stopped))
    without_path = minimize(loss, start, data, keep_path=False, **options)
    assert without_path.final.parameters["b"] == alone.final.parameters["b"]
    assert without_path.best.loss == alone.best.loss


def test_early_stopping_and_tolerance_are_asked_of_every_epoch():
    loss, start, data = array_parameters()
    options = {"learning_rate": 0.003, "n_epochs": 20_000}
    found = minimize(loss, start, data, tolerance=1e-6, **options)
    assert "converged" == found.status
    assert np.argmax(found.gradient_norm <= 1e-6) == len(found) - 1
    early = minimize(loss, start, data, early_stopping=3, **options)
    assert "stopped" == early.status


@pytest.mark.parametrize("factor", [1.05, 3.0, 1e200])
def test_a_rate_beyond_the_limit_diverges_as_ever(factor, monkeypatch):
    matrix, target = table(200, 2)
    rate = factor * LinearRegression().largest_stable_rate(matrix, target)
    model = LinearRegression(4_000, rate, on_divergence="ignore")
    short, plain = both(monkeypatch, lambda: trace(model.fit(matrix, target)))
    assert ("diverged", len(plain)) == (short.status, len(short))
    fine = np.isfinite(plain.loss)
    assert np.allclose(plain.loss[fine], short.loss[fine], rtol=1e-9)
