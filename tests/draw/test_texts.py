"""Graphs in a terminal and in the languages of other tools."""

import itertools
import json
import math
import re
import shutil
import subprocess

import numpy as np
import pytest
from tests.draw.hostile import HOSTILE

from chainrule import expression, log, mean, named, sin

a, b, c, m, x, y, z = (expression(name) for name in "abcmxyz")
VALUES = {"a": 1, "b": 2, "c": 3}


def slide():
    return named("L", c * named("e", a + named("d", 2 * b)))


SLIDE = """\
●      L = c·e    → 15  ← 1
├─╮      ∂L/∂c = e = 5,  ∂L/∂e = c = 3
│ ●    e = a + d  → 5   ← 3
│ ├─╮    ∂e/∂a = 1,  ∂e/∂d = 1
│ │ ●  d = 2·b    → 4   ← 3
│ │ │    ∂d/∂b = 2
│ │ ○  b          → 2   ← 6
│ ○    a          → 1   ← 3
○      c          → 3   ← 5"""

SHARED = """\
●    s2 = s1·x   → 1.81859   ← 1
├─╮    ∂s2/∂s1 = x = 2,  ∂s2/∂x = s1 = 0.909297
● │  s1 = sin(x)  → 0.909297  ← 2
╰─┤    ∂s1/∂x = cos(x) = -0.416147
  ○  x           → 2         ← 0.0770038"""


class TestInATerminal:
    def test_the_slide_is_drawn_with_both_passes(self):
        assert SLIDE == slide().graph(VALUES).to_text()

    def test_a_step_used_twice_is_drawn_once(self):
        found = (sin(x) * x).graph({"x": 2.0}).to_text().splitlines()
        assert [line.split()[0] for line in SHARED.splitlines()] == [
            line.split()[0] for line in found
        ]
        assert 1 == sum("○" in line for line in found)

    def test_without_values_there_are_formulas(self):
        found = slide().graph().to_text()
        assert "∂L/∂c = e,  ∂L/∂e = c" in found
        assert "→" not in found

    def test_one_derivative_shows_its_own_edges(self):
        found = slide().graph(VALUES, "b").to_text()
        assert "∂d/∂b = 2" in found
        assert "∂L/∂c" not in found

    def test_notes_follow_the_picture(self):
        found = (x - mean(x)).graph({"x": [1.0, 2.0]}).to_text()
        assert "its derivatives are matrices" in found.splitlines()[-1]

    def test_every_rail_ends_in_its_node(self):
        e = (a * c + b * x) * (a + b) * (c + x) * sin(a * c)
        found = e.graph().to_text().splitlines()
        for above, below in itertools.pairwise(found):
            for place, sign in enumerate(above[:12]):
                if sign in "│├┤╮╭┬┼":
                    assert below[place] in "│├┤╯╰┴┼●○", (above, below)

    def test_a_great_graph_is_folded_unless_all_of_it_is_asked_for(self):
        e = x
        for number in range(1_000):
            e = e * 1.5 + number
        found = e.graph({"x": 1.0})
        assert "2,001 nodes are drawn as" in found.to_text()
        assert len(found.to_text().splitlines()) < 120
        assert 4_001 == len(found.to_text(limit=None).splitlines())

    @pytest.mark.parametrize("name", HOSTILE)
    def test_a_name_keeps_to_its_line(self, name):
        found = (expression(name) * x).graph({name: 2.0, "x": 1.0}).to_text()
        assert 4 == len(found.splitlines())
        assert "\x1b" not in found


@pytest.mark.parametrize("name", HOSTILE)
def test_dot_quotes_every_name(name):
    found = (expression(name) * 2).graph({name: 2.0}).to_dot()
    for line in found.splitlines()[4:-1]:
        assert re.fullmatch(r'  n\d+( -> n\d+)? \[label="(?:[^"\\]|\\.)*"(, \w+=\w+)?\];', line)


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_dot():
    text = "\n".join(
        (expression(name) * x).graph({name: 2.0, "x": 1.0}).to_dot() for name in HOSTILE
    )
    run = subprocess.run(
        [shutil.which("dot"), "-Tplain"], input=text, capture_output=True, text=True, check=False
    )
    assert (0, "") == (run.returncode, run.stderr)
    assert len(HOSTILE) == run.stdout.count("graph ")


@pytest.mark.parametrize("name", HOSTILE)
def test_mermaid_quotes_every_name(name):
    found = (expression(name) + 2).graph({name: 2.0}).to_mermaid()
    for line in found.splitlines()[1:]:
        assert re.fullmatch(r'  n\d+(\(\["[^"]*"\]\)|\["[^"]*"\]| -->(\|"[^"]*"\|)? n\d+)', line), (
            line
        )
        assert "<script" not in line


@pytest.mark.parametrize("name", HOSTILE)
def test_tikz_keeps_its_braces(name):
    found = (expression(name) ** 2).graph({name: 2.0}).to_tikz()
    bare = re.sub(r"\\[\\{}]", "", found)
    assert bare.count("{") == bare.count("}")
    assert found.startswith(r"\begin{tikzpicture}")
    assert found.endswith("\\end{tikzpicture}\n")


def test_tikz_has_the_slide_in_mathematics():
    found = slide().graph(VALUES).to_tikz()
    assert r"{$c e$};" in found
    assert r"\draw[->] (n3) to node[local] {$2$} (n5);" in found or "node[local] {$2$}" in found
    assert r"\rightarrow 15" in found


def test_parallel_edges_are_bent_apart():
    found = (x * x).graph({"x": 3.0}).to_tikz()
    assert "[bend left]" in found
    assert "[bend right]" in found


def test_json_holds_every_number():
    found = json.loads(slide().graph(VALUES, "b").to_json())
    assert "b" == found["wrt"]
    by_name = {node["name"]: node for node in found["nodes"]}
    assert (4.0, 3.0, "2*b") == tuple(by_name["d"][key] for key in ("value", "adjoint", "formula"))
    assert None is by_name["a"]["adjoint"]
    assert found["output"] == by_name["L"]["id"]
    assert {2.0} == {edge["local"] for edge in found["edges"] if edge["tail"] == by_name["b"]["id"]}


def test_json_is_strict_where_numbers_are_not():
    found = json.loads(log(x).graph({"x": [0.0, 1.0]}).to_json(), parse_constant=pytest.fail)
    assert ["-Infinity", 0.0] == found["nodes"][1]["value"]


def test_networkx_gets_nodes_edges_and_numbers():
    networkx = pytest.importorskip("networkx")
    found = (sin(x) * x).graph({"x": 2.0}).to_networkx()
    assert isinstance(found, networkx.MultiDiGraph)
    assert networkx.is_directed_acyclic_graph(found)
    assert 2.0 == found.nodes["n0"]["value"]
    assert 3 == found.number_of_edges()
    assert math.cos(2.0) == next(iter(found.get_edge_data("n0", "n1").values()))["local"]
    column = (x * 2).graph({"x": [1.0, 2.0]}).to_networkx()
    np.testing.assert_array_equal([1.0, 2.0], column.nodes["n0"]["value"])
