"""Chains of one repeated pattern become one block between the first and the last of its repeats.

As x -> sin -> + 1 -> sin -> + 1 -> ..., Horner's scheme, or r*x*(1 - x) of itself. A chain is a way
of steps through each of which all that comes before it must pass; a link of it is such a step with
what only it uses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Hashable, Iterator, Sequence
from dataclasses import dataclass

from chainrule.draw.folding.alike import look_of, one_symbol
from chainrule.draw.folding.dominators import ROOT, Dominators
from chainrule.draw.folding.sketch import Block, Sketch, least_size, merged

__all__ = ["chains"]

FEWEST_REPEATS = 4  # the first and the last stay, so that two are drawn as one
LONGEST_PATTERN = 16  # links
SHOWN_STEPS = 4  # of a pattern in its symbol


@dataclass(frozen=True, slots=True)
class ChainRun:
    """Links of a spine, in the order of the data, that repeat a pattern of `period` links."""

    spine: Sequence[int]
    links: Sequence[int]
    period: int

    @property
    def middle(self) -> Sequence[int]:
        """The links but those of the first and the last repeat."""
        return self.links[self.period : -self.period]

    @property
    def size(self) -> int:
        """The number of links that become one."""
        return len(self.links) - 2 * self.period


class Links:
    """The links of all long chains: which block belongs to which, and how each looks."""

    __slots__ = ("look", "of", "spines", "top", "tree")

    def __init__(self, sketch: Sketch, *, is_blurred: bool) -> None:
        users = [sketch.users(place) for place in range(len(sketch))]
        self.tree = Dominators(users)
        self.spines = self.tree.spines(FEWEST_REPEATS)
        self.top = {place: spine[-1] for spine in self.spines for place in spine}
        self.of = [ROOT] * (len(sketch) + 1)
        for place in range(len(sketch) - 1, -1, -1):
            parent = self.tree.parent[place]
            self.of[place] = place if place in self.top else self.of[parent]
        self.look = self._looks(sketch, is_blurred=is_blurred)

    def around(self, top: int) -> int:
        """Return the link that a chain hangs in, ROOT if in none."""
        return self.of[self.tree.parent[top]]

    def of_kept(self, sketch: Sketch) -> set[int]:
        """Return the links that hold a block that is to be seen; the output ends a chain anyway."""
        found = set()
        for place, block in enumerate(sketch.blocks):
            link = self.of[place] if block.is_kept and place != sketch.output else ROOT
            while link != ROOT:
                found.add(link)
                link = self.around(self.top[link])
        return found

    def runs(self, kept: Container[int]) -> Iterator[ChainRun]:
        """Find the stretches of all chains that repeat a pattern, without some links."""
        for spine in self.spines:
            yield from runs_in(spine, [None if link in kept else self.look[link] for link in spine])

    def _looks(self, sketch: Sketch, *, is_blurred: bool) -> list[int]:
        """Number how each block looks within its link, and a chain's top with all of its links."""
        known: dict[Hashable, int] = {}
        look: list[int] = []
        whole: dict[int, int] = {}
        chain = {spine[-1]: spine for spine in self.spines}
        for place, block in enumerate(sketch.blocks):
            seen: list[tuple[int, Hashable]] = []
            for number, tail in sketch.operands[place]:
                found: Hashable = "given"
                if tail in whole:
                    if self.around(tail) == self.of[place] != ROOT:
                        found = "chain", whole[tail]
                elif tail in self.top:
                    found = "before"
                elif self.of[tail] == self.of[place] != ROOT and not sketch.blocks[tail].is_leaf:
                    found = look[tail]
                seen.append((number, found))
            if len(seen) > 1 and seen[0][0] == seen[-1][0]:  # operands that are not told apart
                told: Hashable = frozenset(Counter(seen).items())
            else:
                told = tuple(seen)
            key = look_of(block, is_blurred=is_blurred), told
            look.append(known.setdefault(key, len(known)))
            if place in chain:
                links = tuple(look[link] for link in chain[place])
                whole[place] = known.setdefault(links, len(known))
        return look


def chains(sketch: Sketch, limit: int, *, is_blurred: bool = False) -> Sketch:
    """Merge the middle of every long chain of a repeated pattern; the longest chains first.

    A chain within a link of another goes first, and leaves the other for the next time.
    """
    links = Links(sketch, is_blurred=is_blurred)
    found = list(links.runs(links.of_kept(sketch)))
    least = least_size([run.size for run in found], len(sketch), limit)
    found = [run for run in found if run.size >= least]
    around = {links.around(run.spine[-1]) for run in found}
    found = [run for run in found if around.isdisjoint(run.middle)]
    # Whether a block is in the middle of a chain: as its link is, or what its link hangs in.
    is_inside = {link: False for run in found for link in run.spine}
    is_inside |= {link: True for run in found for link in run.middle}
    exits = {run.middle[-1]: run for run in found}
    home = list(range(len(sketch)))
    inside = [False] * (len(sketch) + 1)
    for place in reversed(home):
        block = sketch.blocks[place]
        inside[place] = is_inside.get(place, inside[links.tree.parent[place]])
        if inside[place] and place not in exits and not (block.is_leaf or block.is_kept):
            homes = {home[user] for user in sketch.users(place)}
            if len(homes) == 1 and homes <= exits.keys():
                (home[place],) = homes

    def chain_of(at: int, parts: Sequence[Block]) -> Block:
        run = exits[at]
        symbols = [sketch.blocks[link].symbol for link in run.middle]
        members = tuple(sorted(member for part in parts for member in part.members))
        count = len(run.middle) // run.period
        return Block(
            "chain",
            members,
            ("chain", links.look[at], count),
            pattern_of([one_symbol(symbols[at :: run.period]) for at in range(run.period)]),
            count,
            is_named=sketch.blocks[at].is_named,
        )

    return merged(sketch, home, chain_of)


def pattern_of(symbols: Sequence[str]) -> str:
    """Write a pattern by the symbols of its first links.

    >>> pattern_of(["sin", "□ + 1"]), pattern_of(["×", "+", "sin", "cos", "tan"])
    ('sin, □ + 1', '×, +, sin, …')
    """
    if len(symbols) > SHOWN_STEPS:
        symbols = [*symbols[: SHOWN_STEPS - 1], "…"]
    return ", ".join(symbols)


def runs_in(spine: Sequence[int], looks: Sequence[int | None]) -> Iterator[ChainRun]:
    """Find the stretches of a chain that repeat one pattern, the shortest patterns first.

    looks: how each link looks, None for one that must stay by itself.
    """
    free = [look is not None for look in looks] + [False]
    for period in range(1, min(LONGEST_PATTERN, len(spine) // FEWEST_REPEATS) + 1):
        start = 0
        for place in range(len(free)):
            is_fresh = place - start < period
            if free[place] and (is_fresh or looks[place] == looks[place - period]):
                continue
            repeats = (place - start) // period
            if repeats >= FEWEST_REPEATS:
                end = start + repeats * period
                yield ChainRun(spine, spine[start:end], period)
                free[start:end] = [False] * (end - start)
                start = end
            # The pattern may begin anew with the links just before.
            start = max(start, place - period + 1) if free[place] else place + 1
