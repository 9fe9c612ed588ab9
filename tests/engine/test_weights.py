"""Weights in cases: the local derivative, the mask and the pick of tangents, from one table."""

import math

import numpy as np
import pytest

from chainrule.engine.masked import Masked, absorbing, over, plus, seeded, settled
from chainrule.engine.weights import Cases, partials_from


def larger(a, b):
    # Conditions are 1 or 0 in the precision of the operands, as the language's comparisons are.
    less, greater, tied = [rule(a, b) * np.ones_like(a) for rule in (np.less, np.greater, np.equal)]
    return Cases((less, (0, 1)), (greater, (1, 0)), (tied, (0.5, 0.5)))


A = np.array([1.0, 3.0, 2.0, math.nan])
B = np.array([2.0, 1.0, 2.0, 0.0])
WEIGHTS = ([0.0, 1.0, 0.5, math.nan], [1.0, 0.0, 0.5, math.nan])


class TestWeights:
    def test_of_arrays_are_those_of_their_elements(self):
        for number, wanted in enumerate(WEIGHTS):
            alone = [settled(larger(a, b)[number]) for a, b in zip(A, B, strict=True)]
            np.testing.assert_array_equal(alone, wanted)
            np.testing.assert_array_equal(settled(larger(A, B)[number]), wanted)

    def test_the_partials_follow(self):
        rule = partials_from(lambda y, a, b: larger(a, b))
        for number, wanted in enumerate(WEIGHTS):
            np.testing.assert_array_equal(rule(A, A, B)[number](), wanted)
            assert rule(np.float32(A), np.float32(A), np.float32(B))[number]().dtype == np.float32

    def test_one_weight_for_all_is_a_number(self):
        cases = Cases((A > 0, (1, 0)), otherwise=(0, 1))
        assert type(cases[0].value) is int
        assert cases[0].mask.tolist() == [True, True, True, False]
        assert Cases((np.array([True, True]), (1, 0)), otherwise=(0, 1))[0].mask is None

    def test_an_operand_that_is_never_taken_has_the_literal_zero(self):
        assert Cases((A > 0, (0, 1)), otherwise=(0, 1))[0] == 0
        assert Cases((True, (0, 1)), otherwise=(0, 1))[0] == 0

    def test_a_weight_that_happens_to_be_zero_lets_everything_through(self):
        ramp = Cases((False, (1,)), otherwise=(0.0,))
        assert math.isnan(settled(over(math.inf, ramp[0])))
        assert settled(over(math.inf, Cases((True, (0,)), otherwise=(1,))[0])) == 0.0

    @pytest.mark.parametrize("place", range(3))
    def test_a_tangent_is_picked_as_the_weights_add_up(self, place):
        tangents = [5.0, -7.0]
        picked = larger(A[place], B[place]).along(tangents)
        assert picked == sum(
            weights[place] * t for weights, t in zip(WEIGHTS, tangents, strict=True)
        )
        among = settled(larger(A, B).along([np.full(4, 5.0), np.full(4, -7.0)]))
        assert among[place] == picked

    def test_of_one_tangent_what_was_left_out_is_nothing(self):
        found = larger(A, B).along([np.full(4, 5.0), None])
        assert type(found) is Masked
        assert found.mask.tolist() == [False, True, True, True]
        assert settled(found)[:3].tolist() == [0.0, 5.0, 2.5]


class TestTheAlgebra:
    def test_nothing_absorbs_an_infinite_slope(self):
        flow = over(np.array([1.0, 1.0]), Masked(1, np.array([True, False])))
        assert settled(flow.times(np.array([math.inf, math.inf]))).tolist() == [math.inf, 0.0]

    def test_a_computed_zero_does_not(self):
        flow = over(np.array([0.0, 1.0]), Masked(1, None))
        with np.errstate(invalid="ignore"):
            assert np.isnan(flow * np.array([math.inf, 1.0])).tolist() == [True, False]

    def test_two_flows_meet_where_either_was_taken(self):
        one = Masked(np.array([1.0, math.nan]), np.array([True, False]))
        other = Masked(np.array([math.nan, 2.0]), np.array([False, True]))
        assert settled(plus(one, other)).tolist() == [1.0, 2.0]

    def test_a_zero_wins_in_a_product_that_says_so(self):
        assert absorbing(0.0, math.inf) == absorbing(math.inf, 0.0) == 0.0
        with np.errstate(invalid="ignore"):
            assert absorbing(np.array([0.0, 2.0]), math.inf).tolist() == [0.0, math.inf]
        assert math.isnan(absorbing(math.nan, 2.0))

    def test_from_a_seed_of_zero_nothing_flows(self):
        assert seeded(1.0) == 1.0
        ones = np.ones(2)
        assert seeded(ones) is ones
        assert seeded(np.array([0.0, 2.0])).mask.tolist() == [False, True]
        assert seeded(np.zeros(2)).mask is False
