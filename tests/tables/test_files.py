"""Files: what is read from them, what is said of bad ones, and that floats come back exactly."""

import sys

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings

from chainrule.errors import DataError, DataTypeError, FileFormatError, MissingExtra, ShapeError
from chainrule.tables import as_table, load_penguins, read_sheet, read_table, write_table

SUFFIXES = [".csv", ".tsv", ".parquet", ".feather", ".arrow"]
HOUSES = {
    "size": np.array([50.0, 80.5]),
    "town": np.array(["Ulm", "Bern, Switzerland"]),
    "garden": np.array([False, True]),
    "price": np.array([100, 250]),
}


@pytest.fixture
def bare(monkeypatch):
    """As if pyarrow were not installed."""
    loaded = [name for name in sys.modules if name.split(".")[0] == "pyarrow"]
    for name in {"pyarrow", *loaded}:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture(params=["pyarrow", "standard library"])
def reader(request):
    """Read CSV in both ways."""
    if request.param == "standard library":
        request.getfixturevalue("bare")
    return request.param


@pytest.fixture
def written(tmp_path):
    """Write text to a file, and give its path."""

    def write(text, name="houses.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


class TestReading:
    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_every_known_format_comes_back_as_written(self, tmp_path, suffix):
        path = tmp_path / f"houses{suffix}"
        write_table(path, HOUSES)
        table = read_table(path, ["price", "size", "garden"])
        assert ("price", "size", "garden") == table.names
        np.testing.assert_array_equal([[100, 50, 0], [250, 80.5, 1]], table.matrix())

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_a_text_column_matters_only_when_it_is_selected(self, tmp_path, suffix):
        path = tmp_path / f"houses{suffix}"
        write_table(path, HOUSES)
        sheet = read_sheet(path)
        assert tuple(HOUSES) == sheet.names
        assert ("size", "garden", "price") == sheet.numeric
        assert sheet.numeric == sheet.select(sheet.numeric).names
        with pytest.raises(DataTypeError, match=rf"column 'town' of houses{suffix} .*holds 'Ulm'"):
            sheet.select()

    def test_the_extension_may_be_in_capitals(self, written):
        assert 1 == read_table(written("x\n1\n", "DATA.CSV")).n_rows

    def test_a_column_that_the_file_lacks_is_named_with_a_suggestion(self, written):
        with pytest.raises(
            DataError, match=r"houses\.csv has no column 'prize'. Did you mean 'price'"
        ):
            read_table(written("size,price\n1,2\n"), ["prize"])

    def test_one_name_selects_one_column(self, written):
        assert ("price",) == read_table(written("size,price\n1,2\n"), "price").names

    def test_a_stream_of_arrow_is_read_as_a_file_is(self, tmp_path):
        table = pa.table({"x": [1.0, 2.0]})
        with pa.ipc.new_stream(tmp_path / "x.arrow", table.schema) as stream:
            stream.write_table(table)
        assert 2 == read_table(tmp_path / "x.arrow").n_rows


@pytest.mark.usefixtures("reader")
class TestText:
    def test_numbers_truth_values_and_text_are_told_apart(self, written):
        text = "a,b,c,d\n1,1.5e3,true,1_000\n-2,.5,False,2\n"
        sheet = read_sheet(written(text))
        assert ("a", "b", "c") == sheet.numeric
        table = sheet.select(["a", "b", "c"])
        np.testing.assert_array_equal([[1, 1500, 1], [-2, 0.5, 0]], table.matrix())

    @pytest.mark.parametrize("word", ["", "NA", "N/A", "null", "None", "#N/A"])
    def test_words_for_missing_are_reported_as_null(self, written, word):
        path = written(f"x,y\n1,2\n{word},3\n")
        with pytest.raises(DataError, match=r"houses.csv contains null.*row 1, column 'x': null"):
            read_table(path)
        assert 2 == read_table(path, ["y"]).n_rows

    def test_a_missing_truth_value_is_null_too(self, written):
        with pytest.raises(DataError, match="row 1, column 'x': null"):
            read_table(written("x,y\ntrue,1\n,2\n"))

    @pytest.mark.parametrize(
        ("word", "name"), [("nan", "NaN"), ("NaN", "NaN"), ("inf", "infinity")]
    )
    def test_nan_and_infinity_are_called_so(self, written, word, name):
        with pytest.raises(DataError, match=f"row 1, column 'x': {name}"):
            read_table(written(f"x\n1\n{word}\n"))

    def test_the_word_among_the_numbers_is_shown(self, written):
        with pytest.raises(DataTypeError, match=r"row 2 \(rows count from 0\) holds 'cheap'"):
            read_table(written("price\n1\nNA\ncheap\n"))

    def test_quotes_spaces_blank_lines_and_a_byte_order_mark_are_understood(self, written):
        text = '\ufeff"size, m²",name\r\n" 1.5",\n\n2.5,"two\nlines"\r\n'
        table = read_table(written(text), ["size, m²"])
        np.testing.assert_array_equal([1.5, 2.5], table.columns[0])

    def test_another_separator_is_taken_when_told(self, written):
        table = read_table(written("a;b\n1;2\n"), separator=";")
        assert ("a", "b") == table.names

    @pytest.mark.parametrize("text", ["a;b\n1;2\n", "a;b\n1,5;2,5\n", "a\tb\n1\t2\n"])
    def test_the_wrong_separator_is_guessed_at(self, written, text):
        with pytest.raises(
            FileFormatError, match=r"has one column, 'a.*b'.\n  Pass separator='.*' \(--separator"
        ):
            read_table(written(text), separator="|")

    @pytest.mark.parametrize(("text", "count"), [("1,2\n3\n", 1), ("1,2\n3,4,5\n", 3)])
    def test_a_ragged_line_is_named_by_its_number(self, written, text, count):
        with pytest.raises(FileFormatError, match=rf"line 3 of houses.csv has {count} values"):
            read_table(written(f"a,b\n{text}"))

    @pytest.mark.parametrize("text", ["", "\n\n"], ids=["nothing", "blank lines"])
    def test_an_empty_file_is_refused(self, written, text):
        with pytest.raises(FileFormatError, match=r"houses\.csv is empty"):
            read_table(written(text))

    def test_a_file_without_rows_is_refused(self, written):
        with pytest.raises(FileFormatError, match="has a header, 'a', 'b', but no rows"):
            read_table(written("a,b\n"))

    def test_names_that_are_there_twice_are_refused(self, written):
        with pytest.raises(DataError, match=r"houses\.csv has duplicate column names: 'a'"):
            read_table(written("a,b,a\n1,2,3\n"))

    def test_a_column_without_a_name_is_refused_when_selected(self, written):
        path = written(",a\n0,1\n")
        assert 1 == read_table(path, ["a"]).n_rows
        with pytest.raises(DataError, match=r"column 0 of houses\.csv has no name"):
            read_table(path)

    def test_text_that_is_not_utf8_is_refused(self, written):
        with pytest.raises(FileFormatError, match=r"houses\.csv is not UTF-8"):
            read_table(written("größe\n1\n".encode("latin-1")))

    def test_an_unfinished_quote_is_refused(self, written):
        # pyarrow takes the rest of the file for one text.
        with pytest.raises((FileFormatError, DataTypeError), match=r"houses\.csv"):
            read_table(written('a,b\n1,"2\n3,4\n'))

    @pytest.mark.parametrize("late", ["0.5", "1e3", "-inf", "late", "true"])
    @pytest.mark.parametrize("early", ["1", "", "true", "2020-01-01"])
    def test_a_type_that_changes_after_a_million_bytes_is_no_surprise(self, written, early, late):
        wide = "1." + "0" * 500
        sheet = read_sheet(written("x,y\n" + f"{early},{wide}\n" * 2_500 + f"{late},2\n"))
        assert 2_501 == sheet.select(["y"]).n_rows
        both = early in {"1", ""} and late not in {"late", "true"}
        both = both or (early in {"", "true"} and late == "true")
        assert (("x", "y") if both else ("y",)) == sheet.numeric


class TestBadFiles:
    def test_a_missing_file_is_named_with_those_near_by(self, written):
        path = written("x\n1\n", "penguins.csv")
        with pytest.raises(FileNotFoundError) as caught:
            read_table(path.with_name("pengiuns.csv"))
        assert "pengiuns.csv'. Did you mean 'penguins.csv'?" in str(caught.value)
        assert "Tables in that folder: 'penguins.csv'" in str(caught.value)

    def test_a_missing_folder_is_named(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"there is no folder '.*nowhere'"):
            read_table(tmp_path / "nowhere" / "x.csv")

    def test_a_folder_is_no_file(self, tmp_path):
        with pytest.raises(FileFormatError, match="is a folder"):
            read_table(tmp_path)

    @pytest.mark.parametrize("name", ["x.xlsx", "x", "x.json"])
    def test_an_unknown_extension_lists_the_known(self, written, name):
        known = "'.csv', '.tsv', '.parquet', '.feather', '.arrow'"
        with pytest.raises(FileFormatError, match=f"Known are {known}"):
            read_table(written("x\n1\n", name))
        with pytest.raises(FileFormatError, match=f"Known are {known}"):
            write_table(name, {"x": [1]})

    @pytest.mark.parametrize("suffix", [".parquet", ".feather", ".arrow"])
    @pytest.mark.parametrize("content", ["x\n1\n", "", "PAR1"], ids=["text", "empty", "cut short"])
    def test_a_file_that_belies_its_extension_is_refused(self, written, suffix, content):
        words = f"cannot be read as a {suffix} file" if content else "is empty"
        with pytest.raises(FileFormatError, match=words):
            read_table(written(content, f"x{suffix}"))

    @pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
    def test_a_table_without_rows_is_refused(self, tmp_path, suffix):
        write_table(tmp_path / f"x{suffix}", {"x": np.array([], dtype=float)})
        with pytest.raises(DataError, match=r"Found x\..* with 0 sample\(s\)"):
            read_table(tmp_path / f"x{suffix}")

    def test_duplicate_names_in_parquet_are_refused(self, tmp_path):
        twice = pa.table([[1], [2]], names=["a", "a"])
        pa.parquet.write_table(twice, tmp_path / "x.parquet")
        with pytest.raises(DataError, match=r"x.parquet has duplicate column names: 'a'"):
            read_table(tmp_path / "x.parquet")

    @pytest.mark.usefixtures("bare")
    @pytest.mark.parametrize("suffix", [".parquet", ".feather", ".arrow"])
    def test_without_pyarrow_the_extra_to_install_is_named(self, written, suffix):
        path = written("x", f"x{suffix}")
        with pytest.raises(MissingExtra, match=r'pip install "chainrule\[data\]"'):
            read_table(path)
        with pytest.raises(MissingExtra, match=r'pip install "chainrule\[data\]"'):
            write_table(path, {"x": [1.0]})
        assert path.read_text() == "x"


any_float = st.floats(allow_nan=False, allow_infinity=False)


class TestWriting:
    @pytest.mark.parametrize("suffix", SUFFIXES)
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(values=st.lists(st.tuples(any_float, any_float), min_size=1))
    def test_every_float_comes_back_with_the_same_bits(self, tmp_path, suffix, values):
        first, second = (np.array(column) for column in zip(*values, strict=True))
        path = tmp_path / f"floats{suffix}"
        write_table(path, {"first": first, "second": second})
        table = read_table(path)
        assert first.tobytes() == table["first"].tobytes()
        assert second.tobytes() == table["second"].tobytes()

    @pytest.mark.usefixtures("bare")
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(values=st.lists(any_float, min_size=1))
    def test_every_float_comes_back_without_pyarrow_too(self, tmp_path, values):
        write_table(tmp_path / "floats.csv", {"x": values})
        assert np.array(values).tobytes() == read_table(tmp_path / "floats.csv")["x"].tobytes()

    def test_a_long_column_is_written_whole(self, tmp_path):
        column = np.arange(200_000.0)
        write_table(tmp_path / "long.csv", {"x": column})
        np.testing.assert_array_equal(column, read_table(tmp_path / "long.csv")["x"])

    def test_a_table_is_written_under_its_names(self, tmp_path):
        write_table(tmp_path / "x.csv", as_table({"size": [1.5], "price": [2]}))
        assert "size,price\n1.5,2.0\n" == (tmp_path / "x.csv").read_text()

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_a_file_may_be_replaced_by_what_was_read_from_it(self, tmp_path, suffix):
        path = tmp_path / f"x{suffix}"
        write_table(path, {"x": np.arange(1000.0)})
        table = read_table(path)
        write_table(path, {"x": table["x"][::-1]})
        np.testing.assert_array_equal(np.arange(1000.0), table["x"])
        np.testing.assert_array_equal(np.arange(1000.0)[::-1], read_table(path)["x"])
        assert [path] == list(tmp_path.iterdir())

    def test_columns_of_unequal_length_are_refused(self, tmp_path):
        with pytest.raises(ShapeError, match="column 'a' has 1 values, column 'b' has 2"):
            write_table(tmp_path / "x.csv", {"a": [1], "b": [1, 2]})

    def test_no_columns_are_refused(self, tmp_path):
        with pytest.raises(DataError, match="minimum of 1"):
            write_table(tmp_path / "x.csv", {})


class TestPenguins:
    def test_there_are_333_birds_with_eight_numbers_each(self):
        penguins = load_penguins()
        assert (333, 8) == penguins.matrix().shape
        assert "body_mass_g" == penguins.names[-1]

    def test_the_counts_are_those_of_the_complete_rows_of_the_source(self):
        # Horst, Hill & Gorman (2020): 344 penguins; 333 after dropping rows with missing values, of
        # which 168 males, 68 Chinstrap and 119 Gentoo.
        penguins = load_penguins()
        assert [168, 68, 119] == [penguins[n].sum() for n in ("male", "chinstrap", "gentoo")]

    def test_the_columns_are_linearly_independent_beside_an_intercept(self):
        features = load_penguins().matrix()[:, :-1]
        standard = (features - features.mean(axis=0)) / features.std(axis=0)
        assert 7 == np.linalg.matrix_rank(standard)

    @pytest.mark.usefixtures("bare")
    def test_they_need_no_pyarrow(self):
        assert 333 == load_penguins().n_rows


class TestTheIndexOfPandas:
    """What pandas kept of a frame beside its columns is none of them, in files and in Arrow."""

    @pytest.fixture(params=["a name of its own", "the name of a column that was"])
    def frame(self, request):
        pd = pytest.importorskip("pandas")
        made = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [3.0, 5.0, 7.0], "id": [7, 9, 8]})
        return made.iloc[[2, 0, 1]] if "own" in request.param else made.set_index("id")

    @pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather"])
    def test_it_is_no_column_of_a_file(self, frame, suffix, tmp_path):
        path = tmp_path / f"frame{suffix}"
        if suffix == ".parquet":
            frame.to_parquet(path)
        else:
            table = pa.Table.from_pandas(frame)
            with pa.ipc.new_file(path, table.schema) as file:
                file.write_table(table)
        sheet = read_sheet(path)
        assert tuple(frame.columns) == sheet.names == sheet.numeric
        np.testing.assert_array_equal(frame.to_numpy(), read_table(path).matrix())
        (name,) = sheet.index
        asked = read_table(path, [name, "x"])
        np.testing.assert_array_equal(frame.index, asked[name])

    def test_nor_of_an_arrow_table(self, frame):
        table = as_table(pa.Table.from_pandas(frame))
        assert tuple(frame.columns) == table.names
        np.testing.assert_array_equal(frame.to_numpy(), table.matrix())

    def test_an_index_that_counts_rows_is_written_nowhere(self, tmp_path):
        pd = pytest.importorskip("pandas")
        pd.DataFrame({"x": [1.0, 2.0]}).to_parquet(tmp_path / "x.parquet")
        assert ((), ("x",)) == (
            read_sheet(tmp_path / "x.parquet").index,
            read_table(tmp_path / "x.parquet").names,
        )
