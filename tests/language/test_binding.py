"""Names bound to values: by name or by variable, from frames, beside names of numbers."""

import math
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

import chainrule as cr
from chainrule.errors import NameClash, RowOrderWarning, UnknownVariable, ValueTypeError

x, y, m = (cr.expression(name) for name in "xym")
FORMULA = cr.sin(x) * y
NAMED = {"x": 1.0, "y": 2.0}
KEYED = {x: 1.0, y: 2.0}

ROADS = {
    "eval": lambda e, at: e.eval(at),
    "diff": lambda e, at: e.diff(at),
    "diff by one": lambda e, at: e.diff(at, "x"),
    "value and diff": lambda e, at: e.value_and_diff(at),
    "gradient": cr.gradient,
    "jacobian": cr.jacobian,
    "hessian": cr.hessian,
    "jvp": lambda e, at: cr.jvp(e, at, {"x": 1.0}),
    "vjp": lambda e, at: cr.vjp(e, at, 1.0),
    "hvp": lambda e, at: cr.hvp(e, at, {"x": 1.0}),
    "numerical": lambda e, at: cr.numerical_derivative(e, at, "x"),
    "check": lambda e, at: str(cr.check_gradient(e, at)),
    "graph": lambda e, at: e.graph(at).to_json(),
    "explain": lambda e, at: str(e.explain(at)),
    "the story of a NaN": lambda e, at: str(cr.nan_story(e, at)),
    "step sizes": lambda e, at: str(cr.step_size_study(e, at, "x")),
    "sparsity": lambda e, at: cr.sparsity(e, at).toarray().tolist(),
    "a list": lambda e, at: e.eval([{key: at[key]} for key in at]),
}


@pytest.mark.parametrize("road", ROADS)
def test_a_variable_is_as_good_a_key_as_its_name(road):
    ask = ROADS[road]
    assert ask(FORMULA, NAMED) == ask(FORMULA, KEYED)
    assert ask(FORMULA, NAMED) == ask(FORMULA, {"x": 1.0, y: 2.0})


def test_a_named_step_is_a_key_where_its_name_is_one():
    step = cr.named("s", x * 2)
    assert 8.0 == (step + y).eval({x: 3.0, y: 2.0, step: 1e9})


def test_data_of_a_descent_may_have_variables_as_keys():
    found = cr.minimize(cr.mean((y - m * x) ** 2), {m: 0.0}, {x: [1.0, 2.0], y: [3.0, 6.0]})
    assert 3.0 == pytest.approx(found.final.parameters["m"])


def test_what_is_no_variable_is_no_key():
    with pytest.raises(ValueTypeError, match=r"x \+ 1 has been given a value, and is no variable"):
        FORMULA.eval({x + 1: 1.0})
    with pytest.raises(NameClash, match="'x' is given twice"):
        FORMULA.eval({"x": 1.0, x: 2.0})
    with pytest.raises(UnknownVariable, match="no value for 'y' in "):
        FORMULA.eval({x: 1.0})


OF_ARRAYS = [
    "eval",
    "diff",
    "value and diff",
    "gradient",
    "jacobian",
    "hessian",
    "vjp",
    "check",
    "graph",
    "explain",
    "the story of a NaN",
]
MATRIX = cr.matrix("X", "n", "d")
LOSS = cr.mean((MATRIX @ cr.vector("w", "d") - 1) ** 2)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
@pytest.mark.parametrize("road", OF_ARRAYS)
def test_a_frame_is_a_matrix_of_its_columns(road, make):
    cells = {"first": [1.0, 2.0, 3.0], "second": [4.0, 5.0, -6.0]}
    weights = np.array([0.5, 2.0])
    array = np.column_stack(list(cells.values()))
    ask = ROADS[road]
    wanted = ask(LOSS, {"X": array, "w": weights})
    found = ask(LOSS, {"X": make(cells), "w": weights})
    assert repr(wanted) == repr(found)


class TestNamesThatAreNumbers:
    TABLE = pd.DataFrame({"pi": [1.0, 2.0], "inf": [3.0, 4.0], "nan": [5.0, 6.0]})

    @pytest.mark.parametrize("name", ["pi", "inf", "nan"])
    def test_a_column_of_that_name_is_told_apart(self, name):
        written = cr.parse(f"mean({name})")
        with pytest.raises(NameClash, match=f"write `{name}` in backticks"):
            written.eval(self.TABLE)
        with pytest.raises(NameClash):
            cr.parse(f"mean({name}*x)").diff([self.TABLE, {"x": 1.0}])
        assert self.TABLE[name].mean() == cr.parse(f"mean(`{name}`)").eval(self.TABLE)

    @pytest.mark.parametrize("name", ["pi", "inf", "nan"])
    @pytest.mark.parametrize("given", [1.0, np.arange(100.0)], ids=["a number", "a column"])
    def test_also_of_a_formula_that_is_often_asked(self, name, given):
        often = cr.parse(f"x*where(x > 2000, {name}, 1)")
        for _ in range(50):
            often.eval({"x": given})
            often.diff({"x": given})
            often.value_and_diff({"x": given})
        for ask in (often.eval, often.diff, often.value_and_diff):
            with pytest.raises(NameClash):
                ask({"x": given, name: 3.0})

    def test_without_such_a_column_it_is_the_number(self):
        assert 2 * math.pi == cr.parse("pi*x").eval({"x": 2.0})
        both = cr.parse("pi*`pi`")
        assert 2 * math.pi == both.eval({"pi": 2.0})


class TestRowsInAnotherOrder:
    ONE = pd.Series([1.0, 2.0, 3.0], index=["a", "b", "c"])
    OTHER = pd.Series([3.0, 5.0, 7.0], index=["c", "b", "a"])

    def test_it_is_told_where_the_labels_are_the_same(self):
        with pytest.warns(RowOrderWarning, match="values of 'x' and the values of 'y'") as told:
            cr.sum(x * y).eval({"x": self.ONE, "y": self.OTHER})
        assert __file__ == told[0].filename  # where the user stands
        loss = cr.mean((y - m * x) ** 2)
        with pytest.warns(RowOrderWarning):
            cr.minimize(loss, {"m": 0.0}, {"x": self.ONE, "y": self.OTHER})
        with pytest.warns(RowOrderWarning, match="X and y have the same labels") as told:
            cr.LinearRegression().fit(self.ONE.to_frame("x"), self.OTHER)
        assert __file__ == told[0].filename

    @pytest.mark.parametrize(
        "other",
        [
            OTHER.iloc[::-1],
            OTHER.reset_index(drop=True),
            OTHER.to_numpy(),
            pl.Series([3.0, 5.0, 7.0]),
            pd.Series([1.0, 2.0, 3.0], index=["a", "a", "b"]),
        ],
        ids=["the same order", "other labels", "an array", "polars", "labels twice"],
    )
    def test_nothing_is_said_of_anything_else(self, other):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            cr.sum(x * y).eval({"x": self.ONE, "y": other})
            cr.LinearRegression().fit(self.ONE.to_frame("x"), other)
