"""What each row contributes to a gradient, in the table that the rows came in."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import chainrule as c
from chainrule import expression, mean_squared_error
from chainrule.calculus.derivatives import gradient
from chainrule.calculus.per_row import per_row_gradients
from chainrule.errors import DataError, DerivativeError, NameClash, ShapeError, UnknownVariable

b, m, x, y = (expression(name) for name in "bmxy")
RESIDUAL = (m * x + b - y) ** 2
COLUMNS = {"x": [1.0, 2.0, 3.0], "y": [2.0, 3.0, 5.0]}
PARAMETERS = {"m": 1.0, "b": 0.5}


def expected():
    column, target = np.array(COLUMNS["x"]), np.array(COLUMNS["y"])
    off = 2 * (column + 0.5 - target)
    return {"m": off * column, "b": off}


def test_a_mapping_gives_an_array_for_every_parameter():
    found = per_row_gradients(RESIDUAL, [COLUMNS, PARAMETERS])
    assert ["m", "b"] == list(found)
    assert all(np.allclose(expected()[name], found[name]) for name in found)


@pytest.mark.parametrize(
    "frame", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"]
)
def test_a_dataframe_gives_one_of_the_same_library(frame):
    table = frame(COLUMNS)
    found = per_row_gradients(RESIDUAL, [table, PARAMETERS])
    assert type(table) is type(found)
    for name, column in expected().items():
        assert np.allclose(column, np.asarray(found[name]))


def test_a_pandas_index_is_kept():
    table = pd.DataFrame(COLUMNS, index=["p", "q", "r"])
    assert ["p", "q", "r"] == list(per_row_gradients(RESIDUAL, [table, PARAMETERS]).index)


@pytest.mark.parametrize(
    "loss",
    [c.sum(RESIDUAL), c.mean(RESIDUAL), c.sum(RESIDUAL) / 2, mean_squared_error(m * x + b, y)],
    ids=str,
)
def test_the_rows_of_a_loss_sum_to_its_gradient(loss):
    whole = gradient(loss, COLUMNS | PARAMETERS, ["m", "b"])
    table = per_row_gradients(loss, [pd.DataFrame(COLUMNS), PARAMETERS])
    assert ["m", "b"] == list(table.columns)
    assert np.allclose(table.sum(), [whole["m"], whole["b"]], rtol=1e-14)


def test_the_rows_of_a_sum_are_the_gradients_of_its_rows():
    table = per_row_gradients(c.sum(RESIDUAL), [COLUMNS, PARAMETERS])
    for row in range(3):
        values = {"x": COLUMNS["x"][row], "y": COLUMNS["y"][row], **PARAMETERS}
        alone = gradient(RESIDUAL, values)
        assert (alone["m"], alone["b"]) == (table["m"][row], table["b"][row])


def test_a_column_can_be_asked_for_too():
    found = per_row_gradients(RESIDUAL, [COLUMNS, PARAMETERS], wrt=["x", "m"])
    assert ["x", "m"] == list(found)
    assert np.allclose(found["x"], expected()["b"])


def test_a_part_that_belongs_to_no_row_is_refused():
    for loss in (c.mean(RESIDUAL) + m**2, c.mean(RESIDUAL) + c.sum(m)):
        with pytest.raises(DerivativeError, match="uses 'm' outside of what is folded"):
            per_row_gradients(loss, [COLUMNS, PARAMETERS])


def test_what_is_not_a_number_a_row_is_refused():
    with pytest.raises(DerivativeError, match="is not one number a row in 'm'"):
        per_row_gradients(m * x * c.sum(m * x), [COLUMNS, PARAMETERS])


@pytest.mark.parametrize(
    "formula",
    [
        c.max(c.stack([m * x, b - y, m * b * x], axis=1), axis=1),
        c.sort(c.stack([m * x, b - y], axis=1), axis=1)[:, 0] * y,
        c.norm(c.stack([x * m, y - b], axis=0), axis=0),
        c.sum(c.softmax(c.stack([m * x, b * y], axis=-1), axis=-1)[:, 1:], axis=1),
    ],
    ids=str,
)
def test_rows_that_any_operation_leaves_apart_have_derivatives_of_their_own(formula):
    values = COLUMNS | PARAMETERS
    found = per_row_gradients(formula, [COLUMNS, PARAMETERS], ["m", "b", "x"])
    for row in range(3):
        alone = {n: [v[row]] if n in COLUMNS else v for n, v in values.items()}
        gradients = gradient(c.sum(formula), alone, ["m", "b", "x"])
        for name, column in found.items():
            assert np.isclose(np.sum(gradients[name]), column[row], rtol=1e-13)


def test_rows_that_are_mixed_are_refused_with_the_step():
    for formula, words in [
        (c.sort(m * x), r"row in 'm': sort takes the rows together, in sort\(m\*x\)"),
        (m * x - c.mean(y * m), "row in 'm': a fold over all rows goes into it"),
        (c.stack([x, y, x * m], axis=1), r"has shape \(3, 3\) for 3 rows and is not one number"),
    ]:
        with pytest.raises(DerivativeError, match=words):
            per_row_gradients(formula, [COLUMNS, PARAMETERS], "m")


@pytest.mark.parametrize("wrt", ["m", m, ["m"], ("m",), [m]], ids=repr)
def test_a_name_or_several_can_be_asked_for(wrt):
    found = per_row_gradients(RESIDUAL, [COLUMNS, PARAMETERS], wrt)
    assert ["m"] == list(found)
    assert np.allclose(expected()["m"], found["m"])


def test_parameters_may_be_columns_of_the_table():
    table = pd.DataFrame(COLUMNS).assign(**PARAMETERS)
    found = per_row_gradients(RESIDUAL, table)
    assert ["m", "x", "b", "y"] == list(found.columns)
    for name, column in expected().items():
        assert np.allclose(column, found[name])
        assert np.allclose(column, per_row_gradients(RESIDUAL, table, name)[name])
    whole = gradient(c.mean(RESIDUAL), COLUMNS | PARAMETERS)
    assert np.isclose(whole["m"], per_row_gradients(c.mean(RESIDUAL), table)["m"].sum())


def test_a_lazy_frame_gives_one_of_its_library():
    found = per_row_gradients(RESIDUAL, [PARAMETERS, pl.LazyFrame(COLUMNS)])
    assert isinstance(found, pl.DataFrame)
    assert np.allclose(expected()["m"], found["m"])


def test_bad_tables_are_refused_with_words():
    with pytest.raises(NameClash, match="'x' is in two of the tables and mappings given"):
        per_row_gradients(m * x, [COLUMNS, {"m": 1.0, "x": 2.0}])
    with pytest.raises(ShapeError, match=r"column 'y' has shape \(2,\) where 'x' has shape \(3,\)"):
        per_row_gradients(RESIDUAL, [{"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0]}, PARAMETERS])
    with pytest.raises(ShapeError, match="numbers only, so there are no rows"):
        per_row_gradients(RESIDUAL, [{"x": 1.0, "y": 2.0}, PARAMETERS])
    with pytest.raises(UnknownVariable, match="no value for 'b'"):
        per_row_gradients(RESIDUAL, [pd.DataFrame(COLUMNS), {"m": 1.0}])
    with pytest.raises(UnknownVariable, match=r"wrt takes names.*\[table, numbers\]"):
        per_row_gradients(RESIDUAL, pd.DataFrame(COLUMNS), PARAMETERS)
    with pytest.raises(UnknownVariable, match="does not contain 'q'"):
        per_row_gradients(RESIDUAL, [COLUMNS, PARAMETERS], "q")
    with pytest.raises(DataError, match=r"column 'y' has a null .* in row 2"):
        per_row_gradients(RESIDUAL, [pl.DataFrame(COLUMNS | {"y": [1, 2, None]}), PARAMETERS])
