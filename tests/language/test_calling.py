"""How operations are called: operands by name, signatures, and the words for calls that misfit."""

import inspect

import numpy as np
import pandas as pd
import pytest
from tests.words import our_operations

import chainrule
from chainrule import (
    clip,
    composed,
    constant,
    count,
    elementwise,
    elu,
    expression,
    greater_equal,
    leaky_relu,
    less_equal,
    log,
    logsumexp,
    mean,
    multiplication,
    named,
    parse,
    polygamma,
    reading,
    sin,
    sine,
    swish,
    var,
    where,
)
from chainrule.errors import OperationError, ParseError, ValueTypeError

x, y = expression("x"), expression("y")


class TestNames:
    @pytest.mark.parametrize(
        ("by_name", "by_position"),
        [
            (lambda: leaky_relu(x, slope=0.1), lambda: leaky_relu(x, 0.1)),
            (lambda: leaky_relu(slope=y, x=x), lambda: leaky_relu(x, y)),
            (lambda: elu(x, alpha=2), lambda: elu(x, 2)),
            (lambda: swish(x=x, beta=2), lambda: swish(x, 2)),
            (lambda: clip(x, a_max=1, a_min=0), lambda: clip(x, 0, 1)),
            (lambda: where(x > 0, b=y, a=x), lambda: where(x > 0, x, y)),
            (lambda: sin(x=y), lambda: sin(y)),
            (lambda: sine(x=y), lambda: sin(y)),
            (lambda: polygamma(n=2, x=x), lambda: polygamma(2, x)),
            (lambda: polygamma(2, x=x), lambda: polygamma(2, x)),
            (lambda: polygamma(x, n=2), lambda: polygamma(2, x)),
            (lambda: parse("clip(x, a_max=2*y, a_min=-1)"), lambda: clip(x, -1, 2 * y)),
            (lambda: parse("greater_equal(x, b=1)"), lambda: x >= 1),
            (lambda: parse("logical_and(x > 0, x < 1)"), lambda: (x > 0) & (x < 1)),
        ],
    )
    def test_an_operand_may_be_given_by_name(self, by_name, by_position):
        assert by_position() is by_name()

    def test_numbers_may_be_given_by_name(self):
        assert elu(-1.0, 2.0) == elu(-1.0, alpha=2.0)
        assert 1.0 == clip(3.0, a_min=0, a_max=1)
        assert [1.0, 2.0] == clip([0.5, 3.0], a_min=1, a_max=2).tolist()
        assert polygamma(1, 2.0) == polygamma(n=1, x=2.0)

    def test_numpys_names_of_the_comparisons_are_functions_too(self):
        assert (x >= 2) is greater_equal(x, 2)
        assert (x <= 2) is less_equal(x, 2)
        assert 1.0 == less_equal(1.0, 2.0)

    def test_a_rule_of_ones_own_names_the_parameters(self):
        class scaled(composed):
            samples = ((2.0, 3.0),)
            keywords = {"shift": 0}

            def meaning(value, factor=2.0, shift=0):
                return value * factor + shift

        function = reading(scaled)
        assert "(value, factor=2.0, *, shift=0)" == str(inspect.signature(scaled))
        assert "(value, factor=2.0, *, shift=0)" == str(inspect.signature(function))
        assert 7.0 == function(2.0, shift=1, factor=3.0)
        assert 7.0 == scaled(x, factor=3.0, shift=1).eval({"x": 2})


class TestSignatures:
    @pytest.mark.parametrize(
        ("signature", "called"),
        [
            ("(x)", sin),
            ("(x)", sine),
            ("(a, b)", multiplication),
            ("(x, slope=0.01)", leaky_relu),
            ("(x, alpha=1.0)", elu),
            ("(x, a_min, a_max)", clip),
            ("(n, x)", polygamma),
            ("(*operands, axis=None, keepdims=False)", logsumexp),
            ("(x, *, axis=None, keepdims=False)", chainrule.sum),
            ("(name: 'str', step: 'Any') -> 'named'", named),
            ("(value: 'Any') -> 'constant'", constant),
        ],
    )
    def test_the_signature_shows_the_real_parameters(self, signature, called):
        assert signature == str(inspect.signature(called))

    def test_every_operation_shows_as_many_operands_as_it_takes(self):
        for kind in our_operations().values():
            shown = inspect.signature(kind).parameters.values()
            operands = [p for p in shown if p.name not in kind.keywords]
            assert kind.arity[1] is None or kind.arity[1] == len(operands), kind
            assert all(p.name.isidentifier() for p in shown)

    def test_a_kind_has_no_parameters_of_its_own(self):
        assert "operands" in inspect.signature(elementwise).parameters


class TestMisfits:
    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (sin, "sin takes 1 operand, not 0: sin(x)."),
            (lambda: sin(x, y), "sin takes 1 operand, not 2: sin(x)."),
            (lambda: sin(2.0, 3.0), "sin takes 1 operand, not 2: sin(x)."),
            (sine, "sin takes 1 operand, not 0: sin(x)."),
            (lambda: log(x, 2), "log2(x), log10(x), or log(x)/log(base)"),
            (lambda: log(8.0, 2.0), "log2(x), log10(x), or log(x)/log(base)"),
            (lambda: clip(x, a_min=0), "clip lacks a_max: clip(x, a_min, a_max)."),
            (lambda: elu(x, 1, 2), "elu takes 1 to 2 operands, not 3: elu(x, alpha=1.0)."),
            (lambda: elu(x, 1, alpha=2), "elu is given 'alpha' twice: elu(x, alpha=1.0)."),
            (lambda: elu(x, alhpa=1), "elu has no parameter 'alhpa'"),
            (lambda: elu(2.0, alhpa=1), "Did you mean 'alpha'?"),
            (lambda: elu(alpha=1), "elu lacks x: elu(x, alpha=1.0)."),
            (logsumexp, "logsumexp takes 1 operand or more, not 0"),
            (lambda: logsumexp(x, y, axis=0), "axis and keepdims are for one alone"),
            (lambda: chainrule.sum(x, 0), "sum(x, *, axis=None, keepdims=False)"),
            (lambda: multiplication(x), "multiplication takes 2 operands, not 1"),
        ],
    )
    def test_a_call_that_does_not_fit_is_told_the_one_that_does(self, call, words):
        with pytest.raises(OperationError) as raised:
            call()
        assert words in str(raised.value)
        assert isinstance(raised.value, TypeError)

    @pytest.mark.parametrize(
        ("text", "column", "words"),
        [
            ("1 + sin()", 5, "sin takes 1 operand, not 0: sin(x)"),
            ("1 + sin(x, y)", 5, "sin takes 1 operand, not 2: sin(x)"),
            ("log(x, 2)", 1, "log(x)/log(base)"),
            ("elu(x, alhpa=2)", 1, "Did you mean 'alpha'?"),
            ("2*named('d', 2*b)", 3, "Write (name := step)"),
        ],
    )
    def test_a_formula_is_told_likewise(self, text, column, words):
        with pytest.raises(ParseError) as raised:
            parse(text)
        assert column == raised.value.column
        assert words in str(raised.value)


class TestNumbers:
    @pytest.mark.parametrize("numbers", [[1, 2, 3], (1, 2, 3), pd.Series([1, 2, 3])])
    def test_a_list_or_a_column_folds_to_a_python_float(self, numbers):
        for fold, expected in ((chainrule.sum, 6.0), (mean, 2.0), (var, 2 / 3), (count, 3.0)):
            found = fold(numbers)
            assert expected == pytest.approx(found, rel=1e-15)
            assert float is type(found)

    def test_whole_numbers_compute_as_floats(self):
        assert [1.0, 0.5] == chainrule.pow(np.array([1, 2]), -1).tolist()
        assert 0.5 == chainrule.pow(np.int64(2), -1)
        assert np.float64 == chainrule.sum(np.array([1, 2])).dtype
        assert np.float64 == chainrule.sum([[1, 2], [3, 4]], axis=0).dtype

    def test_text_in_a_list_is_refused(self):
        with pytest.raises(ValueTypeError, match="row 0 holds 'a', which is text"):
            sin(["a"])
