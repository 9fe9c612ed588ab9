"""What Python's syntax and NumPy's functions make of an expression, or say of it."""

import math
import re
import subprocess
import sys

import numpy as np
import pytest

import chainrule
from chainrule import expression, floor_divide, mod, operations, parse, sin
from chainrule.errors import ChainRuleError, OperationError

x, y = expression("x"), expression("y")
PAIRS = [(7.5, 2.0), (-7.5, 2.0), (7.5, -2.0), (1.0, 0.1), (1e17, 3.0), (5.0, math.inf)]


class TestDivisionIntoWholeParts:
    @pytest.mark.parametrize(("a", "b"), PAIRS)
    def test_it_computes_as_python_does(self, a, b):
        both = {"x": a, "y": b}
        columns = {"x": np.array([a, a]), "y": b}
        assert (a // b, a % b) == ((x // y).eval(both), (x % y).eval(both))
        assert [a // b] * 2 == (x // y).eval(columns).tolist()
        assert [a % b] * 2 == (x % y).eval(columns).tolist()
        assert (a // b, a % b) == (floor_divide(a, b), mod(a, b))

    def test_a_remainder_by_zero_is_no_number(self):
        assert math.isnan((x % 0).eval({"x": 1.0}))
        assert math.inf == (x // 0).eval({"x": 1.0})

    def test_its_slopes(self):
        assert {"x": 1.0, "y": -3.0} == (x % y).diff({"x": 7.5, "y": 2.0})
        assert {"x": 0.0, "y": 0.0} == (x // y).diff({"x": 7.5, "y": 2.0})

    def test_it_stands_in_formulas(self):
        assert parse("2*x // 3 % y") is 2 * x // 3 % y
        assert "x//(2%y)" == str(x // (2 % y))
        assert (2 // x, 2 % x) == divmod(2, x)
        assert (x // 2, x % 2) == divmod(x, 2)


class TestRounding:
    def test_pythons_functions_build_ours(self):
        assert chainrule.round(x) is round(x)
        assert chainrule.floor(x) is math.floor(x)
        assert chainrule.ceil(x) is math.ceil(x)
        assert -2.0 == math.trunc(x).eval({"x": -2.7})


class TestNumPy:
    @pytest.mark.parametrize(
        ("built", "called"),
        [
            (sin(x), lambda: np.sin(x)),
            (x**2, lambda: np.square(x)),
            (1 / x, lambda: np.reciprocal(x)),
            (x % 2, lambda: np.mod(x, 2)),
            (x // 2, lambda: np.floor_divide(x, 2)),
            (x, lambda: np.positive(x)),
            (abs(x), lambda: np.fabs(x)),
            (chainrule.sum(x, axis=0), lambda: np.sum(x, 0)),
            (chainrule.mean(x), lambda: np.mean(x)),
            (chainrule.var(x, axis=1, keepdims=True), lambda: np.var(x, axis=1, keepdims=True)),
            (chainrule.clip(x, 0, 1), lambda: np.clip(x, 0, 1)),
            (chainrule.clip(x, 0, 1), lambda: np.clip(x, min=0, max=1)),
            (chainrule.where(x > 1, x, y), lambda: np.where(x > 1, x, y)),
            (chainrule.round(x), lambda: np.round(x)),
            (chainrule.trunc(x), lambda: np.trunc(x)),
            (chainrule.isnan(x), lambda: np.isnan(x)),
            (chainrule.sinc(x), lambda: np.sinc(x)),
            (chainrule.quantile(x, 0.25, 0), lambda: np.percentile(x, 25, axis=0)),
            (chainrule.cov(x, ddof=0), lambda: np.cov(x, ddof=0)),
            (chainrule.corrcoef(x), lambda: np.corrcoef(x)),
            (x * [True, False] & (y > 0), lambda: x * [True, False] & (y > 0)),
        ],
    )
    def test_its_functions_build_ours(self, built, called):
        assert built is called()

    def test_a_mask_and_a_condition_combine(self):
        mask = np.array([True, False])
        assert [True, False] == (mask & (x > 0)).eval({"x": 1.0}).tolist()
        assert [True, True] == (mask | (x > 0)).eval({"x": 1.0}).tolist()

    def test_angles_turn_between_degrees_and_radians(self):
        assert np.deg2rad(90.0) == np.deg2rad(x).eval({"x": 90.0})
        assert np.degrees(2.0) == np.degrees(x).eval({"x": 2.0})

    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (lambda: np.spacing(x), "numpy.spacing cannot take an expression"),
            (lambda: np.add.reduce(x), "numpy.add.reduce cannot take an expression"),
            (lambda: np.sin(x, out=np.zeros(1)), "numpy.sin cannot take an expression with out="),
            (lambda: np.sum(x, dtype=float), "numpy.sum cannot take an expression with dtype="),
            (lambda: np.fft.fft(x), "numpy.fft.fft cannot take an expression"),
            (lambda: np.clip(x, 0, None), "two bounds: clip(x, a_min, a_max)"),
            (lambda: np.round(x, 2), "round(100*x)/100"),
            (lambda: np.array([x, y]), "Use .eval(values) to get numbers"),
        ],
    )
    def test_what_has_no_meaning_says_what_to_do(self, call, words):
        with pytest.raises(ChainRuleError) as raised:
            call()
        assert words in str(raised.value)
        assert isinstance(raised.value, TypeError)


class TestRefusals:
    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (lambda: max(x, y), "maximum(a, b)"),
            (lambda: 1 < x < 3, "(1 < x) & (x < 3)"),
            (lambda: x and y, "&, | and ~ for and, or and not"),
            (lambda: not x, "where(condition, a, b) for if"),
            (lambda: int(x), "floor(x) and round(x)"),
            (lambda: float(x), ".eval(values)"),
            (lambda: complex(x), ".eval(values)"),
            (lambda: math.sin(x), "write sin(x), with chainrule's functions"),
            (lambda: round(x, 2), "round(100*x)/100"),
            (lambda: len(x), "count(x) is the number of elements"),
            (lambda: list(x), "sum(x) adds its elements"),
            (lambda: 1 in x, "e.variables"),
            (lambda: f"{x:.2f}", "{e.eval(values):.2f}"),
            (lambda: x ^ 2, "A power is written **"),
            (lambda: 2 ^ x, "there is no 2 ^ x"),
        ],
    )
    def test_what_an_expression_cannot_do_says_what_to_do(self, call, words):
        with pytest.raises(ChainRuleError) as raised:
            call()
        assert words in str(raised.value)
        assert isinstance(raised.value, TypeError)

    def test_text_is_padded_as_asked(self):
        assert "|  x*y|" == f"|{x * y:>5}|"

    def test_a_list_of_expressions_is_looked_through(self):
        assert x in [y, x]
        assert x * y not in [y, x]

    def test_every_ufunc_that_builds_gives_its_own_numbers(self):
        known = [u for u in chainrule.language.overloads.ufuncs if u.nin == 1]
        assert len(known) > 30
        for ufunc in known:
            if ufunc is not np.invert:
                at = 1.5 if ufunc is np.arccosh else 0.5
                assert ufunc(at) == pytest.approx(ufunc(x).eval({"x": at}), rel=1e-15), ufunc
        assert {"remainder", "floor_division"} <= operations().keys()


def test_completion_shows_what_can_be_done_and_no_more():
    done = {"derivative", "diff", "eval", "explain", "tidy", "to_latex", "to_text", "variables"}
    assert done | {"name"} <= set(dir(x))
    assert done <= set(dir(x * y))
    hidden = {"name", "arity", "partials", "on_float", "again", "plan", "spell", "__add__"}
    assert hidden.isdisjoint(dir(x * y))
    assert "value" in dir(chainrule.constant(2))


def test_the_methods_of_numpys_arrays_are_its_functions():
    X = expression("X", shape=("n", 3))
    assert [np.max(X, axis=0), np.std(X), np.cumsum(X, axis=1)] == [
        X.max(axis=0),
        X.std(),
        X.cumsum(axis=1),
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [("det", "There is a function: det(x)"), ("evla", "Did you mean 'eval'"), ("sort", "sort(x)")],
)
def test_what_is_no_method_says_what_to_write(name, words):
    with pytest.raises(AttributeError, match=re.escape(words)):
        getattr(x, name)


def test_an_option_that_is_too_much_is_the_one_that_is_named():
    with pytest.raises(OperationError, match="with dtype="):
        np.sum(x, axis=0, dtype=float)


def test_methods_are_told_of_before_any_text_is_read():
    told = (
        "import chainrule\ntry: chainrule.expression('x').det\nexcept AttributeError as e: print(e)"
    )
    command = [sys.executable, "-c", told]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "There is a function: det(x)" in found.stdout
