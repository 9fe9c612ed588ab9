"""How a run ends is what the loss and the conditions of a minimum say, whoever reports what."""

import json
import math

import numpy as np
import pytest

from chainrule import (
    Checkpoint,
    equal,
    exp,
    expression,
    find_rate,
    log,
    mean,
    minimize,
    resume,
    solve_constrained,
    sweep,
)
from chainrule.errors import NotANumber, SettingError, UnknownVariable

pytest.importorskip("scipy")
x, y, s, a, X, Y = (expression(name) for name in ("x", "y", "s", "a", "X", "Y"))
CIRCLE = x**2 + y**2


class TestConstraintsThatSayOneThingTwice:
    GIVEN = {
        "a multiple": ([equal(x + y, 2), equal(2 * x + 2 * y, 4)], (1, 1), {"x": 3.0, "y": 0.0}),
        "the same": ([equal(x + 3 * y, 1), equal(x + 3 * y, 1)], (0.1, 0.3), {"x": 1.0, "y": -2.0}),
        "a sum": ([equal(x, 1), equal(y, 2), equal(x + y, 3)], (1, 2), {"x": 0.0, "y": 0.0}),
        "another form": (
            [equal((x - y) ** 2, 0), equal(x * x + y * y, 2 * x * y), equal(x + y, 2)],
            (1, 1),
            {"x": 3.0, "y": 0.5},
        ),
    }

    @pytest.mark.parametrize("method", ["slsqp", "trust-constr"])
    @pytest.mark.parametrize("name", GIVEN)
    def test_they_count_once(self, name, method):
        constraints, place, start = self.GIVEN[name]
        found = solve_constrained(CIRCLE, constraints, start, method=method)
        if name == "another form":  # its slope is 0 where it holds: no solver likes that
            assert not found.success or found.residual < 1e-4
            return
        assert found.success
        assert place == pytest.approx((found.parameters["x"], found.parameters["y"]), abs=1e-6)
        trace = minimize(CIRCLE, start, method=method, constraints=constraints)
        assert trace.status == "converged"
        assert trace.best.loss == pytest.approx(found.loss)

    def test_what_contradicts_another_one_is_no_success(self):
        found = solve_constrained(CIRCLE, [equal(x, 1), equal(x, 2)], {"x": 0.0, "y": 0.0})
        assert not found.success


class TestSuccess:
    @pytest.mark.parametrize("unit", [1e-9, 1e-7, 1.0, 1e5])
    @pytest.mark.parametrize("method", ["newton", "levenberg-marquardt", "bfgs", "l-bfgs"])
    def test_a_bound_is_near_on_the_scale_of_the_problem(self, unit, method):
        loss = ((x - 3 * unit) / unit) ** 2
        trace = minimize(loss, {"x": 9 * unit}, method=method, bounds={"x": (0, None)})
        assert trace.status == "converged"
        assert trace.best.parameters["x"] == pytest.approx(3 * unit, rel=1e-6)

    @pytest.mark.parametrize("unit", [1e-7, 1.0])
    def test_of_constraints_too(self, unit):
        loss = ((x - 3 * unit) / unit) ** 2
        found = solve_constrained(loss, [x >= 0], {"x": 9 * unit})
        near = found.parameters["x"] == pytest.approx(3 * unit, rel=1e-4)
        assert found.success == near

    @pytest.mark.parametrize("unit", [1e-7, 1.0, 1e6])
    def test_a_minimum_at_a_bound_is_one_in_any_unit(self, unit):
        loss = (x / unit + 1) ** 2
        trace = minimize(loss, {"x": 9 * unit}, method="newton", bounds={"x": (0, None)})
        assert ("converged", 0.0) == (trace.status, trace.best.parameters["x"])
        found = solve_constrained(loss, [x / unit >= 0], {"x": 9 * unit})
        assert found.success == (abs(found.parameters["x"]) < 1e-6 * unit)  # SLSQP minds the unit

    @pytest.mark.parametrize("method", ["newton", "trust-constr", "powell", "nelder-mead", "tnc"])
    def test_a_loss_without_a_floor_has_none(self, method):
        trace = minimize(log(x), {"x": 1.0}, method=method, bounds={"x": (0, None)})
        assert trace.status in ("failed", "diverged")


class TestParametersAndDataOfConstraints:
    @pytest.mark.parametrize("method", ["slsqp", "trust-constr"])
    def test_a_parameter_may_stand_in_constraints_alone(self, method):
        constraints = [x + s <= 1, s >= 0.25]
        start = {"x": 0.0, "s": 0.5}
        trace = minimize((x - 2) ** 2, start, method=method, constraints=constraints)
        assert trace.best.parameters["x"] == pytest.approx(0.75, abs=1e-5)
        found = solve_constrained((x - 2) ** 2, constraints, start, method=method)
        assert found.success
        assert found.parameters["s"] == pytest.approx(0.25, abs=1e-5)

    def test_elsewhere_it_is_a_slip(self):
        with pytest.raises(UnknownVariable, match="does not contain the parameter 's'"):
            minimize((x - 2) ** 2, {"x": 0.0, "s": 0.0})

    def test_data_may_stand_in_constraints_alone(self):
        limit = expression("limit")
        data = {"limit": 2.0}
        found = solve_constrained(CIRCLE, [x + y >= limit], {"x": 0.0, "y": 0.0}, data)
        assert (1, 1) == pytest.approx((found.parameters["x"], found.parameters["y"]))
        trace = minimize(
            CIRCLE, {"x": 3.0, "y": 0.0}, data, method="slsqp", constraints=[x + y >= limit]
        )
        assert "Every constraint holds." in trace.message

    def test_such_a_run_can_be_resumed(self, tmp_path):
        loss, start = (x - 2) ** 2, {"x": 0.0, "s": 0.5}
        constraints = [x + s <= 1, s >= 0.25]
        path = tmp_path / "run.json"
        options = {"method": "slsqp", "constraints": constraints}
        minimize(loss, start, n_epochs=1, checkpoint=path, **options)
        whole = minimize(loss, start, **options)
        again = resume(path, loss, n_epochs=100)
        assert whole.best.parameters == again.best.parameters


class TestRefusals:
    def test_validation_data_are_looked_at_as_training_data(self):
        data = {"X": [1.0, 2.0, 3.0], "Y": [2.0, 4.0, 6.0]}
        holed = {"X": [1.0, math.nan], "Y": [2.0, 3.0]}
        for method in ("gradient descent", "adam", "bfgs", "newton"):
            with pytest.raises(NotANumber, match=r"validation: the loss is nan .* in row 1"):
                minimize(mean((Y - a * X) ** 2), {"a": 0.0}, data, method, validation=holed)

    def test_a_start_where_the_loss_is_no_number(self):
        with pytest.raises(NotANumber, match="the loss is nan at the start"):
            solve_constrained(log(x) + y**2, [y >= 1], {"x": -1.0, "y": 0.0})

    @pytest.mark.parametrize("count", [-3, 0, math.nan, 2.5, "9", True])
    def test_numbers_of_iterations(self, count):
        with pytest.raises(SettingError, match="n_iterations must be a whole number, 1 or more"):
            solve_constrained(x**2, [x >= 1], {"x": 3.0}, n_iterations=count)

    def test_too_few_steps_to_find_a_rate(self):
        with pytest.raises(SettingError, match="2 steps from 1e-07 to 10 are too few to tell"):
            find_rate(x**2, {"x": 1.0}, n_steps=2)


class TestSweep:
    LOSS = mean((Y - a * X) ** 2)
    DATA = {"X": np.arange(6.0), "Y": 2 * np.arange(6.0) + np.sin(np.arange(6.0))}

    def test_every_run_takes_the_same_turns(self):
        rates = [0.01, 0.01000000001, 0.0100000000001]
        found = sweep(
            self.LOSS,
            {"a": 0.0},
            self.DATA,
            rates=rates,
            batch_size=3,
            random_state=np.random.default_rng(7),
            epochs=5,
        )
        losses = [found.loss(rate, 5) for rate in rates]
        assert losses == pytest.approx([losses[0]] * 3, rel=1e-7)

    def test_each_run_has_a_record_of_its_own(self, tmp_path):
        sweep(
            self.LOSS,
            {"a": 0.0},
            self.DATA,
            rates=[0.01, 0.02],
            epochs=3,
            log=tmp_path / "run.jsonl",
            checkpoint=Checkpoint(tmp_path / "run.json", every_epochs=1),
        )
        for rate in ("0.01", "0.02"):
            lines = (tmp_path / f"run-{rate}.jsonl").read_text().splitlines()
            entries = [json.loads(line) for line in lines]
            assert float(rate) == next(e["rate"] for e in entries if e.get("epoch") == 1)
            trace = resume(tmp_path / f"run-{rate}.json", self.LOSS, self.DATA, n_epochs=4)
            assert len(trace) == 5


def test_a_leap_that_ends_nowhere_is_no_success():
    trace = minimize((exp(-a) - 5) ** 2, {"a": 9.0}, method="slsqp")
    assert trace.status != "converged"
