"""What is alike becomes one: sums of many terms, and like parts side by side.

Knows blocks alone. Parts are alike if they do the same with operands that are alike, and if what
uses them is alike: the coarsest such colouring is found by refining a first one down and up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from chainrule.draw.folding.sketch import Block, Sketch, least_size, merged, without_numbers

__all__ = ["look_of", "one_symbol", "repeats", "stack_of", "trees"]

ROUNDS = 6  # of refining; more tell apart what only far surroundings do
WIDE = 2**40  # more than there are colours: an operand's number and its colour as one number
FEWEST_TERMS = 4
MANY = {"+": "Σ", "×": "Π"}


def trees(sketch: Sketch, limit: int, is_associative: Callable[[Hashable], bool]) -> Sketch:
    """Merge the steps of long sums and products, each into one block of many operands."""
    home = list(range(len(sketch)))
    for place in reversed(home):
        block = sketch.blocks[place]
        users = sketch.users(place)
        if len(users) != 1 or block.is_named or block.is_kept or block.is_leaf:
            continue
        (user,) = users
        if sketch.blocks[user].key == block.key and is_associative(block.key):
            home[place] = home[user]
    sizes = Counter(home)
    large = {at: size for at, size in sizes.items() if size + 1 >= FEWEST_TERMS}
    least = least_size(large.values(), len(sketch), limit)
    home = [at if large.get(at, 0) >= least else place for place, at in enumerate(home)]
    return merged(sketch, home, lambda at, parts: tree_of(sketch.blocks[at], parts))


def tree_of(top: Block, parts: Sequence[Block]) -> Block:
    """Make one block of the steps of a sum."""
    members = tuple(sorted(member for part in parts for member in part.members))
    symbol = next((sign for part in parts if (sign := MANY.get(part.symbol))), top.symbol)
    return replace(
        top,
        kind="tree",
        members=members,
        key=("tree", top.key),
        symbol=symbol,
        count=len(members) + 1,
    )


def look_of(block: Block, *, is_blurred: bool) -> Hashable:
    """Return what a block shows of itself; is_blurred: but for constants."""
    symbol = without_numbers(block.symbol) if is_blurred else block.symbol
    return block.kind, block.key, symbol, block.count


def colours(sketch: Sketch, *, is_blurred: bool) -> list[int]:
    """Number the blocks by how they are alike."""
    known: dict[Hashable, int] = {}

    def number(look: Hashable) -> int:
        return known.setdefault(look, len(known))

    colour = [
        number((look_of(block, is_blurred=is_blurred), place + 1 if block.is_kept else 0))
        for place, block in enumerate(sketch.blocks)
    ]
    distinct = 0
    for _ in range(ROUNDS):
        for place, operands in enumerate(sketch.operands):
            if operands:
                below = sorted([which * WIDE + colour[tail] for which, tail in operands])
                colour[place] = number((colour[place], *below))
        for place in range(len(sketch) - 1, -1, -1):
            above = sorted([which * WIDE + colour[head] for which, head in sketch.uses[place]])
            colour[place] = number((colour[place], *above, True))
        before, distinct = distinct, len(set(colour))
        if distinct in (before, len(sketch)):
            break
    return colour


def repeats(sketch: Sketch, limit: int, *, is_blurred: bool = False) -> Sketch:
    """Merge like parts, step by step, each into a stack; those that are most often there first.

    A part goes as a whole: what is beside a stack, and there several times alike, is one too.
    """
    colour = colours(sketch, is_blurred=is_blurred)
    first: dict[int, int] = {}
    for place, item in enumerate(colour):
        first.setdefault(item, place)
    sizes = Counter(colour)
    least = least_size([size for size in sizes.values() if size > 1], len(sketch), limit)
    waiting = [item for item, size in sizes.items() if size >= least]
    chosen = set(waiting)
    while waiting:
        place = first[waiting.pop()]
        for _, beside in (*sketch.operands[place], *sketch.uses[place]):
            item = colour[beside]
            if sizes[item] > 1 and item not in chosen:
                chosen.add(item)
                waiting.append(item)
    home = [first[item] if item in chosen else place for place, item in enumerate(colour)]
    return merged(sketch, home, lambda _, parts: stack_of(parts))


def stack_of(parts: Sequence[Block]) -> Block:
    """Make one block of like blocks side by side."""
    one = parts[0]
    members = tuple(sorted(member for part in parts for member in part.members))
    symbol = one_symbol([part.symbol for part in parts])
    is_flat = one.kind in ("variable", "step", "stack")
    count = sum(part.count for part in parts) if is_flat or one.kind == "box" else len(parts)
    return Block("stack", members, (one.key, count), symbol, count, one.is_leaf)


def one_symbol(symbols: Sequence[str]) -> str:
    """Write the symbols of like steps as one: their constants as c, where these differ."""
    return symbols[0] if len(set(symbols)) == 1 else without_numbers(symbols[0])
