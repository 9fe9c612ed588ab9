"""The surface of a function of two variables, with the ways that descents took down it.

Stands on matplotlib (extra `plot`), imported when something is drawn. It must not know who
descends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.draw.contours import ContourScene, mesh, scene_of, thinned
from chainrule.draw.levels import Levels, drawable, levels_of
from chainrule.draw.options import Theme
from chainrule.draw.paper import Paper, dress, labelled, new_axes, paper_of, plain
from chainrule.errors import SettingError
from chainrule.tables.columns import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_surface"]

HUGE_RANGE = 1_000.0  # as for contours, but a bowl should look like one
REACH = 0.16  # of an arrow, as a share of the box


def plot_surface(
    function: Any,
    trace: Any = None,
    *,
    box: Mapping[Any, Any] | None = None,
    at: Mapping[Any, Any] | None = None,
    along: Sequence[Any] | None = None,
    data: Any = None,
    minima: Sequence[Mapping[str, float]] | None = None,
    log: bool | None = None,
    arrows: int = 5,
    points: int | None = None,
    quantity: str = "Value",
    unit: str = "",
    units: Mapping[str, str] | None = None,
    theme: Theme = "auto",
    ax: Axes | None = None,
) -> Axes:
    """Draw a function of two variables as a surface, with a descent on it; return the axes.

    log: draw powers of the height above the least value; by itself where the range is huge.
    arrows: so many along the trace point down the slope, tangent to the surface. What of the trace
    is outside of the box is left out. ax: made with projection="3d". The rest is as for
    `plot_contour`. Raises: as `plot_contour`; SettingError for flat axes.

    >>> from chainrule import expression
    >>> from chainrule.draw.paper import new_figure
    >>> x, y = expression("x"), expression("y")
    >>> ax = new_figure().add_subplot(projection="3d")
    >>> plot_surface(x**2 - y**2, box={"x": (-1, 1), "y": (-1, 1)}, ax=ax).get_zlabel()
    'Value'
    """
    walks = {} if trace is None else {"": trace}
    scene = scene_of(function, walks, box=box, at=at, along=along, data=data, minima=minima)
    ax = new_axes("3d") if ax is None else ax
    solid = in_space(ax)
    paper = paper_of(ax, theme)
    finest = scene.section.finest(points, 121)
    grids = mesh(scene.sides, finest)
    heights = drawable(scene.section.values(*grids))
    levels = levels_of(heights, log=log, minimum=scene.section.minimum, huge=HUGE_RANGE)
    raised = lifted(heights, levels)
    low, high = float(np.nanmin(raised)), float(np.nanmax(raised))
    solid.computed_zorder = False  # by depth, the surface would hide the path upon it
    stride = max(finest // 60, 1)
    solid.plot_surface(
        *grids, raised, cmap=paper.colormap(deep=True), vmin=low, vmax=high, rstride=stride,
        cstride=stride, linewidth=0.15, edgecolor=paper.quiet, alpha=0.95, zorder=1,
    )  # fmt: skip
    draw_way(solid, paper, scene, levels, arrows, (low, high))
    draw_stars(solid, paper, scene, levels)
    base = f" − {levels.base:.4g}" if levels.is_log and levels.base else ""
    label_sides(solid, scene, labelled(quantity + base, unit), units or {})
    if levels.is_log:
        scale_by_powers(solid, high - low)
    solid.set_title(plain(scene.section.title), loc="left")
    dress(ax, paper, theme, legend=bool(walks) or bool(scene.minima.size))
    return ax


def label_sides(solid: Any, scene: ContourScene, height: str, units: Mapping[str, str]) -> None:
    """Name the three axes, and let the two below span the box."""
    first, second = scene.section.names
    labels = [labelled(name, units.get(name, "")) for name in (first, second)]
    solid.set(xlabel=labels[0], ylabel=labels[1], zlabel=height)
    solid.set(xlim=scene.sides[first], ylim=scene.sides[second])
    solid.zaxis.labelpad = 12  # clear of long ticks


def lifted(heights: Floats, levels: Levels) -> Floats:
    """Return heights as drawn: themselves, or powers of 10 down to below the lowest level."""
    if not levels.is_log:
        return heights
    floor = (levels.values[0] - levels.base) / 3
    with np.errstate(invalid="ignore"):
        powers: Floats = np.log10(np.maximum(heights - levels.base, floor))
    return powers


def in_space(ax: Axes) -> Any:
    """Return axes as those of space, Axes3D, which matplotlib makes known once it is imported.

    Raises: SettingError for flat ones.
    """
    if hasattr(ax, "plot_surface"):
        return ax
    raise SettingError(
        'a surface needs axes in space: figure.add_subplot(projection="3d"), or no ax at all.'
    )


def scale_by_powers(solid: Any, decades: float) -> None:
    """Write the numbers beside heights that are drawn as powers of ten."""
    solid.zaxis.set_major_locator(whole_powers(decades))
    solid.zaxis.set_major_formatter(lambda power, _: f"{10.0**power:.3g}")


def whole_powers(decades: float) -> Any:
    """Return ticks at whole powers of 10, not too many."""
    from matplotlib.ticker import MultipleLocator  # noqa: PLC0415 - an extra

    return MultipleLocator(max(1, round(decades / 6)))


def in_box(path: Floats, scene: ContourScene) -> Any:
    """Tell of each row whether it is in the box."""
    lows, highs = np.array(list(scene.sides.values())).T
    return ((path >= lows) & (path <= highs)).all(axis=1)


def draw_way(
    ax: Any,
    paper: Paper,
    scene: ContourScene,
    levels: Levels,
    arrows: int,
    span: tuple[float, float],
) -> None:
    """Draw the walks on the surface, and arrows down the slope."""
    for walk in scene.walks.values():
        path = thinned(walk.along(scene.section.names))
        inside = in_box(path, scene)
        heights = lifted(drawable(scene.section.values(*path.T)), levels)
        heights = np.where(inside, heights, np.nan)
        label = f"{walk.method or 'path'}, {walk.story}"
        ax.plot(
            *path.T, heights, color=paper.curves[1], linewidth=2, zorder=4, label=plain(label),
            marker="." if len(path) <= 200 else "", markersize=5,
        )  # fmt: skip
        there = np.flatnonzero(inside & np.isfinite(heights))
        for place, marker, fill in ((there[:1], "o", paper.ground), (there[-1:], "D", None)):
            ax.plot(
                *path[place].T, heights[place], marker, color=paper.curves[1], zorder=5,
                markerfacecolor=fill or paper.curves[1], markersize=7,
            )  # fmt: skip
        if arrows > 0 and there.size:
            way = np.column_stack([path[there], heights[there]])
            draw_falls(ax, paper, scene, way, arrows=arrows, span=span, is_log=levels.is_log)


def draw_falls(
    ax: Any,
    paper: Paper,
    scene: ContourScene,
    way: Floats,
    *,
    arrows: int,
    span: tuple[float, float],
    is_log: bool,
) -> None:
    """Draw arrows of one length from some points of a path, tangent to the surface, downhill."""
    path, heights = way[:, :2], way[:, 2]
    # Even along the path, where epochs may crowd at its end.
    widths = np.array([high - low for low, high in scene.sides.values()])
    gone = np.concatenate([[0.0], np.cumsum(np.hypot(*(np.diff(path, axis=0) / widths).T))])
    chosen = np.unique(np.searchsorted(gone, np.linspace(0, gone[-1], arrows, endpoint=False)))
    starts, level = path[chosen], heights[chosen]
    slopes = np.stack(scene.section.slopes(*starts.T), axis=1)
    if is_log:
        above = 10.0**level
        slopes = slopes / (above[:, np.newaxis] * np.log(10))
    # In shares of the picture, where all sides are alike: an arrow's head would be skewed in data.
    sides = np.array([*widths, (span[1] - span[0]) or 1.0])
    with np.errstate(all="ignore"):
        steps = np.column_stack([-slopes * widths**2, np.zeros(len(slopes))])
        steps[:, 2] = (steps[:, :2] * slopes).sum(axis=1)
        shares = steps / sides
        shares /= np.sqrt((shares**2).sum(axis=1))[:, np.newaxis]
    for start, height, share in zip(starts, level, shares, strict=True):
        if np.isfinite(share).all():
            across = np.array([-share[1], share[0], 0.0]) / np.hypot(*share[:2])
            wings = [share * 0.7 + across * side for side in (0.14, -0.14)]
            corners = REACH * np.array([0 * share, share, wings[0], share, wings[1]]) * sides
            ax.plot(
                *(np.array([*start, height]) + corners).T, color=paper.ink, linewidth=1.4,
                zorder=4.5, gid="arrow",
            )  # fmt: skip


def draw_stars(ax: Any, paper: Paper, scene: ContourScene, levels: Levels) -> None:
    """Mark the minima that are in the box with stars."""
    inside = scene.minima[in_box(scene.minima, scene)]
    if inside.size:
        heights = lifted(drawable(scene.section.values(*inside.T)), levels)
        ax.plot(
            *inside.T, heights, linestyle="", marker="*", markersize=13, color=paper.mark,
            zorder=5, markeredgecolor=paper.ground,
            label="minimum" if len(inside) == 1 else "minima",
        )  # fmt: skip
