"""What a notebook shows without being asked; the real front end is IPython's own formatter."""

from html import unescape
from html.parser import HTMLParser

import pytest
from tests.draw.hostile import HOSTILE

from chainrule import LinearRegression, expression, gradient, log, mean, named, nan_story, sin

x, y = expression("x"), expression("y")


class Tags(HTMLParser):
    """Collects the tags of a page, as a browser would see them."""

    def __init__(self):
        super().__init__()
        self.tags = []
        self.frames = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "iframe":
            self.frames.append(dict(attrs))


def tags_of(page):
    parser = Tags()
    parser.feed(page)
    return parser


@pytest.fixture(scope="module")
def show():
    """Return what a notebook makes of an object."""
    formatters = pytest.importorskip("IPython.core.formatters")
    display = formatters.DisplayFormatter()
    display.active_types = display.format_types
    return lambda shown: display.format(shown)[0]


def test_an_expression_is_its_formula_and_its_picture(show):
    found = show(sin(x) * y**2)
    assert "<exponent" not in found["text/html"]
    assert "sin(x)·y²" in found["text/html"]
    assert "<svg" in found["text/html"]
    assert r"\sin" in found["text/latex"]


def test_a_large_expression_is_its_formula_alone(show):
    e = x
    for number in range(100):
        e = e * y + number
    found = show(e)
    assert "<svg" not in found["text/html"]
    assert len(found["text/html"]) < 10_000


def test_a_variable_is_its_name(show):
    assert "<svg" not in show(x)["text/html"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_escaped(show, name):
    found = show(expression(name) * 2)["text/html"]
    assert {"script", "img", "b"}.isdisjoint(tags_of(found).tags)


def test_a_graph_is_a_page_in_a_frame_that_travels_with_the_notebook(show):
    found = show(named("L", x * y).graph({"x": 2, "y": 3}))
    (frame,) = tags_of(found["text/html"]).frames
    assert "allow-scripts" == frame["sandbox"]
    assert unescape(frame["srcdoc"]).lower().startswith("<!doctype html>")
    assert found["image/svg+xml"].startswith("<svg")
    assert found["text/plain"].startswith("●")


def test_on_paper_a_picture_stands_for_the_page(show):
    found = show(named("L", x * y).graph({"x": 2, "y": 3}))
    assert found["image/svg+xml"] in found["text/html"]
    assert "@media print{.chainrule-page>iframe{display:none}}" in found["text/html"]


@pytest.mark.parametrize("values", [None, {"x": 2.0, "y": 3.0}, {"x": [1.0, 2.0], "y": 3.0}])
def test_a_gradient_is_a_table(show, values):
    found = gradient(mean(x * y), values)
    assert isinstance(found, dict)
    tags = tags_of(show(found)["text/html"]).tags
    assert ["table", 3] == [tags[tags.index("table")], tags.count("tr")]


def test_a_gradient_by_many_variables_is_cut(show):
    e = sum(expression(f"a{number}") for number in range(100))
    found = show(gradient(e))["text/html"]
    assert "60 more are left out" in found


def test_a_story_is_told_over_its_picture(show):
    found = show(nan_story(log(x), {"x": 0.0}))
    assert "Going forward: s1 = log(x) is -inf" in found["text/html"]
    assert "<svg" in found["text/html"]


def test_an_explanation_and_a_fit_are_tables(show):
    assert "<table" in show((x * y).explain({"x": 2, "y": 3}))["text/html"]
    model = LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0], n_epochs=2, learning_rate=0.1)
    assert "Linear regression" in show(model)["text/html"]
    assert "<table" in show(model.history)["text/html"]
