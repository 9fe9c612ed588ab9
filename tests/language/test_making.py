"""Arrays made of nothing: what they are, how shortly they are written, and what is refused."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import check_operation, constant, expression, matrix, parse
from chainrule.engine.sizes import Size
from chainrule.errors import OperationError, ParseError, ShapeError

x = expression("x")
n = Size("n")

MADE = {
    "zeros((2, 4))": (cr.zeros((2, 4)), np.zeros((2, 4))),
    "ones(9)": (cr.ones([9]), np.ones(9)),
    "full((3, 3), -0.5)": (cr.full((3, 3), -0.5), np.full((3, 3), -0.5)),
    "eye(3)": (cr.eye(3), np.eye(3)),
    "eye(2)": (cr.identity(np.int64(2)), np.eye(2)),
    "arange(8)": (cr.arange(8), np.arange(8.0)),
    "arange(-3, 9)": (cr.arange(-3, 9), np.arange(-3.0, 9.0)),
    "linspace(0.0, 1.0, 11)": (cr.linspace(0, 1, 11), np.linspace(0, 1, 11)),
    "array([0.0, 0.0])": (cr.zeros(2), np.zeros(2)),
    "array([5.0, 3.0, 1.0])": (cr.arange(5, 0, -2), np.arange(5.0, 0, -2)),
    "array([], shape=(0, 3), dtype='float64')": (cr.zeros((0, 3)), np.zeros((0, 3))),
}


@pytest.mark.parametrize("text", MADE)
def test_an_array_is_numpys_and_written_by_its_rule(text):
    built, expected = MADE[text]
    assert built is constant(expected)
    assert text.replace(", dtype='float64'", "") == str(built).replace(", dtype='float64'", "")
    assert parse(str(x @ built)) is x @ built


@pytest.mark.parametrize(
    "array",
    [
        -np.zeros(9),
        np.arange(9),
        np.ones(9, dtype=np.float32),
        np.full(9, np.nan),
        np.full(9, np.inf),
        np.arange(9) * 0.1,
        np.linspace(0, 1, 9) + 1e-17,
        np.nextafter(np.arange(9.0), 1),
        np.arange(9.0) + 2.0**53,
        np.eye(3)[::-1],
    ],
    ids=str,
)
def test_an_array_that_nearly_follows_a_rule_reads_back_to_the_last_bit(array):
    assert parse(str(constant(array))) is constant(array)


def test_latex_has_the_signs_of_a_textbook():
    assert r"I_{3}" == constant(np.eye(3)).to_latex()
    assert r"0_{4 \times 5}" == constant(np.zeros((4, 5))).to_latex()
    assert r"1_{20}" == constant(np.ones(20)).to_latex()


class TestOfTheShapeOfAnother:
    @pytest.mark.parametrize("name", ["zeros_like", "ones_like"])
    def test_numpys_names_build_it(self, name):
        formula = getattr(np, name)(x)
        values = np.ones((2, 3), dtype=np.float32)
        assert formula is getattr(cr, name)(x) is parse(f"{name}(x)")
        found = formula.eval({"x": values})
        assert np.array_equal(getattr(np, name)(values), found)
        assert np.float32 == found.dtype

    def test_a_value_is_repeated_with_its_gradient(self):
        filled = cr.full_like(x, expression("c") ** 2)
        slopes = filled.sum().diff({"x": np.ones((2, 3)), "c": 2.0})
        assert 24.0 == slopes["c"]
        assert np.array_equal(np.zeros((2, 3)), slopes["x"])

    def test_an_identity_is_as_large_as_a_square_matrix(self):
        square = matrix("X", "n", "n")
        assert (n, n) == cr.identity_like(square).shape
        batch = np.ones((3, 2, 2))
        assert np.array_equal(np.eye(2) * batch, cr.identity_like(x).eval({"x": batch}))
        with pytest.raises(ShapeError, match=r"square matrix; the shape is \(n, 3\)"):
            cr.identity_like(matrix("X", "n", 3))

    @pytest.mark.parametrize("call", [cr.zeros_like, cr.ones_like, cr.identity_like])
    def test_an_operation_keeps_what_it_says_of_itself(self, call):
        check_operation(call).raise_for_failure()


def test_ends_and_values_may_be_expressions():
    a, b = expression("a"), expression("b")
    path = cr.linspace(a, b, 5)
    assert np.array_equal(np.linspace(1, 3, 5), path.eval({"a": 1.0, "b": 3.0}))
    assert 2.5 == path.sum().diff({"a": 1.0, "b": 3.0}, "b")
    assert 6.0 == cr.full((2, 3), a).sum().diff({"a": 1.0}, "a")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cr.zeros(-1), "whole numbers from 0, not -1"),
        (lambda: cr.zeros(2.5), "whole numbers from 0, not 2.5"),
        (lambda: cr.ones((10**5, 10**5)), "more than 10000000 elements"),
        (lambda: cr.full(3, "a"), "takes 1 to 1 numbers"),
        (lambda: cr.arange(0, 1, 0), "a step that is not 0"),
        (lambda: cr.linspace(0, 1, 2.5), "whole numbers from 0, not 2.5"),
    ],
)
def test_what_makes_no_array_is_refused(call, words):
    with pytest.raises(OperationError, match=words):
        call()


@pytest.mark.parametrize("text", ["zeros(x)", "zeros((2, -1))", "eye(3, 4)", "ones(99999999999)"])
def test_a_text_that_makes_no_array_is_refused(text):
    with pytest.raises(ParseError):
        parse(text)
