"""Where an operand is left out nothing flows: every choice beside every infinite slope, every road.

An operand that a choice, a selection or a seed of 0 leaves out has a slope of 0, however steep what
stands above or below it is. A zero that was computed is no such thing.
"""

import math

import numpy as np
import pytest

import chainrule as cr
from chainrule import (
    arccos,
    arcsin,
    arctanh,
    cbrt,
    check_gradient,
    clip,
    composed,
    constant,
    elu,
    exp,
    expression,
    gradient,
    hardsigmoid,
    hardswish,
    hardtanh,
    hessian,
    hvp,
    jacobian,
    jvp,
    leaky_relu,
    log,
    logit,
    maximum,
    minimum,
    relu,
    relu6,
    sqrt,
    take,
    vjp,
    where,
    xlogy,
)
from chainrule.language.kinds import operations

x, y, c = expression("x"), expression("y"), expression("c")
weighted = operations()["weighted"]


class twice_clipped(composed):
    """An operation of a user's own, which says no more than its meaning."""

    samples = ((2.0,),)

    def meaning(x):
        return 2 * clip(x, 0, 1) + 3


# name: the choice, where it leaves its operand out, its value there; where not, and the slope there
CHOICES = {
    "relu": (relu, -4.0, 0.0, 1.0, 1.0),
    "relu6 below": (relu6, -4.0, 0.0, 1.0, 1.0),
    "relu6 above": (relu6, 9.0, 6.0, 5.0, 1.0),
    "hardtanh below": (hardtanh, -4.0, -1.0, 0.5, 1.0),
    "hardtanh above": (hardtanh, 4.0, 1.0, 0.5, 1.0),
    "hardsigmoid below": (hardsigmoid, -5.0, 0.0, 1.0, 1 / 6),
    "hardsigmoid above": (hardsigmoid, 5.0, 1.0, -1.0, 1 / 6),
    "hardswish": (hardswish, -5.0, 0.0, 2.0, 2 / 3 + 0.5),
    "leaky ramp of slope 0": (lambda t: leaky_relu(t, 0.0), -4.0, 0.0, 1.0, 1.0),
    "clip below": (lambda t: clip(t, 0, 1), -2.0, 0.0, 0.5, 1.0),
    "clip above": (lambda t: clip(t, 0, 1), 2.0, 1.0, 0.5, 1.0),
    "maximum": (lambda t: maximum(t, 1), -2.0, 1.0, 3.0, 1.0),
    "maximum, turned": (lambda t: maximum(1, t), -2.0, 1.0, 3.0, 1.0),
    "minimum": (lambda t: minimum(t, 1), 4.0, 1.0, -1.0, 1.0),
    "where": (lambda t: where(t > 0, t, 0), -2.0, 0.0, 2.0, 1.0),
    "where, turned": (lambda t: where(t <= 0, 0, t), -2.0, 0.0, 2.0, 1.0),
    "weighted": (lambda t: weighted(t, t > 0), -2.0, 0.0, 2.0, 1.0),
    "of a user's own": (twice_clipped, -2.0, 3.0, 0.5, 2.0),
}
# name: the operation, where its slope is infinite, which way its domain lies, and its slope
STEEP = {
    "sqrt": (sqrt, 0.0, 1, lambda t: 0.5 / math.sqrt(t)),
    "log": (log, 0.0, 1, lambda t: 1 / t),
    "one over": (lambda t: 1 / t, 0.0, 1, lambda t: -1 / t**2),
    "power": (lambda t: t**0.5, 0.0, 1, lambda t: 0.5 * t**-0.5),
    "negative power": (lambda t: t**-1.5, 0.0, 1, lambda t: -1.5 * t**-2.5),
    "cbrt": (cbrt, 0.0, 1, lambda t: t ** (-2 / 3) / 3),
    "arcsin": (arcsin, 1.0, -1, lambda t: 1 / math.sqrt(1 - t * t)),
    "arccos": (arccos, 1.0, -1, lambda t: -1 / math.sqrt(1 - t * t)),
    "arctanh": (arctanh, 1.0, -1, lambda t: 1 / (1 - t * t)),
    "xlogy": (lambda t: xlogy(t, t), 0.0, 1, lambda t: math.log(t) + 1),
    "xlogy of a number": (lambda t: xlogy(2.0, t), 0.0, 1, lambda t: 2 / t),
    "logit": (logit, 0.0, 1, lambda t: 1 / (t * (1 - t))),
}
choices = pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
steeps = pytest.mark.parametrize("steep", STEEP.values(), ids=STEEP)


def of_columns(formula, column):
    """Give the slope of each element of a formula of x, by every road over arrays."""
    values, total = {"x": column}, cr.sum(formula)
    ones = np.ones_like(column)
    yield "diff", total.diff(values, "x")
    yield "diff of each", formula.diff(values, "x")
    yield "value_and_diff", total.value_and_diff(values)[1]["x"]
    yield "gradient", gradient(total, values, "x")["x"]
    yield "jacobian", jacobian(total, values, "x")
    yield "jacobian of each", np.diag(jacobian(formula, values, "x"))
    rows = jacobian(cr.stack([total, 2 * total, 3 * total]), values, "x")
    yield "jacobian of rows", rows[0]
    yield "jacobian of rows, the last", rows[2] / 3
    yield "sparse", jacobian(formula, values, "x", sparse=True).diagonal()
    yield "vjp", vjp(formula, values, ones)["x"]
    yield "jvp", jvp(formula, values, {"x": ones})
    yield "jvp, in turn", [jvp(total, values, {"x": row}) for row in np.eye(len(column))]
    yield "vjp, in turn", [vjp(formula, values, row)["x"].sum() for row in np.eye(len(column))]
    yield "written", formula.derivative("x").eval(values)
    yield "written backward", gradient(total)["x"].eval(values)


def of_numbers(formula, place):
    """Give the slope of a formula of x, by every road over numbers."""
    values = {"x": place}
    yield "diff", formula.diff(values, "x")
    yield "gradient", gradient(formula, values)["x"]
    yield "jacobian", jacobian(formula, values, "x")
    yield "jacobian of several", jacobian([formula, 2 * formula], values, "x")[1] / 2
    yield "jvp", jvp(formula, values, {"x": 1.0})
    yield "vjp", vjp(formula, values)["x"]
    yield "written", formula.derivative("x").eval(values)
    yield "written backward", gradient(formula)["x"].eval(values)
    yield "written forward", jvp(formula).eval({"x": place, "dx": 1.0})
    for _ in range(35):
        formula.diff(values)
    yield "generated", formula.diff(values)["x"]


def above(choice, steep):
    """Build a steep operation over a choice, infinitely steep at what the choice is made of."""
    build, _, value, inside, slope = choice
    operation, edge, way, by_hand = steep
    outward = float(np.sign(build(constant(inside)).eval({}) - value))
    scale = 0.1 * way * outward
    formula = operation(edge + scale * (build(x) - value))
    at_inside = edge + scale * (build(constant(inside)).eval({}) - value)
    return formula, scale * slope * by_hand(at_inside)


@choices
@steeps
class TestASteepOperationAboveAChoice:
    def test_arrays(self, choice, steep):
        formula, slope = above(choice, steep)
        column = np.array([choice[1], choice[3]])
        for road, found in of_columns(formula, column):
            np.testing.assert_allclose(found, [0.0, slope], rtol=1e-9, err_msg=road)

    def test_numbers(self, choice, steep):
        formula, slope = above(choice, steep)
        for place, wanted in ((choice[1], 0.0), (choice[3], slope)):
            for road, found in of_numbers(formula, place):
                np.testing.assert_allclose(found, wanted, rtol=1e-9, err_msg=road)

    def test_second_derivatives(self, choice, steep):
        formula, _ = above(choice, steep)
        assert hessian(formula, {"x": choice[1]})["x"]["x"] == 0.0
        values = {"x": np.array([choice[1], choice[3]])}
        found = hessian(cr.sum(formula), values, as_array=True)
        assert found[0].tolist() == found[:, 0].tolist() == [0.0, 0.0]
        assert np.isfinite(found).all()


def below(choice, steep):
    """Build a choice that leaves out a steep operation at its edge; None if its value is lost."""
    build, left_out = choice[:2]
    operation, edge = steep[:2]
    with np.errstate(all="ignore"):
        value = float(operation(x).eval({"x": np.array([edge])})[0])
    if math.isfinite(value):
        return build(operation(x) + (left_out - value))
    formula = build(operation(x) * float(np.sign(value) * np.sign(left_out)))
    kept = np.isfinite(formula.eval({"x": np.array([edge])})).all()
    return formula if kept else None


def difference(formula, place, step=1e-6):
    """Return the slope of a formula at a place from its values nearby."""
    high, low = formula.eval({"x": place + step}), formula.eval({"x": place - step})
    return (high - low) / (2 * step)


@choices
@steeps
class TestASteepOperationBelowAChoice:
    def test_arrays(self, choice, steep):
        formula = below(choice, steep)
        if formula is None:
            assert choice in (CHOICES["hardswish"], CHOICES["leaky ramp of slope 0"])
            return
        wanted = [0.0, difference(formula, 0.45)]
        for road, found in of_columns(formula, np.array([steep[1], 0.45])):
            np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-9, err_msg=road)

    def test_numbers(self, choice, steep):
        formula = below(choice, steep)
        if formula is None:
            assert choice in (CHOICES["hardswish"], CHOICES["leaky ramp of slope 0"])
            return
        for road, found in of_numbers(formula, steep[1]):
            assert found == 0.0, road


@choices
def test_a_check_of_the_gradient_finds_nothing(choice):
    formula, _ = above(choice, STEEP["cbrt"])
    assert check_gradient(formula, {"x": choice[1]}).ok
    assert check_gradient(cr.sum(formula), {"x": np.array([choice[1], choice[3]])}).ok


def test_a_saturated_ramp_over_an_overflow_has_no_slope():
    assert cr.sum(relu6(exp(x))).diff({"x": np.array([800.0, 1.0])}, "x").tolist() == [0.0, math.e]
    assert relu6(exp(x)).diff({"x": 800.0}, "x") == 0.0
    assert relu6(exp(x)).derivative("x").eval({"x": 800.0}) == 0.0


class TestAZeroThatWasComputed:
    """It is a number: times infinity it is NaN, on every road."""

    @pytest.mark.parametrize(
        "formula",
        [sqrt(x) ** 2, sqrt(x) * sqrt(x), 0.0 * sqrt(x), sqrt(x * x), (x * x) ** 0.5],
        ids=str,
    )
    def test_is_not_nothing(self, formula):
        values = {"x": 0.0}
        assert math.isnan(formula.diff(values, "x"))
        assert math.isnan(jvp(formula, values, {"x": 1.0}))
        column = {"x": np.array([0.0, 4.0])}
        for found in (cr.sum(formula).diff(column, "x"), jvp(formula, column, {"x": 1.0})):
            assert np.isnan(found).tolist() == [True, False]

    def test_an_underflow_in_a_branch_that_was_taken_is_one(self):
        formula = sqrt(elu(x) + 1)
        assert math.isnan(formula.diff({"x": -800.0}, "x"))
        assert np.isnan(cr.sum(formula).diff({"x": np.array([-800.0, 1.0])}, "x"))[0]

    def test_a_missing_number_is_not_left_out(self):
        rows = {"x": np.array([1.0, math.nan, 2.0]), "y": np.array([1.0, 2.0, 3.0]), "c": 0.5}
        for ramp in (relu, relu6, hardtanh, hardsigmoid, lambda t: leaky_relu(t, 0.0)):
            loss = cr.mean((y - ramp(x * c)) ** 2)
            assert math.isnan(loss.diff(rows, "c"))
            assert math.isnan(loss.derivative("c").eval(rows))


class sum_of_roots(composed):
    """A fold of a user's own, whose slope is infinite inside."""

    samples = ((np.array([1.0, 4.0]),),)

    def meaning(x):
        return cr.sum(sqrt(x))


class roots_so_far(composed):
    """A running fold of a user's own."""

    samples = ((np.array([1.0, 4.0]),),)

    def meaning(x):
        return cr.cumsum(sqrt(x))


@pytest.mark.parametrize(
    ("whole", "meant"),
    [
        (sum_of_roots(x) * 0.0, cr.sum(sqrt(x)) * 0.0),
        (sum_of_roots(x * x), cr.sum(sqrt(x * x))),
        (cr.sum(roots_so_far(x) * c), cr.sum(cr.cumsum(sqrt(x)) * c)),
        (roots_so_far(x * c)[1], cr.cumsum(sqrt(x * c))[1]),
    ],
    ids=str,
)
def test_a_composed_operation_tells_zeros_apart_as_its_meaning_does(whole, meant):
    values = {"x": np.array([0.0, 1.0]), "c": np.array([0.0, 1.0])}
    values = {name: value for name, value in values.items() if name in meant.variables}
    np.testing.assert_array_equal(whole.diff(values, "x"), meant.diff(values, "x"))
    for direction in np.eye(2):
        along = [jvp(formula, values, {"x": direction}) for formula in (whole, meant)]
        np.testing.assert_array_equal(*along)


# What brackets and their like take of three elements; each leaves out the last.
SELECTIONS = {
    "one": lambda t: t[1],
    "a slice": lambda t: cr.sum(t[:2]),
    "a step": lambda t: cr.sum(t[1::-1]),
    "a list": lambda t: cr.sum(t[[1, 0, 1]]),
    "a mask": lambda t: cr.sum(t[np.array([True, True, False])]),
    "take": lambda t: cr.sum(take(t, [0, 1])),
    "two steps": lambda t: t[:2][1] * t[0],
    "reshaped": lambda t: cr.sum(t[None, :2].T),
    "squared": lambda t: cr.sum(t[:2] ** 2),
    "chosen": lambda t: cr.sum(where(x >= 90, 0, t)[:2]),
}


@pytest.mark.parametrize("select", SELECTIONS.values(), ids=SELECTIONS)
@steeps
class TestSecondDerivativesBelowASelection:
    """They are those of the elements selected; of the one left out they are 0."""

    def test_are_those_of_what_was_taken(self, select, steep):
        operation, edge, way, _ = steep
        formula = select(operation(c * x))
        kept = edge + way * np.array([0.2, 0.3])
        values = {"x": np.array([*kept, edge]), "c": 1.0}
        padded = cr.concatenate([expression("some"), np.array([edge + way * 0.4])])
        plain = select(operation(c * padded))  # at no edge
        if select is SELECTIONS["chosen"]:
            plain = cr.sum(operation(c * expression("some")))
        wanted = hessian(plain, {"some": kept, "c": 1.0}, ["some", "c"], as_array=True)
        wanted = np.insert(np.insert(wanted, 2, 0.0, axis=0), 2, 0.0, axis=1)
        settings = {"wrt": ["x", "c"], "as_array": True}
        for sparsity in (False, True):
            found = hessian(formula, values, **settings, sparsity=sparsity)
            np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
        vector = {"x": np.array([0.3, -0.2, 0.7]), "c": -0.4}
        along = hvp(formula, values, vector)
        flat = wanted @ [*vector["x"], vector["c"]]
        np.testing.assert_allclose([*along["x"], along["c"]], flat, rtol=1e-9, atol=1e-12)

    def test_are_nan_where_what_was_taken_has_none(self, select, steep):
        operation, edge, way, _ = steep
        formula = select(operation(c * x))
        values = {"x": np.array([math.nan, math.nan, edge + way * 0.2]), "c": 1.0}
        assert np.isnan(hessian(formula, values, "c")["c"]["c"])


@steeps
class TestASeedOfZero:
    """What does not move, or is not asked for, does no harm where its slope is infinite."""

    def test_of_a_number(self, steep):
        formula = steep[0](x) + y
        values = {"x": steep[1], "y": 1.0}
        assert jvp(formula, values, {"x": 0.0, "y": 1.0}) == 1.0
        assert jvp(formula, tangents={"x": 0, "y": 1}).eval(values) == 1.0
        assert vjp(steep[0](x), {"x": steep[1]}, 0.0) == {"x": 0.0}

    def test_of_some_elements(self, steep):
        operation, edge, way, slope = steep
        inside = edge + 0.2 * way
        values = {"x": np.array([edge, inside]), "y": 1.0}
        wanted = slope(inside)
        along = jvp(cr.sum(operation(x)) * y, values, {"x": np.array([0.0, 2.0])})
        assert along == pytest.approx(2 * wanted)
        back = vjp(operation(x) + y, values, np.array([0.0, 2.0]))["x"]
        np.testing.assert_allclose(back, [0.0, 2 * wanted])
        # The other way round nothing is left out: what is infinite stays so.
        assert not np.isfinite(jvp(cr.sum(operation(x)) * y, values, {"x": np.array([2.0, 0.0])}))

    def test_of_a_row_among_rows(self, steep):
        operation, edge, way, slope = steep
        inside = edge + 0.2 * way
        values = {"x": np.array([edge, inside])}
        total = cr.sum(operation(x))
        for count in range(1, 4):
            rows = cr.stack([(number + 1) * total for number in range(count)])
            for settings in ({}, {"sparsity": True}, {"sparse": True}):
                found = jacobian(rows, values, "x", as_array=True, **settings)
                dense = found.toarray() if settings.get("sparse") else found
                assert not np.isfinite(dense[:, 0]).any()
                np.testing.assert_allclose(dense[:, 1], slope(inside) * np.arange(1, count + 1))
