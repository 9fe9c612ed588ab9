"""Paths between two places of a graph, counted and listed with a stack of their own.

The graph is given as the edges out of each place, in the direction of the data: of steps and slots,
or of nodes in a picture.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

__all__ = ["paths", "ways_to"]

Place = TypeVar("Place", bound=Hashable)


def ways_to(
    target: Place,
    places: Iterable[Place],
    out_of: Mapping[Place, Sequence[Any]],
    head: Callable[[Any], Place],
    most: int | None = None,
) -> dict[Place, int]:
    """Count the paths to the target from every place that has one.

    places: in reverse order of the data, the last step first. most: stop counting there.
    """
    ways = {target: 1}
    for place in places:
        found = sum(ways.get(head(edge), 0) for edge in out_of.get(place, ()))
        if found and place != target:
            ways[place] = found if most is None else min(found, most)
    return ways


def paths(
    first: Place,
    target: Place,
    ways: Mapping[Place, int],
    out_of: Mapping[Place, Sequence[Any]],
    head: Callable[[Any], Place],
) -> Iterator[tuple[Any, ...]]:
    """Yield the edges of every path from the first place to the target; `ways` leads to it."""
    if first == target or first not in ways:
        return
    way: list[Any] = []
    stack = [iter(out_of.get(first, ()))]
    while stack:
        edge = next(stack[-1], None)
        if edge is None:
            stack.pop()
            if way:
                way.pop()
        elif head(edge) == target:
            yield (*way, edge)
        elif head(edge) in ways:
            way.append(edge)
            stack.append(iter(out_of.get(head(edge), ())))
