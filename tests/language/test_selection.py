"""Square brackets: the shape of what they select, before values too, and what does not fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import chainrule as cr
from chainrule import check_operation, expression, matrix, parse
from chainrule.engine.sizes import Size
from chainrule.errors import ShapeError, ValueTypeError

x, i = expression("x"), expression("i")
X = matrix("X", "n", "m")
n, m = Size("n"), Size("m")
SHAPE = (3, 1, 4, 2)


@pytest.mark.parametrize("kind", ["item", "placement"])
def test_an_operation_keeps_what_it_says_of_itself(kind):
    check_operation(cr.operations()[kind]).raise_for_failure()


@settings(max_examples=60)
@given(
    st.one_of(
        arrays.basic_indices(SHAPE, allow_newaxis=True),
        arrays.integer_array_indices(SHAPE),
        st.tuples(
            st.sampled_from([0, slice(None), None, np.array([2, 0]), np.arange(3) > 0]),
            st.sampled_from([0, ..., slice(0, 0), None, np.array([0, 0])]),
            st.sampled_from([-1, slice(None, None, -2), None, np.array([[-1], [0]])]),
        ),
    )
)
def test_a_shape_is_foretold_as_numpy_has_it(key):
    assert np.ones(SHAPE)[key].shape == expression("x", shape=SHAPE)[key].shape


@pytest.mark.parametrize(
    ("selected", "shape"),
    [
        (X[0], (m,)),
        (X[:, -1], (n,)),
        (X[1:, None], (n - 1, 1, m)),
        (X[..., ::-1], (n, m)),
        (X[:-2], (n - 2, m)),
        (X[np.array([0, 0, 5])], (3, m)),
        (X[:, [[0], [1]]], (n, 2, 1)),
        (matrix("X", 3, "m")[np.array([True, False, True])], (2, m)),
    ],
    ids=str,
)
def test_named_sizes_go_through(selected, shape):
    assert shape == selected.shape


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (3, "index 3 is out of range for axis 0 with size 3"),
        ((0, -5), "index -5 is out of range for axis 1 with size 4"),
        ((slice(None), np.array([0, 4])), "index 4 is out of range for axis 1 with size 4"),
        ((0, 0, 0), "selects from 3 axes of 2"),
        ((..., ...), "more than once"),
        (np.array([True, False]), r"the mask has shape \(2,\), what it is for \(3,\)"),
        ((np.array([0, 1]), np.array([0, 1, 2])), r"its arrays select \(2,\) and \(3,\)"),
    ],
)
def test_what_does_not_fit_is_told_with_and_without_values(key, words):
    with pytest.raises(ShapeError, match=words):
        expression("x", shape=(3, 4))[key]
    with pytest.raises(ShapeError, match=words):
        x[key].eval({"x": np.ones((3, 4))})


class TestComputedIndices:
    def test_an_expression_selects_along_its_axis(self):
        assert x[i] is cr.take(x, i, axis=0)
        assert x[:, i] is cr.take(x, i, axis=1)
        table = np.arange(6.0).reshape(2, 3)
        assert np.array_equal(table[:, [2, 0]], x[:, i].eval({"x": table, "i": [2, 0]}))

    @pytest.mark.parametrize("key", [(1, i), (i, i), (slice(1, None), i)])
    def test_beside_others_it_takes_two_steps(self, key):
        with pytest.raises(ValueTypeError, match="two steps"):
            x[key]

    def test_the_ends_of_a_slice_are_whole_numbers(self):
        with pytest.raises(ValueTypeError, match="cannot depend on values"):
            x[i:]


def test_numpys_whole_numbers_are_written_as_pythons():
    assert "x[2:, 1]" == str(x[np.int64(2) :, np.int64(1)])
    assert x[[]] is parse(str(x[[]]))


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        ([[0, 1], [2]], ValueTypeError, "rows differ in length"),
        ([10**30], ShapeError, "out of range for any array"),
        (expression("m") > 0, ValueTypeError, "where.m > 0, X, 0. keeps them all"),
    ],
)
def test_keys_that_select_nothing_say_so_when_they_are_built(key, error, words):
    with pytest.raises(error, match=words):
        matrix("X")[key]


def test_unsigned_integers_select():
    assert matrix("X")[[1, 0]] is matrix("X")[np.array([1, 0], dtype=np.uint8)]
