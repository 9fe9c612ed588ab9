"""Folding: what becomes a group, what stays, and that unfolding gives all of it back."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.random_formulas import random_formula

from chainrule import expression, named, sin, tanh
from chainrule.draw.folding.chains import runs_in
from chainrule.draw.folding.dominators import ROOT, Dominators
from chainrule.errors import UnknownVariable, ValueTypeError

a, b, c, m, x, y = (expression(name) for name in "abcmxy")


def values_for(formula):
    return {name: 0.5 + number / 100 for number, name in enumerate(formula.variables)}


def squares(count):
    terms = [(expression(f"y{i}") - (m * expression(f"x{i}") + b)) ** 2 for i in range(count)]
    whole = terms[0]
    for term in terms[1:]:
        whole = whole + term
    return whole / count


def repeated(count, step, start=x):
    whole = start
    for number in range(count):
        whole = step(whole, number)
    return whole


def network(width, layers):
    below = [expression(f"x{i}") for i in range(3)]
    for layer in range(layers):
        below = [
            tanh(sum(expression(f"w{layer}_{i}_{j}") * unit for i, unit in enumerate(below)) + b)
            for j in range(width)
        ]
    return sum(below)


def shown(graph):
    return [(node.name, node.symbol, node.count) for node in graph.nodes]


def written(edge):
    numbers = [edge.local, edge.contribution]
    return edge.tail, edge.head, edge.number, edge.place, edge.count, list(map(repr, numbers))


def check_is_folding_of(graph, whole):
    """Every node is in one place, operands come first, and edges are those of the whole."""
    home = {item: node.id for node in graph.nodes for item in (node.members or (node.id,))}
    assert {node.id for node in whole.nodes} == set(home)
    assert len(home) == sum(len(node.members) or 1 for node in graph.nodes)
    place = {node.id: number for number, node in enumerate(graph.nodes)}
    assert all(place[edge.tail] < place[edge.head] for edge in graph.edges)
    assert len(graph.edges) == len({(e.tail, e.head, e.number) for e in graph.edges})
    between = [(home[e.tail], home[e.head]) for e in whole.edges if home[e.tail] != home[e.head]]
    assert len(between) == sum(edge.count for edge in graph.edges)
    assert set(between) == {(edge.tail, edge.head) for edge in graph.edges}
    assert home[whole.output] == graph.output
    assert whole.node(whole.output).value == pytest.approx(
        graph.node(graph.output).value, nan_ok=True
    )


def check_unfolds_to(graph, whole):
    """Group by group, and all at once."""
    assert whole is graph.unfold()
    while groups := [node for node in graph.nodes if node.members]:
        graph = graph.unfold(groups[0].id)
        check_is_folding_of(graph, whole)
    assert whole is graph


# --- what becomes a group


def test_a_graph_within_the_limit_stays_as_it_is():
    graph = (x * y + 1).graph()
    assert graph is graph.fold()
    assert graph is graph.unfold()


def test_like_terms_of_a_sum_become_a_stack_with_their_count():
    graph = squares(40).graph()
    small = graph.fold(60)
    assert [
        ("y0 … y39", "", 40),
        ("m", "m", 1),
        ("x0 … x39", "", 40),
        ("s1 … s195", "×", 40),
        ("b", "b", 1),
        ("s2 … s196", "+", 40),
        ("s3 … s197", "−", 40),
        ("s4 … s198", "□²", 40),
        ("s199", "Σ", 40),
        ("s200", "□/40", 1),
    ] == shown(small)
    check_unfolds_to(small, graph)


def test_only_as_much_becomes_groups_as_the_limit_asks_for():
    e = squares(40) + sum(expression(f"u{i}") * expression(f"v{i}") for i in range(4))
    names = {node.name for node in e.graph().fold(80).nodes}
    assert {"u0", "u1", "u2", "u3", "v0", "v3", "x0 … x39"} <= names


def test_a_stack_has_the_numbers_of_its_nodes_and_edges():
    e = squares(40)
    values = values_for(e)
    small = e.graph(values).fold()
    inputs, outputs = small.node("x0 … x39"), small.node("s4 … s198")
    np.testing.assert_array_equal([values[f"x{i}"] for i in range(40)], inputs.value)
    np.testing.assert_array_equal([1 / 40] * 40, outputs.adjoint)
    gradient = e.diff(values)
    np.testing.assert_allclose([gradient[f"x{i}"] for i in range(40)], inputs.adjoint)
    (path,) = small.paths("m")
    assert gradient["m"] == pytest.approx(path.contribution)
    (path,) = small.paths(inputs)
    np.testing.assert_allclose(inputs.adjoint, path.contribution)


def test_the_layers_of_a_network_become_stacks():
    small = network(8, 3).graph().fold()
    units = [(node.symbol, node.count) for node in small.nodes if node.symbol in ("tanh", "×")]
    assert [("×", 24), ("tanh", 8), *[("×", 64), ("tanh", 8)] * 2] == units


@pytest.mark.parametrize(
    ("step", "symbol"),
    [
        (lambda e, _: sin(e) + 1, "sin, □ + 1"),
        (lambda e, number: e * y + expression(f"a{number}"), "×, +"),
        (lambda e, _: tanh(e) - e * m, "−"),
        (lambda e, number: sin(named(f"h{number}", e * m)), "×, sin"),
        (lambda e, _: repeated(10, lambda inner, _: sin(inner * m), e) + c, None),
    ],
)
def test_a_chain_of_a_pattern_becomes_one_step_between_its_first_and_last(step, symbol):
    e = repeated(100, step)
    graph = e.graph(values_for(e))
    small = graph.fold(40)
    assert len(small) <= 40
    check_unfolds_to(small, graph)
    if symbol is not None:
        (chain,) = (node for node in small.nodes if node.kind == "group" and small.into(node.id))
        assert (symbol, True) == (chain.symbol, 96 <= chain.count <= 98)
        assert chain.value == graph.node(chain.name).value
        assert chain.adjoint == graph.node(chain.name).adjoint


def test_the_pattern_of_a_chain_may_have_constants_that_differ():
    e = repeated(100, lambda e, number: sin(e * (number + 1)))
    (chain,) = (node for node in e.graph().fold().nodes if node.count > 1)
    assert ("□·c, sin", 98) == (chain.symbol, chain.count)


def test_a_named_step_becomes_a_box_of_what_only_it_uses():
    def part(number):
        middle = expression(f"p{number}") * (y if number % 2 else sin(y))
        return named(f"d{number}", sin(middle) / (1 + number * middle) - tanh(b) * number)

    e = sin(part(1)) * tanh(part(2)) - part(3) ** 2
    graph = e.graph(values_for(e))
    small = graph.fold(16)
    boxes = [node for node in small.nodes if node.members]
    assert {"d1", "d2", "d3"} >= {node.name for node in boxes} > set()
    assert {"p1", "p2", "p3", "y", "b"} <= {node.name for node in small.nodes}
    for name in ("p1", "p2", "p3"):
        shares = [path.contribution for path in small.paths(name)]
        assert e.diff(values_for(e), name) == pytest.approx(math.fsum(shares))
    check_unfolds_to(small, graph)


def test_named_steps_within_named_steps_go_first():
    e = x
    for number in range(4):
        e = named(f"d{number}", sin(e * a) + named(f"inner{number}", tanh(e) * b - a))
        e = e**number if number else e - c
    names = {node.name for node in e.graph().fold(20).nodes}
    assert {"d0", "d3", "inner0", "inner3"} <= names
    names = {node.name for node in e.graph().fold(14).nodes}
    assert {"d0", "d3"} <= names
    assert names.isdisjoint({"inner0", "inner1", "inner2", "inner3"})


@pytest.mark.parametrize("wrt", [None, "x5", "s40", "m"])
@pytest.mark.parametrize("limit", [8, 9, 12, 30, 100])
def test_every_graph_comes_under_the_limit_and_keeps_what_is_asked_for(limit, wrt):
    pool = [m, *(expression(f"x{i}") for i in range(20))]
    for number in range(300):
        first, second = pool[-1 - number % 7], pool[(number * 37) % len(pool)]
        pool.append([first * second, sin(first) - second, first / second][number % 3])
    if wrt == "s40":
        pool[60] = named("s40", pool[60])
        pool.append(pool[-1] * pool[60] + sin(pool[60]))
    graph = pool[-1].graph(wrt=wrt)
    small = graph.fold(limit)
    assert len(small) <= limit
    if wrt is not None:
        assert () == small.node(wrt).members
    check_is_folding_of(small, graph)


def test_thousands_of_variables_fold_too():
    e = repeated(3000, lambda e, number: e * expression(f"x{number}") - sin(e), start=m)
    e = e + sum(expression(f"z{i}") ** i for i in range(2, 900))
    graph = e.graph()
    small = graph.fold(50)
    assert len(small) <= 50
    check_is_folding_of(small, graph)


# --- for any formula


@given(st.integers(0, 2**32 - 1), st.integers(8, 20))
@settings(max_examples=40)
def test_unfolding_gives_back_what_was_folded(seed, limit):
    formula, values = random_formula(seed, steps=60)
    graph = formula.graph(values)
    small = graph.fold(limit)
    assert len(small) <= limit
    check_is_folding_of(small, graph)
    check_unfolds_to(small, graph)
    again = graph.fold(40).fold(limit)
    assert len(again) <= limit
    check_is_folding_of(again, graph)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_the_shares_of_paths_through_boxes_sum_to_the_gradient(seed):
    formula, values = random_formula(seed, steps=60)
    small = formula.graph(values).fold(12)
    gradient = formula.diff(values)
    for name in set(values) & {node.name for node in small.nodes}:
        shares = [path.contribution for path in small.paths(name)]
        if small.count_paths(name) < 200 and None not in shares:
            size = sum(np.abs(share).sum() for share in shares)
            found = sum(np.sum(share) for share in shares)
            assert gradient[name] == pytest.approx(found, rel=1e-9, abs=1e-9 * size, nan_ok=True)


def test_unfolding_a_part_gives_exactly_its_nodes_and_edges():
    e = named("L", sin(squares(40)) * repeated(80, lambda e, _: tanh(e) + m))
    graph = e.graph(values_for(e))
    small = graph.fold()
    part = small.unfold("x7")
    assert [node for node in graph.nodes if node.name[0] == "x" and node.name != "x"] == [
        node for node in part.nodes if node.name[0] == "x" and node.name != "x"
    ]
    while any(node.members for node in part.nodes):
        part = part.unfold(next(node for node in part.nodes if node.members).id)
    assert list(map(written, graph.edges)) == list(map(written, part.edges))
    assert small.unfold("m").nodes == small.nodes


def test_a_part_of_a_folded_graph_unfolds_to_that_part():
    small = squares(40).graph().fold()
    part = small.only(["s1 … s195", "m"])
    assert {"m", "s200"} | {f"s{1 + 5 * i}" for i in range(1)} <= {
        node.name for node in part.unfold().nodes
    }
    assert 42 == len(part.unfold())


def test_a_folded_graph_says_so_and_gives_the_way_back():
    note = squares(40).graph().fold().notes[-1]
    assert "282 nodes are drawn as 10" in note
    assert "unfold()" in note


@pytest.mark.parametrize("limit", [7, -1, True, 8.0, None])
def test_a_limit_is_a_whole_number_of_nodes(limit):
    with pytest.raises(ValueTypeError, match="limit must be a whole number of nodes from 8"):
        x.graph().fold(limit)


def test_what_is_in_no_graph_cannot_be_unfolded():
    with pytest.raises(UnknownVariable, match="has no node 'q'"):
        squares(40).graph().fold().unfold("q")


# --- its parts


def test_dominators_are_what_all_ways_lead_through():
    # 0 -> 1 -> 3 -> 4 -> 6, 0 -> 2 -> 3, 4 -> 5 -> 6
    tree = Dominators([[1, 2], [3], [3], [4], [5, 6], [6], []])
    assert [3, 3, 3, 4, 6, 6, ROOT] == tree.parent[:-1]
    assert [[0, 3, 4, 6]] == tree.spines(3)


def test_runs_are_found_wherever_they_begin():
    looks = [7, 7, *[1, 2] * 5, 1, 9, *[4] * 6, None, 4, 4, 4, 4]
    found = [
        (run.links[0], len(run.links), run.period) for run in runs_in(range(len(looks)), looks)
    ]
    assert [(14, 6, 1), (21, 4, 1), (2, 10, 2)] == found


def test_a_long_chain_folds_without_recursion():
    e = repeated(15_000, lambda e, _: sin(e) + 1)
    counts = [node.count for node in e.graph().fold().nodes]
    assert [1, 1, 1, 14_998, 1, 1] == counts


# --- pictures


def test_pictures_of_large_graphs_fold_by_themselves():
    graph = squares(40).graph()
    small = graph.fold()
    assert small.to_text() == graph.to_text()
    assert small.to_svg() == graph.to_svg()
    assert "282 nodes are drawn as 10" in graph.to_svg()
    assert "× 40" in graph.to_svg()
    assert "282 nodes are drawn as 10" in graph.to_html()
    assert len(graph) <= len(graph.to_text(limit=None).splitlines())


def test_groups_are_written_with_their_symbol_and_count():
    small = squares(40).graph().fold()
    assert "◉      s199 = Σ (× 40)" in small.to_text()
    assert "◉  x0 … x39 (× 40)" in small.to_text()
    assert "s4 … s198 = □² (× 40)" in small.to_dot()
    assert '"x0 … x39 (× 40)"' in small.to_dot()
    assert "s4 … s198 = □² #40;× 40#41;" in small.to_mermaid()
    assert r"$\times\,40$" in small.to_tikz()
