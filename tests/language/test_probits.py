"""The inverse of the error function."""

import numpy as np
import pytest

from chainrule import erfc, erfinv, expression

x = expression("x")


def test_it_undoes_the_error_function_in_the_far_tail_too():
    beside_1 = 2.0 ** -np.arange(2, 54)
    assert np.allclose(beside_1, erfc(erfinv(1 - beside_1)), rtol=1e-13, atol=0)


def test_it_is_infinite_at_the_ends_and_nan_beyond():
    found = erfinv(np.array([-1.0, 1.0, 1.0 + 2**-52, -2.0, np.nan]))
    assert [-np.inf, np.inf] == found[:2].tolist()
    assert np.isnan(found[2:]).all()
    assert np.inf == erfinv(x).eval({"x": 1.0})


def test_tiny_numbers_keep_their_digits():
    tiny = np.array([1e-300, -1e-20, 0.0])
    assert np.allclose(tiny * np.sqrt(np.pi) / 2, erfinv(tiny), rtol=1e-15, atol=0)


def test_its_slope_is_infinite_at_the_ends():
    assert np.inf == erfinv(x).diff({"x": 1.0}, "x")
    assert np.sqrt(np.pi) / 2 == pytest.approx(erfinv(x).diff({"x": 0.0}, "x"), rel=1e-15)
