"""Where a NaN or an infinity came from: the step, the row and the column, going either way."""

import math

import numpy as np
import pandas as pd
import pytest

from chainrule import (
    exp,
    expression,
    log,
    mean,
    named,
    nan_story,
    sqrt,
    sum,
    where,
)

m, b, x, y, price = (expression(name) for name in ["m", "b", "x", "y", "price"])


def test_what_is_finite_has_no_story():
    found = nan_story(m * x + b, {"m": 1, "x": 2, "b": 3})
    assert found.is_finite
    assert "The value and every derivative are finite." == str(found)
    assert 5 == len(found.graph)


def test_the_first_step_forward_is_named_with_row_and_column():
    prices = np.full(30, 2.0)
    prices[17] = 0.0
    found = nan_story(mean(m * log(price) + b), {"m": 2.0, "b": 1.0, "price": prices})
    assert ("s1", "log(price)", -math.inf, 17, {"price": 0.0}) == (
        found.forward.step,
        found.forward.formula,
        found.forward.value,
        found.forward.row,
        found.forward.given,
    )
    assert ("m", "price") == found.affected
    assert "Going forward: s1 = log(price) is -inf in row 17, where price = 0." in str(found)


def test_the_first_edge_backward_is_named():
    found = nan_story(sqrt(x), {"x": 0.0})
    assert found.forward is None
    assert ("s1", "x", math.inf) == (
        found.backward.step,
        found.backward.operand,
        found.backward.value,
    )
    assert str(found).startswith("Going backward: ∂s1/∂x = ")


def test_a_number_given_as_nan_is_called_given():
    table = pd.DataFrame({"x": [1.0, np.nan, 3.0], "y": [1.0, 2.0, 3.0]})
    found = nan_story(mean((y - 2 * x) ** 2), table)
    assert "x is nan in row 1, as given" == str(found.forward)
    assert 1 == found.forward.row


def test_named_steps_keep_their_names():
    found = nan_story(named("rate", 1 / named("total", x - y)), {"x": 2.0, "y": 2.0})
    assert ("rate", "1/total", math.inf) == (
        found.forward.step,
        found.forward.formula,
        found.forward.value,
    )
    assert "there x = 2, y = 2" in str(found)


def test_a_branch_that_was_not_taken_is_no_story():
    assert nan_story(where(x > 0, log(x), 0 * x), {"x": 0.0}).is_finite
    assert nan_story(where(x > 0, log(x), 0), {"x": [0.0, 1.0]}).is_finite


def test_an_overflow_on_the_way_back_is_told_with_what_flows_in():
    found = nan_story(exp(x) * 1e300, {"x": 300.0})
    assert math.inf == found.value
    assert found.forward.row is None


def test_a_sum_that_overflows_is_told():
    found = nan_story(x * 1e308 + x * 1.5 * 1e308, {"x": 0.5})
    assert ("x",) == found.affected
    assert found.backward is None
    assert not found.is_finite
    assert "too large" in str(found)


def test_one_variable_can_be_followed_alone():
    data = {"x": 0.0, "y": 1.0}
    assert ("x",) == nan_story(sqrt(x) + y, data).affected
    assert nan_story(sqrt(x) + y, data, "y").is_finite


def test_the_picture_is_cut_down_to_the_way():
    e = named("bad", log(x)) + named("good", y * m + b)
    found = nan_story(e, {"x": 0.0, "y": 1.0, "m": 1.0, "b": 0.0})
    assert {"x", "bad", "s2"} <= {node.name for node in found.graph.nodes}
    assert {"good", "y", "m", "b"}.isdisjoint(node.name for node in found.graph.nodes)


def test_derivatives_that_are_matrices_leave_the_story_forward():
    found = nan_story(log(x) - mean(x), {"x": [1.0, 0.0]})
    assert ("s1", 1) == (found.forward.step, found.forward.row)
    assert () == found.affected


@pytest.mark.parametrize("size", [1, 3])
def test_the_story_agrees_with_diff(size):
    data = {"x": np.zeros(size), "y": np.ones(size)}
    e = sum(y * sqrt(x))
    found = nan_story(e, data)
    bad = tuple(name for name, slope in e.diff(data).items() if not np.all(np.isfinite(slope)))
    assert bad == found.affected == ("x",)
    assert 0 == found.backward.row


def test_a_long_chain_is_followed():
    e = x
    for _ in range(5_000):
        e = e + 1
    found = nan_story(log(e - 5_000), {"x": 0.0})
    assert "log" in found.forward.formula
