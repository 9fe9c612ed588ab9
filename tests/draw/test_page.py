"""The page as text: the same for the same graph, closed to the world, and true to the sweep."""

import base64
import hashlib
import re
from fractions import Fraction
from html.parser import HTMLParser

import numpy as np
import pytest
from tests.draw.hostile import HOSTILE

from chainrule import expression, log, matmul, mean, named, sigmoid, sin, sqrt
from chainrule.draw.page.basis import recomputed
from chainrule.draw.page.live import Live, starting_values
from chainrule.draw.page.parts import written
from chainrule.engine.compiled import compiled_of
from chainrule.errors import FileFormatError
from chainrule.language.explaining.recorded import recorded

a, b, c, d, m, x, y, z = map(expression, "abcdmxyz")
ROWS = {"x": np.arange(1000.0), "y": np.arange(1000.0) * 2 + 1, "m": 1.5, "b": 0.0}
MSE = mean((y - (m * x + b)) ** 2)
DECKS = {
    "sum": (x + y, {"x": 1, "y": 2}),
    "sine": (sin((x + y) * z), {"x": 1, "y": 2, "z": 3}),
    "line": (m * x + b, {"x": 1, "m": 2, "b": 1}),
    "named": (named("L", c * named("e", a + named("d", 2 * b))), {"a": 1, "b": 2, "c": 3}),
    "three rows": (MSE, {name: ROWS[name][:3] for name in "xy"} | {"m": 1.5, "b": 0.0}),
    "a thousand rows": (MSE, ROWS),
    "homework": ((2 * a + b) * (c - d), {"a": 1, "b": 2, "c": 3, "d": 4}),
    "sigmoid": (sigmoid(x), {"x": 0.5}),
    "square": (x * x, {"x": 3}),
    "two paths": (sin(x) * x, {"x": 2}),
}
MOST_BYTES, USUAL_BYTES = 300_000, 80_000


class Skeleton(HTMLParser):
    """The elements of a page with the names of their attributes, and what they link to."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.links = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        shown = sorted(name for name, _ in attributes if name not in {"textlength", "lengthadjust"})
        self.elements.append((tag, *shown))
        self.links += [value for name, value in attributes if name in {"href", "src", "action"}]


@pytest.mark.parametrize("case", DECKS)
def test_a_page_is_small_and_the_same_every_time(case):
    formula, values = DECKS[case]
    page = formula.graph(values).to_html()
    assert page == formula.graph(values).to_html()
    assert len(page.encode()) < (MOST_BYTES if case == "a thousand rows" else USUAL_BYTES)
    assert "let live = function" in page


def test_a_page_refers_to_nothing_outside_itself():
    page = DECKS["named"][0].graph(DECKS["named"][1]).to_html()
    assert ["#walk"] == Skeleton(page).links
    assert {"http://www.w3.org/2000/svg"} == set(re.findall(r"\w+://[^\"' ]+", page))
    assert "url(" not in page
    assert "@import" not in page


def test_its_policy_lets_its_own_script_run_and_nothing_else():
    page = (x * y).graph({"x": 1, "y": 2}).to_html()
    script = re.search(r"<script>(.*)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].split("; ")
    assert policy[:2] == ["default-src 'none'", f"script-src 'sha256-{digest}'"]


def test_names_never_become_elements():
    def page(names):
        total = x
        for name in names:
            total = sin(total * expression(name))
        return total.graph(dict.fromkeys(names, 0.5) | {"x": 2.0}).to_html()

    harmless = Skeleton(page([f"v{number}" for number in range(len(HOSTILE))]))
    assert harmless.elements == Skeleton(page(HOSTILE)).elements


def test_it_is_written_to_a_file(tmp_path):
    graph = (x * x).graph({"x": 3})
    assert (
        graph.to_html(tmp_path / "square.html").encode() == (tmp_path / "square.html").read_bytes()
    )
    with pytest.raises(FileFormatError, match=r"'square.svg' has the extension '.svg'.*to_svg"):
        graph.to_html(tmp_path / "square.svg")


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        (x * y, {"x": 1.0, "y": 1.0}),
        (log(1 - x) * y, {"x": 0.5, "y": 1.0}),
        (sqrt(x - 2) / y, {"x": 3.0, "y": 1.0}),
        (log(x - 5) * log(y - 5), {"x": 10.0, "y": 10.0}),
        (log(x - y), {"x": 2.0, "y": 1.0}),
        (matmul(x, y), None),
    ],
)
def test_without_values_a_page_begins_inside_the_domain(formula, wanted):
    assert wanted == starting_values(formula)


def why_fixed(graph):
    page = graph.to_html()
    assert "let live = null" in page
    return re.search(r"<p class=note>(.*?)</p>", page)[1]


def test_numbers_are_fixed_where_javascript_cannot_follow():
    assert "numbers and columns only" in why_fixed((x * 2).graph({"x": np.ones((2, 2))}))
    assert "its derivatives are matrices" in why_fixed(
        matmul(x, y).graph({"x": np.ones((2, 2)), "y": np.ones(2)})
    )
    assert "more than a page should carry" in why_fixed(mean(x).graph({"x": np.ones(5000)}))
    assert "give values" in why_fixed(matmul(x, y).graph())
    rows = mean(x * y).graph({"x": np.ones(3), "y": 2.0})
    assert "the rows stand one by one" in why_fixed(rows.unfold_rows())


def test_a_large_graph_has_no_sliders():
    long, values = x, {"x": 1.0, "y": 1.0}
    for _ in range(401):
        long = long * y
    live, reason = recomputed(long.graph(values), long, recorded(long, values))
    assert (None, "The numbers are fixed: 403 nodes are more than 400.") == (live, reason)


def test_values_that_are_missing_are_named_and_others_chosen():
    page = (x * y).graph({"x": 5.0}).to_html()
    notes = re.findall(r"<p class=note>(.*?)</p>", page)
    assert "no value for 'y'" in notes[0]
    assert "were chosen" in notes[1]


def test_exact_numbers_are_doubles_in_the_page():
    page = (x * x).graph({"x": Fraction(1, 3)}).to_html()
    assert "let live = function" in page
    assert f'<data value="{1 / 9!r}"' in page


def test_the_sweep_on_nodes_reaches_what_the_sweep_on_numbers_reaches():
    formula, values = DECKS["three rows"]
    graph = formula.graph(values)
    shapes = {name: np.shape(value) for name, value in values.items()}
    live = Live(compiled_of(formula).program, shapes, None)
    reached = {edge.place for edge in graph.edges if edge.contribution is not None}
    assert reached == set(live.contributions) == set(live.totals) == set(live.locals)


def test_a_column_is_written_as_its_first_numbers():
    assert "[1, 2, 3, 4]" == written(np.arange(1.0, 5.0))
    assert "[0, 1, 2, … (5)]" == written(np.arange(5.0))


def test_a_long_path_is_written_by_its_ends():
    long = x
    for _ in range(20):
        long = sin(long)
    page = long.graph({"x": 0.5}).to_html()
    (line,) = re.findall(r'<span class="line">(∂[^<]*)</span>', page)
    assert "∂s20/∂s19 · ∂s19/∂s18 · ∂s18/∂s17 · ∂s17/∂s16 · ∂s16/∂s15 · ∂s15/∂s14 · …" in line
    assert line.endswith("… · ∂s6/∂s5 · ∂s5/∂s4 · ∂s4/∂s3 · ∂s3/∂s2 · ∂s2/∂s1 · ∂s1/∂x")
