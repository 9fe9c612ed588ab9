"""How columns of numbers go together, and numbers brought to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.language.arrays.averages import folded_axes, mean, var, with_ddof
from chainrule.language.arrays.transposing import matrix_transpose
from chainrule.language.composition import composed
from chainrule.language.elements.elementary import sqrt
from chainrule.language.folds import count
from chainrule.language.kinds import reading
from chainrule.language.matrices.norms import length

__all__ = [
    "corrcoef",
    "correlation_matrix",
    "cov",
    "covariance_matrix",
    "layer_norm",
    "standardized_layer",
]

ROWS = np.array([[1.0, 2.0, 4.0, 0.5], [0.5, -1.0, 3.0, 2.0]])


class covariance_matrix(composed):
    """Covariance of each row with each, a row being a variable and a column an observation.

    ddof: what is taken from the number of observations, 1 unless said. For variables in columns,
    give the transpose. Of one variable alone it is var(x, ddof=1).
    Raises: ShapeError of ddof observations or fewer.
    Shapes: (n, k) -> (n, n), or a batch of such in the leading axes.

    >>> cov([[0.0, 1.0, 2.0], [2.0, 4.0, 3.0]])
    array([[1. , 0.5],
           [0.5, 1. ]])
    """

    keywords = {"ddof": 1}
    rule = "covariance"
    notation = function("cov", latex=r"\operatorname{cov}", keywords=tuple(keywords), defaults=(1,))
    is_elementwise = False
    samples = ((ROWS,), (ROWS, {"ddof": 0}), (np.array([ROWS, ROWS[::-1] ** 2]),))

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes, ddof checked."""
        return with_ddof("cov", super().attribute_values(given))

    def forward(x, ddof):
        if np.ndim(x) > 1:
            folded_axes("the covariance", x, -1, least=ddof + 1)
        return covariance_matrix.meaning(x, ddof)

    def meaning(x, ddof):
        apart = x - mean(x, axis=-1, keepdims=True)
        observations = count(x, axis=-1, keepdims=True)
        return apart @ matrix_transpose(apart) / (observations - ddof)


class correlation_matrix(composed):
    """Correlation of each row with each, a row being a variable and a column an observation.

    For variables in columns, give the transpose. A row of equal numbers has none: NaN.
    Shapes: (n, k) -> (n, n), or a batch of such in the leading axes.

    >>> corrcoef([[0.0, 1.0, 2.0], [2.0, 4.0, 3.0]])
    array([[1. , 0.5],
           [0.5, 1. ]])
    """

    rule = "correlation"
    notation = function("corrcoef", latex=r"\operatorname{corr}")
    is_elementwise = False
    samples = ((ROWS,), (np.array([ROWS, ROWS[::-1] ** 2]),))

    def meaning(x):
        apart = x - mean(x, axis=-1, keepdims=True)
        apart = apart / length(apart, axis=-1, keepdims=True)
        return apart @ matrix_transpose(apart)


class standardized_layer(composed):
    """Numbers along an axis less their mean, divided by their standard deviation.

    axis: an axis, or several; the last unless said. eps: what is added to the variance, so that
    equal numbers become 0.
    Source: Ba, Kiros & Hinton (2016), Layer normalization, equation 3.

    >>> layer_norm([1.0, 2.0, 3.0], eps=0.0)
    array([-1.22474487,  0.        ,  1.22474487])
    """

    keywords = {"axis": -1, "eps": 1e-5}
    positional = ("x", "axis")
    rule = "standardization"
    notation = function("layer_norm", keywords=tuple(keywords), defaults=(-1, 1e-5))
    is_elementwise = False
    samples = ((ROWS,), (ROWS, {"axis": (0, 1)}), (ROWS[0], {"eps": 0.5}))

    def meaning(x, axis, eps):
        spread = sqrt(var(x, axis=axis, keepdims=True) + eps)
        return (x - mean(x, axis=axis, keepdims=True)) / spread


cov = reading(covariance_matrix)
corrcoef = reading(correlation_matrix)
layer_norm = reading(standardized_layer)
