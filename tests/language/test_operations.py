"""What holds of every operation, and of the numbers that go through it."""

import copy
import math
import pickle
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from tests.language import high_precision as oracle

import chainrule
from chainrule import constant, expression, parse
from chainrule.language.expression import ufuncs

OPERATIONS = oracle.of_numbers()
x, y = expression("x"), expression("y")

each_operation = pytest.mark.parametrize(
    "operation", OPERATIONS, ids=[operation.__name__ for operation in OPERATIONS]
)
functions = {
    name: getattr(chainrule, name)
    for name in chainrule._HOME
    if hasattr(getattr(chainrule, name), "operation")
}


def applied(operation):
    """Apply an operation to variables x0, x1, ..."""
    return operation(*[expression(f"x{n}") for n in range(oracle.operands_of(operation))])


def columns_for(operation, kind=np.float64):
    """Give each variable of an applied operation numbers in its domain."""
    numbers = np.array([0.25, 0.5, 0.75]) + (0 if oracle.inside(operation, 0.5) else 1)
    return {f"x{n}": (numbers + n / 3).astype(kind) for n in range(oracle.operands_of(operation))}


@each_operation
class TestEveryOperation:
    def test_reads_back_from_its_text(self, operation):
        formula = applied(operation)
        assert parse(str(formula)) is formula

    def test_reads_back_inside_itself(self, operation):
        formula = applied(operation)
        nested = operation(*[formula] * oracle.operands_of(operation))
        assert parse(str(nested)) is nested

    def test_is_written_in_latex(self, operation):
        written = applied(operation).to_latex()
        assert written.count("{") == written.count("}")
        assert "x" in written

    def test_is_pickled_and_copied_as_itself(self, operation):
        formula = applied(operation)
        assert pickle.loads(pickle.dumps(formula)) is formula
        assert copy.deepcopy(formula) is formula

    def test_has_a_finite_value_at_its_samples(self, operation):
        for sample in operation.samples:
            formula = operation(*[constant(number) for number in sample])
            assert np.isfinite(formula.eval())

    def test_keeps_single_precision(self, operation):
        formula = applied(operation)
        columns = columns_for(operation, np.float32)
        assert formula.eval(columns).dtype in (np.float32, bool)
        assert {slope.dtype for slope in formula.diff(columns).values()} == {np.dtype(np.float32)}

    def test_gives_the_value_of_its_array_to_each_element(self, operation):
        formula = applied(operation)
        columns = columns_for(operation)
        whole = np.broadcast_to(formula.eval(columns), 3)
        for row in range(3):
            alone = formula.eval({name: column[row] for name, column in columns.items()})
            assert whole[row] == pytest.approx(alone, rel=1e-15)

    def test_takes_a_nan_to_a_nan_or_a_truth(self, operation):
        formula = applied(operation)
        found = formula.eval(dict.fromkeys(formula.variables, np.nan))
        assert isinstance(found, bool) or np.isnan(found)

    def test_gives_the_bits_of_generated_code_before_and_after(self, operation):
        formula = applied(operation)
        values = {name: column[0] for name, column in columns_for(operation).items()}
        before = formula.eval(values), formula.diff(values)
        for _ in range(40):
            formula.eval(values)
            formula.diff(values)
        assert before == (formula.eval(values), formula.diff(values))


OF_ONE_OPERATION = [ufunc for ufunc, built in ufuncs.items() if isinstance(built, type)]


@pytest.mark.parametrize("ufunc", OF_ONE_OPERATION, ids=lambda ufunc: ufunc.__name__)
def test_a_numpy_function_of_an_expression_builds_our_node(ufunc):
    built = ufunc(*[x, y][: ufunc.nin])
    assert type(built) is ufuncs[ufunc]


def test_a_numpy_function_takes_numbers_and_expressions_together():
    assert np.maximum(x, 0) is chainrule.maximum(x, 0)
    assert np.maximum(np.array([1.0, 2.0]), x).eval({"x": 1.5}).tolist() == [1.5, 2.0]
    assert (np.float64(2.0) < x).eval({"x": 3.0}) is True


def test_a_list_may_stand_beside_an_array():
    assert chainrule.maximum(np.array([1.0, 2.0]), [2, 1]).tolist() == [2.0, 2.0]


OF_NUMPYS_NAME = [
    name
    for name in sorted(set(functions) & set(dir(np)))
    if name != "quantile"  # of which NumPy's has no default
    and (
        functions[name].operation in OPERATIONS or "keepdims" in functions[name].operation.keywords
    )
]


@pytest.mark.parametrize("name", OF_NUMPYS_NAME)
def test_a_function_of_numpys_name_computes_what_numpys_does(name):
    function, numpys = functions[name], getattr(np, name)
    numbers = np.array([0.25, 0.5, 0.75]) + (1 if name == "arccosh" else 0)
    operands = [numbers] * (function.operation.arity[1] or 1)
    assert np.allclose(function(*operands), numpys(*operands), rtol=1e-15)


@pytest.mark.parametrize("name", sorted(functions))
def test_a_function_gives_a_number_for_numbers_and_a_node_for_nodes(name):
    operation = functions[name].operation
    if operation not in OPERATIONS:
        return
    operands = oracle.operands_of(operation)
    assert isinstance(functions[name](*[0.5] * operands), float)
    assert type(functions[name](*[x] * operands)) is operation


class TestExactNumbers:
    def test_fractions_stay_exact(self):
        formula = (x + 1) * (x - 2) / 3 - x**2 + abs(-x)
        third = Fraction(1, 3)
        assert formula.eval({"x": third}) == Fraction(-14, 27)
        assert formula.diff({"x": third}, "x") == Fraction(2, 9)

    def test_fractions_are_compared_chosen_and_rounded_exactly(self):
        value = Fraction(10**20 + 1, 2)
        assert chainrule.floor(value) == 50_000_000_000_000_000_000
        assert chainrule.round(value) == 50_000_000_000_000_000_000
        assert chainrule.ceil(value) == 50_000_000_000_000_000_001
        assert chainrule.maximum(value, value + Fraction(1, 10**9)) > value
        assert chainrule.where(x > 1, x, 1 / x).eval({"x": value}) == value

    def test_complex_numbers_go_through(self):
        number = 0.25 + 0.5j
        step = 1e-6
        analytic = "x*x + 1/x", "exp(x)*sin(x)", "tanh(x)", "sigmoid(x)", "softplus(x)", "arctan(x)"
        for text in analytic:
            formula = parse(text)
            ahead, behind = formula.eval({"x": number + step}), formula.eval({"x": number - step})
            slope = formula.diff({"x": number}, "x")
            assert slope == pytest.approx((ahead - behind) / (2 * step), rel=1e-8)

    def test_a_function_of_real_numbers_refuses_complex_ones(self):
        with pytest.raises(chainrule.errors.ValueTypeError, match="real numbers only"):
            chainrule.erf(x).eval({"x": 1 + 2j})


class TestPowers:
    def test_the_slope_by_the_base_is_exact_at_zero_and_below(self):
        square = x**2
        assert [square.diff({"x": v}, "x") for v in (-3.0, 0.0, 3.0)] == [-6.0, 0.0, 6.0]
        assert [(x**1).diff({"x": v}, "x") for v in (-3.0, 0.0)] == [1.0, 1.0]
        assert [(x**0).diff({"x": v}, "x") for v in (-3.0, 0.0)] == [0.0, 0.0]
        assert (x**0).derivative("x", 2).eval() == 0.0

    def test_higher_slopes_by_a_varying_exponent_are_exact_at_zero(self):
        power = x**y
        for order in (2, 3):
            slope = power.derivative("x", order)
            found = [slope.eval({"x": 0.0, "y": n}) for n in (0.0, 1.0, 2.0, 3.0)]
            assert found == [math.factorial(order) if n == order else 0.0 for n in range(4)]

    def test_the_slope_of_a_power_of_zero_by_its_exponent_is_zero(self):
        assert (x**y).diff({"x": 0.0, "y": 2.0}) == {"x": 0.0, "y": 0.0}
        assert (0**y).diff({"y": 2.0}, "y") == 0.0

    def test_no_logarithm_is_taken_unless_the_exponent_varies(self):
        assert "log" not in str((x**3).derivative("x"))
        assert (x**3).diff({"x": np.array([-2.0, 0.0, 2.0])}, "x").tolist() == [12.0, 0.0, 12.0]


def test_special_functions_need_no_scipy():
    program = (
        "import sys, numpy, chainrule as c; "
        "c.erf(numpy.ones(3)), c.loggamma(2.5), c.gelu(numpy.ones(3)); "
        "assert 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
