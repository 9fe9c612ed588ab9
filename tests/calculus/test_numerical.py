"""Differences of values: four methods, their errors, and the V curve."""

import math

import mpmath
import numpy as np
import pandas as pd
import pytest

import chainrule as c
from chainrule import exp, expression, log, named, sin, sqrt
from chainrule.calculus.numerical import METHODS, NumericalDerivative, numerical_derivative
from chainrule.calculus.step_size import STEPS, step_size_study
from chainrule.errors import (
    DerivativeError,
    SettingError,
    ShapeError,
    UnknownVariable,
    ValueTypeError,
)

x, y = expression("x"), expression("y")
# Truncation and rounding at the steps chosen: some eps**(1/2), eps**(2/3), eps, and what
# extrapolation reaches.
RIGHT_TO = {"forward": 1e-7, "central": 1e-9, "complex": 1e-15, "richardson": 1e-12}
CURVES = [
    (lambda v: v**3, 2.0, 12.0),
    (lambda v: v * v + 2 * v + 1, -3.0, -4.0),
    (sin, 1.0, math.cos(1.0)),
    (exp, -2.0, math.exp(-2.0)),
    (log, 5.0, 0.2),
    (lambda v: 1 / v, 0.25, -16.0),
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("curve", "at", "slope"), CURVES)
def test_each_method_is_right_to_its_digits(method, curve, at, slope):
    found = numerical_derivative(curve(x), {"x": at}, "x", method=method)
    # The third derivative of 1/x at 1/4 is 1,500 times as large as that of x**3 at 2.
    room = 3_000 if at == 0.25 else 3
    assert abs(found - slope) <= room * RIGHT_TO[method] * abs(slope)


@pytest.mark.parametrize("method", METHODS)
def test_the_courses_power_has_the_courses_slope(method):
    found = numerical_derivative(y**x, {"x": 2, "y": 3}, "x", method=method)
    assert math.isclose(found, 9.88751059801, rel_tol=RIGHT_TO[method] + 1e-12)


@pytest.mark.parametrize(("curve", "at", "slope"), CURVES)
def test_extrapolation_tells_how_far_off_it_is(curve, at, slope):
    found = numerical_derivative(curve(x), {"x": at}, "x", method="richardson")
    assert abs(found.value - slope) <= found.error <= 1e-9 * abs(slope)


def test_a_result_computes_and_prints_as_its_value():
    found = numerical_derivative(math.sin, 0.0, method="central")
    assert isinstance(found, NumericalDerivative)
    assert (2, "central", None) == (found.evaluations, found.method, found.error)
    assert math.isclose(1.0, float(found), rel_tol=1e-10)
    assert "1.0000" == f"{found:.4f}"
    assert 1.0 == round(found, 4)
    assert str(found.value) == str(found)
    assert f"NumericalDerivative({found.value!r}, central)" == repr(found)
    assert found > 0.5
    assert isinstance(found + 1, float)
    assert math.isclose(2.0, 1 + found, rel_tol=1e-10)
    assert math.isclose(2.0, np.add(found, 1.0), rel_tol=1e-10)


def test_an_ordinary_function_of_named_numbers_can_be_differentiated():
    found = numerical_derivative(lambda a, b: a * b, {"a": 2.0, "b": 3.0})
    assert ["a", "b"] == list(found)
    assert math.isclose(3.0, found["a"], rel_tol=1e-9)
    assert math.isclose(2.0, found["b"], rel_tol=1e-9)


def test_without_a_name_every_variable_is_varied():
    found = numerical_derivative(x * y, {"x": 2.0, "y": 3.0}, method="complex")
    assert {"x": 3.0, "y": 2.0} == {name: item.value for name, item in found.items()}


def test_shapes_are_those_of_diff_where_the_expression_is_elementwise():
    column = np.array([1.0, 2.0, 3.0])
    found = numerical_derivative(x * x * y, {"x": column, "y": 2.0}, method="complex")
    assert np.allclose(found["x"], 4 * column, rtol=1e-15)
    assert np.allclose(found["y"], column**2, rtol=1e-15)
    frame = pd.DataFrame({"x": column})
    assert np.allclose(numerical_derivative(x * x, frame, "x"), 2 * column, rtol=1e-9)


def test_other_shapes_are_those_of_the_jacobian():
    column = np.array([1.0, 2.0, 3.0])
    found = numerical_derivative(c.sum(x * x), {"x": column}, "x", method="richardson")
    assert np.allclose(found, 2 * column, rtol=1e-12)
    assert (3,) == found.error.shape
    matrix = numerical_derivative(np.cumsum, column)
    assert np.allclose(matrix, np.tril(np.ones((3, 3))), atol=1e-9)
    assert (0,) == numerical_derivative(c.sum(x), {"x": np.zeros(0)}, "x").value.shape


def test_near_the_edge_of_a_domain_the_step_shrinks():
    assert math.isclose(numerical_derivative(log(x), {"x": 1e-10}, "x"), 1e10, rel_tol=1e-8)
    found = numerical_derivative(math.log, 1e-10, method="richardson")
    assert math.isclose(found, 1e10, rel_tol=1e-10)
    assert math.isclose(numerical_derivative(sqrt(x), {"x": 1e-8}, "x"), 5e3, rel_tol=1e-8)


def test_extrapolation_is_not_fooled_beside_a_kink_or_a_pole():
    found = numerical_derivative(abs(x), {"x": 1e-9}, "x", method="richardson")
    assert math.isclose(found, 1.0, rel_tol=1e-12)
    found = numerical_derivative(1 / x, {"x": 1e-5}, "x", method="richardson")
    assert math.isclose(found, -1e10, rel_tol=1e-10)
    found = numerical_derivative(exp(x), {"x": 709.0}, "x", method="richardson")
    assert math.isclose(found, math.exp(709.0), rel_tol=1e-10)


@pytest.mark.parametrize("curve", [abs(x), abs(x) * x, c.maximum(x, 0) * abs(x)], ids=str)
def test_a_complex_step_refuses_what_is_not_analytic(curve):
    with pytest.raises(DerivativeError, match=r"some step is not analytic.*richardson"):
        numerical_derivative(curve, {"x": 2.0}, "x", method="complex")


def test_a_complex_step_refuses_what_knows_no_complex_numbers():
    for function in (math.sin, lambda x: float(x) ** 2):
        with pytest.raises(DerivativeError, match="does not compute with complex numbers"):
            numerical_derivative(function, 2.0, method="complex")


def test_bad_questions_are_refused_with_words():
    with pytest.raises(SettingError, match=r"'centra'\. Did you mean 'central'"):
        numerical_derivative(x, {"x": 1}, "x", method="centra")
    with pytest.raises(SettingError, match="not None"):
        numerical_derivative(x, {"x": 1}, "x", method=None)
    for step in (0, -1, math.nan, math.inf, "small", True):
        with pytest.raises(SettingError, match="step must be a positive number"):
            numerical_derivative(x, {"x": 1}, "x", step=step)
    with pytest.raises(UnknownVariable, match=r"cannot vary 'z'.*Variables: 'x'"):
        numerical_derivative(x, {"x": 1}, "z")
    with pytest.raises(UnknownVariable, match="cannot vary 'd'"):
        numerical_derivative(named("d", 2 * x), {"x": 1}, "d")
    with pytest.raises(ValueTypeError, match="neither an expression nor a function"):
        numerical_derivative(3.0, {"x": 1})
    with pytest.raises(ValueTypeError, match="is complex"):
        numerical_derivative(x, {"x": 1j})
    with pytest.raises(UnknownVariable, match="no value for 'x'"):
        numerical_derivative(x, {"y": 1})


def test_a_function_that_gives_no_number_or_takes_other_names_is_refused():
    with pytest.raises(ValueTypeError, match="gives None, which is no number"):
        numerical_derivative(lambda x: None, 1.0)
    with pytest.raises(UnknownVariable, match=r"the function takes \(a, b\), and was given 'a'"):
        numerical_derivative(lambda a, b: a * b, {"a": 1.0})
    assert [1.0, 4.0] == np.round(numerical_derivative(lambda x: [x, x * x], 2.0), 6).tolist()
    # A value with a shape that does not fit is an error, and not a place without a value.
    with pytest.raises(ShapeError, match="shapes do not fit"):
        numerical_derivative(lambda x: (expression("a") * x).eval({"a": [1.0, 2.0]}), np.ones(3))


@pytest.mark.parametrize(
    ("curve", "at", "least"),
    [
        (abs(x), 0.0, 1.0),
        (c.relu(x - 1), 1.0, 0.5),
        (c.floor(x), 2.0, 1.0),
        (abs(x - 1), 1 + 1e-12, 1),
    ],
    ids=str,
)
def test_extrapolation_claims_no_precision_at_a_kink(curve, at, least):
    found = numerical_derivative(curve, {"x": at}, "x", method="richardson")
    assert found.error >= 0.99 * least


def test_nothing_warns_of_what_is_not_finite():
    nothing = np.zeros(0)
    assert (0,) == numerical_derivative(c.sum(x), {"x": nothing}, "x").value.shape
    assert (0,) == numerical_derivative(np.mean, nothing, method="richardson").value.shape
    assert math.isnan(numerical_derivative(np.exp, 710.0))
    with pytest.raises(DerivativeError, match=r"the derivative by x at -1\.0 is nan"):
        step_size_study(np.log, -1.0)


# --- the V curve


def test_the_error_falls_with_the_step_and_rises_again():
    study = step_size_study(y**x, {"x": 2, "y": 3}, "x")
    assert STEPS == study.steps
    assert math.isclose(study.exact, float(9 * mpmath.log(3)), rel_tol=1e-15)
    # Truncation: h*f''/2 and h*h*f'''/6, with f the powers of 3.
    bend = 9 * math.log(3)
    assert math.isclose(study.errors["forward"][2], 1e-3 * bend * math.log(3) / 2, rel_tol=1e-2)
    third = bend * math.log(3) ** 2 / 6
    assert math.isclose(study.errors["central"][2], 1e-6 * third, rel_tol=1e-2)
    assert study.best["forward"] in (1e-7, 1e-8)
    assert study.best["central"] in (1e-5, 1e-6)
    for method in ("forward", "central"):
        place = STEPS.index(study.best[method])
        row = study.errors[method]
        assert row[place] == min(row)
        assert row[0] > 1e3 * row[place] < row[-1]


def test_a_complex_step_has_no_branch_of_rounding():
    study = step_size_study(sin(x) * exp(x), {"x": 1.5})
    assert all(error <= 4e-15 for error in study.errors["complex"][8:])
    assert "nothing is subtracted" in study.reason


def test_the_reason_names_truncation_and_rounding():
    lines = step_size_study(sin(x), {"x": 1.0}).reason.splitlines()
    assert ["forward", "central", "complex"] == [line.split(":")[0] for line in lines]
    assert "truncation rules, which grows with h squared" in lines[1]
    assert "rounding, which grows as eps/h" in lines[1]
    assert "the largest step" in step_size_study(3 * x, {"x": 2.0}).reason


def test_what_is_not_analytic_has_no_complex_column():
    study = step_size_study(abs(x) * x, {"x": 2.0})
    assert ["step", "forward", "central"] == list(study.to_columns())
    assert "complex: left out" in study.reason


def test_a_study_prints_a_line_a_step_and_gives_its_columns():
    study = step_size_study(sin(x), {"x": 1.0})
    lines = str(study).splitlines()
    assert len(STEPS) + 5 == len(lines)
    assert 3 == str(study).count("*")
    assert "<StepSizeStudy by x at 1: forward best at 1e-08, central" in repr(study)
    columns = study.to_columns()
    assert {len(STEPS)} == {len(column) for column in columns.values()}
    assert list(STEPS) == columns["step"]


def test_a_function_is_compared_with_extrapolation():
    study = step_size_study(math.sin, 1.0)
    assert math.isclose(study.exact, math.cos(1.0), rel_tol=1e-12)


def test_a_study_of_arrays_or_of_no_one_variable_is_refused():
    with pytest.raises(ShapeError, match=r"'x' has shape \(2,\)"):
        step_size_study(x, {"x": [1, 2]})
    with pytest.raises(ShapeError, match="there are 2: 'x', 'y'"):
        step_size_study(x * y, {"x": 1, "y": 2})
    with pytest.raises(UnknownVariable, match="cannot vary 'z'"):
        step_size_study(x, {"x": 1}, "z")


def test_a_study_where_there_is_no_slope_is_refused():
    with pytest.raises(DerivativeError, match=r"the derivative by x at 0\.0 is inf"):
        step_size_study(sqrt(x), {"x": 0})


@pytest.mark.parametrize("method", ["forward", "complex", "richardson"])
def test_beyond_the_domain_the_answer_is_nan(method):
    assert math.isnan(numerical_derivative(log(x), {"x": -1.0}, "x", method=method))
    if method != "forward":
        assert math.isnan(numerical_derivative(1 / x, {"x": 0.0}, "x", method=method))
