"""Sizes with names: their arithmetic is that of the numbers they stand for."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.engine.bundle import Bundle
from chainrule.engine.sizes import UNKNOWN, Size, broadcast, fits, in_words, length_of, product
from chainrule.errors import ShapeError

n, m = Size("n"), Size("m")
NUMBERS = {"n": 7, "m": 5}
sizes = st.recursive(
    st.one_of(st.integers(-3, 4), st.sampled_from([n, m])),
    lambda inner: st.tuples(st.sampled_from("+-*"), inner, inner).map(
        lambda told: {"+": told[1] + told[2], "-": told[1] - told[2], "*": told[1] * told[2]}[
            told[0]
        ]
    ),
    max_leaves=6,
)


def number(size):
    return size.at(NUMBERS) if isinstance(size, Size) else size


@given(sizes, sizes)
def test_arithmetic_is_that_of_the_numbers(one, other):
    assert number(one) + number(other) == number(one + other)
    assert number(one) - number(other) == number(one - other)
    assert number(one) * number(other) == number(one * other)
    assert (one - other == 0) == (one == other)
    quotient = (one * other) // other if other != 0 else one
    assert quotient is UNKNOWN or number(one) == number(quotient)


def test_a_size_is_written_as_people_do():
    assert ["n", "2*n - 1", "m*n + 3", "-n"] == [str(s) for s in (n, 2 * n - 1, 3 + n * m, -n)]
    assert "(n,)" == in_words((n,))
    assert "(n, ?)" == in_words((n, UNKNOWN))


def test_a_size_without_names_is_a_number():
    assert 0 == n - n
    assert isinstance(n - n, int)
    assert hash(n + n) == hash(2 * n)
    assert n * m == product((m, n))


def test_a_division_that_may_leave_a_rest_is_not_known():
    assert n == (3 * n) // 3
    assert 1 == n // n
    assert UNKNOWN is n // 2
    assert UNKNOWN is (n + 1) // n
    assert UNKNOWN is 6 // n


def test_what_is_not_known_fits_everything_and_stays_unknown():
    assert fits(UNKNOWN, n)
    assert not fits(n, m)
    for made in (UNKNOWN + 1, 2 * UNKNOWN, n - UNKNOWN, UNKNOWN // n, UNKNOWN * n):
        assert UNKNOWN is made
    assert UNKNOWN is pickle.loads(pickle.dumps(UNKNOWN))
    assert n == pickle.loads(pickle.dumps(n))


shapes = st.lists(st.integers(0, 3), max_size=3).map(tuple)


@given(shapes, shapes, shapes)
def test_broadcasting_is_numpys(one, other, third):
    try:
        expected = np.broadcast_shapes(one, other, third)
    except ValueError:
        with pytest.raises(ShapeError, match="do not fit: along axis"):
            broadcast(one, other, third)
    else:
        assert expected == broadcast(one, other, third)


def test_names_broadcast_against_one_and_themselves():
    assert (n, 3) == broadcast((n, 1), (3,))
    assert (n,) == broadcast((UNKNOWN,), (n,))
    assert (UNKNOWN,) == broadcast((UNKNOWN,), (1,))
    with pytest.raises(ShapeError, match=r"\(n,\) and \(m,\) do not fit: along axis -1 one has n"):
        broadcast((n,), (m,))


@given(
    st.builds(
        slice, *[st.one_of(st.none(), st.integers(-3, 3))] * 2, st.sampled_from([None, 1, -1, 2])
    )
)
def test_the_length_of_a_slice_is_right_or_not_known(key):
    said = length_of(key, n)
    assert said is UNKNOWN or len(range(7)[key]) == number(said)
    assert len(range(7)[key]) == length_of(key, 7)


def test_bundles_add_part_by_part():
    assert (3.0, 1.0, None) == Bundle((1.0, None, None)) + Bundle((2.0, 1.0, None))
    assert (None, 2.0) == Bundle.of_one(2.0, 1, 2)
