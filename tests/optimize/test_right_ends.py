"""How a run ends is what the loss and the conditions of a minimum say, whoever reports what."""

import io
import json
import math
import pathlib

import numpy as np
import pytest

from chainrule import (
    Checkpoint,
    abs,
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
from chainrule.errors import NotANumber, NotSavedWarning, SettingError, UnknownVariable
from chainrule.optimize.running import checkpoint
from chainrule.optimize.solvers import SOLVERS

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


def test_a_solver_that_looks_at_the_loss_itself_recovers_by_itself() -> None:
    a = expression("a")
    for method in ("slsqp", "l-bfgs-b", "tnc", "trust-constr"):
        trace = minimize((exp(-a) - 5) ** 2, {"a": 9.0}, method=method)
        assert trace.status in ("converged", "failed")
        if method == "slsqp":
            assert not np.isfinite(trace.loss).all()
            assert trace.final.parameters["a"] == pytest.approx(-np.log(5.0), rel=1e-9)


ENDS = {
    "a minimum": ((x - 2) ** 2 + (x - 2) ** 4, {"x": 5.0}),
    "no floor": (log(x), {"x": 1.0}),
    "a kink": (abs(x - 1) + 0.1 * x**2, {"x": 5.0}),
}


@pytest.mark.parametrize("method", [*sorted(SOLVERS), "gradient descent", "momentum", "adam"])
@pytest.mark.parametrize("name", ENDS)
def test_a_run_that_has_ended_stays_so_when_it_is_gone_on_with(name, method, tmp_path) -> None:
    loss, start = ENDS[name]
    rate = {"learning_rate": 5.0} if method in ("gradient descent", "momentum") else {}
    path = tmp_path / "run.json"
    try:
        minimize(loss, start, method=method, n_epochs=30, checkpoint=path, **rate)
    except SettingError:  # no sum of squares
        return
    straight = minimize(loss, start, method=method, n_epochs=45, **rate)
    again = resume(path, loss, n_epochs=45)
    np.testing.assert_array_equal(again.loss, straight.loss)
    assert (again.status, again.message) == (straight.status, straight.message)


@pytest.mark.parametrize("full", ["checkpoint", "log", "both"])
def test_a_full_disk_costs_no_run(full, tmp_path, monkeypatch) -> None:
    place = Checkpoint(tmp_path / "run.json", every_epochs=1)
    target = tmp_path / "run.jsonl"
    saved = checkpoint.write_document
    room = [6]

    def write(*given, **options):
        room[0] -= 1
        if room[0] < 0:
            raise OSError(28, "No space left on device")
        saved(*given, **options)

    class Full(io.StringIO):
        def write(self, text):
            if self.tell() > 900:
                raise OSError(28, "No space left on device")
            return super().write(text)

    if full != "log":
        monkeypatch.setattr(checkpoint, "write_document", write)
    log = Full() if full != "checkpoint" else target
    loss = (x - 2) ** 4
    with pytest.warns(NotSavedWarning, match="No space left on device"):
        trace = minimize(loss, {"x": 0.0}, n_epochs=20, checkpoint=place, log=log)
    plain = minimize(loss, {"x": 0.0}, n_epochs=20)
    assert trace.loss.tolist() == plain.loss.tolist()
    assert trace.message == plain.message
    monkeypatch.undo()
    again = resume(place.path, loss, n_epochs=20)
    assert again.loss.tolist() == plain.loss.tolist()


def test_a_log_that_cannot_be_closed_costs_no_run(monkeypatch) -> None:
    if not pathlib.Path("/dev/full").exists():
        pytest.skip("there is no device that is always full")
    with pytest.warns(NotSavedWarning, match="no line can be written any more"):
        trace = minimize((x - 2) ** 2, {"x": 0.0}, n_epochs=3, log="/dev/full")
    assert len(trace) == 4
