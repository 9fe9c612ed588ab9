"""Losses of classification: how far logits or probabilities are from the classes observed.

Logits are any numbers; their softmax, or sigmoid, are the probabilities, and no loss computes these
to take their logarithm. `reduction` says how the losses of the rows become one, as in `losses`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.sizes import fits, in_words
from chainrule.errors import ShapeError, ValueTypeError
from chainrule.language.arithmetic import log, weigh
from chainrule.language.arrays.softmaxes import log_softmax
from chainrule.language.batches import all_entries
from chainrule.language.elements.activations import relu_of, softplus
from chainrule.language.elements.elementary import log1p
from chainrule.language.folds import broadcast_as, second_operand, sum
from chainrule.language.kinds import reading, structural
from chainrule.language.losses.regression import loss, paired, reduced, written

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_of_logits",
    "binary_cross_entropy_of_probabilities",
    "binary_cross_entropy_with_logits",
    "categorical_cross_entropy",
    "class_shares",
    "cross_entropy",
    "flow_to_alike",
    "hinge_error",
    "hinge_loss",
    "kl_divergence",
    "relative_entropy",
    "shares_of_classes",
]

LOGITS = np.array([[1.0, -2.0, 0.5], [3.0, 2.0, -1.0]])
SHARES = np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0]])


class binary_cross_entropy_of_logits(loss):
    """Negative log-likelihood of targets 0 and 1, or shares between, given logits.

    log(1 + exp(-x)) of a target of 1, log(1 + exp(x)) of a target of 0: value and slope keep every
    digit where the prediction is sure. reduction: "mean", "sum" or "none".
    Shapes: (n,), (n,) -> (). Raises: ShapeError if the shapes differ.
    Source: Hastie, Tibshirani & Friedman (2009), equation 4.20.
    """

    notation = written("binary_cross_entropy_with_logits")
    rule = "cross-entropy"
    samples = (
        (np.array([1.0, -40.0, 0.0]), np.array([1.0, 0.0, 0.25])),
        (LOGITS, SHARES, {"reduction": "sum"}),
        (2.0, 1.0),
    )

    def meaning(prediction, target, reduction):
        logit = paired(prediction, target)
        return reduced(target * softplus(-logit) + (1 - target) * softplus(logit), reduction)


class binary_cross_entropy_of_probabilities(loss):
    """Negative log-likelihood of targets 0 and 1, or shares between, given probabilities.

    Where one is at hand, give the logit to binary_cross_entropy_with_logits: it keeps the digits.
    What was deemed impossible and happened costs infinitely (PyTorch then has 100).
    reduction: "mean", "sum" or "none". Shapes: (n,), (n,) -> ().
    Raises: ShapeError if the shapes differ.
    """

    notation = written("binary_cross_entropy")
    rule = "cross-entropy"
    samples = ((np.array([0.9, 0.1, 0.5]), np.array([1.0, 0.0, 0.25])), (0.25, 1.0))

    def meaning(prediction, target, reduction):
        share = paired(prediction, target)
        logs = weigh(target, log(share)) + weigh(1 - target, log1p(-share))
        return reduced(-logs, reduction)


class shares_of_classes(structural):
    """The share of each class, the last axis, in a target: 1 for the class that an index names.

    A target of the shape of the logits holds shares already, one of a shape without the last axis
    holds indices, by which there is no slope: it is 0.
    Raises: ShapeError for any other shape, or a class that is not there; ValueTypeError for an
    index that is not whole.
    """

    samples = ((SHARES, LOGITS), (SHARES[0], LOGITS[0]))
    mixing = "the classes and what predicts them do not lie row by row"
    shape_sources = second_operand

    def forward(target, logits):
        target, logits = np.asarray(target), np.asarray(logits)
        has_shares(target.shape, logits.shape)
        if target.shape == logits.shape:
            return target
        count = logits.shape[-1]
        wrong = target[(target != np.floor(target)) | ~np.isfinite(target)]
        if wrong.size:
            raise ValueTypeError(
                f"{wrong.flat[0]} is no class: a target of indices has whole numbers from 0 to "
                f"{count - 1}. For shares, give one a class: shape {logits.shape}."
            )
        wrong = target[(target < 0) | (target >= count)]
        if wrong.size:
            raise ShapeError(
                f"class {wrong.flat[0]:g} is out of range: the logits, of shape {logits.shape}, "
                f"have {count} classes along their last axis. Count classes from 0."
            )
        return (target[..., None] == np.arange(count)).astype(logits.dtype)

    def batch(operation, operands, attributes):
        return operation.on_array(*all_entries(operands))

    def pull(g, y, target, logits):
        return lambda: flow_to_alike_of(g, target), 0

    def push(tangents, y, target, logits):
        if tangents[0] is None:
            return 0
        return flow_to_alike_of(broadcast_as(tangents[0], target), logits)

    def shape(target, logits):
        has_shares(target, logits)
        return logits


def has_shares(target: Any, logits: Any) -> None:
    """Check that the shape of a target is that of the logits, or that of indices.

    Raises: ShapeError with both shapes.
    """

    def same(shape: Any) -> bool:
        pairs = zip(target, shape, strict=False)
        return len(target) == len(shape) and all(fits(a, b) for a, b in pairs)

    if not logits or not (same(logits) or same(logits[:-1])):
        raise ShapeError(
            f"a target of shape {in_words(target)} does not fit logits of shape "
            f"{in_words(logits)}, whose last axis is the classes. Give it that shape for shares of "
            f"classes, or {in_words(logits[:-1])} for indices."
        )


class flow_to_alike(structural):
    """What flows between two arrays of one shape; between different ones nothing does."""

    samples = ((LOGITS, SHARES), (np.array([1.0, 2.0]), SHARES))
    shape_sources = second_operand

    def forward(value, like):
        if np.shape(value) == np.shape(like):
            return value
        return np.zeros(np.shape(like), dtype=np.result_type(value, np.float32))

    def batch(operation, operands, attributes):
        return operation.on_array(*all_entries(operands))

    def pull(g, y, value, like):
        return flow_to_alike_of(g, value), 0

    def push(tangents, y, value, like):
        if tangents[0] is None:
            return 0
        return flow_to_alike_of(broadcast_as(tangents[0], value), like)

    def shape(value, like):
        return like


class categorical_cross_entropy(loss):
    """Negative log-likelihood of classes, the last axis, given logits.

    target: the index of the class, counted from 0, in a shape without the last axis, or the share
    of each class in the shape of the logits. reduction: "mean", "sum" or "none".
    Shapes: (n, k), (n,) -> (), or (n, k), (n, k) -> ().
    Raises: ShapeError for other shapes, or a class that is not there.
    Source: Goodfellow, Bengio & Courville (2016), Deep Learning, equation 6.30.
    """

    notation = written("cross_entropy")
    rule = "cross-entropy"
    samples = (
        (LOGITS, SHARES),
        (LOGITS, SHARES, {"reduction": "none"}),
        (LOGITS[0], SHARES[0], {"reduction": "sum"}),
    )

    def meaning(prediction, target, reduction):
        logs = weigh(class_shares(target, prediction), log_softmax(prediction, axis=-1))
        return reduced(-sum(logs, axis=-1), reduction)


class hinge_error(loss):
    """How much is missing to the margin of 1: max(0, 1 - target*prediction) of targets -1 and 1.

    At the margin its slope is 0. reduction: "mean", "sum" or "none". Shapes: (n,), (n,) -> ().
    Raises: ShapeError if the shapes differ.
    Source: Hastie, Tibshirani & Friedman (2009), equation 12.25.
    """

    notation = written("hinge_loss")
    rule = "hinge loss"
    samples = ((np.array([0.5, -2.0, 3.0]), np.array([1.0, 1.0, -1.0])), (0.5, 1.0))

    def meaning(prediction, target, reduction):
        return reduced(relu_of(1 - target * paired(prediction, target)), reduction)


class relative_entropy(loss):
    """Kullback-Leibler divergence of a distribution from the target's, given its logarithms.

    The last axis is the classes and is summed over; a target's share of 0 adds nothing. The mean
    is that over rows: PyTorch's reduction="batchmean". reduction: "mean", "sum" or "none".
    Shapes: (n, k), (n, k) -> (). Raises: ShapeError if the shapes differ.
    Source: Kullback & Leibler (1951), On information and sufficiency, equation 2.4.
    """

    notation = written("kl_divergence")
    rule = "relative entropy"
    samples = (
        (np.log(np.array([[0.1, 0.6, 0.3], [0.5, 0.25, 0.25]])), (SHARES + 1) / 4),
        (np.log(np.array([0.4, 0.6])), np.array([0.25, 0.75]), {"reduction": "none"}),
    )

    def meaning(prediction, target, reduction):
        missing = log(target) - paired(prediction, target)
        return reduced(sum(weigh(target, missing), axis=-1), reduction)


class_shares = reading(shares_of_classes)
flow_to_alike_of = reading(flow_to_alike)
binary_cross_entropy_with_logits = reading(binary_cross_entropy_of_logits)
binary_cross_entropy = reading(binary_cross_entropy_of_probabilities)
cross_entropy = reading(categorical_cross_entropy)
hinge_loss = reading(hinge_error)
kl_divergence = reading(relative_entropy)
