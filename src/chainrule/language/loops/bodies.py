"""The body of a loop: a small graph of its own, closed over nothing.

A step is a Python function called once, on variables that stand for what changes from step to step.
What does not depend on them is worked out before the loop and handed in, so that it is computed
once and gradients flow to it. May import the language; knows no loop.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from chainrule.engine.inference import shape_of
from chainrule.engine.node import Node
from chainrule.engine.notation import ATOM, Piece, latex, quoted, text
from chainrule.engine.order import order
from chainrule.engine.program import Program, flatten
from chainrule.engine.protocol import Role
from chainrule.engine.sizes import UNKNOWN, Size
from chainrule.errors import ValueTypeError
from chainrule.language.expression import expression, lift

__all__ = ["LoopBody", "closed", "fresh_names", "stand_in", "with_leaves", "word_for"]

_numbers = count(1)  # of the variables that a step is called with: no two loops share one
SHOWN_PLACES = 60  # of a body in the text of its loop
# In a body's text, the number of the operand that is handed in for a name stands so.
MARK = "ʘ{}ʘ"
_MARKED = re.compile(r"(?:\\mathrm\{)?ʘ(\d+)ʘ\}?")


class LoopBody:
    """Expressions of variables that are all named here: what a loop repeats.

    names: the variables, in the order in which a loop hands them in. roots: the expressions.
    Two bodies are the same if their graphs are.
    """

    __slots__ = ("known", "names", "roots")

    def __init__(self, names: Sequence[str], roots: Sequence[Any]) -> None:
        self.names = tuple(names)
        self.roots = tuple([lift(root) for root in roots])
        self.known: dict[Any, Any] = {}  # what has been worked out about it

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LoopBody) and self.names == other.names and self.roots == other.roots
        )

    def __hash__(self) -> int:
        return hash((self.names, self.roots))

    def __reduce__(self) -> tuple[Any, ...]:
        return again, (self.names, self.program.to_state())

    @property
    def program(self) -> Program:
        """The program of its roots."""
        return self.once("program", lambda: flatten(self.roots))  # type: ignore[no-any-return]

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what is known under a key, worked out when first wanted."""
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = make()
        return found

    def variables(self) -> list[Any]:
        """Return its variables."""
        return [expression(name) for name in self.names]

    def places(self) -> list[int | None]:
        """Return the slot of each variable; None for one that does not occur."""
        return [self.program.inputs.get(name) for name in self.names]

    def written(self, changing: int, ends: Sequence[int], style: str) -> list[Piece]:
        """Write it as a function: s, x -> a*s + x, with the operand for what is handed in.

        changing: how many of the variables are its own; the operands have the same numbers. ends:
        of the roots that are written; the others are conditions.
        """
        marks = {
            name: MARK.format(number)
            for number, name in enumerate(self.names)
            if number >= changing
        }
        words = (" -> ", " while ") if style == "text" else (r" \mapsto ", r" \text{ while } ")
        write = text if style == "text" else latex
        own = [write(flatten([expression(name)])) for name in self.names[:changing]]
        made = renamed(self.roots, marks)
        told = [write(flatten([root]), limit=SHOWN_PLACES) for root in made]
        count = len(ends)
        line = listed(own) + words[0] + listed(told[:count])
        line += "".join([words[1] + condition for condition in told[count:]])
        pieces: list[Piece] = []
        for number, part in enumerate(_MARKED.split(line)):
            if number % 2:
                pieces.append((int(part), ATOM))
            elif part:
                pieces.append(part)
        return pieces

    def __repr__(self) -> str:
        told = ", ".join(str(root) for root in self.roots)
        return f"({', '.join(map(quoted, self.names))}) -> ({told})"


def listed(words: Sequence[str]) -> str:
    """Write one, or several in brackets."""
    return words[0] if len(words) == 1 else f"({', '.join(words)})"


def again(names: tuple[str, ...], state: tuple[Any, ...]) -> LoopBody:
    """Build a pickled body again."""
    program = Program.from_state(state)
    made = program.nodes()
    return LoopBody(names, [made[slot] for slot in program.outputs])


def renamed(roots: Sequence[Any], names: dict[str, str]) -> list[Any]:
    """Return expressions with other names for some of their variables."""
    leaves = [item for item in order(roots) if type(item).role is Role.VARIABLE]  # type: ignore[attr-defined]  # an operation's class
    given = {x: expression(names.get(x.attributes[0], x.attributes[0])) for x in leaves}
    return [with_leaves(root, given) for root in roots]


def with_leaves(root: Any, given: dict[Node, Any]) -> Any:
    """Return an expression with other expressions in the place of some of its leaves."""
    made: dict[Node, Any] = dict(given)
    for item in order([root], known=given):
        arguments = tuple([made[argument] for argument in item.arguments])
        same = arguments == item.arguments
        made[item] = item if same else type(item).again(arguments, item.attributes)  # type: ignore[attr-defined]  # an operation's class
    return made[root]


def stand_in(name: str, like: Any = None) -> Any:
    """Return a new variable for a step to be called with; of the shape of another, if known."""
    called = f"{name} of loop {next(_numbers)}"
    shape = None if like is None else shape_of(like)
    if shape is None:
        return expression(called)
    sizes = [None if size is UNKNOWN else size for size in shape]
    names = [next(iter(s.names())) if isinstance(s, Size) and plain(s) else s for s in sizes]
    return expression(called, shape=[None if isinstance(size, Size) else size for size in names])


def plain(size: Size) -> bool:
    """Tell whether a size is a name, and nothing is done to it."""
    return len(size.names()) == 1 and size == Size(next(iter(size.names())))


def word_for(step: Callable[..., Any], place: int, otherwise: str) -> str:
    """Return what a step calls one of its parameters."""
    try:
        names = list(inspect.signature(step).parameters)
    except (TypeError, ValueError):
        return otherwise
    if place >= len(names) or names[place].startswith("_") or not names[place].isidentifier():
        return otherwise
    return names[place]


def fresh_names(wanted: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """Return names of which no two are the same, with underscores behind those that were."""
    known = set(taken)
    made = []
    for name in wanted:
        free = name
        while free in known:
            free += "_"
        known.add(free)
        made.append(free)
    return made


def closed(
    names: Sequence[str], leaves: Sequence[Any], roots: Sequence[Any]
) -> tuple[LoopBody, list[Any]]:
    """Return the body of what a step gave, and the expressions that are handed in.

    names, leaves: of the variables that it was called with.
    These expressions are the largest that depend on none of them, a number alone excepted.
    """
    own = fresh_names(names)
    made: dict[Node, Any] = dict(zip(leaves, map(expression, own), strict=True))
    inside = set(made)
    outside: dict[Node, Any] = {}

    def taken(item: Node) -> Any:
        kind: Any = type(item)
        if item not in made:
            if kind.role is Role.CONSTANT:
                made[item] = item
            else:
                named = kind.role in (Role.VARIABLE, Role.LABEL)
                wanted = item.attributes[0] if named else f"c{len(outside) + 1}"
                (name,) = fresh_names([wanted], [*own, *[x.name for x in outside.values()]])
                made[item] = outside[item] = expression(name)
        return made[item]

    for item in order(roots):
        if item not in inside and inside.intersection(item.arguments):
            inside.add(item)
            kind: Any = type(item)
            made[item] = kind.again(tuple([taken(x) for x in item.arguments]), item.attributes)
    closed_roots = [taken(root) for root in roots]
    return LoopBody([*own, *[x.name for x in outside.values()]], closed_roots), list(outside)


def called(step: Callable[..., Any], *given: Any) -> Any:
    """Call a step once, on expressions.

    Raises: ValueTypeError for what cannot be called, or not with so many.
    """
    if not callable(step):
        raise ValueTypeError(
            f"a step is a function, such as lambda state, x: state + x, not {step!r}."
        )
    try:
        parameters = inspect.signature(step)
    except (TypeError, ValueError):  # a function of C that tells nothing of itself
        return step(*given)
    try:
        parameters.bind(*given)
    except TypeError as error:
        raise ValueTypeError(
            f"a function of this loop is called with {len(given)} "
            f"{'argument' if len(given) == 1 else 'arguments'}, but its parameters are "
            f"{parameters}: {error}. A step has the state first, then what comes in."
        ) from None
    return step(*given)
