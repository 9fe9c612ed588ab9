"""Losses: values by their definitions, stable where a prediction is sure, shapes that must fit."""

import math

import numpy as np
import pytest
from scipy import special
from tests.language.test_linear_algebra import central

import chainrule as c
from chainrule import expression, gradient, parse
from chainrule.errors import OperationError, ShapeError, ValueTypeError

p, t = expression("p"), expression("t")
PREDICTION = np.array([1.0, 2.0, -0.5, 0.25])
TARGET = np.array([1.5, 4.0, -0.25, 0.25])
LOGITS = np.array([[1.0, -2.0, 0.5], [3.0, 2.0, -1.0], [0.0, 0.0, 0.0]])
CLASSES = np.array([2.0, 0.0, 1.0])
SHARES = np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
COUNTS = np.array([1.0, 4.0, 0.0, 2.0])
TRUTHS = np.array([1.0, 0.0, 0.25, 1.0])
SIGNS = np.array([1.0, -1.0, 1.0, 1.0])
SIGMOID = special.expit(PREDICTION)

# loss, its keywords, prediction, target, and the loss of each row by its definition
CASES = [
    (c.huber_loss, {"delta": 0.4}, PREDICTION, TARGET, special.huber(0.4, PREDICTION - TARGET)),
    (c.log_cosh_loss, {}, PREDICTION, TARGET, np.log(np.cosh(PREDICTION - TARGET))),
    (
        c.quantile_loss,
        {"quantile": 0.9},
        PREDICTION,
        TARGET,
        np.maximum(0.9 * (TARGET - PREDICTION), 0.1 * (PREDICTION - TARGET)),
    ),
    (c.poisson_loss, {}, PREDICTION, COUNTS, np.exp(PREDICTION) - COUNTS * PREDICTION),
    (
        c.poisson_loss,
        {"log_rate": False},
        SIGMOID,
        COUNTS,
        SIGMOID - special.xlogy(COUNTS, SIGMOID),
    ),
    (
        c.binary_cross_entropy_with_logits,
        {},
        PREDICTION,
        TRUTHS,
        -special.xlogy(TRUTHS, SIGMOID) - special.xlog1py(1 - TRUTHS, -SIGMOID),
    ),
    (
        c.binary_cross_entropy,
        {},
        SIGMOID,
        TRUTHS,
        -special.xlogy(TRUTHS, SIGMOID) - special.xlog1py(1 - TRUTHS, -SIGMOID),
    ),
    (c.hinge_loss, {}, PREDICTION, SIGNS, np.maximum(0, 1 - SIGNS * PREDICTION)),
    (c.cross_entropy, {}, LOGITS, CLASSES, -special.log_softmax(LOGITS, 1)[range(3), [2, 0, 1]]),
    (c.cross_entropy, {}, LOGITS, SHARES, -(SHARES * special.log_softmax(LOGITS, 1)).sum(1)),
    (
        c.kl_divergence,
        {},
        special.log_softmax(LOGITS, 1),
        SHARES,
        special.rel_entr(SHARES, special.softmax(LOGITS, 1)).sum(1),
    ),
]
each = pytest.mark.parametrize(
    ("loss", "keywords", "prediction", "target", "rows"),
    CASES,
    ids=lambda item: getattr(item, "__name__", None),
)


@each
def test_values_are_those_of_the_definition(loss, keywords, prediction, target, rows):
    assert np.mean(rows) == pytest.approx(loss(prediction, target, **keywords), rel=1e-14)
    total = loss(p, t, reduction="sum", **keywords).eval({"p": prediction, "t": target})
    assert np.sum(rows) == pytest.approx(total, rel=1e-14)
    found = loss(prediction, target, reduction="none", **keywords)
    assert rows.shape == found.shape
    assert np.allclose(rows, found, rtol=1e-13, atol=1e-16)


@each
def test_slopes_are_those_of_central_differences(loss, keywords, prediction, target, rows):
    del rows
    values, formula = {"p": prediction + 0.01, "t": target}, loss(p, t, **keywords)
    slopes = formula.diff(values, "p")
    assert np.allclose(central(formula, values, "p"), slopes, rtol=1e-6, atol=1e-9)


@each
def test_it_reads_back_and_keeps_single_precision(loss, keywords, prediction, target, rows):
    del rows
    formula = loss(p, t, reduction="none", **keywords)
    assert formula is parse(str(formula))
    single = {"p": prediction.astype(np.float32), "t": target.astype(np.float32)}
    assert np.float32 == formula.eval(single).dtype
    assert np.float32 == loss(p, t, **keywords).diff(single, "p").dtype


@each
def test_a_target_of_another_shape_is_refused(loss, keywords, prediction, target, rows):
    del rows
    wrong = target[..., None]
    both = rf"\({len(prediction)}.*\).*\({len(prediction)}.*1\)|\({len(prediction)}.*1\).*\("
    with pytest.raises(ShapeError, match=both):
        loss(p, t, **keywords).eval({"p": prediction, "t": wrong})
    sizes = ["n", *prediction.shape[1:]]
    declared = expression("P", shape=sizes), expression("T", shape=[*sizes, 1])
    with pytest.raises(ShapeError, match=r"\(n,.*\)"):
        loss(*declared, **keywords)


def test_a_prediction_that_is_sure_keeps_value_and_slope():
    sure = {"p": np.array([40.0, -40.0, 800.0]), "t": np.array([1.0, 0.0, 0.0])}
    found = c.binary_cross_entropy_with_logits(p, t, reduction="none").eval(sure)
    tiny = math.exp(-40)
    assert [tiny, tiny, 800.0] == pytest.approx(found.tolist(), rel=1e-15)
    loss = c.binary_cross_entropy_with_logits(p, t, reduction="sum")
    slopes = gradient(loss, sure, "p")["p"]
    assert [-tiny, tiny, 1.0] == pytest.approx(slopes.tolist(), rel=1e-14)


def test_what_was_impossible_and_did_not_happen_costs_nothing():
    at = {"p": np.array([0.0, 1.0]), "t": np.array([0.0, 1.0])}
    loss = c.binary_cross_entropy(p, t, reduction="sum")
    assert 0.0 == loss.eval(at)
    assert [1.0, -1.0] == gradient(loss, at, "p")["p"].tolist()
    assert math.inf == c.binary_cross_entropy(0.0, 1.0)
    logits = {"p": np.array([-math.inf, 1.0, 2.0]), "t": 2.0}
    assert 0.31326168751822286 == pytest.approx(c.cross_entropy(p, t).eval(logits), rel=1e-15)
    assert 0.0 == gradient(c.cross_entropy(p, t), logits, "p")["p"][0]


def test_log_cosh_is_exact_near_zero_and_far_out():
    assert 5e-19 == pytest.approx(c.log_cosh(1e-9), rel=1e-15)
    assert 800 - math.log(2) == pytest.approx(c.log_cosh(-800.0), rel=1e-16)
    assert 0.0 == c.log_cosh(p).diff({"p": 0.0}, "p")


def test_cross_entropy_of_indices_is_that_of_the_shares_they_name():
    rows = {"p": LOGITS, "t": CLASSES}
    named = gradient(c.cross_entropy(p, t), rows)
    shared = gradient(c.cross_entropy(p, t), {"p": LOGITS, "t": np.eye(3)[[2, 0, 1]]})
    assert np.allclose(special.softmax(LOGITS, 1) - np.eye(3)[[2, 0, 1]], 3 * named["p"])
    assert np.array_equal(shared["p"], named["p"])
    assert [0.0, 0.0, 0.0] == named["t"].tolist()
    assert -math.log(1 / 3) == pytest.approx(c.cross_entropy(np.zeros(3), 1), rel=1e-15)


def test_a_class_that_is_not_there_is_named():
    for wrong in (3.0, -1.0):
        with pytest.raises(ShapeError, match=rf"class {wrong:g} is out of range.*have 3 classes"):
            c.cross_entropy(LOGITS, np.array([0.0, wrong, 1.0]))
    with pytest.raises(ValueTypeError, match=r"0\.5 is no class: .* from 0 to 2"):
        c.cross_entropy(LOGITS, np.array([0.0, 0.5, 1.0]))


def test_settings_are_checked():
    with pytest.raises(OperationError, match="huber_loss's delta must be a number above 0, not 0"):
        c.huber_loss(p, t, delta=0)
    with pytest.raises(OperationError, match="'mean', 'sum' or 'none', not 'average'"):
        c.cross_entropy(p, t, reduction="average")
    with pytest.raises(OperationError, match="number between 0 and 1, not 2"):
        c.quantile_loss(p, t, quantile=2)


def test_a_number_stands_for_every_row():
    assert c.huber_loss(0.0, TARGET) == c.huber_loss(np.zeros(4), TARGET)
    assert c.hinge_loss(0.0, SIGNS) == 1.0
    slope = c.poisson_loss(p, t).diff({"p": 0.5, "t": COUNTS}, "p")
    assert math.exp(0.5) - COUNTS.mean() == pytest.approx(slope, rel=1e-15)


def test_the_best_constant_of_a_quantile_loss_is_the_quantile():
    sample = np.sort(np.random.default_rng(3).normal(size=99))
    slopes = [c.quantile_loss(p, t, 0.9).diff({"p": at, "t": sample}, "p") for at in sample]
    assert np.all(np.diff(slopes) > 0)
    assert sample[np.searchsorted(slopes, 0.0)] == np.quantile(sample, 0.9, method="higher")
