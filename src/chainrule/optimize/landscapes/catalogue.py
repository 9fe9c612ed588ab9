"""`catalogue`: all landscapes as a table, and one of them by name.

May import every module of landscapes; it must not know a formula.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, overload

from chainrule.errors import SettingError, closest
from chainrule.optimize.landscapes import (
    basins,
    constrained,
    creased,
    pareto,
    rugged,
    valleys,
    zdt,
)
from chainrule.optimize.landscapes.landscape import Landscape, Side
from chainrule.report import Document, Section

__all__ = ["Catalogue", "catalogue", "find"]

GROUPS = ("one objective", "constrained", "several objectives")
HEADINGS = ("landscape", "variables", "box", "minimum", "at", "slope there", "what it is")


@cache
def makers() -> Mapping[str, Callable[..., Landscape]]:
    """Return the function that makes each landscape, by name."""
    modules = (valleys, basins, rugged, creased, constrained, pareto, zdt)
    return {name: getattr(module, name) for module in modules for name in module.__all__}


def find(name: str, n: int | None = None) -> Landscape:
    """Return a landscape by name, of n variables where it comes in several sizes.

    Raises: SettingError for an unknown name, or a size that it does not have.

    >>> find("rosenbrock", n=3)
    <Landscape rosenbrock(x1, x2, x3): minimum 0 at (1, 1, 1)>
    >>> find("rosenbrok")
    Traceback (most recent call last):
    chainrule.errors.SettingError: there is no landscape 'rosenbrok'. Did you mean 'rosenbrock'?
      All of them: landscapes.catalogue().
    """
    maker = makers().get(name)
    if maker is None:
        raise SettingError(
            f"there is no landscape {name!r}.{closest(str(name), makers())}\n"
            "  All of them: landscapes.catalogue()."
        )
    if n is None:
        return maker()
    if "n" in inspect.signature(maker).parameters:
        return maker(n=n)
    made = maker()
    if n == len(made.variables):
        return made
    raise SettingError(
        f"{name} comes in one size, n={len(made.variables)}, so n={n!r} is none. Leave it out."
    )


def catalogue() -> Catalogue:
    """Return all landscapes, each at its usual size: a sequence that shows itself as a table.

    >>> len(catalogue())
    64
    >>> catalogue().only("constrained")[0]
    <Landscape gomez_levy(x, y): minimum -1.031628 at (0.089842, -0.712656)>
    """
    made = [maker() for maker in makers().values()]
    return Catalogue(
        tuple(sorted(made, key=lambda item: (GROUPS.index(item.group), item.title.casefold())))
    )


@dataclass(frozen=True, slots=True, repr=False)
class Catalogue(Sequence[Landscape]):
    """Landscapes in a row, by group and title; printed, it is a table.

    >>> saddles = [item.name for item in catalogue() if "saddle" in item.category]
    >>> saddles
    ['saddle', 'simionescu']
    """

    landscapes: tuple[Landscape, ...]

    def only(self, group: str) -> Catalogue:
        """Return those of a group: "one objective", "constrained" or "several objectives".

        Raises: SettingError for another word.
        """
        if group not in GROUPS:
            raise SettingError(
                f"there is no group {group!r} of landscapes, but {', '.join(map(repr, GROUPS))}."
                f"{closest(str(group), GROUPS)}"
            )
        return Catalogue(tuple(item for item in self.landscapes if item.group == group))

    def to_columns(self) -> dict[str, list[Any]]:
        """Return the table as columns by name, for a dataframe of any library.

        n is the usual number of variables, minimum is NaN where none is known.

        >>> columns = catalogue().to_columns()
        >>> columns["name"][0], columns["n"][0], columns["minimum"][0]
        ('ackley', 2, 0.0)
        """
        return {
            "name": [item.name for item in self],
            "title": [item.title for item in self],
            "group": [item.group for item in self],
            "n": [len(item.variables) for item in self],
            "sizes": [item.sizes for item in self],
            "objectives": [len(item.objectives) for item in self],
            "constraints": [len(item.constraints) for item in self],
            "box": [box_of(item) for item in self],
            "minimum": [math.nan if item.minimum is None else item.minimum for item in self],
            "minima": [len(item.minimisers) for item in self],
            "slope": [item.slope for item in self],
            "category": [item.category for item in self],
            "kinks": [item.kinks for item in self],
            "reference": [item.reference for item in self],
        }

    def to_markdown(self) -> str:
        """Return the table in Markdown, a part for each group, with the references below it."""
        parts = []
        for group in GROUPS:
            rows = [cells_of(item) for item in self.only(group)]
            if not rows:
                continue
            head = f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}"
            lines = [
                f"| {' | '.join([f'`{first}`', *map(protected, rest)])} |" for first, *rest in rows
            ]
            parts.append("\n".join([f"## {group[0].upper()}{group[1:]}", "", head, *lines]))
        notes = [f"- `{item.name}`: {item.kinks}" for item in self if item.kinks]
        if notes:
            parts.append("\n".join(["## Kinks", "", *notes]))
        sources = [f"- {item.title}: {item.reference}" for item in self]
        return "\n\n".join([*parts, "\n".join(["## References", "", *sources])]) + "\n"

    def __len__(self) -> int:
        return len(self.landscapes)

    @overload
    def __getitem__(self, place: int) -> Landscape: ...
    @overload
    def __getitem__(self, place: slice) -> Catalogue: ...
    def __getitem__(self, place: int | slice) -> Landscape | Catalogue:
        found = self.landscapes[place]
        return Catalogue(found) if isinstance(found, tuple) else found

    def __iter__(self) -> Iterator[Landscape]:
        return iter(self.landscapes)

    def _table(self, **limits: int) -> Document:
        rows = [cells_of(item, **limits) for item in self]
        return Document([Section(head=HEADINGS, rows=rows)])

    def __repr__(self) -> str:
        return self._table(most=1, longest=3).to_text()

    def _repr_html_(self) -> str:
        return self._table().to_html()


def cells_of(item: Landscape, *, most: int = 4, longest: int = 6) -> tuple[str, ...]:
    """Return what a row of the table says of a landscape.

    most: so many of its minima. longest: a point of more numbers is written with dots.
    """
    shown = [point(one, longest) for one in item.minimisers[:most]]
    if len(shown) < len(item.minimisers):
        shown.append(f"{len(item.minimisers) - len(shown)} more")
    if item.ideal:
        least = f"({', '.join(map(number, item.ideal))})"
    else:
        least = "" if item.minimum is None else number(item.minimum)
    return (
        item.name,
        item.sizes,
        box_of(item),
        least,
        "; ".join(shown),
        item.slope,
        item.category,
    )


def box_of(item: Landscape) -> str:
    """Write the box of a landscape: a side for each variable, those that are equal as a power."""
    written = [side_of(side) for side in item.sides]
    if len(set(written)) == 1:
        power = "" if len(written) == 1 else f"^{len(written) if item.sizes.isdigit() else 'n'}"
        return f"{written[0]}{power}"
    alike = len(set(written[1:])) == 1 and len(written) > 2
    if alike:
        return f"{written[0]} × {written[1]}^(n-1)"
    return " × ".join(written if len(written) <= 3 else [written[0], "...", written[-1]])


def side_of(side: Side) -> str:
    """Write an interval."""
    return f"[{number(side[0])}, {number(side[1])}]"


def point(numbers: Iterable[float], longest: int) -> str:
    """Write a point, the equal numbers of a long one but once."""
    listed = [number(part) for part in numbers]
    if len(listed) > 2 and len(set(listed)) == 1:
        return f"({listed[0]}, ...)"
    if len(listed) > longest:
        return f"({listed[0]}, {listed[1]}, ...)"
    return f"({', '.join(listed)})"


def number(value: float | None) -> str:
    """Write a number to seven digits, and a question mark where there is none."""
    return "?" if value is None else f"{value:.7g}"


def protected(cell: str) -> str:
    """Write a cell so that Markdown takes no sign of it for its own."""
    return cell.replace("|", r"\|").replace("^", r"\^").replace("*", r"\*")
