"""Short names for small formulas, where they are more than what they stand for."""

import math

import numpy as np
import pytest

from chainrule import clamp, clip, expression, isfinite, isinf, isnan, logit, sigmoid, sinc, xlogy

x = expression("x")


def test_sinc_has_every_derivative_at_0():
    found = [sinc(x).derivative("x", order).eval({"x": 0.0}) for order in (1, 2, 3, 4)]
    assert [0.0, -(math.pi**2) / 3, 0.0, math.pi**4 / 5] == pytest.approx(found, rel=1e-14)


def test_sinc_is_0_at_every_whole_number_however_large():
    assert [1.0, 0.0, 0.0, 0.0] == sinc(np.array([0.0, 1.0, -7.0, 1e17])).tolist()


def test_logit_undoes_the_sigmoid_near_one_half_too():
    for logit_of in (1e-9, -3e-5, 0.5, -20.0):
        share = sigmoid(x).eval({"x": logit_of})
        assert logit(share) == pytest.approx(logit_of, rel=1e-6)
    assert logit(0.5 + 2**-40) == pytest.approx(2**-38, rel=1e-15)


def test_xlogy_is_0_where_x_is_0():
    assert [0.0, 2 * math.log(3)] == xlogy(np.array([0.0, 2.0]), np.array([0.0, 3.0])).tolist()


def test_what_is_no_number_or_not_finite_is_told():
    special = np.array([1.0, np.nan, -np.inf, np.inf])
    told = {kind: kind(x).eval({"x": special}).tolist() for kind in (isnan, isinf, isfinite)}
    assert {
        isnan: [0.0, 1.0, 0.0, 0.0],
        isinf: [0.0, 0.0, 1.0, 1.0],
        isfinite: [1.0, 0.0, 0.0, 0.0],
    } == told


def test_clamp_is_clip():
    assert clamp is clip
