"""What bad input gets: an error of the right class, and words that say what to do."""

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import chainrule
from chainrule import count, exp, expression, log, maximum, mean, named, sin, sine, sqrt, where
from chainrule.engine.compiled import compiled_of
from chainrule.errors import (
    ChainRuleError,
    DataError,
    DerivativeError,
    NameClash,
    NotANumber,
    OperationError,
    ShapeError,
    UnknownVariable,
    ValueTypeError,
)

x, y = expression("x"), expression("y")
width, t = expression("width"), expression("t")

# What is given, the class of the error, and words that the message must have.
VALUES = {
    "a misspelt name": (
        {"widht": 1, "t": 2},
        UnknownVariable,
        ["no value for 'width' in sin(width*t)", "Given: 'widht', 't'", "Did you mean 'widht'?"],
    ),
    "another case": ({"Width": 1, "t": 2}, UnknownVariable, ["Did you mean 'Width'?"]),
    "a missing name": ({"width": 1}, UnknownVariable, ["no value for 't'", "Given: 'width'."]),
    "two missing names": ({}, UnknownVariable, ["'width'", "(also missing: 't')", "Given: none"]),
    "nothing at all": (None, UnknownVariable, ["no value for 'width'", "Given: none"]),
    "keys that are no names": ({1: 2}, UnknownVariable, ["no value for 'width'", "Given: 1"]),
    "text": (
        {"width": "3", "t": 2},
        ValueTypeError,
        ["'width' is '3', which is text", "Give a number"],
    ),
    "bytes": ({"width": b"3", "t": 2}, ValueTypeError, ["'width' is b'3', which is text"]),
    "None": ({"width": 1, "t": None}, ValueTypeError, ["'t' is None, which is nothing"]),
    "a truth value": ({"width": True, "t": 2}, ValueTypeError, ["'width' is True, a truth value"]),
    "NumPy's truth value": ({"width": np.True_, "t": 2}, ValueTypeError, ["a truth value"]),
    "a dict": ({"width": {"a": 1}, "t": 2}, ValueTypeError, ["{'a': 1}", "of type dict"]),
    "a set": ({"width": {1}, "t": 2}, ValueTypeError, ["of type set"]),
    "an object": ({"width": object(), "t": 2}, ValueTypeError, ["of type object"]),
    "a date": ({"width": dt.date(2020, 1, 1), "t": 2}, ValueTypeError, ["of type date"]),
    "an expression": ({"width": x + 1, "t": 2}, ValueTypeError, ["x + 1", "Evaluate it first"]),
    "a generator": ({"width": (n for n in [1]), "t": 2}, ValueTypeError, ["of type generator"]),
    "a list of strings": (
        {"width": ["1", "2"], "t": 2},
        ValueTypeError,
        ["'width' is of type", "not of numbers: row 0 holds '1', which is text"],
    ),
    "text among numbers": (
        {"width": [1, 2, "many"], "t": 2},
        ValueTypeError,
        ["row 2 holds 'many', which is text"],
    ),
    "an array of dates": (
        {"width": np.array(["2020-01-01"], dtype="M8[D]"), "t": 2},
        ValueTypeError,
        ["of type datetime64, not of numbers: row 0 holds", "days since a start"],
    ),
    "rows of different lengths": (
        {"width": [[1, 2], [3]], "t": 2},
        ShapeError,
        ["'width' is not a rectangular array", "Give rows of one length"],
    ),
    "shapes that do not fit": (
        {"width": [1, 2, 3], "t": [1, 2]},
        ShapeError,
        ["do not fit in width*t", "width has shape (3,)", "t has shape (2,)"],
    ),
    "an array of None without axes": (
        {"width": np.array(None), "t": 2},
        ValueTypeError,
        ["'width' is None, which is nothing"],
    ),
    "no mapping": (
        [("width", 1)],
        ValueTypeError,
        ["must be a mapping", "not a list that holds a tuple", '{"x": 10}'],
    ),
    "a number": (3, ValueTypeError, ["must be a mapping", "not int"]),
    "an array": (np.ones(2), ValueTypeError, ["must be a mapping", "not ndarray"]),
    "a column alone": (
        pd.Series([1.0, 2.0], name="width"),
        ValueTypeError,
        ["not Series", "A column alone has no name here: give {'x': column}"],
    ),
    "one name in two tables": (
        [{"width": 1, "t": 2}, pd.DataFrame({"t": [3.0]})],
        NameClash,
        ["'t' is in two of the tables and mappings given", "Leave it out of one of them"],
    ),
    "a misspelt name in a list": (
        [pd.DataFrame({"t": [3.0]}), {"widht": 1}],
        UnknownVariable,
        ["no value for 'width'", "Given: 't', 'widht'", "Did you mean 'widht'?"],
    ),
    "a missing number": ({"width": pd.NA, "t": 2}, ValueTypeError, ["<NA>, a missing value"]),
    "a truth value without axes": (
        {"width": np.array(True), "t": 2},
        ValueTypeError,
        ["'width' is True, a truth value. Give 1, if a number is meant."],
    ),
    "a whole number beyond floats": (
        {"width": -(10**400), "t": 2},
        ValueTypeError,
        ["'width' is an integer of 1329 bits, beyond the largest float"],
    ),
    "one in a list": (
        {"width": [1, 10**400], "t": 2},
        ValueTypeError,
        ["row 1 holds an integer of 1329 bits", "rescale the column"],
    ),
    "a decimal beyond floats": (
        {"width": [Decimal("1e400")], "t": 2},
        ValueTypeError,
        ["row 0 holds Decimal('1E+400')", "rescale the column"],
    ),
    "a decimal beyond floats beside an array": (
        {"width": Decimal("1e400"), "t": [2.0]},
        ValueTypeError,
        ["'width' is a Decimal, beyond the largest float"],
    ),
    "None in a list": (
        {"width": [1, None, None], "t": 2},
        DataError,
        ["'width' has a null (a missing value) in row 1", "2 of 3 are missing", "Drop such rows"],
    ),
    "None in a matrix": (
        {"width": [[1, 2], [3, None]], "t": 2},
        DataError,
        ["a null (a missing value) in element (1, 1)"],
    ),
    "what is masked": (
        {"width": np.ma.masked_array([1, 2], [0, 1]), "t": 2},
        DataError,
        ["'width' has a null (a missing value) in row 1", "1 of 2 is missing"],
    ),
    "a null in an array in Arrow's form": (
        {"width": pa.array([None, 1]), "t": 2},
        DataError,
        ["'width' has a null (a missing value) in row 0"],
    ),
    "a null in a matrix": (
        {"width": pl.DataFrame({"a": [1, 2], "b": [None, 2]}), "t": 2},
        DataError,
        ["column 'b' of the value of 'width' has a null (a missing value) in row 0"],
    ),
    "two columns of one name": (
        pd.DataFrame([[1, 2, 3]], columns=["width", "width", "t"]),
        DataError,
        ["duplicate column names: 'width'", "Rename them"],
    ),
    "a column with a number as its name": (
        pd.DataFrame({0: [1], "t": [2]}),
        UnknownVariable,
        ["no value for 'width'", "Given: 0, 't'"],
    ),
}
FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


@pytest.fixture(params=["cold", "hot"])
def wave(request):
    """An expression before and after code has been generated for it."""
    made = sin(width * t) + (2 if request.param == "hot" else 1)
    if request.param == "hot":
        for _ in range(40):
            made.eval({"width": 1.0, "t": 2.0})
            made.diff({"width": 1.0, "t": 2.0})
        assert compiled_of(made).gradients is not None
    return made


@pytest.mark.parametrize("ask", ["eval", "diff", "value_and_diff", "diff by t", "explain"])
@pytest.mark.parametrize("name", VALUES)
def test_bad_values_are_refused_with_words(name, ask, wave):
    values, error, words = VALUES[name]
    asked = {"diff by t": lambda v: wave.diff(v, "t")}.get(ask) or getattr(wave, ask)
    if "generator" in name:
        values = {"width": (n for n in [1]), "t": 2}
    with pytest.raises(error) as raised:
        asked(values)
    assert isinstance(raised.value, ChainRuleError)
    for word in words:
        assert word in str(raised.value)


@pytest.mark.parametrize("kind", FRAMES)
def test_a_column_that_is_not_there_is_named_with_those_that_are(kind, wave):
    frame = FRAMES[kind]({"widht": [1.0, 2.0], "t": [1.0, 2.0]})
    with pytest.raises(UnknownVariable, match=r"Given: 'widht', 't'. Did you mean 'widht'?"):
        wave.eval(frame)


@pytest.mark.parametrize("kind", FRAMES)
def test_a_column_of_text_is_named_with_those_that_are_numeric(kind, wave):
    frame = FRAMES[kind]({"width": ["a", "b"], "t": [1.0, 2.0]})
    with pytest.raises(ValueTypeError) as raised:
        wave.eval(frame)
    for words in ("column 'width' is of type", "not of numbers", "Columns that are numbers: 't'"):
        assert words in str(raised.value)


COLUMNS = {
    "pandas": lambda cells: pd.DataFrame({"x": pd.array(cells, dtype="Int64")}),
    "pandas objects": lambda cells: pd.DataFrame({"x": pd.Series(cells, dtype=object)}),
    "pandas over arrow": lambda cells: pd.DataFrame({"x": cells}, dtype="int64[pyarrow]"),
    "polars": lambda cells: pl.DataFrame({"x": cells}),
    "polars, lazy": lambda cells: pl.LazyFrame({"x": cells}),
    "pyarrow": lambda cells: pa.table({"x": cells}),
    "a record batch": lambda cells: pa.RecordBatch.from_pydict({"x": cells}),
    "truth values": lambda _: pl.DataFrame({"x": [True, False, None]}),
    "a dict of series": lambda cells: {"x": pl.Series(cells)},
    "a dict of lists": lambda cells: {"x": cells},
    "a list with a table": lambda cells: [{"m": 2.0}, pl.DataFrame({"x": cells})],
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_null_is_refused_with_its_column_and_row(kind):
    values = COLUMNS[kind]([1, 2, None])
    for ask in ((2 * x).eval, (2 * x).diff, mean(x).value_and_diff, (2 * x).explain):
        with pytest.raises(DataError, match=r"'x' has a null .* in row 2.*1 of 3 .*Drop such rows"):
            ask(values)


def test_a_null_in_a_column_that_is_not_used_is_nobody_s_business():
    assert [3.0] == (y + 1).eval(pl.DataFrame({"x": [None], "y": [2]})).tolist()


REFUSED = {
    "a date": (pl.DataFrame({"x": [dt.date(2020, 1, 1)]}), ["type Date", "days since a start"]),
    "a category": (
        pd.DataFrame({"x": pd.Categorical(["a"])}),
        ["type Categorical", "holds 'a'", "0/1 column a category"],
    ),
    "text that reads as numbers": (
        pl.DataFrame({"x": ["1", "2"]}),
        ["type String", "row 0 holds '1'", ".astype(float)"],
    ),
    "lists": (pl.DataFrame({"x": [[1], [2]]}), ["type List", "one number a row"]),
    "dates in a dict": ({"x": pd.Series(["2020-01-01"]).astype("M8[s]")}, ["days since a start"]),
    "whole numbers beyond floats": (
        pd.DataFrame({"x": [1, 10**400]}),
        ["row 1 holds an integer of 1329 bits", "rescale the column"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_column_of_no_numbers_is_refused_with_advice(name):
    values, words = REFUSED[name]
    with pytest.raises(ValueTypeError, match=r"'x' is of type .*, not of numbers") as raised:
        (2 * x).eval(values)
    for word in words:
        assert word in str(raised.value)


def test_a_function_refuses_the_numbers_that_an_expression_does():
    for cells in ([1.0, None], pl.Series([1.0, None])):
        with pytest.raises(DataError, match=r"an operand of sin has a null .* in row 1"):
            sin(cells)
    with pytest.raises(ValueTypeError, match=r"an operand of sin is .*, not of numbers.*1329 bits"):
        sin([10**400])


def test_a_number_beyond_single_precision_is_infinite_there_without_a_warning():
    single = np.array([1.0], dtype=np.float32)
    with np.errstate(all="raise"):
        assert [math.inf] == (x * y).eval({"x": single, "y": 1e300}).tolist()
        assert [math.inf] == (x * 1e300).eval({"x": single}).tolist()
        assert [math.inf] == (x * 1e300).diff({"x": single}, "x").tolist()
        assert [0.0] == (x * y).eval({"x": single, "y": 1e-300}).tolist()


WRT = {
    "a misspelt name": ("widht", UnknownVariable, ["sin(width*t)", "does not contain 'widht'"]),
    "its suggestion": ("widht", UnknownVariable, ["Did you mean 'width'?"]),
    "another variable": (x, UnknownVariable, ["does not contain 'x'"]),
    "an empty name": ("", UnknownVariable, ["does not contain ''"]),
    "a number": (3, UnknownVariable, ["cannot differentiate by 3"]),
    "an expression": (width * t, UnknownVariable, ["width*t", "name the step"]),
}


@pytest.mark.parametrize("name", WRT)
def test_what_cannot_be_differentiated_by_is_refused(name, wave):
    wrt, error, words = WRT[name]
    for ask in (
        lambda: wave.diff({"width": 1, "t": 2}, wrt),
        lambda: wave.derivative(wrt),
        lambda: wave.explain({"width": 1, "t": 2}, wrt),
    ):
        with pytest.raises(error) as raised:
            ask()
        for word in words:
            assert word in str(raised.value)


NANS = {
    "a logarithm": (log(x) + 1, {"x": -1}, "log(x) is nan, where x = -1.0"),
    "a division": (1 / (x - y), {"x": 1, "y": 1}, "1/(x - y) is inf, where x - y = 0.0"),
    "an overflow": (exp(exp(x)), {"x": 10}, "exp(exp(x)) is inf, where exp(x) = 22026"),
    "a row": (sqrt(x) * 2, {"x": [1, 4, -9]}, "sqrt(x) is nan in row 2, where x = -9.0"),
    "a given one": (x + 1, {"x": math.nan}, "x is nan, as given"),
    "a row of those given": (x + y, {"x": [1, math.inf], "y": 1}, "x is inf in row 1, as given"),
    "a named step": (named("s", log(x)), {"x": -1}, "log(x), the step 's', is nan"),
}


@pytest.mark.parametrize("name", NANS)
def test_a_nan_is_traced_to_the_first_step_that_has_it(name):
    e, values, words = NANS[name]
    with pytest.raises(NotANumber) as raised:
        e.eval(values, on_nan="raise")
    assert words in str(raised.value)
    assert "leave on_nan at 'ignore'" in str(raised.value)
    assert not np.isfinite(e.eval(values)).all()


def test_on_nan_is_one_of_two_words():
    with pytest.raises(ValueTypeError, match="'ignore' or 'raise', not 'maybe'"):
        x.eval({"x": 1}, on_nan="maybe")


GOOD = {
    "whole numbers": ({"x": 2}, 4.0),
    "NumPy's numbers": ({"x": np.int8(2)}, 4.0),
    "an array without axes": ({"x": np.array(2)}, 4.0),
    "a complex number": ({"x": 1j}, 2j),
    "a fraction": ({"x": Fraction(1, 3)}, Fraction(2, 3)),
    "a decimal": ({"x": Decimal("0.1")}, Decimal("0.2")),
    "an empty list": ({"x": []}, []),
    "truth values in a list": ({"x": [True, False]}, [2.0, 0.0]),
    "a range": ({"x": range(3)}, [0.0, 2.0, 4.0]),
    "a pandas series": ({"x": pd.Series([1, 2])}, [2.0, 4.0]),
    "an infinite decimal": ({"x": [Decimal("inf")]}, [math.inf]),
    "a whole number beyond floats among fractions": (
        {"x": Fraction(10**400)},
        Fraction(2 * 10**400),
    ),
    "whole numbers beyond those of a machine": ({"x": [10**20, 1]}, [2e20, 2.0]),
    "truth values among objects": ({"x": np.array([True, 2.5], dtype=object)}, [2.0, 5.0]),
    "NaN in a list": ({"x": [1, math.nan]}, [2.0, math.nan]),
    "a nullable series": ({"x": pd.Series([1, 2], dtype="Int64")}, [2.0, 4.0]),
    "complex numbers": (pd.DataFrame({"x": [1j]}), [2j]),
    "a matrix of columns": ({"x": pl.DataFrame({"a": [1], "b": [2]})}, [[2.0, 4.0]]),
    "a structured array": (np.array([(1, 2.5)], dtype=[("z", "i4"), ("x", "f8")]), [5.0]),
    "a row of one": (np.array([(1, 2.5)], dtype=[("z", "i4"), ("x", "f8")])[0], 5.0),
    "a pandas frame, where NaN is a number": (pd.DataFrame({"x": [1, None]}), [2.0, math.nan]),
    "a polars frame": (pl.DataFrame({"x": [1.0, math.nan]}), [2.0, math.nan]),
    "a lazy frame, read where needed": (pl.LazyFrame({"x": [1], "z": ["text"]}), [2.0]),
    "a frame of narwhals": (nw.from_native(pd.DataFrame({"x": [1, 2]})), [2.0, 4.0]),
    "a record batch": (pa.RecordBatch.from_pydict({"x": [1.0]}), [2.0]),
    "a pyarrow table": (pa.table({"x": [1, 2]}), [2.0, 4.0]),
    "truth values in a table": (pl.DataFrame({"x": [True, False]}), [2.0, 0.0]),
    "a list of tables and numbers": ([pd.DataFrame({"z": [1.0]}), {"x": 3.0}], 6.0),
    "decimals in a table": (pa.table({"x": [Decimal("1.5")]}), [3.0]),
    "a row of a frame": (pd.DataFrame({"x": [1.0, 3.0], "z": [0.0, 0.0]}).iloc[1], 6.0),
    "more names than needed": ({"x": 1, "other": "text"}, 2.0),
}


@pytest.mark.parametrize("name", GOOD)
def test_whatever_is_a_number_is_taken(name):
    values, expected = GOOD[name]
    found = (x * 2).eval(values)
    assert (type(expected) is list) == isinstance(found, np.ndarray)
    np.testing.assert_array_equal(expected, found)
    if not isinstance(expected, list):
        assert type(expected) is type(found)


CLASHES = {
    "a step and a variable": (lambda: x * named("x", 2 * y), "names both a variable and a step"),
    "two steps": (lambda: named("d", x) * named("d", y), "names two different steps"),
}


@pytest.mark.parametrize("name", CLASHES)
def test_one_name_for_two_things_is_refused(name):
    build, words = CLASHES[name]
    e = build()
    for ask in (lambda: e.eval({"x": 1, "y": 1}), lambda: str(e), lambda: e.diff({"x": 1, "y": 1})):
        with pytest.raises(NameClash, match=words):
            ask()


BUILDS = {
    "no name": (lambda: expression(3), ValueTypeError, "a variable needs a name, not 3"),
    "an empty name": (lambda: expression(""), ValueTypeError, "needs a name"),
    "text in a sum": (lambda: x + "y", ValueTypeError, "expression('y')"),
    "None in a product": (lambda: None * x, ValueTypeError, "None"),
    "text in a function": (lambda: sin("x"), ValueTypeError, "is text"),
    "a list with text": (lambda: x * [1, "a"], ValueTypeError, "not a number"),
    "a step without a name": (lambda: named(3, x), ValueTypeError, "a step needs a name"),
    "too many operands": (lambda: sine(x, y), OperationError, "1 operand, not 2"),
    "too few operands": (lambda: where(x, y), OperationError, "3 operands, not 2"),
    "an unknown keyword": (lambda: mean(x, axes=0), OperationError, "no parameter 'axes'"),
    "a truth": (lambda: bool(x < y), ValueTypeError, "where(condition, a, b)"),
    "a chain of comparisons": (lambda: 0 < x < 1, ValueTypeError, "where"),
    "a float": (lambda: math.sin(x), ValueTypeError, "chainrule's functions"),
    "a loop": (lambda: list(x), ValueTypeError, "cannot be looped over"),
    "another's function": (lambda: np.spacing(x), OperationError, "numpy.spacing"),
    "a negative order": (lambda: x.derivative("x", -1), ValueTypeError, "from 0, not -1"),
    "a matrix": (
        lambda: (x - mean(x)).diff({"x": [1.0, 2.0]}, "x"),
        DerivativeError,
        "Ask for jacobian(e, values, 'x')",
    ),
}


@pytest.mark.parametrize("name", BUILDS)
def test_what_cannot_be_built_or_asked_is_refused(name):
    build, error, words = BUILDS[name]
    with pytest.raises(error) as raised:
        build()
    assert words in str(raised.value)


def test_an_expression_cannot_be_changed():
    for name in ("arguments", "attributes", "anything"):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(x, name, 1)


CONSTANTS = {
    "an array": (sin(x * np.array([1.0, 2.0])), 2.0, np.sin([2.0, 4.0])),
    "a complex number": (x * (1 + 2j), 2.0, 2 + 4j),
    "one in single precision": (x + np.complex64(1j), 2.0, 2 + 1j),
    "a whole number beyond floats": (x + 10**400, 2.0, math.inf),
    "a fraction": (x * Fraction(1, 2), 3.0, 1.5),
    "a truth value": (x * True, 3.0, 3.0),
    "a comparison": (x < 2, 3.0, False),
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant_of_any_kind_gives_the_same_answer_however_often_it_is_asked(name):
    e, value, expected = CONSTANTS[name]
    slope = e.diff({"x": value}, "x")
    for _ in range(40):
        found = e.eval({"x": value})
        np.testing.assert_array_equal(expected, found)
        assert type(expected) is type(found)
        np.testing.assert_array_equal(slope, e.diff({"x": value}, "x"))
        np.testing.assert_array_equal(expected, e.value_and_diff({"x": value})[0])


def test_arrays_that_do_not_fit_are_told_in_words_outside_of_formulas_too():
    for left, right in ((np.ones(2), np.ones(3)), ([1.0, 2.0], [1.0, 2.0, 3.0])):
        with pytest.raises(ShapeError, match=r"maximum cannot pair .* \(2,\) and \(3,\)"):
            maximum(left, right)


def test_single_precision_stays_single_beside_a_count():
    column = {"x": np.arange(3, dtype=np.float32)}
    for formula in (chainrule.sum(x) / count(x) * x, count(x[:, None], axis=0) * x):
        assert np.float32 == formula.eval(column).dtype
        assert np.float32 == chainrule.sum(formula).diff(column)["x"].dtype
