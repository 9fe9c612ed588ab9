"""Separated text as people write it: what divides cells, what numbers look like, what to skip."""

import bz2
import gzip

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tables.test_files import bare, reader, written  # noqa: F401 - fixtures

from chainrule.errors import DataError, DataTypeError, FileFormatError, SettingError
from chainrule.tables import read_sheet, read_table, write_table
from chainrule.tables.dialect import dialect_of

pytestmark = pytest.mark.usefixtures("reader")
WANTED = [[1234.5, 2.0], [-0.25, 1e6]]

READ = {
    "semicolons": ("a;b\n1234.5;2\n-0.25;1e6\n", {}),
    "tabs": ("a\tb\n1234.5\t2\n-0.25\t1e6\n", {}),
    "bars": ("a|b\n1234.5|2\n-0.25|1e6\n", {}),
    "semicolons and decimal commas": ("a;b\n1234,5;2\n-0,25;1e6\n", {"decimal": ","}),
    "decimal commas in quotes": ('a,b\n"1234,5",2\n"-0,25",1e6\n', {"decimal": ","}),
    "points that group": (
        "a;b\n1.234,5;2\n-0,25;1.000.000\n",
        {"decimal": ",", "thousands": "."},
    ),
    "commas that group": ('a,b\n"1,234.5",2\n-0.25,"1,000,000"\n', {"thousands": ","}),
    "spaces that group": ("a;b\n1 234,5;2\n-0,25;1e6\n", {"decimal": ",", "thousands": " "}),
    "comments": ("# of 2024\na,b\n1234.5,2\n  # half\n-0.25,1e6\n", {"comment": "#"}),
    "a title": ("Report, of 2024, for all\na,b\n1234.5,2\n-0.25,1e6\n", {"skip": 1}),
    "a title, told in words": ("Report\na,b\n1234.5,2\n-0.25,1e6\n", {"skip": "1"}),
    "units": ("a,b\nm,kg\n1234.5,2\n-0.25,1e6\n", {"skip": [2]}),
    "a title and units": ("Report\na,b\nm,kg\n1234.5,2\n-0.25,1e6\n", {"skip": "1,3-3"}),
    "empty columns at the end": ("a,b,,\n1234.5,2,,\n-0.25,1e6,,\n", {}),
    "another encoding": ("a,b\n1234.5,2\n-0.25,1e6\n".encode("utf-16"), {"encoding": "utf-16"}),
    "letters of another encoding": (
        "a,b,Größe\n1234.5,2,ä\n-0.25,1e6,ö\n".encode("latin-1"),
        {"encoding": "latin-1"},
    ),
    "a byte order mark": ("\ufeffa,b\n1234.5,2\n-0.25,1e6\n", {"encoding": "UTF8"}),
}


@pytest.mark.parametrize("name", READ)
def test_it_is_read_as_written(name, written):  # noqa: F811
    text, settings = READ[name]
    found = read_table(written(text), ["a", "b"], **settings)
    np.testing.assert_array_equal(WANTED, found.matrix())


@pytest.mark.parametrize(("end", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
@pytest.mark.parametrize("settings", [{}, {"comment": "#"}], ids=["as it is", "line by line"])
def test_it_may_be_packed(end, pack, settings, written):  # noqa: F811
    path = written(pack(b"a,b\n1234.5,2\n-0.25,1e6\n"), f"x.csv{end}")
    np.testing.assert_array_equal(WANTED, read_table(path, **settings).matrix())
    cut = written(pack(b"a,b\n1234.5,2\n" * 1000)[:60], f"cut.csv{end}")
    with pytest.raises(FileFormatError, match=r"cut\.csv\.\w+ cannot be"):
        read_table(cut, **settings)


def test_what_is_written_is_not_packed(tmp_path):
    with pytest.raises(FileFormatError, match=r"has the extension '\.gz'"):
        write_table(tmp_path / "x.csv.gz", {"a": [1.0]})


def test_words_may_stand_for_a_missing_number(written):  # noqa: F811
    path = written("a,b\n1,2\n?,3\n4,-\n")
    with pytest.raises(DataError, match="row 1, column 'a': null"):
        read_table(path, na=["?", "-"])
    table = read_table(path, na=["?", "-"], missing="drop")
    assert ((1.0, 2.0), 2) == ((table["a"][0], table["b"][0]), table.n_dropped)
    assert 1 == table.n_rows


class TestDroppingRows:
    @given(st.lists(st.tuples(*[st.sampled_from(["1", "2.5", "", "nan"])] * 2), min_size=1))
    def test_those_stay_in_which_nothing_is_missing(self, tmp_path_factory, rows):
        path = tmp_path_factory.mktemp("rows") / "x.csv"
        path.write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in rows))
        whole = [[float(a), float(b)] for a, b in rows if {a, b} <= {"1", "2.5"}]
        if not whole:
            with pytest.raises(DataError, match="without its rows that lack a number"):
                read_table(path, missing="drop")
            return
        table = read_table(path, missing="drop")
        np.testing.assert_array_equal(whole, table.matrix())
        assert len(rows) - len(whole) == table.n_dropped

    def test_only_in_the_columns_that_are_selected(self, written):  # noqa: F811
        table = read_table(written("a,b\n1,\n2,3\n"), ["a"], missing="drop")
        assert (2, 0) == (table.n_rows, table.n_dropped)

    def test_an_infinite_number_is_there(self, written):  # noqa: F811
        with pytest.raises(DataError, match="infinity"):
            read_table(written("a,b\n1,\n2,inf\n"), missing="drop")

    def test_text_is_told_as_ever(self, written):  # noqa: F811
        with pytest.raises(DataTypeError, match=r"column 'b' of houses\.csv"):
            read_table(written("a,b\n1,Ulm\n,Bern\n"), missing="drop")

    def test_another_word_is_refused(self, written):  # noqa: F811
        with pytest.raises(SettingError, match="missing is 'refuse' or 'drop', not 'fill'"):
            read_table(written("a\n1\n"), missing="fill")


DOUBTFUL = {
    "?": r"pass na=\['\?'\] \(--na '\?'\)",
    "-": r"pass na=\['-'\]",
    "n.a.": r"pass na=\['n\.a\.'\] \(--na n\.a\.\)",
    "1.#QNAN": r"pass na=\['1\.#QNAN'\]",
    "1,200": r"pass thousands=',' \(--thousands ','\)",
    "1.200,5": r"pass decimal=',' \(--decimal ','\) and thousands='\.'",
    "1 200": r"pass thousands=' '",
    "1,5": r"pass decimal=','",
    "$12": "Take signs and units away",
    "12%": "Take signs and units away",
    "(100)": "Take signs and units away",
    "\u22125": r"U\+2212",
}


@pytest.mark.parametrize("cell", DOUBTFUL)
def test_a_column_of_numbers_with_another_cell_names_it_and_what_to_do(cell, written):  # noqa: F811
    path = written(f"y;x\n1;1\n2;{cell}\n3;2.5\n")
    with pytest.raises(DataTypeError) as raised:
        read_table(path, ["x"])
    assert "column 'x' of houses.csv holds numbers, but row 1" in str(raised.value)
    assert raised.match(DOUBTFUL[cell])
    sheet = read_sheet(path)
    assert ("y",) == sheet.numeric
    with pytest.raises(DataTypeError, match="row 1 "):  # nor is it left out in silence
        sheet.check_left_out(["x"])


def test_a_unit_below_the_header_is_told_how_to_skip(written):  # noqa: F811
    with pytest.raises(DataTypeError, match=r"leave its line out, for instance skip='2-2'"):
        read_table(written("a,b\nm,kg\n1,2\n3,4\n"))


def test_a_column_of_words_may_be_left_out(written):  # noqa: F811
    sheet = read_sheet(written("a,day,town\n1,2024-01-05,Ulm\n2,2024-01-06,12 Main St\n"))
    sheet.check_left_out(["day", "town"])
    assert ("a",) == sheet.numeric


def test_a_title_is_told_how_to_skip(written):  # noqa: F811
    with pytest.raises(FileFormatError, match=r"title, pass skip=2 \(--skip 2\)"):
        read_table(written("\nSales report\na,b\n1,2\n"))


def test_lines_are_counted_as_in_the_file(written):  # noqa: F811
    with pytest.raises(FileFormatError, match=r"line 6 of houses\.csv has 3 values"):
        read_table(written("title\n# note\na,b\n# note\n1,2\n1,2,3\n"), comment="#", skip=1)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("a,städte\n1,2\n", "line 1 holds the byte 0xe4"),
        ("a,b\n1.5,2.5\n0.5,café\n", "line 3 holds the byte 0xe9"),
        ("a,b\n1,2\n3,4\n5,é\n", "line 4 holds the byte 0xe9"),
    ],
)
def test_text_of_another_encoding_is_told_where_and_what_to_say(content, place, written):  # noqa: F811
    with pytest.raises(FileFormatError) as raised:
        read_table(written(content.encode("latin-1")))
    assert place in str(raised.value)
    assert "encoding='latin-1' (--encoding latin-1)" in str(raised.value)


def test_a_name_that_stands_twice_matters_when_it_is_asked_for(written):  # noqa: F811
    path = written("a,c,b,c\n1,2,3,4\n")
    np.testing.assert_array_equal([[1, 3]], read_table(path, ["a", "b"]).matrix())
    with pytest.raises(DataError, match="duplicate column names: 'c'"):
        read_table(path, ["a", "c"])


def test_an_unnamed_column_with_something_in_it_stays(written):  # noqa: F811
    path = written("a,b,\n1,2,\n3,4,5\n")
    np.testing.assert_array_equal([[1, 2], [3, 4]], read_table(path, ["a", "b"]).matrix())
    with pytest.raises(DataError, match=r"column 2 of houses\.csv has no name"):
        read_table(path)


BAD = {
    "separator": [";;", "", 3],
    "decimal": ["·", "", None],
    "thousands": [".", "5", "e", ",,"],
    "na": [[1], [None]],
    "encoding": ["latin-99", None, 8],
    "comment": ["", " ", 3],
    "skip": [-1, 2.5, "x", "3-", [0], [1.5], True],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in BAD.items() for v in values])
def test_a_setting_that_means_nothing_is_refused_by_name(name, value, written):  # noqa: F811
    with pytest.raises(SettingError, match=name):
        read_table(written("a\n1\n"), **{name: value})


def test_text_has_settings_and_other_files_have_none(tmp_path):
    pa.parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "x.parquet"
    write_table(path, {"a": [1.0]})
    with pytest.raises(SettingError, match=r"x\.parquet is no text.*\n.*Leave these settings out"):
        read_sheet(path, decimal=",")


@given(
    st.floats(allow_nan=False, allow_infinity=False, width=64),
    st.sampled_from([(".", ""), (",", ""), (",", "."), (".", ","), (".", " ")]),
)
def test_every_number_reads_back(number, marks):
    decimal, thousands = marks
    settings = dialect_of(decimal=decimal, thousands=thousands or None)
    plain = f"{number!r}"
    whole, point, rest = plain.partition(".")
    if thousands and whole.lstrip("-").isdigit():
        whole = f"{int(whole):,}".replace(",", thousands)
        if plain.startswith("-0"):
            whole = "-0"
    assert number == settings.number(f"{whole}{decimal if point else ''}{rest}")
