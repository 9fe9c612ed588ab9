"""The page of gradient descent as text and as a value: closed to the world, checked at the door."""

import base64
import hashlib
import re
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest

from chainrule import absolute, expression, matmul, mean, mean_squared_error, named, parse, sin
from chainrule.draw.playground import playground
from chainrule.errors import (
    DataError,
    FileFormatError,
    OperationError,
    ParseError,
    SettingError,
    ShapeError,
    UnknownVariable,
    ValueTypeError,
)
from chainrule.optimize import landscapes

x, y, z = map(expression, "xyz")
MOST_BYTES = 300_000


def test_a_page_is_small_and_the_same_every_time():
    page = playground("rosenbrock").to_html()
    assert page == playground(landscapes.rosenbrock()).to_html()
    assert len(page.encode()) < MOST_BYTES


def test_a_page_refers_to_nothing_outside_itself():
    page = playground().to_html()
    assert {"#function"} == set(re.findall(r'(?:href|src|action)="([^"]*)"', page))
    assert {"http://www.w3.org/2000/svg"} == set(re.findall(r"\w+://[^\"' ]+", page))
    assert "@import" not in page


def test_its_policy_lets_its_own_script_run_and_nothing_else():
    page = playground().to_html()
    script = re.search(r"<script>(.*)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].split("; ")
    assert policy[:2] == ["default-src 'none'", f"script-src 'sha256-{digest}'"]


def test_it_is_written_to_a_file_and_shown_by_a_notebook(tmp_path):
    shown = playground(x**2)
    assert shown.to_html(tmp_path / "a.html").encode() == (tmp_path / "a.html").read_bytes()
    with pytest.raises(FileFormatError, match=r"'a.png' has the extension '.png'"):
        shown.to_html(tmp_path / "a.png")
    bundle = shown._repr_mimebundle_()
    assert "<Playground of x**2 by gradient descent>" == bundle["text/plain"]
    assert '<iframe srcdoc="&lt;!doctype html' in bundle["text/html"]


@pytest.mark.parametrize(
    ("function", "options", "error", "words"),
    [
        ("x*", {}, ParseError, "an operand is missing at the end"),
        (3.0, {}, ValueTypeError, "not float"),
        (x * y * z, {}, ShapeError, "has 3: 'x', 'y', 'z'"),
        (expression.lift(2) * 3, {}, ShapeError, "has none"),
        (mean(x), {}, OperationError, "arithmetic_mean in mean.x. is not known in a page"),
        (matmul(x, y), {}, OperationError, "matrix_multiplication"),
        (x + np.ones(3), {}, ValueTypeError, "is not a real number"),
        (x * 1j, {}, ValueTypeError, "1j in .* is not a real number"),
        (landscapes.find("zdt1"), {}, ShapeError, "2 objectives"),
        (x**2, {"method": "adamm"}, SettingError, "Did you mean 'adam'"),
        (x**2, {"race": "adam"}, SettingError, "race must be a list of names"),
        (x**2, {"race": ["lyon"]}, SettingError, "Did you mean 'lion'"),
        (x**2, {"rate": 0}, SettingError, "rate must be above 0"),
        (x**2, {"rate": -1}, SettingError, "rate must be 0 or more"),
        (x**2, {"n_epochs": 0}, SettingError, "from 1 to 10,000, not 0"),
        (x**2, {"n_epochs": 1.5}, SettingError, "a whole number, not 1.5"),
        (x**2, {"box": {"x": (1, -1)}}, SettingError, "the lower first"),
        (x**2, {"box": {"t": (1, 2)}}, UnknownVariable, "box has 't'"),
        (x * y, {"start": {"x": 1}}, UnknownVariable, "start lacks 'y'"),
        (x * y, {"start": [1]}, ShapeError, "start has 1 numbers for 2 variables"),
        (x**2, {"method": "newton"}, SettingError, "'newton' finds its own steps, and a page"),
        (x**2, {"race": ["bfgs"]}, SettingError, "'bfgs' finds its own steps"),
        (mean(x * y + z), {"data": {"t": [1.0]}}, ShapeError, "has 3: 'x', 'y', 'z'"),
        (mean(x), {"data": {"x": [1.0]}}, ShapeError, "has none beside columns"),
        (x * y, {"data": {"x": [1.0, 2.0]}}, ShapeError, r"Did you mean mean\(x\*y\)"),
        (x @ sin(x * y), {"data": {"x": [1.0, 2.0]}}, OperationError, "mixes the rows of a table"),
        (x * y, {"start": [1, np.nan]}, SettingError, "a finite number for 'y', not nan"),
    ],
)
def test_what_cannot_be_played_with_is_refused(function, options, error, words):
    with pytest.raises(error, match=words):
        playground(function, **options)


def test_numbers_of_numpy_and_exact_ones_are_floats_in_a_page():
    exact = named("d", x * np.float32(0.5)) ** Fraction(1, 4) + np.float64(2)
    assert "<Playground of (d := x*0.5)**0.25 + 2.0 by gradient descent>" == repr(playground(exact))


def test_a_formula_that_is_too_long_for_a_page_is_refused():
    long = x
    for _ in range(3000):
        long = sin(long) + 1
    with pytest.raises(ShapeError, match="characters, and a page reads at most 5,000"):
        playground(long)


ROWS = {"x": [-1.0, 0.0, 1.0, 2.0], "y": [-1.0, 1.0, 3.0, 5.5]}
A, B = expression("a"), expression("b")


def shown(page):
    """The formula that a page begins with."""
    return re.search(r'const given = {"formula": "([^"]*)"', page.to_html())[1]


@pytest.mark.parametrize("rows", [4, 100_000])
def test_a_quadratic_loss_over_a_table_of_any_length_is_a_bowl(rows):
    wave = np.sin(np.arange(rows))
    data = ROWS if rows == 4 else {"x": 50 + 10 * wave, "y": 7 - 3 * wave**2}
    loss = mean_squared_error(A * x + B, y)
    bowl = parse(shown(playground(loss, data=data)))
    assert {"a", "b"} == set(bowl.variables)
    columns = {name: np.array(column) for name, column in data.items()}
    for at in ({"a": 0.3, "b": -0.7}, {"a": 2.0, "b": 1.0}):
        assert bowl.eval(at) == pytest.approx(loss.eval(columns | at), rel=1e-9)
        assert bowl.diff(at) == pytest.approx(
            {name: loss.diff(columns | at, name) for name in "ab"}, rel=1e-9
        )


def test_the_picture_of_a_bowl_has_its_middle_and_the_start():
    page = playground(mean((y - (A * x + B)) ** 2), data=ROWS, start={"a": 20, "b": 0})
    assert "0.01875 + 1.5*(a - 2.15)**2 + (b - 1.05)**2 + (a - 2.15)*(b - 1.05)" == shown(page)
    (left, right), (low, high) = page._scene.box
    assert left < 2.15
    assert right > 20
    assert low < 0
    assert high > 1.05


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pl.LazyFrame, dict])
def test_columns_that_the_loss_does_not_name_may_be_anything(kind):
    table = kind(ROWS | {"city": ["a", "b", "c", None]})
    assert "0.9375 + 1.5*(a - 2.5)**2" == shown(playground(mean((y - A * x) ** 2), data=table))
    with pytest.raises(DataError, match=r"NaN: row 1, column 'x'"):
        playground(mean((y - A * x) ** 2), data=kind(ROWS | {"x": [1.0, np.nan, 2.0, 3.0]}))


def test_a_slope_without_a_middle_stays_in_the_bowl():
    assert "13*a" == shown(playground(mean(4 * A * x * y) - 2 * A, data=ROWS))


def test_another_loss_over_a_table_is_written_out_by_its_rows():
    loss = mean(absolute(y - (A * x + B)))
    rows = parse(shown(playground(loss, data=ROWS)))
    at = {"a": 0.3, "b": -0.7}
    columns = {name: np.array(column) for name, column in ROWS.items()}
    assert rows.eval(at) == pytest.approx(loss.eval(columns | at), rel=1e-12)
    long = {name: np.linspace(0, 1, 2_000) ** 3 for name in "xy"}
    with pytest.raises(ShapeError, match=r"its 2,000 rows.*Give a sample of about [0-9]+ rows"):
        playground(loss, data=long)
