"""The door of the floor of tables: what it lets in, what it makes of it, and what it says."""

import datetime as dt
import pickle
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays

from chainrule.errors import ChainRuleError, DataError, DataTypeError, ShapeError
from chainrule.tables import Table, as_column, as_table, check_names, check_same_rows, like

FRAMES = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
    "mapping": dict,
}
HOUSES = {"size": [50.0, 80.0, 120.0], "rooms": [2, 3, 5], "garden": [False, True, True]}
finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture(params=FRAMES, ids=str)
def kind(request):
    return request.param


@pytest.fixture
def frame_of(kind):
    return FRAMES[kind]


class TestWhatComesIn:
    def test_columns_keep_their_names_and_order(self, frame_of, kind):
        table = as_table(frame_of(HOUSES))
        assert ("size", "rooms", "garden") == table.names
        assert table.named
        assert kind == table.origin

    def test_whole_numbers_and_truth_values_become_floats(self, frame_of):
        table = as_table(frame_of(HOUSES))
        assert [np.float64] * 3 == [column.dtype for column in table.columns]
        np.testing.assert_array_equal([2, 3, 5], table["rooms"])
        np.testing.assert_array_equal([0, 1, 1], table["garden"])

    def test_float32_is_kept(self, frame_of):
        table = as_table(frame_of({"x": np.array([1.5, 2.5], dtype=np.float32)}))
        assert np.float32 == table["x"].dtype

    def test_columns_are_read_only_and_the_users_array_is_not(self):
        own = np.array([1.0, 2.0])
        table = as_table({"x": own})
        with pytest.raises(ValueError, match="read-only"):
            table["x"][0] = 5
        own[0] = 5

    @pytest.mark.parametrize(
        "make", [dict, pl.DataFrame, pa.table], ids=["dict", "polars", "arrow"]
    )
    def test_a_contiguous_float_column_is_not_copied(self, make):
        own = np.arange(1000.0)
        assert np.shares_memory(own, as_table(make({"x": own}))["x"])

    def test_a_pandas_column_is_not_copied(self):
        frame = pd.DataFrame({"x": np.arange(1000.0)})
        assert np.shares_memory(frame["x"].to_numpy(), as_table(frame)["x"])

    def test_a_column_major_matrix_is_not_copied(self):
        own = np.asfortranarray(np.arange(6.0).reshape(3, 2))
        assert np.shares_memory(own, as_table(own).columns[1])

    def test_a_row_major_matrix_becomes_contiguous_columns(self):
        table = as_table(np.arange(6.0).reshape(3, 2))
        assert all(column.flags.c_contiguous for column in table.columns)

    @pytest.mark.parametrize(
        "rows",
        [
            np.array([[1, 2], [3, 4]]),
            np.array([[1, 2], [3, 4]], dtype=">f8"),
            np.array([[1, 2], [3, 4]], dtype=np.float16),
            np.array([[1, 2], [3, 4]], dtype=np.longdouble),
            np.array([[1, 2], [3, 4]], dtype=object),
            [[1, 2], [3, 4]],
            [(1, Fraction(2)), (Decimal(3), np.float32(4))],
            pd.DataFrame([[1, 2], [3, 4]]),
        ],
        ids=["int", "big-endian", "half", "long double", "object", "lists", "mixed", "unnamed"],
    )
    def test_columns_without_names_are_given_some(self, rows):
        table = as_table(rows)
        assert ("x0", "x1") == table.names
        assert not table.named
        np.testing.assert_array_equal([[1, 2], [3, 4]], table.matrix())
        assert np.float64 == table.matrix().dtype

    def test_an_object_that_answers_array_is_read(self):
        class Measured:
            def __array__(self, dtype=None, copy=None):
                return np.array([[1.0, 2.0]], dtype=dtype)

        assert as_table(Measured()).names == ("x0", "x1")

    def test_a_structured_array_keeps_its_names(self):
        rows = np.array([(1, 2.5), (2, 3.5)], dtype=[("rooms", "i4"), ("size", "f8")])
        assert ("rooms", "size") == as_table(rows).names

    @pytest.mark.parametrize(
        "source",
        [
            pl.LazyFrame({"x": [1, 2]}),
            pa.RecordBatch.from_pydict({"x": [1, 2]}),
            pa.table({"x": pa.chunked_array([[1], [2]])}),
            {"x": pd.Series([1, 2])},
            {"x": pl.Series([1, 2])},
            {"x": pa.chunked_array([[1], [2]])},
            {"x": pa.array([1, 2])},
            {"x": (1, 2)},
        ],
        ids=lambda source: type(source).__name__,
    )
    def test_all_that_holds_columns_is_read_by_name(self, source):
        np.testing.assert_array_equal([1, 2], as_table(source)["x"])

    @pytest.mark.parametrize(
        "column",
        [
            pd.Series([1, 2], dtype="Int64"),
            pd.Series([1, 2], dtype="Float64"),
            pd.Series([1, 2], dtype="double[pyarrow]"),
            pd.Series([True, False], dtype="boolean"),
            pd.Series([1.5, 2], dtype=object),
            pd.Series([Decimal("1.5"), Decimal(2)], dtype=pd.ArrowDtype(pa.decimal128(5, 2))),
            pl.Series([Decimal("1.5"), Decimal(2)]),
            pl.Series([1, 2], dtype=pl.Int128),
            pl.Series([1, 2], dtype=pl.UInt8),
        ],
        ids=lambda column: str(column.dtype),
    )
    def test_every_type_of_number_is_read(self, column):
        expected = [float(value) for value in column]
        frame = pd.DataFrame if isinstance(column, pd.Series) else pl.DataFrame
        np.testing.assert_array_equal(expected, as_table(frame({"x": column}))["x"])

    def test_a_table_passes_unchanged(self):
        table = as_table(HOUSES)
        assert as_table(table) is table

    @given(arrays(np.float64, array_shapes(min_dims=2, max_dims=2), elements=finite))
    def test_a_matrix_comes_back_as_it_went_in(self, matrix):
        back = as_table(matrix).matrix()
        assert matrix.tobytes() == back.tobytes(order="C")

    def test_importing_and_reading_arrays_loads_no_dataframe_library(self):
        script = (
            "import sys, chainrule.tables as data; data.as_table([[1.0, 2.0]]);"
            "print(*({'narwhals', 'pandas', 'polars', 'pyarrow'} & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        assert b"" == done.stdout.strip()


class TestTable:
    def test_select_orders_columns_without_a_copy(self):
        table = as_table(HOUSES)
        chosen = table.select(["rooms", "size"])
        assert ("rooms", "size") == chosen.names
        assert np.shares_memory(table["size"], chosen["size"])

    def test_select_takes_one_name_for_one_column(self):
        assert ("size",) == as_table(HOUSES).select("size").names

    def test_select_names_what_is_missing_and_what_is_there(self):
        with pytest.raises(DataError) as caught:
            as_table(HOUSES).select(["size", "roms", "price"])
        message = str(caught.value)
        assert "no columns 'roms', 'price'. Did you mean 'rooms'?" in message
        assert "It has: 'size', 'rooms', 'garden'" in message
        assert "Not asked for: 'rooms', 'garden'" in message

    def test_select_refuses_the_same_name_twice(self):
        with pytest.raises(DataError, match="duplicate column names: 'size'"):
            as_table(HOUSES).select(["size", "size"])

    def test_select_refuses_nothing(self):
        with pytest.raises(DataError, match=r"0 feature\(s\)"):
            as_table(HOUSES).select([])

    def test_an_unknown_column_is_an_error_with_a_suggestion(self):
        with pytest.raises(DataError, match="Did you mean 'size'"):
            as_table(HOUSES)["Size"]

    def test_mapping_gives_the_columns_by_name(self):
        table = as_table(HOUSES)
        assert list(HOUSES) == list(table.mapping())
        assert table.mapping()["size"] is table["size"]

    def test_matrix_of_float32_columns_is_float32(self):
        assert np.float32 == as_table(np.ones((2, 2), dtype=np.float32)).matrix().dtype

    def test_repr_is_one_line_however_wide_the_table(self):
        assert "Table(1 row, 1 column: 'x0')" == repr(as_table([[1]]))
        assert repr(as_table(np.ones((2000, 30)))).endswith("'x11' and 18 more)")
        assert repr(as_table(np.ones((2000, 30)))).startswith("Table(2,000 rows, 30 columns")

    def test_a_table_is_immutable(self):
        with pytest.raises(AttributeError):
            as_table(HOUSES).names = ()

    def test_a_table_pickles(self):
        back = pickle.loads(pickle.dumps(as_table(HOUSES)))
        assert isinstance(back, Table)
        np.testing.assert_array_equal(HOUSES["size"], back["size"])


NAN, INF = float("nan"), float("inf")


class TestMissingAndInfinite:
    def test_the_message_names_row_and_column_and_counts(self, frame_of):
        broken = {"size": [1.0, 2.0, NAN], "price": [1.0, NAN, NAN], "age": [1.0, 2.0, 3.0]}
        with pytest.raises(DataError) as caught:
            as_table(frame_of(broken))
        message = str(caught.value)
        assert message.startswith("Input X contains NaN: row 1, column 'price': NaN")
        assert "3 of 9 cells are NaN, null or infinite (1 in 'size', 2 in 'price')" in message

    @pytest.mark.parametrize(("cell", "word"), [(INF, ": infinity"), (-INF, ": -infinity")])
    def test_infinity_is_called_so(self, frame_of, cell, word):
        with pytest.raises(DataError, match=f"contains infinity: row 1, column 'x'{word}"):
            as_table(frame_of({"x": [1.0, cell]}))

    @pytest.mark.parametrize(
        "cells",
        [[1.5, None], [1, None], [True, None], [Decimal("1.5"), None], [None, None]],
        ids=["float", "int", "bool", "decimal", "nothing else"],
    )
    @pytest.mark.parametrize("make", [pl.DataFrame, pa.table], ids=["polars", "pyarrow"])
    def test_null_is_called_so(self, make, cells):
        with pytest.raises(DataError, match=r"null \(a missing value, NaN\): row \d, column 'x'"):
            as_table(make({"x": cells}))

    @pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean", "double[pyarrow]", "object"])
    def test_a_missing_cell_of_pandas_is_null(self, dtype):
        with pytest.raises(DataError, match=r"null .* row 1, column 'x': null"):
            as_table(pd.DataFrame({"x": pd.Series([1, None], dtype=dtype)}))

    def test_a_masked_cell_is_null(self):
        masked = np.ma.masked_array([[1.0, 2.0]], mask=[[False, True]])
        with pytest.raises(DataError, match="row 0, column 1: null"):
            as_table(masked)

    def test_none_in_lists_is_null(self):
        with pytest.raises(DataError, match="row 1, column 0: null"):
            as_table([[1], [None]])

    def test_columns_without_names_are_numbered(self):
        with pytest.raises(DataError, match="row 1, column 1: NaN"):
            as_table([[1, 2], [3, NAN]])

    def test_finite_cells_whose_sum_is_infinite_pass(self):
        assert 2 == as_table({"x": [1.7e308, 1.7e308]}).n_rows

    def test_the_name_of_the_input_is_the_callers(self):
        with pytest.raises(DataError, match="Input weights contains NaN"):
            as_table([[NAN]], called="weights")


class TestNotNumbers:
    def test_a_text_column_is_refused_with_its_first_cell_and_the_usable_columns(self, frame_of):
        with pytest.raises(DataTypeError) as caught:
            as_table(frame_of({**HOUSES, "town": [None, "Ulm", "Bern"], "street": ["a", "b", "c"]}))
        message = str(caught.value)
        assert "column 'town' of X is of type" in message
        assert "row 1 holds 'Ulm'" in message
        assert "Encode it as numbers" in message
        assert "Not numbers either: 'street'" in message
        assert "Columns that are numbers: 'size', 'rooms', 'garden'" in message

    def test_the_one_word_among_numbers_as_text_is_shown(self, frame_of):
        with pytest.raises(DataTypeError, match="row 2 holds 'unknown'"):
            as_table(frame_of({"x": ["1", "2.5", "unknown"]}))

    def test_numbers_as_text_are_refused_with_the_way_to_convert_them(self, frame_of):
        with pytest.raises(DataTypeError, match=r"row 0 holds '1'(.|\n)*astype\(float\)"):
            as_table(frame_of({"x": ["1", "2.5"]}))

    @pytest.mark.parametrize(
        ("column", "words"),
        [
            (pd.Categorical(["a", "b"]), "Categorical(.|\n)*Encode"),
            (pd.to_datetime(["2020-01-01", "2020-01-02"]), "Datetime(.|\n)*days since"),
            (pd.to_timedelta([1, 2]), "Duration(.|\n)*days since"),
            (pd.array([0.0, 1.0], dtype="Sparse[float]"), "Sparse(.|\n)*to_dense"),
            (np.array([1j, 2]), "Complex data not supported: column 'x'"),
            ([{"a": 1}, 2], r"float\(\) argument must be a string or a real number, not 'dict'"),
            ([dt.date(2020, 1, 1)] * 2, "days since"),
            ([10**400, 1], "an integer of 1329 bits(.|\n)*rescale"),
        ],
        ids=["categorical", "datetime", "duration", "sparse", "complex", "dict", "date", "huge"],
    )
    def test_pandas_columns_of_other_types_are_refused(self, column, words):
        with pytest.raises(ChainRuleError, match=words):
            as_table(pd.DataFrame({"x": column}))

    @pytest.mark.parametrize(
        ("column", "words"),
        [
            (pl.Series(["a", "b"], dtype=pl.Categorical), "Categorical"),
            (pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"])), "Enum"),
            (pl.Series([dt.date(2020, 1, 1)] * 2), "Date, .*\n.*days since"),
            (pl.Series([dt.time(12)] * 2), "Time, .*\n.*days since"),
            (pl.Series([[1], [2]]), "List(.|\n)*one number a row"),
            (pl.Series([{"a": 1}] * 2), "Struct(.|\n)*one number a row"),
            (pl.Series([b"a", b"b"]), "Binary(.|\n)*one number a row"),
            (pl.Series([1, {2}], dtype=pl.Object), "Object|object"),
        ],
        ids=lambda value: str(getattr(value, "dtype", "")),
    )
    def test_polars_columns_of_other_types_are_refused(self, column, words):
        with pytest.raises(DataTypeError, match=words):
            as_table(pl.DataFrame({"x": column}))

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            (np.array([["a"], ["b"]]), "row 0 holds 'a'"),
            (np.array([[b"a"]]), "of type bytes"),
            (np.array([[1.0, "tall"]], dtype=object), "column 1 of X .* row 0 holds 'tall'"),
            ([[1, 2], [3, "tall"]], "column 1 of X .* row 1 holds 'tall'"),
            (np.array([[1 + 1j]]), "Complex data not supported"),
            (np.array([[np.complex128(1j)]], dtype=object), "Complex data not supported"),
            (np.array([["2020-01-01"]], dtype="datetime64[D]"), "days since"),
            (np.array([[1.0, {"a": 1}]], dtype=object), r"argument must be .* string.* number"),
        ],
        ids=["text", "bytes", "object", "lists", "complex", "complex object", "dates", "dict"],
    )
    def test_arrays_of_other_types_are_refused(self, rows, words):
        with pytest.raises(ChainRuleError, match=words):
            as_table(rows)


class TestShapesAndNames:
    @pytest.mark.parametrize(
        "source",
        [np.ones(3), [1, 2], pd.Series([1]), pl.Series([1])],
        ids=lambda s: type(s).__name__,
    )
    def test_one_dimension_is_refused_with_the_two_ways_out(self, source):
        with pytest.raises(ShapeError, match="Expected 2D array, got 1D array") as caught:
            as_table(source)
        assert "Reshape your data" in str(caught.value)
        assert ".reshape(-1, 1)" in str(caught.value)

    def test_a_single_number_is_refused(self):
        with pytest.raises(ShapeError, match="got scalar array"):
            as_table(5)

    def test_three_dimensions_are_refused(self):
        with pytest.raises(ShapeError, match=r"dim 3 .* while dim <= 2 is required"):
            as_table(np.ones((2, 3, 4)))

    def test_rows_of_unequal_length_are_refused(self):
        with pytest.raises(ShapeError, match="row 0 has 2 values, row 2 has 1"):
            as_table([[1, 2], [3, 4], [5]])

    @pytest.mark.parametrize("rows", [[[1, 2], 3], [[1, [2, 3]], [4, 5]]], ids=["flat", "deep"])
    def test_rows_of_unequal_depth_are_refused(self, rows):
        with pytest.raises(ShapeError, match="X is not rows of numbers"):
            as_table(rows)

    def test_columns_of_unequal_length_are_refused(self):
        with pytest.raises(ShapeError, match="column 'a' has 2 values, column 'b' has 1"):
            as_table({"a": [1, 2], "b": [3]})

    @pytest.mark.parametrize("column", [1, [[1], [2]]], ids=["number", "matrix"])
    def test_a_column_must_have_one_dimension(self, column):
        with pytest.raises(ShapeError, match="column 'a' of X has shape"):
            as_table({"a": column})

    def test_no_rows_are_refused(self, frame_of):
        with pytest.raises(
            DataError, match=r"0 sample\(s\) \(shape=\(0, 1\)\) while a minimum of 1"
        ):
            as_table(frame_of({"x": np.array([], dtype=float)}))

    def test_no_columns_are_refused(self):
        with pytest.raises(DataError, match=r"0 feature\(s\) \(shape=\(12, 0\)\) while a minimum"):
            as_table(np.empty((12, 0)))

    @pytest.mark.parametrize(
        "frame",
        [pd.DataFrame([[1, 2]], columns=["a", "a"]), pa.table([[1], [2]], names=["a", "a"])],
        ids=["pandas", "pyarrow"],
    )
    def test_duplicate_names_are_refused(self, frame):
        with pytest.raises(DataError, match="duplicate column names: 'a'"):
            as_table(frame)

    def test_names_of_which_some_are_text_are_refused(self):
        with pytest.raises(DataTypeError, match=r"Feature names are only supported .*'int', 'str'"):
            as_table(pd.DataFrame([[1, 2]], columns=["a", 1]))

    @pytest.mark.parametrize(
        "source",
        ["data.csv", None, object(), iter([1])],
        ids=["text", "nothing", "object", "iterator"],
    )
    def test_what_is_no_data_is_refused(self, source):
        with pytest.raises(DataTypeError, match="which is no data"):
            as_table(source)

    @pytest.mark.parametrize("form", ["csr_array", "csc_matrix", "coo_array", "dok_array"])
    @pytest.mark.parametrize("read", [as_table, as_column])
    def test_sparse_matrices_are_refused(self, form, read):
        with pytest.raises(DataTypeError, match=rf"Sparse data is not supported: . is a {form}"):
            read(getattr(scipy.sparse, form)(np.eye(2)))


class TestColumn:
    @pytest.mark.parametrize(
        ("source", "name"),
        [
            ([1, 2], None),
            (np.array([1, 2]), None),
            (np.array([[1], [2]]), None),
            (pd.Series([1, 2]), None),
            (pd.Series([1, 2], name="price"), "price"),
            (pd.Series([1, 2], name=7), None),
            (pl.Series("price", [1, 2]), "price"),
            (pa.chunked_array([[1], [2]]), None),
            (pa.array([1, 2]), None),
            (pd.DataFrame({"price": [1, 2]}), "price"),
            (pl.LazyFrame({"price": [1, 2]}), "price"),
            (pa.table({"price": [1, 2]}), "price"),
            ({"price": [1, 2]}, "price"),
            (as_table({"price": [1, 2]}), "price"),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_one_column_is_read_with_its_name(self, source, name):
        found, column = as_column(source)
        assert name == found
        assert (2,) == column.shape
        np.testing.assert_array_equal([1, 2], column)

    def test_no_target_is_refused_in_the_words_of_scikit_learn(self):
        with pytest.raises(DataError, match="requires y to be passed, but the target y is None"):
            as_column(None)

    @pytest.mark.parametrize(
        "source",
        [
            np.ones((2, 3)),
            np.ones((2, 2, 2)),
            5,
            {"a": [1], "b": [2]},
            {},
            pl.DataFrame([[1], [2]]),
        ],
        ids=["wide", "cube", "number", "dict", "empty dict", "frame"],
    )
    def test_more_or_less_than_one_column_is_refused(self, source):
        with pytest.raises(ShapeError, match="y should be a 1d array, got an array of shape"):
            as_column(source)

    def test_no_rows_are_refused(self):
        with pytest.raises(DataError, match=r"0 sample\(s\)"):
            as_column([])

    @pytest.mark.parametrize(
        ("source", "words"),
        [
            ([1.0, NAN], "Input y contains NaN: row 1: NaN"),
            (pl.Series("price", [None, 1]), "row 0, column 'price': null"),
            (["a", "b"], "^y is of type .*row 0 holds 'a'"),
            (np.array([1j]), "Complex data not supported: y holds 1j"),
        ],
        ids=["NaN", "null", "text", "complex"],
    )
    def test_cells_are_checked_as_in_a_table(self, source, words):
        with pytest.raises(ChainRuleError, match=words):
            as_column(source)


class TestTogether:
    def test_different_numbers_of_rows_are_both_named(self):
        with pytest.raises(DataError, match=r"inconsistent .* X has 3 rows, y has 2"):
            check_same_rows(as_table(HOUSES), np.ones(2))

    def test_the_same_number_of_rows_passes(self):
        check_same_rows(as_table(HOUSES), np.ones(3))

    def test_names_that_are_there_pass(self):
        check_names(["a"], ["b", "a"])


class TestLike:
    @pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
    def test_columns_come_back_in_the_library_they_came_from(self, make):
        native = make(HOUSES)
        made = like(native, {"slope": np.array([0.5, 1.5, 2.5])})
        assert type(native) is type(made)
        np.testing.assert_array_equal([0.5, 1.5, 2.5], as_table(made)["slope"])

    def test_the_index_of_pandas_is_kept(self):
        native = pd.DataFrame({"x": [1, 2]}, index=["first", "second"])
        made = like(native, {"slope": np.array([0.5, 1.5])})
        assert ["first", "second"] == list(made.index)

    def test_an_index_of_another_length_is_not_forced(self):
        made = like(pd.DataFrame({"x": [1, 2]}, index=[5, 6]), {"total": np.array([3.0])})
        assert [0] == list(made.index)

    def test_a_lazy_frame_gives_an_eager_one(self):
        made = like(pl.LazyFrame({"x": [1]}), {"slope": np.array([0.5])})
        assert isinstance(made, pl.DataFrame)

    @pytest.mark.parametrize("native", [np.ones((1, 1)), [[1]], {"x": [1]}, as_table([[1]])])
    def test_what_is_no_frame_gives_a_dict(self, native):
        assert {"slope": [0.5]} == like(native, {"slope": [0.5]})

    @given(
        columns=arrays(np.float64, array_shapes(min_dims=2, max_dims=2), elements=finite),
        make=st.sampled_from([pd.DataFrame, pl.DataFrame, pa.table, dict]),
    )
    def test_every_finite_float_survives_the_way_out_and_back(self, columns, make):
        before = {f"column {index}": column for index, column in enumerate(columns)}
        after = as_table(like(make(before), before)).mapping()
        assert {n: c.tobytes() for n, c in before.items()} == {
            n: c.tobytes() for n, c in after.items()
        }
