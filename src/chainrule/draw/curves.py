"""Curves: the loss at each epoch of a fit, and the error of a difference against its step.

Stands on matplotlib (extra `plot`), imported when something is drawn. May import NumPy and
`errors`; it must not know what was fitted.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from chainrule.errors import FileFormatError, ShapeError, missing_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from chainrule.calculus.step_size import StepSizeStudy

__all__ = ["check_picture", "loss_curve", "plot_step_size_study", "write_loss_curve"]

# Okabe & Ito (2008): told apart by every kind of colour vision; the dashes, in greyscale too.
_STYLES = (("#0072B2", "-"), ("#D55E00", "--"), ("#009E73", "-."), ("#000000", ":"))
# Matplotlib's margins around what lies beyond overflow.
_LARGEST = 1e250
_INCHES, _DOTS = (7.0, 4.2), 150


def loss_curve(
    losses: Mapping[str, ArrayLike],
    *,
    quantity: str = "Mean squared error",
    unit: str = "",
    reference: tuple[str, float] | None = None,
    log_epochs: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw losses against the epoch, from 0, on a logarithmic scale; return the axes.

    losses: a name for each curve, and its loss at each epoch; what is not finite, or too
    large to draw, leaves a gap.
    unit: of the loss, for the axis. reference: a name and a level, drawn as a horizontal line.
    log_epochs: also stretch the first epochs, where most of a descent happens.
    Raises: ShapeError for a curve without epochs; MissingExtra.

    >>> axes = loss_curve({"training": [9.0, 3.0, 1.0]}, unit="g²", ax=new_figure().subplots())
    >>> axes.get_xlabel(), axes.get_ylabel(), axes.get_yscale()
    ('Epoch', 'Mean squared error (g²)', 'log')
    """
    if ax is None:
        ax = new_axes()
    for (name, values), (colour, dash) in zip(losses.items(), styles(len(losses)), strict=True):
        numbers = np.asarray(values, dtype=np.float64)
        if numbers.ndim != 1 or numbers.size == 0:
            raise ShapeError(
                f"the losses of {name!r} have shape {numbers.shape}. Give one number an epoch."
            )
        size = np.abs(numbers)
        drawable = (size == 0) | ((size > 1 / _LARGEST) & (size < _LARGEST))
        shown = np.where(drawable, numbers, np.nan)
        marker = "o" if numbers.size == 1 else ""
        ax.plot(
            np.arange(numbers.size), shown, dash, color=colour, marker=marker, label=plain(name)
        )
    if reference is not None:
        name, level = reference
        ax.axhline(level, color="0.35", linewidth=1, linestyle=(0, (1, 2)), label=plain(name))
    drawn = np.concatenate([line.get_ydata(orig=False) for line in ax.get_lines()] or [[]])
    if np.any(drawn > 0):
        ax.set_yscale("log")
    if log_epochs:
        ax.set_xscale("symlog", linthresh=1)
        ax.set_xlim(left=0)
        ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel("Epoch")
    ax.set_ylabel(plain(f"{quantity} ({unit})" if unit else quantity))
    ax.grid(visible=True, which="major", color="0.9", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    if len(losses) > 1 or reference is not None:
        ax.legend(frameon=False)
    return ax


def write_loss_curve(
    path: str | os.PathLike[str],
    losses: Mapping[str, ArrayLike],
    *,
    title: str = "",
    quantity: str = "Mean squared error",
    unit: str = "",
    reference: tuple[str, float] | None = None,
    log_epochs: bool = False,
) -> None:
    """Draw losses as `loss_curve` does, into a picture file; needs no display.

    Raises: FileFormatError for an unknown extension; as `loss_curve`.
    """
    check_picture(path)
    figure = new_figure()
    ax = loss_curve(
        losses,
        quantity=quantity,
        unit=unit,
        reference=reference,
        log_epochs=log_epochs,
        ax=figure.subplots(),
    )
    if title:
        ax.set_title(plain(title), loc="left")
    figure.savefig(path)


def plot_step_size_study(study: StepSizeStudy, ax: Axes | None = None) -> Axes:
    """Draw the error of each method against the step, both logarithmic; return the axes.

    The best step of each method is marked. An error of exactly 0, which has no logarithm, is drawn
    at the bottom, one last bit of the derivative; what is not finite leaves a gap.
    Raises: MissingExtra.

    >>> from chainrule import expression, sin, step_size_study
    >>> study = step_size_study(sin(expression("x")), {"x": 1.0})
    >>> axes = plot_step_size_study(study, ax=new_figure().subplots())
    >>> axes.get_xlabel(), axes.get_xscale(), axes.get_yscale()
    ('Step', 'log', 'log')
    """
    if ax is None:
        ax = new_axes()
    steps = np.asarray(study.steps)
    bottom = float(np.spacing(max(abs(study.exact), np.finfo(np.float64).tiny)))
    for (method, errors), (colour, dash) in zip(
        study.errors.items(), styles(len(study.errors)), strict=True
    ):
        found = np.asarray(errors)
        shown = np.where(np.isfinite(found), np.maximum(found, bottom), np.nan)
        shown = np.where(shown < _LARGEST, shown, np.nan)
        if np.any(shown > 0):
            ax.set_yscale("log")
        best = list(study.steps).index(study.best[method])
        ax.plot(
            steps, shown, dash, color=colour, marker="o", markevery=[best],
            label=f"{method}, best at {study.best[method]:.0e}",
        )  # fmt: skip
    ax.set_xscale("log")
    ax.set_xlabel("Step")
    ax.set_ylabel(plain(f"Error of the derivative by {study.variable} at {study.at:g}"))
    ax.grid(visible=True, which="major", color="0.9", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax


def check_picture(path: str | os.PathLike[str]) -> None:
    """Check that a picture of this name can be written, before anything is computed for it.

    Raises: FileFormatError that lists the extensions known; MissingExtra.

    >>> check_picture("curve.xyz")
    Traceback (most recent call last):
    chainrule.errors.FileFormatError: 'curve.xyz' has the extension '.xyz', which is no picture.
      Known are ...'.png'...
    """
    known = new_figure().canvas.get_supported_filetypes()
    suffix = Path(path).suffix
    if suffix.lower().removeprefix(".") not in known:
        raise FileFormatError(
            f"{Path(path).name!r} has the extension {suffix!r}, which is no picture.\n"
            f"  Known are {', '.join(repr(f'.{name}') for name in sorted(known))}."
        )


def plain(text: str) -> str:
    r"""Return text that matplotlib draws as it is, and does not take for mathematics.

    >>> print(plain("price ($)"))
    price (\$)
    """
    return text.replace("$", r"\$")


def styles(count: int) -> list[tuple[str, str]]:
    """Give so many colours and dashes; they come round again after four."""
    return [_STYLES[place % len(_STYLES)] for place in range(count)]


def new_axes() -> Axes:
    """Make axes that a notebook, or `pyplot.show`, displays."""
    try:
        from matplotlib import pyplot as plt  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise missing_extra("matplotlib", "plot", "A plot") from error
    axes: Axes = plt.subplots(figsize=_INCHES, layout="constrained")[1]
    return axes


def new_figure() -> Figure:
    """Make a figure for a file: no window, no global state."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise missing_extra("matplotlib", "plot", "A plot") from error
    return Figure(figsize=_INCHES, dpi=_DOTS, layout="constrained")
