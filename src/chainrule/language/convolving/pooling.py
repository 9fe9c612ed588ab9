"""Pooling: the largest element, or the mean, of each window over the last axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.errors import OperationError
from chainrule.language.arrays.averages import mean
from chainrule.language.arrays.reductions import amax
from chainrule.language.composition import composed
from chainrule.language.convolving.windows import in_each, windows
from chainrule.language.kinds import plain, reading

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "largest_in_windows_1d",
    "largest_in_windows_2d",
    "max_pool1d",
    "max_pool2d",
    "mean_in_windows_1d",
    "mean_in_windows_2d",
]

POOLING = {"size": 2, "stride": None, "padding": 0}
SHOWN = (None, None, 0)  # the size is always written
POSITIONAL = ("x", *POOLING)
SIGNAL = np.array([[1.0, 2.5, -1.0, 0.5, 3.0], [0.0, 1.0, 4.0, -2.0, 1.5]])
IMAGE = np.array([[[1.0, 2.5, -1.0], [0.5, 3.0, 0.0], [4.0, -2.0, 1.5], [2.0, 0.25, 3.5]]])


def checked(called: str, axes: int, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the size, stride and padding of a pooling over so many axes, each with its own.

    Raises: OperationError for what is none, or for windows that may lie in the padding alone.
    """
    size, stride, padding = given
    sizes = in_each(called, "size", size, axes)
    strides = sizes if stride is None else in_each(called, "stride", stride, axes)
    around = in_each(called, "padding", padding, axes, least=0)
    if any(2 * side > length for side, length in zip(around, sizes, strict=True)):
        raise OperationError(
            f"{called}'s padding may be half of the size at most, so that no window is empty: "
            f"not {padding!r} around windows of {size!r}."
        )
    return sizes, strides, tuple([(side, side) for side in around])


def seen(called: str, axes: int, x: Any, given: tuple[Any, ...], fill: float) -> Any:
    """Return the windows of an array, in which to choose or to average."""
    sizes, strides, around = checked(called, axes, given)
    steps = {"stride": strides, "padding": around, "dilation": (1,) * axes}
    return windows(x, np.ones(sizes), fill=fill, **steps)


class largest_in_windows_1d(composed):
    """Largest element of each window along the last axis; those equally large share the slope.

    size: of a window. stride: from one to the next, the size unless given. padding: at both ends,
    of what is never the largest.

    >>> max_pool1d([1.0, 4.0, 2.0, 3.0], 2)
    array([4., 3.])
    """

    keywords = POOLING
    positional = POSITIONAL
    notation = function("max_pool1d", keywords=tuple(POOLING), defaults=SHOWN)
    is_elementwise = False
    samples = ((SIGNAL,), (SIGNAL, {"size": 3, "stride": 1, "padding": 1}))

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes as written, checked."""
        return as_written("max_pool1d", 1, super().attribute_values(given))

    def meaning(x, size, stride, padding):
        return amax(seen("max_pool1d", 1, x, (size, stride, padding), -np.inf), axis=-1)


class largest_in_windows_2d(composed):
    """Largest element of each window over the last two axes; those equally large share the slope.

    size, stride, padding: as for `max_pool1d`, one number for both axes or one for each.

    >>> max_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 5.,  7.],
            [13., 15.]]])
    """

    keywords = POOLING
    positional = POSITIONAL
    notation = function("max_pool2d", keywords=tuple(POOLING), defaults=SHOWN)
    is_elementwise = False
    samples = ((IMAGE,), (IMAGE, {"size": (2, 3), "stride": 1, "padding": (1, 0)}))

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes as written, checked."""
        return as_written("max_pool2d", 2, super().attribute_values(given))

    def meaning(x, size, stride, padding):
        return amax(seen("max_pool2d", 2, x, (size, stride, padding), -np.inf), axis=(-2, -1))


class mean_in_windows_1d(composed):
    """Mean of each window along the last axis.

    size: of a window. stride: from one to the next, the size unless given. padding: zeros at both
    ends, which count.

    >>> avg_pool1d([1.0, 4.0, 2.0, 3.0], 2)
    array([2.5, 2.5])
    """

    keywords = POOLING
    positional = POSITIONAL
    notation = function("avg_pool1d", keywords=tuple(POOLING), defaults=SHOWN)
    is_elementwise = False
    samples = ((SIGNAL,), (SIGNAL, {"size": 3, "stride": 2, "padding": 1}))

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes as written, checked."""
        return as_written("avg_pool1d", 1, super().attribute_values(given))

    def meaning(x, size, stride, padding):
        return mean(seen("avg_pool1d", 1, x, (size, stride, padding), 0.0), axis=-1)


class mean_in_windows_2d(composed):
    """Mean of each window over the last two axes.

    size, stride, padding: as for `avg_pool1d`, one number for both axes or one for each.

    >>> avg_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 2.5,  4.5],
            [10.5, 12.5]]])
    """

    keywords = POOLING
    positional = POSITIONAL
    notation = function("avg_pool2d", keywords=tuple(POOLING), defaults=SHOWN)
    is_elementwise = False
    samples = ((IMAGE,), (IMAGE, {"size": (2, 3), "stride": 1, "padding": (1, 0)}))

    @classmethod
    def attribute_values(cls, given: dict[str, Any]) -> tuple[Any, ...]:
        """Return the attributes as written, checked."""
        return as_written("avg_pool2d", 2, super().attribute_values(given))

    def meaning(x, size, stride, padding):
        return mean(seen("avg_pool2d", 2, x, (size, stride, padding), 0.0), axis=(-2, -1))


def as_written(called: str, axes: int, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the attributes of a pooling as a user gives them, once they are known to be right."""
    checked(called, axes, given)
    return tuple(map(plain, given))


max_pool1d = reading(largest_in_windows_1d)
max_pool2d = reading(largest_in_windows_2d)
avg_pool1d = reading(mean_in_windows_1d)
avg_pool2d = reading(mean_in_windows_2d)
