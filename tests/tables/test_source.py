"""Sources: whatever holds columns answers the same questions, whole and in blocks of rows."""

from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings

from chainrule import expression, mean
from chainrule.errors import DataError, DataTypeError, NameClash, ValueTypeError
from chainrule.tables import read_sheet, write_table
from chainrule.tables.source import rebatched, source_of

X = np.arange(300.0) / 7
DATA = {"x": X, "y": -X, "z": X**2}


def sheet(suffix):
    def opened(folder):
        write_table(folder / f"data{suffix}", DATA)
        return read_sheet(folder / f"data{suffix}")

    return opened


def structured(_):
    return np.array(list(zip(*DATA.values(), strict=True)), dtype=[(n, float) for n in DATA])


SOURCES = {
    "a mapping": lambda _: DATA,
    "a mapping of lists": lambda _: {name: column.tolist() for name, column in DATA.items()},
    "a structured array": structured,
    "pandas": lambda _: pd.DataFrame(DATA),
    "polars": lambda _: pl.DataFrame(DATA),
    "polars, lazy": lambda _: pl.LazyFrame(DATA),
    "pyarrow": lambda _: pa.table(DATA),
    "a record batch": lambda _: pa.RecordBatch.from_pydict(DATA),
    "a stream": lambda _: pa.table(DATA).to_reader(max_chunksize=37),
    "a list": lambda _: [pd.DataFrame({"x": X, "y": -X}), {"z": X**2}],
    **{suffix: sheet(suffix) for suffix in (".csv", ".parquet", ".feather", ".arrow")},
}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("rows", [1, 64, 100, 299, 300, 1000])
def test_blocks_are_the_columns_in_parts(kind, rows, tmp_path):
    source = source_of(SOURCES[kind](tmp_path))
    assert ["x", "y", "z"] == list(source.names)
    assert source.n_rows in (300, None)
    blocks = list(source.blocks(["z", "x", "missing"], rows))
    assert [min(rows, 300 - first) for first in range(0, 300, rows)] == [
        len(block["x"]) for block in blocks
    ]
    for name in ("x", "z"):
        whole = np.concatenate([block[name] for block in blocks])
        np.testing.assert_array_equal(whole, DATA[name])
    assert all("missing" not in block for block in blocks)


@pytest.mark.parametrize("kind", SOURCES)
def test_a_formula_takes_every_source(kind, tmp_path):
    found = (expression("x") * 2 + expression("z")).eval(SOURCES[kind](tmp_path))
    np.testing.assert_allclose(found, 2 * X + X**2, rtol=1e-15)


def test_rows_are_counted_where_they_are_known_before_they_are_read(tmp_path):
    counts = {kind: source_of(made(tmp_path)).n_rows for kind, made in SOURCES.items()}
    unknown = {kind for kind, count in counts.items() if count is None}
    assert {"polars, lazy", "a record batch", "a stream"} == unknown


def test_what_has_no_rows_is_in_every_block():
    blocks = list(source_of([{"m": 2.0}, {"x": [1.0, 2.0, 3.0]}]).blocks(["x", "m"], 2))
    assert [2.0, 2.0] == [block["m"] for block in blocks]


def test_a_stream_is_read_once_and_says_so():
    stream = pa.table(DATA).to_reader()
    mean(expression("x")).eval(stream)
    with pytest.raises(DataError, match=r"(?s)has been read already.*read_all"):
        mean(expression("x")).eval(stream)


GAPS = pa.table({"x": [1.0] * 200 + [None] + [2.0] * 99})


@pytest.mark.parametrize("made", [lambda: GAPS, lambda: GAPS.to_reader(max_chunksize=30)])
def test_a_gap_in_a_block_is_named_by_its_row_among_all(made):
    with pytest.raises(DataError, match=r"'x' has a null .* in row 200"):
        list(source_of(made()).blocks(["x"], 64))


def test_a_bad_cell_of_a_file_is_named_by_its_row_among_all(tmp_path):
    pa.parquet.write_table(GAPS, tmp_path / "gaps.parquet", row_group_size=70)
    with pytest.raises(DataError, match=r"row 200, column 'x'.*\n.*1 cell so far is"):
        list(read_sheet(tmp_path / "gaps.parquet").blocks(["x"], 64))
    write_table(tmp_path / "words.csv", {"x": np.array(["a", "b"]), "y": np.array([1.0, 2.0])})
    with pytest.raises(DataTypeError, match=r"'x' of words.csv is of type String"):
        list(read_sheet(tmp_path / "words.csv").blocks(["x"], 64))


def test_names_that_two_hold_and_what_holds_none_are_refused():
    with pytest.raises(NameClash, match="'x' is in two"):
        source_of([{"x": 1.0}, {"x": 2.0}]).columns(["x"])
    for wrong in (3.0, "x", [1.0], None, pd.Series([1.0, 2.0])):
        with pytest.raises(ValueTypeError, match="values must be a mapping"):
            source_of(wrong)


@settings(max_examples=60, deadline=None)
@given(lengths=st.lists(st.integers(0, 9), max_size=8), rows=st.integers(1, 12))
def test_parts_of_any_length_are_cut_alike(lengths, rows):
    ends = np.cumsum([0, *lengths])
    parts = [{"x": np.arange(float(a), float(b))} for a, b in pairwise(ends)]
    found = [block["x"] for block in rebatched(iter(parts), rows)]
    count = int(ends[-1])
    assert [min(rows, count - first) for first in range(0, count, rows)] == [len(x) for x in found]
    assert list(range(count)) == [int(value) for block in found for value in block]
