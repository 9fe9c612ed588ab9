"""Random compositions of matrix operations: every way to a derivative gives the same numbers."""

import numpy as np
import pytest
from tests.random_matrices import random_composition

from chainrule import gradient, hvp, jvp, sum
from chainrule.engine.inference import shape_of

BATCHES, BATCH = 6, 10
STEP = 1e-5
AGREEMENT = 1e-9  # relative to the largest entry, of two orders of the same operations
NUMERICALLY = 1e-5


def scale_of(*items):
    """Return the largest entry in size, 1 at least."""
    return max([1.0, *[np.abs(item).max(initial=0) for item in map(np.asarray, items)]])


def moved(values, direction, by):
    """Return values moved along a direction."""
    return {name: value + by * direction[name] for name, value in values.items()}


def check_composition(seed):
    """Compare shape, value, gradient and Hessian of one composition."""
    whole, values = random_composition(seed)
    numbers = np.random.default_rng(seed)
    value = np.asarray(whole.eval(values))
    shape = shape_of(whole)
    assert value.shape == shape, "the shape before there are values"
    loss = sum(whole * numbers.standard_normal(value.shape)) + 0.0
    direction = {name: numbers.standard_normal(np.shape(x)) for name, x in values.items()}
    slopes = loss.diff(values)
    along = np.sum([np.sum(slopes[name] * direction[name]) for name in values])
    size = scale_of(*slopes.values())
    assert abs(along - jvp(loss, values, direction)) < AGREEMENT * size, "forward"
    ahead, behind = (loss.eval(moved(values, direction, sign * STEP)) for sign in (1, -1))
    assert abs(along - (ahead - behind) / (2 * STEP)) < NUMERICALLY * size, "numerically"
    written = gradient(loss)
    product = hvp(loss, values, direction)
    ahead, behind = (loss.diff(moved(values, direction, sign * STEP)) for sign in (1, -1))
    size = scale_of(size, *product.values())
    for name, slope in slopes.items():
        tidy = np.broadcast_to(written[name].eval(values), np.shape(slope))
        assert np.abs(tidy - slope).max(initial=0) < AGREEMENT * size, f"{name}, written"
        by_name = loss.derivative(name).eval(values)
        assert np.abs(by_name - slope).max(initial=0) < AGREEMENT * size, f"{name}, derivative"
        second = (ahead[name] - behind[name]) / (2 * STEP)
        assert np.abs(second - product[name]).max(initial=0) < NUMERICALLY * size, f"{name}, twice"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_way_to_a_derivative_gives_the_same(batch):
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        try:
            check_composition(seed)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {random_composition(seed)[0]}") from error
