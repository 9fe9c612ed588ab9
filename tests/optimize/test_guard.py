"""A rate that the curvature at the start chose is watched: a step that leaps is taken shorter."""

import numpy as np
import pytest

from chainrule import exp, expression, mean, minimize, resume, sum
from chainrule.optimize.running.checkpoint import Checkpoint

a, b, x, y = (expression(name) for name in "abxy")
RISING = {"x": np.array([1.0, 5.0, 10.0]), "y": np.array([1.2, 2.7, 7.4])}
COUNTS = {"x": np.linspace(0.0, 9.0, 30), "y": np.round(np.exp(0.4 * np.linspace(0.0, 9.0, 30)))}
LOSSES = {
    "an exponential": (mean((y - exp(a * x)) ** 2), {"a": 0.0}, RISING),
    "of two parameters": (mean((y - b * exp(a * x)) ** 2), {"a": 0.0, "b": 1.0}, RISING),
    "Poisson": (mean(exp(a * x + b) - y * (a * x + b)), {"a": 0.0, "b": 0.0}, COUNTS),
    "Poisson, summed": (sum(exp(a * x) - y * a * x), {"a": 0.0}, COUNTS),
    "a quartic": ((a - 3) ** 4 + a**2, {"a": 0.5}, None),
}
METHODS = ["gradient descent", "momentum", "nesterov"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", LOSSES)
def test_a_run_left_to_itself_never_leaps_above_its_start(name, method):
    loss, start, data = LOSSES[name]
    trace = minimize(loss, start, data, method, n_epochs=300)
    assert np.isfinite(trace.loss).all()
    assert trace.loss.max() <= trace.loss[0] + 1e-8 * abs(trace.loss[0])
    assert trace.status != "diverged"
    least = minimize(loss, start, data, "newton").final.loss
    assert trace.best.loss - least <= 0.5 * (trace.loss[0] - least)
    if method == "gradient descent":
        assert np.all(np.diff(trace.loss) <= 1e-8 * abs(trace.loss[0]))


def test_descent_arrives_where_its_rate_was_too_large_at_the_start():
    loss, start, data = LOSSES["an exponential"]
    trace = minimize(loss, start, data, n_epochs=1_000)
    least = minimize(loss, start, data, "newton").final.loss
    assert trace.final.loss == pytest.approx(least, rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_what_was_halved_is_told(method):
    loss, start, data = LOSSES["an exponential"]
    trace = minimize(loss, start, data, method, n_epochs=50)
    (told,) = [part for part in trace.outcome.remarks if "It was halved" in part]
    less = told.fields["less"].fields
    count = less["times"].fields["count"]
    assert trace.rate[-1] == less["chosen"] / 2**count
    assert set(trace.rate[1:] * 2**count / less["chosen"]) <= {2.0**k for k in range(count + 1)}


def test_a_rate_that_was_given_is_left_alone():
    loss, start, data = LOSSES["an exponential"]
    trace = minimize(loss, start, data, learning_rate=0.0027, n_epochs=5)
    assert trace.loss[2] > trace.loss[0]
    assert set(trace.rate[1:]) == {0.0027}


@pytest.mark.parametrize("method", METHODS)
def test_a_run_that_was_stopped_goes_on_with_the_rate_it_had(method, tmp_path):
    loss, start, data = LOSSES["an exponential"]
    straight = minimize(loss, start, data, method, n_epochs=40)
    for epochs in (1, 2, 7):
        path = tmp_path / f"{epochs}.json"
        place = Checkpoint(path, every_epochs=1)
        minimize(loss, start, data, method, n_epochs=epochs, checkpoint=place)
        again = resume(path, loss, data, n_epochs=40)
        assert again.loss.tolist() == straight.loss.tolist()
        assert again.rate.tolist()[1:] == straight.rate.tolist()[1:]
        assert again.message == straight.message


def test_a_run_that_was_stopped_at_its_last_epoch_tells_the_rate_it_had(tmp_path):
    loss, start, data = LOSSES["an exponential"]
    straight = minimize(loss, start, data, n_epochs=9)

    def stop(entry):
        if entry.epoch == 9:
            raise KeyboardInterrupt

    path = tmp_path / "run.json"
    cut = minimize(loss, start, data, n_epochs=9, checkpoint=path, callback=stop)
    assert cut.status == "interrupted"
    assert "It was halved" in straight.message
    assert resume(path, loss, data).message == straight.message


def test_at_a_minimum_the_rate_stays():
    loss, _, data = LOSSES["an exponential"]
    least = minimize(loss, {"a": 0.1}, data, "newton").final.parameters
    trace = minimize(loss, least, data, n_epochs=20)
    assert len(set(trace.rate[1:])) == 1
