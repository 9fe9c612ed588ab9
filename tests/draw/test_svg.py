"""The SVG picture: what it shows, read back from its XML."""

import os
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from tests.draw.hostile import HOSTILE
from tests.random_formulas import random_formula

from chainrule import constant, expression, log, mean, named, sin, tanh
from chainrule.draw.computation import ComputationGraph, GraphNode
from chainrule.draw.picture import svg
from chainrule.draw.picture.widths import plain, width_of
from chainrule.errors import ValueTypeError

SVG = "{http://www.w3.org/2000/svg}"
a, b, c, m, x, y, z = (expression(name) for name in "abcmxyz")
VALUES = {"a": 1, "b": 2, "c": 3}
DATA = {"x": np.array([1.0, 2, 3]), "y": np.array([2.0, 3, 5]), "m": 1.0, "b": 0.0}


def slide():
    return named("L", c * named("e", a + named("d", 2 * b)))


def two_paths():
    return named("f", (x + y) * (x - y) * sin(x)).graph({"x": 2.0, "y": 1.0}, wrt="x")


def read(picture):
    return ET.fromstring(picture)  # noqa: S314 - our own text


def groups(root, kind):
    key = f"data-{kind}"
    return {item.get(key): item for item in root.iter(f"{SVG}g") if item.get(key) is not None}


def texts(group):
    return {item.get("class").split()[0]: item.text for item in group.iter(f"{SVG}text")}


def told(root):
    return [item.text for item in root.iter(f"{SVG}text")]


def classes(element):
    return set(element.get("class").split())


def test_a_node_shows_symbol_name_value_and_adjoint():
    nodes = groups(read(slide().graph(VALUES).to_svg()), "node")
    assert [
        {"name": "c", "value": "3", "adjoint": "5"},
        {"name": "a", "value": "1", "adjoint": "3"},
        {"name": "b", "value": "2", "adjoint": "6"},
        {"symbol": "2·□", "name": "d", "value": "4", "adjoint": "3"},
        {"symbol": "+", "name": "e", "value": "5", "adjoint": "3"},
        {"symbol": "×", "name": "L", "value": "15", "adjoint": "1"},
    ] == [texts(group) for group in nodes.values()]


def test_an_edge_shows_the_local_derivative_as_formula_and_number():
    graph = slide().graph(VALUES)
    edges = groups(read(graph.to_svg()), "edge")
    assert [f"{edge.tail}-{edge.head}-{edge.number}" for edge in graph.edges] == list(edges)
    assert [
        {"local": "2"},
        {"local": "1"},
        {"local": "1"},
        {"formula": "e =", "local": "5"},
        {"formula": "c =", "local": "3"},
    ] == [texts(group) for group in edges.values()]


@pytest.mark.parametrize(
    ("edges", "expected"), [("number", {"local": "5"}), ("formula", {"formula": "e"})]
)
def test_an_edge_shows_what_was_asked_for(edges, expected):
    shown = groups(read(slide().graph(VALUES).to_svg(edges=edges)), "edge")
    assert expected == texts(list(shown.values())[3])


def test_a_formula_that_is_long_leaves_its_place_to_the_number():
    e = tanh((x + y) * sin(x * y))
    labels = [texts(group) for group in groups(read(e.graph().to_svg()), "edge").values()]
    assert all(width_of(label["formula"], 12) <= 120 for label in labels)
    long = named("something_with_a_long_name", x + y)
    numbers = groups(read((long * x).graph({"x": 1, "y": 2}).to_svg()), "edge").values()
    assert [["local"], ["local"], ["formula", "local"], ["local"]] == [
        *map(list, map(texts, numbers))
    ]


def test_tooltips_tell_all_of_a_node_and_an_edge():
    root = read(slide().graph(VALUES).to_svg())
    nodes, edges = groups(root, "node"), groups(root, "edge")
    assert "e = a + d · value: 5 · gradient ∂L/∂e = 3" == list(nodes.values())[4][0].text
    assert "∂L/∂e = c = 3 · flows back: 3" == list(edges.values())[4][0].text


def test_value_and_gradient_differ_in_shape_and_both_have_arrows():
    root = read(slide().graph(VALUES).to_svg())
    chips = {
        kind: [item.get("d") for item in root.iter(f"{SVG}path") if item.get("class") == kind]
        for kind in ("forward", "backward")
    }
    assert [7, 7] == [len(found) for found in chips.values()]  # of 6 nodes and of the legend
    assert all("a10 10" in outline for outline in chips["forward"])
    assert not any("a" in outline for outline in chips["backward"])
    assert all(outline.count("M") == 2 for found in chips.values() for outline in found)


def test_without_values_there_are_formulas_and_no_chips():
    root = read(slide().graph().to_svg())
    assert ["2", "1", "1", "e", "c"] == [
        texts(group)["formula"] for group in groups(root, "edge").values()
    ]
    assert not {"value", "adjoint", "forward", "backward"} & {
        item.get("class") for item in root.iter()
    }


def test_a_note_says_why_there_are_no_numbers():
    assert any(
        "no value for 'y'" in text for text in told(read((x * y).graph({"x": 1}).to_svg())) if text
    )


def test_title_and_description_tell_the_picture_to_those_who_hear_it():
    graph = slide().graph(VALUES, wrt="b")
    root = read(graph.to_svg(title="L = c(a + 2b)"))
    assert "img" == root.get("role")
    by_id = {item.get("id"): item.text for item in root.iter() if item.get("id")}
    title, description = [by_id[name] for name in root.get("aria-labelledby").split()]
    assert "L = c(a + 2b)" == title
    assert (
        "6 nodes and 5 edges; data runs from the inputs to L. Inputs: c = 3; a = 1; b = 2. "
        "Steps: d = 2·b = 4; e = a + d = 5; L = c·e = 15. "
        "Derivatives of L: by e 3; by d 3; by b 6. Paths: ∂L/∂b = 3 · 1 · 2 = 6."
    ) == description
    assert "Computation graph of L = c·e" == read(graph.to_svg())[0].text


def test_pictures_on_one_page_share_no_id():
    found = [slide().graph(VALUES).to_svg(), slide().graph().to_svg(), (x * y).graph().to_svg()]
    ids = [name for picture in found for name in re.findall(r' id="([^"]+)"', picture)]
    assert 6 == len(ids) == len(set(ids))


def test_the_style_of_a_picture_stays_inside_it():
    picture = slide().graph(VALUES).to_svg()
    scope = read(picture).get("class")
    style = re.search("<style>(.*?)</style>", picture, re.DOTALL)[1]
    bare = style.replace("@media (prefers-color-scheme:dark){", "")
    selectors = [part for rule in re.findall(r"([^{}]+)\{", bare) for part in rule.split(",")]
    assert selectors
    assert all(selector.startswith(f".{scope} ") for selector in selectors)


def test_light_and_dark_are_fixed_and_auto_follows_the_reader():
    graph = slide().graph(VALUES)
    light, dark, auto = (graph.to_svg(theme=theme) for theme in ("light", "dark", "auto"))
    assert ["@media" in picture for picture in (light, dark, auto)] == [False, False, True]
    assert ["#83c5f7" in picture for picture in (light, dark, auto)] == [False, True, True]
    assert ["#0b62a4" in picture for picture in (light, dark, auto)] == [True, False, True]
    for picture in (light, dark, auto):
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import|@font", picture)


def test_each_path_has_a_stroke_a_line_and_its_share_of_the_sum():
    graph = two_paths()
    root = read(graph.to_svg())
    lines = told(root)
    assert "path 1: 0.9093 · 1 · 1 = 0.9093" in lines
    assert "path 2: 0.9093 · 3 · 1 = 2.728" in lines
    assert "path 3: 3 · (−0.4161) = −1.248" in lines
    assert "∂f/∂x = 0.9093 + 2.728 + (−1.248) = 2.389" in lines
    strands = {
        name: [item.get("class") for item in group if "strand" in item.get("class", "")]
        for name, group in groups(root, "edge").items()
    }
    wanted = {name: [] for name in strands}
    for number, path in enumerate(graph.paths("x"), start=1):
        for edge in path.edges:
            wanted[f"{edge.tail}-{edge.head}-{edge.number}"].append(f"strand p{number}")
    assert wanted == strands


def test_what_is_off_the_paths_is_dimmed():
    root = read(slide().graph(VALUES, wrt="b").to_svg())
    nodes = groups(root, "node").values()
    assert ["c", "a"] == [texts(item)["name"] for item in nodes if "dim" in classes(item)]
    assert ["b"] == [texts(item)["name"] for item in nodes if "asked" in classes(item)]
    assert ["L"] == [texts(item)["name"] for item in nodes if "output" in classes(item)]
    assert 2 == sum("dim" in classes(item) for item in groups(root, "edge").values())


def test_paths_asked_for_are_lit_instead():
    graph = named("f", (x + y) * (x - y) * sin(x)).graph({"x": 2.0, "y": 1.0})
    root = read(graph.to_svg(paths=graph.paths("y")[:1]))
    assert 3 == len([item for item in groups(root, "edge").values() if "lit" in classes(item)])
    assert "path: 0.9093 · 1 · 1 = 0.9093" in told(root)
    other = two_paths()  # by x, so that the first edge from y has no local derivative
    off = told(read(other.to_svg(paths=other.paths("y")[:1])))
    assert "path: s4 · s2 · ∂s1/∂y = 0.9093" in off


def test_paths_without_numbers_are_products_of_formulas():
    lines = told(read((sin(x) * x).graph(wrt="x").to_svg()))
    assert "path 1: x · cos(x)" in lines
    assert "∂s2/∂x = path 1 + path 2" in lines


def test_many_paths_are_counted_and_share_a_stroke():
    e = x
    for _ in range(10):
        e = e * e
    root = read(e.graph({"x": 1.0}, wrt="x").to_svg())
    assert "1,024 paths; their shares sum to ∂s10/∂x = 1024" in told(root)
    assert {"strand p1"} == {
        item.get("class") for item in root.iter() if "strand" in item.get("class", "")
    }


def test_a_loss_over_rows_shows_columns_shortly():
    root = read(named("MSE", mean((y - (m * x + b)) ** 2)).graph(DATA, wrt="m").to_svg())
    found = map(texts, groups(root, "node").values())
    shown = {item["name"].split()[0]: item for item in found}  # what follows counts the rows
    assert ("[1, 1, 2]", "[0.667, 0.667, 1.33]") == (shown["s3"]["value"], shown["s3"]["adjoint"])
    assert "× 3 rows" == shown["x"]["tally"]
    assert "∂MSE/∂m = (1/count(s4)) · 2·s3 · (−1) · 1 · x = −6" in told(root)


def test_what_is_no_number_is_marked():
    root = read((log(x) * y).graph({"x": -1.0, "y": 2.0}).to_svg())
    marked = [item.get("class") for item in root.iter() if "alarm" in item.get("class", "")]
    assert ["backward alarm", "forward alarm", "forward alarm"] == sorted(marked)
    assert {"NaN"} <= set(told(root))


@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_escaped_and_shortened(name, direction):
    step = named(name + "'", expression(name) * x)
    picture = (
        (step + x).graph({name: 1.0, "x": 2.0}, wrt=name).to_svg(title=name, direction=direction)
    )
    root = read(picture)
    assert {"svg", "title", "desc", "style", "rect", "g", "path", "text"} == {
        item.tag.removeprefix(SVG) for item in root.iter()
    }
    assert not {key for item in root.iter() for key in item.attrib if key.startswith("on")}
    tooltips = [group[0].text for group in groups(root, "node").values()]
    assert any(told.startswith(plain(name)) for told in tooltips)
    assert all(width_of(text or "", 12) < 700 for text in told(root))
    assert picture.encode().decode() == picture


def boxes(root):
    """Read where cards and labels are; check that cards hold their texts, and the paper all."""
    found = []
    for group in groups(root, "node").values():
        left, top = map(float, re.findall(r"-?[\d.]+", group.get("transform")))
        card = next(item for item in group if item.get("class") == "card")
        x0, y0, width, height = (float(card.get(key)) for key in ("x", "y", "width", "height"))
        found.append((left + x0, top + y0, left + x0 + width, top + y0 + height))
        for text in group.iter(f"{SVG}text"):
            size = {"name": 14, "symbol": 16}.get(text.get("class"), 12)
            half = width_of(text.text, size) / 2
            middle, foot = float(text.get("x")), float(text.get("y"))
            assert x0 <= middle - half <= middle + half <= x0 + width
            assert y0 <= foot - 0.73 * size <= foot <= y0 + height
    for group in groups(root, "edge").values():
        for text in group.iter(f"{SVG}text"):
            width, at = width_of(text.text, 12), float(text.get("x"))
            kind = text.get("class")
            start = at - width / 2 if "alone" in kind else at - width * (kind == "formula")
            foot = float(text.get("y"))
            found.append((start, foot - 9, start + width, foot))
    left, top = map(float, re.findall(r"[\d.]+", root.find(f"{SVG}g").get("transform")))
    paper_width, paper_height = float(root.get("width")), float(root.get("height"))
    for x0, y0, x1, y1 in found:
        assert 0 <= left + x0 <= left + x1 <= paper_width
        assert 0 <= top + y0 <= top + y1 <= paper_height
    return found


@pytest.mark.parametrize("direction", ["right", "down"])
def test_no_text_touches_another_or_a_card(direction):
    for seed in range(12):
        formula, values = random_formula(seed)
        graph = formula.graph(values)
        found = boxes(read(graph.to_svg(direction=direction)))
        for place, first in enumerate(found):
            for second in found[:place]:
                apart = (
                    first[2] <= second[0]
                    or second[2] <= first[0]
                    or first[3] <= second[1]
                    or second[3] <= first[1]
                )
                assert apart, (str(formula), first, second)


def test_a_variable_and_a_number_alone_are_pictures_too():
    assert ["x"] == [
        texts(item)["name"] for item in groups(read(x.graph().to_svg()), "node").values()
    ]
    (only,) = groups(read(constant(3).graph().to_svg()), "node").values()
    assert "3" == texts(only)["symbol"]


def test_the_gradient_of_a_number_alone_is_named_by_it():
    assert "gradient of 3" in told(read(constant(3).graph({}).to_svg()))


def test_long_names_leave_the_legend_its_answer():
    long = named("rather " * 20, 2 * x).graph({"x": 1.0}, wrt="x").to_svg()
    (line,) = [text for text in told(read(long)) if text.startswith("∂")]
    assert "∂rather rather rather ra…/∂x = 2" == line


def test_a_derivative_that_is_a_matrix_is_not_said_to_be_itself():
    picture = (a @ x).graph({"a": np.eye(2), "x": np.ones(2)}, wrt="x").to_svg()
    assert "times a.T from the left" in told(read(picture))


def test_a_folded_node_is_a_stack_with_its_count():
    node = GraphNode("n0", "group", "rows", is_named=True, symbol="×", count=1000)
    (group,) = groups(read(svg(ComputationGraph([node], [], "n0"))), "node").values()
    assert ("rows", "× 1,000") == (texts(group)["name"], texts(group)["tally"])
    assert 3 == sum(item.get("class") == "card" for item in group)


def test_four_hundred_nodes_take_a_kilobyte_each():
    e = x
    for number in range(80):
        e = tanh(e * expression(f"w{number}") + expression(f"b{number}"))
    values = dict.fromkeys(["x", *(f"{k}{n}" for k in "wb" for n in range(80))], 0.5)
    graph = e.graph(values)
    picture = graph.to_svg(limit=None)
    assert len(graph) == len(groups(read(picture), "node")) > 400
    assert len(picture.encode()) / len(graph) < 1024


def test_the_same_bytes_whatever_the_hash_seed():
    code = (
        "from chainrule import *; x, y = expression('x'), expression('y');"
        "import sys; sys.stdout.buffer.write("
        "(sin(x * y) * x + y).graph({'x': 1.5, 'y': 2.0}, wrt='x').to_svg().encode())"
    )
    pictures = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert 1 == len(pictures)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"theme": "blue"}, "theme must be 'auto', 'light' or 'dark', not 'blue'."),
        ({"direction": "up"}, "direction must be 'right' or 'down', not 'up'."),
        ({"edges": None}, "edges must be 'number', 'formula' or 'both', not None."),
        ({"paths": "x"}, 'Take them from graph.paths("x").'),
    ],
)
def test_an_option_that_there_is_not_is_refused(option, message):
    with pytest.raises(ValueTypeError) as caught:
        x.graph().to_svg(**option)
    assert message in str(caught.value)
