"""Curves: the loss at each epoch of a fit, and the error of a difference against its step.

Stands on matplotlib (extra `plot`), imported when something is drawn. It must not know what was
fitted.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.draw.options import Theme
from chainrule.draw.paper import (
    Paper,
    dress,
    free_corner,
    labelled,
    new_axes,
    new_figure,
    paper_of,
    plain,
    rule,
)
from chainrule.draw.walks import curves_of
from chainrule.errors import FileFormatError, SettingError, ShapeError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from chainrule.calculus.step_size import StepSizeStudy

__all__ = [
    "check_picture",
    "loss_curve",
    "plot_rates",
    "plot_step_size_study",
    "write_loss_curve",
]

# Matplotlib's margins around what lies beyond overflow.
_LARGEST = 1e250
_ROUNDING = 1e-18  # of it: what falls farther would press all others into one line
_EXPLODED = 1e6  # times the largest loss at a start: a curve that only diverges from here on


def loss_curve(
    losses: Any,
    *,
    quantity: str = "Mean squared error",
    unit: str = "",
    reference: tuple[str, float] | None = None,
    above: float = 0.0,
    log_epochs: bool = False,
    legend: str = "",
    theme: Theme = "auto",
    ax: Axes | None = None,
) -> Axes:
    """Draw losses against the epoch, from 0, on a logarithmic scale; return the axes.

    losses: a name or a rate for each curve, and its loss at each epoch as numbers, a trace or the
    history of a fit; or one of these alone; or a study of several rates. What is not finite, or too
    large to draw, leaves a gap; what explodes leaves at the top,
    and what falls to rounding at the bottom. A scale of losses below 0 is not
    logarithmic.
    unit: of the loss, for the axis. reference: a name and a level, drawn as a horizontal line.
    above: the least value there is, subtracted from all. legend: what the names are.
    log_epochs: also stretch the first epochs, where most of a descent happens.
    Raises: ShapeError for a curve without epochs; SettingError for two of one name; MissingExtra.

    >>> axes = loss_curve({"training": [9.0, 3.0, 1.0]}, unit="g²", ax=new_figure().subplots())
    >>> axes.get_xlabel(), axes.get_ylabel(), axes.get_yscale()
    ('Epoch', 'Mean squared error (g²)', 'log')
    >>> axes = loss_curve({0.1: [9.0, 3.0], 0.01: [9.0, 8.0]}, ax=new_figure().subplots())
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['0.1', '0.01']
    """
    if ax is None:
        ax = new_axes()
    paper = paper_of(ax, theme)
    curves = curves_of(losses)
    starts = [
        draw_losses(ax, name, values, above, style)
        for (name, values), style in zip(curves.items(), paper.styles(len(curves)), strict=True)
    ]
    if reference is not None:
        name, level = reference
        ax.axhline(
            level - above, color=paper.quiet, linewidth=1, linestyle=(0, (1, 2)), label=plain(name)
        )
    scale_losses(ax, starts)
    if log_epochs:
        ax.set_xscale("symlog", linthresh=1)
        ax.set_xlim(left=0)
        ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel("Epoch")
    ax.set_ylabel(labelled(f"{quantity} − {above:.6g}" if above else quantity, unit))
    rule(ax, paper)
    if len(curves) > 1 or reference is not None:
        title = legend or ("Learning rate" if are_by_rate(losses) else "")
        ax.legend(loc=free_corner(ax), frameon=False, title=plain(title))
    dress(ax, paper, theme)
    return ax


def are_by_rate(losses: Any) -> bool:
    """Tell whether runs are named by their rates: a study of rates, or a dict with floats for keys.

    >>> (
    ...     are_by_rate({0.1: [2.0, 1.0]}),
    ...     are_by_rate({"adam": [2.0, 1.0]}),
    ...     are_by_rate([2.0, 1.0]),
    ... )
    (True, False, False)
    """
    if isinstance(losses, Mapping):
        return bool(losses) and all(isinstance(name, float) for name in losses)
    return isinstance(getattr(losses, "losses", None), Mapping)


def draw_losses(ax: Axes, name: str, values: Any, above: float, style: tuple[str, Any]) -> float:
    """Draw one curve; return where it starts.

    Raises: ShapeError for a curve without epochs.
    """
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ShapeError(
            f"the losses of {name!r} are {values!r:.60}. Give one number an epoch."
        ) from error
    if numbers.ndim != 1 or numbers.size == 0:
        raise ShapeError(
            f"the losses of {name!r} have shape {numbers.shape}. Give one number an epoch."
        )
    shown = drawable_losses(numbers - above)
    colour, dash = style
    marker = "o" if numbers.size == 1 else ""
    ax.plot(np.arange(numbers.size), shown, dash, color=colour, marker=marker, label=plain(name))
    return float(shown[0])


def drawable_losses(numbers: Any) -> Any:
    """Return numbers with NaN for those whose logarithm, or which themselves, cannot be drawn."""
    size = np.abs(numbers)
    return np.where((size == 0) | ((size > 1 / _LARGEST) & (size < _LARGEST)), numbers, np.nan)


def scale_losses(ax: Axes, starts: Sequence[float]) -> None:
    """Make the scale of losses logarithmic where it can be, and keep what explodes in check."""
    drawn = np.concatenate([line.get_ydata(orig=False) for line in ax.get_lines()] or [[]])
    if not np.any(drawn > 0) or np.any(drawn < 0):
        return
    ax.set_yscale("log")
    start = max((start for start in starts if start > 0), default=np.nan)
    if np.nanmax(drawn) > start * _EXPLODED:
        ax.set_ylim(top=start * _EXPLODED)
    if np.min(drawn[drawn > 0]) < start * _ROUNDING:
        ax.set_ylim(bottom=start * _ROUNDING)


def plot_rates(
    losses: Any,
    epochs: Sequence[int] | None = None,
    *,
    quantity: str = "Mean squared error",
    unit: str = "",
    stable: float | None = None,
    theme: Theme = "auto",
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss against the learning rate, a curve for each number of epochs; return the axes.

    losses: by rate, as for `loss_curve`; or a study of several rates, which brings its largest
    stable rate; or what `find_rate` gives, drawn with the rate that it suggests. epochs: by
    themselves a tenth of the longest run, and all of it. A run that ended earlier counts with its
    last loss; one that ended above its start is a triangle at the top.
    stable: the largest stable rate, drawn as a vertical line.
    Raises: SettingError for names that are no rates, epochs below 0, or no runs; MissingExtra.

    >>> runs = {0.1: [9.0, 4.0, 2.0], 0.5: [9.0, 1.0, 0.1], 1.1: [9.0, 12.0, 20.0]}
    >>> axes = plot_rates(runs, [1, 2], ax=new_figure().subplots())
    >>> axes.get_xlabel(), [text.get_text() for text in axes.get_legend().get_texts()]
    ('Learning rate', ['1 epoch', '2 epochs', 'diverged'])
    """
    if hasattr(losses, "suggested"):
        return draw_search(losses, labelled(quantity, unit), theme, ax)
    if stable is None:
        stable = getattr(losses, "largest_stable_rate", None)
    runs = sorted(
        (rate_of(name), np.asarray(run, float)) for name, run in curves_of(losses).items()
    )
    if not runs:
        raise SettingError("there are no runs to draw. Give losses by rate.")
    longest = max(len(run) for _, run in runs) - 1
    wanted = sorted({max(longest // 10, 1), longest}) if epochs is None else list(epochs)
    if any(count < 0 for count in wanted):
        raise SettingError(f"epochs={wanted!r} has a number below 0. Epochs count from 0.")
    if ax is None:
        ax = new_axes()
    paper = paper_of(ax, theme)
    rates = [rate for rate, _ in runs]
    exploded = [not run[-1] <= run[0] for _, run in runs]
    for count, (colour, dash) in zip(wanted, paper.styles(len(wanted)), strict=True):
        ends = np.array([run[min(count, len(run) - 1)] for _, run in runs])
        shown = np.where(exploded, np.nan, drawable_losses(ends))
        label = f"{count:,} epoch{'s' * (count != 1)}"
        ax.plot(rates, shown, dash, color=colour, marker="o", markersize=4, label=label)
    scale_losses(ax, [])
    if any(exploded):
        mark_exploded(ax, paper, np.array(rates)[exploded])
    if stable is not None and np.isfinite(stable):
        mark_rate(ax, paper, stable, f"largest stable rate, {stable:.4g}")
    ax.set_xscale("log")
    ax.set_xlabel("Learning rate")
    ax.set_ylabel(labelled(quantity, unit))
    rule(ax, paper)
    dress(ax, paper, theme, legend=True)
    return ax


def mark_exploded(ax: Axes, paper: Paper, rates: Any) -> None:
    """Mark rates at which runs diverged by triangles at the top."""
    ax.plot(
        rates, np.full(len(rates), 0.97), linestyle="", marker="^",
        color=paper.ink, transform=ax.get_xaxis_transform(), label="diverged",
    )  # fmt: skip


def mark_rate(ax: Axes, paper: Paper, rate: float, label: str) -> None:
    """Draw a rate as a vertical line."""
    ax.axvline(rate, color=paper.quiet, linewidth=1, linestyle=(0, (1, 2)), label=label)


def draw_search(search: Any, label: str, theme: Theme, ax: Axes | None) -> Axes:
    """Draw a search for a rate: the loss after each step, and the rate that it suggests."""
    if ax is None:
        ax = new_axes()
    paper = paper_of(ax, theme)
    colour, dash = paper.styles(1)[0]
    shown = drawable_losses(np.asarray(search.losses, float))
    ax.plot(search.rates, shown, dash, color=colour, label="loss after a step at the rate")
    scale_losses(ax, [])
    mark_rate(ax, paper, search.suggested, f"suggested, {search.suggested:.3g}")
    ax.set_xscale("log")
    ax.set_xlabel("Learning rate")
    ax.set_ylabel(label)
    rule(ax, paper)
    dress(ax, paper, theme, legend=True)
    return ax


def rate_of(name: str) -> float:
    """Return the rate that a run is called by.

    Raises: SettingError where it is none.
    """
    try:
        rate = float(name)
    except ValueError:
        rate = np.nan
    if not 0 < rate < np.inf:
        raise SettingError(
            f"{name!r} is no learning rate. Name each run by its rate, for instance {{0.1: trace}}."
        )
    return rate


def write_loss_curve(
    path: str | os.PathLike[str],
    losses: Any,
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


def plot_step_size_study(
    study: StepSizeStudy, ax: Axes | None = None, *, theme: Theme = "auto"
) -> Axes:
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
    paper = paper_of(ax, theme)
    steps = np.asarray(study.steps)
    bottom = float(np.spacing(max(abs(study.exact), np.finfo(np.float64).tiny)))
    for (method, errors), (colour, dash) in zip(
        study.errors.items(), paper.styles(len(study.errors)), strict=True
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
    rule(ax, paper)
    ax.legend(loc=free_corner(ax), frameon=False)
    dress(ax, paper, theme)
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
