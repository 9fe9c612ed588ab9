"""Loops that stay loops: their values, their derivatives of every order, and what they refuse."""

import copy
import gc
import pickle
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest

import chainrule as c
from chainrule import expression, fori_loop, gradient, hessian, hvp, jvp, parse, scan, vector
from chainrule.engine.node import Node, pool_size
from chainrule.engine.numbers import FLOATS
from chainrule.engine.order import order
from chainrule.errors import OperationError, ParseError, SettingError, ShapeError, ValueTypeError
from chainrule.language.loops import running

a, x, s, xs = expression("a"), expression("x"), expression("s"), expression("xs")


def differences(formula, values, step=1e-6):
    """Return the gradient of a number by central differences."""
    found = {}
    for name, value in values.items():
        flat = np.array(value, dtype=float).ravel()
        slopes = np.zeros(flat.size)
        for place in range(flat.size):
            ends = []
            for sign in (1, -1):
                moved = flat.copy()
                moved[place] += sign * step
                shaped = moved.reshape(np.shape(value)) if np.shape(value) else float(moved[0])
                ends.append(formula.eval({**values, name: shaped}))
            slopes[place] = (ends[0] - ends[1]) / (2 * step)
        found[name] = slopes.reshape(np.shape(value))
    return found


def assert_gradients_agree(formula, values, tolerance=1e-7):
    """Compare reverse mode, forward mode, the symbolic gradient and differences."""
    truth = differences(formula, values)
    found = formula.diff(values)
    written = gradient(formula)
    for name, slope in truth.items():
        scale = 1 + np.max(np.abs(slope), initial=0.0)
        assert np.allclose(found[name], slope, rtol=0, atol=tolerance * scale), name
        assert np.allclose(written[name].eval(values), found[name], rtol=1e-12), name
        along = jvp(formula, values, {name: np.ones(np.shape(slope))})
        assert np.sum(found[name]) == pytest.approx(along, rel=1e-10)


def curvature_agrees(formula, values, tolerance=1e-5):
    """Compare the Hessian with differences of the gradient, and with the gradient's gradient."""
    whole = hessian(formula, values)
    for name, slope in gradient(formula).items():
        assert np.shape(slope.eval(values)) == np.shape(values[name])
        for other, block in whole[name].items():
            rows = np.asarray(block).reshape(np.size(values[name]), -1).sum(axis=0)
            truth = differences(c.sum(slope), values, 1e-5)[other]
            assert np.allclose(rows, np.ravel(truth), atol=tolerance * (1 + np.abs(truth).max()))
            swept = c.sum(slope).diff(values)
            assert np.allclose(np.ravel(swept.get(other, 0.0)), rows, atol=1e-9)


def polynomial():
    return scan(lambda total, k: (total * x + k, None), 0.0, xs)[0]


class TestValues:
    def test_horner_evaluates_a_polynomial_and_its_derivatives(self):
        coefficients = [2.0, -1.0, 0.5, 3.0]
        values = {"x": 1.5, "xs": coefficients}
        horner = polynomial()
        assert np.polyval(coefficients, 1.5) == horner.eval(values)
        first = np.polyder(coefficients)
        assert np.polyval(first, 1.5) == pytest.approx(horner.diff(values, "x"), rel=1e-15)
        second = horner.derivative("x", 2).eval(values)
        assert np.polyval(np.polyder(first), 1.5) == pytest.approx(second, rel=1e-14)

    def test_outputs_are_stacked(self):
        last, sums = scan(lambda t, k: (t + k, t), s, xs)
        assert [1.0, 3.0, 6.0] == sums.eval({"s": 1.0, "xs": [2.0, 3.0, 4.0]}).tolist()
        assert last.eval({"s": 1.0, "xs": [2.0, 3.0, 4.0]}) == 10.0

    def test_a_structure_of_states_comes_back_in_its_form(self):
        def step(state, row):
            place, speed = state["place"], state["speed"]
            return {"speed": speed - row["h"] * place, "place": place + row["h"] * speed}, (
                [place],
                speed,
            )

        start = {"place": s, "speed": 0.0}
        end, ([places], speeds) = scan(step, start, {"h": xs})
        values = {"s": 1.0, "xs": [0.5, 0.5]}
        assert ["place", "speed"] == list(end)
        assert 0.75 == end["place"].eval(values)
        assert [1.0, 1.0] == places.eval(values).tolist()
        assert [0.0, -0.5] == speeds.eval(values).tolist()

    def test_a_count_takes_the_place_of_a_sequence(self):
        doubled, _ = scan(lambda t, _: (2 * t, None), s, length=10)
        assert 1024.0 == doubled.eval({"s": 1})
        assert 1024.0 == doubled.diff({"s": 1}, "s")

    def test_a_loop_over_whole_numbers_hands_them_in(self):
        powers = fori_loop(1, 5, lambda i, t: t * x + i, 0.0)
        assert np.polyval([1, 2, 3, 4], 2.0) == powers.eval({"x": 2.0})
        assert 7.0 == fori_loop(5, 2, lambda i, t: t * i, s).eval({"s": 7.0})

    def test_no_step_leaves_the_state_and_no_output(self):
        last, rows = scan(lambda t, k: (t * k, c.sin(t) + k), s, xs)
        values = {"s": np.ones(3), "xs": np.zeros((0, 3))}
        assert [1.0, 1.0, 1.0] == last.eval(values).tolist()
        assert (0, 3) == rows.eval(values).shape
        found = c.sum(last * last).diff(values)
        assert [2.0, 2.0, 2.0] == found["s"].tolist()
        assert (0, 3) == found["xs"].shape

    def test_single_precision_stays(self):
        last, rows = scan(lambda t, k: (t * 0.5 + k, t), s, xs)
        values = {"s": np.zeros(2, np.float32), "xs": np.ones((3, 2), np.float32)}
        assert np.float32 == last.eval(values).dtype == rows.eval(values).dtype
        assert np.float32 == c.sum(last).diff(values)["xs"].dtype

    def test_fractions_stay_exact(self):
        mean = fori_loop(0, 3, lambda i, t: (t + a) / 2, s)
        values = {"s": Fraction(1), "a": Fraction(1, 3)}
        assert Fraction(5, 12) == mean.eval(values)
        assert {"s": Fraction(1, 8), "a": Fraction(7, 8)} == mean.diff(values)

    def test_complex_numbers_go_through_with_their_derivatives(self):
        squared = fori_loop(0, 2, lambda i, t: t * t * a, s)
        values = {"s": 0.5 + 0.5j, "a": 1j}
        assert values["a"] ** 3 * values["s"] ** 4 == pytest.approx(squared.eval(values))
        assert 3 * values["a"] ** 2 * values["s"] ** 4 == pytest.approx(squared.diff(values, "a"))

    def test_plain_numbers_stay_python_floats_in_every_pass(self, monkeypatch):
        lanes = []
        choose = running.Given.numbers

        def watched(given):
            lanes.append(choose(given))
            return lanes[-1]

        monkeypatch.setattr(running.Given, "numbers", watched)
        last, rows = scan(lambda t, k: (c.sin(a * t) + k, t * t), s, xs)
        values = {"a": 0.7, "s": 0.3, "xs": np.linspace(0, 1, 5)}
        (last + c.sum(rows)).diff(values)
        hvp(last + c.sum(rows), values, {"a": 1.0})
        fori_loop(0, 3, lambda i, t: c.sin(a * t) + i, s).diff({"a": 0.7, "s": 0.3})
        assert [FLOATS] * len(lanes) == lanes
        assert len(lanes) > 6

    def test_infinities_and_nans_arise_as_in_numpy(self):
        inverse = fori_loop(0, 2, lambda i, t: 1 / t - t, s)
        assert np.isnan(inverse.eval({"s": 1.0}) - np.inf)
        assert np.inf == fori_loop(0, 1, lambda i, t: 1 / t, s).eval({"s": 0.0})
        assert np.isnan(fori_loop(0, 3, lambda i, t: t * a, s).eval({"s": 1.0, "a": np.nan}))

    @pytest.mark.parametrize("start", [0.0, 1e200, -1.0, 0.3, np.nan])
    @pytest.mark.parametrize("longest", [3_000, 0])
    def test_is_to_the_bit_what_it_is_written_out(self, start, longest, monkeypatch):
        monkeypatch.setattr(running, "MOST_STEPS", longest)  # no source is generated beyond
        looped, rows = scan(lambda t, _: ((1 / t - t) * a + longest, t), s, length=3)
        written, told = s, []
        for _ in range(3):
            told.append(written)
            written = (1 / written - written) * a + longest
        values = {"s": start, "a": 2.0}
        assert np.array_equal(written.eval(values), looped.eval(values), equal_nan=True)
        truth = [item.eval(values) for item in told]
        assert np.array_equal(truth, rows.eval(values), equal_nan=True)
        slopes = written.diff(values)
        for name, slope in looped.diff(values).items():
            assert np.array_equal(slope, slopes[name], equal_nan=True)

    @pytest.mark.parametrize("kind", [np.float64, np.float32])
    @pytest.mark.parametrize("longest", [3_000, 0])
    def test_over_arrays_is_what_it_is_written_out(self, kind, longest, monkeypatch):
        monkeypatch.setattr(running, "MOST_STEPS", longest)

        def moved(t):  # `norm` and `std` are said with others
            return c.softmax(t * a) / (c.norm(t, 1) + c.std(t)) - a[::-1]

        looped = scan(lambda t, _: (moved(t), c.norm(t, 3)), s, length=3)
        first, second = moved(s), moved(moved(s))
        written = moved(second), c.stack([c.norm(t, 3) for t in (s, first, second)])
        values = {"s": np.array([0.5, -2.0, 3.0], kind), "a": np.array([1.5, 2.0, -1.0], kind)}
        for own, plain in zip(looped, written, strict=True):
            assert kind == own.eval(values).dtype
            single = 1e-6 if kind is np.float32 else 0
            np.testing.assert_allclose(plain.eval(values), own.eval(values), rtol=single)

    def test_a_step_that_is_refused_is_told_as_written(self):
        turned = scan(lambda t, A: (c.solve(A, t), None), s, xs)[0]
        with pytest.raises(
            c.errors.SingularMatrix, match=r"In solve\(A, t\): A has shape \(2, 2\)"
        ):
            turned.eval({"s": np.ones(2), "xs": np.ones((4, 2, 2))})

    def test_shapes_are_known_before_there_are_values(self):
        rows, start, weights = c.matrix("X", "n", 3), vector("h", 3), c.matrix("W", 3, 3)
        last, norms = scan(lambda h, x: (c.tanh(weights @ h + x), h @ h), start, rows)
        assert ("(3,)", "(n,)") == (str(last.shape), str(norms.shape))
        slopes = gradient(c.sum(norms) + c.sum(last))
        assert "(n, 3)" == str(slopes["X"].shape)
        with pytest.raises(ShapeError, match=r"weights|W @ `x of loop \d+` \+ q"):
            scan(lambda h, x: (weights @ x + vector("q", 4), None), start, rows)

    def test_a_loop_over_a_million_steps_holds_one_step(self):
        many = fori_loop(0, 10**6, lambda i, t: a * t * (1 - t), s)
        few = fori_loop(0, 2, lambda i, t: a * t * (1 - t), s)
        assert len(order([few])) == len(order([many]))
        assert len(order([*gradient(few).values()])) == len(order([*gradient(many).values()]))

    def test_a_name_of_the_users_does_not_mix_with_that_of_the_state(self):
        state = expression("state")
        last, _ = scan(lambda state_, k: (state_ * state + k, None), state, xs)
        assert 2.0 * 2.0 + 1.0 == last.eval({"state": 2.0, "xs": [1.0]})
        inner = fori_loop(0, 2, lambda i, state: state + fori_loop(0, 1, lambda i, state: state * i
                                                                   + a, state), s)  # fmt: skip
        assert 1.0 + 5.0 + 5.0 == inner.eval({"s": 1.0, "a": 5.0})

    def test_building_the_same_loop_twice_gives_the_same_node(self):
        assert polynomial() is polynomial()


class TestDerivatives:
    def test_of_states_outputs_sequences_and_what_is_captured(self):
        last, rows = scan(lambda t, k: (c.tanh(a * t + k), t * k * a), s, xs)
        formula = last**2 + c.sum(rows * xs) + a
        values = {"a": 0.7, "s": 0.3, "xs": np.array([0.5, -1.0, 0.25])}
        assert_gradients_agree(formula, values)
        curvature_agrees(formula, values)

    def test_of_the_logistic_map(self):
        end = fori_loop(0, 12, lambda i, t: a * t * (1 - t), s)
        values = {"a": 3.2, "s": 0.4}
        assert_gradients_agree(end, values, 1e-6)
        curvature_agrees(end, {"a": 2.5, "s": 0.4})

    def test_of_rk4_is_the_sensitivity_of_the_exact_solution(self):
        rate, steps = expression("rate"), 200
        h = 1.0 / steps

        def slope(y):
            return rate * y * (1 - y)

        def step(_, y):
            k1 = slope(y)
            k2 = slope(y + h / 2 * k1)
            k3 = slope(y + h / 2 * k2)
            k4 = slope(y + h * k3)
            return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

        end = fori_loop(0, steps, step, s)
        r, y0 = 1.7, 0.2
        exact = y0 * np.exp(r) / (1 - y0 + y0 * np.exp(r))
        values = {"rate": r, "s": y0}
        assert exact == pytest.approx(end.eval(values), rel=1e-10)
        assert exact * (1 - exact) == pytest.approx(end.diff(values, "rate"), rel=1e-9)
        by_start = np.exp(r) / (1 - y0 + y0 * np.exp(r)) ** 2
        assert by_start == pytest.approx(end.diff(values, "s"), rel=1e-9)
        second = exact * (1 - exact) * (1 - 2 * exact)
        assert second == pytest.approx(hessian(end, values)["rate"]["rate"], rel=1e-8)

    def test_through_an_optimiser(self):
        rate = expression("rate")

        def step(_, w):
            return w - rate * gradient(a * (w - x) ** 2 + w**4, wrt=w)[w.name]

        w = fori_loop(0, 20, step, 1.0)
        values = {"rate": 0.05, "a": 1.5, "x": 0.6}
        assert_gradients_agree((w - 0.5) ** 2, values)
        curvature_agrees((w - 0.5) ** 2, values)

    def test_of_a_cell_with_matrices_and_a_memory(self):
        forget, fresh, weights = expression("F"), expression("G"), expression("W")

        def cell(state, row):
            hidden, memory = state
            gate = c.sigmoid(forget @ hidden + row)
            memory = gate * memory + (1 - gate) * c.tanh(fresh @ hidden + weights * row)
            hidden = gate * c.tanh(memory)
            return (hidden, memory), c.sum(hidden * hidden)

        zero = np.zeros(3)
        (hidden, _), norms = scan(cell, (zero, zero), xs)
        chance = np.random.default_rng(1)
        values = {
            "F": chance.normal(size=(3, 3)) / 2,
            "G": chance.normal(size=(3, 3)) / 2,
            "W": chance.normal(size=3),
            "xs": chance.normal(size=(4, 3)),
        }
        formula = c.sum(norms) + c.sum(hidden)
        assert_gradients_agree(formula, values)
        direction = {name: np.ones_like(value) for name, value in values.items()}
        curved = hvp(formula, values, direction)
        ends = [
            formula.diff({name: value + sign * 1e-5 for name, value in values.items()})
            for sign in (1, -1)
        ]
        for name, found in curved.items():
            truth = (ends[0][name] - ends[1][name]) / 2e-5
            assert np.allclose(found, truth, atol=1e-6 * (1 + np.abs(truth).max()))

    def test_of_a_loop_in_a_loop(self):
        def outer(t, k):
            inner, rows = scan(lambda u, m: (c.sin(u) * a + t * m, u), t, xs)
            return inner * k + c.sum(rows), inner

        last, rows = scan(outer, s, xs)
        values = {"s": 0.3, "a": 0.8, "xs": np.array([0.2, 0.5, -0.4])}
        assert_gradients_agree(last + c.sum(rows), values)
        curvature_agrees(last + c.sum(rows), values)

    def test_by_what_does_not_matter_is_nothing(self):
        last, rows = scan(lambda t, k: ((t[0] + k, t[1] * a), t[1]), (0.0, s), xs)
        values = {"s": 2.0, "a": 3.0, "xs": [1.0, 1.0]}
        assert {"xs": [1.0, 1.0], "s": 0.0, "a": 0.0} == {
            name: np.asarray(slope).tolist() for name, slope in last[0].diff(values).items()
        }
        assert 0.0 == c.sum(rows).diff(values)["xs"].sum()

    def test_what_is_captured_is_computed_once(self):
        last, _ = scan(lambda t, k: (t + k * c.exp(a * a), None), 0.0, xs)
        loop = last.arguments[0]
        assert "exp(a*a)" in [str(argument) for argument in loop.arguments]
        assert [] == [name for name in loop.attributes[0].names if name == "a"]

    def test_a_derivative_along_the_states_of_an_elementwise_loop(self):
        last = fori_loop(0, 3, lambda i, t: t * t * a, s)
        column = np.array([0.5, 1.5])
        total = c.sum(last)
        assert_gradients_agree(total, {"s": column, "a": 0.9})


class TestCheckpoints:
    @pytest.mark.parametrize("checkpoint", [True, 1, 2, 3, 7, 50])
    def test_leave_every_derivative_what_it_was(self, checkpoint):
        values = {"a": 0.7, "s": 0.9, "xs": np.linspace(0.1, 0.5, 7)}

        def formula(**options):
            last, rows = scan(lambda t, k: (a * t + k * t * t, t * t), s, xs, **options)
            return last + c.sum(rows * xs)

        plain, checked = formula(), formula(checkpoint=checkpoint)
        assert plain.eval(values) == checked.eval(values)
        truth, found = plain.diff(values), checked.diff(values)
        for name, slope in truth.items():
            assert np.allclose(slope, found[name], rtol=1e-13)
            assert np.allclose(slope, gradient(checked)[name].eval(values), rtol=1e-13)
        whole = [hessian(item, values, as_array=True) for item in (plain, checked)]
        assert np.allclose(*whole, rtol=1e-11)

    @pytest.mark.parametrize(("count", "checkpoint"), [(0, True), (1, True), (9, 4), (10, 5)])
    def test_of_a_counted_loop_of_any_length(self, count, checkpoint):
        plain = fori_loop(0, count, lambda i, t: c.sin(t) * a + i, s)
        checked = fori_loop(0, count, lambda i, t: c.sin(t) * a + i, s, checkpoint=checkpoint)
        values = {"a": 0.7, "s": 0.9}
        assert plain.diff(values).get("a", 0.0) == pytest.approx(checked.diff(values).get("a", 0.0))
        assert plain.diff(values)["s"] == pytest.approx(checked.diff(values)["s"])

    def test_nothing_stays_of_loops_that_nobody_holds(self):
        def differentiated(number):
            end = fori_loop(0, 9, lambda i, t: c.sin(t) * a + number, s, checkpoint=2)
            gradient(end)
            return hessian(end, {"a": 0.7, "s": 0.9})

        differentiated(1.5)
        gc.collect()
        before = pool_size()
        differentiated(2.5)
        gc.collect()
        assert before == pool_size()

    def test_a_thousand_steps_fit_in_three_times_the_root_of_their_states(self):
        size, count = 4_000, 1_000
        last, _ = scan(
            lambda t, _: (t + 0.01 * c.sin(a * t), None), s, length=count, checkpoint=True
        )
        total = c.sum(last * last)
        values = {"a": 0.7, "s": np.linspace(0, 1, size)}
        total.diff({"a": 0.7, "s": np.zeros(2)})  # the graphs of the derivative are made
        tracemalloc.start()
        total.diff(values)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 3 * 8 * size * count**0.5


class TestText:
    def test_is_short_and_readable(self):
        last, rows = scan(lambda state, k: (a * state + k, state), s, xs)
        assert "scan((state, k) -> (a*state + k, state); s, xs).state" == str(last)
        assert "scan((state, k) -> (a*state + k, state); s, xs).outputs" == str(rows)
        assert r"\mapsto" in last.to_latex()

    def test_is_not_read_back_and_says_why(self):
        with pytest.raises(ParseError, match=r"'->'.*a loop is built in Python"):
            parse(str(polynomial()))
        with pytest.raises(ParseError, match=r"scan has no body.*built in Python"):
            parse("scan(x, 1)")

    def test_a_loop_is_pickled_and_copied_as_itself(self):
        nested, _ = scan(
            lambda t, k: (fori_loop(0, 3, lambda i, u: u * k + t, t), None), s, xs, checkpoint=2
        )
        whole = nested + gradient(nested)["s"]
        assert pickle.loads(pickle.dumps(whole)) is whole
        assert copy.deepcopy(whole) is whole

    def test_is_one_step_of_an_explanation_and_a_picture(self):
        end = fori_loop(0, 3, lambda i, t: a * t + i, s) * 2
        values = {"a": 2.0, "s": 1.0}
        told = str(end.explain(values))
        assert "scan((t, i) -> (a*t + i, i + 1); s, 0)" in told
        assert f"diff = {{s: {2 * 8.0:g}" in told
        picture = end.graph(values)
        assert "scan" in picture.to_mermaid()
        assert "scan" in picture.to_text()
        assert "<svg" in picture.to_svg()


class TestRefusals:
    def test_a_state_that_changes_its_shape_when_it_runs(self):
        last, _ = scan(lambda total, k: (total + k, None), 0.0, xs)
        with pytest.raises(ShapeError, match=r"state 'total' has shape \(\) and becomes \(3,\)"):
            last.eval({"xs": np.ones((2, 3))})

    def test_a_state_that_changes_its_shape_when_it_is_built(self):
        rows = c.matrix("rows", "n", 3)
        with pytest.raises(ShapeError, match=r"state 'total' has shape \(\) and becomes \(3,\)"):
            scan(lambda total, k: (total + k, None), 0.0, rows)

    def test_a_state_that_becomes_complex(self):
        last = fori_loop(0, 2, lambda i, t: t * 1j, s)
        with pytest.raises(ValueTypeError, match="state 't' is real and becomes complex"):
            last.eval({"s": np.ones(2)})

    def test_sequences_of_different_lengths(self):
        both, _ = scan(lambda t, k: (t + k[0] * k[1], None), 0.0, (xs, expression("ys")))
        with pytest.raises(ShapeError, match=r"'k_1' has 3 elements .* 'k_2' has 2"):
            both.eval({"xs": [1, 2, 3], "ys": [1, 2]})
        with pytest.raises(ShapeError, match="'k_1' and 'k_2' together"):
            scan(lambda t, k: (t + k[0], None), 0.0, (vector("u", 3), vector("v", 4)))

    def test_a_length_that_disagrees(self):
        last, _ = scan(lambda t, k: (t + k, None), 0.0, xs, length=4)
        with pytest.raises(ShapeError, match="scan of length 4 goes over 'k', which has 3"):
            last.eval({"xs": [1, 2, 3]})
        with pytest.raises(ShapeError, match="scan of length 4 goes over 'u', which has 3"):
            scan(lambda t, k: (t + k, None), 0.0, vector("u", 3), length=4)

    def test_a_number_to_go_over(self):
        last, _ = scan(lambda t, k: (t + k, None), 0.0, xs)
        with pytest.raises(ShapeError, match="no leading axis"):
            last.eval({"xs": 3.0})
        with pytest.raises(ShapeError, match="no leading axis"):
            scan(lambda t, k: (t + k, None), 0.0, 2.0)

    def test_another_form_of_the_state(self):
        with pytest.raises(ValueTypeError, match="is a tuple of 2 and becomes one expression"):
            scan(lambda t, k: (t[0], None), (0.0, 1.0), xs)
        with pytest.raises(ValueTypeError, match="returns two things"):
            scan(lambda t, k: t + k, 0.0, xs)

    def test_counts_and_steps_that_are_none(self):
        with pytest.raises(ValueTypeError, match="nothing to count its steps by"):
            scan(lambda t, k: (t, None), s)
        for length in (-1, 2.5, True):
            with pytest.raises(SettingError, match="length is"):
                scan(lambda t, k: (t, None), s, length=length)
        with pytest.raises(SettingError, match=r"upper is 2\.5"):
            fori_loop(0, 2.5, lambda i, t: t, s)
        with pytest.raises(SettingError, match="checkpoint is -2"):
            scan(lambda t, k: (t, None), s, xs, checkpoint=-2)
        with pytest.raises(ValueTypeError, match="a step is a function"):
            scan(3, s, xs)
        loop = type(polynomial().arguments[0])
        with pytest.raises(OperationError, match="has no body"):
            loop(s, xs)

    def test_an_if_in_a_step(self):
        with pytest.raises(ValueTypeError, match="where"):
            scan(lambda t, k: (t if t > k else -k, None), s, xs)

    def test_a_variable_of_a_loop_is_unknown_outside(self):
        leaked: list[Node] = []
        scan(lambda t, k: (leaked.append(t) or t + k, None), s, xs)
        with pytest.raises(c.errors.UnknownVariable, match="no value for 't of loop"):
            (leaked[0] * 2).eval({"t": 1.0})


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (
            lambda: scan(lambda state: state, 0.0, xs),
            r"with 2 arguments, .* \(state\)",
        ),
        (lambda: c.while_loop(lambda: True, lambda r: r, a), r"with 1 argument, .* \(\)"),
        (lambda: c.vmap(a * x, {"x": [1.0]}), r"over=\['x'\], then .eval\(values\)"),
    ],
)
def test_a_call_that_does_not_fit_is_told_in_words(build, words):
    with pytest.raises(ValueTypeError, match=words):
        build()
