"""Hessians, Jacobians and products of hot formulas of numbers: as the sweeps over numbers give."""

import math

import numpy as np
import pytest
from tests.random_formulas import random_formula

import chainrule as cr
from chainrule.calculus import derivatives, generated
from chainrule.engine.targets.source import PYTHON

FORMULAS = range(60)


def same(one, other):
    """Tell whether two numbers have the same bits; a zero may have either sign, a NaN any bits."""
    return (math.isnan(one) and math.isnan(other)) or (one + 0.0).hex() == (other + 0.0).hex()


def flat(found):
    """List the numbers in dicts, lists and arrays."""
    if isinstance(found, dict):
        return [number for part in found.values() for number in flat(part)]
    if isinstance(found, list | tuple):
        return [number for part in found for number in flat(part)]
    return np.ravel(found).tolist()


def questions(formula, values):
    names = list(formula.variables)
    along = {name: 1.0 + 0.25 * number for number, name in enumerate(names)}
    return {
        "hessian": lambda: cr.hessian(formula, values),
        "hessian as array": lambda: cr.hessian(formula, values, as_array=True),
        "hessian by the last": lambda: cr.hessian(formula, values, names[-1:]),
        "jacobian of one": lambda: cr.jacobian(formula, values),
        "jacobian of two": lambda: cr.jacobian([formula, 2 * formula], values, as_array=True),
        "jvp": lambda: cr.jvp(formula, values, along),
        "vjp": lambda: cr.vjp(formula, values, 0.75),
        "hvp": lambda: cr.hvp(formula, values, along),
    }


@pytest.mark.parametrize("seed", FORMULAS)
def test_hot_answers_have_the_bits_of_cold_ones(seed):
    formula, values = random_formula(seed)
    for word, ask in questions(formula, values).items():
        cold = flat(ask())
        for _ in range(PYTHON.pays_after + 20):
            hot = flat(ask())
        assert all(map(same, cold, hot)), word


def test_hot_hessians_are_generated():
    x, y = cr.expression("x"), cr.expression("y")
    formula, values = cr.sin(x * y) + x**3, {"x": 0.5, "y": 2.0}
    for _ in range(PYTHON.pays_after + 1):
        cr.hessian(formula, values)
    rows = generated.hessian_rows(formula, values, ["x", "y"])
    assert rows is not None
    assert np.array_equal(cr.hessian(formula, values, as_array=True), rows)
    assert derivatives.hessian(formula, values) == {
        name: dict(zip("xy", row, strict=True)) for name, row in zip("xy", rows, strict=True)
    }


@pytest.mark.parametrize(
    "values",
    [
        {"x": 0.0, "y": 2.0},
        {"x": math.inf, "y": 1.0},
        {"x": math.nan, "y": 1.0},
        {"x": 1e200, "y": 1e200},
        {"x": np.float64(0.5), "y": 2},
    ],
)
def test_at_the_edges_hot_and_cold_agree(values):
    def made():
        x, y = cr.expression("x"), cr.expression("y")
        return cr.log(x) * y + cr.exp(y * x) / x

    formula = made()
    cold = {word: flat(ask()) for word, ask in questions(formula, values).items()}
    plain = {"x": 0.5, "y": 2.0}
    for _ in range(PYTHON.pays_after + 2):
        for ask in questions(formula, plain).values():
            ask()
    for word, ask in questions(formula, values).items():
        assert all(map(same, cold[word], flat(ask()))), word


def test_hot_products_take_arrays_as_before():
    x, y = cr.expression("x"), cr.expression("y")
    formula = cr.sin(x * y)
    for _ in range(PYTHON.pays_after + 2):
        cr.jvp(formula, {"x": 0.5, "y": 2.0}, {"x": 1.0})
    found = cr.jvp(formula, {"x": np.array([0.5, 1.0]), "y": 2.0}, {"x": 1.0})
    assert 2 == len(found)
    with pytest.raises(cr.errors.UnknownVariable, match="no value for 'y'"):
        cr.jvp(formula, {"x": 0.5}, {"x": 1.0})
    with pytest.raises(cr.errors.UnknownVariable, match="names 'z'"):
        cr.jvp(formula, {"x": 0.5, "y": 2.0}, {"z": 1.0})
    with pytest.raises(cr.errors.ValueTypeError, match="text"):
        cr.jvp(formula, {"x": "0.5", "y": 2.0}, {"x": 1.0})
