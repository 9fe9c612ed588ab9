"""`fit(X, y)` without epochs and rate reaches least squares, whatever the scale of the data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.exact import learned, least_squares, relative_error

from chainrule import LinearRegression
from chainrule.errors import DataError
from chainrule.models.coordinates import standardized, whitened


def noisy(matrix, seed=2):
    numbers = np.random.default_rng(seed)
    return matrix @ (1 / np.abs(matrix).max(axis=0)) + 5 + numbers.normal(size=len(matrix))


def normal(rows, columns, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, columns))


def powers(points, degree):
    return np.column_stack([points**power for power in range(1, degree + 1)])


# What double precision can give: measured against rational arithmetic, with a digit to spare.
CASES = {
    "scales 20 orders apart": (normal(60, 3) * [1e-8, 1.0, 1e12], 1e-12),
    "shifted by a million": (normal(60, 3) + 1e6, 1e-8),
    "scaled and shifted": (normal(60, 3) * [1e-3, 1.0, 1e6] + [1e3, -1e3, 1e9], 1e-8),
    "the smallest numbers": (normal(40, 2) * 1e-290, 1e-12),
    "the largest numbers": (normal(40, 2) * 1e300, 1e-12),
    "nearly collinear": (normal(50, 2) @ [[1, 1], [0, 1e-6]], 1e-8),
    "powers up to five (as NIST's Wampler)": (powers(np.arange(21.0), 5), 1e-8),
    "powers up to ten (as NIST's Filip)": (powers(np.linspace(-9, -3, 82), 10), 1e-6),
    "reciprocals (as Hilbert's matrix)": (1 / np.add.outer(np.arange(14.0), np.arange(1, 7)), 1e-8),
    "as many rows as parameters": (normal(4, 3), 1e-11),
    "a single column": (normal(30, 1), 1e-13),
}


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_rational_least_squares(case):
    matrix, tolerance = CASES[case]
    target = noisy(matrix)
    model = LinearRegression().fit(matrix, target)
    assert relative_error(model, matrix, target) < tolerance
    assert "converged" == model.outcome_.status
    assert len(model.history) <= 5


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1e9, 1e150])
def test_the_scale_of_the_target_does_not_matter(scale):
    matrix = normal(40, 3)
    target = noisy(matrix) * scale
    model = LinearRegression().fit(matrix, target)
    assert relative_error(model, matrix, target) < 1e-13


@given(
    st.integers(0, 2**32), st.integers(2, 30), st.integers(1, 8), st.floats(-9, 9), st.floats(-3, 3)
)
def test_the_residual_is_orthogonal_to_every_column(seed, rows, columns, order, shift):
    numbers = np.random.default_rng(seed)
    matrix = numbers.normal(size=(rows, columns)) * 10.0 ** (order * numbers.uniform(size=columns))
    matrix += shift * np.abs(matrix).max(axis=0)
    target = numbers.normal(size=rows)
    residual = target - LinearRegression().fit(matrix, target).predict(matrix)
    sizes = np.abs(matrix).max(axis=0)
    # The rounding of a prediction, which sums columns of some thousand times its size.
    assert np.abs(residual @ (matrix / sizes)).max() < 1e-8 * rows
    assert abs(residual.sum()) < 1e-8 * rows


class TestDependentColumns:
    """Of all the slopes that predict alike, the shortest are learned, as `numpy.linalg.lstsq`."""

    def shortest(self, matrix, target):
        centred = matrix - matrix.mean(axis=0)
        return np.linalg.lstsq(centred, target - target.mean(), rcond=None)[0]

    @pytest.mark.parametrize(
        "matrix",
        [
            normal(30, 2) @ [[1.0, 2.0, 0.0, 3.0], [0.0, 0.0, 1.0, 1.0]],
            np.column_stack([normal(30, 2), np.zeros(30), np.full(30, 0.1)]),
            normal(5, 12),
            normal(5, 12) * np.logspace(-2, 2, 12),
            normal(5, 12) * np.logspace(-5, 5, 12),
            normal(1, 3),
            np.repeat(normal(20, 1), 4, axis=1) * [1.0, 10.0, 0.1, -5.0],
        ],
        ids=[
            "combined",
            "constant",
            "more columns than rows",
            "of unlike scales",
            "of scales far apart",
            "one row",
            "repeated",
        ],
    )
    def test_slopes_are_the_shortest(self, matrix):
        target = normal(len(matrix), 1, seed=9).ravel()
        model = LinearRegression().fit(matrix, target)
        expected = self.shortest(matrix, target)
        assert np.linalg.norm(model.coef_ - expected) <= 1e-7 * np.linalg.norm(expected)
        assert np.isfinite(model.predict(matrix)).all()

    def test_scales_far_apart_do_not_harm_the_prediction(self):
        base = normal(40, 1).ravel()
        matrix = np.column_stack([base * 1e-8, base * 1e12])
        target = 3 * base + 1
        model = LinearRegression().fit(matrix, target)
        assert np.allclose(target, model.predict(matrix), rtol=1e-13, atol=1e-13)
        assert np.allclose([0, 3e-12], model.coef_, rtol=1e-10, atol=1e-22)


def test_whitened_columns_are_orthogonal_with_mean_square_one():
    matrix = normal(50, 4) * [1, 1e3, 1e-3, 1] + [0, 1e4, 0, 5]
    base, units = standardized(matrix.T, noisy(matrix))
    white = np.array(whitened(base, units).columns)
    assert np.allclose(np.eye(4) * 50, white @ white.T, atol=1e-9)
    assert np.allclose(0, white.sum(axis=1), atol=1e-9)


def test_a_start_that_is_the_answer_stays_there():
    model = LinearRegression().fit([[1.0], [2.0], [3.0]], [4.0, 4.0, 4.0])
    assert ({"m0": 0.0}, 4.0, 1) == (model.mx, model.yint, model.n_iter_)


def test_the_rate_is_half_of_the_largest_stable_one():
    for reduction, rate in (("mean", 0.5), ("sum", 0.5 / 60)):
        model = LinearRegression(reduction=reduction).fit(normal(60, 3), noisy(normal(60, 3)))
        assert pytest.approx(rate, rel=1e-12) == model.learning_rate_
        exact = least_squares(normal(60, 3), noisy(normal(60, 3)))
        assert np.allclose(exact, learned(model), rtol=1e-12)


def test_a_slope_beyond_the_largest_float_is_refused_with_the_column():
    with pytest.raises(DataError, match="'tiny' of X varies so little that its slope is beyond"):
        LinearRegression().fit(
            {"fine": [1.0, 2.0, 4.0], "tiny": [1e-310, 3e-310, 2e-310]}, [1, 2, 3]
        )
