"""Taylor polynomials against SymPy's."""

import math

import pytest
import sympy

from chainrule import cos, exp, expression, log, named, parse, sin, sqrt
from chainrule.calculus.series import taylor
from chainrule.errors import DerivativeError, UnknownVariable, ValueTypeError

a, x = expression("a"), expression("x")


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        (sin(x), "x - x**3/6 + x**5/120"),
        (cos(x), "1 - x**2/2 + x**4/24"),
        (1 / (1 - x), "1 + x + x**2 + x**3 + x**4 + x**5"),
        (-exp(x) + 1, "-x - x**2/2 - x**3/6 - x**4/24 - x**5/120"),
        (x**3 - 2 * x, "-2*x + x**3"),
        (3 + 0 * x, "3"),
        (0 * x, "0"),
    ],
)
def test_a_polynomial_is_written_as_in_a_book(formula, written):
    assert written == str(taylor(formula, "x", order=5))


@pytest.mark.parametrize("formula", ["exp(sin(x))", "sqrt(x)*log(x)", "tanh(x)/x", "x**2.5"])
def test_a_polynomial_is_that_of_sympy(formula):
    symbol = sympy.symbols("x")
    theirs = sympy.sympify(formula)
    ours = taylor(parse(formula), x, about=1.5, order=4)
    for at in (1.5, 1.7, 0.9):
        expected = sum(
            theirs.diff(symbol, k).evalf(30, subs={symbol: 1.5})
            * sympy.Float(at - 1.5, 30) ** k / sympy.factorial(k)
            for k in range(5)
        )  # fmt: skip
        assert math.isclose(ours.eval({"x": at}), expected, rel_tol=1e-12)


def test_other_variables_stay_in_the_coefficients():
    found = taylor(named("d", sin(a * x)), x, order=3)
    assert {"a", "x"} == set(found.variables)
    values = {"a": 0.5, "x": 0.25}
    assert math.isclose(found.eval(values), 0.125 - 0.125**3 / 6, rel_tol=1e-14)


def test_what_has_no_polynomial_is_refused():
    with pytest.raises(DerivativeError, match="order 1 at 0 is inf"):
        taylor(sqrt(x), x)
    with pytest.raises(DerivativeError, match="order 0 at 0 is -inf"):
        taylor(log(x), x)
    with pytest.raises(UnknownVariable, match="has no variable 'y'"):
        taylor(sin(x), "y")
    with pytest.raises(ValueTypeError, match="order must be a whole number"):
        taylor(sin(x), x, order=1.5)
