"""Softmax and its relatives: SciPy's values, stable far out, slopes that are shares."""

import math

import numpy as np
import pytest
from scipy import special

import chainrule
from chainrule import expression, gradient, log_softmax, logsumexp, parse, softmax
from chainrule.errors import OperationError, ShapeError

x, y = expression("x"), expression("y")
TABLE = np.array([[1.0, -2.0, 0.5], [3.0, 3.0, -1.0]])
FAR = np.array([1000.0, -1000.0, 999.0, -math.inf])
AXES = [None, 0, 1, -1, (0, 1)]


@pytest.mark.parametrize("axis", AXES)
def test_values_are_scipys(axis):
    assert np.allclose(special.softmax(TABLE, axis), softmax(TABLE, axis), rtol=1e-15)
    assert np.allclose(special.log_softmax(TABLE, axis), log_softmax(TABLE, axis), rtol=1e-15)
    for keepdims in (False, True):
        expected = special.logsumexp(TABLE, axis, keepdims=keepdims)
        found = logsumexp(TABLE, axis=axis, keepdims=keepdims)
        assert np.shape(expected) == np.shape(found)
        assert np.allclose(expected, found, rtol=1e-15)


def test_far_out_nothing_overflows_and_what_is_not_there_has_no_share():
    assert np.allclose([0.7310585786300049, 0.0, 0.2689414213699951, 0.0], softmax(FAR))
    assert [-0.3132616875182228, -2000.3132616875182, -math.inf] == pytest.approx(
        log_softmax(FAR)[[0, 1, 3]]
    )
    assert 1000.3132616875182 == pytest.approx(logsumexp(FAR), rel=1e-16)
    slopes = gradient(logsumexp(x), {"x": FAR})["x"]
    assert np.allclose(softmax(FAR), slopes, rtol=1e-13, atol=0)
    slopes = gradient(log_softmax(x)[0], {"x": FAR})["x"]
    assert np.allclose(np.eye(4)[0] - softmax(FAR), slopes, rtol=1e-13, atol=0)


def test_a_tiny_share_keeps_its_logarithm_and_its_slopes():
    slope = gradient(log_softmax(x)[1], {"x": np.array([800.0, 0.0])})["x"]
    assert [-1.0, 1.0] == slope.tolist()
    assert -800.0 == log_softmax(np.array([800.0, 0.0]))[1]


def test_all_of_minus_infinity_has_no_shares():
    nothing = np.full(2, -math.inf)
    assert -math.inf == logsumexp(nothing)
    assert np.isnan(softmax(nothing)).all()
    assert -math.inf == logsumexp([])


def test_one_operand_is_folded_and_several_are_taken_element_by_element():
    assert "logsumexp(x, axis=1)" == str(logsumexp(x, axis=1))
    assert logsumexp(x, axis=1) is parse("logsumexp(x, axis=1)")
    assert logsumexp(x, y) is parse("logsumexp(x, y)")
    columns = {"x": np.array([1.0, 2.0]), "y": np.array([3.0, 4.0])}
    both = np.stack([columns["x"], columns["y"]])
    assert np.allclose(special.logsumexp(both, axis=0), logsumexp(x, y).eval(columns))
    assert special.logsumexp(columns["x"]) == pytest.approx(logsumexp(x).eval(columns))
    assert (2,) == logsumexp(x, y).diff(columns, "x").shape


def test_an_axis_for_several_operands_is_refused():
    with pytest.raises(OperationError, match="axis and keepdims are for one alone"):
        logsumexp(x, y, axis=0)
    with pytest.raises(OperationError, match="axis and keepdims are for one alone"):
        logsumexp(TABLE, TABLE, axis=0)


@pytest.mark.parametrize("of", [softmax, log_softmax, logsumexp])
def test_an_axis_that_is_not_there_is_named(of):
    with pytest.raises(ShapeError, match="axis 2 is out of range for an array of 2 axes"):
        of(x, axis=2).eval({"x": TABLE})
    with pytest.raises(ShapeError, match="axis 2 is out of range"):
        of(chainrule.expression("X", shape=("n", 3)), axis=2)


def test_single_precision_stays_single():
    column = TABLE.astype(np.float32)
    for of in (softmax, log_softmax, logsumexp):
        assert np.float32 == of(column, axis=1).dtype
        loss = chainrule.sum(of(x, axis=1) ** 2)
        assert np.float32 == loss.diff({"x": column}, "x").dtype
