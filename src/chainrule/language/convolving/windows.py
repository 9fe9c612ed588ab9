"""Windows that slide over the last axes of an array: what a convolution and a pooling look at.

A window is as large as the last axes of the second operand, of which nothing else is used: it is
the kernel itself. What flows back is added up where the windows lay, so that both operations are
closed under differentiation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.notation import function
from chainrule.engine.sizes import Shape, fits, in_words
from chainrule.errors import OperationError, ShapeError
from chainrule.language.batches import size_of, zeros_of
from chainrule.language.folds import broadcast_as
from chainrule.language.kinds import plain, reading, structural

__all__ = ["SLIDING", "Sides", "in_each", "sides_of", "windows", "windows_added_up"]

# stride, dilation: one for each axis. padding: how many elements of `fill` before and after, for
# each axis, or a word. groups: of the channels, which are the axis before; None if there are none.
SLIDING = {"stride": (1,), "padding": "valid", "dilation": (1,), "groups": None, "fill": 0.0}
Sides = list[tuple[Any, Any]]
SIGNAL = np.array([[1.0, 2.0, -1.0, 0.5, 3.0], [0.0, 1.0, 4.0, -2.0, 1.0]])


def in_each(called: str, word: str, given: Any, axes: int, *, least: int = 1) -> tuple[int, ...]:
    """Return a whole number for each axis, from one for all or from as many.

    Raises: OperationError.
    """
    made = plain(given)
    made = made if isinstance(made, tuple) else (made,) * axes
    whole = all(isinstance(item, int) and not isinstance(item, bool) for item in made)
    if len(made) != axes or not whole or min(made) < least:
        several = f", or {axes} of them" if axes > 1 else ""
        raise OperationError(
            f"{called}'s {word} must be a whole number from {least}{several}, not {given!r}."
        )
    return made


def sides_of(called: str, given: Any, axes: int) -> Any:
    """Return a padding: a word, or how many elements before and after, for each axis.

    Raises: OperationError.
    """
    if isinstance(given, str) and given in ("valid", "same", "full"):
        return given
    listed = plain(given)
    if isinstance(listed, str):
        raise OperationError(
            f"{called}'s padding must be a whole number, or 'valid', 'same' or 'full', not "
            f"{given!r}."
        )
    listed = listed if isinstance(listed, tuple) else (listed,) * axes
    if len(listed) == axes and all(isinstance(item, tuple) for item in listed):
        return tuple([in_each(called, "padding", item, 2, least=0) for item in listed])
    return tuple([(side, side) for side in in_each(called, "padding", listed, axes, least=0)])


def padded(padding: Any, spans: Sequence[Any]) -> Sides:
    """Return how many elements to put before and after, for windows that reach over so many."""
    if padding == "valid":
        return [(0, 0) for _ in spans]
    if padding == "full":
        return [(span - 1, span - 1) for span in spans]
    if padding == "same":
        return [((span - 1) // 2, span - 1 - (span - 1) // 2) for span in spans]
    return list(padding)


def layout(x: Shape, kernel: Shape, stride: Any, padding: Any, dilation: Any) -> Any:
    """Return the padding, the size of a window, and how many windows there are, for each axis.

    Raises: ShapeError where there are too few axes, or a window does not fit.
    """
    axes = len(stride)
    given = f"of an array of shape {in_words(x)} and a kernel of shape {in_words(kernel)}"
    if len(x) < axes or len(kernel) < axes:
        raise ShapeError(
            f"windows over {axes} axes {given}: each needs {axes} axes or more. Channels and a "
            "batch stand before them: (N, C, L)."
        )
    sizes = kernel[len(kernel) - axes :]
    spans = [(size - 1) * step + 1 for size, step in zip(sizes, dilation, strict=True)]
    sides = padded(padding, spans)
    counts = []
    for have, (before, after), span, step in zip(x[-axes:], sides, spans, stride, strict=True):
        room = have + before + after - span
        if isinstance(span, int) and isinstance(room, int) and (room < 0 or span < 1):
            raise ShapeError(
                f"windows {given}: one reaches over {span} of "
                f"{have + before + after} elements. It must have one at least, and fit: "
                "take a smaller kernel, or padding='same'."
            )
        counts.append(room // step + 1)
    return sides, sizes, tuple(counts)


def check_channels(x: Shape, kernel: Shape, axes: int, groups: Any) -> None:
    """Raise ShapeError where the channels of an array and of a kernel do not fit."""
    if groups is None:
        return
    given = f"an array of shape {in_words(x)} and a kernel of shape {in_words(kernel)}"
    if len(x) <= axes or len(kernel) != axes + 2:
        raise ShapeError(
            f"a convolution takes (C, ...) or (N, C, ...) and a kernel (O, C, ...) with {axes} "
            f"more ax{'is' if axes == 1 else 'es'} each; here are {given}."
        )
    have, wanted, made = x[-axes - 1], kernel[1] * groups, kernel[0]
    if not fits(have, wanted):
        raise ShapeError(
            f"a convolution of {given}, in {groups} group{'s' * (groups != 1)}: the array has "
            f"{have} channels along axis {len(x) - axes - 1}, and the kernel takes {wanted}, "
            "its axis 1 times the groups."
        )
    if isinstance(made, int) and made % groups:
        raise ShapeError(
            f"a kernel of shape {in_words(kernel)} makes {made} channels, which {groups} groups "
            "cannot share. Its axis 0 must be a multiple of the groups."
        )


def settings(*attributes: Any) -> dict[str, Any]:
    """Return the attributes by name, for what is linear: around a slope there are zeros."""
    return dict(zip(SLIDING, attributes, strict=True)) | {"fill": 0.0}


class sliding_windows(structural):
    """Windows over the last axes of an array: where each begins, then what is in it.

    Shapes: (..., L), (..., k) -> (..., windows, k); of two axes (..., H, W) -> (..., h, w, i, j).
    """

    keywords = SLIDING
    worded = ("padding",)
    notation = function("windows", keywords=tuple(SLIDING), defaults=tuple(SLIDING.values()))
    rule = "selection"
    samples = (
        (SIGNAL, np.ones(2)),
        (SIGNAL, np.ones(2), {"stride": (2,), "padding": ((1, 2),), "dilation": (2,)}),
        (SIGNAL, np.ones((3, 2, 3)), {"padding": "same", "groups": 1}),
        (SIGNAL, np.ones((2, 2)), {"stride": (1, 2), "padding": "full", "dilation": (1, 1)}),
    )

    def forward(x, kernel, stride, padding, dilation, groups, fill):
        check_channels(np.shape(x), np.shape(kernel), len(stride), groups)
        sides, sizes, _ = layout(np.shape(x), np.shape(kernel), stride, padding, dilation)
        whole = bordered(np.asarray(x), sides, fill)
        spans = [(size - 1) * step + 1 for size, step in zip(sizes, dilation, strict=True)]
        axes = tuple(range(-len(sizes), 0))
        every = np.lib.stride_tricks.sliding_window_view(whole, tuple(spans), axis=axes)
        steps = [slice(None, None, step) for step in (*stride, *dilation)]
        return every[(..., *steps)]

    def batch(operation, operands, attributes):
        x, kernel = operands
        shape = np.broadcast_to(0.0, kernel.shape)
        return operation.on_array(x.whole(size_of(operands)), shape, *attributes)

    def pull(g, y, x, kernel, stride, padding, dilation, groups, fill):  # noqa: PLR0917 - a rule's signature
        return windows_added_up(
            g, kernel, x, **settings(stride, padding, dilation, groups, fill)
        ), 0

    def push(tangents, y, x, kernel, stride, padding, dilation, groups, fill):  # noqa: PLR0917 - a rule's signature
        if tangents[0] is None:
            return 0
        moving = broadcast_as(tangents[0], x)
        return windows(moving, kernel, **settings(stride, padding, dilation, groups, fill))

    def shape(shape, kernel, stride, padding, dilation, groups, fill):
        check_channels(shape, kernel, len(stride), groups)
        _, sizes, counts = layout(shape, kernel, stride, padding, dilation)
        return (*shape[: len(shape) - len(sizes)], *counts, *sizes)


def bordered(x: Any, sides: Sides, fill: float) -> Any:
    """Return an array with a border around its last axes."""
    if not any(before or after for before, after in sides):
        return x
    whole = (len(x.shape) - len(sides)) * [(0, 0)] + sides
    made = np.full([b + n + a for n, (b, a) in zip(x.shape, whole, strict=True)], fill, x.dtype)
    made[tuple([slice(b, b + n) for n, (b, _) in zip(x.shape, whole, strict=True)])] = x
    return made


class sum_of_windows(structural):
    """What flows into windows, added up where they lay, in the shape of the last operand."""

    keywords = SLIDING
    worded = ("padding",)
    notation = function(
        "windows_added_up", keywords=tuple(SLIDING), defaults=tuple(SLIDING.values())
    )
    samples = (
        (np.arange(8.0).reshape(2, 4, 1) + np.ones((2, 4, 2)), np.ones(2), SIGNAL),
        (
            np.arange(12.0).reshape(2, 3, 2),
            np.ones(2),
            SIGNAL,
            {"stride": (2,), "padding": ((1, 1),), "dilation": (2,)},
        ),
    )

    def forward(g, kernel, like, stride, padding, dilation, groups, fill):  # noqa: PLR0917 - a rule's signature
        shape = np.shape(like)
        sides, sizes, counts = layout(shape, np.shape(kernel), stride, padding, dilation)
        lead = shape[: len(shape) - len(sizes)]
        if np.shape(g) != (*lead, *counts, *sizes):
            raise ShapeError(
                f"what flows into windows of shape {(*lead, *counts, *sizes)} cannot have shape "
                f"{np.shape(g)}. Give one number for each element of each window."
            )
        whole = [b + n + a for n, (b, a) in zip(shape[len(lead) :], sides, strict=True)]
        made = np.zeros((*lead, *whole), dtype=np.asarray(g).dtype)
        steps = list(zip(counts, stride, dilation, strict=True))
        for place in np.ndindex(*sizes):  # the places in a window are far fewer than the windows
            begins = [at * apart for at, (_, _, apart) in zip(place, steps, strict=True)]
            lies = [
                slice(begin, begin + (count - 1) * step + 1, step)
                for begin, (count, step, _) in zip(begins, steps, strict=True)
            ]
            made[(..., *lies)] += g[(..., *place)]
        inside = [slice(b, b + n) for n, (b, _) in zip(shape[len(lead) :], sides, strict=True)]
        return made[(..., *inside)]

    def batch(operation, operands, attributes):
        flowing, kernel, like = operands
        size = size_of(operands)
        shape = np.broadcast_to(0.0, kernel.shape)
        return operation.on_array(flowing.whole(size), shape, zeros_of(like, size), *attributes)

    def pull(g, y, flowing, kernel, like, stride, padding, dilation, groups, fill):  # noqa: PLR0917 - a rule's signature
        return windows(g, kernel, **settings(stride, padding, dilation, groups, fill)), 0, 0

    def push(tangents, y, flowing, kernel, like, stride, padding, dilation, groups, fill):  # noqa: PLR0917 - a rule's signature
        if tangents[0] is None:
            return 0
        moving = broadcast_as(tangents[0], flowing)
        return windows_added_up(
            moving, kernel, like, **settings(stride, padding, dilation, groups, fill)
        )

    def shape_sources(operands, attributes):
        return operands[2:]

    def shape(flowing, kernel, like, stride, padding, dilation, groups, fill):  # noqa: PLR0917 - a rule's signature
        return like


windows = reading(sliding_windows)
windows_added_up = reading(sum_of_windows)
