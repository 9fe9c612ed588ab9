"""Factors, spectra, powers and exponentials of matrices: NumPy's and SciPy's values, and slopes."""

import mpmath
import numpy as np
import pytest
import scipy.linalg

import chainrule as c
from chainrule import expression, matrix, parse
from chainrule.errors import NotPositiveDefinite, OperationError, ParseError, ShapeError

A = expression("A")
RANDOM = np.random.default_rng(11)
SQUARE = RANDOM.normal(size=(4, 4))
POSITIVE = SQUARE @ SQUARE.T + 4 * np.eye(4)
BATCH = np.stack([POSITIVE, np.diag([1.0, 2.0, 3.0, 4.0])])


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (2, 5, 3), (3, 0), (0, 0)])
@pytest.mark.parametrize("name", ["svd", "qr"])
def test_factors_of_any_matrix_are_numpys_and_give_it_back(name, shape):
    values = RANDOM.normal(size=shape)
    options = {"full_matrices": False} if name == "svd" else {}
    expected = getattr(np.linalg, name)(values, **options)
    parts = getattr(c, name)(A)
    found = [part.eval({"A": values}) for part in parts]
    for one, other in zip(expected, found, strict=True):
        assert np.allclose(one, other, rtol=1e-13)
    whole = parts[0] @ parts[1] if name == "qr" else (parts.U * parts.S[..., None, :]) @ parts.Vh
    assert np.allclose(values, whole.eval({"A": values}))
    assert np.allclose(
        np.ones(shape), c.sum(whole).diff({"A": values}, "A") if values.size else 1.0
    )


@pytest.mark.parametrize("values", [POSITIVE, BATCH, np.zeros((2, 0, 0))])
def test_factors_of_a_symmetric_matrix_are_numpys(values):
    assert np.allclose(np.linalg.cholesky(values), c.cholesky(A).eval({"A": values}))
    upper = c.cholesky(A, upper=True)
    assert np.allclose(np.linalg.cholesky(values, upper=True), upper.eval({"A": values}))
    for one, other in zip(np.linalg.eigh(values), c.eigh(values), strict=True):
        assert np.allclose(one, other)
    assert np.allclose(np.linalg.eigvalsh(values), c.eigvalsh(values))


def test_a_factor_is_of_the_symmetric_part_so_that_slopes_are_symmetric():
    skew = np.triu(RANDOM.normal(size=(4, 4)), 1)
    for function in (c.cholesky, c.eigvalsh):
        assert np.allclose(function(POSITIVE), function(POSITIVE + skew - skew.T))
        loss = c.sum(function(A) ** 3)
        slopes = loss.diff({"A": POSITIVE}, "A")
        assert np.allclose(slopes, slopes.T)
        assert c.check_gradient(loss, {"A": POSITIVE}).ok


class TestEqualValues:
    def test_the_slopes_of_what_treats_eigenvalues_alike_are_right(self):
        loss = c.sum(c.eigvalsh(A) ** 2)  # the sum of squares of all elements
        assert np.allclose(2 * np.eye(3), loss.diff({"A": np.eye(3)}, "A"))
        loss = c.sum(c.eigh(A).eigenvalues)
        assert np.allclose(np.eye(3), loss.diff({"A": np.eye(3)}, "A"))

    def test_the_slopes_of_what_treats_singular_values_alike_are_right(self):
        reflection = np.array([[0.0, 2.0], [2.0, 0.0]])
        loss = c.sum(c.svdvals(A))
        assert np.allclose(reflection / 2, loss.diff({"A": reflection}, "A"))
        loss = c.sum(c.svd(A).S ** 2)
        assert np.allclose(2 * reflection, loss.diff({"A": reflection}, "A"))

    def test_eigenvectors_have_no_slope_there(self):
        loss = c.sum(c.eigh(A).eigenvectors[0])
        assert not np.isfinite(loss.diff({"A": np.eye(2)}, "A")).all()


def test_a_matrix_that_is_not_positive_definite_is_named_with_its_smallest_eigenvalue():
    with pytest.raises(NotPositiveDefinite, match=r"eigenvalue is -1, .*\nIn cholesky\(2\*A\)"):
        c.cholesky(2 * A).eval({"A": np.diag([1.0, -0.5])})
    with pytest.raises(np.linalg.LinAlgError, match=r"at \[1, 0\] of the batch"):
        c.cholesky(np.stack([np.eye(2), -np.eye(2)])[:, None])


def test_a_nan_gives_nan_in_its_own_matrix_alone():
    spoilt = np.stack([np.eye(2), np.array([[1.0, np.nan], [np.nan, 1.0]])])
    found = [c.cholesky(spoilt), c.svdvals(spoilt), c.expm(spoilt), *c.eigh(spoilt), *c.svd(spoilt)]
    for part in found:
        assert np.isfinite(part[0]).all()
        assert np.isnan(part[1]).any()
    assert [2.0] == c.matrix_rank(spoilt)[:1].tolist()


def test_parts_are_written_with_their_names_and_read_back():
    found = c.svd(A @ A)
    assert "svd(A @ A).Vh" == str(found.Vh)
    assert found.Vh is parse("svd(A @ A).Vh")
    assert c.eigh(A).eigenvalues[0] * 2 is parse("eigh(A).eigenvalues[0]*2")
    assert "2**qr(A).R**2" == str(parse("2**qr(A).R**2"))
    with pytest.raises(ParseError, match="'V' is none of its values: U, S, Vh"):
        parse("svd(A).V")
    with pytest.raises(ParseError, match="attributes are not allowed"):
        parse("2*.real")


class TestPowers:
    @pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 7])
    def test_are_numpys(self, n):
        expected = np.linalg.matrix_power(BATCH, n)
        assert np.allclose(expected, c.matrix_power(A, n).eval({"A": BATCH}), rtol=1e-12)
        loss = c.sum(c.matrix_power(A, n) ** 2)
        assert c.check_gradient(loss, {"A": POSITIVE / 5}).ok

    def test_take_whole_exponents(self):
        with pytest.raises(OperationError, match=r"whole number, not 0\.5"):
            c.matrix_power(A, 0.5)

    def test_are_read_back_and_written_as_powers(self):
        power = c.matrix_power(A, -2)
        assert power is parse(str(power))
        assert "A^{-2}" == power.to_latex()


class TestExponentials:
    @pytest.mark.parametrize("size", [1e-9, 0.01, 0.2, 0.9, 2.0, 6.0, 50.0])
    def test_are_right_to_rounding(self, size):
        values = RANDOM.normal(size=(3, 3)) * size
        with mpmath.workdps(60):
            exact = mpmath.expm(mpmath.matrix(values.tolist()))
        expected = np.array(exact.tolist(), dtype=object).astype(float).reshape(3, 3)
        scale = np.max(np.abs(expected))
        # The condition of the exponential is about the norm of the matrix.
        assert np.max(np.abs(expected - c.expm(values))) < 1e-15 * scale * (4 + 10 * size)
        direction = RANDOM.normal(size=(3, 3))
        expected = scipy.linalg.expm_frechet(values, direction, compute_expm=False)
        found = c.expm_frechet(values, direction)
        assert np.allclose(expected, found, rtol=1e-11, atol=1e-12 * np.max(np.abs(expected)))

    def test_of_a_batch_are_those_of_its_matrices(self):
        stack = np.stack([1e-3 * SQUARE, SQUARE, 30 * SQUARE])
        for one, whole in zip(stack, c.expm(stack), strict=True):
            assert np.allclose(c.expm(one), whole, rtol=1e-13)
        assert (0, 2, 2) == c.expm(np.zeros((0, 2, 2))).shape
        assert (0, 0) == c.expm(np.zeros((0, 0))).shape

    def test_of_what_is_far_from_normal_are_not_scaled_too_much(self):
        values = np.array([[1.0, 1e6], [0.0, -1.0]])
        expected = np.array([[np.e, 1e6 * np.sinh(1.0)], [0.0, 1 / np.e]])
        assert np.allclose(expected, c.expm(values), rtol=1e-14, atol=0)

    def test_of_what_is_very_large_end(self):
        assert [[0.0]] == c.expm([[-1e300]]).tolist()
        assert [[np.inf]] == c.expm([[1e300]]).tolist()
        assert c.matrix_exp is c.expm


def test_the_condition_number_has_slopes_and_the_rank_has_none():
    assert np.linalg.cond(SQUARE) == pytest.approx(c.cond(A).eval({"A": SQUARE}), rel=1e-13)
    assert c.check_gradient(c.cond(A), {"A": SQUARE}).ok
    assert 1.0 == c.matrix_rank(A).eval({"A": np.ones((3, 3))})
    assert not np.any(c.matrix_rank(A).diff({"A": SQUARE}, "A"))


def test_shapes_are_known_before_there_are_values():
    X = matrix("X", 5, 3)
    assert [(5, 3), (3,), (3, 3)] == [part.shape for part in c.svd(X)]
    assert [(5, 3), (3, 3)] == [part.shape for part in c.qr(X)]
    with pytest.raises(ShapeError, match="eigh takes a square matrix"):
        c.eigh(X).eigenvalues.shape
    with pytest.raises(ShapeError, match="svd takes a matrix"):
        c.svd(np.ones(3))


def test_numpys_functions_build_ours():
    assert np.linalg.eigh(A) == c.eigh(A)
    assert np.linalg.svd(A, full_matrices=False) == c.svd(A)
    assert np.linalg.matrix_power(A, 3) is c.matrix_power(A, 3)
    with pytest.raises(OperationError, match="full_matrices=False only"):
        np.linalg.svd(A)


def test_what_is_made_of_parts_is_explained_drawn_and_checked():
    found = c.svd(A)
    loss = c.sum(found.U @ found.Vh) + c.slogdet(A).logabsdet
    values = {"A": POSITIVE[:2, :2]}
    told = str(loss.explain(values))
    assert "s1.U" in told
    assert "s6.logabsdet" in told
    assert {"image/svg+xml", "text/html"} <= loss.graph(values)._repr_mimebundle_().keys()
    assert c.check_gradient(loss, values).ok
    assert np.allclose(c.gradient(loss)["A"].eval(values), loss.diff(values, "A"))
    assert np.isfinite(loss.diff(values, "A", on_nan="raise")).all()
