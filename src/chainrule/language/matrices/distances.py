"""Distances and angles between vectors, and vectors brought to length 1.

Where two points coincide the distance has no slope, and the one taken is 0.
"""

from __future__ import annotations

import numpy as np

from chainrule.engine.notation import function
from chainrule.language.arrays.reshaping import expand_dims
from chainrule.language.composition import composed
from chainrule.language.elements.extremes import maximum
from chainrule.language.folds import sum
from chainrule.language.kinds import reading
from chainrule.language.matrices.norms import length

__all__ = [
    "cdist",
    "cosine_between",
    "cosine_similarity",
    "distances_of_pairs",
    "normalize",
    "normalized_vectors",
]

POINTS = np.array([[1.0, -3.0, 2.5], [4.0, 0.5, -6.0]])
OTHERS = np.array([[0.5, 1.0, 2.0], [-1.0, 2.5, 0.25]])


class cosine_between(composed):
    """Cosine of the angle between two vectors, or between those along an axis.

    axis: along which the vectors lie, the last unless said. eps: what a length is taken for where
    it is less, so that a vector of zeros has the cosine 0.

    >>> cosine_similarity([1.0, 1.0], [1.0, 0.0])
    0.707106781186547
    """

    keywords = {"axis": -1, "eps": 1e-8}
    rule = "angle"
    notation = function("cosine_similarity", keywords=tuple(keywords), defaults=(-1, 1e-8))
    is_elementwise = False
    samples = ((POINTS, OTHERS), (POINTS, OTHERS, {"axis": 0}), (POINTS[0], OTHERS))

    def forward(a, b, axis, eps):
        cosine_between.shape(np.shape(a), np.shape(b), axis, eps)  # says what does not fit
        return cosine_between.meaning(a, b, axis, eps)

    def meaning(a, b, axis, eps):
        sizes = [maximum(length(item, axis=axis), eps) for item in (a, b)]
        return sum(a * b, axis=axis) / (sizes[0] * sizes[1])


class normalized_vectors(composed):
    """Vectors divided by their lengths: of length 1 along an axis.

    axis: along which the vectors lie, the last unless said. eps: what a length is taken for where
    it is less, so that a vector of zeros stays one.

    >>> normalize([3.0, 4.0])
    array([0.6, 0.8])
    """

    keywords = {"axis": -1, "eps": 1e-12}
    positional = ("x", "axis")
    rule = "direction"
    notation = function("normalize", keywords=tuple(keywords), defaults=(-1, 1e-12))
    is_elementwise = False
    samples = ((POINTS,), (POINTS, {"axis": 0}), (POINTS[0],))

    def meaning(x, axis, eps):
        return x / maximum(length(x, axis=axis, keepdims=True), eps)


class distances_of_pairs(composed):
    """Distance from each row of one table to each row of another, or for each pair in a batch.

    Shapes: (n, k), (m, k) -> (n, m).

    >>> cdist([[0.0, 0.0], [3.0, 0.0]], [[0.0, 4.0]])
    array([[4.],
           [5.]])
    """

    rule = "distance"
    notation = function("cdist")
    is_elementwise = False
    samples = ((POINTS, OTHERS), (POINTS[None], OTHERS[:1]))

    def forward(a, b):
        distances_of_pairs.shape(np.shape(a), np.shape(b))  # says in words what does not fit
        return distances_of_pairs.meaning(a, b)

    def meaning(a, b):
        return length(expand_dims(a, -2) - expand_dims(b, -3), axis=-1)


cosine_similarity = reading(cosine_between)
normalize = reading(normalized_vectors)
cdist = reading(distances_of_pairs)
