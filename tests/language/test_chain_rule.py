"""The chain rule written out: a line for each path, whose shares add up to the derivative."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.random_formulas import random_formula

from chainrule import exp, expression, mean, named, sigmoid, sin

a, b, c, d, m, x, y, z = (expression(name) for name in "abcdmxyz")
ROWS = {"x": [1.0, 2, 3], "y": [2.0, 3, 5], "m": 1.0, "b": 0.0}


def lines_of(e, values, wrt):
    text = str(e.explain(values, wrt))
    return [line.strip() for line in text.split("chain rule\n")[1].splitlines()[:-2]]


@pytest.mark.parametrize(
    ("e", "values", "wrt", "lines"),
    [
        (
            named("L", c * named("e", a + named("d", 2 * b))),
            {"a": 1, "b": 2, "c": 3},
            "b",
            ["dL/db = ∂L/∂e · ∂e/∂d · ∂d/∂b = c · 1 · 2 = 3 · 1 · 2 = 6"],
        ),
        (
            named("yhat", named("p", m * x) + b),
            {"x": 1, "m": 2, "b": 1},
            "m",
            ["dyhat/dm = ∂yhat/∂p · ∂p/∂m = 1 · x = 1 · 1 = 1"],
        ),
        (
            named("g", sin(named("q", named("p", x + y) * z))),
            {"x": 1, "y": 2, "z": 3},
            "x",
            ["dg/dx = ∂g/∂q · ∂q/∂p · ∂p/∂x = cos(q) · z · 1 = (-0.91113) · 3 · 1 = -2.73339"],
        ),
        (
            named("L", named("u", 2 * a + b) * named("v", c - d)),
            {"a": 1, "b": 2, "c": 5, "d": 3},
            "d",
            ["dL/dd = ∂L/∂v · ∂v/∂d = u · (-1) = 4 · (-1) = -4"],
        ),
        (
            1 / (1 + exp(-x)),
            {"x": 0.0},
            "x",
            [
                (
                    "ds4/dx = ∂s4/∂s3 · ∂s3/∂s2 · ∂s2/∂s1 · ∂s1/∂x = (-1/s3**2) · 1 · s2 · (-1)"
                    " = (-0.25) · 1 · 1 · (-1) = 0.25"
                )
            ],
        ),
        (
            mean(named("r", y - (m * x + b)) ** 2),
            ROWS,
            "b",
            [
                (
                    "ds4/db = ∂s4/∂s3 · ∂s3/∂r · ∂r/∂s2 · ∂s2/∂b = 1/count(s3) · 2*r · (-1) · 1"
                    " = 0.333333 · 2 · (-1) · 1 + 0.333333 · 2 · (-1) · 1 + 0.333333 · 4 · (-1) · 1"
                    " = -2.66667"
                )
            ],
        ),
    ],
    ids=["deck", "line", "g", "homework", "sigmoid", "rows"],
)
def test_one_path_is_one_line_with_the_numbers_put_in(e, values, wrt, lines):
    assert lines == lines_of(e, values, wrt)


def test_several_paths_are_several_lines_and_their_sum():
    assert [
        "ds2/dx, over 2 paths:",
        "∂s2/∂x = s1 = 0.909297",
        "∂s2/∂s1 · ∂s1/∂x = x · cos(x) = 2 · (-0.416147) = -0.832294",
        "ds2/dx = 0.909297 + (-0.832294) = 0.0770038",
    ] == list(lines_of(sin(x) * x, {"x": 2.0}, "x"))


def test_more_paths_than_can_be_read_are_counted():
    e = x
    for _ in range(80):
        e = e * e
    lines = lines_of(e, {"x": 1.0}, "x")
    assert "ds80/dx, over more than 1e+15 paths:" == lines[0]
    assert "... and many more paths" in lines
    assert lines[-1].endswith("+ ... = 1.20893e+24")


def test_a_long_path_is_abbreviated_in_the_middle():
    e = x
    for _ in range(1_000):
        e = sin(e)
    (line,) = lines_of(e, {"x": 1.0}, "x")
    assert " · ... · " in line
    assert len(line) < 600


def test_many_rows_are_summed_by_a_sign():
    data = {"x": np.arange(100.0), "y": np.ones(100), "m": 1.0, "b": 0.0}
    (line,) = lines_of(mean((y - (m * x + b)) ** 2), data, "m")
    assert "= Σ [0.01, 0.01, 0.01, ...] (100,) · " in line


@given(st.integers(0, 2**32 - 1))
def test_the_shares_add_up_to_what_diff_gives(seed):
    e, values = random_formula(seed)
    told = e.explain(values)
    assume(np.isfinite(told.value))
    for rule in told.chain_rules():
        if rule.count == len(rule.paths):
            shares = [path.share for path in rule.paths]
            size = sum(map(abs, shares))
            assert rule.total == told.gradient[rule.variable]
            expected = rule.total if shares else 0.0
            assert expected == pytest.approx(sum(shares), rel=1e-9, abs=1e-9 * size) or not shares


def test_every_form_tells_the_same_numbers():
    told = (sin(x) * x).explain({"x": 2.0}, "x")
    for form in (told.to_text(), told.to_markdown(), told.to_latex(), told.to_html()):
        for number in ("0.909297", "1.81859", "0.0770038"):
            assert number in form


def test_html_is_well_formed_and_escapes_names():
    name = "a<b>\"&'`"
    found = (expression(name) * 2).explain({name: 3.0}).to_html()
    ET.fromstring(found)  # noqa: S314 - our own text
    assert "<b>" not in found


def test_markdown_has_a_cell_for_every_column():
    found = (expression("a|b") * x).explain({"a|b": 3.0, "x": 1.0}).to_markdown()
    rows = [line for line in found.splitlines() if line.startswith("|")]
    assert {4, 8} == {len(re.findall(r"(?<!\\)\|", row)) for row in rows}


def test_latex_keeps_its_braces():
    found = (expression("a_b{c}%") * x**-2).explain({"a_b{c}%": 3.0, "x": 1.0}).to_latex()
    bare = re.sub(r"\\[{}]", "", found)
    assert bare.count("{") == bare.count("}")


def test_rules_have_their_names():
    told = (2 * x + y / z - x**2 * sin(x) + 2**x + x**y - (-x) / 3 + 1 / y).explain(
        {"x": 1.0, "y": 2.0, "z": 3.0}
    )
    assert {
        "constant factor",
        "difference",
        "derivative of sin",
        "exponential",
        "power",
        "power and exponential",
        "product",
        "quotient",
        "reciprocal",
        "sum",
    } == {row.rule for row in told.backward}


def test_a_notebook_shows_tables():
    told = sigmoid(x).explain({"x": 0.5})
    bundle = told._repr_mimebundle_()
    assert {"text/plain", "text/html", "text/markdown", "text/latex"} == set(bundle)
    assert "<table>" in bundle["text/html"]
    assert {"text/plain"} == set(told._repr_mimebundle_(include={"text/plain"}))
