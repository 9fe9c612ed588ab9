"""What a run says of where it ended: what is undetermined there, what is still to gain."""

import copy
import pickle

import numpy as np
import pytest

from chainrule import exp, expression, log, mean, minimize, sigmoid, where
from chainrule.optimize.running.outcome import Outcome

a, b, c, x, y, z = (expression(name) for name in "abcxyz")
X = np.linspace(0.0, 1.0, 20)
DATA = {"x": X, "y": 3 * X + 0.1 * np.sin(9 * X), "z": 2 * X}

UNDETERMINED = {
    "columns that tell the same": (mean((a * x + b * z - y) ** 2), "ab", "a - 0.5*b", None),
    "a product": (mean((a * b * x - y) ** 2), "ab", None, "bfgs"),
    "a product, by Levenberg and Marquardt": (
        mean((a * b * x - y) ** 2), "ab", None, "levenberg-marquardt",
    ),
    "what is nowhere felt": (mean((a * x - y) ** 2) + 0 * b, "ab", "b", None),
    "a sum alone": (mean(((a + b + c) * x - y) ** 2), "abc", "b - c", "newton"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNDETERMINED)
@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e6])
def test_what_the_loss_does_not_determine_is_named(name, unit):
    loss, names, words, method = UNDETERMINED[name]
    data = {**DATA, "y": unit * DATA["y"]}
    start = dict(zip(names, (unit, 0.5, 0.2), strict=False))
    trace = minimize(loss, start, data, method or "gradient descent", n_epochs=60)
    assert "The loss does not determine " in trace.message
    if words and unit == 1.0:
        assert words in trace.message.split("does not determine ")[1]


DETERMINED = {
    "a line": (mean((a * x + b - y) ** 2), "ab", "gradient descent"),
    "nearly the same columns": (mean((a * x + b * (z + 1e-3 * x**2) - y) ** 2), "ab", "newton"),
    "of another scale": (mean((a * 1e-5 * x + b - y) ** 2), "ab", "newton"),
    "a curve": (mean((a * exp(b * x) - y) ** 2), "ab", "levenberg-marquardt"),
    "a fourth power": ((a - 1) ** 4 + (b - 1) ** 2, "ab", "newton"),
}


@pytest.mark.parametrize("name", DETERMINED)
def test_what_it_does_determine_is_not(name):
    loss, names, method = DETERMINED[name]
    data = {key: DATA[key] for key in loss.variables if key in DATA}
    trace = minimize(loss, dict.fromkeys(names, 0.5), data, method, n_epochs=200)
    assert "determine" not in trace.message


def test_a_parameter_at_its_bound_is_not_called_undetermined():
    trace = minimize(mean((a * x - y) ** 2), {"a": 0.0}, DATA, bounds={"a": (None, 1.0)})
    assert "Held by a bound: a = 1" in trace.message
    assert "determine" not in trace.message


@pytest.mark.parametrize("method", ["gradient descent", "adam", "adagrad", "lion", "momentum"])
def test_a_run_that_has_not_arrived_says_what_is_left(method):
    loss = mean((a * x + b - y) ** 2)
    trace = minimize(loss, {"a": 0.0, "b": 0.0}, DATA, method, n_epochs=3, learning_rate=1e-3)
    least = minimize(loss, {"a": 0.0, "b": 0.0}, DATA, "newton").final.loss
    (told,) = [part for part in trace.outcome.remarks if "Newton" in part]
    assert told.fields["value"] == pytest.approx(least, rel=1e-9)
    assert told.fields["loss"] == trace.final.loss


def test_one_that_has_arrived_does_not():
    for method in ("gradient descent", "newton", "l-bfgs", "levenberg-marquardt"):
        trace = minimize(mean((a * x + b - y) ** 2), {"a": 0.0, "b": 0.0}, DATA, method)
        assert "Newton's" not in trace.message


def test_perfectly_separated_classes_are_told():
    chance = sigmoid(a * x + b)
    label = where(x > 0.5, 1.0, 0.0)
    loss = -mean(label * log(chance + 1e-300) + (1 - label) * log(1 - chance + 1e-300))
    trace = minimize(loss, {"a": 0.0, "b": 0.0}, {"x": X}, n_epochs=200)
    assert "Newton's method from here would lower the loss" in trace.message


def test_the_outcome_is_worked_out_when_it_is_read_and_kept(monkeypatch):
    from chainrule.optimize.running import verdict

    count = []
    known = verdict.standing_of
    monkeypatch.setattr(verdict, "standing_of", lambda *g: (count.append(1), known(*g))[1])
    trace = minimize(mean((a * x - y) ** 2), {"a": 0.0}, DATA, n_epochs=3, learning_rate=0.1)
    assert not count
    assert trace.message == str(trace.outcome)
    assert count == [1]
    for other in (copy.deepcopy(trace), pickle.loads(pickle.dumps(trace))):
        assert other.message == trace.message
        assert isinstance(other.outcome, Outcome)
        assert other.outcome.remarks[0].fields == trace.outcome.remarks[0].fields
    assert count == [1]
