"""The layout keeps what it promises on random graphs, and draws known ones as a teacher would."""

import itertools
import math
import os
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.draw.layout import LayoutError, Link, layout
from chainrule.draw.layout.crossings import arrange, count_crossings
from chainrule.draw.layout.ladder import Ladder
from chainrule.draw.layout.layers import layers
from chainrule.draw.layout.simplex import shorten
from chainrule.errors import ChainRuleError

SIDE = (30.0, 30.0)
LABEL = (34.0, 14.0)
# Points are rounded to two decimals.
ROUNDING = 0.011


@st.composite
def graphs(draw):
    """Sizes and links of a graph without cycles, in no particular order of its nodes."""
    count = draw(st.integers(1, 14))
    sides = st.floats(0, 90).map(lambda side: round(side, 1))
    sizes = draw(st.lists(st.tuples(sides, sides), min_size=count, max_size=count))
    names = draw(st.permutations(range(count)))
    labels = st.sampled_from([(0.0, 0.0), (12.0, 9.0), LABEL, (90.0, 20.0)])
    links = []
    if count > 1:
        ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
        for one, other in draw(st.lists(ends.filter(lambda two: two[0] != two[1]), max_size=22)):
            tail, head = sorted((one, other))
            links.append(Link(names[tail], names[head], draw(labels)))
    return sizes, links


def samples(route, steps=12):
    for at in range(0, len(route) - 1, 3):
        curve = route[at : at + 4]
        for step in range(steps + 1):
            t = step / steps
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            yield tuple(
                math.fsum(w * point[axis] for w, point in zip(weights, curve, strict=True))
                for axis in (0, 1)
            )


def overlap(one, other):
    return all(
        abs(one[0][axis] - other[0][axis]) < (one[1][axis] + other[1][axis]) / 2 - ROUNDING
        for axis in (0, 1)
    )


def inside(point, box, margin=2 * ROUNDING):
    return all(abs(point[axis] - box[0][axis]) < box[1][axis] / 2 - margin for axis in (0, 1))


@settings(max_examples=60, deadline=None)
@given(graphs(), st.sampled_from(["right", "down"]))
def test_nothing_overlaps_and_everything_is_on_the_page(graph, direction):
    sizes, links = graph
    made = layout(sizes, links, direction=direction)
    nodes = list(zip(made.centres, sizes, strict=True))
    labels = [
        (at, link.label) for at, link in zip(made.labels, links, strict=True) if at is not None
    ]
    assert [link.label for link in links if link.is_labelled] == [size for _, size in labels]
    for one, other in itertools.combinations(nodes + labels, 2):
        assert not overlap(one, other), (one, other)
    for (x, y), (width, height) in nodes + labels:
        assert -ROUNDING <= x - width / 2
        assert x + width / 2 <= made.width + ROUNDING
        assert -ROUNDING <= y - height / 2
        assert y + height / 2 <= made.height + ROUNDING
    axis = 0 if direction == "right" else 1
    for link, route in zip(links, made.routes, strict=True):
        assert 1 == len(route) % 3
        passed = [box for node, box in enumerate(nodes) if node not in (link.tail, link.head)]
        for point in samples(route):
            assert all(
                -ROUNDING <= at <= most + ROUNDING
                for at, most in zip(point, (made.width, made.height), strict=True)
            )
            assert not any(inside(point, box) for box in passed + labels), (link, point)
        assert made.centres[link.tail][axis] < made.centres[link.head][axis]


@settings(max_examples=40, deadline=None)
@given(graphs(), st.booleans())
def test_links_end_on_the_borders_that_are_drawn(graph, rounded):
    sizes, links = graph
    made = layout(sizes, links, rounded=[rounded] * len(sizes))
    for link, route in zip(links, made.routes, strict=True):
        for node, end in ((link.tail, route[0]), (link.head, route[-1])):
            (x, y), (width, height) = made.centres[node], sizes[node]
            across, down = abs(end[0] - x), abs(end[1] - y)
            if min(width, height) < 1:
                assert across <= width / 2 + ROUNDING
            elif rounded:
                found = math.hypot(across / width, down / height)
                assert pytest.approx(0.5, abs=2 * ROUNDING / min(width, height)) == found
            else:
                border = min(width / 2 - across, height / 2 - down)
                assert pytest.approx(0.0, abs=ROUNDING) == border


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_down_is_right_turned_over(graph):
    sizes, links = graph
    right = layout(sizes, links)
    turned = [Link(link.tail, link.head, link.label[::-1]) for link in links]
    down = layout([size[::-1] for size in sizes], turned, direction="down")
    assert right.centres == tuple(at[::-1] for at in down.centres)
    assert (right.width, right.height) == (down.height, down.width)


def is_above(made, one, other):
    return made.centres[one][1] < made.centres[other][1]


@pytest.mark.parametrize("label", [(0, 0), LABEL])
def test_the_first_operand_is_above_the_second(label):
    for first, second in ((0, 1), (1, 0)):
        made = layout([SIDE] * 3, [Link(first, 2, label), Link(second, 2, label)])
        assert is_above(made, first, second)


@pytest.mark.parametrize("label", [(0, 0), LABEL])
def test_a_whole_operand_goes_where_its_order_says(label):
    # 6 = 4 - 5, of which 5 is the deeper one; then the other way round.
    deep = [Link(0, 3, label), Link(1, 3, label), Link(3, 5, label), Link(2, 4, label)]
    for operands in ((4, 5), (5, 4)):
        made = layout([SIDE] * 7, [*deep, *(Link(operand, 6, label) for operand in operands)])
        assert is_above(made, *operands)


def complete_tree(depth):
    """Links of a binary tree whose root is the last node, operands in order."""
    count = 2**depth - 1
    links = []
    for node in range(count // 2):
        links += [Link(2 * node + 1, node), Link(2 * node + 2, node)]
    return count, links


def test_a_tree_has_no_crossing_and_every_operand_in_order():
    count, links = complete_tree(6)
    shuffled = list(range(count))
    random.Random(3).shuffle(shuffled)
    links = [Link(shuffled[link.tail], shuffled[link.head], LABEL) for link in links]
    assert (0, 0) == arrange(Ladder(count, links, layers(count, links)))


def test_a_tree_is_drawn_symmetrically():
    count, links = complete_tree(4)
    made = layout([SIDE] * count, links)
    for node in range(count // 2):
        (_, y), (_, first), (_, second) = (
            made.centres[at] for at in (node, 2 * node + 1, 2 * node + 2)
        )
        assert pytest.approx((first + second) / 2, abs=ROUNDING) == y
        assert first < second


def test_a_chain_is_straight():
    links = [Link(at, at + 1, LABEL if at % 2 else (0, 0)) for at in range(20)]
    made = layout([(20 + at % 3 * 10, 20 + at % 4 * 6) for at in range(21)], links)
    assert 1 == len({y for _, y in made.centres})
    assert {y for _, y in made.centres} == {y for route in made.routes for _, y in route}


def test_the_main_path_is_straight_and_its_other_inputs_stand_beside_it():
    # ((((0 * 1) + 2) * 3) + 4): the operations are 5 to 8.
    ends = [(0, 5), (1, 5), (5, 6), (2, 6), (6, 7), (3, 7), (7, 8), (4, 8)]
    made = layout([SIDE] * 9, [Link(*two, LABEL) for two in ends])
    assert 1 == len({made.centres[node][1] for node in (5, 6, 7, 8)})
    for operand, operation in ((2, 5), (3, 6), (4, 7)):
        assert made.centres[operation][0] == made.centres[operand][0]


def test_parallel_links_are_two_curves_with_a_label_each():
    for label in ((0, 0), LABEL):
        made = layout([SIDE] * 2, [Link(0, 1, label)] * 2)
        upper, lower = ([y for _, y in samples(route)] for route in made.routes)
        assert max(low - up for up, low in zip(upper, lower, strict=True)) >= 10
        assert all(low >= up for up, low in zip(upper, lower, strict=True))
    assert made.labels[0] != made.labels[1]


def test_no_order_of_the_layers_has_fewer_crossings():
    chance = random.Random(5)
    for _ in range(12):
        links = [Link(chance.randrange(head), head) for head in range(1, 8)]
        links += [Link(*sorted(chance.sample(range(8), 2))) for _ in range(4)]
        ladder = Ladder(8, links, layers(8, links))
        if math.prod(math.factorial(len(layer)) for layer in ladder.layers) > 3_000:
            continue
        found, _ = arrange(ladder)
        fewest = found
        for orders in itertools.product(*map(itertools.permutations, ladder.layers)):
            ladder.layers = [list(layer) for layer in orders]
            fewest = min(fewest, count_crossings(ladder))
        assert fewest == found


def test_the_network_simplex_finds_the_least_sum():
    linprog = pytest.importorskip("scipy.optimize").linprog
    chance = random.Random(7)
    for _ in range(25):
        count = chance.randint(2, 12)
        ends = [(chance.randrange(head), head) for head in range(1, count)]
        ends += [tuple(sorted(chance.sample(range(count), 2))) for _ in range(count)]
        edges = [(*two, chance.randint(0, 3), chance.randint(1, 8)) for two in ends]
        start = [0] * count
        for tail, head, least, _ in sorted(edges, key=lambda edge: edge[1]):
            start[head] = max(start[head], start[tail] + least)
        found = shorten(start, edges)
        cost, rows = [0] * count, []
        for tail, head, _, weight in edges:
            cost[tail] -= weight
            cost[head] += weight
            rows.append([(at == tail) - (at == head) for at in range(count)])
        limits = [-edge[2] for edge in edges]
        best = linprog(cost, A_ub=rows, b_ub=limits, bounds=[(0, 100)] * count).fun
        assert all(found[head] - found[tail] >= least for tail, head, least, _ in edges)
        assert round(best) == sum(w * (found[head] - found[tail]) for tail, head, _, w in edges)


def scattered(seed, nodes, links, label):
    chance = random.Random(seed)
    ends = [(chance.randrange(max(0, head - 12), head), head) for head in range(1, nodes)]
    while len(ends) < links:
        head = chance.randrange(1, nodes)
        ends.append((chance.randrange(max(0, head - 12), head), head))
    return [SIDE] * nodes, [Link(*two, label) for two in ends]


def test_the_same_bytes_come_out_with_another_seed_for_hashes():
    program = (
        "import sys; from chainrule.draw.layout import Link, layout\n"
        "links = [Link(at * at % (at + 1), at + 1, (20, 9)) for at in range(40)]\n"
        "links += [Link(at // 2, at + 3) for at in range(37)]\n"
        "print(layout([(30, 20 + at % 7) for at in range(41)], links))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    (output,) = outputs
    assert output.startswith("Layout(centres=((")
    assert "-0.0" not in output


def test_the_same_graph_is_drawn_the_same_twice():
    sizes, links = scattered(2, 60, 90, LABEL)
    assert layout(sizes, links) == layout(sizes, list(links))


def test_two_thousand_nodes_come_out_without_overlap():
    sizes, links = scattered(3, 2_000, 2_600, (0, 0))
    made = layout(sizes, links)
    columns = {}
    for x, y in made.centres:
        columns.setdefault(x, []).append(y)
    for places in columns.values():
        places.sort()
        assert all(below - above >= 54 - ROUNDING for above, below in itertools.pairwise(places))


def test_a_deep_chain_takes_no_recursion():
    made = layout([SIDE] * 3_000, [Link(at, at + 1) for at in range(2_999)])
    assert 3_000 == len({x for x, _ in made.centres})
    assert 30 == made.height


def test_separate_graphs_stand_one_under_the_other():
    made = layout([SIDE] * 4, [Link(0, 2), Link(1, 3)], node_gap=10)
    assert made.centres == ((15.0, 15.0), (15.0, 55.0), (93.0, 15.0), (93.0, 55.0))


def test_nothing_and_a_single_node_have_layouts_too():
    assert (0.0, 0.0) == (layout([], []).width, layout([], []).height)
    made = layout([(40, 20)], [])
    assert (((20.0, 10.0),), (), 40.0, 20.0) == (
        made.centres,
        made.routes,
        made.width,
        made.height,
    )


@pytest.mark.parametrize(
    ("sizes", "links", "options", "words"),
    [
        ([SIDE] * 3, [Link(0, 1), Link(1, 2), Link(2, 1)], {}, "circle through nodes 1, 2"),
        ([SIDE], [Link(0, 0)], {}, "circle through nodes 0"),
        ([SIDE] * 2, [Link(0, 2)], {}, "ends at node 2, but there are 2 nodes"),
        ([SIDE] * 2, [Link(-1, 1)], {}, "ends at node -1"),
        ([SIDE, (3, math.nan)], [], {}, "node 1 has size (3, nan)"),
        ([SIDE] * 2, [Link(0, 1, (-3, 4))], {}, "a label of size (-3, 4)"),
        ([SIDE], [], {"direction": "left"}, "no direction 'left'"),
        ([SIDE], [], {"node_gap": 0}, "Give numbers above 0"),
        ([SIDE], [], {"rounded": []}, "rounded tells of 0 nodes, sizes of 1"),
    ],
)
def test_what_has_no_layout_is_refused(sizes, links, options, words):
    with pytest.raises(LayoutError) as caught:
        layout(sizes, links, **options)
    assert words in str(caught.value)
    assert isinstance(caught.value, ChainRuleError)
    assert isinstance(caught.value, ValueError)
