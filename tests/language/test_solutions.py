"""Determinants, inverses and solutions: NumPy's values, and what a singular matrix gets."""

import numpy as np
import pytest
import scipy.linalg

import chainrule as c
from chainrule import expression, matrix, vector
from chainrule.errors import DerivativeError, ShapeError, SingularMatrix

A, B, b = expression("A"), expression("B"), expression("b")
RANDOM = np.random.default_rng(7)
SQUARE = RANDOM.normal(size=(4, 4))
BATCH = RANDOM.normal(size=(3, 1, 4, 4))
SINGULAR = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])


@pytest.mark.parametrize("values", [SQUARE, BATCH, np.zeros((0, 0)), np.array([[3.0]])])
@pytest.mark.parametrize("name", ["det", "inv", "pinv"])
def test_a_function_of_a_square_matrix_has_numpys_value(name, values):
    expected = getattr(np.linalg, name)(values)
    found = getattr(c, name)(A).eval({"A": values})
    assert np.shape(expected) == np.shape(found)
    assert np.allclose(expected, found, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("left", "right"),
    [((4, 4), (4,)), ((4, 4), (4, 2)), ((3, 1, 4, 4), (4,)), ((3, 1, 4, 4), (2, 4, 5))],
)
def test_a_solution_takes_vectors_and_matrices_as_numpy_does(left, right):
    values = {"A": RANDOM.normal(size=left), "b": RANDOM.normal(size=right)}
    found = c.solve(A, b).eval(values)
    assert np.allclose(np.linalg.solve(values["A"], values["b"]), found, rtol=1e-11)
    slopes = c.sum(c.solve(A, b) ** 2).diff(values)
    assert {name: value.shape for name, value in values.items()} == {
        name: slope.shape for name, slope in slopes.items()
    }
    assert c.check_gradient(c.sum(c.solve(A, b) ** 2), values).ok


def test_single_precision_stays_and_whole_numbers_become_floats():
    assert np.float32 == c.inv(SQUARE.astype(np.float32)).dtype
    assert np.float32 == c.solve(A, b).eval({"A": np.eye(2, dtype="f"), "b": np.ones(2, "f")}).dtype
    assert [[0.5]] == c.inv(np.array([[2]])).tolist()


def test_a_nan_gives_nan():
    spoilt = np.array([[1.0, np.nan], [0.0, 1.0]])
    assert np.isnan(c.det(spoilt))
    assert np.isnan(c.inv(spoilt)).any()
    assert np.isnan(c.cofactors(spoilt)).all()
    assert np.isnan(c.pinv(spoilt)).all()
    assert np.isnan(c.lstsq(spoilt, np.ones(2))).all()


def test_the_determinant_of_a_singular_matrix_has_its_cofactors_as_slopes():
    values = {"A": SINGULAR}
    assert np.allclose([[-3, 6, -3], [6, -12, 6], [-3, 6, -3]], c.det(A).diff(values, "A"))
    along = c.hvp(c.det(A), values, {"A": np.eye(3)})["A"]
    step = 1e-6 * np.eye(3)
    ahead, behind = (c.cofactors(SINGULAR + sign * step) for sign in (1, -1))
    assert np.allclose((ahead - behind) / 2e-6, along, rtol=1e-6, atol=1e-6)
    assert not c.det(A).diff({"A": np.zeros((3, 3))}, "A").any()


def test_the_logarithm_of_a_determinant_does_not_overflow():
    large = 1e5 * np.eye(100)
    assert 100 * np.log(1e5) == pytest.approx(c.logdet(A).eval({"A": large}), rel=1e-14)
    assert np.isnan(c.logdet(np.array([[0.0, 1.0], [1.0, 0.0]])))
    sign, size = c.slogdet(A)
    assert (0.0, -np.inf) == (sign.eval({"A": SINGULAR * 0}), size.eval({"A": SINGULAR * 0}))
    assert 0 == np.max(np.abs(sign.diff({"A": SQUARE}, "A")))
    assert np.allclose(np.linalg.inv(SQUARE).T, size.diff({"A": SQUARE}, "A"))


class TestSingularMatrices:
    def test_are_named_with_their_condition_number_and_what_to_do(self):
        with pytest.raises(SingularMatrix) as caught:
            c.solve(A @ B, b).eval({"A": SINGULAR, "B": np.eye(3), "b": np.ones(3)})
        told = str(caught.value)
        assert "its condition number is" in told
        assert "lstsq" in told
        assert "A @ B has shape (3, 3)" in told

    def test_are_found_in_their_batch(self):
        stack = np.stack([np.eye(3), SINGULAR])
        with pytest.raises(SingularMatrix, match=r"at \[1\] of the batch: its condition"):
            c.inv(A).eval({"A": stack})
        with pytest.raises(SingularMatrix, match=r"at \[1\] of the batch"):
            c.solve(stack, np.ones(3))

    def test_are_linalg_errors_too(self):
        with pytest.raises(np.linalg.LinAlgError):
            c.inv(np.zeros((2, 2)))

    def test_are_not_those_that_are_only_badly_scaled(self):
        scales = np.array([1e-200, 1.0, 1e150, 1e-3])
        scaled = SQUARE * scales
        expected = np.linalg.inv(SQUARE) / scales[:, None]
        assert np.allclose(expected, c.inv(scaled), rtol=1e-12, atol=0)
        assert np.allclose(expected @ np.ones(4), c.solve(scaled, np.ones(4)), rtol=1e-12, atol=0)
        found = c.solve(np.diag([1e-30, 1.0]), np.ones(2))
        assert np.allclose([1e30, 1.0], found, rtol=1e-15)

    def test_are_met_on_the_diagonal_of_a_triangle(self):
        with pytest.raises(SingularMatrix, match="solve_triangular of a singular matrix"):
            c.solve_triangular(np.array([[1.0, 2.0], [0.0, 0.0]]), np.ones(2))


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("unit", [False, True])
def test_a_triangle_is_solved_as_in_scipy_and_the_rest_is_not_read(lower, unit):
    spoilt = SQUARE.copy()
    spoilt[np.triu_indices(4, 1) if lower else np.tril_indices(4, -1)] = np.nan
    expected = scipy.linalg.solve_triangular(
        SQUARE, np.ones(4), lower=lower, unit_diagonal=unit, check_finite=False
    )
    found = c.solve_triangular(A, b, lower=lower, unit_diagonal=unit)
    values = {"A": spoilt, "b": np.ones(4)}
    assert np.allclose(expected, found.eval(values), rtol=1e-12)
    slopes = c.sum(found).diff(values, "A")
    assert not slopes[np.isnan(spoilt)].any()
    assert np.isfinite(slopes).all()


class TestLeastSquares:
    TALL = RANDOM.normal(size=(6, 3))

    def test_has_numpys_solution_and_right_slopes(self):
        values = {"A": self.TALL, "b": RANDOM.normal(size=6)}
        expected = np.linalg.lstsq(values["A"], values["b"])[0]
        assert np.allclose(expected, c.lstsq(A, b).eval(values), rtol=1e-12)
        assert c.check_gradient(c.sum(c.lstsq(A, b) ** 3), values).ok

    def test_keeps_digits_where_columns_differ_in_scale(self):
        scaled = self.TALL * np.array([1e-9, 1.0, 1e9])
        weights = np.array([1e9, 2.0, 3e-9])
        assert np.allclose(weights, c.lstsq(scaled, scaled @ weights), rtol=1e-12)

    @pytest.mark.parametrize("scale", [1e200, 1e-200])
    def test_squares_of_large_and_of_small_elements_do_no_harm(self, scale):
        A = np.array([[2.0, 1.0], [1.0, 3.0], [0.5, 1.0]])
        expected = np.linalg.lstsq(A, np.ones(3))[0]
        assert np.allclose(expected, c.lstsq(A * scale, np.ones(3)) * scale, rtol=1e-12)

    def test_names_the_rank_of_columns_that_depend_on_each_other(self):
        with pytest.raises(SingularMatrix, match=r"(?s)of rank 2 with 3 columns.*A has shape"):
            c.lstsq(A, b).eval({"A": SINGULAR, "b": np.ones(3)})

    def test_wants_as_many_rows_as_columns(self):
        with pytest.raises(ShapeError, match=r"as many equations.*\(2, 3\).*pinv"):
            c.lstsq(np.ones((2, 3)), np.ones(2))

    def test_a_pseudo_inverse_of_less_than_full_rank_has_a_value_and_no_slope(self):
        assert np.allclose(np.linalg.pinv(SINGULAR), c.pinv(A).eval({"A": SINGULAR}))
        with pytest.raises(DerivativeError, match=r"rank 2.*jumps"):
            c.sum(c.pinv(A)).diff({"A": SINGULAR}, "A")


def test_shapes_are_refused_in_words_before_there_are_values():
    X = matrix("X", "n", 3)
    with pytest.raises(ShapeError, match=r"inv takes a square matrix.*\(n, 3\)"):
        c.inv(X).shape
    with pytest.raises(ShapeError, match="needs 4 rows"):
        c.solve(matrix("S", 4, 4), vector("v", 3)).shape
    assert "(n, 2)" == str(c.solve(matrix("S", "n", "n"), matrix("T", "n", 2)).shape).replace(
        "'", ""
    )
    with pytest.raises(ShapeError, match="det takes a square matrix"):
        c.det(np.ones((2, 3)))


def test_numpys_functions_build_ours():
    assert np.linalg.inv(A) is c.inv(A)
    assert np.linalg.solve(A, np.ones(2)) is c.solve(A, np.ones(2))
    assert np.linalg.slogdet(A) == c.slogdet(A)
    with pytest.raises(c.errors.OperationError, match=r"chainrule\.lstsq"):
        np.linalg.lstsq(A, b)
