"""Distances, angles and directions of vectors."""

import numpy as np
import pytest

from chainrule import cdist, cosine_similarity, expression, gradient, matrix, normalize, sum
from chainrule.errors import ShapeError

POINTS = np.array([[1.0, -3.0, 2.5], [4.0, 0.5, -6.0], [0.0, 0.0, 0.0]])
OTHERS = np.array([[0.5, 1.0, 2.0], [4.0, 0.5, -6.0]])


def test_a_distance_is_that_of_each_point_to_each():
    expected = [[np.linalg.norm(a - b) for b in OTHERS] for a in POINTS]
    assert np.allclose(expected, cdist(POINTS, OTHERS), rtol=1e-15, atol=0)


def test_a_distance_of_0_has_slope_0():
    a, b = expression("a"), expression("b")
    found = gradient(sum(cdist(a, b)), {"a": OTHERS[1:], "b": OTHERS[1:]})
    assert found["a"].tolist() == [[0.0, 0.0, 0.0]]


def test_the_shape_of_distances_is_known_before_there_are_values():
    assert (5, 4) == cdist(matrix("A", 5, "k"), matrix("B", 4, "k")).shape


def test_points_of_different_spaces_are_refused():
    with pytest.raises(ShapeError, match=r"3.*2"):
        cdist(POINTS, OTHERS[:, :2])


def test_a_direction_has_length_1_and_no_direction_stays_none():
    lengths = np.linalg.norm(normalize(POINTS), axis=1)
    assert np.allclose([1.0, 1.0, 0.0], lengths, rtol=1e-15, atol=0)


def test_a_direction_of_large_numbers_does_not_overflow():
    assert [0.6, 0.8] == pytest.approx(normalize([3e200, 4e200]).tolist(), rel=1e-15)


def test_a_cosine_is_1_along_0_across_and_0_without_a_direction():
    found = cosine_similarity([[2.0, 0.0], [0.0, 3.0], [0.0, 0.0]], [5.0, 0.0])
    assert [1.0, 0.0, 0.0] == found.tolist()
