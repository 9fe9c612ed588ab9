"""Contours of a function of two variables, with the ways that descents took over it.

Stands on matplotlib (extra `plot`), imported when something is drawn. It must not know who
descends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.draw.levels import drawable, levels_of
from chainrule.draw.options import Theme
from chainrule.draw.paper import Paper, dress, labelled, new_axes, paper_of, plain
from chainrule.draw.sections import Box, LandscapeSection, box_of, section_of
from chainrule.draw.walks import Walk, walk_of
from chainrule.errors import SettingError, closest
from chainrule.language.expression import name_of
from chainrule.language.values import listed
from chainrule.tables.columns import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["draw_path", "plot_contour", "plot_race"]

MOST_POINTS = 5_000  # of a path that is drawn; more would not be seen apart
MOST_DOTS = 200
# Options that say what is drawn; the others say how.
CUT = {"along", "at", "box", "data", "minima"}
EXTEND = {
    (False, False): "neither",
    (True, False): "min",
    (False, True): "max",
    (True, True): "both",
}
FAR = 100.0  # box widths from the box: a path that leaves is drawn no farther


def plot_contour(
    function: Any,
    trace: Any = None,
    *,
    box: Mapping[Any, Any] | None = None,
    at: Mapping[Any, Any] | None = None,
    along: Sequence[Any] | None = None,
    data: Any = None,
    minima: Sequence[Mapping[str, float]] | None = None,
    levels: int | Sequence[float] | None = None,
    log: bool | None = None,
    arrows: int = 14,
    points: int | None = None,
    quantity: str = "Value",
    unit: str = "",
    units: Mapping[str, str] | None = None,
    colorbar: bool = True,
    theme: Theme = "auto",
    ax: Axes | None = None,
) -> Axes:
    """Draw a function of two variables as contours, with the path of a descent; return the axes.

    function: an expression or a landscape. trace: a trace, the history of a fit, a dict from names
    to arrays, or an array with a row an entry; its start is a ring, its end a diamond.
    box: lowest and highest value by name; a landscape has one, else there is one around the trace.
    at: values to hold other variables at. along: the two to draw, the others being held where the
    trace was best. data: of a loss over data, as for `eval`.
    minima: points to mark with stars; those of a landscape are.
    levels: how many lines, or their values. log: lines at even powers above the least value; by
    itself where the range is huge. arrows: so many a side, all of one length, point downhill.
    points: of the grid, a side; what is not finite stays blank. What breaks a landscape's
    constraint is hatched. unit: of the value; units: of the variables, by name.
    Raises: SettingError where not two variables are left; UnknownVariable for a trace without them;
    NotANumber where nothing is finite; as `eval`; MissingExtra.

    >>> from chainrule import expression
    >>> from chainrule.draw.paper import new_figure
    >>> x, y = expression("x"), expression("y")
    >>> path = {"x": [4.0, 2.0, 1.0], "y": [2.0, 0.5, 0.1]}
    >>> axes = plot_contour(x**2 + 3 * y**2, path, ax=new_figure().subplots())
    >>> axes.get_xlabel(), axes.get_ylabel(), axes.get_title(loc="left")
    ('x', 'y', 'x**2 + 3*y**2')
    """
    walks = {} if trace is None else {"": trace}
    scene = scene_of(function, walks, box=box, at=at, along=along, data=data, minima=minima)
    ax, paper = draw_ground(
        scene, levels=levels, log=log, arrows=arrows, points=points, quantity=quantity, unit=unit,
        units=units, colorbar=colorbar, theme=theme, ax=ax,
    )  # fmt: skip
    for walk in scene.walks.values():
        path = walk.along(scene.section.names)
        label = f"{walk.method or 'path'}, {walk.story}"
        draw_path(ax, paper, path, scene.sides, (paper.curves[1], "-"), label)
    dress(ax, paper, theme, legend=bool(walks) or bool(scene.minima.size))
    return ax


def plot_race(
    function: Any, traces: Mapping[str, Any], *, theme: Theme = "auto", **options: Any
) -> Axes:
    """Draw the paths of several descents over one function, each by its name; return the axes.

    traces: by name, each as for `plot_contour`. The legend has the epochs of each and its last
    value. options: as for `plot_contour`.
    Raises: as `plot_contour`; SettingError for no traces.

    >>> from chainrule import expression
    >>> from chainrule.draw.paper import new_figure
    >>> x, y = expression("x"), expression("y")
    >>> runs = {"slow": [[2.0, 1.0], [1.8, 0.9]], "fast": [[2.0, 1.0], [0.0, 0.0]]}
    >>> axes = plot_race(x**2 + y**2, runs, ax=new_figure().subplots())
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['slow: 4.05 after 1 epoch', 'fast: 0 after 1 epoch']
    """
    scene, drawn = race_of(function, traces, options)
    ax, paper = draw_ground(scene, **drawn, theme=theme)
    styles = paper.styles(len(scene.walks))
    for (name, walk), style in zip(scene.walks.items(), styles, strict=True):
        path = walk.along(scene.section.names)
        last = scene.section.values(*path[-1:].T)[0] if walk.losses is None else walk.losses[-1]
        label = f"{name}: {last:.4g} after {walk.story}"
        draw_path(ax, paper, path, scene.sides, style, label)
    dress(ax, paper, theme, legend=True)
    return ax


@dataclass(frozen=True, slots=True, eq=False)
class ContourScene:
    """What is to be drawn: a function of two variables, walks over it, the box, the minima."""

    section: LandscapeSection
    walks: dict[str, Walk]
    sides: Box
    minima: Floats


def scene_of(
    function: Any,
    traces: Mapping[str, Any],
    *,
    box: Mapping[Any, Any] | None = None,
    at: Mapping[Any, Any] | None = None,
    along: Sequence[Any] | None = None,
    data: Any = None,
    minima: Sequence[Mapping[str, float]] | None = None,
    count: int = 2,
) -> ContourScene:
    """Read what is to be drawn; other variables are held where the first trace was best."""
    names = order_of(function, at, data) if along is None else [name_of(name) for name in along]
    walks = {str(name): walk_of(trace, names) for name, trace in traces.items()}
    first = next(iter(walks.values()), None)
    section = section_of(function, count, walk=first, along=along, at=at, data=data, box=box)
    marked = section.minima(minima)
    return ContourScene(section, walks, box_of(section, box, list(walks.values()), marked), marked)


def race_of(
    function: Any, traces: Mapping[str, Any], options: Mapping[str, Any]
) -> tuple[ContourScene, dict[str, Any]]:
    """Read a race, and give back those of its options that say how it is drawn.

    Raises: SettingError for no traces or an unknown option.
    """
    if not isinstance(traces, Mapping) or not traces:
        raise SettingError(
            'a race needs its traces by name, for instance {"adam": first, "momentum": second}.'
        )
    known = {*CUT, *(draw_ground.__kwdefaults__ or {})}
    for name in options:
        if name not in known:
            raise SettingError(
                f"there is no option {name!r}. Known are {listed(sorted(known))}."
                f"{closest(name, known)}"
            )
    cut = {name: options[name] for name in CUT & options.keys()}
    drawn = {name: option for name, option in options.items() if name not in CUT}
    return scene_of(function, traces, **cut), drawn


def draw_ground(
    scene: ContourScene,
    *,
    levels: int | Sequence[float] | None = None,
    log: bool | None = None,
    arrows: int = 14,
    points: int | None = None,
    quantity: str = "Value",
    unit: str = "",
    units: Mapping[str, str] | None = None,
    colorbar: bool = True,
    theme: Theme = "auto",
    ax: Axes | None = None,
) -> tuple[Axes, Paper]:
    """Draw all that paths are drawn upon."""
    if ax is None:
        ax = new_axes()
    paper = paper_of(ax, theme)
    finest = scene.section.finest(points, 161)
    draw_heights(
        ax, paper, theme, scene, levels=levels, log=log, points=finest,
        label=labelled(quantity, unit) if colorbar else "",
    )  # fmt: skip
    draw_constraints(ax, paper, scene, finest)
    if arrows:
        draw_arrows(ax, paper, scene, arrows)
    draw_minima(ax, paper, scene)
    frame(ax, scene, units or {})
    return ax, paper


def order_of(function: Any, at: Mapping[Any, Any] | None, data: Any) -> list[str]:
    """Return the names of the columns of a plain array: variables neither held nor in the data."""
    columns = getattr(data, "columns", data)
    known = {name_of(name) for name in at or ()}
    known |= set(() if columns is None or isinstance(columns, list | tuple) else columns)
    return [name for name in getattr(function, "variables", ()) if name not in known]


def mesh(sides: Box, count: int) -> list[Floats]:
    """Return a grid over a box, a matrix for each of its two variables."""
    return list(np.meshgrid(*(np.linspace(*side, count) for side in sides.values())))


def draw_heights(
    ax: Axes,
    paper: Paper,
    theme: Theme,
    scene: ContourScene,
    *,
    levels: int | Sequence[float] | None,
    log: bool | None,
    points: int,
    label: str,
) -> None:
    """Fill between levels and draw their lines, with a colour bar where there is a label."""
    grids = mesh(scene.sides, points)
    heights = drawable(scene.section.values(*grids))
    chosen = levels_of(heights, levels, log=log, minimum=scene.section.minimum)
    shown = np.ma.masked_invalid(heights)
    # A step of colour a level, however far apart the levels are.
    ends = shown.min() < chosen.values[0], shown.max() > chosen.values[-1]
    colours = paper.colormap()(np.linspace(0, 1, len(chosen.values) - 1 + sum(ends)))
    filled = ax.contourf(
        *grids, shown, levels=chosen.values, colors=list(colours), extend=EXTEND[ends]
    )
    ax.contour(
        *grids, shown, levels=chosen.values, colors=paper.quiet, linewidths=0.5, alpha=0.6,
        linestyles="solid",
    )  # fmt: skip
    figure = ax.get_figure(root=True)
    if label and figure is not None:
        bar = figure.colorbar(filled, ax=ax, spacing="uniform", format="%.4g")
        bar.set_label(label)
        bar.ax.tick_params(labelsize="small")
        dress(bar.ax, paper, theme)


def draw_constraints(ax: Axes, paper: Paper, scene: ContourScene, points: int) -> None:
    """Hatch what breaks a constraint of a landscape, behind the paths."""
    section = scene.section
    rules = getattr(section.known, "constraints", ())
    grids = mesh(scene.sides, points)
    given = {**section.held, **dict(zip(section.names, grids, strict=True))}
    margins = [np.broadcast_to(rule.inside.eval(given), grids[0].shape) for rule in rules]
    if not margins:
        return
    worst = np.min(margins, axis=0)
    if not np.any(worst < 0):
        return
    from matplotlib import rc_context  # noqa: PLC0415 - an extra

    with rc_context({"hatch.color": paper.quiet, "hatch.linewidth": 0.5}):
        hatched = ax.contourf(*grids, worst, levels=[-np.inf, 0], colors="none", hatches=["////"])
    hatched.set_edgecolor(paper.quiet)
    hatched.set_linewidth(0)
    ax.contour(*grids, worst, levels=[0.0], colors=paper.ink, linewidths=1.2)


def draw_arrows(ax: Axes, paper: Paper, scene: ContourScene, count: int) -> None:
    """Draw arrows against the gradient, of one length, where there is one."""
    # In the middles of cells: none of them hangs over the edge.
    axes = [
        low + (high - low) * (np.arange(count) + 0.5) / count for low, high in scene.sides.values()
    ]
    grids = list(np.meshgrid(*axes))
    widths = [high - low for low, high in scene.sides.values()]
    slopes = scene.section.slopes(*grids)
    with np.errstate(all="ignore"):
        # The angle in data, the length in the picture: so that each has one length as drawn.
        steps = [-slope / width for slope, width in zip(slopes, widths, strict=True)]
        size = np.hypot(*steps)
        parts = [np.where((size > 0) & np.isfinite(size), step / size, np.nan) for step in steps]
    there = np.isfinite(parts[0]) & np.isfinite(parts[1])
    ax.quiver(
        *(grid[there] for grid in grids), *(part[there] for part in parts), color=paper.quiet,
        alpha=0.55, pivot="mid", scale=count * 1.7, width=0.0022, headwidth=4, zorder=2,
    )  # fmt: skip


def draw_path(
    ax: Axes, paper: Paper, path: Floats, sides: Box, style: tuple[str, str], label: str
) -> Line2D:
    """Draw a path (n, 2): a line with a halo, a ring where it starts, a diamond where it ends."""
    from matplotlib.patheffects import Normal, Stroke  # noqa: PLC0415 - an extra

    colour, dash = style
    shown = in_reach(thinned(path), sides)
    line: Line2D = ax.plot(
        *shown.T, dash, color=colour, linewidth=1.6, zorder=4, label=plain(label),
        marker="." if len(shown) <= MOST_DOTS else "", markersize=4,
    )[0]  # fmt: skip
    line.set_path_effects([Stroke(linewidth=3.4, foreground=paper.ground, alpha=0.7), Normal()])
    there = shown[np.isfinite(shown).all(axis=1)]
    for point, marker, inside in ((there[:1], "o", paper.ground), (there[-1:], "D", colour)):
        ax.plot(
            *point.T, marker, markersize=6.5, markerfacecolor=inside, markeredgecolor=colour,
            markeredgewidth=1.5, zorder=5,
        )  # fmt: skip
    return line


def in_reach(path: Floats, sides: Box) -> Floats:
    """Return a path, with points that are too far off for matplotlib's arithmetic drawn nearer."""
    lows, highs = np.array(list(sides.values())).T
    reach = FAR * (highs - lows)
    return np.clip(path, lows - reach, highs + reach)


def thinned(path: Floats) -> Floats:
    """Return a path of not too many points, its end among them."""
    if len(path) <= MOST_POINTS:
        return path
    kept: Floats = path[np.unique(np.linspace(0, len(path) - 1, MOST_POINTS).astype(int))]
    return kept


def draw_minima(ax: Axes, paper: Paper, scene: ContourScene) -> None:
    """Mark the minima that are in the box with stars."""
    minima = scene.minima
    lows, highs = np.array(list(scene.sides.values())).T
    inside = minima[((minima >= lows) & (minima <= highs)).all(axis=1)]
    if inside.size:
        ax.plot(
            *inside.T, linestyle="", marker="*", markersize=13, markerfacecolor=paper.mark,
            markeredgecolor=paper.ground, zorder=3.5,
            label="minimum" if len(inside) == 1 else "minima",
        )  # fmt: skip


def frame(ax: Axes, scene: ContourScene, units: Mapping[str, str]) -> None:
    """Set the limits to the box, the names of the axes, and the title."""
    (left, right), (bottom, top) = scene.sides.values()
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    first, second = scene.section.names
    ax.set_xlabel(labelled(first, units.get(first, "")))
    ax.set_ylabel(labelled(second, units.get(second, "")))
    ax.set_title(plain(scene.section.title), loc="left")
