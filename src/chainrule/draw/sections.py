"""`LandscapeSection`: a function cut along one or two of its variables, on grids of numbers.

An expression without data takes a whole grid at once; a loss over data is asked point by point,
unless its formula shows that it is quadratic: then three derivatives at one point tell all.
May import the language and what optimizing knows of losses; it must not know of matplotlib.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.draw.walks import Walk
from chainrule.engine.compiled import compiled_of
from chainrule.errors import SettingError, UnknownVariable, ValueTypeError, closest
from chainrule.language.expression import expression, name_of
from chainrule.language.values import listed
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.packing import Packing
from chainrule.optimize.problem.quadratic import is_quadratic
from chainrule.tables.columns import Floats

__all__ = ["LandscapeSection", "box_of", "section_of"]

Box = dict[str, tuple[float, float]]
Grid = Callable[..., Floats]
Grids = Callable[..., list[Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class LandscapeSection:
    """A function of the variables that a picture shows; all others are held.

    names: of its variables. values, slopes: take an array for each and return the function's value
    and its partials by each, in the shape of the arrays, NaN or infinite where they are. held: the
    values of the other variables. known: a landscape, or None. is_costly: asked point by point.
    """

    names: tuple[str, ...]
    values: Grid
    slopes: Grids
    held: dict[str, float]
    formula: expression
    known: Any = None
    is_costly: bool = False

    @property
    def title(self) -> str:
        """What is drawn: the landscape's title or the formula, and what is held."""
        text = self.known.title if self.known is not None else str(self.formula)
        named = text if len(text) <= 60 else ""
        held = ", ".join(f"{name} = {value:.4g}" for name, value in self.held.items())
        if not held or len(self.held) > 4:
            return named
        return f"{named}, at {held}" if named else f"At {held}"

    def finest(self, points: int | None, usual: int) -> int:
        """Return how many points a side a grid has: those asked for, else as many as are usual.

        Raises: SettingError for less than two.
        """
        if points is None:
            return max(usual * 3 // 8, 2) if self.is_costly else usual
        if points < 2:
            raise SettingError(
                f"points={points} make no grid. Give 2 or more, for instance {usual}."
            )
        return points

    def minima(self, wanted: Sequence[Mapping[str, float]] | None) -> Floats:
        """Return the minima to mark, (k, variables): those given, or those that are known."""
        points = wanted
        if points is None:
            points = self.known.minima if self.known is not None and not self.held else ()
        for point in points:
            for name in self.names:
                if name not in point:
                    raise UnknownVariable(
                        f"a minimum to mark has no {name!r}; it has {listed(list(point))}."
                    )
        rows = [[float(point[name]) for name in self.names] for point in points]
        return np.array(rows).reshape(-1, len(self.names))

    @property
    def minimum(self) -> float | None:
        """The least value, where it is known."""
        found: float | None = None if self.known is None else self.known.minimum
        return found


def section_of(
    function: Any,
    count: int,
    *,
    walk: Walk | None = None,
    along: Sequence[Any] | None = None,
    at: Mapping[Any, Any] | None = None,
    data: Any = None,
    box: Mapping[Any, Any] | None = None,
) -> LandscapeSection:
    """Cut an expression or a landscape along so many of its variables, one or two.

    along: which, where more are free. at: the values of the others; those of a walk are held at its
    best entry. data: for the variables that are neither.
    Raises: ValueTypeError for what is no function; SettingError where another number of variables
    is free; UnknownVariable for a name that is not in it; as `DenseObjective` for a loss over data.

    >>> x, y, z = (expression(name) for name in "xyz")
    >>> section_of(x * y + z, 2)
    Traceback (most recent call last):
    chainrule.errors.SettingError: x*y + z has 3 variables to draw along, 'x', 'y', 'z', and this
    picture shows 2. Say at which values to hold the others, for instance at={'z': 0.0}.
    >>> section_of(x * y + z, 2, at={"z": 1.0}).values(np.array([2.0]), np.array([3.0]))
    array([7.])
    """
    known = None if isinstance(function, expression) else function
    formula = function if known is None else getattr(known, "expression", None)
    if not isinstance(formula, expression):
        raise ValueTypeError(
            f"{function!r} is no function to draw. Give an expression, or one of "
            "chainrule.optimize.landscapes."
        )
    fixed = {name_of(name): value for name, value in (at or {}).items()}
    over_data = data is not None or not compiled_of(formula).program.is_elementwise()
    if over_data or (walk is not None and any(p.ndim > 1 for p in walk.parameters.values())):
        return over(formula, count, walk, along, fixed, data=data, box=box)
    variables = formula.variables if known is None else known.variables
    check_known([*fixed, *map(name_of, along or ())], variables, formula)
    if along is not None and walk is not None:
        best = walk.at(walk.best())
        chosen = {name_of(name) for name in along}
        fixed = {name: best[name] for name in variables if name in best} | fixed
        fixed = {name: value for name, value in fixed.items() if name not in chosen}
    names = chosen_names([name for name in variables if name not in fixed], count, along, formula)
    held = {name: float(value) for name, value in fixed.items()}
    values, slopes = of_elements(formula, names, held), slopes_of(formula, names, held)
    return LandscapeSection(names, values, slopes, held, formula, known)


def of_elements(formula: expression, names: Sequence[str], held: Mapping[str, float]) -> Grid:
    """Return a formula as a function of arrays, computed at once."""

    def values(*grids: Floats) -> Floats:
        given = dict(zip(names, grids, strict=True))
        return np.array(np.broadcast_to(formula.eval({**held, **given}), grids[0].shape))

    return values


def slopes_of(formula: expression, names: Sequence[str], held: Mapping[str, float]) -> Grids:
    """Return the partials of a formula as a function of arrays, computed at once."""

    def slopes(*grids: Floats) -> list[Floats]:
        found = formula.diff({**held, **dict(zip(names, grids, strict=True))})
        return [np.array(np.broadcast_to(found.get(name, 0.0), grids[0].shape)) for name in names]

    return slopes


def over(
    formula: expression,
    count: int,
    walk: Walk | None,
    along: Sequence[Any] | None,
    fixed: dict[str, Any],
    *,
    data: Any,
    box: Mapping[Any, Any] | None,
) -> LandscapeSection:
    """Cut a loss over data along so many elements of its parameters."""
    if walk is not None:
        start = {name: v for name, v in walk.at(walk.best()).items() if name in formula.variables}
    else:
        start = {name_of(name): (low + high) / 2 for name, (low, high) in (box or {}).items()}
    start |= {name: value for name, value in fixed.items() if name in formula.variables}
    loss = DenseObjective(formula, start, data)
    elements = loss.packing.elements
    check_known([*fixed, *map(name_of, along or ())], [*elements, *loss.packing.names], formula)
    base = loss.start.copy()
    for name, value in fixed.items():
        if name in elements:
            base[elements.index(name)] = float(value)
    still = set(fixed) | set(Packing(fixed).elements if fixed else ())
    if along is not None:
        still |= set(elements) - {name_of(name) for name in along}
    free = [name for name in elements if name not in still]
    names = chosen_names(free, count, along, formula)
    places = [elements.index(name) for name in names]
    held = {n: float(v) for n, v in zip(elements, base, strict=True) if n not in names}
    if is_quadratic(formula, loss.packing.names):
        return LandscapeSection(names, *quadratic(loss, base, places), held, formula)

    def each(ask: Callable[[Floats], Any], grids: Sequence[Floats]) -> list[Any]:
        found = []
        for point in zip(*(np.ravel(grid) for grid in grids), strict=True):
            vector = base.copy()
            vector[places] = point
            found.append(ask(vector))
        return found

    def values(*grids: Floats) -> Floats:
        return np.array(each(loss.value, grids)).reshape(grids[0].shape)

    def slopes(*grids: Floats) -> list[Floats]:
        found = each(lambda vector: loss.value_and_gradient(vector)[1][places], grids)
        return [column.reshape(grids[0].shape) for column in np.array(found).T]

    return LandscapeSection(names, values, slopes, held, formula, is_costly=True)


def quadratic(loss: DenseObjective, base: Floats, places: Sequence[int]) -> tuple[Grid, Grids]:
    """Return value and partials of a quadratic loss from its derivatives at one point."""
    value, gradient = loss.value_and_gradient(base)
    slope, curvature = gradient[places], loss.hessian(base)[np.ix_(places, places)]

    def moves(grids: Sequence[Floats]) -> Floats:
        return np.stack(grids, axis=-1) - base[places]

    def values(*grids: Floats) -> Floats:
        move = moves(grids)
        found: Floats = value + move @ slope + ((move @ curvature) * move).sum(axis=-1) / 2
        return found

    def slopes(*grids: Floats) -> list[Floats]:
        return list(np.moveaxis(slope + moves(grids) @ curvature, -1, 0))

    return values, slopes


def check_known(names: Sequence[str], known: Sequence[str], formula: expression) -> None:
    """Refuse a name that is no variable.

    Raises: UnknownVariable.
    """
    for name in names:
        if name not in known:
            raise UnknownVariable(
                f"{short(formula)} has no variable {name!r} to draw along or to hold. "
                f"Its variables: {listed(known)}.{closest(name, known)}"
            )


def chosen_names(
    free: Sequence[str], count: int, along: Sequence[Any] | None, formula: expression
) -> tuple[str, ...]:
    """Return the names that a picture shows.

    Raises: SettingError unless they are as many as it can.
    """
    if along is not None:
        wanted = tuple(name_of(name) for name in along)
        if len(set(wanted)) != count or len(wanted) != count:
            raise SettingError(f"this picture shows {count}, so along={wanted!r} will not do.")
        rest = [name for name in free if name not in wanted]
        missing = [name for name in wanted if name not in free]
        if not rest and not missing:
            return wanted
        if missing:
            raise SettingError(f"{missing[0]!r} is both drawn along and held. Leave it out of at=.")
        free = [*wanted, *rest]
    if len(free) == count:
        return tuple(free)
    shown = f"{short(formula)} has {len(free)} variable{'s' * (len(free) != 1)} to draw along"
    shown += f", {listed(free)},"
    if not free:
        raise SettingError(f"{short(formula)} has no variable left to draw along.")
    if len(free) > count:
        example = dict.fromkeys(free[count:][:3], 0.0)
        raise SettingError(
            f"{shown} and this picture shows {count}. Say at which values to hold the others, for "
            f"instance at={example!r}."
        )
    other = "plot_curve" if len(free) == 1 else "plot_contour"
    raise SettingError(f"{shown} and this picture shows {count}. See {other}.")


def short(formula: expression) -> str:
    """Return a formula for a message."""
    return formula.to_text(limit=200)


def box_of(
    section: LandscapeSection,
    wanted: Mapping[Any, Any] | None,
    walks: Sequence[Walk],
    minima: Floats,
) -> Box:
    """Return the lowest and highest value of each variable to draw.

    That asked for; else the landscape's own; else around the walks, as far as their losses are not
    far above those of their starts, and the minima.
    Raises: SettingError for no such box, or none at all.
    """
    given = {name_of(name): side for name, side in (wanted or {}).items()}
    check_known(list(given), section.names, section.formula)
    known: Mapping[str, Any] = {} if section.known is None else section.known.box
    found: Box = {}
    for place, name in enumerate(section.names):
        if name in given:
            found[name] = checked_side(name, given[name])
        elif name in known:
            found[name] = known[name]
        else:
            near = [w.along([name])[near_start(w), 0] for w in walks]
            points = np.concatenate([*near, minima[:, place]])
            found[name] = around(name, points[np.isfinite(points)], section.names)
    return found


def near_start(walk: Walk) -> Any:
    """Tell of each entry whether its loss is not far above that of the start."""
    if walk.losses is None or not np.isfinite(walk.losses).any():
        return np.ones(len(walk), dtype=bool)
    least = float(np.nanmin(walk.losses[np.isfinite(walk.losses)]))
    return walk.losses - least <= 10 * max(walk.losses[0] - least, abs(walk.losses[0]))


def around(name: str, points: Floats, names: Sequence[str]) -> tuple[float, float]:
    """Return a side that holds points, with room at both ends.

    Raises: SettingError where there are no points.
    """
    if not points.size:
        example = ", ".join(f"{other!r}: (-2, 2)" for other in names)
        raise SettingError(
            f"nothing says from where to where {name!r} is to be drawn. Give box={{{example}}}."
        )
    low, high = float(points.min()), float(points.max())
    room = 0.25 * (high - low) or 0.5 * max(abs(low), 1.0)
    return low - room, high + room


def checked_side(name: str, side: Any) -> tuple[float, float]:
    """Return a side of the box as two floats.

    Raises: SettingError unless they are finite and rise.
    """
    try:
        low, high = (float(end) for end in side)
    except (TypeError, ValueError) as error:
        raise SettingError(
            f"the box has {side!r} for {name!r}. Give two numbers, for instance (-2, 2)."
        ) from error
    if not (np.isfinite([low, high]).all() and low < high):
        raise SettingError(
            f"the box has {side!r} for {name!r}, but the first must be the lower number, and both "
            "finite."
        )
    return low, high
