"""What a page of gradient descent begins with: a function, a start, methods, the picture's box.

Knows nothing of HTML.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from numbers import Real
from typing import Any

import numpy as np

from chainrule.draw.playground.operations import known_operations
from chainrule.draw.playground.tables import as_bowl, columns_of, row_by_row
from chainrule.engine.compiled import compiled_of
from chainrule.engine.order import order
from chainrule.engine.protocol import Role
from chainrule.errors import (
    ChainRuleError,
    OperationError,
    SettingError,
    ShapeError,
    UnknownVariable,
    ValueTypeError,
    closest,
)
from chainrule.language.constants import constant
from chainrule.language.expression import expression
from chainrule.language.text.parse import parse
from chainrule.optimize.landscapes import Landscape, catalogue, find, himmelblau
from chainrule.optimize.methods import METHODS, method_named
from chainrule.optimize.settings import checked_setting
from chainrule.optimize.solvers import SOLVERS

__all__ = ["MOST_EPOCHS", "Scene", "choices", "scene_of"]

MOST_EPOCHS = 10_000
LONGEST = 5_000  # characters of a formula
MOST_ROWS = 500  # that are written out to see how long they are
MARGIN = 0.075  # of a picture, that a start beyond the usual gets beside it
USUAL = (-3.0, 3.0)  # what a picture shows of a variable where nothing says better
# Parts of the box: where a start is neither a corner, nor on an axis, nor likely to be a minimum.
START = (0.35, 0.85)

PLAIN: tuple[type, ...] = (bool, int, float)  # of Python: what is written as a number alone

Side = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a page begins with; variables in the order of the alphabet, the first one across.

    rate: None for the page to choose. landscape: its name where the function is one, else "".
    """

    formula: str
    variables: tuple[str, ...]
    start: tuple[float, ...]
    box: tuple[Side, ...]
    method: str
    rate: float | None
    n_epochs: int
    race: tuple[str, ...]
    landscape: str


def scene_of(
    function: Any,
    *,
    data: Any,
    start: Any,
    method: str,
    rate: float | None,
    n_epochs: int,
    race: Sequence[str],
    box: Mapping[str, Side] | None,
) -> Scene:
    """Check what a page is asked to begin with; see `playground`."""
    landscape, formula = meant(function)
    middle: Mapping[str, float] = {}
    if data is not None:
        formula, middle = over_rows(formula, data)
    formula = with_plain_numbers(formula)
    text = checked_formula(formula)
    names = tuple(sorted(formula.variables))
    for name in box or {}:
        if name not in names:
            raise unknown("box", name, names)
    begun = (None,) * len(names) if start is None else checked_start(start, names)
    known = {**(landscape.box if landscape is not None else {}), **(box or {})}
    view = tuple(
        checked_side(name, known[name]) if name in known else usual_side(middle.get(name), at)
        for name, at in zip(names, begun, strict=True)
    )
    if isinstance(race, str):
        raise SettingError(f"race must be a list of names, not {race!r}. For instance [{race!r}].")
    if isinstance(n_epochs, bool) or not isinstance(n_epochs, int | np.integer):
        raise SettingError(f"n_epochs must be a whole number, not {n_epochs!r}. For instance 100.")
    if not 1 <= n_epochs <= MOST_EPOCHS:
        raise SettingError(f"n_epochs must be from 1 to {MOST_EPOCHS:,}, not {n_epochs!r}.")
    return Scene(
        formula=text,
        variables=names,
        start=usual_start(view) if start is None else checked_start(start, names),
        box=view,
        method=playable(method),
        rate=None if rate is None else checked_rate(rate),
        n_epochs=int(n_epochs),
        race=tuple(dict.fromkeys(map(playable, race))),
        landscape=landscape.name if landscape is not None else "",
    )


def meant(function: Any) -> tuple[Landscape | None, expression]:
    """Return the landscape that is meant, if it is one, and the expression."""
    if function is None:
        function = himmelblau()
    elif isinstance(function, str):
        function = find(function) if function in landscape_names() else parse(function)
    if isinstance(function, Landscape):
        return function, function.expression
    if isinstance(function, expression):
        return None, function
    raise ValueTypeError(
        "playground takes an expression, a formula as text, a landscape or its name, not "
        f"{type(function).__name__}. For instance playground('x**2 + y**2')."
    )


@cache
def landscape_names() -> set[str]:
    """Return the names of all landscapes, those of the page and others."""
    return {item.name for item in catalogue()}


def checked_formula(formula: expression) -> str:
    """Write a formula for the page to read, once it is one that the page can compute."""
    shown = formula.to_text(limit=200)
    check_count(formula.variables, formula)
    known = set(known_operations().values())
    program = compiled_of(formula).program
    for operation, attributes in zip(program.operations, program.attributes, strict=True):
        if operation.role is Role.OPERATION and operation not in known:
            raise OperationError(
                f"{operation.__name__} in {shown} is not known in a page, which computes with "
                "numbers alone. Write the formula without columns, matrices and settings, or give "
                "the table that has the columns: data=..."
            )
        if operation.role is Role.CONSTANT and type(attributes[0]) not in PLAIN:
            raise ValueTypeError(
                f"{attributes[0]!r:.60} in {shown} is not a real number, and a page computes with "
                "nothing else. Write the formula with numbers."
            )
    text = formula.to_text(limit=LONGEST)
    if len(text) > LONGEST or len(program) > LONGEST:
        raise ShapeError(
            f"{shown} has {len(text):,} characters, and a page reads at most {LONGEST:,}. "
            "Write it with fewer steps, or name those that occur often."
        )
    return text


def check_count(names: Sequence[str], formula: expression) -> None:
    """Raise ShapeError unless there are one or two variables, columns not counted."""
    if 1 <= len(names) <= 2:
        return
    beside = "" if len(names) == len(formula.variables) else " beside columns"
    more = f"{len(names)}: {', '.join(map(repr, sorted(names)[:6]))}" if names else f"none{beside}"
    what = "Put numbers in place of the others, or give a table that has them: data=..."
    raise ShapeError(
        f"a page shows functions of one or two variables{beside}, and "
        f"{formula.to_text(limit=200)} has {more}. {what if names else 'Write x, or x and y.'}"
    )


def with_plain_numbers(formula: expression) -> expression:
    """Write every real constant, of NumPy or exact, as the float that a page has for it."""
    written: dict[Any, Any] = {}
    for item in order([formula]):
        operation: Any = type(item)
        if operation.role is Role.CONSTANT:
            value = item.attributes[0]
            exact = isinstance(value, Real) and type(value) not in PLAIN
            written[item] = constant(float(value)) if exact else item
        elif operation.role is Role.VARIABLE:
            written[item] = item
        else:
            operands = tuple([written[argument] for argument in item.arguments])
            written[item] = operation.again(operands, item.attributes)
    found: expression = written[formula]
    return found


def checked_side(name: str, side: Any) -> Side:
    """Return an interval of the picture.

    Raises: SettingError unless it is two finite numbers, the lower first.
    """
    try:
        low, high = map(float, side)
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not (low < high and math.isfinite(high - low)):
        raise SettingError(
            f"box must have two finite numbers for {name!r}, the lower first, not {side!r:.60}. "
            "For instance (-2.0, 2.0)."
        )
    return low, high


def playable(method: str) -> str:
    """Return the name of a method that takes its steps by a rate.

    Raises: SettingError for a solver, or an unknown name.
    """
    if method in SOLVERS:
        raise SettingError(
            f"{method!r} finds its own steps, and a page plays methods that take theirs by a rate: "
            f"{', '.join(map(repr, METHODS))}."
        )
    return method_named(method).name


def usual_side(middle: float | None, start: float | None) -> Side:
    """Return what a picture shows of a variable: room about the middle, if known, and the start.

    >>> usual_side(None, None), usual_side(None, 20.0), usual_side(100.0, 0.0)
    ((-3.0, 3.0), (-3.0, 21.7), (-50.0, 250.0))
    """
    low, high = USUAL
    if middle is not None:
        half = high * max(1.0, abs(middle)) / 2
        low, high = middle - half, middle + half
    if start is not None and not low < start < high:
        room = MARGIN * (max(high, start) - min(low, start))
        low, high = min(low, start - room), max(high, start + room)
    width = high - low
    return rounded(low, width), rounded(high, width)


def over_rows(formula: expression, data: Any) -> tuple[expression, Mapping[str, float]]:
    """Put the rows of a table into a formula; and where it is least, if that is known.

    Raises: ShapeError for more rows than a page reads; as `as_table`.
    """
    columns = columns_of(formula, data)
    if not columns:
        return formula, {}
    check_count([name for name in formula.variables if name not in columns], formula)
    bowl = as_bowl(formula, columns)
    if bowl is not None:
        return bowl.formula, bowl.middle
    shown, count = formula.to_text(limit=200), len(next(iter(columns.values())))
    found = row_by_row(formula, {name: column[:MOST_ROWS] for name, column in columns.items()})
    long = len(found.to_text(limit=LONGEST * 10))
    if count > MOST_ROWS or long > LONGEST:
        fit = max(1, min(MOST_ROWS, count) * LONGEST // max(long, LONGEST))
        raise ShapeError(
            f"{shown} is not quadratic, so a page has to hold each of its {count:,} rows, and "
            f"reads at most {LONGEST:,} characters of a formula. Give a sample of about {fit:,} "
            "rows."
        )
    return found, {}


def checked_start(start: Any, names: Sequence[str]) -> tuple[float, ...]:
    """Return the start in the order of the names.

    Raises: SettingError for what is no finite number; UnknownVariable for another name.
    """
    if isinstance(start, Mapping):
        for name in [*start, *names]:
            if name not in names or name not in start:
                raise unknown("start", name, names)
        start = [start[name] for name in names]
    elif isinstance(start, Real):
        start = [start]
    numbers = list(start)
    if len(numbers) != len(names):
        raise ShapeError(
            f"start has {len(numbers)} numbers for {len(names)} variables: "
            f"{', '.join(map(repr, names))}. Give one for each."
        )
    for name, number in zip(names, numbers, strict=True):
        if not isinstance(number, Real) or not math.isfinite(number):
            raise SettingError(
                f"start must be a finite number for {name!r}, not {number!r}. For instance 0.5."
            )
    return tuple(map(float, numbers))


def usual_start(view: Sequence[Side]) -> tuple[float, ...]:
    """Return a place in the box to begin from."""
    return tuple(
        rounded(low + part * (high - low), high - low)
        for (low, high), part in zip(view, START, strict=False)
    )


def rounded(number: float, width: float) -> float:
    """Round to a hundredth of the width of a picture, or so."""
    return round(number, 2 - math.floor(math.log10(width)))


def unknown(what: str, name: Any, names: Sequence[str]) -> UnknownVariable:
    """Build the error for a name that is missing or too much."""
    fault = f"{what} lacks {name!r}" if name in names else f"{what} has {name!r}"
    return UnknownVariable(
        f"{fault}; the variables of the function are {', '.join(map(repr, names))}."
        f"{'' if name in names else closest(str(name), names)}"
    )


def checked_rate(rate: Any) -> float:
    """Return a rate above 0."""
    found = float(checked_setting("rate", rate))
    if found == 0:
        raise SettingError("rate must be above 0 here, where it stands on a logarithmic scale.")
    return found


@cache
def choices() -> list[dict[str, Any]]:
    """List the landscapes that the page offers, with what is known of each."""
    found = []
    for item in catalogue().only("one objective"):
        if len(item.variables) > 2:
            continue
        try:
            formula = checked_formula(item.expression)
        except ChainRuleError:
            continue
        names = sorted(item.variables)
        found.append(
            {
                "name": item.name,
                "title": item.title,
                "formula": formula,
                "box": [item.box[name] for name in names],
                "start": usual_start([item.box[name] for name in names]),
                "minimum": item.minimum,
                "minima": [[point[name] for name in names] for point in item.minima],
            }
        )
    return found
