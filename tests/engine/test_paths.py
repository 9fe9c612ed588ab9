"""Paths of a graph: counted without listing, listed without recursion."""

from operator import itemgetter

from chainrule.engine.paths import paths, ways_to

HEAD = itemgetter(1)


def graph(*edges):
    places = sorted({place for edge in edges for place in edge})
    return places[::-1], {place: [edge for edge in edges if edge[0] == place] for place in places}


def test_a_diamond_has_two_paths_in_the_order_of_the_edges():
    places, out_of = graph((0, 1), (0, 2), (1, 3), (2, 3))
    ways = ways_to(3, places, out_of, HEAD)
    assert {0: 2, 1: 1, 2: 1, 3: 1} == ways
    assert [((0, 1), (1, 3)), ((0, 2), (2, 3))] == list(paths(0, 3, ways, out_of, HEAD))


def test_places_that_lead_elsewhere_are_not_entered():
    places, out_of = graph((0, 1), (0, 2), (2, 4), (1, 3))
    ways = ways_to(3, places, out_of, HEAD)
    assert 2 not in ways
    assert [((0, 1), (1, 3))] == list(paths(0, 3, ways, out_of, HEAD))
    assert [] == list(paths(2, 3, ways, out_of, HEAD))
    assert [] == list(paths(3, 3, ways, out_of, HEAD))


def test_two_edges_between_the_same_places_are_two_paths():
    assert 2 == ways_to(1, [1, 0], {0: [(0, 1, "left"), (0, 1, "right")]}, HEAD)[0]


def test_counts_stop_where_they_are_told():
    edges = [(n, n + 1, side) for n in range(300) for side in "ab"]
    out_of = {n: edges[2 * n : 2 * n + 2] for n in range(300)}
    places = range(300, -1, -1)
    assert 2**300 == ways_to(300, places, out_of, HEAD)[0]
    assert 10**6 == ways_to(300, places, out_of, HEAD, most=10**6)[0]


def test_a_path_of_a_hundred_thousand_edges_is_walked():
    out_of = {n: [(n, n + 1)] for n in range(100_000)}
    ways = ways_to(100_000, range(100_000, -1, -1), out_of, HEAD)
    (way,) = paths(0, 100_000, ways, out_of, HEAD)
    assert 100_000 == len(way)
