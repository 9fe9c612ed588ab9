"""Folds of arrays: NumPy's values, the slopes of what was chosen, and places without slopes."""

import math

import numpy as np
import pytest
from tests.language.test_linear_algebra import central

import chainrule
from chainrule import (
    argmax,
    argmin,
    count_nonzero,
    expression,
    gradient,
    hvp,
    jvp,
    maximum,
    median,
    parse,
    prod,
    std,
    where,
)
from chainrule.errors import DerivativeError, OperationError, ShapeError
from chainrule.language.arrays.positions import NoTangent

x, y = expression("x"), expression("y")
TABLE = np.array([[1.0, 3.0, 2.5, 0.0], [4.0, -0.5, 6.0, 2.0]])
CUBE = np.sin(np.arange(24.0)).reshape(2, 3, 4)
NAMES = ["prod", "max", "min", "median", "std", "any", "all", "count_nonzero"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
def test_values_are_numpys(name, axis):
    for keepdims in (False, True):
        found = getattr(chainrule, name)(x, axis=axis, keepdims=keepdims).eval({"x": CUBE})
        expected = getattr(np, name)(CUBE, axis=axis, keepdims=keepdims)
        assert np.shape(expected) == np.shape(found)
        assert np.allclose(expected, found, rtol=1e-15)


@pytest.mark.parametrize("name", ["max", "min", "prod", "median", "std", "argmax", "argmin"])
def test_numpys_own_function_builds_it(name):
    ours = getattr(chainrule, name)
    assert getattr(np, name)(x, axis=1) is ours(x, axis=1)
    assert ours(x, axis=1) is ours(x, 1)
    assert ours(x, axis=1) is parse(str(ours(x, axis=1)))


def test_numpys_other_names_are_the_same_functions():
    assert chainrule.amax is chainrule.max
    assert chainrule.amin is chainrule.min
    assert np.std(x, ddof=1) is std(x, ddof=1)


class TestProducts:
    @pytest.mark.parametrize("axis", [None, 0, 1, (1, 0)])
    @pytest.mark.parametrize("zeros", [0, 1, 2, 3])
    def test_slopes_are_right_with_zeros_among_the_elements(self, axis, zeros):
        values = {"x": TABLE[:, :3] + 0.5}
        values["x"].flat[[0, 1, 4][:zeros]] = 0.0
        loss = chainrule.sum((prod(x, axis=axis) + 1) ** 2)
        assert np.allclose(central(loss, values, "x"), loss.diff(values, "x"), atol=1e-4, rtol=1e-7)

    def test_second_slopes_with_zeros_are_products_of_the_others(self):
        at = {"x": np.array([2.0, 0.0, 0.0, 5.0])}
        second = np.array([hvp(prod(x), at, {"x": row})["x"] for row in np.eye(4)])
        expected = np.zeros((4, 4))
        expected[1, 2] = expected[2, 1] = 10.0
        assert np.array_equal(expected, second)

    def test_of_no_elements_it_is_one(self):
        assert 1.0 == prod(x).eval({"x": np.zeros(0)})
        assert (0,) == prod(x).diff({"x": np.zeros(0)}, "x").shape


class TestExtremes:
    def test_those_ahead_share_the_slope_evenly_as_maximum_has_it(self):
        tied = {"x": np.array([1.0, 3.0, 3.0, 3.0])}
        third = 1 / 3
        assert [0.0, third, third, third] == gradient(chainrule.max(x), tied)["x"].tolist()
        assert [1.0, 0.0, 0.0, 0.0] == gradient(chainrule.min(x), tied)["x"].tolist()
        pair = {"x": np.array([2.0, 2.0])}
        assert gradient(maximum(x[0], x[1]), pair)["x"].tolist() == [0.5, 0.5]
        assert gradient(chainrule.max(x), pair)["x"].tolist() == [0.5, 0.5]
        assert 1.0 == jvp(chainrule.max(x), pair, {"x": 1.0})

    def test_where_a_nan_leaves_nothing_decided_every_slope_is_nan(self):
        rows = {"x": np.array([[1.0, math.nan], [2.0, 3.0]])}
        assert np.isnan(chainrule.max(x).eval(rows))
        slopes = gradient(chainrule.sum(chainrule.max(x, axis=1)), rows)["x"]
        assert np.isnan(slopes[0]).all()
        assert [0.0, 1.0] == slopes[1].tolist()

    def test_infinities_are_elements_like_others(self):
        at = {"x": np.array([math.inf, 1.0, math.inf])}
        assert math.inf == chainrule.max(x).eval(at)
        assert [0.5, 0.0, 0.5] == gradient(chainrule.max(x), at)["x"].tolist()

    @pytest.mark.parametrize("of", [chainrule.max, chainrule.min, median, argmax, argmin])
    def test_of_no_elements_there_is_none(self, of):
        with pytest.raises(ShapeError, match=r"element.*at least; the shape is \(0, 3\)"):
            of(x, axis=0).eval({"x": np.zeros((0, 3))})
        assert (0,) == of(x, axis=1).eval({"x": np.zeros((0, 3))}).shape

    def test_two_operands_are_sent_to_maximum(self):
        with pytest.raises(OperationError, match=r"Between two operands, write maximum\(a, b\)"):
            chainrule.max(x, y)
        with pytest.raises(OperationError, match=r"Between two operands, write minimum\(a, b\)"):
            chainrule.min(2.0, 3.0)


class TestMedian:
    def test_the_middle_ones_share_the_slope(self):
        odd, even = {"x": np.array([5.0, 1.0, 2.0])}, {"x": np.array([5.0, 1.0, 2.0, 3.0])}
        assert [0.0, 0.0, 1.0] == gradient(median(x), odd)["x"].tolist()
        assert [0.0, 0.0, 0.5, 0.5] == gradient(median(x), even)["x"].tolist()
        tied = {"x": np.array([1.0, 2.0, 2.0, 7.0])}
        assert [0.0, 0.5, 0.5, 0.0] == gradient(median(x), tied)["x"].tolist()

    def test_it_is_nan_where_an_element_is(self):
        assert np.isnan(median(np.array([1.0, math.nan, 2.0])))
        assert np.isnan(gradient(median(x), {"x": np.array([1.0, math.nan])})["x"]).all()


class TestSpread:
    def test_where_all_are_equal_the_slope_is_zero(self):
        assert [0.0, 0.0] == gradient(std(x), {"x": np.array([2.0, 2.0])})["x"].tolist()
        assert 0.0 == jvp(std(x), {"x": np.array([2.0, 2.0])}, {"x": np.array([1.0, -1.0])})

    def test_its_slope_is_the_deviation_over_n_and_the_spread(self):
        row = np.array([1.0, 2.0, 6.0])
        expected = (row - 3) / (2 * np.std(row, ddof=1))
        assert np.allclose(expected, gradient(std(x, ddof=1), {"x": row})["x"], rtol=1e-14)

    def test_a_ddof_that_leaves_nothing_is_refused(self):
        with pytest.raises(ShapeError, match="needs 2 elements at least"):
            std(x, ddof=1).eval({"x": np.array([1.0])})
        with pytest.raises(OperationError, match="std's ddof must be a whole number from 0"):
            std(x, ddof=0.5)


class TestTruth:
    def test_its_value_is_a_truth_and_its_slope_zero(self):
        assert chainrule.any(x > 2).eval({"x": TABLE}) is True
        assert chainrule.all(x > 2).eval({"x": TABLE}) is False
        assert chainrule.all(x > 2, axis=0).eval({"x": TABLE}).tolist() == [
            False,
            False,
            True,
            False,
        ]
        assert 7.0 == count_nonzero(x).eval({"x": TABLE})
        assert 0.0 == chainrule.any(x > 2).diff({"x": 3.0}, "x")

    def test_it_chooses_inside_a_formula(self):
        formula = where(chainrule.all(x > 0), chainrule.sum(x * x), 0)
        assert [2.0, 4.0] == gradient(formula, {"x": np.array([1.0, 2.0])})["x"].tolist()
        assert [0.0, 0.0] == gradient(formula, {"x": np.array([-1.0, 2.0])})["x"].tolist()


class TestPlaces:
    def test_values_are_numpys(self):
        for of, numpys in ((argmax, np.argmax), (argmin, np.argmin)):
            assert float(numpys(TABLE)) == of(x).eval({"x": TABLE})
            for axis in (0, 1):
                found = of(x, axis=axis, keepdims=True).eval({"x": TABLE})
                assert np.array_equal(numpys(TABLE, axis=axis, keepdims=True), found)
        assert 1.0 == argmax(np.array([0.0, 2.0, 2.0]))

    @pytest.mark.parametrize("formula", [argmax(x), 2 * argmax(x) + x[0], argmin(x, axis=0) * y])
    def test_a_derivative_through_one_is_refused(self, formula):
        values = {"x": TABLE[0], "y": 2.0}
        for ask in (
            lambda: gradient(formula, values, "x"),
            lambda: formula.derivative("x"),
            lambda: jvp(formula, values, {"x": np.ones(4)}),
        ):
            with pytest.raises(DerivativeError, match=r"arg\w+ has no derivative: it gives places"):
                ask()

    def test_what_only_compares_one_has_its_derivative(self):
        formula = where(argmax(x) > 0, chainrule.sum(x * x), x[0]) + argmin(y)
        at = {"x": np.array([1.0, 2.0]), "y": np.array([1.0, 0.0])}
        assert [2.0, 4.0] == gradient(formula, at, "x")["x"].tolist()
        assert 6.0 == jvp(formula, at, {"x": np.ones(2)})
        assert 6.0 == formula.derivative("x").eval(at)
        assert [2.0, 2.0] == hvp(where(argmax(x) > 0, x @ x, 0), at, {"x": [1, 1]})["x"].tolist()

    def test_its_tangent_cannot_be_computed_with(self):
        none = NoTangent("argmax", "Use max.")
        for compute in (lambda: none + 1, lambda: np.ones(2) * none, lambda: np.asarray(none)):
            with pytest.raises(DerivativeError, match="argmax has no derivative"):
                compute()
