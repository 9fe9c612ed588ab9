"""Descents that move: the line of a regression over its data, and paths over a landscape.

Stands on matplotlib (extra `plot`), imported when something is animated. It must not know who
descends.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.draw.contours import draw_ground, draw_path, in_reach, race_of, thinned
from chainrule.draw.options import Theme
from chainrule.draw.paper import dress, new_axes, paper_of
from chainrule.draw.regressions import Observations, draw_points, observations_of
from chainrule.draw.walks import Walk, walk_of
from chainrule.errors import FileFormatError, SettingError, UnknownVariable
from chainrule.language.expression import expression

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.axes import Axes

__all__ = ["animate_fit", "animate_race", "write_animation"]

FRAMES_A_SECOND = 12


def animate_fit(
    prediction: expression,
    data: Any,
    target: Any,
    trace: Any,
    *,
    along: Any = None,
    at: Mapping[Any, Any] | None = None,
    frames: int = 60,
    epochs: Sequence[int] | None = None,
    units: Mapping[str, str] | None = None,
    theme: Theme = "auto",
    ax: Axes | None = None,
) -> FuncAnimation:
    """Animate a prediction that moves over its data as it is fitted; return the animation.

    trace: a trace, the history of a fit, or a dict from the parameters' names to arrays. frames: at
    most so many, close together at the start, where most happens; or say which epochs. The title
    has the epoch, and the loss where it is known. The rest is as for `plot_fit`. A notebook plays
    it; `write_animation` makes a GIF or a page. Raises: as `plot_fit`; SettingError for no frames
    or epochs that the trace lacks.

    >>> from chainrule.draw.paper import new_figure
    >>> m, x = expression("m"), expression("x")
    >>> steps = {"m": [0.0, 1.0, 2.0]}
    >>> axes = new_figure().subplots()
    >>> moving = animate_fit(m * x, {"x": [1.0, 2.0]}, [2.0, 4.0], steps, ax=axes)
    >>> len(list(moving.new_frame_seq()))
    3
    """
    walk = walk_of(trace, [])
    columns = [name for name in walk.parameters if name not in prediction.variables]
    if len(columns) == len(walk.parameters):
        raise UnknownVariable(
            f"{prediction} has none of the trace's parameters, "
            f"{', '.join(map(repr, columns))}. Give the prediction that was fitted."
        )
    seen = observations_of(prediction, data, target, walk.at(0), along=along, at=at)
    chosen = chosen_epochs(frames, epochs, walk)
    if ax is None:
        ax = new_axes()
    paper = paper_of(ax, theme)
    draw_points(ax, paper, seen, units or {})
    room(ax, seen)
    grid = seen.grid
    line = ax.plot(grid, np.full(len(grid), np.nan), color=paper.curves[1], linewidth=2.2)[0]
    title = ax.set_title(" ", loc="left")
    dress(ax, paper, theme)

    def show(epoch: int) -> list[Any]:
        entry = walk.until(epoch) - 1
        line.set_ydata(seen.curve(walk.at(entry), grid))
        loss = "" if walk.losses is None else f", loss {walk.losses[entry]:.4g}"
        title.set_text(f"Epoch {walk.epochs[entry]:,}{loss}")
        return [line, title]

    return film(ax, show, chosen)


def animate_race(
    function: Any,
    traces: Any,
    *,
    frames: int = 60,
    epochs: Sequence[int] | None = None,
    theme: Theme = "auto",
    **options: Any,
) -> FuncAnimation:
    """Animate one descent or several over a function of two variables; return the animation.

    traces: a trace, or several by name, each as for `plot_contour`. frames, epochs: as for
    `animate_fit`; who has arrived waits. options: as for `plot_contour`.
    Raises: as `plot_race` and `animate_fit`.

    >>> from chainrule.draw.paper import new_figure
    >>> x, y = expression("x"), expression("y")
    >>> runs = {"slow": [[2.0, 1.0], [1.8, 0.9], [1.6, 0.8]], "fast": [[2.0, 1.0], [0.0, 0.0]]}
    >>> moving = animate_race(x**2 + y**2, runs, ax=new_figure().subplots())
    >>> len(list(moving.new_frame_seq()))
    3
    """
    several = isinstance(traces, Mapping) and not set(traces) & set(function.variables)
    scene, drawn = race_of(function, traces if several else {"path": traces}, options)
    longest = max(scene.walks.values(), key=lambda walk: walk.epochs[-1])
    chosen = chosen_epochs(frames, epochs, longest)
    ax, paper = draw_ground(scene, **drawn, theme=theme)
    name = ax.get_title(loc="left")
    movers: list[tuple[Any, Any, Walk]] = []
    for style, (label, walk) in zip(
        paper.styles(len(scene.walks)), scene.walks.items(), strict=True
    ):
        path = walk.along(scene.section.names)
        line = draw_path(ax, paper, path, scene.sides, style, label)
        movers.append((line, ax.lines[-1], walk))
    dress(ax, paper, theme, legend=True)

    def show(epoch: int) -> list[Any]:
        for line, head, walk in movers:
            gone = walk.along(scene.section.names)[: walk.until(epoch)]
            gone = in_reach(thinned(gone), scene.sides)
            line.set_data(*gone.T)
            head.set_data(*gone[-1:].T)
        ax.set_title(f"{name}: epoch {epoch:,}" if name else f"Epoch {epoch:,}", loc="left")
        return [artist for line, head, _ in movers for artist in (line, head)]

    return film(ax, show, chosen)


def write_animation(path: str | os.PathLike[str], animation: FuncAnimation) -> None:
    """Write an animation as a GIF, or as a page with a player that needs no network.

    Raises: FileFormatError for another extension.

    >>> write_animation("fit.mov", None)
    Traceback (most recent call last):
    chainrule.errors.FileFormatError: 'fit.mov' has the extension '.mov'. An animation is written
    as '.gif' or '.html'.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in {".gif", ".html"}:
        raise FileFormatError(
            f"{Path(path).name!r} has the extension {Path(path).suffix!r}. An animation is written "
            "as '.gif' or '.html'."
        )
    if suffix == ".gif":
        animation.save(Path(path), writer="pillow", fps=FRAMES_A_SECOND, dpi=100)
    else:
        page = (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Animation</title>'
            f"</head><body>\n{animation.to_jshtml(fps=FRAMES_A_SECOND)}\n</body></html>\n"
        )
        Path(path).write_text(page, encoding="utf-8")


def chosen_epochs(frames: int, epochs: Sequence[int] | None, walk: Walk) -> list[int]:
    """Return the epochs to show, the last one among them.

    Raises: SettingError.

    >>> chosen_epochs(6, None, walk_of([[0.0]] * 1001, ["x"]))
    [0, 1, 6, 32, 178, 1000]
    """
    last = walk.epochs[-1]
    if epochs is not None:
        if not epochs or not all(0 <= epoch <= last for epoch in epochs):
            raise SettingError(
                f"epochs={list(epochs)!r} cannot be shown: the trace has epochs 0 to {last}."
            )
        return list(epochs)
    if frames < 2:
        raise SettingError(f"frames={frames} do not move. Give 2 or more, for instance 60.")
    if last < frames:
        return list(range(last + 1))
    # As many as asked for, although the first ones of a geometric row are the same epoch.
    spread = np.geomspace(1, last, frames - 1).round().astype(int)
    return [0, *np.maximum(spread, np.arange(1, frames)).tolist()]


def room(ax: Axes, seen: Observations) -> None:
    """Fix the limits around the data, whatever the line does."""
    found = seen.target[np.isfinite(seen.target)]
    low, high = float(found.min()), float(found.max())
    space = 0.15 * (high - low) or 0.5 * max(abs(low), 1.0)
    ax.set_ylim(low - space, high + space)
    ax.set_xlim(seen.grid[0], seen.grid[-1])


def film(ax: Axes, show: Callable[[int], list[Any]], epochs: Sequence[int]) -> FuncAnimation:
    """Make the animation, whose first frame is drawn at once."""
    from chainrule.draw.film import Film  # noqa: PLC0415 - stands on an extra

    show(epochs[0])
    figure: Any = ax.get_figure(root=True)
    if figure.get_layout_engine() is not None:
        # Laid out once: anew for each frame would take most of the time, and the axes would jump.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
    interval = 1000 / FRAMES_A_SECOND
    return Film(figure, show, frames=list(epochs), interval=interval, blit=False, repeat=False)
