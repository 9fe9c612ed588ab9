"""Many sweeps over numbers in one, against the same sweeps one by one."""

import math
from itertools import pairwise

import numpy as np
import pytest
from tests.words import our_operations

import chainrule as c
from chainrule import expression, hessian, jacobian, sin
from chainrule.calculus.operation_points import points_of
from chainrule.engine import evaluate, sweep

x, y, z = (expression(name) for name in "xyz")


def swept_one_by_one(monkeypatch, e, values):
    with monkeypatch.context() as patched:
        patched.setattr(evaluate, "MOST_AT_ONCE", 0)
        return jacobian(e, values, as_array=True)


def test_the_sweeps_of_a_hessian_of_numbers_go_in_one(monkeypatch):
    leaves = [expression(f"v{number}") for number in range(12)]
    total = c.constant(0)
    for one, other in pairwise(leaves):
        total = total + sin(one * other) ** 2
    values = {leaf.name: 0.3 * number for number, leaf in enumerate(leaves)}
    with monkeypatch.context() as patched:
        patched.setattr(evaluate, "MOST_AT_ONCE", 0)
        expected = hessian(total, values)
    sweeps = []
    original = sweep.forward
    monkeypatch.setattr(
        sweep, "forward", lambda *given, **told: sweeps.append(1) or original(*given, **told)
    )
    assert expected == hessian(total, values)
    assert [1] == sweeps


@pytest.mark.parametrize(
    "word",
    [word for word in our_operations().values() if word.is_elementwise and word.arity[0] >= 2],
    ids=lambda word: word.__name__,
)
def test_sweeps_in_one_give_what_they_give_one_by_one(monkeypatch, word):
    for point in points_of(word, word.samples):
        first, second, *others = point.operands
        step = word.of((x * y, y + z, *others, *point.attributes))
        values = {"x": 2.0, "y": first / 2, "z": second - first / 2}
        for e in ([step * z, step + x, step], [step, x * step]):  # forward, back
            expected = swept_one_by_one(monkeypatch, e, values)
            assert np.array_equal(expected, jacobian(e, values, as_array=True), equal_nan=True)


def test_zeros_of_other_sweeps_are_not_carried_over_an_infinite_slope():
    values = {"x": 0.0, "y": 2.0, "z": 3.0}
    found = jacobian([c.sqrt(x) + y * z, x * y, z * y], values, as_array=True)
    assert [[math.inf, 3, 2], [2, 0, 0], [0, 3, 2]] == found.tolist()
    assert (
        found.tolist()[:2] == jacobian([c.sqrt(x) + y * z, x * y], values, as_array=True).tolist()
    )
