"""Simplification that never changes a value, from what the operations declare.

Constants fold where the result is exact; neutral elements, double signs and repeated operations go;
what else an operation knows of itself stands in `simplify` in its class body. Values agree to the
rounding of the terms as written ((x + 1) - 1 is x, which has more digits), short of overflow, and
to the sign of a zero; NaN and infinity stay what they were, unless `assume_finite` says that there
are none. A derivative is nobody's own writing: there `limit` in a class body goes before
`simplify`, and may write the limit where a quotient is 0/0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chainrule.engine.inference import forget_shapes
from chainrule.engine.node import Node
from chainrule.engine.order import order
from chainrule.engine.program import Program
from chainrule.engine.protocol import Number, Role
from chainrule.engine.sweep import forward

__all__ = [
    "LARGEST_FOLDED",
    "MOST_POWER",
    "constant_value",
    "tidy",
    "tidy_all",
    "tidy_tangents",
]

LARGEST_FOLDED = 10**15  # integers below are exact as floats, and short enough to read
MOST_POWER = 64  # larger exponents are left as written: 9**9**9 has 370 million digits
MOST_REWRITES = 50  # a rule that undoes another must not loop for ever


def tidy(root: Node, *, assume_finite: bool = False) -> Node:
    """Return a simplified graph with the same value; shared parts stay shared."""
    return tidy_all([root], assume_finite=assume_finite)[0]


def tidy_all(
    roots: Sequence[Node], *, assume_finite: bool = False, limits: bool = False
) -> list[Node]:
    """Return several simplified graphs; what they share is simplified once.

    limits: these are derivatives of what is elementwise; see `Tidier`.
    """
    tidier = Tidier(assume_finite=assume_finite, limits=limits)
    done: dict[Node, Node] = {}
    forget_shapes()
    tidier.add(roots, done)
    forget_shapes()
    return [done[root] for root in roots]


def tidy_tangents(program: Program, seeds: Mapping[int, Number]) -> list[Number]:
    """Run the forward sweep on nodes, and simplify each tangent as it arrives.

    The same as to simplify them all at the end, but what is rewritten is let go at once: of a long
    chain the derivative alone stays.
    """
    nodes = program.nodes()
    tidier = Tidier()
    forget_shapes()
    for slot, item in enumerate(nodes):
        nodes[slot] = tidier.once(item, [nodes[argument] for argument in program.arguments[slot]])
    # What was asked for is not rewritten; what the chain rule makes of it is nobody's own writing.
    tidier = Tidier(limits=program.is_elementwise())

    def refine(tangent: Number, made_of: Sequence[Number]) -> Number:
        if not isinstance(tangent, Node):
            return tangent
        done = {item: item for item in made_of if isinstance(item, Node)}
        if tangent not in done:
            if all(argument in done for argument in tangent.arguments):  # the common case
                return tidier.once(tangent, tangent.arguments)
            tidier.add([tangent], done)
        return done[tangent]

    found = forward(program, nodes, seeds, refine=refine)
    forget_shapes()
    return found


class Tidier:
    """How far simplification goes.

    assume_finite: drop also what only NaN or infinity could tell. limits: take the limit where a
    quotient is 0/0, x/x is 1, and a number for what is the same everywhere; for derivatives by
    numbers, or by columns through elementwise steps.
    """

    __slots__ = ("assume_finite", "limits")

    def __init__(self, *, assume_finite: bool = False, limits: bool = False) -> None:
        self.assume_finite = assume_finite
        self.limits = limits

    def add(self, roots: Iterable[Node], done: dict[Node, Node]) -> None:
        """Add what is under the roots to a dict of nodes and their simplified form."""
        waiting = order(roots, known=done)
        if self.assume_finite and not self.limits:
            # A fold would count a column of ones that has become the number 1 as one.
            self.limits = all(type(item).is_elementwise for item in waiting)  # type: ignore[attr-defined]  # an operation's class
        for item in waiting:
            done[item] = self.once(item, [done[argument] for argument in item.arguments])

    def once(self, item: Node, arguments: Iterable[Node]) -> Node:
        """Return a node simplified, over the simplified forms of its arguments."""
        operation: Any = type(item)
        if operation.role is not Role.OPERATION:
            # A named step too: two steps of one name, one of them tidied, would clash.
            return item
        if self.limits and operation.properties.truth and not self.assume_finite:
            return item  # what 0/0 decides is decided: its limit may decide otherwise
        over = tuple(arguments)
        made: Node = item if over == item.arguments else operation.again(over, item.attributes)
        for _ in range(MOST_REWRITES):
            simpler = self.step(made)
            if simpler is None:
                break
            made = self.within(simpler, made.arguments) if self.limits else simpler
        return made

    def within(self, item: Node, known: tuple[Node, ...]) -> Node:
        """Simplify the arguments that a rule has just made."""
        operation: Any = type(item)
        if item in known or operation.role is not Role.OPERATION:
            return item
        arguments = []
        for argument in item.arguments:
            # A product of several factors was made whole: what it begins with needs no second look.
            whole = type(argument) is operation or argument in known
            simpler = None if whole else self.step(argument)
            arguments.append(argument if simpler is None else simpler)
        over = tuple(arguments)
        return item if over == item.arguments else operation.again(over, item.attributes)

    def step(self, item: Node) -> Node | None:
        """Apply the first rule that simplifies this node, whose arguments are tidy already."""
        operation: Any = type(item)
        if operation.role is not Role.OPERATION:
            return None
        # Most nodes have no number under them, and this is asked of every node.
        numbers = Role.CONSTANT in [type(x).role for x in item.arguments]  # type: ignore[attr-defined]  # an operation's class
        for rule in (fold, without_repeat, without_neutral) if numbers else (without_repeat,):
            simpler = rule(operation, item)
            if simpler is not None:
                return simpler
        said = None
        limits = self.limits and operation.limit is not None
        if operation.simplify is not None and (self.assume_finite or not limits):
            said = operation.simplify(self.assume_finite, *item.arguments, *item.attributes)
        if limits and (said is None or said is item):
            said = operation.limit(*item.arguments, *item.attributes)
        lifted: Node | None = None if said is None else operation.lift(said)
        return None if lifted is item else lifted


def without_repeat(operation: Any, item: Node) -> Node | None:
    """Drop an operation applied twice: -(-x) is x, abs(abs(x)) is abs(x)."""
    properties = operation.properties
    if len(item.arguments) == 1 and type(item.arguments[0]) is operation:
        (inner,) = item.arguments
        if properties.involution:
            return inner.arguments[0]
        if properties.idempotent:
            return inner
    return None


def without_neutral(operation: Any, item: Node) -> Node | None:
    """Drop a neutral operand: x*1 is x."""
    if len(item.arguments) != 2:
        return None
    left, right = item.arguments
    properties = operation.properties
    neutral, neutral_left = properties.neutral, properties.neutral_left
    if neutral is not None and constant_value(right) == neutral:
        return left
    if neutral_left is None and properties.commutative:
        neutral_left = neutral
    return right if neutral_left is not None and constant_value(left) == neutral_left else None


def constant_value(item: Node) -> Any:
    """Return the plain number that a node is, or None."""
    operation: Any = type(item)
    if operation.role is Role.CONSTANT and type(item.attributes[0]) in (int, float):
        return item.attributes[0]
    return None


def fold(operation: Any, item: Node) -> Node | None:
    """Return the constant that an operation on constants comes to, where that is exact."""
    exact = operation.properties.exact
    if exact is None or not item.arguments:
        return None
    values = []
    for argument in item.arguments:
        value = constant_value(argument)
        if value is None:  # the common case, and this is asked of every node
            return None
        values.append(value)
    from fractions import Fraction  # noqa: PLC0415 - few formulas fold, and it takes long to load

    try:
        fractions = [Fraction(value) for value in values]
        if operation.properties.grows and abs(fractions[1]) > MOST_POWER:
            return None
        true = Fraction(exact(*fractions))
        whole = all(type(value) is int for value in values)
        folded = int(true) if whole else float(true)
        same = Fraction(folded) == true and abs(true) <= LARGEST_FOLDED
    except (ArithmeticError, TypeError, ValueError):  # infinite, NaN, by zero, irrational
        return None
    if true == 0 and not whole:
        return None  # a fraction has no sign at zero, a float has
    return operation.lift(folded) if same else None
