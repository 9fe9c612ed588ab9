"""Loops that go on while a condition holds."""

import pickle

import numpy as np
import pytest

import chainrule as c
from chainrule import expression, gradient, hessian, jvp, while_loop
from chainrule.errors import EndlessLoop, SettingError, ShapeError, ValueTypeError

a, s, x = expression("a"), expression("s"), expression("x")


def root_of(number):
    return while_loop(lambda r: c.abs(r * r - number) > 1e-13, lambda r: (r + number / r) / 2, s)


def newton(number):
    return while_loop(
        lambda r: c.abs(r * r - number) > 1e-13 * number, lambda r: (r + number / r) / 2, number
    )


class TestValuesAndDerivatives:
    def test_newtons_root_and_its_derivatives(self):
        root, values = root_of(a), {"a": 2.0, "s": 1.0}
        assert 2**0.5 == pytest.approx(root.eval(values), rel=1e-15)
        slope = 0.5 / 2**0.5
        assert slope == pytest.approx(root.diff(values, "a"), rel=1e-12)
        assert slope == pytest.approx(jvp(root, values, {"a": 1.0}), rel=1e-12)
        written = gradient(root)["a"]
        assert slope == pytest.approx(written.eval(values), rel=1e-12)
        curvature = -0.25 * 2**-1.5
        assert curvature == pytest.approx(hessian(root, values)["a"]["a"], rel=1e-9)
        assert curvature == pytest.approx(written.diff(values, "a"), rel=1e-9)
        assert pickle.loads(pickle.dumps(written)) is written

    def test_through_a_descent_that_stops_by_itself(self):
        def slope(w):
            return gradient(c.sum((a * w - x) ** 2) + c.sum(w**4), wrt=w)[w.name]

        w = while_loop(
            lambda w: c.sum(slope(w) ** 2) > 1e-20, lambda w: w - 0.05 * slope(w), np.zeros(2)
        )
        values = {"a": 1.2, "x": np.array([0.5, -0.8])}
        at = w.eval(values)
        # The derivative of the minimum, by the implicit function theorem.
        curvature = 2 * 1.2**2 + 12 * at**2
        assert np.allclose(c.sum(w).diff(values, "x"), 2 * 1.2 / curvature, rtol=1e-7)
        by_a = (-4 * 1.2 * at + 2 * values["x"]) / curvature
        assert np.sum(by_a) == pytest.approx(c.sum(w).diff(values, "a"), rel=1e-7)

    def test_a_state_of_several_and_no_step_at_all(self):
        count, total = while_loop(
            lambda state: state[1] < a, lambda state: (state[0] + 1, state[1] * x), (0.0, s)
        )
        assert 4.0 == count.eval({"a": 10.0, "s": 1.0, "x": 2.0})
        assert {"a": 0.0, "s": 16.0, "x": 32.0} == total.diff({"a": 10.0, "s": 1.0, "x": 2.0})
        assert {"a": 0.0, "s": 1.0, "x": 0.0} == total.diff({"a": 1.0, "s": 1.0, "x": 2.0})

    def test_a_linear_loop_needs_its_length_only(self):
        moved = while_loop(lambda t: c.sum(t) < 10.0, lambda t: t + x, s)
        values = {"s": np.zeros(2), "x": np.array([1.0, 2.0])}
        assert [4.0, 4.0] == c.sum(moved).diff(values, "x").tolist()

    def test_in_a_scan_and_in_a_map(self):
        total, roots = c.scan(
            lambda t, k: (t + k * (root := newton(k * a)), root), 0.0, expression("ks")
        )
        values = {"a": 2.0, "ks": np.array([1.0, 2.0, 3.0])}
        assert np.allclose(np.sqrt([2.0, 4.0, 6.0]), roots.eval(values), rtol=1e-12)
        # The sum of k^1.5 a^0.5, and its derivatives.
        weight = np.sum(values["ks"] ** 1.5)
        assert weight / 2 / 2**0.5 == pytest.approx(total.diff(values, "a"), rel=1e-9)
        assert -weight / 4 / 2**1.5 == pytest.approx(hessian(total, values)["a"]["a"], rel=1e-8)
        mapped = c.sum(c.vmap(lambda k: k * newton(k * a))(expression("ks")))
        by_each = 1.5 * np.sqrt(values["ks"]) * 2**0.5
        assert np.allclose(by_each, mapped.diff(values, "ks"), rtol=1e-9)

    def test_is_written_with_its_condition(self):
        assert "while_loop(r -> (r + a/r)/2 while abs(r*r - a) > 1e-13; s).r" == str(root_of(a))


class TestRefusals:
    def test_a_loop_that_never_ends(self):
        ever = while_loop(lambda r: r < 5.0, lambda r: r * 1.0, s, max_steps=10)
        with pytest.raises(EndlessLoop, match=r"after 10 steps, where r = 2\..*max_steps"):
            ever.eval({"s": 2.0})
        column = while_loop(lambda r: c.sum(r + x) < 50, lambda r: r * 1, s, max_steps=3)
        with pytest.raises(EndlessLoop, match=r"r = \[0\. 0\. 0\.\]"):
            column.eval({"s": np.zeros(3), "x": np.zeros((2, 1))})

    def test_a_nan_ends_every_comparison(self):
        assert np.isnan(root_of(a).eval({"a": 2.0, "s": np.nan}))
        stuck = while_loop(lambda r: ~(r > 5.0), lambda r: r * a, s, max_steps=20)
        with pytest.raises(EndlessLoop, match="r = nan"):
            stuck.eval({"a": np.nan, "s": 1.0})

    def test_a_condition_that_is_an_array(self):
        many = while_loop(lambda r: r < 5.0, lambda r: r + 1.0, s)
        with pytest.raises(ShapeError, match=r"condition of a while_loop has shape \(2,\)"):
            many.eval({"s": np.zeros(2)})
        with pytest.raises(ShapeError, match=r"condition of a while_loop has shape \(3,\)"):
            while_loop(lambda r: r < 5.0, lambda r: r + 1.0, c.vector("v", 3))

    def test_a_condition_that_is_none(self):
        with pytest.raises(ValueTypeError, match="no comparison of its state"):
            while_loop(lambda r: r - 1, lambda r: r, s)
        with pytest.raises(ValueTypeError, match="no comparison of its state"):
            while_loop(lambda r: True, lambda r: r, s)
        with pytest.raises(SettingError, match="max_steps is -1"):
            while_loop(lambda r: r < 1, lambda r: r, s, max_steps=-1)

    def test_a_state_that_changes_its_shape(self):
        grown = while_loop(lambda t: c.sum(t) < 5, lambda t: t + x, 0.0)
        with pytest.raises(ShapeError, match=r"state 't' has shape \(\) and becomes \(2,\)"):
            grown.eval({"x": np.ones(2)})
