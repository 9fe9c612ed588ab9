"""The page in a browser: every number it computes is the one that Python computes."""

import base64
import hashlib
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from chainrule import (
    expression,
    log,
    matmul,
    maximum,
    mean,
    named,
    sigmoid,
    sin,
    tanh,
    where,
)
from chainrule.draw.picture.numbers import brief

a, b, c, m, x, y = map(expression, "abcmxy")
COLUMNS = {"x": np.array([1.0, 2.0, 3.0]), "y": np.array([2.0, 4.0, 5.5])}
CASES = {
    "product and sum": (named("L", c * (a + 2 * b)), {"a": 1, "b": 2, "c": 3}, {"a": -0.1, "b": 7}),
    "sine": (sin((x + y) * a), {"x": 1, "y": 2, "a": 3}, {"x": 0.3, "a": -2}),
    "sigmoid": (sigmoid(m * x + b) * x, {"m": 1, "x": 0.5, "b": 0}, {"m": -30.0, "x": 2.5}),
    "choice": (where(x > y, x * x, sin(y)) + maximum(x, 1), {"x": 2, "y": 1}, {"x": 0.5}),
    "power": (x**y + tanh(y), {"x": 2.0, "y": 3.0}, {"x": 0.7, "y": -1.3}),
    "rows": (named("MSE", mean((y - (m * x + b)) ** 2)), COLUMNS | {"m": 1, "b": 0}, {"m": 2.25}),
    "a column of answers": (sin(m * x), {"x": COLUMNS["x"], "m": 2.0}, {"m": 0.3}),
    "not a number": (log(x) * y, {"x": 1.0, "y": 2.0}, {"x": -1.0}),
}

# Of every chain rule, the variable and the last number of its last line.
SUMS = """() => [...document.querySelectorAll(".rule")].map(rule => [
    rule.querySelector("h3").firstChild.textContent.trim().split("/d")[1],
    [...rule.querySelectorAll(".sum data")].at(-1).value])"""


class Reader(HTMLParser):
    """Collects the numbers in the tables that Python writes, and those of columns as text."""

    def __init__(self, graph):
        super().__init__()
        self.found = {"forward": [], "backward": []}
        self.table = None
        self.feed(graph.to_html())

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "table":
            self.table = self.found[given["class"]]
        if tag == "data" and self.table is not None:
            self.table.append(given["value"])

    def handle_endtag(self, tag):
        if tag == "table":
            self.table = None


def numbers(page, selector):
    """The numbers that stand in a part of the page, in the order of reading."""
    return page.page.locator(f"{selector} data").evaluate_all("all => all.map(one => one.value)")


def floats(found):
    """The numbers among them that are no columns."""
    return [float(item) for item in found if not item.startswith("[")]


def columns(found):
    """The columns among them, as text."""
    return [item for item in found if item.startswith("[")]


def near(wanted):
    """To rounding: JavaScript sums in another order, and has its own power and sine."""
    return pytest.approx(wanted, rel=1e-12, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("case", CASES)
def test_every_number_is_the_one_of_python_before_and_after_a_slider_moved(visit, case):
    formula, values, change = CASES[case]
    page = visit(formula.graph(values))
    for at in (values, values | change):
        for name, value in change.items() if at is not values else ():
            page.page.get_by_label(name, exact=True).fill(str(value))
        wanted = Reader(formula.graph(at)).found
        for table in ("forward", "backward"):
            found = numbers(page, f"table.{table}")
            assert near(floats(wanted[table])) == floats(found)
            assert columns(wanted[table]) == columns(found)
        found = dict(page.page.evaluate(SUMS))
        for name in formula.variables:
            derivative = formula.diff(at, name)
            if np.ndim(derivative) == 0:
                assert near(float(derivative)) == float(found[name])


def test_a_slider_moves_the_picture_the_sentence_and_the_chain_rule(visit):
    page = visit(CASES["product and sum"][0].graph({"a": 1, "b": 2, "c": 3}))
    page.page.click("#by button:text-is('b')")
    slider = page.page.get_by_label("c, slider")
    slider.focus()
    slider.press("Home")
    assert "-10" == page.page.get_by_label("c", exact=True).input_value()
    assert "L = c·s2 = (−10)·5 = −50" in page.text("#says")
    assert "−20" == page.text("[data-node=n3] .adjoint")
    line = "∂L/∂s2 · ∂s2/∂s1 · ∂s1/∂b = c · 1 · 2 = (−10) · 1 · 2 = −20"
    assert line == page.text(".rule:visible .paths li")
    page.page.click("#reset")
    assert "dL/db = 6" == page.text(".rule:visible .sum")


def test_dragging_a_slider_is_followed_all_the_way(visit):
    page = visit((x * x).graph({"x": 1.0}))
    box = page.page.get_by_label("x, slider").bounding_box()
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.page.mouse.down()
    seen = []
    for part in (0.6, 0.7, 0.8):
        page.page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
        at = float(page.page.get_by_label("x", exact=True).input_value())
        seen.append(at)
        assert [at, at * at] == near(floats(numbers(page, "table.forward td:last-child")))
    page.page.mouse.up()
    assert sorted(seen) == seen
    assert 3 == len(set(seen))


def test_any_real_number_can_be_entered_and_nothing_else(visit):
    page = visit((x * x).graph({"x": 1.0}))
    field = page.page.get_by_label("x", exact=True)
    field.fill("-1e100")
    assert 1e200 == floats(numbers(page, "table.forward"))[-1]
    field.fill("")
    assert "Enter a number for x" in page.text("[role=alert]:visible")
    assert "true" == field.get_attribute("aria-invalid")
    assert 1e200 == floats(numbers(page, "table.forward"))[-1]
    field.fill("0.5")
    assert 0.25 == floats(numbers(page, "table.forward"))[-1]
    assert 0 == page.page.locator("[role=alert]:visible").count()


def test_numbers_are_written_as_python_writes_them(visit):
    page = visit((x * 1).graph({"x": 1.0}))
    field = page.page.get_by_label("x", exact=True)
    for value in (
        1.0625,
        1.1875,
        2 / 3,
        -0.1,
        1e-5,
        123456.5,
        1234567.0,
        9999.95,
        1e22,
        -3e-8,
        0.0,
    ):
        field.fill(repr(value))
        assert brief(value) == page.text("g.variable .value")
        assert brief(value, 6) == page.text("table.forward tr:last-child td:last-child")


def test_a_page_without_values_says_that_it_chose_some(visit):
    page = visit((log(1 - x) * y).graph())
    assert "were chosen" in page.text(".note")
    assert "0.5" == page.page.get_by_label("x", exact=True).input_value()
    assert all(map(math.isfinite, floats(numbers(page, "table"))))


def otherwise(page):
    """A page in a browser that computes another value than Python, its policy being none wiser."""
    script = re.search(r"<script>(.*)</script>", page, re.DOTALL)[1]
    changed = script.replace("return [s", "return [1e-6 + s", 1)
    assert changed != script
    policies = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (script, changed)
    ]
    return page.replace(script, changed).replace(*policies)


def test_where_a_browser_computes_otherwise_the_numbers_of_python_stay(visit):
    page = visit((x * y).graph({"x": 2.0, "y": 3.0}), otherwise)
    assert "other numbers than Python" in page.text(".note")
    assert not page.page.is_visible("#inputs")
    assert ["2.0", "3.0", "2.0", "3.0", "6.0"] == numbers(page, "table.forward")


def test_where_javascript_cannot_follow_the_numbers_stay_and_the_page_says_why(visit):
    matrix = np.array([[1.0, 2.0], [3.0, 4.0]])
    w = expression("w")
    page = visit(mean(matmul(w, x)).graph({"w": matrix, "x": np.array([1.0, 2.0])}))
    assert "The numbers are fixed" in page.text(".note")
    assert not page.page.is_visible("#inputs")
    page.press("ArrowRight")
    assert "w = [1, 2, 3, … (2×2)], given" == page.text("#says")
    page.press("End")
    assert page.text("#says").startswith("Done: ")
