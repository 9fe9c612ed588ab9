"""The computation graph: the nodes and edges of both courses, and the numbers of `diff`."""

import json

import numpy as np
import pytest
from tests.random_formulas import random_formula

import chainrule
from chainrule import constant, expression, matrix, mean, named, parse, relu, sin, vector, where
from chainrule.errors import UnknownVariable, ValueTypeError

a, b, c, m, x, y, z = (expression(name) for name in "abcmxyz")
VALUES = {"a": 1, "b": 2, "c": 3}


def slide():
    return named("L", c * named("e", a + named("d", 2 * b)))


def test_the_nodes_of_the_slide_carry_value_and_adjoint():
    found = slide().graph(VALUES)
    assert [
        ("c", "c", 3.0, 5.0),
        ("a", "a", 1.0, 3.0),
        ("b", "b", 2.0, 6.0),
        ("d", "2·□", 4.0, 3.0),
        ("e", "+", 5.0, 3.0),
        ("L", "×", 15.0, 1.0),
    ] == [(node.name, node.symbol, node.value, node.adjoint) for node in found.nodes]


def test_the_edges_of_the_slide_carry_local_derivatives_as_formula_and_number():
    found = slide().graph(VALUES)
    assert [
        ("b", "d", "2", 2.0),
        ("a", "e", "1", 1.0),
        ("d", "e", "1", 1.0),
        ("c", "L", "e", 5.0),
        ("e", "L", "c", 3.0),
    ] == [
        (found.node(edge.tail).name, found.node(edge.head).name, edge.formula, edge.local)
        for edge in found.edges
    ]


def test_without_values_there_are_formulas_and_no_numbers():
    found = slide().graph()
    assert not found.has_values
    assert () == found.notes
    assert ["2", "1", "1", "e", "c"] == [edge.formula for edge in found.edges]
    assert {None} == {edge.local for edge in found.edges}


def test_a_value_that_is_missing_is_noted_and_the_picture_stays():
    found = (x * y).graph({"x": 1})
    assert not found.has_values
    assert "no value for 'y'" in found.notes[0]
    assert 3 == len(found)


def test_every_path_has_its_share_of_the_derivative():
    e = sin(x) * x
    found = e.graph({"x": 2.0})
    paths = found.paths("x")
    assert [("x", "s1", "s2"), ("x", "s2")] == [
        tuple(found.node(node).name for node in path.nodes) for path in paths
    ]
    assert e.diff({"x": 2.0}, "x") == sum(path.contribution for path in paths)
    assert 2 == found.count_paths("x")


def test_paths_between_two_steps_are_as_the_engine_takes_them():
    found = parse("(u := x*2) + u*u").graph({"x": 3.0})
    assert [1.0, 6.0, 6.0] == sorted(path.contribution for path in found.paths("u"))
    assert 2.0 == found.paths("x", "u")[0].contribution


def test_the_shares_of_the_paths_sum_to_the_gradient_of_a_thousand_formulas():
    for seed in range(1_000):
        formula, values = random_formula(seed)
        found = formula.graph(values)
        for name, slope in formula.diff(values).items():
            assert slope == found.node(name).adjoint, seed
            if found.count_paths(name) < 200 and np.isfinite(slope):
                shares = [path.contribution for path in found.paths(name)]
                size = sum(map(abs, shares))
                expected = slope if shares or formula is not expression(name) else 0.0
                assert sum(shares) == pytest.approx(expected, rel=1e-9, abs=1e-9 * size), seed


def test_a_loss_over_rows_has_a_column_at_every_step():
    data = {"x": [1.0, 2, 3], "y": [2.0, 3, 5], "m": 1.0, "b": 0.0}
    found = mean((y - (m * x + b)) ** 2).graph(data, "m")
    into_mean = found.into(found.output)[0]
    np.testing.assert_array_equal([1 / 3] * 3, into_mean.local)
    assert "1/count(s4)" == into_mean.formula
    assert [-6.0] == [path.contribution for path in found.paths("m")]
    assert ["m"] == [
        found.node(edge.tail).name
        for edge in found.edges
        if edge.on_path and found.node(edge.tail).kind == "variable"
    ]


def test_where_derivatives_are_matrices_the_values_stay_and_a_note_says_why():
    found = (x - mean(x)).graph({"x": [1.0, 2.0]})
    assert "its derivatives are matrices" in found.notes[0]
    assert found.has_values
    assert {None} == {node.adjoint for node in found.nodes}


def test_what_does_not_matter_has_a_derivative_of_zero():
    found = where(x < 0, 1, y).graph({"x": 1.0, "y": 2.0})
    assert {"x": 0.0, "y": 1.0} == {name: found.node(name).adjoint for name in "xy"}


def test_distances_and_depth_follow_the_data():
    found = slide().graph()
    assert (3, 1, None, 0) == (
        found.distance("b"),
        found.distance("b", "d"),
        found.distance("a", "b"),
        found.distance("a", "a"),
    )
    assert 3 == found.depth


def test_a_node_is_found_by_name_by_id_and_by_what_it_shows():
    found = slide().graph(VALUES)
    assert found.node("d") is found.node(found.node("d").id) is found.node(named("d", 2 * b))


def test_an_unknown_node_names_those_that_there_are():
    with pytest.raises(UnknownVariable, match=r"has no node 'dd'\. It has: c, a, b, d, e, L"):
        slide().graph().node("dd")
    with pytest.raises(UnknownVariable, match="does not contain 'q'"):
        slide().graph(VALUES, "q")


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, None])
def test_a_limit_on_paths_is_a_whole_number(limit):
    with pytest.raises(ValueTypeError, match="limit must be a whole number from 1"):
        slide().graph().paths("b", limit=limit)


def test_paths_without_number_are_counted_and_the_first_ones_listed():
    e = x
    for _ in range(100):
        e = e * e
    found = e.graph({"x": 1.0})
    assert 2**100 == found.count_paths("x")
    assert 3 == len(found.paths("x", limit=3))


@pytest.mark.parametrize(
    ("e", "symbols"),
    [
        (x * y, ["×"]),
        (2 * x, ["2·□"]),
        (x**2, ["□²"]),
        (x**-0.5, ["□^−0.5"]),
        (-x, ["−"]),
        (x / 3, ["□/3"]),
        (sin(x), ["sin"]),
        (relu(x), ["relu"]),
        (x < 0, ["□ < 0"]),
        (x <= y, ["≤"]),
        (named("d", x), ["="]),
    ],
    ids=str,
)
def test_a_node_shows_its_operation(e, symbols):
    assert symbols == [node.symbol for node in e.graph().nodes if node.kind == "operation"]


@pytest.mark.parametrize("e", [constant(3), x, named("d", x), named("d", constant(3))], ids=str)
def test_the_smallest_formulas_have_graphs(e):
    found = e.graph({"x": 2.0})
    assert found.node(found.output).value == e.eval({"x": 2.0})
    assert 1.0 == found.node(found.output).adjoint


def test_nodes_tell_their_shapes_and_edges_what_a_matrix_does():
    X, w = matrix("X", "n", 2), vector("w", 2)
    bare = chainrule.sum(X @ w).graph()
    assert ["(n, 2)", "(2,)", "(n,)", ""] == [node.tally for node in bare.nodes]
    assert {"outer(□, w)", "times X.T from the left", "1"} == {edge.formula for edge in bare.edges}
    assert "○    X  (n, 2)" in bare.to_text()
    assert ["n", 2] == json.loads(bare.to_json())["nodes"][0]["shape"]
    valued = chainrule.sum(X @ w).graph({"X": np.ones((3, 2)), "w": [1.0, 2.0]})
    assert [(3, 2), (2,), (3,), ()] == [node.shape for node in valued.nodes]


def test_a_selection_by_places_or_by_a_mask_is_drawn():
    x = expression("x")
    for key in (np.array([0, 1]), np.array([True, False])):
        assert "□[array(" in x[key].graph().to_svg()
    assert "item" not in x[0].graph().to_svg()
