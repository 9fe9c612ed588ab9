"""The rows of a table drawn one by one: the slide's picture of a loss."""

import numpy as np
import pytest

from chainrule import expression, mean, named, sigmoid, sum, where
from chainrule.errors import ShapeError, ValueTypeError

b, m, x, y = (expression(name) for name in "bmxy")
DATA = {"x": [1.0, 2, 3], "y": [2.0, 3, 5], "m": 1.0, "b": 0.0}
MSE = named("MSE", mean(named("r", y - (m * x + b)) ** 2))


def long_table(count):
    rows = np.arange(float(count))
    return {"x": rows, "y": 2 * rows + np.sin(rows), "m": 0.5, "b": 1.0}


def test_a_column_says_over_how_many_rows_it_runs():
    graph = MSE.graph(DATA)
    assert {"× 3 rows"} == {graph.node(name).tally for name in ("x", "y", "r")}
    assert {""} == {graph.node(name).tally for name in ("m", "b", "MSE")}
    assert {1} == {node.count for node in MSE.graph().nodes}


def test_every_row_has_its_own_nodes_values_and_derivatives():
    found = MSE.graph(DATA).unfold_rows()
    assert 2 + 6 * 3 + 1 == len(found)
    assert [("r[0]", 1.0), ("r[1]", 1.0), ("r[2]", 2.0)] == [
        (node.name, node.value) for node in found.nodes if node.name.startswith("r")
    ]
    assert found.node("m").adjoint == MSE.diff(DATA, "m")
    assert [1 / 3] * 3 == [edge.local for edge in found.into("MSE")]
    assert {1} == {node.count for node in found.nodes}


def test_edges_of_a_row_have_the_formula_and_the_number_of_that_row():
    found = MSE.graph(DATA).unfold_rows()
    assert [("x[0]", 1.0), ("x[1]", 2.0), ("x[2]", 3.0)] == [
        (edge.formula, edge.local) for edge in found.out_of("m")
    ]
    assert ["x_{0}", "x_{1}", "x_{2}"] == [edge.latex for edge in found.out_of("m")]
    assert "y[1] - s2[1]" == found.node("r[1]").formula
    assert "r_{1}^{2}" == found.node("s3[1]").latex


@pytest.mark.parametrize("name", ["m", "b"])
@pytest.mark.parametrize(("count", "limit"), [(3, 8), (8, 8), (9, 8), (1000, 3)])
@pytest.mark.parametrize(
    "loss",
    [
        MSE,
        sum(sigmoid(m * x) * y - b * b) / 7,
        mean(where(x < 2, m * y, x - b)) * m + sum(x) * b,
    ],
    ids=str,
)
def test_the_paths_through_the_rows_sum_to_the_gradient(loss, count, limit, name):
    table = long_table(count)
    found = loss.graph(table, name).unfold_rows(limit)
    shares = [path.contribution for path in found.paths(name)]
    flowing = [edge.contribution for edge in found.out_of(name)]
    assert loss.diff(table, name) == pytest.approx(np.sum(shares), rel=1e-12)
    assert loss.diff(table, name) == pytest.approx(np.sum(flowing), rel=1e-12)


def test_of_a_long_table_the_rows_in_between_are_one_node():
    found = MSE.graph(long_table(1000)).unfold_rows(4)
    assert [("x[0]", 1), ("x[1]", 1), ("x[2…998]", 997), ("x[999]", 1)] == [
        (node.name, node.count) for node in found.nodes if node.name[0] == "x"
    ]
    between = found.node("x[2…998]")
    assert ("group", "⋮", "× 997") == (between.kind, between.symbol, between.tally)
    assert "⋮ stands for 997 of 1,000 rows." == found.notes[-1]
    assert found.unfold() is found


def test_pictures_of_rows_are_drawn_in_every_form():
    found = MSE.graph(DATA, "m").unfold_rows()
    assert "r[1] = y[1] − s2[1]" in found.to_text()
    for text in (found.to_svg(), found.to_html(), found.to_dot(), found.to_mermaid()):
        assert "x[1]" in text.replace("#91;", "[").replace("#93;", "]")
    assert "x_{1}" in found.to_tikz()


@pytest.mark.parametrize(
    ("e", "values", "message"),
    [
        (m * b, {"m": 1.0, "b": 2.0}, "its values are single numbers"),
        (MSE, None, "it has no values"),
        (m * x, {"m": 1.0, "x": [1.0, 2.0]}, "the output 's1' has 2 rows itself"),
        (sum(x[::-1]), {"x": [1.0, 2.0]}, "does not take each row by itself"),
        (
            sum(x) + sum(y),
            {"x": [1.0, 2.0], "y": [1.0]},
            r"'x' has shape \(2,\), and 'y' has \(1,\)",
        ),
        (sum(x), {"x": [[1.0, 2.0]]}, r"has shape \(1, 2\)"),
    ],
)
def test_what_are_no_rows_is_refused_with_the_reason(e, values, message):
    with pytest.raises(ShapeError, match=message):
        e.graph(values).unfold_rows()


@pytest.mark.parametrize("limit", [2, True, 3.0, None])
def test_a_limit_is_a_whole_number_of_rows(limit):
    with pytest.raises(ValueTypeError, match="limit must be a whole number of rows from 3"):
        MSE.graph(DATA).unfold_rows(limit)
