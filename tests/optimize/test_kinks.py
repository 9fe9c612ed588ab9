"""Where a slope jumps, a smooth solver stops, says so, and names the step that turns."""

import numpy as np
import pytest

from chainrule import abs, exp, expression, maximum, mean, minimize, relu, sqrt, where
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.kinks import kink_beside

a, b, x, y = (expression(name) for name in "abxy")
DATA = {
    "x": np.array([10.0, 20, 30, 40, 50, 60]),
    "y": np.array([31.0, 66, 95, 118, 162, 184]),
}
LEFT = y - (a * x + b)
BENT = {
    "absolute errors": (mean(abs(LEFT)), "abs("),
    "a quantile": (mean(maximum(0.8 * LEFT, -0.2 * LEFT)), "maximum("),
    "a choice": (mean(where(LEFT > 0, 0.8 * LEFT, -0.2 * LEFT)), " > 0"),
    "ramps": (mean(relu(LEFT) + relu(-LEFT)), "relu("),
    "a penalty": (mean(LEFT**2) / 100 + 300 * abs(a - 1) + 9 * abs(b), "abs("),
}
SOLVERS = ["newton", "newton-cg", "line search", "conjugate gradient", "bfgs", "l-bfgs"]


@pytest.mark.parametrize("method", SOLVERS)
@pytest.mark.parametrize("name", BENT)
def test_no_run_converges_where_the_slope_jumps(name, method):
    loss, step = BENT[name]
    trace = minimize(loss, {"a": 0.0, "b": 0.0}, DATA, method, n_epochs=400)
    assert trace.status != "converged"
    if trace.status == "stopped":
        assert "Stopped after" in trace.message
        assert "at a kink: " in trace.message
        assert step in trace.message.split("at a kink: ")[1].split(" turns here")[0]


def test_a_kink_is_named_in_most_runs():
    ends = [
        minimize(loss, {"a": 0.0, "b": 0.0}, DATA, method, n_epochs=400).status
        for loss, _ in BENT.values()
        for method in SOLVERS
    ]
    assert ends.count("stopped") > len(ends) / 2


def test_a_simplex_minds_no_kink():
    trace = minimize(BENT["absolute errors"][0], {"a": 0.0, "b": 0.0}, DATA, "nelder-mead")
    assert trace.status == "converged"
    assert trace.final.loss == pytest.approx(3.277777, abs=0.05)


SMOOTH = {
    "a narrow bend": sqrt((a - 1) ** 2 + 1e-8),
    "steep": exp(1e4 * (a - 1)) - 1e4 * a,
    "a large unit": (a - 1e9) ** 2 / 1e4,
    "beside a kink": (a - 1) ** 2 + 1e-3 * relu(a - 3),
}


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("away", [0.0, 1e-12, 1e-9, 1e-6, 0.1])
def test_what_is_smooth_has_no_kink(name, away):
    least = 1e9 if name == "a large unit" else 1.0
    loss = DenseObjective(SMOOTH[name], {"a": least})
    at = np.array([least + away])
    assert kink_beside(loss, at, loss.value_and_gradient(at)[1]) == ""
