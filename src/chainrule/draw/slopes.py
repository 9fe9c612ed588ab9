"""The curve of a function of one variable, with the tangents that a descent took its steps from.

Stands on matplotlib (extra `plot`), imported when something is drawn. It must not know who
descends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.draw.contours import ContourScene, scene_of
from chainrule.draw.levels import drawable
from chainrule.draw.options import Theme
from chainrule.draw.paper import Paper, dress, labelled, new_axes, paper_of, plain, rule
from chainrule.draw.walks import Walk
from chainrule.errors import SettingError
from chainrule.tables.columns import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_curve"]

POLE = 20.0  # beyond so many times the middle eight tenths, values are a pole's
REACH = 0.13  # of a tangent to each side, as a share of the picture
NEAR = 0.025  # as a share of the picture


def plot_curve(
    function: Any,
    trace: Any = None,
    *,
    box: Mapping[Any, Any] | None = None,
    at: Mapping[Any, Any] | None = None,
    along: Sequence[Any] | None = None,
    data: Any = None,
    minima: Sequence[Mapping[str, float]] | None = None,
    tangents: int | Sequence[int] = 5,
    points: int | None = None,
    quantity: str = "Value",
    unit: str = "",
    units: Mapping[str, str] | None = None,
    theme: Theme = "auto",
    ax: Axes | None = None,
) -> Axes:
    """Draw a function of one variable, the epochs of a descent on it, and tangents there.

    tangents: at how many of the first epochs, or at which, counted from 0; each has the slope that
    the step was taken from, and its epoch's number. The rest is as for `plot_contour`; returns the
    axes. Raises: as `plot_contour`; SettingError for epochs that the trace lacks.

    >>> from chainrule import expression
    >>> from chainrule.draw.paper import new_figure
    >>> axes = plot_curve(
    ...     expression("x") ** 2, [3.0, 1.0, 0.3], tangents=2, ax=new_figure().subplots()
    ... )
    >>> [text.get_text() for text in axes.texts], axes.get_title(loc="left")
    (['0', '1'], 'x**2')
    """
    walks = {} if trace is None else {"": trace}
    scene = scene_of(
        function, walks, box=box, at=at, along=along, data=data, minima=minima, count=1
    )
    if ax is None:
        ax = new_axes()
    paper = paper_of(ax, theme)
    name = scene.section.names[0]
    grid = np.linspace(*scene.sides[name], scene.section.finest(points, 801))
    heights = drawable(scene.section.values(grid))
    bottom, top = reach_of(heights[np.isfinite(heights)])
    # From above the picture to below it, or back, is a pole's jump, and no part of the curve.
    outside = (heights > top).astype(int) - (heights < bottom).astype(int)
    heights[1:][outside[1:] * outside[:-1] < 0] = np.nan
    ax.plot(grid, heights, color=paper.curves[0], linewidth=1.8, zorder=2)
    ax.set_xlim(*scene.sides[name])
    ax.set_ylim(bottom, top)
    draw_steps(ax, paper, scene, tangents, top - bottom)
    mark_minima(ax, paper, scene)
    ax.set_xlabel(labelled(name, (units or {}).get(name, "")))
    ax.set_ylabel(labelled(quantity, unit))
    ax.set_title(plain(scene.section.title), loc="left")
    rule(ax, paper)
    dress(ax, paper, theme, legend=bool(walks) or bool(scene.minima.size))
    return ax


def reach_of(heights: Floats) -> tuple[float, float]:
    """Return the lowest and highest value to show: all, but not those of a pole."""
    if not heights.size:
        return 0.0, 1.0
    low, high = float(heights.min()), float(heights.max())
    inner = np.quantile(heights, (0.1, 0.9))
    if high - low > POLE * (inner[1] - inner[0]) > 0:
        low, high = (float(end) for end in inner + (inner - inner.mean()) * 2)
    room = 0.08 * (high - low) or max(abs(low), 1.0)
    return low - room, high + room


def draw_steps(
    ax: Axes, paper: Paper, scene: ContourScene, tangents: int | Sequence[int], height: float
) -> None:
    """Draw the points of a walk and tangents at some of them."""
    for walk in scene.walks.values():
        places = walk.along(scene.section.names)[:, 0]
        chosen = chosen_entries(tangents, walk)
        values = drawable(scene.section.values(places))
        slopes = scene.section.slopes(places)[0]
        low, high = scene.sides[scene.section.names[0]]
        tangent = f", tangents at {len(chosen)}" if chosen else ""
        label = f"{walk.method or 'path'}, {walk.story}{tangent}"
        colour = paper.curves[1]
        ax.plot(
            places, values, "o", color=colour, markersize=5, zorder=4, label=plain(label),
            markeredgecolor=paper.ground, markeredgewidth=0.6,
        )  # fmt: skip
        # As long in the picture, whatever the slope.
        with np.errstate(all="ignore"):
            reach = REACH * (high - low) / np.hypot(1, slopes * (high - low) / height)
        inside = np.isfinite(values) & np.isfinite(slopes) & (places >= low) & (places <= high)
        labelled_at: list[float] = []
        for entry in chosen:
            if not inside[entry]:
                continue
            ends = places[entry] + reach[entry] * np.array([-1.0, 1.0])
            line = values[entry] + slopes[entry] * (ends - places[entry])
            ax.plot(ends, line, color=colour, linewidth=2, zorder=3)
            if labelled_at and np.min(np.abs(places[entry] - labelled_at)) < NEAR * (high - low):
                continue  # its number would lie upon another
            labelled_at.append(places[entry])
            ax.annotate(
                str(walk.epochs[entry]),
                (places[entry], values[entry]),
                (6, 6),
                textcoords="offset points",
                color=paper.ink,
                fontsize="small",
                zorder=5,
                clip_on=True,
            )


def chosen_entries(tangents: int | Sequence[int], walk: Walk) -> list[int]:
    """Return the entries that get a tangent.

    Raises: SettingError for an epoch that is not there.
    """
    if isinstance(tangents, int):
        return list(range(min(max(tangents, 0), len(walk))))
    for epoch in tangents:
        if epoch not in walk.epochs:
            raise SettingError(
                f"the trace has no point of epoch {epoch}. It has {walk.story}, from epoch 0."
            )
    return [walk.epochs.index(epoch) for epoch in tangents]


def mark_minima(ax: Axes, paper: Paper, scene: ContourScene) -> None:
    """Mark the minima that are in the box with stars."""
    low, high = scene.sides[scene.section.names[0]]
    places = scene.minima[:, 0]
    places = places[(places >= low) & (places <= high)]
    if places.size:
        ax.plot(
            places, scene.section.values(places), linestyle="", marker="*", markersize=13,
            markerfacecolor=paper.mark, markeredgecolor=paper.ground, zorder=3.5,
            label="minimum" if len(places) == 1 else "minima",
        )  # fmt: skip
