"""Cases in which an engine of this kind is easily wrong."""

import pydoc

import numpy as np
import pytest

import chainrule
from chainrule import (
    composed,
    elementwise,
    expression,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    named,
    parse,
    where,
)
from chainrule.engine.node import pool_size
from chainrule.engine.targets.source import PAYS_AFTER
from chainrule.errors import ChainRuleError, NotANumber, OperationError, ShapeError

x, y, z, w, c = (expression(name) for name in "xyzwc")


def test_a_tangent_smaller_than_its_operand_is_spread_before_a_product():
    product = x @ (y + w)
    values = {"x": [[1.0, 2.0], [3.0, 4.0]], "y": [[1.0, 0.0], [0.0, 2.0]], "w": [5.0, 6.0]}
    assert [[3.0, 0.0], [7.0, 0.0]] == jvp(product, values, {"w": [1.0, 0.0]}).tolist()
    assert [[3.0, 0.0], [0.0, 3.0]] == jacobian(product, values, "w")[0].tolist()
    squares = chainrule.sum(product**2)
    assert [116.0, 0.0] == hvp(squares, values, {"w": [1.0, 0.0]})["w"].tolist()


def test_a_key_is_the_expressions_own():
    key = np.array([0, 1])
    chosen = x[key]
    key[0] = 2
    assert [10.0, 20.0] == chosen.eval({"x": [10.0, 20.0, 30.0]}).tolist()


def test_a_constant_array_cannot_be_changed_by_anybody():
    held = chainrule.constant(np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="WRITEABLE"):
        held.value.flags.writeable = True


def test_tidying_keeps_a_column_of_ones_a_column():
    total = chainrule.sum(x**0 * z)
    assert 3.0 == chainrule.sum(x**0).tidy().eval({"x": [1.0, 2.0, 3.0]})
    assert 3.0 == gradient(total)["z"].eval({"x": [1.0, 2.0, 3.0], "z": 1.0})


def test_answers_are_the_callers_own():
    found = chainrule.sum((x + y) ** 2).diff({"x": np.ones(2), "y": np.ones(2)})
    found["x"] *= 0.1
    assert [4.0, 4.0] == found["y"].tolist()
    given = np.ones(3)
    for same in (x, x[:], named("d", x)):
        answer = same.eval({"x": given})
        answer += 1
    assert [1.0, 1.0, 1.0] == given.tolist()


def test_the_gradient_of_a_selection_keeps_double_precision():
    assert 0.2 == (x[...] ** 2).diff({"x": 0.1}, "x")


def test_a_step_and_what_it_is_made_of_may_both_be_asked_for():
    step = named("d", 2 * y)
    formula = c * step**2 + y**2
    at = {"y": 3.0, "c": 1.0}
    rows = hessian(formula, at, ["y", "d"])
    product = hvp(formula, at, {"y": 1.0, "d": 1.0})
    assert {name: rows[name]["y"] + rows[name]["d"] for name in ("y", "d")} == product


def test_a_comparison_that_is_a_derivative_is_a_number():
    slope = (x * (y < 1)).derivative("x")
    assert 1.0 == slope.eval({"y": 0.0})
    assert not isinstance(slope.eval({"y": 0.0}), bool)
    assert [1.0, 0.0] == (-slope * -1).eval({"y": [0.0, 2.0]}).tolist()


def test_an_expression_meets_its_own_derivative():
    step = named("d", 1 * x + 0)
    formula = step**2
    assert 3.0 == (formula + formula.derivative("x")).eval({"x": 1.0})


def test_a_number_gains_an_axis():
    assert [2.0] == x[None].eval({"x": 2.0}).tolist()
    assert 2.0 == chainrule.sum(x[None], axis=0).eval({"x": 2.0})


@pytest.mark.parametrize(
    ("axis", "error", "words"),
    [
        (1, ShapeError, r"axis 1 is out of range"),
        (1.5, OperationError, r"not 1\.5"),
        ("a", OperationError, "not 'a'"),
        ((0, 0), ShapeError, "named twice"),
    ],
)
@pytest.mark.parametrize("fold", [chainrule.sum, chainrule.mean, chainrule.var, chainrule.count])
def test_an_axis_that_is_none_is_named(fold, axis, error, words):
    with pytest.raises(error, match=words):
        fold(x, axis=axis).eval({"x": np.ones(2)})


def test_an_operation_made_from_another_works_out_its_own_rules():
    class squared(composed):
        samples = ((2.0,),)

        def meaning(x):
            return x * x

    assert 6.0 == squared(x).diff({"x": 3.0}, "x")

    class cubed(squared):
        def meaning(x):
            return x * x * x

    assert 27.0 == cubed(x).eval({"x": 3.0})
    assert 27.0 == cubed(x).diff({"x": 3.0}, "x")


@pytest.mark.parametrize("by", [float("inf"), np.float64(2.0), 3])
def test_attributes_reach_generated_code_as_they_are(by):
    class shifted(elementwise):
        keywords = {"by": 1.0}
        samples = ((2.0,),)

        def forward(x, by):
            return x + by

        def partials(y, x, by):
            return (1,)

    formula = shifted(x, by=by) * 1
    answers = {formula.eval({"x": 1.0}) for _ in range(PAYS_AFTER + 2)}
    assert {1.0 + by} == answers


@pytest.mark.parametrize("name", ["sine", "multiplication", "leaky_relu", "sigmoid", "item"])
def test_help_is_there_for_every_word(name):
    assert name in pydoc.render_doc(getattr(chainrule, name))


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("1e308*3", "3*1e+308"),
        ("x*1e200*1e200", "x*1e+200*1e+200"),
        ("0.5*x*1e308*1e308", "0.5*x*1e+308*1e+308"),
    ],
)
def test_constants_too_large_to_fold_are_left_alone(text, tidied):
    assert tidied == str(parse(text).tidy())


@pytest.mark.parametrize(
    ("formula", "at"),
    [
        (x * (y * x), {"x": 1e-200, "y": 1e200}),
        (y * x * y, {"x": np.inf, "y": 1e-200}),
        ((x * 1e200) * 1e200, {"x": 1e-200}),
        ((x + 1e308) + 1e308, {"x": -1e308}),
        ((x * y) * (x * y), {"x": 1e-200, "y": 1e200}),
    ],
    ids=str,
)
def test_tidying_changes_no_value_by_another_order(formula, at):
    assert formula.eval(at) == formula.tidy().eval(at)


def test_strict_mode_minds_the_value_not_the_way_to_it():
    safe = where(x > 0, log(x), x)
    assert -1.0 == safe.eval({"x": -1.0}, on_nan="raise")
    assert 0.0 == (1 / chainrule.exp(x)).eval({"x": 1000.0}, on_nan="raise")
    with pytest.raises(NotANumber, match="log"):
        log(x).eval({"x": -1.0}, on_nan="raise")


def test_symbolic_gradients_leave_nothing_behind():
    gradient(chainrule.sum(expression("warm") * z))
    before = pool_size()
    for number in range(50):
        gradient(chainrule.sum(expression(f"leaf {number}") * z))
    assert before == pool_size()


def test_every_float_computes_in_double_precision_but_single():
    assert [90_000.0] == (x * x).eval({"x": np.float16([300])}).tolist()
    assert np.float64 == (x * 1).eval({"x": np.ones(2, dtype=np.longdouble)}).dtype


@pytest.mark.parametrize(
    ("formula", "values", "words"),
    [
        (1 + named("d", log(2 * x)), {"x": -3}, "log(2*x), the step 'd', is nan, where 2*x = -6.0"),
        (named("d", 1 + log(x)) * 2, {"x": [1, -3]}, "log(x), in the step 'd', is nan in row 1"),
        (log(named("d", 2 * x)), {"x": -3}, "log((d := 2*x)) is nan, where (d := 2*x) = -6.0"),
    ],
)
def test_where_a_nan_arises_the_named_step_is_told(formula, values, words):
    with pytest.raises(NotANumber) as raised:
        formula.eval(values, on_nan="raise")
    assert words in str(raised.value)


@pytest.mark.parametrize("exponent", [0.5, 1.5, -0.5])
def test_a_power_is_the_same_of_a_number_and_in_a_column(exponent):
    points = [-np.inf, -0.0, 0.0, 4.0, np.inf]
    column = (x**exponent).eval({"x": points}).tolist()
    single = (x**exponent).eval({"x": np.array(points, np.float32)})
    assert [repr((x**exponent).eval({"x": at})) for at in points] == list(map(repr, column))
    assert np.float32 == single.dtype
    assert column == pytest.approx(single.tolist(), rel=1e-6)


@pytest.mark.parametrize(
    ("fold", "data", "words"),
    [
        (chainrule.mean(x), [], "the mean of no elements is not a number"),
        (chainrule.var(x), [], "the variance of no elements is not a number"),
        (chainrule.mean(x, axis=0), np.zeros((0, 3)), "the shape is (0, 3)"),
        (chainrule.var(x, ddof=1), [2.0], "the variance of 1 element is not a number"),
        (chainrule.mean_squared_error(x, 2 * x), [], "In mean_squared_error(x, 2*x): x has shape"),
    ],
)
def test_a_mean_of_nothing_is_refused_however_it_is_asked_for(fold, data, words):
    for ask in (fold.eval, fold.diff, lambda values: jacobian(fold, values, "x")):
        with pytest.raises(ShapeError) as raised:
            ask({"x": data})
        assert words in str(raised.value)


def test_a_mean_over_rows_without_rows_of_none_is_no_mean_of_nothing():
    assert (0,) == chainrule.mean(x, axis=1).eval({"x": np.zeros((0, 3))}).shape
    assert 0.0 == chainrule.sum(x).eval({"x": []})


def test_the_variance_of_a_sample_is_numpys():
    data = np.array([[1.0, 2.0, 4.0], [0.5, -1.0, 9.0]])
    for axis in (None, 0, 1):
        spread = chainrule.var(x, axis=axis, ddof=1)
        assert np.allclose(np.var(data, axis=axis, ddof=1), spread.eval({"x": data}), rtol=1e-14)
    whole = chainrule.var(x, ddof=1)
    expected = (data - data.mean()) * 2 / 5
    assert np.allclose(expected, whole.diff({"x": data}, "x"), rtol=1e-13)
    assert whole is parse("var(x, ddof=1)")
    with pytest.raises(OperationError, match="ddof must be a whole number"):
        chainrule.var(x, ddof=0.5)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda x: chainrule.sum(x, axis=(0, -2)), "axis 0 is named twice"),
        (lambda x: chainrule.flip(x, axis=(1, -1)), "axis 1 is named twice"),
        (lambda x: chainrule.expand_dims(x, axis=(3, -1)), "named twice"),
        (lambda x: chainrule.diagonal(x, axis1=1), "named twice"),
        (lambda x: chainrule.cumsum(x, axis=()), "one whole number"),
        (lambda x: chainrule.sort(x, axis=(0, 1)), "one whole number"),
        (lambda x: chainrule.sum(x, axis=0, keepdims="no"), "sum takes True or False as keepdims"),
        (lambda x: chainrule.layer_norm(x, eps=()), "layer_norm takes one number as eps"),
        (lambda x: chainrule.pinv(x, rtol="tiny"), "pinv takes a number as rtol"),
        (lambda x: chainrule.max(x, axis={0}), "max takes numbers as axis"),
        (lambda x: chainrule.one_hot(x, 2**63), "one_hot's count"),
        (lambda x: chainrule.diagonal(x, 10**30), "beyond any diagonal"),
        (lambda x: chainrule.pad(x, 10**30), "beyond the size of any array"),
        (lambda x: chainrule.einsum([0, 1], x), "they are no text"),
        (lambda x: chainrule.sum_as(x, np.ones(3)), "repeat"),
    ],
)
def test_settings_that_mean_nothing_are_refused_in_words(build, words):
    for operand in (np.ones((2, 2)), expression("x", shape=(2, 2))):
        with pytest.raises(ChainRuleError, match=words):
            build(operand)


def test_a_pad_around_a_number_is_the_number():
    assert 2.0 == chainrule.pad(expression("x"), 1).eval({"x": 2.0})
