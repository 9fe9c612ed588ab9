"""Convolutions of channels by kernels, as a neural network's: windows times kernels, summed."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.sizes import in_words
from chainrule.errors import ShapeError
from chainrule.language.batches import reshaped_entries
from chainrule.language.composition import composed
from chainrule.language.convolving.windows import in_each, sides_of, windows
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import reading, structural
from chainrule.language.matrices.contraction import einsum

__all__ = ["conv1d", "conv2d", "convolution_1d", "convolution_2d"]

CONVOLVING = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
POSITIONAL = ("x", "w", *CONVOLVING)
CHANNELS = np.array([[1.0, 2.0, -1.0, 0.5, 3.0], [0.0, 1.0, 4.0, -2.0, 1.0]])
KERNELS = np.array([[[1.0, -1.0], [0.5, 2.0]], [[0.0, 1.0], [3.0, 0.5]], [[1.0, 1.0], [-2.0, 1.0]]])


class axis_apart(structural):
    """An axis cut into groups of equal length: one more axis, before it."""

    keywords = {"groups": 1, "axis": 0}
    samples = ((CHANNELS, {"groups": 2, "axis": 0}), (CHANNELS[:, :4], {"groups": 2, "axis": -1}))

    def forward(x, groups, axis):
        return np.reshape(x, axis_apart.shape(np.shape(x), groups, axis))

    def batch(operation, operands, attributes):
        (x,) = operands
        return reshaped_entries(x, axis_apart.shape(x.shape, *attributes))

    def pull(g, y, x, groups, axis):
        return (together(g, groups=groups, axis=axis),)

    def push(tangents, y, x, groups, axis):
        return apart(broadcast_as(tangents[0], x), groups=groups, axis=axis)

    def shape(shape, groups, axis):
        axis = place_of(axis, groups, shape, len(shape))
        if isinstance(shape[axis], int) and shape[axis] % groups:
            raise ShapeError(
                f"axis {axis} of shape {in_words(shape)} cannot be shared by {groups} groups. "
                "Its length must be a multiple of them."
            )
        return (*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])


class axis_together(structural):
    """Groups of an axis put into one axis again, as long as all of them."""

    keywords = {"groups": 1, "axis": 0}
    samples = ((KERNELS, {"groups": 2, "axis": -1}), (KERNELS, {"groups": 3, "axis": 0}))

    def forward(x, groups, axis):
        return np.reshape(x, axis_together.shape(np.shape(x), groups, axis))

    def batch(operation, operands, attributes):
        (x,) = operands
        return reshaped_entries(x, axis_together.shape(x.shape, *attributes))

    def pull(g, y, x, groups, axis):
        return (apart(g, groups=groups, axis=axis),)

    def push(tangents, y, x, groups, axis):
        return together(broadcast_as(tangents[0], x), groups=groups, axis=axis)

    def shape(shape, groups, axis):
        axis = place_of(axis, groups, shape, len(shape) - 1)
        if shape[axis] != groups:
            raise ShapeError(f"shape {in_words(shape)} has no {groups} groups along axis {axis}.")
        return (*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :])


def place_of(axis: Any, groups: Any, shape: Any, axes: int) -> int:
    """Return the axis of so many that is to be shared by groups, or is to hold them, from 0.

    Raises: ShapeError where there is no such axis, or no such number of groups.
    """
    if not type(axis) is type(groups) is int or not -axes <= axis < axes or groups < 1:
        raise ShapeError(
            f"shape {in_words(shape)} has no axis {axis!r} of {groups!r} groups. "
            "Give a whole number for the axis, and one from 1 for the groups."
        )
    return axis % axes


def checked(called: str, axes: int, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the attributes of a convolution over so many axes, each axis with its own.

    Raises: OperationError for what is none.
    """
    stride, padding, dilation, groups = given
    return (
        in_each(called, "stride", stride, axes),
        sides_of(called, padding, axes),
        in_each(called, "dilation", dilation, axes),
        *in_each(called, "groups", groups, 1),
    )


def convolved(called: str, letters: tuple[str, str], x: Any, w: Any, given: Any) -> Any:
    """Return the windows of an array times kernels; letters: of the windows, and in a window."""
    at, within = letters
    stride, padding, dilation, groups = checked(called, len(at), given)
    seen = windows(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    if groups == 1:
        return einsum(f"...c{at}{within},oc{within}->...o{at}", seen, w)
    seen = apart(seen, groups=groups, axis=-1 - 2 * len(at))
    kernels = apart(w, groups=groups, axis=0)
    made = einsum(f"...gc{at}{within},goc{within}->...go{at}", seen, kernels)
    return together(made, groups=groups, axis=-1 - len(at))


class convolution_1d(composed):
    """Channels by kernels along one axis, as in a neural network: no kernel is turned round.

    x: (C, L) or (N, C, L). w: (O, C, k), a kernel for each channel made. A bias is added as
    + b[:, None]. stride: from one window to the next. padding: zeros before and after, or "valid",
    "same", "full". dilation: from one element in a window to the next. groups: in so many parts
    that do not see each other; w is then (O, C // groups, k).
    Shapes: (N, C, L), (O, C, k) -> (N, O, windows).
    Raises: ShapeError where channels do not fit, or a kernel is longer than what it slides over.

    >>> conv1d([[1.0, 2.0, 3.0]], [[[1.0, -1.0]]])
    array([[-1., -1.]])
    """

    keywords = CONVOLVING
    worded = ("padding",)
    positional = POSITIONAL
    rule = "product"
    notation = function("conv1d", keywords=tuple(CONVOLVING), defaults=tuple(CONVOLVING.values()))
    is_elementwise = False
    samples = (
        (CHANNELS, KERNELS),
        (CHANNELS[None], KERNELS, {"stride": 2, "padding": 1, "dilation": 2}),
        (CHANNELS, KERNELS[:2, :1], {"groups": 2, "padding": "same"}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes as written, checked."""
        found = super().attribute_values(given)
        checked("conv1d", 1, found)
        return found

    def meaning(x, w, stride, padding, dilation, groups):
        return convolved("conv1d", ("l", "k"), x, w, (stride, padding, dilation, groups))


class convolution_2d(composed):
    """Channels by kernels along two axes, as in a neural network: no kernel is turned round.

    x: (C, H, W) or (N, C, H, W). w: (O, C, i, j). The rest as for `conv1d`; stride, padding and
    dilation may differ in the two axes: stride=(1, 2), padding=(0, 1) or ((0, 0), (1, 2)). A bias
    is added as + b[:, None, None].
    Shapes: (N, C, H, W), (O, C, i, j) -> (N, O, windows down, windows across).
    Raises: ShapeError where channels do not fit, or a kernel is larger than what it slides over.

    >>> conv2d(np.ones((1, 3, 3)), np.ones((1, 1, 2, 2)))
    array([[[4., 4.],
            [4., 4.]]])
    """

    keywords = CONVOLVING
    worded = ("padding",)
    positional = POSITIONAL
    rule = "product"
    notation = function("conv2d", keywords=tuple(CONVOLVING), defaults=tuple(CONVOLVING.values()))
    is_elementwise = False
    samples = (
        (CHANNELS.reshape(1, 2, 5), KERNELS[:, :1, None]),
        (
            CHANNELS.reshape(1, 2, 1, 5),
            KERNELS[:2, :, :, None],
            {"padding": (1, 2), "stride": (1, 2)},
        ),
        (CHANNELS[:, None], KERNELS[:2, None, :1], {"groups": 2, "dilation": (1, 3)}),
    )

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes as written, checked."""
        found = super().attribute_values(given)
        checked("conv2d", 2, found)
        return found

    def meaning(x, w, stride, padding, dilation, groups):
        return convolved("conv2d", ("hw", "ij"), x, w, (stride, padding, dilation, groups))


apart = reading(axis_apart)
together = reading(axis_together)
conv1d = reading(convolution_1d)
conv2d = reading(convolution_2d)
