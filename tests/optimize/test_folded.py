"""A loss over data that are read block by block: the same as over all rows at once."""

import gc
import weakref

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from chainrule import (
    equal,
    exp,
    expression,
    learning_rate_report,
    log,
    matmul,
    mean,
    minimize,
    resume,
    sweep,
    var,
)
from chainrule import sum as total
from chainrule.errors import DataError, NotANumber, SettingError, UnknownVariable
from chainrule.optimize.problem import folded
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.folded import FoldedObjective, objective_over
from chainrule.optimize.problem.point import Point
from chainrule.optimize.problem.quadratic_form import quadratic_form
from chainrule.optimize.problem.reduced import reduced
from chainrule.optimize.problem.residuals import residuals_of
from chainrule.tables import read_sheet

a, b, w, x, y, A, lam = (expression(name) for name in ("a", "b", "w", "x", "y", "A", "lam"))
rng = np.random.default_rng(5)
N = 1_000
COLUMNS = {"x": rng.uniform(0.1, 2.0, N), "y": rng.normal(size=N)}
DATA = {**COLUMNS, "A": rng.normal(size=(N, 3)), "lam": 0.1}

LOSSES = {
    "mean": (mean((a * x + b - y) ** 2), {"a": 0.3, "b": -0.2}),
    "sum": (total((a * x + b - y) ** 2), {"a": 0.3, "b": -0.2}),
    "curve": (mean((a * exp(-b * x) - y) ** 2), {"a": 0.3, "b": 0.7}),
    "ridge": (mean((a * x - y) ** 2) + lam * a**2, {"a": 0.3}),
    "no square": (mean(log(1 + exp(a * x)) - a * y * x), {"a": 0.3}),
    "matrix": (mean((matmul(A, w) - y) ** 2), {"w": [0.1, 0.2, 0.3]}),
}


@pytest.mark.parametrize("rows", [64, 300, 5_000])
@pytest.mark.parametrize("name", LOSSES)
def test_blocks_add_up_to_the_whole(name, rows):
    loss, start = LOSSES[name]
    data = {key: DATA[key] for key in loss.variables if key in DATA}
    whole, parts = DenseObjective(loss, start, data), FoldedObjective(loss, start, data, rows=rows)
    at = whole.start + 0.05
    assert parts.n_rows == N
    assert parts.value(at) == pytest.approx(whole.value(at), rel=1e-12)
    value, gradient = parts.value_and_gradient(at)
    assert value == pytest.approx(whole.value(at), rel=1e-12)
    assert gradient == pytest.approx(whole.value_and_gradient(at)[1], rel=1e-11, abs=1e-13)
    assert parts.hessian(at) == pytest.approx(whole.hessian(at), rel=1e-11)
    assert parts.hvp(at, at) == pytest.approx(whole.hvp(at, at), rel=1e-11)
    assert 0 < parts.rounding(at) < 10 * whole.rounding(at)
    assert parts.n_numbers == N * len(data)
    assert parts.prints() == whole.prints()


def products(found):
    """Return what the normal equations are made of."""
    matrix, values = found
    return matrix.T @ matrix, matrix.T @ values


@pytest.mark.parametrize("name", ["mean", "sum", "curve", "ridge", "matrix"])
def test_residuals_come_in_blocks_too(name):
    loss, start = LOSSES[name]
    data = {key: DATA[key] for key in loss.variables if key in DATA}
    whole, parts = DenseObjective(loss, start, data), FoldedObjective(loss, start, data, rows=128)
    ours, theirs = (reduced(residuals_of(each), whole.start) for each in (parts, whole))
    for left, right in zip(products(ours), products(theirs), strict=True):
        assert left == pytest.approx(right, rel=1e-10)
    if name == "curve":
        return
    ours, theirs = (quadratic_form(each, Point.at(each, each.start)) for each in (parts, whole))
    assert ours.hessian == pytest.approx(theirs.hessian, rel=1e-10)


@pytest.fixture
def sheet(tmp_path, monkeypatch):
    """A file that is larger than what may be held in memory."""
    monkeypatch.setattr(folded, "MOST_HELD", 100)
    monkeypatch.setattr(folded, "ROWS", 192)
    pa.parquet.write_table(pa.table(COLUMNS), tmp_path / "data.parquet", row_group_size=250)
    return read_sheet(tmp_path / "data.parquet")


METHODS = ["gradient descent", "adam", "newton", "bfgs", "gauss-newton", "levenberg-marquardt"]


@pytest.mark.parametrize("method", [*METHODS, "l-bfgs", "newton-cg", "trust-constr"])
@pytest.mark.parametrize("name", ["mean", "curve"])
def test_every_way_down_reads_a_file_as_it_does_memory(name, method, sheet):
    loss, start = LOSSES[name]
    kind = objective_over(loss, start, sheet)
    assert isinstance(kind, FoldedObjective)
    ours = minimize(loss, start, sheet, method, n_epochs=12)
    theirs = minimize(loss, start, COLUMNS, method, n_epochs=12)
    assert ours.loss[:8] == pytest.approx(theirs.loss[:8], rel=1e-8)
    assert ours.status == theirs.status


def test_values_without_rows_stand_beside_a_file(sheet):
    loss, start = LOSSES["ridge"]
    ours = minimize(loss, start, [sheet, {"lam": 0.1}], n_epochs=60)
    theirs = minimize(loss, start, DATA, n_epochs=60)
    assert ours.final.loss == pytest.approx(theirs.final.loss, rel=1e-10)
    bounded = minimize(
        loss, start, [sheet, {"lam": 0.1}], "slsqp", constraints=[equal(a, 0.25)], n_epochs=9
    )
    assert bounded.final.parameters["a"] == pytest.approx(0.25)


def test_other_questions_about_a_file(sheet, tmp_path):
    loss, start = LOSSES["mean"]
    report, same = (learning_rate_report(loss, start, data) for data in (sheet, COLUMNS))
    assert report.stable_limit == pytest.approx(same.stable_limit, rel=1e-9)
    assert len(sweep(loss, start, sheet, rates=[0.1, 0.2], epochs=[3]).runs) == 2
    held = minimize(loss, start, COLUMNS, validation=sheet, n_epochs=3)
    assert held.validation_loss == pytest.approx(held.loss, rel=1e-12)
    path = tmp_path / "run.json"
    minimize(loss, start, sheet, n_epochs=3, checkpoint=path)
    again = resume(path, loss, sheet, n_epochs=6)
    straight = minimize(loss, start, sheet, n_epochs=6)
    assert again.loss.tolist() == straight.loss.tolist()


def test_an_objective_over_a_file_is_let_go(sheet):
    loss = objective_over(*LOSSES["mean"], sheet)
    assert reduced(residuals_of(loss), loss.start) is not None
    assert quadratic_form(loss, Point.at(loss, loss.start)) is not None
    kept = weakref.ref(loss)
    del loss
    gc.collect()
    assert kept() is None


def test_several_files_are_put_side_by_side(sheet, tmp_path):
    pa.parquet.write_table(pa.table({"z": COLUMNS["x"]}), tmp_path / "more.parquet")
    both = [sheet, read_sheet(tmp_path / "more.parquet")]
    found = objective_over(mean((a * expression("z") - y) ** 2), {"a": 0.3}, both)
    assert found.value(found.start) == pytest.approx(np.mean((0.3 * DATA["x"] - DATA["y"]) ** 2))


def test_a_file_that_fits_is_read_once(sheet, monkeypatch):
    monkeypatch.setattr(folded, "MOST_HELD", 10_000)
    assert isinstance(objective_over(*LOSSES["mean"], sheet), DenseObjective)


def test_what_does_not_go_block_by_block_says_so(sheet, tmp_path):
    start = {"a": 0.1, "b": 0.2}
    with pytest.raises(SettingError, match=r"(?s)a block of rows at a time.*read_table\(path"):
        minimize(var(a * x + b * y), start, sheet)
    with pytest.raises(SettingError, match="batch_size=10 takes rows in any order"):
        minimize(LOSSES["mean"][0], start, sheet, batch_size=10)
    with pytest.raises(UnknownVariable, match="'z'"):
        minimize(mean((a * x + b * expression("z")) ** 2), start, sheet)
    with pytest.raises(NotANumber, match="at the start"):
        minimize(mean(log(a * x - 0.1 + b * y)), start, sheet)
    gaps = pa.table({"x": [*COLUMNS["x"][:-1], None], "y": COLUMNS["y"]})
    pa.parquet.write_table(gaps, tmp_path / "gaps.parquet")
    with pytest.raises(DataError, match=f"row {N - 1}, column 'x'"):
        minimize(LOSSES["mean"][0], start, read_sheet(tmp_path / "gaps.parquet"), n_epochs=2)
