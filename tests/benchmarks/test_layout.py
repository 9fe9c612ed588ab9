"""What the benchmark of layouts counts is what one sees."""

import shutil

import pytest
from benchmarks.layout import Picture, crossings, graphs, length, ours, overlaps, sampled, theirs


def straight(*ends):
    (x0, y0), (x3, y3) = ends
    thirds = [(x0 + (x3 - x0) * t / 3, y0 + (y3 - y0) * t / 3) for t in range(4)]
    return sampled(thirds)


def test_two_links_cross_once_and_not_at_a_node_they_share():
    nodes = [(0, 0, 9, 9), (0, 100, 9, 9), (100, 0, 9, 9), (100, 100, 9, 9)]
    across = [(0, 3, straight((0, 0), (100, 100))), (1, 2, straight((0, 100), (100, 0)))]
    met = [(0, 3, straight((0, 0), (100, 100))), (0, 2, straight((0, -1), (100, 0)))]
    assert 1 == crossings(Picture(nodes, [], across, 0.0))
    assert 0 == crossings(Picture(nodes, [], met, 0.0))
    assert pytest.approx(2 * 100 * 2**0.5) == length(Picture(nodes, [], across, 0.0))


def test_a_label_on_a_node_is_an_overlap_and_one_that_touches_is_none():
    node = (0, 0, 20, 20)
    assert 1 == overlaps(Picture([node], [(15, 0, 20, 10)], [], 0.0))
    assert 0 == overlaps(Picture([node], [(20, 0, 20, 10)], [], 0.0))


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_pictures_of_both_hold_every_node_label_and_link():
    graph = graphs()[1]
    for picture in (ours(graph), theirs(graph)):
        assert len(graph.sizes) == len(picture.nodes)
        assert len(graph.links) == len(picture.labels) == len(picture.lines)
        assert 0 == crossings(picture) == overlaps(picture)
