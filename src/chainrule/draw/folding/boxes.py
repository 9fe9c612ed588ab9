"""Named steps as boxes of what only they use; and by depth, what nothing else has made small.

A box of the first sort is left by one step only; boxes of the second are parts of what remains
between the steps nearest to the output and those nearest to the inputs. No way leads out of either
and back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

from chainrule.draw.computation import BOX
from chainrule.draw.folding.alike import stack_of
from chainrule.draw.folding.sketch import Block, Sketch, merged

__all__ = ["by_depth", "named_boxes"]

NONE = -1


def box_of(parts: Sequence[Block], *, is_named: bool = False) -> Block:
    """Make one block of any steps."""
    members = tuple(sorted(member for part in parts for member in part.members))
    key = ("box", tuple(sorted(Counter(hash(part.key) for part in parts).items())))
    return Block("box", members, key, BOX, len(members), is_named=is_named)


def named_boxes(sketch: Sketch, limit: int) -> Sketch:
    """Merge into each named step what only it uses; named steps too, the innermost first."""
    blocks = sketch.blocks
    exits = [block.is_named and not block.is_kept for block in blocks]
    home, outer = list(range(len(sketch))), [NONE] * len(sketch)
    for place in reversed(home):
        if blocks[place].is_leaf or blocks[place].is_kept:
            continue
        homes = {home[user] for user in sketch.users(place)}
        if len(homes) == 1 and exits[found := homes.pop()]:
            if exits[place]:
                outer[place] = found
            else:
                home[place] = found
    level = [0] * len(sketch)  # how deep other boxes are nested in each
    for place, around in enumerate(outer):
        if around != NONE:
            level[around] = max(level[around], level[place] + 1)
    nested = Counter(level[place] for place, around in enumerate(outer) if around != NONE)
    left = len(set(home)) - limit
    removed = list(accumulate((nested[depth] for depth in range(len(nested))), initial=0))
    most = next((depth for depth, count in enumerate(removed) if left <= count), len(nested))
    for place in reversed(range(len(sketch))):
        if outer[place] != NONE and level[place] < most:
            home[place] = home[outer[place]]
        elif not exits[place]:
            home[place] = home[home[place]]
    return merged(sketch, home, lambda _, parts: box_of(parts, is_named=True))


def by_depth(sketch: Sketch, limit: int) -> Sketch:
    """Keep the steps nearest to the output and to the inputs, and as many variables as there fit.

    Connected steps in between become boxes, the smallest of them one box together.
    """
    home = list(range(len(sketch)))
    leaves = [place for place in home if sketch.blocks[place].is_leaf]
    leaves.sort(key=lambda leaf: (not sketch.blocks[leaf].is_kept, -len(sketch.uses[leaf]), leaf))
    room = max(limit // 3, 2)
    if len(leaves) > room:
        for leaf in leaves[room:]:
            home[leaf] = leaves[room - 1]
        del leaves[room:]
    room = limit - len(leaves)
    between = middle(sketch, room // 3, room // 6)
    steps = sum(not block.is_leaf for block in sketch.blocks)
    for zone, parts in shared_out(parts_of(sketch, between), room - (steps - len(between))):
        for place in parts:
            home[place] = zone

    def make(at: int, parts: Sequence[Block]) -> Block:
        return stack_of(parts) if sketch.blocks[at].is_leaf else box_of(parts)

    return merged(sketch, home, make)


def middle(sketch: Sketch, near_output: int, near_inputs: int) -> list[int]:
    """List the steps but for so many nearest to the output and to the inputs, and those kept.

    Near by the longest way, so that what follows a step is nearer to the output, and what it needs
    nearer to the inputs: no way leads out of the middle and back, but through a step that is kept.
    """
    count = len(sketch)
    steps = [place for place, block in enumerate(sketch.blocks) if not block.is_leaf]
    above, below = [0] * count, [0] * count
    for place in reversed(steps):
        above[place] = max((above[head] + 1 for head in sketch.users(place)), default=0)
    for place in steps:
        below[place] = max((below[tail] + 1 for _, tail in sketch.operands[place]), default=0)
    shown = set(sorted(steps, key=lambda place: (above[place], -place))[:near_output])
    shown |= set(sorted(steps, key=lambda place: (below[place], place))[:near_inputs])
    return [place for place in steps if place not in shown and not sketch.blocks[place].is_kept]


def parts_of(sketch: Sketch, between: Sequence[int]) -> tuple[list[list[int]], list[list[int]]]:
    """List the connected parts of the middle: those that lead to a step that is kept, the others.

    The two are apart, so that no way leads out of a part, through that step, and back.
    """
    leads = [block.is_kept and place != sketch.output for place, block in enumerate(sketch.blocks)]
    for place in range(len(sketch) - 1, -1, -1):
        leads[place] = leads[place] or any(leads[head] for head in sketch.users(place))
    inside = set(between)
    part = {place: place for place in between}

    def find(place: int) -> int:
        while part[place] != place:
            part[place] = place = part[part[place]]
        return place

    for head in between:
        for _, tail in sketch.operands[head]:
            if tail in inside and leads[tail] == leads[head]:
                first, second = sorted((find(tail), find(head)))
                part[second] = first
    found: tuple[dict[int, list[int]], dict[int, list[int]]] = {}, {}
    for place in between:
        found[leads[place]].setdefault(find(place), []).append(place)
    return list(found[True].values()), list(found[False].values())


def shared_out(
    parts: tuple[list[list[int]], list[list[int]]], most: int
) -> Iterator[tuple[int, list[int]]]:
    """Share out the parts to so many boxes: the largest alone, the rest of each side together."""
    sized = sorted((part for side in parts for part in side), key=len, reverse=True)
    alone = sized if len(sized) <= most else sized[: max(most - 2, 0)]
    firsts = {part[0] for part in alone}
    for part in alone:
        yield part[0], part
    for side in parts:
        rest = [part for part in side if part[0] not in firsts]
        for part in rest:
            yield rest[0][0], part
