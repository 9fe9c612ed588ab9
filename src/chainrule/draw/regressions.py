"""A regression: its curve over the data, its residuals, and its way down the surface of its loss.

Stands on matplotlib (extra `plot`), imported when something is drawn. It must not know which model
was fitted, nor how.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.draw.contours import plot_contour
from chainrule.draw.levels import drawable
from chainrule.draw.options import Theme
from chainrule.draw.paper import Paper, dress, labelled, new_axes, paper_of, plain, rule
from chainrule.errors import DataError, SettingError, ShapeError, UnknownVariable, closest
from chainrule.language.expression import expression, lift, name_of
from chainrule.language.values import listed
from chainrule.tables.columns import Floats
from chainrule.tables.table import as_column, as_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Observations", "observations_of", "plot_fit", "plot_parameter_path", "plot_residuals"]

MOST_RESIDUALS = 300  # drawn one by one
MOST_SOLID = 500  # points that are drawn opaque


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """A column, a target and the formula that predicts it from that column.

    along: the column's name. held: the other columns, each at one number. called: the target.
    """

    prediction: expression
    along: str
    column: Floats
    target: Floats
    held: dict[str, float]
    called: str

    @property
    def grid(self) -> Floats:
        """Numbers from below the least of the column to above its greatest."""
        found = self.column[np.isfinite(self.column)]
        low, high = float(found.min()), float(found.max())
        room = 0.05 * (high - low) or 0.5 * max(abs(low), 1.0)
        return np.linspace(low - room, high + room, 301)

    def curve(self, parameters: Mapping[str, Any], column: Floats) -> Floats:
        """Return the prediction over a column."""
        values = {**self.held, **parameters, self.along: column}
        return drawable(np.array(np.broadcast_to(self.prediction.eval(values), column.shape)))


def plot_fit(
    prediction: expression,
    data: Any,
    target: Any,
    parameters: Mapping[Any, Any],
    *,
    along: Any = None,
    at: Mapping[Any, Any] | None = None,
    residuals: bool | None = None,
    units: Mapping[str, str] | None = None,
    theme: Theme = "auto",
    ax: Axes | None = None,
) -> Axes:
    """Draw a prediction over the data that it was fitted to, and the residuals; return the axes.

    prediction: a formula of one column and of parameters, a line or any other. data: a table with
    that column. target: a column of it by name, or numbers, one a row. parameters: by name.
    along: the column to draw along, where there are several; at: the numbers to hold the others at.
    residuals: a line from each point to the prediction; by itself for up to 300 rows of one column.
    Raises: SettingError where not one column is left; ShapeError, DataError for data that do not
    fit; as `eval`; MissingExtra.

    >>> from chainrule.draw.paper import new_figure
    >>> m, b, width = (expression(name) for name in ("m", "b", "width"))
    >>> table = {"width": [1.0, 2.0, 3.0], "price": [2.0, 4.5, 5.5]}
    >>> line = {"m": 1.75, "b": 0.5}
    >>> units = {"width": "cm"}
    >>> ax = new_figure().subplots()
    >>> axes = plot_fit(m * width + b, table, "price", line, units=units, ax=ax)
    >>> axes.get_xlabel(), axes.get_ylabel(), axes.get_title(loc="left")
    ('width (cm)', 'price', 'm*width + b, with m = 1.75, b = 0.5')
    """
    given = {name_of(name): value for name, value in parameters.items()}
    seen = observations_of(prediction, data, target, given, along=along, at=at)
    if ax is None:
        ax = new_axes()
    paper = paper_of(ax, theme)
    draw_points(ax, paper, seen, units or {})
    few = not seen.held and len(seen.column) <= MOST_RESIDUALS
    if few if residuals is None else residuals:
        ends = seen.curve(given, seen.column)
        ax.vlines(
            seen.column, seen.target, ends, color=paper.quiet, linewidth=0.9, zorder=2,
            label="residuals",
        )  # fmt: skip
    grid = seen.grid
    ax.plot(grid, seen.curve(given, grid), color=paper.curves[1], linewidth=2, label="prediction")
    ax.set_xlim(grid[0], grid[-1])
    ax.set_title(plain(title_of(seen, given)), loc="left")
    dress(ax, paper, theme, legend=True)
    return ax


def title_of(seen: Observations, parameters: Mapping[str, Any]) -> str:
    """Return the formula with its numbers, as far as they are few."""
    words = str(seen.prediction)
    if len(words) > 60:
        return ""
    numbers = {**parameters, **seen.held}
    if len(numbers) > 3 or any(np.ndim(value) for value in numbers.values()):
        return words
    return f"{words}, with " + ", ".join(f"{name} = {v:.4g}" for name, v in numbers.items())


def draw_points(ax: Axes, paper: Paper, seen: Observations, units: Mapping[str, str]) -> None:
    """Draw the rows as points, and name the axes."""
    crowd = max(len(seen.column) / MOST_SOLID, 1.0)
    ax.plot(
        seen.column, seen.target, "o", color=paper.curves[0], markersize=5 if crowd == 1 else 3,
        alpha=max(1 / crowd, 0.25), markeredgecolor="none", label="data", zorder=2.5,
        rasterized=crowd > 1,
    )  # fmt: skip
    ax.set_xlabel(labelled(seen.along, units.get(seen.along, "")))
    ax.set_ylabel(labelled(seen.called, units.get(seen.called, "")))
    rule(ax, paper)


def observations_of(
    prediction: expression,
    data: Any,
    target: Any,
    parameters: Mapping[str, Any],
    *,
    along: Any = None,
    at: Mapping[Any, Any] | None = None,
) -> Observations:
    """Bind a prediction to its column and its target.

    Raises: SettingError where not one column is left; ShapeError for a target of another length;
    DataError for no finite number in the column.

    >>> m, x, z = (expression(name) for name in "mxz")
    >>> observations_of(m * x + z, {"x": [1], "z": [2]}, [3], {"m": 1.0})
    Traceback (most recent call last):
    chainrule.errors.SettingError: m*x + z has the columns 'x', 'z', and a plot is along one. Say
    at which number to hold the others, for instance at={'z': 0.0}.
    """
    prediction = lift(prediction)
    held = {name_of(name): float(value) for name, value in (at or {}).items()}
    columns = [name for name in prediction.variables if name not in parameters]
    for name in [*held, *([] if along is None else [name_of(along)])]:
        if name not in columns:
            raise UnknownVariable(
                f"{prediction} has no column {name!r}. Its columns: {listed(columns)}."
                f"{closest(name, columns)}"
            )
    free = [name for name in columns if name not in held]
    if len(free) != 1:
        first = free[0] if along is None and free else name_of(along or "x")
        others = [name for name in free if name != first]
        if not others:
            raise SettingError(f"{prediction} has no column to draw along: nothing is left free.")
        raise SettingError(
            f"{prediction} has the columns {listed(free)}, and a plot is along one. Say at which "
            f"number to hold the others, for instance at={dict.fromkeys(others, 0.0)!r}."
        )
    table = as_table(data).mapping() if isinstance(data, np.ndarray | list | tuple) else data
    column = np.atleast_1d(np.asarray(expression(free[0]).eval(table), dtype=np.float64))
    if isinstance(target, str | expression):
        called = name_of(target)
        numbers: Floats = np.atleast_1d(
            np.asarray(expression(called).eval(table), dtype=np.float64)
        )
    else:
        heading, numbers = as_column(target, called="target")
        called = heading or "target"
    if column.shape != numbers.shape:
        raise ShapeError(
            f"the column {free[0]!r} has shape {column.shape}, but the target {numbers.shape}. "
            "Give one number a row for both."
        )
    if not np.isfinite(column).any():
        raise DataError(f"the column {free[0]!r} has no finite number, so nothing can be drawn.")
    return Observations(prediction, free[0], column, numbers, held, called)


def plot_residuals(
    target: Any,
    fitted: Any,
    *,
    quantity: str = "value",
    unit: str = "",
    theme: Theme = "auto",
    ax: Axes | None = None,
) -> Axes:
    """Draw what was observed minus what was fitted, against what was fitted; return the axes.

    With the line of zero, and those of the root of the mean squared residual to either side. A good
    fit leaves a band without shape: a curve says that the formula lacks a term, a funnel that the
    noise grows. Shapes: (n,), (n,). quantity, unit: of the target, for the axes.
    Raises: ShapeError; DataError, DataTypeError for numbers that are none; MissingExtra.

    >>> from chainrule.draw.paper import new_figure
    >>> axes = plot_residuals(
    ...     [1.0, 2.0, 4.0],
    ...     [1.5, 2.0, 3.5],
    ...     quantity="price",
    ...     unit="€",
    ...     ax=new_figure().subplots(),
    ... )
    >>> axes.get_xlabel(), axes.get_ylabel(), axes.lines[0].get_ydata().tolist()
    ('Fitted price (€)', 'Residual: observed − fitted (€)', [-0.5, 0.0, 0.5])
    """
    observed = as_column(target, called="target")[1]
    expected = as_column(fitted, called="fitted")[1]
    if observed.shape != expected.shape:
        raise ShapeError(
            f"the target has shape {observed.shape}, but what was fitted {expected.shape}. Give "
            "one number a row for both."
        )
    if ax is None:
        ax = new_axes()
    paper = paper_of(ax, theme)
    residuals = observed - expected
    crowd = max(len(residuals) / MOST_SOLID, 1.0)
    ax.plot(
        expected, residuals, "o", color=paper.curves[0], markersize=5 if crowd == 1 else 3,
        alpha=max(1 / crowd, 0.25), markeredgecolor="none", rasterized=crowd > 1,
    )  # fmt: skip
    ax.axhline(0, color=paper.ink, linewidth=1.2)
    spread = float(np.sqrt(np.mean(residuals**2)))
    for side, label in ((spread, f"± root mean square, {spread:.4g}"), (-spread, "_")):
        ax.axhline(side, color=paper.curves[1], linewidth=1, linestyle="--", label=label)
    ax.set_xlabel(labelled(f"Fitted {quantity}", unit))
    ax.set_ylabel(labelled("Residual: observed − fitted", unit))
    rule(ax, paper)
    dress(ax, paper, theme, legend=True)
    return ax


def plot_parameter_path(
    loss: expression,
    data: Any,
    trace: Any,
    along: Sequence[Any] | None = None,
    *,
    quantity: str = "Loss",
    **options: Any,
) -> Axes:
    """Draw the way of a fit over the surface of its loss, along two parameters; return the axes.

    loss: over columns and parameters. data: what `eval` takes for the columns, the target among
    them. trace: a trace or the history of a fit. along: which two parameters, elements of arrays as
    "w[0]"; all others are held where the trace was best, or `at` numbers. options: as for
    `plot_contour`. Raises: as `plot_contour`.
    Cost: one Hessian where the loss is quadratic, else one evaluation a point of the grid.

    >>> from chainrule import mean
    >>> from chainrule.draw.paper import new_figure
    >>> m, b, x, y = (expression(name) for name in ("m", "b", "x", "y"))
    >>> path = {"m": [0.0, 1.5, 2.0], "b": [0.0, 0.8, 1.0]}
    >>> table = {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.0]}
    >>> ax = new_figure().subplots()
    >>> axes = plot_parameter_path(mean((y - (m * x + b)) ** 2), table, path, ax=ax)
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('m', 'b')
    """
    return plot_contour(loss, trace, data=data, along=along, quantity=quantity, **options)
