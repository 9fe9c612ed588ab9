"""`draw` and `explain`: pictures and steps in the terminal and in files."""

import json
from xml.etree import ElementTree as ET

import pytest

SLIDE = "(L := c*(e := a + (d := 2*b)))"
POINT = ("--at", "a=1,b=2,c=3")


class TestDraw:
    def test_it_draws_in_the_terminal(self, run):
        ran = run("draw", SLIDE, *POINT)
        assert (0, "") == (ran.code, ran.err)
        assert ran.out.startswith("●      L = c·e    → 15  ← 1\n├─╮      ∂L/∂c = e = 5")

    def test_without_values_it_draws_formulas(self, run):
        ran = run("draw", SLIDE)
        assert "∂L/∂c = e,  ∂L/∂e = c" in ran.out
        assert "→" not in ran.out

    def test_a_missing_value_is_said_and_the_picture_stays(self, run):
        ran = run("draw", "x*y", "--at", "x=1")
        assert 0 == ran.code
        assert "warning: a picture without numbers: no value for 'y'" in ran.err
        assert "∂s1/∂x = y" in ran.out

    def test_one_derivative_is_followed(self, run):
        assert "∂L/∂c" not in run("draw", SLIDE, *POINT, "--wrt", "b").out

    def test_an_unknown_name_is_refused(self, run):
        ran = run("draw", "x*y", "--wrt", "z")
        assert (2, "") == ran[:2]
        assert "does not contain 'z'" in ran.err

    @pytest.mark.parametrize(
        ("kind", "beginning"),
        [
            (".txt", "●"),
            (".dot", "digraph {"),
            (".mmd", "flowchart LR"),
            (".tex", r"\begin{tikzpicture}"),
            (".json", "{"),
            (".svg", "<svg"),
            (".html", "<!doctype html>"),
        ],
    )
    def test_it_writes_the_kind_of_file_that_is_named(self, run, tmp_path, kind, beginning):
        path = tmp_path / f"graph{kind}"
        ran = run("draw", SLIDE, *POINT, "--out", path)
        assert (0, f"{path}: 6 nodes\n", "") == ran
        written = path.read_text(encoding="utf-8")
        assert written.lower().startswith(beginning.lower())
        assert "15" in written

    def test_an_svg_is_well_formed(self, run, tmp_path):
        path = tmp_path / "graph.SVG"
        assert 0 == run("draw", SLIDE, "--out", path).code
        ET.parse(path)  # noqa: S314 - our own file

    def test_another_kind_of_file_is_refused_before_any_work(self, run, tmp_path):
        ran = run("draw", SLIDE, "--out", tmp_path / "graph.gif")
        assert (2, "") == ran[:2]
        assert ".html, .svg" in ran.err
        assert not (tmp_path / "graph.gif").exists()

    def test_a_folder_that_is_missing_is_said(self, run, tmp_path):
        ran = run("draw", SLIDE, "--out", tmp_path / "none" / "graph.svg")
        assert (2, "") == ran[:2]
        assert "there is no folder" in ran.err

    def test_scripts_get_nodes_and_edges(self, run):
        document = run("draw", SLIDE, *POINT, "--wrt", "b", "--json").document
        assert 6 == len(document["nodes"])
        assert {"L": 15.0, "d": 4.0} == {
            node["name"]: node["value"] for node in document["nodes"] if node["name"] in "Ld"
        }

    def test_columns_of_a_file_are_drawn(self, run, houses):
        ran = run("draw", "mean((price - m*size)**2)", "--data", houses, "--at", "m=1")
        assert 0 == ran.code
        assert "mean(" in ran.out


class TestExplain:
    def test_it_prints_both_passes_and_the_chain_rule(self, run):
        ran = run("explain", SLIDE, "b", *POINT)
        assert (0, "") == (ran.code, ran.err)
        assert "dL/db = ∂L/∂e · ∂e/∂d · ∂d/∂b = c · 1 · 2 = 3 · 1 · 2 = 6" in ran.out
        assert "constant factor" in ran.out
        assert "diff = 6" == ran.out.splitlines()[-1].strip()

    @pytest.mark.parametrize(
        ("kind", "word"),
        [(".md", "| step | is"), (".tex", "tabular"), (".html", "<table>"), (".txt", "forward\n")],
    )
    def test_it_writes_a_note(self, run, tmp_path, kind, word):
        path = tmp_path / f"steps{kind}"
        assert 0 == run("explain", SLIDE, *POINT, "--out", path).code
        assert word in path.read_text(encoding="utf-8")

    def test_another_kind_of_file_is_refused(self, run, tmp_path):
        ran = run("explain", SLIDE, *POINT, "--out", tmp_path / "steps.pdf")
        assert (2, "") == ran[:2]
        assert ".md, .tex" in ran.err

    def test_scripts_get_the_rows_and_the_paths(self, run):
        document = run("explain", "x*x", *("--at", "x=3"), "--json").document
        assert {"x": 6.0} == document["gradient"]
        assert [3.0, 3.0] == [path["contribution"] for path in document["paths"]["x"]]
        assert "product" == document["backward"][0]["rule"]
        assert json.dumps(document)

    def test_a_value_that_is_missing_is_asked_for(self, run):
        ran = run("explain", "x*y", "--at", "x=1")
        assert (2, "") == ran[:2]
        assert "Give it: --at y=VALUE" in ran.err
