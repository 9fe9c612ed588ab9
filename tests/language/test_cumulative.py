"""Running folds: NumPy's values, gradients against central differences, zeros and ties too."""

import math

import numpy as np
import pytest
from tests.language.test_linear_algebra import central

import chainrule
from chainrule import (
    cummax,
    cummin,
    cumprod,
    cumsum,
    expression,
    gradient,
    hvp,
    jvp,
    logcumsumexp,
    parse,
    vjp,
)
from chainrule.errors import ShapeError

x = expression("x")
TABLE = np.array([[1.5, 0.0, 0.5, 3.0], [0.0, 4.0, -1.0, 2.0]])
RUNNING = [
    (cumsum, np.add),
    (cumprod, np.multiply),
    (logcumsumexp, np.logaddexp),
    (cummax, np.maximum),
    (cummin, np.minimum),
]
each = pytest.mark.parametrize(("of", "rule"), RUNNING, ids=lambda item: item.__name__)


@each
def test_values_are_numpys(of, rule):
    assert np.array_equal(rule.accumulate(TABLE.ravel()), of(TABLE))
    for axis in (0, 1, -1):
        assert np.array_equal(
            rule.accumulate(TABLE, axis=axis), of(x, axis=axis).eval({"x": TABLE})
        )
    backward = rule.accumulate(TABLE[:, ::-1], axis=1)[:, ::-1]
    assert np.array_equal(backward, of(TABLE, 1, reverse=True))
    assert (0,) == of(np.zeros((0, 3))).shape
    assert (0, 3) == of(np.zeros((0, 3)), axis=0).shape


@each
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_gradients_are_those_of_central_differences_to_the_second_order(of, rule, axis):
    del rule
    values = {"x": TABLE + 0.01 * np.arange(8.0).reshape(2, 4) - 0.01 * np.eye(2, 4)}
    values["x"][0, 1] = 0.0
    loss = chainrule.sum(of(x, axis=axis) ** 3)
    slopes = loss.diff(values, "x")
    assert np.allclose(central(loss, values, "x"), slopes, rtol=1e-6, atol=1e-7)
    along = np.cos(np.arange(8.0)).reshape(2, 4)
    moved = [gradient(loss, {"x": values["x"] + t * along})["x"] for t in (1e-5, -1e-5)]
    second = hvp(loss, values, {"x": along})["x"]
    assert np.allclose((moved[0] - moved[1]) / 2e-5, second, rtol=1e-5, atol=1e-5)


@each
def test_forward_is_the_transpose_of_reverse(of, rule):
    del rule
    values, along = {"x": TABLE + 0.1}, np.sin(np.arange(8.0)).reshape(2, 4)
    formula, weights = of(x, axis=1, reverse=True), np.cos(np.arange(8.0)).reshape(2, 4)
    forward = np.sum(weights * jvp(formula, values, {"x": along}))
    assert np.sum(along * vjp(formula, values, weights)["x"]) == pytest.approx(forward, rel=1e-12)


def test_the_slopes_of_a_product_are_right_where_elements_are_zero():
    one, two = np.array([2.0, 0.0, 3.0]), np.array([2.0, 0.0, 0.0, 5.0])
    assert [1.0, 2.0 + 6.0, 0.0] == gradient(chainrule.sum(cumprod(x)), {"x": one})["x"].tolist()
    assert [1.0, 2.0, 0.0, 0.0] == gradient(chainrule.sum(cumprod(x)), {"x": two})["x"].tolist()


def test_a_running_maximum_shares_the_slope_of_a_tie_as_maximum_does():
    tied = {"x": np.array([1.0, 2.0, 2.0, 0.5])}
    for of in (cummax(x)[2], chainrule.maximum(x[1], x[2])):
        assert [0.0, 0.5, 0.5, 0.0] == gradient(of, tied)["x"].tolist()
    assert [1.0, 2.0, 1.0, 0.0] == gradient(chainrule.sum(cummax(x)), tied)["x"].tolist()


def test_logarithms_of_running_sums_are_stable_far_out():
    far = {"x": np.array([-math.inf, 1000.0, -1000.0, 1001.0])}
    found = logcumsumexp(x)
    assert [-math.inf, 1000.0, 1000.0] == found.eval(far)[:3].tolist()
    slopes = gradient(chainrule.sum(found[1:]), far)["x"]
    share = 1 / (1 + math.e)
    assert [0.0, 2 + share, 0.0, 1 - share] == pytest.approx(slopes.tolist(), rel=1e-13)
    assert np.isfinite(jvp(found[1:], far, {"x": np.ones(4)})).all()


def test_a_running_fold_reads_back_and_refuses_an_axis_that_is_not_there():
    assert cumsum(x, axis=1, reverse=True) is parse("cumsum(x, axis=1, reverse=True)")
    with pytest.raises(ShapeError, match="axis 1 is out of range for an array of 1 axis"):
        cumprod(x, axis=1).eval({"x": np.ones(3)})
    assert "(n, 3)" == str(cumsum(expression("X", shape=("n", 3)), axis=0).shape)
    assert "(3*n,)" == str(cumsum(expression("X", shape=("n", 3))).shape)


def test_numpys_functions_build_them():
    assert np.cumsum(x, axis=1) is cumsum(x, axis=1)
    assert np.cumprod(x) is cumprod(x)


def test_single_precision_stays_single():
    column = {"x": TABLE.astype(np.float32)}
    for of, _ in RUNNING:
        loss = chainrule.sum(of(x, axis=1) ** 2)
        assert np.float32 == of(column["x"], axis=1).dtype
        assert np.float32 == loss.diff(column, "x").dtype
