"""`check_gradient` passes what is right, names what is wrong, and says where it cannot tell."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from tests.words import our_operations

import chainrule as c
from chainrule import (
    cbrt,
    cos,
    elementwise,
    exp,
    expression,
    floor,
    log,
    maximum,
    mean_squared_error,
    named,
    parse,
    relu,
    sin,
    sqrt,
    structural,
    tanh,
    where,
)  # fmt: skip
from chainrule.calculus.check import check_gradient
from chainrule.calculus.comparison import Verdict
from chainrule.calculus.operation_points import points_of
from chainrule.engine.protocol import Role
from chainrule.errors import DerivativeError, SettingError, UnknownVariable
from chainrule.language import kinds

a, b, m, x, y = (expression(name) for name in "abmxy")


@pytest.fixture
def broken():
    """Operations with a wrong derivative, gone from the register afterwards."""
    before = dict(kinds._registry)

    class doubled(elementwise):
        forward = staticmethod(lambda x: 2 * x)

        def partials(y, x):
            return (3,)

    class swapped(elementwise):
        forward = np.multiply

        def partials(y, a, b):
            return b, 2 * a

    class folded(structural):
        forward = staticmethod(np.sum)

        def pull(g, y, x):
            return (2 * g * np.ones(np.shape(x)),)

    class lost(elementwise):
        forward = np.sin

        def partials(y, x):
            return (math.nan,)

    yield {"doubled": doubled, "swapped": swapped, "folded": folded, "lost": lost}
    kinds._registry.clear()
    kinds._registry.update(before)


@pytest.mark.parametrize(
    ("formula", "values"),
    [
        ("c*(a + 2*b)", {"a": 1, "b": 2, "c": 3}),
        ("x**3 + 3*y**2 + 3*x + 1", {"x": 10, "y": 5}),
        ("sin(x)**2 + cos(x)**2", {"x": 0.3}),
        ("y**x", {"x": 2, "y": 3}),
        ("sin(x*y)*exp(-x) + log(x)*tanh(y)", {"x": 0.7, "y": -1.2}),
        ("mean((m*x + b - y)**2)", {"m": 2, "b": 1, "x": [1.0, 2.0, 3.0], "y": [2.0, 5.0, 4.0]}),
        ("sum(x, axis=0)*x", {"x": [[1.0, 2.0], [3.0, -4.0]]}),
        ("x*y", {"x": [1.0, 2.0], "y": 3.0}),
        ("x @ y", {"x": [[1.0, 2.0], [3.0, 4.0]], "y": [0.5, 2.0]}),
    ],
)
def test_what_is_right_passes(formula, values):
    report = check_gradient(parse(formula), values)
    assert report.ok, str(report)
    assert bool(report)
    assert () == report.culprits == report.kinks
    assert sorted(values) == sorted(partial.variable for partial in report.partials)
    report.raise_for_failure()


def test_a_wrong_local_derivative_is_named_with_both_values(broken):
    d = named("d", broken["doubled"](b))
    report = check_gradient(a * sin(d) + b, {"a": 1.5, "b": 2.0})
    assert not report.ok
    assert "b" == report.worst.variable
    (culprit,) = report.culprits
    assert ("doubled", 1, (2.0,)) == (culprit.operation, culprit.operand, culprit.at)
    assert (
        "step d = doubled(b) (doubled): local derivative by operand 1 (b) at (2) is 3.0, "
        "numerically 2.0" == str(culprit)
    )
    assert "wrong: step d = doubled(b)" in str(report)
    with pytest.raises(DerivativeError, match=r"numerically 2\.0"):
        report.raise_for_failure()


def test_the_operand_that_is_wrong_is_the_one_named(broken):
    report = check_gradient(sin(broken["swapped"](x, y)), {"x": 2.0, "y": 3.0})
    assert [(2, "y")] == [(step.operand, step.operand_text) for step in report.culprits]
    assert ["differs"] == [
        partial.comparison.verdict.value for partial in report.partials if not partial.ok
    ]


def test_a_wrong_derivative_that_a_zero_hides_is_found_all_the_same(broken):
    report = check_gradient(0 * broken["doubled"](x), {"x": 1.0})
    assert all(partial.ok for partial in report.partials)
    assert not report.ok
    assert ["doubled"] == [step.operation for step in report.culprits]


def test_a_slope_that_is_not_a_number_where_there_is_one_is_wrong(broken):
    report = check_gradient(broken["lost"](x), {"x": 1.0})
    assert "is nan, numerically 0.5403" in str(report.culprits[0])


def test_a_wrong_pull_is_named(broken):
    report = check_gradient(a * broken["folded"](x * x), {"a": 1.0, "x": [2.0, 3.0]})
    assert ["folded"] == [step.operation for step in report.culprits]
    assert "pull, along one direction, by operand 1 (x*x)" in str(report)
    assert report.worst.place in {(0,), (1,)}


def test_a_wrong_element_of_a_column_is_found(broken):
    column = np.linspace(1.0, 2.0, 7)
    report = check_gradient(c.sum(broken["doubled"](x) * where(x > 1.9, 1, 0)), {"x": column})
    assert not report.ok
    assert (6,) == report.worst.place


def test_a_wrong_operation_is_named_wherever_it_is_smooth(broken):
    draw = np.random.default_rng(0)
    for at, beside in draw.normal(size=(20, 2)) * 10.0 ** draw.uniform(-6, 6, size=(20, 1)):
        report = check_gradient(sin(broken["swapped"](x, y)), {"x": at, "y": beside})
        assert Verdict.DIFFERS is report.verdict, str(report)
        (culprit,) = report.culprits
        assert (2, 2 * at) == (culprit.operand, culprit.comparison.analytic)
        assert math.isclose(at, culprit.comparison.numerical, rel_tol=1e-6)


def test_a_right_operation_is_never_called_wrong():
    """At any magnitude: where differences cannot tell, that is what the report says."""
    draw = np.random.default_rng(0)
    decided = 0
    for kind in our_operations().values():
        if kind.role is not Role.OPERATION:
            continue
        if kind.__name__.startswith("place_of"):
            continue  # a place has no derivative, and says so
        if not (kind.is_elementwise or {"axis", "keepdims"} <= kind.keywords.keys()):
            continue  # a matrix of elements of all magnitudes is as good as singular
        if "product" in kind.__name__:
            continue  # of all magnitudes, products on the way overflow where the whole does not
        points = points_of(kind, kind.samples)
        point = points[draw.integers(len(points))]
        shapes = [np.shape(operand) for operand in point.operands]
        near = [
            operand * (1 + 0.3 * draw.normal(size=np.shape(operand))) for operand in point.operands
        ]
        far = [
            draw.choice([-1, 1], size=shape) * 10.0 ** draw.uniform(-320, 308, size=shape)
            for shape in shapes
        ]
        for operands in (near, far):
            values = {f"x{number}": operand for number, operand in enumerate(operands)}
            node = kind.of((*[expression(name) for name in values], *point.attributes))
            try:
                report = check_gradient(node, values)
            except DerivativeError:  # that of a place, say
                continue
            assert Verdict.DIFFERS is not report.verdict, f"{values}\n{report}"
            decided += report.ok
    assert decided > 80


@pytest.mark.parametrize(
    ("formula", "values", "operation"),
    [
        (abs(x), {"x": 0}, "absolute"),
        (relu(x - 1), {"x": 1.0}, "relu"),
        (maximum(x, y), {"x": 2.0, "y": 2.0}, "larger"),
        (where(x > 0, x, -x), {"x": 0.0}, "greater"),
        (floor(x) * x, {"x": 2.0}, "rounding_down"),
        (sqrt(x), {"x": 0.0}, "square_root"),
        (sqrt(x - 1), {"x": 1.0}, "square_root"),
        (1e-9 * floor(x), {"x": 2.0}, "rounding_down"),
    ],
    ids=str,
)
def test_at_a_kink_nothing_is_decided_and_the_step_is_named(formula, values, operation):
    report = check_gradient(formula, values)
    assert Verdict.UNDECIDED is report.verdict, str(report)
    assert operation in [step.operation for step in report.kinks]
    assert "not smooth: step" in str(report)
    assert "on the left and" in str(report)


def test_a_kink_beside_smooth_elements_is_told_and_is_no_failure():
    report = check_gradient(c.sum(abs(x)), {"x": [1.0, 0.0, -2.0]})
    assert report.ok
    assert ["absolute"] == [step.operation for step in report.kinks]
    assert (1, 3) == (report.partials[0].undecided, report.partials[0].checked)
    assert "(nothing is decided at 1 of 3)" in str(report)


def test_a_partial_that_is_undecided_beside_others_is_named():
    report = check_gradient(x**3 + x * abs(y), {"x": 1.0, "y": 0.0})
    assert report.ok
    assert ["y"] == [partial.variable for partial in report.undecided]
    assert "gradient of x**3 + x*abs(y): ok, but undecided by y" == report.summary()


def test_an_element_without_a_value_does_not_hide_a_wrong_one(broken):
    report = check_gradient(log(x) + broken["doubled"](x), {"x": [-1.0, 2.0]})
    assert not report.ok
    assert ((1,), 1) == (report.worst.place, report.worst.undecided)


@pytest.mark.parametrize(
    ("formula", "at"),
    [
        (abs(x), 1e-9), (log(x), 1e-10), (1 / x, 1e-5), (sqrt(x), 1e-12), (exp(x), 709.0),
        (x**2, 0.0), (x**3, -1e-7), (1e9 * x, 3.0), (sin(1000 * x), 0.3), (tanh(x), 10.0),
        (x - x, 5.0), (1e-200 * x, 1.0), (sin(x), 1e12), (sin(x), 1e15), (sin(1 / x), 1e-4),
        (exp(x), -700.0), (sin(x) ** 2 + cos(x) ** 2, 0.7),
    ],
    ids=str,
)  # fmt: skip
def test_awkward_places_that_are_smooth_pass_without_a_word(formula, at):
    report = check_gradient(formula, {"x": at})
    assert report.ok, str(report)
    assert () == report.kinks


@pytest.mark.parametrize(
    ("formula", "at", "reason"),
    [
        (log(x), -1.0, "there is no value here: it is nan"),
        (1 / x, 0.0, "the value here is inf: a pole, or an overflow"),
        (exp(x), 710.0, "the value here is inf: a pole, or an overflow"),
        (cbrt(x), 0.0, "the derivative here is inf"),
        (x**2, 1e-300, "underflow"),
        (x * x, 1e-200, "underflow"),
        (x * x * 1e300, 1e-200, "underflow"),
        (exp(x), -745.0, "underflow"),
        (tanh(x), 30.0, "the value, 1, rounds so small a slope away"),
        (1e20 + x - 1e20, 1.0, "rounding or underflow inside hides"),
        (
            sin(x),
            1e22,
            "floats near 1e+22 lie 2.1e+06 apart, too far",
        ),
        (floor(x), 1e110, "too far for the values to be followed"),
        (sqrt(abs(x)), 0.0, "nan"),
    ],
    ids=str,
)
def test_where_nothing_can_be_told_nothing_is_decided_and_the_reason_is_given(formula, at, reason):
    report = check_gradient(formula, {"x": at})
    assert not report
    assert Verdict.UNDECIDED is report.verdict, str(report)
    assert reason in str(report)
    assert report.summary().endswith(": undecided")
    with pytest.raises(DerivativeError, match="nothing is decided, so this is no pass"):
        report.raise_for_failure()


def test_where_there_is_nothing_to_compare_nothing_is_decided():
    assert "undecided, it has no elements" in str(check_gradient(c.sum(x), {"x": []}))
    assert "there is no variable" in str(check_gradient(parse("2 + 3"), {}))


def test_a_large_table_is_checked_in_places_and_says_so():
    rows = np.linspace(-1, 1, 1000)
    values = {"m": 2.0, "b": 1.0, "x": rows, "y": rows**2}
    report = check_gradient(mean_squared_error(m * x + b, y), values)
    assert report.ok, str(report)
    checked = {partial.variable: (partial.checked, partial.of) for partial in report.partials}
    assert (64, 1000) == checked["x"]
    assert (1, 1) == checked["m"]
    assert "(64 of 1000 elements)" in str(report)


def test_a_dataframe_gives_the_values():
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [0.5, -1.0]})
    assert check_gradient(c.mean(x * y), frame, ["x"]).ok


def test_single_precision_is_checked_in_double():
    assert check_gradient(c.sum(sin(x)), {"x": np.ones(3, dtype=np.float32)}).ok


def test_a_step_without_a_derivative_is_named():
    before = dict(kinds._registry)

    class silent(elementwise):
        forward = np.sin

    kinds._registry.clear()
    kinds._registry.update(before)
    with pytest.raises(DerivativeError, match="silent declares no derivative"):
        check_gradient(silent(x), {"x": 1.0})


def test_a_report_is_a_value():
    report = check_gradient(x * y, {"x": 2.0, "y": 3.0})
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.tolerance = 1
    assert math.isclose(3.0, report.partials[0].comparison.numerical, rel_tol=1e-10)
    assert str(report).startswith("gradient of x*y: ok\n  by x: 3, numerically 3 (within ")
    assert "<GradientReport: gradient of x*y: ok>" == repr(report)
    assert repr(report.partials[0]).startswith("PartialCheck(by x: 3, numerically 3 (within ")


def test_bad_questions_are_refused_with_words():
    for tolerance in (0, 1, math.nan, "small", True):
        with pytest.raises(SettingError, match="tolerance must lie between 0 and 1"):
            check_gradient(x, {"x": 1}, tolerance=tolerance)
    with pytest.raises(UnknownVariable, match="does not contain 'z'"):
        check_gradient(x, {"x": 1}, "z")
    with pytest.raises(UnknownVariable, match="cannot vary 'd'"):
        check_gradient(named("d", 2 * x) * x, {"x": 1}, "d")


def test_a_long_chain_is_walked():
    chain = x
    for _ in range(300):
        chain = sin(chain) + x
    assert check_gradient(chain, {"x": 0.3}).ok


def test_wrong_and_bent_steps_are_found_among_many_of_their_operation(broken):
    bends = [abs(x * number - 6) for number in range(1, 9)]
    report = check_gradient(sum(bends), {"x": 1.5})
    assert [step.step for step in report.kinks] == ["abs(x*4 - 6)"]
    terms = [broken["swapped"](x, sin(y * number)) for number in range(1, 9)]
    report = check_gradient(sum(terms), {"x": 1.5, "y": 2.0})
    alone = [check_gradient(term, {"x": 1.5, "y": 2.0}).culprits for term in terms]
    assert [len(found) for found in alone] == [1] * len(terms)
    assert [str(step) for step in report.culprits] == [str(found[0]) for found in alone]


def test_partials_of_a_large_formula_are_told_as_one_by_one(broken):
    rng = np.random.default_rng(3)
    values = {f"x{number}": float(rng.uniform(0.5, 2)) for number in range(150)}
    values |= {"x7": 0.0, "x8": -1.0}
    variables = {name: expression(name) for name in values}
    parts = [sin(v) * exp(-v * v) + 0.1 * tanh(v) for v in variables.values()]
    parts += [abs(variables["x7"]), broken["doubled"](variables["x130"])]
    root = sum(parts)
    told = {partial.variable: partial for partial in check_gradient(root, values).partials}
    assert list(told) == list(values)
    assert [name for name, partial in told.items() if not partial.ok] == ["x130"]
    assert told["x7"].comparison.verdict is Verdict.KINK
    for name in [*list(values)[:10], "x130", "x149"]:
        partial = check_gradient(root, values, name).partials[0]
        assert told[name].comparison.verdict is partial.comparison.verdict
        assert told[name].comparison.analytic == partial.comparison.analytic
        assert told[name].comparison.numerical == pytest.approx(
            partial.comparison.numerical, rel=1e-6, abs=1e-9
        )


def in_turn(step, count=120):
    """A chain that takes 100 variables in turn."""
    variables = [expression(f"x{number}") for number in range(100)]
    chain = variables[0]
    for number in range(count):
        chain = step(chain, variables[number % 100])
    return chain


NOTHING_AGREES = [
    ("differs", lambda e, v, broken: broken["swapped"](v, sin(e) + 2), 0.1),
    ("kink", lambda e, v, _: e + abs(v), 0.0),
    ("kink", lambda e, v, _: abs(e) - v, 0.0),
    ("undecided", lambda e, v, _: exp(e) + v, 1.0),
    ("undecided", lambda e, v, _: log(-e * e - 1) + v, 1.0),
    ("undecided", lambda e, v, _: sin(e + v) * 0.1, 0.5),
]


@pytest.mark.parametrize(("verdict", "step", "at"), NOTHING_AGREES)
def test_many_partials_that_do_not_agree_are_told_as_one_by_one(broken, verdict, step, at):
    chain = in_turn(lambda e, v: step(e, v, broken))
    values = {name: at + 0.001 * number * (at != 0) for number, name in enumerate(chain.variables)}
    report = check_gradient(chain, values)
    assert {partial.comparison.verdict.value for partial in report.partials} >= {verdict}
    for partial in [*report.partials[:3], *report.partials[-3:]]:
        (alone,) = check_gradient(chain, values, partial.variable).partials
        found, wanted = partial.comparison, alone.comparison
        assert (found.verdict, found.reason) == (wanted.verdict, wanted.reason)
        assert partial.undecided == alone.undecided
        assert (partial.checked, partial.of, partial.place) == (1, 1, ())
        assert np.array_equal(found.analytic, wanted.analytic, equal_nan=True)
        within = 20 * found.error if math.isfinite(found.error) else 0.0
        assert found.numerical == pytest.approx(wanted.numerical, rel=1e-6, abs=within, nan_ok=True)
        assert (found.left is None) is (found.verdict is not Verdict.KINK)
        if found.verdict is Verdict.KINK:
            assert (found.left, found.right) == pytest.approx((wanted.left, wanted.right))


@pytest.mark.parametrize(("verdict", "step", "at"), NOTHING_AGREES)
def test_many_partials_that_do_not_agree_take_few_evaluations(
    monkeypatch, broken, verdict, step, at
):
    chain = in_turn(lambda e, v: step(e, v, broken))
    evaluations = []
    evaluate = expression.eval

    def counting(*given, **options):
        evaluations.append(given)
        return evaluate(*given, **options)

    monkeypatch.setattr(expression, "eval", counting)
    report = check_gradient(chain, dict.fromkeys(chain.variables, at))
    assert verdict in {partial.comparison.verdict.value for partial in report.partials}
    assert len(evaluations) < 5 * len(chain.variables)


def test_steps_that_do_not_agree_are_computed_together(broken):
    calls = []
    kind = broken["swapped"]
    computed = kind.on_array
    kind.on_array = staticmethod(lambda *given: calls.append(given) or computed(*given))
    counts = []
    for number in (2, 50):
        calls.clear()
        terms = [kind(x, sin(y * part)) for part in range(1, number + 1)]
        report = check_gradient(sum(terms), {"x": 1.5, "y": 2.0})
        assert len(report.culprits) == number
        counts.append(len(calls))
    assert counts[1] < 2 * counts[0]
