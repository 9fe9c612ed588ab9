"""A loss as a function of one flat vector: its numbers, what it refuses, when it is quadratic."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from chainrule import abs as absolute
from chainrule import (
    expression,
    floor,
    gradient,
    hessian,
    log,
    matmul,
    maximum,
    mean,
    named,
    relu,
    sigmoid,
    sqrt,
    tanh,
    var,
    where,
)
from chainrule import sum as total
from chainrule.calculus.conditioning import conditioning
from chainrule.engine.compiled import compiled_of
from chainrule.errors import NameClash, NotANumber, ShapeError, UnknownVariable, ValueTypeError
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.packing import Packing
from chainrule.optimize.problem.quadratic import is_quadratic

b, c, m, w, x, y, A = (expression(name) for name in ("b", "c", "m", "w", "x", "y", "A"))
LINE = mean((m * x + b - y) ** 2)
DATA = {"x": np.array([0.0, 1.0, 2.5]), "y": np.array([1.0, 3.5, 4.0])}


def network() -> tuple[object, dict[str, object], dict[str, object]]:
    rng = np.random.default_rng(5)
    loss = mean((matmul(tanh(matmul(A, w) + c), m) + b - y) ** 2) + 0.1 * total(w * w)
    start = {"w": rng.normal(size=(2, 3)), "c": rng.normal(size=3), "m": rng.normal(size=3), "b": 1}
    return loss, start, {"A": rng.normal(size=(7, 2)), "y": rng.normal(size=7)}


def test_elements_are_named_by_their_place() -> None:
    packing = Packing({"m": 1, "w": [[1.0, 2.0]], x: 3.0})
    assert packing.elements == ["m", "w[0, 0]", "w[0, 1]", "x"]
    assert packing.names == ["m", "w", "x"]


def test_what_is_unpacked_is_nobody_elses() -> None:
    vector = np.array([1.0, 2.0, 3.0])
    found = Packing({"m": 0.0, "w": [0.0, 0.0]}).unpack(vector)
    vector[:] = 0
    assert found["m"] == 1.0
    assert found["w"].tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"m": 1.0}, UnknownVariable, "no value for the parameter 'w'"),
        ({"m": 1.0, "w": [1.0, 2.0], "v": 1}, UnknownVariable, "no parameter 'v'"),
        ({"m": 1.0, "w": [1.0, 2.0, 3.0]}, ShapeError, r"shape \(2,\).*shape \(3,\)"),
        ({"m": "1", "w": [1.0, 2.0]}, ValueTypeError, "text"),
    ],
)
def test_packing_refuses_what_does_not_fit(
    given: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Packing({"m": 0.0, "w": [0.0, 0.0]}).pack(given)


@pytest.mark.parametrize(
    ("loss", "start", "data"),
    [
        (LINE, {"m": 0.5, "b": -1.0}, DATA),
        network(),
        ((1 - x) ** 2 + 100 * (y - x**2) ** 2, {"y": 1.0, "x": -1.2}, None),
        ((m - c) ** 2 * x, {"m": 2}, {"c": 1, "x": np.float32(3)}),
    ],
    ids=["line", "network", "plain numbers", "numbers as data"],
)
def test_numbers_are_those_of_the_calculus(loss: expression, start: dict, data: dict) -> None:
    flat = DenseObjective(loss, start, data)
    values = {**start, **(data or {})}
    value, slope = flat.value_and_gradient(flat.start)
    assert value == pytest.approx(loss.eval(values), rel=1e-14)
    assert flat.value(flat.start) == pytest.approx(value, rel=1e-14)
    expected = gradient(loss, values, list(start))
    np.testing.assert_allclose(slope, flat.packing.pack(expected), rtol=1e-13, atol=1e-14)
    whole = hessian(loss, values, list(start), as_array=True)
    np.testing.assert_allclose(flat.hessian(flat.start), whole, rtol=1e-12, atol=1e-13)
    direction = np.linspace(-1, 2, flat.packing.size)
    np.testing.assert_allclose(
        flat.hvp(flat.start, direction), whole @ direction, rtol=1e-12, atol=1e-12
    )


def test_the_loss_moves_with_the_vector() -> None:
    flat = DenseObjective(*network())
    elsewhere = flat.start + 1
    named_parameters = flat.packing.unpack(elsewhere)
    again = DenseObjective(flat.expression, named_parameters, network()[2])
    first, second = flat.value_and_gradient(elsewhere), again.value_and_gradient(again.start)
    assert first[0] == second[0]
    assert first[1].tolist() == second[1].tolist()


def test_curvature_stays_where_it_was_taken() -> None:
    vector = np.array([2.0])
    product = DenseObjective(x**3, {"x": 1.0}).curvature(vector)
    vector[0] = 100.0
    assert product(np.ones(1)).tolist() == [12.0]


def test_data_may_be_a_list_of_tables() -> None:
    flat = DenseObjective(LINE, {"m": 0.0, "b": 0.0}, [{"x": DATA["x"]}, {"y": DATA["y"]}])
    assert flat.value(flat.start) == pytest.approx(np.mean(DATA["y"] ** 2))


@pytest.mark.parametrize(
    ("loss", "start", "data", "error", "words"),
    [
        ((m * x - y) ** 2, {"m": 0.0}, DATA, ShapeError, r"\(3,\).*Did you mean mean\(\(m\*x"),
        (LINE, {"mm": 0.0}, DATA, UnknownVariable, "'mm'.*Did you mean 'm'"),
        (LINE, {"m": 0.0}, DATA, UnknownVariable, "no value for 'b'.*among the parameters"),
        (LINE, {"m": 0.0, "b": 0.0}, None, UnknownVariable, "no value for 'x'.*into the data"),
        (LINE, {"m": 0.0, "b": 0.0, "x": 1}, DATA, NameClash, "'x' is in two"),
        (m**2, {"m": 1j}, None, ValueTypeError, "'m' is complex"),
        (m**2 * c, {"m": 1}, {"c": 1j}, ValueTypeError, "'c' is complex"),
        (m**2, {}, None, ValueTypeError, "no parameters to move"),
        (m**2, [1.0], None, ValueTypeError, "not list"),
    ],
)
def test_what_cannot_be_descended_is_refused(
    loss: expression, start: object, data: object, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        DenseObjective(loss, start, data)


@pytest.mark.parametrize(
    ("loss", "start", "words"),
    [
        (mean(m * log(x)), {"m": 1.0}, r"the loss is -inf at the start: log\(x\).* row 0.*x = 0.0"),
        (sqrt(m) * mean(x), {"m": 0.0}, r"its derivative by m is not finite.*sqrt\(m\).*m = 0.0"),
    ],
)
def test_a_start_without_numbers_is_traced(loss: expression, start: dict, words: str) -> None:
    with pytest.raises(NotANumber, match=words) as caught:
        DenseObjective(loss, start, {"x": np.array([0.0, 1.0])}).check_start()
    assert "on_nan" not in str(caught.value)


@pytest.mark.parametrize(
    ("loss", "parameters"),
    [
        (LINE, ["m", "b"]),
        (mean((matmul(A, w) - y) ** 2) + 0.1 * total(w**2), ["w"]),
        (w @ (A @ w) - w[0] * w[1], ["w"]),
        (var(w - c), ["w"]),
        (named("d", x + y) ** 2 + (x - 1) * (x - 1), ["x", "y"]),
        (m * 3, ["m"]),
        (m**2 * sigmoid(b) + relu(b), ["m"]),
    ],
)
def test_quadratic_losses_are_known(loss: expression, parameters: list[str]) -> None:
    assert is_quadratic(loss, parameters) is True


@pytest.mark.parametrize(
    ("loss", "parameters"),
    [
        (LINE, ["m", "x"]),
        (mean((relu(m * x) - y) ** 2), ["m"]),
        (mean(absolute(m * x - y)), ["m"]),
        (mean(where(m > 0, m * x, 2 * m * x) ** 2), ["m"]),
        (floor(m) * b, ["b", "m"]),
        (maximum(m, b), ["m", "b"]),
        (total(w**2) * w[0], ["w"]),
    ],
)
def test_what_bends_or_jumps_is_not_quadratic(loss: expression, parameters: list[str]) -> None:
    assert is_quadratic(loss, parameters) is False


def test_a_formula_too_long_to_write_out_is_left_undecided() -> None:
    long = m
    for _ in range(3_000):
        long = long + 1
    assert is_quadratic(long, ["m"]) is None


def test_a_hessian_of_many_numbers_is_that_of_its_directions() -> None:
    names = [f"x{place}" for place in range(300)]
    variables = [expression(name) for name in names]
    pairs = pairwise(variables)
    loss = sum((tanh(one) * other**2 + relu(one - other) ** 2 for one, other in pairs), start=0)
    flat = DenseObjective(loss, dict(zip(names, np.linspace(-1, 2, 300), strict=True)))
    found = flat.hessian(flat.start)
    for place in (0, 7, 255, 256, 299):
        assert flat.hvp(flat.start, np.eye(300)[place]) == pytest.approx(found[place], abs=1e-14)


def test_an_infinite_slope_stays_in_its_column() -> None:
    loss = DenseObjective(absolute(x) ** 1.5 + y**2, {"x": 0.0, "y": 1.0})
    assert 2.0 == loss.hessian(loss.start)[1, 1]
    assert 0.0 == loss.hessian(loss.start)[0, 1]


@pytest.mark.parametrize("rows", [10, 100, 30_000])
def test_columns_in_blocks_give_what_sweeps_over_all_rows_give(rows: int) -> None:
    columns = np.random.default_rng(rows).uniform(0.5, 2.0, (2, rows))
    loss = DenseObjective(
        mean((m * tanh(x) + b - y) ** 2), {"m": 0.3, "b": -1.0}, {"x": columns[0], "y": columns[1]}
    )
    at = np.array([0.7, 0.2])
    left = 0.7 * np.tanh(columns[0]) + 0.2 - columns[1]
    slopes = [2 * np.mean(left * np.tanh(columns[0])), 2 * np.mean(left)]
    for _ in range(4):  # code is written after a few calls
        value, gradient = loss.value_and_gradient(at)
        assert value == loss.value(at) == pytest.approx(np.mean(left**2), rel=1e-13)
        assert gradient == pytest.approx(slopes, rel=1e-12)
        values = {"m": 0.7, "b": 0.2, "x": columns[0], "y": columns[1]}
        program = compiled_of(loss.expression).program
        plain = conditioning(program, values, ["m", "b"]).rounding
        assert plain == pytest.approx(loss.rounding(at), rel=1e-9)


def test_the_rounding_of_a_loss_with_an_infinite_slope_leaves_it_out() -> None:
    loss = DenseObjective(total(absolute(x - m) ** 0.5), {"m": 1.0}, {"x": np.array([1.0, 5.0])})
    assert 0 < loss.rounding(loss.start) < 1e-14
